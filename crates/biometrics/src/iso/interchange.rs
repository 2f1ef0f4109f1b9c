//! The choice of the standard that records are written in.
//!
//! The station fills the record types of this module's siblings ([`super::fir::FingerRecord`] and so on) and
//! hands them to a [`RecordFormat`], which gives bytes and the format id that a BIR names them by. Nothing
//! else decides on an edition. The types hold what the 2011 generation can tell; they are the model from
//! which another generation would be written.
//!
//! # Adding ISO/IEC 39794
//! The successors (39794-1, -4, -5, -6) are ASN.1 structures in DER or XML. No reader or writer of another
//! project was at hand to check against, so none is here. A writer would be added in this file alone: a value
//! of [`Generation`], a type that implements [`RecordFormat`], and its line in [`format`]. Fields that 39794
//! has beyond 2011 would become optional fields of the record types.

use super::cbeff::{BiometricType, RegistryId};
use super::fac::FaceRecord;
use super::fir::FingerRecord;
use super::fmr::FmrRecord;
use super::iir::IrisRecord;
use super::sdi::SignatureRecord;
use super::{IsoError, RecordKind};

/// A generation of standards for all modalities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Generation {
    /// ISO/IEC 19794: images of the 2011 editions, minutiae of 2005, signatures of 2014.
    #[default]
    Iso19794,
}

impl Generation {
    /// Every generation.
    pub const ALL: &'static [Generation] = &[Generation::Iso19794];

    /// Stable name, as in settings.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Iso19794 => "iso-19794",
        }
    }

    /// The value of a stable name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|g| g.id() == id)
    }
}

/// A written record with what a BIR tells of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Kind of record.
    pub kind: RecordKind,
    /// Modality.
    pub modality: BiometricType,
    /// Format id of the data block.
    pub format: RegistryId,
    /// The record.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Encoded {
    // The record is biometric: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoded({}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// Writes records of one generation.
///
/// # Errors
/// Each method gives [`IsoError::Unwritable`] when something does not fit the format.
pub trait RecordFormat: Sync {
    /// Which generation it is.
    fn generation(&self) -> Generation;
    /// Finger images.
    ///
    /// # Errors
    /// See the trait.
    fn finger_images(&self, record: &FingerRecord) -> Result<Encoded, IsoError>;
    /// Face images.
    ///
    /// # Errors
    /// See the trait.
    fn face_images(&self, record: &FaceRecord) -> Result<Encoded, IsoError>;
    /// Iris images.
    ///
    /// # Errors
    /// See the trait.
    fn iris_images(&self, record: &IrisRecord) -> Result<Encoded, IsoError>;
    /// Finger minutiae.
    ///
    /// # Errors
    /// See the trait.
    fn finger_minutiae(&self, record: &FmrRecord) -> Result<Encoded, IsoError>;
    /// A signature.
    ///
    /// # Errors
    /// See the trait.
    fn signature(&self, record: &SignatureRecord) -> Result<Encoded, IsoError>;
}

/// The writers of a generation.
#[must_use]
pub fn format(generation: Generation) -> &'static dyn RecordFormat {
    match generation {
        Generation::Iso19794 => &Iso19794,
    }
}

struct Iso19794;

impl RecordFormat for Iso19794 {
    fn generation(&self) -> Generation {
        Generation::Iso19794
    }
    fn finger_images(&self, record: &FingerRecord) -> Result<Encoded, IsoError> {
        Ok(Encoded {
            kind: RecordKind::FingerImages,
            modality: BiometricType::Finger,
            format: RegistryId::finger_image(),
            bytes: record.write()?,
        })
    }
    fn face_images(&self, record: &FaceRecord) -> Result<Encoded, IsoError> {
        Ok(Encoded {
            kind: RecordKind::FaceImages,
            modality: BiometricType::Face,
            format: RegistryId::face_image(),
            bytes: record.write()?,
        })
    }
    fn iris_images(&self, record: &IrisRecord) -> Result<Encoded, IsoError> {
        Ok(Encoded {
            kind: RecordKind::IrisImages,
            modality: BiometricType::Iris,
            format: RegistryId::iris_image(),
            bytes: record.write()?,
        })
    }
    fn finger_minutiae(&self, record: &FmrRecord) -> Result<Encoded, IsoError> {
        Ok(Encoded {
            kind: RecordKind::FingerMinutiae,
            modality: BiometricType::Finger,
            format: RegistryId::finger_minutiae(),
            bytes: record.write()?,
        })
    }
    fn signature(&self, record: &SignatureRecord) -> Result<Encoded, IsoError> {
        Ok(Encoded {
            kind: RecordKind::Signature,
            modality: BiometricType::Signature,
            format: RegistryId::signature(),
            bytes: record.write()?,
        })
    }
}

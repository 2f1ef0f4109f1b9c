//! The images in a record, so that whatever takes a picture takes a record as well.

use serde::{Deserialize, Serialize};

use super::cbeff::Bir;
use super::fac::FaceRecord;
use super::fir::{FingerRecord, Position};
use super::iir::IrisRecord;
use super::{IsoError, RecordKind, sniff};
use crate::codec::{self, CodecError, Format};
use crate::image::{GrayImage, RgbImage};
use crate::position::{Eye, FingerPosition, Slap};

/// What an image shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A face.
    Face,
    /// One finger.
    Finger(FingerPosition),
    /// Several fingers.
    Slap(Slap),
    /// A finger, but the record does not tell which.
    UnknownFinger,
    /// An eye.
    Eye(Eye),
    /// An eye, but the record does not tell which.
    UnknownEye,
}

impl Part {
    /// Stable name: that of the position or the eye, `face`, `unknown_finger` or `unknown_eye`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Finger(f) => f.id(),
            Self::Slap(s) => s.id(),
            Self::UnknownFinger => "unknown_finger",
            Self::Eye(e) => e.id(),
            Self::UnknownEye => "unknown_eye",
        }
    }
}

impl From<Position> for Part {
    fn from(position: Position) -> Self {
        match position {
            Position::Unknown => Self::UnknownFinger,
            Position::Finger(f) => Self::Finger(f),
            Position::Slap(s) => Self::Slap(s),
        }
    }
}

impl From<Option<Eye>> for Part {
    fn from(eye: Option<Eye>) -> Self {
        eye.map_or(Self::UnknownEye, Self::Eye)
    }
}

/// An image as it stands in a record.
#[derive(Clone, PartialEq, Eq)]
pub struct EmbeddedImage {
    /// Kind of record that it stood in (inside a BIR: of the record in the data block).
    pub kind: RecordKind,
    /// What it shows.
    pub part: Part,
    /// Encoding of `bytes`; `None` for raw pixels, row-major, one byte each.
    pub format: Option<Format>,
    /// Width in pixels as the record tells it.
    pub width: u16,
    /// Height in pixels as the record tells it.
    pub height: u16,
    /// Resolution in pixels per inch as the record tells it, where it does.
    pub ppi: Option<u16>,
    /// The image data.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for EmbeddedImage {
    // Image data is biometric: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (part, bytes) = (self.part.id(), self.bytes.len());
        write!(f, "EmbeddedImage({} {part} {}x{}, {bytes} bytes)", self.kind, self.width, self.height)
    }
}

impl EmbeddedImage {
    /// The image in grey, with the resolution of the record where it tells one.
    ///
    /// # Errors
    /// [`IsoError::Codec`] when it cannot be decoded, [`IsoError::SizeMismatch`] when it has another size
    /// than the record says.
    pub fn decode_gray(&self) -> Result<GrayImage, IsoError> {
        let image = match self.format {
            None => GrayImage::new(self.width.into(), self.height.into(), self.ppi, self.bytes.clone())
                .map_err(CodecError::Image),
            Some(_) => codec::decode_gray(&self.bytes),
        };
        let image = image.map_err(|source| IsoError::Codec { format: self.kind.id(), source })?;
        self.sized(image.width(), image.height())?;
        let (ppi, pixels) = (self.ppi.or(image.ppi()), image.pixels().to_vec());
        GrayImage::new(image.width(), image.height(), ppi, pixels)
            .map_err(|e| IsoError::Codec { format: self.kind.id(), source: CodecError::Image(e) })
    }

    /// The image in colour; grey becomes three equal channels.
    ///
    /// # Errors
    /// As [`Self::decode_gray`].
    pub fn decode_rgb(&self) -> Result<RgbImage, IsoError> {
        let failed = |source| IsoError::Codec { format: self.kind.id(), source };
        if self.format.is_none() {
            let pixels = self.bytes.iter().flat_map(|p| [*p; 3]).collect();
            return RgbImage::new(self.width.into(), self.height.into(), pixels)
                .map_err(|e| failed(CodecError::Image(e)));
        }
        let image = codec::decode_rgb(&self.bytes).map_err(failed)?;
        self.sized(image.width(), image.height())?;
        Ok(image)
    }

    fn sized(&self, width: u32, height: u32) -> Result<(), IsoError> {
        if (width, height) == (u32::from(self.width), u32::from(self.height)) {
            Ok(())
        } else {
            Err(IsoError::SizeMismatch { format: self.kind.id() })
        }
    }
}

/// The images of a record, or of all records of a BIR, in their order; none for minutiae and signatures. Data
/// blocks of a BIR that hold no record known here are passed over. Together they have no more bytes than the
/// record.
///
/// # Errors
/// [`IsoError::UnknownRecord`] when it is no record, else what the reader of the record says.
pub fn images(bytes: &[u8]) -> Result<Vec<EmbeddedImage>, IsoError> {
    let kind = sniff(bytes).ok_or(IsoError::UnknownRecord)?;
    match kind {
        RecordKind::FingerImages => Ok(of_fingers(FingerRecord::read(bytes)?)),
        RecordKind::FaceImages => Ok(of_faces(FaceRecord::read(bytes)?)),
        RecordKind::IrisImages => Ok(of_irises(IrisRecord::read(bytes)?)),
        RecordKind::FingerMinutiae => super::fmr::FmrRecord::read(bytes).map(|_| Vec::new()),
        RecordKind::IncitsMinutiae => super::incits378::IncitsRecord::read(bytes).map(|_| Vec::new()),
        RecordKind::Signature => super::sdi::SignatureRecord::read(bytes).map(|_| Vec::new()),
        RecordKind::Bir => {
            let mut all = Vec::new();
            for block in Bir::read(bytes)?.blocks {
                match sniff(&block.data) {
                    // A BIR in a data block of a BIR is not how the format nests.
                    None | Some(RecordKind::Bir) => {}
                    Some(_) => all.extend(images(&block.data)?),
                }
            }
            Ok(all)
        }
    }
}

fn of_fingers(record: FingerRecord) -> Vec<EmbeddedImage> {
    let one = |r: super::fir::FingerRepresentation| EmbeddedImage {
        kind: RecordKind::FingerImages,
        part: r.position.into(),
        format: codec::sniff(&r.data).filter(|f| r.compression.formats().contains(f)),
        width: r.width,
        height: r.height,
        ppi: r.sampling.image_ppi(),
        bytes: r.data,
    };
    record.representations.into_iter().map(one).collect()
}

fn of_faces(record: FaceRecord) -> Vec<EmbeddedImage> {
    let one = |r: super::fac::FaceRepresentation| EmbeddedImage {
        kind: RecordKind::FaceImages,
        part: Part::Face,
        format: codec::sniff(&r.data),
        width: r.width,
        height: r.height,
        ppi: None,
        bytes: r.data,
    };
    record.representations.into_iter().map(one).collect()
}

fn of_irises(record: IrisRecord) -> Vec<EmbeddedImage> {
    let one = |r: super::iir::IrisRepresentation| EmbeddedImage {
        kind: RecordKind::IrisImages,
        part: r.eye.into(),
        format: codec::sniff(&r.data).filter(|f| r.format.formats().contains(f)),
        width: r.width,
        height: r.height,
        ppi: None,
        bytes: r.data,
    };
    record.representations.into_iter().map(one).collect()
}

//! Finger image records, ISO/IEC 19794-4:2011 (version `020`).
//!
//! Extended data after the image (segmentation, annotation, comment) is kept as it is. Limit of this reader,
//! told by an error: 8 bits a pixel.

use super::bytes::{Reader, Writer};
use super::common::{self, Head, Representation, codes};
use super::fmr::ExtendedData;
use super::{CaptureTime, Certification, DeviceId, IsoError, QualityBlock};
use crate::codec::Format;
use crate::image::GrayImage;
use crate::position::{FingerPosition, Slap};

const FORMAT: &str = "FIR";
const MAGIC: &[u8; 4] = b"FIR\0";
const VERSION: &[u8; 4] = b"020\0";
/// Bytes of type and length before a block of extended data.
const EXTENDED_HEADER: usize = 4;

codes! {
    /// How the image data is encoded (table of compression algorithms).
    Compression {
        /// 8-bit pixels, row-major.
        Raw = 0;
        /// WSQ.
        Wsq = 2;
        /// JPEG.
        Jpeg = 3;
        /// JPEG 2000 with loss.
        Jpeg2000Lossy = 4;
        /// JPEG 2000 without loss.
        Jpeg2000Lossless = 5;
        /// PNG.
        Png = 6;
    }
}

impl Compression {
    /// Encodings that the data may have; empty for raw pixels.
    pub(super) fn formats(self) -> &'static [Format] {
        match self {
            Self::Raw => &[],
            Self::Wsq => &[Format::Wsq],
            Self::Jpeg => &[Format::Jpeg],
            Self::Jpeg2000Lossy | Self::Jpeg2000Lossless => &[Format::Jp2, Format::J2k],
            Self::Png => &[Format::Png],
        }
    }
}

codes! {
    /// How the finger was taken (table of impression types without palms).
    Impression {
        /// Live scan, plain.
        LiveScanPlain = 0;
        /// Live scan, rolled.
        LiveScanRolled = 1;
        /// Not live scan, plain.
        NonLiveScanPlain = 2;
        /// Not live scan, rolled.
        NonLiveScanRolled = 3;
        /// Latent impression.
        LatentImpression = 4;
        /// Latent tracing.
        LatentTracing = 5;
        /// Latent photo.
        LatentPhoto = 6;
        /// Latent lift.
        LatentLift = 7;
        /// Live scan, swipe.
        LiveScanSwipe = 8;
        /// Live scan, rolled along the finger.
        LiveScanVerticalRoll = 9;
        /// Live scan, optical, contactless, plain.
        OpticalContactlessPlain = 24;
        /// Other.
        Other = 28;
        /// Not known.
        Unknown = 29;
    }
}

codes! {
    /// Unit of the sampling rates.
    ScaleUnit {
        /// Pixels per inch.
        PerInch = 1;
        /// Pixels per centimetre.
        PerCentimetre = 2;
    }
}

/// What the image shows: codes 0 to 10 and 13 to 15. Palms and pairs or triples of fingers are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Not known which finger.
    Unknown,
    /// One finger.
    Finger(FingerPosition),
    /// Several fingers.
    Slap(Slap),
}

impl Position {
    /// The code of the standard.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Finger(f) => f.code(),
            Self::Slap(s) => s.code(),
        }
    }
    /// The value of a code; `None` for every other code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Unknown),
            _ => FingerPosition::from_code(code)
                .map(Self::Finger)
                .or_else(|| Slap::from_code(code).map(Self::Slap)),
        }
    }
}

/// Sampling rates of scanner and image, horizontal and vertical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// Unit of the four rates.
    pub unit: ScaleUnit,
    /// Rates of the scanner: horizontal, vertical.
    pub scan: [u16; 2],
    /// Rates of the image: horizontal, vertical.
    pub image: [u16; 2],
}

impl Sampling {
    /// The same rate in pixels per inch everywhere.
    #[must_use]
    pub fn ppi(ppi: u16) -> Self {
        Self { unit: ScaleUnit::PerInch, scan: [ppi; 2], image: [ppi; 2] }
    }
    /// Rate of the image in pixels per inch; `None` when the axes differ.
    #[must_use]
    pub fn image_ppi(&self) -> Option<u16> {
        let [x, y] = self.image;
        let ppi = match self.unit {
            ScaleUnit::PerInch => u32::from(x),
            ScaleUnit::PerCentimetre => (u32::from(x) * 254 + 50) / 100,
        };
        (x == y).then(|| u16::try_from(ppi).ok()).flatten()
    }
}

/// One finger image with its circumstances.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerRepresentation {
    /// When it was captured.
    pub captured: CaptureTime,
    /// What captured it (technology 0 unknown, 2 white light, 5 TIR bright field, ...).
    pub device: DeviceId,
    /// Quality scores.
    pub quality: Vec<QualityBlock>,
    /// Certifications of the device; only in a record with [`FingerRecord::certified`].
    pub certifications: Vec<Certification>,
    /// Which finger.
    pub position: Position,
    /// Number of this image among those of the same finger, from 0.
    pub number: u8,
    /// Sampling rates.
    pub sampling: Sampling,
    /// Encoding of `data`.
    pub compression: Compression,
    /// How the finger was taken.
    pub impression: Impression,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// The encoded image.
    pub data: Vec<u8>,
    /// Extended data after the image (1 segmentation, 2 annotation, 3 comment), kept as it is.
    pub extended: Vec<ExtendedData>,
}

impl std::fmt::Debug for FingerRepresentation {
    // Image data is biometric: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "FingerRepresentation({:?} {}x{} {:?}, {} bytes)",
            self.position,
            self.width,
            self.height,
            self.compression,
            self.data.len()
        )
    }
}

impl FingerRepresentation {
    /// The image, with the resolution of the record.
    ///
    /// # Errors
    /// [`IsoError::Codec`] when it cannot be decoded, [`IsoError::SizeMismatch`] when it has another size
    /// than the record says.
    pub fn decode_image(&self) -> Result<GrayImage, IsoError> {
        let (size, ppi) = ((self.width, self.height), self.sampling.image_ppi());
        match self.compression {
            Compression::Raw => common::raw_gray(FORMAT, &self.data, size, ppi),
            _ => common::gray(FORMAT, &self.data, size, ppi),
        }
    }
}

impl Representation for FingerRepresentation {
    const SMALLEST: usize = Head::SMALLEST + 2 + 1 + 8 + 1 + 2 + 4 + 4 + 1;

    fn head(&self) -> (CaptureTime, DeviceId, &[QualityBlock], &[Certification]) {
        (self.captured, self.device, &self.quality, &self.certifications)
    }

    fn check(&self, w: &Writer) -> Result<(), IsoError> {
        common::check_image(w, (self.width, self.height), &self.data, self.compression.formats())?;
        if [self.sampling.scan, self.sampling.image].as_flattened().contains(&0) {
            return Err(w.unwritable("sampling rate"));
        }
        if self.extended.iter().any(|e| e.kind == 0) {
            return Err(w.unwritable("extended data type"));
        }
        Ok(())
    }

    fn read_rest(r: &mut Reader<'_>, head: Head, end: usize) -> Result<Self, IsoError> {
        let position = r.code("finger position", Position::from_code)?;
        let number = r.u8("representation number")?;
        let unit = r.code("scale unit", ScaleUnit::from_code)?;
        let mut rate = |field| -> Result<u16, IsoError> {
            let offset = r.at();
            match r.u16(field)? {
                0 => Err(r.value(field, offset, 0)),
                v => Ok(v),
            }
        };
        let scan = [rate("horizontal scan rate")?, rate("vertical scan rate")?];
        let image = [rate("horizontal image rate")?, rate("vertical image rate")?];
        r.code("bit depth", |v| (v == 8).then_some(v))?;
        let compression = r.code("compression algorithm", Compression::from_code)?;
        let impression = r.code("impression type", Impression::from_code)?;
        let (width, height) = common::read_size(r)?;
        Ok(Self {
            captured: head.captured,
            device: head.device,
            quality: head.quality,
            certifications: head.certifications,
            position,
            number,
            sampling: Sampling { unit, scan, image },
            compression,
            impression,
            width,
            height,
            data: common::read_image(r, (width, height), compression.formats())?,
            extended: read_extended(r, end)?,
        })
    }

    fn write_rest(&self, w: &mut Writer) -> Result<(), IsoError> {
        w.bytes(&[self.position.code(), self.number, self.sampling.unit.code()]);
        let rates = [self.sampling.scan, self.sampling.image];
        rates.as_flattened().iter().for_each(|v| w.u16(*v));
        w.bytes(&[8, self.compression.code(), self.impression.code()]);
        w.u16(self.width);
        w.u16(self.height);
        w.sized32(&self.data, "image length")?;
        for block in &self.extended {
            w.u16(block.kind);
            w.count16(block.data.len() + EXTENDED_HEADER, "extended data length")?;
            w.bytes(&block.data);
        }
        Ok(())
    }
}

/// Reads the blocks between the image and the end of the representation: type u16, length u16 (of the whole
/// block), data (ISO/IEC 19794-4:2011, 8.4).
fn read_extended(r: &mut Reader<'_>, end: usize) -> Result<Vec<ExtendedData>, IsoError> {
    let mut blocks = Vec::new();
    // A representation that claims to end behind the record is refused by its length, not by what follows.
    let within = end <= r.at() + r.left();
    while within && end > r.at() && end - r.at() >= EXTENDED_HEADER {
        let offset = r.at();
        let kind = match r.u16("extended data type")? {
            0 => return Err(r.value("extended data type", offset, 0)),
            kind => kind,
        };
        let offset = r.at();
        let length = usize::from(r.u16("extended data length")?);
        let Some(content) = length.checked_sub(EXTENDED_HEADER) else {
            return Err(r.value("extended data length", offset, length as u32));
        };
        blocks.push(ExtendedData { kind, data: r.take(content, "extended data")?.to_vec() });
    }
    Ok(blocks)
}

/// A finger image record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerRecord {
    /// True when every representation has a block of device certifications (which may be empty).
    pub certified: bool,
    /// The images, at least one.
    pub representations: Vec<FingerRepresentation>,
}

impl FingerRecord {
    /// Number of different positions (the header's number of fingers).
    fn positions(&self) -> usize {
        let mut seen: Vec<u8> = self.representations.iter().map(|r| r.position.code()).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`IsoError`] for anything that is not exactly one such record.
    pub fn read(data: &[u8]) -> Result<Self, IsoError> {
        let mut r = Reader::open(FORMAT, data, MAGIC, VERSION)?;
        let (count, certified) = common::read_counts::<FingerRepresentation>(&mut r)?;
        let offset = r.at();
        let fingers = r.u8("number of fingers")?;
        let record = Self { certified, representations: common::read_representations(r, count, certified)? };
        let counted = record.positions() as u64;
        common::agree(FORMAT, "number of fingers", offset, u64::from(fingers), counted)?;
        Ok(record)
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when something does not fit, or the data are not encoded as
    /// [`FingerRepresentation::compression`] says.
    pub fn write(&self) -> Result<Vec<u8>, IsoError> {
        let w = Writer::new(FORMAT, MAGIC, VERSION);
        common::write_record(w, self.certified, &self.representations, |w| {
            w.count8(self.positions(), "number of fingers")
        })
    }
}

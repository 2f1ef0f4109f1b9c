//! Iris image records, ISO/IEC 19794-6:2011 (version `020`), grey with 8 bits a pixel.

use super::bytes::{Reader, Writer};
use super::common::{self, Head, Representation, codes};
use super::{CaptureTime, Certification, DeviceId, IsoError, QualityBlock};
use crate::codec::Format;
use crate::image::GrayImage;
use crate::position::Eye;

const FORMAT: &str = "IIR";
const MAGIC: &[u8; 4] = b"IIR\0";
const VERSION: &[u8; 4] = b"020\0";

codes! {
    /// Kind of iris image.
    IrisImageType {
        /// Not cropped.
        Uncropped = 1;
        /// At least 640x480.
        Vga = 2;
        /// Cropped around the iris.
        Cropped = 3;
        /// Cropped, eyelids and sclera masked.
        CroppedMasked = 7;
    }
}

codes! {
    /// How the image data is encoded.
    IrisFormat {
        /// 8-bit pixels, row-major.
        MonoRaw = 2;
        /// JPEG 2000.
        MonoJpeg2000 = 10;
        /// PNG.
        MonoPng = 14;
    }
}

impl IrisFormat {
    /// Encodings that the data may have; empty for raw pixels.
    pub(super) fn formats(self) -> &'static [Format] {
        match self {
            Self::MonoRaw => &[],
            Self::MonoJpeg2000 => &[Format::Jp2, Format::J2k],
            Self::MonoPng => &[Format::Png],
        }
    }
}

codes! {
    /// Whether an axis is mirrored.
    Orientation {
        /// Not told.
        Undefined = 0;
        /// As the standard has it.
        Base = 1;
        /// Mirrored.
        Flipped = 2;
    }
}

codes! {
    /// Compression that the image went through before this encoding.
    PreviousCompression {
        /// Not told.
        Undefined = 0;
        /// None, or lossless.
        LosslessOrNone = 1;
        /// With loss.
        Lossy = 2;
    }
}

/// The bit field of image properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageProperties(u8);

impl ImageProperties {
    /// Of an image as this station takes it; scan type is not told.
    #[must_use]
    pub fn new(horizontal: Orientation, vertical: Orientation, previous: PreviousCompression) -> Self {
        Self(horizontal.code() | vertical.code() << 2 | previous.code() << 6)
    }
    /// Horizontal orientation; `None` for the reserved value.
    #[must_use]
    pub fn horizontal(self) -> Option<Orientation> {
        Orientation::from_code(self.0 & 3)
    }
    /// Vertical orientation; `None` for the reserved value.
    #[must_use]
    pub fn vertical(self) -> Option<Orientation> {
        Orientation::from_code(self.0 >> 2 & 3)
    }
    /// Compression history; `None` for the reserved value.
    #[must_use]
    pub fn previous_compression(self) -> Option<PreviousCompression> {
        PreviousCompression::from_code(self.0 >> 6)
    }
    fn sound(bits: u8) -> Option<Self> {
        let p = Self(bits);
        (p.horizontal().is_some() && p.vertical().is_some() && p.previous_compression().is_some())
            .then_some(p)
    }
}

/// Smallest and largest value of a measured place or size in pixels; 0 and 0 where not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Smallest, 0 not told.
    pub low: u16,
    /// Largest, 0 not told.
    pub high: u16,
}

/// One iris image with its circumstances.
#[derive(Clone, PartialEq, Eq)]
pub struct IrisRepresentation {
    /// When it was captured.
    pub captured: CaptureTime,
    /// What captured it (technology 0 unknown, 1 CMOS or CCD).
    pub device: DeviceId,
    /// Quality scores.
    pub quality: Vec<QualityBlock>,
    /// Certifications of the device; only in a record with [`IrisRecord::certified`].
    pub certifications: Vec<Certification>,
    /// Number of this image in the record, from 1.
    pub number: u16,
    /// Which eye; `None` where not told.
    pub eye: Option<Eye>,
    /// Kind of image.
    pub image_type: IrisImageType,
    /// Encoding of `data`.
    pub format: IrisFormat,
    /// Orientation and compression history.
    pub properties: ImageProperties,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Distance from lens to iris in mm; 0 not told.
    pub range_mm: u16,
    /// Roll angle of the eye in units of 360/65536 degrees; 65535 not told.
    pub roll: u16,
    /// Its uncertainty in the same units; 65535 not told.
    pub roll_uncertainty: u16,
    /// Column of the iris centre.
    pub centre_x: Bounds,
    /// Row of the iris centre.
    pub centre_y: Bounds,
    /// Diameter of the iris.
    pub diameter: Bounds,
    /// The encoded image.
    pub data: Vec<u8>,
}

/// Value of `roll` and `roll_uncertainty` where they are not told.
pub const ROLL_UNKNOWN: u16 = u16::MAX;

impl std::fmt::Debug for IrisRepresentation {
    // Image data is biometric: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "IrisRepresentation({:?} {}x{} {:?}, {} bytes)",
            self.eye,
            self.width,
            self.height,
            self.format,
            self.data.len()
        )
    }
}

impl IrisRepresentation {
    /// The image.
    ///
    /// # Errors
    /// [`IsoError::Codec`] when it cannot be decoded, [`IsoError::SizeMismatch`] when it has another size
    /// than the record says.
    pub fn decode_image(&self) -> Result<GrayImage, IsoError> {
        let size = (self.width, self.height);
        match self.format {
            IrisFormat::MonoRaw => common::raw_gray(FORMAT, &self.data, size, None),
            _ => common::gray(FORMAT, &self.data, size, None),
        }
    }
}

impl Representation for IrisRepresentation {
    const SMALLEST: usize = Head::SMALLEST + 2 + 4 + 4 + 1 + 6 + 12 + 4 + 1;

    fn head(&self) -> (CaptureTime, DeviceId, &[QualityBlock], &[Certification]) {
        (self.captured, self.device, &self.quality, &self.certifications)
    }

    fn check(&self, w: &Writer) -> Result<(), IsoError> {
        common::check_image(w, (self.width, self.height), &self.data, self.format.formats())?;
        if [self.centre_x, self.centre_y, self.diameter].iter().any(|b| b.low > b.high) {
            return Err(w.unwritable("iris bounds"));
        }
        Ok(())
    }

    fn read_rest(r: &mut Reader<'_>, head: Head, _end: usize) -> Result<Self, IsoError> {
        let number = r.u16("representation number")?;
        let eye = r.code("eye label", |v| if v == 0 { Some(None) } else { Eye::from_code(v).map(Some) })?;
        let image_type = r.code("image type", IrisImageType::from_code)?;
        let format = r.code("image format", IrisFormat::from_code)?;
        let properties = r.code("image properties", ImageProperties::sound)?;
        let (width, height) = common::read_size(r)?;
        r.code("bit depth", |v| (v == 8).then_some(()))?;
        Ok(Self {
            captured: head.captured,
            device: head.device,
            quality: head.quality,
            certifications: head.certifications,
            number,
            eye,
            image_type,
            format,
            properties,
            width,
            height,
            range_mm: r.u16("range")?,
            roll: r.u16("roll angle")?,
            roll_uncertainty: r.u16("roll angle uncertainty")?,
            centre_x: read_bounds(r, "iris centre x")?,
            centre_y: read_bounds(r, "iris centre y")?,
            diameter: read_bounds(r, "iris diameter")?,
            data: common::read_image(r, (width, height), format.formats())?,
        })
    }

    fn write_rest(&self, w: &mut Writer) -> Result<(), IsoError> {
        w.u16(self.number);
        let eye = self.eye.map_or(0, Eye::code);
        w.bytes(&[eye, self.image_type.code(), self.format.code(), self.properties.0]);
        w.u16(self.width);
        w.u16(self.height);
        w.u8(8);
        [self.range_mm, self.roll, self.roll_uncertainty].into_iter().for_each(|v| w.u16(v));
        let bounds = [self.centre_x, self.centre_y, self.diameter];
        bounds.into_iter().flat_map(|b| [b.low, b.high]).for_each(|v| w.u16(v));
        w.sized32(&self.data, "image length")
    }
}

fn read_bounds(r: &mut Reader<'_>, field: &'static str) -> Result<Bounds, IsoError> {
    let offset = r.at();
    let bounds = Bounds { low: r.u16(field)?, high: r.u16(field)? };
    if bounds.low > bounds.high {
        return Err(r.value(field, offset, u32::from(bounds.low)));
    }
    Ok(bounds)
}

/// An iris image record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrisRecord {
    /// True when every representation has a block of device certifications (which may be empty).
    pub certified: bool,
    /// The images, at least one.
    pub representations: Vec<IrisRepresentation>,
}

impl IrisRecord {
    /// Number of different eyes that are told (the header's number of eyes; 0 where none is).
    fn eyes(&self) -> usize {
        Eye::ALL.iter().filter(|e| self.representations.iter().any(|r| r.eye == Some(**e))).count()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`IsoError`] for anything that is not exactly one such record.
    pub fn read(data: &[u8]) -> Result<Self, IsoError> {
        let mut r = Reader::open(FORMAT, data, MAGIC, VERSION)?;
        let (count, certified) = common::read_counts::<IrisRepresentation>(&mut r)?;
        let offset = r.at();
        let eyes = r.u8("number of eyes")?;
        let record = Self { certified, representations: common::read_representations(r, count, certified)? };
        let counted = record.eyes() as u64;
        common::agree(FORMAT, "number of eyes", offset, u64::from(eyes), counted)?;
        Ok(record)
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when something does not fit, or the data are not encoded as
    /// [`IrisRepresentation::format`] says.
    pub fn write(&self) -> Result<Vec<u8>, IsoError> {
        let w = Writer::new(FORMAT, MAGIC, VERSION);
        common::write_record(w, self.certified, &self.representations, |w| {
            w.count8(self.eyes(), "number of eyes")
        })
    }
}

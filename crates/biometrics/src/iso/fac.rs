//! Face image records, ISO/IEC 19794-5:2011 (version `030`), with one 2D image a representation.
//!
//! Records of the 2005 edition (version `010`, as in passports) are refused with [`IsoError::Version`].
//! Three-dimensional representations are refused by their image type.

use super::bytes::{Reader, Writer};
use super::common::{self, Head, Representation, codes};
use super::{CaptureTime, Certification, DeviceId, IsoError, QualityBlock};
use crate::codec::Format;
use crate::image::RgbImage;

const FORMAT: &str = "FAC";
const MAGIC: &[u8; 4] = b"FAC\0";
const VERSION: &[u8; 4] = b"030\0";
const LANDMARK_BYTES: usize = 8;

codes! {
    /// Kind of face image.
    FaceImageType {
        /// Basic: no demands on the scene.
        Basic = 0;
        /// Full frontal (ID photo).
        FullFrontal = 1;
        /// Token frontal (eyes at fixed places).
        TokenFrontal = 2;
        /// Frontal after processing that changed it.
        PostProcessedFrontal = 3;
    }
}

codes! {
    /// How the image data is encoded.
    FaceDataType {
        /// JPEG.
        Jpeg = 0;
        /// JPEG 2000 with loss.
        Jpeg2000Lossy = 1;
        /// JPEG 2000 without loss.
        Jpeg2000Lossless = 2;
        /// PNG.
        Png = 3;
    }
}

impl FaceDataType {
    /// Encodings that the data may have.
    pub(super) fn formats(self) -> &'static [Format] {
        match self {
            Self::Jpeg => &[Format::Jpeg],
            Self::Jpeg2000Lossy | Self::Jpeg2000Lossless => &[Format::Jp2, Format::J2k],
            Self::Png => &[Format::Png],
        }
    }
}

codes! {
    /// Sex as the format has it.
    Gender {
        /// Not specified.
        Unspecified = 0;
        /// Male.
        Male = 1;
        /// Female.
        Female = 2;
        /// Not known.
        Unknown = 255;
    }
}

codes! {
    /// Colour space of the image.
    ColourSpace {
        /// Not specified.
        Unspecified = 0;
        /// 24-bit sRGB.
        Rgb24 = 1;
        /// YUV 4:2:2.
        Yuv422 = 2;
        /// 8-bit grey.
        Gray8 = 3;
        /// Other.
        Other = 4;
    }
}

/// A landmark as it stands in the record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Landmark {
    /// Kind of point: 1 MPEG-4 feature point, 2 anthropometric.
    pub kind: u8,
    /// Which point.
    pub code: u8,
    /// Pixels from the left.
    pub x: u16,
    /// Pixels from the top.
    pub y: u16,
    /// Depth, 0 in a 2D image.
    pub z: u16,
}

impl std::fmt::Debug for Landmark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Landmark(..)")
    }
}

/// What the record tells of the person and the pose; the default tells nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FacialInfo {
    /// Sex.
    pub gender: Gender,
    /// Eye colour code, 0 not specified.
    pub eye_colour: u8,
    /// Hair colour code, 0 not specified.
    pub hair_colour: u8,
    /// Height in cm, 0 not specified.
    pub height_cm: u8,
    /// Property flags, 24 bits, 0 none specified.
    pub properties: u32,
    /// Expression flags, 0 not specified.
    pub expression: u16,
    /// Yaw, pitch, roll in the coding of the standard, 0 not specified.
    pub pose: [u8; 3],
    /// Uncertainty of the pose, 0 not specified.
    pub pose_uncertainty: [u8; 3],
}

impl Default for FacialInfo {
    fn default() -> Self {
        Self {
            gender: Gender::Unspecified,
            eye_colour: 0,
            hair_colour: 0,
            height_cm: 0,
            properties: 0,
            expression: 0,
            pose: [0; 3],
            pose_uncertainty: [0; 3],
        }
    }
}

/// One face image with its circumstances.
#[derive(Clone, PartialEq, Eq)]
pub struct FaceRepresentation {
    /// When it was captured.
    pub captured: CaptureTime,
    /// What captured it (technology 0 unknown, 1 static photo of unknown source, 2 digital still, ...).
    pub device: DeviceId,
    /// Quality scores.
    pub quality: Vec<QualityBlock>,
    /// Person and pose.
    pub info: FacialInfo,
    /// Landmarks.
    pub landmarks: Vec<Landmark>,
    /// Kind of image.
    pub image_type: FaceImageType,
    /// Encoding of `data`.
    pub data_type: FaceDataType,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Spatial sampling rate level, 0 lowest.
    pub sampling_level: u8,
    /// Flags of processing after the capture, 0 none.
    pub post_processing: u16,
    /// Representation that this one was made from, 0 none.
    pub cross_reference: u8,
    /// Colour space.
    pub colour_space: ColourSpace,
    /// The encoded image.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for FaceRepresentation {
    // Image data is biometric, the rest describes the person: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "FaceRepresentation({}x{} {:?}, {} bytes)",
            self.width,
            self.height,
            self.data_type,
            self.data.len()
        )
    }
}

impl FaceRepresentation {
    /// The image.
    ///
    /// # Errors
    /// [`IsoError::Codec`] when it cannot be decoded, [`IsoError::SizeMismatch`] when it has another size
    /// than the record says.
    pub fn decode_image(&self) -> Result<RgbImage, IsoError> {
        common::rgb(FORMAT, &self.data, (self.width, self.height))
    }
}

impl Representation for FaceRepresentation {
    const SMALLEST: usize = Head::SMALLEST + 2 + 4 + 3 + 2 + 6 + 11 + 4 + 1;

    fn head(&self) -> (CaptureTime, DeviceId, &[QualityBlock], &[Certification]) {
        (self.captured, self.device, &self.quality, &[])
    }

    fn check(&self, w: &Writer) -> Result<(), IsoError> {
        common::check_image(w, (self.width, self.height), &self.data, self.data_type.formats())
    }

    fn read_rest(r: &mut Reader<'_>, head: Head, _end: usize) -> Result<Self, IsoError> {
        let offset = r.at();
        let landmarks = usize::from(r.u16("number of landmarks")?);
        let info = read_info(r)?;
        r.count("number of landmarks", offset, landmarks, LANDMARK_BYTES)?;
        let landmarks = (0..landmarks).map(|_| read_landmark(r)).collect::<Result<_, IsoError>>()?;
        let image_type = r.code("face image type", FaceImageType::from_code)?;
        let data_type = r.code("image data type", FaceDataType::from_code)?;
        let (width, height) = common::read_size(r)?;
        Ok(Self {
            captured: head.captured,
            device: head.device,
            quality: head.quality,
            info,
            landmarks,
            image_type,
            data_type,
            width,
            height,
            sampling_level: r.u8("spatial sampling rate level")?,
            post_processing: r.u16("post-acquisition processing")?,
            cross_reference: r.u8("cross reference")?,
            colour_space: r.code("colour space", ColourSpace::from_code)?,
            data: common::read_image(r, (width, height), data_type.formats())?,
        })
    }

    fn write_rest(&self, w: &mut Writer) -> Result<(), IsoError> {
        w.count16(self.landmarks.len(), "number of landmarks")?;
        let i = &self.info;
        w.bytes(&[i.gender.code(), i.eye_colour, i.hair_colour, i.height_cm]);
        w.u24(i.properties, "property mask")?;
        w.u16(i.expression);
        w.bytes(&i.pose);
        w.bytes(&i.pose_uncertainty);
        for l in &self.landmarks {
            w.bytes(&[l.kind, l.code]);
            [l.x, l.y, l.z].into_iter().for_each(|v| w.u16(v));
        }
        w.bytes(&[self.image_type.code(), self.data_type.code()]);
        w.u16(self.width);
        w.u16(self.height);
        w.u8(self.sampling_level);
        w.u16(self.post_processing);
        w.bytes(&[self.cross_reference, self.colour_space.code()]);
        w.sized32(&self.data, "image length")
    }
}

fn read_landmark(r: &mut Reader<'_>) -> Result<Landmark, IsoError> {
    Ok(Landmark {
        kind: r.u8("landmark type")?,
        code: r.u8("landmark code")?,
        x: r.u16("landmark x")?,
        y: r.u16("landmark y")?,
        z: r.u16("landmark z")?,
    })
}

fn read_info(r: &mut Reader<'_>) -> Result<FacialInfo, IsoError> {
    let gender = r.code("gender", Gender::from_code)?;
    let mut info = FacialInfo {
        gender,
        eye_colour: r.u8("eye colour")?,
        hair_colour: r.u8("hair colour")?,
        height_cm: r.u8("subject height")?,
        properties: r.u24("property mask")?,
        expression: r.u16("expression mask")?,
        ..FacialInfo::default()
    };
    info.pose.copy_from_slice(r.take(3, "pose angle")?);
    info.pose_uncertainty.copy_from_slice(r.take(3, "pose angle uncertainty")?);
    Ok(info)
}

/// A face image record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaceRecord {
    /// How the representations relate in time, 0 where there is one.
    pub temporal_semantics: u16,
    /// The images, at least one.
    pub representations: Vec<FaceRepresentation>,
}

impl FaceRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// [`IsoError`] for anything that is not exactly one such record.
    pub fn read(data: &[u8]) -> Result<Self, IsoError> {
        let mut r = Reader::open(FORMAT, data, MAGIC, VERSION)?;
        let offset = r.at() + 6;
        let (count, certified) = common::read_counts::<FaceRepresentation>(&mut r)?;
        // The edition defines no certifications: the flag is always zero.
        if certified {
            return Err(r.value("certification flag", offset, 1));
        }
        let temporal_semantics = r.u16("temporal semantics")?;
        let representations = common::read_representations(r, count, false)?;
        Ok(Self { temporal_semantics, representations })
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when something does not fit, or the data are not encoded as
    /// [`FaceRepresentation::data_type`] says.
    pub fn write(&self) -> Result<Vec<u8>, IsoError> {
        let w = Writer::new(FORMAT, MAGIC, VERSION);
        common::write_record(w, false, &self.representations, |w| {
            w.u16(self.temporal_semantics);
            Ok(())
        })
    }
}

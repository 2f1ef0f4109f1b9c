//! Samples as ISO/IEC 19794 records (2011 editions), one sample a record, images JPEG 2000 without loss, with the
//! quality that this project measures.

use biometrics::codec;
use biometrics::finger::matcher::FingerMatcher as _;
use biometrics::finger::own::MinutiaeMatcher;
use biometrics::finger::quality;
use biometrics::image::{GrayImage, ImageError, RgbImage};
use biometrics::iris;
use biometrics::iso::fac::{
    ColourSpace, FaceDataType, FaceImageType, FaceRecord, FaceRepresentation, FacialInfo,
};
use biometrics::iso::fir::{Compression, FingerRecord, FingerRepresentation, Impression, Position, Sampling};
use biometrics::iso::iir::{
    Bounds, ImageProperties, IrisFormat, IrisImageType, IrisRecord, IrisRepresentation, Orientation,
    PreviousCompression, ROLL_UNKNOWN,
};
use biometrics::iso::{CaptureTime, DeviceId, QualityBlock};
use biometrics::position::{Eye, FingerPosition};
use biometrics::synth::finger::PPI;
use chrono::Utc;

use super::studio::StudioError;

/// A finger image record and the measured quality.
pub(super) fn finger(position: FingerPosition, image: &GrayImage) -> Result<(Vec<u8>, u8), StudioError> {
    let template = MinutiaeMatcher::new().extract(image)?;
    let score = quality::assess(image, &template).score;
    let one = FingerRepresentation {
        captured: CaptureTime::from_utc(Utc::now()),
        device: DeviceId::default(),
        quality: vec![QualityBlock::unregistered(score)],
        certifications: Vec::new(),
        position: Position::Finger(position),
        number: 0,
        sampling: Sampling::ppi(image.ppi().unwrap_or(PPI)),
        compression: Compression::Jpeg2000Lossless,
        impression: Impression::LiveScanPlain,
        width: side(image.width())?,
        height: side(image.height())?,
        data: codec::encode_jp2_lossless_gray(image)?,
        extended: Vec::new(),
    };
    let record = FingerRecord { certified: false, representations: vec![one] };
    Ok((record.write()?, score.unwrap_or(0)))
}

/// An iris image record and the measured quality.
pub(super) fn iris(eye: Eye, image: &GrayImage) -> Result<(Vec<u8>, u8), StudioError> {
    let report = iris::assess(image);
    let lossless = PreviousCompression::LosslessOrNone;
    let one = IrisRepresentation {
        captured: CaptureTime::from_utc(Utc::now()),
        device: DeviceId::default(),
        quality: vec![QualityBlock::unregistered(report.quality.score)],
        certifications: Vec::new(),
        number: 1,
        eye: Some(eye),
        image_type: IrisImageType::Vga,
        format: IrisFormat::MonoJpeg2000,
        properties: ImageProperties::new(Orientation::Base, Orientation::Base, lossless),
        width: side(image.width())?,
        height: side(image.height())?,
        range_mm: 0,
        roll: ROLL_UNKNOWN,
        roll_uncertainty: ROLL_UNKNOWN,
        centre_x: Bounds::default(),
        centre_y: Bounds::default(),
        diameter: Bounds::default(),
        data: codec::encode_jp2_lossless_gray(image)?,
    };
    let record = IrisRecord { certified: false, representations: vec![one] };
    Ok((record.write()?, report.quality.score.unwrap_or(0)))
}

/// A face image record of an encoded photo.
pub(super) fn face(photo: &RgbImage, jp2: Vec<u8>, score: u8) -> Result<Vec<u8>, StudioError> {
    let one = FaceRepresentation {
        captured: CaptureTime::from_utc(Utc::now()),
        device: DeviceId::default(),
        quality: vec![QualityBlock::unregistered(Some(score))],
        info: FacialInfo::default(),
        landmarks: Vec::new(),
        image_type: FaceImageType::Basic,
        data_type: FaceDataType::Jpeg2000Lossless,
        width: side(photo.width())?,
        height: side(photo.height())?,
        sampling_level: 0,
        post_processing: 0,
        cross_reference: 0,
        colour_space: ColourSpace::Rgb24,
        data: jp2,
    };
    Ok(FaceRecord { temporal_semantics: 0, representations: vec![one] }.write()?)
}

fn side(px: u32) -> Result<u16, ImageError> {
    u16::try_from(px).map_err(|_| ImageError::TooLarge { width: px, height: px })
}

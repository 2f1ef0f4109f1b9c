//! Records of the three kinds, from synthetic pictures.

use biometrics::codec;
use biometrics::image::RgbImage;
use biometrics::iso::fac::{
    ColourSpace, FaceDataType, FaceImageType, FaceRecord, FaceRepresentation, FacialInfo,
};
use biometrics::iso::fir::Position;
use biometrics::iso::iir::{
    Bounds, ImageProperties, IrisFormat, IrisImageType, IrisRecord, IrisRepresentation, Orientation,
    PreviousCompression, ROLL_UNKNOWN,
};
use biometrics::iso::{CaptureTime, DeviceId};

use crate::drivers::file::{test_fir, test_gray};
use crate::drivers::sbi::order::Part;

/// A colour picture.
pub(in crate::drivers::sbi) fn portrait() -> RgbImage {
    let pixels = (0..60u32 * 80 * 3).map(|n| (n % 251) as u8).collect();
    RgbImage::new(60, 80, pixels).unwrap()
}

/// The record of a part of the body.
pub(in crate::drivers::sbi) fn record(part: Part) -> Vec<u8> {
    match part {
        Part::Finger(finger) => test_fir(Position::Finger(finger), &test_gray(finger.code())),
        Part::Eye(eye) => {
            let image = test_gray(10 + eye.code());
            let iris = IrisRepresentation {
                captured: CaptureTime::UNKNOWN,
                device: DeviceId::default(),
                quality: Vec::new(),
                certifications: Vec::new(),
                number: 1,
                eye: Some(eye),
                image_type: IrisImageType::Uncropped,
                format: IrisFormat::MonoPng,
                properties: ImageProperties::new(
                    Orientation::Base,
                    Orientation::Base,
                    PreviousCompression::LosslessOrNone,
                ),
                width: image.width() as u16,
                height: image.height() as u16,
                range_mm: 0,
                roll: ROLL_UNKNOWN,
                roll_uncertainty: ROLL_UNKNOWN,
                centre_x: Bounds::default(),
                centre_y: Bounds::default(),
                diameter: Bounds::default(),
                data: codec::encode_png_gray(&image).unwrap(),
            };
            IrisRecord { certified: false, representations: vec![iris] }.write().unwrap()
        }
        Part::Face => {
            let image = portrait();
            let face = FaceRepresentation {
                captured: CaptureTime::UNKNOWN,
                device: DeviceId::default(),
                quality: Vec::new(),
                info: FacialInfo::default(),
                landmarks: Vec::new(),
                image_type: FaceImageType::FullFrontal,
                data_type: FaceDataType::Png,
                width: image.width() as u16,
                height: image.height() as u16,
                sampling_level: 0,
                post_processing: 0,
                cross_reference: 0,
                colour_space: ColourSpace::Rgb24,
                data: codec::encode_png_rgb(&image).unwrap(),
            };
            FaceRecord { temporal_semantics: 0, representations: vec![face] }.write().unwrap()
        }
    }
}

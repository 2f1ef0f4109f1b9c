//! Writes one record of each kind, made from synthetic samples, into a folder: input of `tools/interop.py`.
//!
//! `cargo run -p biometrics --example write_records -- FOLDER [WSQ]`
//!
//! `WSQ` is a file that another program made from `FOLDER/finger.pgm`: it goes into a finger image record as
//! it is.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use biometrics::codec::{
    Jp2Rate, encode_jp2_lossless_gray, encode_jp2_rgb, encode_jpeg, encode_png_gray, encode_png_rgb,
};
use biometrics::image::{GrayImage, RgbImage};
use biometrics::iso::cbeff::{BiometricType, Bir, Block, BlockQuality, Level, Purpose, RegistryId, Subtype};
use biometrics::iso::fac::{
    ColourSpace, FaceDataType, FaceImageType, FaceRecord, FaceRepresentation, FacialInfo,
};
use biometrics::iso::fir::{Compression, FingerRecord, FingerRepresentation, Impression, Position, Sampling};
use biometrics::iso::fmr::{FmrImpression, FmrRecord};
use biometrics::iso::iir::{
    Bounds, ImageProperties, IrisFormat, IrisImageType, IrisRecord, IrisRepresentation, Orientation,
    PreviousCompression, ROLL_UNKNOWN,
};
use biometrics::iso::incits378::IncitsRecord;
use biometrics::iso::sdi::{SignatureRecord, SignatureRepresentation};
use biometrics::iso::{CaptureTime, DeviceId, QualityBlock};
use biometrics::minutiae::{Minutia, MinutiaKind, Template};
use biometrics::position::{Eye, FingerPosition};
use biometrics::signature_bitmap::chip_bitmap;
use biometrics::synth;
use biometrics::synth::finger::{FingerSpec, Impression as Touch};
use biometrics::synth::iris::{EyeSpec, Shot};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).ok_or("give a folder")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let put = |name: &str, bytes: &[u8]| -> Outcome<()> {
        std::fs::write(folder.join(name), bytes)?;
        println!("{name}: {} bytes", bytes.len());
        Ok(())
    };
    let spec = FingerSpec { person_seed: 7, position: FingerPosition::RightIndex };
    let finger = synth::finger::render(&spec, &Touch::clean(1));
    let mut firs = Vec::new();
    for (name, compression, data) in finger_encodings(&finger)? {
        let bytes = fir(&finger, compression, data).write()?;
        put(&format!("finger-{name}.fir"), &bytes)?;
        firs.push(bytes);
    }
    if let Some(wsq) = std::env::args().nth(2) {
        let record = fir(&finger, Compression::Wsq, std::fs::read(wsq)?);
        put("finger-wsq.fir", &record.write()?)?;
    }
    put("finger.pgm", &pgm(&finger))?;
    let face = colours(300, 400)?;
    put("face-jpeg.fac", &fac(&face, FaceDataType::Jpeg, encode_jpeg(&face, 95)?).write()?)?;
    let jp2 = encode_jp2_rgb(&face, Jp2Rate::Lossless)?;
    let fac_jp2 = fac(&face, FaceDataType::Jpeg2000Lossless, jp2).write()?;
    put("face-jp2.fac", &fac_jp2)?;
    put("face-png.fac", &fac(&face, FaceDataType::Png, encode_png_rgb(&face)?).write()?)?;
    put("face.ppm", &ppm(&face))?;
    let eye = EyeSpec { person_seed: 7, eye: Eye::Right };
    let iris = synth::iris::render(&eye, &Shot::clean(1));
    let irises = iir(&iris)?;
    put("irises.iir", &irises.write()?)?;
    for (name, one) in ["jp2", "png", "raw"].into_iter().zip(&irises.representations) {
        let one = IrisRecord { certified: false, representations: vec![one.clone()] };
        put(&format!("iris-{name}.iir"), &one.write()?)?;
    }
    put("iris.pgm", &pgm(&iris))?;
    let template = template();
    let position = Some(FingerPosition::RightIndex);
    let fmr = FmrRecord::from_template(&template, position, FmrImpression::LiveScanPlain, 80).write()?;
    put("finger.fmr", &fmr)?;
    let incits = IncitsRecord::for_chip(&template, position, 80).write()?;
    put("finger.incits378", &incits)?;
    let strokes = synth::signature::render(7, 1);
    let device = DeviceId { technology: 1, vendor: 0, product: 0 };
    let one = SignatureRepresentation::from_strokes(&strokes, captured(), device, vec![])?;
    let sdi = SignatureRecord::new(vec![one]).write()?;
    put("signature.sdi", &sdi)?;
    put("signature.bitmap", chip_bitmap(&strokes).as_bytes())?;
    let blocks = vec![
        block(1, BiometricType::Face, RegistryId::face_image(), vec![], fac_jp2),
        block(2, BiometricType::Finger, RegistryId::finger_image(), index_words(), firs.swap_remove(0)),
        block(3, BiometricType::Iris, RegistryId::iris_image(), vec![], irises.write()?),
        block(4, BiometricType::Finger, RegistryId::finger_minutiae(), index_words(), fmr),
        block(5, BiometricType::Finger, RegistryId::incits_minutiae(), index_words(), incits),
        block(6, BiometricType::Signature, RegistryId::signature(), vec![], sdi),
    ];
    let bir = Bir { creator: Some("rekam".into()), index: Some(uuid::Uuid::nil()), created: None, blocks };
    put("all.bir.xml", &bir.write()?)
}

/// A fixed moment: 12 November 2026, 03:04:05.006 UTC.
fn captured() -> CaptureTime {
    chrono::DateTime::from_timestamp_millis(1_794_452_645_006)
        .map_or(CaptureTime::UNKNOWN, CaptureTime::from_utc)
}

fn index_words() -> Vec<Subtype> {
    Subtype::of_finger(FingerPosition::RightIndex)
}

fn finger_encodings(image: &GrayImage) -> Outcome<Vec<(&'static str, Compression, Vec<u8>)>> {
    Ok(vec![
        ("jp2", Compression::Jpeg2000Lossless, encode_jp2_lossless_gray(image)?),
        ("raw", Compression::Raw, image.pixels().to_vec()),
        ("png", Compression::Png, encode_png_gray(image)?),
    ])
}

fn fir(image: &GrayImage, compression: Compression, data: Vec<u8>) -> FingerRecord {
    let one = FingerRepresentation {
        captured: captured(),
        device: DeviceId::default(),
        quality: vec![QualityBlock::unregistered(Some(77))],
        certifications: vec![],
        position: Position::Finger(FingerPosition::RightIndex),
        number: 0,
        sampling: Sampling::ppi(500),
        compression,
        impression: Impression::LiveScanPlain,
        width: image.width() as u16,
        height: image.height() as u16,
        data,
        extended: vec![],
    };
    FingerRecord { certified: false, representations: vec![one] }
}

fn fac(image: &RgbImage, data_type: FaceDataType, data: Vec<u8>) -> FaceRecord {
    let one = FaceRepresentation {
        captured: captured(),
        device: DeviceId::default(),
        quality: vec![QualityBlock::unregistered(Some(66))],
        info: FacialInfo::default(),
        landmarks: vec![],
        image_type: FaceImageType::Basic,
        data_type,
        width: image.width() as u16,
        height: image.height() as u16,
        sampling_level: 0,
        post_processing: 0,
        cross_reference: 0,
        colour_space: ColourSpace::Rgb24,
        data,
    };
    FaceRecord { temporal_semantics: 0, representations: vec![one] }
}

fn iir(image: &GrayImage) -> Outcome<IrisRecord> {
    let encodings = [
        (Eye::Right, IrisFormat::MonoJpeg2000, encode_jp2_lossless_gray(image)?),
        (Eye::Left, IrisFormat::MonoPng, encode_png_gray(image)?),
        (Eye::Left, IrisFormat::MonoRaw, image.pixels().to_vec()),
    ];
    let one = |(number, (eye, format, data)): (u16, (Eye, IrisFormat, Vec<u8>))| IrisRepresentation {
        captured: captured(),
        device: DeviceId { technology: 1, vendor: 0, product: 0 },
        quality: vec![QualityBlock::unregistered(Some(55))],
        certifications: vec![],
        number,
        eye: Some(eye),
        image_type: IrisImageType::Vga,
        format,
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
        centre_x: Bounds { low: 318, high: 322 },
        centre_y: Bounds { low: 238, high: 242 },
        diameter: Bounds::default(),
        data,
    };
    Ok(IrisRecord { certified: false, representations: (1..).zip(encodings).map(one).collect() })
}

fn template() -> Template {
    let minutia = |i: u16| Minutia {
        x: 20 + i * 37 % 350,
        y: 30 + i * 53 % 440,
        angle: (i * 29 % 256) as u8,
        kind: if i.is_multiple_of(2) { MinutiaKind::Ending } else { MinutiaKind::Bifurcation },
        quality: (i * 7 % 101) as u8,
    };
    Template { width: 400, height: 500, ppi: 500, minutiae: (0..48).map(minutia).collect() }
}

fn block(id: u128, kind: BiometricType, format: RegistryId, subtype: Vec<Subtype>, data: Vec<u8>) -> Block {
    Block {
        index: uuid::Uuid::from_u128(id),
        format,
        created: chrono::DateTime::UNIX_EPOCH,
        kind,
        subtype,
        level: Level::Raw,
        purpose: Purpose::Enroll,
        quality: Some(BlockQuality { algorithm: RegistryId::new("rekam", "example"), score: Some(60) }),
        data,
    }
}

/// A colour image of gradients with an edge.
fn colours(width: u32, height: u32) -> Outcome<RgbImage> {
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        [(x * 255 / width) as u8, (y * 255 / height) as u8, if x > y { 200 } else { 60 }]
    };
    Ok(RgbImage::new(width, height, (0..width * height).flat_map(pixel).collect())?)
}

fn pgm(image: &GrayImage) -> Vec<u8> {
    [format!("P5\n{} {}\n255\n", image.width(), image.height()).as_bytes(), image.pixels()].concat()
}

fn ppm(image: &RgbImage) -> Vec<u8> {
    [format!("P6\n{} {}\n255\n", image.width(), image.height()).as_bytes(), image.pixels()].concat()
}

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use super::cbeff::{BiometricType, Bir, Block, BlockQuality, Level, Purpose, RegistryId, Subtype};
use super::fac::{
    ColourSpace, FaceDataType, FaceImageType, FaceRecord, FaceRepresentation, FacialInfo, Gender, Landmark,
};
use super::fir::{
    Compression, FingerRecord, FingerRepresentation, Impression, Position, Sampling, ScaleUnit,
};
use super::fmr::{ExtendedData, FmrImpression, FmrRecord};
use super::iir::{
    Bounds, ImageProperties, IrisFormat, IrisImageType, IrisRecord, IrisRepresentation, Orientation,
    PreviousCompression, ROLL_UNKNOWN,
};
use super::incits378::{IncitsRecord, MAX_CHIP_BYTES, MAX_CHIP_MINUTIAE};
use super::sdi::{SignatureEdition, SignatureRecord, SignatureRepresentation};
use super::{CaptureTime, Certification, DeviceId, IsoError, QualityBlock};
use crate::codec::tests::{colours, opj_decompress, ridges, sample};
use crate::codec::{Jp2Rate, encode_jp2_lossless_gray, encode_jp2_rgb, encode_png_gray};
use crate::minutiae::{Minutia, MinutiaKind, Template};
use crate::position::{Eye, FingerPosition, Slap};
use crate::signature::{Point, Strokes};
use chrono::{DateTime, Utc};

mod describe;
mod fuzz;
mod incits;
mod records;
mod refused;
mod samples;
mod signature;
mod xml;

fn moment() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-23T10:20:30.456Z").unwrap().with_timezone(&Utc)
}

fn finger(position: Position, compression: Compression) -> FingerRepresentation {
    let image = ridges(48, 64, Some(500));
    FingerRepresentation {
        captured: CaptureTime::from_utc(moment()),
        device: DeviceId { technology: 5, vendor: 0, product: 0 },
        quality: vec![QualityBlock::unregistered(Some(71)), QualityBlock::unregistered(None)],
        certifications: Vec::new(),
        position,
        number: 0,
        sampling: Sampling::ppi(500),
        compression,
        impression: Impression::LiveScanPlain,
        width: 48,
        height: 64,
        extended: Vec::new(),
        data: match compression {
            Compression::Raw => image.pixels().to_vec(),
            Compression::Png => encode_png_gray(&image).unwrap(),
            _ => encode_jp2_lossless_gray(&image).unwrap(),
        },
    }
}

fn fir() -> FingerRecord {
    let index = Position::Finger(FingerPosition::RightIndex);
    FingerRecord {
        certified: false,
        representations: vec![
            finger(index, Compression::Jpeg2000Lossless),
            FingerRepresentation { number: 1, ..finger(index, Compression::Raw) },
            finger(Position::Slap(Slap::LeftFour), Compression::Png),
        ],
    }
}

fn fac() -> FaceRecord {
    let one = FaceRepresentation {
        captured: CaptureTime::UNKNOWN,
        device: DeviceId::default(),
        quality: vec![QualityBlock::unregistered(Some(90))],
        info: FacialInfo { gender: Gender::Female, properties: 0x0001_0203, ..FacialInfo::default() },
        landmarks: vec![Landmark { kind: 1, code: 0x31, x: 10, y: 12, z: 0 }],
        image_type: FaceImageType::FullFrontal,
        data_type: FaceDataType::Jpeg2000Lossy,
        width: 40,
        height: 50,
        sampling_level: 0,
        post_processing: 0,
        cross_reference: 0,
        colour_space: ColourSpace::Rgb24,
        data: encode_jp2_rgb(&colours(40, 50), Jp2Rate::Ratio(4.0)).unwrap(),
    };
    FaceRecord { temporal_semantics: 0, representations: vec![one] }
}

fn iris(eye: Option<Eye>, format: IrisFormat) -> IrisRepresentation {
    let image = ridges(64, 48, None);
    IrisRepresentation {
        captured: CaptureTime::from_utc(moment()),
        device: DeviceId { technology: 1, vendor: 0, product: 0 },
        quality: vec![QualityBlock::unregistered(Some(55))],
        certifications: vec![Certification { authority: 7, scheme: 1 }],
        number: 1,
        eye,
        image_type: IrisImageType::Vga,
        format,
        properties: ImageProperties::new(
            Orientation::Base,
            Orientation::Base,
            PreviousCompression::LosslessOrNone,
        ),
        width: 64,
        height: 48,
        range_mm: 300,
        roll: ROLL_UNKNOWN,
        roll_uncertainty: ROLL_UNKNOWN,
        centre_x: Bounds { low: 30, high: 33 },
        centre_y: Bounds { low: 20, high: 22 },
        diameter: Bounds::default(),
        data: match format {
            IrisFormat::MonoRaw => image.pixels().to_vec(),
            IrisFormat::MonoPng => encode_png_gray(&image).unwrap(),
            IrisFormat::MonoJpeg2000 => encode_jp2_lossless_gray(&image).unwrap(),
        },
    }
}

fn iir() -> IrisRecord {
    let representations = vec![
        iris(Some(Eye::Left), IrisFormat::MonoJpeg2000),
        iris(Some(Eye::Right), IrisFormat::MonoRaw),
        iris(None, IrisFormat::MonoPng),
    ];
    IrisRecord { certified: true, representations }
}

fn template(count: u16) -> Template {
    let minutia = |i: u16| Minutia {
        x: i % 200,
        y: 100 + i % 90,
        angle: (i * 37 % 256) as u8,
        kind: [MinutiaKind::Ending, MinutiaKind::Bifurcation, MinutiaKind::Other][usize::from(i) % 3],
        quality: (i % 101) as u8,
    };
    Template { width: 200, height: 300, ppi: 500, minutiae: (0..count).map(minutia).collect() }
}

fn fmr() -> FmrRecord {
    let mut record = FmrRecord::from_template(
        &template(20),
        Some(FingerPosition::LeftThumb),
        FmrImpression::LiveScanPlain,
        80,
    );
    let mut second = record.views[0].clone();
    (second.number, second.position) = (1, None);
    second.extended =
        vec![ExtendedData { kind: 2, data: vec![1, 2, 3] }, ExtendedData { kind: 0x0101, data: Vec::new() }];
    record.views.push(second);
    record
}

fn incits() -> IncitsRecord {
    IncitsRecord { product_owner: 0x0012, product_type: 0x3456, body: fmr() }
}

/// A signature on a pad of 400 x 200 units with three strokes, one of them a dot.
fn strokes() -> Strokes {
    let point = |x: i32, y: i32, t_ms: u32| Point { x, y, t_ms, pressure: Some((x * 100 + y) as u16) };
    let strokes = vec![
        (0..20).map(|i| point(20 + i * 7, 100 - i * i % 60, 5 * i as u32)).collect(),
        vec![point(400, 0, 300)],
        (0..15).map(|i| point(200 - i * 9, 150 + i % 5, 500 + 7 * i as u32)).collect(),
    ];
    Strokes { width: 400, height: 200, scaled: true, strokes }
}

fn sdi() -> SignatureRecord {
    let device = DeviceId { technology: 1, vendor: 0, product: 0 };
    let quality = vec![QualityBlock::unregistered(Some(88))];
    let captured = CaptureTime::from_utc(moment());
    let mut one = SignatureRepresentation::from_strokes(&strokes(), captured, device, quality).unwrap();
    one.certifications = vec![Certification { authority: 3, scheme: 2 }];
    let mut two = one.clone();
    two.extended = vec![1, 2, 3];
    SignatureRecord { certified: true, ..SignatureRecord::new(vec![one, two]) }
}

fn sdi_2007() -> SignatureRecord {
    let bare = (CaptureTime::UNKNOWN, DeviceId::default(), Vec::new());
    let one = SignatureRepresentation::from_strokes(&strokes(), bare.0, bare.1, bare.2).unwrap();
    let edition = SignatureEdition::Iso2007;
    SignatureRecord { edition, certified: false, representations: vec![one] }
}

fn bir() -> Bir {
    let block = Block {
        index: uuid::Uuid::from_u128(0x0193_1234_5678_7abc_9def_0011_2233_4455),
        format: RegistryId::finger_image(),
        created: moment(),
        kind: BiometricType::Finger,
        subtype: Subtype::of_finger(FingerPosition::LeftIndex),
        level: Level::Raw,
        purpose: Purpose::Enroll,
        quality: Some(BlockQuality {
            algorithm: RegistryId::new("rekam", "rekam-finger-1"),
            score: Some(71),
        }),
        data: fir().write().unwrap(),
    };
    let mut face = block.clone();
    (face.kind, face.format, face.subtype) = (BiometricType::Face, RegistryId::face_image(), vec![]);
    face.quality = Some(BlockQuality { algorithm: RegistryId::new("rekam", "a<b> & \"c\""), score: None });
    let mut thumbs = block.clone();
    (thumbs.subtype, thumbs.quality) = (Subtype::of_slap(Slap::Thumbs), None);
    let mut iris = block.clone();
    (iris.kind, iris.format) = (BiometricType::Iris, RegistryId::iris_image());
    iris.subtype = Subtype::of_eye(Eye::Right);
    Bir {
        creator: Some("rekam 0.1.0".into()),
        index: Some(uuid::Uuid::nil()),
        created: Some(moment()),
        blocks: vec![block, face, thumbs, iris],
    }
}

type Rewrite = fn(&[u8]) -> Result<Vec<u8>, IsoError>;
type Case = (&'static str, Vec<u8>, Rewrite);
/// Made once: encoding the images takes longer than reading the records.
static FORMATS: std::sync::LazyLock<[Case; 8]> = std::sync::LazyLock::new(|| {
    [
        ("FIR", fir().write().unwrap(), |d| FingerRecord::read(d)?.write()),
        ("FAC", fac().write().unwrap(), |d| FaceRecord::read(d)?.write()),
        ("IIR", iir().write().unwrap(), |d| IrisRecord::read(d)?.write()),
        ("FMR", fmr().write().unwrap(), |d| FmrRecord::read(d)?.write()),
        ("INCITS 378", incits().write().unwrap(), |d| IncitsRecord::read(d)?.write()),
        ("SDI", sdi().write().unwrap(), |d| SignatureRecord::read(d)?.write()),
        ("SDI 2007", sdi_2007().write().unwrap(), |d| SignatureRecord::read(d)?.write()),
        ("BIR", bir().write().unwrap(), |d| Bir::read(d)?.write()),
    ]
});

/// One door for all formats: a synthetic record, and reading it and writing what was read.
fn formats() -> [Case; 8] {
    FORMATS.clone()
}

fn rewrite(format: &str) -> Rewrite {
    formats().into_iter().find(|f| f.0 == format).unwrap().2
}

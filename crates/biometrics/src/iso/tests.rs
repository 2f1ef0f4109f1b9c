#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

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
use super::{CaptureTime, Certification, DeviceId, IsoError, QualityBlock};
use crate::codec::tests::{colours, opj_decompress, ridges, sample};
use crate::codec::{Jp2Rate, encode_jp2_lossless_gray, encode_jp2_rgb, encode_png_gray};
use crate::minutiae::{Minutia, MinutiaKind, Template};
use crate::position::{Eye, FingerPosition, Slap};

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
static FORMATS: std::sync::LazyLock<[Case; 5]> = std::sync::LazyLock::new(|| {
    [
        ("FIR", fir().write().unwrap(), |d| FingerRecord::read(d)?.write()),
        ("FAC", fac().write().unwrap(), |d| FaceRecord::read(d)?.write()),
        ("IIR", iir().write().unwrap(), |d| IrisRecord::read(d)?.write()),
        ("FMR", fmr().write().unwrap(), |d| FmrRecord::read(d)?.write()),
        ("BIR", bir().write().unwrap(), |d| Bir::read(d)?.write()),
    ]
});

/// One door for all formats: a synthetic record, and reading it and writing what was read.
fn formats() -> [Case; 5] {
    FORMATS.clone()
}

fn rewrite(format: &str) -> Rewrite {
    formats().into_iter().find(|f| f.0 == format).unwrap().2
}

#[test]
fn records_come_back() {
    for (name, bytes, rewrite) in formats() {
        assert_eq!(rewrite(&bytes).unwrap(), bytes, "{name}");
    }
    assert_eq!(FingerRecord::read(&fir().write().unwrap()).unwrap(), fir());
    assert_eq!(FaceRecord::read(&fac().write().unwrap()).unwrap(), fac());
    assert_eq!(IrisRecord::read(&iir().write().unwrap()).unwrap(), iir());
    assert_eq!(FmrRecord::read(&fmr().write().unwrap()).unwrap(), fmr());
    assert_eq!(Bir::read(&bir().write().unwrap()).unwrap(), bir());
}

#[test]
fn images_in_records_are_decoded() {
    let grey = ridges(48, 64, Some(500));
    for one in fir().representations {
        assert_eq!(one.decode_image().unwrap(), grey, "{:?}", one.compression);
    }
    for one in iir().representations {
        assert_eq!(one.decode_image().unwrap(), ridges(64, 48, None), "{:?}", one.format);
    }
    assert_eq!(fac().representations[0].decode_image().unwrap().width(), 40);
    let mut wrong = fir().representations.swap_remove(0);
    wrong.width = 47;
    assert_eq!(wrong.decode_image(), Err(IsoError::SizeMismatch { format: "FIR" }));
    wrong.data = vec![0; 9];
    assert!(matches!(wrong.decode_image(), Err(IsoError::Codec { format: "FIR", .. })));
}

#[test]
fn units_are_converted() {
    let cases = [
        (ScaleUnit::PerInch, [500, 500], Some(500)),
        (ScaleUnit::PerCentimetre, [197, 197], Some(500)),
        (ScaleUnit::PerInch, [500, 501], None),
        (ScaleUnit::PerCentimetre, [u16::MAX; 2], None),
    ];
    for (unit, image, expected) in cases {
        assert_eq!(Sampling { unit, scan: image, image }.image_ppi(), expected);
    }
    let back = fmr().template(0).unwrap();
    assert_eq!(back, template(20));
    assert_eq!(fmr().template(2), None);
    // 500 ppi is 197 per cm, and 1000 ppi 394, rounded.
    for (ppi, per_cm) in [(500, 197), (1000, 394), (300, 118)] {
        let t = Template { ppi, ..template(1) };
        let record = FmrRecord::from_template(&t, None, FmrImpression::Swipe, 1);
        assert_eq!(record.per_cm, [per_cm; 2]);
    }
    let many = FmrRecord::from_template(&template(300), None, FmrImpression::Swipe, 1);
    assert_eq!(many.views[0].minutiae.len(), 255);
    assert!(many.views[0].minutiae.iter().all(|m| m.quality >= 15), "the worst are left out");
    many.write().unwrap();
    assert_eq!(CaptureTime::from_utc(moment()).to_utc(), Some(moment()));
    assert_eq!(CaptureTime::UNKNOWN.to_utc(), None);
}

/// Layout against numbers counted by hand from the standard's tables.
#[test]
fn bytes_stand_where_the_standard_has_them() {
    let (fir, fac, iir, fmr) =
        (formats()[0].1.clone(), formats()[1].1.clone(), formats()[2].1.clone(), formats()[3].1.clone());
    let cases: [(&str, &[u8], usize, &[u8]); 19] = [
        ("FIR magic", &fir, 0, b"FIR\x00020\0"),
        ("FIR counts", &fir, 12, &[0, 3, 0, 2]),
        ("FIR time", &fir, 20, &[0x07, 0xEA, 11, 23, 10, 20, 30, 0x01, 0xC8]),
        ("FIR device", &fir, 29, &[5, 0, 0, 0, 0]),
        ("FIR quality", &fir, 34, &[2, 71, 0, 0, 0, 0, 255, 0, 0, 0, 0]),
        ("FIR position to scale", &fir, 45, &[2, 0, 1, 0x01, 0xF4, 0x01, 0xF4, 0x01, 0xF4, 0x01, 0xF4]),
        ("FIR depth to size", &fir, 56, &[8, 5, 0, 0, 48, 0, 64]),
        ("FAC magic", &fac, 0, b"FAC\x00030\0"),
        ("FAC counts", &fac, 12, &[0, 1, 0, 0, 0]),
        ("FAC time unknown", &fac, 21, &[0xFF; 9]),
        ("FAC landmarks, gender", &fac, 41, &[0, 1, 2, 0, 0, 0, 1, 2, 3]),
        ("FAC landmark", &fac, 58, &[1, 0x31, 0, 10, 0, 12, 0, 0]),
        ("FAC image", &fac, 66, &[1, 1, 0, 40, 0, 50, 0, 0, 0, 0, 1]),
        ("IIR counts", &iir, 12, &[0, 3, 1, 2]),
        ("IIR certification to depth", &iir, 40, &[1, 0, 7, 1, 0, 1, 2, 2, 10, 0x45, 0, 64, 0, 48, 8]),
        ("IIR range to centre", &iir, 55, &[1, 44, 0xFF, 0xFF, 0xFF, 0xFF, 0, 30, 0, 33, 0, 20, 0, 22]),
        ("FMR magic", &fmr, 0, b"FMR\0 20\0"),
        ("FMR header", &fmr, 12, &[0, 0, 0, 200, 1, 44, 0, 197, 0, 197, 2, 0]),
        ("FMR view", &fmr, 24, &[6, 0, 80, 20, 0x40, 0, 0, 100, 0, 0]),
    ];
    for (name, bytes, at, expected) in cases {
        assert_eq!(&bytes[at..at + expected.len()], expected, "{name}");
    }
    assert_eq!(u32::from_be_bytes(fmr[8..12].try_into().unwrap()) as usize, fmr.len());
}

/// What is done to a valid record before it is read.
enum Damage {
    Set(usize, &'static [u8]),
    Cut(usize),
    Append(usize),
}

#[test]
fn invalid_records_are_refused() {
    use Damage::{Append, Cut, Set};
    // (format, damage, code, field or empty)
    let cases: &[(&str, Damage, &str, &str)] = &[
        ("FIR", Set(0, b"FIX"), "BIO-41", ""),
        ("FIR", Set(4, b"030"), "BIO-42", "030"),
        ("FIR", Set(7, b" "), "BIO-42", "020 "),
        ("FIR", Cut(0), "BIO-43", "format identifier"),
        ("FIR", Cut(6), "BIO-43", "version"),
        ("FIR", Cut(10), "BIO-43", "record length"),
        ("FIR", Cut(200), "BIO-44", "record length"),
        ("FIR", Append(1), "BIO-47", ""),
        ("FIR", Set(8, &[0xFF; 4]), "BIO-44", "record length"),
        ("FIR", Set(8, &[0; 4]), "BIO-44", "record length"),
        ("FIR", Set(12, &[0, 0]), "BIO-45", "number of representations"),
        ("FIR", Set(12, &[0xFF, 0xFF]), "BIO-45", "number of representations"),
        ("FIR", Set(12, &[0, 4]), "BIO-43", "representation length"),
        ("FIR", Set(12, &[0, 1]), "BIO-44", "number of fingers"),
        ("FIR", Set(14, &[2]), "BIO-46", "certification flag"),
        ("FIR", Set(15, &[9]), "BIO-44", "number of fingers"),
        ("FIR", Set(16, &[0, 0, 0, 0]), "BIO-44", "representation length"),
        ("FIR", Set(16, &[0xFF; 4]), "BIO-44", "representation length"),
        ("FIR", Set(22, &[13]), "BIO-46", "capture month"),
        ("FIR", Set(23, &[0]), "BIO-46", "capture day"),
        ("FIR", Set(24, &[24]), "BIO-46", "capture hour"),
        ("FIR", Set(27, &[3, 232]), "BIO-46", "capture millisecond"),
        ("FIR", Set(34, &[255]), "BIO-46", "quality score"),
        ("FIR", Set(35, &[101]), "BIO-46", "quality score"),
        ("FIR", Set(45, &[11]), "BIO-46", "finger position"),
        ("FIR", Set(45, &[16]), "BIO-46", "finger position"),
        ("FIR", Set(47, &[0]), "BIO-46", "scale unit"),
        ("FIR", Set(52, &[0, 0]), "BIO-46", "horizontal image rate"),
        ("FIR", Set(56, &[16]), "BIO-46", "bit depth"),
        ("FIR", Set(57, &[1]), "BIO-46", "compression algorithm"),
        ("FIR", Set(57, &[0]), "BIO-44", "image length"),
        ("FIR", Set(58, &[20]), "BIO-46", "impression type"),
        ("FIR", Set(59, &[0, 0]), "BIO-48", "no pixels"),
        ("FIR", Set(59, &[0xFF; 4]), "BIO-48", "too large"),
        ("FIR", Set(63, &[0; 4]), "BIO-45", "image length"),
        ("FIR", Set(63, &[0xFF; 4]), "BIO-43", "image data"),
        ("FAC", Set(4, b"010"), "BIO-42", "version 010"),
        ("FAC", Set(14, &[1]), "BIO-46", "certification flag"),
        ("FAC", Set(41, &[0xFF, 0xFF]), "BIO-45", "number of landmarks"),
        ("FAC", Set(43, &[3]), "BIO-46", "gender"),
        ("FAC", Set(66, &[0x80]), "BIO-46", "face image type"),
        ("FAC", Set(67, &[4]), "BIO-46", "image data type"),
        ("FAC", Set(68, &[0, 0]), "BIO-48", "no pixels"),
        ("FAC", Set(76, &[9]), "BIO-46", "colour space"),
        ("FAC", Append(3), "BIO-47", ""),
        ("FAC", Cut(60), "BIO-44", "record length"),
        ("IIR", Set(4, b"010"), "BIO-42", "010"),
        ("IIR", Set(15, &[1]), "BIO-44", "number of eyes"),
        ("IIR", Set(40, &[255]), "BIO-46", ""),
        ("IIR", Set(46, &[3]), "BIO-46", "eye label"),
        ("IIR", Set(47, &[4]), "BIO-46", "image type"),
        ("IIR", Set(48, &[3]), "BIO-46", "image format"),
        ("IIR", Set(49, &[3]), "BIO-46", "image properties"),
        ("IIR", Set(49, &[0xC0]), "BIO-46", "image properties"),
        ("IIR", Set(54, &[16]), "BIO-46", "bit depth"),
        ("IIR", Set(61, &[0xFF]), "BIO-46", "iris centre x"),
        ("FMR", Set(4, b" 30"), "BIO-42", "30"),
        ("FMR", Set(14, &[0, 0]), "BIO-48", "no pixels"),
        ("FMR", Set(14, &[0, 10]), "BIO-46", "minutia x"),
        ("FMR", Set(16, &[0, 10]), "BIO-46", "minutia y"),
        ("FMR", Set(18, &[0, 0]), "BIO-46", "horizontal resolution"),
        ("FMR", Set(22, &[0]), "BIO-45", "number of views"),
        ("FMR", Set(22, &[255]), "BIO-45", "number of views"),
        ("FMR", Set(22, &[1]), "BIO-47", ""),
        ("FMR", Set(22, &[3]), "BIO-43", "finger position"),
        ("FMR", Set(23, &[1]), "BIO-46", "reserved byte"),
        ("FMR", Set(24, &[13]), "BIO-46", "finger position"),
        ("FMR", Set(25, &[4]), "BIO-46", "impression type"),
        ("FMR", Set(26, &[101]), "BIO-46", "finger quality"),
        ("FMR", Set(27, &[255]), "BIO-45", "number of minutiae"),
        ("FMR", Set(28, &[0xC0]), "BIO-46", "minutia type"),
        ("FMR", Set(30, &[0xC0]), "BIO-46", "minutia y"),
        ("FMR", Set(33, &[101]), "BIO-46", "minutia quality"),
        ("FMR", Set(148, &[0, 255]), "BIO-43", "extended data"),
        ("FMR", Set(148, &[0, 4]), "BIO-44", "extended data area length"),
    ];
    for (format, damage, code, field) in cases {
        let mut bytes = formats().into_iter().find(|f| f.0 == *format).unwrap().1;
        let what = match damage {
            Set(at, with) => {
                bytes[*at..*at + with.len()].copy_from_slice(with);
                format!("{with:?} at {at}")
            }
            Cut(len) => {
                bytes.truncate(*len);
                format!("cut to {len}")
            }
            Append(n) => {
                bytes.extend(std::iter::repeat_n(0, *n));
                format!("{n} more")
            }
        };
        let error =
            rewrite(format)(&bytes).map(|b| b.len()).expect_err(&format!("{format} {what}")).to_string();
        assert!(
            error.starts_with(code) && error.contains(field),
            "{format} {what}: {error}, not {code} {field}"
        );
    }
}

#[test]
fn what_does_not_fit_is_not_written() {
    let finger = |change: fn(&mut FingerRepresentation)| {
        let mut record = fir();
        change(&mut record.representations[1]);
        record.write()
    };
    let view = |change: fn(&mut super::fmr::FmrView)| {
        let mut record = fmr();
        change(&mut record.views[0]);
        record.write()
    };
    let block = |change: fn(&mut Block)| {
        let mut record = bir();
        change(&mut record.blocks[0]);
        record.write()
    };
    let cases = [
        finger(|f| f.width = 0),
        finger(|f| f.data.clear()),
        finger(|f| f.height += 1),
        finger(|f| f.sampling.image = [0; 2]),
        finger(|f| f.quality = vec![QualityBlock::unregistered(Some(101))]),
        finger(|f| f.quality = vec![QualityBlock::unregistered(None); 256]),
        finger(|f| f.certifications = vec![Certification { authority: 1, scheme: 1 }]),
        FingerRecord { representations: vec![], ..fir() }.write(),
        FaceRecord { representations: vec![], ..fac() }.write(),
        IrisRecord { representations: vec![], ..iir() }.write(),
        FmrRecord { views: vec![], ..fmr() }.write(),
        FmrRecord { per_cm: [0, 197], ..fmr() }.write(),
        view(|v| v.number = 16),
        view(|v| v.quality = 101),
        view(|v| v.minutiae[0].x = 200),
        view(|v| v.minutiae[0].quality = 101),
        view(|v| v.extended = vec![ExtendedData { kind: 0, data: vec![] }]),
        view(|v| v.extended = vec![ExtendedData { kind: 2, data: vec![0; 65_536] }]),
        Bir { blocks: vec![], ..bir() }.write(),
        Bir { creator: Some("a\u{1}".into()), ..bir() }.write(),
        block(|b| b.data.clear()),
        block(|b| b.quality = Some(BlockQuality { algorithm: RegistryId::new("a", "b"), score: Some(101) })),
    ];
    for (i, result) in cases.into_iter().enumerate() {
        assert!(
            matches!(result, Err(IsoError::Unwritable { .. })),
            "case {i}: {:?}",
            result.map(|b| b.len())
        );
    }
}

#[test]
fn invalid_xml_is_refused() {
    let good = String::from_utf8(bir().write().unwrap()).unwrap();
    // (text, replacement for its first occurrence, what the error says)
    let cases = [
        ("<BIR xmlns", "<!DOCTYPE BIR><BIR xmlns", "markup"),
        ("<BIR xmlns", "<?pi?><BIR xmlns", "markup"),
        ("ed-2/", "ed-3/", "namespace"),
        ("<BIR>", "<BIR><others/>", "missing or out of order"),
        ("<BIR>", "<BIR a='1'>", "attribute"),
        ("<BIR>", "<BIR>text", "text between"),
        ("<BIR>", "<BIR>&nbsp;", "entity"),
        ("<BIR>", "<BIR><![CDATA[x]]>", "markup"),
        ("<BIR>", "<BIR><BIR><BIR><BIR><BIR><BIR><BIR><BIR>", "too deep"),
        ("</BIR>", "</BIS>", "well formed"),
        ("<Integrity>false", "<Integrity>true", "value"),
        ("<Score>71", "<Score>101", "value"),
        ("<Score>71", "<Score>-1", "value"),
        ("<Type>Finger<", "<Type>Foot<", "value"),
        ("Left IndexFinger", "Left Toe", "value"),
        ("<Level>Raw</Level>", "", "missing or out of order"),
        ("</BIRInfo>", "<Payload/></BIRInfo>", "not taken"),
        ("2026-11-23T", "2026-13-23T", "value"),
        ("00000000-0000-", "000000000000", "value"),
        ("<BDB>Rkl", "<BDB>*kl", "value"),
        ("<Major>1", "<Major>x", "value"),
        ("rekam 0.1.0", "<a/>", "element where text"),
    ];
    for (from, to, expected) in cases {
        assert!(good.contains(from), "{from}");
        let error = Bir::read(good.replacen(from, to, 1).as_bytes()).expect_err(to).to_string();
        assert!(error.starts_with("BIO-52") && error.contains(expected), "{from} -> {to}: {error}");
    }
    let truncated = good.len() / 2;
    for bytes in [b"".as_slice(), b"<a", b"\xFF\xFE", &good.as_bytes()[..truncated], b"<BIR/>"] {
        assert!(Bir::read(bytes).is_err());
    }
    assert!(Bir::read(format!("{good}{good}").as_bytes()).is_err());
    // Space between elements and comments are no damage.
    let airy = good.replace("><", ">\n  <").replacen("<BIRInfo>", "<!-- c --><BIRInfo>", 1);
    assert_eq!(Bir::read(airy.as_bytes()).unwrap(), bir());
}

#[test]
fn schema_accepts_the_bir() {
    let Some(schema) = sample("cbeff/updatedcbeff.xsd") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (xsd, xml) = (folder.path().join("s.xsd"), folder.path().join("b.xml"));
    std::fs::write(&xsd, schema).unwrap();
    for (text, expected) in [
        (bir().write().unwrap(), true),
        // Proof that the check can fail.
        (String::from_utf8(bir().write().unwrap()).unwrap().replace(">Raw<", ">Rare<").into_bytes(), false),
    ] {
        std::fs::write(&xml, text).unwrap();
        let run = std::process::Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .args([&xsd, &xml])
            .output();
        let Ok(out) = run else {
            println!("skipped: no xmllint");
            return;
        };
        assert_eq!(out.status.success(), expected, "{}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn finger_samples_come_back() {
    for hand in ["Left", "Right"] {
        for digit in ["Thumb", "Index", "Middle", "Ring", "Little"] {
            let Some(bytes) = sample(&format!("finger/mosip/{hand}_{digit}.iso")) else { return };
            let record = FingerRecord::read(&bytes).unwrap();
            assert_eq!(record.write().unwrap(), bytes, "{hand} {digit}");
            let one = &record.representations[0];
            let id = format!("{hand}_{digit}").to_lowercase();
            assert_eq!(one.position, Position::Finger(FingerPosition::from_id(&id).unwrap()));
            let image = one.decode_image().unwrap();
            assert_eq!(image.ppi(), Some(500));
            if let Some(peer) = opj_decompress(&one.data) {
                assert_eq!(peer.pixels(), image.pixels(), "{hand} {digit}");
            }
        }
    }
}

#[test]
fn face_and_iris_samples_come_back() {
    for eye in Eye::ALL {
        let name = if *eye == Eye::Left { "Left" } else { "Right" };
        let Some(bytes) = sample(&format!("iris/mosip/{name}_Iris.iso")) else { return };
        let record = IrisRecord::read(&bytes).unwrap();
        assert_eq!(record.write().unwrap(), bytes);
        let one = &record.representations[0];
        assert_eq!(one.eye, Some(*eye));
        let image = one.decode_image().unwrap();
        assert_eq!((image.width(), image.height()), (u32::from(one.width), u32::from(one.height)));
        if let Some(peer) = opj_decompress(&one.data) {
            assert_eq!(peer.pixels(), image.pixels());
        }
    }
    let Some(bytes) = sample("face/mosip-face.iso") else { return };
    let record = FaceRecord::read(&bytes).unwrap();
    assert_eq!(record.write().unwrap(), bytes);
    assert_eq!(record.representations[0].decode_image().unwrap().height(), 320);
}

/// Three samples of another project that a strict reader must refuse, each for its own reason.
#[test]
fn samples_with_faults_are_refused() {
    if let Some(bytes) = sample("codecs/face01.iso2005") {
        let error = FaceRecord::read(&bytes).unwrap_err();
        assert!(matches!(&error, IsoError::Version { found, .. } if found == "010"), "{error}");
    }
    if let Some(mut bytes) = sample("codecs/iris01.iso2011") {
        // 24 bits a pixel in a grey format.
        let error = IrisRecord::read(&bytes).unwrap_err();
        assert!(matches!(error, IsoError::Value { field: "bit depth", .. }), "{error}");
        // With that set right the representation's length is short by the second quality block, ...
        bytes[0x37] = 8;
        let error = IrisRecord::read(&bytes).unwrap_err();
        assert!(matches!(error, IsoError::Length { field: "representation length", .. }), "{error}");
    }
    if let Some(mut bytes) = sample("codecs/fmr.iso2005") {
        // Extended data is one byte longer than what is there.
        let error = FmrRecord::read(&bytes).unwrap_err();
        assert!(matches!(error, IsoError::Truncated { field: "extended data", .. }), "{error}");
        bytes.push(0);
        let length = (bytes.len() as u32).to_be_bytes();
        bytes[8..12].copy_from_slice(&length);
        let record = FmrRecord::read(&bytes).unwrap();
        assert_eq!(record.views.iter().map(|v| v.minutiae.len()).collect::<Vec<_>>(), [27, 22]);
        assert_eq!(record.write().unwrap(), bytes);
    }
}

/// The reader of another project (behind the `nbis` feature) sees the same minutiae, and its writer's record
/// is read here. It tells 32 directions and two kinds, and takes at most 127 minutiae.
#[cfg(feature = "nbis")]
#[test]
fn nbis_reads_minutiae() {
    let mut template = template(127);
    for m in &mut template.minutiae {
        m.angle &= 0xF8;
        m.kind = if m.x % 2 == 0 { MinutiaKind::Ending } else { MinutiaKind::Bifurcation };
    }
    let record = FmrRecord::from_template(&template, None, FmrImpression::LiveScanPlain, 60);
    let peer = nbis::load_iso_19794_2_2005(&record.write().unwrap()).unwrap();
    let seen: Vec<_> = peer
        .get()
        .iter()
        .map(|m| (m.x(), m.y(), m.angle() as u16, m.kind() == nbis::MinutiaKind::Bifurcation))
        .collect();
    let made: Vec<_> = template
        .minutiae
        .iter()
        .map(|m| {
            let degrees = (f64::from(m.angle) * 360.0 / 256.0) as u16;
            (i32::from(m.x), i32::from(m.y), degrees, m.kind == MinutiaKind::Bifurcation)
        })
        .collect();
    assert_eq!(seen, made);
    let bytes = peer.to_iso_19794_2_2005();
    let back = FmrRecord::read(&bytes).unwrap();
    assert_eq!(back.views[0].minutiae.len(), 127);
    assert_eq!(back.write().unwrap(), bytes);
}

fn read_all(bytes: &[u8]) {
    for (_, _, rewrite) in formats() {
        let _ = rewrite(bytes);
    }
}

#[test]
fn every_cut_is_refused() {
    for (name, bytes, rewrite) in formats() {
        let step = (bytes.len() / 1500).max(1);
        for len in (0..bytes.len()).step_by(step) {
            assert!(rewrite(&bytes[..len]).is_err(), "{name} cut to {len}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn arbitrary_bytes_never_panic(magic in 0_usize..5, tail in vec(any::<u8>(), 0..300)) {
        let magics: [&[u8]; 5] = [b"", b"FIR\x00020\0", b"FAC\x00030\0", b"IIR\x00020\0", b"FMR\0 20\0"];
        read_all(&[magics[magic], &tail].concat());
        // With a right length field, so that what comes after it is reached.
        let mut long = [magics[magic], &[0; 4], &tail].concat();
        let length = (long.len() as u32).to_be_bytes();
        if magic > 0 {
            long[8..12].copy_from_slice(&length);
        }
        read_all(&long);
    }

    /// What is read after damage is read as it stands: writing it gives the same bytes.
    #[test]
    fn damaged_records_never_panic(
        which in 0_usize..4,
        flips in vec((any::<Index>(), prop_oneof![Just(0_u8), Just(255), Just(127), any::<u8>()], 1_usize..5), 1..4),
        head in any::<bool>(),
    ) {
        let (_, mut bytes, rewrite) = formats().into_iter().nth(which).unwrap();
        for (at, value, run) in flips {
            // Half of the time only in the headers, where fields are.
            let at = at.index(if head { bytes.len().min(80) } else { bytes.len() });
            let end = bytes.len().min(at + run);
            bytes[at..end].fill(value);
        }
        if let Ok(again) = rewrite(&bytes) {
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn damaged_xml_never_panics(flips in vec((any::<Index>(), any::<u8>()), 1..6), cut in any::<Index>()) {
        let mut bytes = bir().write().unwrap();
        for (at, value) in flips {
            let at = at.index(2000);
            bytes[at] = value;
        }
        let _ = Bir::read(&bytes);
        let _ = Bir::read(&bytes[..cut.index(bytes.len())]);
    }
}

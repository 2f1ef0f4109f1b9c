#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::minutiae::{Minutia, MinutiaKind};
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, Impression, Master};

/// A file of the sample data, which is not part of the repository; says so where it is missing.
pub(super) fn sample(path: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("REKAM_SAMPLES").map_or_else(
        || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        Into::into,
    );
    let found = std::fs::read(root.join(path)).ok();
    if found.is_none() {
        eprintln!("skipped: no sample {path} (set REKAM_SAMPLES)");
    }
    found
}

/// An 8-bit binary PGM without comments.
pub(super) fn pgm(bytes: &[u8]) -> GrayImage {
    let mut fields =
        bytes.splitn(4, u8::is_ascii_whitespace).map(|f| String::from_utf8_lossy(f).into_owned());
    assert_eq!(fields.next().unwrap(), "P5");
    let mut side = || fields.next().unwrap().parse::<u32>().unwrap();
    let (width, height) = (side(), side());
    let pixels = bytes[bytes.len() - (width * height) as usize..].to_vec();
    GrayImage::new(width, height, Some(500), pixels).unwrap()
}

/// Minutiae spread over the middle of an impression.
pub(super) fn spread(count: usize) -> Template {
    let minutia = |i: usize| Minutia {
        x: (108 + i * 37 % 200) as u16,
        y: (130 + i * 53 % 300) as u16,
        angle: 0,
        kind: MinutiaKind::Ending,
        quality: 50,
    };
    Template { width: 416, height: 560, ppi: 500, minutiae: (0..count).map(minutia).collect() }
}

fn finger(person_seed: u64) -> Master {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::RightMiddle })
}

fn changed(image: &GrayImage, of: impl Fn(i64, i64) -> f32) -> GrayImage {
    let width = i64::from(image.width());
    let pixels =
        (0..image.pixels().len() as i64).map(|i| of(i % width, i / width).clamp(0.0, 255.0) as u8).collect();
    GrayImage::new(image.width(), image.height(), image.ppi(), pixels).unwrap()
}

/// The print as a finger leaves it that slid over the glass.
fn slid(image: &GrayImage) -> GrayImage {
    changed(image, |x, y| (-12..13).map(|d| f32::from(image.at(x + d, y + d / 2))).sum::<f32>() / 25.0)
}

/// The image with a faint print of another finger to its upper left.
fn with_ghost(image: &GrayImage, strength: f32) -> GrayImage {
    let other = finger(99).impression(&Impression::clean(99));
    changed(image, |x, y| {
        let (gx, gy) = (x + 110, y + 130);
        let inside = gx < 416 && gy < 560;
        let ink = if inside { (230.0 - f32::from(other.at(gx, gy))).max(0.0) } else { 0.0 };
        f32::from(image.at(x, y)) - strength * ink
    })
}

fn scores(values: [f32; 4], touch: impl Fn(f32) -> Impression) -> Vec<[u8; 4]> {
    let score = |m: &Master, v: f32| assess(&m.impression(&touch(v)), &spread(50)).score.unwrap();
    (1..4).map(finger).map(|m| values.map(|v| score(&m, v))).collect()
}

#[test]
fn grave_faults_cost_points() {
    let check = |name: &str, scores: Vec<[u8; 4]>| {
        for s in scores {
            assert!(s[3] + 15 <= s[0], "{name}: {s:?}");
        }
    };
    check("dry", scores([0.0, 0.5, 0.8, 1.0], |dryness| Impression { dryness, ..Impression::clean(1) }));
    check("area", scores([1.0, 0.6, 0.35, 0.1], |area| Impression { area, ..Impression::clean(1) }));
    check("light", scores([0.5, 0.3, 0.1, 0.0], |pressure| Impression { pressure, ..Impression::clean(1) }));
}

#[test]
fn reasons_name_the_fault() {
    use QualityReason as R;
    for person in [7, 8, 9] {
        let master = finger(person);
        let clean = Impression::clean(2);
        let check = |image: &GrayImage, minutiae: usize, reason: Option<R>| {
            let found = assess(image, &spread(minutiae));
            assert_eq!(found.reasons.first().copied(), reason, "person {person}: {found:?}");
            assert!(!found.validated && found.algorithm == ALGORITHM);
        };
        let touched = |touch: Impression| master.impression(&touch);
        check(&touched(clean), 50, None);
        check(&touched(Impression::ordinary(person)), 50, None);
        check(&touched(clean), 6, Some(R::FewMinutiae));
        check(&touched(Impression { dryness: 0.85, ..clean }), 50, Some(R::TooDry));
        check(&touched(Impression { pressure: 1.0, ..clean }), 50, Some(R::TooWet));
        check(&touched(Impression { area: 0.2, ..clean }), 50, Some(R::TooLittleArea));
        check(&touched(Impression { shift_px: (125.0, 150.0), ..clean }), 50, Some(R::OffCentre));
        let slid = assess(&slid(&touched(clean)), &spread(50));
        assert!(slid.reasons.contains(&R::Smudged), "{slid:?}");
    }
}

#[test]
fn a_ghost_beside_the_print_is_seen() {
    let touch = Impression { shift_px: (60.0, 70.0), area: 0.6, ..Impression::clean(4) };
    for person in 20..23 {
        let print = finger(person).impression(&touch);
        let has = |image: &GrayImage| assess(image, &spread(40)).reasons.contains(&QualityReason::GhostPrint);
        assert!(!has(&print), "person {person}");
        for strength in [0.05, 0.12] {
            assert!(has(&with_ghost(&print, strength)), "person {person}, {strength}");
        }
    }
}

#[test]
fn empty_glass_is_blank_with_or_without_a_ghost() {
    let away = Impression { shift_px: (4000.0, 0.0), ..Impression::clean(5) };
    let glass = finger(30).impression(&away);
    let reasons = |image: &GrayImage| {
        let found = assess(image, &spread(0));
        assert_eq!(found.score, Some(0));
        found.reasons
    };
    assert_eq!(reasons(&glass), [QualityReason::Blank]);
    assert_eq!(reasons(&with_ghost(&glass, 0.06)), [QualityReason::Blank, QualityReason::GhostPrint]);
}

#[test]
fn odd_images_get_an_answer() {
    let image =
        |w: u32, h: u32, ppi, level: u8| GrayImage::new(w, h, ppi, vec![level; (w * h) as usize]).unwrap();
    let check = |image: GrayImage, score: Option<u8>, reason: QualityReason| {
        let found = assess(&image, &spread(0));
        assert_eq!((found.score, found.reasons.as_slice()), (score, [reason].as_slice()), "{image:?}");
    };
    check(image(416, 560, None, 240), Some(0), QualityReason::Blank);
    check(image(416, 560, Some(500), 0), Some(0), QualityReason::Blank);
    check(image(416, 560, Some(500), 255), Some(0), QualityReason::Blank);
    check(image(30, 30, None, 100), Some(0), QualityReason::TooSmall);
    check(image(416, 560, Some(72), 100), None, QualityReason::WrongResolution);
    check(image(416, 560, Some(u16::MAX), 100), None, QualityReason::WrongResolution);
}

#[test]
fn real_prints_are_never_blank() {
    for number in 1..=3 {
        let Some(bytes) = sample(&format!("finger/sfinge/SFinGe_Test{number:02}.pgm")) else { return };
        let found = assess(&pgm(&bytes), &spread(60));
        assert!(!found.reasons.contains(&QualityReason::Blank), "{number}: {found:?}");
        assert!(!found.reasons.contains(&QualityReason::GhostPrint), "{number}: {found:?}");
        assert!(found.score.unwrap() >= 30, "{number}: {found:?}");
    }
}

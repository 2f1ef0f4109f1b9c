#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, Impression, Master};

fn template(minutiae: usize) -> Template {
    let one = crate::minutiae::Minutia {
        x: 1,
        y: 1,
        angle: 0,
        kind: crate::minutiae::MinutiaKind::Ending,
        quality: 50,
    };
    Template { width: 416, height: 560, ppi: 500, minutiae: vec![one; minutiae] }
}

fn finger(person_seed: u64) -> Master {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::RightMiddle })
}

/// Scores along one fault, on three fingers: they do not rise, and the worst is far below the best.
fn falls(name: &str, values: [f32; 4], touch: impl Fn(f32) -> Impression) {
    for person in 1..4 {
        let master = finger(person);
        let scores = values.map(|v| assess(&master.impression(&touch(v)), &template(50)).score.unwrap());
        // One point of slack: rounding near the top of the scale.
        assert!(scores.windows(2).all(|s| s[0] + 1 >= s[1]), "{name}, person {person}: {scores:?}");
        assert!(scores[0] >= scores[3] + 20, "{name}, person {person}: {scores:?}");
    }
}

#[test]
fn score_falls_with_every_fault() {
    falls("dryness", [0.0, 0.35, 0.7, 1.0], |dryness| Impression { dryness, ..Impression::clean(1) });
    falls("noise", [0.05, 0.4, 0.7, 1.0], |noise| Impression { noise, ..Impression::clean(1) });
    falls("area", [1.0, 0.6, 0.35, 0.15], |area| Impression { area, ..Impression::clean(1) });
    falls("pressure", [0.5, 0.7, 0.85, 1.0], |pressure| Impression { pressure, ..Impression::clean(1) });
}

#[test]
fn reasons_name_the_fault() {
    let master = finger(7);
    let clean = Impression::clean(2);
    let check = |touch: Impression, minutiae: usize, reason: Option<QualityReason>| {
        let found = assess(&master.impression(&touch), &template(minutiae));
        assert_eq!(found.reasons.first().copied(), reason, "{touch:?}: {found:?}");
    };
    check(clean, 50, None);
    check(clean, 6, Some(QualityReason::FewMinutiae));
    check(Impression { dryness: 0.9, ..clean }, 50, Some(QualityReason::TooDry));
    check(Impression { pressure: 1.0, ..clean }, 50, Some(QualityReason::TooWet));
    check(Impression { area: 0.2, ..clean }, 50, Some(QualityReason::TooLittleArea));
    check(Impression { shift_px: (125.0, 150.0), ..clean }, 50, Some(QualityReason::OffCentre));
}

#[test]
fn odd_images_get_an_answer() {
    let image =
        |w: u32, h: u32, ppi, level: u8| GrayImage::new(w, h, ppi, vec![level; (w * h) as usize]).unwrap();
    let check = |image: GrayImage, score: Option<u8>, reason: QualityReason| {
        let found = assess(&image, &template(0));
        assert_eq!((found.score, found.reasons.as_slice()), (score, [reason].as_slice()), "{image:?}");
    };
    check(image(416, 560, None, 240), Some(0), QualityReason::Blank);
    check(image(416, 560, Some(500), 0), Some(0), QualityReason::Blank);
    check(image(30, 30, None, 100), Some(0), QualityReason::TooSmall);
    check(image(416, 560, Some(72), 100), None, QualityReason::WrongResolution);
    check(image(416, 560, Some(u16::MAX), 100), None, QualityReason::WrongResolution);
}

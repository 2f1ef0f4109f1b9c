#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::position::Eye;
use crate::synth::iris::{EyeSpec, Shot, geometry, render};

fn near(found: Circle, truth: Circle, tolerance_px: f32) -> bool {
    (found.x - truth.x).hypot(found.y - truth.y) <= tolerance_px
        && (found.radius - truth.radius).abs() <= tolerance_px
}

#[test]
fn circles_are_found_where_they_are() {
    for seed in 0..6 {
        for (dilation, shift_px) in [(0.3, (0.0, 0.0)), (0.42, (55.0, -30.0)), (0.6, (-70.0, 35.0))] {
            let spec = EyeSpec { person_seed: seed, eye: if seed % 2 == 0 { Eye::Left } else { Eye::Right } };
            let shot = Shot { dilation, shift_px, ..Shot::clean(seed) };
            let (pupil, iris) = geometry(&spec, &shot);
            let report = assess(&render(&spec, &shot));
            let (p, i) = (report.pupil.expect("pupil"), report.iris.expect("iris"));
            assert!(near(p, pupil, 4.0), "seed {seed} dilation {dilation}: {p:?} for {pupil:?}");
            assert!(near(i, iris, 8.0), "seed {seed} dilation {dilation}: {i:?} for {iris:?}");
        }
    }
}

#[test]
fn faults_are_named_and_cost_points() {
    let spec = EyeSpec { person_seed: 3, eye: Eye::Left };
    let clean = Shot::clean(1);
    let good = assess(&render(&spec, &clean)).quality;
    assert!(good.score >= Some(60) && good.reasons.is_empty(), "{good:?}");
    let check = |shot: Shot, reason: QualityReason| {
        let found = assess(&render(&spec, &shot)).quality;
        assert!(found.reasons.contains(&reason), "{shot:?}: {found:?}");
        assert!(found.score < good.score, "{shot:?}: {found:?}");
    };
    let covered =
        assess(&render(&EyeSpec { person_seed: 1, eye: Eye::Left }, &Shot { lids: 0.5, ..clean })).quality;
    assert!(covered.reasons.contains(&QualityReason::LidsCover), "{covered:?}");
    check(Shot { lids: 1.0, ..clean }, QualityReason::NoIris);
    check(Shot { blur_px: 6.0, ..clean }, QualityReason::Blurred);
    check(Shot { shift_px: (190.0, 0.0), ..clean }, QualityReason::OffCentre);
}

#[test]
fn blur_lowers_the_score_step_by_step() {
    let spec = EyeSpec { person_seed: 8, eye: Eye::Right };
    let score = |blur_px| assess(&render(&spec, &Shot { blur_px, ..Shot::clean(2) })).quality.score.unwrap();
    let scores = [0.7, 2.0, 4.0, 7.0].map(score);
    assert!(scores.windows(2).all(|s| s[0] + 1 >= s[1]) && scores[0] > scores[3] + 15, "{scores:?}");
}

#[test]
fn pictures_without_an_eye_have_no_iris() {
    let even = |level| GrayImage::new(640, 480, None, vec![level; 640 * 480]).unwrap();
    let dots = (0..320 * 240u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let check = |image: &GrayImage, reason: QualityReason| {
        let report = assess(image);
        assert!(report.pupil.is_none() && report.quality.reasons.contains(&reason), "{report:?}");
    };
    check(&even(0), QualityReason::TooDark);
    check(&even(255), QualityReason::TooBright);
    check(&even(128), QualityReason::NoIris);
    check(&GrayImage::new(320, 240, None, dots).unwrap(), QualityReason::NoIris);
    check(&GrayImage::new(1, 1, None, vec![3]).unwrap(), QualityReason::NoIris);
    check(
        &crate::synth::finger::render(
            &crate::synth::finger::FingerSpec {
                person_seed: 1,
                position: crate::position::FingerPosition::LeftIndex,
            },
            &crate::synth::finger::Impression::clean(1),
        ),
        QualityReason::NoIris,
    );
}

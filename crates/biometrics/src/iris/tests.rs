#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::position::Eye;
use crate::synth::iris::{EyeSpec, Shot, geometry, lid_rows_px, render, render_with_truth};
use crate::synth::rng::Rng;

fn near(found: Circle, truth: Circle, tolerance_px: f32) -> bool {
    (found.x - truth.x).hypot(found.y - truth.y) <= tolerance_px
        && (found.radius - truth.radius).abs() <= tolerance_px
}

fn eye(person: u64) -> EyeSpec {
    EyeSpec { person_seed: person, eye: if person.is_multiple_of(2) { Eye::Left } else { Eye::Right } }
}

#[test]
fn circles_are_found_where_they_are() {
    let check = |seed: u64, shot: Shot| {
        let (pupil, iris) = geometry(&eye(seed), &shot);
        let report = assess(&render(&eye(seed), &shot));
        let (p, i) = (report.pupil.expect("pupil"), report.iris.expect("iris"));
        assert!(near(p, pupil, 1.5), "{seed} {shot:?}: {p:?} for {pupil:?}");
        assert!(near(i, iris, 3.0), "{seed} {shot:?}: {i:?} for {iris:?}");
    };
    for seed in 0..4 {
        check(seed, Shot { dilation: 0.3, ..Shot::clean(seed) });
        check(seed, Shot { dilation: 0.42, shift_px: (55.0, -30.0), ..Shot::clean(seed) });
        check(seed, Shot { dilation: 0.6, shift_px: (-70.0, 35.0), ..Shot::clean(seed) });
        check(seed, Shot { rotation_deg: 12.0, gaze_deg: (6.0, 0.0), ..Shot::clean(seed) });
        check(seed, Shot { lids: 0.45, ..Shot::clean(seed) });
        check(seed, Shot { scale: 0.7, noise: 0.8, lashes: 3.0, ..Shot::clean(seed) });
    }
}

#[test]
fn lids_are_found_where_they_are() {
    for seed in 0..4 {
        for lids in [0.25, 0.35, 0.45, 0.55] {
            let shot = Shot { lids, ..Shot::clean(seed) };
            let (image, truth) = render_with_truth(&eye(seed), &shot);
            let report = assess(&image);
            let (iris, cover) = (report.iris.expect("iris"), report.cover.expect("cover"));
            let off = (1.0 - cover.open - truth.covered()).abs();
            assert!(off < 0.08, "{seed} {lids}: {cover:?} for {truth:?}");
            let row = report.lids.upper.expect("upper lid").row_px(&iris, truth.iris.x);
            let (upper, lower) = lid_rows_px(&eye(seed), &shot, truth.iris.x);
            assert!((row - upper).abs() < 12.0 && upper < lower, "{seed} {lids}: {row} for {upper}");
        }
    }
}

#[test]
fn faults_are_named_and_cost_points() {
    use QualityReason as R;
    let clean = Shot::clean(1);
    let check = |shot: Shot, reasons: &[R]| {
        for seed in [3, 4] {
            let good = assess(&render(&eye(seed), &clean)).quality;
            assert!(good.score >= Some(80) && good.reasons.is_empty() && !good.validated, "{good:?}");
            let found = assess(&render(&eye(seed), &shot)).quality;
            assert!(reasons.iter().any(|r| found.reasons.contains(r)), "{shot:?}: {found:?}");
            assert!(found.score < good.score, "{shot:?}: {found:?}");
        }
    };
    check(Shot { lids: 0.42, ..clean }, &[R::LidsCover]);
    check(Shot { lids: 0.5, ..clean }, &[R::LidsCover]);
    check(Shot { lids: 0.5, lid_grey: 190.0, ..clean }, &[R::LidsCover]);
    check(Shot { lids: 0.5, lashes: 2.5, blur_px: 2.0, ..clean }, &[R::LidsCover]);
    check(Shot { lids: 0.7, ..clean }, &[R::LidsCover, R::NoIris]);
    check(Shot { lids: 1.0, ..clean }, &[R::NoIris]);
    check(Shot { blur_px: 6.0, ..clean }, &[R::Blurred]);
    check(Shot { motion_px: 16.0, ..clean }, &[R::Blurred]);
    check(Shot { shift_px: (190.0, 0.0), ..clean }, &[R::OffCentre]);
    check(Shot { scale: 0.6, ..clean }, &[R::TooSmall]);
}

#[test]
fn blur_lowers_the_score_step_by_step() {
    let score = |blur_px| {
        let image = render(&eye(8), &Shot { blur_px, ..Shot::clean(2) });
        assess(&image).quality.score.unwrap()
    };
    let scores = [0.7, 2.0, 4.0, 7.0].map(score);
    assert!(scores.windows(2).all(|s| s[0] + 1 >= s[1]) && scores[0] > scores[3] + 15, "{scores:?}");
}

#[test]
fn every_measure_is_reported_with_its_threshold() {
    let report = assess(&render(&eye(5), &Shot::clean(5)));
    let kinds: Vec<MeasureKind> = report.measures.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, MeasureKind::ALL);
    let value = |kind| report.measure(kind).unwrap().value;
    let (pupil, iris) = geometry(&eye(5), &Shot::clean(5));
    let ratio = 100.0 * pupil.radius / iris.radius;
    assert!((value(MeasureKind::PupilIrisRatio) - ratio).abs() < 2.0);
    assert!((value(MeasureKind::IrisRadius) - iris.radius).abs() < 2.0);
    assert!(value(MeasureKind::UsableIrisArea) > 90.0);
    for kind in MeasureKind::ALL {
        let (low, high, _) = kind.limits();
        // What maps to 100 passes, what maps to 0 does not.
        let (none, full) = kind.scale();
        assert!(low.is_some() || high.is_some(), "{kind:?}");
        assert!(kind.with(full).passes() && !kind.with(none).passes(), "{kind:?}");
        assert_eq!((kind.with(full).score, kind.with(none).score), (100, 0), "{kind:?}");
    }
    assert_eq!(MeasureKind::PupilIrisRatio.with(75.0).score, 50);
}

#[test]
fn pictures_without_an_eye_have_no_iris() {
    let even = |level| GrayImage::new(640, 480, None, vec![level; 640 * 480]).unwrap();
    let dots = (0..320 * 240u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let check = |image: &GrayImage, reason: QualityReason| {
        let report = assess(image);
        assert!(report.pupil.is_none() && report.quality.reasons.contains(&reason), "{report:?}");
        assert!(mask(image, &report).is_none() && encode(image, &report).is_none());
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

fn code(person: u64, shot: Shot) -> IrisCode {
    let image = render(&eye(person), &shot);
    encode(&image, &assess(&image)).expect("code")
}

#[test]
fn the_same_eye_is_told_from_others() {
    let people = 5;
    let codes: Vec<(u64, IrisCode)> =
        (0..2 * people).map(|i| (i / 2, code(i / 2, Shot::varied(50 + i)))).collect();
    for (i, (p, a)) in codes.iter().enumerate() {
        for (q, b) in &codes[..i] {
            let d = distance(a, b).expect("comparable");
            assert_eq!(d < SAME_EYE_BELOW, p == q, "{p} {q}: {d}");
            assert_eq!(distance(b, a), Some(d));
        }
    }
    // The slip that this is for: one eye presented as left and as right, with the head tilted otherwise.
    let tilted = |deg: f32| code(3, Shot { rotation_deg: deg, ..Shot::clean(9) });
    assert!(distance(&tilted(-9.0), &tilted(9.0)).unwrap() < SAME_EYE_BELOW);
    assert_eq!(distance(&codes[0].1, &codes[0].1), Some(0.0));
}

#[test]
fn a_code_is_stored_and_shows_nothing() {
    let code = code(2, Shot::clean(2));
    let shown = format!("{code:?}");
    assert_eq!(shown, format!("IrisCode({} of 2048 bits)", code.usable_bits()));
    let stored = code::Stored::from(code.clone());
    assert_eq!(stored.0.len(), 512);
    assert_eq!(IrisCode::try_from(code::Stored(stored.0.clone())).unwrap(), code);
    for length in [0, 511, 513, 4096] {
        let error = IrisCode::try_from(code::Stored(vec![0; length])).unwrap_err();
        assert!(error.to_string().starts_with("BIO-90 "), "{error}");
    }
    // A code without bits cannot be compared.
    let empty = IrisCode::try_from(code::Stored(vec![0; 512])).unwrap();
    assert_eq!(distance(&code, &empty), None);
}

/// Pictures that may be anything: noise, stripes, a dark disc, at any size.
fn hostile() -> impl Strategy<Value = GrayImage> {
    (1u32..260, 1u32..260, any::<u64>(), 0u8..4, 0u8..=255).prop_map(|(width, height, seed, kind, level)| {
        let mut rng = Rng::new(seed, 1);
        let (cx, cy) = (rng.range(0.0, width as f32), rng.range(0.0, height as f32));
        let radius = rng.range(2.0, 90.0);
        let pixel = |i: u32| {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let from = (x - cx).hypot(y - cy) / radius;
            match kind {
                0 => rng.next_u64() as u8,
                1 => level.wrapping_add((x * 7.0) as u8),
                2 => {
                    (if from < 0.4 {
                        10.0
                    } else if from < 1.0 {
                        110.0
                    } else {
                        200.0
                    } + rng.normal()) as u8
                }
                _ => {
                    if from < 1.0 {
                        0
                    } else {
                        level
                    }
                }
            }
        };
        let pixels = (0..width * height).map(pixel).collect();
        GrayImage::new(width, height, None, pixels).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_panics_on_any_picture(image in hostile()) {
        let report = assess(&image);
        prop_assert!(report.quality.score <= Some(100));
        prop_assert_eq!(report.pupil.is_some(), report.cover.is_some());
        if let Some(cover) = report.cover {
            let sum = cover.open + cover.lids + cover.lashes + cover.reflections;
            prop_assert!((sum - 1.0).abs() < 1e-3, "{:?}", cover);
            prop_assert!(report.measures.iter().all(|m| m.value.is_finite()), "{:?}", report.measures);
        }
        let _ = encode(&image, &report);
    }

    #[test]
    fn nothing_panics_on_a_report_from_elsewhere(
        image in hostile(),
        circle in prop::array::uniform6(prop_oneof![-1e9f32..1e9, -300f32..300.0, Just(f32::NAN)]),
    ) {
        let [x, y, radius, px, py, pr] = circle;
        let report = IrisReport {
            pupil: Some(Circle { x: px, y: py, radius: pr }),
            iris: Some(Circle { x, y, radius }),
            ..assess(&image)
        };
        let _ = (mask(&image, &report), encode(&image, &report));
    }
}

/// The picture of a sample record; says so where it is missing.
fn sample(path: &str) -> Option<GrayImage> {
    let root = std::env::var_os("REKAM_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let Ok(bytes) = std::fs::read(root.join(path)) else {
        println!("skipped: no sample {path} (set REKAM_SAMPLES)");
        return None;
    };
    let record = crate::iso::iir::IrisRecord::read(&bytes).expect("record");
    Some(record.representations.first()?.decode_image().expect("image"))
}

/// A picture turned by `deg` about its middle, made smaller by `scale`, with noise.
fn again(image: &GrayImage, deg: f32, scale: f32, noise: f32) -> GrayImage {
    let (width, height) = (image.width(), image.height());
    let plane = Plane::new(image, 1);
    let (sin, cos) = deg.to_radians().sin_cos();
    let mut rng = Rng::new(7, 1);
    let pixel = |i: u32| {
        let (dx, dy) = ((i % width) as f32 - width as f32 / 2.0, (i / width) as f32 - height as f32 / 2.0);
        let (x, y) = ((cos * dx + sin * dy) / scale, (cos * dy - sin * dx) / scale);
        let level = plane.between(x + width as f32 / 2.0, y + height as f32 / 2.0);
        (level + noise * rng.normal()).clamp(0.0, 255.0) as u8
    };
    GrayImage::new(width, height, None, (0..width * height).map(pixel).collect()).unwrap()
}

#[test]
fn real_eyes_are_located_and_told_apart() {
    // Circles as found and checked by eye on a drawing of them over the picture.
    let known = [
        ("iris/mosip/Left_Iris.iso", (199.5, 151.1, 44.8), (207.0, 151.2, 134.1)),
        ("iris/mosip/Right_Iris.iso", (216.4, 156.6, 42.7), (209.7, 159.7, 134.4)),
    ];
    let circle = |(x, y, radius): (f32, f32, f32)| Circle { x, y, radius };
    let mut codes = Vec::new();
    for (path, pupil, iris) in known {
        let Some(image) = sample(path) else { return };
        let report = assess(&image);
        let (p, i) = (report.pupil.unwrap(), report.iris.unwrap());
        assert!(near(p, circle(pupil), 2.0), "{path}: {p:?}");
        assert!(near(i, circle(iris), 4.0), "{path}: {i:?}");
        assert!(report.cover.unwrap().open > 0.85, "{path}: {:?}", report.cover);
        assert!(report.quality.score >= Some(70), "{path}: {:?}", report.quality);
        let own = encode(&image, &report).unwrap();
        for (deg, scale, noise) in [(5.0, 1.0, 4.0), (-9.0, 0.95, 8.0), (14.0, 0.9, 10.0)] {
            let turned = again(&image, deg, scale, noise);
            let other = encode(&turned, &assess(&turned)).unwrap();
            let d = distance(&own, &other).unwrap();
            assert!(d < 0.1, "{path} turned by {deg}: {d}");
        }
        codes.push(own);
    }
    let d = distance(&codes[0], &codes[1]).unwrap();
    assert!(d > SAME_EYE_BELOW + 0.03, "different eyes: {d}");
}

#[test]
fn a_thumbnail_of_an_eye_is_no_iris() {
    // 76x47 pixels, in a record whose faults the reader may refuse.
    let Some(bytes) = std::env::var_os("REKAM_SAMPLES")
        .map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
            PathBuf::from,
        )
        .join("codecs/iris01.iso2011")
        .to_str()
        .and_then(|path| std::fs::read(path).ok())
    else {
        println!("skipped: no sample codecs/iris01.iso2011 (set REKAM_SAMPLES)");
        return;
    };
    let Ok(record) = crate::iso::iir::IrisRecord::read(&bytes) else {
        println!("the record of iris01.iso2011 is refused");
        return;
    };
    for image in record.representations.iter().filter_map(|r| r.decode_image().ok()) {
        assert_eq!(assess(&image).iris, None);
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::path::PathBuf;

use super::*;
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, Impression, Master};

fn master(person_seed: u64, code: u8) -> Master {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::from_code(code).unwrap() })
}

/// The real prints, where they are at hand.
fn sample(path: &str) -> Option<GrayImage> {
    let folder = std::env::var_os("REKAM_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let Ok(gray) = image::open(folder.join("finger").join(path)) else {
        eprintln!("skipped: no sample {path} (set REKAM_SAMPLES)");
        return None;
    };
    let gray = gray.to_luma8();
    let (width, height) = gray.dimensions();
    Some(GrayImage::new(width, height, Some(500), gray.into_raw()).unwrap())
}

/// What the crate itself says, without our template between.
fn direct(image: &GrayImage) -> Minutiae {
    let mut pgm = format!("P5\n{} {}\n255\n", image.width(), image.height()).into_bytes();
    pgm.extend_from_slice(image.pixels());
    let _guard = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    extract_minutiae(&pgm, Some(500.0)).unwrap()
}

#[test]
fn nothing_is_lost_in_our_template() {
    let (a, b, c) = (master(1, 2), master(1, 3), master(2, 7));
    let mut images: Vec<GrayImage> = [&a, &b, &c]
        .iter()
        .flat_map(|m| [1, 2].map(|seed| m.impression(&Impression::ordinary(seed))))
        .collect();
    images.extend(["p1_1.png", "p1_2.png"].iter().filter_map(|n| sample(&format!("impressions/{n}"))));
    let matcher = NbisMatcher::new();
    let sets: Vec<(Template, Minutiae)> =
        images.iter().map(|i| (matcher.extract(i).unwrap(), direct(i))).collect();
    for (ours_a, theirs_a) in &sets {
        for (ours_b, theirs_b) in &sets {
            let expected = {
                let _guard = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
                theirs_a.compare(theirs_b)
            };
            // In the crate's own order (the template's) the scores are those of the crate.
            let found = score(&record(&ours_a.minutiae), &record(&ours_b.minutiae)).unwrap();
            assert!(found.abs_diff(expected as u32) <= 2, "{found} for {expected}");
        }
    }
}

#[test]
fn angles_and_places_are_those_of_the_library() {
    let image = master(3, 4).impression(&Impression::clean(1));
    let template = NbisMatcher::new().extract(&image).unwrap();
    assert_eq!((template.width, template.height, template.ppi), (416, 560, 500));
    let mut theirs: Vec<_> = direct(&image).get();
    theirs.sort_by(|a, b| b.reliability().total_cmp(&a.reliability()));
    assert!(template.minutiae.len() > 20 && template.minutiae.len() == theirs.len());
    for (ours, m) in template.minutiae.iter().zip(theirs) {
        assert_eq!((i32::from(ours.x), i32::from(ours.y)), (m.x(), m.y()));
        assert!((f64::from(ours.angle) * 360.0 / 256.0 - m.angle()).abs() < 1e-9);
    }
}

#[test]
fn same_fingers_match_and_others_do_not() {
    let matcher = NbisMatcher::new();
    let prints: Vec<[Template; 2]> = [(11, 1), (11, 2), (11, 8), (12, 2), (12, 5), (13, 9)]
        .map(|(person, code)| {
            let m = master(person, code);
            [5, 6].map(|seed| matcher.extract(&m.impression(&Impression::ordinary(seed))).unwrap())
        })
        .into();
    for (i, a) in prints.iter().enumerate() {
        for (j, b) in prints.iter().enumerate() {
            let score = matcher.compare(&a[0], &b[1]).unwrap();
            assert_eq!(score >= matcher.threshold(), i == j, "prints {i} and {j} score {score}");
        }
    }
}

#[test]
fn real_prints_are_decided_rightly() {
    let matcher = NbisMatcher::new();
    // The letter says which finger.
    let names = [
        ("a", "impressions/p1_1.png"),
        ("a", "impressions/p1_2.png"),
        ("a", "impressions/p1_3.png"),
        ("b", "impressions/p2_1.png"),
        ("b", "impressions/p2_2.png"),
        ("c", "sourceafis/probe.png"),
        ("c", "sourceafis/matching.png"),
        ("d", "sourceafis/nonmatching.png"),
    ];
    let prints: Vec<(&str, &str, Template)> = names
        .iter()
        .filter_map(|(finger, path)| Some((*finger, *path, matcher.extract(&sample(path)?).unwrap())))
        .collect();
    for (i, a) in prints.iter().enumerate() {
        for b in &prints[i + 1..] {
            let score = matcher.compare(&a.2, &b.2).unwrap();
            eprintln!("{} {} {score}", a.1, b.1);
            assert_eq!(score >= matcher.threshold(), a.0 == b.0, "{} and {} score {score}", a.1, b.1);
        }
    }
}

#[test]
fn resolution_is_brought_to_500() {
    let matcher = NbisMatcher::new();
    let image = master(4, 7).impression(&Impression::clean(1));
    let at_500 = matcher.extract(&image).unwrap();
    let view = image::GrayImage::from_raw(416, 560, image.pixels().to_vec()).unwrap();
    for (ppi, width, height) in [(1000u16, 832, 1120), (400, 333, 448)] {
        let scaled = image::imageops::resize(&view, width, height, image::imageops::FilterType::CatmullRom);
        let scaled = GrayImage::new(width, height, Some(ppi), scaled.into_raw()).unwrap();
        let found = matcher.extract(&scaled).unwrap();
        assert_eq!(found.ppi, 500);
        let score = matcher.compare(&at_500, &found).unwrap();
        assert!(score >= 100, "{ppi} ppi: {score}");
    }
    // A template in other coordinates is brought to 500 too.
    let mut doubled = at_500.clone();
    doubled.ppi = 1000;
    doubled.minutiae.iter_mut().for_each(|m| (m.x, m.y) = (m.x * 2, m.y * 2));
    assert_eq!(matcher.compare(&at_500, &doubled), matcher.compare(&at_500, &at_500));
}

#[test]
fn odd_images_and_templates_get_an_answer() {
    let matcher = NbisMatcher::new();
    let even =
        |w: u32, h: u32, ppi, level: u8| GrayImage::new(w, h, ppi, vec![level; (w * h) as usize]).unwrap();
    let check = |image: GrayImage, expected: Result<usize, FingerError>| {
        assert_eq!(matcher.extract(&image).map(|t| t.minutiae.len()), expected, "{image:?}");
    };
    check(even(416, 560, None, 255), Ok(0));
    check(even(416, 560, Some(500), 0), Ok(0));
    check(even(64, 64, None, 9), Ok(0));
    check(even(63, 64, None, 9), Err(FingerError::TooSmall { width: 63, height: 64 }));
    check(even(100, 100, Some(1000), 9), Err(FingerError::TooSmall { width: 50, height: 50 }));
    check(even(100, 100, Some(96), 9), Err(FingerError::Resolution { ppi: 96 }));
    for (w, h) in [(64, 64), (71, 300), (640, 65)] {
        let dots = (0..w * h).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let _ = matcher.extract(&GrayImage::new(w, h, None, dots).unwrap());
    }
    let one = Minutia { x: 1, y: 1, angle: 0, kind: MinutiaKind::Other, quality: 0 };
    let template =
        |n: usize, m: &Minutia, ppi| Template { width: 9, height: 9, ppi, minutiae: vec![m.clone(); n] };
    assert_eq!(matcher.compare(&template(0, &one, 500), &template(0, &one, 500)), Ok(0));
    assert_eq!(matcher.compare(&template(9, &one, 500), &template(50, &one, 500)), Ok(0));
    assert!(matcher.compare(&template(300, &one, 500), &template(300, &one, 500)).is_ok());
    let far = Minutia { x: u16::MAX, ..one.clone() };
    let (what, zero) = ("coordinate", "resolution");
    assert_eq!(
        matcher.compare(&template(20, &far, 500), &template(20, &one, 500)),
        Err(FingerError::Template { what })
    );
    assert_eq!(
        matcher.compare(&template(20, &one, 0), &template(20, &one, 500)),
        Err(FingerError::Template { what: zero })
    );
}

#[test]
fn many_threads_get_the_same_scores() {
    let images: Vec<GrayImage> = (1..4).map(|p| master(p, 2).impression(&Impression::ordinary(p))).collect();
    let run = |images: &[GrayImage]| {
        let matcher = NbisMatcher::new();
        let t: Vec<Template> = images.iter().map(|i| matcher.extract(i).unwrap()).collect();
        (0..9).map(|i| matcher.compare(&t[i / 3], &t[i % 3]).unwrap()).collect::<Vec<_>>()
    };
    let alone = run(&images);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| run(&images))).collect();
        for r in runs {
            assert_eq!(r.join().unwrap(), alone);
        }
    });
}

#[test]
fn a_panic_becomes_an_error_and_the_library_stays_usable() {
    let broken: Result<(), FingerError> = alone(|| panic!("test"));
    assert_eq!(broken, Err(FingerError::Panicked));
    assert_eq!(alone(|| Ok(3)), Ok(3));
}

/// Ten real fingers of one person: no two of them are one finger.
#[test]
fn ten_real_fingers_are_ten_fingers() {
    let folder = std::env::var_os("REKAM_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let mut templates = Vec::new();
    for hand in ["Left", "Right"] {
        for digit in ["Thumb", "Index", "Middle", "Ring", "Little"] {
            let Ok(bytes) = std::fs::read(folder.join(format!("finger/mosip/{hand}_{digit}.iso"))) else {
                eprintln!("skipped: no sample {hand}_{digit} (set REKAM_SAMPLES)");
                return;
            };
            let record = crate::iso::fir::FingerRecord::read(&bytes).unwrap();
            let image = record.representations[0].decode_image().unwrap();
            templates.push((format!("{hand} {digit}"), NbisMatcher::new().extract(&image).unwrap()));
        }
    }
    let matcher = NbisMatcher::new();
    let mut highest = 0;
    for (i, (a, probe)) in templates.iter().enumerate() {
        assert!(matcher.compare(probe, probe).unwrap() >= matcher.threshold(), "{a} against itself");
        for (b, gallery) in &templates[i + 1..] {
            let score = matcher.compare(probe, gallery).unwrap();
            assert!(score < matcher.threshold(), "{a} against {b}: {score}");
            highest = highest.max(score);
        }
    }
    eprintln!("highest of 45 impostor scores: {highest}");
}

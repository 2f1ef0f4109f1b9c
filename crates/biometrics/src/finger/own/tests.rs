#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::path::PathBuf;

use super::*;
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, Impression, Master};

fn master(person_seed: u64, code: u8) -> Master {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::from_code(code).unwrap() })
}

fn folder() -> PathBuf {
    std::env::var_os("REKAM_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    )
}

/// The real prints, where they are at hand.
fn sample(path: &str) -> Option<GrayImage> {
    let Ok(gray) = image::open(folder().join("finger").join(path)) else {
        eprintln!("skipped: no sample {path} (set REKAM_SAMPLES)");
        return None;
    };
    let gray = gray.to_luma8();
    let (width, height) = gray.dimensions();
    Some(GrayImage::new(width, height, Some(500), gray.into_raw()).unwrap())
}

fn check(prints: &[(&str, String, Template)]) {
    let matcher = MinutiaeMatcher::new();
    for (i, a) in prints.iter().enumerate() {
        for (j, b) in prints.iter().enumerate().filter(|(j, _)| *j != i) {
            let score = matcher.compare(&a.2, &b.2).unwrap();
            let same = a.0 == b.0;
            assert_eq!(score >= matcher.threshold(), same, "{} {i} and {} {j} score {score}", a.1, b.1);
        }
    }
}

#[test]
fn same_fingers_match_and_others_do_not() {
    let matcher = MinutiaeMatcher::new();
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut prints = Vec::new();
    for (name, (person, code)) in names.iter().zip([(11, 1), (11, 2), (11, 8), (12, 2), (12, 5), (13, 9)]) {
        let finger = master(person, code);
        let ordinary = Impression::ordinary(5);
        for touch in [
            ordinary,
            Impression::ordinary(6),
            Impression { rotation_deg: 100.0, ..ordinary },
            Impression { dryness: 0.5, area: 0.6, warp: 0.8, ..ordinary },
        ] {
            let template = matcher.extract(&finger.impression(&touch)).unwrap();
            prints.push((*name, format!("{touch:?}"), template));
        }
    }
    check(&prints);
}

#[test]
fn real_prints_are_decided_rightly() {
    let matcher = MinutiaeMatcher::new();
    // The first word says which finger.
    let mut prints: Vec<(&str, String, Template)> = [
        ("a", "impressions/p1_1.png"),
        ("a", "impressions/p1_2.png"),
        ("a", "impressions/p1_3.png"),
        ("b", "impressions/p2_1.png"),
        ("b", "impressions/p2_2.png"),
        ("c", "sourceafis/probe.png"),
        ("c", "sourceafis/matching.png"),
        ("d", "sourceafis/nonmatching.png"),
    ]
    .into_iter()
    .filter_map(|(finger, path)| Some((finger, path.to_owned(), matcher.extract(&sample(path)?).unwrap())))
    .collect();
    for name in [
        "Left_Thumb",
        "Left_Index",
        "Left_Middle",
        "Left_Ring",
        "Left_Little",
        "Right_Thumb",
        "Right_Index",
        "Right_Middle",
        "Right_Ring",
        "Right_Little",
    ] {
        let Ok(bytes) = std::fs::read(folder().join(format!("finger/mosip/{name}.iso"))) else {
            eprintln!("skipped: no sample {name} (set REKAM_SAMPLES)");
            continue;
        };
        let record = crate::iso::fir::FingerRecord::read(&bytes).unwrap();
        let image = record.representations[0].decode_image().unwrap();
        prints.push((name, name.to_owned(), matcher.extract(&image).unwrap()));
    }
    check(&prints);
}

#[test]
fn resolution_is_brought_to_500() {
    let matcher = MinutiaeMatcher::new();
    let image = master(4, 7).impression(&Impression::clean(1));
    let at_500 = matcher.extract(&image).unwrap();
    assert_eq!((at_500.width, at_500.height, at_500.ppi), (416, 560, 500));
    let view = image::GrayImage::from_raw(416, 560, image.pixels().to_vec()).unwrap();
    for (ppi, width, height) in [(1000u16, 832, 1120), (400, 333, 448)] {
        let scaled = image::imageops::resize(&view, width, height, image::imageops::FilterType::CatmullRom);
        let scaled = GrayImage::new(width, height, Some(ppi), scaled.into_raw()).unwrap();
        let found = matcher.extract(&scaled).unwrap();
        assert_eq!(found.ppi, 500);
        let score = matcher.compare(&at_500, &found).unwrap();
        assert!(score >= 2 * matcher.threshold(), "{ppi} ppi: {score}");
    }
    let small = GrayImage::new(63, 64, None, vec![9; 63 * 64]).unwrap();
    assert_eq!(matcher.extract(&small).unwrap_err(), FingerError::TooSmall { width: 63, height: 64 });
}

#[test]
fn many_threads_get_the_same_answers() {
    let matcher = MinutiaeMatcher::new();
    let images: Vec<GrayImage> = (1..4).map(|p| master(p, 2).impression(&Impression::ordinary(p))).collect();
    let run = || {
        let t: Vec<Template> = images.iter().map(|i| matcher.extract(i).unwrap()).collect();
        (0..9).map(|i| matcher.compare(&t[i / 3], &t[i % 3]).unwrap()).collect::<Vec<_>>()
    };
    let alone = run();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        for r in runs {
            assert_eq!(r.join().unwrap(), alone);
        }
    });
}

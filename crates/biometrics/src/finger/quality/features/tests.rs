#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::finger::quality::tests::{pgm, sample};
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, Impression, Master};

/// True for the four features that come from another extractor's minutiae.
fn of_minutiae(name: &str) -> bool {
    name.starts_with("FingerJetFX") || name.starts_with("FJFXPos")
}

fn nobody(image: &GrayImage) -> Template {
    Template { width: image.width() as u16, height: image.height() as u16, ppi: 500, minutiae: Vec::new() }
}

#[test]
fn nists_example_prints_have_their_published_features() {
    for number in 1..=3 {
        let stem = format!("finger/sfinge/SFinGe_Test{number:02}");
        let Some(image) = sample(&format!("{stem}.pgm")) else { return };
        let image = pgm(&image);
        let found = features(&image, &nobody(&image)).unwrap();
        let published = sample(&format!("{stem}_output.txt")).unwrap();
        let mut compared = 0;
        for line in std::str::from_utf8(&published).unwrap().lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let value: f64 = value.trim().parse().unwrap();
            let Some(ours) = found.get(name).filter(|_| !of_minutiae(name)) else { continue };
            // Six digits are printed.
            assert!((ours - value).abs() <= 5.1e-6 * value.abs(), "{number} {name}: {ours}, not {value}");
            compared += 1;
        }
        assert_eq!(compared, COUNT - 4);
    }
}

#[test]
fn synthetic_prints_have_the_features_that_nfiq2_measured() {
    let mut lines = include_str!("../forest/rows.csv").lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').skip(2).collect();
    assert_eq!(header, NAMES);
    let line = lines.next().unwrap();
    let values: Vec<f64> = line.split(',').skip(2).map(|v| v.parse().unwrap()).collect();
    let spec = FingerSpec { person_seed: 1000, position: FingerPosition::RightThumb };
    let image = Master::new(&spec).impression(&Impression::ordinary(1000));
    let found = features(&image, &nobody(&image)).unwrap();
    for ((name, ours), nfiq2) in found.iter().zip(values).filter(|((name, _), _)| !of_minutiae(name)) {
        // Equal where the print was made; on another platform a pixel may differ by one grey level.
        let slack = if nfiq2.fract() == 0.0 { 6.0 } else { 0.01 * nfiq2.abs().max(1.0) };
        assert!((ours - nfiq2).abs() <= slack, "{name}: {ours}, not {nfiq2}");
    }
}

#[test]
fn a_white_frame_changes_nothing() {
    let spec = FingerSpec { person_seed: 3, position: FingerPosition::LeftIndex };
    let image = Master::new(&spec).impression(&Impression::clean(3));
    let (width, height) = (image.width(), image.height());
    let mut framed = vec![255u8; ((width + 40) * (height + 60)) as usize];
    for y in 0..height as usize {
        let to = (y + 25) * (width as usize + 40) + 17;
        let line = &image.pixels()[y * width as usize..(y + 1) * width as usize];
        framed[to..to + width as usize].copy_from_slice(line);
    }
    let framed = GrayImage::new(width + 40, height + 60, Some(500), framed).unwrap();
    let mut template = nobody(&image);
    template.minutiae = crate::finger::quality::tests::spread(40).minutiae;
    let mut moved = template.clone();
    moved.minutiae.iter_mut().for_each(|m| (m.x, m.y) = (m.x + 17, m.y + 25));
    assert_eq!(features(&image, &template).unwrap(), features(&framed, &moved).unwrap());
}

#[test]
fn too_little_print_is_an_error() {
    let flat = |w: u32, h: u32| GrayImage::new(w, h, Some(500), vec![200; (w * h) as usize]).unwrap();
    for image in [flat(64, 64), flat(100, 400), flat(416, 560)] {
        assert_eq!(features(&image, &nobody(&image)), Err(FingerError::TooLittlePrint));
    }
    let small = flat(63, 64);
    assert!(matches!(features(&small, &nobody(&small)), Err(FingerError::TooSmall { .. })));
}

#[test]
fn odd_sizes_and_far_minutiae_are_measured() {
    // Stripes: every size of the last tiles, minutiae at and beyond the rim.
    for (w, h) in [(150u32, 131u32), (129, 257), (321, 65), (64, 400)] {
        let stripes = (0..w * h).map(|i| if (i % w + i / w) / 4 % 2 == 0 { 40 } else { 220 }).collect();
        let image = GrayImage::new(w, h, Some(500), stripes).unwrap();
        let mut template = nobody(&image);
        for (x, y) in [(0, 0), (w as u16 - 1, h as u16 - 1), (u16::MAX, 0), (5, u16::MAX)] {
            let kind = crate::minutiae::MinutiaKind::Ending;
            template.minutiae.push(crate::minutiae::Minutia { x, y, angle: 0, kind, quality: 0 });
        }
        match features(&image, &template) {
            Ok(found) => assert!(found.values.iter().all(|v| v.is_finite()), "{w}x{h}"),
            Err(error) => assert_eq!(error, FingerError::TooLittlePrint, "{w}x{h}"),
        }
    }
}

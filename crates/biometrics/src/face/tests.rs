#![allow(clippy::unwrap_used, clippy::expect_used)]
use image::imageops::{blur, crop_imm, overlay, resize};

use super::*;

type Picture = image::RgbImage;

/// The public-domain portrait of fixtures/face.
fn astronaut() -> Picture {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/face/astronaut-512.jpg");
    image::open(path).unwrap().to_rgb8()
}

fn ours(picture: &Picture) -> RgbImage {
    RgbImage::new(picture.width(), picture.height(), picture.as_raw().clone()).unwrap()
}

fn levels(picture: &Picture, change: impl Fn(f32) -> f32) -> Picture {
    let mut out = picture.clone();
    out.iter_mut().for_each(|p| *p = change(f32::from(*p)).clamp(0.0, 255.0) as u8);
    out
}

#[test]
fn the_face_is_found_and_the_even_background_missed() {
    let report = FaceAnalyser::new().unwrap().assess(&ours(&astronaut()));
    let [face] = report.faces.as_slice() else { panic!("{report:?}") };
    // The face in that photograph: middle near (222, 115), brows to chin about 110 pixels.
    let (x, y) = (face.x + face.width as i32 / 2, face.y + face.height as i32 / 2);
    assert!((x - 222).abs() < 15 && (y - 115).abs() < 20 && (80..150).contains(&face.width), "{face:?}");
    assert_eq!(report.quality.reasons, [QualityReason::BackgroundUneven], "{report:?}");
    assert!(report.quality.score >= Some(50), "{report:?}");
}

#[test]
fn faults_are_named_and_cost_points() {
    let analyser = FaceAnalyser::new().unwrap();
    let plain = astronaut();
    let base = analyser.assess(&ours(&plain)).quality;
    let check = |picture: Picture, reason: QualityReason| {
        let found = analyser.assess(&ours(&picture));
        assert!(found.quality.reasons.contains(&reason), "{reason:?}: {found:?}");
        assert!(found.quality.score < base.score, "{reason:?}: {found:?}");
    };
    check(levels(&plain, |v| v * 0.2), QualityReason::TooDark);
    check(levels(&plain, |v| v * 0.7 + 130.0), QualityReason::TooBright);
    check(levels(&plain, |v| 120.0 + (v - 120.0) * 0.3), QualityReason::LowContrast);
    check(blur(&plain, 3.0), QualityReason::Blurred);
    check(crop_imm(&plain, 150, 45, 150, 150).to_image(), QualityReason::FaceTooNear);
    let mut two = Picture::from_pixel(900, 512, image::Rgb([128, 128, 128]));
    overlay(&mut two, &crop_imm(&plain, 60, 0, 400, 512).to_image(), 0, 0);
    overlay(&mut two, &crop_imm(&plain, 60, 0, 400, 512).to_image(), 450, 0);
    check(two, QualityReason::SeveralFaces);
    let mut far = Picture::from_pixel(900, 900, image::Rgb([128, 128, 128]));
    overlay(&mut far, &plain, 200, 200);
    check(far, QualityReason::FaceTooFar);
}

#[test]
fn pictures_without_a_face() {
    let analyser = FaceAnalyser::new().unwrap();
    let even = |side, level| Picture::from_pixel(side, side, image::Rgb([level; 3]));
    let check = |picture: Picture, reasons: &[QualityReason]| {
        let report = analyser.assess(&ours(&picture));
        assert_eq!((report.quality.score, report.quality.reasons.as_slice()), (Some(0), reasons));
    };
    check(even(300, 128), &[QualityReason::NoFace]);
    check(even(300, 3), &[QualityReason::NoFace, QualityReason::TooDark]);
    check(even(300, 255), &[QualityReason::NoFace, QualityReason::TooBright]);
    check(even(1, 90), &[QualityReason::NoFace]);
    check(resize(&even(10, 90), 2000, 50, FilterType::Nearest), &[QualityReason::NoFace]);
}

#[test]
fn large_pictures_give_the_same_place() {
    let analyser = FaceAnalyser::new().unwrap();
    let small = analyser.detect(&ours(&astronaut())).unwrap();
    let large = resize(&astronaut(), 1280, 1280, FilterType::Triangle);
    let large = analyser.detect(&ours(&large)).unwrap();
    assert_eq!((small.len(), large.len()), (1, 1));
    assert!((large[0].x as f32 / 2.5 - small[0].x as f32).abs() < 12.0, "{small:?} {large:?}");
}

#[test]
fn portraits_have_card_proportions_and_the_eyes_in_place() {
    let picture = ours(&astronaut());
    let check = |face: (i32, i32, u32), expected: Option<(u32, u32)>| {
        let face = FaceBox { x: face.0, y: face.1, width: face.2, height: face.2, score: 9.0 };
        let cut = crop_portrait(&picture, &face, CARD_ASPECT);
        assert_eq!(cut.as_ref().ok().map(|c| (c.width(), c.height())), expected, "{face:?}");
    };
    check((200, 200, 100), Some((143, 215)));
    check((0, 0, 100), Some((143, 215))); // moved inside
    check((56, 56, 400), Some((341, 512))); // made smaller
    check((-300, 0, 100), None);
    check((600, 600, 100), None);
    check((200, 200, 0), None);
    // The crop is the picture's own pixels: eyes of a face at 200 are at 236, 40 % of 215 below the top.
    let face = FaceBox { x: 200, y: 200, width: 100, height: 100, score: 9.0 };
    let cut = crop_portrait(&picture, &face, CARD_ASPECT).unwrap();
    let (left, top) = (178, 150);
    let at = |x: usize, y: usize| &picture.pixels()[(y * 512 + x) * 3..(y * 512 + x) * 3 + 3];
    assert_eq!(&cut.pixels()[..3], at(left, top));
    assert!(matches!(crop_portrait(&picture, &face, f32::NAN), Err(FaceError::Crop)));
    let card = scaled(&cut, 240, 360).unwrap();
    assert_eq!((card.width(), card.height()), (240, 360));
}

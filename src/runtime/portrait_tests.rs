#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::time::{Duration, Instant};

use biometrics::codec::decode_rgb;
use chrono::DateTime;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::vocabulary::{DeviceId, DeviceInfo, DeviceKind};

use super::*;
use crate::session::event::Target;

/// The simulated person before this background.
fn picture(background: &str) -> RgbImage {
    let toml = format!("[camera]\ndriver = \"simulated\"\nbackground = \"{background}\"");
    let setup = Setup::from_toml(&toml).unwrap();
    let mut camera = Registry::new(true).open_camera(&setup, None).unwrap();
    camera.frame(Instant::now() + Duration::from_secs(5)).unwrap()
}

/// As if the person had moved sideways.
fn moved(picture: &RgbImage) -> RgbImage {
    let mut pixels = picture.pixels().to_vec();
    for row in pixels.chunks_exact_mut(picture.width() as usize * 3) {
        for at in 0..row.len() - 3 * 16 {
            let sum: u32 = (0..16).map(|step| u32::from(row[at + 3 * step])).sum();
            row[at] = (sum / 16) as u8;
        }
    }
    RgbImage::new(picture.width(), picture.height(), pixels).unwrap()
}

fn half(picture: &RgbImage) -> RgbImage {
    let (w, h) = (picture.width() as usize / 2, picture.height() as usize / 2);
    let at = |x: usize, y: usize| (y * 2 * picture.width() as usize + x * 2) * 3;
    let places = (0..h).flat_map(|y| (0..w).map(move |x| (x, y)));
    let pixels = places.flat_map(|(x, y)| picture.pixels()[at(x, y)..at(x, y) + 3].to_vec()).collect();
    RgbImage::new(w as u32, h as u32, pixels).unwrap()
}

fn offered(pictures: &[&RgbImage]) -> Vec<Arc<PreviewFrame>> {
    pictures.iter().map(|p| Arc::new(PreviewFrame::Rgb((*p).clone()))).collect()
}

fn judged(engine: &Engine, shots: Shots) -> PhotoSample {
    let device = DeviceInfo {
        id: DeviceId("camera".into()),
        kind: DeviceKind::Camera,
        driver: "test".into(),
        model: "test".into(),
        serial: String::new(),
        training_only: true,
    };
    let request = Request { target: Target::Face, gallery: &[], device: &device, at: DateTime::UNIX_EPOCH };
    face(engine, &request, shots).unwrap()
}

#[test]
fn the_best_picture_is_kept_wherever_it_stands() {
    let engine = Engine::new().unwrap();
    let sharp = picture("red");
    let (blurred, small) = (moved(&sharp), half(&sharp));
    let check = |image: &RgbImage, candidates: &[&RgbImage], kept: &RgbImage, of: u32| {
        let shots = Shots { image: image.clone(), candidates: offered(candidates), background: None };
        let sample = judged(&engine, shots);
        assert_eq!((sample.pixels_sha256, sample.chosen_of), (digest(kept.pixels()), of));
    };
    check(&sharp, &[], &sharp, 1);
    check(&sharp, &[&blurred], &sharp, 2);
    check(&blurred, &[&sharp], &sharp, 2);
    check(&blurred, &[&blurred, &sharp], &sharp, 3);
    // A reduced picture is never kept, however sharp.
    check(&blurred, &[&small], &blurred, 1);
}

#[test]
fn the_background_is_measured_and_made_anew_where_it_is_not_the_rules() {
    let engine = Engine::new().unwrap();
    let check = |is: &str, rule: Option<BackgroundColour>, made: bool| {
        let shots = Shots { background: rule, ..Shots::of(picture(is)) };
        let sample = judged(&engine, shots);
        let ground = sample.ground.unwrap();
        let expected = if is == "red" { BackgroundColour::Red } else { BackgroundColour::Blue };
        assert_eq!((ground.matches, ground.even), (Some(expected), true), "{ground:?}");
        let rgb = if is == "red" { [196, 32, 38] } else { [30, 76, 168] };
        assert!(ground.rgb.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) < 12), "{ground:?}");
        assert_eq!(sample.replaced.is_some(), made, "{is} {rule:?}");
        let Some(replaced) = sample.replaced else { return };
        assert_eq!(Some(replaced.colour), rule);
        let card = decode_rgb(&replaced.jpeg.bytes).unwrap();
        assert_eq!((card.width(), card.height()), (sample.width, sample.height));
        // Beside the head the new colour, in the middle still a face.
        let at = |x: u32, y: u32| {
            let from = ((y * card.width() + x) * 3) as usize;
            <[u8; 3]>::try_from(&card.pixels()[from..from + 3]).unwrap()
        };
        let corner = at(8, 8);
        let wanted = colour_rgb(replaced.colour);
        assert!(corner.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 16), "{corner:?}");
        let original = decode_rgb(&sample.jpeg.bytes).unwrap();
        let middle = ((card.height() * 2 / 5) * card.width() + card.width() / 2) as usize * 3;
        let near = |i: usize| original.pixels()[middle + i].abs_diff(card.pixels()[middle + i]) < 16;
        assert!((0..3).all(near), "the face was changed");
    };
    check("red", Some(BackgroundColour::Red), false);
    check("red", Some(BackgroundColour::Blue), true);
    check("blue", Some(BackgroundColour::Red), true);
    check("blue", None, false);
}

#[test]
fn without_a_face_the_whole_picture_shows_why() {
    let engine = Engine::new().unwrap();
    let empty = RgbImage::new(320, 240, [196, 32, 38].repeat(320 * 240)).unwrap();
    let shots = Shots { background: Some(BackgroundColour::Blue), ..Shots::of(empty) };
    let sample = judged(&engine, shots);
    assert_eq!((sample.width, sample.height), (320, 240));
    assert!(sample.quality.reasons.contains(&QualityReason::NoFace));
    assert!(sample.ground.is_none() && sample.replaced.is_none());
}

//! Slaps to be segmented: composed from synthetic prints and, where the samples are, from real ones.

use std::path::PathBuf;

use crate::image::GrayImage;
use crate::position::{FingerPosition, Slap};
use crate::synth::finger::{FingerSpec, Impression, Master};
use crate::synth::rng::{Noise, Rng, smooth_step};
use crate::synth::slap::{Placed, Press, Print, compose, extent};

/// Prints of people, upright, each with its distal phalanx.
pub(super) struct Prints {
    pub(super) people: Vec<Vec<(FingerPosition, GrayImage, f32)>>,
    /// Distance of neighbours that leaves room, and that lets them meet, in pixels.
    pub(super) apart_px: (f32, f32),
    pub(super) touching_px: (f32, f32),
}

/// What a press does to the skin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Skin {
    Usual,
    Dry,
    Wet,
}

/// Synthetic people.
pub(super) fn synthetic(people: u64, skin: Skin) -> Prints {
    let (pressure, dryness) = match skin {
        Skin::Usual => (0.5, 0.1),
        Skin::Dry => (0.3, 0.75),
        Skin::Wet => (0.95, 0.0),
    };
    let person = |seed: u64| {
        FingerPosition::ALL
            .iter()
            .map(|position| {
                let spec = FingerSpec { person_seed: seed, position: *position };
                let touch = Impression { pressure, dryness, warp: 0.3, ..Impression::clean(seed) };
                (*position, Master::new(&spec).impression(&touch), f32::INFINITY)
            })
            .collect()
    };
    Prints {
        people: (0..people).map(person).collect(),
        apart_px: (345.0, 385.0),
        touching_px: (285.0, 315.0),
    }
}

/// The real person of the samples, where they are. Two ring fingers show their first crease: its row was read
/// off the images by eye.
pub(super) fn real(skin: Skin) -> Option<Prints> {
    let folder = std::env::var_os("REKAM_SAMPLES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let mut prints = Vec::new();
    for position in FingerPosition::ALL {
        let name = match position.id().split_once('_') {
            Some((hand, digit)) => [hand, digit].map(|w| w[..1].to_uppercase() + &w[1..]).join("_"),
            None => unreachable!("ids are hand_digit"),
        };
        let Ok(bytes) = std::fs::read(folder.join(format!("finger/mosip/{name}.iso"))) else {
            eprintln!("skipped: no sample {name} (set REKAM_SAMPLES)");
            return None;
        };
        let record = crate::iso::fir::FingerRecord::read(&bytes).unwrap();
        let image = record.representations[0].decode_image().unwrap();
        let crease = match position {
            FingerPosition::RightRing => 437.0,
            FingerPosition::LeftRing => 397.0,
            _ => f32::INFINITY,
        };
        let image =
            GrayImage::new(image.width(), image.height(), Some(500), image.pixels().to_vec()).unwrap();
        prints.push((*position, treated(&image, skin), crease));
    }
    Some(Prints { people: vec![prints], apart_px: (320.0, 385.0), touching_px: (240.0, 275.0) })
}

/// A real print as if pressed dry (grainy spots without ink) or wet (valleys run full).
fn treated(image: &GrayImage, skin: Skin) -> GrayImage {
    let (w, h) = (image.width(), image.height());
    let mut rng = Rng::new(9, 9);
    let grain = Noise::new(&mut rng, w as f32, h as f32, 4.0);
    let patches = Noise::new(&mut rng, w as f32, h as f32, 40.0);
    let pixel = |i: u32| {
        let (x, y) = (i % w, i / w);
        let p = f32::from(image.at(i64::from(x), i64::from(y)));
        let near = |r: i64| {
            let (x, y) = (i64::from(x), i64::from(y));
            (-r..=r)
                .flat_map(|dy| (-r..=r).map(move |dx| (dx, dy)))
                .map(|(dx, dy)| image.at(x + dx, y + dy))
                .min()
        };
        match skin {
            Skin::Usual => p as u8,
            Skin::Dry => {
                let spot = grain.at(x as f32, y as f32) + 0.7 * patches.at(x as f32, y as f32);
                (p + (255.0 - p) * smooth_step(-0.1, 0.3, spot)) as u8
            }
            Skin::Wet => near(2).map_or(255, |m| (f32::from(m) * 0.7 + 0.3 * p) as u8),
        }
    };
    GrayImage::new(w, h, Some(500), (0..w * h).map(pixel).collect()).unwrap()
}

/// A slap of one of the people, without the fingers in `absent`.
pub(super) fn slap(
    prints: &Prints,
    person: usize,
    slap: Slap,
    press: &Press,
    absent: &[FingerPosition],
) -> (GrayImage, Vec<Placed>) {
    let person = &prints.people[person % prints.people.len()];
    let laid: Vec<Print<'_>> = person
        .iter()
        .filter(|(position, _, _)| !absent.contains(position))
        .map(|(position, image, crease)| {
            let (left, top, right, bottom) = extent(image);
            let cut = bottom.min(*crease);
            Print { position: *position, image, distal: (left, top, right, cut), below_px: bottom - cut }
        })
        .collect();
    compose(&laid, slap, press)
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::f32::consts::PI;

use proptest::prelude::*;

use super::*;
use crate::minutiae::MinutiaKind;
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, Impression, Master};
use crate::synth::rng::Rng;

fn minutiae(image: &GrayImage) -> Vec<Minutia> {
    Extractor::new().minutiae(image)
}

fn drawn(width: u32, height: u32, level: impl Fn(f32, f32) -> f32) -> GrayImage {
    let pixels = (0..width * height)
        .map(|i| (127.0 + 100.0 * level((i % width) as f32, (i / width) as f32)).clamp(0.0, 255.0) as u8)
        .collect();
    GrayImage::new(width, height, Some(500), pixels).unwrap()
}

/// Parallel ridges with one dislocation in the middle: on the side that `turn_deg` points to (counter-clockwise,
/// from the right) there is one ridge more than on the other, so the minutia points there.
#[test]
fn a_dislocation_is_one_minutia_with_a_direction() {
    let check = |turn_deg: f32, period: f32, phase: f32| {
        let (sin, cos) = turn_deg.to_radians().sin_cos();
        let image = drawn(256, 256, |x, y| {
            let (dx, dy) = (x - 128.0, y - 128.0);
            // Along the ridges and across, y down.
            let (u, v) = (dx * cos - dy * sin, dx * sin + dy * cos);
            -(2.0 * PI * v / period + v.atan2(u) + phase).cos()
        });
        let found = minutiae(&image);
        let what = format!("{turn_deg} degrees, period {period}, phase {phase}: {}", found.len());
        assert_eq!(found.len(), 1, "{what}");
        let m = &found[0];
        let off = f32::from(m.x.abs_diff(128)).hypot(f32::from(m.y.abs_diff(128)));
        assert!(off <= period, "{what}: {off} px off");
        let expected = (turn_deg * 256.0 / 360.0).round() as i32 as u8;
        let apart = m.angle.wrapping_sub(expected) as i8;
        assert!(apart.unsigned_abs() <= 6, "{what}: {apart} off {expected}");
        assert!(m.quality >= 50, "{what}: quality {}", m.quality);
        m.kind
    };
    for turn_deg in [0.0, 30.0, 77.0, 90.0, 135.0, 180.0, 200.0, 270.0, 311.0] {
        for period in [7.0, 9.0, 12.0] {
            // A dark ridge ends where a light one would split, and the other way round.
            assert_eq!(check(turn_deg, period, 0.0), MinutiaKind::Ending, "{turn_deg} {period}");
            assert_eq!(check(turn_deg, period, PI), MinutiaKind::Bifurcation, "{turn_deg} {period}");
        }
    }
}

#[test]
fn even_ridges_have_no_minutiae() {
    for (turn, period) in [(0.0f32, 9.0), (0.7, 7.0), (1.57, 11.0), (2.4, 9.0)] {
        let (sin, cos) = turn.sin_cos();
        let image = drawn(300, 200, |x, y| (2.0 * PI * (x * sin + y * cos) / period).sin());
        assert_eq!(minutiae(&image).len(), 0, "{turn} {period}");
    }
}

fn master(person_seed: u64, code: u8) -> Master {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::from_code(code).unwrap() })
}

#[test]
fn two_touches_show_the_same_minutiae() {
    for (person, code) in [(21, 2), (22, 7), (23, 1)] {
        let finger = master(person, code);
        let [a, b] = [1, 2].map(|seed| minutiae(&finger.impression(&Impression::clean(seed))));
        assert!((20..=120).contains(&a.len()), "{person}: {} minutiae", a.len());
        let again = a.iter().filter(|m| {
            b.iter().any(|n| {
                let off = f32::from(m.x.abs_diff(n.x)).hypot(f32::from(m.y.abs_diff(n.y)));
                off < 8.0 && (m.angle.wrapping_sub(n.angle) as i8).unsigned_abs() < 10
            })
        });
        let share = again.count() as f32 / a.len() as f32;
        assert!(share > 0.85, "{person}: {share} found again");
        assert!(a.windows(2).all(|w| w[0].quality >= w[1].quality));
    }
}

#[test]
fn ground_and_noise_hold_nothing() {
    let check = |image: GrayImage, most: usize| {
        let found = minutiae(&image).len();
        assert!(found <= most, "{image:?}: {found}");
    };
    let mut r = Rng::new(5, 0);
    for (w, h) in [(416, 560), (64, 64), (65, 71)] {
        check(drawn(w, h, |_, _| 1.0), 0);
        check(drawn(w, h, |_, _| -1.27), 0);
        check(drawn(w, h, |x, _| 0.004 * x), 0);
        let dots: Vec<u8> = (0..w * h).map(|_| (128.0 + 25.0 * r.normal()).clamp(0.0, 255.0) as u8).collect();
        check(GrayImage::new(w, h, None, dots).unwrap(), 3);
    }
    // A small print on a noisy ground: minutiae only in the print.
    let touch = Impression { area: 0.3, noise: 0.4, ..Impression::clean(4) };
    let found = minutiae(&master(31, 3).impression(&touch));
    assert!((5..60).contains(&found.len()), "{}", found.len());
    assert!(found.iter().all(|m| m.x.abs_diff(208) < 120 && m.y.abs_diff(280) < 160));
}

/// One of several kinds of hostile image.
fn hostile(width: u32, height: u32, kind: u8, seed: u64) -> GrayImage {
    let mut r = Rng::new(seed, 9);
    let (period, turn) = (r.range(2.0, 30.0), r.range(0.0, 7.0).sin_cos());
    let pixels = (0..width * height)
        .map(|i| {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let wave = (x * turn.0 + y * turn.1) / period;
            match kind {
                0 => (r.next_u64() >> 56) as u8,
                1 => (128.0 + 127.0 * (2.0 * PI * wave).sin()) as u8,
                2 => {
                    if (wave + 0.6 * r.unit()).fract() < 0.5 {
                        255
                    } else {
                        0
                    }
                }
                3 => (128.0 + 127.0 * (x / period).sin() * (y / period).sin()) as u8,
                4 => {
                    if r.unit() < 0.01 {
                        0
                    } else {
                        255
                    }
                }
                _ => {
                    if x < width as f32 / 2.0 {
                        0
                    } else {
                        (r.next_u64() >> 56) as u8
                    }
                }
            }
        })
        .collect();
    GrayImage::new(width, height, None, pixels).unwrap()
}

fn holds(image: &GrayImage) {
    let found = minutiae(image);
    assert!(found.len() <= MAX_MINUTIAE);
    for m in &found {
        assert!(u32::from(m.x) < image.width() && u32::from(m.y) < image.height());
        assert!((1..=100).contains(&m.quality));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_image_is_taken(width in 1u32..200, height in 1u32..200, kind in 0u8..6, seed: u64) {
        holds(&hostile(width, height, kind, seed));
    }
}

#[test]
fn strips_are_taken() {
    for (kind, (w, h)) in [(0, (8192, 64)), (1, (64, 8192)), (3, (4000, 70)), (2, (8192, 1)), (3, (1, 8192))]
    {
        holds(&hostile(w, h, kind, 3));
    }
}

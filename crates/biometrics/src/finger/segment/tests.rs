#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accuracy;
mod data;

use std::f32::consts::TAU;

use proptest::prelude::*;

use super::*;
use crate::synth::finger::{FingerSpec, Impression, Master};
use crate::synth::rng::Rng;
use crate::synth::slap::{self, Placed, Press, compose};

fn bounds(centre_x: f32, centre_y: f32, width: f32, height: f32, angle_deg: f32) -> FingerBox {
    FingerBox { centre_x, centre_y, width, height, angle_deg }
}

fn gray(width: u32, height: u32, ppi: Option<u16>, value: impl Fn(u32) -> u8) -> GrayImage {
    GrayImage::new(width, height, ppi, (0..width * height).map(value).collect()).unwrap()
}

fn ids(s: &Segmentation) -> Vec<&'static str> {
    let mut list: Vec<&str> = s.problems.iter().map(SlapProblem::id).collect();
    list.dedup();
    list
}

fn close(found: &Segmentation, truth: &[Placed]) {
    assert_eq!(
        found.segments.iter().map(|g| g.position).collect::<Vec<_>>(),
        truth.iter().map(|p| p.position).collect::<Vec<_>>()
    );
    for (g, p) in found.segments.iter().zip(truth) {
        assert!(g.bounds.iou(&p.bounds) >= 0.7, "{}: {:?} {:?}", p.position, g.bounds, p.bounds);
        assert!((g.bounds.angle_deg - p.bounds.angle_deg).abs() < 12.0, "{}", p.position);
    }
}

#[test]
fn overlaps_of_boxes() {
    let check = |a: FingerBox, b: FingerBox, iou: f32| {
        assert!((a.iou(&b) - iou).abs() < 1e-3, "{} {}", a.iou(&b), iou);
        assert!((b.iou(&a) - iou).abs() < 1e-3);
    };
    let square = bounds(10.0, 10.0, 4.0, 4.0, 0.0);
    check(square, square, 1.0);
    check(square, bounds(12.0, 10.0, 4.0, 4.0, 0.0), 1.0 / 3.0);
    check(square, bounds(14.0, 10.0, 4.0, 4.0, 0.0), 0.0);
    check(square, bounds(10.0, 10.0, 4.0, 4.0, 90.0), 1.0);
    check(square, bounds(10.0, 10.0, 2.0, 2.0, 45.0), 0.25);
    // A square on its corner in one of the same size: an octagon of 2(√2 - 1) of its area.
    let octagon = 2.0 * (2.0f32.sqrt() - 1.0);
    check(square, bounds(10.0, 10.0, 4.0, 4.0, 45.0), octagon / (2.0 - octagon));
    check(square, bounds(f32::NAN, 10.0, 4.0, 4.0, 0.0), 0.0);
    // Counter-clockwise: the tip of a finger that leans to the left lies to the left.
    let (x, y) = bounds(100.0, 100.0, 10.0, 80.0, 30.0).point(0.0, -40.0);
    assert!((x - 80.0).abs() < 0.01 && (y - 65.359).abs() < 0.01, "{x} {y}");
}

#[test]
fn the_simulated_slaps_are_segmented() {
    for slap in Slap::ALL {
        for seed in 0..2 {
            let (image, truth) = slap::render(7, *slap, seed, &[]);
            let found = segment(&image, *slap, &[]).unwrap();
            close(&found, &truth);
            assert_eq!(found.problems, vec![], "{slap} {seed}");
            assert_eq!(found.hand, judge::asked_hand(*slap));
            assert_eq!(segment(&image, *slap, &[]).unwrap(), found, "deterministic");
        }
    }
}

#[test]
fn a_pressed_hand_is_segmented() {
    let press = Press { rotation_deg: 21.0, height_px: 1500, ..Press::ordinary(5) };
    let (image, truth) = slap::render_with(7, Slap::LeftFour, &press, &[]);
    let found = segment(&image, Slap::LeftFour, &[]).unwrap();
    close(&found, &truth);
    assert!((found.turn_deg - 21.0).abs() < 6.0, "{}", found.turn_deg);
}

#[test]
fn thumbs_and_what_is_missing() {
    use FingerPosition::{LeftThumb, RightThumb};
    let check =
        |absent: &[FingerPosition], said: &[FingerPosition], there: &[FingerPosition], problems: &[&str]| {
            let (image, _) = slap::render(3, Slap::Thumbs, 1, absent);
            let found = segment(&image, Slap::Thumbs, said).unwrap();
            assert_eq!(found.segments.iter().map(|g| g.position).collect::<Vec<_>>(), there);
            assert_eq!(ids(&found), problems, "{absent:?} {said:?}");
        };
    check(&[], &[], &[LeftThumb, RightThumb], &[]);
    check(&[LeftThumb], &[LeftThumb], &[RightThumb], &[]);
    check(&[RightThumb], &[], &[LeftThumb], &["too-few-fingers", "ambiguous"]);
    check(&[], &[RightThumb], &[LeftThumb, RightThumb], &["too-many-fingers", "missing-disagrees"]);
    check(&[LeftThumb, RightThumb], &[LeftThumb, RightThumb], &[], &[]);
    check(&[LeftThumb, RightThumb], &[LeftThumb], &[], &["blank"]);
    // Fingers of other slaps say nothing here.
    check(&[], &[FingerPosition::LeftIndex], &[LeftThumb, RightThumb], &[]);
}

/// A fifth print on the platen is one too many, and the four of the hand are kept.
#[test]
fn a_fifth_finger_is_too_many() {
    let (image, truth) = slap::render(3, Slap::RightFour, 2, &[]);
    let stray = Master::new(&FingerSpec { person_seed: 9, position: FingerPosition::LeftLittle })
        .impression(&Impression { area: 0.35, ..Impression::clean(1) });
    // Below index and middle finger, between their lanes (in a lane it would be a next phalanx).
    let (left, top) = (212i64, 580i64);
    let laid = gray(1600, 1000, Some(500), |i| {
        let (x, y) = (i64::from(i % 1600) - left, i64::from(i / 1600) - top);
        let inside =
            (0..i64::from(stray.width())).contains(&x) && (0..i64::from(stray.height())).contains(&y);
        let here = image.pixels()[i as usize];
        if inside { here.min(stray.at(x, y)) } else { here }
    });
    let found = segment(&laid, Slap::RightFour, &[]).unwrap();
    assert!(found.problems.contains(&SlapProblem::TooManyFingers { expected: 4, found: 5 }), "{found:?}");
    close(&found, &truth);
}

#[test]
fn nothing_is_no_finger() {
    let check = |image: GrayImage, what: &str| {
        let found = segment(&image, Slap::RightFour, &[]).unwrap();
        assert_eq!((found.segments.len(), ids(&found)), (0, vec!["blank"]), "{what} {found:?}");
    };
    for value in [0, 128, 236, 255] {
        check(gray(1600, 1000, Some(500), |_| value), "even");
    }
    let noise = |strength: f32| {
        let mut rng = Rng::new(1, 1);
        let values: Vec<u8> = (0..1600 * 1000).map(|_| (236.0 - strength * rng.unit()) as u8).collect();
        gray(1600, 1000, Some(500), |i| values[i as usize])
    };
    check(noise(20.0), "noise");
    check(noise(230.0), "much noise");
    // Uneven light, and an edge.
    check(gray(1600, 1000, Some(500), |i| (120 + i % 1600 / 16) as u8), "slope");
    check(gray(1600, 1000, Some(500), |i| if i % 1600 < 500 { 60 } else { 230 }), "edge");
    // Dirt without ridges.
    for seed in 0..6 {
        let press = Press { dirt: 9, ..Press::ordinary(seed) };
        check(compose(&[], Slap::RightFour, &press).0, "dirt");
    }
}

#[test]
fn resolutions_and_sizes() {
    let check = |width, height, ppi, expected: Option<&str>| {
        let image = gray(width, height, ppi, |_| 230);
        let found = segment(&image, Slap::Thumbs, &[]);
        let code = found.err().map(|e| e.to_string()[..6].to_owned());
        assert_eq!(code.as_deref(), expected, "{width}x{height} {ppi:?}");
    };
    check(1600, 1000, Some(500), None);
    check(1600, 1500, None, None);
    check(3200, 2000, Some(1000), None);
    check(200, 200, Some(500), None);
    check(199, 300, Some(500), Some("BIO-81"));
    check(1, 1, None, Some("BIO-81"));
    check(8192, 2048, Some(500), Some("BIO-82"));
    check(1600, 1000, Some(249), Some("BIO-80"));
    check(1600, 1000, Some(1271), Some("BIO-80"));
}

#[test]
fn names_are_stable() {
    use serde::de::value::{Error, MapDeserializer};
    let keys = ["centre_x", "centre_y", "width", "height", "angle_deg"];
    let values = keys.iter().zip([1.0f32, 2.0, 3.0, 4.0, 5.0]).map(|(k, v)| (*k, v));
    let read = FingerBox::deserialize(MapDeserializer::<_, Error>::new(values)).unwrap();
    assert_eq!(read, bounds(1.0, 2.0, 3.0, 4.0, 5.0));
    let check = |fields: &[(&'static str, &'static str)], expected: SlapProblem| {
        let fields = fields.iter().copied();
        assert_eq!(SlapProblem::deserialize(MapDeserializer::<_, Error>::new(fields)), Ok(expected));
    };
    check(&[("problem", "blank")], SlapProblem::Blank);
    check(&[("problem", "wrong_hand"), ("found", "left")], SlapProblem::WrongHand { found: Hand::Left });
    let position = FingerPosition::LeftLittle;
    check(&[("problem", "cut_off"), ("position", "left_little")], SlapProblem::CutOff { position });
    assert_eq!(ALGORITHM, "rekam-segment-1");
}

#[test]
fn a_cut_is_the_finger() {
    let image = gray(600, 700, Some(500), |i| ((i % 600) / 4 + (i / 600) / 8) as u8);
    let at = |b: FingerBox, mode, margin_px, white_outside| {
        cut(&image, &b, &CutOptions { mode, margin_px, white_outside }).unwrap()
    };
    // Straight: the very pixels, both ways.
    let straight = bounds(300.0, 350.0, 200.0, 300.0, 0.0);
    for mode in [CutMode::Original, CutMode::Upright] {
        let c = at(straight, mode, 0, false);
        assert_eq!((c.width(), c.height(), c.ppi()), (200, 300, Some(500)));
        assert!((0..60_000).all(|i| c.at(i % 200, i / 200) == image.at(i % 200 + 200, i / 200 + 200)));
    }
    assert_eq!(at(straight, CutMode::Original, 10, false).width(), 220);
    // Turned: an upright cut shows the slope that the turn leaves, an original one keeps pixels.
    let turned = bounds(300.0, 350.0, 200.0, 300.0, 20.0);
    let c = at(turned, CutMode::Upright, 0, false);
    assert_eq!((c.width(), c.height()), (200, 300));
    for (u, v) in [(0, 0), (199, 0), (0, 299), (100, 150), (199, 299)] {
        let (x, y) = turned.point(u as f32 + 0.5 - 100.0, v as f32 + 0.5 - 150.0);
        assert!((f32::from(c.at(u, v)) - (x / 4.0 + y / 8.0)).abs() < 2.0, "{u} {v}");
    }
    let c = at(turned, CutMode::Original, 0, false);
    let (left, top, ..) = turned.upright_bounds();
    assert_eq!(c.at(3, 5), image.at(left.floor() as i64 + 3, top.floor() as i64 + 5));
    assert_eq!(at(turned, CutMode::Original, 0, true).at(0, 0), 255);
    // Outside the image there is white.
    let c = at(bounds(50.0, 350.0, 200.0, 300.0, 0.0), CutMode::Original, 0, false);
    assert_eq!((c.at(0, 0), c.at(49, 10), c.at(50, 0)), (255, 255, image.at(0, 200)));
}

#[test]
fn boxes_that_cannot_be_cut() {
    let image = gray(600, 700, Some(500), |_| 200);
    let check = |b: FingerBox, what: &str| {
        let said = cut(&image, &b, &CutOptions::default()).unwrap_err().to_string();
        assert!(said.starts_with("BIO-83") && said.contains(what), "{said}");
    };
    check(bounds(f32::NAN, 0.0, 100.0, 100.0, 0.0), "rectangle");
    check(bounds(300.0, 300.0, f32::INFINITY, 100.0, 0.0), "rectangle");
    check(bounds(300.0, 300.0, -100.0, 100.0, 0.0), "rectangle");
    check(bounds(300.0, 300.0, 78.0, 100.0, 0.0), "4 mm");
    check(bounds(300.0, 300.0, 1000.0, 100.0, 0.0), "larger");
    check(bounds(1300.0, 300.0, 100.0, 100.0, 0.0), "outside");
    check(bounds(1e30, 300.0, 100.0, 100.0, 0.0), "outside");
}

#[test]
fn the_operator_corrects() {
    use FingerPosition::{LeftIndex, RightIndex, RightMiddle, RightRing};
    let (image, truth) = slap::render(3, Slap::RightFour, 2, &[]);
    let found = segment(&image, Slap::RightFour, &[]).unwrap();
    let moved = FingerBox { centre_y: truth[0].bounds.centre_y + 5.0, ..truth[0].bounds };
    let again = correct(&image, &found, RightIndex, moved).unwrap();
    assert_eq!(again.segments[0].bounds, moved);
    assert!(again.segments[0].corrected && !again.segments[1].corrected);
    assert_eq!((again.problems.clone(), again.hand), (vec![], Some(Hand::Right)));
    // Removed it is too few, drawn again it is well.
    let without = remove(&image, &found, RightRing).unwrap();
    assert_eq!(
        without.problems,
        vec![
            SlapProblem::TooFewFingers { expected: 4, found: 3 },
            SlapProblem::MissingDisagrees { position: RightRing, seen: false }
        ]
    );
    let back = correct(&image, &without, RightRing, truth[2].bounds).unwrap();
    assert_eq!((back.segments.len(), back.segments[2].position), (4, RightRing));
    assert_eq!(back.problems, vec![]);
    let refused = |position, b: FingerBox, code: &str| {
        let said = correct(&image, &found, position, b).unwrap_err().to_string();
        assert!(said.contains(code), "{said}");
    };
    refused(LeftIndex, moved, "BIO-84");
    refused(RightIndex, truth[1].bounds, "another finger");
    refused(RightIndex, FingerBox { width: 10.0, ..moved }, "4 mm");
    refused(RightIndex, FingerBox { centre_x: 20.0, ..moved }, "outside");
    refused(RightMiddle, FingerBox { angle_deg: 80.0, ..truth[1].bounds }, "turned");
    assert!(remove(&image, &found, LeftIndex).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any image of any size and resolution, with any declaration: no panic, boxes sound and names in order.
    #[test]
    fn hostile_images_do_no_harm(
        width in 1u32..700, height in 1u32..700, ppi in prop::option::of(1u16..2000), seed: u64,
        kind in 0u8..5, slap in prop::sample::select(Slap::ALL.to_vec()), said: u16,
    ) {
        let mut rng = Rng::new(seed, 1);
        let period = rng.range(2.0, 40.0);
        let values: Vec<u8> = (0..width * height).map(|i| {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            match kind {
                0 => rng.next_u64() as u8,
                1 => (128.0 + 120.0 * (x * TAU / period).sin()) as u8,
                2 => (128.0 + 120.0 * ((x * x + y * y).sqrt() * TAU / period).sin()) as u8,
                3 => if (x / 90.0).fract() < 0.7 { (128.0 + 120.0 * (y * TAU / period).sin()) as u8 } else { 240 },
                _ => if rng.unit() < 0.01 { 0 } else { 255 },
            }
        }).collect();
        let image = gray(width, height, ppi, |i| values[i as usize]);
        let said: Vec<FingerPosition> =
            FingerPosition::ALL.iter().copied().filter(|p| said & (1 << p.code()) != 0).collect();
        if let Ok(found) = segment(&image, slap, &said) {
            prop_assert!(found.segments.len() <= slap.fingers().len());
            let slots: Vec<_> = found.segments.iter()
                .map(|g| slap.fingers().iter().position(|p| *p == g.position).unwrap()).collect();
            prop_assert!(slots.windows(2).all(|w| w[0] < w[1]));
            for g in &found.segments {
                prop_assert!(g.bounds.is_sound());
                for mode in [CutMode::Original, CutMode::Upright] {
                    let _ = cut(&image, &g.bounds, &CutOptions { mode, ..CutOptions::default() });
                }
                let _ = correct(&image, &found, g.position, g.bounds);
            }
        }
    }

    /// Any box: cut and correct refuse or work.
    #[test]
    fn hostile_boxes_do_no_harm(
        x in prop::num::f32::ANY, y in prop::num::f32::ANY, w in prop::num::f32::ANY, h in -10.0f32..900.0,
        deg in prop::num::f32::ANY, near: bool, margin_px: u32,
    ) {
        let image = gray(300, 260, Some(500), |i| (i % 251) as u8);
        let b = if near { bounds(x % 300.0, y % 260.0, 100.0 + w % 300.0, h, deg) } else { bounds(x, y, w, h, deg) };
        for mode in [CutMode::Original, CutMode::Upright] {
            if let Ok(c) = cut(&image, &b, &CutOptions { mode, margin_px, white_outside: near }) {
                prop_assert!(c.width() < 2600 && c.height() < 2600);
            }
        }
        let empty = segment(&image, Slap::Thumbs, &[]).unwrap();
        if let Ok(s) = correct(&image, &empty, FingerPosition::LeftThumb, b) {
            prop_assert_eq!(s.segments.len(), 1);
        }
    }
}

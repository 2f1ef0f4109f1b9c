#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, HEIGHT_PX, Impression, Master, WIDTH_PX};
use crate::synth::rng::{Noise, Rng};

/// The empty glass: light that falls to one side, and a sensor's grain, fine and coarse.
fn glass(seed: u64, noise: f32) -> Vec<f32> {
    let mut rng = Rng::new(seed, 8);
    let coarse = Noise::new(&mut rng, WIDTH_PX as f32, HEIGHT_PX as f32, 2.2);
    let (level, fall) = (rng.range(226.0, 240.0), rng.range(0.0, 12.0));
    (0..WIDTH_PX * HEIGHT_PX)
        .map(|i| ((i % WIDTH_PX) as f32, (i / WIDTH_PX) as f32))
        .map(|(x, y)| {
            let grain = noise * (12.0 * coarse.at(x, y) + 12.0 * rng.normal());
            level - fall * x / WIDTH_PX as f32 + grain
        })
        .collect()
}

fn image(pixels: &[f32]) -> GrayImage {
    let bytes = pixels.iter().map(|p| p.round().clamp(0.0, 255.0) as u8).collect();
    GrayImage::new(WIDTH_PX, HEIGHT_PX, Some(500), bytes).unwrap()
}

/// Draws `depth(x, y)` grey levels off the glass.
fn soiled(mut glass: Vec<f32>, depth: impl Fn(f32, f32) -> f32) -> GrayImage {
    for (i, pixel) in glass.iter_mut().enumerate() {
        *pixel -= depth((i % WIDTH_PX as usize) as f32, (i / WIDTH_PX as usize) as f32);
    }
    image(&glass)
}

/// What a finger leaves behind, as a share of the print it made.
fn latent(print: &GrayImage, strength: f32) -> impl Fn(f32, f32) -> f32 + '_ {
    move |x, y| strength * (230.0 - f32::from(print.at(x as i64, y as i64))).max(0.0)
}

fn print(person_seed: u64) -> GrayImage {
    Master::new(&FingerSpec { person_seed, position: FingerPosition::LeftMiddle })
        .impression(&Impression::clean(person_seed))
}

fn smear(seed: u64) -> impl Fn(f32, f32) -> f32 {
    let mut rng = Rng::new(seed, 9);
    let (angle, at) = (rng.range(-0.6, 0.6), rng.range(180.0, 380.0));
    move |x, y| {
        let across = (y - at - (x - 208.0) * angle.tan()) * angle.cos();
        if (60.0..360.0).contains(&x) { 16.0 * (-(across / 22.0).powi(2)).exp() } else { 0.0 }
    }
}

fn drops(seed: u64) -> impl Fn(f32, f32) -> f32 {
    let mut rng = Rng::new(seed, 10);
    let spots: Vec<(f32, f32, f32)> =
        (0..4).map(|_| (rng.range(70.0, 340.0), rng.range(70.0, 480.0), rng.range(36.0, 52.0))).collect();
    move |x, y| {
        let inside = spots.iter().any(|(cx, cy, r)| (x - cx).powi(2) + (y - cy).powi(2) < r * r);
        if inside { 22.0 } else { 0.0 }
    }
}

fn crumbs(seed: u64) -> impl Fn(f32, f32) -> f32 {
    let mut rng = Rng::new(seed, 11);
    let (cx, cy) = (rng.range(100.0, 300.0), rng.range(100.0, 450.0));
    let spots: Vec<(f32, f32)> =
        (0..12).map(|_| (cx + rng.range(-20.0, 20.0), cy + rng.range(-20.0, 20.0))).collect();
    move |x, y| {
        let inside = spots.iter().any(|(sx, sy)| (x - sx).powi(2) + (y - sy).powi(2) < 9.0);
        if inside { 90.0 } else { 0.0 }
    }
}

/// Cause found first, on every seed and both kinds of glass.
fn check(name: &str, noise: f32, expected: Option<QualityReason>, make: impl Fn(u64, Vec<f32>) -> GrayImage) {
    for seed in 0..6 {
        let clean = glass(seed, noise);
        let report = assess_platen(&make(seed, clean), None).unwrap();
        assert_eq!(report.reasons.first().copied(), expected, "{name}, seed {seed}: {report:?}");
        assert_eq!(report.clean, expected.is_none());
        assert!(!report.validated);
    }
}

#[test]
fn each_kind_of_dirt_is_named() {
    use QualityReason as R;
    let prints: Vec<GrayImage> = (0..3).map(print).collect();
    for noise in [0.0, 0.1, 0.3] {
        check("clean", noise, None, |_, glass| image(&glass));
        for strength in [0.05, 0.12] {
            let ghost = |s: u64, g| soiled(g, latent(&prints[s as usize % 3], strength));
            check("latent", noise, Some(R::GhostPrint), ghost);
        }
        check("smear", noise, Some(R::PlatenWet), |s, g| soiled(g, smear(s)));
        check("drops", noise, Some(R::PlatenWet), |s, g| soiled(g, drops(s)));
        check("crumbs", noise, Some(R::PlatenDirty), |s, g| soiled(g, crumbs(s)));
    }
}

#[test]
fn boxes_hold_what_was_drawn() {
    let report = assess_platen(
        &soiled(glass(1, 0.1), |x, y| {
            if (100.0..200.0).contains(&x) && (300.0..400.0).contains(&y) { 30.0 } else { 0.0 }
        }),
        None,
    )
    .unwrap();
    let [area] = report.areas[..] else { panic!("{report:?}") };
    assert!(area.left_px <= 100 && area.left_px + area.width_px >= 192, "{area:?}");
    assert!(area.top_px <= 320 && area.top_px + area.height_px >= 384, "{area:?}");
    assert!(area.width_px <= 160 && area.height_px <= 160, "{area:?}");
}

#[test]
fn a_reference_takes_away_what_is_always_there() {
    // A reader whose glass has a dark band: uneven by itself, clean against its own reference.
    let band = |x: f32, _: f32| if x < 90.0 { 25.0 } else { 0.0 };
    let (reference, now) = (soiled(glass(2, 0.1), band), soiled(glass(7, 0.1), band));
    assert!(!assess_platen(&now, None).unwrap().clean);
    assert!(assess_platen(&now, Some(&reference)).unwrap().clean);
    let print = print(3);
    let ghost = latent(&print, 0.08);
    let dirty = soiled(glass(7, 0.1), |x, y| band(x, y) + ghost(x, y));
    let found = assess_platen(&dirty, Some(&reference)).unwrap();
    assert_eq!(found.reasons.first(), Some(&QualityReason::GhostPrint), "{found:?}");
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let flat = |w: u32, h: u32, ppi| GrayImage::new(w, h, ppi, vec![230; (w * h) as usize]).unwrap();
    assert_eq!(
        assess_platen(&flat(416, 560, Some(250)), None),
        Err(PlatenError::Image(FingerError::Resolution { ppi: 250 }))
    );
    assert_eq!(
        assess_platen(&flat(40, 560, None), None),
        Err(PlatenError::Image(FingerError::TooSmall { width: 40, height: 560 }))
    );
    assert_eq!(
        assess_platen(&flat(416, 560, None), Some(&flat(400, 560, None))),
        Err(PlatenError::Reference)
    );
    assert!(assess_platen(&flat(416, 560, None), None).unwrap().clean);
    assert!(assess_platen(&flat(64, 64, None), Some(&flat(64, 64, None))).unwrap().clean);
}

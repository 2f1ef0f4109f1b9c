//! The four minutiae features, from any extractor's minutiae.
//!
//! NFIQ 2 takes them from FingerJetFX OSE, which is not used here. The forest was trained with that extractor's counts,
//! so ours are brought to its scale by a [`Calibration`]. After NFIQ 2.3 (public domain), `FingerJetFX.cpp` and
//! `FJFXMinutiaeQuality.cpp`.

use super::blocks::{BLOCK_PX, Gradients, Plane};
use crate::minutiae::Template;

/// Half side of the box around the minutiae's middle, in pixels.
const HALF_BOX_PX: i64 = 100;
/// Certainty, in hundredths, above which a minutia counts.
const CERTAIN: i64 = 80;

/// How an extractor's minutiae stand to those that the forest was trained with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Minutiae below this quality are left out, unless their quality is not told (0).
    pub min_quality: u8,
    /// Count: start and step of a straight line.
    pub count: (f64, f64),
    /// Count in the box around the middle.
    pub boxed: (f64, f64),
    /// Share of minutiae on ground a little darker than the image's mean.
    pub darker: (f64, f64),
    /// Share of minutiae with an orientation certainty above 0.8.
    pub certain: (f64, f64),
}

impl Calibration {
    /// NIST's mindtct, its reliability in hundredths as quality. Fitted by `tools/nfiq2_compare.py` on 90 synthetic
    /// prints.
    pub const MINDTCT: Self = Self {
        min_quality: 16,
        boxed: (0.592, 1.017),
        count: (-1.902, 1.042),
        darker: (0.004, 1.012),
        certain: (-0.005, 0.985),
    };

    /// Our own extractor, `rekam-minutiae-1`. Fitted in the same way.
    pub const REKAM: Self = Self {
        min_quality: 20,
        boxed: (2.494, 1.016),
        count: (0.054, 1.111),
        darker: (0.027, 0.992),
        certain: (-0.011, 0.958),
    };

    /// That of an extractor by the name that [`FingerMatcher::name`](crate::finger::FingerMatcher::name) gives; an
    /// unknown one is taken as it is.
    #[must_use]
    pub fn of(extractor: &str) -> Self {
        match extractor {
            "nbis-bozorth3" => Self::MINDTCT,
            "rekam-minutiae-1" => Self::REKAM,
            _ => Self::NONE,
        }
    }

    /// No change: for an extractor that has not been measured.
    pub const NONE: Self = Self {
        min_quality: 0,
        count: (0.0, 1.0),
        boxed: (0.0, 1.0),
        darker: (0.0, 1.0),
        certain: (0.0, 1.0),
    };
}

/// The four features, in the forest's order: count in the box, count, darker share, certain share.
#[must_use]
pub fn features(plane: &Plane, template: &Template, calibration: &Calibration) -> [f64; 4] {
    let kept: Vec<(i64, i64)> = template
        .minutiae
        .iter()
        .filter(|m| m.quality == 0 || m.quality >= calibration.min_quality)
        .map(|m| (i64::from(m.x) - plane.left as i64, i64::from(m.y) - plane.top as i64))
        .filter(|(x, y)| (0..plane.width as i64).contains(x) && (0..plane.height as i64).contains(y))
        .collect();
    if kept.is_empty() {
        // NFIQ 2 gives -1 for shares of nothing.
        return [0.0, 0.0, -1.0, -1.0];
    }
    let count = kept.len() as i64;
    let middle = |of: fn(&(i64, i64)) -> i64| kept.iter().map(of).sum::<i64>() / count;
    let (cx, cy) = (middle(|p| p.0), middle(|p| p.1));
    let near = |v: i64, c: i64| (v - c).abs() <= HALF_BOX_PX;
    let boxed = kept.iter().filter(|p| near(p.0, cx) && near(p.1, cy)).count();
    let (mean, spread) = plane.mean_deviation();
    let darker = kept.iter().filter(|p| (0.0..=0.5).contains(&darkness(plane, **p, mean, spread))).count();
    let certain = kept.iter().filter(|p| certainty(plane, **p) > CERTAIN).count();
    let line = |value: f64, (start, step): (f64, f64), most: f64| (start + step * value).clamp(0.0, most);
    let share = |n: usize| n as f64 / count as f64;
    [
        line(boxed as f64, calibration.boxed, 255.0).round(),
        line(count as f64, calibration.count, 255.0).round(),
        line(share(darker), calibration.darker, 1.0),
        line(share(certain), calibration.certain, 1.0),
    ]
}

/// How much darker the block around a minutia is than the image, in deviations of the image.
fn darkness(plane: &Plane, (x, y): (i64, i64), mean: f64, spread: f64) -> f64 {
    let from = |v: i64| (v - BLOCK_PX as i64 / 2).max(0) as usize;
    let (left, top) = (from(x), from(y));
    let (width, height) = (BLOCK_PX.min(plane.width - left), BLOCK_PX.min(plane.height - top));
    let (sum, _) = plane.sums(left, top, width, height);
    let darkness = (mean - sum as f64 / (width * height) as f64) / spread;
    // The range is open at 0.
    if darkness == 0.0 { -1.0 } else { darkness }
}

/// Orientation certainty of the full block nearest to a minutia, in whole hundredths.
fn certainty(plane: &Plane, (x, y): (i64, i64)) -> i64 {
    let from = |v: i64, side: usize| {
        side.checked_sub(BLOCK_PX).map(|last| ((v - BLOCK_PX as i64 / 2).max(0) as usize).min(last))
    };
    let (Some(left), Some(top)) = (from(x, plane.width), from(y, plane.height)) else { return 0 };
    (Gradients::of(plane, left, top).certainty().unwrap_or(0.0) * 100.0 + 0.5) as i64
}

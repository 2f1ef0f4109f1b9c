//! What keeps a print from being better, in terms that the person at the glass can act on.

use super::blocks::Plane;
use super::region::Region;
use super::texture::{TILE_PX, Tiles};
use super::touch::Touch;
use crate::quality::QualityReason;

/// A part below this is named as a reason.
const REASON_BELOW: f32 = 0.62;
/// A part below this is named even where the score is good.
const GRAVE_BELOW: f32 = 0.45;
/// Score from which a print is good.
const GOOD_SCORE: u8 = 60;
/// What the product of the parts is multiplied by to give the most that a print can score: good real prints stay free.
const CAP_SLACK: f32 = 1.25;
/// Tiles that touch each other from which faint ridges count as another print (1024 px are 2.6 mm², so 16 mm²).
const GHOST_TILES: usize = 6;

/// One fault: how well the print does (0 to 1), how much that weighs, and the reason it stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// 0 useless, 1 no fault.
    pub value: f32,
    /// Exponent in the product of all parts.
    pub weight: f32,
    /// The reason.
    pub reason: QualityReason,
}

/// The parts of a print, worst first.
#[must_use]
pub fn parts(f: &Touch, minutiae: usize) -> Vec<Part> {
    use QualityReason as R;
    let ramp = |low: f32, high: f32, value: f32| ((value - low) / (high - low)).clamp(0.0, 1.0);
    let thin = ramp(0.14, 0.36, f.ridge_share);
    let thick = 1.0 - ramp(0.55, 0.76, f.ridge_share);
    let order = ramp(0.15, 0.62, f.coherence);
    // Ridges that are thin or broken are dry; as disordered with enough dark in them, smudged.
    let disorder = if f.ridge_share < 0.40 { R::TooDry } else { R::Smudged };
    let part = |value, weight, reason| Part { value, weight, reason };
    let mut parts = vec![
        part(ramp(20.0, 190.0, f.area_mm2), 0.55, R::TooLittleArea),
        part(ramp(15.0, 80.0, f.contrast), 0.6, R::LowContrast),
        part(order, 0.6, disorder),
        part(1.0 - ramp(0.24, 0.46, f.spread), 0.5, disorder),
        part(1.0 - ramp(0.05, 0.45, f.smeared), 0.4, R::Smudged),
        part(thin, 0.6, R::TooDry),
        part(thick, 0.6, R::TooWet),
        part(1.0 - 0.8 * ramp(0.15, 0.6, f.off_centre), 0.3, R::OffCentre),
        part(ramp(0.0, 28.0, minutiae as f32), 0.4, R::FewMinutiae),
    ];
    parts.sort_by(|a, b| a.value.total_cmp(&b.value));
    parts
}

/// The reasons of the parts that are low, worst first. A print that scores well is not blamed for a slight fault.
#[must_use]
pub fn named(parts: &[Part], score: u8) -> Vec<QualityReason> {
    let below = if score >= GOOD_SCORE { GRAVE_BELOW } else { REASON_BELOW };
    let mut reasons = Vec::new();
    for part in parts.iter().filter(|p| p.value < below) {
        if !reasons.contains(&part.reason) {
            reasons.push(part.reason);
        }
    }
    reasons
}

/// All parts in one number, 0 to 100.
#[must_use]
pub fn product(parts: &[Part]) -> f32 {
    100.0 * parts.iter().map(|p| p.value.max(0.001).ln() * p.weight).sum::<f32>().exp()
}

/// Whether there are faint ridges beside the print.
#[must_use]
pub fn ghost(plane: &Plane, region: &Region) -> bool {
    let near_print = |column: usize, row: usize| {
        let rows = (row * TILE_PX).saturating_sub(TILE_PX / 2)
            ..((row + 1) * TILE_PX + TILE_PX / 2).min(plane.height);
        let from = (column * TILE_PX).saturating_sub(TILE_PX / 2);
        let to = ((column + 1) * TILE_PX + TILE_PX / 2).min(plane.width);
        rows.into_iter().any(|y| region.inside[y * plane.width + from..y * plane.width + to].contains(&true))
    };
    holds_ghost(&Tiles::of(plane, |column, row| !near_print(column, row)))
}

/// Whether there are faint ridges on glass without a finger.
#[must_use]
pub fn ghost_alone(plane: &Plane) -> bool {
    holds_ghost(&Tiles::of(plane, |_, _| true))
}

fn holds_ghost(tiles: &Tiles) -> bool {
    tiles.groups(|t| t.ridges > 0.0).first().is_some_and(|g| g.len() >= GHOST_TILES)
}

/// Most that a print with these parts can score.
#[must_use]
pub fn cap(parts: &[Part]) -> u8 {
    (CAP_SLACK * product(parts)).round().clamp(0.0, 100.0) as u8
}

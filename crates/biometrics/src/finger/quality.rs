//! `rekam-finger-1`: how fit a fingerprint is for comparison, and what the person can do about it.
//!
//! The features follow the families of ISO/IEC 29794-4 (local clarity, orientation certainty, ridge-valley
//! structure, area, minutiae count); the scale is our own, set on synthetic impressions and a handful of real
//! ones. It is not NFIQ 2 and its scores must not be read as such.

use super::matcher::{FingerError, PPI_RANGE, WORK_PPI, at_work_resolution};
use crate::image::GrayImage;
use crate::minutiae::Template;
use crate::quality::{Quality, QualityReason};

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-finger-1";

/// Side of a block in pixels at 500 ppi: two to three ridges.
const BLOCK_PX: usize = 24;
/// Square millimetres of one block (24 px at 500 ppi are 1.219 mm).
const BLOCK_MM2: f32 = 1.486;
/// Grey-level deviation under which a block is ground.
const GROUND_DEVIATION: f32 = 11.0;
/// A part of the measure below this is named as a reason.
const REASON_BELOW: f32 = 0.62;

/// What was measured; every share is 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// Area of the print in square millimetres.
    pub area_mm2: f32,
    /// Mean distance of ridge and valley, in grey levels.
    pub contrast: f32,
    /// How far gradients agree on one orientation: 1 all, 0 none.
    pub coherence: f32,
    /// Spread of grey within ridges and within valleys, against their distance: 0.2 clean, above 0.35 poor.
    pub spread: f32,
    /// Share of ridge in ridge and valley: 0.5 right, less thin or dry, more pressed or wet.
    pub ridge_share: f32,
    /// Distance of the print's middle from the image's middle, against the image's half sides.
    pub off_centre: f32,
    /// Mean grey of the print.
    pub mean: f32,
}

/// The quality of a print; `template` is what the extractor found in it.
#[must_use]
pub fn assess(image: &GrayImage, template: &Template) -> Quality {
    let off_scale = image.ppi().is_some_and(|p| !PPI_RANGE.contains(&p));
    let work = match at_work_resolution(image) {
        Ok(work) => work,
        Err(FingerError::TooSmall { .. }) => return verdict(Some(0), vec![QualityReason::TooSmall]),
        Err(_) if off_scale => return verdict(None, vec![QualityReason::WrongResolution]),
        Err(_) => return verdict(None, Vec::new()),
    };
    let Some(features) = measure(&work) else {
        return verdict(Some(0), vec![QualityReason::Blank]);
    };
    let mut parts = parts(&features, template.minutiae.len());
    let score =
        parts.iter().map(|(part, weight, _)| part.max(0.001).ln() * weight).sum::<f32>().exp() * 100.0;
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut reasons = Vec::new();
    for (part, _, reason) in parts {
        if part < REASON_BELOW && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if image.ppi().is_some_and(|p| p.abs_diff(WORK_PPI) > 5) {
        reasons.push(QualityReason::WrongResolution);
    }
    verdict(Some(score.round().clamp(0.0, 100.0) as u8), reasons)
}

fn verdict(score: Option<u8>, reasons: Vec<QualityReason>) -> Quality {
    // Not validated: no set of prints with known quality was at hand.
    Quality { score, algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

/// Parts of the score: value 0 to 1, exponent, and the reason that it stands for when it is low.
fn parts(f: &Features, minutiae: usize) -> [(f32, f32, QualityReason); 8] {
    use QualityReason as R;
    let ramp = |low: f32, high: f32, value: f32| ((value - low) / (high - low)).clamp(0.0, 1.0);
    let thin = ramp(0.22, 0.43, f.ridge_share);
    let thick = 1.0 - ramp(0.57, 0.80, f.ridge_share);
    let order = ramp(0.15, 0.62, f.coherence);
    // Ridges that are thin or broken are dry; as disordered with enough dark in them, smudged.
    let disorder = if f.ridge_share < 0.46 { R::TooDry } else { R::Smudged };
    [
        (ramp(20.0, 190.0, f.area_mm2), 0.55, R::TooLittleArea),
        (ramp(8.0, 70.0, f.contrast), 0.3, R::LowContrast),
        (order, 0.6, disorder),
        (1.0 - ramp(0.24, 0.46, f.spread), 0.5, disorder),
        (thin, 0.4, R::TooDry),
        (thick, 0.4, R::TooWet),
        (1.0 - 0.8 * ramp(0.15, 0.6, f.off_centre), 0.3, R::OffCentre),
        (ramp(0.0, 28.0, minutiae as f32), 0.4, R::FewMinutiae),
    ]
}

/// Measures a print at 500 ppi; `None` when there is none.
#[must_use]
pub fn measure(image: &GrayImage) -> Option<Features> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (columns, rows) = (width / BLOCK_PX, height / BLOCK_PX);
    let mut sum = Features {
        area_mm2: 0.0,
        contrast: 0.0,
        coherence: 0.0,
        spread: 0.0,
        ridge_share: 0.0,
        off_centre: 0.0,
        mean: 0.0,
    };
    let (mut count, mut cx, mut cy) = (0.0f32, 0.0f32, 0.0f32);
    for row in 0..rows {
        for column in 0..columns {
            let Some(block) = block(image, column * BLOCK_PX, row * BLOCK_PX) else { continue };
            count += 1.0;
            cx += (column * BLOCK_PX + BLOCK_PX / 2) as f32;
            cy += (row * BLOCK_PX + BLOCK_PX / 2) as f32;
            sum.contrast += block.contrast;
            sum.coherence += block.coherence;
            sum.spread += block.spread;
            sum.ridge_share += block.ridge_share;
            sum.mean += block.mean;
        }
    }
    if count * BLOCK_MM2 < 12.0 {
        return None;
    }
    let (half_width, half_height) = (width as f32 / 2.0, height as f32 / 2.0);
    let (dx, dy) = ((cx / count - half_width) / half_width, (cy / count - half_height) / half_height);
    Some(Features {
        area_mm2: count * BLOCK_MM2,
        contrast: sum.contrast / count,
        coherence: sum.coherence / count,
        spread: sum.spread / count,
        ridge_share: sum.ridge_share / count,
        off_centre: (dx * dx + dy * dy).sqrt(),
        mean: sum.mean / count,
    })
}

struct Block {
    contrast: f32,
    coherence: f32,
    spread: f32,
    ridge_share: f32,
    mean: f32,
}

/// One block, or `None` where it is ground.
fn block(image: &GrayImage, left: usize, top: usize) -> Option<Block> {
    let width = image.width() as usize;
    let line = |y: usize| &image.pixels()[(top + y) * width + left..(top + y) * width + left + BLOCK_PX];
    let mut histogram = [0u32; 256];
    let (mut sum, mut squares) = (0.0f32, 0.0f32);
    for y in 0..BLOCK_PX {
        for &p in line(y) {
            histogram[usize::from(p)] += 1;
            sum += f32::from(p);
            squares += f32::from(p) * f32::from(p);
        }
    }
    let n = (BLOCK_PX * BLOCK_PX) as f32;
    let mean = sum / n;
    if (squares / n - mean * mean).max(0.0).sqrt() < GROUND_DEVIATION {
        return None;
    }
    let (low, high) = (quantile(&histogram, n * 0.08), quantile(&histogram, n * 0.92));
    let split = (low + high) / 2.0;
    let (ridge, valley) = (class(&histogram, 0.0, split), class(&histogram, split, 256.0));
    let contrast = valley.1 - ridge.1;
    if ridge.0 < 1.0 || valley.0 < 1.0 || contrast <= 0.0 {
        return None;
    }
    let within = ((ridge.0 * ridge.2 + valley.0 * valley.2) / n).sqrt();
    // A block at the rim is mostly ground: its share of ridge says nothing, so it is left out as a whole.
    let ridge_share = ridge.0 / n;
    if ridge_share < 0.12 {
        return None;
    }
    Some(Block { contrast, coherence: coherence(&line), spread: within / contrast, ridge_share, mean })
}

fn quantile(histogram: &[u32; 256], count: f32) -> f32 {
    let mut seen = 0.0;
    for (level, n) in histogram.iter().enumerate() {
        seen += *n as f32;
        if seen >= count {
            return level as f32;
        }
    }
    255.0
}

/// Count, mean and variance of the levels from `from` (with) to `to` (without).
fn class(histogram: &[u32; 256], from: f32, to: f32) -> (f32, f32, f32) {
    let (mut n, mut sum, mut squares) = (0.0f32, 0.0f32, 0.0f32);
    for (level, count) in histogram.iter().enumerate() {
        let (level, count) = (level as f32, *count as f32);
        if level >= from && level < to {
            n += count;
            sum += count * level;
            squares += count * level * level;
        }
    }
    let mean = if n > 0.0 { sum / n } else { 0.0 };
    (n, mean, if n > 0.0 { (squares / n - mean * mean).max(0.0) } else { 0.0 })
}

/// Coherence of the structure tensor (Kass and Witkin, 1987): 1 where all gradients share one line.
fn coherence<'a>(line: &impl Fn(usize) -> &'a [u8]) -> f32 {
    let (mut xx, mut yy, mut xy) = (0.0f32, 0.0f32, 0.0f32);
    for y in 1..BLOCK_PX - 1 {
        let (up, middle, down) = (line(y - 1), line(y), line(y + 1));
        for x in 1..BLOCK_PX - 1 {
            let gx = f32::from(middle[x + 1]) - f32::from(middle[x - 1]);
            let gy = f32::from(down[x]) - f32::from(up[x]);
            xx += gx * gx;
            yy += gy * gy;
            xy += gx * gy;
        }
    }
    let all = xx + yy;
    if all <= 0.0 { 0.0 } else { ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt() / all }
}

#[cfg(test)]
mod tests;

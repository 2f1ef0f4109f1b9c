//! How the finger touched the glass: contrast, width and order of its ridges, and where it lies.
//!
//! These measures name the reasons. They follow the families of ISO/IEC 29794-4 (local clarity, orientation certainty,
//! ridge-valley structure, area); their limits were set on synthetic impressions and a handful of real ones.

use crate::image::GrayImage;

/// Side of a block in pixels at 500 ppi: two to three ridges.
const BLOCK_PX: usize = 24;
/// Square millimetres of one block (24 px at 500 ppi are 1.219 mm).
const BLOCK_MM2: f32 = 1.486;
/// Smallest area that counts as a print, in square millimetres.
const MIN_AREA_MM2: f32 = 12.0;
/// Grey-level deviation under which a block is ground.
const GROUND_DEVIATION: f32 = 11.0;

/// What was measured; every share is 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
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

/// Measures a print at 500 ppi; `None` when there is none.
#[must_use]
pub fn measure(image: &GrayImage) -> Option<Touch> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (columns, rows) = (width / BLOCK_PX, height / BLOCK_PX);
    let mut sum = Touch {
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
    if count * BLOCK_MM2 < MIN_AREA_MM2 {
        return None;
    }
    let (half_width, half_height) = (width as f32 / 2.0, height as f32 / 2.0);
    let (dx, dy) = ((cx / count - half_width) / half_width, (cy / count - half_height) / half_height);
    Some(Touch {
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

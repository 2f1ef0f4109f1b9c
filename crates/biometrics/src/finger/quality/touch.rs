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
/// Grey-level deviation under which a block is ground, taken over cells of 3x3 pixels so that the sensor's grain does
/// not count.
const GROUND_DEVIATION: f32 = 9.0;
/// Side of such a cell.
const CELL_PX: usize = 3;
/// Share of the print's usual ridge contrast under which a dark block is smeared.
const SMEARED_CONTRAST: f32 = 0.4;
/// Share of that contrast by which a block must be darker than the ground to hold skin.
const SKIN_DARKNESS: f32 = 0.3;

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
    /// Share of the skin on the glass where ridges are lost, though it is dark: smeared or pressed flat.
    pub smeared: f32,
}

/// Measures a print at 500 ppi; `None` when there is none.
#[must_use]
pub fn measure(image: &GrayImage) -> Option<Touch> {
    let (columns, rows) = (image.width() as usize / BLOCK_PX, image.height() as usize / BLOCK_PX);
    let all: Vec<(usize, Block)> = (0..rows * columns)
        .map(|i| (i, block(image, i % columns * BLOCK_PX, i / columns * BLOCK_PX)))
        .collect();
    let print: Vec<(usize, Block)> = all.iter().copied().filter(|(_, b)| b.is_print()).collect();
    let count = print.len() as f32;
    if count * BLOCK_MM2 < MIN_AREA_MM2 {
        return None;
    }
    let mean = |of: &dyn Fn(usize, &Block) -> f32| print.iter().map(|(i, b)| of(*i, b)).sum::<f32>() / count;
    let place = |cell: usize, side: u32| {
        ((cell * BLOCK_PX + BLOCK_PX / 2) as f32 - side as f32 / 2.0) / (side as f32 / 2.0)
    };
    let dx = mean(&|i, _| place(i % columns, image.width()));
    let dy = mean(&|i, _| place(i / columns, image.height()));
    Some(Touch {
        area_mm2: count * BLOCK_MM2,
        contrast: mean(&|_, b| b.contrast),
        coherence: mean(&|_, b| b.coherence),
        spread: mean(&|_, b| b.spread),
        ridge_share: mean(&|_, b| b.ridge_share),
        off_centre: (dx * dx + dy * dy).sqrt(),
        mean: mean(&|_, b| b.mean),
        smeared: smeared(&all, &print),
    })
}

/// Share of blocks that are dark as skin but show little of the ridges that the print shows elsewhere.
fn smeared(all: &[(usize, Block)], print: &[(usize, Block)]) -> f32 {
    let upper = |mut values: Vec<f32>| {
        values.sort_by(f32::total_cmp);
        values.get(values.len() * 9 / 10).copied().unwrap_or(0.0)
    };
    let usual = upper(print.iter().map(|(_, b)| b.contrast).collect());
    let ground = upper(all.iter().map(|(_, b)| b.mean).collect());
    let lost = |b: &Block| b.contrast < SMEARED_CONTRAST * usual && b.mean < ground - SKIN_DARKNESS * usual;
    let smeared = all.iter().filter(|(_, b)| lost(b)).count();
    let clear = print.iter().filter(|(_, b)| !lost(b)).count();
    smeared as f32 / (smeared + clear).max(1) as f32
}

#[derive(Debug, Clone, Copy)]
struct Block {
    /// Deviation of grey over cells.
    deviation: f32,
    contrast: f32,
    coherence: f32,
    spread: f32,
    ridge_share: f32,
    mean: f32,
}

impl Block {
    /// Whether the block holds ridges. One at the rim is mostly ground: its share of ridge says nothing, so it is left
    /// out as a whole.
    fn is_print(&self) -> bool {
        self.deviation >= GROUND_DEVIATION && self.contrast > 0.0 && self.ridge_share >= 0.12
    }
}

/// One block; its contrast is 0 where it has no two levels.
fn block(image: &GrayImage, left: usize, top: usize) -> Block {
    let width = image.width() as usize;
    let line = |y: usize| &image.pixels()[(top + y) * width + left..(top + y) * width + left + BLOCK_PX];
    let mut histogram = [0u32; 256];
    let mut cells = [0u32; (BLOCK_PX / CELL_PX) * (BLOCK_PX / CELL_PX)];
    for y in 0..BLOCK_PX {
        for (x, &p) in line(y).iter().enumerate() {
            histogram[usize::from(p)] += 1;
            cells[y / CELL_PX * (BLOCK_PX / CELL_PX) + x / CELL_PX] += u32::from(p);
        }
    }
    let n = (BLOCK_PX * BLOCK_PX) as f32;
    let cell = (CELL_PX * CELL_PX) as f32;
    let mean = cells.iter().sum::<u32>() as f32 / n;
    let variance = cells.iter().map(|c| (*c as f32 / cell - mean).powi(2)).sum::<f32>() / cells.len() as f32;
    let mut found = Block {
        deviation: variance.sqrt(),
        contrast: 0.0,
        coherence: 0.0,
        spread: 0.0,
        ridge_share: 0.0,
        mean,
    };
    let (low, high) = (quantile(&histogram, n * 0.08), quantile(&histogram, n * 0.92));
    let split = (low + high) / 2.0;
    let (ridge, valley) = (class(&histogram, 0.0, split), class(&histogram, split, 256.0));
    if ridge.0 >= 1.0 && valley.0 >= 1.0 && valley.1 > ridge.1 {
        found.contrast = valley.1 - ridge.1;
        found.spread = ((ridge.0 * ridge.2 + valley.0 * valley.2) / n).sqrt() / found.contrast;
        found.ridge_share = ridge.0 / n;
    }
    if found.is_print() {
        found.coherence = coherence(&line);
    }
    found
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

//! The slap as a coarse grid: for every cell of 3x3 pixels at 250 ppi how dark it is, how much it varies and
//! whether that variation looks like friction ridges.
//!
//! Local variance as the mark of foreground, and the coherence of the squared gradient as the mark of ridges,
//! are the usual measures (Bazen and Gerez, "Segmentation of fingerprint images", 2001). The count of crossings
//! of the local mean is ours: ridges of 9 pixels at 500 ppi cross it about 0.45 times a pixel, an edge hardly
//! ever, noise at nearly every pixel.

use super::SegmentError;
use crate::image::GrayImage;

/// Resolution that the grid is computed from, in pixels per inch. Ridges are 4.5 pixels there.
pub(super) const GRID_PPI: f32 = 250.0;
/// Side of a cell in pixels at [`GRID_PPI`].
pub(super) const CELL_PX: usize = 3;
/// Cells per millimetre.
pub(super) const CELLS_PER_MM: f32 = GRID_PPI / 25.4 / CELL_PX as f32;
/// Most pixels at [`GRID_PPI`]: 8 by 5 inches, larger than any platen for fingers.
const MAX_GRID_PIXELS: u64 = 2000 * 1250;
/// Smallest side in pixels at [`GRID_PPI`] (10 mm).
const MIN_GRID_SIDE: u32 = 100;

/// A field of numbers over the grid.
pub(super) type Field = Vec<f32>;

/// The coarse grid of a slap.
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Image pixels per cell.
    pub(super) scale: f32,
    /// Darkness against the platen, 0 and up.
    pub(super) dark: Field,
    /// Whether the cell looks like friction ridges.
    pub(super) ridged: Vec<bool>,
    /// Foreground as measured.
    pub(super) raw: Vec<bool>,
    /// Foreground with gaps of dry skin closed and specks opened.
    pub(super) mask: Vec<bool>,
}

impl Grid {
    /// Measures a slap.
    pub(super) fn new(image: &GrayImage, ppi: u16) -> Result<Self, SegmentError> {
        let step = f32::from(ppi) / GRID_PPI;
        let (w, h) = ((image.width() as f32 / step) as u32, (image.height() as f32 / step) as u32);
        if w < MIN_GRID_SIDE || h < MIN_GRID_SIDE {
            return Err(SegmentError::TooSmall { width: image.width(), height: image.height(), ppi });
        }
        if u64::from(w) * u64::from(h) > MAX_GRID_PIXELS {
            return Err(SegmentError::TooLarge { width: image.width(), height: image.height(), ppi });
        }
        let (w, h) = (w as usize, h as usize);
        let pixels = shrink(image, w, h, step);
        let (width, height) = (w / CELL_PX, h / CELL_PX);
        let cells = Cells::new(&pixels, w, width, height);
        let blur = |f: &[f32], r: usize| blur(f, width, height, r);
        let (mean3, square3) = (blur(&cells.mean, 1), blur(&cells.square, 1));
        let deviation: Field = mean3.iter().zip(&square3).map(|(m, s)| (s - m * m).max(0.0).sqrt()).collect();
        let (xx, yy, xy) = (blur(&cells.xx, 2), blur(&cells.yy, 2), blur(&cells.xy, 2));
        let mean5 = blur(&cells.mean, 2);
        let crossings = blur(&crossings(&pixels, w, &mean5, &deviation, width, height), 2);
        let ground = Ground::new(&cells.mean, &deviation, width, height);
        let dark: Field = (0..width * height)
            .map(|i| (ground.level(i % width, i / width) - cells.mean[i]).max(0.0))
            .collect();
        let threshold = threshold(&deviation, ground.noise);
        let shade = shade_of_prints(&dark, &deviation, threshold);
        let raw: Vec<bool> =
            deviation.iter().zip(&dark).map(|(d, k)| *d > threshold || *k > 0.6 * shade).collect();
        let ridged: Vec<bool> = (0..width * height)
            .map(|i| {
                let energy = xx[i] + yy[i];
                let coherence = ((xx[i] - yy[i]).powi(2) + 4.0 * xy[i] * xy[i]).sqrt() / energy.max(1e-3);
                raw[i] && coherence > 0.22 && (0.2..0.85).contains(&crossings[i])
            })
            .collect();
        let skin = near_ridges(&raw, &ridged, width, height);
        let mask = tidy(&skin, width, height);
        let scale = step * CELL_PX as f32;
        Ok(Self { width, height, scale, dark, ridged, raw, mask })
    }
}

/// The image at [`GRID_PPI`] by averaging areas.
fn shrink(image: &GrayImage, w: usize, h: usize, step: f32) -> Vec<f32> {
    let (full, tall) = (image.width() as usize, image.height() as usize);
    let bounds = |i: usize, limit: usize| {
        let from = ((i as f32 * step) as usize).min(limit - 1);
        (from, (((i + 1) as f32 * step) as usize).clamp(from + 1, limit))
    };
    let columns: Vec<(usize, usize)> = (0..w).map(|x| bounds(x, full)).collect();
    let mut out = Vec::with_capacity(w * h);
    let mut line = vec![0u32; full];
    for y in 0..h {
        let (top, bottom) = bounds(y, tall);
        line.fill(0);
        for row in image.pixels()[top * full..bottom * full].chunks_exact(full) {
            line.iter_mut().zip(row).for_each(|(l, p)| *l += u32::from(*p));
        }
        for (from, to) in &columns {
            let sum: u32 = line[*from..*to].iter().sum();
            out.push(sum as f32 / ((to - from) * (bottom - top)) as f32);
        }
    }
    out
}

/// Sums per cell: mean, mean square, and the squared gradient.
struct Cells {
    mean: Field,
    square: Field,
    xx: Field,
    yy: Field,
    xy: Field,
}

impl Cells {
    fn new(pixels: &[f32], w: usize, width: usize, height: usize) -> Self {
        let zero = || vec![0.0f32; width * height];
        let mut cells = Self { mean: zero(), square: zero(), xx: zero(), yy: zero(), xy: zero() };
        let share = 1.0 / (CELL_PX * CELL_PX) as f32;
        let last = pixels.len() / w - 1;
        for y in 0..height * CELL_PX {
            let row = &pixels[y * w..(y + 1) * w];
            let (up, down) = (y.saturating_sub(1) * w, (y + 1).min(last) * w);
            let (up, down) = (&pixels[up..up + w], &pixels[down..down + w]);
            for x in 0..width * CELL_PX {
                let at = y / CELL_PX * width + x / CELL_PX;
                let p = row[x];
                let gx = row[(x + 1).min(w - 1)] - row[x.saturating_sub(1)];
                let gy = down[x] - up[x];
                cells.mean[at] += p * share;
                cells.square[at] += p * p * share;
                cells.xx[at] += gx * gx;
                cells.yy[at] += gy * gy;
                cells.xy[at] += gx * gy;
            }
        }
        cells
    }
}

/// How often pixels cross the local mean, per pixel, per cell (crossings along rows and columns are both
/// counted). A crossing counts when it goes from well above to well below or back: the grain on the slope of a
/// stain does not count.
fn crossings(
    pixels: &[f32],
    w: usize,
    mean: &[f32],
    deviation: &[f32],
    width: usize,
    height: usize,
) -> Field {
    let mut counts = vec![0.0f32; width * height];
    let share = 1.0 / (CELL_PX * CELL_PX) as f32;
    let mut above = vec![0i8; width * CELL_PX];
    for y in 0..height * CELL_PX {
        let mut before = 0i8;
        for (x, over) in above.iter_mut().enumerate() {
            let at = y / CELL_PX * width + x / CELL_PX;
            let off = pixels[y * w + x] - mean[at];
            if off.abs() < 0.4 * deviation[at] {
                continue;
            }
            let side = if off < 0.0 { -1 } else { 1 };
            if before + side == 0 {
                counts[at] += share;
            }
            if *over + side == 0 {
                counts[at] += share;
            }
            before = side;
            *over = side;
        }
    }
    counts
}

/// Mean over (2r+1)² cells; cells outside do not count.
pub(super) fn blur(field: &[f32], width: usize, height: usize, r: usize) -> Field {
    let mut across = vec![0.0f32; field.len()];
    for (to, from) in across.chunks_exact_mut(width).zip(field.chunks_exact(width)) {
        for (x, t) in to.iter_mut().enumerate() {
            let span = &from[x.saturating_sub(r)..(x + r + 1).min(width)];
            *t = span.iter().sum::<f32>() / span.len() as f32;
        }
    }
    let mut out = vec![0.0f32; field.len()];
    for y in 0..height {
        let (from, to) = (y.saturating_sub(r), (y + r + 1).min(height));
        let line = &mut out[y * width..(y + 1) * width];
        for row in across[from * width..to * width].chunks_exact(width) {
            line.iter_mut().zip(row).for_each(|(l, v)| *l += v);
        }
        line.iter_mut().for_each(|l| *l /= (to - from) as f32);
    }
    out
}

/// The platen without fingers: a plane of brightness, and how much it varies.
struct Ground {
    at: f32,
    per_x: f32,
    per_y: f32,
    noise: f32,
}

impl Ground {
    fn new(mean: &[f32], deviation: &[f32], width: usize, height: usize) -> Self {
        let calm = quantile(deviation, 0.3);
        let inside = |i: &usize| deviation[*i] <= calm;
        let start = quantile(&(0..mean.len()).filter(inside).map(|i| mean[i]).collect::<Vec<_>>(), 0.5);
        let mut ground = Self { at: start, per_x: 0.0, per_y: 0.0, noise: calm };
        for reach in [30.0, 15.0] {
            ground.fit(mean, width, height, |i, level| inside(&i) && (mean[i] - level).abs() < reach);
        }
        ground
    }

    fn level(&self, x: usize, y: usize) -> f32 {
        self.at + self.per_x * x as f32 + self.per_y * y as f32
    }

    /// Least squares on a thinned set of cells; leaves the plane as it is when they do not carry it.
    fn fit(&mut self, mean: &[f32], width: usize, height: usize, take: impl Fn(usize, f32) -> bool) {
        let (mx, my) = (width as f64 / 2.0, height as f64 / 2.0);
        let (mut n, mut sum, mut sx, mut sy) = (0.0, 0.0, 0.0, 0.0);
        let (mut sxx, mut syy, mut sxy, mut sxv, mut syv) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (i, value) in mean.iter().enumerate() {
            let (cx, cy) = (i % width, i / width);
            if take(i, self.level(cx, cy)) {
                let (x, y, v) = (cx as f64 - mx, cy as f64 - my, f64::from(*value));
                n += 1.0;
                sum += v;
                sx += x;
                sy += y;
                sxx += x * x;
                syy += y * y;
                sxy += x * y;
                sxv += x * v;
                syv += y * v;
            }
        }
        if n < 50.0 {
            return;
        }
        let (xx, yy, xy) = (sxx - sx * sx / n, syy - sy * sy / n, sxy - sx * sy / n);
        let (xv, yv) = (sxv - sx * sum / n, syv - sy * sum / n);
        let det = xx * yy - xy * xy;
        if det <= 1e-3 * xx * yy || det <= 0.0 {
            return;
        }
        let (a, b) = ((xv * yy - yv * xy) / det, (yv * xx - xv * xy) / det);
        self.per_x = a as f32;
        self.per_y = b as f32;
        self.at = ((sum - a * sx - b * sy) / n - a * mx - b * my) as f32;
    }
}

/// Value below which a share of the (thinned) values lies; 0 for none.
pub(super) fn quantile(values: &[f32], share: f32) -> f32 {
    let thin = (values.len() / 20_000).max(1);
    let mut few: Vec<f32> = values.iter().copied().step_by(thin).collect();
    if few.is_empty() {
        return 0.0;
    }
    let at = ((few.len() - 1) as f32 * share.clamp(0.0, 1.0)) as usize;
    *few.select_nth_unstable_by(at, f32::total_cmp).1
}

/// Deviation that tells a print from the ground: above the noise, and a good part of what the strongest
/// prints of this image have, so that the ghost of an earlier hand stays below.
fn threshold(deviation: &[f32], noise: f32) -> f32 {
    let floor = (2.4 * noise).clamp(6.0, 26.0);
    let strong: Vec<f32> = deviation.iter().copied().filter(|d| *d > floor).collect();
    floor.max(0.27 * quantile(&strong, 0.85))
}

/// Usual darkness where prints are.
fn shade_of_prints(dark: &[f32], deviation: &[f32], threshold: f32) -> f32 {
    let prints: Vec<f32> =
        dark.iter().zip(deviation).filter(|(_, d)| **d > threshold).map(|(k, _)| *k).collect();
    quantile(&prints, 0.5).max(30.0)
}

/// Foreground less what has no ridges about it: stains and grains that touch a finger are not part of it.
fn near_ridges(raw: &[bool], ridged: &[bool], width: usize, height: usize) -> Vec<bool> {
    let share: Field = ridged.iter().map(|r| f32::from(u8::from(*r))).collect();
    let share = blur(&share, width, height, 3);
    raw.iter().zip(&share).map(|(r, s)| *r && *s > 0.18).collect()
}

/// Closes gaps of up to 4 cells (0.7 mm each side of a cell's middle), then removes what is thinner than 5.
fn tidy(raw: &[bool], width: usize, height: usize) -> Vec<bool> {
    let share = |m: &[bool], r: usize| {
        blur(&m.iter().map(|b| f32::from(u8::from(*b))).collect::<Vec<_>>(), width, height, r)
    };
    let grow = |m: &[bool], r| share(m, r).iter().map(|s| *s > 1e-4).collect::<Vec<bool>>();
    let thin = |m: &[bool], r| share(m, r).iter().map(|s| *s > 1.0 - 1e-4).collect::<Vec<bool>>();
    let closed = thin(&grow(raw, 2), 2);
    grow(&thin(&closed, 2), 2)
}

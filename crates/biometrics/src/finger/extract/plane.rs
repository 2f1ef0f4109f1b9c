//! The image as numbers with a margin, so that filters need no checks at its border.

use crate::image::GrayImage;

/// Side of a cell in pixels: the grid of everything local.
pub(crate) const CELL_PX: usize = 8;
/// Margin on every side in pixels; at least the radius of the largest filter.
pub(crate) const MARGIN_PX: usize = 24;

/// Contrast below which an image shows nothing but the sensor's noise, in grey levels.
const BLANK_DEVIATION: f32 = 8.0;

/// A plane of numbers: whole cells plus the margin around them.
pub(crate) struct Plane {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) stride: usize,
    pub(crate) values: Vec<f32>,
}

impl Plane {
    pub(crate) fn zero(columns: usize, rows: usize) -> Self {
        let stride = columns * CELL_PX + 2 * MARGIN_PX;
        let lines = rows * CELL_PX + 2 * MARGIN_PX;
        Self { columns, rows, stride, values: vec![0.0; stride * lines] }
    }

    /// Index of pixel (x, y) of the image.
    pub(crate) fn index(&self, x: usize, y: usize) -> usize {
        (y + MARGIN_PX) * self.stride + x + MARGIN_PX
    }

    /// The image with local mean 0 and local deviation 1, within -2 to 2; ridges are negative. `None` when the
    /// image has no contrast anywhere.
    pub(crate) fn normalised(image: &GrayImage) -> Option<Self> {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (columns, rows) = (width.div_ceil(CELL_PX), height.div_ceil(CELL_PX));
        let stats = Stats::new(image, columns, rows);
        if stats.reference() < BLANK_DEVIATION {
            return None;
        }
        let floor = 0.3 * stats.reference();
        let mean = smooth(&stats.mean, columns, rows);
        let deviation = smooth(&smooth(&stats.deviation, columns, rows), columns, rows);
        let gain: Vec<f32> = deviation.iter().map(|d| 1.0 / d.max(floor)).collect();
        let mut plane = Self::zero(columns, rows);
        let mut means = vec![0.0f32; columns * CELL_PX];
        let mut gains = means.clone();
        for y in 0..height {
            expand_line(&mean, columns, rows, y, &mut means);
            expand_line(&gain, columns, rows, y, &mut gains);
            let at = plane.index(0, y);
            let line = &image.pixels()[y * width..(y + 1) * width];
            for (x, (to, from)) in plane.values[at..at + width].iter_mut().zip(line).enumerate() {
                *to = ((f32::from(*from) - means[x]) * gains[x]).clamp(-2.0, 2.0);
            }
        }
        Some(plane)
    }
}

/// Mean and deviation of grey in each cell.
pub(crate) struct Stats {
    pub(crate) mean: Vec<f32>,
    pub(crate) deviation: Vec<f32>,
}

impl Stats {
    pub(crate) fn new(image: &GrayImage, columns: usize, rows: usize) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (mut mean, mut deviation) =
            (Vec::with_capacity(columns * rows), Vec::with_capacity(columns * rows));
        for row in 0..rows {
            for column in 0..columns {
                let (from, to) = (column * CELL_PX, ((column + 1) * CELL_PX).min(width));
                let (mut n, mut sum, mut squares) = (0u32, 0u32, 0u32);
                for y in row * CELL_PX..((row + 1) * CELL_PX).min(height) {
                    for p in &image.pixels()[y * width + from..y * width + to] {
                        let p = u32::from(*p);
                        (n, sum, squares) = (n + 1, sum + p, squares + p * p);
                    }
                }
                let n = n.max(1) as f32;
                let m = sum as f32 / n;
                mean.push(m);
                deviation.push((squares as f32 / n - m * m).max(0.0).sqrt());
            }
        }
        Self { mean, deviation }
    }

    /// The contrast of good ridges: the 95th percentile of the cells, so that a small print on a large ground
    /// still tells it.
    pub(crate) fn reference(&self) -> f32 {
        let mut all = self.deviation.clone();
        let at = all.len() * 19 / 20;
        if at >= all.len() {
            return 0.0;
        }
        let (_, value, _) = all.select_nth_unstable_by(at, f32::total_cmp);
        *value
    }
}

/// One pass of the binomial kernel 1-2-1 over a grid, both ways; the border counts itself.
pub(crate) fn smooth(grid: &[f32], columns: usize, rows: usize) -> Vec<f32> {
    let mut across = vec![0.0f32; grid.len()];
    for row in 0..rows {
        let line = &grid[row * columns..(row + 1) * columns];
        for column in 0..columns {
            let (l, r) = (line[column.saturating_sub(1)], line[(column + 1).min(columns - 1)]);
            across[row * columns + column] = 0.25 * (l + r) + 0.5 * line[column];
        }
    }
    let mut out = vec![0.0f32; grid.len()];
    for row in 0..rows {
        let (up, down) = (row.saturating_sub(1), (row + 1).min(rows - 1));
        for column in 0..columns {
            out[row * columns + column] = 0.25
                * (across[up * columns + column] + across[down * columns + column])
                + 0.5 * across[row * columns + column];
        }
    }
    out
}

/// One line of pixels of a grid of cells, bilinear between the cells' middles. `line` holds whole cells.
fn expand_line(grid: &[f32], columns: usize, rows: usize, y: usize, line: &mut [f32]) {
    let t = ((y as f32 + 0.5) / CELL_PX as f32 - 0.5).clamp(0.0, rows as f32 - 1.0);
    let (upper, v) = (t as usize, t.fract());
    let lower = (upper + 1).min(rows - 1);
    let at = |column: usize| {
        let (a, b) = (grid[upper * columns + column], grid[lower * columns + column]);
        a + (b - a) * v
    };
    let (mut before, mut here) = (at(0), at(0));
    for (column, cell) in line.chunks_exact_mut(CELL_PX).enumerate() {
        let after = at((column + 1).min(columns - 1));
        for (k, to) in cell.iter_mut().enumerate() {
            let u = (k as f32 + 0.5) / CELL_PX as f32 - 0.5;
            *to = here + u * if k < CELL_PX / 2 { here - before } else { after - here };
        }
        (before, here) = (here, after);
    }
}

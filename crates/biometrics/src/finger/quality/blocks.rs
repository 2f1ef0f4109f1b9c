//! What the local features share: the crop, the blocks, their orientation, and the turned block.
//!
//! After NFIQ 2.3 (public domain): `nfiq2_fingerprintimagedata.cpp` and `common_functions.cpp`. Where those call
//! OpenCV, the arithmetic of OpenCV 4 is kept (fixed point in `warpAffine`), so that bins do not shift.

use crate::image::GrayImage;

/// Side of a block in pixels at 500 ppi.
pub const BLOCK_PX: usize = 32;
/// Pixels around a block that its turned window needs: half of ceil(sqrt(32² + 16²)) - 32.
pub const BORDER_PX: usize = 2;
/// Side of the turned window.
pub const WINDOW_PX: usize = BLOCK_PX + 2 * BORDER_PX;
/// A row or column whose mean is above this belongs to the white frame.
const FRAME_MEAN: f64 = 250.0;
/// A block whose deviation is at most this share of the image's is ground.
const GROUND_SHARE: f64 = 0.1;

/// A grey image as the features see it.
#[derive(Debug, Clone)]
pub struct Plane {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Pixels, row-major.
    pub pixels: Vec<u8>,
    /// Pixels cut off at the left.
    pub left: usize,
    /// Pixels cut off at the top.
    pub top: usize,
}

impl Plane {
    /// The image as it is.
    #[must_use]
    pub fn whole(image: &GrayImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        Self { width, height, pixels: image.pixels().to_vec(), left: 0, top: 0 }
    }

    /// The image without its near-white frame.
    #[must_use]
    pub fn cropped(image: &GrayImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let pixels = image.pixels();
        let mut columns = vec![0u64; width];
        let mut rows = Vec::with_capacity(height);
        for line in pixels.chunks_exact(width) {
            rows.push(line.iter().map(|p| u64::from(*p)).sum::<u64>());
            columns.iter_mut().zip(line).for_each(|(sum, p)| *sum += u64::from(*p));
        }
        let (top, bottom) = inner(&rows, width);
        let (left, right) = inner(&columns, height);
        let cut =
            (top..=bottom).flat_map(|y| &pixels[y * width + left..=y * width + right]).copied().collect();
        Self { width: right - left + 1, height: bottom - top + 1, pixels: cut, left, top }
    }

    /// The pixels of row `y`.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// Sum and sum of squares over a rectangle inside the image.
    #[must_use]
    pub fn sums(&self, x: usize, y: usize, width: usize, height: usize) -> (u64, u64) {
        let (mut sum, mut squares) = (0u64, 0u64);
        for line in y..y + height {
            // A row of at most 8192 pixels stays below 2^32.
            let (mut s, mut q) = (0u32, 0u32);
            for p in &self.row(line)[x..x + width] {
                s += u32::from(*p);
                q += u32::from(*p) * u32::from(*p);
            }
            sum += u64::from(s);
            squares += u64::from(q);
        }
        (sum, squares)
    }

    /// Mean and deviation of the whole image.
    #[must_use]
    pub fn mean_deviation(&self) -> (f64, f64) {
        let (sum, squares) = self.sums(0, 0, self.width, self.height);
        mean_deviation(sum, squares, self.width * self.height)
    }

    /// Corners and sizes of the blocks of a grid from the top left, row by row; those at the right and the bottom may
    /// be smaller.
    pub fn tiles(&self) -> impl Iterator<Item = (usize, usize, usize, usize)> + '_ {
        (0..self.height).step_by(BLOCK_PX).flat_map(move |y| {
            (0..self.width)
                .step_by(BLOCK_PX)
                .map(move |x| (x, y, BLOCK_PX.min(self.width - x), BLOCK_PX.min(self.height - y)))
        })
    }
}

/// First and last line that stay, for the sums of lines of `length` pixels.
fn inner(sums: &[u64], length: usize) -> (usize, usize) {
    let inked = |sum: &u64| *sum as f64 / length as f64 <= FRAME_MEAN;
    let last = sums.len() - 1;
    let from = sums.iter().position(inked).unwrap_or(0);
    let to = sums.iter().rposition(inked).unwrap_or(last);
    (from, to)
}

fn mean_deviation(sum: u64, squares: u64, count: usize) -> (f64, f64) {
    let scale = 1.0 / count as f64;
    let mean = sum as f64 * scale;
    (mean, (squares as f64 * scale - mean * mean).max(0.0).sqrt())
}

/// Covariance of the grey gradients in a block: central differences, one-sided at the block's own rim.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gradients {
    /// Mean square of the gradient along x.
    pub xx: f64,
    /// Mean square of the gradient along y.
    pub yy: f64,
    /// Mean product.
    pub xy: f64,
}

impl Gradients {
    /// Of the full block whose corner is (x, y).
    #[must_use]
    pub fn of(plane: &Plane, x: usize, y: usize) -> Self {
        let (mut xx, mut yy, mut xy) = (0i64, 0i64, 0i64);
        for_gradients(plane, (x, y, BLOCK_PX, BLOCK_PX), |gx, gy| {
            xx += i64::from(gx * gx);
            yy += i64::from(gy * gy);
            xy += i64::from(gx * gy);
        });
        // Gradients were doubled to stay whole, so products are four times too large. Exact in f64.
        let scale = 4.0 * (BLOCK_PX * BLOCK_PX) as f64;
        Self { xx: xx as f64 / scale, yy: yy as f64 / scale, xy: xy as f64 / scale }
    }

    /// Angle across the ridges in radians (`ridgeorient`; it lacks the factor 2 of the textbook, and so do we).
    #[must_use]
    pub fn angle(&self) -> f64 {
        let difference = self.xx - self.yy;
        let norm = (self.xy * self.xy + difference * difference) + f64::EPSILON;
        (self.xy / norm).atan2(difference / norm) / 2.0
    }

    /// Orientation certainty: 1 minus the ratio of the covariance's eigenvalues; `None` for a flat block.
    #[must_use]
    pub fn certainty(&self) -> Option<f64> {
        let (sum, difference) = (self.xx + self.yy, self.xx - self.yy);
        let root = (difference * difference + 4.0 * (self.xy * self.xy)).sqrt();
        let (large, small) = ((sum + root) / 2.0, (sum - root) / 2.0);
        (large != 0.0).then(|| 1.0 - small / large)
    }
}

/// Calls `each` with twice the gradient at every pixel of a rectangle (x, y, width, height), row by row; gradients at
/// the rectangle's rim look inwards only, and are 0 across a single line.
pub fn for_gradients(
    plane: &Plane,
    (x, y, width, height): (usize, usize, usize, usize),
    mut each: impl FnMut(i32, i32),
) {
    let row = |line: usize| &plane.row(y + line)[x..x + width];
    for line in 0..height {
        let (up, down) = (line.saturating_sub(1), (line + 1).min(height - 1));
        let vertical = if down - up == 2 { 1 } else { 2 };
        let (above, middle, below) = (row(up), row(line), row(down));
        for column in 0..width {
            let (before, after) = (column.saturating_sub(1), (column + 1).min(width - 1));
            let horizontal = if after - before == 2 { 1 } else { 2 };
            let gx = horizontal * (i32::from(middle[after]) - i32::from(middle[before]));
            let gy = vertical * (i32::from(below[column]) - i32::from(above[column]));
            each(gx, gy);
        }
    }
}

/// The blocks that local features are taken from: a grid that keeps [`BORDER_PX`] of the image around it.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Blocks side by side.
    pub columns: usize,
    /// Blocks one above the other.
    pub rows: usize,
    /// Angle across the ridges of every block.
    pub angles: Vec<f64>,
    /// Whether a block lies in the print as a whole.
    pub print: Vec<bool>,
}

impl Grid {
    /// Measures the blocks of an image (`ridgesegment`, `covcoef`, `ridgeorient`).
    #[must_use]
    pub fn new(plane: &Plane) -> Self {
        let along = |side: usize| side.saturating_sub(2 * BORDER_PX) / BLOCK_PX;
        let (columns, rows) = (along(plane.width), along(plane.height));
        let (_, spread) = plane.mean_deviation();
        let tile_columns = plane.width.div_ceil(BLOCK_PX);
        let inked: Vec<bool> = plane
            .tiles()
            .map(|(x, y, width, height)| {
                let (sum, squares) = plane.sums(x, y, width, height);
                mean_deviation(sum, squares, width * height).1 / spread > GROUND_SHARE
            })
            .collect();
        let mut grid = Self { columns, rows, angles: Vec::with_capacity(columns * rows), print: Vec::new() };
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = Self::corner(column, row);
                grid.angles.push(Gradients::of(plane, x, y).angle());
                // The mask is made of tiles from the image's corner; a shifted block lies on four of them.
                let tile = row * tile_columns + column;
                let under = [tile, tile + 1, tile + tile_columns, tile + tile_columns + 1];
                grid.print.push(under.iter().all(|t| inked.get(*t).copied().unwrap_or(false)));
            }
        }
        grid
    }

    /// Left and top of a block in pixels.
    #[must_use]
    pub fn corner(column: usize, row: usize) -> (usize, usize) {
        (BORDER_PX + column * BLOCK_PX, BORDER_PX + row * BLOCK_PX)
    }

    /// Column, row and angle of the blocks in the print, row by row.
    pub fn in_print(&self) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        self.print
            .iter()
            .zip(&self.angles)
            .enumerate()
            .filter(|(_, (print, _))| **print)
            .map(|(i, (_, angle))| (i % self.columns, i / self.columns, *angle))
    }
}

/// A block's window of 36x36 pixels, turned.
pub type Window = [[u8; WINDOW_PX]; WINDOW_PX];

/// The window of a block turned by `angle` radians (`getRotatedBlock`): nearest neighbour, 0 outside.
///
/// `margin` is the padding that NFIQ 2 adds for some features: OpenCV's `copyMakeBorder` takes it from the image around
/// the window where there is one. The turned window keeps its size, so it then shows the padded one's upper left.
#[must_use]
pub fn turned(plane: &Plane, column: usize, row: usize, angle: f64, margin: usize) -> Window {
    const ONE: f64 = 1024.0; // AB_SCALE of OpenCV's warpAffine
    let side = WINDOW_PX + 2 * margin;
    let centre = side as f64 / 2.0;
    let degrees = angle * (180.0 / std::f64::consts::PI);
    let (beta, alpha) = (degrees * (std::f64::consts::PI / 180.0)).sin_cos();
    let forward = [
        alpha,
        beta,
        (1.0 - alpha) * centre - beta * centre,
        -beta,
        alpha,
        beta * centre + (1.0 - alpha) * centre,
    ];
    let inverse = inverted(forward);
    let fixed = |v: f64| (v * ONE).round_ties_even() as i32;
    let dx: [i32; WINDOW_PX] = std::array::from_fn(|x| fixed(inverse[0] * x as f64));
    let dy: [i32; WINDOW_PX] = std::array::from_fn(|x| fixed(inverse[3] * x as f64));
    let mut window = [[0u8; WINDOW_PX]; WINDOW_PX];
    // From window coordinates to the image's; the grid starts BORDER_PX inside.
    let (left, top) = ((column * BLOCK_PX) as i32 - margin as i32, (row * BLOCK_PX) as i32 - margin as i32);
    let (width, height) = (plane.width as i32, plane.height as i32);
    for (y, line) in window.iter_mut().enumerate() {
        let from_x = fixed(inverse[1] * y as f64 + inverse[2]) + 512;
        let from_y = fixed(inverse[4] * y as f64 + inverse[5]) + 512;
        for (x, pixel) in line.iter_mut().enumerate() {
            let (sx, sy) = ((from_x + dx[x]) >> 10, (from_y + dy[x]) >> 10);
            let inside = |v: i32| (0..side as i32).contains(&v);
            let (ix, iy) = (left + sx, top + sy);
            if inside(sx) && inside(sy) && (0..width).contains(&ix) && (0..height).contains(&iy) {
                *pixel = plane.pixels[iy as usize * plane.width + ix as usize];
            }
        }
    }
    window
}

/// Inverse of an affine map, in the order of operations of OpenCV's `warpAffine`.
fn inverted(m: [f64; 6]) -> [f64; 6] {
    let det = m[0] * m[4] - m[1] * m[3];
    let det = if det == 0.0 { 0.0 } else { 1.0 / det };
    let (a, e) = (m[4] * det, m[0] * det);
    let (b, d) = (m[1] * -det, m[3] * -det);
    [a, b, -a * m[2] - b * m[5], d, e, -d * m[2] - e * m[5]]
}

/// Ridges and valleys along a turned window's columns (`getRidgeValleyStructure`): the columns' means against their
/// straight line of least squares.
#[derive(Debug, Clone)]
pub struct Profile<const N: usize> {
    /// Whether a column is ridge.
    pub ridge: [bool; N],
    /// The line at each column.
    pub line: [f64; N],
}

impl<const N: usize> Profile<N> {
    /// Of `N` columns from `left` and `rows` of a window.
    #[must_use]
    pub fn of(window: &Window, left: usize, rows: std::ops::Range<usize>) -> Self {
        let count = rows.len() as f64;
        let mut sums = [0u32; N];
        for line in &window[rows] {
            sums.iter_mut().zip(&line[left..left + N]).for_each(|(s, p)| *s += u32::from(*p));
        }
        let means = sums.map(|s| f64::from(s) / count);
        let n = N as f64;
        let mid = (n + 1.0) / 2.0;
        let mean = means.iter().sum::<f64>() / n;
        let across = n * (n * n - 1.0) / 12.0;
        let slope = means.iter().enumerate().map(|(i, v)| ((i + 1) as f64 - mid) * v).sum::<f64>() / across;
        // Rounded to ten decimals, as NFIQ 2 does to be the same on every platform.
        let tidy = |v: f64| (v * 1e10).round() / 1e10;
        let (slope, start) = (tidy(slope), tidy(mean - slope * mid));
        let line: [f64; N] = std::array::from_fn(|i| (i + 1) as f64 * slope + start);
        Self { ridge: std::array::from_fn(|i| means[i] < line[i]), line }
    }
}

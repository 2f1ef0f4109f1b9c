//! Contextual filtering: each small block of pixels by the Gabor kernel of its ridges.

use std::f32::consts::PI;
use std::sync::Arc;

use super::field::Field;
use super::plane::{CELL_PX, Plane};

const RADIUS: usize = 8;
const SIDE: usize = 2 * RADIUS + 1;
const ANGLES: usize = 48;
/// Ridge periods of the kernels in pixels.
const PERIODS: [f32; 9] = [5.5, 6.3, 7.1, 8.0, 9.0, 10.0, 11.2, 12.5, 14.0];
/// Lines of a block that share one kernel; its columns are a cell's.
const LINES: usize = 4;

/// Gabor kernels for every direction and period.
#[derive(Clone)]
pub(crate) struct Bank {
    kernels: Arc<Vec<f32>>,
}

impl std::fmt::Debug for Bank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bank({} taps)", self.kernels.len())
    }
}

impl Bank {
    pub(crate) fn new() -> Self {
        let mut kernels = Vec::with_capacity(PERIODS.len() * ANGLES * SIDE * SIDE);
        for period in PERIODS {
            for a in 0..ANGLES {
                kernels.extend(gabor(a as f32 * PI / ANGLES as f32, period));
            }
        }
        Self { kernels: Arc::new(kernels) }
    }

    fn get(&self, cos2: f32, sin2: f32, period: f32) -> &[f32] {
        let theta = (0.5 * sin2.atan2(cos2)).rem_euclid(PI);
        let a = (theta / PI * ANGLES as f32 + 0.5) as usize % ANGLES;
        let p = PERIODS.windows(2).filter(|w| period > 0.5 * (w[0] + w[1])).count();
        let at = (p * ANGLES + a) * SIDE * SIDE;
        &self.kernels[at..at + SIDE * SIDE]
    }

    /// The filtered plane: negative on ridges, positive in valleys, 0 where there is no print. A clean ridge
    /// pattern of deviation 1 answers with about 1.4.
    pub(crate) fn enhance(&self, plane: &Plane, field: &Field) -> Plane {
        let mut out = Plane::zero(plane.columns, plane.rows);
        for row in 0..field.rows {
            for column in 0..field.columns {
                let cell = row * field.columns + column;
                if !field.mask[cell] {
                    continue;
                }
                for half in 0..CELL_PX / LINES {
                    // A block's own direction lies a quarter of the way to the next cell above or below.
                    let other = if half == 0 { row.saturating_sub(1) } else { (row + 1).min(field.rows - 1) };
                    let other = other * field.columns + column;
                    let near = |grid: &[f32]| 0.75 * grid[cell] + 0.25 * grid[other];
                    let kernel = self.get(near(&field.cos2), near(&field.sin2), field.period[cell]);
                    let at = plane.index(column * CELL_PX, row * CELL_PX + half * LINES);
                    block(plane, kernel, at, &mut out.values);
                }
            }
        }
        out
    }
}

/// Filters the block of `CELL_PX` x `LINES` pixels at index `at`.
fn block(plane: &Plane, kernel: &[f32], at: usize, out: &mut [f32]) {
    let stride = plane.stride;
    let mut sums = [[0.0f32; CELL_PX]; LINES];
    let corner = at - RADIUS * stride - RADIUS;
    for (line, taps) in kernel.chunks_exact(SIDE).enumerate() {
        let from = corner + line * stride;
        let (a, b) = (&plane.values[from..from + 24], &plane.values[from + stride..from + stride + 24]);
        let (c, d) = (
            &plane.values[from + 2 * stride..from + 2 * stride + 24],
            &plane.values[from + 3 * stride..from + 3 * stride + 24],
        );
        for (t, k) in taps.iter().enumerate() {
            for (sum, row) in sums.iter_mut().zip([a, b, c, d]) {
                for (s, v) in sum.iter_mut().zip(&row[t..t + CELL_PX]) {
                    *s += k * v;
                }
            }
        }
    }
    for (i, sum) in sums.iter().enumerate() {
        out[at + i * stride..at + i * stride + CELL_PX].copy_from_slice(sum);
    }
}

/// Even Gabor kernel for ridges along `theta` (y down): no answer to an even ground, 1 to its own wave.
fn gabor(theta: f32, period: f32) -> [f32; SIDE * SIDE] {
    let (across, along) = (0.42 * period, 3.0 + 0.15 * period);
    let (sin, cos) = theta.sin_cos();
    let place = |i: usize| {
        let (x, y) = ((i % SIDE) as f32 - RADIUS as f32, (i / SIDE) as f32 - RADIUS as f32);
        (x * cos + y * sin, y * cos - x * sin)
    };
    let bell: [f32; SIDE * SIDE] = std::array::from_fn(|i| {
        let (u, v) = place(i);
        (-0.5 * ((u / along).powi(2) + (v / across).powi(2))).exp()
    });
    let wave: [f32; SIDE * SIDE] = std::array::from_fn(|i| (2.0 * PI * place(i).1 / period).cos());
    let mean = bell.iter().zip(&wave).map(|(b, w)| b * w).sum::<f32>() / bell.iter().sum::<f32>();
    let mut kernel: [f32; SIDE * SIDE] = std::array::from_fn(|i| bell[i] * (wave[i] - mean));
    let answer = kernel.iter().zip(&wave).map(|(k, w)| k * w).sum::<f32>();
    kernel.iter_mut().for_each(|k| *k /= answer);
    kernel
}

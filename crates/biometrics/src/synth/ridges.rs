//! Ridge growth: an orientation field with cores and deltas, filled with ridges by iterated Gabor filtering.

use std::f32::consts::PI;

use super::rng::{Noise, Rng, smooth_step};
use crate::position::{FingerPosition, Hand};

/// Master field, in cells of 2 pixels at 500 ppi (250 ppi keeps a 9 px ridge at 4.5 cells, above Nyquist).
pub(super) const CELL_PX: f32 = 2.0;
pub(super) const COLUMNS: usize = 232;
pub(super) const ROWS: usize = 312;

const RADIUS: usize = 5;
const TAPS: usize = 12; // 2 * RADIUS + 1, padded to whole vectors
const SIDE: usize = 2 * RADIUS + 1;
const ANGLES: usize = 60;
const PERIODS: usize = 5;
const MARGIN: usize = 6;
const STRIDE: usize = COLUMNS + 2 * MARGIN;
const ITERATIONS: usize = 22;

/// The classes of Galton and Henry that the generator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternClass {
    /// No core, no delta.
    Arch,
    /// Ridges come in from the left and go back.
    LeftLoop,
    /// Ridges come in from the right and go back.
    RightLoop,
    /// Two cores and two deltas.
    Whorl,
}

/// Where the ridges run: singular points after Sherlock and Monro ("A model for interpreting fingerprint
/// topology", 1993), with the piecewise linear correction of Vizcaya and Gerhardt (1996) and a fall of the
/// ridges towards the sides of the finger's tip. Coordinates: pixels from the middle, y up.
pub(super) struct Orientation {
    pub(super) class: PatternClass,
    cores: Vec<(f32, f32)>,
    deltas: Vec<(f32, f32)>,
    bends: [f32; 8],
    arch_height: f32,
    tip: f32,
    turn: (f32, f32),
}

impl Orientation {
    pub(super) fn new(rng: &mut Rng, position: FingerPosition) -> Self {
        let class = pick_class(rng, position);
        let mut cores = Vec::new();
        let mut deltas = Vec::new();
        let up = rng.range(5.0, 75.0);
        let side = rng.range(-25.0, 25.0);
        match class {
            PatternClass::Arch => {}
            PatternClass::LeftLoop | PatternClass::RightLoop => {
                let sign = if class == PatternClass::RightLoop { -1.0 } else { 1.0 };
                cores.push((side, up));
                deltas.push((sign * rng.range(70.0, 150.0), -rng.range(50.0, 140.0)));
            }
            PatternClass::Whorl => {
                let gap = rng.range(35.0, 95.0);
                let lean = rng.range(-25.0, 25.0);
                cores.push((side + lean, up));
                cores.push((side - lean, up - gap));
                deltas.push((-rng.range(100.0, 140.0), -rng.range(80.0, 140.0)));
                deltas.push((rng.range(100.0, 140.0), -rng.range(80.0, 140.0)));
            }
        }
        Self {
            class,
            cores,
            deltas,
            bends: std::array::from_fn(|_| rng.range(-0.3, 0.3)),
            arch_height: rng.range(0.7, 1.3),
            tip: rng.range(0.28, 0.5),
            turn: rng.range(-0.2, 0.2).sin_cos(),
        }
    }

    /// Ridge direction in radians, counter-clockwise from the right, modulo pi.
    fn at(&self, x: f32, y: f32) -> f32 {
        // A finger's pattern as a whole stands a little crooked.
        let (sin, cos) = self.turn;
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        self.upright(x, y) + sin.asin()
    }

    fn upright(&self, x: f32, y: f32) -> f32 {
        let tip = -self.tip * (x / 130.0).clamp(-1.6, 1.6) * smooth_step(-20.0, 230.0, y);
        if self.class == PatternClass::Arch {
            let rise = self.arch_height * (-((y + 40.0) / 130.0).powi(2)).exp() + 0.12;
            return (-rise * (PI * (x / 190.0).clamp(-1.0, 1.0)).sin()).atan() + tip;
        }
        let turn = |p: &(f32, f32)| {
            let a = (y - p.1).atan2(x - p.0);
            a + self.bend(a)
        };
        0.5 * (self.cores.iter().map(turn).sum::<f32>() - self.deltas.iter().map(turn).sum::<f32>()) + tip
    }

    /// The correction at angle `a`: linear between eight control values, periodic.
    fn bend(&self, a: f32) -> f32 {
        let t = (a + PI) / (PI / 4.0);
        let i = t.floor();
        let (lo, hi) = (self.bends[i as usize % 8], self.bends[(i as usize + 1) % 8]);
        lo + (hi - lo) * (t - i)
    }
}

/// Shares as they are commonly counted: about 5 % arches, 30 % whorls, the rest loops that open to the little
/// finger's side in 19 of 20 cases; thumbs and rings have more whorls.
fn pick_class(rng: &mut Rng, position: FingerPosition) -> PatternClass {
    use FingerPosition as F;
    let whorls = if matches!(position, F::RightThumb | F::LeftThumb | F::RightRing | F::LeftRing) {
        0.42
    } else {
        0.24
    };
    let (kind, side) = (rng.unit(), rng.unit());
    if kind < 0.05 {
        PatternClass::Arch
    } else if kind < 0.05 + whorls {
        PatternClass::Whorl
    } else if (position.hand() == Hand::Right) == (side < 0.95) {
        PatternClass::RightLoop
    } else {
        PatternClass::LeftLoop
    }
}

/// Grows ridges: 1 on a ridge, -1 in a valley. `period_px` is the mean distance of ridges; `reach(y)` is how far
/// the skin goes from the middle to either side, in pixels at height `y` (y down), negative for not at all.
pub(super) fn grow(
    rng: &mut Rng,
    orientation: &Orientation,
    period_px: f32,
    reach: impl Fn(f32) -> f32,
) -> Vec<f32> {
    let spans: Vec<(usize, usize)> = (0..ROWS)
        .map(|row| {
            let half = (reach((row as f32 - ROWS as f32 / 2.0) * CELL_PX) / CELL_PX).max(0.0) as usize;
            let half = half.min(COLUMNS / 2);
            (COLUMNS / 2 - half, COLUMNS / 2 + half)
        })
        .collect();
    let bank = KernelBank::new(period_px / CELL_PX);
    let kernels = kernel_map(rng, orientation, period_px / CELL_PX, &bank);
    let mut field = vec![0.0f32; STRIDE * (ROWS + 2 * MARGIN)];
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            field[(row + MARGIN) * STRIDE + column + MARGIN] = rng.range(-1.0, 1.0);
        }
    }
    let mut next = field.clone();
    for round in 0..ITERATIONS {
        // Soft start, then hard enough that ridges reach full height.
        let gain = if round < 4 { 2.5 } else { 1.35 };
        for (row, (from, to)) in spans.iter().enumerate() {
            for column in *from..*to {
                let kernel = bank.get(kernels[row * COLUMNS + column]);
                let sum = convolve(&field, (row + MARGIN) * STRIDE + column + MARGIN, kernel);
                next[(row + MARGIN) * STRIDE + column + MARGIN] = (gain * sum).clamp(-1.0, 1.0);
            }
        }
        std::mem::swap(&mut field, &mut next);
    }
    (0..ROWS)
        .flat_map(|row| {
            let at = (row + MARGIN) * STRIDE + MARGIN;
            field[at..at + COLUMNS].iter().copied()
        })
        .collect()
}

/// Which kernel each cell uses: orientation with a little slow noise, and a ridge period that varies over the
/// finger by about a tenth and is wider below the cores.
fn kernel_map(rng: &mut Rng, orientation: &Orientation, period: f32, bank: &KernelBank) -> Vec<u16> {
    let (width, height) = (COLUMNS as f32, ROWS as f32);
    let sway = Noise::new(rng, width, height, 38.0);
    let spread = Noise::new(rng, width, height, 55.0);
    let mut map = Vec::with_capacity(COLUMNS * ROWS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (c, r) = (column as f32, row as f32);
            let x = (c - width / 2.0) * CELL_PX;
            let y = (height / 2.0 - r) * CELL_PX;
            let theta = orientation.at(x, y) + 0.26 * sway.at(c, r);
            let wide = 1.0 + 0.09 * spread.at(c, r) + 0.09 * smooth_step(60.0, -220.0, y);
            map.push(bank.index(theta, period * wide));
        }
    }
    map
}

fn convolve(field: &[f32], centre: usize, kernel: &[f32]) -> f32 {
    let mut sums = [0.0f32; TAPS];
    let start = centre - RADIUS * STRIDE - RADIUS;
    for (line, taps) in kernel.chunks_exact(TAPS).enumerate() {
        let from = start + line * STRIDE;
        for (s, (a, k)) in sums.iter_mut().zip(field[from..from + TAPS].iter().zip(taps)) {
            *s += a * k;
        }
    }
    sums.iter().sum()
}

/// Gabor kernels for every orientation and a few periods, each without a mean and with unit answer to its wave.
struct KernelBank {
    kernels: Vec<f32>,
    shortest: f32,
    step: f32,
}

impl KernelBank {
    fn new(period: f32) -> Self {
        let (shortest, step) = (period * 0.88, period * 0.08);
        let mut kernels = Vec::with_capacity(PERIODS * ANGLES * SIDE * TAPS);
        for p in 0..PERIODS {
            for a in 0..ANGLES {
                let theta = a as f32 * PI / ANGLES as f32;
                kernels.extend(gabor(theta, shortest + step * p as f32));
            }
        }
        Self { kernels, shortest, step }
    }

    fn index(&self, theta: f32, period: f32) -> u16 {
        let a = (theta.rem_euclid(PI) / PI * ANGLES as f32).round() as usize % ANGLES;
        let p = ((period - self.shortest) / self.step).round().clamp(0.0, PERIODS as f32 - 1.0) as usize;
        (p * ANGLES + a) as u16
    }

    fn get(&self, index: u16) -> &[f32] {
        let at = usize::from(index) * SIDE * TAPS;
        &self.kernels[at..at + SIDE * TAPS]
    }
}

/// A Gabor kernel for ridges that run along `theta` (y up) with the given period in cells.
fn gabor(theta: f32, period: f32) -> [f32; SIDE * TAPS] {
    let mut kernel = [0.0f32; SIDE * TAPS];
    // About three waves under the bell, as in Cappelli's SFinGe; a little longer along the ridge.
    let (across, along) = (0.46 * period, 0.58 * period);
    let (sin, cos) = theta.sin_cos();
    let (mut bell_sum, mut sum) = (0.0, 0.0);
    let mut bell = [0.0f32; SIDE * TAPS];
    for line in 0..SIDE {
        for column in 0..SIDE {
            let x = column as f32 - RADIUS as f32;
            let y = RADIUS as f32 - line as f32;
            let (u, v) = (-x * sin + y * cos, x * cos + y * sin);
            let b = (-0.5 * ((u / across).powi(2) + (v / along).powi(2))).exp();
            bell[line * TAPS + column] = b;
            kernel[line * TAPS + column] = b * (2.0 * PI * u / period).cos();
            bell_sum += b;
            sum += kernel[line * TAPS + column];
        }
    }
    let mut power = 0.0;
    for line in 0..SIDE {
        for column in 0..SIDE {
            let i = line * TAPS + column;
            kernel[i] -= sum / bell_sum * bell[i];
            let x = column as f32 - RADIUS as f32;
            let y = RADIUS as f32 - line as f32;
            power += kernel[i] * (2.0 * PI * (-x * sin + y * cos) / period).cos();
        }
    }
    kernel.iter_mut().for_each(|k| *k /= power);
    kernel
}

//! The local features: frequency (FDA), clarity (LCS), uniformity (RVUP), orientation flow (OF) and certainty (OCL).
//!
//! After NFIQ 2.3 (public domain), `quality_modules`; described in ISO/IEC 29794-4 and the NFIQ 2 report.

use std::f64::consts::PI;

use super::blocks::{Gradients, Grid, Plane, Profile, Window, turned};
use super::histogram::sum_by_fours;

/// Padding that NFIQ 2 puts around a window before it turns it, for FDA and RVUP.
const MARGIN_PX: usize = 2;
/// Length of the crop across the ridges in pixels.
const LENGTH: usize = 32;
/// First row or column of that length, and of the 16 pixels the other way, in the window of 36.
const LONG_FROM: usize = 2;
const SHORT: std::ops::Range<usize> = 10..26;

/// Frequency domain analysis: how much of the grey profile's spectrum is one frequency, per block.
#[must_use]
pub fn frequency(plane: &Plane, grid: &Grid) -> Vec<f64> {
    let wave = Wave::new();
    grid.in_print()
        .map(|(column, row, angle)| wave.share(&turned(plane, column, row, angle + PI / 2.0, MARGIN_PX)))
        .collect()
}

/// Sines of one turn in 32 steps, for the transform of 32 samples.
struct Wave([f64; LENGTH]);

impl Wave {
    fn new() -> Self {
        Self(std::array::from_fn(|i| (2.0 * PI * i as f64 / LENGTH as f64).cos()))
    }

    fn share(&self, window: &Window) -> f64 {
        let profile: [f64; LENGTH] = std::array::from_fn(|i| {
            let sum: u32 = window[LONG_FROM + i][SHORT].iter().map(|p| u32::from(*p)).sum();
            f64::from(sum) / SHORT.len() as f64
        });
        // The upper half mirrors the lower one, so 16 amplitudes beside the mean tell all.
        let amplitude: [f64; LENGTH / 2 + 1] = std::array::from_fn(|k| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, v) in profile.iter().enumerate() {
                // Against the first sample: a flat profile then has no amplitude at all, as in OpenCV's transform.
                let v = v - profile[0];
                re += v * self.0[(k * i) % LENGTH];
                im += v * self.0[(k * i + 3 * LENGTH / 4) % LENGTH];
            }
            (re * re + im * im).sqrt()
        });
        let mut peak = 1;
        for k in 2..=LENGTH / 2 {
            if amplitude[k] > amplitude[peak] {
                peak = k;
            }
        }
        if peak == 1 {
            // The lowest frequency: no ridges. NFIQ 2 gives 1, which its last bin sets apart.
            return 1.0;
        }
        let above = amplitude[if peak == LENGTH / 2 { peak - 1 } else { peak + 1 }];
        let all: f64 = amplitude[1..LENGTH / 2].iter().sum();
        (amplitude[peak] + 0.3 * (amplitude[peak - 1] + above)) / all
    }
}

/// Local clarity: how far ridge and valley pixels lie on their own side of the profile's line, per block.
#[must_use]
pub fn clarity(plane: &Plane, grid: &Grid) -> Vec<f64> {
    grid.in_print().map(|(column, row, angle)| clear(&turned(plane, column, row, angle, 0))).collect()
}

fn clear(window: &Window) -> f64 {
    let profile: Profile<LENGTH> = Profile::of(window, LONG_FROM, SHORT);
    let widths = widths(&profile.ridge);
    if widths.is_empty() || !plausible(&widths, profile.ridge[0]) {
        return 0.0;
    }
    // Pixels on the wrong side, and pixels at all, of valleys and ridges.
    let (mut wrong, mut all) = ([0u32; 2], [0u32; 2]);
    for line in &window[SHORT] {
        for (i, pixel) in line[LONG_FROM..LONG_FROM + LENGTH].iter().enumerate() {
            let bright = f64::from(*pixel) >= profile.line[i];
            let side = usize::from(profile.ridge[i]);
            all[side] += 1;
            wrong[side] += u32::from(bright == profile.ridge[i]);
        }
    }
    let share = |side: usize| f64::from(wrong[side]) / f64::from(all[side].max(1));
    1.0 - (share(0) + share(1)) / 2.0
}

/// Widths of the ridges and valleys from the left, without the last: NFIQ 2 counts the first one pixel short.
fn widths(ridge: &[bool]) -> Vec<f64> {
    let changes: Vec<usize> =
        (1..ridge.len()).filter(|i| ridge[*i] != ridge[*i - 1]).map(|i| i - 1).collect();
    let first = changes.first().map(|c| *c as f64);
    first.into_iter().chain(changes.windows(2).map(|c| (c[1] - c[0]) as f64)).collect()
}

/// Whether mean ridge (3 to 10 px) and valley (2 to 10 px) widths are those of a finger at 500 ppi.
fn plausible(widths: &[f64], ridge_first: bool) -> bool {
    const UNIT: f64 = 20.0; // NFIQ 2 measures in shares of 5 px at 125 ppi
    let mean = |from: usize| {
        let taken: Vec<f64> = widths.iter().skip(from).step_by(2).map(|w| w / UNIT).collect();
        if taken.is_empty() { 0.0 } else { sum_by_fours(&taken) * (1.0 / taken.len() as f64) }
    };
    let (ridges, valleys) = if ridge_first { (mean(0), mean(1)) } else { (mean(1), mean(0)) };
    (3.0 / UNIT..=10.0 / UNIT).contains(&ridges) && (2.0 / UNIT..=10.0 / UNIT).contains(&valleys)
}

/// Ridge valley uniformity: ratios of neighbouring widths, all blocks together.
#[must_use]
pub fn uniformity(plane: &Plane, grid: &Grid) -> Vec<f64> {
    let mut ratios = Vec::new();
    for (column, row, angle) in grid.in_print() {
        ratios_of(&turned(plane, column, row, angle, MARGIN_PX), &mut ratios);
    }
    ratios
}

fn ratios_of(window: &Window, ratios: &mut Vec<f64>) {
    let profile: Profile<LENGTH> = Profile::of(window, LONG_FROM, SHORT);
    // The last column is not looked at.
    let changes: Vec<usize> =
        (1..LENGTH - 1).filter(|i| profile.ridge[*i] != profile.ridge[*i - 1]).map(|i| i - 1).collect();
    let [first, .., last] = changes[..] else { return };
    if first + 1 >= last {
        return;
    }
    let ridge_first = usize::from(profile.ridge[first + 1]);
    // Whole ridges and valleys from the right, without the leftmost whole one (as NFIQ 2 counts).
    let widths: Vec<f64> = changes[1..].windows(2).rev().map(|c| (c[1] - c[0]) as f64).collect();
    for (i, pair) in widths.windows(2).enumerate() {
        let ratio = pair[0] / pair[1];
        // Every other one upside down, so that all are ridge against valley, or all the other way.
        ratios.push(if i >= ridge_first && (i - ridge_first) % 2 == 0 { 1.0 / ratio } else { ratio });
    }
}

/// Orientation flow: how far a block's angle is from its eight neighbours', above 4 degrees, per block.
#[must_use]
pub fn flow(grid: &Grid) -> Vec<f64> {
    const DEGREE: f64 = PI / 180.0;
    const SMALLEST: f64 = 4.0 * DEGREE;
    let mut out = Vec::new();
    for row in 1..grid.rows.saturating_sub(1) {
        for column in 1..grid.columns.saturating_sub(1) {
            let at = |i: usize| (row + i / 3 - 1) * grid.columns + column + i % 3 - 1;
            if !(0..9).all(|i| grid.print[at(i)]) {
                continue;
            }
            let middle = grid.angles[at(4)];
            let turns: [f64; 9] = std::array::from_fn(|i| {
                let turn = (middle - grid.angles[at(i)]).abs();
                turn.min(360.0 * DEGREE - turn)
            });
            let mean = sum_by_fours(&turns) / 8.0;
            if mean > SMALLEST {
                out.push((mean - SMALLEST) / ((90.0 - 4.0) * DEGREE));
            }
        }
    }
    out
}

/// Orientation certainty of every full tile that is not flat.
#[must_use]
pub fn certainty(plane: &Plane) -> Vec<f64> {
    plane
        .tiles()
        .filter(|(_, _, width, height)| *width == super::blocks::BLOCK_PX && width == height)
        .filter_map(|(x, y, _, _)| Gradients::of(plane, x, y).certainty())
        .collect()
}

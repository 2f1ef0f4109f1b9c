//! Faint ridges: what the last person left on the glass.
//!
//! A tile holds faint ridges when its gradients agree on one orientation (structure tensor, Kass and Witkin, 1987) and
//! the grey profile across them is one wave with a finger's ridge period. Both must hold: an edge has an orientation
//! but no wave, grain has neither.

use std::f32::consts::PI;

use super::blocks::Plane;

/// Side of a tile in pixels at 500 ppi: three to four ridges.
pub const TILE_PX: usize = 32;
/// Agreement of gradients from which a tile may hold ridges. Grain of the sensor stays below 0.25.
const MIN_COHERENCE: f32 = 0.4;
/// Share of the profile's power that one frequency and its neighbours must hold.
const MIN_WAVE: f32 = 0.6;
/// Weakest wave that counts, in grey levels from its middle to its crest.
const MIN_AMPLITUDE: f32 = 1.5;
/// Waves in one profile of [`TILE_PX`] pixels: periods of 16 to 5 pixels.
const WAVES: std::ops::RangeInclusive<usize> = 2..=6;

/// What a tile shows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tile {
    /// Mean grey.
    pub mean: f32,
    /// Deviation of grey, after smoothing.
    pub deviation: f32,
    /// Height of its ridge wave in grey levels, 0 when it has none.
    pub ridges: f32,
}

/// Full tiles of an image, row by row.
#[derive(Debug, Clone)]
pub struct Tiles {
    /// Tiles side by side.
    pub columns: usize,
    /// Tiles one above the other.
    pub rows: usize,
    /// The tiles.
    pub tiles: Vec<Tile>,
}

impl Tiles {
    /// Measures every full tile for which `wanted(column, row)` says so; the others stay at zero.
    #[must_use]
    pub fn of(plane: &Plane, wanted: impl Fn(usize, usize) -> bool) -> Self {
        let (columns, rows) = (plane.width / TILE_PX, plane.height / TILE_PX);
        let mut tiles = vec![Tile::default(); columns * rows];
        for (i, tile) in tiles.iter_mut().enumerate() {
            let (column, row) = (i % columns, i / columns);
            if wanted(column, row) {
                *tile = measure(&smooth(plane, column * TILE_PX, row * TILE_PX));
            }
        }
        Self { columns, rows, tiles }
    }

    /// Groups of tiles that touch (also at corners) and for which `is` holds, largest first.
    #[must_use]
    pub fn groups(&self, is: impl Fn(&Tile) -> bool) -> Vec<Vec<usize>> {
        let mut open: Vec<bool> = self.tiles.iter().map(is).collect();
        let mut groups = Vec::new();
        for start in 0..open.len() {
            let (mut group, mut stack) = (Vec::new(), vec![start]);
            while let Some(i) = stack.pop() {
                if !std::mem::replace(&mut open[i], false) {
                    continue;
                }
                group.push(i);
                let (column, row) = (i % self.columns, i / self.columns);
                for r in row.saturating_sub(1)..(row + 2).min(self.rows) {
                    for c in column.saturating_sub(1)..(column + 2).min(self.columns) {
                        stack.push(r * self.columns + c);
                    }
                }
            }
            if !group.is_empty() {
                groups.push(group);
            }
        }
        groups.sort_by_key(|g| std::cmp::Reverse(g.len()));
        groups
    }
}

type Patch = [[f32; TILE_PX]; TILE_PX];

/// A tile smoothed by the binomial 1 4 6 4 1 both ways, which takes the sensor's grain but leaves ridges.
fn smooth(plane: &Plane, left: usize, top: usize) -> Patch {
    const WEIGHTS: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];
    let at = |v: usize, last: usize| v.saturating_sub(2).min(last);
    let mut across = [[0.0f32; TILE_PX]; TILE_PX + 4];
    for (y, to) in across.iter_mut().enumerate() {
        let line = plane.row(at(top + y, plane.height - 1));
        for (x, pixel) in to.iter_mut().enumerate() {
            *pixel = (0..5).map(|i| WEIGHTS[i] * f32::from(line[at(left + x + i, plane.width - 1)])).sum();
        }
    }
    let mut out = [[0.0f32; TILE_PX]; TILE_PX];
    for (y, to) in out.iter_mut().enumerate() {
        for (x, pixel) in to.iter_mut().enumerate() {
            *pixel = (0..5).map(|i| WEIGHTS[i] * across[y + i][x]).sum();
        }
    }
    out
}

fn measure(patch: &Patch) -> Tile {
    let n = (TILE_PX * TILE_PX) as f32;
    let mean = patch.iter().flatten().sum::<f32>() / n;
    let variance = patch.iter().flatten().map(|p| (p - mean) * (p - mean)).sum::<f32>() / n;
    let mut tile = Tile { mean, deviation: variance.sqrt(), ridges: 0.0 };
    let (mut xx, mut yy, mut xy) = (0.0f32, 0.0f32, 0.0f32);
    for y in 1..TILE_PX - 1 {
        for x in 1..TILE_PX - 1 {
            let gx = patch[y][x + 1] - patch[y][x - 1];
            let gy = patch[y + 1][x] - patch[y - 1][x];
            xx += gx * gx;
            yy += gy * gy;
            xy += gx * gy;
        }
    }
    let (sum, difference) = (xx + yy, xx - yy);
    if sum > 0.0 && (difference * difference + 4.0 * xy * xy).sqrt() >= MIN_COHERENCE * sum {
        tile.ridges = wave(patch, 0.5 * (2.0 * xy).atan2(difference));
    }
    tile
}

/// Height of the wave in the profile along `angle`, 0 when the profile is no wave of a finger's period.
fn wave(patch: &Patch, angle: f32) -> f32 {
    let (sin, cos) = angle.sin_cos();
    let middle = (TILE_PX as f32 - 1.0) / 2.0;
    let mut bins = [(0.0f32, 0.0f32); TILE_PX];
    for (y, line) in patch.iter().enumerate() {
        for (x, pixel) in line.iter().enumerate() {
            let along = (x as f32 - middle) * cos + (y as f32 - middle) * sin + TILE_PX as f32 / 2.0;
            if (0.0..TILE_PX as f32).contains(&along) {
                let bin = &mut bins[along as usize];
                *bin = (bin.0 + pixel, bin.1 + 1.0);
            }
        }
    }
    let mut profile = bins.map(|(sum, count)| sum / count.max(1.0));
    straighten(&mut profile);
    let mut powers = [0.0f32; TILE_PX / 2 + 1];
    for (k, power) in powers.iter_mut().enumerate().skip(1) {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, v) in profile.iter().enumerate() {
            // A Hann window, or the ends' jump would look like waves.
            let hann = 0.5 - 0.5 * (2.0 * PI * (i as f32 + 0.5) / TILE_PX as f32).cos();
            let (s, c) = (2.0 * PI * (k * i) as f32 / TILE_PX as f32).sin_cos();
            re += hann * v * c;
            im += hann * v * s;
        }
        *power = re * re + im * im;
    }
    let all: f32 = powers.iter().sum();
    let best = WAVES.max_by(|a, b| powers[*a].total_cmp(&powers[*b])).unwrap_or(*WAVES.start());
    let share = (powers[best - 1] + powers[best] + powers[best + 1]) / all.max(f32::MIN_POSITIVE);
    // A wave of height h gives a peak of h N / 4 under a Hann window.
    let height = powers[best].sqrt() * 4.0 / TILE_PX as f32;
    let is_peak = powers[best] >= powers[best - 1] && powers[best] >= powers[best + 1];
    if is_peak && share >= MIN_WAVE && height >= MIN_AMPLITUDE { height } else { 0.0 }
}

/// Takes the straight line of least squares away.
fn straighten(profile: &mut [f32; TILE_PX]) {
    let n = TILE_PX as f32;
    let middle = (n - 1.0) / 2.0;
    let mean = profile.iter().sum::<f32>() / n;
    let slope = profile.iter().enumerate().map(|(i, v)| (i as f32 - middle) * v).sum::<f32>()
        / (n * (n * n - 1.0) / 12.0);
    for (i, v) in profile.iter_mut().enumerate() {
        *v -= mean + slope * (i as f32 - middle);
    }
}

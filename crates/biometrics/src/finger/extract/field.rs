//! What is known of the ridges in each cell: whether there are any, where they run, how far apart they are.

use super::plane::{CELL_PX, MARGIN_PX, Plane, Stats, smooth};
use crate::image::GrayImage;

/// Shortest and longest ridge period that is looked for, in pixels at 500 ppi. Adults have 7 to 11, children 5
/// to 8 (Maltoni et al., ch. 3).
pub(crate) const PERIOD_PX: (f32, f32) = (5.0, 15.0);
/// A period when nothing better is known.
const USUAL_PX: f32 = 9.0;
/// Share of the reference contrast below which a cell is ground.
const GROUND_SHARE: f32 = 0.27;
/// Agreement of gradients below which a cell shows no ridges: noise has about 0.08.
const LEAST_COHERENCE: f32 = 0.15;
/// Cells in a patch of print that is kept.
const PATCH_CELLS: usize = 24;

/// The local context of the filters, one entry a cell, row-major.
pub(crate) struct Field {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Whether the cell shows print.
    pub(crate) mask: Vec<bool>,
    /// Double-angle vector of the ridge direction (y down), as long as the gradients agree: 0 to 1.
    pub(crate) cos2: Vec<f32>,
    pub(crate) sin2: Vec<f32>,
    /// Ridge period in pixels.
    pub(crate) period: Vec<f32>,
}

impl Field {
    pub(crate) fn new(plane: &Plane, image: &GrayImage) -> Self {
        let (columns, rows) = (plane.columns, plane.rows);
        let stats = Stats::new(image, columns, rows);
        let mut field = Self {
            columns,
            rows,
            width: image.width() as usize,
            height: image.height() as usize,
            mask: segment(&stats, columns, rows),
            cos2: Vec::new(),
            sin2: Vec::new(),
            period: vec![USUAL_PX; columns * rows],
        };
        field.orient(plane, 0.35);
        field.drop_noise();
        field.measure_period(plane);
        field
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.mask.iter().any(|m| *m)
    }

    /// Takes the orientation again from the filtered ridges, where noise weighs less.
    pub(crate) fn refine(&mut self, ridges: &Plane) {
        self.orient(ridges, 0.1);
    }

    /// Whether the pixel lies in a cell with print.
    pub(crate) fn inside(&self, x: i32, y: i32) -> bool {
        if x < 0 || y < 0 || x as usize >= self.width || y as usize >= self.height {
            return false;
        }
        self.mask[(y as usize / CELL_PX) * self.columns + x as usize / CELL_PX]
    }

    /// Direction of the ridges at a pixel, radians with y down, modulo pi; and how sure it is, 0 to 1.
    pub(crate) fn direction(&self, x: f32, y: f32) -> (f32, f32) {
        let split = |at: f32, count: usize| {
            let t = ((at + 0.5) / CELL_PX as f32 - 0.5).clamp(0.0, count as f32 - 1.0);
            let low = t as usize;
            (low, (low + 1).min(count - 1), t - low as f32)
        };
        let ((left, right, u), (up, down, v)) = (split(x, self.columns), split(y, self.rows));
        let at = |grid: &[f32]| {
            let line = |row: usize| {
                let (a, b) = (grid[row * self.columns + left], grid[row * self.columns + right]);
                a + (b - a) * u
            };
            let (a, b) = (line(up), line(down));
            a + (b - a) * v
        };
        let (c, s) = (at(&self.cos2), at(&self.sin2));
        (0.5 * s.atan2(c), (c * c + s * s).sqrt().min(1.0))
    }

    /// Takes cells without a direction out of the print.
    fn drop_noise(&mut self) {
        for ((mask, c), s) in self.mask.iter_mut().zip(&self.cos2).zip(&self.sin2) {
            *mask &= c * c + s * s > LEAST_COHERENCE * LEAST_COHERENCE;
        }
        clean(&mut self.mask, self.columns, self.rows);
    }

    /// Structure tensor of every cell, smoothed near and, with weight `far`, wide (which bridges bad spots).
    fn orient(&mut self, plane: &Plane, far: f32) {
        let (columns, rows) = (self.columns, self.rows);
        let (mut xx_yy, mut xy2, mut energy) =
            (vec![0.0f32; columns * rows], vec![0.0f32; columns * rows], vec![0.0f32; columns * rows]);
        for row in 0..rows {
            for column in 0..columns {
                let cell = row * columns + column;
                if self.mask[cell] {
                    (xx_yy[cell], xy2[cell], energy[cell]) = tensor(plane, column * CELL_PX, row * CELL_PX);
                }
            }
        }
        let twice = |g: &[f32]| smooth(&smooth(g, columns, rows), columns, rows);
        let near =
            [smooth(&xx_yy, columns, rows), smooth(&xy2, columns, rows), smooth(&energy, columns, rows)];
        let wide = [twice(&twice(&near[0])), twice(&twice(&near[1])), twice(&twice(&near[2]))];
        let sum = |i: usize| near[i].iter().zip(&wide[i]).map(|(n, w)| n + far * w);
        // Ridges run across the gradient: the double angle turns by pi.
        let energies: Vec<f32> = sum(2).map(|e| e.max(1e-6)).collect();
        self.cos2 = sum(0).zip(&energies).map(|(a, e)| -a / e).collect();
        self.sin2 = sum(1).zip(&energies).map(|(a, e)| -a / e).collect();
    }

    /// Ridge period of every second cell each way, then smoothed with its certainty as weight.
    fn measure_period(&mut self, plane: &Plane) {
        let (columns, rows) = (self.columns, self.rows);
        let (mut weighted, mut weight) = (vec![0.0f32; columns * rows], vec![0.0f32; columns * rows]);
        for row in (0..rows).step_by(2) {
            for column in (0..columns).step_by(2) {
                let cell = row * columns + column;
                if !self.mask[cell] {
                    continue;
                }
                let theta = 0.5 * self.sin2[cell].atan2(self.cos2[cell]);
                if let Some((period, sure)) = period_at(plane, column * CELL_PX + 4, row * CELL_PX + 4, theta)
                {
                    weighted[cell] = period * sure;
                    weight[cell] = sure;
                }
            }
        }
        let (total, sure) = (weighted.iter().sum::<f32>(), weight.iter().sum::<f32>());
        let usual = if sure > 1.0 { total / sure } else { USUAL_PX };
        for _ in 0..4 {
            weighted = smooth(&weighted, columns, rows);
            weight = smooth(&weight, columns, rows);
        }
        for ((period, a), b) in self.period.iter_mut().zip(&weighted).zip(&weight) {
            // The print's mean fills what the neighbourhood does not know.
            *period = ((a + 0.01 * usual) / (b + 0.01)).clamp(PERIOD_PX.0, PERIOD_PX.1);
        }
    }
}

/// Sums of gx²-gy², 2gxgy and gx²+gy² over one cell, by Scharr's kernel.
fn tensor(plane: &Plane, x0: usize, y0: usize) -> (f32, f32, f32) {
    let (mut a, mut b, mut e) = ([0.0f32; CELL_PX], [0.0f32; CELL_PX], [0.0f32; CELL_PX]);
    for y in y0..y0 + CELL_PX {
        let at = plane.index(x0, y) - 1;
        let up = &plane.values[at - plane.stride..at - plane.stride + CELL_PX + 2];
        let here = &plane.values[at..at + CELL_PX + 2];
        let down = &plane.values[at + plane.stride..at + plane.stride + CELL_PX + 2];
        for i in 0..CELL_PX {
            let gx = 3.0 * (up[i + 2] - up[i] + down[i + 2] - down[i]) + 10.0 * (here[i + 2] - here[i]);
            let gy = 3.0 * (down[i] - up[i] + down[i + 2] - up[i + 2]) + 10.0 * (down[i + 1] - up[i + 1]);
            a[i] += gx * gx - gy * gy;
            b[i] += 2.0 * gx * gy;
            e[i] += gx * gx + gy * gy;
        }
    }
    (a.iter().sum(), b.iter().sum(), e.iter().sum())
}

/// Cells with print: contrast near that of the print's good parts, cleaned by majority, patches of some size.
fn segment(stats: &Stats, columns: usize, rows: usize) -> Vec<bool> {
    let level = (GROUND_SHARE * stats.reference()).max(3.0);
    let even = smooth(&smooth(&stats.deviation, columns, rows), columns, rows);
    let mut mask: Vec<bool> = even.iter().map(|d| *d > level).collect();
    clean(&mut mask, columns, rows);
    mask
}

/// Each cell becomes what most around it are, twice; small patches go.
fn clean(mask: &mut [bool], columns: usize, rows: usize) {
    for _ in 0..2 {
        let share: Vec<f32> = mask.iter().map(|m| f32::from(u8::from(*m))).collect();
        let share = smooth(&smooth(&share, columns, rows), columns, rows);
        mask.iter_mut().zip(&share).for_each(|(m, s)| *m = *s > 0.5);
    }
    drop_patches(mask, columns, rows);
}

/// Removes connected patches smaller than [`PATCH_CELLS`].
fn drop_patches(mask: &mut [bool], columns: usize, rows: usize) {
    let mut seen = vec![false; mask.len()];
    let mut patch = Vec::new();
    for start in 0..mask.len() {
        if !mask[start] || seen[start] {
            continue;
        }
        patch.clear();
        patch.push(start);
        seen[start] = true;
        let mut next = 0;
        while next < patch.len() {
            let cell = patch[next];
            next += 1;
            let (row, column) = (cell / columns, cell % columns);
            let around = [
                (row > 0).then(|| cell - columns),
                (row + 1 < rows).then(|| cell + columns),
                (column > 0).then(|| cell - 1),
                (column + 1 < columns).then(|| cell + 1),
            ];
            for to in around.into_iter().flatten() {
                if mask[to] && !seen[to] {
                    seen[to] = true;
                    patch.push(to);
                }
            }
        }
        if patch.len() < PATCH_CELLS {
            patch.iter().for_each(|c| mask[*c] = false);
        }
    }
}

const ACROSS: usize = 40;
const ALONG: i32 = 7;

/// Ridge period about a point, by the autocorrelation of the mean profile across the ridges; with its peak's
/// height (0 to 1) as certainty.
fn period_at(plane: &Plane, x: usize, y: usize, theta: f32) -> Option<(f32, f32)> {
    let (sin, cos) = theta.sin_cos();
    let (cx, cy) = ((x + MARGIN_PX) as f32, (y + MARGIN_PX) as f32);
    let limit = (plane.stride as i32 - 1, (plane.values.len() / plane.stride) as i32 - 1);
    let mut profile = [0.0f32; ACROSS];
    for (i, p) in profile.iter_mut().enumerate() {
        let v = i as f32 - ACROSS as f32 / 2.0;
        for j in -ALONG..=ALONG {
            let u = j as f32;
            let px = ((cx + u * cos - v * sin + 0.5) as i32).clamp(0, limit.0);
            let py = ((cy + u * sin + v * cos + 0.5) as i32).clamp(0, limit.1);
            *p += plane.values[py as usize * plane.stride + px as usize];
        }
    }
    let mean = profile.iter().sum::<f32>() / ACROSS as f32;
    profile.iter_mut().for_each(|p| *p -= mean);
    let power = profile.iter().map(|p| p * p).sum::<f32>() / ACROSS as f32;
    if power < 1e-3 {
        return None;
    }
    let lag_of = |lag: usize| {
        let n = ACROSS - lag;
        profile.iter().zip(&profile[lag..]).map(|(a, b)| a * b).sum::<f32>() / n as f32 / power
    };
    let (first, last) = (PERIOD_PX.0 as usize - 1, PERIOD_PX.1 as usize + 1);
    let mut values = [0.0f32; 18];
    (first..=last).for_each(|lag| values[lag] = lag_of(lag));
    // The first peak that is nearly the highest: the period itself, not its double.
    let top = values[first + 1..last].iter().copied().fold(0.0f32, f32::max);
    let peak = (first + 1..last)
        .find(|l| values[*l] >= 0.8 * top && values[*l] >= values[l - 1] && values[*l] > values[l + 1])?;
    if values[peak] < 0.2 {
        return None;
    }
    let (a, b, c) = (values[peak - 1], values[peak], values[peak + 1]);
    let bend = a - 2.0 * b + c;
    let shift = if bend < -1e-6 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    Some((peak as f32 + shift, b.min(1.0)))
}

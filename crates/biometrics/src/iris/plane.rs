//! Grey levels as floats, made smaller by a whole factor, for sampling at fractions of a pixel.

use super::Circle;
use crate::image::GrayImage;

/// A picture of at least one pixel.
pub(super) struct Plane {
    width: usize,
    height: usize,
    levels: Vec<f32>,
}

impl Plane {
    /// The picture made smaller by `factor` (mean of the pixels). `factor` is held to the picture's smaller side.
    pub fn new(image: &GrayImage, factor: u32) -> Self {
        let factor = factor.clamp(1, image.width().min(image.height()));
        let (width, height) = ((image.width() / factor) as usize, (image.height() / factor) as usize);
        let (full, f) = (image.width() as usize, factor as usize);
        let scale = 1.0 / (f * f) as f32;
        let mut levels = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = &image.pixels()[y * f * full..(y + 1) * f * full];
            for x in 0..width {
                let sum: u32 = rows
                    .chunks_exact(full)
                    .flat_map(|row| &row[x * f..(x + 1) * f])
                    .map(|p| u32::from(*p))
                    .sum();
                levels.push(sum as f32 * scale);
            }
        }
        Self { width, height, levels }
    }

    /// Takes out bright spots no wider than `2 * reach` pixels of this plane.
    pub fn without_spots(mut self, reach: usize) -> Self {
        cut_spots(&mut self.levels, self.width, reach);
        self
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    pub fn levels(&self) -> &[f32] {
        &self.levels
    }

    /// The level nearest to (x, y); places outside get that of the border.
    pub fn nearest(&self, x: f32, y: f32) -> f32 {
        // `as` gives 0 for what is negative or no number.
        let xi = ((x + 0.5) as usize).min(self.width - 1);
        let yi = ((y + 0.5) as usize).min(self.height - 1);
        self.levels[yi * self.width + xi]
    }

    /// The level at (x, y) between the four pixels around it.
    pub fn between(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (xi, yi) = (x as usize, y as usize);
        let (tx, ty) = (x - xi as f32, y - yi as f32);
        let (xn, yn) = ((xi + 1).min(self.width - 1), (yi + 1).min(self.height - 1));
        let row = |y: usize| {
            let (a, b) = (self.levels[y * self.width + xi], self.levels[y * self.width + xn]);
            a + (b - a) * tx
        };
        let (top, bottom) = (row(yi), row(yn));
        top + (bottom - top) * ty
    }

    /// Mean of the 3x3 levels around (x, y), `spacing` pixels apart.
    pub fn soft(&self, x: f32, y: f32, spacing: f32) -> f32 {
        let mut sum = 0.0;
        for dy in [-spacing, 0.0, spacing] {
            for dx in [-spacing, 0.0, spacing] {
                sum += self.nearest(x + dx, y + dy);
            }
        }
        sum / 9.0
    }

    /// The step outward across a circle in one direction, over `reach` pixels to each side.
    pub fn step(&self, circle: &Circle, (cos, sin): (f32, f32), reach: f32) -> f32 {
        let level = |r: f32| self.nearest(circle.x + r * cos, circle.y + r * sin);
        let outside = level(circle.radius + reach) + level(circle.radius + 0.5 * reach);
        let inside = level(circle.radius - reach) + level(circle.radius - 0.5 * reach);
        0.5 * (outside - inside)
    }

    /// Mean step over the directions, each counted for `cap` at most so that no reflection decides, and the share
    /// of directions in which it goes up.
    pub fn mean_step(&self, circle: &Circle, around: &[(f32, f32)], reach: f32, cap: f32) -> (f32, f32) {
        let (mut sum, mut up) = (0.0, 0.0);
        for direction in around {
            let step = self.step(circle, *direction, reach);
            sum += step.clamp(-cap, cap);
            up += f32::from(u8::from(step > 5.0));
        }
        let n = around.len().max(1) as f32;
        (sum / n, up / n)
    }
}

/// Takes bright spots no wider than `2 * reach` cells, which are reflections, down to what is around them: a grey
/// opening, applied where it changes much. `width` is the length of a row.
pub(super) fn cut_spots(levels: &mut [f32], width: usize, reach: usize) {
    let width = width.max(1);
    let height = levels.len() / width;
    let along = |from: &[f32], pick: fn(f32, f32) -> f32, length: usize, stride: usize, across: usize| {
        let mut out = from.to_vec();
        for line in 0..width * height / length.max(1) {
            for i in 0..length {
                let near = i.saturating_sub(reach)..(i + reach + 1).min(length);
                let at = |j: usize| from[line * across + j * stride];
                out[line * across + i * stride] = near.map(at).reduce(pick).unwrap_or(0.0);
            }
        }
        out
    };
    let both = |from: &[f32], pick: fn(f32, f32) -> f32| {
        along(&along(from, pick, width, 1, width), pick, height, width, 1)
    };
    let opened = both(&both(levels, f32::min), f32::max);
    for (level, opened) in levels.iter_mut().zip(opened) {
        if *level > opened + 30.0 {
            *level = opened + 10.0;
        }
    }
}

/// Cosine and sine of the angles, which go clockwise from the right as y goes down.
pub(super) fn directions(degrees: impl Iterator<Item = i32>) -> Vec<(f32, f32)> {
    degrees
        .map(|d| {
            let (sin, cos) = (d as f32).to_radians().sin_cos();
            (cos, sin)
        })
        .collect()
}

/// The middle value; 0 for none. The order of `values` is lost.
pub(super) fn median(values: &mut [f32]) -> f32 {
    quantile(values, 0.5)
}

/// The value below which `share` of the values lie; 0 for none. The order of `values` is lost.
pub(super) fn quantile(values: &mut [f32], share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let at = ((values.len() - 1) as f32 * share.clamp(0.0, 1.0)).round() as usize;
    *values.select_nth_unstable_by(at.min(values.len() - 1), f32::total_cmp).1
}

//! A software background: the person kept, what is behind made one colour.
//!
//! The coarse mask is fitted to the picture's edges by a guided filter (He, Sun, Tang, "Guided Image Filtering",
//! IEEE TPAMI 35, 2013). Where person and background mix, the old background's own colour nearby is taken out and
//! the new one put in, in the same share, so that no rim of the old colour stays.

use super::background::PersonMask;
use super::sample::{Small, reduced};
use crate::image::RgbImage;

/// Longest side of the picture that the mask is fitted on.
const WORK_SIDE_PX: usize = 640;
/// Radius of the guided filter in pixels of the working picture.
const RADIUS: usize = 6;
/// Its regularisation, for a guide of 0 to 1.
const EPSILON: f32 = 1e-4;
/// Mask values that become nothing and all: the filter's tails are neither person nor ground.
const ALPHA: (f32, f32) = (0.3, 0.95);
/// Radius of the means of the old background.
const GROUND_RADIUS: usize = 14;

/// Sliding means over squares of side `2 r + 1`, cut at the edges.
fn box_mean(values: &[f32], width: usize, height: usize, r: usize) -> Vec<f32> {
    let pass = |values: &[f32], lines: usize, length: usize, line_step: usize, step: usize| {
        let mut out = vec![0.0f32; values.len()];
        let mut sums = vec![0.0f64; length + 1];
        for line in 0..lines {
            for i in 0..length {
                sums[i + 1] = sums[i] + f64::from(values[line * line_step + i * step]);
            }
            for i in 0..length {
                let (from, to) = (i.saturating_sub(r), (i + r + 1).min(length));
                out[line * line_step + i * step] = ((sums[to] - sums[from]) / (to - from) as f64) as f32;
            }
        }
        out
    };
    let across = pass(values, height, width, width, 1);
    pass(&across, width, height, 1, width)
}

fn product(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a * b).collect()
}

/// The mask made to follow the edges of the guide.
fn guided(mask: &[f32], guide: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mean = |v: &[f32]| box_mean(v, width, height, RADIUS);
    let (mi, mp) = (mean(guide), mean(mask));
    let (mii, mip) = (mean(&product(guide, guide)), mean(&product(guide, mask)));
    let mut a = Vec::with_capacity(mask.len());
    let mut b = Vec::with_capacity(mask.len());
    for i in 0..mask.len() {
        let slope = (mip[i] - mi[i] * mp[i]) / (mii[i] - mi[i] * mi[i] + EPSILON);
        a.push(slope);
        b.push(mp[i] - slope * mi[i]);
    }
    let (a, b) = (mean(&a), mean(&b));
    (0..mask.len()).map(|i| a[i] * guide[i] + b[i]).collect()
}

/// Share of the person at every pixel of the working picture.
fn alpha(small: &Small, mask: &PersonMask) -> Vec<f32> {
    let (width, height) = (small.width, small.height);
    let coarse: Vec<f32> = (0..width * height)
        .map(|i| {
            let (x, y) = (i % width, i / width);
            mask.at((x as f32 + 0.5) / width as f32, (y as f32 + 0.5) / height as f32)
        })
        .collect();
    let guide: Vec<f32> = small.luma().iter().map(|l| l / 255.0).collect();
    let fitted = guided(&coarse, &guide, width, height);
    fitted
        .iter()
        .zip(&coarse)
        .map(|(fitted, coarse)| {
            // Far from the edge the network is right, whatever the picture's own edges say.
            let value = if *coarse > 0.97 {
                1.0
            } else if *coarse < 0.02 {
                0.0
            } else {
                *fitted
            };
            let t = ((value - ALPHA.0) / (ALPHA.1 - ALPHA.0)).clamp(0.0, 1.0);
            t * t * (3.0 - 2.0 * t)
        })
        .collect()
}

/// Colour of the old background at every place, taken from what is surely background nearby.
fn old_ground(small: &Small, alpha: &[f32]) -> [Vec<f32>; 3] {
    let (width, height) = (small.width, small.height);
    let weight: Vec<f32> = alpha.iter().map(|a| if *a < 0.02 { 1.0 } else { 1e-4 }).collect();
    let total = box_mean(&weight, width, height, GROUND_RADIUS);
    std::array::from_fn(|c| {
        let values: Vec<f32> =
            small.rgb.iter().skip(c).step_by(3).zip(&weight).map(|(v, w)| f32::from(*v) * w).collect();
        let mean = box_mean(&values, width, height, GROUND_RADIUS);
        mean.iter().zip(&total).map(|(v, w)| v / w).collect()
    })
}

/// Values of a working plane at a place of the full picture.
struct Upscale {
    width: usize,
    height: usize,
    scale: (f32, f32),
}

impl Upscale {
    fn at(&self, plane: &[f32], x: usize, y: usize) -> f32 {
        let place = |v: usize, scale: f32, full: usize| {
            ((v as f32 + 0.5) * scale - 0.5).clamp(0.0, (full - 1) as f32)
        };
        let (x, y) = (place(x, self.scale.0, self.width), place(y, self.scale.1, self.height));
        let (ix, iy) = (x as usize, y as usize);
        let (jx, jy) = ((ix + 1).min(self.width - 1), (iy + 1).min(self.height - 1));
        let (fx, fy) = (x - ix as f32, y - iy as f32);
        let v = |x: usize, y: usize| plane[y * self.width + x];
        (v(ix, iy) * (1.0 - fx) + v(jx, iy) * fx) * (1.0 - fy)
            + (v(ix, jy) * (1.0 - fx) + v(jx, jy) * fx) * fy
    }
}

/// The picture with everything but the person made `rgb`, with soft edges. A picture so changed is no longer what
/// the camera saw: whoever keeps it has to say so beside it.
#[must_use]
pub fn replace_background(picture: &RgbImage, mask: &PersonMask, rgb: [u8; 3]) -> RgbImage {
    let (small, _) = reduced(picture, WORK_SIDE_PX);
    let alpha = alpha(&small, mask);
    let ground = old_ground(&small, &alpha);
    let (full_width, full_height) = (picture.width() as usize, picture.height() as usize);
    let up = Upscale {
        width: small.width,
        height: small.height,
        scale: (small.width as f32 / full_width as f32, small.height as f32 / full_height as f32),
    };
    let mut pixels = Vec::with_capacity(picture.pixels().len());
    for (i, p) in picture.pixels().chunks_exact(3).enumerate() {
        let (x, y) = (i % full_width, i / full_width);
        let a = up.at(&alpha, x, y);
        if a >= 0.999 {
            pixels.extend_from_slice(p);
        } else if a <= 0.001 {
            pixels.extend_from_slice(&rgb);
        } else {
            for c in 0..3 {
                let old = up.at(&ground[c], x, y);
                let value = f32::from(p[c]) + (1.0 - a) * (f32::from(rgb[c]) - old);
                pixels.push(value.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    RgbImage::new(picture.width(), picture.height(), pixels).unwrap_or_else(|_| picture.clone())
}

//! Resampling: the pictures that the networks and the measures see.

use crate::image::RgbImage;

/// A square of a picture, in pixels; it may be rotated and may reach outside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Region {
    /// Middle.
    pub(super) x: f32,
    /// Middle.
    pub(super) y: f32,
    /// Side.
    pub(super) side: f32,
    /// Rotation in radians, clockwise as seen on the screen.
    pub(super) angle: f32,
}

/// Map from places of an output to places of a picture: `(a x - b y + tx, b x + a y + ty)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Similarity {
    pub(super) a: f32,
    pub(super) b: f32,
    pub(super) tx: f32,
    pub(super) ty: f32,
}

impl Similarity {
    /// From a square output of `side_px` to a region.
    pub(super) fn of(region: &Region, side_px: usize) -> Self {
        let scale = region.side / side_px as f32;
        let (sin, cos) = region.angle.sin_cos();
        let (a, b, half) = (scale * cos, scale * sin, side_px as f32 / 2.0);
        Self { a, b, tx: region.x - (a - b) * half, ty: region.y - (b + a) * half }
    }

    /// The place in the picture.
    pub(super) fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        (self.a * x - self.b * y + self.tx, self.b * x + self.a * y + self.ty)
    }

    /// Back to the place in the output.
    pub(super) fn invert(&self, x: f32, y: f32) -> (f32, f32) {
        let norm = (self.a * self.a + self.b * self.b).max(f32::MIN_POSITIVE);
        let (dx, dy) = (x - self.tx, y - self.ty);
        ((self.a * dx + self.b * dy) / norm, (self.a * dy - self.b * dx) / norm)
    }

    /// Pixels of the picture to a pixel of the output.
    pub(super) fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

/// A small picture in the making: interleaved RGB.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Small {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
}

impl Small {
    /// Planes of red, green and blue; a byte `v` becomes `v * gain + offset`.
    pub(super) fn planes(&self, gain: f32, offset: f32) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.rgb.len());
        for channel in 0..3 {
            out.extend(self.rgb.iter().skip(channel).step_by(3).map(|v| f32::from(*v) * gain + offset));
        }
        out
    }

    /// Luma (ITU-R BT.601).
    pub(super) fn luma(&self) -> Vec<f32> {
        let luma = |p: &[u8]| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]);
        self.rgb.chunks_exact(3).map(luma).collect()
    }
}

/// Bounds of the source pixels of output pixel `i` where output pixels are `scale` source pixels wide.
fn band(i: usize, origin: f32, scale: f32, full: u32) -> (usize, usize) {
    let from = (origin + i as f32 * scale).round();
    let to = (origin + (i + 1) as f32 * scale).round().max(from + 1.0);
    let bound = |v: f32| v.clamp(0.0, full as f32) as usize;
    (bound(from), bound(to))
}

/// Mean over areas: the part of the picture from `(left, top)` on, `scale_x` by `scale_y` pixels to a pixel of the
/// output. What lies outside of the picture is black.
pub(super) fn shrink(
    picture: &RgbImage,
    (left, top): (f32, f32),
    (scale_x, scale_y): (f32, f32),
    (width, height): (usize, usize),
) -> Small {
    let columns: Vec<_> = (0..width).map(|x| band(x, left, scale_x, picture.width())).collect();
    let stride = picture.width() as usize * 3;
    // Every second row is enough of a mean over many rows, and half the work.
    let step = if scale_y >= 4.0 { 2 } else { 1 };
    let mut rgb = vec![0u8; width * height * 3];
    let mut sums = vec![[0u32; 3]; width];
    for (y, row) in rgb.chunks_exact_mut((width * 3).max(1)).enumerate() {
        let (from, to) = band(y, top, scale_y, picture.height());
        sums.fill([0; 3]);
        let mut rows = 0;
        for source in (from..to).step_by(step) {
            let source = &picture.pixels()[source * stride..(source + 1) * stride];
            for (sum, (a, b)) in sums.iter_mut().zip(&columns) {
                for p in source[a * 3..b * 3].chunks_exact(3) {
                    sum[0] += u32::from(p[0]);
                    sum[1] += u32::from(p[1]);
                    sum[2] += u32::from(p[2]);
                }
            }
            rows += 1;
        }
        for ((out, sum), (a, b)) in row.chunks_exact_mut(3).zip(&sums).zip(&columns) {
            let count = ((b - a) as u32 * rows).max(1);
            for (out, sum) in out.iter_mut().zip(sum) {
                *out = ((sum + count / 2) / count) as u8;
            }
        }
    }
    Small { width, height, rgb }
}

/// An upright square region as a square of `side_px`.
pub(super) fn square(picture: &RgbImage, region: &Region, side_px: usize) -> Small {
    let scale = region.side / side_px as f32;
    let origin = (region.x - region.side / 2.0, region.y - region.side / 2.0);
    shrink(picture, origin, (scale, scale), (side_px, side_px))
}

/// The whole picture, stretched to `width` x `height`.
pub(super) fn stretched(picture: &RgbImage, width: usize, height: usize) -> Small {
    let scale = (picture.width() as f32 / width as f32, picture.height() as f32 / height as f32);
    shrink(picture, (0.0, 0.0), scale, (width, height))
}

/// The picture with its longer side made `side_px` where it is longer, and the scale that was used.
pub(super) fn reduced(picture: &RgbImage, side_px: usize) -> (Small, f32) {
    let scale = (picture.width().max(picture.height()) as f32 / side_px as f32).max(1.0);
    let side = |full: u32| ((full as f32 / scale).round() as usize).max(1);
    (stretched(picture, side(picture.width()), side(picture.height())), scale)
}

/// A rotated and scaled part of a picture; the picture's edge goes on for ever. Several samples are averaged where
/// the output is coarser than the picture.
pub(super) fn warp(picture: &RgbImage, map: &Similarity, width: usize, height: usize) -> Small {
    let samples = (map.scale().round() as usize).clamp(1, 6);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let pixel = if samples == 1 {
                let (px, py) = map.apply(x as f32 + 0.5, y as f32 + 0.5);
                bilinear(picture, px - 0.5, py - 0.5)
            } else {
                mean(picture, map, (x, y), samples)
            };
            rgb.extend_from_slice(&pixel);
        }
    }
    Small { width, height, rgb }
}

fn mean(picture: &RgbImage, map: &Similarity, (x, y): (usize, usize), samples: usize) -> [u8; 3] {
    let (right, bottom) = (picture.width() as i32 - 1, picture.height() as i32 - 1);
    let step = 1.0 / samples as f32;
    let (mut px, mut py) = map.apply(x as f32 + step / 2.0, y as f32 + step / 2.0);
    let (dx, dy) = (map.a * step, map.b * step);
    let mut sums = [0u32; 3];
    for _ in 0..samples {
        let (mut qx, mut qy) = (px, py);
        for _ in 0..samples {
            let (ix, iy) = ((qx as i32).clamp(0, right) as usize, (qy as i32).clamp(0, bottom) as usize);
            let at = (iy * picture.width() as usize + ix) * 3;
            if let Some([r, g, b]) = picture.pixels().get(at..at + 3) {
                sums[0] += u32::from(*r);
                sums[1] += u32::from(*g);
                sums[2] += u32::from(*b);
            }
            qx += dx;
            qy += dy;
        }
        px -= dy;
        py += dx;
    }
    let count = (samples * samples) as u32;
    sums.map(|s| ((s + count / 2) / count) as u8)
}

fn bilinear(picture: &RgbImage, x: f32, y: f32) -> [u8; 3] {
    let (right, bottom) = (picture.width() as f32 - 1.0, picture.height() as f32 - 1.0);
    let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
    let (ix, iy) = (x as usize, y as usize);
    let (fx, fy) = ((x - ix as f32) * 256.0, (y - iy as f32) * 256.0);
    let (fx, fy) = (fx as u32, fy as u32);
    let width = picture.width() as usize;
    let next = (if x < right { 3 } else { 0 }, if y < bottom { width * 3 } else { 0 });
    let at = (iy * width + ix) * 3;
    let data = picture.pixels();
    std::array::from_fn(|c| {
        let v = |offset: usize| u32::from(data.get(at + offset + c).copied().unwrap_or(0));
        let top = v(0) * (256 - fx) + v(next.0) * fx;
        let bottom = v(next.1) * (256 - fx) + v(next.0 + next.1) * fx;
        ((top * (256 - fy) + bottom * fy + (1 << 15)) >> 16) as u8
    })
}

//! What covers the iris: lids, lashes, reflections.

use serde::{Deserialize, Serialize};

use super::circle::Circle;
use super::lids::Lids;
use super::locate::MAX_RADIUS_PX;
use super::plane::{Plane, median};
use crate::image::GrayImage;

/// What one pixel of the ring between pupil and limbus shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Pixel {
    /// Not between the circles.
    Outside = 0,
    /// Tissue of the iris that can be used.
    Open = 1,
    /// A lid, or beyond the picture's edge.
    Lid = 2,
    /// A lash, or another thing darker than the tissue around it.
    Lash = 3,
    /// A reflection, or another thing brighter than the tissue around it.
    Reflection = 4,
}

/// Which pixels of the square around an iris can be used.
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    left: i64,
    top: i64,
    side: usize,
    pixels: Vec<Pixel>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({}x{} at {},{})", self.side, self.side, self.left, self.top)
    }
}

/// Shares of the ring between pupil and limbus, 0 to 1; with `open` they add to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// Tissue that can be used.
    pub open: f32,
    /// Under the lids, or beyond the picture's edge.
    pub lids: f32,
    /// Under lashes and shadows.
    pub lashes: f32,
    /// Under reflections.
    pub reflections: f32,
}

/// Bands of depth in which the tissue's grey is learnt.
const BANDS: usize = 8;

/// Grey of the tissue by depth: middle and spread.
struct Tissue {
    middle: [f32; BANDS],
    spread: f32,
}

impl Mask {
    /// What the pixel (x, y) of the picture shows.
    #[must_use]
    pub fn at(&self, x: i64, y: i64) -> Pixel {
        let (dx, dy) = (x - self.left, y - self.top);
        let side = self.side as i64;
        if dx < 0 || dy < 0 || dx >= side || dy >= side {
            return Pixel::Outside;
        }
        self.pixels[(dy * side + dx) as usize]
    }

    /// Shares of the ring.
    #[must_use]
    pub fn cover(&self) -> Cover {
        let mut counts = [0.0f32; 5];
        for pixel in &self.pixels {
            counts[*pixel as usize] += 1.0;
        }
        let all = (counts[1] + counts[2] + counts[3] + counts[4]).max(1.0);
        Cover {
            open: counts[1] / all,
            lids: counts[2] / all,
            lashes: counts[3] / all,
            reflections: counts[4] / all,
        }
    }

    /// Calls `each` with every pixel of the ring.
    pub(super) fn for_each(&self, mut each: impl FnMut(i64, i64, Pixel)) {
        for (i, pixel) in self.pixels.iter().enumerate().filter(|(_, p)| **p != Pixel::Outside) {
            each(self.left + (i % self.side) as i64, self.top + (i / self.side) as i64, *pixel);
        }
    }
}

/// Depth of a point in the ring: 0 at the pupil's edge, 1 at the limbus; outside that, `None`.
fn depth(pupil: &Circle, iris: &Circle, x: f32, y: f32) -> Option<f32> {
    let (dp, di) = ((x - pupil.x).hypot(y - pupil.y), (x - iris.x).hypot(y - iris.y));
    let (inner, outer) = (dp - pupil.radius, iris.radius - di);
    (inner >= 0.0 && outer >= 0.0).then(|| inner / (inner + outer).max(1e-3))
}

/// Makes the mask. The circles must lie at least in part in the picture; `fine` is the picture at full size.
pub(super) fn make(image: &GrayImage, fine: &Plane, pupil: &Circle, iris: &Circle, lids: &Lids) -> Mask {
    let reach = iris.radius.ceil().clamp(1.0, MAX_RADIUS_PX) as i64;
    let (left, top) = (iris.x.round() as i64 - reach, iris.y.round() as i64 - reach);
    let side = (2 * reach + 1) as usize;
    let mut pixels = vec![Pixel::Outside; side * side];
    let mut depths = vec![0.0f32; side * side];
    for (i, pixel) in pixels.iter_mut().enumerate() {
        let (x, y) = (left + (i % side) as i64, top + (i / side) as i64);
        let Some(t) = depth(pupil, iris, x as f32, y as f32) else { continue };
        depths[i] = t;
        let inside = x >= 0 && y >= 0 && x < i64::from(image.width()) && y < i64::from(image.height());
        let lid = !inside || lids.cover(iris, x as f32, y as f32);
        *pixel = if lid { Pixel::Lid } else { Pixel::Open };
    }
    let mut mask = Mask { left, top, side, pixels };
    let tissue = learn(&mask, &depths, fine, iris);
    mark(&mut mask, &depths, fine, &tissue);
    mask
}

/// Learns the tissue's grey from the open pixels at the sides, which lids and lashes reach last.
fn learn(mask: &Mask, depths: &[f32], fine: &Plane, iris: &Circle) -> Tissue {
    let mut bands: [Vec<f32>; BANDS] = std::array::from_fn(|_| Vec::new());
    let mut all = Vec::new();
    for (i, t) in depths.iter().enumerate() {
        if mask.pixels[i] != Pixel::Open || i % 3 != 0 {
            continue;
        }
        let x = (mask.left + (i % mask.side) as i64) as f32;
        let y = (mask.top + (i / mask.side) as i64) as f32;
        let sin = (y - iris.y) / iris.radius.max(1.0);
        if (-0.45..0.7).contains(&sin) {
            let level = fine.nearest(x, y);
            bands[band(*t)].push(level);
            all.push(level);
        }
    }
    let usual = median(&mut all);
    let middle: [f32; BANDS] =
        std::array::from_fn(|b| if bands[b].len() >= 20 { median(&mut bands[b]) } else { usual });
    let mut off: Vec<f32> =
        bands.iter().zip(middle).flat_map(|(band, m)| band.iter().map(move |v| (v - m).abs())).collect();
    // 1.48 times the median deviation is the standard deviation of a normal spread.
    Tissue { middle, spread: (1.48 * median(&mut off)).clamp(4.0, 30.0) }
}

fn band(t: f32) -> usize {
    ((t * BANDS as f32) as usize).min(BANDS - 1)
}

/// Marks open pixels that are far from the tissue's grey: dark ones as lashes, bright ones as reflections; and
/// smooth places that are off as a whole, as a lid whose edge was not found is.
fn mark(mask: &mut Mask, depths: &[f32], fine: &Plane, tissue: &Tissue) {
    let limit = 3.2 * tissue.spread + 14.0;
    let wide_limit = 2.4 * tissue.spread + 8.0;
    let mut marked = Vec::new();
    for (i, t) in depths.iter().enumerate() {
        if mask.pixels[i] != Pixel::Open {
            continue;
        }
        let x = (mask.left + (i % mask.side) as i64) as f32;
        let y = (mask.top + (i / mask.side) as i64) as f32;
        let off = fine.nearest(x, y) - tissue.middle[band(*t)];
        // The soft edges of pupil and limbus are no cover.
        let edge = *t < 0.06 || *t > 0.92;
        if off < -limit && !edge {
            marked.push((i, Pixel::Lash));
        } else if off > limit && *t < 0.92 {
            marked.push((i, Pixel::Reflection));
        } else if off.abs() > wide_limit && !edge {
            let wide = fine.soft(x, y, 3.0) - tissue.middle[band(*t)];
            if wide.abs() > wide_limit {
                marked.push((i, if wide < 0.0 { Pixel::Lash } else { Pixel::Reflection }));
            }
        }
    }
    for (i, pixel) in marked {
        mask.pixels[i] = pixel;
    }
}

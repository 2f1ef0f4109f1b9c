//! Pupil and limbus as circles: the integro-differential operator of Daugman ("High confidence visual recognition
//! of persons by a test of statistical independence", 1993), coarse to fine, started from dark places.

use super::Circle;
use crate::image::GrayImage;

/// Longest side of the picture that the coarse search works on.
const COARSE_PX: u32 = 160;
/// Smallest step in grey from pupil to iris.
const PUPIL_STEP: f32 = 14.0;
/// Smallest step in grey from iris to sclera.
const LIMBUS_STEP: f32 = 4.0;
/// Share of the pupil's edge that must be darker inside.
const EDGE_SHARE: f32 = 0.7;

/// A picture as grey levels with reflections cut off, for sampling at fractions of a pixel.
struct Plane {
    width: usize,
    height: usize,
    levels: Vec<f32>,
}

impl Plane {
    /// The picture made smaller by a whole factor (mean of the pixels).
    fn new(image: &GrayImage, factor: u32) -> Self {
        let (width, height) = ((image.width() / factor) as usize, (image.height() / factor) as usize);
        let full = image.width() as usize;
        let f = factor as usize;
        let mut levels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let sum: u32 = (0..f)
                    .flat_map(|dy| {
                        &image.pixels()[(y * f + dy) * full + x * f..(y * f + dy) * full + x * f + f]
                    })
                    .map(|p| u32::from(*p))
                    .sum();
                levels.push(sum as f32 / (f * f) as f32);
            }
        }
        Self { width, height, levels }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let xi = (x.round().max(0.0) as usize).min(self.width - 1);
        let yi = (y.round().max(0.0) as usize).min(self.height - 1);
        self.levels[yi * self.width + xi]
    }

    /// Mean step outward across a circle at the given directions, over `reach` pixels to each side, and the
    /// share of directions in which it goes up. One step counts for `cap` at most, so that no reflection decides.
    fn step(&self, circle: &Circle, directions: &[(f32, f32)], reach: f32, cap: f32) -> (f32, f32) {
        let (mut sum, mut up) = (0.0, 0.0);
        for (cos, sin) in directions {
            let level = |r: f32| self.at(circle.x + r * cos, circle.y + r * sin);
            let outside = level(circle.radius + reach) + level(circle.radius + 0.5 * reach);
            let inside = level(circle.radius - reach) + level(circle.radius - 0.5 * reach);
            let step = (0.5 * (outside - inside)).clamp(-cap, cap);
            sum += step;
            up += f32::from(u8::from(step > 5.0));
        }
        (sum / directions.len() as f32, up / directions.len() as f32)
    }
}

fn directions(degrees: impl Iterator<Item = i32>) -> Vec<(f32, f32)> {
    degrees
        .map(|d| {
            let (sin, cos) = (d as f32).to_radians().sin_cos();
            (cos, sin)
        })
        .collect()
}

/// Finds pupil and iris; `None` where no such pair of circles is in the picture (closed eye, no eye).
#[must_use]
pub fn locate(image: &GrayImage) -> Option<(Circle, Circle)> {
    if image.width().min(image.height()) < 80 {
        return None;
    }
    let factor = image.width().max(image.height()).div_ceil(COARSE_PX);
    let coarse = Plane::new(image, factor);
    let fine = Plane::new(image, 1);
    for start in pupil_starts(&coarse) {
        let f = factor as f32;
        let start =
            Circle { x: (start.x + 0.5) * f - 0.5, y: (start.y + 0.5) * f - 0.5, radius: start.radius * f };
        let pupil = refine_pupil(&fine, start, f);
        let (step, share) = fine.step(&pupil, &directions((0..360).step_by(6)), 3.0, 90.0);
        if step < PUPIL_STEP || share < EDGE_SHARE {
            continue;
        }
        if let Some(iris) = find_limbus(image, &pupil) {
            return Some((pupil, iris));
        }
    }
    None
}

/// Dark discs on the coarse picture, best first.
fn pupil_starts(plane: &Plane) -> Vec<Circle> {
    let around = directions((0..360).step_by(15));
    let mut sorted = plane.levels.clone();
    sorted.sort_by(f32::total_cmp);
    // Only the darkest fifth of the picture can be the middle of a pupil; a reflection there is allowed for
    // by looking at the darkest of five points.
    let dark = sorted[sorted.len() / 5] + 6.0;
    let longest = plane.width.min(plane.height) as f32 / 4.5;
    let mut found: Vec<(f32, Circle)> = Vec::new();
    for y in (4..plane.height.saturating_sub(4)).step_by(2) {
        for x in (4..plane.width.saturating_sub(4)).step_by(2) {
            let (fx, fy) = (x as f32, y as f32);
            let near = [(0.0, 0.0), (3.0, 0.0), (-3.0, 0.0), (0.0, 3.0), (0.0, -3.0)];
            if near.iter().filter(|(dx, dy)| plane.at(fx + dx, fy + dy) <= dark).count() < 3 {
                continue;
            }
            let mut best: Option<(f32, Circle)> = None;
            let mut radius = 4.0;
            while radius < longest {
                let circle = Circle { x: fx, y: fy, radius };
                let (step, share) = plane.step(&circle, &around, 1.4, 80.0);
                let score = step * share * share;
                if best.is_none_or(|b| score > b.0) {
                    best = Some((score, circle));
                }
                radius += 1.0;
            }
            found.extend(best);
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut starts: Vec<Circle> = Vec::new();
    for (score, circle) in found {
        let apart = |s: &Circle| (s.x - circle.x).hypot(s.y - circle.y) > 8.0;
        if score > 5.0 && starts.iter().all(apart) {
            starts.push(circle);
        }
        if starts.len() == 4 {
            break;
        }
    }
    starts
}

/// Climbs to the circle with the greatest step, with ever smaller moves.
fn refine_pupil(plane: &Plane, start: Circle, factor: f32) -> Circle {
    let around = directions((0..360).step_by(8));
    let value = |c: &Circle| if c.radius < 6.0 { -1.0 } else { plane.step(c, &around, 3.0, 90.0).0 };
    let (mut best, mut top) = (start, value(&start));
    let mut stride = factor.max(2.0);
    while stride >= 0.5 {
        let mut moved = false;
        for (dx, dy, dr) in moves() {
            let c = Circle {
                x: best.x + dx * stride,
                y: best.y + dy * stride,
                radius: best.radius + dr * stride,
            };
            let v = value(&c);
            if v > top + 1e-3 {
                (best, top, moved) = (c, v, true);
            }
        }
        if !moved {
            stride /= 2.0;
        }
    }
    best
}

fn moves() -> impl Iterator<Item = (f32, f32, f32)> {
    (0..27)
        .filter(|i| *i != 13)
        .map(|i| ((i % 3) as f32 - 1.0, (i / 3 % 3) as f32 - 1.0, (i / 9) as f32 - 1.0))
}

/// Searches the limbus around the pupil: arcs at the two sides only, as lids cover it above and below.
fn find_limbus(image: &GrayImage, pupil: &Circle) -> Option<Circle> {
    let plane = Plane::new(image, 2);
    let right = directions((-30..=42).step_by(6));
    let left = directions((138..=210).step_by(6));
    let (px, py, pr) = ((pupil.x - 0.5) / 2.0, (pupil.y - 0.5) / 2.0, pupil.radius / 2.0);
    let longest = (plane.width.max(plane.height) as f32 * 0.48).min(pr * 5.5);
    let value = |c: &Circle| {
        let (r, l) = (plane.step(c, &right, 4.0, 60.0).0, plane.step(c, &left, 4.0, 60.0).0);
        0.5 * (r + l) + r.min(l)
    };
    let mut best: Option<(f32, Circle)> = None;
    let mut radius = (pr * 1.35).max(pr + 5.0);
    while radius < longest {
        let reach = 0.14 * radius;
        for i in 0..7 * 5 {
            let (dx, dy) = ((i % 7) as f32 / 3.0 - 1.0, (i / 7) as f32 / 2.0 - 1.0);
            let c = Circle { x: px + dx * reach, y: py + 0.6 * dy * reach, radius };
            let v = value(&c);
            if best.is_none_or(|b| v > b.0) {
                best = Some((v, c));
            }
        }
        radius += 1.0;
    }
    let (mut top, mut circle) = best?;
    let mut stride = 1.0;
    while stride >= 0.25 {
        let mut moved = false;
        for (dx, dy, dr) in moves() {
            let c = Circle {
                x: circle.x + dx * stride,
                y: circle.y + dy * stride,
                radius: circle.radius + dr * stride,
            };
            let v = value(&c);
            // The pupil lies within the iris, and nearly in its middle.
            if v > top + 1e-3 && (c.x - px).hypot(c.y - py) < 0.25 * c.radius && c.radius > 1.2 * pr {
                (circle, top, moved) = (c, v, true);
            }
        }
        if !moved {
            stride /= 2.0;
        }
    }
    let (r, l) = (plane.step(&circle, &right, 4.0, 60.0).0, plane.step(&circle, &left, 4.0, 60.0).0);
    (r.min(l) >= LIMBUS_STEP).then_some(Circle {
        x: circle.x * 2.0 + 0.5,
        y: circle.y * 2.0 + 0.5,
        radius: circle.radius * 2.0,
    })
}

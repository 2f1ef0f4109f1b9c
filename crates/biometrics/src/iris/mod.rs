//! Near-infrared pictures of an eye: where pupil and iris are, and how fit the picture is (`rekam-iris-1`).

mod locate;

use serde::{Deserialize, Serialize};

use crate::image::GrayImage;
use crate::quality::{Quality, QualityReason};

pub use locate::locate;

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-iris-1";
/// Smallest radius of the iris in pixels (ISO/IEC 29794-6: 80 px for low, more for better quality levels).
pub const MIN_RADIUS_PX: f32 = 80.0;

/// A circle in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Circle {
    /// Middle, from the left.
    pub x: f32,
    /// Middle, from the top.
    pub y: f32,
    /// Radius.
    pub radius: f32,
}

impl Circle {
    /// Point of the circle scaled by `scale`, at `angle` radians (clockwise from the right, as y goes down).
    fn point(&self, scale: f32, angle: f32) -> (f32, f32) {
        (self.x + scale * self.radius * angle.cos(), self.y + scale * self.radius * angle.sin())
    }
}

/// What was found in a picture of an eye.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IrisReport {
    /// Score and reasons.
    pub quality: Quality,
    /// Boundary of pupil and iris.
    pub pupil: Option<Circle>,
    /// Boundary of iris and sclera.
    pub iris: Option<Circle>,
}

/// What was measured once both circles are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// Share of the iris that neither lids, lashes nor reflections cover, 0 to 1.
    pub usable: f32,
    /// Grey levels between iris and pupil.
    pub pupil_contrast: f32,
    /// Grey levels between sclera and iris.
    pub sclera_contrast: f32,
    /// Mean of the absolute Laplacian at the pupil's edge and in the iris, against the pupil contrast.
    pub sharpness: f32,
    /// Pupil's radius against the iris's.
    pub dilation: f32,
    /// Smallest margin around the iris, against what the standard asks (1 is enough).
    pub margin: f32,
}

/// Finds pupil and iris and judges the picture.
#[must_use]
pub fn assess(image: &GrayImage) -> IrisReport {
    // Circles far under the size that the standard asks are a fold or a shadow, not an eye.
    let found = locate(image).map(|(pupil, iris)| (pupil, iris, measure(image, &pupil, &iris)));
    // Nor is a pupil of less than a fifth of its iris (ISO/IEC 29794-6: 20 to 70 %).
    let found = found
        .filter(|(pupil, iris, _)| iris.radius >= 0.7 * MIN_RADIUS_PX && pupil.radius >= 0.2 * iris.radius);
    let Some((pupil, iris, features)) = found else {
        let reasons = match mean(image) {
            m if m < 25.0 => vec![QualityReason::NoIris, QualityReason::TooDark],
            m if m > 245.0 => vec![QualityReason::NoIris, QualityReason::TooBright],
            _ => vec![QualityReason::NoIris],
        };
        return IrisReport { quality: verdict(0, reasons), pupil: None, iris: None };
    };
    let mut parts = parts(&features, iris.radius);
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let score =
        parts.iter().map(|(part, weight, _)| part.max(0.001).ln() * weight).sum::<f32>().exp() * 100.0;
    let reasons = parts.iter().filter(|p| p.0 < 0.6).map(|p| p.2).collect();
    IrisReport {
        quality: verdict(score.round().clamp(0.0, 100.0) as u8, reasons),
        pupil: Some(pupil),
        iris: Some(iris),
    }
}

fn verdict(score: u8, mut reasons: Vec<QualityReason>) -> Quality {
    let mut seen = Vec::new();
    reasons.retain(|r| {
        !seen.contains(r) && {
            seen.push(*r);
            true
        }
    });
    // Not validated: two real irises are too few to show that the scale is right.
    Quality { score: Some(score), algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

/// Parts of the score: value 0 to 1, exponent, reason. The wanted ranges are those of ISO/IEC 29794-6:2015.
fn parts(f: &Features, radius: f32) -> [(f32, f32, QualityReason); 7] {
    use QualityReason as R;
    let ramp = |low: f32, high: f32, value: f32| ((value - low) / (high - low)).clamp(0.0, 1.0);
    let dilated = ramp(0.12, 0.2, f.dilation) * (1.0 - ramp(0.7, 0.8, f.dilation));
    [
        (ramp(0.45, 0.85, f.usable), 0.7, R::LidsCover),
        (ramp(5.0, 40.0, f.pupil_contrast), 0.4, R::LowContrast),
        (ramp(2.0, 25.0, f.sclera_contrast), 0.3, R::LowContrast),
        (ramp(0.018, 0.06, f.sharpness), 0.6, R::Blurred),
        (dilated, 0.4, if f.dilation < 0.3 { R::TooBright } else { R::TooDark }),
        (ramp(0.0, 1.0, f.margin), 0.3, R::OffCentre),
        (ramp(0.6 * MIN_RADIUS_PX, MIN_RADIUS_PX + 10.0, radius), 0.5, R::TooSmall),
    ]
}

fn mean(image: &GrayImage) -> f32 {
    let sum: u64 = image.pixels().iter().map(|p| u64::from(*p)).sum();
    sum as f32 / image.pixels().len() as f32
}

fn measure(image: &GrayImage, pupil: &Circle, iris: &Circle) -> Features {
    let grey = |p: (f32, f32)| f32::from(image.at(p.0.round() as i64, p.1.round() as i64));
    // The sides of the iris, which lids rarely reach, tell how its tissue looks.
    let sides: Vec<f32> = side_angles().collect();
    let ring = |circle: &Circle, scale: f32| {
        let mut levels: Vec<f32> = sides.iter().map(|a| grey(circle.point(scale, *a))).collect();
        levels.sort_by(f32::total_cmp);
        levels[levels.len() / 2]
    };
    let tissue = ring(iris, 0.8);
    let radius = iris.radius;
    let right = image.width() as f32 - iris.x - radius;
    let below = image.height() as f32 - iris.y - radius;
    // Margins: 0.6 of the radius at the sides, 0.2 above and below.
    let margin = ((iris.x - radius) / (0.6 * radius))
        .min(right / (0.6 * radius))
        .min((iris.y - radius) / (0.2 * radius))
        .min(below / (0.2 * radius));
    let pupil_contrast = ring(pupil, 1.25) - ring(pupil, 0.6);
    Features {
        usable: usable_share(image, pupil, iris),
        pupil_contrast,
        sclera_contrast: ring(iris, 1.15) - tissue,
        sharpness: laplacian(image, pupil, iris) / pupil_contrast.max(10.0),
        dilation: pupil.radius / radius,
        margin: margin.max(0.0),
    }
}

/// Angles within 35 degrees of the horizontal, right and left.
fn side_angles() -> impl Iterator<Item = f32> {
    (-14..=14).flat_map(|i| {
        let a = (i as f32 * 2.5).to_radians();
        [a, std::f32::consts::PI - a]
    })
}

/// Share of the ring between the circles that lies between the lids and looks like the tissue at its sides, after
/// a little smoothing.
fn usable_share(image: &GrayImage, pupil: &Circle, iris: &Circle) -> f32 {
    const ANGLES: usize = 120;
    const DEPTHS: usize = 12;
    let level = |angle: f32, depth: usize| {
        let t = 0.1 + 0.8 * (depth as f32 + 0.5) / DEPTHS as f32;
        let (p, i) = (pupil.point(1.0, angle), iris.point(1.0, angle));
        let (x, y) = ((p.0 + (i.0 - p.0) * t).round() as i64, (p.1 + (i.1 - p.1) * t).round() as i64);
        if x < 0 || y < 0 || x >= i64::from(image.width()) || y >= i64::from(image.height()) {
            return None;
        }
        let mut sum = 0u32;
        for dy in -2..=2 {
            for dx in -2..=2 {
                sum += u32::from(image.at(x + dx, y + dy));
            }
        }
        Some(sum as f32 / 25.0)
    };
    let tissue: Vec<f32> = side_angles().flat_map(|a| (0..DEPTHS).filter_map(move |d| level(a, d))).collect();
    if tissue.is_empty() {
        return 0.0;
    }
    let mut sorted = tissue.clone();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted[sorted.len() / 2];
    let spread = tissue.iter().map(|v| (v - middle).abs()).sum::<f32>() / tissue.len() as f32;
    let limit = 3.0 * spread + 8.0;
    let lids = [lid_edge(image, pupil, iris, -1.0), lid_edge(image, pupil, iris, 1.0)];
    let open = |angle: f32, depth: usize| {
        let t = 0.1 + 0.8 * (depth as f32 + 0.5) / DEPTHS as f32;
        let (p, i) = (pupil.point(1.0, angle), iris.point(1.0, angle));
        let (x, y) = (p.0 + (i.0 - p.0) * t, p.1 + (i.1 - p.1) * t);
        lids.iter().flatten().all(|lid| lid.leaves_open(iris, x, y))
    };
    let mut good = 0usize;
    for a in 0..ANGLES {
        let angle = a as f32 * std::f32::consts::TAU / ANGLES as f32;
        good += (0..DEPTHS)
            .filter(|d| open(angle, *d) && level(angle, *d).is_some_and(|v| (v - middle).abs() <= limit))
            .count();
    }
    good as f32 / (ANGLES * DEPTHS) as f32
}

/// The edge of a lid: a parabola that is highest (upper lid) or lowest (lower lid) over the iris's middle.
#[derive(Debug, Clone, Copy)]
struct LidEdge {
    /// -1 the upper lid, 1 the lower.
    side: f32,
    /// Distance of the edge from the iris's middle, in radii, towards `side`. Nearer than 0.2 is not searched: the
    /// pupil would be covered.
    height: f32,
    /// Fall of the edge one radius to the side, in radii.
    bend: f32,
}

impl LidEdge {
    fn y(&self, iris: &Circle, x: f32) -> f32 {
        let u = (x - iris.x) / iris.radius;
        iris.y + self.side * iris.radius * (self.height - self.bend * u * u)
    }

    fn leaves_open(&self, iris: &Circle, x: f32, y: f32) -> bool {
        self.side * (y - self.y(iris, x)) < 0.0
    }
}

/// Grey levels between lid and iris from which an edge counts as a lid.
const LID_STEP: f32 = 16.0;

/// Searches a lid's edge across the iris by the mean step over it, as the circles are searched.
fn lid_edge(image: &GrayImage, pupil: &Circle, iris: &Circle, side: f32) -> Option<LidEdge> {
    let mut best: Option<(f32, LidEdge)> = None;
    for height in (4..=16).map(|i| i as f32 * 0.05) {
        for bend in [0.0, 0.1, 0.2, 0.35] {
            let edge = LidEdge { side, height, bend };
            let (mut sum, mut n, mut up) = (0.0f32, 0.0f32, 0.0f32);
            for u in (-18..=18).map(|i| i as f32 * 0.05) {
                let x = iris.x + u * iris.radius;
                let y = edge.y(iris, x);
                let from_iris = (x - iris.x).hypot(y - iris.y) / iris.radius;
                let from_pupil = (x - pupil.x).hypot(y - pupil.y) / pupil.radius;
                // Neither the limbus nor the pupil's edge may be taken for a lid.
                if from_iris > 0.84 || (0.72..1.3).contains(&from_pupil) {
                    continue;
                }
                let level = |d: i64| f32::from(image.at(x.round() as i64, y.round() as i64 + d));
                let step = ((level(3) + level(6) - level(-3) - level(-6)) / 2.0).clamp(-60.0, 60.0);
                sum += step;
                up += f32::from(u8::from(step > 0.0));
                n += 1.0;
            }
            // A lid's edge is a step the same way along nearly all of it; the tissue's pattern is not.
            let agree = up.max(n - up) / n.max(1.0);
            if n >= 15.0 && agree >= 0.9 && best.is_none_or(|b| (sum / n).abs() > b.0) {
                best = Some(((sum / n).abs(), edge));
            }
        }
    }
    best.filter(|b| b.0 >= LID_STEP).map(|b| b.1)
}

/// Mean of the absolute 5-point Laplacian over the sides of the pupil's edge and the iris. A 3x3 mean comes
/// before it, so that sensor noise does not pass for detail.
fn laplacian(image: &GrayImage, pupil: &Circle, iris: &Circle) -> f32 {
    let soft = |x: i64, y: i64| {
        let mut sum = 0i32;
        for dy in -1..=1 {
            for dx in -1..=1 {
                sum += i32::from(image.at(x + dx, y + dy));
            }
        }
        sum as f32 / 9.0
    };
    let (mut sum, mut n) = (0.0, 0.0);
    for angle in side_angles() {
        let (p, i) = (pupil.point(1.0, angle), iris.point(0.9, angle));
        let length = ((i.0 - p.0).powi(2) + (i.1 - p.1).powi(2)).sqrt();
        for step in -3..length as i32 {
            let t = step as f32 / length.max(1.0);
            let (x, y) = ((p.0 + (i.0 - p.0) * t).round() as i64, (p.1 + (i.1 - p.1) * t).round() as i64);
            let l = 4.0 * soft(x, y) - soft(x - 2, y) - soft(x + 2, y) - soft(x, y - 2) - soft(x, y + 2);
            sum += l.abs();
            n += 1.0;
        }
    }
    if n > 0.0 { sum / n } else { 0.0 }
}

#[cfg(test)]
mod tests;

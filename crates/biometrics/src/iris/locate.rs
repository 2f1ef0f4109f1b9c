//! Pupil and limbus as circles: the integro-differential operator of Daugman ("High confidence visual recognition
//! of persons by a test of statistical independence", 1993), coarse to fine, started from dark places; then a
//! robust fit to edge points found along rays, which lids may cut off.

use super::circle::{Circle, fit};
use super::plane::{Plane, directions, median, quantile};
use crate::image::GrayImage;

/// Longest side of the picture that the coarse search works on.
const COARSE_PX: u32 = 160;
/// Smallest step in grey from pupil to iris.
const PUPIL_STEP: f32 = 14.0;
/// Smallest step in grey from iris to sclera.
const LIMBUS_STEP: f32 = 4.0;
/// Share of the pupil's visible edge that must be darker inside.
const EDGE_SHARE: f32 = 0.7;
/// Circles smaller than this are a fold or a shadow rather than an iris: half of what the standard asks.
const SMALLEST_PX: f32 = 0.5 * super::MIN_RADIUS_PX;
/// A pupil of less than this share of its iris is a shadow in the tissue (the standard's limit is 0.2).
const NARROWEST: f32 = 0.18;
/// Largest radius of an iris that is looked for; bounds the mask's memory.
pub(super) const MAX_RADIUS_PX: f32 = 600.0;
/// Rays along which edges are searched.
pub(super) const RAYS: i32 = 120;

/// Finds pupil and iris; `None` where no such pair of circles is in the picture (closed eye, no eye).
#[must_use]
pub fn locate(image: &GrayImage) -> Option<(Circle, Circle)> {
    locate_on(image, &Plane::new(image, 1), &Plane::new(image, 2))
}

/// As [`locate`], with the picture at full and at half size.
pub(super) fn locate_on(image: &GrayImage, fine: &Plane, half: &Plane) -> Option<(Circle, Circle)> {
    if image.width().min(image.height()) < 80 {
        return None;
    }
    let factor = image.width().max(image.height()).div_ceil(COARSE_PX);
    let coarse = Plane::new(image, factor).without_spots(2);
    let f = factor as f32;
    let mut best: Option<(f32, (Circle, Circle))> = None;
    for start in pupil_starts(&coarse) {
        let start =
            Circle { x: (start.x + 0.5) * f - 0.5, y: (start.y + 0.5) * f - 0.5, radius: start.radius * f };
        let Some((pupil, strength)) = refine_pupil(fine, start, f) else { continue };
        let Some((iris, limbus)) = find_limbus(half, &pupil) else { continue };
        let iris = refine_limbus(half, &pupil, iris);
        if iris.radius < SMALLEST_PX || pupil.radius < NARROWEST * iris.radius {
            continue;
        }
        // Of two finds the larger is the likelier: lashes and folds make small ones.
        let strength = (strength + 1.5 * limbus) * (iris.radius / 100.0).min(1.0);
        if best.is_none_or(|b| strength > b.0) {
            best = Some((strength, (pupil, iris)));
        }
    }
    best.map(|b| b.1)
}

/// Dark discs on the coarse picture, best first. Their upper part may be cut off by a lid.
fn pupil_starts(plane: &Plane) -> Vec<Circle> {
    let around = directions((0..360).step_by(15));
    // Only the darkest fifth of the picture can be the middle of a pupil; a reflection there is allowed for
    // by looking at nine points.
    let dark = quantile(&mut plane.levels().to_vec(), 0.2) + 6.0;
    let longest = (plane.width().min(plane.height()) as f32 / 4.5).max(5.0);
    let mut found: Vec<(f32, Circle)> = Vec::new();
    for y in (4..plane.height().saturating_sub(4)).step_by(2) {
        for x in (4..plane.width().saturating_sub(4)).step_by(2) {
            let (fx, fy) = (x as f32, y as f32);
            let near = (0..9).map(|i| (fx + (i % 3 - 1) as f32 * 3.0, fy + (i / 3 - 1) as f32 * 3.0));
            if near.filter(|(x, y)| plane.nearest(*x, *y) <= dark).count() >= 3 {
                found.extend(best_disc(plane, (fx, fy), longest, &around));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut starts: Vec<Circle> = Vec::new();
    for (score, circle) in found {
        let apart = |s: &Circle| (s.x - circle.x).hypot(s.y - circle.y) > 6.0;
        if score > 5.0 && starts.iter().all(apart) {
            starts.push(circle);
        }
        if starts.len() == 5 {
            break;
        }
    }
    starts
}

/// The radius at which the step outward around (x, y) is greatest, with its score. One ray is read only once.
fn best_disc(
    plane: &Plane,
    (x, y): (f32, f32),
    longest: f32,
    around: &[(f32, f32)],
) -> Option<(f32, Circle)> {
    const LONGEST: usize = 48;
    let radii = (longest as usize).min(LONGEST - 3);
    let mut rays = [[0.0f32; LONGEST]; 24];
    for (ray, (cos, sin)) in rays.iter_mut().zip(around) {
        for (r, level) in ray.iter_mut().enumerate().take(radii + 3) {
            *level = plane.nearest(x + r as f32 * cos, y + r as f32 * sin);
        }
    }
    let mut best: Option<(f32, Circle)> = None;
    for r in 4..=radii {
        let (mut all, mut all_up, mut low, mut low_up, mut low_n) = (0.0, 0.0, 0.0, 0.0, 0.0f32);
        for (ray, (_, sin)) in rays.iter().zip(around) {
            let step = 0.5 * (ray[r + 1] + ray[r + 2] - ray[r - 1] - ray[r - 2]);
            let (step, up) = (step.clamp(-80.0, 80.0), f32::from(u8::from(step > 5.0)));
            all += step;
            all_up += up;
            if *sin > -0.1 {
                low += step;
                low_up += up;
                low_n += 1.0;
            }
        }
        let n = around.len() as f32;
        // A pupil is dark up to its edge; an iris taken for one is dark only in its middle.
        let core = rays.iter().map(|ray| ray[1].min(ray[r / 3])).fold(f32::MAX, f32::min);
        let dark_share = |step: f32, from: f32, n: f32| {
            let limit = core + 0.5 * step.max(8.0);
            let dark = rays.iter().zip(around).filter(|(ray, d)| d.1 > from && ray[3 * r / 4] < limit);
            dark.count() as f32 / n
        };
        let whole = all / n * (all_up / n).powi(2) * dark_share(all / n, -2.0, n);
        // The lower half alone: what a lid leaves of a pupil.
        let (low, low_up) = (low / low_n.max(1.0), low_up / low_n.max(1.0));
        let lower = 0.8 * low * low_up.powi(3) * dark_share(low, -0.1, low_n.max(1.0));
        let score = whole.max(lower);
        if best.is_none_or(|b| score > b.0) {
            best = Some((score, Circle { x, y, radius: r as f32 }));
        }
    }
    best
}

/// Climbs to the circle with the greatest step and fits it to the edge. Gives the circle and its mean step.
fn refine_pupil(plane: &Plane, start: Circle, factor: f32) -> Option<(Circle, f32)> {
    let whole = directions((0..360).step_by(8));
    let lower = directions((-6..=186).step_by(8));
    let climbed = [&whole, &lower].map(|around| {
        let value = |c: &Circle| if c.radius < 6.0 { -1.0 } else { plane.mean_step(c, around, 3.0, 90.0).0 };
        climb(start, factor.max(2.0), 0.5, value)
    });
    let mut best: Option<(Circle, f32)> = None;
    for (circle, around) in climbed.into_iter().zip([&whole, &lower]) {
        let points: Vec<_> = edge_points(
            plane,
            &circle,
            0.35 * circle.radius.max(12.0),
            2.0,
            ring_level(plane, &circle),
            None,
        )
        .into_iter()
        .filter(|p| p.2 > 8.0)
        .map(|p| (p.0, p.1, p.2.min(60.0)))
        .collect();
        let circle = fit(&points, circle, 0.14 * circle.radius.max(25.0)).unwrap_or(circle);
        let (step, share) = plane.mean_step(&circle, around, 3.0, 90.0);
        if step < PUPIL_STEP || share < EDGE_SHARE || circle.radius < 6.0 {
            continue;
        }
        if !even(plane, &circle, step) {
            continue;
        }
        // A whole circle is believed before a half.
        let strength = if around.len() == whole.len() { step } else { 0.75 * step };
        if best.is_none_or(|b| strength > b.1) {
            best = Some((circle, strength));
        }
    }
    best
}

/// Usual grey just outside a circle, at its sides and below: the brightest that an edge to it needs. Reflections in a
/// pupil are far brighter and would make the strongest edges.
pub(super) fn ring_level(plane: &Plane, circle: &Circle) -> f32 {
    let mut levels: Vec<f32> = (0..48)
        .map(|i| circle.point(1.25, (i as f32 * 5.0 - 30.0).to_radians()))
        .map(|(x, y)| plane.nearest(x, y))
        .collect();
    median(&mut levels) + 10.0
}

/// Whether the disc is as dark near its edge as farther in, in its lower half. An iris taken for a pupil is not.
fn even(plane: &Plane, circle: &Circle, step: f32) -> bool {
    let ring = |scale: f32, share: f32| {
        let mut levels: Vec<f32> = (0..24)
            .map(|i| circle.point(scale, (i as f32 * 9.0 - 14.0).to_radians()))
            .map(|(x, y)| plane.nearest(x, y))
            .collect();
        quantile(&mut levels, share)
    };
    let core = [0.15f32, 0.35, 0.55].map(|scale| ring(scale, 0.3)).into_iter().fold(f32::MAX, f32::min);
    ring(0.82, 0.5) - core < 0.35 * step + 8.0
}

/// Moves a circle to where `value` is greatest, with moves from `stride` pixels down to `smallest`.
fn climb(start: Circle, mut stride: f32, smallest: f32, value: impl Fn(&Circle) -> f32) -> Circle {
    let (mut best, mut top) = (start, value(&start));
    while stride >= smallest {
        let mut moved = false;
        for i in (0..27).filter(|i| *i != 13) {
            let (dx, dy, dr) = ((i % 3) as f32 - 1.0, (i / 3 % 3) as f32 - 1.0, (i / 9) as f32 - 1.0);
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

/// The strongest step outward along each ray within `reach` pixels of the circle: (x, y, step). `scale` is the
/// distance over which a step is taken; what is brighter than `cap` counts as `cap`; `only` limits the rays by their direction.
pub(super) fn edge_points(
    plane: &Plane,
    circle: &Circle,
    reach: f32,
    scale: f32,
    cap: f32,
    only: Option<&dyn Fn(f32, f32) -> bool>,
) -> Vec<(f32, f32, f32)> {
    let mut points = Vec::with_capacity(RAYS as usize);
    for (cos, sin) in directions((0..RAYS).map(|i| i * 360 / RAYS)) {
        if only.is_some_and(|only| !only(cos, sin)) {
            continue;
        }
        let level = |r: f32| plane.between(circle.x + r * cos, circle.y + r * sin).min(cap);
        let edge =
            |r: f32| level(r + scale) + level(r + 0.5 * scale) - level(r - scale) - level(r - 0.5 * scale);
        let steps = (2.0 * reach).ceil() as usize;
        let mut best = (f32::MIN, 0.0);
        for i in 0..=steps {
            let r = circle.radius - reach + i as f32;
            let near = 1.0 - 0.4 * ((r - circle.radius) / reach).powi(2);
            let e = 0.5 * edge(r) * near;
            if r > 1.5 * scale && e > best.0 {
                best = (e, r);
            }
        }
        if best.0 <= 0.0 {
            continue;
        }
        // A parabola through three steps gives the place between pixels.
        let (a, b, c) = (edge(best.1 - 1.0), edge(best.1), edge(best.1 + 1.0));
        let bend = a - 2.0 * b + c;
        let shift = if bend < -1e-3 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        let r = best.1 + shift;
        points.push((circle.x + r * cos, circle.y + r * sin, best.0));
    }
    points
}

/// Searches the limbus around the pupil: arcs at the two sides only, as lids cover it above and below. Gives the
/// circle in pixels of the full picture and the smaller of the two sides' steps.
fn find_limbus(plane: &Plane, pupil: &Circle) -> Option<(Circle, f32)> {
    // Lids that hang low leave the sides only from the middle down.
    let arcs = [(-30, 42), (-6, 60)].map(|(from, to)| {
        (directions((from..=to).step_by(6)), directions((180 - to..=180 - from).step_by(6)))
    });
    let (px, py, pr) = ((pupil.x - 0.5) / 2.0, (pupil.y - 0.5) / 2.0, pupil.radius / 2.0);
    let longest = (plane.width().max(plane.height()) as f32 * 0.48).min(pr * 5.5).min(0.45 * MAX_RADIUS_PX);
    let sides = |c: &Circle, arc: &(Vec<(f32, f32)>, Vec<(f32, f32)>)| {
        (plane.mean_step(c, &arc.0, 4.0, 60.0).0, plane.mean_step(c, &arc.1, 4.0, 60.0).0)
    };
    let value = |c: &Circle| {
        let both = arcs.each_ref().map(|arc| {
            let (r, l) = sides(c, arc);
            0.5 * (r + l) + r.min(l)
        });
        both[0].max(0.9 * both[1])
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
        radius += 1.5;
    }
    let start = best?.1;
    // The pupil lies within the iris, and nearly in its middle.
    let holds = |c: &Circle| (c.x - px).hypot(c.y - py) < 0.25 * c.radius && c.radius > 1.2 * pr;
    let circle = climb(start, 1.0, 0.25, |c| if holds(c) { value(c) } else { f32::MIN });
    let step = arcs.iter().map(|arc| sides(&circle, arc)).map(|(r, l)| r.min(l)).fold(f32::MIN, f32::max);
    let full = Circle { x: circle.x * 2.0 + 0.5, y: circle.y * 2.0 + 0.5, radius: circle.radius * 2.0 };
    (step >= LIMBUS_STEP && holds(&circle)).then_some((full, step))
}

/// Fits the limbus to edge points of the sides and, where it is seen, of the lower part.
fn refine_limbus(plane: &Plane, pupil: &Circle, iris: Circle) -> Circle {
    let half = Circle { x: (iris.x - 0.5) / 2.0, y: (iris.y - 0.5) / 2.0, radius: iris.radius / 2.0 };
    let only = |_: f32, sin: f32| (-0.6..0.8).contains(&sin);
    let points = edge_points(plane, &half, 0.12 * half.radius, 4.0, f32::MAX, Some(&only));
    let mut steps: Vec<f32> = points.iter().map(|p| p.2).collect();
    let usual = median(&mut steps);
    // Steps far above the usual are lashes or a lid, far below nothing.
    let points: Vec<_> = points
        .into_iter()
        .filter(|p| (0.4 * usual..2.0 * usual).contains(&p.2) && p.2 > 2.0)
        .map(|p| (p.0, p.1, 1.0))
        .collect();
    let Some(fitted) = fit(&points, half, 0.07 * half.radius) else { return iris };
    let full = Circle { x: fitted.x * 2.0 + 0.5, y: fitted.y * 2.0 + 0.5, radius: fitted.radius * 2.0 };
    let moved = (full.x - iris.x).hypot(full.y - iris.y).max((full.radius - iris.radius).abs());
    let holds =
        (full.x - pupil.x).hypot(full.y - pupil.y) < 0.25 * full.radius && full.radius > 1.2 * pupil.radius;
    if holds && moved < 0.1 * iris.radius { full } else { iris }
}

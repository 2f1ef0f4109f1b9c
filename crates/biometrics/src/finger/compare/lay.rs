//! Lays one print on the other and weighs what fits.

use std::f32::consts::PI;

use super::prepared::{Point, Prepared, apart};
use super::vote::Pair;

/// Two minutiae this far apart after laying are not one.
const REACH_PX: f32 = 14.0;
/// Largest difference of direction, units of 360/256 degrees.
const REACH_ANGLE: u8 = 18;
/// Range of the skin's stretch: how far a pair's own displacement speaks for its surroundings.
const STRETCH_PX: f32 = 55.0;

/// A turn and a shift from probe to gallery, y down.
#[derive(Clone, Copy)]
struct Motion {
    cos: f32,
    sin: f32,
    dx: f32,
    dy: f32,
}

impl Motion {
    fn apply(&self, p: &Point) -> (f32, f32) {
        (p.x * self.cos - p.y * self.sin + self.dx, p.x * self.sin + p.y * self.cos + self.dy)
    }

    /// Turn in units of 360/256 degrees counter-clockwise.
    fn turn(&self) -> u8 {
        ((-self.sin).atan2(self.cos) * (128.0 / PI)).round() as i32 as u8
    }

    /// Least squares over pairs of places (Umeyama, IEEE PAMI 13(4), 1991, without scale), `None` when
    /// they do not tell a turn.
    fn fit(pairs: &[(&Point, &Point)]) -> Option<Self> {
        let n = pairs.len() as f32;
        let mean = |of: fn(&(&Point, &Point)) -> f32| pairs.iter().map(of).sum::<f32>() / n;
        let (px, py) = (mean(|p| p.0.x), mean(|p| p.0.y));
        let (gx, gy) = (mean(|p| p.1.x), mean(|p| p.1.y));
        let (mut dot, mut cross) = (0.0f32, 0.0f32);
        for (p, g) in pairs {
            let (ax, ay, bx, by) = (p.x - px, p.y - py, g.x - gx, g.y - gy);
            dot += ax * bx + ay * by;
            cross += ax * by - ay * bx;
        }
        let length = (dot * dot + cross * cross).sqrt();
        if length <= 1e-3 || length.is_nan() {
            return None;
        }
        let (cos, sin) = (dot / length, cross / length);
        Some(Self { cos, sin, dx: gx - (px * cos - py * sin), dy: gy - (px * sin + py * cos) })
    }
}

/// A pair that fits: indices and how far off.
#[derive(Clone, Copy)]
struct Fit {
    probe: usize,
    gallery: usize,
    off_px: f32,
    off_angle: f32,
}

pub(super) fn score(probe: &Prepared, gallery: &Prepared, chosen: &[Pair]) -> u32 {
    if chosen.len() < 3 {
        return 0;
    }
    let mut fits: Vec<(usize, usize)> =
        chosen.iter().map(|p| (usize::from(p.probe), usize::from(p.gallery))).collect();
    let mut result = None;
    for _ in 0..3 {
        let places: Vec<(&Point, &Point)> =
            fits.iter().map(|(p, g)| (&probe.points[*p], &gallery.points[*g])).collect();
        let Some(motion) = Motion::fit(&places) else { return 0 };
        let laid = laid(probe, &motion, &places);
        let found = pair_up(probe, gallery, &laid, motion.turn());
        if found.len() < 3 {
            return 0;
        }
        fits = found.iter().map(|f| (f.probe, f.gallery)).collect();
        result = Some((found, laid));
    }
    let Some((found, laid)) = result else { return 0 };
    weigh(probe, gallery, &laid, &found)
}

/// The probe's places in the gallery: moved, and stretched as the pairs around say.
fn laid(probe: &Prepared, motion: &Motion, places: &[(&Point, &Point)]) -> Vec<(f32, f32)> {
    let residuals: Vec<(f32, f32, f32, f32)> = places
        .iter()
        .map(|(p, g)| {
            let (x, y) = motion.apply(p);
            (p.x, p.y, (g.x - x).clamp(-25.0, 25.0), (g.y - y).clamp(-25.0, 25.0))
        })
        .collect();
    probe
        .points
        .iter()
        .map(|p| {
            let (x, y) = motion.apply(p);
            // A weight of 1 for no stretch keeps lone pairs from bending everything their way.
            let (mut weight, mut sx, mut sy) = (1.0f32, 0.0f32, 0.0f32);
            for (rx, ry, ox, oy) in &residuals {
                let square = (p.x - rx).powi(2) + (p.y - ry).powi(2);
                // A pair does not speak for itself.
                if square < 1.0 {
                    continue;
                }
                let w = 1.0 / (1.0 + (square / (STRETCH_PX * STRETCH_PX)).powi(2));
                weight += w;
                sx += w * ox;
                sy += w * oy;
            }
            (x + sx / weight, y + sy / weight)
        })
        .collect()
}

/// Pairs minutiae one to one, nearest first.
fn pair_up(probe: &Prepared, gallery: &Prepared, laid: &[(f32, f32)], turn: u8) -> Vec<Fit> {
    let mut near: Vec<(f32, Fit)> = Vec::new();
    for (i, ((x, y), p)) in laid.iter().zip(&probe.points).enumerate() {
        let angle = p.angle.wrapping_add(turn);
        for (j, g) in gallery.points.iter().enumerate() {
            let square = (g.x - x).powi(2) + (g.y - y).powi(2);
            if square > REACH_PX * REACH_PX || apart(angle, g.angle) > REACH_ANGLE {
                continue;
            }
            let (off_px, off_angle) = (square.sqrt(), f32::from(apart(angle, g.angle)));
            let cost = off_px / REACH_PX + 0.5 * off_angle / f32::from(REACH_ANGLE);
            near.push((cost, Fit { probe: i, gallery: j, off_px, off_angle }));
        }
    }
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut probes, mut galleries) = (vec![false; laid.len()], vec![false; gallery.points.len()]);
    let mut found = Vec::new();
    for (_, fit) in near {
        if !probes[fit.probe] && !galleries[fit.gallery] {
            (probes[fit.probe], galleries[fit.gallery]) = (true, true);
            found.push(fit);
        }
    }
    found
}

/// The weight of the evidence: what fits, times the share that fits where the prints overlap.
fn weigh(probe: &Prepared, gallery: &Prepared, laid: &[(f32, f32)], found: &[Fit]) -> u32 {
    let theirs: Vec<(f32, f32)> = gallery.points.iter().map(|g| (g.x, g.y)).collect();
    let (hull_p, hull_g) = (hull(laid), hull(&theirs));
    let mut evidence = 0.0;
    let (mut fit_p, mut fit_g) = (vec![false; laid.len()], vec![false; theirs.len()]);
    for f in found {
        // Same minutiae lie 2 to 5 pixels and 2 to 4 units apart, strangers 7 and 6: hence the bell's widths.
        evidence += (-0.5 * ((f.off_px / 5.0).powi(2) + (f.off_angle / 5.0).powi(2))).exp();
        (fit_p[f.probe], fit_g[f.gallery]) = (true, true);
    }
    let count = |points: &[Point], places: &[(f32, f32)], fit: &[bool], hull: &[(f32, f32)]| {
        points
            .iter()
            .zip(places)
            .zip(fit)
            .filter(|((_, at), fit)| **fit || inside(hull, **at))
            .map(|((p, _), _)| p.weight.max(0.1))
            .sum::<f32>()
    };
    let matched: f32 = found
        .iter()
        .map(|f| (probe.points[f.probe].weight.max(0.1) * gallery.points[f.gallery].weight.max(0.1)).sqrt())
        .sum();
    let over = (count(&probe.points, laid, &fit_p, &hull_g)
        * count(&gallery.points, &theirs, &fit_g, &hull_p))
    .sqrt();
    let share = (matched / over.max(1e-3)).min(1.0);
    (10.0 * evidence * share).round().max(0.0) as u32
}

/// Convex hull, counter-clockwise in a y-up sense (Andrew's monotone chain).
fn hull(places: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut sorted = places.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut hull: Vec<(f32, f32)> = Vec::new();
    for pass in 0..2 {
        let floor = hull.len() + 1;
        let mut add = |p: &(f32, f32)| {
            while hull.len() > floor && cross(hull[hull.len() - 2], hull[hull.len() - 1], *p) <= 0.0 {
                hull.pop();
            }
            hull.push(*p);
        };
        if pass == 0 {
            sorted.iter().for_each(&mut add)
        } else {
            sorted.iter().rev().for_each(&mut add)
        }
        hull.pop();
    }
    hull
}

fn cross(o: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0)
}

/// Whether a place lies in a hull.
fn inside(hull: &[(f32, f32)], at: (f32, f32)) -> bool {
    hull.len() >= 3 && hull.iter().zip(hull.iter().cycle().skip(1)).all(|(a, b)| cross(*a, *b, at) >= 0.0)
}

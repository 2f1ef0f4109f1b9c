//! A template made ready for comparison.

use std::f32::consts::PI;

use crate::finger::matcher::{FingerError, WORK_PPI};
use crate::minutiae::{Minutia, Template};

/// Most minutiae that are compared; the best are taken.
pub const MAX_COMPARED: usize = 128;
/// Fewer minutiae than this tell nothing.
pub(super) const MIN_COMPARED: usize = 6;
/// Neighbours of one minutia that give edges.
pub(super) const NEIGHBOURS: usize = 14;
/// Shortest and longest edge in pixels.
const EDGE_PX: (f32, f32) = (6.0, 200.0);
/// Largest coordinate of the standard's 14 bits.
const MAX_COORDINATE: u32 = 0x3FFF;

/// One minutia at 500 ppi.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Units of 360/256 degrees, as in [`Minutia`].
    pub(super) angle: u8,
    /// 0 to 1: how far it is trusted.
    pub(super) weight: f32,
}

/// A minutia seen from another one. Angles in units of 360/256 degrees.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: u8,
    /// Pixels.
    pub(super) length: u8,
    /// Direction of the edge against the first minutia's.
    pub(super) out: u8,
    /// Direction of the second minutia against the first's.
    pub(super) turn: u8,
}

/// A template at 500 ppi with its edges: at most [`MAX_COMPARED`] minutiae of 16 bytes with 14 edges of
/// 4 bytes each: 5 kB for 70 minutiae, 9 kB at most.
#[derive(Clone)]
pub struct Prepared {
    pub(super) points: Vec<Point>,
    pub(super) edges: Vec<Edge>,
}

impl std::fmt::Debug for Prepared {
    // Biometric: only the count is told.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Prepared({} minutiae)", self.points.len())
    }
}

impl Prepared {
    /// Checks a template and prepares it. Of more than [`MAX_COMPARED`] minutiae the best are taken, of several
    /// at one place one.
    ///
    /// # Errors
    /// [`FingerError::Template`] when the resolution is 0 or a coordinate, at 500 ppi, is above 14 bits.
    pub fn new(template: &Template) -> Result<Self, FingerError> {
        let points = sanitised(template)?;
        let edges = edges(&points);
        Ok(Self { points, edges })
    }

    /// Number of minutiae that are compared.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is nothing to compare.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

fn sanitised(template: &Template) -> Result<Vec<Point>, FingerError> {
    if template.ppi == 0 {
        return Err(FingerError::Template { what: "resolution" });
    }
    let scale = f32::from(WORK_PPI) / f32::from(template.ppi);
    let mut best: Vec<&Minutia> = template.minutiae.iter().collect();
    if best.iter().any(|m| f32::from(m.x.max(m.y)) * scale > MAX_COORDINATE as f32) {
        return Err(FingerError::Template { what: "coordinate" });
    }
    best.sort_by_key(|m| (std::cmp::Reverse(m.quality), m.x, m.y, m.angle));
    let mut points: Vec<Point> = Vec::with_capacity(best.len().min(MAX_COMPARED));
    for m in best {
        if points.len() == MAX_COMPARED {
            break;
        }
        let (x, y) = (f32::from(m.x) * scale, f32::from(m.y) * scale);
        // Two minutiae never share a place; a template of copies would only cost time.
        if points.iter().any(|p| (p.x - x).abs() < 2.0 && (p.y - y).abs() < 2.0) {
            continue;
        }
        // Quality 0 is not told.
        let quality = if m.quality == 0 { 50 } else { m.quality.min(100) };
        points.push(Point { x, y, angle: m.angle, weight: f32::from(quality) / 100.0 });
    }
    Ok(points)
}

fn edges(points: &[Point]) -> Vec<Edge> {
    let mut all = Vec::with_capacity(points.len() * NEIGHBOURS);
    let mut near: Vec<(f32, u8)> = Vec::with_capacity(points.len());
    for (i, a) in points.iter().enumerate() {
        near.clear();
        for (j, b) in points.iter().enumerate() {
            let square = (a.x - b.x).powi(2) + (a.y - b.y).powi(2);
            if i != j && square >= EDGE_PX.0 * EDGE_PX.0 && square <= EDGE_PX.1 * EDGE_PX.1 {
                near.push((square, j as u8));
            }
        }
        if near.len() > NEIGHBOURS {
            near.select_nth_unstable_by(NEIGHBOURS, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            near.truncate(NEIGHBOURS);
        }
        for (square, j) in &near {
            let b = &points[usize::from(*j)];
            let out = bearing(b.x - a.x, b.y - a.y).wrapping_sub(a.angle);
            let length = square.sqrt().round() as u8;
            all.push(Edge { from: i as u8, length, out, turn: b.angle.wrapping_sub(a.angle) });
        }
    }
    all
}

/// Direction of an offset with y down, in units of 360/256 degrees counter-clockwise.
pub(super) fn bearing(dx: f32, dy: f32) -> u8 {
    ((-dy).atan2(dx) * (128.0 / PI)).round() as i32 as u8
}

/// Distance of two angles, 0 to 128.
pub(super) fn apart(a: u8, b: u8) -> u8 {
    let d = a.wrapping_sub(b);
    d.min(d.wrapping_neg())
}

//! Circles, and the robust fit of one to edge points.

use serde::{Deserialize, Serialize};

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
    #[must_use]
    pub fn point(&self, scale: f32, angle: f32) -> (f32, f32) {
        (self.x + scale * self.radius * angle.cos(), self.y + scale * self.radius * angle.sin())
    }

    /// Distance of (x, y) from the middle, in radii.
    #[must_use]
    pub fn radii_from(&self, x: f32, y: f32) -> f32 {
        (x - self.x).hypot(y - self.y) / self.radius
    }
}

/// Fits a circle to edge points (x, y, weight), starting near `start`: geometric least squares by Gauss-Newton,
/// with Tukey's biweight so that points more than `reach` pixels off do not count. `None` when fewer than a
/// dozen points or no sound circle remain.
pub(super) fn fit(points: &[(f32, f32, f32)], start: Circle, reach: f32) -> Option<Circle> {
    let mut circle = start;
    // The reach narrows, so that the first rounds may move the circle and the last ignore what is off it.
    for round in 0..12 {
        let reach = reach * (1.0 - 0.06 * round as f32);
        let mut normal = [[0.0f64; 4]; 3];
        let mut counted = 0;
        for &(x, y, w) in points {
            let (dx, dy) = (x - circle.x, y - circle.y);
            let distance = dx.hypot(dy);
            let off = distance - circle.radius;
            if off.abs() >= reach || distance < 1.0 {
                continue;
            }
            counted += 1;
            let tukey = w * (1.0 - (off / reach).powi(2)).powi(2);
            let row = [f64::from(dx / distance), f64::from(dy / distance), 1.0, f64::from(off)];
            for (i, line) in normal.iter_mut().enumerate() {
                for (j, cell) in line.iter_mut().enumerate() {
                    *cell += f64::from(tukey) * row[i] * row[j];
                }
            }
        }
        if counted < 12 {
            return None;
        }
        let [dx, dy, dr] = solve(normal)?;
        circle =
            Circle { x: circle.x + dx as f32, y: circle.y + dy as f32, radius: circle.radius + dr as f32 };
        let sound = circle.x.is_finite() && circle.y.is_finite() && circle.radius.is_finite();
        if !sound || circle.radius < 2.0 {
            return None;
        }
    }
    Some(circle)
}

/// Solves three equations with the right side in the last column; `None` where they do not decide.
fn solve(mut m: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    let scale = m[0][0] + m[1][1] + m[2][2];
    for i in 0..3 {
        let pivot = (i..3).max_by(|a, b| m[*a][i].abs().total_cmp(&m[*b][i].abs()))?;
        m.swap(i, pivot);
        if m[i][i].abs() < 1e-6 * scale.max(1e-9) {
            return None;
        }
        for j in i + 1..3 {
            let factor = m[j][i] / m[i][i];
            let above = m[i];
            for (cell, a) in m[j].iter_mut().zip(above).skip(i) {
                *cell -= factor * a;
            }
        }
    }
    let z = m[2][3] / m[2][2];
    let y = (m[1][3] - m[1][2] * z) / m[1][1];
    let x = (m[0][3] - m[0][1] * y - m[0][2] * z) / m[0][0];
    Some([x, y, z])
}

//! Plane geometry of turned rectangles.

use serde::{Deserialize, Serialize};

/// Where one finger's distal phalanx lies on a slap: a turned rectangle, pixels of the slap image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct FingerBox {
    /// Middle, pixels from the left edge of the image.
    pub centre_x: f32,
    /// Middle, pixels from the top edge of the image.
    pub centre_y: f32,
    /// Extent across the finger in pixels.
    pub width: f32,
    /// Extent along the finger, from its tip to the first crease, in pixels.
    pub height: f32,
    /// Turn of the finger's axis from upright in degrees, counter-clockwise as seen on the image.
    pub angle_deg: f32,
}

impl FingerBox {
    /// Whether every value is a finite number and the sides are above zero.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        [self.centre_x, self.centre_y, self.width, self.height, self.angle_deg].iter().all(|v| v.is_finite())
            && self.width > 0.0
            && self.height > 0.0
    }

    /// Area in square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// The point of the image that lies `across` to the right of the finger's axis and `along` below the box's
    /// middle (towards the base of the finger), both in pixels.
    #[must_use]
    pub fn point(&self, across: f32, along: f32) -> (f32, f32) {
        let (sin, cos) = self.angle_deg.to_radians().sin_cos();
        (self.centre_x + across * cos + along * sin, self.centre_y - across * sin + along * cos)
    }

    /// The inverse of [`FingerBox::point`].
    #[must_use]
    pub fn inside_out(&self, x: f32, y: f32) -> (f32, f32) {
        let (sin, cos) = self.angle_deg.to_radians().sin_cos();
        let (dx, dy) = (x - self.centre_x, y - self.centre_y);
        (dx * cos - dy * sin, dx * sin + dy * cos)
    }

    /// Corners: tip left, tip right, base right, base left, as seen with the finger upright.
    #[must_use]
    pub fn corners(&self) -> [(f32, f32); 4] {
        let (w, h) = (self.width / 2.0, self.height / 2.0);
        [self.point(-w, -h), self.point(w, -h), self.point(w, h), self.point(-w, h)]
    }

    /// Left, top, right and bottom of the upright rectangle that holds the box, in pixels.
    #[must_use]
    pub fn upright_bounds(&self) -> (f32, f32, f32, f32) {
        self.corners()
            .iter()
            .fold((f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY), |b, (x, y)| {
                (b.0.min(*x), b.1.min(*y), b.2.max(*x), b.3.max(*y))
            })
    }

    /// The box with every length times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f32) -> Self {
        Self {
            centre_x: self.centre_x * factor,
            centre_y: self.centre_y * factor,
            width: self.width * factor,
            height: self.height * factor,
            angle_deg: self.angle_deg,
        }
    }

    /// Area that two boxes share, in square pixels (clipping after Sutherland and Hodgman, "Reentrant polygon
    /// clipping", 1974).
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        if !self.is_sound() || !other.is_sound() {
            return 0.0;
        }
        // In the frame of `other` the clipping edges are upright, which keeps numbers small.
        let mut polygon: Vec<(f32, f32)> =
            self.corners().iter().map(|(x, y)| other.inside_out(*x, *y)).collect();
        let (w, h) = (other.width / 2.0, other.height / 2.0);
        for (nx, ny, reach) in [(1.0, 0.0, w), (-1.0, 0.0, w), (0.0, 1.0, h), (0.0, -1.0, h)] {
            polygon = clip(&polygon, |p| reach - p.0 * nx - p.1 * ny);
        }
        let twice: f32 =
            polygon.iter().zip(polygon.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - a.1 * b.0).sum();
        (twice / 2.0).abs()
    }

    /// Intersection over union of two boxes, 0 to 1.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.overlap(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { (shared / union).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// The part of a polygon where `depth` is not negative.
fn clip(polygon: &[(f32, f32)], depth: impl Fn((f32, f32)) -> f32) -> Vec<(f32, f32)> {
    let mut kept = Vec::with_capacity(polygon.len() + 2);
    for (a, b) in polygon.iter().zip(polygon.iter().cycle().skip(1)) {
        let (da, db) = (depth(*a), depth(*b));
        if da >= 0.0 {
            kept.push(*a);
        }
        if (da < 0.0) != (db < 0.0) {
            let t = da / (da - db);
            kept.push((a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t));
        }
    }
    kept
}

/// A turn in degrees brought to -90 (without) to 90 (with): axes have no direction.
#[must_use]
pub(super) fn half_turn(deg: f32) -> f32 {
    let turned = deg.rem_euclid(180.0);
    if turned > 90.0 { turned - 180.0 } else { turned }
}

//! The face mesh: 468 points on the face. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular
//! Video on Mobile GPUs", CVPR workshop 2019. Numbers of the points as in MediaPipe's canonical face model.

use serde::{Deserialize, Serialize};

use super::net::{Model, Net};
use super::sample::{Region, Similarity, warp};
use super::{FaceBox, FaceError};
use crate::image::RgbImage;

/// Points of a mesh.
pub(super) const POINTS: usize = 468;
/// Outline of the face, in order.
pub(super) const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176,
    149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
/// Corners of the person's right eye and of the left one.
const RIGHT_EYE: [usize; 2] = [33, 133];
const LEFT_EYE: [usize; 2] = [362, 263];
/// Upper and lower lid of the right and of the left eye.
const RIGHT_LIDS: [(usize, usize); 3] = [(160, 144), (159, 145), (158, 153)];
const LEFT_LIDS: [(usize, usize); 3] = [(385, 380), (386, 374), (387, 373)];
/// Upper and lower inner lip.
const INNER_LIPS: [(usize, usize); 3] = [(82, 87), (13, 14), (312, 317)];
const CHIN: usize = 152;
const NOSE_TIP: usize = 4;
const MOUTH_CORNERS: [usize; 2] = [61, 291];
/// Where the eyes are in a [`FaceBox`], from its top; the chin lies on its lower edge.
pub(super) const EYES_IN_BOX: f32 = 0.36;

/// A mesh in pixels of the picture; z grows away from the camera, on the scale of x.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mesh {
    pub(super) points: Vec<[f32; 3]>,
    /// The network's own opinion that there is a face, 0 to 1. It says 1 on a dog, so it only supports.
    pub(super) presence: f32,
}

/// Places in the face that a screen may draw, in pixels of the picture. Right and left are the person's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeyPoints {
    /// Middle of the right eye's corners.
    pub right_eye: [f32; 2],
    /// Middle of the left eye's corners.
    pub left_eye: [f32; 2],
    /// Tip of the nose.
    pub nose: [f32; 2],
    /// Right and left corner of the mouth.
    pub mouth: [[f32; 2]; 2],
    /// Lowest point of the chin.
    pub chin: [f32; 2],
}

impl KeyPoints {
    /// Distance of the eyes' centres in pixels.
    #[must_use]
    pub fn eye_distance_px(&self) -> f32 {
        distance(self.right_eye, self.left_eye)
    }

    /// Middle between the eyes.
    #[must_use]
    pub fn eyes_middle(&self) -> [f32; 2] {
        middle(self.right_eye, self.left_eye)
    }

    /// Distance from the middle of the eyes to the chin in pixels ("t" of ISO/IEC 29794-5).
    #[must_use]
    pub fn eyes_to_chin_px(&self) -> f32 {
        distance(self.eyes_middle(), self.chin)
    }
}

pub(super) fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn middle(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]
}

impl Mesh {
    /// Places the network's output (pixels of its input) in the picture. `None` where numbers are missing or wild.
    pub(super) fn place(numbers: &[f32], logit: f32, region: &Region) -> Option<Self> {
        let side = Model::Mesh.side_px();
        let map = Similarity::of(region, side);
        if numbers.len() != POINTS * 3 || !numbers.iter().all(|v| v.abs() < 8.0 * side as f32) {
            return None;
        }
        let points = numbers.chunks_exact(3).map(|p| {
            let (x, y) = map.apply(p[0], p[1]);
            [x, y, p[2] * map.scale()]
        });
        Some(Self { points: points.collect(), presence: 1.0 / (1.0 + (-logit.clamp(-80.0, 80.0)).exp()) })
    }

    /// x and y of a point; the middle of the picture's corner where there is none.
    pub(super) fn at(&self, index: usize) -> [f32; 2] {
        self.points.get(index).map_or([0.0; 2], |p| [p[0], p[1]])
    }

    pub(super) fn key_points(&self) -> KeyPoints {
        let eye = |corners: [usize; 2]| middle(self.at(corners[0]), self.at(corners[1]));
        KeyPoints {
            right_eye: eye(RIGHT_EYE),
            left_eye: eye(LEFT_EYE),
            nose: self.at(NOSE_TIP),
            mouth: MOUTH_CORNERS.map(|i| self.at(i)),
            chin: self.at(CHIN),
        }
    }

    fn largest(&self, pairs: &[(usize, usize)]) -> f32 {
        pairs.iter().map(|(a, b)| distance(self.at(*a), self.at(*b))).fold(0.0, f32::max)
    }

    /// Opening of the eye that is closed more, in pixels.
    pub(super) fn eye_opening_px(&self) -> f32 {
        self.largest(&RIGHT_LIDS).min(self.largest(&LEFT_LIDS))
    }

    /// Opening of the mouth in pixels.
    pub(super) fn mouth_opening_px(&self) -> f32 {
        self.largest(&INNER_LIPS)
    }

    /// Left, top, right and bottom of the outline.
    pub(super) fn bounds(&self) -> [f32; 4] {
        OVAL.iter()
            .map(|i| self.at(*i))
            .fold([f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY], |b, p| {
                [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]
            })
    }

    /// The square from above the brows to the chin, around the middle of the outline.
    pub(super) fn face_box(&self, score: f32) -> FaceBox {
        let points = self.key_points();
        let side = points.eyes_to_chin_px() / (1.0 - EYES_IN_BOX);
        let [left, _, right, _] = self.bounds();
        FaceBox {
            x: ((left + right - side) / 2.0).round() as i32,
            y: (points.eyes_middle()[1] - EYES_IN_BOX * side).round() as i32,
            width: side.round() as u32,
            height: side.round() as u32,
            score,
        }
    }

    /// Where to look for the mesh in the next frame, or again in the same one.
    pub(super) fn next_region(&self) -> Region {
        let [left, top, right, bottom] = self.bounds();
        let [a, b] = [self.at(RIGHT_EYE[0]), self.at(LEFT_EYE[1])];
        let angle = (b[1] - a[1]).atan2(b[0] - a[0]);
        let side = (right - left).max(bottom - top) * 1.5;
        Region { x: (left + right) / 2.0, y: (top + bottom) / 2.0, side, angle }
    }
}

/// Runs the mesh over a region. `None` where its numbers make no face.
pub(super) fn mesh(net: &Net, picture: &RgbImage, region: &Region) -> Result<Option<Mesh>, FaceError> {
    let side = Model::Mesh.side_px();
    // A region far larger than the picture holds no face worth a mesh.
    let longest = picture.width().max(picture.height()) as f32;
    if !(region.side > 4.0 && region.side < 4.0 * longest) {
        return Ok(None);
    }
    let input = warp(picture, &Similarity::of(region, side), side, side).planes(1.0 / 255.0, 0.0);
    let outputs = net.run(input)?;
    let [numbers, logit] = outputs.as_slice() else { return Ok(None) };
    Ok(Mesh::place(numbers, logit.first().copied().unwrap_or(-80.0), region))
}

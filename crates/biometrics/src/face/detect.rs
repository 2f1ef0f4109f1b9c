//! BlazeFace, short range: letterbox, anchors, decoding and non-maximum suppression.
//!
//! Anchors and decoding as MediaPipe's graph states them (Apache-2.0): layers of stride 8 (two anchors a cell) and
//! 16 (six anchors a cell) on 128 x 128, offset half a cell, boxes and key points relative to the anchor in pixels
//! of the input. Bazarevsky et al., "BlazeFace", CVPR workshop 2019.

use super::net::{Model, Net};
use super::sample::{Region, square};
use super::{FaceBox, FaceError};
use crate::image::RgbImage;

/// Confidence from which a find is a face: people reach above 0.9, a dog's head stays at about 0.7.
pub(super) const MIN_SCORE: f32 = 0.8;
/// Confidence from which a find helps to place a surer one beside it.
const SUPPORT_SCORE: f32 = 0.5;
/// Overlap (intersection over union) from which two finds are one face.
const SAME_FACE: f32 = 0.3;
/// Smallest side of a picture that is searched.
const MIN_SIDE_PX: u32 = 24;
/// Most faces that are reported.
const MAX_FACES: usize = 16;
/// Numbers for each anchor: box and six key points.
const NUMBERS: usize = 16;

/// A face as the detector sees it, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Detection {
    /// Middle.
    pub(super) x: f32,
    /// Middle.
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
    /// Right eye, left eye (the person's), tip of the nose, mouth, right and left tragion.
    pub(super) points: [[f32; 2]; 6],
    /// Confidence, 0 to 1.
    pub(super) score: f32,
}

impl Detection {
    /// The square that the mesh wants: turned so that the eyes are level, half as large again as the box.
    pub(super) fn mesh_region(&self) -> Region {
        let [right, left] = [self.points[0], self.points[1]];
        let angle = (left[1] - right[1]).atan2(left[0] - right[0]);
        Region { x: self.x, y: self.y, side: self.width.max(self.height) * 1.5, angle }
    }

    fn overlap(&self, other: &Self) -> f32 {
        let span = |a: f32, aw: f32, b: f32, bw: f32| {
            ((a + aw / 2.0).min(b + bw / 2.0) - (a - aw / 2.0).max(b - bw / 2.0)).max(0.0)
        };
        let both =
            span(self.x, self.width, other.x, other.width) * span(self.y, self.height, other.y, other.height);
        both / (self.width * self.height + other.width * other.height - both).max(f32::MIN_POSITIVE)
    }

    /// The box to report.
    pub(super) fn face_box(&self) -> FaceBox {
        FaceBox {
            x: (self.x - self.width / 2.0).round() as i32,
            y: (self.y - self.height / 2.0).round() as i32,
            width: self.width.round().max(0.0) as u32,
            height: self.height.round().max(0.0) as u32,
            score: self.score,
        }
    }
}

/// Middles of the 896 anchors, 0 to 1.
fn anchors() -> impl Iterator<Item = (f32, f32)> {
    [(16usize, 2usize), (8, 6)].into_iter().flat_map(|(cells, each)| {
        (0..cells * cells * each).map(move |i| {
            let cell = i / each;
            let middle = |c: usize| (c as f32 + 0.5) / cells as f32;
            (middle(cell % cells), middle(cell / cells))
        })
    })
}

/// Finds of one run of the network over a region.
pub(super) fn decode(boxes: &[f32], scores: &[f32], region: &Region) -> Vec<Detection> {
    let side = Model::Detector.side_px() as f32;
    let (left, top) = (region.x - region.side / 2.0, region.y - region.side / 2.0);
    let mut found = Vec::new();
    for ((numbers, logit), (ax, ay)) in boxes.chunks_exact(NUMBERS).zip(scores).zip(anchors()) {
        let score = 1.0 / (1.0 + (-logit.clamp(-80.0, 80.0)).exp());
        let [width, height] = [numbers[2], numbers[3]].map(|v| v / side * region.side);
        if score < SUPPORT_SCORE || !(width > 1.0 && height > 1.0 && (width + height).is_finite()) {
            continue;
        }
        let place = |i: usize| {
            let (x, y) = (numbers[i] / side + ax, numbers[i + 1] / side + ay);
            [left + x * region.side, top + y * region.side]
        };
        let [x, y] = place(0);
        let points = std::array::from_fn(|p| place(4 + 2 * p));
        found.push(Detection { x, y, width, height, points, score });
    }
    found
}

/// Weighted non-maximum suppression: the surest find takes in those that overlap it, placed at their weighted mean.
pub(super) fn suppress(mut found: Vec<Detection>) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces: Vec<Detection> = Vec::new();
    while let Some(best) = found.first().copied() {
        if best.score < MIN_SCORE || faces.len() == MAX_FACES {
            break;
        }
        let (group, rest): (Vec<_>, Vec<_>) = found.iter().partition(|d| best.overlap(d) > SAME_FACE);
        // A box that overlaps nothing, not even itself, must not stay for ever.
        found = if group.is_empty() { found.split_off(1) } else { rest };
        let total: f32 = group.iter().map(|d| d.score).sum();
        let mean = |value: &dyn Fn(&Detection) -> f32| {
            if group.is_empty() {
                return value(&best);
            }
            group.iter().map(|d| value(d) * d.score).sum::<f32>() / total
        };
        faces.push(Detection {
            x: mean(&|d| d.x),
            y: mean(&|d| d.y),
            width: mean(&|d| d.width),
            height: mean(&|d| d.height),
            points: std::array::from_fn(|p| std::array::from_fn(|c| mean(&|d| d.points[p][c]))),
            score: best.score,
        });
    }
    faces
}

/// Where the detector looks: the whole picture, and for smaller faces squares of it.
pub(super) fn regions(picture: &RgbImage, thorough: bool) -> Vec<Region> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let region = |x: f32, y: f32, side: f32| Region { x, y, side, angle: 0.0 };
    let mut out = vec![region(width / 2.0, height / 2.0, width.max(height))];
    if thorough {
        let side = width.min(height);
        let long = width.max(height) - side;
        // Squares along the longer side, overlapping by half, then quarters with an overlap.
        let count = (long / (side / 2.0)).ceil().min(4.0) as usize;
        if count > 0 {
            for i in 0..=count {
                let at = side / 2.0 + long * i as f32 / count as f32;
                out.push(if width > height {
                    region(at, side / 2.0, side)
                } else {
                    region(side / 2.0, at, side)
                });
            }
        }
        let part = side * 0.6;
        for (i, j) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5)] {
            let at = |full: f32, k: f32| part / 2.0 + (full - part) * k;
            out.push(region(at(width, i), at(height, j), part));
        }
    }
    out
}

/// Finds of the network in the given regions of a picture, the largest first.
pub(super) fn detect(net: &Net, picture: &RgbImage, regions: &[Region]) -> Result<Vec<Detection>, FaceError> {
    if picture.width().min(picture.height()) < MIN_SIDE_PX {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for region in regions {
        let input = square(picture, region, Model::Detector.side_px()).planes(2.0 / 255.0, -1.0);
        let outputs = net.run(input)?;
        if let [boxes, scores] = outputs.as_slice() {
            found.extend(decode(boxes, scores, region));
        }
    }
    let mut faces = suppress(found);
    faces.sort_by(|a, b| (b.width * b.height).total_cmp(&(a.width * a.height)));
    Ok(faces)
}

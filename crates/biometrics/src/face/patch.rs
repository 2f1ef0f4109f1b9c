//! The aligned face: the part of a picture around the face, with the eyes level and at fixed places, so that what
//! is measured does not depend on the camera's distance.

use super::mesh::{KeyPoints, Mesh, OVAL};
use super::sample::{Similarity, Small, warp};
use crate::image::RgbImage;

/// Distance of the eyes in the patch.
pub(super) const EYE_DISTANCE_PX: f32 = 64.0;
/// Size of the patch.
const WIDTH: usize = 200;
const HEIGHT: usize = 232;
/// Line of the eyes in the patch.
const EYES_Y: f32 = 78.0;

/// An aligned face.
#[derive(Debug)]
pub(super) struct Patch {
    pub(super) image: Small,
    /// True inside the outline of the face.
    pub(super) face: Vec<bool>,
    map: Similarity,
}

/// A rectangle of the patch: left, top, right, bottom (the last two excluded).
pub(super) type Rect = (usize, usize, usize, usize);

impl Patch {
    /// Cuts the patch; `None` where the eyes coincide.
    pub(super) fn cut(picture: &RgbImage, mesh: &Mesh, points: &KeyPoints) -> Option<Self> {
        let (dx, dy) = (points.left_eye[0] - points.right_eye[0], points.left_eye[1] - points.right_eye[1]);
        let longest = picture.width().max(picture.height()) as f32;
        if !(2.0..=longest).contains(&dx.hypot(dy)) {
            return None;
        }
        let (a, b) = (dx / EYE_DISTANCE_PX, dy / EYE_DISTANCE_PX);
        let [mx, my] = points.eyes_middle();
        let (cx, cy) = (WIDTH as f32 / 2.0, EYES_Y);
        let map = Similarity { a, b, tx: mx - (a * cx - b * cy), ty: my - (b * cx + a * cy) };
        let image = warp(picture, &map, WIDTH, HEIGHT);
        let outline: Vec<_> = OVAL.iter().map(|i| mesh.at(*i)).map(|[x, y]| map.invert(x, y)).collect();
        let mut face = fill(&outline, WIDTH, HEIGHT);
        // What lies outside of the picture is the edge gone on, and is not measured.
        for (i, inside) in face.iter_mut().enumerate() {
            let (x, y) = map.apply((i % WIDTH) as f32 + 0.5, (i / WIDTH) as f32 + 0.5);
            *inside &= x >= 0.0 && y >= 0.0 && x < picture.width() as f32 && y < picture.height() as f32;
        }
        Some(Self { image, face, map })
    }

    /// A place of the picture in the patch.
    pub(super) fn place(&self, [x, y]: [f32; 2]) -> (f32, f32) {
        self.map.invert(x, y)
    }

    pub(super) fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * WIDTH + x) * 3;
        self.image.rgb.get(at..at + 3).map_or([0; 3], |p| [p[0], p[1], p[2]])
    }

    /// Pixels of the face inside a rectangle.
    pub(super) fn face_in(&self, (left, top, right, bottom): Rect) -> Vec<[u8; 3]> {
        let mut out = Vec::new();
        for y in top..bottom.min(HEIGHT) {
            for x in left..right.min(WIDTH) {
                if self.face[y * WIDTH + x] {
                    out.push(self.pixel(x, y));
                }
            }
        }
        out
    }

    /// All pixels of the face.
    pub(super) fn face_pixels(&self) -> Vec<[u8; 3]> {
        self.face_in((0, 0, WIDTH, HEIGHT))
    }

    /// A rectangle around a place, cut to the patch.
    pub(super) fn around(&self, (x, y): (f32, f32), half_width: f32, half_height: f32) -> Rect {
        let bound = |v: f32, full: usize| v.round().clamp(0.0, full as f32) as usize;
        let (left, right) = (bound(x - half_width, WIDTH), bound(x + half_width, WIDTH));
        (left, bound(y - half_height, HEIGHT), right, bound(y + half_height, HEIGHT))
    }

    /// The cheek squares of ISO/IEC 29794-5 (OFIQ): side 0.3 eye distances, top edge half way from the eyes to the
    /// mouth, at the inner side of each eye's centre: the person's right, then left.
    pub(super) fn cheeks(&self, points: &KeyPoints) -> [Rect; 2] {
        let side = 0.3 * EYE_DISTANCE_PX;
        let mouth = self.place([
            (points.mouth[0][0] + points.mouth[1][0]) / 2.0,
            (points.mouth[0][1] + points.mouth[1][1]) / 2.0,
        ]);
        let middle = EYES_Y + (mouth.1 - EYES_Y).max(0.0) / 2.0 + side / 2.0;
        let offset = EYE_DISTANCE_PX / 2.0;
        let x = WIDTH as f32 / 2.0;
        [x - offset - side / 2.0, x + offset + side / 2.0]
            .map(|cx| self.around((cx, middle), side / 2.0, side / 2.0))
    }
}

/// Pixels whose middles lie inside a polygon (even-odd rule).
pub(super) fn fill(outline: &[(f32, f32)], width: usize, height: usize) -> Vec<bool> {
    let mut mask = vec![false; width * height];
    let mut crossings = Vec::new();
    for (y, row) in mask.chunks_exact_mut(width.max(1)).enumerate() {
        let line = y as f32 + 0.5;
        crossings.clear();
        for (&(ax, ay), &(bx, by)) in outline.iter().zip(outline.iter().cycle().skip(1)) {
            if (ay > line) != (by > line) {
                crossings.push((bx - ax) * (line - ay) / (by - ay) + ax);
            }
        }
        crossings.sort_by(f32::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let bound = |v: f32| (v - 0.5).ceil().clamp(0.0, width as f32) as usize;
            let (from, to) = (bound(pair[0]), bound(pair[1]));
            row[from..to.max(from)].fill(true);
        }
    }
    mask
}

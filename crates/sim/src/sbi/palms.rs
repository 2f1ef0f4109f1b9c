//! Two drawn palms before a portrait, without the fingers that are excepted: a stand-in for an exception photo.

use biometrics::image::{ImageError, RgbImage};
use biometrics::position::FingerPosition;

use super::wire::Part;

const SKIN: [u8; 3] = [214, 164, 134];
/// Half width of a finger, length of a finger and radius of a palm, in shares of the picture's height.
const FINGER_HALF: f32 = 0.022;
const FINGER_LENGTH: f32 = 0.16;
const PALM: f32 = 0.085;

/// A stroke with round ends, in pixels.
struct Stroke {
    from: (f32, f32),
    to: (f32, f32),
    half_px: f32,
}

impl Stroke {
    fn covers(&self, x: f32, y: f32) -> bool {
        let (dx, dy) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let (px, py) = (x - self.from.0, y - self.from.1);
        let length = dx * dx + dy * dy;
        let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        (px - along * dx).powi(2) + (py - along * dy).powi(2) <= self.half_px * self.half_px
    }
}

/// The photo with both palms held up at the sides, seen from the camera: the right hand is on the left.
pub(super) fn before(photo: &RgbImage, exceptions: &[Part]) -> Result<RgbImage, ImageError> {
    let (width, height) = (photo.width() as f32, photo.height() as f32);
    let mut strokes = Vec::new();
    for (share, hand) in [(0.13, 1..=5u8), (0.87, 6..=10)] {
        let (x, y) = (share * width, 0.72 * height);
        strokes.push(Stroke { from: (x, y), to: (x, y), half_px: PALM * height });
        for code in hand {
            let Some(finger) = FingerPosition::from_code(code) else { continue };
            if exceptions.contains(&Part::Finger(finger)) {
                continue;
            }
            // Thumbs point at the face, little fingers away from it.
            let side = if share < 0.5 { 1.0 } else { -1.0 };
            let slot = f32::from((code - 1) % 5);
            let turn = side * (62.0 - 26.0 * slot).to_radians();
            let reach = (PALM + FINGER_LENGTH * if slot == 0.0 { 0.6 } else { 1.0 }) * height;
            let to = (x + turn.sin() * reach, y - turn.cos() * reach);
            strokes.push(Stroke { from: (x, y), to, half_px: FINGER_HALF * height });
        }
    }
    let mut pixels = photo.pixels().to_vec();
    for (at, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let (x, y) = ((at as u32 % photo.width()) as f32, (at as u32 / photo.width()) as f32);
        if y > 0.4 * height && strokes.iter().any(|stroke| stroke.covers(x, y)) {
            pixel.copy_from_slice(&SKIN);
        }
    }
    RgbImage::new(photo.width(), photo.height(), pixels)
}

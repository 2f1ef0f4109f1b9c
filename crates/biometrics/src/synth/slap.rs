//! Synthetic slaps: the fingers of one plain impression on a 1600x1000 platen at 500 ppi.

use super::finger::{self, FingerSpec, Impression, Master};
use super::rng::Rng;
use crate::image::GrayImage;
use crate::position::{FingerPosition, Hand, Slap};

/// Width of the platen in pixels (3.2 inches).
pub const WIDTH_PX: u32 = 1600;
/// Height of the platen in pixels.
pub const HEIGHT_PX: u32 = 1000;

/// Where one finger lies in a slap, for tests of segmentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The finger.
    pub position: FingerPosition,
    /// Middle of the finger, pixels from the left.
    pub centre_x: i32,
    /// Middle of the finger, pixels from the top.
    pub centre_y: i32,
    /// Turn of the finger in whole degrees, counter-clockwise.
    pub rotation_deg: i32,
}

/// The slap of an invented person, and where its fingers lie, from left to right. Fingers named in `missing`
/// are left out.
#[must_use]
pub fn render(
    person_seed: u64,
    slap: Slap,
    seed: u64,
    missing: &[FingerPosition],
) -> (GrayImage, Vec<Placed>) {
    let mut rng = Rng::new(seed, 31);
    let mut platen = vec![236u8; (WIDTH_PX * HEIGHT_PX) as usize];
    let mut placed = Vec::new();
    for (slot, &position) in slap.fingers().iter().enumerate() {
        let (x, y, rotation_deg) = place(&mut rng, slap, slot, position);
        let touch = Impression { rotation_deg: rotation_deg as f32, ..Impression::ordinary(rng.next_u64()) };
        if missing.contains(&position) {
            continue;
        }
        let touch = Impression { shift_px: (0.0, 0.0), ..touch };
        let print = Master::new(&FingerSpec { person_seed, position }).impression(&touch);
        lay(&mut platen, &print, x, y);
        placed.push(Placed { position, centre_x: x, centre_y: y, rotation_deg });
    }
    (super::gray(WIDTH_PX, HEIGHT_PX, Some(finger::PPI), platen), placed)
}

/// Middle and turn of a finger: the fan of a hand, middle finger highest, little finger lowest.
fn place(rng: &mut Rng, slap: Slap, slot: usize, position: FingerPosition) -> (i32, i32, i32) {
    use FingerPosition as F;
    let across = |rng: &mut Rng, middle: f32| (middle + rng.range(-10.0, 10.0)) as i32;
    if slap == Slap::Thumbs {
        let x = across(rng, if slot == 0 { 540.0 } else { 1060.0 });
        return (x, 500 + rng.range(-25.0, 25.0) as i32, if slot == 0 { -8 } else { 8 });
    }
    let x = across(rng, 230.0 + 380.0 * slot as f32);
    let drop = match position {
        F::RightMiddle | F::LeftMiddle => 330.0,
        F::RightRing | F::LeftRing => 390.0,
        F::RightIndex | F::LeftIndex => 430.0,
        _ => 620.0,
    };
    // Fingers spread: those left of the middle lean left (counter-clockwise is positive).
    let fan = [6.0, 2.0, -2.0, -7.0][slot.min(3)];
    let lean = if position.hand() == Hand::Right { -1.0 } else { 1.0 };
    (x, (drop + rng.range(-15.0, 15.0)) as i32, (fan + lean + rng.range(-1.5, 1.5)) as i32)
}

/// Lays a print on the platen: where two meet, the darker stays.
fn lay(platen: &mut [u8], print: &GrayImage, centre_x: i32, centre_y: i32) {
    let (left, top) = (centre_x - print.width() as i32 / 2, centre_y - print.height() as i32 / 2);
    for (i, pixel) in print.pixels().iter().enumerate() {
        let x = left + (i as u32 % print.width()) as i32;
        let y = top + (i as u32 / print.width()) as i32;
        // The print's own ground is left out: the platen has one ground.
        if *pixel < 218 && (0..WIDTH_PX as i32).contains(&x) && (0..HEIGHT_PX as i32).contains(&y) {
            let at = (y as u32 * WIDTH_PX + x as u32) as usize;
            platen[at] = platen[at].min(*pixel);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn fingers_lie_apart_and_missing_ones_stay_away() {
        for slap in Slap::ALL {
            let (image, placed) = render(5, *slap, 1, &[]);
            assert_eq!((image.width(), image.height(), image.ppi()), (1600, 1000, Some(500)));
            assert_eq!(placed.iter().map(|p| p.position).collect::<Vec<_>>(), slap.fingers());
            assert!(placed.windows(2).all(|p| p[1].centre_x - p[0].centre_x > 330));
        }
        let (image, placed) = render(5, Slap::RightFour, 1, &[FingerPosition::RightIndex]);
        assert_eq!(placed.len(), 3);
        let dark = |from: i64, to: i64| (from..to).filter(|x| image.at(*x, 430) < 120).count();
        assert_eq!(dark(60, 380), 0, "no index");
        assert!(dark(450, 1600) > 100, "the others are there");
    }
}

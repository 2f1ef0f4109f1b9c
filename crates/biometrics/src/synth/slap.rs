//! Synthetic slaps: the fingers of one plain impression on a 1600x1000 platen at 500 ppi.

use super::finger::{self, FingerSpec, Impression, Master};
use super::rng::{Noise, Rng};
use crate::finger::segment::FingerBox;
use crate::image::GrayImage;
use crate::position::{FingerPosition, Hand, Slap};

/// Width of the platen in pixels (3.2 inches).
pub const WIDTH_PX: u32 = 1600;
/// Height of the platen in pixels.
pub const HEIGHT_PX: u32 = 1000;

/// Where one finger lies in a slap, for tests of segmentation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// The finger.
    pub position: FingerPosition,
    /// Middle of the finger, pixels from the left.
    pub centre_x: i32,
    /// Middle of the finger, pixels from the top.
    pub centre_y: i32,
    /// Turn of the finger in whole degrees, counter-clockwise.
    pub rotation_deg: i32,
    /// What is seen of its distal phalanx.
    pub bounds: FingerBox,
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
        let bounds = seen(&print, -(rotation_deg as f32), (x as f32, y as f32), rotation_deg as f32);
        placed.push(Placed { position, centre_x: x, centre_y: y, rotation_deg, bounds });
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

/// How a hand is pressed on the platen, for [`render_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Press {
    /// Seed of everything random in this press.
    pub seed: u64,
    /// Width of the platen in pixels at 500 ppi.
    pub width_px: u32,
    /// Height of the platen in pixels.
    pub height_px: u32,
    /// Turn of the hand in degrees, counter-clockwise.
    pub rotation_deg: f32,
    /// Distance of neighbouring fingers in pixels: 380 apart, about 300 touching.
    pub pitch_px: f32,
    /// Turn of each finger against its neighbour in degrees.
    pub fan_deg: f32,
    /// Shift of the hand in pixels, right and down.
    pub shift_px: (f32, f32),
    /// Share of the distal phalanx that touches, from the tip: 1 all of it.
    pub reach: f32,
    /// The next phalanx is seen below a crease.
    pub second_phalanx: bool,
    /// As in [`Impression`].
    pub pressure: f32,
    /// As in [`Impression`].
    pub dryness: f32,
    /// As in [`Impression`].
    pub noise: f32,
    /// Strength of the prints against the platen: 1 as they are, 0.4 faint.
    pub contrast: f32,
    /// Strength of the latent print that an earlier hand left: 0 none, 0.2 clearly seen.
    pub ghost: f32,
    /// Blobs of dirt that are no fingers.
    pub dirt: u32,
}

impl Press {
    /// A straight hand with room between the fingers, on the 1600x1000 platen.
    #[must_use]
    pub fn ordinary(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 33);
        Self {
            seed,
            width_px: WIDTH_PX,
            height_px: HEIGHT_PX,
            rotation_deg: rng.range(-6.0, 6.0),
            pitch_px: rng.range(355.0, 385.0),
            fan_deg: rng.range(0.0, 4.0),
            shift_px: (0.0, 0.0),
            reach: 1.0,
            second_phalanx: false,
            pressure: rng.range(0.42, 0.6),
            dryness: rng.range(0.0, 0.2),
            noise: rng.range(0.1, 0.25),
            contrast: 1.0,
            ghost: 0.0,
            dirt: 0,
        }
    }
}

/// A print that is laid on the platen: dark on light, upright.
#[derive(Debug, Clone, Copy)]
pub struct Print<'a> {
    /// The finger.
    pub position: FingerPosition,
    /// Its image at 500 ppi.
    pub image: &'a GrayImage,
    /// Where its distal phalanx lies in that image, upright: left, top, right, bottom in pixels.
    pub distal: (f32, f32, f32, f32),
    /// How much of the image below `distal` belongs to the finger too (crease and next phalanx), in pixels.
    pub below_px: f32,
}

/// The slap of an invented person, pressed as told, and where its fingers lie, from left to right.
#[must_use]
pub fn render_with(
    person_seed: u64,
    slap: Slap,
    press: &Press,
    missing: &[FingerPosition],
) -> (GrayImage, Vec<Placed>) {
    let mut rng = Rng::new(press.seed, 34);
    let mut prints = Vec::new();
    for &position in slap.fingers() {
        let touch = Impression {
            pressure: press.pressure,
            dryness: press.dryness,
            noise: press.noise,
            warp: 0.3,
            ..Impression::clean(rng.next_u64())
        };
        if !missing.contains(&position) {
            prints.push((position, Master::new(&FingerSpec { person_seed, position }).impression(&touch)));
        }
    }
    let prints: Vec<Print<'_>> = prints
        .iter()
        .map(|(position, image)| Print { position: *position, image, distal: extent(image), below_px: 0.0 })
        .collect();
    compose(&prints, slap, press)
}

/// Lays prints (of any origin) on a platen as the fingers of a slap. Prints of other slaps are left out.
#[must_use]
pub fn compose(prints: &[Print<'_>], slap: Slap, press: &Press) -> (GrayImage, Vec<Placed>) {
    let mut rng = Rng::new(press.seed, 35);
    let (width, height) = (press.width_px.clamp(64, 4000), press.height_px.clamp(64, 4000));
    let mut platen = Platen { width, height, pixels: vec![236u8; (width * height) as usize] };
    let mut placed = Vec::new();
    let anatomy = Anatomy::new(&mut rng, slap, press);
    for (slot, &position) in slap.fingers().iter().enumerate() {
        let Some(print) = prints.iter().find(|p| p.position == position) else { continue };
        let spot = anatomy.spot(slot, print, &platen);
        let crease_px = rng.range(10.0, 24.0);
        platen.press(print, &spot, press, crease_px);
        if press.ghost > 0.0 {
            let off = (rng.range(-170.0, 170.0), rng.range(-120.0, 120.0));
            let ghost = Spot { x: spot.x + off.0, y: spot.y + off.1, deg: spot.deg + rng.range(-8.0, 8.0) };
            platen.lay(print, &ghost, press.ghost, print.distal.3 - print.distal.1);
        }
        if let Some(bounds) = platen.seen(print, &spot, press) {
            let rotation_deg = spot.deg.round() as i32;
            let (x, y) = (spot.x.round() as i32, spot.y.round() as i32);
            placed.push(Placed { position, centre_x: x, centre_y: y, rotation_deg, bounds });
        }
    }
    for _ in 0..press.dirt {
        platen.soil(&mut rng);
    }
    platen.grain(&mut rng, press.noise);
    (super::gray(width, height, Some(finger::PPI), platen.pixels), placed)
}

/// Middle of a distal phalanx on the platen, and its turn.
struct Spot {
    x: f32,
    y: f32,
    deg: f32,
}

/// The shape of a hand laid flat: how far each tip reaches, and where the middle of the hand lies.
struct Anatomy {
    tips_px: Vec<f32>,
    across_px: Vec<f32>,
    turns_deg: Vec<f32>,
    hand_deg: f32,
    shift_px: (f32, f32),
}

impl Anatomy {
    fn new(rng: &mut Rng, slap: Slap, press: &Press) -> Self {
        let n = slap.fingers().len();
        let pitch = if slap == Slap::Thumbs { press.pitch_px * 1.3 } else { press.pitch_px };
        let mut tips_px: Vec<f32> = if slap == Slap::Thumbs {
            vec![rng.range(-25.0, 25.0), rng.range(-25.0, 25.0)]
        } else {
            // Below the tip of the middle finger: index, middle, ring, little.
            vec![rng.range(60.0, 170.0), 0.0, rng.range(30.0, 130.0), rng.range(230.0, 400.0)]
        };
        let middle = (n as f32 - 1.0) / 2.0;
        let across_px = (0..n).map(|i| (i as f32 - middle) * pitch + rng.range(-8.0, 8.0)).collect();
        let lean = |i: usize| if slap == Slap::Thumbs { -5.0 * (i as f32 * 2.0 - 1.0) } else { 0.0 };
        let turns_deg =
            (0..n).map(|i| lean(i) - press.fan_deg * (i as f32 - middle) + rng.range(-1.5, 1.5)).collect();
        if slap == Slap::LeftFour {
            tips_px.reverse();
        }
        Self { tips_px, across_px, turns_deg, hand_deg: press.rotation_deg, shift_px: press.shift_px }
    }

    fn spot(&self, slot: usize, print: &Print<'_>, platen: &Platen) -> Spot {
        let length = print.distal.3 - print.distal.1;
        let lowest = self.tips_px.iter().copied().fold(0.0, f32::max);
        let along = self.tips_px[slot] + length / 2.0 - (lowest + 440.0) / 2.0;
        let (sin, cos) = self.hand_deg.to_radians().sin_cos();
        let across = self.across_px[slot];
        Spot {
            x: platen.width as f32 / 2.0 + across * cos + along * sin + self.shift_px.0,
            y: platen.height as f32 / 2.0 - across * sin + along * cos + self.shift_px.1,
            deg: self.hand_deg + self.turns_deg[slot],
        }
    }
}

struct Platen {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Platen {
    /// A finger pressed: its distal phalanx as far as it reaches, and the next one below a crease.
    fn press(&mut self, print: &Print<'_>, spot: &Spot, press: &Press, crease_px: f32) {
        let length = print.distal.3 - print.distal.1;
        let below = if press.reach >= 1.0 { print.below_px } else { 0.0 };
        self.lay(print, spot, press.contrast, length * press.reach.clamp(0.05, 1.0) + below);
        if press.second_phalanx && press.reach >= 1.0 {
            // The straight middle of a print stands in for the next phalanx.
            let frame = box_at(spot, 1.0, 1.0);
            let (left, right) = (print.distal.0, print.distal.2);
            let from = print.distal.1 + 0.3 * length;
            let stub = Print { distal: (left, from, right, from + 0.5 * length), below_px: 0.0, ..*print };
            let (x, y) = frame.point(0.0, length / 2.0 + crease_px + 0.25 * length);
            self.lay(&stub, &Spot { x, y, deg: spot.deg }, press.contrast, 0.5 * length);
        }
    }

    /// Lays the part of a print that is its `distal`, down to `reach_px` below its top, at a spot. Where two
    /// meet, the darker stays.
    fn lay(&mut self, print: &Print<'_>, spot: &Spot, strength: f32, reach_px: f32) {
        let (left, top, right, bottom) = print.distal;
        let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let frame = box_at(spot, right - left + 8.0, bottom - top + 8.0 + 2.0 * print.below_px);
        let (from_x, from_y, to_x, to_y) = frame.upright_bounds();
        for y in from_y.max(0.0) as u32..to_y.clamp(0.0, self.height as f32) as u32 {
            for x in from_x.max(0.0) as u32..to_x.clamp(0.0, self.width as f32) as u32 {
                let (u, v) = frame.inside_out(x as f32 + 0.5, y as f32 + 0.5);
                let (px, py) = (u + middle_x, v + middle_y);
                if px < left || px >= right || py < top || py >= (bottom + print.below_px).min(top + reach_px)
                {
                    continue;
                }
                let value = bilinear(print.image, px - 0.5, py - 0.5);
                // The print's own ground is left out: the platen has one ground.
                if value < 218.0 {
                    let at = (y * self.width + x) as usize;
                    let value = 236.0 - strength * (236.0 - value);
                    self.pixels[at] = self.pixels[at].min(value as u8);
                }
            }
        }
    }

    /// What is seen of a print's distal phalanx on this platen, in its own turn: the outermost dark spots after
    /// a share of two in a thousand is left out on every side.
    fn seen(&self, print: &Print<'_>, spot: &Spot, press: &Press) -> Option<FingerBox> {
        let (left, top, right, bottom) = print.distal;
        let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let frame = box_at(spot, right - left, bottom - top);
        let reach = top + (bottom - top) * press.reach.clamp(0.05, 1.0);
        let (mut us, mut vs) = (Vec::new(), Vec::new());
        for py in top.max(0.0) as u32..reach.max(0.0) as u32 {
            for px in left.max(0.0) as u32..right.max(0.0) as u32 {
                if print.image.at(i64::from(px), i64::from(py)) < 160 {
                    let (u, v) = (px as f32 + 0.5 - middle_x, py as f32 + 0.5 - middle_y);
                    let (x, y) = frame.point(u, v);
                    if x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32 {
                        us.push(u);
                        vs.push(v);
                    }
                }
            }
        }
        bounds_of(us, vs, &frame)
    }

    /// A blob that is no finger: a smooth stain, a grainy one or a stroke.
    fn soil(&mut self, rng: &mut Rng) {
        let kind = (rng.unit() * 3.0) as u32;
        let (cx, cy) = (rng.range(0.0, self.width as f32), rng.range(0.0, self.height as f32));
        let (a, b) = match kind {
            0 => (rng.range(30.0, 110.0), rng.range(30.0, 110.0)),
            1 => (rng.range(40.0, 130.0), rng.range(40.0, 130.0)),
            _ => (rng.range(120.0, 300.0), rng.range(4.0, 14.0)),
        };
        let frame = FingerBox {
            centre_x: cx,
            centre_y: cy,
            width: 2.0 * a,
            height: 2.0 * b,
            angle_deg: rng.range(0.0, 180.0),
        };
        let depth = rng.range(60.0, 170.0);
        let (from_x, from_y, to_x, to_y) = frame.upright_bounds();
        for y in from_y.max(0.0) as u32..to_y.clamp(0.0, self.height as f32) as u32 {
            for x in from_x.max(0.0) as u32..to_x.clamp(0.0, self.width as f32) as u32 {
                let (u, v) = frame.inside_out(x as f32, y as f32);
                let r = (u / a).powi(2) + (v / b).powi(2);
                if r < 1.0 {
                    let grain = if kind == 1 { rng.range(0.0, 1.0) } else { 1.0 };
                    let at = (y * self.width + x) as usize;
                    let dark = 236.0 - depth * grain * (1.0 - r).sqrt();
                    self.pixels[at] = self.pixels[at].min(dark as u8);
                }
            }
        }
    }

    /// Uneven light and the grain of the sensor.
    fn grain(&mut self, rng: &mut Rng, strength: f32) {
        let light = Noise::new(rng, self.width as f32, self.height as f32, 500.0);
        let strength = strength.clamp(0.0, 1.0);
        for (i, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = (i as u32 % self.width, i as u32 / self.width);
            let noise = 4.0 * light.at(x as f32, y as f32) + 18.0 * strength * rng.range(-1.0, 1.0);
            *pixel = (f32::from(*pixel) + noise).clamp(0.0, 255.0) as u8;
        }
    }
}

fn box_at(spot: &Spot, width: f32, height: f32) -> FingerBox {
    FingerBox { centre_x: spot.x, centre_y: spot.y, width, height, angle_deg: spot.deg }
}

fn bilinear(image: &GrayImage, x: f32, y: f32) -> f32 {
    let (ix, iy) = (x.floor() as i64, y.floor() as i64);
    let (tx, ty) = (x - ix as f32, y - iy as f32);
    let p = |dx, dy| f32::from(image.at(ix + dx, iy + dy));
    let top = p(0, 0) + (p(1, 0) - p(0, 0)) * tx;
    let bottom = p(0, 1) + (p(1, 1) - p(0, 1)) * tx;
    top + (bottom - top) * ty
}

/// Left, top, right and bottom of what is printed on an image of one upright finger, in pixels.
#[must_use]
pub fn extent(image: &GrayImage) -> (f32, f32, f32, f32) {
    let all = FingerBox { centre_x: 0.0, centre_y: 0.0, width: 1.0, height: 1.0, angle_deg: 0.0 };
    let dark = || (0..image.pixels().len() as u32).filter(|i| image.pixels()[*i as usize] < 160);
    let us = dark().map(|i| (i % image.width()) as f32 + 0.5).collect();
    let vs = dark().map(|i| (i / image.width()) as f32 + 0.5).collect();
    match bounds_of(us, vs, &all) {
        Some(b) => {
            let (w, h) = (b.width / 2.0, b.height / 2.0);
            (b.centre_x - w, b.centre_y - h, b.centre_x + w, b.centre_y + h)
        }
        None => (0.0, 0.0, image.width() as f32, image.height() as f32),
    }
}

/// The box around points given in the frame of another box, less two in a thousand on every side.
fn bounds_of(mut us: Vec<f32>, mut vs: Vec<f32>, frame: &FingerBox) -> Option<FingerBox> {
    if us.len() < 500 {
        return None;
    }
    let cut = us.len() / 500;
    let ends = |values: &mut Vec<f32>| {
        let low = *values.select_nth_unstable_by(cut, f32::total_cmp).1;
        let at = values.len() - 1 - cut;
        (low - 0.5, *values.select_nth_unstable_by(at, f32::total_cmp).1 + 0.5)
    };
    let ((left, right), (top, bottom)) = (ends(&mut us), ends(&mut vs));
    let (x, y) = frame.point((left + right) / 2.0, (top + bottom) / 2.0);
    Some(FingerBox {
        centre_x: x,
        centre_y: y,
        width: right - left,
        height: bottom - top,
        angle_deg: frame.angle_deg,
    })
}

/// What is seen of an impression that was rendered turned: `back_deg` turns it upright again.
fn seen(print: &GrayImage, back_deg: f32, centre: (f32, f32), deg: f32) -> FingerBox {
    let (sin, cos) = back_deg.to_radians().sin_cos();
    let (middle_x, middle_y) = (print.width() as f32 / 2.0, print.height() as f32 / 2.0);
    let (mut us, mut vs) = (Vec::new(), Vec::new());
    for (i, pixel) in print.pixels().iter().enumerate() {
        let dx = (i as u32 % print.width()) as f32 + 0.5 - middle_x;
        let dy = (i as u32 / print.width()) as f32 + 0.5 - middle_y;
        let (x, y) = (centre.0 + dx, centre.1 + dy);
        if *pixel < 160 && x >= 0.0 && y >= 0.0 && x < WIDTH_PX as f32 && y < HEIGHT_PX as f32 {
            us.push(dx * cos + dy * sin);
            vs.push(dy * cos - dx * sin);
        }
    }
    let frame =
        FingerBox { centre_x: centre.0, centre_y: centre.1, width: 324.0, height: 443.0, angle_deg: deg };
    bounds_of(us, vs, &frame).unwrap_or(frame)
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

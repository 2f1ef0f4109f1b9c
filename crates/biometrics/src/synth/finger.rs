//! Synthetic fingerprints at 500 ppi.
//!
//! A [`Master`] is one finger's ridges, grown once; an [`Impression`] is one touch of the glass: place, skin
//! stretch, pressure, dryness, noise. After Cappelli, "SFinGe" (in Handbook of Fingerprint Recognition, ch. 6).

use super::ridges::{self, CELL_PX, COLUMNS, Orientation, ROWS};
use super::rng::{Noise, Rng, mix, smooth_step};
use crate::image::GrayImage;
use crate::position::FingerPosition;

pub use super::ridges::PatternClass;

/// Width of an impression in pixels.
pub const WIDTH_PX: u32 = 416;
/// Height of an impression in pixels.
pub const HEIGHT_PX: u32 = 560;
/// Resolution of an impression in pixels per inch.
pub const PPI: u16 = 500;

/// Which finger of which invented person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FingerSpec {
    /// The person: every seed is another one.
    pub person_seed: u64,
    /// The finger.
    pub position: FingerPosition,
}

/// One touch of the glass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Impression {
    /// Seed of everything random in this touch.
    pub seed: u64,
    /// Turn of the finger in degrees, counter-clockwise.
    pub rotation_deg: f32,
    /// Shift of the finger in pixels, right and down.
    pub shift_px: (f32, f32),
    /// Stretch of the skin: 0 none, 1 about 9 pixels.
    pub warp: f32,
    /// 0 hardly touched (thin ridges), 0.5 right, 1 pressed or wet until ridges run together.
    pub pressure: f32,
    /// 0 none, 1 very dry: ridges break into dots.
    pub dryness: f32,
    /// 0 clean, 1 heavy grain of sensor and skin.
    pub noise: f32,
    /// Share of the finger's contact area that touches, 0 to 1.
    pub area: f32,
}

impl Impression {
    /// A straight, well-pressed touch.
    #[must_use]
    pub fn clean(seed: u64) -> Self {
        Self {
            seed,
            rotation_deg: 0.0,
            shift_px: (0.0, 0.0),
            warp: 0.0,
            pressure: 0.5,
            dryness: 0.0,
            noise: 0.1,
            area: 1.0,
        }
    }

    /// A touch as it happens at a counter: a little turned, shifted, stretched, a little dry or moist.
    #[must_use]
    pub fn ordinary(seed: u64) -> Self {
        let mut r = Rng::new(seed, 0x0D1A);
        Self {
            seed,
            rotation_deg: r.range(-10.0, 10.0),
            shift_px: (r.range(-18.0, 18.0), r.range(-22.0, 22.0)),
            warp: r.range(0.1, 0.5),
            pressure: r.range(0.4, 0.62),
            dryness: r.range(0.0, 0.25),
            noise: r.range(0.1, 0.3),
            area: r.range(0.82, 1.0),
        }
    }
}

/// One finger's ridges. Making it costs most of the time: keep it when several impressions are wanted.
#[derive(Clone)]
pub struct Master {
    class: PatternClass,
    /// Half width, and half heights above and below the middle, of the contact area in pixels.
    half_width: f32,
    above: f32,
    below: f32,
    ridges: Vec<f32>,
}

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Master({:?})", self.class)
    }
}

impl Master {
    /// Grows the ridges of a finger.
    #[must_use]
    pub fn new(spec: &FingerSpec) -> Self {
        use FingerPosition as F;
        let finger = mix(spec.person_seed ^ (u64::from(spec.position.code()) << 56));
        let mut rng = Rng::new(finger, 1);
        // Size of hand belongs to the person, size of finger to the position.
        let hand = Rng::new(spec.person_seed, 2).range(0.93, 1.05);
        let digit = match spec.position {
            F::RightThumb | F::LeftThumb => 1.1,
            F::RightLittle | F::LeftLittle => 0.86,
            _ => 1.0,
        };
        let orientation = Orientation::new(&mut rng, spec.position);
        let period_px = 9.0 * hand * rng.range(0.97, 1.04);
        let (half_width, above, below) = (162.0 * hand * digit, 218.0 * hand * digit, 225.0 * hand * digit);
        let ridges = ridges::grow(&mut rng, &orientation, period_px, |y| {
            // The contact area's superellipse, with room for its ragged edge.
            let v = (y / (1.06 * if y < 0.0 { above } else { below })).abs();
            if v < 1.0 { 6.0 + 1.06 * half_width * (1.0 - v.powf(2.5)).powf(0.4) } else { -1.0 }
        });
        Self { class: orientation.class, half_width, above, below, ridges }
    }

    /// The pattern of the finger.
    #[must_use]
    pub fn class(&self) -> PatternClass {
        self.class
    }

    /// One touch: a 416x560 image at 500 ppi, ridges dark on light ground.
    #[must_use]
    pub fn impression(&self, touch: &Impression) -> GrayImage {
        let mut rng = Rng::new(touch.seed, 3);
        let skin = Skin::new(&mut rng, touch);
        let (sin, cos) = touch.rotation_deg.to_radians().sin_cos();
        // From the glass back to the finger: shift, turn, stretch.
        let back = |px: f32, py: f32| {
            let gx = px - WIDTH_PX as f32 / 2.0 - touch.shift_px.0;
            let gy = py - HEIGHT_PX as f32 / 2.0 - touch.shift_px.1;
            skin.stretch(gx * cos - gy * sin, gx * sin + gy * cos)
        };
        let mut ink = vec![0.0f32; (WIDTH_PX * HEIGHT_PX) as usize];
        let mut ends = ((0.0, 0.0), (0.0, 0.0));
        for py in 0..HEIGHT_PX {
            for px in 0..WIDTH_PX {
                // The stretch is slow: exact every 8 pixels of a row, linear between.
                if px % 8 == 0 {
                    ends = (back(px as f32, py as f32), back(px as f32 + 8.0, py as f32));
                }
                let t = (px % 8) as f32 / 8.0;
                let x = ends.0.0 + (ends.1.0 - ends.0.0) * t;
                let y = ends.0.1 + (ends.1.1 - ends.0.1) * t;
                let contact = self.contact(x, y, touch.area, &skin);
                if contact > 0.0 {
                    let ridge = self.ridge(x, y);
                    ink[(py * WIDTH_PX + px) as usize] = skin.ink(x, y, ridge, contact);
                }
            }
        }
        super::gray(WIDTH_PX, HEIGHT_PX, Some(PPI), expose(&ink, &mut rng, touch))
    }

    /// How firmly the skin touches at a point of the finger: 1 inside, 0 outside.
    fn contact(&self, x: f32, y: f32, area: f32, skin: &Skin) -> f32 {
        let side = area.clamp(0.02, 1.0).sqrt();
        let height = if y < 0.0 { self.above } else { self.below };
        let (u, v) = (x / (self.half_width * side), y / (height * side));
        // A superellipse of degree 2.5 lies between an ellipse and a rectangle, as finger pads do.
        let r =
            (u.abs().powf(2.5) + v.abs().powf(2.5)).powf(0.4) + 0.035 * skin.edge.at(x + 260.0, y + 340.0);
        1.0 - smooth_step(0.93, 1.03, r)
    }

    /// Ridge height at a point, by Catmull-Rom interpolation of the master.
    fn ridge(&self, x: f32, y: f32) -> f32 {
        let fx = (x / CELL_PX + COLUMNS as f32 / 2.0).clamp(1.0, COLUMNS as f32 - 3.001);
        let fy = (y / CELL_PX + ROWS as f32 / 2.0).clamp(1.0, ROWS as f32 - 3.001);
        let (ix, iy) = (fx as usize, fy as usize);
        let (wx, wy) = (catmull_rom(fx - ix as f32), catmull_rom(fy - iy as f32));
        let mut sum = 0.0;
        for (j, weight) in wy.iter().enumerate() {
            let from = (iy + j - 1) * COLUMNS + ix - 1;
            let line = &self.ridges[from..from + 4];
            sum += weight * (line[0] * wx[0] + line[1] * wx[1] + line[2] * wx[2] + line[3] * wx[3]);
        }
        sum
    }
}

fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3]
}

/// What one touch does to the skin.
struct Skin {
    amplitude_px: f32,
    bias: f32,
    dryness: f32,
    stretch_x: Noise,
    stretch_y: Noise,
    edge: Noise,
    patches: Noise,
    grain: Noise,
    pores: Noise,
}

impl Skin {
    fn new(rng: &mut Rng, touch: &Impression) -> Self {
        let mut noise = |step| Noise::new(rng, 520.0, 680.0, step);
        Self {
            amplitude_px: 9.0 * touch.warp,
            bias: 2.4 * (touch.pressure.clamp(0.0, 1.0) - 0.5),
            dryness: touch.dryness.clamp(0.0, 1.0),
            stretch_x: noise(150.0),
            stretch_y: noise(150.0),
            edge: noise(45.0),
            patches: noise(36.0),
            grain: noise(3.2),
            pores: noise(4.5),
        }
    }

    fn stretch(&self, x: f32, y: f32) -> (f32, f32) {
        let (sx, sy) = (x + 260.0, y + 340.0);
        (x + self.amplitude_px * self.stretch_x.at(sx, sy), y + self.amplitude_px * self.stretch_y.at(sx, sy))
    }

    /// Darkness of the print, 0 to 1, where the ridge height is `ridge` (-1 to 1).
    fn ink(&self, x: f32, y: f32, ridge: f32, contact: f32) -> f32 {
        let (sx, sy) = (x + 260.0, y + 340.0);
        let patch = 0.5 + 0.5 * self.patches.at(sx, sy);
        let grain = 0.5 + 0.5 * self.grain.at(sx, sy);
        // Pressure is uneven, and at the rim the skin only just touches.
        let level = ridge + self.bias + 0.22 * (patch - 0.5) - 0.8 * (1.0 - contact);
        let mut ink = smooth_step(-0.32, 0.42, level);
        // Dry skin holds no ink in grainy spots; patches of it are worse.
        let dry = self.dryness * (0.45 + 0.75 * patch);
        ink *= 1.0 - smooth_step(1.0 - 0.95 * dry, 1.18 - 0.95 * dry, grain + 0.12 * (1.0 - ridge));
        // Sweat pores: small light dots on the ridges, closed when pressed.
        let pore = smooth_step(0.62, 0.9, self.pores.at(sx, sy)) * smooth_step(0.3, 0.9, ridge);
        ink * (1.0 - 0.55 * pore * (0.8 - self.bias).clamp(0.0, 1.0)) * contact.sqrt()
    }
}

/// Ink to grey levels: the sensor's blur, its grain and its ground.
fn expose(ink: &[f32], rng: &mut Rng, touch: &Impression) -> Vec<u8> {
    let (width, height) = (WIDTH_PX as usize, HEIGHT_PX as usize);
    let light = rng.range(226.0, 240.0);
    let dark = rng.range(38.0, 62.0) + 50.0 * touch.dryness.clamp(0.0, 1.0);
    let strength = touch.noise.clamp(0.0, 1.0);
    let speckle = Noise::new(rng, width as f32, height as f32, 2.2);
    let mut across = vec![0.0f32; ink.len()];
    for (to, from) in across.chunks_exact_mut(width).zip(ink.chunks_exact(width)) {
        blur_line(to, from);
    }
    let mut pixels = Vec::with_capacity(ink.len());
    for y in 0..height {
        let line = |dy: isize| {
            let row = (y as isize + dy).clamp(0, height as isize - 1) as usize;
            &across[row * width..(row + 1) * width]
        };
        let (up, middle, down) = (line(-1), line(0), line(1));
        for x in 0..width {
            let ink = 0.2 * up[x] + 0.6 * middle[x] + 0.2 * down[x];
            let spot = speckle.at(x as f32, y as f32);
            let grain =
                strength * ((30.0 + 70.0 * strength) * spot * (0.25 + 0.75 * ink) + 12.0 * rng.normal());
            let smear = 60.0 * strength * ink * spot.max(0.0);
            pixels.push((light - (light - dark) * ink + grain + smear).clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}

fn blur_line(to: &mut [f32], from: &[f32]) {
    let last = from.len() - 1;
    for (i, t) in to.iter_mut().enumerate() {
        *t = 0.2 * from[i.saturating_sub(1)] + 0.6 * from[i] + 0.2 * from[(i + 1).min(last)];
    }
}

/// One impression of one finger. Where more than one is wanted, keep the [`Master`].
#[must_use]
pub fn render(spec: &FingerSpec, touch: &Impression) -> GrayImage {
    Master::new(spec).impression(touch)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn spec(person_seed: u64, code: u8) -> FingerSpec {
        FingerSpec { person_seed, position: FingerPosition::from_code(code).unwrap() }
    }

    fn mean(image: &GrayImage) -> f64 {
        image.pixels().iter().map(|p| f64::from(*p)).sum::<f64>() / image.pixels().len() as f64
    }

    #[test]
    fn a_seed_is_a_finger() {
        let touch = Impression::ordinary(3);
        let image = render(&spec(1, 2), &touch);
        assert_eq!((image.width(), image.height(), image.ppi()), (416, 560, Some(500)));
        assert!(image == Master::new(&spec(1, 2)).impression(&touch));
        assert!(image != render(&spec(2, 2), &touch));
        assert!(image != render(&spec(1, 3), &touch));
        assert!(image != render(&spec(1, 2), &Impression::ordinary(4)));
    }

    #[test]
    fn a_touch_shows_what_it_says() {
        let master = Master::new(&spec(5, 8));
        let clean = Impression::clean(1);
        let base = mean(&master.impression(&clean));
        assert!((120.0..200.0).contains(&base), "{base}");
        let check = |touch: Impression, darker: bool| {
            let found = mean(&master.impression(&touch));
            assert!(
                (found < base - 3.0) == darker && (found > base + 3.0) != darker,
                "{touch:?}: {found}, {base}"
            );
        };
        check(Impression { pressure: 0.9, ..clean }, true);
        check(Impression { pressure: 0.2, ..clean }, false);
        check(Impression { dryness: 0.8, ..clean }, false);
        check(Impression { area: 0.4, ..clean }, false);
        check(Impression { shift_px: (200.0, 0.0), ..clean }, false);
        let nothing = master.impression(&Impression { shift_px: (2000.0, 0.0), ..clean });
        assert!(nothing.pixels().iter().all(|p| *p > 200));
    }

    #[test]
    fn every_pattern_appears_and_ulnar_loops_prevail() {
        let count = |code: u8, class: PatternClass| {
            let draw =
                |seed| Orientation::new(&mut Rng::new(seed, 1), FingerPosition::from_code(code).unwrap());
            (0..1000).filter(|seed| draw(*seed).class == class).count()
        };
        for (code, ulnar, radial) in [
            (2, PatternClass::RightLoop, PatternClass::LeftLoop),
            (7, PatternClass::LeftLoop, PatternClass::RightLoop),
        ] {
            assert!((20..90).contains(&count(code, PatternClass::Arch)));
            assert!((180..300).contains(&count(code, PatternClass::Whorl)));
            assert!((580..760).contains(&count(code, ulnar)));
            assert!((5..80).contains(&count(code, radial)));
        }
    }
}

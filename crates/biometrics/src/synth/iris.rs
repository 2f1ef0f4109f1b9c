//! Synthetic near-infrared pictures of an eye, 640x480: pupil, textured iris, sclera, lids, lashes, reflections.

use std::f32::consts::TAU;

use super::rng::{Noise, Rng, mix, smooth_step};
use crate::image::GrayImage;
use crate::iris::Circle;
use crate::position::Eye;

/// Width of the picture in pixels (ISO/IEC 19794-6 image type VGA).
pub const WIDTH_PX: u32 = 640;
/// Height of the picture in pixels.
pub const HEIGHT_PX: u32 = 480;

/// Which eye of which invented person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EyeSpec {
    /// The person: every seed is another one.
    pub person_seed: u64,
    /// The eye.
    pub eye: Eye,
}

/// One picture of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shot {
    /// Seed of everything random in this picture.
    pub seed: u64,
    /// 0 wide open, 1 closed.
    pub lids: f32,
    /// Blur: standard deviation in pixels, about.
    pub blur_px: f32,
    /// Shift of the eye from the picture's middle in pixels, right and down.
    pub shift_px: (f32, f32),
    /// Radius of the pupil against that of the iris, 0.2 to 0.7.
    pub dilation: f32,
    /// Sensor noise: 0 none, 1 heavy.
    pub noise: f32,
}

impl Shot {
    /// An open, sharp, centred eye.
    #[must_use]
    pub fn clean(seed: u64) -> Self {
        Self { seed, lids: 0.08, blur_px: 0.7, shift_px: (0.0, 0.0), dilation: 0.4, noise: 0.15 }
    }
}

/// Where pupil and iris are in the picture.
#[must_use]
pub fn geometry(spec: &EyeSpec, shot: &Shot) -> (Circle, Circle) {
    let mut rng = eye_rng(spec);
    let radius = rng.range(104.0, 122.0);
    let x = WIDTH_PX as f32 / 2.0 + shot.shift_px.0;
    let y = HEIGHT_PX as f32 / 2.0 + shot.shift_px.1;
    // The pupil lies a little towards the nose and up.
    let nasal = if spec.eye == Eye::Right { 1.0 } else { -1.0 };
    let pupil = Circle {
        x: x + nasal * rng.range(0.0, 4.0),
        y: y - rng.range(0.0, 3.0),
        radius: radius * shot.dilation.clamp(0.2, 0.7),
    };
    (pupil, Circle { x, y, radius })
}

fn eye_rng(spec: &EyeSpec) -> Rng {
    Rng::new(mix(spec.person_seed ^ (u64::from(spec.eye.code()) << 60)), 11)
}

/// The picture.
#[must_use]
pub fn render(spec: &EyeSpec, shot: &Shot) -> GrayImage {
    let (pupil, iris) = geometry(spec, shot);
    let texture = Texture::new(&mut eye_rng(spec));
    let mut rng = Rng::new(shot.seed, 12);
    let lids = Lids::new(&mut Rng::new(spec.person_seed, 13), &iris, shot.lids);
    let skin = Noise::new(&mut rng, WIDTH_PX as f32, HEIGHT_PX as f32, 17.0);
    let pores = Noise::new(&mut rng, 1.5 * WIDTH_PX as f32, 1.5 * HEIGHT_PX as f32, 5.0);
    let shade = Noise::new(&mut rng, WIDTH_PX as f32, HEIGHT_PX as f32, 160.0);
    let mut picture = vec![0.0f32; (WIDTH_PX * HEIGHT_PX) as usize];
    for (i, pixel) in picture.iter_mut().enumerate() {
        let (x, y) = ((i as u32 % WIDTH_PX) as f32, (i as u32 / WIDTH_PX) as f32);
        let ball = texture.ball(x, y, &pupil, &iris);
        let cover = lids.cover(x, y);
        let fold = pores.at(0.9 * x + 0.4 * y, (0.9 * y - 0.4 * x + 300.0).max(0.0));
        let lid = 148.0 + 6.0 * skin.at(x, y) + 7.0 * fold + 22.0 * shade.at(x, y) - lids.crease(x, y);
        *pixel = ball + (lid - ball) * cover;
        // Shadow of the upper lid on the ball.
        *pixel -= 26.0 * (1.0 - cover) * smooth_step(26.0, 0.0, lids.below_upper(x, y));
    }
    reflections(&mut picture, &mut rng, &pupil, &lids);
    lashes(&mut picture, &mut rng, &lids);
    blur(&mut picture, shot.blur_px);
    let strength = 14.0 * shot.noise.clamp(0.0, 1.0);
    let pixels = picture.iter().map(|p| (p + strength * rng.normal()).clamp(0.0, 255.0) as u8).collect();
    super::gray(WIDTH_PX, HEIGHT_PX, None, pixels)
}

/// The eyeball's own grey values.
struct Texture {
    fibres: Noise,
    fine: Noise,
    crypts: Noise,
    veins: Noise,
    base: f32,
    collarette: f32,
}

/// Texture is read along a circle of this radius in noise space, so that it closes without a seam.
const RING: f32 = 120.0;

impl Texture {
    fn new(rng: &mut Rng) -> Self {
        rng.next_u64();
        let span = 2.0 * RING + 60.0;
        Self {
            fibres: Noise::new(rng, span, span, 5.0),
            fine: Noise::new(rng, span, span, 2.2),
            crypts: Noise::new(rng, span, span, 15.0),
            veins: Noise::new(rng, WIDTH_PX as f32, HEIGHT_PX as f32, 24.0),
            base: rng.range(92.0, 116.0),
            collarette: rng.range(0.26, 0.36),
        }
    }

    fn ball(&self, x: f32, y: f32, pupil: &Circle, iris: &Circle) -> f32 {
        let (dx, dy) = (x - iris.x, y - iris.y);
        let from_iris = (dx * dx + dy * dy).sqrt();
        let vein = smooth_step(0.06, 0.0, self.veins.at(x, y).abs());
        let sclera = 186.0 - 10.0 * vein - 0.0006 * from_iris * from_iris;
        let outside = smooth_step(-8.0, 8.0, from_iris - iris.radius);
        if outside >= 1.0 {
            return sclera;
        }
        let (px, py) = (x - pupil.x, y - pupil.y);
        let from_pupil = (px * px + py * py).sqrt();
        let inside = smooth_step(1.6, -1.6, from_pupil - pupil.radius);
        // Position in the ring of the iris, 0 at the pupil, 1 at the limbus: the rubber sheet of Daugman.
        let t = ((from_pupil - pupil.radius) / (iris.radius - pupil.radius)).clamp(0.0, 1.0);
        let (cos, sin) = (px / from_pupil.max(1.0), py / from_pupil.max(1.0));
        let read = |noise: &Noise, depth: f32| {
            let r = RING - 26.0 + depth * t;
            noise.at(RING + 30.0 + r * cos, RING + 30.0 + r * sin)
        };
        let fibres = 15.0 * read(&self.fibres, 9.0) + 9.0 * read(&self.fine, 12.0);
        let crypts = -30.0 * smooth_step(0.25, 0.8, read(&self.crypts, 34.0)) * smooth_step(0.0, 0.3, t);
        let collar = self.collarette + 0.04 * read(&self.crypts, 2.0);
        let ring = 16.0 * (-((t - collar) / 0.07).powi(2)).exp();
        let iris_grey = self.base + fibres + crypts + ring - 14.0 * smooth_step(0.82, 1.0, t);
        let grey = iris_grey + (sclera - iris_grey) * outside;
        grey + (22.0 - grey) * inside
    }
}

/// Two parabolas.
struct Lids {
    x: f32,
    y: f32,
    half_width: f32,
    upper: f32,
    lower: f32,
    tilt: f32,
}

impl Lids {
    fn new(rng: &mut Rng, iris: &Circle, closed: f32) -> Self {
        let open = 1.0 - closed.clamp(0.0, 1.0);
        Self {
            x: iris.x,
            y: iris.y,
            half_width: rng.range(255.0, 290.0),
            // At rest the upper lid touches the limbus; closing, it comes down to the lower.
            upper: iris.radius * (-0.85 + 2.05 * open),
            lower: iris.radius * (1.0 + 0.22 * open),
            tilt: rng.range(-0.04, 0.04),
        }
    }

    fn edge_upper(&self, x: f32) -> f32 {
        let u = (x - self.x) / self.half_width;
        self.y - self.upper + (self.upper + 30.0) * u * u + self.tilt * (x - self.x)
    }

    fn edge_lower(&self, x: f32) -> f32 {
        let u = (x - self.x) / self.half_width;
        (self.y + self.lower - (self.lower - 35.0) * u * u + self.tilt * (x - self.x)).max(self.edge_upper(x))
    }

    fn below_upper(&self, x: f32, y: f32) -> f32 {
        (y - self.edge_upper(x)).max(0.0)
    }

    /// 1 on a lid, 0 on the ball.
    fn cover(&self, x: f32, y: f32) -> f32 {
        smooth_step(2.0, -2.0, y - self.edge_upper(x)).max(smooth_step(-2.0, 2.0, y - self.edge_lower(x)))
    }

    /// Darkness of the fold above the upper lid and of the wet rim of the lower.
    fn crease(&self, x: f32, y: f32) -> f32 {
        let fold = y - (self.edge_upper(x) - 44.0);
        38.0 * (-(fold / 7.0).powi(2)).exp() - 14.0 * (-((y - self.edge_lower(x) - 5.0) / 4.0).powi(2)).exp()
    }
}

/// The camera's two lamps on the cornea.
fn reflections(picture: &mut [f32], rng: &mut Rng, pupil: &Circle, lids: &Lids) {
    let y = pupil.y + rng.range(-6.0, 6.0);
    for side in [-1.0, 1.0] {
        let spot = (pupil.x + side * rng.range(12.0, 17.0), y, rng.range(4.0, 5.5));
        stamp(
            picture,
            spot,
            |x, y, pixel, weight| {
                if lids.cover(x, y) < 0.5 { pixel + (250.0 - pixel) * weight } else { pixel }
            },
        );
    }
}

/// Hairs along the upper lid, bent upward and out; a few hang down.
fn lashes(picture: &mut [f32], rng: &mut Rng, lids: &Lids) {
    let mut x = lids.x - 0.8 * lids.half_width;
    while x < lids.x + 0.8 * lids.half_width {
        let root = (x, lids.edge_upper(x));
        let out = (x - lids.x) / lids.half_width;
        let rise = if rng.unit() < 0.12 { -rng.range(0.1, 0.5) } else { rng.range(0.5, 1.0) };
        let length = rng.range(26.0, 52.0);
        let lean = out * 0.9 + rng.range(-0.25, 0.25);
        let steps = length as usize;
        for step in 0..steps {
            let t = step as f32 / steps as f32;
            // Hairs start downward over the rim and curl up.
            let px = root.0 + lean * length * t;
            let py = root.1 + 5.0 * (1.0 - rise) * t - rise * length * t * t + 3.0 * t;
            stamp(picture, (px, py, 1.5 - 1.1 * t), |_, _, pixel, weight| {
                pixel + (52.0 - pixel) * weight * 0.8
            });
        }
        x += rng.range(5.0, 11.0);
    }
}

/// Changes the pixels of a soft disc (x, y, radius); `change` gets place, old value and weight.
fn stamp(picture: &mut [f32], disc: (f32, f32, f32), change: impl Fn(f32, f32, f32, f32) -> f32) {
    let (cx, cy, radius) = disc;
    let reach = radius.ceil() as i32 + 1;
    for y in cy as i32 - reach..=cy as i32 + reach {
        for x in cx as i32 - reach..=cx as i32 + reach {
            if x < 0 || y < 0 || x >= WIDTH_PX as i32 || y >= HEIGHT_PX as i32 {
                continue;
            }
            let (fx, fy) = (x as f32, y as f32);
            let distance = ((fx - cx).powi(2) + (fy - cy).powi(2)).sqrt();
            let weight = (radius + 0.5 - distance).clamp(0.0, 1.0);
            let at = (y as u32 * WIDTH_PX + x as u32) as usize;
            picture[at] = change(fx, fy, picture[at], weight);
        }
    }
}

/// Gaussian blur, separable, border repeated.
fn blur(picture: &mut [f32], sigma: f32) {
    if sigma < 0.3 {
        return;
    }
    let reach = (3.0 * sigma.min(20.0)).ceil() as i32;
    let mut taps: Vec<f32> =
        (-reach..=reach).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp() / (TAU.sqrt() * sigma)).collect();
    let sum: f32 = taps.iter().sum();
    taps.iter_mut().for_each(|t| *t /= sum);
    let (width, height) = (WIDTH_PX as i32, HEIGHT_PX as i32);
    for (step, length, lines, line_step) in [(1, width, height, width), (width, height, width, 1)] {
        let mut copy = vec![0.0f32; length as usize];
        for line in 0..lines {
            let start = line * line_step;
            for (i, c) in copy.iter_mut().enumerate() {
                *c = picture[(start + i as i32 * step) as usize];
            }
            for i in 0..length {
                let sum = taps
                    .iter()
                    .enumerate()
                    .map(|(k, t)| t * copy[(i + k as i32 - reach).clamp(0, length - 1) as usize])
                    .sum();
                picture[(start + i * step) as usize] = sum;
            }
        }
    }
}

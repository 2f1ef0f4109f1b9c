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
    /// Lashes: 0 none, 1 as usual, up to 4 many that hang down.
    pub lashes: f32,
    /// Patches of lamp light on the iris, as spectacles make them: 0 none, 1 many.
    pub glare: f32,
    /// Gaze away from the camera in degrees, right and down in the picture.
    pub gaze_deg: (f32, f32),
    /// Head tilt in degrees, clockwise in the picture, about the middle of the eye.
    pub rotation_deg: f32,
    /// Size of the eye against the usual one.
    pub scale: f32,
    /// Movement along the row while the picture was taken, in pixels.
    pub motion_px: f32,
    /// Grey level of the lids' skin.
    pub lid_grey: f32,
}

impl Shot {
    /// An open, sharp, centred eye.
    #[must_use]
    pub fn clean(seed: u64) -> Self {
        Self {
            seed,
            lids: 0.08,
            blur_px: 0.7,
            shift_px: (0.0, 0.0),
            dilation: 0.4,
            noise: 0.15,
            lashes: 1.0,
            glare: 0.0,
            gaze_deg: (0.0, 0.0),
            rotation_deg: 0.0,
            scale: 1.0,
            motion_px: 0.0,
            lid_grey: 148.0,
        }
    }

    /// Another good picture: place, light, focus, noise, head tilt and pupil differ as they do between two captures
    /// of one session.
    #[must_use]
    pub fn varied(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 15);
        Self {
            lids: rng.range(0.0, 0.22),
            blur_px: rng.range(0.5, 1.4),
            shift_px: (rng.range(-30.0, 30.0), rng.range(-20.0, 20.0)),
            dilation: rng.range(0.3, 0.52),
            noise: rng.range(0.1, 0.5),
            lashes: rng.range(0.5, 1.6),
            gaze_deg: (rng.range(-4.0, 4.0), rng.range(-3.0, 3.0)),
            rotation_deg: rng.range(-6.0, 6.0),
            scale: rng.range(0.92, 1.05),
            lid_grey: rng.range(130.0, 185.0),
            ..Self::clean(seed)
        }
    }
}

/// What is known of a rendered picture. Shares are of the ring between the two circles, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// Boundary of the pupil.
    pub pupil: Circle,
    /// Boundary of the iris.
    pub iris: Circle,
    /// Share under the lids or outside the picture.
    pub lids: f32,
    /// Share under lashes that hang over the open part.
    pub lashes: f32,
    /// Share under reflections on the open part.
    pub reflections: f32,
}

impl Truth {
    /// Share of the ring that something covers.
    #[must_use]
    pub fn covered(&self) -> f32 {
        self.lids + self.lashes + self.reflections
    }
}

/// Radius of the eyeball against that of the iris (about 12 mm to 5.9 mm).
const BALL: f32 = 2.05;

/// Turns between the picture and the eye's own frame, which is tilted about the middle of the eye.
#[derive(Debug, Clone, Copy)]
struct Frame {
    x: f32,
    y: f32,
    cos: f32,
    sin: f32,
}

impl Frame {
    fn new(shot: &Shot) -> Self {
        let (sin, cos) = shot.rotation_deg.to_radians().sin_cos();
        Self {
            x: WIDTH_PX as f32 / 2.0 + shot.shift_px.0,
            y: HEIGHT_PX as f32 / 2.0 + shot.shift_px.1,
            cos,
            sin,
        }
    }

    fn to_eye(self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - self.x, y - self.y);
        (self.x + self.cos * dx + self.sin * dy, self.y + self.cos * dy - self.sin * dx)
    }

    fn to_picture(self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - self.x, y - self.y);
        (self.x + self.cos * dx - self.sin * dy, self.y + self.cos * dy + self.sin * dx)
    }
}

/// Where pupil and iris are in the picture. With a gaze aside both are ellipses; these are then the circles about
/// their longer axes.
#[must_use]
pub fn geometry(spec: &EyeSpec, shot: &Shot) -> (Circle, Circle) {
    let frame = Frame::new(shot);
    let (pupil, iris) = eye_geometry(spec, shot);
    let turned = |c: Circle| {
        let (x, y) = frame.to_picture(c.x, c.y);
        Circle { x, y, ..c }
    };
    (turned(pupil), turned(iris))
}

/// The circles in the eye's own frame.
fn eye_geometry(spec: &EyeSpec, shot: &Shot) -> (Circle, Circle) {
    let mut rng = eye_rng(spec);
    let rest = rest_circle(&mut rng, shot);
    let radius = rest.radius;
    let x = rest.x + BALL * radius * shot.gaze_deg.0.to_radians().sin();
    let y = rest.y + BALL * radius * shot.gaze_deg.1.to_radians().sin();
    // The pupil lies a little towards the nose and up.
    let nasal = if spec.eye == Eye::Right { 1.0 } else { -1.0 };
    let pupil = Circle {
        x: x + nasal * shot.scale * rng.range(0.0, 4.0),
        y: y - shot.scale * rng.range(0.0, 3.0),
        radius: radius * shot.dilation.clamp(0.2, 0.7),
    };
    (pupil, Circle { x, y, radius })
}

/// The iris when the gaze is straight: what the lids are placed by.
fn rest_circle(rng: &mut Rng, shot: &Shot) -> Circle {
    let frame = Frame::new(shot);
    Circle { x: frame.x, y: frame.y, radius: shot.scale.clamp(0.1, 2.0) * rng.range(104.0, 122.0) }
}

fn eye_rng(spec: &EyeSpec) -> Rng {
    Rng::new(mix(spec.person_seed ^ (u64::from(spec.eye.code()) << 60)), 11)
}

/// The picture.
#[must_use]
pub fn render(spec: &EyeSpec, shot: &Shot) -> GrayImage {
    render_with_truth(spec, shot).0
}

/// The picture and what is known of it.
#[must_use]
pub fn render_with_truth(spec: &EyeSpec, shot: &Shot) -> (GrayImage, Truth) {
    let (pupil, iris) = eye_geometry(spec, shot);
    let frame = Frame::new(shot);
    let texture = Texture::new(&mut eye_rng(spec));
    let mut rng = Rng::new(shot.seed, 12);
    let lids = Lids::new(&mut Rng::new(spec.person_seed, 13), &rest_circle(&mut eye_rng(spec), shot), shot);
    let gaze = Gaze::new(shot);
    let skin = Noise::new(&mut rng, WIDTH_PX as f32, HEIGHT_PX as f32, 17.0);
    let pores = Noise::new(&mut rng, 1.5 * WIDTH_PX as f32, 1.5 * HEIGHT_PX as f32, 5.0);
    let shade = Noise::new(&mut rng, WIDTH_PX as f32, HEIGHT_PX as f32, 160.0);
    let mut canvas = Canvas::new(frame);
    for (i, pixel) in canvas.picture.iter_mut().enumerate() {
        let (x, y) = frame.to_eye((i as u32 % WIDTH_PX) as f32, (i as u32 / WIDTH_PX) as f32);
        let (bx, by) = gaze.straighten(&iris, x, y);
        let ball = texture.ball(bx, by, &pupil, &iris);
        let cover = lids.cover(x, y);
        let fold = pores.at(0.9 * x + 0.4 * y, (0.9 * y - 0.4 * x + 300.0).max(0.0));
        let lid =
            shot.lid_grey + 6.0 * skin.at(x, y) + 7.0 * fold + 22.0 * shade.at(x, y) - lids.crease(x, y);
        *pixel = ball + (lid - ball) * cover;
        // Shadow of the upper lid on the ball.
        *pixel -= 26.0 * (1.0 - cover) * smooth_step(26.0, 0.0, lids.below_upper(x, y));
    }
    reflections(&mut canvas, &mut rng, &pupil, &lids, shot.scale);
    lashes(&mut canvas, &mut rng, &lids, shot);
    glare(&mut canvas, &mut Rng::new(shot.seed, 14), &iris, &lids, shot.glare);
    let truth = truth(spec, shot, &lids, &gaze, &canvas);
    let mut picture = canvas.picture;
    blur(&mut picture, shot.blur_px);
    smear(&mut picture, shot.motion_px);
    let strength = 14.0 * shot.noise.clamp(0.0, 1.0);
    let pixels = picture.iter().map(|p| (p + strength * rng.normal()).clamp(0.0, 255.0) as u8).collect();
    (super::gray(WIDTH_PX, HEIGHT_PX, None, pixels), truth)
}

/// Rows at which the upper lid ends and the lower begins in column `x_px` of the picture, by the lids' curves alone
/// (for a head that is not tilted).
#[must_use]
pub fn lid_rows_px(spec: &EyeSpec, shot: &Shot, x_px: f32) -> (f32, f32) {
    let lids = Lids::new(&mut Rng::new(spec.person_seed, 13), &rest_circle(&mut eye_rng(spec), shot), shot);
    (lids.edge_upper(x_px), lids.edge_lower(x_px))
}

/// Counts what covers the ring between the circles, pixel by pixel.
fn truth(spec: &EyeSpec, shot: &Shot, lids: &Lids, gaze: &Gaze, canvas: &Canvas) -> Truth {
    let (pupil, iris) = eye_geometry(spec, shot);
    let within = |c: &Circle, x: f32, y: f32| (x - c.x).hypot(y - c.y) <= c.radius;
    let (mut all, mut lid, mut hair, mut shine) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
    // The ring may reach over the picture's edge: it is walked in the eye's frame.
    let reach = iris.radius.ceil() as i32;
    for (dx, dy) in (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dx as f32, dy as f32))) {
        let (x, y) = (iris.x + dx, iris.y + dy);
        let (bx, by) = gaze.straighten(&iris, x, y);
        if !within(&iris, bx, by) || within(&pupil, bx, by) {
            continue;
        }
        all += 1.0;
        let (px, py) = canvas.frame.to_picture(x, y);
        match canvas.index(px.round() as i32, py.round() as i32) {
            None => lid += 1.0,
            Some(_) if lids.cover(x, y) > 0.5 => lid += 1.0,
            Some(i) if canvas.hair[i] => hair += 1.0,
            Some(i) if canvas.shine[i] => shine += 1.0,
            Some(_) => {}
        }
    }
    let share = |n: f32| n / all.max(1.0);
    let (p, i) = geometry(spec, shot);
    Truth { pupil: p, iris: i, lids: share(lid), lashes: share(hair), reflections: share(shine) }
}

/// How a gaze aside shortens the eye's front.
struct Gaze {
    x: f32,
    y: f32,
    stretch: f32,
}

impl Gaze {
    fn new(shot: &Shot) -> Self {
        let (sx, sy) = (shot.gaze_deg.0.to_radians().sin(), shot.gaze_deg.1.to_radians().sin());
        let turn = sx.hypot(sy).min(0.9);
        let unit = |v: f32| if turn > 0.0 { v / turn } else { 0.0 };
        Self { x: unit(sx), y: unit(sy), stretch: 1.0 / (1.0 - turn * turn).sqrt() - 1.0 }
    }

    /// Where the point would lie on the eye seen from the front.
    fn straighten(&self, iris: &Circle, x: f32, y: f32) -> (f32, f32) {
        let along = self.stretch * ((x - iris.x) * self.x + (y - iris.y) * self.y);
        (x + along * self.x, y + along * self.y)
    }
}

/// The picture in the making, and which pixels hairs and reflections took.
struct Canvas {
    frame: Frame,
    picture: Vec<f32>,
    hair: Vec<bool>,
    shine: Vec<bool>,
}

impl Canvas {
    fn new(frame: Frame) -> Self {
        let pixels = (WIDTH_PX * HEIGHT_PX) as usize;
        Self { frame, picture: vec![0.0; pixels], hair: vec![false; pixels], shine: vec![false; pixels] }
    }

    fn index(&self, x: i32, y: i32) -> Option<usize> {
        let inside = x >= 0 && y >= 0 && x < WIDTH_PX as i32 && y < HEIGHT_PX as i32;
        inside.then(|| (y as u32 * WIDTH_PX + x as u32) as usize)
    }

    /// Calls `change` with pixel index, place in the eye's frame and weight for a soft disc (x, y, radius) given in
    /// the eye's frame.
    fn stamp(&mut self, disc: (f32, f32, f32), mut change: impl FnMut(&mut Self, usize, (f32, f32), f32)) {
        let ((cx, cy), radius) = (self.frame.to_picture(disc.0, disc.1), disc.2);
        let reach = radius.ceil() as i32 + 1;
        for y in cy as i32 - reach..=cy as i32 + reach {
            for x in cx as i32 - reach..=cx as i32 + reach {
                let Some(at) = self.index(x, y) else { continue };
                let (fx, fy) = (x as f32, y as f32);
                let distance = ((fx - cx).powi(2) + (fy - cy).powi(2)).sqrt();
                let weight = (radius + 0.5 - distance).clamp(0.0, 1.0);
                let place = self.frame.to_eye(fx, fy);
                change(self, at, place, weight);
            }
        }
    }

    /// A spot of lamp light on the open part of the eye.
    fn light(&mut self, disc: (f32, f32, f32), lids: &Lids) {
        self.stamp(disc, |canvas, at, (x, y), weight| {
            if lids.cover(x, y) < 0.5 {
                canvas.picture[at] += (250.0 - canvas.picture[at]) * weight;
                canvas.shine[at] |= weight > 0.4;
            }
        });
    }
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
        // Tissue does not stretch as evenly as rubber: a little is drawn along with the pupil's edge.
        let t = t + (pupil.radius / iris.radius - 0.4) * t * (1.0 - t);
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
    fn new(rng: &mut Rng, iris: &Circle, shot: &Shot) -> Self {
        let open = 1.0 - shot.lids.clamp(0.0, 1.0);
        Self {
            x: iris.x,
            y: iris.y,
            half_width: shot.scale.clamp(0.1, 2.0) * rng.range(255.0, 290.0),
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
fn reflections(canvas: &mut Canvas, rng: &mut Rng, pupil: &Circle, lids: &Lids, scale: f32) {
    let y = pupil.y + rng.range(-6.0, 6.0);
    for side in [-1.0, 1.0] {
        let spot = (pupil.x + side * scale * rng.range(12.0, 17.0), y, scale * rng.range(4.0, 5.5));
        canvas.light(spot, lids);
    }
}

/// Patches of light over the iris, `amount` 0 to 1.
fn glare(canvas: &mut Canvas, rng: &mut Rng, iris: &Circle, lids: &Lids, amount: f32) {
    for _ in 0..(8.0 * amount.clamp(0.0, 1.0)).round() as u32 {
        let (angle, out) = (rng.range(0.0, TAU), iris.radius * rng.range(0.5, 0.9));
        let radius = iris.radius * rng.range(0.06, 0.14);
        canvas.light((iris.x + out * angle.cos(), iris.y + out * angle.sin(), radius), lids);
    }
}

/// Hairs along the upper lid, bent upward and out; a few hang down.
fn lashes(canvas: &mut Canvas, rng: &mut Rng, lids: &Lids, shot: &Shot) {
    let density = shot.lashes.clamp(0.0, 4.0);
    if density <= 0.0 {
        return;
    }
    let mut x = lids.x - 0.8 * lids.half_width;
    while x < lids.x + 0.8 * lids.half_width {
        let root = (x, lids.edge_upper(x));
        let out = (x - lids.x) / lids.half_width;
        let rise = if rng.unit() < 0.12 * density { -rng.range(0.1, 0.5) } else { rng.range(0.5, 1.0) };
        let length = shot.scale * rng.range(26.0, 52.0);
        let lean = out * 0.9 + rng.range(-0.25, 0.25);
        let steps = (length as usize).max(1);
        for step in 0..steps {
            let t = step as f32 / steps as f32;
            // Hairs start downward over the rim and curl up.
            let px = root.0 + lean * length * t;
            let py = root.1 + 5.0 * (1.0 - rise) * t - rise * length * t * t + 3.0 * t;
            canvas.stamp((px, py, 1.5 - 1.1 * t), |canvas, at, _, weight| {
                canvas.picture[at] += (52.0 - canvas.picture[at]) * weight * 0.8;
                canvas.hair[at] |= weight > 0.4;
            });
        }
        x += shot.scale.max(0.1) * rng.range(5.0, 11.0) / density.max(0.2);
    }
}

/// Movement along the row: mean over `length` pixels.
fn smear(picture: &mut [f32], length: f32) {
    let reach = (length.clamp(0.0, 60.0) / 2.0).round() as usize;
    if reach == 0 {
        return;
    }
    for row in picture.chunks_exact_mut(WIDTH_PX as usize) {
        let copy = row.to_vec();
        for (i, pixel) in row.iter_mut().enumerate() {
            let part = &copy[i.saturating_sub(reach)..(i + reach + 1).min(copy.len())];
            *pixel = part.iter().sum::<f32>() / part.len() as f32;
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

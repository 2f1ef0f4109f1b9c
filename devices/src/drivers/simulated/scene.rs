//! The pictures of the simulated camera: the portrait cut out and put before an even background, and a drawn
//! document.

use biometrics::image::RgbImage;

use super::capture::mix;
use super::parameters::Background;
use super::samples;
use crate::vocabulary::DeviceFault;

/// Width of a frame in pixels.
pub const WIDTH_PX: u32 = 1280;
/// Height of a frame in pixels.
pub const HEIGHT_PX: u32 = 720;
/// Movement within one picture, in pixels.
const MOVED_PX: usize = 18;
/// Room around the frame for the motion, in pixels.
const MARGIN_PX: u32 = 12;
/// Enlargement of the portrait: the eyes come to lie about 105 pixels apart.
const SCALE: f32 = 2.2;
/// Point of the portrait at the top left of the frame, in portrait pixels: face in the middle, with headroom.
const ORIGIN: (f32, f32) = (-67.0, -30.0);
/// Side of the portrait in which [`OUTLINE`] was drawn.
const PORTRAIT_PX: u32 = 512;
/// Outline of the person in the portrait, drawn by hand over the picture, clockwise from the top of the hair.
const OUTLINE: &[(f32, f32)] = &[
    (222.0, 16.0),
    (246.0, 19.0),
    (268.0, 30.0),
    (285.0, 46.0),
    (295.0, 64.0),
    (299.0, 84.0),
    (297.0, 104.0),
    (288.0, 119.0),
    (277.0, 128.0),
    (268.0, 134.0),
    (260.0, 152.0),
    (255.0, 172.0),
    (268.0, 184.0),
    (283.0, 200.0),
    (295.0, 218.0),
    (305.0, 234.0),
    (322.0, 246.0),
    (338.0, 262.0),
    (350.0, 284.0),
    (358.0, 312.0),
    (362.0, 352.0),
    (340.0, 420.0),
    (300.0, 512.0),
    (26.0, 512.0),
    (22.0, 420.0),
    (26.0, 360.0),
    (42.0, 290.0),
    (52.0, 262.0),
    (66.0, 242.0),
    (90.0, 224.0),
    (112.0, 206.0),
    (116.0, 186.0),
    (126.0, 168.0),
    (144.0, 154.0),
    (166.0, 149.0),
    (187.0, 151.0),
    (182.0, 136.0),
    (177.0, 122.0),
    (166.0, 114.0),
    (157.0, 100.0),
    (153.0, 80.0),
    (157.0, 60.0),
    (171.0, 50.0),
    (188.0, 37.0),
    (206.0, 25.0),
];

/// The live picture, made once; every frame is a window of it.
#[derive(Debug)]
pub struct Scene {
    background: Background,
    canvas: RgbImage,
}

impl Scene {
    /// The portrait before this background.
    ///
    /// # Errors
    /// [`DeviceFault::BadData`] when the bundled portrait is damaged.
    pub fn new(background: Background) -> Result<Self, DeviceFault> {
        let portrait = samples::portrait()?;
        let canvas = compose(&portrait, background.rgb())?;
        Ok(Self { background, canvas })
    }

    /// Live frame `number`: the head sways a few pixels, the same way in every run.
    ///
    /// # Errors
    /// As [`Scene::new`].
    pub fn frame(&self, number: u64) -> Result<RgbImage, DeviceFault> {
        let sway = |period: u64, reach: f32| {
            let turn = (number % period) as f32 / period as f32 * std::f32::consts::TAU;
            (MARGIN_PX as f32 + reach * turn.sin()).round() as usize
        };
        let (left, top) = (sway(47, 7.0), sway(31, 4.0));
        let (row_bytes, width_bytes) = (self.canvas.width() as usize * 3, WIDTH_PX as usize * 3);
        let mut pixels = Vec::with_capacity(width_bytes * HEIGHT_PX as usize);
        for row in self.canvas.pixels().chunks_exact(row_bytes).skip(top).take(HEIGHT_PX as usize) {
            pixels.extend_from_slice(&row[left * 3..left * 3 + width_bytes]);
        }
        image(pixels)
    }

    /// A photo: a frame with the noise of a sensor, so that no two photos are the same.
    ///
    /// # Errors
    /// As [`Scene::new`].
    pub fn photo(&self, frame: u64, seed: u64) -> Result<RgbImage, DeviceFault> {
        let photo = self.frame(frame)?;
        image(grain(photo.pixels().to_vec(), seed))
    }

    /// A photo in which the person moved sideways: every pixel is the mean of [`MOVED_PX`] up to it.
    pub(super) fn moved(&self, frame: u64, seed: u64) -> Result<RgbImage, DeviceFault> {
        let sharp = self.frame(frame)?;
        let row_bytes = WIDTH_PX as usize * 3;
        let mut pixels = Vec::with_capacity(sharp.pixels().len());
        for row in sharp.pixels().chunks_exact(row_bytes) {
            // The sum of the pixels before each place, one for each channel; those before the edge are its own.
            let mut sums = [0usize, 1, 2].map(|channel| usize::from(row[channel]) * MOVED_PX);
            for at in 0..row_bytes {
                let left = at.checked_sub(3 * MOVED_PX).unwrap_or(at % 3);
                let sum = &mut sums[at % 3];
                *sum = *sum + usize::from(row[at]) - usize::from(row[left]);
                pixels.push((*sum / MOVED_PX) as u8);
            }
        }
        image(grain(pixels, seed))
    }

    /// A photo with nobody in it.
    pub(super) fn empty(&self, seed: u64) -> Result<RgbImage, DeviceFault> {
        image(grain(fill(self.background.rgb()), seed))
    }
}

/// A drawn document (page, lines of unreadable writing, photo, stamp) on a table.
pub(super) fn document(person_seed: u64, seed: u64) -> Result<RgbImage, DeviceFault> {
    let mut pixels = fill([92, 74, 58]);
    let mut rectangle = |x: usize, y: usize, width: usize, height: usize, rgb: [u8; 3]| {
        for row in y..y + height {
            for column in x..x + width {
                let at = (row * WIDTH_PX as usize + column) * 3;
                pixels[at..at + 3].copy_from_slice(&rgb);
            }
        }
    };
    rectangle(400, 24, 476, 672, [244, 243, 238]);
    rectangle(440, 60, 396, 22, [40, 40, 60]);
    rectangle(440, 110, 110, 140, [150, 160, 172]);
    for line in 0..14u64 {
        let length = 160 + (mix(mix(person_seed) ^ line) % 110) as usize;
        let (x, y) = (if line < 4 { 570 } else { 440 }, 118 + 36 * line as usize);
        rectangle(x, y, length + if line < 4 { 0 } else { 120 }, 10, [70, 70, 78]);
    }
    for row in 0..90i32 {
        for column in 0..90i32 {
            let from_middle = (row - 45).pow(2) + (column - 45).pow(2);
            if (1500..1900).contains(&from_middle) || from_middle < 160 {
                rectangle((740 + column) as usize, (590 + row) as usize, 1, 1, [88, 60, 150]);
            }
        }
    }
    image(grain(pixels, seed))
}

fn image(pixels: Vec<u8>) -> Result<RgbImage, DeviceFault> {
    RgbImage::new(WIDTH_PX, HEIGHT_PX, pixels).map_err(samples::bad_image)
}

fn fill(rgb: [u8; 3]) -> Vec<u8> {
    rgb.repeat((WIDTH_PX * HEIGHT_PX) as usize)
}

/// Adds -2 to 2 grey levels of noise to every channel.
fn grain(mut pixels: Vec<u8>, seed: u64) -> Vec<u8> {
    for (index, block) in pixels.chunks_mut(8).enumerate() {
        let noise = mix(seed ^ index as u64).to_le_bytes();
        for (pixel, noise) in block.iter_mut().zip(noise) {
            *pixel = (i16::from(*pixel) + i16::from(noise % 5) - 2).clamp(0, 255) as u8;
        }
    }
    pixels
}

/// Cuts the person out of the portrait, enlarges and puts before the background.
fn compose(portrait: &RgbImage, background: [u8; 3]) -> Result<RgbImage, DeviceFault> {
    let (width, height) = (WIDTH_PX + 2 * MARGIN_PX, HEIGHT_PX + 2 * MARGIN_PX);
    let mask = mask();
    let side = PORTRAIT_PX as usize;
    // The portrait may come in another size than the outline was drawn in.
    let zoom = (portrait.width() as f32 / side as f32, portrait.height() as f32 / side as f32);
    let row = portrait.width() as usize * 3;
    let mut pixels = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let px = (x as f32 - MARGIN_PX as f32) / SCALE + ORIGIN.0;
            let py = (y as f32 - MARGIN_PX as f32) / SCALE + ORIGIN.1;
            let cover = bilinear(&mask, side, side, 1, 0, px, py);
            for (channel, ground) in background.iter().enumerate() {
                let ground = f32::from(*ground);
                let value = if cover > 0.0 {
                    let (sx, sy) = (px * zoom.0, py * zoom.1);
                    let own =
                        bilinear(portrait.pixels(), row / 3, portrait.height() as usize, 3, channel, sx, sy);
                    let cover = cover / 255.0;
                    own * cover + ground * (1.0 - cover)
                } else {
                    ground
                };
                pixels.push(value.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    RgbImage::new(width, height, pixels).map_err(samples::bad_image)
}

/// Value of one channel at a place between the pixels; 0 outside of the picture.
fn bilinear(
    data: &[u8],
    width: usize,
    height: usize,
    channels: usize,
    channel: usize,
    x: f32,
    y: f32,
) -> f32 {
    if x < 0.0 || y < 0.0 || x >= (width - 1) as f32 || y >= (height - 1) as f32 {
        return 0.0;
    }
    let (ix, iy) = (x as usize, y as usize);
    let (fx, fy) = (x - ix as f32, y - iy as f32);
    let at = |x: usize, y: usize| f32::from(data[(y * width + x) * channels + channel]);
    let top = at(ix, iy) * (1.0 - fx) + at(ix + 1, iy) * fx;
    let bottom = at(ix, iy + 1) * (1.0 - fx) + at(ix + 1, iy + 1) * fx;
    top * (1.0 - fy) + bottom * fy
}

/// The person's mask, 0 to 255, with an edge softened over about three pixels.
fn mask() -> Vec<u8> {
    let side = PORTRAIT_PX as usize;
    let mut mask = vec![0u8; side * side];
    for y in 0..side {
        for x in 0..side {
            if inside(x as f32 + 0.5, y as f32 + 0.5) {
                mask[y * side + x] = 255;
            }
        }
    }
    let sharp = mask.clone();
    for y in 1..side - 1 {
        for x in 1..side - 1 {
            let rows = [y - 1, y, y + 1].map(|row| &sharp[row * side + x - 1..row * side + x + 2]);
            let sum: u32 = rows.iter().flat_map(|row| row.iter()).map(|v| u32::from(*v)).sum();
            mask[y * side + x] = (sum / 9) as u8;
        }
    }
    mask
}

/// Even-odd rule over [`OUTLINE`].
fn inside(x: f32, y: f32) -> bool {
    let next = OUTLINE.iter().cycle().skip(1);
    let crosses = |((ax, ay), (bx, by)): &(&(f32, f32), &(f32, f32))| {
        (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
    };
    OUTLINE.iter().zip(next).filter(crosses).count() % 2 == 1
}

#[cfg(test)]
#[path = "scene_tests.rs"]
mod tests;

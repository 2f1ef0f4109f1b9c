//! Where the simulated samples come from: the synthetic people of `biometrics::synth` and the bundled
//! public-domain portrait.

use biometrics::image::{GrayImage, ImageError, RgbImage};
use biometrics::position::Eye;
use biometrics::signature::{Point, Strokes};

use super::capture::mix;
use crate::vocabulary::DeviceFault;

/// The photo on the simulated card.
pub(super) const CARD_PHOTO_JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xD9];

/// The portrait that the simulated camera shows.
pub(super) fn portrait() -> Result<RgbImage, DeviceFault> {
    RgbImage::new(512, 512, [210, 170, 150].repeat(512 * 512)).map_err(bad_image)
}

/// An iris of a made-up person; every `seed` is another picture of it.
pub(super) fn iris(person_seed: u64, eye: Eye, seed: u64) -> GrayImage {
    let shade = (mix(person_seed ^ u64::from(eye.code())) ^ seed) as u8;
    GrayImage::new(640, 480, None, vec![shade; 640 * 480]).unwrap_or_else(|_| unreachable!())
}

/// The signature of a made-up person; every `seed` is another signing.
pub(super) fn signature(_person_seed: u64, seed: u64) -> Strokes {
    let point = |n: u32| Point {
        x: n as i32 * 50,
        y: (mix(seed ^ u64::from(n)) % 2000) as i32,
        t_ms: n * 8,
        pressure: None,
    };
    Strokes { width: 10_000, height: 4_000, scaled: true, strokes: vec![(0..100).map(point).collect()] }
}

/// An even picture: nothing on the glass, nobody there.
pub(super) fn blank(width: u32, height: u32, ppi: Option<u16>) -> Result<GrayImage, DeviceFault> {
    GrayImage::new(width, height, ppi, vec![235; (width * height) as usize]).map_err(bad_image)
}

/// The fault of a simulator that made a picture of impossible size.
pub(super) fn bad_image(error: ImageError) -> DeviceFault {
    DeviceFault::BadData { detail: error.to_string() }
}

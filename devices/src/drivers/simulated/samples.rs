//! Where the simulated samples come from: the synthetic people of [`biometrics::synth`] and the bundled
//! public-domain portrait (NASA's of Eileen Collins). Services that stand in for devices give the same people.

use biometrics::codec;
use biometrics::image::{GrayImage, ImageError, RgbImage};
use biometrics::position::{Eye, FingerPosition};
use biometrics::signature::Strokes;
use biometrics::synth::finger::Impression;
use biometrics::synth::{iris as eyes, signature as signatures};

use super::capture::mix;
use crate::vocabulary::DeviceFault;

const PORTRAIT_JPEG: &[u8] = include_bytes!("../../../../fixtures/face/astronaut-512.jpg");
/// Part of the portrait that is the photo on the simulated card: left, top, width, height in pixels.
const CARD_PHOTO: (i64, i64, u32, u32) = (119, 0, 210, 280);
/// JPEG quality of the photo on the simulated card.
const CARD_PHOTO_QUALITY: u8 = 80;

/// The portrait that the simulated camera shows.
pub(super) fn portrait() -> Result<RgbImage, DeviceFault> {
    codec::decode_rgb(PORTRAIT_JPEG).map_err(|e| DeviceFault::BadData { detail: format!("portrait: {e}") })
}

/// The photo on the simulated card, as JPEG.
///
/// # Errors
/// [`DeviceFault::BadData`] when the bundled portrait cannot be used.
pub fn card_photo() -> Result<Vec<u8>, DeviceFault> {
    let portrait = portrait()?;
    let (left, top, width, height) = CARD_PHOTO;
    let row = portrait.width() as usize * 3;
    let from = left as usize * 3;
    let rows = portrait.pixels().chunks_exact(row).skip(top as usize).take(height as usize);
    let pixels = rows.flat_map(|row| row[from..from + width as usize * 3].iter().copied()).collect();
    let photo = RgbImage::new(width, height, pixels).map_err(bad_image)?;
    let encoded = codec::encode_jpeg(&photo, CARD_PHOTO_QUALITY);
    encoded.map_err(|e| DeviceFault::BadData { detail: format!("card photo: {e}") })
}

/// An iris of a made-up person; every `seed` is another picture of it.
#[must_use]
pub fn iris(person_seed: u64, eye: Eye, seed: u64) -> GrayImage {
    let seed = mix(seed ^ u64::from(eye.code()));
    // Each byte of the seed serves one number of -1 to 1.
    let part = |byte: usize| f32::from(seed.to_le_bytes()[byte]) / 127.5 - 1.0;
    let shot = eyes::Shot {
        shift_px: (10.0 * part(0), 8.0 * part(1)),
        dilation: 0.4 + 0.04 * part(2),
        ..eyes::Shot::clean(seed)
    };
    eyes::render(&eyes::EyeSpec { person_seed, eye }, &shot)
}

/// A well-pressed touch, a little turned and shifted; every `seed` is another one.
#[must_use]
pub fn touch(finger: FingerPosition, seed: u64) -> Impression {
    let seed = mix(seed ^ u64::from(finger.code()));
    // Each byte of the seed serves one number of -1 to 1.
    let part = |byte: usize| f32::from(seed.to_le_bytes()[byte]) / 127.5 - 1.0;
    Impression {
        rotation_deg: 4.0 * part(0),
        shift_px: (8.0 * part(1), 8.0 * part(2)),
        warp: 0.15 + 0.1 * part(3),
        ..Impression::clean(seed)
    }
}

/// The signature of a made-up person; every `seed` is another signing.
pub(super) fn signature(person_seed: u64, seed: u64) -> Strokes {
    signatures::render(person_seed, seed)
}

/// An even picture: nothing on the glass, nobody there.
pub(super) fn blank(width: u32, height: u32, ppi: Option<u16>) -> Result<GrayImage, DeviceFault> {
    GrayImage::new(width, height, ppi, vec![235; (width * height) as usize]).map_err(bad_image)
}

/// The fault of a simulator that made a picture of impossible size.
pub(super) fn bad_image(error: ImageError) -> DeviceFault {
    DeviceFault::BadData { detail: error.to_string() }
}

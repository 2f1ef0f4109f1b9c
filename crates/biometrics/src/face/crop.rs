//! The card's portrait: its frame around a face, the cut and the resampling.

use image::imageops::{FilterType, resize};
use image::{ImageBuffer, Rgb};

use super::mesh::EYES_IN_BOX;
use super::{FaceBox, FaceError};
use crate::image::RgbImage;

/// Height of the portrait against the distance of eyes and chin. Eyes lie half way up a head, so that the head,
/// crown to chin, fills 61 % of the height and about 66 % of the width at 2:3: inside the 60-90 % and 50-75 % of
/// ISO/IEC 19794-5:2005, full frontal image.
const PORTRAIT_HEIGHT: f32 = 3.3;
/// Where the eyes are in the portrait, from its top (ISO/IEC 19794-5: 30 to 50 %).
const EYES_IN_PORTRAIT: f32 = 0.4;

/// Left, top, width and height of the portrait around a face, not yet fitted to the picture.
pub(super) fn portrait_frame(face: &FaceBox, aspect: f32) -> (f32, f32, f32, f32) {
    let side = face.height as f32;
    let height = side * (1.0 - EYES_IN_BOX) * PORTRAIT_HEIGHT;
    let width = height * aspect;
    let eyes = face.y as f32 + EYES_IN_BOX * side;
    (face.x as f32 + (face.width as f32 - width) / 2.0, eyes - EYES_IN_PORTRAIT * height, width, height)
}

/// Cuts the portrait: `aspect` is width to height ([`CARD_ASPECT`](super::CARD_ASPECT)), the eyes lie at 40 % of
/// the height. Where the picture is too small around the face, the cut is moved and, if need be, made smaller to
/// stay inside; pixels are never invented.
///
/// # Errors
/// [`FaceError::Crop`] when the face lies outside the picture or the aspect is not between 0.2 and 5.
pub fn crop_portrait(picture: &RgbImage, face: &FaceBox, aspect: f32) -> Result<RgbImage, FaceError> {
    let (full_width, full_height) = (picture.width() as f32, picture.height() as f32);
    let (x, y) = (face.x as f32 + face.width as f32 / 2.0, face.y as f32 + face.height as f32 / 2.0);
    let inside = x >= 0.0 && y >= 0.0 && x < full_width && y < full_height;
    if !inside || !(0.2..=5.0).contains(&aspect) || face.height == 0 {
        return Err(FaceError::Crop);
    }
    let (left, top, width, height) = portrait_frame(face, aspect);
    let shrink = (full_width / width).min(full_height / height).min(1.0);
    let fit = |side: f32, full: f32| (side * shrink).round().clamp(1.0, full);
    let (w, h) = (fit(width, full_width), fit(height, full_height));
    // Shrinking keeps the middle of the face across and the line of the eyes down.
    let left = (left + (width - w) / 2.0).clamp(0.0, full_width - w) as usize;
    let top = (top + EYES_IN_PORTRAIT * (height - h)).clamp(0.0, full_height - h) as usize;
    let (w, h, stride) = (w as usize, h as usize, picture.width() as usize * 3);
    let mut pixels = Vec::with_capacity(w * h * 3);
    for row in top..top + h {
        let start = row * stride + left * 3;
        pixels.extend_from_slice(picture.pixels().get(start..start + w * 3).ok_or(FaceError::Crop)?);
    }
    Ok(RgbImage::new(w as u32, h as u32, pixels)?)
}

/// The picture resampled to exactly `width` x `height` (for the card photo, after [`crop_portrait`]).
///
/// # Errors
/// [`FaceError::Image`] when the size is out of bounds.
pub fn scaled(picture: &RgbImage, width: u32, height: u32) -> Result<RgbImage, FaceError> {
    crate::image::check_size(width, height)?;
    let view: ImageBuffer<Rgb<u8>, &[u8]> =
        ImageBuffer::from_raw(picture.width(), picture.height(), picture.pixels()).ok_or(FaceError::Crop)?;
    Ok(RgbImage::new(width, height, resize(&view, width, height, FilterType::CatmullRom).into_raw())?)
}

/// Share of the card's portrait that lies inside the picture.
pub(super) fn share_inside(picture: &RgbImage, face: &FaceBox) -> f32 {
    let (left, top, w, h) = portrait_frame(face, super::CARD_ASPECT);
    let across = (left + w).min(picture.width() as f32) - left.max(0.0);
    let down = (top + h).min(picture.height() as f32) - top.max(0.0);
    across.max(0.0) * down.max(0.0) / (w * h).max(1.0)
}

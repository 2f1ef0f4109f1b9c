//! Portraits: where the faces are, how fit the picture is for the card (`rekam-face-1`), and the card's crop.

mod measure;

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::imageops::{FilterType, resize, thumbnail};
use serde::{Deserialize, Serialize};

use crate::image::{ImageError, RgbImage};
use crate::quality::{Quality, QualityReason};

pub use measure::Features;

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-face-1";
/// Width to height of the card's photo (2 x 3 cm).
pub const CARD_ASPECT: f32 = 2.0 / 3.0;

/// The detector searches a picture with this longest side: faces from a tenth of it on are found.
const DETECT_SIDE_PX: u32 = 400;
/// Detector's score from which a find is a face (people score above 20, a dog's head below 3).
const MIN_SCORE: f64 = 5.0;
/// Smallest side that is searched; the detector's window is 40 pixels.
const MIN_SIDE_PX: u32 = 48;
/// Where the eyes are in the detector's square, from its top.
const EYES_IN_BOX: f32 = 0.36;
/// Height of the portrait against the detector's square.
const PORTRAIT_HEIGHT: f32 = 2.15;
/// Where the eyes are in the portrait, from its top.
const EYES_IN_PORTRAIT: f32 = 0.4;

const MODEL: &[u8] = include_bytes!("../../models/seeta_fd_frontal_v1.0.bin");

/// Why a picture could not be worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    /// The detector's model cannot be read.
    #[error("BIO-30 the face detector's model is damaged; install the program again")]
    Model,
    /// The detector failed on a picture.
    #[error("BIO-31 the face detector failed on this picture; take it again")]
    Detector,
    /// The face lies outside the picture, or the proportions asked for are not usable.
    #[error("BIO-32 no portrait can be cut here; take the picture again")]
    Crop,
    /// The picture is out of bounds.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// A face in pixels of the picture that was given: a square from above the brows to the chin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FaceBox {
    /// Left edge; may lie outside.
    pub x: i32,
    /// Top edge; may lie outside.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// The detector's score; more is surer.
    pub score: f32,
}

/// What was found in a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceReport {
    /// Score and reasons.
    pub quality: Quality,
    /// Every face, the largest first.
    pub faces: Vec<FaceBox>,
}

/// Finds faces (SeetaFace frontal detector) and judges portraits. Make one and keep it; usable from many threads.
pub struct FaceAnalyser {
    model: rustface::Model,
}

impl std::fmt::Debug for FaceAnalyser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaceAnalyser")
    }
}

impl FaceAnalyser {
    /// An analyser with the model that is part of the program.
    ///
    /// # Errors
    /// [`FaceError::Model`] when the model cannot be read.
    pub fn new() -> Result<Self, FaceError> {
        let model = rustface::read_model(MODEL).map_err(|_| FaceError::Model)?;
        Ok(Self { model })
    }

    /// Finds upright faces from about a tenth of the picture's longer side on, the largest first.
    ///
    /// # Errors
    /// [`FaceError::Detector`] when the detector fails.
    pub fn detect(&self, picture: &RgbImage) -> Result<Vec<FaceBox>, FaceError> {
        let (width, height) = (picture.width(), picture.height());
        let scale = (DETECT_SIDE_PX as f32 / width.max(height) as f32).min(1.0);
        let small = |side: u32| ((side as f32 * scale).round() as u32).max(1);
        let (w, h) = (small(width), small(height));
        if w.min(h) < MIN_SIDE_PX {
            return Ok(Vec::new());
        }
        let rgb = thumbnail(&measure::view(picture).ok_or(FaceError::Detector)?, w, h);
        let gray = RgbImage::new(w, h, rgb.into_raw())?.to_gray();
        // The detector keeps buffers, so it is not shared: a copy of the model costs under a millisecond.
        let model = self.model.clone();
        let found = catch_unwind(AssertUnwindSafe(|| {
            let mut detector = rustface::create_detector_with_model(model);
            detector.set_score_thresh(MIN_SCORE);
            detector.detect(&rustface::ImageData::new(gray.pixels(), w, h))
        }))
        .map_err(|_| FaceError::Detector)?;
        let mut faces: Vec<FaceBox> = found
            .iter()
            .map(|face| {
                let b = face.bbox();
                FaceBox {
                    x: (b.x() as f32 / scale).round() as i32,
                    y: (b.y() as f32 / scale).round() as i32,
                    width: (b.width() as f32 / scale).round() as u32,
                    height: (b.height() as f32 / scale).round() as u32,
                    score: face.score() as f32,
                }
            })
            .collect();
        faces.sort_by_key(|f| std::cmp::Reverse(f.width));
        Ok(faces)
    }

    /// Finds faces and judges the picture. Where the detector itself fails there is no score.
    #[must_use]
    pub fn assess(&self, picture: &RgbImage) -> FaceReport {
        let Ok(faces) = self.detect(picture) else {
            return FaceReport { quality: verdict(None, Vec::new()), faces: Vec::new() };
        };
        let Some(face) = faces.first() else {
            let mut reasons = vec![QualityReason::NoFace];
            reasons.extend(measure::light(picture));
            return FaceReport { quality: verdict(Some(0), reasons), faces };
        };
        let Some(features) = measure::measure(picture, face) else {
            return FaceReport { quality: verdict(Some(0), vec![QualityReason::NoFace]), faces };
        };
        let mut parts = measure::parts(&features);
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let product = parts.iter().map(|(part, weight, _)| part.max(0.001).ln() * weight).sum::<f32>().exp();
        let mut score = (product * 100.0).round().clamp(0.0, 100.0) as u8;
        let mut reasons = Vec::new();
        if faces.len() > 1 {
            reasons.push(QualityReason::SeveralFaces);
            score = score.min(20);
        }
        for (part, _, reason) in parts {
            if part < 0.6 && !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        FaceReport { quality: verdict(Some(score), reasons), faces }
    }
}

fn verdict(score: Option<u8>, reasons: Vec<QualityReason>) -> Quality {
    // Not validated: no set of portraits with known quality was at hand.
    Quality { score, algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

/// Left, top, width and height of the portrait around a face, not yet fitted to the picture.
fn portrait_frame(face: &FaceBox, aspect: f32) -> (f32, f32, f32, f32) {
    let height = face.height as f32 * PORTRAIT_HEIGHT;
    let width = height * aspect;
    let eyes = face.y as f32 + EYES_IN_BOX * face.height as f32;
    (face.x as f32 + (face.width as f32 - width) / 2.0, eyes - EYES_IN_PORTRAIT * height, width, height)
}

/// Cuts the portrait: `aspect` is width to height ([`CARD_ASPECT`]), the eyes lie at 40 % of the height. Where the
/// picture is too small around the face, the cut is moved and, if need be, made smaller to stay inside; pixels
/// are never invented.
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
    let view = measure::view(picture).ok_or(FaceError::Crop)?;
    Ok(RgbImage::new(width, height, resize(&view, width, height, FilterType::CatmullRom).into_raw())?)
}

#[cfg(test)]
mod tests;

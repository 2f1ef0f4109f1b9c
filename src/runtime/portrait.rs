//! From the pictures of one photo to the one that the session keeps: the best is chosen, cut for the card, its
//! background measured and, where it is not the rule's, made anew. Pure, but not quick.

use std::sync::Arc;

use biometrics::codec::{Jp2Rate, encode_jp2_rgb, encode_jpeg};
use biometrics::face::{CARD_ASPECT, FaceAnalyser, FaceBox, FaceReport, crop_portrait};
use biometrics::image::{GrayImage, RgbImage};
use biometrics::quality::{Quality, QualityReason};
use devices::traits::PreviewFrame;

use super::analysis::{AnalysisError, Engine, Request, digest};
use super::guidance::{Judge, Judged};
use crate::session::sample::{BackgroundColour, Ground, Media, PhotoSample, Replaced};

/// JPEG quality of portraits and evidence.
const JPEG_QUALITY: u8 = 90;
/// Name of the measure of evidence pictures.
const EXPOSURE_ALGORITHM: &str = "rekam-exposure-1";

/// The pictures of one photo.
pub(super) struct Shots {
    /// What the capture ended with.
    pub(super) image: RgbImage,
    /// Others that may be kept instead.
    pub(super) candidates: Vec<Arc<PreviewFrame>>,
    /// The background that the rule asks for, where it asks for one.
    pub(super) background: Option<BackgroundColour>,
}

impl Shots {
    /// One picture, without a rule for its background.
    pub(super) fn of(image: RgbImage) -> Self {
        Self { image, candidates: Vec::new(), background: None }
    }
}

/// Of several reports the best: one face before none or many, then the score; the first of equals.
fn best(reports: &[FaceReport]) -> usize {
    let worth = |r: &FaceReport| (r.faces.len() == 1, r.quality.score);
    let mut best = 0;
    for (at, report) in reports.iter().enumerate().skip(1) {
        if worth(report) > worth(&reports[best]) {
            best = at;
        }
    }
    best
}

/// The face photo.
pub(super) fn face(
    engine: &Engine,
    request: &Request<'_>,
    shots: Shots,
) -> Result<PhotoSample, AnalysisError> {
    let others = shots.candidates.iter().filter_map(|c| match &**c {
        // Another size would be a reduced picture: never kept.
        PreviewFrame::Rgb(p) => {
            ((p.width(), p.height()) == (shots.image.width(), shots.image.height())).then_some(p)
        }
        PreviewFrame::Gray(_) => None,
    });
    let pictures: Vec<&RgbImage> = std::iter::once(&shots.image).chain(others).collect();
    let mut reports: Vec<FaceReport> = pictures.iter().map(|p| engine.face.assess(p)).collect();
    let chosen = best(&reports);
    let (image, report) = (pictures[chosen], reports.swap_remove(chosen));
    // Without a face there is nothing to cut: the whole picture shows why.
    let cut = report.faces.first().map(|face| crop_portrait(image, face, CARD_ASPECT)).transpose()?;
    let card = cut.as_ref().unwrap_or(image);
    let ground = report.faces.first().and_then(|face| ground(image, face));
    let replaced = match (shots.background, &ground, report.faces.as_slice()) {
        (Some(rule), Some(ground), [face]) if ground.colour != Some(rule) || !ground.even => {
            replaced(image, face, rule)?
        }
        _ => None,
    };
    Ok(PhotoSample {
        width: card.width(),
        height: card.height(),
        jpeg: Media::new("image/jpeg", encode_jpeg(card, JPEG_QUALITY)?),
        jp2: Some(Media::new("image/jp2", encode_jp2_rgb(image, Jp2Rate::Lossless)?)),
        full_size: (image.width(), image.height()),
        ground,
        replaced,
        chosen_of: u32::try_from(pictures.len()).unwrap_or(u32::MAX),
        pixels_sha256: digest(image.pixels()),
        quality: report.quality,
        device: request.stamp(),
    })
}

// ---- seam ----

fn ground(_image: &RgbImage, _face: &FaceBox) -> Option<Ground> {
    None
}

fn replaced(
    _image: &RgbImage,
    _face: &FaceBox,
    _colour: BackgroundColour,
) -> Result<Option<Replaced>, AnalysisError> {
    Ok(None)
}

/// Judges live pictures.
struct FaceJudge {
    face: FaceAnalyser,
}

impl Judge for FaceJudge {
    fn judge(&mut self, picture: &RgbImage, _t_ms: u64) -> Judged {
        let report = self.face.assess(picture);
        let (w, h) = (picture.width().max(1) as f32, picture.height().max(1) as f32);
        let face = report
            .faces
            .first()
            .map(|f| [f.x as f32 / w, f.y as f32 / h, f.width as f32 / w, f.height as f32 / h]);
        let stable = report.quality.reasons.is_empty();
        Judged { reasons: report.quality.reasons, face, score: report.quality.score, stable }
    }
}

/// A judge of live pictures; `None` when its models cannot be read.
pub(super) fn face_judge() -> Option<Box<dyn Judge>> {
    match FaceAnalyser::new() {
        Ok(face) => Some(Box::new(FaceJudge { face })),
        Err(error) => {
            tracing::error!(%error, "no live guidance");
            None
        }
    }
}

/// A picture of anything: evidence, hands, documents.
pub(super) fn evidence(request: &Request<'_>, image: &RgbImage) -> Result<PhotoSample, AnalysisError> {
    Ok(PhotoSample {
        width: image.width(),
        height: image.height(),
        jpeg: Media::new("image/jpeg", encode_jpeg(image, JPEG_QUALITY)?),
        jp2: None,
        full_size: (image.width(), image.height()),
        ground: None,
        replaced: None,
        chosen_of: 1,
        pixels_sha256: digest(image.pixels()),
        quality: exposure(&image.to_gray()),
        device: request.stamp(),
    })
}

/// Light and contrast of a picture of anything: mean and standard deviation of the grey levels. 100 in the middle
/// of the scale with a deviation of 40 or more; nothing where all is black, white or one grey.
fn exposure(image: &GrayImage) -> Quality {
    let count = image.pixels().len().max(1) as f32;
    let mean = image.pixels().iter().map(|p| f32::from(*p)).sum::<f32>() / count;
    let variance = image.pixels().iter().map(|p| (f32::from(*p) - mean).powi(2)).sum::<f32>() / count;
    let deviation = variance.sqrt();
    // Full marks from 60 to 195, none at the ends of the scale.
    let light = (mean.min(255.0 - mean) / 60.0).clamp(0.0, 1.0);
    let contrast = (deviation / 40.0).clamp(0.0, 1.0);
    let mut reasons = Vec::new();
    if light < 0.5 {
        reasons.push(if mean < 128.0 { QualityReason::TooDark } else { QualityReason::TooBright });
    }
    if contrast < 0.4 {
        reasons.push(QualityReason::LowContrast);
    }
    let score = ((light * contrast).sqrt() * 100.0).round().clamp(0.0, 100.0) as u8;
    Quality { score: Some(score), algorithm: EXPOSURE_ALGORITHM.to_owned(), reasons, validated: false }
}

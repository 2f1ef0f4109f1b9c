//! From the pictures of one photo to the one that the session keeps: the best is chosen, cut for the card, its
//! background measured and, where it is not the rule's, made anew. Pure, but not quick.

use std::sync::Arc;

use biometrics::codec::{Jp2Rate, encode_jp2_rgb, encode_jpeg};
use biometrics::face::{
    BackgroundColour, CARD_ASPECT, ColourName, FaceAnalyser, FaceBox, Guidance, PersonMask, background,
    crop_portrait, replace_background,
};
use biometrics::image::{GrayImage, RgbImage};
use biometrics::quality::{Quality, QualityReason};
use devices::traits::PreviewFrame;

use super::analysis::{AnalysisError, Engine, Faces, Request, digest};
use super::guidance::{Judge, Judged, MakeJudge};
use crate::session::sample::{Ground, Media, PhotoSample, Replaced};

/// JPEG quality of portraits and evidence.
const JPEG_QUALITY: u8 = 90;
/// Name of what makes another background.
const REPLACED_BY: &str = "rekam-background-1";
/// Probability of a person below which a pixel shows the background.
const SURELY_BEHIND: f32 = 0.1;
/// Every so many pixels are looked at for the background's mean colour.
const GROUND_STRIDE_PX: usize = 8;
/// Name of the measure of evidence pictures.
const EXPOSURE_ALGORITHM: &str = "rekam-exposure-1";

/// The pictures of one photo.
pub struct Shots {
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

/// Of several pictures of one moment the best: one face before none or many, what would serve as a photo before what
/// would not, then eyes open, sharp and frontal together; the first of equals.
fn best(faces: &Arc<FaceAnalyser>, pictures: &[&RgbImage]) -> usize {
    if pictures.len() < 2 {
        return 0;
    }
    let worth = |picture: &RgbImage| {
        let verdict = Guidance::new(faces.clone(), None).guide(picture, 0);
        (verdict.face.is_some() && verdict.others == 0, verdict.usable(), verdict.fitness)
    };
    let mut best = (0, (false, false, f32::MIN));
    for (at, picture) in pictures.iter().enumerate() {
        let worth = worth(picture);
        if worth > best.1 {
            best = (at, worth);
        }
    }
    best.0
}

/// The face photo.
pub(super) fn face(
    engine: &Engine,
    request: &Request<'_>,
    shots: Shots,
) -> Result<PhotoSample, AnalysisError> {
    let size = (shots.image.width(), shots.image.height());
    let others = shots.candidates.iter().filter_map(|c| match &**c {
        // Another size would be a reduced picture: never kept.
        PreviewFrame::Rgb(p) => ((p.width(), p.height()) == size).then_some(p),
        PreviewFrame::Gray(_) => None,
    });
    let pictures: Vec<&RgbImage> = std::iter::once(&shots.image).chain(others).collect();
    let faces = engine.face.get()?;
    let image = pictures[best(&faces, &pictures)];
    // The background's colour is judged by itself: it says nothing of the face.
    let report = faces.assess(image);
    // Without a face there is nothing to cut: the whole picture shows why.
    let cut = report.faces.first().map(|face| crop_portrait(image, face, CARD_ASPECT)).transpose()?;
    let card = cut.as_ref().unwrap_or(image);
    let mask = if report.faces.is_empty() { None } else { faces.person_mask(image).ok() };
    let ground = mask.as_ref().and_then(|mask| ground(image, mask, &report.quality));
    let replaced = match (shots.background, &ground, &mask, report.faces.first()) {
        (Some(rule), Some(ground), Some(mask), Some(face))
            if ground.matches != Some(rule) || !ground.even =>
        {
            Some(replaced(image, mask, face, rule)?)
        }
        _ => None,
    };
    Ok(PhotoSample {
        width: card.width(),
        height: card.height(),
        jpeg: Media::new("image/jpeg", encode_jpeg(card, JPEG_QUALITY)?),
        jp2: Some(Media::new("image/jp2", encode_jp2_rgb(image, Jp2Rate::Lossless)?)),
        full_size: size,
        ground,
        replaced,
        chosen_of: u32::try_from(pictures.len()).unwrap_or(u32::MAX),
        pixels_sha256: digest(image.pixels()),
        quality: report.quality,
        device: request.stamp(),
    })
}

/// What is behind the person; `None` where hardly any of it is to be seen.
fn ground(image: &RgbImage, mask: &PersonMask, quality: &Quality) -> Option<Ground> {
    let red = background(image, mask, BackgroundColour::Red)?;
    let matches = match (red.matches, red.colour) {
        (true, _) => Some(BackgroundColour::Red),
        (false, ColourName::Blue) => background(image, mask, BackgroundColour::Blue)
            .and_then(|blue| blue.matches.then_some(BackgroundColour::Blue)),
        _ => None,
    };
    Some(Ground {
        rgb: mean_behind(image, mask)?,
        colour: red.colour,
        matches,
        even: !quality.reasons.contains(&QualityReason::BackgroundUneven),
    })
}

/// Mean of the pixels that are background for sure, a few thousand of them.
fn mean_behind(image: &RgbImage, mask: &PersonMask) -> Option<[u8; 3]> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (mut sums, mut count) = ([0u64; 3], 0u64);
    for y in (0..height).step_by(GROUND_STRIDE_PX) {
        for x in (0..width).step_by(GROUND_STRIDE_PX) {
            if mask.at(x as f32 / width as f32, y as f32 / height as f32) < SURELY_BEHIND {
                let at = (y * width + x) * 3;
                let pixel = image.pixels().get(at..at + 3)?;
                sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u64::from(*value));
                count += 1;
            }
        }
    }
    (count > 0).then(|| sums.map(|sum| (sum / count) as u8))
}

/// The card picture with another background. The whole picture is worked on: the mask belongs to it.
fn replaced(
    image: &RgbImage,
    mask: &PersonMask,
    face: &FaceBox,
    colour: BackgroundColour,
) -> Result<Replaced, AnalysisError> {
    let whole = replace_background(image, mask, colour_rgb(colour));
    let card = crop_portrait(&whole, face, CARD_ASPECT)?;
    let jpeg = Media::new("image/jpeg", encode_jpeg(&card, JPEG_QUALITY)?);
    Ok(Replaced { colour, jpeg, algorithm: REPLACED_BY.to_owned() })
}

/// The colours that offices and photo shops use for the card (no decree states them).
#[must_use]
pub const fn colour_rgb(colour: BackgroundColour) -> [u8; 3] {
    match colour {
        BackgroundColour::Red => [0xDB, 0x15, 0x14],
        BackgroundColour::Blue => [0x00, 0x90, 0xFF],
    }
}

/// Judges live pictures.
struct FaceJudge(Guidance);

impl Judge for FaceJudge {
    fn judge(&mut self, picture: &RgbImage, t_ms: u64) -> Judged {
        let verdict = self.0.guide(picture, t_ms);
        let (w, h) = (picture.width().max(1) as f32, picture.height().max(1) as f32);
        let share = |f: FaceBox| [f.x as f32 / w, f.y as f32 / h, f.width as f32 / w, f.height as f32 / h];
        Judged {
            face: verdict.face.map(share),
            reasons: verdict.reasons,
            score: Some(verdict.score),
            stable: verdict.stable,
        }
    }
}

/// Makes judges of live pictures that share one analyser; none when its networks cannot be read.
pub(super) fn face_judges(faces: Arc<Faces>) -> MakeJudge {
    Box::new(move |background| match faces.get() {
        Ok(face) => Some(Box::new(FaceJudge(Guidance::new(face, background))) as Box<dyn Judge>),
        Err(error) => {
            tracing::error!(%error, "no live guidance");
            None
        }
    })
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

#[cfg(test)]
#[path = "portrait_tests.rs"]
mod tests;

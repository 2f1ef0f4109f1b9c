//! Near-infrared pictures of an eye: where pupil, iris and lids are, what covers the iris, how fit the picture is
//! (`rekam-iris-2`), and the iris code that tells whether two pictures show the same eye.
//!
//! Nothing here tells a left eye from a right one: the corners of the eye, which would, are not in pictures as close
//! as iris cameras take them. What can be told is whether the same eye was presented twice ([`distance`]).
//!
//! Work and memory are bounded by the picture's own bound ([`crate::image::MAX_PIXELS`]): five bytes a pixel and
//! at most 40 MB more.

mod circle;
mod code;
mod lids;
mod locate;
mod mask;
mod measures;
mod plane;

use serde::{Deserialize, Serialize};

use crate::image::GrayImage;
use crate::quality::{Quality, QualityReason};
use plane::Plane;

pub use circle::Circle;
pub use code::{CodeLengthError, IrisCode, SAME_EYE_BELOW, distance, encode};
pub use lids::{LidCurve, Lids};
pub use locate::locate;
pub use mask::{Cover, Mask, Pixel};
pub use measures::{Measure, MeasureKind, Source};

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-iris-2";
/// Smallest radius of the iris in pixels (recommended value of ISO/IEC 29794-6:2015 clause 6.2.6).
pub const MIN_RADIUS_PX: f32 = 80.0;

/// What was found in a picture of an eye.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IrisReport {
    /// Score and reasons.
    pub quality: Quality,
    /// Boundary of pupil and iris.
    pub pupil: Option<Circle>,
    /// Boundary of iris and sclera.
    pub iris: Option<Circle>,
    /// Edges of the lids where they cross the iris.
    #[serde(default)]
    pub lids: Lids,
    /// What covers the iris; `None` without circles.
    #[serde(default)]
    pub cover: Option<Cover>,
    /// Every measure with its threshold; empty without circles.
    #[serde(default)]
    pub measures: Vec<Measure>,
}

impl IrisReport {
    /// The measure of this kind.
    #[must_use]
    pub fn measure(&self, kind: MeasureKind) -> Option<&Measure> {
        self.measures.iter().find(|m| m.kind == kind)
    }
}

/// Finds pupil, iris and lids and judges the picture.
#[must_use]
pub fn assess(image: &GrayImage) -> IrisReport {
    let (fine, half) = (Plane::new(image, 1), Plane::new(image, 2));
    let found = locate::locate_on(image, &fine, &half);
    let Some((pupil, iris)) = found else { return nothing(image) };
    let lids = lids::find_lids(&half, &pupil, &iris);
    let mask = mask::make(image, &fine, &pupil, &iris, &lids);
    let cover = mask.cover();
    let eye = measures::Eye { image, fine: &fine, pupil, iris, mask: &mask, cover };
    let measures = measures::measure(&eye);
    if measures.iter().filter(|m| m.kind.tells_an_eye() && !m.passes()).count() >= 3 {
        return nothing(image);
    }
    let score = measures
        .iter()
        .map(|m| (f32::from(m.score) / 100.0).max(0.001).ln() * m.kind.weight())
        .sum::<f32>()
        .exp();
    let mut failed: Vec<&Measure> = measures.iter().filter(|m| !m.passes()).collect();
    failed.sort_by_key(|m| m.score);
    let reasons = failed.into_iter().filter_map(|m| m.reason(&cover)).collect();
    IrisReport {
        quality: verdict((100.0 * score).round().clamp(0.0, 100.0) as u8, reasons),
        pupil: Some(pupil),
        iris: Some(iris),
        lids,
        cover: Some(cover),
        measures,
    }
}

/// The occlusion mask of a picture that [`assess`] gave `report` for; `None` without circles.
#[must_use]
pub fn mask(image: &GrayImage, report: &IrisReport) -> Option<Mask> {
    let (pupil, iris) = circles(report)?;
    Some(mask::make(image, &Plane::new(image, 1), &pupil, &iris, &report.lids))
}

/// The circles of a report, unless they are none that [`assess`] gives: a report may have come from a file.
fn circles(report: &IrisReport) -> Option<(Circle, Circle)> {
    let (pupil, iris) = (report.pupil?, report.iris?);
    let near = |v: f32| v.abs() <= 2.0 * crate::image::MAX_SIDE_PX as f32;
    let sound = |c: &Circle| near(c.x) && near(c.y) && c.radius >= 2.0;
    let order = iris.radius <= locate::MAX_RADIUS_PX && pupil.radius < iris.radius;
    (sound(&pupil) && sound(&iris) && order).then_some((pupil, iris))
}

fn nothing(image: &GrayImage) -> IrisReport {
    let sum: u64 = image.pixels().iter().map(|p| u64::from(*p)).sum();
    let mut reasons = vec![QualityReason::NoIris];
    match sum as f32 / image.pixels().len() as f32 {
        m if m < 25.0 => reasons.push(QualityReason::TooDark),
        m if m > 245.0 => reasons.push(QualityReason::TooBright),
        _ => {}
    }
    IrisReport {
        quality: verdict(0, reasons),
        pupil: None,
        iris: None,
        lids: Lids::default(),
        cover: None,
        measures: Vec::new(),
    }
}

fn verdict(score: u8, mut reasons: Vec<QualityReason>) -> Quality {
    let mut seen = Vec::new();
    reasons.retain(|r| {
        !seen.contains(r) && {
            seen.push(*r);
            true
        }
    });
    // Not validated: two real irises are too few to show that the scale is right.
    Quality { score: Some(score), algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

#[cfg(test)]
mod tests;

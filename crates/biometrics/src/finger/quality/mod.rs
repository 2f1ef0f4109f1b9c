//! `rekam-finger-2`: how fit a fingerprint is for comparison, and what the person can do about it.
//!
//! The score is the vote of NFIQ 2's random forest over our own port of NFIQ 2's features. It is not NFIQ 2 and must not
//! be recorded as such: four of the 69 features come from our own minutiae, brought to the scale of those that the
//! forest was trained with (see [`points`]), and a print with a grave fault is capped (see [`assess`]). The other 65 are
//! the same numbers as NFIQ 2.3 gives on every image they were compared on (`tools/nfiq2_compare.py`).

pub mod blocks;
mod features;
pub mod forest;
mod histogram;
mod local;
pub mod names;
pub mod points;
pub mod reasons;
mod region;
pub(super) mod texture;
mod touch;

pub use features::{Features, features, features_with};
pub use points::Calibration;

use super::matcher::{FingerError, PPI_RANGE, WORK_PPI, at_work_resolution};
use crate::image::GrayImage;
use crate::minutiae::Template;
use crate::quality::{Quality, QualityReason};
use blocks::Plane;
use forest::Forest;

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-finger-2";

/// Calibration for the extractor that the station uses.
pub const CALIBRATION: Calibration = Calibration::REKAM;

/// The quality of a print; `template` is what the extractor found in it.
///
/// The score is the forest's vote, 0 to 100, at most what the touch allows ([`reasons::cap`]): the forest gives some dry or
/// faint prints more than good ones.
#[must_use]
pub fn assess(image: &GrayImage, template: &Template) -> Quality {
    assess_with(image, template, &CALIBRATION)
}

/// As [`assess`], for minutiae of an extractor with another calibration.
#[must_use]
pub fn assess_with(image: &GrayImage, template: &Template, calibration: &Calibration) -> Quality {
    let off_scale = image.ppi().is_some_and(|p| !PPI_RANGE.contains(&p));
    let work = match at_work_resolution(image) {
        Ok(work) => work,
        Err(FingerError::TooSmall { .. }) => return verdict(Some(0), vec![QualityReason::TooSmall]),
        Err(_) if off_scale => return verdict(None, vec![QualityReason::WrongResolution]),
        Err(_) => return verdict(None, Vec::new()),
    };
    let plane = Plane::cropped(&work);
    let Some(touch) = touch::measure(&work) else {
        let mut reasons = vec![QualityReason::Blank];
        if reasons::ghost_alone(&plane) {
            reasons.push(QualityReason::GhostPrint);
        }
        return verdict(Some(0), reasons);
    };
    let parts = reasons::parts(&touch, template.minutiae.len());
    let mut reasons;
    let mut score = None;
    match (features::measured(&plane, template, calibration), Forest::built_in()) {
        (Some((features, region)), Ok(forest)) => {
            let capped = forest.score(&features.values).min(reasons::cap(&parts));
            score = Some(capped);
            reasons = reasons::named(&parts, capped);
            if reasons::ghost(&plane, &region) {
                reasons.push(QualityReason::GhostPrint);
            }
        }
        (None, _) => {
            score = Some(0);
            reasons = reasons::named(&parts, 0);
            if !reasons.contains(&QualityReason::TooLittleArea) {
                reasons.push(QualityReason::TooLittleArea);
            }
        }
        // A damaged program: no score rather than a wrong one.
        (_, Err(_)) => reasons = reasons::named(&parts, 0),
    }
    if image.ppi().is_some_and(|p| p.abs_diff(WORK_PPI) > 5) {
        reasons.push(QualityReason::WrongResolution);
    }
    verdict(score, reasons)
}

fn verdict(score: Option<u8>, reasons: Vec<QualityReason>) -> Quality {
    // The score was compared with NFIQ 2; that it predicts matching of these captures was not shown.
    Quality { score, algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

#[cfg(test)]
mod tests;

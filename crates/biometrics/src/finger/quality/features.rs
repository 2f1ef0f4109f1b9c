//! All features of a print in the forest's order.

use super::blocks::{Grid, Plane};
use super::histogram::{FDA_LIMITS, LCS_LIMITS, OCL_LIMITS, OF_LIMITS, RVUP_LIMITS, histogram};
use super::local;
use super::names::{self, COUNT, NAMES};
use super::points::{self, Calibration};
use super::region::Region;
use crate::finger::matcher::{FingerError, at_work_resolution};
use crate::image::GrayImage;
use crate::minutiae::Template;

/// Fewest blocks that make a histogram (NFIQ 2 refuses below this as well).
const MIN_BLOCKS: usize = 10;

/// The features of one print, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Values in the order of [`NAMES`].
    pub values: [f64; COUNT],
}

impl Features {
    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        NAMES.iter().copied().zip(self.values)
    }

    /// The value of one feature.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(n, _)| *n == name).map(|(_, value)| value)
    }
}

/// The features of a print: the image at any resolution that extraction takes, and the template that an extractor
/// found in it (coordinates at 500 ppi). Minutiae are calibrated as those of the station's
/// extractor ([`CALIBRATION`](super::CALIBRATION)).
///
/// # Errors
/// [`FingerError`] when the resolution or the size does not do, or there is too little print to measure.
pub fn features(image: &GrayImage, template: &Template) -> Result<Features, FingerError> {
    features_with(image, template, &super::CALIBRATION)
}

/// As [`features`], with the calibration of another extractor.
///
/// # Errors
/// As [`features`].
pub fn features_with(
    image: &GrayImage,
    template: &Template,
    calibration: &Calibration,
) -> Result<Features, FingerError> {
    let plane = Plane::cropped(at_work_resolution(image)?.as_ref());
    measured(&plane, template, calibration).map(|(features, _)| features).ok_or(FingerError::TooLittlePrint)
}

/// Features and region of a cropped image; `None` when there is too little print.
pub(super) fn measured(
    plane: &Plane,
    template: &Template,
    calibration: &Calibration,
) -> Option<(Features, Region)> {
    let grid = Grid::new(plane);
    if grid.in_print().count() < MIN_BLOCKS {
        return None;
    }
    let region = Region::of(plane);
    let mut values = [0.0; COUNT];
    let mut put = |at: usize, numbers: &[f64]| values[at..at + numbers.len()].copy_from_slice(numbers);
    put(names::FDA, &histogram(&local::frequency(plane, &grid), &FDA_LIMITS));
    put(names::MINUTIAE, &points::features(plane, template, calibration));
    put(names::ROI_MEAN, &[region.mean]);
    put(names::LCS, &histogram(&local::clarity(plane, &grid), &LCS_LIMITS));
    put(names::MMB, &[mean_of_means(plane), plane.mean_deviation().0]);
    put(names::OCL, &histogram(&local::certainty(plane), &OCL_LIMITS));
    put(names::OF, &histogram(&local::flow(&grid), &OF_LIMITS));
    put(names::COHERENCE, &[region.coherence(), region.coherence_sum]);
    put(names::RVUP, &histogram(&local::uniformity(plane, &grid), &RVUP_LIMITS));
    Some((Features { values }, region))
}

/// Mean of the means of all tiles.
fn mean_of_means(plane: &Plane) -> f64 {
    let means: Vec<f64> = plane
        .tiles()
        .map(|(x, y, width, height)| plane.sums(x, y, width, height).0 as f64 / (width * height) as f64)
        .collect();
    means.iter().map(|m| m / means.len() as f64).sum()
}

#[cfg(test)]
mod tests;

//! `rekam-minutiae-1`: our own extractor ([`extract`](super::extract)) and comparison
//! ([`compare`](super::compare)) behind [`FingerMatcher`].
//!
//! Re-entrant and without globals: any number of threads may call one matcher at once. The example
//! `matcher_table` measures error rates and speeds, ours and those of mindtct and bozorth3, on the same pairs.
//! Real prints for it are few (18 images of 14 fingers): error rates on a real population are not known.

use super::compare::{self, Edges, Prepared, Scratch};
use super::extract::Extractor;
use super::matcher::{FingerError, FingerMatcher, WORK_PPI, at_work_resolution};
use crate::image::GrayImage;
use crate::minutiae::Template;

/// Smallest score that counts as the same finger.
///
/// The highest of 152 960 impostor scores of 240 synthetic fingers was 51 (43 at a false match rate of 1e-4,
/// 36 at 1e-3, about 7 points a decade), of 410 comparisons of different fingers among 18 real prints and 3
/// of SFinGe 22; the lowest of 1440 genuine scores was 82, of 10 real ones 174. With the gallery's templates
/// from mindtct: 44 and 22, 56 and 124. So 60 stands for a false match rate of about 1e-6 by extrapolation,
/// which no sample could check. Small dry patches (a third of the contact area, shifted) do fall below it.
pub const THRESHOLD: u32 = 60;

/// Our own matcher. Holds only constant tables; cheap to clone, one serves every thread.
#[derive(Debug, Clone, Default)]
pub struct MinutiaeMatcher {
    extractor: Extractor,
}

impl MinutiaeMatcher {
    /// The matcher, with its filter kernels computed (some milliseconds).
    #[must_use]
    pub fn new() -> Self {
        Self { extractor: Extractor::new() }
    }
}

impl FingerMatcher for MinutiaeMatcher {
    fn name(&self) -> &str {
        "rekam-minutiae-1"
    }

    fn extract(&self, image: &GrayImage) -> Result<Template, FingerError> {
        let image = at_work_resolution(image)?;
        let side = |side: u32| u16::try_from(side).map_err(|_| FingerError::Template { what: "image size" });
        let (width, height) = (side(image.width())?, side(image.height())?);
        Ok(Template { width, height, ppi: WORK_PPI, minutiae: self.extractor.minutiae(&image) })
    }

    fn compare(&self, probe: &Template, gallery: &Template) -> Result<u32, FingerError> {
        let (probe, gallery) = (Prepared::new(probe)?, Prepared::new(gallery)?);
        Ok(compare::score(&probe, &Edges::new(&probe), &gallery, &mut Scratch::default()))
    }

    fn threshold(&self) -> u32 {
        THRESHOLD
    }
}

#[cfg(test)]
mod tests;

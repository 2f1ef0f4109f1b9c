//! What every extractor and matcher of fingerprints can do.

use std::borrow::Cow;

use image::imageops::{FilterType, resize};

use crate::image::{GrayImage, ImageError};
use crate::minutiae::Template;

/// Resolution that extraction works at, in pixels per inch.
pub const WORK_PPI: u16 = 500;
/// Resolutions that are resampled to [`WORK_PPI`]; others are refused.
pub const PPI_RANGE: std::ops::RangeInclusive<u16> = 250..=1270;
/// Resolutions that count as 500 ppi: within 1 %, the tolerance of the FBI's EBTS Appendix F.
const AS_WORK_PPI: std::ops::RangeInclusive<u16> = 495..=505;
/// Smallest side that is extracted, in pixels at 500 ppi (3.2 mm: less holds no ridge flow to speak of).
pub const MIN_SIDE_PX: u32 = 64;

/// Why a fingerprint could not be extracted or compared. None of these says that two prints differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerError {
    /// The image's resolution is outside [`PPI_RANGE`].
    #[error("BIO-20 fingerprint of {ppi} ppi cannot be used; set the reader to 500 ppi")]
    Resolution {
        /// Resolution of the image.
        ppi: u16,
    },
    /// The image is smaller than [`MIN_SIDE_PX`].
    #[error("BIO-21 fingerprint of {width}x{height} at 500 ppi is too small; capture the whole finger")]
    TooSmall {
        /// Width at 500 ppi.
        width: u32,
        /// Height at 500 ppi.
        height: u32,
    },
    /// There is too little print in the image to measure its quality.
    #[error("BIO-29 too little fingerprint in the image to measure; capture the whole finger")]
    TooLittlePrint,
    /// The image is out of the bounds of the image vocabulary.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The extractor failed on this image.
    #[error("BIO-22 minutiae extraction failed (code {code}); capture the finger again")]
    Extraction {
        /// Code of the extractor.
        code: i64,
    },
    /// The matcher failed on these templates; no score is known.
    #[error("BIO-23 fingerprint comparison failed; capture the finger again")]
    Comparison,
    /// The library behind the matcher panicked.
    #[error("BIO-24 the fingerprint library failed; report this")]
    Panicked,
    /// A template holds values that the matcher cannot take.
    #[error("BIO-25 fingerprint template is outside the limits of the matcher ({what})")]
    Template {
        /// Which value.
        what: &'static str,
    },
}

/// An extractor and matcher. Usable from many threads; a call may wait for another thread's call.
pub trait FingerMatcher: Send + Sync {
    /// Stable name of the algorithm and its version.
    fn name(&self) -> &str;

    /// Finds minutiae. The template's coordinates are those of the image at 500 ppi; minutiae come best first.
    /// A blank image gives a template without minutiae.
    ///
    /// # Errors
    /// [`FingerError`] when the image cannot be used or the extractor fails.
    fn extract(&self, image: &GrayImage) -> Result<Template, FingerError>;

    /// How alike two prints are; higher is more alike, and [`FingerMatcher::threshold`] or more is the same
    /// finger. Templates with too few minutiae score 0.
    ///
    /// # Errors
    /// [`FingerError`] when no score could be made.
    fn compare(&self, probe: &Template, gallery: &Template) -> Result<u32, FingerError>;

    /// Smallest score that counts as the same finger.
    fn threshold(&self) -> u32;
}

/// The image at 500 ppi: itself when it has that resolution (or none is known), else resampled.
///
/// # Errors
/// [`FingerError::Resolution`], [`FingerError::TooSmall`] or [`FingerError::Image`].
pub fn at_work_resolution(image: &GrayImage) -> Result<Cow<'_, GrayImage>, FingerError> {
    let ppi = image.ppi().unwrap_or(WORK_PPI);
    if !PPI_RANGE.contains(&ppi) {
        return Err(FingerError::Resolution { ppi });
    }
    let scaled = |side: u32| {
        (u64::from(side) * u64::from(WORK_PPI) + u64::from(ppi) / 2).checked_div(u64::from(ppi)).unwrap_or(0)
            as u32
    };
    let same = AS_WORK_PPI.contains(&ppi);
    let (width, height) =
        if same { (image.width(), image.height()) } else { (scaled(image.width()), scaled(image.height())) };
    if width < MIN_SIDE_PX || height < MIN_SIDE_PX {
        return Err(FingerError::TooSmall { width, height });
    }
    if same {
        return Ok(Cow::Borrowed(image));
    }
    crate::image::check_size(width, height)?;
    let view =
        image::ImageBuffer::<image::Luma<u8>, &[u8]>::from_raw(image.width(), image.height(), image.pixels())
            .ok_or(ImageError::Empty { width: image.width(), height: image.height() })?;
    let resized = resize(&view, width, height, FilterType::CatmullRom);
    Ok(Cow::Owned(GrayImage::new(width, height, Some(WORK_PPI), resized.into_raw())?))
}

//! Our own minutiae extractor: re-entrant, without globals, linear in the number of pixels.
//!
//! The stages are the classical ones (Maltoni et al., "Handbook of Fingerprint Recognition", 3rd ed., ch. 3):
//! local normalisation, segmentation by contrast, ridge orientation from the structure tensor, ridge period from
//! the autocorrelation of oriented profiles, contextual filtering with Gabor kernels (Hong, Wan and Jain,
//! "Fingerprint image enhancement", IEEE PAMI 20(8), 1998), thinning (Guo and Hall, CACM 32(3), 1989), crossing
//! numbers, and removal of false minutiae by walks along the skeleton.

pub(crate) mod enhance;
pub(crate) mod field;
pub(crate) mod plane;
pub(crate) mod prune;
pub(crate) mod skeleton;

use crate::image::GrayImage;
use crate::minutiae::Minutia;
use enhance::Bank;
use field::Field;
use plane::Plane;

/// Most minutiae of one print: what the one-byte count of ISO/IEC 19794-2 holds.
pub const MAX_MINUTIAE: usize = 255;

/// Finds minutiae in 500 ppi images. Holds nothing but its filter kernels; share one between threads.
#[derive(Debug, Clone)]
pub struct Extractor {
    bank: Bank,
}

impl Default for Extractor {
    fn default() -> Self {
        Self::new()
    }
}

impl Extractor {
    /// Computes the filter kernels (about 400 kB; some milliseconds).
    #[must_use]
    pub fn new() -> Self {
        Self { bank: Bank::new() }
    }

    /// The minutiae of an image at 500 ppi, best first, at most [`MAX_MINUTIAE`]; none in a blank image. Time and
    /// memory (about 20 bytes a pixel) grow with the pixels, whatever they show.
    #[must_use]
    pub fn minutiae(&self, image: &GrayImage) -> Vec<Minutia> {
        let Some(plane) = Plane::normalised(image) else {
            return Vec::new();
        };
        let mut field = Field::new(&plane, image);
        if field.is_empty() {
            return Vec::new();
        }
        // Once to see the direction through the noise, once along the better direction.
        field.refine(&self.bank.enhance(&plane, &field));
        let ridges = self.bank.enhance(&plane, &field);
        drop(plane);
        let thin = skeleton::Skeleton::new(&ridges, &field);
        let mut found = prune::minutiae(&thin, &field, &ridges);
        found.sort_by_key(|m| (std::cmp::Reverse(m.quality), m.y, m.x));
        found.truncate(MAX_MINUTIAE);
        found
    }
}

#[cfg(test)]
mod tests;

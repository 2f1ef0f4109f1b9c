//! Synthetic samples: fingerprints, slaps, irises and signatures of people who do not exist.
//!
//! The station is trained, demonstrated and tested without a single real person's biometrics. Everything here
//! is made from a seed by our own random generator, so the same seed gives the same sample in every run. (Curves
//! use the platform's `sin` and `exp`; across platforms a pixel may differ by one grey level.)

pub mod finger;
pub mod iris;
mod ridges;
pub mod rng;
pub mod signature;
pub mod slap;

use crate::image::GrayImage;

/// A grey image whose size is a constant of this module or comes from an existing image.
#[expect(clippy::expect_used, reason = "the callers' sizes are constants and the buffers are made for them")]
fn gray(width: u32, height: u32, ppi: Option<u16>, pixels: Vec<u8>) -> GrayImage {
    GrayImage::new(width, height, ppi, pixels).expect("constant size")
}

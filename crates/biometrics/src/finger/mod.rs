//! Fingerprints: minutiae extraction and comparison behind a trait, and a quality measure.

pub mod matcher;
#[cfg(feature = "nbis")]
pub mod nbis;
pub mod platen;
pub mod quality;

pub use matcher::{FingerError, FingerMatcher};
#[cfg(feature = "nbis")]
pub use nbis::NbisMatcher;
pub use quality::assess;

//! Fingerprints: minutiae extraction and comparison behind a trait, and a quality measure.

pub mod compare;
pub mod extract;
pub mod index;
pub mod matcher;
#[cfg(feature = "nbis")]
pub mod nbis;
pub mod own;
pub mod platen;
pub mod quality;
pub mod segment;

pub use matcher::{FingerError, FingerMatcher};
#[cfg(feature = "nbis")]
pub use nbis::NbisMatcher;
pub use own::MinutiaeMatcher;
pub use quality::assess;

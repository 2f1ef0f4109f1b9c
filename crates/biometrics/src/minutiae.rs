//! Minutiae: the points of a fingerprint that a matcher compares.

use serde::{Deserialize, Serialize};

/// What a minutia is; the codes are those of ISO/IEC 19794-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MinutiaKind {
    /// Neither, or not told.
    Other = 0,
    /// A ridge ends.
    Ending = 1,
    /// A ridge splits in two.
    Bifurcation = 2,
}

/// One minutia; the origin is the top left of the image, y goes down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minutia {
    /// Pixels from the left.
    pub x: u16,
    /// Pixels from the top.
    pub y: u16,
    /// Units of 360/256 degrees, counter-clockwise from the positive x axis (ISO/IEC 19794-2).
    pub angle: u8,
    /// What it is.
    pub kind: MinutiaKind,
    /// 0 to 100; 0 means not told.
    pub quality: u8,
}

impl std::fmt::Debug for Minutia {
    // A minutia is biometric: its place never goes into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Minutia(..)")
    }
}

/// The minutiae of one print, with the image they were found in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Width of the image in pixels.
    pub width: u16,
    /// Height of the image in pixels.
    pub height: u16,
    /// Resolution of the image in pixels per inch.
    pub ppi: u16,
    /// The minutiae, in no particular order.
    pub minutiae: Vec<Minutia>,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Template({} minutiae)", self.minutiae.len())
    }
}

//! Portraits: where the faces are, how fit the picture is for the card (`rekam-face-2`), its background, guidance
//! while the camera runs, and the card's crop.
//!
//! Three networks of Google's MediaPipe (Apache-2.0, `models/NOTICE`) find the face, 468 points on it and the
//! person. What is measured follows ISO/IEC 29794-5 (see [`Measure`]); the limits and the joining of the parts to
//! one score are our own, as no set of portraits with known quality was at hand. Hence `validated: false`.

mod analyser;
mod background;
mod best;
mod colour;
mod crop;
mod detect;
mod guide;
mod judge;
mod measure;
mod mesh;
mod net;
mod ofiq;
mod patch;
mod pose;
#[doc(hidden)]
pub mod probe;
mod replace;
mod sample;
mod suspect;

use serde::{Deserialize, Serialize};

use crate::image::ImageError;
use crate::quality::Quality;

pub use analyser::FaceAnalyser;
pub use background::{
    BackgroundColour, BackgroundReport, ColourName, PersonMask, background, expected_background,
};
pub use best::{BestFrame, Kept};
pub use crop::{crop_portrait, scaled};
pub use guide::{FrameVerdict, Guidance};
pub use measure::Measured;
pub use mesh::KeyPoints;
pub use ofiq::Measure;
pub use pose::HeadPose;
pub use replace::replace_background;

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-face-2";
/// Width to height of the card's photo (2 x 3 cm).
pub const CARD_ASPECT: f32 = 2.0 / 3.0;

/// Why a picture could not be worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    /// A network cannot be read.
    #[error("BIO-30 a network for faces is damaged; install the program again")]
    Model,
    /// A network failed on a picture.
    #[error("BIO-31 the face detector failed on this picture; take it again")]
    Detector,
    /// The face lies outside the picture, or the proportions asked for are not usable.
    #[error("BIO-32 no portrait can be cut here; take the picture again")]
    Crop,
    /// The program was built without the networks.
    #[error("BIO-33 this program was built without face detection; install a full build")]
    Absent,
    /// The picture is out of bounds.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// A face in pixels of the picture that was given: a square from above the brows to the chin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FaceBox {
    /// Left edge; may lie outside.
    pub x: i32,
    /// Top edge; may lie outside.
    pub y: i32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// The detector's confidence, 0.8 to 1.
    pub score: f32,
}

/// What was found in a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceReport {
    /// Score and reasons.
    pub quality: Quality,
    /// Every face, the largest first.
    pub faces: Vec<FaceBox>,
    /// Measures of the largest face; empty without one.
    pub measures: Vec<Measured>,
    /// Pose of the largest face.
    pub pose: Option<HeadPose>,
    /// Places in the largest face.
    pub points: Option<KeyPoints>,
    /// The background; `None` when hardly any is to be seen, or no colour was asked for.
    pub background: Option<BackgroundReport>,
}

#[cfg(test)]
mod tests;

//! Native measures to a scale of 0 to 100, with the functions of ISO/IEC 29794-5 as BSI's OFIQ 1.0.3 (MIT) states
//! them. The functions reproduce OFIQ's published results (560 of 560 values of its conformance table); the native
//! values that this crate feeds them come from other networks and other regions, so the scores are called
//! `rekam-...` and are not OFIQ's.

use serde::{Deserialize, Serialize};

macro_rules! measures {
    ($($(#[$m:meta])* $v:ident = $id:literal, $ofiq:literal;)*) => {
        /// What is measured on a face. Natives are dimensionless unless said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Measure { $($(#[$m])* $v,)* }
        impl Measure {
            /// Every measure.
            pub const ALL: &'static [Measure] = &[$(Measure::$v),*];
            /// Stable name. The prefix says whose measure it is.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => concat!("rekam-", $id)),* } }
            /// Name of the measure in ISO/IEC 29794-5 and OFIQ whose scale it uses.
            #[must_use]
            pub const fn ofiq_name(self) -> &'static str { match self { $(Self::$v => $ofiq),* } }
        }
    };
}

measures! {
    /// Mean Sobel magnitude of the background.
    BackgroundUniformity = "background-uniformity", "BackgroundUniformity";
    /// Overlap of the normalised luminance histograms of both cheeks.
    IlluminationUniformity = "illumination-uniformity", "IlluminationUniformity";
    /// Mean luminance of the face, 0 to 1.
    LuminanceMean = "luminance-mean", "LuminanceMean";
    /// Variance of the face's luminance.
    LuminanceVariance = "luminance-variance", "LuminanceVariance";
    /// Share of the face with luminance 0 to 25.
    UnderExposure = "under-exposure", "UnderExposurePrevention";
    /// Share of the face with luminance 247 to 255.
    OverExposure = "over-exposure", "OverExposurePrevention";
    /// Entropy of the face's luminance histogram in bits.
    DynamicRange = "dynamic-range", "DynamicRange";
    /// Sharpness; OFIQ's native value is the vote of a forest that is not part of this crate.
    Sharpness = "sharpness", "Sharpness";
    /// Distance of the cheeks' mean colour from the range of skin in CIELAB (a, b).
    NaturalColour = "natural-colour", "NaturalColour";
    /// Largest distance of the lids of the eye that is closed more, against the distance of eyes and chin.
    EyesOpen = "eyes-open", "EyesOpen";
    /// Largest distance of the inner lips, against the distance of eyes and chin.
    MouthClosed = "mouth-closed", "MouthClosed";
    /// Distance of the eyes' centres in pixels, against the cosine of the yaw.
    InterEyeDistance = "inter-eye-distance", "InterEyeDistance";
    /// Distance of eyes and chin against the picture's height.
    HeadSize = "head-size", "HeadSize";
    /// Room left of the right eye, in distances of the eyes.
    LeftwardCrop = "leftward-crop", "LeftwardCropOfTheFaceImage";
    /// Room right of the left eye, in distances of the eyes.
    RightwardCrop = "rightward-crop", "RightwardCropOfTheFaceImage";
    /// Room above the eyes, in distances of eyes and chin.
    MarginAbove = "margin-above", "MarginAboveOfTheFaceImage";
    /// Room below the eyes, in distances of eyes and chin.
    MarginBelow = "margin-below", "MarginBelowOfTheFaceImage";
    /// Turn of the head to a side, in degrees.
    HeadPoseYaw = "head-pose-yaw", "HeadPoseYaw";
    /// Nod of the head, in degrees.
    HeadPosePitch = "head-pose-pitch", "HeadPosePitch";
    /// Lean of the head to a shoulder, in degrees.
    HeadPoseRoll = "head-pose-roll", "HeadPoseRoll";
}

/// Logistic function with its middle at `x0` and width `w`.
fn s(x: f64, x0: f64, w: f64) -> f64 {
    1.0 / (1.0 + ((x0 - x) / w).exp())
}

impl Measure {
    /// The native value on the scale of 0 (unfit) to 100 (fit). A value that is not a number gives 0.
    #[must_use]
    pub fn scalar(self, native: f64) -> u8 {
        let v = native;
        let value = match self {
            Self::BackgroundUniformity => 190.0 * (1.0 - s(v, 10.0, 100.0)),
            Self::IlluminationUniformity => 100.0 * v.powf(0.3),
            Self::LuminanceMean => 100.0 * s(v, 0.2, 0.05) * (1.0 - s(v, 0.8, 0.05)),
            Self::LuminanceVariance => 100.0 * (60.0 * v / (60.0 * v + 1.0) * std::f64::consts::PI).sin(),
            Self::UnderExposure => 120.0 * (0.832 - s(v, 0.92, 0.05)),
            Self::OverExposure => 1.0 / (v + 0.01),
            Self::DynamicRange => 12.5 * v,
            Self::Sharpness => 115.0 * s(v, -20.0, 15.0) - 14.0,
            Self::NaturalColour => 200.0 * (1.0 - s(v, 0.0, 10.0)),
            Self::EyesOpen => 100.0 * s(v, 0.02, 0.01),
            Self::MouthClosed => 100.0 * (1.0 - s(v, 0.2, 0.06)),
            Self::InterEyeDistance => 100.0 * s(v, 70.0, 20.0),
            Self::HeadSize => 200.0 * (1.0 - s((v - 0.45).abs(), 0.0, 0.05)),
            Self::LeftwardCrop | Self::RightwardCrop => 100.0 * s(v, 0.9, 0.1),
            Self::MarginAbove => 100.0 * s(v, 1.4, 0.1),
            Self::MarginBelow => 100.0 * s(v, 1.8, 0.1),
            Self::HeadPoseYaw | Self::HeadPosePitch | Self::HeadPoseRoll => {
                100.0 * v.to_radians().cos().powi(2)
            }
        };
        // `as` turns what is not a number into 0.
        value.round().clamp(0.0, 100.0) as u8
    }
}

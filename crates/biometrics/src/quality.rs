//! What a quality measure says: a score and reasons an operator can act on.

use serde::{Deserialize, Serialize};

/// The verdict on one sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// 0 (useless) to 100 (excellent); `None` when nothing could be measured.
    pub score: Option<u8>,
    /// Name and version of our measure, e.g. `rekam-finger-1`. Never the registered id of another algorithm.
    pub algorithm: String,
    /// Why the score is not better, most important first. Empty when the sample is good.
    pub reasons: Vec<QualityReason>,
    /// False where no sample in the test data could show that the measure is right.
    pub validated: bool,
}

macro_rules! reasons {
    ($($(#[$m:meta])* $v:ident = $id:literal,)*) => {
        /// A reason in words the officer can act on. The words are messages `reason-<id>` and `reason-<id>-do`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum QualityReason { $($(#[$m])* $v,)* }
        impl QualityReason {
            /// Every reason.
            pub const ALL: &'static [QualityReason] = &[$(QualityReason::$v),*];
            /// Stable name, used in records, scripts and message ids.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => $id),* } }
            /// The value of a stable name.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> { Self::ALL.iter().copied().find(|v| v.id() == id) }
        }
    };
}

reasons! {
    /// Finger: ridges broken and faint.
    TooDry = "too-dry",
    /// Finger: ridges run together, or too much pressure.
    TooWet = "too-wet",
    /// Finger: too little of the finger on the glass.
    TooLittleArea = "too-little-area",
    /// Finger or eye or face: not in the middle.
    OffCentre = "off-centre",
    /// Finger: moved while captured.
    Smudged = "smudged",
    /// Nothing on the glass.
    Blank = "blank",
    /// Finger: too few minutiae to be compared.
    FewMinutiae = "few-minutiae",
    /// Image too dark.
    TooDark = "too-dark",
    /// Image too bright.
    TooBright = "too-bright",
    /// Image without contrast.
    LowContrast = "low-contrast",
    /// Image not sharp.
    Blurred = "blurred",
    /// Image smaller than the standard asks.
    TooSmall = "too-small",
    /// Resolution is not the 500 ppi that is needed.
    WrongResolution = "wrong-resolution",
    /// Face: none found.
    NoFace = "no-face",
    /// Face: more than one.
    SeveralFaces = "several-faces",
    /// Face: too far from the camera.
    FaceTooFar = "face-too-far",
    /// Face: too near to the camera.
    FaceTooNear = "face-too-near",
    /// Face: background is not even.
    BackgroundUneven = "background-uneven",
    /// Face: background is not of the colour that the card asks for.
    BackgroundColour = "background-colour",
    /// Face: part of the head lies outside of the picture.
    HeadCutOff = "head-cut-off",
    /// Face: turned to a side.
    HeadTurned = "head-turned",
    /// Face: leaning to a shoulder.
    HeadTilted = "head-tilted",
    /// Face: chin too high.
    ChinUp = "chin-up",
    /// Face: chin too low.
    ChinDown = "chin-down",
    /// Face: an eye is closed.
    EyesClosed = "eyes-closed",
    /// Face: mouth is open.
    MouthOpen = "mouth-open",
    /// Face: one side is darker than the other.
    ShadowOnFace = "shadow-on-face",
    /// Face: skin does not have its natural colour.
    UnnaturalColour = "unnatural-colour",
    /// Face: moved while captured.
    FaceMoving = "face-moving",
    /// Face: mouth and nose may be covered. A suspicion: it costs nothing and the officer decides.
    MaskSuspected = "mask-suspected",
    /// Face: glasses may reflect light. A suspicion: it costs nothing and the officer decides.
    GlareSuspected = "glare-suspected",
    /// Iris: no pupil or iris found.
    NoIris = "no-iris",
    /// Iris: lids cover too much.
    LidsCover = "lids-cover",
    /// Signature: nothing drawn.
    EmptySignature = "empty-signature",
    /// Signature: dots or a slip of the pen.
    AccidentalMarks = "accidental-marks",
}

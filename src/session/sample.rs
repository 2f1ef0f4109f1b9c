//! Captures as the session keeps them: encoded, judged and compared, never raw.

use std::sync::Arc;

use biometrics::face::{BackgroundColour, ColourName};
use biometrics::image::GrayImage;
use biometrics::minutiae::Template;
use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::quality::{Quality, QualityReason};
use biometrics::signature::Strokes;
use chrono::{DateTime, Utc};
use devices::vocabulary::CardType;
use serde::{Deserialize, Serialize};

/// An encoded file that will become an entry of the record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Media type, e.g. `image/jp2`.
    pub media_type: String,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// The bytes.
    #[serde(with = "shared_bytes")]
    pub bytes: Arc<[u8]>,
}

impl Media {
    /// Wraps encoded bytes and notes their digest.
    #[must_use]
    pub fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        use sha2::Digest;
        let sha256 = hex::encode(sha2::Sha256::digest(&bytes));
        Self { media_type: media_type.to_owned(), sha256, bytes: bytes.into() }
    }
}

impl std::fmt::Debug for Media {
    // Biometrics: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Media({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

mod shared_bytes {
    use std::sync::Arc;

    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &Arc<[u8]>, s: S) -> Result<S::Ok, S::Error> {
        serde_bytes::serialize(bytes.as_ref(), s)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Arc<[u8]>, D::Error> {
        serde_bytes::deserialize::<Vec<u8>, D>(d).map(Into::into)
    }
}

/// The device that gave a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStamp {
    /// Driver family.
    pub driver: String,
    /// Make and model.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// When it was captured.
    pub at: DateTime<Utc>,
}

/// A comparison of a finger with one that the session already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The recorded finger.
    pub position: FingerPosition,
    /// The matcher's score.
    pub score: u32,
}

/// One finger, judged and encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerSample {
    /// The finger it was asked for.
    pub position: FingerPosition,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Resolution.
    pub ppi: u16,
    /// JPEG 2000, lossless.
    pub jp2: Media,
    /// SHA-256 of the decoded pixels, hex: equal in two captures means a replay.
    pub pixels_sha256: String,
    /// Verdict.
    pub quality: Quality,
    /// Minutiae.
    pub template: Template,
    /// Scores against the fingers named in the request and the others of the same capture.
    pub matches: Vec<Match>,
    /// Name of the matcher.
    pub matcher: String,
    /// Score from which two prints are held to be of one finger.
    pub threshold: u32,
    /// Device.
    pub device: DeviceStamp,
    /// Where it was cut from a whole slap; `None` when the device gave the finger.
    #[serde(default)]
    pub cut: Option<Cut>,
}

/// Where a finger was cut from a slap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// SHA-256 of the slap's pixels, hex.
    pub slap_sha256: String,
    /// The box.
    pub bounds: SlapBox,
    /// Name of the segmentation.
    pub segmentation: String,
}

impl FingerSample {
    /// The score against a recorded finger, 0 when they were not compared.
    #[must_use]
    pub fn score_against(&self, position: FingerPosition) -> u32 {
        self.matches.iter().filter(|m| m.position == position).map(|m| m.score).max().unwrap_or(0)
    }
    /// The recorded finger that this print is held to be, best first.
    #[must_use]
    pub fn best_match(&self) -> Option<Match> {
        self.matches.iter().copied().filter(|m| m.score >= self.threshold).max_by_key(|m| m.score)
    }
}

/// Where one finger lies on a slap: a rectangle turned about its middle, in whole pixels of the slap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlapBox {
    /// The finger.
    pub position: FingerPosition,
    /// Middle, from the left.
    pub centre_x: i32,
    /// Middle, from the top.
    pub centre_y: i32,
    /// Side across the finger.
    pub width: u32,
    /// Side along the finger.
    pub height: u32,
    /// Turn of the finger from upright, counter-clockwise, in tenths of a degree.
    pub angle_decidegrees: i32,
    /// How sure the segmentation is, 0-100; 100 for a box that the operator set.
    pub confidence: u8,
    /// Set by the operator.
    pub corrected: bool,
}

/// Something that the segmentation noticed: a stable id (message `slap-note-<id>`), and the finger where it is one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlapNote {
    /// Stable id, e.g. `touching`, `cut-off`.
    pub id: String,
    /// The finger.
    pub finger: Option<FingerPosition>,
}

/// A whole slap as it was captured, with the boxes its fingers were cut from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlapSample {
    /// Which slap was asked for.
    pub slap: Slap,
    /// The picture; in memory only, until the session leaves it. The fingers cut from it are what is kept.
    #[serde(skip)]
    pub image: Option<Arc<GrayImage>>,
    /// SHA-256 of the pixels, hex.
    pub pixels_sha256: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The boxes, from left to right.
    pub boxes: Vec<SlapBox>,
    /// What was noticed.
    pub notes: Vec<SlapNote>,
    /// Name of the segmentation.
    pub algorithm: String,
    /// Device.
    pub device: DeviceStamp,
}

/// One eye, judged and encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IrisSample {
    /// The eye.
    pub eye: Eye,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// JPEG 2000, lossless.
    pub jp2: Media,
    /// SHA-256 of the decoded pixels, hex.
    pub pixels_sha256: String,
    /// Verdict.
    pub quality: Quality,
    /// The other eye of the same capture whose iris code is so near that both are held to be one eye.
    #[serde(default)]
    pub same_as: Option<Eye>,
    /// Iris centre (x, y) and radius in pixels, where found.
    pub iris: Option<(u16, u16, u16)>,
    /// Device.
    pub device: DeviceStamp,
}

/// What is behind the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Its mean colour, R G B.
    pub rgb: [u8; 3],
    /// Plain name of the colour.
    pub colour: ColourName,
    /// The card background that it is held to be, if any.
    pub matches: Option<BackgroundColour>,
    /// One colour without folds and shadows.
    pub even: bool,
}

/// The card picture with a background made by software.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Its background.
    pub colour: BackgroundColour,
    /// JPEG of the size of the card picture.
    pub jpeg: Media,
    /// Name of the algorithm.
    pub algorithm: String,
}

/// A picture: face or evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoSample {
    /// Width in pixels of the card picture.
    pub width: u32,
    /// Height in pixels of the card picture.
    pub height: u32,
    /// JPEG for the card (face: cropped to the card's proportions).
    pub jpeg: Media,
    /// JPEG 2000 of the whole picture, for the record (face only).
    pub jp2: Option<Media>,
    /// Size of the whole picture.
    pub full_size: (u32, u32),
    /// What is behind the head, where it could be measured (face only).
    #[serde(default)]
    pub ground: Option<Ground>,
    /// The card picture with another background, made where the rule's one is not there (face only).
    #[serde(default)]
    pub replaced: Option<Replaced>,
    /// Pictures of which this one was the best, 1 where there was no choice.
    #[serde(default)]
    pub chosen_of: u32,
    /// SHA-256 of the decoded pixels of the whole picture, hex.
    pub pixels_sha256: String,
    /// Verdict; for evidence only exposure and sharpness count.
    pub quality: Quality,
    /// Device.
    pub device: DeviceStamp,
}

/// A signature, judged and drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureSample {
    /// Strokes with time and pressure.
    pub strokes: Strokes,
    /// PNG picture.
    pub png: Media,
    /// Verdict.
    pub quality: Quality,
    /// Device.
    pub device: DeviceStamp,
}

/// The fingerprint reader's glass with nothing on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatenCheck {
    /// Nothing is left on it.
    pub clean: bool,
    /// What was found, most important first.
    pub reasons: Vec<QualityReason>,
    /// Device.
    pub device: DeviceStamp,
}

/// A temperature taken by a thermometer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemperatureSample {
    /// Tenths of a degree Celsius.
    pub decidegrees_c: i32,
    /// Device.
    pub device: DeviceStamp,
}

/// A card as it was read without a SAM. The UID itself lives in memory only: what is kept is its keyed digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSample {
    /// UID as the reader gave it; empty when the sample came back from the disk.
    #[serde(skip)]
    pub uid: Vec<u8>,
    /// HMAC-SHA-256 of the UID under `salt`, hex.
    pub uid_hmac: String,
    /// Random salt that stays with the digest, hex.
    pub salt: String,
    /// Signalling.
    pub card_type: CardType,
    /// The KTP-el application is on it.
    pub is_ktp: bool,
    /// Picture on the chip, JPEG, where it could be read and decoded.
    pub photo: Option<Media>,
    /// Device.
    pub device: DeviceStamp,
}

impl std::fmt::Debug for CardSample {
    // A UID tells who held the card: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardSample(ktp {}, photo {:?})", self.is_ktp, self.photo)
    }
}

/// What the operator says of the picture on a chip, by eye: there is no face matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardJudgement {
    /// The same person.
    Same,
    /// Another person.
    Other,
    /// There is no picture, or it shows too little.
    Unreadable,
}

impl CardJudgement {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Same, Self::Other, Self::Unreadable];
    /// Stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Other => "other",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What one request brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Samples {
    /// A card.
    Card(Box<CardSample>),
    /// Face or evidence.
    Photo(Box<PhotoSample>),
    /// Fingers as a device or a single-finger reader gave them.
    Fingers(Vec<FingerSample>),
    /// A whole slap, and the fingers cut from it.
    Slap(Box<SlapSample>, Vec<FingerSample>),
    /// The empty glass.
    Platen(PlatenCheck),
    /// Irises.
    Irises(Vec<IrisSample>),
    /// Signature.
    Signature(Box<SignatureSample>),
    /// Temperature.
    Temperature(TemperatureSample),
}

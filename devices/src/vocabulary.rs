//! Words that drivers, the runtime and the session share. Plain data, no threads.

use biometrics::image::{GrayImage, RgbImage};
use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::signature::Strokes;
use serde::{Deserialize, Serialize};

/// The kinds of device a station has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKind {
    /// Face and document camera.
    Camera,
    /// Fingerprint reader (slap or single finger).
    Fingerprint,
    /// Iris camera.
    Iris,
    /// Contactless card reader.
    Card,
    /// Signature pad (or the window as one).
    SignaturePad,
    /// Thermometer.
    Thermometer,
    /// Printer.
    Printer,
}

impl DeviceKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Camera,
        Self::Fingerprint,
        Self::Iris,
        Self::Card,
        Self::SignaturePad,
        Self::Thermometer,
        Self::Printer,
    ];
    /// Stable name used in scripts, configuration and message ids.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Fingerprint => "fingerprint",
            Self::Iris => "iris",
            Self::Card => "card",
            Self::SignaturePad => "signature-pad",
            Self::Thermometer => "thermometer",
            Self::Printer => "printer",
        }
    }
    /// The kind of a stable name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.id() == id)
    }
}

/// Driver family of the simulated devices: they have one person only.
pub const SIMULATED: &str = "simulated";

/// Identifies one device on this station as long as it is plugged in, e.g. `simulated-fingerprint-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub String);

/// What is known of a device; goes into the record with each capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Identifier on this station.
    pub id: DeviceId,
    /// Kind.
    pub kind: DeviceKind,
    /// Driver family, e.g. `simulated`, `file`.
    pub driver: String,
    /// Make and model, for people.
    pub model: String,
    /// Serial number, empty where there is none.
    pub serial: String,
    /// True for drivers that may work in training vaults only.
    pub training_only: bool,
}

/// Identifies one request to a device; answers to other ids are stale and dropped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// What a device is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum CaptureTask {
    /// The applicant's face.
    Face,
    /// A picture of a document, a hand or the person, for an exception or as evidence.
    EvidencePhoto,
    /// Several fingers at once; `missing` are declared exceptions and not expected.
    Slap {
        /// Which slap.
        slap: Slap,
        /// Fingers declared as exceptions.
        missing: Vec<FingerPosition>,
    },
    /// One finger.
    Finger {
        /// Which finger.
        position: FingerPosition,
        /// True when it is captured a second time, for verification.
        again: bool,
    },
    /// The empty glass of a fingerprint reader, after it was disinfected.
    Platen,
    /// Both irises; `missing` are declared exceptions.
    Irises {
        /// Eyes declared as exceptions.
        missing: Vec<Eye>,
    },
    /// A signature on the pad.
    Signature,
    /// Body temperature of one person.
    Temperature,
}

impl CaptureTask {
    /// The kind of device that can do it.
    #[must_use]
    pub fn kind(&self) -> DeviceKind {
        match self {
            Self::Face | Self::EvidencePhoto => DeviceKind::Camera,
            Self::Slap { .. } | Self::Finger { .. } | Self::Platen => DeviceKind::Fingerprint,
            Self::Irises { .. } => DeviceKind::Iris,
            Self::Signature => DeviceKind::SignaturePad,
            Self::Temperature => DeviceKind::Thermometer,
        }
    }
}

/// One finger as a device gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerImage {
    /// The finger that was asked for in this place.
    pub position: FingerPosition,
    /// The image.
    pub image: GrayImage,
}

/// One eye as a device gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrisImage {
    /// The eye.
    pub eye: Eye,
    /// Near-infrared image.
    pub image: GrayImage,
}

/// What a device captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// A colour picture; `encoded` is the device's own file (JPEG or PNG) where it gave one.
    Photo {
        /// Decoded picture.
        image: RgbImage,
    },
    /// Fingers, segmented by the device.
    Fingers(Vec<FingerImage>),
    /// A whole slap, to be segmented by the station.
    Slap {
        /// Which slap was asked for.
        slap: Slap,
        /// Fingers declared as exceptions.
        missing: Vec<FingerPosition>,
        /// The picture.
        image: GrayImage,
    },
    /// The empty glass.
    Platen(GrayImage),
    /// Irises.
    Irises(Vec<IrisImage>),
    /// Strokes of a signature.
    Signature(Strokes),
    /// Body temperature in tenths of a degree Celsius (366 = 36.6).
    Temperature {
        /// Tenths of a degree Celsius.
        decidegrees_c: i32,
    },
}

/// Something that the person in front of the device can mend: say what to do and try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Retry {
    /// Nobody put anything there before the deadline.
    NothingPresented,
    /// Fewer fingers than asked for.
    TooFewFingers,
    /// More fingers than asked for.
    TooManyFingers,
    /// The other hand or another finger was presented.
    WrongFinger,
    /// Finger too dry.
    TooDry,
    /// Finger too wet or too much pressure.
    TooWet,
    /// Not in the middle.
    OffCentre,
    /// Moved during the capture.
    Moved,
    /// Lifted too early.
    TooShort,
    /// Eyes closed or half closed.
    EyesClosed,
    /// No face in the picture.
    NoFace,
    /// Nothing was drawn.
    EmptySignature,
}

impl Retry {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::NothingPresented,
        Self::TooFewFingers,
        Self::TooManyFingers,
        Self::WrongFinger,
        Self::TooDry,
        Self::TooWet,
        Self::OffCentre,
        Self::Moved,
        Self::TooShort,
        Self::EyesClosed,
        Self::NoFace,
        Self::EmptySignature,
    ];
    /// Stable name used in scripts, records and message ids.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::NothingPresented => "nothing-presented",
            Self::TooFewFingers => "too-few-fingers",
            Self::TooManyFingers => "too-many-fingers",
            Self::WrongFinger => "wrong-finger",
            Self::TooDry => "too-dry",
            Self::TooWet => "too-wet",
            Self::OffCentre => "off-centre",
            Self::Moved => "moved",
            Self::TooShort => "too-short",
            Self::EyesClosed => "eyes-closed",
            Self::NoFace => "no-face",
            Self::EmptySignature => "empty-signature",
        }
    }
    /// The value of a stable name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.id() == id)
    }
}

/// Something that the station must mend. Never the applicant's fault, and said so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeviceFault {
    /// No device of this kind is there.
    #[error("DEV-01 no {kind} device")]
    NotFound {
        /// Kind that was asked for.
        kind: String,
    },
    /// Another program has it.
    #[error("DEV-02 device busy")]
    Busy,
    /// It was unplugged.
    #[error("DEV-03 device unplugged")]
    Unplugged,
    /// It did not answer before the watchdog's time.
    #[error("DEV-04 device does not answer ({after_ms} ms)")]
    Hung {
        /// How long was waited.
        after_ms: u64,
    },
    /// The driver crashed.
    #[error("DEV-05 driver crashed")]
    Crashed,
    /// The device broke its protocol.
    #[error("DEV-06 device answered wrongly: {detail}")]
    Protocol {
        /// What was wrong, without personal data.
        detail: String,
    },
    /// The device gave data that cannot be read.
    #[error("DEV-07 data cannot be read: {detail}")]
    BadData {
        /// Which file or field, and why.
        detail: String,
    },
    /// The device cannot do this task.
    #[error("DEV-08 device cannot do this")]
    Unsupported,
    /// Simulated and file devices are refused outside training.
    #[error("DEV-09 device allowed in training only")]
    TrainingOnly,
}

impl DeviceFault {
    /// Stable code, searchable in support.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "DEV-01",
            Self::Busy => "DEV-02",
            Self::Unplugged => "DEV-03",
            Self::Hung { .. } => "DEV-04",
            Self::Crashed => "DEV-05",
            Self::Protocol { .. } => "DEV-06",
            Self::BadData { .. } => "DEV-07",
            Self::Unsupported => "DEV-08",
            Self::TrainingOnly => "DEV-09",
        }
    }
    /// Stable name used in message ids (`fault-<id>`, `fault-<id>-do`) and scripts.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::Busy => "busy",
            Self::Unplugged => "unplugged",
            Self::Hung { .. } => "hung",
            Self::Crashed => "crashed",
            Self::Protocol { .. } => "protocol",
            Self::BadData { .. } => "bad-data",
            Self::Unsupported => "unsupported",
            Self::TrainingOnly => "training-only",
        }
    }
}

/// How a capture ended without a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureEnd {
    /// The person can mend it.
    Retry(Retry),
    /// The station must act.
    Fault(DeviceFault),
    /// We asked the device to stop.
    Cancelled,
}

impl From<DeviceFault> for CaptureEnd {
    fn from(fault: DeviceFault) -> Self {
        Self::Fault(fault)
    }
}
impl From<Retry> for CaptureEnd {
    fn from(retry: Retry) -> Self {
        Self::Retry(retry)
    }
}

/// A device came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HotPlug {
    /// Plugged in, or found at start.
    Arrived(DeviceInfo),
    /// Gone.
    Left(DeviceId),
}

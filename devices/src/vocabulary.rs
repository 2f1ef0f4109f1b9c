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
    /// A picture of a document or of the person, as evidence.
    EvidencePhoto,
    /// A picture of the person that shows what is declared missing.
    ExceptionPhoto {
        /// Fingers declared as exceptions.
        fingers: Vec<FingerPosition>,
        /// Eyes declared as exceptions.
        eyes: Vec<Eye>,
    },
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
    /// What can be read of the card on the reader without a SAM: its UID, and with `photo` the picture on the chip.
    Card {
        /// True when the picture is wanted too (it takes some seconds).
        photo: bool,
    },
}

impl CaptureTask {
    /// The kind of device that can do it.
    #[must_use]
    pub fn kind(&self) -> DeviceKind {
        match self {
            Self::Face | Self::EvidencePhoto | Self::ExceptionPhoto { .. } => DeviceKind::Camera,
            Self::Slap { .. } | Self::Finger { .. } | Self::Platen => DeviceKind::Fingerprint,
            Self::Irises { .. } => DeviceKind::Iris,
            Self::Signature => DeviceKind::SignaturePad,
            Self::Temperature => DeviceKind::Thermometer,
            Self::Card { .. } => DeviceKind::Card,
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
    /// A card.
    Card(CardRead),
}

/// Signalling of a contactless card (ISO/IEC 14443-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardType {
    /// Type A.
    A,
    /// Type B.
    B,
    /// The reader does not tell.
    Unknown,
}

/// The free part of a card.
#[derive(Clone, PartialEq, Eq)]
pub struct CardRead {
    /// UID, 4 to 10 bytes (type A) or PUPI or chip serial (type B).
    pub uid: Vec<u8>,
    /// Signalling.
    pub card_type: CardType,
    /// True when the KTP-el application (DF 7F0A) was selected; false for any other contactless card.
    pub is_ktp: bool,
    /// The picture file on the chip as it is (JPEG), where it was asked for and could be read.
    pub photo: Option<Vec<u8>>,
}

impl std::fmt::Debug for CardRead {
    // A UID tells who held the card; the picture is a person's face.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let photo = self.photo.as_ref().map_or(0, Vec::len);
        write!(f, "CardRead({:?}, ktp {}, photo {photo} bytes)", self.card_type, self.is_ktp)
    }
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
    /// No clear picture yet: lift the finger and lay it on again.
    LiftFinger,
    /// Eyes closed or half closed.
    EyesClosed,
    /// No face in the picture.
    NoFace,
    /// Nothing was drawn.
    EmptySignature,
    /// The card was taken off the reader too early.
    CardRemoved,
    /// A contactless card, but no KTP-el.
    NotKtp,
    /// More than one card on the reader.
    SeveralCards,
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
        Self::LiftFinger,
        Self::EyesClosed,
        Self::NoFace,
        Self::EmptySignature,
        Self::CardRemoved,
        Self::NotKtp,
        Self::SeveralCards,
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
            Self::LiftFinger => "lift-finger",
            Self::EyesClosed => "eyes-closed",
            Self::NoFace => "no-face",
            Self::EmptySignature => "empty-signature",
            Self::CardRemoved => "card-removed",
            Self::NotKtp => "not-ktp",
            Self::SeveralCards => "several-cards",
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
    /// The device works and says itself what is wrong, by a code of its own protocol.
    #[error("DEV-10 device reports error {code}")]
    Reported {
        /// The code as the device gave it, e.g. `sbi-105`.
        code: String,
    },
    /// A program or service that the driver needs is not there or stopped.
    #[error("DEV-11 service {service} is not running")]
    ServiceMissing {
        /// Its name, e.g. `pcscd`.
        service: String,
    },
    /// The device cannot prove that it is what it says, or its data were changed on the way.
    #[error("DEV-12 device not trusted: {detail}")]
    Untrusted {
        /// What did not hold.
        detail: String,
    },
    /// The operating system does not let this user open it.
    #[error("DEV-13 no permission to open the device")]
    NotPermitted,
    /// The clocks of station and device differ too much.
    #[error("DEV-14 clock of the device differs by {skew_s} s")]
    ClockWrong {
        /// Device minus station, in seconds.
        skew_s: i64,
    },
    /// The document was not printed.
    #[error("DEV-15 not printed: {detail}")]
    CannotPrint {
        /// What the printing system said, without personal data.
        detail: String,
    },
    /// Documents would go to another machine without encryption.
    #[error("DEV-16 the print server is another machine and the way to it is not encrypted")]
    InClear,
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
            Self::Reported { .. } => "DEV-10",
            Self::ServiceMissing { .. } => "DEV-11",
            Self::Untrusted { .. } => "DEV-12",
            Self::NotPermitted => "DEV-13",
            Self::ClockWrong { .. } => "DEV-14",
            Self::CannotPrint { .. } => "DEV-15",
            Self::InClear => "DEV-16",
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
            Self::Reported { .. } => "reported",
            Self::ServiceMissing { .. } => "service-missing",
            Self::Untrusted { .. } => "untrusted",
            Self::NotPermitted => "not-permitted",
            Self::ClockWrong { .. } => "clock-wrong",
            Self::CannotPrint { .. } => "cannot-print",
            Self::InClear => "in-clear",
        }
    }
}

/// What keeps a printer from printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PrintHitch {
    /// No paper.
    PaperOut,
    /// Paper is stuck.
    PaperJam,
    /// A cover is open.
    CoverOpen,
    /// No toner or ink.
    InkOut,
    /// Switched off, or the cable is out.
    Offline,
    /// The queue was stopped.
    Stopped,
    /// The queue takes no documents.
    Refused,
    /// The job is held.
    Held,
    /// The printer or the system gave the job up.
    GivenUp,
    /// Nothing is reported, and yet it was not printed in time.
    TooLong,
}

impl PrintHitch {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::PaperOut,
        Self::PaperJam,
        Self::CoverOpen,
        Self::InkOut,
        Self::Offline,
        Self::Stopped,
        Self::Refused,
        Self::Held,
        Self::GivenUp,
        Self::TooLong,
    ];
    /// Stable name, the detail of [`DeviceFault::CannotPrint`]; words are `print-hitch-<id>`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::PaperOut => "paper-out",
            Self::PaperJam => "paper-jam",
            Self::CoverOpen => "cover-open",
            Self::InkOut => "ink-out",
            Self::Offline => "offline",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::GivenUp => "given-up",
            Self::TooLong => "too-long",
        }
    }
    /// The value of a stable name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|h| h.id() == id)
    }
}

/// How a print job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintState {
    /// Not printed yet, and what it waits for if anything is wrong.
    Waiting(Option<PrintHitch>),
    /// Printed.
    Printed,
    /// Cancelled or given up: it will not be printed.
    Lost,
    /// The printing system does not know it any more.
    Forgotten,
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

/// A device came or went, or a look at it told something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HotPlug {
    /// Plugged in, or found at start.
    Arrived(DeviceInfo),
    /// Gone.
    Left(DeviceId),
    /// It is there, and this keeps it from working; `None`: nothing any more.
    State(DeviceId, Option<DeviceFault>),
}

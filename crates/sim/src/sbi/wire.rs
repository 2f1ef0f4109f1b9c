//! The words of the protocol: methods, kinds of device, their parts, states and error codes.
//!
//! Source: Secure Biometric Interface 0.9.5 and, where it is silent, what its mock service answers.

use biometrics::position::{Eye, FingerPosition};

/// Version of the protocol that answers name first.
pub const SPEC_VERSION: &str = "0.9.5";
/// Versions whose messages have the same shape.
pub const SPEC_VERSIONS: [&str; 2] = ["0.9.5", "1.0.0"];
/// Values of `env`.
pub const ENVIRONMENTS: [&str; 4] = ["Staging", "Developer", "Pre-Production", "Production"];

macro_rules! words {
    ($(#[$m:meta])* $name:ident { $($(#[$vm:meta])* $v:ident = $id:literal,)* }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vm])* $v,)* }
        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$v),*];
            /// The word on the wire.
            #[must_use]
            pub const fn wire(self) -> &'static str { match self { $(Self::$v => $id),* } }
            /// The value of a word; capitals do not matter.
            #[must_use]
            pub fn from_wire(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.wire().eq_ignore_ascii_case(word.trim()))
            }
        }
    };
}
pub(super) use words;

words! {
    /// What a device takes.
    Modality {
        /// Four fingers of a hand, or two thumbs.
        Finger = "Finger",
        /// Both irises.
        Iris = "Iris",
        /// Face and exception photo.
        Face = "Face",
    }
}

words! {
    /// Methods of HTTP requests.
    Method {
        /// Which devices there are.
        Disc = "MOSIPDISC",
        /// What they are.
        Info = "MOSIPDINFO",
        /// Live picture.
        Stream = "STREAM",
        /// Capture for registration.
        RCapture = "RCAPTURE",
        /// Capture for authentication.
        Capture = "CAPTURE",
        /// What a browser asks before a request.
        Options = "OPTIONS",
        /// The control of the simulator.
        Post = "POST",
    }
}

words! {
    /// States of a device.
    Status {
        /// It can be used.
        Ready = "Ready",
        /// It is being used.
        Busy = "Busy",
        /// It is there and does not work.
        NotReady = "Not Ready",
        /// Its provider does not know it.
        NotRegistered = "Not Registered",
    }
}

words! {
    /// What a service is for.
    Purpose {
        /// Enrolment.
        Registration = "Registration",
        /// Authentication; this simulator then only refuses.
        Auth = "Auth",
    }
}

impl Status {
    /// Error code that goes with the state in discovery and device info.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Ready => 0,
            Self::Busy => 111,
            Self::NotReady => 110,
            Self::NotRegistered => 100,
        }
    }
}

impl Method {
    /// The path that a method goes with; control and `OPTIONS` have several.
    #[must_use]
    pub const fn path(self) -> Option<&'static str> {
        match self {
            Self::Disc => Some("/device"),
            Self::Info => Some("/info"),
            Self::Stream => Some("/stream"),
            Self::RCapture | Self::Capture => Some("/capture"),
            Self::Options | Self::Post => None,
        }
    }
}

impl Modality {
    /// Value of `deviceSubType`.
    #[must_use]
    pub const fn sub_type(self) -> &'static str {
        match self {
            Self::Finger => "Slap",
            Self::Iris => "Double",
            Self::Face => "Full face",
        }
    }

    /// Values of `deviceSubId`.
    #[must_use]
    pub const fn sub_ids(self) -> &'static [&'static str] {
        match self {
            Self::Finger | Self::Iris => &["1", "2", "3"],
            Self::Face => &["0"],
        }
    }

    /// The parts of the body that a `deviceSubId` takes, in the order of an answer. Empty for a face, and for a sub id
    /// that the device does not have.
    #[must_use]
    pub fn parts(self, sub_id: &str) -> Vec<Part> {
        use FingerPosition as F;
        let fingers: &[F] = match (self, sub_id) {
            (Self::Finger, "1") => &[F::LeftIndex, F::LeftMiddle, F::LeftRing, F::LeftLittle],
            (Self::Finger, "2") => &[F::RightIndex, F::RightMiddle, F::RightRing, F::RightLittle],
            (Self::Finger, "3") => &[F::LeftThumb, F::RightThumb],
            (Self::Iris, "1") => return vec![Part::Eye(Eye::Left)],
            (Self::Iris, "2") => return vec![Part::Eye(Eye::Right)],
            (Self::Iris, "3") => return vec![Part::Eye(Eye::Left), Part::Eye(Eye::Right)],
            _ => &[],
        };
        fingers.iter().copied().map(Part::Finger).collect()
    }
}

/// A part of the body that has a name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A finger.
    Finger(FingerPosition),
    /// An eye.
    Eye(Eye),
}

impl Part {
    /// Value of `bioSubType`.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        use FingerPosition as F;
        match self {
            Self::Eye(Eye::Left) => "Left",
            Self::Eye(Eye::Right) => "Right",
            Self::Finger(F::LeftThumb) => "Left Thumb",
            Self::Finger(F::LeftIndex) => "Left IndexFinger",
            Self::Finger(F::LeftMiddle) => "Left MiddleFinger",
            Self::Finger(F::LeftRing) => "Left RingFinger",
            Self::Finger(F::LeftLittle) => "Left LittleFinger",
            Self::Finger(F::RightThumb) => "Right Thumb",
            Self::Finger(F::RightIndex) => "Right IndexFinger",
            Self::Finger(F::RightMiddle) => "Right MiddleFinger",
            Self::Finger(F::RightRing) => "Right RingFinger",
            Self::Finger(F::RightLittle) => "Right LittleFinger",
        }
    }

    /// The part of a `bioSubType`.
    #[must_use]
    pub fn from_wire(word: &str) -> Option<Self> {
        let fingers = FingerPosition::ALL.iter().copied().map(Self::Finger);
        let eyes = Eye::ALL.iter().copied().map(Self::Eye);
        fingers.chain(eyes).find(|part| part.wire() == word)
    }

    /// The same part of the other side.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Finger(finger) => Self::Finger(finger.mirrored()),
            Self::Eye(Eye::Left) => Self::Eye(Eye::Right),
            Self::Eye(Eye::Right) => Self::Eye(Eye::Left),
        }
    }
}

/// What `errorInfo` says for a code. The codes are the protocol's and the mock service's, the words are ours.
#[must_use]
pub const fn error_info(code: u16) -> &'static str {
    match code {
        0 => "Success",
        100 => "Device not registered",
        101 => "No biometric object found",
        102 => "Biometric could not be extracted",
        103 => "Device tampered with",
        104 => "Management server cannot be reached",
        105 => "Image orientation wrong",
        106 => "Device not found",
        107 => "Device key expired",
        108 => "Domain key missing",
        109 => "Requested count of biometrics not supported",
        110 => "Device not ready",
        111 => "Device busy",
        112 => "Transaction id missing or malformed",
        113 => "Count does not match",
        114 => "Biometric type missing or unknown",
        115 => "Environment missing or unknown",
        116 => "Count not valid",
        117 => "Exception not valid",
        118 => "Device sub id not valid",
        119 => "Biometric subtype not valid",
        120 => "Biometric type is not that of the device",
        121 => "Purpose missing or not Registration",
        122 => "Subtype or exception does not belong to type and device sub id",
        123 => "Request not valid",
        202 => "Device cannot stream",
        500 => "Method or path unknown",
        501 => "Type missing",
        502 => "Type unknown",
        503 => "No such device connected",
        504 => "Status unknown",
        505 => "Score not valid",
        506 => "Delay not valid",
        507 => "Method unknown",
        508 => "Fault not valid",
        509 => "Setting not valid",
        601 => "Not a registration device: no stream",
        604 => "Device id missing",
        605 => "Device id unknown",
        606 => "Purpose of the device is another",
        607 => "Device neither ready nor busy",
        608 => "No image",
        609 => "Stream timed out",
        700 => "Stream stopped",
        701 => "Capture timed out",
        702 => "Another device or part is streaming",
        703 => "Capture in progress",
        704 => "Device id missing",
        705 => "Device id unknown",
        706 => "Purpose of the device is another",
        707 | 708 => "No biometric data",
        709 => "Not a registration device",
        710 => "Capture failed for an unknown reason",
        808 => "No biometric data",
        809 => "Not an authentication device",
        999 => "Service failed for an unknown reason",
        _ => "Error of the device",
    }
}

/// A refusal: code and what was wrong, for whoever writes a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Code on the wire.
    pub code: u16,
    /// Detail, without any value of the request.
    pub detail: Option<String>,
}

impl Refusal {
    pub(super) fn with(code: u16, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()) }
    }

    /// The object `{errorCode, errorInfo}`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let info = match &self.detail {
            Some(detail) => format!("{}: {detail}", error_info(self.code)),
            None => error_info(self.code).to_owned(),
        };
        serde_json::json!({ "errorCode": self.code.to_string(), "errorInfo": info })
    }
}

impl From<u16> for Refusal {
    fn from(code: u16) -> Self {
        Self { code, detail: None }
    }
}

//! Tells what record bytes are.

use serde::{Deserialize, Serialize};

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordKind {
    /// Finger images, ISO/IEC 19794-4 ([`super::fir`]).
    FingerImages,
    /// Face images, ISO/IEC 19794-5 ([`super::fac`]).
    FaceImages,
    /// Iris images, ISO/IEC 19794-6 ([`super::iir`]).
    IrisImages,
    /// Finger minutiae, ISO/IEC 19794-2 ([`super::fmr`]).
    FingerMinutiae,
    /// Finger minutiae, ANSI INCITS 378 ([`super::incits378`]).
    IncitsMinutiae,
    /// Signature time series, ISO/IEC 19794-7 ([`super::sdi`]).
    Signature,
    /// A BIR in XML ([`super::cbeff`]).
    Bir,
}

impl RecordKind {
    /// Stable name, as in files and messages.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::FingerImages => "finger_images",
            Self::FaceImages => "face_images",
            Self::IrisImages => "iris_images",
            Self::FingerMinutiae => "finger_minutiae",
            Self::IncitsMinutiae => "incits_minutiae",
            Self::Signature => "signature",
            Self::Bir => "bir",
        }
    }
}

impl std::fmt::Display for RecordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

/// Bytes of an XML document in which its root element must begin.
const XML_HEAD: usize = 2048;

/// Tells the kind from the first bytes, and for minutiae from the length of the whole; `None` when it is
/// none. The edition is not looked at: a record of another edition is named, and refused by its reader.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<RecordKind> {
    match bytes {
        [b'F', b'I', b'R', 0, ..] => Some(RecordKind::FingerImages),
        [b'F', b'A', b'C', 0, ..] => Some(RecordKind::FaceImages),
        [b'I', b'I', b'R', 0, ..] => Some(RecordKind::IrisImages),
        [b'F', b'M', b'R', 0, ..] => Some(minutiae(bytes)),
        [b'S', b'D', b'I', 0, ..] => Some(RecordKind::Signature),
        _ => is_bir(bytes).then_some(RecordKind::Bir),
    }
}

/// The two minutiae formats have the same identifier and version. In ISO/IEC 19794-2:2005 the length has four
/// bytes, in INCITS 378-2004 two, or two zeros and four: the one that agrees with the bytes decides. Where
/// none does, a length of two bytes that is not zero is INCITS.
fn minutiae(bytes: &[u8]) -> RecordKind {
    let number = |from: usize, to: usize| {
        let field = bytes.get(from..to)?;
        Some(field.iter().fold(0_u64, |sum, b| sum << 8 | u64::from(*b)))
    };
    let length = Some(bytes.len() as u64);
    let iso = number(8, 12) == length;
    let incits = number(8, 10) == length || (number(8, 10) == Some(0) && number(10, 14) == length);
    let claims_incits = number(8, 10).is_some_and(|v| v != 0);
    if incits || (!iso && claims_incits) { RecordKind::IncitsMinutiae } else { RecordKind::FingerMinutiae }
}

/// True for an XML document whose first element is `BIR`, with or without a prefix.
fn is_bir(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(XML_HEAD)];
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut at = 0;
    while let Some(open) = head[at..].iter().position(|b| *b == b'<').map(|p| at + p) {
        let rest = &head[open..];
        let close: &[u8] = match rest {
            r if r.starts_with(b"<?") => b"?>",
            r if r.starts_with(b"<!--") => b"-->",
            [b'<', name @ ..] => {
                let end = name.iter().position(|b| !(b.is_ascii_alphanumeric() || b":_-.".contains(b)));
                let name = &name[..end.unwrap_or(name.len())];
                return name == b"BIR" || name.ends_with(b":BIR");
            }
            _ => return false,
        };
        match rest.windows(close.len()).position(|w| w == close) {
            Some(length) => at = open + length + close.len(),
            None => return false,
        }
    }
    false
}

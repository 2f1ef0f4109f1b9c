//! The names of the record's entries, in one place.
//!
//! A name is lower-case letters, digits, `_`, `-`, `.` and `/`; see [`check_name`].

use biometrics::position::{Eye, FingerPosition};

/// The manifest; written by the seal, never by a step.
pub const MANIFEST: &str = "manifest.json";
/// Raw 64-byte Ed25519 signature of the station over the bytes of [`MANIFEST`].
pub const MANIFEST_SIG: &str = "manifest.sig";
/// The same by the operator's own key.
pub const MANIFEST_OPERATOR_SIG: &str = "manifest.operator.sig";

/// Biodata as confirmed.
pub const BIODATA: &str = "biodata.json";
/// The policy file's decision with its facts.
pub const POLICY: &str = "policy.json";
/// Health facts of officer and applicant, apart from everything else.
pub const HEALTH: &str = "health.json";
/// Every attempt with its score, one JSON object a line.
pub const EVENTS: &str = "events.jsonl";
/// Every capture's score with its measure, reasons, limit and, where a weak one was accepted, why.
pub const QUALITY: &str = "quality.json";
/// Corrections of biodata: old, new, document, second person.
pub const CORRECTIONS: &str = "corrections.json";
/// What a card that the applicant holds told: digest of its UID, the operator's judgement. Only where one was read.
pub const CARD: &str = "identity/card.json";
/// Picture on the chip of that card, JPEG.
pub const CARD_PHOTO: &str = "identity/card.jpg";
/// CBEFF BIR in XML (ISO/IEC 19785-3).
pub const BIOMETRICS: &str = "biometrics.xml";
/// Face, JPEG.
pub const FACE_JPEG: &str = "face/photo.jpg";
/// Face, JPEG 2000.
pub const FACE_JP2: &str = "face/photo.jp2";
/// How the photo was chosen, its background against the rule, and whether that was replaced by software.
pub const FACE_FACTS: &str = "face/photo.json";
/// Face record, ISO/IEC 19794-5.
pub const FACE_FAC: &str = "face/face.fac";
/// Finger image record, ISO/IEC 19794-4.
pub const FINGERS_FIR: &str = "fingers/fingers.fir";
/// Finger minutiae record, ISO/IEC 19794-2.
pub const FINGERS_FMR: &str = "fingers/fingers.fmr";
/// What the 1:1 verification said.
pub const VERIFICATION: &str = "verification/verification.json";
/// Iris image record, ISO/IEC 19794-6.
pub const IRISES_IIR: &str = "irises/irises.iir";
/// Strokes of the card signature.
pub const CARD_STROKES: &str = "signature/card.json";
/// Card signature with time and pressure, ISO/IEC 19794-7.
pub const CARD_SDI: &str = "signature/card.sdi";
/// Card signature as the chip holds it: 168x44 bits, one a pixel, rows of 21 bytes.
pub const CHIP_SIGNATURE: &str = "chip/signature.bin";
/// Picture of the card signature.
pub const CARD_PNG: &str = "signature/card.png";
/// Strokes of the signature under the statement.
pub const STATEMENT_STROKES: &str = "signature/statement.json";
/// Signature under the statement with time and pressure, ISO/IEC 19794-7.
pub const STATEMENT_SDI: &str = "signature/statement.sdi";
/// Picture of the signature under the statement.
pub const STATEMENT_PNG: &str = "signature/statement.png";
/// Why the applicant cannot sign, and who saw it.
pub const CANNOT_SIGN: &str = "signature/cannot-sign.json";
/// The statement as it was shown.
pub const STATEMENT_TEXT: &str = "statement/statement.txt";
/// Declared exceptions with reason and term.
pub const EXCEPTIONS: &str = "exceptions/exceptions.json";

/// Entries with a fixed name, with their media types. The names with a part that varies come from functions.
const FIXED: &[(&str, &str)] = &[
    (BIODATA, JSON),
    (POLICY, JSON),
    (HEALTH, JSON),
    (EVENTS, JSON_LINES),
    (QUALITY, JSON),
    (CORRECTIONS, JSON),
    (CARD, JSON),
    (CARD_PHOTO, JPEG),
    (BIOMETRICS, XML),
    (FACE_JPEG, JPEG),
    (FACE_JP2, JP2),
    (FACE_FACTS, JSON),
    (FACE_FAC, FAC),
    (FINGERS_FIR, FIR),
    (FINGERS_FMR, FMR),
    (VERIFICATION, JSON),
    (IRISES_IIR, IIR),
    (CARD_STROKES, JSON),
    (CARD_SDI, SDI),
    (CHIP_SIGNATURE, BITS),
    (CARD_PNG, PNG),
    (STATEMENT_STROKES, JSON),
    (STATEMENT_SDI, SDI),
    (STATEMENT_PNG, PNG),
    (CANNOT_SIGN, JSON),
    (STATEMENT_TEXT, TEXT),
    (EXCEPTIONS, JSON),
];

/// Media type of JSON.
pub const JSON: &str = "application/json";
/// Media type of JSON lines.
pub const JSON_LINES: &str = "application/jsonl";
/// Media type of XML.
pub const XML: &str = "application/xml";
/// Media type of plain text in UTF-8.
pub const TEXT: &str = "text/plain";
/// Media type of JPEG.
pub const JPEG: &str = "image/jpeg";
/// Media type of JPEG 2000 Part 1 files (RFC 3745).
pub const JP2: &str = "image/jp2";
/// Media type of PNG.
pub const PNG: &str = "image/png";
/// Media type of ISO/IEC 19794-5 face records.
pub const FAC: &str = "application/vnd.iso.19794-5";
/// Media type of ISO/IEC 19794-4 finger image records.
pub const FIR: &str = "application/vnd.iso.19794-4";
/// Media type of ISO/IEC 19794-2 finger minutiae records.
pub const FMR: &str = "application/vnd.iso.19794-2";
/// Media type of ISO/IEC 19794-6 iris records.
pub const IIR: &str = "application/vnd.iso.19794-6";

/// Media type of ISO/IEC 19794-7 signature records.
pub const SDI: &str = "application/vnd.iso.19794-7";
/// Media type of ANSI INCITS 378 finger minutiae templates.
pub const INCITS_378: &str = "application/vnd.incits.378";
/// Media type of bits without a format of their own.
pub const BITS: &str = "application/octet-stream";

/// Most numbered photos of one kind.
pub const MAX_NUMBERED: u32 = 32;

/// `fingers/<id>.jp2`.
#[must_use]
pub fn finger(position: FingerPosition) -> String {
    format!("fingers/{}.jp2", position.id())
}
/// `verification/<id>.jp2`.
#[must_use]
pub fn verification(position: FingerPosition) -> String {
    format!("verification/{}.jp2", position.id())
}
/// `chip/<id>.378`: a finger's template as the chip holds it.
#[must_use]
pub fn chip_finger(position: FingerPosition) -> String {
    format!("chip/{}.378", position.id())
}
/// `irises/<id>.jp2`.
#[must_use]
pub fn iris(eye: Eye) -> String {
    format!("irises/{}.jp2", eye.id())
}
/// `exceptions/photo-<n>.jpg`, counted from 1 to [`MAX_NUMBERED`].
#[must_use]
pub fn exception_photo(n: u32) -> String {
    format!("exceptions/photo-{n}.jpg")
}
/// `evidence/<n>.jpg`, counted from 1 to [`MAX_NUMBERED`].
#[must_use]
pub fn evidence(n: u32) -> String {
    format!("evidence/{n}.jpg")
}

/// The media type that an entry of this name must have; `None` for a name that no record knows.
#[must_use]
pub fn media_type(name: &str) -> Option<&'static str> {
    if let Some((_, media)) = FIXED.iter().find(|(fixed, _)| *fixed == name) {
        return Some(media);
    }
    if FingerPosition::ALL.iter().any(|p| chip_finger(*p) == name) {
        return Some(INCITS_378);
    }
    let finger_like = FingerPosition::ALL.iter().any(|p| finger(*p) == name || verification(*p) == name);
    if finger_like || Eye::ALL.iter().any(|e| iris(*e) == name) {
        return Some(JP2);
    }
    (1..=MAX_NUMBERED).any(|n| exception_photo(n) == name || evidence(n) == name).then_some(JPEG)
}

/// Longest name, in bytes.
pub const MAX_NAME: usize = 96;

/// True for a name that can be written below any folder on any system: one to four parts joined by `/`, each of
/// `a-z 0-9 _ - .`, beginning with a letter or a digit and not ending with a dot, at most [`MAX_NAME`] bytes in
/// all. That leaves no room for `..`, absolute paths, drive letters, back-slashes or hidden files.
#[must_use]
pub fn check_name(name: &str) -> bool {
    let part_ok = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && !part.ends_with('.')
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b))
    };
    name.len() <= MAX_NAME && name.split('/').count() <= 4 && name.split('/').all(part_ok)
}

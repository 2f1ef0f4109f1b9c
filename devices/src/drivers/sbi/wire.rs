//! The words of the protocol (SBI 0.9.5): what is sent, written strictly, and what is received, read leniently.
//!
//! The published texts disagree about types: one wants numbers where another refuses them. So everything is written
//! as text, and texts, numbers and missing fields are all read.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::vocabulary::DeviceKind;

/// The code of no error.
pub(super) const SUCCESS: &str = "0";
/// Versions of the protocol that are spoken, the preferred one first; both have the shapes of 0.9.5.
pub(super) const SPEC_VERSIONS: &[&str] = &["0.9.5", "1.0.0"];
/// Purpose of a device that records.
pub(super) const REGISTRATION: &str = "Registration";
/// Longest text that is taken over from a service.
const TEXT_MAX_CHARS: usize = 200;

/// What a device captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum BioType {
    /// Fingers.
    Finger,
    /// Irises.
    Iris,
    /// Face.
    Face,
}

impl BioType {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Finger, Self::Iris, Self::Face];
    /// The name on the wire.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Finger => "Finger",
            Self::Iris => "Iris",
            Self::Face => "Face",
        }
    }
    /// The kind of device of the station.
    #[must_use]
    pub const fn kind(self) -> DeviceKind {
        match self {
            Self::Finger => DeviceKind::Fingerprint,
            Self::Iris => DeviceKind::Iris,
            Self::Face => DeviceKind::Camera,
        }
    }
    /// The value of a name on the wire.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.id().eq_ignore_ascii_case(id))
    }
    /// The value that serves a kind of device.
    #[must_use]
    pub fn of_kind(kind: DeviceKind) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.kind() == kind)
    }
}

// --- sent -------------------------------------------------------------------------------------------------------

/// Body of a discovery.
pub(super) fn discover_request() -> String {
    r#"{"type":"Biometric Device"}"#.to_owned()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StreamRequest<'a> {
    device_id: &'a str,
    device_sub_id: &'a str,
    timeout: String,
}

/// Body of a stream call.
pub(super) fn stream_request(device_id: &str, device_sub_id: &str, timeout_ms: u64) -> String {
    json(&StreamRequest { device_id, device_sub_id, timeout: timeout_ms.to_string() })
}

/// A registration capture; the fields stand in the order in which the reference client writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaptureRequest<'a> {
    pub(super) env: &'a str,
    pub(super) purpose: &'a str,
    pub(super) spec_version: &'a str,
    /// Milliseconds.
    pub(super) timeout: String,
    pub(super) capture_time: String,
    pub(super) transaction_id: &'a str,
    pub(super) bio: [CaptureBio<'a>; 1],
    pub(super) custom_opts: serde_json::Map<String, Value>,
}

/// What is to be captured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaptureBio<'a> {
    #[serde(rename = "type")]
    pub(super) bio_type: &'a str,
    pub(super) count: String,
    pub(super) bio_sub_type: &'a [String],
    pub(super) exception: &'a [String],
    pub(super) requested_score: String,
    pub(super) device_id: &'a str,
    pub(super) device_sub_id: &'a str,
    pub(super) previous_hash: &'a str,
}

/// JSON of what is sent. Plain structures of texts cannot fail; if one did, the service would refuse the empty body.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A moment as the protocol writes it: UTC with `Z`.
pub(super) fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

// --- received ---------------------------------------------------------------------------------------------------

/// A field as text: texts and numbers as they are, anything else and a missing field as empty.
pub(super) fn text(value: &Value, key: &str) -> String {
    value.get(key).map(plain).unwrap_or_default()
}

/// A field as a list of texts; one text counts as a list of one.
pub(super) fn texts(value: &Value, key: &str) -> Vec<String> {
    match value.get(key) {
        Some(Value::Array(items)) => items.iter().map(plain).filter(|t| !t.is_empty()).collect(),
        Some(one) => Some(plain(one)).filter(|t| !t.is_empty()).into_iter().collect(),
        None => Vec::new(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A text for people and identifiers: without control characters, of a bounded length.
pub(super) fn label(value: &Value, key: &str) -> String {
    text(value, key).chars().filter(|c| !c.is_control()).take(TEXT_MAX_CHARS).collect()
}

/// The elements of an answer that should be a list; one object counts as a list of one.
pub(super) fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(_) => vec![value],
        _ => Vec::new(),
    }
}

/// The error code of an answer or of an element: `{"error":{"errorCode"}}` or bare `{"errorCode"}`. `None` where
/// nothing is said of errors. Codes are cut to what can be shown and searched for.
pub(super) fn error_code(value: &Value) -> Option<String> {
    let holder = value.get("error").filter(|e| e.is_object()).unwrap_or(value);
    holder.get("errorCode")?;
    let code = text(holder, "errorCode");
    let clean: String = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(24).collect();
    Some(if clean.is_empty() { SUCCESS.to_owned() } else { clean.to_ascii_lowercase() })
}

/// A moment as services write it; one without a zone is UTC, as the protocol says.
pub(super) fn parse_moment(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|t| t.with_timezone(&Utc));
    zoned.ok().or_else(|| {
        let naive = |format| NaiveDateTime::parse_from_str(text, format).ok();
        naive("%Y-%m-%dT%H:%M:%S%.f").or_else(|| naive("%Y-%m-%d %H:%M:%S%.f")).map(|t| t.and_utc())
    })
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;

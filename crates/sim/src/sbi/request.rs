//! The request of `RCAPTURE`, taken only when it is exactly what the protocol's schemas and the mock service demand:
//! numbers as strings, no field too many, counts that add up.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::wire::{ENVIRONMENTS, Modality, Part, Refusal, SPEC_VERSIONS};

/// Longest timeout that is taken, in milliseconds; the protocol has no bound.
pub const TIMEOUT_MAX_MS: u64 = 600_000;

/// The name of a part that is not known.
const UNKNOWN: &str = "UNKNOWN";
const FIELDS: [&str; 8] =
    ["env", "purpose", "specVersion", "timeout", "captureTime", "transactionId", "bio", "customOpts"];
const BIO_FIELDS: [&str; 8] =
    ["type", "count", "bioSubType", "exception", "requestedScore", "deviceId", "deviceSubId", "previousHash"];

/// A request that may be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureRequest {
    /// Environment, to be repeated.
    pub env: String,
    /// Version, to be repeated.
    pub spec_version: String,
    /// How long the capture may take.
    pub timeout_ms: u64,
    /// To be repeated.
    pub transaction_id: String,
    /// Which device.
    pub modality: Modality,
    /// Which part of it.
    pub sub_id: String,
    /// What is asked for, in the order of the answer; empty for a face.
    pub parts: Vec<Part>,
    /// What the person does not have. On a face device: an exception photo is asked for.
    pub exceptions: Vec<Part>,
    /// Score asked for, as it was written.
    pub requested_score: String,
    /// Hash of the capture before, empty for the first one.
    pub previous_hash: Vec<u8>,
}

/// Reads a request. `find` gives the device of an id.
///
/// # Errors
/// The code that the mock service has for what is wrong, 123 for what is against the schema.
pub fn read(body: &[u8], find: impl Fn(&str) -> Option<Modality>) -> Result<CaptureRequest, Refusal> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Refusal::with(123, "not JSON"))?;
    let Value::Object(request) = value else { return Err(Refusal::with(123, "not a JSON object")) };
    let transaction_id = text(&request, "transactionId").map_err(|_| Refusal::from(112))?;
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !(4..=50).contains(&transaction_id.len()) || !transaction_id.chars().all(sound) {
        return Err(Refusal::with(112, "4 to 50 of A-Z a-z 0-9 -"));
    }
    let env = text(&request, "env").map_err(|_| Refusal::from(115))?;
    if !ENVIRONMENTS.contains(&env.as_str()) {
        return Err(115.into());
    }
    if text(&request, "purpose").map_err(|_| Refusal::from(121))? != "Registration" {
        return Err(121.into());
    }
    let spec_version = text(&request, "specVersion")?;
    if !SPEC_VERSIONS.contains(&spec_version.as_str()) {
        return Err(Refusal::with(123, "specVersion is not 0.9.5 or 1.0.0"));
    }
    let timeout_ms = timeout(&text(&request, "timeout")?)?;
    if DateTime::parse_from_rfc3339(&text(&request, "captureTime")?).is_err() {
        return Err(Refusal::with(123, "captureTime is no RFC 3339 time with zone"));
    }
    match request.get("customOpts") {
        None | Some(Value::Null) => {}
        Some(Value::Object(options)) if options.is_empty() => {}
        Some(_) => return Err(Refusal::with(123, "customOpts is not null or empty")),
    }
    known(&request, &FIELDS)?;
    let bio = match request.get("bio") {
        Some(Value::Array(list)) => match list.as_slice() {
            [Value::Object(bio)] => bio,
            _ => return Err(Refusal::with(123, "bio must hold one object")),
        },
        _ => return Err(Refusal::with(123, "bio is missing or no array")),
    };
    known(bio, &BIO_FIELDS)?;
    let (modality, sub_id) = device(bio, find)?;
    let (parts, exceptions) = parts(bio, modality, &sub_id)?;
    let requested_score = text(bio, "requestedScore")?;
    if !is_score(&requested_score) {
        return Err(Refusal::with(123, "requestedScore is no decimal of 0 to 100"));
    }
    let previous = text(bio, "previousHash")?;
    let previous_hash =
        hex::decode(&previous).map_err(|_| Refusal::with(710, "previousHash is not hexadecimal"))?;
    if !matches!(previous_hash.len(), 0 | 32) {
        return Err(Refusal::with(710, "previousHash is no SHA-256"));
    }
    Ok(CaptureRequest {
        env,
        spec_version,
        timeout_ms,
        transaction_id,
        modality,
        sub_id,
        parts,
        exceptions,
        requested_score,
        previous_hash,
    })
}

/// A string field.
///
/// # Errors
/// 123 when it is missing, null or of another type.
fn text(object: &Map<String, Value>, field: &str) -> Result<String, Refusal> {
    match object.get(field) {
        Some(Value::String(text)) => Ok(text.clone()),
        None | Some(Value::Null) => Err(Refusal::with(123, format!("{field} is missing or null"))),
        Some(_) => Err(Refusal::with(123, format!("{field} must be a string"))),
    }
}

fn known(object: &Map<String, Value>, fields: &[&str]) -> Result<(), Refusal> {
    match object.keys().any(|key| !fields.contains(&key.as_str())) {
        // The field's name is not repeated: a client may have put anything there.
        true => Err(Refusal::with(123, "a field that the protocol does not know")),
        false => Ok(()),
    }
}

/// A time in milliseconds, written as a string of digits.
///
/// # Errors
/// 123 for anything else, zero, and more than [`TIMEOUT_MAX_MS`].
pub fn timeout(text: &str) -> Result<u64, Refusal> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let ms = text.parse().ok().filter(|ms| digits && (1..=TIMEOUT_MAX_MS).contains(ms));
    ms.ok_or_else(|| Refusal::with(123, "timeout is no string of milliseconds, 1 to 600000"))
}

/// True for `0` to `100` with or without decimals, as in the pattern of the schemas.
#[must_use]
pub fn is_score(text: &str) -> bool {
    let (whole, decimals) = match text.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let zeros = |text: &str| text.bytes().all(|b| b == b'0');
    digits(whole)
        && decimals.is_none_or(digits)
        && (whole.len() <= 2 || (whole == "100" && decimals.is_none_or(zeros)))
}

fn device(
    bio: &Map<String, Value>,
    find: impl Fn(&str) -> Option<Modality>,
) -> Result<(Modality, String), Refusal> {
    let id = text(bio, "deviceId").map_err(|_| Refusal::from(704))?;
    if id.trim().is_empty() {
        return Err(704.into());
    }
    let word = text(bio, "type").map_err(|_| Refusal::from(114))?;
    // Exactly as in the schema: capitals matter here.
    let asked = Modality::ALL.iter().copied().find(|m| m.wire() == word).ok_or(Refusal::from(114))?;
    let modality = find(&id).ok_or(Refusal::from(705))?;
    if asked != modality {
        return Err(120.into());
    }
    let sub_id = text(bio, "deviceSubId")?;
    if !modality.sub_ids().contains(&sub_id.as_str()) {
        return Err(118.into());
    }
    Ok((modality, sub_id))
}

/// What is asked for and what is excepted.
fn parts(
    bio: &Map<String, Value>,
    modality: Modality,
    sub_id: &str,
) -> Result<(Vec<Part>, Vec<Part>), Refusal> {
    let own = modality.parts(sub_id);
    let named = list(bio, "bioSubType", true, 119, false)?;
    if named.iter().any(|part| !own.contains(part)) {
        return Err(122.into());
    }
    let exceptions = list(bio, "exception", false, 117, modality == Modality::Face)?;
    let foreign = modality != Modality::Face && exceptions.iter().any(|part| !own.contains(part));
    // A single iris has no exception: then nothing would be left.
    if foreign || (own.len() == 1 && !exceptions.is_empty()) {
        return Err(122.into());
    }
    let parts: Vec<Part> = own.iter().copied().filter(|part| !exceptions.contains(part)).collect();
    if named.iter().any(|part| !parts.contains(part)) {
        return Err(122.into());
    }
    let count: usize = text(bio, "count")?.parse().map_err(|_| Refusal::from(116))?;
    let right = if modality == Modality::Face { 1 } else { parts.len() };
    if count == 0 || count != right {
        return Err(109.into());
    }
    Ok((parts, exceptions))
}

/// A list of names without repetitions. Where `unknown` may stand among them (the schema lets it in exceptions of a
/// face), it says that no portrait's pose is needed and names nothing.
fn list(
    bio: &Map<String, Value>,
    field: &str,
    required: bool,
    code: u16,
    unknown: bool,
) -> Result<Vec<Part>, Refusal> {
    let values = match bio.get(field) {
        Some(Value::Array(values)) => values,
        None | Some(Value::Null) if !required => return Ok(Vec::new()),
        _ => return Err(Refusal::with(123, format!("{field} must be an array"))),
    };
    let mut parts = Vec::new();
    let unknowns = values.iter().filter(|value| **value == UNKNOWN).count();
    if unknowns > usize::from(unknown) {
        return Err(Refusal::with(code, "UNKNOWN is not known here, or named twice"));
    }
    // Nulls stand for nothing in the schemas.
    for value in values.iter().filter(|value| !value.is_null() && **value != UNKNOWN) {
        let part = value.as_str().and_then(Part::from_wire).ok_or(Refusal::from(code))?;
        if parts.contains(&part) {
            return Err(Refusal::with(code, "named twice"));
        }
        parts.push(part);
    }
    Ok(parts)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;

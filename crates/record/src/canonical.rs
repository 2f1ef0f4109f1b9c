//! Bytes to sign: one JSON value has exactly one encoding.
//!
//! The encoding is a subset of RFC 8785 (JSON Canonicalization Scheme): UTF-8, no white space, object members
//! sorted by name, the shortest string escapes, integers only (a number with a fraction or exponent is refused,
//! so no float formatting can differ between languages). Member names are ASCII, where sorting by bytes and by
//! UTF-16 units is the same. Every kind of statement has a domain line in front, so that a signature over one
//! kind can never be passed off as another: `<domain>\n<json>`. `jq -cSj` prints the JSON part.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Deepest nesting that is encoded (the deepest statement of ours uses 3).
const MAX_DEPTH: usize = 32;

/// Why a value has no canonical encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// A number is not an integer.
    #[error(
        "REC-01 a signed statement holds a number that is not an integer; send it as text or in small units"
    )]
    Fraction,
    /// An object's member name is not ASCII.
    #[error("REC-02 a signed statement holds a member name outside ASCII")]
    Name,
    /// Nested too deeply.
    #[error("REC-03 a signed statement is nested too deeply")]
    Depth,
    /// The value cannot be written as JSON.
    #[error("REC-04 a signed statement cannot be written as JSON")]
    Json,
}

/// `<domain>\n<canonical JSON of value>`.
///
/// # Errors
/// [`CanonicalError`] when the value has no canonical encoding.
pub fn to_bytes<T: Serialize>(domain: &str, value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(|_| CanonicalError::Json)?;
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(domain.as_bytes());
    out.push(b'\n');
    write(&value, &mut out, 0)?;
    Ok(out)
}

/// The same without the member `signature`: what is signed of a statement that carries its signature.
///
/// # Errors
/// As [`to_bytes`].
pub fn unsigned_bytes<T: Serialize>(domain: &str, value: &T) -> Result<Vec<u8>, CanonicalError> {
    let mut value = serde_json::to_value(value).map_err(|_| CanonicalError::Json)?;
    if let Some(members) = value.as_object_mut() {
        members.remove("signature");
    }
    to_bytes(domain, &value)
}

fn write(value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), CanonicalError> {
    if depth > MAX_DEPTH {
        return Err(CanonicalError::Depth);
    }
    match value {
        Value::Number(n) if !(n.is_i64() || n.is_u64()) => return Err(CanonicalError::Fraction),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            serde_json::to_writer(&mut *out, value).map_err(|_| CanonicalError::Json)?;
        }
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            // Sorted here: whether serde_json's map keeps insertion order depends on features of other crates.
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            out.push(b'{');
            for (i, name) in names.into_iter().enumerate() {
                if !name.is_ascii() {
                    return Err(CanonicalError::Name);
                }
                if i > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, name).map_err(|_| CanonicalError::Json)?;
                out.push(b':');
                write(&members[name.as_str()], out, depth + 1)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// The same value with the members of every object in sorted order, for pretty files with fixed bytes.
#[must_use]
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut pairs: Vec<_> = members.iter().collect();
            pairs.sort_unstable_by(|a, b| a.0.cmp(b.0));
            Value::Object(pairs.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
        }
        other => other.clone(),
    }
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// True for exactly `bytes` bytes in lower-case hex.
#[must_use]
pub fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == bytes * 2 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

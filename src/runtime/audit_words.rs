//! What may stand in an audit line: ids and digests, never what an operator wrote.

use sha2::{Digest, Sha256};

/// Brings a detail into the form that audit lines have. Lists of ids are joined with `+`; what an operator wrote may
/// name people and becomes its digest.
pub(super) fn plain(key: &str, value: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._:+-".contains(&b);
    let like_nik = value.len() == 16 && value.bytes().all(|b| b.is_ascii_digit());
    if value.bytes().all(is_plain) && value.len() <= 128 && !like_nik {
        return value.to_owned();
    }
    let joined = value.replace(' ', "+");
    if matches!(key, "rules" | "target" | "fields") && joined.bytes().all(is_plain) && joined.len() <= 128 {
        return joined;
    }
    format!("sha256:{}", hex::encode(Sha256::digest(value.as_bytes())))
}

/// A stable reason for the audit line of a discarded draft.
pub(super) fn discard_reason(text: &str) -> String {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { text.to_owned() } else { "operator".to_owned() }
}

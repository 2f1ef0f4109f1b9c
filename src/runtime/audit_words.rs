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

/// Why an officer discards an open session; words are `discard-<reason>`.
pub const DISCARD_REASONS: [&str; 6] =
    ["applicant-left", "begun-by-mistake", "wrong-person", "recorded-elsewhere", "unreadable", "exercise"];

/// The reason for the audit line of a discarded draft: one of the list, never what somebody wrote.
pub(super) fn discard_reason(reason: &str) -> String {
    let known = DISCARD_REASONS.into_iter().find(|known| *known == reason);
    known.unwrap_or("operator").to_owned()
}

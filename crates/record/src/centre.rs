//! The centre's list of recipients: which age keys records are sealed to, and when, signed by the centre's root.
//!
//! A list is JSON. Its signature (Ed25519 by the root) is over `rekam-centre-list/1\n` and the canonical JSON
//! ([`crate::canonical`]) of all members but `signature`. Keys overlap in time for a rotation: while both are valid,
//! records are sealed to the old and the new one. At any time from `issued` to its end a list has a valid centre and a
//! valid escrow, so that no record can hang on one key alone.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::canonical::{self, CanonicalError};
use crate::keys::{self, SigningKey, VerifyingKey};
use crate::schema::Environment;

/// Value of `schema`.
pub const SCHEMA: &str = "rekam-centre-list/1";
/// Largest list that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// Fewest recipients: a centre and an escrow.
pub const RECIPIENTS_MIN: usize = 2;
/// Most recipients.
pub const RECIPIENTS_MAX: usize = 16;
const NAME_MAX: usize = 100;

/// Why a list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CentreError {
    /// It is not the JSON of a list.
    #[error("CTR-01 this is no centre list ({why})")]
    Form {
        /// What does not fit.
        why: String,
    },
    /// It is signed with another key than the pinned root.
    #[error("CTR-02 the list is not signed by this station's centre root")]
    Root,
    /// The signature does not fit: it was changed.
    #[error("CTR-03 the list's signature does not fit; it was changed after the centre signed it")]
    Signature,
    /// A recipient is no age key, or is there twice.
    #[error("CTR-04 recipient {number} of the list is {why}")]
    Recipient {
        /// Its place, from 1.
        number: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// There is a time without a valid centre or a valid escrow.
    #[error("CTR-05 from {from} on the list has no valid {missing}; keys must overlap without a gap")]
    Gap {
        /// Beginning of the gap.
        from: DateTime<Utc>,
        /// Which role is missing.
        missing: CentreRole,
    },
}

impl From<CanonicalError> for CentreError {
    fn from(error: CanonicalError) -> Self {
        Self::Form { why: error.to_string() }
    }
}

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CentreRole {
    /// The centre that works on the records.
    Centre,
    /// Kept apart, for the day when the centre's key is lost.
    Escrow,
}

impl CentreRole {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Centre, Self::Escrow];
}

impl std::fmt::Display for CentreRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Centre => "centre",
            Self::Escrow => "escrow",
        })
    }
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreEntry {
    /// What people call it.
    pub name: String,
    /// Centre or escrow.
    pub role: CentreRole,
    /// age X25519 recipient, `age1…`.
    pub recipient: String,
    /// First moment at which records are sealed to it.
    pub valid_from: DateTime<Utc>,
    /// First moment at which they are not any more.
    pub valid_until: DateTime<Utc>,
}

impl CentreEntry {
    /// True when records are sealed to it at this moment.
    #[must_use]
    pub fn is_valid(&self, at: DateTime<Utc>) -> bool {
        self.valid_from <= at && at < self.valid_until
    }
}

/// A list of recipients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreList {
    /// [`SCHEMA`].
    pub schema: String,
    /// Training or production; a list is never taken for the other.
    pub environment: Environment,
    /// Rises with each list; a lower one is never installed after a higher one.
    pub serial: u64,
    /// When the centre made it.
    pub issued: DateTime<Utc>,
    /// The recipients.
    pub entries: Vec<CentreEntry>,
    /// The root's Ed25519 public key, 32 bytes in lower-case hex.
    #[serde(default)]
    pub root: String,
    /// Ed25519 signature by the root, 64 bytes in lower-case hex.
    #[serde(default)]
    pub signature: String,
}

impl CentreList {
    /// Reads a list. Only [`CentreList::verify`] makes it worth anything.
    ///
    /// # Errors
    /// [`CentreError::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CentreError> {
        let form = |why: String| CentreError::Form { why };
        if bytes.len() > MAX_BYTES {
            return Err(form(format!("more than {MAX_BYTES} bytes")));
        }
        let list: Self = serde_json::from_slice(bytes).map_err(|e| form(e.to_string()))?;
        if list.schema == SCHEMA { Ok(list) } else { Err(form(format!("schema is not {SCHEMA}"))) }
    }

    /// The bytes that the root signs.
    ///
    /// # Errors
    /// [`CentreError::Form`]; cannot happen for a list that was parsed.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, CentreError> {
        Ok(canonical::unsigned_bytes(SCHEMA, self)?)
    }

    /// SHA-256 of [`CentreList::canonical_bytes`], lower-case hex: what supervisors approve.
    ///
    /// # Errors
    /// As [`CentreList::canonical_bytes`].
    pub fn digest(&self) -> Result<String, CentreError> {
        Ok(canonical::sha256_hex(&self.canonical_bytes()?))
    }

    /// Checks the form and signs with the root's key.
    ///
    /// # Errors
    /// [`CentreError`] when the form is refused.
    pub fn sign(&mut self, root: &SigningKey) -> Result<(), CentreError> {
        self.check_form()?;
        self.root = keys::public_to_hex(&root.verifying_key());
        self.signature = keys::sign_hex(root, &self.canonical_bytes()?);
        Ok(())
    }

    /// Checks form and signature against the pinned root.
    ///
    /// # Errors
    /// [`CentreError`].
    pub fn verify(&self, root: &VerifyingKey) -> Result<(), CentreError> {
        if self.root != keys::public_to_hex(root) {
            return Err(CentreError::Root);
        }
        match keys::verify_hex(root, &self.canonical_bytes()?, &self.signature) {
            Ok(true) => self.check_form(),
            _ => Err(CentreError::Signature),
        }
    }

    fn check_form(&self) -> Result<(), CentreError> {
        let form = |why: String| Err(CentreError::Form { why });
        if self.serial == 0 {
            return form("its serial is 0".to_owned());
        }
        if !(RECIPIENTS_MIN..=RECIPIENTS_MAX).contains(&self.entries.len()) {
            let found = self.entries.len();
            return form(format!("{found} recipients, {RECIPIENTS_MIN} to {RECIPIENTS_MAX} are allowed"));
        }
        let mut seen = BTreeSet::new();
        for (number, entry) in (1..).zip(&self.entries) {
            let named = (1..=NAME_MAX).contains(&entry.name.chars().count())
                && !entry.name.chars().any(char::is_control);
            if !named || entry.valid_from >= entry.valid_until {
                return form(format!("name or dates of recipient {number}"));
            }
            let Ok(fingerprint) = keys::recipient_fingerprint(&entry.recipient) else {
                return Err(CentreError::Recipient { number, why: "no age X25519 key" });
            };
            if !seen.insert(fingerprint) {
                return Err(CentreError::Recipient { number, why: "there twice" });
            }
        }
        let end = self.usable_until()?;
        match self.entries.iter().find(|e| e.valid_from >= end) {
            // Keys after the end would be of no use: between the two nothing could be sealed.
            Some(late) => Err(CentreError::Gap { from: end, missing: late.role }),
            None => Ok(()),
        }
    }

    /// Until when, from `issued` on without a gap, there are a valid centre and a valid escrow.
    ///
    /// # Errors
    /// [`CentreError::Gap`] when there are none at the very beginning.
    pub fn usable_until(&self) -> Result<DateTime<Utc>, CentreError> {
        let mut end = DateTime::<Utc>::MAX_UTC;
        for role in CentreRole::ALL {
            let mut at = self.issued;
            let of_role = || self.entries.iter().filter(|e| e.role == role);
            while let Some(next) = of_role().filter(|e| e.is_valid(at)).map(|e| e.valid_until).max() {
                at = next;
            }
            if at == self.issued {
                return Err(CentreError::Gap { from: at, missing: role });
            }
            end = end.min(at);
        }
        Ok(end)
    }

    /// The recipients at a moment, all that are valid then; none unless a centre and an escrow are among them.
    #[must_use]
    pub fn recipients(&self, at: DateTime<Utc>) -> Option<Vec<String>> {
        let valid = || self.entries.iter().filter(|e| e.is_valid(at));
        let complete = CentreRole::ALL.iter().all(|role| valid().any(|e| e.role == *role));
        complete.then(|| valid().map(|e| e.recipient.clone()).collect())
    }
}

#[cfg(test)]
#[path = "centre_tests.rs"]
mod tests;

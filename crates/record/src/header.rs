//! The outer header `<id>.json`: what hub and station may know of a record without opening it.
//!
//! The file is pretty JSON. Its signature is Ed25519 by the station over
//! `rekam-header/1\n` followed by the canonical JSON ([`crate::canonical`]) of the header without the member
//! `signature`. Reading is strict: unknown, repeated or missing members are refused, so nobody can carry
//! personal data along in a header, and two readers never see two meanings.

use chrono::{DateTime, Utc};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::canonical::{self, CanonicalError, is_hex};
use crate::keys;
use crate::schema::Environment;

/// Value of [`Header::schema`].
pub const SCHEMA: &str = "rekam-header/1";
/// Largest header file, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// Most recipients of a record.
pub const MAX_RECIPIENTS: usize = 16;
/// Fewest recipients of a record: the centre and its escrow.
pub const MIN_RECIPIENTS: usize = 2;
/// Longest station id, in bytes.
pub const MAX_STATION: usize = 64;

/// Why a header was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Larger than [`MAX_BYTES`].
    #[error("HDR-01 the header has {found} bytes, more than {MAX_BYTES}; it is no header of a record")]
    TooLarge {
        /// Bytes that were there.
        found: usize,
    },
    /// Not the JSON of a header.
    #[error("HDR-02 the header cannot be read (line {line}); fetch the file again")]
    Syntax {
        /// Line of the first fault.
        line: usize,
    },
    /// Another version of the format.
    #[error("HDR-03 the header is of a version that this program does not know; update the program")]
    Schema,
    /// A member has a value that no header can have.
    #[error("HDR-04 the header's member `{member}` has an impossible value")]
    Member {
        /// Name of the member.
        member: &'static str,
    },
    /// Too few or too many recipients.
    #[error("HDR-05 the header names {found} recipients, not {MIN_RECIPIENTS} to {MAX_RECIPIENTS}")]
    Recipients {
        /// Recipients that were named.
        found: usize,
    },
    /// The key in the header is not the one that was expected.
    #[error("HDR-06 the header is of another station's key than the expected one")]
    OtherStation,
    /// The signature does not fit.
    #[error("HDR-07 the header's signature does not fit: it was changed after sealing")]
    Signature,
    /// Cannot be encoded for signing.
    #[error("HDR-08 {0}")]
    Canonical(#[from] CanonicalError),
}

/// The outer header. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// Record id, UUIDv7.
    pub id: Uuid,
    /// Training or production.
    pub environment: Environment,
    /// Station id.
    pub station: String,
    /// The station's Ed25519 public key, hex.
    pub station_key: String,
    /// Counts restores of the vault.
    pub epoch: u64,
    /// Counts records within the vault.
    pub counter: u64,
    /// Number of the vault's last audit line before sealing.
    pub audit_seq: u64,
    /// SHA-256 of that line, hex: who holds a header can tell when the audit was cut behind it.
    pub audit_head: String,
    /// SHA-256 of the payload file, hex.
    pub payload_sha256: String,
    /// Size of the payload file in bytes.
    pub payload_size: u64,
    /// Fingerprints of the recipients ([`keys::recipient_fingerprint`]).
    pub recipients: Vec<String>,
    /// SHA-256 of the tracking token, hex.
    pub tracking: String,
    /// When the session was finished.
    pub created: DateTime<Utc>,
    /// Ed25519 by the station, 64 bytes in hex.
    pub signature: String,
}

impl Header {
    /// The bytes that [`Header::signature`] is over.
    ///
    /// # Errors
    /// [`CanonicalError`]; cannot happen for a header that was parsed.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::unsigned_bytes(SCHEMA, self)
    }

    /// Sets station key and signature.
    ///
    /// # Errors
    /// [`HeaderError::Canonical`].
    pub fn sign(&mut self, station: &SigningKey) -> Result<(), HeaderError> {
        self.station_key = keys::public_to_hex(&station.verifying_key());
        self.signature = keys::sign_hex(station, &self.signed_bytes()?);
        Ok(())
    }

    /// The file: pretty JSON with a final newline.
    ///
    /// # Errors
    /// [`HeaderError::Canonical`] when it cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, HeaderError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|_| CanonicalError::Json)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a header and checks every member's form; does not check the signature.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() > MAX_BYTES {
            return Err(HeaderError::TooLarge { found: bytes.len() });
        }
        let header: Self =
            serde_json::from_slice(bytes).map_err(|e| HeaderError::Syntax { line: e.line() })?;
        header.check_form()?;
        Ok(header)
    }

    fn check_form(&self) -> Result<(), HeaderError> {
        if self.schema != SCHEMA {
            return Err(HeaderError::Schema);
        }
        let found = self.recipients.len();
        if !(MIN_RECIPIENTS..=MAX_RECIPIENTS).contains(&found) {
            return Err(HeaderError::Recipients { found });
        }
        let mut distinct = self.recipients.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let members: [(&'static str, bool); 8] = [
            ("id", self.id.get_version_num() == 7),
            ("station", check_station(&self.station)),
            ("station_key", keys::public_from_hex(&self.station_key).is_ok()),
            ("audit_head", is_hex(&self.audit_head, 32)),
            ("payload_sha256", is_hex(&self.payload_sha256, 32)),
            ("recipients", distinct.len() == found && distinct.iter().all(|r| is_hex(r, 16))),
            ("tracking", is_hex(&self.tracking, 32)),
            ("signature", is_hex(&self.signature, 64)),
        ];
        match members.into_iter().find(|(_, ok)| !ok) {
            Some((member, _)) => Err(HeaderError::Member { member }),
            None => Ok(()),
        }
    }

    /// Checks the signature; with `expected` also that it is this station's. Returns the key that signed.
    ///
    /// # Errors
    /// [`HeaderError::OtherStation`], [`HeaderError::Signature`] or [`HeaderError::Member`].
    pub fn verify(&self, expected: Option<&VerifyingKey>) -> Result<VerifyingKey, HeaderError> {
        let key = keys::public_from_hex(&self.station_key)
            .map_err(|_| HeaderError::Member { member: "station_key" })?;
        if expected.is_some_and(|expected| *expected != key) {
            return Err(HeaderError::OtherStation);
        }
        match keys::verify_hex(&key, &self.signed_bytes()?, &self.signature) {
            Ok(true) => Ok(key),
            Ok(false) => Err(HeaderError::Signature),
            Err(_) => Err(HeaderError::Member { member: "signature" }),
        }
    }
}

/// True for a station id: 1 to [`MAX_STATION`] letters, digits, `-`, `_` or `.`.
#[must_use]
pub fn check_station(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_STATION
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

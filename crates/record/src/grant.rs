//! Approvals: a supervisor's signature over a canonical request.
//!
//! A request's canonical bytes are `rekam-grant-request/1\n` and the canonical JSON ([`crate::canonical`]) of
//! [`GrantRequest`]. A grant's are `rekam-grant/1\n` and the canonical JSON of [`Grant`] without the member
//! `signature`. Times are RFC 3339 in UTC as the record's JSON writes them.
//!
//! A grant can be checked from the record alone, years later. What it cannot show is that it was used once: the
//! vault keeps the nonces it has seen. That the key is a supervisor's is said by the signed officer roster.

use chrono::{DateTime, Duration, Utc};
use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::canonical::{self, CanonicalError, is_hex, sha256_hex};
use crate::keys::{self, KeyError};
use crate::schema::{RequirementKind, StepId};

/// Longest time from asking to expiry, in hours.
pub const MAX_VALID_HOURS: i64 = 72;
/// Longest note of a supervisor, in bytes.
pub const MAX_NOTE: usize = 2000;
/// Longest reason or station id, in bytes.
pub const MAX_REASON: usize = 128;
/// Most pieces of evidence in one request.
pub const MAX_EVIDENCE: usize = 32;
/// How far a supervisor's clock may be ahead of the station's, in seconds.
pub const CLOCK_SKEW_S: i64 = 300;

/// Why a request or a grant was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The approver is the operator who asks.
    #[error("GRT-01 the approver is the operator who asked; another supervisor must decide")]
    SelfApproval,
    /// The grant came after it had expired.
    #[error("GRT-02 the approval has expired; ask again")]
    Expired,
    /// Signed before it was asked.
    #[error("GRT-03 the approval is dated outside its request; check the clocks and ask again")]
    Dated,
    /// The signature does not fit.
    #[error("GRT-04 the approval's signature does not fit; ask again")]
    Signature,
    /// The grant answers another operator's request.
    #[error("GRT-05 the approval was given to another operator")]
    OtherOperator,
    /// A member has a value that no request or grant can have.
    #[error("GRT-06 the approval's member `{member}` has an impossible value; ask again")]
    Member {
        /// Name of the member.
        member: &'static str,
    },
    /// No randomness or a bad key.
    #[error("GRT-07 {0}")]
    Key(#[from] KeyError),
    /// Cannot be encoded for signing.
    #[error("GRT-08 {0}")]
    Canonical(#[from] CanonicalError),
}

/// What a supervisor is asked to approve. Serialised canonically (see `canonical_bytes`) and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// Random, single use.
    pub nonce: Uuid,
    /// HMAC-SHA-256 of the NIK under `salt`, hex: binds the grant to the person without naming them.
    pub nik_hmac: String,
    /// Random salt that stays in the record, hex.
    pub salt: String,
    /// Kind of requirement.
    pub kind: RequirementKind,
    /// Step that raised it.
    pub step: StepId,
    /// Stable reason.
    pub reason: String,
    /// SHA-256 of the evidence seen, hex.
    pub evidence: Vec<String>,
    /// Station id.
    pub station: String,
    /// Session id.
    pub session: Uuid,
    /// Operator's account.
    pub operator: Uuid,
    /// When it was asked.
    pub asked: DateTime<Utc>,
    /// After this the grant is void.
    pub expires: DateTime<Utc>,
}

/// A supervisor's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What was asked.
    pub request: GrantRequest,
    /// Approved or denied.
    pub approved: bool,
    /// The supervisor's note, may be empty.
    pub note: String,
    /// The supervisor's account.
    pub supervisor: Uuid,
    /// The supervisor's Ed25519 public key, hex.
    pub supervisor_key: String,
    /// When it was signed.
    pub signed: DateTime<Utc>,
    /// Ed25519 signature over the canonical bytes of everything above, hex.
    pub signature: String,
}

/// What the session says when it asks for an approval.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Kind of requirement.
    pub kind: RequirementKind,
    /// Step that raised it.
    pub step: StepId,
    /// Stable reason.
    pub reason: String,
    /// SHA-256 of the evidence seen, hex.
    pub evidence: Vec<String>,
    /// Station id.
    pub station: String,
    /// Session id.
    pub session: Uuid,
    /// Operator's account.
    pub operator: Uuid,
}

fn nik_hmac(salt: &[u8], nik: &str) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of any length; the error arm exists only in the trait.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(salt).ok()?;
    mac.update(nik.as_bytes());
    Some(mac)
}

impl GrantRequest {
    /// A request with a fresh nonce and salt, bound to `nik`, void after `valid`.
    ///
    /// # Errors
    /// [`GrantError::Key`] without randomness, [`GrantError::Member`] when something is out of bounds.
    pub fn new(ask: Ask, nik: &str, now: DateTime<Utc>, valid: Duration) -> Result<Self, GrantError> {
        let mut salt = [0u8; 16];
        keys::fill_random(&mut salt)?;
        let mut nonce = [0u8; 16];
        keys::fill_random(&mut nonce)?;
        let mac = nik_hmac(&salt, nik).ok_or(GrantError::Member { member: "salt" })?;
        let expires = now.checked_add_signed(valid).ok_or(GrantError::Member { member: "expires" })?;
        let request = Self {
            nonce: uuid::Builder::from_random_bytes(nonce).into_uuid(),
            nik_hmac: hex::encode(mac.finalize().into_bytes()),
            salt: hex::encode(salt),
            kind: ask.kind,
            step: ask.step,
            reason: ask.reason,
            evidence: ask.evidence,
            station: ask.station,
            session: ask.session,
            operator: ask.operator,
            asked: now,
            expires,
        };
        request.check_form()?;
        Ok(request)
    }

    /// The bytes that stand for the request, e.g. in a QR code or as a WebAuthn challenge.
    ///
    /// # Errors
    /// [`CanonicalError`]; cannot happen for a request of ours.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::to_bytes("rekam-grant-request/1", self)
    }

    /// SHA-256 of [`GrantRequest::canonical_bytes`], lower-case hex.
    ///
    /// # Errors
    /// As [`GrantRequest::canonical_bytes`].
    pub fn digest(&self) -> Result<String, CanonicalError> {
        Ok(sha256_hex(&self.canonical_bytes()?))
    }

    /// True when the request is about the person with this NIK (compared in constant time).
    #[must_use]
    pub fn binds(&self, nik: &str) -> bool {
        let (Ok(salt), Ok(expected)) = (hex::decode(&self.salt), hex::decode(&self.nik_hmac)) else {
            return false;
        };
        nik_hmac(&salt, nik).is_some_and(|mac| mac.verify_slice(&expected).is_ok())
    }

    /// Checks that every member is within its bounds.
    ///
    /// # Errors
    /// [`GrantError::Member`].
    pub fn check_form(&self) -> Result<(), GrantError> {
        let valid = self.expires.signed_duration_since(self.asked);
        let members: [(&'static str, bool); 7] = [
            ("nonce", self.nonce.get_version_num() == 4),
            ("nik_hmac", is_hex(&self.nik_hmac, 32)),
            ("salt", is_hex(&self.salt, 16)),
            ("reason", !self.reason.is_empty() && self.reason.len() <= MAX_REASON),
            ("evidence", self.evidence.len() <= MAX_EVIDENCE && self.evidence.iter().all(|e| is_hex(e, 32))),
            ("station", crate::header::check_station(&self.station)),
            ("expires", valid > Duration::zero() && valid <= Duration::hours(MAX_VALID_HOURS)),
        ];
        match members.into_iter().find(|(_, ok)| !ok) {
            Some((member, _)) => Err(GrantError::Member { member }),
            None => Ok(()),
        }
    }
}

/// Signs a supervisor's answer to a request.
///
/// # Errors
/// [`GrantError::SelfApproval`] when `supervisor` asked himself, [`GrantError::Expired`] after the expiry,
/// [`GrantError::Member`] when something is out of bounds.
pub fn sign(
    request: GrantRequest,
    approved: bool,
    note: &str,
    key: &SigningKey,
    supervisor: Uuid,
    now: DateTime<Utc>,
) -> Result<Grant, GrantError> {
    let mut grant = Grant {
        request,
        approved,
        note: note.to_owned(),
        supervisor,
        supervisor_key: keys::public_to_hex(&key.verifying_key()),
        signed: now,
        signature: String::new(),
    };
    grant.check_answer()?;
    grant.signature = keys::sign_hex(key, &grant.canonical_bytes()?);
    Ok(grant)
}

impl Grant {
    /// The bytes that [`Grant::signature`] is over.
    ///
    /// # Errors
    /// [`CanonicalError`]; cannot happen for a grant of ours.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::unsigned_bytes("rekam-grant/1", self)
    }

    /// Checks form, dates, signature and that `operator` asked and did not answer. `at` is the moment of use:
    /// now when a grant comes in, the record's date when an old record is checked. Whether the answer was yes is
    /// in [`Grant::approved`]; whether the nonce is unused, and whether the key is a supervisor's, is for others.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn verify(&self, at: DateTime<Utc>, operator: Uuid) -> Result<(), GrantError> {
        self.check_answer()?;
        let key = keys::public_from_hex(&self.supervisor_key)
            .map_err(|_| GrantError::Member { member: "supervisor_key" })?;
        match keys::verify_hex(&key, &self.canonical_bytes()?, &self.signature) {
            Ok(true) => {}
            Ok(false) => return Err(GrantError::Signature),
            Err(_) => return Err(GrantError::Member { member: "signature" }),
        }
        if self.request.operator != operator {
            return Err(GrantError::OtherOperator);
        }
        if at > self.request.expires {
            return Err(GrantError::Expired);
        }
        if self.signed > at + Duration::seconds(CLOCK_SKEW_S) {
            return Err(GrantError::Dated);
        }
        Ok(())
    }

    /// True when the grant is about the person with this NIK.
    #[must_use]
    pub fn binds(&self, nik: &str) -> bool {
        self.request.binds(nik)
    }

    fn check_answer(&self) -> Result<(), GrantError> {
        self.request.check_form()?;
        if self.note.len() > MAX_NOTE {
            return Err(GrantError::Member { member: "note" });
        }
        if self.supervisor == self.request.operator {
            return Err(GrantError::SelfApproval);
        }
        if self.signed > self.request.expires {
            return Err(GrantError::Expired);
        }
        if self.signed < self.request.asked - Duration::seconds(CLOCK_SKEW_S) {
            return Err(GrantError::Dated);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "grant_tests.rs"]
mod tests;

//! Approvals: a supervisor's signature over a canonical request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::schema::{RequirementKind, StepId};

/// What a supervisor is asked to approve. Serialised canonically (see `canonical_bytes`) and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

//! Everything that a session hands over to be sealed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::grant::Grant;
use crate::schema::{Environment, RequirementKind, Role, StepId};

/// One file of the record.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path inside the ZIP, e.g. `fingers/right_index.jp2`. Lower case, `/` as separator, no `..`.
    pub name: String,
    /// Media type, e.g. `image/jp2`.
    pub media_type: String,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Entry {
    // Contents are personal data: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({}, {} bytes)", self.name, self.bytes.len())
    }
}

/// An officer who took part, as named in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerNote {
    /// Account id.
    pub id: Uuid,
    /// Role in this session.
    pub role: Role,
    /// Ed25519 public key, 32 bytes in hex.
    pub public_key: String,
}

/// Where a capture came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureNote {
    /// The step that asked for it.
    pub step: StepId,
    /// What it is, e.g. `right_index`, `left`, `face`, `signature`, `temperature:applicant`.
    pub subject: String,
    /// Entry that holds it, where it is a file of the record.
    pub entry: Option<String>,
    /// Driver family, e.g. `simulated`, `file`.
    pub driver: String,
    /// Make and model.
    pub model: String,
    /// Serial number, may be empty.
    pub serial: String,
    /// When it was captured.
    pub captured: DateTime<Utc>,
    /// 0-100, or null.
    pub score: Option<u8>,
    /// Name of the measure that gave the score.
    pub algorithm: Option<String>,
    /// How many attempts it took, the good one included.
    pub attempts: u32,
}

/// The policy decision that let the session go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyNote {
    /// Policy id.
    pub id: String,
    /// Policy version.
    pub version: String,
    /// SHA-256 of the policy file, hex.
    pub digest: String,
    /// Ids of the rules that decided.
    pub rules: Vec<String>,
    /// The facts that were judged, without health data (those have an entry of their own) and without NIK.
    pub facts: serde_json::Value,
}

/// Something a step asked for, and how it was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementNote {
    /// Kind.
    pub kind: RequirementKind,
    /// Step that raised it.
    pub step: StepId,
    /// Stable reason, e.g. `urgency-other`, `exception:right_index`.
    pub reason: String,
    /// How it was met: grant nonce, officer id, document name or entry name.
    pub met_by: String,
    /// When.
    pub met: DateTime<Utc>,
}

/// Everything of one finished session.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Random UUIDv7.
    pub id: Uuid,
    /// Training or production.
    pub environment: Environment,
    /// Station id.
    pub station: String,
    /// When the session was finished.
    pub created: DateTime<Utc>,
    /// Who took part.
    pub officers: Vec<OfficerNote>,
    /// Every capture with its device.
    pub captures: Vec<CaptureNote>,
    /// The policy decision.
    pub policy: PolicyNote,
    /// Requirements, all met.
    pub requirements: Vec<RequirementNote>,
    /// Grants that met them.
    pub grants: Vec<Grant>,
    /// Fingers (ISO code) and eyes that are declared exceptions, as `finger:<id>` and `eye:<id>`.
    pub exceptions: Vec<String>,
    /// True when a capture was byte-identical to an earlier one (training only).
    pub identical_sample: bool,
    /// Random token for the applicant's tracking page; only its SHA-256 is in the header.
    pub tracking_token: [u8; 16],
    /// The files.
    pub entries: Vec<Entry>,
}

/// What the vault adds at the moment of sealing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealContext {
    /// Counts restores of the vault.
    pub epoch: u64,
    /// Counts records within the vault; never goes back.
    pub counter: u64,
    /// Number of the last audit line.
    pub audit_seq: u64,
    /// SHA-256 of that line, hex.
    pub audit_head: String,
}

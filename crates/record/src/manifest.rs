//! The manifest: what the record holds and how it came about.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::canonical::{sha256_hex, sorted};
use crate::draft::{CaptureNote, Draft, OfficerNote, PolicyNote, RequirementNote, SealContext};
use crate::grant::Grant;
use crate::schema::Environment;

/// Value of [`Manifest::schema`].
pub const SCHEMA: &str = "rekam-record/1";

/// One entry as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Name inside the ZIP.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// `manifest.json`. Unknown members are refused: a later format has another [`SCHEMA`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
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
    /// The Ed25519 public key of the operator who sealed, hex; one of [`Manifest::officers`].
    pub operator_key: String,
    /// Counts restores of the vault.
    pub epoch: u64,
    /// Counts records within the vault.
    pub counter: u64,
    /// Number of the last audit line before sealing.
    pub audit_seq: u64,
    /// SHA-256 of that line, hex.
    pub audit_head: String,
    /// When the session was finished.
    pub created: DateTime<Utc>,
    /// Who took part.
    pub officers: Vec<OfficerNote>,
    /// Every capture with its device.
    pub captures: Vec<CaptureNote>,
    /// The policy decision with the facts and the rules.
    pub policy: PolicyNote,
    /// Requirements, all met.
    pub requirements: Vec<RequirementNote>,
    /// Signed grants.
    pub grants: Vec<Grant>,
    /// `finger:<id>` and `eye:<id>`.
    pub exceptions: Vec<String>,
    /// True when a capture was byte-identical to an earlier one.
    pub identical_sample: bool,
    /// SHA-256 of the tracking token, hex.
    pub tracking: String,
    /// The entries, in the order of the ZIP.
    pub entries: Vec<ManifestEntry>,
}

impl Manifest {
    /// The manifest of a draft. `station_key` and `operator_key` are public keys in hex.
    #[must_use]
    pub fn new(draft: &Draft, context: &SealContext, station_key: String, operator_key: String) -> Self {
        let mut policy = draft.policy.clone();
        policy.facts = sorted(&policy.facts);
        Self {
            schema: SCHEMA.to_owned(),
            id: draft.id,
            environment: draft.environment,
            station: draft.station.clone(),
            station_key,
            operator_key,
            epoch: context.epoch,
            counter: context.counter,
            audit_seq: context.audit_seq,
            audit_head: context.audit_head.clone(),
            created: draft.created,
            officers: draft.officers.clone(),
            captures: draft.captures.clone(),
            policy,
            requirements: draft.requirements.clone(),
            grants: draft.grants.clone(),
            exceptions: draft.exceptions.clone(),
            identical_sample: draft.identical_sample,
            tracking: sha256_hex(&draft.tracking_token),
            entries: draft
                .entries
                .iter()
                .map(|entry| ManifestEntry {
                    name: entry.name.clone(),
                    media_type: entry.media_type.clone(),
                    size: entry.bytes.len() as u64,
                    sha256: sha256_hex(&entry.bytes),
                })
                .collect(),
        }
    }

    /// The file: pretty JSON in declaration order with a final newline; the same manifest gives the same bytes.
    ///
    /// # Errors
    /// Only what the JSON writer says; a manifest of ours always can be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

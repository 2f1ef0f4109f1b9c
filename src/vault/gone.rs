//! The tombstone `records/<id>.gone`: says that a payload was deleted by the rules of keeping, when and why.
//!
//! One JSON object without personal data, signed by the station's key: Ed25519 over `rekam gone v1`, a line feed and
//! the object's own bytes with an empty signature. The outer header stays beside it, so number, digest and size of
//! what was deleted are still vouched for.

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use record::schema::RecordState;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Vault;
use super::error::VaultError;
use super::layout::SMALL_FILE_MAX;

const FORM: &str = "rekam-gone/1";
const SIGNED_AS: &[u8] = b"rekam gone v1\n";
const WHAT: &str = "tombstone";

/// A payload that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    form: String,
    /// Record.
    pub id: Uuid,
    /// SHA-256 of the payload that was deleted, hex.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// The record's epoch.
    pub epoch: u64,
    /// The record's counter.
    pub counter: u64,
    /// State in which it was.
    pub state: RecordState,
    /// Stable reason.
    pub reason: String,
    /// Key of the policy that it went by.
    pub rule: String,
    /// From when its time counted.
    pub since: DateTime<Utc>,
    /// When it was deleted.
    pub deleted: DateTime<Utc>,
    /// Id of the deletion, as in its audit line.
    pub change: Uuid,
    signature: String,
}

impl Tombstone {
    /// A signed one.
    pub(super) fn new(
        row: &super::QueueRow,
        deletion: &super::retention::Deletion,
        change: Uuid,
        now: DateTime<Utc>,
        station: &SigningKey,
    ) -> Result<Self, VaultError> {
        let mut stone = Self {
            form: FORM.to_owned(),
            id: row.id,
            sha256: row.sha256.clone(),
            size: row.size,
            epoch: row.epoch,
            counter: row.counter,
            state: row.state,
            reason: deletion.reason.to_owned(),
            rule: deletion.rule.to_owned(),
            since: deletion.since,
            deleted: now,
            change,
            signature: String::new(),
        };
        stone.signature = hex::encode(station.sign(&stone.signed_bytes()?).to_bytes());
        Ok(stone)
    }

    fn signed_bytes(&self) -> Result<Vec<u8>, VaultError> {
        let unsigned = Self { signature: String::new(), ..self.clone() };
        Ok([SIGNED_AS, &unsigned.to_bytes()?].concat())
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec(self).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))
    }

    /// Reads one; none where it cannot be read or `station` did not sign it.
    pub(super) fn parse(bytes: &[u8], station: &VerifyingKey) -> Option<Self> {
        let stone: Self = serde_json::from_slice(bytes).ok()?;
        let signature: [u8; 64] = hex::decode(&stone.signature).ok()?.try_into().ok()?;
        let signed = stone.signed_bytes().ok()?;
        let fits = station.verify(&signed, &Signature::from_bytes(&signature)).is_ok();
        (fits && stone.form == FORM).then_some(stone)
    }
}

impl Vault {
    /// The tombstone of a record; none where it has none, or one that the station did not sign.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`] for the station's key, or the disk's.
    pub fn tombstone(&self, id: Uuid) -> Result<Option<Tombstone>, VaultError> {
        let Some(bytes) = self.read_tombstone(id)? else { return Ok(None) };
        let station = self.config().station_verifying_key()?;
        Ok(Tombstone::parse(&bytes, &station).filter(|stone| stone.id == id))
    }

    pub(super) fn read_tombstone(&self, id: Uuid) -> Result<Option<Vec<u8>>, VaultError> {
        let path = self.layout().gone(id);
        match self.files().len(&path) {
            Ok(None) => Ok(None),
            Ok(Some(_)) => self.read_optional(&path, SMALL_FILE_MAX),
            Err(e) => Err(VaultError::io(WHAT, e)),
        }
    }
}

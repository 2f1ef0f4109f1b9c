//! Proofs of handovers (receiver, signature), and how they go by the rules of keeping.
//!
//! Of `cards/<n>.row` only the first line stays, which holds no personal data. The next row names the digest of the
//! whole file as it was: the tombstone `cards/<n>.gone`, signed by the station, keeps that digest beside the one of
//! what is left. So the ledger is whole as before, and its sums are.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use ed25519_dalek::{SigningKey, VerifyingKey};
use record::{canonical, keys};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Vault;
use super::card_rows::CardRow;
use super::cards::{ROW_MAX, WHAT, head_of};
use super::crypto::sha256_hex;
use super::error::VaultError;
use super::layout::SMALL_FILE_MAX;
use super::retention::Deletion;

const SCHEMA: &str = "rekam-card-gone/1";
/// More than any first line has, in bytes.
const HEAD_BYTES: usize = 4096;

/// A proof that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardStone {
    schema: String,
    vault: Uuid,
    /// Number of the row.
    number: u64,
    /// Its id.
    id: Uuid,
    /// SHA-256 of the row's file with its proof, hex.
    sha256: String,
    /// SHA-256 of the file without it, hex.
    left_sha256: String,
    /// Key of the policy that it went by.
    rule: String,
    /// From when its time counted.
    since: DateTime<Utc>,
    /// When it was deleted.
    deleted: DateTime<Utc>,
    /// Id of the deletion, as in its audit line.
    change: Uuid,
    signature: String,
}

impl CardStone {
    fn signed(mut self, station: &SigningKey) -> Result<Vec<u8>, VaultError> {
        let bytes = canonical::unsigned_bytes(SCHEMA, &self);
        let bytes = bytes.map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
        self.signature = keys::sign_hex(station, &bytes);
        serde_json::to_vec(&self).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))
    }

    /// Reads one; none where it cannot be read or `station` did not sign it.
    fn parse(bytes: &[u8], station: &VerifyingKey) -> Option<Self> {
        let stone: Self = serde_json::from_slice(bytes).ok()?;
        let signed = canonical::unsigned_bytes(SCHEMA, &stone).ok()?;
        let fits = keys::verify_hex(station, &signed, &stone.signature).unwrap_or(false);
        (fits && stone.schema == SCHEMA).then_some(stone)
    }
}

/// What is left of a row without its proof.
fn bare(line: &[u8]) -> Vec<u8> {
    [line, b"\n"].concat()
}

impl Vault {
    fn stone_path(&self, number: u64) -> PathBuf {
        self.layout().cards().join(format!("{number:08}.gone"))
    }

    /// The tombstone of a row's proof; none where it has none, or one that the station did not sign for this row.
    pub(super) fn card_stone(&self, row: &CardRow) -> Result<Option<CardStone>, VaultError> {
        let Some(bytes) = self.read_optional(&self.stone_path(row.number), SMALL_FILE_MAX)? else {
            return Ok(None);
        };
        let stone = CardStone::parse(&bytes, &self.config().station_verifying_key()?);
        let ours = |s: &CardStone| (s.vault, s.number, s.id) == (self.config().vault, row.number, row.id);
        Ok(stone.filter(ours))
    }

    /// SHA-256 of a row's file as the next row names it. None where a proof is missing that was not deleted.
    pub(super) fn row_digest(&self, row: &CardRow, bytes: &[u8]) -> Result<Option<String>, VaultError> {
        let found = sha256_hex(bytes);
        // Rows that were entered by hand have no proof.
        if row.record.is_none() || head_of(bytes).is_some_and(|(_, _, proof)| !proof.is_empty()) {
            return Ok(Some(found));
        }
        Ok(self.card_stone(row)?.filter(|stone| stone.left_sha256 == found).map(|stone| stone.sha256))
    }

    /// First line of a row, and whether a proof follows; none where it cannot be read, which `vault check` names.
    fn row_head(&self, number: u64) -> Result<Option<(CardRow, bool)>, VaultError> {
        let head = self.files().read_head(&self.row_path(number), HEAD_BYTES);
        let head = head.map_err(|e| VaultError::io(WHAT, e))?;
        Ok(head_of(&head).map(|(row, _, proof)| (row, !proof.is_empty())))
    }

    /// Ids and times of the rows that have their proof.
    pub(super) fn kept_proofs(&self) -> Result<Vec<(Uuid, DateTime<Utc>)>, VaultError> {
        let mut kept = Vec::new();
        for number in self.row_numbers()? {
            kept.extend(self.row_head(number)?.filter(|(_, proof)| *proof).map(|(row, _)| (row.id, row.at)));
        }
        Ok(kept)
    }

    fn number_of_row(&self, id: Uuid) -> Result<Option<u64>, VaultError> {
        for number in self.row_numbers()? {
            if self.row_head(number)?.is_some_and(|(row, _)| row.id == id) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// The tombstone for a proof that is due: number of its row, path and bytes.
    pub(super) fn stone_for_proof(
        &self,
        deletion: &Deletion,
        change: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(u64, PathBuf, Vec<u8>), VaultError> {
        let number = self.number_of_row(deletion.id)?.ok_or(VaultError::UnknownRecord)?;
        let bytes = self.read_row(number)?;
        let (row, line, proof) = head_of(&bytes).ok_or(VaultError::UnknownRecord)?;
        if proof.is_empty() {
            return Err(VaultError::UnknownRecord);
        }
        let stone = CardStone {
            schema: SCHEMA.to_owned(),
            vault: self.config().vault,
            number,
            id: row.id,
            sha256: sha256_hex(&bytes),
            left_sha256: sha256_hex(&bare(line)),
            rule: deletion.rule.to_owned(),
            since: deletion.since,
            deleted: now,
            change,
            signature: String::new(),
        };
        Ok((number, self.stone_path(number), stone.signed(self.station_key()?)?))
    }

    fn read_row(&self, number: u64) -> Result<Vec<u8>, VaultError> {
        self.files().read(&self.row_path(number), ROW_MAX).map_err(|e| VaultError::io(WHAT, e))
    }

    /// Cuts the proof off a row whose deletion is in the audit. Done already is fine.
    pub(super) fn cut_proof(&self, id: Uuid) -> Result<(), VaultError> {
        let Some(number) = self.number_of_row(id)? else { return Ok(()) };
        let bytes = self.read_row(number)?;
        let Some((row, line, proof)) = head_of(&bytes) else { return Ok(()) };
        let left = bare(line);
        // What was cut already is written once more: its new name may be in memory only, when the sync of the folder
        // failed, and the power would bring the proof back.
        let vouched = self.card_stone(&row)?.is_some_and(|stone| {
            stone.left_sha256 == sha256_hex(&left) && (proof.is_empty() || stone.sha256 == sha256_hex(&bytes))
        });
        if !vouched {
            return Err(VaultError::corrupt(format!("cards/{number:08}.gone"), "it does not fit its row"));
        }
        self.files().write_durable(&self.row_path(number), &left).map_err(|e| VaultError::io(WHAT, e))
    }

    /// Takes back the tombstone of a proof whose deletion is not in the audit.
    pub(super) fn keep_proof(&self, id: Uuid) -> Result<(), VaultError> {
        let Some(number) = self.number_of_row(id)? else { return Ok(()) };
        self.files().remove_durable(&self.stone_path(number)).map_err(|e| VaultError::io(WHAT, e))
    }
}

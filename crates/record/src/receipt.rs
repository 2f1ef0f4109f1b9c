//! A hub's signed statement that a record is durable, and where.
//!
//! The signature is Ed25519 by the hub over `rekam-receipt/1\n` and the canonical JSON ([`crate::canonical`]) of
//! the receipt without the member `signature`.

use chrono::{DateTime, Utc};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::canonical::{self, CanonicalError, is_hex};
use crate::header::Header;
use crate::keys;

/// Value of [`Receipt::schema`].
pub const SCHEMA: &str = "rekam-receipt/1";
/// Most replicas that a receipt names.
pub const MAX_REPLICAS: usize = 16;
/// Largest receipt, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Why a receipt was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not the JSON of a receipt, or too large.
    #[error("RCP-01 the receipt cannot be read; the record is sent again")]
    Syntax,
    /// A member has a value that no receipt can have.
    #[error("RCP-02 the receipt's member `{member}` has an impossible value; the record is sent again")]
    Member {
        /// Name of the member.
        member: &'static str,
    },
    /// It is of another hub's key.
    #[error("RCP-03 the receipt is not of this station's hub")]
    OtherHub,
    /// The signature does not fit.
    #[error("RCP-04 the receipt's signature does not fit; the record is sent again")]
    Signature,
    /// It is about another record or other bytes.
    #[error("RCP-05 the receipt is about another record; the record is sent again")]
    OtherRecord,
    /// Cannot be encoded for signing.
    #[error("RCP-06 {0}")]
    Canonical(#[from] CanonicalError),
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`SCHEMA`].
    pub schema: String,
    /// Record id.
    pub record: Uuid,
    /// SHA-256 of the payload that is durable, hex.
    pub payload_sha256: String,
    /// The header's epoch, echoed: shows an old copy of the vault put back.
    pub epoch: u64,
    /// The header's counter, echoed.
    pub counter: u64,
    /// The header's key of the station, echoed: tells whose record it was.
    pub station_key: String,
    /// The header's number of the last audit line, echoed.
    pub audit_seq: u64,
    /// The header's audit head, echoed: shows an audit that was cut or written anew since.
    pub audit_head: String,
    /// Names of the stores that hold it, all different.
    pub replicas: Vec<String>,
    /// When it became durable, by the hub's clock.
    pub time: DateTime<Utc>,
    /// The hub's Ed25519 public key, hex.
    pub hub_key: String,
    /// Ed25519, 64 bytes in hex.
    pub signature: String,
}

impl Receipt {
    /// A signed receipt for a record.
    ///
    /// # Errors
    /// [`ReceiptError::Member`] when the replicas are none, too many or repeated.
    pub fn sign(
        header: &Header,
        replicas: Vec<String>,
        time: DateTime<Utc>,
        hub: &SigningKey,
    ) -> Result<Self, ReceiptError> {
        let mut receipt = Self {
            schema: SCHEMA.to_owned(),
            record: header.id,
            payload_sha256: header.payload_sha256.clone(),
            epoch: header.epoch,
            counter: header.counter,
            station_key: header.station_key.clone(),
            audit_seq: header.audit_seq,
            audit_head: header.audit_head.clone(),
            replicas,
            time,
            hub_key: keys::public_to_hex(&hub.verifying_key()),
            signature: String::new(),
        };
        receipt.signature = keys::sign_hex(hub, &receipt.signed_bytes()?);
        receipt.check_form()?;
        Ok(receipt)
    }

    /// The bytes that [`Receipt::signature`] is over.
    ///
    /// # Errors
    /// [`CanonicalError`]; cannot happen for a receipt of ours.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::unsigned_bytes(SCHEMA, self)
    }

    /// Reads a receipt; does not check the signature.
    ///
    /// # Errors
    /// [`ReceiptError::Syntax`] or [`ReceiptError::Member`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > MAX_BYTES {
            return Err(ReceiptError::Syntax);
        }
        let receipt: Self = serde_json::from_slice(bytes).map_err(|_| ReceiptError::Syntax)?;
        receipt.check_form()?;
        Ok(receipt)
    }

    /// Checks that `hub` signed it, whatever record it is about.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn check_signature(&self, hub: &VerifyingKey) -> Result<(), ReceiptError> {
        self.check_form()?;
        if self.hub_key != keys::public_to_hex(hub) {
            return Err(ReceiptError::OtherHub);
        }
        match keys::verify_hex(hub, &self.signed_bytes()?, &self.signature) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ReceiptError::Signature),
            Err(_) => Err(ReceiptError::Member { member: "signature" }),
        }
    }

    /// Checks that `hub` signed it and that it is about exactly this record.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn verify(&self, header: &Header, hub: &VerifyingKey) -> Result<(), ReceiptError> {
        self.check_signature(hub)?;
        let same = self.record == header.id
            && self.payload_sha256 == header.payload_sha256
            && (self.epoch, self.counter) == (header.epoch, header.counter)
            && self.station_key == header.station_key
            && (self.audit_seq, &self.audit_head) == (header.audit_seq, &header.audit_head);
        if same { Ok(()) } else { Err(ReceiptError::OtherRecord) }
    }

    fn check_form(&self) -> Result<(), ReceiptError> {
        let mut distinct = self.replicas.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let replicas_ok = (1..=MAX_REPLICAS).contains(&self.replicas.len())
            && distinct.len() == self.replicas.len()
            && distinct.iter().all(|r| crate::header::check_station(r));
        let members: [(&'static str, bool); 7] = [
            ("schema", self.schema == SCHEMA),
            ("station_key", keys::public_from_hex(&self.station_key).is_ok()),
            ("audit_head", is_hex(&self.audit_head, 32)),
            ("payload_sha256", is_hex(&self.payload_sha256, 32)),
            ("replicas", replicas_ok),
            ("hub_key", keys::public_from_hex(&self.hub_key).is_ok()),
            ("signature", is_hex(&self.signature, 64)),
        ];
        match members.into_iter().find(|(_, ok)| !ok) {
            Some((member, _)) => Err(ReceiptError::Member { member }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;

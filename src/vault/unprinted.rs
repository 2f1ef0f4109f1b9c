//! Documents that are not printed yet: the proof of recording and the slips, encrypted until the printer has them.
//!
//! `unprinted/<id>.enc` is `RKP1`, when it was made and when it may go (i64 milliseconds since 1970, little-endian),
//! then nonce, ciphertext and tag of the CBOR of [`UnprintedDocument`]; vault, id and both times are authenticated
//! with it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::Vault;
use super::audit::AuditEvent;
use super::error::VaultError;

const MAGIC: &[u8; 4] = b"RKP1";
const HEAD_LEN: usize = MAGIC.len() + 16;
const ENDING: &str = ".enc";
/// Largest document, in bytes.
pub const DOCUMENT_MAX: u64 = 16 * 1024 * 1024;
/// Most documents that wait. An office whose printer is out for a day has fewer.
pub const UNPRINTED_MAX: usize = 500;
const WHAT: &str = "unprinted document";

/// A document with what a list says of it, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnprintedDocument {
    /// Stable name of its kind, e.g. `proof`.
    pub kind: String,
    /// Session that it was made for.
    pub session: Uuid,
    /// Applicant's name, may be empty.
    pub name: String,
    /// The document.
    #[serde(with = "serde_bytes")]
    pub pdf: Vec<u8>,
}

impl Drop for UnprintedDocument {
    fn drop(&mut self) {
        self.name.zeroize();
        self.pdf.zeroize();
    }
}

impl std::fmt::Debug for UnprintedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UnprintedDocument({}, {} bytes)", self.kind, self.pdf.len())
    }
}

fn context(vault: Uuid, id: Uuid, head: &[u8]) -> Vec<u8> {
    let mut bytes = format!("rekam unprinted|{vault}|{id}|").into_bytes();
    bytes.extend_from_slice(head);
    bytes
}

/// When a file was made and when it expires.
fn times_of(bytes: &[u8]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let times = bytes.strip_prefix(MAGIC)?.get(..16)?;
    let (made, expires) = times.split_at_checked(8)?;
    let time = |b: &[u8]| DateTime::from_timestamp_millis(i64::from_le_bytes(b.try_into().ok()?));
    Some((time(made)?, time(expires)?))
}

impl Vault {
    /// Keeps a document durably until it is printed or `expires`.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::TooLarge`] (the document, or too many of them), or the disk's.
    pub fn keep_unprinted(
        &mut self,
        id: Uuid,
        document: &UnprintedDocument,
        made: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let too_large =
            |found: usize, most: u64| VaultError::TooLarge { what: WHAT.into(), found: found as u64, most };
        if document.pdf.len() as u64 > DOCUMENT_MAX {
            return Err(too_large(document.pdf.len(), DOCUMENT_MAX));
        }
        let kept = self.unprinted_ids()?;
        if kept.len() >= UNPRINTED_MAX && !kept.contains(&id) {
            return Err(too_large(kept.len() + 1, UNPRINTED_MAX as u64));
        }
        let mut plain = Zeroizing::new(Vec::new());
        ciborium::into_writer(document, &mut *plain)
            .map_err(|_| VaultError::corrupt(WHAT, "it cannot be encoded"))?;
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&made.timestamp_millis().to_le_bytes());
        out.extend_from_slice(&expires.timestamp_millis().to_le_bytes());
        let context = context(self.config().vault, id, &out);
        let sealed = self.keys()?.unprinted.encrypt(&context, &plain);
        out.extend_from_slice(&sealed.ok_or_else(|| VaultError::corrupt(WHAT, "it cannot be encrypted"))?);
        // Vaults of an earlier rekam do not have the folder.
        self.files()
            .make_folder_durable(&self.layout().unprinted())
            .and_then(|()| self.files().write_durable(&self.layout().unprinted_of(id), &out))
            .map_err(|e| VaultError::io(WHAT, e))
    }

    /// The documents that are not printed, oldest first: id, when made, document. One that does not decrypt is left
    /// out; [`Vault::check`] names it.
    ///
    /// # Errors
    /// [`VaultError::Locked`] or the disk's.
    pub fn unprinted(&self) -> Result<Vec<(Uuid, DateTime<Utc>, UnprintedDocument)>, VaultError> {
        self.keys()?;
        let mut found = Vec::new();
        for id in self.unprinted_ids()? {
            if let Ok((made, document)) = self.load_unprinted(id) {
                found.push((id, made, document));
            }
        }
        found.sort_by_key(|(id, made, _)| (*made, *id));
        Ok(found)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::UnknownRecord`], [`VaultError::Corrupt`] or the disk's.
    pub fn load_unprinted(&self, id: Uuid) -> Result<(DateTime<Utc>, UnprintedDocument), VaultError> {
        let keys = self.keys()?;
        let bytes = self.read_unprinted(id)?;
        let bad = || VaultError::corrupt(WHAT, "it does not open with this vault's key");
        let (made, _) = times_of(&bytes).ok_or_else(bad)?;
        let (head, sealed) = bytes.split_at_checked(HEAD_LEN).ok_or_else(bad)?;
        let plain =
            keys.unprinted.decrypt(&context(self.config().vault, id, head), sealed).ok_or_else(bad)?;
        let document = ciborium::from_reader(plain.as_slice())
            .map_err(|_| VaultError::corrupt(WHAT, "its contents cannot be read"))?;
        Ok((made, document))
    }

    /// The document is printed: an audit line, then its file goes. Works locked too, as a printer may take its time.
    ///
    /// # Errors
    /// The disk's.
    pub fn printed(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<(), VaultError> {
        self.append_audit(&AuditEvent::new("document-printed").with("document", id), now)?;
        self.remove_unprinted(id)
    }

    /// When a document was made and when it may go; none when its head cannot be read.
    pub(super) fn unprinted_times(
        &self,
        id: Uuid,
    ) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>, VaultError> {
        match self.files().read_head(&self.layout().unprinted_of(id), HEAD_LEN) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(VaultError::UnknownRecord),
            other => Ok(times_of(&other.map_err(|e| VaultError::io(WHAT, e))?)),
        }
    }

    pub(super) fn unprinted_ids(&self) -> Result<Vec<Uuid>, VaultError> {
        let listed = match self.files().list(&self.layout().unprinted()) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        Ok(listed.iter().filter_map(|l| Uuid::parse_str(l.name.strip_suffix(ENDING)?).ok()).collect())
    }

    fn read_unprinted(&self, id: Uuid) -> Result<Vec<u8>, VaultError> {
        // The limit leaves room for head, names, nonce and tag.
        match self.files().read(&self.layout().unprinted_of(id), DOCUMENT_MAX + 65_536) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(VaultError::UnknownRecord),
            other => other.map_err(|e| VaultError::io(WHAT, e)),
        }
    }

    pub(super) fn remove_unprinted(&self, id: Uuid) -> Result<(), VaultError> {
        let folder = self.layout().unprinted();
        match self.files().remove(&self.layout().unprinted_of(id)) {
            Ok(()) => self.files().sync_folder(&folder).map_err(|e| VaultError::io(WHAT, e)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(VaultError::io(WHAT, e)),
        }
    }
}

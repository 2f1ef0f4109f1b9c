//! Fingers that a new capture is compared with: the officers' own (so that an officer's print on the glass is not
//! recorded as the applicant's) and the chip fingers of the records still here.
//!
//! `officer-fingers.enc` is nonce, ciphertext and tag of the CBOR of all officers' templates under a subkey of the
//! vault key, with the vault's id authenticated.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use record::schema::Role;
use uuid::Uuid;
use zeroize::Zeroize;

use super::audit::AuditEvent;
use super::error::VaultError;
use super::extract::FingerTemplate;
use super::layout::SMALL_FILE_MAX;
use super::{OfficerKeys, Vault};

const WHAT: &str = "officer-fingers.enc";
/// Most fingers of one officer.
pub const OFFICER_FINGERS_MAX: usize = 10;

/// Templates by account, wiped when dropped.
#[derive(Default, serde::Serialize, serde::Deserialize)]
pub struct OfficerFingers(BTreeMap<Uuid, Vec<FingerTemplate>>);

impl OfficerFingers {
    /// Accounts with their templates.
    pub fn iter(&self) -> impl Iterator<Item = (Uuid, &[FingerTemplate])> {
        self.0.iter().map(|(id, list)| (*id, list.as_slice()))
    }
}

impl std::fmt::Debug for OfficerFingers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OfficerFingers({} officers)", self.0.len())
    }
}

impl Drop for OfficerFingers {
    fn drop(&mut self) {
        for template in self.0.values_mut().flatten() {
            template.bytes.zeroize();
        }
    }
}

fn context(vault: Uuid) -> Vec<u8> {
    format!("rekam officer fingers|{vault}").into_bytes()
}

impl Vault {
    /// The officers' fingers.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Corrupt`] or the disk's.
    pub fn officer_fingers(&self) -> Result<OfficerFingers, VaultError> {
        let sealed = match self.files().read(&self.layout().officer_fingers(), SMALL_FILE_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                self.keys()?;
                return Ok(OfficerFingers::default());
            }
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        let plain = self
            .keys()?
            .officer_fingers
            .decrypt(&context(self.config().vault), &sealed)
            .ok_or_else(|| VaultError::corrupt(WHAT, "it does not open with this vault's key"))?;
        ciborium::from_reader(plain.as_slice())
            .map_err(|_| VaultError::corrupt(WHAT, "its contents cannot be read"))
    }

    /// Puts an officer's fingers in place of those kept before; an empty list removes them. `by` is the officer or
    /// a supervisor who has just given the passphrase.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`], [`VaultError::Name`] for an unknown account,
    /// [`VaultError::TooLarge`] or the disk's.
    pub fn set_officer_fingers(
        &mut self,
        officer: Uuid,
        templates: Vec<FingerTemplate>,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        if !self.officers().iter().any(|o| o.id == officer) {
            return Err(VaultError::Name { what: "officer" });
        }
        if by.officer.id != officer && by.officer.role != Role::Supervisor {
            return Err(VaultError::NotSupervisor);
        }
        self.write_officer_fingers(officer, templates, by.officer.id, now)
    }

    /// Forgets the fingers of accounts that were closed, also where that was interrupted. A file that does not open
    /// keeps nobody from signing in: the search for fingers tells it.
    pub(super) fn forget_closed(&mut self, by: Uuid, now: DateTime<Utc>) -> Result<(), VaultError> {
        let Ok(all) = self.officer_fingers() else { return Ok(()) };
        let removed: Vec<Uuid> = self.roster.removed().map(|r| r.officer).collect();
        let closed: Vec<Uuid> = all.iter().map(|(id, _)| id).filter(|id| removed.contains(id)).collect();
        closed.into_iter().try_for_each(|id| self.write_officer_fingers(id, Vec::new(), by, now))
    }

    fn write_officer_fingers(
        &mut self,
        officer: Uuid,
        templates: Vec<FingerTemplate>,
        by: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let found = templates.len() as u64;
        if templates.len() > OFFICER_FINGERS_MAX {
            let most = OFFICER_FINGERS_MAX as u64;
            return Err(VaultError::TooLarge { what: "fingers of an officer".into(), found, most });
        }
        let mut all = self.officer_fingers()?;
        if templates.is_empty() {
            all.0.remove(&officer);
        } else {
            all.0.insert(officer, templates);
        }
        let mut plain = zeroize::Zeroizing::new(Vec::new());
        ciborium::into_writer(&all, &mut *plain)
            .map_err(|_| VaultError::corrupt(WHAT, "it cannot be encoded"))?;
        let sealed = self
            .keys()?
            .officer_fingers
            .encrypt(&context(self.config().vault), &plain)
            .ok_or_else(|| VaultError::corrupt(WHAT, "it cannot be encrypted"))?;
        let (found_bytes, most) = (sealed.len() as u64, SMALL_FILE_MAX);
        if found_bytes > most {
            return Err(VaultError::TooLarge { what: WHAT.into(), found: found_bytes, most });
        }
        self.files()
            .write_durable(&self.layout().officer_fingers(), &sealed)
            .map_err(|e| VaultError::io(WHAT, e))?;
        let event = AuditEvent::new("officer-fingers").by(by).with("officer", officer);
        self.append_audit(&event.with("fingers", found), now)
    }
}

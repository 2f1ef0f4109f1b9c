//! The lock of the screen: the keys go, and the passphrase or the PIN brings them back.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{JobError, VaultWorker};
use crate::population::roster::Roster;
use crate::runtime::lock::LockNote;
use crate::vault::{OfficerKeys, VaultError};

impl VaultWorker {
    /// The keys leave the memory, and with them every finger and the district's roster. With `pin`, what the officer's PIN opens stays; true when it does.
    pub(super) fn drop_keys(&mut self, pin: bool) -> bool {
        self.forget_fingers();
        self.house = None;
        self.roster = Roster::default();
        let Some(operator) = self.operator.take() else {
            self.vault.lock();
            return false;
        };
        self.away = Some(operator.officer.id);
        if pin {
            return self.vault.lock_behind_pin(&operator);
        }
        self.vault.lock();
        false
    }

    /// Checks the passphrase of the officer who is signed in; says why it did not open, which is not always the
    /// passphrase. Where the keys are gone they come back with it.
    pub(super) fn open_lock(
        &mut self,
        officer: Uuid,
        passphrase: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LockNote> {
        let opened = if self.operator.is_some() {
            self.vault.authenticate(officer, passphrase, now).map(|_| None)
        } else {
            self.vault.unlock(officer, passphrase, now).map(Some)
        };
        self.lock_opened(opened, "passphrase", now)
    }

    /// Checks the PIN of the officer who is signed in; the keys come back with it.
    pub(super) fn open_lock_by_pin(
        &mut self,
        officer: Uuid,
        pin: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LockNote> {
        let opened = self.vault.unlock_by_pin(officer, pin, now).map(Some);
        self.lock_opened(opened, "pin", now)
    }

    fn take_keys(
        &mut self,
        keys: Option<OfficerKeys>,
        way: &str,
        now: DateTime<Utc>,
    ) -> Result<(), JobError> {
        if let Some(keys) = keys {
            self.operator = Some(keys);
            self.away = None;
            self.begin_reading(now)?;
        }
        self.audit(None, "station-unlocked", vec![("way", way.to_owned())], now)
    }

    fn lock_opened(
        &mut self,
        opened: Result<Option<OfficerKeys>, VaultError>,
        way: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LockNote> {
        let opened = opened.map_err(JobError::Vault).and_then(|keys| {
            let brought = keys.is_some();
            let opened = self.take_keys(keys, way, now);
            if brought && opened.is_err() {
                // What stays locked has no keys in memory.
                self.drop_keys(false);
            }
            opened
        });
        opened.map_err(|error| {
            tracing::warn!(code = error.code(), "the lock was not opened");
            match error {
                JobError::Vault(VaultError::WrongSecret) => LockNote::Passphrase,
                JobError::Vault(VaultError::WrongPin { left }) => LockNote::Pin(left),
                JobError::Vault(VaultError::LockedOut { until }) => LockNote::LockedOut(until),
                other => LockNote::NotChecked(other.notice()),
            }
        })
    }
}

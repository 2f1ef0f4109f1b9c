//! The passphrase at the lock of the screen.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{JobError, VaultWorker};
use crate::runtime::lock::LockNote;
use crate::vault::VaultError;

impl VaultWorker {
    /// Checks the passphrase of the officer who is signed in; says why it did not open, which is not always the
    /// passphrase.
    pub(super) fn open_lock(
        &mut self,
        officer: Uuid,
        passphrase: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LockNote> {
        let checked = self.vault.authenticate(officer, passphrase, now).map_err(JobError::Vault);
        let opened = checked
            .and_then(|_| self.audit(None, "station-unlocked", vec![("way", "passphrase".to_owned())], now));
        opened.map_err(|error| {
            tracing::warn!(code = error.code(), "the lock was not opened");
            match error {
                JobError::Vault(VaultError::WrongSecret) => LockNote::Passphrase,
                JobError::Vault(VaultError::LockedOut { until }) => LockNote::LockedOut(until),
                other => LockNote::NotChecked(other.notice()),
            }
        })
    }
}

//! Retiring a vault: the last step of moving a station to another computer.

use std::path::Path;

use chrono::{DateTime, Utc};
use record::schema::Role;

use super::backup::BackupReport;
use super::error::VaultError;
use super::files::Files;
use super::outside::Outside;
use super::pins::PinKind;
use super::{OfficerKeys, Vault};

impl Vault {
    /// Makes the last backup, then retires the vault: it still opens, lists and carries its records, but takes no new
    /// session and seals nothing. `outside` is this vault seen from outside.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`], [`VaultError::NotRetirable`] while sessions are open,
    /// [`VaultError::Retired`], those of [`Outside::back_up`], or the disk's. The vault is then in service as before; only
    /// when the audit could not take its line is it retired all the same ([`Vault::check_in_service`]).
    pub fn retire(
        &mut self,
        outside: &Outside,
        target: &dyn Files,
        to: &Path,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<BackupReport, VaultError> {
        self.keys()?;
        self.check_in_service()?;
        if by.officer.role != Role::Supervisor {
            return Err(VaultError::NotSupervisor);
        }
        if outside.config().vault != self.config.vault {
            return Err(VaultError::NotRetirable { why: "another vault was named; name this one" });
        }
        if !self.drafts()?.is_empty() {
            let why = "sessions are open in it; finish or discard them first";
            return Err(VaultError::NotRetirable { why });
        }
        let report = outside.back_up(target, to, now)?;
        self.pin(PinKind::Retired, &report.sha256, by, now)?;
        self.take_inbox(now)?;
        Ok(report)
    }
}

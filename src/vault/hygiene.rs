//! `hygiene.json`: which contact devices wait for disinfection. Kept through restarts, because a crash cleans nothing.
//! No personal data, so it is readable before anybody signs in.

use super::Vault;
use super::error::VaultError;
use super::layout::SMALL_FILE_MAX;

const WHAT: &str = "hygiene.json";

impl Vault {
    /// What was kept last, `None` in a vault that never kept any.
    ///
    /// # Errors
    /// The disk's.
    pub fn hygiene(&self) -> Result<Option<Vec<u8>>, VaultError> {
        match self.files().read(&self.layout().hygiene(), SMALL_FILE_MAX) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(VaultError::io(WHAT, e)),
        }
    }

    /// Keeps it durably.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_hygiene(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.files().write_durable(&self.layout().hygiene(), bytes).map_err(|e| VaultError::io(WHAT, e))
    }
}

//! What the station's limits are measured by: room on the disk, what a record takes, what is not sent yet, and the
//! latest time that a hub is known to have had.

use std::io::ErrorKind;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use record::receipt::{MAX_BYTES, Receipt};

use super::Vault;
use super::error::VaultError;
use super::files::folder_of;
use super::index_folder::DAMAGED;
use super::restore::KEPT_ASIDE;

/// Records whose sizes say what the next one will take.
const RECENT: usize = 50;
const HUB_TIME: &str = "hub-time";

/// The vault's disk, and what records take of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that may still be written.
    pub free_bytes: u64,
    /// Files that may still be made, where the file system counts them.
    pub free_files: Option<u64>,
    /// Mean size of the latest payloads in bytes, 0 where there is none.
    pub mean_bytes: u64,
    /// Largest of them.
    pub largest_bytes: u64,
    /// Open sessions that have something on the disk.
    pub drafts: usize,
}

/// Records that nobody but the station is known to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unsent {
    /// How many.
    pub records: usize,
    /// When the oldest was sealed.
    pub oldest: Option<DateTime<Utc>>,
}

impl Vault {
    /// Room on the disk, measured against the latest records. Quick: asked every few seconds.
    ///
    /// # Errors
    /// [`VaultError::Index`] or the disk's.
    pub fn room(&self) -> Result<Room, VaultError> {
        let io = |e| VaultError::io("vault folder", e);
        let sizes: Vec<u64> = self.queue_page(None, RECENT)?.iter().map(|row| row.size).collect();
        let drafts = self.files().list(&self.layout().drafts()).map_err(io)?;
        Ok(Room {
            free_bytes: self.free_bytes()?,
            free_files: self.files().free_files(self.layout().root()).map_err(io)?,
            mean_bytes: sizes.iter().sum::<u64>().checked_div(sizes.len() as u64).unwrap_or(0),
            largest_bytes: sizes.iter().copied().max().unwrap_or(0),
            drafts: drafts.iter().filter(|entry| entry.folder).count(),
        })
    }

    /// Folders that hold old copies and that no rule of keeping reaches: vaults that a restore kept aside, and indexes
    /// that could not be opened. Somebody must look at them and remove them. What cannot be listed is not told.
    #[must_use]
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let root = self.layout().root();
        let begins = root.file_name().map(|name| format!("{}{KEPT_ASIDE}", name.to_string_lossy()));
        let places = [(root, Some(DAMAGED.to_owned())), (folder_of(root), begins)];
        let mut found = Vec::new();
        for (folder, begins) in places {
            let Some(begins) = begins else { continue };
            let listed = self.files().list(folder).unwrap_or_default();
            let old = listed.into_iter().filter(|l| l.folder && l.name.starts_with(&begins));
            found.extend(old.map(|l| folder.join(l.name)));
        }
        found.sort();
        found
    }

    /// What is not sent yet, from the index.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn unsent(&self) -> Result<Unsent, VaultError> {
        let (records, oldest) = self.index.unsent()?;
        Ok(Unsent { records, oldest })
    }

    /// The latest time of any receipt of the pinned hub: its clock was there already, so the station's cannot be before
    /// it. The receipt itself is kept and its signature checked here, so nobody who writes the file sets the time.
    ///
    /// # Errors
    /// The disk's.
    pub fn hub_time(&self) -> Result<Option<DateTime<Utc>>, VaultError> {
        let Some(hub) = self.pinned_hub()? else { return Ok(None) };
        let bytes = match self.files().read(&self.layout().hub_time(), MAX_BYTES as u64) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => return Ok(None),
            other => other.map_err(|e| VaultError::io(HUB_TIME, e))?,
        };
        // A damaged file, or one of another hub, says nothing; the next receipt writes it anew.
        let receipt = Receipt::parse(&bytes).ok().filter(|receipt| receipt.check_signature(&hub).is_ok());
        Ok(receipt.map(|receipt| receipt.time))
    }

    /// Keeps a receipt whose time is the latest of those that the pinned hub signed.
    pub(super) fn note_hub_time(&mut self, receipt: &[u8]) -> Result<(), VaultError> {
        let Ok(receipt) = Receipt::parse(receipt) else { return Ok(()) };
        let signed = self.pinned_hub()?.is_some_and(|hub| receipt.check_signature(&hub).is_ok());
        if !signed || self.hub_floor.is_some_and(|known| known >= receipt.time) {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&receipt).map_err(|e| VaultError::corrupt(HUB_TIME, e.to_string()))?;
        self.files()
            .write_durable(&self.layout().hub_time(), &bytes)
            .map_err(|e| VaultError::io(HUB_TIME, e))?;
        self.hub_floor = Some(receipt.time);
        Ok(())
    }

    /// Forgets the hub's time, which a supervisor found to be wrong; the next receipt sets it anew.
    pub(super) fn forget_hub_time(&mut self) -> Result<(), VaultError> {
        self.files().remove_durable(&self.layout().hub_time()).map_err(|e| VaultError::io(HUB_TIME, e))?;
        self.hub_floor = None;
        Ok(())
    }
}

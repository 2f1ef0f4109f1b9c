//! What the station's limits are measured by: room on the disk, what a record takes, what is not sent yet, and the
//! latest time that a hub is known to have had.

use chrono::{DateTime, Utc};
use record::receipt::Receipt;

use super::Vault;
use super::error::VaultError;

/// Records whose sizes say what the next one will take.
const RECENT: usize = 50;

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

    /// What is not sent yet, from the index.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn unsent(&self) -> Result<Unsent, VaultError> {
        let (records, oldest) = self.index.unsent()?;
        Ok(Unsent { records, oldest })
    }

    /// The latest time of any receipt: the hub's clock was there already, so the station's cannot be before it.
    ///
    /// # Errors
    /// The disk's.
    pub fn hub_time(&self) -> Result<Option<DateTime<Utc>>, VaultError> {
        let bytes = self.read_optional(&self.layout().hub_time(), 64)?;
        let text = bytes.as_deref().and_then(|b| std::str::from_utf8(b).ok());
        // A damaged file says nothing; the next receipt writes it anew.
        let time = text.and_then(|t| DateTime::parse_from_rfc3339(t.trim_end()).ok());
        Ok(time.map(|t| t.with_timezone(&Utc)))
    }

    /// Keeps the time of a receipt that was taken, where it is the latest.
    pub(super) fn note_hub_time(&self, receipt: &[u8]) -> Result<(), VaultError> {
        let Ok(receipt) = Receipt::parse(receipt) else { return Ok(()) };
        if self.hub_time()?.is_some_and(|known| known >= receipt.time) {
            return Ok(());
        }
        let line = format!("{}\n", receipt.time.to_rfc3339());
        self.files()
            .write_durable(&self.layout().hub_time(), line.as_bytes())
            .map_err(|e| VaultError::io("hub-time", e))
    }
}

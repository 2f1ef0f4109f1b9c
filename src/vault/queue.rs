//! Questions to the queue.

use chrono::{FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Vault;
use super::error::VaultError;
use super::index::{QueueFilter, QueueRow};

impl Vault {
    /// Every row, newest first.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn queue(&self) -> Result<Vec<QueueRow>, VaultError> {
        let mut rows = self.index.iter().collect::<Result<Vec<_>, _>>()?;
        rows.sort_by_key(|row| std::cmp::Reverse((row.created, row.id)));
        Ok(rows)
    }

    /// Up to `limit` rows, newest first, beginning after `after`: what one page of the screen shows.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn queue_page(&self, after: Option<&QueueRow>, limit: usize) -> Result<Vec<QueueRow>, VaultError> {
        self.index.page(after, limit)
    }

    /// The rows of a filter, newest first.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn search(&self, filter: &QueueFilter) -> Result<Vec<QueueRow>, VaultError> {
        self.index.search(filter)
    }

    /// How many records are in the queue.
    #[must_use]
    pub fn queue_len(&self) -> usize {
        self.index.len()
    }

    /// The row of a record.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn find(&self, id: Uuid) -> Result<Option<QueueRow>, VaultError> {
        self.index.find(id)
    }

    /// The latest record of this NIK, if it was recorded here.
    ///
    /// # Errors
    /// [`VaultError::Locked`] or [`VaultError::Index`].
    pub fn find_nik(&self, nik: &str) -> Result<Option<QueueRow>, VaultError> {
        let rows = self.index.by_nik(&self.keys()?.nik_hash(nik))?;
        Ok(rows.into_iter().max_by_key(|row| row.created))
    }

    /// Records with the same No. KK and birth date: perhaps twins.
    ///
    /// # Errors
    /// [`VaultError::Locked`] or [`VaultError::Index`].
    pub fn find_family(&self, kk: &str, birth: NaiveDate) -> Result<Vec<QueueRow>, VaultError> {
        self.index.by_family(&self.keys()?.family_hash(kk, birth))
    }

    /// Records whose session was finished on this day at the office, oldest first.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn sealed_on(&self, day: NaiveDate, office: FixedOffset) -> Result<Vec<QueueRow>, VaultError> {
        let Some(from) = day.and_time(NaiveTime::MIN).and_local_timezone(office).single() else {
            return Ok(Vec::new());
        };
        let from = from.with_timezone(&Utc);
        let to = from + TimeDelta::days(1);
        let filter = QueueFilter { from: Some(from), to: Some(to), ..QueueFilter::default() };
        let mut rows = self.index.search(&filter)?;
        rows.reverse();
        Ok(rows)
    }
}

//! Questions to the queue.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::Vault;
use super::error::VaultError;
use super::index::{QueueFilter, QueueRow};

/// From when (included) to when (excluded) these days of the office are; both are included, and either may be open.
#[must_use]
pub fn span_of_days(
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    office: FixedOffset,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    // A fixed offset has each time once.
    let begins = |day: NaiveDate| {
        Some(day.and_time(NaiveTime::MIN).and_local_timezone(office).single()?.with_timezone(&Utc))
    };
    (from.and_then(begins), to.and_then(|day| day.succ_opt()).and_then(begins))
}

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
        let (from, to) = span_of_days(Some(day), Some(day), office);
        let filter = QueueFilter { from, to, ..QueueFilter::default() };
        let mut rows = self.index.search(&filter)?;
        rows.reverse();
        Ok(rows)
    }
}

//! The index's folder: opened with whatever is in it, moved aside when damaged, written anew when it has grown.
//!
//! sled never gives room back, and on damaged files it answers with errors, panics or not at all. So it is opened on a
//! thread of its own that may be left behind, and what cannot be opened is renamed and made anew from the files.
//!
//! Compaction: a fresh index `index-new/` is filled and flushed, then `index/` → `index-old/`, `index-new/` → `index/`,
//! and the old one is removed. Whatever a kill leaves of this is finished or removed when the vault is opened next.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Vault;
use super::audit::AuditEvent;
use super::check::RebuildReport;
use super::error::VaultError;
use super::files::{Files, folder_of, remove_tree};
use super::index::Index;

/// How long sled may take for opening and reading everything: a healthy index of 100 000 rows takes about a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// A smaller index is left as it is, in bytes.
const COMPACT_FROM_BYTES: u64 = 64 * 1024 * 1024;
/// What one row with its keys needs in a fresh index, in bytes (measured: about 900).
const ROW_BYTES: u64 = 1_024;
/// The index may be so many times as large as a fresh one.
const COMPACT_FACTOR: u64 = 4;

/// `index`, `index-new`, `index-old`.
pub(super) struct Places {
    pub(super) index: PathBuf,
    pub(super) new: PathBuf,
    pub(super) old: PathBuf,
}

impl Places {
    pub(super) fn of(index: &Path) -> Self {
        Self {
            index: index.to_owned(),
            new: index.with_file_name("index-new"),
            old: index.with_file_name("index-old"),
        }
    }
}

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct CompactReport {
    /// Bytes on disk before.
    pub before_bytes: u64,
    /// Bytes on disk after.
    pub after_bytes: u64,
}

/// Beginning of the name of an index that could not be opened; its time follows.
pub(super) const DAMAGED: &str = "index-damaged-";

/// Opens or makes the index of a vault. A damaged one is moved aside and an empty one made; the name of the folder
/// moved to is then returned.
pub(super) fn open(
    files: &dyn Files,
    folder: &Path,
    vault: Uuid,
    now: DateTime<Utc>,
) -> Result<(Index, Option<String>), VaultError> {
    let Some(native) = files.native(folder) else {
        return Ok((Index::start(sled::Config::new().temporary(true), vault, false)?, None));
    };
    finish_compaction(files, &Places::of(folder))?;
    match open_guarded(&native, vault, has_contents(files, folder)) {
        Ok(index) => return Ok((index, None)),
        Err(error @ VaultError::DiskFull { .. }) => return Err(error),
        Err(error) => tracing::warn!(code = error.code(), "the index cannot be opened"),
    }
    let aside = free_name(files, folder, &format!("{DAMAGED}{}", now.timestamp_millis()))?;
    // On a disk that cannot be written this says so.
    files
        .rename(folder, &folder.with_file_name(&aside))
        .and_then(|()| files.sync_folder(folder_of(folder)))
        .map_err(|e| VaultError::io("index", e))?;
    Ok((Index::start(sled::Config::new().path(&native), vault, false)?, Some(aside)))
}

/// Opens and walks an index; a panic is an error, and a thread that does not come back is left behind.
fn open_guarded(native: &Path, vault: Uuid, existing: bool) -> Result<Index, VaultError> {
    let (sender, receiver) = sync_channel(1);
    let config = sled::Config::new().path(native);
    let work = move || {
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let index = Index::start(config, vault, existing)?;
            index.walk()?;
            Ok::<_, VaultError>(index)
        }));
        sender.send(opened.unwrap_or_else(|_| Err(VaultError::Index("sled panicked".into())))).ok();
    };
    std::thread::Builder::new()
        .name("index-open".into())
        .spawn(work)
        .map_err(|e| VaultError::io("index", e))?;
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(VaultError::Index("sled does not answer".into())))
}

/// True when any file of a folder holds anything.
fn has_contents(files: &dyn Files, folder: &Path) -> bool {
    let listed = files.list(folder).unwrap_or_default();
    listed.iter().any(|l| !l.folder && matches!(files.len(&folder.join(&l.name)), Ok(Some(1..))))
}

/// `stem`, or `stem-2`, … : a name beside the folder that nothing has yet.
fn free_name(files: &dyn Files, folder: &Path, stem: &str) -> Result<String, VaultError> {
    let listed = files.list(folder_of(folder)).map_err(|e| VaultError::io("vault folder", e))?;
    let taken: BTreeSet<String> = listed.into_iter().map(|l| l.name).collect();
    let names = std::iter::once(stem.to_owned()).chain((2u32..).map(|n| format!("{stem}-{n}")));
    Ok(names.into_iter().find(|name| !taken.contains(name)).unwrap_or_else(|| stem.to_owned()))
}

fn is_there(files: &dyn Files, folder: &Path) -> Result<bool, VaultError> {
    Ok(files.len(folder).map_err(|e| VaultError::io("index", e))?.is_some())
}

/// What a kill in the middle of a compaction left.
fn finish_compaction(files: &dyn Files, places: &Places) -> Result<(), VaultError> {
    let io = |e| VaultError::io("index", e);
    // Only between the two renames is there none; the new one was whole before the first.
    if !is_there(files, &places.index)? && is_there(files, &places.old)? && is_there(files, &places.new)? {
        files.rename(&places.new, &places.index).map_err(io)?;
        files.sync_folder(folder_of(&places.index)).map_err(io)?;
    }
    remove_tree(files, &places.new).map_err(io)?;
    remove_tree(files, &places.old).map_err(io)
}

impl Vault {
    /// Bytes of the index's files, and rows in it.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn index_size(&self) -> Result<(u64, usize), VaultError> {
        Ok((self.index.disk_bytes()?, self.index.len()))
    }

    /// True when the index has grown beyond what its rows need.
    pub(super) fn compaction_due(&self) -> Result<bool, VaultError> {
        let (bytes, rows) = self.index_size()?;
        Ok(bytes > COMPACT_FROM_BYTES && bytes / COMPACT_FACTOR > rows as u64 * ROW_BYTES)
    }

    /// Writes the index anew when it has grown beyond what its rows need.
    ///
    /// # Errors
    /// [`VaultError::Index`] or the disk's; the index is then as it was, or made anew from the files.
    pub fn compact_if_due(&mut self, now: DateTime<Utc>) -> Result<Option<CompactReport>, VaultError> {
        if !self.compaction_due()? {
            return Ok(None);
        }
        self.compact(now).map(Some)
    }

    /// Writes the index anew, whatever its size.
    ///
    /// # Errors
    /// Those of [`Vault::compact_if_due`].
    pub fn compact(&mut self, now: DateTime<Utc>) -> Result<CompactReport, VaultError> {
        let before_bytes = self.index.disk_bytes()?;
        let places = Places::of(&self.layout().index());
        let Some(native) = self.files().native(&places.new) else {
            return Ok(CompactReport { before_bytes, after_bytes: before_bytes });
        };
        let vault = self.config().vault;
        self.fill_new(&places, &native)?;
        // sled must have closed the old files before they are renamed: an index in memory stands in meanwhile.
        self.index = Index::start(sled::Config::new().temporary(true), vault, false)?;
        let swapped = swap(self.files(), &places);
        let opened = open(self.files(), &places.index, vault, now);
        let whole = swapped.is_ok() && matches!(opened, Ok((_, None)));
        let opened = opened.map(|(index, _)| self.index = index);
        if !whole {
            // What is open now, be it in memory only, is filled from the files: no question goes to an empty index.
            self.bring_index_in_step()?;
        }
        opened.and(swapped)?;
        let after_bytes = self.index.disk_bytes()?;
        let event =
            AuditEvent::new("index-compacted").with("before", before_bytes).with("after", after_bytes);
        self.append_audit(&event, now)?;
        tracing::info!(before_bytes, after_bytes, "the index was compacted");
        Ok(CompactReport { before_bytes, after_bytes })
    }

    /// Fills `index-new/`, flushed and closed.
    fn fill_new(&self, places: &Places, native: &Path) -> Result<(), VaultError> {
        remove_tree(self.files(), &places.new).map_err(|e| VaultError::io("index", e))?;
        let fresh = Index::start(sled::Config::new().path(native), self.config().vault, false)?;
        for row in self.index.iter() {
            fresh.put(&row?)?;
        }
        fresh.flush()
    }

    /// Makes every row anew from the files alone.
    ///
    /// # Errors
    /// [`VaultError::Index`] or the disk's.
    pub fn rebuild(&mut self, now: DateTime<Utc>) -> Result<RebuildReport, VaultError> {
        let before: std::collections::BTreeMap<Uuid, _> =
            self.index.iter().filter_map(Result::ok).map(|r| (r.id, r)).collect();
        self.index.clear()?;
        let mut report = RebuildReport { rows: 0, damaged: 0, unreadable: 0, mended: 0 };
        for id in self.header_ids()? {
            let Some(row) = self.row_from_files(id)? else {
                report.unreadable += 1;
                continue;
            };
            self.index.put(&row)?;
            report.rows += 1;
            report.damaged += usize::from(row.damaged);
            report.mended += usize::from(before.get(&id) != Some(&row));
        }
        self.index.flush()?;
        let event = AuditEvent::new("index-rebuilt").with("rows", report.rows).with("mended", report.mended);
        self.append_audit(&event, now)?;
        Ok(report)
    }

    /// Compares a record's row with its files and mends it where they differ: a row of an index that was copied back, say.
    /// True when it was mended.
    ///
    /// # Errors
    /// [`VaultError::Index`] or the disk's.
    pub fn mend_row(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<bool, VaultError> {
        // What is under way is dealt with by its marker.
        if self.has_marker(id)? {
            return Ok(false);
        }
        #[cfg(any(test, feature = "sabotage"))]
        if self.is_sabotaged(super::sabotage::Sabotage::SkipRow) {
            return Ok(false);
        }
        let Some(row) = self.row_from_files(id)? else { return Ok(false) };
        if self.index.find(id).is_ok_and(|found| found.as_ref() == Some(&row)) {
            return Ok(false);
        }
        self.index.put(&row)?;
        self.index.flush()?;
        self.append_audit(&AuditEvent::new("row-mended").with("record", id), now)?;
        self.notes.push(super::Note::RowMended { record: id });
        Ok(true)
    }
}

/// The renames of a compaction; the old files go last.
fn swap(files: &dyn Files, places: &Places) -> Result<(), VaultError> {
    let io = |e| VaultError::io("index", e);
    let parent = folder_of(&places.index);
    files.sync_folder(parent).map_err(io)?;
    files.rename(&places.index, &places.old).map_err(io)?;
    files.sync_folder(parent).map_err(io)?;
    files.rename(&places.new, &places.index).map_err(io)?;
    files.sync_folder(parent).map_err(io)?;
    remove_tree(files, &places.old).map_err(io)
}

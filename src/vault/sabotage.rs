//! Sabotage: promises of the vault that are broken on purpose, so that the tests of crash safety can be tested. In a
//! normal build there is no such thing (`cfg(test)`, or the feature `sabotage`).
//!
//! A sabotaged vault is one over [`HookedFiles`]: what concerns syncs is done there, the rest asks
//! [`Files::sabotage`] at the place of the promise.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use record::seal::Sealed;
use uuid::Uuid;

use super::Vault;
use super::error::VaultError;
use super::files::{Files, Listed, LockGuard};
use super::index::QueueRow;

/// Which promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Files are not synced.
    SkipFileSync,
    /// Folders are not synced.
    SkipFolderSync,
    /// A save is acknowledged when its files are written, before they are durable.
    AcknowledgeEarly,
    /// A save puts no row into the index.
    SkipRow,
    /// A save writes no line into the audit.
    SkipAuditLine,
}

impl Sabotage {
    /// Every value.
    pub const ALL: [Self; 5] = [
        Self::SkipFileSync,
        Self::SkipFolderSync,
        Self::AcknowledgeEarly,
        Self::SkipRow,
        Self::SkipAuditLine,
    ];

    /// Stable name, as `./dev kill-loop --sabotage` and `./dev lab power --sabotage` take it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::SkipFileSync => "sync",
            Self::SkipFolderSync => "folder",
            Self::AcknowledgeEarly => "early",
            Self::SkipRow => "row",
            Self::SkipAuditLine => "audit",
        }
    }
    /// The value of a stable name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.id() == id)
    }
}

/// Called with the path of a file that was replaced durably.
pub type Told = Box<dyn Fn(&Path) + Send + Sync>;

/// A file system with a sabotage, and with an ear for what became durable.
pub struct HookedFiles {
    /// The file system that does the work.
    pub inner: Arc<dyn Files>,
    /// The promise that is broken, if any.
    pub sabotage: Option<Sabotage>,
    /// Who is told.
    pub told: Option<Told>,
}

impl HookedFiles {
    /// `inner` with this sabotage.
    #[must_use]
    pub fn sabotaged(inner: Arc<dyn Files>, sabotage: Sabotage) -> Arc<dyn Files> {
        Arc::new(Self { inner, sabotage: Some(sabotage), told: None })
    }
}

impl Files for HookedFiles {
    fn sabotage(&self) -> Option<Sabotage> {
        self.sabotage
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        if self.sabotage == Some(Sabotage::SkipFileSync) { Ok(()) } else { self.inner.sync_file(path) }
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if self.sabotage == Some(Sabotage::SkipFolderSync) { Ok(()) } else { self.inner.sync_folder(folder) }
    }
    fn write_durable(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        super::files::replace(self, path, bytes)?;
        if let Some(told) = &self.told {
            told(path);
        }
        Ok(())
    }

    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.inner.read(path, most)
    }
    fn read_back(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.inner.read_back(path, most)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        self.inner.list(folder)
    }
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.inner.make_folder(folder)
    }
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(path, bytes)
    }
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(path, bytes)
    }
    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        self.inner.truncate(path, len)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }
    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.inner.remove_folder(folder)
    }
    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.inner.len(path)
    }
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        self.inner.free_bytes(folder)
    }
    fn free_files(&self, folder: &Path) -> io::Result<Option<u64>> {
        self.inner.free_files(folder)
    }
    fn mode(&self, path: &Path) -> io::Result<Option<u32>> {
        self.inner.mode(path)
    }
    fn device(&self, path: &Path) -> io::Result<Option<u64>> {
        self.inner.device(path)
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.link(from, to)
    }
    fn reader(&self, path: &Path, past_cache: bool) -> io::Result<Box<dyn Read + Send>> {
        self.inner.reader(path, past_cache)
    }
    fn guard(&self, path: &Path, alone: bool) -> io::Result<Box<dyn LockGuard>> {
        self.inner.guard(path, alone)
    }
    fn lock(&self, path: &Path) -> io::Result<Box<dyn LockGuard>> {
        self.inner.lock(path)
    }
    fn native(&self, path: &Path) -> Option<PathBuf> {
        self.inner.native(path)
    }
}

impl Vault {
    pub(super) fn is_sabotaged(&self, sabotage: Sabotage) -> bool {
        self.files().sabotage() == Some(sabotage)
    }

    /// The three files as they are, without marker, sync or audit line.
    pub(super) fn acknowledge_early(
        &self,
        id: Uuid,
        sealed: &Sealed,
        local: &[u8],
    ) -> Result<QueueRow, VaultError> {
        let layout = self.layout();
        for (path, bytes) in [
            (layout.header(id), sealed.header_bytes.as_slice()),
            (layout.payload(id), sealed.payload.as_slice()),
            (layout.local(id), local),
        ] {
            self.files().write(&path, bytes).map_err(|e| VaultError::io("record", e))?;
        }
        let row = self.row_from_files(id)?.ok_or(VaultError::UnknownRecord)?;
        self.index.put(&row)?;
        Ok(row)
    }
}

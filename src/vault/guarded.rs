//! Changes to a vault that stop while another process takes a snapshot of it.
//!
//! Every changing operation of the process that has the vault open holds the file `guard` shared, just while it runs;
//! a snapshot holds it alone. So a snapshot shows the vault as it is between two operations: what a kill at that moment
//! would leave, from which a vault opens as it does after every crash.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Files, Listed, LockGuard};

/// A file system whose changes keep away from snapshots.
pub(super) struct GuardedFiles {
    inner: Arc<dyn Files>,
    guard: PathBuf,
}

impl GuardedFiles {
    /// `guard` is the file that is locked.
    pub(super) fn new(inner: Arc<dyn Files>, guard: PathBuf) -> Self {
        Self { inner, guard }
    }

    fn changing<T>(&self, change: impl FnOnce(&dyn Files) -> io::Result<T>) -> io::Result<T> {
        let _guard = self.inner.guard(&self.guard, false)?;
        change(&*self.inner)
    }
}

impl Files for GuardedFiles {
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
        self.changing(|files| files.make_folder(folder))
    }
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.changing(|files| files.write(path, bytes))
    }
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.changing(|files| files.append(path, bytes))
    }
    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        self.changing(|files| files.truncate(path, len))
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.inner.sync_file(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.inner.sync_folder(folder)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.changing(|files| files.rename(from, to))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.changing(|files| files.remove(path))
    }
    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        self.changing(|files| files.remove_folder(folder))
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
    fn lock(&self, path: &Path) -> io::Result<Box<dyn LockGuard>> {
        self.inner.lock(path)
    }
    fn native(&self, path: &Path) -> Option<PathBuf> {
        self.inner.native(path)
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.changing(|files| files.link(from, to))
    }
    fn reader(&self, path: &Path, past_cache: bool) -> io::Result<Box<dyn Read + Send>> {
        self.inner.reader(path, past_cache)
    }
    fn guard(&self, path: &Path, alone: bool) -> io::Result<Box<dyn LockGuard>> {
        self.inner.guard(path, alone)
    }
    #[cfg(any(test, feature = "sabotage"))]
    fn sabotage(&self) -> Option<super::sabotage::Sabotage> {
        self.inner.sabotage()
    }
}

//! A snapshot of a vault: second names of its files below `snapshots/<id>/`, taken between two changes.
//!
//! Files are replaced by rename, never written in place, so a second name keeps what was there; only the last segment
//! of the audit grows, and is copied.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::audit::SEGMENT_MAX;
use super::error::VaultError;
use super::files::{Files, LockGuard, TEMP_SUFFIX, remove_tree};
use super::layout::Layout;

const WHAT: &str = "snapshot";
/// Names at the top of a vault that are no part of it: locks, caches, what belongs to this computer
/// only.
const LEFT_OUT: [&str; 5] = ["lock", "guard", "index", "snapshots", "sync.key"];
/// Beginning of indexes that were moved aside or are being made.
const OTHER_INDEX: &str = "index-";
/// Longest path in a snapshot, in bytes.
const PATH_MAX: usize = 240;
/// Most folders above a file.
const DEPTH_MAX: usize = 3;

/// True for a path within a vault, as snapshots and backups hold it: up to four names of `A-Z a-z 0-9 . _ : -`, none
/// beginning with a dot, joined by `/`.
pub(super) fn check_path(path: &str) -> bool {
    let name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
    };
    path.len() <= PATH_MAX && path.split('/').count() <= DEPTH_MAX + 1 && path.split('/').all(name)
}

/// True when a path at the top of a vault is no part of it.
pub(super) fn is_left_out(path: &str) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    LEFT_OUT.contains(&top) || top.starts_with(OTHER_INDEX) || path.ends_with(TEMP_SUFFIX)
}

/// A snapshot; its second names go when it is dropped.
pub(super) struct Snapshot {
    files: Arc<dyn Files>,
    folder: PathBuf,
    /// Tells a vault that is opened meanwhile that this snapshot is in use.
    _lock: Box<dyn LockGuard>,
    /// Paths within the vault, sorted.
    pub(super) entries: Vec<String>,
    /// Files whose names no vault gives: they were left out.
    pub(super) foreign: usize,
}

impl Snapshot {
    /// Takes one. Other processes' changes wait meanwhile: some microseconds for each file.
    ///
    /// # Errors
    /// [`VaultError::Io`] (`Unsupported` where the disk has no second names) or the disk's other errors.
    pub(super) fn take(files: &Arc<dyn Files>, layout: &Layout) -> Result<Self, VaultError> {
        let io = |e| VaultError::io(WHAT, e);
        let folder = layout.snapshots().join(Uuid::now_v7().to_string());
        files.make_folder(&layout.snapshots()).map_err(io)?;
        let lock = files.lock(&lock_of(&folder)).map_err(io)?;
        let (files, entries) = (Arc::clone(files), Vec::new());
        let mut made = Self { files, folder, _lock: lock, entries, foreign: 0 };
        made.files.make_folder(&made.folder).map_err(io)?;
        let guard = made.files.guard(&layout.guard(), true).map_err(io)?;
        made.link_all(layout, "")?;
        drop(guard);
        made.entries.sort();
        Ok(made)
    }

    /// The folder that looks like the vault's.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of the snapshot lies.
    pub(super) fn path(&self, entry: &str) -> PathBuf {
        self.folder.join(entry)
    }

    fn link_all(&mut self, layout: &Layout, below: &str) -> Result<(), VaultError> {
        let io = |e| VaultError::io(WHAT, e);
        let listed = self.files.list(&layout.root().join(below)).map_err(io)?;
        let growing = if below == "audit" {
            listed.iter().filter(|l| l.name.ends_with(".jsonl")).map(|l| l.name.clone()).max()
        } else {
            None
        };
        for entry in listed {
            let path = if below.is_empty() { entry.name.clone() } else { format!("{below}/{}", entry.name) };
            if is_left_out(&path) {
                continue;
            }
            if !check_path(&path) {
                self.foreign += 1;
                continue;
            }
            let (from, to) = (layout.root().join(&path), self.folder.join(&path));
            if entry.folder {
                self.files.make_folder(&to).map_err(io)?;
                self.link_all(layout, &path)?;
                continue;
            }
            if growing.as_ref() == Some(&entry.name) {
                let bytes = self.files.read(&from, SEGMENT_MAX).map_err(io)?;
                self.files.write(&to, &bytes).map_err(io)?;
            } else {
                self.files.link(&from, &to).map_err(io)?;
            }
            self.entries.push(path);
        }
        Ok(())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // What cannot be removed now goes when the vault is opened next.
        remove_tree(&*self.files, &self.folder).ok();
        self.files.remove(&lock_of(&self.folder)).ok();
    }
}

fn lock_of(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

/// Removes what interrupted backups left. The snapshot of a backup that is under way is left alone.
pub(super) fn sweep(files: &dyn Files, layout: &Layout) -> Result<(), VaultError> {
    let io = |e| VaultError::io(WHAT, e);
    let listed = match files.list(&layout.snapshots()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(io)?,
    };
    for entry in listed {
        let folder = layout.snapshots().join(entry.name).with_extension("");
        let lock = match files.lock(&lock_of(&folder)) {
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => continue,
            other => other.map_err(io)?,
        };
        remove_tree(files, &folder).and_then(|()| files.remove(&lock_of(&folder))).map_err(io)?;
        drop(lock);
    }
    Ok(())
}

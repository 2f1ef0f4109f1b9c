//! The vault's only way to the disk.
//!
//! [`Files`] names the primitives that a POSIX file system gives; the durable operations are built from them
//! here, once, so that the faulty file system of the tests runs through the very same sequence as the real one.
//! Durable replacement: write a temporary file, fsync it, rename it over the name, fsync the folder
//! (rename(2) is atomic; without the last fsync the name itself may be lost by a power cut).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Ending of files that are being written. They are never read, and are swept away when a vault is opened.
pub const TEMP_SUFFIX: &str = ".tmp";

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// File name.
    pub name: String,
    /// Size in bytes, 0 for a folder.
    pub len: u64,
    /// True for a folder.
    pub folder: bool,
}

/// Keeps the lock until dropped.
pub trait LockGuard: Send + Sync {}

/// A file system. Every method may fail with any [`io::Error`]; nothing is durable before the matching sync.
pub trait Files: Send + Sync {
    /// Reads a whole file of at most `most` bytes.
    ///
    /// # Errors
    /// `InvalidData` when it is longer, else the system's error.
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;
    /// Like [`Files::read`], but from the disk rather than from memory where the system allows it.
    ///
    /// # Errors
    /// Those of [`Files::read`].
    fn read_back(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.read(path, most)
    }
    /// Names in a folder, in no particular order.
    ///
    /// # Errors
    /// The system's error.
    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>>;
    /// Makes a folder (mode 0700) unless it exists.
    ///
    /// # Errors
    /// The system's error.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// Creates or empties a file (mode 0600) and writes it, not durably.
    ///
    /// # Errors
    /// The system's error; a part may have been written.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Adds to the end of a file, creating it (mode 0600), not durably.
    ///
    /// # Errors
    /// The system's error; a part may have been written.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Cuts a file to `len` bytes, not durably.
    ///
    /// # Errors
    /// The system's error.
    fn truncate(&self, path: &Path, len: u64) -> io::Result<()>;
    /// Forces a file's contents to the disk (fsync(2)).
    ///
    /// # Errors
    /// The system's error: what was written since the last success must then be taken as lost.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
    /// Forces a folder's names to the disk.
    ///
    /// # Errors
    /// The system's error.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Renames atomically, replacing the target, not durably.
    ///
    /// # Errors
    /// The system's error.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file, not durably. A missing file is fine.
    ///
    /// # Errors
    /// The system's error.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder, not durably. A missing folder is fine.
    ///
    /// # Errors
    /// The system's error.
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;
    /// Size of a file in bytes, or none when it is missing.
    ///
    /// # Errors
    /// The system's error.
    fn len(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Bytes that an ordinary account may still write.
    ///
    /// # Errors
    /// The system's error.
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
    /// Files that may still be made, or none where the file system does not count them.
    ///
    /// # Errors
    /// The system's error.
    fn free_files(&self, folder: &Path) -> io::Result<Option<u64>>;
    /// Permission bits, or none where the file system has none.
    ///
    /// # Errors
    /// The system's error.
    fn mode(&self, path: &Path) -> io::Result<Option<u32>>;
    /// Which file system a path lies on (stat(2), `st_dev`), links followed; none where that is not known.
    ///
    /// # Errors
    /// The system's error.
    fn device(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Takes an exclusive lock on a file, creating it.
    ///
    /// # Errors
    /// `WouldBlock` when somebody else has it, else the system's error.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn LockGuard>>;
    /// The path for libraries that do their own input and output (sled), or none when there is no such path.
    fn native(&self, path: &Path) -> Option<PathBuf>;
    /// Gives a file a second name (link(2)), not durably.
    ///
    /// # Errors
    /// `Unsupported` where there are no such names, else the system's error.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Reads a file piece by piece, from the disk rather than from memory where `past_cache` and the system allows it.
    ///
    /// # Errors
    /// The system's error.
    fn reader(&self, path: &Path, past_cache: bool) -> io::Result<Box<dyn Read + Send>>;
    /// Waits for a lock on a file, creating it: shared with others, or alone.
    ///
    /// # Errors
    /// The system's error.
    fn guard(&self, path: &Path, alone: bool) -> io::Result<Box<dyn LockGuard>>;
    /// The promise of the vault that is broken on purpose, in tests of the tests.
    #[cfg(any(test, feature = "sabotage"))]
    fn sabotage(&self) -> Option<super::sabotage::Sabotage> {
        None
    }

    /// The first `bytes` bytes of a file, fewer where it is shorter.
    ///
    /// # Errors
    /// The system's error.
    fn read_head(&self, path: &Path, bytes: usize) -> io::Result<Vec<u8>> {
        let mut head = Vec::with_capacity(bytes);
        self.reader(path, false)?.take(bytes as u64).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Replaces or creates a file so that after success the new contents, and before it the old, survive a power cut.
    ///
    /// # Errors
    /// The system's error; the file then has its old or its new contents, never a mixture.
    fn write_durable(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        replace(self, path, bytes)
    }

    /// Adds to the end of a file so that it survives a power cut. `len` is the length before, in bytes: a file
    /// that is new (0) has its folder synced too.
    ///
    /// # Errors
    /// The system's error; the file may then end in a part of `bytes`.
    fn append_durable(&self, path: &Path, len: u64, bytes: &[u8]) -> io::Result<()> {
        self.append(path, bytes)?;
        self.sync_file(path)?;
        if len == 0 { self.sync_folder(folder_of(path)) } else { Ok(()) }
    }

    /// Removes a file durably.
    ///
    /// # Errors
    /// The system's error.
    fn remove_durable(&self, path: &Path) -> io::Result<()> {
        self.remove(path)?;
        self.sync_folder(folder_of(path))
    }

    /// Makes a folder durably, unless it exists.
    ///
    /// # Errors
    /// The system's error.
    fn make_folder_durable(&self, folder: &Path) -> io::Result<()> {
        self.make_folder(folder)?;
        self.sync_folder(folder_of(folder))
    }
}

/// [`Files::write_durable`] by the primitives of any file system.
pub(super) fn replace<F: Files + ?Sized>(files: &F, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temp = temp_of(path);
    let written = files
        .write(&temp, bytes)
        .and_then(|()| files.sync_file(&temp))
        .and_then(|()| files.rename(&temp, path));
    if let Err(error) = written {
        // Gives the room back on a full disk; what remains after a failure here is swept at the next open.
        files.remove(&temp).ok();
        return Err(error);
    }
    files.sync_folder(folder_of(path))
}

/// Removes a folder with all that is in it; a missing one is fine.
pub(super) fn remove_tree(files: &dyn Files, folder: &Path) -> std::io::Result<()> {
    let listed = match files.list(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in listed {
        let path = folder.join(entry.name);
        if entry.folder { remove_tree(files, &path)? } else { files.remove(&path)? }
    }
    files.remove_folder(folder)
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

pub(super) fn temp_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(TEMP_SUFFIX);
    PathBuf::from(name)
}

/// The computer's own file system.
#[derive(Debug, Default, Clone, Copy)]
pub struct RealFiles;

struct FileLock(#[allow(dead_code)] File); // reason: held for its lock, which the system drops with it
impl LockGuard for FileLock {}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl Files for RealFiles {
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        if len > most {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{len} bytes, at most {most}")));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        // The file may grow between the two calls, so the limit is kept here too.
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn read_back(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        // Clean pages are dropped by this advice, so the read below asks the disk; where it is not heeded, the
        // comparison is still one against the system's view of the file.
        let file = File::open(path)?;
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        self.read(path, most)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let folder = entry.file_type()?.is_dir();
            // Sizes are asked for with len(): a stat per name would double the time of a listing of 30 000.
            names.push(Listed { name, len: 0, folder });
        }
        Ok(names)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(bytes)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(bytes)
    }

    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.set_len(len)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        // Any descriptor of the file will do: fsync(2) flushes the file, not the descriptor.
        File::open(path)?.sync_all()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        missing_is_fine(fs::remove_file(path))
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        missing_is_fine(fs::remove_dir(folder))
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        let found = rustix::fs::statvfs(folder)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn free_files(&self, folder: &Path) -> io::Result<Option<u64>> {
        let found = rustix::fs::statvfs(folder)?;
        // Btrfs and some network file systems make inodes as they need them and say 0.
        Ok((found.f_files > 0).then_some(found.f_favail))
    }

    fn mode(&self, path: &Path) -> io::Result<Option<u32>> {
        Ok(Some(fs::metadata(path)?.mode() & 0o7777))
    }

    fn device(&self, path: &Path) -> io::Result<Option<u64>> {
        Ok(Some(fs::metadata(path)?.dev()))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn LockGuard>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(FileLock(file))),
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(fs::TryLockError::Error(e)) => Err(e),
        }
    }

    fn native(&self, path: &Path) -> Option<PathBuf> {
        Some(path.to_owned())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn reader(&self, path: &Path, past_cache: bool) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(path)?;
        if past_cache {
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
        Ok(Box::new(io::BufReader::with_capacity(256 * 1024, file)))
    }

    fn guard(&self, path: &Path, alone: bool) -> io::Result<Box<dyn LockGuard>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        if alone {
            file.lock()?
        } else {
            file.lock_shared()?
        }
        Ok(Box::new(FileLock(file)))
    }
}

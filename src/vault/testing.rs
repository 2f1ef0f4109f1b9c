//! A faulty file system in memory, for tests: it fails at a chosen operation, and a power cut loses what was not synced.
//!
//! The model is the harsh reading of POSIX: contents are durable after `sync_file`, names after `sync_folder` of their
//! folder. At a power cut each unsynced name change is kept or lost on its own, and unsynced contents come out as the
//! old bytes, the new ones, a prefix of the new ones or a prefix followed by zeros. After a failed `sync_file` the
//! bytes it should have saved never become durable, though later syncs succeed (what Linux does). A seed decides
//! every choice, so a failure is repeated by its seed and operation number.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::files::{Files, Listed, LockGuard, folder_of};

/// What happens at the chosen operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes: the operation is done in part or not at all, and everything after it fails until
    /// [`FaultyFiles::power_on`].
    PowerCut,
    /// The process is killed before the operation; what was written stays. Everything fails until
    /// [`FaultyFiles::restart`].
    Kill,
    /// Writes stop half way with ENOSPC, others fail with it.
    NoSpace,
    /// EIO, once. A sync that fails so has lost its bytes.
    Io,
}

/// The operations that count and can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Write,
    Sync,
    Name,
    Read,
}

/// Chance from a seed: splitmix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone, Default)]
pub struct Random(pub u64);

impl Random {
    /// A number below `below`, 0 for 0.
    pub fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }
}

#[derive(Debug, Clone, Default)]
struct Inode {
    live: Vec<u8>,
    durable: Vec<u8>,
    lost: bool,
}

#[derive(Debug, Clone)]
enum NameOp {
    Link(PathBuf, u64),
    Rename(PathBuf, PathBuf, u64),
    RenameFolder(PathBuf, PathBuf),
    Unlink(PathBuf),
    MakeFolder(PathBuf),
    RemoveFolder(PathBuf),
}

impl NameOp {
    fn folder(&self) -> &Path {
        match self {
            Self::Link(p, _)
            | Self::Rename(_, p, _)
            | Self::RenameFolder(_, p)
            | Self::Unlink(p)
            | Self::MakeFolder(p)
            | Self::RemoveFolder(p) => folder_of(p),
        }
    }
}

/// A name's target: a folder or the number of a file's inode.
type Names = BTreeMap<PathBuf, Option<u64>>;

fn apply(names: &mut Names, op: &NameOp) {
    match op {
        NameOp::Link(path, inode) => drop(names.insert(path.clone(), Some(*inode))),
        NameOp::Rename(from, to, inode) => {
            names.remove(from);
            names.insert(to.clone(), Some(*inode));
        }
        NameOp::Unlink(path) | NameOp::RemoveFolder(path) => drop(names.remove(path)),
        NameOp::MakeFolder(path) => drop(names.insert(path.clone(), None)),
        NameOp::RenameFolder(from, to) => {
            let moved: Vec<PathBuf> = names.keys().filter(|p| p.starts_with(from)).cloned().collect();
            for path in moved {
                let (Some(target), Ok(rest)) = (names.remove(&path), path.strip_prefix(from)) else {
                    continue;
                };
                names.insert(if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) }, target);
            }
        }
    }
}

#[derive(Debug, Clone, Default)]
struct State {
    inodes: BTreeMap<u64, Inode>,
    live: Names,
    durable: Names,
    unsynced: Vec<NameOp>,
    next_inode: u64,
    ops: u64,
    plan: Option<(u64, Fault)>,
    down: bool,
    read_only: bool,
    room: Option<u64>,
    /// Files that are locked.
    locked: BTreeSet<PathBuf>,
    skip_syncs: bool,
    random: Random,
}

/// The file system. Clones share the same disk.
#[derive(Debug, Clone)]
pub struct FaultyFiles(Arc<Mutex<State>>);

struct MemoryLock(Arc<Mutex<State>>, PathBuf);
impl LockGuard for MemoryLock {}
impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).locked.remove(&self.1);
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl State {
    fn random(&mut self, below: u64) -> u64 {
        self.random.below(below)
    }

    /// Counts an operation; the fault that strikes it, if any. Errors are already decided for the rest.
    fn begin(&mut self, op: Op) -> io::Result<Option<Fault>> {
        if self.down {
            return Err(io::Error::other("the machine is off"));
        }
        if op == Op::Read {
            return Ok(None);
        }
        if self.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        self.ops += 1;
        match self.plan {
            Some((at, fault)) if at == self.ops => {
                self.plan = None;
                self.down = matches!(fault, Fault::PowerCut | Fault::Kill);
                Ok(Some(fault))
            }
            _ => Ok(None),
        }
    }

    /// As [`State::begin`] for operations that happen whole or not at all.
    fn begin_whole(&mut self, op: Op) -> io::Result<()> {
        match self.begin(op)? {
            None => Ok(()),
            // Half of the cut operations happen: the model must not know which.
            Some(Fault::PowerCut) if self.random(2) == 0 => Ok(()),
            Some(fault) => Err(error(fault)),
        }
    }

    fn file(&mut self, path: &Path) -> io::Result<&mut Inode> {
        let inode = self.live.get(path).copied().flatten().ok_or_else(missing)?;
        self.inodes.get_mut(&inode).ok_or_else(missing)
    }

    fn folder(&self, folder: &Path) -> io::Result<()> {
        match self.live.get(folder) {
            Some(None) => Ok(()),
            Some(Some(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(missing()),
        }
    }

    fn name(&mut self, op: NameOp) {
        apply(&mut self.live, &op);
        self.unsynced.push(op);
    }

    fn used(&self) -> u64 {
        self.live.values().flatten().filter_map(|i| self.inodes.get(i)).map(|i| i.live.len() as u64).sum()
    }

    fn put(&mut self, path: &Path, bytes: &[u8], keep: bool) -> io::Result<()> {
        let fault = self.begin(Op::Write)?;
        self.folder(folder_of(path))?;
        if self.live.get(path).copied().flatten().is_none() {
            let inode = self.next_inode;
            self.next_inode += 1;
            self.inodes.insert(inode, Inode::default());
            self.name(NameOp::Link(path.to_owned(), inode));
        }
        if !keep {
            self.file(path)?.live.clear();
        }
        let room = self.room.map_or(u64::MAX, |room| room.saturating_sub(self.used()));
        let mut written = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if fault.is_some() {
            written = usize::try_from(self.random(written as u64 + 1)).unwrap_or(0);
        }
        self.file(path)?.live.extend_from_slice(&bytes[..written]);
        match fault {
            Some(fault) => Err(error(fault)),
            None if written < bytes.len() => Err(io::ErrorKind::StorageFull.into()),
            None => Ok(()),
        }
    }

    /// What a power cut leaves of a file.
    fn settle(&mut self, inode: u64) {
        let Some(mut file) = self.inodes.remove(&inode) else { return };
        if !file.lost && file.live != file.durable {
            let kept = usize::try_from(self.random(file.live.len() as u64 + 1)).unwrap_or(0);
            match self.random(4) {
                0 => {}
                1 => file.durable = file.live.clone(),
                // Only new bytes can be torn: what was synced and not overwritten stays.
                2 if file.live.starts_with(&file.durable) => {
                    file.durable = file.live[..kept.max(file.durable.len())].to_vec();
                }
                2 => file.durable = file.live[..kept].to_vec(),
                _ => {
                    let sure = if file.live.starts_with(&file.durable) { file.durable.len() } else { 0 };
                    let mut torn = file.live.clone();
                    torn[kept.max(sure)..].fill(0);
                    file.durable = torn;
                }
            }
        }
        file.live = file.durable.clone();
        file.lost = false;
        self.inodes.insert(inode, file);
    }
}

/// All lines of the audit of a vault on the real disk; in tests it has many small segments.
#[must_use]
pub fn audit_text(vault: &Path) -> String {
    let folder = vault.join("audit");
    let listed = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut segments: Vec<PathBuf> =
        listed.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")).collect();
    segments.sort();
    segments.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn error(fault: Fault) -> io::Error {
    match fault {
        Fault::NoSpace => io::ErrorKind::StorageFull.into(),
        // EIO has no portable kind of its own.
        Fault::Io => io::Error::from_raw_os_error(5),
        Fault::PowerCut | Fault::Kill => io::Error::other("the machine is off"),
    }
}

impl FaultyFiles {
    /// An empty disk with the folder `/`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut state = State { random: Random(seed), ..State::default() };
        state.live.insert(PathBuf::from("/"), None);
        state.durable.insert(PathBuf::from("/"), None);
        Self(Arc::new(Mutex::new(state)))
    }

    /// Another disk with the same contents and a seed of its own. Nobody holds its lock.
    #[must_use]
    pub fn copy(&self, seed: u64) -> Self {
        let copy =
            State { random: Random(seed), locked: BTreeSet::new(), plan: None, ..self.state().clone() };
        Self(Arc::new(Mutex::new(copy)))
    }

    /// The same disk as the vault takes it.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Files> {
        Arc::new(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changing operations so far.
    #[must_use]
    pub fn ops(&self) -> u64 {
        self.state().ops
    }
    /// Lets the `nth` changing operation from now (from 1) fail.
    pub fn fail(&self, nth: u64, fault: Fault) {
        let mut state = self.state();
        state.plan = Some((state.ops + nth, fault));
    }
    /// True after a cut or a kill, until the next start.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.state().down
    }
    /// Forgets a planned fault; true when it has not struck.
    #[must_use]
    pub fn forget(&self) -> bool {
        self.state().plan.take().is_some()
    }
    /// Limits all files together to `bytes`, or not.
    pub fn set_room(&self, bytes: Option<u64>) {
        self.state().room = bytes;
    }
    /// Bytes in all files.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.state().used()
    }
    /// Mounts the disk read-only, or not.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }
    /// Sabotage: syncs claim success and do nothing. A test of the tests.
    pub fn skip_syncs(&self, skip: bool) {
        self.state().skip_syncs = skip;
    }
    /// Starts a new process on a machine that stayed on.
    pub fn restart(&self) {
        let mut state = self.state();
        state.down = false;
        state.locked.clear();
    }
    /// Cuts the power, if it is still on, and starts again with what the disk kept.
    pub fn power_on(&self) {
        let mut state = self.state();
        for op in std::mem::take(&mut state.unsynced) {
            if state.random(2) == 0 {
                apply(&mut state.durable, &op);
            }
        }
        // What lies in a folder whose name was lost is lost with it.
        let durable = std::mem::take(&mut state.durable);
        let kept: Names = durable
            .iter()
            .filter(|(path, _)| {
                path.ancestors().all(|above| above.as_os_str().is_empty() || durable.contains_key(above))
            })
            .map(|(path, target)| (path.clone(), *target))
            .collect();
        for inode in state.inodes.keys().copied().collect::<Vec<_>>() {
            state.settle(inode);
        }
        state.live = kept.clone();
        state.durable = kept;
        state.down = false;
        state.locked.clear();
        state.plan = None;
    }
    /// Changes a file behind the vault's back, durably. A missing file is made.
    ///
    /// # Panics
    /// When its folder is missing.
    #[allow(clippy::expect_used)] // reason: only tests call this
    pub fn tamper(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.read(path, u64::MAX).unwrap_or_default();
        change(&mut bytes);
        self.write_durable(path, &bytes).expect("the file can be written");
    }
}

impl Files for FaultyFiles {
    fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.begin(Op::Read)?;
        let bytes = state.file(path)?.live.clone();
        if bytes.len() as u64 > most {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(bytes)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let mut state = self.state();
        state.begin(Op::Read)?;
        state.folder(folder)?;
        let inside = state.live.iter().filter(|(path, _)| path.parent() == Some(folder));
        let listed = inside.filter_map(|(path, target)| {
            let name = path.file_name()?.to_str()?.to_owned();
            Some(Listed { name, len: 0, folder: target.is_none() })
        });
        Ok(listed.collect())
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin_whole(Op::Name)?;
        let mut missing: Vec<PathBuf> =
            folder.ancestors().take_while(|p| !state.live.contains_key(*p)).map(Path::to_owned).collect();
        while let Some(path) = missing.pop() {
            state.name(NameOp::MakeFolder(path));
        }
        Ok(())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.state().put(path, bytes, false)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.state().put(path, bytes, true)
    }

    fn truncate(&self, path: &Path, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.begin_whole(Op::Write)?;
        let file = state.file(path)?;
        file.live.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        // Bytes that a failed sync lost are gone with the cut; what remains was durable.
        file.lost &= !file.durable.starts_with(&file.live);
        Ok(())
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        match state.begin(Op::Sync)? {
            None if state.skip_syncs => Ok(()),
            None => {
                let file = state.file(path)?;
                if !file.lost {
                    file.durable = file.live.clone();
                }
                Ok(())
            }
            Some(fault @ (Fault::Io | Fault::NoSpace)) => {
                let file = state.file(path)?;
                file.lost |= file.live != file.durable;
                Err(error(fault))
            }
            Some(fault) => Err(error(fault)),
        }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin_whole(Op::Sync)?;
        state.folder(folder)?;
        if state.skip_syncs {
            return Ok(());
        }
        let (synced, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.unsynced).into_iter().partition(|op| op.folder() == folder);
        for op in &synced {
            apply(&mut state.durable, op);
        }
        state.unsynced = rest;
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin_whole(Op::Name)?;
        state.folder(folder_of(to))?;
        let Some(inode) = *state.live.get(from).ok_or_else(missing)? else {
            if state.live.contains_key(to) {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            state.name(NameOp::RenameFolder(from.to_owned(), to.to_owned()));
            return Ok(());
        };
        state.name(NameOp::Rename(from.to_owned(), to.to_owned(), inode));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin_whole(Op::Name)?;
        if state.live.contains_key(path) {
            state.name(NameOp::Unlink(path.to_owned()));
        }
        Ok(())
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin_whole(Op::Name)?;
        if state.live.keys().any(|path| path.parent() == Some(folder)) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        if state.live.contains_key(folder) {
            state.name(NameOp::RemoveFolder(folder.to_owned()));
        }
        Ok(())
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        let mut state = self.state();
        state.begin(Op::Read)?;
        match state.file(path) {
            Ok(file) => Ok(Some(file.live.len() as u64)),
            Err(_) => Ok(None),
        }
    }

    fn free_bytes(&self, _folder: &Path) -> io::Result<u64> {
        let state = self.state();
        Ok(state.room.map_or(u64::MAX, |room| room.saturating_sub(state.used())))
    }

    fn mode(&self, _path: &Path) -> io::Result<Option<u32>> {
        Ok(None)
    }

    fn device(&self, _path: &Path) -> io::Result<Option<u64>> {
        Ok(Some(Arc::as_ptr(&self.0).addr() as u64))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn LockGuard>> {
        let mut state = self.state();
        if state.down {
            return Err(io::Error::other("the machine is off"));
        }
        if state.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        state.folder(folder_of(path))?;
        if !state.locked.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(MemoryLock(Arc::clone(&self.0), path.to_owned())))
    }

    fn native(&self, _path: &Path) -> Option<PathBuf> {
        None
    }

    fn free_files(&self, _folder: &Path) -> io::Result<Option<u64>> {
        Ok(None)
    }

    fn reader(&self, path: &Path, _past_cache: bool) -> io::Result<Box<dyn io::Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.read(path, u64::MAX)?)))
    }

    fn guard(&self, _path: &Path, _alone: bool) -> io::Result<Box<dyn LockGuard>> {
        // One process: nobody takes a snapshot in the middle of an operation.
        struct Nobody;
        impl LockGuard for Nobody {}
        Ok(Box::new(Nobody))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin_whole(Op::Name)?;
        let inode = state.live.get(from).copied().flatten().ok_or_else(missing)?;
        state.folder(folder_of(to))?;
        if state.live.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.name(NameOp::Link(to.to_owned(), inode));
        Ok(())
    }
}

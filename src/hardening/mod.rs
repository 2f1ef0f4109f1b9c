//! What the process does so that nothing of anybody leaves it: memory is wiped when it is given back, no core dump is
//! written, no other process of the account reads its memory, nothing goes to the swap where that is allowed, new
//! files are the owner's alone, and a panic tells its place and nothing else.

pub mod host;

use std::io::Write;

use rustix::fs::Mode;
use rustix::mm::MlockAllFlags;
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use zeroizing_alloc::ZeroAlloc;

/// Every block of the heap is wiped when it is freed: texts, pictures and templates, copies that grown buffers leave
/// behind, and what other crates hold, none of which wipe themselves. What takes its memory from C is told to
/// [`biometrics::codec::wipe_freed_memory`].
#[global_allocator]
static WIPING: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// Stable code of a panic's line.
pub const PANIC_CODE: &str = "RUN-25";

/// Whether the process's memory stays out of the swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryLock {
    /// All of it does.
    Locked,
    /// The system allows this many KiB only; the rest may be swapped.
    Limited {
        /// RLIMIT_MEMLOCK in KiB.
        limit_kib: u64,
    },
    /// The system refused.
    Refused,
}

/// What worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardening {
    /// No core dump will be written (RLIMIT_CORE is 0).
    pub no_core: bool,
    /// Other processes of the account cannot read the memory (PR_SET_DUMPABLE is off).
    pub not_dumpable: bool,
    /// Whether the memory stays out of the swap.
    pub memory: MemoryLock,
    /// Buffers of C libraries are overwritten when they are freed.
    pub c_buffers_wiped: bool,
}

/// Hardens this process; called first of all. What the system does not allow is in the answer, not an error: a station
/// that does not start records nobody.
#[must_use]
pub fn apply() -> Hardening {
    quiet_panics();
    let c_buffers_wiped = biometrics::codec::wipe_freed_memory();
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(Resource::Core, none).ok();
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).ok();
    let memory = lock_memory();
    Hardening { memory, c_buffers_wiped, ..found() }
}

/// What is so now, as the system tells it.
fn found() -> Hardening {
    Hardening {
        no_core: rustix::process::getrlimit(Resource::Core).current == Some(0),
        not_dumpable: matches!(rustix::process::dumpable_behavior(), Ok(DumpableBehavior::NotDumpable)),
        memory: MemoryLock::Refused,
        c_buffers_wiped: false,
    }
}

/// Locks the memory where there is no limit. Below a limit it is left alone: once the limit is reached every further
/// allocation would fail, and with it the recording.
fn lock_memory() -> MemoryLock {
    if let Some(limit) = rustix::process::getrlimit(Resource::Memlock).current {
        return MemoryLock::Limited { limit_kib: limit / 1024 };
    }
    let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    match rustix::mm::mlockall(all) {
        Ok(()) => MemoryLock::Locked,
        Err(_) => MemoryLock::Refused,
    }
}

/// A panic's message may hold what was being worked on, so only its place is written.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("-");
        writeln!(std::io::stderr(), "{PANIC_CODE} internal error at {place} (thread {name})").ok();
    }));
}

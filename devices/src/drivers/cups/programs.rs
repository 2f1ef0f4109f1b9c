//! Runs the programs of CUPS (`lp`, `lpstat`, `cancel`): arguments as a list, no shell, a deadline, no file on disk.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::process::{Pid, Signal};

use crate::vocabulary::DeviceFault;

/// Most bytes that are kept of what a program says, on each of its two ways.
const SAID_MAX: u64 = 64 * 1024;
/// Longest sleep between two looks at the program.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Where the programs are and which server they talk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    /// Folder of the programs; without one they are found by `PATH`.
    pub(super) folder: Option<PathBuf>,
    /// `CUPS_SERVER`: socket file or `host:port`.
    pub(super) server: String,
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// It ended with 0.
    pub(super) ok: bool,
    pub(super) out: String,
    pub(super) err: String,
}

impl Programs {
    /// Runs one program, with `input` on its standard input. It gets `within`, then it is killed with all that it
    /// started.
    pub(super) fn run(
        &self,
        name: &str,
        arguments: &[&str],
        input: &[u8],
        within: Duration,
    ) -> Result<Said, DeviceFault> {
        let memory = |what: &str| {
            let what = what.to_owned();
            move |e: std::io::Error| DeviceFault::Protocol { detail: format!("{what}: {}", e.kind()) }
        };
        let input = filled(input).map_err(memory("no memory for the document"))?;
        let (mut out, mut err) =
            (limited().map_err(memory("no memory"))?, limited().map_err(memory("no memory"))?);
        let copy = |file: &File| file.try_clone().map(Stdio::from);
        let program = self.folder.as_ref().map_or_else(|| PathBuf::from(name), |f| f.join(name));
        let mut command = Command::new(program);
        command.args(arguments).env("LC_ALL", "C").env("CUPS_SERVER", &self.server).process_group(0);
        command.stdin(Stdio::from(input));
        command.stdout(copy(&out).map_err(memory("no memory"))?);
        command.stderr(copy(&err).map_err(memory("no memory"))?);
        let child = command.spawn().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => DeviceFault::ServiceMissing { service: "cups-client".to_owned() },
            std::io::ErrorKind::PermissionDenied => DeviceFault::NotPermitted,
            kind => DeviceFault::Protocol { detail: format!("{name} cannot be started: {kind}") },
        })?;
        let ok = wait(child, within)?;
        Ok(Said { ok, out: said(&mut out), err: said(&mut err) })
    }
}

/// A file in memory only that holds `bytes`, at its beginning. A program can read it as it likes; nothing has to wait
/// for one that does not.
fn filled(bytes: &[u8]) -> std::io::Result<File> {
    let mut file = File::from(rustix::fs::memfd_create("rekam-document", MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// A file in memory only that cannot grow over [`SAID_MAX`], whatever a program writes.
fn limited() -> std::io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = File::from(rustix::fs::memfd_create("rekam-said", flags)?);
    rustix::fs::ftruncate(&file, SAID_MAX)?;
    rustix::fs::fcntl_add_seals(&file, SealFlags::GROW | SealFlags::SHRINK)?;
    Ok(file)
}

/// What was written: the place in the file is shared with the program that wrote.
fn said(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let length = file.stream_position().unwrap_or(0).min(SAID_MAX);
    if file.seek(SeekFrom::Start(0)).is_ok() {
        file.take(length).read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// True when the program ended with 0.
fn wait(mut child: Child, within: Duration) -> Result<bool, DeviceFault> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if begun.elapsed() < within => std::thread::sleep(LOOK_EVERY),
            // Overdue, or the system does not know it any more.
            Ok(None) | Err(_) => {
                if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                    rustix::process::kill_process_group(group, Signal::KILL).ok();
                }
                child.kill().ok();
                child.wait().ok();
                let after_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                return Err(DeviceFault::Hung { after_ms });
            }
        }
    }
}

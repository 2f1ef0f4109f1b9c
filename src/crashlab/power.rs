//! The power of a whole machine cut at random moments: a virtual machine that runs [`super::writer`] on an ext4 file
//! system is killed, its disk loses what it had not flushed ([`super::disk`]), and it is started again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::compare::Acknowledged;
use super::disk::VolatileDisk;
use super::{LabError, Told};
use crate::vault::testing::Random;

/// A machine that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(240);
/// Longest work between the start of the writer's work and the cut.
const WORK_MS: u64 = 3_000;
/// One cut in so many comes while the machine starts: in the journal's replay or the vault's own recovery.
const EARLY_CUT: u64 = 6;
const LIST: &str = "acknowledged";
/// A disk has whole sectors.
const SECTOR: usize = 512;
const SOCKET: &str = "disk.socket";
const LINES: usize = 10_000;
/// Cuts after which a new disk is made, so that comparing stays quick.
const CUTS_OF_A_DISK: u32 = 25;
/// Size of the disk, in bytes; the image is sparse.
const DISK_BYTES: u64 = 1024 * 1024 * 1024;
/// Lines of a machine that went wrong which are shown.
const TAIL: usize = 15;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Program and arguments of the machine, but for its disk.
    pub machine: Vec<String>,
    /// Folder for the disk's image, its socket and the list of what was acknowledged (read by the machine).
    pub folder: PathBuf,
    /// How many cuts.
    pub cuts: u32,
    /// Decides every moment and what the disk loses.
    pub seed: u64,
}

/// What came of it: the last line of `./dev lab power`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Report {
    /// Power cuts.
    pub cuts: u32,
    /// Records, steps and states that were acknowledged.
    pub acknowledged: usize,
    /// Of them records.
    pub records: usize,
    /// Findings: what was acknowledged and is not there, or is not whole.
    pub lost: usize,
    /// Cuts before the writer had begun its work.
    pub early_cuts: u32,
    /// Writes to the disk, and flushes.
    pub disk_writes: u64,
    /// Flushes that the machine asked the disk for.
    pub disk_flushes: u64,
    /// Writes that the disk lost or tore at cuts.
    pub disk_lost_writes: u64,
    /// The seed.
    pub seed: u64,
    /// How long it took.
    pub seconds: u64,
    /// The findings of the first machine that found any, in words.
    pub findings: Vec<String>,
}

struct Machine {
    child: Child,
    lines: Receiver<String>,
}

impl Machine {
    fn start(plan: &Plan, socket: &std::path::Path) -> Result<Self, LabError> {
        let (program, arguments) =
            plan.machine.split_first().ok_or_else(|| LabError("no machine is named".into()))?;
        let disk =
            format!("file=nbd+unix:///?socket={},format=raw,if=virtio,cache=writeback", socket.display());
        let list = format!("file={},format=raw,if=virtio,readonly=on", plan.folder.join(LIST).display());
        let mut child = Command::new(program)
            .args(arguments)
            .args(["-drive", &disk, "-drive", &list])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(LabError::at("starting the machine"))?;
        let out = child.stdout.take().ok_or_else(|| LabError("the machine has no stdout".into()))?;
        let (sender, lines) = sync_channel(LINES);
        let read = move || {
            for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("serial".into()).spawn(read).map_err(LabError::at("a thread"))?;
        Ok(Self { child, lines })
    }
}

/// How a machine's run ended.
enum End {
    /// Cut; true when the writer was at work.
    Cut(bool),
    /// It went off by itself.
    Off,
}

struct Lab<'p> {
    plan: &'p Plan,
    say: &'p mut dyn FnMut(String),
    random: Random,
    /// What was acknowledged, as the machine reads it.
    list: String,
    acknowledged: Acknowledged,
    compared: Option<usize>,
    report: Report,
    tail: Vec<String>,
}

impl Lab<'_> {
    fn take(&mut self, line: &str) -> Result<Option<Told>, LabError> {
        if self.tail.len() >= TAIL {
            self.tail.remove(0);
        }
        self.tail.push(line.trim_end().to_owned());
        let Some(told) = Told::parse(line) else { return Ok(None) };
        match &told {
            Told::Saved(..) | Told::Kept(..) | Told::Sent(..) => {
                self.list.push_str(&told.to_string());
                self.list.push('\n');
            }
            Told::Lost(what) => {
                (self.say)(format!("LOST after {} cuts: {what}", self.report.cuts));
                self.report.lost += 1;
                self.report.findings.push(what.clone());
            }
            Told::Compared(things) => self.compared = Some(*things),
            _ => {}
        }
        self.acknowledged.take(&told);
        Ok(Some(told))
    }

    /// Runs a machine until its cut.
    fn machine(&mut self, socket: &std::path::Path) -> Result<End, LabError> {
        let mut machine = Machine::start(self.plan, socket)?;
        let early = self.random.below(EARLY_CUT) == 0;
        let work = Duration::from_millis(self.random.below(WORK_MS));
        let mut deadline = Instant::now() + PATIENCE;
        let (mut working, mut cut) = (false, false);
        loop {
            match machine.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let mounting = line.contains("LAB-MOUNT");
                    let told = self.take(&line)?;
                    if (early && mounting) || told == Some(Told::Ready) {
                        working = told.is_some();
                        cut = true;
                        deadline = Instant::now() + work;
                    }
                    // Something is lost already: the writer only goes on saving.
                    if self.report.lost > 0 && told == Some(Told::Ready) {
                        deadline = Instant::now();
                    }
                }
                Err(RecvTimeoutError::Timeout) if cut => break,
                Err(RecvTimeoutError::Timeout) => {
                    machine.child.kill().ok();
                    machine.child.wait().ok();
                    return Err(LabError(format!(
                        "the machine hangs; its last lines:\n{}",
                        self.tail.join("\n")
                    )));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    machine.child.wait().ok();
                    return Ok(End::Off);
                }
            }
        }
        machine.child.kill().map_err(LabError::at("killing the machine"))?;
        machine.child.wait().map_err(LabError::at("waiting for the machine"))?;
        for line in machine.lines.iter() {
            self.take(&line)?;
        }
        Ok(End::Cut(working))
    }

    fn cut_once(&mut self, disk: &mut VolatileDisk, listener: &UnixListener) -> Result<(), LabError> {
        self.compared = None;
        let before = self.acknowledged.len();
        let mut list = self.list.clone().into_bytes();
        list.resize((list.len() / SECTOR + 1) * SECTOR, b'\n');
        std::fs::write(self.plan.folder.join(LIST), list).map_err(LabError::at("the list"))?;
        let socket = self.plan.folder.join(SOCKET);
        let end = std::thread::scope(|scope| {
            let serving = std::thread::Builder::new()
                .name("disk".into())
                .spawn_scoped(scope, || disk.serve(listener))
                .map_err(LabError::at("a thread"))?;
            let end = self.machine(&socket);
            // Where nobody came the thread must not wait for ever.
            if end.is_err() {
                std::os::unix::net::UnixStream::connect(&socket).ok();
            }
            match serving.join() {
                Ok(served) => served.map_err(LabError::at("the disk"))?,
                Err(_) => return Err(LabError("the disk's thread panicked".into())),
            }
            end
        })?;
        disk.cut().map_err(LabError::at("the image"))?;
        match end {
            _ if self.report.lost > 0 => Ok(()),
            End::Cut(true) if self.compared != Some(before) => {
                let compared = self.compared;
                Err(LabError(format!("{before} things were acknowledged, compared were {compared:?}")))
            }
            End::Cut(working) => {
                self.report.early_cuts += u32::from(!working);
                Ok(())
            }
            End::Off => Err(LabError(format!("the machine went off by itself:\n{}", self.tail.join("\n")))),
        }
    }

    /// A new disk, cut so often, then compared once more.
    fn one_disk(&mut self, cuts: u32, listener: &UnixListener) -> Result<(), LabError> {
        self.list.clear();
        self.acknowledged = Acknowledged::default();
        let mut disk = VolatileDisk::new(self.format()?, self.random.below(u64::MAX))
            .map_err(LabError::at("the image"))?;
        let mut made = 0;
        loop {
            self.cut_once(&mut disk, listener)?;
            // The cut after the last one only ends a comparison.
            if self.report.lost > 0 || (made >= cuts && self.compared.is_some()) {
                break;
            }
            made += 1;
            if made <= cuts {
                self.report.cuts += 1;
            }
            let (cuts, things) = (self.report.cuts, self.acknowledged.len());
            if cuts.is_multiple_of(5) {
                (self.say)(format!("{cuts} cuts; this disk: {things} things acknowledged"));
            }
        }
        self.report.acknowledged += self.acknowledged.len();
        self.report.records += self.acknowledged.records.len();
        self.report.disk_writes += disk.writes;
        self.report.disk_flushes += disk.flushes;
        self.report.disk_lost_writes += disk.lost_writes;
        Ok(())
    }

    /// An image with an empty ext4 file system of the usual options.
    fn format(&self) -> Result<File, LabError> {
        let path = self.plan.folder.join("disk.img");
        std::fs::remove_file(&path).ok();
        let image = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(LabError::at("the image"))?;
        image.set_len(DISK_BYTES).map_err(LabError::at("the image"))?;
        let made = Command::new("mkfs.ext4")
            .args(["-q", "-F"])
            .arg(&path)
            .stdin(Stdio::null())
            .status()
            .map_err(LabError::at("mkfs.ext4"))?;
        if made.success() { Ok(image) } else { Err(LabError(format!("mkfs.ext4 ended with {made}"))) }
    }
}

/// Cuts the power as planned; after the last cut of a disk the machine is started once more to compare. Progress goes
/// to `say`.
///
/// # Errors
/// [`LabError`] when something else than a loss stops it.
pub fn run(plan: &Plan, say: &mut dyn FnMut(String)) -> Result<Report, LabError> {
    let begun = Instant::now();
    std::fs::create_dir_all(&plan.folder).map_err(LabError::at("the folder"))?;
    let socket = plan.folder.join(SOCKET);
    std::fs::remove_file(&socket).ok();
    let listener = UnixListener::bind(&socket).map_err(LabError::at("the disk's socket"))?;
    let mut lab = Lab {
        plan,
        say,
        random: Random(plan.seed),
        list: String::new(),
        acknowledged: Acknowledged::default(),
        compared: None,
        report: Report { seed: plan.seed, ..Report::default() },
        tail: Vec::new(),
    };
    let mut left = plan.cuts;
    while left > 0 && lab.report.lost == 0 {
        let cuts = left.min(CUTS_OF_A_DISK);
        lab.one_disk(cuts, &listener)?;
        left -= cuts;
    }
    let mut report = lab.report;
    report.seconds = begun.elapsed().as_secs();
    Ok(report)
}

//! Whole sessions killed by SIGKILL at random moments, hundreds of times; after each kill the vault is compared with
//! what was acknowledged, and what was interrupted is taken up again.
//!
//! A kill loses nothing that the process had handed to the system, so this finds wrong orders and missing pieces, not
//! missing syncs: those are for the faulty disk of the vault's tests and for [`super::power`].

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use record::schema::{Environment, Role, StepId};
use serde::Serialize;
use uuid::Uuid;

use super::child::{WORK, Work};
use super::compare::Acknowledged;
use super::{LabError, Told};
use crate::runtime::clock::{Clock, SystemClock};
use crate::vault::files::{Files, RealFiles};
use crate::vault::testing::Random;
use crate::vault::{InitOptions, KdfCost, OfficerKeys, OpenOptions, TRAINING_OFFICERS, Vault};

/// Kills after which a new vault is made, so that comparing stays quick.
const KILLS_OF_A_VAULT: u32 = 20;
/// Sessions of one child.
const SESSIONS: u32 = 2;
/// Open sessions from which on one is always taken up.
const MANY_OPEN: usize = 3;
/// A child that tells nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(180);
/// Lines of a child that may wait to be read.
const LINES: usize = 1_000;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many kills.
    pub kills: u32,
    /// Decides every moment.
    pub seed: u64,
    /// Stable name of a sabotage for the children.
    pub sabotage: Option<String>,
    /// Folder for the vaults.
    pub folder: PathBuf,
}

/// What came of it: the last line of `./dev kill-loop`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Report {
    /// Children killed.
    pub kills: u32,
    /// Records and steps that were acknowledged.
    pub acknowledged: usize,
    /// Of them records.
    pub records: usize,
    /// Findings: what was acknowledged and is not there, or is not whole.
    pub lost: usize,
    /// Interrupted sessions that were taken up and sealed.
    pub resumed: u32,
    /// Kills while a record was being sealed.
    pub in_seal: u32,
    /// The seed.
    pub seed: u64,
    /// How long it took.
    pub seconds: u64,
    /// The first findings, in words.
    pub findings: Vec<String>,
}

/// Most findings that are told in words.
const FINDINGS: usize = 20;

/// A child at work and its lines.
struct Running {
    child: Child,
    lines: Receiver<(Instant, String)>,
    begun: Instant,
}

impl Running {
    fn start(mut command: Command, work: &Work) -> Result<Self, LabError> {
        let json = serde_json::to_string(work).map_err(LabError::at("the work"))?;
        command.env(WORK, json).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(LabError::at("starting a child"))?;
        let out = child.stdout.take().ok_or_else(|| LabError("the child has no stdout".into()))?;
        let (sender, lines) = sync_channel(LINES);
        let read = move || {
            for line in BufReader::new(out).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if sender.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("child-lines".into())
            .spawn(read)
            .map_err(LabError::at("a thread"))?;
        Ok(Self { child, lines, begun: Instant::now() })
    }

    /// The next line until `deadline`: `Ok(None)` when the time is over, an error when the child has ended.
    fn next(&self, deadline: Instant) -> Result<Option<(Instant, String)>, ()> {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(()),
        }
    }

    /// SIGKILL; the lines that had already arrived.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().ok();
        self.child.wait().ok();
        self.lines.iter().map(|(_, line)| line).collect()
    }
}

/// How long a child takes, learned from one that is left alone.
#[derive(Debug, Clone, Copy)]
struct Durations {
    whole: Duration,
    seal: Duration,
}

/// When a child is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start.
    AfterStart(Duration),
    /// So long after it begins to seal.
    AfterSeal(Duration),
}

struct Loop<'p> {
    plan: &'p Plan,
    spawn: &'p dyn Fn() -> Command,
    say: &'p mut dyn FnMut(String),
    random: Random,
    vault: PathBuf,
    acknowledged: Acknowledged,
    people: BTreeMap<Uuid, u32>,
    next_person: u32,
    durations: Durations,
    report: Report,
}

/// Makes a training vault with the usual accounts at a low cost.
pub(super) fn make_vault(files: &Arc<dyn Files>, folder: &Path, station: &str) -> Result<(), LabError> {
    let options = InitOptions {
        station: station.to_owned(),
        environment: Environment::Training,
        centre_root: None,
        first_supervisor: None,
        officers: Vec::new(),
        kdf: KdfCost::Test,
        now: SystemClock.now(),
    };
    Vault::init(files, folder, &options).map(drop).map_err(LabError::at("making a vault"))
}

/// Opens a training vault and signs its operator in.
pub(super) fn open_signed_in(files: Arc<dyn Files>, folder: &Path) -> Result<(Vault, OfficerKeys), LabError> {
    // The clock of a virtual machine may be anywhere.
    let options = OpenOptions { simulated_clock: true, ..OpenOptions::default() };
    let mut vault =
        Vault::open(files, folder, &options, SystemClock.now()).map_err(LabError::at("opening the vault"))?;
    let operator = vault.officers().into_iter().find(|o| o.role == Role::Operator);
    let operator = operator.ok_or_else(|| LabError("the vault has no operator".into()))?;
    let secret = TRAINING_OFFICERS.iter().find(|(_, role, _)| *role == Role::Operator).map_or("", |o| o.2);
    let keys = vault.unlock(operator.id, secret, SystemClock.now()).map_err(LabError::at("signing in"))?;
    Ok((vault, keys))
}

impl Loop<'_> {
    fn work(&mut self, sessions: u32, take_up: Option<(Uuid, u32)>) -> Work {
        let first_person = self.next_person;
        self.next_person += sessions;
        Work {
            vault: self.vault.clone(),
            folder: self.plan.folder.clone(),
            first_person,
            sessions,
            take_up,
            sabotage: self.plan.sabotage.clone(),
        }
    }

    fn take(&mut self, line: &str) -> Option<Told> {
        let told = Told::parse(line)?;
        if let Told::Begun(session, person) = &told {
            self.people.insert(*session, *person);
        }
        self.acknowledged.take(&told);
        Some(told)
    }

    /// One session that is left alone: how long it takes, and that it comes to its end.
    fn learn(&mut self) -> Result<(), LabError> {
        let work = self.work(1, None);
        let mut running = Running::start((self.spawn)(), &work)?;
        let (mut seal, mut saved) = (None, None);
        while let Ok(line) = running.next(Instant::now() + PATIENCE) {
            let Some((at, line)) = line else {
                running.kill();
                return Err(LabError("a child that is left alone hangs".into()));
            };
            match self.take(&line) {
                Some(Told::Step(StepId::Seal)) => seal = Some(at),
                Some(Told::Saved(..)) => saved = Some(at),
                _ => {}
            }
        }
        let whole = running.begun.elapsed();
        let status = running.child.wait().map_err(LabError::at("waiting for a child"))?;
        match (seal, saved) {
            (Some(seal), Some(saved)) if status.success() => {
                let seal = saved.saturating_duration_since(seal);
                self.durations = Durations { whole, seal };
                (self.say)(format!(
                    "a session takes {} ms, its seal {} ms",
                    whole.as_millis(),
                    seal.as_millis()
                ));
                Ok(())
            }
            _ => Err(LabError(format!("a child that is left alone ends with {status}"))),
        }
    }

    fn moment(&mut self, sessions: u32) -> Moment {
        let mut within = |longest: Duration| {
            let longest = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
            Duration::from_micros(self.random.below(longest))
        };
        let Durations { whole, seal } = self.durations;
        let in_seal = within(Duration::from_micros(2)) > Duration::ZERO;
        if in_seal {
            Moment::AfterSeal(within(seal * 3 / 2))
        } else {
            Moment::AfterStart(within(whole * sessions))
        }
    }

    /// An interrupted session to be gone on with, now and then.
    fn some_open(&mut self, open: &[Uuid]) -> Option<(Uuid, u32)> {
        let known: Vec<(Uuid, u32)> =
            open.iter().filter_map(|id| Some((*id, *self.people.get(id)?))).collect();
        if known.is_empty() || (known.len() < MANY_OPEN && self.random.below(2) == 0) {
            return None;
        }
        let at = usize::try_from(self.random.below(known.len() as u64)).unwrap_or(0);
        known.get(at).copied()
    }

    /// Starts a child and kills it; false when it ended before.
    fn kill_one(&mut self, open: &[Uuid]) -> Result<bool, LabError> {
        let take_up = self.some_open(open);
        let work = self.work(SESSIONS, take_up);
        let moment = self.moment(SESSIONS);
        let mut running = Running::start((self.spawn)(), &work)?;
        let mut deadline = match moment {
            Moment::AfterStart(delay) => running.begun + delay,
            Moment::AfterSeal(_) => running.begun + PATIENCE,
        };
        let (mut armed, mut sealing, mut ended) = (false, false, false);
        loop {
            match running.next(deadline) {
                Ok(None) => break,
                Err(()) => {
                    ended = true;
                    break;
                }
                Ok(Some((at, line))) => match (self.take(&line), moment) {
                    (Some(Told::Step(StepId::Seal)), Moment::AfterSeal(delay)) if !armed => {
                        (armed, sealing, deadline) = (true, true, at + delay);
                    }
                    (Some(Told::Step(StepId::Seal)), _) => sealing = true,
                    (Some(Told::Saved(record, _)), _) => {
                        sealing = false;
                        self.report.resumed += u32::from(take_up.is_some_and(|(id, _)| id == record));
                    }
                    _ => {}
                },
            }
        }
        if ended {
            let status = running.child.wait().map_err(LabError::at("waiting for a child"))?;
            return if status.success() {
                Ok(false)
            } else {
                Err(LabError(format!("a child ended with {status}")))
            };
        }
        for line in running.kill() {
            self.take(&line);
        }
        self.report.in_seal += u32::from(sealing);
        Ok(true)
    }

    /// Compares the vault with what was acknowledged; the sessions that are open.
    fn compare(&mut self) -> Result<Vec<Uuid>, LabError> {
        let vault = match open_signed_in(Arc::new(RealFiles), &self.vault) {
            Ok((vault, _)) => vault,
            Err(error) => {
                self.found(error.to_string());
                return Ok(Vec::new());
            }
        };
        let lost = self.acknowledged.compare(&vault).map_err(LabError::at("comparing"))?;
        // A finding is told once: what is lost stays so.
        for what in lost {
            self.found(what);
        }
        let drafts = vault.drafts().map_err(LabError::at("listing drafts"))?;
        Ok(drafts.into_iter().map(|d| d.session).collect())
    }

    fn found(&mut self, what: String) {
        let what = format!("after {} kills: {what}", self.report.kills);
        (self.say)(format!("LOST {what}"));
        self.report.lost += 1;
        if self.report.findings.len() < FINDINGS {
            self.report.findings.push(what);
        }
    }

    fn new_vault(&mut self, number: u32) -> Result<(), LabError> {
        self.close_vault();
        self.vault = self.plan.folder.join(format!("vault-{number}"));
        self.acknowledged = Acknowledged::default();
        self.people.clear();
        // A new vault knows nobody: the roster's people serve it again.
        self.next_person = 1;
        make_vault(&(Arc::new(RealFiles) as Arc<dyn Files>), &self.vault, "LAB-01")
    }

    /// Sums a vault up and removes it, unless something was lost in it.
    fn close_vault(&mut self) {
        self.report.acknowledged += self.acknowledged.len();
        self.report.records += self.acknowledged.records.len();
        if self.report.lost == 0 && self.vault.is_dir() {
            std::fs::remove_dir_all(&self.vault).ok();
        }
    }

    fn run(&mut self) -> Result<(), LabError> {
        self.new_vault(0)?;
        self.learn()?;
        let mut open = self.compare()?;
        while self.report.kills < self.plan.kills {
            if !self.kill_one(&open)? {
                continue;
            }
            self.report.kills += 1;
            let before = self.report.lost;
            open = self.compare()?;
            let (kills, records, steps) =
                (self.report.kills, self.acknowledged.records.len(), self.acknowledged.len());
            if kills.is_multiple_of(10) {
                (self.say)(format!(
                    "{kills} kills; this vault: {records} records of {steps} things acknowledged"
                ));
            }
            // What is lost would be found after every kill again.
            if self.report.lost > before || kills.is_multiple_of(KILLS_OF_A_VAULT) {
                self.new_vault(kills)?;
                open.clear();
            }
        }
        self.close_vault();
        Ok(())
    }
}

/// Kills children as planned. `spawn` gives the command of one; it must come to [`super::child::work`] with the work of
/// its environment. Progress goes to `say`.
///
/// # Errors
/// [`LabError`] when something else than a loss stops it.
pub fn run(
    plan: &Plan,
    spawn: &dyn Fn() -> Command,
    say: &mut dyn FnMut(String),
) -> Result<Report, LabError> {
    let begun = Instant::now();
    std::fs::create_dir_all(&plan.folder).map_err(LabError::at("the folder"))?;
    let mut all = Loop {
        plan,
        spawn,
        say,
        random: Random(plan.seed),
        vault: PathBuf::new(),
        acknowledged: Acknowledged::default(),
        people: BTreeMap::new(),
        next_person: 1,
        durations: Durations { whole: Duration::ZERO, seal: Duration::ZERO },
        report: Report { seed: plan.seed, ..Report::default() },
    };
    all.run()?;
    let mut report = all.report;
    report.seconds = begun.elapsed().as_secs();
    Ok(report)
}

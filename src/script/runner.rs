//! Drives a [`Desk`] as an operator would: looks at the view, does what it offers, waits where it waits.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use chrono::Duration;
use devices::vocabulary::DeviceFault;
use record::schema::{Environment, Outcome, RequirementKind, Role, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::answers::{self, Act};
use super::report::{self, Answer, OfficerLine};
use super::{DeciderScript, Decides, Script, ScriptError, load};
use crate::runtime::clock::FixedClock;
use crate::runtime::limits::refusal;
use crate::runtime::station::{Desk, DeskCommand, DeviceState, Finding, Screen};
use crate::session::Session;
use crate::session::event::Command;
use crate::session::view::Action;
use crate::vault::TRAINING_OFFICERS;

/// Most acts of one session.
const MAX_ACTS: u32 = 2_000;
/// Longest wait for any one answer: over the slowest device limit (a signature, 120 s) and its grace.
const PATIENCE: Span = Span::from_secs(150);
/// One look at the workers' answers.
const LOOK: Span = Span::from_millis(50);
/// How long an unplugged device is waited for before the operator opens it again.
const REPLUG: Span = Span::from_secs(5);
/// Most scripts that run before each other.
const MAX_BEFORE: usize = 3;

/// Why a script could not be run to an end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The script is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Script(Vec<ScriptError>),
    /// The station cannot be opened.
    #[error("{0}")]
    Open(String),
    /// Scripts are for training only.
    #[error("SCR-10 scripts run in training vaults only; make one with `rekam init --training`")]
    Production,
    /// The vault has other accounts than a training vault.
    #[error(
        "SCR-11 the vault has no account `{0}`; use a vault made by `rekam init --training` without accounts of your own"
    )]
    NoAccount(String),
    /// The sign-in did not work.
    #[error("SCR-12 signing in as `{0}` did not work ({1}); use a fresh training vault")]
    SignIn(String, String),
    /// Something never answered.
    #[error("SCR-13 no answer within 150 s while {0}; look at the log with --verbose")]
    NoAnswer(String),
    /// The session goes round in circles.
    #[error("SCR-14 no end after {MAX_ACTS} acts, at step {0}; mend the script")]
    NoEnd(StepId),
    /// An interrupted session is not there any more.
    #[error("SCR-15 after the interruption no session was there to be taken up")]
    Lost,
    /// A limit of the station keeps a new session from being begun.
    #[error("{} {}; `rekam doctor` says what to do", .0.code, .0.message)]
    Refused(Box<Finding>),
    /// Scripts name each other in a circle, or too many.
    #[error("SCR-16 more than {MAX_BEFORE} scripts before each other; name fewer in `before`")]
    TooDeep,
}

/// Opens the station for a script; called again after each interruption.
pub type OpenDesk<'a> = dyn FnMut(&Script, Arc<FixedClock>) -> Result<Box<dyn Desk>, RunError> + 'a;

/// Runs a script and those that it names as `before`.
///
/// # Errors
/// [`RunError`].
pub fn run(path: &Path, open: &mut OpenDesk<'_>) -> Result<Answer, RunError> {
    run_at(path, open, 0)
}

fn run_at(path: &Path, open: &mut OpenDesk<'_>, depth: usize) -> Result<Answer, RunError> {
    let script = load(path).map_err(RunError::Script)?;
    if let Some(before) = &script.before {
        if depth >= MAX_BEFORE {
            return Err(RunError::TooDeep);
        }
        run_at(before, open, depth + 1)?;
    }
    run_script(&script, open)
}

/// Runs one script that was read before, without those that it names.
///
/// # Errors
/// [`RunError`].
pub fn run_script(script: &Script, open: &mut OpenDesk<'_>) -> Result<Answer, RunError> {
    run_watched(script, None, open, &mut |_| ())
}

/// Runs one script that was read before, without those that it names: a new session, or one that an earlier run left
/// behind. `watch` sees the desk each time that it has taken its workers' answers.
///
/// # Errors
/// [`RunError`].
pub fn run_watched(
    script: &Script,
    take_up: Option<Uuid>,
    open: &mut OpenDesk<'_>,
    watch: &mut dyn FnMut(&dyn Desk),
) -> Result<Answer, RunError> {
    let clock = Arc::new(FixedClock::new(script.start));
    let mut memory = Memory {
        deeds: BTreeMap::new(),
        denied: Vec::new(),
        interrupts: script.interrupts.clone(),
        interrupted: 0,
        waited: false,
        stuck: Vec::new(),
    };
    let mut interrupted = take_up;
    loop {
        let desk = open(script, clock.clone())?;
        let mut walk = Walk { script, clock: clock.clone(), desk, memory, watch: &mut *watch };
        match walk.session(interrupted)? {
            Walked::End(mut answer) => {
                answer.judge(script);
                return Ok(*answer);
            }
            // The station goes as in a kill: nothing is parked, nobody signs out. Then it is opened again.
            Walked::Interrupt(session) => {
                interrupted = Some(session);
                memory = walk.memory;
                memory.interrupted += 1;
                clock.advance(Duration::seconds(30));
            }
        }
    }
}

/// What the operator remembers, also when the station is killed and opened again.
struct Memory {
    /// What each officer did, by account.
    deeds: BTreeMap<Uuid, OfficerLine>,
    /// Reasons that were denied: nobody asks the same person twice.
    denied: Vec<String>,
    /// Interrupts to come.
    interrupts: Vec<StepId>,
    /// Interrupts that were.
    interrupted: u32,
    /// The wait of the script is over.
    waited: bool,
    /// What was missing when the session was put aside.
    stuck: Vec<String>,
}

struct Walk<'s> {
    script: &'s Script,
    clock: Arc<FixedClock>,
    desk: Box<dyn Desk>,
    memory: Memory,
    watch: &'s mut dyn FnMut(&dyn Desk),
}

/// How far a walk came.
enum Walked {
    /// To the end.
    End(Box<Answer>),
    /// To an interrupt in this session.
    Interrupt(Uuid),
}

/// What the walker found to do.
enum Next {
    /// Something was done.
    Went,
    /// A worker owes an answer.
    Wait,
    /// Nothing can be done.
    Stuck(Vec<String>),
    /// The session is over.
    Over,
    /// The station is to be killed now.
    Kill,
}

impl Walk<'_> {
    fn session(&mut self, interrupted: Option<Uuid>) -> Result<Walked, RunError> {
        if self.desk.environment() != Environment::Training {
            return Err(RunError::Production);
        }
        self.sign_in()?;
        match interrupted {
            Some(session) => self.take_up_again(session)?,
            None => {
                self.desk.send(DeskCommand::NewSession);
                if let (None, Some(why)) = (self.desk.session(), refusal(self.desk.limits())) {
                    return Err(RunError::Refused(Box::new(why.clone())));
                }
                self.until("a session begins", |d| d.session().is_some())?;
            }
        }
        for _ in 0..MAX_ACTS {
            self.pump();
            match self.step() {
                Next::Went => self.clock.advance(Duration::seconds(1)),
                Next::Wait => self.wait_for_answer()?,
                Next::Stuck(missing) => {
                    self.memory.stuck = missing;
                    self.tell(Command::Park);
                    return self.answer().map(|a| Walked::End(Box::new(a)));
                }
                Next::Over => {
                    self.settle_end()?;
                    return self.answer().map(|a| Walked::End(Box::new(a)));
                }
                Next::Kill => {
                    let session = self.view_session().map(|s| s.core.id).ok_or(RunError::Lost)?;
                    return Ok(Walked::Interrupt(session));
                }
            }
        }
        let at = self.desk.session().map_or(StepId::Health, |v| v.current());
        Err(RunError::NoEnd(at))
    }

    fn pump(&mut self) {
        self.desk.pump();
        (self.watch)(&*self.desk);
    }

    fn account(&self, name: &str) -> Result<(Uuid, Role, Zeroizing<String>), RunError> {
        let missing = || RunError::NoAccount(name.to_owned());
        let line = self.desk.officers().iter().find(|o| o.name == name).ok_or_else(missing)?;
        let (_, _, secret) = TRAINING_OFFICERS.iter().find(|(n, _, _)| *n == name).ok_or_else(missing)?;
        Ok((line.id, line.role, Zeroizing::new((*secret).to_owned())))
    }

    fn sign_in(&mut self) -> Result<(), RunError> {
        let name = self.script.account.clone();
        let (id, role, secret) = self.account(&name)?;
        let line = self.memory.deeds.entry(id).or_insert_with(|| OfficerLine::new(id, &name, role));
        if line.did.is_empty() {
            line.did.push("recorded".to_owned());
        }
        self.desk.send(DeskCommand::SignIn(id, secret));
        self.until("the officer signs in", |d| !d.checking_secret())?;
        if self.desk.signed_in().is_none() {
            let codes = self.notices().join(", ");
            return Err(RunError::SignIn(name, codes));
        }
        Ok(())
    }

    /// Waits until something is so; the clock stands still meanwhile.
    fn until(&mut self, what: &str, done: impl Fn(&dyn Desk) -> bool) -> Result<(), RunError> {
        let begun = Instant::now();
        loop {
            self.pump();
            if done(&*self.desk) {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(RunError::NoAnswer(what.to_owned()));
            }
            self.desk.wait(LOOK);
        }
    }

    fn wait_for_answer(&mut self) -> Result<(), RunError> {
        let at = self.desk.session().map_or_else(String::new, |v| v.current().to_string());
        self.until(&format!("step {at} waits"), |d| {
            d.session().is_none_or(|v| {
                let asking = v.requirements().iter().any(|r| r.asking);
                !(v.session.busy() || d.checking_secret() || asking)
            })
        })
    }

    fn tell(&mut self, command: Command) {
        self.desk.send(DeskCommand::Session(command));
        self.pump();
    }

    /// Looks at the view and does one thing.
    fn step(&mut self) -> Next {
        let Some(view) = self.desk.session() else {
            return Next::Over;
        };
        let s = view.session;
        match s.core.outcome {
            Outcome::Open => {}
            Outcome::Parked => return self.parked(),
            _ => return Next::Over,
        }
        let current = view.current();
        if let Some(at) = self.memory.interrupts.iter().position(|i| *i == current) {
            self.memory.interrupts.remove(at);
            return Next::Kill;
        }
        if s.busy() || self.desk.checking_secret() || view.requirements().iter().any(|r| r.asking) {
            return Next::Wait;
        }
        if let Some((_, reason)) = self.script.abandon.as_ref().filter(|(at, _)| *at == current) {
            let reason = reason.clone();
            self.tell(Command::Abandon(reason));
            return Next::Went;
        }
        if !s.core.unkept.is_empty() {
            let codes = s.core.unkept.values().cloned().collect();
            return Next::Stuck(codes);
        }
        if let Some(next) = self.decide() {
            return next;
        }
        if let Some(next) = self.mend() {
            return next;
        }
        self.work()
    }

    fn view_session(&self) -> Option<&Session> {
        self.desk.session().map(|v| v.session)
    }

    fn parked(&mut self) -> Next {
        let more = self.view_session().is_some_and(|s| answers::more_readings(self.script, s));
        let Some(id) = self.view_session().map(|s| s.core.id) else { return Next::Over };
        if self.memory.waited || self.script.wait_min == 0 || !more {
            return Next::Over;
        }
        // Another could be recorded meanwhile; the script's next act is to come back to this one.
        self.memory.waited = true;
        self.clock.advance(Duration::minutes(i64::from(self.script.wait_min)));
        self.desk.send(DeskCommand::TakeUp(id));
        self.pump();
        Next::Went
    }

    /// Has an open request decided by the officer it is for.
    fn decide(&mut self) -> Option<Next> {
        let view = self.desk.session()?;
        let open = view.requirements().into_iter().find_map(|r| {
            let decider = self.decider(r.kind)?;
            let request = r.request.as_ref()?;
            let asked = decider.decides != Decides::Absent && !self.memory.denied.contains(&r.reason);
            asked.then(|| (request.nonce, r.kind, r.reason.clone(), decider.clone()))
        });
        let (nonce, kind, reason, decider) = open?;
        let name = account_for(kind);
        let (officer, role, passphrase) = self.account(name).ok()?;
        let approve = decider.decides == Decides::Approve;
        let did = format!("{}:{reason}", if approve { "approved" } else { "denied" });
        if !approve {
            self.memory.denied.push(reason.clone());
        }
        self.memory
            .deeds
            .entry(officer)
            .or_insert_with(|| OfficerLine::new(officer, name, role))
            .did
            .push(did);
        let before = self.desk.notices().len();
        self.desk.send(DeskCommand::Decide { nonce, officer, passphrase, approve, note: decider.note });
        // The decision is in when the requirement no longer carries this request, or the desk says why not.
        let waited = self.until("another officer decides", |d| {
            let open = d.session().is_some_and(|v| {
                v.requirements().iter().any(|r| r.request.as_ref().is_some_and(|q| q.nonce == nonce))
            });
            !d.checking_secret() && (!open || d.notices().len() > before)
        });
        let refused = self.desk.notices().len() > before;
        if waited.is_err() || refused {
            self.memory.denied.push(reason);
        }
        Some(Next::Went)
    }

    fn decider(&self, kind: RequirementKind) -> Option<&DeciderScript> {
        match kind {
            RequirementKind::SupervisorApproval => Some(&self.script.supervisor),
            RequirementKind::SecondPerson => Some(&self.script.second_person),
            _ => None,
        }
    }

    /// Deals with a device fault: waits for the device to come back, or has it opened again.
    fn mend(&mut self) -> Option<Next> {
        let fault = self.desk.session()?.fault()?.clone();
        let attempts = self.view_session()?.core.attempts_of(fault.target);
        if attempts >= self.script.max_tries {
            return Some(Next::Stuck(vec![format!("device.{}", fault.fault.id())]));
        }
        let begun = Instant::now();
        let mut restarted = fault.fault == DeviceFault::Unplugged;
        if !restarted {
            self.desk.send(DeskCommand::RestartDevice(fault.kind));
        }
        loop {
            self.pump();
            let ready =
                self.desk.devices().iter().any(|d| d.kind == fault.kind && d.state == DeviceState::Ready);
            if ready && begun.elapsed() >= LOOK {
                break;
            }
            if begun.elapsed() > REPLUG {
                if restarted && fault.fault != DeviceFault::Unplugged || begun.elapsed() > 2 * REPLUG {
                    return Some(Next::Stuck(vec![format!("device.{}", fault.fault.id())]));
                }
                restarted = true;
                self.desk.send(DeskCommand::RestartDevice(fault.kind));
            }
            self.desk.wait(LOOK);
        }
        self.tell(Command::DismissFault);
        Some(Next::Went)
    }

    /// The operator's own work on the step.
    fn work(&mut self) -> Next {
        let Some(view) = self.desk.session() else { return Next::Over };
        let (s, primary) = (view.session, view.primary());
        let inputs: Vec<String> = view
            .controls()
            .into_iter()
            .filter_map(|c| if let Action::Input(id) = c.action { Some(id) } else { None })
            .collect();
        let offered = |id: &str| inputs.iter().any(|i| i == id);
        if s.core.reverify.is_none() {
            if self.script.come_back && offered("come-back") {
                self.tell(Command::ComeBack);
                return Next::Went;
            }
            if let Some(reason) = self.script.accept_best.clone().filter(|_| offered("accept-best")) {
                self.tell(Command::AcceptBest(reason));
                return Next::Went;
            }
            if let Some(command) = answers::unasked(self.script, s).into_iter().next() {
                return self.act(command);
            }
        }
        if let Action::Command(command) = primary.action
            && primary.enabled
        {
            if let Command::Capture(target) = &command
                && s.core.attempts_of(*target) >= self.script.max_tries
            {
                let why = s.core.retry.as_ref().map_or("no-retry", |r| r.reason.as_str());
                return Next::Stuck(vec![format!("{}:{why}", target.id())]);
            }
            return self.act(command);
        }
        let blockers = view.blockers();
        let found = blockers.iter().find_map(|b| answers::answer(self.script, s, b));
        match found {
            Some(Act::Do(command)) => self.act(command),
            Some(Act::Wait) => {
                self.clock.advance(Duration::seconds(30));
                Next::Went
            }
            None if view.current() == StepId::Seal => self.finish_steps(blockers),
            None => Next::Stuck(blockers),
        }
    }

    /// At the seal an earlier step may have come open again.
    fn finish_steps(&mut self, blockers: Vec<String>) -> Next {
        let step = blockers.iter().find_map(|b| StepId::from_id(b.strip_prefix("step.")?));
        match step {
            Some(step) => self.act(Command::Open(step)),
            None => Next::Stuck(blockers),
        }
    }

    /// Gives a command. One that changes nothing at all would be given for ever: then the walk is stuck.
    fn act(&mut self, command: Command) -> Next {
        let before = self.view_session().cloned();
        let what = name_of(&command);
        self.tell(command);
        let same = match (before, self.view_session()) {
            (Some(a), Some(b)) => a.data == b.data && a.core == b.core,
            (None, None) => true,
            _ => false,
        };
        if same { Next::Stuck(vec![format!("ignored:{what}")]) } else { Next::Went }
    }

    fn take_up_again(&mut self, session: Uuid) -> Result<(), RunError> {
        self.until("the interrupted session is found", |d| !d.waiting().is_empty())?;
        if !self.desk.waiting().iter().any(|w| w.id == session) {
            return Err(RunError::Lost);
        }
        self.desk.send(DeskCommand::TakeUp(session));
        self.until("the session is taken up", |d| d.screen() == Screen::Session)
    }

    /// The proof or slip is made, and printed where there is a printer, after the session has ended.
    fn settle_end(&mut self) -> Result<(), RunError> {
        self.until("the document is made", |d| {
            !d.printing()
                && d.session().is_none_or(|v| {
                    let s = v.session;
                    match s.core.outcome {
                        Outcome::Sealed => {
                            s.data.proof.making.is_none()
                                && (s.data.proof.place.is_some() || s.data.proof.failed.is_some())
                        }
                        Outcome::Refused | Outcome::Redirected => {
                            d.document().is_some()
                                || d.ended().is_some_and(|e| e.document.is_some())
                                || !d.notices().is_empty()
                        }
                        _ => true,
                    }
                })
        })
    }

    fn notices(&self) -> Vec<String> {
        self.desk.notices().iter().map(|n| format!("{} {}", n.code, n.message)).collect()
    }

    fn answer(&mut self) -> Result<Answer, RunError> {
        let notices = self.notices();
        let s = self.view_session().ok_or(RunError::Lost)?;
        let outcome = s.core.outcome;
        let ended = self.desk.ended().filter(|e| e.session == s.core.id);
        let mut answer = Answer {
            outcome,
            rules: report::rules(s),
            record_id: s.core.sealed.as_ref().map(|n| n.record_id),
            file: ended.and_then(|e| e.file.clone()),
            sha256: s.core.sealed.as_ref().map(|n| n.sha256.clone()),
            document: ended
                .and_then(|e| e.document.clone())
                .or_else(|| self.desk.document().map(|(path, _)| path.clone())),
            steps: report::steps(s),
            identical_sample: s.core.identical_sample,
            officers: self.memory.deeds.values().cloned().collect(),
            session: s.core.id,
            missing: self.memory.stuck.clone(),
            notices,
            interrupts: self.memory.interrupted,
            as_expected: None,
        };
        if outcome == Outcome::Parked && answer.missing.is_empty() {
            answer.missing = self.desk.session().map_or_else(Vec::new, |v| v.blockers());
        }
        self.desk.send(DeskCommand::Leave);
        self.desk.send(DeskCommand::SignOut);
        self.until("the officer signs out", |d| d.screen() == Screen::SignIn)?;
        Ok(answer)
    }
}

/// The training account that decides requests of a kind.
fn account_for(kind: RequirementKind) -> &'static str {
    let role = if kind == RequirementKind::SupervisorApproval { Role::Supervisor } else { Role::Supporting };
    TRAINING_OFFICERS.iter().find(|(_, r, _)| *r == role).map_or("", |(name, _, _)| *name)
}

/// What kind of command it is, without what was typed.
fn name_of(command: &Command) -> String {
    match command {
        Command::Capture(target) => format!("capture:{}", target.id()),
        Command::Field(field, _) => format!("field:{field}"),
        Command::AnswerWarning(id, _) => format!("warning:{id}"),
        Command::EvidenceSeen(id, _) => format!("evidence:{id}"),
        Command::Affirm(person, id, _) => format!("affirm:{}.{id}", person.id()),
        Command::Open(step) => format!("open:{step}"),
        Command::DeclareException(subject, ..) => format!("exception:{}", subject.id()),
        other => format!("{other:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_lowercase(),
    }
}

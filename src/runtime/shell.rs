//! [`Station`]: the running session and the parked ones on the caller's thread, the workers behind it.

mod answers;
mod commands;
mod desk;
mod effects;
mod handover;
mod hygiene;
mod locking;
mod open;
mod printing;
mod sleep;
mod upkeep;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use chrono::{DateTime, Utc};
use devices::registry::Registry;
use devices::vocabulary::DeviceId;
use record::schema::{Environment, Outcome};
use uuid::Uuid;

use super::clock::Clock;
use super::device_host::{AnalysisJob, DeviceMessage, Order};
use super::documents::DocumentJob;
use super::finger_search::SearchJob;
use super::guidance::GuidanceWorker;
use super::lock::{Lock, LockRules};
use super::preview::PreviewSlot;
use super::printing::PrintJob;
use super::sleep::SleepWatch;
use super::station::{
    DeskCommand, DeviceLine, DocumentKind, Ended, Notice, OfficerLine, PrintProgress, QueueLine, Sessions,
    UnprintedLine, WaitingLine,
};
use super::vault_cards::Ledger;
use super::vault_jobs::{SealedRecord, VaultJob};
use super::vault_worker::waiting_facts;
use super::workers::{Answer, Outbox, Worker};
use crate::gate::facts::PersonFacts;
use crate::gate::policy::{Policy, PolicySet};
use crate::handover::Handover;
use crate::population::regions::Regions;
use crate::session::effect::Effect;
use crate::session::event::Event;
use crate::session::hygiene::Hygiene;
use crate::session::{Session, SessionContext};
use crate::vault::draft_expires;

/// Notices that are kept; the oldest go first.
const NOTICES_MAX: usize = 50;

/// The station: the window and the script runner drive it as a [`super::station::Desk`].
pub struct Station {
    clock: Arc<dyn Clock>,
    inbox: Receiver<Answer>,
    /// Answers taken by `wait` or made here; they come before those in the inbox.
    stash: VecDeque<Answer>,
    vault: Worker<VaultJob>,
    searches: Worker<SearchJob>,
    devices: Worker<DeviceMessage>,
    analysis: Worker<AnalysisJob>,
    documents: Worker<DocumentJob>,
    printing: Worker<PrintJob>,
    /// Looks at mains and batteries.
    power: Worker<()>,
    /// Ends the printing when the station is closed.
    stop_printing: Arc<AtomicBool>,
    /// Documents go to the printer: always in production, in training where one is set up.
    prints: bool,
    /// The printer that documents go to, as the device list last told it.
    printer: Option<DeviceId>,
    /// How the printing of this run's documents goes.
    progress: BTreeMap<Uuid, PrintProgress>,
    unprinted: Vec<UnprintedLine>,
    /// Documents of this run that the vault has not said to have kept.
    unkept: BTreeSet<Uuid>,
    /// Sessions and handovers whose document is being made.
    documents_due: BTreeSet<Uuid>,
    registry: Arc<Registry>,
    preview: Arc<PreviewSlot>,
    guidance: GuidanceWorker,
    /// A worker's end was told.
    told_gone: bool,

    environment: Environment,
    /// Until when the centre's list lets records be sealed; none when it does not.
    centre_until: Option<DateTime<Utc>>,
    station: String,
    district: String,
    utc_offset_s: i32,
    statement: (String, String),
    policies: PolicySet,
    policy_id: Option<String>,
    policy: Arc<Policy>,
    regions: Arc<Regions>,
    officers: Vec<OfficerLine>,

    signed_in: Option<SignedIn>,
    checking: bool,
    lock_rules: Option<LockRules>,
    lock: Option<Lock>,
    /// Watches for sleep and lid.
    sleep_watch: Option<SleepWatch>,
    /// For workers that begin later.
    outbox: Outbox,
    /// Who waits until the keys have left the memory.
    sleepers: Vec<SyncSender<()>>,
    /// When somebody last did something.
    touched: DateTime<Utc>,
    page: usize,
    queue: Vec<QueueLine>,
    queue_len: usize,
    /// The vault is retired: no session begins.
    retired: bool,
    drafts: Vec<WaitingLine>,
    waiting: Vec<WaitingLine>,
    lines: Vec<DeviceLine>,
    notices: Vec<Notice>,

    active: Option<Session>,
    parked: Sessions,
    /// Health checks of officers, reused while valid.
    officer_checks: BTreeMap<Uuid, PersonFacts>,
    sealed: Option<SealedRecord>,
    ended: Option<Ended>,
    /// The document of the session on screen.
    document: Option<(Uuid, Document)>,
    /// The card on its way over the counter.
    handover: Option<Handover>,
    ledger: Option<Ledger>,
    /// How the last row that was entered by hand ended.
    cards_entered: Option<Result<(), String>>,
    last_tick: Option<DateTime<Utc>>,
    /// A command that waits for the record being sealed.
    deferred: Option<DeskCommand>,
    /// The draft that is being loaded.
    taking_up: Option<Uuid>,
    /// Which contact devices wait for disinfection.
    hygiene: Hygiene,
    /// When what could not be kept of it is written again.
    hygiene_again: Option<DateTime<Utc>>,
    /// The capture that waits until it is kept that its device is used.
    held: Option<Box<Order>>,
    upkeep: upkeep::Upkeep,
    /// The fingerprint reader has not said that it cannot show its empty glass.
    platen_possible: bool,
}

/// A document that was made.
#[derive(Clone)]
struct Document {
    id: Uuid,
    kind: DocumentKind,
    /// Of the person it is for.
    name: String,
    path: PathBuf,
    bytes: Arc<[u8]>,
}

/// The signed-in officer.
struct SignedIn {
    line: OfficerLine,
    public_key: String,
}

impl std::fmt::Debug for Station {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Station({}, {})", self.station, self.environment)
    }
}

impl Station {
    /// The devices' registry, e.g. to unplug a simulated device by hand.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// A worker's answer out of turn.
    #[cfg(test)]
    pub(super) fn take_for_test(
        &mut self,
        session: Uuid,
        id: devices::vocabulary::RequestId,
        outcome: crate::session::event::CaptureOutcome,
    ) {
        self.take(Answer::Captured { session, id, outcome });
    }

    /// Sessions in memory.
    #[cfg(test)]
    pub(super) fn session_of_for_test(&self) -> usize {
        self.parked.len() + usize::from(self.active.is_some())
    }

    /// The machine goes to sleep.
    #[cfg(test)]
    pub(super) fn sleep_for_test(&mut self, why: &'static str, ready: SyncSender<()>) {
        self.take(Answer::Sleep { why, ready });
    }

    fn notify(&mut self, notice: Notice) {
        // The same thing said again (a step that still cannot be kept) is not another notice.
        if self.notices.contains(&notice) {
            return;
        }
        if self.notices.len() >= NOTICES_MAX {
            self.notices.remove(0);
        }
        self.notices.push(notice);
    }

    /// What a session of the signed-in officer has in common with all others.
    fn context(&self) -> Option<Arc<SessionContext>> {
        let signed_in = self.signed_in.as_ref()?;
        Some(Arc::new(SessionContext {
            environment: self.environment,
            station: self.station.clone(),
            district: self.district.clone(),
            policy: self.policy.clone(),
            regions: self.regions.clone(),
            operator: signed_in.line.id,
            operator_key: signed_in.public_key.clone(),
            utc_offset_s: self.utc_offset_s,
            statement_text: self.statement.0.clone(),
            statement_language: self.statement.1.clone(),
        }))
    }

    fn session_of(&self, id: Uuid) -> Option<&Session> {
        self.active.as_ref().filter(|s| s.core.id == id).or_else(|| self.parked.get(&id))
    }

    fn session_mut(&mut self, id: Uuid) -> Option<&mut Session> {
        match &mut self.active {
            Some(s) if s.core.id == id => Some(s),
            _ => self.parked.get_mut(&id),
        }
    }

    fn active_id(&self) -> Option<Uuid> {
        self.active.as_ref().map(|s| s.core.id)
    }

    /// Gives an event to a session and runs what it asks for. An event for a session that is gone is dropped.
    fn feed(&mut self, id: Uuid, event: Event) {
        let now = self.clock.now();
        let Some(session) = self.session_mut(id) else { return };
        let was_open = session.core.running();
        let platen_was_due = session.core.platen_due;
        let mut effects = session.update(event, now);
        // A trial must not hold off what is to be kept.
        effects.sort_by_key(|effect| matches!(effect, Effect::TryPart(_)));
        let platen_refused = platen_was_due && !session.core.platen_due;
        let closed = was_open && !session.core.running();
        if closed {
            let ended = Ended {
                session: id,
                outcome: session.core.outcome,
                rules: session.core.closing.rules.clone(),
                file: None,
                sha256: session.core.sealed.as_ref().map(|s| s.sha256.clone()),
                document: None,
            };
            self.ended = Some(ended);
            self.note_officer_check(id);
        }
        self.platen_possible &= !platen_refused;
        for effect in effects {
            self.run(id, effect, now);
        }
    }

    /// Keeps the officer's health check for the next applicants. One that a refusal rests on is made anew.
    fn note_officer_check(&mut self, id: Uuid) {
        let Some(session) = self.session_of(id) else { return };
        let check = session.officer_check();
        let refused = session.core.outcome == Outcome::Refused
            && session.core.closing.rules.iter().any(|r| r.starts_with("officer"));
        let operator = session.ctx.operator;
        if refused {
            self.officer_checks.remove(&operator);
        } else if !check.readings.is_empty() {
            let check = check.clone();
            self.officer_checks.insert(operator, check);
        }
    }

    fn refresh_waiting(&mut self) {
        if self.signed_in.is_none() {
            self.waiting.clear();
            return;
        }
        let active = self.active_id();
        let days = self.policy.retention.draft_days;
        let mut lines: Vec<WaitingLine> = self.parked.values().map(|s| waiting_line(s, days)).collect();
        let known = |id: Uuid| Some(id) == active || self.parked.contains_key(&id);
        lines.extend(self.drafts.iter().filter(|d| !known(d.id)).cloned());
        lines.sort_by_key(|l| std::cmp::Reverse(l.touched));
        self.waiting = lines;
    }
}

/// `draft_days` as the policy of today has it: a session that began under another ends by this one.
fn waiting_line(s: &Session, draft_days: u32) -> WaitingLine {
    let (name, step, not_before) = waiting_facts(s);
    let (touched, begun_by) = (s.core.last_seen, s.core.begun_by);
    let expires = draft_expires(touched, draft_days);
    WaitingLine { id: s.core.id, name, step, touched, not_before, parked: true, begun_by, expires }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.sleep_watch = None;
        // Workers that wait for room in the inbox must not be waited for.
        let (_, nobody) = sync_channel(0);
        drop(std::mem::replace(&mut self.inbox, nobody));
        self.devices.give(DeviceMessage::Stop).ok();
        self.devices.finish();
        self.analysis.finish();
        self.documents.finish();
        self.stop_printing.store(true, Ordering::Release);
        self.printing.finish();
        self.power.finish();
        // Last: what was given to it is still kept, and it gives the vault's lock back.
        self.vault.finish();
        self.searches.finish();
    }
}

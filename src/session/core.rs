//! What all steps share: the running request, requirements and grants, the log, outcome and parking.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use devices::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind, RequestId};
use record::grant::{Grant, GrantRequest};
use record::schema::{Outcome, RequirementKind, StepId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::session::event::{Subject, Target};

/// Seconds between two tries to keep a step that could not be written.
pub const KEEP_AGAIN_S: i64 = 5;
/// Seconds after which a seal or proof that has not answered counts as failed.
pub const STORE_GIVES_UP_S: i64 = 120;
/// Most lines in the session's log; later attempts are counted, not listed.
pub const MAX_LOG_LINES: usize = 2_000;
/// Grace over a device's own timeout before the session itself gives up waiting, in milliseconds.
pub const GRACE_MS: u64 = 5_000;

/// A device request under way. There is never more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Id that the answer carries.
    pub id: RequestId,
    /// What it is for.
    pub target: Target,
    /// Kind of device.
    pub kind: DeviceKind,
    /// The device's own time limit.
    pub timeout_ms: u64,
    /// When it is no longer waited for.
    pub gives_up: DateTime<Utc>,
    /// The operator asked to stop it.
    pub cancelling: bool,
}

impl Pending {
    /// A request that was just made. It is given up [`GRACE_MS`] after the device's own limit.
    #[must_use]
    pub fn begin(
        id: RequestId,
        target: Target,
        kind: DeviceKind,
        timeout_ms: u64,
        now: DateTime<Utc>,
    ) -> Self {
        let wait_ms = i64::try_from(timeout_ms.saturating_add(GRACE_MS)).unwrap_or(60_000);
        let gives_up = now + Duration::milliseconds(wait_ms);
        Self { id, target, kind, timeout_ms, gives_up, cancelling: false }
    }
}

/// A look-up under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp {
    /// Id that the answer carries.
    pub id: RequestId,
    /// When it is no longer waited for.
    pub gives_up: DateTime<Utc>,
}

/// Why the last capture has to be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryNote {
    /// What was captured.
    pub target: Target,
    /// Stable reason: a [`devices::vocabulary::Retry`] or a [`biometrics::quality::QualityReason`] id, or one of
    /// `wrong-hand`, `duplicate-finger`, `no-match`, `replay`.
    pub reason: String,
    /// The finger that was found instead, where that is known.
    pub found: Option<Subject>,
}

/// A device fault that the operator has not dealt with yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultNote {
    /// Kind of device.
    pub kind: DeviceKind,
    /// What was being captured.
    pub target: Target,
    /// The fault.
    pub fault: DeviceFault,
}

/// Something that must be met before the record may be sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Kind.
    pub kind: RequirementKind,
    /// Step that raised it.
    pub step: StepId,
    /// Stable reason, e.g. `urgency-other`, `exception:finger:right_index`.
    pub reason: String,
    /// The request that was made out, once asked.
    pub request: Option<GrantRequest>,
    /// How it was met: `(by, when)`; `None` while open.
    pub met: Option<(String, DateTime<Utc>)>,
    /// A supervisor said no.
    pub denied: bool,
    /// Asked for, request not made out yet.
    pub asking: bool,
}

impl Requirement {
    /// True while it keeps the record from being sealed.
    #[must_use]
    pub fn open(&self) -> bool {
        self.met.is_none()
    }
    /// True for those that another officer's signature meets.
    #[must_use]
    pub fn needs_grant(&self) -> bool {
        matches!(self.kind, RequirementKind::SupervisorApproval | RequirementKind::SecondPerson)
    }
}

/// One line of the session's own log (`events.jsonl` of the record): no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: DateTime<Utc>,
    /// What: `capture`, `retry`, `fault`, `step-done`, ...
    pub event: String,
    /// Step.
    pub step: StepId,
    /// Target or subject.
    pub target: String,
    /// Reason or code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Score 0-100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
}

/// Why a session ended or waits, and the way on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Closing {
    /// Ids of the rules that decided.
    pub rules: Vec<String>,
    /// The applicant may come back on or after this date.
    pub come_back: Option<NaiveDate>,
    /// Second reading not before this time.
    pub not_before: Option<DateTime<Utc>>,
    /// Redirect channels of the policy.
    pub channels: Vec<String>,
}

/// A finger to be verified before a parked session goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverify {
    /// The recorded finger that is asked for.
    pub finger: biometrics::position::FingerPosition,
    /// Failed tries.
    pub failed: u32,
}

/// The shared state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Core {
    /// Session id; the record gets the same.
    pub id: Uuid,
    /// When it was begun.
    pub begun: DateTime<Utc>,
    /// Officer who began it; none in sessions of older programs.
    #[serde(default)]
    pub begun_by: Option<Uuid>,
    /// The step on screen.
    pub current: StepId,
    /// How it stands or ended.
    pub outcome: Outcome,
    /// Why it ended or waits.
    pub closing: Closing,
    /// Requirements raised so far.
    pub requirements: Vec<Requirement>,
    /// Grants used.
    pub grants: Vec<Grant>,
    /// Log.
    pub log: Vec<LogLine>,
    /// Attempts per target.
    pub attempts: BTreeMap<String, u32>,
    /// A recorded finger must be verified first.
    pub reverify: Option<Reverify>,
    /// Latest time seen: time never runs back within a session.
    pub last_seen: DateTime<Utc>,
    /// A capture was byte-identical to an earlier one (training only).
    pub identical_sample: bool,
    /// Where the sealed record is.
    pub sealed: Option<SealedNote>,
    /// Finished steps whose result cannot go into the record, with the stable code: they have to be done again.
    #[serde(default)]
    pub part_faults: BTreeMap<StepId, String>,
    /// Last number given to a request.
    pub last_request: u64,
    /// Counts writes of steps; the highest one's core is the latest.
    pub revision: u64,
    /// The running device request.
    #[serde(skip)]
    pub pending: Option<Pending>,
    /// The running look-up.
    #[serde(skip)]
    pub look_up: Option<LookUp>,
    /// Why the last capture must be repeated.
    #[serde(skip)]
    pub retry: Option<RetryNote>,
    /// The last device fault.
    #[serde(skip)]
    pub fault: Option<FaultNote>,
    /// Devices that are there.
    #[serde(skip)]
    pub devices: BTreeMap<DeviceKind, Vec<DeviceInfo>>,
    /// Devices that wait for disinfection after another applicant.
    #[serde(skip)]
    pub locked: BTreeSet<DeviceKind>,
    /// The empty glass of the fingerprint reader should be looked at before the first finger.
    #[serde(skip)]
    pub platen_due: bool,
    /// Steps whose data changed in this update.
    #[serde(skip)]
    pub dirty: BTreeSet<StepId>,
    /// Steps that could not be written, with the stable code.
    #[serde(skip)]
    pub unkept: BTreeMap<StepId, String>,
    /// When to try again to keep them.
    #[serde(skip)]
    pub keep_again_at: DateTime<Utc>,
}

/// The sealed record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedNote {
    /// Record id.
    pub record_id: Uuid,
    /// File name of the payload.
    pub file: String,
    /// SHA-256 of the payload, hex.
    pub sha256: String,
}

impl Core {
    /// The state at the beginning.
    #[must_use]
    pub fn new(id: Uuid, now: DateTime<Utc>) -> Self {
        Self {
            id,
            begun: now,
            begun_by: None,
            current: StepId::Health,
            outcome: Outcome::Open,
            closing: Closing::default(),
            requirements: Vec::new(),
            grants: Vec::new(),
            log: Vec::new(),
            attempts: BTreeMap::new(),
            reverify: None,
            last_seen: now,
            identical_sample: false,
            sealed: None,
            part_faults: BTreeMap::new(),
            last_request: 0,
            revision: 0,
            pending: None,
            look_up: None,
            retry: None,
            fault: None,
            devices: BTreeMap::new(),
            locked: BTreeSet::new(),
            platen_due: false,
            dirty: BTreeSet::new(),
            unkept: BTreeMap::new(),
            keep_again_at: now,
        }
    }

    /// A fresh request id.
    pub fn next_request(&mut self) -> RequestId {
        self.last_request += 1;
        RequestId(self.last_request)
    }

    /// Notes the running request.
    pub fn set_pending(
        &mut self,
        id: RequestId,
        target: Target,
        kind: DeviceKind,
        timeout_ms: u64,
        now: DateTime<Utc>,
    ) {
        self.pending = Some(Pending::begin(id, target, kind, timeout_ms, now));
        self.retry = None;
        self.fault = None;
    }

    /// Counts and logs an attempt.
    pub fn attempt(
        &mut self,
        target: Target,
        now: DateTime<Utc>,
        event: &str,
        reason: Option<String>,
        score: Option<u8>,
    ) {
        if event != "cancelled" {
            *self.attempts.entry(target.id()).or_default() += 1;
        }
        self.note(now, event, target.step(), target.id(), reason, score);
    }

    /// Attempts made for a target.
    #[must_use]
    pub fn attempts_of(&self, target: Target) -> u32 {
        self.attempts.get(&target.id()).copied().unwrap_or(0)
    }

    /// Adds a line to the log.
    pub fn note(
        &mut self,
        at: DateTime<Utc>,
        event: &str,
        step: StepId,
        target: String,
        reason: Option<String>,
        score: Option<u8>,
    ) {
        if self.log.len() < MAX_LOG_LINES {
            self.log.push(LogLine { at, event: event.to_owned(), step, target, reason, score });
        }
    }

    /// Raises a requirement unless the same stands already.
    pub fn require(&mut self, kind: RequirementKind, step: StepId, reason: &str) {
        if !self.requirements.iter().any(|r| r.kind == kind && r.step == step && r.reason == reason) {
            self.requirements.push(Requirement {
                kind,
                step,
                reason: reason.to_owned(),
                request: None,
                met: None,
                denied: false,
                asking: false,
            });
            self.dirty.insert(step);
        }
    }

    /// Takes requirements back whose reason no longer holds (an exception was withdrawn).
    pub fn withdraw(&mut self, step: StepId, reason: &str) {
        self.requirements.retain(|r| !(r.step == step && r.reason == reason));
    }

    /// Marks a requirement as met.
    pub fn meet(&mut self, kind: RequirementKind, step: StepId, reason: &str, by: &str, now: DateTime<Utc>) {
        for r in &mut self.requirements {
            if r.kind == kind && r.step == step && r.reason == reason && r.met.is_none() {
                r.met = Some((by.to_owned(), now));
            }
        }
    }

    /// Open requirements.
    pub fn open_requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.requirements.iter().filter(|r| r.open())
    }

    /// The runtime made out a request: it belongs to the first matching requirement that waits for one.
    pub fn approval_asked(&mut self, request: GrantRequest) {
        for r in &mut self.requirements {
            if r.asking
                && r.request.is_none()
                && r.kind == request.kind
                && r.step == request.step
                && r.reason == request.reason
            {
                r.request = Some(request);
                r.asking = false;
                self.dirty.insert(r.step);
                return;
            }
        }
    }

    /// A device came: a fault of that kind is over.
    pub fn device_arrived(&mut self, info: DeviceInfo) {
        if self.fault.as_ref().is_some_and(|f| f.kind == info.kind) {
            self.fault = None;
        }
        let list = self.devices.entry(info.kind).or_default();
        list.retain(|d| d.id != info.id);
        list.push(info);
    }

    /// A device went.
    pub fn device_left(&mut self, kind: DeviceKind, id: &DeviceId) {
        if let Some(list) = self.devices.get_mut(&kind) {
            list.retain(|d| d.id != *id);
        }
    }

    /// True while the session goes on.
    #[must_use]
    pub fn running(&self) -> bool {
        self.outcome == Outcome::Open
    }
}

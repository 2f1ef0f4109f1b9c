//! THE reducer: [`Session::update`] takes an event and the time and gives effects. Pure: no clock, no I/O,
//! no threads, no screen. Every step of the session is a room under `crate::steps`; this module keeps what
//! they share: the running request, requirements, the log, the outcome, parking.

pub mod assemble;
pub mod core;
pub mod effect;
pub mod event;
pub mod flow;
pub mod hygiene;
pub mod keep;
pub mod sample;
pub mod view;

pub use flow::timeout_ms;

#[doc(hidden)]
pub mod testing;

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod part_tests;

use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use devices::vocabulary::RequestId;
use record::schema::{Environment, StepId};
use uuid::Uuid;

use crate::gate::CaptureRules;
use crate::gate::policy::Policy;
use crate::population::regions::Regions;
use crate::session::core::Core;
use crate::session::effect::{Effect, Effects, MAX_EFFECTS};
use crate::session::event::{CaptureOutcome, Event, Person};
use crate::steps::StepsData;

/// What does not change during a session.
#[derive(Debug, Clone)]
pub struct SessionContext {
    /// Training or production.
    pub environment: Environment,
    /// Station id.
    pub station: String,
    /// The station's district, six digits of the region code, may be shorter where not set.
    pub district: String,
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// Region codes, as hints for the NIK.
    pub regions: Arc<Regions>,
    /// The signed-in operator's account.
    pub operator: Uuid,
    /// The operator's public key, hex.
    pub operator_key: String,
    /// Seconds east of UTC of local time (WIB 25200).
    pub utc_offset_s: i32,
    /// The statement as the applicant reads it.
    pub statement_text: String,
    /// Language of the statement, e.g. `id`.
    pub statement_language: String,
}

impl SessionContext {
    /// Local date at a moment.
    #[must_use]
    pub fn local_date(&self, now: DateTime<Utc>) -> NaiveDate {
        (now + Duration::seconds(i64::from(self.utc_offset_s))).date_naive()
    }
}

/// One applicant's session.
#[derive(Debug, Clone)]
pub struct Session {
    /// What does not change.
    pub ctx: Arc<SessionContext>,
    /// What the steps share.
    pub core: Core,
    /// What the steps know.
    pub data: StepsData,
}

impl Session {
    /// A new session. `officer_check` is the officer's own health check of this shift, where it is still valid.
    #[must_use]
    pub fn new(
        id: Uuid,
        ctx: Arc<SessionContext>,
        officer_check: Option<crate::gate::facts::PersonFacts>,
        now: DateTime<Utc>,
    ) -> Self {
        let mut data = StepsData::default();
        data.health.officer = officer_check.unwrap_or_default();
        data.health.venue = ctx.policy.venues.first().map_or("", |v| v.id.as_str()).to_owned();
        let core = Core { begun_by: Some(ctx.operator), ..Core::new(id, now) };
        Self { core, ctx, data }
    }

    /// Takes one event and says what is to be done. Never fails, never blocks: an event that does not fit the
    /// state is ignored (a stale answer, a command of a screen that is gone).
    pub fn update(&mut self, event: Event, now: DateTime<Utc>) -> Effects {
        if matches!(event, Event::TakenUp) {
            flow::set_clock_right(self, now);
        }
        let now = now.max(self.core.last_seen);
        self.core.last_seen = now;
        let mut fx = Effects::new();
        match event {
            Event::Command(command) => self.on_command(command, now, &mut fx),
            Event::Captured(id, outcome) => self.on_captured(id, outcome, now, &mut fx),
            Event::DeviceArrived(info) => {
                // Another reader may do whole hands again.
                self.data.fingers.single &= info.kind != devices::vocabulary::DeviceKind::Fingerprint;
                self.core.device_arrived(info);
            }
            Event::DeviceLeft(kind, id) => self.core.device_left(kind, &id),
            Event::Hygiene { locked, platen_due } => {
                (self.core.locked, self.core.platen_due) = (locked, platen_due);
            }
            Event::Tick => self.on_tick(now, &mut fx),
            Event::LookedUp(id, answer) => self.on_looked_up(id, answer, now, &mut fx),
            Event::CardLookedUp(id, answer) => {
                crate::steps::identity::card::looked_up(self, id, answer, &mut fx);
            }
            Event::FingersSearched(id, result) => {
                crate::steps::fingers::search::answered(self, id, result, now, &mut fx);
            }
            Event::ApprovalAsked(request) => self.core.approval_asked(request),
            Event::Decided(grant) => self.on_decided(grant, now, &mut fx),
            Event::StepKept(step) => {
                self.core.unkept.remove(&step);
            }
            Event::KeepFailed(step, code) => {
                self.core.unkept.insert(step, code);
            }
            Event::PartTried(step, result) => self.on_part_tried(step, result, now, &mut fx),
            Event::Sealed { record_id, file, sha256 } => {
                self.on_sealed(record_id, file, sha256, now, &mut fx)
            }
            Event::SealFailed(code) => self.on_seal_failed(code, now, &mut fx),
            Event::ProofReady(place) => self.on_proof(Ok(place), now, &mut fx),
            Event::ProofFailed(code) => self.on_proof(Err(code), now, &mut fx),
            Event::TakenUp => self.on_taken_up(now, &mut fx),
        }
        self.settle(now, &mut fx);
        debug_assert!(fx.len() <= MAX_EFFECTS, "bounded effects");
        fx
    }

    /// Limits of captures, from the policy.
    #[must_use]
    pub fn capture_rules(&self) -> &CaptureRules {
        &self.ctx.policy.capture
    }

    /// The applicant's NIK, once it is known to be well formed.
    #[must_use]
    pub fn nik(&self) -> Option<&str> {
        self.data.identity.nik.as_deref()
    }

    fn on_captured(&mut self, id: RequestId, outcome: CaptureOutcome, now: DateTime<Utc>, fx: &mut Effects) {
        // Stale answers (an older id, a cancelled request) are dropped here and nowhere else.
        let Some(pending) = self.core.pending.take_if(|p| p.id == id) else { return };
        match outcome {
            CaptureOutcome::Samples(samples) => flow::take_samples(self, pending.target, samples, now, fx),
            CaptureOutcome::Retry(retry) => {
                self.core.attempt(pending.target, now, "retry", Some(retry.id().to_owned()), None);
                fx.push(Effect::Audit {
                    event: "capture-retry",
                    details: vec![("target", pending.target.id()), ("reason", retry.id().to_owned())],
                });
                self.core.retry = Some(core::RetryNote {
                    target: pending.target,
                    reason: retry.id().to_owned(),
                    found: None,
                });
            }
            // The look at the empty glass is an offer: a reader that cannot do it has no fault.
            CaptureOutcome::Fault(devices::vocabulary::DeviceFault::Unsupported)
                if pending.target == event::Target::Platen =>
            {
                self.core.platen_due = false;
                self.core.retry = Some(core::RetryNote {
                    target: pending.target,
                    reason: "platen-unsupported".into(),
                    found: None,
                });
            }
            // A reader of single fingers refuses the slap at once: where the venue lets it, they come one by one.
            CaptureOutcome::Fault(devices::vocabulary::DeviceFault::Unsupported)
                if crate::steps::fingers::single::takes_over(self, pending.target) =>
            {
                if let Some(finger) = crate::steps::fingers::single::begin(self, pending.target, now, fx) {
                    self.ask_device(finger, now, fx);
                }
            }
            CaptureOutcome::Fault(fault) => self.on_fault(pending.target, pending.kind, fault, now, fx),
            CaptureOutcome::Cancelled => {
                self.core.attempt(pending.target, now, "cancelled", None, None);
                let details = vec![("target", pending.target.id())];
                fx.push(Effect::Audit { event: "capture-cancelled", details });
            }
        }
    }

    /// The device is to blame. Where the session would not get on without it, the way without it opens.
    fn on_fault(
        &mut self,
        target: event::Target,
        kind: devices::vocabulary::DeviceKind,
        fault: devices::vocabulary::DeviceFault,
        now: DateTime<Utc>,
        fx: &mut Effects,
    ) {
        self.core.attempt(target, now, "fault", Some(fault.code().to_owned()), None);
        fx.push(Effect::Audit {
            event: "device-fault",
            details: vec![("target", target.id()), ("code", fault.code().to_owned())],
        });
        match target {
            event::Target::Verify(_) => {
                self.data.verification.reader_failed = true;
                self.core.dirty.insert(StepId::Verification);
            }
            event::Target::Reverify(_) => self.ask_who_it_is(),
            _ => {}
        }
        self.core.fault = Some(core::FaultNote { kind, target, fault });
    }

    fn on_tick(&mut self, now: DateTime<Utc>, fx: &mut Effects) {
        // The runtime's watchdog answers first; this is the second net, so that Busy always ends.
        if let Some(p) = self.core.pending.take_if(|p| now >= p.gives_up) {
            fx.push(Effect::Cancel(p.id));
            let fault = devices::vocabulary::DeviceFault::Hung { after_ms: p.timeout_ms };
            self.on_fault(p.target, p.kind, fault, now, fx);
        }
        if self.core.look_up.as_ref().is_some_and(|l| now >= l.gives_up) {
            self.core.look_up = None;
            self.data.identity.look_up_failed = true;
        }
        crate::steps::identity::card::tick(self, now);
        // A seal or proof that never answers must not hold the screen; its late answer still counts.
        let overdue = |since: Option<DateTime<Utc>>| {
            since.is_some_and(|t| now >= t + Duration::seconds(core::STORE_GIVES_UP_S))
        };
        if overdue(self.data.seal.sealing) {
            self.on_seal_failed("seal-timeout".into(), now, fx);
        }
        if overdue(self.data.proof.making) {
            self.on_proof(Err("proof-timeout".into()), now, fx);
        }
        if !self.core.unkept.is_empty() && now >= self.core.keep_again_at {
            self.core.keep_again_at = now + Duration::seconds(core::KEEP_AGAIN_S);
            let steps: Vec<StepId> = self.core.unkept.keys().copied().collect();
            self.core.dirty.extend(steps);
        }
    }

    /// The officer's check of this session, to be reused for the next applicants of the shift.
    #[must_use]
    pub fn officer_check(&self) -> &crate::gate::facts::PersonFacts {
        &self.data.health.officer
    }

    /// True when a temperature of this person was read.
    #[must_use]
    pub fn has_reading(&self, person: Person) -> bool {
        !self.data.health.person(person).readings.is_empty()
    }
}

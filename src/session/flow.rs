//! How one event moves the session: commands to the step on screen, captures to the step they belong to,
//! and what follows from both (keeping, asking for approvals, moving on).

use biometrics::position::Slap;
use chrono::{DateTime, Duration, Utc};
use devices::vocabulary::{CaptureTask, DeviceKind, RequestId};
use record::grant::Grant;
use record::schema::{Outcome, RequirementKind, StepId};
use uuid::Uuid;

use super::Session;
use super::core::{Closing, Reverify, SealedNote};
use super::effect::{ApprovalDraft, Effect, Effects};
use super::event::{Command, LookUpAnswer, Target};
use super::sample::{Samples, SlapBox};
use crate::steps;

/// How far a clock may be behind a session's last event, in seconds.
const CLOCK_TOLERANCE_S: i64 = 120;
/// Most approvals that one event asks for.
const MAX_ASKS: usize = 16;
/// Reason of the requirement that stands for a finger that should have been verified when a session was taken up.
pub const REVERIFY: &str = "reverify";
/// Failed tries at taking up a session before a second person must vouch.
pub const REVERIFY_TRIES: u32 = 4;

/// How long cutting corrected boxes may take, in milliseconds.
const RECUT_MS: u64 = 60_000;

/// How long a device may take for a task, in milliseconds. SBI devices answer within their own timeout of
/// 10-30 s; a signature takes as long as a person writes.
#[must_use]
pub fn timeout_ms(kind: DeviceKind) -> u64 {
    match kind {
        DeviceKind::SignaturePad => 120_000,
        DeviceKind::Iris => 45_000,
        _ => 30_000,
    }
}

impl Session {
    pub(super) fn on_command(&mut self, command: Command, now: DateTime<Utc>, fx: &mut Effects) {
        if !self.core.running() {
            self.on_command_when_closed(&command, now, fx);
            return;
        }
        match command {
            Command::CancelCapture => {
                self.core.look_up = None;
                // Nothing can stop the cutting of boxes: what comes of it is stale.
                self.core.pending.take_if(|p| matches!(p.target, Target::Boxes(_)));
                if let Some(p) = self.core.pending.as_mut() {
                    p.cancelling = true;
                    fx.push(Effect::Cancel(p.id));
                }
            }
            Command::RetryKeep => {
                let steps: Vec<StepId> = self.core.unkept.keys().copied().collect();
                self.core.dirty.extend(steps);
            }
            Command::DismissFault => self.core.fault = None,
            Command::Disinfected(kind) => self.disinfected(kind, now, fx),
            // While a device or the store is at work nothing else moves: what it brings must fit what it was asked for.
            _ if self.busy() => {}
            Command::Park => self.park(now, fx),
            Command::Abandon(reason) => {
                self.close(
                    Outcome::Abandoned,
                    Closing { rules: vec!["abandoned".into()], ..Closing::default() },
                    now,
                    fx,
                );
                fx.push(Effect::Audit { event: "session-abandoned", details: vec![("reason", reason)] });
            }
            Command::Open(step) => self.open_step(step),
            Command::Capture(target) => self.ask_device(target, now, fx),
            Command::Drawn(target, strokes) => {
                if self.can_capture(target, now) && target_kind(target) == Some(DeviceKind::SignaturePad) {
                    let id = self.core.next_request();
                    self.core.set_pending(
                        id,
                        target,
                        DeviceKind::SignaturePad,
                        timeout_ms(DeviceKind::SignaturePad),
                        now,
                    );
                    fx.push(Effect::AnalyseStrokes { id, strokes });
                }
            }
            Command::CorrectBoxes(slap, boxes) => self.correct_boxes(slap, boxes, now, fx),
            Command::Confirm => {
                let step = steps::step(self.core.current);
                if self.core.reverify.is_none()
                    && steps::is_open(self, step.id())
                    && step.blockers(self, now).is_empty()
                {
                    step.confirm(self, now, fx);
                }
            }
            other => {
                if self.core.reverify.is_none() && steps::is_open(self, self.core.current) {
                    steps::step(self.core.current).command(self, &other, now, fx);
                }
            }
        }
    }

    fn on_command_when_closed(&mut self, command: &Command, now: DateTime<Utc>, fx: &mut Effects) {
        if self.core.outcome == Outcome::Sealed
            && *command == Command::Confirm
            && self.data.proof.place.is_none()
        {
            steps::step(StepId::Proof).confirm(self, now, fx);
        }
    }

    /// Seconds that the applicant's hands still dry after sanitiser (policy `drying_time_s`); 0 when they are dry.
    #[must_use]
    pub fn drying_left_s(&self, now: DateTime<Utc>) -> u64 {
        let Some(since) = self.data.health.hands_clean_since else { return 0 };
        let total_ms = i64::from(self.ctx.policy.hygiene.drying_time_s) * 1000;
        let left_ms = total_ms - (now - since).num_milliseconds();
        u64::try_from(left_ms).unwrap_or(0).div_ceil(1000)
    }

    /// True while a device, a look-up or sealing is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.core.pending.is_some() || self.core.look_up.is_some() || self.data.seal.sealing.is_some()
    }

    fn open_step(&mut self, step: StepId) {
        let known = self.ctx.policy.step_order.contains(&step);
        if known && self.core.reverify.is_none() && steps::is_open(self, step) {
            self.core.current = step;
            self.core.retry = None;
        }
    }

    /// True when this capture can be asked for now.
    #[must_use]
    pub fn can_capture(&self, target: Target, now: DateTime<Utc>) -> bool {
        if !self.core.running() || self.busy() {
            return false;
        }
        if self.locked_device(target).is_some() {
            return false;
        }
        if let Some(r) = &self.core.reverify {
            return target == Target::Reverify(r.finger);
        }
        let step = self.core.current;
        steps::is_open(self, step) && steps::step(step).targets(self, now).contains(&target)
    }

    /// The device of a capture, where it must be disinfected first.
    #[must_use]
    pub fn locked_device(&self, target: Target) -> Option<DeviceKind> {
        // Boxes are cut from a picture: no device is touched.
        let asked = target_kind(target).filter(|_| !matches!(target, Target::Boxes(_)));
        asked.filter(|kind| self.core.locked.contains(kind))
    }

    fn disinfected(&mut self, kind: DeviceKind, now: DateTime<Utc>, fx: &mut Effects) {
        if !self.core.locked.remove(&kind) {
            return;
        }
        self.core.note(now, "disinfected", self.core.current, kind.id().to_owned(), None, None);
        fx.push(Effect::Audit { event: "disinfected", details: vec![("device", kind.id().to_owned())] });
        fx.push(Effect::Disinfected(kind));
    }

    pub(super) fn ask_device(&mut self, target: Target, now: DateTime<Utc>, fx: &mut Effects) {
        if !self.can_capture(target, now) {
            return;
        }
        let task = self.task_of(target);
        let kind = task.kind();
        if kind == DeviceKind::Fingerprint && target != Target::Platen && self.drying_left_s(now) > 0 {
            self.core.note(now, "not-dry", target.step(), target.id(), None, None);
        }
        let id = self.core.next_request();
        let limit_ms = timeout_ms(kind);
        self.core.set_pending(id, target, kind, limit_ms, now);
        fx.push(Effect::Capture {
            id,
            target,
            task,
            gallery: self.gallery_for(target),
            background: if target == Target::Face { steps::photo::rule(self) } else { None },
            timeout_ms: limit_ms,
        });
    }

    /// Boxes set by the operator: checked here, cut by the runtime. Boxes that do not fit are ignored; the screen
    /// offers none.
    fn correct_boxes(&mut self, slap: Slap, boxes: Vec<SlapBox>, now: DateTime<Utc>, fx: &mut Effects) {
        if self.core.current != StepId::Fingers
            || self.core.reverify.is_some()
            || !steps::is_open(self, StepId::Fingers)
        {
            return;
        }
        let Some(mut sample) = steps::fingers::boxes::corrected(&self.data.fingers, slap, boxes) else {
            return;
        };
        if !sample.boxes.iter().any(|b| b.corrected) {
            return;
        }
        // What the geometry says of the hand does not depend on the boxes.
        sample.notes.retain(|n| n.id == "wrong-hand");
        let id = self.core.next_request();
        self.core.set_pending(id, Target::Boxes(slap), DeviceKind::Fingerprint, RECUT_MS, now);
        let gallery = self.gallery_for(Target::Slap(slap));
        fx.push(Effect::Recut { id, slap: Box::new(sample), gallery });
    }

    fn task_of(&self, target: Target) -> CaptureTask {
        match target {
            Target::Temperature(_) => CaptureTask::Temperature,
            Target::Face => CaptureTask::Face,
            Target::CardSignature | Target::StatementSignature => CaptureTask::Signature,
            Target::Slap(slap) => CaptureTask::Slap { slap, missing: self.data.fingers.missing_of(slap) },
            // Boxes are cut without a device; the task is named for completeness only.
            Target::Boxes(slap) => CaptureTask::Slap { slap, missing: self.data.fingers.missing_of(slap) },
            Target::Platen => CaptureTask::Platen,
            Target::Finger(position) => CaptureTask::Finger { position, again: false },
            Target::Verify(position) | Target::Reverify(position) => {
                CaptureTask::Finger { position, again: true }
            }
            Target::Irises => CaptureTask::Irises { missing: self.data.irises.missing() },
            Target::ExceptionPhoto => CaptureTask::ExceptionPhoto {
                fingers: self.data.fingers.exceptions.keys().copied().collect(),
                eyes: self.data.irises.missing(),
            },
            Target::EvidencePhoto => CaptureTask::EvidencePhoto,
            Target::Card => CaptureTask::Card { photo: true },
        }
    }

    fn gallery_for(
        &self,
        target: Target,
    ) -> Vec<(biometrics::position::FingerPosition, biometrics::minutiae::Template)> {
        match target {
            Target::Slap(_)
            | Target::Boxes(_)
            | Target::Finger(_)
            | Target::Verify(_)
            | Target::Reverify(_) => {
                self.data.fingers.samples.values().map(|f| (f.position, f.template.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Puts the session aside; taking it up again goes through [`Event::TakenUp`](super::event::Event::TakenUp).
    fn park(&mut self, now: DateTime<Utc>, fx: &mut Effects) {
        self.core.outcome = Outcome::Parked;
        let step = self.core.current;
        self.core.note(now, "parked", step, String::new(), None, None);
        self.core.dirty.insert(step);
        fx.push(Effect::Audit { event: "session-parked", details: vec![("step", step.id().to_owned())] });
    }

    pub(crate) fn park_until(&mut self, closing: Closing, now: DateTime<Utc>, fx: &mut Effects) {
        self.core.closing = closing;
        self.park(now, fx);
    }

    pub(super) fn on_taken_up(&mut self, now: DateTime<Utc>, fx: &mut Effects) {
        if !matches!(self.core.outcome, Outcome::Parked | Outcome::Open) {
            return;
        }
        self.core.outcome = Outcome::Open;
        for r in &mut self.core.requirements {
            r.asking = false;
        }
        // The person in front of the devices must be the one whose fingers are recorded.
        let recorded = self.data.fingers.samples.values().max_by_key(|f| {
            (f.quality.score, f.position == biometrics::position::FingerPosition::RightIndex)
        });
        if let Some(finger) = recorded {
            self.core.reverify = Some(Reverify { finger: finger.position, failed: 0 });
        }
        if !steps::is_open(self, self.core.current) {
            self.core.current = steps::first_unfinished(self);
        }
        // Another program, or a mended one, may be able to put it together.
        fx.extend(self.core.part_faults.keys().map(|step| Effect::TryPart(*step)));
        let step = self.core.current;
        self.core.note(now, "taken-up", step, String::new(), None, None);
        fx.push(Effect::Audit { event: "session-taken-up", details: vec![("step", step.id().to_owned())] });
    }

    /// Ends the session without a record.
    pub(crate) fn close(&mut self, outcome: Outcome, closing: Closing, now: DateTime<Utc>, fx: &mut Effects) {
        self.core.outcome = outcome;
        let step = self.core.current;
        self.core.note(now, outcome.id(), step, String::new(), Some(closing.rules.join(" ")), None);
        fx.push(Effect::Audit {
            event: "session-closed",
            details: vec![("outcome", outcome.id().to_owned()), ("rules", closing.rules.join(" "))],
        });
        self.core.closing = closing;
        if matches!(outcome, Outcome::Refused | Outcome::Redirected) {
            fx.push(Effect::MakeSlip);
        }
        fx.push(Effect::DiscardDraft(outcome.id().to_owned()));
        self.core.dirty.clear();
    }

    /// A step was confirmed: show the first one that is not finished.
    pub(crate) fn advance(&mut self, from: StepId, now: DateTime<Utc>, fx: &mut Effects) {
        self.core.dirty.insert(from);
        self.core.retry = None;
        self.core.part_faults.remove(&from);
        fx.push(Effect::TryPart(from));
        self.core.note(now, "step-done", from, String::new(), None, None);
        fx.push(Effect::Audit { event: "step-done", details: vec![("step", from.id().to_owned())] });
        self.core.current = steps::first_unfinished(self);
    }

    /// A step whose result cannot go into the record counts as not finished: the operator is brought back to it while
    /// the applicant is still there.
    pub(super) fn on_part_tried(
        &mut self,
        step: StepId,
        result: Result<(), String>,
        now: DateTime<Utc>,
        fx: &mut Effects,
    ) {
        if !matches!(self.core.outcome, Outcome::Open | Outcome::Parked) {
            return;
        }
        let Err(code) = result else {
            if self.core.part_faults.remove(&step).is_some() {
                self.core.dirty.insert(step);
            }
            return;
        };
        if steps::finished(self, step) {
            self.core.note(now, "part-refused", step, String::new(), Some(code.clone()), None);
            let details = vec![("step", step.id().to_owned()), ("code", code.clone())];
            fx.push(Effect::Audit { event: "part-refused", details });
            self.core.part_faults.insert(step, code);
            self.core.dirty.insert(step);
        }
    }

    pub(super) fn on_looked_up(
        &mut self,
        id: RequestId,
        answer: LookUpAnswer,
        now: DateTime<Utc>,
        fx: &mut Effects,
    ) {
        if self.core.look_up.take_if(|l| l.id == id).is_some() {
            steps::identity::looked_up(self, answer, now, fx);
        }
    }

    pub(super) fn on_decided(&mut self, grant: Grant, now: DateTime<Utc>, fx: &mut Effects) {
        let nonce = grant.request.nonce;
        let Some(nik) = self.nik().map(ToOwned::to_owned) else { return };
        let Some(index) = self.core.requirements.iter().position(|r| {
            r.open()
                && r.request.as_ref().is_some_and(|asked| asked.nonce == nonce && *asked == grant.request)
        }) else {
            return;
        };
        // The signature is checked here, not believed: a grant is evidence.
        let valid = grant.verify(now, self.ctx.operator).is_ok() && grant.request.binds(&nik);
        if !valid {
            fx.push(Effect::Audit { event: "grant-refused", details: vec![("reason", "invalid".into())] });
            return;
        }
        let supervisor = grant.supervisor.to_string();
        let approved = grant.approved;
        let requirement = &mut self.core.requirements[index];
        let (step, reason) = (requirement.step, requirement.reason.clone());
        if approved {
            requirement.met = Some((nonce.to_string(), now));
        } else {
            requirement.denied = true;
            requirement.request = None;
        }
        self.core.grants.push(grant);
        self.core.dirty.insert(step);
        let event = if approved { "approval-given" } else { "approval-denied" };
        self.core.note(now, event, step, reason.clone(), None, None);
        let says_who_it_is = approved && reason == REVERIFY;
        fx.push(Effect::Audit { event, details: vec![("supervisor", supervisor), ("reason", reason)] });
        if step == StepId::Urgency && !approved {
            let closing = Closing {
                rules: vec!["supervisor-denied".into()],
                channels: self.ctx.policy.refusal.channels.clone(),
                ..Closing::default()
            };
            self.close(Outcome::Refused, closing, now, fx);
        } else if says_who_it_is {
            self.core.reverify = None;
        }
        if self.core.running()
            && self.core.current == StepId::Approval
            && steps::finished(self, StepId::Approval)
        {
            self.advance(StepId::Approval, now, fx);
        }
    }

    pub(super) fn on_sealed(
        &mut self,
        record_id: Uuid,
        file: String,
        sha256: String,
        now: DateTime<Utc>,
        fx: &mut Effects,
    ) {
        if self.core.sealed.is_some()
            || !self.data.seal.ordered
            || !matches!(self.core.outcome, Outcome::Open | Outcome::Parked)
        {
            return;
        }
        self.data.seal.sealing = None;
        self.data.seal.failed = None;
        self.core.sealed = Some(SealedNote { record_id, file, sha256 });
        self.core.outcome = Outcome::Sealed;
        self.core.current = StepId::Proof;
        self.core.dirty.clear();
        self.core.note(now, "sealed", StepId::Seal, String::new(), None, None);
        self.data.proof.making = Some(now);
        fx.push(Effect::MakeProof(record_id));
    }

    pub(super) fn on_seal_failed(&mut self, code: String, now: DateTime<Utc>, fx: &mut Effects) {
        self.data.seal.held = false;
        if self.data.seal.sealing.take().is_some() {
            self.core.note(now, "seal-failed", StepId::Seal, String::new(), Some(code.clone()), None);
            fx.push(Effect::Audit { event: "seal-failed", details: vec![("code", code.clone())] });
            self.data.seal.failed = Some(code);
        }
    }

    pub(super) fn on_proof(&mut self, result: Result<String, String>, now: DateTime<Utc>, fx: &mut Effects) {
        if self.core.outcome != Outcome::Sealed {
            return;
        }
        self.data.proof.making = None;
        let event = if result.is_ok() { "proof-made" } else { "proof-failed" };
        self.core.note(now, event, StepId::Proof, String::new(), None, None);
        fx.push(Effect::Audit { event, details: Vec::new() });
        match result {
            Ok(place) => {
                self.data.proof.place = Some(place);
                self.data.proof.failed = None;
            }
            Err(code) => self.data.proof.failed = Some(code),
        }
    }

    /// What follows from any event: approvals that are due are asked for, changed steps are kept.
    pub(super) fn settle(&mut self, now: DateTime<Utc>, fx: &mut Effects) {
        if self.core.running() && !self.busy() && !steps::is_open(self, self.core.current) {
            // What an earlier step rested on has changed (another birth date): it has to be decided again first.
            self.core.current = steps::first_unfinished(self);
        }
        steps::fingers::search::ask_if_due(self, now, fx);
        steps::seal::begin_if_held(self, now, fx);
        if matches!(self.core.outcome, Outcome::Open | Outcome::Parked) {
            self.ask_approvals(now, fx);
            self.keep_dirty(fx);
        }
    }

    fn ask_approvals(&mut self, now: DateTime<Utc>, fx: &mut Effects) {
        let Some(nik) = self.nik().map(ToOwned::to_owned) else { return };
        let evidence = self.data.urgency.evidence_digests();
        for r in self.core.requirements.iter_mut().filter(|r| r.open() && r.needs_grant()).take(MAX_ASKS) {
            if r.request.as_ref().is_some_and(|q| q.expires <= now) {
                r.request = None;
            }
            if r.request.is_none() && !r.asking {
                r.asking = true;
                fx.push(Effect::AskApproval(ApprovalDraft {
                    kind: r.kind,
                    step: r.step,
                    reason: r.reason.clone(),
                    evidence: if r.step == StepId::Urgency { evidence.clone() } else { Vec::new() },
                    nik: nik.clone(),
                }));
            }
        }
    }

    fn keep_dirty(&mut self, fx: &mut Effects) {
        for step in std::mem::take(&mut self.core.dirty) {
            self.core.revision += 1;
            match self.step_bytes(step) {
                Ok(bytes) => fx.push(Effect::KeepStep { step, bytes }),
                // Serialising plain data cannot fail; if it does, the step counts as not kept and is tried again.
                Err(_) => {
                    self.core.unkept.insert(step, "keep-encode".into());
                }
            }
        }
    }

    fn reverified(&mut self, sample: &super::sample::FingerSample, now: DateTime<Utc>, fx: &mut Effects) {
        let Some(r) = self.core.reverify.as_mut() else { return };
        let score = sample.score_against(r.finger);
        if score >= sample.threshold {
            self.core.note(now, "reverified", StepId::Fingers, String::new(), None, None);
            fx.push(Effect::Audit { event: "reverified", details: vec![("score", score.to_string())] });
            self.core.reverify = None;
            // Nobody has to say any more who it is.
            self.core.requirements.retain(|r| !(r.reason == REVERIFY && r.open()));
            return;
        }
        r.failed += 1;
        let (finger, failed) = (r.finger, r.failed);
        steps::reject(self, Target::Reverify(finger), "no-match", None, now, fx);
        if failed >= REVERIFY_TRIES {
            self.ask_who_it_is();
        }
    }

    /// A second person has to say that it is the one whose fingers are recorded. What was said when the session was
    /// taken up before counts no more.
    pub(super) fn ask_who_it_is(&mut self) {
        let asked = self.core.open_requirements().any(|r| r.reason == REVERIFY);
        if !asked {
            self.core.withdraw(StepId::Fingers, REVERIFY);
            self.core.require(RequirementKind::SecondPerson, StepId::Fingers, REVERIFY);
        }
    }
}

/// A session that was recorded under a clock that was ahead goes on by the right one: else its time would stand still
/// until then. Decisions of the time to come count for nothing in a record of today, so they are asked for again.
pub(super) fn set_clock_right(s: &mut Session, now: DateTime<Utc>) {
    if s.core.last_seen - now <= Duration::seconds(CLOCK_TOLERANCE_S) {
        return;
    }
    s.core.last_seen = now;
    s.core.begun = s.core.begun.min(now);
    s.core.keep_again_at = now;
    s.core.closing.not_before = None;
    s.core.grants.retain(|grant| grant.signed <= now);
    for r in &mut s.core.requirements {
        let to_come = r.request.as_ref().is_some_and(|asked| asked.asked > now);
        if r.needs_grant() && (to_come || r.met.as_ref().is_some_and(|(_, at)| *at > now)) {
            (r.request, r.met, r.asking) = (None, None, false);
        }
    }
    let step = s.core.current;
    s.core.note(now, "clock-set-right", step, String::new(), None, None);
}

/// Routes what a capture brought to the step it belongs to.
pub(super) fn take_samples(
    s: &mut Session,
    target: Target,
    got: Samples,
    now: DateTime<Utc>,
    fx: &mut Effects,
) {
    if let (Target::Reverify(finger), Samples::Fingers(list)) = (target, &got) {
        let worst = list.iter().filter_map(|f| f.quality.score).min();
        s.core.attempt(target, now, "capture", None, worst);
        steps::audit_capture(fx, target, worst);
        if let Some(sample) = list.iter().find(|f| f.position == finger) {
            s.reverified(sample, now, fx);
        }
        return;
    }
    steps::step(target.step()).samples(s, target, got, now, fx);
    let step = target.step();
    s.core.dirty.insert(step);
}

/// The kind of device that a target is captured with.
#[must_use]
pub fn target_kind(target: Target) -> Option<DeviceKind> {
    Some(match target {
        Target::Temperature(_) => DeviceKind::Thermometer,
        Target::Face | Target::ExceptionPhoto | Target::EvidencePhoto => DeviceKind::Camera,
        Target::CardSignature | Target::StatementSignature => DeviceKind::SignaturePad,
        Target::Slap(_)
        | Target::Boxes(_)
        | Target::Platen
        | Target::Finger(_)
        | Target::Verify(_)
        | Target::Reverify(_) => DeviceKind::Fingerprint,
        Target::Irises => DeviceKind::Iris,
        Target::Card => DeviceKind::Card,
    })
}

//! The steps of a session and their registry. A step is one folder: `mod.rs` is pure, `view.rs` draws it.
//! A new step is a folder, a line in [`REGISTRY`], a field of [`StepsData`] and a word in `record::schema::StepId`.

pub mod approval;
pub mod biodata;
pub mod exceptions;
pub mod fingers;
pub mod health;
pub mod identity;
pub mod irises;
pub mod limits;
pub mod photo;
pub mod proof;
pub mod seal;
pub mod signature;
pub mod statement;
pub mod urgency;
pub mod verification;

use chrono::{DateTime, Utc};
use record::schema::{StepId, StepState};
use serde::{Deserialize, Serialize};

use crate::session::Session;
use crate::session::effect::Effects;
use crate::session::event::{Command, Target};
use crate::session::sample::Samples;

/// What a step must answer. Everything is a function of the session: no step keeps state of its own.
pub trait Step: Sync {
    /// Its id.
    fn id(&self) -> StepId;
    /// Its state by its data alone: Empty, Done or Excepted (and Failed for sealing). Busy and Retry come from
    /// the running request, see [`state`]. Done only with the evidence in hand.
    fn state(&self, s: &Session) -> StepState;
    /// Ids of what is still missing before Confirm may be pressed; empty when it may.
    fn blockers(&self, s: &Session, now: DateTime<Utc>) -> Vec<String>;
    /// Ids of the fields and choices that the operator can use now.
    fn inputs(&self, s: &Session, now: DateTime<Utc>) -> Vec<String>;
    /// Captures that can be asked for now, the one that comes next first.
    fn targets(&self, _s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        Vec::new()
    }
    /// The capture that the primary action starts, while something of it is missing.
    fn next_capture(&self, s: &Session, now: DateTime<Utc>) -> Option<Target> {
        if self.blockers(s, now).is_empty() { None } else { self.targets(s, now).first().copied() }
    }
    /// A command while this step is on screen.
    fn command(&self, _s: &mut Session, _c: &Command, _now: DateTime<Utc>, _fx: &mut Effects) {}
    /// Confirm, without blockers.
    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects);
    /// What a capture brought.
    fn samples(&self, _s: &mut Session, _t: Target, _got: Samples, _now: DateTime<Utc>, _fx: &mut Effects) {}
}

/// Every step, a line each. The order on screen is the policy's.
pub const REGISTRY: &[&dyn Step] = &[
    &health::Health,
    &identity::Identity,
    &urgency::Urgency,
    &approval::Approval,
    &biodata::BiodataStep,
    &photo::Photo,
    &signature::Signature,
    &fingers::Fingers,
    &irises::Irises,
    &verification::Verification,
    &statement::Statement,
    &seal::Seal,
    &proof::Proof,
];

/// The step of an id. Every id is registered (checked by a test), so the first is only a formality.
#[must_use]
pub fn step(id: StepId) -> &'static dyn Step {
    REGISTRY.iter().copied().find(|s| s.id() == id).unwrap_or(REGISTRY[0])
}

/// What the steps know; every field is the evidence of one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepsData {
    /// Health of both people.
    pub health: health::HealthData,
    /// NIK, KK, look-up.
    pub identity: identity::IdentityData,
    /// Urgency class and decision.
    pub urgency: urgency::UrgencyData,
    /// Biodata.
    pub biodata: biodata::BiodataData,
    /// Face.
    pub photo: photo::PhotoData,
    /// Card signature.
    pub signature: signature::SignatureData,
    /// Fingers.
    pub fingers: fingers::FingersData,
    /// Irises.
    pub irises: irises::IrisesData,
    /// Second capture of the chip fingers.
    pub verification: verification::VerificationData,
    /// Statement and its signature.
    pub statement: statement::StatementData,
    /// Sealing.
    pub seal: seal::SealData,
    /// Proof.
    pub proof: proof::ProofData,
}

/// The state of a step as shown: the running request, an open retry and an open fault lie over the data.
#[must_use]
pub fn state(s: &Session, id: StepId) -> StepState {
    let own = step(id).state(s);
    if s.core.pending.as_ref().is_some_and(|p| p.target.step() == id)
        || (id == StepId::Identity && s.core.look_up.is_some())
    {
        return StepState::Busy;
    }
    if s.core.part_faults.contains_key(&id) {
        return StepState::Failed;
    }
    if matches!(own, StepState::Done | StepState::Excepted | StepState::Busy) {
        return own;
    }
    if s.core.fault.as_ref().is_some_and(|f| f.target.step() == id) {
        return StepState::Failed;
    }
    if s.core.retry.as_ref().is_some_and(|r| r.target.step() == id) {
        return StepState::Retry;
    }
    own
}

/// True when the step is finished, by capture or by exception, and its result can go into the record.
#[must_use]
pub fn finished(s: &Session, id: StepId) -> bool {
    matches!(step(id).state(s), StepState::Done | StepState::Excepted)
        && !s.core.part_faults.contains_key(&id)
}

/// True when every step before it (in the policy's order) is finished.
#[must_use]
pub fn is_open(s: &Session, id: StepId) -> bool {
    s.ctx.policy.step_order.iter().take_while(|step| **step != id).all(|step| finished(s, *step))
}

/// The first step that is not finished.
#[must_use]
pub fn first_unfinished(s: &Session) -> StepId {
    s.ctx.policy.step_order.iter().copied().find(|id| !finished(s, *id)).unwrap_or(StepId::Proof)
}

/// Notes that a capture was not taken, and why it must be repeated.
pub(crate) fn reject(
    s: &mut Session,
    target: Target,
    reason: &str,
    found: Option<crate::session::event::Subject>,
    now: DateTime<Utc>,
    fx: &mut Effects,
) {
    s.core.note(now, "rejected", target.step(), target.id(), Some(reason.to_owned()), None);
    fx.push(crate::session::effect::Effect::Audit {
        event: "capture-rejected",
        details: vec![("target", target.id()), ("reason", reason.to_owned())],
    });
    s.core.retry = Some(crate::session::core::RetryNote { target, reason: reason.to_owned(), found });
}

/// Writes a capture attempt with its score to the audit.
pub(crate) fn audit_capture(fx: &mut Effects, target: Target, score: Option<u8>) {
    let score = score.map_or_else(|| "none".to_owned(), |s| s.to_string());
    fx.push(crate::session::effect::Effect::Audit {
        event: "capture",
        details: vec![("target", target.id()), ("score", score)],
    });
}

//! Step 12: sealing and durable save. Refused while anything is open; a failure loses nothing and can be repeated.

#[cfg(feature = "gui")]
pub(crate) mod view;

use chrono::{DateTime, Utc};
use record::schema::{Environment, Outcome, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::Step;
use crate::session::Session;
use crate::session::effect::{Effect, Effects};
use crate::session::event::Command;

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SealData {
    /// Under way since.
    #[serde(skip)]
    pub sealing: Option<DateTime<Utc>>,
    /// Ordered, but the comparison of the fingers has not answered yet: sealing begins by itself.
    #[serde(skip)]
    pub held: bool,
    /// Sealing was ordered at least once: a late answer still counts.
    pub ordered: bool,
    /// Stable code of the last failure.
    #[serde(skip)]
    pub failed: Option<String>,
}

impl SealData {
    /// Something came up while sealing was held back: it is not begun.
    pub(crate) fn release(&mut self) {
        if std::mem::take(&mut self.held) {
            self.sealing = None;
        }
    }
}

/// Begins a sealing that was held back, once the fingers were compared (or that took too long), unless something
/// is missing now.
pub(crate) fn begin_if_held(s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
    if !s.data.seal.held || super::fingers::search::waits(s, now) {
        return;
    }
    s.data.seal.release();
    if s.core.outcome == Outcome::Open && Seal.blockers(s, now).is_empty() {
        Seal.confirm(s, now, fx);
    }
}

/// The step.
pub struct Seal;

impl Step for Seal {
    fn id(&self) -> StepId {
        StepId::Seal
    }

    fn state(&self, s: &Session) -> StepState {
        if s.core.sealed.is_some() {
            StepState::Done
        } else if s.data.seal.sealing.is_some() {
            StepState::Busy
        } else if s.data.seal.failed.is_some() {
            StepState::Failed
        } else {
            StepState::Empty
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let mut out: Vec<String> = s
            .ctx
            .policy
            .step_order
            .iter()
            .filter(|id| !matches!(id, StepId::Seal | StepId::Proof) && !super::finished(s, **id))
            .map(|id| format!("step.{id}"))
            .collect();
        out.extend(s.core.open_requirements().map(|r| format!("requirement.{}", r.kind)));
        if s.core.identical_sample && s.ctx.environment == Environment::Production {
            out.push("identical-sample".into());
        }
        out.dedup();
        out
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        s.core
            .open_requirements()
            .filter(|r| r.needs_grant())
            .map(|r| format!("approval.{}", r.reason))
            .collect()
    }

    fn command(&self, s: &mut Session, c: &Command, _now: DateTime<Utc>, _fx: &mut Effects) {
        if *c == Command::SearchAgain {
            super::fingers::search::again(s);
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        if s.core.sealed.is_none() && s.data.seal.sealing.is_none() {
            s.data.seal.sealing = Some(now);
            s.data.seal.ordered = true;
            s.data.seal.failed = None;
            if super::fingers::search::waits(s, now) {
                s.data.seal.held = true;
            } else {
                fx.push(Effect::Seal);
            }
        }
    }
}

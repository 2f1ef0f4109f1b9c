//! Step 13: the proof of recording (bukti perekaman) for the applicant.

#[cfg(feature = "gui")]
pub(crate) mod view;

use chrono::{DateTime, Utc};
use record::schema::{StepId, StepState};
use serde::{Deserialize, Serialize};

use super::Step;
use crate::session::Session;
use crate::session::effect::{Effect, Effects};

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofData {
    /// Being made since.
    #[serde(skip)]
    pub making: Option<DateTime<Utc>>,
    /// Where it is: printer job or file.
    pub place: Option<String>,
    /// Stable code of the last failure.
    #[serde(skip)]
    pub failed: Option<String>,
}

/// The step.
pub struct Proof;

impl Step for Proof {
    fn id(&self) -> StepId {
        StepId::Proof
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.proof;
        if d.making.is_some() {
            StepState::Busy
        } else if d.place.is_some() && s.core.sealed.is_some() {
            StepState::Done
        } else if d.failed.is_some() {
            StepState::Failed
        } else {
            StepState::Empty
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        if s.core.sealed.is_none() { vec!["step.seal".into()] } else { Vec::new() }
    }

    fn inputs(&self, _s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        Vec::new()
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        if let Some(sealed) = &s.core.sealed
            && s.data.proof.making.is_none()
        {
            s.data.proof.making = Some(now);
            fx.push(Effect::MakeProof(sealed.record_id));
        }
    }
}

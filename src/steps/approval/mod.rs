//! Step 4: approvals that the urgency gate asked for. Finished at once when none is needed.

#[cfg(feature = "gui")]
pub(crate) mod view;

use chrono::{DateTime, Utc};
use record::schema::{StepId, StepState};

use super::Step;
use crate::session::Session;
use crate::session::effect::Effects;

/// The step. It has no data of its own: requirements and grants are shared.
pub struct Approval;

impl Step for Approval {
    fn id(&self) -> StepId {
        StepId::Approval
    }

    fn state(&self, s: &Session) -> StepState {
        let open = s.core.open_requirements().any(|r| r.step == StepId::Urgency && r.needs_grant());
        let decided = super::finished(s, StepId::Urgency);
        if decided && !open { StepState::Done } else { StepState::Empty }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        s.core
            .open_requirements()
            .filter(|r| r.step == StepId::Urgency && r.needs_grant())
            .map(|r| format!("approval.{}", r.reason))
            .collect()
    }

    fn inputs(&self, s: &Session, now: DateTime<Utc>) -> Vec<String> {
        self.blockers(s, now)
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        s.advance(StepId::Approval, now, fx);
    }
}

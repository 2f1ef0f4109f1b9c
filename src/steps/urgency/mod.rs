//! Step 3: is the case urgent under the policy, and may this person be recorded at all?

#[cfg(feature = "gui")]
pub(crate) mod view;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use record::schema::{Outcome, RequirementKind, Role, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::Step;
use crate::gate::{
    evaluate,
    facts::{CaseFacts, Decision, Marital, Verdict},
};
use crate::session::Session;
use crate::session::core::Closing;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Target};
use crate::session::sample::{PhotoSample, Samples};

/// Most evidence photos of one session.
pub const MAX_EVIDENCE_PHOTOS: usize = 5;

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UrgencyData {
    /// The operator chose a class, or "not urgent".
    pub chosen: bool,
    /// Class id; `None` = not urgent.
    pub class: Option<String>,
    /// Evidence that was seen.
    pub evidence_seen: BTreeSet<String>,
    /// The operator asks the supervisor for a place beyond a used-up quota.
    pub quota_jump_asked: bool,
    /// Pictures of the evidence.
    pub photos: Vec<PhotoSample>,
    /// The decision that passed.
    pub decision: Option<Decision>,
    /// Birth date and marital status that it was made for: other ones need a new decision.
    pub judged: Option<(NaiveDate, Marital)>,
}

impl UrgencyData {
    /// Digests of the evidence pictures, hex.
    #[must_use]
    pub fn evidence_digests(&self) -> Vec<String> {
        self.photos.iter().map(|p| p.jpeg.sha256.clone()).collect()
    }
}

/// The facts as the gate takes them; `None` until the birth date is known.
#[must_use]
pub fn facts(s: &Session, today: NaiveDate) -> Option<CaseFacts> {
    Some(CaseFacts {
        venue: s.data.health.venue.clone(),
        class: s.data.urgency.class.clone(),
        evidence_seen: s.data.urgency.evidence_seen.clone(),
        birth_date: s.data.biodata.values.tanggal_lahir?,
        marital: super::identity::marital(s),
        today,
        sealed_today: s.data.identity.sealed_today,
        quota_jump_asked: s.data.urgency.quota_jump_asked,
        recorded_before: s.data.identity.recorded_before.unwrap_or(false),
        outside_domicile: super::identity::outside_domicile(s, today),
    })
}

/// The step.
pub struct Urgency;

impl Step for Urgency {
    fn id(&self) -> StepId {
        StepId::Urgency
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.urgency;
        let now = s.data.biodata.values.tanggal_lahir.map(|b| (b, super::identity::marital(s)));
        let passed = d.decision.as_ref().is_some_and(|x| x.verdict == Verdict::Pass);
        if passed && now.is_some() && d.judged == now { StepState::Done } else { StepState::Empty }
    }

    fn blockers(&self, s: &Session, now: DateTime<Utc>) -> Vec<String> {
        if !s.data.urgency.chosen {
            return vec!["urgency-class".into()];
        }
        match facts(s, s.ctx.local_date(now)).map(|f| evaluate::case(&s.ctx.policy, &f).verdict) {
            Some(Verdict::Incomplete { missing }) => missing,
            Some(_) => Vec::new(),
            None => vec!["tanggal_lahir".into()],
        }
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        if self.state(s) == StepState::Done {
            return Vec::new();
        }
        let mut out = vec!["urgency-class".to_owned()];
        if s.ctx.policy.quota.daily.is_some_and(|daily| s.data.identity.sealed_today >= daily) {
            out.push("quota-jump".into());
        }
        if let Some(class) = s.data.urgency.class.as_deref().and_then(|c| s.ctx.policy.class(c)) {
            out.extend(class.evidence.iter().map(|e| format!("evidence.{}", e.id)));
        }
        out
    }

    fn targets(&self, s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        let room = s.data.urgency.photos.len() < MAX_EVIDENCE_PHOTOS;
        if room && s.data.urgency.class.is_some() && self.state(s) != StepState::Done {
            vec![Target::EvidencePhoto]
        } else {
            Vec::new()
        }
    }

    fn next_capture(&self, _s: &Session, _now: DateTime<Utc>) -> Option<Target> {
        None
    }

    fn command(&self, s: &mut Session, c: &Command, _now: DateTime<Utc>, _fx: &mut Effects) {
        if self.state(s) == StepState::Done {
            return;
        }
        match c {
            Command::UrgencyClass(class)
                if class.as_deref().is_none_or(|c| s.ctx.policy.class(c).is_some()) =>
            {
                s.data.urgency.chosen = true;
                if s.data.urgency.class != *class {
                    s.data.urgency.evidence_seen.clear();
                    s.data.urgency.class.clone_from(class);
                }
            }
            Command::AskQuotaJump(on) => s.data.urgency.quota_jump_asked = *on,
            Command::EvidenceSeen(id, on) => {
                let known = s
                    .data
                    .urgency
                    .class
                    .as_deref()
                    .and_then(|c| s.ctx.policy.class(c))
                    .is_some_and(|c| c.evidence.iter().any(|e| e.id == *id));
                if known && *on {
                    s.data.urgency.evidence_seen.insert(id.clone());
                } else {
                    s.data.urgency.evidence_seen.remove(id);
                }
            }
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        if self.state(s) == StepState::Done {
            s.advance(StepId::Urgency, now, fx);
            return;
        }
        let Some(facts) = facts(s, s.ctx.local_date(now)) else { return };
        let decision = evaluate::case(&s.ctx.policy, &facts);
        fx.push(Effect::Audit {
            event: "urgency-decision",
            details: vec![
                ("verdict", decision.verdict.id().to_owned()),
                ("rules", decision.rules.join(" ")),
                ("policy", s.ctx.policy.id.clone()),
            ],
        });
        let closing = Closing {
            rules: decision.rules.clone(),
            come_back: decision.come_back,
            not_before: None,
            channels: decision.channels.clone(),
        };
        match decision.verdict {
            Verdict::Pass => {
                for need in &decision.approvals {
                    let kind = if need.by == Role::Supervisor {
                        RequirementKind::SupervisorApproval
                    } else {
                        RequirementKind::SecondPerson
                    };
                    s.core.require(kind, StepId::Urgency, &need.reason);
                }
                s.data.urgency.judged = Some((facts.birth_date, facts.marital));
                s.data.urgency.decision = Some(decision);
                s.advance(StepId::Urgency, now, fx);
            }
            Verdict::Refuse => s.close(Outcome::Refused, closing, now, fx),
            Verdict::Redirect => s.close(Outcome::Redirected, closing, now, fx),
            Verdict::Incomplete { .. } | Verdict::SecondReading { .. } => {}
        }
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, _fx: &mut Effects) {
        if let Samples::Photo(photo) = got {
            s.core.attempt(t, now, "capture", None, photo.quality.score);
            if s.data.urgency.photos.len() < MAX_EVIDENCE_PHOTOS {
                s.data.urgency.photos.push(*photo);
            }
        }
    }
}

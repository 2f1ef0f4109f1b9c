//! Step 9: both irises, each recorded or declared as an exception.

#[cfg(feature = "gui")]
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};

use biometrics::position::Eye;
use chrono::{DateTime, Utc};
use record::schema::{Environment, ExceptionReason, ExceptionTerm, RequirementKind, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::fingers::Exception;
use super::{Step, exceptions, limits};
use crate::gate::CaptureRules;
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Subject, Target};
use crate::session::sample::{IrisSample, Samples};
use crate::steps::identity::{MAX_FIELD, MIN_REASON};

/// Reason when one eye was captured as both.
const SAME_EYE: &str = "same-eye";

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IrisesData {
    /// Recorded eyes.
    pub samples: BTreeMap<Eye, IrisSample>,
    /// Exceptions.
    pub exceptions: BTreeMap<Eye, Exception>,
    /// Weak eyes that were accepted after several tries, and why.
    pub accepted_low: BTreeSet<Eye>,
    /// The reason for accepting them.
    pub accepted_reason: String,
}

impl IrisesData {
    /// Declared exceptions.
    #[must_use]
    pub fn missing(&self) -> Vec<Eye> {
        self.exceptions.keys().copied().collect()
    }
    /// True when the eye needs nothing more.
    #[must_use]
    pub fn settled(&self, e: Eye, rules: &CaptureRules) -> bool {
        self.exceptions.contains_key(&e)
            || self.samples.get(&e).is_some_and(|s| {
                limits::reaches(&s.quality, rules.iris_min) || self.accepted_low.contains(&e)
            })
    }
}

/// The step.
pub struct Irises;

impl Step for Irises {
    fn id(&self) -> StepId {
        StepId::Irises
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.irises;
        if !Eye::ALL.iter().all(|e| d.settled(*e, s.capture_rules()))
            || exceptions::photo_blocker(s, StepId::Irises).is_some()
        {
            StepState::Empty
        } else if d.exceptions.is_empty() {
            StepState::Done
        } else {
            StepState::Excepted
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.irises;
        let mut out: Vec<String> = Eye::ALL
            .iter()
            .filter(|e| !d.settled(**e, s.capture_rules()))
            .map(|e| format!("eye.{e}"))
            .collect();
        out.extend(exceptions::photo_blocker(s, StepId::Irises));
        out
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let mut out = vec!["exception.eye".to_owned()];
        if acceptable(s).is_some() {
            out.push("accept-best".into());
        }
        if exceptions::may_come_back(s) {
            out.push("come-back".into());
        }
        out
    }

    fn targets(&self, s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        let mut out = Vec::new();
        if s.data.irises.exceptions.len() < Eye::ALL.len() {
            out.push(Target::Irises);
        }
        if exceptions::photo_wanted(s) {
            let first = if Eye::ALL.iter().all(|e| s.data.irises.settled(*e, s.capture_rules())) {
                0
            } else {
                out.len()
            };
            out.insert(first, Target::ExceptionPhoto);
        }
        out
    }

    fn command(&self, s: &mut Session, c: &Command, now: DateTime<Utc>, fx: &mut Effects) {
        match c {
            Command::DeclareException(Subject::Eye(e), reason, term) => {
                s.data.irises.samples.remove(e);
                s.data.irises.accepted_low.remove(e);
                s.data.irises.exceptions.insert(*e, Exception { reason: *reason, term: *term });
                exceptions::declared(s, Subject::Eye(*e), *reason, *term, now, fx);
            }
            Command::WithoutDevice => {
                let missing = exceptions::without_device(s, StepId::Irises);
                let (rules, d) = (*s.capture_rules(), &s.data.irises);
                let weak: Vec<Eye> = d.samples.keys().copied().filter(|e| !d.settled(*e, &rules)).collect();
                if !weak.is_empty() {
                    s.data.irises.accepted_low.extend(weak);
                    ExceptionReason::NoDevice.id().clone_into(&mut s.data.irises.accepted_reason);
                    s.core.dirty.insert(StepId::Irises);
                }
                let (reason, term) = (ExceptionReason::NoDevice, ExceptionTerm::Temporary);
                for subject in missing {
                    self.command(s, &Command::DeclareException(subject, reason, term), now, fx);
                }
            }
            Command::WithdrawException(Subject::Eye(e)) if s.data.irises.exceptions.remove(e).is_some() => {
                exceptions::withdrawn(s, Subject::Eye(*e), fx);
            }
            Command::AcceptBest(reason) if reason.trim().chars().count() >= MIN_REASON => {
                let Some(weak) = acceptable(s) else { return };
                fx.push(Effect::Audit {
                    event: "weak-capture-accepted",
                    details: vec![("target", "irises".into())],
                });
                s.data.irises.accepted_low.extend(weak);
                s.data.irises.accepted_reason = reason.trim().chars().take(MAX_FIELD).collect();
                s.core.retry = None;
                s.core.dirty.insert(StepId::Irises);
            }
            Command::ComeBack => exceptions::come_back(s, now, fx),
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        s.advance(StepId::Irises, now, fx);
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        let Samples::Irises(list) = got else { return };
        let worst = list.iter().filter_map(|f| f.quality.score).min();
        s.core.attempt(t, now, "capture", None, worst);
        super::audit_capture(fx, t, worst);
        let retry = |reason: &str, found| Some(RetryNote { target: t, reason: reason.to_owned(), found });
        let expected: BTreeSet<Eye> =
            Eye::ALL.iter().copied().filter(|e| !s.data.irises.exceptions.contains_key(e)).collect();
        let got: BTreeSet<Eye> = list.iter().map(|i| i.eye).collect();
        if got != expected || list.len() != expected.len() {
            s.core.retry = retry("no-iris", None);
            return;
        }
        // One eye presented twice is the commonest slip with a single-eye camera.
        let digests: BTreeSet<&str> = list.iter().map(|i| i.pixels_sha256.as_str()).collect();
        let known =
            |i: &IrisSample| s.data.irises.samples.values().any(|old| old.pixels_sha256 == i.pixels_sha256);
        if digests.len() < list.len()
            || (s.ctx.environment == Environment::Production && list.iter().any(known))
        {
            super::reject(s, t, "replay", None, now, fx);
            return;
        }
        match list.iter().find(|i| i.same_as.is_some()).map(|i| i.eye) {
            Some(eye) if s.core.attempts_of(t) < s.capture_rules().tries => {
                super::reject(s, t, SAME_EYE, Some(Subject::Eye(eye)), now, fx);
                return;
            }
            // The comparison may err: after all tries a supervisor decides, and nobody is sent home for it.
            Some(_) => s.core.require(RequirementKind::SupervisorApproval, StepId::Irises, SAME_EYE),
            None => s.core.withdraw(StepId::Irises, SAME_EYE),
        }
        let rules = *s.capture_rules();
        let mut weak = None;
        for eye in list {
            let d = &mut s.data.irises;
            let id = eye.eye;
            let keep_old = d.samples.get(&id).is_some_and(|old| old.quality.score > eye.quality.score);
            if !keep_old {
                d.accepted_low.remove(&id);
                d.samples.insert(id, eye);
            }
            if !d.settled(id, &rules) && weak.is_none() {
                let reason = d
                    .samples
                    .get(&id)
                    .and_then(|i| i.quality.reasons.first())
                    .map_or("low-quality", |r| r.id());
                weak = Some((id, reason));
            }
        }
        if let Some((eye, reason)) = weak {
            s.core.retry = retry(reason, Some(Subject::Eye(eye)));
        }
    }
}

/// Weak eyes that may be accepted now.
fn acceptable(s: &Session) -> Option<Vec<Eye>> {
    let d = &s.data.irises;
    let open: Vec<Eye> = Eye::ALL.iter().copied().filter(|e| !d.settled(*e, s.capture_rules())).collect();
    let there = !open.is_empty() && open.iter().all(|e| d.samples.contains_key(e));
    (there && s.core.attempts_of(Target::Irises) >= s.capture_rules().tries).then_some(open)
}

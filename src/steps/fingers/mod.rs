//! Step 8: ten fingers in the 4-4-2 sequence, each recorded or declared as an exception.

#[cfg(feature = "gui")]
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};

use biometrics::position::{FingerPosition, Slap};
use chrono::{DateTime, Utc};
use record::schema::{Environment, ExceptionReason, ExceptionTerm, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::{Step, exceptions, limits};
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Subject, Target};
use crate::session::sample::{FingerSample, PhotoSample, Samples};
use crate::steps::identity::MIN_REASON;

/// The slaps in the order they are captured (right hand first, as in the 2011 procedure).
pub const SLAPS: [Slap; 3] = [Slap::RightFour, Slap::LeftFour, Slap::Thumbs];

/// A declared exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Why.
    pub reason: ExceptionReason,
    /// For how long.
    pub term: ExceptionTerm,
}

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FingersData {
    /// Recorded fingers.
    pub samples: BTreeMap<FingerPosition, FingerSample>,
    /// Exceptions.
    pub exceptions: BTreeMap<FingerPosition, Exception>,
    /// Weak fingers that were accepted after several tries.
    pub accepted_low: BTreeSet<FingerPosition>,
    /// The reason for accepting them.
    pub accepted_reason: String,
    /// Pictures of the person with the declared exceptions (fingers and eyes).
    pub exception_photos: Vec<PhotoSample>,
    /// Two slaps held the same hand: either may be captured again.
    pub conflict: Option<(Slap, Slap)>,
}

impl FingersData {
    /// Declared exceptions of a slap.
    #[must_use]
    pub fn missing_of(&self, slap: Slap) -> Vec<FingerPosition> {
        slap.fingers().iter().copied().filter(|f| self.exceptions.contains_key(f)).collect()
    }
    /// True when the finger is recorded well enough, or accepted.
    #[must_use]
    pub fn good(&self, f: FingerPosition) -> bool {
        self.samples.get(&f).is_some_and(|s| {
            limits::reaches(&s.quality, limits::FINGER_MIN) || self.accepted_low.contains(&f)
        })
    }
    /// True when the finger needs nothing more.
    #[must_use]
    pub fn settled(&self, f: FingerPosition) -> bool {
        self.exceptions.contains_key(&f) || self.good(f)
    }
    /// True when all fingers of the slap need nothing more.
    #[must_use]
    pub fn slap_settled(&self, slap: Slap) -> bool {
        slap.fingers().iter().all(|f| self.settled(*f))
    }
    /// The slap to capture next.
    #[must_use]
    pub fn next_slap(&self) -> Option<Slap> {
        SLAPS.into_iter().find(|s| !self.slap_settled(*s))
    }
}

/// The step.
pub struct Fingers;

impl Step for Fingers {
    fn id(&self) -> StepId {
        StepId::Fingers
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.fingers;
        if d.next_slap().is_some() || d.conflict.is_some() {
            StepState::Empty
        } else if d.exceptions.is_empty() {
            StepState::Done
        } else {
            StepState::Excepted
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.fingers;
        let mut out: Vec<String> =
            FingerPosition::ALL.iter().filter(|f| !d.settled(**f)).map(|f| format!("finger.{f}")).collect();
        if d.conflict.is_some() {
            out.push("hands-swapped".into());
        }
        out.extend(exceptions::photo_blocker(s, StepId::Fingers));
        out
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let mut out = vec!["exception.finger".to_owned()];
        if acceptable(s).is_some() {
            out.push("accept-best".into());
        }
        if exceptions::may_come_back(s) {
            out.push("come-back".into());
        }
        out
    }

    fn targets(&self, s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        let d = &s.data.fingers;
        let mut out: Vec<Target> = Vec::new();
        out.extend(d.next_slap().map(Target::Slap));
        // Any slap can be captured again, as long as something of it is to be recorded.
        let rest = SLAPS
            .into_iter()
            .filter(|slap| d.missing_of(*slap).len() < slap.fingers().len())
            .map(Target::Slap);
        out.extend(rest.filter(|t| Some(*t) != d.next_slap().map(Target::Slap)).collect::<Vec<_>>());
        out.extend(
            FingerPosition::ALL.iter().filter(|f| !d.exceptions.contains_key(f)).map(|f| Target::Finger(*f)),
        );
        if exceptions::photo_wanted(s) {
            out.insert(usize::from(d.next_slap().is_some()), Target::ExceptionPhoto);
        }
        out
    }

    fn command(&self, s: &mut Session, c: &Command, now: DateTime<Utc>, fx: &mut Effects) {
        match c {
            Command::DeclareException(Subject::Finger(f), reason, term) => {
                s.data.fingers.samples.remove(f);
                s.data.fingers.accepted_low.remove(f);
                s.data.fingers.exceptions.insert(*f, Exception { reason: *reason, term: *term });
                s.data.fingers.conflict = None;
                exceptions::declared(s, Subject::Finger(*f), *reason, *term, now, fx);
            }
            Command::WithdrawException(Subject::Finger(f))
                if s.data.fingers.exceptions.remove(f).is_some() =>
            {
                exceptions::withdrawn(s, Subject::Finger(*f), fx);
            }
            Command::AcceptBest(reason) if reason.trim().chars().count() >= MIN_REASON => {
                let Some(weak) = acceptable(s) else { return };
                fx.push(Effect::Audit {
                    event: "weak-capture-accepted",
                    details: vec![("target", format!("{} fingers", weak.len()))],
                });
                s.data.fingers.accepted_low.extend(weak);
                s.data.fingers.accepted_reason =
                    reason.trim().chars().take(super::identity::MAX_FIELD).collect();
                s.core.retry = None;
                s.core.dirty.insert(StepId::Fingers);
            }
            Command::ComeBack => exceptions::come_back(s, now, fx),
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        s.advance(StepId::Fingers, now, fx);
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        match (t, got) {
            (Target::Slap(slap), Samples::Fingers(list)) => take(s, t, slap.fingers(), list, now, fx),
            (Target::Finger(f), Samples::Fingers(list)) => take(s, t, &[f], list, now, fx),
            (Target::ExceptionPhoto, Samples::Photo(photo)) => exceptions::photo_taken(s, *photo, now, fx),
            _ => {}
        }
    }
}

/// Weak fingers of the next slap that may be accepted now: all are there and the tries are used up.
fn acceptable(s: &Session) -> Option<Vec<FingerPosition>> {
    let d = &s.data.fingers;
    let slap = d.next_slap()?;
    let open: Vec<FingerPosition> = slap.fingers().iter().copied().filter(|f| !d.settled(*f)).collect();
    let tried = |f: &FingerPosition| {
        s.core.attempts_of(Target::Slap(slap)) + s.core.attempts_of(Target::Finger(*f)) >= limits::TRIES
    };
    (open.iter().all(|f| d.samples.contains_key(f) && tried(f))).then_some(open)
}

fn take(
    s: &mut Session,
    t: Target,
    asked: &[FingerPosition],
    list: Vec<FingerSample>,
    now: DateTime<Utc>,
    fx: &mut Effects,
) {
    let worst = list.iter().filter_map(|f| f.quality.score).min();
    s.core.attempt(t, now, "capture", None, worst);
    super::audit_capture(fx, t, worst);
    let expected: BTreeSet<FingerPosition> =
        asked.iter().copied().filter(|f| !s.data.fingers.exceptions.contains_key(f)).collect();
    let got: BTreeSet<FingerPosition> = list.iter().map(|f| f.position).collect();
    let retry = |reason: &str, found| Some(RetryNote { target: t, reason: reason.to_owned(), found });
    if got != expected || list.len() != expected.len() {
        s.core.retry =
            retry(if got.len() < expected.len() { "too-few-fingers" } else { "too-many-fingers" }, None);
        return;
    }
    if let Some((reason, found, other)) = conflict(&list) {
        s.core.note(now, "rejected", StepId::Fingers, t.id(), Some(reason.to_owned()), None);
        fx.push(Effect::Audit {
            event: "capture-rejected",
            details: vec![("target", t.id()), ("reason", reason.to_owned())],
        });
        if let (Target::Slap(slap), "wrong-hand") = (t, reason) {
            s.data.fingers.conflict = Some((other.slap(), slap));
        }
        s.core.retry = retry(reason, Some(Subject::Finger(found)));
        return;
    }
    if s.ctx.environment == Environment::Production && list.iter().any(|f| is_replay(s, f)) {
        s.core.retry = retry("replay", None);
        return;
    }
    if let (Target::Slap(slap), Some((a, b))) = (t, s.data.fingers.conflict)
        && (slap == a || slap == b)
    {
        s.data.fingers.conflict = None;
    }
    let mut weak = None;
    for finger in list {
        let d = &mut s.data.fingers;
        let position = finger.position;
        let keep_old = d.samples.get(&position).is_some_and(|old| {
            finger.score_against(position) >= finger.threshold && old.quality.score >= finger.quality.score
        });
        if !keep_old {
            d.accepted_low.remove(&position);
            d.samples.insert(position, finger);
        }
        if !d.good(position) && weak.is_none() {
            let reason = d
                .samples
                .get(&position)
                .and_then(|f| f.quality.reasons.first())
                .map_or("low-quality", |r| r.id());
            weak = Some((position, reason));
        }
    }
    if let Some((position, reason)) = weak {
        s.core.retry = retry(reason, Some(Subject::Finger(position)));
    }
}

/// True when the pixels are those of a finger recorded before (of any position).
fn is_replay(s: &Session, f: &FingerSample) -> bool {
    s.data.fingers.samples.values().any(|old| old.pixels_sha256 == f.pixels_sha256)
}

/// A finger that is held to be another one: `(reason, finger found, recorded finger it matches)`.
/// When most fingers match their mirrored ones it is the other hand.
fn conflict(list: &[FingerSample]) -> Option<(&'static str, FingerPosition, FingerPosition)> {
    let hits: Vec<(FingerPosition, FingerPosition)> = list
        .iter()
        .filter_map(|f| {
            let other = f
                .matches
                .iter()
                .filter(|m| m.position != f.position && m.score >= f.threshold)
                .max_by_key(|m| m.score)?;
            Some((f.position, other.position))
        })
        .collect();
    let (found, other) = *hits.first()?;
    let mirrored = hits.iter().filter(|(a, b)| a.hand() != b.hand()).count();
    if list.len() > 1 && mirrored * 2 > list.len() {
        Some(("wrong-hand", other, other))
    } else {
        Some(("duplicate-finger", found, other))
    }
}

//! Step 8: ten fingers in the 4-4-2 sequence, each recorded or declared as an exception.

pub mod boxes;
pub mod search;
pub mod single;
#[cfg(feature = "gui")]
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};

use biometrics::position::{FingerPosition, Slap};
use chrono::{DateTime, Utc};
use record::schema::{Environment, ExceptionReason, ExceptionTerm, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::{Step, exceptions, limits};
use crate::gate::CaptureRules;
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Subject, Target};
use crate::session::sample::{FingerSample, PhotoSample, PlatenCheck, Samples, SlapSample};
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
    /// Whole slaps as they were captured last.
    #[serde(default)]
    pub slaps: BTreeMap<Slap, SlapSample>,
    /// The last look at the empty glass.
    #[serde(default)]
    pub platen: Option<PlatenCheck>,
    /// How often a finger was held to be an officer's.
    #[serde(default)]
    pub officer_hits: BTreeMap<FingerPosition, u32>,
    /// The comparison of the recorded fingers with those the station knows.
    #[serde(default)]
    pub search: Option<search::Search>,
    /// The reader does one finger at a time, and the venue lets it.
    #[serde(default)]
    pub single: bool,
}

impl FingersData {
    /// Declared exceptions of a slap.
    #[must_use]
    pub fn missing_of(&self, slap: Slap) -> Vec<FingerPosition> {
        slap.fingers().iter().copied().filter(|f| self.exceptions.contains_key(f)).collect()
    }
    /// True when the finger is recorded well enough, or accepted.
    #[must_use]
    pub fn good(&self, f: FingerPosition, rules: &CaptureRules) -> bool {
        self.samples
            .get(&f)
            .is_some_and(|s| limits::reaches(&s.quality, rules.finger_min) || self.accepted_low.contains(&f))
    }
    /// True when the finger needs nothing more.
    #[must_use]
    pub fn settled(&self, f: FingerPosition, rules: &CaptureRules) -> bool {
        self.exceptions.contains_key(&f) || self.good(f, rules)
    }
    /// True when all fingers of the slap need nothing more.
    #[must_use]
    pub fn slap_settled(&self, slap: Slap, rules: &CaptureRules) -> bool {
        slap.fingers().iter().all(|f| self.settled(*f, rules))
    }
    /// The slap to capture next.
    #[must_use]
    pub fn next_slap(&self, rules: &CaptureRules) -> Option<Slap> {
        SLAPS.into_iter().find(|s| !self.slap_settled(*s, rules))
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
        if d.next_slap(s.capture_rules()).is_some()
            || d.conflict.is_some()
            || exceptions::photo_blocker(s, StepId::Fingers).is_some()
        {
            StepState::Empty
        } else if d.exceptions.is_empty() {
            StepState::Done
        } else {
            StepState::Excepted
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.fingers;
        let mut out: Vec<String> = FingerPosition::ALL
            .iter()
            .filter(|f| !d.settled(**f, s.capture_rules()))
            .map(|f| format!("finger.{f}"))
            .collect();
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
        if d.single {
            let mut out = single::targets(d, s.capture_rules());
            if exceptions::photo_wanted(s) {
                let later = single::next(d, s.capture_rules()).is_some() && !out.is_empty();
                out.insert(usize::from(later), Target::ExceptionPhoto);
            }
            return out;
        }
        // Two slaps of one hand come first, then what is still missing; any slap of which something is to be
        // recorded can be captured again.
        let conflicting = d.conflict.into_iter().flat_map(|(a, b)| [b, a]);
        let mut out: Vec<Target> = Vec::new();
        for slap in conflicting.chain(d.next_slap(s.capture_rules())).chain(SLAPS) {
            let target = Target::Slap(slap);
            if d.missing_of(slap).len() < slap.fingers().len() && !out.contains(&target) {
                out.push(target);
            }
        }
        out.extend(
            FingerPosition::ALL.iter().filter(|f| !d.exceptions.contains_key(f)).map(|f| Target::Finger(*f)),
        );
        if d.samples.is_empty() {
            out.push(Target::Platen);
        }
        if exceptions::photo_wanted(s) {
            out.insert(
                usize::from(d.next_slap(s.capture_rules()).is_some() && !out.is_empty()),
                Target::ExceptionPhoto,
            );
        }
        out
    }

    /// The empty glass comes before the first finger, where the reader may be able to show it.
    fn next_capture(&self, s: &Session, now: DateTime<Utc>) -> Option<Target> {
        if self.blockers(s, now).is_empty() {
            return None;
        }
        let targets = self.targets(s, now);
        let platen = Some(Target::Platen).filter(|t| platen_due(s) && targets.contains(t));
        platen.or_else(|| targets.first().copied())
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
            Command::WithoutDevice => {
                let missing = exceptions::without_device(s, StepId::Fingers);
                let (rules, d) = (*s.capture_rules(), &s.data.fingers);
                // A weak print is worth more than none.
                let weak: Vec<FingerPosition> =
                    d.samples.keys().copied().filter(|f| !d.settled(*f, &rules)).collect();
                if !weak.is_empty() {
                    s.data.fingers.accepted_low.extend(weak);
                    ExceptionReason::NoDevice.id().clone_into(&mut s.data.fingers.accepted_reason);
                    s.core.dirty.insert(StepId::Fingers);
                }
                let (reason, term) = (ExceptionReason::NoDevice, ExceptionTerm::Temporary);
                for subject in missing {
                    self.command(s, &Command::DeclareException(subject, reason, term), now, fx);
                }
                s.data.fingers.conflict = None;
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
            (Target::Slap(slap) | Target::Boxes(slap), Samples::Slap(sample, list)) => {
                take_slap(s, t, slap, *sample, list, now, fx);
            }
            (Target::Platen, Samples::Platen(check)) => platen(s, check, now, fx),
            (Target::Finger(f), Samples::Fingers(list)) => take(s, t, &[f], list, now, fx),
            (Target::ExceptionPhoto, Samples::Photo(photo)) => exceptions::photo_taken(s, *photo, now, fx),
            _ => {}
        }
    }
}

/// The look at the empty glass is due once for each applicant; dirt that was found is the operator's to judge.
fn platen_due(s: &Session) -> bool {
    s.core.platen_due && s.data.fingers.platen.is_none()
}

/// Weak fingers of the next slap that may be accepted now: all are there and the tries are used up.
fn acceptable(s: &Session) -> Option<Vec<FingerPosition>> {
    let d = &s.data.fingers;
    let slap = d.next_slap(s.capture_rules())?;
    let single = single::next(d, s.capture_rules()).filter(|_| d.single);
    let open: Vec<FingerPosition> = match single {
        Some(finger) => vec![finger],
        None => slap.fingers().iter().copied().filter(|f| !d.settled(*f, s.capture_rules())).collect(),
    };
    let tried = |f: &FingerPosition| {
        s.core.attempts_of(Target::Slap(slap)) + s.core.attempts_of(Target::Finger(*f))
            >= s.capture_rules().tries
    };
    (open.iter().all(|f| d.samples.contains_key(f) && tried(f))).then_some(open)
}

/// Takes a whole slap: its picture is shown whatever comes of it, its fingers only when it is what was asked for.
fn take_slap(
    s: &mut Session,
    t: Target,
    slap: Slap,
    sample: SlapSample,
    list: Vec<FingerSample>,
    now: DateTime<Utc>,
    fx: &mut Effects,
) {
    let refused = boxes::refused(s, t, &sample);
    boxes::note_corrected(s, &sample, now);
    s.data.fingers.slaps.insert(slap, sample);
    if let Some(note) = refused {
        s.core.attempt(t, now, "retry", Some(note.reason.clone()), None);
        s.core.retry = Some(note);
        return;
    }
    take(s, t, slap.fingers(), list, now, fx);
}

/// The empty glass: dirt on it would be taken for ridges.
fn platen(s: &mut Session, check: PlatenCheck, now: DateTime<Utc>, fx: &mut Effects) {
    let reason = check.reasons.first().map(|r| r.id().to_owned());
    s.core.attempt(Target::Platen, now, "platen", reason.clone(), None);
    fx.push(Effect::Audit {
        event: "platen-checked",
        details: vec![("clean", check.clean.to_string()), ("target", "platen".to_owned())],
    });
    s.core.retry = (!check.clean).then(|| RetryNote {
        target: Target::Platen,
        reason: reason.unwrap_or_else(|| "platen-dirty".to_owned()),
        found: None,
    });
    s.data.fingers.platen = Some(check);
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
    for f in &list {
        let reason = f.quality.reasons.first().map(|r| r.id().to_owned());
        s.core.note(now, "finger", StepId::Fingers, f.position.id().to_owned(), reason, f.quality.score);
    }
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
        super::reject(s, t, reason, Some(Subject::Finger(found)), now, fx);
        if let (Target::Slap(slap) | Target::Boxes(slap), "wrong-hand") = (t, reason) {
            s.data.fingers.conflict = Some((other.slap(), slap));
        }
        return;
    }
    let fresh = !matches!(t, Target::Boxes(_));
    if fresh && s.ctx.environment == Environment::Production && list.iter().any(|f| is_replay(s, f)) {
        super::reject(s, t, "replay", None, now, fx);
        return;
    }
    if let (Target::Slap(slap) | Target::Boxes(slap), Some((a, b))) = (t, s.data.fingers.conflict)
        && (slap == a || slap == b)
    {
        s.data.fingers.conflict = None;
    }
    let rules = *s.capture_rules();
    let mut weak = None;
    for finger in list {
        let d = &mut s.data.fingers;
        let position = finger.position;
        // A box that the operator corrected replaces what was cut before, better or not.
        let keep_old = !matches!(t, Target::Boxes(_))
            && d.samples.get(&position).is_some_and(|old| {
                finger.score_against(position) >= finger.threshold
                    && old.quality.score >= finger.quality.score
            });
        if !keep_old {
            d.accepted_low.remove(&position);
            d.samples.insert(position, finger);
        }
        if !d.good(position, &rules) && weak.is_none() {
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

#[cfg(test)]
mod tests;

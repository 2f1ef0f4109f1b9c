//! Step 10: the two chip fingers captured a second time and compared 1:1 with the recorded ones.

#[cfg(feature = "gui")]
pub(crate) mod view;

use std::collections::BTreeMap;

use biometrics::position::{FingerPosition, Hand};
use chrono::{DateTime, Utc};
use record::schema::{Environment, RequirementKind, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::{Step, limits};
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Subject, Target};
use crate::session::sample::{FingerSample, Samples};
use crate::steps::identity::{MAX_FIELD, MIN_REASON};

/// Fingers that the chip holds.
pub const CHIP_FINGERS: usize = 2;
/// Reason of the requirement that replaces a verification.
pub const NOT_VERIFIED: &str = "verification";

/// A finger that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Matcher's score.
    pub score: u32,
    /// Score that was needed.
    pub threshold: u32,
    /// Digest of the recorded finger's file that it was compared with.
    pub recorded_sha256: String,
    /// The second capture has the same pixels as the first (file devices in training).
    pub identical: bool,
    /// The second capture.
    pub sample: FingerSample,
}

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VerificationData {
    /// Verified fingers.
    pub verified: BTreeMap<FingerPosition, Verified>,
    /// Failed tries per finger.
    pub failed: BTreeMap<FingerPosition, u32>,
    /// Why the rest was not verified; needs a supervisor.
    pub excepted: Option<String>,
    /// The reader failed at the last try.
    #[serde(default)]
    pub reader_failed: bool,
}

/// The order in which a hand's fingers are taken for the chip: index, thumb, middle, ring, little.
const RANK: [FingerPosition; 5] = [
    FingerPosition::RightIndex,
    FingerPosition::RightThumb,
    FingerPosition::RightMiddle,
    FingerPosition::RightRing,
    FingerPosition::RightLittle,
];

/// The recorded fingers of a hand, the one for the chip first: one that is verified already, then those that have
/// not failed too often and are not too weak (as the policy says), then by [`RANK`].
fn ranked(s: &Session, hand: Hand) -> Vec<FingerPosition> {
    let rules = s.capture_rules();
    let mut fingers: Vec<FingerPosition> = RANK
        .iter()
        .map(|f| if hand == Hand::Right { *f } else { f.mirrored() })
        .filter(|f| s.data.fingers.samples.contains_key(f))
        .collect();
    fingers.sort_by_key(|f| {
        let exhausted = rules.another_finger_after.is_some_and(|n| failed(s, *f) >= n);
        (!is_verified(s, *f), exhausted, is_weak(s, *f))
    });
    fingers
}

fn failed(s: &Session, f: FingerPosition) -> u32 {
    s.data.verification.failed.get(&f).copied().unwrap_or(0)
}

fn is_weak(s: &Session, f: FingerPosition) -> bool {
    let min = s.capture_rules().chip_finger_min;
    s.data.fingers.samples.get(&f).is_none_or(|x| !limits::reaches(&x.quality, min))
}

/// Why another finger than the first of its hand goes to the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The print is too weak for the chip.
    Weak,
    /// Its verification failed too often.
    NotMatching,
}

/// Recorded fingers that another one stands in for on the chip: `(finger, stand-in, why)`.
#[must_use]
pub fn replaced(s: &Session) -> Vec<(FingerPosition, FingerPosition, Replaced)> {
    let first_recorded = |hand: Hand| {
        RANK.iter()
            .map(|f| if hand == Hand::Right { *f } else { f.mirrored() })
            .find(|f| s.data.fingers.samples.contains_key(f))
    };
    [Hand::Right, Hand::Left]
        .into_iter()
        .filter_map(|hand| {
            let (first, used) = (first_recorded(hand)?, *ranked(s, hand).first()?);
            let why = if failed(s, first) > 0 && !is_weak(s, first) {
                Replaced::NotMatching
            } else {
                Replaced::Weak
            };
            (first != used).then_some((first, used, why))
        })
        .collect()
}

/// The fingers that go to the chip: both index fingers, or the next best of each hand (thumb, middle, ring,
/// little); when one hand has none, a second of the other. The policy may put a finger back that is too weak or
/// whose verification failed too often: then another finger is asked for by itself.
#[must_use]
pub fn chip_fingers(s: &Session) -> Vec<FingerPosition> {
    let (right, left) = (ranked(s, Hand::Right), ranked(s, Hand::Left));
    let mut out: Vec<FingerPosition> = right.first().into_iter().chain(left.first()).copied().collect();
    let spare = if right.is_empty() { left.get(1) } else { right.get(1) };
    if out.len() == 1 {
        out.extend(spare);
    }
    out
}

/// True when this finger is verified against what is recorded now.
#[must_use]
pub fn is_verified(s: &Session, f: FingerPosition) -> bool {
    match (s.data.verification.verified.get(&f), s.data.fingers.samples.get(&f)) {
        (Some(v), Some(recorded)) => v.score >= v.threshold && v.recorded_sha256 == recorded.jp2.sha256,
        _ => false,
    }
}

/// The step.
pub struct Verification;

impl Step for Verification {
    fn id(&self) -> StepId {
        StepId::Verification
    }

    fn state(&self, s: &Session) -> StepState {
        let chip = chip_fingers(s);
        let all_excepted = FingerPosition::ALL.iter().all(|f| s.data.fingers.exceptions.contains_key(f));
        if (chip.is_empty() && all_excepted) || s.data.verification.excepted.is_some() {
            StepState::Excepted
        } else if !chip.is_empty() && chip.iter().all(|f| is_verified(s, *f)) {
            StepState::Done
        } else {
            StepState::Empty
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        if self.state(s) != StepState::Empty {
            return Vec::new();
        }
        chip_fingers(s).into_iter().filter(|f| !is_verified(s, *f)).map(|f| format!("verify.{f}")).collect()
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        if may_except(s) { vec!["accept-best".into()] } else { Vec::new() }
    }

    fn targets(&self, s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        if s.data.verification.excepted.is_some() {
            return Vec::new();
        }
        let chip = chip_fingers(s);
        let (open, done): (Vec<_>, Vec<_>) = chip.into_iter().partition(|f| !is_verified(s, *f));
        open.into_iter().chain(done).map(Target::Verify).collect()
    }

    fn command(&self, s: &mut Session, c: &Command, _now: DateTime<Utc>, fx: &mut Effects) {
        if let Command::AcceptBest(reason) = c
            && may_except(s)
            && reason.trim().chars().count() >= MIN_REASON
        {
            s.data.verification.excepted = Some(reason.trim().chars().take(MAX_FIELD).collect());
            s.core.require(RequirementKind::SupervisorApproval, StepId::Verification, NOT_VERIFIED);
            s.core.retry = None;
            fx.push(Effect::Audit { event: "verification-excepted", details: Vec::new() });
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        // The centre wants two verified fingers, or a supervisor's word for it.
        if chip_fingers(s).iter().filter(|f| is_verified(s, **f)).count() < CHIP_FINGERS {
            s.core.require(RequirementKind::SupervisorApproval, StepId::Verification, NOT_VERIFIED);
        } else {
            s.core.withdraw(StepId::Verification, NOT_VERIFIED);
        }
        s.advance(StepId::Verification, now, fx);
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        let (Target::Verify(finger), Samples::Fingers(list)) = (t, got) else { return };
        s.data.verification.reader_failed = false;
        let Some(sample) = list.into_iter().find(|f| f.position == finger) else {
            s.core.retry = Some(RetryNote { target: t, reason: "too-few-fingers".into(), found: None });
            return;
        };
        s.core.attempt(t, now, "capture", None, sample.quality.score);
        super::audit_capture(fx, t, sample.quality.score);
        let Some(recorded) = s.data.fingers.samples.get(&finger) else { return };
        let identical = recorded.pixels_sha256 == sample.pixels_sha256;
        let recorded_sha256 = recorded.jp2.sha256.clone();
        let score = sample.score_against(finger);
        let better = sample.best_match().filter(|m| m.position != finger && m.score > score);
        let refused = if identical && s.ctx.environment == Environment::Production {
            Some(("replay", None))
        } else if let Some(other) = better {
            let swapped = other.position == finger.mirrored();
            Some((if swapped { "wrong-hand" } else { "wrong-finger" }, Some(Subject::Finger(other.position))))
        } else if score < sample.threshold {
            Some(("no-match", None))
        } else {
            None
        };
        if let Some((reason, found)) = refused {
            *s.data.verification.failed.entry(finger).or_default() += 1;
            super::reject(s, t, reason, found, now, fx);
            return;
        }
        s.core.identical_sample |= identical;
        let verified = Verified { score, threshold: sample.threshold, recorded_sha256, identical, sample };
        s.data.verification.verified.insert(finger, verified);
    }
}

/// After enough failed tries with the fingers of a hand, or without a reader that works, a supervisor may let the
/// record go without verification.
fn may_except(s: &Session) -> bool {
    let d = &s.data.verification;
    let tries = |hand: Hand| -> u32 {
        d.failed.iter().filter(|(f, _)| f.hand() == hand).map(|(_, n)| *n).fold(0, u32::saturating_add)
    };
    d.excepted.is_none()
        && chip_fingers(s).iter().any(|f| {
            !is_verified(s, *f) && (d.reader_failed || tries(f.hand()) >= s.capture_rules().verify_tries)
        })
}

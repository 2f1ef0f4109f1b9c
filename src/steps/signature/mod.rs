//! Step 7: the signature for the card, or "cannot sign" with a witness.

#[cfg(feature = "gui")]
pub(crate) mod view;

use chrono::{DateTime, Utc};
use record::schema::{ExceptionReason, RequirementKind, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::{Step, limits};
use crate::gate::CaptureRules;
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Target};
use crate::session::sample::{Samples, SignatureSample};

/// Reason of the requirement that "cannot sign" raises.
pub const CANNOT_SIGN: &str = "cannot-sign";

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SignatureData {
    /// The signature.
    pub sample: Option<SignatureSample>,
    /// Why there is none.
    pub cannot_sign: Option<ExceptionReason>,
}

/// True when a signature is more than dots.
#[must_use]
pub fn good(sample: &SignatureSample, rules: &CaptureRules) -> bool {
    limits::reaches(&sample.quality, rules.signature_min)
}

/// Handles a signature capture for either signature: refuses empty ones and a copy of the other signature.
pub(crate) fn take(
    s: &mut Session,
    t: Target,
    sample: SignatureSample,
    now: DateTime<Utc>,
    fx: &mut Effects,
) -> Option<SignatureSample> {
    s.core.attempt(t, now, "capture", None, sample.quality.score);
    super::audit_capture(fx, t, sample.quality.score);
    let other = if t == Target::CardSignature { &s.data.statement.sample } else { &s.data.signature.sample };
    let copy = other.as_ref().is_some_and(|o| o.strokes == sample.strokes);
    let reason = if copy {
        "replay".to_owned()
    } else if good(&sample, s.capture_rules()) {
        return Some(sample);
    } else {
        sample.quality.reasons.first().map_or("empty-signature", |r| r.id()).to_owned()
    };
    s.core.retry = Some(RetryNote { target: t, reason, found: None });
    None
}

/// The step.
pub struct Signature;

impl Step for Signature {
    fn id(&self) -> StepId {
        StepId::Signature
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.signature;
        if d.cannot_sign.is_some() {
            StepState::Excepted
        } else if d.sample.as_ref().is_some_and(|x| good(x, s.capture_rules())) {
            StepState::Done
        } else {
            StepState::Empty
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        if self.state(s) == StepState::Empty { vec!["signature".into()] } else { Vec::new() }
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let id = if s.data.signature.cannot_sign.is_some() { "can-sign" } else { "cannot-sign" };
        vec![id.to_owned()]
    }

    fn targets(&self, s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        if s.data.signature.cannot_sign.is_none() { vec![Target::CardSignature] } else { Vec::new() }
    }

    fn command(&self, s: &mut Session, c: &Command, _now: DateTime<Utc>, fx: &mut Effects) {
        match c {
            Command::CannotSign(reason) => {
                s.data.signature = SignatureData { sample: None, cannot_sign: Some(*reason) };
                s.core.require(RequirementKind::SecondPerson, StepId::Signature, CANNOT_SIGN);
                fx.push(Effect::Audit {
                    event: "cannot-sign",
                    details: vec![("reason", reason.id().to_owned())],
                });
                s.core.retry = None;
            }
            Command::CanSign => {
                s.data.signature.cannot_sign = None;
                s.core.withdraw(StepId::Signature, CANNOT_SIGN);
            }
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        s.advance(StepId::Signature, now, fx);
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        if let Samples::Signature(sample) = got
            && let Some(sample) = take(s, t, *sample, now, fx)
        {
            s.data.signature.sample = Some(sample);
        }
    }
}

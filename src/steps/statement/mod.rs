//! Step 11: review, and the statement that the data are true with a signature of its own.

#[cfg(feature = "gui")]
pub(crate) mod view;

use chrono::{DateTime, Utc};
use record::schema::{ExceptionReason, RequirementKind, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::Step;
use super::signature::{self, CANNOT_SIGN};
use crate::gate::CaptureRules;
use crate::session::Session;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Target};
use crate::session::sample::{Samples, SignatureSample};

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatementData {
    /// The text as it was shown when it was signed.
    pub text: String,
    /// Its language.
    pub language: String,
    /// The applicant has read it or had it read, and says that it is so.
    pub confirmed: bool,
    /// The signature under it.
    pub sample: Option<SignatureSample>,
    /// Why there is none.
    pub cannot_sign: Option<ExceptionReason>,
    /// Digest of the biodata it was signed for.
    pub for_biodata: String,
}

impl StatementData {
    /// True when it carries a signature or the declared reason for none.
    #[must_use]
    pub fn signed(&self, rules: &CaptureRules) -> bool {
        self.cannot_sign.is_some() || self.sample.as_ref().is_some_and(|x| signature::good(x, rules))
    }
}

/// The step.
pub struct Statement;

impl Step for Statement {
    fn id(&self) -> StepId {
        StepId::Statement
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.statement;
        if !(d.confirmed && d.signed(s.capture_rules()) && d.for_biodata == s.data.biodata.digest()) {
            StepState::Empty
        } else if d.cannot_sign.is_some() {
            StepState::Excepted
        } else {
            StepState::Done
        }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.statement;
        let mut out = Vec::new();
        if !d.confirmed {
            out.push("statement-confirmed".into());
        }
        if !d.signed(s.capture_rules()) {
            out.push("statement-signature".into());
        }
        out
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let id = if s.data.statement.cannot_sign.is_some() { "can-sign" } else { "cannot-sign" };
        vec!["statement-confirmed".to_owned(), id.to_owned()]
    }

    fn targets(&self, s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        let d = &s.data.statement;
        if d.confirmed && d.cannot_sign.is_none() { vec![Target::StatementSignature] } else { Vec::new() }
    }

    fn command(&self, s: &mut Session, c: &Command, _now: DateTime<Utc>, fx: &mut Effects) {
        match c {
            Command::ApplicantConfirms(on) => {
                let d = &mut s.data.statement;
                d.confirmed = *on;
                if *on {
                    d.text.clone_from(&s.ctx.statement_text);
                    d.language.clone_from(&s.ctx.statement_language);
                    d.for_biodata = s.data.biodata.digest();
                } else {
                    *d = StatementData::default();
                    s.core.withdraw(StepId::Statement, CANNOT_SIGN);
                }
                s.core.dirty.insert(StepId::Statement);
            }
            Command::CannotSign(reason) => {
                s.data.statement.sample = None;
                s.data.statement.cannot_sign = Some(*reason);
                s.core.require(RequirementKind::SecondPerson, StepId::Statement, CANNOT_SIGN);
                s.core.retry = None;
                fx.push(Effect::Audit {
                    event: "cannot-sign",
                    details: vec![("reason", reason.id().to_owned())],
                });
            }
            Command::CanSign => {
                s.data.statement.cannot_sign = None;
                s.core.withdraw(StepId::Statement, CANNOT_SIGN);
            }
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        s.advance(StepId::Statement, now, fx);
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        if let Samples::Signature(sample) = got
            && let Some(sample) = signature::take(s, t, *sample, now, fx)
        {
            s.data.statement.sample = Some(sample);
        }
    }
}

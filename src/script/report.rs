//! What a script's session gave, for people and for `--json`.

use std::path::PathBuf;

use record::schema::{Outcome, Role, StepId, StepState};
use serde::Serialize;
use uuid::Uuid;

use super::Script;
use crate::gate::facts::Decision;
use crate::session::Session;
use crate::steps;

/// How one step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// Step id.
    pub name: &'static str,
    /// `done`, `excepted`, `empty`, `failed`, ...
    pub result: &'static str,
    /// Lowest quality score (0-100) of its captures, where it has any.
    pub score: Option<u8>,
    /// Lowest comparison score of its captures (verification only; the matcher's scale).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_score: Option<u32>,
    /// Device requests made.
    pub attempts: u32,
    /// Why captures had to be repeated, in order, each once.
    pub reasons: Vec<String>,
}

/// An officer who took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfficerLine {
    /// Account.
    pub id: Uuid,
    /// Name of the account.
    pub name: String,
    /// Role.
    pub role: &'static str,
    /// What was done: `recorded`, `approved:<reason>`, `denied:<reason>`.
    pub did: Vec<String>,
}

impl OfficerLine {
    /// A line without deeds.
    pub(super) fn new(id: Uuid, name: &str, role: Role) -> Self {
        Self { id, name: name.to_owned(), role: role.id(), did: Vec::new() }
    }
}

/// The answer of `rekam session run`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Outcome.
    #[serde(serialize_with = "by_id")]
    pub outcome: Outcome,
    /// Rules that decided.
    pub rules: Vec<String>,
    /// Record id, where a record was sealed.
    pub record_id: Option<Uuid>,
    /// Sealed file.
    pub file: Option<PathBuf>,
    /// Its SHA-256, hex.
    pub sha256: Option<String>,
    /// Proof of recording or redirect slip.
    pub document: Option<PathBuf>,
    /// Steps in the policy's order.
    pub steps: Vec<StepReport>,
    /// The re-capture of a chip finger was the very same sample.
    pub identical_sample: bool,
    /// Who took part.
    pub officers: Vec<OfficerLine>,
    /// Session id.
    pub session: Uuid,
    /// What the view still missed when the session was put aside; empty otherwise.
    pub missing: Vec<String>,
    /// Messages and codes that the operator was shown.
    pub notices: Vec<String>,
    /// Times that the station was killed and the session taken up.
    pub interrupts: u32,
    /// The script's `[expect]` came true; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_expected: Option<bool>,
}

fn by_id<S: serde::Serializer>(outcome: &Outcome, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(outcome.id())
}

impl Answer {
    /// Exit code of the command line: 0 sealed or parked, 3 refused by policy, 1 given up.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::Sealed | Outcome::Parked => 0,
            Outcome::Refused | Outcome::Redirected => 3,
            Outcome::Abandoned | Outcome::Open => 1,
        }
    }

    /// True, false, or none where the script expects nothing.
    pub(super) fn judge(&mut self, script: &Script) {
        self.as_expected = script.expect.as_ref().map(|expected| {
            expected.outcome == self.outcome && expected.rules.iter().all(|r| self.rules.contains(r))
        });
    }
}

/// The rules that decided: those of the closing, else of the decisions that passed.
pub(super) fn rules(s: &Session) -> Vec<String> {
    if !s.core.closing.rules.is_empty() && s.core.outcome != Outcome::Sealed {
        return s.core.closing.rules.clone();
    }
    let passed = [s.data.health.decision.as_ref(), s.data.urgency.decision.as_ref()];
    let mut out: Vec<String> = Vec::new();
    for rule in passed.into_iter().flatten().flat_map(|d: &Decision| &d.rules) {
        if !out.contains(rule) {
            out.push(rule.clone());
        }
    }
    out
}

/// Every step with result, score, attempts and reasons.
pub(super) fn steps(s: &Session) -> Vec<StepReport> {
    s.ctx.policy.step_order.iter().map(|id| step(s, *id)).collect()
}

fn step(s: &Session, id: StepId) -> StepReport {
    let mut reasons: Vec<String> = Vec::new();
    let lines = s.core.log.iter().filter(|l| l.step == id);
    for line in lines.filter(|l| matches!(l.event.as_str(), "retry" | "fault" | "rejected" | "exception")) {
        let reason = line.reason.clone().unwrap_or_else(|| line.event.clone());
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let attempts =
        s.core.log.iter().filter(|l| {
            l.step == id && matches!(l.event.as_str(), "capture" | "retry" | "fault" | "cancelled")
        });
    StepReport {
        name: id.id(),
        result: result(s, id).id(),
        score: score(s, id),
        match_score: s
            .data
            .verification
            .verified
            .values()
            .map(|v| v.score)
            .min()
            .filter(|_| id == StepId::Verification),
        attempts: u32::try_from(attempts.count()).unwrap_or(u32::MAX),
        reasons,
    }
}

/// A session that was refused shows the step that refused it as failed.
fn result(s: &Session, id: StepId) -> StepState {
    let own = steps::state(s, id);
    let ended = matches!(s.core.outcome, Outcome::Refused | Outcome::Redirected | Outcome::Abandoned);
    if ended && s.core.current == id && own == StepState::Empty { StepState::Failed } else { own }
}

fn score(s: &Session, id: StepId) -> Option<u8> {
    let d = &s.data;
    match id {
        StepId::Photo => d.photo.sample.as_ref().and_then(|p| p.quality.score),
        StepId::Signature => d.signature.sample.as_ref().and_then(|p| p.quality.score),
        StepId::Fingers => d.fingers.samples.values().filter_map(|f| f.quality.score).min(),
        StepId::Irises => d.irises.samples.values().filter_map(|f| f.quality.score).min(),
        StepId::Verification => d.verification.verified.values().filter_map(|v| v.sample.quality.score).min(),
        StepId::Statement => d.statement.sample.as_ref().and_then(|p| p.quality.score),
        _ => None,
    }
}

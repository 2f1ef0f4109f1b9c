//! Recorded fingers against those that the station knows: the officers' own, and the chip fingers of records still
//! here. An officer's print is never the applicant's; another record's finger needs a supervisor's word.
//!
//! A search is asked for as soon as the fingers are finished, and again whenever they change; sealing waits for the
//! answer, but not for ever.

use biometrics::position::FingerPosition;
use chrono::{DateTime, Utc};
use devices::vocabulary::RequestId;
use record::schema::{Outcome, RequirementKind, StepId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{FingerHit, FingerOwner, Subject, Target};

/// Reason of the requirement that another record's finger raises, before the record's short id.
pub const SAME_FINGER: &str = "same-finger:";
/// Reason of the requirement when a finger stays an officer's after all tries.
pub const OFFICER_FINGER: &str = "officer-finger";
/// Seconds after which a search that has not answered no longer keeps the record from being sealed.
pub const GIVES_UP_S: i64 = 60;
/// Most hits that are looked at; the best come first.
pub const HITS_MAX: usize = 8;

/// The last search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Id that the answer carries; 0 after a restart, when nobody will answer any more.
    #[serde(skip)]
    pub id: RequestId,
    /// SHA-256 over the fingers that are searched, hex: an answer for others is stale.
    pub digest: String,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
    /// It has answered, or will not.
    pub done: bool,
    /// Stable code where it failed.
    pub failed: Option<String>,
    /// What was found.
    pub hits: Vec<FingerHit>,
}

/// What is searched, as a digest: positions and files of the recorded fingers.
fn digest(s: &Session) -> String {
    let mut hash = Sha256::new();
    for (position, sample) in &s.data.fingers.samples {
        hash.update([position.code()]);
        hash.update(sample.jp2.sha256.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// Asks for a search when the fingers are finished and the last one was of others (or will never answer).
pub(crate) fn ask_if_due(s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
    let sealing = s.data.seal.sealing.is_some() && !s.data.seal.held;
    let over = s.core.outcome != Outcome::Open || s.core.sealed.is_some();
    if over || sealing || s.data.fingers.samples.is_empty() || !crate::steps::finished(s, StepId::Fingers) {
        return;
    }
    let digest = digest(s);
    let covered = s
        .data
        .fingers
        .search
        .as_ref()
        .is_some_and(|q| q.digest == digest && (q.done || q.id != RequestId::default()));
    if covered {
        return;
    }
    let fingers = s.data.fingers.samples.values().map(|f| (f.position, f.template.clone())).collect();
    let id = s.core.next_request();
    s.data.fingers.search =
        Some(Search { id, digest, asked: now, done: false, failed: None, hits: Vec::new() });
    fx.push(Effect::SearchFingers { id, fingers });
}

/// Takes the answer. A stale one is dropped: one of another request, of fingers that were replaced since, or one
/// that comes when the record is already being sealed.
pub(crate) fn answered(
    s: &mut Session,
    id: RequestId,
    result: Result<Vec<FingerHit>, String>,
    now: DateTime<Utc>,
    fx: &mut Effects,
) {
    let current = digest(s);
    let sealing = s.data.seal.sealing.is_some() && !s.data.seal.held;
    let open = matches!(s.core.outcome, Outcome::Open | Outcome::Parked) && s.core.sealed.is_none();
    let Some(search) = s.data.fingers.search.as_mut().filter(|q| q.id == id && !q.done) else { return };
    if search.digest != current || sealing || !open {
        return;
    }
    search.done = true;
    match result {
        Err(code) => {
            search.failed = Some(code.clone());
            s.core.note(
                now,
                "finger-search-failed",
                StepId::Fingers,
                String::new(),
                Some(code.clone()),
                None,
            );
            fx.push(Effect::Audit { event: "finger-search-failed", details: vec![("code", code)] });
        }
        Ok(mut hits) => {
            hits.truncate(HITS_MAX);
            search.hits.clone_from(&hits);
            s.core.note(now, "finger-search", StepId::Fingers, format!("{} hits", hits.len()), None, None);
            withdraw_others(s, &hits);
            for hit in &hits {
                take_hit(s, hit, now, fx);
            }
        }
    }
    s.core.dirty.insert(StepId::Fingers);
}

/// Makes a failed search again.
pub(crate) fn again(s: &mut Session) {
    if s.data.fingers.search.as_ref().is_some_and(|q| q.failed.is_some()) {
        s.data.fingers.search = None;
    }
}

/// Takes back what an earlier search asked for and this one no longer finds. What was approved stays.
fn withdraw_others(s: &mut Session, hits: &[FingerHit]) {
    let found = |reason: &str| {
        hits.iter().any(|h| match &h.owner {
            FingerOwner::Record(short) => reason.strip_prefix(SAME_FINGER) == Some(short),
            FingerOwner::Officer(_) => reason == OFFICER_FINGER,
        })
    };
    let ours = |reason: &str| reason.starts_with(SAME_FINGER) || reason == OFFICER_FINGER;
    let gone: Vec<String> = s
        .core
        .open_requirements()
        .map(|r| r.reason.clone())
        .filter(|reason| ours(reason) && !found(reason))
        .collect();
    for reason in gone {
        s.core.withdraw(StepId::Fingers, &reason);
    }
}

fn take_hit(s: &mut Session, hit: &FingerHit, now: DateTime<Utc>, fx: &mut Effects) {
    let finger = hit.finger;
    match &hit.owner {
        FingerOwner::Officer(officer) => {
            let times = s.data.fingers.officer_hits.entry(finger).or_default();
            *times = times.saturating_add(1);
            if *times >= s.capture_rules().tries {
                // It stays the same after all tries: the officer is the applicant, or the comparison errs. A
                // supervisor decides; nobody is sent home for it.
                s.core.require(RequirementKind::SupervisorApproval, StepId::Fingers, OFFICER_FINGER);
            } else {
                throw_out(s, finger, now);
            }
            fx.push(Effect::Audit {
                event: "officer-finger-found",
                details: vec![("target", finger.id().to_owned()), ("officer", officer.to_string())],
            });
        }
        // The simulated reader has one person only, whoever the applicant is said to be.
        FingerOwner::Record(short) if is_simulated(s, finger) => {
            s.core.note(now, "same-finger-simulated", StepId::Fingers, short.clone(), None, None);
        }
        FingerOwner::Record(short) => {
            let reason = format!("{SAME_FINGER}{short}");
            s.core.require(RequirementKind::SupervisorApproval, StepId::Fingers, &reason);
            fx.push(Effect::Audit {
                event: "same-finger-found",
                details: vec![
                    ("finger", finger.id().to_owned()),
                    ("record", short.clone()),
                    ("score", hit.score.to_string()),
                ],
            });
        }
    }
}

/// The print is not the applicant's: the finger is asked for again.
fn throw_out(s: &mut Session, finger: FingerPosition, now: DateTime<Utc>) {
    s.data.fingers.samples.remove(&finger);
    s.data.fingers.accepted_low.remove(&finger);
    s.data.verification.verified.remove(&finger);
    s.data.seal.release();
    let reason = Some(OFFICER_FINGER.to_owned());
    s.core.note(now, "rejected", StepId::Fingers, finger.id().to_owned(), reason, None);
    s.core.retry = Some(RetryNote {
        target: if s.data.fingers.single { Target::Finger(finger) } else { Target::Slap(finger.slap()) },
        reason: OFFICER_FINGER.into(),
        found: Some(Subject::Finger(finger)),
    });
}

fn is_simulated(s: &Session, finger: FingerPosition) -> bool {
    s.data.fingers.samples.get(&finger).is_some_and(|f| f.device.driver == devices::vocabulary::SIMULATED)
}

/// True while the answer may still come: the record waits for it.
#[must_use]
pub fn waits(s: &Session, now: DateTime<Utc>) -> bool {
    s.data.fingers.search.as_ref().is_some_and(|q| !q.done && (now - q.asked).num_seconds() < GIVES_UP_S)
}

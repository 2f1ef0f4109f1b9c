//! Recorded fingers against those that the station knows: the officers' own, and the chip fingers of records still
//! here. An officer's print is never the applicant's; another record's finger needs a supervisor's word.

use biometrics::position::FingerPosition;
use chrono::{DateTime, Utc};
use devices::vocabulary::RequestId;
use record::schema::{RequirementKind, StepId};
use serde::{Deserialize, Serialize};

use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{FingerHit, FingerOwner, Subject, Target};

/// Reason of the requirement that another record's finger raises, before the record's short id.
pub const SAME_FINGER: &str = "same-finger:";
/// Seconds after which a search that has not answered no longer keeps the record from being sealed.
pub const GIVES_UP_S: i64 = 60;

/// The last search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Id that the answer carries.
    #[serde(skip)]
    pub id: RequestId,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
    /// It has answered, or will not.
    pub done: bool,
    /// Stable code where it failed.
    pub failed: Option<String>,
    /// What was found.
    pub hits: Vec<FingerHit>,
}

/// Asks for a search with the fingers recorded now. Requirements of an earlier one are taken back.
pub(super) fn begin(s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
    let recorded = &s.data.fingers.samples;
    let fingers: Vec<_> = recorded.values().map(|f| (f.position, f.template.clone())).collect();
    withdraw(s);
    if fingers.is_empty() {
        s.data.fingers.search = None;
        return;
    }
    let id = s.core.next_request();
    s.data.fingers.search = Some(Search { id, asked: now, done: false, failed: None, hits: Vec::new() });
    let chip = crate::steps::verification::chip_fingers(s);
    fx.push(Effect::SearchFingers { id, fingers, chip });
}

fn withdraw(s: &mut Session) {
    let mut old: Vec<String> = s.core.requirements.iter().map(|r| r.reason.clone()).collect();
    old.retain(|reason| reason.starts_with(SAME_FINGER));
    for reason in old {
        s.core.withdraw(StepId::Fingers, &reason);
    }
}

/// Takes the answer. A stale one is dropped.
pub(crate) fn answered(
    s: &mut Session,
    id: RequestId,
    result: Result<Vec<FingerHit>, String>,
    now: DateTime<Utc>,
    fx: &mut Effects,
) {
    let Some(search) = s.data.fingers.search.as_mut().filter(|q| q.id == id && !q.done) else { return };
    search.done = true;
    match result {
        Err(code) => {
            search.failed = Some(code.clone());
            s.core.note(now, "finger-search-failed", StepId::Fingers, String::new(), Some(code), None);
        }
        Ok(hits) => {
            search.hits.clone_from(&hits);
            s.core.note(now, "finger-search", StepId::Fingers, format!("{} hits", hits.len()), None, None);
            take_hits(s, &hits, now, fx);
        }
    }
    s.core.dirty.insert(StepId::Fingers);
}

fn take_hits(s: &mut Session, hits: &[FingerHit], now: DateTime<Utc>, fx: &mut Effects) {
    for hit in hits {
        let finger = hit.finger;
        match &hit.owner {
            FingerOwner::Officer(officer) => {
                if s.data.fingers.samples.remove(&finger).is_none() {
                    continue;
                }
                s.data.fingers.accepted_low.remove(&finger);
                s.data.verification.verified.remove(&finger);
                let reason = Some("officer-finger".to_owned());
                s.core.note(now, "rejected", StepId::Fingers, finger.id().to_owned(), reason, None);
                fx.push(Effect::Audit {
                    event: "capture-rejected",
                    details: vec![
                        ("target", finger.id().to_owned()),
                        ("reason", "officer-finger".to_owned()),
                        ("officer", officer.to_string()),
                    ],
                });
                s.core.retry = Some(RetryNote {
                    target: Target::Slap(finger.slap()),
                    reason: "officer-finger".into(),
                    found: Some(Subject::Finger(finger)),
                });
            }
            // The simulated reader has one person only, whoever the applicant is said to be.
            FingerOwner::Record(short) if is_simulated(s, finger) => {
                s.core.note(now, "same-finger-simulated", StepId::Fingers, short.clone(), None, None);
            }
            FingerOwner::Record(short) => {
                s.core.require(
                    RequirementKind::SupervisorApproval,
                    StepId::Fingers,
                    &format!("{SAME_FINGER}{short}"),
                );
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
}

fn is_simulated(s: &Session, finger: FingerPosition) -> bool {
    s.data.fingers.samples.get(&finger).is_some_and(|f| f.device.driver == devices::vocabulary::SIMULATED)
}

/// True while the answer may still come: the record waits for it.
#[must_use]
pub fn waits(s: &Session, now: DateTime<Utc>) -> bool {
    s.data.fingers.search.as_ref().is_some_and(|q| !q.done && (now - q.asked).num_seconds() < GIVES_UP_S)
}

//! Step 6: the face photo, judged at once and approved by the applicant before anything else is captured.

#[cfg(feature = "gui")]
pub(crate) mod view;

use biometrics::quality::QualityReason;
use chrono::{DateTime, Utc};
use record::schema::{StepId, StepState};
use serde::{Deserialize, Serialize};

use super::{Step, limits};
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Target};
use crate::session::sample::{PhotoSample, Samples};
use crate::steps::identity::{MAX_FIELD, MIN_REASON};

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoData {
    /// The photo.
    pub sample: Option<PhotoSample>,
    /// Why a weak photo was accepted.
    pub accepted_low: Option<String>,
    /// The applicant approved it.
    pub approved: bool,
    /// Why the background does not have the rule's colour.
    pub background_reason: Option<String>,
}

/// Background of the card photo by the parity of the birth year: red for odd, blue for even.
#[must_use]
pub fn background_is_red(birth_year: i32) -> bool {
    birth_year % 2 != 0
}

/// The step.
pub struct Photo;

fn good(s: &Session) -> bool {
    let d = &s.data.photo;
    d.sample.as_ref().is_some_and(|p| {
        has_one_face(p) && (limits::reaches(&p.quality, s.capture_rules().face_min) || d.accepted_low.is_some())
    })
}

/// No reason of an operator makes a picture without exactly one face a portrait.
fn has_one_face(p: &PhotoSample) -> bool {
    !p.quality.reasons.iter().any(|r| matches!(r, QualityReason::NoFace | QualityReason::SeveralFaces))
}

impl Step for Photo {
    fn id(&self) -> StepId {
        StepId::Photo
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.photo;
        if good(s) && d.approved { StepState::Done } else { StepState::Empty }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.photo;
        if d.sample.is_none() {
            vec!["photo".into()]
        } else if !good(s) {
            vec!["photo-quality".into()]
        } else if !d.approved {
            vec!["photo-approval".into()]
        } else {
            Vec::new()
        }
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.photo;
        let mut out = Vec::new();
        if good(s) {
            out.extend(["approve-photo".to_owned(), "background-reason".to_owned()]);
        } else if may_accept(s) {
            out.push("accept-best".into());
        }
        out
    }

    fn targets(&self, _s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        vec![Target::Face]
    }

    fn next_capture(&self, s: &Session, _now: DateTime<Utc>) -> Option<Target> {
        (!good(s)).then_some(Target::Face)
    }

    fn command(&self, s: &mut Session, c: &Command, now: DateTime<Utc>, fx: &mut Effects) {
        match c {
            Command::ApprovePhoto(yes) if good(s) => {
                s.data.photo.approved = *yes;
                s.core.dirty.insert(StepId::Photo);
                let event = if *yes { "photo-approved" } else { "photo-declined" };
                s.core.note(now, event, StepId::Photo, "face".into(), None, None);
                fx.push(Effect::Audit { event, details: Vec::new() });
                if !yes {
                    s.data.photo = PhotoData {
                        background_reason: s.data.photo.background_reason.take(),
                        ..PhotoData::default()
                    };
                }
            }
            Command::BackgroundReason(text) => {
                s.data.photo.background_reason =
                    Some(text.trim().chars().take(MAX_FIELD).collect::<String>()).filter(|t| !t.is_empty());
            }
            Command::AcceptBest(reason) if may_accept(s) && reason.trim().chars().count() >= MIN_REASON => {
                s.data.photo.accepted_low = Some(reason.trim().chars().take(MAX_FIELD).collect());
                s.core.retry = None;
                fx.push(Effect::Audit {
                    event: "weak-capture-accepted",
                    details: vec![("target", Target::Face.id())],
                });
            }
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        s.advance(StepId::Photo, now, fx);
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        let Samples::Photo(photo) = got else { return };
        s.core.attempt(t, now, "capture", None, photo.quality.score);
        super::audit_capture(fx, t, photo.quality.score);
        let reason = photo.quality.reasons.first().copied();
        let weak = !limits::reaches(&photo.quality, s.capture_rules().face_min) || !has_one_face(&photo);
        let better = s.data.photo.sample.as_ref().is_none_or(|old| {
            !weak || !has_one_face(old) || (has_one_face(&photo) && old.quality.score <= photo.quality.score)
        });
        if weak {
            let reason = reason.map_or("low-quality", QualityReason::id).to_owned();
            s.core.retry = Some(RetryNote { target: t, reason, found: None });
        }
        if better {
            s.data.photo = PhotoData {
                sample: Some(*photo),
                background_reason: s.data.photo.background_reason.take(),
                ..PhotoData::default()
            };
        }
    }
}

fn may_accept(s: &Session) -> bool {
    let d = &s.data.photo;
    !good(s)
        && d.sample.as_ref().is_some_and(has_one_face)
        && s.core.attempts_of(Target::Face) >= s.capture_rules().tries
}

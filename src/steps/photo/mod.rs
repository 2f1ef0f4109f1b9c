//! Step 6: the face photo, judged at once and approved by the applicant before anything else is captured.
//!
//! Of the attempts the best is kept. The background is measured against the rule (red for odd birth years, blue for
//! even ones); where it differs the officer gives a reason or takes the background made by software, and the record
//! says which.

#[cfg(feature = "gui")]
pub(crate) mod view;

use biometrics::face::{BackgroundColour, expected_background};
use biometrics::quality::QualityReason;
use chrono::{DateTime, Datelike, Utc};
use record::schema::{StepId, StepState};
use serde::{Deserialize, Serialize};

use super::{Step, limits};
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Target};
use crate::session::sample::{Media, PhotoSample, Replaced, Samples};
use crate::steps::identity::{MAX_FIELD, MIN_REASON};

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PhotoData {
    /// The photo.
    pub sample: Option<PhotoSample>,
    /// Why a weak photo was accepted.
    pub accepted_low: Option<String>,
    /// SHA-256 of the card picture that the applicant approved, hex.
    #[serde(default)]
    pub approved_picture: Option<String>,
    /// Why the background does not have the rule's colour.
    pub background_reason: Option<String>,
    /// The card gets the background made by software.
    #[serde(default)]
    pub software_background: bool,
}

/// True for what is only suspected: it is said, left to the officer's eyes and never in the way.
#[must_use]
pub const fn is_suspicion(reason: QualityReason) -> bool {
    matches!(reason, QualityReason::MaskSuspected | QualityReason::GlareSuspected)
}

/// The background of this person's card: red for odd birth years, blue for even ones.
#[must_use]
pub fn rule(s: &Session) -> Option<BackgroundColour> {
    s.data.biodata.values.tanggal_lahir.map(|born| expected_background(born.year()))
}

/// The background that has to be there: the rule, except at places where none is asked for.
#[must_use]
pub fn required(s: &Session) -> Option<BackgroundColour> {
    let free = s.ctx.policy.venue(&s.data.health.venue).is_some_and(|v| v.no_background);
    rule(s).filter(|_| !free)
}

/// How the photo's background stands against the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Nothing is asked for here.
    Free,
    /// It could not be measured: for the officer's eyes.
    Unknown,
    /// It is the one that the rule asks for.
    Right,
    /// It is not; a reason or another background is needed.
    Wrong,
    /// It is not, and the reason was given.
    Excepted,
    /// The card has one made by software, and that is the right one.
    Replaced,
}

/// The state of the background of the photo that is kept.
#[must_use]
pub fn background(s: &Session) -> Background {
    let d = &s.data.photo;
    let Some(sample) = &d.sample else { return Background::Free };
    if d.software_background && replacement(s).is_some() {
        return Background::Replaced;
    }
    let Some(required) = required(s) else { return Background::Free };
    let reason = d.background_reason.as_ref().is_some_and(|r| r.chars().count() >= MIN_REASON);
    match &sample.ground {
        None => Background::Unknown,
        Some(ground) if ground.matches == Some(required) => Background::Right,
        Some(_) if reason => Background::Excepted,
        Some(_) => Background::Wrong,
    }
}

/// The picture with the rule's background, where there is one. A birth date that was corrected since may ask for
/// another colour than the one that was made.
#[must_use]
pub fn replacement(s: &Session) -> Option<&Replaced> {
    let sample = s.data.photo.sample.as_ref()?;
    sample.replaced.as_ref().filter(|r| rule(s) == Some(r.colour))
}

/// The picture for the card, as the applicant approves it.
#[must_use]
pub fn card(s: &Session) -> Option<&Media> {
    let d = &s.data.photo;
    let made = replacement(s).filter(|_| d.software_background);
    made.map(|r| &r.jpeg).or(d.sample.as_ref().map(|p| &p.jpeg))
}

/// True when the applicant approved the picture that the card gets now.
#[must_use]
pub fn approved(s: &Session) -> bool {
    let picture = card(s).map(|m| m.sha256.as_str());
    picture.is_some() && s.data.photo.approved_picture.as_deref() == picture
}

/// What the record says of the photo beside its pictures.
#[must_use]
pub fn facts(s: &Session) -> serde_json::Value {
    let d = &s.data.photo;
    let Some(sample) = &d.sample else { return serde_json::Value::Null };
    let state = background(s);
    let replaced = replacement(s).filter(|_| state == Background::Replaced);
    serde_json::json!({
        "background": {
            "rule": rule(s),
            "required": required(s).is_some(),
            "measured": sample.ground,
            "agrees": sample.ground.map(|g| g.matches.is_some() && g.matches == rule(s)),
            "reason": d.background_reason.as_ref().filter(|_| state == Background::Excepted),
            "replaced_by_software": replaced.map(|r| serde_json::json!({
                "colour": r.colour,
                "algorithm": r.algorithm,
                "original": "face/photo.jp2",
            })),
        },
        "chosen_of": sample.chosen_of,
        "accepted_low": d.accepted_low,
    })
}

/// The step.
pub struct Photo;

fn good(s: &Session) -> bool {
    let d = &s.data.photo;
    d.sample.as_ref().is_some_and(|p| {
        has_one_face(p)
            && (limits::reaches(&p.quality, s.capture_rules().face_min) || d.accepted_low.is_some())
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
        let done = good(s) && background(s) != Background::Wrong && approved(s);
        if done { StepState::Done } else { StepState::Empty }
    }

    fn blockers(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.photo;
        if d.sample.is_none() {
            vec!["photo".into()]
        } else if !good(s) {
            vec!["photo-quality".into()]
        } else if background(s) == Background::Wrong {
            vec!["photo-background".into()]
        } else if !approved(s) {
            vec!["photo-approval".into()]
        } else {
            Vec::new()
        }
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        let mut out = Vec::new();
        if !good(s) {
            if may_accept(s) {
                out.push("accept-best".into());
            }
            return out;
        }
        let state = background(s);
        if matches!(state, Background::Wrong | Background::Excepted) {
            out.push("background-reason".into());
        }
        if replacement(s).is_some() {
            out.push("software-background".into());
        }
        if state != Background::Wrong {
            out.push("approve-photo".into());
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
            Command::ApprovePhoto(yes) if good(s) && (!yes || background(s) != Background::Wrong) => {
                s.data.photo.approved_picture = card(s).filter(|_| *yes).map(|m| m.sha256.clone());
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
                s.core.dirty.insert(StepId::Photo);
            }
            Command::SoftwareBackground(on)
                if good(s) && replacement(s).is_some() && s.data.photo.software_background != *on =>
            {
                // What the applicant approved was another picture: see `approved`.
                s.data.photo.software_background = *on;
                s.core.dirty.insert(StepId::Photo);
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
        let event = match background(s) {
            Background::Excepted => Some("background-excepted"),
            Background::Replaced => Some("background-replaced"),
            _ => None,
        };
        if let Some(event) = event {
            s.core.note(now, event, StepId::Photo, "face".into(), None, None);
            fx.push(Effect::Audit { event, details: Vec::new() });
        }
        s.advance(StepId::Photo, now, fx);
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        let Samples::Photo(photo) = got else { return };
        s.core.attempt(t, now, "capture", None, photo.quality.score);
        super::audit_capture(fx, t, photo.quality.score);
        let reason = photo.quality.reasons.iter().copied().find(|r| !is_suspicion(*r));
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

#[cfg(test)]
mod tests;

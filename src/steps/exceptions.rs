//! What fingers and irises share: declared exceptions, their approval and their picture.

use biometrics::position::{Eye, FingerPosition};
use chrono::{DateTime, Duration, Utc};
use record::schema::{ExceptionReason, ExceptionTerm, Outcome, RequirementKind, StepId};
use uuid::Uuid;

use super::fingers::Exception;
use crate::session::Session;
use crate::session::core::{Closing, Requirement};
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Subject, Target};
use crate::session::sample::PhotoSample;

/// Most exception pictures of one session.
const MAX_PHOTOS: usize = 4;

/// The reason under which the requirements of an exception stand.
#[must_use]
pub fn reason_of(subject: Subject) -> String {
    format!("exception:{}", subject.id())
}

/// Raises what an exception needs: a picture, and a second person (permanent) or a supervisor (temporary).
pub(crate) fn declared(
    s: &mut Session,
    subject: Subject,
    reason: ExceptionReason,
    term: ExceptionTerm,
    now: DateTime<Utc>,
    fx: &mut Effects,
) {
    let step = subject.step();
    let why = reason_of(subject);
    s.core.withdraw(step, &why);
    let kind = match term {
        ExceptionTerm::Permanent => RequirementKind::SecondPerson,
        ExceptionTerm::Temporary => RequirementKind::SupervisorApproval,
    };
    s.core.require(kind, step, &why);
    s.core.require(RequirementKind::EvidencePhoto, step, &why);
    s.core.retry = None;
    s.core.dirty.insert(step);
    s.core.note(now, "exception", step, subject.id(), Some(format!("{} {}", reason.id(), term.id())), None);
    fx.push(Effect::Audit {
        event: "exception-declared",
        details: vec![
            ("subject", subject.id()),
            ("reason", reason.id().to_owned()),
            ("term", term.id().to_owned()),
        ],
    });
}

/// Takes the requirements back.
pub(crate) fn withdrawn(s: &mut Session, subject: Subject, fx: &mut Effects) {
    s.core.withdraw(subject.step(), &reason_of(subject));
    s.core.dirty.insert(subject.step());
    fx.push(Effect::Audit { event: "exception-withdrawn", details: vec![("subject", subject.id())] });
}

/// Fingers or eyes that going on without the step's device declares: those of which nothing is recorded.
#[must_use]
pub fn without_device(s: &Session, step: StepId) -> Vec<Subject> {
    let (d, i) = (&s.data.fingers, &s.data.irises);
    let finger = |f: &FingerPosition| !d.samples.contains_key(f) && !d.exceptions.contains_key(f);
    let eye = |e: &Eye| !i.samples.contains_key(e) && !i.exceptions.contains_key(e);
    match step {
        StepId::Fingers => FingerPosition::ALL.iter().copied().filter(finger).map(Subject::Finger).collect(),
        StepId::Irises => Eye::ALL.iter().copied().filter(eye).map(Subject::Eye).collect(),
        _ => Vec::new(),
    }
}

/// What was declared of the subject under whose reason a requirement stands.
fn exception_of(s: &Session, requirement: &Requirement) -> Option<Exception> {
    let fingers = s.data.fingers.exceptions.iter().map(|(f, e)| (Subject::Finger(*f), *e));
    let eyes = s.data.irises.exceptions.iter().map(|(e, x)| (Subject::Eye(*e), *x));
    fingers.chain(eyes).find(|(subject, _)| reason_of(*subject) == requirement.reason).map(|(_, e)| e)
}

/// The open requirements, those together that one decision answers: exceptions of one step with the same cause and
/// term. Nobody gives a passphrase ten times because a reader is broken.
#[must_use]
pub fn grouped(s: &Session) -> Vec<Vec<&Requirement>> {
    let mut out: Vec<(Option<Exception>, Vec<&Requirement>)> = Vec::new();
    for r in s.core.open_requirements() {
        let cause = exception_of(s, r);
        let fits = |(known, list): &&mut (Option<Exception>, Vec<&Requirement>)| {
            let alike =
                |first: &&Requirement| (first.kind, first.step, first.denied) == (r.kind, r.step, r.denied);
            cause.is_some() && *known == cause && list.first().is_some_and(alike)
        };
        match out.iter_mut().find(fits) {
            Some((_, list)) => list.push(r),
            None => out.push((cause, vec![r])),
        }
    }
    out.into_iter().map(|(_, list)| list).collect()
}

/// The open requirements that a decision of this request answers.
#[must_use]
pub fn decided_with(s: &Session, nonce: Uuid) -> Vec<&Requirement> {
    let asked = |r: &&Requirement| r.request.as_ref().is_some_and(|q| q.nonce == nonce);
    grouped(s).into_iter().find(|group| group.iter().any(asked)).unwrap_or_default()
}

/// True while an exception has no picture.
#[must_use]
pub fn photo_wanted(s: &Session) -> bool {
    s.core.open_requirements().any(|r| r.kind == RequirementKind::EvidencePhoto)
}

/// The step does not end without the picture of its exceptions: afterwards the hands are covered again.
#[must_use]
pub fn photo_blocker(s: &Session, step: StepId) -> Option<String> {
    s.core
        .open_requirements()
        .any(|r| r.kind == RequirementKind::EvidencePhoto && r.step == step)
        .then(|| "exception-photo".to_owned())
}

/// One picture shows the person with all exceptions declared so far.
pub(crate) fn photo_taken(s: &mut Session, photo: PhotoSample, now: DateTime<Utc>, fx: &mut Effects) {
    s.core.attempt(Target::ExceptionPhoto, now, "capture", None, photo.quality.score);
    super::audit_capture(fx, Target::ExceptionPhoto, photo.quality.score);
    let photos = &mut s.data.fingers.exception_photos;
    if photos.len() == MAX_PHOTOS {
        photos.pop();
    }
    photos.push(photo);
    let entry = record::entries::exception_photo(u32::try_from(photos.len()).unwrap_or(1));
    for r in &mut s.core.requirements {
        if r.kind == RequirementKind::EvidencePhoto && r.met.is_none() {
            r.met = Some((entry.clone(), now));
            s.core.dirty.insert(r.step);
        }
    }
}

/// True when a temporary exception waits for a supervisor: the applicant may also come back when it has healed.
#[must_use]
pub fn may_come_back(s: &Session) -> bool {
    s.core
        .open_requirements()
        .any(|r| r.kind == RequirementKind::SupervisorApproval && r.reason.starts_with("exception:"))
}

/// Sends the applicant home with a date.
pub(crate) fn come_back(s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
    if may_come_back(s) {
        let days = i64::from(s.ctx.policy.refusal.come_back_after_days);
        let closing = Closing {
            rules: vec!["temporary-exception".into()],
            come_back: Some(s.ctx.local_date(now) + Duration::days(days)),
            channels: s.ctx.policy.refusal.channels.clone(),
            not_before: None,
        };
        s.close(Outcome::Refused, closing, now, fx);
    }
}

#[cfg(test)]
#[path = "without_device_tests.rs"]
mod tests;

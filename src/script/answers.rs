//! What the script answers to what the view asks for.

use record::schema::StepId;

use super::{PersonScript, Script};
use crate::population::identity::{FIELDS, field_text};
use crate::session::Session;
use crate::session::event::{Command, Person, Subject, Target};

/// What the operator does about one missing thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// A command.
    Do(Command),
    /// Time must pass.
    Wait,
}

/// Typed readings name this place on the body.
const SITE: &str = "forehead";

fn person_script(script: &Script, person: Person) -> &PersonScript {
    match person {
        Person::Officer => &script.officer,
        Person::Applicant => &script.applicant,
    }
}

/// What follows from a blocker of the view; `None` where the script has no answer.
pub(super) fn answer(script: &Script, s: &Session, blocker: &str) -> Option<Act> {
    match s.core.current {
        StepId::Health => health(script, s, blocker),
        StepId::Identity => identity(script, blocker).map(Act::Do),
        StepId::Urgency => urgency(script, blocker).map(Act::Do),
        StepId::Biodata => biodata(script, s, blocker).map(Act::Do),
        StepId::Photo => photo(script, s, blocker).map(Act::Do),
        StepId::Statement => statement(script, blocker).map(Act::Do),
        _ => None,
    }
}

fn health(script: &Script, s: &Session, blocker: &str) -> Option<Act> {
    match blocker {
        "treating_doctor" => {
            return Some(Act::Do(Command::TreatingDoctor(script.treating_doctor.clone()?)));
        }
        "protective_equipment" => {
            return script.protective_equipment.then_some(Act::Do(Command::ProtectiveEquipment(true)));
        }
        _ => {}
    }
    let (person, what) = [Person::Officer, Person::Applicant].into_iter().find_map(|p| {
        let what = blocker.strip_prefix(p.id())?.strip_prefix('.')?;
        Some((p, what))
    })?;
    let answers = person_script(script, person);
    Some(match what {
        "second-reading-wait" => Act::Wait,
        "temperature" | "second-reading" => Act::Do(reading(answers, s, person)?),
        "symptoms" => Act::Do(Command::Symptoms(person, answers.symptoms)),
        "door_ticket" => Act::Do(Command::DoorTicket(script.door_ticket.clone()?)),
        id => {
            let made = answers.affirm.as_ref().is_none_or(|made| made.iter().any(|m| m == id));
            made.then(|| Act::Do(Command::Affirm(person, id.to_owned(), true)))?
        }
    })
}

/// The next reading of a person: typed as the script says, else taken by the thermometer.
fn reading(answers: &PersonScript, s: &Session, person: Person) -> Option<Command> {
    let taken = s.data.health.person(person).readings.len();
    if answers.temperatures.is_empty() {
        return Some(Command::Capture(Target::Temperature(person)));
    }
    let next = *answers.temperatures.get(taken)?;
    Some(Command::TemperatureTyped(person, next, SITE.to_owned()))
}

/// True while the script has a further reading for somebody.
pub(super) fn more_readings(script: &Script, s: &Session) -> bool {
    [Person::Officer, Person::Applicant].into_iter().any(|p| {
        let answers = person_script(script, p);
        let taken = s.data.health.person(p).readings.len();
        if answers.temperatures.is_empty() { taken > 0 } else { taken < answers.temperatures.len() }
    })
}

fn reason(script: &Script, warning: &str) -> Option<String> {
    script.reasons.get(warning).or_else(|| script.reasons.get("any")).cloned()
}

fn identity(script: &Script, blocker: &str) -> Option<Command> {
    let field = |name: &str| Some(Command::Field(name.to_owned(), script.biodata.get(name)?.clone()));
    match blocker {
        "recorded-before" => Some(Command::RecordedBefore(script.recorded_before)),
        "tanggal_lahir" => Some(Command::BirthDate(Some(script.birth_date?))),
        "nama" | "jenis_kelamin" | "status_perkawinan" => field(blocker),
        _ if blocker.starts_with("nik.") => Some(Command::Field("nik".into(), script.nik.clone())),
        _ if blocker.starts_with("kk.") => Some(Command::Field("no_kk".into(), script.no_kk.clone())),
        _ => {
            let warning = blocker.strip_prefix("warning.")?;
            Some(Command::AnswerWarning(warning.to_owned(), reason(script, warning)?))
        }
    }
}

fn urgency(script: &Script, blocker: &str) -> Option<Command> {
    match blocker {
        "urgency-class" => Some(Command::UrgencyClass(script.class.clone())),
        _ => {
            let evidence = blocker.strip_prefix("evidence.")?;
            let seen = script.evidence.iter().any(|e| e == evidence);
            seen.then(|| Command::EvidenceSeen(evidence.to_owned(), true))
        }
    }
}

fn biodata(script: &Script, s: &Session, blocker: &str) -> Option<Command> {
    match blocker {
        "read-aloud" => Some(Command::ReadAloud(true)),
        "applicant-confirms" => script.confirms.then_some(Command::ApplicantConfirms(true)),
        "correction-document" => Some(Command::CorrectionDocument(script.correction_document.clone()?)),
        _ => {
            let field = blocker.strip_prefix("field.")?;
            correction(script, s, field)
        }
    }
}

/// The command that makes a biodata field what the script says, where it is not so already.
pub(super) fn correction(script: &Script, s: &Session, field: &str) -> Option<Command> {
    let have = &s.data.biodata.values;
    if field == "tanggal_lahir" {
        let wanted = script.birth_date?;
        return (have.tanggal_lahir != Some(wanted)).then_some(Command::BirthDate(Some(wanted)));
    }
    let wanted = script.biodata.get(field)?;
    let differs = field_text(have, field).is_none_or(|have| !have.eq_ignore_ascii_case(wanted));
    differs.then(|| Command::Field(field.to_owned(), wanted.clone()))
}

fn photo(script: &Script, s: &Session, blocker: &str) -> Option<Command> {
    if blocker == "photo-background" {
        return Some(Command::BackgroundReason(reason(script, blocker)?));
    }
    if blocker != "photo-approval" {
        return None;
    }
    let declined = s.core.log.iter().filter(|l| l.event == "photo-declined").count();
    let answer = script.approve_photo.get(declined).or(script.approve_photo.last())?;
    Some(Command::ApprovePhoto(*answer))
}

fn statement(script: &Script, blocker: &str) -> Option<Command> {
    (blocker == "statement-confirmed" && script.confirms).then_some(Command::ApplicantConfirms(true))
}

/// What the operator does on a step without being asked: choices that the view offers but does not miss.
pub(super) fn unasked(script: &Script, s: &Session) -> Vec<Command> {
    let mut out = Vec::new();
    let step = s.core.current;
    match step {
        StepId::Health => {
            out.extend(script.venue.clone().filter(|v| *v != s.data.health.venue).map(Command::Venue));
            let ticket = script.door_ticket.clone();
            out.extend(
                ticket
                    .filter(|t| s.data.health.applicant.door_ticket.as_ref() != Some(t))
                    .map(Command::DoorTicket),
            );
        }
        StepId::Urgency if s.data.urgency.chosen => {
            if script.quota_jump && !s.data.urgency.quota_jump_asked {
                out.push(Command::AskQuotaJump(true));
            }
            if s.data.urgency.photos.len() < script.evidence_photos as usize {
                out.push(Command::Capture(Target::EvidencePhoto));
            }
        }
        StepId::Biodata => {
            out.extend(script.biodata.keys().filter_map(|f| correction(script, s, f)));
            out.extend(correction(script, s, "tanggal_lahir"));
        }
        StepId::Signature if s.data.signature.cannot_sign.is_none() => {
            out.extend(script.cannot_sign.map(Command::CannotSign));
        }
        StepId::Statement if s.data.statement.confirmed && s.data.statement.cannot_sign.is_none() => {
            out.extend(script.cannot_sign.map(Command::CannotSign));
        }
        StepId::Fingers | StepId::Irises => {
            let new =
                script.exceptions.iter().filter(|e| e.subject.step() == step).filter(|e| match e.subject {
                    Subject::Finger(f) => !s.data.fingers.exceptions.contains_key(&f),
                    Subject::Eye(eye) => !s.data.irises.exceptions.contains_key(&eye),
                });
            out.extend(new.map(|e| Command::DeclareException(e.subject, e.reason, e.term)));
        }
        _ => {}
    }
    out
}

/// True for the keys that `[biodata]` may have.
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.contains(&name) && !matches!(name, "nik" | "no_kk" | "tanggal_lahir")
}

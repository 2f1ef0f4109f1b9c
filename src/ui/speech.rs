//! Stable ids of the session in the operator's words: captures, what is missing, requirements, retries.

use biometrics::position::{FingerPosition, Slap};
use biometrics::quality::QualityReason;
use devices::vocabulary::Retry;
use record::schema::RequirementKind;

use crate::gate::policy::{Item, Subject as HealthSubject};
use crate::gate::rules::missing_family;
use crate::i18n::{Told, Words};
use crate::session::Session;
use crate::session::core::{Requirement, RetryNote};
use crate::session::event::{Subject, Target};

/// A finger or eye.
#[must_use]
pub fn subject(words: &Words, subject: Subject) -> String {
    match subject {
        Subject::Finger(f) => words.get(&format!("finger-{}", f.id())),
        Subject::Eye(e) => words.get(&format!("eye-{}", e.id())),
    }
}

/// A finger within its slap: without the hand, but for thumbs, of which there are two.
#[must_use]
pub fn finger_in(words: &Words, slap: Slap, f: FingerPosition) -> String {
    match slap {
        Slap::Thumbs => words.get(&format!("finger-{}", f.id())),
        _ => words.get(&format!("digit-{}", f.id().rsplit('_').next().unwrap_or_default())),
    }
}

/// What the button says that starts a capture.
#[must_use]
pub fn capture(words: &Words, target: Target) -> String {
    let with = |id: &str, name: String| words.with(id, &[("name", name.as_str())]);
    let finger = |f: FingerPosition| words.get(&format!("finger-{}", f.id()));
    match target {
        Target::Temperature(p) => words.get(&format!("capture-temperature-{}", p.id())),
        Target::Face => words.get("capture-face"),
        Target::CardSignature | Target::StatementSignature => words.get("capture-signature"),
        Target::Slap(s) => with("capture-slap", words.get(&format!("slap-{}", s.id()))),
        Target::Boxes(s) => with("capture-boxes", words.get(&format!("slap-{}", s.id()))),
        Target::Platen => words.get("capture-platen"),
        Target::Finger(f) => with("capture-finger", finger(f)),
        Target::Irises => words.get("capture-irises"),
        Target::Verify(f) => with("capture-verify", finger(f)),
        Target::Reverify(f) => with("capture-reverify", finger(f)),
        Target::ExceptionPhoto => words.get("capture-exception-photo"),
        Target::EvidencePhoto => words.get("capture-evidence-photo"),
        Target::Card => words.get("capture-card"),
    }
}

/// What the applicant and the officer do while a capture runs.
#[must_use]
pub fn during(words: &Words, target: Target) -> String {
    let id = match target {
        Target::Temperature(_) => "during-temperature",
        Target::Face => "during-face",
        Target::CardSignature | Target::StatementSignature => "during-signature",
        Target::Slap(_) => "during-slap",
        Target::Boxes(_) => "during-boxes",
        Target::Platen => "during-platen",
        Target::Finger(_) | Target::Verify(_) | Target::Reverify(_) => "during-finger",
        Target::Irises => "during-irises",
        Target::ExceptionPhoto | Target::EvidencePhoto => "during-document",
        Target::Card => "during-card",
    };
    words.get(id)
}

/// Why a capture is made again, and what to do.
#[must_use]
pub fn retry(words: &Words, note: &RetryNote) -> Told {
    let quality = QualityReason::from_id(&note.reason);
    let mut told = match (quality, Retry::from_id(&note.reason)) {
        (Some(reason), _) => words.reason(reason),
        (None, Some(retry)) => words.retry(retry),
        (None, None) => own_retry(words, &note.reason),
    };
    if let Some(found) = note.found {
        let name = subject(words, found);
        let id = if quality.is_some() || note.reason == "low-quality" { "retry-of" } else { "retry-found" };
        told.what = words.with(id, &[("name", name.as_str()), ("what", told.what.as_str())]);
    }
    told
}

/// Reasons that the session itself finds.
fn own_retry(words: &Words, reason: &str) -> Told {
    let known = [
        "wrong-hand",
        "other-hand",
        "missing-disagrees",
        "duplicate-finger",
        "no-match",
        "replay",
        "low-quality",
        "officer-finger",
        "same-eye",
        "platen-dirty",
        "platen-unsupported",
    ];
    let id = known.into_iter().find(|k| *k == reason).unwrap_or("low-quality");
    let what = words.get(&format!("retry-{id}"));
    Told { what, to_do: words.get(&format!("retry-{id}-do")), code: reason.to_owned() }
}

/// The reason of a requirement.
#[must_use]
pub fn requirement_reason(words: &Words, s: &Session, reason: &str) -> String {
    if let Some(class) = reason.strip_prefix("urgency-") {
        let text = s.ctx.policy.class(class).map(|c| c.text.get(words.language().tag()));
        return text.map_or_else(|| words.get("requirement-reason-other"), ToOwned::to_owned);
    }
    if let Some(name) = exception_name(words, reason) {
        return words.with("requirement-reason-exception", &[("name", name.as_str())]);
    }
    if let Some(record) = reason.strip_prefix(crate::steps::fingers::search::SAME_FINGER) {
        return words.with("requirement-reason-same-finger", &[("record", record)]);
    }
    let known = [
        "biodata-correction",
        "cannot-sign",
        "verification",
        "reverify",
        "quota-jump",
        "outside-domicile",
        "officer-finger",
        "same-eye",
    ];
    let id = known.into_iter().find(|k| *k == reason).unwrap_or("other");
    words.get(&format!("requirement-reason-{id}"))
}

/// The finger or eye that an exception's requirement is about.
#[must_use]
pub fn exception_name(words: &Words, reason: &str) -> Option<String> {
    let rest = reason.strip_prefix("exception:")?;
    Some(match rest.split_once(':') {
        Some(("finger", f)) => words.get(&format!("finger-{f}")),
        Some(("eye", e)) => words.get(&format!("eye-{e}")),
        _ => rest.to_owned(),
    })
}

/// What is missing before the step can go on, in a few words.
#[must_use]
pub fn blocker(words: &Words, s: &Session, id: &str) -> String {
    let tag = words.language().tag();
    let policy = &s.ctx.policy;
    if let Some((head, rest)) = id.split_once('.') {
        let with = |message: &str, name: &str| words.with(message, &[("name", name)]);
        return match head {
            "officer" => person(words, tag, &policy.health.officer, "officer", rest),
            "applicant" => person(words, tag, &policy.health.applicant, "applicant", rest),
            "evidence" => {
                let class = s.data.urgency.class.as_deref().and_then(|c| policy.class(c));
                let text = class.and_then(|c| item(&c.evidence, rest, tag));
                with("blocker-evidence", &text.unwrap_or_else(|| rest.to_owned()))
            }
            "nik" | "kk" => words.get(&format!("warn-{rest}")),
            "warning" => with("blocker-warning", words.get(&format!("warn-{rest}")).trim_end_matches('.')),
            "approval" => with("blocker-approval", &requirement_reason(words, s, rest)),
            "field" => with("blocker-field", &words.get(&format!("field-{rest}"))),
            "finger" => words.get(&format!("finger-{rest}")),
            "eye" => words.get(&format!("eye-{rest}")),
            "verify" => with("blocker-verify", &words.get(&format!("finger-{rest}"))),
            "step" => with("blocker-step", &words.get(&format!("step-{rest}"))),
            "requirement" => words.get(&format!("requirement-{rest}")),
            _ => words.get("blocker-other"),
        };
    }
    match id {
        "nama" | "tanggal_lahir" | "jenis_kelamin" | "status_perkawinan" => words.get(&format!("field-{id}")),
        "venue" | "treating_doctor" | "protective_equipment" | "birth_date" => {
            words.get(&format!("missing-{}", missing_family(id)))
        }
        _ => {
            let known = [
                "recorded-before",
                "card-ledger",
                "urgency-class",
                "correction-document",
                "read-aloud",
                "applicant-confirms",
                "photo",
                "photo-quality",
                "photo-background",
                "photo-approval",
                "signature",
                "hands-swapped",
                "exception-photo",
                "statement-confirmed",
                "statement-signature",
                "identical-sample",
            ];
            let id = known.into_iter().find(|k| *k == id).unwrap_or("other");
            words.get(&format!("blocker-{id}"))
        }
    }
}

fn item(items: &[Item], id: &str, tag: &str) -> Option<String> {
    items.iter().find(|i| i.id == id).map(|i| i.text.get(tag).to_owned())
}

fn person(words: &Words, tag: &str, subject: &HealthSubject, who: &str, what: &str) -> String {
    match what {
        "temperature" | "symptoms" | "second-reading" | "second-reading-wait" => {
            words.get(&format!("blocker-{what}-{who}"))
        }
        "door_ticket" => words.get("missing-door-ticket"),
        _ => item(&subject.affirmations, what, tag).unwrap_or_else(|| words.get("blocker-other")),
    }
}

/// All that is missing, in one line: the first few and how many more.
#[must_use]
pub fn blockers(words: &Words, s: &Session, ids: &[String]) -> Option<String> {
    const SHOWN: usize = 2;
    let fingers = ids.iter().filter(|b| b.starts_with("finger.")).count();
    let mut texts: Vec<String> = Vec::new();
    if fingers > 0 {
        texts.push(words.with("blocker-fingers", &[("count", fingers)]));
    }
    for id in ids.iter().filter(|b| !b.starts_with("finger.")) {
        let text = blocker(words, s, id);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let more = texts.len().saturating_sub(SHOWN);
    let list = texts.iter().take(SHOWN).map(|t| t.trim_end_matches('.')).collect::<Vec<_>>().join("; ");
    match (texts.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(words.with("blocked-by", &[("list", list)])),
        (false, n) => Some(crate::t!(words, "blocked-by-more", list = list, count = n)),
    }
}

/// What an open requirement asks for, in one line.
#[must_use]
pub fn requirement(words: &Words, s: &Session, r: &Requirement) -> String {
    let kind = words.get(&format!("requirement-{}", r.kind.id()));
    let reason = requirement_reason(words, s, &r.reason);
    format!("{kind}: {reason}")
}

/// The same of requirements that one decision answers.
#[must_use]
pub fn requirement_group(words: &Words, s: &Session, group: &[&Requirement]) -> String {
    let Some(first) = group.first() else { return String::new() };
    if group.len() == 1 {
        return requirement(words, s, first);
    }
    let kind = words.get(&format!("requirement-{}", first.kind.id()));
    format!("{kind}: {}", requirement_group_reason(words, s, group))
}

/// Why they are there: one reason, or how many fingers or eyes.
#[must_use]
pub fn requirement_group_reason(words: &Words, s: &Session, group: &[&Requirement]) -> String {
    match group {
        [] => String::new(),
        [one] => requirement_reason(words, s, &one.reason),
        [first, ..] => {
            let id = format!("requirement-reason-exceptions-{}", first.step.id());
            words.with(&id, &[("count", group.len() as u32)])
        }
    }
}

/// True for a requirement that another officer can decide now.
#[must_use]
pub fn can_be_decided(r: &Requirement) -> bool {
    r.open()
        && r.request.is_some()
        && matches!(r.kind, RequirementKind::SupervisorApproval | RequirementKind::SecondPerson)
}

/// NIK in its groups: region, birth date, serial number.
#[must_use]
pub fn nik_groups(nik: &str) -> String {
    match (nik.get(..6), nik.get(6..12), nik.get(12..)) {
        (Some(a), Some(b), Some(c)) => format!("{a} {b} {c}"),
        _ => nik.to_owned(),
    }
}

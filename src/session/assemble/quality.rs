//! `quality.json`: how good every capture is, by which measure, and what was accepted although it is weak.

use biometrics::quality::Quality;
use serde_json::{Value, json};

use crate::session::Session;
use crate::session::event::Target;

/// One line of the file. A score stands with its measure, and with whether that measure could be validated.
fn line(subject: &str, quality: &Quality, limit: u8, attempts: u32, accepted: Option<&str>) -> Value {
    json!({
        "subject": subject,
        "score": quality.score,
        "algorithm": quality.algorithm,
        "validated": quality.validated,
        "reasons": quality.reasons.iter().map(|r| r.id()).collect::<Vec<_>>(),
        "limit": limit,
        "attempts": attempts.max(1),
        "accepted_below_limit": accepted,
    })
}

/// The file's contents.
pub(super) fn lines(s: &Session) -> Vec<Value> {
    let rules = s.capture_rules();
    let mut out = Vec::new();
    let photo = &s.data.photo;
    if let Some(p) = &photo.sample {
        let attempts = s.core.attempts_of(Target::Face);
        out.push(line("face", &p.quality, rules.face_min, attempts, photo.accepted_low.as_deref()));
    }
    let d = &s.data.fingers;
    for (f, x) in &d.samples {
        let attempts = s.core.attempts_of(Target::Slap(f.slap())) + s.core.attempts_of(Target::Finger(*f));
        let accepted = d.accepted_low.contains(f).then_some(d.accepted_reason.as_str());
        let mut line = line(f.id(), &x.quality, rules.finger_min, attempts, accepted);
        if let (Some(cut), Some(map)) = (&x.cut, line.as_object_mut()) {
            map.insert("cut".into(), json!(cut));
        }
        out.push(line);
    }
    let d = &s.data.irises;
    for (e, x) in &d.samples {
        let accepted = d.accepted_low.contains(e).then_some(d.accepted_reason.as_str());
        let attempts = s.core.attempts_of(Target::Irises);
        out.push(line(&format!("iris_{e}"), &x.quality, rules.iris_min, attempts, accepted));
    }
    for (target, subject, sample) in [
        (Target::CardSignature, "card_signature", &s.data.signature.sample),
        (Target::StatementSignature, "statement_signature", &s.data.statement.sample),
    ] {
        if let Some(sample) = sample {
            let attempts = s.core.attempts_of(target);
            out.push(line(subject, &sample.quality, rules.signature_min, attempts, None));
        }
    }
    out
}

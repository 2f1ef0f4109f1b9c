//! The one sentence of live guidance: its words and its tone.

use biometrics::quality::QualityReason;

use super::theme::Tone;
use crate::i18n::Words;
use crate::runtime::station::Advice;

/// Good while nothing is to be mended.
#[must_use]
pub fn tone(advice: Advice) -> Tone {
    match advice {
        Advice::Take | Advice::Hold => Tone::Good,
        Advice::Look(_) => Tone::Info,
        Advice::Mend(_) => Tone::Warning,
    }
}

/// What to do now, in a few words; without advice that the picture is waited for.
#[must_use]
pub fn sentence(words: &Words, advice: Option<Advice>) -> String {
    match advice {
        None => words.get("guide-wait"),
        Some(Advice::Take) => words.get("guide-take"),
        Some(Advice::Hold) => words.get("guide-hold"),
        Some(Advice::Look(reason) | Advice::Mend(reason)) => of_reason(words, reason),
    }
}

fn of_reason(words: &Words, reason: QualityReason) -> String {
    let id = format!("guide-{}", reason.id());
    // What has no sentence of its own (a reason of another kind of device) is said as after a capture.
    if words.has(&id) { words.get(&id) } else { words.reason(reason).what }
}

//! The view of each step, a line each, and what several of them share.

use std::path::Path;

use eframe::egui::{RichText, Ui, vec2};
use record::schema::{Environment, ExceptionReason, StepId};

use super::stage::{Dialog, Stage, StepView, small};
use super::theme::{self, Tone};
use super::{fonts, speech, widgets};
use crate::handover::Handover;
use crate::session::event::{Command, Target};
use crate::session::sample::SignatureSample;
use crate::session::view::SessionView;
use crate::steps;
use crate::t;

/// The view of a step.
#[must_use]
pub fn view_of(step: StepId) -> StepView {
    match step {
        StepId::Health => steps::health::view::show,
        StepId::Identity => steps::identity::view::show,
        StepId::Urgency => steps::urgency::view::show,
        StepId::Approval => steps::approval::view::show,
        StepId::Biodata => steps::biodata::view::show,
        StepId::Photo => steps::photo::view::show,
        StepId::Signature => steps::signature::view::show,
        StepId::Fingers => steps::fingers::view::show,
        StepId::Irises => steps::irises::view::show,
        StepId::Verification => steps::verification::view::show,
        StepId::Statement => steps::statement::view::show,
        StepId::Seal => steps::seal::view::show,
        StepId::Proof => steps::proof::view::show,
    }
}

/// The running capture, or why it must be made again.
pub fn capture_state(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>) {
    if let Some(pending) = &view.session.core.pending {
        let what = speech::capture(st.words, pending.target);
        let to_do = if pending.cancelling {
            st.get("capture-cancelling")
        } else {
            speech::during(st.words, pending.target)
        };
        let what = st.words.with("capture-running", &[("what", what)]);
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
        ui.add_space(theme::GAP / 2.0);
    } else if let Some(note) = view.retry() {
        widgets::told_banner(ui, st.words, Tone::Warning, &speech::retry(st.words, note));
        ui.add_space(theme::GAP / 2.0);
    }
}

/// A kept signature shall be made again: noted among the texts of the step, so that it goes with them.
const AGAIN: &str = "sign-again";

/// Where a signature is made: what is kept, or the box to sign in.
pub fn signing(
    ui: &mut Ui,
    st: &mut Stage<'_>,
    view: &SessionView<'_>,
    kept: Option<&SignatureSample>,
    cannot: Option<ExceptionReason>,
    target: Target,
) {
    if let Some(reason) = cannot {
        let told = st.get(&format!("cannot-sign-{}", reason.id()));
        widgets::banner(ui, st.words, Tone::Info, &told, &st.get("cannot-sign-declared"), "");
        return;
    }
    let width = ui.available_width().min(680.0);
    if let Some(sample) = kept.filter(|_| !st.scratch.texts.0.contains_key(AGAIN)) {
        widgets::card(ui, |ui| {
            let name = st.get("signature-kept");
            st.pictures.show(ui, Some(&sample.png), vec2(width.min(560.0), 180.0), &name);
            let told = sample.quality.reasons.first().map(|r| st.words.reason(*r));
            widgets::quality_meter(ui, st.words, sample.quality.score, told.as_ref());
            if view.targets().contains(&target)
                && widgets::secondary_button(ui, &st.get("sign-again")).clicked()
            {
                st.scratch.texts.0.insert(AGAIN.to_owned(), String::new());
            }
        });
        return;
    }
    if *st.applicant {
        ui.label(RichText::new(st.get("applicant-signs")).font(fonts::bold(theme::TEXT_BODY)));
    }
    ui.add_enabled_ui(!view.session.busy(), |ui| {
        if *st.applicant {
            // Drawn on the applicant's screen; here it is only looked at.
            widgets::signature_seen(ui, st.words, &st.scratch.ink, vec2(width, 220.0));
        } else {
            widgets::signature_canvas(ui, st.words, &mut st.scratch.ink, vec2(width, 220.0));
        }
        ui.horizontal_wrapped(|ui| {
            let drawn = !st.scratch.ink.is_empty();
            ui.add_enabled_ui(drawn, |ui| {
                if widgets::secondary_button(ui, &st.get("action-clear")).clicked() {
                    st.scratch.ink.clear();
                }
                if widgets::secondary_button(ui, &st.get("action-undo")).clicked() {
                    st.scratch.ink.undo();
                }
            });
            if widgets::secondary_button(ui, &st.get("cannot-sign")).clicked() {
                st.scratch.dialog = Some(Dialog::CannotSign(None));
            }
        });
    });
    small(ui, &st.get("signature-how"));
}

/// The signature that is to be drawn in the window now: none while one is kept and shall not be made again.
#[must_use]
pub fn pad_wanted(st: &Stage<'_>, view: &SessionView<'_>) -> Option<Target> {
    let s = view.session;
    let rules = s.capture_rules();
    let (target, kept) = match view.current() {
        StepId::Signature => (Target::CardSignature, &s.data.signature.sample),
        StepId::Statement => (Target::StatementSignature, &s.data.statement.sample),
        _ => return None,
    };
    let kept = kept.as_ref().is_some_and(|x| steps::signature::good(x, rules));
    let again = st.scratch.texts.0.contains_key(AGAIN);
    (view.targets().contains(&target) && (!kept || again)).then_some(target)
}

/// The receiver of a card is to sign in a window now.
#[must_use]
pub fn receipt_pad_wanted(st: &Stage<'_>, h: &Handover) -> bool {
    let kept = h.signature.is_some() && !st.scratch.texts.0.contains_key(AGAIN);
    h.targets().contains(&Target::StatementSignature) && !kept
}

/// The receiver of a card signs once more.
pub fn sign_again(st: &mut Stage<'_>) {
    st.scratch.texts.0.insert(AGAIN.to_owned(), String::new());
}

/// They did.
pub fn signed_again(st: &mut Stage<'_>) {
    st.scratch.texts.0.remove(AGAIN);
}

/// Ways on for fingers and eyes that cannot be captured well: the best of several, the picture of an exception,
/// coming back another day.
pub fn exception_ways(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, inputs: &[String]) {
    let has = |id: &str| inputs.iter().any(|i| i == id);
    let photo = view.targets().contains(&Target::ExceptionPhoto);
    if !(has("accept-best") || has("come-back") || photo) || view.session.busy() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if photo {
            let label = speech::capture(st.words, Target::ExceptionPhoto);
            if widgets::secondary_button(ui, &label).clicked() {
                st.send(Command::Capture(Target::ExceptionPhoto));
            }
        }
        if has("accept-best") && widgets::secondary_button(ui, &st.get("accept-best")).clicked() {
            st.scratch.dialog = Some(Dialog::AcceptBest(String::new()));
        }
        if has("come-back") && widgets::secondary_button(ui, &st.get("come-back")).clicked() {
            st.send(Command::ComeBack);
        }
    });
    let photos = &view.session.data.fingers.exception_photos;
    ui.horizontal_wrapped(|ui| {
        for (i, photo) in photos.iter().enumerate() {
            let name = st.words.with("exception-photo-name", &[("number", i + 1)]);
            st.pictures.show(ui, Some(&photo.jpeg), vec2(120.0, 90.0), &name);
        }
    });
}

/// The slip or proof that was made: where it is, or that it is at the printer.
pub fn document(ui: &mut Ui, st: &mut Stage<'_>, what: &str) {
    let Some((path, bytes)) = st.desk.document() else { return };
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get(&format!("document-{what}"))).font(fonts::bold(theme::TEXT_BIG)));
        let name = path.file_name().map(Path::new).unwrap_or(path).display().to_string();
        if st.desk.environment() == Environment::Training {
            let kib = bytes.len().div_ceil(1024);
            ui.label(t!(st.words, "document-saved", name = name, size = kib));
            small(ui, &path.display().to_string());
        }
        super::printing::of_document(ui, st);
    });
}

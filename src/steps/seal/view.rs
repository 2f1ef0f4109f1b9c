//! Before sealing: what is still open, each line leading to its step; or that all is there.

use eframe::egui::Ui;
use record::schema::StepId;

use crate::session::event::Command;
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::ui::stage::{Decide, Dialog, Stage, small, title};
use crate::ui::theme::Tone;
use crate::ui::{speech, theme, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    title(ui, &st.get("step-seal"));
    if let Some(code) = &s.data.seal.failed {
        let (what, to_do) = (st.get("seal-failed"), st.get("seal-failed-do"));
        widgets::banner(ui, st.words, Tone::Error, &what, &to_do, code);
    }
    if let Some(code) = s.data.fingers.search.as_ref().and_then(|q| q.failed.as_ref()) {
        let (what, to_do) = (st.get("finger-search-failed"), st.get("finger-search-failed-do"));
        widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, code);
        if !s.busy() && widgets::secondary_button(ui, &st.get("finger-search-again")).clicked() {
            st.send(Command::SearchAgain);
        }
    }
    if s.data.seal.held {
        let (what, to_do) = (st.get("finger-search-waits"), st.get("finger-search-waits-do"));
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
        return;
    }
    if s.data.seal.sealing.is_some() {
        let (what, to_do) = (st.get("sealing"), st.get("sealing-do"));
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
        return;
    }
    let blockers = super::Seal.blockers(s, view.now);
    if blockers.is_empty() {
        let (what, to_do) = (st.get("seal-ready"), st.get("seal-ready-do"));
        widgets::banner(ui, st.words, Tone::Good, &what, &to_do, "");
        return;
    }
    let (what, to_do) = (st.get("seal-open"), st.get("seal-open-do"));
    widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
    ui.add_space(theme::GAP);
    for id in &blockers {
        if let Some(step) = id.strip_prefix("step.").and_then(StepId::from_id) {
            let name = st.get(&format!("step-{}", step.id()));
            if widgets::secondary_button(ui, &st.words.with("go-to-step", &[("name", name)])).clicked() {
                st.send(Command::Open(step));
            }
        }
    }
    for r in view.requirements() {
        widgets::card(ui, |ui| {
            ui.label(speech::requirement(st.words, s, r));
            if r.denied {
                small(ui, &st.get("requirement-denied"));
            }
            ui.horizontal_wrapped(|ui| {
                if let Some(request) = r.request.as_ref().filter(|_| speech::can_be_decided(r)) {
                    let what = speech::requirement_reason(st.words, s, &r.reason);
                    let label = st.words.with("decide-for", &[("what", what)]);
                    if widgets::secondary_button(ui, &label).clicked() {
                        st.scratch.dialog =
                            Some(Dialog::Decide(Decide { nonce: request.nonce, ..Decide::default() }));
                    }
                }
                let name = st.get(&format!("step-{}", r.step.id()));
                let label = st.words.with("go-to-step", &[("name", name)]);
                if widgets::secondary_button(ui, &label).clicked() {
                    st.send(Command::Open(r.step));
                }
            });
        });
    }
    if blockers.iter().any(|b| b == "identical-sample") {
        let (what, to_do) = (st.get("identical-sample"), st.get("identical-sample-do"));
        widgets::banner(ui, st.words, Tone::Error, &what, &to_do, "identical_sample");
    }
}

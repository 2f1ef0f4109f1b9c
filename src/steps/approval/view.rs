//! Approvals that the gate asked for: what for, who may give them, and how they stand.

use eframe::egui::Ui;
use record::schema::StepId;

use crate::session::view::SessionView;
use crate::ui::stage::{Decide, Dialog, Stage, title};
use crate::ui::theme::Tone;
use crate::ui::{speech, theme, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    title(ui, &st.get("step-approval"));
    let asked: Vec<_> =
        s.core.requirements.iter().filter(|r| r.step == StepId::Urgency && r.needs_grant()).collect();
    if asked.is_empty() {
        let (what, to_do) = (st.get("approval-none"), st.get("approval-none-do"));
        widgets::banner(ui, st.words, Tone::Good, &what, &to_do, "");
    }
    for r in asked {
        ui.add_space(theme::GAP);
        let what = speech::requirement(st.words, s, r);
        let (tone, id) = match (r.open(), r.request.is_some()) {
            (false, _) => (Tone::Good, "approval-given"),
            (true, true) => (Tone::Warning, "approval-waits"),
            (true, false) => (Tone::Info, "approval-being-asked"),
        };
        widgets::banner(ui, st.words, tone, &what, &st.get(id), "");
        if let Some(request) = r.request.as_ref().filter(|_| speech::can_be_decided(r)) {
            let label = st.get("decide-here");
            let button = widgets::secondary_button(ui, &label);
            if button.clicked() {
                st.scratch.dialog =
                    Some(Dialog::Decide(Decide { nonce: request.nonce, ..Decide::default() }));
            }
        }
    }
}

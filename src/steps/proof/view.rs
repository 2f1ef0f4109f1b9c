//! Saved: the record's short id, what happens next, the proof for the applicant.

use eframe::egui::{RichText, Ui};
use record::schema::RecordState;

use crate::session::view::SessionView;
use crate::ui::stage::{Stage, pair, small};
use crate::ui::theme::Tone;
use crate::ui::{fonts, theme, views, widgets};
use record::schema::short_code;

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let Some(sealed) = &s.core.sealed else { return };
    let colour = Tone::Good.colour();
    ui.label(
        RichText::new(st.get("outcome-sealed")).font(fonts::bold(2.0 * theme::TEXT_TITLE)).color(colour),
    );
    ui.label(RichText::new(&s.data.biodata.values.nama).font(fonts::bold(theme::TEXT_BIG)));
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        let id = short_code(sealed.record_id);
        pair(ui, &st.get("record-code"), &id);
        small(ui, &sealed.file);
        ui.add_space(theme::GAP);
        let state = RecordState::BioCaptured.id();
        pair(ui, &st.get("what-next"), &st.get(&format!("record-{state}")));
        ui.label(st.get(&format!("record-{state}-do")));
        if let Some(date) = s.data.urgency.decision.as_ref().and_then(|d| d.print_not_before) {
            let date = st.words.date_long(date);
            ui.label(st.words.with("proof-not-before", &[("date", date)]));
        }
    });
    ui.add_space(theme::GAP);
    let proof = &s.data.proof;
    if proof.making.is_some() {
        widgets::banner(ui, st.words, Tone::Info, &st.get("proof-making"), "", "");
    } else if let Some(code) = &proof.failed {
        let (what, to_do) = (st.get("proof-failed"), st.get("proof-failed-do"));
        widgets::banner(ui, st.words, Tone::Error, &what, &to_do, code);
    } else if proof.place.is_some() {
        views::document(ui, st, "proof");
    }
    ui.add_space(theme::GAP);
    crate::ui::screens::hygiene::panel(ui, st);
}

//! Review of everything, the statement as the applicant reads it, and the signature under it.

use eframe::egui::{RichText, Ui, vec2};

use crate::population::identity::{FIELDS, field_text};
use crate::session::event::{Command, Target};
use crate::session::view::SessionView;
use crate::t;
use crate::ui::stage::{Stage, pair, title};
use crate::ui::{fonts, theme, views, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.statement;
    title(ui, &st.get("step-statement"));
    views::capture_state(ui, st, view);
    widgets::card(ui, |ui| review(ui, st, view));
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.get("statement-title"));
        let text = if d.text.is_empty() { &s.ctx.statement_text } else { &d.text };
        ui.label(RichText::new(text).font(fonts::regular(theme::TEXT_BODY)));
        ui.add_space(theme::GAP);
        let mut confirmed = d.confirmed;
        let (label, below) = (st.get("statement-confirmed"), st.get("statement-confirmed-do"));
        ui.add_enabled_ui(!s.busy(), |ui| {
            let tile = widgets::check_tile(ui, &mut confirmed, &label, &below);
            st.first(ui, tile.id);
            if tile.clicked() {
                st.send(Command::ApplicantConfirms(confirmed));
            }
        });
    });
    ui.add_space(theme::GAP);
    if d.confirmed {
        let kept = d.sample.as_ref().filter(|x| crate::steps::signature::good(x, s.capture_rules()));
        views::signing(ui, st, view, kept, d.cannot_sign, Target::StatementSignature);
        if d.cannot_sign.is_some() && widgets::secondary_button(ui, &st.get("can-sign")).clicked() {
            st.send(Command::CanSign);
        }
    }
}

fn review(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    widgets::section_title(ui, &st.get("review-title"));
    ui.horizontal_top(|ui| {
        let name = st.get("applicant-photo");
        st.pictures.show(ui, s.data.photo.sample.as_ref().map(|p| &p.jpeg), vec2(90.0, 120.0), &name);
        ui.vertical(|ui| {
            let (fingers, irises) = (s.data.fingers.samples.len(), s.data.irises.samples.len());
            ui.label(t!(
                st.words,
                "review-fingers",
                count = fingers,
                missing = s.data.fingers.exceptions.len()
            ));
            ui.label(t!(st.words, "review-irises", count = irises, missing = s.data.irises.exceptions.len()));
            let name = st.get("step-signature");
            let png = s.data.signature.sample.as_ref().map(|p| &p.png);
            if png.is_some() {
                st.pictures.show(ui, png, vec2(180.0, 60.0), &name);
            } else {
                ui.label(st.get("review-no-signature"));
            }
        });
    });
    ui.add_space(theme::GAP);
    let columns = if ui.available_width() > 560.0 { 3 } else { 2 };
    ui.columns(columns, |uis| {
        for (i, field) in FIELDS.iter().enumerate() {
            let text = field_text(&s.data.biodata.values, field).unwrap_or_default();
            let share = i * columns / FIELDS.len();
            if let Some(ui) = uis.get_mut(share) {
                pair(ui, &st.get(&format!("field-{field}")), &text);
            }
        }
    });
}

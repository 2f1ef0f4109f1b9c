//! The face: live picture with a guide, the captured photo beside it, quality in words, the applicant's word.

use chrono::Datelike;
use eframe::egui::{Rect, RichText, Stroke, Ui, epaint::EllipseShape, vec2};

use super::background_is_red;
use crate::session::event::{Command, Target};
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::ui::stage::{Dialog, Stage, small, title, two_columns};
use crate::ui::{fonts, theme, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    title(ui, &st.get("step-photo"));
    crate::ui::views::capture_state(ui, st, view);
    background(ui, st, view);
    two_columns(ui, 270.0, st, |ui, st| live(ui, st), |ui, st| captured(ui, st, view));
}

fn background(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let Some(born) = s.data.biodata.values.tanggal_lahir else { return };
    let free = s.ctx.policy.venue(&s.data.health.venue).is_some_and(|v| v.no_background);
    let id = match (free, background_is_red(born.year())) {
        (true, _) => "background-free",
        (false, true) => "background-red",
        (false, false) => "background-blue",
    };
    ui.horizontal_wrapped(|ui| {
        if !free {
            let (rect, _) = ui.allocate_exact_size(vec2(24.0, 24.0), eframe::egui::Sense::hover());
            let colour = if background_is_red(born.year()) { theme::DANGER } else { theme::PRIMARY };
            ui.painter().rect_filled(rect, 4.0, colour);
        }
        ui.label(st.get(id));
    });
}

fn live(ui: &mut Ui, st: &mut Stage<'_>) {
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get("photo-live")).font(fonts::bold(theme::TEXT_BODY)));
        let width = ui.available_width();
        let name = st.get("photo-live");
        let newest = st.desk.preview();
        let (response, inner) = st.pictures.show_preview(ui, newest, vec2(width, width * 0.75), &name);
        guide(ui, inner.unwrap_or(response.rect));
        small(ui, &st.get("photo-guide"));
    });
}

/// Where the face belongs: about two thirds of the height, in the middle.
fn guide(ui: &Ui, rect: Rect) {
    let radius = vec2(rect.height() * 0.27, rect.height() * 0.36);
    let centre = rect.center() - vec2(0.0, rect.height() * 0.03);
    for (width, colour) in [(5.0, theme::TEXT_ON_COLOUR), (2.0, theme::PRIMARY)] {
        ui.painter().with_clip_rect(rect).add(EllipseShape::stroke(
            centre,
            radius,
            Stroke::new(width, colour),
        ));
    }
}

fn captured(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.photo;
    let inputs = super::Photo.inputs(s, view.now);
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get("photo-captured")).font(fonts::bold(theme::TEXT_BODY)));
        let name = st.get("photo-captured");
        let width = ui.available_width().min(270.0);
        st.pictures.show(ui, d.sample.as_ref().map(|p| &p.jpeg), vec2(width, width * 4.0 / 3.0), &name);
        let Some(sample) = &d.sample else {
            small(ui, &st.get("photo-none"));
            return;
        };
        let told = sample.quality.reasons.first().map(|r| st.words.reason(*r));
        widgets::quality_meter(ui, st.words, sample.quality.score, told.as_ref());
        if d.approved {
            widgets::banner(ui, st.words, theme::Tone::Good, &st.get("photo-approved"), "", "");
        }
        if view.targets().contains(&Target::Face)
            && view.primary().action != again()
            && widgets::secondary_button(ui, &st.get("photo-again")).clicked()
        {
            st.send(Command::Capture(Target::Face));
        }
        if inputs.iter().any(|i| i == "accept-best")
            && widgets::secondary_button(ui, &st.get("accept-best")).clicked()
        {
            st.scratch.dialog = Some(Dialog::AcceptBest(String::new()));
        }
        if inputs.iter().any(|i| i == "background-reason") {
            let start = d.background_reason.clone().unwrap_or_default();
            let (label, hint) = (st.get("background-reason"), st.get("background-reason-hint"));
            let (response, text) = st.typed(ui, "background-reason", &label, &start, &hint);
            if response.changed() {
                st.send(Command::BackgroundReason(text));
            }
        }
    });
}

fn again() -> crate::session::view::Action {
    crate::session::view::Action::Command(Command::Capture(Target::Face))
}

//! What lies over the screen: a question that must be answered, and a short notice.

use eframe::egui::{Align, Align2, Area, Context, Frame, Id, Layout, Modal, Order, RichText, vec2};

use super::notices::paint_tone;
use super::{danger_button, primary_button, secondary_button, text_field};
use crate::i18n::Words;
use crate::ui::fonts;
use crate::ui::theme::{self, Tone};

/// A question before something that matters.
#[derive(Debug)]
pub struct Confirm<'a> {
    /// The question.
    pub title: &'a str,
    /// What follows from a yes.
    pub body: &'a str,
    /// Text of the button that says yes.
    pub yes: &'a str,
    /// The yes cannot be taken back.
    pub danger: bool,
    /// A reason that must be typed before the yes, where one is asked for.
    pub reason: Option<&'a mut String>,
}

/// The answer to a [`Confirm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmAnswer {
    /// Do it.
    Yes,
    /// Leave it; also Escape and a press beside the dialog.
    No,
}

/// Shows the question over a dimmed screen. `None` while it is not answered.
pub fn confirm(ctx: &Context, words: &Words, ask: Confirm<'_>) -> Option<ConfirmAnswer> {
    let mut answer = None;
    let frame = Frame::new().fill(theme::SURFACE).corner_radius(theme::CORNER_CARD).inner_margin(24);
    let modal = Modal::new(Id::unique("rekam-confirm")).frame(frame).backdrop_color(theme::BACKDROP);
    let shown = modal.show(ctx, |ui| {
        ui.set_width(480.0);
        ui.label(RichText::new(ask.title).font(fonts::bold(theme::TEXT_BIG)));
        ui.label(ask.body);
        let mut ready = true;
        if let Some(reason) = ask.reason {
            ui.add_space(theme::GAP);
            text_field(ui, &words.get("field-reason"), reason, &words.get("field-reason-hint"), None);
            ready = !reason.trim().is_empty();
        }
        ui.add_space(theme::GAP_WIDE);
        let row = vec2(ui.available_width(), theme::TOUCH + theme::GAP);
        ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
            let yes = ui.add_enabled_ui(ready, |ui| match ask.danger {
                true => danger_button(ui, ask.yes),
                false => primary_button(ui, ask.yes),
            });
            if yes.inner.clicked() {
                answer = Some(ConfirmAnswer::Yes);
            }
            if secondary_button(ui, &words.get("action-cancel")).clicked() {
                answer = Some(ConfirmAnswer::No);
            }
        });
    });
    if answer.is_none() && shown.should_close() {
        answer = Some(ConfirmAnswer::No);
    }
    answer
}

/// A short notice at the foot of the window. The caller decides how long it stays.
pub fn toast(ctx: &Context, words: &Words, tone: Tone, text: &str) {
    let foot = vec2(0.0, -(theme::TOUCH + 3.0 * theme::GAP));
    let area =
        Area::new(Id::unique("rekam-toast")).order(Order::Foreground).anchor(Align2::CENTER_BOTTOM, foot);
    area.interactable(false).show(ctx, |ui| {
        let stroke = eframe::egui::Stroke::new(theme::LINE, tone.colour());
        let frame =
            Frame::new().fill(tone.ground()).stroke(stroke).corner_radius(theme::CORNER).inner_margin(12);
        let shown = frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                let icon = vec2(theme::ICON, theme::ICON);
                let (rect, _) = ui.allocate_exact_size(icon, eframe::egui::Sense::hover());
                paint_tone(ui, rect, tone);
                ui.label(text);
            });
        });
        let spoken = format!("{}: {text}", words.get(tone.message_id()));
        super::name_it(ui, &shown.response, eframe::egui::Role::Status, None, &spoken);
    });
}

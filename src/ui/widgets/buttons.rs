//! Buttons. One primary button a screen, at the bottom right.

use eframe::egui::{Align, Align2, Color32, Layout, Response, Role, Stroke, StrokeKind, Ui, vec2};

use super::{focus_ring, pressable};
use crate::ui::{fonts, theme};

struct Look {
    fill: Color32,
    hover: Color32,
    text: Color32,
    outline: Color32,
    size: f32,
}

/// The one action that leads on.
pub fn primary_button(ui: &mut Ui, text: &str) -> Response {
    let look = Look {
        fill: theme::PRIMARY,
        hover: theme::PRIMARY_HOVER,
        text: theme::TEXT_ON_COLOUR,
        outline: theme::PRIMARY,
        size: theme::TEXT_BIG,
    };
    button(ui, text, &look)
}

/// Any other action.
pub fn secondary_button(ui: &mut Ui, text: &str) -> Response {
    let look = Look {
        fill: theme::SURFACE,
        hover: theme::SURFACE_HOVER,
        text: theme::PRIMARY,
        outline: theme::OUTLINE,
        size: theme::TEXT_BODY,
    };
    button(ui, text, &look)
}

/// An action that cannot be taken back.
pub fn danger_button(ui: &mut Ui, text: &str) -> Response {
    let look = Look {
        fill: theme::DANGER,
        hover: theme::DANGER_HOVER,
        text: theme::TEXT_ON_COLOUR,
        outline: theme::DANGER,
        size: theme::TEXT_BODY,
    };
    button(ui, text, &look)
}

/// A square button with a sign, spoken by its name.
pub(super) fn sign_button(ui: &mut Ui, sign: &str, name: &str) -> Response {
    let look = Look {
        fill: theme::SURFACE,
        hover: theme::SURFACE_HOVER,
        text: theme::PRIMARY,
        outline: theme::OUTLINE,
        size: theme::TEXT_BIG,
    };
    named_button(ui, sign, name, &look, theme::TOUCH)
}

/// The bottom row of a screen: secondary actions at the left, the primary one at the right, in one place always.
pub fn action_bar(ui: &mut Ui, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    let height = theme::TOUCH + theme::GAP;
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), height),
        Layout::left_to_right(Align::Center),
        |ui| {
            left(ui);
            ui.with_layout(Layout::right_to_left(Align::Center), right);
        },
    );
}

fn button(ui: &mut Ui, text: &str, look: &Look) -> Response {
    named_button(ui, text, text, look, 2.0 * theme::TOUCH)
}

fn named_button(ui: &mut Ui, text: &str, name: &str, look: &Look, least_width: f32) -> Response {
    let font = fonts::bold(look.size);
    let width = (ui.available_width() - 2.0 * theme::PAD).max(theme::TOUCH);
    let galley = ui.painter().layout(text.to_owned(), font, look.text, width);
    let size = galley.size() + vec2(2.0 * theme::PAD, 2.0 * theme::GAP);
    let least = if look.size > theme::TEXT_BODY { theme::TOUCH + theme::GAP } else { theme::TOUCH };
    let response = pressable(ui, size.max(vec2(least_width, least)), Role::Button, None, name);
    if ui.is_rect_visible(response.rect) {
        let enabled = ui.is_enabled();
        let over = response.hovered() || response.is_pointer_button_down_on();
        let (fill, ink, outline) = match (enabled, over) {
            (false, _) => (theme::DISABLED, theme::TEXT_DISABLED, theme::DISABLED),
            (true, true) => (look.hover, look.text, look.hover),
            (true, false) => (look.fill, look.text, look.outline),
        };
        let stroke = Stroke::new(theme::LINE, outline);
        ui.painter().rect(response.rect, theme::CORNER, fill, stroke, StrokeKind::Inside);
        let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), response.rect).min;
        ui.painter().galley_with_override_text_color(at, galley, ink);
        focus_ring(ui, &response);
    }
    response
}

//! Choices and affirmations as tiles large enough for a gloved finger.

use eframe::egui::{Align2, Rect, Response, Role, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use super::{focus_ring, pressable};
use crate::ui::{fonts, theme};

/// Choices one below another, of which one holds. `options` are value and text. Gives true when the choice changed.
pub fn radio_list<T: PartialEq + Clone>(ui: &mut Ui, chosen: &mut Option<T>, options: &[(T, &str)]) -> bool {
    let mut changed = false;
    for (value, text) in options {
        let holds = chosen.as_ref() == Some(value);
        if tile(ui, text, "", Role::RadioButton, holds).clicked() && !holds {
            *chosen = Some(value.clone());
            changed = true;
        }
    }
    changed
}

/// Short choices side by side, of which one holds. Gives true when the choice changed.
pub fn chips<T: PartialEq + Clone>(ui: &mut Ui, chosen: &mut Option<T>, options: &[(T, &str)]) -> bool {
    let mut changed = false;
    ui.horizontal_wrapped(|ui| {
        for (value, text) in options {
            let holds = chosen.as_ref() == Some(value);
            if chip(ui, text, holds).clicked() && !holds {
                *chosen = Some(value.clone());
                changed = true;
            }
        }
    });
    changed
}

/// An affirmation, its own act: a tile with a box, a text and an explanation that may be empty.
pub fn check_tile(ui: &mut Ui, checked: &mut bool, text: &str, below: &str) -> Response {
    let mut response = tile(ui, text, below, Role::CheckBox, *checked);
    if response.clicked() {
        *checked = !*checked;
        response.mark_changed();
    }
    response
}

fn chip(ui: &mut Ui, text: &str, holds: bool) -> Response {
    let (ink, font) = match holds {
        true => (theme::TEXT_ON_COLOUR, fonts::bold(theme::TEXT_BODY)),
        false => (theme::TEXT, fonts::regular(theme::TEXT_BODY)),
    };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, ink);
    let size = galley.size() + vec2(2.0 * theme::PAD, theme::GAP);
    let response = pressable(ui, size, Role::RadioButton, Some(holds), text);
    let fill = match (holds, response.hovered()) {
        (true, _) => theme::PRIMARY,
        (false, true) => theme::SURFACE_HOVER,
        (false, false) => theme::SURFACE,
    };
    let corner = response.rect.height() / 2.0;
    ui.painter().rect(response.rect, corner, fill, theme::outline(), StrokeKind::Inside);
    let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), response.rect).min;
    ui.painter().galley(at, galley, ink);
    focus_ring(ui, &response);
    response
}

fn tile(ui: &mut Ui, text: &str, below: &str, role: Role, on: bool) -> Response {
    let width = ui.available_width();
    let text_width = (width - theme::ICON - 3.0 * theme::PAD).max(theme::TOUCH);
    let title =
        ui.painter().layout(text.to_owned(), fonts::regular(theme::TEXT_BODY), theme::TEXT, text_width);
    let note = (!below.is_empty()).then(|| {
        let font = fonts::regular(theme::TEXT_SMALL);
        ui.painter().layout(below.to_owned(), font, theme::TEXT_WEAK, text_width)
    });
    let inner = title.size().y + note.as_ref().map_or(0.0, |n| n.size().y);
    let response = pressable(ui, vec2(width, inner + 2.0 * theme::GAP), role, Some(on), text);
    let rect = response.rect;
    let (fill, edge) = match (on, response.hovered() && ui.is_enabled()) {
        (true, _) => (theme::SURFACE_HOVER, Stroke::new(theme::LINE_STRONG, theme::PRIMARY)),
        (false, true) => (theme::SURFACE_HOVER, theme::outline()),
        (false, false) => (theme::SURFACE, theme::outline()),
    };
    ui.painter().rect(rect, theme::CORNER, fill, edge, StrokeKind::Inside);
    let centre = pos2(rect.left() + theme::PAD + theme::ICON / 2.0, rect.center().y);
    mark(ui, Rect::from_center_size(centre, Vec2::splat(theme::ICON)), role, on);
    let left = rect.left() + theme::ICON + 2.0 * theme::PAD;
    let top = rect.center().y - inner / 2.0;
    let title_height = title.size().y;
    ui.painter().galley(pos2(left, top), title, theme::TEXT);
    if let Some(note) = note {
        ui.painter().galley(pos2(left, top + title_height), note, theme::TEXT_WEAK);
    }
    focus_ring(ui, &response);
    response
}

/// A box with a tick, or a ring with a dot.
fn mark(ui: &Ui, rect: Rect, role: Role, on: bool) {
    let edge = if on { theme::PRIMARY } else { theme::OUTLINE };
    let stroke = Stroke::new(theme::LINE_STRONG, edge);
    let (c, r) = (rect.center(), rect.width() / 2.0);
    if role == Role::RadioButton {
        ui.painter().circle(c, r - 1.0, theme::SURFACE, stroke);
        if on {
            ui.painter().circle_filled(c, r * 0.5, theme::PRIMARY);
        }
        return;
    }
    let fill = if on { theme::PRIMARY } else { theme::SURFACE };
    ui.painter().rect(rect, 5.0, fill, stroke, StrokeKind::Inside);
    if on {
        let tick = [vec2(-0.5, 0.05), vec2(-0.15, 0.4), vec2(0.5, -0.35)].map(|v| c + v * r);
        ui.painter().line(tick.to_vec(), Stroke::new(3.0, theme::TEXT_ON_COLOUR));
    }
}

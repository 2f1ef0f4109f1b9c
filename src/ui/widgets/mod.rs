//! Widgets: functions from data and words to a response. They hold nothing of the application; what belongs to the
//! view alone (an open list, a texture) lives in egui's memory.
//!
//! Every interactive widget has an accessible name, is at least [`theme::TOUCH`] on each side, works by keyboard and
//! shows where the keyboard is.

mod boxes;
mod buttons;
mod choices;
mod dialogs;
mod fields;
mod hands;
mod images;
mod notices;
mod select;
mod signature;
mod states;
#[cfg(test)]
mod tests;

pub use boxes::{SlapFrame, paint_boxes};
pub use buttons::{action_bar, danger_button, primary_button, secondary_button};
pub use choices::{check_tile, chips, radio_list};
pub use dialogs::{Confirm, ConfirmAnswer, confirm, toast};
pub use fields::{DigitsField, digits_field, secret_field, temperature_field, text_field};
pub use hands::{HandsView, eyes_picture, hands_picture};
pub use images::{Pixels, forget_images, image_view};
pub use notices::{
    banner, card, countdown_ring, key_hints, quality_meter, section_title, strip, told_banner,
};
pub use select::select_list;
pub use signature::{SignatureInk, draw_strokes, signature_canvas, signature_seen};
pub use states::{paint_state, step_item};

use eframe::egui::{Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use super::theme;

/// Draws the ring that shows where the keyboard is.
fn focus_ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let ring = Stroke::new(theme::FOCUS_WIDTH, theme::FOCUS);
        ui.painter().rect_stroke(response.rect.expand(1.0), theme::CORNER, ring, StrokeKind::Outside);
    }
}

/// Takes room for something that is pressed, and names it.
fn pressable(ui: &mut Ui, size: Vec2, role: Role, selected: Option<bool>, name: &str) -> Response {
    let size = size.max(Vec2::splat(theme::TOUCH));
    let (_, response) = ui.allocate_exact_size(size, Sense::click());
    name_it(ui, &response, role, selected, name);
    response
}

/// Gives a response its accessible role and name.
fn name_it(ui: &Ui, response: &Response, role: Role, selected: Option<bool>, name: &str) {
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo { selected, ..WidgetInfo::labeled(role, enabled, name) });
}

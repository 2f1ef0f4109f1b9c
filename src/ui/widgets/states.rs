//! The six states of a step: six shapes, not six colours only.

use std::f32::consts::TAU;

use eframe::egui::{Painter, Rect, Response, Role, Shape, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};
use record::schema::{StepId, StepState};

use super::{focus_ring, pressable};
use crate::i18n::Words;
use crate::ui::{fonts, theme};

/// Draws the icon of a state: hollow circle (empty), open ring with a dot (busy), triangle with a mark (retry), disc
/// with a tick (done), diamond with a dash (excepted), octagon with a cross (failed).
pub fn paint_state(painter: &Painter, rect: Rect, state: StepState) {
    let colour = theme::state_colour(state);
    let (c, r) = (rect.center(), rect.width().min(rect.height()) / 2.0);
    let ink = Stroke::new((r / 5.0).max(1.5), theme::TEXT_ON_COLOUR);
    let at = |x: f32, y: f32| pos2(c.x + x * r, c.y + y * r);
    let polygon = |corners: usize, turn: f32, scale: f32| {
        let corner = |i: usize| c + Vec2::angled(turn + TAU * i as f32 / corners as f32) * r * scale;
        Shape::convex_polygon((0..corners).map(corner).collect(), colour, Stroke::NONE)
    };
    match state {
        StepState::Empty => {
            painter.circle(c, r * 0.85, theme::SURFACE, Stroke::new((r / 6.0).max(1.5), colour));
        }
        StepState::Busy => {
            let arc = (0..=18).map(|i| c + Vec2::angled(TAU * (0.75 * i as f32 / 18.0 - 0.25)) * r * 0.8);
            painter.circle_filled(c, r * 0.95, theme::SURFACE);
            painter.line(arc.collect(), Stroke::new((r / 3.5).max(2.0), colour));
            painter.circle_filled(c, r * 0.3, colour);
        }
        StepState::Retry => {
            painter.add(Shape::convex_polygon(
                vec![at(0.0, -0.95), at(1.0, 0.8), at(-1.0, 0.8)],
                colour,
                Stroke::NONE,
            ));
            painter.line_segment([at(0.0, -0.4), at(0.0, 0.25)], ink);
            painter.circle_filled(at(0.0, 0.55), ink.width * 0.6, ink.color);
        }
        StepState::Done => {
            painter.circle_filled(c, r * 0.95, colour);
            painter.line(vec![at(-0.45, 0.05), at(-0.12, 0.4), at(0.48, -0.35)], ink);
        }
        StepState::Excepted => {
            painter.add(polygon(4, 0.0, 1.05));
            painter.line_segment([at(-0.4, 0.0), at(0.4, 0.0)], ink);
        }
        StepState::Failed => {
            painter.add(polygon(8, TAU / 16.0, 1.0));
            painter.line_segment([at(-0.35, -0.35), at(0.35, 0.35)], ink);
            painter.line_segment([at(-0.35, 0.35), at(0.35, -0.35)], ink);
        }
    }
}

/// One step of the list at the left: icon, name, state or `note` below it. `open` marks the step on screen.
pub fn step_item(
    ui: &mut Ui,
    words: &Words,
    step: StepId,
    state: StepState,
    note: Option<&str>,
    open: bool,
) -> Response {
    let name = words.get(&format!("step-{}", step.id()));
    let told = words.get(&format!("state-{}", state.id()));
    let width = ui.available_width();
    let text_width = (width - theme::ICON - 3.0 * theme::GAP).max(theme::TOUCH);
    let (ink, font) = match open {
        true => (theme::PRIMARY, fonts::bold(theme::TEXT_BODY)),
        false => (theme::TEXT, fonts::regular(theme::TEXT_BODY)),
    };
    let title = ui.painter().layout(name.clone(), font, ink, text_width);
    // The icon's shape says "not begun" and "done"; words below it are for what needs a look.
    let plain = matches!(state, StepState::Empty | StepState::Done);
    let below = note.map_or_else(|| if plain { String::new() } else { told.clone() }, str::to_owned);
    let below = (!below.is_empty())
        .then(|| ui.painter().layout(below, fonts::regular(theme::TEXT_SMALL), theme::TEXT_WEAK, text_width));
    let below_height = below.as_ref().map_or(0.0, |b| b.size().y);
    let height = title.size().y + below_height + theme::GAP / 2.0;
    let spoken = words.with("picture-item", &[("name", name.as_str()), ("state", told.as_str())]);
    let response = pressable(ui, vec2(width, height), Role::Button, Some(open), &spoken);
    let rect = response.rect;
    let fill = match (open, response.hovered() && ui.is_enabled()) {
        (true, _) => theme::SURFACE,
        (false, true) => theme::SURFACE_HOVER,
        (false, false) => theme::GROUND,
    };
    let edge = if open { Stroke::new(theme::LINE_STRONG, theme::PRIMARY) } else { Stroke::NONE };
    ui.painter().rect(rect, theme::CORNER, fill, edge, StrokeKind::Inside);
    let icon = pos2(rect.left() + theme::GAP + theme::ICON / 2.0, rect.center().y);
    paint_state(ui.painter(), Rect::from_center_size(icon, Vec2::splat(theme::ICON)), state);
    let left = rect.left() + theme::ICON + 2.0 * theme::GAP;
    let top = rect.center().y - (title.size().y + below_height) / 2.0;
    let step_down = title.size().y;
    ui.painter().galley(pos2(left, top), title, ink);
    if let Some(below) = below {
        ui.painter().galley(pos2(left, top + step_down), below, theme::TEXT_WEAK);
    }
    focus_ring(ui, &response);
    response
}

//! Two hands and two eyes, drawn: what is done, what comes next, what is excepted.

use biometrics::position::{Eye, FingerPosition, Hand};
use eframe::egui::{
    Align2, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, pos2, vec2,
};
use record::schema::StepState;

use super::{focus_ring, name_it, paint_state};
use crate::i18n::Words;
use crate::ui::{fonts, theme};

/// What the picture of the hands shows.
#[derive(Clone, Copy)]
pub struct HandsView<'a> {
    /// State of each finger.
    pub state: &'a dyn Fn(FingerPosition) -> StepState,
    /// Fingers that are asked for now.
    pub wanted: &'a [FingerPosition],
}

impl std::fmt::Debug for HandsView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandsView").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

/// Base and tip of a finger of a left hand seen from its back, and its width, in a unit square.
fn bone(finger: FingerPosition) -> (Pos2, Pos2, f32) {
    use FingerPosition as F;
    match finger {
        F::LeftLittle | F::RightLittle => (pos2(0.17, 0.56), pos2(0.07, 0.30), 0.135),
        F::LeftRing | F::RightRing => (pos2(0.32, 0.50), pos2(0.27, 0.15), 0.145),
        F::LeftMiddle | F::RightMiddle => (pos2(0.48, 0.48), pos2(0.48, 0.09), 0.15),
        F::LeftIndex | F::RightIndex => (pos2(0.63, 0.51), pos2(0.68, 0.16), 0.145),
        F::LeftThumb | F::RightThumb => (pos2(0.70, 0.78), pos2(0.93, 0.52), 0.155),
    }
}

/// Two hands, palms down, as the applicant sees them. Gives the finger that was pressed. It wants about 640 points of
/// width; in less the fingers stand closer than a gloved hand can tell apart.
pub fn hands_picture(ui: &mut Ui, words: &Words, view: &HandsView<'_>) -> Option<FingerPosition> {
    let width = ui.available_width().min(680.0);
    let side = (width - theme::GAP_WIDE) / 2.0;
    let size = vec2(width, side + theme::TEXT_BODY + theme::GAP);
    let (rect, picture) = ui.allocate_exact_size(size, Sense::hover());
    name_it(ui, &picture, Role::Group, None, &words.get("picture-hands"));
    let mut pressed = None;
    for hand in [Hand::Left, Hand::Right] {
        let shift = if hand == Hand::Left { 0.0 } else { side + theme::GAP_WIDE };
        let square = Rect::from_min_size(rect.min + vec2(shift, 0.0), Vec2::splat(side));
        palm(ui.painter(), square, hand);
        for finger in FingerPosition::ALL.iter().copied().filter(|f| f.hand() == hand) {
            if finger_of(ui, words, square, finger, view).clicked() {
                pressed = Some(finger);
            }
        }
        let name = words.get(if hand == Hand::Left { "hand-left" } else { "hand-right" });
        let below = pos2(square.center().x, rect.bottom());
        let font = fonts::regular(theme::TEXT_BODY);
        ui.painter().text(below, Align2::CENTER_BOTTOM, name, font, theme::TEXT_WEAK);
    }
    pressed
}

/// From the unit square to the screen; the right hand is the left one mirrored.
fn place(square: Rect, hand: Hand, p: Pos2) -> Pos2 {
    let x = if hand == Hand::Left { p.x } else { 1.0 - p.x };
    square.min + vec2(x * square.width(), p.y * square.height())
}

fn palm(painter: &Painter, square: Rect, hand: Hand) {
    let at = |x, y| place(square, hand, pos2(x, y));
    let rect = Rect::from_two_pos(at(0.10, 0.50), at(0.70, 0.97));
    painter.rect_filled(rect, square.width() * 0.16, theme::HAND);
    // The ball of the thumb.
    painter.circle_filled(at(0.64, 0.78), square.width() * 0.13, theme::HAND);
}

fn finger_of(
    ui: &mut Ui,
    words: &Words,
    square: Rect,
    finger: FingerPosition,
    view: &HandsView<'_>,
) -> Response {
    let state = (view.state)(finger);
    let (base, tip, thick) = bone(finger);
    let (base, tip) = (place(square, finger.hand(), base), place(square, finger.hand(), tip));
    let thick = thick * square.width();
    let area = Rect::from_center_size(tip + (base - tip) * 0.3, Vec2::splat(theme::TOUCH.max(thick)))
        .union(Rect::from_center_size(tip, Vec2::splat(thick)));
    let response = ui.interact(area, ui.scope_id().with(("finger", finger.code())), Sense::click());
    let name = words.get(&format!("finger-{}", finger.id()));
    let told = words.get(&format!("state-{}", state.id()));
    let spoken = words.with("picture-item", &[("name", name.as_str()), ("state", told.as_str())]);
    let wanted = view.wanted.contains(&finger);
    name_it(ui, &response, Role::Button, Some(wanted), &spoken);
    let painter = ui.painter();
    if wanted {
        capsule(painter, base, tip, thick + 8.0, theme::PRIMARY);
    }
    let skin = if wanted || response.hovered() { theme::SURFACE_HOVER } else { theme::HAND };
    capsule(painter, base, tip, thick, skin);
    // The pad of the finger carries the state; an untouched finger shows an empty pad.
    let pad = Rect::from_center_size(tip, Vec2::splat((thick * 0.72).max(theme::ICON * 0.8)));
    paint_state(painter, pad, state);
    if response.has_focus() {
        let ring = Stroke::new(theme::FOCUS_WIDTH, theme::FOCUS);
        painter.circle_stroke(tip, pad.width() / 2.0 + 4.0, ring);
    }
    response.on_hover_text(spoken)
}

/// A bar with round ends.
fn capsule(painter: &Painter, a: Pos2, b: Pos2, thick: f32, colour: eframe::egui::Color32) {
    painter.line_segment([a, b], Stroke::new(thick, colour));
    painter.circle_filled(a, thick / 2.0, colour);
    painter.circle_filled(b, thick / 2.0, colour);
}

/// Two eyes as the operator faces them: the applicant's right eye at the left. Gives the eye that was pressed.
pub fn eyes_picture(
    ui: &mut Ui,
    words: &Words,
    state: &dyn Fn(Eye) -> StepState,
    wanted: &[Eye],
) -> Option<Eye> {
    let mut pressed = None;
    let width = ((ui.available_width() - theme::GAP_WIDE) / 2.0).clamp(3.0 * theme::TOUCH, 240.0);
    let size = vec2(width, width * 0.62);
    let row = ui.horizontal(|ui| {
        for eye in [Eye::Right, Eye::Left] {
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            let now = state(eye);
            let name = words.get(&format!("eye-{}", eye.id()));
            let told = words.get(&format!("state-{}", now.id()));
            let spoken = words.with("picture-item", &[("name", name.as_str()), ("state", told.as_str())]);
            name_it(ui, &response, Role::Button, Some(wanted.contains(&eye)), &spoken);
            paint_eye(ui, rect, now, wanted.contains(&eye), &name);
            focus_ring(ui, &response);
            if response.on_hover_text(spoken).clicked() {
                pressed = Some(eye);
            }
        }
    });
    name_it(ui, &row.response, Role::Group, None, &words.get("picture-eyes"));
    pressed
}

fn paint_eye(ui: &Ui, rect: Rect, state: StepState, wanted: bool, name: &str) {
    let painter = ui.painter();
    let edge = match wanted {
        true => Stroke::new(theme::LINE_STRONG, theme::PRIMARY),
        false => Stroke::new(theme::LINE, theme::HAIRLINE),
    };
    painter.rect(rect, theme::CORNER, theme::SURFACE, edge, StrokeKind::Inside);
    let c = rect.center() - vec2(0.0, rect.height() * 0.12);
    let (half, lift) = (rect.width() * 0.36, rect.height() * 0.27);
    let lid = |from: f32, way: f32| {
        (0..=24).map(move |i| {
            let x = from * (1.0 - i as f32 / 12.0);
            pos2(c.x + x * half, c.y - way * lift * (1.0 - x * x))
        })
    };
    let outline: Vec<Pos2> = lid(-1.0, 1.0).chain(lid(1.0, -1.0)).collect();
    painter.add(Shape::convex_polygon(
        outline,
        theme::HAND,
        Stroke::new(theme::LINE_STRONG, theme::TEXT_WEAK),
    ));
    painter.circle_filled(c, lift * 0.85, theme::state_colour(state));
    painter.circle_filled(c, lift * 0.38, theme::TEXT);
    painter.circle_filled(c + vec2(-0.12, -0.12) * lift, lift * 0.09, theme::SURFACE);
    let font = fonts::regular(theme::TEXT_SMALL);
    let foot = pos2(rect.center().x, rect.bottom() - theme::GAP);
    painter.text(foot, Align2::CENTER_BOTTOM, name, font, theme::TEXT);
    let corner = rect.right_top() + vec2(-theme::ICON * 0.5 - 8.0, theme::ICON * 0.5 + 8.0);
    paint_state(painter, Rect::from_center_size(corner, Vec2::splat(theme::ICON)), state);
}

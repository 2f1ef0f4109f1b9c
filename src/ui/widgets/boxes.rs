//! Boxes of the fingers over the picture of a slap.

use biometrics::position::FingerPosition;
use eframe::egui::{Align2, Pos2, Rect, Shape, Stroke, Ui, Vec2, pos2, vec2};

use crate::session::sample::SlapBox;
use crate::ui::{fonts, theme};

/// A slap's picture as it lies on the screen.
#[derive(Debug, Clone, Copy)]
pub struct SlapFrame {
    /// Where the picture is drawn.
    pub rect: Rect,
    /// Size of the picture in its own pixels.
    pub size: (u32, u32),
}

impl SlapFrame {
    fn scale(&self) -> f32 {
        self.rect.width() / (self.size.0.max(1) as f32)
    }

    /// Corners of a box on the screen, clockwise from the top left of the finger.
    #[must_use]
    pub fn corners(&self, b: &SlapBox) -> [Pos2; 4] {
        let scale = self.scale();
        let middle = self.rect.min + vec2(b.centre_x as f32, b.centre_y as f32) * scale;
        // Counter-clockwise is positive, and y goes down.
        let angle = -(b.angle_decidegrees as f32 / 10.0).to_radians();
        let (across, along) = (Vec2::angled(angle), Vec2::angled(angle + std::f32::consts::FRAC_PI_2));
        let (w, h) = (b.width as f32 * scale / 2.0, b.height as f32 * scale / 2.0);
        [
            middle - across * w - along * h,
            middle + across * w - along * h,
            middle + across * w + along * h,
            middle - across * w + along * h,
        ]
    }

    /// The box under a point of the screen.
    #[must_use]
    pub fn box_at(&self, boxes: &[SlapBox], at: Pos2) -> Option<FingerPosition> {
        let inside = |b: &&SlapBox| {
            let corners = self.corners(b);
            (0..4).all(|i| {
                let (a, c) = (corners[i], corners[(i + 1) % 4]);
                (c.x - a.x) * (at.y - a.y) - (c.y - a.y) * (at.x - a.x) >= 0.0
            })
        };
        boxes.iter().find(inside).map(|b| b.position)
    }

    /// A movement on the screen in whole pixels of the picture.
    #[must_use]
    pub fn pixels(&self, by: Vec2) -> (i32, i32) {
        let scale = self.scale().max(f32::EPSILON);
        ((by.x / scale).round() as i32, (by.y / scale).round() as i32)
    }
}

/// Draws the boxes; the chosen one stronger. `name` gives the label of a finger.
pub fn paint_boxes(
    ui: &Ui,
    frame: SlapFrame,
    boxes: &[SlapBox],
    chosen: Option<FingerPosition>,
    name: &dyn Fn(FingerPosition) -> String,
) {
    let painter = ui.painter().with_clip_rect(frame.rect);
    for b in boxes {
        let (line, colour) = match (chosen == Some(b.position), b.corrected) {
            (true, _) => (theme::FOCUS_WIDTH, theme::FOCUS),
            (false, true) => (theme::LINE_STRONG, theme::FOCUS),
            (false, false) => (theme::LINE_STRONG, theme::PRIMARY),
        };
        let corners = frame.corners(b);
        painter.add(Shape::closed_line(corners.to_vec(), Stroke::new(line, colour)));
        let font = fonts::bold(theme::TEXT_SMALL);
        let galley = ui.painter().layout_no_wrap(name(b.position), font, theme::TEXT_ON_COLOUR);
        let top = corners.iter().fold(corners[0], |a, c| if c.y < a.y { *c } else { a });
        let left = corners.iter().map(|c| c.x).fold(f32::INFINITY, f32::min);
        // Inside of the picture: a label above the first line of pixels would be cut.
        let width = galley.size().x + theme::GAP;
        let at =
            pos2(left.min(frame.rect.right() - width).max(frame.rect.left()), top.y.max(frame.rect.top()));
        let room = Align2::LEFT_TOP.anchor_size(at, vec2(width, galley.size().y + 2.0));
        painter.rect_filled(room, 2.0, colour);
        painter.galley(room.min + vec2(theme::GAP / 2.0, 1.0), galley, theme::TEXT_ON_COLOUR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_found_where_it_is_drawn() {
        let frame = SlapFrame {
            rect: Rect::from_min_size(pos2(100.0, 50.0), vec2(800.0, 500.0)),
            size: (1600, 1000),
        };
        let b = |position, angle_decidegrees| SlapBox {
            position,
            centre_x: 400,
            centre_y: 300,
            width: 200,
            height: 400,
            angle_decidegrees,
            confidence: 1,
            corrected: false,
        };
        let check = |angle, x: f32, y: f32, expected: bool| {
            let found = frame.box_at(&[b(FingerPosition::LeftRing, angle)], pos2(x, y));
            assert_eq!(found.is_some(), expected, "{angle} {x} {y}");
        };
        // Middle on the screen: 100 + 200, 50 + 150; half sides 50 and 100.
        check(0, 300.0, 200.0, true);
        check(0, 349.0, 299.0, true);
        check(0, 351.0, 200.0, false);
        check(0, 300.0, 301.0, false);
        // Turned by a quarter the long side lies across.
        check(900, 399.0, 200.0, true);
        check(900, 300.0, 251.0, false);
        // Counter-clockwise: the top leans to the left.
        check(300, 255.0, 120.0, true);
        check(300, 345.0, 120.0, false);
        assert_eq!(frame.pixels(vec2(10.0, -5.0)), (20, -10));
    }
}

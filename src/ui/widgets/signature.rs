//! The window as a signature pad.

use biometrics::signature::{MAX_POINTS, MAX_STROKES, Point, Strokes};
use eframe::egui::{
    Align2, Event, Painter, PointerButton, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind,
    TouchPhase, Ui, Vec2, pos2, vec2,
};

use super::name_it;
use crate::i18n::Words;
use crate::ui::{fonts, theme};

/// Units of the strokes per point of the screen.
const UNITS: f32 = 10.0;

/// A signature as it grows. The caller keeps it; [`SignatureInk::strokes`] is what has been drawn.
#[derive(Clone, Default)]
pub struct SignatureInk {
    strokes: Strokes,
    drawing: bool,
    started_s: Option<f64>,
    pressure: Option<u16>,
}

impl std::fmt::Debug for SignatureInk {
    // A signature is biometric: its points never go into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignatureInk({:?})", self.strokes)
    }
}

impl SignatureInk {
    /// What has been drawn, in tenths of a screen point, with the size of the pad it was drawn on.
    #[must_use]
    pub fn strokes(&self) -> &Strokes {
        &self.strokes
    }
    /// True while nothing has been drawn.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.strokes.strokes.is_empty()
    }
    /// True while the pen is down.
    #[must_use]
    pub fn drawing(&self) -> bool {
        self.drawing
    }
    /// Starts afresh.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
    /// Takes the last stroke away.
    pub fn undo(&mut self) {
        self.strokes.strokes.pop();
        self.drawing = false;
        if self.is_empty() {
            self.clear();
        }
    }

    fn down(&mut self, at: (i32, i32), now_s: f64) {
        if self.strokes.strokes.len() < MAX_STROKES {
            self.drawing = true;
            self.strokes.strokes.push(Vec::new());
            self.add(at, now_s);
        }
    }

    fn add(&mut self, (x, y): (i32, i32), now_s: f64) {
        if self.strokes.points() >= MAX_POINTS {
            self.drawing = false;
            return;
        }
        let start = *self.started_s.get_or_insert(now_s);
        let t_ms = ((now_s - start).max(0.0) * 1000.0) as u32; // saturates
        let pressure = self.pressure;
        if let Some(stroke) = self.strokes.strokes.last_mut() {
            let again = stroke.last().is_some_and(|p| (p.x, p.y) == (x, y));
            if !again {
                stroke.push(Point { x, y, t_ms, pressure });
            }
        }
    }
}

/// A box to sign in, with pen, finger or mouse. Strokes end where the pen leaves the box; pressure is kept where the
/// touch device gives it. Points that arrive in one frame share its time. A pad that is resized while in use starts
/// afresh, as its units would no longer fit.
pub fn signature_canvas(ui: &mut Ui, words: &Words, ink: &mut SignatureInk, size: Vec2) -> Response {
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::drag());
    let name = words.get("signature-pad");
    name_it(ui, &response, Role::Canvas, None, &name);
    let (width, height) = ((rect.width() * UNITS) as i32, (rect.height() * UNITS) as i32);
    if (ink.strokes.width, ink.strokes.height) != (width, height) {
        ink.clear();
        (ink.strokes.width, ink.strokes.height) = (width, height);
    }
    let before = ink.strokes.points();
    if ui.is_enabled() {
        take_events(ui, rect, &response, ink);
    }
    if ink.strokes.points() != before {
        response.mark_changed();
    }
    let edge = Stroke::new(theme::LINE_STRONG, if ink.drawing { theme::PRIMARY } else { theme::OUTLINE });
    ui.painter().rect(rect, theme::CORNER, theme::SURFACE, edge, StrokeKind::Inside);
    let line = rect.bottom() - rect.height() * 0.22;
    let margin = theme::GAP_WIDE;
    let hair = Stroke::new(theme::LINE, theme::HAIRLINE);
    ui.painter().hline((rect.left() + margin)..=(rect.right() - margin), line, hair);
    if ink.is_empty() {
        let font = fonts::regular(theme::TEXT_BODY);
        let hint = words.get("signature-here");
        ui.painter().text(
            pos2(rect.center().x, line + 4.0),
            Align2::CENTER_TOP,
            hint,
            font,
            theme::TEXT_WEAK,
        );
    }
    draw_strokes(&ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())), rect, &ink.strokes);
    response
}

/// The same signature where it is only looked at: on the operator's screen while the applicant draws on theirs.
pub fn signature_seen(ui: &mut Ui, words: &Words, ink: &SignatureInk, size: Vec2) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    name_it(ui, &response, Role::Image, None, &words.get("signature-seen"));
    let edge = Stroke::new(theme::LINE, theme::HAIRLINE);
    ui.painter().rect(rect, theme::CORNER, theme::SURFACE, edge, StrokeKind::Inside);
    draw_strokes(&ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())), rect, &ink.strokes);
    response
}

fn take_events(ui: &Ui, rect: Rect, response: &Response, ink: &mut SignatureInk) {
    let (events, now_s) = ui.input(|i| (i.raw.events.clone(), i.time));
    let unit = |p: Pos2| (((p.x - rect.left()) * UNITS) as i32, ((p.y - rect.top()) * UNITS) as i32);
    let mut pen_down = ui.input(|i| i.pointer.primary_down()) && response.is_pointer_button_down_on();
    for event in events {
        match event {
            Event::Touch { force, phase, .. } => {
                // The touch comes just before the pointer event that stands for it.
                let lifted = matches!(phase, TouchPhase::End | TouchPhase::Cancel);
                let force = force.filter(|_| !lifted);
                ink.pressure = force.map(|f| (f.clamp(0.0, 1.0) * 65535.0) as u16);
            }
            Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, .. } => {
                pen_down = rect.contains(pos) && response.contains_pointer();
                if pen_down {
                    ink.down(unit(pos), now_s);
                }
            }
            Event::PointerMoved(pos) if ink.drawing && rect.contains(pos) => ink.add(unit(pos), now_s),
            Event::PointerMoved(pos) if pen_down && rect.contains(pos) => ink.down(unit(pos), now_s),
            Event::PointerMoved(_) => ink.drawing = false,
            Event::PointerButton { button: PointerButton::Primary, pressed: false, .. }
            | Event::PointerGone => {
                ink.drawing = false;
                pen_down = false;
            }
            _ => {}
        }
    }
}

/// Draws a signature fitted into `rect`; strokes with pressure get a line that swells with it.
pub fn draw_strokes(painter: &Painter, rect: Rect, strokes: &Strokes) {
    if strokes.width <= 0 || strokes.height <= 0 {
        return;
    }
    let scale = (rect.width() / strokes.width as f32).min(rect.height() / strokes.height as f32);
    let inner =
        Rect::from_center_size(rect.center(), vec2(strokes.width as f32, strokes.height as f32) * scale);
    let at = |p: &Point| inner.min + vec2(p.x as f32, p.y as f32) * scale;
    let thick = |p: &Point| 1.5 + 2.5 * p.pressure.map_or(0.4, |v| f32::from(v) / 65535.0);
    for stroke in &strokes.strokes {
        match stroke.as_slice() {
            [] => {}
            [dot] => {
                painter.circle_filled(at(dot), thick(dot) * 0.75, theme::INK);
            }
            points if points.iter().all(|p| p.pressure.is_none()) => {
                let line = points.iter().map(at).collect();
                painter.add(Shape::line(line, Stroke::new(2.5, theme::INK)));
            }
            points => {
                for pair in points.windows(2) {
                    if let [a, b] = pair {
                        painter.line_segment([at(a), at(b)], Stroke::new(thick(b), theme::INK));
                    }
                }
            }
        }
    }
}

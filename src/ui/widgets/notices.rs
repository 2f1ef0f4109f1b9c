//! What the officer is told: banners, cards, quality, waits, keys.

use std::f32::consts::TAU;
use std::time::Duration;

use eframe::egui::{
    Align, Align2, Color32, Frame, InnerResponse, Layout, Margin, Rect, Response, RichText, Role, Sense,
    Stroke, Ui, Vec2, pos2, vec2,
};

use super::{name_it, paint_state};
use crate::i18n::{Told, Words};
use crate::ui::fonts;
use crate::ui::theme::{self, Tone};

/// A white card around its contents.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    Frame::new()
        .fill(theme::SURFACE)
        .stroke(Stroke::new(theme::LINE, theme::HAIRLINE))
        .corner_radius(theme::CORNER_CARD)
        .inner_margin(theme::MARGIN)
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            contents(ui)
        })
}

/// The title of a group of fields.
pub fn section_title(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BIG)))
}

/// A notice: what happened, what to do now, and a code for support. `to_do` and `code` may be empty.
pub fn banner(ui: &mut Ui, words: &Words, tone: Tone, what: &str, to_do: &str, code: &str) -> Response {
    let frame = Frame::new()
        .fill(tone.ground())
        .stroke(Stroke::new(theme::LINE, tone.colour()))
        .corner_radius(theme::CORNER)
        .inner_margin(Margin::symmetric(theme::PAD as i8, (theme::PAD * 0.75) as i8));
    let shown = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(theme::ICON), Sense::hover());
            paint_tone(ui, rect, tone);
            ui.add_space(theme::GAP / 2.0);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = theme::GAP / 4.0;
                ui.label(RichText::new(what).font(fonts::bold(theme::TEXT_BODY)));
                if !to_do.is_empty() {
                    ui.label(to_do);
                }
                if !code.is_empty() {
                    let code = words.with("error-code", &[("code", code)]);
                    ui.label(RichText::new(code).size(theme::TEXT_SMALL).color(theme::TEXT_WEAK));
                }
            });
        });
    });
    let spoken = format!("{}: {what} {to_do}", words.get(tone.message_id()));
    name_it(ui, &shown.response, Role::Alert, None, spoken.trim_end());
    shown.response
}

/// A banner from [`Words::reason`], [`Words::retry`] or [`Words::fault`].
pub fn told_banner(ui: &mut Ui, words: &Words, tone: Tone, told: &Told) -> Response {
    banner(ui, words, tone, &told.what, &told.to_do, &told.code)
}

/// One sentence in large letters on a strip of its tone. There is room for two lines from the beginning, so that
/// nothing moves when the sentence changes.
pub fn strip(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    let font = fonts::bold(theme::TEXT_BIG);
    let width = ui.available_width();
    let left = theme::ICON + 2.0 * theme::GAP;
    let room = (width - left - theme::GAP).max(theme::TOUCH);
    let galley = ui.painter().layout(text.to_owned(), font.clone(), theme::TEXT_ON_COLOUR, room);
    let two_lines = 2.0 * ui.ctx().fonts_mut(|f| f.row_height(&font));
    let size = vec2(width, galley.size().y.max(two_lines) + theme::GAP);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, theme::CORNER, tone.colour());
    let icon = rect.left_center() + vec2(theme::GAP + theme::ICON / 2.0, 0.0);
    ui.painter().circle_filled(icon, theme::ICON * 0.6, tone.ground());
    paint_tone(ui, Rect::from_center_size(icon, Vec2::splat(theme::ICON * 0.8)), tone);
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(rect.left() + left, top), galley, theme::TEXT_ON_COLOUR);
    name_it(ui, &response, Role::Status, None, text);
    response
}

pub(super) fn paint_tone(ui: &Ui, rect: Rect, tone: Tone) {
    match tone.state() {
        Some(state) => paint_state(ui.painter(), rect, state),
        None => {
            let (c, r) = (rect.center(), rect.width() / 2.0);
            ui.painter().circle_filled(c, r * 0.95, tone.colour());
            ui.painter().circle_filled(c - vec2(0.0, r * 0.45), r * 0.14, theme::TEXT_ON_COLOUR);
            let stem = [c - vec2(0.0, r * 0.1), c + vec2(0.0, r * 0.5)];
            ui.painter().line_segment(stem, Stroke::new(r / 5.0, theme::TEXT_ON_COLOUR));
        }
    }
}

/// Quality in words, with the bar and the score beside. `told` is the first reason, none when the sample is good.
pub fn quality_meter(ui: &mut Ui, words: &Words, score: Option<u8>, told: Option<&Told>) -> Response {
    let colour = theme::score_colour(score);
    let spoken = match score {
        Some(score) => words.with("quality-score", &[("score", score.min(100))]),
        None => words.get("quality-unknown"),
    };
    let grade = match score {
        None => None,
        Some(0..40) => Some("quality-poor"),
        Some(40..60) => Some("quality-fair"),
        Some(_) => Some("quality-good"),
    };
    let inner = ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP / 2.0;
        // Beside a picture there is no room for bar and words in one line.
        ui.horizontal_wrapped(|ui| {
            let bar = vec2((ui.available_width() * 0.5).clamp(96.0, 260.0), 14.0);
            let (rect, _) = ui.allocate_exact_size(bar, Sense::hover());
            ui.painter().rect_filled(rect, 7.0, theme::HAIRLINE);
            if let Some(score) = score {
                let share = f32::from(score.min(100)) / 100.0;
                let filled = Rect::from_min_size(rect.min, vec2((bar.x * share).max(bar.y), bar.y));
                ui.painter().rect_filled(filled, 7.0, colour);
            }
            let grade = grade.map(|id| format!(" · {}", words.get(id))).unwrap_or_default();
            ui.label(
                RichText::new(format!("{spoken}{grade}")).size(theme::TEXT_SMALL).color(theme::TEXT_WEAK),
            );
        });
        if let Some(told) = told {
            ui.label(RichText::new(&told.what).font(fonts::bold(theme::TEXT_BODY)).color(colour));
            ui.label(&told.to_do);
        }
    });
    name_it(ui, &inner.response, Role::Meter, None, &spoken);
    inner.response
}

/// A ring that empties while something is waited for, with the time left in its middle. Asks for the next second's
/// frame itself.
pub fn countdown_ring(ui: &mut Ui, words: &Words, left_s: u64, total_s: u64, what: &str) -> Response {
    let side = 3.0 * theme::TOUCH;
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    let (c, r) = (rect.center(), side / 2.0 - theme::GAP);
    let share = if total_s == 0 { 0.0 } else { (left_s as f32 / total_s as f32).min(1.0) };
    ui.painter().circle_stroke(c, r, Stroke::new(theme::GAP, theme::HAIRLINE));
    let steps = (share * 96.0).ceil() as usize;
    if steps > 0 {
        let angle = |i: usize| TAU * (share * i as f32 / steps as f32 - 0.25);
        let arc = (0..=steps).map(|i| c + Vec2::angled(angle(i)) * r).collect();
        ui.painter().line(arc, Stroke::new(theme::GAP, theme::PRIMARY));
    }
    let time = words.minutes(left_s);
    let font = fonts::bold(theme::TEXT_TITLE);
    ui.painter().text(c, Align2::CENTER_CENTER, &time, font, theme::TEXT);
    let state = match left_s {
        0 => words.get("countdown-over"),
        _ => words.with("countdown-left", &[("time", time.as_str())]),
    };
    name_it(ui, &response, Role::Timer, None, &format!("{what}: {state}"));
    if left_s > 0 {
        ui.ctx().request_repaint_after(Duration::from_secs(1));
    }
    response
}

/// Keys that work on this screen: pairs of key name and what it does.
pub fn key_hints(ui: &mut Ui, hints: &[(&str, &str)]) {
    ui.horizontal_wrapped(|ui| {
        for (key, does) in hints {
            Frame::new()
                .fill(theme::SURFACE)
                .stroke(Stroke::new(theme::LINE, theme::OUTLINE))
                .corner_radius(4)
                .inner_margin(Margin::symmetric(6, 1))
                .show(ui, |ui| ui.label(small(key, theme::TEXT)));
            ui.label(small(does, theme::TEXT_WEAK));
            ui.add_space(theme::GAP);
        }
    });
}

fn small(text: &str, colour: Color32) -> RichText {
    RichText::new(text).size(theme::TEXT_SMALL).color(colour)
}

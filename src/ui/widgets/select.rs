//! Choosing from a long closed list by typing a part of it.

use eframe::egui::{
    Align2, EventFilter, Frame, Id, Key, Modifiers, Response, RichText, Role, ScrollArea, Stroke, StrokeKind,
    TextEdit, Ui, pos2, vec2,
};

use super::{focus_ring, pressable};
use crate::i18n::Words;
use crate::ui::{fonts, theme};

/// What the view keeps while the list is open.
#[derive(Clone, Default)]
struct Open {
    filter: String,
    highlighted: usize,
    /// The filter has not had the keyboard yet.
    fresh: bool,
}

/// A long list behind a field: pressing it opens a filter and the rows that match every word typed, in any order and
/// case. Up and Down move, Enter takes, Escape closes. Gives true when the choice changed; `chosen` is an index.
pub fn select_list(
    ui: &mut Ui,
    words: &Words,
    label: &str,
    chosen: &mut Option<usize>,
    options: &[&str],
) -> bool {
    let memory = ui.make_persistent_id(("select-list", label));
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP / 2.0;
        ui.label(RichText::new(label).font(fonts::bold(theme::TEXT_BODY)));
        let open = ui.data(|d| d.get_temp::<Open>(memory));
        let shown = chosen.and_then(|i| options.get(i).copied());
        let head = head(ui, words, label, shown, open.is_some());
        let Some(mut open) = open else {
            if head.clicked() {
                ui.data_mut(|d| d.insert_temp(memory, Open { fresh: true, ..Open::default() }));
                ui.ctx().request_repaint();
            }
            return false;
        };
        let before = *chosen;
        let stays = list(ui, words, memory, &mut open, chosen, options) && !head.clicked();
        if stays {
            ui.data_mut(|d| d.insert_temp(memory, open));
        } else {
            ui.data_mut(|d| d.remove::<Open>(memory));
            head.request_focus();
        }
        *chosen != before
    })
    .inner
}

fn head(ui: &mut Ui, words: &Words, label: &str, shown: Option<&str>, open: bool) -> Response {
    let width = ui.available_width();
    let spoken = format!("{label}: {}", shown.map_or_else(|| words.get("action-choose"), str::to_owned));
    let response = pressable(ui, vec2(width, theme::TOUCH), Role::ComboBox, None, &spoken);
    let rect = response.rect;
    let fill = if response.hovered() { theme::SURFACE_HOVER } else { theme::SURFACE };
    ui.painter().rect(rect, theme::CORNER, fill, theme::outline(), StrokeKind::Inside);
    let (text, ink) = match shown {
        Some(text) => (text.to_owned(), theme::TEXT),
        None => (words.get("action-choose"), theme::TEXT_WEAK),
    };
    let at = pos2(rect.left() + 12.0, rect.center().y);
    let clip = ui.painter().with_clip_rect(rect.shrink2(vec2(12.0, 0.0)).intersect(ui.clip_rect()));
    clip.text(at, Align2::LEFT_CENTER, text, fonts::regular(theme::TEXT_BODY), ink);
    let c = pos2(rect.right() - 24.0, rect.center().y);
    let up = if open { -1.0 } else { 1.0 };
    let arrow = [vec2(-6.0, -3.0 * up), vec2(0.0, 3.0 * up), vec2(6.0, -3.0 * up)].map(|v| c + v);
    ui.painter().line(arrow.to_vec(), Stroke::new(theme::LINE_STRONG, theme::TEXT_WEAK));
    focus_ring(ui, &response);
    response
}

/// Draws the open list. Gives false when it is to be closed.
fn list(
    ui: &mut Ui,
    words: &Words,
    memory: Id,
    open: &mut Open,
    chosen: &mut Option<usize>,
    options: &[&str],
) -> bool {
    let filter_id = memory.with("filter");
    // Taken before the field sees them: the field itself would give the keyboard away.
    let focused = ui.memory(|m| m.has_focus(filter_id));
    let key = |key| focused && ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let (down, up) = (key(Key::ArrowDown), key(Key::ArrowUp));
    let (enter, escape) = (key(Key::Enter), key(Key::Escape));
    let frame = Frame::new().fill(theme::SURFACE).stroke(theme::outline()).corner_radius(theme::CORNER);
    frame
        .inner_margin(theme::GAP as i8)
        .show(ui, |ui| {
            let width = ui.available_width();
            let field = TextEdit::singleline(&mut open.filter)
                .id(filter_id)
                .hint_text(words.get("field-filter"))
                .desired_width(width)
                .min_size(vec2(0.0, theme::TOUCH))
                .margin(vec2(12.0, 12.0));
            let field = ui.add(field).accessible_name(words.get("field-filter"));
            if std::mem::take(&mut open.fresh) {
                field.request_focus();
            }
            let keep =
                EventFilter { vertical_arrows: true, horizontal_arrows: true, escape: true, tab: false };
            ui.memory_mut(|m| m.set_focus_lock_filter(filter_id, keep));
            let found = matches(options, &open.filter);
            if field.changed() {
                open.highlighted = 0;
            }
            open.highlighted = match (down, up) {
                (true, false) => (open.highlighted + 1).min(found.len().saturating_sub(1)),
                (false, true) => open.highlighted.saturating_sub(1),
                _ => open.highlighted.min(found.len().saturating_sub(1)),
            };
            let told = match found.len() {
                0 => words.get("field-none-found"),
                count => words.with("field-found", &[("count", count)]),
            };
            ui.label(RichText::new(told).size(theme::TEXT_SMALL).color(theme::TEXT_WEAK));
            if enter && let Some(index) = found.get(open.highlighted) {
                *chosen = Some(*index);
                return false;
            }
            let picked = rows(ui, open, &found, options, down || up);
            if let Some(index) = picked {
                *chosen = Some(index);
            }
            picked.is_none() && !escape
        })
        .inner
}

/// Only the rows in view are laid out; gives the one that was pressed.
fn rows(ui: &mut Ui, open: &Open, found: &[usize], options: &[&str], moved: bool) -> Option<usize> {
    let mut picked = None;
    let pitch = theme::TOUCH + ui.spacing().item_spacing.y;
    let mut area = ScrollArea::vertical().max_height(5.0 * pitch).auto_shrink([false, true]);
    if moved {
        // Keeps the highlighted row in the middle of the five that are seen.
        area = area.vertical_scroll_offset((open.highlighted as f32 - 2.0).max(0.0) * pitch);
    }
    area.show_rows(ui, theme::TOUCH, found.len(), |ui, range| {
        for row in range {
            let Some(&index) = found.get(row) else { continue };
            let text = options.get(index).copied().unwrap_or_default();
            let on = row == open.highlighted;
            let size = vec2(ui.available_width(), theme::TOUCH);
            let response = pressable(ui, size, Role::ListBoxOption, Some(on), text);
            let rect = response.rect;
            if on || response.hovered() {
                ui.painter().rect_filled(rect, theme::CORNER, theme::SURFACE_HOVER);
            }
            let font = if on { fonts::bold(theme::TEXT_BODY) } else { fonts::regular(theme::TEXT_BODY) };
            let at = pos2(rect.left() + 12.0, rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, text, font, theme::TEXT);
            focus_ring(ui, &response);
            if response.clicked() {
                picked = Some(index);
            }
        }
    });
    picked
}

/// Indices of the options that hold every word of the filter; options that begin with it come first.
fn matches(options: &[&str], filter: &str) -> Vec<usize> {
    let filter = filter.trim().to_lowercase();
    let parts: Vec<&str> = filter.split_whitespace().collect();
    let low = |i: usize| options.get(i).copied().unwrap_or_default().to_lowercase();
    let mut found: Vec<usize> =
        (0..options.len()).filter(|i| parts.iter().all(|p| low(*i).contains(p))).collect();
    if !filter.is_empty() {
        found.sort_by_key(|i| !low(*i).starts_with(&filter));
    }
    found
}

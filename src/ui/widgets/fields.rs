//! Fields with their label above, linked for screen readers.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{FontId, Key, Response, RichText, TextBuffer, TextEdit, Ui, vec2};

use super::buttons::sign_button;
use crate::i18n::Words;
use crate::ui::{fonts, theme};

/// A line of text under its label. `error` is shown below and read with the field.
pub fn text_field(ui: &mut Ui, label: &str, value: &mut String, hint: &str, error: Option<&str>) -> Response {
    let edit = |value| TextEdit::singleline(value).hint_text(hint.to_owned());
    labelled(ui, label, error, |ui| framed(ui, edit(value)))
}

/// A passphrase or PIN: shown as dots.
pub fn secret_field(ui: &mut Ui, label: &str, value: &mut String, error: Option<&str>) -> Response {
    let field = labelled(ui, label, error, |ui| framed(ui, TextEdit::singleline(value).password(true)));
    // What could be undone would be a copy of the secret, kept until nobody knows when.
    if let Some(mut state) = TextEditState::load(ui.ctx(), field.id) {
        state.clear_undoer();
        state.store(ui.ctx(), field.id);
    }
    field
}

fn framed(ui: &mut Ui, edit: TextEdit<'_>) -> Response {
    let width = ui.available_width();
    ui.add(edit.desired_width(width).min_size(vec2(0.0, theme::TOUCH)).margin(vec2(12.0, 12.0)))
}

fn labelled(
    ui: &mut Ui,
    label: &str,
    error: Option<&str>,
    field: impl FnOnce(&mut Ui) -> Response,
) -> Response {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP / 2.0;
        let name = ui.label(RichText::new(label).font(fonts::bold(theme::TEXT_BODY)));
        let response = field(ui).labelled_by(name.id);
        if let Some(error) = error {
            ui.label(RichText::new(error).color(theme::DANGER));
        }
        response
    })
    .inner
}

/// How a field of digits is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigitsField {
    /// Lengths of the groups that are set apart; their sum is the number of digits.
    pub groups: &'static [usize],
}

impl DigitsField {
    /// NIK: region, birth date, serial number.
    pub const NIK: Self = Self { groups: &[6, 6, 4] };
    /// No. KK: region, date of recording, serial number.
    pub const NO_KK: Self = Self { groups: &[6, 6, 4] };

    /// Number of digits.
    #[must_use]
    pub fn digits(&self) -> usize {
        self.groups.iter().sum()
    }
}

/// A field that takes digits only, shown in groups; the value has the digits alone. Spaces and points of a pasted
/// number are dropped, digits beyond the last are not taken.
pub fn digits_field(
    ui: &mut Ui,
    words: &Words,
    label: &str,
    value: &mut String,
    field: DigitsField,
    error: Option<&str>,
) -> Response {
    let font = FontId::monospace(theme::TEXT_BIG);
    let response = labelled(ui, label, error, |ui| {
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _wrap: f32| {
            let job = grouped(text.as_str(), field.groups, &font);
            ui.fonts_mut(|f| f.layout_job(job))
        };
        let edit = TextEdit::singleline(value).font(font.clone()).layouter(&mut layouter);
        framed(ui, edit)
    });
    if response.changed() {
        value.retain(|c| c.is_ascii_digit());
        value.truncate(field.digits());
    }
    let count = words.with("field-digits", &[("count", value.len()), ("total", field.digits())]);
    ui.label(RichText::new(count).size(theme::TEXT_SMALL).color(theme::TEXT_WEAK));
    response
}

fn grouped(text: &str, groups: &[usize], font: &FontId) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut rest = text;
    let format = TextFormat { font_id: font.clone(), color: theme::TEXT, ..TextFormat::default() };
    for (i, group) in groups.iter().chain(std::iter::once(&usize::MAX)).enumerate() {
        let end = rest.char_indices().nth(*group).map_or(rest.len(), |(at, _)| at);
        let (now, later) = rest.split_at(end);
        if now.is_empty() && i > 0 {
            break;
        }
        job.append(now, if i == 0 { 0.0 } else { theme::GAP * 1.5 }, format.clone());
        rest = later;
    }
    job
}

/// A temperature in tenths of a degree Celsius, typed with comma or point, or stepped by buttons and the up and down
/// keys. `start` is where stepping begins from an empty field. Gives true when the value changed.
pub fn temperature_field(
    ui: &mut Ui,
    words: &Words,
    label: &str,
    decidegrees_c: &mut Option<i32>,
    start_decidegrees_c: i32,
    error: Option<&str>,
) -> bool {
    let before = *decidegrees_c;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = theme::GAP / 2.0;
        let name = ui.label(RichText::new(label).font(fonts::bold(theme::TEXT_BODY)));
        ui.horizontal(|ui| {
            let step = |by: i32, value: &mut Option<i32>| {
                *value = Some(value.map_or(start_decidegrees_c, |v| v + by));
            };
            if sign_button(ui, "–", &format!("{}: {label}", words.get("action-decrease"))).clicked() {
                step(-1, decidegrees_c);
            }
            let response = typed_tenths(ui, words, label, decidegrees_c).labelled_by(name.id);
            if response.has_focus() {
                let pressed = |key| ui.input(|i| i.key_pressed(key));
                match (pressed(Key::ArrowUp), pressed(Key::ArrowDown)) {
                    (true, false) => step(1, decidegrees_c),
                    (false, true) => step(-1, decidegrees_c),
                    _ => {}
                }
            }
            ui.label(RichText::new("°C").size(theme::TEXT_BIG));
            if sign_button(ui, "+", &format!("{}: {label}", words.get("action-increase"))).clicked() {
                step(1, decidegrees_c);
            }
        });
        if let Some(error) = error {
            ui.label(RichText::new(error).color(theme::DANGER));
        }
    });
    *decidegrees_c != before
}

/// The text while it is typed lives in egui's memory with the value it stands for: a value changed from elsewhere
/// (a step, a thermometer) replaces the text, while half a number such as `36,` stays as it was typed.
fn typed_tenths(ui: &mut Ui, words: &Words, label: &str, value: &mut Option<i32>) -> Response {
    let memory = ui.scope_id().with(("typed-tenths", label));
    let (mut text, stands_for) = ui.data(|d| d.get_temp::<(String, Option<i32>)>(memory)).unwrap_or_default();
    if stands_for != *value {
        text = value.map(|v| words.tenths(v)).unwrap_or_default();
    }
    let edit = TextEdit::singleline(&mut text)
        .font(fonts::bold(theme::TEXT_BIG))
        .desired_width(80.0)
        .min_size(vec2(0.0, theme::TOUCH))
        .margin(vec2(12.0, 8.0));
    let response = ui.add(edit);
    if response.changed() {
        text.retain(|c| c.is_ascii_digit() || c == ',' || c == '.');
        *value = Words::parse_tenths(&text);
    }
    let locks =
        eframe::egui::EventFilter { vertical_arrows: true, horizontal_arrows: true, ..Default::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(response.id, locks));
    ui.data_mut(|d| d.insert_temp(memory, (text, *value)));
    response
}

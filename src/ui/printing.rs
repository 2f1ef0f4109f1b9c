//! How a document's printing goes, and the documents that wait for the printer.

use eframe::egui::{Align, Layout, RichText, Ui};

use super::stage::{Stage, small};
use super::theme::{self, Tone};
use super::{fonts, widgets};
use crate::i18n::Words;
use crate::runtime::station::{DeskCommand, PrintProgress, UnprintedLine};

/// What happened, in words.
#[must_use]
pub fn told(words: &Words, progress: &PrintProgress) -> String {
    let message = format!("printing-{}", progress.id());
    let why = match (progress.hitch(), progress) {
        (Some(hitch), _) => words.get(&format!("print-hitch-{}", hitch.id())),
        (None, PrintProgress::NotPrinted(fault)) => words.get(&format!("fault-{}", fault.id())),
        _ => return words.get(&message),
    };
    words.with(&message, &[("why", why)])
}

/// The printing of the document on screen, with the way to print it again.
pub fn of_document(ui: &mut Ui, st: &mut Stage<'_>) {
    let desk = st.desk;
    let Some((id, progress)) = desk.print_of_document() else { return };
    let (tone, code) = match progress {
        PrintProgress::Printed => (Tone::Good, ""),
        PrintProgress::Waiting(Some(_)) => (Tone::Warning, ""),
        PrintProgress::NotPrinted(fault) => (Tone::Error, fault.code()),
        _ => (Tone::Info, ""),
    };
    let to_do = match progress {
        PrintProgress::NotPrinted(_) if !desk.is_kept(id) => "printing-not-kept-do".to_owned(),
        _ => format!("printing-{}-do", progress.id()),
    };
    let (what, to_do) = (told(st.words, progress), st.get(&to_do));
    let (over, sent) = (progress.is_over(), *progress == PrintProgress::Sent);
    widgets::banner(ui, st.words, tone, &what, &to_do, code);
    ui.horizontal_wrapped(|ui| {
        if sent && widgets::secondary_button(ui, &st.get("printing-came-out")).clicked() {
            st.out.push(DeskCommand::CameOut(id));
        }
        if over && widgets::secondary_button(ui, &st.get("reprint")).clicked() {
            st.out.push(DeskCommand::Reprint(id));
        }
    });
}

/// The list on the start page. Nothing where nothing waits.
pub fn unprinted(ui: &mut Ui, st: &mut Stage<'_>) {
    let desk = st.desk;
    let waits = |line: &&UnprintedLine| desk.print_progress(line.id) != Some(&PrintProgress::Printed);
    let lines: Vec<&UnprintedLine> = desk.unprinted().iter().filter(waits).collect();
    if lines.is_empty() {
        return;
    }
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.words.with("unprinted-title", &[("count", lines.len())]));
        for line in lines {
            unprinted_line(ui, st, line);
        }
    });
    ui.add_space(theme::GAP);
}

fn unprinted_line(ui: &mut Ui, st: &mut Stage<'_>, line: &UnprintedLine) {
    let name = if line.name.is_empty() { st.get("applicant-unknown") } else { line.name.clone() };
    let desk = st.desk;
    let progress = desk.print_progress(line.id);
    ui.separator();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let under_way = progress.is_some_and(|p| !p.is_over());
            ui.add_enabled_ui(!under_way, |ui| {
                let label = st.words.with("reprint-of", &[("name", name.as_str())]);
                if widgets::secondary_button(ui, &label).clicked() {
                    st.out.push(DeskCommand::Reprint(line.id));
                }
            });
            // Sent without further word, in this run or in an earlier one.
            if progress.is_none_or(|p| *p == PrintProgress::Sent) {
                let label = st.words.with("printing-came-out-of", &[("name", name.as_str())]);
                if widgets::secondary_button(ui, &label).clicked() {
                    st.out.push(DeskCommand::CameOut(line.id));
                }
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(RichText::new(&name).font(fonts::bold(theme::TEXT_BODY)));
                let kind = st.get(&format!("document-{}", line.kind));
                let made = st.words.date_time(line.made, st.desk.utc_offset_s());
                small(ui, &format!("{kind} · {made}"));
                if let Some(progress) = progress {
                    small(ui, &told(st.words, progress));
                }
            });
        });
    });
}

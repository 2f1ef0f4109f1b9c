//! The screens: sign-in, the lock, start, the frame of a session, the end of one.

mod aside;
pub(crate) mod boxes;
mod cards;
mod dialogs;
mod ended;
mod fault;
mod frame;
mod handover;
pub(crate) mod handover_pages;
pub(crate) mod hygiene;
mod lock;
mod sign_in;
mod start;
mod station_state;

pub(super) use lock::lock_key;

use eframe::egui::{Align, Frame, Layout, Margin, Panel, RichText, Ui};
use record::schema::Environment;

use super::stage::Stage;
use super::theme::{self, Tone};
use super::{fonts, widgets};
use crate::i18n::Language;
use crate::runtime::station::{DeskCommand, NoticeLevel, Screen};
use crate::t;

/// Draws what the desk shows. `language` is the choice of the switch in the top bar.
pub fn show(ui: &mut Ui, st: &mut Stage<'_>, language: &mut Language) {
    frame::keys(ui.ctx(), st);
    lock::keys(ui.ctx(), st);
    handover::keys(ui.ctx(), st);
    top_bar(ui, st, language);
    notices(ui, st);
    match (st.desk.screen(), st.desk.session()) {
        (Screen::SignIn, _) => sign_in::show(ui, st),
        (Screen::Locked, _) => lock::show(ui, st),
        (Screen::Session, Some(view)) => frame::show(ui, st, &view),
        (Screen::Handover, _) => {
            let desk = st.desk;
            if let Some(h) = desk.handover() {
                handover::show(ui, st, h);
            }
        }
        _ => start::show(ui, st),
    }
    dialogs::show(ui.ctx(), st);
}

/// Ground of the middle of every screen.
fn ground() -> Frame {
    Frame::new().fill(theme::GROUND).inner_margin(theme::MARGIN)
}

/// Ground of bars and side panels.
fn side() -> Frame {
    Frame::new().fill(theme::GROUND).inner_margin(Margin::same(theme::GAP as i8))
}

fn bar() -> Frame {
    Frame::new()
        .fill(theme::SURFACE)
        .inner_margin(Margin::symmetric(theme::PAD as i8, (theme::GAP / 2.0) as i8))
}

/// The bottom row: what stands at the left first; the contents put the primary action at the right end.
fn bar_row(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let size = eframe::egui::vec2(ui.available_width(), theme::TOUCH + theme::GAP);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), contents);
}

fn top_bar(ui: &mut Ui, st: &mut Stage<'_>, language: &mut Language) {
    Panel::top("top-bar").exact_size(theme::TOUCH + theme::GAP + 2.0).frame(bar()).show(ui, |ui| {
        // Beside the buttons of a small window the whole sentence would cover the officer's name.
        let short = st.desk.signed_in().is_some() && ui.available_width() < theme::NARROW;
        ui.horizontal_centered(|ui| {
            ui.label(
                RichText::new(st.get("app-name")).font(fonts::bold(theme::TEXT_BIG)).color(theme::PRIMARY),
            );
            if st.desk.environment() == Environment::Training {
                training(ui, st, if short { "environment-training" } else { "training-banner" });
            }
            let name = st.desk.signed_in().map(|o| o.name.clone());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                for l in Language::ALL.iter().rev() {
                    language_button(ui, st, *l, language);
                }
                if st.desk.screen() == Screen::Locked {
                    return;
                }
                if let Some(name) = name {
                    applicant_button(ui, st);
                    if widgets::secondary_button(ui, &st.get("sign-out")).clicked() {
                        st.out.push(DeskCommand::SignOut);
                    }
                    let lock = widgets::secondary_button(ui, &st.get("lock"));
                    if lock.on_hover_text(st.get("lock-hint")).clicked() {
                        st.out.push(DeskCommand::Lock);
                    }
                    ui.add(eframe::egui::Label::new(RichText::new(name).size(theme::TEXT_BODY)).truncate());
                } else {
                    let station = st.words.with("station-name", &[("id", st.desk.station_id())]);
                    ui.label(RichText::new(station).color(theme::TEXT_WEAK));
                }
            });
        });
    });
}

/// Opens and closes the applicant's screen.
fn applicant_button(ui: &mut Ui, st: &mut Stage<'_>) {
    let id = if *st.applicant { "applicant-close" } else { "applicant-open" };
    if widgets::secondary_button(ui, &st.get(id)).clicked() {
        *st.applicant = !*st.applicant;
    }
}

fn training(ui: &mut Ui, st: &Stage<'_>, words: &str) {
    let tone = Tone::Warning;
    Frame::new()
        .fill(tone.colour())
        .corner_radius(theme::CORNER)
        .inner_margin(Margin::symmetric(12, 4))
        .show(ui, |ui| {
            let text = RichText::new(st.get(words)).font(fonts::bold(theme::TEXT_BODY));
            ui.label(text.color(theme::TEXT_ON_COLOUR));
        });
}

fn language_button(ui: &mut Ui, st: &Stage<'_>, l: Language, chosen: &mut Language) {
    let mut on = (*chosen == l).then_some(l);
    let tag = l.tag().to_uppercase();
    let spoken = st.get(&format!("language-{}", l.tag()));
    let inner = ui.scope(|ui| widgets::chips(ui, &mut on, &[(l, tag.as_str())]));
    inner.response.on_hover_text(spoken);
    if inner.inner {
        *chosen = l;
    }
}

/// Notices lie above the screen until they are taken away.
fn notices(ui: &mut Ui, st: &mut Stage<'_>) {
    let list = st.desk.notices();
    // The newest two; the rest follow as these are taken away.
    for (index, notice) in list.iter().enumerate().rev().take(2) {
        let tone = match notice.level {
            NoticeLevel::Info => Tone::Info,
            NoticeLevel::Warning => Tone::Warning,
            NoticeLevel::Error => Tone::Error,
        };
        Panel::top(format!("notice-{index}")).frame(side()).show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if widgets::secondary_button(ui, &t!(st.words, "action-close")).clicked() {
                    st.out.push(DeskCommand::DismissNotice(index));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    notice_banner(ui, st, tone, &notice.message, &notice.code);
                });
            });
        });
    }
}

fn notice_banner(ui: &mut Ui, st: &Stage<'_>, tone: Tone, message: &str, code: &str) {
    let (what, to_do) = (st.get(message), st.get(&format!("{message}-do")));
    widgets::banner(ui, st.words, tone, &what, &to_do, code);
}

//! The end of a session, or its wait: sealed, refused, redirected, given up, parked. Never a dead end.

use eframe::egui::{Align, CentralPanel, Layout, Panel, RichText, ScrollArea, Ui};
use record::schema::{Outcome, StepId};

use super::super::stage::{Stage, pair, small, title};
use super::super::theme::{self, Tone};
use super::super::{fonts, views, widgets};
use crate::runtime::station::DeskCommand;
use crate::session::event::Command;
use crate::session::view::SessionView;

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let fresh = st.scratch.arrive(Some((view.session.core.id, StepId::Proof.id())));
    if fresh {
        st.pictures.forget_preview();
    }
    Panel::bottom("session-bar").frame(super::bar()).show(ui, |ui| {
        super::bar_row(ui, |ui| {
            left(ui, st, view);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let pressed = ui
                    .add_enabled_ui(ready(view), |ui| widgets::primary_button(ui, &label(st, view)))
                    .inner
                    .clicked();
                if pressed {
                    primary(st, view);
                }
            });
        });
    });
    CentralPanel::default().frame(super::ground()).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let width = ui.available_width().min(820.0);
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                ui.set_max_width(width);
                ui.with_layout(Layout::top_down(Align::Min), |ui| match view.session.core.outcome {
                    Outcome::Sealed => (views::view_of(StepId::Proof))(ui, st, view),
                    Outcome::Parked => parked(ui, st, view),
                    _ => refused(ui, st, view),
                });
                if view.session.core.outcome != Outcome::Sealed {
                    super::hygiene::panel(ui, st);
                }
            });
        });
    });
}

fn ready(view: &SessionView<'_>) -> bool {
    view.session.data.proof.making.is_none()
}

fn label(st: &Stage<'_>, view: &SessionView<'_>) -> String {
    st.get(match view.session.core.outcome {
        Outcome::Parked if early(view) => "serve-another",
        Outcome::Parked => "take-up-now",
        _ => "next-applicant",
    })
}

/// True while the second reading has to wait.
fn early(view: &SessionView<'_>) -> bool {
    let closing = &view.session.core.closing;
    closing.not_before.is_none_or(|t| view.now < t)
}

/// The primary action of this page.
pub(super) fn primary(st: &mut Stage<'_>, view: &SessionView<'_>) {
    if !ready(view) {
        return;
    }
    match view.session.core.outcome {
        Outcome::Parked if !early(view) => {
            st.out.push(DeskCommand::TakeUp(view.session.core.id));
        }
        _ => st.out.push(DeskCommand::Leave),
    }
}

fn left(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    match view.session.core.outcome {
        Outcome::Parked if early(view) => {}
        Outcome::Parked if widgets::secondary_button(ui, &st.get("serve-another")).clicked() => {
            st.out.push(DeskCommand::Leave);
        }
        Outcome::Sealed
            if view.session.data.proof.failed.is_some()
                && widgets::secondary_button(ui, &st.get("proof-again")).clicked() =>
        {
            st.send(Command::Confirm);
        }
        _ => {}
    }
}

fn parked(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let closing = &view.session.core.closing;
    let Some(from) = closing.not_before else {
        title(ui, &st.get("parked-title"));
        ui.label(st.get("parked-why"));
        return;
    };
    title(ui, &st.get("second-reading-title"));
    ui.add_space(theme::GAP);
    rules(ui, st, view);
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        let policy = &view.session.ctx.policy;
        let total_s = u64::from(policy.health.applicant.temperature.second_reading_wait_s);
        let left_s = u64::try_from((from - view.now).num_milliseconds().max(0)).unwrap_or(0).div_ceil(1000);
        ui.horizontal(|ui| {
            let name = st.get("second-reading-title");
            widgets::countdown_ring(ui, st.words, left_s, total_s.max(left_s), &name);
            ui.vertical(|ui| {
                let at = st.words.time(from, view.session.ctx.utc_offset_s);
                ui.label(
                    RichText::new(st.words.with("second-reading-from", &[("time", at)]))
                        .font(fonts::bold(theme::TEXT_BIG)),
                );
                ui.label(st.get("second-reading-what"));
            });
        });
    });
}

fn refused(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let core = &view.session.core;
    title(ui, &st.get(&format!("outcome-{}", core.outcome.id())));
    ui.add_space(theme::GAP);
    rules(ui, st, view);
    ui.add_space(theme::GAP);
    if core.outcome == Outcome::Abandoned {
        ui.label(st.get("abandoned-what"));
        return;
    }
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.get("way-on"));
        if let Some(date) = core.closing.come_back {
            pair(ui, &st.get("come-back-from"), &st.words.date_long(date));
        }
        for id in &core.closing.channels {
            if let Some(channel) = view.session.ctx.policy.channel(id) {
                ui.label(format!("•  {}", channel.words(st.tag(), None)));
            }
        }
        if core.closing.come_back.is_none() && core.closing.channels.is_empty() {
            ui.label(st.get("way-on-ask"));
        }
    });
    ui.add_space(theme::GAP);
    views::document(ui, st, "slip");
    small(ui, view.session.ctx.policy.legal_basis.get(st.tag()));
}

/// The rules that decided, each with what to do.
fn rules(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>) {
    for rule in &view.session.core.closing.rules {
        let (what, to_do) = (st.get(&format!("rule-{rule}")), st.get(&format!("rule-{rule}-do")));
        widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, rule);
        ui.add_space(theme::GAP / 2.0);
    }
}

//! The state of the station in plain words, why no new session can begin, and discarding an open session.

use eframe::egui::{Context, RichText, Sense, Ui, Vec2};
use record::schema::StepState;
use uuid::Uuid;

use super::super::stage::{Dialog, Stage, small};
use super::super::theme::{self, Tone};
use super::super::{fonts, widgets};
use super::dialogs::{Next, buttons, modal};
use crate::runtime::station::{DISCARD_REASONS, DeskCommand, Finding, Level};

const ICON: f32 = 16.0;

const fn state(level: Level) -> StepState {
    match level {
        Level::Ok => StepState::Done,
        Level::Warn => StepState::Retry,
        Level::Refuse => StepState::Failed,
    }
}

/// Every finding, what needs somebody first.
pub(super) fn card(ui: &mut Ui, st: &Stage<'_>) {
    widgets::section_title(ui, &st.get("limits-station"));
    let mut list: Vec<&Finding> = st.desk.limits().iter().collect();
    list.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in list {
        let told = finding.told(st.words);
        ui.horizontal_top(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(ICON), Sense::hover());
            widgets::paint_state(ui.painter(), rect, state(finding.level));
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                if finding.level == Level::Ok {
                    small(ui, &told.what);
                    return;
                }
                ui.label(RichText::new(&told.what).font(fonts::bold(theme::TEXT_SMALL)));
                ui.label(RichText::new(&told.to_do).size(theme::TEXT_SMALL));
                small(ui, &st.words.with("error-code", &[("code", told.code.as_str())]));
            });
        });
        ui.add_space(theme::GAP / 4.0);
    }
}

/// Why no new session can begin, beside the button that begins one.
pub(super) fn refused(ui: &mut Ui, st: &Stage<'_>, why: &Finding) {
    let told = why.told(st.words);
    let what = format!("{} {}", st.get("limits-refused"), told.what);
    let to_do = format!("{} {}", told.to_do, st.get("limits-refused-do"));
    widgets::banner(ui, st.words, Tone::Error, &what, &to_do, &told.code);
}

/// Asks why an open session is discarded.
pub(super) fn show_discard(ctx: &Context, st: &mut Stage<'_>, id: Uuid, mut reason: Option<String>) -> Next {
    let closed = modal(ctx, "discard-draft", 560.0, |ui| {
        ui.label(RichText::new(st.get("discard-draft-title")).font(fonts::bold(theme::TEXT_BIG)));
        ui.label(st.get("discard-draft-body"));
        ui.label(st.get("discard-reason"));
        let texts = DISCARD_REASONS.map(|r| st.get(&format!("discard-{r}")));
        let options: Vec<(String, &str)> =
            DISCARD_REASONS.iter().map(|r| (*r).to_owned()).zip(texts.iter().map(String::as_str)).collect();
        widgets::radio_list(ui, &mut reason, &options);
        let mut done = false;
        buttons(ui, |ui| {
            let yes = ui
                .add_enabled_ui(reason.is_some(), |ui| {
                    widgets::danger_button(ui, &st.get("discard-draft-yes"))
                })
                .inner
                .clicked();
            if let (true, Some(reason)) = (yes, &reason) {
                st.out.push(DeskCommand::Discard(id, reason.clone()));
                done = true;
            }
            done |= widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
        });
        done
    });
    if closed { Next::Close } else { Next::Stay(Dialog::Discard(id, reason)) }
}

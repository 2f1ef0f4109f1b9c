//! Start page: the next applicant, sessions that wait, the queue, devices and limits.

use eframe::egui::{Align, CentralPanel, Layout, Panel, RichText, ScrollArea, Ui};
use record::schema::RecordState;

use super::super::stage::{Dialog, Stage, pair, small};
use super::super::theme::{self, Tone};
use super::super::{fonts, printing, widgets};
use super::station_state;
use crate::documents::short_code;
use crate::runtime::station::{DeskCommand, QueueLine, WaitingLine};
use crate::t;

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>) {
    Panel::right("start-side").exact_size(280.0).resizable(false).frame(super::side()).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            widgets::card(ui, |ui| station_state::card(ui, st));
            widgets::card(ui, |ui| limits(ui, st));
            widgets::card(ui, |ui| super::aside::devices(ui, st));
        });
    });
    CentralPanel::default().frame(super::ground()).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let refused = crate::runtime::limits::refusal(st.desk.limits());
            let next = ui.add_enabled_ui(refused.is_none(), |ui| {
                widgets::primary_button(ui, &t!(st.words, "new-applicant"))
            });
            let next = next.inner;
            st.first(ui, next.id);
            if next.clicked() {
                st.out.push(DeskCommand::NewSession);
            }
            match refused {
                Some(why) => station_state::refused(ui, st, why),
                None => small(ui, &st.get("new-applicant-hint")),
            }
            if widgets::secondary_button(ui, &st.get("handover-open")).clicked() {
                st.out.push(DeskCommand::OpenHandover);
            }
            ui.add_space(theme::GAP);
            super::hygiene::panel(ui, st);
            waiting(ui, st);
            printing::unprinted(ui, st);
            queue(ui, st);
        });
    });
}

fn limits(ui: &mut Ui, st: &Stage<'_>) {
    let policy = st.desk.policy();
    widgets::section_title(ui, &st.get("limits-title"));
    pair(ui, &st.get("limits-policy"), policy.name.get(st.tag()));
    let limit = st.words.temperature(policy.health.applicant.temperature.limit_decidegrees);
    pair(ui, &st.get("limits-temperature"), &st.words.with("limits-at-most", &[("value", limit)]));
    let quota = policy.quota.daily.map_or_else(
        || st.get("limits-no-quota"),
        |daily| st.words.with("limits-quota-value", &[("count", daily)]),
    );
    pair(ui, &st.get("limits-quota"), &quota);
}

fn waiting(ui: &mut Ui, st: &mut Stage<'_>) {
    let lines = st.desk.waiting();
    if lines.is_empty() {
        return;
    }
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.words.with("waiting-title", &[("count", lines.len())]));
        for line in lines {
            waiting_line(ui, st, line);
        }
    });
    ui.add_space(theme::GAP);
}

fn waiting_line(ui: &mut Ui, st: &mut Stage<'_>, line: &WaitingLine) {
    let offset = st.desk.utc_offset_s();
    let name = if line.name.is_empty() { st.get("applicant-unknown") } else { line.name.clone() };
    ui.separator();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let early = line.not_before.is_some_and(|t| st.desk.now() < t);
            let label = st.words.with("take-up", &[("name", name.as_str())]);
            if widgets::secondary_button(ui, &label).clicked() {
                st.out.push(DeskCommand::TakeUp(line.id));
            }
            if !line.parked {
                let label = st.words.with("discard", &[("name", name.as_str())]);
                if widgets::secondary_button(ui, &label).clicked() {
                    st.scratch.dialog = Some(Dialog::Discard(line.id, None));
                }
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(RichText::new(&name).font(fonts::bold(theme::TEXT_BODY)));
                let step = st.get(&format!("step-{}", line.step.id()));
                let at = st.words.date_time(line.touched, offset);
                let id = if line.parked { "waiting-parked" } else { "waiting-interrupted" };
                small(ui, &t!(st.words, "waiting-at", step = step, time = at, why = st.get(id)));
                let by = st.desk.officers().iter().find(|o| Some(o.id) == line.begun_by);
                if let Some(by) = by {
                    small(ui, &st.words.with("waiting-begun-by", &[("name", by.name.as_str())]));
                }
                let end = st.words.date_time(line.expires, offset);
                small(ui, &st.words.with("waiting-expires", &[("time", end)]));
                if let (true, Some(from)) = (early, line.not_before) {
                    let from = st.words.time(from, offset);
                    small(ui, &st.words.with("waiting-not-before", &[("time", from)]));
                }
            });
        });
    });
}

fn queue(ui: &mut Ui, st: &mut Stage<'_>) {
    let lines = st.desk.queue();
    widgets::card(ui, |ui| {
        let count = st.desk.queue_len();
        widgets::section_title(ui, &st.words.with("queue-title", &[("count", count)]));
        if lines.is_empty() {
            ui.label(st.get("queue-empty"));
            return;
        }
        for line in lines {
            queue_line(ui, st, line);
        }
        if count > lines.len() {
            pages(ui, st, count, lines.len());
        }
    });
}

fn queue_line(ui: &mut Ui, st: &Stage<'_>, line: &QueueLine) {
    ui.separator();
    let short = short_code(line.id);
    let name = line.name.clone().unwrap_or_else(|| st.get("queue-name-expired"));
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(name).font(fonts::bold(theme::TEXT_BODY)));
        small(ui, &format!("{short} · {}", st.words.date_time(line.created, st.desk.utc_offset_s())));
    });
    let state = line.state.id();
    let told = RichText::new(st.get(&format!("record-{state}"))).color(tone(line.state).colour());
    ui.label(told.font(fonts::bold(theme::TEXT_SMALL)));
    small(ui, &st.get(&format!("record-{state}-do")));
}

/// Failures ask for somebody's work, the rest goes its way.
fn tone(state: RecordState) -> Tone {
    use RecordState as R;
    match state {
        R::EnrollFailureAtCentral
        | R::EnrollFailureAtRegional
        | R::SearchFailureAtCentral
        | R::AdjudicateRecord
        | R::RequestValidation
        | R::DuplicateRecord => Tone::Warning,
        R::PrintReadyRecord | R::CardPrinted | R::CardIssued | R::ReceivedAtCentral => Tone::Good,
        _ => Tone::Info,
    }
}

const PAGE: &str = "queue-page";

fn pages(ui: &mut Ui, st: &mut Stage<'_>, count: usize, shown: usize) {
    let page: usize = st.scratch.texts.0.get(PAGE).and_then(|p| p.parse().ok()).unwrap_or(0);
    // The last page may be shorter than the others: its length says nothing of theirs.
    let per_page: usize = match page {
        0 => shown,
        _ => st.scratch.texts.0.get("queue-per-page").and_then(|p| p.parse().ok()).unwrap_or(shown),
    };
    let last = count.div_ceil(per_page.max(1)).saturating_sub(1);
    let mut go = None;
    ui.horizontal(|ui| {
        ui.add_enabled_ui(page > 0, |ui| {
            if widgets::secondary_button(ui, &st.get("page-newer")).clicked() {
                go = Some(page - 1);
            }
        });
        ui.label(t!(st.words, "page-of", page = page + 1, pages = last + 1));
        ui.add_enabled_ui(page < last, |ui| {
            if widgets::secondary_button(ui, &st.get("page-older")).clicked() {
                go = Some(page + 1);
            }
        });
    });
    if let Some(page) = go {
        st.scratch.texts.0.insert(PAGE.to_owned(), page.to_string());
        st.scratch.texts.0.insert("queue-per-page".to_owned(), per_page.to_string());
        st.out.push(DeskCommand::QueuePage(page));
    }
}

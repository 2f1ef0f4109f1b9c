//! The counter: a card on its way to its owner. Pages at the left, the one task in the middle, the person at the
//! right, the one primary action below; beside it the way back for a card that must not be handed over.

use devices::vocabulary::DeviceKind;
use eframe::egui::{
    Align, CentralPanel, Context, Key, Layout, Modifiers, Panel, Rect, RichText, ScrollArea, Sense, Ui, Vec2,
    vec2,
};
use record::schema::StepState;

use super::super::stage::{Decide, Dialog, Stage, small, title};
use super::super::theme::{self, Tone};
use super::super::{fonts, speech, views, widgets};
use super::handover_pages as pages;
use crate::handover::Handover;
use crate::handover::event::Command;
use crate::handover::parts::{Approval, Exempt, Page};
use crate::handover::view::Primary;
use crate::runtime::station::{DeskCommand, Screen};
use crate::session::event::Target;

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    let fresh = st.scratch.arrive(Some((h.id, h.page.id())));
    let narrow = ui.available_width() < theme::NARROW;
    Panel::bottom("handover-bar").frame(super::bar()).show(ui, |ui| actions(ui, st, h));
    if h.page != Page::Pick {
        let width = if narrow { 184.0 } else { 232.0 };
        let left = Panel::left("handover-pages").exact_size(width).resizable(false).frame(super::side());
        left.show(ui, |ui| list(ui, st, h));
    }
    let width = if narrow { 216.0 } else { 280.0 };
    Panel::right("handover-side").exact_size(width).resizable(false).frame(super::side()).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if h.person.is_some() {
                person(ui, st, h);
                approvals(ui, st, h);
            } else {
                super::cards::stock(ui, st);
            }
            ui.add_space(theme::GAP);
            super::aside::devices(ui, st);
        });
    });
    CentralPanel::default().frame(super::ground()).show(ui, |ui| {
        let area = ScrollArea::vertical().auto_shrink(false).id_salt(("handover", h.id, h.page.id()));
        area.show(ui, |ui| task(ui, st, h));
    });
    if fresh {
        ui.ctx().request_repaint();
    }
}

fn task(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    if let Some(fault) = &h.fault {
        let device = st.get(&format!("device-{}", fault.kind.id()));
        title(ui, &st.words.with("fault-title", &[("device", device.as_str())]));
        widgets::told_banner(ui, st.words, Tone::Error, &st.words.fault(fault.kind, &fault.fault));
        ui.label(st.get("handover-fault"));
        ui.horizontal_wrapped(|ui| {
            let label = st.words.with("restart-device", &[("device", device.as_str())]);
            if widgets::secondary_button(ui, &label).clicked() {
                st.out.push(DeskCommand::RestartDevice(fault.kind));
            }
            super::fault::other_devices(ui, st, fault.kind);
            if widgets::secondary_button(ui, &st.get("handover-without-device")).clicked() {
                send(st, Command::DismissFault);
            }
        });
        return;
    }
    title(ui, &st.get(&format!("handover-page-{}", h.page.id())));
    if let Some(code) = &h.save_failed {
        // While the vault has not answered nobody knows whether it is written.
        let id = if h.unanswered.is_some() { "handover-save-unknown" } else { "handover-save-failed" };
        let (what, to_do) = (st.get(id), st.get(&format!("{id}-do")));
        widgets::banner(ui, st.words, Tone::Error, &what, &to_do, code);
    }
    capture_state(ui, st, h);
    if let Primary::Disinfect(kind) = h.primary() {
        super::hygiene::locked(ui, st, kind);
    }
    match h.page {
        Page::Pick => pages::pick(ui, st, h),
        Page::Card => pages::card(ui, st, h),
        Page::Receiver => pages::receiver(ui, st, h),
        Page::Finger => pages::finger(ui, st, h),
        Page::Sign => pages::sign(ui, st, h),
        Page::Done => pages::done(ui, st, h),
    }
}

/// The running capture, or why it must be made again.
fn capture_state(ui: &mut Ui, st: &Stage<'_>, h: &Handover) {
    if let Some(pending) = &h.pending {
        let what = speech::capture(st.words, pending.target);
        let to_do = if pending.cancelling {
            st.get("capture-cancelling")
        } else {
            speech::during(st.words, pending.target)
        };
        let what = st.words.with("capture-running", &[("what", what)]);
        widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
    } else if let Some((target, reason)) = &h.retry {
        let note = crate::session::core::RetryNote { target: *target, reason: reason.clone(), found: None };
        widgets::told_banner(ui, st.words, Tone::Warning, &speech::retry(st.words, &note));
    }
}

pub(super) fn send(st: &mut Stage<'_>, command: Command) {
    st.out.push(DeskCommand::Handover(command));
}

/// The pages with what was found on each.
fn list(ui: &mut Ui, st: &Stage<'_>, h: &Handover) {
    let here = Page::ALL.iter().position(|p| *p == h.page).unwrap_or(0);
    for (at, page) in Page::ALL.iter().enumerate() {
        let state = match at.cmp(&here) {
            _ if h.page == Page::Done => StepState::Done,
            std::cmp::Ordering::Less => page_state(h, *page),
            std::cmp::Ordering::Equal => StepState::Busy,
            std::cmp::Ordering::Greater => StepState::Empty,
        };
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(theme::ICON), Sense::hover());
            widgets::paint_state(ui.painter(), rect, state);
            let text = RichText::new(st.get(&format!("handover-page-{}", page.id())));
            let text = if at == here { text.font(fonts::bold(theme::TEXT_BODY)) } else { text };
            ui.label(text);
        });
    }
}

fn page_state(h: &Handover, page: Page) -> StepState {
    let exempted = h.exempted();
    let excepted = exempted.iter().any(|what| match page {
        Page::Card => matches!(what, Exempt::Age | Exempt::Face),
        Page::Finger => *what == Exempt::Finger,
        _ => false,
    });
    if excepted { StepState::Excepted } else { StepState::Done }
}

fn person(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    let Some(p) = &h.person else { return };
    ui.horizontal_top(|ui| {
        let name = st.get("handover-recorded-photo");
        st.pictures.show(ui, p.photo.as_ref(), vec2(72.0, 96.0), &name);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(RichText::new(&p.name).font(fonts::bold(theme::TEXT_BODY)));
            small(ui, &st.words.date_long(p.birth));
            small(ui, &crate::documents::short_code(p.id));
        });
    });
    if let Some(nik) = h.known_nik() {
        ui.label(RichText::new(speech::nik_groups(nik)).font(fonts::bold(theme::TEXT_BODY)));
    }
    if p.earlier > 0 {
        small(ui, &st.words.with("handover-earlier", &[("count", p.earlier)]));
    }
}

/// What a supervisor has to decide.
fn approvals(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    if h.approvals.is_empty() || h.page == Page::Done {
        return;
    }
    ui.add_space(theme::GAP);
    ui.label(RichText::new(st.get("requirements-title")).font(fonts::bold(theme::TEXT_BODY)));
    for approval in h.approvals.values() {
        let text = st.get(&format!("handover-exempt-{}", approval.what.id()));
        small(ui, &text);
        match approval {
            Approval { met: Some(_), .. } => small(ui, &st.get("handover-approved")),
            Approval { denied: true, .. } => small(ui, &st.get("requirement-denied")),
            _ => {}
        }
        if let (None, Some(request)) = (&approval.met, &approval.request) {
            let label = st.words.with("decide-now", &[("what", text.as_str())]);
            if widgets::secondary_button(ui, &label).clicked() {
                st.scratch.dialog =
                    Some(Dialog::Decide(Decide { nonce: request.nonce, ..Decide::default() }));
            }
        }
    }
}

fn actions(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    let (label, act) = primary(st, h);
    super::bar_row(ui, |ui| {
        ui.add_enabled_ui(!h.busy() && h.unanswered.is_none(), |ui| {
            if h.page == Page::Pick || h.page == Page::Done {
                if widgets::secondary_button(ui, &st.get("handover-close")).clicked() {
                    st.out.push(DeskCommand::CloseHandover);
                }
                return;
            }
            if widgets::secondary_button(ui, &st.get("action-back")).clicked() {
                send(st, Command::Back);
            }
            if widgets::secondary_button(ui, &st.get("handover-give-back")).clicked() {
                st.scratch.dialog = Some(Dialog::GiveBack(None));
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(label) = label {
                let pressed = ui
                    .add_enabled_ui(act.is_some(), |ui| widgets::primary_button(ui, &label))
                    .inner
                    .clicked();
                if let (true, Some(act)) = (pressed, act) {
                    perform(st, act);
                }
            }
            missing(ui, st, h);
        });
    });
}

/// The first thing that is missing, beside the primary action.
fn missing(ui: &mut Ui, st: &Stage<'_>, h: &Handover) {
    if h.busy() || h.unanswered.is_some() || h.fault.is_some() || h.page == Page::Pick {
        return;
    }
    if let Some(id) = h.blockers().first() {
        let told = st.get(&format!("handover-missing-{id}"));
        let told = st.words.with("blocked-by", &[("list", told)]);
        let free = vec2(ui.available_width() - theme::GAP, theme::TOUCH);
        ui.allocate_ui_with_layout(free, Layout::right_to_left(Align::Center), |ui| {
            let text = RichText::new(told).size(theme::TEXT_SMALL).color(theme::TEXT_WEAK);
            ui.add(eframe::egui::Label::new(text).wrap().halign(Align::Max));
        });
    }
}

enum Act {
    Send(Command),
    Desk(DeskCommand),
    Drawn,
    Ask(Dialog),
}

fn perform(st: &mut Stage<'_>, act: Act) {
    match act {
        Act::Send(command) => send(st, command),
        Act::Desk(command) => st.out.push(command),
        Act::Ask(dialog) => st.scratch.dialog = Some(dialog),
        Act::Drawn => {
            let strokes = st.scratch.ink.strokes().clone();
            st.scratch.ink.clear();
            send(st, Command::Drawn(strokes));
        }
    }
}

fn pad_is_there(st: &Stage<'_>) -> bool {
    st.desk.devices().iter().any(|d| d.kind == DeviceKind::SignaturePad && d.info.is_some())
}

/// What the primary button says and does.
fn primary(st: &Stage<'_>, h: &Handover) -> (Option<String>, Option<Act>) {
    if let Some(fault) = &h.fault {
        let act = h.can_capture(fault.target).then(|| Act::Send(Command::Capture(fault.target)));
        return (Some(st.get("action-retry")), act);
    }
    let primary = h.primary();
    let send = primary.command().map(Act::Send);
    match primary {
        Primary::Nothing => (None, None),
        Primary::Cancel => (Some(st.get("capture-cancel")), send),
        Primary::Wait => (Some(st.get("please-wait")), None),
        Primary::SaveAgain(_) => (Some(st.get("handover-save-again")), send),
        Primary::Disinfect(kind) => {
            let act = Act::Desk(DeskCommand::Disinfected(kind));
            (Some(super::hygiene::confirm_label(st, kind)), Some(act))
        }
        Primary::Again => (Some(st.get("handover-again")), Some(Act::Desk(DeskCommand::OpenHandover))),
        Primary::Capture(Target::StatementSignature) if !st.scratch.ink.is_empty() => {
            (Some(st.get("use-drawn")), Some(Act::Drawn))
        }
        // Without a pad the box on the screen is the one place to sign.
        Primary::Capture(Target::StatementSignature) if !pad_is_there(st) => {
            (Some(st.get("sign-in-box")), None)
        }
        Primary::Capture(target) => (Some(speech::capture(st.words, target)), send),
        Primary::Next(_) => (Some(st.get("action-next")), send),
        Primary::Issue(ready) => {
            let waits = h.approvals.values().filter(|a| a.met.is_none()).find_map(|a| a.request.as_ref());
            if let (false, ["approval"], Some(request)) = (ready, h.blockers().as_slice(), waits) {
                let decide = Decide { nonce: request.nonce, ..Decide::default() };
                return (Some(st.get("decide")), Some(Act::Ask(Dialog::Decide(decide))));
            }
            (Some(st.get("handover-issue")), send)
        }
    }
}

/// Keys of the counter, as in a session.
pub(super) fn keys(ctx: &Context, st: &mut Stage<'_>) {
    if st.scratch.dialog.is_some() || st.desk.screen() != Screen::Handover {
        return;
    }
    let desk = st.desk;
    let Some(h) = desk.handover() else { return };
    let focused = ctx.memory(|m| m.focused().is_some());
    let key = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let go = key(Modifiers::NONE, Key::F10)
        || key(Modifiers::COMMAND, Key::Enter)
        || (!focused && key(Modifiers::NONE, Key::Enter));
    if go && let (_, Some(act)) = primary(st, h) {
        perform(st, act);
    }
    if !focused && key(Modifiers::NONE, Key::Escape) {
        match (h.pending.is_some(), h.page) {
            (true, _) => send(st, Command::CancelCapture),
            (false, Page::Pick | Page::Done) => st.out.push(DeskCommand::CloseHandover),
            (false, _) => send(st, Command::Back),
        }
    }
}

/// Two pictures beside each other, each under its name.
pub(super) fn pair_of_pictures(
    ui: &mut Ui,
    st: &mut Stage<'_>,
    pictures: [(&str, Option<&crate::session::sample::Media>); 2],
) -> Option<Rect> {
    let side = ((ui.available_width() - theme::GAP) / 2.0).clamp(120.0, 210.0);
    let mut last = None;
    ui.horizontal_top(|ui| {
        for (id, media) in pictures {
            ui.vertical(|ui| {
                ui.set_max_width(side);
                let name = st.get(id);
                small(ui, &name);
                let shown = st.pictures.show(ui, media, vec2(side, side * 4.0 / 3.0), &name);
                last = Some(shown.rect);
            });
        }
    });
    last
}

/// The receipt that was made, or why there is none.
pub(super) fn receipt(ui: &mut Ui, st: &mut Stage<'_>, h: &Handover) {
    match &h.receipt {
        None => small(ui, &st.get("handover-receipt-running")),
        Some(Ok(_)) => views::document(ui, st, "receipt"),
        Some(Err(code)) => {
            let (what, to_do) = (st.get("handover-receipt-failed"), st.get("handover-receipt-failed-do"));
            widgets::banner(ui, st.words, Tone::Error, &what, &to_do, code);
            if widgets::secondary_button(ui, &st.get("handover-receipt-again")).clicked() {
                send(st, Command::ReceiptAgain);
            }
        }
    }
}

//! The frame of a session: steps at the left, the one task in the middle, the applicant at the right, and below it
//! the one primary action, back and park, always in the same place.

use devices::vocabulary::DeviceKind;
use eframe::egui::{Align, CentralPanel, Context, Key, Layout, Modifiers, Panel, RichText, ScrollArea, Ui};
use record::schema::StepId;

use super::super::stage::{Decide, Dialog, Stage};
use super::super::{speech, theme, views, widgets};
use crate::runtime::station::{DeskCommand, Screen};
use crate::session::event::{Command, Target};
use crate::session::view::{Action, SessionView};

/// What the primary button says and does.
struct Primary {
    label: String,
    enabled: bool,
    act: Act,
}

enum Act {
    Send(DeskCommand),
    Ask(Dialog),
    Drawn(Target),
    Nothing,
}

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    if !s.core.running() {
        super::ended::show(ui, st, view);
        return;
    }
    let fresh = st.scratch.arrive(Some((s.core.id, s.core.current.id())));
    let narrow = ui.available_width() < theme::NARROW;
    Panel::bottom("session-bar").frame(super::bar()).show(ui, |ui| actions(ui, st, view));
    let left = if narrow { 184.0 } else { 232.0 };
    Panel::left("session-steps")
        .exact_size(left)
        .resizable(false)
        .frame(super::side())
        .show(ui, |ui| list(ui, st, view, fresh));
    super::aside::show(ui, st, view, if narrow { 200.0 } else { 264.0 });
    CentralPanel::default().frame(super::ground()).show(ui, |ui| {
        // Every step begins at its top.
        let area =
            ScrollArea::vertical().auto_shrink(false).id_salt(("task", s.core.id, s.core.current.id()));
        area.show(ui, |ui| task(ui, st, view));
    });
    if fresh {
        ui.ctx().request_repaint();
    }
}

fn task(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    if !s.core.unkept.is_empty() {
        let code = s.core.unkept.values().next().cloned().unwrap_or_default();
        let (what, to_do) = (st.get("unkept"), st.get("unkept-do"));
        widgets::banner(ui, st.words, theme::Tone::Error, &what, &to_do, &code);
        if widgets::secondary_button(ui, &st.get("unkept-retry")).clicked() {
            st.send(Command::RetryKeep);
        }
    }
    if let Some(code) = s.core.part_faults.get(&view.current()) {
        let step = st.get(&format!("step-{}", view.current().id()));
        let what = st.words.with("part-refused", &[("step", step.as_str())]);
        widgets::banner(ui, st.words, theme::Tone::Error, &what, &st.get("part-refused-do"), code);
    }
    if view.fault().is_some() {
        super::fault::show(ui, st, view);
        return;
    }
    if s.core.reverify.is_some() {
        super::hygiene::before_capture(ui, st, view);
        super::fault::reverify(ui, st, view);
        return;
    }
    super::hygiene::before_capture(ui, st, view);
    (views::view_of(view.current()))(ui, st, view);
}

fn list(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, fresh: bool) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for line in view.steps() {
            let open = line.open && !line.current && !view.session.busy();
            let response = ui
                .add_enabled_ui(open || line.current, |ui| {
                    widgets::step_item(ui, st.words, line.id, line.state, None, line.current)
                })
                .inner;
            if line.current && fresh {
                response.scroll_to_me(Some(Align::Center));
            }
            if response.clicked() && open {
                st.send(Command::Open(line.id));
            }
        }
    });
}

fn actions(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let busy = view.session.busy();
    let primary = primary(st, view);
    let missing = view.blockers();
    super::bar_row(ui, |ui| {
        ui.add_enabled_ui(!busy && previous(view).is_some(), |ui| {
            if widgets::secondary_button(ui, &st.get("action-back")).clicked() {
                back(st, view);
            }
        });
        ui.add_enabled_ui(!busy, |ui| {
            if widgets::secondary_button(ui, &st.get("action-park")).clicked() {
                st.send(Command::Park);
            }
            if widgets::secondary_button(ui, &st.get("abandon")).clicked() {
                st.scratch.dialog = Some(Dialog::Abandon(String::new()));
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let pressed = ui
                .add_enabled_ui(primary.enabled, |ui| widgets::primary_button(ui, &primary.label))
                .inner
                .clicked();
            if pressed {
                perform(st, primary.act);
            }
            let told = if busy { None } else { speech::blockers(st.words, view.session, &missing) };
            let hidden = view.session.core.reverify.is_some() || view.fault().is_some();
            if let Some(told) = told.filter(|_| !hidden) {
                let free = eframe::egui::vec2(ui.available_width() - theme::GAP, theme::TOUCH);
                ui.allocate_ui_with_layout(free, Layout::right_to_left(Align::Center), |ui| {
                    let text = RichText::new(told).size(theme::TEXT_SMALL).color(theme::TEXT_WEAK);
                    ui.add(eframe::egui::Label::new(text).wrap().halign(Align::Max));
                });
            }
        });
    });
}

fn perform(st: &mut Stage<'_>, act: Act) {
    match act {
        Act::Send(command) => st.out.push(command),
        Act::Ask(dialog) => st.scratch.dialog = Some(dialog),
        Act::Drawn(target) => {
            let strokes = st.scratch.ink.strokes().clone();
            st.scratch.ink.clear();
            st.send(Command::Drawn(target, strokes));
        }
        Act::Nothing => {}
    }
}

/// The primary action in this screen's words. Where the session's own one is blocked by something that has a page of
/// its own (a signature drawn here, the applicant's word on the photo, a decision), that comes first.
fn primary(st: &Stage<'_>, view: &SessionView<'_>) -> Primary {
    let s = view.session;
    let control = view.primary();
    let target = match &control.action {
        Action::Command(Command::Capture(t)) => Some(*t),
        _ => None,
    };
    let send = |c: Command| Act::Send(DeskCommand::Session(c));
    if s.busy() {
        let stops = s.core.pending.is_some() || s.core.look_up.is_some();
        let id = if stops { "capture-cancel" } else { "please-wait" };
        let act = if stops { send(Command::CancelCapture) } else { Act::Nothing };
        return Primary { label: st.get(id), enabled: control.enabled, act };
    }
    if let Some(fault) = view.fault() {
        let can = s.can_capture(fault.target, view.now);
        return Primary {
            label: st.get("action-retry"),
            enabled: can,
            act: send(Command::Capture(fault.target)),
        };
    }
    if s.core.reverify.is_none()
        && let Some(special) = special(st, view, target)
    {
        return special;
    }
    match (target, control.action) {
        (Some(t), _) => {
            Primary { label: speech::capture(st.words, t), enabled: true, act: send(Command::Capture(t)) }
        }
        (None, Action::Command(c @ Command::Disinfected(kind))) => {
            let label = super::hygiene::confirm_label(st, kind);
            Primary { label, enabled: true, act: send(c) }
        }
        (None, Action::Command(c)) => {
            let id = match view.current() {
                StepId::Seal => "seal-now",
                StepId::Identity if !s.data.identity.looked_up => "look-up",
                StepId::Health | StepId::Urgency => "judge-and-go-on",
                _ => "action-next",
            };
            Primary { label: st.get(id), enabled: control.enabled, act: send(c) }
        }
        (None, _) => Primary { label: st.get("action-next"), enabled: false, act: Act::Nothing },
    }
}

fn special(st: &Stage<'_>, view: &SessionView<'_>, target: Option<Target>) -> Option<Primary> {
    let s = view.session;
    let signing = match view.current() {
        StepId::Signature => Some(Target::CardSignature),
        StepId::Statement => Some(Target::StatementSignature),
        _ => None,
    };
    if let Some(t) = signing.filter(|t| s.can_capture(*t, view.now)) {
        if !st.scratch.ink.is_empty() {
            return Some(Primary { label: st.get("use-drawn"), enabled: true, act: Act::Drawn(t) });
        }
        // Without a pad the box on the screen is the one place to sign.
        if target == Some(t) && !pad_is_there(st) {
            return Some(Primary { label: st.get("sign-in-box"), enabled: false, act: Act::Nothing });
        }
    }
    let blockers = view.blockers();
    if view.current() == StepId::Photo && blockers == ["photo-approval"] {
        let act = Act::Send(DeskCommand::Session(Command::ApprovePhoto(true)));
        return Some(Primary { label: st.get("approve-photo"), enabled: true, act });
    }
    let deciding = matches!(view.current(), StepId::Approval | StepId::Seal)
        && !blockers.is_empty()
        && blockers.iter().all(|b| b.starts_with("approval.") || b.starts_with("requirement."));
    if deciding {
        let open = view.requirements();
        let request = open.iter().find(|r| speech::can_be_decided(r)).and_then(|r| r.request.as_ref());
        let decide = |nonce| Act::Ask(Dialog::Decide(Decide { nonce, ..Decide::default() }));
        return request.map(|r| Primary { label: st.get("decide"), enabled: true, act: decide(r.nonce) });
    }
    None
}

fn pad_is_there(st: &Stage<'_>) -> bool {
    st.desk.devices().iter().any(|d| d.kind == DeviceKind::SignaturePad && d.info.is_some())
}

/// The open step before this one.
fn previous(view: &SessionView<'_>) -> Option<StepId> {
    let steps = view.steps();
    let here = steps.iter().position(|l| l.current)?;
    steps.iter().take(here).rev().find(|l| l.open).map(|l| l.id)
}

fn back(st: &mut Stage<'_>, view: &SessionView<'_>) {
    if let Some(step) = previous(view) {
        st.send(Command::Open(step));
    }
}

/// Keys of a session. Enter is the primary action while no control has the keyboard; F10 and Ctrl+Enter always are.
pub(super) fn keys(ctx: &Context, st: &mut Stage<'_>) {
    if st.scratch.dialog.is_some() || st.desk.screen() != Screen::Session {
        return;
    }
    let Some(view) = st.desk.session() else { return };
    let focused = ctx.memory(|m| m.focused().is_some());
    let key = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    let go = key(Modifiers::NONE, Key::F10)
        || key(Modifiers::COMMAND, Key::Enter)
        || (!focused && key(Modifiers::NONE, Key::Enter));
    if go {
        if view.session.core.running() {
            let primary = primary(st, &view);
            if primary.enabled {
                perform(st, primary.act);
            }
        } else {
            super::ended::primary(st, &view);
        }
    }
    if !view.session.core.running() {
        return;
    }
    if key(Modifiers::NONE, Key::F8) && !view.session.busy() {
        st.send(Command::Park);
    }
    if !focused && key(Modifiers::NONE, Key::Escape) {
        if view.session.core.pending.is_some() {
            st.send(Command::CancelCapture);
        } else if !view.session.busy() {
            back(st, &view);
        }
    }
}

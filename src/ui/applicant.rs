//! The applicant's screen: a window of its own, for a second monitor. It says in large letters what happens now, shows
//! the live picture, the data to confirm and the statement, and is the pad while a signature is asked for; at the counter
//! it serves the receiver of a card in the same way. It only reads the desk, as the operator's window does; closing it
//! costs nothing. Without a running session or handover it shows nothing of anybody.

mod counter;

use biometrics::signature::Strokes;
use eframe::egui::{
    Align, CentralPanel, Context, Frame, Key, Layout, RichText, ScrollArea, Ui, ViewportBuilder,
    ViewportCommand, ViewportId, vec2,
};
use record::schema::{Outcome, StepId};

use super::app::is_of_a_person;
use super::stage::Stage;
use super::theme::{self, Tone};
use super::{fonts, screens, speech, views, widgets};
use crate::population::identity::{FIELDS, field_text};
use crate::runtime::station::Screen;
use crate::session::event::{Command, Target};
use crate::session::view::SessionView;

/// Size of the window at start, in points.
const SIZE: [f32; 2] = [1024.0, 720.0];
/// Smallest size it works in.
const LEAST_SIZE: [f32; 2] = [800.0, 560.0];

/// What somebody did at the window, beside what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// It was closed.
    pub closed: bool,
    /// Somebody is there.
    pub touched: bool,
}

/// Draws the window, opening it where it is not open yet. Ctrl+L locks from here too.
pub fn window(ctx: &Context, st: &mut Stage<'_>) -> Seen {
    let builder = ViewportBuilder::default()
        .with_title(st.get("applicant-window"))
        .with_app_id("rekam-applicant")
        .with_inner_size(SIZE)
        .with_min_inner_size(LEAST_SIZE);
    ctx.show_viewport_immediate(ViewportId::from_hash_of("applicant"), builder, |ui, _class| {
        let touched = ui.input(|i| i.events.iter().any(is_of_a_person));
        screens::lock_key(ui.ctx(), st);
        show(ui, st);
        let (full, pressed, closed) = ui.input(|i| {
            let full = i.viewport().fullscreen.unwrap_or(false);
            (full, i.key_pressed(Key::F11), i.viewport().close_requested())
        });
        if pressed {
            ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(!full));
        }
        Seen { closed, touched }
    })
}

/// What it shows now.
pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>) {
    let ground = Frame::new().fill(theme::GROUND).inner_margin(theme::MARGIN);
    CentralPanel::default().frame(ground).show(ui, |ui| {
        let desk = st.desk;
        match desk.session() {
            Some(view) if view.session.core.running() => step(ui, st, &view),
            // The session is over: nothing of the person stays on this screen.
            Some(view) => alone(ui, st, ended(view.session.core.outcome)),
            None => match desk.handover().filter(|_| desk.screen() == Screen::Handover) {
                Some(h) => counter::show(ui, st, h),
                None => alone(ui, st, "applicant-welcome"),
            },
        }
    });
}

/// What the applicant is told at the end of a session.
fn ended(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sealed => "applicant-done",
        _ => "applicant-ask",
    }
}

/// One message in the middle of the screen.
fn alone(ui: &mut Ui, st: &Stage<'_>, message: &str) {
    ui.add_space(ui.available_height() * 0.3);
    ui.vertical_centered(|ui| {
        large(ui, &st.get(message));
        told(ui, &st.get(&format!("{message}-do")));
    });
}

fn step(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let current = view.current();
    ui.vertical_centered(|ui| {
        let again = view.session.core.reverify.as_ref().map_or(current, |_| StepId::Verification);
        large(ui, &st.get(&format!("step-{}", again.id())));
        told(ui, &instruction(st, view));
        if let Some(note) = view.retry().filter(|_| !view.session.busy()) {
            let told = speech::retry(st.words, note);
            widgets::strip(ui, Tone::Warning, &told.to_do);
        }
    });
    ui.add_space(theme::GAP);
    if view.session.core.reverify.is_some() {
        // Who sits there is not known again yet: nothing of the person is shown.
        return;
    }
    if let Some(target) = views::pad_wanted(st, view) {
        // The pad stands at the bottom and is never scrolled away, however long the statement is.
        ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
            pad(ui, st, !view.session.busy(), |st, strokes| st.send(Command::Drawn(target, strokes)));
            ui.with_layout(Layout::top_down(Align::Min), |ui| contents(ui, st, view));
        });
    } else {
        contents(ui, st, view);
    }
}

/// The one thing to do now: that of the capture under way, or of the step.
fn instruction(st: &Stage<'_>, view: &SessionView<'_>) -> String {
    let pending = view.session.core.pending.as_ref().filter(|p| !p.cancelling).map(|p| p.target);
    let put = |name: String| st.words.with("applicant-put", &[("name", name)]);
    match pending {
        Some(Target::Slap(slap)) => put(st.get(&format!("slap-{}", slap.id()))),
        Some(Target::Finger(f) | Target::Verify(f) | Target::Reverify(f)) => {
            put(st.get(&format!("finger-{}", f.id())))
        }
        _ if view.session.core.reverify.is_some() => st.get("applicant-do-verification"),
        _ if signed(st, view) => st.get("applicant-signed-done"),
        _ => st.get(&format!("applicant-do-{}", view.current().id())),
    }
}

/// The signature that this step asks for is there.
fn signed(st: &Stage<'_>, view: &SessionView<'_>) -> bool {
    let d = &view.session.data;
    let sample = match view.current() {
        StepId::Signature => &d.signature.sample,
        StepId::Statement => &d.statement.sample,
        _ => return false,
    };
    sample.is_some() && views::pad_wanted(st, view).is_none()
}

fn contents(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    match view.current() {
        StepId::Photo => photo(ui, st, view),
        StepId::Biodata => {
            scrolled(ui, "applicant-biodata", |ui| {
                widgets::card(ui, |ui| biodata(ui, st, view));
            });
        }
        StepId::Statement => {
            let d = &s.data.statement;
            let text = if d.text.is_empty() { &s.ctx.statement_text } else { &d.text };
            scrolled(ui, "applicant-statement", |ui| {
                widgets::card(ui, |ui| {
                    ui.label(RichText::new(text).font(fonts::regular(theme::TEXT_BIG)));
                    if !d.confirmed {
                        ui.add_space(theme::GAP);
                        biodata(ui, st, view);
                    }
                });
            });
        }
        StepId::Signature => {
            let kept = s.data.signature.sample.as_ref().filter(|_| signed(st, view));
            if let Some(sample) = kept {
                let name = st.get("signature-kept");
                let room = vec2(ui.available_width(), ui.available_height().min(320.0));
                st.pictures.show(ui, Some(&sample.png), room, &name);
            }
        }
        _ => {}
    }
}

/// The captured photo, or the live picture while there is none.
fn photo(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let room = ui.available_size() - vec2(0.0, theme::GAP);
    match crate::steps::photo::card(view.session).filter(|_| view.session.core.pending.is_none()) {
        Some(card) => {
            let name = st.get("applicant-photo");
            st.pictures.show(ui, Some(card), room, &name);
        }
        None => {
            let (newest, name) = (st.desk.preview(), st.get("applicant-live"));
            st.pictures.show_preview(ui, newest, room, &name);
        }
    }
}

fn biodata(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let columns = if ui.available_width() > 880.0 { 3 } else { 2 };
    ui.columns(columns, |uis| {
        for (i, field) in FIELDS.iter().enumerate() {
            let text = match (*field, s.nik()) {
                ("nik", Some(nik)) => speech::nik_groups(nik),
                _ => field_text(&s.data.biodata.values, field).unwrap_or_default(),
            };
            let column = i * columns / FIELDS.len();
            if let Some(ui) = uis.get_mut(column).filter(|_| !text.is_empty()) {
                ui.label(RichText::new(st.get(&format!("field-{field}"))).color(theme::TEXT_WEAK));
                ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BIG)));
            }
        }
    });
}

/// The pad with its two buttons, from below. `take` gets what was signed.
fn pad(ui: &mut Ui, st: &mut Stage<'_>, ready: bool, take: impl FnOnce(&mut Stage<'_>, Strokes)) {
    let drawn = !st.scratch.ink.is_empty();
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), theme::TOUCH + theme::GAP),
        Layout::right_to_left(Align::Center),
        |ui| {
            ui.add_enabled_ui(ready && drawn, |ui| {
                if widgets::primary_button(ui, &st.get("applicant-signed")).clicked() {
                    let strokes = st.scratch.ink.strokes().clone();
                    st.scratch.ink.clear();
                    take(st, strokes);
                }
                if widgets::secondary_button(ui, &st.get("applicant-clear")).clicked() {
                    st.scratch.ink.clear();
                }
            });
        },
    );
    let height = (ui.available_height() * 0.6).clamp(160.0, 360.0);
    let size = vec2(ui.available_width(), height);
    ui.add_enabled_ui(ready, |ui| {
        widgets::signature_canvas(ui, st.words, &mut st.scratch.ink, size);
    });
    ui.add_space(theme::GAP);
}

fn scrolled(ui: &mut Ui, salt: &str, contents: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink([false, true]).id_salt(salt).show(ui, contents);
}

fn large(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(fonts::bold(2.0 * theme::TEXT_TITLE)).color(theme::PRIMARY));
}

fn told(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(fonts::regular(theme::TEXT_TITLE)));
}

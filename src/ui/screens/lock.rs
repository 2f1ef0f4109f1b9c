//! The lock: nothing of any applicant is on screen. The officer who is signed in opens it by passphrase, by PIN where one
//! is set, or by finger where the office wants that; anybody may sign that officer out, which parks the session.

use biometrics::position::FingerPosition;
use devices::vocabulary::DeviceKind;
use eframe::egui::{CentralPanel, Context, Key, Modifiers, RichText, ScrollArea, Ui};
use record::schema::StepState;
use zeroize::Zeroize;

use super::super::stage::{Stage, small, title};
use super::super::theme::{self, Tone};
use super::super::{speech, widgets};
use crate::runtime::station::{DeskCommand, FingerWay, LockNote, LockView, Screen};
use crate::session::core::RetryNote;
use crate::session::event::{Subject, Target};

const SECRET: &str = "lock-secret";
const PIN: &str = "lock-pin";

/// Ctrl+L locks from anywhere, the applicant's window too.
pub(in crate::ui) fn lock_key(ctx: &Context, st: &mut Stage<'_>) {
    if st.desk.signed_in().is_some() && ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::L)) {
        st.out.push(DeskCommand::Lock);
    }
}

/// On the lock F10 asks for the finger and Escape stops asking.
pub(super) fn keys(ctx: &Context, st: &mut Stage<'_>) {
    lock_key(ctx, st);
    let key = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    if st.desk.screen() != Screen::Locked {
        return;
    }
    match st.desk.lock().map(|lock| lock.finger) {
        Some(FingerWay::Ready(_)) if key(Modifiers::NONE, Key::F10) => {
            st.out.push(DeskCommand::UnlockByFinger);
        }
        Some(FingerWay::Waiting(_)) if key(Modifiers::NONE, Key::Escape) => {
            st.out.push(DeskCommand::StopFinger);
        }
        _ => {}
    }
}

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>) {
    let Some(lock) = st.desk.lock() else { return };
    CentralPanel::default().frame(super::ground()).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let width = ui.available_width().min(560.0);
            ui.vertical_centered(|ui| {
                ui.set_max_width(width);
                title(ui, &st.get("lock-title"));
                let who = st.desk.signed_in().map(|o| o.name.clone()).unwrap_or_default();
                small(ui, &st.words.with("lock-who", &[("name", who.as_str())]));
                ui.add_space(theme::GAP);
                widgets::card(ui, |ui| {
                    note(ui, st, &lock);
                    if lock.finger != FingerWay::Off {
                        finger(ui, st, &lock);
                        ui.separator();
                    }
                    if lock.pin {
                        secret(ui, st, &BY_PIN);
                        ui.separator();
                    }
                    secret(ui, st, &BY_PASSPHRASE);
                });
                ui.add_space(theme::GAP);
                another(ui, st, &lock);
            });
        });
    });
}

/// How the last try ended: the finger, the passphrase or the device, never one for the other.
fn note(ui: &mut Ui, st: &Stage<'_>, lock: &LockView) {
    let Some(note) = &lock.note else { return };
    match note {
        LockNote::NoMatch(left) => {
            let what = st.get("lock-no-match");
            let to_do = st.words.with("lock-no-match-do", &[("left", *left)]);
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
        LockNote::Retry(retry) => {
            let target = Target::Reverify(FingerPosition::RightIndex);
            let note = RetryNote { target, reason: retry.id().to_owned(), found: None };
            widgets::told_banner(ui, st.words, Tone::Warning, &speech::retry(st.words, &note));
        }
        LockNote::Fault(fault) => {
            let told = st.words.fault(DeviceKind::Fingerprint, fault);
            widgets::told_banner(ui, st.words, Tone::Error, &told);
        }
        LockNote::Passphrase => {
            let (what, to_do) = (st.get("lock-passphrase-wrong"), st.get("lock-passphrase-wrong-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
        LockNote::Pin(left) => {
            let to_do = st.words.with("lock-pin-wrong-do", &[("left", *left)]);
            widgets::banner(ui, st.words, Tone::Warning, &st.get("lock-pin-wrong"), &to_do, "");
        }
        LockNote::LockedOut(until) => {
            let time = st.words.time(*until, st.desk.utc_offset_s());
            let to_do = st.words.with("lock-locked-out-do", &[("time", time)]);
            widgets::banner(ui, st.words, Tone::Warning, &st.get("vault-locked-out"), &to_do, "");
        }
        LockNote::Slept => {
            let (what, to_do) = (st.get("lock-slept"), st.get("lock-slept-do"));
            widgets::banner(ui, st.words, Tone::Info, &what, &to_do, "");
        }
        LockNote::NotChecked(notice) => {
            let (what, to_do) = (st.get(&notice.message), st.get(&format!("{}-do", notice.message)));
            widgets::banner(ui, st.words, Tone::Error, &what, &to_do, &notice.code);
        }
    }
    ui.add_space(theme::GAP);
}

fn finger(ui: &mut Ui, st: &mut Stage<'_>, lock: &LockView) {
    let (position, waiting) = match lock.finger {
        FingerWay::Ready(position) => (position, false),
        FingerWay::Waiting(position) => (position, true),
        FingerWay::Off => return,
        FingerWay::Reading => return small(ui, &st.get("lock-finger-reading")),
        FingerWay::NotEnrolled => return small(ui, &st.get("lock-finger-not-enrolled")),
        FingerWay::NoReader => return small(ui, &st.get("lock-finger-no-reader")),
        FingerWay::UsedUp => return small(ui, &st.get("lock-finger-used-up")),
    };
    let name = speech::subject(st.words, Subject::Finger(position));
    let told =
        st.words.with(if waiting { "lock-finger-now" } else { "lock-finger-which" }, &[("finger", name)]);
    ui.label(RichText::new(told).strong());
    ui.scope(|ui| {
        ui.set_max_width(360.0);
        let state = |f| if waiting && f == position { StepState::Busy } else { StepState::Empty };
        widgets::hands_picture(ui, st.words, &widgets::HandsView { state: &state, wanted: &[position] });
    });
    let restart = matches!(lock.note, Some(LockNote::Fault(_)));
    if waiting {
        if widgets::secondary_button(ui, &st.get("lock-finger-stop")).clicked() {
            st.out.push(DeskCommand::StopFinger);
        }
        return;
    }
    let ask = widgets::primary_button(ui, &st.get("lock-finger"));
    st.first(ui, ask.id);
    if ask.clicked() {
        st.out.push(DeskCommand::UnlockByFinger);
    }
    if restart {
        let device = st.get(&format!("device-{}", DeviceKind::Fingerprint.id()));
        let label = st.words.with("restart-device", &[("device", device.as_str())]);
        if widgets::secondary_button(ui, &label).clicked() {
            st.out.push(DeskCommand::RestartDevice(DeviceKind::Fingerprint));
        }
    }
}

/// A secret that opens: its field, its words, what is sent.
struct Way {
    field: &'static str,
    label: &'static str,
    open: &'static str,
    send: fn(zeroize::Zeroizing<String>) -> DeskCommand,
}

const BY_PASSPHRASE: Way =
    Way { field: SECRET, label: "field-secret", open: "lock-open", send: DeskCommand::Unlock };
const BY_PIN: Way =
    Way { field: PIN, label: "lock-pin-field", open: "lock-pin-open", send: DeskCommand::UnlockByPin };

fn secret(ui: &mut Ui, st: &mut Stage<'_>, way: &Way) {
    let checking = st.desk.checking_secret();
    let secret = st.scratch.texts.0.entry(way.field.to_owned()).or_default();
    let field = widgets::secret_field(ui, &st.words.get(way.label), secret, None);
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    let ready = !checking && !secret.is_empty();
    let label = st.words.get(if checking { "sign-in-checking" } else { way.open });
    let pressed = ui.add_enabled_ui(ready, |ui| widgets::secondary_button(ui, &label)).inner.clicked();
    if ready && (pressed || entered) {
        let sent = zeroize::Zeroizing::new(std::mem::take(secret));
        secret.zeroize();
        st.out.push((way.send)(sent));
    }
    // A wrong secret is typed again where it was typed.
    if entered {
        field.request_focus();
    }
    st.first(ui, field.id);
}

/// Another officer's way: the one who is away is signed out, as by hand.
fn another(ui: &mut Ui, st: &mut Stage<'_>, lock: &LockView) {
    if widgets::secondary_button(ui, &st.get("lock-sign-out")).clicked() {
        st.out.push(DeskCommand::SignOut);
    }
    small(ui, &st.get("lock-sign-out-hint"));
    if let Some(at) = lock.signs_out {
        let time = st.words.time(at, st.desk.utc_offset_s());
        small(ui, &st.words.with("lock-until", &[("time", time)]));
    }
}

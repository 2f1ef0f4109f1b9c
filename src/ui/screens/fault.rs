//! Pages that take the place of a step: a device that failed, and the check that the right person is back.

use devices::vocabulary::DeviceKind;
use eframe::egui::{RichText, Ui};

use super::super::stage::{Decide, Dialog, Stage, small, title};
use super::super::theme::{self, Tone};
use super::super::{speech, widgets};
use crate::runtime::station::DeskCommand;
use crate::session::event::{Command, Subject, Target};
use crate::session::flow::REVERIFY;
use crate::session::view::SessionView;

/// The device is to blame, what happened, what to try, and the way on without it.
pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let Some(note) = view.fault() else { return };
    let device = st.get(&format!("device-{}", note.kind.id()));
    title(ui, &st.words.with("fault-title", &[("device", device.as_str())]));
    ui.add_space(theme::GAP);
    widgets::told_banner(ui, st.words, Tone::Error, &st.words.fault(note.kind, &note.fault));
    ui.add_space(theme::GAP);
    widgets::card(ui, |ui| {
        ui.label(st.get("fault-nothing-lost"));
        ui.add_space(theme::GAP);
        ui.horizontal_wrapped(|ui| {
            let label = st.words.with("restart-device", &[("device", device.as_str())]);
            if widgets::secondary_button(ui, &label).clicked() {
                st.out.push(DeskCommand::RestartDevice(note.kind));
            }
            other_devices(ui, st, note.kind);
            if widgets::secondary_button(ui, &st.get(without(note.kind, note.target))).clicked() {
                st.send(Command::DismissFault);
                st.scratch.dialog = exception(note.target);
            }
        });
        small(ui, &st.get(&format!("{}-do", without(note.kind, note.target))));
    });
}

/// A button for each other device of the kind that is plugged in.
pub(super) fn other_devices(ui: &mut Ui, st: &mut Stage<'_>, kind: DeviceKind) {
    let Some(line) = st.desk.devices().iter().find(|line| line.kind == kind) else { return };
    for other in &line.others {
        let label = st.words.with("use-device", &[("device", other.model.as_str())]);
        if widgets::secondary_button(ui, &label).clicked() {
            st.out.push(DeskCommand::UseDevice(kind, other.id.clone()));
        }
    }
}

/// Message of the way on without a device.
fn without(kind: DeviceKind, target: Target) -> &'static str {
    match (kind, target) {
        (_, Target::Verify(_)) => "fault-without-verify",
        (_, Target::Reverify(_)) => "fault-without-reverify",
        (DeviceKind::Thermometer, _) => "fault-without-thermometer",
        (DeviceKind::SignaturePad, _) => "fault-without-pad",
        (DeviceKind::Fingerprint | DeviceKind::Iris, _) => "fault-without-reader",
        _ => "fault-without-other",
    }
}

/// The question that the way without the device begins with.
fn exception(target: Target) -> Option<Dialog> {
    match target {
        Target::Slap(_) | Target::Finger(_) | Target::Irises => Some(Dialog::WithoutDevice(target.step())),
        Target::Verify(_) => Some(Dialog::AcceptBest(String::new())),
        _ => None,
    }
}

/// A session that is taken up again goes on with the same person only.
pub(super) fn reverify(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let Some(reverify) = &view.session.core.reverify else { return };
    let finger = speech::subject(st.words, Subject::Finger(reverify.finger));
    title(ui, &st.get("reverify-title"));
    ui.label(st.words.with("reverify-why", &[("finger", finger.as_str())]));
    ui.add_space(theme::GAP);
    if let Some(note) = view.retry() {
        widgets::told_banner(ui, st.words, Tone::Warning, &speech::retry(st.words, note));
        ui.add_space(theme::GAP);
    }
    widgets::card(ui, |ui| {
        ui.set_max_width(520.0);
        let wanted = [reverify.finger];
        let state = |_| record::schema::StepState::Empty;
        widgets::hands_picture(ui, st.words, &widgets::HandsView { state: &state, wanted: &wanted });
    });
    let open = view.requirements();
    let asked = open.iter().find(|r| r.reason == REVERIFY && speech::can_be_decided(r));
    if let Some(request) = asked.and_then(|r| r.request.as_ref()) {
        ui.add_space(theme::GAP);
        small(ui, &st.get("reverify-second-do"));
        if widgets::secondary_button(ui, &st.get("reverify-second")).clicked() {
            st.scratch.dialog = Some(Dialog::Decide(Decide { nonce: request.nonce, ..Decide::default() }));
        }
    }
    if reverify.failed > 0 {
        let tries = st.words.with("reverify-failed", &[("count", reverify.failed)]);
        ui.label(RichText::new(tries).color(theme::TEXT_WEAK));
    }
}

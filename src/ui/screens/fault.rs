//! Pages that take the place of a step: a device that failed, and the check that the right person is back.

use devices::vocabulary::DeviceKind;
use eframe::egui::{RichText, Ui};
use record::schema::{ExceptionReason, ExceptionTerm};

use super::super::stage::{Dialog, Stage, small, title};
use super::super::theme::{self, Tone};
use super::super::{speech, widgets};
use crate::runtime::station::DeskCommand;
use crate::session::event::{Command, Subject, Target};
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
            if widgets::secondary_button(ui, &st.get(without(note.kind))).clicked() {
                st.send(Command::DismissFault);
                st.scratch.dialog = exception(note.target);
            }
        });
        small(ui, &st.get(&format!("{}-do", without(note.kind))));
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
fn without(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Thermometer => "fault-without-thermometer",
        DeviceKind::SignaturePad => "fault-without-pad",
        DeviceKind::Fingerprint | DeviceKind::Iris => "fault-without-reader",
        _ => "fault-without-other",
    }
}

/// The exception that stands for a missing device.
fn exception(target: Target) -> Option<Dialog> {
    let subject = match target {
        Target::Slap(slap) => slap.fingers().first().copied().map(Subject::Finger),
        Target::Finger(f) => Some(Subject::Finger(f)),
        Target::Irises => Some(Subject::Eye(biometrics::position::Eye::Right)),
        _ => None,
    };
    subject.map(|s| Dialog::Subject(s, Some(ExceptionReason::NoDevice), Some(ExceptionTerm::Temporary)))
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
    if reverify.failed > 0 {
        let tries = st.words.with("reverify-failed", &[("count", reverify.failed)]);
        ui.label(RichText::new(tries).color(theme::TEXT_WEAK));
    }
}

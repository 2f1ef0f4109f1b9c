//! Disinfection between applicants, and the time that clean hands dry.

use devices::vocabulary::DeviceKind;
use eframe::egui::Ui;

use super::super::stage::{Stage, small};
use super::super::theme::{self, Tone};
use super::super::widgets;
use crate::runtime::station::DeskCommand;
use crate::session::event::Target;
use crate::session::flow::target_kind;
use crate::session::hygiene::device_of;
use crate::session::view::SessionView;
use crate::steps;

/// Label of the button that confirms a disinfection.
pub(super) fn confirm_label(st: &Stage<'_>, kind: DeviceKind) -> String {
    let device = st.get(&format!("device-{}", kind.id()));
    st.words.with("disinfected", &[("device", device)])
}

/// Why a device cannot be used yet.
pub(super) fn locked(ui: &mut Ui, st: &Stage<'_>, kind: DeviceKind) {
    let device = st.get(&format!("device-{}", kind.id()));
    let what = st.words.with("disinfect-first", &[("device", device)]);
    widgets::banner(ui, st.words, Tone::Warning, &what, &st.get("disinfect-first-do"), "");
    ui.add_space(theme::GAP);
}

/// Why the step's device cannot be used yet, and hands that still dry.
pub(super) fn before_capture(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>) {
    if let Some(kind) = view.locked() {
        locked(ui, st, kind);
    }
    let left_s = view.drying_left_s();
    let finger_next = steps::step(view.current())
        .next_capture(view.session, view.now)
        .is_some_and(|t| t != Target::Platen && target_kind(t) == Some(DeviceKind::Fingerprint));
    if left_s > 0 && finger_next {
        let what = st.words.with("hands-dry", &[("left", st.words.minutes(left_s))]);
        widgets::banner(ui, st.words, Tone::Info, &what, &st.get("hands-dry-do"), "");
        ui.add_space(theme::GAP);
    }
}

/// One line beside the session while hands dry.
pub(super) fn drying(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>) {
    let left_s = view.drying_left_s();
    if left_s > 0 {
        small(ui, &st.words.with("hands-dry", &[("left", st.words.minutes(left_s))]));
    }
}

/// What is to be disinfected after the last applicant, each device with its button; furniture is only named.
/// Nothing where nothing waits.
pub(crate) fn panel(ui: &mut Ui, st: &mut Stage<'_>) {
    let waiting = st.desk.to_disinfect();
    if waiting.is_empty() {
        return;
    }
    let items: Vec<_> = st.desk.policy().hygiene.disinfect.clone();
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &st.get("disinfect-title"));
        ui.horizontal_wrapped(|ui| {
            for kind in items.iter().filter_map(|i| device_of(&i.id)).filter(|k| waiting.contains(k)) {
                if widgets::secondary_button(ui, &confirm_label(st, kind)).clicked() {
                    st.out.push(DeskCommand::Disinfected(kind));
                }
            }
        });
        for item in items.iter().filter(|i| device_of(&i.id).is_none()) {
            ui.label(format!("•  {}", item.text.get(st.tag())));
        }
        small(ui, &st.get("disinfect-locks"));
    });
    ui.add_space(theme::GAP);
}

//! Disinfection between applicants, and the time that clean hands dry.

use devices::vocabulary::DeviceKind;
use eframe::egui::{RichText, Ui};
use record::schema::StepId;

use super::super::stage::{Stage, small};
use super::super::theme::{self, Tone};
use super::super::{fonts, widgets};
use crate::runtime::station::DeskCommand;
use crate::session::hygiene::device_of;
use crate::session::view::SessionView;

/// Label of the button that confirms a disinfection.
pub(super) fn confirm_label(st: &Stage<'_>, kind: DeviceKind) -> String {
    let device = st.get(&format!("device-{}", kind.id()));
    st.words.with("disinfected", &[("device", device)])
}

/// Why the step's device cannot be used yet, and hands that still dry.
pub(super) fn before_capture(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>) {
    if let Some(kind) = view.locked() {
        let device = st.get(&format!("device-{}", kind.id()));
        let what = st.words.with("disinfect-first", &[("device", device)]);
        widgets::banner(ui, st.words, Tone::Warning, &what, &st.get("disinfect-first-do"), "");
        ui.add_space(theme::GAP);
    }
    let left_s = view.drying_left_s();
    if left_s > 0 && matches!(view.current(), StepId::Fingers | StepId::Verification) {
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
        for item in items {
            let text = item.text.get(st.tag()).to_owned();
            match device_of(&item.id).filter(|kind| waiting.contains(kind)) {
                Some(kind) => {
                    ui.label(RichText::new(text).font(fonts::bold(theme::TEXT_BODY)));
                    if widgets::secondary_button(ui, &confirm_label(st, kind)).clicked() {
                        st.out.push(DeskCommand::Disinfected(kind));
                    }
                }
                None if device_of(&item.id).is_none() => {
                    ui.label(format!("•  {text}"));
                }
                None => {}
            }
        }
        small(ui, &st.get("disinfect-locks"));
    });
    ui.add_space(theme::GAP);
}

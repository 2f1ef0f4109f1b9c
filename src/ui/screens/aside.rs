//! The right side of a session: the applicant, open requirements, devices.

use devices::vocabulary::{DeviceFault, DeviceKind, PrintHitch};
use eframe::egui::{Panel, RichText, ScrollArea, Sense, Ui, Vec2, vec2};
use record::schema::StepState;

use super::super::stage::{Decide, Dialog, Stage, small};
use super::super::{fonts, speech, theme, widgets};
use crate::runtime::station::{DeskCommand, DeviceState};
use crate::session::view::SessionView;
use crate::steps::exceptions::grouped;

pub(super) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, width: f32) {
    Panel::right("session-side").exact_size(width).resizable(false).frame(super::side()).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            applicant(ui, st, view);
            super::hygiene::drying(ui, st, view);
            requirements(ui, st, view);
            ui.add_space(theme::GAP);
            devices(ui, st);
        });
    });
}

fn applicant(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let values = &s.data.biodata.values;
    let photo = crate::steps::photo::card(s);
    ui.horizontal_top(|ui| {
        let name = st.get("applicant-photo");
        st.pictures.show(ui, photo, vec2(72.0, 96.0), &name);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            small(ui, &st.get("applicant"));
            let name =
                if values.nama.trim().is_empty() { st.get("applicant-unknown") } else { values.nama.clone() };
            ui.label(RichText::new(name).font(fonts::bold(theme::TEXT_BODY)));
            if let Some(born) = values.tanggal_lahir {
                small(ui, &st.words.date(born));
            }
        });
    });
    if let Some(nik) = s.nik() {
        ui.label(RichText::new(speech::nik_groups(nik)).font(fonts::bold(theme::TEXT_BODY)));
    }
}

fn requirements(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let open = grouped(view.session);
    if open.is_empty() {
        return;
    }
    ui.add_space(theme::GAP);
    ui.label(RichText::new(st.get("requirements-title")).font(fonts::bold(theme::TEXT_BODY)));
    for group in open {
        let text = speech::requirement_group(st.words, view.session, &group);
        let denied = group.iter().any(|r| r.denied);
        ui.horizontal_top(|ui| {
            icon(ui, if denied { StepState::Failed } else { StepState::Retry });
            ui.vertical(|ui| {
                small(ui, &text);
                if denied {
                    small(ui, &st.get("requirement-denied"));
                }
            });
        });
        let asked = group.iter().find(|r| speech::can_be_decided(r)).and_then(|r| r.request.as_ref());
        if let Some(request) = asked {
            let label = st.words.with(
                "decide-now",
                &[("what", speech::requirement_group_reason(st.words, view.session, &group))],
            );
            if widgets::secondary_button(ui, &label).clicked() {
                st.scratch.dialog =
                    Some(Dialog::Decide(Decide { nonce: request.nonce, ..Decide::default() }));
            }
        }
    }
}

/// The list of devices with their state; a faulty one can be restarted from here.
pub(super) fn devices(ui: &mut Ui, st: &mut Stage<'_>) {
    ui.label(RichText::new(st.get("devices-title")).font(fonts::bold(theme::TEXT_BODY)));
    for line in st.desk.devices() {
        let name = st.get(&format!("device-{}", line.kind.id()));
        let (state, told) = match &line.state {
            DeviceState::Ready if line.info.is_none() => (StepState::Empty, st.get("device-absent")),
            DeviceState::Ready => (StepState::Done, st.get("device-present")),
            DeviceState::Working => (StepState::Busy, st.get("device-working")),
            DeviceState::Opening => (StepState::Busy, st.get("device-opening")),
            DeviceState::Faulty(DeviceFault::CannotPrint { detail })
                if PrintHitch::from_id(detail).is_some() =>
            {
                (StepState::Failed, st.get(&format!("print-hitch-{detail}")))
            }
            DeviceState::Faulty(fault) => (StepState::Failed, st.get(&format!("fault-{}", fault.id()))),
        };
        ui.horizontal_top(|ui| {
            icon(ui, state);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(RichText::new(&name).size(theme::TEXT_SMALL));
                if state != StepState::Done {
                    small(ui, &told);
                }
            });
        });
        if matches!(line.state, DeviceState::Faulty(_)) {
            let label = st.words.with("restart-device", &[("device", name.as_str())]);
            if restartable(line.kind) && widgets::secondary_button(ui, &label).clicked() {
                st.out.push(DeskCommand::RestartDevice(line.kind));
            }
            super::fault::other_devices(ui, st, line.kind);
        }
    }
}

/// A printer is opened for each document: there is nothing to open again, but another one can be taken.
fn restartable(kind: DeviceKind) -> bool {
    !matches!(kind, DeviceKind::Printer)
}

fn icon(ui: &mut Ui, state: StepState) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
    widgets::paint_state(ui.painter(), rect, state);
}

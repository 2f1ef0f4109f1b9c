//! Both irises: the eyes with their states, the captured pictures with their quality.

use biometrics::position::Eye;
use eframe::egui::{RichText, Ui, vec2};
use record::schema::StepState;

use crate::session::event::{Subject, Target};
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::ui::stage::{Dialog, Stage, small, title, two_columns};
use crate::ui::{fonts, theme, views, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.irises;
    title(ui, &st.get("step-irises"));
    ui.label(st.get("irises-what"));
    views::capture_state(ui, st, view);
    let busy = s.core.pending.as_ref().is_some_and(|p| p.target == Target::Irises);
    let state = |e: Eye| {
        if d.exceptions.contains_key(&e) {
            StepState::Excepted
        } else if busy {
            StepState::Busy
        } else if d.settled(e, s.capture_rules()) {
            StepState::Done
        } else if d.samples.contains_key(&e) {
            StepState::Retry
        } else {
            StepState::Empty
        }
    };
    let wanted: Vec<Eye> = Eye::ALL.iter().copied().filter(|e| !d.settled(*e, s.capture_rules())).collect();
    let pressed = widgets::eyes_picture(ui, st.words, &state, &wanted);
    small(ui, &st.get("irises-press"));
    if let Some(eye) = pressed.filter(|_| !s.busy()) {
        st.scratch.dialog = Some(Dialog::Subject(Subject::Eye(eye), None, None));
    }
    let inputs = super::Irises.inputs(s, view.now);
    views::exception_ways(ui, st, view, &inputs);
    if !d.samples.is_empty() {
        // The applicant's right eye stands at the left, as the officer sees it.
        two_columns(
            ui,
            200.0,
            st,
            |ui, st| eye(ui, st, view, Eye::Right),
            |ui, st| eye(ui, st, view, Eye::Left),
        );
    }
}

fn eye(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, eye: Eye) {
    let d = &view.session.data.irises;
    let name = st.get(&format!("eye-{}", eye.id()));
    widgets::card(ui, |ui| {
        ui.label(RichText::new(&name).font(fonts::bold(theme::TEXT_BODY)));
        let width = ui.available_width();
        let sample = d.samples.get(&eye);
        st.pictures.show(ui, sample.map(|s| &s.jp2), vec2(width, width * 0.6), &name);
        if let Some(sample) = sample {
            let told = sample.quality.reasons.first().map(|r| st.words.reason(*r));
            widgets::quality_meter(ui, st.words, sample.quality.score, told.as_ref());
        }
    });
}

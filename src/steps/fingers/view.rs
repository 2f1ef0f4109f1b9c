//! Ten fingers: the hands with their states, the next slap, every captured print with its quality.

use biometrics::position::{FingerPosition, Hand};
use eframe::egui::{Align, Layout, RichText, Ui, vec2};
use record::schema::StepState;

use super::FingersData;
use crate::session::event::{Command, Subject, Target};
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::ui::stage::{Dialog, Stage, small, title};
use crate::ui::{fonts, speech, theme, views, widgets};

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.fingers;
    title(ui, &st.get("step-fingers"));
    let next = d.next_slap();
    let told = match next {
        Some(slap) => {
            let name = st.get(&format!("slap-{}", slap.id()));
            st.words.with("fingers-next", &[("slap", name)])
        }
        None => st.get("fingers-complete"),
    };
    ui.label(RichText::new(told).font(fonts::bold(theme::TEXT_BIG)));
    views::capture_state(ui, st, view);
    let busy = match s.core.pending.as_ref().map(|p| p.target) {
        Some(Target::Slap(slap)) => slap.fingers().to_vec(),
        Some(Target::Finger(f)) => vec![f],
        _ => Vec::new(),
    };
    let wanted: Vec<FingerPosition> = if busy.is_empty() {
        next.map(|slap| slap.fingers().iter().copied().filter(|f| !d.settled(*f)).collect())
            .unwrap_or_default()
    } else {
        busy.clone()
    };
    let state = |f: FingerPosition| if busy.contains(&f) { StepState::Busy } else { state_of(d, f) };
    let pressed = widgets::card(ui, |ui| {
        // Small enough that the prints below begin on the same screen.
        let size = vec2(ui.available_width().min(460.0), 0.0);
        ui.allocate_ui(size, |ui| {
            ui.set_max_width(size.x);
            widgets::hands_picture(ui, st.words, &widgets::HandsView { state: &state, wanted: &wanted })
        })
        .inner
    })
    .inner;
    small(ui, &st.get("fingers-press"));
    if let Some(f) = pressed.filter(|_| !s.busy()) {
        st.scratch.dialog = Some(Dialog::Subject(Subject::Finger(f), None, None));
    }
    ways_on(ui, st, view);
    prints(ui, st, d);
}

/// State of one finger.
fn state_of(d: &FingersData, f: FingerPosition) -> StepState {
    if d.exceptions.contains_key(&f) {
        StepState::Excepted
    } else if d.good(f) {
        StepState::Done
    } else if d.samples.contains_key(&f) {
        StepState::Retry
    } else {
        StepState::Empty
    }
}

fn ways_on(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let inputs = super::Fingers.inputs(s, view.now);
    views::exception_ways(ui, st, view, &inputs);
    if let Some((a, b)) = s.data.fingers.conflict {
        for slap in [a, b] {
            let label = speech::capture(st.words, Target::Slap(slap));
            if !s.busy() && widgets::secondary_button(ui, &label).clicked() {
                st.send(Command::Capture(Target::Slap(slap)));
            }
        }
    }
}

/// Two rows of five prints, left hand above, in the order of the hands as they lie.
fn prints(ui: &mut Ui, st: &mut Stage<'_>, d: &FingersData) {
    use FingerPosition as F;
    let rows = [
        (Hand::Left, [F::LeftLittle, F::LeftRing, F::LeftMiddle, F::LeftIndex, F::LeftThumb]),
        (Hand::Right, [F::RightThumb, F::RightIndex, F::RightMiddle, F::RightRing, F::RightLittle]),
    ];
    if d.samples.is_empty() && d.exceptions.is_empty() {
        return;
    }
    let width = (ui.available_width() - 4.0 * theme::GAP) / 5.0;
    for (_, row) in rows {
        ui.horizontal_top(|ui| {
            for f in row {
                ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.set_width(width);
                    print(ui, st, d, f, width);
                });
            }
        });
    }
}

fn print(ui: &mut Ui, st: &mut Stage<'_>, d: &FingersData, f: FingerPosition, width: f32) {
    let name = st.get(&format!("finger-{}", f.id()));
    let sample = d.samples.get(&f);
    st.pictures.show(ui, sample.map(|s| &s.jp2), vec2(width, (width * 1.1).min(120.0)), &name);
    small(ui, &name);
    if let Some(e) = d.exceptions.get(&f) {
        let colour = theme::state_colour(StepState::Excepted);
        let told = st.get(&format!("exception-{}", e.reason.id()));
        ui.label(RichText::new(told).size(theme::TEXT_SMALL).color(colour));
    } else if let Some(sample) = sample {
        let score = sample.quality.score;
        let grade = match (d.good(f), sample.quality.reasons.first()) {
            (false, Some(reason)) => st.words.reason(*reason).what,
            (true, _) => st.get("quality-enough"),
            (false, None) => st.get("quality-poor"),
        };
        let number = score.map(|s| format!("{s} · ")).unwrap_or_default();
        let text = RichText::new(format!("{number}{grade}")).size(theme::TEXT_SMALL);
        ui.label(text.color(theme::score_colour(score)));
    }
}

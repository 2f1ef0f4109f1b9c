//! Ten fingers: the hands with their states, the next slap, every captured print with its quality.

use biometrics::position::{FingerPosition, Hand};
use eframe::egui::{Align, Layout, RichText, Sense, Ui, vec2};
use record::schema::StepState;

use super::{FingersData, boxes};
use crate::gate::CaptureRules;
use crate::session::event::{Command, Subject, Target};
use crate::session::sample::SlapNote;
use crate::session::view::SessionView;
use crate::steps::Step;
use crate::ui::screens::boxes::BoxEdit;
use crate::ui::stage::{Dialog, Stage, small, title, two_columns};
use crate::ui::{fonts, speech, theme, views, widgets};

/// Width of the picture of the hands in points.
const HANDS_WIDTH: f32 = 460.0;
/// Least width of a column, so that the smallest window has two.
const COLUMN_LEAST: f32 = 280.0;
/// Height of a platen against its width.
const PLATEN_ASPECT: f32 = 1000.0 / 1600.0;

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let (d, rules) = (&s.data.fingers, s.capture_rules());
    title(ui, &st.get("step-fingers"));
    let next = d.next_slap(rules);
    let alone = super::single::next(d, rules).filter(|_| d.single);
    let told = match next {
        Some(_) if alone.is_some() => {
            let finger = alone.map(|f| speech::subject(st.words, Subject::Finger(f))).unwrap_or_default();
            st.words.with("fingers-next-single", &[("finger", finger)])
        }
        Some(slap) => {
            let name = st.get(&format!("slap-{}", slap.id()));
            st.words.with("fingers-next", &[("slap", name)])
        }
        None if !d.exceptions.is_empty() => {
            let count = d.samples.len() as u32;
            st.words.with("fingers-complete-excepted", &[("count", count)])
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
    let wanted: Vec<FingerPosition> = if busy.is_empty() && alone.is_some() {
        alone.into_iter().collect()
    } else if busy.is_empty() {
        next.map(|slap| slap.fingers().iter().copied().filter(|f| !d.settled(*f, rules)).collect())
            .unwrap_or_default()
    } else {
        busy.clone()
    };
    let state = |f: FingerPosition| if busy.contains(&f) { StepState::Busy } else { state_of(d, f, rules) };
    let hands = |ui: &mut Ui, st: &mut Stage<'_>| {
        widgets::card(ui, |ui| {
            // Small enough that the prints below begin on the same screen.
            let size = vec2(ui.available_width().min(HANDS_WIDTH), 0.0);
            ui.allocate_ui(size, |ui| {
                ui.set_max_width(size.x);
                widgets::hands_picture(ui, st.words, &widgets::HandsView { state: &state, wanted: &wanted })
            })
            .inner
        })
        .inner
    };
    let mut pressed = None;
    if d.slaps.values().any(|slap| slap.image.is_some()) {
        let with = &mut (&mut *st, &mut pressed);
        two_columns(
            ui,
            COLUMN_LEAST,
            with,
            |ui, (st, pressed)| **pressed = hands(ui, st),
            |ui, (st, _)| slap_picture(ui, st, view),
        );
    } else {
        pressed = hands(ui, st);
    }
    small(ui, &st.get("fingers-press"));
    if let Some(f) = pressed.filter(|_| !s.busy()) {
        st.scratch.dialog = Some(Dialog::Subject(Subject::Finger(f), None, None));
    }
    ways_on(ui, st, view);
    prints(ui, st, d, rules);
}

/// The slap captured last with its boxes; a press on one opens its correction.
fn slap_picture(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let d = &view.session.data.fingers;
    let Some(sample) = d.slaps.values().max_by_key(|s| s.device.at) else { return };
    let Some(image) = &sample.image else { return };
    let slap = st.get(&format!("slap-{}", sample.slap.id()));
    let name = st.words.with("slap-picture", &[("slap", slap)]);
    widgets::card(ui, |ui| {
        ui.label(RichText::new(&name).font(fonts::bold(theme::TEXT_BODY)));
        for note in &sample.notes {
            ui.label(RichText::new(note_words(st, note)).color(theme::state_colour(StepState::Retry)));
        }
        let room = vec2(ui.available_width(), ui.available_width() * PLATEN_ASPECT);
        let (response, inner) = st.pictures.show_gray(ui, &sample.pixels_sha256, image, room, &name);
        let frame = widgets::SlapFrame { rect: inner, size: (sample.width, sample.height) };
        let label = |f: FingerPosition| speech::finger_in(st.words, sample.slap, f);
        widgets::paint_boxes(ui, frame, &sample.boxes, None, &label);
        if view.session.busy() {
            return;
        }
        small(ui, &st.get("slap-box-press"));
        let pressed = ui.interact(inner, response.id.with("press"), Sense::click());
        let at = pressed.interact_pointer_pos().filter(|_| pressed.clicked());
        let found = at.and_then(|at| frame.box_at(&sample.boxes, at));
        let open = widgets::secondary_button(ui, &st.get("slap-boxes-open")).clicked();
        let first = boxes::expected(d, sample.slap).into_iter().next();
        if let Some(chosen) = found.or(first.filter(|_| open)) {
            let edit = BoxEdit { slap: sample.slap, boxes: sample.boxes.clone(), chosen };
            st.scratch.dialog = Some(Dialog::Boxes(edit));
        }
    });
}

fn note_words(st: &Stage<'_>, note: &SlapNote) -> String {
    const KNOWN: [&str; 10] = [
        "touching",
        "cut-off",
        "rotated",
        "wrong-hand",
        "too-few-fingers",
        "too-many-fingers",
        "missing-disagrees",
        "blank",
        "ambiguous",
        "partial",
    ];
    let id = KNOWN.into_iter().find(|k| *k == note.id).unwrap_or("other");
    let what = st.get(&format!("slap-note-{id}"));
    match note.finger {
        Some(f) => {
            let name = st.get(&format!("finger-{}", f.id()));
            st.words.with("retry-of", &[("name", name), ("what", what)])
        }
        None => what,
    }
}

/// State of one finger.
fn state_of(d: &FingersData, f: FingerPosition, rules: &CaptureRules) -> StepState {
    if d.exceptions.contains_key(&f) {
        StepState::Excepted
    } else if d.good(f, rules) {
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
    if let Some(check) = &s.data.fingers.platen {
        small(ui, &st.get(if check.clean { "platen-clean" } else { "platen-not-clean" }));
    }
    if view.targets().contains(&Target::Platen)
        && widgets::secondary_button(ui, &speech::capture(st.words, Target::Platen)).clicked()
    {
        st.send(Command::Capture(Target::Platen));
    }
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
fn prints(ui: &mut Ui, st: &mut Stage<'_>, d: &FingersData, rules: &CaptureRules) {
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
                    print(ui, st, d, f, rules, width);
                });
            }
        });
    }
}

fn print(
    ui: &mut Ui,
    st: &mut Stage<'_>,
    d: &FingersData,
    f: FingerPosition,
    rules: &CaptureRules,
    width: f32,
) {
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
        let grade = match (d.good(f, rules), sample.quality.reasons.first()) {
            (false, Some(reason)) => st.words.reason(*reason).what,
            (true, _) => st.get("quality-enough"),
            (false, None) => st.get("quality-poor"),
        };
        let number = score.map(|s| format!("{s} · ")).unwrap_or_default();
        let text = RichText::new(format!("{number}{grade}")).size(theme::TEXT_SMALL);
        // The word and its colour say the same: good enough is green whatever the number.
        let good = d.good(f, rules);
        ui.label(text.color(if good {
            theme::state_colour(StepState::Done)
        } else {
            theme::score_colour(score)
        }));
    }
}

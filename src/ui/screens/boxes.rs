//! The dialog in which the operator corrects the boxes of a slap, by mouse or by buttons.

use biometrics::position::{FingerPosition, Slap};
use eframe::egui::{Context, RichText, Sense, Ui, vec2};

use super::super::stage::{Dialog, Stage, small};
use super::super::theme::{self, Tone};
use super::super::{fonts, speech, widgets};
use super::dialogs::{Next, buttons, modal};
use crate::session::event::Command;
use crate::session::sample::{SlapBox, SlapSample};
use crate::steps::fingers::boxes;

/// Step of one press in pixels of the picture: about half a millimetre at 500 ppi.
const STEP_PX: i32 = 10;
/// Step of one turn, in tenths of a degree.
const TURN_DECIDEGREES: i32 = 20;

/// What is being edited.
#[derive(Debug, Clone)]
pub struct BoxEdit {
    /// The slap.
    pub slap: Slap,
    /// The boxes as they stand.
    pub boxes: Vec<SlapBox>,
    /// The finger whose box is edited.
    pub chosen: FingerPosition,
}

pub(super) fn show(ctx: &Context, st: &mut Stage<'_>, mut edit: BoxEdit) -> Next {
    let Some(view) = st.desk.session() else { return Next::Close };
    let d = &view.session.data.fingers;
    let Some(sample) = d.slaps.get(&edit.slap).filter(|s| s.image.is_some()) else { return Next::Close };
    let expected: Vec<FingerPosition> = boxes::expected(d, edit.slap).into_iter().collect();
    edit.boxes.retain(|b| expected.contains(&b.position));
    let ready = boxes::corrected(d, edit.slap, edit.boxes.clone()).is_some();
    let closed = modal(ctx, "boxes", 900.0, |ui| {
        let slap = st.get(&format!("slap-{}", edit.slap.id()));
        ui.label(
            RichText::new(st.words.with("boxes-title", &[("slap", slap)])).font(fonts::bold(theme::TEXT_BIG)),
        );
        small(ui, &st.get("boxes-how"));
        choose(ui, st, &mut edit, &expected);
        picture(ui, st, &mut edit, sample);
        tools(ui, st, &mut edit, sample);
        if !ready && edit.boxes.len() == expected.len() {
            let (what, to_do) = (st.get("boxes-refused"), st.get("boxes-refused-do"));
            widgets::banner(ui, st.words, Tone::Warning, &what, &to_do, "");
        }
        let mut done = false;
        buttons(ui, |ui| {
            let yes = ui.add_enabled_ui(ready, |ui| widgets::primary_button(ui, &st.get("boxes-use"))).inner;
            if yes.clicked() {
                st.send(Command::CorrectBoxes(edit.slap, edit.boxes.clone()));
                done = true;
            }
            done |= widgets::secondary_button(ui, &st.get("action-cancel")).clicked();
        });
        done
    });
    if closed { Next::Close } else { Next::Stay(Dialog::Boxes(edit)) }
}

fn choose(ui: &mut Ui, st: &Stage<'_>, edit: &mut BoxEdit, expected: &[FingerPosition]) {
    // From left to right as the fingers lie.
    let order: Vec<FingerPosition> =
        edit.slap.fingers().iter().copied().filter(|f| expected.contains(f)).collect();
    let names: Vec<String> = order.iter().map(|f| st.get(&format!("finger-{}", f.id()))).collect();
    let options: Vec<(FingerPosition, &str)> =
        order.iter().copied().zip(names.iter().map(String::as_str)).collect();
    let mut chosen = Some(edit.chosen);
    if widgets::chips(ui, &mut chosen, &options) {
        edit.chosen = chosen.unwrap_or(edit.chosen);
    }
}

fn picture(ui: &mut Ui, st: &mut Stage<'_>, edit: &mut BoxEdit, sample: &SlapSample) {
    let Some(image) = &sample.image else { return };
    // Title, chips, tools and buttons need about 300 points of the height.
    let tall = (ui.ctx().content_rect().height() - 420.0).clamp(160.0, 480.0);
    let room = vec2(ui.available_width(), tall);
    let slap = st.get(&format!("slap-{}", edit.slap.id()));
    let name = st.words.with("slap-picture", &[("slap", slap)]);
    let (response, inner) = st.pictures.show_gray(ui, &sample.pixels_sha256, image, room, &name);
    let frame = widgets::SlapFrame { rect: inner, size: (sample.width, sample.height) };
    let label = |f: FingerPosition| speech::finger_in(st.words, edit.slap, f);
    widgets::paint_boxes(ui, frame, &edit.boxes, Some(edit.chosen), &label);
    let pointer = ui.interact(inner, response.id.with("drag"), Sense::click_and_drag());
    if let Some(at) = pointer.interact_pointer_pos()
        && (pointer.clicked() || pointer.drag_started())
        && let Some(found) = frame.box_at(&edit.boxes, at)
    {
        edit.chosen = found;
    }
    if pointer.dragged() {
        let (dx, dy) = frame.pixels(pointer.drag_delta());
        change(edit, |b| (b.centre_x, b.centre_y) = (b.centre_x + dx, b.centre_y + dy));
    }
}

fn change(edit: &mut BoxEdit, with: impl FnOnce(&mut SlapBox)) {
    let chosen = edit.chosen;
    if let Some(b) = edit.boxes.iter_mut().find(|b| b.position == chosen) {
        with(b);
    }
}

type Tool = (&'static str, fn(&mut SlapBox));

const TOOLS: [[Tool; 5]; 2] = [
    [
        ("box-left", |b| b.centre_x -= STEP_PX),
        ("box-up", |b| b.centre_y -= STEP_PX),
        ("box-wider", |b| b.width = b.width.saturating_add(2 * STEP_PX.unsigned_abs())),
        ("box-taller", |b| b.height = b.height.saturating_add(2 * STEP_PX.unsigned_abs())),
        ("box-turn-left", |b| b.angle_decidegrees += TURN_DECIDEGREES),
    ],
    [
        ("box-right", |b| b.centre_x += STEP_PX),
        ("box-down", |b| b.centre_y += STEP_PX),
        ("box-narrower", |b| b.width = b.width.saturating_sub(2 * STEP_PX.unsigned_abs())),
        ("box-shorter", |b| b.height = b.height.saturating_sub(2 * STEP_PX.unsigned_abs())),
        ("box-turn-right", |b| b.angle_decidegrees -= TURN_DECIDEGREES),
    ],
];

fn tools(ui: &mut Ui, st: &Stage<'_>, edit: &mut BoxEdit, sample: &SlapSample) {
    if !edit.boxes.iter().any(|b| b.position == edit.chosen) {
        ui.label(st.get("boxes-missing"));
        if widgets::secondary_button(ui, &st.get("boxes-add")).clicked() {
            edit.boxes.push(free_box(edit, sample));
        }
        return;
    }
    for row in TOOLS {
        ui.horizontal_wrapped(|ui| {
            for (id, act) in row {
                if widgets::secondary_button(ui, &st.get(id)).clicked() {
                    change(edit, act);
                }
            }
        });
    }
}

/// A box of an ordinary fingertip in the finger's own part of the platen.
fn free_box(edit: &BoxEdit, sample: &SlapSample) -> SlapBox {
    let fingers = edit.slap.fingers();
    let slot = fingers.iter().position(|f| *f == edit.chosen).unwrap_or(0) as u32;
    let across = sample.width / u32::try_from(fingers.len()).unwrap_or(4).max(1);
    let px = |v: u32| i32::try_from(v).unwrap_or(i32::MAX);
    SlapBox {
        position: edit.chosen,
        centre_x: px(across * slot + across / 2),
        centre_y: px(sample.height / 2),
        width: (across * 3 / 4).max(boxes::MIN_SIDE_PX),
        height: across.max(boxes::MIN_SIDE_PX).min(sample.height.max(boxes::MIN_SIDE_PX)),
        angle_decidegrees: 0,
        confidence: 100,
        corrected: true,
    }
}

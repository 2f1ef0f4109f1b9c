//! The face: live picture with guide, face and one sentence on what to do, the captured photo beside it, quality and
//! background in words, the applicant's word.

use biometrics::face::{BackgroundColour, ColourName};
use biometrics::quality::QualityReason;
use eframe::egui::{
    Align, Color32, Layout, Painter, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    epaint::EllipseShape, pos2, vec2,
};

use super::{Background, is_suspicion};
use crate::session::event::{Command, Target};
use crate::session::sample::{Media, PhotoSample};
use crate::session::view::{Action, SessionView};
use crate::steps::Step;
use crate::ui::stage::{Dialog, Stage, small, title, two_columns};
use crate::ui::theme::Tone;
use crate::ui::{fonts, guide, theme, widgets};

/// Height to width of the live picture: what a webcam shows beyond its middle is of no use for a portrait.
const LIVE_SHAPE: f32 = 0.8;
/// Height to width of the card's photo (2 x 3 cm).
const CARD_SHAPE: f32 = 1.5;
/// Reasons to choose from; any other can be typed.
const REASONS: [&str; 3] = ["missing-cloth", "damaged-cloth", "place"];

pub(crate) fn show(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    title(ui, &st.get("step-photo"));
    crate::ui::views::capture_state(ui, st, view);
    two_columns(ui, 270.0, st, |ui, st| live(ui, st, view), |ui, st| captured(ui, st, view));
}

fn live(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get("photo-live")).font(fonts::bold(theme::TEXT_BODY)));
        // With a good photo in hand nothing more is to be done in front of the camera.
        let done = super::Photo.next_capture(view.session, view.now).is_none();
        let taken = done && view.session.core.pending.is_none();
        let guidance = st.desk.guidance().filter(|_| !taken);
        let width = ui.available_width();
        let name = st.get("photo-live");
        let newest = st.desk.preview();
        let (response, inner) = st.pictures.show_preview(ui, newest, vec2(width, width * LIVE_SHAPE), &name);
        let painter = ui.painter().with_clip_rect(response.rect.intersect(ui.clip_rect()));
        let tone = guidance.as_ref().map(|g| guide::tone(g.advice));
        let colour = tone.map_or(theme::PRIMARY, Tone::colour);
        if let (Some(inner), Some(face)) = (inner, guidance.as_ref().and_then(|g| g.face)) {
            face_corners(&painter, inner, face, colour);
        }
        outline(&painter, response.rect, colour);
        match taken {
            true => widgets::strip(ui, Tone::Info, &st.get("photo-taken")),
            false => {
                let told = guide::sentence(st.words, guidance.as_ref().map(|g| g.advice));
                widgets::strip(ui, tone.unwrap_or(Tone::Info), &told)
            }
        };
        rule(ui, st, view);
    });
}

/// Where the face belongs: about two thirds of the height, in the middle.
fn outline(painter: &Painter, rect: Rect, colour: Color32) {
    let radius = vec2(rect.height() * 0.27, rect.height() * 0.36);
    let centre = rect.center() - vec2(0.0, rect.height() * 0.03);
    for (width, colour) in [(6.0, theme::TEXT_ON_COLOUR), (3.0, colour)] {
        painter.add(EllipseShape::stroke(centre, radius, Stroke::new(width, colour)));
    }
}

/// The corners of the face that was found; `face` are shares of the picture.
fn face_corners(painter: &Painter, picture: Rect, face: [f32; 4], colour: Color32) {
    let [x, y, w, h] = face;
    let at =
        |x: f32, y: f32| pos2(picture.left() + x * picture.width(), picture.top() + y * picture.height());
    let rect = Rect::from_min_max(at(x, y), at(x + w, y + h));
    let arm = rect.width().min(rect.height()) * 0.16;
    for (corner, dx, dy) in [
        (rect.left_top(), arm, arm),
        (rect.right_top(), -arm, arm),
        (rect.left_bottom(), arm, -arm),
        (rect.right_bottom(), -arm, -arm),
    ] {
        let line = vec![corner + vec2(dx, 0.0), corner, corner + vec2(0.0, dy)];
        painter.line(line.clone(), Stroke::new(5.0, theme::TEXT_ON_COLOUR));
        painter.line(line, Stroke::new(2.5, colour));
    }
}

/// Which backdrop belongs behind this person.
fn rule(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    if s.data.biodata.values.tanggal_lahir.is_none() {
        return;
    }
    match super::required(s) {
        Some(colour) => {
            let told = st.get(&format!("background-{}", colour_id(colour)));
            ui.horizontal_top(|ui| {
                swatch(ui, colour_of(colour), "");
                ui.vertical(|ui| ui.label(told));
            });
        }
        None => {
            ui.label(st.get("background-free"));
        }
    }
}

const fn colour_id(background: BackgroundColour) -> &'static str {
    match background {
        BackgroundColour::Red => "red",
        BackgroundColour::Blue => "blue",
    }
}

const fn name_id(colour: ColourName) -> &'static str {
    match colour {
        ColourName::Red => "red",
        ColourName::Orange => "orange",
        ColourName::Yellow => "yellow",
        ColourName::Green => "green",
        ColourName::Blue => "blue",
        ColourName::Purple => "purple",
        ColourName::White => "white",
        ColourName::Grey => "grey",
        ColourName::Black => "black",
    }
}

fn colour_of(background: BackgroundColour) -> Color32 {
    match background {
        BackgroundColour::Red => theme::CARD_RED,
        BackgroundColour::Blue => theme::CARD_BLUE,
    }
}

/// A patch of colour; `name` is spoken where it says something that no text beside it does.
fn swatch(ui: &mut Ui, colour: Color32, name: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::hover());
    let edge = Stroke::new(theme::LINE, theme::OUTLINE);
    ui.painter().rect(rect, 4.0, colour, edge, StrokeKind::Inside);
    if !name.is_empty() {
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    }
}

fn captured(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let d = &s.data.photo;
    let inputs = super::Photo.inputs(s, view.now);
    let has = |id: &str| inputs.iter().any(|i| i == id);
    widgets::card(ui, |ui| {
        ui.label(RichText::new(st.get("photo-captured")).font(fonts::bold(theme::TEXT_BODY)));
        let Some(sample) = &d.sample else {
            let name = st.get("photo-captured");
            picture(ui, st, None, &name);
            small(ui, &st.get("photo-none"));
            return;
        };
        ui.horizontal_top(|ui| {
            let name = st.get("photo-captured");
            picture(ui, st, super::card(s), &name);
            ui.vertical(|ui| {
                quality(ui, st, sample);
                colours(ui, st, view, sample);
            });
        });
        if super::approved(s) {
            widgets::banner(ui, st.words, Tone::Good, &st.get("photo-approved"), "", "");
        }
        suspicions(ui, st, sample);
        if has("approve-photo") || has("background-reason") {
            background(ui, st, view);
        }
        ways_on(ui, st, view, &inputs);
    });
}

fn picture(ui: &mut Ui, st: &mut Stage<'_>, media: Option<&Media>, name: &str) {
    let width = (ui.available_width() * 0.48).clamp(110.0, 190.0);
    st.pictures.show(ui, media, vec2(width, width * CARD_SHAPE), name);
}

fn quality(ui: &mut Ui, st: &Stage<'_>, sample: &PhotoSample) {
    let plain = |r: &&QualityReason| !is_suspicion(**r);
    let told = sample.quality.reasons.iter().find(plain).map(|r| st.words.reason(*r));
    widgets::quality_meter(ui, st.words, sample.quality.score, told.as_ref());
    if sample.chosen_of > 1 {
        small(ui, &st.words.with("photo-chosen", &[("count", sample.chosen_of as usize)]));
    }
}

/// What only a person can tell: it is said and holds nothing up.
fn suspicions(ui: &mut Ui, st: &Stage<'_>, sample: &PhotoSample) {
    for reason in sample.quality.reasons.iter().filter(|r| is_suspicion(**r)) {
        let told = st.words.reason(*reason);
        let what = st.words.with("suspicion", &[("what", told.what.as_str())]);
        widgets::banner(ui, st.words, Tone::Info, &what, &told.to_do, "");
    }
}

/// The measured colour and the rule's, side by side.
fn colours(ui: &mut Ui, st: &Stage<'_>, view: &SessionView<'_>, sample: &PhotoSample) {
    let Some(rule) = super::rule(view.session) else { return };
    let side = |ui: &mut Ui, id: &str, colour: Color32, name: &str| {
        let (what, name) = (st.get(id), st.get(&format!("colour-{name}")));
        let told = crate::t!(st.words, "background-swatch", name = what.as_str(), colour = name.as_str());
        ui.horizontal_top(|ui| {
            swatch(ui, colour, "");
            ui.vertical(|ui| small(ui, &told));
        });
    };
    if let Some(ground) = &sample.ground {
        side(ui, "background-measured", theme::measured(ground.rgb), name_id(ground.colour));
    }
    if super::required(view.session).is_some() {
        side(ui, "background-rule", colour_of(rule), colour_id(rule));
    }
}

/// The background against the rule, and the ways on where they differ.
fn background(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>) {
    let s = view.session;
    let Some(rule) = super::rule(s) else { return };
    let state = super::background(s);
    let made = super::replacement(s).is_some();
    let (tone, id, to_do) = match state {
        Background::Free if !made => return,
        Background::Free => (Tone::Info, "background-free", String::new()),
        Background::Right => (Tone::Good, "background-right", String::new()),
        Background::Wrong => (Tone::Warning, "background-wrong", String::new()),
        Background::Excepted => (Tone::Info, "background-excepted", String::new()),
        Background::Replaced => (Tone::Info, "background-replaced", st.get("background-replaced-do")),
        Background::Unknown => {
            let name = st.get(&format!("colour-{}", colour_id(rule)));
            let told = st.words.with("background-unknown-do", &[("rule", name.as_str())]);
            (Tone::Info, "background-unknown", told)
        }
    };
    widgets::banner(ui, st.words, tone, &st.get(id), &to_do, "");
    if made {
        let on = state == Background::Replaced;
        let label = st.get(if on { "background-camera" } else { "background-software" });
        if widgets::secondary_button(ui, &label).clicked() {
            st.send(Command::SoftwareBackground(!on));
        }
    }
    if matches!(state, Background::Wrong | Background::Excepted) {
        reason(ui, st, s.data.photo.background_reason.as_deref());
    }
}

fn reason(ui: &mut Ui, st: &mut Stage<'_>, given: Option<&str>) {
    const FIELD: &str = "background-reason";
    let texts = REASONS.map(|id| st.get(&format!("background-reason-{id}")));
    let options: Vec<(String, &str)> = texts.iter().map(|t| (t.clone(), t.as_str())).collect();
    let mut chosen = given.map(ToOwned::to_owned);
    if widgets::chips(ui, &mut chosen, &options)
        && let Some(text) = chosen
    {
        st.scratch.texts.0.remove(FIELD);
        st.send(Command::BackgroundReason(text));
    }
    let (label, hint) = (st.get("background-reason"), st.get("background-reason-hint"));
    let (response, text) = st.typed(ui, FIELD, &label, given.unwrap_or_default(), &hint);
    if response.changed() {
        st.send(Command::BackgroundReason(text));
    }
}

fn ways_on(ui: &mut Ui, st: &mut Stage<'_>, view: &SessionView<'_>, inputs: &[String]) {
    let again = Action::Command(Command::Capture(Target::Face));
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        if view.targets().contains(&Target::Face)
            && view.primary().action != again
            && widgets::secondary_button(ui, &st.get("photo-again")).clicked()
        {
            st.send(Command::Capture(Target::Face));
        }
        if inputs.iter().any(|i| i == "accept-best")
            && widgets::secondary_button(ui, &st.get("accept-best")).clicked()
        {
            st.scratch.dialog = Some(Dialog::AcceptBest(String::new()));
        }
    });
}

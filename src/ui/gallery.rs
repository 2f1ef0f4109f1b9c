//! Every widget on one page, to look at and to photograph. Data is made up.

use biometrics::image::GrayImage;
use biometrics::position::{Eye, FingerPosition};
use biometrics::quality::QualityReason;
use devices::vocabulary::{DeviceFault, DeviceKind, Retry};
use eframe::egui::{CentralPanel, Frame, Panel, ScrollArea, Ui, vec2};
use record::schema::{ExceptionReason, StepId, StepState};

use super::theme::{self, Tone};
use super::widgets::{self, Confirm, DigitsField, HandsView, Pixels, SignatureInk};
use crate::i18n::Words;

/// What the gallery's widgets hold.
#[derive(Debug, Default)]
pub struct Gallery {
    name: String,
    nik: String,
    secret: String,
    temperature: Option<i32>,
    reason: Option<ExceptionReason>,
    eye: Option<Eye>,
    affirmed: [bool; 2],
    choice: Option<usize>,
    ink: SignatureInk,
    asking: Option<String>,
}

/// Draws the page.
pub fn gallery(ui: &mut Ui, words: &Words, g: &mut Gallery) {
    let frame = Frame::new().fill(theme::GROUND).inner_margin(theme::GAP as i8);
    Panel::left("gallery-steps").exact_size(240.0).frame(frame).show(ui, |ui| steps(ui, words));
    let bar = Frame::new().fill(theme::SURFACE).inner_margin(theme::GAP as i8);
    Panel::bottom("gallery-bar").frame(bar).show(ui, |ui| {
        let mut ask = false;
        widgets::action_bar(
            ui,
            |ui| {
                widgets::secondary_button(ui, &words.get("action-back"));
                widgets::secondary_button(ui, &words.get("action-park"));
                ask = widgets::danger_button(ui, &words.get("action-clear")).clicked();
                ui.add_enabled_ui(false, |ui| widgets::secondary_button(ui, &words.get("action-print")));
            },
            |ui| {
                widgets::primary_button(ui, &words.get("action-next"));
            },
        );
        if ask {
            g.asking = Some(String::new());
        }
    });
    CentralPanel::default().frame(frame.inner_margin(theme::MARGIN)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.columns(2, |columns| {
                if let [left, right] = columns {
                    inputs(left, words, g);
                    pictures(right, words, g);
                }
            });
        });
    });
    dialog(ui, words, g);
}

fn steps(ui: &mut Ui, words: &Words) {
    // Thirteen steps are higher than the smallest window.
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (step, state) in StepId::ALL.iter().zip(StepState::ALL.iter().cycle()) {
            widgets::step_item(ui, words, *step, *state, None, *step == StepId::Fingers);
        }
    });
}

fn inputs(ui: &mut Ui, words: &Words, g: &mut Gallery) {
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &words.get("step-identity"));
        widgets::digits_field(ui, words, &words.get("field-nik"), &mut g.nik, DigitsField::NIK, None);
        let required = words.get("field-required");
        let error = g.name.is_empty().then_some(required.as_str());
        widgets::text_field(ui, &words.get("field-name"), &mut g.name, "", error);
        widgets::secret_field(ui, &words.get("field-secret"), &mut g.secret, None);
        let names: Vec<String> =
            FingerPosition::ALL.iter().map(|f| words.get(&format!("finger-{}", f.id()))).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        widgets::select_list(ui, words, &words.get("step-fingers"), &mut g.choice, &names);
    });
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &words.get("step-health"));
        widgets::temperature_field(ui, words, &words.get("field-temperature"), &mut g.temperature, 365, None);
        let [one, two] = &mut g.affirmed;
        widgets::check_tile(ui, one, &words.get("requirement-evidence"), &words.get("reason-blank-do"));
        widgets::check_tile(ui, two, &words.get("requirement-second_person"), "");
        let eyes: Vec<(Eye, String)> =
            Eye::ALL.iter().map(|e| (*e, words.get(&format!("eye-{}", e.id())))).collect();
        let eyes: Vec<(Eye, &str)> = eyes.iter().map(|(e, t)| (*e, t.as_str())).collect();
        widgets::chips(ui, &mut g.eye, &eyes);
        let reasons: Vec<(ExceptionReason, String)> =
            ExceptionReason::ALL.iter().map(|r| (*r, words.get(&format!("exception-{}", r.id())))).collect();
        let reasons: Vec<(ExceptionReason, &str)> = reasons.iter().map(|(r, t)| (*r, t.as_str())).collect();
        widgets::radio_list(ui, &mut g.reason, &reasons);
    });
}

fn pictures(ui: &mut Ui, words: &Words, g: &mut Gallery) {
    let info = words.get("record-BIO_CAPTURED");
    widgets::banner(ui, words, Tone::Info, &info, "", "");
    widgets::banner(
        ui,
        words,
        Tone::Good,
        &words.get("outcome-sealed"),
        &words.get("record-BIO_CAPTURED-do"),
        "",
    );
    widgets::told_banner(ui, words, Tone::Warning, &words.retry(Retry::WrongFinger));
    let fault = words.fault(DeviceKind::Fingerprint, &DeviceFault::Hung { after_ms: 5000 });
    widgets::told_banner(ui, words, Tone::Error, &fault);
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &words.get("step-fingers"));
        let state = |f: FingerPosition| StepState::ALL[usize::from(f.code()) % StepState::ALL.len()];
        let view =
            HandsView { state: &state, wanted: &[FingerPosition::LeftThumb, FingerPosition::RightThumb] };
        widgets::hands_picture(ui, words, &view);
        widgets::quality_meter(ui, words, Some(32), Some(&words.reason(QualityReason::TooDry)));
        widgets::quality_meter(ui, words, Some(78), None);
        widgets::quality_meter(ui, words, None, None);
    });
    widgets::card(ui, |ui| {
        let state = |e: Eye| if e == Eye::Right { StepState::Done } else { StepState::Busy };
        widgets::eyes_picture(ui, words, &state, &[Eye::Left]);
        ui.horizontal(|ui| {
            let name = words.get("step-irises");
            if let Ok(image) = rings() {
                widgets::image_view(ui, "gallery", 1, Pixels::Gray(&image), vec2(160.0, 120.0), &name);
            }
            widgets::countdown_ring(ui, words, 183, 300, &words.get("step-health"));
        });
    });
    widgets::card(ui, |ui| {
        widgets::section_title(ui, &words.get("step-signature"));
        let size = vec2(ui.available_width(), 160.0);
        widgets::signature_canvas(ui, words, &mut g.ink, size);
        ui.horizontal(|ui| {
            if widgets::secondary_button(ui, &words.get("action-clear")).clicked() {
                g.ink.clear();
            }
            if widgets::secondary_button(ui, &words.get("action-undo")).clicked() {
                g.ink.undo();
            }
        });
        let (tab, next) = (words.get("key-tab"), words.get("hint-next-field"));
        let (enter, go_on) = (words.get("key-enter"), words.get("hint-go-on"));
        widgets::key_hints(ui, &[(&tab, &next), (&enter, &go_on)]);
    });
}

fn dialog(ui: &mut Ui, words: &Words, g: &mut Gallery) {
    let Some(reason) = &mut g.asking else { return };
    let title = words.get("action-clear");
    let body = words.get("term-temporary-do");
    let yes = words.get("action-confirm");
    let ask = Confirm { title: &title, body: &body, yes: &yes, danger: true, reason: Some(reason) };
    if widgets::confirm(ui.ctx(), words, ask).is_some() {
        g.asking = None;
    }
    widgets::toast(ui.ctx(), words, Tone::Good, &words.get("outcome-sealed"));
}

/// Rings around a point, so that scale and edges can be judged.
fn rings() -> Result<GrayImage, biometrics::image::ImageError> {
    let at = |x: i32, y: i32| ((f64::from((x - 80).pow(2) + (y - 60).pow(2))).sqrt() * 12.0) as u32 as u8;
    let pixels = (0..120).flat_map(|y| (0..160).map(move |x| at(x, y))).collect();
    GrayImage::new(160, 120, None, pixels)
}

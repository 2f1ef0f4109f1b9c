//! The photo step by its words: live guidance, the background against the rule, what is only suspected.

use biometrics::face::{BackgroundColour, ColourName};
use biometrics::quality::QualityReason;

use super::*;
use crate::runtime::station::Advice;
use crate::session::event::{CaptureOutcome, Target};
use crate::session::sample::{Ground, PhotoSample, Replaced, Samples};
use crate::steps::photo;

/// The person of these sessions was born in 2003: red.
const BLUE: Ground = Ground {
    rgb: [30, 76, 168],
    colour: ColourName::Blue,
    matches: Some(BackgroundColour::Blue),
    even: true,
};

/// A window in the photo step, whose next photo is changed like this and taken.
fn with_photo(language: Language, size: Vec2, change: impl Fn(&mut PhotoSample)) -> Window {
    let mut w = Window::open(language, size);
    w.up_to_photo();
    let now = w.control.borrow().now;
    let mut sample = desk::photo(1, now);
    change(&mut sample);
    let outcome = CaptureOutcome::Samples(Samples::Photo(Box::new(sample)));
    w.control.borrow_mut().outcomes.insert(Target::Face.id(), [outcome].into());
    w.go_on();
    w
}

fn inside(w: &Window, name: &str, size: Vec2) {
    let rect = w.harness.get_by_label(name).rect();
    let window = eframe::egui::Rect::from_min_size(eframe::egui::Pos2::ZERO, size);
    assert!(window.contains_rect(rect), "{name}: {rect:?}");
}

#[test]
fn guidance_says_one_thing_in_the_operators_language() {
    for (language, size) in [(Language::Indonesian, SMALL), (Language::English, NORMAL)] {
        let mut w = Window::open(language, size);
        w.up_to_photo();
        assert!(w.sees(&w.words.get("guide-wait")));
        let mut check = |advice: Advice, id: &str| {
            w.control.borrow_mut().advice = Some(advice);
            w.run();
            let text = w.words.get(id);
            assert_eq!(w.harness.query_all_by_label(&text).count(), 1, "{text}");
            inside(&w, &text, size);
        };
        check(Advice::Take, "guide-take");
        check(Advice::Hold, "guide-hold");
        for reason in QualityReason::ALL {
            let id = format!("guide-{}", reason.id());
            if Words::new(language).has(&id) {
                check(Advice::Mend(*reason), &id);
            }
        }
        check(Advice::Look(QualityReason::MaskSuspected), "guide-mask-suspected");
    }
}

#[test]
fn a_wrong_background_goes_on_with_a_reason() {
    let mut w = with_photo(Language::Indonesian, NORMAL, |p| p.ground = Some(BLUE));
    assert!(w.sees(&w.words.get("background-wrong")));
    assert!(!w.sees(&w.words.get("background-software")), "none was made");
    w.go_on();
    w.expect(StepId::Photo);
    assert_eq!(w.blockers(), ["photo-background"]);
    w.press_id("background-reason-damaged-cloth");
    assert!(w.sees(&w.words.get("background-excepted")));
    w.go_on();
    w.go_on();
    w.expect(StepId::Signature);
    let view = w.harness.state().desk().session().unwrap();
    assert_eq!(photo::facts(view.session)["background"]["reason"], "Kain latar rusak");
}

#[test]
fn a_wrong_background_is_replaced_and_brought_back() {
    let mut w = with_photo(Language::English, SMALL, |p| {
        p.ground = Some(BLUE);
        p.replaced =
            Some(Replaced { colour: BackgroundColour::Red, jpeg: p.jpeg.clone(), algorithm: "palsu".into() });
        p.replaced.as_mut().unwrap().jpeg.sha256 = "another".into();
    });
    w.press_id("background-software");
    assert!(w.sees(&w.words.get("background-replaced")));
    w.go_on();
    assert!(w.sees(&w.words.get("photo-approved")));
    w.press_id("background-camera");
    assert!(w.sees(&w.words.get("background-wrong")));
    assert!(!w.sees(&w.words.get("photo-approved")), "another picture is approved anew");
    w.press_id("background-software");
    w.go_on();
    w.go_on();
    w.expect(StepId::Signature);
}

#[test]
fn the_right_background_and_a_suspicion_hold_nothing_up() {
    let mut w = with_photo(Language::Indonesian, NORMAL, |p| {
        p.ground = Some(Ground { matches: Some(BackgroundColour::Red), colour: ColourName::Red, ..BLUE });
        p.quality.reasons = vec![QualityReason::MaskSuspected, QualityReason::GlareSuspected];
    });
    assert!(w.sees(&w.words.get("background-right")));
    for id in ["mask-suspected", "glare-suspected"] {
        let told = w.words.get(&format!("reason-{id}"));
        let told = w.words.with("suspicion", &[("what", told.as_str())]);
        assert!(w.sees(&told), "{told}");
    }
    w.go_on();
    w.go_on();
    w.expect(StepId::Signature);
}

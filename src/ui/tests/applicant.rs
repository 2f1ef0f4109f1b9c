//! The applicant's screen. In the harness it lies as a window inside the operator's, where it can be pressed and drawn
//! on; what it shows by itself is read from a context of its own.

use devices::vocabulary::DeviceKind;
use eframe::egui::{Event, PointerButton, Pos2, RawInput, Rect, TouchDeviceId, TouchId, TouchPhase};

use super::desk::counter::OWNER;
use super::*;
use crate::runtime::station::DeskCommand;
use crate::ui::applicant;
use crate::ui::pictures::Pictures;
use crate::ui::stage::{Scratch, Stage};

/// Everything that a screen reader would read on the applicant's screen now.
fn read(w: &Window) -> String {
    let ctx = Context::default();
    theme::apply(&ctx);
    ctx.enable_accesskit();
    let (mut scratch, mut pictures, mut out) = (Scratch::default(), Pictures::new(&ctx), Vec::new());
    let mut open = true;
    let mut text = String::new();
    // The second pass knows the sizes.
    for _ in 0..2 {
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(1024.0, 720.0)));
        let mut output = ctx.run_ui(RawInput { screen_rect, ..RawInput::default() }, |ui| {
            let mut stage = Stage {
                words: &w.words,
                desk: w.harness.state().desk(),
                scratch: &mut scratch,
                pictures: &mut pictures,
                applicant: &mut open,
                out: &mut out,
            };
            applicant::show(ui, &mut stage);
        });
        // Nobody paints here.
        output.textures_delta.clear();
        let nodes = output.platform_output.accesskit_update.map(|u| u.nodes).unwrap_or_default();
        let said = nodes.iter().flat_map(|(_, n)| [n.label(), n.value()]).flatten();
        text = said.collect::<Vec<_>>().join("\n");
    }
    assert!(out.is_empty(), "it does nothing by itself");
    text
}

fn open(language: Language) -> Window {
    let mut w = Window::open(language, vec2(1400.0, 1000.0));
    w.up_to_photo();
    w
}

#[test]
fn it_says_what_happens_now_and_shows_nobody_else() {
    for language in [Language::Indonesian, Language::English] {
        let mut w = Window::open(language, NORMAL);
        let person = DemoPerson::default();
        let name = "SARI CONTOH LESTARI";
        let check = |w: &Window, expected: &str, personal: bool| {
            let read = read(w);
            assert!(read.contains(&w.words.get(expected)), "{expected}: {read}");
            let nik = speech_nik(&person.nik);
            assert_eq!(read.contains(name) || read.contains(&nik), personal, "{expected}: {read}");
            assert!(!read.contains('⟦'), "a message is missing: {read}");
        };
        check(&w, "applicant-welcome-do", false);
        w.control.borrow_mut().pad = true;
        w.sign_in();
        check(&w, "applicant-welcome-do", false);
        w.begin();
        check(&w, "applicant-do-health", false);
        w.health("36,5");
        check(&w, "applicant-do-identity", false);
        w.identity();
        check(&w, "applicant-do-urgency", false);
        w.urgency("school");
        check(&w, "applicant-do-biodata", true);
        w.biodata();
        check(&w, "applicant-do-photo", false);
        assert!(read(&w).contains(&w.words.get("applicant-live")));
        w.photo();
        check(&w, "applicant-do-signature", false);
        assert!(read(&w).contains(&w.words.get("signature-pad")));
        w.sign();
        check(&w, "applicant-do-fingers", false);
        w.fingers();
        check(&w, "applicant-do-irises", false);
        w.go_on();
        w.go_on();
        check(&w, "applicant-do-verification", false);
        for _ in 0..3 {
            w.go_on();
        }
        check(&w, "applicant-do-statement", true);
        assert!(!read(&w).contains(&w.words.get("signature-pad")), "read first, then sign");
        w.press_id("statement-confirmed");
        assert!(read(&w).contains(&w.words.get("signature-pad")));
        w.sign();
        check(&w, "applicant-do-seal", false);
        w.go_on();
        assert_eq!(w.outcome(), Some(Outcome::Sealed));
        check(&w, "applicant-done-do", false);
        w.press_id("next-applicant");
        check(&w, "applicant-welcome-do", false);
        w.begin();
        check(&w, "applicant-do-health", false);
        w.harness.state_mut().desk_mut().send(DeskCommand::SignOut);
        w.run();
        check(&w, "applicant-welcome-do", false);
    }
}

#[test]
fn nothing_of_the_person_is_shown_before_they_are_known_again() {
    for step in [StepId::Biodata, StepId::Photo] {
        let mut w = Window::open(Language::Indonesian, NORMAL);
        w.up_to_photo();
        w.captures();
        w.send(Command::Open(step));
        let name = "SARI CONTOH LESTARI";
        assert_eq!(read(&w).contains(name), step == StepId::Biodata);
        w.press_id("action-park");
        w.press_id("serve-another");
        w.press_with("take-up", name);
        assert!(w.sees(&w.words.get("reverify-title")));
        let before = read(&w);
        for secret in [name, &speech_nik(&DemoPerson::default().nik), &w.words.get("applicant-photo")] {
            assert!(!before.contains(secret), "{secret:?} on: {before}");
        }
        assert!(before.contains(&w.words.get("applicant-do-verification")), "{before}");
        w.go_on();
        assert!(!w.sees(&w.words.get("reverify-title")));
    }
}

fn speech_nik(nik: &str) -> String {
    crate::ui::speech::nik_groups(nik)
}

#[test]
fn it_is_opened_and_closed_and_costs_nothing() {
    let mut w = open(Language::Indonesian);
    let before = w.harness.state().desk().session().unwrap().session.clone();
    w.press_id("applicant-open");
    assert!(w.sees(&w.words.get("applicant-do-photo")));
    w.press_id("applicant-close");
    assert!(!w.sees(&w.words.get("applicant-do-photo")));
    let after = w.harness.state().desk().session().unwrap().session.clone();
    assert_eq!(before.data, after.data);
    // Without an officer there is nothing to open it with, and it stays as it was.
    w.press_id("applicant-open");
    w.press_id("sign-out");
    assert!(w.sees(&w.words.get("applicant-welcome")));
}

impl Window {
    /// Draws a stroke on the pad on screen, `from` points right of its left third.
    fn draw(&mut self, from: f32) {
        let pad = self.harness.get_by_label(&self.words.get("signature-pad")).rect();
        let at = |x: f32, y: f32| pad.center() + vec2(x - 100.0, y);
        let touch = |phase, pos| Event::Touch {
            device_id: TouchDeviceId(1),
            id: TouchId(1),
            phase,
            pos,
            force: Some(0.5),
        };
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.harness.event(Event::PointerMoved(at(from, 0.0)));
        self.harness.step();
        self.harness.event(touch(TouchPhase::Start, at(from, 0.0)));
        self.harness.event(button(at(from, 0.0), true));
        self.harness.step();
        for i in 1..30 {
            let pos = at(from + i as f32 * 3.0, (i as f32).sin() * 20.0);
            self.harness.event(touch(TouchPhase::Move, pos));
            self.harness.event(Event::PointerMoved(pos));
            self.harness.step();
        }
        let end = at(from + 90.0, 0.0);
        self.harness.event(touch(TouchPhase::End, end));
        self.harness.event(button(end, false));
        self.harness.step();
        self.run();
    }
}

#[test]
fn what_is_drawn_there_is_the_signature() {
    let mut w = open(Language::English);
    w.control.borrow_mut().pad = false;
    w.photo();
    w.expect(StepId::Signature);
    w.press_id("applicant-open");
    assert!(w.sees(&w.words.get("applicant-signs")), "the officer sees where it is signed");
    w.draw(0.0);
    assert!(!w.harness.state().scratch().ink.is_empty(), "nothing drawn");
    w.press_id("applicant-clear");
    assert!(w.harness.state().scratch().ink.is_empty());
    w.draw(0.0);
    w.draw(100.0);
    assert_eq!(w.harness.state().scratch().ink.strokes().strokes.len(), 2);
    w.press_id("applicant-signed");
    assert!(w.harness.state().scratch().ink.is_empty());
    let view = w.harness.state().desk().session().unwrap();
    let sample = view.session.data.signature.sample.clone().unwrap();
    assert_eq!(sample.strokes.strokes.len(), 2);
    let points: Vec<_> = sample.strokes.strokes.iter().flatten().collect();
    assert!(points.len() > 20 && points.iter().all(|p| p.pressure == Some(32767)), "{}", points.len());
    assert!(points.last().unwrap().t_ms > 0, "times are kept");
    assert!(!w.sees(&w.words.get("signature-pad")), "the pad is gone once it is signed");
    assert!(w.sees(&w.words.get("applicant-signed-done")));
}

#[test]
fn the_receiver_of_a_card_is_told_what_happens_and_signs_there() {
    for language in [Language::Indonesian, Language::English] {
        let mut w = Window::open(language, vec2(1400.0, 1000.0));
        let check = |w: &Window, expected: &str, name: bool| {
            let read = read(w);
            assert!(read.contains(&w.words.get(expected)), "{expected}: {read}");
            let nik = speech_nik(&DemoPerson::default().nik);
            assert!(!read.contains(&nik), "{expected}: {read}");
            assert_eq!(read.contains(OWNER), name, "{expected}: {read}");
            assert!(!read.contains('⟦'), "a message is missing: {read}");
        };
        w.counter();
        w.control.borrow_mut().pad = false;
        check(&w, "applicant-welcome-do", false);
        w.take_card();
        check(&w, "applicant-card-card", false);
        w.press_id("card-judgement-same");
        w.go_on();
        check(&w, "applicant-card-receiver", false);
        w.press_id("handover-receiver-own");
        w.go_on();
        check(&w, "applicant-card-finger", false);
        w.go_on(); // the finger
        check(&w, "applicant-card-wait", false);
        w.go_on();
        check(&w, "applicant-card-sign", true);
        assert!(read(&w).contains(&w.words.with("applicant-card-text", &[("name", OWNER)])));
        w.press_id("applicant-open");
        assert!(w.sees(&w.words.get("applicant-card-signs")), "the officer sees where it is signed");
        w.draw(0.0);
        w.press_id("applicant-clear");
        w.draw(0.0);
        w.draw(100.0);
        w.press_id("applicant-signed");
        let strokes = |w: &Window| {
            let h = w.harness.state().desk().handover().unwrap();
            h.signature.as_ref().map(|s| s.strokes.strokes.len())
        };
        assert_eq!(strokes(&w), Some(2));
        assert!(w.harness.state().scratch().ink.is_empty());
        assert!(!w.sees(&w.words.get("signature-pad")), "the pad is gone once it is signed");
        check(&w, "applicant-signed-done", true);
        // Once more, where the officer asks for it.
        w.press_id("sign-again");
        assert!(w.sees(&w.words.get("applicant-card-sign")) && w.sees(&w.words.get("signature-pad")));
        w.draw(0.0);
        w.press_id("applicant-signed");
        assert_eq!(strokes(&w), Some(1));
        w.go_on();
        check(&w, "applicant-card-given-do", false);
        w.harness.state_mut().desk_mut().send(DeskCommand::SignOut);
        w.run();
        check(&w, "applicant-welcome-do", false);
    }
}

#[test]
fn a_pad_that_waits_for_disinfection_takes_nothing_from_the_receiver() {
    let mut w = Window::open(Language::Indonesian, vec2(1400.0, 1000.0));
    w.counter();
    w.control.borrow_mut().pad = false;
    w.at_finger();
    w.go_on();
    w.control.borrow_mut().locked = [DeviceKind::SignaturePad].into();
    w.go_on();
    w.press_id("applicant-open");
    w.harness.state_mut().desk_mut().send(DeskCommand::Disinfected(DeviceKind::Camera));
    w.run();
    w.draw(0.0);
    assert!(w.harness.state().scratch().ink.is_empty());
    w.go_on(); // it is clean
    w.draw(0.0);
    w.press_id("applicant-signed");
    assert!(w.harness.state().desk().handover().unwrap().signature.is_some());
}

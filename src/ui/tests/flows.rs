//! Whole sessions: the straight one, and those with a refusal, a retry, an exception, a resume.

use biometrics::position::FingerPosition;
use chrono::Duration;
use devices::vocabulary::{DeviceFault, DeviceKind, PrintHitch, Retry};

use super::*;
use crate::runtime::station::{DeskCommand, PrintProgress, Screen};
use crate::session::event::{CaptureOutcome, Target};

fn whole_session(language: Language, size: Vec2) {
    let mut w = Window::open(language, size);
    w.up_to_photo();
    w.captures();
    w.rest();
    w.go_on();
    assert_eq!(w.outcome(), Some(Outcome::Sealed));
    assert!(w.sees(&w.words.get("outcome-sealed")));
    assert!(w.sees(&w.words.get("document-proof")));
    w.press_id("next-applicant");
    assert_eq!(w.harness.state().desk().screen(), Screen::Start);
    assert!(w.sees(&w.words.get("record-BIO_CAPTURED")));
}

#[test]
fn whole_session_in_indonesian() {
    whole_session(Language::Indonesian, NORMAL);
}

#[test]
fn whole_session_in_english_in_the_smallest_window() {
    whole_session(Language::English, SMALL);
}

#[test]
fn fever_waits_for_a_second_reading_and_is_refused_with_a_way_on() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.sign_in();
    w.begin();
    w.health("38,1");
    assert_eq!(w.outcome(), Some(Outcome::Parked));
    assert!(w.sees(&w.words.get("second-reading-title")));
    w.press_id("serve-another");
    assert_eq!(w.harness.state().desk().waiting().len(), 1);
    w.control.borrow_mut().now += Duration::seconds(301);
    w.run();
    let name = w.words.get("applicant-unknown");
    w.press_with("take-up", &name);
    w.expect(StepId::Health);
    w.fill_id("temperature-applicant", "38,0");
    w.press_id("temperature-note-applicant");
    w.go_on();
    assert_eq!(w.outcome(), Some(Outcome::Refused));
    assert!(w.sees(&w.words.get("rule-second-reading-above-limit")));
    assert!(w.sees(&w.words.get("come-back-from")));
    assert!(w.sees(&w.words.get("document-slip")));
    w.press_id("next-applicant");
    assert_eq!(w.harness.state().desk().screen(), Screen::Start);
}

#[test]
fn retry_and_fault_say_what_to_do_and_go_on() {
    let mut w = Window::open(Language::English, NORMAL);
    w.up_to_photo();
    let planned = [
        CaptureOutcome::Retry(Retry::EyesClosed),
        CaptureOutcome::Fault(DeviceFault::Hung { after_ms: 5000 }),
    ];
    w.control.borrow_mut().outcomes.insert(Target::Face.id(), planned.into());
    w.go_on();
    let told = w.words.retry(Retry::EyesClosed);
    assert!(w.sees(&told.what) && w.sees(&told.to_do));
    w.go_on();
    assert!(w.sees(&w.words.get("fault-hung")), "the device is named");
    assert!(w.sees(&w.words.get("fault-nothing-lost")));
    w.press_id("action-retry");
    w.expect(StepId::Photo);
    assert!(w.harness.state().desk().session().unwrap().fault().is_none());
    w.go_on();
    w.go_on();
    w.expect(StepId::Signature);
}

#[test]
fn a_missing_finger_is_declared_photographed_and_approved() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.up_to_photo();
    w.photo();
    w.sign();
    w.expect(StepId::Fingers);
    let finger = w.words.get("finger-left_little");
    let state = w.words.get("state-empty");
    let name = crate::t!(w.words, "picture-item", name = finger.clone(), state = state);
    w.press(&name);
    w.press_id("exception-missing");
    w.press_id("term-permanent");
    w.press_id("exception-declare");
    let d = |w: &Window| {
        let view = w.harness.state().desk().session().unwrap();
        view.session.data.fingers.exceptions.contains_key(&FingerPosition::LeftLittle)
    };
    assert!(d(&w));
    for _ in 0..3 {
        w.go_on();
    }
    w.go_on(); // picture of the exception
    w.go_on();
    w.expect(StepId::Irises);
    w.rest();
    w.go_on(); // opens the decision
    w.decide("Bayu Pendukung", "role-supporting");
    w.go_on();
    assert_eq!(w.outcome(), Some(Outcome::Sealed));
}

#[test]
fn a_parked_session_is_taken_up_with_the_same_finger() {
    let mut w = Window::open(Language::English, NORMAL);
    w.up_to_photo();
    w.captures();
    w.press_id("action-park");
    assert_eq!(w.outcome(), Some(Outcome::Parked));
    w.press_id("serve-another");
    w.press_with("take-up", "SARI CONTOH LESTARI");
    assert!(w.sees(&w.words.get("reverify-title")));
    w.go_on();
    assert!(!w.sees(&w.words.get("reverify-title")));
    w.expect(StepId::Irises);
    w.rest();
    w.go_on();
    assert_eq!(w.outcome(), Some(Outcome::Sealed));
}

#[test]
fn a_supervisor_decides_with_their_own_secret() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.control.borrow_mut().pad = true;
    w.sign_in();
    w.begin();
    w.health("36,5");
    w.identity();
    w.urgency("other");
    w.expect(StepId::Approval);
    w.go_on();
    assert!(!w.sees("Oka Petugas · "), "the operator never decides their own case");
    assert!(!w.sees("Bayu Pendukung"), "this needs a supervisor");
    w.decide("Dewi Penyelia", "role-supervisor");
    w.expect(StepId::Biodata);
}

#[test]
fn the_primary_action_is_never_clipped_and_the_switch_changes_every_word() {
    let mut w = Window::open(Language::Indonesian, SMALL);
    w.up_to_photo();
    let inside = |w: &Window, name: &str| {
        let rect = w.harness.get_by_label(name).rect();
        let window = eframe::egui::Rect::from_min_size(eframe::egui::Pos2::ZERO, SMALL);
        assert!(window.contains_rect(rect), "{name}: {rect:?}");
    };
    inside(&w, &w.words.get("capture-face"));
    w.press("EN");
    w.words = Words::new(Language::English);
    inside(&w, &w.words.get("capture-face"));
    w.send(Command::Open(StepId::Health));
    inside(&w, &w.words.get("judge-and-go-on"));
    w.send(Command::Open(StepId::Photo));
    w.captures();
    inside(&w, &w.words.get("capture-irises"));
}

#[test]
fn a_document_that_is_not_printed_waits_on_the_start_page() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    let jam = DeviceFault::CannotPrint { detail: PrintHitch::PaperJam.id().into() };
    w.control.borrow_mut().print = Some(PrintProgress::NotPrinted(jam));
    w.up_to_photo();
    w.captures();
    w.rest();
    w.go_on();
    assert_eq!(w.outcome(), Some(Outcome::Sealed));
    let why = w.words.get("print-hitch-paper-jam");
    let told = crate::t!(w.words, "printing-not-printed", why = why.as_str());
    assert!(w.sees(&told) && w.sees("DEV-15"), "{told}");
    assert!(!w.sees(&w.words.get("printing-printed-do")));
    w.press_id("reprint");
    assert!(w.sees(&told), "still no paper");
    w.press_id("next-applicant");
    let title = crate::t!(w.words, "unprinted-title", count = 1);
    assert!(w.sees(&title) && w.sees(&told));
    w.control.borrow_mut().print = Some(PrintProgress::Printed);
    w.press_with("reprint-of", "SARI CONTOH LESTARI");
    assert!(!w.sees(&title), "printed, it is no longer listed");
}

#[test]
fn a_document_that_the_printer_says_nothing_of_waits_for_the_officers_word() {
    for from_start in [false, true] {
        let mut w = Window::open(Language::English, SMALL);
        w.control.borrow_mut().print = Some(PrintProgress::Sent);
        w.up_to_photo();
        w.captures();
        w.rest();
        w.go_on();
        assert_eq!(w.outcome(), Some(Outcome::Sealed));
        let title = crate::t!(w.words, "unprinted-title", count = 1);
        if from_start {
            w.press_id("next-applicant");
            w.press_id("sign-out");
            w.sign_in();
            assert!(w.sees(&title), "it is listed");
            w.press_with("printing-came-out-of", "SARI CONTOH LESTARI");
            assert!(!w.sees(&title));
        } else {
            w.press_id("printing-came-out");
            assert!(w.sees(&w.words.get("printing-printed")));
        }
    }
}

#[test]
fn a_slip_of_the_fingers_is_no_temperature() {
    let check = |typed: &str, told: bool, noted: bool| {
        let mut w = Window::open(Language::Indonesian, NORMAL);
        w.sign_in();
        w.begin();
        let rule = w.harness.state().desk().policy().health.applicant.temperature;
        let message = crate::t!(
            w.words,
            "temperature-implausible",
            least = w.words.temperature(rule.plausible_min_decidegrees),
            most = w.words.temperature(rule.plausible_max_decidegrees)
        );
        w.fill_id("temperature-applicant", typed);
        assert_eq!(w.sees(&message), told, "{typed}");
        assert_eq!(w.sees(&w.words.get("temperature-note-applicant")), noted, "{typed}");
    };
    check("36,6", false, true);
    check("99,9", true, false);
    check("3,6", true, false);
    check("3,66", false, false);
}

#[test]
fn what_was_typed_is_forgotten_with_the_screen() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.sign_in();
    assert!(w.harness.state().scratch().texts.0.is_empty(), "the secret does not stay");
    w.begin();
    w.fill_id("temperature-applicant", "36,7");
    w.harness.state_mut().desk_mut().send(DeskCommand::SignOut);
    w.run();
    assert_eq!(w.harness.state().desk().screen(), Screen::SignIn);
    assert!(w.harness.state().scratch().temperatures.is_empty());
}

#[test]
fn a_device_of_the_last_applicant_is_disinfected_first() {
    let mut w = Window::open(Language::Indonesian, SMALL);
    w.control.borrow_mut().pad = true;
    w.control.borrow_mut().locked.extend([DeviceKind::Fingerprint, DeviceKind::Iris]);
    w.sign_in();
    assert!(w.sees(&w.words.get("disinfect-title")));
    // One is stated on the start page, the other where it is met.
    w.press_with("disinfected", &w.words.get("device-iris"));
    assert!(!w.control.borrow().locked.contains(&DeviceKind::Iris));
    w.begin();
    w.health("36,5");
    w.identity();
    w.urgency("school");
    w.biodata();
    w.photo();
    w.sign();
    w.expect(StepId::Fingers);
    let reader = w.words.get("device-fingerprint");
    assert!(w.sees(&w.words.with("disinfect-first", &[("device", reader.as_str())])));
    w.press_with("disinfected", &reader);
    assert!(w.control.borrow().locked.is_empty());
    w.go_on();
    assert!(!w.harness.state().desk().session().unwrap().session.data.fingers.samples.is_empty());
}

#[test]
fn a_faulty_device_can_be_changed_for_another() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.control.borrow_mut().spare = Some(DeviceKind::Camera);
    w.up_to_photo();
    let broken = CaptureOutcome::Fault(DeviceFault::Reported { code: "x-1".into() });
    w.control.borrow_mut().outcomes.insert(Target::Face.id(), [broken].into());
    w.go_on();
    assert!(w.sees(&w.words.get("fault-reported")));
    w.press_with("use-device", "Cadangan");
    assert_eq!(w.control.borrow().used.len(), 1);
}

#[test]
fn another_printer_is_offered_where_one_is_stopped() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.control.borrow_mut().spare = Some(DeviceKind::Printer);
    w.up_to_photo();
    let other = crate::t!(w.words, "use-device", device = "Cadangan");
    assert!(!w.sees(&other), "nothing is wrong yet");
    w.control.borrow_mut().stopped = true;
    w.go_on();
    let printer = w.words.get("device-printer");
    assert!(!w.sees(&crate::t!(w.words, "restart-device", device = printer.as_str())));
    w.press_with("use-device", "Cadangan");
    assert_eq!(w.control.borrow().used.len(), 1);
}

//! A reader or iris camera that fails: the page of the fault leads on without it.

use biometrics::position::Slap;
use devices::vocabulary::DeviceFault;

use super::*;
use crate::session::event::{CaptureOutcome, Target};

impl Window {
    fn will_fail(&mut self, target: Target) {
        let gone = CaptureOutcome::Fault(DeviceFault::Unplugged);
        self.control.borrow_mut().outcomes.insert(target.id(), [gone].into());
    }

    fn exceptions(&self) -> usize {
        let view = self.harness.state().desk().session().unwrap();
        view.session.data.fingers.exceptions.len() + view.session.data.irises.exceptions.len()
    }

    fn open_requirements(&self) -> usize {
        self.harness.state().desk().session().unwrap().requirements().len()
    }
}

fn fingers_and_eyes(language: Language, size: Vec2) {
    let mut w = Window::open(language, size);
    w.up_to_photo();
    w.photo();
    w.sign();
    w.expect(StepId::Fingers);
    w.go_on();
    w.will_fail(Target::Slap(Slap::LeftFour));
    w.go_on();
    assert!(w.sees(&w.words.get("fault-unplugged")));
    assert!(w.sees(&w.words.get("fault-without-reader-do")));
    w.press_id("fault-without-reader");
    assert!(w.sees(&w.words.get("without-device-kept")), "what it means, before it is done");
    assert_eq!(w.exceptions(), 0);
    w.press_id("without-device-yes");
    assert_eq!(w.exceptions(), 6);
    let told = w.words.with("requirement-reason-exceptions-fingers", &[("count", 6)]);
    assert!(w.sees(&told), "one line for six fingers");
    let decide = w.words.with("decide-now", &[("what", told.as_str())]);
    w.press(&decide);
    w.decide("Dewi Penyelia", "role-supervisor");
    assert_eq!(w.open_requirements(), 6, "the picture is still wanted");
    w.go_on();
    assert_eq!(w.open_requirements(), 0);
    w.go_on();
    w.expect(StepId::Irises);
    w.will_fail(Target::Irises);
    w.go_on();
    w.press_id("fault-without-reader");
    w.press_id("without-device-yes");
    assert_eq!(w.exceptions(), 8);
}

#[test]
fn what_a_reader_did_not_record_is_declared_at_once_and_decided_at_once() {
    fingers_and_eyes(Language::Indonesian, NORMAL);
}

#[test]
fn the_same_in_english_in_the_smallest_window() {
    fingers_and_eyes(Language::English, SMALL);
}

#[test]
fn a_verification_without_reader_is_left_to_the_supervisor() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.up_to_photo();
    w.captures();
    w.go_on();
    w.go_on();
    w.expect(StepId::Verification);
    let target = w.harness.state().desk().session().unwrap().targets()[0];
    w.will_fail(target);
    w.go_on();
    assert!(w.sees(&w.words.get("fault-without-verify-do")));
    w.press_id("fault-without-verify");
    assert!(w.sees(&w.words.get("skip-verification-body")));
    w.fill_id("field-reason", "pemindai tidak berfungsi");
    w.press_id("skip-verification-yes");
    let view = w.harness.state().desk().session().unwrap();
    assert_eq!(view.session.data.verification.excepted.as_deref(), Some("pemindai tidak berfungsi"));
    assert_eq!(view.session.data.fingers.samples.len(), 10);
}

#[test]
fn a_session_is_taken_up_without_reader_by_a_second_officer() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.up_to_photo();
    w.captures();
    w.press_id("action-park");
    w.press_id("serve-another");
    w.press_with("take-up", "SARI CONTOH LESTARI");
    let asked = w.harness.state().desk().session().unwrap().session.core.reverify.clone().unwrap();
    w.will_fail(Target::Reverify(asked.finger));
    w.go_on();
    assert!(w.sees(&w.words.get("fault-without-reverify-do")));
    w.press_id("fault-without-reverify");
    w.press_id("reverify-second");
    w.decide("Dewi Penyelia", "role-supervisor");
    let view = w.harness.state().desk().session().unwrap();
    assert!(view.session.core.reverify.is_none());
    assert_eq!(view.current(), StepId::Irises);
}

//! The lock of the screen: nothing of anybody is on it, and what was typed is there again behind it.

use chrono::Duration;
use devices::vocabulary::{DeviceFault, Retry};

use super::*;
use crate::runtime::station::{DeskCommand, FingerWay, LockNote, Notice, NoticeLevel, Screen};

impl Window {
    fn screen(&self) -> Screen {
        self.harness.state().desk().screen()
    }

    fn set_lock(&mut self, finger: FingerWay, note: Option<LockNote>) {
        let mut control = self.control.borrow_mut();
        let lock = control.lock.as_mut().expect("locked");
        (lock.finger, lock.note) = (finger, note);
        drop(control);
        self.run();
    }
}

const INDEX: biometrics::position::FingerPosition = biometrics::position::FingerPosition::RightIndex;

fn inside(w: &Window, size: Vec2, name: &str) {
    let rect = w.harness.get_by_label(name).rect();
    let window = eframe::egui::Rect::from_min_size(eframe::egui::Pos2::ZERO, size);
    assert!(window.contains_rect(rect), "{name}: {rect:?}");
}

fn locked_at_biodata(language: Language, size: Vec2) -> Window {
    let mut w = Window::open(language, size);
    w.sign_in();
    w.begin();
    w.health("36.6");
    w.identity();
    w.press_id("lock");
    assert_eq!(w.screen(), Screen::Locked);
    w
}

#[test]
fn nothing_of_the_applicant_is_on_the_lock() {
    for (language, size) in [(Language::Indonesian, NORMAL), (Language::English, SMALL)] {
        let w = locked_at_biodata(language, size);
        let person = DemoPerson::default();
        for secret in ["sari contoh", "SARI CONTOH", &person.nik, &person.no_kk, "15-04-2003", "2003"] {
            assert!(!w.sees(secret), "{secret:?} is on the lock");
        }
        assert!(w.sees(&w.words.get("lock-title")));
        inside(&w, size, &w.words.get("lock-finger"));
    }
}

#[test]
fn the_finger_opens_and_the_session_is_where_it_was() {
    let mut w = locked_at_biodata(Language::Indonesian, NORMAL);
    w.press_id("lock-finger");
    assert_eq!(w.screen(), Screen::Locked);
    assert!(w.sees(&w.words.get("lock-no-match")), "jari tidak cocok dengan petugas");
    w.control.borrow_mut().own_finger = true;
    w.go_on();
    assert_eq!(w.screen(), Screen::Session);
    assert_eq!(w.current(), Some(StepId::Urgency));
}

#[test]
fn a_wrong_passphrase_stays_and_the_right_one_opens() {
    let mut w = locked_at_biodata(Language::English, NORMAL);
    w.fill_id("field-secret", "salah sama sekali");
    w.press_id("lock-open");
    assert_eq!(w.screen(), Screen::Locked);
    assert!(w.sees(&w.words.get("lock-passphrase-wrong")));
    let kept = w.harness.state().scratch().texts.0.values().any(|text| !text.is_empty());
    assert!(!kept, "the secret does not stay");
    w.fill_id("field-secret", SECRET);
    w.press_id("lock-open");
    assert_eq!(w.screen(), Screen::Session);
}

#[test]
fn what_was_typed_is_there_again_behind_the_lock_and_gone_after_sign_out() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.sign_in();
    w.begin();
    w.fill_id("temperature-applicant", "36,7");
    let typed = |w: &Window| !w.harness.state().scratch().temperatures.is_empty();
    assert!(typed(&w));
    // Ctrl+L, with the keyboard in a field.
    w.harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    w.run();
    assert_eq!(w.screen(), Screen::Locked);
    assert!(!typed(&w));
    w.control.borrow_mut().own_finger = true;
    w.press_id("lock-finger");
    assert!(typed(&w), "what was typed is back");
    w.press_id("lock");
    w.press_id("lock-sign-out");
    assert_eq!(w.screen(), Screen::SignIn);
    w.sign_in();
    assert!(!typed(&w));
}

#[test]
fn every_way_that_a_finger_stands_has_its_words() {
    let mut w = locked_at_biodata(Language::Indonesian, SMALL);
    let check = |w: &mut Window, finger, note, id: &str| {
        w.set_lock(finger, note);
        let text = w.words.get(id);
        assert!(w.sees(&text), "{id}");
    };
    let ready = FingerWay::Ready(INDEX);
    check(&mut w, FingerWay::Reading, None, "lock-finger-reading");
    check(&mut w, FingerWay::NotEnrolled, None, "lock-finger-not-enrolled");
    check(&mut w, FingerWay::NoReader, None, "lock-finger-no-reader");
    check(&mut w, FingerWay::UsedUp, Some(LockNote::NoMatch(0)), "lock-finger-used-up");
    check(&mut w, ready, Some(LockNote::NoMatch(1)), "lock-no-match");
    check(&mut w, ready, Some(LockNote::Retry(Retry::TooShort)), "retry-too-short");
    let until = "2020-07-06T02:15:00Z".parse().unwrap();
    check(&mut w, ready, Some(LockNote::LockedOut(until)), "vault-locked-out");
    assert!(w.sees("09.15") || w.sees("09:15"), "the local time is said");
    let code = "VLT-10".to_owned();
    let disk = Notice { level: NoticeLevel::Error, message: "vault-read-only".into(), code };
    check(&mut w, ready, Some(LockNote::NotChecked(disk)), "vault-read-only");
    assert!(w.sees("VLT-10") && !w.sees(&w.words.get("lock-passphrase-wrong")));
    check(&mut w, ready, Some(LockNote::Fault(DeviceFault::Unplugged)), "fault-unplugged");
    assert!(!w.sees(&w.words.get("lock-no-match")), "a device fault says the device");
    w.control.borrow_mut().hold = true;
    w.press_id("lock-finger");
    check(&mut w, FingerWay::Waiting(INDEX), None, "lock-finger-stop");
    w.harness.key_press(Key::Escape);
    w.run();
    assert_eq!(w.control.borrow().lock.as_ref().map(|l| l.finger), Some(ready));
}

#[test]
fn on_the_lock_everything_stands_in_the_middle() {
    for language in [Language::Indonesian, Language::English] {
        let w = locked_at_biodata(language, NORMAL);
        let middle = w.harness.get_by_label(&w.words.get("lock-title")).rect().center().x;
        for id in ["lock-finger", "lock-open", "lock-sign-out", "picture-hands"] {
            let at = w.harness.get_by_label(&w.words.get(id)).rect().center().x;
            assert!((at - middle).abs() < 2.0, "{id} is at {at}, not {middle}");
        }
    }
}

#[test]
fn a_touch_is_told_and_drawing_alone_is_not() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.sign_in();
    w.run();
    let before = w.control.borrow().activity;
    w.harness.run_steps(20);
    assert_eq!(w.control.borrow().activity, before, "frames are nobody's touch");
    w.control.borrow_mut().now += Duration::seconds(30);
    w.harness.run_steps(90);
    w.harness.key_press(Key::ArrowDown);
    w.run();
    assert_eq!(w.control.borrow().activity, before + 1);
    w.harness.state_mut().desk_mut().send(DeskCommand::SignOut);
    w.run();
}

/// Text fields that the window remembers, with what was typed into them.
fn remembered(w: &Window) -> usize {
    use eframe::egui::text_edit::TextEditState;
    w.harness.ctx.memory_mut(|m| m.data.count::<TextEditState>())
}

#[test]
fn where_the_keys_go_nothing_that_was_typed_stays_and_the_pin_opens() {
    for language in [Language::Indonesian, Language::English] {
        let mut w = Window::open(language, SMALL);
        w.control.borrow_mut().keys_go = true;
        w.sign_in();
        w.begin();
        w.fill_id("temperature-applicant", "36,7");
        assert!(remembered(&w) > 0, "the control: a field remembers what was typed");
        w.press_id("lock");
        assert_eq!(w.screen(), Screen::Locked);
        assert!(w.harness.state().scratch().temperatures.is_empty());
        // The lock has two fields of its own.
        assert!(remembered(&w) <= 2, "{} fields", remembered(&w));
        assert!(!w.sees(&w.words.get("lock-finger")));
        inside(&w, SMALL, &w.words.get("lock-pin-open"));
        inside(&w, SMALL, &w.words.get("lock-open"));
        w.fill_id("lock-pin-field", "000000");
        w.press_id("lock-pin-open");
        assert_eq!(w.screen(), Screen::Locked);
        assert!(w.sees(&w.words.get("lock-pin-wrong")));
        w.set_lock(FingerWay::Off, Some(LockNote::Pin(0)));
        assert!(w.sees(&w.words.with("lock-pin-wrong-do", &[("left", 0)])));
        w.fill_id("lock-pin-field", super::desk::PIN);
        w.press_id("lock-pin-open");
        assert_eq!(w.screen(), Screen::Session);
        assert!(w.harness.state().scratch().temperatures.is_empty(), "it has to be typed again");
    }
}

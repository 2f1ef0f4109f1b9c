//! The counter by accessible names: the straight way, those with a supervisor, and the ways back.

use devices::vocabulary::{DeviceFault, DeviceKind, Retry};

use super::desk::counter::{OWNER, card, first_finger};
use super::*;
use crate::handover::parts::{Exempt, Page};
use crate::runtime::station::{CardMove, DeskCommand, Screen};
use crate::session::event::{CaptureOutcome, CardAtStation, Target};
use crate::session::sample::{CardSample, Samples};
use crate::t;

impl Window {
    fn page(&self) -> Option<Page> {
        self.harness.state().desk().handover().map(|h| h.page)
    }

    pub(super) fn counter(&mut self) {
        self.control.borrow_mut().pad = true;
        self.sign_in();
        self.press_id("handover-open");
        assert_eq!(self.harness.state().desk().screen(), Screen::Handover);
    }

    pub(super) fn take_card(&mut self) {
        self.press_with("handover-take", OWNER);
        assert_eq!(self.page(), Some(Page::Card));
        self.fill_id("handover-nik", &DemoPerson::default().nik);
        assert!(self.sees(&self.words.get("handover-nik-fits")));
        self.go_on(); // reads the card
    }

    fn at_receiver(&mut self) {
        self.take_card();
        self.press_id("card-judgement-same");
        self.go_on();
        assert_eq!(self.page(), Some(Page::Receiver));
    }

    pub(super) fn at_finger(&mut self) {
        self.at_receiver();
        self.press_id("handover-receiver-own");
        self.go_on();
        assert_eq!(self.page(), Some(Page::Finger));
    }

    /// The primary action lies within the window.
    fn inside(&self, name: &str, size: Vec2) {
        // The list of pages has words like those of the buttons.
        let button =
            |n: &egui_kittest::Node<'_>| n.accesskit_node().role() == eframe::egui::accesskit::Role::Button;
        let found = self.harness.query_all_by_label(name).find(button);
        let rect = found.unwrap_or_else(|| panic!("no button {name:?}")).rect();
        let window = eframe::egui::Rect::from_min_size(eframe::egui::Pos2::ZERO, size);
        assert!(window.contains_rect(rect), "{name}: {rect:?}");
        assert!(rect.height() >= theme::TOUCH, "{name}: {rect:?}");
    }
}

fn straight(language: Language, size: Vec2) {
    let mut w = Window::open(language, size);
    w.counter();
    w.fill_id("handover-search", "nobody at all");
    assert!(w.sees(&w.words.get("handover-none-found")));
    w.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    w.fill_id("handover-search", "sari");
    w.press_with("handover-take", OWNER);
    w.inside(&w.words.get("capture-card"), size);
    w.fill_id("handover-nik", &DemoPerson::default().nik);
    w.go_on();
    assert!(w.sees(&w.words.get("handover-face-ask")));
    w.go_on();
    assert_eq!(w.page(), Some(Page::Card), "the pictures were not compared yet");
    w.press_id("card-judgement-same");
    w.inside(&w.words.get("action-next"), size);
    w.go_on();
    w.press_id("handover-receiver-own");
    w.go_on();
    w.inside(&w.words.with("capture-verify", &[("name", w.words.get("finger-right_index"))]), size);
    w.go_on(); // the finger
    w.go_on();
    assert_eq!(w.page(), Some(Page::Sign));
    w.go_on(); // the pad
    w.inside(&w.words.get("handover-issue"), size);
    w.go_on();
    assert_eq!(w.page(), Some(Page::Done));
    assert!(w.sees(&w.words.with("handover-done-issued", &[("name", OWNER)])));
    assert!(w.sees(&w.words.get("document-receipt")));
    w.go_on(); // the next card
    assert_eq!(w.page(), Some(Page::Pick));
    assert!(w.sees(&w.words.with("cards-balance", &[("count", -1)])));
    assert!(w.sees(&w.words.get("cards-below")));
    w.press_id("handover-close");
    assert_eq!(w.harness.state().desk().screen(), Screen::Start);
}

#[test]
fn a_card_is_handed_over_in_indonesian() {
    straight(Language::Indonesian, NORMAL);
}

#[test]
fn a_card_is_handed_over_in_english_in_the_smallest_window() {
    straight(Language::English, SMALL);
}

#[test]
fn four_misses_and_the_card_goes_back() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.counter();
    w.at_finger();
    let now = w.control.borrow().now;
    let miss = || {
        let finger = desk::finger(biometrics::position::FingerPosition::RightIndex, 1, &[], now);
        CaptureOutcome::Samples(Samples::Fingers(vec![finger]))
    };
    let planned = [miss(), CaptureOutcome::Retry(Retry::TooDry), miss(), miss(), miss()];
    w.control.borrow_mut().outcomes.insert(first_finger().id(), planned.into());
    for _ in 0..2 {
        w.go_on();
    }
    assert!(w.sees(&w.words.reason(biometrics::quality::QualityReason::TooDry).to_do));
    assert!(w.sees(&w.words.with("handover-tries-left", &[("count", 3)])));
    for _ in 0..3 {
        w.go_on();
    }
    assert!(w.sees(&w.words.get("handover-tries-over")));
    w.press_id("handover-give-back");
    let reason = w.words.get("handover-reason-finger-no-match");
    w.press(&format!("{reason} – {}", w.words.get("handover-leaving-returned")));
    w.press_id("handover-give-back-yes");
    assert_eq!(w.page(), Some(Page::Done));
    assert!(w.sees(&w.words.with("handover-done-returned", &[("name", OWNER)])));
    assert!(!w.sees(&w.words.get("document-receipt")));
}

#[test]
fn a_family_member_and_a_supervisor() {
    let mut w = Window::open(Language::English, NORMAL);
    w.counter();
    w.at_receiver();
    w.press_id("handover-receiver-family");
    w.fill_id("handover-receiver-name", "ibu contoh");
    w.fill_id("handover-relation", "ibu");
    w.fill_id("field-no_kk", "3201011203100008");
    assert!(w.sees(&w.words.get("handover-kk-differs")));
    w.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    w.fill_id("field-no_kk", &DemoPerson::default().no_kk);
    w.fill_id("handover-document-family", "KTP-el");
    let fits = w.harness.state().desk().handover().unwrap().kk.fits;
    assert_eq!(fits, Some(true), "{:?}", w.harness.state().desk().handover().unwrap().blockers());
    w.go_on();
    assert!(w.sees(&w.words.get("handover-absent")));
    w.press_id("handover-exempt");
    w.go_on();
    w.go_on(); // the pad
    w.go_on(); // opens the decision
    assert!(!w.sees("Oka Petugas · "), "the operator never decides their own case");
    w.decide("Dewi Penyelia", "role-supervisor");
    let met = w.harness.state().desk().handover().unwrap().approvals[&Exempt::Finger].met.is_some();
    assert!(met);
    w.go_on();
    assert_eq!(w.page(), Some(Page::Done));
}

#[test]
fn somebody_too_young_waits_for_the_birthday_or_shows_a_marriage() {
    for (language, size) in [(Language::Indonesian, NORMAL), (Language::English, SMALL)] {
        let mut w = Window::open(language, size);
        w.control.borrow_mut().young = true;
        w.counter();
        let from = w.words.date_long("2020-09-03".parse().unwrap());
        assert!(w.sees(&w.words.with("handover-waits", &[("from", from.as_str())])));
        w.press_with("handover-take", OWNER);
        assert!(w.sees(&w.words.get("handover-age")));
        assert!(w.sees(&w.words.with("handover-age-do", &[("from", from.as_str())])));
        assert!(w.sees(&w.words.get("handover-missing-age")));
        w.go_on();
        assert!(w.harness.state().desk().handover().unwrap().card.is_none(), "nothing is asked of the card");
        w.press_id("handover-married");
        w.fill_id("handover-marriage", "Akta perkawinan 12/2020");
        w.fill_id("handover-nik", &DemoPerson::default().nik);
        w.go_on(); // reads the card
        w.press_id("card-judgement-same");
        w.go_on();
        w.press_id("handover-receiver-own");
        w.go_on();
        w.go_on(); // the finger
        w.go_on();
        assert!(w.sees(&w.words.get("handover-by-supervisor")));
        w.go_on(); // the pad
        w.go_on(); // opens the decision
        assert!(w.sees("Akta perkawinan 12/2020"), "the supervisor reads what it is about");
        w.decide("Dewi Penyelia", "role-supervisor");
        w.go_on();
        assert_eq!(w.page(), Some(Page::Done));
    }
}

#[test]
fn a_reader_that_fails_is_blamed_and_the_card_waits() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.counter();
    w.press_with("handover-take", OWNER);
    let fault = CaptureOutcome::Fault(DeviceFault::Unplugged);
    w.control.borrow_mut().outcomes.insert(Target::Card.id(), [fault].into());
    w.go_on();
    assert!(w.sees(&w.words.get("fault-unplugged")));
    assert!(w.sees(&w.words.get("handover-fault")));
    w.press_id("action-retry");
    assert!(w.sees(&w.words.get("handover-card-read")));
}

#[test]
fn a_reader_that_touched_another_is_disinfected_first() {
    let mut w = Window::open(Language::Indonesian, SMALL);
    w.control.borrow_mut().locked = [DeviceKind::Fingerprint].into();
    w.counter();
    w.at_finger();
    let device = w.words.get("device-fingerprint");
    assert!(w.sees(&w.words.with("disinfect-first", &[("device", device.as_str())])));
    w.inside(&w.words.with("disinfected", &[("device", device.as_str())]), SMALL);
    w.go_on();
    assert!(w.control.borrow().locked.is_empty());
    w.go_on(); // the finger
    assert!(w.harness.state().desk().handover().unwrap().matched.is_some());
}

#[test]
fn a_receipt_that_failed_is_said_and_made_again() {
    let mut w = Window::open(Language::English, NORMAL);
    w.control.borrow_mut().receipt_fails = true;
    w.counter();
    w.at_finger();
    for _ in 0..4 {
        w.go_on(); // finger, next, pad, the card
    }
    assert_eq!(w.page(), Some(Page::Done));
    assert!(w.sees(&w.words.get("handover-receipt-failed")));
    w.control.borrow_mut().receipt_fails = false;
    w.press_id("handover-receipt-again");
    assert!(w.sees(&w.words.get("document-receipt")));
}

#[test]
fn blanks_are_entered_by_hand() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.counter();
    w.press_id("cards-enter");
    w.press_id("cards-received");
    w.press_id("cards-sort-blank");
    w.fill_id("cards-count", "500");
    w.fill_id("cards-first", "AB-001");
    w.fill_id("cards-last", "AB-499");
    assert!(w.sees(&w.words.get("vault-card-row")), "the range does not fit the count");
    w.press_id("action-cancel");
    w.press_id("cards-enter");
    w.press_id("cards-received");
    w.press_id("cards-sort-blank");
    w.fill_id("cards-count", "500");
    w.press_id("cards-save");
    assert!(w.sees(&w.words.with("cards-balance", &[("count", 500)])));
    assert!(w.harness.state().scratch().dialog.is_none());
    // What is spoiled has serials too; one card has one.
    w.press_id("cards-enter");
    w.press_id("cards-spoiled");
    w.press_id("cards-sort-blank");
    w.fill_id("cards-count", "1");
    w.fill_id("cards-first", "ab-017");
    w.press_id("handover-reason-print-fault");
    w.press_id("cards-save");
    let row = w.harness.state().desk().ledger().unwrap().rows[0].clone();
    let serial = "AB-017".to_owned();
    assert_eq!((row.kind, row.serials), (CardMove::Spoiled, Some((serial.clone(), serial))));
    assert!(w.sees(&w.words.with("cards-of-them-blank", &[("count", 1)])));
    assert!(w.sees("AB-017–AB-017"));
}

#[test]
fn the_card_of_the_applicant_leads_to_the_right_channel() {
    let mut w = Window::open(Language::Indonesian, SMALL);
    w.control.borrow_mut().pad = true;
    w.sign_in();
    w.begin();
    w.health("36,5");
    let person = DemoPerson::default();
    w.fill_id("field-nik", &person.nik);
    w.fill_id("field-no_kk", &person.no_kk);
    w.go_on();
    w.press_id("card-claimed-yes");
    assert!(w.sees(&w.words.get("warn-card-unchecked")));
    let now = w.control.borrow().now;
    let other = CaptureOutcome::Samples(Samples::Card(Box::new(CardSample { is_ktp: false, ..card(now) })));
    w.control.borrow_mut().outcomes.insert(Target::Card.id(), [other].into());
    w.press_id("capture-card");
    assert!(w.sees(&w.words.retry(Retry::NotKtp).what));
    w.press_id("capture-card");
    w.press_id("card-judgement-other");
    assert!(w.sees(&w.words.get("warn-card-of-other")));
    w.press_id("card-judgement-same");
    assert!(w.sees(&w.words.get("card-own")));
    // Another card on the reader takes nothing away from what was found.
    let other = CaptureOutcome::Samples(Samples::Card(Box::new(CardSample { is_ktp: false, ..card(now) })));
    w.control.borrow_mut().outcomes.insert(Target::Card.id(), [other].into());
    w.press_id("capture-card");
    assert!(w.sees(&w.words.retry(Retry::NotKtp).what) && w.sees(&w.words.get("card-own")));
    let before = w.harness.state().desk().session().unwrap().session.data.identity.recorded_before;
    assert_eq!(before, Some(true));
    w.send(Command::RecordedBefore(false));
    let before = w.harness.state().desk().session().unwrap().session.data.identity.recorded_before;
    assert_eq!(before, Some(true), "the card says more than the word");
    w.fill_id("field-nama", "sari contoh lestari");
    w.fill_id("birth-date-digits", "15042003");
    for (field, text) in [("jenis_kelamin", "PEREMPUAN"), ("status_perkawinan", "BELUM KAWIN")] {
        w.choose(field, text);
    }
    w.answer_warnings();
    w.go_on();
    w.urgency("school");
    assert_eq!(w.outcome(), Some(Outcome::Redirected));
    assert!(w.sees(&w.words.get("rule-recorded-before")));
}

#[test]
fn a_card_that_this_station_handed_out_is_recognised_in_a_session() {
    for (language, size) in [(Language::Indonesian, NORMAL), (Language::English, SMALL)] {
        let mut w = Window::open(language, size);
        let now = w.control.borrow().now;
        w.control.borrow_mut().at_station = CardAtStation::Handed { code: "0C07398F".into(), at: now };
        w.sign_in();
        w.begin();
        w.health("36,5");
        let person = DemoPerson::default();
        w.fill_id("field-nik", &person.nik);
        w.fill_id("field-no_kk", &person.no_kk);
        w.go_on();
        w.press_id("card-claimed-yes");
        w.press_id("capture-card");
        let on = w.words.date_long("2020-07-06".parse().unwrap());
        assert!(w.sees(&t!(w.words, "card-ledger-handed", code = "0C07398F", on = on)));
        assert!(w.sees(&w.words.get("warn-card-of-station")));
        assert!(!w.sees(OWNER), "nothing else of the person");
        w.press_id("card-judgement-other");
        assert!(w.blockers().contains(&"warning.card-of-station".to_owned()));
        w.answer_warnings();
        assert!(!w.blockers().iter().any(|b| b.starts_with("warning.")), "{:?}", w.blockers());
        w.press_id("card-judgement-same");
        assert!(!w.sees(&w.words.get("warn-card-of-station")), "the gate decides now");
        assert!(w.sees(&w.words.get("card-own")));
    }
}

#[test]
fn leaving_the_counter_forgets_what_was_typed() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.counter();
    w.take_card();
    w.harness.state_mut().desk_mut().send(DeskCommand::CloseHandover);
    w.run();
    assert_eq!(w.harness.state().desk().screen(), Screen::Start);
    assert!(w.harness.state().scratch().texts.0.is_empty());
    assert!(w.harness.state().desk().handover().is_none());
    let line = t!(w.words, "handover-line", tail = "0002", born = "x");
    assert!(!w.sees(&line));
}

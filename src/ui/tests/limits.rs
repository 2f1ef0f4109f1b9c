//! The state of the station on the start page, a refused session, and discarding one that was interrupted.

use chrono::Duration;
use eframe::egui::accesskit::Role as Part;
use uuid::Uuid;

use super::*;
use crate::gate::StationLimits;
use crate::runtime::limits::{StationFacts, StoreFacts, Trouble, findings};
use crate::runtime::power::Power;
use crate::runtime::station::{DISCARD_REASONS, Level, WaitingLine};
use crate::vault::{Room, Unsent};

const MB: u64 = 1_000_000;

/// A station with this room and so many records that are not sent, on a battery that runs out.
fn facts(free_bytes: u64, records: usize, now: chrono::DateTime<chrono::Utc>) -> StationFacts {
    let room = Room { free_bytes, free_files: None, mean_bytes: 0, largest_bytes: 0, drafts: 0 };
    let unsent = Unsent { records, oldest: Some(now - Duration::days(1)) };
    let store = StoreFacts { room, unsent, behind_s: None, far_ahead: false, hub: None, leftovers: 0 };
    StationFacts {
        store: Some(Ok(store)),
        power: Some(Power { mains: false, percent: Some(12) }),
        trial: Some(Ok(())),
        ..StationFacts::default()
    }
}

fn show(w: &mut Window, facts: &StationFacts) {
    let now = w.control.borrow().now;
    w.control.borrow_mut().limits = findings(facts, &StationLimits::default(), now);
    w.run();
}

fn can_begin(w: &Window) -> bool {
    let name = w.words.get("new-applicant");
    let all: Vec<_> = w.harness.query_all_by_label(&name).collect();
    all.iter().any(|n| n.accesskit_node().role() == Part::Button && !n.accesskit_node().is_disabled())
}

fn refused_and_let_in(language: Language, size: Vec2) {
    let mut w = Window::open(language, size);
    w.sign_in();
    let now = w.control.borrow().now;
    show(&mut w, &facts(100_000 * MB, 12, now));
    assert!(can_begin(&w));
    assert!(w.sees(&w.words.get("limits-station")));
    assert!(w.sees(&w.words.with("limit-power-low", &[("percent", 12)])));
    assert!(w.sees(&w.words.get("limit-power-low-do")));
    // The disk fills: the button is there and cannot be pressed, the reason stands beside it.
    show(&mut w, &facts(205 * MB, 12, now));
    assert!(!can_begin(&w));
    let list = findings(&facts(205 * MB, 12, now), &StationLimits::default(), now);
    let why = list.iter().find(|f| f.level == Level::Refuse).unwrap().told(&w.words);
    assert!(w.sees(&why.what) && w.sees(&w.words.get("limits-refused")));
    // A trial seal that fails names its cause.
    let trouble = Trouble { message: "vault-read-only".into(), code: "VLT-10".into() };
    let failed = StationFacts { trial: Some(Err(trouble)), ..facts(100_000 * MB, 12, now) };
    show(&mut w, &failed);
    assert!(!can_begin(&w));
    assert!(w.sees(&w.words.get("vault-read-only")) && w.sees(&w.words.get("vault-read-only-do")));
    show(&mut w, &facts(100_000 * MB, 0, now));
    w.begin();
}

#[test]
fn limits_in_indonesian() {
    refused_and_let_in(Language::Indonesian, NORMAL);
}

#[test]
fn limits_in_english_in_the_smallest_window() {
    refused_and_let_in(Language::English, SMALL);
}

#[test]
fn an_interrupted_session_tells_its_age_and_goes_with_a_reason_of_the_list() {
    for language in [Language::Indonesian, Language::English] {
        let mut w = Window::open(language, SMALL);
        w.sign_in();
        let now = w.control.borrow().now;
        let id = Uuid::from_u128(5);
        w.control.borrow_mut().found.push(WaitingLine {
            id,
            name: "CONTOH PEMOHON".into(),
            step: StepId::Photo,
            touched: now - Duration::days(6),
            not_before: None,
            parked: false,
            begun_by: Some(Uuid::from_u128(3)),
            expires: now + Duration::days(1),
        });
        w.run();
        assert!(w.sees(&w.words.with("waiting-begun-by", &[("name", "Bayu Pendukung")])));
        let end = w.words.date_time(now + Duration::days(1), 25_200);
        assert!(w.sees(&w.words.with("waiting-expires", &[("time", end)])));
        w.press_with("discard", "CONTOH PEMOHON");
        for reason in DISCARD_REASONS {
            assert!(w.sees(&w.words.get(&format!("discard-{reason}"))), "{reason}");
        }
        w.press_id("discard-applicant-left");
        w.press_id("discard-draft-yes");
        assert_eq!(w.control.borrow().discarded, [(id, "applicant-left".to_owned())]);
    }
}

#[test]
fn a_step_that_cannot_go_into_the_record_is_told_where_it_is_done_again() {
    let mut w = Window::open(Language::Indonesian, NORMAL);
    w.up_to_photo();
    w.photo();
    w.expect(StepId::Signature);
    w.control.borrow_mut().refused = Some(StepId::Photo);
    w.run();
    w.expect(StepId::Photo);
    let step = w.words.get("step-photo");
    assert!(w.sees(&w.words.with("part-refused", &[("step", step.as_str())])));
    assert!(w.sees(&w.words.get("part-refused-do")));
    w.go_on();
    w.expect(StepId::Signature);
}

#![allow(clippy::unwrap_used)]
//! Every limit one below, at and one above.

use chrono::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::i18n::{Language, Words};

const MB: u64 = 1_000_000;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 2, 0, 0).unwrap()
}

fn room(free_bytes: u64) -> Room {
    Room { free_bytes, free_files: None, mean_bytes: 0, largest_bytes: 0, drafts: 0 }
}

fn facts(change: impl FnOnce(&mut StoreFacts)) -> StationFacts {
    let mut store = StoreFacts {
        room: room(100_000 * MB),
        unsent: Unsent::default(),
        behind_s: None,
        far_ahead: false,
        hub: None,
        leftovers: 0,
    };
    change(&mut store);
    StationFacts { store: Some(Ok(store)), ..StationFacts::default() }
}

#[track_caller]
fn check(facts: &StationFacts, limits: &StationLimits, level: Level, messages: &[&str]) {
    let list = findings(facts, limits, now());
    let found: Vec<&str> = list.iter().filter(|f| f.level != Level::Ok).map(|f| f.message).collect();
    assert_eq!(found, messages);
    assert_eq!(list.iter().map(|f| f.level).max().unwrap_or(Level::Ok), level, "{list:?}");
    assert!(list.iter().all(|f| (f.level == Level::Ok) == f.code.is_empty()), "{list:?}");
    assert_eq!(refusal(&list).is_some(), level == Level::Refuse);
}

#[test]
fn room_is_reckoned_in_applicants() {
    let limits = StationLimits::default();
    let one = RECORD_FLOOR_BYTES + BESIDE_BYTES;
    let base = 200 * MB + RECORD_FLOOR_BYTES;
    for (free, open, expected) in [
        (0, 0, 0),
        (base + one - 1, 0, 0),
        (base + one, 0, 1),
        (base + 2 * one - 1, 0, 1),
        (base + 2 * one, 1, 1),
        (base + 2 * one, 2, 0),
        (base + 2 * one, 9, 0),
        (u64::MAX, 0, (u64::MAX - base) / one),
    ] {
        assert_eq!(applicants(&room(free), open, &limits), expected, "{free} with {open} open");
    }
    // What was recorded says more than the floor; drafts on the disk count as open.
    let large = Room { mean_bytes: 20 * MB, largest_bytes: 30 * MB, drafts: 1, ..room(1_000 * MB) };
    assert_eq!(applicants(&large, 0, &limits), (1_000 - 200 - 30) * MB / (20 * MB + BESIDE_BYTES) - 1);
    // A disk without names left is full, however many bytes it has.
    for (files, expected) in [(0, 0), (500 + 23, 0), (500 + 24, 1), (500 + 48, 2)] {
        let few = Room { free_files: Some(files), ..room(u64::MAX) };
        assert_eq!(applicants(&few, 0, &limits), expected, "{files} files");
    }
}

#[test]
fn a_disk_that_fills_warns_and_then_refuses() {
    let limits = StationLimits::default();
    let one = RECORD_FLOOR_BYTES + BESIDE_BYTES;
    let for_applicants = |n: u64| facts(|s| s.room = room(200 * MB + RECORD_FLOOR_BYTES + n * one));
    check(&for_applicants(21), &limits, Level::Ok, &[]);
    check(&for_applicants(20), &limits, Level::Warn, &["limit-disk-low"]);
    check(&for_applicants(1), &limits, Level::Warn, &["limit-disk-low"]);
    check(&for_applicants(0), &limits, Level::Refuse, &["limit-disk-full"]);
    let low = findings(&for_applicants(7), &limits, now());
    assert_eq!(low[0].numbers[0], ("count", 7));
}

#[test]
fn what_is_not_sent_warns_at_four_fifths_and_stops_at_the_limit() {
    let limits = StationLimits::default();
    let held = |records, age_s| {
        let oldest = Some(now() - TimeDelta::seconds(age_s));
        facts(|s| s.unsent = Unsent { records, oldest })
    };
    let days = 3 * 86_400;
    check(&held(0, days), &limits, Level::Ok, &[]);
    check(&held(1, days * 4 / 5 - 1), &limits, Level::Ok, &[]);
    check(&held(1, days * 4 / 5), &limits, Level::Warn, &["limit-unsent-near"]);
    check(&held(1, days - 1), &limits, Level::Warn, &["limit-unsent-near"]);
    check(&held(1, days), &limits, Level::Refuse, &["limit-unsent-old"]);
    check(&held(399, 0), &limits, Level::Ok, &[]);
    check(&held(400, 0), &limits, Level::Warn, &["limit-unsent-near"]);
    check(&held(499, 0), &limits, Level::Warn, &["limit-unsent-near"]);
    check(&held(500, 0), &limits, Level::Refuse, &["limit-unsent-many"]);
    check(&held(501, 0), &limits, Level::Refuse, &["limit-unsent-many"]);
    // A record that is younger than now has no age.
    check(&held(1, -9_000), &limits, Level::Ok, &[]);
    // In training an old record stops nothing, too many do.
    let training = |records, age_s| StationFacts { training: true, ..held(records, age_s) };
    check(&training(1, days), &limits, Level::Warn, &["limit-unsent-old"]);
    check(&training(500, 0), &limits, Level::Refuse, &["limit-unsent-many"]);
    check(&training(500, days), &limits, Level::Refuse, &["limit-unsent-many"]);
    let told = StationLimits { unsent_stops: false, ..limits };
    check(&held(500, days), &told, Level::Warn, &["limit-unsent-old"]);
}

#[test]
fn clocks() {
    let limits = StationLimits::default();
    let hub = |s: i64| facts(|f| f.hub = Some(now() + TimeDelta::seconds(s)));
    check(&hub(-86_400), &limits, Level::Ok, &[]);
    check(&hub(300), &limits, Level::Ok, &[]);
    check(&hub(301), &limits, Level::Warn, &["limit-clock-hub"]);
    check(&facts(|f| f.behind_s = Some(121)), &limits, Level::Refuse, &["limit-clock-back"]);
    let behind_both = |audit_s, hub_s| {
        facts(|f| (f.behind_s, f.hub) = (Some(audit_s), Some(now() + TimeDelta::seconds(hub_s))))
    };
    check(&behind_both(601, 601), &limits, Level::Refuse, &["limit-clock-hub-back"]);
    check(&behind_both(601, 400), &limits, Level::Refuse, &["limit-clock-back"]);
    check(&facts(|f| f.far_ahead = true), &limits, Level::Warn, &["limit-clock-far"]);
    for (jumped_s, message) in [(400, "limit-clock-jumped-ahead"), (-400, "limit-clock-jumped-back")] {
        let jumped = StationFacts { jumped_s, ..facts(|_| {}) };
        check(&jumped, &limits, Level::Warn, &[message]);
        let list = findings(&jumped, &limits, now());
        assert!(list.iter().any(|f| f.numbers == [("minutes", 7), ("hours", 0), ("days", 0)]), "{list:?}");
    }
}

#[test]
fn how_far_a_clock_is_off_is_told_in_the_unit_that_fits() {
    let limits = StationLimits::default();
    let check = |behind_s: i64, id: &str, en: &str| {
        let list = findings(&facts(|f| f.behind_s = Some(behind_s)), &limits, now());
        let clock = list.iter().find(|f| f.message == "limit-clock-back").unwrap();
        for (language, expected) in [(Language::Indonesian, id), (Language::English, en)] {
            let what = clock.told(&Words::new(language)).what;
            assert!(what.contains(&format!(" {expected} ")), "{what}");
        }
    };
    check(121, "3 menit", "3 min");
    check(119 * 60, "119 menit", "119 min");
    check(121 * 60, "2 jam", "2 h");
    check(47 * 3600, "47 jam", "47 h");
    check(49 * 3600, "2 hari", "2 days");
    check(400 * 86_400, "400 hari", "400 days");
}

#[test]
fn batteries() {
    let limits = StationLimits::default();
    let fed = |mains, percent| StationFacts { power: Some(Power { mains, percent }), ..facts(|_| {}) };
    check(&fed(true, None), &limits, Level::Ok, &[]);
    check(&fed(true, Some(1)), &limits, Level::Ok, &[]);
    check(&fed(false, Some(21)), &limits, Level::Ok, &[]);
    check(&fed(false, Some(20)), &limits, Level::Warn, &["limit-power-low"]);
    check(&fed(false, Some(0)), &limits, Level::Warn, &["limit-power-low"]);
    check(&fed(false, None), &limits, Level::Ok, &[]);
}

#[test]
fn drafts_the_trial_and_a_disk_that_does_not_answer() {
    let limits = StationLimits::default();
    let expiring = Some((2, now() + TimeDelta::hours(5)));
    check(&StationFacts { expiring, ..facts(|_| {}) }, &limits, Level::Warn, &["limit-drafts-expiring"]);
    let trouble = || Trouble { message: "vault-read-only".into(), code: "VLT-10".into() };
    check(&facts(|f| f.leftovers = 2), &limits, Level::Warn, &["limit-leftovers"]);
    let failed = StationFacts { trial: Some(Err(trouble())), ..facts(|_| {}) };
    check(&failed, &limits, Level::Refuse, &["limit-trial-failed"]);
    let list = findings(&failed, &limits, now());
    assert_eq!(refusal(&list).unwrap().because.as_deref(), Some("vault-read-only"));
    let store = Some(Err(trouble()));
    check(&StationFacts { store, ..StationFacts::default() }, &limits, Level::Refuse, &["limit-store"]);
    // What is not known yet refuses nothing.
    check(&StationFacts::default(), &limits, Level::Ok, &[]);
}

#[test]
fn every_finding_has_its_words_in_every_language() {
    for language in crate::i18n::Language::ALL {
        let words = Words::new(*language);
        for (message, level) in [
            ("limit-disk-ok", Level::Ok),
            ("limit-disk-low", Level::Warn),
            ("limit-disk-full", Level::Refuse),
            ("limit-store", Level::Refuse),
            ("limit-unsent-none", Level::Ok),
            ("limit-unsent-ok", Level::Ok),
            ("limit-unsent-near", Level::Warn),
            ("limit-unsent-old", Level::Refuse),
            ("limit-unsent-many", Level::Refuse),
            ("limit-clock-ok", Level::Ok),
            ("limit-clock-back", Level::Refuse),
            ("limit-clock-hub", Level::Warn),
            ("limit-clock-hub-back", Level::Refuse),
            ("limit-clock-jumped-ahead", Level::Warn),
            ("limit-clock-jumped-back", Level::Warn),
            ("limit-clock-far", Level::Warn),
            ("limit-leftovers", Level::Warn),
            ("limit-power-mains", Level::Ok),
            ("limit-power-battery", Level::Ok),
            ("limit-power-low", Level::Warn),
            ("limit-drafts-expiring", Level::Warn),
            ("limit-trial-ok", Level::Ok),
            ("limit-trial-failed", Level::Refuse),
        ] {
            assert!(words.has(message), "{message}");
            assert!(level == Level::Ok || words.has(&format!("{message}-do")), "{message}-do");
        }
        // Numbers reach the words: what is shown is what was counted.
        let record = Unsent { records: 7, oldest: Some(now() - TimeDelta::days(1)) };
        let list = findings(&facts(|s| s.unsent = record), &StationLimits::default(), now());
        let told = list[1].told(&words).what;
        assert!(told.contains('7') && told.contains("493") && told.contains("48"), "{told}");
        assert!(!told.contains('{') && !told.contains('$'), "{told}");
    }
}

proptest! {
    /// More room never means fewer applicants, and another open session never means more.
    #[test]
    fn room_is_monotonic(free in any::<u64>(), more in any::<u64>(), mean in 0u64..1_000_000_000, open in 0usize..50) {
        let limits = StationLimits::default();
        let with = |free_bytes| Room { mean_bytes: mean, largest_bytes: mean, ..room(free_bytes) };
        let (less, bigger) = (with(free), with(free.saturating_add(more)));
        prop_assert!(applicants(&less, open, &limits) <= applicants(&bigger, open, &limits));
        prop_assert!(applicants(&less, open + 1, &limits) <= applicants(&less, open, &limits));
    }

    /// Where a new session is let in, its draft and its record fit beside the reserve.
    #[test]
    fn whoever_is_let_in_can_be_finished(free in 0u64..4_000_000_000, size in 0u64..40_000_000, open in 0usize..20) {
        let limits = StationLimits::default();
        let room = Room { mean_bytes: size, largest_bytes: size, ..room(free) };
        if applicants(&room, open, &limits) > 0 {
            let one = size.max(RECORD_FLOOR_BYTES);
            let needed = 200 * MB + (open as u64 + 1) * one + one;
            prop_assert!(free >= needed);
        }
    }
}

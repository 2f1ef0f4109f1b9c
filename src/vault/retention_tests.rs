#![allow(clippy::unwrap_used)]
//! Every decision one second before its time, at it and after it.

use chrono::TimeZone;
use proptest::prelude::*;
use record::schema::RecordState as R;

use super::*;

const DAY_S: i64 = 86_400;

fn times() -> RetentionTimes {
    RetentionTimes {
        health_days: 3,
        draft_days: 7,
        sent_days: 30,
        extract_days: 90,
        duplicate_days: 365,
        unprinted_days: 14,
        card_proof_days: 365,
        audit_years: 5,
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_770_000_000 + seconds, 0).unwrap()
}

fn facts(state: R, state_at: Option<i64>, receipt: Option<(usize, i64)>) -> RecordFacts {
    RecordFacts {
        id: Uuid::from_u128(1),
        state,
        created: at(0),
        state_at: state_at.map(at),
        receipt: receipt.map(|(replicas, time)| (replicas, at(time))),
        extract_expires: Some(at(90 * DAY_S)),
        has_hashes: true,
        gone: false,
    }
}

#[track_caller]
fn payload(record: &RecordFacts, now: i64, expected: Result<(&str, i64), Held>) {
    let found = decide_payload(record, &times(), at(now)).map(|d| (d.reason, d.due));
    assert_eq!(found, expected.map(|(reason, due)| (reason, at(due))), "{record:?} at {now}");
}

#[test]
fn a_payload_goes_only_when_others_have_it_and_its_time_has_passed() {
    let month = 30 * DAY_S;
    // State, when it came about, receipt, from when the time counts, reason.
    for (state, state_at, receipt, since, reason) in [
        (R::ReceivedAtCentral, Some(500), None, 500, "received-at-central"),
        (R::SentForDedup, Some(500), None, 500, "received-at-central"),
        (R::PrintReadyRecord, Some(500), None, 500, "received-at-central"),
        (R::SentForCardPrinting, Some(500), Some((1, 10)), 500, "received-at-central"),
        (R::CardPrinted, Some(500), Some((2, 10)), 10, "two-replicas"),
        (R::CardIssued, None, Some((3, 10)), 10, "two-replicas"),
        (R::SentForEnrollment, None, Some((2, 10)), 10, "two-replicas"),
        // A clock that was before the record counts from the record.
        (R::SentForEnrollment, None, Some((2, -9_000)), 0, "two-replicas"),
    ] {
        let record = facts(state, state_at, receipt);
        payload(&record, since + month - 1, Err(Held::Young));
        payload(&record, since + month, Ok((reason, since + month)));
        payload(&record, since + month + 1, Ok((reason, since + month)));
    }
}

#[test]
fn a_payload_that_nobody_else_is_known_to_have_stays_for_ever() {
    let ever = 10_000 * DAY_S;
    for (state, state_at, receipt, why) in [
        (R::BioCaptured, None, None, Held::NotSafe),
        (R::Processing, None, None, Held::NotSafe),
        // A receipt without the state that goes with it was never taken.
        (R::BioCaptured, None, Some((3, 10)), Held::NotSafe),
        (R::Processing, Some(10), Some((3, 10)), Held::NotSafe),
        (R::SentForEnrollment, Some(10), None, Held::NotSafe),
        (R::SentForEnrollment, Some(10), Some((1, 10)), Held::NotSafe),
        (R::ReceivedAtCentral, None, None, Held::TimeUnknown),
        (R::CardIssued, None, Some((1, 10)), Held::TimeUnknown),
        (R::EnrollFailureAtCentral, Some(10), Some((2, 10)), Held::CaseOpen),
        (R::EnrollFailureAtRegional, Some(10), Some((2, 10)), Held::CaseOpen),
        (R::SearchFailureAtCentral, Some(10), Some((2, 10)), Held::CaseOpen),
        (R::AdjudicateRecord, Some(10), Some((2, 10)), Held::CaseOpen),
        (R::RequestValidation, Some(10), Some((2, 10)), Held::CaseOpen),
        (R::DuplicateRecord, Some(10), Some((2, 10)), Held::CaseOpen),
    ] {
        payload(&facts(state, state_at, receipt), ever, Err(why));
    }
}

#[track_caller]
fn record(change: impl Fn(&mut RecordFacts), now: i64, expected: &[Deleted]) {
    let mut facts = facts(R::BioCaptured, None, None);
    change(&mut facts);
    let found: Vec<_> = decide_record(&facts, &times(), at(now)).into_iter().map(|d| d.what).collect();
    assert_eq!(found, expected, "{facts:?} at {now}");
}

#[test]
fn extract_and_hashes_go_by_their_own_time() {
    use Deleted::{DuplicateMark, Extract, Record};
    let (quarter, year) = (90 * DAY_S, 365 * DAY_S);
    record(|_| {}, quarter - 1, &[]);
    record(|_| {}, quarter, &[Extract]);
    record(|_| {}, quarter + 1, &[Extract]);
    // A later policy shortens what an earlier one promised, and never makes it longer.
    record(|r| r.extract_expires = Some(at(400 * DAY_S)), quarter, &[Extract]);
    record(|r| r.extract_expires = Some(at(60 * DAY_S)), 60 * DAY_S, &[Extract]);
    let bare = |r: &mut RecordFacts| r.extract_expires = None;
    record(bare, year - 1, &[]);
    record(bare, year, &[DuplicateMark]);
    record(bare, year + 1, &[DuplicateMark]);
    record(|_| {}, year, &[Extract, DuplicateMark]);
    record(|r| r.has_hashes = false, year, &[Extract]);
    let central = |r: &mut RecordFacts| {
        (r.state, r.state_at, r.extract_expires) = (R::CardIssued, Some(at(0)), None);
    };
    record(central, 30 * DAY_S, &[Record]);
    let gone = |r: &mut RecordFacts| {
        central(r);
        r.gone = true;
    };
    record(gone, 30 * DAY_S, &[]);
}

#[track_caller]
fn draft(health: Option<i64>, now: i64, expected: Option<Deleted>) {
    let found = decide_draft(Uuid::nil(), at(0), health.map(at), &times(), at(now)).map(|d| d.what);
    assert_eq!(found, expected, "{health:?} at {now}");
}

#[test]
fn open_sessions_and_their_health_data_go_by_their_own_time() {
    let (health, all) = (3 * DAY_S, 7 * DAY_S);
    draft(None, all - 1, None);
    draft(None, all, Some(Deleted::Draft));
    draft(None, all + 1, Some(Deleted::Draft));
    draft(Some(-60), health - 61, None);
    draft(Some(-60), health - 60, Some(Deleted::Health));
    draft(Some(-60), all, Some(Deleted::Draft));
}

#[test]
fn documents_go_when_the_first_of_both_times_is_over() {
    let fortnight = 14 * DAY_S;
    for (expires, now, due) in [
        (fortnight, fortnight - 1, false),
        (fortnight, fortnight, true),
        (99 * DAY_S, fortnight, true),
        (DAY_S, DAY_S - 1, false),
        (DAY_S, DAY_S, true),
    ] {
        let found = decide_document(Uuid::nil(), at(0), at(expires), &times(), at(now));
        assert_eq!(found.is_some(), due, "{expires} at {now}");
    }
}

proptest! {
    /// Whatever the facts are: without the centre or two stores nothing goes, and nothing goes before its day.
    #[test]
    fn no_facts_delete_what_is_not_safe(
        state in 0usize..15,
        state_at in proptest::option::of(-1_000_000i64..100_000_000),
        receipt in proptest::option::of((0usize..5, -1_000_000i64..100_000_000)),
        now in 0i64..400_000_000,
    ) {
        let state = R::ALL[state % R::ALL.len()];
        let record = facts(state, state_at, receipt);
        if let Ok(deletion) = decide_payload(&record, &times(), at(now)) {
            let with_centre = is_with_centre(state) && state_at.is_some();
            let in_two = receipt.is_some_and(|(n, _)| n >= 2);
            prop_assert!(with_centre || in_two);
            prop_assert!(!has_open_case(state) && !matches!(state, R::BioCaptured | R::Processing));
            prop_assert!(now >= 30 * DAY_S);
            prop_assert!(deletion.since >= record.created && deletion.due <= at(now));
        }
    }

    #[test]
    fn what_is_due_of_a_row_is_never_missed_by_the_quick_look(
        created in 0i64..50_000_000, expires in proptest::option::of(0i64..50_000_000), now in 0i64..200_000_000,
        sent in any::<bool>(), hashes in any::<bool>(),
    ) {
        let state = if sent { R::ReceivedAtCentral } else { R::BioCaptured };
        let facts = RecordFacts {
            created: at(created),
            extract_expires: expires.map(at),
            has_hashes: hashes,
            ..facts(state, Some(created), None)
        };
        let row = QueueRow {
            id: facts.id, state, created: facts.created, expires: facts.extract_expires,
            nik_hash: if hashes { "aa".into() } else { String::new() }, family_hash: String::new(),
            sha256: String::new(), size: 0, epoch: 1, counter: 1, damaged: false, gone: None,
        };
        let due = decide_record(&facts, &times(), at(now));
        prop_assert!(due.is_empty() || may_be_due(&row, &times(), at(now)));
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The lock by itself: what each answer of the reader does to it.

use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
use biometrics::synth::finger::{FingerSpec, Impression, Master};

use super::super::analysis::kept_template;
use super::*;
use crate::session::testing as t;

const INDEX: FingerPosition = FingerPosition::RightIndex;

fn kept() -> FingerTemplate {
    let master = Master::new(&FingerSpec { person_seed: 3, position: INDEX });
    let template = MinutiaeMatcher::new().extract(&master.impression(&Impression::ordinary(1))).unwrap();
    kept_template(INDEX, &template, Some(60)).unwrap()
}

fn lock() -> Lock {
    let mut lock = Lock::new(Uuid::from_u128(5), t::start(), LockKeys::Kept);
    lock.enrolled(&[kept()]);
    lock
}

/// A finger whose best match with the officer's has this score (the threshold is 40).
fn finger(score: u32) -> CaptureOutcome {
    let mut sample = t::finger(INDEX, INDEX, 1, 70, &[INDEX]);
    sample.matches[0].score = score;
    CaptureOutcome::Samples(Samples::Fingers(vec![sample]))
}

#[test]
fn answers_of_the_reader() {
    let check = |outcome: CaptureOutcome, opened: Opened, note: Option<LockNote>, way: FingerWay| {
        let mut lock = lock();
        let (id, position, gallery) = lock.ask().unwrap();
        assert_eq!((position, gallery.len()), (INDEX, 1));
        assert_eq!(lock.finger(true), FingerWay::Waiting(INDEX));
        assert!(lock.ask().is_none(), "one at a time");
        assert_eq!(lock.answered(RequestId(id.0 + 1), finger(99)), Opened::Nothing, "stale");
        assert_eq!(lock.answered(id, outcome.clone()), opened, "{outcome:?}");
        assert_eq!((lock.note.clone(), lock.finger(true)), (note, way), "{outcome:?}");
        assert_eq!(lock.answered(id, finger(99)), Opened::Nothing, "answered already");
    };
    let ready = FingerWay::Ready(INDEX);
    check(finger(90), Opened::Yes(90), None, ready);
    check(finger(40), Opened::Yes(40), None, ready);
    check(finger(39), Opened::No(39), Some(LockNote::NoMatch(2)), ready);
    let none = CaptureOutcome::Samples(Samples::Fingers(Vec::new()));
    check(none, Opened::No(0), Some(LockNote::NoMatch(2)), ready);
    let dry = CaptureOutcome::Retry(Retry::TooDry);
    check(dry, Opened::Nothing, Some(LockNote::Retry(Retry::TooDry)), ready);
    let gone = CaptureOutcome::Fault(DeviceFault::Unplugged);
    check(gone, Opened::Nothing, Some(LockNote::Fault(DeviceFault::Unplugged)), ready);
    check(CaptureOutcome::Cancelled, Opened::Nothing, None, ready);
}

#[test]
fn three_fingers_are_refused_and_then_none_is_asked_for() {
    let mut lock = lock();
    for left in [2, 1, 0] {
        // What the device could not do uses no try up.
        let (id, ..) = lock.ask().unwrap();
        assert_eq!(lock.answered(id, CaptureOutcome::Retry(Retry::TooShort)), Opened::Nothing);
        let (id, ..) = lock.ask().unwrap();
        assert_eq!(lock.answered(id, finger(7)), Opened::No(7));
        assert_eq!(lock.note, Some(LockNote::NoMatch(left)));
    }
    assert_eq!(lock.finger(true), FingerWay::UsedUp);
    assert!(lock.ask().is_none());
}

#[test]
fn without_enrolled_fingers_or_a_reader_none_is_asked_for() {
    let mut lock = Lock::new(Uuid::from_u128(5), t::start(), LockKeys::Kept);
    assert_eq!(lock.finger(true), FingerWay::Reading);
    assert!(lock.ask().is_none());
    let unread = FingerTemplate { bytes: vec![1, 2, 3], ..kept() };
    for none in [&[][..], &[unread]] {
        lock.enrolled(none);
        assert_eq!(lock.finger(true), FingerWay::NotEnrolled);
        assert!(lock.ask().is_none());
    }
    lock.enrolled(&[kept()]);
    assert_eq!(lock.finger(false), FingerWay::NoReader);
    assert_eq!(lock.finger(true), FingerWay::Ready(INDEX));
}

#[test]
fn a_finger_that_is_being_compared_when_the_machine_sleeps_opens_nothing() {
    let mut lock = lock();
    let (id, ..) = lock.ask().unwrap();
    lock.forget_fingers();
    assert_eq!(lock.answered(id, finger(90)), Opened::Nothing);
    assert!(lock.ask().is_none());
    assert_eq!(lock.finger(true), FingerWay::Reading);
}

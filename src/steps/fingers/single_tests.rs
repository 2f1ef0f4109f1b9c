#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Ten fingers with a reader that refuses slaps.

use biometrics::position::Slap;
use chrono::Duration;
use devices::vocabulary::{CaptureTask, DeviceFault, DeviceId, DeviceInfo, DeviceKind};
use record::schema::{Environment, StepState};

use super::*;
use crate::session::event::{CaptureOutcome, Command, Event};
use crate::session::sample::Samples;
use crate::session::testing as t;
use crate::steps;

struct At {
    s: Session,
    now: DateTime<Utc>,
    seed: u64,
}

impl At {
    /// A session at this venue whose next step is the fingers.
    fn venue(venue: &str) -> Self {
        let mut at = Self { s: t::session(Environment::Training), now: t::start(), seed: 0 };
        let mut seen = Vec::new();
        for _ in 0..200 {
            if at.s.core.current == StepId::Fingers {
                at.s.data.health.venue = venue.to_owned();
                return at;
            }
            t::follow(&mut at.s, &mut at.now, &mut at.seed, &mut seen);
        }
        panic!("the fingers were not reached: {:?}", at.s.core.current);
    }

    fn send(&mut self, event: Event) -> Effects {
        self.now += Duration::seconds(1);
        self.s.update(event, self.now)
    }

    fn ask(&mut self, target: Target) -> Effects {
        self.send(Event::Command(Command::Capture(target)))
    }

    /// The capture among these effects: its task.
    fn task(effects: &Effects) -> Option<CaptureTask> {
        effects.iter().find_map(|e| match e {
            Effect::Capture { task, .. } => Some(task.clone()),
            _ => None,
        })
    }

    fn answer(&mut self, outcome: CaptureOutcome) -> Effects {
        let id = self.s.core.pending.as_ref().expect("a capture under way").id;
        self.send(Event::Captured(id, outcome))
    }

    fn give(&mut self, finger: FingerPosition, score: u8) {
        self.seed += 1;
        let gallery: Vec<FingerPosition> = self.s.data.fingers.samples.keys().copied().collect();
        let sample = t::finger(finger, finger, self.seed, score, &gallery);
        self.answer(CaptureOutcome::Samples(Samples::Fingers(vec![sample])));
    }
}

const REFUSED: CaptureOutcome = CaptureOutcome::Fault(DeviceFault::Unsupported);

#[test]
fn the_venue_decides_whether_a_refused_slap_goes_on_finger_by_finger() {
    let check = |venue: &str, single: bool| {
        let mut at = At::venue(venue);
        at.ask(Target::Slap(Slap::RightFour));
        let effects = at.answer(REFUSED);
        assert_eq!((at.s.data.fingers.single, at.s.core.fault.is_none()), (single, single), "{venue}");
        let asked = At::task(&effects);
        let index = CaptureTask::Finger { position: FingerPosition::RightIndex, again: false };
        assert_eq!(asked, single.then_some(index), "{venue}");
    };
    check("counter", false);
    check("school", false);
    check("home", true);
    check("hospital", true);
    check("prison", true);
}

#[test]
fn ten_fingers_one_by_one() {
    let mut at = At::venue("home");
    at.ask(Target::Slap(Slap::RightFour));
    at.answer(REFUSED);
    let mut order = Vec::new();
    for _ in 0..10 {
        if at.s.core.pending.is_none() {
            let next = steps::step(StepId::Fingers).next_capture(&at.s, at.now).unwrap();
            assert!(At::task(&at.ask(next)).is_some(), "{next:?}");
        }
        let Some(Target::Finger(f)) = at.s.core.pending.as_ref().map(|p| p.target) else {
            panic!("no finger asked for after {order:?}");
        };
        order.push(f);
        at.give(f, 80);
    }
    assert_eq!(order, in_order().collect::<Vec<_>>());
    assert_eq!(steps::step(StepId::Fingers).state(&at.s), StepState::Done);
    assert!(!steps::step(StepId::Fingers).targets(&at.s, at.now).contains(&Target::Slap(Slap::Thumbs)));
}

#[test]
fn a_weak_finger_is_accepted_by_itself_after_its_tries() {
    let mut at = At::venue("hospital");
    at.ask(Target::Slap(Slap::RightFour));
    at.answer(REFUSED);
    let tries = at.s.capture_rules().tries;
    for n in 1..=tries {
        let offered = steps::step(StepId::Fingers).inputs(&at.s, at.now).contains(&"accept-best".to_owned());
        assert!(!offered, "offered after {} tries", n - 1);
        if at.s.core.pending.is_none() {
            at.ask(Target::Finger(FingerPosition::RightIndex));
        }
        at.give(FingerPosition::RightIndex, 5);
    }
    at.send(Event::Command(Command::AcceptBest("kulit aus karena pekerjaan".into())));
    let rules = *at.s.capture_rules();
    assert!(at.s.data.fingers.good(FingerPosition::RightIndex, &rules));
    assert_eq!(next(&at.s.data.fingers, &rules), Some(FingerPosition::RightMiddle));
}

#[test]
fn another_reader_is_asked_for_slaps_again() {
    let mut at = At::venue("home");
    at.ask(Target::Slap(Slap::LeftFour));
    let effects = at.answer(REFUSED);
    let asked = CaptureTask::Finger { position: FingerPosition::LeftLittle, again: false };
    assert_eq!(At::task(&effects), Some(asked), "a finger of the hand that was asked for");
    at.answer(CaptureOutcome::Cancelled);
    let info = DeviceInfo {
        id: DeviceId("sbi-1".into()),
        kind: DeviceKind::Fingerprint,
        driver: "sbi".into(),
        model: "slap".into(),
        serial: String::new(),
        training_only: false,
    };
    at.send(Event::DeviceArrived(info));
    assert!(!at.s.data.fingers.single);
    let next = steps::step(StepId::Fingers).next_capture(&at.s, at.now);
    assert_eq!(next, Some(Target::Slap(Slap::RightFour)));
}

#[test]
fn slaps_of_one_hand_are_recorded_anew() {
    let mut at = At::venue("home");
    at.ask(Target::Finger(FingerPosition::RightIndex));
    at.give(FingerPosition::RightIndex, 80);
    at.ask(Target::Finger(FingerPosition::LeftThumb));
    at.give(FingerPosition::LeftThumb, 80);
    at.s.data.fingers.conflict = Some((Slap::RightFour, Slap::LeftFour));
    at.ask(Target::Slap(Slap::LeftFour));
    at.answer(REFUSED);
    let kept: Vec<FingerPosition> = at.s.data.fingers.samples.keys().copied().collect();
    assert_eq!(kept, [FingerPosition::LeftThumb]);
    assert!(at.s.data.fingers.conflict.is_none());
}

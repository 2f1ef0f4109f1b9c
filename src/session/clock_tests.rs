//! A session that was recorded under a clock that was ahead, and goes on under the right one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use biometrics::position::FingerPosition;
use chrono::{DateTime, Duration, Utc};
use record::schema::{Environment, ExceptionReason, ExceptionTerm, Outcome, StepId};

use super::Session;
use super::effect::Effects;
use super::event::{Command, Event, Subject};
use super::testing as t;

struct At {
    s: Session,
    now: DateTime<Utc>,
    seed: u64,
    seen: Effects,
}

impl At {
    fn send(&mut self, event: Event) {
        t::settle(&mut self.s, event, self.now, &mut self.seed, &mut self.seen);
    }

    fn go(&mut self, until: impl Fn(&Session) -> bool) {
        for _ in 0..400 {
            if until(&self.s) {
                return;
            }
            assert!(t::follow(&mut self.s, &mut self.now, &mut self.seed, &mut self.seen));
        }
        panic!("stuck at {:?}", self.s.core.current);
    }
}

/// A session with an approved exception, parked `ahead` after its start by a clock that is wrong.
fn recorded_ahead(ahead: Duration) -> At {
    let s = t::session(Environment::Production);
    let mut at = At { s, now: t::start() + ahead, seed: 0, seen: Vec::new() };
    at.go(|s| s.core.current == StepId::Fingers);
    let little = Subject::Finger(FingerPosition::LeftLittle);
    at.send(Event::Command(Command::DeclareException(
        little,
        ExceptionReason::Bandaged,
        ExceptionTerm::Temporary,
    )));
    at.go(|s| s.core.current == StepId::Irises);
    assert!(!at.s.core.grants.is_empty());
    at.send(Event::Command(Command::Park));
    at
}

#[test]
fn it_goes_on_by_the_right_clock_and_asks_again_for_decisions_of_a_time_to_come() {
    let mut at = recorded_ahead(Duration::days(400));
    let fingers = at.s.data.fingers.samples.len();
    at.now = t::start() + Duration::days(1);
    at.send(Event::TakenUp);
    assert_eq!(at.s.core.last_seen, at.now);
    assert!(at.s.core.begun <= at.now);
    assert!(at.s.core.grants.is_empty());
    assert!(at.s.core.open_requirements().any(|r| r.needs_grant()), "it is asked for again");
    assert_eq!(at.s.data.fingers.samples.len(), fingers, "nothing recorded is lost");
    at.go(t::ended);
    assert_eq!(at.s.core.outcome, Outcome::Sealed);
    assert!(at.s.core.last_seen < t::start() + Duration::days(2));
    assert!(at.s.core.grants.iter().all(|g| g.signed <= at.now));
}

#[test]
fn a_clock_that_a_time_server_put_back_a_little_changes_nothing() {
    let mut at = recorded_ahead(Duration::minutes(1));
    let (last, grants) = (at.s.core.last_seen, at.s.core.grants.clone());
    at.now = last - Duration::seconds(100);
    at.s.update(Event::TakenUp, at.now);
    assert_eq!((at.s.core.last_seen, &at.s.core.grants), (last, &grants));
    // Without being taken up time never runs back.
    at.s.update(Event::Tick, last - Duration::days(3));
    assert_eq!(at.s.core.last_seen, last);
}

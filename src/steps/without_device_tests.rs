//! A reader or camera that fails: the way on without it, and what is kept.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use biometrics::position::Slap;
use devices::vocabulary::DeviceFault;
use record::schema::{Environment, StepState};

use super::*;
use crate::session::effect::Effects;
use crate::session::event::{CaptureOutcome, Command, Event};
use crate::session::flow::REVERIFY;
use crate::session::sample::Samples;
use crate::session::testing as t;
use crate::steps::Step;
use crate::steps::verification::Verification;

struct At {
    s: Session,
    now: DateTime<Utc>,
    seed: u64,
    seen: Effects,
}

impl At {
    /// A session whose next step is this one.
    fn step(step: StepId) -> Self {
        let s = t::session(Environment::Production);
        let mut at = Self { s, now: t::start(), seed: 0, seen: Vec::new() };
        at.go_to(step);
        at
    }

    fn go_to(&mut self, step: StepId) {
        for _ in 0..300 {
            if self.s.core.current == step && self.s.core.reverify.is_none() {
                return;
            }
            assert!(t::follow(&mut self.s, &mut self.now, &mut self.seed, &mut self.seen));
        }
        panic!("{step:?} was not reached from {:?}", self.s.core.current);
    }

    fn send(&mut self, event: Event) {
        self.now += Duration::seconds(1);
        t::settle(&mut self.s, event, self.now, &mut self.seed, &mut self.seen);
    }

    fn command(&mut self, command: Command) {
        self.send(Event::Command(command));
    }

    /// Asks for a capture, which ends like this.
    fn capture(&mut self, target: Target, outcome: CaptureOutcome) {
        self.now += Duration::seconds(1);
        let effects = self.s.update(Event::Command(Command::Capture(target)), self.now);
        let id = effects.iter().find_map(|e| match e {
            Effect::Capture { id, .. } => Some(*id),
            _ => None,
        });
        let id = id.unwrap_or_else(|| panic!("{target:?} was not asked for"));
        self.send(Event::Captured(id, outcome));
    }

    fn fails(&mut self, target: Target) {
        self.capture(target, CaptureOutcome::Fault(DeviceFault::Unplugged));
        assert_eq!(self.s.core.fault.as_ref().map(|f| f.target), Some(target));
        self.command(Command::DismissFault);
    }

    /// The first that can be captured now.
    fn target(&self) -> Target {
        self.s.view(self.now).targets()[0]
    }

    /// Another officer answers; how many requirements that answered.
    fn decide(&mut self, approve: bool) -> usize {
        let asked = self.s.core.open_requirements().find_map(|r| r.request.clone()).expect("a request");
        let together: Vec<_> = decided_with(&self.s, asked.nonce).into_iter().cloned().collect();
        for r in &together {
            let grant = t::decision(r.request.as_ref().expect("asked"), approve, self.now);
            self.send(Event::Decided(grant));
        }
        together.len()
    }

    fn offered(&self, input: &str) -> bool {
        Verification.inputs(&self.s, self.now).iter().any(|i| i == input)
    }
}

#[test]
fn fingers_that_were_not_recorded_are_one_exception_with_one_picture_and_one_decision() {
    let mut at = At::step(StepId::Fingers);
    let known = [];
    let good = t::good_samples(&at.s, Target::Slap(Slap::RightFour), &known, 1);
    at.capture(Target::Slap(Slap::RightFour), CaptureOutcome::Samples(good));
    at.fails(Target::Slap(Slap::LeftFour));
    assert_eq!(without_device(&at.s, StepId::Fingers).len(), 6);
    at.command(Command::WithoutDevice);
    let d = &at.s.data.fingers;
    assert_eq!((d.samples.len(), d.exceptions.len()), (4, 6), "what is recorded stays");
    let temporary = Exception { reason: ExceptionReason::NoDevice, term: ExceptionTerm::Temporary };
    assert!(d.exceptions.values().all(|e| *e == temporary));
    let sizes: Vec<_> = grouped(&at.s).iter().map(|g| (g[0].kind, g.len())).collect();
    assert_eq!(sizes, [(RequirementKind::SupervisorApproval, 6), (RequirementKind::EvidencePhoto, 6)]);
    assert_eq!(at.target(), Target::ExceptionPhoto);
    let photo = t::good_samples(&at.s, Target::ExceptionPhoto, &known, 2);
    at.capture(Target::ExceptionPhoto, CaptureOutcome::Samples(photo));
    assert_eq!(at.decide(true), 6);
    assert_eq!(at.s.core.open_requirements().count(), 0);
    assert_eq!(crate::steps::fingers::Fingers.state(&at.s), StepState::Excepted);
    at.go_to(StepId::Seal);
}

#[test]
fn a_weak_print_is_worth_more_than_none() {
    let mut at = At::step(StepId::Fingers);
    let weak = Slap::RightFour.fingers().iter().map(|f| t::finger(*f, *f, 1, 3, &[])).collect();
    at.capture(Target::Slap(Slap::RightFour), CaptureOutcome::Samples(Samples::Fingers(weak)));
    assert_eq!(at.s.data.fingers.samples.len(), 4);
    at.fails(Target::Slap(Slap::RightFour));
    at.command(Command::WithoutDevice);
    let d = &at.s.data.fingers;
    assert_eq!((d.samples.len(), d.accepted_low.len(), d.exceptions.len()), (4, 4, 6));
    assert_eq!(d.accepted_reason, "no_device");
}

#[test]
fn a_decision_answers_only_what_has_the_same_cause() {
    let mut at = At::step(StepId::Fingers);
    let (left, right) = (FingerPosition::LeftLittle, FingerPosition::RightLittle);
    let temporary = ExceptionTerm::Temporary;
    at.command(Command::DeclareException(Subject::Finger(left), ExceptionReason::Bandaged, temporary));
    at.command(Command::DeclareException(Subject::Finger(right), ExceptionReason::Deformed, temporary));
    let sizes: Vec<_> = grouped(&at.s).iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 1, 1, 1]);
    assert_eq!(at.decide(false), 1);
    assert_eq!(at.s.core.open_requirements().filter(|r| r.denied).count(), 1);
}

#[test]
fn eyes_without_their_camera() {
    let mut at = At::step(StepId::Irises);
    at.fails(Target::Irises);
    at.command(Command::WithoutDevice);
    assert_eq!(at.s.data.irises.exceptions.len(), 2);
    let photo = t::good_samples(&at.s, Target::ExceptionPhoto, &[], 2);
    at.capture(Target::ExceptionPhoto, CaptureOutcome::Samples(photo));
    assert_eq!(at.decide(true), 2);
    at.go_to(StepId::Seal);
}

#[test]
fn another_step_has_nothing_to_declare() {
    let mut at = At::step(StepId::Photo);
    at.command(Command::WithoutDevice);
    assert!(at.s.data.fingers.exceptions.is_empty() && at.s.data.irises.exceptions.is_empty());
    assert!(at.s.core.requirements.is_empty());
}

#[test]
fn a_reader_that_fails_at_the_verification_leaves_it_to_a_supervisor() {
    let mut at = At::step(StepId::Verification);
    assert!(!at.offered("accept-best"));
    let target = at.target();
    at.fails(target);
    assert!(at.offered("accept-best"));
    // It works again: no more.
    let known: Vec<_> = at.s.data.fingers.samples.keys().copied().collect();
    let good = t::good_samples(&at.s, target, &known, 7);
    at.capture(target, CaptureOutcome::Samples(good));
    assert!(!at.offered("accept-best"));
    let target = at.target();
    at.fails(target);
    at.command(Command::AcceptBest("pemindai rusak".into()));
    assert_eq!(Verification.state(&at.s), StepState::Excepted);
    assert_eq!(at.s.data.fingers.samples.len(), 10, "no finger is lost");
    assert_eq!(at.decide(true), 1);
    at.go_to(StepId::Seal);
}

#[test]
fn who_it_is_may_be_said_by_a_second_person_where_the_reader_fails() {
    let mut at = At::step(StepId::Irises);
    let taken_up = |at: &mut At| {
        at.command(Command::Park);
        at.send(Event::TakenUp);
        Target::Reverify(at.s.core.reverify.as_ref().expect("a finger is asked for").finger)
    };
    let asked = |at: &At| at.s.core.open_requirements().filter(|r| r.reason == REVERIFY).count();
    let target = taken_up(&mut at);
    assert_eq!(asked(&at), 0);
    at.fails(target);
    assert_eq!(asked(&at), 1);
    assert_eq!(at.decide(false), 1);
    assert!(at.s.core.reverify.is_some(), "no is no");
    // The reader comes back: the finger says it, and nobody is asked any more.
    let known: Vec<_> = at.s.data.fingers.samples.keys().copied().collect();
    let good = t::good_samples(&at.s, target, &known, 8);
    at.capture(target, CaptureOutcome::Samples(good));
    assert!(at.s.core.reverify.is_none());
    assert_eq!(asked(&at), 0);
    // Each time anew: what was said once counts for that time.
    for _ in 0..2 {
        let target = taken_up(&mut at);
        at.fails(target);
        assert_eq!((asked(&at), at.decide(true)), (1, 1));
        assert!(at.s.core.reverify.is_none());
    }
    at.go_to(StepId::Seal);
}

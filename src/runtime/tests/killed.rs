//! A whole session killed at every step, right after a step was kept and in the middle of the next, and taken up again
//! by the same or another officer.

use record::schema::StepState;
use serde::Serialize;

use super::*;
use crate::session::Session;
use crate::vault::testing::Fault;

const ROOT: &str = "/disk/vault";
/// How long the disk must be still before what was given to the vault counts as done.
const STILL: Duration = Duration::from_millis(150);
/// Who takes the session up, in turn.
const OFFICERS: [(Role, &str); 2] =
    [(Role::Operator, "latihan-operator"), (Role::Supporting, "latihan-pendukung")];

fn cbor(data: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(data, &mut bytes).unwrap();
    bytes
}

/// What is kept of each finished step.
fn finished(s: &Session) -> Vec<(StepId, Vec<u8>)> {
    let d = &s.data;
    let kept = |id: StepId| match id {
        StepId::Health => cbor(&d.health),
        StepId::Identity => cbor(&d.identity),
        StepId::Urgency => cbor(&d.urgency),
        StepId::Biodata => cbor(&d.biodata),
        StepId::Photo => cbor(&d.photo),
        StepId::Signature => cbor(&d.signature),
        StepId::Fingers => cbor(&d.fingers),
        StepId::Irises => cbor(&d.irises),
        StepId::Verification => cbor(&d.verification),
        StepId::Statement => cbor(&d.statement),
        _ => Vec::new(),
    };
    let view = s.view(t::start());
    let done = |state| matches!(state, StepState::Done | StepState::Excepted);
    view.steps().into_iter().filter(|line| done(line.state)).map(|line| (line.id, kept(line.id))).collect()
}

impl Bench {
    /// Kills the station at the `nth` operation of its disk from now, and starts it again.
    fn kill(&mut self, disk: &FaultyFiles, nth: u64) {
        disk.fail(nth, Fault::Kill);
        if nth > 1 {
            // It dies in the midst of what was given to it.
            let begun = Instant::now();
            while !disk.is_down() && begun.elapsed() < 20 * STILL {
                self.desk().wait(Duration::from_millis(5));
                self.desk().pump();
            }
        }
        self.desk = None;
        let _struck = disk.forget();
        disk.restart();
        self.desk = Some(Station::open_on(self.options(Path::new(ROOT)), disk.shared()).unwrap());
    }

    fn still(&mut self, disk: &FaultyFiles) {
        let (mut ops, mut since) = (disk.ops(), Instant::now());
        while since.elapsed() < STILL {
            self.desk().wait(Duration::from_millis(10));
            self.desk().pump();
            if disk.ops() != ops {
                (ops, since) = (disk.ops(), Instant::now());
            }
        }
    }

    fn current(&mut self) -> Option<StepId> {
        self.desk().session().filter(|v| v.session.core.running()).map(|v| v.current())
    }

    fn take_up(&mut self, id: Uuid, officer: (Role, &str)) {
        self.sign_in_with(officer.0, officer.1);
        assert_eq!(self.desk().screen(), Screen::Start, "{:?}", self.desk().notices());
        self.until("draft", |d| d.waiting().iter().any(|w| w.id == id));
        self.desk().send(DeskCommand::TakeUp(id));
        self.until("session", |d| d.screen() == Screen::Session);
    }
}

/// Kills at every step; `middle`: in the midst of the work on the step, else when it has come on screen.
fn killed_at_every_step(middle: bool) {
    let disk = FaultyFiles::new(11);
    let mut b = Bench::on(&disk);
    b.sign_in();
    b.begin();
    let id = b.desk().session().unwrap().session.core.id;
    let mut at = Vec::new();
    for round in 0u64.. {
        assert!(round < 40, "no end: {at:?}");
        let Some(before) = b.current() else { break };
        while b.current() == Some(before) && b.act() {}
        b.quiet();
        b.still(&disk);
        let Some(now_at) = b.current() else { break };
        let kept = finished(b.desk().session().unwrap().session);
        at.push(now_at);
        if middle {
            b.act();
        }
        b.kill(&disk, if middle { 1 + round % 7 } else { 1 });
        if b.desk().queue_len() == 1 {
            // The kill came after the record was durable: opening the vault has completed it.
            assert_eq!(now_at, StepId::Seal);
            break;
        }
        b.take_up(id, OFFICERS[usize::try_from(round).unwrap() % 2]);
        let found = finished(b.desk().session().unwrap().session);
        for (step, bytes) in &kept {
            let again = found.iter().find(|(s, _)| s == step).map(|(_, bytes)| bytes);
            assert!(again == Some(bytes), "{step} must be done again after a kill at {now_at}");
        }
    }
    b.still(&disk);
    assert_eq!(b.desk().queue_len(), 1, "killed at {at:?}: {:?}", b.desk().notices());
    for step in [StepId::Identity, StepId::Photo, StepId::Fingers, StepId::Irises, StepId::Seal] {
        assert!(at.contains(&step), "never killed at {step}: {at:?}");
    }
    b.desk = None;
    let options = crate::vault::OpenOptions { simulated_clock: true, ..Default::default() };
    let vault = Vault::open(disk.shared(), Path::new(ROOT), &options, t::start()).unwrap();
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
}

#[test]
fn a_session_killed_after_every_step_is_taken_up_and_sealed() {
    killed_at_every_step(false);
}

#[test]
fn a_session_killed_in_the_midst_of_every_step_is_taken_up_and_sealed() {
    killed_at_every_step(true);
}

//! The lock without a finger: the keys and everything of anybody leave the memory, and come back from the disk.

use super::super::station::{FingerWay, LockNote, LockRules};
use super::*;
use crate::vault::OpenOptions;

const RULES: LockRules =
    LockRules { after: TimeDelta::minutes(5), most: TimeDelta::minutes(30), finger: false };
const SECRET: &str = "latihan-operator";
const PIN: &str = "271828";

impl Bench {
    /// A station whose operator has a PIN.
    pub(super) fn with_pin(script: &str) -> Self {
        let mut b = Self::new(script);
        b.desk = None;
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        let options = OpenOptions { simulated_clock: true, ..OpenOptions::default() };
        let mut vault = Vault::open(files, &b.folder.path().join("vault"), &options, t::start()).unwrap();
        let operator = vault.officers().iter().find(|o| o.role == Role::Operator).unwrap().id;
        let keys = vault.unlock(operator, SECRET, t::start()).unwrap();
        vault.set_pin(&keys, Some(PIN), t::start()).unwrap();
        drop(vault);
        b.lock = Some(RULES);
        b.open();
        b
    }

    /// Locks and waits until the keys are gone.
    pub(super) fn leave(&mut self) {
        self.desk().send(DeskCommand::Lock);
        assert_eq!(self.desk().screen(), Screen::Locked);
        self.until("the keys are gone", |d| d.keys_are_gone());
    }

    pub(super) fn enter(&mut self, command: DeskCommand) {
        self.desk().send(command);
        self.until("answer to the secret", |d| !d.checking_secret());
    }

    pub(super) fn by_pin(&mut self, pin: &str) {
        self.enter(DeskCommand::UnlockByPin(Zeroizing::new(pin.into())));
    }

    pub(super) fn by_passphrase(&mut self, passphrase: &str) {
        self.enter(DeskCommand::Unlock(Zeroizing::new(passphrase.into())));
    }

    fn note(&mut self) -> Option<LockNote> {
        self.desk().lock().and_then(|l| l.note)
    }

    /// Nothing of a session is in the station's memory.
    fn holds_nobody(&mut self) -> bool {
        let d = self.desk();
        d.session_of_for_test() == 0 && d.document().is_none() && d.queue().iter().all(|q| q.name.is_none())
    }
}

#[test]
fn the_session_leaves_the_memory_and_is_taken_up_where_it_was() {
    let mut b = Bench::with_pin("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Fingers));
    b.capture_fingers();
    let before = b.desk().session().unwrap();
    let (id, at) = (before.session.core.id, before.current());
    b.leave();
    assert!(b.holds_nobody());
    assert_eq!(b.desk().lock().unwrap().finger, FingerWay::Off);
    // Nothing else opens, and nothing else does anything.
    b.command(Command::Park);
    b.desk().send(DeskCommand::NewSession);
    b.desk().send(DeskCommand::UnlockByFinger);
    b.by_passphrase("latihan-supervisor");
    assert_eq!((b.note(), b.desk().screen()), (Some(LockNote::Passphrase), Screen::Locked));
    b.by_passphrase(SECRET);
    assert_eq!(b.desk().screen(), Screen::Start);
    b.until("the session", |d| d.session().is_some());
    let view = b.desk().session().unwrap();
    assert_eq!((view.session.core.id, view.current()), (id, at));
    assert!(b.desk().notices().iter().any(|n| n.message == "lock-resumed"));
    // The fingers that were kept are there, and the session goes on to its end.
    b.go_to(None);
}

#[test]
fn a_pin_opens_until_it_was_wrong_five_times() {
    let mut b = Bench::with_pin("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    let id = b.desk().session().unwrap().session.core.id;
    b.leave();
    assert!(b.desk().lock().unwrap().pin);
    b.by_pin("000000");
    assert_eq!(b.note(), Some(LockNote::Pin(4)));
    b.by_pin(PIN);
    b.until("the session", |d| d.session().is_some_and(|v| v.session.core.id == id));
    b.leave();
    for left in [4, 3, 2, 1, 0] {
        b.by_pin("000000");
        assert_eq!(b.note(), Some(LockNote::Pin(left)));
    }
    assert!(!b.desk().lock().unwrap().pin);
    b.desk().send(DeskCommand::UnlockByPin(Zeroizing::new(PIN.into())));
    assert!(!b.desk().checking_secret(), "it is not even tried");
    b.by_passphrase(SECRET);
    b.until("the session", |d| d.session().is_some_and(|v| v.session.core.id == id));
}

#[test]
fn sleep_waits_for_the_keys_and_leaves_no_pin() {
    let mut b = Bench::with_pin("");
    let slept = |b: &mut Bench| {
        let (ready, told) = std::sync::mpsc::sync_channel(1);
        b.desk().sleep_for_test("sleep", ready);
        b.until("word that it may sleep", |_| told.try_recv().is_ok());
    };
    slept(&mut b);
    assert_eq!(b.desk().screen(), Screen::SignIn);
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    slept(&mut b);
    assert!(b.desk().keys_are_gone() && b.holds_nobody());
    assert!(!b.desk().lock().unwrap().pin);
    b.by_passphrase(SECRET);
    b.until("the session", |d| d.session().is_some());
    // Locked already, with a PIN: that goes too.
    b.leave();
    assert!(b.desk().lock().unwrap().pin);
    slept(&mut b);
    assert!(!b.desk().lock().unwrap().pin);
    slept(&mut b);
    b.by_passphrase(SECRET);
    b.until("the session", |d| d.session().is_some());
}

#[test]
fn sleep_that_comes_while_a_secret_is_checked_has_the_last_word() {
    let mut b = Bench::with_pin("");
    let sleeps_during = |b: &mut Bench, command: DeskCommand| {
        b.desk().send(command);
        assert!(b.desk().checking_secret());
        let (ready, told) = std::sync::mpsc::sync_channel(1);
        b.desk().sleep_for_test("sleep", ready);
        assert!(told.try_recv().is_err(), "the keys may still come");
        b.until("word that it may sleep", |_| told.try_recv().is_ok());
        b.until("answer to the secret", |d| !d.checking_secret());
        assert_eq!(b.desk().screen(), Screen::Locked);
        assert!(b.desk().keys_are_gone() && b.holds_nobody());
        assert!(!b.desk().lock().unwrap().pin);
    };
    let operator = b.desk().officers().iter().find(|o| o.role == Role::Operator).unwrap().id;
    sleeps_during(&mut b, DeskCommand::SignIn(operator, Zeroizing::new(SECRET.into())));
    b.by_passphrase(SECRET);
    assert_eq!(b.desk().screen(), Screen::Start);
    b.begin();
    b.go_to(Some(StepId::Identity));
    b.leave();
    sleeps_during(&mut b, DeskCommand::UnlockByPin(Zeroizing::new(PIN.into())));
    sleeps_during(&mut b, DeskCommand::Unlock(Zeroizing::new(SECRET.into())));
    b.by_passphrase(SECRET);
    b.until("the session", |d| d.session().is_some());
}

#[test]
fn where_the_finger_opens_sleep_drops_the_keys_all_the_same() {
    let mut b = Bench::with_pin("");
    b.lock = Some(LockRules { finger: true, ..RULES });
    b.open();
    b.sign_in();
    b.desk().send(DeskCommand::Lock);
    assert!(!b.desk().keys_are_gone() && !b.desk().lock().unwrap().pin);
    let (ready, told) = std::sync::mpsc::sync_channel(1);
    b.desk().sleep_for_test("lid", ready);
    b.until("word that it may sleep", |_| told.try_recv().is_ok());
    assert!(b.desk().keys_are_gone());
    assert_eq!(b.desk().lock().unwrap().finger, FingerWay::Off);
    b.by_passphrase(SECRET);
    assert_eq!(b.desk().screen(), Screen::Start);
}

#[test]
fn a_seal_that_is_under_way_is_finished_before_the_keys_go() {
    let mut b = Bench::with_pin("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Seal));
    let Action::Command(seal) = b.desk().session().unwrap().primary().action else { panic!("no seal") };
    b.command(seal);
    b.desk().send(DeskCommand::Lock);
    assert_eq!(b.desk().screen(), Screen::Locked);
    assert!(!b.desk().keys_are_gone(), "it is being written");
    b.until("the keys are gone", |d| d.keys_are_gone());
    assert_eq!(b.desk().queue_len(), 1);
    b.by_passphrase(SECRET);
    b.until("the record's name", |d| d.queue().first().is_some_and(|q| q.name.is_some()));
    assert_eq!(b.desk().screen(), Screen::Start);
}

#[test]
fn a_session_that_could_not_be_kept_stays_in_memory_and_is_not_lost() {
    let disk = FaultyFiles::new(5);
    let mut b = Bench::on(&disk);
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    let id = b.desk().session().unwrap().session.core.id;
    disk.set_room(Some(disk.used()));
    b.command(Command::Field("nik".into(), "3204121504030001".into()));
    b.desk().send(DeskCommand::Lock);
    b.until("the keys are gone", |d| d.keys_are_gone());
    disk.set_room(None);
    b.by_passphrase(SECRET);
    b.until("the session", |d| d.session().is_some_and(|v| v.session.core.id == id));
}

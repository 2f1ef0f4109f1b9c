//! The idle lock of a station over simulated devices, opened by real fingers and passphrases.

use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
use biometrics::position::FingerPosition;
use biometrics::synth::finger::{FingerSpec, Impression, Master};

use super::super::analysis::kept_template;
use super::super::station::{FingerWay, LockNote, LockRules};
use super::*;
use crate::vault::{Layout, OpenOptions};

const INDEX: FingerPosition = FingerPosition::RightIndex;
/// The person of the simulated reader.
const PERSON: u64 = 1;
const RULES: LockRules =
    LockRules { after: TimeDelta::minutes(5), most: TimeDelta::minutes(30), finger: true };

impl Bench {
    /// A station that locks by itself, with the right index fingers of these people enrolled for its officers.
    fn locking(script: &str, enrolled: &[(Role, &str, u64)]) -> Self {
        let mut b = Self::new(script);
        b.desk = None;
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        let options = OpenOptions { simulated_clock: true, ..OpenOptions::default() };
        let mut vault = Vault::open(files, &b.folder.path().join("vault"), &options, t::start()).unwrap();
        for (role, passphrase, person_seed) in enrolled {
            let officer = vault.officers().iter().find(|o| o.role == *role).unwrap().id;
            let keys = vault.unlock(officer, passphrase, t::start()).unwrap();
            let master = Master::new(&FingerSpec { person_seed: *person_seed, position: INDEX });
            let finger = master.impression(&Impression::ordinary(9));
            let template = MinutiaeMatcher::new().extract(&finger).unwrap();
            let kept = kept_template(INDEX, &template, Some(60)).unwrap();
            vault.set_officer_fingers(officer, vec![kept], &keys, t::start()).unwrap();
        }
        drop(vault);
        b.lock = Some(RULES);
        b.open();
        b
    }

    fn finger_way(&mut self) -> Option<FingerWay> {
        self.desk().lock().map(|l| l.finger)
    }

    /// Locks by hand and waits until the officer's fingers were read.
    fn lock(&mut self) {
        self.desk().send(DeskCommand::Lock);
        let unknown = |way| matches!(way, FingerWay::Reading | FingerWay::NoReader);
        self.until("officer's fingers and a reader", |d| d.lock().is_some_and(|l| !unknown(l.finger)));
        assert_eq!(self.desk().screen(), Screen::Locked);
    }

    /// One try with the reader's finger.
    fn try_finger(&mut self) {
        self.desk().send(DeskCommand::UnlockByFinger);
        let waits = |d: &Station| d.lock().is_some_and(|l| matches!(l.finger, FingerWay::Waiting(_)));
        assert!(waits(self.desk()), "{:?}", self.desk().lock());
        self.until("end of the try", |d| !waits(d));
    }

    fn try_passphrase(&mut self, passphrase: &str) {
        self.desk().send(DeskCommand::Unlock(Zeroizing::new(passphrase.into())));
        self.until("answer to the passphrase", |d| !d.checking_secret());
    }

    fn tick_after(&mut self, time: TimeDelta) {
        self.clock.advance(time);
        self.desk().pump();
    }

    /// Events of the audit that speak of the lock, once the vault's worker is done (the station is closed).
    fn audited(mut self) -> Vec<String> {
        self.desk = None;
        let folder = Layout::new(&self.folder.path().join("vault")).audit();
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        let text: String = files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
        let events = [
            "signed-out",
            "station-locked",
            "station-unlocked",
            "station-unlock-refused",
            "station-lock-over",
        ];
        let of = |line: &str| {
            let event = events.iter().find(|e| line.contains(&format!("\"{e}\"")))?;
            let way =
                ["by-hand", "at-the-lock", "locked-too-long", "finger", "passphrase", "idle", "command"];
            let how = way.iter().find(|w| line.contains(&format!("\"{w}\""))).copied().unwrap_or("-");
            Some(format!("{event} {how}"))
        };
        text.lines().filter_map(of).collect()
    }
}

const OPERATOR: (Role, &str) = (Role::Operator, "latihan-operator");

fn operator(person_seed: u64) -> (Role, &'static str, u64) {
    (OPERATOR.0, OPERATOR.1, person_seed)
}

#[test]
fn the_officers_finger_opens_and_nothing_was_shown_or_lost() {
    let mut b = Bench::locking("", &[operator(PERSON)]);
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    let id = b.desk().session().unwrap().session.core.id;
    b.lock();
    let d = b.desk();
    assert!(d.session().is_none() && d.waiting().is_empty() && d.queue().is_empty());
    assert!(d.document().is_none() && d.preview().is_none() && d.ended().is_none());
    assert_eq!(d.lock().unwrap().finger, FingerWay::Ready(INDEX));
    // Nothing else does anything.
    b.command(Command::Park);
    b.desk().send(DeskCommand::NewSession);
    b.desk().send(DeskCommand::Preview(true));
    b.desk().send(DeskCommand::Lock);
    assert_eq!(b.desk().screen(), Screen::Locked);
    b.try_finger();
    assert_eq!(b.desk().screen(), Screen::Session, "{:?}", b.desk().lock());
    let view = b.desk().session().unwrap();
    assert_eq!((view.session.core.id, view.current()), (id, StepId::Identity));
    b.go_to(Some(StepId::Photo));
    assert_eq!(b.audited(), ["station-locked command", "station-unlocked finger"]);
}

#[test]
fn no_other_finger_opens_and_after_three_only_the_passphrase() {
    // The reader has the supervisor's finger on it; the operator is signed in.
    let supervisor = (Role::Supervisor, "latihan-supervisor", PERSON);
    let mut b = Bench::locking("", &[operator(2), supervisor]);
    b.sign_in();
    b.lock();
    for left in [2, 1, 0] {
        b.try_finger();
        assert_eq!(b.desk().lock().unwrap().note, Some(LockNote::NoMatch(left)));
    }
    assert_eq!(b.finger_way(), Some(FingerWay::UsedUp));
    b.desk().send(DeskCommand::UnlockByFinger);
    assert_eq!(b.finger_way(), Some(FingerWay::UsedUp));
    // The supervisor's passphrase is not this officer's.
    b.try_passphrase("latihan-supervisor");
    assert_eq!(b.desk().lock().unwrap().note, Some(LockNote::Passphrase));
    b.try_passphrase(OPERATOR.1);
    assert_eq!(b.desk().screen(), Screen::Start);
    // The next lock has its own tries.
    b.lock();
    assert_eq!(b.finger_way(), Some(FingerWay::Ready(INDEX)));
    let audited = b.audited();
    let refused = "station-unlock-refused finger";
    let first = ["station-locked command", refused, refused, refused];
    assert_eq!(audited[..4], first, "{audited:?}");
    assert_eq!(audited[4..], ["station-unlocked passphrase", "station-locked command"]);
}

#[test]
fn without_enrolled_fingers_the_passphrase_opens_at_once() {
    let mut b = Bench::locking("", &[]);
    b.sign_in();
    b.lock();
    assert_eq!(b.finger_way(), Some(FingerWay::NotEnrolled));
    b.try_passphrase(OPERATOR.1);
    assert_eq!(b.desk().screen(), Screen::Start);
}

#[test]
fn what_the_device_cannot_do_is_said_of_the_device_and_costs_no_try() {
    let mut b = Bench::locking(r#"script = ["fault:busy", "retry:too-dry"]"#, &[operator(PERSON)]);
    b.sign_in();
    b.lock();
    b.try_finger();
    assert_eq!(b.desk().lock().unwrap().note, Some(LockNote::Fault(DeviceFault::Busy)));
    b.try_finger();
    let dry = LockNote::Retry(devices::vocabulary::Retry::TooDry);
    assert_eq!(b.desk().lock().unwrap().note, Some(dry));
    b.try_finger();
    assert_eq!(b.desk().screen(), Screen::Start);
    b.lock();
    assert!(b.desk().registry().simulation().unplug(DeviceKind::Fingerprint));
    b.until("word of the reader", |d| d.lock().is_some_and(|l| l.finger == FingerWay::NoReader));
}

#[test]
fn a_station_that_nobody_touches_locks_and_later_signs_out() {
    let mut b = Bench::locking("", &[operator(PERSON)]);
    b.tick_after(TimeDelta::hours(1));
    assert_eq!(b.desk().screen(), Screen::SignIn, "nobody is signed in");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    let id = b.desk().session().unwrap().session.core.id;
    let almost = RULES.after - TimeDelta::seconds(1);
    b.tick_after(almost);
    b.desk().send(DeskCommand::Activity);
    b.tick_after(almost);
    assert_eq!(b.desk().screen(), Screen::Session, "somebody touched it");
    let due = b.desk().lock_due().unwrap();
    assert_eq!(due, b.desk().now() + TimeDelta::seconds(1));
    b.tick_after(TimeDelta::seconds(1));
    assert_eq!(b.desk().screen(), Screen::Locked);
    let over = b.desk().lock().unwrap().signs_out.unwrap();
    assert_eq!(over, b.desk().now() + RULES.most);
    b.tick_after(RULES.most - TimeDelta::seconds(1));
    assert_eq!(b.desk().screen(), Screen::Locked);
    b.tick_after(TimeDelta::seconds(1));
    assert_eq!(b.desk().screen(), Screen::SignIn);
    assert!(b.desk().lock().is_none());
    b.sign_in();
    b.until("the parked session", |d| d.waiting().iter().any(|w| w.id == id));
    b.desk().send(DeskCommand::TakeUp(id));
    b.until("session", |d| d.session().is_some_and(|v| v.session.core.id == id));
    let over = ["station-locked idle", "station-lock-over -", "signed-out locked-too-long"];
    assert_eq!(b.audited(), over);
}

#[test]
fn a_machine_that_slept_is_signed_out_as_it_wakes() {
    let mut b = Bench::locking("", &[operator(PERSON)]);
    b.sign_in();
    b.tick_after(RULES.after + RULES.most);
    assert_eq!(b.desk().screen(), Screen::SignIn);
}

#[test]
fn a_capture_holds_the_lock_off_and_is_stopped_by_hand() {
    let script = r#"script = [{ on = "slap:right_four", do = "slow:1500" }, { on = "slap:right_four", do = "slow:20000" }]"#;
    let mut b = Bench::locking(script, &[operator(PERSON)]);
    b.lock = Some(LockRules { after: TimeDelta::seconds(20), ..RULES });
    b.open();
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Fingers));
    let target = b.desk().session().unwrap().targets()[0];
    b.command(Command::Capture(target));
    b.tick_after(TimeDelta::seconds(25));
    assert_eq!(b.desk().screen(), Screen::Session, "the applicant's fingers are on the glass");
    b.quiet();
    b.command(Command::Capture(target));
    b.desk().send(DeskCommand::Lock);
    assert_eq!(b.desk().screen(), Screen::Locked);
    // The reader is free for the officer at once: the capture was stopped.
    b.until("officer's fingers", |d| d.lock().is_some_and(|l| l.finger == FingerWay::Ready(INDEX)));
    b.try_finger();
    assert_eq!(b.desk().screen(), Screen::Session, "{:?}", b.desk().lock());
    let view = b.desk().session().unwrap();
    assert!(!view.session.busy() && view.fault().is_none(), "{:?}", view.fault());
    b.capture_fingers();
}

#[test]
fn another_officer_signs_the_absent_one_out() {
    let mut b = Bench::locking("", &[]);
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    let id = b.desk().session().unwrap().session.core.id;
    b.lock();
    b.desk().send(DeskCommand::SignOut);
    assert_eq!(b.desk().screen(), Screen::SignIn);
    b.sign_in_with(Role::Supervisor, "latihan-supervisor");
    b.until("the parked session", |d| d.waiting().iter().any(|w| w.id == id));
    b.desk().send(DeskCommand::SignOut);
    let all = ["station-locked command", "signed-out at-the-lock", "signed-out by-hand"];
    assert_eq!(b.audited(), all);
}

#[test]
fn a_passphrase_that_was_not_checked_is_not_called_wrong() {
    let disk = FaultyFiles::new(5);
    let mut b = Bench::on(&disk);
    b.sign_in();
    b.desk().send(DeskCommand::Lock);
    let note = |b: &mut Bench| b.desk().lock().and_then(|l| l.note);
    disk.set_read_only(true);
    b.try_passphrase(OPERATOR.1);
    assert!(
        matches!(note(&mut b), Some(LockNote::NotChecked(n)) if n.code == "VLT-10"),
        "{:?}",
        note(&mut b)
    );
    disk.set_read_only(false);
    let mut tries = 0;
    let until = loop {
        b.try_passphrase("salah-sekali-ini");
        match note(&mut b) {
            Some(LockNote::Passphrase) => tries += 1,
            Some(LockNote::LockedOut(until)) => break until,
            other => panic!("{other:?}"),
        }
        assert!(tries < 20, "no end of tries");
    };
    b.try_passphrase(OPERATOR.1);
    assert_eq!(note(&mut b), Some(LockNote::LockedOut(until)), "the right one waits too");
    b.tick_after(until - b.clock.now() + TimeDelta::seconds(1));
    b.try_passphrase(OPERATOR.1);
    assert_eq!(b.desk().screen(), Screen::Start, "{:?}", note(&mut b));
}

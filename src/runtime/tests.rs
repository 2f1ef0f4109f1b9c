//! A station over simulated devices and a real vault, driven only through its view.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod leaving;
mod locking;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use devices::vocabulary::{DeviceFault, DeviceKind, RequestId};
use record::schema::{Environment, Outcome, Role, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

mod handover;
mod killed;
mod printing;
mod privacy;
mod upkeep;

use super::clock::{Clock, FixedClock};
use super::printing::tests::FakeCups;
use super::station::{
    Desk, DeskCommand, DeviceState, PrintProgress, Screen, Station, StationError, StationOptions,
};
use crate::session::event::{CaptureOutcome, Command, Target};
use crate::session::testing as t;
use crate::session::view::Action;
use crate::vault::files::{Files, RealFiles};
use crate::vault::testing::FaultyFiles;
use crate::vault::{InitOptions, KdfCost, Vault};

const DEVICES: &str = r#"
[camera]
driver = "simulated"
background = "blue"
capture_ms = 1
[fingerprint]
driver = "simulated"
capture_ms = 1
SCRIPT
[iris]
driver = "simulated"
capture_ms = 1
[signature-pad]
driver = "simulated"
capture_ms = 1
[thermometer]
driver = "simulated"
capture_ms = 1
[card]
driver = "simulated"
capture_ms = 1
"#;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(180);

struct Bench {
    desk: Option<Station>,
    folder: tempfile::TempDir,
    clock: Arc<FixedClock>,
    devices: String,
    lock: Option<super::station::LockRules>,
}

impl Bench {
    /// A new training vault whose fingerprint reader follows `script`.
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        Vault::init(&files, &folder.path().join("vault"), &Self::init()).unwrap();
        let clock = Arc::new(FixedClock::new(t::start()));
        let mut bench =
            Self { desk: None, folder, clock, devices: DEVICES.replace("SCRIPT", script), lock: None };
        bench.open();
        bench
    }

    /// A new training vault on a disk that can be filled.
    fn on(disk: &FaultyFiles) -> Self {
        let vault = Path::new("/disk/vault");
        disk.make_folder_durable(Path::new("/disk")).unwrap();
        Vault::init(&disk.shared(), vault, &Self::init()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(t::start()));
        let mut bench =
            Self { desk: None, folder, clock, devices: DEVICES.replace("SCRIPT", ""), lock: None };
        bench.desk = Some(Station::open_on(bench.options(vault), disk.shared()).unwrap());
        bench
    }

    fn init() -> InitOptions {
        InitOptions {
            station: "TEST-01".into(),
            environment: Environment::Training,
            centre_root: None,
            first_supervisor: None,
            officers: Vec::new(),
            kdf: KdfCost::Test,
            now: t::start(),
        }
    }

    fn options(&self, vault: &Path) -> StationOptions {
        StationOptions {
            vault: vault.to_owned(),
            device_setup: self.devices.clone(),
            policies: Vec::new(),
            policy_id: None,
            roster: None,
            district: "320412".into(),
            utc_offset_s: 25_200,
            statement: ("Saya menyatakan bahwa data saya benar.".into(), "id".into()),
            documents: self.folder.path().join("documents"),
            witness: None,
            lock: self.lock,
            clock: self.clock.clone(),
            wake: Arc::new(|| {}),
        }
    }

    /// Opens the station (again: what ran before is gone, as after a kill).
    fn open(&mut self) {
        self.desk = None;
        self.desk = Some(Station::open(self.options(&self.folder.path().join("vault"))).unwrap());
    }

    fn desk(&mut self) -> &mut Station {
        self.desk.as_mut().unwrap()
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Station) -> bool) {
        let begun = Instant::now();
        while !done(self.desk()) {
            assert!(begun.elapsed() < PATIENCE, "no {what}: {:?}", self.desk().notices());
            self.desk().wait(Duration::from_millis(20));
            self.desk().pump();
        }
    }

    fn sign_in_with(&mut self, role: Role, passphrase: &str) {
        let officer = self.desk().officers().iter().find(|o| o.role == role).unwrap().id;
        self.desk().send(DeskCommand::SignIn(officer, Zeroizing::new(passphrase.into())));
        self.until("answer to the passphrase", |d| !d.checking_secret());
    }

    fn sign_in(&mut self) {
        self.sign_in_with(Role::Operator, "latihan-operator");
        assert_eq!(self.desk().screen(), Screen::Start, "{:?}", self.desk().notices());
    }

    fn command(&mut self, command: Command) {
        self.desk().send(DeskCommand::Session(command));
    }

    fn is_busy(desk: &Station) -> bool {
        desk.session().is_some_and(|v| {
            let s = v.session;
            s.busy() || s.data.proof.making.is_some()
        })
    }

    fn quiet(&mut self) {
        self.until("end of the work", |d| {
            d.pump();
            !Self::is_busy(d)
        });
    }

    /// What an operator would do next, by the view. False when there is nothing left.
    fn act(&mut self) -> bool {
        self.quiet();
        self.clock.advance(TimeDelta::seconds(1));
        let desk = self.desk();
        let Some(view) = desk.session() else { return false };
        if !view.session.core.running() {
            return false;
        }
        let requests: Vec<_> = view.requirements().iter().filter_map(|r| r.request.clone()).collect();
        if let Some(request) = requests.first() {
            let nonce = request.nonce;
            let supervisor = desk.officers().iter().find(|o| o.role == Role::Supervisor).unwrap().id;
            let passphrase = Zeroizing::new("latihan-supervisor".to_owned());
            let note = String::new();
            desk.send(DeskCommand::Decide { nonce, officer: supervisor, passphrase, approve: true, note });
            self.until("decision", |d| !d.checking_secret());
            return true;
        }
        let primary = view.primary();
        if primary.enabled
            && let Action::Command(command) = primary.action
        {
            self.command(command);
            return true;
        }
        let wanted = view.blockers();
        let inputs = view.controls().into_iter().filter_map(|c| match c.action {
            Action::Input(id) => Some(id),
            _ => None,
        });
        let useful = |c: &Command| {
            !matches!(c, Command::TemperatureTyped(..)) || wanted.iter().any(|w| w.contains("temperature"))
        };
        let commands: Vec<Command> =
            inputs.filter_map(|id| t::fill(view.session, &id)).filter(|c| useful(c)).collect();
        assert!(!commands.is_empty(), "stuck at {} for {wanted:?}", view.current());
        commands.into_iter().for_each(|c| self.command(c));
        true
    }

    /// Goes on until `step` is on screen, or the session is over.
    fn go_to(&mut self, step: Option<StepId>) {
        for _ in 0..150 {
            let there = |d: &Station| d.session().is_some_and(|v| Some(v.current()) == step);
            self.quiet();
            if there(self.desk()) || !self.act() {
                return;
            }
        }
        let desk = self.desk();
        let view = desk.session().unwrap();
        panic!("no end: {} {:?} {:?} {:?}", view.current(), view.blockers(), view.retry(), view.fault());
    }

    fn begin(&mut self) {
        self.desk().send(DeskCommand::NewSession);
        assert_eq!(self.desk().screen(), Screen::Session);
    }

    fn capture_fingers(&mut self) {
        let target = self.desk().session().unwrap().targets()[0];
        assert!(matches!(target, Target::Slap(_)), "{target:?}");
        self.command(Command::Capture(target));
        self.quiet();
    }

    fn fault(&mut self) -> Option<DeviceFault> {
        self.desk().session().unwrap().fault().map(|f| f.fault.clone())
    }
}

#[test]
fn a_whole_session_is_sealed_with_its_proof() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(None);
    let ended = b.desk().ended().cloned().unwrap();
    assert_eq!(ended.outcome, Outcome::Sealed, "{:?}", b.desk().notices());
    assert!(ended.file.as_ref().unwrap().is_file());
    b.until("proof", |d| d.document().is_some());
    let (path, bytes) = b.desk().document().map(|(p, b)| (p.clone(), b)).unwrap();
    assert!(bytes.starts_with(b"%PDF-") && std::fs::read(&path).unwrap() == *bytes);
    b.desk().send(DeskCommand::Leave);
    b.until("row in the queue", |d| d.queue_len() == 1 && d.queue().len() == 1);
    assert!(b.desk().queue()[0].name.is_some());
    assert_eq!(b.desk().screen(), Screen::Start);
    assert!(b.desk().notices().is_empty(), "{:?}", b.desk().notices());
    // The same person again is found in the queue.
    b.begin();
    b.go_to(None);
    assert_eq!(b.desk().ended().unwrap().rules, ["nik-in-queue"]);
    // The slip of the refusal is still being made, perhaps.
    b.desk().send(DeskCommand::SignOut);
    b.until("end of the session", |d| d.screen() == Screen::SignIn);
    assert!(b.desk().queue().iter().all(|l| l.name.is_none()));
}

#[test]
fn a_document_is_printed_or_waits_in_the_vault_and_is_printed_again() {
    let cups = FakeCups::new();
    let mut b = Bench::new("");
    b.devices.push_str(&cups.setup());
    b.open();
    b.sign_in();
    assert!(b.desk().unprinted().is_empty());
    cups.set("media-empty-error", 9);
    b.begin();
    b.go_to(None);
    assert_eq!(b.desk().ended().map(|e| e.outcome), Some(Outcome::Sealed));
    let state = |d: &Station| d.print_of_document().map(|(_, p)| p.id());
    b.until("word that there is no paper", |d| state(d) == Some("not-printed"));
    assert!(!b.desk().printing() && cups.received().is_empty());
    let (id, progress) = b.desk().print_of_document().map(|(id, p)| (id, p.clone())).unwrap();
    assert_eq!(progress.hitch(), Some(devices::vocabulary::PrintHitch::PaperOut));
    assert!(b.desk().notices().iter().any(|n| n.code == "DEV-15"), "{:?}", b.desk().notices());
    let pdf = b.desk().document().map(|(_, bytes)| bytes).unwrap();
    b.until("waiting document", |d| d.unprinted().len() == 1);
    assert_eq!(b.desk().unprinted()[0].id, id);

    // The program is killed; the document is there again, with the applicant's name, once somebody has signed in.
    b.open();
    assert!(b.desk().unprinted().is_empty());
    b.sign_in();
    b.until("waiting document", |d| d.unprinted().len() == 1);
    assert!(!b.desk().unprinted()[0].name.is_empty());
    cups.set("none", 9);
    b.desk().send(DeskCommand::Reprint(Uuid::from_u128(99)));
    b.desk().send(DeskCommand::Reprint(id));
    b.desk().send(DeskCommand::Reprint(id));
    b.until("printed document", |d| d.print_progress(id) == Some(&PrintProgress::Printed));
    b.until("empty list", |d| d.unprinted().is_empty());
    assert_eq!(cups.received(), [pdf.to_vec()], "once, and the same document");

    let audit = crate::vault::testing::audit_text(&b.folder.path().join("vault"));
    for (event, times) in [("document-not-printed", 1), ("document-reprinted", 1), ("document-printed", 1)] {
        assert_eq!(audit.matches(&format!("\"event\":\"{event}\"")).count(), times, "{event}");
    }
    b.desk().send(DeskCommand::SignOut);
    assert!(b.desk().unprinted().is_empty());
}

#[test]
fn a_printed_document_can_be_printed_once_more_while_it_is_on_screen() {
    let cups = FakeCups::new();
    let mut b = Bench::new("");
    b.devices.push_str(&cups.setup());
    b.open();
    b.sign_in();
    b.begin();
    b.go_to(None);
    let state = |d: &Station| d.print_of_document().map(|(_, p)| p.id());
    b.until("printed document", |d| state(d) == Some("printed"));
    let id = b.desk().print_of_document().unwrap().0;
    b.desk().send(DeskCommand::Reprint(id));
    assert_eq!(state(b.desk()), Some("queued"));
    b.until("printed document", |d| state(d) == Some("printed"));
    b.until("empty list", |d| d.unprinted().is_empty());
    let received = cups.received();
    assert!(received.len() == 2 && received[0] == received[1]);
    assert!(b.desk().notices().is_empty(), "{:?}", b.desk().notices());
}

#[test]
fn a_wrong_passphrase_is_a_notice() {
    let mut b = Bench::new("");
    b.sign_in_with(Role::Operator, "salah-sekali-ini");
    assert_eq!(b.desk().screen(), Screen::SignIn);
    assert_eq!(b.desk().notices()[0].code, "VLT-05");
    b.sign_in();
}

#[test]
fn stale_answers_are_dropped() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Fingers));
    let id = b.desk().session().unwrap().session.core.id;
    let before = b.desk().session().unwrap().session.clone();
    let stale = CaptureOutcome::Fault(DeviceFault::Busy);
    for (session, request) in [(id, RequestId(0)), (Uuid::from_u128(9), RequestId(1))] {
        b.desk().take_for_test(session, request, stale.clone());
    }
    assert_eq!(b.desk().session().unwrap().session.data, before.data);
    assert!(b.fault().is_none());
}

#[test]
fn a_reader_that_crashes_is_opened_again() {
    let mut b = Bench::new("script = [\"crash\"]");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Fingers));
    b.capture_fingers();
    assert_eq!(b.fault(), Some(DeviceFault::Crashed));
    b.capture_fingers();
    assert_eq!(b.fault(), None);
    assert!(!b.desk().session().unwrap().session.data.fingers.samples.is_empty());
}

#[test]
fn a_reader_that_hangs_is_abandoned_and_restarted() {
    let mut b = Bench::new("script = [\"hang\"]");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Fingers));
    let target = b.desk().session().unwrap().targets()[0];
    b.command(Command::Capture(target));
    let working = |d: &mut Station| d.devices().iter().any(|l| l.state == DeviceState::Working);
    b.until("capture under way", working);
    // Cancelled before the driver has begun, it would not hang at all.
    std::thread::sleep(Duration::from_millis(300));
    // A cancel gives the device its grace only, so that the test need not wait for the whole time limit.
    b.command(Command::CancelCapture);
    b.quiet();
    assert!(matches!(b.fault(), Some(DeviceFault::Hung { .. })), "{:?}", b.fault());
    b.desk().send(DeskCommand::RestartDevice(DeviceKind::Fingerprint));
    b.until("reader", |d| {
        d.devices().iter().any(|l| l.kind == DeviceKind::Fingerprint && l.state == DeviceState::Ready)
    });
    b.capture_fingers();
    assert_eq!(b.fault(), None);
}

#[test]
fn an_unplugged_reader_comes_back() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Fingers));
    let state = |d: &Station| {
        d.devices().iter().find(|l| l.kind == DeviceKind::Fingerprint).map(|l| l.state.clone()).unwrap()
    };
    assert!(b.desk().registry().simulation().unplug(DeviceKind::Fingerprint));
    b.until("unplugged reader", |d| state(d) == DeviceState::Faulty(DeviceFault::Unplugged));
    b.capture_fingers();
    assert!(b.fault().is_some());
    assert!(b.desk().registry().simulation().replug(DeviceKind::Fingerprint));
    b.until("reader", |d| state(d) == DeviceState::Ready && d.session().unwrap().fault().is_none());
    b.capture_fingers();
    assert_eq!(b.fault(), None);
}

#[test]
fn a_killed_session_is_taken_up_and_sealed() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Irises));
    let id = b.desk().session().unwrap().session.core.id;
    b.open();
    b.sign_in();
    b.until("draft", |d| d.waiting().iter().any(|w| w.id == id && !w.parked));
    b.desk().send(DeskCommand::TakeUp(id));
    b.until("session", |d| d.screen() == Screen::Session);
    let view = b.desk().session().unwrap();
    assert!(matches!(view.targets()[..], [Target::Reverify(_)]), "{:?}", view.targets());
    b.go_to(None);
    let outcome = b.desk().ended().unwrap().outcome;
    assert_eq!(outcome, Outcome::Sealed, "{:?}", b.desk().notices());
    b.desk().send(DeskCommand::Leave);
    assert!(b.desk().waiting().is_empty());
}

#[test]
fn signing_out_parks_and_another_session_can_begin() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Identity));
    let id = b.desk().session().unwrap().session.core.id;
    b.begin();
    assert!(b.desk().waiting().iter().any(|w| w.id == id && w.parked));
    // The officer's own check of this shift is still valid.
    assert!(!b.desk().session().unwrap().session.officer_check().readings.is_empty());
    b.desk().send(DeskCommand::SignOut);
    assert_eq!(b.desk().screen(), Screen::SignIn);
    assert!(b.desk().session().is_none() && b.desk().waiting().is_empty());
    b.sign_in();
    b.until("waiting sessions", |d| d.waiting().iter().any(|w| w.id == id));
    b.desk().send(DeskCommand::TakeUp(id));
    b.until("session", |d| d.session().is_some_and(|v| v.session.core.id == id));
    assert_eq!(b.desk().session().unwrap().current(), StepId::Identity);
}

#[test]
fn what_cannot_be_opened_says_why() {
    let b = Bench::new("");
    let codes = |change: &dyn Fn(&mut StationOptions)| {
        let mut options = b.options(&b.folder.path().join("nothing"));
        change(&mut options);
        Station::open(options).err().map(|e: StationError| e.code()).unwrap_or_default()
    };
    assert_eq!(codes(&|_| {}), "VLT-01");
    assert_eq!(codes(&|o| o.device_setup = "[toaster]".into()), "RUN-01");
    assert_eq!(codes(&|o| o.policies = vec![("x.toml".into(), "id = 3".into())]), "RUN-02");
    assert_eq!(codes(&|o| o.policy_id = Some("none".into())), "RUN-04");
    assert_eq!(codes(&|o| o.roster = Some("/nowhere.csv".into())), "RUN-05");
    assert_eq!(codes(&|o| o.utc_offset_s = 90_000_000), "RUN-07");
}

#[test]
fn a_full_disk_is_said_and_the_session_goes_on() {
    let disk = FaultyFiles::new(3);
    let mut b = Bench::on(&disk);
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Photo));
    disk.set_room(Some(0));
    b.command(Command::Capture(Target::Face));
    b.until("photo", |d| d.session().is_some_and(|v| v.session.data.photo.sample.is_some()));
    let unkept = |d: &Station| d.session().is_some_and(|v| !v.session.core.unkept.is_empty());
    b.until("word of the full disk", |d| unkept(d));
    assert!(b.desk().session().unwrap().session.core.unkept.values().any(|code| code == "VLT-09"));
    assert!(b.desk().notices().iter().any(|n| n.code == "VLT-09"), "{:?}", b.desk().notices());
    // The capture is not lost: it is kept as soon as there is room.
    assert!(b.desk().session().unwrap().session.data.photo.sample.is_some());
    disk.set_room(None);
    b.clock.advance(TimeDelta::seconds(6));
    b.until("step kept", |d| !unkept(d));
    b.go_to(None);
    let outcome = b.desk().ended().unwrap().outcome;
    assert_eq!(outcome, Outcome::Sealed, "{:?}", b.desk().notices());
}

#[test]
fn two_sessions_of_one_person_give_one_record() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Biodata));
    let first = b.desk().session().unwrap().session.core.id;
    b.begin();
    b.go_to(None);
    assert_eq!(b.desk().ended().unwrap().outcome, Outcome::Sealed);
    b.desk().send(DeskCommand::Leave);
    b.desk().send(DeskCommand::TakeUp(first));
    b.go_to(Some(StepId::Seal));
    b.command(Command::Confirm);
    b.quiet();
    assert_eq!(b.desk().session().unwrap().session.data.seal.failed.as_deref(), Some("RUN-22"));
    assert!(b.desk().notices().iter().any(|n| n.message == "runtime-nik-in-queue"));
    assert_eq!(b.desk().queue_len(), 1);
}

#[test]
fn guidance_runs_with_the_live_picture_and_no_longer() {
    let mut b = Bench::new("");
    b.sign_in();
    b.begin();
    b.go_to(Some(StepId::Photo));
    assert!(b.desk().guidance().is_none());
    b.desk().send(DeskCommand::Preview(true));
    b.until("verdict", |d| d.guidance().is_some_and(|g| g.face.is_some()));
    let newest = b.desk().preview().unwrap().0;
    assert!(b.desk().guidance().unwrap().frame <= newest);
    b.command(Command::Capture(Target::Face));
    b.quiet();
    let sample = b.desk().session().unwrap().session.data.photo.sample.clone().unwrap();
    assert_eq!(sample.chosen_of, 3, "the last picture and two that were offered");
    assert!(sample.ground.is_some_and(|g| g.matches.is_some()), "{:?}", sample.ground);
    b.desk().send(DeskCommand::Preview(false));
    assert!(b.desk().guidance().is_none());
    b.until("end of the live picture", |d| d.preview().is_none());
    assert!(b.desk().guidance().is_none());
}

#[path = "tests/devices.rs"]
mod devices_tests;

#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::time::Instant;

use toml::Value;

use super::fake::{Fake, Fate, Laid};
use super::*;
use crate::conformance::{self, Hands, SLOW, TestWatch};
use crate::ktp::protected;
use crate::ktp::simulation::{CardFault, Contents, FaultyCard, Secrets, SimulatedCard, SimulatedSam, person};
use crate::pace::DeadlineOnly;
use crate::traits::{CaptureDevice, CardReader};
use crate::vocabulary::{CaptureTask, Captured};

const PICC: &str = "ACS ACR1252 1S CL Reader [ACR1252 Reader PICC] (RR1) 00 00";
const SAM: &str = "ACS ACR1252 1S CL Reader [ACR1252 Reader SAM] (RR1) 01 00";
const PLAIN: &str = "Virtual PCD 00 00";
const UID: [u8; 7] = [4, 1, 2, 3, 4, 5, 6];
const PHOTO: CaptureTask = CaptureTask::Card { photo: true };
/// Long enough for a machine that is busy with other things.
const SOON: Duration = Duration::from_secs(20);

fn jpeg() -> Vec<u8> {
    let mut photo = vec![7; 900];
    photo[..3].copy_from_slice(&[0xFF, 0xD8, 0xFF]);
    photo
}

fn card(faults: &[CardFault]) -> Option<Laid> {
    let contents = Contents::new(7, UID.to_vec(), jpeg());
    let card = SimulatedCard::new(Arc::new(contents), Secrets::from_seed(7)).unwrap();
    Some(Laid::Card(FaultyCard::new(card, faults.to_vec())))
}

/// A bench over a fake service with these readers.
struct Desk {
    fake: Fake,
    bench: Bench,
}

impl Desk {
    fn new(readers: &[&str]) -> Self {
        let fake = Fake::new();
        readers.iter().for_each(|reader| fake.plug(reader));
        fake.start();
        Self { bench: Bench { pcsc: PcscBench::with(Arc::new(fake.clone())), ..Bench::default() }, fake }
    }

    fn with_card(faults: &[CardFault]) -> Self {
        let desk = Self::new(&[PLAIN]);
        desk.fake.lay(PLAIN, card(faults));
        desk.sees(|there| there.get(PLAIN).is_some_and(|reader| reader.card));
        desk
    }

    fn list(&self, parameters: &Table) -> Vec<Sighting> {
        list(&self.bench, DeviceKind::Card, parameters)
    }

    fn open(&self, parameters: &Table) -> Result<Box<dyn CardReader>, DeviceFault> {
        match open(&self.bench, DeviceKind::Card, parameters, None)? {
            Opened::Card(reader) => Ok(reader),
            _ => Err(DeviceFault::Unsupported),
        }
    }

    fn reader(&self) -> Box<dyn CardReader> {
        self.open(&Table::new()).unwrap()
    }

    /// Waits until the monitor sees it.
    fn sees(&self, what: impl Fn(&BTreeMap<String, Reader>) -> bool) {
        let monitor = self.bench.pcsc.monitor().unwrap();
        assert!(monitor.wait_until(SOON, |there| there.is_ok_and(&what)));
    }
}

fn table(pairs: &[(&str, &str)]) -> Table {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::String((*value).to_owned()))).collect()
}

/// One word of an end.
fn word(answer: Result<Captured, CaptureEnd>) -> String {
    match answer {
        Ok(Captured::Card(card)) => {
            let whole = card.uid == UID && card.is_ktp && card.photo.is_some_and(|photo| photo == jpeg());
            if whole { "ok" } else { "wrong" }.to_owned()
        }
        Ok(_) => "other".to_owned(),
        Err(CaptureEnd::Retry(retry)) => retry.id().to_owned(),
        Err(CaptureEnd::Cancelled) => "cancelled".to_owned(),
        Err(CaptureEnd::Fault(DeviceFault::Reported { code })) => code,
        Err(CaptureEnd::Fault(fault)) => fault.id().to_owned(),
    }
}

fn capture(reader: &mut dyn CardReader) -> String {
    word(reader.capture(&PHOTO, &mut TestWatch::within_ms(60_000)))
}

#[test]
fn roles_by_name() {
    let check = |name: &str, expected: Role| assert_eq!(names::role(name), expected, "{name}");
    check(PICC, Role::Contactless);
    check(SAM, Role::Sam);
    check(PLAIN, Role::Unknown);
    check(
        "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] (K1) 01 00",
        Role::Contactless,
    );
    check(
        "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422 Smartcard Reader] (K1) 00 00",
        Role::Unknown,
    );
    check(
        "Identiv uTrust 4701 F Dual Interface Reader [uTrust 4701 F CL Reader] (55) 01 00",
        Role::Contactless,
    );
    check(
        "Identiv uTrust 4701 F Dual Interface Reader [uTrust 4701 F Contact Reader] (55) 00 00",
        Role::Contact,
    );
    check("ACS ACR122U PICC Interface 00 00", Role::Contactless);
    check("ACS ACR1281 1S Dual Reader 00 02", Role::Unknown);
    check("CRT-603 SAM0 00 00", Role::Unknown);
    check("Samsung NFC 00 00", Role::Contactless);
    check("", Role::Unknown);
    check("]SAM[", Role::Sam);
}

#[test]
fn identity_from_the_name() {
    let check = |name: &str, id: &str, serial: &str| {
        let info = names::info(name);
        assert_eq!((info.id.0.as_str(), info.serial.as_str()), (id, serial));
        assert!(info.model.chars().count() <= 160 && !info.model.contains('\n'));
    };
    check(PLAIN, "pcsc-card-virtual-pcd-00-00", "");
    check("X [Y (Z] (55010203) 01 00", "pcsc-card-x-y-z-55010203-01-00", "55010203");
    check("a\nb", "pcsc-card-ab", "");
    check(")(", "pcsc-card-", "");
    names::info(&"x".repeat(5000));
}

#[test]
fn parameters_are_checked() {
    let check = |pairs: &[(&str, &str)], errors: usize| {
        assert_eq!((super::FAMILY.check)(DeviceKind::Card, &table(pairs)).len(), errors, "{pairs:?}");
    };
    check(&[], 0);
    check(&[("reader", "ACR1252"), ("sam", "SAM")], 0);
    check(&[("reader", "")], 1);
    check(&[("readers", "x"), ("sam", "")], 2);
}

#[test]
fn readers_are_chosen_by_name() {
    let desk = Desk::new(&[SAM, PLAIN, PICC]);
    let check = |pairs: &[(&str, &str)], expected: &[&str]| {
        let models: Vec<String> = desk.list(&table(pairs)).into_iter().map(|s| s.info.model).collect();
        assert_eq!(models, expected, "{pairs:?}");
    };
    check(&[], &[PICC, PLAIN]);
    check(&[("reader", "virtual")], &[PLAIN]);
    check(&[("reader", "acr1252")], &[PICC, SAM]);
    check(&[("reader", "nowhere")], &[]);
    assert_eq!(desk.reader().info().model, PICC);
    let choice = names::info(PLAIN).id;
    let Opened::Card(reader) = open(&desk.bench, DeviceKind::Card, &Table::new(), Some(&choice)).unwrap()
    else {
        panic!("no card reader")
    };
    assert_eq!(reader.info().model, PLAIN);
    let fault = desk.open(&table(&[("reader", "nowhere")])).err();
    assert_eq!(fault, Some(DeviceFault::NotFound { kind: "card".to_owned() }));
}

#[test]
fn keeps_the_promises_of_a_driver() {
    let desk = Desk::with_card(&[]);
    let open = || desk.open(&Table::new()).map(|reader| reader as Box<dyn CaptureDevice>);
    let checked = conformance::run(&open, &[PHOTO, CaptureTask::Card { photo: false }], SLOW);
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{checked:#?}");
}

impl Hands for Desk {
    fn unplug(&self) {
        self.fake.unplug(PLAIN);
        self.sees(BTreeMap::is_empty);
    }
    fn replug(&self) {
        self.fake.plug(PLAIN);
        self.fake.lay(PLAIN, card(&[]));
    }
    fn sleep_and_wake(&self) -> bool {
        self.unplug();
        self.replug();
        true
    }
}

#[test]
fn cables_are_pulled_and_the_machine_sleeps() {
    let desk = Desk::with_card(&[]);
    let open = || desk.open(&Table::new()).map(|reader| reader as Box<dyn CaptureDevice>);
    let checked = conformance::run_faults(&open, &PHOTO, &desk);
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{checked:#?}");
}

#[test]
fn a_cancel_is_seen_while_the_cause_is_looked_for() {
    let desk = Desk::with_card(&[]);
    let mut reader = desk.reader();
    // The monitor sees the card all the time, so it would wait for a second each time.
    desk.fake.fail_always(Some(Error::CommError));
    let mut watch = TestWatch::cancelled_after(Duration::from_millis(300));
    assert_eq!(word(reader.capture(&PHOTO, &mut watch)), "cancelled");
    desk.fake.fail_always(None);
}

#[test]
fn a_service_that_is_missing_comes_and_goes() {
    let desk = Desk::new(&[PLAIN]);
    desk.fake.stop();
    let missing = Some(DeviceFault::ServiceMissing { service: "pcscd".to_owned() });
    assert!(desk.list(&Table::new()).is_empty());
    assert_eq!(desk.open(&Table::new()).err(), missing);
    let mut arrivals = Vec::new();
    for _ in 0..3 {
        desk.fake.start();
        desk.sees(|there| there.contains_key(PLAIN));
        arrivals.extend(desk.list(&Table::new()).iter().map(|s| s.arrival));
        let mut reader = desk.reader();
        desk.fake.stop();
        let monitor = desk.bench.pcsc.monitor().unwrap();
        assert!(monitor.wait_until(SOON, |there| there.is_err()));
        assert_eq!(capture(reader.as_mut()), "service-missing");
        assert!(desk.list(&Table::new()).is_empty());
    }
    assert!(arrivals.len() == 3 && arrivals.is_sorted_by(|a, b| a < b), "{arrivals:?}");
}

#[test]
fn a_service_that_restarts_at_once_is_a_new_one() {
    let desk = Desk::with_card(&[]);
    let before = desk.list(&Table::new())[0].arrival;
    let mut reader = desk.reader();
    assert_eq!(capture(reader.as_mut()), "ok");
    desk.fake.start();
    desk.sees(|there| there.get(PLAIN).is_some_and(|reader| reader.arrival > before));
    assert_eq!(capture(reader.as_mut()), "ok");
}

#[test]
fn a_flapping_reader_arrives_each_time() {
    let desk = Desk::new(&[PLAIN]);
    let mut last = 0;
    for _ in 0..4 {
        desk.sees(|there| there.get(PLAIN).is_some_and(|reader| reader.arrival > last));
        last = desk.list(&Table::new())[0].arrival;
        let mut reader = desk.reader();
        desk.fake.unplug(PLAIN);
        desk.sees(BTreeMap::is_empty);
        assert_eq!(capture(reader.as_mut()), "unplugged");
        desk.fake.plug(PLAIN);
    }
}

#[test]
fn a_card_that_comes_is_read() {
    let desk = Desk::new(&[PLAIN]);
    let mut reader = desk.reader();
    assert_eq!(reader.card_present(Instant::now()), Ok(false));
    let nothing = reader.capture(&PHOTO, &mut TestWatch::within_ms(500));
    assert_eq!(word(nothing), "nothing-presented");
    let fake = desk.fake.clone();
    let later = std::thread::Builder::new().spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        fake.lay(PLAIN, card(&[]));
    });
    assert_eq!(capture(reader.as_mut()), "ok");
    later.unwrap().join().unwrap();
    // Read again while it lies there, by another opening too.
    assert_eq!(capture(reader.as_mut()), "ok");
    assert_eq!(capture(desk.reader().as_mut()), "ok");
}

#[test]
fn why_a_command_was_lost_is_found_out() {
    let check = |fate: Fate, expected: &str| {
        for command in 1..8 {
            let desk = Desk::with_card(&[]);
            let mut reader = desk.reader();
            desk.fake.at_command(command, fate);
            assert_eq!(capture(reader.as_mut()), expected, "{fate:?} at {command}");
        }
    };
    check(Fate::CardOut, "card-removed");
    check(Fate::CardOutInSilence, "card-removed");
    check(Fate::ReaderOut, "unplugged");
    check(Fate::ServiceStops, "service-missing");
}

#[test]
fn errors_of_the_service_are_told() {
    let check = |error: Error, expected: &str| {
        let desk = Desk::with_card(&[]);
        let mut reader = desk.reader();
        desk.fake.fail_next(error);
        assert_eq!(capture(reader.as_mut()), expected, "{error:?}");
        assert_eq!(capture(reader.as_mut()), "ok", "after {error:?}");
    };
    // A card that another program reset, or that lost contact for a moment, is read anew.
    check(Error::ResetCard, "ok");
    check(Error::NotTransacted, "ok");
    check(Error::CommError, "ok");
    check(Error::InvalidHandle, "ok");
    check(Error::RemovedCard, "card-removed");
    check(Error::UnpoweredCard, "card-removed");
    check(Error::SharingViolation, "busy");
    check(Error::SecurityViolation, "not-permitted");
    check(Error::ProtoMismatch, "ok");
    check(Error::UnsupportedCard, "not-ktp");
    check(Error::InsufficientBuffer, "protocol");
    check(Error::ServerTooBusy, "busy");
    check(Error::InternalError, "pcsc-80100001");
    check(Error::NoService, "service-missing");
}

#[test]
fn hostile_cards_through_the_reader() {
    let check = |faults: &[CardFault], expected: &str| {
        let desk = Desk::with_card(faults);
        let found = capture(desk.reader().as_mut());
        assert!(found.contains(expected), "{faults:?}: {found}");
    };
    check(&[CardFault::Remove(5)], "card-removed");
    check(&[CardFault::Half(3)], "protocol");
    check(&[CardFault::Long(5, 60_000)], "protocol");
    check(&[CardFault::Status(5, 0x6F00)], "read-sw-6f00");
    check(&[CardFault::Endless], "protocol");
    check(&[CardFault::Chunk(0x70), CardFault::GetResponse], "ok");
}

#[test]
fn a_hang_is_left_behind_and_hangs_are_bounded() {
    let desk = Desk::with_card(&[]);
    desk.fake.hang(true);
    let mut reader = desk.reader();
    let begun = Instant::now();
    let watch = &mut TestWatch::cancelled_after(Duration::from_millis(100));
    assert_eq!(word(reader.capture(&PHOTO, watch)), "cancelled");
    assert_eq!(word(reader.capture(&PHOTO, &mut TestWatch::within_ms(2_000))), "hung");
    assert!(begun.elapsed() < SOON);
    let mut ends = Vec::new();
    for _ in 0..worker::WORKERS_MAX {
        ends.push(word(desk.reader().capture(&PHOTO, &mut TestWatch::within_ms(1_000))));
    }
    assert_eq!(ends.last().map(String::as_str), Some("busy"), "{ends:?}");
    desk.fake.hang(false);
    let begun = Instant::now();
    while desk.bench.pcsc.workers.load(std::sync::atomic::Ordering::Acquire) > 0 && begun.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(capture(desk.reader().as_mut()), "ok");
}

#[test]
fn a_card_that_another_program_holds_is_busy() {
    let desk = Desk::with_card(&[]);
    desk.fake.hold(true);
    assert_eq!(capture(desk.reader().as_mut()), "busy");
    desk.fake.hold(false);
    assert_eq!(capture(desk.reader().as_mut()), "ok");
}

#[test]
fn a_service_that_hangs_is_told() {
    let desk = Desk::new(&[PLAIN]);
    desk.fake.hang_looks(true);
    assert!(matches!(desk.open(&Table::new()), Err(DeviceFault::Hung { .. })));
    desk.fake.hang_looks(false);
    desk.sees(|there| there.contains_key(PLAIN));
    assert!(desk.open(&Table::new()).is_ok());
}

#[test]
fn the_sam_is_found_in_its_slot() {
    let desk = Desk::new(&[SAM, PICC]);
    desk.fake.lay(PICC, card(&[]));
    desk.fake.lay(SAM, Some(Laid::Sam(SimulatedSam::new(Secrets::from_seed(7)))));
    desk.sees(|there| there.get(PICC).is_some_and(|reader| reader.card));
    let mut reader = desk.reader();
    let mut sam = reader.sam().unwrap();
    let watch = DeadlineOnly(Instant::now() + Duration::from_secs(60));
    let read =
        protected::read(reader.as_mut(), sam.as_mut(), &Secrets::from_seed(7).opening(), &watch).unwrap();
    assert!(read.genuine && read.biodata == person(7));
    // Let go: an ordinary reading works at once.
    assert_eq!(capture(reader.as_mut()), "ok");
    let alone = Desk::new(&[PLAIN]);
    assert!(matches!(alone.reader().sam().err(), Some(DeviceFault::NotFound { .. })));
    let named = alone.open(&table(&[("sam", "virtual")])).unwrap().sam().err();
    assert!(matches!(named, Some(DeviceFault::NotFound { .. })), "never the reader of the card itself");
}

#[test]
fn the_monitor_ends_with_the_registry() {
    let desk = Desk::new(&[PLAIN]);
    assert!(!desk.list(&Table::new()).is_empty());
    let fake = desk.fake.clone();
    assert_eq!(fake.watches(), 1);
    drop(desk);
    let begun = Instant::now();
    while fake.watches() > 0 && begun.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(fake.watches(), 0);
}

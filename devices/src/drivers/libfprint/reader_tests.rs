#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The reader over a scripted library.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use biometrics::position::{FingerPosition, Slap};

use super::super::backend::{OURS, RawPicture};
use super::*;
use crate::conformance::{self, Hands, TestWatch};
use crate::vocabulary::{DeviceId, DeviceKind};

/// What the scripted library does with one piece of work.
#[derive(Debug, Clone)]
enum Does {
    Opens,
    Gives,
    Fails(&'static str, i32),
    /// Answers only when it is cancelled, as the library does.
    Waits(Touch),
    /// Answers with an error when it is cancelled.
    EndsBy(&'static str, i32),
    /// Does not answer, not even to a cancel.
    Hangs,
    /// Takes no work.
    Refuses,
}

#[derive(Debug, Default)]
struct Log {
    script: VecDeque<Does>,
    done: Vec<String>,
}

struct Scripted {
    log: Arc<Mutex<Log>>,
    now: Option<Does>,
    cancelled: bool,
}

fn raw() -> RawPicture {
    RawPicture { width: 64, height: 80, ppmm: 0.0, pixels: vec![220; 64 * 80] }
}

impl Backend for Scripted {
    fn begin(&mut self, work: Work) -> Result<(), DeviceFault> {
        let mut log = self.log.lock().unwrap();
        log.done.push(format!("{work:?}"));
        let does = log.script.pop_front().expect("the script is over");
        self.cancelled = false;
        if matches!(does, Does::Refuses) {
            return Err(DeviceFault::Crashed);
        }
        self.now = Some(does);
        Ok(())
    }
    fn poll(&mut self, at_most: Duration) -> Option<Result<Answer, LibraryError>> {
        let answer = match self.now.as_ref()? {
            Does::Opens => Ok(Answer::Opened),
            Does::Gives => Ok(Answer::Picture(raw())),
            Does::Fails(domain, code) => Err(LibraryError { domain: (*domain).to_owned(), code: *code }),
            Does::Waits(_) if self.cancelled => {
                Err(LibraryError { domain: "g-io-error-quark".to_owned(), code: 19 })
            }
            Does::EndsBy(domain, code) if self.cancelled => {
                Err(LibraryError { domain: (*domain).to_owned(), code: *code })
            }
            Does::Waits(_) | Does::EndsBy(..) | Does::Hangs | Does::Refuses => {
                std::thread::sleep(at_most);
                return None;
            }
        };
        self.now = None;
        Some(answer)
    }
    fn cancel(&mut self) {
        self.cancelled = true;
        self.log.lock().unwrap().done.push("cancel".to_owned());
    }
    fn touch(&self) -> Touch {
        match self.now {
            Some(Does::Waits(touch)) => touch,
            _ => Touch::default(),
        }
    }
    fn close(&mut self) {
        self.log.lock().unwrap().done.push("close".to_owned());
    }
}

fn info() -> DeviceInfo {
    DeviceInfo {
        id: DeviceId("libfprint-x-1".to_owned()),
        kind: DeviceKind::Fingerprint,
        driver: "libfprint".to_owned(),
        model: "x".to_owned(),
        serial: String::new(),
        training_only: false,
    }
}

fn reader(script: &[Does]) -> (Reader<Scripted>, Arc<Mutex<Log>>) {
    let log = Arc::new(Mutex::new(Log { script: script.iter().cloned().collect(), done: Vec::new() }));
    let backend = Scripted { log: log.clone(), now: None, cancelled: false };
    (Reader::new(info(), Mounting::default(), backend), log)
}

const FINGER: CaptureTask = CaptureTask::Finger { position: FingerPosition::RightIndex, again: false };
const REMOVED: Does = Does::Fails("fp - device - error - quark", 0x100);
const NOT_OPEN: Does = Does::Fails("fp - device - error - quark", 2);
const PATIENT_MS: u64 = 60_000;

/// One capture of a fresh reader: how it ended, and what the library was asked.
fn check(script: &[Does], mut watch: TestWatch, expected: Result<(), CaptureEnd>, asked: &[&str]) {
    let (mut reader, log) = reader(script);
    let got = reader.capture(&FINGER, &mut watch);
    assert_eq!(got.as_ref().map(|_| ()).map_err(Clone::clone), expected, "{script:?}");
    if let Ok(captured) = got {
        assert!(crate::conformance::mismatch(&FINGER, &captured).is_none());
        assert_eq!(watch.previews, 1);
    }
    assert_eq!(log.lock().unwrap().done, asked, "{script:?}");
    assert!(log.lock().unwrap().script.is_empty(), "not asked: {script:?}");
}

fn patient() -> TestWatch {
    TestWatch::within_ms(PATIENT_MS)
}

#[test]
fn ways_a_capture_ends() {
    let retry = |r: Retry| Err(CaptureEnd::Retry(r));
    let fault = |f: DeviceFault| Err(CaptureEnd::Fault(f));
    let open_capture = ["Open", "Capture"];
    check(&[Does::Opens, Does::Gives], patient(), Ok(()), &open_capture);
    let short = Does::Fails("fp-device-retry-quark", 1);
    check(&[Does::Opens, short], patient(), retry(Retry::TooShort), &open_capture);
    let hot = Does::Fails("fp-device-error-quark", 0x101);
    let too_hot = DeviceFault::Reported { code: "fp-too-hot".to_owned() };
    check(&[Does::Opens, hot], patient(), fault(too_hot), &open_capture);
    let denied = Does::Fails("g-usb-device-error-quark", 9);
    check(&[denied], patient(), fault(DeviceFault::NotPermitted), &["Open"]);
    check(&[Does::Refuses], patient(), fault(DeviceFault::Crashed), &["Open"]);
    check(&[Does::Gives], patient(), Err(mixed_up()), &["Open"]);
    check(&[Does::Opens, Does::Opens], patient(), Err(mixed_up()), &open_capture);
}

#[test]
fn a_lost_claim_is_made_again_with_pauses_and_not_for_ever() {
    let again = ["Open", "Capture", "close", "Open", "Capture"];
    check(&[Does::Opens, NOT_OPEN, Does::Opens, Does::Gives], patient(), Ok(()), &again);
    check(&[Does::Opens, REMOVED, Does::Opens, Does::Gives], patient(), Ok(()), &again);
    // The system stopped the capture as it went to sleep; nobody here cancelled.
    let asleep = Does::Fails("g-io-error-quark", 19);
    check(&[Does::Opens, asleep, Does::Opens, Does::Gives], patient(), Ok(()), &again);
    let gone = Does::Fails(OURS, super::super::backend::GONE);
    let begun = Instant::now();
    check(
        &[gone.clone(), gone.clone(), gone.clone(), gone],
        patient(),
        Err(DeviceFault::Unplugged.into()),
        &["Open", "close", "Open", "close", "Open", "close", "Open", "close"],
    );
    assert!(begun.elapsed() >= FIRST_PAUSE * 7, "150 + 300 + 600 ms of pauses");
    // A deadline within the pause ends it with the fault, a cancel as a cancel.
    let busy = Does::Fails("g-usb-device-error-quark", 10);
    // The pauses are 150, 300 and 600 ms: it ends in one of them.
    let soon = TestWatch::within_ms(300);
    check(
        &[busy.clone(), busy.clone()],
        soon,
        Err(DeviceFault::Busy.into()),
        &["Open", "close", "Open", "close"],
    );
    let cancelled = TestWatch::cancelled_after(Duration::from_millis(50));
    check(&[busy], cancelled, Err(CaptureEnd::Cancelled), &["Open", "close"]);
}

#[test]
fn cancel_and_deadline_stop_the_library() {
    let asked = ["Open", "Capture", "cancel"];
    let check_touch = |touch: Touch, expected: Retry| {
        let script = [Does::Opens, Does::Waits(touch)];
        check(&script, TestWatch::within_ms(1_000), Err(expected.into()), &asked);
    };
    check_touch(Touch { present: false, ever: false }, Retry::NothingPresented);
    check_touch(Touch { present: false, ever: true }, Retry::TooShort);
    check_touch(Touch { present: true, ever: true }, Retry::LiftFinger);
    let script = [Does::Opens, Does::Waits(Touch::default())];
    let cancelled = TestWatch::cancelled_after(Duration::from_millis(60));
    check(&script, cancelled, Err(CaptureEnd::Cancelled), &asked);
    // What the library says at the deadline is said of the reader, and so is its silence.
    let hot = ("fp-device-error-quark", 0x101);
    let script = [Does::Opens, Does::EndsBy(hot.0, hot.1)];
    let too_hot = DeviceFault::Reported { code: "fp-too-hot".to_owned() };
    check(&script, TestWatch::within_ms(1_000), Err(too_hot.into()), &asked);
    let hung = DeviceFault::Hung { after_ms: STOP_WITHIN.as_millis() as u64 };
    check(&[Does::Opens, Does::Hangs], TestWatch::within_ms(1_000), Err(hung.into()), &asked);
    // A reader that cannot be opened in time is no fault of the person.
    let (mut reader, _) = reader(&[Does::Waits(Touch::default())]);
    let end = reader.capture(&FINGER, &mut TestWatch::within_ms(500)).unwrap_err();
    assert!(matches!(end, CaptureEnd::Fault(DeviceFault::Hung { .. })), "{end:?}");
}

#[test]
fn work_that_does_not_stop_keeps_the_reader_hung_until_it_answers() {
    let (mut reader, log) = reader(&[Does::Opens, Does::Hangs, Does::Opens, Does::Gives]);
    let begun = Instant::now();
    let end = reader.capture(&FINGER, &mut TestWatch::cancelled_after(Duration::from_millis(40)));
    assert_eq!(end, Err(CaptureEnd::Cancelled));
    assert!(begun.elapsed() >= STOP_WITHIN);
    let end = reader.capture(&FINGER, &mut patient()).unwrap_err();
    assert!(matches!(end, CaptureEnd::Fault(DeviceFault::Hung { .. })), "{end:?}");
    // At last it answers: the reader is claimed anew and works.
    reader.backend.now = Some(Does::Fails("g-io-error-quark", 19));
    assert!(reader.capture(&FINGER, &mut patient()).is_ok());
    drop(reader);
    let done = log.lock().unwrap().done.clone();
    assert_eq!(done, ["Open", "Capture", "cancel", "close", "Open", "Capture", "close"]);
}

#[test]
fn a_claim_alone_is_as_patient_as_a_capture() {
    let (mut reader, log) = reader(&[NOT_OPEN, Does::Opens]);
    assert_eq!(reader.claim(&patient()), Ok(()));
    assert_eq!(reader.claim(&patient()), Ok(()), "it is claimed already");
    assert_eq!(log.lock().unwrap().done, ["Open", "close", "Open"]);
}

#[test]
fn one_finger_at_a_time() {
    let (mut reader, log) = reader(&[Does::Opens, Does::Gives, Does::Gives]);
    let slap = CaptureTask::Slap { slap: Slap::RightFour, missing: Vec::new() };
    for task in [slap, CaptureTask::Platen, CaptureTask::Face] {
        assert!(!reader.can(&task));
        let end = reader.capture(&task, &mut patient());
        assert_eq!(end, Err(CaptureEnd::Fault(DeviceFault::Unsupported)), "{task:?}");
    }
    assert!(log.lock().unwrap().done.is_empty(), "the library is not bothered");
    // Two in a row on one claim.
    assert!(reader.capture(&FINGER, &mut patient()).is_ok());
    assert!(reader.capture(&FINGER, &mut patient()).is_ok());
    assert_eq!(log.lock().unwrap().done, ["Open", "Capture", "Capture"]);
}

/// A port with a reader in it, or none.
#[derive(Default)]
struct Port {
    empty: AtomicBool,
    /// Counts sleeps: a claim does not survive one.
    sleeps: AtomicU32,
}

impl Hands for Arc<Port> {
    fn unplug(&self) {
        self.empty.store(true, Ordering::SeqCst);
    }
    fn replug(&self) {
        self.empty.store(false, Ordering::SeqCst);
    }
    fn sleep_and_wake(&self) -> bool {
        self.sleeps.fetch_add(1, Ordering::SeqCst);
        true
    }
}

struct Plugged {
    port: Arc<Port>,
    /// The sleep after which it was claimed.
    claimed: Option<u32>,
    work: Option<Work>,
}

impl Backend for Plugged {
    fn begin(&mut self, work: Work) -> Result<(), DeviceFault> {
        self.work = Some(work);
        Ok(())
    }
    fn poll(&mut self, at_most: Duration) -> Option<Result<Answer, LibraryError>> {
        std::thread::sleep(at_most);
        let work = self.work.take()?;
        let sleeps = self.port.sleeps.load(Ordering::SeqCst);
        let fails = |domain: &str, code| Some(Err(LibraryError { domain: domain.to_owned(), code }));
        match work {
            _ if self.port.empty.load(Ordering::SeqCst) => fails(OURS, super::super::backend::GONE),
            Work::Open => {
                self.claimed = Some(sleeps);
                Some(Ok(Answer::Opened))
            }
            Work::Capture if self.claimed != Some(sleeps) => fails("fp-device-error-quark", 2),
            Work::Capture => Some(Ok(Answer::Picture(raw()))),
        }
    }
    fn cancel(&mut self) {}
    fn touch(&self) -> Touch {
        Touch::default()
    }
    fn close(&mut self) {
        self.claimed = None;
    }
}

#[test]
fn cables_are_pulled_and_the_machine_sleeps() {
    let port = Arc::new(Port::default());
    let open = || {
        let backend = Plugged { port: port.clone(), claimed: None, work: None };
        let mut reader = Reader::new(info(), Mounting::default(), backend);
        match reader.claim(&patient()) {
            Ok(()) => Ok(Box::new(reader) as Box<dyn CaptureDevice>),
            Err(CaptureEnd::Fault(fault)) => Err(fault),
            Err(_) => Err(DeviceFault::Hung { after_ms: 0 }),
        }
    };
    let checked = conformance::run_faults(&open, &FINGER, &port);
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{checked:#?}");
}

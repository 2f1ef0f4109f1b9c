//! What every capture driver must do, as one suite: for simulators, file devices and hardware alike.
//!
//! The station relies on these promises: a deadline is kept, a cancel is honoured within
//! [`CANCEL_WITHIN_MS`], an answer is for the task that was asked, a dropped device can be opened again, two opened at
//! once do each other no harm, and none panics. Where the test can pull the cable and put the machine to sleep
//! ([`Hands`]): an unplugged device says so in time and never blames the person, and comes back; a claim lost in sleep
//! is taken again or said to be lost.

use std::cell::Cell;
use std::time::{Duration, Instant};

use biometrics::position::{Eye, FingerPosition, Slap};

use crate::traits::{CaptureDevice, CaptureWatch, PreviewFrame};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, DeviceKind};

/// Time that a capture gets in this suite.
pub const CAPTURE_WITHIN_MS: u64 = 15_000;
/// Time from a cancel, or from a deadline that has passed, to the end of the capture.
pub const CANCEL_WITHIN_MS: u64 = 500;
/// The slack of a machine that does other things meanwhile; 1 is none.
pub const SLOW: u32 = 6;
/// Time from the start of a capture to the cancel in this suite.
const CANCEL_AFTER: Duration = Duration::from_millis(30);
/// Time that a capture on a device that is gone gets.
pub const GONE_WITHIN_MS: u64 = 5_000;
/// Lowest and highest body temperature that is no fault of a thermometer, in tenths of a degree Celsius.
const PLAUSIBLE_DECIDEGREES_C: std::ops::RangeInclusive<i32> = 0..=1000;

/// A promise that a driver did not keep.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failure {
    /// Which promise.
    pub check: &'static str,
    /// What happened instead.
    pub detail: String,
}

/// A watch with a deadline and a time after which it is cancelled. Counts previews.
#[derive(Debug)]
pub struct TestWatch {
    deadline: Instant,
    cancel_at: Option<Instant>,
    /// Preview frames that the driver has shown.
    pub previews: usize,
}

impl TestWatch {
    /// A watch that is never cancelled, with its deadline this many milliseconds from now.
    #[must_use]
    pub fn within_ms(ms: u64) -> Self {
        Self { deadline: Instant::now() + Duration::from_millis(ms), cancel_at: None, previews: 0 }
    }
    /// A watch that is cancelled after `delay`.
    #[must_use]
    pub fn cancelled_after(delay: Duration) -> Self {
        Self { cancel_at: Some(Instant::now() + delay), ..Self::within_ms(CAPTURE_WITHIN_MS) }
    }
}

impl CaptureWatch for TestWatch {
    fn deadline(&self) -> Instant {
        self.deadline
    }
    fn cancelled(&self) -> bool {
        self.cancel_at.is_some_and(|at| Instant::now() >= at)
    }
    fn preview(&mut self, _frame: PreviewFrame) {
        self.previews += 1;
    }
}

/// How the suite opens the device under test.
pub type Open<'a> = &'a dyn Fn() -> Result<Box<dyn CaptureDevice>, DeviceFault>;

/// Runs the suite: opens the device several times and gives it each of `tasks`, which it must be able to do
/// without help (a finger laid on, on hardware). Times from a cancel or a deadline to the end may be `slack` times as
/// long as promised: 1 on a machine that has nothing else to do. Returns the number of promises that were checked.
///
/// # Errors
/// Every promise that was not kept.
pub fn run(open: Open<'_>, tasks: &[CaptureTask], slack: u32) -> Result<usize, Vec<Failure>> {
    let mut suite = Suite::new(open, slack);
    if let Some(info) = suite.info() {
        for task in tasks {
            suite.captures(task);
            suite.cancels(task);
            suite.keeps_deadline(task);
        }
        suite.refuses_other_kinds(info.kind);
        suite.opens_again(&info);
        if let Some(task) = tasks.first() {
            suite.opens_twice(task);
        }
    }
    if suite.failures.is_empty() { Ok(suite.checked) } else { Err(suite.failures) }
}

/// The tasks that the suite gives a device of a kind; a printer has none.
#[must_use]
pub fn tasks(kind: DeviceKind) -> Vec<CaptureTask> {
    match kind {
        DeviceKind::Camera => vec![
            CaptureTask::Face,
            CaptureTask::EvidencePhoto,
            CaptureTask::ExceptionPhoto { fingers: vec![FingerPosition::RightRing], eyes: vec![Eye::Left] },
        ],
        DeviceKind::Fingerprint => vec![
            CaptureTask::Slap { slap: Slap::RightFour, missing: vec![FingerPosition::RightRing] },
            CaptureTask::Finger { position: FingerPosition::LeftThumb, again: true },
        ],
        DeviceKind::Iris => vec![
            CaptureTask::Irises { missing: Vec::new() },
            CaptureTask::Irises { missing: vec![Eye::Right] },
        ],
        DeviceKind::SignaturePad => vec![CaptureTask::Signature],
        DeviceKind::Thermometer => vec![CaptureTask::Temperature],
        DeviceKind::Card => vec![CaptureTask::Card { photo: false }, CaptureTask::Card { photo: true }],
        DeviceKind::Printer => Vec::new(),
    }
}

/// What a test can do to a device from outside, so that [`run_faults`] can check what becomes of a capture.
pub trait Hands {
    /// Pulls the cable, or takes the service away.
    fn unplug(&self);
    /// Puts it back.
    fn replug(&self);
    /// The machine sleeps and wakes: what was opened before may be lost. False where this cannot be done here.
    fn sleep_and_wake(&self) -> bool {
        false
    }
    /// As in [`run`].
    fn slack(&self) -> u32 {
        SLOW
    }
    /// How long the system may take to find the device again, in milliseconds.
    fn back_within_ms(&self) -> u64 {
        10_000
    }
}

/// Runs the checks that need [`Hands`] on one task. Returns the number of promises that were checked.
///
/// # Errors
/// Every promise that was not kept.
pub fn run_faults(open: Open<'_>, task: &CaptureTask, hands: &dyn Hands) -> Result<usize, Vec<Failure>> {
    let mut suite = Suite::new(open, hands.slack());
    suite.unplugged_during(task, hands);
    suite.unplugged_before(task, hands);
    suite.sleeps(task, hands);
    if suite.failures.is_empty() { Ok(suite.checked) } else { Err(suite.failures) }
}

struct Suite<'a> {
    open: Open<'a>,
    /// Time from a cancel or a deadline to the end.
    within: Duration,
    checked: usize,
    failures: Vec<Failure>,
}

impl<'a> Suite<'a> {
    fn new(open: Open<'a>, slack: u32) -> Self {
        let within = Duration::from_millis(CANCEL_WITHIN_MS) * slack;
        Self { open, within, checked: 0, failures: Vec::new() }
    }

    fn check(&mut self, check: &'static str, kept: bool, detail: impl FnOnce() -> String) {
        self.checked += 1;
        if !kept {
            self.failures.push(Failure { check, detail: detail() });
        }
    }

    fn device(&mut self) -> Option<Box<dyn CaptureDevice>> {
        match (self.open)() {
            Ok(device) => Some(device),
            Err(fault) => {
                self.check("opens", false, || fault.to_string());
                None
            }
        }
    }

    fn info(&mut self) -> Option<DeviceInfo> {
        let info = self.device()?.info().clone();
        let named = [&info.id.0, &info.driver, &info.model].iter().all(|text| !text.is_empty());
        self.check("has identifier, driver and model", named, || format!("{info:?}"));
        let family = crate::registry::family(&info.driver);
        let known =
            family.is_some_and(|f| f.kinds.contains(&info.kind) && f.training_only == info.training_only);
        self.check("is what the registry says of its family", known, || format!("{info:?}"));
        Some(info)
    }

    /// Two captures in a row on one opened device.
    fn captures(&mut self, task: &CaptureTask) {
        let Some(mut device) = self.device() else { return };
        self.check("can do the task", device.can(task), || format!("{task:?}"));
        for _ in 0..2 {
            let (answer, after) = timed(device.as_mut(), task, &mut TestWatch::within_ms(CAPTURE_WITHIN_MS));
            let in_time = after <= Duration::from_millis(CAPTURE_WITHIN_MS) + self.within;
            self.check("captures before the deadline", in_time, || format!("{task:?}: {after:?}"));
            match answer {
                Ok(captured) => {
                    let wrong = mismatch(task, &captured);
                    self.check("answers what was asked", wrong.is_none(), || {
                        format!("{task:?}: {}", wrong.unwrap_or_default())
                    });
                }
                Err(end) => self.check("captures", false, || format!("{task:?}: {end:?}")),
            }
        }
    }

    /// A cancel before and one during the capture; the device works afterwards.
    fn cancels(&mut self, task: &CaptureTask) {
        let Some(mut device) = self.device() else { return };
        let within = self.within;
        let (answer, after) = timed(device.as_mut(), task, &mut TestWatch::cancelled_after(Duration::ZERO));
        let cancelled = answer == Err(CaptureEnd::Cancelled) && after <= within;
        self.check("does not begin when cancelled", cancelled, || format!("{task:?}: {answer:?} {after:?}"));
        let (answer, after) = timed(device.as_mut(), task, &mut TestWatch::cancelled_after(CANCEL_AFTER));
        let ended = matches!(answer, Ok(_) | Err(CaptureEnd::Cancelled)) && after <= CANCEL_AFTER + within;
        self.check("honours a cancel in time", ended, || format!("{task:?}: {answer:?} {after:?}"));
        let (answer, _) = timed(device.as_mut(), task, &mut TestWatch::within_ms(CAPTURE_WITHIN_MS));
        self.check("captures after a cancel", answer.is_ok(), || format!("{task:?}: {answer:?}"));
    }

    fn keeps_deadline(&mut self, task: &CaptureTask) {
        let Some(mut device) = self.device() else { return };
        let (answer, after) = timed(device.as_mut(), task, &mut TestWatch::within_ms(0));
        let prompt = answer.is_err() && after <= self.within;
        self.check("ends promptly when the deadline has passed", prompt, || {
            format!("{task:?}: {answer:?} {after:?}")
        });
    }

    fn refuses_other_kinds(&mut self, kind: DeviceKind) {
        let Some(mut device) = self.device() else { return };
        let foreign = [CaptureTask::Face, CaptureTask::Signature];
        for task in foreign.iter().filter(|task| task.kind() != kind) {
            self.check("does not claim foreign tasks", !device.can(task), || format!("{task:?}"));
            let (answer, _) = timed(device.as_mut(), task, &mut TestWatch::within_ms(CAPTURE_WITHIN_MS));
            let refused = answer == Err(CaptureEnd::Fault(DeviceFault::Unsupported));
            self.check("refuses foreign tasks as unsupported", refused, || format!("{task:?}: {answer:?}"));
        }
    }

    /// Two opened at once: both work, or the second is told that the device is busy. The first works all the same.
    fn opens_twice(&mut self, task: &CaptureTask) {
        let Some(mut first) = self.device() else { return };
        match (self.open)() {
            Ok(mut second) => {
                let (answer, _) = timed(second.as_mut(), task, &mut TestWatch::within_ms(CAPTURE_WITHIN_MS));
                let fair = matches!(answer, Ok(_) | Err(CaptureEnd::Fault(DeviceFault::Busy)));
                self.check("works or is busy when opened twice", fair, || format!("{task:?}: {answer:?}"));
            }
            Err(fault) => {
                let busy = matches!(fault, DeviceFault::Busy | DeviceFault::NotFound { .. });
                self.check("says busy when opened twice", busy, || format!("{fault:?}"));
            }
        }
        let (answer, _) = timed(first.as_mut(), task, &mut TestWatch::within_ms(CAPTURE_WITHIN_MS));
        self.check("goes on after it was opened twice", answer.is_ok(), || format!("{task:?}: {answer:?}"));
    }

    /// The cable goes while the device captures.
    fn unplugged_during(&mut self, task: &CaptureTask, hands: &dyn Hands) {
        let Some(mut device) = self.device() else { return };
        let within = TestWatch::within_ms(CAPTURE_WITHIN_MS);
        let mut watch = Unplugging { hands, at: Cell::new(Some(Instant::now() + CANCEL_AFTER)), within };
        let answer = captured(device.as_mut(), task, &mut watch);
        if watch.at.take().is_some() {
            hands.unplug();
        }
        // What was captured before the cable went is a capture.
        let told = is_gone(&answer) || answer.is_ok();
        self.check("an unplugged device says so", told, || format!("{task:?}: {answer:?}"));
        self.gone_and_back(device, task, hands);
    }

    fn unplugged_before(&mut self, task: &CaptureTask, hands: &dyn Hands) {
        let Some(device) = self.device() else { return };
        hands.unplug();
        self.gone_and_back(device, task, hands);
    }

    /// While it is gone every capture and opening says so, in time; once it is back it works again.
    fn gone_and_back(&mut self, mut device: Box<dyn CaptureDevice>, task: &CaptureTask, hands: &dyn Hands) {
        let (answer, after) = timed(device.as_mut(), task, &mut TestWatch::within_ms(GONE_WITHIN_MS));
        let in_time = after <= Duration::from_millis(GONE_WITHIN_MS) + self.within;
        self.check("a device that is gone is not the person's fault", is_gone(&answer) && in_time, || {
            format!("{task:?}: {answer:?} {after:?}")
        });
        drop(device);
        let opened = (self.open)().err();
        let refused = opened.as_ref().is_some_and(|f| !matches!(f, DeviceFault::Crashed));
        self.check("a device that is gone cannot be opened", refused, || format!("{opened:?}"));
        hands.replug();
        self.works_again("works after it was plugged in again", task, hands);
    }

    fn works_again(&mut self, check: &'static str, task: &CaptureTask, hands: &dyn Hands) {
        let until = Instant::now() + Duration::from_millis(hands.back_within_ms());
        loop {
            let answer = (self.open)().map_err(CaptureEnd::from).and_then(|mut device| {
                captured(device.as_mut(), task, &mut TestWatch::within_ms(CAPTURE_WITHIN_MS))
            });
            // Systems take a moment to find a device again.
            if answer.is_ok() || Instant::now() >= until {
                return self.check(check, answer.is_ok(), || format!("{task:?}: {answer:?}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// After sleep the opened device works, or says that it is lost; opened again it works.
    fn sleeps(&mut self, task: &CaptureTask, hands: &dyn Hands) {
        let Some(mut device) = self.device() else { return };
        if !hands.sleep_and_wake() {
            return;
        }
        let (answer, _) = timed(device.as_mut(), task, &mut TestWatch::within_ms(CAPTURE_WITHIN_MS));
        let fair = matches!(answer, Ok(_) | Err(CaptureEnd::Fault(_)));
        self.check("after sleep it works or is at fault, never the person", fair, || {
            format!("{task:?}: {answer:?}")
        });
        drop(device);
        self.works_again("works when opened after sleep", task, hands);
    }

    fn opens_again(&mut self, before: &DeviceInfo) {
        let Some(device) = self.device() else { return };
        let same = device.info() == before;
        self.check("is the same device when opened again", same, || format!("{:?}", device.info()));
    }
}

fn timed(
    device: &mut dyn CaptureDevice,
    task: &CaptureTask,
    watch: &mut TestWatch,
) -> (Result<Captured, CaptureEnd>, Duration) {
    let start = Instant::now();
    let answer = captured(device, task, watch);
    (answer, start.elapsed())
}

/// A capture in which a panic is an answer like others: the suite says which check it broke.
fn captured(
    device: &mut dyn CaptureDevice,
    task: &CaptureTask,
    watch: &mut dyn CaptureWatch,
) -> Result<Captured, CaptureEnd> {
    let work = std::panic::AssertUnwindSafe(|| device.capture(task, watch));
    std::panic::catch_unwind(work).unwrap_or(Err(DeviceFault::Crashed.into()))
}

/// True when a capture ended as one of a device that is not there ends.
fn is_gone(answer: &Result<Captured, CaptureEnd>) -> bool {
    matches!(answer, Err(CaptureEnd::Fault(fault)) if !matches!(fault, DeviceFault::Crashed | DeviceFault::Unsupported))
}

/// A watch that pulls the cable some time into the capture.
struct Unplugging<'a> {
    hands: &'a dyn Hands,
    at: Cell<Option<Instant>>,
    within: TestWatch,
}

impl Unplugging<'_> {
    fn look(&self) {
        if self.at.get().is_some_and(|at| Instant::now() >= at) {
            self.at.set(None);
            self.hands.unplug();
        }
    }
}

impl CaptureWatch for Unplugging<'_> {
    fn deadline(&self) -> Instant {
        self.look();
        self.within.deadline()
    }
    fn cancelled(&self) -> bool {
        self.look();
        self.within.cancelled()
    }
    fn preview(&mut self, frame: PreviewFrame) {
        self.look();
        self.within.preview(frame);
    }
}

/// Why an answer is not one to the task; `None` when it is. The runtime may use it on every answer.
#[must_use]
pub fn mismatch(task: &CaptureTask, captured: &Captured) -> Option<String> {
    match (task, captured) {
        (
            CaptureTask::Face | CaptureTask::EvidencePhoto | CaptureTask::ExceptionPhoto { .. },
            Captured::Photo { .. },
        )
        | (CaptureTask::Signature, Captured::Signature(_)) => None,
        (CaptureTask::Slap { slap, missing }, Captured::Fingers(fingers)) => {
            let asked = slap.fingers().iter().filter(|f| !missing.contains(f));
            differ(asked.copied(), fingers.iter().map(|f| f.position))
        }
        (CaptureTask::Slap { slap, missing }, Captured::Slap { slap: given, missing: without, .. }) => {
            (slap != given || missing != without).then(|| format!("asked for {slap}, got {given}"))
        }
        (CaptureTask::Platen, Captured::Platen(_)) | (CaptureTask::Card { .. }, Captured::Card(_)) => None,
        (CaptureTask::Finger { position, .. }, Captured::Fingers(fingers)) => {
            differ([*position].into_iter(), fingers.iter().map(|f| f.position))
        }
        (CaptureTask::Irises { missing }, Captured::Irises(irises)) => {
            let asked = Eye::ALL.iter().filter(|eye| !missing.contains(eye));
            differ(asked.copied(), irises.iter().map(|iris| iris.eye))
        }
        (CaptureTask::Temperature, Captured::Temperature { decidegrees_c }) => {
            let plausible = PLAUSIBLE_DECIDEGREES_C.contains(decidegrees_c);
            (!plausible).then(|| "a temperature that no thermometer gives".to_owned())
        }
        _ => Some("an answer of another kind".to_owned()),
    }
}

/// Compares what was asked with what was given, in any order, each exactly once.
fn differ<T: Ord + std::fmt::Display>(
    asked: impl Iterator<Item = T>,
    given: impl Iterator<Item = T>,
) -> Option<String> {
    let sorted = |mut list: Vec<T>| {
        list.sort();
        list
    };
    let (asked, given) = (sorted(asked.collect()), sorted(given.collect()));
    let words = |list: &[T]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    (asked != given).then(|| format!("asked for {}, got {}", words(&asked), words(&given)))
}

#[cfg(test)]
#[path = "conformance_tests.rs"]
mod tests;

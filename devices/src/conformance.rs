//! What every capture driver must do, as one suite: for simulators, file devices and hardware alike.
//!
//! The station relies on these promises: a deadline is kept, a cancel is honoured within
//! [`CANCEL_WITHIN_MS`], an answer is for the task that was asked, and a dropped device can be opened again.

use std::time::{Duration, Instant};

use crate::traits::{CaptureDevice, CaptureWatch, PreviewFrame};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, DeviceKind};

/// Time that a capture gets in this suite.
pub const CAPTURE_WITHIN_MS: u64 = 15_000;
/// Time from a cancel, or from a deadline that has passed, to the end of the capture.
pub const CANCEL_WITHIN_MS: u64 = 500;
/// Time from the start of a capture to the cancel in this suite.
const CANCEL_AFTER: Duration = Duration::from_millis(30);
/// Lowest and highest body temperature that is no fault of a thermometer, in tenths of a degree Celsius.
const PLAUSIBLE_DECIDEGREES_C: std::ops::RangeInclusive<i32> = 0..=1000;

/// A promise that a driver did not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
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
/// without help (a finger laid on, on hardware). Returns the number of promises that were checked.
///
/// # Errors
/// Every promise that was not kept.
pub fn run(open: Open<'_>, tasks: &[CaptureTask]) -> Result<usize, Vec<Failure>> {
    let mut suite = Suite { open, checked: 0, failures: Vec::new() };
    if let Some(info) = suite.info() {
        for task in tasks {
            suite.captures(task);
            suite.cancels(task);
            suite.keeps_deadline(task);
        }
        suite.refuses_other_kinds(info.kind);
        suite.opens_again(&info);
    }
    if suite.failures.is_empty() { Ok(suite.checked) } else { Err(suite.failures) }
}

struct Suite<'a> {
    open: Open<'a>,
    checked: usize,
    failures: Vec<Failure>,
}

impl Suite<'_> {
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
            let in_time = after.as_millis() <= u128::from(CAPTURE_WITHIN_MS + CANCEL_WITHIN_MS);
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
        let within = Duration::from_millis(CANCEL_WITHIN_MS);
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
        let prompt = answer.is_err() && after <= Duration::from_millis(CANCEL_WITHIN_MS);
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
    let answer = device.capture(task, watch);
    (answer, start.elapsed())
}

/// Why an answer is not one to the task; `None` when it is. The runtime may use it on every answer.
#[must_use]
pub fn mismatch(task: &CaptureTask, captured: &Captured) -> Option<String> {
    match (task, captured) {
        (CaptureTask::Face | CaptureTask::EvidencePhoto, Captured::Photo { .. })
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
            use biometrics::position::Eye;
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

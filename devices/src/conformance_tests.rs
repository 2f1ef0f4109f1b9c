#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The suite run on every family and kind that needs no hardware, and on a device that keeps no promise.

use super::*;
use crate::registry::Registry;
use crate::setup::Setup;
use crate::traits::Device;
use crate::vocabulary::{DeviceId, Retry};

fn check(setup: &Setup, kind: DeviceKind, tasks: &[CaptureTask]) {
    let registry = Registry::new(true);
    let checked = run(&|| registry.open_capture(kind, setup, None), tasks, SLOW);
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{kind:?}: {checked:#?}");
}

#[test]
fn simulated_family() {
    let setup = Setup::simulated(3);
    for kind in DeviceKind::ALL.iter().copied().filter(|kind| !tasks(*kind).is_empty()) {
        check(&setup, kind, &tasks(kind));
    }
}

struct SimulatedHands<'a>(&'a Registry, DeviceKind);

impl Hands for SimulatedHands<'_> {
    fn unplug(&self) {
        assert!(self.0.simulation().unplug(self.1));
    }
    fn replug(&self) {
        assert!(self.0.simulation().replug(self.1));
    }
    fn sleep_and_wake(&self) -> bool {
        // What a USB device goes through: away and back under a new number, without anybody's doing.
        self.unplug();
        self.replug();
        true
    }
}

#[test]
fn simulated_family_with_cables_pulled() {
    let setup = Setup::simulated(3);
    for kind in DeviceKind::ALL.iter().copied() {
        for task in tasks(kind).iter().take(1) {
            let registry = Registry::new(true);
            let open = || registry.open_capture(kind, &setup, None);
            let checked = run_faults(&open, task, &SimulatedHands(&registry, kind));
            assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{kind:?}: {checked:#?}");
        }
    }
}

/// Panics, blames the person when it is gone, and opens whatever happens.
struct Blaming(DeviceInfo, bool);

impl Device for Blaming {
    fn info(&self) -> &DeviceInfo {
        &self.0
    }
}

impl CaptureDevice for Blaming {
    fn capture(
        &mut self,
        _task: &CaptureTask,
        _watch: &mut dyn CaptureWatch,
    ) -> Result<Captured, CaptureEnd> {
        assert!(!self.1, "a driver that panics");
        Err(Retry::NothingPresented.into())
    }
}

struct NoHands;

impl Hands for NoHands {
    fn unplug(&self) {}
    fn replug(&self) {}
    fn sleep_and_wake(&self) -> bool {
        true
    }
    fn back_within_ms(&self) -> u64 {
        0
    }
}

#[test]
fn a_driver_that_blames_the_person_is_found_out() {
    let info = DeviceInfo {
        id: DeviceId("x".to_owned()),
        kind: DeviceKind::Thermometer,
        driver: "nowhere".to_owned(),
        model: "m".to_owned(),
        serial: String::new(),
        training_only: false,
    };
    for (panics, told) in [
        (false, "a device that is gone is not the person's fault"),
        (false, "after sleep it works or is at fault, never the person"),
        (true, "an unplugged device says so"),
        (true, "a device that is gone cannot be opened"),
    ] {
        let open = || Ok(Box::new(Blaming(info.clone(), panics)) as Box<dyn CaptureDevice>);
        let failures = run_faults(&open, &CaptureTask::Temperature, &NoHands).unwrap_err();
        assert!(failures.iter().any(|f| f.check == told), "{told}: {failures:#?}");
    }
}

#[test]
fn file_family() {
    let folder = tempfile::tempdir().unwrap();
    let setup = crate::drivers::file::test_samples(folder.path());
    for (kind, _) in setup.drivers() {
        check(&setup, kind, &tasks(kind));
    }
    assert_eq!(setup.drivers().count(), 5);
}

/// Answers at once, whatever it is asked, with too few fingers.
struct Careless(DeviceInfo);

impl Device for Careless {
    fn info(&self) -> &DeviceInfo {
        &self.0
    }
    fn can(&self, _task: &CaptureTask) -> bool {
        true
    }
}

impl CaptureDevice for Careless {
    fn capture(&mut self, task: &CaptureTask, _watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        match task {
            CaptureTask::Finger { .. } => Ok(Captured::Fingers(Vec::new())),
            _ => Err(Retry::Moved.into()),
        }
    }
}

#[test]
fn a_careless_driver_is_found_out() {
    let info = DeviceInfo {
        id: DeviceId("x".to_owned()),
        kind: DeviceKind::Fingerprint,
        driver: "nowhere".to_owned(),
        model: String::new(),
        serial: String::new(),
        training_only: false,
    };
    let open = || Ok(Box::new(Careless(info.clone())) as Box<dyn CaptureDevice>);
    let failures = run(&open, &tasks(DeviceKind::Fingerprint), 1).unwrap_err();
    for check in [
        "has identifier, driver and model",
        "is what the registry says of its family",
        "captures",
        "answers what was asked",
        "does not begin when cancelled",
        "ends promptly when the deadline has passed",
        "does not claim foreign tasks",
        "refuses foreign tasks as unsupported",
    ] {
        assert!(failures.iter().any(|f| f.check == check), "{check}");
    }
    let broken = run(&|| Err(DeviceFault::Busy), &[], 1).unwrap_err();
    assert_eq!(broken[0].check, "opens");
}

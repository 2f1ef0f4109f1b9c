#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The suite run on every family and kind that needs no hardware, and on a device that keeps no promise.

use biometrics::position::{Eye, FingerPosition, Slap};

use super::*;
use crate::registry::Registry;
use crate::setup::Setup;
use crate::traits::Device;
use crate::vocabulary::{DeviceId, Retry};

fn check(setup: &Setup, kind: DeviceKind, tasks: &[CaptureTask]) {
    let registry = Registry::new(true);
    let checked = run(&|| registry.open_capture(kind, setup, None), tasks);
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{kind:?}: {checked:#?}");
}

fn tasks(kind: DeviceKind) -> Vec<CaptureTask> {
    match kind {
        DeviceKind::Camera => vec![CaptureTask::Face, CaptureTask::EvidencePhoto],
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

#[test]
fn simulated_family() {
    let setup = Setup::simulated(3);
    for kind in DeviceKind::ALL.iter().copied().filter(|kind| !tasks(*kind).is_empty()) {
        check(&setup, kind, &tasks(kind));
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
    let failures = run(&open, &tasks(DeviceKind::Fingerprint)).unwrap_err();
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
    let broken = run(&|| Err(DeviceFault::Busy), &[]).unwrap_err();
    assert_eq!(broken[0].check, "opens");
}

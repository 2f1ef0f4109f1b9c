#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::time::{Duration, Instant};

use biometrics::position::{Eye, FingerPosition as F, Slap};

use super::*;
use crate::conformance::{TestWatch, mismatch};
use crate::registry::Registry;
use crate::setup::Setup;
use crate::traits::CaptureDevice;
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, CardType, Retry};

/// A registry and a device with `capture_ms = 0` and these further lines of TOML.
struct Rig {
    registry: Registry,
    setup: Setup,
    kind: DeviceKind,
}

impl Rig {
    fn new(kind: DeviceKind, toml: &str) -> Self {
        let id = kind.id();
        let toml = format!("[{id}]\ndriver = \"simulated\"\ncapture_ms = 0\n{toml}");
        Self { registry: Registry::new(true), setup: Setup::from_toml(&toml).unwrap(), kind }
    }
    fn open(&self) -> Box<dyn CaptureDevice> {
        self.registry.open_capture(self.kind, &self.setup, None).unwrap()
    }
}

fn capture(device: &mut dyn CaptureDevice, task: &CaptureTask) -> Result<Captured, CaptureEnd> {
    device.capture(task, &mut TestWatch::within_ms(10_000))
}

/// Short words for the ends of calls with one task.
fn check(kind: DeviceKind, toml: &str, task: &CaptureTask, expected: &[&str]) {
    let rig = Rig::new(kind, toml);
    let mut device = rig.open();
    let word = |answer| match answer {
        Ok(captured) => mismatch(task, &captured).unwrap_or_else(|| "ok".to_owned()),
        Err(CaptureEnd::Retry(retry)) => retry.id().to_owned(),
        Err(CaptureEnd::Fault(fault)) => fault.id().to_owned(),
        Err(CaptureEnd::Cancelled) => "cancelled".to_owned(),
    };
    let found: Vec<_> = expected.iter().map(|_| word(capture(device.as_mut(), task))).collect();
    assert_eq!(found, expected, "{toml}");
}

const READING: CaptureTask = CaptureTask::Temperature;

#[test]
fn scripts_are_followed() {
    let kind = DeviceKind::Thermometer;
    check(kind, "", &READING, &["ok", "ok"]);
    check(
        kind,
        r#"script = ["ok", "retry:moved", "bad-data"]"#,
        &READING,
        &["ok", "moved", "bad-data", "ok"],
    );
    check(kind, r#"script = ["fault:busy", "fault:protocol"]"#, &READING, &["busy", "protocol", "ok"]);
    check(kind, r#"script = [{ do = "retry:moved", times = 2 }]"#, &READING, &["moved", "moved", "ok"]);
    check(kind, r#"script = ["slow:20"]"#, &READING, &["ok"]);
    let unplugs = ["unplugged", "unplugged", "unplugged"];
    check(kind, r#"script = ["unplug"]"#, &READING, &unplugs);
    check(
        kind,
        r#"script = ["unplug", "ok", "replug", "retry:moved"]"#,
        &READING,
        &["unplugged", "unplugged", "moved", "ok"],
    );
    let pad = DeviceKind::SignaturePad;
    check(
        pad,
        r#"script = ["retry:empty-signature", "blank"]"#,
        &CaptureTask::Signature,
        &["empty-signature", "ok"],
    );
}

#[test]
fn an_unplugged_device_is_back_after_its_time() {
    let rig = Rig::new(DeviceKind::Thermometer, r#"script = [{ do = "unplug", replug_after_ms = 150 }]"#);
    let mut device = rig.open();
    let unplugged = Err(CaptureEnd::Fault(DeviceFault::Unplugged));
    assert_eq!(capture(device.as_mut(), &READING), unplugged);
    assert!(rig.registry.list(&rig.setup).is_empty());
    let not_found = DeviceFault::NotFound { kind: "thermometer".to_owned() };
    assert_eq!(rig.registry.open_capture(rig.kind, &rig.setup, None).err(), Some(not_found));
    std::thread::sleep(Duration::from_millis(170));
    assert_eq!(rig.registry.list(&rig.setup).len(), 1);
    assert!(capture(device.as_mut(), &READING).is_ok());
}

#[test]
fn unplugging_ends_a_capture_under_way() {
    let rig = Rig::new(DeviceKind::Thermometer, r#"script = ["slow:60000"]"#);
    let mut device = rig.open();
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| capture(device.as_mut(), &READING));
        std::thread::sleep(Duration::from_millis(50));
        assert!(rig.registry.simulation().unplug(rig.kind));
        assert_eq!(answer.join().unwrap(), Err(CaptureEnd::Fault(DeviceFault::Unplugged)));
    });
}

#[test]
fn a_slow_device_is_the_stations_fault() {
    let rig = Rig::new(DeviceKind::Thermometer, r#"script = ["slow:60000"]"#);
    let start = Instant::now();
    let answer = rig.open().capture(&READING, &mut TestWatch::within_ms(60));
    assert!(matches!(answer, Err(CaptureEnd::Fault(DeviceFault::Hung { .. }))), "{answer:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_hang_ignores_deadline_and_cancel_and_ends_with_the_registry() {
    let rig = Rig::new(DeviceKind::Thermometer, r#"script = ["hang"]"#);
    let mut device = rig.open();
    let in_vain =
        move || device.capture(&READING, &mut TestWatch::cancelled_after(Duration::from_millis(20)));
    let hanging = std::thread::Builder::new().spawn(in_vain).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(!hanging.is_finished());
    // The abandoned device does not stop another one, whose script goes on.
    assert!(capture(rig.open().as_mut(), &READING).is_ok());
    drop(rig);
    let answer = hanging.join().unwrap();
    assert!(matches!(answer, Err(CaptureEnd::Fault(DeviceFault::Hung { after_ms })) if after_ms >= 150));
}

#[test]
fn a_crashed_device_can_be_opened_again() {
    let rig = Rig::new(DeviceKind::Thermometer, r#"script = ["crash", "retry:moved"]"#);
    let mut device = rig.open();
    let crash = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| capture(device.as_mut(), &READING)));
    assert!(crash.is_err());
    let mut again = rig.open();
    assert_eq!(capture(again.as_mut(), &READING), Err(CaptureEnd::Retry(Retry::Moved)));
    assert!(capture(again.as_mut(), &READING).is_ok());
}

#[test]
fn readings_come_in_order_and_the_last_stays() {
    let rig = Rig::new(DeviceKind::Thermometer, "celsius = [38.04, 37.3, 36]");
    let mut device = rig.open();
    let readings: Vec<_> = (0..4).map(|_| capture(device.as_mut(), &READING).unwrap()).collect();
    let expected = [380, 373, 360, 360].map(|decidegrees_c| Captured::Temperature { decidegrees_c });
    assert_eq!(readings, expected);
}

fn fingers(device: &mut dyn CaptureDevice, task: &CaptureTask) -> Vec<crate::vocabulary::FingerImage> {
    match capture(device, task).unwrap() {
        Captured::Fingers(fingers) => fingers,
        other => panic!("{other:?}"),
    }
}

#[test]
fn missing_fingers() {
    let kind = DeviceKind::Fingerprint;
    let slap = |slap, missing: &[F]| CaptureTask::Slap { slap, missing: missing.to_vec() };
    let toml = r#"missing = ["left_thumb"]"#;
    check(kind, toml, &slap(Slap::Thumbs, &[]), &["too-few-fingers"]);
    check(kind, toml, &slap(Slap::Thumbs, &[F::LeftThumb]), &["ok"]);
    check(kind, toml, &slap(Slap::Thumbs, &[F::LeftThumb, F::RightThumb]), &["ok"]);
    check(kind, toml, &CaptureTask::Finger { position: F::LeftThumb, again: false }, &["nothing-presented"]);
    let eyes = |missing: &[Eye]| CaptureTask::Irises { missing: missing.to_vec() };
    check(DeviceKind::Iris, r#"missing = ["left"]"#, &eyes(&[]), &["nothing-presented"]);
    check(DeviceKind::Iris, r#"missing = ["left"]"#, &eyes(&[Eye::Left]), &["ok"]);
}

#[test]
fn a_single_finger_reader_refuses_slaps() {
    let single = "single = true";
    let slap = CaptureTask::Slap { slap: Slap::Thumbs, missing: Vec::new() };
    check(DeviceKind::Fingerprint, single, &slap, &["unsupported", "unsupported"]);
    check(DeviceKind::Fingerprint, single, &CaptureTask::Platen, &["unsupported"]);
    let finger = CaptureTask::Finger { position: F::RightIndex, again: false };
    check(DeviceKind::Fingerprint, single, &finger, &["ok", "ok"]);
    assert!(!Rig::new(DeviceKind::Fingerprint, single).open().can(&slap));
}

#[test]
fn wrong_and_blank_fingers_and_new_impressions() {
    use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
    let script = r#"segmented = true
        script = [{ on = "slap:thumbs", do = "wrong-hand" }, { on = "again", do = "wrong-finger" },
        { on = "finger:left_index", do = "blank" }]"#;
    let rig = Rig::new(DeviceKind::Fingerprint, script);
    let mut device = rig.open();
    let finger = |position, again| CaptureTask::Finger { position, again };
    let right = fingers(device.as_mut(), &finger(F::RightThumb, false)).remove(0);
    let left = fingers(device.as_mut(), &finger(F::LeftThumb, false)).remove(0);
    let swapped = fingers(device.as_mut(), &CaptureTask::Slap { slap: Slap::Thumbs, missing: Vec::new() });
    let other = fingers(device.as_mut(), &finger(F::RightThumb, true)).remove(0);
    let again = fingers(device.as_mut(), &finger(F::RightThumb, true)).remove(0);
    let blank = fingers(device.as_mut(), &finger(F::LeftIndex, false)).remove(0);
    assert_eq!(swapped.iter().map(|f| f.position).collect::<Vec<_>>(), [F::LeftThumb, F::RightThumb]);
    assert!(blank.image.pixels().iter().all(|p| *p == blank.image.pixels()[0]));
    assert!(again.image != right.image, "a re-capture is another impression");
    let matcher = MinutiaeMatcher::new();
    let template = |finger: &crate::vocabulary::FingerImage| matcher.extract(&finger.image).unwrap();
    let score = |a, b| matcher.compare(&template(a), &template(b)).unwrap();
    let same = score(&right, &again);
    let under_left = score(&right, &swapped[0]);
    assert!(same > score(&right, &other), "the wrong finger is another one");
    assert!(same > score(&right, &left));
    assert!(under_left > score(&right, &swapped[1]), "under the left thumb lies the right one");
}

#[test]
fn irises_and_signatures_differ_each_time_but_not_in_size() {
    let rig = Rig::new(DeviceKind::Iris, r#"script = ["ok", "ok", "blank"]"#);
    let mut device = rig.open();
    let both = CaptureTask::Irises { missing: Vec::new() };
    let (a, b) = (capture(device.as_mut(), &both).unwrap(), capture(device.as_mut(), &both).unwrap());
    assert!(a != b);
    let Captured::Irises(blank) = capture(device.as_mut(), &both).unwrap() else { panic!("irises") };
    assert!(blank.iter().all(|iris| iris.image.pixels().iter().all(|p| *p == 235)));
    let rig = Rig::new(DeviceKind::SignaturePad, r#"script = ["ok", "ok", "blank"]"#);
    let mut device = rig.open();
    let mut sign = || match capture(device.as_mut(), &CaptureTask::Signature).unwrap() {
        Captured::Signature(strokes) => strokes,
        other => panic!("{other:?}"),
    };
    let (a, b, blank) = (sign(), sign(), sign());
    assert!(a != b && a.points() > 20 && blank.points() == 0 && blank.width == a.width);
}

#[test]
fn the_camera_lives_and_follows_bound_elements_only() {
    let rig = Rig::new(
        DeviceKind::Camera,
        r#"script = ["retry:no-face", { on = "frame", do = "bad-data" }, "blank"]"#,
    );
    let mut camera = rig.registry.open_camera(&rig.setup, None).unwrap();
    let soon = || Instant::now() + Duration::from_secs(5);
    assert!(matches!(camera.frame(soon()), Err(DeviceFault::BadData { .. })));
    let start = Instant::now();
    for _ in 0..4 {
        let frame = camera.frame(soon()).unwrap();
        assert_eq!((frame.width(), frame.height()), (1280, 720));
    }
    assert!(start.elapsed() >= Duration::from_millis(190), "frames come at the pace of a camera");
    assert!(matches!(camera.frame(Instant::now()), Err(DeviceFault::Hung { .. })));
    let mut watch = TestWatch::within_ms(5000);
    assert_eq!(camera.capture(&CaptureTask::Face, &mut watch), Err(CaptureEnd::Retry(Retry::NoFace)));
    let evidence = camera.capture(&CaptureTask::EvidencePhoto, &mut watch).unwrap();
    let face = camera.capture(&CaptureTask::Face, &mut watch).unwrap();
    // One of the evidence, three of the face: two were offered beside the last one.
    assert!(evidence != face && watch.previews == 4);
    assert!(rig.registry.simulation().unplug(DeviceKind::Camera));
    assert_eq!(camera.frame(soon()).err(), Some(DeviceFault::Unplugged));
}

#[test]
fn the_card_gives_uid_and_photo() {
    const PHOTO: CaptureTask = CaptureTask::Card { photo: true };
    let rig = Rig::new(DeviceKind::Card, "uid = \"04010203040506\"");
    let Ok(Captured::Card(card)) = capture(rig.open().as_mut(), &PHOTO) else { panic!("no card") };
    assert_eq!((card.uid, card.card_type, card.is_ktp), (vec![4, 1, 2, 3, 4, 5, 6], CardType::A, true));
    let photo = biometrics::codec::decode_rgb(&card.photo.unwrap()).unwrap();
    assert_eq!((photo.width(), photo.height()), (210, 280));
    let Ok(Captured::Card(card)) = capture(rig.open().as_mut(), &CaptureTask::Card { photo: false }) else {
        panic!("no card")
    };
    assert_eq!(card.photo, None);
    let scripts: &[(&str, &[&str])] = &[
        (
            r#"script = ["retry:card-removed", "retry:several-cards"]"#,
            &["card-removed", "several-cards", "ok"],
        ),
        (r#"script = ["fault:busy", "bad-data"]"#, &["busy", "bad-data", "ok"]),
        (r#"script = [{ on = "card", do = "retry:not-ktp" }]"#, &["not-ktp", "ok"]),
        (r#"script = [{ on = "apdu", do = "retry:card-removed" }]"#, &["card-removed", "ok"]),
        (r#"script = [{ on = "apdu", do = "fault:protocol", times = 2 }]"#, &["protocol", "protocol", "ok"]),
        (r#"script = [{ on = "apdu", do = "slow:20" }]"#, &["ok"]),
        (r#"script = [{ on = "apdu", do = "unplug" }]"#, &["unplugged", "unplugged"]),
    ];
    for (script, expected) in scripts {
        check(DeviceKind::Card, script, &PHOTO, expected);
    }
    let none = Rig::new(DeviceKind::Card, "present = false");
    let answer = none.open().capture(&PHOTO, &mut TestWatch::within_ms(120));
    assert_eq!(answer, Err(CaptureEnd::Retry(Retry::NothingPresented)));
}

#[test]
fn the_printer_keeps_documents_in_memory_or_in_its_folder() {
    let rig = Rig::new(DeviceKind::Printer, r#"script = ["ok", "fault:busy"]"#);
    let mut printer = rig.registry.open_printer(&rig.setup, None).unwrap();
    let first = printer.print("title", b"%PDF-1.7 a").unwrap();
    assert_eq!(printer.print("title", b"%PDF-1.7 b"), Err(DeviceFault::Busy));
    assert!(matches!(printer.print("title", b"text"), Err(DeviceFault::BadData { .. })));
    for _ in 0..PRINTED_MAX {
        assert!(printer.print("title", b"%PDF-1.7 c").unwrap() != first);
    }
    let kept = rig.registry.simulation().printed();
    assert_eq!(kept.len(), PRINTED_MAX);
    assert!(kept.iter().all(|job| job.name != first && job.pdf == b"%PDF-1.7 c"));
    assert!(!format!("{kept:?}").contains("title"));

    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(DeviceKind::Printer, &format!("folder = {:?}", folder.path().join("out")));
    let mut printer = rig.registry.open_printer(&rig.setup, None).unwrap();
    let names: Vec<_> = (0..2).map(|_| printer.print("name of a person", b"%PDF-1.7").unwrap()).collect();
    assert_eq!(names, ["simulated-job-1.pdf", "simulated-job-2.pdf"]);
    assert_eq!(std::fs::read(folder.path().join("out").join(&names[1])).unwrap(), b"%PDF-1.7");
}

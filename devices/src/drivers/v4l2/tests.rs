#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The driver on scripted cameras.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::backend::Source;
use super::fake::{Act, Fake, FakeSource};
use super::format::Pixels;
use super::*;
use crate::conformance::{self, Hands, SLOW, TestWatch};
use crate::setup::Setup;
use crate::traits::{Camera, CaptureDevice, Device};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured};

fn node() -> Node {
    let id = DeviceId("v4l2-usb-1".to_owned());
    Node {
        id,
        number: 0,
        name: "scripted".to_owned(),
        bus: "usb-1".to_owned(),
        arrival: 1,
        is_virtual: false,
    }
}

fn opened(fake: &Arc<Fake>, left_behind: &LeftBehind) -> Result<V4l2Camera, DeviceFault> {
    let source: Arc<dyn Source> = Arc::new(FakeSource(fake.clone()));
    V4l2Camera::open(info(&node()), source, left_behind.clone())
}

fn camera(fake: &Arc<Fake>) -> V4l2Camera {
    opened(fake, &LeftBehind::default()).unwrap()
}

/// A frame within a time that is long enough on any machine.
fn frame(camera: &mut V4l2Camera) -> Result<u8, DeviceFault> {
    camera.frame(Instant::now() + Duration::from_secs(20)).map(|picture| picture.pixels()[0])
}

#[test]
fn keeps_the_promises_of_every_driver() {
    let fake = Fake::new(Pixels::Rgb, Vec::new());
    let open = || opened(&fake, &LeftBehind::default()).map(|c| Box::new(c) as Box<dyn CaptureDevice>);
    let checked = conformance::run(&open, &[CaptureTask::Face, CaptureTask::EvidencePhoto], SLOW);
    assert!(checked.as_ref().is_ok_and(|n| *n >= 20), "{checked:#?}");
}

struct Cable(Arc<Fake>);

impl Hands for Cable {
    fn unplug(&self) {
        self.0.unplugged.store(true, Ordering::SeqCst);
    }
    fn replug(&self) {
        self.0.unplugged.store(false, Ordering::SeqCst);
    }
    fn sleep_and_wake(&self) -> bool {
        // Streams do not survive it, the camera is there.
        self.0.plugged_in.fetch_add(1, Ordering::SeqCst);
        true
    }
}

#[test]
fn cables_are_pulled_and_the_machine_sleeps() {
    let fake = Fake::new(Pixels::Rgb, Vec::new());
    let open = || opened(&fake, &LeftBehind::default()).map(|c| Box::new(c) as Box<dyn CaptureDevice>);
    let checked = conformance::run_faults(&open, &CaptureTask::Face, &Cable(fake.clone()));
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{checked:#?}");
}

#[test]
fn breaks_in_the_stream() {
    use DeviceFault as F;
    let check = |script: Vec<Act>, expected: Result<u8, &str>, openings: (u32, u32)| {
        // The first frame is the one of the opening.
        let script: Vec<Act> = std::iter::once(Act::Frame(1)).chain(script).collect();
        let fake = Fake::new(Pixels::Rgb, script);
        let got = frame(&mut camera(&fake));
        assert_eq!(got.as_ref().map_err(F::code), expected.as_ref().map_err(|code| *code), "{got:?}");
        assert_eq!(fake.openings(), openings, "{got:?}");
    };
    let unplugged = || Act::Fail(F::Unplugged);
    let missing = || Act::Refuse(F::NotFound { kind: "camera".to_owned() });
    // Resumed after a suspend: opened again, and the caller does not notice.
    check(vec![unplugged(), Act::Frame(7)], Ok(7), (2, 1));
    // Pulled out: it is not there when it is opened again.
    check(vec![unplugged(), missing()], Err("DEV-03"), (2, 1));
    check(vec![unplugged(), Act::Refuse(F::NotPermitted)], Err("DEV-13"), (2, 1));
    check(vec![unplugged(), Act::Refuse(F::Busy)], Err("DEV-02"), (2, 1));
    check(vec![unplugged(), Act::Frame(7), unplugged()], Err("DEV-03"), (2, 1));
    // Silent, then alive when opened again; and a driver that crashes.
    check(vec![Act::Silent, Act::Frame(9)], Ok(9), (2, 1));
    check(vec![Act::Panic, Act::Frame(5)], Ok(5), (2, 1));
    check(vec![Act::Panic, Act::Panic], Err("DEV-05"), (2, 1));
    // Damaged frames are passed over, but not for ever.
    let short = || Act::Bytes(vec![0; 95]);
    check(vec![short(), short(), Act::Bytes(Vec::new()), Act::Frame(4)], Ok(4), (1, 0));
    check(vec![short()], Err("DEV-07"), (1, 0));
}

#[test]
fn frames_that_are_no_pictures() {
    let check = |pixels: Pixels, bytes: &[u8], word: &str| {
        let fake = Fake::new(pixels, vec![Act::Bytes(bytes.to_vec())]);
        let fault = frame(&mut camera(&fake)).unwrap_err();
        assert!(matches!(&fault, DeviceFault::BadData { detail } if detail.contains(word)), "{fault}");
    };
    check(Pixels::Mjpeg, b"\xFF\xD8 garbage of a broken cable", "damaged");
    check(Pixels::Yuyv, &[128; 8 * 4 * 2 - 1], "63 bytes where 64");
    let other = biometrics::image::RgbImage::new(16, 16, vec![90; 768]).unwrap();
    check(Pixels::Mjpeg, &biometrics::codec::encode_jpeg(&other, 90).unwrap(), "16x16");
}

#[test]
fn opening_says_what_is_wrong() {
    let check = |act: Act, expected: &str| {
        let fake = Fake::new(Pixels::Rgb, vec![act]);
        assert_eq!(opened(&fake, &LeftBehind::default()).err().map(|f| f.code()), Some(expected));
    };
    check(Act::Refuse(DeviceFault::Busy), "DEV-02");
    check(Act::Refuse(DeviceFault::NotPermitted), "DEV-13");
    check(Act::Fail(DeviceFault::Unplugged), "DEV-03");
    check(Act::Panic, "DEV-05");
}

#[test]
fn live_frames_are_the_newest() {
    let fake = Fake::new(Pixels::Rgb, Vec::new());
    let mut camera = camera(&fake);
    for _ in 0..3 {
        // Nobody looks for a while; a queue would now hold old frames.
        std::thread::sleep(Duration::from_millis(60));
        let before = fake.newest();
        let got = frame(&mut camera).unwrap();
        // Levels count up and wrap around; the frame was made after it was asked for.
        assert!((1..=200).contains(&got.wrapping_sub(before)), "{got} after {before}");
    }
}

#[test]
fn a_deadline_is_kept_and_the_stream_goes_on() {
    let fake = Fake::new(Pixels::Rgb, vec![Act::Frame(1)]);
    let mut camera = camera(&fake);
    let late = camera.frame(Instant::now()).err().map(|f| f.code());
    assert_eq!(late, Some("DEV-04"));
    assert!(frame(&mut camera).is_ok());
    assert_eq!(fake.openings(), (1, 0));
}

#[test]
fn a_silent_camera_is_hung_and_can_be_cancelled() {
    let fake = Fake::new(Pixels::Rgb, vec![Act::Frame(1), Act::Silent]);
    let mut camera = camera(&fake);
    let begun = Instant::now();
    let mut watch = TestWatch::cancelled_after(Duration::from_millis(100));
    assert_eq!(camera.capture(&CaptureTask::Face, &mut watch), Err(CaptureEnd::Cancelled));
    assert!(begun.elapsed() < Duration::from_secs(5));
    let fault = camera.frame(Instant::now() + Duration::from_millis(200)).err();
    assert!(matches!(fault, Some(DeviceFault::Hung { .. })), "{fault:?}");
}

#[test]
fn a_cancel_is_seen_while_the_camera_is_opened_again() {
    let fake = Fake::new(Pixels::Rgb, vec![Act::Frame(1), Act::Fail(DeviceFault::Unplugged), Act::Silent]);
    let mut watch = TestWatch::cancelled_after(Duration::from_millis(200));
    assert_eq!(camera(&fake).capture(&CaptureTask::Face, &mut watch), Err(CaptureEnd::Cancelled));
    assert_eq!(fake.openings(), (2, 1));
}

#[test]
fn a_paused_camera_stops_and_starts_again() {
    let fake = Fake::new(Pixels::Rgb, Vec::new());
    let mut camera = camera(&fake);
    frame(&mut camera).unwrap();
    camera.pause();
    let stopped_at = fake.newest();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(fake.newest(), stopped_at, "no frame is made while nobody looks");
    assert!(frame(&mut camera).is_ok());
    camera.pause();
    let photo = camera.capture(&CaptureTask::EvidencePhoto, &mut TestWatch::within_ms(30_000));
    assert!(photo.is_ok(), "{photo:?}");
    // Nothing broke: opened as at the first time.
    assert_eq!(fake.openings(), (3, 0));
}

#[test]
fn a_camera_that_blocks_is_left_behind() {
    let (fake, left_behind) =
        (Fake::new(Pixels::Rgb, vec![Act::Frame(1), Act::Block]), LeftBehind::default());
    let camera = opened(&fake, &left_behind).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    drop(camera);
    assert!(begun.elapsed() < Duration::from_secs(5), "closing waits for nobody");
    // While its thread holds it, the camera is hung; then it can be opened again.
    let fault = opened(&fake, &left_behind).err();
    assert!(matches!(fault, Some(DeviceFault::Hung { .. })), "{fault:?}");
    assert_eq!(fake.openings().0, 1);
    fake.let_go.store(true, Ordering::SeqCst);
    let until = Instant::now() + Duration::from_secs(20);
    let mut again = opened(&fake, &left_behind);
    while again.is_err() && Instant::now() < until {
        again = opened(&fake, &left_behind);
    }
    assert!(frame(&mut again.unwrap()).is_ok());
}

#[test]
fn a_photo_is_a_burst_and_evidence_one_picture() {
    let check = |task: CaptureTask, shown: usize| {
        let fake = Fake::new(Pixels::Rgb, Vec::new());
        let mut watch = TestWatch::within_ms(30_000);
        let Ok(Captured::Photo { image }) = camera(&fake).capture(&task, &mut watch) else {
            panic!("no photo for {task:?}");
        };
        assert_eq!((image.width(), image.height(), watch.previews), (8, 4, shown), "{task:?}");
    };
    check(CaptureTask::Face, 8);
    check(CaptureTask::EvidencePhoto, 1);
}

#[test]
fn parameters_are_checked() {
    let check = |text: &str, wrong: &[&str]| {
        let text = format!("[camera]\ndriver = \"v4l2\"\n{text}");
        let errors = Setup::from_toml(&text).err().map(|e| e.0).unwrap_or_default();
        assert_eq!(errors.iter().map(SetupError::key).collect::<Vec<_>>(), wrong, "{text}");
    };
    check("", &[]);
    check("device = \"usb-0000:00:14.0-2\"\nwidth = 1920\nheight = 1080", &[]);
    check("width = 1920", &["camera.height"]);
    check("height = 1080", &["camera.width"]);
    check("width = 0\nheight = 100000", &["camera.width", "camera.height"]);
    check("device = 7", &["camera.device"]);
    check("device = \"\"", &["camera.device"]);
    check("path = \"/dev/video0\"", &["camera.path"]);
    let iris = Setup::from_toml("[iris]\ndriver = \"v4l2\"").unwrap_err();
    assert_eq!(iris.0[0].key(), "iris.driver");
}

#[test]
fn a_station_without_such_a_camera() {
    let registry = crate::registry::Registry::new(false);
    let setup = Setup::from_toml("[camera]\ndriver = \"v4l2\"\ndevice = \"no such camera\"").unwrap();
    assert!(registry.list(&setup).is_empty());
    assert_eq!(registry.open_camera(&setup, None).err().map(|f| f.code()), Some("DEV-01"));
    let camera = camera(&Fake::new(Pixels::Rgb, Vec::new()));
    assert_eq!(camera.info().serial, "usb-1");
}

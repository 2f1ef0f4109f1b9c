#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Over a pty: the driver opens the slave as any other serial port, the test is the thermometer on the master.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::conformance::{self, Hands, SLOW, TestWatch};
use crate::setup::Setup;

/// Generous, for a machine that builds at the same time.
const WITHIN_MS: u64 = 20_000;
/// Long enough, also on a slow machine, that what was written has arrived; nothing more comes.
const SHORT_MS: u64 = 1_500;

struct Rig {
    master: TTYPort,
    path: String,
}

fn rig() -> Rig {
    let (master, slave) = TTYPort::pair().unwrap();
    let path = slave.name().unwrap();
    // The driver opens its end itself, and takes it exclusively.
    drop(slave);
    Rig { master, path }
}

fn setup(path: &str, more: &str) -> Setup {
    Setup::from_toml(&format!("[thermometer]\ndriver = \"serial\"\nport = \"{path}\"\n{more}")).unwrap()
}

fn device(path: &str, more: &str) -> Result<Box<dyn CaptureDevice>, DeviceFault> {
    // A real thermometer: production may use it.
    crate::registry::Registry::new(false).open_capture(DeviceKind::Thermometer, &setup(path, more), None)
}

/// What a capture gives for a stream that arrives after the request.
fn capture(more: &str, stream: &[u8], within_ms: u64) -> Result<i32, CaptureEnd> {
    let mut rig = rig();
    let mut device = device(&rig.path, more).unwrap();
    let stream = stream.to_vec();
    let mut master = rig.master.try_clone_native().unwrap();
    let writer = std::thread::Builder::new().name("thermometer".into()).spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        master.write_all(&stream).unwrap();
    });
    let answer = device.capture(&CaptureTask::Temperature, &mut TestWatch::within_ms(within_ms));
    writer.unwrap().join().unwrap();
    rig.master.flush().ok();
    match answer? {
        Captured::Temperature { decidegrees_c } => Ok(decidegrees_c),
        other => panic!("{other:?}"),
    }
}

#[test]
fn streams_give_a_temperature() {
    let check = |more: &str, stream: &str, expected: i32| {
        assert_eq!(capture(more, stream.as_bytes(), WITHIN_MS), Ok(expected), "{more} {stream:?}");
    };
    check("", "T=36.6C\nT=36.6C\nT=36.7C\n", 366);
    check("", "T=36.58C\r\nT=36.62C\r\nT=36.66C\r\n", 366);
    check("", "T=97.9F\nT=97.9F\nT=97.9F\n", 366);
    // Garbage, half lines, long lines and bytes that are no text before and between.
    check("", "6.6C\nT=36.5C\nrubbish\nT=36.5C\n\u{0}\u{1}\nT=36.5C\n", 365);
    let long = format!("{}\nT=37.0C\nT=37.0C\nT=37.1C\n", "9".repeat(500));
    check("", &long, 370);
    // Approaching: the first readings are of the air and of a face that comes nearer.
    check("", "T=19.4C\nT=24.0C\nT=33.1C\nT=36.4C\nT=36.5C\nT=36.5C\n", 365);
    check("", "# bridge 1\nT=36.6C;S=1\nT=36.6C;S=1\nT=36.7C;S=2\nT=36.7C;S=3\n", 367);
    check("readings = 1", "T=38.4C\n", 384);
    check("readings = 1", "T=46.0C\nT=19.9C\nT=45.0C\n", 450);
    check("readings = 1\nchecksum = true", "T=36.6C\nT=36.6C*00\nT=36.6C*37\n", 366);
    check("baud = 115200\nreadings = 2", "T=36.6C\nT=36.6C\n", 366);
}

#[test]
fn streams_without_a_temperature_say_whose_matter_it_is() {
    let check = |more: &str, stream: &str, expected: CaptureEnd| {
        assert_eq!(capture(more, stream.as_bytes(), SHORT_MS), Err(expected), "{more} {stream:?}");
    };
    let protocol = |what: LineError| CaptureEnd::Fault(super::protocol(what));
    check("", "T=36.6C\nT=37.6C\nT=36.6C\n", Retry::Moved.into());
    check("", "T=36.6C\nT=15.0C\n", Retry::Moved.into());
    check("", "T=36.6C\nT=15.0C\nT=15.0C\n", Retry::NothingPresented.into());
    check("", "T=36.6C\nhello\n", protocol(LineError::Form));
    check("", "T=15.0C\nT=15.0C\nT=15.0C\n", Retry::NothingPresented.into());
    check("readings = 1", "T=80.0C\n", Retry::NothingPresented.into());
    check("readings = 1", "", Retry::NothingPresented.into());
    check("readings = 1", "T=36.6C", Retry::NothingPresented.into());
    check("", "T=309.7K\n", protocol(LineError::Unit));
    check("readings = 1\nchecksum = true", "T=36.6C\n", protocol(LineError::NoChecksum));
    check("", "hello\n", protocol(LineError::Form));
    check("", "E=SENSOR\n", DeviceFault::Reported { code: "SENSOR".into() }.into());
    let repeated = DeviceFault::Protocol { detail: "it repeats one old reading".into() };
    let mut rig = rig();
    let mut open = device(&rig.path, "").unwrap();
    rig.master.write_all(b"T=36.6C;S=9\n").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let task = CaptureTask::Temperature;
    let mut master = rig.master.try_clone_native().unwrap();
    let writer = std::thread::Builder::new().name("thermometer".into()).spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        master.write_all(b"T=36.6C;S=9\nT=36.6C;S=9\nT=36.6C;S=9\n").unwrap();
    });
    assert_eq!(open.capture(&task, &mut TestWatch::within_ms(2 * SHORT_MS)), Err(repeated.into()));
    writer.unwrap().join().unwrap();
    // Silent from the beginning, or after readings that agree: the thermometer, not a person who moved.
    for stream in ["", "T=36.6C\n", "T=36.6C\nT=36.6C\n", "T=31.0C\nT=36.6C\nT=36.6C\n"] {
        let silent = capture("", stream.as_bytes(), SHORT_MS);
        assert!(matches!(silent, Err(CaptureEnd::Fault(DeviceFault::Hung { .. }))), "{stream:?}: {silent:?}");
    }
}

#[test]
fn a_wrong_baud_rate_is_told_long_before_the_deadline() {
    let begun = Instant::now();
    let noise = b"\xF0\x0F\n".repeat(40);
    let told = capture("", &noise, 600_000);
    assert_eq!(told, Err(CaptureEnd::Fault(super::protocol(LineError::NotText))));
    assert!(begun.elapsed() < Duration::from_secs(300));
    let endless = b"U".repeat(40 * (line::LINE_MAX + 2));
    assert_eq!(capture("", &endless, SHORT_MS), Err(CaptureEnd::Fault(super::protocol(LineError::TooLong))));
}

#[test]
fn what_was_measured_before_the_request_does_not_count() {
    let mut rig = rig();
    let mut device = device(&rig.path, "readings = 1").unwrap();
    rig.master.write_all(b"T=41.0C\nT=41.0C\nT=4").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let mut master = rig.master.try_clone_native().unwrap();
    let writer = std::thread::Builder::new().name("thermometer".into()).spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        // The end of a line that began before, then a whole one.
        master.write_all(b"1.0C\nT=36.6C\n").unwrap();
    });
    let answer = device.capture(&CaptureTask::Temperature, &mut TestWatch::within_ms(WITHIN_MS));
    assert_eq!(answer, Ok(Captured::Temperature { decidegrees_c: 366 }));
    writer.unwrap().join().unwrap();
}

#[test]
fn unplugged_busy_missing_and_what_is_no_line() {
    let rig = rig();
    let mut open = device(&rig.path, "").unwrap();
    assert!(matches!(device(&rig.path, ""), Err(DeviceFault::Busy)), "two programs on one line");
    let master = rig.master;
    let pull = std::thread::Builder::new().name("pull".into()).spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        drop(master);
    });
    let answer = open.capture(&CaptureTask::Temperature, &mut TestWatch::within_ms(WITHIN_MS));
    assert_eq!(answer, Err(CaptureEnd::Fault(DeviceFault::Unplugged)));
    let again = open.capture(&CaptureTask::Temperature, &mut TestWatch::within_ms(WITHIN_MS));
    assert_eq!(again, Err(CaptureEnd::Fault(DeviceFault::Unplugged)));
    pull.unwrap().join().unwrap();

    let missing = device("/dev/rekam-no-such-line", "").err();
    assert_eq!(missing, Some(DeviceFault::NotFound { kind: "thermometer".into() }));
    let file = tempfile::NamedTempFile::new().unwrap();
    let no_line = device(file.path().to_str().unwrap(), "").err();
    assert!(matches!(no_line, Some(DeviceFault::Protocol { .. })), "{no_line:?}");

    let check = |kind, exists, expected: DeviceFault| {
        assert_eq!(not_opened(&serialport::Error::new(kind, "x"), exists), expected);
    };
    use std::io::ErrorKind as Io;
    check(ErrorKind::Io(Io::PermissionDenied), true, DeviceFault::NotPermitted);
    check(ErrorKind::NoDevice, true, DeviceFault::Busy);
    check(ErrorKind::Unknown, false, DeviceFault::NotFound { kind: "thermometer".into() });
}

#[test]
fn listed_when_the_node_exists() {
    let registry = crate::registry::Registry::new(false);
    let listed = |path: &str| registry.list(&setup(path, "model = \"MLX90614\"\nserial = \"A7\""));
    assert_eq!(listed("/dev/rekam-no-such-line"), []);
    let rig = rig();
    let found = listed(&rig.path);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].model.as_str(), found[0].serial.as_str()), ("MLX90614", "A7"));
    assert!(!found[0].training_only);
}

#[test]
fn parameters_are_checked() {
    let check = |text: &str, wrong: &[&str]| {
        let errors = Setup::from_toml(&format!("[thermometer]\ndriver = \"serial\"\n{text}"));
        let keys: Vec<_> = errors.err().map(|e| e.0).unwrap_or_default();
        let keys: Vec<_> = keys.iter().map(|e| e.key().to_owned()).collect();
        assert_eq!(keys, wrong, "{text}");
    };
    check("port = \"/dev/ttyUSB0\"", &[]);
    check("", &["thermometer.port"]);
    check("port = \"ttyUSB0\"", &["thermometer.port"]);
    check(
        "port = 1\nbaud = 1\nreadings = 0",
        &["thermometer.port", "thermometer.baud", "thermometer.readings"],
    );
    check("port = \"/dev/ttyS0\"\nmodel = \"a\\nb\"\nspeed = 1", &["thermometer.model", "thermometer.speed"]);
}

#[test]
fn conforms() {
    let mut rig = rig();
    let stop = Arc::new(AtomicBool::new(false));
    let (path, ended) = (rig.path.clone(), stop.clone());
    let writer = std::thread::Builder::new().name("thermometer".into()).spawn(move || {
        let mut sequence = 0_u16;
        while !ended.load(Ordering::Acquire) {
            // A full buffer (nobody reads between two captures) loses lines, as a real one does.
            rig.master.set_timeout(Duration::from_millis(10)).ok();
            write!(rig.master, "T=36.6C;S={sequence}\r\n").ok();
            sequence = sequence.wrapping_add(1);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let checked = conformance::run(&|| device(&path, ""), &[CaptureTask::Temperature], SLOW);
    stop.store(true, Ordering::Release);
    writer.unwrap().join().unwrap();
    assert!(checked.unwrap() > 10);
}

/// A cable under a name that stays, as in `/dev/serial/by-id`.
struct Cable(std::path::PathBuf, Arc<Mutex<Option<TTYPort>>>);

impl Hands for Cable {
    fn unplug(&self) {
        self.1.lock().unwrap().take();
        std::fs::remove_file(&self.0).unwrap();
    }
    fn replug(&self) {
        let mut rig = rig();
        rig.master.set_timeout(Duration::from_millis(10)).unwrap();
        std::os::unix::fs::symlink(&rig.path, &self.0).unwrap();
        *self.1.lock().unwrap() = Some(rig.master);
    }
    fn sleep_and_wake(&self) -> bool {
        self.unplug();
        self.replug();
        true
    }
}

#[test]
fn cables_are_pulled_and_the_machine_sleeps() {
    let folder = tempfile::tempdir().unwrap();
    let cable = Cable(folder.path().join("thermometer"), Arc::default());
    cable.replug();
    let (master, stop) = (cable.1.clone(), Arc::new(AtomicBool::new(false)));
    let ended = stop.clone();
    let writer = std::thread::Builder::new().name("thermometer".into()).spawn(move || {
        while !ended.load(Ordering::Acquire) {
            if let Some(master) = master.lock().unwrap().as_mut() {
                master.write_all(b"T=36.6C\r\n").ok();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let path = cable.0.to_string_lossy().into_owned();
    let checked = conformance::run_faults(&|| device(&path, ""), &CaptureTask::Temperature, &cable);
    stop.store(true, Ordering::Release);
    writer.unwrap().join().unwrap();
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{checked:#?}");
}

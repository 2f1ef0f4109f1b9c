//! The libfprint driver against the library's own virtual image device (Debian's package has it): a program of its
//! own, as the library looks at `FP_VIRTUAL_IMAGE` when it is loaded. A line for each check, one JSON line at the end.
//!
//! Protocol of the virtual device: native-endian pairs of i32 on a Unix socket. `(-1, code)` a retry, `(-2, code)` an
//! error, `(-3, 0 or 1)` finger lifted by itself after a picture, `(-4, 0 or 1)` finger off or on, `(width, height)`
//! before 8-bit pixels.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
use biometrics::image::GrayImage;
use biometrics::position::{FingerPosition, Slap};
use biometrics::synth::finger::{FingerSpec, Impression, Master};
use devices::conformance::{self, CANCEL_WITHIN_MS, TestWatch};
use devices::hotplug::HotPlugMonitor;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::traits::CaptureDevice;
use devices::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceKind, HotPlug, Retry};

const VARIABLE: &str = "FP_VIRTUAL_IMAGE";
const FINGER: CaptureTask = CaptureTask::Finger { position: FingerPosition::RightIndex, again: false };
/// Longest wait for anything that must come.
const PATIENCE: Duration = Duration::from_secs(30);
const REMOVED: i32 = 0x100;

fn main() -> ExitCode {
    if std::env::args().any(|a| a == "--list") {
        // Asked by test runners; the checks are one program.
        println!("virtual_image: test");
        return ExitCode::SUCCESS;
    }
    match std::env::var_os(VARIABLE) {
        Some(socket) => checks(&PathBuf::from(socket)),
        None => {
            // A fresh process, as the library must find the variable when it starts.
            let folder = tempfile::tempdir().unwrap();
            let socket = folder.path().join("reader.sock");
            let program = std::env::current_exe().unwrap();
            let status = Command::new(program).env(VARIABLE, &socket).status().unwrap();
            if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

/// The person in front of the virtual reader.
struct Person {
    socket: PathBuf,
    stream: Option<UnixStream>,
    prints: Vec<GrayImage>,
    next: usize,
}

impl Person {
    fn new(socket: &Path, person_seed: u64) -> Self {
        let master = Master::new(&FingerSpec { person_seed, position: FingerPosition::RightIndex });
        let prints = (1..=4).map(|touch| master.impression(&Impression::ordinary(touch))).collect();
        Self { socket: socket.to_owned(), stream: None, prints, next: 0 }
    }

    /// Sends, over the connection that the reader takes when it is claimed.
    fn send(&mut self, bytes: &[u8]) -> bool {
        if self.stream.is_none() {
            self.stream = UnixStream::connect(&self.socket).ok();
        }
        let sent = self.stream.as_mut().is_some_and(|s| s.write_all(bytes).is_ok());
        if !sent {
            self.stream = None;
        }
        sent
    }

    fn pair(&mut self, a: i32, b: i32) -> bool {
        let bytes: Vec<u8> = [a, b].into_iter().flat_map(i32::to_ne_bytes).collect();
        self.send(&bytes)
    }

    /// As [`Person::pair`], until the reader is there to take it.
    fn say(&mut self, a: i32, b: i32) {
        let begun = Instant::now();
        while !self.pair(a, b) {
            assert!(begun.elapsed() < PATIENCE, "the virtual reader takes no connection");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn picture(&mut self) -> GrayImage {
        self.next += 1;
        self.prints[self.next % self.prints.len()].clone()
    }

    fn show(&mut self, image: &GrayImage) -> bool {
        self.pair(image.width() as i32, image.height() as i32) && self.send(image.pixels())
    }

    /// Lays a finger on and lifts it again once its picture was taken.
    fn touch(&mut self) -> bool {
        let image = self.picture();
        self.pair(-3, 1) && self.show(&image)
    }
}

struct Checks {
    failed: Vec<&'static str>,
    passed: usize,
}

impl Checks {
    fn check(&mut self, name: &'static str, kept: bool, detail: impl std::fmt::Debug) {
        if kept {
            self.passed += 1;
            println!("ok    {name}");
        } else {
            self.failed.push(name);
            println!("FAIL  {name}: {detail:?}");
        }
    }
}

/// Does something with the person while the device captures.
fn during<T: Send>(
    device: &mut dyn CaptureDevice,
    watch: &mut (dyn devices::traits::CaptureWatch + Send),
    act: impl FnOnce() -> T + Send,
) -> (Result<Captured, CaptureEnd>, Duration, T) {
    std::thread::scope(|scope| {
        let acted = scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            act()
        });
        let begun = Instant::now();
        let ended = device.capture(&FINGER, watch);
        (ended, begun.elapsed(), acted.join().unwrap())
    })
}

fn image(captured: &Result<Captured, CaptureEnd>) -> Option<&GrayImage> {
    match captured {
        Ok(Captured::Fingers(list)) => list.first().map(|f| &f.image),
        _ => None,
    }
}

fn patient() -> TestWatch {
    TestWatch::within_ms(20_000)
}

fn checks(socket: &Path) -> ExitCode {
    let begun = Instant::now();
    let mut c = Checks { failed: Vec::new(), passed: 0 };
    let registry = Arc::new(Registry::new(true));
    let setup = Setup::from_toml("[fingerprint]\ndriver = \"libfprint\"").unwrap();
    let open = || registry.open_capture(DeviceKind::Fingerprint, &setup, None);
    let mut person = Person::new(socket, 7);

    let listed = registry.list(&setup);
    let named = listed.len() == 1 && listed[0].model.contains("virtual_image");
    c.check("the virtual reader is listed", named, &listed);
    let other = Setup::from_toml("[fingerprint]\ndriver = \"libfprint\"\nreader = \"uru4000\"").unwrap();
    c.check("a reader that is not wanted is not offered", registry.list(&other).is_empty(), ());
    let second = Registry::new(true);
    let refused = second.open_capture(DeviceKind::Fingerprint, &setup, None).map(|_| ());
    c.check("a second owner is told that it is busy", refused == Err(DeviceFault::Busy), &refused);

    let mut device = match open() {
        Ok(device) => device,
        Err(fault) => {
            c.check("the reader opens", false, fault);
            return over(&c, begun);
        }
    };
    c.check("the reader opens", true, ());
    captures(&mut c, device.as_mut(), &mut person);
    ends(&mut c, device.as_mut(), &mut person);
    slap(&mut c, device.as_mut());
    drop(device);
    reopens(&mut c, &open, &mut person);
    suite(&mut c, &open, socket);
    unplugged(&mut c, &registry, &setup, &open, &mut person);
    over(&c, begun)
}

fn captures(c: &mut Checks, device: &mut dyn CaptureDevice, person: &mut Person) {
    person.say(-3, 1);
    let mut shown = Vec::new();
    let mut got = Vec::new();
    for _ in 0..2 {
        let print = person.picture();
        let (ended, after, _) = during(device, &mut patient(), || person.show(&print));
        println!("      captured in {} ms", after.as_millis());
        c.check("a finger is captured", image(&ended).is_some(), &ended.as_ref().err());
        shown.push(print);
        got.extend(image(&ended).cloned());
    }
    let same = got.len() == 2
        && got
            .iter()
            .zip(&shown)
            .all(|(a, b)| (a.width(), a.height(), a.pixels()) == (b.width(), b.height(), b.pixels()));
    c.check("pixels come as they were sent: not turned, mirrored or inverted", same, got.len());
    c.check(
        "resolution is 500 ppi where the library tells none",
        got.iter().all(|g| g.ppi() == Some(500)),
        (),
    );
    let matcher = MinutiaeMatcher::new();
    let templates: Vec<_> = got.iter().filter_map(|g| matcher.extract(g).ok()).collect();
    let score = match templates.as_slice() {
        [a, b] => matcher.compare(a, b).unwrap_or(0),
        _ => 0,
    };
    println!("      score {score}, threshold {}", matcher.threshold());
    c.check("two captures of one finger match", score >= matcher.threshold(), score);
    let stranger = Master::new(&FingerSpec { person_seed: 8, position: FingerPosition::RightIndex });
    let stranger = matcher.extract(&stranger.impression(&Impression::ordinary(1))).unwrap();
    let score = templates.first().map_or(u32::MAX, |t| matcher.compare(t, &stranger).unwrap_or(u32::MAX));
    c.check("another person's finger does not", score < matcher.threshold(), score);
    // By hand: on, picture, off.
    person.say(-3, 0);
    let print = person.picture();
    let (ended, _, _) = during(device, &mut patient(), || {
        let sent = person.pair(-4, 1) && person.show(&print);
        std::thread::sleep(Duration::from_millis(200));
        sent && person.pair(-4, 0)
    });
    c.check("a finger laid on and lifted by hand is captured", image(&ended).is_some(), &ended.err());
}

fn ends(c: &mut Checks, device: &mut dyn CaptureDevice, person: &mut Person) {
    let limit = Duration::from_millis(CANCEL_WITHIN_MS);
    let delay = Duration::from_millis(400);
    let (ended, after, ()) = during(device, &mut TestWatch::cancelled_after(delay), || ());
    println!("      cancel took {} ms", after.saturating_sub(delay).as_millis());
    c.check("a cancel ends it in time", ended == Err(CaptureEnd::Cancelled) && after < delay + limit, after);
    let (ended, after, ()) = during(device, &mut TestWatch::within_ms(600), || ());
    let nobody = ended == Err(Retry::NothingPresented.into()) && after < Duration::from_millis(600) + limit;
    c.check("a deadline without a finger: nothing presented", nobody, (&ended.err(), after));
    let (ended, _, _) = during(device, &mut TestWatch::within_ms(1_500), || {
        let on = person.pair(-4, 1);
        std::thread::sleep(Duration::from_millis(200));
        on && person.pair(-4, 0)
    });
    c.check("a finger lifted early: too short", ended == Err(Retry::TooShort.into()), &ended.err());
    let print = person.picture();
    let (ended, _, _) =
        during(device, &mut TestWatch::within_ms(1_500), || person.pair(-4, 1) && person.show(&print));
    c.check("a finger that stays: lift it", ended == Err(Retry::LiftFinger.into()), &ended.err());
    person.say(-4, 0);
    let retries =
        [(0, Retry::LiftFinger), (1, Retry::TooShort), (2, Retry::OffCentre), (3, Retry::LiftFinger)];
    for (code, expected) in retries {
        let (ended, _, _) = during(device, &mut patient(), || person.pair(-1, code));
        c.check("a retry of the library is a retry", ended == Err(expected.into()), (code, &ended.err()));
    }
    let (ended, _, _) = during(device, &mut patient(), || person.pair(-2, 0x101));
    let hot = DeviceFault::Reported { code: "fp-too-hot".to_owned() };
    c.check("a fault of the library is the device's", ended == Err(hot.into()), &ended.err());
    person.say(-3, 1);
    let (ended, _, _) = during(device, &mut patient(), || person.touch());
    c.check("it captures after all that", image(&ended).is_some(), &ended.err());
    // After suspend the reader answers that it is not open: it is claimed again within the capture.
    let (ended, _, _) = during(device, &mut patient(), || {
        let lost = person.pair(-2, 2);
        let begun = Instant::now();
        let mut touched = false;
        while !touched && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(300));
            person.stream = None;
            touched = person.touch();
        }
        lost
    });
    c.check("a lost claim is made again within the capture", image(&ended).is_some(), &ended.err());
}

fn slap(c: &mut Checks, device: &mut dyn CaptureDevice) {
    let task = CaptureTask::Slap { slap: Slap::RightFour, missing: Vec::new() };
    let ended = device.capture(&task, &mut patient());
    let refused = !device.can(&task) && ended == Err(DeviceFault::Unsupported.into());
    c.check("a slap is not for a single-finger reader", refused, ended.err());
}

fn reopens(c: &mut Checks, open: conformance::Open<'_>, person: &mut Person) {
    for _ in 0..3 {
        person.stream = None;
        let opened = open();
        c.check("it opens again", opened.is_ok(), opened.as_ref().err());
        let Ok(mut device) = opened else { return };
        person.say(-3, 1);
        let (ended, _, _) = during(device.as_mut(), &mut patient(), || person.touch());
        c.check("and captures", image(&ended).is_some(), ended.err());
    }
}

/// The suite that every driver passes, with a person who lays a finger on again and again.
fn suite(c: &mut Checks, open: conformance::Open<'_>, socket: &Path) {
    let stop = Arc::new(AtomicBool::new(false));
    let fed = stop.clone();
    let mut feeder = Person::new(socket, 9);
    let feeding = std::thread::Builder::new().name("person".to_owned()).spawn(move || {
        while !fed.load(Ordering::Acquire) {
            feeder.touch();
            std::thread::sleep(Duration::from_millis(250));
        }
    });
    let checked = conformance::run(open, &[FINGER], 1);
    stop.store(true, Ordering::Release);
    feeding.unwrap().join().unwrap();
    c.check("the conformance suite passes", checked.as_ref().is_ok_and(|n| *n >= 8), &checked);
}

/// Last, as the virtual reader does not come back.
fn unplugged(
    c: &mut Checks,
    registry: &Arc<Registry>,
    setup: &Setup,
    open: conformance::Open<'_>,
    person: &mut Person,
) {
    let monitor = HotPlugMonitor::start(registry, setup, || ()).unwrap();
    let arrived = monitor.events().recv_timeout(PATIENCE);
    c.check("its arrival is told", matches!(arrived, Ok(HotPlug::Arrived(_))), &arrived);
    person.stream = None;
    let Ok(mut device) = open() else { return c.check("it opens again", false, ()) };
    person.say(-4, 0);
    let (ended, after, _) = during(device.as_mut(), &mut patient(), || {
        // Says "removed" each time it is claimed again: it is not there any more.
        for _ in 0..8 {
            person.stream = None;
            person.pair(-2, REMOVED);
            std::thread::sleep(Duration::from_millis(400));
        }
    });
    println!("      given up after {} ms", after.as_millis());
    let gone = matches!(ended, Err(CaptureEnd::Fault(DeviceFault::Unplugged)));
    c.check("a reader that is gone is unplugged, not a finger", gone, ended.err());
}

fn over(c: &Checks, begun: Instant) -> ExitCode {
    let told = serde_json::json!({
        "lab": "finger",
        "passed": c.passed,
        "failed": c.failed,
        "seconds": begun.elapsed().as_secs(),
    });
    println!("{told}");
    if c.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

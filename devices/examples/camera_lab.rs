//! The camera driver on the kernel's own test camera, `vivid`: what `./dev lab camera` runs inside its virtual machine.
//! Needs root, the modules of the running kernel, and `v4l2-ctl`, `modprobe`, `setpriv`. Not for a machine that is
//! used for anything else: it loads and removes drivers.
//!
//! `camera_lab vivid|usb --modules DIR --labs DIR`: `modules` holds `lib/modules`, `labs` is `tools/labs`. One line a check, and a JSON object as the last line. Exit code 1
//! when a check failed.
#![allow(clippy::print_stdout)] // reason: the lines are what it is for

#[path = "camera_lab/feed.rs"]
mod feed;
#[path = "camera_lab/machine.rs"]
mod machine;
#[path = "camera_lab/usb_camera.rs"]
mod usb_camera;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use biometrics::face::FaceAnalyser;
use biometrics::image::RgbImage;
use devices::conformance;
use devices::hotplug::HotPlugMonitor;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::traits::{Camera, CaptureWatch, PreviewFrame};
use devices::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, HotPlug};
use feed::Feed;
use machine::Machine;
use serde_json::{Map, Value, json};
use usb_camera::UsbCamera;

type Answer<T> = Result<T, String>;

/// Software emulation is slow: generous times.
const FRAME_WITHIN: Duration = Duration::from_secs(10);
/// Time in which a change in front of the camera must be seen.
const SEEN_WITHIN: Duration = Duration::from_secs(3);

/// What was checked and what was measured.
#[derive(Default)]
struct Lab {
    checks: u32,
    failed: Vec<String>,
    numbers: Map<String, Value>,
}

impl Lab {
    fn check<T>(&mut self, name: &str, answer: Answer<T>) -> Option<T> {
        self.checks += 1;
        match answer {
            Ok(value) => {
                println!("ok   {name}");
                Some(value)
            }
            Err(why) => {
                println!("FAIL {name}: {why}");
                self.failed.push(name.to_owned());
                None
            }
        }
    }

    fn number(&mut self, name: &str, value: impl Into<Value>) {
        self.numbers.insert(name.to_owned(), value.into());
    }

    fn end(mut self) -> ExitCode {
        self.number("checks", self.checks);
        self.number("failed", json!(self.failed));
        println!("{}", Value::Object(self.numbers));
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// A station whose camera is whatever the driver `v4l2` finds.
struct Station {
    registry: Arc<Registry>,
    setup: Setup,
}

impl Station {
    fn new(parameters: &str) -> Answer<Self> {
        let setup = Setup::from_toml(&format!("[camera]\ndriver = \"v4l2\"\n{parameters}"));
        // For training: production takes no camera of the kernel's own.
        let registry = Arc::new(Registry::new(true));
        Ok(Self { registry, setup: setup.map_err(|e| e.to_string())? })
    }

    fn open(&self) -> Result<Box<dyn Camera>, DeviceFault> {
        self.registry.open_camera(&self.setup, None)
    }
}

fn frame(camera: &mut dyn Camera) -> Answer<RgbImage> {
    camera.frame(Instant::now() + FRAME_WITHIN).map_err(|f| f.to_string())
}

/// Opens the camera, again and again where it does not open yet.
fn opens_within(station: &Station) -> Answer<Box<dyn Camera>> {
    let until = Instant::now() + FRAME_WITHIN;
    loop {
        match station.open() {
            Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(100)),
            opened => return opened.map_err(|f| f.to_string()),
        }
    }
}

fn expect(condition: bool, otherwise: impl FnOnce() -> String) -> Answer<()> {
    if condition { Ok(()) } else { Err(otherwise()) }
}

fn expect_fault<T>(got: Result<T, DeviceFault>, code: &str) -> Answer<()> {
    match got {
        Err(fault) if fault.code() == code => Ok(()),
        Err(fault) => Err(format!("{fault} instead of {code}")),
        Ok(_) => Err(format!("no fault instead of {code}")),
    }
}

/// Mean of the green values.
fn brightness(picture: &RgbImage) -> u64 {
    let sum: u64 = picture.pixels().chunks_exact(3).map(|p| u64::from(p[1])).sum();
    sum / (u64::from(picture.width()) * u64::from(picture.height())).max(1)
}

/// Waits and sees nothing.
struct Quiet(Instant);
impl CaptureWatch for Quiet {
    fn deadline(&self) -> Instant {
        self.0
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn preview(&mut self, _frame: PreviewFrame) {}
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned();
    let machine = Machine { modules: option("--modules"), labs: option("--labs").unwrap_or_default() };
    let mut lab = Lab::default();
    let ran = match args.first().map(String::as_str) {
        Some("vivid") => vivid(&mut lab, &machine),
        Some("usb") => usb(&mut lab, &machine),
        _ => Err("usage: camera_lab vivid|usb --modules DIR --labs DIR".to_owned()),
    };
    lab.check("the suite ran to its end", ran);
    lab.end()
}

fn vivid(lab: &mut Lab, machine: &Machine) -> Answer<()> {
    machine.load("vivid", &["n_devs=1"])?;
    machine.wait_for("/dev/video0")?;
    let station = Station::new("")?;
    lists(lab, &station, 4);
    streams(lab, machine, &station)?;
    is_refused(lab, machine, &station)?;
    hangs(lab, machine, &station)?;
    portrait(lab, machine, &station)?;
    falls(lab, machine, &station)?;
    unplugs(lab, &station, &mut Vivid(machine))
}

fn lists(lab: &mut Lab, station: &Station, nodes_min: usize) {
    let nodes = std::fs::read_dir("/sys/class/video4linux").map_or(0, Iterator::count);
    let begun = Instant::now();
    let cameras = station.registry.list(&station.setup);
    lab.number("nodes", nodes);
    lab.number("list_first_us", begun.elapsed().as_micros() as u64);
    let begun = Instant::now();
    let again = station.registry.list(&station.setup);
    lab.number("list_again_us", begun.elapsed().as_micros() as u64);
    let names: Vec<_> = cameras.iter().map(|c| format!("{} {}", c.model, c.serial)).collect();
    let right = cameras.len() == 1 && nodes >= nodes_min && again == cameras;
    lab.check(
        "one camera is listed, no metadata, output or other node",
        expect(right, || format!("{names:?}")),
    );
}

fn streams(lab: &mut Lab, machine: &Machine, station: &Station) -> Answer<()> {
    // Input 0 is a webcam.
    machine.control(0, &["-i", "0"])?;
    let begun = Instant::now();
    let mut camera = station.open().map_err(|f| f.to_string())?;
    lab.number("open_ms", begun.elapsed().as_millis() as u64);
    let first = frame(camera.as_mut())?;
    let size = (first.width(), first.height());
    lab.check("the stream is of 1280x720", expect(size == (1280, 720), || format!("{size:?}")));
    let fps = rate(camera.as_mut())?;
    lab.number("webcam_fps", fps);
    // The pattern changes while nobody looks.
    let mut seen = |pattern: &str, bright: bool| -> Answer<u64> {
        machine.control(0, &["--set-ctrl", &format!("test_pattern={pattern},osd_text_mode=2")])?;
        std::thread::sleep(Duration::from_millis(1500));
        let begun = Instant::now();
        let is_new = |picture: &RgbImage| (brightness(picture) > 128) == bright;
        let first = frame(camera.as_mut())?;
        expect(is_new(&first), || format!("an old frame: brightness {}", brightness(&first)))?;
        Ok(begun.elapsed().as_millis() as u64)
    };
    let white = machine.pattern(0, "White")?;
    let black = machine.pattern(0, "Black")?;
    for (name, pattern, bright) in
        [("white", &white, true), ("black", &black, false), ("white again", &white, true)]
    {
        let name = format!("the first frame after a pause is the newest ({name})");
        if let Some(ms) = lab.check(&name, seen(pattern, bright)) {
            lab.number("fresh_frame_ms", ms);
        }
    }
    drop(camera);
    for (parameters, expected) in [
        ("width = 1920\nheight = 1080", (1920, 1080)),
        ("width = 640\nheight = 480\ndevice = \"vivid\"", (640, 480)),
        ("device = \"/dev/video0\"", (1280, 720)),
        ("device = \"platform:vivid-000\"", (1280, 720)),
    ] {
        let opened = Station::new(parameters).and_then(|s| s.open().map_err(|f| f.to_string()));
        let size = opened.and_then(|mut c| frame(c.as_mut())).map(|p| (p.width(), p.height()));
        let right = size.and_then(|size| expect(size == expected, || format!("{size:?}")));
        lab.check(&format!("set up as {}", parameters.replace('\n', ", ")), right);
    }
    let begun = Instant::now();
    let opened = (0..3).try_for_each(|_| station.open().map(drop).map_err(|f| f.to_string()));
    lab.check("it is opened and closed three times in a row", opened);
    lab.number("open_close_ms", begun.elapsed().as_millis() as u64 / 3);
    promises(lab, station);
    Ok(())
}

/// The suite that every driver must pass.
fn promises(lab: &mut Lab, station: &Station) {
    let kind = devices::vocabulary::DeviceKind::Camera;
    let open = || station.registry.open_capture(kind, &station.setup, None);
    let kept = conformance::run(&open, &conformance::tasks(kind), 1);
    let kept = lab.check("conformance suite", kept.map_err(|failures| format!("{failures:?}")));
    lab.number("conformance_checks", kept.unwrap_or(0));
}

fn is_refused(lab: &mut Lab, machine: &Machine, station: &Station) -> Answer<()> {
    let other = machine.start("v4l2-ctl", &["-d", "/dev/video0", "--stream-mmap", "--stream-count=0"])?;
    let until = Instant::now() + SEEN_WITHIN;
    let mut got = station.open().map(drop);
    while got.is_ok() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(200));
        got = station.open().map(drop);
    }
    lab.check("another program has it: busy", expect_fault(got, "DEV-02"));
    drop(other);
    lab.check("the other program ended: it opens", opens_within(station).map(drop));
    machine.run("chmod", &["0600", "/dev/video0"])?;
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let rekam = program.parent().and_then(|p| p.parent()).map(|p| p.join("rekam")).unwrap_or_default();
    let rekam = rekam.to_string_lossy();
    let as_nobody = |args: &[&str]| {
        let whole = [&["--reuid=65534", "--regid=65534", "--clear-groups", &*rekam], args].concat();
        machine.answer("setpriv", &whole)
    };
    let (code, out, _) = as_nobody(&["camera", "list", "--json"])?;
    lab.check("without permission it is still listed", expect(code == 0 && out.contains("vivid"), || out));
    let (code, _, errors) = as_nobody(&["camera", "grab", "--out", "/tmp/nobody.png"])?;
    let told = code == 1 && errors.contains("DEV-13") && errors.contains("video");
    lab.check("without permission it says so", expect(told, || format!("{code} {errors}")));
    machine.run("chmod", &["0660", "/dev/video0"])
}

fn hangs(lab: &mut Lab, machine: &Machine, station: &Station) -> Answer<()> {
    let dropped = |percent: u32| {
        machine.control(0, &["--set-ctrl", &format!("percentage_of_dropped_buffers={percent}")])
    };
    let mut camera = station.open().map_err(|f| f.to_string())?;
    frame(camera.as_mut())?;
    dropped(100)?;
    let begun = Instant::now();
    let got = camera.frame(begun + Duration::from_secs(3));
    let took = begun.elapsed();
    lab.check("a camera that stops in the middle is hung", expect_fault(got.map(drop), "DEV-04"));
    lab.check("and the deadline is kept", expect(took < Duration::from_secs(5), || format!("{took:?}")));
    lab.number("hang_told_ms", took.as_millis() as u64);
    dropped(0)?;
    lab.check("it goes on when the camera does", frame(camera.as_mut()).map(drop));
    dropped(100)?;
    let begun = Instant::now();
    drop(camera);
    let took = begun.elapsed();
    lab.check(
        "closing a hung camera waits for nothing",
        expect(took < Duration::from_secs(2), || format!("{took:?}")),
    );
    let begun = Instant::now();
    let got = station.open().map(drop);
    lab.check("opening a dead camera ends with hung", expect_fault(got, "DEV-04"));
    lab.number("dead_open_told_ms", begun.elapsed().as_millis() as u64);
    dropped(0)?;
    lab.check("it opens when the camera is alive again", opens_within(station).map(drop));
    // An error of the stream: the driver below fails once, and the station does not notice.
    let mut camera = station.open().map_err(|f| f.to_string())?;
    frame(camera.as_mut())?;
    machine.control(0, &["--set-ctrl", "inject_fatal_streaming_error=1"])?;
    std::thread::sleep(Duration::from_millis(500));
    lab.check("after a fatal error of the stream it is opened again", frame(camera.as_mut()).map(drop));
    Ok(())
}

fn portrait(lab: &mut Lab, machine: &Machine, station: &Station) -> Answer<()> {
    let scene = scene()?;
    // Input 3 is HDMI; it lists no frame rates, and nokhwa does not open it.
    machine.control(0, &["-i", "3"])?;
    let feed = Feed::start(machine, &scene)?;
    let begun = Instant::now();
    let mut camera = station.open().map_err(|f| f.to_string())?;
    lab.number("hdmi_open_ms", begun.elapsed().as_millis() as u64);
    let until = Instant::now() + FRAME_WITHIN;
    let mut live = frame(camera.as_mut())?;
    while feed::difference(&live, &scene) > 6.0 && Instant::now() < until {
        live = frame(camera.as_mut())?;
    }
    let off = feed::difference(&live, &scene);
    lab.number("portrait_difference", (off * 10.0).round() / 10.0);
    lab.check(
        "what was written to the node comes back",
        expect(off <= 6.0, || format!("mean difference {off}")),
    );
    recognised(lab, camera.as_mut())?;
    // The source of the pictures stops: the input goes on with the last picture or noise, as a frame grabber does.
    feed.pause()?;
    std::thread::sleep(Duration::from_secs(1));
    lab.check("the source stops: the grabber goes on", frame(camera.as_mut()).map(drop));
    feed.go_on()?;
    lab.check("the source is back", frame(camera.as_mut()).map(drop));
    drop(camera);
    feed.end();
    machine.control(0, &["-i", "0"])
}

/// How a camera is pulled out and plugged in.
trait Plug {
    fn pull(&mut self) -> Answer<()>;
    fn plug(&mut self) -> Answer<()>;
}

fn unplugs(lab: &mut Lab, station: &Station, plug: &mut dyn Plug) -> Answer<()> {
    let woken = Arc::new(AtomicBool::new(false));
    let wake = {
        let woken = woken.clone();
        move || woken.store(true, Ordering::Relaxed)
    };
    let monitor =
        HotPlugMonitor::start(&station.registry, &station.setup, wake).map_err(|e| e.to_string())?;
    let next = || monitor.events().recv_timeout(FRAME_WITHIN).map_err(|_| "nothing was told".to_owned());
    let Some(HotPlug::Arrived(first)) = lab.check("it is told as arrived", next()) else {
        return Err("no arrival".to_owned());
    };
    let mut camera = opens_within(station)?;
    frame(camera.as_mut())?;
    plug.pull()?;
    let begun = Instant::now();
    let got = camera.frame(Instant::now() + Duration::from_secs(3));
    lab.number("unplugged_told_ms", begun.elapsed().as_millis() as u64);
    lab.check("pulled out in the middle: unplugged", expect_fault(got.map(drop), "DEV-03"));
    let left = next()?;
    lab.check("it is told as left", expect(left == HotPlug::Left(first.id.clone()), || format!("{left:?}")));
    lab.check(
        "nothing is listed",
        expect(station.registry.list(&station.setup).is_empty(), || "still".to_owned()),
    );
    lab.check("opening it: not found", expect_fault(station.open().map(drop), "DEV-01"));
    drop(camera);
    plug.plug()?;
    let begun = Instant::now();
    let back = next()?;
    lab.number("replug_told_ms", begun.elapsed().as_millis() as u64);
    let same = matches!(&back, HotPlug::Arrived(info) if *info == first);
    lab.check("plugged in again it is the same camera", expect(same, || format!("{back:?}")));
    let until = Instant::now() + FRAME_WITHIN;
    let chosen = || station.registry.open_camera(&station.setup, Some(&first.id));
    let mut camera = chosen();
    while camera.is_err() && Instant::now() < until {
        camera = chosen();
    }
    let mut camera = camera.map_err(|f| f.to_string())?;
    lab.check("and gives pictures", frame(camera.as_mut()).map(drop));
    lab.check("the window is woken", expect(woken.load(Ordering::Relaxed), || "it was not".to_owned()));
    Ok(())
}

/// Whose driver is taken from it.
struct Vivid<'a>(&'a Machine);

impl Plug for Vivid<'_> {
    fn pull(&mut self) -> Answer<()> {
        self.0.write("/sys/bus/platform/drivers/vivid/unbind", "vivid.0")
    }
    fn plug(&mut self) -> Answer<()> {
        self.0.write("/sys/bus/platform/drivers/vivid/bind", "vivid.0")
    }
}

/// A driver that lets everybody fall, and takes the camera up again once the last one has closed it.
fn falls(lab: &mut Lab, machine: &Machine, station: &Station) -> Answer<()> {
    let mut camera = station.open().map_err(|f| f.to_string())?;
    frame(camera.as_mut())?;
    machine.control(0, &["--set-ctrl", "disconnect=1"]).ok();
    lab.check(
        "the driver drops it and takes it up again: the station goes on",
        frame(camera.as_mut()).map(drop),
    );
    Ok(())
}

/// A whole USB camera: `usb_camera.py` on the kernel's virtual USB host, seen by the kernel's real UVC driver.
fn usb(lab: &mut Lab, machine: &Machine) -> Answer<()> {
    machine.load("vhci-hcd", &[])?;
    machine.load("uvcvideo", &[])?;
    let scene = scene()?;
    let mut camera = UsbCamera::new(machine, &scene)?;
    camera.plug()?;
    let station = Station::new("")?;
    lists(lab, &station, 2);
    let begun = Instant::now();
    let mut live = opens_within(&station)?;
    lab.number("open_ms", begun.elapsed().as_millis() as u64);
    let first = frame(live.as_mut())?;
    let off = feed::difference(&first, &scene);
    lab.number("portrait_difference", (off * 10.0).round() / 10.0);
    lab.check(
        "Motion JPEG without Huffman tables is read",
        expect(off <= 6.0, || format!("mean difference {off}")),
    );
    let fps = rate(live.as_mut())?;
    lab.number("usb_fps", fps);
    recognised(lab, live.as_mut())?;
    // No frames any more, but the device answers.
    camera.signal("-USR1")?;
    let begun = Instant::now();
    let got = live.frame(begun + Duration::from_secs(3));
    lab.number("hang_told_ms", begun.elapsed().as_millis() as u64);
    lab.check("a camera that stops in the middle is hung", expect_fault(got.map(drop), "DEV-04"));
    camera.signal("-USR1")?;
    lab.check("it goes on when the camera does", frame(live.as_mut()).map(drop));
    // The whole device is dead: even the kernel cannot close its stream.
    camera.signal("-STOP")?;
    let begun = Instant::now();
    let got = live.frame(begun + Duration::from_secs(3));
    lab.check("a dead device is hung", expect_fault(got.map(drop), "DEV-04"));
    let begun_drop = Instant::now();
    drop(live);
    let (told, closed) = (begun.elapsed(), begun_drop.elapsed());
    lab.number("dead_closed_ms", closed.as_millis() as u64);
    let prompt = told < Duration::from_secs(6) && closed < Duration::from_secs(2);
    lab.check("and nobody waits for it", expect(prompt, || format!("{told:?}, {closed:?}")));
    let begun = Instant::now();
    lab.check("opening it ends with hung", expect_fault(station.open().map(drop), "DEV-04"));
    lab.number("dead_open_told_ms", begun.elapsed().as_millis() as u64);
    camera.signal("-CONT")?;
    lab.check("it opens when the device is alive again", opens_within(&station).map(drop));
    promises(lab, &station);
    unplugs(lab, &station, &mut camera)?;
    camera.left_in();
    Ok(())
}

/// The scene of the simulated camera.
fn scene() -> Answer<RgbImage> {
    let mut camera =
        Registry::new(true).open_camera(&Setup::simulated(1), None).map_err(|f| f.to_string())?;
    frame(camera.as_mut())
}

/// Frames a second over three seconds.
fn rate(camera: &mut dyn Camera) -> Answer<f64> {
    let (begun, mut frames) = (Instant::now(), 0u32);
    while begun.elapsed() < Duration::from_secs(3) {
        frame(camera)?;
        frames += 1;
    }
    Ok((f64::from(frames) / begun.elapsed().as_secs_f64() * 10.0).round() / 10.0)
}

/// A photo as in a session, and the station's face check on it.
fn recognised(lab: &mut Lab, camera: &mut dyn Camera) -> Answer<()> {
    let photo = camera.capture(&CaptureTask::Face, &mut Quiet(Instant::now() + Duration::from_secs(60)));
    let photo = match photo {
        Ok(Captured::Photo { image }) => Ok(image),
        Ok(_) => Err("an answer of another kind".to_owned()),
        Err(CaptureEnd::Fault(fault)) => Err(fault.to_string()),
        Err(end) => Err(format!("{end:?}")),
    };
    let Some(photo) = lab.check("a photo is taken", photo) else { return Ok(()) };
    let begun = Instant::now();
    let report = FaceAnalyser::new().map_err(|e| e.to_string())?.assess(&photo);
    lab.number("face_check_ms", begun.elapsed().as_millis() as u64);
    lab.number("face_score", json!(report.quality.score));
    lab.check("its face is recognised", expect(report.faces.len() == 1, || format!("{:?}", report.faces)));
    Ok(())
}

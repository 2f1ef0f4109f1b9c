#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Against programs that the test writes and a CUPS that answers from a table. The real one: `./dev lab print`.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::*;
use crate::registry::Registry;
use crate::setup::Setup;

/// What the fake CUPS says now: printer's state, its reasons, accepting; the job's state (0: it does not know the job).
#[derive(Clone)]
struct Now {
    state: i32,
    reasons: Vec<&'static str>,
    accepting: bool,
    job: i32,
}

const GOOD: Now = Now { state: 3, reasons: Vec::new(), accepting: true, job: 9 };

struct Rig {
    folder: tempfile::TempDir,
    now: Arc<Mutex<Now>>,
    setup: Setup,
}

/// Serves IPP until the test ends: what it is asked decides which of the two answers it gives.
fn serve(listener: &UnixListener, now: &Mutex<Now>) {
    while let Ok((mut line, _)) = listener.accept() {
        let mut bytes = Vec::new();
        let mut chunk = [0; 1024];
        while !bytes.ends_with(&[3]) {
            match line.read(&mut chunk) {
                Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
                _ => break,
            }
        }
        let now = now.lock().unwrap().clone();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let answer = if !text.contains("/printers/lab") {
            ipp::tests::answer(0x0406, &[])
        } else if text.contains("job-state") {
            match now.job {
                0 => ipp::tests::answer(0x0406, &[]),
                state => ipp::tests::answer(0, &[(0x23, "job-state", &state.to_be_bytes())]),
            }
        } else {
            let mut list = vec![
                (0x23, "printer-state", now.state.to_be_bytes().to_vec()),
                (0x22, "printer-is-accepting-jobs", vec![u8::from(now.accepting)]),
                (0x41, "printer-make-and-model", b"Lab Printer 1".to_vec()),
            ];
            for (index, reason) in now.reasons.iter().enumerate() {
                let name = if index == 0 { "printer-state-reasons" } else { "" };
                list.push((0x44, name, reason.as_bytes().to_vec()));
            }
            let list: Vec<(u8, &str, &[u8])> = list.iter().map(|(t, n, v)| (*t, *n, v.as_slice())).collect();
            ipp::tests::answer(0, &list)
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
        line.write_all(head.as_bytes()).and_then(|()| line.write_all(&answer)).ok();
    }
}

fn rig(more: &str) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cups.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let now = Arc::new(Mutex::new(GOOD));
    let served = now.clone();
    std::thread::Builder::new().name("fake-cups".into()).spawn(move || serve(&listener, &served)).unwrap();
    let text = format!(
        "[printer]\ndriver = \"cups\"\nserver = \"{}\"\nprograms = \"{}\"\n{more}",
        socket.display(),
        folder.path().display()
    );
    let rig = Rig { now, setup: Setup::from_toml(&text).unwrap(), folder };
    rig.program("lp", "cat > \"$0.in\"; echo \"$@\" > \"$0.args\"; env > \"$0.env\"; echo 'request id is lab-12 (0 file(s))'");
    rig.program(
        "lpstat",
        "case $1 in -e) echo other; echo lab;; -d) echo 'system default destination: lab';; esac",
    );
    rig.program("cancel", "echo \"$@\" > \"$0.args\"");
    rig
}

impl Rig {
    /// Puts a program in place; renamed, so that no open file is executed.
    fn program(&self, name: &str, script: &str) {
        let (new, path) = (self.folder.path().join("new"), self.folder.path().join(name));
        fs::write(&new, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(new, path).unwrap();
    }
    fn open(&self) -> Result<Box<dyn Printer>, DeviceFault> {
        Registry::new(false).open_printer(&self.setup, None)
    }
    fn set(&self, now: Now) {
        *self.now.lock().unwrap() = now;
    }
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

const PDF: &[u8] = b"%PDF-1.7 rekam";

#[test]
fn a_document_goes_to_lp_and_the_job_is_followed() {
    let rig = rig("queue = \"lab\"");
    let mut printer = rig.open().unwrap();
    assert_eq!(printer.info().model, "Lab Printer 1 (lab)");
    assert_eq!(printer.info().id.0, "cups-lab");
    let job = printer.print("rekam bukti; $(rm) -o x", PDF).unwrap();
    assert_eq!(job, "lab-12");
    assert_eq!(rig.read("lp.in").as_bytes(), PDF);
    assert_eq!(
        rig.read("lp.args").trim(),
        "-d lab -t rekambuktirm-ox -o media=A4 -o job-sheets=none -o fit-to-page"
    );
    let env = rig.read("lp.env");
    assert!(env.contains("LC_ALL=C\n") && env.contains("/cups.sock\n"), "{env}");

    let check = |state: i32, reasons: &[&'static str], expected: Result<PrintState, ()>| {
        rig.set(Now { job: state, reasons: reasons.to_vec(), ..GOOD });
        let mut printer = rig.open().unwrap();
        assert_eq!(printer.job("lab-12").map_err(drop), expected, "{state} {reasons:?}");
    };
    check(3, &[], Ok(PrintState::Waiting(None)));
    check(5, &["media-empty-error"], Ok(PrintState::Waiting(Some(PrintHitch::PaperOut))));
    check(5, &["media-low-warning", "none"], Ok(PrintState::Waiting(None)));
    check(4, &[], Ok(PrintState::Waiting(Some(PrintHitch::Held))));
    check(6, &["offline-report"], Ok(PrintState::Waiting(Some(PrintHitch::Offline))));
    check(7, &[], Ok(PrintState::Lost));
    check(8, &[], Ok(PrintState::Lost));
    check(9, &[], Ok(PrintState::Printed));
    check(0, &[], Ok(PrintState::Forgotten));
    check(99, &[], Err(()));
    for foreign in ["other-1", "lab-", "lab-x", "lab12", "-r"] {
        assert!(printer.job(foreign).is_err(), "{foreign}");
        assert!(printer.withdraw(foreign).is_err(), "{foreign}");
    }
    printer.withdraw("lab-12").unwrap();
    assert_eq!(rig.read("cancel.args").trim(), "-x lab-12");
    rig.program("cancel", "echo 'cancel: cancel-job failed' >&2; exit 1");
    assert!(printer.withdraw("lab-12").is_err());
}

#[test]
fn a_printer_that_cannot_print_gets_no_document() {
    let rig = rig("queue = \"lab\"");
    let check = |now: Now, expected: PrintHitch| {
        rig.set(now);
        let told = rig.open().unwrap().print("rekam", PDF);
        assert_eq!(told, Err(cannot(expected)));
        assert_eq!(rig.read("lp.in"), "", "nothing was sent");
    };
    check(Now { state: 5, ..GOOD }, PrintHitch::Stopped);
    check(Now { state: 5, reasons: vec!["paused"], ..GOOD }, PrintHitch::Stopped);
    check(Now { accepting: false, ..GOOD }, PrintHitch::Refused);
    check(Now { accepting: false, reasons: vec!["paused"], ..GOOD }, PrintHitch::Refused);
    let busy = |reasons: &[&'static str]| Now { state: 4, reasons: reasons.to_vec(), ..GOOD };
    check(busy(&["media-empty-error"]), PrintHitch::PaperOut);
    check(busy(&["x", "media-jam"]), PrintHitch::PaperJam);
    check(busy(&["cover-open-report"]), PrintHitch::CoverOpen);
    check(busy(&["marker-supply-empty-error"]), PrintHitch::InkOut);
    // Left over from the last job: the printer may have paper again, and CUPS learns that by printing only.
    rig.set(Now { reasons: vec!["media-empty-error", "offline-report"], ..GOOD });
    assert!(rig.open().unwrap().print("rekam", PDF).is_ok(), "an idle printer gets its document");
    rig.set(Now { reasons: vec!["toner-low-report", "media-low-warning", "cover-open-warning"], ..GOOD });
    assert!(rig.open().unwrap().print("rekam", PDF).is_ok(), "warnings do not stop it");
    assert!(matches!(rig.open().unwrap().print("rekam", b"text"), Err(DeviceFault::BadData { .. })));
}

#[test]
fn programs_that_behave_badly() {
    let rig = rig("queue = \"lab\"");
    let print = |script: &str| {
        rig.program("lp", script);
        rig.open().unwrap().print("rekam", PDF)
    };
    let protocol = |told: &Result<String, DeviceFault>| matches!(told, Err(DeviceFault::Protocol { .. }));
    for script in [
        "echo 'id permintaan adalah lab-12 (0 berkas)'",
        "echo 'request id is other-12 (0 file(s))'",
        "echo 'request id is lab-12x (0 file(s))'",
        "echo 'request id is lab-99999999999 (0 file(s))'",
        "printf 'request id is \\377\\376\\n'",
        "true",
    ] {
        let told = print(script);
        assert!(protocol(&told), "{script}: {told:?}");
    }
    // Endless words are cut off, what stands at their beginning counts; nobody reads the document.
    let told = print("echo 'request id is lab-7 (0 file(s))'; head -c 400000 /dev/zero | tr '\\0' x; exit 0");
    assert_eq!(told, Ok("lab-7".into()));
    assert_eq!(print("echo 'lp: Error - Zielort' >&2; exit 1"), Err(cannot(PrintHitch::Refused)));
    let killed = print("kill -9 $$");
    assert_eq!(killed, Err(cannot(PrintHitch::Refused)));
    fs::remove_file(rig.folder.path().join("lp")).unwrap();
    let missing = rig.open().unwrap().print("rekam", PDF);
    assert_eq!(missing, Err(DeviceFault::ServiceMissing { service: "cups-client".into() }));
}

#[test]
fn a_program_that_hangs_is_killed_with_its_children() {
    let rig = rig("");
    rig.program("hang", "sleep 600 & echo $! > \"$0.child\"; sleep 600");
    let programs = Programs { folder: Some(rig.folder.path().to_owned()), server: "/nowhere".into() };
    let begun = Instant::now();
    // Long enough for the shell to start the child on a busy machine.
    let told = programs.run("hang", &[], &vec![b'x'; 1 << 20], Duration::from_secs(2));
    assert!(matches!(told, Err(DeviceFault::Hung { after_ms }) if after_ms >= 2_000), "{told:?}");
    assert!(begun.elapsed() < Duration::from_secs(120));
    let child = rig.read("hang.child").trim().to_owned();
    let alive = || {
        // A zombie that nobody has waited for yet is dead all the same.
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    let until = Instant::now() + Duration::from_secs(60);
    while alive() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!child.is_empty() && !alive(), "child {child} lives on");
}

#[test]
fn queues_are_listed_and_chosen() {
    let rig = rig("");
    let registry = Registry::new(false);
    let ids = || registry.list(&rig.setup).into_iter().map(|i| i.id.0).collect::<Vec<_>>();
    // `other` is listed and unknown to the server, as a printer on the network that went away.
    assert_eq!(ids(), ["cups-lab"]);
    assert_eq!(rig.open().unwrap().info().id.0, "cups-lab");
    let choice = DeviceId("cups-nosuch".into());
    let told = registry.open_printer(&rig.setup, Some(&choice)).err();
    assert_eq!(told, Some(DeviceFault::NotFound { kind: "printer".into() }));
    rig.program("lpstat", "echo '-o lab'; echo 'rm -rf'; echo; echo Zielort öäü; exit 1");
    assert_eq!(ids(), Vec::<String>::new());
    assert_eq!(rig.open().err(), Some(DeviceFault::NotFound { kind: "printer".into() }));
    fs::remove_file(rig.folder.path().join("lpstat")).unwrap();
    assert_eq!(rig.open().err(), Some(DeviceFault::ServiceMissing { service: "cups-client".into() }));
}

#[test]
fn cups_that_is_not_there_or_says_nothing() {
    let open = |server: &str| {
        let text = format!("[printer]\ndriver = \"cups\"\nqueue = \"lab\"\nserver = \"{server}\"");
        Registry::new(false).open_printer(&Setup::from_toml(&text).unwrap(), None).err()
    };
    let missing = Some(DeviceFault::ServiceMissing { service: "cups".into() });
    assert_eq!(open("/nowhere/cups.sock"), missing);
    assert_eq!(open("127.0.0.1:1"), missing);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server(listener.local_addr().unwrap().to_string());
    let told = server.ask(Operation::PrinterAttributes, "lab", None, &[], Duration::from_millis(300));
    assert!(matches!(told, Err(DeviceFault::Hung { .. })), "{told:?}");
    // One that takes no more callers: the second one would wait for ever.
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cups.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let _first = std::os::unix::net::UnixStream::connect(&socket).unwrap();
    let server = Server(socket.to_string_lossy().into_owned());
    let told = server.ask(Operation::PrinterAttributes, "lab", None, &[], Duration::from_millis(300));
    assert!(matches!(told, Err(DeviceFault::Hung { .. })), "{told:?}");
}

/// Documents hold personal data: to another machine they go in training only.
#[test]
fn a_server_on_another_machine_is_refused_in_production() {
    let check = |server: &str, remote: bool| {
        let text = format!("[printer]\ndriver = \"cups\"\nqueue = \"lab\"\nserver = \"{server}\"");
        let setup = Setup::from_toml(&text).unwrap();
        let parameters = &setup.drivers_of(DeviceKind::Printer)[0].parameters;
        assert_eq!(remote_server(parameters).is_some(), remote, "{server}");
        let production = Registry::new(false);
        let told = production.open_printer(&setup, None).err();
        assert_eq!(told == Some(DeviceFault::InClear), remote, "{server}: {told:?}");
        let choice = DeviceId("cups-lab".into());
        assert!(production.open_printer(&setup, Some(&choice)).is_err());
        assert!(production.list(&setup).is_empty());
    };
    check("/nowhere/cups.sock", false);
    check("localhost:1", false);
    check("127.0.0.1:1", false);
    check("[::1]:1", false);
    check("print.office.example:631", true);
    check("192.0.2.7:631", true);
    check("[2001:db8::7]:631", true);
    check("127.0.0.1.example:631", true);
    check("localhost.example:631", true);
}

#[test]
fn a_queue_that_is_stopped_is_listed_with_what_keeps_it() {
    let rig = rig("queue = \"lab\"");
    let registry = Registry::new(false);
    let check = |now: Now, expected: Option<PrintHitch>| {
        rig.set(now);
        let there = registry.sightings(&FAMILY, &rig.setup);
        assert_eq!(there.iter().map(|s| s.fault.clone()).collect::<Vec<_>>(), [expected.map(cannot)]);
    };
    check(GOOD, None);
    check(Now { state: 5, ..GOOD }, Some(PrintHitch::Stopped));
    check(Now { accepting: false, ..GOOD }, Some(PrintHitch::Refused));
}

#[test]
fn parameters_are_checked() {
    let check = |text: &str, wrong: &[&str]| {
        let errors = Setup::from_toml(&format!("[printer]\ndriver = \"cups\"\n{text}")).err();
        let keys: Vec<_> =
            errors.map(|e| e.0).unwrap_or_default().iter().map(|e| e.key().to_owned()).collect();
        assert_eq!(keys, wrong, "{text}");
    };
    check("", &[]);
    check("queue = \"HP_LaserJet-1.2\"\nmedia = \"iso_a4_210x297mm\"\nserver = \"localhost:631\"", &[]);
    check("queue = \"-r\"", &["printer.queue"]);
    check("queue = \"a b\"", &["printer.queue"]);
    check("queue = \"a/../b\"", &["printer.queue"]);
    check("media = \"A4 -o raw\"\nprograms = \"bin\"", &["printer.media", "printer.programs"]);
    check("server = \"localhost\"\nhost = 1", &["printer.server", "printer.host"]);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The worker over simulated printers that hang and crash, and over the CUPS driver with programs and a server of the
//! test's own.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::sync::Mutex;

use devices::vocabulary::SIMULATED;

use super::*;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A CUPS of the test: `lp` puts documents into a folder, the server says of them what it is told to.
pub(in super::super) struct FakeCups {
    folder: tempfile::TempDir,
    now: Arc<Mutex<(&'static str, i32)>>,
    /// The queue that is stopped.
    stopped: Arc<Mutex<&'static str>>,
}

impl FakeCups {
    /// The state of a job of which the printing system says nothing any more.
    pub(in super::super) const FORGOTTEN: i32 = 0;

    pub(in super::super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("cups.sock")).unwrap();
        let now = Arc::new(Mutex::new(("none", 9)));
        let stopped = Arc::new(Mutex::new("none"));
        let (served, stops) = (now.clone(), stopped.clone());
        let serve = move || {
            while let Ok((mut line, _)) = listener.accept() {
                let mut asked = Vec::new();
                let mut chunk = [0; 1024];
                while !asked.ends_with(&[3]) {
                    match line.read(&mut chunk) {
                        Ok(count) if count > 0 => asked.extend_from_slice(&chunk[..count]),
                        _ => break,
                    }
                }
                let (reason, job) = *served.lock().unwrap();
                let asked = String::from_utf8_lossy(&asked).into_owned();
                let is_stopped = asked.contains(&format!("/printers/{} ", stops.lock().unwrap()));
                let answer = ipp(reason, job, asked.contains("job-state"), is_stopped);
                write!(line, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len()).ok();
                line.write_all(&answer).ok();
            }
        };
        std::thread::Builder::new().name("fake-cups".into()).spawn(serve).unwrap();
        let cups = Self { folder, now, stopped };
        cups.program(
            "lp",
            "n=$(ls \"$0\".* 2>/dev/null | wc -l); cat > \"$0.$n\"; echo \"$2\" >> \"$0queues\"
            echo \"request id is $2-$n (0 file(s))\"",
        );
        cups.program("cancel", "echo \"$@\" >> \"$0d\"");
        cups
    }

    fn program(&self, name: &str, script: &str) {
        let (new, path) = (self.folder.path().join("new"), self.folder.path().join(name));
        fs::write(&new, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(new, path).unwrap();
    }

    /// The set-up of a printer there.
    pub(in super::super) fn setup(&self) -> String {
        self.setup_of(&["lab"])
    }

    /// The set-up of these queues there.
    pub(in super::super) fn setup_of(&self, queues: &[&str]) -> String {
        let folder = self.folder.path().display();
        let entry = |queue: &&str| {
            format!(
                "[[printer]]\ndriver = \"cups\"\nqueue = \"{queue}\"\nserver = \"{folder}/cups.sock\"\n\
                 programs = \"{folder}\"\n"
            )
        };
        queues.iter().map(entry).collect()
    }

    /// From now on this queue is stopped, and no other.
    pub(in super::super) fn stop(&self, queue: &'static str) {
        *self.stopped.lock().unwrap() = queue;
    }

    /// The queues that documents went to, in order.
    pub(in super::super) fn queues(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("lpqueues")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// From now on the printer reports `reason`, and jobs are in state `job` (RFC 8011: 5 processing, 8 aborted,
    /// 9 completed).
    pub(in super::super) fn set(&self, reason: &'static str, job: i32) {
        *self.now.lock().unwrap() = (reason, job);
    }

    /// The documents that `lp` was given, in order.
    pub(in super::super) fn received(&self) -> Vec<Vec<u8>> {
        let read = |n: usize| fs::read(self.folder.path().join(format!("lp.{n}"))).ok();
        (0..).map_while(read).collect()
    }

    fn cancelled(&self) -> String {
        fs::read_to_string(self.folder.path().join("canceld")).unwrap_or_default()
    }
}

/// An answer of RFC 8010 on a job or on the printer.
fn ipp(reason: &str, job: i32, of_job: bool, stopped: bool) -> Vec<u8> {
    if of_job && job == FakeCups::FORGOTTEN {
        // client-error-not-found (RFC 8011 appendix B.1.4.7).
        return vec![2, 0, 4, 6, 0, 0, 0, 1, 3];
    }
    let mut out = vec![2, 0, 0, 0, 0, 0, 0, 1, if of_job { 2 } else { 4 }];
    let mut add = |tag: u8, name: &str, value: &[u8]| {
        out.push(tag);
        for part in [name.as_bytes(), value] {
            out.extend_from_slice(&(part.len() as u16).to_be_bytes());
            out.extend_from_slice(part);
        }
    };
    if of_job {
        add(0x23, "job-state", &job.to_be_bytes());
    } else {
        // Reasons are news only while something prints.
        let state: i32 = if stopped {
            5
        } else if reason == "none" {
            3
        } else {
            4
        };
        add(0x23, "printer-state", &state.to_be_bytes());
        add(0x44, "printer-state-reasons", reason.as_bytes());
        add(0x22, "printer-is-accepting-jobs", &[1]);
    }
    out.push(3);
    out
}

const QUICK: Patience = Patience {
    call: Duration::from_secs(20),
    look: Duration::from_millis(20),
    job: Duration::from_millis(300),
};

struct Rig {
    jobs: Option<SyncSender<PrintJob>>,
    answers: Receiver<Answer>,
    stop: Arc<AtomicBool>,
    registry: Arc<Registry>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Rig {
    fn new(setup: &str, patience: Patience) -> Self {
        let registry = Arc::new(Registry::new(true));
        let (out, answers) = Outbox::new(Arc::new(|| {}));
        let stop = Arc::new(AtomicBool::new(false));
        let worker = PrintWorker {
            registry: registry.clone(),
            setup: Arc::new(Setup::from_toml(setup).unwrap()),
            patience,
            stop: stop.clone(),
            out,
        };
        let (jobs, inbox) = sync_channel(8);
        let thread = std::thread::Builder::new().name("printing".into()).spawn(move || worker.run(&inbox));
        Self { jobs: Some(jobs), answers, stop, registry, thread: Some(thread.unwrap()) }
    }

    fn give(&self, number: u128) {
        let pdf: Arc<[u8]> = format!("%PDF-1.7 document {number}").into_bytes().into();
        self.give_to(number, pdf, None);
    }

    fn give_to(&self, number: u128, pdf: Arc<[u8]>, printer: Option<DeviceId>) {
        let job = PrintJob { document: Uuid::from_u128(number), title: "rekam-bukti", pdf, printer };
        self.jobs.as_ref().unwrap().send(job).unwrap();
    }

    fn next(&self, number: u128) -> PrintProgress {
        match self.answers.recv_timeout(PATIENCE) {
            Ok(Answer::Printing { document, progress }) => {
                assert_eq!(document, Uuid::from_u128(number));
                progress
            }
            _ => panic!("no word of document {number}"),
        }
    }

    /// What is told of a document until nothing more comes.
    fn told(&self, number: u128) -> Vec<PrintProgress> {
        let mut all = vec![self.next(number)];
        while !all.last().unwrap().is_over() {
            all.push(self.next(number));
        }
        all
    }

    fn printed(&self, number: u128) -> Vec<PrintProgress> {
        self.give(number);
        self.told(number)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.jobs = None;
        self.registry.simulation().release_hangs();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn cannot(hitch: PrintHitch) -> PrintProgress {
    PrintProgress::NotPrinted(DeviceFault::CannotPrint { detail: hitch.id().to_owned() })
}

#[test]
fn a_document_is_followed_until_it_is_printed() {
    let cups = FakeCups::new();
    let rig = Rig::new(&cups.setup(), Patience { job: PATIENCE, ..QUICK });
    assert_eq!(rig.printed(1), [PrintProgress::Sending, PrintProgress::Printed]);
    assert_eq!(cups.received(), [b"%PDF-1.7 document 1"]);
    // Paper runs out on the way and is filled up.
    cups.set("none", 5);
    rig.give(2);
    assert_eq!(rig.next(2), PrintProgress::Sending);
    assert_eq!(rig.next(2), PrintProgress::Waiting(None));
    cups.set("media-empty-error", 5);
    assert_eq!(rig.next(2), PrintProgress::Waiting(Some(PrintHitch::PaperOut)));
    cups.set("none", 9);
    assert_eq!(rig.told(2).last(), Some(&PrintProgress::Printed));
    assert_eq!(cups.cancelled(), "");
    cups.set("none", 8);
    assert_eq!(rig.printed(3).last(), Some(&cannot(PrintHitch::GivenUp)));
}

#[test]
fn a_job_that_takes_too_long_is_taken_back() {
    let cups = FakeCups::new();
    let rig = Rig::new(&cups.setup(), QUICK);
    cups.set("none", 5);
    assert_eq!(rig.printed(1).last(), Some(&cannot(PrintHitch::TooLong)));
    assert_eq!(cups.cancelled(), "-x lab-0\n");
    // The printer was stopped before: the document does not leave the station at all.
    cups.set("cover-open-error", 9);
    assert_eq!(rig.printed(2), [PrintProgress::Sending, cannot(PrintHitch::CoverOpen)]);
    assert_eq!(cups.received().len(), 1);
    cups.set("none", 9);
    assert_eq!(rig.printed(3).last(), Some(&PrintProgress::Printed));
}

#[test]
fn a_document_goes_to_the_printer_that_was_chosen() {
    let cups = FakeCups::new();
    let rig = Rig::new(&cups.setup_of(&["lab", "other"]), QUICK);
    let to = |number: u128, queue: &str| {
        let pdf: Arc<[u8]> = b"%PDF-1.7".to_vec().into();
        rig.give_to(number, pdf, Some(DeviceId(format!("cups-{queue}"))));
        rig.told(number).pop().unwrap()
    };
    assert_eq!(to(1, "other"), PrintProgress::Printed);
    assert_eq!(to(2, "lab"), PrintProgress::Printed);
    assert_eq!(cups.queues(), ["other", "lab"]);
    // Never another one than the one that was chosen.
    cups.stop("other");
    assert_eq!(to(3, "other"), cannot(PrintHitch::Stopped));
    let missing = DeviceFault::NotFound { kind: "printer".into() };
    assert_eq!(to(4, "nowhere"), PrintProgress::NotPrinted(missing));
    assert_eq!(cups.queues().len(), 2);
    // CUPS is gone: that is said, not that the printer is.
    fs::remove_file(cups.folder.path().join("cups.sock")).unwrap();
    for (number, queue) in [(5, "lab"), (6, "other")] {
        let gone = DeviceFault::ServiceMissing { service: "cups".into() };
        assert_eq!(to(number, queue), PrintProgress::NotPrinted(gone));
    }
}

fn simulated(script: &str) -> String {
    format!("[printer]\ndriver = \"{SIMULATED}\"\ncapture_ms = 1\nscript = {script}\n")
}

#[test]
fn printers_that_crash_fail_or_are_not_there() {
    let rig = Rig::new(&simulated("[\"crash\", \"fault:busy\", \"ok\"]"), QUICK);
    let last = |number| rig.printed(number).pop().unwrap();
    assert_eq!(last(1), PrintProgress::NotPrinted(DeviceFault::Crashed));
    assert_eq!(last(2), PrintProgress::NotPrinted(DeviceFault::Busy));
    assert_eq!(last(3), PrintProgress::Printed);
    let none = Rig::new("", QUICK);
    let missing = DeviceFault::NotFound { kind: "printer".into() };
    assert_eq!(none.printed(1).pop(), Some(PrintProgress::NotPrinted(missing)));
}

#[test]
fn a_printer_that_hangs_holds_up_nothing() {
    let patience = Patience { call: Duration::from_secs(2), ..QUICK };
    let rig = Rig::new(&simulated("[\"hang\", \"ok\", \"hang\", \"hang\", \"hang\", \"ok\"]"), patience);
    let hung = |told: &PrintProgress| matches!(told, PrintProgress::NotPrinted(DeviceFault::Hung { .. }));
    assert!(hung(&rig.printed(1).pop().unwrap()));
    assert_eq!(rig.printed(2).pop(), Some(PrintProgress::Printed), "the next one is printed");
    for number in 3..=5 {
        assert!(hung(&rig.printed(number).pop().unwrap()));
    }
    // Four threads hang: no more are started.
    assert!(matches!(rig.printed(6).as_slice(), [told] if hung(told)));
}

#[test]
fn closing_the_station_takes_the_job_back_and_waits_for_no_printer() {
    let cups = FakeCups::new();
    let mut rig = Rig::new(&cups.setup(), Patience { job: Duration::from_secs(600), ..QUICK });
    cups.set("none", 5);
    rig.give(1);
    rig.give(2);
    assert_eq!(rig.next(1), PrintProgress::Sending);
    assert_eq!(rig.next(1), PrintProgress::Waiting(None));
    let begun = Instant::now();
    rig.stop.store(true, Ordering::Release);
    rig.jobs = None;
    rig.thread.take().unwrap().join().unwrap();
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(cups.received().len(), 1, "the second was not begun");
    assert_eq!(cups.cancelled(), "-x lab-0\n", "nothing of it stays in the spooler");
}

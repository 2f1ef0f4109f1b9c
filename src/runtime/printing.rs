//! The print worker: takes documents one after the other to the printer that is in use and follows each job to its end.
//! What the driver does runs on a thread per document, which is left alone when it hangs; so a printer can hold up
//! neither the station nor the documents behind it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use devices::registry::Registry;
use devices::setup::Setup;
use devices::vocabulary::{DeviceFault, DeviceId, PrintHitch, PrintState};
use uuid::Uuid;

use super::station::PrintProgress;
use super::workers::{Answer, Outbox};

/// Threads that may hang at the same time; then nothing is printed until the program is restarted.
const ABANDONED_MAX: usize = 4;
/// Longest sleep of the worker, so that the station can be closed.
const SLICE: Duration = Duration::from_millis(100);
/// How long the closing of the station waits for a job to be taken back from the spooler.
const TAKE_BACK: Duration = Duration::from_secs(2);

/// A document to be printed.
pub(super) struct PrintJob {
    pub(super) document: Uuid,
    /// Kind of document; never a name.
    pub(super) title: &'static str,
    pub(super) pdf: Arc<[u8]>,
    /// The printer of the device list; without one the first that is there.
    pub(super) printer: Option<DeviceId>,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// One call of the driver; afterwards it hangs.
    pub(super) call: Duration,
    /// Time between two looks at a job.
    pub(super) look: Duration,
    /// From sending to printed; afterwards the job is taken back and the document waits in the vault.
    pub(super) job: Duration,
}

impl Patience {
    pub(super) const PRINTER: Self =
        Self { call: Duration::from_secs(60), look: Duration::from_secs(1), job: Duration::from_secs(120) };
}

/// The worker.
pub(super) struct PrintWorker {
    pub(super) registry: Arc<Registry>,
    pub(super) setup: Arc<Setup>,
    pub(super) patience: Patience,
    /// Set when the station is closed: nothing new is begun.
    pub(super) stop: Arc<AtomicBool>,
    pub(super) out: Outbox,
}

impl PrintWorker {
    /// Serves jobs until the shell is gone.
    pub(super) fn run(self, jobs: &Receiver<PrintJob>) {
        let hanging = Arc::new(());
        while let Ok(job) = jobs.recv() {
            if self.stop.load(Ordering::Acquire) {
                // What is left is in the vault and printed another time.
                return;
            }
            let document = job.document;
            if !self.serve(job, &hanging, &|progress| self.out.send(Answer::Printing { document, progress }))
            {
                return;
            }
        }
    }

    /// Prints one document. False when the shell is gone. Each thread that runs holds a clone of `hanging`.
    fn serve(&self, job: PrintJob, hanging: &Arc<()>, tell: &dyn Fn(PrintProgress) -> bool) -> bool {
        let hung = |after: Duration| {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            PrintProgress::NotPrinted(DeviceFault::Hung { after_ms })
        };
        if Arc::strong_count(hanging) > ABANDONED_MAX {
            return tell(hung(self.patience.call));
        }
        let (beat, beats) = sync_channel(4);
        let cancel = Arc::new(AtomicBool::new(false));
        let thread = PrintThread {
            registry: self.registry.clone(),
            setup: self.setup.clone(),
            patience: self.patience,
            cancel: cancel.clone(),
            beat,
        };
        let counted = hanging.clone();
        let work = move || {
            thread.run(&job);
            drop(counted);
        };
        if let Err(e) = std::thread::Builder::new().name("printer".to_owned()).spawn(work) {
            tracing::error!("thread of the printer: {e}");
            return tell(PrintProgress::NotPrinted(DeviceFault::Busy));
        }
        let mut heard = Instant::now();
        let mut told = PrintProgress::Queued;
        loop {
            // Looked at before every beat: a printer that beats fast must not hide it.
            if self.stop.load(Ordering::Acquire) {
                take_back(&cancel, &beats);
                return false;
            }
            match beats.recv_timeout(SLICE) {
                Ok(progress) => {
                    heard = Instant::now();
                    let over = progress.is_over();
                    if progress != told && !tell(progress.clone()) {
                        take_back(&cancel, &beats);
                        return false;
                    }
                    if over {
                        return true;
                    }
                    told = progress;
                }
                Err(RecvTimeoutError::Timeout) if heard.elapsed() < self.patience.call => {}
                Err(RecvTimeoutError::Timeout) => {
                    cancel.store(true, Ordering::Release);
                    tracing::warn!("printer abandoned");
                    return tell(hung(heard.elapsed()));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return tell(PrintProgress::NotPrinted(DeviceFault::Crashed));
                }
            }
        }
    }
}

/// Lets go of a document because the station is closed, and waits a moment for its job to be taken back.
fn take_back(cancel: &AtomicBool, beats: &Receiver<PrintProgress>) {
    cancel.store(true, Ordering::Release);
    let until = Instant::now() + TAKE_BACK;
    while let Ok(progress) = beats.recv_timeout(until.saturating_duration_since(Instant::now())) {
        if progress.is_over() {
            return;
        }
    }
}

/// The thread of one document.
struct PrintThread {
    registry: Arc<Registry>,
    setup: Arc<Setup>,
    patience: Patience,
    /// Nobody waits for it any more.
    cancel: Arc<AtomicBool>,
    beat: SyncSender<PrintProgress>,
}

impl PrintThread {
    fn run(&self, job: &PrintJob) {
        let work = AssertUnwindSafe(|| self.print(job));
        let ended = catch_unwind(work).unwrap_or(Err(DeviceFault::Crashed));
        self.beat.send(ended.unwrap_or_else(PrintProgress::NotPrinted)).ok();
    }

    /// Says that the driver has come back. False when nobody waits any more.
    fn beat(&self, progress: PrintProgress) -> bool {
        !self.cancel.load(Ordering::Acquire) && self.beat.send(progress).is_ok()
    }

    /// The time between two looks; over at once when nobody waits any more.
    fn pause(&self) {
        let until = Instant::now() + self.patience.look;
        while !self.cancel.load(Ordering::Acquire) && Instant::now() < until {
            std::thread::sleep(SLICE.min(until.saturating_duration_since(Instant::now())));
        }
    }

    fn print(&self, job: &PrintJob) -> Result<PrintProgress, DeviceFault> {
        let given_up = |hitch: PrintHitch| DeviceFault::CannotPrint { detail: hitch.id().to_owned() };
        self.beat(PrintProgress::Sending);
        let mut printer = self.registry.open_printer(&self.setup, job.printer.as_ref())?;
        if !self.beat(PrintProgress::Sending) {
            return Err(DeviceFault::Busy);
        }
        let name = printer.print(job.title, &job.pdf)?;
        let sent = Instant::now();
        let mut hitch = None;
        loop {
            match printer.job(&name) {
                Ok(PrintState::Printed) => return Ok(PrintProgress::Printed),
                Ok(PrintState::Forgotten) => return Ok(PrintProgress::Sent),
                Ok(PrintState::Lost) => return Err(given_up(PrintHitch::GivenUp)),
                Ok(PrintState::Waiting(why)) => hitch = why,
                // The printing system may be restarted meanwhile: the job is asked for again.
                Err(fault) => tracing::warn!(code = fault.code(), "state of a print job"),
            }
            if !self.beat(PrintProgress::Waiting(hitch)) {
                // Nobody waits for it any more, and it may not lie in the spooler: the vault has it.
                printer.withdraw(&name)?;
                return Err(DeviceFault::Busy);
            }
            if sent.elapsed() >= self.patience.job {
                break;
            }
            self.pause();
        }
        // It may not lie in the spooler: the vault has it.
        match printer.withdraw(&name) {
            Ok(()) => Err(given_up(hitch.unwrap_or(PrintHitch::TooLong))),
            Err(fault) => {
                self.beat(PrintProgress::Waiting(hitch));
                match printer.job(&name) {
                    Ok(PrintState::Printed) => Ok(PrintProgress::Printed),
                    _ => Err(fault),
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "printing_tests.rs"]
pub(super) mod tests;

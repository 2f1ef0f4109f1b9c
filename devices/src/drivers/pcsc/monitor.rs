//! Watches readers and cards on a thread with a context of its own, and waits for a service that is not there.
//!
//! The thread is not cancelled but looks at its flag at least every [`WAIT`]: cancelling around a timeout gives invalid
//! handles (LudovicRousseau/PCSC, issue 160), and with a service that hangs the cancel would hang as well.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::pcsc::Error;

use super::service::{Seen, Service};
use crate::vocabulary::DeviceFault;

/// Longest wait of one look.
pub(super) const WAIT: Duration = Duration::from_secs(2);
/// Time after which a look that has not come back means that the service hangs.
const STALE: Duration = Duration::from_secs(8);
/// First and longest pause before the service is asked again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// Readers that are kept; pcscd has 16 at most.
const READERS_MAX: usize = 64;
/// Pause after a look that failed while the service is there.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// A reader that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reader {
    /// Counts how often it came.
    pub(super) arrival: u64,
    /// True when a card lies on it.
    pub(super) card: bool,
}

/// What is known.
#[derive(Debug)]
struct Known {
    /// None before the first look.
    service: Option<Result<(), DeviceFault>>,
    readers: BTreeMap<String, Reader>,
    arrivals: u64,
    looked_at: Instant,
    stop: bool,
}

#[derive(Debug)]
struct Shared {
    known: Mutex<Known>,
    changed: Condvar,
}

/// The monitor. Dropping it lets its thread end.
#[derive(Debug)]
pub(super) struct Monitor {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

impl Monitor {
    /// Starts watching.
    ///
    /// # Errors
    /// The operating system's error when there is no thread.
    pub(super) fn start(service: Arc<dyn Service>) -> std::io::Result<Self> {
        let known = Known {
            service: None,
            readers: BTreeMap::new(),
            arrivals: 0,
            looked_at: Instant::now(),
            stop: false,
        };
        let shared = Arc::new(Shared { known: Mutex::new(known), changed: Condvar::new() });
        let of_thread = shared.clone();
        let work = move || watch(&of_thread, service.as_ref());
        let thread = std::thread::Builder::new().name("pcsc-monitor".to_owned()).spawn(work)?;
        Ok(Self { shared, thread })
    }

    /// True when the thread has crashed.
    pub(super) fn is_dead(&self) -> bool {
        self.thread.is_finished()
    }

    /// The readers that are there, after the first look or `wait`.
    ///
    /// # Errors
    /// [`DeviceFault`] of the service.
    pub(super) fn readers(&self, wait: Duration) -> Result<BTreeMap<String, Reader>, DeviceFault> {
        let known = lock(&self.shared.known);
        let unknown = |known: &mut Known| known.service.is_none();
        let known = self.shared.changed.wait_timeout_while(known, wait, unknown);
        let known = known.unwrap_or_else(PoisonError::into_inner).0;
        let stale = known.looked_at.elapsed();
        match &known.service {
            Some(Err(fault)) => Err(fault.clone()),
            // Silent for longer than a look may last: the service hangs, what it said before is no longer true.
            _ if stale > STALE || known.service.is_none() => {
                Err(DeviceFault::Hung { after_ms: stale.as_millis() as u64 })
            }
            _ => Ok(known.readers.clone()),
        }
    }

    /// Waits until `enough` of what is there, at most `wait`; true when it is.
    pub(super) fn wait_until(
        &self,
        wait: Duration,
        enough: impl Fn(&Result<&BTreeMap<String, Reader>, ()>) -> bool,
    ) -> bool {
        let view = |known: &Known| match &known.service {
            Some(Ok(())) => enough(&Ok(&known.readers)),
            _ => enough(&Err(())),
        };
        let known = lock(&self.shared.known);
        let known = self.shared.changed.wait_timeout_while(known, wait, |known| !view(known));
        view(&known.unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        lock(&self.shared.known).stop = true;
        self.shared.changed.notify_all();
    }
}

// State is whole after each statement: poison is no news.
fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch(shared: &Shared, service: &dyn Service) {
    let mut pause = BACK_OFF.0;
    loop {
        let error = match service.watch() {
            Ok(mut watch) => {
                let mut timeout = Duration::ZERO;
                loop {
                    match watch.look(timeout) {
                        Ok(seen) => {
                            pause = BACK_OFF.0;
                            if !shared.tell(seen) {
                                return;
                            }
                        }
                        // Whatever went wrong, the readers are listed anew in a new context.
                        Err(e) => break e,
                    }
                    timeout = WAIT;
                }
            }
            Err(e) => e,
        };
        let missing = matches!(error, Error::NoService | Error::ServiceStopped | Error::Shutdown);
        tracing::debug!(error = error as u32, "card readers cannot be watched");
        let wait = if missing { pause } else { AFTER_ERROR.max(pause / 2) };
        pause = (pause * 2).min(BACK_OFF.1);
        if !shared.lost(super::fault_of_service(error), wait) {
            return;
        }
    }
}

impl Shared {
    /// Takes note of a look; false when the monitor is to end.
    fn tell(&self, seen: Vec<Seen>) -> bool {
        let mut known = lock(&self.known);
        let before = std::mem::take(&mut known.readers);
        for seen in seen.into_iter().take(READERS_MAX) {
            let arrival = match before.get(&seen.name) {
                Some(reader) => reader.arrival,
                None => {
                    known.arrivals += 1;
                    known.arrivals
                }
            };
            known.readers.insert(seen.name, Reader { arrival, card: seen.card });
        }
        known.service = Some(Ok(()));
        known.looked_at = Instant::now();
        self.changed.notify_all();
        !known.stop
    }

    /// Takes note that the service is lost, and waits; false when the monitor is to end.
    fn lost(&self, fault: DeviceFault, wait: Duration) -> bool {
        let mut known = lock(&self.known);
        // Readers that come back are new arrivals: their connections are gone.
        known.readers.clear();
        known.service = Some(Err(fault));
        known.looked_at = Instant::now();
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(known, wait, |known| !known.stop);
        let mut known = waited.unwrap_or_else(PoisonError::into_inner).0;
        known.looked_at = Instant::now();
        !known.stop
    }
}

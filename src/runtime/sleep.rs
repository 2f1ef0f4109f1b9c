//! Sleep and lid: before the machine sleeps the keys leave its memory, which would else lie in it, or on the disk, for
//! whoever takes the machine away.
//!
//! logind (org.freedesktop.login1) is asked for a delay inhibitor; `PrepareForSleep(true)` locks the station, and the
//! inhibitor is given back once the keys are gone. A closed lid locks in the same way: its property sends no signal, so
//! it is asked for. What watches is a trait, so that tests say what happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::Builder;
use std::time::Duration;

use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedFd, OwnedValue};

use super::workers::{Answer, Outbox};

const SERVICE: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
/// How long sleep is held off at most: logind goes on after 5 s (InhibitDelayMaxSec) whether or not it is given back.
const HOLD: Duration = Duration::from_secs(4);
/// How often the lid is asked for.
const LID_EVERY: Duration = Duration::from_secs(2);

/// What happens to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happens {
    /// It is about to sleep.
    Sleeps,
    /// It woke.
    Wakes,
}

/// Keeps the machine awake while it lives.
type Hold = Box<dyn Send>;

/// What tells of sleep.
trait Sleeper: Send {
    /// Asks to be waited for before the next sleep.
    fn hold(&mut self) -> Option<Hold>;
    /// Waits for what happens next; none when nothing will.
    fn next(&mut self) -> Option<Happens>;
}

/// Locks before each sleep, until the sleeper has no more to tell. `lock` returns once the keys are gone.
fn watch(sleeper: &mut dyn Sleeper, lock: &dyn Fn(&'static str)) {
    let mut hold = sleeper.hold();
    while let Some(happens) = sleeper.next() {
        match happens {
            Happens::Sleeps => {
                lock("sleep");
                drop(hold.take());
            }
            Happens::Wakes => hold = sleeper.hold(),
        }
    }
}

/// Locks each time that the lid is closed, until `ended`.
fn watch_lid(
    closed: &mut dyn FnMut() -> Option<bool>,
    pause: &dyn Fn() -> bool,
    lock: &dyn Fn(&'static str),
) {
    let mut was_closed = false;
    while pause() {
        // logind may be starting anew: it is asked again.
        let Some(is_closed) = closed() else { continue };
        if is_closed && !was_closed {
            lock("lid");
        }
        was_closed = is_closed;
    }
}

/// logind over D-Bus.
struct Logind {
    manager: Proxy<'static>,
    signals: zbus::blocking::proxy::SignalIterator<'static>,
}

impl Logind {
    fn new(connection: &Connection) -> zbus::Result<Self> {
        let manager = Proxy::new(connection, SERVICE, PATH, MANAGER)?;
        let signals = manager.receive_signal("PrepareForSleep")?;
        Ok(Self { manager, signals })
    }
}

impl Sleeper for Logind {
    fn hold(&mut self) -> Option<Hold> {
        let asked = ("sleep", "rekam", "keys leave the memory", "delay");
        match self.manager.call::<_, _, OwnedFd>("Inhibit", &asked) {
            Ok(fd) => Some(Box::new(fd)),
            Err(error) => {
                tracing::warn!(%error, "sleep cannot be held off");
                None
            }
        }
    }

    fn next(&mut self) -> Option<Happens> {
        loop {
            // A signal of another form is none that is waited for.
            if let Ok(begins) = self.signals.next()?.body().deserialize::<bool>() {
                return Some(if begins { Happens::Sleeps } else { Happens::Wakes });
            }
        }
    }
}

/// Whether the lid is closed, as logind knows it now; none when it cannot be asked.
fn lid_closed(connection: &Connection) -> Option<bool> {
    let properties = Some("org.freedesktop.DBus.Properties");
    let answer =
        connection.call_method(Some(SERVICE), PATH, properties, "Get", &(MANAGER, "LidClosed")).ok()?;
    let value: OwnedValue = answer.body().deserialize().ok()?;
    bool::try_from(value).ok()
}

fn system_bus() -> Result<Connection, String> {
    Connection::system().map_err(|e| e.to_string())
}

/// Whether sleep and lid would be noticed on this machine, for `rekam doctor`.
///
/// # Errors
/// Why not: no system bus, no logind on it.
pub fn check() -> Result<(), String> {
    lid_closed(&system_bus()?).map(|_| ()).ok_or_else(|| "logind does not answer".to_owned())
}

/// The watching threads; they end when it is dropped.
#[derive(Debug)]
pub(super) struct SleepWatch {
    connection: Option<Connection>,
    ended: Arc<AtomicBool>,
}

impl Drop for SleepWatch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // The thread that waits for signals gets no more and ends.
        if let Some(connection) = self.connection.take() {
            connection.close().ok();
        }
    }
}

/// Gives the station the lock and waits until the keys are gone, or sleep can be held off no longer.
fn lock_by(out: &Outbox, why: &'static str) {
    let (ready, told) = sync_channel(1);
    if out.send(Answer::Sleep { why, ready }) && told.recv_timeout(HOLD).is_err() {
        tracing::warn!(why, "the machine sleeps before the keys are known to be gone");
    }
}

/// Starts to watch, on a thread of its own: a bus that does not answer holds nobody up. The answer is
/// [`Answer::SleepWatched`] with the watch, or why it cannot be had here.
///
/// # Errors
/// No thread could be started.
pub(super) fn start(out: &Outbox) -> std::io::Result<()> {
    let out = out.clone();
    let begin = move || {
        let begun = system_bus().and_then(|connection| {
            lid_closed(&connection).ok_or_else(|| "logind does not answer".to_owned())?;
            start_on(connection, &out)
        });
        out.send(Answer::SleepWatched(begun));
    };
    Builder::new().name("sleep-start".to_owned()).spawn(begin).map(drop)
}

fn start_on(connection: Connection, out: &Outbox) -> Result<SleepWatch, String> {
    let mut logind = Logind::new(&connection).map_err(|e| e.to_string())?;
    let ended = Arc::new(AtomicBool::new(false));
    let (to_sleep, to_lid, over) = (out.clone(), out.clone(), ended.clone());
    let signals = Builder::new().name("sleep".to_owned());
    let watch_signals = move || {
        watch(&mut logind, &|why| lock_by(&to_sleep, why));
        if !over.load(Ordering::Acquire) {
            to_sleep.send(Answer::SleepWatched(Err("the system bus has ended".to_owned())));
        }
    };
    signals.spawn(watch_signals).map_err(|e| e.to_string())?;
    let (asked, over) = (connection.clone(), ended.clone());
    let pause = move || {
        std::thread::sleep(LID_EVERY);
        !over.load(Ordering::Acquire)
    };
    let lid = Builder::new().name("lid".to_owned());
    let started =
        lid.spawn(move || watch_lid(&mut || lid_closed(&asked), &pause, &|why| lock_by(&to_lid, why)));
    started.map_err(|e| e.to_string())?;
    Ok(SleepWatch { connection: Some(connection), ended })
}

#[cfg(test)]
#[path = "sleep_tests.rs"]
mod tests;

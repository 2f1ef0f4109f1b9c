//! The state of simulated devices, kept outside of the opened devices: a script goes on where it was when a
//! crashed or abandoned device is opened again.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use toml::Table;

use super::parameters::SimulatedParameters;
use super::script::{Action, Script};
use crate::setup::{DriverParameters, SetupErrors};
use crate::vocabulary::{DeviceFault, DeviceKind};

/// Longest time that a `hang` lasts, so that no test or demo leaks a thread for ever.
pub const HANG_MAX: Duration = Duration::from_secs(120);
/// Documents that a printer without a folder keeps; older ones go.
pub const PRINTED_MAX: usize = 16;

/// Every simulated device of one registry. Dropping it ends hangs that are under way.
#[derive(Debug, Default)]
pub struct Simulation {
    slots: Mutex<BTreeMap<(DeviceKind, u64), Arc<Slot>>>,
    hang: Arc<HangGate>,
}

impl Simulation {
    /// Unplugs the first device of a kind by hand, until [`Simulation::replug`]. False when it was never opened
    /// or listed.
    pub fn unplug(&self, kind: DeviceKind) -> bool {
        self.with(kind, |state| state.unplug(None))
    }

    /// Plugs the device of a kind in again.
    pub fn replug(&self, kind: DeviceKind) -> bool {
        self.with(kind, State::replug)
    }

    /// What the printer has in memory: job name, title and PDF, oldest first.
    #[must_use]
    pub fn printed(&self) -> Vec<PrintJob> {
        let slot = lock(&self.slots).get(&(DeviceKind::Printer, 1)).cloned();
        slot.map(|slot| lock(&slot.state).printed.clone()).unwrap_or_default()
    }

    /// Ends every hang that is under way; later ones end at once.
    pub fn release_hangs(&self) {
        self.hang.release();
    }

    pub(super) fn hang_gate(&self) -> Arc<HangGate> {
        self.hang.clone()
    }

    /// The slot of a kind, with its script from the beginning where the parameters are others than before.
    pub(super) fn slot(&self, kind: DeviceKind, table: &Table) -> Result<Arc<Slot>, SetupErrors> {
        let mut slots = lock(&self.slots);
        let same = |slot: &&Arc<Slot>| slot.kind == kind && slot.table == *table;
        if let Some(slot) = slots.values().find(same) {
            return Ok(slot.clone());
        }
        let parameters = SimulatedParameters::read(kind, table).map_err(SetupErrors)?;
        let number = parameters.number;
        let state = State { script: parameters.script.clone(), ..State::default() };
        let slot = Arc::new(Slot { kind, table: table.clone(), parameters, state: Mutex::new(state) });
        slots.insert((kind, number), slot.clone());
        Ok(slot)
    }

    fn with(&self, kind: DeviceKind, change: impl FnOnce(&mut State)) -> bool {
        let slot = lock(&self.slots).get(&(kind, 1)).cloned();
        slot.is_some_and(|slot| {
            change(&mut lock(&slot.state));
            true
        })
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        self.hang.release();
    }
}

/// A document that was printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// Name of the job.
    pub name: String,
    /// Title that was given with it.
    pub title: String,
    /// The document.
    pub pdf: Vec<u8>,
}

impl std::fmt::Debug for PrintJob {
    // Title and document hold personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrintJob({}, {} bytes)", self.name, self.pdf.len())
    }
}

/// One simulated device: parameters and what has happened to it so far.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) kind: DeviceKind,
    table: Table,
    pub(super) parameters: SimulatedParameters,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    script: Script,
    plug: Plug,
    replugged: u64,
    captures: u64,
    printed: Vec<PrintJob>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Plug {
    #[default]
    In,
    Out {
        back_at: Option<Instant>,
    },
}

impl State {
    fn unplug(&mut self, after_ms: Option<u64>) {
        let back_at = after_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        self.plug = Plug::Out { back_at };
    }

    fn replug(&mut self) {
        if self.plug != Plug::In {
            self.plug = Plug::In;
            self.replugged += 1;
        }
    }

    /// Plugs in when the time has come; true when plugged in.
    fn is_in(&mut self) -> bool {
        if let Plug::Out { back_at: Some(at) } = self.plug
            && Instant::now() >= at
        {
            self.replug();
        }
        self.plug == Plug::In
    }
}

impl Slot {
    /// How often it was plugged in; `None` while it is not.
    pub(super) fn arrival(&self) -> Option<u64> {
        let mut state = lock(&self.state);
        state.is_in().then_some(state.replugged + 1)
    }

    /// True while it is plugged in.
    pub(super) fn is_in(&self) -> bool {
        lock(&self.state).is_in()
    }

    /// The action for a call with these names. An unplug, and every call while unplugged, is a fault.
    pub(super) fn next_action(&self, names: &[String]) -> Result<Action, DeviceFault> {
        let mut state = lock(&self.state);
        let mut action = state.script.take(names).unwrap_or(Action::Ok);
        while action == Action::Replug {
            state.replug();
            action = state.script.take(names).unwrap_or(Action::Ok);
        }
        self.plugged(&mut state, action)
    }

    /// The action for a call that takes bound elements only.
    pub(super) fn next_bound_action(&self, name: &str) -> Result<Action, DeviceFault> {
        let mut state = lock(&self.state);
        let action = state.script.take_bound(&[name.to_owned()]).unwrap_or(Action::Ok);
        if action == Action::Replug {
            state.replug();
            return Ok(Action::Ok);
        }
        self.plugged(&mut state, action)
    }

    fn plugged(&self, state: &mut State, action: Action) -> Result<Action, DeviceFault> {
        if !state.is_in() {
            return Err(DeviceFault::Unplugged);
        }
        if let Action::Unplug(after_ms) = action {
            state.unplug(after_ms.or(self.parameters.replug_after_ms));
            return Err(DeviceFault::Unplugged);
        }
        Ok(action)
    }

    /// Numbers the captures from 1, over all openings.
    pub(super) fn count_capture(&self) -> u64 {
        let mut state = lock(&self.state);
        state.captures += 1;
        state.captures
    }

    pub(super) fn keep_printed(&self, job: PrintJob) {
        let mut state = lock(&self.state);
        if state.printed.len() == PRINTED_MAX {
            state.printed.remove(0);
        }
        state.printed.push(job);
    }
}

/// Where hanging devices wait.
#[derive(Debug, Default)]
pub(super) struct HangGate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl HangGate {
    /// Hangs until released, at most [`HANG_MAX`].
    pub(super) fn hang(&self) -> DeviceFault {
        let start = Instant::now();
        let mut open = lock(&self.open);
        while !*open {
            let left = HANG_MAX.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            open = self.opened.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        DeviceFault::Hung { after_ms: start.elapsed().as_millis() as u64 }
    }

    fn release(&self) {
        *lock(&self.open) = true;
        self.opened.notify_all();
    }
}

// A scripted crash never happens under a lock, and state is whole after each statement: poison is no news.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

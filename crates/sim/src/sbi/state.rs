//! What the connections share: devices and their states, planned faults, the gate that ends everything.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::control::{CALLS_MAX, Call, Fault, Oddities, Person, Plan};
use super::keys::Keys;
use super::service::Options;
use super::studio::Studio;
use super::wire::{Method, Modality, Refusal, Status};

/// One device of the service.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) modality: Modality,
    /// As it was set; see [`Device::shown`].
    pub(super) status: Status,
    pub(super) score: Option<String>,
    pub(super) delays: BTreeMap<Method, Duration>,
    pub(super) stream: Option<Stream>,
    pub(super) capturing: bool,
}

/// A stream that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stream {
    /// Tells it from later streams of the device.
    pub(super) number: u64,
    pub(super) sub_id: String,
}

impl Device {
    fn new(modality: Modality) -> Self {
        Self {
            modality,
            status: Status::Ready,
            score: None,
            delays: BTreeMap::new(),
            stream: None,
            capturing: false,
        }
    }

    /// The state that others see: one that is ready is busy while it streams or captures.
    pub(super) fn shown(&self) -> Status {
        let used = self.stream.is_some() || self.capturing;
        if self.status == Status::Ready && used { Status::Busy } else { self.status }
    }

    /// Serial number, which is the device code as well.
    pub(super) fn serial(&self) -> String {
        format!("REKAM-SIM-{}-01", self.modality.wire().to_ascii_uppercase())
    }

    /// The id of the device: the same in every run.
    pub(super) fn id(&self) -> String {
        hex::encode(&Sha256::digest(self.serial().as_bytes())[..16])
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) devices: Vec<Device>,
    pub(super) person: Person,
    pub(super) oddities: Oddities,
    pub(super) plans: Vec<Plan>,
    pub(super) calls: VecDeque<Call>,
    pub(super) connections: usize,
    stopped: bool,
    streams: u64,
    captures: u64,
    first: (Person, Oddities),
}

impl State {
    fn new(options: &Options) -> Self {
        Self {
            devices: options.devices.iter().copied().map(Device::new).collect(),
            person: options.person.clone(),
            oddities: options.oddities,
            plans: Vec::new(),
            calls: VecDeque::new(),
            connections: 0,
            stopped: false,
            streams: 0,
            captures: 0,
            first: (options.person.clone(), options.oddities),
        }
    }

    pub(super) fn reset(&mut self) {
        for device in &mut self.devices {
            (device.status, device.score) = (Status::Ready, None);
            device.delays.clear();
        }
        self.plans.clear();
        (self.person, self.oddities) = self.first.clone();
    }

    pub(super) fn device(&mut self, modality: Modality) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.modality == modality)
    }

    /// The device of an id. One that is not registered shows no id but still has it.
    pub(super) fn by_id(&self, id: &str) -> Option<Modality> {
        self.devices.iter().find(|device| device.id() == id).map(|device| device.modality)
    }

    /// Numbers the captures from 1.
    pub(super) fn next_capture(&mut self) -> u64 {
        self.captures += 1;
        self.captures
    }
}

/// What all connections of a service share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    pub(super) keys: Arc<Keys>,
    pub(super) studio: Studio,
    pub(super) options: Options,
    pub(super) port: u16,
}

impl Shared {
    pub(super) fn new(options: Options, keys: Arc<Keys>, port: u16) -> Self {
        Self {
            state: Mutex::new(State::new(&options)),
            changed: Condvar::new(),
            keys,
            studio: Studio::new(options.session_seed),
            options,
            port,
        }
    }

    // State is whole after each statement, so poison is no news.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes the state and wakes everybody who waits for a change.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let value = change(&mut self.lock());
        self.changed.notify_all();
        value
    }

    /// Only looks.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.lock())
    }

    pub(super) fn stop(&self) {
        self.change(|state| state.stopped = true);
    }

    pub(super) fn stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Waits; false when the service stops first.
    pub(super) fn pause(&self, time: Duration) -> bool {
        self.pause_unless(time, |_| false)
    }

    /// A short wait that no change of the state ends, for looks at sockets; false when the service has stopped.
    pub(super) fn pause_quietly(&self, time: Duration) -> bool {
        std::thread::sleep(time);
        !self.stopped()
    }

    /// Waits; false when the service stops first or `enough` becomes true of the state.
    pub(super) fn pause_unless(&self, time: Duration, enough: impl Fn(&mut State) -> bool) -> bool {
        let until = Instant::now() + time;
        let mut state = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.stopped || enough(&mut state) {
                return false;
            }
            if left.is_zero() {
                return true;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Notes a call and takes the faults that are planned for it.
    pub(super) fn arrive(&self, method: Method, modality: Option<Modality>) -> Faults {
        self.change(|state| {
            if state.calls.len() == CALLS_MAX {
                state.calls.pop_front();
            }
            state.calls.push_back(Call { method, modality });
            let mut faults = Vec::new();
            for plan in state.plans.iter_mut().filter(|plan| plan.concerns(method, modality)) {
                faults.push((plan.fault, plan.code));
                plan.calls = plan.calls.map(|left| left.saturating_sub(1));
            }
            state.plans.retain(|plan| plan.calls != Some(0));
            Faults(faults)
        })
    }

    /// Waits the delay that is set for a method of a device; false when the service stops first.
    pub(super) fn delay(&self, method: Method, modality: Option<Modality>) -> bool {
        let delay = self.look(|state| match modality {
            Some(modality) => state.device(modality).and_then(|d| d.delays.get(&method).copied()),
            None => state.devices.iter().filter_map(|d| d.delays.get(&method).copied()).max(),
        });
        self.pause(delay.unwrap_or_default())
    }

    /// Begins a stream: gives its number.
    pub(super) fn begin_stream(&self, modality: Modality, sub_id: &str) -> Result<u64, Refusal> {
        self.change(|state| {
            let number = state.streams + 1;
            let device = state.device(modality).ok_or(Refusal::from(605))?;
            match device.shown() {
                Status::Ready => {}
                other => return Err(other.code().into()),
            }
            device.stream = Some(Stream { number, sub_id: sub_id.to_owned() });
            state.streams = number;
            Ok(number)
        })
    }

    /// True while this stream runs.
    pub(super) fn streams(&self, modality: Modality, number: u64) -> bool {
        self.look(|state| is_stream(state, modality, number))
    }

    /// Ends a stream; nothing happens when it has ended.
    pub(super) fn end_stream(&self, modality: Modality, number: u64) {
        self.change(|state| {
            if is_stream(state, modality, number)
                && let Some(device) = state.device(modality)
            {
                device.stream = None;
            }
        });
    }
}

/// True while the device streams with this number.
pub(super) fn is_stream(state: &mut State, modality: Modality, number: u64) -> bool {
    let stream = state.device(modality).and_then(|device| device.stream.as_ref());
    stream.is_some_and(|stream| stream.number == number)
}

/// The faults of one call.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Vec<(Fault, u16)>);

impl Faults {
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.0.iter().any(|(own, _)| *own == fault)
    }

    /// The code of a planned error.
    pub(super) fn error(&self) -> Option<u16> {
        self.0.iter().find(|(fault, _)| *fault == Fault::Error).map(|(_, code)| *code)
    }
}

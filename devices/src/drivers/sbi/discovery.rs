//! Which device services run: every port of a range is looked at, and what was found is kept between looks.
//!
//! A port without a listener is gone at once; a service that answers wrongly is asked again ever more seldom, and
//! its devices are kept for a few failures, so that one slow answer makes no device vanish. A service that this
//! station captures with is left alone: some can do one thing at a time only.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::http::{self, HttpError, Request};
use super::info::Found;
use super::wire;

/// Time for one call of a discovery.
const CALL: Duration = Duration::from_millis(1500);
/// Threads that look at ports at the same time.
const LOOKERS: usize = 8;
/// Failures in a row after which the devices of a service count as gone.
const FAILURES_KEPT: u32 = 3;
/// Longest pause of a service that answers wrongly.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Most devices of one service.
const DEVICES_MAX: usize = 32;

/// The device services of a station, shared by everything that looks for them.
#[derive(Debug, Clone, Default)]
pub struct Services(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Held during a look, so that there is one at a time.
    looking: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ports: BTreeMap<u16, Port>,
    arrivals: u64,
}

/// What is known of one port.
#[derive(Debug)]
struct Port {
    looked: Instant,
    /// Not before this moment again, but by an explicit wish.
    next: Instant,
    failures: u32,
    /// Captures that run on it.
    leases: usize,
    devices: Vec<Found>,
    fault: Option<String>,
}

impl Port {
    fn new(now: Instant) -> Self {
        Self { looked: now, next: now, failures: 0, leases: 0, devices: Vec::new(), fault: None }
    }
}

/// What a look at a port found.
enum Seen {
    Closed,
    Failed(String),
    Devices(Vec<Found>),
}

/// How a look is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// In passing: services that answer wrongly have their pauses.
    Passing,
    /// Somebody waits for the device: every service is asked.
    Wanted,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Looked {
    /// Devices, by port.
    pub(super) devices: Vec<Found>,
    /// Ports with a service that answers wrongly, and how.
    pub(super) faults: Vec<(u16, String)>,
}

impl Services {
    /// Looks at the ports, unless that was done less than `max_age` ago.
    pub(super) fn look(&self, ports: &RangeInclusive<u16>, max_age: Duration, look: Look) -> Looked {
        let _one = self.0.looking.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = self.due(ports, max_age, look);
        let seen = look_at(&due);
        let mut state = self.state();
        for (port, seen) in seen {
            state.tell(port, seen);
        }
        let mut looked = Looked::default();
        for (number, port) in state.ports.range(ports.clone()) {
            looked.devices.extend(port.devices.iter().cloned());
            looked.faults.extend(port.fault.iter().map(|fault| (*number, fault.clone())));
        }
        looked
    }

    /// Keeps looks away from a port as long as the lease lives.
    pub(super) fn lease(&self, port: u16) -> Lease {
        let now = Instant::now();
        self.state().ports.entry(port).or_insert_with(|| Port::new(now)).leases += 1;
        Lease { services: self.clone(), port }
    }

    fn due(&self, ports: &RangeInclusive<u16>, max_age: Duration, look: Look) -> Vec<u16> {
        let now = Instant::now();
        let state = self.state();
        let is_due = |port: &u16| {
            state.ports.get(port).is_none_or(|known| {
                let rested = look == Look::Wanted || now >= known.next;
                known.leases == 0 && rested && now.duration_since(known.looked) >= max_age
            })
        };
        ports.clone().filter(is_due).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self, number: u16, seen: Seen) {
        let now = Instant::now();
        let port = self.ports.entry(number).or_insert_with(|| Port::new(now));
        (port.looked, port.next) = (now, now);
        match seen {
            Seen::Closed => {
                if !port.devices.is_empty() {
                    tracing::info!(port = number, "device service gone");
                }
                (port.devices, port.failures, port.fault) = (Vec::new(), 0, None);
            }
            Seen::Failed(fault) => {
                if port.fault.as_deref() != Some(fault.as_str()) {
                    tracing::warn!(port = number, %fault, "device service answers wrongly");
                }
                port.failures = port.failures.saturating_add(1);
                port.next = now + pause(port.failures);
                if port.failures >= FAILURES_KEPT {
                    port.devices.clear();
                }
                port.fault = Some(fault);
            }
            Seen::Devices(mut devices) => {
                for device in &mut devices {
                    let before = port.devices.iter().find(|known| known.is_same(device));
                    device.arrival = before.map_or_else(
                        || {
                            self.arrivals += 1;
                            self.arrivals
                        },
                        |known| known.arrival,
                    );
                }
                (port.devices, port.failures, port.fault) = (devices, 0, None);
            }
        }
    }
}

/// Pause after so many failures in a row: 2, 4, 8 ... seconds.
fn pause(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.min(6)).min(PAUSE_MAX)
}

/// A port on which a capture runs.
#[derive(Debug)]
pub(super) struct Lease {
    services: Services,
    port: u16,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(port) = self.services.state().ports.get_mut(&self.port) {
            port.leases = port.leases.saturating_sub(1);
        }
    }
}

/// Looks at ports with a bounded number of threads; this one is one of them.
fn look_at(ports: &[u16]) -> Vec<(u16, Seen)> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::with_capacity(ports.len()));
    let work = || {
        while let Some(port) = ports.get(next.fetch_add(1, Ordering::Relaxed)) {
            let seen = look_at_one(*port);
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((*port, seen));
        }
    };
    std::thread::scope(|scope| {
        for number in 1..LOOKERS.min(ports.len()) {
            let named = std::thread::Builder::new().name(format!("sbi-look-{number}"));
            // Without another thread the look takes longer, no more.
            if named.spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn look_at_one(port: u16) -> Seen {
    match devices_of(port, &|| false) {
        Ok(devices) => Seen::Devices(devices),
        Err(HttpError::Refused) => Seen::Closed,
        Err(fault) => Seen::Failed(fault.to_string()),
    }
}

/// Asks one service for its devices and their infos.
pub(super) fn devices_of(port: u16, stop: &dyn Fn() -> bool) -> Result<Vec<Found>, HttpError> {
    let call = |method, path, body: &str| {
        let request = Request { port, method, path, body };
        http::call(&request, http::TOLD_MAX_BYTES, Instant::now() + CALL, stop)
    };
    let answer = call("MOSIPDISC", "/device", &wire::discover_request())?;
    let items = wire::items(&answer);
    let devices: Vec<_> = items.into_iter().filter(|item| item.get("digitalId").is_some()).collect();
    if devices.is_empty() {
        // 503 and its like: a service with nothing connected. Anything without a word of error is no service.
        let first = wire::items(&answer).first().and_then(|item| wire::error_code(item));
        return match first {
            Some(_) => Ok(Vec::new()),
            None if answer.as_array().is_some_and(Vec::is_empty) => Ok(Vec::new()),
            None => Err(HttpError::Malformed("the answer to a discovery names no device".to_owned())),
        };
    }
    let infos = call("MOSIPDINFO", "/info", "")?;
    let infos = wire::items(&infos);
    let read = devices.into_iter().take(DEVICES_MAX).filter_map(|item| Found::read(port, item, &infos));
    Ok(read.collect())
}

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;

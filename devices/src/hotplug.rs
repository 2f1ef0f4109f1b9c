//! Tells when devices come and go: one named monitor thread per driver family, one bounded channel.
//!
//! A monitor compares what is plugged in with what it last told. An event that finds the channel full is
//! not lost: it is told at a later look, as the difference is still there.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::registry::{DriverFamily, Registry, Sighting};
use crate::setup::Setup;
use crate::vocabulary::{DeviceId, HotPlug};

/// Events that may wait; more than the devices of any station, so a full channel means a stuck reader.
pub const EVENTS_MAX: usize = 64;
/// Longest sleep of a monitor, so that it ends soon when it is dropped.
const SLICE_MS: u64 = 50;
/// How long dropped monitors are waited for. One whose look hangs in a driver is let go and ends by itself.
const END_WITHIN: Duration = Duration::from_millis(300);

/// Watches the devices of a set-up. The first events are the arrivals of what is there at the start.
/// Dropping it ends the threads, at the latest when the look ends that they are in.
#[derive(Debug)]
pub struct HotPlugMonitor {
    events: Receiver<HotPlug>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl HotPlugMonitor {
    /// Starts a monitor per family that the registry allows. `wake` is called after each event, so that a
    /// sleeping window looks at [`HotPlugMonitor::events`].
    ///
    /// # Errors
    /// The operating system's error when a thread cannot be started.
    pub fn start(
        registry: &Arc<Registry>,
        setup: &Setup,
        wake: impl Fn() + Send + Clone + 'static,
    ) -> std::io::Result<Self> {
        Self::of(registry.families(), registry, setup, wake)
    }

    fn of(
        families: impl Iterator<Item = &'static DriverFamily>,
        registry: &Arc<Registry>,
        setup: &Setup,
        wake: impl Fn() + Send + Clone + 'static,
    ) -> std::io::Result<Self> {
        let (sender, events) = sync_channel(EVENTS_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let mut monitor = Self { events, stop: stop.clone(), threads: Vec::new() };
        for family in families {
            let (registry, setup, sender) = (registry.clone(), setup.clone(), sender.clone());
            let (stop, wake) = (stop.clone(), wake.clone());
            let watch = move || {
                let mut told = Told::new();
                while !stop.load(Ordering::Acquire) {
                    // A driver that panics over one answer may do better at the next look.
                    let there = catch_unwind(AssertUnwindSafe(|| look(&registry, family, &setup)));
                    match there {
                        Ok(there) => {
                            if tell(&mut told, there, &sender) {
                                wake();
                            }
                        }
                        Err(_) => tracing::error!(family = family.id, "a look for devices crashed"),
                    }
                    sleep(family.look_every_ms, &stop);
                }
            };
            let name = format!("hotplug-{}", family.id);
            monitor.threads.push(std::thread::Builder::new().name(name).spawn(watch)?);
        }
        Ok(monitor)
    }

    /// Where the events come out, oldest first within a family.
    #[must_use]
    pub fn events(&self) -> &Receiver<HotPlug> {
        &self.events
    }
}

impl Drop for HotPlugMonitor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let until = Instant::now() + END_WITHIN;
        while self.threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(SLICE_MS / 5));
        }
        for thread in self.threads.drain(..) {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if !thread.is_finished() {
                tracing::warn!(name, "a look for devices takes long; its thread is left to end by itself");
            } else if thread.join().is_err() {
                tracing::error!(name, "a hot-plug monitor crashed");
            }
        }
    }
}

fn sleep(ms: u64, stop: &AtomicBool) {
    let mut left_ms = ms;
    while left_ms > 0 && !stop.load(Ordering::Acquire) {
        let slice_ms = left_ms.min(SLICE_MS);
        std::thread::sleep(Duration::from_millis(slice_ms));
        left_ms -= slice_ms;
    }
}

/// What was told of each device.
type Told = BTreeMap<DeviceId, Sighting>;

/// The devices that are there, the preferred one first, each once.
fn look(registry: &Registry, family: &DriverFamily, setup: &Setup) -> Vec<Sighting> {
    let mut there: Vec<Sighting> = Vec::new();
    for sighting in registry.sightings(family, setup) {
        if there.iter().all(|other| other.info.id != sighting.info.id) {
            there.push(sighting);
        }
    }
    there
}

/// Sends the difference between what was told and what is there; true when an event was sent.
fn tell(told: &mut Told, there: Vec<Sighting>, sender: &SyncSender<HotPlug>) -> bool {
    let mut sent = false;
    let gone = |id: &DeviceId, was: &Sighting| {
        there.iter().find(|now| now.info.id == *id).is_none_or(|now| now.arrival != was.arrival)
    };
    let left: Vec<DeviceId> =
        told.iter().filter(|(id, was)| gone(id, was)).map(|(id, _)| id.clone()).collect();
    for id in left {
        if sender.try_send(HotPlug::Left(id.clone())).is_err() {
            return sent;
        }
        told.remove(&id);
        sent = true;
    }
    for sighting in there {
        let id = sighting.info.id.clone();
        if !told.contains_key(&id) {
            if sender.try_send(HotPlug::Arrived(sighting.info.clone())).is_err() {
                return sent;
            }
            told.insert(id.clone(), Sighting { fault: None, ..sighting.clone() });
            sent = true;
        }
        let Some(known) = told.get_mut(&id).filter(|known| known.fault != sighting.fault) else { continue };
        if sender.try_send(HotPlug::State(id, sighting.fault.clone())).is_err() {
            return sent;
        }
        known.fault = sighting.fault;
        sent = true;
    }
    sent
}

#[cfg(test)]
#[path = "hotplug_tests.rs"]
mod tests;

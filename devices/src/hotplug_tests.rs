#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::RecvTimeoutError;

use toml::Table;

use super::*;
use crate::registry::{Bench, family};
use crate::vocabulary::{DeviceFault, DeviceInfo, DeviceKind};

const WITHIN: Duration = Duration::from_secs(5);

fn sightings(list: &[(&str, u64)]) -> Vec<Sighting> {
    let sighting = |(id, arrival): &(&str, u64)| {
        let info = DeviceInfo {
            id: DeviceId((*id).to_owned()),
            kind: DeviceKind::Iris,
            driver: "simulated".to_owned(),
            model: "m".to_owned(),
            serial: String::new(),
            training_only: true,
        };
        Sighting { info, arrival: *arrival, fault: None }
    };
    list.iter().map(sighting).collect()
}

fn known(list: Vec<Sighting>) -> Told {
    list.into_iter().map(|s| (s.info.id.clone(), s)).collect()
}

/// `+id` and `-id` for what is told between two looks.
fn check(before: &[(&str, u64)], now: &[(&str, u64)], expected: &[&str]) {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let mut told = known(sightings(before));
    let sent = tell(&mut told, sightings(now), &sender);
    let events: Vec<_> = events.try_iter().map(|event| word(&event)).collect();
    assert_eq!(events, expected);
    assert_eq!(sent, !expected.is_empty());
    assert_eq!(told, known(sightings(now)));
}

fn word(event: &HotPlug) -> String {
    match event {
        HotPlug::Arrived(info) => format!("+{}", info.id.0),
        HotPlug::Left(id) => format!("-{}", id.0),
        HotPlug::State(id, None) => format!("{} well", id.0),
        HotPlug::State(id, Some(fault)) => format!("{} {}", id.0, fault.id()),
    }
}

#[test]
fn differences_are_told() {
    check(&[], &[], &[]);
    check(&[], &[("a", 1), ("b", 1)], &["+a", "+b"]);
    check(&[("a", 1)], &[("a", 1)], &[]);
    check(&[("a", 1), ("b", 1)], &[("b", 1)], &["-a"]);
    check(&[("a", 1)], &[("b", 1)], &["-a", "+b"]);
    check(&[("a", 1)], &[("a", 2)], &["-a", "+a"]);
    // The preferred one comes first, whatever it is called.
    check(&[], &[("z", 1), ("a", 1)], &["+z", "+a"]);
}

#[test]
fn what_keeps_a_device_from_working_is_told_once() {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let mut told = Told::new();
    let mut check = |fault: Option<DeviceFault>, expected: &[&str]| {
        let mut there = sightings(&[("a", 1)]);
        there[0].fault = fault;
        tell(&mut told, there, &sender);
        let words: Vec<_> = events.try_iter().map(|event| word(&event)).collect();
        assert_eq!(words, expected);
    };
    check(Some(DeviceFault::Busy), &["+a", "a busy"]);
    check(Some(DeviceFault::Busy), &[]);
    check(None, &["a well"]);
    check(None, &[]);
}

#[test]
fn a_full_channel_loses_nothing() {
    let (sender, events) = sync_channel(1);
    let (mut told, there) = (Told::new(), sightings(&[("a", 1), ("b", 1)]));
    assert!(tell(&mut told, there.clone(), &sender));
    assert!(!tell(&mut told, there.clone(), &sender));
    assert_eq!(word(&events.try_recv().unwrap()), "+a");
    assert!(tell(&mut told, there, &sender));
    assert_eq!(word(&events.try_recv().unwrap()), "+b");
}

#[test]
fn a_scripted_unplug_is_told_and_comes_back() {
    let toml =
        "[thermometer]\ndriver = \"simulated\"\ncapture_ms = 0\nreplug_after_ms = 1\nscript = [\"unplug\"]";
    let setup = Setup::from_toml(toml).unwrap();
    let registry = Arc::new(Registry::new(true));
    let woken = Arc::new(AtomicUsize::new(0));
    let counter = woken.clone();
    let wake = move || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let monitor = HotPlugMonitor::start(&registry, &setup, wake).unwrap();
    let next = || word(&monitor.events().recv_timeout(WITHIN).unwrap());
    assert_eq!(next(), "+simulated-thermometer-1");
    let mut device = registry.open_capture(DeviceKind::Thermometer, &setup, None).unwrap();
    let mut watch = crate::conformance::TestWatch::within_ms(1000);
    let task = crate::vocabulary::CaptureTask::Temperature;
    assert!(device.capture(&task, &mut watch).is_err());
    // Out and in again within two looks: still both are told.
    assert_eq!(next(), "-simulated-thermometer-1");
    assert_eq!(next(), "+simulated-thermometer-1");
    assert!(registry.simulation().unplug(DeviceKind::Thermometer));
    assert_eq!(next(), "-simulated-thermometer-1");
    assert!(registry.simulation().replug(DeviceKind::Thermometer));
    assert_eq!(next(), "+simulated-thermometer-1");
    assert!(device.capture(&task, &mut watch).is_ok());
    drop(monitor);
    assert!(woken.load(Ordering::Relaxed) >= 2);
}

#[test]
fn production_tells_of_no_simulated_device() {
    let registry = Arc::new(Registry::new(false));
    let monitor = HotPlugMonitor::start(&registry, &Setup::simulated(1), || {}).unwrap();
    assert!(monitor.events().recv_timeout(Duration::from_millis(200)).is_err());
}

/// The simulated family with another look.
fn looking(list: fn(&Bench, DeviceKind, &Table) -> Vec<Sighting>) -> &'static DriverFamily {
    let simulated = family("simulated").unwrap();
    Box::leak(Box::new(DriverFamily { look_every_ms: 1, list, ..*simulated }))
}

fn watching(family: &'static DriverFamily) -> HotPlugMonitor {
    let setup = Setup::from_toml("[iris]\ndriver = \"simulated\"").unwrap();
    HotPlugMonitor::of([family].into_iter(), &Arc::new(Registry::new(true)), &setup, || {}).unwrap()
}

#[test]
fn a_look_that_panics_is_not_the_last_one() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let monitor = watching(looking(|_, _, _| {
        assert!(LOOKS.fetch_add(1, Ordering::SeqCst) >= 2, "a driver that crashes");
        sightings(&[("a", 1)])
    }));
    assert_eq!(word(&monitor.events().recv_timeout(Duration::from_secs(60)).unwrap()), "+a");
}

#[test]
fn closing_does_not_wait_for_a_look_that_hangs() {
    static LOOKING: AtomicBool = AtomicBool::new(false);
    static LET_GO: AtomicBool = AtomicBool::new(false);
    let monitor = watching(looking(|_, _, _| {
        LOOKING.store(true, Ordering::SeqCst);
        let until = Instant::now() + Duration::from_secs(60);
        while !LET_GO.load(Ordering::SeqCst) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        Vec::new()
    }));
    while !LOOKING.load(Ordering::SeqCst) {
        assert_eq!(monitor.events().recv_timeout(Duration::from_millis(5)), Err(RecvTimeoutError::Timeout));
    }
    let begun = Instant::now();
    drop(monitor);
    assert!(begun.elapsed() < Duration::from_secs(30), "it would hang for a minute");
    LET_GO.store(true, Ordering::SeqCst);
}

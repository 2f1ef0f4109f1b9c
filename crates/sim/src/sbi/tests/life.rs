//! Starting, stopping, many at once, and the ports of the protocol.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::super::{CONNECTIONS_MAX, Fault, Method, Modality, Options, PORTS, Plan, Service, ServiceError};
use super::{Live, call, capture_request, code, connect, direct, discover, request, rest, service};

/// Stopping is quick, whatever the machine does besides.
const SOON: Duration = Duration::from_secs(30);

#[test]
fn dropping_ends_everything_that_hangs() {
    let options = Options { capture: Duration::from_secs(600), ..Options::for_tests() };
    let service = Service::start(options).unwrap();
    let live = Live::open(&service, Modality::Iris, "3");
    let body = capture_request(&service, Modality::Iris, "3", &[]).to_string();
    let capturing = request(&service, "RCAPTURE", "/capture", &body);
    service.control().plan(Plan::once(Fault::Hang).on(&[Method::Info]));
    let hanging = request(&service, "MOSIPDINFO", "/info", "");
    let silent = connect(&service);
    let port = service.port();
    let begun = Instant::now();
    drop(service);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    for socket in [capturing, hanging, silent] {
        rest(socket);
    }
    live.end();
    // The port is free again.
    assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
}

#[test]
fn many_are_served_at_once() {
    let service = direct();
    std::thread::scope(|scope| {
        for modality in Modality::ALL.iter().copied() {
            let service = &service;
            scope.spawn(move || {
                let sub_id = if modality == Modality::Face { "0" } else { "3" };
                let request = capture_request(service, modality, sub_id, &[]);
                assert_eq!(code(&call(service, "RCAPTURE", "/capture", &request)), "0");
            });
            for _ in 0..4 {
                scope.spawn(move || {
                    for _ in 0..10 {
                        // A device that captures just now is busy; it answers all the same.
                        assert!(matches!(code(&discover(service, modality.wire())).as_str(), "0" | "111"));
                    }
                });
            }
        }
    });
    assert!(service.control().calls().len() >= 123);
}

#[test]
fn connections_are_bounded() {
    let service = service();
    let idle: Vec<_> = (0..CONNECTIONS_MAX + 20).map(|_| connect(&service)).collect();
    let until = Instant::now() + SOON;
    // Some are closed at once, the others when they have been silent for too long.
    for socket in idle {
        rest(socket);
    }
    assert!(Instant::now() < until);
    assert_eq!(code(&discover(&service, "Iris")), "0");
}

#[test]
fn ports_are_those_of_the_protocol() {
    let first = Service::start(Options { port: None, ..Options::for_tests() }).unwrap();
    let second = Service::start(Options { port: None, ..Options::for_tests() }).unwrap();
    assert!(PORTS.contains(&first.port()) && PORTS.contains(&second.port()));
    assert_ne!(first.port(), second.port());
    let taken = Service::start(Options { port: Some(first.port()), ..Options::for_tests() });
    let error = taken.err().unwrap();
    assert!(matches!(error, ServiceError::Port { .. }));
    assert!(error.to_string().contains("SIM-04") && error.to_string().contains("--port"), "{error}");
}

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    arguments: super::super::Arguments,
}

#[test]
fn the_command_line_becomes_options() {
    use clap::Parser as _;
    let read = |line: &str| Line::try_parse_from(["rekam-sim"].into_iter().chain(line.split_whitespace()));
    let options = |line: &str| read(line).unwrap().arguments.options();
    let plain = options("");
    assert_eq!((plain.port, plain.person, plain.devices.len()), (None, super::super::Person::new(1), 3));
    let told = options(
        "--port 0 --seed 7 --missing left_ring --missing right --background blue --device iris --plain",
    );
    assert_eq!((told.port, told.person.seed, told.devices), (Some(0), 7, vec![Modality::Iris]));
    assert_eq!((told.person.missing_fingers.len(), told.person.missing_eyes.len()), (1, 1));
    assert_eq!(told.oddities, super::super::Oddities::NONE);
    for wrong in
        ["--port 99999", "--seed x", "--missing nose", "--device voice", "--background green", "--nothing"]
    {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

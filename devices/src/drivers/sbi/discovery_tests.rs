#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::net::TcpListener;
use std::sync::atomic::AtomicBool;

use serde_json::json;

use super::*;
use crate::drivers::sbi::tests::fake::Fake;
use crate::drivers::sbi::tests::serve;
use crate::drivers::sbi::tests::service::{Script, Service, json_answer, send};
use crate::drivers::sbi::wire::BioType;

const NOW: Duration = Duration::ZERO;

fn look(services: &Services, port: u16, look: Look) -> Looked {
    services.look(&(port..=port), NOW, look)
}

#[test]
fn arrivals_are_counted() {
    let services = Services::default();
    let service = serve(Fake::new(BioType::Face));
    let port = service.port;
    let first = look(&services, port, Look::Passing);
    assert_eq!((first.devices.len(), first.devices[0].arrival), (1, 1));
    assert_eq!(look(&services, port, Look::Passing).devices[0].arrival, 1, "still the same one");
    drop(service);
    assert_eq!(look(&services, port, Look::Passing), Looked::default());
    let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) else {
        eprintln!("skipped the way back: somebody else took port {port}");
        return;
    };
    let device = Arc::new(Fake::new(BioType::Face));
    let again = Service::start_on(listener, |port| device.script(port));
    assert_eq!(look(&services, again.port, Look::Passing).devices[0].arrival, 2);
}

#[test]
fn a_fresh_look_is_not_repeated() {
    let services = Services::default();
    let service = serve(Fake::new(BioType::Face));
    let range = service.port..=service.port;
    for _ in 0..3 {
        assert_eq!(services.look(&range, Duration::from_secs(600), Look::Wanted).devices.len(), 1);
    }
    assert_eq!(service.calls().len(), 2, "one discovery and one device info");
}

#[test]
fn a_service_that_captures_is_left_alone() {
    let services = Services::default();
    let service = serve(Fake::new(BioType::Face));
    look(&services, service.port, Look::Wanted);
    let lease = services.lease(service.port);
    assert_eq!(look(&services, service.port, Look::Wanted).devices.len(), 1, "still told");
    assert_eq!(service.calls().len(), 2);
    drop(lease);
    look(&services, service.port, Look::Wanted);
    assert_eq!(service.calls().len(), 4);
}

#[test]
fn services_that_answer_wrongly_are_told_and_rest() {
    let services = Services::default();
    let broken = Arc::new(AtomicBool::new(false));
    let (device, fails) = (Arc::new(Fake::new(BioType::Iris)), broken.clone());
    let service = Service::start(|port| {
        let told = device.clone();
        device.script(port).on("MOSIPDISC", move |_, socket| match fails.load(Ordering::SeqCst) {
            true => send(socket, "HTTP/1.1 200 OK\r\n\r\n<html>"),
            false => send(socket, json_answer(&json!([told.discovered(port)]).to_string())),
        })
    });
    assert_eq!(look(&services, service.port, Look::Passing).devices.len(), 1);
    broken.store(true, Ordering::SeqCst);
    let failed = look(&services, service.port, Look::Passing);
    assert_eq!(failed.devices.len(), 1, "one failure makes no device vanish");
    assert_eq!((failed.faults[0].0, failed.faults[0].1.contains("not JSON")), (service.port, true));
    let asked = service.calls().len();
    look(&services, service.port, Look::Passing);
    assert_eq!(service.calls().len(), asked, "it rests");
    look(&services, service.port, Look::Wanted);
    let gone = look(&services, service.port, Look::Wanted);
    assert!(gone.devices.is_empty() && gone.faults.len() == 1, "three failures do");
    broken.store(false, Ordering::SeqCst);
    let back = look(&services, service.port, Look::Wanted);
    assert_eq!((back.devices.len(), back.faults.len(), back.devices[0].arrival), (1, 0, 2));
}

#[test]
fn answers_to_a_discovery() {
    let check = |answer: &'static str, devices: usize, fault: bool| {
        let service = Service::start(|_| {
            Script::default()
                .on("MOSIPDISC", move |_, socket| send(socket, json_answer(answer)))
                .on("MOSIPDINFO", |_, socket| send(socket, json_answer("[]")))
        });
        let looked = look(&Services::default(), service.port, Look::Wanted);
        assert_eq!((looked.devices.len(), !looked.faults.is_empty()), (devices, fault), "{answer}");
    };
    check("[]", 0, false);
    check(r#"[{"error":{"errorCode":"503","errorInfo":"x"}}]"#, 0, false);
    check(r#"{"error":{"errorCode":503}}"#, 0, false);
    check("{}", 0, true);
    check("7", 0, true);
    check("null", 0, true);
    check(r#"[{"digitalId":"*"},7,null,{"digitalId":{}}]"#, 0, false);
}

#[test]
fn a_program_that_talks_without_end_is_cut_off() {
    let service = Service::start(|_| {
        Script::default().on("MOSIPDISC", |call, socket| {
            send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n[\"");
            while call.goes_on(socket) {
                send(socket, vec![b'a'; 1 << 16]);
            }
        })
    });
    let looked = look(&Services::default(), service.port, Look::Wanted);
    let told = looked.faults.first().map(|(_, fault)| fault.as_str()).unwrap_or_default();
    assert!(told.contains("more than 1048576 bytes"), "{told}");
}

#[test]
fn a_hundred_ports_are_looked_at_in_no_time() {
    let services = Services::default();
    let service = serve(Fake::new(BioType::Finger));
    let from = service.port.saturating_sub(99).max(1024);
    let begun = Instant::now();
    let looked = services.look(&(from..=service.port), NOW, Look::Wanted);
    assert!(looked.devices.iter().any(|d| d.port == service.port));
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn pauses_grow() {
    let seconds: Vec<_> = (1..9).map(|n| pause(n).as_secs()).collect();
    assert_eq!(seconds, [2, 4, 8, 16, 32, 60, 60, 60]);
}

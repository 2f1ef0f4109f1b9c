//! Services that are broken or mean it badly: each ends in a fault that says what it was, never in a capture.

use std::time::{Duration, Instant};

use biometrics::position::{Eye, FingerPosition, Slap};
use serde_json::{Value, json};

use super::fake::{Fake, failed, script, set};
use super::service::{Service, json_answer, send};
use super::*;
use crate::conformance::TestWatch;
use crate::drivers::sbi::order::Part;
use crate::drivers::sbi::wire::BioType;
use crate::vocabulary::{CaptureEnd, CaptureTask, DeviceFault, Retry};

const WITHIN_MS: u64 = 30_000;

/// Opens the device and captures a left slap without its little finger, or what else the device has; gives the words
/// of how it ended.
fn ended(service: &Service, bio_type: BioType) -> String {
    let (_folder, roots) = roots();
    let setup = setup(bio_type.kind(), service.port, Some(&roots));
    let task = match bio_type {
        BioType::Finger => {
            CaptureTask::Slap { slap: Slap::LeftFour, missing: vec![FingerPosition::LeftLittle] }
        }
        BioType::Iris => CaptureTask::Irises { missing: Vec::<Eye>::new() },
        BioType::Face => CaptureTask::Face,
    };
    let opened = production().open_capture(bio_type.kind(), &setup, None);
    let mut device = match opened {
        Ok(device) => device,
        Err(fault) => return format!("not opened: {fault}"),
    };
    match device.capture(&task, &mut TestWatch::within_ms(WITHIN_MS)) {
        Ok(_) => "captured".to_owned(),
        Err(CaptureEnd::Fault(fault)) => fault.to_string(),
        Err(CaptureEnd::Retry(retry)) => retry.id().to_owned(),
        Err(CaptureEnd::Cancelled) => "cancelled".to_owned(),
    }
}

#[track_caller]
fn check(device: Fake, expected: &[&str]) {
    let bio_type = device.bio_type;
    let told = ended(&serve(device), bio_type);
    assert!(expected.iter().all(|word| told.contains(word)), "{expected:?} in {told:?}");
}

fn finger() -> Fake {
    Fake::new(BioType::Finger)
}

#[test]
fn devices_that_are_not_what_they_say() {
    check(finger(), &["captured"]);
    check(Fake { device: None, ..finger() }, &["not opened", "DEV-12", "device info", "not signed"]);
    check(Fake { ftm: None, ..finger() }, &["not opened", "DEV-12", "digital id", "not signed"]);
    check(Fake { device: Some(keys().foreign()), ..finger() }, &["not opened", "DEV-12", "trusted root"]);
    check(Fake { ftm: Some(keys().foreign()), ..finger() }, &["not opened", "DEV-12", "digital id"]);
    check(Fake { device: Some(keys().expired()), ..finger() }, &["not opened", "DEV-12", "expired"]);
    check(Fake { env: "Staging", ..finger() }, &["not opened", "DEV-12", "Staging", "Production"]);
    check(Fake { env: "None", ..finger() }, &["not opened", "DEV-12", "None"]);
    check(Fake { info: set("purpose", json!("Auth")), ..finger() }, &["not opened", "DEV-12", "Auth"]);
    check(Fake { info: set("deviceId", json!("other")), ..finger() }, &["not opened", "DEV-12", "another"]);
    check(
        Fake { info: set("specVersion", json!(["0.9.2"])), ..finger() },
        &["not opened", "DEV-06", "0.9.2"],
    );
    for elsewhere in
        ["http://10.0.0.1:4501/", "http://127.0.0.1:80/", "https://127.0.0.1:4501/", "http://localhost:4501/"]
    {
        check(
            Fake {
                info: set("callbackId", json!(elsewhere)),
                discovery: set("callbackId", json!(elsewhere)),
                ..finger()
            },
            &["not opened", "DEV-12", "callback"],
        );
    }
    let elsewhere = set("callbackId", json!("http://10.0.0.1:4501/"));
    check(Fake { discovery: elsewhere, ..finger() }, &["not opened", "DEV-12", "callback", "another"]);
    check(Fake { status: "Not Ready", ..finger() }, &["not opened", "DEV-10", "sbi-110"]);
    check(Fake { status: "Not Registered", ..finger() }, &["not opened", "DEV-10", "sbi-100"]);
    check(Fake { status: "On Fire", ..finger() }, &["not opened", "DEV-06", "status"]);
}

#[test]
fn answers_that_do_not_hold() {
    let with = |key, value| Fake { payload: set(key, value), ..finger() };
    check(with("transactionId", json!("another-one")), &["DEV-12", "transactionId"]);
    check(with("purpose", json!("Auth")), &["DEV-12", "purpose", "Auth"]);
    check(with("env", json!("Staging")), &["DEV-12", "env", "Staging"]);
    check(with("deviceCode", json!("SN-9")), &["DEV-12", "deviceCode"]);
    check(with("bioType", json!("Iris")), &["DEV-12", "bioType"]);
    check(with("timestamp", json!("2020-01-01T00:00:00Z")), &["DEV-14", "clock", "-"]);
    check(with("timestamp", json!("soon")), &["DEV-06", "timestamp"]);
    for score in [json!("101"), json!("-1"), json!("good"), json!(null), json!("NaN")] {
        check(with("qualityScore", score), &["DEV-06", "qualityScore"]);
    }
    check(with("bioSubType", json!("Left IndexFinger")), &["DEV-06", "twice"]);
    check(with("bioSubType", json!("Left LittleFinger")), &["DEV-06", "not asked for"]);
    check(with("bioSubType", json!("UNKNOWN")), &["DEV-06", "not asked for"]);
    check(with("bioValue", json!("*")), &["DEV-06", "base64url"]);
    check(with("bioValue", json!("Rk1SACAyMAA")), &["DEV-06", "Finger", "finger_minutiae"]);
    let iris = super::records::record(Part::Eye(Eye::Left));
    check(with("bioValue", json!(keys::b64(&iris))), &["DEV-06", "iris_images"]);
    let other = super::records::record(Part::Finger(FingerPosition::RightThumb));
    check(with("bioValue", json!(keys::b64(&other))), &["DEV-07", "position 1"]);
    let sound = super::records::record(Part::Finger(FingerPosition::LeftIndex));
    check(with("bioValue", json!(keys::b64(&sound[..40]))), &["DEV-07", "BIO-"]);
    let foreign = Fake { serial: "SN-2", ..finger() };
    let token = foreign.told_info(1)["deviceInfo"].as_str().unwrap().to_owned();
    let payload: Value = serde_json::from_slice(&keys::unb64(token.split('.').nth(1).unwrap())).unwrap();
    check(with("digitalId", payload["digitalId"].clone()), &["DEV-12", "another device"]);
}

#[test]
fn keys_that_are_not_the_devices() {
    // As genuine, and below the same root; the device info stays with the first key.
    let (device, other) = (Arc::new(finger()), Arc::new(finger()));
    let service = Service::start(|port| {
        script(vec![device], port).on("RCAPTURE", move |call, socket| {
            send(socket, json_answer(&other.captured(&call.json()).to_string()));
        })
    });
    let told = ended(&service, BioType::Finger);
    assert!(told.contains("DEV-12") && told.contains("another key"), "{told}");
    // A device without a trust module signs its digital id by itself.
    let level = || set("certification", json!("L0"));
    check(Fake { info: level(), ..finger() }, &["not opened", "DEV-12", "another key"]);
    let own = keys().device();
    check(Fake { info: level(), device: Some(own.clone()), ftm: Some(own), ..finger() }, &["captured"]);
}

#[test]
fn answers_that_were_changed_on_the_way() {
    let changed = |edit: fn(&mut Vec<Value>)| Fake {
        answer: Box::new(move |answer| edit(answer["biometrics"].as_array_mut().unwrap())),
        ..finger()
    };
    check(changed(|e| e.truncate(2)), &["DEV-06", "2 of 3", "missing: Left"]);
    check(changed(|e| e.push(e[0].clone())), &["DEV-12", "hash"]);
    check(changed(Vec::clear), &["DEV-06", "0 of 3"]);
    check(changed(|e| e.swap(0, 1)), &["DEV-12", "hash"]);
    check(changed(|e| e[1]["hash"] = json!("0".repeat(64))), &["DEV-12", "hash"]);
    check(changed(|e| e[1]["hash"] = json!(null)), &["DEV-12", "hash"]);
    check(changed(|e| e[0]["specVersion"] = json!("0.9.2")), &["DEV-06", "0.9.2"]);
    check(changed(|e| e[0]["data"] = json!("")), &["DEV-06", "capture data", "missing"]);
    check(
        changed(|e| {
            let token = e[0]["data"].as_str().unwrap();
            let parts: Vec<&str> = token.split('.').collect();
            let payload = String::from_utf8(keys::unb64(parts[1])).unwrap().replace("81.5", "99.5");
            e[0]["data"] = json!(format!("{}.{}.{}", parts[0], keys::b64(payload.as_bytes()), parts[2]));
        }),
        &["DEV-12", "signature"],
    );
    check(
        changed(|e| {
            let token = e[0]["data"].as_str().unwrap();
            e[0]["data"] = json!(token.split('.').nth(1).unwrap());
        }),
        &["DEV-12", "not signed"],
    );
    check(Fake { answer: Box::new(|a| *a = json!({})), ..finger() }, &["DEV-06", "0 of 3"]);
    check(Fake { answer: Box::new(|a| *a = json!([])), ..finger() }, &["DEV-06"]);
    check(Fake { answer: Box::new(|a| *a = json!("x")), ..finger() }, &["DEV-06"]);
}

/// Bytes in the place of a capture's answer.
#[track_caller]
fn check_bytes(
    answer: impl Fn(&super::service::Call, &mut std::net::TcpStream) + Send + Sync + 'static,
    words: &[&str],
) {
    let service = Service::start(|port| {
        let device = Arc::new(Fake::new(BioType::Face));
        script(vec![device], port).on("RCAPTURE", answer)
    });
    let told = ended(&service, BioType::Face);
    assert!(words.iter().all(|word| told.contains(word)), "{words:?} in {told:?}");
}

#[test]
fn answers_that_are_no_answers() {
    check_bytes(|_, _| {}, &["DEV-06", "ended before"]);
    check_bytes(
        |_, socket| send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"a\":"),
        &["cut off"],
    );
    check_bytes(|_, socket| send(socket, "SSH-2.0-x\r\n"), &["DEV-06", "not HTTP"]);
    check_bytes(|_, socket| send(socket, b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe\x00"), &["DEV-06", "not JSON"]);
    check_bytes(|_, socket| send(socket, json_answer(&"[".repeat(100_000))), &["DEV-06", "not JSON"]);
    check_bytes(|_, socket| send(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), &["404"]);
    check_bytes(
        |_, socket| {
            send(socket, "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n")
        },
        &["DEV-06", "redirect"],
    );
    check_bytes(
        |_, socket| send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        &["DEV-06", "more than"],
    );
    check_bytes(
        |call, socket| {
            send(socket, "HTTP/1.1 200 OK\r\n");
            while call.goes_on(socket) {
                send(socket, "X-Y: zzzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n".repeat(100));
            }
        },
        &["DEV-06", "head"],
    );
    check_bytes(
        |call, socket| {
            send(socket, "HTTP/1.1 200 OK\r\n\r\n{\"a\":\"");
            let much = vec![b'a'; 1 << 20];
            while call.goes_on(socket) {
                send(socket, &much);
            }
        },
        &["DEV-06", "more than"],
    );
}

#[test]
fn an_answer_that_drips_is_given_up_at_the_deadline() {
    let service = Service::start(|port| {
        let device = Arc::new(Fake::new(BioType::Face));
        script(vec![device], port).on("RCAPTURE", |call, socket| {
            send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n");
            while call.goes_on(socket) {
                send(socket, " ");
                call.wait(Duration::from_millis(20), socket);
            }
        })
    });
    let (_folder, roots) = roots();
    let setup = setup(DeviceKind::Camera, service.port, Some(&roots));
    let mut device = production().open_capture(DeviceKind::Camera, &setup, None).unwrap();
    let begun = Instant::now();
    let ended = device.capture(&CaptureTask::Face, &mut TestWatch::within_ms(1500));
    assert!(matches!(ended, Err(CaptureEnd::Fault(DeviceFault::Hung { .. }))), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_device_tells_what_is_wrong() {
    let check = |method: &'static str, answer: &'static str, expected: CaptureEnd| {
        let service = Service::start(|port| {
            let device = Arc::new(Fake::new(BioType::Iris));
            script(vec![device], port).on(method, move |_, socket| send(socket, json_answer(answer)))
        });
        let (_folder, roots) = roots();
        let setup = setup(DeviceKind::Iris, service.port, Some(&roots));
        let mut device = production().open_capture(DeviceKind::Iris, &setup, None).unwrap();
        let task = CaptureTask::Irises { missing: Vec::new() };
        let ended = device.capture(&task, &mut TestWatch::within_ms(WITHIN_MS));
        assert_eq!(ended, Err(expected), "{method} {answer}");
    };
    let reported = |code: &str| CaptureEnd::Fault(DeviceFault::Reported { code: code.to_owned() });
    let nothing = CaptureEnd::Retry(Retry::NothingPresented);
    check("STREAM", r#"{"error":{"errorCode":"202","errorInfo":"x"}}"#, reported("sbi-202"));
    check("STREAM", r#"{"errorCode":"606","errorInfo":"x"}"#, reported("sbi-606"));
    check("STREAM", r#"{"errorCode":609}"#, reported("sbi-609"));
    check("STREAM", r#"{"errorCode":"607"}"#, CaptureEnd::Fault(DeviceFault::Busy));
    check("RCAPTURE", r#"{"errorCode":"123"}"#, reported("sbi-123"));
    check("RCAPTURE", r#"{"biometrics":[{"error":{"errorCode":"701"}}]}"#, nothing);
    check("RCAPTURE", r#"{"biometrics":{"error":{"errorCode":"105"}}}"#, Retry::OffCentre.into());
    check("RCAPTURE", r#"{"error":{"errorCode":"MDS<1>/é 5"}}"#, reported("sbi-mds15"));
    assert!(failed("703").contains("703"));
}

#[test]
fn a_service_that_vanishes_is_named() {
    let service = serve(Fake::new(BioType::Face));
    let (_folder, roots) = roots();
    let setup = setup(DeviceKind::Camera, service.port, Some(&roots));
    let mut camera = production().open_camera(&setup, None).unwrap();
    drop(service);
    let missing = DeviceFault::ServiceMissing { service: "SBI".to_owned() };
    let ended = camera.capture(&CaptureTask::Face, &mut TestWatch::within_ms(WITHIN_MS));
    assert_eq!(ended, Err(CaptureEnd::Fault(missing.clone())));
    assert_eq!(camera.frame(Instant::now() + Duration::from_secs(5)).err(), Some(missing));
}

#[test]
fn a_service_that_crashes_during_a_capture_is_named() {
    let service = Arc::new(std::sync::Mutex::new(None::<Service>));
    let device = Arc::new(Fake::new(BioType::Face));
    let started = Service::start(|port| {
        script(vec![device], port).on("RCAPTURE", |call, socket| {
            call.hold(socket);
            // The listener goes first.
            std::thread::sleep(Duration::from_millis(300));
        })
    });
    let (_folder, roots) = roots();
    let setup = setup(DeviceKind::Camera, started.port, Some(&roots));
    *service.lock().unwrap() = Some(started);
    let mut camera = production().open_camera(&setup, None).unwrap();
    let crashing = service.clone();
    let crash = std::thread::Builder::new().name("test-crash".into()).spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        crashing.lock().unwrap().take();
    });
    let ended = camera.capture(&CaptureTask::Face, &mut TestWatch::within_ms(WITHIN_MS));
    crash.unwrap().join().unwrap();
    let missing = DeviceFault::ServiceMissing { service: "SBI".to_owned() };
    assert_eq!(ended, Err(CaptureEnd::Fault(missing)));
}

#[test]
fn a_refused_device_is_named_beside_another_of_its_kind() {
    use crate::catalogue::{Trial, catalogue};
    let service = serve(Fake { device: None, ..finger() });
    let (_folder, roots) = roots();
    let text = format!(
        "[[fingerprint]]\ndriver = \"simulated\"\n[[fingerprint]]\ndriver = \"sbi\"\nroots = \"{roots}\"\nports = \"{}\"",
        service.port
    );
    let (registry, setup) = (training(), Setup::from_toml(&text).unwrap());
    let found = catalogue(&registry, &setup, Trial::ListOnly);
    assert!(found.missing.iter().all(|m| m.kind != DeviceKind::Fingerprint));
    let told: Vec<_> = found.faulty.iter().map(|f| (f.driver.as_str(), f.code, f.id.is_none())).collect();
    assert_eq!(told, [("sbi", "DEV-12", true)], "{:?}", found.faulty);
    assert!(found.faulty[0].name.contains("SN-1"), "{}", found.faulty[0].name);
}

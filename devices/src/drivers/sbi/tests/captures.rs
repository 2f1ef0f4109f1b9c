//! Captures of every kind that go well, and cancels, deadlines and services that come and go.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use biometrics::position::{Eye, FingerPosition, Slap};
use serde_json::json;

use super::fake::{Fake, failed, jpeg, script, stream};
use super::service::{Script, Service, json_answer, send};
use super::*;
use crate::conformance::{self, Hands, SLOW, TestWatch};
use crate::drivers::file::test_gray;
use crate::drivers::sbi::tests::records::portrait;
use crate::drivers::sbi::wire::BioType;
use crate::hotplug::HotPlugMonitor;
use crate::traits::Camera;
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, HotPlug};

/// Long enough for a slow machine.
const WITHIN_MS: u64 = 30_000;

fn capture(setup: &Setup, registry: &Registry, task: &CaptureTask) -> Result<Captured, CaptureEnd> {
    let mut device = registry.open_capture(task.kind(), setup, None)?;
    device.capture(task, &mut TestWatch::within_ms(WITHIN_MS))
}

#[test]
fn the_suite_of_promises() {
    let check = |bio_type: BioType, tasks: &[CaptureTask]| {
        let service = serve(Fake { capture_ms: 60, ..Fake::new(bio_type) });
        let (_folder, roots) = roots();
        let (setup, registry) = (setup(bio_type.kind(), service.port, Some(&roots)), production());
        let open = || registry.open_capture(bio_type.kind(), &setup, None);
        let kept = conformance::run(&open, tasks, SLOW);
        assert!(kept.as_ref().is_ok_and(|n| *n >= 8), "{bio_type:?}: {kept:#?}");
    };
    let missing = vec![FingerPosition::RightRing];
    let position = FingerPosition::LeftThumb;
    check(
        BioType::Finger,
        &[
            CaptureTask::Slap { slap: Slap::RightFour, missing },
            CaptureTask::Finger { position, again: true },
        ],
    );
    check(BioType::Iris, &[CaptureTask::Irises { missing: vec![Eye::Right] }]);
    check(BioType::Face, &conformance::tasks(BioType::Face.kind()));
}

/// A service that can be ended and started again on its port.
struct Plug(u16, Mutex<Option<Service>>);

impl Hands for Plug {
    fn unplug(&self) {
        drop(self.1.lock().unwrap().take());
        // What was found a moment ago is taken at an opening.
        std::thread::sleep(crate::drivers::sbi::WANTED_FRESH);
    }
    fn replug(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        let listener = loop {
            match std::net::TcpListener::bind(("127.0.0.1", self.0)) {
                Ok(listener) => break listener,
                Err(e) => assert!(Instant::now() < until, "{e}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let device = Arc::new(Fake::new(BioType::Iris));
        *self.1.lock().unwrap() = Some(Service::start_on(listener, |port| device.script(port)));
    }
    fn sleep_and_wake(&self) -> bool {
        self.unplug();
        self.replug();
        true
    }
}

#[test]
fn services_that_end_and_come_back() {
    let service = serve(Fake { capture_ms: 300, ..Fake::new(BioType::Iris) });
    let (_folder, roots) = roots();
    let (setup, registry) = (setup(DeviceKind::Iris, service.port, Some(&roots)), production());
    let plug = Plug(service.port, Mutex::new(Some(service)));
    let open = || registry.open_capture(DeviceKind::Iris, &setup, None);
    let checked = conformance::run_faults(&open, &CaptureTask::Irises { missing: Vec::new() }, &plug);
    assert!(checked.as_ref().is_ok_and(|n| *n >= 8), "{checked:#?}");
}

#[test]
fn pictures_come_through_pixel_by_pixel() {
    let (_folder, roots) = roots();
    let service = serve(Fake::new(BioType::Finger));
    let setup_ = setup(DeviceKind::Fingerprint, service.port, Some(&roots));
    let registry = production();
    let mut device = registry.open_capture(DeviceKind::Fingerprint, &setup_, None).unwrap();
    assert_eq!(device.info().id.0, "sbi-fingerprint-SN-1");
    assert_eq!((device.info().model.as_str(), device.info().serial.as_str()), ("Contoh Satu", "SN-1"));
    for slap in Slap::ALL {
        let task = CaptureTask::Slap { slap: *slap, missing: Vec::new() };
        let mut watch = TestWatch::within_ms(WITHIN_MS);
        let Ok(Captured::Fingers(fingers)) = device.capture(&task, &mut watch) else { panic!("{slap}") };
        let told: Vec<_> = fingers.iter().map(|f| f.position).collect();
        assert_eq!(told, slap.fingers(), "in the order that was asked for");
        for finger in &fingers {
            assert_eq!(finger.image.pixels(), test_gray(finger.position.code()).pixels());
        }
        assert!(watch.previews > 0, "live pictures were shown");
    }
    let hashes: Vec<String> = requests(&service, "RCAPTURE")
        .iter()
        .map(|r| r["bio"][0]["previousHash"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(hashes[0], "");
    assert!(hashes[1..].iter().all(|h| h.len() == 64) && hashes[1] != hashes[2], "{hashes:?}");

    let service = serve(Fake::new(BioType::Face));
    let setup_ = setup(DeviceKind::Camera, service.port, Some(&roots));
    assert_eq!(capture(&setup_, &registry, &CaptureTask::Face), Ok(Captured::Photo { image: portrait() }));

    let service = serve(Fake::new(BioType::Iris));
    let setup_ = setup(DeviceKind::Iris, service.port, Some(&roots));
    let task = CaptureTask::Irises { missing: Vec::new() };
    let Ok(Captured::Irises(irises)) = capture(&setup_, &registry, &task) else { panic!("irises") };
    let told: Vec<_> = irises.iter().map(|i| (i.eye, i.image.pixels().to_vec())).collect();
    let expected = [Eye::Right, Eye::Left].map(|e| (e, test_gray(10 + e.code()).pixels().to_vec()));
    assert_eq!(told, expected);
}

fn requests(service: &Service, method: &str) -> Vec<serde_json::Value> {
    service.calls().iter().filter(|c| c.method == method).map(|c| c.json()).collect()
}

#[test]
fn live_pictures_run_on_into_the_capture() {
    let (_folder, roots) = roots();
    let service = serve(Fake::new(BioType::Face));
    let setup = setup(DeviceKind::Camera, service.port, Some(&roots));
    let registry = production();
    let mut camera = registry.open_camera(&setup, None).unwrap();
    for _ in 0..3 {
        let frame = camera.frame(Instant::now() + Duration::from_millis(WITHIN_MS)).unwrap();
        assert_eq!((frame.width(), frame.height()), (60, 80));
    }
    camera.capture(&CaptureTask::Face, &mut TestWatch::within_ms(WITHIN_MS)).unwrap();
    assert_eq!(requests(&service, "STREAM").len(), 1, "the running pictures were taken over");
    camera.frame(Instant::now() + Duration::from_millis(WITHIN_MS)).unwrap();
    assert_eq!(requests(&service, "STREAM").len(), 2);
}

#[test]
fn a_key_that_changes_while_the_device_is_open() {
    let (before, after) = (Arc::new(Fake::new(BioType::Iris)), Arc::new(Fake::new(BioType::Iris)));
    let changed = Arc::new(AtomicBool::new(false));
    let service = Service::start(|port| {
        let (told, answering, new) = (after.clone(), after, changed.clone());
        let first = before.clone();
        script(vec![before], port)
            .on("MOSIPDINFO", move |_, socket| {
                let of = if new.load(Ordering::SeqCst) { &told } else { &first };
                send(socket, json_answer(&json!([of.told_info(port)]).to_string()));
            })
            .on("RCAPTURE", move |call, socket| {
                changed.store(true, Ordering::SeqCst);
                send(socket, json_answer(&answering.captured(&call.json()).to_string()));
            })
    });
    let (_folder, roots) = roots();
    let setup = setup(DeviceKind::Iris, service.port, Some(&roots));
    let mut device = production().open_capture(DeviceKind::Iris, &setup, None).unwrap();
    for _ in 0..2 {
        let task = CaptureTask::Irises { missing: Vec::new() };
        let captured = device.capture(&task, &mut TestWatch::within_ms(WITHIN_MS));
        assert!(captured.is_ok(), "{captured:?}");
    }
    let infos = service.calls().iter().filter(|call| call.method == "MOSIPDINFO").count();
    assert_eq!(infos, 2, "at the opening, and once for the new key");
}

#[test]
fn live_pictures_that_nobody_looks_at_end() {
    let (_folder, roots) = roots();
    let service = serve(Fake::new(BioType::Face));
    let setup = setup(DeviceKind::Camera, service.port, Some(&roots));
    let mut camera = production().open_camera(&setup, None).unwrap();
    let frame = |camera: &mut dyn Camera, streams: usize, what: &str| {
        camera.frame(Instant::now() + Duration::from_millis(WITHIN_MS)).unwrap();
        assert_eq!(requests(&service, "STREAM").len(), streams, "{what}");
    };
    frame(camera.as_mut(), 1, "the first");
    camera.pause();
    frame(camera.as_mut(), 2, "stopped, and begun again");
    // What waits in the socket shows who sat there before.
    std::thread::sleep(Duration::from_millis(1500));
    frame(camera.as_mut(), 3, "old pictures are not shown");
}

#[test]
fn a_program_that_is_no_service_leaves_its_turn_to_the_next_driver() {
    let service = Service::start(|_| {
        Script::default().on("MOSIPDISC", |_, socket| send(socket, "HTTP/1.1 200 OK\r\n\r\n<html>"))
    });
    let alone =
        training().open_capture(DeviceKind::Iris, &setup(DeviceKind::Iris, service.port, None), None).err();
    assert_eq!(alone, Some(DeviceFault::ServiceMissing { service: "SBI".to_owned() }));
    let both = format!(
        "[[iris]]\ndriver = \"sbi\"\ntrust = \"none\"\nports = \"{}\"\n[[iris]]\ndriver = \"simulated\"",
        service.port
    );
    let next = training().open_capture(DeviceKind::Iris, &Setup::from_toml(&both).unwrap(), None);
    assert_eq!(next.map(|d| d.info().driver.clone()), Ok("simulated".to_owned()));
}

#[test]
fn single_devices_are_asked_part_by_part() {
    let (_folder, roots) = roots();
    let eyes = serve(Fake { sub_type: "Single", sub_ids: &["1", "2"], ..Fake::new(BioType::Iris) });
    let setup_ = setup(DeviceKind::Iris, eyes.port, Some(&roots));
    let registry = production();
    let task = CaptureTask::Irises { missing: Vec::new() };
    let captured = capture(&setup_, &registry, &task).unwrap();
    assert_eq!(conformance::mismatch(&task, &captured), None);
    let asked: Vec<_> =
        requests(&eyes, "RCAPTURE").iter().map(|r| r["bio"][0]["deviceSubId"].clone()).collect();
    assert_eq!(asked, [json!("2"), json!("1")]);

    let unknown = |payload: &mut serde_json::Value| payload["bioSubType"] = json!("UNKNOWN");
    let finger = Fake { sub_type: "Single", sub_ids: &["0"], ..Fake::new(BioType::Finger) };
    let finger = serve(Fake { payload: Box::new(unknown), ..finger });
    let setup_ = setup(DeviceKind::Fingerprint, finger.port, Some(&roots));
    let task = CaptureTask::Finger { position: FingerPosition::RightIndex, again: false };
    let captured = capture(&setup_, &registry, &task).unwrap();
    assert_eq!(conformance::mismatch(&task, &captured), None);
    let device = registry.open_capture(DeviceKind::Fingerprint, &setup_, None).unwrap();
    assert!(!device.can(&CaptureTask::Slap { slap: Slap::LeftFour, missing: Vec::new() }));
    assert!(!device.can(&CaptureTask::Platen));
}

#[test]
fn training_takes_devices_that_nobody_vouches_for_and_says_so() {
    let service = serve(Fake::unsigned(BioType::Finger));
    let setup_ = setup(DeviceKind::Fingerprint, service.port, None);
    let registry = training();
    let device = registry.open_capture(DeviceKind::Fingerprint, &setup_, None).unwrap();
    assert_eq!(device.info().model, "Contoh Satu (not verified)");
    let task = CaptureTask::Slap { slap: Slap::Thumbs, missing: Vec::new() };
    assert!(capture(&setup_, &registry, &task).is_ok());
    let refused = production().open_capture(DeviceKind::Fingerprint, &setup_, None).err();
    assert_eq!(refused, Some(DeviceFault::TrainingOnly));
    assert!(production().list(&setup_).is_empty());
}

#[test]
fn a_device_that_is_still_busy_is_asked_again() {
    let tries = AtomicUsize::new(0);
    let device = Arc::new(Fake::new(BioType::Face));
    let service = Service::start(|port| {
        let answering = device.clone();
        script(vec![device], port).on("RCAPTURE", move |call, socket| {
            let answer = match tries.fetch_add(1, Ordering::SeqCst) {
                0 => failed("703"),
                1 => failed("700"),
                _ => answering.captured(&call.json()).to_string(),
            };
            send(socket, json_answer(&answer));
        })
    });
    let (_folder, roots) = roots();
    let setup = setup(DeviceKind::Camera, service.port, Some(&roots));
    assert!(capture(&setup, &production(), &CaptureTask::Face).is_ok());
    let asked = requests(&service, "RCAPTURE");
    assert_eq!(asked.len(), 3);
    assert!(asked[0]["transactionId"] != asked[1]["transactionId"], "each request has its own");
}

#[test]
fn cancel_closes_both_connections() {
    let service = Service::start(|port| {
        let device = Arc::new(Fake::new(BioType::Finger));
        script(vec![device], port).on("RCAPTURE", |call, socket| call.hold(socket))
    });
    let (_folder, roots) = roots();
    let setup = setup(DeviceKind::Fingerprint, service.port, Some(&roots));
    let mut device = production().open_capture(DeviceKind::Fingerprint, &setup, None).unwrap();
    let task = CaptureTask::Slap { slap: Slap::LeftFour, missing: Vec::new() };
    let delay = Duration::from_millis(700);
    let ended = device.capture(&task, &mut TestWatch::cancelled_after(delay));
    assert_eq!(ended, Err(CaptureEnd::Cancelled));
    drop(device);
    drop(service); // Its workers end once their callers are gone: this would hang else.
}

#[test]
fn a_device_gets_less_time_than_the_station_has() {
    let service = Service::start(|port| {
        let device = Arc::new(Fake::new(BioType::Face));
        script(vec![device], port).on("RCAPTURE", |call, socket| {
            let ms = call.json()["timeout"].as_str().unwrap().parse().unwrap();
            call.wait(Duration::from_millis(ms), socket);
            send(socket, json_answer(&failed("701")));
        })
    });
    let (_folder, roots) = roots();
    let setup = setup(DeviceKind::Camera, service.port, Some(&roots));
    let mut device = production().open_capture(DeviceKind::Camera, &setup, None).unwrap();
    let ended = device.capture(&CaptureTask::Face, &mut TestWatch::within_ms(6000));
    assert_eq!(ended, Err(CaptureEnd::Retry(crate::vocabulary::Retry::NoFace)));
}

#[test]
fn devices_come_and_go() {
    let (_folder, roots) = roots();
    let service = serve(Fake::new(BioType::Iris));
    let port = service.port;
    let setup = setup(DeviceKind::Iris, port, Some(&roots));
    let registry = Arc::new(production());
    let monitor = HotPlugMonitor::start(&registry, &setup, || {}).unwrap();
    let event = || monitor.events().recv_timeout(Duration::from_secs(60)).unwrap();
    let arrived = |event: HotPlug| matches!(event, HotPlug::Arrived(info) if info.driver == "sbi");
    assert!(arrived(event()));
    drop(service);
    assert!(matches!(event(), HotPlug::Left(id) if id.0 == "sbi-iris-SN-1"));
    let gone = registry.open_capture(DeviceKind::Iris, &setup, None).err();
    assert_eq!(gone, Some(DeviceFault::ServiceMissing { service: "SBI".to_owned() }));
    let Ok(listener) = std::net::TcpListener::bind(("127.0.0.1", port)) else {
        eprintln!("skipped the way back: somebody else took port {port}");
        return;
    };
    let device = Arc::new(Fake::new(BioType::Iris));
    let _again = Service::start_on(listener, |port| device.script(port));
    assert!(arrived(event()));
}

#[test]
fn several_devices_are_told_apart() {
    let (_folder, roots) = roots();
    let one = Arc::new(Fake::new(BioType::Finger));
    let two = Arc::new(Fake { serial: "SN-2", ..Fake::new(BioType::Finger) });
    let face = Arc::new(Fake { serial: "SN-3", ..Fake::new(BioType::Face) });
    let service = Service::start(|port| script(vec![one, two, face], port));
    let mut parameters = parameters(service.port, Some(&roots));
    let mut setup = Setup::default();
    setup.set(DeviceKind::Fingerprint, "sbi", parameters.clone()).unwrap();
    setup.set(DeviceKind::Camera, "sbi", parameters.clone()).unwrap();
    let registry = production();
    let mut ids: Vec<String> = registry.list(&setup).into_iter().map(|d| d.id.0).collect();
    ids.sort();
    assert_eq!(ids, ["sbi-camera-SN-3", "sbi-fingerprint-SN-1", "sbi-fingerprint-SN-2"]);
    let choice = crate::vocabulary::DeviceId("sbi-fingerprint-SN-2".to_owned());
    let device = registry.open_capture(DeviceKind::Fingerprint, &setup, Some(&choice)).unwrap();
    assert_eq!(device.info().serial, "SN-2");
    parameters.insert("serial".to_owned(), "SN-2".into());
    setup.set(DeviceKind::Fingerprint, "sbi", parameters).unwrap();
    let device = registry.open_capture(DeviceKind::Fingerprint, &setup, None).unwrap();
    assert_eq!(device.info().serial, "SN-2");
}

/// What services really do, one by one: a capture must go well in spite of it.
#[test]
fn odd_answers_are_understood() {
    type Odd = fn(&str) -> Vec<u8>;
    let check = |name: &str, odd: Odd| {
        let device = Arc::new(Fake::new(BioType::Face));
        let service = Service::start(|port| {
            let (one, two, three) = (device.clone(), device.clone(), device.clone());
            Script::default()
                .on("MOSIPDISC", move |_, socket| {
                    send(socket, odd(&json!([one.discovered(port)]).to_string()));
                })
                .on("MOSIPDINFO", move |_, socket| {
                    send(socket, odd(&json!([two.told_info(port)]).to_string()));
                })
                .on("STREAM", stream)
                .on("RCAPTURE", move |call, socket| {
                    send(socket, odd(&three.captured(&call.json()).to_string()));
                })
        });
        let (_folder, roots) = roots();
        let setup = setup(DeviceKind::Camera, service.port, Some(&roots));
        let captured = capture(&setup, &production(), &CaptureTask::Face);
        assert!(captured.is_ok(), "{name}: {captured:?}");
    };
    check("headers without spaces, closed without length", |body| {
        format!("HTTP/1.0 200 OK\r\nContent-Type:application/json\r\n\r\n{body}").into_bytes()
    });
    check("headers with many spaces, lower case", |body| {
        format!("HTTP/1.1 200 OK\r\ncontent-length   :   {}\r\n\r\n{body}", body.len()).into_bytes()
    });
    check("line ends behind the body", |body| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n", body.len()).into_bytes()
    });
    check("a second answer on the socket", |body| {
        let answer = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
        format!("{answer}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{{}}").into_bytes()
    });
    check("line ends before the head, newlines only", |body| {
        format!("\r\n\r\nHTTP/1.1 200 OK\nContent-Length: {}\n\n{body}", body.len()).into_bytes()
    });
    check("a length in characters", |body| {
        let body = body.replacen("Success", "Erfolg \u{2013} gut \u{fc}\u{fc}", 1);
        let length = body.chars().count();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    });
    check("no reason phrase, chunks", |body| {
        let (one, two) = body.split_at(body.len() / 2);
        format!(
            "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n{:X};x=y\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
            one.len(),
            two.len()
        )
        .into_bytes()
    });
}

/// Values of other types than the page says.
#[test]
fn odd_values_are_understood() {
    let check = |name: &str, device: Fake| {
        let service = serve(device);
        let (_folder, roots) = roots();
        let setup = setup(DeviceKind::Fingerprint, service.port, Some(&roots));
        let task = CaptureTask::Slap { slap: Slap::LeftFour, missing: vec![FingerPosition::LeftLittle] };
        let captured = capture(&setup, &production(), &task);
        assert!(captured.is_ok(), "{name}: {captured:?}");
    };
    let finger = || Fake::new(BioType::Finger);
    check(
        "scores as numbers",
        Fake {
            payload: Box::new(|p| (p["qualityScore"], p["requestedScore"]) = (json!(61.5), json!(60))),
            ..finger()
        },
    );
    check(
        "parts as numbers, missing fields, nulls",
        Fake {
            info: Box::new(|p| {
                p["deviceSubId"] = json!([1, 2, 3]);
                p["firmware"] = json!(null);
                p.as_object_mut().unwrap().remove("serviceVersion");
            }),
            discovery: Box::new(|d| {
                d["deviceSubId"] = json!([1, 2, 3]);
                d.as_object_mut().unwrap().remove("error");
            }),
            ..finger()
        },
    );
    check(
        "error codes as numbers, hash in lower case",
        Fake {
            answer: Box::new(|a| {
                for element in a["biometrics"].as_array_mut().unwrap() {
                    element["error"]["errorCode"] = json!(0);
                    element["hash"] = json!(element["hash"].as_str().unwrap().to_lowercase());
                }
            }),
            ..finger()
        },
    );
    check(
        "a time without zone, with milliseconds",
        Fake {
            payload: Box::new(|p| {
                let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
                p["timestamp"] = json!(now);
            }),
            ..finger()
        },
    );
    check(
        "callback without the last slash",
        Fake {
            info: Box::new(|p| {
                p["callbackId"] = json!(p["callbackId"].as_str().unwrap().trim_end_matches('/'));
            }),
            ..finger()
        },
    );
    check(
        "busy status, version list",
        Fake { status: "busy", info: Box::new(|p| p["specVersion"] = json!(["1.0.0", "0.9.5"])), ..finger() },
    );
}

#[test]
fn a_stream_that_is_odd_or_missing_pictures_stops_no_capture() {
    type Stream = fn(&mut std::net::TcpStream);
    let check = |name: &str, odd: Stream| {
        let device = Arc::new(Fake::new(BioType::Iris));
        let watch = Mutex::new(TestWatch::within_ms(WITHIN_MS));
        let service = Service::start(|port| {
            script(vec![device], port).on("STREAM", move |call, socket| {
                odd(socket);
                call.hold(socket);
            })
        });
        let (_folder, roots) = roots();
        let setup = setup(DeviceKind::Iris, service.port, Some(&roots));
        let mut device = production().open_capture(DeviceKind::Iris, &setup, None).unwrap();
        let task = CaptureTask::Irises { missing: Vec::new() };
        let captured = device.capture(&task, &mut *watch.lock().unwrap());
        assert!(captured.is_ok(), "{name}: {captured:?}");
    };
    check("no picture at all", |socket| send(socket, super::fake::STREAM_HEAD));
    check("pictures that cannot be read", |socket| {
        send(socket, super::fake::STREAM_HEAD);
        send(socket, super::fake::part(b"no jpeg"));
    });
    check("chunks", |socket| {
        let part = super::fake::part(&jpeg());
        send(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        send(socket, format!("{:x}\r\n", part.len()));
        send(socket, &part);
        send(socket, "\r\n");
    });
    check("other headers, no length, boundary without dashes", |socket| {
        send(socket, "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=\"b\"\r\n\r\n");
        send(socket, "--b\r\ncontent-type : image/jpeg\r\n\r\n");
        send(socket, jpeg());
        send(socket, "\r\n--b\r\n");
    });
}

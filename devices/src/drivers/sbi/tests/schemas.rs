//! Every message that is sent, by checks of our own always, and by the published JSON schemas where they are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use biometrics::position::{Eye, FingerPosition, Slap};
use serde_json::Value;

use super::fake::Fake;
use super::*;
use crate::conformance::TestWatch;
use crate::drivers::sbi::order::{DeviceShape, Order};
use crate::drivers::sbi::wire::BioType;
use crate::drivers::sbi::{Door, Services};

fn schemas() -> Option<PathBuf> {
    let root = std::env::var_os("REKAM_SAMPLES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    Some(root.join("sbi-schemas")).filter(|folder| folder.is_dir())
}

fn holds(schema: &str, message: &Value) {
    let Some(folder) = schemas() else { return };
    let text = std::fs::read_to_string(folder.join(schema)).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // The published address of the draft ends in `#`, which the checker does not know.
    schema.as_object_mut().unwrap().remove("$schema");
    let draft = jsonschema::Draft::Draft201909;
    let options = jsonschema::options().with_draft(draft).should_validate_formats(true);
    let validator = options.build(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(message).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {message}");
}

/// The rules of the page, whether or not the schemas are there.
fn sound(request: &Value) {
    let text = |key: &str| request[key].as_str().unwrap_or_else(|| panic!("{key} is no text: {request}"));
    assert!(["Staging", "Developer", "Pre-Production", "Production"].contains(&text("env")));
    assert_eq!((text("purpose"), text("specVersion")), ("Registration", "0.9.5"));
    assert!(text("timeout").parse::<u64>().unwrap() > 0);
    let time = text("captureTime");
    assert!(time.len() == 20 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    let id = text("transactionId");
    assert!(
        (4..=50).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
        "{id}"
    );
    assert!(request["customOpts"].as_object().is_some_and(serde_json::Map::is_empty));
    let keys: Vec<&str> = request.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 8, "{keys:?}");
    let bio = &request["bio"][0];
    assert_eq!(request["bio"].as_array().unwrap().len(), 1);
    let text = |key: &str| bio[key].as_str().unwrap_or_else(|| panic!("{key} is no text: {bio}"));
    let list = |key: &str| bio[key].as_array().unwrap_or_else(|| panic!("{key} is no list: {bio}")).len();
    assert!(text("requestedScore").parse::<u8>().unwrap() <= 100);
    assert!(!text("deviceId").is_empty());
    assert!(["", &"A".repeat(64)].iter().any(|l| l.len() == text("previousHash").len()));
    let whole = match (text("type"), text("deviceSubId")) {
        ("Finger", "1" | "2") => 4,
        ("Finger" | "Iris", "3") => 2,
        ("Iris", "1" | "2") => 1,
        ("Face", "0") => 1 + list("exception"),
        other => panic!("{other:?}"),
    };
    assert_eq!(text("count").parse::<usize>().unwrap() + list("exception"), whole, "{bio}");
    assert!(text("type") != "Face" || list("bioSubType") == 0);
}

fn orders() -> Vec<Order> {
    use FingerPosition as F;
    let shape = |bio_type, sub_type: &str| DeviceShape {
        bio_type,
        sub_type: sub_type.to_owned(),
        sub_ids: ["1", "2", "3"].map(str::to_owned).to_vec(),
    };
    let mut orders = vec![
        Order::face(),
        Order::exception_photo(&[], &[]),
        Order::exception_photo(&[FingerPosition::RightRing, FingerPosition::LeftThumb], &[Eye::Left]),
        Order::eyes(&[]),
    ];
    orders.extend(Eye::ALL.iter().flat_map(|e| [Order::eye(*e), Order::eyes(&[*e])]));
    orders.extend(Slap::ALL.iter().map(|s| Order::slap(*s, &[])));
    orders.extend(F::ALL.iter().map(|f| Order::finger(*f, &shape(BioType::Finger, "Slap"))));
    orders.extend(F::ALL.iter().map(|f| Order::slap(f.slap(), &[*f])));
    orders.push(Order::slap(Slap::LeftFour, &[F::LeftIndex, F::LeftLittle, F::RightThumb]));
    orders
}

#[test]
fn every_message_is_as_published() {
    if schemas().is_none() {
        eprintln!("skipped the published schemas: not here (REKAM_SAMPLES)");
    }
    let (_folder, roots) = roots();
    for bio_type in BioType::ALL {
        let service = serve(Fake::new(*bio_type));
        let parameters = parameters(service.port, Some(&roots));
        let door = Door::new(bio_type.kind(), &parameters, false, Services::default()).unwrap();
        let mut device = door.open(None).unwrap();
        let mut captured = 0;
        for order in orders().iter().filter(|order| order.bio_type == *bio_type) {
            let samples = device.take(order, &mut TestWatch::within_ms(30_000)).unwrap();
            assert_eq!(samples.len(), order.count());
            captured += 1;
        }
        let calls = service.calls();
        let of = |method: &str| calls.iter().filter(|c| c.method == method).collect::<Vec<_>>();
        for call in &calls {
            let total = call.head.len() + 4 + call.body.len();
            assert_eq!(call.first_read, total, "head and body go out in one write");
            let host = format!("\r\nHost: 127.0.0.1:{}\r\n", service.port);
            assert!(call.head.contains(&host) && call.head.contains("\r\nEXT: rekam\r\n"), "{}", call.head);
        }
        for call in of("MOSIPDISC") {
            assert!(call.head.starts_with("MOSIPDISC /device HTTP/1.1\r\n"));
            holds("DiscoverRequestSchema.json", &call.json());
        }
        for call in of("MOSIPDINFO") {
            assert!(call.head.starts_with("MOSIPDINFO /info HTTP/1.1\r\n") && call.body.is_empty());
        }
        for call in of("STREAM") {
            let request = call.json();
            let texts = ["deviceId", "deviceSubId", "timeout"].iter().all(|key| request[*key].is_string());
            assert!(call.head.starts_with("STREAM /stream HTTP/1.1\r\n") && texts, "{request}");
        }
        let captures = of("RCAPTURE");
        assert_eq!(captures.len(), captured);
        for call in captures {
            assert!(call.head.starts_with("RCAPTURE /capture HTTP/1.1\r\n"));
            sound(&call.json());
            holds("RegistrationCaptureRequestSchema.json", &call.json());
        }
        let (streams, captures) = (of("STREAM"), of("RCAPTURE"));
        for (stream, capture) in streams.iter().zip(&captures) {
            let (stream, capture) = (stream.json(), capture.json());
            assert_eq!(stream["deviceId"], capture["bio"][0]["deviceId"]);
            assert_eq!(stream["deviceSubId"], capture["bio"][0]["deviceSubId"]);
        }
    }
}

/// The answers that these tests are made of hold against the published schemas as well.
#[test]
fn the_fake_answers_as_published() {
    let device = Fake::new(BioType::Finger);
    holds("DiscoverResponseSchema.json", &serde_json::json!([device.discovered(4501)]));
    holds("DeviceInfoResponseSchema.json", &serde_json::json!([device.told_info(4501)]));
}

#[test]
fn a_device_gets_less_time_than_is_left() {
    let service = serve(Fake::new(BioType::Face));
    let (_folder, roots) = roots();
    let parameters = parameters(service.port, Some(&roots));
    let door = Door::new(DeviceKind::Camera, &parameters, false, Services::default()).unwrap();
    let device = door.open(None).unwrap();
    for (left_ms, expected_ms) in
        [(0, 0), (100, 80), (1000, 800), (10_000, 8500), (20_000, 18_500), (90_000, 30_000)]
    {
        let got = device.device_timeout(Duration::from_millis(left_ms));
        assert_eq!(got, Duration::from_millis(expected_ms), "{left_ms}");
    }
}

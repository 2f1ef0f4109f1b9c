//! The control over HTTP.

use std::time::{Duration, Instant};

use biometrics::position::{Eye, FingerPosition as F};
use devices::drivers::simulated::parameters::Background;
use serde_json::{Value, json};

use super::super::{Fault, Modality, Oddities, PLANS_MAX, Plan, Service};
use super::{call, capture, code, direct, discover, service};
use crate::sbi::tests::tokens::payload;

fn set(service: &Service, path: &str, body: &Value) -> String {
    code(&call(service, "POST", path, body))
}

#[test]
fn what_is_set_is_seen() {
    let service = direct();
    let control = service.control();
    let status = |kind: &str| discover(&service, kind)[0]["deviceStatus"].as_str().unwrap().to_owned();
    let body = json!({ "type": "Finger", "deviceStatus": "Not Ready" });
    assert_eq!(set(&service, "/admin/status", &body), "0");
    assert_eq!((status("Finger"), status("Iris")), ("Not Ready".to_owned(), "Ready".to_owned()));
    let body = json!({ "type": "Biometric Device", "deviceStatus": "busy" });
    assert_eq!(set(&service, "/admin/status", &body), "0");
    assert_eq!((status("Face"), status("Iris")), ("Busy".to_owned(), "Busy".to_owned()));
    assert_eq!(set(&service, "/admin/reset", &json!({})), "0");
    assert_eq!(status("Finger"), "Ready");

    let score = || {
        let answer = capture(&service, Modality::Iris, "1");
        payload(answer["biometrics"][0]["data"].as_str().unwrap())["qualityScore"].clone()
    };
    let measured = score();
    assert_eq!(set(&service, "/admin/score", &json!({ "type": "Iris", "qualityScore": "44.44" })), "0");
    assert_eq!(score(), "44.44");
    assert_eq!(set(&service, "/admin/score", &json!({ "type": "Iris", "fromIso": true })), "0");
    assert_ne!(score(), "44.44");
    assert!(measured.as_str().unwrap().parse::<u8>().unwrap() > 40, "{measured}");

    let body = json!({ "type": "Iris", "delay": "400", "method": ["MOSIPDISC"] });
    assert_eq!(set(&service, "/admin/delay", &body), "0");
    let begun = Instant::now();
    discover(&service, "Iris");
    assert!(begun.elapsed() >= Duration::from_millis(400));

    let body = json!({ "seed": 9, "missing": ["left_ring", "right"], "background": "blue" });
    assert_eq!(set(&service, "/admin/person", &body), "0");
    let person = control.current_person();
    assert_eq!((person.seed, person.background), (9, Background::Blue));
    assert_eq!((person.missing_fingers, person.missing_eyes), (vec![F::LeftRing], vec![Eye::Right]));
    assert_eq!(set(&service, "/admin/profile", &json!({ "profileId": "12" })), "0");
    assert_eq!(control.current_person().seed, 12);
    assert_eq!(set(&service, "/admin/profile", &json!({ "profileId": "Default" })), "0");
    assert_eq!(control.current_person().seed, 1);

    assert_eq!(set(&service, "/admin/oddities", &json!({ "all": false })), "0");
    assert_eq!(control.current_oddities(), Oddities::NONE);
    assert_eq!(set(&service, "/admin/oddities", &json!({ "stream-first": true })), "0");
    assert_eq!(control.current_oddities(), Oddities { stream_first: true, ..Oddities::NONE });
}

#[test]
fn faults_are_planned_and_cleared() {
    let service = service();
    let plan =
        json!({ "fault": "error", "code": "104", "method": ["MOSIPDISC"], "type": "Iris", "calls": 2 });
    assert_eq!(set(&service, "/admin/fault", &plan), "0");
    let codes = |kind: &str| code(&discover(&service, kind));
    assert_eq!([codes("Face"), codes("Iris"), codes("Iris"), codes("Iris")], ["0", "104", "104", "0"]);
    assert_eq!(set(&service, "/admin/fault", &json!({ "fault": "callback-elsewhere" })), "0");
    let callback = || discover(&service, "Iris")[0]["callbackId"].as_str().unwrap().contains("192.0.2.1");
    assert!(callback() && callback());
    assert_eq!(set(&service, "/admin/clear", &Value::Null), "0");
    assert!(!callback());
    // Every fault has a name that comes back, and a method it can come in.
    for fault in Fault::ALL {
        assert_eq!(Fault::from_wire(fault.wire()), Some(*fault));
        assert!(!fault.methods().is_empty());
    }
    for _ in 0..PLANS_MAX {
        assert!(service.control().plan(Plan::always(Fault::Hang).of(Modality::Face)));
    }
    assert!(!service.control().plan(Plan::always(Fault::Hang)));
    assert_eq!(set(&service, "/admin/fault", &json!({ "fault": "drop" })), "508");
}

#[test]
fn what_cannot_be_set_is_refused() {
    let service = service();
    let before = service.control().current_person();
    let check = |path: &str, body: Value, expected: &str| {
        assert_eq!(set(&service, path, &body), expected, "{path} {body}");
    };
    check("/admin/status", json!({ "deviceStatus": "Ready" }), "502");
    check("/admin/status", json!({ "type": "Voice", "deviceStatus": "Ready" }), "502");
    check("/admin/status", json!({ "type": "Iris", "deviceStatus": "Asleep" }), "504");
    check("/admin/status", json!({ "type": "Iris" }), "504");
    check("/admin/score", json!({ "type": "Iris", "qualityScore": "101" }), "505");
    check("/admin/score", json!({ "type": "Iris", "qualityScore": 50 }), "505");
    check("/admin/delay", json!({ "type": "Iris", "delay": "soon" }), "506");
    check("/admin/delay", json!({ "type": "Iris", "delay": "600001" }), "506");
    check("/admin/delay", json!({ "type": "Iris", "delay": "1", "method": ["NONE"] }), "507");
    check("/admin/profile", json!({ "profileId": "Ani" }), "509");
    check("/admin/person", json!({ "seed": -1 }), "509");
    check("/admin/person", json!({ "missing": ["nose"] }), "509");
    check("/admin/person", json!({ "missing": "left" }), "509");
    check("/admin/person", json!({ "background": "green" }), "509");
    check("/admin/fault", json!({ "fault": "gremlins" }), "508");
    check("/admin/fault", json!({ "fault": "error" }), "508");
    check("/admin/fault", json!({ "fault": "error", "code": "1000" }), "508");
    check("/admin/fault", json!({ "fault": "hang", "calls": 0 }), "508");
    check("/admin/fault", json!({ "fault": "stall", "method": ["RCAPTURE"] }), "508");
    check("/admin/oddities", json!({ "nothing": true }), "509");
    check("/admin/oddities", json!({ "all": "yes" }), "509");
    check("/admin/clear", json!([]), "509");
    assert_eq!(service.control().current_person(), before);
}

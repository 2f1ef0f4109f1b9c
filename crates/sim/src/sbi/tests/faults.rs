//! Planned faults: each shows what it says, and nothing else is wrong with the answer.

use std::io::Read as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::{Fault, Method, Modality, Plan, Service};
use super::tokens::{Wrong, payload, verified};
use super::{
    Live, at, call, capture, code, direct, discover, pictures, request, rest, service, split, until_ready,
};

fn elements(service: &Service, fault: Option<Fault>) -> Vec<(Value, Value)> {
    if let Some(fault) = fault {
        assert!(service.control().plan(Plan::once(fault).on(&[Method::RCapture])));
    }
    let answer = capture(service, Modality::Iris, "3");
    let list = answer["biometrics"].as_array().unwrap();
    list.iter().map(|e| (e.clone(), payload(e["data"].as_str().unwrap()))).collect()
}

#[test]
fn faults_of_data() {
    let service = direct();
    let right = elements(&service, None);
    let check = |fault: Fault, wrong: fn(&[(Value, Value)]) -> bool| {
        let found = elements(&service, Some(fault));
        assert!(!wrong(&right) && wrong(&found), "{}", fault.wire());
        // Once means once.
        assert!(!wrong(&elements(&service, None)), "{}", fault.wire());
    };
    check(Fault::WrongTransaction, |e| e[0].1["transactionId"] == "another-transaction");
    check(Fault::Missing, |e| e.len() == 1);
    check(Fault::Duplicate, |e| e[0].1["bioSubType"] == e[1].1["bioSubType"]);
    check(Fault::WrongSubtypes, |e| e[0].1["bioSubType"] == "Right");
    check(Fault::WrongEnv, |e| e[0].1["env"] != "Developer");
    check(Fault::WrongPurpose, |e| e[0].1["purpose"] == "Auth");
    check(Fault::WrongScore, |e| e[0].1["qualityScore"] == "101");
    check(Fault::Numbers, |e| e[0].1["qualityScore"].is_number() && e[0].0["error"]["errorCode"].is_number());
    check(Fault::WrongDigitalId, |e| {
        payload(e[0].1["digitalId"].as_str().unwrap())["serialNo"] == "REKAM-SIM-OTHER-99"
    });
    check(Fault::WrongRecord, |e| {
        URL_SAFE_NO_PAD.decode(e[0].1["bioValue"].as_str().unwrap()).unwrap().starts_with(b"FIR\0")
    });
    check(Fault::OldTimestamp, |e| {
        let told = e[0].1["timestamp"].as_str().unwrap();
        let told = chrono::DateTime::parse_from_rfc3339(told).unwrap();
        chrono::Utc::now().signed_duration_since(told).num_minutes() > 55
    });
    check(Fault::TamperedHash, |e| {
        use sha2::{Digest as _, Sha256};
        let record = |i: usize| URL_SAFE_NO_PAD.decode(e[i].1["bioValue"].as_str().unwrap()).unwrap();
        let before = hex::decode(e[0].0["hash"].as_str().unwrap()).unwrap();
        let both = [before.as_slice(), Sha256::digest(record(e.len() - 1)).as_slice()].concat();
        e.len() == 2 && e[1].0["hash"] != hex::encode_upper(Sha256::digest(both))
    });
}

#[test]
fn faults_of_tokens() {
    let service = direct();
    let check = |fault: Fault, expected: Wrong| {
        service.control().plan(Plan::always(fault));
        let (element, _) = elements(&service, None).remove(0);
        let info = call(&service, "MOSIPDINFO", "/info", &Value::Null);
        service.control().clear();
        for token in [&element["data"], &info[0]["deviceInfo"]] {
            let found = verified(token.as_str().unwrap(), service.root_pem());
            assert_eq!(found, Err(expected), "{}", fault.wire());
        }
        let (element, _) = elements(&service, None).remove(0);
        assert!(verified(element["data"].as_str().unwrap(), service.root_pem()).is_ok());
    };
    check(Fault::TamperedSignature, Wrong::Signature);
    check(Fault::TamperedPayload, Wrong::Signature);
    check(Fault::ExpiredCertificate, Wrong::Chain);
    check(Fault::ForeignCertificate, Wrong::Chain);
}

#[test]
fn faults_of_form() {
    let service = direct();
    let control = service.control();
    control.plan(Plan::once(Fault::CallbackElsewhere).on(&[Method::Disc]));
    assert!(discover(&service, "Iris")[0]["callbackId"].as_str().unwrap().starts_with("http://192.0.2.1:"));
    control.plan(Plan::once(Fault::Numbers).on(&[Method::Disc]));
    let found = discover(&service, "Iris");
    assert_eq!((&found[0]["deviceSubId"], &found[0]["error"]["errorCode"]), (&json!([1, 2, 3]), &json!(0)));
    control.plan(Plan::once(Fault::Nulls).on(&[Method::RCapture]));
    let bad = call(&service, "RCAPTURE", "/capture", &json!({}));
    let names: Vec<&String> = bad["biometrics"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["error"]);
    control.plan(Plan::once(Fault::Nulls).on(&[Method::RCapture]));
    let face = capture(&service, Modality::Face, "0");
    let data = payload(face["biometrics"][0]["data"].as_str().unwrap());
    assert_eq!(data.get("bioSubType"), Some(&Value::Null));
}

#[test]
fn errors_come_in_the_shape_of_their_method() {
    let service = direct();
    let control = service.control();
    let next = |method: Method, ask: &dyn Fn() -> Value| {
        control.plan(Plan::error(method, 104));
        let planned = code(&ask());
        (planned, code(&ask()))
    };
    let (wrong, right) = ("104".to_owned(), "0".to_owned());
    assert_eq!(next(Method::Disc, &|| discover(&service, "Iris")), (wrong.clone(), right.clone()));
    let info = || call(&service, "MOSIPDINFO", "/info", &Value::Null);
    assert_eq!(next(Method::Info, &info), (wrong.clone(), right.clone()));
    assert_eq!(next(Method::RCapture, &|| capture(&service, Modality::Iris, "1")), (wrong, right));
    control.plan(Plan::error(Method::Stream, 202));
    let body = json!({ "deviceId": super::id(&service, Modality::Iris), "deviceSubId": "1" });
    assert_eq!(call(&service, "STREAM", "/stream", &body)["errorCode"], "202");
    // A fault of one device leaves the others alone.
    control.plan(Plan::error(Method::RCapture, 102).of(Modality::Finger));
    assert_eq!(code(&capture(&service, Modality::Iris, "1")), "0");
    assert_eq!(code(&capture(&service, Modality::Finger, "3")), "102");
}

#[test]
fn faults_of_the_connection() {
    let service = service();
    let control = service.control();
    let ask = || request(&service, "MOSIPDISC", "/device", r#"{"type":"Iris"}"#);
    control.plan(Plan::once(Fault::Drop));
    assert!(rest(ask()).is_empty());
    control.plan(Plan::once(Fault::NotJson));
    assert!(serde_json::from_slice::<Value>(&split(&rest(ask())).1).is_err());
    control.plan(Plan::once(Fault::Cut));
    let (head, body, _) = split(&rest(ask()));
    let told: usize = head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
    assert!(!body.is_empty() && body.len() < told);
    control.plan(Plan::once(Fault::HugeBody));
    let mut huge = ask();
    let mut buffer = vec![0; 1 << 20];
    let mut came = 0;
    while came < 8 << 20 {
        came += huge.read(&mut buffer).unwrap();
    }
    drop(huge);
    control.plan(Plan::once(Fault::Hang));
    let mut hanging = ask();
    hanging.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(hanging.read(&mut buffer).is_err(), "nothing comes");
    assert_eq!(code(&discover(&service, "Iris")), "0", "others are served");
}

#[test]
fn faults_of_streams() {
    let service = service();
    let end = |fault: Fault| {
        service.control().plan(Plan::once(fault));
        let bytes = Live::open(&service, Modality::Iris, "1").end();
        let (frames, rest) = pictures(&bytes);
        assert!(frames.len() >= 3, "{}", fault.wire());
        assert!(at(&bytes, "errorCode").is_none(), "nothing follows: {}", fault.wire());
        rest
    };
    assert_eq!(end(Fault::CutInBoundary), b"--Boundar");
    let headers = end(Fault::CutInHeaders);
    assert!(headers.starts_with(b"--BoundaryString\r\n") && at(&headers, "\r\n\r\n").is_none());
    let picture = end(Fault::CutInPicture);
    assert!(at(&picture, "Content-Length:100000\r\n\r\n").is_some() && picture.len() < 5000);
    assert!(end(Fault::CutBetweenParts).is_empty());

    service.control().plan(Plan::once(Fault::BadPicture));
    let mut live = Live::open(&service, Modality::Iris, "1");
    live.until(|bytes| pictures(bytes).0.len() >= 4);
    let sound: Vec<bool> =
        pictures(&live.bytes).0.iter().map(|p| biometrics::codec::decode_rgb(p).is_ok()).collect();
    assert_eq!(&sound[..4], [true, false, true, false]);
    drop(live);

    until_ready(&service, Modality::Iris);
    service.control().plan(Plan::once(Fault::HugePart));
    let mut live = Live::open(&service, Modality::Iris, "1");
    live.until(|bytes| at(bytes, "Content-Length:4294967296").is_some() && bytes.len() > 1 << 21);
    drop(live);
    until_ready(&service, Modality::Iris);
    service.control().plan(Plan::once(Fault::Stall));
    let mut live = Live::open(&service, Modality::Iris, "1");
    live.until(|bytes| pictures(bytes).0.len() >= 3);
    live.socket.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    assert!(live.socket.read(&mut [0; 100]).is_err(), "nothing comes, nothing ends");
}

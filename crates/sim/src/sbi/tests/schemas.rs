//! Every kind of message against the published schemas of the protocol's compliance kit, where they are there.

use std::path::{Path, PathBuf};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::super::{Fault, Method, Modality, Options, Plan, Purpose, Service, Status};
use super::tokens::payload;
use super::{Live, call, capture, capture_request, direct, discover, id, service};

/// The folder of schemas; `None` (and said) where it is not there. The other tests of this module's neighbours check
/// the same messages field by field.
fn schemas() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("REKAM_SAMPLES").map_or(own, PathBuf::from).join("sbi-schemas");
    let there = folder.is_dir();
    if !there {
        eprintln!("skipped: no schemas in {}", folder.display());
    }
    there.then_some(folder)
}

fn validator(folder: &Path, name: &str) -> Validator {
    let text = std::fs::read_to_string(folder.join(format!("{name}Schema.json"))).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // Ids and dialect are addresses on the net; the dialect is set below.
    schema.as_object_mut().unwrap().retain(|key, _| key != "$id" && key != "$schema");
    jsonschema::options().with_draft(Draft::Draft201909).should_validate_formats(true).build(&schema).unwrap()
}

#[track_caller]
fn check(folder: &Path, name: &str, value: &Value) {
    let errors: Vec<String> =
        validator(folder, name).iter_errors(value).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

/// The kit looks at the first element of an array only, so each one is shown to it by itself, decoded as it does.
fn each(value: &Value, decode: impl Fn(&mut Value)) -> Vec<Value> {
    let items = value.as_array().unwrap();
    let one = |item: &Value| {
        let mut item = item.clone();
        decode(&mut item);
        json!([item])
    };
    items.iter().map(one).collect()
}

fn decoded_id(item: &mut Value, unsigned: bool) {
    let text = item["digitalId"].as_str().unwrap().to_owned();
    item["digitalIdDecoded"] = payload(&if unsigned { format!(".{text}.") } else { text });
}

fn decoded_info(item: &mut Value) {
    let text = item["deviceInfo"].as_str().unwrap().to_owned();
    let mut info = payload(&if text.contains('.') { text } else { format!(".{text}.") });
    decoded_id(&mut info, false);
    item["deviceInfoDecoded"] = info;
}

fn decoded_data(element: &Value) -> Value {
    let mut element = element.clone();
    let mut data = payload(element["data"].as_str().unwrap());
    decoded_id(&mut data, false);
    element["dataDecoded"] = data;
    json!({ "biometrics": [element] })
}

#[test]
fn discovery_and_info_in_every_state() {
    let Some(folder) = schemas() else { return };
    let service = service();
    check(&folder, "DiscoverRequest", &json!({ "type": "Biometric Device" }));
    let control = service.control();
    for status in Status::ALL.iter().copied() {
        control.status(None, status);
        let found = discover(&service, "Biometric Device");
        let infos = call(&service, "MOSIPDINFO", "/info", &Value::Null);
        let (discovery, info) = match status {
            Status::Ready => ("DiscoverResponse", "DeviceInfoReadyResponse"),
            Status::Busy => ("DiscoverResponseError", "DeviceInfoBusyResponse"),
            Status::NotReady => ("DiscoverResponseError", "DeviceInfoNotReadyResponse"),
            Status::NotRegistered => ("DiscoverResponseError", "DeviceInfoNotRegisteredResponse"),
        };
        for one in each(&found, |item| decoded_id(item, true)) {
            check(&folder, discovery, &one);
        }
        for one in each(&infos, decoded_info) {
            check(&folder, info, &one);
            if status == Status::Ready {
                check(&folder, "DeviceInfoResponse", &one);
            }
        }
    }
    check(&folder, "DiscoverResponseError", &discover(&service, "Voice"));
    let none = Service::start(Options { devices: vec![Modality::Face], ..Options::for_tests() }).unwrap();
    check(&folder, "DiscoverResponseError", &discover(&none, "Iris"));
}

#[test]
fn captures_and_their_errors() {
    let Some(folder) = schemas() else { return };
    let service = direct();
    for (modality, sub_id, count) in [
        (Modality::Finger, "1", 4),
        (Modality::Finger, "2", 4),
        (Modality::Finger, "3", 2),
        (Modality::Iris, "1", 1),
        (Modality::Iris, "2", 1),
        (Modality::Iris, "3", 2),
        (Modality::Face, "0", 1),
    ] {
        // What this project's own tests ask for is what the schemas ask for.
        let request = capture_request(&service, modality, sub_id, &[]);
        check(&folder, "RegistrationCaptureRequest", &request);
        let answer = capture(&service, modality, sub_id);
        let elements = answer["biometrics"].as_array().unwrap();
        assert_eq!(elements.len(), count, "{} {sub_id}: {answer}", modality.wire());
        for element in elements {
            let decoded = decoded_data(element);
            check(&folder, "RegistrationCaptureResponse", &decoded);
            check(&folder, "DigitalIdResponse", &decoded["biometrics"][0]["dataDecoded"]["digitalIdDecoded"]);
            check(&folder, "ErrorInfo", &element["error"]);
        }
    }
    let exception = capture_request(&service, Modality::Face, "0", &["Left Thumb", "Right RingFinger"]);
    check(&folder, "RegistrationCaptureRequest", &exception);
    let answer = call(&service, "RCAPTURE", "/capture", &exception);
    check(&folder, "RegistrationCaptureResponse", &decoded_data(&answer["biometrics"][0]));

    let bad = call(&service, "RCAPTURE", "/capture", &json!({ "transactionId": "x" }));
    check(&folder, "ErrorCaptureResponse", &bad);
    check(&folder, "TransactionIdErrorRCaptureResponse", &bad);
    check(&folder, "ErrorCaptureResponse", &call(&service, "CAPTURE", "/capture", &json!({})));
    service.control().plan(Plan::error(Method::RCapture, 102));
    check(&folder, "ErrorCaptureResponse", &capture(&service, Modality::Iris, "1"));
    let auth = Service::start(Options { purpose: Purpose::Auth, ..Options::for_tests() }).unwrap();
    check(&folder, "ErrorCaptureResponse", &capture(&auth, Modality::Face, "0"));
    for one in each(&discover(&auth, "Biometric Device"), |item| decoded_id(item, true)) {
        check(&folder, "DiscoverResponse", &one);
    }
}

/// A check that cannot fail checks nothing: messages with planned faults of form are refused.
#[test]
fn the_schemas_refuse_what_is_wrong() {
    let Some(folder) = schemas() else { return };
    let service = direct();
    for fault in [Fault::Numbers, Fault::WrongScore] {
        service.control().plan(Plan::once(fault).on(&[Method::RCapture]));
        let answer = capture(&service, Modality::Iris, "1");
        let validator = validator(&folder, "RegistrationCaptureResponse");
        let errors = validator.iter_errors(&decoded_data(&answer["biometrics"][0])).count();
        // Above 100 is allowed by no pattern, numbers by no type.
        assert!(errors > 0, "{}", fault.wire());
    }
    service.control().plan(Plan::once(Fault::Nulls).on(&[Method::RCapture]));
    let bad = call(&service, "RCAPTURE", "/capture", &json!({}));
    assert!(!validator(&folder, "ErrorCaptureResponse").is_valid(&bad));
}

#[test]
fn a_device_that_streams_is_busy() {
    let service = service();
    let live = Live::open(&service, Modality::Iris, "3");
    let found = discover(&service, "Iris");
    assert_eq!((&found[0]["deviceStatus"], &found[0]["error"]["errorCode"]), (&json!("Busy"), &json!("111")));
    assert_eq!(discover(&service, "Face")[0]["deviceStatus"], "Ready");
    drop(live);
    let _ = id(&service, Modality::Iris);
}

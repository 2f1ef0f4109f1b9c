//! What is captured: whose it is, that records are sound, that the chain holds, that rules of streams are kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use biometrics::finger::matcher::FingerMatcher as _;
use biometrics::finger::own::MinutiaeMatcher;
use biometrics::image::GrayImage;
use biometrics::iso::fac::FaceRecord;
use biometrics::iso::fir::{FingerRecord, Position};
use biometrics::iso::iir::IrisRecord;
use biometrics::position::{Eye, FingerPosition as F};
use biometrics::synth::finger::{FingerSpec, Master};
use devices::drivers::simulated::samples;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::{Modality, Oddities, Options, Person, Service, Status};
use super::tokens::{payload, verified};
use super::{Live, at, call, capture, capture_request, code, direct, discover, pictures, service};

/// The data of each element, with signature and chain checked.
fn data(service: &Service, answer: &Value) -> Vec<Value> {
    let elements = answer["biometrics"].as_array().unwrap();
    elements.iter().map(|e| verified(e["data"].as_str().unwrap(), service.root_pem()).unwrap()).collect()
}

fn record(data: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(data["bioValue"].as_str().unwrap()).unwrap()
}

fn finger(data: &Value) -> (Position, GrayImage) {
    let record = FingerRecord::read(&record(data)).unwrap();
    assert_eq!(record.representations.len(), 1);
    let one = &record.representations[0];
    assert_eq!(one.sampling.image_ppi(), Some(500));
    (one.position, one.decode_image().unwrap())
}

#[test]
fn fingers_are_those_of_the_simulated_person() {
    let person_seed = 7;
    let options = Options::for_tests();
    let oddities = Oddities::NONE;
    let service = Service::start(Options { person: Person::new(person_seed), oddities, ..options }).unwrap();
    let answer = capture(&service, Modality::Finger, "3");
    let found = data(&service, &answer);
    let matcher = MinutiaeMatcher::new();
    for (data, position) in found.iter().zip([F::LeftThumb, F::RightThumb]) {
        let (told, image) = finger(data);
        assert_eq!(told, Position::Finger(position));
        // As the simulated reader gives it: another touch of the same ridges.
        let master = Master::new(&FingerSpec { person_seed, position });
        let simulated = master.impression(&samples::touch(position, 1));
        assert!(simulated != image, "another impression");
        let score = |a: &GrayImage, b: &GrayImage| {
            matcher.compare(&matcher.extract(a).unwrap(), &matcher.extract(b).unwrap()).unwrap()
        };
        assert!(score(&simulated, &image) >= matcher.threshold());
        let quality: u8 = data["qualityScore"].as_str().unwrap().parse().unwrap();
        assert!(quality >= 40, "a clean touch is of use: {quality}");
    }
    let subtypes: Vec<&str> = found.iter().map(|d| d["bioSubType"].as_str().unwrap()).collect();
    assert_eq!(subtypes, ["Left Thumb", "Right Thumb"]);
    let again = data(&service, &capture(&service, Modality::Finger, "3"));
    assert!(again[0]["bioValue"] != found[0]["bioValue"], "no two captures are the same");
}

#[test]
fn irises_and_faces_are_sound_records() {
    let service = direct();
    let irises = data(&service, &capture(&service, Modality::Iris, "3"));
    for (data, eye) in irises.iter().zip([Eye::Left, Eye::Right]) {
        let record = IrisRecord::read(&record(data)).unwrap();
        assert_eq!((record.representations.len(), record.representations[0].eye), (1, Some(eye)));
        assert_eq!(record.representations[0].decode_image().unwrap().width(), 640);
    }
    let face = |exceptions: &[&str]| {
        let request = capture_request(&service, Modality::Face, "0", exceptions);
        let answer = call(&service, "RCAPTURE", "/capture", &request);
        let data = data(&service, &answer).remove(0);
        assert!(data.get("bioSubType").is_none(), "a face has none");
        FaceRecord::read(&record(&data)).unwrap().representations[0].decode_image().unwrap()
    };
    let (portrait, exception) = (face(&[]), face(&["Left RingFinger"]));
    assert_eq!((portrait.width(), portrait.height()), (1280, 720));
    let skin = |image: &biometrics::image::RgbImage| {
        image.pixels().chunks_exact(3).filter(|p| *p == [214, 164, 134]).count()
    };
    assert!(skin(&portrait) < 100 && skin(&exception) > 20_000, "two palms are in an exception photo");
}

#[test]
fn the_chain_goes_through_elements_and_captures() {
    let service = direct();
    let mut request = capture_request(&service, Modality::Finger, "1", &["Left RingFinger"]);
    let mut previous = Sha256::digest(b"").to_vec();
    for _ in 0..2 {
        let answer = call(&service, "RCAPTURE", "/capture", &request);
        let elements = answer["biometrics"].as_array().unwrap();
        assert_eq!(elements.len(), 3);
        for (element, data) in elements.iter().zip(data(&service, &answer)) {
            let both = [previous.as_slice(), Sha256::digest(record(&data)).as_slice()].concat();
            previous = Sha256::digest(both).to_vec();
            assert_eq!(element["hash"], hex::encode_upper(&previous));
            assert_eq!(data["transactionId"], request["transactionId"]);
            assert_eq!(data["requestedScore"], "40");
        }
        request["bio"][0]["previousHash"] = json!(hex::encode_upper(&previous));
        request["transactionId"] = json!("another-one");
    }
}

#[test]
fn a_capture_needs_its_stream() {
    let service = service();
    assert_eq!(code(&capture(&service, Modality::Iris, "3")), "700", "no stream");
    let live = Live::open(&service, Modality::Iris, "3");
    assert_eq!(code(&capture(&service, Modality::Iris, "1")), "702", "another part streams");
    assert_eq!(code(&capture(&service, Modality::Face, "0")), "702", "another device streams");
    assert_eq!(code(&capture(&service, Modality::Iris, "3")), "0");
    // The capture ends the stream, and a whole answer follows it.
    let (frames, rest) = pictures(&live.end());
    assert!(!frames.is_empty());
    assert!(rest.starts_with(b"HTTP/1.1 200 OK\r\n") && at(&rest, r#""errorCode":"0""#).is_some());
    assert_eq!(code(&capture(&service, Modality::Iris, "3")), "700", "the stream has ended");
    assert_eq!(discover(&service, "Iris")[0]["deviceStatus"], "Ready");
}

#[test]
fn a_second_capture_is_refused_and_a_stream_that_goes_ends_the_first() {
    let options = Options { capture: std::time::Duration::from_secs(30), ..Options::for_tests() };
    let service = Service::start(options).unwrap();
    let live = Live::open(&service, Modality::Face, "0");
    let request = capture_request(&service, Modality::Face, "0", &[]);
    let (told, codes) = std::sync::mpsc::sync_channel(2);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (told, service, request) = (told.clone(), &service, &request);
            scope.spawn(move || told.send(code(&call(service, "RCAPTURE", "/capture", request))).unwrap());
        }
        // Whichever came second is told so while the first one waits.
        assert_eq!(codes.recv_timeout(super::PATIENCE).unwrap(), "703");
        drop(live);
        assert_eq!(codes.recv_timeout(super::PATIENCE).unwrap(), "700");
    });
    assert_eq!(discover(&service, "Face")[0]["deviceStatus"], "Ready");
}

#[test]
fn states_and_times_are_kept() {
    let service = direct();
    let control = service.control();
    for (status, expected) in [
        (Status::Busy, "111"),
        (Status::NotReady, "110"),
        (Status::NotRegistered, "100"),
        (Status::Ready, "0"),
    ] {
        control.status(None, Status::Ready);
        let request = capture_request(&service, Modality::Iris, "1", &[]);
        control.status(Some(Modality::Iris), status);
        assert_eq!(code(&call(&service, "RCAPTURE", "/capture", &request)), expected, "{}", status.wire());
    }
    // Slower than it may be.
    control.delay(None, &[super::super::Method::RCapture], std::time::Duration::from_secs(60));
    let mut request = capture_request(&service, Modality::Iris, "1", &[]);
    request["timeout"] = json!("50");
    assert_eq!(code(&call(&service, "RCAPTURE", "/capture", &request)), "701");
    control.reset();
    // A finger that the person does not have and nobody excepted.
    control.person(Person { missing_fingers: vec![F::LeftRing], ..Person::new(1) });
    let mut request = capture_request(&service, Modality::Finger, "1", &[]);
    request["timeout"] = json!("50");
    assert_eq!(code(&call(&service, "RCAPTURE", "/capture", &request)), "701");
    let request = capture_request(&service, Modality::Finger, "1", &["Left RingFinger"]);
    assert_eq!(code(&call(&service, "RCAPTURE", "/capture", &request)), "0");
}

#[test]
fn below_the_score_the_best_comes_at_the_end_of_the_time() {
    let service = direct();
    let control = service.control();
    control.oddities(Oddities { stream_first: false, waits_for_score: true, ..Oddities::MOCK });
    control.score(Some(Modality::Iris), Some("12.5"));
    let mut request = capture_request(&service, Modality::Iris, "1", &[]);
    request["timeout"] = json!("1500");
    let begun = std::time::Instant::now();
    let answer = call(&service, "RCAPTURE", "/capture", &request);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(1500));
    assert_eq!(payload(answer["biometrics"][0]["data"].as_str().unwrap())["qualityScore"], "12.5");
}

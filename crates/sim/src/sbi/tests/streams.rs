//! Live pictures, and each oddity of the mock service as bytes on the wire.

use std::time::Duration;

use biometrics::codec;
use serde_json::json;

use super::super::{Method, Modality, Oddities, Options, Service};
use super::{Live, at, call, capture, code, id, pictures, request, rest, service, split};

/// A service with one oddity of the mock service switched from what `base` has.
fn with(base: Oddities, change: impl Fn(&mut Oddities)) -> Service {
    let mut oddities = base;
    change(&mut oddities);
    Service::start(Options { oddities, ..Options::for_tests() }).unwrap()
}

/// A stream that times out after a moment, to its end.
fn short_stream(service: &Service) -> Vec<u8> {
    let body = json!({ "deviceId": id(service, Modality::Iris), "deviceSubId": "1", "timeout": "400" });
    rest(request(service, "STREAM", "/stream", &body.to_string()))
}

#[test]
fn every_device_shows_pictures() {
    let service = service();
    for (modality, sub_id, width) in [
        (Modality::Finger, "1", 800),
        (Modality::Finger, "3", 800),
        (Modality::Iris, "2", 640),
        (Modality::Iris, "3", 1280),
        (Modality::Face, "0", 640),
    ] {
        let mut live = Live::open(&service, modality, sub_id);
        live.until(|bytes| pictures(bytes).0.len() >= 5);
        let (frames, _) = pictures(&live.bytes);
        let first = codec::decode_rgb(&frames[0]).unwrap();
        assert_eq!(first.width(), width, "{} {sub_id}", modality.wire());
        assert!(frames.iter().any(|frame| *frame != frames[0]), "{} {sub_id} moves", modality.wire());
        drop(live.socket);
        // The device is free soon after its client has gone.
        super::until_ready(&service, modality);
    }
}

#[test]
fn oddities_of_streams() {
    let mock = String::from_utf8_lossy(&short_stream(&service())).into_owned();
    let none = with(Oddities::NONE, |_| {});
    let plain = String::from_utf8_lossy(&short_stream(&none)).into_owned();
    // What the mock service sends, and what comes with that oddity off.
    let check = |odd: &str, change: fn(&mut Oddities), instead: &str| {
        let off = String::from_utf8_lossy(&short_stream(&with(Oddities::MOCK, change))).into_owned();
        assert!(mock.contains(odd), "mock: {odd:?}");
        assert!(!off.contains(odd) && off.contains(instead), "off: {odd:?}");
        assert!(!plain.contains(odd), "none: {odd:?}");
    };
    check("HTTP/1.0 200 OK\r\n", |o| o.stream_http_1_0 = false, "HTTP/1.1 200 OK\r\n");
    check("boundary=--BoundaryString\r\n", |o| o.dashes_in_boundary = false, "boundary=BoundaryString\r\n");
    check(
        "\r\nContent-Type:image/jpeg\r\n",
        |o| o.tight_part_headers = false,
        "Content-Type: image/jpeg\r\n",
    );
    check(r#""errorCode":"609""#, |o| o.second_response = false, "--BoundaryString\r\n");

    let bytes = short_stream(&service());
    let (frames, end) = pictures(&bytes);
    assert!(!frames.is_empty());
    let (head, body, tail) = split(&end);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "a whole second answer: {head}");
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((body["errorCode"].as_str(), tail.as_slice()), (Some("609"), b"\r\n\r\n".as_slice()));
    let (frames, end) = pictures(&short_stream(&none));
    assert!(!frames.is_empty() && end.is_empty(), "without oddities nothing follows");
}

#[test]
fn oddities_of_answers() {
    let ask =
        |service: &Service| split(&rest(request(service, "MOSIPDISC", "/device", r#"{"type":"Iris"}"#)));
    let (head, body, tail) = ask(&service());
    for line in
        ["HTTP/1.1 200 OK", "CACHE-CONTROL:no-cache", "Content-Type: application/json", "Connection: close"]
    {
        assert!(head.lines().any(|l| l == line), "{line}: {head}");
    }
    assert!(head.contains("LOCATION: HTTP://127.0.0.1:"));
    assert!(body.starts_with(b"[{") && tail == b"\r\n\r\n");
    let (_, _, tail) = ask(&with(Oddities::MOCK, |o| o.empty_lines = false));
    assert!(tail.is_empty());

    let error = |service: &Service| call(service, "STREAM", "/stream", &json!({ "deviceId": "nobody" }));
    assert_eq!(error(&service())["errorCode"], "605");
    assert_eq!(error(&with(Oddities::MOCK, |o| o.bare_stream_errors = false))["error"]["errorCode"], "605");
}

#[test]
fn oddities_of_reading() {
    use std::io::Write as _;
    // The header as it is written, and the answer with and without the mock service's way of reading.
    let check = |header: &str, strict: &str, loose: &str| {
        for (service, expected) in
            [(service(), strict), (with(Oddities::MOCK, |o| o.strict_length_header = false), loose)]
        {
            let mut socket = super::connect(&service);
            let body = r#"{"type":"Iris"}"#;
            let length = body.len();
            let request = format!("MOSIPDISC /device HTTP/1.1\r\n{header}{length}\r\n\r\n{body}");
            socket.write_all(request.as_bytes()).unwrap();
            let (_, answer, _) = split(&rest(socket));
            let answer = serde_json::from_slice(&answer).unwrap();
            assert_eq!(code(&answer), expected, "{header}");
        }
    };
    check("Content-Length: ", "0", "0");
    check("content-length: ", "0", "0");
    // Read as no body at all: then the type is missing.
    check("Content-length: ", "501", "0");
    check("Content-Length:", "501", "0");
    check("CONTENT-LENGTH: ", "501", "0");

    for (service, expected) in
        [(service(), "501"), (with(Oddities::MOCK, |o| o.body_in_one_read = false), "0")]
    {
        let mut socket = super::connect(&service);
        socket.write_all(b"MOSIPDISC /device HTTP/1.1\r\nContent-Length: 15\r\n\r\n{\"type\"").unwrap();
        // Long after the service has read the head.
        std::thread::sleep(Duration::from_millis(600));
        let _ = socket.write_all(b":\"Iris\"}");
        let (_, answer, _) = split(&rest(socket));
        assert_eq!(code(&serde_json::from_slice(&answer).unwrap()), expected);
    }
}

#[test]
fn no_stream_needed_without_the_oddity() {
    let service = with(Oddities::MOCK, |o| o.stream_first = false);
    assert_eq!(code(&capture(&service, Modality::Iris, "1")), "0");
    // But where there is one, it counts.
    let _live = Live::open(&service, Modality::Iris, "3");
    assert_eq!(code(&capture(&service, Modality::Iris, "1")), "702");
}

#[test]
fn streams_that_are_refused() {
    let service = service();
    let iris = id(&service, Modality::Iris);
    let check = |body: serde_json::Value, expected: &str| {
        assert_eq!(code(&call(&service, "STREAM", "/stream", &body)), expected, "{body}");
    };
    check(json!({ "deviceSubId": "1" }), "604");
    check(json!({ "deviceId": " ", "deviceSubId": "1" }), "604");
    check(json!({ "deviceId": "x", "deviceSubId": "1" }), "605");
    check(json!({ "deviceId": iris, "deviceSubId": "0" }), "118");
    check(json!({ "deviceId": iris, "deviceSubId": 1 }), "610");
    check(json!({ "deviceId": iris, "deviceSubId": "1", "timeout": 5 }), "610");
    check(json!({ "deviceId": iris, "deviceSubId": "1", "timeout": "soon" }), "610");
    check(json!([]), "604");
    let _live = Live::open(&service, Modality::Iris, "1");
    check(json!({ "deviceId": iris, "deviceSubId": "1" }), "111");
}

#[test]
fn no_pictures_come_while_a_capture_runs() {
    let options = Options { capture: Duration::from_millis(700), ..Options::for_tests() };
    let service = Service::start(options).unwrap();
    let mut live = Live::open(&service, Modality::Iris, "3");
    let asked = super::capture_request(&service, Modality::Iris, "3", &[]);
    let capture = request(&service, "RCAPTURE", "/capture", &asked.to_string());
    while !service.control().calls().iter().any(|c| c.method == Method::RCapture) {
        std::thread::sleep(Duration::from_millis(5));
    }
    // One that was on its way may still come.
    std::thread::sleep(Duration::from_millis(150));
    live.socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut buffer = [0; 65536];
    while std::io::Read::read(&mut live.socket, &mut buffer).is_ok_and(|count| count > 0) {}
    live.socket.set_read_timeout(Some(super::PATIENCE)).unwrap();
    live.bytes.clear();
    let (_, answer, _) = split(&rest(capture));
    assert_eq!(code(&serde_json::from_slice(&answer).unwrap()), "0");
    let end = live.end();
    assert!(at(&end, "--BoundaryString").is_none(), "pictures came");
}

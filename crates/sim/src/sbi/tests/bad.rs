//! Requests that are none: each is answered or closed within bounds, and the service goes on.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{HEAD_MAX, Options, Service};
use super::{call, code, connect, discover, rest, service, split};

#[test]
fn bytes_that_are_no_request() {
    let options = Options { read_time: Duration::from_millis(500), ..Options::for_tests() };
    let service = Service::start(options).unwrap();
    // Status of the answer; nothing where the connection is closed without one.
    let check = |name: &str, bytes: &[u8], expected: &str| {
        let mut socket = connect(&service);
        // The service may have closed before everything is written.
        let _ = socket.write_all(bytes);
        let answer = rest(socket);
        let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
        assert_eq!(line.split(' ').nth(1).unwrap_or_default(), expected, "{name}: {line}");
        assert_eq!(code(&discover(&service, "Iris")), "0", "after {name}");
    };
    check("nothing", b"", "408");
    check("zeros", &[0; 64], "400");
    check("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400");
    check("half a head", b"MOSIPDISC /device HTTP/1.1\r\nHost: x\r\n", "408");
    check("endless head", &[b"GET / HTTP/1.1\r\nA: ".to_vec(), vec![b'a'; 4 * HEAD_MAX]].concat(), "431");
    let many: String = (0..200).map(|n| format!("H{n}: x\r\n")).collect();
    check("many headers", format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes(), "431");
    let huge = b"RCAPTURE /capture HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n";
    check("huge length", huge, "413");
    // Longer than any number: read as the mock service does, as no body.
    let absurd = b"RCAPTURE /capture HTTP/1.1\r\nContent-Length: 99999999999999999999999999\r\n\r\n";
    check("absurd length", absurd, "200");
    check("body that never comes", b"MOSIPDISC /device HTTP/1.1\r\nContent-Length: 50\r\n\r\n", "408");
    check("unknown method", b"FETCH /device HTTP/1.1\r\n\r\n", "405");
    check("SBIDISC", b"SBIDISC /device HTTP/1.1\r\n\r\n", "405");
    check("wrong path", b"MOSIPDISC /info HTTP/1.1\r\n\r\n", "200");
}

#[test]
fn bodies_that_are_no_json() {
    let service = service();
    let send = |method: &str, path: &str, body: &str| {
        let (_, answer, _) = split(&rest(super::request(&service, method, path, body)));
        code(&serde_json::from_slice::<Value>(&answer).unwrap())
    };
    for body in ["", "x", "[]", "{\"type\":1}", "\u{0}", &"[".repeat(100_000)] {
        assert_eq!(send("MOSIPDISC", "/device", body), "501");
        let stream = send("STREAM", "/stream", body);
        assert!(matches!(stream.as_str(), "604" | "610"), "{stream}");
        let capture = send("RCAPTURE", "/capture", body);
        assert!(matches!(capture.as_str(), "112" | "123"), "{capture}");
        assert_eq!(send("POST", "/admin/status", if body.is_empty() { "x" } else { body }).len(), 3);
    }
    assert_eq!(send("MOSIPDISC", "/device", "{\"type\":\"Voice\"}"), "502");
    assert_eq!(send("MOSIPDISC", "/nowhere", "{}"), "500");
    assert_eq!(send("POST", "/admin/nothing", "{}"), "500");
    assert_eq!(send("CAPTURE", "/capture", "{}"), "809");
}

#[test]
fn a_browser_is_answered() {
    let service = service();
    let bytes = rest(super::request(&service, "OPTIONS", "/device", ""));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\n"), "{text}");
    assert!(text.contains("Access-Control-Allow-Methods:OPTIONS, RCAPTURE"), "{text}");
}

#[test]
fn an_authentication_service_refuses() {
    let purpose = super::super::Purpose::Auth;
    let service = Service::start(Options { purpose, ..Options::for_tests() }).unwrap();
    assert_eq!(discover(&service, "Face")[0]["purpose"], "Auth");
    let capture = super::capture(&service, super::Modality::Face, "0");
    assert_eq!(code(&capture), "709");
    let body = json!({ "deviceId": super::id(&service, super::Modality::Face), "deviceSubId": "0" });
    assert_eq!(code(&call(&service, "STREAM", "/stream", &body)), "601");
}

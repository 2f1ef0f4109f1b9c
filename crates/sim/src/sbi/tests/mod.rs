//! The service over real sockets, read by a reader of its own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bad;
mod captures;
mod controls;
mod faults;
mod life;
mod schemas;
mod streams;
mod tokens;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Modality, Oddities, Options, Service};

/// Longest that a test waits for bytes; machines may be slow.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn service() -> Service {
    Service::start(Options::for_tests()).unwrap()
}

/// A service whose captures need no stream.
pub(super) fn direct() -> Service {
    let oddities = Oddities { stream_first: false, ..Oddities::MOCK };
    Service::start(Options { oddities, ..Options::for_tests() }).unwrap()
}

pub(super) fn connect(service: &Service) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", service.port())).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Head and body of a request in one write.
pub(super) fn request(service: &Service, method: &str, path: &str, body: &str) -> TcpStream {
    let mut socket = connect(service);
    let port = service.port();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nEXT: test\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).unwrap();
    socket
}

/// Everything that comes until the service closes; nothing more when it breaks off.
pub(super) fn rest(mut socket: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..count]);
    }
    bytes
}

pub(super) fn at(bytes: &[u8], what: &str) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what.as_bytes())
}

/// Head, body of the told length, and what follows it.
pub(super) fn split(bytes: &[u8]) -> (String, Vec<u8>, Vec<u8>) {
    let end = at(bytes, "\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length: usize =
        head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |l| l.parse().unwrap());
    let body = &bytes[end..];
    (head, body[..length.min(body.len())].to_vec(), body[length.min(body.len())..].to_vec())
}

pub(super) fn call(service: &Service, method: &str, path: &str, body: &Value) -> Value {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let (_, answer, _) = split(&rest(request(service, method, path, &text)));
    serde_json::from_slice(&answer).unwrap()
}

pub(super) fn discover(service: &Service, kind: &str) -> Value {
    call(service, "MOSIPDISC", "/device", &json!({ "type": kind }))
}

/// The id that discovery gives.
pub(super) fn id(service: &Service, modality: Modality) -> String {
    let found = discover(service, modality.wire());
    found[0]["deviceId"].as_str().unwrap().to_owned()
}

pub(super) fn capture_request(
    service: &Service,
    modality: Modality,
    sub_id: &str,
    exceptions: &[&str],
) -> Value {
    let whole = modality.parts(sub_id).len();
    let count = if modality == Modality::Face { 1 } else { whole - exceptions.len() };
    json!({
        "env": "Developer", "purpose": "Registration", "specVersion": "0.9.5", "timeout": "60000",
        "captureTime": "2026-01-02T03:04:05Z", "transactionId": "11111111-2222-3333-4444-555555555555",
        "bio": [{
            "type": modality.wire(), "count": count.to_string(), "bioSubType": [], "exception": exceptions,
            "requestedScore": "40", "deviceId": id(service, modality), "deviceSubId": sub_id,
            "previousHash": "",
        }],
        "customOpts": null,
    })
}

pub(super) fn capture(service: &Service, modality: Modality, sub_id: &str) -> Value {
    call(service, "RCAPTURE", "/capture", &capture_request(service, modality, sub_id, &[]))
}

pub(super) fn code(answer: &Value) -> String {
    let error = match answer {
        Value::Array(items) => &items[0]["error"],
        _ if answer.get("biometrics").is_some() => &answer["biometrics"][0]["error"],
        _ if answer.get("error").is_some() => &answer["error"],
        _ => answer,
    };
    error["errorCode"].as_str().unwrap_or_else(|| panic!("no code in {answer}")).to_owned()
}

/// Waits until a device can be used again.
pub(super) fn until_ready(service: &Service, modality: Modality) {
    let until = Instant::now() + PATIENCE;
    while discover(service, modality.wire())[0]["deviceStatus"] != "Ready" {
        assert!(Instant::now() < until, "{} stays busy", modality.wire());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A stream that has begun: its socket and what came so far, one part or more.
pub(super) struct Live {
    pub(super) socket: TcpStream,
    pub(super) bytes: Vec<u8>,
}

impl Live {
    pub(super) fn open(service: &Service, modality: Modality, sub_id: &str) -> Self {
        let body = json!({ "deviceId": id(service, modality), "deviceSubId": sub_id, "timeout": "60000" });
        let socket = request(service, "STREAM", "/stream", &body.to_string());
        let mut live = Self { socket, bytes: Vec::new() };
        live.until(|bytes| at(bytes, "\r\n\r\n--BoundaryString\r\n").is_some());
        live
    }

    /// Reads on until the bytes are as wanted.
    pub(super) fn until(&mut self, enough: impl Fn(&[u8]) -> bool) {
        let mut buffer = [0; 65536];
        while !enough(&self.bytes) {
            let count = self.socket.read(&mut buffer).unwrap();
            assert!(count > 0, "the stream ended: {}", String::from_utf8_lossy(&self.bytes));
            self.bytes.extend_from_slice(&buffer[..count]);
        }
    }

    /// The rest, to its end.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.bytes.extend(rest(self.socket));
        self.bytes
    }
}

/// The pictures of a stream, read by delimiter and length; and what comes where no part begins.
pub(super) fn pictures(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut from = at(bytes, "\r\n\r\n").unwrap() + 4;
    let mut found = Vec::new();
    while bytes[from..].starts_with(b"--BoundaryString\r\n") {
        let Some(head) = at(&bytes[from..], "\r\n\r\n") else { break };
        let text = String::from_utf8(bytes[from..from + head].to_vec()).unwrap();
        let length = text.lines().find_map(|l| l.strip_prefix("Content-Length:")).unwrap().trim();
        let length: usize = length.parse().unwrap();
        let start = from + head + 4;
        if start + length + 4 > bytes.len() {
            break;
        }
        found.push(bytes[start..start + length].to_vec());
        assert_eq!(&bytes[start + length..start + length + 4], b"\r\n\r\n");
        from = start + length + 4;
    }
    (found, bytes[from..].to_vec())
}

//! A well-behaved device, made from the protocol's page, and the places where a test can make it behave badly.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use biometrics::codec;
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::keys::{Signer, b64, keys};
use super::records;
use super::service::{Call, Script, json_answer, send};
use crate::drivers::sbi::order::Part;
use crate::drivers::sbi::wire::BioType;
use biometrics::position::{Eye, FingerPosition};

type Edit = Box<dyn Fn(&mut Value) + Send + Sync>;

/// A device as its service shows it. Fields are public: a test changes what it wants.
pub(in crate::drivers::sbi) struct Fake {
    pub(in crate::drivers::sbi) bio_type: BioType,
    pub(in crate::drivers::sbi) sub_type: &'static str,
    pub(in crate::drivers::sbi) sub_ids: &'static [&'static str],
    pub(in crate::drivers::sbi) serial: &'static str,
    pub(in crate::drivers::sbi) env: &'static str,
    pub(in crate::drivers::sbi) status: &'static str,
    /// `None`: nothing is signed.
    pub(in crate::drivers::sbi) device: Option<Signer>,
    pub(in crate::drivers::sbi) ftm: Option<Signer>,
    /// How a capture takes time.
    pub(in crate::drivers::sbi) capture_ms: u64,
    /// Changes the element of a discovery.
    pub(in crate::drivers::sbi) discovery: Edit,
    /// Changes the payload of the device info.
    pub(in crate::drivers::sbi) info: Edit,
    /// Changes the payload of one element of a capture, before it is hashed and signed.
    pub(in crate::drivers::sbi) payload: Edit,
    /// Changes the whole answer of a capture.
    pub(in crate::drivers::sbi) answer: Edit,
}

fn nothing() -> Edit {
    Box::new(|_| {})
}

/// A change of one field.
pub(in crate::drivers::sbi) fn set(key: &'static str, value: Value) -> Edit {
    Box::new(move |object| object[key] = value.clone())
}

impl Fake {
    pub(in crate::drivers::sbi) fn new(bio_type: BioType) -> Self {
        let (sub_type, sub_ids): (_, &[&str]) = match bio_type {
            BioType::Finger => ("Slap", &["1", "2", "3"]),
            BioType::Iris => ("Double", &["1", "2", "3"]),
            BioType::Face => ("Full face", &["0"]),
        };
        Self {
            bio_type,
            sub_type,
            sub_ids,
            serial: "SN-1",
            env: "Production",
            status: "Ready",
            device: Some(keys().device()),
            ftm: Some(keys().ftm()),
            capture_ms: 20,
            discovery: nothing(),
            info: nothing(),
            payload: nothing(),
            answer: nothing(),
        }
    }

    pub(in crate::drivers::sbi) fn unsigned(bio_type: BioType) -> Self {
        Self { device: None, ftm: None, env: "Developer", ..Self::new(bio_type) }
    }

    fn digital(&self) -> Value {
        json!({
            "serialNo": self.serial, "make": "Contoh", "model": "Satu", "type": self.bio_type.id(),
            "deviceSubType": self.sub_type, "deviceProvider": "PT Contoh", "deviceProviderId": "P1",
            "dateTime": "2026-01-01T00:00:00Z",
        })
    }

    fn token(signer: Option<&Signer>, payload: &Value) -> String {
        signer.map_or_else(|| b64(payload.to_string().as_bytes()), |signer| signer.token(payload))
    }

    fn digital_token(&self) -> String {
        Self::token(self.ftm.as_ref(), &self.digital())
    }

    pub(in crate::drivers::sbi) fn device_id(&self) -> String {
        format!("id-{}", self.serial)
    }

    /// The element of a discovery.
    pub(in crate::drivers::sbi) fn discovered(&self, port: u16) -> Value {
        let mut item = json!({
            "deviceId": self.device_id(), "deviceStatus": self.status, "certification": "L1",
            "serviceVersion": "0.9.5", "deviceSubId": self.sub_ids,
            "callbackId": format!("http://127.0.0.1:{port}/"),
            "digitalId": b64(self.digital().to_string().as_bytes()), "deviceCode": self.serial,
            "specVersion": ["0.9.5"], "purpose": "Registration",
            "error": {"errorCode": "0", "errorInfo": "Success"},
        });
        (self.discovery)(&mut item);
        item
    }

    /// The element of a device info.
    pub(in crate::drivers::sbi) fn told_info(&self, port: u16) -> Value {
        let mut payload = json!({
            "specVersion": ["0.9.5"], "env": self.env, "digitalId": self.digital_token(),
            "deviceId": self.device_id(), "deviceCode": self.serial, "purpose": "Registration",
            "serviceVersion": "0.9.5", "deviceStatus": self.status, "firmware": "7",
            "certification": "L1", "deviceSubId": self.sub_ids,
            "callbackId": format!("http://127.0.0.1:{port}/"),
        });
        (self.info)(&mut payload);
        let token = Self::token(self.device.as_ref(), &payload);
        json!({"deviceInfo": token, "error": {"errorCode": "0", "errorInfo": "Success"}})
    }

    /// What a request asks for, by type, part and exceptions.
    fn asked(bio: &Value) -> Vec<Part> {
        use FingerPosition as F;
        let gone = bio["exception"].as_array().cloned().unwrap_or_default();
        let all: Vec<Part> = match (bio["type"].as_str().unwrap(), bio["deviceSubId"].as_str().unwrap()) {
            ("Face", _) => return vec![Part::Face],
            ("Iris", "1") => vec![Part::Eye(Eye::Left)],
            ("Iris", "2") => vec![Part::Eye(Eye::Right)],
            ("Iris", _) => vec![Part::Eye(Eye::Left), Part::Eye(Eye::Right)],
            (_, "1") => [F::LeftIndex, F::LeftMiddle, F::LeftRing, F::LeftLittle].map(Part::Finger).to_vec(),
            (_, "2") => {
                [F::RightIndex, F::RightMiddle, F::RightRing, F::RightLittle].map(Part::Finger).to_vec()
            }
            (_, "3") => [F::LeftThumb, F::RightThumb].map(Part::Finger).to_vec(),
            _ => FingerPosition::ALL
                .iter()
                .map(|f| Part::Finger(*f))
                .filter(|p| bio["bioSubType"][0] == p.name())
                .collect(),
        };
        all.into_iter().filter(|part| !gone.iter().any(|g| g == part.name())).collect()
    }

    /// The answer to a capture request.
    pub(in crate::drivers::sbi) fn captured(&self, request: &Value) -> Value {
        let bio = &request["bio"][0];
        let mut before = match bio["previousHash"].as_str().unwrap() {
            "" => Sha256::digest(b"").to_vec(),
            hash => hex::decode(hash).unwrap(),
        };
        let elements: Vec<Value> = Self::asked(bio)
            .into_iter()
            .map(|part| {
                let mut payload = json!({
                    "digitalId": self.digital_token(), "deviceCode": self.serial,
                    "deviceServiceVersion": "0.9.5", "bioType": self.bio_type.id(),
                    "bioSubType": part.name(), "purpose": "Registration", "env": self.env,
                    "bioValue": b64(&records::record(part)), "transactionId": request["transactionId"],
                    "timestamp": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
                    "requestedScore": bio["requestedScore"], "qualityScore": "81.5",
                });
                if part == Part::Face {
                    payload["bioSubType"] = Value::Null;
                }
                (self.payload)(&mut payload);
                let value = payload["bioValue"].as_str().unwrap_or_default();
                let value = super::keys::unb64(value);
                let mut all = before.clone();
                all.extend(Sha256::digest(&value));
                before = Sha256::digest(&all).to_vec();
                let hash = hex::encode(&before).to_uppercase();
                let data = Self::token(self.device.as_ref(), &payload);
                let error = json!({"errorCode": "0", "errorInfo": "Success"});
                json!({"specVersion": "0.9.5", "data": data, "hash": hash, "error": error})
            })
            .collect();
        let mut answer = json!({"biometrics": elements});
        (self.answer)(&mut answer);
        answer
    }

    /// Answers every call as the page shows it.
    pub(in crate::drivers::sbi) fn script(self: Arc<Self>, port: u16) -> Script {
        script(vec![self], port)
    }
}

/// A failed capture.
pub(in crate::drivers::sbi) fn failed(code: &str) -> String {
    json!({"biometrics": [{"specVersion": "0.9.5", "data": "", "hash": "",
        "error": {"errorCode": code, "errorInfo": "x"}}]})
    .to_string()
}

/// A live picture.
pub(in crate::drivers::sbi) fn jpeg() -> Vec<u8> {
    codec::encode_jpeg(&records::portrait(), 80).unwrap()
}

/// One part of a stream as the page shows it.
pub(in crate::drivers::sbi) fn part(jpeg: &[u8]) -> Vec<u8> {
    let mut part = format!(
        "--BoundaryString\r\nAccess-Control-Allow-Origin:*\r\nContent-Type:image/jpeg\r\nContent-Length:{}\r\n\r\n",
        jpeg.len()
    )
    .into_bytes();
    part.extend_from_slice(jpeg);
    part.extend_from_slice(b"\r\n\r\n");
    part
}

/// The head of a stream as the page shows it.
pub(in crate::drivers::sbi) const STREAM_HEAD: &str = "HTTP/1.0 200 OK\r\nConnection:close\r\n\
    Content-Type:multipart/x-mixed-replace; boundary=--BoundaryString\r\n\r\n";

/// Live pictures until the caller is gone.
pub(in crate::drivers::sbi) fn stream(call: &Call, socket: &mut TcpStream) {
    send(socket, STREAM_HEAD);
    let part = part(&jpeg());
    while call.goes_on(socket) {
        send(socket, &part);
        call.wait(Duration::from_millis(30), socket);
    }
}

/// Several devices behind one service.
pub(in crate::drivers::sbi) fn script(devices: Vec<Arc<Fake>>, port: u16) -> Script {
    let (told, known) = (devices.clone(), devices.clone());
    Script::default()
        .on("MOSIPDISC", move |_, socket| {
            let items: Vec<Value> = told.iter().map(|d| d.discovered(port)).collect();
            send(socket, json_answer(&Value::Array(items).to_string()));
        })
        .on("MOSIPDINFO", move |_, socket| {
            let items: Vec<Value> = known.iter().map(|d| d.told_info(port)).collect();
            send(socket, json_answer(&Value::Array(items).to_string()));
        })
        .on("STREAM", stream)
        .on("RCAPTURE", move |call, socket| {
            let request = call.json();
            let id = &request["bio"][0]["deviceId"];
            let Some(device) = devices.iter().find(|d| *id == d.device_id()) else {
                send(socket, json_answer(&failed("705")));
                return;
            };
            call.wait(Duration::from_millis(device.capture_ms), socket);
            send(socket, json_answer(&device.captured(&request).to_string()));
        })
}

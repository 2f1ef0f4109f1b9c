//! Discovery, device info and the tokens in them.

use chrono::Utc;
use serde_json::{Value, json};

use super::control::Fault;
use super::keys::{Carried, KeyError, encoded};
use super::state::{Device, Faults, Shared};
use super::wire::{Modality, Purpose, Refusal, SPEC_VERSION, Status};

/// Version of the simulated service and its firmware.
pub(super) const SERVICE_VERSION: &str = SPEC_VERSION;
const FIRMWARE: &str = env!("CARGO_PKG_VERSION");

/// A moment as the protocol writes it.
pub(super) fn moment(time: chrono::DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The answer to `MOSIPDISC`.
pub(super) fn discover(shared: &Shared, body: &[u8], faults: &Faults) -> Value {
    let request: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let wanted = match request.get("type").and_then(Value::as_str).map(str::trim) {
        None | Some("") => return json!([{ "error": Refusal::from(501).json() }]),
        Some(word) if word.eq_ignore_ascii_case("Biometric Device") => None,
        Some(word) => match Modality::from_wire(word) {
            Some(modality) => Some(modality),
            None => return json!([{ "error": Refusal::from(502).json() }]),
        },
    };
    let devices = shared.look(|state| state.devices.clone());
    let meant = |device: &&Device| wanted.is_none_or(|modality| device.modality == modality);
    let items: Vec<Value> = devices.iter().filter(meant).map(|device| item(shared, device, faults)).collect();
    if items.is_empty() { json!([{ "error": Refusal::from(503).json() }]) } else { Value::Array(items) }
}

fn item(shared: &Shared, device: &Device, faults: &Faults) -> Value {
    let status = device.shown();
    let registered = |word: String| if status == Status::NotRegistered { String::new() } else { word };
    json!({
        "deviceId": registered(device.id()),
        "deviceStatus": status.wire(),
        "certification": certification(shared),
        "serviceVersion": SERVICE_VERSION,
        "deviceSubId": device.modality.sub_ids(),
        "callbackId": callback(shared, faults),
        "digitalId": encoded(&digital_id(device)),
        "deviceCode": registered(device.serial()),
        "specVersion": [SPEC_VERSION],
        "purpose": registered(shared.options.purpose.wire().to_owned()),
        "error": Refusal::from(status.code()).json(),
    })
}

/// The answer to `MOSIPDINFO`.
pub(super) fn info(shared: &Shared, faults: &Faults) -> Result<Value, KeyError> {
    let devices = shared.look(|state| state.devices.clone());
    let items: Result<Vec<Value>, KeyError> = devices
        .iter()
        .map(|device| {
            let status = device.shown();
            let registered = status != Status::NotRegistered;
            let shown = |word: String| if registered { word } else { String::new() };
            let payload = json!({
                "specVersion": [SPEC_VERSION],
                "env": if registered { shared.options.env.as_str() } else { "None" },
                "digitalId": digital_id_token(shared, device, faults)?,
                "deviceId": shown(device.id()),
                "deviceCode": shown(device.serial()),
                "purpose": shown(shared.options.purpose.wire().to_owned()),
                "serviceVersion": SERVICE_VERSION,
                "deviceStatus": status.wire(),
                "firmware": FIRMWARE,
                "certification": certification(shared),
                "deviceSubId": device.modality.sub_ids(),
                "callbackId": callback(shared, faults),
            });
            // Numbers inside of a token have to be put there before it is signed.
            let payload = if faults.has(Fault::Numbers) { numbers(payload) } else { payload };
            let info = if registered { token(shared, &payload, faults)? } else { encoded(&payload) };
            Ok(json!({ "deviceInfo": info, "error": Refusal::from(status.code()).json() }))
        })
        .collect();
    let items = items?;
    Ok(if items.is_empty() { json!([{ "error": Refusal::from(503).json() }]) } else { Value::Array(items) })
}

fn certification(shared: &Shared) -> &'static str {
    if shared.options.l1 { "L1" } else { "L0" }
}

/// The base of later calls, with the slash at its end.
fn callback(shared: &Shared, faults: &Faults) -> String {
    // 192.0.2.0/24 is kept for examples (RFC 5737): nobody is there.
    let host = if faults.has(Fault::CallbackElsewhere) { "192.0.2.1" } else { "127.0.0.1" };
    format!("http://{host}:{}/", shared.port)
}

fn digital_id(device: &Device) -> Value {
    json!({
        "serialNo": device.serial(),
        "make": "rekam simulators",
        "model": format!("SIM-{}", device.modality.wire()),
        "type": device.modality.wire(),
        "deviceSubType": device.modality.sub_type(),
        "deviceProvider": "rekam simulators",
        "deviceProviderId": "REKAM.SIM",
        "dateTime": moment(Utc::now()),
    })
}

/// A digital id, signed by the device key of an L0 and by the trusted module of an L1 device.
pub(super) fn digital_id_token(
    shared: &Shared,
    device: &Device,
    faults: &Faults,
) -> Result<String, KeyError> {
    let mut payload = digital_id(device);
    if faults.has(Fault::WrongDigitalId)
        && let Some(fields) = payload.as_object_mut()
    {
        fields.insert("serialNo".to_owned(), json!("REKAM-SIM-OTHER-99"));
    }
    let carried = carried(faults);
    let made = if shared.options.l1 {
        shared.keys.ftm_token(&payload, carried)?
    } else {
        shared.keys.device_token(&payload, carried)?
    };
    Ok(spoilt(made, faults))
}

/// A token by the device key, with the faults that are planned.
pub(super) fn token(shared: &Shared, payload: &Value, faults: &Faults) -> Result<String, KeyError> {
    Ok(spoilt(shared.keys.device_token(payload, carried(faults))?, faults))
}

fn carried(faults: &Faults) -> Carried {
    match () {
        () if faults.has(Fault::ExpiredCertificate) => Carried::Expired,
        () if faults.has(Fault::ForeignCertificate) => Carried::Foreign,
        () => Carried::Own,
    }
}

fn spoilt(token: String, faults: &Faults) -> String {
    let mut parts: Vec<String> = token.split('.').map(ToOwned::to_owned).collect();
    if let [_, payload, signature] = parts.as_mut_slice() {
        if faults.has(Fault::TamperedSignature) {
            swap_first(signature);
        }
        if faults.has(Fault::TamperedPayload) {
            // `{"` becomes `{ "`: the same content in other bytes.
            use base64::Engine as _;
            use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
            let bytes = B64.decode(&payload).unwrap_or_default();
            *payload = B64.encode([b"{ ", bytes.get(1..).unwrap_or_default()].concat());
        }
    }
    parts.join(".")
}

fn swap_first(text: &mut String) {
    let other = if text.starts_with('A') { "B" } else { "A" };
    if !text.is_empty() {
        text.replace_range(..1, other);
    }
}

/// The same value with numbers where the protocol has strings of digits.
pub(super) fn numbers(value: Value) -> Value {
    const FIELDS: [&str; 5] = ["errorCode", "deviceSubId", "requestedScore", "qualityScore", "count"];
    let number = |value: &Value| value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    match value {
        Value::Array(list) => Value::Array(list.into_iter().map(numbers).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let value = match &value {
                        Value::Array(list) if FIELDS.contains(&name.as_str()) => {
                            list.iter().map(|v| number(v).unwrap_or_else(|| v.clone())).collect()
                        }
                        _ if FIELDS.contains(&name.as_str()) => number(&value).unwrap_or(value),
                        _ => numbers(value),
                    };
                    (name, value)
                })
                .collect(),
        ),
        other => other,
    }
}

/// The same value without fields that are empty or null.
pub(super) fn without_empty(value: Value) -> Value {
    let empty = |value: &Value| value.is_null() || value.as_str() == Some("");
    match value {
        Value::Array(list) => Value::Array(list.into_iter().map(without_empty).collect()),
        Value::Object(fields) => Value::Object(
            fields.into_iter().filter(|(_, v)| !empty(v)).map(|(n, v)| (n, without_empty(v))).collect(),
        ),
        other => other,
    }
}

/// True when the service is not for registration.
pub(super) fn for_auth(shared: &Shared) -> bool {
    shared.options.purpose == Purpose::Auth
}

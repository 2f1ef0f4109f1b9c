//! `RCAPTURE`: from the request to signed, chained samples.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::control::{Fault, Person};
use super::messages;
use super::request::{self, CaptureRequest};
use super::state::{Device, Faults, Shared, is_stream};
use super::studio::{Taken, absent};
use super::wire::{Method, Modality, Refusal, Status};

/// The answer to `RCAPTURE`.
pub(super) fn answer(shared: &Shared, body: &[u8], faults: &Faults) -> Value {
    let request = match request::read(body, |id| shared.look(|state| state.by_id(id))) {
        // The purpose of the service comes before everything in the request.
        _ if messages::for_auth(shared) => return error(&Refusal::from(709), Some("")),
        Ok(request) => request,
        Err(refusal) => return error(&refusal, Some("")),
    };
    match capture(shared, &request, faults) {
        Ok(value) => value,
        Err(refusal) => error(&refusal, Some(&request.spec_version)),
    }
}

/// The shape of an error: one element without data.
pub(super) fn error(refusal: &Refusal, spec_version: Option<&str>) -> Value {
    let element = json!({ "specVersion": spec_version, "data": "", "hash": "", "error": refusal.json() });
    json!({ "biometrics": [element] })
}

/// A device that captures; it is free again when this goes.
struct Capturing<'a> {
    shared: &'a Shared,
    modality: Modality,
    stream: Option<u64>,
    number: u64,
}

impl Drop for Capturing<'_> {
    fn drop(&mut self) {
        self.shared.change(|state| {
            if let Some(device) = state.device(self.modality) {
                device.capturing = false;
            }
        });
    }
}

fn begin<'a>(shared: &'a Shared, request: &CaptureRequest) -> Result<Capturing<'a>, Refusal> {
    let stream = shared.change(|state| {
        let needs_stream = state.oddities.stream_first;
        let others = state.devices.iter().any(|d| d.modality != request.modality && d.stream.is_some());
        let device = state.device(request.modality).ok_or(Refusal::from(705))?;
        if device.capturing {
            return Err(Refusal::from(703));
        }
        if device.status != Status::Ready {
            return Err(device.status.code().into());
        }
        match &device.stream {
            Some(stream) if stream.sub_id != request.sub_id => return Err(702.into()),
            Some(_) => {}
            None if needs_stream && others => return Err(702.into()),
            None if needs_stream => return Err(700.into()),
            None => {}
        }
        device.capturing = true;
        Ok(device.stream.as_ref().map(|stream| stream.number))
    })?;
    let number = shared.change(super::state::State::next_capture);
    Ok(Capturing { shared, modality: request.modality, stream, number })
}

impl Capturing<'_> {
    /// Waits; an error when the stream ends meanwhile or the service stops.
    fn wait(&self, time: Duration) -> Result<(), Refusal> {
        let ended = |state: &mut super::state::State| match self.stream {
            Some(number) => !is_stream(state, self.modality, number),
            None => false,
        };
        if self.shared.pause_unless(time, ended) { Ok(()) } else { Err(700.into()) }
    }
}

fn capture(shared: &Shared, request: &CaptureRequest, faults: &Faults) -> Result<Value, Refusal> {
    let until = Instant::now() + Duration::from_millis(request.timeout_ms);
    let capturing = begin(shared, request)?;
    let (person, device, waits) = shared.look(|state| {
        let device = state.device(request.modality).cloned();
        (state.person.clone(), device, state.oddities.waits_for_score)
    });
    let device = device.ok_or(Refusal::from(705))?;
    let delay = device.delays.get(&Method::RCapture).copied().unwrap_or_default();
    let left = |until: Instant| until.saturating_duration_since(Instant::now());
    let time = delay + shared.options.capture;
    // What the person does not have never comes, however long the device waits.
    if time >= left(until) || lacks(&person, request) {
        capturing.wait(left(until))?;
        return Err(701.into());
    }
    capturing.wait(time)?;
    let taken = shared
        .studio
        .capture(&person, request.modality, &request.parts, &request.exceptions, capturing.number)
        .map_err(|e| {
            tracing::error!(error = %e, "no sample");
            Refusal::from(708)
        })?;
    let asked = number(&request.requested_score);
    let below = taken.iter().any(|t| number(&score(&device, t)) < asked);
    if waits && below {
        capturing.wait(left(until))?;
    }
    let value = elements(shared, &device, request, taken, faults).map_err(|e| {
        tracing::error!(error = %e, "no answer");
        Refusal::from(710)
    })?;
    // A capture that was made ends its stream.
    if let Some(number) = capturing.stream {
        shared.end_stream(request.modality, number);
    }
    Ok(value)
}

fn lacks(person: &Person, request: &CaptureRequest) -> bool {
    let absent = absent(person);
    request.parts.iter().any(|part| absent.contains(part))
}

fn number(score: &str) -> f64 {
    score.parse().unwrap_or(0.0)
}

fn score(device: &Device, taken: &Taken) -> String {
    device.score.clone().unwrap_or_else(|| taken.score.to_string())
}

/// The hash of an element: over the hash before (or that of nothing) and the hash of the record.
pub(super) fn chained(previous: &[u8], record: &[u8]) -> [u8; 32] {
    let before = if previous.is_empty() { Sha256::digest(b"").to_vec() } else { previous.to_vec() };
    Sha256::digest([before.as_slice(), Sha256::digest(record).as_slice()].concat()).into()
}

fn elements(
    shared: &Shared,
    device: &Device,
    request: &CaptureRequest,
    mut taken: Vec<Taken>,
    faults: &Faults,
) -> Result<Value, super::keys::KeyError> {
    if faults.has(Fault::Missing) {
        taken.pop();
    }
    if faults.has(Fault::Duplicate)
        && let [first, second, ..] = taken.as_mut_slice()
    {
        (second.part, second.score) = (first.part, first.score);
        second.record.clone_from(&first.record);
    }
    let mut previous = request.previous_hash.clone();
    let mut list = Vec::with_capacity(taken.len());
    let last = taken.len().saturating_sub(1);
    for (index, mut one) in taken.into_iter().enumerate() {
        if faults.has(Fault::WrongRecord)
            && let Some(magic) = one.record.get_mut(..3)
        {
            magic.copy_from_slice(if device.modality == Modality::Iris { b"FIR" } else { b"IIR" });
        }
        let payload = payload(shared, device, request, &one, faults)?;
        let data = messages::token(shared, &payload, faults)?;
        let hash = chained(&previous, &one.record);
        previous = hash.to_vec();
        let mut text = hex::encode_upper(hash);
        if faults.has(Fault::TamperedHash) && index == last {
            let other = if text.starts_with('0') { "1" } else { "0" };
            text.replace_range(..1, other);
        }
        list.push(json!({
            "specVersion": request.spec_version,
            "data": data,
            "hash": text,
            "error": Refusal::from(0).json(),
        }));
    }
    Ok(json!({ "biometrics": list }))
}

fn payload(
    shared: &Shared,
    device: &Device,
    request: &CaptureRequest,
    taken: &Taken,
    faults: &Faults,
) -> Result<Value, super::keys::KeyError> {
    let or = |fault: Fault, wrong: &str, right: &str| {
        if faults.has(fault) { wrong.to_owned() } else { right.to_owned() }
    };
    let age = TimeDelta::hours(i64::from(faults.has(Fault::OldTimestamp)));
    let other_env = if request.env == "Staging" { "Production" } else { "Staging" };
    let mut payload = json!({
        "digitalId": messages::digital_id_token(shared, device, faults)?,
        "deviceCode": device.serial(),
        "deviceServiceVersion": messages::SERVICE_VERSION,
        "bioType": device.modality.wire(),
        "purpose": or(Fault::WrongPurpose, "Auth", "Registration"),
        "env": or(Fault::WrongEnv, other_env, &request.env),
        "bioValue": URL_SAFE_NO_PAD.encode(&taken.record),
        "transactionId": or(Fault::WrongTransaction, "another-transaction", &request.transaction_id),
        "timestamp": messages::moment(Utc::now() - age),
        "requestedScore": request.requested_score,
        "qualityScore": or(Fault::WrongScore, "101", &score(device, taken)),
    });
    if let Some(fields) = payload.as_object_mut() {
        let part = taken.part.map(|p| if faults.has(Fault::WrongSubtypes) { p.mirrored() } else { p });
        match part {
            Some(part) => fields.insert("bioSubType".to_owned(), json!(part.wire())),
            None if faults.has(Fault::Nulls) => fields.insert("bioSubType".to_owned(), Value::Null),
            None => None,
        };
    }
    Ok(if faults.has(Fault::Numbers) { messages::numbers(payload) } else { payload })
}

#[cfg(test)]
#[path = "capture_tests.rs"]
mod tests;

//! Checks of a capture's answer: nothing of it is used before all of it holds.

use biometrics::iso::{self, RecordKind};
use chrono::{DateTime, Utc};
use rustls_pki_types::CertificateDer;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::codes;
use super::info::{self, DigitalId, Target};
use super::jwt::{self, Assurance, Trust};
use super::order::{Order, Part};
use super::wire::{self, BioType};
use crate::drivers::file::decode;
use crate::traits::PreviewFrame;
use crate::vocabulary::{CaptureEnd, DeviceFault};

/// Most seconds by which the clock of a device may differ.
pub(super) const SKEW_MAX_S: i64 = 300;
/// What a device may answer as `bioSubType` when it does not know which finger it has.
const UNKNOWN: &str = "UNKNOWN";

/// One thing that a device captured, checked but not decoded.
#[derive(Clone, PartialEq)]
pub struct Sample {
    /// Which part of the body.
    pub part: Part,
    /// Quality by the device, 0 to 100. The station judges by itself.
    pub score: f64,
    /// The ISO/IEC 19794 record.
    pub record: Vec<u8>,
    /// How sure it is that this device made it.
    pub assurance: Assurance,
}

impl std::fmt::Debug for Sample {
    // A record is biometric: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sample({:?}, score {}, {} bytes)", self.part, self.score, self.record.len())
    }
}

impl Sample {
    /// The picture in the record; grey for fingers and eyes, in colour for a face.
    ///
    /// # Errors
    /// [`DeviceFault::BadData`] for a record that cannot be read or that names another finger or eye.
    pub fn picture(&self) -> Result<PreviewFrame, DeviceFault> {
        let picture = match self.part {
            Part::Finger(finger) => decode::finger(&self.record, finger, None).map(PreviewFrame::Gray),
            Part::Eye(eye) => decode::iris(&self.record, eye).map(PreviewFrame::Gray),
            Part::Face => decode::photo(&self.record).map(PreviewFrame::Rgb),
        };
        picture.map_err(|e| DeviceFault::BadData { detail: format!("{} record: {e}", self.part.label()) })
    }
}

/// What an answer is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) target: &'a Target,
    pub(super) order: &'a Order,
    pub(super) transaction_id: &'a str,
    /// Hash of the answer before, empty for the first.
    pub(super) previous_hash: &'a str,
    pub(super) trust: &'a Trust,
    pub(super) now: DateTime<Utc>,
}

fn protocol(detail: impl Into<String>) -> CaptureEnd {
    DeviceFault::Protocol { detail: detail.into() }.into()
}

fn untrusted(detail: impl Into<String>) -> CaptureEnd {
    DeviceFault::Untrusted { detail: detail.into() }.into()
}

/// The error that an answer or one of its elements tells.
pub(super) fn told_error(answer: &Value) -> Option<String> {
    let elements = answer.get("biometrics").map(wire::items).unwrap_or_default();
    let codes = elements.into_iter().chain([answer]).filter_map(wire::error_code);
    codes.into_iter().find(|code| code != wire::SUCCESS)
}

/// True when every element names this certificate as its signer's. Nothing is checked yet.
pub(super) fn names_signer(answer: &Value, signer: Option<&CertificateDer<'_>>) -> bool {
    let elements = answer.get("biometrics").map(wire::items).unwrap_or_default();
    let mut tokens = elements.into_iter().map(|element| wire::text(element, "data"));
    tokens.all(|token| jwt::named_signer(&token).as_ref() == signer)
}

/// Checks an answer in full; gives the samples in the order in which they were asked for, and the hash to go on
/// with.
///
/// # Errors
/// The error that the device tells, or [`DeviceFault::Untrusted`], [`DeviceFault::Protocol`] or
/// [`DeviceFault::ClockWrong`] with what does not hold.
pub(super) fn check(answer: &Value, asked: &Asked<'_>) -> Result<(Vec<Sample>, String), CaptureEnd> {
    if let Some(code) = told_error(answer) {
        return Err(codes::end(&code, asked.order.bio_type.kind()));
    }
    let elements = answer.get("biometrics").map(wire::items).unwrap_or_default();
    let mut hash = asked.previous_hash.to_owned();
    let mut samples: Vec<Sample> = Vec::with_capacity(elements.len().min(asked.order.count()));
    for element in elements {
        let (sample, next) = check_element(element, asked, &hash)?;
        if samples.iter().any(|other| other.part == sample.part) {
            return Err(protocol(format!("`{}` was answered twice", sample.part.name())));
        }
        (hash, _) = (next, samples.push(sample));
    }
    let missing = asked.order.expected.iter().filter(|part| !samples.iter().any(|s| s.part == **part));
    let missing: Vec<_> = missing.map(|part| part.name()).collect();
    if !missing.is_empty() {
        let (got, count) = (samples.len(), asked.order.count());
        return Err(protocol(format!("{got} of {count} answered, missing: {}", missing.join(", "))));
    }
    let place = |sample: &Sample| asked.order.expected.iter().position(|part| *part == sample.part);
    samples.sort_by_key(place);
    Ok((samples, hash))
}

/// Checks one element; gives its sample and its hash.
fn check_element(element: &Value, asked: &Asked<'_>, before: &str) -> Result<(Sample, String), CaptureEnd> {
    let (target, trust) = (asked.target, asked.trust);
    let version = wire::label(element, "specVersion");
    if version != target.spec_version {
        return Err(protocol(format!("version {version} answered, {} was asked for", target.spec_version)));
    }
    let data = jwt::open("capture data", &wire::text(element, "data"), trust, asked.now)?;
    let payload = &data.payload;
    let digital = jwt::open("digital id", &wire::text(payload, "digitalId"), trust, asked.now)?;
    if DigitalId::read(&digital.payload).as_ref() != Some(&target.digital) {
        return Err(untrusted("the capture comes from another device than the one that was opened"));
    }
    if let Trust::Roots(_) = trust {
        if data.signer != target.signer {
            return Err(untrusted("the capture is signed by another key than the device info"));
        }
        if info::has_one_key(&target.certification) && digital.signer != target.signer {
            return Err(untrusted("the digital id is signed by another key than the device info"));
        }
    }
    let equal = |key: &str, asked: &str| match wire::label(payload, key) {
        told if told == asked => Ok(()),
        told => Err(untrusted(format!("{key} is `{told}`, not `{asked}`"))),
    };
    equal("transactionId", asked.transaction_id)?;
    equal("purpose", wire::REGISTRATION)?;
    equal("env", &target.env)?;
    equal("deviceCode", &target.device_code)?;
    equal("bioType", asked.order.bio_type.id())?;
    check_clock(&wire::label(payload, "timestamp"), asked.now)?;
    let part = part(&wire::label(payload, "bioSubType"), asked.order)?;
    let score = score(payload)?;
    let record = wire::text(payload, "bioValue");
    let record = jwt::base64url(&record).ok_or_else(|| protocol("bioValue is not base64url"))?;
    let kind = iso::sniff(&record);
    if kind != Some(record_kind(asked.order.bio_type)) {
        let kind = kind.map_or("no record that is known", RecordKind::id);
        return Err(protocol(format!("bioValue of {} is {kind}", asked.order.bio_type.id())));
    }
    let told = wire::label(element, "hash");
    let hash = next_hash(before, &record).ok_or_else(|| protocol("the hash before is no hash"))?;
    if !told.eq_ignore_ascii_case(&hash) {
        return Err(untrusted("the hash does not follow from the data and the hash before"));
    }
    let assurance = data.assurance.max(digital.assurance);
    Ok((Sample { part, score, record, assurance }, hash))
}

fn check_clock(timestamp: &str, now: DateTime<Utc>) -> Result<(), CaptureEnd> {
    let told = wire::parse_moment(timestamp).ok_or_else(|| protocol("the timestamp is no date and time"))?;
    let skew_s = told.signed_duration_since(now).num_seconds();
    if skew_s.abs() > SKEW_MAX_S { Err(DeviceFault::ClockWrong { skew_s }.into()) } else { Ok(()) }
}

fn part(name: &str, order: &Order) -> Result<Part, CaptureEnd> {
    if order.bio_type == BioType::Face {
        let none = name.is_empty() || name.eq_ignore_ascii_case("null");
        return none.then_some(Part::Face).ok_or_else(|| protocol(format!("a face with subtype `{name}`")));
    }
    if let Some(part) = order.expected.iter().find(|part| part.name() == name) {
        return Ok(*part);
    }
    match order.expected.as_slice() {
        // A device with one part takes any finger.
        [only] if name == UNKNOWN && order.sub_id == "0" => Ok(*only),
        _ => Err(protocol(format!("`{name}` was answered but not asked for"))),
    }
}

fn score(payload: &Value) -> Result<f64, CaptureEnd> {
    let text = wire::text(payload, "qualityScore");
    let score = text.parse::<f64>().ok().filter(|s| (0.0..=100.0).contains(s));
    score.ok_or_else(|| protocol("qualityScore is no number from 0 to 100"))
}

fn record_kind(bio_type: BioType) -> RecordKind {
    match bio_type {
        BioType::Finger => RecordKind::FingerImages,
        BioType::Iris => RecordKind::IrisImages,
        BioType::Face => RecordKind::FaceImages,
    }
}

/// The hash of an element: SHA-256 over the hash before (of nothing for the first) and the SHA-256 of the record, as
/// both published implementations make it; `None` when `before` is no hash.
pub(super) fn next_hash(before: &str, record: &[u8]) -> Option<String> {
    let before = match before {
        "" => Sha256::digest(b"").to_vec(),
        hash => hex::decode(hash).ok()?,
    };
    let hash = Sha256::new().chain_update(before).chain_update(Sha256::digest(record)).finalize();
    Some(hex::encode_upper(hash))
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

//! Who a device is: what its service tells at discovery and in the signed device info, checked against each other.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use rustls_pki_types::CertificateDer;
use serde_json::Value;

use super::jwt::{self, Assurance, Trust};
use super::wire::{self, BioType};
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo};

/// The environment of devices that record for real.
pub(super) const PRODUCTION: &str = "Production";
/// Environments that a request may name.
const ENVIRONMENTS: &[&str] = &["Staging", "Developer", "Pre-Production", PRODUCTION];

/// One device as its service tells it; nothing of it is proven.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// Port on which the service was found.
    pub(super) port: u16,
    /// Counts arrivals of this device.
    pub(super) arrival: u64,
    pub(super) device_id: String,
    pub(super) device_code: String,
    pub(super) status: String,
    pub(super) callback: String,
    pub(super) purpose: String,
    /// The unsigned digital id: enough to tell what kind of device it is.
    pub(super) digital: DigitalId,
    /// The device info: a token, or its payload alone.
    pub(super) info: String,
    /// Error code of the device info.
    pub(super) info_error: String,
}

impl Found {
    /// Reads one element of a discovery; `None` for one that tells no device. `infos` are the elements of the
    /// service's device info.
    pub(super) fn read(port: u16, item: &Value, infos: &[&Value]) -> Option<Self> {
        let device_id = wire::label(item, "deviceId");
        let digital = wire::text(item, "digitalId");
        // Also a signed one is taken at its word here: what counts is the one in the device info.
        let payload = digital.split('.').nth(1).unwrap_or(&digital);
        let digital: Value = serde_json::from_slice(&jwt::base64url(payload)?).ok()?;
        let digital = DigitalId::read(&digital)?;
        let of_device = |info: &&&Value| peek(info).is_some_and(|p| wire::label(&p, "deviceId") == device_id);
        let info = infos.iter().find(of_device).or(infos.first().filter(|_| infos.len() == 1));
        Some(Self {
            port,
            arrival: 0,
            device_id,
            device_code: wire::label(item, "deviceCode"),
            status: wire::label(item, "deviceStatus"),
            callback: wire::label(item, "callbackId"),
            purpose: wire::label(item, "purpose"),
            digital,
            info: info.map(|i| wire::text(i, "deviceInfo")).unwrap_or_default(),
            info_error: info.and_then(|i| wire::error_code(i)).unwrap_or_default(),
        })
    }

    /// True for the same device at another look.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.port == other.port && self.device_id == other.device_id && self.digital == other.digital
    }
}

/// The payload of a device info before its signature is checked, to find the one of a device.
fn peek(info: &Value) -> Option<Value> {
    let token = wire::text(info, "deviceInfo");
    let payload = token.split('.').nth(1).unwrap_or(&token).to_owned();
    serde_json::from_slice(&jwt::base64url(&payload)?).ok()
}

/// Digital id of a device (SBI 0.9.5), without its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DigitalId {
    pub(super) serial: String,
    pub(super) make: String,
    pub(super) model: String,
    pub(super) bio_type: BioType,
    /// `Slap`, `Single`, `Touchless`, `Double`, `Full face`.
    pub(super) sub_type: String,
    pub(super) provider: String,
    pub(super) provider_id: String,
}

impl DigitalId {
    /// Reads a payload; `None` when it names no device that is known here.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        let label = |key| wire::label(payload, key);
        Some(Self {
            serial: Some(label("serialNo")).filter(|s| !s.is_empty())?,
            make: label("make"),
            model: label("model"),
            bio_type: BioType::from_id(&label("type"))?,
            sub_type: label("deviceSubType"),
            provider: label("deviceProvider"),
            provider_id: label("deviceProviderId"),
        })
    }
}

/// What a station accepts.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) trust: Trust,
    /// True on a training station, which may use devices of any environment.
    pub(super) training: bool,
    /// Ports on which services may be.
    pub(super) ports: RangeInclusive<u16>,
}

/// A device whose identity has been checked.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Port for calls, by its callback.
    pub(super) port: u16,
    pub(super) arrival: u64,
    pub(super) device_id: String,
    pub(super) device_code: String,
    pub(super) digital: DigitalId,
    pub(super) env: String,
    /// Version of the protocol that is spoken with it.
    pub(super) spec_version: &'static str,
    pub(super) sub_ids: Vec<String>,
    pub(super) certification: String,
    pub(super) service_version: String,
    pub(super) firmware: String,
    pub(super) assurance: Assurance,
    /// Who signed the device info. Captured data must be signed by the same key.
    pub(super) signer: Option<CertificateDer<'static>>,
}

impl Target {
    /// Checks what a service tells of a device.
    ///
    /// # Errors
    /// [`DeviceFault`] naming what does not hold.
    pub(super) fn verify(found: &Found, policy: &Policy, now: DateTime<Utc>) -> Result<Self, DeviceFault> {
        match found.status.to_ascii_lowercase().as_str() {
            "ready" | "busy" => {}
            "not registered" => return Err(reported("100")),
            "not ready" => return Err(reported("110")),
            _ => return Err(protocol("the device tells no known status")),
        }
        if found.info.is_empty() {
            return match found.info_error.as_str() {
                "" | wire::SUCCESS => Err(protocol("no device info")),
                code => Err(reported(code)),
            };
        }
        let info = jwt::open("device info", &found.info, &policy.trust, now)?;
        let digital = jwt::open("digital id", &wire::text(&info.payload, "digitalId"), &policy.trust, now)?;
        let assurance = info.assurance.max(digital.assurance);
        let payload = &info.payload;
        if assurance == Assurance::Trusted
            && has_one_key(&wire::label(payload, "certification"))
            && digital.signer != info.signer
        {
            return Err(untrusted("the digital id is signed by another key than the device info"));
        }
        let digital = DigitalId::read(&digital.payload)
            .ok_or_else(|| protocol("the digital id has no serial number or no known type"))?;
        if digital != found.digital {
            return Err(untrusted(
                "the digital id of the discovery is another one than that of the device info",
            ));
        }
        let label = |key| wire::label(payload, key);
        if label("deviceId") != found.device_id || found.device_id.is_empty() {
            return Err(untrusted("the device info is of another device"));
        }
        if !found.device_code.is_empty() && label("deviceCode") != found.device_code {
            return Err(untrusted(
                "the device code of the discovery is another one than that of the device info",
            ));
        }
        let purpose = label("purpose");
        if !purpose.eq_ignore_ascii_case(wire::REGISTRATION) {
            return Err(untrusted(&format!("the device is for purpose `{purpose}`, not for recording")));
        }
        if !found.callback.is_empty() && !same_address(&found.callback, &label("callbackId")) {
            return Err(untrusted(
                "the callback of the discovery is another one than that of the device info",
            ));
        }
        let spoken = wire::texts(payload, "specVersion");
        let spec_version = wire::SPEC_VERSIONS.iter().find(|v| spoken.iter().any(|s| s == **v));
        let spec_version = spec_version
            .ok_or_else(|| protocol(&format!("protocol version {}, needed is 0.9.5", spoken.join(", "))))?;
        Ok(Self {
            port: callback_port(&label("callbackId"), found.port, &policy.ports)?,
            arrival: found.arrival,
            device_id: found.device_id.clone(),
            device_code: label("deviceCode"),
            env: environment(&label("env"), policy.training)?,
            spec_version,
            sub_ids: wire::texts(payload, "deviceSubId"),
            certification: label("certification"),
            service_version: label("serviceVersion"),
            firmware: label("firmware"),
            assurance,
            signer: info.signer,
            digital,
        })
    }

    /// Identity for the station's records. A device that nobody vouches for says so in its model.
    pub(super) fn device_info(&self) -> DeviceInfo {
        let kind = self.digital.bio_type.kind();
        let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let serial: String = self.digital.serial.chars().map(safe).collect();
        let model = format!("{} {}", self.digital.make, self.digital.model);
        let doubt = if self.assurance == Assurance::Trusted { "" } else { " (not verified)" };
        DeviceInfo {
            id: DeviceId(format!("{}-{}-{serial}", super::ID, kind.id())),
            kind,
            driver: super::ID.to_owned(),
            model: format!("{}{doubt}", model.trim()),
            serial: self.digital.serial.clone(),
            training_only: false,
        }
    }
}

/// True for devices of level L0: they sign their digital id with the device's key, as they have no trust module.
pub(super) fn has_one_key(certification: &str) -> bool {
    certification.eq_ignore_ascii_case("L0")
}

fn environment(env: &str, training: bool) -> Result<String, DeviceFault> {
    let known = ENVIRONMENTS.iter().find(|known| known.eq_ignore_ascii_case(env));
    match known {
        Some(known) if training || *known == PRODUCTION => Ok((*known).to_owned()),
        // Developers' devices that are not registered tell `None`.
        None if training => Ok("Developer".to_owned()),
        _ => Err(untrusted(&format!("the device is for environment `{env}`, not for {PRODUCTION}"))),
    }
}

/// The port of a callback `http://127.0.0.1:<port>/`, with or without the last slash. Any other address is refused:
/// a service could else send a person's biometrics to another machine.
pub(super) fn callback_port(
    callback: &str,
    found_on: u16,
    ports: &RangeInclusive<u16>,
) -> Result<u16, DeviceFault> {
    let refused = || untrusted("the callback address is not `http://127.0.0.1:<port>/`");
    let scheme = callback.get(..7).filter(|s| s.eq_ignore_ascii_case("http://"));
    let rest = scheme.and_then(|_| callback.get(7..)).ok_or_else(refused)?;
    let port = rest.strip_prefix("127.0.0.1:").map(|port| port.strip_suffix('/').unwrap_or(port));
    let digits = port.filter(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let port = digits.and_then(|p| p.parse::<u16>().ok()).ok_or_else(refused)?;
    if port == found_on || ports.contains(&port) {
        Ok(port)
    } else {
        Err(untrusted(&format!("the callback port {port} is outside the ports of device services")))
    }
}

fn same_address(a: &str, b: &str) -> bool {
    a.trim_end_matches('/').eq_ignore_ascii_case(b.trim_end_matches('/'))
}

fn reported(code: &str) -> DeviceFault {
    DeviceFault::Reported { code: super::codes::reported(code) }
}

fn protocol(detail: &str) -> DeviceFault {
    DeviceFault::Protocol { detail: detail.to_owned() }
}

fn untrusted(detail: &str) -> DeviceFault {
    DeviceFault::Untrusted { detail: detail.to_owned() }
}

#[cfg(test)]
#[path = "info_tests.rs"]
mod tests;

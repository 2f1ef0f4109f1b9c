//! Devices behind a Secure Biometric Interface service (SBI, formerly MDS, 0.9.5): fingerprint readers, iris cameras
//! and face cameras whose makers bring a service that listens on 127.0.0.1, ports 4501 to 4600.
//!
//! | module | what |
//! |---|---|
//! | `http` | calls with methods of their own, deadlines and limits |
//! | `wire` | words of the protocol: written strictly, read leniently |
//! | `discovery` | which services and devices there are, kept between looks |
//! | `info` | who a device is, checked |
//! | `jwt` | signatures and chains to trusted roots |
//! | `stream` | live pictures |
//! | `order` | capture tasks in the words of the protocol |
//! | `answer` | every check of a capture's answer |
//! | `codes` | error codes, each mapped once |
//!
//! Parameters: `roots` (file or folder of trusted certificate authorities, PEM or DER), `trust` (`roots`, or `none`
//! for training), `serial` (only this device), `ports` (default `4501-4600`), `timeout_ms` (that the device gets for
//! one capture), `requested_score` (0 to 100).
//!
//! A production station demands roots, devices of environment `Production` and purpose `Registration`.

mod answer;
pub mod codes;
mod device;
mod discovery;
mod http;
mod info;
mod jwt;
mod order;
mod parameters;
mod stream;
mod wire;

use std::time::Duration;

use chrono::Utc;
use serde::Serialize;
use toml::Table;

pub use answer::Sample;
pub use device::SbiDevice;
pub use discovery::Services;
pub use jwt::Assurance;
pub use order::{DeviceShape, Order, Part, eye_name, finger_name};
pub use wire::BioType;

use crate::registry::{Bench, DriverFamily, Opened, Refused, Sighting};
use crate::setup::{self, DriverParameters};
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind};
use device::Wishes;
use discovery::{Look, Looked};
use info::{Policy, Target};
use jwt::Trust;
use parameters::SbiParameters;

/// Identifier of the family.
pub const ID: &str = "sbi";
/// The name of a device service in faults.
pub(crate) const SERVICE: &str = "SBI";
/// A look in passing takes what was found this long ago.
const FRESH: Duration = Duration::from_millis(1200);
/// Somebody waits: what was found within this time is taken, so that one opening looks once.
const WANTED_FRESH: Duration = Duration::from_millis(400);

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: &[DeviceKind::Camera, DeviceKind::Fingerprint, DeviceKind::Iris],
    training_only: false,
    look_every_ms: 2000,
    check: |kind, table| setup::errors_of::<SbiParameters>(kind, table),
    list,
    open,
};

fn list(bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let door = Door::new(kind, parameters, bench.training, bench.sbi.clone());
    let Ok(targets) = door.and_then(|door| door.targets(Look::Passing)) else { return Vec::new() };
    let sighting = |(target, info): (Target, _)| Sighting { info, arrival: target.arrival, fault: None };
    targets.verified.into_iter().map(sighting).collect()
}

fn open(
    bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let door = Door::new(kind, parameters, bench.training, bench.sbi.clone())?;
    let device = door.open(choice)?;
    Ok(match kind {
        DeviceKind::Camera => Opened::Camera(Box::new(device)),
        _ => Opened::Capture(Box::new(device)),
    })
}

/// The devices of one kind that are there and not taken, and why; also why none can be taken at all.
pub(crate) fn refused(bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Refused> {
    let refused = |name: String, fault| Refused { kind, name, fault };
    let targets = Door::new(kind, parameters, bench.training, bench.sbi.clone());
    match targets.and_then(|door| door.targets(Look::Passing)) {
        Ok(targets) => targets.refused.into_iter().map(|(name, fault)| refused(name, fault)).collect(),
        Err(fault) => vec![refused(SERVICE.to_owned(), fault)],
    }
}

/// The way to the devices of one kind with one set of parameters.
#[derive(Debug)]
pub struct Door {
    kind: DeviceKind,
    parameters: SbiParameters,
    policy: Policy,
    services: Services,
}

/// The devices of a look, checked.
#[derive(Debug, Default)]
struct Targets {
    verified: Vec<(Target, DeviceInfo)>,
    /// Others that are not among them, and why; the most telling first.
    refused: Vec<(String, DeviceFault)>,
    looked: Looked,
}

/// One device as `rekam sbi discover` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Port of its service.
    pub port: u16,
    /// What it captures.
    #[serde(rename = "type")]
    pub bio_type: BioType,
    /// Maker.
    pub make: String,
    /// Model.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// `Ready`, `Busy`, `Not Ready`, `Not Registered`.
    pub status: String,
    /// `Registration` or `Auth`.
    pub purpose: String,
    /// Whether anybody vouches for it.
    pub trust: Vouched,
    /// The same as a sentence.
    pub trust_told: &'static str,
    /// What is told in its device info, where that holds together.
    pub checked: Option<Checked>,
    /// Why the device would be refused, with its code; `None` when it would be opened.
    pub refused: Option<String>,
}

/// Whether anybody vouches for a device that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vouched {
    /// Its signature leads to a trusted root.
    Trusted,
    /// Nobody was named to check it against, or it told nothing that could be checked.
    Unchecked,
    /// It was checked and does not hold.
    Refused,
}

impl Vouched {
    /// The sentence for people.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Trusted => "its signature leads to a trusted authority",
            Self::Unchecked => "its trust was not checked: nothing proves what this device is",
            Self::Refused => "it was checked and is not trusted",
        }
    }
}

/// What the signed device info of a device tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// How sure that is.
    pub trust: Assurance,
    /// Environment.
    pub env: String,
    /// `L0` or `L1`.
    pub certification: String,
    /// Parts of the device.
    pub sub_ids: Vec<String>,
    /// Version of the protocol.
    pub spec_version: String,
    /// Version of the service.
    pub service_version: String,
    /// Version of the firmware.
    pub firmware: String,
}

impl Door {
    /// Reads the parameters and the trusted roots.
    ///
    /// # Errors
    /// [`DeviceFault::Protocol`] for parameters that a set-up would refuse, [`DeviceFault::TrainingOnly`] for
    /// `trust = "none"` outside training, [`DeviceFault::BadData`] for roots that cannot be read.
    pub fn new(
        kind: DeviceKind,
        parameters: &Table,
        training: bool,
        services: Services,
    ) -> Result<Self, DeviceFault> {
        let door = Self::to_look(kind, parameters, training, services)?;
        door.may_open()?;
        Ok(door)
    }

    /// A door to look through: with `trust = "none"` devices are listed on every station, and opened in training only.
    ///
    /// # Errors
    /// As [`Door::new`], without [`DeviceFault::TrainingOnly`].
    pub fn to_look(
        kind: DeviceKind,
        parameters: &Table,
        training: bool,
        services: Services,
    ) -> Result<Self, DeviceFault> {
        let parameters = SbiParameters::wanted(kind, parameters)?;
        let trust = match &parameters.roots {
            Some(roots) => Trust::Roots(jwt::read_roots(roots)?),
            None => Trust::Nothing,
        };
        let policy = Policy { trust, training, ports: parameters.ports.clone() };
        Ok(Self { kind, parameters, policy, services })
    }

    fn may_open(&self) -> Result<(), DeviceFault> {
        let vouched = self.policy.training || matches!(self.policy.trust, Trust::Roots(_));
        if vouched { Ok(()) } else { Err(DeviceFault::TrainingOnly) }
    }

    /// Opens the device of this identifier, or the first that is there.
    ///
    /// # Errors
    /// [`DeviceFault`]; of several devices that cannot be opened, the fault that tells most.
    pub fn open(&self, choice: Option<&DeviceId>) -> Result<SbiDevice, DeviceFault> {
        self.may_open()?;
        let targets = self.targets(Look::Wanted)?;
        let chosen = |(_, info): &(Target, DeviceInfo)| choice.is_none_or(|id| *id == info.id);
        if let Some((target, _)) = targets.verified.into_iter().find(chosen) {
            let wishes = Wishes {
                timeout_ms: self.parameters.timeout_ms,
                requested_score: self.parameters.requested_score,
            };
            return Ok(SbiDevice::new(target, self.policy.clone(), wishes, self.services.clone()));
        }
        if let Some((_, fault)) = targets.refused.into_iter().next() {
            return Err(fault);
        }
        // Any program may listen on these ports: one that speaks otherwise keeps no other driver from its turn.
        for (port, fault) in &targets.looked.faults {
            tracing::warn!(port, %fault, "no device service, or one that answers wrongly");
        }
        if targets.looked.devices.is_empty() {
            return Err(DeviceFault::ServiceMissing { service: SERVICE.to_owned() });
        }
        Err(DeviceFault::NotFound { kind: self.kind.id().to_owned() })
    }

    /// Every device of this kind, also those that would be refused, and the services that answer wrongly.
    #[must_use]
    pub fn findings(&self) -> (Vec<Finding>, Vec<(u16, String)>) {
        let looked = self.look(Look::Wanted);
        let finding = |found: &info::Found| {
            let target = Target::verify(found, &self.policy, Utc::now());
            let checked = target.as_ref().ok().map(|target| Checked {
                trust: target.assurance,
                env: target.env.clone(),
                certification: target.certification.clone(),
                sub_ids: target.sub_ids.clone(),
                spec_version: target.spec_version.to_owned(),
                service_version: target.service_version.clone(),
                firmware: target.firmware.clone(),
            });
            let trust = match (&self.policy.trust, &target) {
                (Trust::Roots(_), Ok(_)) => Vouched::Trusted,
                (Trust::Roots(_), Err(DeviceFault::Untrusted { .. })) => Vouched::Refused,
                _ => Vouched::Unchecked,
            };
            let refused = target.err().or_else(|| self.may_open().err());
            Finding {
                port: found.port,
                bio_type: found.digital.bio_type,
                make: found.digital.make.clone(),
                model: found.digital.model.clone(),
                serial: found.digital.serial.clone(),
                status: found.status.clone(),
                purpose: found.purpose.clone(),
                trust,
                trust_told: trust.told(),
                checked,
                refused: refused.map(|fault| fault.to_string()),
            }
        };
        let of_kind = looked.devices.iter().filter(|found| self.is_mine(found));
        (of_kind.map(finding).collect(), looked.faults)
    }

    fn look(&self, look: Look) -> Looked {
        let max_age = if look == Look::Wanted { WANTED_FRESH } else { FRESH };
        self.services.look(&self.parameters.ports, max_age, look)
    }

    fn is_mine(&self, found: &info::Found) -> bool {
        let serial = self.parameters.serial.as_ref().is_none_or(|serial| *serial == found.digital.serial);
        found.digital.bio_type.kind() == self.kind && serial
    }

    /// The devices of this kind that may be used.
    fn targets(&self, look: Look) -> Result<Targets, DeviceFault> {
        let looked = self.look(look);
        let mut targets = Targets::default();
        let now = Utc::now();
        for found in looked.devices.iter().filter(|found| self.is_mine(found)) {
            match Target::verify(found, &self.policy, now) {
                Ok(target) => {
                    let info = target.device_info();
                    // Two devices with one serial number cannot be told apart in records: the first one counts.
                    if targets.verified.iter().all(|(_, other)| other.id != info.id) {
                        targets.verified.push((target, info));
                    }
                }
                Err(fault) => {
                    // Looks in passing come every few seconds: they are no news.
                    if look == Look::Wanted {
                        tracing::warn!(port = found.port, %fault, "SBI device refused");
                    }
                    let digital = &found.digital;
                    let name = format!("{} {} {}", digital.make, digital.model, digital.serial);
                    targets.refused.push((name.trim().to_owned(), fault));
                }
            }
        }
        // A device that cannot prove what it is tells more than one that is not ready.
        targets.refused.sort_by_key(|(_, fault)| !matches!(fault, DeviceFault::Untrusted { .. }));
        targets.looked = looked;
        Ok(targets)
    }
}

#[cfg(test)]
mod tests;

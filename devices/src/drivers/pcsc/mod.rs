//! Contactless card readers by PC/SC (pcscd on Linux).
//!
//! Parameters: `reader` (part of the name of the reader; without it contactless readers come first and slots for SAM
//! or contact cards are left out), `sam` (part of the name of the reader or slot with the SAM; without it the first one
//! that is named so).
//!
//! Two threads: a monitor that knows readers and cards (see [`monitor`]), kept by the registry, and one per opened
//! reader for card work (see [`worker`]), so that a call that hangs in the service is left behind at the deadline.

mod monitor;
mod names;
mod reader;
mod service;
mod worker;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::pcsc::Error;
use toml::Table;

use crate::ktp::CARD_RESET;
use crate::registry::{Bench, DriverFamily, Opened, Sighting};
use crate::setup::{self, DriverParameters, Parameters, SetupError};
use crate::vocabulary::{CaptureEnd, DeviceFault, DeviceId, DeviceKind, Retry};
use monitor::{Monitor, Reader};
use names::Role;
use service::{Service, SystemService};

/// Identifier of the family.
pub const ID: &str = "pcsc";
/// Name of the service, as it is told.
const SERVICE: &str = "pcscd";
/// Longest wait for the monitor's first look.
const FIRST_LOOK: Duration = Duration::from_millis(1500);

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: &[DeviceKind::Card],
    training_only: false,
    look_every_ms: 300,
    check: |kind, table| setup::errors_of::<PcscParameters>(kind, table),
    list,
    open,
};

/// What the family keeps between openings: the service and its monitor, which starts with the first look.
#[derive(Debug)]
pub struct PcscBench {
    service: Arc<dyn Service>,
    monitor: Mutex<Option<Arc<Monitor>>>,
    workers: Arc<AtomicUsize>,
}

impl Default for PcscBench {
    fn default() -> Self {
        Self::with(Arc::new(SystemService))
    }
}

impl PcscBench {
    fn with(service: Arc<dyn Service>) -> Self {
        Self { service, monitor: Mutex::default(), workers: Arc::default() }
    }

    fn monitor(&self) -> Result<Arc<Monitor>, DeviceFault> {
        let mut monitor = self.monitor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = monitor.as_ref().filter(|m| !m.is_dead()) {
            return Ok(running.clone());
        }
        let started = Monitor::start(self.service.clone()).map_err(|_| DeviceFault::Busy)?;
        Ok(monitor.insert(Arc::new(started)).clone())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PcscParameters {
    reader: Option<String>,
    sam: Option<String>,
}

impl DriverParameters<'_> for PcscParameters {
    fn read(kind: DeviceKind, table: &Table) -> Result<Self, Vec<SetupError>> {
        let mut reader = Parameters::new(kind, table);
        let parameters = Self {
            reader: reader.text("reader").map(str::to_owned),
            sam: reader.text("sam").map(str::to_owned),
        };
        reader.finish(parameters)
    }
}

impl PcscParameters {
    /// The readers for cards, contactless ones first.
    fn readers(&self, there: &BTreeMap<String, Reader>) -> Vec<String> {
        let mut chosen: Vec<&String> = match &self.reader {
            Some(part) => there.keys().filter(|name| names::has_part(name, part)).collect(),
            None => {
                there.keys().filter(|name| !matches!(names::role(name), Role::Sam | Role::Contact)).collect()
            }
        };
        chosen.sort_by_key(|name| names::role(name) != Role::Contactless);
        chosen.into_iter().cloned().collect()
    }

    /// The slot with the SAM; never the reader that the card is on.
    fn sam(&self, there: &BTreeMap<String, Reader>, not: &str) -> Option<String> {
        let is_sam = |name: &&String| match &self.sam {
            Some(part) => names::has_part(name, part),
            None => names::role(name) == Role::Sam,
        };
        there.keys().filter(|name| *name != not).find(is_sam).cloned()
    }
}

fn list(bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let Ok(parameters) = PcscParameters::read(kind, parameters) else { return Vec::new() };
    let there = bench.pcsc.monitor().and_then(|monitor| monitor.readers(FIRST_LOOK)).unwrap_or_default();
    let readers = parameters.readers(&there);
    let sighting = |name: &String| {
        let arrival = there.get(name)?.arrival;
        Some(Sighting { info: names::info(name), arrival, fault: None })
    };
    readers.iter().filter_map(sighting).collect()
}

fn open(
    bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let parameters = PcscParameters::wanted(kind, parameters)?;
    let monitor = bench.pcsc.monitor()?;
    let there = monitor.readers(FIRST_LOOK)?;
    let readers = parameters.readers(&there);
    let wanted = |name: &&String| choice.is_none_or(|id| names::info(name).id == *id);
    let name =
        readers.iter().find(wanted).ok_or_else(|| DeviceFault::NotFound { kind: kind.id().to_owned() })?;
    let slot = reader::Slot::new(name.clone(), &bench.pcsc, monitor);
    Ok(Opened::Card(Box::new(reader::PcscReader::new(slot, parameters))))
}

/// The fault of a service that cannot be asked.
fn fault_of_service(error: Error) -> DeviceFault {
    match error {
        Error::SecurityViolation | Error::NoAccess => DeviceFault::NotPermitted,
        Error::ServerTooBusy | Error::NoMemory => DeviceFault::Busy,
        _ => DeviceFault::ServiceMissing { service: SERVICE.to_owned() },
    }
}

/// What an error of card work means. Errors that may have several causes are looked into before (see [`reader`]).
fn end_of(error: Error) -> CaptureEnd {
    let fault = match error {
        Error::NoSmartcard
        | Error::RemovedCard
        | Error::UnpoweredCard
        | Error::UnresponsiveCard
        | Error::NotReady => return Retry::CardRemoved.into(),
        // A contactless thing that the reader cannot talk to.
        Error::ProtoMismatch | Error::UnsupportedCard | Error::CardUnsupported | Error::InvalidAtr => {
            return Retry::NotKtp.into();
        }
        Error::ResetCard
        | Error::InvalidHandle
        | Error::NotTransacted
        | Error::CommError
        | Error::CommDataLost => DeviceFault::Reported { code: CARD_RESET.to_owned() },
        Error::SharingViolation => DeviceFault::Busy,
        Error::UnknownReader | Error::ReaderUnavailable => DeviceFault::Unplugged,
        Error::NoService | Error::ServiceStopped | Error::Shutdown => {
            DeviceFault::ServiceMissing { service: SERVICE.to_owned() }
        }
        Error::SecurityViolation | Error::NoAccess | Error::ServerTooBusy | Error::NoMemory => {
            fault_of_service(error)
        }
        Error::InsufficientBuffer => {
            DeviceFault::Protocol { detail: "an answer that is too long".to_owned() }
        }
        other => DeviceFault::Reported { code: format!("pcsc-{:08x}", other as u32) },
    };
    fault.into()
}

#[cfg(test)]
#[path = "fake_tests.rs"]
mod fake;
#[cfg(test)]
mod tests;

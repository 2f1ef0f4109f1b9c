//! Single-finger USB readers by libfprint, those that give pictures. Built with the feature `fprint` only: without it
//! the family is there, lists nothing, and says so when it is opened.
//!
//! Parameters (kind `fingerprint`):
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `reader` | driver of libfprint, as `rekam devices list` shows it, e.g. `uru4000`; others are left alone | all |
//! | `ppi` | resolution in pixels per inch, 250 to 1270 | the library's, else 500 |
//! | `turn` | degrees clockwise that bring the finger tip up: 0, 90, 180 or 270 | 0 |
//! | `inverted` | the reader gives light ridges on dark ground | false |
//!
//! A reader does one finger at a time ([`CaptureTask::Finger`](crate::vocabulary::CaptureTask::Finger)); a slap is
//! [`DeviceFault::Unsupported`], upon which the station asks finger by finger. Readers that compare on their own chip
//! give no picture and are not offered; [`notes`] names them. The library's virtual readers are offered in training
//! only.

#[cfg(any(feature = "fprint", test))]
mod backend;
#[cfg(any(feature = "fprint", test))]
mod picture;
#[cfg(any(feature = "fprint", test))]
mod reader;
#[cfg(feature = "fprint")]
mod service;
#[cfg(any(feature = "fprint", test))]
mod verdict;

use toml::{Table, Value};

use crate::registry::{Bench, DriverFamily, Opened, Sighting};
use crate::setup::{self, DriverParameters, Parameters, SetupError};
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind};

/// Identifier of the family.
pub const ID: &str = "libfprint";
/// What is said where the program was built without the library.
#[cfg(not(feature = "fprint"))]
const BUILT_WITHOUT: &str = "libfprint (this rekam was built without it, feature fprint)";

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: &[DeviceKind::Fingerprint],
    training_only: false,
    look_every_ms: 500,
    check: |kind, table| setup::errors_of::<FprintParameters>(kind, table),
    list,
    open,
};

/// How a reader is mounted and what it is known to give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Mounting {
    /// Resolution in pixels per inch; the library's, else 500, where none is set.
    ppi: Option<u16>,
    /// Quarter turns clockwise that bring the finger tip up, 0 to 3.
    quarter_turns: u8,
    /// The reader gives light ridges on dark ground.
    inverted: bool,
}

/// A reader that the library lists.
// Without the library none is ever made.
#[cfg_attr(not(any(feature = "fprint", test)), allow(dead_code))]
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    /// Name on this station, e.g. `libfprint-uru4000-1`.
    id: String,
    /// Driver of the library, e.g. `uru4000`.
    driver: String,
    /// Make and model.
    name: String,
    /// It gives pictures; otherwise it compares on its own chip.
    gives_pictures: bool,
    /// Number of its arrival.
    arrival: u64,
}

impl Found {
    /// The library's own simulators (`virtual_image` and others): no real person's finger.
    fn is_virtual(&self) -> bool {
        self.driver.starts_with("virtual_")
    }

    fn info(&self) -> DeviceInfo {
        let name = if self.name.is_empty() { "fingerprint reader" } else { self.name.as_str() };
        DeviceInfo {
            id: DeviceId(self.id.clone()),
            kind: DeviceKind::Fingerprint,
            driver: ID.to_owned(),
            model: format!("{name} ({})", self.driver),
            // libfprint tells no serial numbers.
            serial: String::new(),
            training_only: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FprintParameters {
    reader: Option<String>,
    mounting: Mounting,
}

impl DriverParameters<'_> for FprintParameters {
    fn read(kind: DeviceKind, table: &Table) -> Result<Self, Vec<SetupError>> {
        let mut keys = Parameters::new(kind, table);
        let reader = keys.text("reader").map(ToOwned::to_owned);
        let ppi = keys.integer("ppi", 250, 1270).and_then(|n| u16::try_from(n).ok());
        let quarter_turns = match keys.value("turn").map(Value::as_integer) {
            None => 0,
            Some(Some(degrees @ (0 | 90 | 180 | 270))) => (degrees / 90) as u8,
            Some(_) => {
                keys.wrong("turn", "0, 90, 180 or 270");
                0
            }
        };
        let inverted = keys.boolean("inverted").unwrap_or(false);
        keys.finish(Self { reader, mounting: Mounting { ppi, quarter_turns, inverted } })
    }
}

impl FprintParameters {
    /// True for a reader that this station may offer.
    fn offers(&self, found: &Found, training: bool) -> bool {
        found.gives_pictures
            && (training || !found.is_virtual())
            && self.reader.as_ref().is_none_or(|wanted| *wanted == found.driver)
    }
}

fn list(bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let Ok(parameters) = FprintParameters::read(kind, parameters) else { return Vec::new() };
    let found = bench.fprint.found().unwrap_or_default();
    let offered = found.into_iter().filter(|f| parameters.offers(f, bench.training));
    offered.map(|f| Sighting { info: f.info(), arrival: f.arrival, fault: None }).collect()
}

fn open(
    bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let parameters = FprintParameters::wanted(kind, parameters)?;
    let found = bench.fprint.found()?;
    let wanted = found
        .iter()
        .find(|f| parameters.offers(f, bench.training) && choice.is_none_or(|id| id.0 == f.id))
        .ok_or_else(|| DeviceFault::NotFound { kind: kind.id().to_owned() })?;
    bench.fprint.open(wanted, parameters.mounting)
}

/// What the list of devices says beside those that it offers: readers that cannot be used and why, and that the
/// library was left out.
#[must_use]
pub fn notes(bench: &Bench) -> Vec<String> {
    match bench.fprint.found() {
        Ok(found) => found.iter().filter(|f| !f.gives_pictures).map(unusable).collect(),
        Err(fault) => vec![fault.to_string()],
    }
}

fn unusable(found: &Found) -> String {
    format!(
        "{} ({}) compares fingers on its own chip and gives no pictures: it cannot be used",
        found.name, found.driver
    )
}

/// The library of one registry, started when a set-up first needs it, and anew should its thread have crashed.
#[cfg(feature = "fprint")]
#[derive(Debug, Default)]
pub struct Keeper(std::sync::Mutex<Option<(service::Service, std::thread::JoinHandle<()>)>>);

#[cfg(feature = "fprint")]
impl Keeper {
    fn service(&self) -> Result<service::Service, DeviceFault> {
        let mut kept = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((service, _)) = kept.as_ref().filter(|(_, thread)| !thread.is_finished()) {
            return Ok(service.clone());
        }
        let (service, thread) = service::Service::start()?;
        *kept = Some((service.clone(), thread));
        Ok(service)
    }

    fn found(&self) -> Result<Vec<Found>, DeviceFault> {
        Ok(self.service()?.found())
    }

    fn open(&self, found: &Found, mounting: Mounting) -> Result<Opened, DeviceFault> {
        let handle = self.service()?.reader(&found.id);
        let mut reader = reader::Reader::new(found.info(), mounting, handle);
        reader.claim(&ClaimWithin(std::time::Instant::now() + CLAIM_WITHIN)).map_err(|end| match end {
            crate::vocabulary::CaptureEnd::Fault(fault) => fault,
            _ => DeviceFault::Hung { after_ms: CLAIM_WITHIN.as_millis() as u64 },
        })?;
        Ok(Opened::Capture(Box::new(reader)))
    }
}

/// How long claiming a reader may take when it is opened.
#[cfg(feature = "fprint")]
const CLAIM_WITHIN: std::time::Duration = std::time::Duration::from_secs(6);

/// A watch for claiming.
#[cfg(feature = "fprint")]
struct ClaimWithin(std::time::Instant);

#[cfg(feature = "fprint")]
impl crate::traits::CaptureWatch for ClaimWithin {
    fn deadline(&self) -> std::time::Instant {
        self.0
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn preview(&mut self, _frame: crate::traits::PreviewFrame) {}
}

/// The library was left out of this build.
#[cfg(not(feature = "fprint"))]
#[derive(Debug, Default)]
pub struct Keeper;

#[cfg(not(feature = "fprint"))]
impl Keeper {
    fn found(&self) -> Result<Vec<Found>, DeviceFault> {
        Err(DeviceFault::ServiceMissing { service: BUILT_WITHOUT.to_owned() })
    }

    fn open(&self, _: &Found, _: Mounting) -> Result<Opened, DeviceFault> {
        Err(DeviceFault::ServiceMissing { service: BUILT_WITHOUT.to_owned() })
    }
}

#[cfg(test)]
mod tests;

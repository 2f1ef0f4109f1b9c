//! The driver families of a station, one line each, and the door through which every device is opened.
//!
//! A registry that is not made for training neither lists nor opens simulated and file devices: a
//! production vault can only be fed by hardware.

use toml::Table;

#[cfg(feature = "pcsc")]
use crate::drivers::pcsc;
#[cfg(feature = "serial")]
use crate::drivers::serial;
use crate::drivers::simulated::Simulation;
#[cfg(feature = "camera")]
use crate::drivers::v4l2;
use crate::drivers::{cups, file, libfprint, sbi, simulated};
use crate::setup::{Setup, SetupError};
use crate::traits::{Camera, CaptureDevice, CardReader, Printer};
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind};

/// Every driver family. Add yours here.
pub const FAMILIES: &[DriverFamily] = &[
    simulated::FAMILY,
    file::FAMILY,
    sbi::FAMILY,
    #[cfg(feature = "pcsc")]
    pcsc::FAMILY,
    #[cfg(feature = "camera")]
    v4l2::FAMILY,
    cups::FAMILY,
    #[cfg(feature = "serial")]
    serial::FAMILY,
    libfprint::FAMILY,
];

/// A family of drivers: one folder under `drivers/`.
#[derive(Debug, Clone, Copy)]
pub struct DriverFamily {
    /// Stable identifier, the `driver` of a set-up and of a record.
    pub id: &'static str,
    /// Kinds of device that it serves.
    pub kinds: &'static [DeviceKind],
    /// True when it gives no real person's data and so is refused outside training.
    pub training_only: bool,
    /// Time between two looks at what is plugged in, in milliseconds. A look may block, it has a thread of its own.
    pub look_every_ms: u64,
    /// Checks the parameters of one kind; returns every error.
    pub check: fn(DeviceKind, &Table) -> Vec<SetupError>,
    /// The devices of one kind that are plugged in now, the preferred one first.
    pub list: fn(&Bench, DeviceKind, &Table) -> Vec<Sighting>,
    /// Opens the device of one kind: the one with this identifier, or without one the first that is there.
    pub open: fn(&Bench, DeviceKind, &Table, Option<&DeviceId>) -> Result<Opened, DeviceFault>,
}

/// A device that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Identity.
    pub info: DeviceInfo,
    /// Counts how often it was plugged in, so that out and in again between two looks is not missed
    /// (on USB: the device number on the bus).
    pub arrival: u64,
    /// What keeps it from working, where the look itself tells that (a printer that is stopped).
    pub fault: Option<DeviceFault>,
}

/// A device that a family found and does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Kind.
    pub kind: DeviceKind,
    /// Make, model and serial number as it tells them; the family's name where no device has told any.
    pub name: String,
    /// Why.
    pub fault: DeviceFault,
}

/// An opened device, by the trait that its kind has.
pub enum Opened {
    /// A camera.
    Camera(Box<dyn Camera>),
    /// A fingerprint reader, iris camera, signature pad or thermometer.
    Capture(Box<dyn CaptureDevice>),
    /// A card reader.
    Card(Box<dyn CardReader>),
    /// A printer.
    Printer(Box<dyn Printer>),
}

/// What the families of one registry keep between openings.
#[derive(Debug, Default)]
pub struct Bench {
    /// True on a training station.
    pub training: bool,
    /// The simulated devices: their scripts go on where they were when a device is opened again.
    pub simulation: Simulation,
    /// The SBI services that were found.
    pub sbi: sbi::Services,
    /// PC/SC: the service and its monitor.
    #[cfg(feature = "pcsc")]
    pub pcsc: pcsc::PcscBench,
    /// Cameras that were seen, and threads that cameras hold.
    #[cfg(feature = "camera")]
    pub cameras: v4l2::Cameras,
    /// libfprint, where it is built in and set up.
    pub fprint: libfprint::Keeper,
}

/// The family with an identifier.
#[must_use]
pub fn family(id: &str) -> Option<&'static DriverFamily> {
    FAMILIES.iter().find(|f| f.id == id)
}

/// Lists and opens devices. One per station; give it to workers behind an `Arc`.
#[derive(Debug)]
pub struct Registry {
    bench: Bench,
}

impl Registry {
    /// A registry for a training vault (`true`) or a production vault (`false`).
    #[must_use]
    pub fn new(environment_is_training: bool) -> Self {
        let bench = Bench { training: environment_is_training, ..Bench::default() };
        Self { bench }
    }

    /// True when simulated and file devices are allowed.
    #[must_use]
    pub fn is_training(&self) -> bool {
        self.bench.training
    }

    /// The families that this registry may open.
    pub fn families(&self) -> impl Iterator<Item = &'static DriverFamily> {
        let training = self.is_training();
        FAMILIES.iter().filter(move |f| training || !f.training_only)
    }

    /// The simulated devices, for unplugging them by hand and for reading what was printed.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.bench.simulation
    }

    /// The devices that are set up, allowed and plugged in now.
    #[must_use]
    pub fn list(&self, setup: &Setup) -> Vec<DeviceInfo> {
        self.families().flat_map(|f| self.sightings(f, setup)).map(|s| s.info).collect()
    }

    /// The devices of one family that are set up, allowed and plugged in now.
    #[must_use]
    pub fn sightings(&self, family: &DriverFamily, setup: &Setup) -> Vec<Sighting> {
        if family.training_only && !self.is_training() {
            return Vec::new();
        }
        setup
            .drivers()
            .filter(|(_, entry)| entry.driver == family.id)
            .flat_map(|(kind, entry)| (family.list)(&self.bench, kind, &entry.parameters))
            .collect()
    }

    /// What is to be said of a family beside its devices: readers that cannot be used, a library that was left out.
    #[must_use]
    pub fn notes(&self, family: &DriverFamily, setup: &Setup) -> Vec<String> {
        let named = setup.drivers().any(|(_, entry)| entry.driver == family.id);
        if named && family.id == libfprint::ID { libfprint::notes(&self.bench) } else { Vec::new() }
    }

    /// The devices of one family that are set up and there, and are not taken: those that cannot prove what they are.
    #[must_use]
    pub fn refused(&self, family: &DriverFamily, setup: &Setup) -> Vec<Refused> {
        let named = setup.drivers().filter(|(_, entry)| entry.driver == family.id);
        match family.id {
            sbi::ID => named.flat_map(|(kind, e)| sbi::refused(&self.bench, kind, &e.parameters)).collect(),
            _ => Vec::new(),
        }
    }

    /// Opens the capture device of a kind (every kind but the printer). Here and below: `choice` names one of
    /// [`Registry::list`]; without it the first that is there is opened, in the order of the set-up.
    ///
    /// # Errors
    /// [`DeviceFault::NotFound`] where none is set up, [`DeviceFault::TrainingOnly`] where it is not
    /// allowed, [`DeviceFault::Unsupported`] for a kind that captures nothing, or the driver's own fault.
    pub fn open_capture(
        &self,
        kind: DeviceKind,
        setup: &Setup,
        choice: Option<&DeviceId>,
    ) -> Result<Box<dyn CaptureDevice>, DeviceFault> {
        match self.open(kind, setup, choice)? {
            Opened::Capture(device) => Ok(device),
            Opened::Camera(camera) => Ok(camera),
            Opened::Card(reader) => Ok(reader),
            Opened::Printer(_) => Err(DeviceFault::Unsupported),
        }
    }

    /// Opens the camera.
    ///
    /// # Errors
    /// As [`Registry::open_capture`].
    pub fn open_camera(
        &self,
        setup: &Setup,
        choice: Option<&DeviceId>,
    ) -> Result<Box<dyn Camera>, DeviceFault> {
        match self.open(DeviceKind::Camera, setup, choice)? {
            Opened::Camera(camera) => Ok(camera),
            _ => Err(DeviceFault::Unsupported),
        }
    }

    /// Opens the card reader.
    ///
    /// # Errors
    /// As [`Registry::open_capture`].
    pub fn open_card(
        &self,
        setup: &Setup,
        choice: Option<&DeviceId>,
    ) -> Result<Box<dyn CardReader>, DeviceFault> {
        match self.open(DeviceKind::Card, setup, choice)? {
            Opened::Card(reader) => Ok(reader),
            _ => Err(DeviceFault::Unsupported),
        }
    }

    /// Opens the printer.
    ///
    /// # Errors
    /// As [`Registry::open_capture`].
    pub fn open_printer(
        &self,
        setup: &Setup,
        choice: Option<&DeviceId>,
    ) -> Result<Box<dyn Printer>, DeviceFault> {
        match self.open(DeviceKind::Printer, setup, choice)? {
            Opened::Printer(printer) => Ok(printer),
            _ => Err(DeviceFault::Unsupported),
        }
    }

    fn open(
        &self,
        kind: DeviceKind,
        setup: &Setup,
        choice: Option<&DeviceId>,
    ) -> Result<Opened, DeviceFault> {
        let mut told = DeviceFault::NotFound { kind: kind.id().to_owned() };
        for entry in setup.drivers_of(kind) {
            let Some(family) = family(&entry.driver) else { continue };
            if family.training_only && !self.is_training() {
                tracing::warn!(kind = kind.id(), driver = family.id, "refused outside training");
                told = DeviceFault::TrainingOnly;
                continue;
            }
            let listed = |id: &DeviceId| {
                (family.list)(&self.bench, kind, &entry.parameters).iter().any(|s| s.info.id == *id)
            };
            // A queue has its name from the set-up: the driver knows it without a look at every printer, and says
            // better than the look why it cannot be had.
            let by_name = kind == DeviceKind::Printer;
            if choice.is_some_and(|id| !by_name && !listed(id)) {
                continue;
            }
            match (family.open)(&self.bench, kind, &entry.parameters, choice) {
                // Another driver of the set-up may have one.
                Err(fault @ (DeviceFault::NotFound { .. } | DeviceFault::ServiceMissing { .. }))
                    if choice.is_none() || by_name =>
                {
                    if !(by_name && matches!(told, DeviceFault::ServiceMissing { .. })) {
                        told = fault;
                    }
                }
                opened => return opened,
            }
        }
        Err(told)
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;

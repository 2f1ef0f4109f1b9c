//! What a station could use and what it found, as data for `rekam devices list` and `rekam doctor`.

use serde::Serialize;

use crate::registry::{FAMILIES, Registry};
use crate::setup::Setup;
use crate::vocabulary::{DeviceFault, DeviceInfo, DeviceKind};

/// One driver family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogueEntry {
    /// Identifier of the family.
    pub driver: &'static str,
    /// Kinds of device that it serves.
    pub kinds: &'static [DeviceKind],
    /// True when it is refused outside training.
    pub training_only: bool,
    /// True when this station may use it.
    pub allowed: bool,
    /// Its devices that are set up and plugged in now.
    pub found: Vec<DeviceInfo>,
    /// What else is to be said: devices that cannot be used and why, a library that was left out.
    pub notes: Vec<String>,
}

/// Every driver family with what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Catalogue {
    /// True on a training station.
    pub training: bool,
    /// Every kind of device.
    pub kinds: &'static [DeviceKind],
    /// Every family, in registry order.
    pub families: Vec<CatalogueEntry>,
    /// Kinds for which no device was found, and why.
    pub missing: Vec<Missing>,
}

/// A kind of device that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Kind.
    pub kind: DeviceKind,
    /// Why: what opening it said.
    pub fault: DeviceFault,
    /// Stable code of the fault.
    pub code: &'static str,
}

/// Lists the families and what is plugged in of the given set-up. What is missing is tried to be opened, so that the
/// list says why.
#[must_use]
pub fn catalogue(registry: &Registry, setup: &Setup) -> Catalogue {
    let families: Vec<CatalogueEntry> = FAMILIES
        .iter()
        .map(|family| CatalogueEntry {
            driver: family.id,
            kinds: family.kinds,
            training_only: family.training_only,
            allowed: registry.is_training() || !family.training_only,
            found: registry.sightings(family, setup).into_iter().map(|s| s.info).collect(),
            notes: registry.notes(family, setup),
        })
        .collect();
    let found = |kind: &DeviceKind| families.iter().any(|f| f.found.iter().any(|d| d.kind == *kind));
    let why = |kind: DeviceKind| {
        let opened = match kind {
            DeviceKind::Printer => registry.open_printer(setup, None).err(),
            _ => registry.open_capture(kind, setup, None).err(),
        };
        // Between the list and the look it was plugged in: then nothing is wrong any more.
        let fault = opened?;
        let code = fault.code();
        Some(Missing { kind, fault, code })
    };
    let missing = DeviceKind::ALL.iter().copied().filter(|kind| !found(kind)).filter_map(why).collect();
    Catalogue { training: registry.is_training(), kinds: DeviceKind::ALL, families, missing }
}

//! What a station could use and what it found, as data for `rekam devices list` and `rekam doctor`.

use serde::Serialize;

use crate::registry::{FAMILIES, Registry};
use crate::setup::Setup;
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind};

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
    /// Devices that are there and cannot be used, and why.
    pub faulty: Vec<Faulty>,
    /// True when the devices that are there were opened, see [`Trial`].
    pub tried: bool,
}

/// How the devices that are there are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// Each is opened and closed again: what lets nobody in says so.
    Open,
    /// They are listed only: a station is running and uses them.
    ListOnly,
}

/// A device that is there and cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faulty {
    /// Kind.
    pub kind: DeviceKind,
    /// Driver family.
    pub driver: String,
    /// Model, or what the device tells of itself.
    pub name: String,
    /// Identifier; none for a device that is not taken.
    pub id: Option<DeviceId>,
    /// Why.
    pub fault: DeviceFault,
    /// Stable code of the fault.
    pub code: &'static str,
}

impl Faulty {
    fn of(device: &DeviceInfo, fault: DeviceFault) -> Self {
        let (code, id) = (fault.code(), Some(device.id.clone()));
        let (driver, name) = (device.driver.clone(), device.model.clone());
        Self { kind: device.kind, driver, name, id, code, fault }
    }

    /// True for a device that works, but for somebody else just now.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.fault == DeviceFault::Busy
    }
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

/// Lists the families and what is plugged in of the given set-up. What is missing is tried to be opened, and with
/// [`Trial::Open`] what is there too, so that the list says why it cannot be used.
#[must_use]
pub fn catalogue(registry: &Registry, setup: &Setup, trial: Trial) -> Catalogue {
    let mut faulty = Vec::new();
    let mut families = Vec::with_capacity(FAMILIES.len());
    for family in FAMILIES {
        let sightings = registry.sightings(family, setup);
        faulty.extend(sightings.iter().filter_map(|s| Some(Faulty::of(&s.info, s.fault.clone()?))));
        faulty.extend(registry.refused(family, setup).into_iter().map(|refused| Faulty {
            kind: refused.kind,
            driver: family.id.to_owned(),
            name: refused.name,
            id: None,
            code: refused.fault.code(),
            fault: refused.fault,
        }));
        families.push(CatalogueEntry {
            driver: family.id,
            kinds: family.kinds,
            training_only: family.training_only,
            allowed: registry.is_training() || !family.training_only,
            found: sightings.into_iter().map(|s| s.info).collect(),
            notes: registry.notes(family, setup),
        });
    }
    let open = |kind: DeviceKind, choice: Option<&DeviceId>| match kind {
        DeviceKind::Printer => registry.open_printer(setup, choice).err(),
        _ => registry.open_capture(kind, setup, choice).err(),
    };
    if trial == Trial::Open {
        let there: Vec<&DeviceInfo> = families.iter().flat_map(|f| &f.found).collect();
        for device in there {
            let known = faulty.iter().any(|f| f.id.as_ref() == Some(&device.id));
            // One that is unplugged between the list and the look says so.
            if let Some(fault) = (!known).then(|| open(device.kind, Some(&device.id))).flatten() {
                faulty.push(Faulty::of(device, fault));
            }
        }
    }
    let found = |kind: &DeviceKind| families.iter().any(|f| f.found.iter().any(|d| d.kind == *kind));
    let why = |kind: DeviceKind| {
        // Between the list and the look it was plugged in: then nothing is wrong any more.
        let fault = open(kind, None)?;
        let code = fault.code();
        Some(Missing { kind, fault, code })
    };
    let missing = DeviceKind::ALL.iter().copied().filter(|kind| !found(kind)).filter_map(why).collect();
    let (training, tried) = (registry.is_training(), trial == Trial::Open);
    Catalogue { training, kinds: DeviceKind::ALL, families, missing, faulty, tried }
}

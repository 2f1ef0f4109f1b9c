//! Simulated devices of every kind, driven by a script (see [`script`]). For training only.
//!
//! Parameters of every kind: `person_seed` (default 1), `number` (from 1, tells several of a kind apart), `capture_ms`, `replug_after_ms`, `script`; camera:
//! `background` (`red` or `blue`); fingerprint: `segmented` (slaps come as fingers, not as a whole picture), `single` (one finger at a
//! time, slaps are refused);
//! fingerprint and iris: `missing` (what the person does not have);
//! thermometer: `celsius` (a number or a list); card: `uid`, `present`; printer: `folder`.

mod camera;
mod capture;
mod card;
mod fingers;
mod others;
pub mod parameters;
mod printer;
pub mod samples;
pub mod scene;
pub mod script;
mod simulation;

use std::sync::Arc;

use toml::Table;

pub use samples::card_photo;
pub use simulation::{HANG_MAX, PRINTED_MAX, PrintJob, Simulation};

use crate::registry::{Bench, DriverFamily, Opened, Sighting};
use crate::setup;
use crate::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind};
use capture::SimulatedDevice;
use parameters::SimulatedParameters;
use simulation::Slot;

/// Identifier of the family.
pub const ID: &str = crate::vocabulary::SIMULATED;

/// The family, for the registry.
pub const FAMILY: DriverFamily = DriverFamily {
    id: ID,
    kinds: DeviceKind::ALL,
    training_only: true,
    look_every_ms: 50,
    check: |kind, table| setup::errors_of::<SimulatedParameters>(kind, table),
    list,
    open,
};

fn list(bench: &Bench, kind: DeviceKind, parameters: &Table) -> Vec<Sighting> {
    let Ok(slot) = bench.simulation.slot(kind, parameters) else { return Vec::new() };
    slot.arrival().map(|arrival| Sighting { info: info(&slot), arrival, fault: None }).into_iter().collect()
}

fn open(
    bench: &Bench,
    kind: DeviceKind,
    parameters: &Table,
    choice: Option<&DeviceId>,
) -> Result<Opened, DeviceFault> {
    let simulation = &bench.simulation;
    let slot = simulation
        .slot(kind, parameters)
        .map_err(|errors| DeviceFault::Protocol { detail: errors.to_string().replace('\n', "; ") })?;
    if !slot.is_in() || choice.is_some_and(|id| *id != info(&slot).id) {
        return Err(DeviceFault::NotFound { kind: kind.id().to_owned() });
    }
    let info = info(&slot);
    let device = |slot: Arc<Slot>, info| SimulatedDevice::new(info, slot, simulation.hang_gate());
    Ok(match kind {
        DeviceKind::Camera => Opened::Camera(Box::new(camera::SimulatedCamera::new(device(slot, info))?)),
        DeviceKind::Fingerprint => Opened::Capture(Box::new(fingers::Reader::new(device(slot, info)))),
        DeviceKind::Iris => Opened::Capture(Box::new(others::IrisCamera(device(slot, info)))),
        DeviceKind::SignaturePad => Opened::Capture(Box::new(others::Pad(device(slot, info)))),
        DeviceKind::Thermometer => Opened::Capture(Box::new(others::Thermometer(device(slot, info)))),
        DeviceKind::Card => Opened::Card(Box::new(card::SimulatedCardReader::new(device(slot, info))?)),
        DeviceKind::Printer => Opened::Printer(Box::new(printer::SimulatedPrinter::new(device(slot, info)))),
    })
}

fn info(slot: &Slot) -> DeviceInfo {
    let kind = slot.kind;
    DeviceInfo {
        id: DeviceId(format!("{ID}-{}-{}", kind.id(), slot.parameters.number)),
        kind,
        driver: ID.to_owned(),
        model: match slot.parameters.number {
            1 => format!("rekam simulated {}", kind.id()),
            number => format!("rekam simulated {} {number}", kind.id()),
        },
        serial: format!("SIM-{}", slot.parameters.person_seed),
        training_only: true,
    }
}

#[cfg(test)]
mod tests;

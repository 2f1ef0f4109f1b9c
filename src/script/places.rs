//! Where real samples lie: the one place that knows it.

use std::path::{Path, PathBuf};

use devices::drivers::file::{check_folder, find_samples};
use devices::setup::{Setup, SetupErrors};
use devices::vocabulary::{DeviceFault, DeviceKind};

/// The variable that names the folder of samples, and what scripts write for it: `${SAMPLES}`.
pub const SAMPLES: &str = "REKAM_SAMPLES";
/// Seed of the simulated person that stands in for what the samples do not have.
const PERSON_SEED: u32 = 7;

/// The folder of samples: `REKAM_SAMPLES`, else `../shared/data` beside the checkout that holds `near` (the folder
/// with `Cargo.lock` above it), else beside the working folder.
#[must_use]
pub fn samples_root(near: &Path) -> PathBuf {
    if let Some(named) = std::env::var_os(SAMPLES).filter(|v| !v.is_empty()) {
        return PathBuf::from(named);
    }
    let near = std::fs::canonicalize(near).unwrap_or_else(|_| near.to_owned());
    let checkout = near.ancestors().find(|p| p.join("Cargo.lock").is_file());
    checkout.unwrap_or_else(|| Path::new(".")).join("../shared/data")
}

/// Devices for a session on the samples of a folder: file devices for all it has, simulated ones for the rest (the
/// signature pad and the thermometer have no sample). Every sample is read and decoded first.
///
/// # Errors
/// One line for each sample that is missing or cannot be read.
pub fn real_devices(root: &Path) -> Result<Setup, Vec<String>> {
    let found = find_samples(root).map_err(|e| vec![told(&e)])?;
    let mut setup = Setup::simulated(PERSON_SEED);
    let mut wrong = Vec::new();
    for (kind, entry) in found.drivers() {
        let path = entry.parameters.get("path").and_then(toml::Value::as_str).unwrap_or_default();
        if let Err(fault) = check_folder(kind, Path::new(path)) {
            wrong.push(told(&fault));
        }
        let set = setup.set(kind, &entry.driver, entry.parameters.clone());
        wrong.extend(set.err().map(|e: SetupErrors| e.to_string()));
    }
    for kind in [DeviceKind::Camera, DeviceKind::Fingerprint, DeviceKind::Iris] {
        if found.driver(kind).is_none() {
            wrong.push(format!("{}: no samples below {}", kind.id(), root.display()));
        }
    }
    if wrong.is_empty() { Ok(setup) } else { Err(wrong) }
}

fn told(fault: &DeviceFault) -> String {
    fault.to_string()
}

//! The simulated printer: keeps documents in memory, or puts them into a folder. For training only, as
//! documents with personal data never lie on disk in clear elsewhere.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::capture::SimulatedDevice;
use super::simulation::PrintJob;
use crate::traits::{Device, Printer};
use crate::vocabulary::{DeviceFault, DeviceInfo};

/// Time after which a slow print is given up.
const PRINT_WITHIN: Duration = Duration::from_secs(30);
/// Documents that a folder may hold.
const FOLDER_MAX: u32 = 10_000;

pub(super) struct SimulatedPrinter {
    device: SimulatedDevice,
}

impl SimulatedPrinter {
    pub(super) fn new(device: SimulatedDevice) -> Self {
        Self { device }
    }
}

impl Device for SimulatedPrinter {
    fn info(&self) -> &DeviceInfo {
        &self.device.info
    }
}

impl Printer for SimulatedPrinter {
    fn print(&mut self, title: &str, pdf: &[u8]) -> Result<String, DeviceFault> {
        if !pdf.starts_with(b"%PDF-") {
            return Err(DeviceFault::BadData { detail: "the document is not a PDF".to_owned() });
        }
        self.device.call("print", Instant::now() + PRINT_WITHIN)?;
        if let Some(folder) = &self.device.parameters().folder {
            return save(folder, pdf);
        }
        let name = format!("simulated-job-{}", self.device.slot.count_capture());
        let job = PrintJob { name: name.clone(), title: title.to_owned(), pdf: pdf.to_vec() };
        self.device.slot.keep_printed(job);
        Ok(name)
    }
}

/// Puts the document under the first free name; the title stays out of it, as it may name a person.
fn save(folder: &Path, pdf: &[u8]) -> Result<String, DeviceFault> {
    let fault =
        |what: &str, e: std::io::Error| DeviceFault::Protocol { detail: format!("{what}: {}", e.kind()) };
    std::fs::create_dir_all(folder).map_err(|e| fault("the printer's folder cannot be made", e))?;
    for number in 1..=FOLDER_MAX {
        let name = format!("simulated-job-{number}.pdf");
        match OpenOptions::new().write(true).create_new(true).open(folder.join(&name)) {
            Ok(mut file) => {
                file.write_all(pdf).map_err(|e| fault("the document cannot be written", e))?;
                return Ok(name);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(fault("the document cannot be written", e)),
        }
    }
    Err(DeviceFault::Protocol { detail: format!("the printer's folder holds {FOLDER_MAX} documents") })
}

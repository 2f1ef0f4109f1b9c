//! The SBI device service: a Secure Biometric Interface 0.9.5 service with a slap reader, a double iris camera and a
//! face camera, none of which exists.
//!
//! In process: [`Service::start`] with [`Options`]; its [`Control`] sets what it does, dropping it ends it. As a
//! program: `rekam-sim sbi`, set over HTTP (see `admin`). It answers on 127.0.0.1 only and is for training, tests
//! and labs: its people are made up and its keys protect nothing.

mod admin;
mod capture;
mod control;
mod http;
mod keys;
mod messages;
mod palms;
mod records;
mod request;
mod service;
mod state;
mod stream;
mod studio;
mod wire;

#[cfg(test)]
mod tests;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use biometrics::position::{Eye, FingerPosition};
use devices::drivers::simulated::parameters::Background;

pub use control::{CALLS_MAX, Call, Control, Fault, Oddities, PLANS_MAX, Person, Plan};
pub use http::{BODY_MAX, HEAD_MAX, HUGE_BYTES};
pub use keys::{KeyError, KeySource};
pub use request::TIMEOUT_MAX_MS;
pub use service::{CONNECTIONS_MAX, Options, PORTS, Service, ServiceError};
pub use wire::{Method, Modality, Part, Purpose, SPEC_VERSION, Status};

/// Arguments of the program.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Port on 127.0.0.1; 0 for any free one. Default: the first free one of 4501 to 4600.
    #[arg(long)]
    port: Option<u16>,
    /// The made-up person in front of the devices, as `person_seed` of simulated devices.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the person does not have: a finger as right_index, an eye as left. May be given several times.
    #[arg(long, value_parser = part)]
    missing: Vec<Absent>,
    /// Colour behind the face.
    #[arg(long, default_value = "red", value_parser = ["red", "blue"])]
    background: String,
    /// Only these devices: finger, iris, face. May be given several times. Default: all.
    #[arg(long = "device", value_parser = modality)]
    devices: Vec<Modality>,
    /// Folder that keeps the keys, so that clients go on trusting; it is made where there is none.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// File that gets the root certificate in PEM.
    #[arg(long)]
    root_out: Option<PathBuf>,
    /// How long a capture takes, in milliseconds.
    #[arg(long, default_value_t = 800)]
    capture_ms: u64,
    /// An authentication service: refuses what enrolment asks for.
    #[arg(long)]
    auth: bool,
    /// Devices of certification level L1 instead of L0.
    #[arg(long)]
    l1: bool,
    /// Without the oddities of the protocol's mock service.
    #[arg(long)]
    plain: bool,
}

/// A part that the person does not have.
#[derive(Debug, Clone, Copy)]
enum Absent {
    Finger(FingerPosition),
    Eye(Eye),
}

fn part(name: &str) -> Result<Absent, String> {
    let finger = FingerPosition::from_id(name).map(Absent::Finger);
    let eye = || Eye::from_id(name).map(Absent::Eye);
    finger.or_else(eye).ok_or_else(|| "a finger as right_index, or an eye: right, left".to_owned())
}

fn modality(name: &str) -> Result<Modality, String> {
    Modality::from_wire(name).ok_or_else(|| "finger, iris or face".to_owned())
}

impl Arguments {
    fn options(&self) -> Options {
        let mut person = Person::new(self.seed);
        for absent in &self.missing {
            match absent {
                Absent::Finger(finger) => person.missing_fingers.push(*finger),
                Absent::Eye(eye) => person.missing_eyes.push(*eye),
            }
        }
        if self.background == "blue" {
            person.background = Background::Blue;
        }
        let named = |m: &Modality| self.devices.is_empty() || self.devices.contains(m);
        Options {
            port: self.port,
            devices: Modality::ALL.iter().copied().filter(named).collect(),
            person,
            oddities: if self.plain { Oddities::NONE } else { Oddities::MOCK },
            keys: self.keys.clone().map_or(KeySource::Process, KeySource::Folder),
            purpose: if self.auth { Purpose::Auth } else { Purpose::Registration },
            l1: self.l1,
            capture: Duration::from_millis(self.capture_ms),
            ..Options::default()
        }
    }
}

/// Runs until stopped.
///
/// # Errors
/// What keeps it from running.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("REKAM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // Where there is a log already, that one is used.
    let _ = log.try_init();
    let service = Service::start(arguments.options())?;
    if let Some(path) = &arguments.root_out {
        std::fs::write(path, service.root_pem())
            .with_context(|| format!("the root certificate cannot be written to {}", path.display()))?;
    }
    writeln!(std::io::stdout(), "http://127.0.0.1:{}/", service.port())?;
    loop {
        std::thread::park();
    }
}

//! `rekam sbi`: look for device services (SBI 0.9.5) and try one capture, for setting a station up and for support.
//!
//! Parameters come from the driver `sbi` of the kind in the configuration; what is named here goes before it.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use biometrics::codec;
use biometrics::position::{Eye, Slap};
use clap::{Args, Subcommand, ValueEnum};
use devices::drivers::sbi::{self, BioType, Door, Finding, Order, Sample, Services};
use devices::traits::{Device, PreviewFrame};
use devices::vocabulary::{CaptureEnd, DeviceFault};
use record::schema::Environment;
use rekam::i18n::Words;
use serde_json::{Value, json};
use toml::Table;

use super::devices::environment;
use super::{CliError, Done, Place, Until, VaultArg, failure, tell, write_private};

#[derive(Debug, Subcommand)]
pub(super) enum SbiCommand {
    /// Services and devices on this machine, and whether the station would take them.
    Discover(Discover),
    /// One capture: ISO records and pictures into a folder.
    Capture(Capture),
}

#[derive(Debug, Args)]
pub(super) struct Discover {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Capture {
    /// What is captured.
    #[arg(long, value_enum)]
    kind: Kind,
    /// Part of the device: 1 left, 2 right, 3 both thumbs or both eyes; a face has one part, any number is it.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    sub: Option<u8>,
    /// Folder for records and pictures; made where it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seconds until the capture is given up.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    within: u64,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    vault: VaultArg,
    /// Trusted certificate authorities: a PEM or DER file, or a folder of them.
    #[arg(long, value_name = "PATH")]
    roots: Option<PathBuf>,
    /// Take devices that nobody vouches for (training only).
    #[arg(long, conflicts_with = "roots")]
    no_trust: bool,
    /// Ports to look at.
    #[arg(long, value_name = "FROM-TO")]
    ports: Option<String>,
    /// Only the device with this serial number.
    #[arg(long)]
    serial: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Fingers.
    Finger,
    /// Face.
    Face,
    /// Irises.
    Iris,
}

impl Kind {
    fn bio_type(self) -> BioType {
        match self {
            Self::Finger => BioType::Finger,
            Self::Face => BioType::Face,
            Self::Iris => BioType::Iris,
        }
    }
}

pub(super) fn sbi(command: &SbiCommand, place: &mut Place) -> Done {
    match command {
        SbiCommand::Discover(c) => discover(c, place),
        SbiCommand::Capture(c) => capture(c, place),
    }
}

impl Common {
    /// The parameters for the devices of one type; `trust = "none"` where nobody is named to trust.
    fn parameters(&self, bio_type: BioType, place: &Place) -> Table {
        let kind = bio_type.kind();
        let configured = place.config.devices.iter().flat_map(|setup| setup.drivers_of(kind));
        let configured = configured.into_iter().find(|entry| entry.driver == sbi::ID);
        let mut table = configured.map(|entry| entry.parameters.clone()).unwrap_or_default();
        let mut set = |key: &str, value: String| table.insert(key.to_owned(), value.into());
        if let Some(ports) = &self.ports {
            set("ports", ports.clone());
        }
        if let Some(serial) = &self.serial {
            set("serial", serial.clone());
        }
        if let Some(roots) = &self.roots {
            set("roots", roots.to_string_lossy().into_owned());
            // Roots that are named go before `trust = "none"` of the configuration.
            table.remove("trust");
        }
        if self.no_trust || !table.contains_key("roots") {
            table.remove("roots");
            table.insert("trust".to_owned(), "none".into());
        }
        table
    }
}

/// True where authorities are named against which devices are checked.
fn names_roots(parameters: &Table) -> bool {
    parameters.contains_key("roots")
}

/// What to do where nobody is named to trust.
const NAME_ROOTS: &str = "name the certificate authorities with --roots PATH or as `roots` in config.toml";

/// What is said of a capture by a device that was checked, and by one that was not.
const CHECKED: &str = "device and data are signed, and a trusted authority vouches for them";
const UNCHECKED: &str = "nothing of the device was checked: these samples prove nothing";

fn discover(c: &Discover, place: &mut Place) -> Done {
    let training = environment(place, &c.common.vault) == Environment::Training;
    let services = Services::default();
    let (mut findings, mut faults) = (Vec::new(), Vec::new());
    let mut checked = true;
    for bio_type in BioType::ALL {
        let parameters = c.common.parameters(*bio_type, place);
        let door = Door::to_look(bio_type.kind(), &parameters, training, services.clone())?;
        let (found, wrong) = door.findings();
        checked &= found.is_empty() || names_roots(&parameters);
        findings.extend(found);
        faults.extend(wrong);
    }
    if !checked {
        tell(&format!("trust was not checked; {NAME_ROOTS}"));
    }
    faults.sort();
    faults.dedup();
    if c.common.json {
        let faults: Vec<Value> =
            faults.iter().map(|(port, why)| json!({"port": port, "fault": why})).collect();
        place.json(&json!({"devices": findings, "faults": faults}))?;
        return Ok(0);
    }
    for finding in &findings {
        place.say(line(finding))?;
    }
    for (port, why) in &faults {
        place.say(format!("port {port}: answers wrongly: {why}"))?;
    }
    if findings.is_empty() && faults.is_empty() {
        place.say("no device service was found; is the service of the device's maker running?")?;
    }
    Ok(0)
}

fn line(f: &Finding) -> String {
    let what = format!("port {}: {} {} {} {}", f.port, f.bio_type.id(), f.make, f.model, f.serial);
    let refused = f.refused.as_ref().map(|why| format!(", refused: {why}")).unwrap_or_default();
    let Some(checked) = &f.checked else {
        return format!("{what}: {}, {}{refused}", f.status, f.trust_told);
    };
    let signed = match checked.trust {
        sbi::Assurance::Unsigned => "not signed, ",
        _ => "",
    };
    format!(
        "{what}: {}, {}, {}, {signed}{}{refused}",
        f.status, checked.env, checked.certification, f.trust_told
    )
}

fn order(c: &Capture) -> Result<Order, CliError> {
    let both = "--sub 1 (left), 2 (right) or 3 (both)";
    Ok(match (c.kind, c.sub) {
        (Kind::Face, _) => Order::face(),
        (_, None) => return Err(CliError::Usage(format!("which part? {both}"))),
        (Kind::Finger, Some(1)) => Order::slap(Slap::LeftFour, &[]),
        (Kind::Finger, Some(2)) => Order::slap(Slap::RightFour, &[]),
        (Kind::Finger, Some(_)) => Order::slap(Slap::Thumbs, &[]),
        (Kind::Iris, Some(1)) => Order::eye(Eye::Left),
        (Kind::Iris, Some(2)) => Order::eye(Eye::Right),
        (Kind::Iris, Some(_)) => Order::eyes(&[]),
    })
}

fn capture(c: &Capture, place: &mut Place) -> Done {
    let order = order(c)?;
    let bio_type = c.kind.bio_type();
    let training = environment(place, &c.common.vault) == Environment::Training;
    let parameters = c.common.parameters(bio_type, place);
    let checked = names_roots(&parameters);
    if !checked && !training {
        let what = format!("device not trusted: nothing vouches for it in production; {NAME_ROOTS}");
        return Err(failure("DEV-12", what));
    }
    let door = Door::new(bio_type.kind(), &parameters, training, Services::default())?;
    let mut device = door.open(None)?;
    let begun = Instant::now();
    let taken = device.take(&order, &mut Until(begun + Duration::from_secs(c.within)));
    let ms = begun.elapsed().as_millis() as u64;
    let samples = taken.map_err(|end| ended(&end, bio_type, place))?;
    make_folder(&c.out)?;
    let mut told = Vec::with_capacity(samples.len());
    for sample in &samples {
        told.push(write(sample, &c.out)?);
    }
    // An answer that the named authorities do not vouch for is no capture, so there are two cases.
    let trust = if checked { "trusted" } else { "none" };
    let trust_told = if checked { CHECKED } else { UNCHECKED };
    if !checked {
        tell(&format!("{UNCHECKED}; {NAME_ROOTS}"));
    }
    if c.common.json {
        place.json(&json!({
            "device": device.info(), "trust": trust, "trust_told": trust_told, "ms": ms, "samples": told,
        }))?;
        return Ok(0);
    }
    place.say(format!("{} {}: {ms} ms", device.info().model, device.info().serial))?;
    for (sample, told) in samples.iter().zip(&told) {
        let (score, width, height) = (sample.score, &told["width"], &told["height"]);
        place.say(format!("{}: score {score}, {width}x{height}", sample.part.label()))?;
    }
    Ok(0)
}

/// What the operator would read, with the code.
fn ended(end: &CaptureEnd, bio_type: BioType, place: &Place) -> CliError {
    let words = Words::new(place.config.language);
    let told = match end {
        CaptureEnd::Retry(retry) => words.retry(*retry),
        // The fault's own line tells support more than the operator's words do.
        CaptureEnd::Fault(fault @ DeviceFault::Reported { .. }) => words.fault(bio_type.kind(), fault),
        CaptureEnd::Fault(fault) => return fault.clone().into(),
        CaptureEnd::Cancelled => return failure("CLI-20", "cancelled"),
    };
    failure(&told.code, format!("{}. {}", told.what.trim_end_matches('.'), told.to_do))
}

fn make_folder(path: &Path) -> Result<(), CliError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| {
        failure("CLI-03", format!("{} cannot be made ({e}); check folder and disk", path.display()))
    })
}

/// Writes the record and its picture; gives what is told of them.
fn write(sample: &Sample, folder: &Path) -> Result<Value, CliError> {
    let label = sample.part.label();
    let (record, png) = (format!("{label}.iso"), format!("{label}.png"));
    write_private(&folder.join(&record), &sample.record)?;
    let (bytes, width, height, ppi) = match sample.picture()? {
        PreviewFrame::Gray(image) => {
            (codec::encode_png_gray(&image)?, image.width(), image.height(), image.ppi())
        }
        PreviewFrame::Rgb(image) => (codec::encode_png_rgb(&image)?, image.width(), image.height(), None),
    };
    write_private(&folder.join(&png), &bytes)?;
    Ok(json!({
        "part": label, "subtype": sample.part.name(), "score": sample.score, "trust": sample.assurance,
        "record": record, "record_bytes": sample.record.len(), "picture": png,
        "width": width, "height": height, "ppi": ppi,
    }))
}

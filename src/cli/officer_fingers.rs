//! `rekam officer fingers`: the officers' own fingers, so that none is recorded as an applicant's.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use biometrics::image::GrayImage;
use biometrics::position::FingerPosition;
use clap::Args;
use devices::registry::Registry;
use devices::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceKind};
use record::schema::Environment;
use rekam::runtime::analysis::{default_matcher, kept_template};
use rekam::runtime::clock::{Clock, SystemClock};
use serde_json::json;

use super::bio::{finger_id, input};
use super::secrets::Secret;
use super::vault::{account, open};
use super::{CliError, Done, Place, Until, VaultArg, failure, tell};

/// How long a finger is waited for.
const WAIT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct Fingers {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name whose fingers these are.
    #[arg(long, value_name = "ACCOUNT")]
    of: String,
    /// Account id or name of who signs: the officer, or a supervisor.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    /// Fingers to be captured now with the reader that is set up, e.g. `right_index,left_index`.
    #[arg(long, value_delimiter = ',', value_parser = finger_id, conflicts_with_all = ["files", "remove"])]
    capture: Vec<FingerPosition>,
    /// Fingers from pictures or FIR records, e.g. `right_index=FILE`.
    #[arg(value_name = "FINGER=FILE", value_parser = finger_file)]
    files: Vec<(FingerPosition, PathBuf)>,
    /// Forget the officer's fingers.
    #[arg(long, conflicts_with = "files")]
    remove: bool,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn finger_file(text: &str) -> Result<(FingerPosition, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("write FINGER=FILE, e.g. right_index=finger.png")?;
    Ok((finger_id(name)?, PathBuf::from(file)))
}

fn capture(
    place: &Place,
    environment: Environment,
    wanted: &[FingerPosition],
) -> Result<Vec<GrayImage>, CliError> {
    let setup = place.config.devices.clone().unwrap_or_else(|| super::session::default_devices(environment));
    let registry = Registry::new(environment == Environment::Training);
    let mut reader = registry.open_capture(DeviceKind::Fingerprint, &setup, None)?;
    let mut out = Vec::new();
    for position in wanted {
        tell(&format!("put the {position} on the glass"));
        let task = CaptureTask::Finger { position: *position, again: false };
        match reader.capture(&task, &mut Until(Instant::now() + WAIT)) {
            Ok(Captured::Fingers(mut list)) if list.len() == 1 => out.extend(list.pop().map(|f| f.image)),
            Ok(_) => return Err(failure("CLI-09", "the reader gave something else; try another reader")),
            Err(CaptureEnd::Retry(retry)) => {
                return Err(failure("CLI-09", format!("{position}: {}; run the command again", retry.id())));
            }
            Err(CaptureEnd::Fault(fault)) => return Err(failure("CLI-09", format!("{position}: {fault}"))),
            Err(CaptureEnd::Cancelled) => return Err(failure("CLI-09", "stopped")),
        }
    }
    Ok(out)
}

pub(super) fn fingers(c: &Fingers, place: &mut Place) -> Done {
    if c.capture.is_empty() && c.files.is_empty() && !c.remove {
        return Err(CliError::Usage(
            "name fingers: --capture right_index, right_index=FILE, or --remove".into(),
        ));
    }
    let named = c.capture.iter().chain(c.files.iter().map(|(f, _)| f));
    if named.clone().collect::<std::collections::BTreeSet<_>>().len() < named.count() {
        return Err(CliError::Usage("name each finger once".into()));
    }
    let mut vault = open(place, &c.vault)?;
    let (of, by) = (account(&vault, &c.of)?, account(&vault, &c.by)?);
    let now = SystemClock.now();
    let keys = vault.unlock(by.id, &c.secret.read(&format!("Passphrase of {}", by.name))?, now)?;
    let environment = vault.config().environment;
    let images: Vec<(FingerPosition, GrayImage)> = if c.capture.is_empty() {
        let read =
            |(f, path): &(FingerPosition, PathBuf)| Ok::<_, CliError>((*f, input::finger(path, 500)?.1));
        c.files.iter().map(read).collect::<Result<_, _>>()?
    } else {
        c.capture.iter().copied().zip(capture(place, environment, &c.capture)?).collect()
    };
    let matcher = default_matcher();
    let mut templates = Vec::new();
    for (position, image) in &images {
        let template = matcher.extract(image)?;
        let quality = biometrics::finger::quality::assess(image, &template);
        if template.minutiae.len() < MIN_MINUTIAE {
            let what = format!(
                "{position} has {} minutiae, too few to be known again; capture it again",
                template.minutiae.len()
            );
            return Err(failure("CLI-10", what));
        }
        templates.push(kept_template(*position, &template, quality.score)?);
    }
    let count = templates.len();
    vault.set_officer_fingers(of.id, templates, &keys, now)?;
    if c.json {
        place.json(&json!({"id": of.id, "name": of.name, "fingers": count}))?;
    } else {
        place.say(format!("{} {} fingers {}", of.id, count, of.name))?;
    }
    Ok(0)
}

/// Fewest minutiae of a finger that can be found again.
const MIN_MINUTIAE: usize = 12;

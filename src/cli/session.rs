//! `rekam session run`, and `rekam real`: scripts driven through the same station as the window.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use devices::setup::Setup;
use record::schema::Environment;
use rekam::config::Config;
use rekam::i18n::{Language, Words};
use rekam::runtime::clock::{Clock, FixedClock, SystemClock};
use rekam::runtime::station::{Desk, Finding, LockRules, Station, StationOptions};
use rekam::script::{self, Answer, RunError, Script, real_devices, samples_root};
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{InitOptions, KdfCost, Layout, Outside, PinKind, Vault, VaultError};
use serde_json::json;

use super::{CliError, Done, Place, VaultArg, failure};

/// WIB, UTC+7.
pub(super) const WIB_S: i32 = 25_200;
/// Person that simulated devices show.
const PERSON_SEED: u32 = 7;
/// The session that `rekam real` plays on the samples.
const REAL_SCRIPT: &str = include_str!("../../fixtures/sessions/real.toml");

#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// Run a session script in a training vault.
    Run(Run),
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The script; its format is documented in `fixtures/sessions/README.md`.
    script: PathBuf,
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Real {
    /// Folder for the vault; default a new one in the temporary folder. It stays.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder of samples; default `$REKAM_SAMPLES`, else `../shared/data` beside the checkout.
    #[arg(long, value_name = "DIR")]
    samples: Option<PathBuf>,
    /// Print one JSON object (it always does; for symmetry).
    #[arg(long)]
    json: bool,
}

/// The devices of a station that names none.
pub(super) fn default_devices(environment: Environment) -> Setup {
    match environment {
        Environment::Training => Setup::simulated(PERSON_SEED),
        Environment::Production => Setup::hardware(),
    }
}

/// The policy files of the configured folder; empty where none is configured.
pub(super) fn policy_files(config: &Config) -> Result<Vec<(String, String)>, CliError> {
    let Some(folder) = &config.policies else { return Ok(Vec::new()) };
    let unread = |e: std::io::Error| failure("CLI-02", format!("{} cannot be read ({e})", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.to_string_lossy().into_owned();
        if name.ends_with(".toml") && !name.ends_with(".cases.toml") {
            files.push((name, std::fs::read_to_string(&path).map_err(unread)?));
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(failure("CLI-03", format!("{} holds no policy file; add one", folder.display())));
    }
    Ok(files)
}

/// What a station of this configuration is opened with.
pub(super) fn station_options(
    config: &Config,
    vault: &Path,
    devices: &Setup,
    clock: Arc<dyn Clock>,
) -> Result<StationOptions, CliError> {
    let documents = config.documents.clone().unwrap_or_else(|| vault.join("documents"));
    let statement = Words::new(Language::Indonesian).get("station-statement");
    Ok(StationOptions {
        vault: vault.to_owned(),
        device_setup: toml::to_string(devices)?,
        policies: policy_files(config)?,
        policy_id: None,
        roster: config.roster.clone(),
        district: config.district.clone(),
        utc_offset_s: config.utc_offset_s.unwrap_or(WIB_S),
        statement: (statement, Language::Indonesian.tag().to_owned()),
        documents,
        witness: super::witness(),
        lock: Some(lock_rules(config)),
        clock,
        wake: Arc::new(|| ()),
    })
}

fn lock_rules(config: &Config) -> LockRules {
    let usual = LockRules::default();
    LockRules {
        after: config.lock_after_min.map_or(usual.after, TimeDelta::minutes),
        most: config.lock_max_min.map_or(usual.most, TimeDelta::minutes),
        finger: config.lock_finger.unwrap_or(usual.finger),
    }
}

fn options_of(
    script: &Script,
    config: &Config,
    vault: &Path,
    clock: Arc<FixedClock>,
) -> Result<StationOptions, CliError> {
    let base = station_options(config, vault, &script.devices, clock)?;
    Ok(StationOptions {
        policy_id: script.policy.clone(),
        roster: script.roster.clone(),
        district: script.district.clone(),
        utc_offset_s: script.utc_offset_s,
        // A script's clock jumps, and nobody sits at it.
        lock: None,
        ..base
    })
}

pub(super) fn session(SessionCommand::Run(c): &SessionCommand, place: &mut Place) -> Done {
    let vault = place.vault(&c.vault)?;
    // Refused before the script is looked at: what is done in a production vault is done by people.
    if Vault::peek(&RealFiles, &vault)?.environment != Environment::Training {
        return Err(RunError::Production.into());
    }
    // A script would wait for a session that never begins.
    if Outside::open(super::backup::real(), &vault)
        .is_ok_and(|v| v.pins().is_ok_and(|p| p.get(PinKind::Retired).is_some()))
    {
        return Err(VaultError::Retired.into());
    }
    let config = place.config.clone();
    let mut open = |script: &Script, clock: Arc<FixedClock>| open_desk(script, &config, &vault, clock);
    let answer = match script::run(&c.script, &mut open) {
        Err(RunError::Refused(why)) => return refused(&why, c.json, place),
        other => other?,
    };
    tell(&answer, c.json, place)?;
    Ok(answer.exit_code())
}

/// A limit of the station refused the session: exit 3, as for every refusal by policy.
fn refused(why: &Finding, as_json: bool, place: &mut Place) -> Done {
    let told = why.told(&Words::new(place.config.language));
    if as_json {
        place.json(&json!({
            "outcome": "refused", "rules": [why.message], "code": told.code, "what": told.what,
            "to_do": told.to_do,
        }))?;
    } else {
        place.say(format!("refused: {} {} {}", told.code, told.what, told.to_do))?;
    }
    Ok(3)
}

fn open_desk(
    script: &Script,
    config: &Config,
    vault: &Path,
    clock: Arc<FixedClock>,
) -> Result<Box<dyn Desk>, RunError> {
    let options = options_of(script, config, vault, clock).map_err(|e| RunError::Open(message(e)))?;
    let station = Station::open(options).map_err(|e| RunError::Open(e.to_string()))?;
    Ok(Box::new(station))
}

fn message(error: CliError) -> String {
    match error {
        CliError::Failure(e) => e.to_string(),
        CliError::Usage(what) => what,
    }
}

fn tell(answer: &Answer, as_json: bool, place: &mut Place) -> Result<(), CliError> {
    if as_json {
        return place.json(answer);
    }
    place.say(format!("{}: {}", answer.outcome, answer.rules.join(", ")))?;
    for step in &answer.steps {
        let score = step.score.map_or_else(String::new, |s| format!(", score {s}"));
        let why =
            if step.reasons.is_empty() { String::new() } else { format!(" ({})", step.reasons.join(", ")) };
        place.say(format!("  {}: {}{score}, {} attempts{why}", step.name, step.result, step.attempts))?;
    }
    for path in [&answer.file, &answer.document].into_iter().flatten() {
        place.say(path.display())?;
    }
    if !answer.missing.is_empty() {
        place.say(format!("missing: {}", answer.missing.join(", ")))?;
    }
    Ok(())
}

pub(super) fn real(c: &Real, place: &mut Place) -> Done {
    let begun = Instant::now();
    let root = c.samples.clone().unwrap_or_else(|| samples_root(Path::new(".")));
    let devices = real_devices(&root).map_err(|wrong| failure("CLI-04", wrong.join("; ")))?;
    let folder = match &c.out {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("rekam-real-{}", uuid::Uuid::now_v7())),
    };
    make_training_vault(&folder, "REAL-01", KdfCost::Standard)?;
    let mut script = script::parse("real.toml", REAL_SCRIPT, Path::new(".")).map_err(RunError::Script)?;
    script.devices = devices;
    script.start = SystemClock.now();
    let config = place.config.clone();
    let mut open = |script: &Script, clock: Arc<FixedClock>| open_desk(script, &config, &folder, clock);
    let answer = script::run_script(&script, &mut open)?;
    let layout = Layout::new(&folder);
    let peek = Vault::peek(&RealFiles, &folder)?;
    let station_key = folder.join("training/station-key.pem");
    let pem = record::keys::public_to_pem(&peek.station_verifying_key()?)?;
    super::write_private(&station_key, pem.as_bytes())?;
    let file = answer.file.clone().or_else(|| answer.record_id.map(|id| layout.payload(id)));
    place.json(&json!({
        "record": file,
        "centre_identity": layout.training().join("centre.age-key"),
        "station_key": station_key,
        "record_id": answer.record_id,
        "outcome": answer.outcome.id(),
        "document": answer.document,
        "steps": answer.steps,
        "identical_sample": answer.identical_sample,
        "seconds": begun.elapsed().as_secs_f64(),
        "missing": answer.missing,
        "notices": answer.notices,
    }))?;
    Ok(u8::from(answer.record_id.is_none()))
}

/// A training vault with the documented accounts.
pub(super) fn make_training_vault(
    folder: &Path,
    station: &str,
    kdf: KdfCost,
) -> Result<rekam::vault::InitReport, CliError> {
    let files: Arc<dyn Files> = Arc::new(RealFiles);
    let options = InitOptions {
        station: station.to_owned(),
        environment: Environment::Training,
        centre_root: None,
        first_supervisor: None,
        officers: Vec::new(),
        kdf,
        now: SystemClock.now(),
    };
    Ok(Vault::init(&files, folder, &options)?)
}

//! `rekam init`, `officer`, `queue`, `vault`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use record::schema::{Environment, Role};
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{InitOptions, KdfCost, NewOfficer, OpenOptions, Vault};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::secrets::{Secret, secrets};
use super::{CliError, Done, Place, VaultArg, failure, witness};

#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    vault: VaultArg,
    /// Station id: 1 to 64 letters, digits, `-`, `_` or `.`.
    #[arg(long, value_name = "ID")]
    station: String,
    /// For exercises, with documented accounts and a training centre's keys.
    #[arg(long, conflicts_with = "centre_root", required_unless_present = "centre_root")]
    training: bool,
    /// For real recording: the public key that signs the centre's lists, as a PEM file or in hex. Two supervisors then
    /// install the first list (`rekam centre install`).
    #[arg(long, value_name = "FILE|HEX")]
    centre_root: Option<String>,
    /// Name of the first supervisor (production).
    #[arg(long, value_name = "NAME", requires = "centre_root")]
    supervisor: Option<String>,
    /// NIK of the first supervisor, by prompt where it is not given (production).
    #[arg(long, value_name = "NIK", requires = "centre_root")]
    supervisor_nik: Option<String>,
    #[command(flatten)]
    secret: Secret,
    /// Cost of a passphrase: `test` is cheap and for tests in training only.
    #[arg(long, hide = true, value_parser = ["standard", "test"], default_value = "standard")]
    kdf: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum OfficerCommand {
    /// Add an account, signed by a supervisor.
    Add(Add),
    /// List the accounts.
    List(Listing),
    /// Change an officer's own passphrase.
    Passphrase(super::officers::Passphrase),
    /// Set or remove the PIN of the short lock.
    Pin(super::officers::Pin),
    /// Close an account, signed by a supervisor.
    Remove(super::officers::Remove),
    /// The officer's own fingers: captures are compared with them.
    Fingers(super::officer_fingers::Fingers),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    vault: VaultArg,
    /// Name as shown at sign-in.
    #[arg(long)]
    name: String,
    /// `operator`, `supporting`, `supervisor` or `auditor`.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Account id or name of the supervisor who signs.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    /// Three lines from this descriptor instead of prompts: the supervisor's passphrase, the new officer's NIK, the
    /// new officer's passphrase.
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_id(text).ok_or_else(|| "write operator, supporting, supervisor or auditor".to_owned())
}

#[derive(Debug, Args)]
pub(super) struct Listing {
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// List the sealed records, newest first.
    List(super::queue_list::List),
    /// Carry records that have no receipt yet to a USB stick.
    Export(super::carry::Export),
    /// Take over receipts that came back by file.
    ImportReceipts(super::carry::ImportReceipts),
}

#[derive(Debug, Subcommand)]
pub(super) enum VaultCommand {
    /// Read and check everything; change nothing.
    Check(Listing),
    /// Make the index anew from the files alone.
    Rebuild(Listing),
    /// Back the whole vault up, encrypted to the office's own key; or check a backup.
    Backup(super::backup::Backup),
    /// Put a vault back from a backup.
    Restore(super::backup::Restore),
    /// The office's own key for backups.
    BackupKey(super::backup::BackupKey),
    /// The hub's key, by which receipts are checked.
    HubKey(super::carry::HubKey),
    /// Take a clock for right that is behind the audit, because it was ahead before.
    AcceptClock(super::upkeep::AcceptClock),
    /// Retire the vault after a last backup, when the station moves to another computer.
    Retire(super::backup::Retire),
    /// Delete what is past its time of keeping, by the policy in force.
    Retention(super::upkeep::Retention),
    /// What was deleted, when and why, from the audit.
    Deletions(super::upkeep::Deletions),
}

fn files() -> Arc<dyn Files> {
    Arc::new(RealFiles)
}

pub(super) fn open(place: &Place, arg: &VaultArg) -> Result<Vault, CliError> {
    let options = OpenOptions { witness: witness(), ..OpenOptions::default() };
    Ok(Vault::open(files(), &place.vault(arg)?, &options, SystemClock.now())?)
}

pub(super) fn init(c: &Init, place: &mut Place) -> Done {
    let folder = place.vault(&c.vault)?;
    let kdf = if c.kdf == "test" { KdfCost::Test } else { KdfCost::Standard };
    let report = match &c.centre_root {
        None => super::session::make_training_vault(&folder, &c.station, kdf)?,
        Some(root) => {
            let root = super::centre::root_key(root)?;
            let name = c.supervisor.clone().ok_or_else(|| {
                CliError::Usage("production needs the first supervisor: --supervisor NAME".to_owned())
            })?;
            let nik = match &c.supervisor_nik {
                Some(nik) => Zeroizing::new(nik.clone()),
                None => secrets(None, ["NIK of the first supervisor"]).map(|[nik]| nik)?,
            };
            let passphrase = c.secret.read("Passphrase of the first supervisor")?;
            let options = InitOptions {
                station: c.station.clone(),
                environment: Environment::Production,
                centre_root: Some(root),
                first_supervisor: Some(NewOfficer { name, role: Role::Supervisor, nik, passphrase }),
                officers: Vec::new(),
                kdf,
                now: SystemClock.now(),
            };
            Vault::init(&files(), &folder, &options)?
        }
    };
    if c.json {
        let logins: Vec<_> = report
            .training
            .iter()
            .map(|t| json!({"id": t.officer.id, "name": t.officer.name, "role": t.officer.role, "passphrase": t.passphrase}))
            .collect();
        place.json(&json!({
            "vault": folder, "station": report.config.station, "environment": report.config.environment,
            "station_key": report.config.station_key, "centre_root": report.config.centre_root,
            "identities": report.identities, "training_officers": logins,
            "officers": report.officers.iter().map(|o| json!({"id": o.id, "name": o.name, "role": o.role})).collect::<Vec<_>>(),
        }))?;
        return Ok(0);
    }
    place.say(format!(
        "{} vault of station {} in {}",
        report.config.environment,
        c.station,
        folder.display()
    ))?;
    for login in &report.training {
        place.say(format!(
            "  {} ({}): passphrase {}",
            login.officer.name, login.officer.role, login.passphrase
        ))?;
    }
    for identity in &report.identities {
        place.say(format!("  training centre's key: {}", identity.display()))?;
    }
    Ok(0)
}

pub(super) fn officer(c: &OfficerCommand, place: &mut Place) -> Done {
    match c {
        OfficerCommand::Add(c) => add(c, place),
        OfficerCommand::Passphrase(c) => super::officers::passphrase(c, place),
        OfficerCommand::Pin(c) => super::officers::pin(c, place),
        OfficerCommand::Remove(c) => super::officers::remove(c, place),
        OfficerCommand::Fingers(c) => super::officer_fingers::fingers(c, place),
        OfficerCommand::List(c) => {
            let officers = open(place, &c.vault)?.officers();
            if c.json {
                place.json(&json!({"officers": officers.iter().map(|o| json!({
                    "id": o.id, "name": o.name, "role": o.role, "added": o.added, "public_key": o.public_key,
                })).collect::<Vec<_>>()}))?;
            } else {
                for o in &officers {
                    place.say(format!("{} {} {}", o.id, o.role, o.name))?;
                }
            }
            Ok(0)
        }
    }
}

/// The account of an id or a name.
pub(super) fn account(vault: &Vault, text: &str) -> Result<rekam::vault::Officer, CliError> {
    let wanted = Uuid::parse_str(text).ok();
    let found = vault.officers().into_iter().find(|o| Some(o.id) == wanted || o.name == text);
    found.ok_or_else(|| CliError::Usage(format!("no account `{text}`; see `rekam officer list`")))
}

fn add(c: &Add, place: &mut Place) -> Done {
    let mut vault = open(place, &c.vault)?;
    let by = account(&vault, &c.by)?;
    let asked = ["Passphrase of the supervisor", "NIK of the new officer", "Passphrase of the new officer"];
    let [supervisor, nik, passphrase] = secrets(c.passphrase_fd, asked)?;
    let now = SystemClock.now();
    let keys = vault.unlock(by.id, &supervisor, now)?;
    rekam::population::nik::Nik::parse(&nik)
        .map_err(|e| failure("CLI-06", format!("the NIK does not fit ({e}); type its 16 digits")))?;
    let new = NewOfficer { name: c.name.clone(), role: c.role, nik, passphrase };
    let officer = vault.add_officer(&new, &keys, KdfCost::Standard, now)?;
    if c.json {
        place.json(&json!({"id": officer.id, "name": officer.name, "role": officer.role}))?;
    } else {
        place.say(format!("{} {} {}", officer.id, officer.role, officer.name))?;
    }
    Ok(0)
}

pub(super) fn queue(c: &QueueCommand, place: &mut Place) -> Done {
    match c {
        QueueCommand::List(c) => super::queue_list::list(c, place),
        QueueCommand::Export(c) => super::carry::export(c, place),
        QueueCommand::ImportReceipts(c) => super::carry::import_receipts(c, place),
    }
}

pub(super) fn vault(c: &VaultCommand, place: &mut Place) -> Done {
    match c {
        VaultCommand::Backup(c) => super::backup::backup(c, place),
        VaultCommand::Restore(c) => super::backup::restore_vault(c, place),
        VaultCommand::BackupKey(c) => super::backup::backup_key(c, place),
        VaultCommand::HubKey(c) => super::carry::hub_key(c, place),
        VaultCommand::Retire(c) => super::backup::retire(c, place),
        VaultCommand::Check(c) => {
            let report = open(place, &c.vault)?.check()?;
            if c.json {
                place.json(&json!({"ok": report.is_well(), "report": report}))?;
            } else {
                for p in &report.problems {
                    place.say(format!("{:?} {} {}", p.kind, p.subject, p.detail))?;
                }
                if let Some(b) = &report.audit.broken {
                    place.say(format!("audit broken at {} line {}: {}", b.segment, b.line, b.why))?;
                }
                place.say(format!(
                    "{} records, {} open sessions, {} problems",
                    report.records,
                    report.drafts,
                    report.problems.len()
                ))?;
            }
            Ok(u8::from(!report.is_well()))
        }
        VaultCommand::AcceptClock(c) => super::upkeep::accept_clock(c, place),
        VaultCommand::Retention(c) => super::upkeep::retention(c, place),
        VaultCommand::Deletions(c) => super::upkeep::deletions(c, place),
        VaultCommand::Rebuild(c) => {
            let report = open(place, &c.vault)?.rebuild(SystemClock.now())?;
            if c.json {
                place.json(&json!({"ok": report.unreadable == 0, "report": report}))?;
            } else {
                place.say(format!(
                    "{} rows made, {} mended, {} damaged, {} unreadable",
                    report.rows, report.mended, report.damaged, report.unreadable
                ))?;
            }
            Ok(u8::from(report.unreadable > 0))
        }
    }
}

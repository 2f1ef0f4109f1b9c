//! `rekam vault backup`, `restore`, `backup-key`, `retire`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use record::receipt::Receipt;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{
    BackupReport, Outside, PinKind, RestoreOptions, Vault, VaultError, drill, read_receipts, restore,
};
use serde_json::json;
use zeroize::Zeroizing;

use super::secrets::Secret;
use super::{CliError, Done, Place, VaultArg, failure, tell, witness};

/// Longest identity file, in bytes.
const IDENTITY_MAX: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    vault: VaultArg,
    /// Write a backup to this new file, best on another disk. The station may go on working meanwhile.
    #[arg(long, value_name = "FILE", required_unless_present = "verify")]
    to: Option<PathBuf>,
    /// Read this backup to its end and check everything in it; write nothing.
    #[arg(long, value_name = "FILE", requires = "identity", conflicts_with = "to")]
    verify: Option<PathBuf>,
    /// Identity file of the office's backup key.
    #[arg(long, value_name = "KEY")]
    identity: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Identity file of the office's backup key.
    #[arg(long, value_name = "KEY")]
    identity: PathBuf,
    /// The vault's folder; new, or see `--replace`.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Account id or name of the officer who signs in to the restored vault.
    #[arg(long, value_name = "ACCOUNT")]
    officer: String,
    #[command(flatten)]
    secret: Secret,
    /// Keep aside what stands there, under a name that is told.
    #[arg(long)]
    replace: bool,
    /// Restore a vault that was already damaged when it was backed up, as it was.
    #[arg(long)]
    accept_damage: bool,
    /// Folder or file of receipts: tells records that the backup does not have.
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    /// The hub's public key, where the backup has none pinned or an older one.
    #[arg(long, value_name = "HEX", requires = "receipts")]
    hub_key: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(super) struct BackupKey {
    #[command(flatten)]
    vault: VaultArg,
    /// Show the pinned key.
    #[arg(long, group = "what")]
    show: bool,
    /// Pin the office's age public key.
    #[arg(long, value_name = "AGE1", group = "what", requires = "by")]
    set: Option<String>,
    /// Make a key pair, pin its public key and write its identity to this new file.
    #[arg(long, value_name = "FILE", group = "what", requires = "by")]
    new: Option<PathBuf>,
    /// Account id or name of the supervisor who signs.
    #[arg(long, value_name = "ACCOUNT")]
    by: Option<String>,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Retire {
    #[command(flatten)]
    vault: VaultArg,
    /// Write the last backup to this new file.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Account id or name of the supervisor who signs.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn real() -> Arc<dyn Files> {
    Arc::new(RealFiles)
}

/// Text of an identity file, wiped when dropped.
fn identity(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let bytes = Zeroizing::new(super::records::read(path, IDENTITY_MAX)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| failure("CLI-02", format!("{} is no identity file", path.display())))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Lets the vault take over what was left for its audit, unless another process has it open and does so itself.
pub(super) fn take_inbox(folder: &Path) {
    let open = rekam::vault::OpenOptions { witness: witness(), ..Default::default() };
    // Opening takes it over. Where it cannot be opened now, the next one who opens it does.
    drop(Vault::open(real(), folder, &open, SystemClock.now()));
}

fn say_backup(report: &BackupReport, json: bool, place: &mut Place) -> Result<(), CliError> {
    if report.same_disk {
        tell(&format!(
            "WARNING: {} is on the vault's own disk. When that disk fails or is stolen, vault and backup are gone \
             together: copy the backup to another disk now.",
            report.file.display()
        ));
    }
    if json {
        return place.json(&json!({"ok": true, "report": report}));
    }
    place.say(format!(
        "{}: {} bytes, {} files, {} records up to counter {}",
        report.file.display(),
        report.bytes,
        report.files,
        report.records,
        report.counter
    ))?;
    place.say(format!("audit line {} {}", report.audit_seq, report.audit_head))?;
    if report.foreign > 0 {
        place.say(format!(
            "{} files in the vault's folder are no part of a vault: left out",
            report.foreign
        ))?;
    }
    if !report.noted {
        place.say("the backup is whole, but its line for the audit could not be left in the vault")?;
    }
    Ok(())
}

pub(super) fn backup(c: &Backup, place: &mut Place) -> Done {
    if let (Some(file), Some(key)) = (&c.verify, &c.identity) {
        let report = drill(&RealFiles, file, &identity(key)?)?;
        let ok = report.problems.is_empty();
        if c.json {
            place.json(&json!({"ok": ok, "report": report}))?;
        } else {
            report.problems.iter().try_for_each(|problem| place.say(problem))?;
            place.say(format!(
                "backup of {} of station {}: {} files, {} records, {} audit lines, {} problems",
                report.made.to_rfc3339(),
                report.station,
                report.files,
                report.records,
                report.audit_lines,
                report.problems.len()
            ))?;
        }
        return Ok(u8::from(!ok));
    }
    let to = c.to.as_ref().ok_or_else(|| CliError::Usage("name the backup with --to FILE".to_owned()))?;
    let folder = place.vault(&c.vault)?;
    let outside = Outside::open(real(), &folder)?;
    let report = outside.back_up(&RealFiles, to, SystemClock.now())?;
    take_inbox(&folder);
    say_backup(&report, c.json, place)?;
    Ok(0)
}

pub(super) fn restore_vault(c: &Restore, place: &mut Place) -> Done {
    let identity = identity(&c.identity)?;
    let receipts: Vec<Receipt> = match &c.receipts {
        None => Vec::new(),
        Some(path) => read_receipts(&RealFiles, path)?
            .iter()
            .map(|(name, bytes)| {
                Receipt::parse(bytes)
                    .map_err(|e| failure("CLI-13", format!("{name} is no receipt: {e}; leave it out")))
            })
            .collect::<Result<_, _>>()?,
    };
    let passphrase = c.secret.read("Passphrase of the officer")?;
    let options = RestoreOptions {
        from: &c.from,
        identity: &identity,
        to: &c.to,
        officer: &c.officer,
        passphrase: &passphrase,
        replace: c.replace,
        accept_damage: c.accept_damage,
        witness: witness(),
        receipts: &receipts,
        hub_key: c.hub_key.as_deref(),
    };
    let report = restore(&real(), &options, SystemClock.now())?;
    let opens = report.does_not_open.is_none();
    if c.json {
        place.json(&json!({"ok": opens, "report": report}))?;
        return Ok(u8::from(!opens));
    }
    place.say(format!(
        "{}: station {}, {} records, {} open sessions, as of {}; epoch {} after {}",
        report.folder.display(),
        report.station,
        report.records,
        report.drafts,
        report.made.to_rfc3339(),
        report.epoch,
        report.old_epoch
    ))?;
    if let Some(aside) = &report.kept_aside {
        place.say(format!("what stood there is kept in {}", aside.display()))?;
    }
    report.problems.iter().try_for_each(|problem| place.say(format!("accepted: {problem}")))?;
    match report.sealed_since {
        Some(0) => place.say("this computer knows of no record that was sealed after the backup")?,
        Some(n) => place.say(format!(
            "at least {n} records were sealed on this computer after the backup and are not in it"
        ))?,
        None => place.say("whether records were sealed after the backup is not known on this computer")?,
    }
    report
        .missing
        .iter()
        .try_for_each(|id| place.say(format!("the hub has record {id}, the backup does not")))?;
    if report.receipts_ignored > 0 {
        place.say(format!(
            "{} receipts are of another station or not by this hub and were not counted",
            report.receipts_ignored
        ))?;
    }
    if report.witness_unread {
        place.say("this computer's witness of the vault cannot be read; its disk should be looked at")?;
    }
    if let Some(why) = &report.does_not_open {
        place.say(format!("it does not open where it stands now: {why}"))?;
    }
    Ok(u8::from(!opens))
}

/// A vault and the supervisor who signs.
pub(super) fn signed_in(
    place: &Place,
    vault: &VaultArg,
    by: &str,
    secret: &Secret,
    what: &str,
) -> Result<(Vault, rekam::vault::OfficerKeys), CliError> {
    let mut vault = super::vault::open(place, vault)?;
    let by = super::vault::account(&vault, by)?;
    let passphrase = secret.read(what)?;
    let keys = vault.unlock(by.id, &passphrase, SystemClock.now())?;
    Ok((vault, keys))
}

pub(super) fn backup_key(c: &BackupKey, place: &mut Place) -> Done {
    let Some(by) = &c.by else {
        let folder = place.vault(&c.vault)?;
        let outside = Outside::open(real(), &folder)?;
        let pin = outside.pins()?.get(PinKind::BackupRecipient);
        if c.json {
            place.json(&json!({"backup_key": pin}))?;
        } else {
            match pin {
                Some(pin) => place.say(format!("{} (by {}, {})", pin.value, pin.by, pin.at.to_rfc3339()))?,
                None => place.say("no backup key is set; `rekam vault backup-key --new FILE --by NAME`")?,
            }
        }
        return Ok(0);
    };
    let (mut vault, keys) = signed_in(place, &c.vault, by, &c.secret, "Passphrase of the supervisor")?;
    let recipient = match (&c.set, &c.new) {
        (Some(recipient), _) => recipient.trim().to_owned(),
        (None, Some(path)) => new_key(path)?,
        (None, None) => return Err(CliError::Usage("use --set or --new with --by".to_owned())),
    };
    let pin = vault.pin(PinKind::BackupRecipient, &recipient, &keys, SystemClock.now())?;
    if c.json {
        place.json(&json!({"ok": true, "backup_key": pin, "identity": c.new}))?;
        return Ok(0);
    }
    place.say(format!("backups are encrypted to {}", pin.value))?;
    if let Some(path) = &c.new {
        place.say(format!(
            "{} opens them: keep it, and a copy of it, away from this computer (a safe, the head office). Without it no \
             backup can be restored; whoever has it and an officer's passphrase can restore one.",
            path.display()
        ))?;
    }
    Ok(0)
}

/// Writes a new identity in the form of age-keygen; never over another file.
fn new_key(path: &Path) -> Result<String, CliError> {
    if RealFiles.len(path).map_err(|e| VaultError::medium("identity file", e))?.is_some() {
        let what = format!("{} is there already; name a new file for the identity", path.display());
        return Err(failure("CLI-03", what));
    }
    let pair = record::keys::generate_age_identity();
    let text = Zeroizing::new(format!(
        "# backup key of a rekam station\n# created: {}\n# public key: {}\n{}\n",
        SystemClock.now().format("%Y-%m-%dT%H:%M:%SZ"),
        pair.recipient,
        pair.identity.as_str()
    ));
    RealFiles.write_durable(path, text.as_bytes()).map_err(|e| VaultError::medium("identity file", e))?;
    Ok(pair.recipient)
}

pub(super) fn retire(c: &Retire, place: &mut Place) -> Done {
    // Signing in makes a sync key where there is none that fits.
    let (mut vault, keys) = signed_in(place, &c.vault, &c.by, &c.secret, "Passphrase of the supervisor")?;
    let outside = Outside::open(real(), &place.vault(&c.vault)?)?;
    let report = vault.retire(&outside, &RealFiles, &c.to, &keys, SystemClock.now())?;
    say_backup(&report, c.json, place)?;
    if !c.json {
        place.say("the vault is retired: restore this backup at the new computer and record there")?;
    }
    Ok(0)
}

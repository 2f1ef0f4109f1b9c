//! `rekam audit verify`, `audit archive`, `audit acknowledge`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::runtime::lookout;
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{ArchiveOptions, HeldHead, Vault, VaultError, archivable_before, held_heads};
use serde_json::json;

use super::backup::{real, signed_in};
use super::secrets::Secret;
use super::{CliError, Done, Place, VaultArg, failure};

/// Largest header, receipt or manifest that is read, in bytes.
const HELD_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check every line of the audit chain, and heads of it that are held elsewhere.
    Verify(Verify),
    /// Move old segments of the audit to another disk (a supervisor); what stays vouches for them.
    Archive(Archive),
    /// Take note that an old copy of the vault was put back (a supervisor).
    Acknowledge(Acknowledge),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    vault: VaultArg,
    /// A head that you noted elsewhere: number of the line and its SHA-256. May be given several times.
    #[arg(long, value_name = "SEQ:HEX", value_parser = head)]
    head: Vec<HeldHead>,
    /// Folder with receipts, headers or manifests that hold heads.
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    /// A receipt, header or manifest of a carry. May be given several times.
    #[arg(long, value_name = "FILE")]
    manifest: Vec<PathBuf>,
    /// Folder with archived segments: they are checked too. May be given several times.
    #[arg(long, value_name = "DIR")]
    archive: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Archive {
    #[command(flatten)]
    vault: VaultArg,
    /// Existing folder, best on another disk.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Segments whose last line is older than this day go, instead of those older than the policy's `audit_years`.
    #[arg(long, value_name = "DATE")]
    before: Option<NaiveDate>,
    /// Segments of 5000 lines that stay in any case.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    keep: u64,
    /// Account id or name of the supervisor who does it.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Acknowledge {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the supervisor.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn head(text: &str) -> Result<HeldHead, String> {
    let (seq, head) = text.split_once(':').ok_or("write SEQ:HEX, e.g. 120:9f86…")?;
    let seq = seq.parse().map_err(|_| "the part before the colon is the number of a line")?;
    let head = head.to_ascii_lowercase();
    if record::canonical::is_hex(&head, 32) {
        Ok(HeldHead { source: format!("--head {seq}"), seq: Some(seq), head, sealed: None })
    } else {
        Err("the part after the colon is a SHA-256, 64 hex digits".to_owned())
    }
}

pub(super) fn audit(c: &AuditCommand, place: &mut Place) -> Done {
    match c {
        AuditCommand::Verify(c) => verify(c, place),
        AuditCommand::Archive(c) => archive(c, place),
        AuditCommand::Acknowledge(c) => acknowledge(c, place),
    }
}

/// The heads of all files that were named, and the files that hold none of this station's.
fn gather(c: &Verify, vault: &Vault) -> Result<(Vec<HeldHead>, Vec<String>), CliError> {
    let (mut held, mut foreign) = (c.head.clone(), Vec::new());
    let mut paths = c.manifest.clone();
    if let Some(folder) = &c.receipts {
        let listed = RealFiles.list(folder).map_err(|e| VaultError::medium("receipts", e))?;
        let names = listed.into_iter().filter(|l| !l.folder && l.name.ends_with(".json"));
        paths.extend(names.map(|l| folder.join(l.name)));
    }
    for path in paths {
        let bytes = super::records::read(&path, HELD_MAX)?;
        match held_heads(&bytes, &path.display().to_string(), vault) {
            Some(found) => held.extend(found),
            None => foreign.push(path.display().to_string()),
        }
    }
    Ok((held, foreign))
}

fn verify(c: &Verify, place: &mut Place) -> Done {
    let vault = super::vault::open(place, &c.vault)?;
    let (held, foreign) = gather(c, &vault)?;
    let report = vault.verify_audit_against(held, &c.archive)?;
    // A file that was named as evidence and is none must not pass for having been checked.
    let ok = report.is_well() && foreign.is_empty();
    if c.json {
        place.json(&json!({"ok": ok, "report": report, "not_ours": foreign, "notes": vault.notes()}))?;
        return Ok(u8::from(!ok));
    }
    match &report.broken {
        None => place.say(format!(
            "{} lines to number {}, whole; signed by the station up to {}; {} heads held elsewhere compared; head {}",
            report.lines,
            report.seq,
            report.signed_seq,
            report.held - report.unchecked,
            report.head
        ))?,
        Some(b) => place.say(format!("broken at {} line {}: {}", b.segment, b.line, b.why))?,
    }
    if report.archived > 0 {
        place.say(format!(
            "{} segments are archived and were not read; name them with --archive",
            report.archived
        ))?;
    }
    if report.unchecked > 0 {
        place.say(format!(
            "{} heads held elsewhere are of archived lines and were NOT compared; name the archive with --archive",
            report.unchecked
        ))?;
    }
    for held in &report.unfit {
        let line = held.seq.map_or_else(String::new, |seq| format!(" line {seq}"));
        place.say(format!("{} holds{line}, which the audit does not have: {}", held.source, held.why))?;
    }
    for held in &report.left_behind {
        place.say(format!("{} was left behind when a backup was restored", held.source))?;
    }
    foreign.iter().try_for_each(|name| place.say(format!("{name} holds no head of this station")))?;
    Ok(u8::from(!ok))
}

fn archive(c: &Archive, place: &mut Place) -> Done {
    if !c.to.is_dir() {
        return Err(failure("CLI-02", format!("{} is no folder; mount the disk first", c.to.display())));
    }
    let now = SystemClock.now();
    let (asked, _) = place.span(c.before, None)?;
    if asked.is_some_and(|before| before > now) {
        return Err(CliError::Usage("--before is a day that is over".to_owned()));
    }
    let times = lookout::retention_times(&super::upkeep::policy_today(place)?.retention);
    let (mut vault, keys) = signed_in(place, &c.vault, &c.by, &c.secret, "Passphrase of the supervisor")?;
    if asked.is_none() && vault.is_clock_far_ahead(now) {
        return Err(super::upkeep::far_ahead("nothing was archived"));
    }
    let before = asked.unwrap_or_else(|| archivable_before(&times, now));
    let options = ArchiveOptions { before, asked: asked.is_some(), keep: c.keep };
    let report = vault.archive_audit(&real(), &c.to, options, &keys, now)?;
    if c.json {
        place.json(&json!({"ok": true, "report": report}))?;
    } else {
        place.say(format!(
            "{} segments moved to {}; {} are archived, up to line {}",
            report.moved,
            report.folder.display(),
            report.archived,
            report.seq
        ))?;
        if report.moved == 0 {
            place.say(format!(
                "no segment that may go ends before {}: the policy keeps the audit {} years here; a supervisor may name \
                 a day with --before",
                before.to_rfc3339(),
                times.audit_years
            ))?;
        }
    }
    Ok(0)
}

fn acknowledge(c: &Acknowledge, place: &mut Place) -> Done {
    let (mut vault, keys) = signed_in(place, &c.vault, &c.by, &c.secret, "Passphrase of the supervisor")?;
    let marks = vault.acknowledge_put_back(&keys, SystemClock.now())?;
    if c.json {
        place.json(&json!({"ok": true, "acknowledged": marks}))?;
    } else {
        place.say(format!("{marks} findings acknowledged"))?;
    }
    Ok(0)
}

//! `rekam queue export`, `queue import-receipts`, `vault hub-key`.

use std::path::PathBuf;

use clap::Args;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::files::RealFiles;
use rekam::vault::{CarryOptions, Outside, PinKind, read_receipts};
use serde_json::json;

use super::backup::{real, signed_in, take_inbox};
use super::secrets::Secret;
use super::{Done, Place, VaultArg};

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    vault: VaultArg,
    /// Mounted USB stick or another existing folder; the records go into `rekam-<station>` in it.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Records that have a receipt too.
    #[arg(long)]
    all: bool,
    /// At most this many records, oldest first.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Take a folder on the vault's own disk too: such a copy is lost with the disk.
    #[arg(long)]
    same_disk: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportReceipts {
    /// A receipt, a file with one a line, or a folder with files `*.receipt.json`.
    path: PathBuf,
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the officer who imports.
    #[arg(long, value_name = "ACCOUNT")]
    officer: String,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct HubKey {
    #[command(flatten)]
    vault: VaultArg,
    /// The hub's Ed25519 public key, 64 hex digits; without it the pinned one is shown.
    #[arg(long, value_name = "HEX", requires = "by")]
    set: Option<String>,
    /// Account id or name of the supervisor who signs.
    #[arg(long, value_name = "ACCOUNT")]
    by: Option<String>,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn export(c: &Export, place: &mut Place) -> Done {
    let folder = place.vault(&c.vault)?;
    let outside = Outside::open(real(), &folder)?;
    let options = CarryOptions { all: c.all, limit: c.limit, same_disk: c.same_disk };
    let report = outside.carry(&RealFiles, &c.to, options, SystemClock.now())?;
    take_inbox(&folder);
    // What the caller asked for by a limit is complete.
    let ok = report.faults.is_empty() && !report.full;
    if c.json {
        place.json(&json!({"ok": ok, "report": report}))?;
        return Ok(u8::from(!ok));
    }
    place.say(format!(
        "{}: {} records carried, {} of them copied now ({} bytes)",
        report.folder.display(),
        report.carried,
        report.copied,
        report.copied_bytes
    ))?;
    if report.full {
        place.say(format!("the medium is full: {} records are left, take another one", report.left))?;
    } else if report.left > 0 {
        place.say(format!("{} records are left beyond the limit", report.left))?;
    }
    if report.manifest_was_torn && report.carried > 0 {
        place.say("the manifest on it could not be read and was written anew")?;
    }
    if !report.foreign.is_empty() {
        place.say(format!("left alone, not ours: {}", report.foreign.join(", ")))?;
    }
    report.faults.iter().try_for_each(|f| place.say(format!("not carried: {} {}", f.record, f.what)))?;
    if report.carried > 0 {
        place.say(format!("manifest {}", report.manifest_sha256))?;
        place.say(format!("audit line {} {}", report.audit_seq, report.audit_head))?;
    }
    Ok(u8::from(!ok))
}

pub(super) fn import_receipts(c: &ImportReceipts, place: &mut Place) -> Done {
    let receipts = read_receipts(&RealFiles, &c.path)?;
    let (mut vault, keys) = signed_in(place, &c.vault, &c.officer, &c.secret, "Passphrase of the officer")?;
    let report = vault.import_receipts(&receipts, &keys, SystemClock.now())?;
    let ok = report.faults.is_empty();
    if c.json {
        place.json(&json!({"ok": ok, "report": report}))?;
        return Ok(u8::from(!ok));
    }
    report.faults.iter().try_for_each(|f| place.say(format!("{}: {} {}", f.name, f.code, f.what)))?;
    place.say(format!(
        "{} records are sent now, {} receipts were known, {} not taken",
        report.taken,
        report.known,
        report.faults.len()
    ))?;
    Ok(u8::from(!ok))
}

pub(super) fn hub_key(c: &HubKey, place: &mut Place) -> Done {
    let pin = match (&c.set, &c.by) {
        (Some(key), Some(by)) => {
            let (mut vault, keys) =
                signed_in(place, &c.vault, by, &c.secret, "Passphrase of the supervisor")?;
            Some(vault.pin(PinKind::HubKey, key.trim(), &keys, SystemClock.now())?)
        }
        _ => {
            let outside = Outside::open(real(), &place.vault(&c.vault)?)?;
            outside.pins()?.get(PinKind::HubKey).cloned()
        }
    };
    if c.json {
        place.json(&json!({"ok": pin.is_some(), "hub_key": pin}))?;
    } else {
        match &pin {
            Some(pin) => place.say(format!("{} (by {}, {})", pin.value, pin.by, pin.at.to_rfc3339()))?,
            None => place.say("no hub key is set; `rekam vault hub-key --set HEX --by NAME`")?,
        }
    }
    Ok(0)
}

//! `rekam centre`: the centre's list of recipients. `sign` is for the centre, the others for the station.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use record::centre::{CentreList, MAX_BYTES};
use record::keys;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::{OfficerKeys, supervisors_needed};
use serde_json::json;

use super::secrets::secrets;
use super::vault::{account, open};
use super::{CliError, Done, Place, VaultArg, failure, write_private};

#[derive(Debug, Subcommand)]
pub(super) enum CentreCommand {
    /// The list that is installed, and until when records can be sealed.
    Show(Show),
    /// Check a list against the pinned root without installing it.
    Verify(Verify),
    /// Install a list, signed by two supervisors (one in training).
    Install(Install),
    /// For the centre: check and sign a list with the root's private key.
    Sign(Sign),
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    vault: VaultArg,
    /// The list.
    list: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Install {
    #[command(flatten)]
    vault: VaultArg,
    /// The list.
    list: PathBuf,
    /// Account id or name of the first supervisor.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    /// Account id or name of the second supervisor.
    #[arg(long, value_name = "ACCOUNT")]
    and: Option<String>,
    /// The supervisors' passphrases, a line each, from this descriptor instead of prompts.
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The list without a signature (members `root` and `signature` are made here).
    list: PathBuf,
    /// The root's Ed25519 private key, PKCS#8 PEM.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the signed list goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let unread = |e: std::io::Error| {
        failure("CLI-02", format!("{} cannot be read ({e}); name the right file", path.display()))
    };
    let len = std::fs::metadata(path).map_err(unread)?.len();
    if len > MAX_BYTES as u64 {
        return Err(unread(std::io::ErrorKind::FileTooLarge.into()));
    }
    std::fs::read(path).map_err(unread)
}

/// A root's public key in hex, from hex or from a PEM file.
pub(super) fn root_key(text: &str) -> Result<String, CliError> {
    if let Ok(key) = keys::public_from_hex(text) {
        return Ok(keys::public_to_hex(&key));
    }
    let pem = String::from_utf8(read(Path::new(text))?).map_err(|_| keys::KeyError::PublicPem)?;
    Ok(keys::public_to_hex(&keys::public_from_pem(&pem)?))
}

fn facts(list: &CentreList) -> serde_json::Value {
    json!({
        "serial": list.serial, "environment": list.environment, "issued": list.issued, "root": list.root,
        "usable_until": list.usable_until().ok(), "entries": list.entries,
    })
}

fn say(list: &CentreList, place: &mut Place) -> Result<(), CliError> {
    place.say(format!("list {} of {} ({})", list.serial, list.issued.to_rfc3339(), list.environment))?;
    for e in &list.entries {
        let (from, until) = (e.valid_from.to_rfc3339(), e.valid_until.to_rfc3339());
        place.say(format!("  {} {} from {from} to {until}: {}", e.role, e.recipient, e.name))?;
    }
    Ok(())
}

pub(super) fn centre(c: &CentreCommand, place: &mut Place) -> Done {
    match c {
        CentreCommand::Show(c) => show(c, place),
        CentreCommand::Verify(c) => verify(c, place),
        CentreCommand::Install(c) => install(c, place),
        CentreCommand::Sign(c) => sign(c, place),
    }
}

fn show(c: &Show, place: &mut Place) -> Done {
    let vault = open(place, &c.vault)?;
    let now = SystemClock.now();
    let list = vault.centre_list()?;
    let until = vault.centre_until(now);
    if c.json {
        let (list, by) = (facts(list), vault.centre_list_by());
        place.json(
            &json!({"ok": until.is_some(), "list": list, "installed_by": by, "sealing_until": until}),
        )?;
    } else {
        say(list, place)?;
        place.say(match until {
            Some(until) => format!("records can be sealed until {}", until.to_rfc3339()),
            None => "VLT-34 no record can be sealed now".to_owned(),
        })?;
    }
    Ok(u8::from(until.is_none()))
}

fn verify(c: &Verify, place: &mut Place) -> Done {
    let list = open(place, &c.vault)?.check_centre_list(&read(&c.list)?, SystemClock.now())?;
    if c.json {
        place.json(&json!({"ok": true, "list": facts(&list)}))?;
    } else {
        say(&list, place)?;
        place.say("it can be installed")?;
    }
    Ok(0)
}

fn install(c: &Install, place: &mut Place) -> Done {
    let bytes = read(&c.list)?;
    let mut vault = open(place, &c.vault)?;
    let now = SystemClock.now();
    // What is wrong with the list is told before anybody types a passphrase.
    let list = vault.check_centre_list(&bytes, now)?;
    let needed = supervisors_needed(vault.config().environment);
    let first = account(&vault, &c.by)?;
    let by: Vec<OfficerKeys> = match &c.and {
        Some(second) => {
            let second = account(&vault, second)?;
            let asked = ["Passphrase of the first supervisor", "Passphrase of the second supervisor"];
            let [one, two] = secrets(c.passphrase_fd, asked)?;
            let first = vault.unlock(first.id, &one, now)?;
            vec![first, vault.authenticate(second.id, &two, now)?]
        }
        None if needed > 1 => {
            return Err(CliError::Usage(format!("{needed} supervisors are needed: --by ONE --and ANOTHER")));
        }
        None => {
            let [one] = secrets(c.passphrase_fd, ["Passphrase of the supervisor"])?;
            vec![vault.unlock(first.id, &one, now)?]
        }
    };
    vault.install_centre_list(&bytes, &by, now)?;
    if c.json {
        place.json(&json!({"ok": true, "list": facts(&list), "sealing_until": vault.centre_until(now)}))?;
    } else {
        say(&list, place)?;
        place.say("installed")?;
    }
    Ok(0)
}

fn sign(c: &Sign, place: &mut Place) -> Done {
    let mut list = CentreList::parse(&read(&c.list)?)?;
    let pem = zeroize::Zeroizing::new(read(&c.key)?);
    let pem = std::str::from_utf8(&pem).map_err(|_| keys::KeyError::PrivatePem)?;
    let root = keys::private_from_pem(pem)?;
    list.sign(&root)?;
    let mut text = serde_json::to_vec_pretty(&list)?;
    text.push(b'\n');
    write_private(&c.out, &text)?;
    say(&list, place)?;
    Ok(0)
}

//! `rekam officer passphrase`, `rekam officer pin`, `rekam officer remove`.

use clap::Args;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::check_pin;
use serde_json::json;

use super::secrets::secrets;
use super::vault::{account, open};
use super::{Done, Place, VaultArg, failure};

#[derive(Debug, Args)]
pub(super) struct Passphrase {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the officer, who gives the old passphrase.
    #[arg(long, value_name = "ACCOUNT")]
    of: String,
    /// Three lines from this descriptor instead of prompts: the old passphrase, and the new one twice.
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name that is closed.
    #[arg(long, value_name = "ACCOUNT")]
    of: String,
    /// Account id or name of the supervisor who signs.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    /// The supervisor's passphrase as one line from this descriptor instead of a prompt.
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Pin {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the officer, who gives the passphrase.
    #[arg(long, value_name = "ACCOUNT")]
    of: String,
    /// Remove the PIN: only the passphrase opens the lock.
    #[arg(long)]
    remove: bool,
    /// Three lines from this descriptor instead of prompts: the passphrase, and the PIN twice (with `--remove` the
    /// passphrase alone).
    #[arg(long, value_name = "N")]
    passphrase_fd: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn pin(c: &Pin, place: &mut Place) -> Done {
    let mut vault = open(place, &c.vault)?;
    let officer = account(&vault, &c.of)?;
    let (secret, pin) = if c.remove {
        let [secret] = secrets(c.passphrase_fd, ["Passphrase"])?;
        (secret, None)
    } else {
        let [secret, pin, again] = secrets(c.passphrase_fd, ["Passphrase", "PIN", "PIN again"])?;
        if pin != again {
            return Err(failure("CLI-10", "the PIN was not typed the same twice; try again"));
        }
        check_pin(&pin)?;
        (secret, Some(pin))
    };
    let now = SystemClock.now();
    let keys = vault.unlock(officer.id, &secret, now)?;
    vault.set_pin(&keys, pin.as_ref().map(|pin| pin.as_str()), now)?;
    if c.json {
        place.json(&json!({"id": officer.id, "pin": pin.is_some()}))?;
    } else {
        let done = if pin.is_some() { "set" } else { "removed" };
        place.say(format!("{} {}: PIN {done}", officer.id, officer.name))?;
    }
    Ok(0)
}

pub(super) fn passphrase(c: &Passphrase, place: &mut Place) -> Done {
    let mut vault = open(place, &c.vault)?;
    let officer = account(&vault, &c.of)?;
    let [old, new, again] =
        secrets(c.passphrase_fd, ["Old passphrase", "New passphrase", "New passphrase again"])?;
    if new != again {
        return Err(failure("CLI-10", "the new passphrase was not typed the same twice; try again"));
    }
    vault.change_passphrase(officer.id, &old, &new, SystemClock.now())?;
    if c.json {
        place.json(&json!({"id": officer.id, "changed": true}))?;
    } else {
        place.say(format!("{} {}: passphrase changed", officer.id, officer.name))?;
    }
    Ok(0)
}

pub(super) fn remove(c: &Remove, place: &mut Place) -> Done {
    let mut vault = open(place, &c.vault)?;
    let (officer, by) = (account(&vault, &c.of)?, account(&vault, &c.by)?);
    let [secret] = secrets(c.passphrase_fd, ["Passphrase of the supervisor"])?;
    let now = SystemClock.now();
    let keys = vault.unlock(by.id, &secret, now)?;
    vault.remove_officer(officer.id, &keys, now)?;
    if c.json {
        place.json(&json!({"id": officer.id, "removed": true}))?;
    } else {
        place.say(format!("{} {}: removed", officer.id, officer.name))?;
    }
    Ok(0)
}

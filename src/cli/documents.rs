//! `rekam documents`: the documents that wait for the printer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::runtime::station::{Desk, DeskCommand, PrintProgress, Station, StationOptions};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::devices::setup_of;
use super::secrets::Secret;
use super::session::station_options;
use super::vault::{account, open};
use super::{CliError, Done, Place, VaultArg, failure};

/// Longest wait for one document: the print worker gives up earlier.
const PRINT_WITHIN: Duration = Duration::from_secs(240);
/// Longest wait for the sign-in.
const SIGN_IN_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, Subcommand)]
pub(super) enum DocumentsCommand {
    /// List the documents that are not printed.
    List(Access),
    /// Print them, oldest first.
    Print(Access),
}

#[derive(Debug, Args)]
pub(super) struct Access {
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the officer who signs in.
    #[arg(long, value_name = "ACCOUNT")]
    officer: String,
    #[command(flatten)]
    secret: Secret,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn documents(command: &DocumentsCommand, place: &mut Place) -> Done {
    let (DocumentsCommand::List(access) | DocumentsCommand::Print(access)) = command;
    let mut vault = open(place, &access.vault)?;
    let officer = account(&vault, &access.officer)?.id;
    let passphrase = access.secret.read("Passphrase")?;
    let now = SystemClock.now();
    vault.unlock(officer, &passphrase, now)?;
    let waiting = vault.unprinted()?;
    // One process, one open vault: the station opens it itself.
    drop(vault);
    if let DocumentsCommand::Print(_) = command {
        let ids: Vec<Uuid> = waiting.iter().map(|(id, ..)| *id).collect();
        return print(&ids, officer, passphrase, access, place);
    }
    if access.json {
        let list = waiting.iter().map(|(id, made, document)| {
            json!({"id": id, "kind": document.kind, "session": document.session, "made": made})
        });
        let list: Vec<_> = list.collect();
        place.json(&json!({"count": list.len(), "documents": list}))?;
    } else {
        for (id, made, document) in &waiting {
            place.say(format!("{id} {} {} {}", document.kind, made.to_rfc3339(), document.name))?;
        }
    }
    Ok(0)
}

/// Drives the station as the window does, so that there is one way in which documents are printed.
fn print(
    ids: &[Uuid],
    officer: Uuid,
    passphrase: Zeroizing<String>,
    access: &Access,
    place: &mut Place,
) -> Done {
    let setup = setup_of(place, &access.vault);
    let vault = place.vault(&access.vault)?;
    let options = station_options(&place.config, &vault, &setup, Arc::new(SystemClock))?;
    // Nobody sits at it: the lock would sign the officer out in the middle of a long list.
    let mut desk = Station::open(StationOptions { lock: None, ..options })?;
    desk.send(DeskCommand::SignIn(officer, passphrase));
    until(&mut desk, SIGN_IN_WITHIN, |d| !d.checking_secret())?;
    until(&mut desk, SIGN_IN_WITHIN, |d| ids.iter().all(|id| d.unprinted().iter().any(|l| l.id == *id)))?;
    let mut told = Vec::new();
    for id in ids {
        desk.send(DeskCommand::Reprint(*id));
        until(&mut desk, PRINT_WITHIN, |d| d.print_progress(*id).is_none_or(PrintProgress::is_over))?;
        let progress = desk.print_progress(*id);
        let state = progress.map_or("unreadable", PrintProgress::id);
        let code = match progress {
            Some(PrintProgress::NotPrinted(fault)) => fault.to_string(),
            _ => String::new(),
        };
        told.push((*id, state, code));
    }
    // What was printed is removed by the vault's worker, which ends its work before the station is gone.
    drop(desk);
    let failed = told.iter().filter(|(_, state, _)| !matches!(*state, "printed" | "sent")).count();
    if access.json {
        let list: Vec<_> =
            told.iter().map(|(id, state, told)| json!({"id": id, "state": state, "told": told})).collect();
        place.json(&json!({"count": list.len(), "failed": failed, "documents": list}))?;
    } else {
        for (id, state, told) in &told {
            place.say(format!("{id} {state} {told}").trim_end())?;
        }
    }
    Ok(u8::from(failed > 0))
}

fn until(desk: &mut Station, within: Duration, done: impl Fn(&Station) -> bool) -> Result<(), CliError> {
    let begun = Instant::now();
    loop {
        desk.pump();
        if done(desk) {
            return Ok(());
        }
        if begun.elapsed() > within {
            return Err(failure("CLI-14", "the station did not answer; look at the log with --verbose"));
        }
        desk.wait(Duration::from_millis(50));
    }
}

//! `rekam cards`, `rekam record states`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use record::schema::Role;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::{
    CardMove, CardRow, CardSort, CardStock, NewCardRow, OfficerKeys, STATES_MAX_BYTES, Vault, read_states,
};
use serde_json::json;

use super::secrets::Secret;
use super::vault::{account, open};
use super::{CliError, Done, Place, VaultArg, failure};

#[derive(Debug, Subcommand)]
pub(super) enum CardsCommand {
    /// The ledger of blanks and cards with its sums.
    Ledger(Ledger),
    /// Enter blanks or printed cards that came in, went back or are spoiled.
    Enter(Enter),
    /// How the cards of a record left the counter: receiver, decisions, signature.
    Proof(super::card_proof::Show),
}

#[derive(Debug, Args)]
pub(super) struct Ledger {
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Who acts: an account and its passphrase.
#[derive(Debug, Args)]
struct By {
    /// Account id or name of the officer who does this.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    #[command(flatten)]
    secret: Secret,
}

#[derive(Debug, Args)]
pub(super) struct Enter {
    #[command(flatten)]
    vault: VaultArg,
    /// `received`, `returned` or `spoiled`.
    #[arg(long, value_parser = kind)]
    kind: CardMove,
    /// How many.
    #[arg(long, value_name = "N")]
    count: u32,
    /// Blanks or printed cards: `blank` or `printed`.
    #[arg(long, value_name = "SORT", value_parser = sort)]
    of: Option<CardSort>,
    /// First serial number.
    #[arg(long, value_name = "SERIAL", requires = "last")]
    first: Option<String>,
    /// Last serial number.
    #[arg(long, value_name = "SERIAL", requires = "first")]
    last: Option<String>,
    /// Why they went back or are spoiled, e.g. `print-fault`.
    #[arg(long, value_name = "ID")]
    reason: Option<String>,
    #[command(flatten)]
    by: By,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

fn kind(text: &str) -> Result<CardMove, String> {
    CardMove::from_id(text)
        .filter(|kind| *kind != CardMove::Issued)
        .ok_or_else(|| "write received, returned or spoiled".to_owned())
}

fn sort(text: &str) -> Result<CardSort, String> {
    CardSort::from_id(text).ok_or_else(|| "write blank or printed".to_owned())
}

#[derive(Debug, Subcommand)]
pub(super) enum StatesCommand {
    /// Take over the centre's states from a CSV file: columns record_id,state,at.
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// CSV in UTF-8; its first line names the columns.
    file: PathBuf,
    #[command(flatten)]
    vault: VaultArg,
    #[command(flatten)]
    by: By,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Signs the officer in; an auditor only reads.
fn sign_in(vault: &mut Vault, by: &By) -> Result<OfficerKeys, CliError> {
    let officer = account(vault, &by.by)?;
    if officer.role == Role::Auditor {
        return Err(failure("CLI-11", "an auditor only reads; name an operator or a supervisor with --by"));
    }
    let passphrase = by.secret.read(&format!("Passphrase of {}", officer.name))?;
    Ok(vault.unlock(officer.id, &passphrase, SystemClock.now())?)
}

pub(super) fn cards(command: &CardsCommand, place: &mut Place) -> Done {
    match command {
        CardsCommand::Ledger(c) => ledger(c, place),
        CardsCommand::Enter(c) => enter(c, place),
        CardsCommand::Proof(c) => super::card_proof::show(c, place),
    }
}

fn line(row: &CardRow) -> String {
    let mut text = format!("{:>6} {} {:<8} {:>6}", row.number, row.at.to_rfc3339(), row.kind.id(), row.count);
    if let Some(sort) = row.sort() {
        text.push_str(&format!(" {}", sort.id()));
    }
    if let Some((first, last)) = &row.serials {
        text.push_str(&format!(" {first}..{last}"));
    }
    if let Some(reason) = &row.reason {
        text.push_str(&format!(" {reason}"));
    }
    if let Some(record) = row.record {
        text.push_str(&format!(" record {record}"));
    }
    text
}

fn ledger(c: &Ledger, place: &mut Place) -> Done {
    let rows = open(place, &c.vault)?.card_rows()?;
    let stock = CardStock::of(&rows);
    if c.json {
        place.json(&json!({"stock": stock, "balance": stock.balance(), "rows": rows}))?;
        return Ok(0);
    }
    for row in &rows {
        place.say(line(row))?;
    }
    place.say(format!(
        "received {}, issued {}, returned {}, spoiled {}; in stock {}",
        stock.received,
        stock.issued,
        stock.returned,
        stock.spoiled,
        stock.balance()
    ))?;
    Ok(0)
}

fn enter(c: &Enter, place: &mut Place) -> Done {
    let serials = c.first.clone().zip(c.last.clone());
    let row = NewCardRow { kind: c.kind, count: c.count, serials, reason: c.reason.clone(), of: c.of };
    row.check()?;
    let mut vault = open(place, &c.vault)?;
    let by = sign_in(&mut vault, &c.by)?;
    let row = vault.add_card_row(&row, &by, SystemClock.now())?;
    let stock = CardStock::of(&vault.card_rows()?);
    if c.json {
        place.json(&json!({"row": row, "stock": stock, "balance": stock.balance()}))?;
    } else {
        place.say(line(&row))?;
        place.say(format!("in stock {}", stock.balance()))?;
    }
    Ok(0)
}

pub(super) fn states(StatesCommand::Import(c): &StatesCommand, place: &mut Place) -> Done {
    let bytes = super::records::read(&c.file, STATES_MAX_BYTES as u64)?;
    let read = read_states(&bytes);
    let mut vault = open(place, &c.vault)?;
    let by = sign_in(&mut vault, &c.by)?;
    let report = vault.import_states(read, &by, SystemClock.now())?;
    if c.json {
        place.json(&json!({"ok": report.errors.is_empty(), "report": report}))?;
    } else {
        for error in &report.errors {
            place.say(error)?;
        }
        place.say(format!(
            "{} records changed, {} lines said what was known, {} lines refused",
            report.changed,
            report.unchanged,
            report.errors.len()
        ))?;
    }
    Ok(u8::from(!report.errors.is_empty()))
}

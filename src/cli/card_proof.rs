//! `rekam cards proof`: how the cards of a record left the counter, as it was proven then.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;
use record::grant::Grant;
use record::schema::short_code;
use rekam::handover::parts::Proof;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::{CardRow, Officer, Vault};
use serde_json::{Value, json};
use uuid::Uuid;

use super::secrets::Secret;
use super::vault::{account, open};
use super::{CliError, Done, Place, VaultArg, failure, write_private};

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Id of the record, or the short code of its papers.
    #[arg(value_name = "RECORD")]
    record: String,
    #[command(flatten)]
    vault: VaultArg,
    /// Account id or name of the officer who reads it.
    #[arg(long, value_name = "ACCOUNT")]
    officer: String,
    #[command(flatten)]
    secret: Secret,
    /// Write the receiver's signature: a file that ends in `.png`, or a folder.
    #[arg(long, value_name = "FILE.png or DIR")]
    out: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// One card that left the counter.
struct Left {
    row: CardRow,
    proof: Proof,
    /// Where the signature was written.
    signature: Option<PathBuf>,
}

pub(super) fn show(c: &Show, place: &mut Place) -> Done {
    let mut vault = open(place, &c.vault)?;
    let (record, rows) = find(&vault, &c.record)?;
    let officer = account(&vault, &c.officer)?;
    let passphrase = c.secret.read(&format!("Passphrase of {}", officer.name))?;
    let now = SystemClock.now();
    let keys = vault.unlock(officer.id, &passphrase, now)?;
    let mut cards = Vec::new();
    for row in rows {
        let bytes = vault.read_card_proof(row.number, &keys, now)?;
        let proof: Proof = ciborium::from_reader(bytes.as_slice()).map_err(|_| {
            let what = "the proof was written by another version of the program; read it with that one";
            failure("CLI-15", what)
        })?;
        let signature = match (&c.out, &proof.signature) {
            (Some(out), Some(sample)) => Some(write_signature(out, &row, record, &sample.png.bytes)?),
            _ => None,
        };
        cards.push(Left { row, proof, signature });
    }
    let officers = vault.officers();
    if c.json {
        let list: Vec<Value> = cards.iter().map(|card| as_json(card, &officers)).collect();
        place.json(&json!({"record": record, "code": short_code(record), "cards": list}))?;
    } else {
        for line in cards.iter().flat_map(|card| lines(card, &officers)) {
            place.say(plain(&line))?;
        }
    }
    Ok(0)
}

/// The record that is meant, and the rows of its cards that left the counter, oldest first.
fn find(vault: &Vault, text: &str) -> Result<(Uuid, Vec<CardRow>), CliError> {
    // People write the code with its hyphen or without.
    let bare = |code: &str| code.trim().replace('-', "").to_ascii_uppercase();
    let fits = |id: Uuid| Uuid::parse_str(text.trim()) == Ok(id) || bare(&short_code(id)) == bare(text);
    let rows: Vec<CardRow> =
        vault.card_rows()?.into_iter().filter(|row| row.record.is_some_and(fits)).collect();
    let Some(record) = rows.first().and_then(|row| row.record) else {
        let what = "no card of this record left the counter here; see `rekam cards ledger`";
        return Err(failure("CLI-16", what));
    };
    if rows.iter().any(|row| row.record != Some(record)) {
        return Err(CliError::Usage("several records have this code; name the whole id".to_owned()));
    }
    Ok((record, rows))
}

fn write_signature(out: &Path, row: &CardRow, record: Uuid, png: &[u8]) -> Result<PathBuf, CliError> {
    let is_file = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
    let path = if is_file {
        out.to_owned()
    } else {
        out.join(format!("{}-{:08}.png", short_code(record), row.number))
    };
    write_private(&path, png)?;
    Ok(path)
}

/// An officer's name, or the id of an account that is gone.
fn name(officers: &[Officer], id: Uuid) -> String {
    officers.iter().find(|o| o.id == id).map_or_else(|| id.to_string(), |o| o.name.clone())
}

/// The signature under a decision still fits what was decided, and it was asked for by this operator.
fn holds(grant: &Grant, operator: Uuid) -> bool {
    grant.verify(grant.signed, operator).is_ok()
}

/// What a decision stood in for: the reason without the room it belongs to.
fn instead_of(grant: &Grant) -> &str {
    grant.request.reason.strip_prefix("handover-").unwrap_or(&grant.request.reason)
}

fn as_json(card: &Left, officers: &[Officer]) -> Value {
    let p = &card.proof;
    let grants = p.grants.iter().map(|g| {
        json!({
            "for": instead_of(g), "approved": g.approved, "supervisor": g.supervisor,
            "supervisor_name": name(officers, g.supervisor), "note": g.note, "at": g.signed,
            "signature_fits": holds(g, p.operator),
        })
    });
    json!({
        "row": card.row.number, "outcome": p.outcome, "reason": p.reason, "begun": p.begun, "at": card.row.at,
        "station": p.station, "officer": p.operator, "officer_name": name(officers, p.operator),
        "nik_fits": p.nik_fits, "face": p.face, "marriage": p.marriage,
        "receiver": p.receiver, "kk_fits": p.kk_fits, "finger": p.matched, "failed_tries": p.failed_tries,
        "signed": p.signature.is_some(), "signature": card.signature,
        "grants": grants.collect::<Vec<_>>(),
    })
}

fn when(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn lines(card: &Left, officers: &[Officer]) -> Vec<String> {
    let p = &card.proof;
    let reason = p.reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default();
    let by = name(officers, p.operator);
    let number = card.row.number;
    let mut out = vec![format!("row {number}: {}{reason} at {} by {by}", p.outcome, when(card.row.at))];
    if let Some(kind) = p.receiver.kind {
        let mut line = format!("  receiver: {}", kind.id());
        for (what, text) in [("name", &p.receiver.name), ("relation", &p.receiver.relation)] {
            if !text.is_empty() {
                line.push_str(&format!(", {what} {text}"));
            }
        }
        out.push(line);
    }
    let documents = [("document", Some(&p.receiver.document)), ("document of marriage", p.marriage.as_ref())];
    for (what, text) in documents {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            out.push(format!("  {what}: {text}"));
        }
    }
    if let Some(m) = &p.matched {
        out.push(format!("  finger: {} matched, score {} of {}", m.position, m.score, m.threshold));
    }
    if p.failed_tries > 0 {
        out.push(format!("  fingers that did not match: {}", p.failed_tries));
    }
    for g in &p.grants {
        let said = if g.approved { "approved" } else { "denied" };
        let fits = if holds(g, p.operator) { "" } else { ", ITS SIGNATURE DOES NOT FIT" };
        let note = if g.note.is_empty() { String::new() } else { format!(", note: {}", g.note) };
        let (what, who) = (instead_of(g), name(officers, g.supervisor));
        out.push(format!("  {what}: {said} by {who} at {}{note}{fits}", when(g.signed)));
    }
    match (&p.signature, &card.signature) {
        (Some(_), Some(path)) => out.push(format!("  signature written to {}", path.display())),
        (Some(_), None) => out.push("  signed; --out writes the signature".to_owned()),
        (None, _) if p.receiver.kind.is_some() => out.push("  not signed".to_owned()),
        _ => {}
    }
    out
}

/// What people typed may not steer a terminal.
fn plain(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).collect()
}

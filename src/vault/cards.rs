//! Cards at the counter: the ledger of blanks and cards, and what is written when a card leaves the counter.
//!
//! `cards/<number>.row`, numbered from 1 without gaps. First line: JSON in clear without personal data ([`CardRow`]),
//! naming the SHA-256 of the whole file before it; then, for a card that left the counter, nonce, ciphertext and tag of
//! its proof (receiver, signature) under a subkey of the vault key, with vault id and first line authenticated. Rows
//! are never changed, but that their proof is cut off when its time is over ([`super::card_proofs`]); each has its line
//! in the audit.
//!
//! A card that is handed over changes the local extract too. Marker `pending/<row id>` first, with the extract as it
//! was; then extract, row, index row, audit line, and the marker goes. What has no audit line when the vault is opened
//! is undone: the card counts as not handed over.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use record::schema::{Environment, RecordState, short_code};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::audit::AuditEvent;
use super::card_rows::{CardMove, CardRow, NewCardRow};
use super::error::VaultError;
use super::extract::{self, LOCAL_MAX};
use super::notes::Note;
use super::{OfficerKeys, Vault};

/// Largest row, in bytes: a signature with its strokes and picture is well below.
pub(super) const ROW_MAX: u64 = 2 * 1024 * 1024;
/// Largest marker: the extract as it was, and what it belongs to.
pub(super) const MARKER_MAX: u64 = LOCAL_MAX + 1024;
/// First line of a marker of this kind.
pub(super) const MARKER: &[u8] = b"card\n";
/// Most notes of cards in one extract.
const NOTES_MAX: usize = 32;
const FORM: &str = "rekam-card-row/1";
pub(super) const WHAT: &str = "ledger of cards";

/// A card that leaves the counter.
#[derive(Clone)]
pub struct CardOutcome {
    /// Id of the handover.
    pub id: Uuid,
    /// The record.
    pub record: Uuid,
    /// Issued, returned or spoiled.
    pub kind: CardMove,
    /// Stable reason, where it was not issued.
    pub reason: Option<String>,
    /// The card's UID, empty where it could not be read.
    pub uid: Zeroizing<Vec<u8>>,
    /// Receiver, signature and the rest of the proof; encrypted as it is.
    pub proof: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for CardOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardOutcome({}, {})", self.id, self.kind.id())
    }
}

/// For whom a card was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardOwner {
    /// The record.
    pub record: Uuid,
    /// Its short code, which people say.
    pub code: String,
    /// When the card was handed over.
    pub at: DateTime<Utc>,
}

/// What the extract keeps of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardNote {
    /// What happened to it.
    pub kind: CardMove,
    /// Stable reason.
    pub reason: Option<String>,
    /// Keyed hash of its UID, hex.
    pub uid_hash: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Account of the officer.
    pub officer: Uuid,
}

fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".row")?;
    if number.len() == 8 { number.parse().ok() } else { None }
}

/// First line, its bytes, and the sealed proof behind it; empty where there is none.
pub(super) fn head_of(bytes: &[u8]) -> Option<(CardRow, &[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    let row: CardRow = serde_json::from_slice(line).ok()?;
    (row.form == FORM).then_some((row, line, rest.get(1..)?))
}

fn context(vault: Uuid, head: &[u8]) -> Vec<u8> {
    let mut bytes = format!("rekam card row|{vault}|").into_bytes();
    bytes.extend_from_slice(head);
    bytes
}

/// What a marker says: record, row number, the extract as it was.
fn parse_marker(bytes: &[u8]) -> Option<(Option<Uuid>, u64, &[u8])> {
    let rest = bytes.strip_prefix(MARKER)?;
    let end = rest.iter().position(|b| *b == b'\n')?;
    let (line, local) = rest.split_at_checked(end)?;
    let (record, number) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    Some((Uuid::parse_str(record).ok(), number.parse().ok()?, local.get(1..)?))
}

/// The end of the ledger: number and digest of the last row.
struct End {
    number: u64,
    sha256: String,
}

impl Vault {
    pub(super) fn row_path(&self, number: u64) -> PathBuf {
        self.layout().cards().join(format!("{number:08}.row"))
    }

    pub(super) fn row_numbers(&self) -> Result<Vec<u64>, VaultError> {
        let listed = match self.files().list(&self.layout().cards()) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        let mut numbers: Vec<u64> = listed.iter().filter_map(|l| number_of(&l.name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn walk_rows(&self) -> Result<(Vec<CardRow>, End), VaultError> {
        let mut end = End { number: 0, sha256: "0".repeat(64) };
        let mut rows = Vec::new();
        for number in self.row_numbers()? {
            let bad = |why: &str| VaultError::corrupt(format!("cards/{number:08}.row"), why);
            let bytes =
                self.files().read(&self.row_path(number), ROW_MAX).map_err(|e| VaultError::io(WHAT, e))?;
            let (row, _, _) = head_of(&bytes).ok_or_else(|| bad("its first line cannot be read"))?;
            if number != end.number + 1 || row.number != number {
                return Err(bad("a row before it is missing"));
            }
            if row.prev != end.sha256 {
                return Err(bad("it does not fit the row before: one of them was changed"));
            }
            let sha256 = self.row_digest(&row, &bytes)?.ok_or_else(|| bad("its proof was cut off"))?;
            end = End { number, sha256 };
            rows.push(row);
        }
        Ok((rows, end))
    }

    /// Every row of the ledger, oldest first. Needs nobody signed in.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`] naming the first row that was changed or is missing, or the disk's.
    pub fn card_rows(&self) -> Result<Vec<CardRow>, VaultError> {
        self.walk_rows().map(|(rows, _)| rows)
    }

    /// The record that a card with this UID was handed over for.
    ///
    /// # Errors
    /// [`VaultError::Locked`] and those of [`Vault::card_rows`].
    pub fn card_owner(&self, uid: &[u8]) -> Result<Option<CardOwner>, VaultError> {
        let hash = self.keys()?.card_hash(uid);
        let rows = self.card_rows()?;
        let found = rows.iter().rev().find(|row| row.uid_hash.as_ref() == Some(&hash));
        let issued = found.filter(|row| row.kind == CardMove::Issued);
        let owner = |row: &CardRow| {
            row.record.map(|record| CardOwner { record, code: short_code(record), at: row.at })
        };
        Ok(issued.and_then(owner))
    }

    /// Enters a row by hand: a delivery, spoiled blanks, blanks that went back.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::CardRow`], [`VaultError::Corrupt`] or the disk's; nothing is entered then.
    pub fn add_card_row(
        &mut self,
        new: &NewCardRow,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<CardRow, VaultError> {
        new.check()?;
        self.keys()?;
        self.check_clock(now)?;
        self.recover_changes(now)?;
        let (_, end) = self.walk_rows()?;
        let row = CardRow {
            form: FORM.to_owned(),
            number: end.number + 1,
            id: Uuid::now_v7(),
            kind: new.kind,
            count: new.count,
            serials: new.serials.clone(),
            reason: new.reason.clone(),
            of: new.of,
            record: None,
            uid_hash: None,
            at: now,
            officer: by.officer.id,
            prev: end.sha256,
        };
        self.commit_row(row, None, None, now)
    }

    /// Notes durably that a card left the counter: handed over (the record's state becomes CARD_ISSUED), on its way
    /// back, or spoiled. The same handover again after success gives the same row.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::UnknownRecord`], [`VaultError::CardState`], [`VaultError::CardKnown`]
    /// (production), [`VaultError::CardRow`] when this handover was of another card, [`VaultError::Corrupt`] or the disk's: the card then counts as not handed over.
    pub fn card_left(
        &mut self,
        outcome: &CardOutcome,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<CardRow, VaultError> {
        self.check_clock(now)?;
        self.recover_changes(now)?;
        let (rows, end) = self.walk_rows()?;
        if let Some(row) = rows.into_iter().find(|row| row.id == outcome.id) {
            let same = row.record == Some(outcome.record) && row.kind == outcome.kind;
            let why = "another card left the counter under this handover";
            return if same { Ok(row) } else { Err(VaultError::CardRow { why }) };
        }
        let (mut head, mut extract) = self.read_local(outcome.record)?;
        if head.state == RecordState::CardIssued || outcome.kind == CardMove::Received {
            return Err(VaultError::CardState { state: head.state });
        }
        let known = self.card_owner(&outcome.uid)?.filter(|owner| owner.record != outcome.record);
        if let (Some(owner), CardMove::Issued, Environment::Production) =
            (known, outcome.kind, self.config().environment)
        {
            return Err(VaultError::CardKnown { record: owner.code });
        }
        let keys = self.keys()?;
        let uid_hash = (!outcome.uid.is_empty()).then(|| keys.card_hash(&outcome.uid));
        let row = CardRow {
            form: FORM.to_owned(),
            number: end.number + 1,
            id: outcome.id,
            kind: outcome.kind,
            count: 1,
            serials: None,
            reason: outcome.reason.clone(),
            of: None,
            record: Some(outcome.record),
            uid_hash: uid_hash.clone(),
            at: now,
            officer: by.officer.id,
            prev: end.sha256,
        };
        extract.tries = None;
        if extract.cards.len() < NOTES_MAX {
            let (kind, reason, officer) = (row.kind, row.reason.clone(), row.officer);
            extract.cards.push(CardNote { kind, reason, uid_hash, at: now, officer });
        }
        if outcome.kind == CardMove::Issued {
            head.state = RecordState::CardIssued;
            extract.state_at = Some(now);
        }
        let local = extract::encode(keys, self.config().vault, &head, &extract)?;
        self.commit_row(row, Some(&outcome.proof), Some(&local), now)
    }

    fn commit_row(
        &mut self,
        row: CardRow,
        proof: Option<&[u8]>,
        local: Option<&[u8]>,
        now: DateTime<Utc>,
    ) -> Result<CardRow, VaultError> {
        let bytes = self.row_bytes(&row, proof)?;
        match self.write_row(&row, &bytes, local, now) {
            Ok(()) => Ok(row),
            Err(error) => {
                // Best effort: what cannot be undone now stays marked and is dealt with at the next try or open.
                self.recover(row.id, false, now).ok();
                Err(error)
            }
        }
    }

    fn row_bytes(&self, row: &CardRow, proof: Option<&[u8]>) -> Result<Vec<u8>, VaultError> {
        let mut bytes = serde_json::to_vec(row).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
        if let Some(proof) = proof {
            let sealed = self
                .keys()?
                .cards
                .encrypt(&context(self.config().vault, &bytes), proof)
                .ok_or_else(|| VaultError::corrupt(WHAT, "it cannot be encrypted"))?;
            bytes.push(b'\n');
            bytes.extend_from_slice(&sealed);
        } else {
            bytes.push(b'\n');
        }
        let found = bytes.len() as u64;
        if found > ROW_MAX {
            return Err(VaultError::TooLarge { what: WHAT.into(), found, most: ROW_MAX });
        }
        Ok(bytes)
    }

    fn write_row(
        &mut self,
        row: &CardRow,
        bytes: &[u8],
        local: Option<&[u8]>,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let io = |e| VaultError::io(WHAT, e);
        let before = match (row.record, local) {
            (Some(record), Some(_)) => {
                self.files().read(&self.layout().local(record), LOCAL_MAX).map_err(io)?
            }
            _ => Vec::new(),
        };
        let record = row.record.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let marker = [MARKER, format!("{record} {}\n", row.number).as_bytes(), &before].concat();
        self.files().make_folder_durable(&self.layout().cards()).map_err(io)?;
        self.files().write_durable(&self.layout().pending_of(row.id), &marker).map_err(io)?;
        if let (Some(record), Some(local)) = (row.record, local) {
            self.files().write_durable(&self.layout().local(record), local).map_err(io)?;
        }
        let path = self.row_path(row.number);
        self.files().write_durable(&path, bytes).map_err(io)?;
        if self.files().read_back(&path, bytes.len() as u64 + 1).map_err(io)? != bytes {
            return Err(VaultError::ReadBack { what: WHAT.into() });
        }
        if let Some(record) = row.record {
            self.put_row_from_files(record)?;
        }
        self.append_audit(&row_event(row), now)?;
        // Acknowledged from here on: what is left is tidying, done again at the next open if it fails now.
        self.remove_marker(row.id).ok();
        Ok(())
    }

    /// Deals with a row that was under way: kept where the audit has it, undone otherwise.
    pub(super) fn recover_row(&mut self, id: Uuid, marker: &[u8], audited: bool) -> Result<(), VaultError> {
        let Some((record, number, before)) = parse_marker(marker) else {
            // Written whole or not at all, so somebody else changed it: `vault check` says what does not fit now.
            self.notes.push(Note::CardUndone { handover: id });
            return self.remove_marker(id);
        };
        if !audited {
            let io = |e| VaultError::io(WHAT, e);
            let path = self.row_path(number);
            // Only the row of this marker goes: never one that was acknowledged.
            let ours = match self.files().read(&path, ROW_MAX) {
                Ok(bytes) => head_of(&bytes).is_none_or(|(row, _, _)| row.id == id),
                Err(_) => false,
            };
            if ours {
                self.files().remove_durable(&path).map_err(io)?;
            }
            if let (Some(record), false) = (record, before.is_empty()) {
                self.files().write_durable(&self.layout().local(record), before).map_err(io)?;
            }
            self.notes.push(Note::CardUndone { handover: id });
        }
        if let Some(record) = record {
            self.put_row_from_files(record)?;
        }
        self.remove_marker(id)
    }

    /// The proof of a card that left the counter, decrypted, for an officer who reads it: not before its line is in the
    /// audit. `number` is that of the row.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::UnknownRecord`] also where the proof was deleted by the rules of keeping,
    /// [`VaultError::Corrupt`] or the disk's.
    pub fn read_card_proof(
        &mut self,
        number: u64,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let rows = self.card_rows()?;
        let row = rows.into_iter().find(|row| row.number == number).ok_or(VaultError::UnknownRecord)?;
        let proof = self.card_proof(number)?;
        let mut event = AuditEvent::new("card-proof-read").by(by.officer.id);
        if let Some(record) = row.record {
            event = event.with("record", record);
        }
        self.append_audit(&event.with("row", row.id).with("number", number), now)?;
        Ok(proof)
    }

    pub(crate) fn card_proof(&self, number: u64) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let keys = self.keys()?;
        let bytes = match self.files().read(&self.row_path(number), ROW_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(VaultError::UnknownRecord),
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        let bad = || VaultError::corrupt(WHAT, "a proof does not open with this vault's key");
        let (_, line, sealed) = head_of(&bytes).ok_or_else(bad)?;
        if sealed.is_empty() {
            return Err(VaultError::UnknownRecord);
        }
        keys.cards.decrypt(&context(self.config().vault, line), sealed).ok_or_else(bad)
    }
}

/// Beginning of the names of the audit's events of rows.
pub(super) const EVENTS: &str = "cards-";

fn row_event(row: &CardRow) -> AuditEvent {
    let mut event = AuditEvent::new(&format!("{EVENTS}{}", row.kind.id()))
        .by(row.officer)
        .with("row", row.id)
        .with("number", row.number)
        .with("count", row.count);
    if let Some(record) = row.record {
        event = event.with("record", record);
    }
    for (key, value) in [("reason", &row.reason), ("uid", &row.uid_hash)] {
        if let Some(value) = value {
            event = event.with(key, value);
        }
    }
    if let Some(of) = row.of {
        event = event.with("of", of.id());
    }
    if let Some((first, last)) = &row.serials {
        // As one value: a serial of 16 digits alone has the form of a NIK, which no line may have.
        event = event.with("serials", format!("{first}:{last}"));
    }
    event
}

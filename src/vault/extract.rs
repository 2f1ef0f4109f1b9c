//! The local extract `<id>.local`: what the station itself may still need of a sealed record, for a limited time.
//!
//! First line: JSON in clear with what a row of the index needs (state, times, keyed hashes: no personal data), so
//! that the index can be made anew without decrypting; then nonce, ciphertext and tag of the CBOR of [`Extract`] under
//! a subkey of the vault key, with vault id and first line authenticated.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use record::schema::RecordState;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::audit::AuditEvent;
use super::error::VaultError;
use super::index::QueueRow;
use super::notes::Note;
use super::{Keys, Vault};

/// Largest extract, in bytes.
pub(super) const LOCAL_MAX: u64 = 8 * 1024 * 1024;
const FORM: &str = "rekam-local/1";
const WHAT: &str = "local extract";

/// One chip finger's template, for a later 1:1 comparison.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerTemplate {
    /// ISO finger code 1-10.
    pub finger: u8,
    /// Stable name of the format, e.g. `iso-19794-2:2005`.
    pub format: String,
    /// The template.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// What the runtime hands over beside the draft.
#[derive(Clone)]
pub struct ExtractInput {
    /// NIK; kept as a keyed hash and its last four digits, encrypted.
    pub nik: Zeroizing<String>,
    /// No. KK; kept with the birth date as a keyed hash only. May be empty.
    pub kk: Zeroizing<String>,
    /// Full name.
    pub name: Zeroizing<String>,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// The two chip fingers.
    pub templates: Vec<FingerTemplate>,
    /// Small portrait, JPEG.
    pub photo_jpeg: Vec<u8>,
    /// From then on the extract may be deleted, by policy.
    pub expires: DateTime<Utc>,
}

/// The decrypted extract, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extract {
    /// Full name.
    pub name: String,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// The two chip fingers.
    pub templates: Vec<FingerTemplate>,
    /// Small portrait, JPEG.
    #[serde(with = "serde_bytes")]
    pub photo_jpeg: Vec<u8>,
    /// Token of the applicant's tracking page.
    pub tracking_token: [u8; 16],
    /// Last four digits of the NIK, by which the counter finds a record; empty in extracts of older programs.
    #[serde(default)]
    pub nik_tail: String,
    /// When the state came about, where it was imported.
    #[serde(default)]
    pub state_at: Option<DateTime<Utc>>,
    /// Comparisons of fingers that failed at the counter: when the last was, and how many on that day.
    #[serde(default)]
    pub tries: Option<(DateTime<Utc>, u32)>,
    /// What happened to cards of this record.
    #[serde(default)]
    pub cards: Vec<super::cards::CardNote>,
    /// The hub's receipt as it came, once there is one.
    #[serde(with = "serde_bytes")]
    pub receipt: Option<Vec<u8>>,
}

impl Extract {
    /// Comparisons of fingers that failed at the counter on this day at the office.
    #[must_use]
    pub fn tries_on(&self, day: NaiveDate, office: FixedOffset) -> u32 {
        // A clock that was set back gives no new tries.
        let counts = |(at, _): &(DateTime<Utc>, u32)| at.with_timezone(&office).date_naive() >= day;
        self.tries.filter(counts).map_or(0, |(_, failed)| failed)
    }
}

impl Drop for Extract {
    fn drop(&mut self) {
        self.name.zeroize();
        self.nik_tail.zeroize();
        self.photo_jpeg.zeroize();
        self.tracking_token.zeroize();
        for template in &mut self.templates {
            template.bytes.zeroize();
        }
    }
}

macro_rules! says_nothing {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
says_nothing!(FingerTemplate, ExtractInput, Extract);

/// The line in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LocalHead {
    pub(super) form: String,
    pub(super) id: Uuid,
    pub(super) state: RecordState,
    pub(super) created: DateTime<Utc>,
    pub(super) expires: DateTime<Utc>,
    pub(super) nik_hash: String,
    pub(super) family_hash: String,
    /// Head of the audit that went into the record: a tail cut behind it is found.
    pub(super) audit_head: String,
    /// What it knew of the person is gone: its time was over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) bare: bool,
}

/// The same without what it knew of the person; what the record's way needs stays.
pub(super) fn bare(extract: &Extract) -> Extract {
    Extract {
        name: String::new(),
        birth_date: NaiveDate::default(),
        templates: Vec::new(),
        photo_jpeg: Vec::new(),
        tracking_token: [0; 16],
        nik_tail: String::new(),
        state_at: extract.state_at,
        tries: None,
        cards: extract.cards.clone(),
        receipt: extract.receipt.clone(),
    }
}

fn context(vault: Uuid, head: &[u8]) -> Vec<u8> {
    let mut bytes = format!("rekam local|{vault}|").into_bytes();
    bytes.extend_from_slice(head);
    bytes
}

fn split(bytes: &[u8]) -> Result<(LocalHead, &[u8], &[u8]), VaultError> {
    let bad = || VaultError::corrupt(WHAT, "its first line cannot be read");
    let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(bad)?;
    let (line, rest) = bytes.split_at(end);
    let head: LocalHead = serde_json::from_slice(line).map_err(|_| bad())?;
    if head.form == FORM { Ok((head, line, &rest[1..])) } else { Err(bad()) }
}

impl LocalHead {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        split(bytes).map(|(head, _, _)| head)
    }
}

pub(super) fn new(
    keys: &Keys,
    input: &ExtractInput,
    draft: &record::draft::Draft,
    audit_head: &str,
) -> (LocalHead, Extract) {
    let family_hash =
        if input.kk.is_empty() { String::new() } else { keys.family_hash(&input.kk, input.birth_date) };
    let head = LocalHead {
        form: FORM.to_owned(),
        id: draft.id,
        state: RecordState::BioCaptured,
        created: draft.created,
        expires: input.expires,
        nik_hash: keys.nik_hash(&input.nik),
        family_hash,
        audit_head: audit_head.to_owned(),
        bare: false,
    };
    let extract = Extract {
        name: input.name.to_string(),
        birth_date: input.birth_date,
        templates: input.templates.clone(),
        photo_jpeg: input.photo_jpeg.clone(),
        tracking_token: draft.tracking_token,
        nik_tail: input.nik.get(input.nik.len().saturating_sub(4)..).unwrap_or_default().to_owned(),
        state_at: None,
        tries: None,
        cards: Vec::new(),
        receipt: None,
    };
    (head, extract)
}

pub(super) fn encode(
    keys: &Keys,
    vault: Uuid,
    head: &LocalHead,
    extract: &Extract,
) -> Result<Vec<u8>, VaultError> {
    let mut out = serde_json::to_vec(head).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
    let mut plain = Zeroizing::new(Vec::new());
    ciborium::into_writer(extract, &mut *plain)
        .map_err(|_| VaultError::corrupt(WHAT, "it cannot be encoded"))?;
    let sealed = keys
        .local
        .encrypt(&context(vault, &out), &plain)
        .ok_or_else(|| VaultError::corrupt(WHAT, "it cannot be encrypted"))?;
    out.push(b'\n');
    out.extend_from_slice(&sealed);
    let found = out.len() as u64;
    if found > LOCAL_MAX {
        return Err(VaultError::TooLarge { what: WHAT.into(), found, most: LOCAL_MAX });
    }
    Ok(out)
}

pub(super) fn decode(keys: &Keys, vault: Uuid, bytes: &[u8]) -> Result<(LocalHead, Extract), VaultError> {
    let (head, line, sealed) = split(bytes)?;
    let plain = keys
        .local
        .decrypt(&context(vault, line), sealed)
        .ok_or_else(|| VaultError::corrupt(WHAT, "it does not open with this vault's key"))?;
    let extract = ciborium::from_reader(plain.as_slice())
        .map_err(|_| VaultError::corrupt(WHAT, "its contents cannot be read"))?;
    Ok((head, extract))
}

impl Vault {
    /// Decrypts the extract of one record: for the rows that are on the screen.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::UnknownRecord`], [`VaultError::Corrupt`] or the disk's.
    pub fn extract(&self, id: Uuid) -> Result<Extract, VaultError> {
        self.keys()?;
        self.read_local(id).map(|(_, extract)| extract)
    }

    /// True when the record is of the person with this NIK.
    ///
    /// # Errors
    /// [`VaultError::Locked`] or [`VaultError::Index`].
    pub fn is_nik_of_record(&self, id: Uuid, nik: &str) -> Result<bool, VaultError> {
        let hash = self.keys()?.nik_hash(nik);
        Ok(self.find(id)?.is_some_and(|row| row.nik_hash == hash))
    }

    /// True when the record's person is on the family card of this number; none where the record does not know it.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Index`] and those of [`Vault::extract`].
    pub fn is_kk_of_record(&self, id: Uuid, kk: &str) -> Result<Option<bool>, VaultError> {
        // A birth date that was forgotten fits nobody.
        let knows = |row: &QueueRow| !row.family_hash.is_empty() && row.expires.is_some();
        let Some(row) = self.find(id)?.filter(knows) else { return Ok(None) };
        let birth = self.extract(id)?.birth_date;
        Ok(Some(self.keys()?.family_hash(kk, birth) == row.family_hash))
    }

    pub(super) fn read_local(&self, id: Uuid) -> Result<(LocalHead, Extract), VaultError> {
        let bytes = match self.files().read(&self.layout().local(id), LOCAL_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(VaultError::UnknownRecord),
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        let (head, extract) = decode(self.keys()?, self.config().vault, &bytes)?;
        if head.id == id {
            Ok((head, extract))
        } else {
            Err(VaultError::corrupt(WHAT, "it is of another record"))
        }
    }

    /// Keeps durably how many comparisons of this record's fingers failed today, so that leaving the counter gives no
    /// new tries. They are forgotten when the card leaves.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::UnknownRecord`], [`VaultError::Corrupt`] or the disk's.
    pub fn note_tries(&mut self, id: Uuid, failed: u32, now: DateTime<Utc>) -> Result<(), VaultError> {
        self.recover_changes(now)?;
        let (head, mut extract) = self.read_local(id)?;
        extract.tries = Some((now, failed));
        let bytes = encode(self.keys()?, self.config().vault, &head, &extract)?;
        self.files().write_durable(&self.layout().local(id), &bytes).map_err(|e| VaultError::io(WHAT, e))
    }

    /// Puts a record into another state, with the hub's receipt where there is one, durably: the extract first, then
    /// the row, then a line in the audit. What fails before that line is there is undone.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::UnknownRecord`], [`VaultError::Corrupt`] or the disk's: the record then
    /// keeps its state.
    pub fn set_state(
        &mut self,
        id: Uuid,
        state: RecordState,
        receipt: Option<&[u8]>,
        now: DateTime<Utc>,
    ) -> Result<QueueRow, VaultError> {
        self.recover_changes(now)?;
        let (head, mut extract) = self.read_local(id)?;
        if let Some(receipt) = receipt {
            extract.receipt = Some(receipt.to_vec());
            self.note_hub_time(receipt)?;
        }
        self.put_state(id, head, extract, state, now)
    }

    /// Writes an extract with another state: extract, row, audit line.
    pub(super) fn put_state(
        &mut self,
        id: Uuid,
        mut head: LocalHead,
        extract: Extract,
        state: RecordState,
        now: DateTime<Utc>,
    ) -> Result<QueueRow, VaultError> {
        let change = Uuid::now_v7();
        let event = AuditEvent::new(STATE_EVENT).with("record", id).with("from", head.state);
        let event = event.with("to", state).with("change", change);
        head.state = state;
        let bytes = encode(self.keys()?, self.config().vault, &head, &extract)?;
        self.replace_local(id, change, &bytes, &event, now)
    }

    /// Puts other bytes in an extract's place, with a line in the audit: both or neither.
    pub(super) fn replace_local(
        &mut self,
        id: Uuid,
        change: Uuid,
        bytes: &[u8],
        event: &AuditEvent,
        now: DateTime<Utc>,
    ) -> Result<QueueRow, VaultError> {
        // What an earlier save of this record left to be tidied.
        self.recover(id, false, now)?;
        match self.write_state(id, change, bytes, event, now) {
            Ok(row) => {
                // Acknowledged: what is left is tidying, done again at the next change or open if it fails now.
                self.remove_marker(id).ok();
                Ok(row)
            }
            Err(error) => {
                // Best effort: what cannot be undone now stays marked and is dealt with at the next change or open.
                self.recover(id, false, now).ok();
                Err(error)
            }
        }
    }

    fn write_state(
        &mut self,
        id: Uuid,
        change: Uuid,
        bytes: &[u8],
        event: &AuditEvent,
        now: DateTime<Utc>,
    ) -> Result<QueueRow, VaultError> {
        let io = |e| VaultError::io(WHAT, e);
        let path = self.layout().local(id);
        let before = self.files().read(&path, LOCAL_MAX).map_err(io)?;
        let marker = [STATE_MARKER, format!(" {change}\n").as_bytes(), &before].concat();
        self.files().write_durable(&self.layout().pending_of(id), &marker).map_err(io)?;
        self.files().write_durable(&path, bytes).map_err(io)?;
        let row = self.put_row_from_files(id)?.ok_or(VaultError::UnknownRecord)?;
        self.append_audit(event, now)?;
        Ok(row)
    }

    /// Deals with a change of state that was under way: kept where the audit has it, undone otherwise.
    pub(super) fn recover_state(
        &mut self,
        id: Uuid,
        marker: &[u8],
        audited: impl Fn(&str) -> bool,
    ) -> Result<(), VaultError> {
        // Markers of older programs hold no extract: theirs stays as it is.
        if let Some((change, before)) = parse_marker(marker)
            && !audited(change)
        {
            let state = |bytes: &[u8]| LocalHead::parse(bytes).ok().map(|head| head.state);
            let current = self.read_optional(&self.layout().local(id), LOCAL_MAX)?;
            // What was only to be forgotten changes no state: it is forgotten at the next run.
            let changed = current.as_deref().and_then(state) != state(before);
            self.files()
                .write_durable(&self.layout().local(id), before)
                .map_err(|e| VaultError::io(WHAT, e))?;
            if changed {
                self.notes.push(Note::StateUndone { record: id });
            }
        }
        self.put_row_from_files(id)?;
        self.remove_marker(id)
    }
}

/// Event of a record that came into another state.
pub(super) const STATE_EVENT: &str = "record-state";
/// Beginning of a marker of a change of state.
pub(super) const STATE_MARKER: &[u8] = b"state";

/// What a marker says: id of the change, the extract as it was.
fn parse_marker(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(STATE_MARKER)?.strip_prefix(b" ")?;
    let end = rest.iter().position(|b| *b == b'\n')?;
    let (change, before) = rest.split_at_checked(end)?;
    Some((std::str::from_utf8(change).ok()?, before.get(1..)?))
}

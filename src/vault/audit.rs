//! The audit: JSON lines, each holding the SHA-256 of the line before it, in segments `audit/000001.jsonl`, …
//!
//! The first line's `prev` is the SHA-256 of `rekam audit v1|<vault id>`, so that another vault's audit does not fit.
//! A line's hash is taken over its bytes without the line feed. A line's time is at least that
//! of the line before, but at `clock-accepted`, where a supervisor took a clock for right that had been ahead. While an officer is signed in, sign-ins, sealed records and at least every hundredth line are
//! **checkpoints**: their detail `checkpoint` is the station's Ed25519 signature over vault and line, so that nobody
//! without the vault's key can write another history up to there. Details carry ids, codes and digests only; anything shaped like a NIK or a sentence is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::crypto::sha256_hex;
use super::error::VaultError;
use super::files::Files;
use super::layout::check_name;

/// Lines per segment; few in tests, so that they have many segments.
pub(super) const SEGMENT_LINES: u64 = if cfg!(test) { 20 } else { 5_000 };
/// Largest segment that is read, in bytes.
pub(super) const SEGMENT_MAX: u64 = 64 * 1024 * 1024;
/// Detail that holds the station's signature: 64 bytes in hex.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// While an officer is signed in, at least every hundredth line is signed by the station.
const CHECKPOINT_LINES: u64 = 100;
/// Events whose lines are signed whenever the station's key is there.
const SIGNED_EVENTS: [&str; 7] = [
    SIGN_IN_EVENT,
    SEALED_EVENT,
    CLOCK_EVENT,
    "signed-out",
    "restored",
    "audit-archived",
    "rollback-acknowledged",
];
/// A supervisor took a clock for right that is behind the audit: the only line whose time may be before the one above,
/// and always signed.
pub(super) const CLOCK_EVENT: &str = "clock-accepted";
/// Event of a sign-in; its line is always signed.
pub(super) const SIGN_IN_EVENT: &str = "sign-in";
const DETAILS_MAX: usize = 16;
const VALUE_MAX: usize = 128;
pub(super) const WHAT: &str = "audit";

/// Something of weight that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    name: String,
    officer: Option<Uuid>,
    session: Option<Uuid>,
    details: BTreeMap<String, String>,
}

impl AuditEvent {
    /// An event by its stable name, e.g. `record-sealed`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), officer: None, session: None, details: BTreeMap::new() }
    }
    /// Who did it.
    #[must_use]
    pub fn by(mut self, officer: Uuid) -> Self {
        self.officer = Some(officer);
        self
    }
    /// In which session.
    #[must_use]
    pub fn in_session(mut self, session: Uuid) -> Self {
        self.session = Some(session);
        self
    }
    /// A detail: an id, a code, a count or a digest. Never personal data; see [`AuditLog::append`] for its form.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.details.insert(key.to_owned(), value.to_string());
        self
    }

    fn check(&self) -> Result<(), VaultError> {
        check_name("audit event", &self.name)?;
        for (key, value) in &self.details {
            check_name("audit detail", key)?;
            let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:+-".contains(&b));
            let like_nik = value.len() == 16 && value.bytes().all(|b| b.is_ascii_digit());
            // The signature's own key is nobody else's.
            if !plain || like_nik || value.len() > VALUE_MAX || key == CHECKPOINT {
                return Err(VaultError::Name { what: "audit detail" });
            }
        }
        if self.details.len() > DETAILS_MAX { Err(VaultError::Name { what: "audit detail" }) } else { Ok(()) }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditLine {
    /// Number, from 1, without gaps.
    pub seq: u64,
    /// When; before the line above only where a supervisor accepted the clock.
    pub time: DateTime<Utc>,
    /// True when the time is a script's (training only); such a time does not bind later lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// Stable event name.
    pub event: String,
    /// Account that acted.
    pub officer: Option<Uuid>,
    /// Session that it belongs to.
    pub session: Option<Uuid>,
    /// Ids, codes, counts and digests.
    pub details: BTreeMap<String, String>,
    /// SHA-256 of the line above, hex.
    pub prev: String,
}

impl AuditLine {
    /// What a checkpoint signs: vault, and the line as it is without the signature.
    fn signed_bytes(&self, vault: Uuid) -> Result<Vec<u8>, VaultError> {
        let mut plain = self.clone();
        plain.details.remove(CHECKPOINT);
        let mut bytes = format!("rekam audit checkpoint v1|{vault}|").into_bytes();
        serde_json::to_writer(&mut bytes, &plain).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
        Ok(bytes)
    }

    /// True when the station signed this line, false when its signature does not fit, none when it has none.
    pub(super) fn checkpoint(&self, vault: Uuid, station: &VerifyingKey) -> Option<bool> {
        let signature = self.details.get(CHECKPOINT)?;
        let bytes = self.signed_bytes(vault).ok()?;
        Some(record::keys::verify_hex(station, &bytes, signature).unwrap_or(false))
    }
}

/// `prev` of the first line.
pub(super) fn genesis(vault: Uuid) -> String {
    sha256_hex(format!("rekam audit v1|{vault}").as_bytes())
}

/// The open end of the audit.
#[derive(Debug)]
pub struct AuditLog {
    folder: PathBuf,
    segment: u64,
    /// Bytes of whole lines in the segment; a failed append may have left more behind them.
    len: u64,
    lines: u64,
    torn: bool,
    seq: u64,
    head: String,
    floor: Option<DateTime<Utc>>,
    vault: Uuid,
    /// Lines since the last one that the station signed.
    unsigned: u64,
}

pub(super) fn segment_name(number: u64) -> String {
    format!("{number:06}.jsonl")
}

pub(super) fn segments(files: &dyn Files, folder: &Path) -> Result<Vec<u64>, VaultError> {
    let mut numbers: Vec<u64> = files
        .list(folder)
        .map_err(|e| VaultError::io(WHAT, e))?
        .iter()
        .filter_map(|l| l.name.strip_suffix(".jsonl")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Splits into whole lines and the torn rest.
pub(super) fn whole_lines(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    match bytes.iter().rposition(|b| *b == b'\n') {
        None => (Vec::new(), bytes),
        Some(end) => (bytes[..end].split(|b| *b == b'\n').collect(), &bytes[end + 1..]),
    }
}

impl AuditLog {
    /// Finds the end of the audit. A torn last line was never acknowledged: it is cut off; the number of bytes cut is
    /// returned for the note that follows.
    ///
    /// # Errors
    /// The disk's, or [`VaultError::Corrupt`] when the last whole line cannot be read.
    pub(super) fn open(files: &dyn Files, folder: &Path, vault: Uuid) -> Result<(Self, u64), VaultError> {
        let (mut log, cut) = Self::look(files, folder, vault)?;
        log.write_again(files)?;
        Ok((log, cut))
    }

    /// As [`AuditLog::open`], but changes nothing.
    pub(super) fn look(files: &dyn Files, folder: &Path, vault: Uuid) -> Result<(Self, u64), VaultError> {
        let numbers = segments(files, folder)?;
        let mut log = Self {
            folder: folder.to_owned(),
            segment: numbers.last().copied().unwrap_or(1),
            len: 0,
            lines: 0,
            torn: false,
            seq: 0,
            head: genesis(vault),
            floor: None,
            vault,
            unsigned: CHECKPOINT_LINES,
        };
        let mut cut = 0;
        for number in numbers.iter().rev().copied() {
            let path = folder.join(segment_name(number));
            let bytes = files.read(&path, SEGMENT_MAX).map_err(|e| VaultError::io(WHAT, e))?;
            let (lines, rest) = whole_lines(&bytes);
            if number == log.segment {
                log.lines = lines.len() as u64;
                log.len = (bytes.len() - rest.len()) as u64;
                cut = rest.len() as u64;
                log.torn = cut > 0;
            }
            if let Some(last) = lines.last() {
                log.take_end(&lines, last)?;
                break;
            }
        }
        if log.seq == 0
            && let Some(stub) = super::archive::stub(files, folder, vault)?
        {
            log.take_stub(stub);
        }
        Ok((log, cut))
    }

    fn take_end(&mut self, lines: &[&[u8]], last: &[u8]) -> Result<(), VaultError> {
        let parse = |line: &[u8]| {
            serde_json::from_slice::<AuditLine>(line)
                .map_err(|_| VaultError::corrupt(WHAT, "its last line cannot be read"))
        };
        self.seq = parse(last)?.seq;
        self.head = sha256_hex(last);
        // The floor is the last time that was not a script's.
        for line in lines.iter().rev() {
            let line = parse(line)?;
            if !line.simulated {
                self.floor = Some(line.time);
                break;
            }
        }
        Ok(())
    }

    fn take_stub(&mut self, stub: super::archive::Stub) {
        // The last segment that is archived was full.
        self.segment = self.segment.max(stub.segments + 1);
        (self.seq, self.head, self.floor) = (stub.seq, stub.head, stub.floor);
    }

    fn path(&self) -> PathBuf {
        self.folder.join(segment_name(self.segment))
    }

    /// Writes the last segment once more, without its torn end. Its last line may have been read from memory only: when
    /// the sync of an earlier process failed, later syncs succeed and its bytes never reach the disk, and what is
    /// appended behind them would be lost with them.
    fn write_again(&mut self, files: &dyn Files) -> Result<(), VaultError> {
        let path = self.path();
        let io = |e| VaultError::io(WHAT, e);
        if files.len(&path).map_err(io)?.is_some() {
            let bytes = files.read(&path, SEGMENT_MAX).map_err(io)?;
            let whole = bytes.get(..usize::try_from(self.len).unwrap_or(usize::MAX)).unwrap_or(&bytes);
            files.write_durable(&path, whole).map_err(io)?;
        }
        self.torn = false;
        Ok(())
    }

    /// Cuts what a failed append left behind the last whole line.
    pub(super) fn mend(&mut self, files: &dyn Files) -> Result<(), VaultError> {
        let path = self.path();
        let found = files.len(&path).map_err(|e| VaultError::io(WHAT, e))?;
        if found.is_some_and(|found| found > self.len) {
            files.truncate(&path, self.len).map_err(|e| VaultError::io(WHAT, e))?;
            files.sync_file(&path).map_err(|e| VaultError::io(WHAT, e))?;
        }
        self.torn = false;
        Ok(())
    }

    /// SHA-256 of the last line, hex.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Number of the last line.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Time of the last line that was not a script's: the clock may not be behind it, unless a supervisor accepts it.
    #[must_use]
    pub const fn floor(&self) -> Option<DateTime<Utc>> {
        self.floor
    }

    /// Adds a line durably. Names and detail keys are 1 to 64 of `a-z 0-9 . _ : -`; values up to 128 of
    /// `A-Z a-z 0-9 . _ : + -` and not 16 digits (the form of a NIK). A clock behind the floor gives the floor's time.
    ///
    /// # Errors
    /// [`VaultError::Name`], or the disk's: the line is then not part of the audit.
    pub(super) fn append(
        &mut self,
        files: &dyn Files,
        event: &AuditEvent,
        now: DateTime<Utc>,
        simulated: bool,
    ) -> Result<(), VaultError> {
        self.put(files, event, now, simulated, None)
    }

    /// As [`AuditLog::append`], signed by the station where the line is due to be a checkpoint.
    pub(super) fn append_checked(
        &mut self,
        files: &dyn Files,
        event: &AuditEvent,
        now: DateTime<Utc>,
        simulated: bool,
        station: &SigningKey,
    ) -> Result<(), VaultError> {
        let due = SIGNED_EVENTS.contains(&event.name.as_str()) || self.unsigned + 1 >= CHECKPOINT_LINES;
        let station = Some(station).filter(|_| due || self.lines >= SEGMENT_LINES);
        self.put(files, event, now, simulated, station)
    }

    fn put(
        &mut self,
        files: &dyn Files,
        event: &AuditEvent,
        now: DateTime<Utc>,
        simulated: bool,
        station: Option<&SigningKey>,
    ) -> Result<(), VaultError> {
        event.check()?;
        if self.torn {
            self.mend(files)?;
        }
        if self.lines >= SEGMENT_LINES {
            self.segment += 1;
            (self.lines, self.len) = (0, 0);
        }
        let floor = self.floor.filter(|_| !simulated && event.name != CLOCK_EVENT);
        let time = floor.map_or(now, |floor| floor.max(now));
        let mut line = AuditLine {
            seq: self.seq + 1,
            time,
            simulated,
            event: event.name.clone(),
            officer: event.officer,
            session: event.session,
            details: event.details.clone(),
            prev: self.head.clone(),
        };
        if let Some(station) = station {
            let signature = hex::encode(station.sign(&line.signed_bytes(self.vault)?).to_bytes());
            line.details.insert(CHECKPOINT.to_owned(), signature);
        }
        let mut bytes = serde_json::to_vec(&line).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
        let head = sha256_hex(&bytes);
        bytes.push(b'\n');
        self.torn = true;
        files.append_durable(&self.path(), self.len, &bytes).map_err(|e| VaultError::io(WHAT, e))?;
        self.torn = false;
        self.len += bytes.len() as u64;
        self.lines += 1;
        self.seq = line.seq;
        self.head = head;
        self.unsigned = if station.is_some() { 0 } else { self.unsigned + 1 };
        if !simulated {
            self.floor = Some(time);
        }
        Ok(())
    }
}

/// Gives each segment's name and whole lines, oldest first, unchecked.
pub(super) fn each_segment(
    files: &dyn Files,
    folder: &Path,
    mut take: impl FnMut(&str, &[&[u8]]),
) -> Result<(), VaultError> {
    for number in segments(files, folder)? {
        let bytes = read_segment(files, folder, number)?;
        take(&segment_name(number), &whole_lines(&bytes).0);
    }
    Ok(())
}

/// The bytes of one segment.
pub(super) fn read_segment(files: &dyn Files, folder: &Path, number: u64) -> Result<Vec<u8>, VaultError> {
    files.read(&folder.join(segment_name(number)), SEGMENT_MAX).map_err(|e| VaultError::io(WHAT, e))
}

/// Event of a record that is sealed and durable.
pub(super) const SEALED_EVENT: &str = "record-sealed";

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;

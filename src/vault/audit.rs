//! The audit: JSON lines, each holding the SHA-256 of the line before it, in segments `audit/000001.jsonl`, …
//!
//! The first line's `prev` is the SHA-256 of `rekam audit v1|<vault id>`, so that another vault's audit does not fit.
//! A line's hash is taken over its bytes without the line feed. Time never runs back: a line's time is at least that
//! of the line before. Details carry ids, codes and digests only; anything shaped like a NIK or a sentence is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::crypto::sha256_hex;
use super::error::VaultError;
use super::files::Files;
use super::layout::check_name;

/// Lines per segment.
const SEGMENT_LINES: u64 = 5_000;
/// Largest segment that is read, in bytes.
const SEGMENT_MAX: u64 = 64 * 1024 * 1024;
const DETAILS_MAX: usize = 16;
const VALUE_MAX: usize = 128;
const WHAT: &str = "audit";

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
            if !plain || like_nik || value.len() > VALUE_MAX {
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
    /// When; never before the line above.
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

/// Where the chain breaks first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditBreak {
    /// Segment's file name.
    pub segment: String,
    /// Line within it, from 1.
    pub line: u64,
    /// Stable reason: `unreadable`, `changed`, `sequence`, `time`, `truncated`, `segment-missing`.
    pub why: &'static str,
}

/// Result of checking the whole audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Segments read.
    pub segments: u64,
    /// Good lines, up to the first break.
    pub lines: u64,
    /// SHA-256 of the last good line, hex.
    pub head: String,
    /// First break, none when the chain is whole.
    pub broken: Option<AuditBreak>,
}

/// Ids and facts that other checks look up in the audit.
#[derive(Debug, Default)]
pub(super) struct AuditFacts {
    /// Every head that the chain ever had.
    pub(super) heads: std::collections::BTreeSet<String>,
    /// Records with a `record-sealed` line.
    pub(super) sealed: std::collections::BTreeSet<String>,
    /// Rows of the ledger of cards that have their line.
    pub(super) cards: std::collections::BTreeSet<String>,
    /// Changes of states that have their line.
    pub(super) changes: std::collections::BTreeSet<String>,
    /// Accounts that were closed.
    pub(super) removed: std::collections::BTreeSet<String>,
    /// Highest serial of an installed centre list.
    pub(super) centre_serial: u64,
}

impl AuditFacts {
    /// What a line about keys says.
    fn note_keys(&mut self, line: &AuditLine) {
        match line.event.as_str() {
            "officer-removed" => self.removed.extend(line.details.get("officer").cloned()),
            "centre-list-installed" => {
                let serial = line.details.get("serial").and_then(|s| s.parse().ok()).unwrap_or(0);
                self.centre_serial = self.centre_serial.max(serial);
            }
            _ => {}
        }
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
}

fn segment_name(number: u64) -> String {
    format!("{number:06}.jsonl")
}

fn segments(files: &dyn Files, folder: &Path) -> Result<Vec<u64>, VaultError> {
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
fn whole_lines(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
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
        if log.torn {
            log.mend(files)?;
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

    fn path(&self) -> PathBuf {
        self.folder.join(segment_name(self.segment))
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

    /// Time of the last line that was not a script's: the clock may not be behind it.
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
        event.check()?;
        if self.torn {
            self.mend(files)?;
        }
        if self.lines >= SEGMENT_LINES {
            self.segment += 1;
            (self.lines, self.len) = (0, 0);
        }
        let time = if simulated { now } else { self.floor.map_or(now, |floor| floor.max(now)) };
        let line = AuditLine {
            seq: self.seq + 1,
            time,
            simulated,
            event: event.name.clone(),
            officer: event.officer,
            session: event.session,
            details: event.details.clone(),
            prev: self.head.clone(),
        };
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
        if !simulated {
            self.floor = Some(time);
        }
        Ok(())
    }
}

struct Walk {
    head: String,
    seq: u64,
    floor: Option<DateTime<Utc>>,
    simulated_allowed: bool,
}

impl Walk {
    fn step(&mut self, bytes: &[u8]) -> Result<AuditLine, &'static str> {
        let line: AuditLine = serde_json::from_slice(bytes).map_err(|_| "unreadable")?;
        if line.seq != self.seq + 1 {
            return Err("sequence");
        }
        if line.prev != self.head {
            return Err("changed");
        }
        if line.simulated {
            if !self.simulated_allowed {
                return Err("time");
            }
        } else if self.floor.is_some_and(|floor| line.time < floor) {
            return Err("time");
        } else {
            self.floor = Some(line.time);
        }
        self.head = sha256_hex(bytes);
        self.seq = line.seq;
        Ok(line)
    }
}

fn names_prev(line: &[u8], hash: &str) -> bool {
    serde_json::from_slice::<AuditLine>(line).is_ok_and(|line| line.prev == hash)
}

/// Checks every line of an audit folder. A changed line shows at the line after it, whose `prev` no longer fits, and
/// is named by its own number; a change of the very last line shows only against a head held elsewhere.
///
/// # Errors
/// The disk's.
pub fn verify(
    files: &dyn Files,
    folder: &Path,
    vault: Uuid,
    simulated_allowed: bool,
) -> Result<AuditReport, VaultError> {
    walk(files, folder, vault, simulated_allowed).map(|(report, _)| report)
}

pub(super) fn walk(
    files: &dyn Files,
    folder: &Path,
    vault: Uuid,
    simulated_allowed: bool,
) -> Result<(AuditReport, AuditFacts), VaultError> {
    let mut walk = Walk { head: genesis(vault), seq: 0, floor: None, simulated_allowed };
    let mut facts = AuditFacts::default();
    facts.heads.insert(walk.head.clone());
    let mut report = AuditReport { segments: 0, lines: 0, head: String::new(), broken: None };
    // Where the line before stands: a hash that does not fit accuses that line, not the one that names it.
    let mut before: Option<(String, u64)> = None;
    'all: for number in segments(files, folder)? {
        let segment = segment_name(number);
        if number != report.segments + 1 {
            let missing = segment_name(report.segments + 1);
            report.broken = Some(AuditBreak { segment: missing, line: 1, why: "segment-missing" });
            break;
        }
        report.segments = number;
        let bytes = files.read(&folder.join(&segment), SEGMENT_MAX).map_err(|e| VaultError::io(WHAT, e))?;
        let (lines, rest) = whole_lines(&bytes);
        for (at, bytes) in (1u64..).zip(&lines) {
            match walk.step(bytes) {
                Ok(line) => {
                    report.lines += 1;
                    facts.heads.insert(walk.head.clone());
                    facts.note_keys(&line);
                    if line.event == SEALED_EVENT {
                        facts.sealed.extend(line.details.get("record").cloned());
                    }
                    if line.event == super::extract::STATE_EVENT {
                        facts.changes.extend(line.details.get("change").cloned());
                    }
                    if line.event.starts_with(super::cards::EVENTS) {
                        facts.cards.extend(line.details.get("row").cloned());
                    }
                    before = Some((segment.clone(), at));
                }
                Err(why) => {
                    let here = (segment, at);
                    // Where the line after still fits this one, this one is whole and the one before was changed.
                    let this_is_whole = lines
                        .get(usize::try_from(at).unwrap_or(usize::MAX))
                        .is_none_or(|next| names_prev(next, &sha256_hex(bytes)));
                    let accuse_before = why == "changed" && this_is_whole;
                    let (segment, line) = if accuse_before { before.unwrap_or(here) } else { here };
                    report.broken = Some(AuditBreak { segment, line, why });
                    break 'all;
                }
            }
        }
        if !rest.is_empty() {
            let line = lines.len() as u64 + 1;
            report.broken = Some(AuditBreak { segment, line, why: "truncated" });
            break;
        }
    }
    report.head = walk.head;
    Ok((report, facts))
}

/// Event of a record that is sealed and durable.
pub(super) const SEALED_EVENT: &str = "record-sealed";

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;

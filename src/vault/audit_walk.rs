//! Checking the audit: every line of the chain, the station's signatures, and heads that are held elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::archive;
use super::audit::{
    AuditLine, CLOCK_EVENT, SEALED_EVENT, SEGMENT_MAX, SIGN_IN_EVENT, WHAT, genesis, segment_name, segments,
    whole_lines,
};
use super::crypto::sha256_hex;
use super::error::VaultError;
use super::files::Files;
use super::pins::PinKind;
use super::restore::RESTORED_EVENT;

/// Where the chain breaks first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditBreak {
    /// Segment's file name.
    pub segment: String,
    /// Line within it, from 1.
    pub line: u64,
    /// Stable reason: `unreadable`, `changed`, `sequence`, `time`, `truncated`, `segment-missing`, `signature` (the
    /// station's does not fit), `unsigned` (a sign-in, a restore or an accepted
    /// clock without one), `archive-differs`.
    pub why: &'static str,
}

/// A head of the audit that somebody else holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldHead {
    /// Who holds it, e.g. `record <id>`, `witness`, `receipt <file>`.
    pub source: String,
    /// Number of its line, where that is known.
    pub seq: Option<u64>,
    /// SHA-256 of its line, hex.
    pub head: String,
    /// Epoch and counter of the vault at that time, where they are known.
    pub sealed: Option<(u64, u64)>,
}

/// A held head that the chain does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBreak {
    /// Who holds it.
    pub source: String,
    /// Number of its line, where that is known.
    pub seq: Option<u64>,
    /// Epoch and counter of the vault at that time, where they are known.
    pub sealed: Option<(u64, u64)>,
    /// Stable reason: `cut-off` (the chain ends before it), `rewritten` (it has another line there), `unknown` (no line
    /// has this hash), `old-copy` (the vault's epoch and counter are behind).
    pub why: &'static str,
}

/// Result of checking the whole audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Segments read.
    pub segments: u64,
    /// Segments that are archived and were not read; their end is known from the signed stub.
    pub archived: u64,
    /// Good lines, up to the first break.
    pub lines: u64,
    /// Number of the last good line.
    pub seq: u64,
    /// SHA-256 of the last good line, hex.
    pub head: String,
    /// Number of the last line that the station signed, 0 when there is none: nobody without the vault's key can have
    /// changed anything up to it.
    pub signed_seq: u64,
    /// First break, none when the chain is whole.
    pub broken: Option<AuditBreak>,
    /// Held heads that were looked up.
    pub held: usize,
    /// Of these, heads whose line is in archived segments that were not read, and those that nobody knows the number
    /// of while such segments are: nothing was compared. With the archive they are.
    pub unchecked: usize,
    /// Those that the chain does not have, the one with the lowest number first.
    pub unfit: Vec<HeldBreak>,
    /// Those that were left behind when a backup was restored, as a signed line of the audit says.
    pub left_behind: Vec<HeldBreak>,
}

impl AuditReport {
    /// True when the chain is whole and has every held head that could be compared.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.broken.is_none() && self.unfit.is_empty()
    }
}

/// The last line about a pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PinnedLine {
    /// SHA-256 of the value, hex.
    pub(super) sha256: String,
    /// Time of the line.
    pub(super) at: DateTime<Utc>,
}

/// Ids and facts that other checks look up in the audit.
#[derive(Debug, Default)]
pub(super) struct AuditFacts {
    /// Every head that the chain ever had; of archived lines only those that records name.
    pub(super) heads: HashSet<[u8; 32]>,
    /// Records with a `record-sealed` line.
    pub(super) sealed: BTreeSet<String>,
    /// Rows of the ledger of cards that have their line.
    pub(super) cards: BTreeSet<String>,
    /// Changes of states and deletions that have their line.
    pub(super) changes: BTreeSet<String>,
    /// Records whose payload was deleted, and rows of cards whose proof was.
    pub(super) deleted: BTreeSet<String>,
    /// Accounts that were closed.
    pub(super) removed: BTreeSet<String>,
    /// Highest serial of an installed centre list.
    pub(super) centre_serial: u64,
    /// What supervisors pinned last, by event.
    pub(super) pinned: BTreeMap<String, PinnedLine>,
    /// Restores: number of the backup's last line, epoch that was left.
    pub(super) restored: Vec<(u64, u64)>,
}

impl AuditFacts {
    fn note(&mut self, line: &AuditLine) {
        if line.event == SEALED_EVENT {
            self.sealed.extend(line.details.get("record").cloned());
        }
        self.changes.extend(line.details.get("change").cloned());
        if line.event == super::retention::Deleted::Record.event() {
            self.deleted.extend(line.details.get("record").cloned());
        }
        if line.event == super::retention::Deleted::CardProof.event() {
            self.deleted.extend(line.details.get("row").cloned());
        }
        if line.event == RESTORED_EVENT {
            let number = |key: &str| line.details.get(key).and_then(|text| text.parse().ok());
            self.restored.extend(number("seq").zip(number("from-epoch")));
        }
        if line.event.starts_with(super::cards::EVENTS) {
            self.cards.extend(line.details.get("row").cloned());
        }
        self.note_keys(line);
    }

    /// What a line about keys says.
    fn note_keys(&mut self, line: &AuditLine) {
        match line.event.as_str() {
            "officer-removed" => self.removed.extend(line.details.get("officer").cloned()),
            "centre-list-installed" => {
                let serial = line.details.get("serial").and_then(|s| s.parse().ok()).unwrap_or(0);
                self.centre_serial = self.centre_serial.max(serial);
            }
            event if PinKind::of_event(event).is_some() => {
                let sha256 = line.details.get("sha256").cloned().unwrap_or_default();
                self.pinned.insert(event.to_owned(), PinnedLine { sha256, at: line.time });
            }
            _ => {}
        }
    }

    /// What is known of archived segments.
    fn take_stub(&mut self, stub: &archive::Stub) {
        self.sealed.extend(stub.sealed.iter().cloned());
        self.cards.extend(stub.cards.iter().cloned());
        self.deleted.extend(stub.deleted.iter().cloned());
        self.removed.extend(stub.removed.iter().cloned());
        self.centre_serial = self.centre_serial.max(stub.centre_serial);
        self.restored.extend(stub.restored.iter().copied());
        self.pinned.extend(stub.pinned.clone());
    }

    /// True when the chain had this head.
    pub(super) fn has_head(&self, head: &str) -> bool {
        raw(head).is_some_and(|head| self.heads.contains(&head))
    }
}

fn raw(head: &str) -> Option<[u8; 32]> {
    hex::decode(head).ok()?.try_into().ok()
}

/// What is known beforehand.
#[derive(Debug, Clone, Default)]
pub(super) struct Expectations<'a> {
    /// Lines with a script's time are allowed (training).
    pub(super) simulated: bool,
    /// The station's key: signatures are checked.
    pub(super) station: Option<VerifyingKey>,
    /// Heads that are held elsewhere.
    pub(super) held: &'a [HeldHead],
    /// Folders with archived segments.
    pub(super) archives: &'a [PathBuf],
}

/// A walk along the chain, segment by segment.
pub(super) struct Chain<'a> {
    vault: Uuid,
    expected: &'a Expectations<'a>,
    floor: Option<DateTime<Utc>>,
    next: u64,
    /// Where the line before stands: a hash that does not fit accuses that line, not the one that names it.
    before: Option<(String, u64)>,
    pub(super) report: AuditReport,
    pub(super) facts: AuditFacts,
    /// Held heads by the number of their line.
    held: HashMap<u64, Vec<usize>>,
    /// Those of them that were met.
    met: HashSet<usize>,
    /// Those whose line was not read, as it is archived.
    unchecked: HashSet<usize>,
}

impl<'a> Chain<'a> {
    pub(super) fn new(vault: Uuid, expected: &'a Expectations<'a>) -> Self {
        let report = AuditReport {
            segments: 0,
            archived: 0,
            lines: 0,
            seq: 0,
            head: genesis(vault),
            signed_seq: 0,
            broken: None,
            held: expected.held.len(),
            unchecked: 0,
            unfit: Vec::new(),
            left_behind: Vec::new(),
        };
        let mut facts = AuditFacts::default();
        facts.heads.extend(raw(&report.head));
        let mut held: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, head) in expected.held.iter().enumerate() {
            if let Some(seq) = head.seq {
                held.entry(seq).or_default().push(at);
            }
        }
        // The head before the first line is everybody's.
        let met = held.remove(&0).into_iter().flatten().collect();
        let unchecked = HashSet::new();
        Self { vault, expected, floor: None, next: 1, before: None, report, facts, held, met, unchecked }
    }

    /// Begins behind archived segments that are not read, which the stub vouches for.
    pub(super) fn skip(&mut self, stub: &archive::Stub) {
        self.next = stub.segments + 1;
        self.floor = stub.floor;
        self.report.archived = stub.segments;
        self.report.seq = stub.seq;
        self.report.signed_seq = stub.seq;
        self.report.head.clone_from(&stub.head);
        self.facts.heads.extend(raw(&stub.head));
        self.facts.heads.extend(stub.heads.iter().filter_map(|(_, head)| raw(head)));
        self.facts.take_stub(stub);
        for (at, held) in self.expected.held.iter().enumerate() {
            let Some(seq) = held.seq else { continue };
            let known = stub.heads.iter().find(|(known, _)| *known == seq).map(|(_, head)| head);
            let known = known.or((seq == stub.seq).then_some(&stub.head));
            match known {
                Some(head) if *head == held.head => drop(self.met.insert(at)),
                // A line that the stub does not name can be compared only with its archive.
                None if seq < stub.seq => drop(self.unchecked.insert(at)),
                _ => {}
            }
        }
    }

    fn step(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let line: AuditLine = serde_json::from_slice(bytes).map_err(|_| "unreadable")?;
        if line.seq != self.report.seq + 1 {
            return Err("sequence");
        }
        if line.prev != self.report.head {
            return Err("changed");
        }
        let mut floor = self.floor;
        if line.simulated {
            if !self.expected.simulated {
                return Err("time");
            }
        } else if floor.is_some_and(|floor| line.time < floor) && line.event != CLOCK_EVENT {
            return Err("time");
        } else {
            floor = Some(line.time);
        }
        if let Some(station) = &self.expected.station {
            match line.checkpoint(self.vault, station) {
                Some(true) => self.report.signed_seq = line.seq,
                Some(false) => return Err("signature"),
                // A restore explains heads that the audit no longer has, an accepted clock a time that runs back: nobody
                // but the station may say so.
                None if [SIGN_IN_EVENT, RESTORED_EVENT, CLOCK_EVENT].contains(&line.event.as_str()) => {
                    return Err("unsigned");
                }
                None => {}
            }
        }
        self.floor = floor;
        self.report.seq = line.seq;
        self.report.lines += 1;
        self.report.head = sha256_hex(bytes);
        self.facts.heads.extend(raw(&self.report.head));
        self.facts.note(&line);
        for at in self.held.get(&line.seq).into_iter().flatten() {
            if self.expected.held.get(*at).is_some_and(|held| held.head == self.report.head) {
                self.met.insert(*at);
            }
        }
        Ok(())
    }

    pub(super) fn break_at(&mut self, segment: &str, line: u64, why: &'static str) -> bool {
        self.report.broken = Some(AuditBreak { segment: segment.to_owned(), line, why });
        false
    }

    /// Walks one segment. False at the first break.
    pub(super) fn segment(&mut self, number: u64, bytes: &[u8]) -> bool {
        if number != self.next {
            let missing = segment_name(self.next);
            return self.break_at(&missing, 1, "segment-missing");
        }
        self.next += 1;
        self.report.segments += 1;
        let segment = segment_name(number);
        let (lines, rest) = whole_lines(bytes);
        for (at, bytes) in (1u64..).zip(&lines) {
            match self.step(bytes) {
                Ok(()) => self.before = Some((segment.clone(), at)),
                Err(why) => {
                    // Where the line after still fits this one, this one is whole and the one before was changed.
                    let this_is_whole = lines
                        .get(usize::try_from(at).unwrap_or(usize::MAX))
                        .is_none_or(|next| names_prev(next, &sha256_hex(bytes)));
                    let before = self.before.take().filter(|_| why == "changed" && this_is_whole);
                    let (segment, line) = before.unwrap_or((segment, at));
                    return self.break_at(&segment, line, why);
                }
            }
        }
        if rest.is_empty() { true } else { self.break_at(&segment, lines.len() as u64 + 1, "truncated") }
    }

    /// Time of the last line that was not a script's.
    pub(super) const fn floor(&self) -> Option<DateTime<Utc>> {
        self.floor
    }

    /// The report, with the held heads that the chain does not have.
    pub(super) fn finish(mut self) -> (AuditReport, AuditFacts) {
        // What lies behind a break cannot be compared: the break is told instead.
        let end = self.report.broken.as_ref().map(|_| self.report.seq);
        if self.report.archived > 0 {
            let nameless = self.expected.held.iter().enumerate().filter(|(_, held)| held.seq.is_none());
            let unknown = nameless.filter(|(_, held)| !self.facts.has_head(&held.head));
            self.unchecked.extend(unknown.map(|(at, _)| at));
        }
        self.report.unchecked = self.unchecked.len();
        let missing = self.expected.held.iter().enumerate().filter(|(at, held)| match held.seq {
            _ if self.unchecked.contains(at) => false,
            Some(seq) => !self.met.contains(at) && end.is_none_or(|end| seq <= end),
            None => end.is_none() && !self.facts.has_head(&held.head),
        });
        let mut unfit: Vec<HeldBreak> = missing
            .map(|(_, held)| {
                let why = match held.seq {
                    None => "unknown",
                    Some(seq) if seq > self.report.seq => "cut-off",
                    Some(_) => "rewritten",
                };
                HeldBreak { source: held.source.clone(), seq: held.seq, sealed: held.sealed, why }
            })
            .collect();
        unfit.sort_by_key(|held| held.seq);
        self.report.unfit = unfit;
        (self.report, self.facts)
    }
}

fn names_prev(line: &[u8], hash: &str) -> bool {
    serde_json::from_slice::<AuditLine>(line).is_ok_and(|line| line.prev == hash)
}

/// Checks every line of an audit folder. A changed line shows at the line after it, whose `prev` no longer fits, and
/// is named by its own number; a change of the very last line shows only against its signature or a head held
/// elsewhere.
///
/// # Errors
/// The disk's; [`VaultError::Corrupt`] when the stub of archived segments cannot be read.
pub(super) fn walk(
    files: &dyn Files,
    folder: &Path,
    vault: Uuid,
    expected: &Expectations<'_>,
) -> Result<(AuditReport, AuditFacts), VaultError> {
    let mut chain = Chain::new(vault, expected);
    let stub = archive::stub(files, folder, vault)?;
    let archived = stub.as_ref().map_or(0, |stub| stub.segments);
    if let Some(stub) = &stub {
        if expected.station.is_some_and(|station| !stub.is_signed_by(&station)) {
            chain.break_at(archive::STUB, 1, "signature");
            return Ok(chain.finish());
        }
        if expected.archives.is_empty() {
            chain.skip(stub);
        } else if !archive::walk(files, expected.archives, stub, &mut chain)? {
            return Ok(chain.finish());
        }
    }
    for number in segments(files, folder)?.into_iter().filter(|number| *number > archived) {
        let bytes = files
            .read(&folder.join(segment_name(number)), SEGMENT_MAX)
            .map_err(|e| VaultError::io(WHAT, e))?;
        if !chain.segment(number, &bytes) {
            break;
        }
    }
    Ok(chain.finish())
}

/// What the audit says of records, cards and states, whether its chain is whole or not: what a recovery asks must not
/// hang on a line that somebody changed years ago. Lines that say nothing of them are not parsed, so that half a
/// million take a fraction of a second.
pub(super) fn noted(files: &dyn Files, folder: &Path, vault: Uuid) -> Result<AuditFacts, VaultError> {
    let mut facts = AuditFacts::default();
    if let Ok(Some(stub)) = archive::stub(files, folder, vault) {
        facts.take_stub(&stub);
    }
    for number in segments(files, folder)? {
        let bytes = files
            .read(&folder.join(segment_name(number)), SEGMENT_MAX)
            .map_err(|e| VaultError::io(WHAT, e))?;
        for line in whole_lines(&bytes).0 {
            let words = ["\"record-", "\"cards-", "\"change\":"];
            let asked = std::str::from_utf8(line).is_ok_and(|text| words.iter().any(|w| text.contains(w)));
            if let Some(line) = asked.then(|| serde_json::from_slice(line).ok()).flatten() {
                facts.note(&line);
            }
        }
    }
    Ok(facts)
}

/// Checks an audit folder by itself: no signature, nothing that is held elsewhere. [`super::Vault::verify_audit_against`]
/// checks all there is.
///
/// # Errors
/// The disk's; [`VaultError::Corrupt`] when the stub of archived segments cannot be read.
pub fn verify(
    files: &dyn Files,
    folder: &Path,
    vault: Uuid,
    simulated_allowed: bool,
) -> Result<AuditReport, VaultError> {
    let expected = Expectations { simulated: simulated_allowed, ..Expectations::default() };
    walk(files, folder, vault, &expected).map(|(report, _)| report)
}

//! Old segments of the audit, moved out of the vault.
//!
//! They go to another disk as they are. In their place stays the stub `audit/archived.json`, signed by the station's
//! key: how many segments are gone, number, hash and time of their last line, and the ids and heads in them that
//! checks of the records ask for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ed25519_dalek::{SigningKey, VerifyingKey};
use record::{canonical, keys};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::{AuditEvent, SEGMENT_LINES, SEGMENT_MAX, WHAT, segment_name, segments};
use super::audit_walk::{Chain, PinnedLine};
use super::error::VaultError;
use super::files::Files;
use super::{OfficerKeys, Vault};

/// File name of the stub.
pub(super) const STUB: &str = "archived.json";
const SCHEMA: &str = "rekam-audit-archive/1";
/// Largest stub, in bytes.
const STUB_MAX: u64 = 256 * 1024 * 1024;

/// What stays of archived segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stub {
    schema: String,
    vault: Uuid,
    /// Segments that are archived: the first so many.
    pub(super) segments: u64,
    /// Number of their last line.
    pub(super) seq: u64,
    /// SHA-256 of their last line, hex.
    pub(super) head: String,
    /// Time of their last line that was not a script's.
    pub(super) floor: Option<DateTime<Utc>>,
    made: DateTime<Utc>,
    /// Records that were sealed in them.
    pub(super) sealed: Vec<String>,
    /// Rows of the ledger of cards that have their line in them.
    pub(super) cards: Vec<String>,
    /// Records whose payload was deleted in them, and rows of cards whose proof was.
    pub(super) deleted: Vec<String>,
    /// Accounts that were closed in them.
    pub(super) removed: Vec<String>,
    /// Highest serial of a centre list that was installed in them.
    pub(super) centre_serial: u64,
    /// Restores in them: number of the backup's last line, epoch that was left.
    pub(super) restored: Vec<(u64, u64)>,
    /// What supervisors pinned last in them, by event.
    pub(super) pinned: BTreeMap<String, PinnedLine>,
    /// Time of the first line that was not a script's.
    pub(super) began: Option<DateTime<Utc>>,
    /// Numbers and hashes of lines that records name.
    pub(super) heads: Vec<(u64, String)>,
    signature: String,
}

impl Stub {
    fn signed_bytes(&self) -> Option<Vec<u8>> {
        canonical::unsigned_bytes(SCHEMA, self).ok()
    }

    pub(super) fn is_signed_by(&self, station: &VerifyingKey) -> bool {
        let bytes = self.signed_bytes();
        bytes.is_some_and(|bytes| keys::verify_hex(station, &bytes, &self.signature).unwrap_or(false))
    }

    fn signed(mut self, station: &SigningKey) -> Option<Self> {
        self.signature = keys::sign_hex(station, &self.signed_bytes()?);
        Some(self)
    }
}

/// Reads the stub of a vault's audit folder; none where nothing was archived. Its signature is left to the walk.
pub(super) fn stub(files: &dyn Files, folder: &Path, vault: Uuid) -> Result<Option<Stub>, VaultError> {
    let bytes = match files.read(&folder.join(STUB), STUB_MAX) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| VaultError::io(WHAT, e))?,
    };
    let stub: Option<Stub> = serde_json::from_slice(&bytes).ok();
    match stub.filter(|stub| stub.schema == SCHEMA && stub.vault == vault) {
        Some(stub) => Ok(Some(stub)),
        None => Err(VaultError::corrupt(WHAT, "the stub of archived segments cannot be read")),
    }
}

/// An archived segment, from the first of the folders that holds it.
pub(super) fn read_segment(
    files: &dyn Files,
    folders: &[PathBuf],
    vault: Uuid,
    number: u64,
) -> Result<Option<Vec<u8>>, VaultError> {
    let name = segment_name(number);
    for place in folders.iter().flat_map(|f| [f.join(&name), f.join(folder_name(vault)).join(&name)]) {
        match files.read(&place, SEGMENT_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            other => return other.map(Some).map_err(|e| VaultError::io("archived audit", e)),
        }
    }
    Ok(None)
}

/// Name of the folder that holds a vault's archived segments.
fn folder_name(vault: Uuid) -> String {
    format!("rekam-audit-{vault}")
}

/// Walks the archived segments and compares their end with the stub. False at a break, which the report then names.
pub(super) fn walk(
    files: &dyn Files,
    folders: &[PathBuf],
    stub: &Stub,
    chain: &mut Chain<'_>,
) -> Result<bool, VaultError> {
    for number in 1..=stub.segments {
        let name = segment_name(number);
        let found = read_segment(files, folders, stub.vault, number)?;
        let Some(bytes) = found else { return Ok(chain.break_at(&name, 1, "segment-missing")) };
        if !chain.segment(number, &bytes) {
            return Ok(false);
        }
    }
    if (chain.report.seq, chain.report.head.as_str()) == (stub.seq, stub.head.as_str()) {
        return Ok(true);
    }
    Ok(chain.break_at(&segment_name(stub.segments), SEGMENT_LINES, "archive-differs"))
}

/// Which segments go to an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveOptions {
    /// Only those whose last line is older than this.
    pub before: DateTime<Utc>,
    /// True where the supervisor named the time and not the policy's `audit_years`.
    pub asked: bool,
    /// Segments that stay in any case; the last one always does.
    pub keep: u64,
}

/// What was archived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
    /// Where the segments are now.
    pub folder: PathBuf,
    /// Segments that were moved this time.
    pub moved: u64,
    /// Segments that are archived altogether.
    pub archived: u64,
    /// Number of the last archived line.
    pub seq: u64,
}

impl Vault {
    /// Moves whole old segments to a folder on another disk: copied, read back past the cache and compared, the signed
    /// stub written, an audit line, then removed here. Cut in between, it is simply done again. A supervisor's act: what
    /// lies on another disk is out of the station's sight.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`], [`VaultError::ClockBack`], [`VaultError::Corrupt`] when the chain is broken or the folder holds other segments of
    /// these names, [`VaultError::ReadBack`], or the disks'.
    pub fn archive_audit(
        &mut self,
        target: &Arc<dyn Files>,
        to: &Path,
        options: ArchiveOptions,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<ArchiveReport, VaultError> {
        self.keys()?;
        self.check_supervisor(by)?;
        self.check_clock(now)?;
        let station = self.keys()?.station.clone();
        let folder = to.join(folder_name(self.config.vault));
        let old = stub(self.files(), &self.layout.audit(), self.config.vault)?;
        let archived = old.as_ref().map_or(0, |stub| stub.segments);
        let numbers = segments(self.files(), &self.layout.audit())?;
        // Segments go on the word of the stub, so it must be the station's, and the last one never goes.
        let vouched = old.as_ref().is_none_or(|stub| stub.is_signed_by(&station.verifying_key()));
        if !vouched || numbers.last().is_some_and(|last| archived >= *last) {
            return Err(VaultError::corrupt(WHAT, "the stub of archived segments is not the station's"));
        }
        let last = numbers.last().copied().unwrap_or(0).saturating_sub(options.keep.max(1));
        let last = last.min(self.ended_before(options.before)?.last().copied().unwrap_or(0));
        // What an interrupted run already vouched for is here still and only has to go.
        let left: Vec<u64> = numbers.iter().copied().filter(|n| *n <= archived).collect();
        let move_now: Vec<u64> =
            numbers.iter().copied().filter(|n| (archived + 1..=last).contains(n)).collect();
        let mut report =
            ArchiveReport { folder: folder.clone(), moved: 0, archived, seq: old.map_or(0, |stub| stub.seq) };
        if !move_now.is_empty() {
            let stub = self.stub_up_to(last, now)?;
            target.make_folder_durable(&folder).map_err(|e| VaultError::io("archive folder", e))?;
            for number in &move_now {
                self.copy_segment(&**target, &folder, *number)?;
            }
            let stub = stub.signed(&station).ok_or_else(|| VaultError::corrupt(WHAT, "no canonical form"))?;
            let bytes = serde_json::to_vec(&stub).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
            self.files()
                .write_durable(&self.layout.audit().join(STUB), &bytes)
                .map_err(|e| VaultError::io(WHAT, e))?;
            let event = AuditEvent::new("audit-archived").by(by.officer.id).with("segments", stub.segments);
            let before = options.before.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            let event = event.with("seq", stub.seq).with("head", &stub.head).with("before", before);
            self.append_audit(&event.with("rule", if options.asked { "asked" } else { "audit_years" }), now)?;
            (report.moved, report.archived, report.seq) = (move_now.len() as u64, stub.segments, stub.seq);
        }
        for number in left.into_iter().chain(move_now) {
            self.files()
                .remove(&self.layout.audit().join(segment_name(number)))
                .map_err(|e| VaultError::io(WHAT, e))?;
        }
        self.files().sync_folder(&self.layout.audit()).map_err(|e| VaultError::io(WHAT, e))?;
        Ok(report)
    }

    /// The stub of all segments up to `last`, unsigned; the whole chain is checked first.
    fn stub_up_to(&self, last: u64, now: DateTime<Utc>) -> Result<Stub, VaultError> {
        let broken = || VaultError::corrupt(WHAT, "the chain is broken; run `rekam audit verify`");
        let expected = self.expectations(&[], &[])?;
        let mut chain = Chain::new(self.config.vault, &expected);
        let folder = self.layout.audit();
        if let Some(stub) = stub(self.files(), &folder, self.config.vault)? {
            if expected.station.is_none_or(|station| !stub.is_signed_by(&station)) {
                return Err(broken());
            }
            chain.skip(&stub);
        }
        let first = chain.report.archived + 1;
        for number in segments(self.files(), &folder)?.into_iter().filter(|n| (first..=last).contains(n)) {
            let bytes = self
                .files()
                .read(&folder.join(segment_name(number)), SEGMENT_MAX)
                .map_err(|e| VaultError::io(WHAT, e))?;
            if !chain.segment(number, &bytes) {
                return Err(broken());
            }
        }
        let mut heads = Vec::new();
        for id in self.header_ids()? {
            let Some(header) = self.read_header(id)?.filter(|h| h.audit_seq <= chain.report.seq) else {
                continue;
            };
            if !chain.facts.has_head(&header.audit_head) {
                return Err(broken());
            }
            heads.push((header.audit_seq, header.audit_head));
        }
        heads.sort();
        heads.dedup();
        Ok(Stub {
            schema: SCHEMA.to_owned(),
            vault: self.config.vault,
            segments: last,
            seq: chain.report.seq,
            head: chain.report.head.clone(),
            floor: chain.floor(),
            made: now,
            sealed: chain.facts.sealed.iter().cloned().collect(),
            cards: chain.facts.cards.iter().cloned().collect(),
            deleted: chain.facts.deleted.iter().cloned().collect(),
            removed: chain.facts.removed.iter().cloned().collect(),
            centre_serial: chain.facts.centre_serial,
            restored: chain.facts.restored.clone(),
            pinned: chain.facts.pinned.clone(),
            began: self.made()?,
            heads,
            signature: String::new(),
        })
    }

    fn copy_segment(&self, target: &dyn Files, folder: &Path, number: u64) -> Result<(), VaultError> {
        let name = segment_name(number);
        let bytes = self
            .files()
            .read(&self.layout.audit().join(&name), SEGMENT_MAX)
            .map_err(|e| VaultError::io(WHAT, e))?;
        let copy = folder.join(&name);
        let io = |e| VaultError::io("archived audit", e);
        match target.read_back(&copy, SEGMENT_MAX) {
            Ok(found) if found == bytes => return Ok(()),
            Ok(_) => {
                return Err(VaultError::corrupt("archive folder", "it holds another segment of this name"));
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(io(e)),
        }
        target.write_durable(&copy, &bytes).map_err(io)?;
        let same = target.read_back(&copy, SEGMENT_MAX).map_err(io)? == bytes;
        if same { Ok(()) } else { Err(VaultError::ReadBack { what: name }) }
    }
}

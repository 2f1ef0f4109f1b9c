//! Saving a record so that what the screen calls "tersimpan" is there after any crash.
//!
//! Order: counter → marker `pending/<id>` → header → payload → local extract (each durable) → row, flushed → all three
//! files read back and compared → audit line → acknowledged → draft removed → marker removed.
//!
//! The marker says that the files of this id are not to be trusted yet. When a vault is opened, each marked record is
//! either **completed** (its three files are whole: they are written once more, as they may never have reached the disk,
//! then row and audit line follow) or **undone** (its parts are removed; the draft is still there). What has its audit
//! line is never undone. A save that fails while the program goes on is undone at once, which gives the room back.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use record::draft::{Draft, SealContext};
use record::header::Header;
use record::seal::{SealKeys, Sealed, seal};
use uuid::Uuid;

use super::Vault;
use super::audit::{AuditEvent, SEALED_EVENT};
use super::audit_walk;
use super::cards::MARKER_MAX;
use super::error::VaultError;
use super::extract::{self, ExtractInput, LOCAL_MAX, LocalHead, STATE_MARKER};
use super::files::Files;
use super::index::QueueRow;
use super::layout::{Layout, PAYLOAD_MAX};
use super::notes::Note;
use super::officers::OfficerKeys;
#[cfg(any(test, feature = "sabotage"))]
use super::sabotage::Sabotage;

const HEADER_MAX: u64 = record::header::MAX_BYTES as u64;

/// A record that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Record id, the same as the session's.
    pub record_id: Uuid,
    /// The payload file.
    pub path: PathBuf,
    /// SHA-256 of the payload file, hex.
    pub sha256: String,
    /// Counter within the vault.
    pub counter: u64,
    /// True when an earlier save of the same session had already been completed.
    pub already: bool,
}

/// Marker of a save that is under way.
pub(super) const SAVE_MARKER: &[u8] = b"save\n";

/// How the files of a record look.
enum Found {
    Whole,
    Partial,
}

impl Vault {
    /// Seals a finished session and saves it durably. The draft's id is the session's id and becomes the record's. Saving
    /// the same session again after success gives the same record; after failure, it starts anew.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::ClockBack`], [`VaultError::Foreign`], [`VaultError::Seal`],
    /// [`VaultError::DiskFull`], [`VaultError::ReadOnly`], [`VaultError::ReadBack`], or [`VaultError::Corrupt`] when an
    /// earlier record of this session is damaged. Nothing new then counts as saved; the session's kept steps stay.
    pub fn save(
        &mut self,
        draft: &Draft,
        input: &ExtractInput,
        operator: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<Saved, VaultError> {
        self.keys()?;
        self.check_in_service()?;
        self.check_clock(now)?;
        self.check_draft(draft, operator)?;
        let id = draft.id;
        if self.has_marker(id)? {
            self.recover(id, false, now)?;
        }
        match self.find(id)? {
            // What is left of an acknowledged record is never written over.
            Some(row) if row.damaged => {
                return Err(VaultError::corrupt("record", "a file is missing or does not fit"));
            }
            Some(row) => return Ok(self.saved(&row, true)),
            None => {}
        }
        match self.save_new(draft, input, operator, now) {
            Ok(row) => Ok(self.saved(&row, false)),
            Err(error) => {
                // Best effort: what cannot be undone now stays marked and is dealt with at the next save or open.
                self.recover(id, false, now).ok();
                Err(error)
            }
        }
    }

    fn saved(&self, row: &QueueRow, already: bool) -> Saved {
        Saved {
            record_id: row.id,
            path: self.layout().payload(row.id),
            sha256: row.sha256.clone(),
            counter: row.counter,
            already,
        }
    }

    pub(super) fn check_draft(&self, draft: &Draft, operator: &OfficerKeys) -> Result<(), VaultError> {
        let config = self.config();
        if draft.environment != config.environment {
            return Err(VaultError::WrongEnvironment { vault: config.environment, asked: draft.environment });
        }
        if draft.station != config.station {
            return Err(VaultError::Foreign { why: "another station's session" });
        }
        let known = self.roster.find(operator.officer.id);
        if known.is_none_or(|o| o.public_key != operator.officer.public_key) {
            return Err(VaultError::Foreign { why: "the operator is not on this station's roster" });
        }
        Ok(())
    }

    fn save_new(
        &mut self,
        draft: &Draft,
        input: &ExtractInput,
        operator: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<QueueRow, VaultError> {
        let id = draft.id;
        // Before a counter is given out: without recipients there is nothing to count.
        let recipients = self.recipients(now)?;
        let context = SealContext {
            epoch: self.config().epoch,
            counter: self.next_counter()?,
            audit_seq: self.audit_seq(),
            audit_head: self.audit_head().to_owned(),
        };
        let keys = self.keys()?;
        let seal_keys =
            SealKeys { station: &keys.station, operator: &operator.signing, recipients: &recipients };
        let sealed = seal(draft, &context, &seal_keys).map_err(|e| VaultError::Seal(e.to_string()))?;
        let (head, extract) = extract::new(keys, input, draft, &context.audit_head);
        let local = extract::encode(keys, self.config().vault, &head, &extract)?;
        #[cfg(any(test, feature = "sabotage"))]
        if self.is_sabotaged(Sabotage::AcknowledgeEarly) {
            return self.acknowledge_early(id, &sealed, &local);
        }

        self.files()
            .write_durable(&self.layout().pending_of(id), SAVE_MARKER)
            .map_err(|e| VaultError::io("marker", e))?;
        self.write_record(id, &sealed, &local)?;
        let row = self
            .put_new_row(id)?
            .filter(|row| !row.damaged)
            .ok_or_else(|| VaultError::ReadBack { what: "record".into() })?;
        self.read_back(id, &sealed, &local)?;
        self.append_sealed(&sealed_event(&row).by(operator.officer.id).in_session(id), now)?;
        // Acknowledged from here on: what is left is tidying, done again at the next open if it fails now.
        if self.remove_draft(id).is_ok() {
            self.remove_marker(id).ok();
        }
        self.tell_witness();
        Ok(row)
    }

    fn put_new_row(&self, id: Uuid) -> Result<Option<QueueRow>, VaultError> {
        #[cfg(any(test, feature = "sabotage"))]
        if self.is_sabotaged(Sabotage::SkipRow) {
            return self.row_from_files(id);
        }
        self.put_row_from_files(id)
    }

    fn append_sealed(&mut self, event: &AuditEvent, now: DateTime<Utc>) -> Result<(), VaultError> {
        #[cfg(any(test, feature = "sabotage"))]
        if self.is_sabotaged(Sabotage::SkipAuditLine) {
            return Ok(());
        }
        self.append_audit(event, now)
    }

    fn write_record(&self, id: Uuid, sealed: &Sealed, local: &[u8]) -> Result<(), VaultError> {
        let write = |path: &Path, what: &str, bytes: &[u8]| {
            self.files().write_durable(path, bytes).map_err(|e| VaultError::io(what, e))
        };
        write(&self.layout().header(id), "record header", &sealed.header_bytes)?;
        write(&self.layout().payload(id), "record", &sealed.payload)?;
        write(&self.layout().local(id), "local extract", local)
    }

    /// Reads all three files past the cache where that can be done, compares them with what was written and checks
    /// digest and signature on what the disk gave.
    fn read_back(&self, id: Uuid, sealed: &Sealed, local: &[u8]) -> Result<(), VaultError> {
        let same = |path: &Path, what: &str, bytes: &[u8]| {
            let found =
                self.files().read_back(path, bytes.len() as u64 + 1).map_err(|e| VaultError::io(what, e))?;
            if found == bytes { Ok(found) } else { Err(VaultError::ReadBack { what: what.into() }) }
        };
        let header = same(&self.layout().header(id), "record header", &sealed.header_bytes)?;
        let payload = same(&self.layout().payload(id), "record", &sealed.payload)?;
        let local = same(&self.layout().local(id), "local extract", local)?;
        let station = self.config().station_verifying_key()?;
        record::verify::verify(&header, payload.as_slice(), Some(&station))
            .map_err(|e| VaultError::Seal(e.to_string()))?;
        extract::decode(self.keys()?, self.config().vault, &local).map(|_| ())
    }

    /// Gives out the next counter, on disk before it is used: it never comes twice, though a failed save leaves a gap.
    fn next_counter(&self) -> Result<u64, VaultError> {
        let next = self.last_counter()?.saturating_add(1);
        self.write_counter(next)?;
        Ok(next)
    }

    pub(super) fn write_counter(&self, counter: u64) -> Result<(), VaultError> {
        self.files()
            .write_durable(&self.layout().counter(), format!("{counter}\n").as_bytes())
            .map_err(|e| VaultError::io("counter", e))
    }

    /// The counter that was given out last.
    pub(super) fn last_counter(&self) -> Result<u64, VaultError> {
        match read_counter(self.files(), self.layout())? {
            Some(last) => Ok(last),
            // Lost or damaged: the highest that any record has.
            None => Ok(self.queue()?.iter().map(|row| row.counter).max().unwrap_or(0)),
        }
    }

    pub(super) fn has_marker(&self, id: Uuid) -> Result<bool, VaultError> {
        let found =
            self.files().len(&self.layout().pending_of(id)).map_err(|e| VaultError::io("marker", e))?;
        Ok(found.is_some())
    }

    pub(super) fn remove_marker(&self, id: Uuid) -> Result<(), VaultError> {
        self.files().remove_durable(&self.layout().pending_of(id)).map_err(|e| VaultError::io("marker", e))
    }

    /// Deals with everything that was under way when the vault was last closed.
    pub(super) fn recover_all(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let listed = self.files().list(&self.layout().pending()).map_err(|e| VaultError::io("marker", e))?;
        for id in listed.iter().filter_map(|l| Uuid::parse_str(&l.name).ok()) {
            self.recover(id, true, now)?;
        }
        Ok(())
    }

    /// Deals with changes of states and of cards that failed and could not be undone then: undone only later, they
    /// would be undone over what came after them.
    pub(super) fn recover_changes(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let io = |e| VaultError::io("marker", e);
        let listed = self.files().list(&self.layout().pending()).map_err(io)?;
        for id in listed.iter().filter_map(|l| Uuid::parse_str(&l.name).ok()) {
            let marker = self.files().read(&self.layout().pending_of(id), MARKER_MAX).map_err(io)?;
            let changes = [super::cards::MARKER, STATE_MARKER, super::deletions::MARKER];
            if changes.iter().any(|beginning| marker.starts_with(beginning)) {
                self.recover(id, false, now)?;
            }
        }
        Ok(())
    }

    /// Completes (`may_complete`, at open) or undoes what was under way for one record.
    pub(super) fn recover(
        &mut self,
        id: Uuid,
        may_complete: bool,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        if !self.has_marker(id)? {
            return Ok(());
        }
        let marker = self
            .files()
            .read(&self.layout().pending_of(id), MARKER_MAX)
            .map_err(|e| VaultError::io("marker", e))?;
        // The audit's torn end must be gone before it is asked, or a line may come back after a crash.
        self.audit.mend(&*self.files)?;
        let facts = audit_walk::noted(&*self.files, &self.layout().audit(), self.config().vault)?;
        if let Some(change) = marker.strip_prefix(super::drafts::DISCARD_MARKER) {
            return self.recover_discard(id, change, |change| facts.changes.contains(change));
        }
        if marker.starts_with(super::cards::MARKER) {
            let audited = facts.cards.contains(&id.to_string());
            return self.recover_row(id, &marker, audited);
        }
        if marker.starts_with(STATE_MARKER) {
            return self.recover_state(id, &marker, |change| facts.changes.contains(change));
        }
        if marker.starts_with(super::deletions::MARKER) {
            return self.recover_deletion(id, &marker, |change| facts.changes.contains(change));
        }
        if facts.sealed.contains(&id.to_string()) {
            self.put_row_from_files(id)?;
            self.remove_draft(id)?;
            return self.remove_marker(id);
        }
        match self.inspect(id)? {
            Found::Whole if may_complete => self.complete(id, now),
            Found::Whole | Found::Partial => self.undo(id),
        }
    }

    fn inspect(&self, id: Uuid) -> Result<Found, VaultError> {
        let station = self.config().station_verifying_key()?;
        let whole = self.read_optional(&self.layout().header(id), HEADER_MAX)?.is_some_and(|header| {
            let payload = self.read_optional(&self.layout().payload(id), PAYLOAD_MAX);
            let verified = payload
                .ok()
                .flatten()
                .is_some_and(|p| record::verify::verify(&header, p.as_slice(), Some(&station)).is_ok());
            let local = self.read_optional(&self.layout().local(id), LOCAL_MAX).ok().flatten();
            verified && local.is_some_and(|l| LocalHead::parse(&l).is_ok_and(|head| head.id == id))
        });
        Ok(if whole { Found::Whole } else { Found::Partial })
    }

    pub(super) fn read_optional(&self, path: &Path, most: u64) -> Result<Option<Vec<u8>>, VaultError> {
        match self.files().read(path, most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(VaultError::io("record", e)),
        }
    }

    fn complete(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<(), VaultError> {
        let paths = [self.layout().header(id), self.layout().payload(id), self.layout().local(id)];
        for path in paths {
            let bytes = self.files().read(&path, PAYLOAD_MAX).map_err(|e| VaultError::io("record", e))?;
            self.files().write_durable(&path, &bytes).map_err(|e| VaultError::io("record", e))?;
        }
        let Some(row) = self.put_row_from_files(id)? else { return self.undo(id) };
        self.append_audit(&sealed_event(&row).in_session(id).with("completed", true), now)?;
        self.notes.push(Note::SaveCompleted { record: id });
        self.remove_draft(id)?;
        self.remove_marker(id)
    }

    fn undo(&mut self, id: Uuid) -> Result<(), VaultError> {
        self.index.remove(id)?;
        self.index.flush()?;
        let layout = self.layout();
        for path in [layout.local(id), layout.payload(id), layout.header(id)] {
            self.files().remove(&path).map_err(|e| VaultError::io("record", e))?;
        }
        self.files().sync_folder(&layout.records()).map_err(|e| VaultError::io("record", e))?;
        self.remove_marker(id)?;
        self.notes.push(Note::SaveUndone { record: id });
        Ok(())
    }

    /// Makes the row of a record from its files, flushed. None when there is no header.
    pub(super) fn put_row_from_files(&self, id: Uuid) -> Result<Option<QueueRow>, VaultError> {
        let row = self.row_from_files(id)?;
        if let Some(row) = &row {
            self.index.put(row)?;
            self.index.flush()?;
        }
        Ok(row)
    }

    /// The outer header of a record; none where this station signed none.
    pub(super) fn read_header(&self, id: Uuid) -> Result<Option<Header>, VaultError> {
        let Some(bytes) = self.read_optional(&self.layout().header(id), HEADER_MAX)? else { return Ok(None) };
        let station = self.config().station_verifying_key()?;
        Ok(Header::parse(&bytes).ok().filter(|h| h.id == id && h.verify(Some(&station)).is_ok()))
    }

    /// The row of a record by header, size of the payload and first line of the extract; the payload's digest is left to
    /// [`Vault::check`], as reading it all would make a rebuild of thousands take minutes. None without a header that
    /// this station signed.
    pub(super) fn row_from_files(&self, id: Uuid) -> Result<Option<QueueRow>, VaultError> {
        let Some(header) = self.read_header(id)? else { return Ok(None) };
        let size = self.files().len(&self.layout().payload(id)).map_err(|e| VaultError::io("record", e))?;
        let local = self
            .read_optional(&self.layout().local(id), LOCAL_MAX)?
            .and_then(|bytes| LocalHead::parse(&bytes).ok())
            .filter(|head| head.id == id);
        let stone = self.tombstone(id)?.filter(|stone| stone.sha256 == header.payload_sha256);
        let damaged = (size != Some(header.payload_size) && stone.is_none()) || local.is_none();
        let state = local.as_ref().map_or(record::schema::RecordState::BioCaptured, |l| l.state);
        Ok(Some(QueueRow {
            id,
            state,
            created: header.created,
            expires: local.as_ref().filter(|l| !l.bare).map(|l| l.expires),
            nik_hash: local.as_ref().map(|l| l.nik_hash.clone()).unwrap_or_default(),
            family_hash: local.map(|l| l.family_hash).unwrap_or_default(),
            sha256: header.payload_sha256,
            size: header.payload_size,
            epoch: header.epoch,
            counter: header.counter,
            damaged,
            gone: stone.map(|stone| stone.deleted),
        }))
    }
}

/// The counter that was given out last; none where its file is lost or damaged.
pub(super) fn read_counter(files: &dyn Files, layout: &Layout) -> Result<Option<u64>, VaultError> {
    match files.read(&layout.counter(), 64) {
        Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().and_then(|text| text.trim_end().parse().ok())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(VaultError::io("counter", e)),
    }
}

fn sealed_event(row: &QueueRow) -> AuditEvent {
    AuditEvent::new(SEALED_EVENT)
        .with("record", row.id)
        .with("sha256", &row.sha256)
        .with("counter", row.counter)
        .with("epoch", row.epoch)
}

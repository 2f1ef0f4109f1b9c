//! Deleting what [`super::retention`] says is due, so that nothing goes without a line in the audit, and nothing that
//! has its line comes back.
//!
//! Order: marker `pending/<id>` → tombstone (records and proofs of handovers) → audit line → files removed, folder synced → row → marker
//! removed. When a vault is opened, a marked deletion is completed where the audit has its line and undone where it
//! has not. The extract is not removed but written anew without what it knew of the person ([`Vault::forget`]).

use chrono::{DateTime, TimeDelta, Utc};
use record::header::Header;
use record::receipt::Receipt;
use record::schema::Environment;
use serde::Serialize;
use uuid::Uuid;

use super::Vault;
use super::audit::AuditEvent;
use super::error::VaultError;
use super::extract::{self, Extract};
use super::gone::Tombstone;
use super::index::QueueRow;
use super::retention::{
    Deleted, Deletion, Held, RecordFacts, RetentionTimes, decide_card_proof, decide_document, decide_draft,
    decide_payload, decide_record, may_be_due,
};

/// Beginning of a marker of a deletion.
pub(super) const MARKER: &[u8] = b"retention";
/// A clock that is so far ahead of the last audit line is not believed: what it calls old may be of yesterday.
const AHEAD_DAYS: i64 = 180;
/// The step that holds health data.
const HEALTH_STEP: &str = "health";
const WHAT: &str = "deletion";

/// What is due now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RetentionPlan {
    /// What goes.
    pub due: Vec<Deletion>,
    /// Old payloads that stay, with the reason.
    pub held: Vec<(Uuid, Held)>,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RetentionReport {
    /// What went.
    pub deleted: Vec<Deletion>,
    /// What could not be deleted, with the stable code; it is tried again at the next run.
    pub failed: Vec<(Deletion, String)>,
    /// What is due and was left for the next run.
    pub left: usize,
}

impl Vault {
    /// True when the clock is further ahead of the last audit line at opening than any closed office explains: nothing
    /// is deleted by such a clock.
    #[must_use]
    pub fn is_clock_far_ahead(&self, now: DateTime<Utc>) -> bool {
        let floor = self.floor_at_open.filter(|_| !self.simulated_clock);
        floor.is_some_and(|floor| now - floor > TimeDelta::days(AHEAD_DAYS))
    }

    /// Rows of which something may be due: those whose extract is worth reading.
    ///
    /// # Errors
    /// [`VaultError::Index`].
    pub fn rows_to_look_at(
        &self,
        times: &RetentionTimes,
        now: DateTime<Utc>,
    ) -> Result<Vec<QueueRow>, VaultError> {
        Ok(self.queue()?.into_iter().filter(|row| may_be_due(row, times, now)).collect())
    }

    /// What of one record is due, and why its payload stays where it is old and stays.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Corrupt`] or the disk's.
    pub fn due_of_record(
        &self,
        row: &QueueRow,
        times: &RetentionTimes,
        now: DateTime<Utc>,
    ) -> Result<RetentionPlan, VaultError> {
        let (_, extract) = self.read_local(row.id)?;
        let facts = RecordFacts {
            id: row.id,
            state: row.state,
            created: row.created,
            state_at: extract.state_at,
            receipt: self.verified_receipt(row.id, &extract)?,
            extract_expires: row.expires,
            has_hashes: !row.nik_hash.is_empty() || !row.family_hash.is_empty(),
            gone: row.gone.is_some(),
        };
        let why = decide_payload(&facts, times, now).err().filter(|_| !facts.gone);
        let held = why.filter(|why| *why != Held::Young).map(|why| (row.id, why));
        Ok(RetentionPlan { due: decide_record(&facts, times, now), held: held.into_iter().collect() })
    }

    /// Stores and time of a record's receipt, where one of the named hubs signed it for exactly these bytes.
    fn verified_receipt(
        &self,
        id: Uuid,
        extract: &Extract,
    ) -> Result<Option<(usize, DateTime<Utc>)>, VaultError> {
        let Some(receipt) = extract.receipt.as_deref().and_then(|bytes| Receipt::parse(bytes).ok()) else {
            return Ok(None);
        };
        let hub = self.pinned_hub()?;
        let header = self.read_optional(&self.layout().header(id), record::header::MAX_BYTES as u64)?;
        let header = header.as_deref().and_then(|bytes| Header::parse(bytes).ok());
        let fits = hub.zip(header).is_some_and(|(hub, header)| receipt.verify(&header, &hub).is_ok());
        Ok(fits.then_some((receipt.replicas.len(), receipt.time)))
    }

    /// What is due of open sessions, of documents that were not printed and of proofs of handovers. Sessions `in_use` are left alone.
    ///
    /// # Errors
    /// The disk's.
    pub fn due_beside_records(
        &self,
        times: &RetentionTimes,
        in_use: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<Vec<Deletion>, VaultError> {
        let mut due = Vec::new();
        // A script's time says nothing of how long a session has really been waiting.
        let made = if self.config().environment == Environment::Training { self.made()? } else { None };
        let real = |at: DateTime<Utc>| made.is_none_or(|made| at >= made) || self.simulated_clock;
        let drafts = self.drafts()?;
        for draft in drafts.into_iter().filter(|d| !in_use.contains(&d.session) && real(d.updated)) {
            let health = match draft.steps.iter().any(|step| step == HEALTH_STEP) {
                true => self.step_time(draft.session, HEALTH_STEP)?,
                false => None,
            };
            due.extend(decide_draft(draft.session, draft.updated, health, times, now));
        }
        for id in self.unprinted_ids()? {
            if let Some((made, expires)) = self.unprinted_times(id)? {
                due.extend(decide_document(id, made, expires, times, now));
            }
        }
        let proofs = self.kept_proofs()?.into_iter().filter(|(_, at)| real(*at));
        due.extend(proofs.filter_map(|(id, at)| decide_card_proof(id, at, times, now)));
        Ok(due)
    }

    /// Everything that is due, at once: for the command line. The station looks in small steps.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::ClockBack`] or the disk's. A record whose extract is damaged is left out;
    /// [`Vault::check`] names it.
    pub fn retention_plan(
        &self,
        times: &RetentionTimes,
        in_use: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<RetentionPlan, VaultError> {
        self.keys()?;
        self.check_clock(now)?;
        let mut plan = RetentionPlan { due: self.due_beside_records(times, in_use, now)?, held: Vec::new() };
        for row in self.rows_to_look_at(times, now)? {
            match self.due_of_record(&row, times, now) {
                Ok(one) => {
                    plan.due.extend(one.due);
                    plan.held.extend(one.held);
                }
                Err(VaultError::Corrupt { .. } | VaultError::UnknownRecord) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(plan)
    }

    /// Deletes up to `most` of what is due. The first failure ends the run: a disk that refuses once will refuse again.
    pub fn run_retention(&mut self, due: Vec<Deletion>, most: usize, now: DateTime<Utc>) -> RetentionReport {
        let mut report = RetentionReport::default();
        let mut due = due.into_iter();
        for deletion in due.by_ref().take(most) {
            match self.delete(&deletion, now) {
                Ok(()) => report.deleted.push(deletion),
                Err(e) => {
                    report.failed.push((deletion, e.code()));
                    break;
                }
            }
        }
        report.left = due.len();
        report
    }

    /// Deletes one thing. Once its line is in the audit it is deleted, also where removing the files failed and is
    /// done at the next open.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::ClockBack`], [`VaultError::UnknownRecord`] or the disk's.
    pub fn delete(&mut self, deletion: &Deletion, now: DateTime<Utc>) -> Result<(), VaultError> {
        self.keys()?;
        self.check_clock(now)?;
        self.recover_changes(now)?;
        self.recover(deletion.id, false, now)?;
        if matches!(deletion.what, Deleted::Extract | Deleted::DuplicateMark) {
            return self.forget(deletion, now);
        }
        match self.delete_files(deletion, now) {
            Ok(()) => {
                // Deleted: what is left is tidying, done again at the next change or open if it fails now.
                self.remove_marker(deletion.id).ok();
                Ok(())
            }
            Err(error) => {
                // Best effort: what cannot be undone or completed now stays marked.
                self.recover(deletion.id, false, now).ok();
                Err(error)
            }
        }
    }

    fn delete_files(&mut self, deletion: &Deletion, now: DateTime<Utc>) -> Result<(), VaultError> {
        let (id, change) = (deletion.id, Uuid::now_v7());
        let mut event = event_of(deletion, change);
        let mut stone = None;
        if deletion.what == Deleted::Record {
            let row = self.find(id)?.filter(|row| !row.damaged).ok_or(VaultError::UnknownRecord)?;
            event = event.with("sha256", &row.sha256).with("counter", row.counter).with("epoch", row.epoch);
            event = event.with("state", row.state);
            let bytes = Tombstone::new(&row, deletion, change, now, &self.keys()?.station)?.to_bytes()?;
            stone = Some((self.layout().gone(id), bytes));
        }
        if deletion.what == Deleted::CardProof {
            let (number, path, bytes) = self.stone_for_proof(deletion, change, now)?;
            event = event.with("number", number);
            stone = Some((path, bytes));
        }
        let marker = format!("retention {} {change}\n", deletion.what.event());
        let io = |e| VaultError::io(WHAT, e);
        self.files().write_durable(&self.layout().pending_of(id), marker.as_bytes()).map_err(io)?;
        if let Some((path, bytes)) = stone {
            self.files().write_durable(&path, &bytes).map_err(io)?;
        }
        self.append_audit(&event, now)?;
        self.finish_deletion(deletion.what, id)
    }

    /// Removes the files; missing ones are fine.
    fn finish_deletion(&mut self, what: Deleted, id: Uuid) -> Result<(), VaultError> {
        let io = |e| VaultError::io(WHAT, e);
        match what {
            Deleted::Record => {
                self.files().remove_durable(&self.layout().payload(id)).map_err(io)?;
                self.put_row_from_files(id)?;
            }
            Deleted::Draft => self.remove_draft(id)?,
            Deleted::Health => {
                self.files().remove_durable(&self.layout().step(id, HEALTH_STEP)).map_err(io)?;
                if self.steps_of(id)?.is_empty() {
                    self.remove_draft(id)?;
                }
            }
            Deleted::Document => self.remove_unprinted(id)?,
            Deleted::CardProof => self.cut_proof(id)?,
            Deleted::Extract | Deleted::DuplicateMark => {}
        }
        Ok(())
    }

    /// Writes an extract anew without name, birth date, templates, picture and token, or without the keyed hashes.
    /// What the record's way needs (state, receipt, notes of cards) stays.
    fn forget(&mut self, deletion: &Deletion, now: DateTime<Utc>) -> Result<(), VaultError> {
        let (mut head, extract) = self.read_local(deletion.id)?;
        let mut kept = extract;
        match deletion.what {
            Deleted::Extract => {
                head.bare = true;
                kept = extract::bare(&kept);
            }
            _ => (head.nik_hash, head.family_hash) = (String::new(), String::new()),
        }
        let change = Uuid::now_v7();
        let bytes = extract::encode(self.keys()?, self.config().vault, &head, &kept)?;
        self.replace_local(deletion.id, change, &bytes, &event_of(deletion, change), now).map(|_| ())
    }

    /// Deals with a deletion that was under way: completed where the audit has it, undone otherwise.
    pub(super) fn recover_deletion(
        &mut self,
        id: Uuid,
        marker: &[u8],
        audited: impl Fn(&str) -> bool,
    ) -> Result<(), VaultError> {
        // A marker that cannot be read was torn before anything else was done.
        if let Some((what, change)) = parse_marker(marker) {
            if audited(change) {
                self.finish_deletion(what, id)?;
            } else if what == Deleted::Record {
                self.files().remove_durable(&self.layout().gone(id)).map_err(|e| VaultError::io(WHAT, e))?;
                self.put_row_from_files(id)?;
            } else if what == Deleted::CardProof {
                self.keep_proof(id)?;
            }
        }
        self.remove_marker(id)
    }
}

fn event_of(deletion: &Deletion, change: Uuid) -> AuditEvent {
    let stamp = |t: DateTime<Utc>| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    AuditEvent::new(deletion.what.event())
        .with(deletion.what.subject(), deletion.id)
        .with("reason", deletion.reason)
        .with("rule", deletion.rule)
        .with("since", stamp(deletion.since))
        .with("due", stamp(deletion.due))
        .with("change", change)
}

fn parse_marker(bytes: &[u8]) -> Option<(Deleted, &str)> {
    let text = std::str::from_utf8(bytes.strip_prefix(MARKER)?).ok()?;
    let (event, change) = text.trim_end().strip_prefix(' ')?.split_once(' ')?;
    Some((Deleted::ALL.into_iter().find(|what| what.event() == event)?, change))
}

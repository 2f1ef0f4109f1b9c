//! How long things are kept: facts in, what is to be deleted and why out. Pure; [`super::deletions`] does it.
//!
//! A payload goes only when the centre is known to have the record, or a verified receipt names at least two stores,
//! **and** its time has passed since; a record whose case is open at the centre stays, whatever its age. The named
//! extract goes by its own time, the keyed hashes by theirs. Header, row and tombstone stay for good: they hold no
//! personal data, and check, rebuild and counters need them.

use chrono::{DateTime, TimeDelta, Utc};
use record::schema::RecordState;
use serde::Serialize;
use uuid::Uuid;

use super::index::QueueRow;

/// Stores that a receipt must name.
pub const REPLICAS_MIN: usize = 2;
const RECORD_EVENT: &str = "record-deleted";
const EXTRACT_EVENT: &str = "extract-expired";
const DUPLICATE_MARK_EVENT: &str = "duplicate-mark-expired";
const DRAFT_EVENT: &str = "draft-expired";
const HEALTH_EVENT: &str = "health-expired";
const DOCUMENT_EVENT: &str = "document-expired";
const CARD_PROOF_EVENT: &str = "card-proof-expired";

/// How long what is kept, by policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionTimes {
    /// Days of health data in open sessions.
    pub health_days: u32,
    /// Days of an open session, from its last step on.
    pub draft_days: u32,
    /// Days of a payload, from when the centre or two stores are known to have it.
    pub sent_days: u32,
    /// Days of an extract, from the sealing on; what was promised at the sealing is never made longer.
    pub extract_days: u32,
    /// Days of the keyed hashes, from the sealing on; 0: they go with the extract.
    pub duplicate_days: u32,
    /// Days of a document that was not printed.
    pub unprinted_days: u32,
    /// Days of the proof of a handover, from the handover on.
    pub card_proof_days: u32,
    /// Years that no segment of the audit may be moved away.
    pub audit_years: u32,
}

/// What is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deleted {
    /// The sealed payload of a record.
    Record,
    /// Name, birth date, templates and picture in the extract of a record.
    Extract,
    /// The keyed hashes of NIK and family.
    DuplicateMark,
    /// An open session.
    Draft,
    /// The health step of an open session.
    Health,
    /// A document that was not printed.
    Document,
    /// The proof of a handover; its row in the ledger stays.
    CardProof,
}

impl Deleted {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Record,
        Self::Extract,
        Self::DuplicateMark,
        Self::Draft,
        Self::Health,
        Self::Document,
        Self::CardProof,
    ];

    /// Event in the audit.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Record => RECORD_EVENT,
            Self::Extract => EXTRACT_EVENT,
            Self::DuplicateMark => DUPLICATE_MARK_EVENT,
            Self::Draft => DRAFT_EVENT,
            Self::Health => HEALTH_EVENT,
            Self::Document => DOCUMENT_EVENT,
            Self::CardProof => CARD_PROOF_EVENT,
        }
    }
    /// What the id in the audit line is of.
    #[must_use]
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Record | Self::Extract | Self::DuplicateMark => "record",
            Self::Draft | Self::Health => "draft",
            Self::Document => "document",
            Self::CardProof => "row",
        }
    }
    /// Key of the policy's table `[retention]` that it goes by.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Record => "sent_days",
            Self::Extract => "extract_days",
            Self::DuplicateMark => "duplicate_days",
            Self::Draft => "draft_days",
            Self::Health => "health_days",
            Self::Document => "unprinted_days",
            Self::CardProof => "card_proof_days",
        }
    }
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deletion {
    /// What.
    pub what: Deleted,
    /// Record, session, document or row of the ledger of cards.
    pub id: Uuid,
    /// Stable reason: `received-at-central`, `two-replicas`, `expired`.
    pub reason: &'static str,
    /// Key of the policy.
    pub rule: &'static str,
    /// From when the time counts.
    pub since: DateTime<Utc>,
    /// When it was over.
    pub due: DateTime<Utc>,
}

impl Deletion {
    fn new(what: Deleted, id: Uuid, reason: &'static str, since: DateTime<Utc>, due: DateTime<Utc>) -> Self {
        Self { what, id, reason, rule: what.rule(), since, due }
    }
}

/// Why an old payload stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Nobody is known to have it: it is not sent, or only one store has it.
    NotSafe,
    /// The centre examines it, or has found something: the file may be asked for again.
    CaseOpen,
    /// The centre has it, since when is not known.
    TimeUnknown,
    /// Its time has not passed.
    Young,
}

/// What is known of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFacts {
    /// Record.
    pub id: Uuid,
    /// State.
    pub state: RecordState,
    /// When it was sealed.
    pub created: DateTime<Utc>,
    /// When its state came about.
    pub state_at: Option<DateTime<Utc>>,
    /// A verified receipt: stores that it names, and its time.
    pub receipt: Option<(usize, DateTime<Utc>)>,
    /// When the extract expires; none when that is done.
    pub extract_expires: Option<DateTime<Utc>>,
    /// It has keyed hashes.
    pub has_hashes: bool,
    /// The payload is gone already.
    pub gone: bool,
}

/// `time` and so many days more; a day that no calendar has never comes.
fn after(time: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    time.checked_add_signed(TimeDelta::days(i64::from(days))).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The centre has the record and asks for nothing more.
const fn is_with_centre(state: RecordState) -> bool {
    matches!(
        state,
        RecordState::ReceivedAtCentral
            | RecordState::SentForDedup
            | RecordState::PrintReadyRecord
            | RecordState::SentForCardPrinting
            | RecordState::CardPrinted
            | RecordState::CardIssued
    )
}

const fn has_open_case(state: RecordState) -> bool {
    matches!(
        state,
        RecordState::EnrollFailureAtCentral
            | RecordState::EnrollFailureAtRegional
            | RecordState::SearchFailureAtCentral
            | RecordState::AdjudicateRecord
            | RecordState::RequestValidation
            | RecordState::DuplicateRecord
    )
}

/// Whether a payload may go.
///
/// # Errors
/// Why it stays.
pub fn decide_payload(
    record: &RecordFacts,
    times: &RetentionTimes,
    now: DateTime<Utc>,
) -> Result<Deletion, Held> {
    if has_open_case(record.state) {
        return Err(Held::CaseOpen);
    }
    let central = is_with_centre(record.state);
    let by_centre = record.state_at.filter(|_| central).map(|at| (at, "received-at-central"));
    let unsent = matches!(record.state, RecordState::BioCaptured | RecordState::Processing);
    let stores = record.receipt.filter(|(replicas, _)| *replicas >= REPLICAS_MIN && !unsent);
    let by_receipt = stores.map(|(_, at)| (at, "two-replicas"));
    // Either is enough, so the earlier one counts.
    let Some((since, reason)) = by_centre.into_iter().chain(by_receipt).min() else {
        return Err(if central { Held::TimeUnknown } else { Held::NotSafe });
    };
    // A time before the record itself is somebody's wrong clock.
    let since = since.max(record.created);
    let due = after(since, times.sent_days);
    if now < due {
        return Err(Held::Young);
    }
    Ok(Deletion::new(Deleted::Record, record.id, reason, since, due))
}

/// What of a record is due.
#[must_use]
pub fn decide_record(record: &RecordFacts, times: &RetentionTimes, now: DateTime<Utc>) -> Vec<Deletion> {
    let mut due = Vec::new();
    if !record.gone {
        due.extend(decide_payload(record, times, now));
    }
    let (id, since) = (record.id, record.created);
    let mut named = record.extract_expires.is_some();
    if let Some(expires) = record.extract_expires {
        let over = expires.min(after(since, times.extract_days));
        if over <= now {
            due.push(Deletion::new(Deleted::Extract, id, "expired", since, over));
            named = false;
        }
    }
    let over = after(since, times.duplicate_days);
    if record.has_hashes && !named && over <= now {
        due.push(Deletion::new(Deleted::DuplicateMark, id, "expired", since, over));
    }
    due
}

/// True when the row alone says that something of the record may be due: only then its extract is read.
#[must_use]
pub fn may_be_due(row: &QueueRow, times: &RetentionTimes, now: DateTime<Utc>) -> bool {
    let old = |days| after(row.created, days) <= now;
    let payload = row.gone.is_none() && !row.is_unsent() && old(times.sent_days);
    let extract = row.expires.is_some_and(|at| at <= now || old(times.extract_days));
    let hashes = row.expires.is_none() && !row.nik_hash.is_empty() && old(times.duplicate_days);
    !row.damaged && (payload || extract || hashes)
}

/// When an open session is discarded.
#[must_use]
pub fn draft_expires(updated: DateTime<Utc>, draft_days: u32) -> DateTime<Utc> {
    after(updated, draft_days)
}

/// What of an open session is due: all of it, or its health step. `health` is when that was kept.
#[must_use]
pub fn decide_draft(
    id: Uuid,
    updated: DateTime<Utc>,
    health: Option<DateTime<Utc>>,
    times: &RetentionTimes,
    now: DateTime<Utc>,
) -> Option<Deletion> {
    let due = draft_expires(updated, times.draft_days);
    if due <= now {
        return Some(Deletion::new(Deleted::Draft, id, "expired", updated, due));
    }
    let kept = health?;
    let due = after(kept, times.health_days);
    (due <= now).then(|| Deletion::new(Deleted::Health, id, "expired", kept, due))
}

/// Whether a document that was not printed is due.
#[must_use]
pub fn decide_document(
    id: Uuid,
    made: DateTime<Utc>,
    expires: DateTime<Utc>,
    times: &RetentionTimes,
    now: DateTime<Utc>,
) -> Option<Deletion> {
    let due = expires.min(after(made, times.unprinted_days));
    (due <= now).then(|| Deletion::new(Deleted::Document, id, "expired", made, due))
}

/// Whether the proof of a handover is due.
#[must_use]
pub fn decide_card_proof(
    id: Uuid,
    at: DateTime<Utc>,
    times: &RetentionTimes,
    now: DateTime<Utc>,
) -> Option<Deletion> {
    let due = after(at, times.card_proof_days);
    (due <= now).then(|| Deletion::new(Deleted::CardProof, id, "expired", at, due))
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod tests;

//! States of records that come from the centre as a file: `record_id,state,at`, one line for each record.
//!
//! Each line is checked alone: a bad one is told by its number and changes nothing, the others count. States only go
//! forward, and so do their times; a line that says what is known already changes nothing.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use record::schema::RecordState;
use serde::Serialize;
use uuid::Uuid;

use super::audit::AuditEvent;
use super::error::VaultError;
use super::{OfficerKeys, Vault};

/// Largest file, in bytes.
pub const STATES_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most lines that are read.
const LINES_MAX: usize = 200_000;
/// How far a time may be ahead of the station's clock.
const AHEAD_S: i64 = 300;
const COLUMNS: [&str; 3] = ["record_id", "state", "at"];

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLine {
    /// Line in the file, from 1.
    pub line: u64,
    /// Record.
    pub id: Uuid,
    /// State.
    pub state: RecordState,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}: {code} {what}")]
pub struct StateError {
    /// Line in the file, from 1.
    pub line: u64,
    /// `STA-01` the file, `STA-02` the line's form, `STA-03` record id, `STA-04` state, `STA-05` time, `STA-06` no such
    /// record here, `STA-07` the state would go back, `STA-08` a state that only the station itself gives, `STA-09` not
    /// kept.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub what: String,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StatesReport {
    /// Records whose state changed.
    pub changed: usize,
    /// Lines that said what was known.
    pub unchanged: usize,
    /// Lines that were not taken.
    pub errors: Vec<StateError>,
}

fn bad(line: u64, code: &'static str, what: impl Into<String>) -> StateError {
    StateError { line, code, what: what.into() }
}

/// How far a record has come; the branches of the centre's examination are one stage.
pub(super) const fn stage(state: RecordState) -> u8 {
    use RecordState as R;
    match state {
        R::BioCaptured => 0,
        R::Processing => 1,
        R::SentForEnrollment => 2,
        R::ReceivedAtCentral => 3,
        R::EnrollFailureAtCentral
        | R::EnrollFailureAtRegional
        | R::SearchFailureAtCentral
        | R::SentForDedup
        | R::AdjudicateRecord
        | R::RequestValidation
        | R::DuplicateRecord => 4,
        R::PrintReadyRecord => 5,
        R::SentForCardPrinting => 6,
        R::CardPrinted => 7,
        R::CardIssued => 8,
    }
}

/// True when a record may come from one state to the other: forward, or between branches of the centre's examination.
#[must_use]
pub fn may_follow(from: RecordState, to: RecordState) -> bool {
    let (a, b) = (stage(from), stage(to));
    from != to && (b > a || (a == 4 && b == 4))
}

/// Reads the file. Columns by their names in the first line, in any order; comma or semicolon; other columns are left
/// alone. Every bad line is told.
#[must_use]
pub fn read_states(bytes: &[u8]) -> (Vec<StateLine>, Vec<StateError>) {
    let file = |what: &str| (Vec::new(), vec![bad(1, "STA-01", what)]);
    if bytes.len() > STATES_MAX_BYTES {
        return file("the file has more than 16 MiB; split it");
    }
    let Ok(text) = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) else {
        return file("the file is not UTF-8; export it as CSV UTF-8");
    };
    // The reader takes a lone carriage return for an end of line, but does not count it as one.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.contains(';') { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let Ok(names) = reader.headers().cloned() else {
        return file("the first line cannot be read; it must name record_id,state,at");
    };
    let column = |name: &str| names.iter().position(|n| n.trim().eq_ignore_ascii_case(name));
    let [Some(id), Some(state), Some(at)] = COLUMNS.map(column) else {
        return file("the first line must name record_id,state,at");
    };
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for (n, row) in reader.records().enumerate() {
        if n >= LINES_MAX {
            errors.push(bad(n as u64 + 2, "STA-01", "more than 200000 lines; split the file"));
            break;
        }
        match row {
            Err(e) => {
                let line = e.position().map_or(0, csv::Position::line);
                errors.push(bad(line, "STA-02", "the line cannot be read; check its quotes"));
            }
            Ok(row) => {
                let line = row.position().map_or(0, csv::Position::line);
                let field = |at: usize| row.get(at).map(str::trim).unwrap_or_default();
                match state_line(line, field(id), field(state), field(at)) {
                    Ok(read) => lines.push(read),
                    Err(error) => errors.push(error),
                }
            }
        }
    }
    (lines, errors)
}

fn state_line(line: u64, id: &str, state: &str, at: &str) -> Result<StateLine, StateError> {
    // Only the hyphenated form is what exports hold; braces, URNs and bare hex are other people's numbers.
    let id = Uuid::parse_str(id).ok().filter(|_| id.len() == 36);
    let id = id.ok_or_else(|| bad(line, "STA-03", "record_id is not the id of a record"))?;
    let state = RecordState::from_id(&state.to_ascii_uppercase()).ok_or_else(|| {
        bad(line, "STA-04", "the state is not one that records have; see the manual's list")
    })?;
    if stage(state) < stage(RecordState::ReceivedAtCentral) {
        return Err(bad(line, "STA-08", format!("{state} is given by the station itself, never by a file")));
    }
    let at = DateTime::parse_from_rfc3339(at)
        .map_err(|_| bad(line, "STA-05", "at is not a time as 2026-11-28T04:00:00+07:00"))?;
    Ok(StateLine { line, id, state, at: at.with_timezone(&Utc) })
}

impl Vault {
    /// Takes over states from a file that was read by [`read_states`]. Each change is durable and has its own line in
    /// the audit; the import has one more.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::ClockBack`], or the audit's own disk error at the end. What is wrong with
    /// a line, also a disk error, is in the report.
    pub fn import_states(
        &mut self,
        (lines, errors): (Vec<StateLine>, Vec<StateError>),
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<StatesReport, VaultError> {
        self.keys()?;
        self.check_clock(now)?;
        self.recover_changes(now)?;
        let mut report = StatesReport { errors, ..StatesReport::default() };
        let mut touched = BTreeSet::new();
        for line in lines {
            match self.take_state(&line, now) {
                Ok(true) => drop(touched.insert(line.id)),
                Ok(false) => report.unchanged += 1,
                Err(error) => report.errors.push(error),
            }
        }
        report.changed = touched.len();
        report.errors.sort_by_key(|e| e.line);
        let event = AuditEvent::new("states-imported")
            .by(by.officer.id)
            .with("changed", report.changed)
            .with("unchanged", report.unchanged)
            .with("refused", report.errors.len());
        self.append_audit(&event, now)?;
        // So many changes at once are what makes the index grow; the changes themselves are durable.
        if let Err(error) = self.compact_if_due(now) {
            tracing::warn!(code = error.code(), "the index could not be compacted");
        }
        Ok(report)
    }

    fn take_state(&mut self, line: &StateLine, now: DateTime<Utc>) -> Result<bool, StateError> {
        let n = line.line;
        let kept = |e: VaultError| match e {
            VaultError::UnknownRecord => {
                bad(n, "STA-06", "no such record here; import it where it was recorded")
            }
            other => bad(n, "STA-09", other.to_string()),
        };
        let (head, mut extract) = self.read_local(line.id).map_err(kept)?;
        if head.state == line.state {
            return Ok(false);
        }
        if !may_follow(head.state, line.state) {
            let what = format!("{} would go back to {}; the newer one stays", head.state, line.state);
            return Err(bad(n, "STA-07", what));
        }
        if line.at > now + TimeDelta::seconds(AHEAD_S) {
            return Err(bad(n, "STA-05", "at lies in the future; check the clocks"));
        }
        // A record that seems to be of tomorrow was dated by a clock that was ahead.
        let dated_rightly = head.created <= now + TimeDelta::seconds(AHEAD_S);
        if (line.at < head.created && dated_rightly) || extract.state_at.is_some_and(|last| line.at < last) {
            return Err(bad(n, "STA-05", "at lies before what is known of the record already"));
        }
        extract.state_at = Some(line.at);
        self.put_state(line.id, head, extract, line.state, now).map_err(kept).map(|_| true)
    }
}

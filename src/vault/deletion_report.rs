//! What was deleted, when and why: read from the audit, which holds a line for each deletion.

use chrono::{DateTime, TimeDelta, Utc};

use super::AuditBreak;
use super::Vault;
use super::audit::{self, AuditLine};
use super::error::VaultError;
use super::retention::{Deleted, RetentionTimes};

/// True for an event of a deletion, by the rules of keeping or by an officer.
fn is_deletion(event: &str) -> bool {
    event == "draft-discarded" || Deleted::ALL.iter().any(|what| what.event() == event)
}

/// Days of a year, leap years counted in: the audit is rather kept a day longer.
const YEAR_DAYS: i64 = 366;

/// Deletions of a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletions {
    /// Their lines, oldest first.
    pub lines: Vec<AuditLine>,
    /// Segments of the audit that are archived: what they tell is not among the lines.
    pub archived: u64,
    /// Where the audit's chain breaks: from there on nothing can be vouched for.
    pub broken: Option<AuditBreak>,
}

impl Vault {
    /// What was deleted from `from` (included) to `to` (excluded).
    ///
    /// # Errors
    /// The disk's.
    pub fn deletions(
        &self,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
    ) -> Result<Deletions, VaultError> {
        let report = self.verify_audit()?;
        let mut lines = Vec::new();
        audit::each_segment(self.files(), &self.layout().audit(), |_, segment| {
            let read = segment.iter().filter_map(|line| serde_json::from_slice::<AuditLine>(line).ok());
            let within = read.filter(|line| {
                from.is_none_or(|from| line.time >= from) && to.is_none_or(|to| line.time < to)
            });
            lines.extend(within.filter(|line| is_deletion(&line.event)));
        })?;
        Ok(Deletions { lines, archived: report.archived, broken: report.broken })
    }

    /// Time of the first line of the audit that is not a script's.
    pub(super) fn made(&self) -> Result<Option<DateTime<Utc>>, VaultError> {
        if let Some(stub) = super::archive::stub(self.files(), &self.layout().audit(), self.config().vault)? {
            return Ok(stub.began);
        }
        for number in audit::segments(self.files(), &self.layout().audit())? {
            let bytes = audit::read_segment(self.files(), &self.layout().audit(), number)?;
            let mut read = audit::whole_lines(&bytes).0.into_iter();
            let first = read.find_map(|line| {
                serde_json::from_slice::<AuditLine>(line).ok().filter(|line| !line.simulated)
            });
            if first.is_some() {
                return Ok(first.map(|line| line.time));
            }
        }
        Ok(None)
    }

    /// Segments of the audit whose last line is older than the years that it must stay: these may be moved to an
    /// archive. Nothing here removes them. The last segment is never among them.
    ///
    /// # Errors
    /// The disk's.
    pub fn archivable_segments(
        &self,
        times: &RetentionTimes,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>, VaultError> {
        let years = TimeDelta::days(YEAR_DAYS * i64::from(times.audit_years));
        let mut ends = Vec::new();
        audit::each_segment(self.files(), &self.layout().audit(), |name, segment| {
            let last = segment.last().and_then(|line| serde_json::from_slice::<AuditLine>(line).ok());
            ends.push((name.to_owned(), last.map(|line| line.time)));
        })?;
        ends.pop();
        let old = |end: &Option<DateTime<Utc>>| end.is_some_and(|end| now - end > years);
        // Only from the beginning on: a chain with a hole cannot be checked.
        Ok(ends.into_iter().take_while(|(_, end)| old(end)).map(|(name, _)| name).collect())
    }
}

//! What was deleted, when and why: read from the audit, which holds a line for each deletion.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

use super::AuditBreak;
use super::Vault;
use super::audit::{self, AuditLine};
use super::error::VaultError;
use super::retention::{Deleted, RetentionTimes};
use super::{archive, audit_walk};

/// True for an event of a deletion, by the rules of keeping or by an officer.
fn is_deletion(event: &str) -> bool {
    event == "draft-discarded" || Deleted::ALL.iter().any(|what| what.event() == event)
}

/// Days of a year, leap years counted in: the audit is rather kept a day longer.
const YEAR_DAYS: i64 = 366;

/// Segments of the audit that end before this may go to an archive by the policy.
#[must_use]
pub fn archivable_before(times: &RetentionTimes, now: DateTime<Utc>) -> DateTime<Utc> {
    let years = TimeDelta::days(YEAR_DAYS * i64::from(times.audit_years));
    now.checked_sub_signed(years).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Deletions of a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletions {
    /// Their lines, oldest first.
    pub lines: Vec<AuditLine>,
    /// Segments of the audit that are archived and were not read: what they tell is not among the lines.
    pub archived: u64,
    /// Where the audit's chain breaks: from there on nothing can be vouched for.
    pub broken: Option<AuditBreak>,
}

impl Vault {
    /// What was deleted from `from` (included) to `to` (excluded). Archived segments are read too where `archives` names
    /// the folders that hold them; one that is missing there is told as a break of the chain.
    ///
    /// # Errors
    /// The disk's.
    pub fn deletions(
        &self,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
        archives: &[PathBuf],
    ) -> Result<Deletions, VaultError> {
        let (files, folder, vault) = (self.files(), self.layout().audit(), self.config().vault);
        let report = audit_walk::walk(files, &folder, vault, &self.expectations(&[], archives)?)?.0;
        let mut lines = Vec::new();
        let mut take = |segment: &[&[u8]]| {
            let read = segment.iter().filter_map(|line| serde_json::from_slice::<AuditLine>(line).ok());
            let within = read.filter(|line| {
                from.is_none_or(|from| line.time >= from) && to.is_none_or(|to| line.time < to)
            });
            lines.extend(within.filter(|line| is_deletion(&line.event)));
        };
        let archived = archive::stub(files, &folder, vault)?.map_or(0, |stub| stub.segments);
        for number in (1..=archived).take_while(|_| !archives.is_empty()) {
            // Where it is missing the walk has said so.
            if let Some(bytes) = archive::read_segment(files, archives, vault, number)? {
                take(&audit::whole_lines(&bytes).0);
            }
        }
        audit::each_segment(files, &folder, |_, segment| take(segment))?;
        Ok(Deletions { lines, archived: report.archived, broken: report.broken })
    }

    /// Time of the first line of the audit that is not a script's.
    pub(super) fn made(&self) -> Result<Option<DateTime<Utc>>, VaultError> {
        if let Some(stub) = archive::stub(self.files(), &self.layout().audit(), self.config().vault)? {
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
        let old = self.ended_before(archivable_before(times, now))?;
        Ok(old.into_iter().map(audit::segment_name).collect())
    }

    /// Numbers of the segments whose last line is older, the last segment apart.
    pub(super) fn ended_before(&self, before: DateTime<Utc>) -> Result<Vec<u64>, VaultError> {
        let (files, folder) = (self.files(), self.layout().audit());
        let mut numbers = audit::segments(files, &folder)?;
        numbers.pop();
        let mut ended = Vec::new();
        // Only from the beginning on: a chain with a hole cannot be checked.
        for number in numbers {
            let bytes = audit::read_segment(files, &folder, number)?;
            let last = audit::whole_lines(&bytes).0.pop();
            let last = last.and_then(|line| serde_json::from_slice::<AuditLine>(line).ok());
            if last.is_none_or(|line| line.time >= before) {
                break;
            }
            ended.push(number);
        }
        Ok(ended)
    }
}

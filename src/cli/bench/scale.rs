//! The queue at scale: a hundred thousand records, and what sled's files grow to over many changes of states.

use std::path::Path;
use std::time::Instant;

use chrono::TimeDelta;
use record::schema::RecordState;
use rekam::runtime::clock::{Clock, SystemClock};
use rekam::vault::{OfficerKeys, QueueFilter, Vault};
use serde::Serialize;

use super::super::CliError;
use super::store::{open, ready};
use super::{Measured, timed};

/// One record in so many is sent.
const SENT: u64 = 10;
/// Records lie so far apart: a hundred thousand are some 70 days.
const APART_S: i64 = 60;
/// A page of the window.
const PAGE: usize = 50;
/// Changes of states between two looks at the size of the index.
const STRIDE: u64 = 5_000;

/// Memory and disk, beside the times.
#[derive(Debug, Serialize)]
pub(super) struct Scale {
    /// Records.
    rows: u64,
    /// Resident memory before and after the vault was opened, in MB.
    rss_before_mb: f64,
    rss_after_mb: f64,
    /// Bytes of the index after all rows were made.
    index_bytes: u64,
    /// Milliseconds for making all rows from the files.
    rebuild_ms: f64,
    /// Changes of states and bytes of the index after them.
    growth: Vec<(u64, u64)>,
    /// Bytes of the index after it was written anew, and how long that took.
    compacted_bytes: u64,
    compaction_ms: f64,
}

/// Resident memory of this process in MB (VmRSS of proc(5)), 0 where it is not told.
fn rss_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).and_then(|l| l.split_whitespace().next());
    kb.and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn line(what: &'static str, budget: f64, samples: Vec<f64>) -> Measured {
    Measured { what, budget, unit: "ms", samples }
}

fn questions(rounds: u32, vault: &Vault, nik: &str) -> Result<Vec<Measured>, CliError> {
    let page = |skip| QueueFilter { skip, limit: PAGE, ..QueueFilter::default() };
    let now = SystemClock.now();
    let month = (now - TimeDelta::days(40), now - TimeDelta::days(10));
    let by_state =
        QueueFilter { state: Some(RecordState::SentForEnrollment), limit: PAGE, ..QueueFilter::default() };
    let by_day = QueueFilter {
        from: Some(now - TimeDelta::days(8)),
        to: Some(now - TimeDelta::days(7)),
        ..QueueFilter::default()
    };
    let both = QueueFilter { from: Some(month.0), to: Some(month.1), limit: usize::MAX, ..by_state.clone() };
    Ok(vec![
        line("queue: first page", 50.0, timed(rounds, || Ok(vault.search(&page(0))?.len()))?),
        line("queue: page 1 000", 50.0, timed(rounds, || Ok(vault.search(&page(999 * PAGE))?.len()))?),
        line("queue: first page of a state", 50.0, timed(rounds, || Ok(vault.search(&by_state)?.len()))?),
        line("queue: one day, all rows", 50.0, timed(rounds, || Ok(vault.search(&by_day)?.len()))?),
        line(
            "queue: a state over 30 days, all rows",
            500.0,
            timed(rounds, || Ok(vault.search(&both)?.len()))?,
        ),
        line("queue: by NIK", 50.0, timed(rounds, || Ok(vault.find_nik(nik)?.is_some()))?),
    ])
}

/// Changes states of records to and fro, as an import does; the size of the index now and then.
fn grow(vault: &mut Vault, changes: u64) -> Result<Vec<(u64, u64)>, CliError> {
    let rows = vault.search(&QueueFilter { limit: 1_000, ..QueueFilter::default() })?;
    let mut sizes = vec![(0, vault.index_size()?.0)];
    let states = [RecordState::ReceivedAtCentral, RecordState::PrintReadyRecord];
    for change in 0..changes {
        let at = usize::try_from(change).unwrap_or(0);
        let (Some(row), Some(state)) =
            (rows.get(at % rows.len().max(1)), states.get(at / rows.len().max(1) % 2))
        else {
            break;
        };
        vault.set_state(row.id, *state, None, SystemClock.now())?;
        if (change + 1) % STRIDE == 0 {
            sizes.push((change + 1, vault.index_size()?.0));
        }
    }
    Ok(sizes)
}

/// Everything about `rows` records.
pub(super) fn scale(
    rounds: u32,
    rows: u64,
    changes: u64,
    folder: &Path,
) -> Result<(Vec<Measured>, Scale), CliError> {
    let (mut vault, operator): (Vault, OfficerKeys) = ready(folder)?;
    let nik = rekam::vault::crowd::input(rows / 2, SystemClock.now()).nik;
    vault.crowd_rows(rows, SENT, TimeDelta::seconds(APART_S), &operator, SystemClock.now())?;
    drop(vault);
    // The first open takes them into the index.
    let begun = Instant::now();
    drop(open(folder)?);
    let rebuild_ms = begun.elapsed().as_secs_f64() * 1e3;
    let rss_before_mb = rss_mb();
    let samples = timed(rounds, || {
        let vault = open(folder)?;
        Ok(vault.queue_page(None, PAGE)?.len())
    })?;
    let mut lines = vec![line("vault with many records: open, first page", 3_000.0, samples)];
    let mut vault = open(folder)?;
    vault.unlock(operator.officer.id, rekam::vault::TRAINING_OFFICERS[1].2, SystemClock.now())?;
    lines.extend(questions(rounds, &vault, &nik)?);
    let rss_after_mb = rss_mb();
    let index_bytes = vault.index_size()?.0;
    let growth = grow(&mut vault, changes)?;
    let begun = Instant::now();
    let report = vault.compact(SystemClock.now())?;
    let scale = Scale {
        rows,
        rss_before_mb,
        rss_after_mb,
        index_bytes,
        rebuild_ms,
        growth,
        compacted_bytes: report.after_bytes,
        compaction_ms: begun.elapsed().as_secs_f64() * 1e3,
    };
    Ok((lines, scale))
}

impl Scale {
    /// The lines under the table.
    pub(super) fn words(&self) -> Vec<String> {
        let mb = |bytes: u64| bytes as f64 / 1e6;
        let mut words = vec![format!(
            "{} records: memory {:.0} MB before, {:.0} MB after opening and searching; index {:.1} MB; all rows \
                 made from the files in {:.1} s",
            self.rows,
            self.rss_before_mb,
            self.rss_after_mb,
            mb(self.index_bytes),
            self.rebuild_ms / 1e3
        )];
        for (changes, bytes) in &self.growth {
            words.push(format!("index after {changes} changes of states: {:.1} MB", mb(*bytes)));
        }
        let (after, ms) = (mb(self.compacted_bytes), self.compaction_ms);
        words.push(format!("index written anew: {after:.1} MB in {ms:.0} ms"));
        words
    }
}

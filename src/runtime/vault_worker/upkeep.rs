//! Looking after the station: its limits, the trial seal, and deleting what is due, a little between two jobs.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::VaultWorker;
use crate::runtime::error;
use crate::runtime::limits::{StoreFacts, Trouble};
use crate::runtime::lookout;
use crate::runtime::vault_jobs::VaultAnswer;
use crate::runtime::workers::Answer;
use crate::vault::{Deletion, QueueRow, RetentionReport, RetentionTimes, VaultError};

/// Records whose extract is looked at between two jobs.
const LOOK_AT_ONCE: usize = 10;
/// Most deletions of one run; the rest is left for the next.
const DELETE_MOST: usize = 200;

/// What a look found.
pub(in crate::runtime) struct Look {
    pub(in crate::runtime) store: Result<StoreFacts, Trouble>,
    /// None where no trial was made.
    pub(in crate::runtime) trial: Option<Result<(), Trouble>>,
}

impl Look {
    /// A look that was not made: the worker had too much to do, or crashed.
    pub(in crate::runtime) fn failed() -> Self {
        let message = "runtime-worker-busy".to_owned();
        Self { store: Err(Trouble { message, code: error::WORKER_BUSY.to_owned() }), trial: None }
    }
}

/// A run of deletions that is under way.
pub(super) struct HouseKeeping {
    times: RetentionTimes,
    now: DateTime<Utc>,
    rows: Vec<QueueRow>,
    due: Vec<Deletion>,
    left_to_delete: usize,
    report: RetentionReport,
}

impl VaultWorker {
    /// Looks at disk, queue and clock; with `trial` also whether a record could be sealed now.
    pub(super) fn look(&mut self, trial: bool, now: DateTime<Utc>) -> Look {
        let store = lookout::store_facts(&self.vault, now);
        let trial = match &self.operator {
            Some(officer) if trial => Some(lookout::trial(&self.vault, officer, now)),
            _ => None,
        };
        // A record is sealed only when its audit can be written.
        let owed = trial.as_ref().is_some_and(Result::is_ok).then(|| self.write_owed());
        let trial = match owed {
            Some(Err(error)) => Some(Err(Trouble::from(&error))),
            _ => trial,
        };
        Look { store, trial }
    }

    /// Begins a run of deletions; it goes on between the jobs that follow.
    pub(super) fn begin_house_keeping(
        &mut self,
        times: RetentionTimes,
        in_use: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.house = None;
        if self.operator.is_none() || self.vault.is_clock_far_ahead(now) {
            return Ok(());
        }
        self.vault.check_clock(now)?;
        let due = self.vault.due_beside_records(&times, in_use, now)?;
        let rows = self.vault.rows_to_look_at(&times, now)?;
        let report = RetentionReport::default();
        self.house = Some(HouseKeeping { times, now, rows, due, left_to_delete: DELETE_MOST, report });
        Ok(())
    }

    /// An open session that somebody goes on with is not discarded by the run that is under way.
    pub(super) fn spare(&mut self, session: Uuid) {
        if let Some(house) = &mut self.house {
            house.due.retain(|deletion| deletion.id != session);
        }
    }

    /// True while a run is under way.
    pub(super) fn keeps_house(&self) -> bool {
        self.house.is_some()
    }

    /// The next few of a run: one deletion, or a look at a few records.
    pub(super) fn keep_house(&mut self) {
        let Some(mut house) = self.house.take() else { return };
        if let Some(deletion) = house.due.pop() {
            if house.left_to_delete == 0 {
                house.report.left += 1;
            } else {
                house.left_to_delete -= 1;
                let mut one = self.vault.run_retention(vec![deletion], 1, self.vault.not_before(house.now));
                house.report.deleted.append(&mut one.deleted);
                if !one.failed.is_empty() {
                    // A disk that refuses once will refuse again: the rest is for the next run.
                    house.report.failed.append(&mut one.failed);
                    return self.end_house_keeping(house);
                }
            }
        } else if house.rows.is_empty() || house.left_to_delete == 0 {
            return self.end_house_keeping(house);
        } else {
            let from = house.rows.len().saturating_sub(LOOK_AT_ONCE);
            for row in house.rows.split_off(from) {
                // A damaged extract keeps its record; `vault check` says what is wrong.
                if let Ok(plan) = self.vault.due_of_record(&row, &house.times, house.now) {
                    house.due.extend(plan.due);
                }
            }
        }
        self.house = Some(house);
    }

    fn end_house_keeping(&mut self, house: HouseKeeping) {
        let report = house.report;
        tracing::info!(deleted = report.deleted.len(), failed = report.failed.len(), "kept house");
        self.page_ends.clear();
        self.out.send(Answer::Vault(VaultAnswer::KeptHouse(Box::new(report))));
    }
}

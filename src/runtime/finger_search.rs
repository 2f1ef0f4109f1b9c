//! Recorded fingers against those that the station knows: the officers' own and the chip fingers of the records
//! still here. The gallery is built on the vault's thread, which may read them; searching is a thread of its own, so
//! that steps are kept meanwhile.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::available_parallelism;

use biometrics::finger::index::Index;
use biometrics::finger::own::THRESHOLD;
use biometrics::iso::fmr::FmrRecord;
use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use devices::vocabulary::RequestId;
use uuid::Uuid;

use super::error;
use super::workers::{Answer, Outbox};
use crate::session::event::{FingerHit, FingerOwner};
use crate::vault::FingerTemplate;

/// Most hits of one finger that are told.
const HITS_MAX: usize = 5;
/// Most threads of one search.
const THREADS_MAX: usize = 4;

/// What the fingers are compared with.
#[derive(Default)]
pub(super) struct Gallery {
    index: Index,
    owners: Vec<FingerOwner>,
}

impl Gallery {
    /// Adds templates of one owner. Those of a form that is not read here are left out and counted.
    pub(super) fn add(&mut self, owner: &FingerOwner, templates: &[FingerTemplate]) -> usize {
        let mut unread = 0;
        for template in templates {
            let read = FmrRecord::read(&template.bytes).ok().and_then(|r| r.template(0));
            let id = self.owners.len() as u64;
            match read.filter(|t| self.index.insert(id, t).is_ok()) {
                Some(_) => self.owners.push(owner.clone()),
                None => unread += 1,
            }
        }
        unread
    }

    /// Fingers in it.
    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }
}

/// A search to be made.
pub(super) struct SearchJob {
    pub(super) session: Uuid,
    pub(super) id: RequestId,
    pub(super) fingers: Vec<(FingerPosition, Template)>,
    pub(super) officers: Arc<Gallery>,
    pub(super) records: Vec<Arc<Gallery>>,
    /// Fingers that are compared with the records' chip fingers; all are compared with the officers'.
    pub(super) against_records: Vec<FingerPosition>,
}

/// The search worker.
pub(super) fn search_all(jobs: &Receiver<SearchJob>, out: &Outbox) {
    while let Ok(job) = jobs.recv() {
        let work = std::panic::AssertUnwindSafe(|| search(&job));
        let result = std::panic::catch_unwind(work).unwrap_or_else(|_| Err(error::SEARCH_CRASHED.to_owned()));
        if !out.send(Answer::FingersSearched { session: job.session, id: job.id, result }) {
            return;
        }
    }
}

fn search(job: &SearchJob) -> Result<Vec<FingerHit>, String> {
    let threads = available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let mut hits: Vec<FingerHit> = Vec::new();
    for (finger, template) in &job.fingers {
        let records = job.against_records.contains(finger).then_some(&job.records);
        for gallery in std::iter::once(&job.officers).chain(records.into_iter().flatten()) {
            let found = gallery.index.search(template, threads, HITS_MAX).map_err(|e| code(&e))?;
            for candidate in found.into_iter().filter(|c| c.score >= THRESHOLD) {
                let at = usize::try_from(candidate.id).unwrap_or(usize::MAX);
                let Some(owner) = gallery.owners.get(at) else { continue };
                // Two fingers of one record are one finding of that record.
                let known = hits.iter().any(|h| h.finger == *finger && h.owner == *owner);
                if !known {
                    hits.push(FingerHit {
                        finger: *finger,
                        owner: owner.clone(),
                        score: candidate.score,
                        threshold: THRESHOLD,
                    });
                }
            }
        }
    }
    Ok(hits)
}

fn code(error: &impl std::fmt::Display) -> String {
    error.to_string().chars().take(6).collect()
}

//! Recorded fingers against those that the station knows: the officers' own and the chip fingers of the records
//! still here. The vault's thread reads the templates, a few at a time; they are prepared and searched on a thread of
//! their own, so that steps are kept meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
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
use crate::steps::fingers::search::HITS_MAX;
use crate::vault::FingerTemplate;

/// Most hits of one finger that are looked at.
const HITS_OF_ONE: usize = 3;
/// Most threads of one search.
const THREADS_MAX: usize = 4;

/// Templates of one owner.
pub(super) type Owned = (FingerOwner, Vec<FingerTemplate>);

/// What the search worker is told.
pub(super) enum SearchJob {
    /// Records whose fingers belong to the gallery.
    Add(Vec<Owned>),
    /// Compare fingers with the gallery and with the officers'.
    Search { session: Uuid, id: RequestId, fingers: Vec<(FingerPosition, Template)>, officers: Vec<Owned> },
    /// The officer signed out: nothing of anybody stays in memory.
    Forget,
}

/// What the fingers are compared with.
#[derive(Default)]
struct Gallery {
    index: Index,
    owners: Vec<FingerOwner>,
}

impl Gallery {
    /// Adds templates. Those of a form that is not read here are left out and counted.
    fn add(&mut self, (owner, templates): &Owned) -> usize {
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

    fn of(owned: &[Owned]) -> Self {
        let mut gallery = Self::default();
        for one in owned {
            gallery.add(one);
        }
        gallery
    }

    /// Owners of templates that this finger is held to be, each once.
    fn hits(&self, finger: FingerPosition, template: &Template) -> Result<Vec<FingerHit>, String> {
        let threads = available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let found = self.index.search(template, threads, HITS_OF_ONE).map_err(|e| code(&e))?;
        let mut hits: Vec<FingerHit> = Vec::new();
        for candidate in found.into_iter().filter(|c| c.score >= THRESHOLD) {
            let owner = usize::try_from(candidate.id).ok().and_then(|at| self.owners.get(at));
            if let Some(owner) = owner.filter(|o| !hits.iter().any(|h| h.owner == **o)) {
                let (owner, score) = (owner.clone(), candidate.score);
                hits.push(FingerHit { finger, owner, score, threshold: THRESHOLD });
            }
        }
        Ok(hits)
    }
}

/// The search worker.
pub(super) fn search_all(jobs: &Receiver<SearchJob>, out: &Outbox) {
    let mut records = Gallery::default();
    while let Ok(job) = jobs.recv() {
        match job {
            SearchJob::Add(owned) => {
                let unread: usize = owned.iter().map(|one| records.add(one)).sum();
                if unread > 0 {
                    tracing::warn!(unread, "templates of records that cannot be compared");
                }
            }
            SearchJob::Forget => records = Gallery::default(),
            SearchJob::Search { session, id, fingers, officers } => {
                let work = AssertUnwindSafe(|| search(&records, &Gallery::of(&officers), &fingers));
                let result = catch_unwind(work).unwrap_or_else(|_| Err(error::SEARCH_CRASHED.to_owned()));
                if !out.send(Answer::FingersSearched { session, id, result }) {
                    return;
                }
            }
        }
    }
}

/// The best hits: all fingers are compared with all templates, as a stranger's finger may stand in any place.
fn search(
    records: &Gallery,
    officers: &Gallery,
    fingers: &[(FingerPosition, Template)],
) -> Result<Vec<FingerHit>, String> {
    let mut hits = Vec::new();
    for (finger, template) in fingers {
        hits.extend(officers.hits(*finger, template)?);
        hits.extend(records.hits(*finger, template)?);
    }
    hits.sort_by_key(|h| std::cmp::Reverse(h.score));
    // One finding of a record is enough: the supervisor looks at the record.
    let mut best: Vec<FingerHit> = Vec::new();
    for hit in hits {
        let known = |h: &FingerHit| h.owner == hit.owner && matches!(h.owner, FingerOwner::Record(_));
        if best.len() < HITS_MAX && !best.iter().any(known) {
            best.push(hit);
        }
    }
    Ok(best)
}

fn code(error: &impl std::fmt::Display) -> String {
    error.to_string().chars().take(6).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use biometrics::finger::{FingerMatcher, MinutiaeMatcher};
    use biometrics::synth::finger::{FingerSpec, Impression, Master};

    use super::super::analysis::kept_template;
    use super::*;

    fn template(person_seed: u64, position: FingerPosition, seed: u64) -> Template {
        let image =
            Master::new(&FingerSpec { person_seed, position }).impression(&Impression::ordinary(seed));
        MinutiaeMatcher::new().extract(&image).unwrap()
    }

    fn owned(owner: FingerOwner, person_seed: u64, position: FingerPosition) -> Owned {
        let found = template(person_seed, position, 1);
        (owner, vec![kept_template(position, &found, Some(60)).unwrap()])
    }

    #[test]
    fn known_fingers_are_found_and_strangers_are_not() {
        use FingerPosition as F;
        let officer = FingerOwner::Officer(Uuid::from_u128(4));
        let record = FingerOwner::Record("C0FF-EE42".into());
        let officers = Gallery::of(&[owned(officer.clone(), 11, F::RightIndex)]);
        let records = Gallery::of(&[
            owned(record.clone(), 12, F::RightIndex),
            owned(record.clone(), 12, F::LeftIndex),
            owned(FingerOwner::Record("other".into()), 13, F::RightIndex),
        ]);
        let check = |fingers: &[(u64, F)], expected: &[(F, &FingerOwner)]| {
            let fingers: Vec<_> = fingers.iter().map(|(p, f)| (*f, template(*p, *f, 2))).collect();
            let hits = search(&records, &officers, &fingers).unwrap();
            let mut found: Vec<_> = hits.iter().map(|h| (h.finger, h.owner.clone())).collect();
            found.sort_by_key(|(f, _)| *f);
            let expected: Vec<_> = expected.iter().map(|(f, o)| (*f, (*o).clone())).collect();
            assert_eq!(found, expected);
            assert!(hits.iter().all(|h| h.score >= h.threshold));
        };
        check(&[(1, F::RightIndex), (1, F::LeftIndex)], &[]);
        check(&[(11, F::RightIndex), (1, F::LeftIndex)], &[(F::RightIndex, &officer)]);
        check(&[(1, F::RightIndex), (12, F::LeftIndex)], &[(F::LeftIndex, &record)]);
        // Both fingers of one record are one finding.
        let both: Vec<_> = [F::RightIndex, F::LeftIndex].map(|f| (f, template(12, f, 2))).into();
        assert_eq!(search(&records, &officers, &both).unwrap().len(), 1);
    }

    #[test]
    fn templates_that_cannot_be_read_are_left_out() {
        let mut gallery = Gallery::default();
        let mut one = owned(FingerOwner::Record("a".into()), 3, FingerPosition::LeftThumb);
        one.1[0].bytes.truncate(9);
        assert_eq!(gallery.add(&one), 1);
        assert!(gallery.owners.is_empty());
    }
}

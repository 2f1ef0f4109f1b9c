//! One print against many: a duplicate in the queue, or an officer's own finger in a capture.
//!
//! Every template is prepared once when it enters. A search counts the votes of agreeing edges for each template
//! (the first step of [`compare`](super::compare)), and compares in full those with the most. It uses threads
//! of the call only; the index itself is plain data.

use super::compare::{self, Edges, Prepared, Scratch};
use super::matcher::FingerError;
use crate::minutiae::Template;

/// Templates that are always compared in full.
const FULL_AT_LEAST: usize = 300;
/// One in this many is compared in full, where that is more.
const FULL_ONE_IN: usize = 20;
/// Most threads of one search.
const MAX_THREADS: usize = 64;

/// A template that a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<K = u64> {
    /// Key that the template was inserted under.
    pub id: K,
    /// Score of [`MinutiaeMatcher`](super::MinutiaeMatcher) against the probe.
    pub score: u32,
}

/// Prepared templates under keys. A template takes 72 bytes a minutia: 5 kB for 70 minutiae, 9 kB
/// at most (128 minutiae are kept), so 10 000 templates take about 50 MB.
#[derive(Debug, Clone, Default)]
pub struct Index<K = u64> {
    entries: Vec<(K, Prepared)>,
}

impl<K: Copy + PartialEq + Send + Sync> Index<K> {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Number of templates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a template. A key may stand for several templates (fingers of one person).
    ///
    /// # Errors
    /// [`FingerError::Template`] when the template is out of bounds.
    pub fn insert(&mut self, id: K, template: &Template) -> Result<(), FingerError> {
        self.entries.push((id, Prepared::new(template)?));
        Ok(())
    }

    /// Takes every template of a key out; returns how many there were.
    pub fn remove(&mut self, id: K) -> usize {
        let before = self.entries.len();
        self.entries.retain(|(key, _)| *key != id);
        before - self.entries.len()
    }

    /// The templates most like the probe, best first, at most `limit`, on `threads` threads (at least one, at
    /// most 64). Only 300 templates or a twentieth, whichever is more, are compared in full: those with the most
    /// votes. Scores are those of a comparison of the two; templates that score 0 are left out.
    ///
    /// # Errors
    /// [`FingerError::Template`] when the probe is out of bounds.
    pub fn search(
        &self,
        probe: &Template,
        threads: usize,
        limit: usize,
    ) -> Result<Vec<Candidate<K>>, FingerError> {
        let full = FULL_AT_LEAST.max(self.entries.len() / FULL_ONE_IN);
        self.search_among(probe, threads, limit, full)
    }

    /// As [`Index::search`], but every template is compared in full.
    ///
    /// # Errors
    /// [`FingerError::Template`] when the probe is out of bounds.
    pub fn search_exhaustive(
        &self,
        probe: &Template,
        threads: usize,
        limit: usize,
    ) -> Result<Vec<Candidate<K>>, FingerError> {
        self.search_among(probe, threads, limit, usize::MAX)
    }

    fn search_among(
        &self,
        probe: &Template,
        threads: usize,
        limit: usize,
        full: usize,
    ) -> Result<Vec<Candidate<K>>, FingerError> {
        let probe = Prepared::new(probe)?;
        let edges = Edges::new(&probe);
        let threads = threads.clamp(1, MAX_THREADS);
        let mut chosen: Vec<usize> = (0..self.entries.len()).collect();
        if chosen.len() > full {
            let votes = on_threads(&chosen, threads, |scratch, at| {
                compare::votes(&probe, &edges, &self.entries[at].1, scratch)
            });
            chosen.select_nth_unstable_by(full, |a, b| votes[*b].total_cmp(&votes[*a]).then(a.cmp(b)));
            chosen.truncate(full);
        }
        let scores = on_threads(&chosen, threads, |scratch, at| {
            compare::score(&probe, &edges, &self.entries[at].1, scratch)
        });
        let mut found: Vec<(u32, usize)> =
            scores.into_iter().zip(chosen).filter(|(score, _)| *score > 0).collect();
        found.sort_unstable_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        found.truncate(limit);
        Ok(found.into_iter().map(|(score, at)| Candidate { id: self.entries[at].0, score }).collect())
    }
}

/// Runs `work` for every place on the list, in order, on so many threads.
fn on_threads<T: Send>(
    places: &[usize],
    threads: usize,
    work: impl Fn(&mut Scratch, usize) -> T + Sync,
) -> Vec<T> {
    let run = |places: &[usize]| -> Vec<T> {
        let mut scratch = Scratch::default();
        places.iter().map(|at| work(&mut scratch, *at)).collect()
    };
    if threads == 1 || places.len() < 2 * threads {
        return run(places);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = places
            .chunks(places.len().div_ceil(threads))
            .map(|part| (part, scope.spawn(|| run(part))))
            .collect();
        // A thread that died (it cannot, short of memory) is done over here.
        parts.into_iter().flat_map(|(part, thread)| thread.join().unwrap_or_else(|_| run(part))).collect()
    })
}

#[cfg(test)]
mod tests;

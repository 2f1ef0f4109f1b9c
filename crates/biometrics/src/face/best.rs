//! The best frame of a window of time, picked without anybody pressing a button.

use std::collections::VecDeque;

use super::guide::FrameVerdict;

/// Most frames that are kept at once.
const MOST: usize = 64;

/// A frame that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept<T> {
    /// The frame, or whatever stands for it.
    pub frame: T,
    /// What was said about it.
    pub verdict: FrameVerdict,
}

/// Collects frames and gives the best usable one of the last `window_ms`: eyes open, sharp, frontal. Holds no clock:
/// the time is that of the verdicts. `T` is the frame or a handle to it, such as an `Arc`.
#[derive(Debug, Clone)]
pub struct BestFrame<T> {
    window_ms: u64,
    // A frame that a later one equals or beats can never be the best again and is let go at once: so the fitness
    // falls from front to back, and the best is at the front.
    kept: VecDeque<Kept<T>>,
}

impl<T> BestFrame<T> {
    /// An empty collection over a window of time.
    #[must_use]
    pub fn new(window_ms: u64) -> Self {
        Self { window_ms, kept: VecDeque::new() }
    }

    /// Offers a frame. Frames that are not usable, or whose mesh is not of this very frame, are let go.
    pub fn offer(&mut self, frame: T, verdict: &FrameVerdict) {
        self.forget(verdict.t_ms);
        if !verdict.fresh || !verdict.usable() || !verdict.fitness.is_finite() {
            return;
        }
        while self.kept.back().is_some_and(|k| k.verdict.fitness <= verdict.fitness) {
            self.kept.pop_back();
        }
        if self.kept.len() < MOST {
            self.kept.push_back(Kept { frame, verdict: verdict.clone() });
        }
    }

    fn forget(&mut self, now_ms: u64) {
        // Later than now: the clock went back, and the old frames are of another time.
        let gone = |k: &Kept<T>| k.verdict.t_ms > now_ms || now_ms - k.verdict.t_ms > self.window_ms;
        while self.kept.front().is_some_and(gone) {
            self.kept.pop_front();
        }
    }

    /// The best frame of the window that ends now.
    pub fn best(&mut self, now_ms: u64) -> Option<&Kept<T>> {
        self.forget(now_ms);
        self.kept.front()
    }

    /// Takes the best frame out and forgets the others.
    pub fn take(&mut self, now_ms: u64) -> Option<Kept<T>> {
        self.forget(now_ms);
        let best = self.kept.pop_front();
        self.kept.clear();
        best
    }
}

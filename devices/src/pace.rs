//! Waiting that keeps the promises of [`CaptureWatch`]: a cancel is seen within 50 ms, a deadline is kept.

use std::time::{Duration, Instant};

use crate::traits::{CaptureWatch, PreviewFrame};
use crate::vocabulary::{CaptureEnd, Retry};

/// Longest sleep between two looks at the cancel flag (the trait asks for 50 ms).
pub const SLICE_MS: u64 = 10;

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// The whole time has passed.
    Done,
    /// The caller cancelled.
    Cancelled,
    /// The deadline came first.
    Deadline,
    /// The `stop` condition came first.
    Stopped,
}

/// Waits for `duration`, or until the watch's deadline, a cancel, or `stop` becomes true.
pub fn wait(duration: Duration, watch: &dyn CaptureWatch, stop: impl Fn() -> bool) -> Waited {
    let slice = Duration::from_millis(SLICE_MS);
    let until = Instant::now() + duration;
    loop {
        if watch.cancelled() {
            return Waited::Cancelled;
        }
        if stop() {
            return Waited::Stopped;
        }
        let now = Instant::now();
        if now >= until {
            return Waited::Done;
        }
        if now >= watch.deadline() {
            return Waited::Deadline;
        }
        let next = until.min(watch.deadline()).saturating_duration_since(now);
        std::thread::sleep(next.min(slice));
    }
}

/// What every driver checks before it begins and between its longer steps.
///
/// # Errors
/// [`CaptureEnd::Cancelled`], or [`Retry::NothingPresented`] once the deadline has passed.
pub fn check(watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
    if watch.cancelled() {
        return Err(CaptureEnd::Cancelled);
    }
    if Instant::now() >= watch.deadline() {
        return Err(Retry::NothingPresented.into());
    }
    Ok(())
}

/// A watch for calls that have a deadline only.
#[derive(Debug, Clone, Copy)]
pub struct DeadlineOnly(pub Instant);

impl CaptureWatch for DeadlineOnly {
    fn deadline(&self) -> Instant {
        self.0
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn preview(&mut self, _frame: PreviewFrame) {}
}

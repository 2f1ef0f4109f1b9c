//! A single-finger reader as a state machine over a [`Backend`]: claim, capture, cancel, deadline, and claiming again
//! with growing pauses when the claim was lost (a reader is nobody's after suspend).
//!
//! ```text
//! closed --begin Open--> opening --Opened--> open --begin Capture--> capturing --Picture--> open
//!    ^                                          |                        |
//!    +------ pause, twice as long each time ----+---- claim lost --------+
//! ```
//! Work that does not end after a cancel stays outstanding: the reader says that it hangs until its answer came.

use std::time::{Duration, Instant};

use biometrics::image::GrayImage;

use super::Mounting;
use super::backend::{Answer, Backend, LibraryError, Touch, Work};
use super::picture;
use super::verdict::{Verdict, verdict};
use crate::pace::{self, SLICE_MS, Waited};
use crate::traits::{CaptureDevice, CaptureWatch, Device, FingerprintReader, PreviewFrame};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, FingerImage, Retry};

/// How long the library gets to stop after a cancel; less than the conformance suite allows.
const STOP_WITHIN: Duration = Duration::from_millis(350);
/// How often the reader is claimed again after the claim was lost.
const CLAIMS: u32 = 4;
/// Pause before it is claimed again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(150);

/// A reader.
pub(super) struct Reader<B: Backend> {
    info: DeviceInfo,
    mounting: Mounting,
    backend: B,
    claimed: bool,
    /// Work under way whose answer nobody waits for any more.
    outstanding: bool,
}

/// Why one try ended without a picture.
enum Ended {
    /// The capture ends so.
    With(CaptureEnd),
    /// Claim it again.
    Lost(DeviceFault),
}

impl From<CaptureEnd> for Ended {
    fn from(end: CaptureEnd) -> Self {
        Self::With(end)
    }
}

impl<B: Backend> Reader<B> {
    pub(super) fn new(info: DeviceInfo, mounting: Mounting, backend: B) -> Self {
        Self { info, mounting, backend, claimed: false, outstanding: false }
    }

    /// Claims the reader, with the same patience as a capture.
    pub(super) fn claim(&mut self, watch: &dyn CaptureWatch) -> Result<(), CaptureEnd> {
        self.patiently(watch, |reader| reader.claim_once(watch))
    }

    /// Does a piece of work; where the claim is lost, claims again after a pause, and once more.
    fn patiently<T>(
        &mut self,
        watch: &dyn CaptureWatch,
        mut work: impl FnMut(&mut Self) -> Result<T, Ended>,
    ) -> Result<T, CaptureEnd> {
        let mut pause = FIRST_PAUSE;
        let mut told = DeviceFault::Unplugged;
        for claim in 1..=CLAIMS {
            self.collect()?;
            match work(self) {
                Ok(done) => return Ok(done),
                Err(Ended::With(end)) => return Err(end),
                Err(Ended::Lost(fault)) => told = fault,
            }
            tracing::debug!(code = told.code(), claim, "claim on the reader lost");
            self.release();
            if claim < CLAIMS {
                match pace::wait(pause, watch, || false) {
                    Waited::Cancelled => return Err(CaptureEnd::Cancelled),
                    Waited::Deadline => break,
                    Waited::Done | Waited::Stopped => pause *= 2,
                }
            }
        }
        Err(told.into())
    }

    fn claim_once(&mut self, watch: &dyn CaptureWatch) -> Result<(), Ended> {
        if self.claimed {
            return Ok(());
        }
        self.backend.begin(Work::Open).map_err(CaptureEnd::Fault)?;
        match self.answer(watch) {
            Ok(Answer::Opened) => {
                self.claimed = true;
                Ok(())
            }
            Ok(Answer::Picture(_)) => Err(Ended::With(mixed_up())),
            // A reader that cannot be opened in time is not the person's to mend.
            Err(Ended::With(CaptureEnd::Retry(_))) => {
                Err(Ended::With(DeviceFault::Hung { after_ms: 0 }.into()))
            }
            Err(other) => Err(other),
        }
    }

    fn capture_once(&mut self, watch: &dyn CaptureWatch) -> Result<GrayImage, Ended> {
        self.claim_once(watch)?;
        self.backend.begin(Work::Capture).map_err(CaptureEnd::Fault)?;
        match self.answer(watch)? {
            Answer::Picture(raw) => Ok(picture::finger(raw, self.mounting).map_err(CaptureEnd::Fault)?),
            Answer::Opened => Err(Ended::With(mixed_up())),
        }
    }

    /// Waits for the answer to what was begun, at most until cancel or deadline.
    fn answer(&mut self, watch: &dyn CaptureWatch) -> Result<Answer, Ended> {
        loop {
            if let Some(answer) = self.backend.poll(Duration::from_millis(SLICE_MS)) {
                return answer.map_err(|error| ended(&error));
            }
            if watch.cancelled() {
                self.stop();
                return Err(CaptureEnd::Cancelled.into());
            }
            if Instant::now() >= watch.deadline() {
                let touch = self.backend.touch();
                return match self.stop() {
                    // A picture that came with the deadline is a picture.
                    Some(Ok(answer)) => Ok(answer),
                    Some(Err(error)) if verdict(&error) == Verdict::Stopped => {
                        Err(CaptureEnd::Retry(not_captured(touch)).into())
                    }
                    Some(Err(error)) => Err(ended(&error)),
                    None => {
                        let after_ms = STOP_WITHIN.as_millis() as u64;
                        Err(CaptureEnd::Fault(DeviceFault::Hung { after_ms }).into())
                    }
                };
            }
        }
    }

    /// Stops what is under way and gives what it came to, where that is known in time.
    fn stop(&mut self) -> Option<Result<Answer, LibraryError>> {
        self.backend.cancel();
        let answer = self.backend.poll(STOP_WITHIN);
        self.outstanding = answer.is_none();
        if let Some(Ok(Answer::Opened)) = &answer {
            self.claimed = true;
        }
        answer
    }

    /// Before new work: the answer to work that did not stop in time must have come.
    fn collect(&mut self) -> Result<(), CaptureEnd> {
        if self.outstanding {
            if self.backend.poll(STOP_WITHIN).is_none() {
                return Err(DeviceFault::Hung { after_ms: STOP_WITHIN.as_millis() as u64 }.into());
            }
            self.outstanding = false;
            // Whether it is still ours nobody knows.
            self.release();
        }
        Ok(())
    }

    fn release(&mut self) {
        self.claimed = false;
        self.backend.close();
    }
}

fn ended(error: &LibraryError) -> Ended {
    match verdict(error) {
        Verdict::End(end) => Ended::With(end),
        Verdict::Lost(fault) => Ended::Lost(fault),
        // Nobody here asked for it: the system did, as it goes to sleep.
        Verdict::Stopped => Ended::Lost(DeviceFault::Busy),
    }
}

fn mixed_up() -> CaptureEnd {
    DeviceFault::Protocol { detail: "libfprint answered another question".to_owned() }.into()
}

/// Why there is no picture at the deadline, by what the glass felt.
fn not_captured(touch: Touch) -> Retry {
    match touch {
        // The library waits for the finger to be lifted.
        Touch { present: true, .. } => Retry::LiftFinger,
        Touch { ever: true, .. } => Retry::TooShort,
        Touch { .. } => Retry::NothingPresented,
    }
}

impl<B: Backend> Drop for Reader<B> {
    fn drop(&mut self) {
        if self.outstanding {
            self.backend.cancel();
        }
        self.backend.close();
    }
}

impl<B: Backend> Device for Reader<B> {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn can(&self, task: &CaptureTask) -> bool {
        matches!(task, CaptureTask::Finger { .. })
    }
}

impl<B: Backend> FingerprintReader for Reader<B> {}

impl<B: Backend> CaptureDevice for Reader<B> {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        let CaptureTask::Finger { position, .. } = task else {
            return Err(DeviceFault::Unsupported.into());
        };
        pace::check(watch)?;
        let watching: &dyn CaptureWatch = watch;
        let image = self.patiently(watching, |reader| reader.capture_once(watching))?;
        watch.preview(PreviewFrame::Gray(image.clone()));
        Ok(Captured::Fingers(vec![FingerImage { position: *position, image }]))
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;

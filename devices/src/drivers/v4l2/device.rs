//! The camera as the station sees it: live frames, photos, and one new try when the stream breaks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use biometrics::image::RgbImage;

use super::backend::Source;
use super::pixels;
use super::worker::{LeftBehind, Worker};
use crate::burst::{self, Burst};
use crate::pace;
use crate::traits::{Camera, CaptureDevice, CaptureWatch, Device, PreviewFrame};
use crate::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo};

/// Time from the opening to the first frame. Webcams need up to two seconds.
const OPEN_WITHIN: Duration = Duration::from_millis(6_000);
/// A stream that gives nothing for so long is opened again. The slowest cameras give five frames a second.
const STALLED_AFTER: Duration = Duration::from_millis(1_000);
/// Exposure and colours of a camera that has just started take so long to settle.
const SETTLE: Duration = Duration::from_millis(700);
/// So many damaged frames in a row are no accident.
const BAD_FRAMES_MAX: u32 = 8;

/// A V4L2 camera.
pub(super) struct V4l2Camera {
    info: DeviceInfo,
    source: Arc<dyn Source>,
    left_behind: LeftBehind,
    worker: Option<Worker>,
    /// True while the stream was stopped because nobody looks.
    paused: bool,
}

impl V4l2Camera {
    /// Opens it; it has given a frame when this returns.
    ///
    /// # Errors
    /// [`DeviceFault`].
    pub(super) fn open(
        info: DeviceInfo,
        source: Arc<dyn Source>,
        left_behind: LeftBehind,
    ) -> Result<Self, DeviceFault> {
        let mut camera = Self { info, source, left_behind, worker: None, paused: true };
        let deadline = Instant::now() + OPEN_WITHIN;
        camera.start(deadline, &|| false).map(|_| ()).map_err(fault_of)?;
        Ok(camera)
    }

    fn start(&mut self, deadline: Instant, cancelled: &dyn Fn() -> bool) -> Result<&mut Worker, CaptureEnd> {
        let broke = !std::mem::take(&mut self.paused);
        let (id, source) = (&self.info.id, &self.source);
        let worker = Worker::start(id, source, broke, &self.left_behind, deadline, cancelled)?;
        Ok(self.worker.insert(worker))
    }

    /// Starts it and lets its first pictures go by, as far as there is time.
    fn settle(&mut self, watch: &mut dyn CaptureWatch) -> Result<(), CaptureEnd> {
        let deadline = watch.deadline();
        let mut until = None;
        loop {
            let picture = self.picture(deadline, &|| watch.cancelled())?;
            let now = Instant::now();
            let left = deadline.saturating_duration_since(now);
            if now >= *until.get_or_insert(now + SETTLE.min(left / 4)) {
                return Ok(());
            }
            watch.preview(PreviewFrame::Rgb(picture));
        }
    }

    /// The next picture. A stream that breaks or stalls is opened again, once.
    fn picture(&mut self, deadline: Instant, cancelled: &dyn Fn() -> bool) -> Result<RgbImage, CaptureEnd> {
        let (mut again, mut bad) = (false, 0);
        loop {
            let until = if again { deadline } else { deadline.min(Instant::now() + STALLED_AFTER) };
            let worker = match &mut self.worker {
                Some(worker) => Ok(worker),
                None => self.start(deadline, cancelled),
            };
            let broken = match worker.and_then(|worker| worker.next(until, cancelled)) {
                Ok(raw) => match pixels::decode(raw.shape, &raw.bytes) {
                    Ok(picture) => return Ok(picture),
                    Err(detail) => {
                        bad += 1;
                        if bad >= BAD_FRAMES_MAX {
                            return Err(DeviceFault::BadData { detail }.into());
                        }
                        continue;
                    }
                },
                Err(CaptureEnd::Fault(fault)) => fault,
                Err(end) => return Err(end),
            };
            let in_time = Instant::now() < deadline;
            // A camera that is only slow for this caller goes on streaming for the next one.
            if in_time || !matches!(broken, DeviceFault::Hung { .. }) {
                self.worker = None;
            }
            if again || !in_time {
                return Err(gone(broken).into());
            }
            tracing::warn!(fault = broken.code(), "the camera's stream broke; opening it again");
            again = true;
        }
    }
}

/// A camera that was open and is not there any more was unplugged.
fn gone(fault: DeviceFault) -> DeviceFault {
    match fault {
        DeviceFault::NotFound { .. } => DeviceFault::Unplugged,
        fault => fault,
    }
}

/// Of a call that nobody can cancel.
fn fault_of(end: CaptureEnd) -> DeviceFault {
    match end {
        CaptureEnd::Fault(fault) => fault,
        CaptureEnd::Retry(_) | CaptureEnd::Cancelled => DeviceFault::Crashed,
    }
}

impl Device for V4l2Camera {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

impl CaptureDevice for V4l2Camera {
    fn capture(&mut self, task: &CaptureTask, watch: &mut dyn CaptureWatch) -> Result<Captured, CaptureEnd> {
        if !self.can(task) {
            return Err(DeviceFault::Unsupported.into());
        }
        pace::check(watch)?;
        if self.worker.is_none() {
            self.settle(watch)?;
        }
        let image = match task {
            CaptureTask::Face => burst::take(Burst::CAMERA, watch, |_, watch| {
                self.picture(watch.deadline(), &|| watch.cancelled())
            })?,
            _ => self.picture(watch.deadline(), &|| watch.cancelled())?,
        };
        watch.preview(PreviewFrame::Rgb(image.clone()));
        Ok(Captured::Photo { image })
    }
}

impl Camera for V4l2Camera {
    fn frame(&mut self, deadline: Instant) -> Result<RgbImage, DeviceFault> {
        self.picture(deadline, &|| false).map_err(fault_of)
    }

    fn pause(&mut self) {
        (self.worker, self.paused) = (None, true);
    }
}

//! The thread of one device: opens it, does captures one at a time, gives live pictures in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use biometrics::image::RgbImage;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::traits::{Camera, CaptureDevice, CaptureWatch, PreviewFrame};
use devices::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceId, DeviceInfo, DeviceKind};

use super::device_host::{DeviceMessage, Taken};
use super::preview::{Candidates, PreviewSlot};

/// Time between two live pictures: 15 a second at most.
const FRAME_EVERY: Duration = Duration::from_millis(66);
/// How long the camera may take for one live picture.
const FRAME_LIMIT: Duration = Duration::from_millis(2_000);
/// How long for the first one, when the camera may have to start.
const FIRST_FRAME_LIMIT: Duration = Duration::from_millis(6_000);

/// What the device's thread is asked to do.
pub(super) enum DeviceJob {
    /// Opens the device anew: the one with this identifier, or without one the first that is there.
    Open(Option<DeviceId>),
    Close,
    Capture {
        ticket: u64,
        task: CaptureTask,
        deadline: Instant,
        cancel: Arc<AtomicBool>,
    },
    Preview(bool),
}

/// What a device's thread works with.
pub(super) struct DeviceThread {
    pub(super) kind: DeviceKind,
    pub(super) generation: u64,
    pub(super) registry: Arc<Registry>,
    pub(super) setup: Arc<Setup>,
    pub(super) choice: Option<DeviceId>,
    pub(super) preview: Arc<PreviewSlot>,
    pub(super) wake: Arc<dyn Fn() + Send + Sync>,
    pub(super) out: SyncSender<DeviceMessage>,
}

enum Live {
    Camera(Box<dyn Camera>),
    Other(Box<dyn CaptureDevice>),
}

impl Live {
    fn info(&self) -> &DeviceInfo {
        match self {
            Self::Camera(d) => d.info(),
            Self::Other(d) => d.info(),
        }
    }
    fn capture(&mut self, task: &CaptureTask, watch: &mut Watch<'_>) -> Result<Captured, CaptureEnd> {
        let can = match self {
            Self::Camera(d) => d.can(task),
            Self::Other(d) => d.can(task),
        };
        if !can {
            return Err(DeviceFault::Unsupported.into());
        }
        match self {
            Self::Camera(d) => d.capture(task, watch),
            Self::Other(d) => d.capture(task, watch),
        }
    }
}

struct Watch<'a> {
    deadline: Instant,
    cancel: &'a AtomicBool,
    slot: &'a PreviewSlot,
    wake: &'a (dyn Fn() + Send + Sync),
    next_frame: Instant,
    candidates: Candidates,
}

impl Watch<'_> {
    fn show(&mut self, frame: Arc<PreviewFrame>) {
        let now = Instant::now();
        if now >= self.next_frame {
            self.next_frame = now + FRAME_EVERY;
            self.slot.put(frame);
            (self.wake)();
        }
    }
}

impl CaptureWatch for Watch<'_> {
    fn deadline(&self) -> Instant {
        self.deadline
    }
    fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Acquire)
    }
    fn preview(&mut self, frame: PreviewFrame) {
        self.show(Arc::new(frame));
    }
    fn candidate(&mut self, picture: RgbImage) {
        // Shown and kept is one and the same picture.
        let picture = Arc::new(PreviewFrame::Rgb(picture));
        self.candidates.offer(picture.clone());
        self.show(picture);
    }
}

impl DeviceThread {
    fn send(&self, message: DeviceMessage) -> bool {
        self.out.send(message).is_ok()
    }

    fn open(&self) -> Result<Live, DeviceFault> {
        let choice = self.choice.as_ref();
        let open = AssertUnwindSafe(|| match self.kind {
            DeviceKind::Camera => self.registry.open_camera(&self.setup, choice).map(Live::Camera),
            kind => self.registry.open_capture(kind, &self.setup, choice).map(Live::Other),
        });
        catch_unwind(open).unwrap_or(Err(DeviceFault::Crashed))
    }

    /// Opens the device unless it is open, and says how that went.
    fn ready<'a>(&self, device: &'a mut Option<Live>) -> Result<&'a mut Live, DeviceFault> {
        if device.is_none() {
            let opened = self.open();
            let told = opened.as_ref().map(|d| d.info().clone()).map_err(Clone::clone);
            self.send(DeviceMessage::Opened(self.kind, self.generation, told));
            *device = Some(opened?);
        }
        device.as_mut().ok_or_else(|| DeviceFault::NotFound { kind: self.kind.id().to_owned() })
    }

    fn capture(
        &self,
        device: &mut Option<Live>,
        task: &CaptureTask,
        deadline: Instant,
        cancel: &AtomicBool,
    ) -> Result<Taken, CaptureEnd> {
        let live = self.ready(device)?;
        let mut watch = Watch {
            deadline,
            cancel,
            slot: &self.preview,
            wake: &*self.wake,
            next_frame: Instant::now(),
            candidates: Candidates::default(),
        };
        let work = AssertUnwindSafe(|| live.capture(task, &mut watch));
        let ended = catch_unwind(work).unwrap_or(Err(DeviceFault::Crashed.into()));
        match ended {
            Ok(captured) => {
                let candidates = watch.candidates.into_pictures();
                Ok(Taken { captured, candidates, device: live.info().clone() })
            }
            Err(CaptureEnd::Fault(fault)) if fault != DeviceFault::Unsupported => {
                // What a device is good for after a fault nobody knows: it is opened again.
                drop_guarded(device.take());
                Err(CaptureEnd::Fault(fault))
            }
            Err(end) => Err(end),
        }
    }

    fn frame(&self, device: &mut Option<Live>, limit: Duration) -> Result<(), DeviceFault> {
        let Live::Camera(camera) = self.ready(device)? else { return Err(DeviceFault::Unsupported) };
        let work = AssertUnwindSafe(|| camera.frame(Instant::now() + limit));
        match catch_unwind(work).unwrap_or(Err(DeviceFault::Crashed)) {
            Ok(frame) => {
                self.preview.put(Arc::new(PreviewFrame::Rgb(frame)));
                (self.wake)();
                Ok(())
            }
            Err(fault) => {
                drop_guarded(device.take());
                Err(fault)
            }
        }
    }

    /// Serves jobs until the host lets go of it.
    pub(super) fn run(mut self, jobs: Receiver<DeviceJob>) {
        let mut device: Option<Live> = None;
        let (mut live, mut limit) = (false, FIRST_FRAME_LIMIT);
        loop {
            let next = if live {
                jobs.recv_timeout(FRAME_EVERY)
            } else {
                jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match next {
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let shown = self.frame(&mut device, limit);
                    limit = FRAME_LIMIT;
                    if let Err(fault) = shown {
                        live = false;
                        self.preview.clear();
                        self.send(DeviceMessage::Broken(self.kind, self.generation, fault));
                    }
                }
                Ok(DeviceJob::Open(choice)) => {
                    self.choice = choice;
                    drop_guarded(device.take());
                    self.ready(&mut device).ok();
                }
                Ok(DeviceJob::Close) => drop_guarded(device.take()),
                Ok(DeviceJob::Preview(on)) => {
                    (live, limit) = (on, FIRST_FRAME_LIMIT);
                    if !on {
                        self.preview.clear();
                        pause_guarded(&mut device);
                    }
                }
                Ok(DeviceJob::Capture { ticket, task, deadline, cancel }) => {
                    let ended = self.capture(&mut device, &task, deadline, &cancel);
                    let done = DeviceMessage::Done(self.kind, self.generation, ticket, Box::new(ended));
                    if !self.send(done) {
                        break;
                    }
                }
            }
        }
        drop_guarded(device);
        self.send(DeviceMessage::Ended(self.kind));
    }
}

/// Stops a camera that nobody looks at; one whose driver panics is opened again.
fn pause_guarded(device: &mut Option<Live>) {
    if let Some(Live::Camera(camera)) = device
        && catch_unwind(AssertUnwindSafe(|| camera.pause())).is_err()
    {
        tracing::error!("a driver crashed while its camera was stopped");
        drop_guarded(device.take());
    }
}

/// Drops a device; a driver that panics even then harms nobody.
fn drop_guarded(device: Option<Live>) {
    if catch_unwind(AssertUnwindSafe(move || drop(device))).is_err() {
        tracing::error!("a driver crashed while it was closed");
    }
}

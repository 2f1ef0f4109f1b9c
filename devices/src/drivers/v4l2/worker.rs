//! The thread that owns an open camera. Calls into drivers may block for ever, so whoever wants a frame waits for the
//! thread's answer, never for the camera; a thread that does not come back is left behind, and those are counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::backend::Source;
use super::pixels::{FRAME_BYTES_MAX, Shape};
use crate::vocabulary::{CaptureEnd, DeviceFault, DeviceId};

/// Answers that may lie in the channel: one that came too late, and the error after it.
const ANSWERS_MAX: usize = 2;
/// Most threads that are left behind; each holds a camera and its buffers.
const LEFT_BEHIND_MAX: usize = 4;
/// How long an ended thread is waited for.
const END_WITHIN: Duration = Duration::from_millis(400);
/// Longest sleep between two looks at a cancel or at an ended thread.
const SLICE: Duration = Duration::from_millis(10);

/// Threads that did not end when they should have.
#[derive(Debug, Default, Clone)]
pub(super) struct LeftBehind(Arc<Mutex<Vec<(DeviceId, JoinHandle<()>)>>>);

impl LeftBehind {
    fn add(&self, id: &DeviceId, thread: JoinHandle<()>) {
        tracing::warn!("a camera does not answer; its thread is left behind");
        self.locked().push((id.clone(), thread));
    }

    /// True when a camera may be opened: none of its own threads is left, and few of others.
    fn allows(&self, id: &DeviceId) -> bool {
        let mut threads = self.locked();
        threads.retain(|(_, thread)| !thread.is_finished());
        threads.len() < LEFT_BEHIND_MAX && threads.iter().all(|(held, _)| held != id)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<(DeviceId, JoinHandle<()>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What both sides look at.
struct Shared {
    /// Number of the frame that is asked for last.
    wanted: AtomicU64,
    stop: AtomicBool,
}

/// A frame as the camera gave it.
pub(super) struct Raw {
    pub(super) shape: Shape,
    pub(super) bytes: Vec<u8>,
}

type Answer = (u64, Result<Raw, DeviceFault>);

/// A camera that streams, on a thread of its own.
pub(super) struct Worker {
    id: DeviceId,
    left_behind: LeftBehind,
    shared: Arc<Shared>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Opens the camera; it has given its first frame when this returns. `again` tells the source that the camera was
    /// open already and broke.
    ///
    /// # Errors
    /// The camera's fault; [`DeviceFault::Hung`] when there is no frame by the deadline, or while a thread from
    /// before still holds the camera; [`CaptureEnd::Cancelled`].
    pub(super) fn start(
        id: &DeviceId,
        source: &Arc<dyn Source>,
        again: bool,
        left_behind: &LeftBehind,
        deadline: Instant,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Self, CaptureEnd> {
        let begun = Instant::now();
        while !left_behind.allows(id) {
            if cancelled() {
                return Err(CaptureEnd::Cancelled);
            }
            if Instant::now() >= deadline.min(begun + END_WITHIN) {
                return Err(hung(begun).into());
            }
            std::thread::sleep(SLICE);
        }
        let (sender, answers) = sync_channel(ANSWERS_MAX);
        // The very first frame is asked for before the thread begins.
        let shared = Arc::new(Shared { wanted: AtomicU64::new(1), stop: AtomicBool::new(false) });
        let (theirs, source) = (shared.clone(), source.clone());
        let work = move || {
            let body = AssertUnwindSafe(|| stream(source.as_ref(), again, &theirs, &sender));
            let ended = catch_unwind(body).unwrap_or(Err(DeviceFault::Crashed));
            if let Err(fault) = ended {
                // There is room for it; a reader that is gone needs no error.
                sender.try_send((u64::MAX, Err(fault))).ok();
            }
        };
        let thread = std::thread::Builder::new().name("camera-stream".to_owned()).spawn(work);
        let thread = thread.map_err(|e| DeviceFault::Protocol { detail: format!("no thread: {e}") })?;
        let (id, left_behind) = (id.clone(), left_behind.clone());
        let mut worker = Self { id, left_behind, shared, answers, thread: Some(thread) };
        worker.answer(1, deadline, cancelled)?;
        Ok(worker)
    }

    /// A frame that began to come after this call.
    ///
    /// # Errors
    /// The camera's fault, [`DeviceFault::Hung`] at the deadline, or [`CaptureEnd::Cancelled`].
    pub(super) fn next(
        &mut self,
        deadline: Instant,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Raw, CaptureEnd> {
        let number = self.shared.wanted.fetch_add(1, Ordering::AcqRel) + 1;
        self.answer(number, deadline, cancelled)
    }

    fn answer(
        &mut self,
        number: u64,
        deadline: Instant,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Raw, CaptureEnd> {
        let begun = Instant::now();
        loop {
            if cancelled() {
                return Err(CaptureEnd::Cancelled);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(hung(begun).into());
            }
            match self.answers.recv_timeout(left.min(SLICE)) {
                Ok((_, Err(fault))) => return Err(fault.into()),
                Ok((answered, Ok(raw))) if answered == number => return Ok(raw),
                // Came too late for the one who asked.
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(DeviceFault::Crashed.into()),
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        let Some(thread) = self.thread.take() else { return };
        let until = Instant::now() + END_WITHIN;
        while !thread.is_finished() {
            if Instant::now() >= until {
                self.left_behind.add(&self.id, thread);
                return;
            }
            std::thread::sleep(SLICE);
        }
    }
}

fn hung(since: Instant) -> DeviceFault {
    DeviceFault::Hung { after_ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX) }
}

/// Takes frame after frame off the camera, so that none grows old in its buffers, and hands over the ones that are
/// asked for. Ends when it is told to, or with the camera's fault.
fn stream(
    source: &dyn Source,
    again: bool,
    shared: &Shared,
    answers: &SyncSender<Answer>,
) -> Result<(), DeviceFault> {
    let mut camera = source.open(again)?;
    let shape = camera.shape();
    let mut answered = 0;
    while !shared.stop.load(Ordering::Acquire) {
        // Read before the frame is awaited: the frame that was under way does not count.
        let wanted = shared.wanted.load(Ordering::Acquire);
        let Some(bytes) = camera.next()? else { continue };
        if wanted == answered {
            continue;
        }
        let bytes = bytes.get(..bytes.len().min(FRAME_BYTES_MAX)).unwrap_or_default().to_vec();
        if answers.try_send((wanted, Ok(Raw { shape, bytes }))).is_ok() {
            answered = wanted;
        }
    }
    Ok(())
}

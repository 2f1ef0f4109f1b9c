//! A camera that follows a script, below the same seam as real ones.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::backend::{Backend, Source};
use super::format::Pixels;
use super::pixels::Shape;
use crate::vocabulary::DeviceFault;

/// Time from one frame to the next.
const FRAME_EVERY: Duration = Duration::from_millis(5);

/// What the camera does next, one act a frame, whether somebody looks or not. A last frame of the script is given
/// for ever; otherwise frames with counted levels follow the script.
#[derive(Clone)]
pub(super) enum Act {
    /// A frame whose pixels all have this level.
    Frame(u8),
    /// Bytes that are taken for a frame.
    Bytes(Vec<u8>),
    /// No frame for a while, again and again until the camera is closed.
    Silent,
    /// Blocks and does not come back before the fake is let go.
    Block,
    /// An error of the stream.
    Fail(DeviceFault),
    /// Opening fails (at the next opening).
    Refuse(DeviceFault),
    Panic,
}

/// A scripted camera; opened again, it goes on where its script was.
pub(super) struct Fake {
    pub(super) shape: Shape,
    script: Mutex<VecDeque<Act>>,
    /// How often it was opened, and how often because it had broken.
    pub(super) opened: AtomicU32,
    pub(super) opened_again: AtomicU32,
    /// Ends every [`Act::Block`].
    pub(super) let_go: AtomicBool,
    level: AtomicU32,
    /// Nothing is there while it is true.
    pub(super) unplugged: AtomicBool,
    /// A stream breaks when this is another number than at its beginning.
    pub(super) plugged_in: AtomicU32,
}

impl Fake {
    pub(super) fn new(pixels: Pixels, script: Vec<Act>) -> Arc<Self> {
        Arc::new(Self {
            shape: Shape { pixels, width: 8, height: 4, stride: 0 },
            script: Mutex::new(script.into()),
            opened: AtomicU32::new(0),
            opened_again: AtomicU32::new(0),
            let_go: AtomicBool::new(false),
            level: AtomicU32::new(0),
            unplugged: AtomicBool::new(false),
            plugged_in: AtomicU32::new(0),
        })
    }

    /// Number of openings, and of those after a break.
    pub(super) fn openings(&self) -> (u32, u32) {
        (self.opened.load(Ordering::SeqCst), self.opened_again.load(Ordering::SeqCst))
    }

    /// The level of the newest frame that the camera made.
    pub(super) fn newest(&self) -> u8 {
        self.level.load(Ordering::SeqCst) as u8
    }

    fn next_act(&self) -> Option<Act> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        match script.front() {
            Some(last @ (Act::Frame(_) | Act::Bytes(_))) if script.len() == 1 => Some(last.clone()),
            _ => script.pop_front(),
        }
    }

    /// The refusal that is due at this opening, if one is.
    fn refusal(&self) -> Option<DeviceFault> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        match script.front() {
            Some(Act::Refuse(fault)) => {
                let fault = fault.clone();
                script.pop_front();
                Some(fault)
            }
            _ => None,
        }
    }
}

/// The source that the worker opens.
pub(super) struct FakeSource(pub(super) Arc<Fake>);

impl Source for FakeSource {
    fn open(&self, again: bool) -> Result<Box<dyn Backend>, DeviceFault> {
        self.0.opened.fetch_add(1, Ordering::SeqCst);
        self.0.opened_again.fetch_add(u32::from(again), Ordering::SeqCst);
        if self.0.unplugged.load(Ordering::SeqCst) {
            return Err(DeviceFault::NotFound { kind: "camera".to_owned() });
        }
        let plugged_in = self.0.plugged_in.load(Ordering::SeqCst);
        match self.0.refusal() {
            Some(fault) => Err(fault),
            None => Ok(Box::new(FakeBackend {
                fake: self.0.clone(),
                frame: Vec::new(),
                silent: false,
                plugged_in,
            })),
        }
    }
}

struct FakeBackend {
    fake: Arc<Fake>,
    frame: Vec<u8>,
    silent: bool,
    plugged_in: u32,
}

impl Backend for FakeBackend {
    fn shape(&self) -> Shape {
        self.fake.shape
    }

    fn next(&mut self) -> Result<Option<Cow<'_, [u8]>>, DeviceFault> {
        std::thread::sleep(FRAME_EVERY);
        let woke = self.fake.plugged_in.load(Ordering::SeqCst) != self.plugged_in;
        if woke || self.fake.unplugged.load(Ordering::SeqCst) {
            return Err(DeviceFault::Unplugged);
        }
        if self.silent {
            return Ok(None);
        }
        let counted = || (self.fake.level.fetch_add(1, Ordering::SeqCst) + 1) as u8;
        match self.fake.next_act().unwrap_or_else(|| Act::Frame(counted())) {
            Act::Frame(level) => {
                self.frame = vec![level; 8 * 4 * 3];
                Ok(Some(Cow::Borrowed(&self.frame)))
            }
            Act::Bytes(bytes) => Ok(Some(Cow::Owned(bytes))),
            Act::Silent => {
                self.silent = true;
                Ok(None)
            }
            Act::Block => {
                while !self.fake.let_go.load(Ordering::SeqCst) {
                    std::thread::sleep(FRAME_EVERY);
                }
                Ok(None)
            }
            Act::Fail(fault) | Act::Refuse(fault) => Err(fault),
            Act::Panic => panic!("a driver that crashes"),
        }
    }
}

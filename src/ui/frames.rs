//! How long the window takes: the first frame, and the work of every frame on the UI thread (DESIGN §10).

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Most frames that are noted.
const MAX_FRAMES: usize = 20_000;

/// Where and since when frames are noted.
#[derive(Debug, Clone)]
pub struct FrameLog {
    /// JSON file, written when the window closes.
    pub file: PathBuf,
    /// When the process began.
    pub begun: Instant,
}

/// Notes frames; writes its file when it is dropped.
#[derive(Debug)]
pub(super) struct Frames {
    log: FrameLog,
    first: Option<Duration>,
    pumped: Duration,
    work: Vec<(Duration, bool)>,
}

impl Frames {
    pub(super) fn new(log: FrameLog) -> Self {
        Self { log, first: None, pumped: Duration::ZERO, work: Vec::new() }
    }

    /// Work before the frame.
    pub(super) fn pumped(&mut self, took: Duration) {
        self.pumped += took;
    }

    /// The frame's drawing; `preview` says that the live picture was on.
    pub(super) fn drawn(&mut self, took: Duration, preview: bool) {
        if self.first.is_none() {
            self.first = Some(self.log.begun.elapsed());
        }
        if self.work.len() < MAX_FRAMES {
            self.work.push((self.pumped + took, preview));
        }
        self.pumped = Duration::ZERO;
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        let with = |preview: bool| -> Vec<f64> {
            self.work.iter().filter(|(_, p)| *p == preview).map(|(d, _)| ms(*d)).collect()
        };
        let value = serde_json::json!({
            "first_frame_ms": self.first.map(ms),
            "frame_work_ms": with(false),
            "frame_work_with_preview_ms": with(true),
        });
        // A measurement that cannot be written is not worth a failure: the reader finds no file and says so.
        std::fs::write(&self.log.file, value.to_string()).ok();
    }
}

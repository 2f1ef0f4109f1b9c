//! The seam between the reader's state machine and the library: what can be asked, and what comes back. Tests put a
//! scripted backend in the library's place.

use std::time::Duration;

use crate::vocabulary::DeviceFault;

/// A picture as the library gives it.
#[derive(Clone, PartialEq)]
pub(super) struct RawPicture {
    /// Width in pixels.
    pub(super) width: u32,
    /// Height in pixels.
    pub(super) height: u32,
    /// Pixels per millimetre; 0 where the library does not know.
    pub(super) ppmm: f64,
    /// Grey values, row by row from the top left, one byte a pixel.
    pub(super) pixels: Vec<u8>,
}

impl std::fmt::Debug for RawPicture {
    // A finger: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawPicture({}x{}, {} bytes)", self.width, self.height, self.pixels.len())
    }
}

/// An error of the library: GLib's error domain and the code in it. The message may hold anything and stays behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LibraryError {
    pub(super) domain: String,
    pub(super) code: i32,
}

/// Domain of the errors that our side of the library makes.
pub(super) const OURS: &str = "rekam";
/// The reader is no longer in the library's list.
pub(super) const GONE: i32 = 1;
/// The library's thread ended.
pub(super) const ENDED: i32 = 2;

/// What the glass has felt since the capture began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Touch {
    /// A finger lies on it now.
    pub(super) present: bool,
    /// A finger has lain on it.
    pub(super) ever: bool,
}

/// What the library is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Claim the reader.
    Open,
    /// Wait for a finger and give its picture. The library answers when the finger has been lifted.
    Capture,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// The reader is ours.
    Opened,
    /// A finger.
    Picture(RawPicture),
}

/// One reader behind the library. At most one piece of work is under way.
pub(super) trait Backend: Send {
    /// Begins a piece of work and returns at once.
    ///
    /// # Errors
    /// [`DeviceFault`] when the library's thread takes no work.
    fn begin(&mut self, work: Work) -> Result<(), DeviceFault>;
    /// The answer to what was begun, waiting for it at most this long.
    fn poll(&mut self, at_most: Duration) -> Option<Result<Answer, LibraryError>>;
    /// Asks the library to stop what it is doing; its answer still comes.
    fn cancel(&mut self);
    /// What the glass has felt since the capture began.
    fn touch(&self) -> Touch;
    /// Gives the reader back; nobody waits for it.
    fn close(&mut self);
}

//! Signatures as strokes with time and pressure.

use serde::{Deserialize, Serialize};

/// Most points in one signature (a pad at 200 Hz for 50 s).
pub const MAX_POINTS: usize = 10_000;
/// Most strokes in one signature.
pub const MAX_STROKES: usize = 500;

/// One point of a stroke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Right, in units of the pad (0.01 mm where [`Strokes::scaled`] is true).
    pub x: i32,
    /// Down, same units.
    pub y: i32,
    /// Milliseconds since the first point.
    pub t_ms: u32,
    /// Pressure 0 to 65535 where the pad gives it.
    pub pressure: Option<u16>,
}

/// A signature: strokes (pen down to pen up) on a pad of a given size.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Strokes {
    /// Width of the pad, in the units of the points.
    pub width: i32,
    /// Height of the pad, in the units of the points.
    pub height: i32,
    /// True when one unit is 0.01 mm.
    pub scaled: bool,
    /// The strokes.
    pub strokes: Vec<Vec<Point>>,
}

impl Strokes {
    /// Number of points in all strokes.
    #[must_use]
    pub fn points(&self) -> usize {
        self.strokes.iter().map(Vec::len).sum()
    }
}

impl std::fmt::Debug for Strokes {
    // A signature is biometric: its points never go into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Strokes({} strokes, {} points)", self.strokes.len(), self.points())
    }
}

//! Slap segmentation: where each finger lies on a plain impression of several fingers (the 4-4-2 sequence of
//! ANSI/NIST-ITL: right four, left four, thumbs), which finger it is, and what is wrong with the slap.
//!
//! ```text
//! slap -> grid of 0.3 mm cells -> connected parts that have ridges -> turn of the hand
//!      -> seams between touching fingers -> tip and first crease of each -> names from the fan of the hand
//! ```
//!
//! A box holds the distal phalanx, from the tip to the first crease, as ANSI/NIST-ITL 1-2011 (field 14.021)
//! and NIST's slap segmentation evaluations ask. Everything is deterministic. Boxes are in pixels of the image
//! that was given.

mod cut;
mod finger;
mod geometry;
mod grid;
mod hand;
mod judge;
mod regions;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use cut::{CutMode, CutOptions, correct, cut, remove};
pub use geometry::FingerBox;

use crate::image::{GrayImage, ImageError};
use crate::position::{FingerPosition, Hand, Slap};

/// Name and version of the algorithm, as recorded.
pub const ALGORITHM: &str = "rekam-segment-1";
/// Resolution that is assumed when the image has none, in pixels per inch.
pub const USUAL_PPI: u16 = 500;
/// Resolutions that are taken, in pixels per inch.
pub const PPI_RANGE: std::ops::RangeInclusive<u16> = 250..=1270;
/// Turn of a hand beyond which [`SlapProblem::Rotated`] is said, in degrees.
pub const MAX_TURN_DEG: f32 = 33.0;

/// Why nothing could be segmented, cut or corrected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The resolution is outside [`PPI_RANGE`].
    #[error("BIO-80 slap of {ppi} ppi cannot be segmented; set the scanner to 500 ppi")]
    Resolution {
        /// Resolution of the image.
        ppi: u16,
    },
    /// A side is below 10 mm.
    #[error("BIO-81 slap of {width}x{height} at {ppi} ppi is too small; capture the whole platen")]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Resolution in pixels per inch.
        ppi: u16,
    },
    /// The image covers more than 8 by 5 inches.
    #[error("BIO-82 slap of {width}x{height} at {ppi} ppi is larger than a platen; check the resolution")]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Resolution in pixels per inch.
        ppi: u16,
    },
    /// A box cannot be used.
    #[error("BIO-83 the finger's box {what}; draw it again")]
    Box {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The position does not belong to the slap.
    #[error("BIO-84 {position} is not a finger of this slap; choose another")]
    Position {
        /// The position that was asked for.
        position: FingerPosition,
    },
    /// An image is out of the bounds of the image vocabulary.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// One finger of a slap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Which finger of the slap that was asked for.
    pub position: FingerPosition,
    /// Its distal phalanx.
    pub bounds: FingerBox,
    /// How sure the box and the name are, 0 to 100. Not a quality of the print.
    pub confidence: u8,
    /// Some of the finger lies on the border of the platen.
    pub touches_border: bool,
    /// The first crease was seen below the box (else the print ends there, or the length is the usual one).
    pub crease_seen: bool,
    /// Drawn or confirmed by the operator.
    pub corrected: bool,
}

/// What was found on a slap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segmentation {
    /// The slap that was asked for.
    pub slap: Slap,
    /// Fingers of it that were said to be missing.
    pub missing: Vec<FingerPosition>,
    /// The fingers, from left to right.
    pub segments: Vec<Segment>,
    /// The hand that the geometry says; `None` where it does not say (thumbs, few fingers).
    pub hand: Option<Hand>,
    /// Turn of the hand in degrees, counter-clockwise.
    pub turn_deg: f32,
    /// What is wrong, gravest first. Empty when all is well.
    pub problems: Vec<SlapProblem>,
    /// [`ALGORITHM`].
    pub algorithm: String,
}

/// What is wrong with a slap, in words the officer can act on: messages `slap-<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "problem")]
#[non_exhaustive]
pub enum SlapProblem {
    /// No finger on the platen.
    Blank,
    /// The other hand was presented.
    WrongHand {
        /// The hand that the geometry says.
        found: Hand,
    },
    /// Fewer fingers than the slap less those said to be missing.
    TooFewFingers {
        /// How many there should be.
        expected: u8,
        /// How many there are.
        found: u8,
    },
    /// More fingers than the slap less those said to be missing.
    TooManyFingers {
        /// How many there should be.
        expected: u8,
        /// How many there are.
        found: u8,
    },
    /// The finger was said to be missing and is there, or the other way round.
    MissingDisagrees {
        /// The finger.
        position: FingerPosition,
        /// Whether it is on the slap.
        seen: bool,
    },
    /// The geometry does not tell which of the fingers are there; the names follow what was said, or are the
    /// likeliest. The operator decides.
    Ambiguous,
    /// Two neighbours meet: the border between their boxes may be off.
    Touching {
        /// The finger on the left.
        a: FingerPosition,
        /// The finger on the right.
        b: FingerPosition,
    },
    /// The border of the platen cuts the finger's distal phalanx.
    CutOff {
        /// The finger.
        position: FingerPosition,
    },
    /// Only the tip of the finger touches.
    Partial {
        /// The finger.
        position: FingerPosition,
    },
    /// The hand is turned too far.
    Rotated {
        /// Its turn in whole degrees, counter-clockwise.
        turn_deg: i16,
    },
}

impl SlapProblem {
    /// Stable name, used in records, scripts and message ids.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::WrongHand { .. } => "wrong-hand",
            Self::TooFewFingers { .. } => "too-few-fingers",
            Self::TooManyFingers { .. } => "too-many-fingers",
            Self::MissingDisagrees { .. } => "missing-disagrees",
            Self::Ambiguous => "ambiguous",
            Self::Touching { .. } => "touching",
            Self::CutOff { .. } => "cut-off",
            Self::Partial { .. } => "partial",
            Self::Rotated { .. } => "rotated",
        }
    }
}

/// Finds and names the fingers of a slap. `missing` are the fingers that the person does not have or that are
/// bandaged; positions of other slaps in it are ignored. A slap without fingers is [`SlapProblem::Blank`], not
/// an error.
///
/// # Errors
/// [`SegmentError::Resolution`], [`SegmentError::TooSmall`] or [`SegmentError::TooLarge`].
pub fn segment(
    image: &GrayImage,
    slap: Slap,
    missing: &[FingerPosition],
) -> Result<Segmentation, SegmentError> {
    let grid = measured(image)?;
    let whole = regions::connected(&grid);
    let (turn_deg, fingers) = settle(&grid, &whole);
    Ok(judge::name(&grid, fingers, slap, missing, turn_deg))
}

/// The grid of a slap whose resolution is taken.
fn measured(image: &GrayImage) -> Result<grid::Grid, SegmentError> {
    let ppi = image.ppi().unwrap_or(USUAL_PPI);
    if !PPI_RANGE.contains(&ppi) {
        return Err(SegmentError::Resolution { ppi });
    }
    grid::Grid::new(image, ppi)
}

/// The turn of the hand in degrees and its fingers: of several turns near the first guess the one whose boxes
/// fit the prints best. Where fingers touch or only their tips do, the guess by itself may be 15 degrees off.
fn settle(grid: &grid::Grid, whole: &[regions::Region]) -> (f32, Vec<finger::Finger>) {
    if whole.is_empty() {
        return (0.0, Vec::new());
    }
    let guess = regions::turn(grid, whole);
    let mut best: Option<(f32, f32, Vec<finger::Finger>)> = None;
    for step in [0.0f32, -1.0, 1.0, -2.0, 2.0] {
        let turn_deg = guess + 7.0 * step;
        let fingers = find(grid, whole, turn_deg);
        let (misfit, lean) = finger::misfit(&fingers, turn_deg);
        let cost = misfit + 0.03 * step.abs();
        if best.as_ref().is_none_or(|b| cost < b.0) {
            best = Some((cost, turn_deg + lean, fingers));
        }
    }
    best.map_or((guess, Vec::new()), |(_, turn_deg, fingers)| (turn_deg, fingers))
}

/// Every finger on the grid, from left to right as the hand sees it.
fn find(grid: &grid::Grid, whole: &[regions::Region], turn_deg: f32) -> Vec<finger::Finger> {
    let parts = whole.iter().flat_map(|region| regions::split(grid, region.clone(), turn_deg));
    let mut fingers: Vec<finger::Finger> = parts
        .filter_map(|part| finger::measure(grid, part, turn_deg, 0.0))
        .filter(finger::Finger::is_skin)
        .collect();
    let widths: Vec<f32> = fingers.iter().map(|f| f.bounds.width).collect();
    let least = grid::quantile(&widths, 0.5);
    for f in fingers.iter_mut().filter(|f| f.bounds.width < 0.8 * least) {
        if let Some(again) = finger::measure(grid, f.region.clone(), turn_deg, least) {
            *f = again;
        }
    }
    let frame = FingerBox { centre_x: 0.0, centre_y: 0.0, width: 1.0, height: 1.0, angle_deg: turn_deg };
    let place = |f: &finger::Finger| frame.inside_out(f.bounds.centre_x, f.bounds.centre_y);
    // From the top down: what lies below a finger in its lane is its next phalanx (or the rest of a dry one).
    fingers.sort_by(|a, b| place(a).1.total_cmp(&place(b).1));
    let mut kept: Vec<finger::Finger> = Vec::new();
    for f in fingers {
        let (u, v) = place(&f);
        let gap = |k: &finger::Finger| v - f.bounds.height / 2.0 - place(k).1 - k.bounds.height / 2.0;
        let above = kept.iter().position(|k| {
            let (ku, kv) = place(k);
            let in_lane = (u - ku).abs() < 0.3 * (f.bounds.width + k.bounds.width);
            in_lane && v > kv + 0.5 * k.bounds.height && gap(k) < 8.0 * grid::CELLS_PER_MM
        });
        let Some(i) = above else {
            kept.push(f);
            continue;
        };
        let k = &kept[i];
        if k.bounds.height < 0.9 * k.bounds.width && gap(k) < 3.0 * grid::CELLS_PER_MM {
            let mut cells = k.region.cells.clone();
            cells.extend(&f.region.cells);
            let joined = regions::Region { cells, component: k.component };
            if let Some(joined) = finger::measure(grid, joined, turn_deg, 0.0) {
                kept[i] = joined;
            }
        }
    }
    kept.sort_by(|a, b| place(a).0.total_cmp(&place(b).0));
    kept
}

//! The signature as the KTP-el chip holds it: 168 x 44 pixels of one bit.
//!
//! Public readers of the card show this size; how the chip compresses the bitmap is not public, so this
//! module makes and reads the plain bitmap. `validated` by no card: none was at hand.

use crate::image::GrayImage;
use crate::signature::{MAX_POINTS, Point, Strokes};

/// Width in pixels.
pub const WIDTH: usize = 168;
/// Height in pixels.
pub const HEIGHT: usize = 44;
/// Bytes of a row.
pub const ROW_BYTES: usize = WIDTH / 8;
/// Bytes of a bitmap.
pub const BYTES: usize = ROW_BYTES * HEIGHT;

/// Pixels that stay white on every side.
const MARGIN: f32 = 2.0;
/// Half of the pen's width in pixels: lines are about two pixels wide, so that they hold together at any
/// angle and loops of five pixels stay open.
const PEN_RADIUS: f32 = 0.9;
/// Dots further from the lines than this share of their larger side are accidents and not drawn.
const DOT_REACH: f32 = 0.25;
/// A stroke within this share of the lines' larger side is a dot.
const DOT_SHARE: f32 = 0.04;

/// Why bytes are no bitmap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("BIO-55 signature bitmap of {found} bytes, not {BYTES}: give 44 rows of 21 bytes")]
pub struct BitmapLength {
    /// Bytes that were there.
    pub found: usize,
}

/// 168 x 44 pixels: rows from the top, eight pixels a byte with the leftmost in the highest bit, 1 is ink.
#[derive(Clone, PartialEq, Eq)]
pub struct ChipBitmap([u8; BYTES]);

impl std::fmt::Debug for ChipBitmap {
    // A signature is biometric: its pixels never go into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChipBitmap({} of {} pixels)", self.ink(), WIDTH * HEIGHT)
    }
}

impl ChipBitmap {
    /// From its bytes.
    ///
    /// # Errors
    /// [`BitmapLength`] when there are not [`BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BitmapLength> {
        bytes.try_into().map(Self).map_err(|_| BitmapLength { found: bytes.len() })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// True where there is ink; outside the bitmap there is none.
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> bool {
        x < WIDTH && y < HEIGHT && self.0[y * ROW_BYTES + x / 8] & (0x80 >> (x % 8)) != 0
    }

    /// Number of pixels with ink.
    #[must_use]
    pub fn ink(&self) -> usize {
        self.0.iter().map(|b| b.count_ones() as usize).sum()
    }

    /// Black on white, 168 x 44; `None` never happens for this size.
    #[must_use]
    pub fn to_gray(&self) -> Option<GrayImage> {
        let pixel = |i: usize| if self.at(i % WIDTH, i / WIDTH) { 0 } else { 255 };
        GrayImage::new(WIDTH as u32, HEIGHT as u32, None, (0..WIDTH * HEIGHT).map(pixel).collect()).ok()
    }
}

/// Draws a signature for the chip: the box around its strokes, as large as fits within the margin, in the
/// middle, with its proportions kept and a pen of constant width. Dots far from every line are left out,
/// points after the first [`MAX_POINTS`] as well. Nothing drawn gives a white bitmap. Whether the strokes are
/// a signature at all is judged by [`crate::signature_analysis::assess`].
#[must_use]
pub fn chip_bitmap(strokes: &Strokes) -> ChipBitmap {
    let mut bitmap = ChipBitmap([0; BYTES]);
    let drawn = kept(strokes);
    let Some(frame) = Frame::around(drawn.iter().flat_map(|s| s.iter())) else { return bitmap };
    let room = (WIDTH as f32 - 2.0 * (MARGIN + PEN_RADIUS), HEIGHT as f32 - 2.0 * (MARGIN + PEN_RADIUS));
    // A single point has no size: any scale will do.
    let scale = (room.0 / frame.width().max(1.0)).min(room.1 / frame.height().max(1.0));
    let left = (WIDTH as f32 - frame.width() * scale) / 2.0;
    let top = (HEIGHT as f32 - frame.height() * scale) / 2.0;
    let place =
        |p: &Point| (left + (p.x as f32 - frame.left) * scale, top + (p.y as f32 - frame.top) * scale);
    for stroke in &drawn {
        if let [only] = stroke {
            bitmap.line(place(only), place(only));
        }
        for pair in stroke.windows(2) {
            bitmap.line(place(&pair[0]), place(&pair[1]));
        }
    }
    bitmap
}

impl ChipBitmap {
    /// Inks the pixels whose middle lies within the pen's radius of the line.
    fn line(&mut self, a: (f32, f32), b: (f32, f32)) {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length2 = (dx * dx + dy * dy).max(1e-6);
        let span = |from: f32, to: f32, side: usize| {
            let low = (from.min(to) - PEN_RADIUS - 1.0).max(0.0) as usize;
            low..((from.max(to) + PEN_RADIUS + 1.0).max(0.0) as usize + 1).min(side)
        };
        for y in span(a.1, b.1, HEIGHT) {
            for x in span(a.0, b.0, WIDTH) {
                let (px, py) = (x as f32 + 0.5 - a.0, y as f32 + 0.5 - a.1);
                let t = ((px * dx + py * dy) / length2).clamp(0.0, 1.0);
                if (px - t * dx).hypot(py - t * dy) <= PEN_RADIUS {
                    self.0[y * ROW_BYTES + x / 8] |= 0x80 >> (x % 8);
                }
            }
        }
    }
}

/// A box around points.
#[derive(Clone, Copy)]
struct Frame {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Frame {
    fn around<'a>(points: impl Iterator<Item = &'a Point>) -> Option<Self> {
        let mut frame: Option<Self> = None;
        for p in points {
            let (x, y) = (p.x as f32, p.y as f32);
            let f = frame.get_or_insert(Self { left: x, top: y, right: x, bottom: y });
            f.left = f.left.min(x);
            f.right = f.right.max(x);
            f.top = f.top.min(y);
            f.bottom = f.bottom.max(y);
        }
        frame
    }
    fn width(&self) -> f32 {
        self.right - self.left
    }
    fn height(&self) -> f32 {
        self.bottom - self.top
    }
    fn side(&self) -> f32 {
        self.width().max(self.height())
    }
}

/// The strokes that are drawn: every line, and the dots that are near them.
fn kept(strokes: &Strokes) -> Vec<&[Point]> {
    let mut left_over = MAX_POINTS;
    let mut all: Vec<&[Point]> = Vec::new();
    for stroke in &strokes.strokes {
        let part = &stroke[..stroke.len().min(left_over)];
        left_over -= part.len();
        if !part.is_empty() {
            all.push(part);
        }
    }
    let Some(whole) = Frame::around(all.iter().flat_map(|s| s.iter())) else { return all };
    let is_dot = |s: &[Point]| Frame::around(s.iter()).is_some_and(|f| f.side() <= DOT_SHARE * whole.side());
    let lines = all.iter().copied().filter(|s| !is_dot(s));
    let Some(box_) = Frame::around(lines.flat_map(|s| s.iter())) else { return all };
    let reach = DOT_REACH * box_.side();
    all.retain(|s| {
        let near = |p: &Point| {
            let (x, y) = (p.x as f32, p.y as f32);
            (box_.left - reach..=box_.right + reach).contains(&x)
                && (box_.top - reach..=box_.bottom + reach).contains(&y)
        };
        !is_dot(s) || s.iter().all(near)
    });
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::synth;

    fn strokes(lines: &[&[(i32, i32)]]) -> Strokes {
        let point = |(x, y): &(i32, i32)| Point { x: *x, y: *y, t_ms: 0, pressure: None };
        let strokes = lines.iter().map(|l| l.iter().map(point).collect()).collect();
        Strokes { width: 10_000, height: 4_000, scaled: true, strokes }
    }

    /// First and last inked column and row.
    fn inked(b: &ChipBitmap) -> Option<(usize, usize, usize, usize)> {
        let mut found: Option<(usize, usize, usize, usize)> = None;
        for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))).filter(|p| b.at(p.0, p.1)) {
            let f = found.get_or_insert((x, y, x, y));
            *f = (f.0.min(x), f.1.min(y), f.2.max(x), f.3.max(y));
        }
        found
    }

    /// Number of connected pieces of ink (eight neighbours).
    fn pieces(b: &ChipBitmap) -> usize {
        let mut seen = vec![false; WIDTH * HEIGHT];
        let mut count = 0;
        for start in 0..WIDTH * HEIGHT {
            if seen[start] || !b.at(start % WIDTH, start / WIDTH) {
                continue;
            }
            count += 1;
            let mut open = vec![start];
            seen[start] = true;
            while let Some(i) = open.pop() {
                let (x, y) = (i % WIDTH, i / WIDTH);
                for ny in y.saturating_sub(1)..(y + 2).min(HEIGHT) {
                    for nx in x.saturating_sub(1)..(x + 2).min(WIDTH) {
                        let n = ny * WIDTH + nx;
                        if !seen[n] && b.at(nx, ny) {
                            seen[n] = true;
                            open.push(n);
                        }
                    }
                }
            }
        }
        count
    }

    #[test]
    fn the_box_of_the_strokes_fills_the_bitmap() {
        // (strokes, inked columns and rows: from, to)
        let cases: [(&[&[(i32, i32)]], Option<(usize, usize, usize, usize)>); 6] = [
            (&[], None),
            (&[&[], &[]], None),
            // A dot by itself: in the middle.
            (&[&[(7, 9)]], Some((83, 21, 84, 22))),
            // Wide: the margins left and right are kept.
            (&[&[(1000, 2000), (9000, 2000)]], Some((2, 21, 165, 22))),
            // High: the margins above and below are kept.
            (&[&[(5000, 0), (5000, 4000)]], Some((83, 2, 84, 41))),
            // A dot far away is not drawn.
            (&[&[(1000, 2000), (3000, 2000)], &[(9900, 3900)]], Some((2, 21, 165, 22))),
        ];
        for (lines, expected) in cases {
            assert_eq!(inked(&chip_bitmap(&strokes(lines))), expected, "{lines:?}");
        }
        // A dot above a line belongs to it, and proportions are kept: a square stays a square.
        assert_eq!(pieces(&chip_bitmap(&strokes(&[&[(0, 900), (2000, 900)], &[(1000, 600)]]))), 2);
        let square: &[(i32, i32)] = &[(0, 0), (300, 0), (300, 300), (0, 300), (0, 0)];
        let (x0, y0, x1, y1) = inked(&chip_bitmap(&strokes(&[square]))).unwrap();
        assert!((x1 - x0).abs_diff(y1 - y0) <= 1, "{x0} {y0} {x1} {y1}");
    }

    #[test]
    fn signatures_stay_legible() {
        for seed in 0..40 {
            let signature = synth::signature::render(seed, 1);
            let bitmap = chip_bitmap(&signature);
            let share = bitmap.ink() as f32 / (WIDTH * HEIGHT) as f32;
            assert!((0.03..0.45).contains(&share), "seed {seed}: ink {share}");
            assert!(pieces(&bitmap) <= signature.strokes.len(), "seed {seed}: lines hold together");
            // Not one blot: some white is enclosed or between the lines in most rows.
            let rows = (0..HEIGHT).filter(|y| {
                let row: Vec<bool> = (0..WIDTH).map(|x| bitmap.at(x, *y)).collect();
                row.windows(2).filter(|p| p[0] != p[1]).count() >= 4
            });
            assert!(rows.count() >= 8, "seed {seed}");
        }
    }

    #[test]
    fn bytes_and_picture_tell_the_same() {
        let bitmap = chip_bitmap(&synth::signature::render(3, 1));
        assert_eq!(ChipBitmap::from_bytes(bitmap.as_bytes()).unwrap(), bitmap);
        let gray = bitmap.to_gray().unwrap();
        assert_eq!((gray.width(), gray.height()), (168, 44));
        assert_eq!(gray.pixels().iter().filter(|p| **p == 0).count(), bitmap.ink());
        for length in [0, BYTES - 1, BYTES + 1] {
            let error = ChipBitmap::from_bytes(&vec![0; length]).unwrap_err();
            assert_eq!(error, BitmapLength { found: length });
        }
        // The leftmost pixel is the highest bit of the first byte.
        let mut bytes = [0; BYTES];
        bytes[0] = 0x80;
        bytes[ROW_BYTES + 20] = 1;
        let bitmap = ChipBitmap::from_bytes(&bytes).unwrap();
        assert!(bitmap.at(0, 0) && bitmap.at(167, 1) && bitmap.ink() == 2 && !bitmap.at(168, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
        #[test]
        fn any_strokes_give_a_bitmap(
            points in proptest::collection::vec(any::<(i32, i32)>(), 0..40),
            cut in 0usize..40,
        ) {
            let cut = cut.min(points.len());
            let bitmap = chip_bitmap(&strokes(&[&points[..cut], &points[cut..]]));
            prop_assert_eq!(bitmap.ink() == 0, points.is_empty());
        }
    }
}

//! Signatures: a check that there is one (`rekam-signature-1`), and a picture of it.
//!
//! What is refused as no signature: nothing drawn, dots and taps, a slip of the pen, a scribble in a small
//! spot, lines that hardly turn (a pen drawn across, a cross, ticks), and strokes of which less than half
//! lies on the pad. A person who cannot sign and draws a line is recorded by an exception, not by this check.

use crate::image::{GrayImage, ImageError, check_size};
use crate::quality::{Quality, QualityReason};
use crate::signature::{MAX_POINTS, Point, Strokes};

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-signature-1";
/// Scores up to this are no signature and must not be taken.
pub const REFUSED_SCORE: u8 = 30;

/// A stroke that stays within this share of the pad's width is a dot.
const DOT_SHARE: f32 = 0.02;
/// A signature spans at least this share of the pad's width or height; less is a slip of the pen.
const SMALL_SHARE: f32 = 0.06;
/// From this share of the pad's width on, a signature is large enough to be compared by eye.
const WANTED_SHARE: f32 = 0.25;
/// Length of line, against the pad's width, from which a signature is full.
const WANTED_LENGTH: f32 = 0.6;
/// A signature turns at least this much in all its strokes together (three quarters of a circle); a straight
/// line, a tick or a cross turn far less. Each of 200 synthetic ones turns more.
const LEAST_TURN_RAD: f32 = 1.5 * std::f32::consts::PI;
/// Turning is measured on steps of this share of the larger side of the box around the lines, so that neither
/// the pad's noise nor a trembling hand counts.
const STEP_SHARE: f32 = 0.035;
/// Less than this share of the points on the pad is no signature.
const LEAST_ON_PAD: f32 = 0.5;
/// Below this share of the points on the pad, the officer is told.
const WANTED_ON_PAD: f32 = 0.97;

/// Judges whether the strokes are a signature: something drawn on the pad, more than dots and straight lines,
/// large enough. A score up to [`REFUSED_SCORE`] means that it must not be taken.
#[must_use]
pub fn assess(strokes: &Strokes) -> Quality {
    let (score, reasons) = judge(strokes);
    // Not validated: only synthetic signatures were at hand.
    Quality { score, algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

/// What is measured of the lines, in shares of the pad.
struct Lines {
    /// Width of the box against the pad's width.
    across: f32,
    /// The larger of the box's shares of width and height.
    share: f32,
    /// Length against the pad's width.
    length: f32,
    /// Change of direction in radians.
    turn_rad: f32,
}

fn judge(strokes: &Strokes) -> (Option<u8>, Vec<QualityReason>) {
    let all = strokes.points();
    if all == 0 {
        return (Some(0), vec![QualityReason::EmptySignature]);
    }
    if strokes.width <= 0 || strokes.height <= 0 {
        return (None, Vec::new());
    }
    let parts = on_pad(strokes);
    let kept: usize = parts.iter().map(|p| p.len()).sum();
    let on_pad = kept as f32 / all as f32;
    if on_pad < LEAST_ON_PAD {
        return (Some(0), vec![QualityReason::AccidentalMarks, QualityReason::OffCentre]);
    }
    let Some(lines) = measure(&parts, strokes) else {
        return (Some(0), vec![QualityReason::AccidentalMarks]);
    };
    if lines.share < SMALL_SHARE || lines.length < SMALL_SHARE {
        return (Some(5), vec![QualityReason::AccidentalMarks]);
    }
    if lines.turn_rad < LEAST_TURN_RAD {
        return (Some(10), vec![QualityReason::AccidentalMarks]);
    }
    let size = (lines.across / WANTED_SHARE).clamp(0.0, 1.0);
    let full = (lines.length / WANTED_LENGTH).clamp(0.0, 1.0);
    let mut reasons = Vec::new();
    if full < 0.3 {
        reasons.push(QualityReason::AccidentalMarks);
    }
    if size < 0.5 {
        reasons.push(QualityReason::TooSmall);
    }
    let mut score = 100.0 * (size * full).sqrt();
    if on_pad < WANTED_ON_PAD {
        reasons.push(QualityReason::OffCentre);
        score *= on_pad;
    }
    (Some(score.round() as u8), reasons)
}

/// The strokes without their points off the pad, cut where these were.
fn on_pad(strokes: &Strokes) -> Vec<&[Point]> {
    let inside = |p: &Point| (0..=strokes.width).contains(&p.x) && (0..=strokes.height).contains(&p.y);
    strokes.strokes.iter().flat_map(|s| s.split(move |p| !inside(p))).filter(|s| !s.is_empty()).collect()
}

/// Measures the strokes that are lines. Dots belong to a signature that has lines; by themselves they are
/// accidents: `None`.
fn measure(parts: &[&[Point]], strokes: &Strokes) -> Option<Lines> {
    let pad = strokes.width as f32;
    let is_line = |s: &&[Point]| extent(s.iter()).is_some_and(|e| e.0.max(e.1) > DOT_SHARE * pad);
    let lines: Vec<&[Point]> = parts.iter().copied().filter(is_line).collect();
    let (across, down) = extent(lines.iter().flat_map(|s| s.iter()))?;
    Some(Lines {
        across: across / pad,
        share: (across / pad).max(down / strokes.height as f32),
        length: lines.iter().map(|s| length(s)).sum::<f32>() / pad,
        turn_rad: lines.iter().map(|s| turn_rad(s, STEP_SHARE * across.max(down))).sum(),
    })
}

/// Sum of the changes of direction along a stroke, seen in steps of at least `step` units.
fn turn_rad(points: &[Point], step: f32) -> f32 {
    let mut turn = 0.0;
    let mut before: Option<f32> = None;
    let Some(mut from) = points.first() else { return turn };
    for p in points {
        let (dx, dy) = (p.x as f32 - from.x as f32, p.y as f32 - from.y as f32);
        if dx.hypot(dy) < step {
            continue;
        }
        let direction = dy.atan2(dx);
        if let Some(before) = before {
            let change = (direction - before).abs();
            turn += change.min(std::f32::consts::TAU - change);
        }
        before = Some(direction);
        from = p;
    }
    turn
}

/// Width and height of the box around the points.
fn extent<'a>(points: impl Iterator<Item = &'a Point>) -> Option<(f32, f32)> {
    let mut span: Option<(i32, i32, i32, i32)> = None;
    for p in points {
        let s = span.get_or_insert((p.x, p.x, p.y, p.y));
        *s = (s.0.min(p.x), s.1.max(p.x), s.2.min(p.y), s.3.max(p.y));
    }
    span.map(|s| ((i64::from(s.1) - i64::from(s.0)) as f32, (i64::from(s.3) - i64::from(s.2)) as f32))
}

fn length(points: &[Point]) -> f32 {
    points.windows(2).map(|p| (p[1].x as f32 - p[0].x as f32).hypot(p[1].y as f32 - p[0].y as f32)).sum()
}

/// Draws the pad, dark lines on white, into `width` x `height` pixels: as large as fits, in the middle. Lines
/// are smooth at their edges and as thick as the pressure says. Points outside the pad are drawn at its
/// border; points after the first [`MAX_POINTS`] are left out.
///
/// # Errors
/// [`ImageError`] when the size is out of bounds.
pub fn render(strokes: &Strokes, width: u32, height: u32) -> Result<GrayImage, ImageError> {
    check_size(width, height)?;
    let mut page = Page { width, height, ink: vec![0.0; (width * height) as usize] };
    if strokes.width > 0 && strokes.height > 0 {
        let scale = (width as f32 / strokes.width as f32).min(height as f32 / strokes.height as f32);
        let left = (width as f32 - strokes.width as f32 * scale) / 2.0;
        let top = (height as f32 - strokes.height as f32 * scale) / 2.0;
        // A pen of 0.6 mm on a pad 100 mm wide.
        let pen = (0.003 * strokes.width as f32 * scale).max(0.6);
        let place = |p: &Point| Dot {
            x: left + p.x.clamp(0, strokes.width) as f32 * scale,
            y: top + p.y.clamp(0, strokes.height) as f32 * scale,
            radius: pen * p.pressure.map_or(1.0, |f| 0.6 + 0.8 * f32::from(f) / 65_535.0),
        };
        let mut left_over = MAX_POINTS;
        for stroke in &strokes.strokes {
            let points = &stroke[..stroke.len().min(left_over)];
            left_over -= points.len();
            if let [only] = points {
                page.line(place(only), place(only));
            }
            for pair in points.windows(2) {
                page.line(place(&pair[0]), place(&pair[1]));
            }
        }
    }
    let pixels = page.ink.iter().map(|ink| (255.0 * (1.0 - ink)).round() as u8).collect();
    GrayImage::new(width, height, None, pixels)
}

#[derive(Clone, Copy)]
struct Dot {
    x: f32,
    y: f32,
    radius: f32,
}

struct Page {
    width: u32,
    height: u32,
    ink: Vec<f32>,
}

impl Page {
    /// A line with round ends; a pixel's ink is how far the line's edge lies beyond its middle.
    fn line(&mut self, a: Dot, b: Dot) {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length2 = (dx * dx + dy * dy).max(1e-6);
        let reach = a.radius.max(b.radius) + 1.0;
        let columns = bounds(a.x.min(b.x) - reach, a.x.max(b.x) + reach, self.width);
        for y in bounds(a.y.min(b.y) - reach, a.y.max(b.y) + reach, self.height) {
            for x in columns.clone() {
                let (px, py) = (x as f32 + 0.5 - a.x, y as f32 + 0.5 - a.y);
                let t = ((px * dx + py * dy) / length2).clamp(0.0, 1.0);
                let distance = (px - t * dx).hypot(py - t * dy);
                let radius = a.radius + (b.radius - a.radius) * t;
                let ink = (radius + 0.5 - distance).clamp(0.0, 1.0);
                let at = (y * self.width + x) as usize;
                self.ink[at] = self.ink[at].max(ink);
            }
        }
    }
}

fn bounds(from: f32, to: f32, side: u32) -> std::ops::Range<u32> {
    (from.max(0.0) as u32).min(side)..(to.max(0.0).ceil() as u32).min(side)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::synth;

    fn pad(strokes: Vec<Vec<(i32, i32)>>) -> Strokes {
        let stroke = |s: Vec<(i32, i32)>| {
            s.into_iter()
                .enumerate()
                .map(|(i, (x, y))| Point { x, y, t_ms: i as u32 * 5, pressure: None })
                .collect()
        };
        Strokes {
            width: 10_000,
            height: 4_000,
            scaled: true,
            strokes: strokes.into_iter().map(stroke).collect(),
        }
    }

    /// A scribble of `turns` loops with this radius around a point.
    fn scribble(x: i32, y: i32, radius: f32, turns: i32) -> Vec<(i32, i32)> {
        let at = |i: i32| {
            let angle = i as f32 * 0.3;
            (x + (radius * angle.cos()) as i32 + i, y + (radius * angle.sin()) as i32)
        };
        (0..turns * 21).map(at).collect()
    }

    #[test]
    fn strokes_that_are_no_signature_are_named() {
        use QualityReason as R;
        let straight: Vec<(i32, i32)> = (0..80).map(|i| (1000 + i * 100, 2000 + i * 5)).collect();
        let shaky: Vec<(i32, i32)> = (0..80).map(|i| (1000 + i * 100, 2000 + i % 3 * 12)).collect();
        let taps = |n: i32| (0..n).map(|i| vec![(1000 + i * 700, 500 + i % 4 * 800)]).collect();
        let below: Vec<(i32, i32)> = scribble(5000, 9000, 900.0, 6);
        let check = |name: &str, strokes: Vec<Vec<(i32, i32)>>, reason: R| {
            let found = assess(&pad(strokes));
            assert_eq!(found.reasons.first(), Some(&reason), "{name}: {found:?}");
            assert!(found.score <= Some(REFUSED_SCORE), "{name}: {found:?}");
            assert!(!found.validated, "{name}");
        };
        check("nothing", vec![], R::EmptySignature);
        check("strokes without points", vec![vec![], vec![]], R::EmptySignature);
        check("one dot", vec![vec![(5000, 2000)]], R::AccidentalMarks);
        check("two dots", vec![vec![(100, 100)], vec![(9000, 3900), (9010, 3900)]], R::AccidentalMarks);
        check("three taps", taps(3), R::AccidentalMarks);
        check("twelve taps", taps(12), R::AccidentalMarks);
        check("a held tap that trembles", vec![scribble(5000, 2000, 40.0, 2)], R::AccidentalMarks);
        check("a tiny scribble", vec![scribble(5000, 2000, 90.0, 9)], R::AccidentalMarks);
        check("a short slip", vec![vec![(4000, 2000), (4300, 2050)]], R::AccidentalMarks);
        check("a longer slip", vec![vec![(4000, 2000), (5000, 2000)]], R::AccidentalMarks);
        check("a line across", vec![straight.clone()], R::AccidentalMarks);
        check("a shaky line across", vec![shaky], R::AccidentalMarks);
        check("a line and a tap", vec![straight.clone(), vec![(200, 200)]], R::AccidentalMarks);
        let cross = vec![vec![(2000, 1000), (8000, 3000)], vec![(2000, 3000), (8000, 1000)]];
        check("a cross", cross, R::AccidentalMarks);
        check("a tick", vec![vec![(3000, 2000), (4000, 3500), (8000, 500)]], R::AccidentalMarks);
        check("off the pad", vec![below.clone(), vec![(5000, 2000)]], R::AccidentalMarks);
        check("off the pad but for a line", vec![below, vec![(10, 10), (9000, 3000)]], R::AccidentalMarks);
    }

    #[test]
    fn faults_of_a_signature_are_named() {
        use QualityReason as R;
        let whole = synth::signature::render(4, 1);
        let change = |change: fn(&mut Point)| {
            let mut strokes = whole.clone();
            strokes.strokes.iter_mut().flatten().for_each(change);
            assess(&strokes)
        };
        assert!(change(|_| {}).reasons.is_empty());
        // A seventh of the size: too small to be compared.
        let small = change(|p| (p.x, p.y) = (4000 + p.x / 7, 1500 + p.y / 7));
        assert!(small.reasons.contains(&R::TooSmall) && small.score < Some(70), "{small:?}");
        // A part over the left border: told, but taken.
        let cut = change(|p| p.x -= 2000);
        assert!(cut.reasons.contains(&R::OffCentre), "{cut:?}");
        assert!(cut.score > Some(REFUSED_SCORE), "{cut:?}");
        let gone = change(|p| p.x += 20_000);
        assert_eq!(gone.reasons, [R::AccidentalMarks, R::OffCentre]);
    }

    #[test]
    fn real_looking_signatures_pass() {
        for seed in 0..200 {
            let strokes = synth::signature::render(seed, 3);
            let found = assess(&strokes);
            assert!(found.score >= Some(70) && found.reasons.is_empty(), "seed {seed}: {found:?}");
            let turn_rad = measure(&on_pad(&strokes), &strokes).map(|l| l.turn_rad);
            assert!(turn_rad > Some(1.25 * LEAST_TURN_RAD), "seed {seed}: {turn_rad:?} rad");
        }
    }

    #[test]
    fn hostile_strokes_get_an_answer() {
        let far = [(i32::MIN, i32::MAX), (i32::MAX, i32::MIN), (0, 0)];
        let mut strokes = pad(vec![far.to_vec()]);
        assert!(assess(&strokes).score.is_some());
        assert!(render(&strokes, 100, 40).is_ok());
        strokes.width = i32::MIN;
        assert_eq!(assess(&strokes).score, None);
        assert!(render(&strokes, 100, 40).unwrap().pixels().iter().all(|p| *p == 255));
        assert!(render(&strokes, 0, 40).is_err());
        assert!(render(&strokes, 100_000, 40).is_err());
    }

    #[test]
    fn the_picture_shows_the_line() {
        let image = render(&pad(vec![vec![(1000, 2000), (9000, 2000)]]), 500, 300).unwrap();
        // The pad is 500x200 in the middle of 500x300, so the line lies at y = 150.
        assert!(image.at(250, 150) < 40 && image.at(60, 150) < 40);
        assert!(
            [image.at(250, 140), image.at(250, 160), image.at(30, 150), image.at(480, 150)]
                .iter()
                .all(|p| *p == 255)
        );
    }
}

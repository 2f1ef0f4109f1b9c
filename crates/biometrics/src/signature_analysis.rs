//! Signatures: a check that there is one (`rekam-signature-1`), and a picture of it.

use crate::image::{GrayImage, ImageError, check_size};
use crate::quality::{Quality, QualityReason};
use crate::signature::{MAX_POINTS, Point, Strokes};

/// Name of the measure.
pub const ALGORITHM: &str = "rekam-signature-1";

/// A stroke that stays within this share of the pad's width is a dot.
const DOT_SHARE: f32 = 0.02;
/// A signature spans at least this share of the pad's width or height; less is a slip of the pen.
const SMALL_SHARE: f32 = 0.06;
/// From this share of the pad's width on, a signature is large enough to be compared by eye.
const WANTED_SHARE: f32 = 0.25;
/// Length of line, against the pad's width, from which a signature is full.
const WANTED_LENGTH: f32 = 0.6;

/// Judges whether the strokes are a signature: something drawn, more than dots, large enough.
#[must_use]
pub fn assess(strokes: &Strokes) -> Quality {
    let (score, reasons) = judge(strokes);
    // Not validated: only synthetic signatures were at hand.
    Quality { score, algorithm: ALGORITHM.to_owned(), reasons, validated: false }
}

fn judge(strokes: &Strokes) -> (Option<u8>, Vec<QualityReason>) {
    if strokes.points() == 0 {
        return (Some(0), vec![QualityReason::EmptySignature]);
    }
    if strokes.width <= 0 || strokes.height <= 0 {
        return (None, Vec::new());
    }
    let pad = strokes.width as f32;
    // Dots belong to a signature that has lines; by themselves they are accidents.
    let lines: Vec<&Vec<Point>> = strokes
        .strokes
        .iter()
        .filter(|s| extent(s.iter()).is_some_and(|e| e.0.max(e.1) > DOT_SHARE * pad))
        .collect();
    let Some((across, down)) = extent(lines.iter().copied().flatten()) else {
        return (Some(0), vec![QualityReason::AccidentalMarks]);
    };
    let share = (across / pad).max(down / strokes.height as f32);
    let length = lines.iter().map(|s| length(s)).sum::<f32>() / pad;
    if share < SMALL_SHARE || length < SMALL_SHARE {
        return (Some(5), vec![QualityReason::AccidentalMarks]);
    }
    let size = (across / pad / WANTED_SHARE).clamp(0.0, 1.0);
    let full = (length / WANTED_LENGTH).clamp(0.0, 1.0);
    let mut reasons = Vec::new();
    if full < 0.3 {
        reasons.push(QualityReason::AccidentalMarks);
    }
    if size < 0.5 {
        reasons.push(QualityReason::TooSmall);
    }
    (Some((100.0 * (size * full).sqrt()).round() as u8), reasons)
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

/// Draws the pad, dark lines on white, into `width` x `height` pixels: as large as fits, in the middle. Lines are
/// smooth at their edges and as thick as the pressure says. Points outside the pad are drawn at its border;
/// points after the first [`MAX_POINTS`] are left out.
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

    #[test]
    fn strokes_that_are_no_signature_are_named() {
        use QualityReason as R;
        let check = |strokes: Vec<Vec<(i32, i32)>>, reason: R| {
            let found = assess(&pad(strokes));
            assert_eq!(found.reasons.first(), Some(&reason), "{found:?}");
            assert!(found.score <= Some(30), "{found:?}");
        };
        check(vec![], R::EmptySignature);
        check(vec![vec![], vec![]], R::EmptySignature);
        check(vec![vec![(5000, 2000)]], R::AccidentalMarks);
        check(vec![vec![(100, 100)], vec![(9000, 3900), (9010, 3900)]], R::AccidentalMarks);
        check(vec![vec![(4000, 2000), (4300, 2050)]], R::AccidentalMarks);
        check(vec![vec![(4000, 2000), (5000, 2000)]], R::AccidentalMarks);
    }

    #[test]
    fn real_looking_signatures_pass() {
        for seed in 0..20 {
            let found = assess(&synth::signature::render(seed, 3));
            assert!(found.score >= Some(70) && found.reasons.is_empty(), "seed {seed}: {found:?}");
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

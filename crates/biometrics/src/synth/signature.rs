//! Synthetic signatures: cursive strokes with time and pressure, sampled at 200 Hz on a 100 x 40 mm pad.

use super::rng::{Rng, mix};
use crate::signature::{Point, Strokes};

/// Pad size in units of 0.01 mm.
const PAD: (i32, i32) = (10_000, 4_000);
const SAMPLE_MS: f32 = 5.0;

/// The signature of an invented person; `repetition` varies it as a hand does.
#[must_use]
pub fn render(person_seed: u64, repetition: u64) -> Strokes {
    let mut style = Rng::new(person_seed, 21);
    let mut hand = Rng::new(mix(person_seed) ^ repetition, 22);
    let mut clock = 0.0f32;
    let mut strokes = Vec::new();
    let words = 1 + usize::from(style.unit() < 0.6);
    let mut x = style.range(900.0, 1400.0);
    let slant = style.range(0.05, 0.45);
    for word in 0..words {
        let letters = 3 + (style.unit() * 4.0) as usize;
        let knots = word_knots(&mut style, &mut x, letters, slant, word == 0);
        let knots = shaken(&mut hand, &knots, 38.0);
        strokes.push(trace(&mut hand, &knots, &mut clock));
        clock += hand.range(110.0, 240.0);
        x += style.range(300.0, 600.0);
    }
    // A line under or through the name, drawn back and forth.
    let y = style.range(2600.0, 3100.0);
    let left = style.range(900.0, 1800.0);
    let line = [(left, y), ((left + x) / 2.0, y + style.range(-160.0, 90.0)), (x.min(9300.0), y - 240.0)];
    let line = shaken(&mut hand, &line, 60.0);
    strokes.push(trace(&mut hand, &line, &mut clock));
    Strokes { width: PAD.0, height: PAD.1, scaled: true, strokes }
}

/// Points that a word's curve goes through: a tall first letter, then loops of changing height.
fn word_knots(style: &mut Rng, x: &mut f32, letters: usize, slant: f32, first: bool) -> Vec<(f32, f32)> {
    let base = 2250.0;
    let lean = |x: f32, y: f32| (x + slant * (base - y), y.clamp(350.0, 3650.0));
    let tall = if first { style.range(1100.0, 1500.0) } else { style.range(700.0, 1100.0) };
    let mut knots = vec![lean(*x, base - 0.2 * tall), lean(*x + 150.0, base - tall)];
    knots.push(lean(*x + style.range(-80.0, 120.0), base + style.range(0.0, 350.0)));
    *x += style.range(330.0, 520.0);
    for _ in 0..letters {
        let height = if style.unit() < 0.25 { style.range(700.0, 1100.0) } else { style.range(260.0, 480.0) };
        let width = style.range(230.0, 420.0);
        let loops = style.unit() < 0.55;
        knots.push(lean(*x, base - 0.15 * height));
        knots.push(lean(*x + 0.55 * width, base - height));
        if loops {
            knots.push(lean(*x + 0.05 * width, base - 0.95 * height));
        }
        let depth = if style.unit() < 0.15 { style.range(350.0, 750.0) } else { style.range(-30.0, 60.0) };
        knots.push(lean(*x + 0.5 * width, base + depth));
        *x += width;
    }
    knots.push(lean(*x + style.range(200.0, 700.0), base - style.range(80.0, 380.0)));
    knots
}

fn shaken(hand: &mut Rng, knots: &[(f32, f32)], amount: f32) -> Vec<(f32, f32)> {
    knots.iter().map(|(x, y)| (x + amount * hand.normal(), y + amount * hand.normal())).collect()
}

/// Draws a Catmull-Rom curve through the knots. Speed follows the two-thirds power law (Lacquaniti, Terzuolo and
/// Viviani, 1983): slow where the curve bends; the pen is light at both ends.
fn trace(hand: &mut Rng, knots: &[(f32, f32)], clock: &mut f32) -> Vec<Point> {
    let path = fine_path(knots);
    let mut total = 0.0f32;
    let mut points = Vec::new();
    let mut due = *clock;
    let weight = hand.range(0.5, 0.75);
    for i in 1..path.len().saturating_sub(1) {
        let (a, b, c) = (path[i - 1], path[i], path[i + 1]);
        let step = ((b.0 - a.0).powi(2) + (b.1 - a.1).powi(2)).sqrt().max(0.01);
        let turn = ((c.1 - b.1).atan2(c.0 - b.0) - (b.1 - a.1).atan2(b.0 - a.0)).sin().abs();
        let curvature = turn / step;
        // Units of 0.01 mm a millisecond; 10 is 10 cm a second.
        let speed = (0.9 * (curvature + 0.0006).powf(-1.0 / 3.0)).clamp(2.0, 14.0);
        total += step / speed;
        if *clock + total >= due {
            let ends = (i.min(path.len() - i) as f32 / 25.0).min(1.0);
            let force = weight * (0.35 + 0.65 * ends) * (1.15 - speed / 40.0) + 0.02 * hand.normal();
            points.push(Point {
                x: (b.0.round() as i32).clamp(0, PAD.0),
                y: (b.1.round() as i32).clamp(0, PAD.1),
                t_ms: (*clock + total).round() as u32,
                pressure: Some((force.clamp(0.05, 1.0) * 65_535.0) as u16),
            });
            due += SAMPLE_MS;
        }
    }
    *clock += total;
    points
}

fn fine_path(knots: &[(f32, f32)]) -> Vec<(f32, f32)> {
    const PARTS: usize = 60;
    let at = |i: isize| knots[i.clamp(0, knots.len() as isize - 1) as usize];
    let mut path = Vec::with_capacity(knots.len() * PARTS);
    for i in 0..knots.len() as isize - 1 {
        let (p0, p1, p2, p3) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        for part in 0..PARTS {
            let t = part as f32 / PARTS as f32;
            let blend = |a: f32, b: f32, c: f32, d: f32| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            path.push((blend(p0.0, p1.0, p2.0, p3.0), blend(p0.1, p1.1, p2.1, p3.1)));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_plausible_and_repeatable() {
        for seed in 0..20 {
            let s = render(seed, 1);
            assert_eq!(s, render(seed, 1));
            assert_ne!(s, render(seed, 2));
            assert_ne!(s, render(seed + 1, 1));
            assert!((2..=4).contains(&s.strokes.len()) && (80..2000).contains(&s.points()), "{s:?}");
            let points: Vec<&Point> = s.strokes.iter().flatten().collect();
            assert!(points.windows(2).all(|p| p[0].t_ms < p[1].t_ms), "time runs on, seed {seed}");
            assert!(points.iter().all(|p| (0..=s.width).contains(&p.x) && (0..=s.height).contains(&p.y)));
            assert!(points.iter().all(|p| p.pressure.is_some_and(|f| f > 0)));
            let seconds = points.last().map_or(0, |p| p.t_ms) as f32 / 1000.0;
            assert!((0.8..8.0).contains(&seconds), "seed {seed}: {seconds} s");
        }
    }
}

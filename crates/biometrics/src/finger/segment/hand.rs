//! Which finger is which, and which hand it is: from the heights of the tips, the spacing and the widths.
//!
//! The model is the fan of a hand laid flat: the middle finger reaches farthest, index and ring a little less,
//! the little finger much less and is the narrowest. Its numbers are round values for adults, scaled by the
//! width of the fingers at hand; nothing was trained.

use crate::position::Hand;

/// Usual width of a finger's plain impression in mm; the model's unit of size.
const USUAL_WIDTH_MM: f64 = 15.5;
/// Tips below the middle finger's in mm, and how much that varies: index, middle, ring, little.
const TIP_MM: [(f64, f64); 4] = [(5.5, 2.6), (0.0, 1.6), (4.0, 2.4), (16.5, 4.5)];
/// Widths in shares of the mean of the hand.
const WIDTH: [f64; 4] = [1.03, 1.03, 1.0, 0.9];
const WIDTH_SPREAD: f64 = 0.1;
/// Distance of neighbours in mm.
const PITCH_MM: (f64, f64) = (18.5, 3.5);
/// How much two distances on one hand differ, in mm.
const PITCH_SPREAD_MM: f64 = 2.2;
/// How wrong the turn of the hand may be, in degrees.
const TURN_SPREAD_DEG: f64 = 4.0;
/// Log-likelihood that counts as clear: 20 to 1.
pub(super) const CLEAR: f64 = 3.0;

/// What the model looks at of one finger, in mm, in the frame of the hand (right and down).
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) across: f64,
    pub(super) tip: f64,
    pub(super) width: f64,
    /// The tip is cut off by the border: its place says little.
    pub(super) tip_cut: bool,
}

/// How well fingers, given from left to right, fit the slots of a hand (0 leftmost to 3), as a log-likelihood.
pub(super) fn fit(seen: &[Seen], slots: &[usize], hand: Hand) -> f64 {
    if seen.is_empty() || seen.len() != slots.len() {
        return 0.0;
    }
    let digits: Vec<usize> =
        slots.iter().map(|s| if hand == Hand::Right { *s } else { 3usize.saturating_sub(*s) }).collect();
    let mean_width = seen.iter().map(|s| s.width).sum::<f64>() / seen.len() as f64;
    let model_width = digits.iter().map(|d| WIDTH[*d]).sum::<f64>() / digits.len() as f64;
    let scale = (mean_width / model_width / USUAL_WIDTH_MM).clamp(0.5, 1.4);
    let mut total = 0.0;
    for (s, d) in seen.iter().zip(&digits) {
        let expected = mean_width * WIDTH[*d] / model_width;
        total += normal(s.width, expected, WIDTH_SPREAD * mean_width);
    }
    total + tips(seen, &digits, scale) + spacing(seen, slots, scale)
}

/// Heights of the tips, with the hand's turn and height left free.
fn tips(seen: &[Seen], digits: &[usize], scale: f64) -> f64 {
    let middle = seen.iter().map(|s| s.across).sum::<f64>() / seen.len() as f64;
    let spread = |s: &Seen, d: usize| TIP_MM[d].1 * scale * if s.tip_cut { 4.0 } else { 1.0 };
    let mut best = f64::NEG_INFINITY;
    for step in -10..=10 {
        let turn_deg = f64::from(step);
        let slope = turn_deg.to_radians().tan();
        let off = |s: &Seen, d: usize| s.tip - slope * (s.across - middle) - TIP_MM[d].0 * scale;
        let (mut sum, mut weight) = (0.0, 0.0);
        for (s, d) in seen.iter().zip(digits) {
            let w = spread(s, *d).powi(-2);
            sum += w * off(s, *d);
            weight += w;
        }
        let level = sum / weight;
        let fit: f64 = seen.iter().zip(digits).map(|(s, d)| normal(off(s, *d), level, spread(s, *d))).sum();
        best = best.max(fit - 0.5 * (turn_deg / TURN_SPREAD_DEG).powi(2));
    }
    best
}

/// Distances of neighbours, with the hand's own distance left free.
fn spacing(seen: &[Seen], slots: &[usize], scale: f64) -> f64 {
    let mut best = f64::NEG_INFINITY;
    for step in 0..=26 {
        let pitch = (12.0 + 0.5 * f64::from(step)) * scale;
        let mut fit = -0.5 * ((pitch / scale - PITCH_MM.0) / PITCH_MM.1).powi(2);
        for (s, slot) in seen.windows(2).zip(slots.windows(2)) {
            let apart = slot[1].saturating_sub(slot[0]) as f64;
            fit += normal(s[1].across - s[0].across, pitch * apart, PITCH_SPREAD_MM * scale * apart.sqrt());
        }
        best = best.max(fit);
    }
    best
}

/// Log of a normal density with tails: one wild value does not decide alone.
fn normal(value: f64, mean: f64, spread: f64) -> f64 {
    let z = (value - mean) / spread;
    (0.97 * (-0.5 * z * z).exp() + 0.03 * (-0.5 * z * z / 16.0).exp() / 4.0 + 1e-6).ln() - spread.ln()
}

/// Every choice of `n` of the four slots, in order.
pub(super) fn choices(n: usize) -> Vec<Vec<usize>> {
    (0u8..16)
        .filter(|mask| mask.count_ones() as usize == n)
        .map(|mask| (0..4).filter(|slot| mask & (1 << slot) != 0).collect())
        .collect()
}

/// The best choice of slots, how well it fits, and how much better than the second (infinite when alone).
pub(super) struct Best {
    pub(super) slots: Vec<usize>,
    pub(super) fit: f64,
    pub(super) lead: f64,
}

/// The best choice of slots for the fingers seen; `bonus` is what is known beforehand.
pub(super) fn best(seen: &[Seen], hand: Hand, bonus: impl Fn(&[usize]) -> f64) -> Best {
    let mut ranked: Vec<(f64, Vec<usize>)> = choices(seen.len().min(4))
        .into_iter()
        .map(|slots| (fit(seen, &slots, hand) + bonus(&slots), slots))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let second = ranked.get(1).map_or(f64::NEG_INFINITY, |r| r.0);
    let (fit, slots) = ranked.into_iter().next().unwrap_or((0.0, Vec::new()));
    Best { slots, fit, lead: fit - second }
}

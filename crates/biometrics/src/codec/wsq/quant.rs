//! Variances, bin widths and quantisation of the subbands (IAFIS-IC-0110 v3.1, clauses on the quantisation and
//! on the encoder). Sums run in 32-bit floats in the order of NIST's NBIS codec: the same bins come out.

use super::tree::{BANDS, CODED_BANDS, Rect, Tree};

/// A subband of less variance is not coded.
const VARIANCE_FLOOR: f64 = 1.01;
/// Below this sum of the four lowest variances the whole subbands are measured, not their middle.
const FLAT_VARIANCE: f32 = 20_000.0;
/// Ratio of the width of the zero bin to that of the others.
const ZERO_BIN_RATIO: f64 = 1.2;
/// Largest magnitude that is written: NBIS reads 16 bits with a sign.
const MAX_MAGNITUDE: i32 = 32_767;

/// Widest bin that is written: any coefficient is zero in it, and its zero bin still fits 16 bits.
const MAX_WIDTH: f32 = 50_000.0;

/// Weights of the subbands 52 to 59; the others have 1.
const HIGH_WEIGHTS: [f32; 8] = [1.32, 1.08, 1.42, 1.08, 1.32, 1.42, 1.08, 1.08];

/// Widths of the bins of every subband; 0 where it is not coded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bins {
    /// Width of a bin.
    pub width: [f32; BANDS],
    /// Width of the bin round zero.
    pub zero: [f32; BANDS],
}

/// Rows of a rectangle of the plane.
fn rows<'a>(plane: &'a [f32], stride: usize, rect: &Rect) -> impl Iterator<Item = &'a [f32]> + use<'a> {
    let (x, width) = (rect.x, rect.width);
    (rect.y..rect.y + rect.height).map(move |y| &plane[y * stride + x..][..width])
}

/// Variance of the coefficients in a rectangle. A single one counts with its square: it has no spread.
fn variance(plane: &[f32], stride: usize, rect: &Rect) -> f32 {
    let (mut sum, mut squares) = (0.0_f32, 0.0_f32);
    for value in rows(plane, stride, rect).flatten() {
        sum += value;
        squares += value * value;
    }
    let count = rect.area();
    if count < 2 {
        return squares;
    }
    let mean_square = sum * sum / count as f32;
    (f64::from(squares - mean_square) / (count as f64 - 1.0)) as f32
}

/// The middle of a subband: three quarters of its width, seven sixteenths of its height. Where that is less
/// than two coefficients (images of few pixels) the whole subband.
fn middle(rect: &Rect) -> Rect {
    let middle = Rect {
        x: rect.x + rect.width / 8,
        y: rect.y + 9 * rect.height / 32,
        width: 3 * rect.width / 4,
        height: 7 * rect.height / 16,
        ..*rect
    };
    if middle.area() < 2 { *rect } else { middle }
}

/// Variances of the coded subbands.
pub(super) fn variances(plane: &[f32], stride: usize, tree: &Tree) -> [f32; CODED_BANDS] {
    let mut found = [0.0; CODED_BANDS];
    for (variance_of, rect) in found.iter_mut().zip(&tree.bands).take(4) {
        *variance_of = variance(plane, stride, &middle(rect));
    }
    let flat = found.iter().take(4).sum::<f32>() < FLAT_VARIANCE;
    for (variance_of, rect) in found.iter_mut().zip(&tree.bands).skip(if flat { 0 } else { 4 }) {
        *variance_of = variance(plane, stride, &if flat { *rect } else { middle(rect) });
    }
    found
}

/// Share of a subband's coefficients in the pixels: the reciprocal of the specification's `m`.
fn share(band: usize) -> f32 {
    match band {
        0..=3 => 1.0 / 1024.0,
        4..=50 => 1.0 / 256.0,
        _ => 1.0 / 16.0,
    }
}

/// Bin widths for a rate in bits per pixel: the scale `q` is set so that the bits of the subbands, by their
/// variances, add up to the rate; subbands that would get less than none leave the sum and it is done again.
pub(super) fn bins(variances: &[f32; CODED_BANDS], bits_per_pixel: f32) -> Bins {
    let mut bins = Bins { width: [0.0; BANDS], zero: [0.0; BANDS] };
    let coded = |band: &usize| f64::from(variances[*band]) >= VARIANCE_FLOOR;
    let mut sigma = [0.0_f32; CODED_BANDS];
    for band in (0..CODED_BANDS).filter(coded) {
        sigma[band] = variances[band].sqrt();
        let weight = band.checked_sub(52).map_or(1.0, |i| HIGH_WEIGHTS[i]);
        let spread = f64::from(variances[band]).ln() as f32;
        bins.width[band] = if band < 4 { 1.0 } else { (10.0 / f64::from(weight * spread)) as f32 };
    }
    let mut positive: Vec<usize> = (0..CODED_BANDS).filter(coded).collect();
    let scale = loop {
        let total: f32 = positive.iter().fold(0.0, |sum, band| sum + share(*band));
        let product = positive.iter().fold(1.0_f32, |product, band| {
            let ratio = sigma[*band] / bins.width[*band];
            (f64::from(product) * f64::from(ratio).powf(f64::from(share(*band)))) as f32
        });
        let exponent = f64::from(bits_per_pixel / total) - 1.0;
        let scale = (2.0_f64.powf(exponent) / 2.5 / f64::from(product).powf(1.0 / f64::from(total))) as f32;
        let before = positive.len();
        positive.retain(|band| f64::from(bins.width[*band] / scale) < 5.0 * f64::from(sigma[*band]));
        // An empty set (a flat image) has no scale; it has no bins either.
        if positive.len() == before || positive.is_empty() {
            break scale;
        }
    };
    for band in (0..CODED_BANDS).filter(coded) {
        let width = bins.width[band] / scale;
        // Beyond 32-bit floats: as narrow as can be, and `quantise` widens it.
        bins.set(band, if width.is_normal() { width.min(MAX_WIDTH) } else { f32::MIN_POSITIVE });
    }
    bins
}

impl Bins {
    fn set(&mut self, band: usize, width: f32) {
        self.width[band] = width;
        self.zero[band] = (ZERO_BIN_RATIO * f64::from(width)) as f32;
    }
}

/// Quantises the coded subbands in the order of the stream; gives the ends of the three blocks.
///
/// Bins that are too narrow for 16 bits with a sign are widened first. That happens only where nearly all of
/// the rate falls on few subbands (smooth images), where the formula gives bins that no encoder could write.
pub(super) fn quantise(plane: &[f32], stride: usize, tree: &Tree, bins: &mut Bins) -> (Vec<i16>, [usize; 3]) {
    let mut out = Vec::with_capacity(plane.len());
    let mut ends = [0; 3];
    for (band, rect) in tree.bands.iter().enumerate().take(CODED_BANDS) {
        let start = out.len();
        while bins.width[band] > 0.0 {
            let (width, half_zero) = (bins.width[band], bins.zero[band] / 2.0);
            let mut largest = 0;
            for row in rows(plane, stride, rect) {
                out.extend(row.iter().map(|value| {
                    let number = quantised(*value, width, half_zero);
                    largest = largest.max(number.abs());
                    number as i16
                }));
            }
            if largest <= MAX_MAGNITUDE {
                break;
            }
            out.truncate(start);
            let peak = rows(plane, stride, rect).flatten().fold(0.0_f32, |peak, v| peak.max(v.abs()));
            bins.set(band, peak / (MAX_MAGNITUDE - 1) as f32);
        }
        let block = match band {
            0..=18 => 0,
            19..=51 => 1,
            _ => 2,
        };
        ends[block] = out.len();
    }
    // A block without coded subbands ends where the one before it does.
    ends[1] = ends[1].max(ends[0]);
    ends[2] = out.len();
    (out, ends)
}

/// Number of the bin of a value: 0 within half the zero bin, then 1, 2, ... outward.
fn quantised(value: f32, width: f32, half_zero: f32) -> i32 {
    let outside = value.abs() - half_zero;
    if outside > 0.0 {
        // The cast saturates.
        let magnitude = ((outside / width) as i32).saturating_add(1);
        if value > 0.0 { magnitude } else { -magnitude }
    } else {
        0
    }
}

//! The iris code: bits of the phase of the texture, compared by Hamming distance (Daugman, "High confidence visual
//! recognition of persons by a test of statistical independence", 1993, and "How iris recognition works", 2004).
//!
//! The ring between pupil and limbus is laid out as a rectangle (rubber sheet), [`BANDS`] bands of depth by
//! [`ANGLES`] angles; each band is filtered with a one-dimensional log-Gabor (Masek, "Recognition of human iris
//! patterns for biometric identification", 2003) and the signs of its real and imaginary part are the bits. Bits of
//! covered tissue and the weakest bits ("fragile" ones, Hollingsworth, Bowyer and Flynn, 2009) are masked.

use std::f32::consts::TAU;

use serde::{Deserialize, Serialize};

use super::mask::Pixel;
use super::plane::{Plane, quantile};
use super::{IrisReport, circles, mask};
use crate::image::GrayImage;

/// Bands of depth.
pub const BANDS: usize = 8;
/// Angles, and so columns of bits.
pub const ANGLES: usize = 128;
/// Bits of a code: two for each place.
pub const BITS: usize = 2 * BANDS * ANGLES;
/// Words that hold them.
const WORDS: usize = BITS / 64;
/// Samples around the ring before filtering.
const SAMPLES: usize = 256;
/// Wavelength of the filter in samples. Masek's 18 of 240 would be 19; with 14 the distances of different synthetic
/// eyes spread less (least of some 800 pairs 0.36 instead of 0.33).
const WAVELENGTH: f32 = 14.0;
/// Bandwidth of the filter (Masek's sigma over f).
const SIGMA_ON_F: f32 = 0.5;
/// Share of the weakest bits that are masked.
const FRAGILE: f32 = 0.2;
/// Rotations that are tried, in columns to each side: 16 columns are 45 degrees of head tilt between two captures.
const SHIFTS: i32 = 8;
/// Fewest bits two codes must have in common to be compared. Ours, not tuned.
const FEWEST_BITS: u32 = 500;

/// Distance under which two codes are held to be of the same eye. From the literature: Daugman ("The importance of
/// being random", 2003) calls a distance up to 0.32 a very forgiving match and finds it safe **for his code on his
/// data**. This code is another one, and at hand were only synthetic eyes and two real ones: not validated. Meant for
/// one question, whether one eye was presented as left and as right, with an officer to decide.
pub const SAME_EYE_BELOW: f32 = 0.32;

/// The code of one iris: biometric data, to be treated as the picture is. 512 bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct IrisCode {
    /// Bit 2 (band * ANGLES + angle) is the real part's sign, the next the imaginary part's.
    bits: [u64; WORDS],
    /// 1 where the bit of the same place counts.
    mask: [u64; WORDS],
}

/// How a code is stored: bits, then mask, each as 32 little-endian words.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored(#[serde(with = "serde_bytes")] pub(super) Vec<u8>);

/// Why a stored code was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("BIO-90 iris code has {0} bytes, not 512: capture the iris again")]
pub struct CodeLengthError(usize);

impl TryFrom<Stored> for IrisCode {
    type Error = CodeLengthError;

    fn try_from(stored: Stored) -> Result<Self, CodeLengthError> {
        let words: Vec<u64> = stored
            .0
            .chunks_exact(8)
            .map(|c| u64::from_le_bytes([c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]]))
            .collect();
        if stored.0.len() != 16 * WORDS {
            return Err(CodeLengthError(stored.0.len()));
        }
        let part = |from: usize| std::array::from_fn(|i| words[from + i]);
        Ok(Self { bits: part(0), mask: part(WORDS) })
    }
}

impl From<IrisCode> for Stored {
    fn from(code: IrisCode) -> Self {
        Self(code.bits.iter().chain(&code.mask).flat_map(|w| w.to_le_bytes()).collect())
    }
}

impl std::fmt::Debug for IrisCode {
    // The bits are biometrics: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IrisCode({} of {BITS} bits)", self.usable_bits())
    }
}

impl IrisCode {
    /// How many of the [`BITS`] count.
    #[must_use]
    pub fn usable_bits(&self) -> u32 {
        self.mask.iter().map(|w| w.count_ones()).sum()
    }
}

/// The code of the iris that [`super::assess`] found in this picture; `None` without circles or when fewer
/// than 500 bits are usable.
#[must_use]
pub fn encode(image: &GrayImage, report: &IrisReport) -> Option<IrisCode> {
    let sheet = Sheet::new(image, report)?;
    let filter = Filter::new();
    let mut bits = [0u64; WORDS];
    let mut mask = [0u64; WORDS];
    let mut parts = Vec::with_capacity(BITS);
    for band in 0..BANDS {
        filter.apply(&sheet.levels[band], |part| parts.push(part));
    }
    let mut strengths: Vec<f32> = parts.iter().map(|p| p.abs()).collect();
    let weakest = quantile(&mut strengths, FRAGILE);
    for (i, part) in parts.iter().enumerate() {
        let (word, bit) = (i / 64, 1u64 << (i % 64));
        if *part > 0.0 {
            bits[word] |= bit;
        }
        let (band, angle) = (i / (2 * ANGLES), i / 2 % ANGLES);
        if sheet.counts(band, angle) && part.abs() > weakest {
            mask[word] |= bit;
        }
    }
    let code = IrisCode { bits, mask };
    (code.usable_bits() >= FEWEST_BITS).then_some(code)
}

/// Hamming distance of two codes over the bits that count in both, at the rotation where it is smallest: 0 the same,
/// about 0.45 to 0.5 for different eyes. `None` when fewer than 500 bits can be compared.
#[must_use]
pub fn distance(a: &IrisCode, b: &IrisCode) -> Option<f32> {
    (-SHIFTS..=SHIFTS).filter_map(|shift| at_shift(a, b, shift)).min_by(f32::total_cmp)
}

/// The distance with `b` turned by `shift` columns.
fn at_shift(a: &IrisCode, b: &IrisCode, shift: i32) -> Option<f32> {
    // A band is four words of two bits a column; turning it is a rotation of 256 bits.
    const BAND: usize = 2 * ANGLES / 64;
    let by = (2 * shift).rem_euclid(2 * ANGLES as i32) as usize;
    let turned = |words: &[u64; WORDS], at: usize| {
        let (band, word) = (at / BAND * BAND, at % BAND);
        let (whole, part) = (by / 64, by % 64);
        let low = words[band + (word + BAND - whole) % BAND];
        let high = words[band + (word + 2 * BAND - whole - 1) % BAND];
        if part == 0 { low } else { low << part | high >> (64 - part) }
    };
    let (mut differ, mut count) = (0u32, 0u32);
    for i in 0..WORDS {
        let both = a.mask[i] & turned(&b.mask, i);
        differ += ((a.bits[i] ^ turned(&b.bits, i)) & both).count_ones();
        count += both.count_ones();
    }
    (count >= FEWEST_BITS).then(|| differ as f32 / count as f32)
}

/// The ring as a rectangle.
struct Sheet {
    levels: [[f32; SAMPLES]; BANDS],
    /// Share of open tissue at each place.
    open: [[f32; SAMPLES]; BANDS],
}

impl Sheet {
    fn new(image: &GrayImage, report: &IrisReport) -> Option<Self> {
        const DEPTHS: usize = 6;
        let (pupil, iris) = circles(report)?;
        let covered = mask(image, report)?;
        let fine = Plane::new(image, 1);
        let mut sheet = Self { levels: [[0.0; SAMPLES]; BANDS], open: [[0.0; SAMPLES]; BANDS] };
        for angle in 0..SAMPLES {
            let turn = TAU * angle as f32 / SAMPLES as f32;
            let (p, i) = (pupil.point(1.0, turn), iris.point(1.0, turn));
            for band in 0..BANDS {
                let (mut sum, mut n) = (0.0f32, 0.0f32);
                for d in 0..DEPTHS {
                    // The outermost tenth is left to the soft limbus, the innermost twentieth to the pupil's edge.
                    let t = 0.05 + 0.85 * (band as f32 + (d as f32 + 0.5) / DEPTHS as f32) / BANDS as f32;
                    let (x, y) = (p.0 + (i.0 - p.0) * t, p.1 + (i.1 - p.1) * t);
                    if covered.at(x.round() as i64, y.round() as i64) == Pixel::Open {
                        sum += fine.between(x, y);
                        n += 1.0;
                    }
                }
                sheet.levels[band][angle] = if n > 0.0 { sum / n } else { f32::NAN };
                sheet.open[band][angle] = n / DEPTHS as f32;
            }
        }
        sheet.fill();
        Some(sheet)
    }

    /// Gives covered places the mean of their band, so that they carry no texture, and takes the mean off.
    fn fill(&mut self) {
        for (levels, open) in self.levels.iter_mut().zip(&self.open) {
            let known: Vec<f32> =
                levels.iter().zip(open).filter(|(_, o)| **o > 0.5).map(|(l, _)| *l).collect();
            let mean = known.iter().sum::<f32>() / known.len().max(1) as f32;
            for (level, open) in levels.iter_mut().zip(open) {
                *level = if *open > 0.5 { *level - mean } else { 0.0 };
            }
        }
    }

    /// Whether the surroundings that decide the bits here are open enough.
    fn counts(&self, band: usize, angle: usize) -> bool {
        const REACH: usize = 5;
        let middle = angle * SAMPLES / ANGLES;
        let near = (0..=2 * REACH).map(|i| self.open[band][(middle + SAMPLES + i - REACH) % SAMPLES]);
        self.open[band][middle] > 0.5 && near.sum::<f32>() / (2 * REACH + 1) as f32 > 0.7
    }
}

/// The log-Gabor filter as weights of frequencies; others weigh next to nothing.
struct Filter {
    weights: Vec<(usize, f32)>,
    /// Cosine and sine of every part of the circle.
    circle: Vec<(f32, f32)>,
}

impl Filter {
    fn new() -> Self {
        let middle = SAMPLES as f32 / WAVELENGTH;
        let spread = 2.0 * SIGMA_ON_F.ln().powi(2);
        let weights = (1..=64)
            .map(|k| (k, (-(k as f32 / middle).ln().powi(2) / spread).exp()))
            .filter(|(_, w)| *w > 0.01)
            .collect();
        let circle = (0..SAMPLES)
            .map(|i| {
                let (sin, cos) = (TAU * i as f32 / SAMPLES as f32).sin_cos();
                (cos, sin)
            })
            .collect();
        Self { weights, circle }
    }

    /// Gives the real and the imaginary part of the filtered row at each of the code's angles.
    fn apply(&self, row: &[f32; SAMPLES], mut give: impl FnMut(f32)) {
        let spectrum: Vec<(usize, f32, f32)> = self
            .weights
            .iter()
            .map(|(k, weight)| {
                let (mut re, mut im) = (0.0f32, 0.0f32);
                for (i, level) in row.iter().enumerate() {
                    let (cos, sin) = self.circle[i * k % SAMPLES];
                    re += level * cos;
                    im -= level * sin;
                }
                (*k, re * weight, im * weight)
            })
            .collect();
        for angle in 0..ANGLES {
            let (mut re, mut im) = (0.0f32, 0.0f32);
            for (k, a, b) in &spectrum {
                let (cos, sin) = self.circle[angle * (SAMPLES / ANGLES) * k % SAMPLES];
                re += a * cos - b * sin;
                im += a * sin + b * cos;
            }
            give(re);
            give(im);
        }
    }
}

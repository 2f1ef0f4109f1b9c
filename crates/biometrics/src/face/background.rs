//! The background: which colour it has, how even it is, and whether it is the one that the card asks for.

use serde::{Deserialize, Serialize};

use super::colour::{lab, luminance, mean_lab};
use super::net::Model;
use super::sample::{Small, stretched};
use crate::image::RgbImage;

/// Side of the mask in its own pixels.
pub(super) const SIDE: usize = Model::Person.side_px();
/// Probability of a person below which a place is background.
const SURELY_GROUND: f32 = 0.1;
/// Places next to the person that are left out, in pixels of the mask: the edge is neither.
const EROSION: usize = 6;
/// Share of the picture that has to be background for a colour to be named.
const LEAST_SHARE: f32 = 0.02;
/// Share of the background that has to have the colour that is asked for.
const LEAST_MATCH: f32 = 0.8;

/// Colour behind the person on a KTP-el photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackgroundColour {
    /// Red: odd year of birth.
    Red,
    /// Blue: even year of birth.
    Blue,
}

/// The colour that a year of birth asks for: red for odd years, blue for even ones.
#[must_use]
pub const fn expected_background(birth_year: i32) -> BackgroundColour {
    if birth_year % 2 == 0 { BackgroundColour::Blue } else { BackgroundColour::Red }
}

/// Plain name of a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // reason: the names say it
pub enum ColourName {
    Red,
    Orange,
    Yellow,
    Green,
    Blue,
    Purple,
    White,
    Grey,
    Black,
}

impl ColourName {
    /// Name of a CIELAB colour: by chroma and hue angle; little chroma is white, grey or black by lightness. The
    /// limits are our own.
    #[must_use]
    pub fn of([l, a, b]: [f32; 3]) -> Self {
        let chroma = a.hypot(b);
        // Dark colours have little room for chroma: navy and maroon are still blue and red.
        if chroma < (l * 0.3).clamp(8.0, 16.0) {
            return match l {
                l if l > 80.0 => Self::White,
                l if l < 25.0 => Self::Black,
                _ => Self::Grey,
            };
        }
        match b.atan2(a).to_degrees().rem_euclid(360.0) {
            h if !(48.0..340.0).contains(&h) => Self::Red,
            h if h < 80.0 => Self::Orange,
            h if h < 112.0 => Self::Yellow,
            h if h < 205.0 => Self::Green,
            h if h < 312.0 => Self::Blue,
            _ => Self::Purple,
        }
    }

    /// Whether this is the colour that is asked for.
    #[must_use]
    pub fn is(self, expected: BackgroundColour) -> bool {
        match expected {
            BackgroundColour::Red => self == Self::Red,
            BackgroundColour::Blue => self == Self::Blue,
        }
    }
}

/// How likely every place of a picture shows the person: 256 x 256 values 0 to 1, stretched over the picture.
#[derive(Clone, PartialEq)]
pub struct PersonMask {
    pub(super) values: Vec<f32>,
}

impl std::fmt::Debug for PersonMask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonMask")
    }
}

impl PersonMask {
    /// A mask from its values; `None` where they are not 256 x 256 numbers.
    #[must_use]
    pub fn new(values: Vec<f32>) -> Option<Self> {
        (values.len() == SIDE * SIDE && values.iter().all(|v| v.is_finite())).then_some(Self { values })
    }

    /// Probability at a place given as shares of the picture's sides, between the mask's pixels.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let place = |v: f32| (v * SIDE as f32 - 0.5).clamp(0.0, (SIDE - 1) as f32);
        let (x, y) = (place(x), place(y));
        let (ix, iy) = (x as usize, y as usize);
        let (jx, jy) = ((ix + 1).min(SIDE - 1), (iy + 1).min(SIDE - 1));
        let (fx, fy) = (x - ix as f32, y - iy as f32);
        let v = |x: usize, y: usize| self.values.get(y * SIDE + x).copied().unwrap_or(0.0);
        let top = v(ix, iy) * (1.0 - fx) + v(jx, iy) * fx;
        let bottom = v(ix, jy) * (1.0 - fx) + v(jx, jy) * fx;
        top * (1.0 - fy) + bottom * fy
    }

    /// Places that are background for sure: no person within [`EROSION`] pixels.
    fn ground(&self) -> Vec<bool> {
        let person: Vec<bool> = self.values.iter().map(|v| *v >= SURELY_GROUND).collect();
        let spread = |from: &[bool], step: usize, along: usize| -> Vec<bool> {
            (0..SIDE * SIDE)
                .map(|i| {
                    let at = (i / step) % SIDE;
                    let (low, high) = (at.saturating_sub(along), (at + along).min(SIDE - 1));
                    (low..=high).any(|k| from[i - at * step + k * step])
                })
                .collect()
        };
        spread(&spread(&person, 1, EROSION), SIDE, EROSION).into_iter().map(|p| !p).collect()
    }
}

/// What is behind the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackgroundReport {
    /// Colour that was asked for.
    pub expected: BackgroundColour,
    /// Name of the mean colour.
    pub colour: ColourName,
    /// Mean colour in CIELAB (D65).
    pub lab: [f32; 3],
    /// Share of the background, 0 to 1, that has the colour asked for.
    pub expected_share: f32,
    /// True when the mean colour and four fifths of the background are as asked for.
    pub matches: bool,
    /// Mean distance from the mean colour (CIE76).
    pub deviation: f32,
    /// Mean Sobel magnitude of the luminance.
    pub gradient: f32,
    /// 0 (uneven) to 100 (even), on the scale of ISO/IEC 29794-5.
    pub uniformity: u8,
    /// Share of the picture that was measured.
    pub share: f32,
    /// False: no set of photos with known backgrounds was at hand.
    pub validated: bool,
}

/// Judges the background of a picture by the mask of its person. `None` where hardly any is to be seen.
#[must_use]
pub fn background(
    picture: &RgbImage,
    mask: &PersonMask,
    expected: BackgroundColour,
) -> Option<BackgroundReport> {
    ground_report(&stretched(picture, SIDE, SIDE), mask, expected)
}

/// As [`background`], on the picture that the network saw.
pub(super) fn ground_report(
    small: &Small,
    mask: &PersonMask,
    expected: BackgroundColour,
) -> Option<BackgroundReport> {
    let ground = mask.ground();
    let share = ground.iter().filter(|g| **g).count() as f32 / ground.len() as f32;
    if share < LEAST_SHARE {
        return None;
    }
    // Every third pixel is enough of a mean.
    let pixels: Vec<[u8; 3]> = small
        .rgb
        .chunks_exact(3)
        .zip(&ground)
        .filter(|(_, ground)| **ground)
        .step_by(3)
        .map(|(p, _)| [p[0], p[1], p[2]])
        .collect();
    let mean = mean_lab(pixels.iter().copied())?;
    let (mut distance, mut fits) = (0.0f32, 0u32);
    for pixel in &pixels {
        let colour = lab(*pixel);
        distance += colour.iter().zip(mean).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
        fits += u32::from(ColourName::of(colour).is(expected));
    }
    let count = pixels.len().max(1) as f32;
    let (colour, expected_share) = (ColourName::of(mean), fits as f32 / count);
    let gradient = gradient(small, &ground);
    Some(BackgroundReport {
        expected,
        colour,
        lab: mean,
        expected_share,
        matches: colour.is(expected) && expected_share >= LEAST_MATCH,
        deviation: distance / count,
        gradient,
        uniformity: super::ofiq::Measure::BackgroundUniformity.scalar(f64::from(gradient)),
        share,
        validated: false,
    })
}

/// Mean Sobel magnitude of the luminance over the background.
fn gradient(small: &Small, ground: &[bool]) -> f32 {
    let light: Vec<f32> =
        small.rgb.chunks_exact(3).map(|p| f32::from(luminance([p[0], p[1], p[2]]))).collect();
    let width = small.width;
    let (mut sum, mut count) = (0.0f32, 0u32);
    for y in 1..small.height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let i = y * width + x;
            if !ground[i] {
                continue;
            }
            let [a, b, c] = [i - width, i, i + width].map(|m| [light[m - 1], light[m], light[m + 1]]);
            let dx = a[2] + 2.0 * b[2] + c[2] - a[0] - 2.0 * b[0] - c[0];
            let dy = c[0] + 2.0 * c[1] + c[2] - a[0] - 2.0 * a[1] - a[2];
            sum += dx.hypot(dy);
            count += 1;
        }
    }
    sum / count.max(1) as f32
}

//! Native measures of a face, on our landmarks and regions. Definitions follow ISO/IEC 29794-5 as OFIQ states them;
//! the exceptions are said where they are.

use serde::{Deserialize, Serialize};

use super::colour::{luminance, mean_lab};
use super::mesh::{KeyPoints, Mesh};
use super::ofiq::Measure;
use super::patch::Patch;
use super::pose::HeadPose;
use crate::image::RgbImage;

/// One measured value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What.
    pub measure: Measure,
    /// Native value, in the unit that [`Measure`] states.
    pub native: f64,
    /// 0 (unfit) to 100 (fit).
    pub scalar: u8,
    /// False where no sample at hand could show that it is right.
    pub validated: bool,
}

/// Bins of a luminance histogram.
type Histogram = [u32; 256];

fn histogram(pixels: &[[u8; 3]]) -> Histogram {
    let mut bins = [0; 256];
    for pixel in pixels {
        bins[usize::from(luminance(*pixel))] += 1;
    }
    bins
}

fn share(bins: &Histogram, range: std::ops::Range<usize>) -> f64 {
    let total: u32 = bins.iter().sum();
    f64::from(bins[range].iter().sum::<u32>()) / f64::from(total.max(1))
}

/// Mean and variance of luminance on a scale of 0 to 1.
fn moments(bins: &Histogram) -> (f64, f64) {
    let total = f64::from(bins.iter().sum::<u32>().max(1));
    let mean = bins.iter().enumerate().map(|(i, n)| i as f64 / 255.0 * f64::from(*n)).sum::<f64>() / total;
    let spread = |(i, n): (usize, &u32)| (i as f64 / 255.0 - mean).powi(2) * f64::from(*n);
    (mean, bins.iter().enumerate().map(spread).sum::<f64>() / total)
}

fn entropy_bits(bins: &Histogram) -> f64 {
    let total = f64::from(bins.iter().sum::<u32>().max(1));
    let part = |n: &u32| {
        let p = f64::from(*n) / total;
        if p > 0.0 { -p * p.log2() } else { 0.0 }
    };
    bins.iter().map(part).sum()
}

/// Overlap of two histograms, each made to sum to 1.
fn overlap(a: &Histogram, b: &Histogram) -> f64 {
    let total = |bins: &Histogram| f64::from(bins.iter().sum::<u32>().max(1));
    let (ta, tb) = (total(a), total(b));
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) / ta).min(f64::from(*b) / tb)).sum()
}

/// Distance of a colour from skin: a 5 to 25, b 5 to 35.
pub(super) fn skin_distance([_, a, b]: [f32; 3]) -> f32 {
    let beyond = |v: f32, low: f32, high: f32| (low - v).max(v - high).max(0.0);
    beyond(a, 5.0, 25.0).hypot(beyond(b, 5.0, 35.0))
}

/// [`skin_distance`] of the cheeks; 100 where a or b is negative.
fn unnatural(cheeks: &[[u8; 3]]) -> f64 {
    match mean_lab(cheeks.iter().copied()) {
        Some(lab) if lab[1] >= 0.0 && lab[2] >= 0.0 => f64::from(skin_distance(lab)),
        _ => 100.0,
    }
}

/// Mean absolute Laplacian of the luma against its range (5th to 95th percentile), in per mille, inside the face of
/// the aligned patch. Our own measure: OFIQ's forest is not part of this crate.
fn sharpness(patch: &Patch) -> f64 {
    let (luma, width) = (patch.image.luma(), patch.image.width);
    let (mut sum, mut count) = (0.0f64, 0u32);
    let mut values: Vec<f32> = Vec::with_capacity(luma.len() / 2);
    for y in 1..patch.image.height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let i = y * width + x;
            if patch.face[i] {
                let v = 4.0 * luma[i] - luma[i - 1] - luma[i + 1] - luma[i - width] - luma[i + width];
                sum += f64::from(v.abs());
                count += 1;
                values.push(luma[i]);
            }
        }
    }
    if values.len() < 100 {
        return 0.0;
    }
    let mut percentile = |share: f32| {
        let at = ((values.len() - 1) as f32 * share) as usize;
        *values.select_nth_unstable_by(at, f32::total_cmp).1
    };
    let range = (percentile(0.95) - percentile(0.05)).max(20.0);
    1000.0 * sum / f64::from(count) / f64::from(range)
}

/// Our sharpness on the scale of 0 to 100: 100 from 30 per mille on, 0 below 5.
fn sharpness_scalar(native: f64) -> u8 {
    (((native - SHARP_LOW) / (SHARP_HIGH - SHARP_LOW)).clamp(0.0, 1.0) * 100.0).round() as u8
}
const SHARP_LOW: f64 = 5.0;
const SHARP_HIGH: f64 = 30.0;

fn measured(measure: Measure, native: f64) -> Measured {
    let scalar =
        if measure == Measure::Sharpness { sharpness_scalar(native) } else { measure.scalar(native) };
    // Pixels and geometry follow published formulas and were checked on turned, lit and blurred pictures; the
    // background needs a mask, and lids and lips a set of expressions, that no sample at hand could give.
    let validated = !matches!(
        measure,
        Measure::BackgroundUniformity | Measure::EyesOpen | Measure::MouthClosed | Measure::NaturalColour
    );
    Measured { measure, native, scalar, validated }
}

/// Everything that face, mesh and pose give. The background is added by whoever has a mask.
pub(super) fn measure(
    picture: &RgbImage,
    mesh: &Mesh,
    points: &KeyPoints,
    pose: HeadPose,
    patch: &Patch,
) -> Vec<Measured> {
    use Measure as M;
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let eyes = f64::from(points.eye_distance_px()).max(1.0);
    let t = f64::from(points.eyes_to_chin_px()).max(1.0);
    let middle = points.eyes_middle().map(f64::from);
    let bins = histogram(&patch.face_pixels());
    let (mean, variance) = moments(&bins);
    let cheeks = patch.cheeks(points).map(|rect| patch.face_in(rect));
    let cosine = f64::from(pose.yaw).to_radians().cos().max(0.1);
    let list = [
        (M::IlluminationUniformity, overlap(&histogram(&cheeks[0]), &histogram(&cheeks[1]))),
        (M::LuminanceMean, mean),
        (M::LuminanceVariance, variance),
        (M::UnderExposure, share(&bins, 0..26)),
        (M::OverExposure, share(&bins, 247..256)),
        (M::DynamicRange, entropy_bits(&bins)),
        (M::Sharpness, sharpness(patch)),
        (M::NaturalColour, unnatural(&cheeks.concat())),
        (M::EyesOpen, f64::from(mesh.eye_opening_px()) / t),
        (M::MouthClosed, f64::from(mesh.mouth_opening_px()) / t),
        (M::InterEyeDistance, eyes / cosine),
        (M::HeadSize, t / height),
        (M::LeftwardCrop, f64::from(points.right_eye[0]) / eyes),
        (M::RightwardCrop, (width - f64::from(points.left_eye[0])) / eyes),
        (M::MarginAbove, middle[1] / t),
        (M::MarginBelow, (height - middle[1]) / t),
        (M::HeadPoseYaw, f64::from(pose.yaw)),
        (M::HeadPosePitch, f64::from(pose.pitch)),
        (M::HeadPoseRoll, f64::from(pose.roll)),
    ];
    list.into_iter().map(|(m, native)| measured(m, native)).collect()
}

/// The measure of the background from its mean Sobel magnitude.
pub(super) fn background_measure(native: f64) -> Measured {
    measured(Measure::BackgroundUniformity, native)
}

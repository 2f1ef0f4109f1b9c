//! What is measured around a face. The families follow ISO/IEC 29794-5; scale and limits are our own.

use image::imageops::{FilterType, crop_imm, resize, thumbnail};
use image::{ImageBuffer, Rgb};

use super::{CARD_ASPECT, FaceBox, portrait_frame};
use crate::image::RgbImage;
use crate::quality::QualityReason;

/// Side of the square that a face is brought to before sharpness is measured, so that it does not depend on
/// the camera's resolution.
const FACE_SIDE_PX: u32 = 160;
/// Longest side of the picture that the background is measured on.
const GROUND_SIDE_PX: u32 = 160;
/// Distance of the eyes against the width of the detector's square, for typical adults.
const EYE_DISTANCE: f32 = 0.5;

/// What was measured around the largest face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features {
    /// Height of the detector's square against the picture's height.
    pub size: f32,
    /// Estimated distance of the eyes in pixels.
    pub eye_distance_px: f32,
    /// Share of the card's portrait that lies inside the picture.
    pub inside: f32,
    /// Distance of the face's middle from the picture's middle, against its half sides.
    pub off_centre: f32,
    /// Mean luma of the face.
    pub luma: f32,
    /// Share of the face that is burnt out (luma 250 or more).
    pub burnt: f32,
    /// Luma between the 5th and 95th percentile of the face.
    pub range: f32,
    /// Mean absolute Laplacian of the face against its range.
    pub sharpness: f32,
    /// Mean gradient of the background in grey levels a pixel, on a picture of 160 pixels.
    pub ground_gradient: f32,
    /// Deviation of the background's colour in grey levels.
    pub ground_deviation: f32,
}

/// The picture as the `image` crate sees it, without a copy.
pub(super) fn view(picture: &RgbImage) -> Option<ImageBuffer<Rgb<u8>, &[u8]>> {
    ImageBuffer::from_raw(picture.width(), picture.height(), picture.pixels())
}

/// Too dark or too bright, for pictures in which no face was found.
pub(super) fn light(picture: &RgbImage) -> Option<QualityReason> {
    let sum: u64 = picture.pixels().iter().map(|p| u64::from(*p)).sum();
    match sum / picture.pixels().len() as u64 {
        0..30 => Some(QualityReason::TooDark),
        236.. => Some(QualityReason::TooBright),
        _ => None,
    }
}

/// Parts of the score: value 0 to 1, exponent, reason.
pub(super) fn parts(f: &Features) -> [(f32, f32, QualityReason); 11] {
    use QualityReason as R;
    let ramp = |low: f32, high: f32, value: f32| ((value - low) / (high - low)).clamp(0.0, 1.0);
    [
        (ramp(0.08, 0.22, f.size), 0.5, R::FaceTooFar),
        (1.0 - ramp(0.5, 0.75, f.size), 0.5, R::FaceTooNear),
        (ramp(20.0, 60.0, f.eye_distance_px), 0.4, R::TooSmall),
        (ramp(0.6, 0.97, f.inside), 0.5, if f.size > 0.4 { R::FaceTooNear } else { R::OffCentre }),
        (1.0 - ramp(0.25, 0.8, f.off_centre), 0.3, R::OffCentre),
        (ramp(30.0, 85.0, f.luma), 0.5, R::TooDark),
        (1.0 - ramp(195.0, 240.0, f.luma), 0.5, R::TooBright),
        (1.0 - ramp(0.06, 0.4, f.burnt), 0.4, R::TooBright),
        (ramp(15.0, 75.0, f.range), 0.4, R::LowContrast),
        (ramp(0.008, 0.03, f.sharpness), 0.6, R::Blurred),
        (
            1.0 - 0.7 * ramp(5.0, 16.0, f.ground_gradient).max(ramp(18.0, 50.0, f.ground_deviation)),
            0.3,
            R::BackgroundUneven,
        ),
    ]
}

/// Measures around a face; `None` when the face has no pixel inside the picture.
pub(super) fn measure(picture: &RgbImage, face: &FaceBox) -> Option<Features> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let x = face.x as f32 + face.width as f32 / 2.0;
    let y = face.y as f32 + face.height as f32 / 2.0;
    let skin = face_lumas(picture, face)?;
    let mut sorted = skin.clone();
    sorted.sort_by(f32::total_cmp);
    let part = |share: f32| sorted[((sorted.len() - 1) as f32 * share) as usize];
    let range = part(0.95) - part(0.05);
    let (ground_gradient, ground_deviation) = ground(picture, face)?;
    let (dx, dy) = ((x / width - 0.5) * 2.0, (y / height - 0.5) * 2.0);
    Some(Features {
        size: face.height as f32 / height,
        eye_distance_px: EYE_DISTANCE * face.width as f32,
        inside: inside(picture, face),
        // Heads stand above the middle in a good portrait: that half counts less.
        off_centre: dx.hypot(if dy < 0.0 { 0.5 * dy } else { dy }),
        luma: skin.iter().sum::<f32>() / skin.len() as f32,
        burnt: skin.iter().filter(|l| **l >= 250.0).count() as f32 / skin.len() as f32,
        range,
        sharpness: laplacian(&skin) / range.max(20.0),
        ground_gradient,
        ground_deviation,
    })
}

fn inside(picture: &RgbImage, face: &FaceBox) -> f32 {
    let (left, top, w, h) = portrait_frame(face, CARD_ASPECT);
    let across = (left + w).min(picture.width() as f32) - left.max(0.0);
    let down = (top + h).min(picture.height() as f32) - top.max(0.0);
    across.max(0.0) * down.max(0.0) / (w * h).max(1.0)
}

fn luma(p: &Rgb<u8>) -> f32 {
    0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2])
}

/// Luma of the inner four fifths of the face, as a square of [`FACE_SIDE_PX`].
fn face_lumas(picture: &RgbImage, face: &FaceBox) -> Option<Vec<f32>> {
    let clip = |from: i64, size: i64, side: u32| {
        let (a, b) = (from.clamp(0, i64::from(side)), (from + size).clamp(0, i64::from(side)));
        (b - a > 4).then_some((a as u32, (b - a) as u32))
    };
    let (fw, fh) = (i64::from(face.width), i64::from(face.height));
    let (x, w) = clip(i64::from(face.x) + fw / 10, fw * 4 / 5, picture.width())?;
    let (y, h) = clip(i64::from(face.y) + fh / 10, fh * 4 / 5, picture.height())?;
    let view = view(picture)?;
    let cut = crop_imm(&view, x, y, w, h);
    // Making it smaller takes the mean; making it larger adds no detail, and so shows as blur: rightly.
    let square = if w.min(h) > FACE_SIDE_PX {
        thumbnail(&*cut, FACE_SIDE_PX, FACE_SIDE_PX)
    } else {
        resize(&*cut, FACE_SIDE_PX, FACE_SIDE_PX, FilterType::Triangle)
    };
    Some(square.pixels().map(luma).collect())
}

fn laplacian(square: &[f32]) -> f32 {
    let side = FACE_SIDE_PX as usize;
    let mut sum = 0.0;
    for y in 1..side - 1 {
        for x in 1..side - 1 {
            let i = y * side + x;
            sum +=
                (4.0 * square[i] - square[i - 1] - square[i + 1] - square[i - side] - square[i + side]).abs();
        }
    }
    sum / ((side - 2) * (side - 2)) as f32
}

/// Mean gradient and colour deviation of what lies beside and above the head (not below: shoulders).
fn ground(picture: &RgbImage, face: &FaceBox) -> Option<(f32, f32)> {
    let scale = (GROUND_SIDE_PX as f32 / picture.width().max(picture.height()) as f32).min(1.0);
    let side = |s: u32| ((s as f32 * scale).round() as u32).max(1);
    let (w, h) = (side(picture.width()), side(picture.height()));
    let small = thumbnail(&view(picture)?, w, h);
    let (fx, fy) = (face.x as f32 * scale, face.y as f32 * scale);
    let (fw, fh) = (face.width as f32 * scale, face.height as f32 * scale);
    // Hair or a headscarf reaches about half a face beyond the square.
    let head = (fx - 0.45 * fw, fx + 1.45 * fw, fy - 0.65 * fh);
    let below = (fy + 0.85 * fh).clamp(0.0, h as f32) as u32;
    let (mut n, mut gradient) = (0.0f32, 0.0f32);
    let (mut sums, mut squares) = ([0.0f32; 3], [0.0f32; 3]);
    for y in 1..below.min(h.saturating_sub(1)) {
        for x in 1..w.saturating_sub(1) {
            if (x as f32) > head.0 && (x as f32) < head.1 && (y as f32) > head.2 {
                continue;
            }
            let l = |x: u32, y: u32| luma(small.get_pixel(x, y));
            gradient += ((l(x + 1, y) - l(x - 1, y)).hypot(l(x, y + 1) - l(x, y - 1))) / 2.0;
            for (c, (sum, square)) in sums.iter_mut().zip(&mut squares).enumerate() {
                let v = f32::from(small.get_pixel(x, y)[c]);
                *sum += v;
                *square += v * v;
            }
            n += 1.0;
        }
    }
    if n < 20.0 {
        return Some((0.0, 0.0)); // the head fills the picture: other measures say so
    }
    let variance = (0..3).map(|c| (squares[c] / n - (sums[c] / n).powi(2)).max(0.0)).fold(0.0f32, f32::max);
    Some((gradient / n, variance.sqrt()))
}

//! One finger's image out of a slap, and the operator's correction of a box.

use serde::{Deserialize, Serialize};

use super::geometry::{FingerBox, half_turn};
use super::{Segment, SegmentError, Segmentation, USUAL_PPI, judge, measured};
use crate::image::{GrayImage, check_size};
use crate::position::FingerPosition;

/// Smallest side of a box that is cut or accepted from the operator, in mm.
const MIN_SIDE_MM: f32 = 4.0;
/// Share of the smaller box that two boxes may have in common.
const MAX_SHARED: f32 = 0.35;
/// Share of a box that must lie inside the image.
const MIN_INSIDE: f32 = 0.85;
/// Widest margin around a box in pixels.
const MAX_MARGIN_PX: u32 = 512;

/// How a finger is cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutMode {
    /// The upright rectangle that holds the turned box; every pixel as it was captured.
    #[default]
    Original,
    /// The box turned upright by bilinear resampling. A turn below 0.25 degrees is left as it is.
    Upright,
}

/// Options of [`cut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CutOptions {
    /// How the turn is treated.
    pub mode: CutMode,
    /// Room around the box on every side, in pixels (at most 512).
    pub margin_px: u32,
    /// White outside the box and its margin, so that no neighbour is seen ([`CutMode::Original`] only; an
    /// upright cut holds nothing else).
    pub white_outside: bool,
}

/// Cuts one finger out of a slap. Where the box leaves the image there is white. The resolution is kept.
///
/// # Errors
/// [`SegmentError::Box`] when the box is not sound, is smaller than 4 mm, larger than the image or lies outside.
pub fn cut(image: &GrayImage, bounds: &FingerBox, options: &CutOptions) -> Result<GrayImage, SegmentError> {
    check_box(image, bounds, 0.05)?;
    let margin = options.margin_px.min(MAX_MARGIN_PX) as f32;
    let room =
        FingerBox { width: bounds.width + 2.0 * margin, height: bounds.height + 2.0 * margin, ..*bounds };
    if options.mode == CutMode::Original || bounds.angle_deg.abs() < 0.25 {
        return original(image, &room, options.white_outside);
    }
    let (width, height) = (room.width.ceil() as u32, room.height.ceil() as u32);
    check_size(width, height)?;
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for row in 0..height {
        for column in 0..width {
            let across = column as f32 + 0.5 - width as f32 / 2.0;
            let along = row as f32 + 0.5 - height as f32 / 2.0;
            let (x, y) = room.point(across, along);
            pixels.push(sample(image, x - 0.5, y - 0.5));
        }
    }
    Ok(GrayImage::new(width, height, image.ppi(), pixels)?)
}

fn original(image: &GrayImage, room: &FingerBox, white_outside: bool) -> Result<GrayImage, SegmentError> {
    let (left, top, right, bottom) = room.upright_bounds();
    let (left, top) = (left.floor() as i64, top.floor() as i64);
    let (width, height) = ((right.ceil() as i64 - left) as u32, (bottom.ceil() as i64 - top) as u32);
    check_size(width, height)?;
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for y in top..top + i64::from(height) {
        for x in left..left + i64::from(width) {
            let (u, v) = room.inside_out(x as f32 + 0.5, y as f32 + 0.5);
            let out = white_outside && (u.abs() > room.width / 2.0 || v.abs() > room.height / 2.0);
            pixels.push(if out { 255 } else { pixel(image, x, y) });
        }
    }
    Ok(GrayImage::new(width, height, image.ppi(), pixels)?)
}

/// A pixel, white outside.
fn pixel(image: &GrayImage, x: i64, y: i64) -> u8 {
    let inside = x >= 0 && y >= 0 && x < i64::from(image.width()) && y < i64::from(image.height());
    if inside { image.at(x, y) } else { 255 }
}

/// Bilinear value at the place of pixel middles, white outside.
fn sample(image: &GrayImage, x: f32, y: f32) -> u8 {
    let (ix, iy) = (x.floor() as i64, y.floor() as i64);
    let (tx, ty) = (x - ix as f32, y - iy as f32);
    let p = |dx, dy| f32::from(pixel(image, ix + dx, iy + dy));
    let top = p(0, 0) + (p(1, 0) - p(0, 0)) * tx;
    let bottom = p(0, 1) + (p(1, 1) - p(0, 1)) * tx;
    (top + (bottom - top) * ty).round().clamp(0.0, 255.0) as u8
}

/// A box that can be used on this image, with at least a share of it inside.
fn check_box(image: &GrayImage, bounds: &FingerBox, least_inside: f32) -> Result<(), SegmentError> {
    let fail = |what| Err(SegmentError::Box { what });
    if !bounds.is_sound() {
        return fail("is not a rectangle");
    }
    let least = f32::from(image.ppi().unwrap_or(USUAL_PPI)) / 25.4 * MIN_SIDE_MM;
    if bounds.width < least || bounds.height < least {
        return fail("is smaller than 4 mm");
    }
    let (w, h) = (image.width() as f32, image.height() as f32);
    if bounds.width.max(bounds.height) > (w * w + h * h).sqrt() {
        return fail("is larger than the image");
    }
    let whole = FingerBox { centre_x: w / 2.0, centre_y: h / 2.0, width: w, height: h, angle_deg: 0.0 };
    if bounds.overlap(&whole) < least_inside * bounds.area() {
        return fail("lies outside the image");
    }
    Ok(())
}

/// The operator's correction: the finger's box is the one given, a finger that was not found is added. Hand,
/// borders and problems are judged again; names are the operator's and are not doubted.
///
/// # Errors
/// [`SegmentError::Position`] when the finger is not of this slap; [`SegmentError::Box`] when the box is not
/// sound, smaller than 4 mm, turned beyond 75 degrees, less than 85 % inside the image, or shares more than 35 %
/// with another finger's; and what [`super::segment`] says of the image.
pub fn correct(
    image: &GrayImage,
    segmentation: &Segmentation,
    position: FingerPosition,
    new_box: FingerBox,
) -> Result<Segmentation, SegmentError> {
    if !segmentation.slap.fingers().contains(&position) {
        return Err(SegmentError::Position { position });
    }
    let grid = measured(image)?;
    check_box(image, &new_box, MIN_INSIDE)?;
    if new_box.angle_deg.abs() > 75.0 {
        return Err(SegmentError::Box { what: "is turned too far" });
    }
    let new_box = FingerBox { angle_deg: half_turn(new_box.angle_deg), ..new_box };
    let mut s = segmentation.clone();
    for g in s.segments.iter().filter(|g| g.position != position) {
        let smaller = g.bounds.area().min(new_box.area());
        if g.bounds.overlap(&new_box) > MAX_SHARED * smaller {
            return Err(SegmentError::Box { what: "lies on another finger" });
        }
    }
    s.segments.retain(|g| g.position != position);
    s.segments.push(Segment {
        position,
        bounds: new_box,
        confidence: 100,
        touches_border: false,
        crease_seen: false,
        corrected: true,
    });
    let order = segmentation.slap.fingers();
    s.segments.sort_by_key(|g| order.iter().position(|p| *p == g.position));
    Ok(judge::again(&grid, s))
}

/// The operator's correction the other way: what was found as this finger is none.
///
/// # Errors
/// [`SegmentError::Position`] when no such finger was found; and what [`super::segment`] says of the image.
pub fn remove(
    image: &GrayImage,
    segmentation: &Segmentation,
    position: FingerPosition,
) -> Result<Segmentation, SegmentError> {
    let grid = measured(image)?;
    let mut s = segmentation.clone();
    s.segments.retain(|g| g.position != position);
    if s.segments.len() == segmentation.segments.len() {
        return Err(SegmentError::Position { position });
    }
    Ok(judge::again(&grid, s))
}

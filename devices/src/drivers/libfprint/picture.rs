//! From the library's picture to the station's: resolution, rotation and polarity. The library has undone a driver's
//! own flips and inversions by then (dark ridges on light ground); what is left is how the reader is mounted.

use biometrics::image::{GrayImage, check_size};

use super::Mounting;
use super::backend::RawPicture;
use crate::vocabulary::DeviceFault;

/// Resolution where neither the set-up nor the library tells one: what libfprint assumes for nearly all readers.
const PPI: u16 = 500;
/// Resolutions that are believed of the library, in pixels per inch.
const PPI_BELIEVED: std::ops::RangeInclusive<f64> = 250.0..=1270.0;
/// Smallest side of a picture of a finger, in pixels.
const SIDE_MIN_PX: u32 = 32;
/// A pixel below this is dark.
const DARK: u8 = 80;
/// Share of the frame, in percent, that must be dark for the picture to count as inverted: the ground around a finger
/// is light, and ridges that run into the frame cover about half of it.
const DARK_FRAME_PERCENT: usize = 85;

fn bad(detail: impl std::fmt::Display) -> DeviceFault {
    DeviceFault::BadData { detail: format!("picture of the reader: {detail}") }
}

/// The finger as the station takes it: tip up, dark ridges on light ground.
///
/// # Errors
/// [`DeviceFault::BadData`] for sizes that no finger has, too few pixels, or a picture that is inverted.
pub(super) fn finger(raw: RawPicture, mounting: Mounting) -> Result<GrayImage, DeviceFault> {
    let RawPicture { width, height, ppmm, mut pixels } = raw;
    check_size(width, height).map_err(bad)?;
    if width.min(height) < SIDE_MIN_PX {
        return Err(bad(format!("{width}x{height} is too small")));
    }
    if mounting.inverted {
        pixels.iter_mut().for_each(|p| *p = 255 - *p);
    }
    let ppi = mounting.ppi.unwrap_or_else(|| {
        let told = ppmm * 25.4;
        if PPI_BELIEVED.contains(&told) { told.round() as u16 } else { PPI }
    });
    let image = GrayImage::new(width, height, Some(ppi), pixels).map_err(bad)?;
    if dark_frame(&image) {
        let change = if mounting.inverted { "take out `inverted = true`" } else { "set `inverted = true`" };
        return Err(bad(format!("the ground is dark; {change} for this reader")));
    }
    turned(image, mounting.quarter_turns)
}

fn dark_frame(image: &GrayImage) -> bool {
    let (w, h) = (i64::from(image.width()), i64::from(image.height()));
    let rows = (0..w).flat_map(|x| [(x, 0), (x, h - 1)]);
    let columns = (0..h).flat_map(|y| [(0, y), (w - 1, y)]);
    let (mut dark, mut all) = (0, 0);
    for (x, y) in rows.chain(columns) {
        all += 1;
        dark += usize::from(image.at(x, y) < DARK);
    }
    dark * 100 >= all * DARK_FRAME_PERCENT
}

/// Turned clockwise by quarter turns; no pixel is resampled.
fn turned(image: GrayImage, quarter_turns: u8) -> Result<GrayImage, DeviceFault> {
    let (w, h) = (i64::from(image.width()), i64::from(image.height()));
    let (width, height) = if quarter_turns.is_multiple_of(2) { (w, h) } else { (h, w) };
    let from = |x: i64, y: i64| match quarter_turns % 4 {
        0 => (x, y),
        1 => (y, h - 1 - x),
        2 => (w - 1 - x, h - 1 - y),
        _ => (w - 1 - y, x),
    };
    if quarter_turns.is_multiple_of(4) {
        return Ok(image);
    }
    let mut pixels = Vec::with_capacity(image.pixels().len());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = from(x, y);
            pixels.push(image.at(x, y));
        }
    }
    GrayImage::new(width as u32, height as u32, image.ppi(), pixels).map_err(bad)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// A light picture with one dark pixel near its top left corner.
    fn raw(width: u32, height: u32, ppmm: f64) -> RawPicture {
        let mut pixels = vec![230; (width * height) as usize];
        pixels[(width * 2 + 1) as usize] = 10;
        RawPicture { width, height, ppmm, pixels }
    }

    #[test]
    fn resolution_comes_from_the_set_up_then_the_library_then_500() {
        let check = |ppmm: f64, set: Option<u16>, expected: u16| {
            let mounting = Mounting { ppi: set, ..Mounting::default() };
            assert_eq!(finger(raw(64, 80, ppmm), mounting).unwrap().ppi(), Some(expected), "{ppmm} {set:?}");
        };
        check(0.0, None, 500);
        check(19.685, None, 500);
        check(39.37, None, 1000);
        check(1.0, None, 500);
        check(f64::NAN, None, 500);
        check(f64::INFINITY, None, 500);
        check(-19.685, None, 500);
        check(19.685, Some(363), 363);
    }

    #[test]
    fn mounting_is_undone() {
        let check = |quarter_turns: u8, size: (u32, u32), dark: (i64, i64)| {
            let image = finger(raw(64, 80, 0.0), Mounting { quarter_turns, ..Mounting::default() }).unwrap();
            assert_eq!((image.width(), image.height()), size, "{quarter_turns}");
            assert_eq!(image.at(dark.0, dark.1), 10, "{quarter_turns}");
        };
        check(0, (64, 80), (1, 2));
        check(1, (80, 64), (77, 1));
        check(2, (64, 80), (62, 77));
        check(3, (80, 64), (2, 62));
        let mut dark = raw(64, 80, 0.0);
        dark.pixels.iter_mut().for_each(|p| *p = 255 - *p);
        let image = finger(dark.clone(), Mounting { inverted: true, ..Mounting::default() }).unwrap();
        assert_eq!(image.at(1, 2), 10);
        let told = finger(dark, Mounting::default()).unwrap_err().to_string();
        assert!(told.contains("set `inverted = true`"), "{told}");
        let told = finger(raw(64, 80, 0.0), Mounting { inverted: true, ..Mounting::default() }).unwrap_err();
        assert!(told.to_string().contains("take out"), "{told}");
    }

    #[test]
    fn what_is_no_picture_is_the_readers_fault() {
        let check = |raw: RawPicture| {
            let size = (raw.width, raw.height);
            let fault = finger(raw, Mounting::default()).unwrap_err();
            assert!(matches!(fault, DeviceFault::BadData { .. }), "{size:?}: {fault}");
        };
        check(RawPicture { pixels: Vec::new(), ..raw(64, 80, 0.0) });
        check(RawPicture { pixels: vec![200; 64 * 80 + 1], ..raw(64, 80, 0.0) });
        check(RawPicture { width: 0, height: 0, ppmm: 0.0, pixels: Vec::new() });
        check(RawPicture { width: u32::MAX, height: u32::MAX, ppmm: 0.0, pixels: vec![1; 9] });
        check(RawPicture { width: 8, height: 300, ppmm: 0.0, pixels: vec![200; 2400] });
    }
}

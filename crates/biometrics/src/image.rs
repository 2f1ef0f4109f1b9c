//! The image vocabulary: 8-bit grey and 24-bit RGB images with their resolution.

use serde::{Deserialize, Serialize};

/// Longest side that is accepted, in pixels. A 4-finger slap at 1000 ppi is 3200 px wide.
pub const MAX_SIDE_PX: u32 = 8192;
/// Most pixels that are accepted in one image (bounds every allocation made from outside input).
pub const MAX_PIXELS: u64 = 24 * 1024 * 1024;

/// Why an image was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A side is zero.
    #[error("BIO-01 image has no pixels ({width}x{height})")]
    Empty {
        /// Claimed width in pixels.
        width: u32,
        /// Claimed height in pixels.
        height: u32,
    },
    /// The claimed size is above [`MAX_SIDE_PX`] or [`MAX_PIXELS`].
    #[error("BIO-02 image is too large ({width}x{height})")]
    TooLarge {
        /// Claimed width in pixels.
        width: u32,
        /// Claimed height in pixels.
        height: u32,
    },
    /// The pixel buffer's length does not fit the size.
    #[error("BIO-03 image of {width}x{height} has {found} bytes, not {expected}")]
    Length {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes that the size asks for.
        expected: u64,
        /// Bytes that were there.
        found: u64,
    },
}

/// Checks a size that came from outside before anything is allocated for it.
///
/// # Errors
/// [`ImageError::Empty`] or [`ImageError::TooLarge`].
pub fn check_size(width: u32, height: u32) -> Result<(), ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::Empty { width, height });
    }
    if width > MAX_SIDE_PX || height > MAX_SIDE_PX || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooLarge { width, height });
    }
    Ok(())
}

fn check_length(width: u32, height: u32, channels: u64, found: usize) -> Result<(), ImageError> {
    check_size(width, height)?;
    let expected = u64::from(width) * u64::from(height) * channels;
    if expected == found as u64 {
        Ok(())
    } else {
        Err(ImageError::Length { width, height, expected, found: found as u64 })
    }
}

/// An 8-bit grey image, row-major from the top left, one byte a pixel (0 black, 255 white).
/// Fingerprint ridges are dark on light ground.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrayImage {
    width: u32,
    height: u32,
    ppi: Option<u16>,
    #[serde(with = "serde_bytes")]
    pixels: Vec<u8>,
}

impl GrayImage {
    /// An image from its pixels; `ppi` is the resolution in pixels per inch where known.
    ///
    /// # Errors
    /// [`ImageError`] when the size is out of bounds or does not fit the pixels.
    pub fn new(width: u32, height: u32, ppi: Option<u16>, pixels: Vec<u8>) -> Result<Self, ImageError> {
        check_length(width, height, 1, pixels.len())?;
        Ok(Self { width, height, ppi: ppi.filter(|p| *p > 0), pixels })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }
    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }
    /// Resolution in pixels per inch, where known.
    #[must_use]
    pub fn ppi(&self) -> Option<u16> {
        self.ppi
    }
    /// The pixels, row-major.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
    /// Pixel at (x, y); coordinates outside are clamped to the border.
    #[must_use]
    pub fn at(&self, x: i64, y: i64) -> u8 {
        let x = x.clamp(0, i64::from(self.width) - 1) as usize;
        let y = y.clamp(0, i64::from(self.height) - 1) as usize;
        self.pixels[y * self.width as usize + x]
    }
}

impl std::fmt::Debug for GrayImage {
    // Pixels are biometrics: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GrayImage({}x{} @{:?})", self.width, self.height, self.ppi)
    }
}

/// A 24-bit RGB image, row-major from the top left, three bytes a pixel.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RgbImage {
    width: u32,
    height: u32,
    #[serde(with = "serde_bytes")]
    pixels: Vec<u8>,
}

impl RgbImage {
    /// An image from its pixels.
    ///
    /// # Errors
    /// [`ImageError`] when the size is out of bounds or does not fit the pixels.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, ImageError> {
        check_length(width, height, 3, pixels.len())?;
        Ok(Self { width, height, pixels })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }
    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }
    /// The pixels, row-major, R G B.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
    /// Grey version by ITU-R BT.601 luma.
    #[must_use]
    pub fn to_gray(&self) -> GrayImage {
        let pixels = self
            .pixels
            .chunks_exact(3)
            .map(|p| {
                ((299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000) as u8
            })
            .collect();
        GrayImage { width: self.width, height: self.height, ppi: None, pixels }
    }
}

impl std::fmt::Debug for RgbImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RgbImage({}x{})", self.width, self.height)
    }
}

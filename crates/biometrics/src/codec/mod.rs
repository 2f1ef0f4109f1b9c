//! Image codecs: JPEG, PNG, PGM, JPEG 2000 and WSQ, from and to memory.
//!
//! Every decoder reads the claimed size from the header and refuses it (see [`crate::image::check_size`])
//! before anything of that size is allocated. Images have 8 bits a channel; other depths, alpha channels that are not
//! opaque and palettes with transparency are refused and not converted in silence.

mod jp2;
mod jp2_check;
mod jp2_stream;
mod pgm;
mod raster;
mod resolution;
#[cfg(test)]
pub(crate) mod tests;
mod wsq;

use crate::image::{GrayImage, ImageError, RgbImage};

pub use jp2_stream::wipe_freed_memory;
pub use pgm::encode as encode_pgm;
pub use wsq::{WSQ_MIN_SIDE_PX, WSQ_RATE, WSQ_RATES, decode_wsq, encode_wsq, encode_wsq_with_comment};

/// Most bytes of one encoded image that a decoder looks at.
pub const MAX_ENCODED_BYTES: usize = 64 * 1024 * 1024;

/// An encoding, as told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG, ISO/IEC 10918-1.
    Jpeg,
    /// PNG, ISO/IEC 15948.
    Png,
    /// Netpbm grey map: `P5` (binary) or `P2` (text).
    Pgm,
    /// JPEG 2000 in its JP2 file format, ISO/IEC 15444-1 annex I.
    Jp2,
    /// A bare JPEG 2000 codestream, ISO/IEC 15444-1 annex A.
    J2k,
    /// WSQ, IAFIS-IC-0110 v3.1: fingerprints.
    Wsq,
}

impl Format {
    /// Stable name, used in messages and records.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Pgm => "pgm",
            Self::Jp2 => "jp2",
            Self::J2k => "j2k",
            Self::Wsq => "wsq",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

/// Why an image could not be decoded or encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The first bytes are those of no format that is read here.
    #[error("BIO-21 not an image format that is read here")]
    UnknownFormat,
    /// The file is longer than [`MAX_ENCODED_BYTES`].
    #[error("BIO-22 encoded image of {found} bytes is above the limit")]
    EncodedTooLarge {
        /// Bytes that were there.
        found: usize,
    },
    /// The claimed size is refused.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The file is damaged: `what` names the part, `offset` where the reader stood.
    #[error("BIO-23 {format}: damaged at byte {offset}: {what}")]
    Damaged {
        /// Encoding.
        format: Format,
        /// Part of the file.
        what: &'static str,
        /// Byte offset.
        offset: usize,
    },
    /// The file is well formed but uses something that this station does not take.
    #[error("BIO-24 {format}: {what} is not supported")]
    Unsupported {
        /// Encoding.
        format: Format,
        /// What it uses.
        what: &'static str,
    },
    /// The codec library gave up.
    #[error("BIO-25 {format}: the decoder refused the data")]
    Decoder {
        /// Encoding.
        format: Format,
    },
    /// The codec library could not encode.
    #[error("BIO-26 {format}: the encoder failed")]
    Encoder {
        /// Encoding.
        format: Format,
    },
    /// A parameter of an encoder is out of range.
    #[error("BIO-27 {format}: encoder parameter {name} is out of range")]
    Parameter {
        /// Encoding.
        format: Format,
        /// Name of the parameter.
        name: &'static str,
    },
}

/// How strongly [`encode_jp2_rgb`] compresses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Jp2Rate {
    /// Reversible 5/3 wavelet: every pixel comes back.
    Lossless,
    /// Irreversible 9/7 wavelet; uncompressed size over compressed size, 1 < ratio <= 500.
    Ratio(f32),
}

/// What is decoded: grey or colour.
#[derive(Debug)]
enum Decoded {
    Gray(GrayImage),
    Rgb(RgbImage),
}

/// Tells the format from the first bytes; `None` when it is none of [`Format`].
#[must_use]
pub fn sniff(data: &[u8]) -> Option<Format> {
    const PNG: &[u8] = &[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
    const JP2: &[u8] = &[0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A];
    match data {
        d if d.starts_with(PNG) => Some(Format::Png),
        [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
        d if d.starts_with(JP2) => Some(Format::Jp2),
        [0xFF, 0x4F, 0xFF, 0x51, ..] => Some(Format::J2k),
        [0xFF, 0xA0, 0xFF, ..] => Some(Format::Wsq),
        [b'P', b'5' | b'2', space, ..] if space.is_ascii_whitespace() || *space == b'#' => Some(Format::Pgm),
        _ => None,
    }
}

fn decode(data: &[u8]) -> Result<Decoded, CodecError> {
    if data.len() > MAX_ENCODED_BYTES {
        return Err(CodecError::EncodedTooLarge { found: data.len() });
    }
    match sniff(data).ok_or(CodecError::UnknownFormat)? {
        Format::Jpeg => raster::decode_jpeg(data),
        Format::Png => raster::decode_png(data),
        Format::Pgm => pgm::decode(data).map(Decoded::Gray),
        Format::Jp2 => jp2::decode(data, Format::Jp2),
        Format::J2k => jp2::decode(data, Format::J2k),
        Format::Wsq => decode_wsq(data).map(Decoded::Gray),
    }
}

/// Decodes an image to grey; colour becomes ITU-R BT.601 luma. The resolution is kept where the file tells
/// one (PNG `pHYs`, JPEG JFIF density, JP2 `resc`, WSQ `NIST_COM`).
///
/// # Errors
/// [`CodecError`] for anything that is not a sound image within the limits.
pub fn decode_gray(data: &[u8]) -> Result<GrayImage, CodecError> {
    match decode(data)? {
        Decoded::Gray(image) => Ok(image),
        Decoded::Rgb(image) => Ok(image.to_gray()),
    }
}

/// Decodes an image to RGB; grey becomes three equal channels.
///
/// # Errors
/// [`CodecError`] for anything that is not a sound image within the limits.
pub fn decode_rgb(data: &[u8]) -> Result<RgbImage, CodecError> {
    match decode(data)? {
        Decoded::Gray(g) => {
            let pixels = g.pixels().iter().flat_map(|p| [*p, *p, *p]).collect();
            Ok(RgbImage::new(g.width(), g.height(), pixels)?)
        }
        Decoded::Rgb(image) => Ok(image),
    }
}

/// Encodes a grey image as lossless JPEG 2000 in a JP2 file; the resolution goes into a `resc` box.
///
/// # Errors
/// [`CodecError::Encoder`] when the library gives up.
pub fn encode_jp2_lossless_gray(image: &GrayImage) -> Result<Vec<u8>, CodecError> {
    jp2::encode_gray(image)
}

/// Encodes an RGB image as JPEG 2000 in a JP2 file.
///
/// # Errors
/// [`CodecError::Parameter`] for a ratio out of range, [`CodecError::Encoder`] when the library gives up.
pub fn encode_jp2_rgb(image: &RgbImage, rate: Jp2Rate) -> Result<Vec<u8>, CodecError> {
    jp2::encode_rgb(image, rate)
}

/// Encodes a grey image as PNG; the resolution goes into a `pHYs` chunk.
///
/// # Errors
/// [`CodecError::Encoder`] when the library gives up.
pub fn encode_png_gray(image: &GrayImage) -> Result<Vec<u8>, CodecError> {
    raster::encode_png_gray(image)
}

/// Encodes an RGB image as PNG.
///
/// # Errors
/// [`CodecError::Encoder`] when the library gives up.
pub fn encode_png_rgb(image: &RgbImage) -> Result<Vec<u8>, CodecError> {
    raster::encode_png_rgb(image)
}

/// Encodes an RGB image as baseline JPEG; quality 1 (worst) to 100.
///
/// # Errors
/// [`CodecError::Parameter`] for a quality out of range, [`CodecError::Encoder`] when the library gives up.
pub fn encode_jpeg(image: &RgbImage, quality: u8) -> Result<Vec<u8>, CodecError> {
    raster::encode_jpeg(image, quality)
}

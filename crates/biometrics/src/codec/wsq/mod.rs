//! WSQ: wavelet scalar quantisation of fingerprints at 500 ppi (FBI, "WSQ Gray-Scale Fingerprint Image
//! Compression Specification", IAFIS-IC-0110, version 3.1). Facts on what the specification leaves open
//! (order of sums, rounding of the tables, the `NIST_COM` comment) are from NIST's NBIS codec, which is in the
//! public domain.
//!
//! Written and read: 8-bit grey with sides from 17 pixels (less, and a subband is empty) to the limits of
//! [`crate::image`]. NBIS itself reads lines of less than 65 pixels beyond their ends, so what it makes of an
//! image with such a side differs from this codec, which mirrors them as the specification says.
//!
//! Decoding allocates, beside the file, at most 5 bytes a pixel (a plane of floats and the pixels, so 120 MiB
//! at [`crate::image::MAX_PIXELS`]) and 4 MiB, and nothing before the size in the frame header has passed
//! [`crate::image::check_size`] and all tables are there. It takes time in the order of the pixels and the
//! bytes of the file. Encoding allocates at most 7 bytes a pixel beside the image and what is returned.

mod comment;
mod decode;
mod encode;
mod huffman;
mod quant;
mod stream;
#[cfg(test)]
mod tests;
mod tree;
mod wavelet;

use super::{CodecError, Format};
use crate::image::GrayImage;

/// The usual rate in bits a pixel: about 15:1 in the sense of the specification.
pub const WSQ_RATE: f32 = 0.75;
/// The lowest and the highest rate in bits a pixel that are taken.
pub const WSQ_RATES: std::ops::RangeInclusive<f32> = 0.1..=5.0;
/// Longest comment in bytes: the length field has 16 bits and counts itself.
const MAX_COMMENT_BYTES: usize = 65_533;

/// Decodes a WSQ file. The resolution comes from its `NIST_COM` comment, where there is one.
///
/// Any symmetric filters of up to 32 taps are taken, both of odd or both of even length. Bytes after the end
/// of the image are not looked at.
///
/// # Errors
/// [`CodecError::EncodedTooLarge`], [`CodecError::Image`] for a size that is refused,
/// [`CodecError::Unsupported`] for a side of less than 17 pixels or a restart interval,
/// [`CodecError::Damaged`] for anything else that is not sound.
pub fn decode_wsq(bytes: &[u8]) -> Result<GrayImage, CodecError> {
    decode::decode(bytes)
}

/// Encodes a grey image as WSQ with the 9/7 filters. The resolution goes into a `NIST_COM` comment.
///
/// The rate is a target that the specification's model of the subbands aims at; see [`WSQ_RATE`].
///
/// # Errors
/// [`CodecError::Parameter`] for a rate outside [`WSQ_RATES`], [`CodecError::Unsupported`] for a side of less
/// than 17 pixels.
pub fn encode_wsq(image: &GrayImage, bits_per_pixel: f32) -> Result<Vec<u8>, CodecError> {
    encode_wsq_with_comment(image, bits_per_pixel, "")
}

/// As [`encode_wsq`], with a comment of up to 65,533 bytes in a segment of its own (none if it is empty).
///
/// # Errors
/// As [`encode_wsq`]; [`CodecError::Parameter`] for a comment that is too long, too.
pub fn encode_wsq_with_comment(
    image: &GrayImage,
    bits_per_pixel: f32,
    comment: &str,
) -> Result<Vec<u8>, CodecError> {
    let parameter = |name| Err(CodecError::Parameter { format: Format::Wsq, name });
    if !WSQ_RATES.contains(&bits_per_pixel) {
        return parameter("bits_per_pixel");
    }
    if comment.len() > MAX_COMMENT_BYTES {
        return parameter("comment");
    }
    if image.width().min(image.height()) < tree::MIN_SIDE_PX {
        return Err(CodecError::Unsupported { format: Format::Wsq, what: SMALL });
    }
    Ok(encode::encode(image, bits_per_pixel, comment.as_bytes()))
}

/// What is said of an image that is too small.
const SMALL: &str = "a side of less than 17 pixels";

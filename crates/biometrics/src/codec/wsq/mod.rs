//! WSQ: wavelet scalar quantisation of fingerprints at 500 ppi (FBI, "WSQ Gray-Scale Fingerprint Image
//! Compression Specification", IAFIS-IC-0110, version 3.1). Facts on what the specification leaves open
//! (order of sums, rounding of the tables, the `NIST_COM` comment) are from NIST's NBIS codec, which is in the
//! public domain.
//!
//! Written: 8-bit grey with sides from [`WSQ_MIN_SIDE_PX`] to the limits of [`crate::image`]. Read: from 17
//! pixels (less, and a subband is empty). The difference is one of NBIS: its filters run beyond the ends of the
//! shortest lines of an image with a side of less than 81 pixels, so it would not give back what the
//! specification says (measured: up to 250 grey levels off). Such files are read here by the specification.
//!
//! Decoding allocates, beside the file, at most 5 bytes a pixel (a plane of floats and the pixels, so 120 MiB
//! at [`crate::image::MAX_PIXELS`]) and 4 MiB, and nothing before the size in the frame header has passed
//! [`crate::image::check_size`] and all tables are there. Its time is bounded by the pixels and the bytes of the
//! file: every step takes a bit or a byte, and a file has at most 256 marker segments. Encoding allocates at
//! most 7 bytes a pixel and 4 MiB beside the image and what is returned.
//!
//! Measured against NBIS (PyPI `wsq` 0.9, `tools/wsq_reference.py`): the encoder wrote the same bytes and the
//! decoder gave the same pixels for every print that was tried.

mod comment;
mod decode;
mod encode;
#[cfg(test)]
mod hostile_tests;
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
/// The smallest side in pixels that is encoded.
pub const WSQ_MIN_SIDE_PX: u32 = 81;
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
/// than [`WSQ_MIN_SIDE_PX`].
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
    if image.width().min(image.height()) < WSQ_MIN_SIDE_PX {
        return Err(CodecError::Unsupported { format: Format::Wsq, what: "a side of less than 81 pixels" });
    }
    Ok(encode::encode(image, bits_per_pixel, comment.as_bytes()))
}

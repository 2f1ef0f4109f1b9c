//! JPEG and PNG through the `image` crate, with its limits set.

use std::io::Cursor;

use ::image::codecs::{jpeg, png};
use ::image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, Limits};

use super::{CodecError, Decoded, Format, resolution};
use crate::image::{GrayImage, MAX_PIXELS, MAX_SIDE_PX, RgbImage, check_size};

/// Most scans of a progressive JPEG: each costs a pass over the whole image for a few bytes of input.
const MAX_JPEG_SCANS: usize = 100;
/// Length of the PNG signature and the `IHDR` chunk, after which `pHYs` may stand.
const PNG_HEADER_BYTES: usize = 33;

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    // Pixels in RGB twice (decoder's buffer and result) and a constant for tables.
    limits.max_alloc = Some(MAX_PIXELS * 6 + (1 << 20));
    limits
}

fn finish(mut decoder: impl ImageDecoder, format: Format, ppi: Option<u16>) -> Result<Decoded, CodecError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits()).map_err(|_| CodecError::Decoder { format })?;
    match DynamicImage::from_decoder(decoder).map_err(|_| CodecError::Decoder { format })? {
        DynamicImage::ImageLuma8(i) => Ok(Decoded::Gray(GrayImage::new(width, height, ppi, i.into_raw())?)),
        DynamicImage::ImageRgb8(i) => Ok(Decoded::Rgb(RgbImage::new(width, height, i.into_raw())?)),
        DynamicImage::ImageLumaA8(i) => {
            let pixels = opaque::<2>(format, i.as_raw())?;
            Ok(Decoded::Gray(GrayImage::new(width, height, ppi, pixels)?))
        }
        DynamicImage::ImageRgba8(i) => {
            Ok(Decoded::Rgb(RgbImage::new(width, height, opaque::<4>(format, i.as_raw())?)?))
        }
        _ => Err(CodecError::Unsupported { format, what: "more than 8 bits a channel" }),
    }
}

/// The channels without the last one, which must be opaque everywhere: an image that lets something through has
/// no pixels of its own.
fn opaque<const CHANNELS: usize>(format: Format, pixels: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::with_capacity(pixels.len() / CHANNELS * (CHANNELS - 1));
    for pixel in pixels.chunks_exact(CHANNELS) {
        if pixel[CHANNELS - 1] != u8::MAX {
            return Err(CodecError::Unsupported { format, what: "a transparent image" });
        }
        out.extend_from_slice(&pixel[..CHANNELS - 1]);
    }
    Ok(out)
}

pub(super) fn decode_jpeg(data: &[u8]) -> Result<Decoded, CodecError> {
    let format = Format::Jpeg;
    let (width, height) = jpeg_size(data)?;
    check_size(width, height)?;
    // Within entropy-coded data FF is always stuffed, so this counts true start-of-scan markers (and at
    // worst a few in thumbnails).
    if data.windows(2).filter(|w| *w == [0xFF, 0xDA]).count() > MAX_JPEG_SCANS {
        return Err(CodecError::Unsupported { format, what: "more than 100 scans" });
    }
    let decoder = jpeg::JpegDecoder::new(Cursor::new(data)).map_err(|_| CodecError::Decoder { format })?;
    finish(decoder, format, resolution::jpeg_ppi(data))
}

/// Size in the first frame header (SOF0 to SOF15 without DHT, JPG, DAC), ISO/IEC 10918-1 B.2.2.
fn jpeg_size(data: &[u8]) -> Result<(u32, u32), CodecError> {
    let damaged = |what, offset| CodecError::Damaged { format: Format::Jpeg, what, offset };
    let mut at = 2_usize;
    loop {
        if data.get(at) != Some(&0xFF) {
            return Err(damaged("marker", at));
        }
        let marker = *data.get(at + 1).ok_or(damaged("marker", at))?;
        if marker == 0xFF {
            at += 1; // fill byte
            continue;
        }
        let len = resolution::be(data, at + 2, 2).ok_or(damaged("segment length", at))? as usize;
        if len < 2 {
            return Err(damaged("segment length", at));
        }
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF => {
                let height = resolution::be(data, at + 5, 2).ok_or(damaged("frame header", at))?;
                let width = resolution::be(data, at + 7, 2).ok_or(damaged("frame header", at))?;
                return Ok((width, height));
            }
            0xD9 | 0xDA => return Err(damaged("frame header", at)),
            _ => {}
        }
        at += 2 + len;
    }
}

pub(super) fn decode_png(data: &[u8]) -> Result<Decoded, CodecError> {
    let format = Format::Png;
    let size = |at| {
        resolution::be(data, at, 4).ok_or(CodecError::Damaged { format, what: "IHDR", offset: data.len() })
    };
    check_size(size(16)?, size(20)?)?;
    let decoder = png::PngDecoder::with_limits(Cursor::new(data), limits())
        .map_err(|_| CodecError::Decoder { format })?;
    finish(decoder, format, resolution::png_ppi(data))
}

fn encode_png(
    width: u32,
    height: u32,
    pixels: &[u8],
    colour: ExtendedColorType,
) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::new();
    png::PngEncoder::new(&mut out)
        .write_image(pixels, width, height, colour)
        .map_err(|_| CodecError::Encoder { format: Format::Png })?;
    Ok(out)
}

pub(super) fn encode_png_gray(image: &GrayImage) -> Result<Vec<u8>, CodecError> {
    let mut out = encode_png(image.width(), image.height(), image.pixels(), ExtendedColorType::L8)?;
    if let Some(ppi) = image.ppi() {
        if out.get(12..16) != Some(b"IHDR") || out.len() < PNG_HEADER_BYTES {
            return Err(CodecError::Encoder { format: Format::Png });
        }
        // The library cannot write pHYs; it may stand anywhere between IHDR and the first IDAT.
        out.splice(PNG_HEADER_BYTES..PNG_HEADER_BYTES, resolution::phys_chunk(ppi));
    }
    Ok(out)
}

pub(super) fn encode_png_rgb(image: &RgbImage) -> Result<Vec<u8>, CodecError> {
    encode_png(image.width(), image.height(), image.pixels(), ExtendedColorType::Rgb8)
}

pub(super) fn encode_jpeg(image: &RgbImage, quality: u8) -> Result<Vec<u8>, CodecError> {
    if !(1..=100).contains(&quality) {
        return Err(CodecError::Parameter { format: Format::Jpeg, name: "quality" });
    }
    let mut out = Vec::new();
    jpeg::JpegEncoder::new_with_quality(&mut out, quality)
        .write_image(image.pixels(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|_| CodecError::Encoder { format: Format::Jpeg })?;
    Ok(out)
}

//! From the bytes of a frame to a picture. Nothing of a frame is believed: lengths, markers and sizes are checked.
//!
//! YUV is taken as ITU-R BT.601 with the levels 16 to 235, which is what webcams give (USB Video Class 1.5, default
//! of the colour matching descriptor). Motion JPEG is ITU-T T.81; frames may lack the Huffman tables (annex K.3).

use biometrics::codec;
use biometrics::image::RgbImage;

use super::format::Pixels;

/// Largest frame that is looked at, in bytes: 4K with three bytes a pixel is 25 MB.
pub(super) const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Marker bytes of ITU-T T.81, table B.1.
const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DHT: u8 = 0xC4;
/// An application segment "AVI1": decoders take it as the sign that the tables are the standard ones.
const AVI1: &[u8] = &[0xFF, 0xE0, 0x00, 0x07, b'A', b'V', b'I', b'1', 0x00];

/// How the bytes of a stream's frames are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) pixels: Pixels,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes from one row to the next; 0 for no padding. Means nothing for JPEG.
    pub(super) stride: u32,
}

/// The picture of a frame.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn decode(shape: Shape, bytes: &[u8]) -> Result<RgbImage, String> {
    let picture = match shape.pixels {
        Pixels::Mjpeg | Pixels::Jpeg => jpeg(bytes)?,
        Pixels::Yuyv => packed(shape, bytes, 4, 2, |b, rgb| pair([b[0], b[2]], b[1], b[3], rgb))?,
        Pixels::Uyvy => packed(shape, bytes, 4, 2, |b, rgb| pair([b[1], b[3]], b[0], b[2], rgb))?,
        Pixels::Rgb => packed(shape, bytes, 3, 1, |b, rgb| rgb.extend_from_slice(b))?,
        Pixels::Bgr => packed(shape, bytes, 3, 1, |b, rgb| rgb.extend_from_slice(&[b[2], b[1], b[0]]))?,
        Pixels::Nv12 => nv12(shape, bytes)?,
    };
    let (width, height) = (picture.width(), picture.height());
    if (width, height) == (shape.width, shape.height) {
        Ok(picture)
    } else {
        Err(format!("frame of {width}x{height} in a stream of {}x{}", shape.width, shape.height))
    }
}

/// One row after the other, each of groups of `bytes_each` bytes for `pixels_each` pixels.
fn packed(
    shape: Shape,
    bytes: &[u8],
    bytes_each: usize,
    pixels_each: usize,
    put: impl Fn(&[u8], &mut Vec<u8>),
) -> Result<RgbImage, String> {
    let (width, height) = (shape.width as usize, shape.height as usize);
    let row = (width / pixels_each).saturating_mul(bytes_each);
    let stride = if shape.stride == 0 { row } else { shape.stride as usize };
    // The last row need not be padded.
    let needed = stride.saturating_mul(height.saturating_sub(1)).saturating_add(row);
    if width == 0 || width % pixels_each != 0 || stride < row || needed > FRAME_BYTES_MAX {
        return Err(format!("no layout of a frame: {shape:?}"));
    }
    let bytes = bytes.get(..needed).ok_or_else(|| short(bytes.len(), needed))?;
    let mut rgb = Vec::with_capacity(width * height * 3);
    for row in bytes.chunks(stride).map(|line| &line[..row]) {
        row.chunks_exact(bytes_each).for_each(|group| put(group, &mut rgb));
    }
    RgbImage::new(shape.width, shape.height, rgb).map_err(|e| e.to_string())
}

fn nv12(shape: Shape, bytes: &[u8]) -> Result<RgbImage, String> {
    let (width, height) = (shape.width as usize, shape.height as usize);
    let stride = if shape.stride == 0 { width } else { shape.stride as usize };
    let luma = stride.saturating_mul(height);
    let needed = luma.saturating_add(luma / 2);
    let odd = width % 2 != 0 || height % 2 != 0 || width == 0;
    if odd || stride < width || needed > FRAME_BYTES_MAX {
        return Err(format!("no layout of a frame: {shape:?}"));
    }
    let bytes = bytes.get(..needed).ok_or_else(|| short(bytes.len(), needed))?;
    let (lumas, chromas) = bytes.split_at(luma);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for (number, row) in lumas.chunks_exact(stride).enumerate() {
        let chroma = chromas.chunks_exact(stride).nth(number / 2).unwrap_or(&[]);
        for (y, uv) in row[..width].chunks_exact(2).zip(chroma.chunks_exact(2)) {
            pair([y[0], y[1]], uv[0], uv[1], &mut rgb);
        }
    }
    RgbImage::new(shape.width, shape.height, rgb).map_err(|e| e.to_string())
}

fn short(found: usize, needed: usize) -> String {
    format!("frame of {found} bytes where {needed} are needed")
}

/// Two pixels that share their colour, in fixed point with 16 bits after the point.
fn pair(y: [u8; 2], u: u8, v: u8, rgb: &mut Vec<u8>) {
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    let (red, green, blue) = (104_597 * v, 25_675 * u + 53_279 * v, 132_201 * u);
    for y in y {
        let level = 76_309 * (i32::from(y) - 16) + 32_768;
        let byte = |value: i32| (value >> 16).clamp(0, 255) as u8;
        rgb.extend_from_slice(&[byte(level + red), byte(level - green), byte(level + blue)]);
    }
}

fn jpeg(bytes: &[u8]) -> Result<RgbImage, String> {
    let bytes = bytes.get(..bytes.len().min(FRAME_BYTES_MAX)).unwrap_or_default();
    let (end, has_tables) = bounds(bytes).ok_or("JPEG frame is damaged or cut off")?;
    let picture = match (bytes.get(..end), bytes.get(2..end)) {
        (Some(whole), _) if has_tables => codec::decode_rgb(whole),
        (_, Some(rest)) => codec::decode_rgb(&[&[0xFF, SOI], AVI1, rest].concat()),
        _ => return Err(short(bytes.len(), end)),
    };
    picture.map_err(|e| format!("JPEG frame: {e}"))
}

/// Where the picture ends, and whether it has Huffman tables of its own; `None` when it is not whole. What follows
/// the end in the buffer is of earlier frames.
fn bounds(bytes: &[u8]) -> Option<(usize, bool)> {
    if bytes.get(..2)? != [0xFF, SOI] {
        return None;
    }
    let (mut at, mut has_tables) = (2, false);
    loop {
        let &[0xFF, marker] = bytes.get(at..at + 2)? else { return None };
        if marker == 0xFF {
            // A fill byte.
            at += 1;
            continue;
        }
        has_tables |= marker == DHT;
        let &[high, low] = bytes.get(at + 2..at + 4)? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return None;
        }
        at += 2 + length;
        if marker == SOS {
            break;
        }
    }
    // In the coded data FF stands before 00 or a restart marker only, so the first other one ends the scan.
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|two| two[0] == 0xFF && two[1] == EOI)?;
    Some((at + end + 2, has_tables))
}

#[cfg(test)]
#[path = "pixels_tests.rs"]
mod tests;

//! Netpbm grey maps with 8 bits: `P5` (binary) and `P2` (text).

use super::{CodecError, Format};
use crate::image::{GrayImage, check_size};

struct Header<'a> {
    data: &'a [u8],
    at: usize,
    /// From a comment `ppi N`, as [`encode`] writes it.
    ppi: Option<u16>,
}

impl Header<'_> {
    fn damaged(&self, what: &'static str) -> CodecError {
        CodecError::Damaged { format: Format::Pgm, what, offset: self.at }
    }

    /// Skips white space and `#` comments.
    fn skip_blank(&mut self) {
        while let Some(byte) = self.data.get(self.at) {
            if *byte == b'#' {
                let rest = &self.data[self.at..];
                let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                let words = std::str::from_utf8(&rest[1..end]).unwrap_or_default().trim();
                self.ppi = self.ppi.or_else(|| words.strip_prefix("ppi ")?.trim().parse().ok());
                self.at += end;
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// A decimal number of at most nine digits (so that it fits 32 bits).
    fn number(&mut self, what: &'static str) -> Result<u32, CodecError> {
        self.skip_blank();
        let digits = self.data[self.at..].iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 || digits > 9 {
            return Err(self.damaged(what));
        }
        let value =
            self.data[self.at..self.at + digits].iter().fold(0_u32, |n, b| n * 10 + u32::from(b - b'0'));
        self.at += digits;
        Ok(value)
    }
}

/// Decodes a grey map. Values are scaled to 0-255 where the maximum is below 255. One image a file; bytes
/// after it are refused.
pub(super) fn decode(data: &[u8]) -> Result<GrayImage, CodecError> {
    let binary = data.get(1) == Some(&b'5');
    let mut header = Header { data, at: 2, ppi: None };
    let width = header.number("width")?;
    let height = header.number("height")?;
    let maximum = header.number("maximum value")?;
    check_size(width, height)?;
    if maximum == 0 || maximum > 65_535 {
        return Err(header.damaged("maximum value"));
    }
    if maximum > 255 {
        return Err(CodecError::Unsupported { format: Format::Pgm, what: "16 bits a pixel" });
    }
    let count = width as usize * height as usize;
    let raw = if binary { binary_pixels(&mut header, count)? } else { text_pixels(&mut header, count)? };
    let scale = |v: u8| -> Result<u8, CodecError> {
        if u32::from(v) > maximum {
            return Err(CodecError::Damaged {
                format: Format::Pgm,
                what: "pixel above the maximum",
                offset: header.at,
            });
        }
        Ok(((u32::from(v) * 255 + maximum / 2) / maximum) as u8)
    };
    let pixels = if maximum == 255 { raw } else { raw.into_iter().map(scale).collect::<Result<_, _>>()? };
    Ok(GrayImage::new(width, height, header.ppi, pixels)?)
}

/// A binary grey map (`P5`), with the resolution as a comment `ppi N` where it is known.
#[must_use]
pub fn encode(image: &GrayImage) -> Vec<u8> {
    let ppi = image.ppi().map(|p| format!("# ppi {p}\n")).unwrap_or_default();
    let mut out = format!("P5\n{ppi}{} {}\n255\n", image.width(), image.height()).into_bytes();
    out.extend_from_slice(image.pixels());
    out
}

fn binary_pixels(header: &mut Header<'_>, count: usize) -> Result<Vec<u8>, CodecError> {
    // Exactly one white space byte stands between the header and the pixels.
    match header.data.get(header.at) {
        Some(byte) if byte.is_ascii_whitespace() => header.at += 1,
        _ => return Err(header.damaged("end of header")),
    }
    let body = &header.data[header.at..];
    if body.len() != count {
        header.at = header.data.len().min(header.at + count);
        return Err(header.damaged("number of pixels"));
    }
    Ok(body.to_vec())
}

fn text_pixels(header: &mut Header<'_>, count: usize) -> Result<Vec<u8>, CodecError> {
    // A pixel takes a digit and a blank at least: bounds the allocation by the bytes that are there.
    if header.data.len() - header.at < count.saturating_mul(2) {
        return Err(header.damaged("number of pixels"));
    }
    let mut pixels = Vec::with_capacity(count);
    for _ in 0..count {
        let value = header.number("pixel")?;
        pixels.push(u8::try_from(value).map_err(|_| header.damaged("pixel above the maximum"))?);
    }
    header.skip_blank();
    if header.at != header.data.len() {
        return Err(header.damaged("number of pixels"));
    }
    Ok(pixels)
}

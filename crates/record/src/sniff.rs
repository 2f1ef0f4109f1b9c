//! Is an entry what its media type says? Magic bytes, and lengths and positions of the ISO/IEC 19794 records.
//! Reads headers only: no picture is decoded here.

use crate::entries;

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    let raw = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_be_bytes([raw[0], raw[1]])))
}

fn be32(bytes: &[u8], at: usize) -> Option<usize> {
    let raw = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_be_bytes([raw[0], raw[1], raw[2], raw[3]])).ok()
}

/// 44 rows of 168 bits.
const CHIP_SIGNATURE_BYTES: usize = 44 * 21;

/// The ISO/IEC 19794 records that a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Iso {
    /// Face, 19794-5:2011 (`FAC\0`, `030\0`).
    Face,
    /// Finger images, 19794-4:2011 (`FIR\0`, `020\0`).
    Finger,
    /// Finger minutiae, 19794-2:2005 (`FMR\0`, ` 20\0`).
    Minutiae,
    /// Iris images, 19794-6:2011 (`IIR\0`, `020\0`).
    Iris,
}

impl Iso {
    const fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Face => b"FAC\x00030\x00",
            Self::Finger => b"FIR\x00020\x00",
            Self::Minutiae => b"FMR\x00 20\x00",
            Self::Iris => b"IIR\x00020\x00",
        }
    }

    /// The positions (finger codes, eye codes; 0 for faces) of all representations of a well-formed record;
    /// `None` when identifier, total length, or any representation's length does not fit the bytes.
    #[must_use]
    pub fn positions(self, bytes: &[u8]) -> Option<Vec<u8>> {
        if bytes.get(..8)? != self.magic() || be32(bytes, 8)? != bytes.len() {
            return None;
        }
        match self {
            Self::Minutiae => minutiae_views(bytes),
            Self::Face => representations(bytes, 17, |_, _| Some(0)),
            Self::Finger => representations(bytes, 16, |rep, at| rep.get(at).copied()),
            // The eye follows the representation number.
            Self::Iris => representations(bytes, 16, |rep, at| rep.get(at + 2).copied()),
        }
    }
}

/// Walks the representations of the 2011 editions: each begins with its own length (4 bytes, itself included),
/// date 9, device technology 1, vendor 2, type 2, number of quality blocks 1, blocks of 5 bytes, and where the
/// general header's certification flag (byte 14) is set in 19794-4 and -6 a count and blocks of 3 bytes.
fn representations(
    bytes: &[u8],
    header: usize,
    position: impl Fn(&[u8], usize) -> Option<u8>,
) -> Option<Vec<u8>> {
    let count = be16(bytes, 12)?;
    let certified = *bytes.get(14)? == 1 && header == 16;
    let mut at = header;
    let mut out = Vec::new();
    for _ in 0..count {
        let length = be32(bytes, at)?;
        let end = at.checked_add(length)?;
        let rep = bytes.get(at..end)?;
        let mut body = 19 + 5 * usize::from(*rep.get(18)?);
        if certified {
            body += 1 + 3 * usize::from(*rep.get(body)?);
        }
        rep.get(body)?;
        out.push(position(rep, body)?);
        at = end;
    }
    (at == bytes.len() && !out.is_empty()).then_some(out)
}

/// Walks the views of 19794-2:2005: position, view and impression, quality, count of minutiae, 6 bytes each, then
/// the extended data with their length of 2 bytes.
fn minutiae_views(bytes: &[u8]) -> Option<Vec<u8>> {
    let count = usize::from(*bytes.get(22)?);
    let mut at = 24;
    let mut out = Vec::new();
    for _ in 0..count {
        out.push(*bytes.get(at)?);
        at += 4 + 6 * usize::from(*bytes.get(at + 3)?);
        at += 2 + be16(bytes, at)?;
    }
    (at == bytes.len() && !out.is_empty()).then_some(out)
}

/// True when the bytes are what `media_type` says. A media type that records do not use is never right.
#[must_use]
pub fn matches(media_type: &str, bytes: &[u8]) -> bool {
    match media_type {
        // SOI and EOI; some cameras pad after EOI, ours and the converters do not.
        entries::JPEG => {
            bytes.len() > 4 && bytes.starts_with(b"\xff\xd8\xff") && bytes.ends_with(b"\xff\xd9")
        }
        entries::JP2 => jp2(bytes),
        entries::PNG => {
            bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"\x00\x00\x00\x00IEND\xaeB\x60\x82")
        }
        entries::FAC => Iso::Face.positions(bytes).is_some(),
        entries::FIR => Iso::Finger.positions(bytes).is_some(),
        entries::FMR => Iso::Minutiae.positions(bytes).is_some(),
        entries::IIR => Iso::Iris.positions(bytes).is_some(),
        // ISO/IEC 19794-7:2014: identifier, version, total length.
        entries::SDI => bytes.starts_with(b"SDI\x00020\x00") && be32(bytes, 8) == Some(bytes.len()),
        // ANSI INCITS 378-2004: the length in two bytes, or two zero bytes and four.
        entries::INCITS_378 => {
            let length = match be16(bytes, 8) {
                Some(0) => be32(bytes, 10),
                short => short,
            };
            bytes.starts_with(b"FMR\x00 20\x00") && length == Some(bytes.len())
        }
        entries::BITS => bytes.len() == CHIP_SIGNATURE_BYTES,
        entries::JSON => serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok(),
        entries::JSON_LINES => json_lines(bytes),
        entries::XML => xml(bytes),
        entries::TEXT => std::str::from_utf8(bytes).is_ok_and(|t| !t.trim().is_empty() && !t.contains('\0')),
        _ => false,
    }
}

/// JP2 signature box, then boxes whose lengths fill the file, with a code stream among them (ISO/IEC 15444-1
/// annex I).
fn jp2(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"\x00\x00\x00\x0cjP  \r\n\x87\n") {
        return false;
    }
    let (mut at, mut code_stream) = (12, false);
    while at < bytes.len() {
        let Some(kind) = bytes.get(at + 4..at + 8) else { return false };
        let length = match be32(bytes, at) {
            // 0 means "to the end of the file"; 1 announces a 64-bit length.
            Some(0) => bytes.len() - at,
            Some(1) => match (be32(bytes, at + 8), be32(bytes, at + 12)) {
                (Some(0), Some(low)) if low >= 16 => low,
                _ => return false,
            },
            Some(length) if length >= 8 => length,
            _ => return false,
        };
        code_stream |= kind == b"jp2c";
        at = match at.checked_add(length) {
            Some(next) if next <= bytes.len() => next,
            _ => return false,
        };
    }
    code_stream
}

fn json_lines(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    !text.trim().is_empty()
        && text
            .lines()
            .all(|line| line.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok())
}

/// A document that begins and ends like XML; well-formedness is for the BIR's reader and for xmllint.
fn xml(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|t| t.starts_with("<?xml ") && t.trim_end().ends_with('>') && !t.contains("<!DOCTYPE"))
}

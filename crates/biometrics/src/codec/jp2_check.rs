//! A look at a JPEG 2000 file before the library sees it (ISO/IEC 15444-1 annexes A and I).
//!
//! Finds the claimed size, the number of components and tiles and the coding style, and refuses what would
//! make the decoder allocate out of proportion: huge images, many tiles, tiny precincts or code-blocks.

use super::resolution::{be, jp2_ppi};
use super::{CodecError, Format};
use crate::image::check_size;

/// Most tiles (openjp2 keeps about 6 kB for each).
const MAX_TILES: u64 = 1024;
/// Most code-blocks in all components and resolutions (about 200 bytes each).
const MAX_BLOCKS: u64 = 300_000;
/// Most precincts times layers in all components and resolutions (openjp2 keeps a flag for each).
const MAX_PACKETS: u64 = 1_000_000;
/// Most boxes or marker segments that are walked.
const MAX_PARTS: usize = 4096;

/// What the header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claims {
    pub width: u32,
    pub height: u32,
    /// 1 (grey) or 3 (RGB).
    pub components: u16,
    pub ppi: Option<u16>,
}

fn damaged(format: Format, what: &'static str, offset: usize) -> CodecError {
    CodecError::Damaged { format, what, offset }
}

/// One box: type, offset of the body, offset after it.
fn next_box(data: &[u8], at: usize, end: usize) -> Option<(&[u8], usize, usize)> {
    let kind = data.get(at.checked_add(4)?..at.checked_add(8)?)?;
    let (body, stop) = match be(data, at, 4)? {
        0 => (at + 8, end), // to the end of what holds it
        1 => {
            let high = be(data, at + 8, 4)?;
            let low = be(data, at + 12, 4)? as usize;
            (high == 0 && low >= 16).then_some((at + 16, at.checked_add(low)?))?
        }
        len if len >= 8 => (at + 8, at.checked_add(len as usize)?),
        _ => return None,
    };
    (stop <= end).then_some((kind, body, stop))
}

/// Checks a JP2 file or a bare codestream.
pub(super) fn check(data: &[u8], format: Format) -> Result<Claims, CodecError> {
    if format == Format::J2k {
        return check_codestream(data, 0, format);
    }
    let (mut at, mut ppi, mut header) = (0, None, false);
    for _ in 0..MAX_PARTS {
        let (kind, body, stop) = next_box(data, at, data.len()).ok_or(damaged(format, "box", at))?;
        match kind {
            b"jp2h" => {
                header = true;
                ppi = check_header_box(data, body, stop)?;
            }
            b"jp2c" if header => {
                return Ok(Claims { ppi, ..check_codestream(&data[..stop], body, format)? });
            }
            b"jp2c" => return Err(damaged(format, "header box", at)),
            _ => {}
        }
        at = stop;
    }
    Err(damaged(format, "codestream box", at))
}

/// Walks the `jp2h` superbox; gives the resolution.
fn check_header_box(data: &[u8], mut at: usize, end: usize) -> Result<Option<u16>, CodecError> {
    let format = Format::Jp2;
    let mut ppi = None;
    for _ in 0..MAX_PARTS {
        if at == end {
            return Ok(ppi);
        }
        let (kind, body, stop) = next_box(data, at, end).ok_or(damaged(format, "box", at))?;
        match kind {
            b"ihdr" => {
                let size = |o| be(&data[..stop], body + o, 4).ok_or(damaged(format, "ihdr", at));
                check_size(size(4)?, size(0)?)?;
            }
            b"pclr" | b"cmap" => return Err(CodecError::Unsupported { format, what: "a palette" }),
            // Only the enumerated colour spaces sRGB (16) and grey (17); ICC profiles pass, unapplied.
            b"colr" if data.get(body) == Some(&1) && !matches!(be(data, body + 3, 4), Some(16 | 17)) => {
                return Err(CodecError::Unsupported {
                    format,
                    what: "a colour space other than sRGB or grey",
                });
            }
            b"res " => {
                if let Some((b"resc" | b"resd", inner, inner_stop)) = next_box(data, body, stop) {
                    ppi = jp2_ppi(&data[inner..inner_stop]);
                }
            }
            _ => {}
        }
        at = stop;
    }
    Err(damaged(format, "box", at))
}

/// Checks the main header of a codestream that begins at `start` and ends with `data`.
fn check_codestream(data: &[u8], start: usize, format: Format) -> Result<Claims, CodecError> {
    if data.get(start..start + 4) != Some(&[0xFF, 0x4F, 0xFF, 0x51]) {
        return Err(damaged(format, "start of codestream", start));
    }
    let size = read_size(data, start + 4, format)?;
    let mut at = start + 4 + be(data, start + 4, 2).ok_or(damaged(format, "SIZ", start))? as usize;
    let mut styled = false;
    for _ in 0..MAX_PARTS {
        let marker = be(data, at, 2).ok_or(damaged(format, "marker", at))?;
        if marker == 0xFF90 {
            // SOT: the main header is over
            let claims = Claims {
                width: size.width,
                height: size.height,
                components: size.components as u16,
                ppi: None,
            };
            check_tile_parts(data, at, format)?;
            return if styled { Ok(claims) } else { Err(damaged(format, "coding style", at)) };
        }
        let len = be(data, at + 2, 2).ok_or(damaged(format, "marker length", at))? as usize;
        if marker < 0xFF00 || len < 2 {
            return Err(damaged(format, "marker", at));
        }
        let body = data.get(at + 4..at + 2 + len).ok_or(damaged(format, "marker length", at))?;
        match marker {
            0xFF52 => {
                let short = damaged(format, "COD", at);
                let (style, layers, spcod) = match (body.first(), be(body, 2, 2), body.get(5..)) {
                    (Some(s), Some(l), Some(rest)) => (*s, l, rest),
                    _ => return Err(short),
                };
                check_style(&size, u64::from(layers), style & 1 == 1, spcod, format, at)?;
                styled = true;
            }
            // COC: style of one component, without layers
            0xFF53 => {
                let (style, rest) =
                    body.get(1..).and_then(|b| b.split_first()).ok_or(damaged(format, "COC", at))?;
                check_style(&size, 1, style & 1 == 1, rest, format, at)?;
            }
            _ => {}
        }
        at += 2 + len;
    }
    Err(damaged(format, "main header", at))
}

/// Walks the tile-parts from the first SOT and refuses headers that change the coding style: the checks of
/// the main header would not hold for such a tile.
fn check_tile_parts(data: &[u8], mut at: usize, format: Format) -> Result<(), CodecError> {
    for _ in 0..MAX_PARTS {
        match be(data, at, 2) {
            Some(0xFF90) => {}
            Some(0xFFD9) | None => return Ok(()), // end; what is missing the decoder finds
            Some(_) => return Err(damaged(format, "tile-part", at)),
        }
        let length = be(data, at + 6, 4).ok_or(damaged(format, "tile-part", at))? as usize;
        let mut inner = at + 12;
        loop {
            match be(data, inner, 2).ok_or(damaged(format, "tile-part", inner))? {
                0xFF93 => break, // SOD
                0xFF52 | 0xFF53 | 0xFF5F => {
                    return Err(CodecError::Unsupported { format, what: "a coding style of one tile" });
                }
                marker if marker > 0xFF00 => {
                    let len = be(data, inner + 2, 2).ok_or(damaged(format, "marker length", inner))?;
                    inner += 2 + len as usize; // strictly forward: two bytes at least
                }
                _ => return Err(damaged(format, "marker", inner)),
            }
        }
        if length == 0 {
            return Ok(()); // the last tile-part, up to the end
        }
        if length < 14 {
            return Err(damaged(format, "tile-part", at));
        }
        at = at.saturating_add(length);
    }
    Err(CodecError::Unsupported { format, what: "more than 4096 tile-parts" })
}

struct Size {
    width: u32,
    height: u32,
    components: u64,
    tiles: u64,
}

/// Reads SIZ (A.5.1); `at` is the offset of its length field.
fn read_size(data: &[u8], at: usize, format: Format) -> Result<Size, CodecError> {
    let field = |o: usize, len: usize| be(data, at + o, len).ok_or(damaged(format, "SIZ", at));
    let (x1, y1, x0, y0) = (field(4, 4)?, field(8, 4)?, field(12, 4)?, field(16, 4)?);
    let (tw, th, tx, ty) = (field(20, 4)?, field(24, 4)?, field(28, 4)?, field(32, 4)?);
    let components = field(36, 2)?;
    let (width, height) = (x1.saturating_sub(x0), y1.saturating_sub(y0));
    check_size(width, height)?;
    if tw == 0 || th == 0 || tx > x0 || ty > y0 || field(0, 2)? != 38 + 3 * components {
        return Err(damaged(format, "SIZ", at));
    }
    if !matches!(components, 1 | 3) {
        return Err(CodecError::Unsupported { format, what: "other than 1 or 3 components" });
    }
    for c in 0..components as usize {
        if field(38 + 3 * c, 1)? != 7 {
            return Err(CodecError::Unsupported { format, what: "other than 8 unsigned bits a component" });
        }
        if field(39 + 3 * c, 2)? != 0x0101 {
            return Err(CodecError::Unsupported { format, what: "subsampling" });
        }
    }
    let tiles = u64::from((x1 - tx).div_ceil(tw)) * u64::from((y1 - ty).div_ceil(th));
    if tiles > MAX_TILES {
        return Err(CodecError::Unsupported { format, what: "more than 1024 tiles" });
    }
    Ok(Size { width, height, components: u64::from(components), tiles })
}

/// Checks SPcod or SPcoc (A.6.1) with an upper estimate of code-blocks and packets.
fn check_style(
    size: &Size,
    layers: u64,
    own_precincts: bool,
    spcod: &[u8],
    format: Format,
    at: usize,
) -> Result<(), CodecError> {
    let short = || damaged(format, "coding style", at);
    let [levels, block_w, block_h, ..] = spcod else { return Err(short()) };
    let resolutions = usize::from(*levels) + 1;
    let (bw, bh) = (u32::from(*block_w) + 2, u32::from(*block_h) + 2);
    if resolutions > 33 || bw > 10 || bh > 10 || bw + bh > 12 || layers == 0 {
        return Err(short());
    }
    let (mut blocks, mut packets) = (0_u64, 0_u64);
    for r in 0..resolutions {
        let (pw, ph) = if own_precincts {
            let p = *spcod.get(5 + r).ok_or_else(short)?;
            (u32::from(p & 15), u32::from(p >> 4))
        } else {
            (15, 15)
        };
        // Size of this resolution; each tile adds at most one partial precinct or block an axis.
        let shift = (resolutions - 1 - r).min(31) as u32;
        let (w, h) = (u64::from(size.width >> shift) + 1, u64::from(size.height >> shift) + 1);
        let cells = |cw: u32, ch: u32| ((w >> cw) + 1) * ((h >> ch) + 1) + size.tiles * 2;
        packets += cells(pw, ph);
        // A block is not larger than its precinct (half of it in the sub-bands).
        blocks += cells(bw.min(pw.saturating_sub(1)), bh.min(ph.saturating_sub(1)));
    }
    if packets * layers * size.components > MAX_PACKETS || blocks * size.components > MAX_BLOCKS {
        return Err(CodecError::Unsupported { format, what: "so fine a division into blocks and packets" });
    }
    Ok(())
}

//! Marker segments: reading and writing of the tables and headers (IAFIS-IC-0110 v3.1, clause on the
//! compressed data format), and numbers in powers of ten.

use super::huffman::{Lengths, MAX_BITS, SYMBOLS};
use super::tree::BANDS;
use super::wavelet::MAX_TAPS;
use crate::codec::{CodecError, Format};

/// Markers.
pub(super) mod marker {
    /// Start of image.
    pub(crate) const SOI: u16 = 0xFFA0;
    /// End of image.
    pub(crate) const EOI: u16 = 0xFFA1;
    /// Start of frame: the header.
    pub(crate) const SOF: u16 = 0xFFA2;
    /// Start of a block of coefficients.
    pub(crate) const SOB: u16 = 0xFFA3;
    /// Transform table: the analysis filters.
    pub(crate) const DTT: u16 = 0xFFA4;
    /// Quantisation table.
    pub(crate) const DQT: u16 = 0xFFA5;
    /// Huffman tables.
    pub(crate) const DHT: u16 = 0xFFA6;
    /// Restart interval.
    pub(crate) const DRT: u16 = 0xFFA7;
    /// Comment.
    pub(crate) const COM: u16 = 0xFFA8;
}

/// Huffman tables that a file may keep at once.
pub(super) const HUFFMAN_TABLES: usize = 8;

/// Reads big-endian numbers, never beyond the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    data: &'a [u8],
    end: usize,
    /// Offset of the next byte.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte.
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, end: data.len(), at: 0 }
    }

    /// The error that `what` is damaged here.
    pub(super) fn damaged(&self, what: &'static str) -> CodecError {
        CodecError::Damaged { format: Format::Wsq, what, offset: self.at }
    }

    fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], CodecError> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.end);
        let bytes = end.and_then(|end| self.data.get(self.at..end)).ok_or_else(|| self.damaged(what))?;
        self.at += len;
        Ok(bytes)
    }

    fn number(&mut self, len: usize, what: &'static str) -> Result<u32, CodecError> {
        Ok(self.take(len, what)?.iter().fold(0, |n, byte| (n << 8) | u32::from(*byte)))
    }

    /// The next marker.
    pub(super) fn marker(&mut self) -> Result<u16, CodecError> {
        Ok(self.number(2, "marker")? as u16)
    }

    /// The body of a segment, by its length field.
    pub(super) fn segment(&mut self, what: &'static str) -> Result<Self, CodecError> {
        let len = self.number(2, what)? as usize;
        let start = self.at;
        let body = len.checked_sub(2).ok_or_else(|| self.damaged(what))?;
        self.take(body, what)?;
        Ok(Self { data: self.data, end: self.at, at: start })
    }

    /// What is left of a segment.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.data.get(self.at..self.end).unwrap_or_default()
    }

    /// Refuses bytes that are left over in a segment.
    fn finish(&self, what: &'static str) -> Result<(), CodecError> {
        if self.at == self.end { Ok(()) } else { Err(self.damaged(what)) }
    }

    /// A decimal: places after the point, then an unsigned number of 2 bytes (or 4).
    fn decimal(&mut self, len: usize, what: &'static str) -> Result<f32, CodecError> {
        let places = self.number(1, what)?;
        let mut value = self.number(len, what)? as f32;
        for _ in 0..places {
            value /= 10.0;
        }
        Ok(value)
    }
}

/// The frame header.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Grey level that was taken off.
    pub shift: f32,
    /// Divisor of what was left.
    pub scale: f32,
}

/// Reads the frame header.
pub(super) fn read_frame(mut s: Cursor<'_>) -> Result<Frame, CodecError> {
    const WHAT: &str = "frame header";
    s.take(2, WHAT)?; // grey levels of black and white: told, not used
    let height = s.number(2, WHAT)?;
    let width = s.number(2, WHAT)?;
    let shift = s.decimal(2, WHAT)?;
    let scale = s.decimal(2, WHAT)?;
    s.take(3, WHAT)?; // number of the encoder and of its software
    s.finish(WHAT)?;
    Ok(Frame { width, height, shift, scale })
}

/// Synthesis filters, low and high, from the analysis filters in the transform table: each is the other
/// one's analysis filter with the sign of every second tap changed, counted from the middle.
pub(super) fn read_transform(mut s: Cursor<'_>) -> Result<[Vec<f32>; 2], CodecError> {
    const WHAT: &str = "transform table";
    let lengths = [s.number(1, WHAT)? as usize, s.number(1, WHAT)? as usize];
    if lengths.iter().any(|n| !(3..=MAX_TAPS).contains(n)) || lengths[0] % 2 != lengths[1] % 2 {
        return Err(s.damaged("length of a filter"));
    }
    let mut half = |len: usize| -> Result<Vec<f32>, CodecError> {
        (0..len.div_ceil(2))
            .map(|_| {
                let negative = s.number(1, WHAT)? != 0;
                let value = s.decimal(4, WHAT)?;
                Ok(if negative { -value } else { value })
            })
            .collect()
    };
    let (low, high) = (half(lengths[0])?, half(lengths[1])?);
    s.finish(WHAT)?;
    let odd = lengths[0] % 2 == 1;
    let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    // Right halves of the synthesis filters.
    let from_high: Vec<f32> =
        high.iter().enumerate().map(|(i, v)| v * sign(if odd { i } else { i + 1 })).collect();
    let from_low: Vec<f32> = low.iter().enumerate().map(|(i, v)| v * sign(i)).collect();
    // The high filter of an even-length pair is antisymmetric.
    let whole = |right: Vec<f32>, mirror: f32| -> Vec<f32> {
        let left = right.iter().skip(usize::from(odd)).rev().map(|v| v * mirror);
        left.chain(right.iter().copied()).collect()
    };
    Ok([whole(from_high, 1.0), whole(from_low, if odd { 1.0 } else { -1.0 })])
}

/// The quantisation table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantisers {
    /// Place of a value in its bin.
    pub centre: f32,
    /// Width of the bins and of the zero bin of each subband.
    pub bins: [(f32, f32); BANDS],
}

/// Reads the quantisation table.
pub(super) fn read_quantisers(mut s: Cursor<'_>) -> Result<Quantisers, CodecError> {
    const WHAT: &str = "quantisation table";
    let mut table = Quantisers { centre: s.decimal(2, WHAT)?, bins: [(0.0, 0.0); BANDS] };
    for bin in &mut table.bins {
        *bin = (s.decimal(2, WHAT)?, s.decimal(2, WHAT)?);
    }
    s.finish(WHAT)?;
    Ok(table)
}

/// Reads one or more Huffman tables; `keep` gets the number of each.
pub(super) fn read_huffman(
    mut s: Cursor<'_>,
    mut keep: impl FnMut(usize, Lengths) -> bool,
) -> Result<(), CodecError> {
    const WHAT: &str = "Huffman table";
    loop {
        let at = s;
        let id = s.number(1, WHAT)? as usize;
        let mut lengths = Lengths::default();
        lengths.counts.copy_from_slice(s.take(MAX_BITS, WHAT)?);
        let total: usize = lengths.counts.iter().map(|n| usize::from(*n)).sum();
        if id >= HUFFMAN_TABLES || total > SYMBOLS {
            return Err(at.damaged(WHAT));
        }
        lengths.symbols.extend_from_slice(s.take(total, WHAT)?);
        if !keep(id, lengths) {
            return Err(at.damaged("lengths of the Huffman codes"));
        }
        if s.rest().is_empty() {
            return Ok(());
        }
    }
}

/// Reads the number of a block's Huffman table.
pub(super) fn read_block(mut s: Cursor<'_>) -> Result<usize, CodecError> {
    let id = s.number(1, "block header")? as usize;
    s.finish("block header")?;
    Ok(id)
}

/// Places and digits of a decimal with the most digits that `limit` allows, as NBIS rounds them.
fn digits(value: f32, limit: f64) -> (u8, u32) {
    if value <= 0.0 || f64::from(value) >= limit {
        return (0, value.max(0.0).min(limit as f32) as u32);
    }
    let (mut value, mut places) = (value, 0_u8);
    while f64::from(value) < limit {
        value = (f64::from(value) * 10.0) as f32;
        places += 1;
    }
    (places - 1, (f64::from(value) / 10.0 + 0.5) as u32)
}

/// Appends a marker segment.
fn put_segment(out: &mut Vec<u8>, marker: u16, body: &[u8]) {
    out.extend(marker.to_be_bytes());
    out.extend((body.len() as u16 + 2).to_be_bytes());
    out.extend(body);
}

fn put_decimal(out: &mut Vec<u8>, value: f32) {
    let (places, number) = digits(value, 65_535.0);
    out.push(places);
    out.extend((number as u16).to_be_bytes());
}

/// Appends a comment of at most 65,533 bytes.
pub(super) fn put_comment(out: &mut Vec<u8>, text: &[u8]) {
    put_segment(out, marker::COM, text);
}

/// Appends the transform table: the right halves of two analysis filters of odd length.
pub(super) fn put_transform(out: &mut Vec<u8>, low: &[f32], high: &[f32]) {
    let mut body = vec![low.len() as u8, high.len() as u8];
    for tap in low[low.len() / 2..].iter().chain(&high[high.len() / 2..]) {
        let (places, number) = digits(tap.abs(), 4_294_967_295.0);
        body.extend([u8::from(*tap < 0.0), places]);
        body.extend(number.to_be_bytes());
    }
    put_segment(out, marker::DTT, &body);
}

/// Appends the quantisation table; the centre is 0.44 (hundredths).
pub(super) fn put_quantisers(out: &mut Vec<u8>, width: &[f32; BANDS], zero: &[f32; BANDS]) {
    let mut body = vec![2, 0, 44];
    for (width, zero) in width.iter().zip(zero) {
        put_decimal(&mut body, *width);
        put_decimal(&mut body, *zero);
    }
    put_segment(out, marker::DQT, &body);
}

/// Appends the frame header. The encoder's number is that of NBIS, whose filters and bins these are.
pub(super) fn put_frame(out: &mut Vec<u8>, frame: &Frame) {
    const ENCODER: u8 = 2;
    let mut body = vec![0, 255];
    body.extend((frame.height as u16).to_be_bytes());
    body.extend((frame.width as u16).to_be_bytes());
    put_decimal(&mut body, frame.shift);
    put_decimal(&mut body, frame.scale);
    body.extend([ENCODER, 0, 0]);
    put_segment(out, marker::SOF, &body);
}

/// Appends a Huffman table.
pub(super) fn put_huffman(out: &mut Vec<u8>, id: u8, lengths: &Lengths) {
    let body = [&[id], lengths.counts.as_slice(), &lengths.symbols].concat();
    put_segment(out, marker::DHT, &body);
}

/// Appends a block header.
pub(super) fn put_block(out: &mut Vec<u8>, id: u8) {
    put_segment(out, marker::SOB, &[id]);
}

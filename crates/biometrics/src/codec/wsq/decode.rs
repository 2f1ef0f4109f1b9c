//! The decoder.

use super::comment;
use super::huffman::{Decoder, symbol};
use super::stream::{self, Cursor, Frame, HUFFMAN_TABLES, Quantisers, marker};
use super::tree::{BANDS, CODED_BANDS, MIN_SIDE_PX, Rect, Tree};
use super::wavelet::Bank;
use crate::codec::{CodecError, Format, MAX_ENCODED_BYTES};
use crate::image::{GrayImage, check_size};

/// Most marker segments of a file: bounds how often tables are built. A usual file has nine.
const MAX_SEGMENTS: usize = 256;

/// What stood in the file so far.
#[derive(Default)]
struct Tables {
    frame: Option<Frame>,
    filters: Option<[Vec<f32>; 2]>,
    quantisers: Option<Quantisers>,
    huffman: [Option<Decoder>; HUFFMAN_TABLES],
    ppi: Option<u16>,
    commented: bool,
}

impl Tables {
    /// Reads the segment of a marker that is neither of a block nor of the end.
    fn read(
        &mut self,
        s: &mut Cursor<'_>,
        at: Cursor<'_>,
        found: u16,
        started: bool,
    ) -> Result<(), CodecError> {
        let misplaced = || Err(at.damaged("marker out of place"));
        match found {
            marker::SOF if self.frame.is_some() => return misplaced(),
            marker::DTT | marker::DQT if started => return misplaced(),
            marker::SOF => {
                let frame = stream::read_frame(s.segment("frame header")?)?;
                check_size(frame.width, frame.height)?;
                if frame.width.min(frame.height) < MIN_SIDE_PX {
                    return Err(CodecError::Unsupported {
                        format: Format::Wsq,
                        what: "a side of less than 17 pixels",
                    });
                }
                self.frame = Some(frame);
            }
            marker::DTT => self.filters = Some(stream::read_transform(s.segment("transform table")?)?),
            marker::DQT => self.quantisers = Some(stream::read_quantisers(s.segment("quantisation table")?)?),
            marker::DHT => stream::read_huffman(s.segment("Huffman table")?, |id, lengths| {
                let table = Decoder::new(&lengths);
                let sound = table.is_some();
                if let Some(slot) = self.huffman.get_mut(id) {
                    *slot = table;
                }
                sound
            })?,
            marker::COM => {
                let text = s.segment("comment")?.rest();
                if !self.commented && comment::is_nist(text) {
                    (self.commented, self.ppi) = (true, comment::ppi(text));
                }
            }
            marker::DRT => {
                return Err(CodecError::Unsupported { format: Format::Wsq, what: "a restart interval" });
            }
            _ => return misplaced(),
        }
        Ok(())
    }
}

/// Takes the coefficients in the order of the stream and puts them, dequantised, in the plane.
struct Sink {
    plane: Vec<f32>,
    stride: usize,
    centre: f32,
    bands: Vec<(Rect, f32, f32)>,
    band: usize,
    row: usize,
    /// Where the next one goes, and how many fit in the row.
    at: usize,
    left: usize,
}

impl Sink {
    fn new(frame: &Frame, tree: &Tree, table: &Quantisers) -> Self {
        let (stride, height) = (frame.width as usize, frame.height as usize);
        let bands: Vec<_> = tree
            .bands
            .iter()
            .zip(table.bins)
            .take(CODED_BANDS)
            .filter(|(_, (width, _))| *width != 0.0)
            .map(|(rect, (width, zero))| (*rect, width, zero / 2.0))
            .collect();
        let (at, left) = bands.first().map_or((0, 0), |(r, ..)| (r.y * stride + r.x, r.width));
        let plane = vec![0.0; stride * height];
        Self { plane, stride, centre: table.centre, bands, band: 0, row: 0, at, left }
    }

    fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Goes to the next row when one is full; at the end none is left.
    fn turn(&mut self) {
        let Some((rect, ..)) = self.bands.get(self.band) else { return };
        self.row += 1;
        if self.row == rect.height {
            (self.band, self.row) = (self.band + 1, 0);
        }
        if let Some((rect, ..)) = self.bands.get(self.band) {
            self.at = (rect.y + self.row) * self.stride + rect.x;
            self.left = rect.width;
        }
    }

    /// Takes zeros; `None` when there are more than fit.
    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            let step = count.min(self.left);
            if step == 0 {
                return None;
            }
            self.at += step;
            self.left -= step;
            count -= step;
            if self.left == 0 {
                self.turn();
            }
        }
        Some(())
    }

    /// Takes a value; `None` when it does not fit.
    fn put(&mut self, number: i32) -> Option<()> {
        if number != 0 && self.left > 0 {
            let (_, width, half_zero) = self.bands.get(self.band)?;
            let magnitude = width * (number.unsigned_abs() as f32 - self.centre) + half_zero;
            *self.plane.get_mut(self.at)? = if number > 0 { magnitude } else { -magnitude };
        }
        self.skip(1)
    }
}

/// Reads bits, most significant first, and takes out the zero bytes that stand after bytes of all ones.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    window: u64,
    count: u32,
}

impl Bits<'_> {
    /// Fills the window as far as there is data before a marker.
    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(byte) = self.data.get(self.at) else { return };
            if *byte == 0xFF {
                if self.data.get(self.at + 1) != Some(&0) {
                    return;
                }
                self.at += 1;
            }
            self.at += 1;
            self.window |= u64::from(*byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn drop(&mut self, count: u32) {
        self.window <<= count;
        self.count -= count;
    }

    /// The next bits as a number; `None` when the block ends within them.
    fn take(&mut self, count: u32) -> Option<u32> {
        if self.count < count {
            return None;
        }
        let value = (self.window >> (64 - count)) as u32;
        self.drop(count);
        Some(value)
    }
}

/// Decodes one block up to the next marker.
fn read_coefficients(
    s: &mut Cursor<'_>,
    data: &[u8],
    table: &Decoder,
    sink: &mut Sink,
) -> Result<(), CodecError> {
    let mut bits = Bits { data, at: s.at, window: 0, count: 0 };
    loop {
        if bits.count < 32 {
            bits.fill();
        }
        // At the end of a block the last byte is filled up with ones, which is the start of no code.
        let found = table.find((bits.window >> 48) as u32).filter(|(length, _)| *length <= bits.count);
        s.at = bits.at;
        let Some((length, found)) = found else {
            return if bits.count < 16 { Ok(()) } else { Err(s.damaged("code that is in no table")) };
        };
        bits.drop(length);
        let more = match found {
            symbol::POSITIVE_8 | symbol::NEGATIVE_8 | symbol::RUN_8 => 8,
            symbol::POSITIVE_16 | symbol::NEGATIVE_16 | symbol::RUN_16 => 16,
            _ => 0,
        };
        let extra =
            if more == 0 { 0 } else { bits.take(more).ok_or_else(|| s.damaged("end of a block"))? as i32 };
        let fits = match found {
            1..=100 => sink.skip(usize::from(found)),
            symbol::RUN_8 | symbol::RUN_16 => sink.skip(extra as usize),
            symbol::POSITIVE_8 | symbol::POSITIVE_16 => sink.put(extra),
            symbol::NEGATIVE_8 | symbol::NEGATIVE_16 => sink.put(-extra),
            0 | 255 => return Err(s.damaged("symbol without a meaning")),
            _ => sink.put(i32::from(found) - i32::from(symbol::ZERO)),
        };
        fits.ok_or_else(|| s.damaged("more coefficients than pixels"))?;
    }
}

/// Decodes a file.
pub(super) fn decode(data: &[u8]) -> Result<GrayImage, CodecError> {
    if data.len() > MAX_ENCODED_BYTES {
        return Err(CodecError::EncodedTooLarge { found: data.len() });
    }
    let mut s = Cursor::new(data);
    if s.marker()? != marker::SOI {
        return Err(Cursor::new(data).damaged("start of image"));
    }
    let mut tables = Tables::default();
    let mut started: Option<(Tree, Sink)> = None;
    let mut segments = 0;
    loop {
        let at = s;
        segments += 1;
        if segments > MAX_SEGMENTS {
            return Err(at.damaged("too many marker segments"));
        }
        match s.marker()? {
            marker::EOI => break,
            marker::SOB => {
                let (_, sink) = match &mut started {
                    Some(started) => started,
                    None => started.insert(start(&tables, at)?),
                };
                let id = stream::read_block(s.segment("block header")?)?;
                let table = tables.huffman.get(id).and_then(Option::as_ref);
                let table = table.ok_or_else(|| at.damaged("no such Huffman table"))?;
                read_coefficients(&mut s, data, table, sink)?;
            }
            other => tables.read(&mut s, at, other, started.is_some())?,
        }
    }
    let (Some((tree, sink)), Some(frame), Some(filters)) = (started, tables.frame, tables.filters) else {
        return Err(s.damaged("no block of coefficients"));
    };
    if !sink.is_full() {
        return Err(s.damaged("fewer coefficients than pixels"));
    }
    let plane = compose(sink.plane, &frame, &tree, &filters);
    let pixels = plane.into_iter().map(|v| (v * frame.scale + frame.shift + 0.5) as u8).collect();
    Ok(GrayImage::new(frame.width, frame.height, tables.ppi, pixels)?)
}

/// Lays the plane out when the first block comes: everything must be known by then.
fn start(tables: &Tables, at: Cursor<'_>) -> Result<(Tree, Sink), CodecError> {
    let frame = tables.frame.ok_or_else(|| at.damaged("no frame header"))?;
    let table = tables.quantisers.as_ref().ok_or_else(|| at.damaged("no quantisation table"))?;
    if tables.filters.is_none() {
        return Err(at.damaged("no transform table"));
    }
    if table.bins[CODED_BANDS..BANDS].iter().any(|(width, _)| *width != 0.0) {
        return Err(at.damaged("bins of a subband that is not coded"));
    }
    let tree = Tree::new(frame.width as usize, frame.height as usize);
    let sink = Sink::new(&frame, &tree, table);
    Ok((tree, sink))
}

/// Puts the image together from its subbands.
fn compose(mut plane: Vec<f32>, frame: &Frame, tree: &Tree, filters: &[Vec<f32>; 2]) -> Vec<f32> {
    let bank = Bank::synthesis(&filters[0], &filters[1]);
    let mut scratch = Vec::new();
    for node in tree.nodes.iter().rev() {
        bank.run(&mut plane, frame.width as usize, node, &mut scratch);
    }
    plane
}

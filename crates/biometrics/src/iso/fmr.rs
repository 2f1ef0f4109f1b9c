//! Finger minutiae records, ISO/IEC 19794-2:2005 record format (version ` 20`).
//!
//! Its older sister, ANSI INCITS 378-2004, has the same views under another header and counts angles in steps
//! of two degrees; see [`super::incits378`], which reads and writes through this module.

use super::IsoError;
use super::bytes::{Reader, Writer};
use super::common::{codes, read_size};
use crate::image::check_size;
use crate::minutiae::{Minutia, MinutiaKind, Template};
use crate::position::FingerPosition;

const FORMAT: &str = "FMR";
pub(super) const MAGIC: &[u8; 4] = b"FMR\0";
pub(super) const VERSION: &[u8; 4] = b" 20\0";
/// Bytes of a view without minutiae: position, view and impression, quality, count, length of extended data.
const SMALLEST_VIEW: usize = 4 + 2;
const MINUTIA_BYTES: usize = 6;
/// Coordinates have 14 bits.
const MAX_COORDINATE: u16 = (1 << 14) - 1;
/// Most minutiae in a view: the count is one byte.
pub const MAX_MINUTIAE: usize = 255;

codes! {
    /// How the finger was taken.
    FmrImpression {
        /// Live scan, plain.
        LiveScanPlain = 0;
        /// Live scan, rolled.
        LiveScanRolled = 1;
        /// Not live scan, plain.
        NonLiveScanPlain = 2;
        /// Not live scan, rolled.
        NonLiveScanRolled = 3;
        /// Swipe.
        Swipe = 8;
        /// Live scan, contactless; only in ANSI INCITS 378.
        LiveScanContactless = 9;
    }
}

/// The two layouts of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// ISO/IEC 19794-2:2005: angles in units of 360/256 degrees.
    Iso2005,
    /// ANSI INCITS 378-2004: angles in units of 2 degrees, and one more impression type.
    Incits2004,
}

/// Number of INCITS angle steps in a circle.
const INCITS_STEPS: u32 = 180;

impl Layout {
    fn impression(self, code: u8) -> Option<FmrImpression> {
        let contactless = |i: &FmrImpression| *i == FmrImpression::LiveScanContactless;
        FmrImpression::from_code(code).filter(|i| self == Self::Incits2004 || !contactless(i))
    }

    /// Angle of a minutia from the byte of the record. The 180 steps fall on different units of 360/256
    /// degrees, so that writing gives the same byte again.
    fn angle_from(self, byte: u8) -> Option<u8> {
        let step = u32::from(byte);
        match self {
            Self::Iso2005 => Some(byte),
            Self::Incits2004 if step >= INCITS_STEPS => None,
            Self::Incits2004 => Some(((step * 256 + INCITS_STEPS / 2) / INCITS_STEPS) as u8),
        }
    }

    /// Byte of the record for an angle; INCITS rounds to the nearest two degrees.
    fn angle_byte(self, angle: u8) -> u8 {
        match self {
            Self::Iso2005 => angle,
            Self::Incits2004 => ((u32::from(angle) * INCITS_STEPS + 128) / 256 % INCITS_STEPS) as u8,
        }
    }
}

/// An area of extended data, kept as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtendedData {
    /// Type: 1 ridge counts, 2 cores and deltas, 3 zonal quality, from 0x0101 of vendors. Never 0.
    pub kind: u16,
    /// Content.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for ExtendedData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExtendedData({}, {} bytes)", self.kind, self.data.len())
    }
}

/// The minutiae of one finger in one impression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FmrView {
    /// Which finger; `None` where not known.
    pub position: Option<FingerPosition>,
    /// Number of this view among those of the same finger, 0 to 15.
    pub number: u8,
    /// How the finger was taken.
    pub impression: FmrImpression,
    /// Quality of the finger, 0 to 100.
    pub quality: u8,
    /// The minutiae.
    pub minutiae: Vec<Minutia>,
    /// Extended data.
    pub extended: Vec<ExtendedData>,
}

/// A finger minutiae record: views that share an image size and resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FmrRecord {
    /// Certification bits (high 4) and device type (low 12) of the capture equipment; 0 not told.
    pub equipment: u16,
    /// Width of the image in pixels.
    pub width: u16,
    /// Height of the image in pixels.
    pub height: u16,
    /// Resolution in pixels per centimetre, horizontal and vertical.
    pub per_cm: [u16; 2],
    /// The views, at least one.
    pub views: Vec<FmrView>,
}

impl FmrRecord {
    /// A record with one view. Where there are more than 255 minutiae the best by quality are kept.
    #[must_use]
    pub fn from_template(
        template: &Template,
        position: Option<FingerPosition>,
        impression: FmrImpression,
        quality: u8,
    ) -> Self {
        let mut minutiae = template.minutiae.clone();
        if minutiae.len() > MAX_MINUTIAE {
            minutiae.sort_by_key(|m| std::cmp::Reverse(m.quality));
            minutiae.truncate(MAX_MINUTIAE);
        }
        let per_cm = ((u32::from(template.ppi) * 100 + 127) / 254) as u16;
        let view = FmrView { position, number: 0, impression, quality, minutiae, extended: Vec::new() };
        Self {
            equipment: 0,
            width: template.width,
            height: template.height,
            per_cm: [per_cm; 2],
            views: vec![view],
        }
    }

    /// The template of a view; `None` where there is no such view or the axes differ in resolution.
    #[must_use]
    pub fn template(&self, view: usize) -> Option<Template> {
        let [x, y] = self.per_cm;
        let ppi = u16::try_from((u32::from(x) * 254 + 50) / 100).ok().filter(|_| x == y)?;
        let minutiae = self.views.get(view)?.minutiae.clone();
        Some(Template { width: self.width, height: self.height, ppi, minutiae })
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`IsoError`] for anything that is not exactly one such record.
    pub fn read(data: &[u8]) -> Result<Self, IsoError> {
        let mut r = Reader::open(FORMAT, data, MAGIC, VERSION)?;
        r.total_length()?;
        let record = Self::read_body(&mut r, Layout::Iso2005)?;
        r.finish()?;
        Ok(record)
    }

    /// Reads what follows the lengths and ids of the header: equipment to the last view.
    pub(super) fn read_body(r: &mut Reader<'_>, layout: Layout) -> Result<Self, IsoError> {
        let equipment = r.u16("capture equipment")?;
        let (width, height) = read_size(r)?;
        let mut rate = |field| -> Result<u16, IsoError> {
            let offset = r.at();
            match r.u16(field)? {
                0 => Err(r.value(field, offset, 0)),
                v => Ok(v),
            }
        };
        let per_cm = [rate("horizontal resolution")?, rate("vertical resolution")?];
        let offset = r.at();
        let count = usize::from(r.u8("number of views")?);
        if count == 0 {
            return Err(r.bad_count("number of views", offset, 0));
        }
        r.code("reserved byte", |v| (v == 0).then_some(()))?;
        r.count("number of views", offset, count, SMALLEST_VIEW)?;
        let views = (0..count).map(|_| FmrView::read(r, layout, width, height)).collect::<Result<_, _>>()?;
        Ok(Self { equipment, width, height, per_cm, views })
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when something does not fit.
    pub fn write(&self) -> Result<Vec<u8>, IsoError> {
        let mut w = Writer::new(FORMAT, MAGIC, VERSION);
        let length = w.reserve32();
        self.write_body(&mut w, Layout::Iso2005)?;
        w.finish(length)
    }

    pub(super) fn write_body(&self, w: &mut Writer, layout: Layout) -> Result<(), IsoError> {
        if self.views.is_empty() {
            return Err(w.unwritable("number of views"));
        }
        if check_size(u32::from(self.width), u32::from(self.height)).is_err() {
            return Err(w.unwritable("image size"));
        }
        if self.per_cm.contains(&0) {
            return Err(w.unwritable("resolution"));
        }
        [self.equipment, self.width, self.height].into_iter().for_each(|v| w.u16(v));
        self.per_cm.into_iter().for_each(|v| w.u16(v));
        w.count8(self.views.len(), "number of views")?;
        w.u8(0);
        self.views.iter().try_for_each(|view| view.write(w, layout, self.width, self.height))
    }
}

impl FmrView {
    fn read(r: &mut Reader<'_>, layout: Layout, width: u16, height: u16) -> Result<Self, IsoError> {
        let position = r.code("finger position", |v| match v {
            0 => Some(None),
            _ => FingerPosition::from_code(v).map(Some),
        })?;
        let (number, impression) =
            r.code("impression type", |v| layout.impression(v & 15).map(|impression| (v >> 4, impression)))?;
        let quality = r.code("finger quality", |v| (v <= 100).then_some(v))?;
        let offset = r.at();
        let count = usize::from(r.u8("number of minutiae")?);
        r.count("number of minutiae", offset, count, MINUTIA_BYTES)?;
        let minutiae =
            (0..count).map(|_| read_minutia(r, layout, width, height)).collect::<Result<_, _>>()?;
        Ok(Self { position, number, impression, quality, minutiae, extended: read_extended(r)? })
    }

    fn write(&self, w: &mut Writer, layout: Layout, width: u16, height: u16) -> Result<(), IsoError> {
        if self.number > 15 || self.quality > 100 {
            return Err(w.unwritable("view number or quality"));
        }
        if layout.impression(self.impression.code()).is_none() {
            return Err(w.unwritable("impression type"));
        }
        w.u8(self.position.map_or(0, FingerPosition::code));
        w.bytes(&[self.number << 4 | self.impression.code(), self.quality]);
        w.count8(self.minutiae.len(), "number of minutiae")?;
        for m in &self.minutiae {
            if m.x >= width || m.y >= height || m.x.max(m.y) > MAX_COORDINATE || m.quality > 100 {
                return Err(w.unwritable("minutia"));
            }
            w.u16((m.kind as u16) << 14 | m.x);
            w.u16(m.y);
            w.bytes(&[layout.angle_byte(m.angle), m.quality]);
        }
        w.count16(self.extended.iter().map(|e| e.data.len() + 4).sum(), "extended data")?;
        for area in &self.extended {
            if area.kind == 0 {
                return Err(w.unwritable("extended data"));
            }
            w.u16(area.kind);
            w.count16(area.data.len() + 4, "extended data")?;
            w.bytes(&area.data);
        }
        Ok(())
    }
}

fn read_minutia(r: &mut Reader<'_>, layout: Layout, width: u16, height: u16) -> Result<Minutia, IsoError> {
    let offset = r.at();
    let (first, second) = (r.u16("minutia type and x")?, r.u16("minutia y")?);
    let kind = match first >> 14 {
        0 => MinutiaKind::Other,
        1 => MinutiaKind::Ending,
        2 => MinutiaKind::Bifurcation,
        reserved => return Err(r.value("minutia type", offset, u32::from(reserved))),
    };
    let x = first & MAX_COORDINATE;
    if x >= width {
        return Err(r.value("minutia x", offset, u32::from(x)));
    }
    // The two high bits are reserved and zero, so they are caught here as well.
    if second >= height || second > MAX_COORDINATE {
        return Err(r.value("minutia y", offset + 2, u32::from(second)));
    }
    let angle = r.code("minutia angle", |v| layout.angle_from(v))?;
    let quality = r.code("minutia quality", |v| (v <= 100).then_some(v))?;
    Ok(Minutia { x, y: second, angle, kind, quality })
}

fn read_extended(r: &mut Reader<'_>) -> Result<Vec<ExtendedData>, IsoError> {
    let total = usize::from(r.u16("extended data length")?);
    let begin = r.at();
    let mut block = Vec::new();
    // Room for the whole block is checked first, so that an error names the block and not an area in it.
    if total > r.left() {
        r.take(total, "extended data")?;
    }
    while r.at() - begin < total {
        let offset = r.at();
        let kind = r.u16("extended data type")?;
        if kind == 0 {
            return Err(r.value("extended data type", offset, 0));
        }
        let length = usize::from(r.u16("extended data area length")?);
        let room = total.saturating_sub(offset - begin);
        if length < 4 || length > room {
            return r
                .agree("extended data area length", offset + 2, length as u64, room as u64)
                .map(|()| block);
        }
        block.push(ExtendedData { kind, data: r.take(length - 4, "extended data area")?.to_vec() });
    }
    r.agree("extended data length", begin - 2, total as u64, (r.at() - begin) as u64)?;
    Ok(block)
}

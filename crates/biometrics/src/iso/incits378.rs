//! Finger minutiae templates, ANSI INCITS 378-2004 (version ` 20`): the finger templates of the KTP-el chip.
//!
//! Layout (INCITS 378-2004, clause 6, as public readers of the format have it): `FMR\0`, ` 20\0`, length of
//! the record in two bytes (or two zero bytes and four, from 65,536 bytes on), owner and type of the product
//! that made it (CBEFF), capture equipment, and from the image size on what ISO/IEC 19794-2:2005 has, with
//! angles in steps of two degrees. Identifier and version are those of ISO/IEC 19794-2:2005: only the length
//! tells them apart ([`super::sniff`]).
//!
//! What is written here is read by FingerprintIO (see `tools/interop.py`). Not validated against a template
//! of a chip: none is public.

use super::IsoError;
use super::bytes::{Reader, Writer};
use super::fmr::{FmrImpression, FmrRecord, Layout, MAGIC, VERSION};
use crate::minutiae::Template;
use crate::position::FingerPosition;

const FORMAT: &str = "INCITS 378";
/// Product owner "vendor unknown" of the CBEFF registry; the format does not allow 0.
pub const UNKNOWN_OWNER: u16 = 0x0103;
/// Most bytes of one template in the chip, with the two bytes of length before it: readers of the card give
/// it a buffer of 1,024 bytes.
pub const MAX_CHIP_BYTES: usize = 1024 - 2;
/// Bytes of a record with a two-byte length and one view without minutiae.
const ONE_VIEW_BYTES: usize = 26 + 6;
const MINUTIA_BYTES: usize = 6;
/// Most minutiae of a template that goes into the chip.
pub const MAX_CHIP_MINUTIAE: usize = (MAX_CHIP_BYTES - ONE_VIEW_BYTES) / MINUTIA_BYTES;

/// An INCITS 378-2004 record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncitsRecord {
    /// Owner of the product that made the record, as registered for CBEFF; not 0, [`UNKNOWN_OWNER`] where not
    /// told.
    pub product_owner: u16,
    /// Product as its owner numbers it; 0 not told.
    pub product_type: u16,
    /// Image size, resolution and views.
    pub body: FmrRecord,
}

impl IncitsRecord {
    /// A record with one view of an unknown product (this station's is not registered). Angles are rounded to
    /// two degrees when it is written.
    #[must_use]
    pub fn from_template(
        template: &Template,
        position: Option<FingerPosition>,
        impression: FmrImpression,
        quality: u8,
    ) -> Self {
        let body = FmrRecord::from_template(template, position, impression, quality);
        Self { product_owner: UNKNOWN_OWNER, product_type: 0, body }
    }

    /// As [`Self::from_template`], but with at most [`MAX_CHIP_MINUTIAE`]: where there are more, the best by
    /// quality are kept, so that the record has at most [`MAX_CHIP_BYTES`].
    #[must_use]
    pub fn for_chip(template: &Template, position: Option<FingerPosition>, quality: u8) -> Self {
        let mut record = Self::from_template(template, position, FmrImpression::LiveScanPlain, quality);
        for view in &mut record.body.views {
            if view.minutiae.len() > MAX_CHIP_MINUTIAE {
                view.minutiae.sort_by_key(|m| std::cmp::Reverse(m.quality));
                view.minutiae.truncate(MAX_CHIP_MINUTIAE);
            }
        }
        record
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`IsoError`] for anything that is not exactly one such record; a length of six bytes is refused where
    /// two were enough.
    pub fn read(data: &[u8]) -> Result<Self, IsoError> {
        let mut r = Reader::open(FORMAT, data, MAGIC, VERSION)?;
        let offset = r.at();
        let short = u64::from(r.u16("record length")?);
        if short != 0 {
            r.agree("record length", offset, short, data.len() as u64)?;
        } else {
            let offset = r.at();
            let long = u64::from(r.u32("record length")?);
            r.agree("record length", offset, long, data.len() as u64)?;
            if long <= u64::from(u16::MAX) {
                return Err(r.value("record length", offset, long as u32));
            }
        }
        let offset = r.at();
        let (product_owner, product_type) = (r.u16("product owner")?, r.u16("product type")?);
        if product_owner == 0 {
            return Err(r.value("product owner", offset, 0));
        }
        let body = FmrRecord::read_body(&mut r, Layout::Incits2004)?;
        r.finish()?;
        Ok(Self { product_owner, product_type, body })
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`IsoError::Unwritable`] when something does not fit.
    pub fn write(&self) -> Result<Vec<u8>, IsoError> {
        let mut body = Writer::bare(FORMAT);
        if self.product_owner == 0 {
            return Err(body.unwritable("product owner"));
        }
        [self.product_owner, self.product_type].into_iter().for_each(|v| body.u16(v));
        self.body.write_body(&mut body, Layout::Incits2004)?;
        let body = body.into_bytes();
        let mut w = Writer::new(FORMAT, MAGIC, VERSION);
        match u16::try_from(MAGIC.len() + VERSION.len() + 2 + body.len()) {
            Ok(length) => w.u16(length),
            Err(_) => {
                w.u16(0);
                let length = MAGIC.len() + VERSION.len() + 6 + body.len();
                w.u32(u32::try_from(length).map_err(|_| w.unwritable("record length"))?);
            }
        }
        w.bytes(&body);
        Ok(w.into_bytes())
    }
}

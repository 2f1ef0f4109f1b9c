//! Fields that the 2011 editions share (ISO/IEC 19794-1:2011 clause 12).

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Serialize};

use super::IsoError;
use super::bytes::{Reader, Writer};
use crate::codec::{CodecError, Format, decode_gray, decode_rgb, sniff};
use crate::image::{GrayImage, RgbImage, check_size};

/// Reads the codes of an enum: `codes! { /// doc Name { /// doc Variant = 1; } }`.
macro_rules! codes {
    ($(#[$m:meta])* $name:ident { $($(#[$vm:meta])* $v:ident = $code:literal;)* }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vm])* $v = $code),* }
        impl $name {
            /// Every value, in code order.
            pub const ALL: &'static [$name] = &[$($name::$v),*];
            /// The code of the standard.
            #[must_use]
            pub const fn code(self) -> u8 { self as u8 }
            /// Name in descriptions of records.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => stringify!($v)),* } }
            /// The value of a code; `None` for reserved codes.
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.code() == code)
            }
        }
    };
}
pub(super) use codes;

/// When a sample was captured, in UTC, with a millisecond; or not known (every field all ones).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptureTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    millisecond: u16,
}

impl CaptureTime {
    /// Time not known.
    pub const UNKNOWN: Self = Self {
        year: u16::MAX,
        month: u8::MAX,
        day: u8::MAX,
        hour: u8::MAX,
        minute: u8::MAX,
        second: u8::MAX,
        millisecond: u16::MAX,
    };

    /// From a moment; years outside 1 to 65534 become [`Self::UNKNOWN`]. A leap second is kept as second 59.
    #[must_use]
    pub fn from_utc(moment: DateTime<Utc>) -> Self {
        match u16::try_from(moment.year()) {
            Ok(year @ 1..=65_534) => Self {
                year,
                month: moment.month() as u8,
                day: moment.day() as u8,
                hour: moment.hour() as u8,
                minute: moment.minute() as u8,
                second: moment.second() as u8,
                millisecond: moment.timestamp_subsec_millis().min(999) as u16,
            },
            _ => Self::UNKNOWN,
        }
    }

    /// The moment; `None` where a part of it is not known.
    #[must_use]
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        NaiveDate::from_ymd_opt(i32::from(self.year), u32::from(self.month), u32::from(self.day))?
            .and_hms_milli_opt(
                u32::from(self.hour),
                u32::from(self.minute),
                u32::from(self.second),
                u32::from(self.millisecond),
            )
            .map(|t| t.and_utc())
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, IsoError> {
        let offset = r.at();
        let time = Self {
            year: r.u16("capture year")?,
            month: r.u8("capture month")?,
            day: r.u8("capture day")?,
            hour: r.u8("capture hour")?,
            minute: r.u8("capture minute")?,
            second: r.u8("capture second")?,
            millisecond: r.u16("capture millisecond")?,
        };
        // All ones mean "not known", field by field.
        let parts: [(&'static str, u16, u16, u16, usize); 6] = [
            ("capture month", time.month.into(), 1, 12, 2),
            ("capture day", time.day.into(), 1, 31, 3),
            ("capture hour", time.hour.into(), 0, 23, 4),
            ("capture minute", time.minute.into(), 0, 59, 5),
            ("capture second", time.second.into(), 0, 59, 6),
            ("capture millisecond", time.millisecond, 0, 999, 7),
        ];
        for (field, value, low, high, at) in parts {
            let unknown = if at == 7 { u16::MAX } else { u16::from(u8::MAX) };
            if value != unknown && !(low..=high).contains(&value) {
                return Err(r.value(field, offset + at, u32::from(value)));
            }
        }
        Ok(time)
    }

    pub(super) fn write(self, w: &mut Writer) {
        w.u16(self.year);
        w.bytes(&[self.month, self.day, self.hour, self.minute, self.second]);
        w.u16(self.millisecond);
    }
}

/// What captured the sample; zeros mean not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceId {
    /// Technology code of the part of the standard.
    pub technology: u8,
    /// Vendor id as registered with the CBEFF authority, 0 unknown.
    pub vendor: u16,
    /// Product type as the vendor numbers it, 0 unknown.
    pub product: u16,
}

impl DeviceId {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, IsoError> {
        Ok(Self {
            technology: r.u8("device technology")?,
            vendor: r.u16("device vendor")?,
            product: r.u16("device type")?,
        })
    }
    pub(super) fn write(self, w: &mut Writer) {
        w.u8(self.technology);
        w.u16(self.vendor);
        w.u16(self.product);
    }
}

/// A quality score with who computed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityBlock {
    /// 0 to 100; `None` when the computation failed (255 in the record).
    pub score: Option<u8>,
    /// Vendor of the algorithm as registered, 0 unreported.
    pub vendor: u16,
    /// Algorithm as the vendor numbers it, 0 unreported.
    pub algorithm: u16,
}

impl QualityBlock {
    /// A score of this station: its algorithms are not registered, so both ids are 0 ("unreported").
    #[must_use]
    pub fn unregistered(score: Option<u8>) -> Self {
        Self { score, vendor: 0, algorithm: 0 }
    }

    pub(super) fn read_all(r: &mut Reader<'_>) -> Result<Vec<Self>, IsoError> {
        let offset = r.at();
        let count = usize::from(r.u8("number of quality blocks")?);
        r.count("number of quality blocks", offset, count, 5)?;
        (0..count)
            .map(|_| {
                let score = r.code("quality score", |v| match v {
                    0..=100 => Some(Some(v)),
                    255 => Some(None),
                    _ => None,
                })?;
                Ok(Self { score, vendor: r.u16("quality vendor")?, algorithm: r.u16("quality algorithm")? })
            })
            .collect()
    }

    pub(super) fn write_all(blocks: &[Self], w: &mut Writer) -> Result<(), IsoError> {
        w.count8(blocks.len(), "number of quality blocks")?;
        for block in blocks {
            if block.score.is_some_and(|s| s > 100) {
                return Err(w.unwritable("quality score"));
            }
            w.u8(block.score.unwrap_or(255));
            w.u16(block.vendor);
            w.u16(block.algorithm);
        }
        Ok(())
    }
}

/// A certification of the capture device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certification {
    /// Certification authority as registered.
    pub authority: u16,
    /// Scheme code of the part of the standard.
    pub scheme: u8,
}

impl Certification {
    pub(super) fn read_all(r: &mut Reader<'_>) -> Result<Vec<Self>, IsoError> {
        let offset = r.at();
        let count = usize::from(r.u8("number of certifications")?);
        r.count("number of certifications", offset, count, 3)?;
        (0..count)
            .map(|_| {
                Ok(Self {
                    authority: r.u16("certification authority")?,
                    scheme: r.u8("certification scheme")?,
                })
            })
            .collect()
    }

    pub(super) fn write_all(blocks: &[Self], w: &mut Writer) -> Result<(), IsoError> {
        w.count8(blocks.len(), "number of certifications")?;
        for block in blocks {
            w.u16(block.authority);
            w.u8(block.scheme);
        }
        Ok(())
    }
}

/// What every representation of the 2011 editions begins with, after its length (ISO/IEC 19794-1:2011, 12.3).
pub(super) struct Head {
    pub captured: CaptureTime,
    pub device: DeviceId,
    pub quality: Vec<QualityBlock>,
    pub certifications: Vec<Certification>,
}

impl Head {
    /// Bytes of the smallest head with the length before it, without certifications.
    pub const SMALLEST: usize = 4 + 9 + 5 + 1;

    /// `certified` tells whether a block of certifications follows the quality blocks.
    pub fn read(r: &mut Reader<'_>, certified: bool) -> Result<Self, IsoError> {
        Ok(Self {
            captured: CaptureTime::read(r)?,
            device: DeviceId::read(r)?,
            quality: QualityBlock::read_all(r)?,
            certifications: if certified { Certification::read_all(r)? } else { Vec::new() },
        })
    }
}

/// A representation of a record of the 2011 editions: its head, and the rest as each part of the standard has
/// it.
pub(super) trait Representation: Sized {
    /// Bytes of the smallest one, with its length field.
    const SMALLEST: usize;

    /// When, by what and how well it was captured; the certifications only where the format has them.
    fn head(&self) -> (CaptureTime, DeviceId, &[QualityBlock], &[Certification]);

    /// Refuses what cannot be written.
    fn check(&self, w: &Writer) -> Result<(), IsoError>;

    /// Reads what follows the head; `end` is where the representation says that it ends.
    fn read_rest(r: &mut Reader<'_>, head: Head, end: usize) -> Result<Self, IsoError>;

    /// Writes what follows the head.
    fn write_rest(&self, w: &mut Writer) -> Result<(), IsoError>;
}

/// Reads the header of a record after the version: length, number of representations and certification flag.
pub(super) fn read_counts<T: Representation>(r: &mut Reader<'_>) -> Result<(usize, bool), IsoError> {
    r.total_length()?;
    let offset = r.at();
    let count = usize::from(r.u16("number of representations")?);
    if count == 0 {
        return Err(r.bad_count("number of representations", offset, 0));
    }
    r.count("number of representations", offset, count, T::SMALLEST)?;
    let certified = r.code("certification flag", |v| (v <= 1).then_some(v == 1))?;
    Ok((count, certified))
}

/// Reads representations to the end of the record. The length in front of each counts itself.
pub(super) fn read_representations<T: Representation>(
    mut r: Reader<'_>,
    count: usize,
    certified: bool,
) -> Result<Vec<T>, IsoError> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let offset = r.at();
        let claimed = r.u32("representation length")?;
        // Only what may follow the image is read by the claimed end; the rest must lead there by itself.
        let end = offset.saturating_add(claimed as usize);
        let head = Head::read(&mut r, certified)?;
        all.push(T::read_rest(&mut r, head, end)?);
        r.agree("representation length", offset, u64::from(claimed), (r.at() - offset) as u64)?;
    }
    r.finish()?;
    Ok(all)
}

/// A number in a header must be what the representations say.
pub(super) fn agree(
    format: &'static str,
    field: &'static str,
    offset: usize,
    claimed: u64,
    actual: u64,
) -> Result<(), IsoError> {
    if claimed == actual { Ok(()) } else { Err(IsoError::Length { format, field, offset, claimed, actual }) }
}

/// Writes a record: `fields` are those between the certification flag and the first representation.
pub(super) fn write_record<T: Representation>(
    mut w: Writer,
    certified: bool,
    representations: &[T],
    fields: impl FnOnce(&mut Writer) -> Result<(), IsoError>,
) -> Result<Vec<u8>, IsoError> {
    if representations.is_empty() {
        return Err(w.unwritable("number of representations"));
    }
    let total = w.reserve32();
    w.count16(representations.len(), "number of representations")?;
    w.u8(u8::from(certified));
    fields(&mut w)?;
    for one in representations {
        one.check(&w)?;
        let (captured, device, quality, certifications) = one.head();
        let length = w.reserve32();
        captured.write(&mut w);
        device.write(&mut w);
        QualityBlock::write_all(quality, &mut w)?;
        if certified {
            Certification::write_all(certifications, &mut w)?;
        } else if !certifications.is_empty() {
            return Err(w.unwritable("certifications"));
        }
        one.write_rest(&mut w)?;
        w.close32(length, "representation length")?;
    }
    w.finish(total)
}

/// Refuses image data that cannot be what the record says: a size out of bounds, no bytes, raw pixels of
/// another number, or an encoding other than `formats` (empty for raw pixels).
pub(super) fn check_image(
    w: &Writer,
    size: (u16, u16),
    data: &[u8],
    formats: &[Format],
) -> Result<(), IsoError> {
    if check_size(u32::from(size.0), u32::from(size.1)).is_err() {
        return Err(w.unwritable("image size"));
    }
    let sound = if formats.is_empty() {
        data.len() as u64 == u64::from(size.0) * u64::from(size.1)
    } else {
        sniff(data).is_some_and(|f| formats.contains(&f))
    };
    if sound { Ok(()) } else { Err(w.unwritable("image data")) }
}

/// Reads width and height and refuses what no image may have.
pub(super) fn read_size(r: &mut Reader<'_>) -> Result<(u16, u16), IsoError> {
    let offset = r.at();
    let (width, height) = (r.u16("image width")?, r.u16("image height")?);
    check_size(u32::from(width), u32::from(height)).map_err(|source| IsoError::Size {
        format: r.format,
        offset,
        source,
    })?;
    Ok((width, height))
}

/// Reads a 32-bit length and that many bytes; at least one. They must be encoded as one of `formats`, or
/// (where that is empty) be as many as raw pixels of `size` are.
pub(super) fn read_image(
    r: &mut Reader<'_>,
    size: (u16, u16),
    formats: &[Format],
) -> Result<Vec<u8>, IsoError> {
    let offset = r.at();
    let length = r.u32("image length")?;
    if length == 0 {
        return Err(r.bad_count("image length", offset, 0));
    }
    if formats.is_empty() {
        let pixels = u64::from(size.0) * u64::from(size.1);
        r.agree("image length", offset, u64::from(length), pixels)?;
    }
    let offset = r.at();
    let data = r.take(length as usize, "image data")?;
    if formats.is_empty() || sniff(data).is_some_and(|f| formats.contains(&f)) {
        Ok(data.to_vec())
    } else {
        Err(IsoError::Encoding { format: r.format, offset })
    }
}

/// Decodes grey image data and checks the size that the record claims.
pub(super) fn gray(
    format: &'static str,
    data: &[u8],
    size: (u16, u16),
    ppi: Option<u16>,
) -> Result<GrayImage, IsoError> {
    let image = decode_gray(data).map_err(|source| IsoError::Codec { format, source })?;
    if (image.width(), image.height()) != (u32::from(size.0), u32::from(size.1)) {
        return Err(IsoError::SizeMismatch { format });
    }
    let ppi = ppi.or(image.ppi());
    raw_gray(format, image.pixels(), size, ppi)
}

/// A grey image from raw pixels.
pub(super) fn raw_gray(
    format: &'static str,
    data: &[u8],
    size: (u16, u16),
    ppi: Option<u16>,
) -> Result<GrayImage, IsoError> {
    GrayImage::new(u32::from(size.0), u32::from(size.1), ppi, data.to_vec())
        .map_err(|e| IsoError::Codec { format, source: CodecError::Image(e) })
}

/// Decodes colour image data and checks the size that the record claims.
pub(super) fn rgb(format: &'static str, data: &[u8], size: (u16, u16)) -> Result<RgbImage, IsoError> {
    let image = decode_rgb(data).map_err(|source| IsoError::Codec { format, source })?;
    if (image.width(), image.height()) == (u32::from(size.0), u32::from(size.1)) {
        Ok(image)
    } else {
        Err(IsoError::SizeMismatch { format })
    }
}

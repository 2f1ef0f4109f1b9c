//! A bounds-checked big-endian reader and writer that name the field in every error.

use super::IsoError;

/// Reads fields of one record in order.
pub(super) struct Reader<'a> {
    pub format: &'static str,
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Checks format identifier and version (four bytes each).
    pub fn open(
        format: &'static str,
        data: &'a [u8],
        magic: &[u8; 4],
        version: &'static [u8; 4],
    ) -> Result<Self, IsoError> {
        let mut reader = Self { format, data, at: 0 };
        if reader.take(4, "format identifier")? != magic {
            return Err(IsoError::Magic { format });
        }
        let found = reader.take(4, "version")?;
        if found != version {
            let text = |v: &[u8]| v.strip_suffix(b"\0").unwrap_or(v).escape_ascii().to_string();
            // The expected versions are ASCII; without their NUL they are plain text.
            let expected = std::str::from_utf8(&version[..3]).unwrap_or_default();
            return Err(IsoError::Version { format, found: text(found), expected });
        }
        Ok(reader)
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn left(&self) -> usize {
        self.data.len() - self.at
    }

    pub fn take(&mut self, len: usize, field: &'static str) -> Result<&'a [u8], IsoError> {
        match self.at.checked_add(len).and_then(|end| self.data.get(self.at..end)) {
            Some(bytes) => {
                self.at += len;
                Ok(bytes)
            }
            None => Err(IsoError::Truncated {
                format: self.format,
                field,
                offset: self.at,
                needed: len,
                left: self.left(),
            }),
        }
    }

    pub fn u8(&mut self, field: &'static str) -> Result<u8, IsoError> {
        Ok(self.take(1, field)?[0])
    }

    pub fn u16(&mut self, field: &'static str) -> Result<u16, IsoError> {
        let b = self.take(2, field)?;
        Ok(u16::from_be_bytes([b[0], b[1]]))
    }

    pub fn u24(&mut self, field: &'static str) -> Result<u32, IsoError> {
        let b = self.take(3, field)?;
        Ok(u32::from_be_bytes([0, b[0], b[1], b[2]]))
    }

    pub fn u32(&mut self, field: &'static str) -> Result<u32, IsoError> {
        let b = self.take(4, field)?;
        Ok(u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// The total length field of a record: must be the number of bytes that are there.
    pub fn total_length(&mut self) -> Result<(), IsoError> {
        let offset = self.at;
        let claimed = u64::from(self.u32("record length")?);
        let actual = self.data.len() as u64;
        if claimed < actual && claimed >= self.at as u64 {
            return Err(IsoError::Trailing {
                format: self.format,
                offset: claimed as usize,
                count: (actual - claimed) as usize,
            });
        }
        self.agree("record length", offset, claimed, actual)
    }

    /// Reads a code byte through `known`.
    pub fn code<T>(
        &mut self,
        field: &'static str,
        known: impl FnOnce(u8) -> Option<T>,
    ) -> Result<T, IsoError> {
        let offset = self.at;
        let value = self.u8(field)?;
        known(value).ok_or(self.value(field, offset, u32::from(value)))
    }

    /// Checks that `count` parts of at least `part` bytes fit into what is left, before room is made for
    /// them.
    pub fn count(
        &self,
        field: &'static str,
        offset: usize,
        count: usize,
        part: usize,
    ) -> Result<usize, IsoError> {
        if count.saturating_mul(part) > self.left() {
            return Err(self.bad_count(field, offset, count as u64));
        }
        Ok(count)
    }

    pub fn bad_count(&self, field: &'static str, offset: usize, claimed: u64) -> IsoError {
        IsoError::Count { format: self.format, field, offset, claimed }
    }

    pub fn value(&self, field: &'static str, offset: usize, value: u32) -> IsoError {
        IsoError::Value { format: self.format, field, offset, value }
    }

    /// A length must be what the data say.
    pub fn agree(
        &self,
        field: &'static str,
        offset: usize,
        claimed: u64,
        actual: u64,
    ) -> Result<(), IsoError> {
        super::common::agree(self.format, field, offset, claimed, actual)
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<(), IsoError> {
        match self.left() {
            0 => Ok(()),
            count => Err(IsoError::Trailing { format: self.format, offset: self.at, count }),
        }
    }
}

/// Writes fields in order; length fields are filled in afterwards.
pub(super) struct Writer {
    pub format: &'static str,
    data: Vec<u8>,
}

/// A place for a 32-bit length that is not known yet.
pub(super) struct LengthAt(usize);

impl Writer {
    pub fn new(format: &'static str, magic: &[u8; 4], version: &[u8; 4]) -> Self {
        Self { format, data: [magic.as_slice(), version].concat() }
    }

    /// Nothing yet: for parts of a record.
    pub fn bare(format: &'static str) -> Self {
        Self { format, data: Vec::new() }
    }

    /// What was written, without filling a length.
    pub fn into_bytes(self) -> Vec<u8> {
        self.data
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
    }
    pub fn u8(&mut self, v: u8) {
        self.data.push(v);
    }
    pub fn u16(&mut self, v: u16) {
        self.bytes(&v.to_be_bytes());
    }
    pub fn u24(&mut self, v: u32, field: &'static str) -> Result<(), IsoError> {
        match v.to_be_bytes() {
            [0, rest @ ..] => {
                self.bytes(&rest);
                Ok(())
            }
            _ => Err(self.unwritable(field)),
        }
    }
    pub fn u32(&mut self, v: u32) {
        self.bytes(&v.to_be_bytes());
    }

    pub fn unwritable(&self, field: &'static str) -> IsoError {
        IsoError::Unwritable { format: self.format, field }
    }

    /// A count in one byte.
    pub fn count8(&mut self, count: usize, field: &'static str) -> Result<(), IsoError> {
        let v = u8::try_from(count).map_err(|_| self.unwritable(field))?;
        self.u8(v);
        Ok(())
    }
    /// A count or length in two bytes.
    pub fn count16(&mut self, count: usize, field: &'static str) -> Result<(), IsoError> {
        let v = u16::try_from(count).map_err(|_| self.unwritable(field))?;
        self.u16(v);
        Ok(())
    }
    /// A length in four bytes, and the data.
    pub fn sized32(&mut self, data: &[u8], field: &'static str) -> Result<(), IsoError> {
        let v = u32::try_from(data.len()).map_err(|_| self.unwritable(field))?;
        self.u32(v);
        self.bytes(data);
        Ok(())
    }

    /// Leaves room for a length field.
    pub fn reserve32(&mut self) -> LengthAt {
        self.u32(0);
        LengthAt(self.data.len() - 4)
    }
    /// Fills a length that counts from the field itself.
    pub fn close32(&mut self, place: LengthAt, field: &'static str) -> Result<(), IsoError> {
        let length = self.data.len() - place.0;
        self.fill(place, length, field)
    }
    /// Fills the length of the whole record and gives the bytes.
    pub fn finish(mut self, place: LengthAt) -> Result<Vec<u8>, IsoError> {
        let length = self.data.len();
        self.fill(place, length, "record length")?;
        Ok(self.data)
    }
    fn fill(&mut self, place: LengthAt, length: usize, field: &'static str) -> Result<(), IsoError> {
        let v = u32::try_from(length).map_err(|_| self.unwritable(field))?;
        self.data[place.0..place.0 + 4].copy_from_slice(&v.to_be_bytes());
        Ok(())
    }
}

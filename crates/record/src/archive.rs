//! The ZIP inside the payload: stored entries only, in a fixed order, with fixed dates, nothing between them.
//!
//! Reading is stricter than ZIP: no compression, no encryption, no comments, no extra fields, no ZIP64, no bytes
//! outside entries and directory, local and central headers agreeing. So every tool sees the same files, nothing
//! can hide, and no entry can be larger than the bytes it came in.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::entries::check_name;

/// Most entries, manifest and signatures included.
pub const MAX_ENTRIES: usize = 128;
/// Largest entry, in bytes (a 4-finger slap of 1600x1500 raw is 2.4 MB).
pub const MAX_ENTRY_BYTES: usize = 16 * 1024 * 1024;
/// Largest sum of all entries, in bytes.
pub const MAX_TOTAL_BYTES: usize = 64 * 1024 * 1024;
/// Largest ZIP, in bytes: the entries and at most 512 bytes of headers for each.
pub const MAX_ZIP_BYTES: usize = MAX_TOTAL_BYTES + MAX_ENTRIES * 512;

const LOCAL_HEADER: usize = 30;
const END_RECORD: usize = 22;

/// Why an archive was refused, when written or when read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Not a ZIP, or cut.
    #[error("ZIP-01 the record's archive is damaged")]
    Damaged,
    /// An entry's name is not allowed.
    #[error("ZIP-02 an entry of the record has a name that is not allowed")]
    Name,
    /// A name occurs twice.
    #[error("ZIP-03 the record holds two entries of one name")]
    Duplicate,
    /// More than [`MAX_ENTRIES`].
    #[error("ZIP-04 the record holds more than {MAX_ENTRIES} entries")]
    TooMany,
    /// More than [`MAX_ENTRY_BYTES`] or [`MAX_TOTAL_BYTES`].
    #[error("ZIP-05 the record is larger than allowed")]
    TooLarge,
    /// Compressed, encrypted, a folder, a link, or with extra fields.
    #[error("ZIP-06 the record's archive uses a ZIP feature that records do not use")]
    Feature,
    /// Bytes outside the entries, or two headers that disagree.
    #[error("ZIP-07 the record's archive holds hidden or contradictory parts")]
    Hidden,
    /// The CRC of an entry does not fit.
    #[error("ZIP-08 an entry of the record is damaged (CRC)")]
    Crc,
}

/// Writes entries in the given order.
///
/// # Errors
/// [`ArchiveError`] when a name or a size is out of bounds.
pub fn pack(entries: &[(&str, &[u8])]) -> Result<Vec<u8>, ArchiveError> {
    if entries.len() > MAX_ENTRIES {
        return Err(ArchiveError::TooMany);
    }
    let mut total = 0usize;
    for (i, (name, bytes)) in entries.iter().enumerate() {
        if !check_name(name) {
            return Err(ArchiveError::Name);
        }
        if entries[..i].iter().any(|(earlier, _)| earlier == name) {
            return Err(ArchiveError::Duplicate);
        }
        total = total.saturating_add(bytes.len());
        if bytes.len() > MAX_ENTRY_BYTES || total > MAX_TOTAL_BYTES {
            return Err(ArchiveError::TooLarge);
        }
    }
    // Dates of files would say when a step was done and make equal records differ: 1980-01-01 for all.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(total + entries.len() * 256 + END_RECORD)));
    for (name, bytes) in entries {
        zip.start_file(*name, options).map_err(|_| ArchiveError::Damaged)?;
        zip.write_all(bytes).map_err(|_| ArchiveError::Damaged)?;
    }
    Ok(zip.finish().map_err(|_| ArchiveError::Damaged)?.into_inner())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let raw = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes([raw[0], raw[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let raw = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]))
}

/// Number of entries and start of the central directory, from an end record that closes the file.
fn end_record(bytes: &[u8]) -> Result<(usize, usize), ArchiveError> {
    let at = bytes.len().checked_sub(END_RECORD).ok_or(ArchiveError::Damaged)?;
    let u16_of = |offset| u16_at(bytes, at + offset).ok_or(ArchiveError::Damaged);
    let u32_of = |offset| u32_at(bytes, at + offset).map(|v| v as usize).ok_or(ArchiveError::Damaged);
    if bytes.get(at..at + 4) != Some(b"PK\x05\x06") {
        return Err(ArchiveError::Damaged);
    }
    let (disk, start_disk, here, count) = (u16_of(4)?, u16_of(6)?, u16_of(8)?, u16_of(10)?);
    let (size, start, comment) = (u32_of(12)?, u32_of(16)?, u16_of(20)?);
    if count > MAX_ENTRIES {
        return Err(ArchiveError::TooMany);
    }
    if disk != 0 || start_disk != 0 || here != count || comment != 0 || start.checked_add(size) != Some(at) {
        return Err(ArchiveError::Hidden);
    }
    Ok((count, start))
}

/// Checks the local header at `at` against what the central directory says; returns where the data begins.
fn local_header(bytes: &[u8], at: usize, name: &[u8], size: u32, crc: u32) -> Result<usize, ArchiveError> {
    let header = bytes.get(at..at + LOCAL_HEADER).ok_or(ArchiveError::Damaged)?;
    let (flags, method) = (u16_at(header, 6), u16_at(header, 8));
    if header[..4] != *b"PK\x03\x04" || u16_at(header, 28) != Some(0) {
        return Err(ArchiveError::Hidden);
    }
    // Bit 11 (UTF-8 names) is harmless; any other bit means a data descriptor, encryption or compression level.
    if flags.is_none_or(|f| f & !0x0800 != 0) || method != Some(0) {
        return Err(ArchiveError::Feature);
    }
    let agree = u32_at(header, 14) == Some(crc)
        && u32_at(header, 18) == Some(size)
        && u32_at(header, 22) == Some(size)
        && u16_at(header, 26) == Some(name.len())
        && bytes.get(at + LOCAL_HEADER..at + LOCAL_HEADER + name.len()) == Some(name);
    if agree { Ok(at + LOCAL_HEADER + name.len()) } else { Err(ArchiveError::Hidden) }
}

/// Reads every entry, in the order of the archive.
///
/// # Errors
/// [`ArchiveError`].
pub fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    if bytes.len() > MAX_ZIP_BYTES {
        return Err(ArchiveError::TooLarge);
    }
    let (count, directory) = end_record(bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ArchiveError::Damaged)?;
    if archive.central_directory_start() != directory as u64 || archive.offset() != 0 {
        return Err(ArchiveError::Hidden);
    }
    // The library keeps one entry for each name: fewer than the end record counts means a name came twice.
    if archive.len() != count {
        return Err(ArchiveError::Duplicate);
    }
    let mut out = Vec::with_capacity(count);
    let (mut next, mut next_central, mut total) = (0usize, directory, 0usize);
    for index in 0..count {
        let mut file = archive.by_index(index).map_err(|_| ArchiveError::Feature)?;
        let plain = file.compression() == CompressionMethod::Stored
            && !file.encrypted()
            && file.is_file()
            && !file.is_symlink()
            && file.size() == file.compressed_size()
            && file.comment().is_empty()
            && file.extra_data().is_none_or(|extra| extra.is_empty());
        if !plain {
            return Err(ArchiveError::Feature);
        }
        let name = std::str::from_utf8(file.name_raw()).map_err(|_| ArchiveError::Name)?.to_owned();
        if !check_name(&name) {
            return Err(ArchiveError::Name);
        }
        let size = u32::try_from(file.size()).map_err(|_| ArchiveError::TooLarge)?;
        total = total.saturating_add(size as usize);
        if size as usize > MAX_ENTRY_BYTES || total > MAX_TOTAL_BYTES {
            return Err(ArchiveError::TooLarge);
        }
        if file.header_start() != next as u64 || file.central_header_start() != next_central as u64 {
            return Err(ArchiveError::Hidden);
        }
        next = local_header(bytes, next, name.as_bytes(), size, file.crc32())? + size as usize;
        next_central += 46 + name.len();
        let mut data = Vec::with_capacity(size as usize);
        file.by_ref().take(u64::from(size)).read_to_end(&mut data).map_err(|_| ArchiveError::Crc)?;
        // The library compares the CRC when it meets the end of the entry.
        if file.read(&mut [0u8; 1]).map_err(|_| ArchiveError::Crc)? != 0 || data.len() != size as usize {
            return Err(ArchiveError::Crc);
        }
        out.push((name, data));
    }
    if next != directory || next_central + END_RECORD != bytes.len() {
        return Err(ArchiveError::Hidden);
    }
    Ok(out)
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;

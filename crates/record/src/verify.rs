//! What can be checked of a record without the centre's key: header, signature, digest, size, outer form.

use std::io::Read;

use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use crate::archive::MAX_ZIP_BYTES;
use crate::header::{Header, HeaderError};

/// Largest payload file, in bytes: the largest archive, 16 bytes for each 64 KiB of it, and the age header.
pub const MAX_PAYLOAD_BYTES: u64 = (MAX_ZIP_BYTES + MAX_ZIP_BYTES / 4096 + MAX_AGE_HEADER) as u64;
/// Largest age header, in bytes.
pub const MAX_AGE_HEADER: usize = 16 * 1024;

/// Why a record was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The header.
    #[error("VER-01 {0}")]
    Header(#[from] HeaderError),
    /// The payload could not be read.
    #[error("VER-02 the payload cannot be read: {0}")]
    Read(#[source] std::io::Error),
    /// The payload's size is not the header's.
    #[error("VER-03 the payload's size is not what the header says: it was cut or extended")]
    Size,
    /// The payload's digest is not the header's.
    #[error("VER-04 the payload is not the one that the header was signed for")]
    Digest,
    /// The payload is no age v1 file.
    #[error("VER-05 the payload is no age v1 file")]
    Age,
    /// The payload has other recipients than the header says.
    #[error("VER-06 the payload has {found} recipients, the header names {named}")]
    Recipients {
        /// X25519 stanzas of the age file.
        found: usize,
        /// Recipients of the header.
        named: usize,
    },
}

/// How the station's key is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTrust {
    /// It is the key that the caller expected.
    Expected,
    /// It is the key that the record itself names: the signatures only show that nothing changed since.
    Untrusted,
}

impl KeyTrust {
    pub(crate) fn of(expected: Option<&VerifyingKey>) -> Self {
        if expected.is_some() { Self::Expected } else { Self::Untrusted }
    }
}

/// What was checked of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Nothing: they are sealed for the centre.
    Unchecked,
}

impl std::fmt::Display for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unchecked")
    }
}

/// A record whose outside is right.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The header.
    pub header: Header,
    /// The key that signed it.
    pub station_key: VerifyingKey,
    /// How that key is known.
    pub trust: KeyTrust,
    /// Always [`Contents::Unchecked`].
    pub contents: Contents,
}

/// Checks a record's outside. `expected_station` is the station's key from the roster, where known.
///
/// # Errors
/// [`VerifyError`].
pub fn verify(
    header_bytes: &[u8],
    payload: impl Read,
    expected_station: Option<&VerifyingKey>,
) -> Result<Verified, VerifyError> {
    let header = Header::parse(header_bytes)?;
    let station_key = header.verify(expected_station)?;
    let start = check_payload(&header, payload)?;
    check_age(&header, &start)?;
    Ok(Verified { header, station_key, trust: KeyTrust::of(expected_station), contents: Contents::Unchecked })
}

/// Reads the payload once; returns its first bytes, at least the whole age header where there is one.
fn check_payload(header: &Header, mut payload: impl Read) -> Result<Vec<u8>, VerifyError> {
    if header.payload_size > MAX_PAYLOAD_BYTES {
        return Err(VerifyError::Size);
    }
    let mut start = Vec::with_capacity(MAX_AGE_HEADER);
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; 64 * 1024];
    let mut size = 0u64;
    loop {
        let n = match payload.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(VerifyError::Read(e)),
        };
        size += n as u64;
        if size > header.payload_size {
            return Err(VerifyError::Size);
        }
        hash.update(&buffer[..n]);
        let room = MAX_AGE_HEADER - start.len();
        start.extend_from_slice(&buffer[..n.min(room)]);
    }
    if size != header.payload_size {
        return Err(VerifyError::Size);
    }
    if hex::encode(hash.finalize()) != header.payload_sha256 {
        return Err(VerifyError::Digest);
    }
    Ok(start)
}

/// Checks the age header's form and that it has as many recipients as the record's header names. Which keys they
/// are cannot be seen from outside: that is what X25519 stanzas hide.
pub(crate) fn check_age(header: &Header, start: &[u8]) -> Result<(), VerifyError> {
    let found = count_recipients(start).ok_or(VerifyError::Age)?;
    let named = header.recipients.len();
    if found == named { Ok(()) } else { Err(VerifyError::Recipients { found, named }) }
}

/// Number of X25519 stanzas of an age v1 header (c2sp.org/age); `None` when it is not well-formed or holds a kind
/// of recipient that records do not use. Stanzas whose kind ends in `-grease` are noise that writers add.
fn count_recipients(start: &[u8]) -> Option<usize> {
    age::Decryptor::new_buffered(start).ok()?;
    let mut found = 0;
    for line in start.split(|b| *b == b'\n').skip(1) {
        if line.starts_with(b"---") {
            return Some(found);
        }
        if let Some(rest) = line.strip_prefix(b"-> ") {
            match rest.split(|b| *b == b' ').next()? {
                b"X25519" => found += 1,
                kind if kind.ends_with(b"-grease") => {}
                _ => return None,
            }
        }
    }
    None
}

//! Sealing: a complete draft becomes a payload that only the recipients can read, and a signed header.

use std::io::Write;

use ed25519_dalek::{Signer, SigningKey};
use zeroize::Zeroizing;

use crate::archive::{self, ArchiveError};
use crate::canonical::{is_hex, sha256_hex};
use crate::complete::{self, Missing};
use crate::draft::{Draft, SealContext};
use crate::entries;
use crate::header::{Header, HeaderError, MAX_RECIPIENTS, MIN_RECIPIENTS, SCHEMA, check_station};
use crate::keys::{self, KeyError};
use crate::manifest::Manifest;
use crate::schema::{Environment, Role};

/// Why a draft was not sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Something that the centre would refuse.
    #[error("SEA-01 the record is not complete ({} things missing, first: {}); finish the steps", .0.len(), first(.0))]
    Incomplete(Vec<Missing>),
    /// Too few or too many recipients.
    #[error(
        "SEA-02 {found} different recipients are configured, not {MIN_RECIPIENTS} to {MAX_RECIPIENTS}: the centre and its escrow"
    )]
    Recipients {
        /// Different recipients that were given.
        found: usize,
    },
    /// A recipient or a key is damaged.
    #[error("SEA-03 {0}")]
    Key(#[from] KeyError),
    /// The operator's key is not one of the draft's operators.
    #[error("SEA-04 the key that seals is not the key of an operator of this session; sign in again")]
    Operator,
    /// A member of draft or context has a value that no record can have.
    #[error("SEA-05 the draft's `{member}` has an impossible value")]
    Draft {
        /// Name of the member.
        member: &'static str,
    },
    /// A production record with captures from a simulator or a file.
    #[error("SEA-06 a production record holds a capture of a simulated or file device; capture it again")]
    TestDevice,
    /// A production record with a replayed capture.
    #[error("SEA-07 a capture is byte-identical to an earlier one; capture it again")]
    Replay,
    /// The archive could not be written.
    #[error("SEA-08 {0}")]
    Archive(#[from] ArchiveError),
    /// The header could not be signed.
    #[error("SEA-09 {0}")]
    Header(#[from] HeaderError),
    /// The manifest could not be written, or is larger than [`crate::open::MAX_MANIFEST_BYTES`].
    #[error("SEA-10 the manifest cannot be written or is too large")]
    Manifest,
    /// The encryption failed.
    #[error("SEA-11 the record could not be encrypted")]
    Encrypt,
}

fn first(missing: &[Missing]) -> String {
    missing.first().map(ToString::to_string).unwrap_or_default()
}

/// Driver families that a production record must not name.
pub const TEST_DRIVERS: &[&str] = &["simulated", "file"];

/// The keys of a seal.
pub struct SealKeys<'a> {
    /// The station's.
    pub station: &'a SigningKey,
    /// That of the operator who seals.
    pub operator: &'a SigningKey,
    /// age X25519 recipients: the centre and its escrow, in production from the list signed by the centre's root.
    pub recipients: &'a [String],
}

/// A sealed record, in memory.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The header.
    pub header: Header,
    /// `<id>.json`.
    pub header_bytes: Vec<u8>,
    /// `<id>.rekam`.
    pub payload: Vec<u8>,
}

/// Seals a draft. Pure but for the randomness of the encryption.
///
/// # Errors
/// [`SealError`]; nothing is kept when it fails.
pub fn seal(draft: &Draft, context: &SealContext, keys: &SealKeys<'_>) -> Result<Sealed, SealError> {
    check_draft(draft, context, keys)?;
    let (recipients, fingerprints) = recipients(keys.recipients)?;
    let station_key = keys::public_to_hex(&keys.station.verifying_key());
    let operator_key = keys::public_to_hex(&keys.operator.verifying_key());

    let manifest = Manifest::new(draft, context, station_key.clone(), operator_key);
    let manifest_bytes = manifest.to_bytes().map_err(|_| SealError::Manifest)?;
    // What is sealed must open again.
    if manifest_bytes.len() > crate::open::MAX_MANIFEST_BYTES {
        return Err(SealError::Manifest);
    }
    let station_sig = keys.station.sign(&manifest_bytes).to_bytes();
    let operator_sig = keys.operator.sign(&manifest_bytes).to_bytes();
    let mut files: Vec<(&str, &[u8])> = vec![
        (entries::MANIFEST, &manifest_bytes),
        (entries::MANIFEST_SIG, &station_sig),
        (entries::MANIFEST_OPERATOR_SIG, &operator_sig),
    ];
    files.extend(draft.entries.iter().map(|e| (e.name.as_str(), &*e.bytes)));
    let plain = Zeroizing::new(archive::pack(&files)?);
    let payload = encrypt(&recipients, &plain)?;

    let mut header = Header {
        schema: SCHEMA.to_owned(),
        id: draft.id,
        environment: draft.environment,
        station: draft.station.clone(),
        station_key,
        epoch: context.epoch,
        counter: context.counter,
        audit_seq: context.audit_seq,
        audit_head: context.audit_head.clone(),
        payload_sha256: sha256_hex(&payload),
        payload_size: payload.len() as u64,
        recipients: fingerprints,
        tracking: manifest.tracking,
        created: draft.created,
        signature: String::new(),
    };
    header.sign(keys.station)?;
    let header_bytes = header.to_bytes()?;
    Ok(Sealed { header, header_bytes, payload })
}

fn check_draft(draft: &Draft, context: &SealContext, keys: &SealKeys<'_>) -> Result<(), SealError> {
    let members: [(&'static str, bool); 3] = [
        ("id", draft.id.get_version_num() == 7),
        ("station", check_station(&draft.station)),
        ("audit_head", is_hex(&context.audit_head, 32)),
    ];
    if let Some((member, _)) = members.into_iter().find(|(_, ok)| !ok) {
        return Err(SealError::Draft { member });
    }
    let operator_key = keys::public_to_hex(&keys.operator.verifying_key());
    if !draft.officers.iter().any(|o| o.role == Role::Operator && o.public_key == operator_key) {
        return Err(SealError::Operator);
    }
    if draft.environment == Environment::Production {
        if draft.captures.iter().any(|c| TEST_DRIVERS.contains(&c.driver.as_str())) {
            return Err(SealError::TestDevice);
        }
        if draft.identical_sample {
            return Err(SealError::Replay);
        }
    }
    let missing = complete::missing(draft);
    if missing.is_empty() { Ok(()) } else { Err(SealError::Incomplete(missing)) }
}

fn recipients(texts: &[String]) -> Result<(Vec<age::x25519::Recipient>, Vec<String>), SealError> {
    let mut parsed = Vec::new();
    let mut fingerprints = Vec::new();
    for text in texts {
        let fingerprint = keys::recipient_fingerprint(text)?;
        if !fingerprints.contains(&fingerprint) {
            parsed.push(keys::parse_recipient(text)?);
            fingerprints.push(fingerprint);
        }
    }
    // One key given twice is one recipient: it would not survive the loss of that key.
    if parsed.len() != texts.len() || !(MIN_RECIPIENTS..=MAX_RECIPIENTS).contains(&parsed.len()) {
        return Err(SealError::Recipients { found: parsed.len() });
    }
    Ok((parsed, fingerprints))
}

pub(crate) fn encrypt(recipients: &[age::x25519::Recipient], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(|r| r as &dyn age::Recipient))
        .map_err(|_| SealError::Encrypt)?;
    // age adds 16 bytes to every 64 KiB and a header of about 150 bytes for each recipient.
    let mut out = Vec::with_capacity(plain.len() + plain.len() / 4096 + 4096);
    let mut writer = encryptor.wrap_output(&mut out).map_err(|_| SealError::Encrypt)?;
    writer.write_all(plain).map_err(|_| SealError::Encrypt)?;
    writer.finish().map_err(|_| SealError::Encrypt)?;
    Ok(out)
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;

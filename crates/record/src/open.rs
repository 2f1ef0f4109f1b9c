//! Opening a record with a recipient's identity, and checking everything in it.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::{Signature, VerifyingKey};
use zeroize::Zeroizing;

use crate::archive::{self, ArchiveError, MAX_ZIP_BYTES};
use crate::canonical::{is_hex, sha256_hex};
use crate::complete::{self, Missing};
use crate::draft::Entry;
use crate::entries;
use crate::grant::GrantError;
use crate::header::{Header, check_station};
use crate::keys::{self, KeyError};
use crate::manifest::{Manifest, SCHEMA};
use crate::schema::Role;
use crate::verify::{self, KeyTrust, MAX_PAYLOAD_BYTES, VerifyError};

/// Largest manifest, in bytes.
pub const MAX_MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// Why a record could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The outside is wrong.
    #[error("OPN-01 {0}")]
    Outside(#[from] VerifyError),
    /// The identity is no identity.
    #[error("OPN-02 {0}")]
    Key(#[from] KeyError),
    /// Larger than any record.
    #[error("OPN-03 the payload is larger than any record")]
    TooLarge,
    /// No age file, or changed.
    #[error("OPN-04 the payload is no age file or was changed")]
    Age,
    /// Sealed for others.
    #[error("OPN-05 the record is not sealed for this key")]
    NotForThisKey,
    /// The archive.
    #[error("OPN-06 {0}")]
    Archive(#[from] ArchiveError),
    /// Manifest or signatures are not the first three entries.
    #[error("OPN-07 the record has no manifest with two signatures at its beginning")]
    NoManifest,
    /// The manifest is not the JSON of a manifest.
    #[error("OPN-08 the manifest cannot be read (line {line})")]
    Manifest {
        /// Line of the first fault.
        line: usize,
    },
    /// The manifest is of an unknown version.
    #[error("OPN-09 the manifest is of a version that this program does not know; update the program")]
    Schema,
    /// A member has an impossible value.
    #[error("OPN-10 the manifest's member `{member}` has an impossible value")]
    Member {
        /// Name of the member.
        member: &'static str,
    },
    /// Another station's key than the expected.
    #[error("OPN-11 the record is of another station's key than the expected one")]
    OtherStation,
    /// The station's signature does not fit.
    #[error("OPN-12 the station's signature of the manifest does not fit")]
    StationSignature,
    /// The operator's signature does not fit, or the key is no operator's of the record.
    #[error("OPN-13 the operator's signature of the manifest does not fit")]
    OperatorSignature,
    /// Entries and manifest differ.
    #[error("OPN-14 the record's entries are not those of its manifest")]
    Entries,
    /// An entry's size, digest or media type is not the manifest's.
    #[error("OPN-15 entry {index} of the record is not what the manifest says")]
    Entry {
        /// Index of the entry in the manifest.
        index: usize,
    },
    /// A grant does not hold.
    #[error("OPN-16 approval {index} of the record does not hold: {source}")]
    Grant {
        /// Index of the grant.
        index: usize,
        /// Why.
        source: GrantError,
    },
    /// Header and manifest disagree.
    #[error("OPN-17 header and manifest disagree on `{member}`")]
    Disagree {
        /// Name of the member.
        member: &'static str,
    },
    /// The folder to unpack into is not empty.
    #[error("OPN-18 the folder is not empty; name a new one")]
    NotEmpty,
    /// The folder or a file could not be written.
    #[error("OPN-19 the record could not be unpacked: {0}")]
    Io(#[from] std::io::Error),
}

/// An opened record whose signatures, digests and grants hold.
pub struct Opened {
    /// The manifest.
    pub manifest: Manifest,
    /// The entries, in the order of the manifest.
    pub entries: Vec<Entry>,
    /// The station's key.
    pub station_key: VerifyingKey,
    /// How that key is known.
    pub trust: KeyTrust,
    manifest_bytes: Vec<u8>,
    station_sig: Vec<u8>,
    operator_sig: Vec<u8>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({}, {} entries, {:?})", self.manifest.id, self.entries.len(), self.trust)
    }
}

/// Opens a payload. Without `expected_station` the key that the manifest names is used, and
/// [`Opened::trust`] says so.
///
/// # Errors
/// [`OpenError`].
pub fn open(
    payload: &[u8],
    identity: &str,
    expected_station: Option<&VerifyingKey>,
) -> Result<Opened, OpenError> {
    let plain = decrypt(payload, identity)?;
    let mut files = archive::unpack(&plain)?;
    let names: Vec<&str> = files.iter().take(3).map(|(name, _)| name.as_str()).collect();
    if names != [entries::MANIFEST, entries::MANIFEST_SIG, entries::MANIFEST_OPERATOR_SIG] {
        return Err(OpenError::NoManifest);
    }
    let rest = files.split_off(3);
    let mut own = files.into_iter().map(|(_, bytes)| bytes);
    let (Some(manifest_bytes), Some(station_sig), Some(operator_sig)) = (own.next(), own.next(), own.next())
    else {
        return Err(OpenError::NoManifest);
    };
    let manifest = parse_manifest(&manifest_bytes)?;
    let station_key =
        check_signatures(&manifest, &manifest_bytes, &station_sig, &operator_sig, expected_station)?;
    let entries = check_entries(&manifest, rest)?;
    check_grants(&manifest)?;
    let trust = KeyTrust::of(expected_station);
    Ok(Opened { manifest, entries, station_key, trust, manifest_bytes, station_sig, operator_sig })
}

/// Opens a payload with its header: all of [`verify::verify`] and [`open`], and that both agree.
///
/// # Errors
/// [`OpenError`].
pub fn open_with_header(
    header_bytes: &[u8],
    payload: &[u8],
    identity: &str,
    expected_station: Option<&VerifyingKey>,
) -> Result<(Header, Opened), OpenError> {
    let verified = verify::verify(header_bytes, payload, expected_station)?;
    let opened = open(payload, identity, Some(&verified.station_key)).map_err(|e| match e {
        // The header's signature held under its own key; a manifest of another key contradicts the header.
        OpenError::OtherStation => OpenError::Disagree { member: "station_key" },
        other => other,
    })?;
    let (header, m) = (&verified.header, &opened.manifest);
    let members: [(&'static str, bool); 9] = [
        ("id", header.id == m.id),
        ("environment", header.environment == m.environment),
        ("station", header.station == m.station),
        ("epoch", header.epoch == m.epoch),
        ("counter", header.counter == m.counter),
        ("audit_seq", header.audit_seq == m.audit_seq),
        ("audit_head", header.audit_head == m.audit_head),
        ("tracking", header.tracking == m.tracking),
        ("created", header.created == m.created),
    ];
    if let Some((member, _)) = members.into_iter().find(|(_, same)| !same) {
        return Err(OpenError::Disagree { member });
    }
    Ok((verified.header, Opened { trust: verified.trust, ..opened }))
}

fn decrypt(payload: &[u8], identity: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let identity = keys::parse_identity(identity)?;
    if payload.len() as u64 > MAX_PAYLOAD_BYTES {
        return Err(OpenError::TooLarge);
    }
    let decryptor = age::Decryptor::new_buffered(payload).map_err(|_| OpenError::Age)?;
    let reader =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|e| match e {
            age::DecryptError::NoMatchingKeys => OpenError::NotForThisKey,
            _ => OpenError::Age,
        })?;
    // Never larger than the payload; sized at once, so that no copy of the plain text is left behind by growth.
    let mut plain = Zeroizing::new(Vec::with_capacity(payload.len() + 1));
    reader.take(MAX_ZIP_BYTES as u64 + 1).read_to_end(&mut plain).map_err(|_| OpenError::Age)?;
    if plain.len() > MAX_ZIP_BYTES { Err(OpenError::TooLarge) } else { Ok(plain) }
}

fn parse_manifest(bytes: &[u8]) -> Result<Manifest, OpenError> {
    if bytes.len() > MAX_MANIFEST_BYTES {
        return Err(OpenError::TooLarge);
    }
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|e| OpenError::Manifest { line: e.line() })?;
    if manifest.schema != SCHEMA {
        return Err(OpenError::Schema);
    }
    let members: [(&'static str, bool); 4] = [
        ("id", manifest.id.get_version_num() == 7),
        ("station", check_station(&manifest.station)),
        ("audit_head", is_hex(&manifest.audit_head, 32)),
        ("tracking", is_hex(&manifest.tracking, 32)),
    ];
    match members.into_iter().find(|(_, ok)| !ok) {
        Some((member, _)) => Err(OpenError::Member { member }),
        None => Ok(manifest),
    }
}

fn signature_fits(key: &VerifyingKey, bytes: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(bytes, &s).is_ok())
}

fn check_signatures(
    manifest: &Manifest,
    bytes: &[u8],
    station_sig: &[u8],
    operator_sig: &[u8],
    expected_station: Option<&VerifyingKey>,
) -> Result<VerifyingKey, OpenError> {
    let station = keys::public_from_hex(&manifest.station_key)
        .map_err(|_| OpenError::Member { member: "station_key" })?;
    if expected_station.is_some_and(|expected| *expected != station) {
        return Err(OpenError::OtherStation);
    }
    if !signature_fits(&station, bytes, station_sig) {
        return Err(OpenError::StationSignature);
    }
    let operator = keys::public_from_hex(&manifest.operator_key)
        .map_err(|_| OpenError::Member { member: "operator_key" })?;
    let listed =
        manifest.officers.iter().any(|o| o.role == Role::Operator && o.public_key == manifest.operator_key);
    if listed && signature_fits(&operator, bytes, operator_sig) {
        Ok(station)
    } else {
        Err(OpenError::OperatorSignature)
    }
}

fn check_entries(manifest: &Manifest, files: Vec<(String, Vec<u8>)>) -> Result<Vec<Entry>, OpenError> {
    let same_names = files.len() == manifest.entries.len()
        && files.iter().zip(&manifest.entries).all(|((name, _), listed)| *name == listed.name);
    if !same_names {
        return Err(OpenError::Entries);
    }
    let mut out = Vec::with_capacity(files.len());
    for (index, ((name, bytes), listed)) in files.into_iter().zip(&manifest.entries).enumerate() {
        let same = bytes.len() as u64 == listed.size
            && sha256_hex(&bytes) == listed.sha256
            && entries::media_type(&name) == Some(listed.media_type.as_str());
        if !same {
            return Err(OpenError::Entry { index });
        }
        out.push(Entry { name, media_type: listed.media_type.clone(), bytes: Arc::from(bytes) });
    }
    Ok(out)
}

fn check_grants(manifest: &Manifest) -> Result<(), OpenError> {
    for (index, grant) in manifest.grants.iter().enumerate() {
        complete::check_grant(grant, &manifest.officers, &manifest.requirements, &manifest.station)
            .map_err(|source| OpenError::Grant { index, source })?;
    }
    Ok(())
}

impl Opened {
    /// What the centre would refuse in this record; empty for every record that [`crate::seal::seal`] made.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        complete::missing_in(&complete::Parts::of_opened(&self.manifest, &self.entries))
    }

    /// The entry of this name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }

    /// Unpacks manifest, signatures and entries into `dir`, which is made (mode 0700) or must be empty. Files have
    /// mode 0600. The plain text then lies on disk: the caller has asked for it.
    ///
    /// # Errors
    /// [`OpenError::NotEmpty`] or [`OpenError::Io`].
    pub fn write_to(&self, dir: &Path) -> Result<(), OpenError> {
        make_dir(dir)?;
        if fs::read_dir(dir)?.next().is_some() {
            return Err(OpenError::NotEmpty);
        }
        let own: [(&str, &[u8]); 3] = [
            (entries::MANIFEST, &self.manifest_bytes),
            (entries::MANIFEST_SIG, &self.station_sig),
            (entries::MANIFEST_OPERATOR_SIG, &self.operator_sig),
        ];
        let files = own.into_iter().chain(self.entries.iter().map(|e| (e.name.as_str(), &*e.bytes)));
        for (name, bytes) in files {
            // Names passed `check_name` when the archive was read: only plain parts below `dir`.
            let path = dir.join(name);
            if let Some(parent) = path.parent() {
                make_dir(parent)?;
            }
            let mut file = new_file(&path)?;
            file.write_all(bytes)?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn make_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_dir(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}

/// Makes a file that was not there; a link in its place is refused, not followed.
fn new_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;

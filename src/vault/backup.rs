//! Backups: the whole vault as one file that only the office can open.
//!
//! The file is an age v1 stream around a TAR archive, so that `age -d` and `tar` read it too. The archive's first entry
//! is [`MANIFEST_NAME`], a statement signed by the station's sync key: what the vault is, how far it had come, and path,
//! size and SHA-256 of every file that follows, in that order. Locks, the index, the sync key and snapshots are not in
//! it; records, extracts, key slots and drafts are, encrypted as they lie in the vault.
//!
//! A backup is taken from a snapshot, so the station goes on working meanwhile. It is written under a temporary name,
//! synced, read back past the cache, compared by digest, and only then gets its name.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use record::schema::Environment;
use record::{canonical, header, keys};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::audit::{AuditLog, SEGMENT_MAX};
use super::crypto::sha256_hex;
use super::error::VaultError;
use super::files::{Files, folder_of, temp_of};
use super::layout::{Layout, PAYLOAD_MAX};
use super::outside::Outside;
use super::pins::PinKind;
use super::save::read_counter;
use super::snapshot::{Snapshot, check_path, is_left_out};
use super::statement;

/// Value of [`BackupManifest::schema`], also the domain of its signature.
pub const SCHEMA: &str = "rekam-backup/1";
/// Name of the archive's first entry.
pub const MANIFEST_NAME: &str = "rekam-backup.json";
/// Largest manifest, in bytes.
pub const MANIFEST_MAX: usize = 256 * 1024 * 1024;
/// Most files of a backup.
const FILES_MAX: usize = 2_000_000;
/// Bytes that are written at once.
const PIECE: usize = 1024 * 1024;
/// Room that is left on the target, in bytes.
const RESERVE: u64 = 4 * 1024 * 1024;
const WHAT: &str = "backup";

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupFile {
    /// Path within the vault.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupManifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// The vault.
    pub vault: Uuid,
    /// Station id.
    pub station: String,
    /// The station's Ed25519 public key, hex.
    pub station_key: String,
    /// Training or production.
    pub environment: Environment,
    /// Restores so far, plus one.
    pub epoch: u64,
    /// Last record counter.
    pub counter: u64,
    /// Number of the last audit line.
    pub audit_seq: u64,
    /// SHA-256 of that line, hex.
    pub audit_head: String,
    /// When the backup was made.
    pub made: DateTime<Utc>,
    /// The files, in the order of the archive.
    pub files: Vec<BackupFile>,
}

impl BackupManifest {
    fn fault(&self) -> Option<&'static str> {
        let sorted = self.files.windows(2).all(|pair| matches!(pair, [a, b] if a.path < b.path));
        let checks = [
            ("its version is not known here", self.schema == SCHEMA),
            ("its station is impossible", header::check_station(&self.station)),
            ("its audit head is impossible", canonical::is_hex(&self.audit_head, 32)),
            ("it names too many files", self.files.len() <= FILES_MAX),
            ("it names a file twice or out of order", sorted),
            ("it names a file that no vault has", self.files.iter().all(file_fits)),
        ];
        checks.into_iter().find(|(_, ok)| !ok).map(|(why, _)| why)
    }

    /// Records that the backup holds.
    #[must_use]
    pub fn records(&self) -> usize {
        self.files.iter().filter(|f| f.path.starts_with("records/") && f.path.ends_with(".rekam")).count()
    }
}

fn file_fits(file: &BackupFile) -> bool {
    let small = file.size <= PAYLOAD_MAX.max(SEGMENT_MAX);
    small && check_path(&file.path) && !is_left_out(&file.path) && canonical::is_hex(&file.sha256, 32)
}

fn bad(why: impl Into<String>) -> VaultError {
    VaultError::BackupFile { why: format!("{}; take another backup", why.into()) }
}

/// Reads a manifest and checks its form and its signatures, by the station's key that it names itself: whose vault it
/// is shows only when the vault in the backup is opened.
///
/// # Errors
/// [`VaultError::BackupFile`].
pub fn read_manifest(bytes: &[u8]) -> Result<BackupManifest, VaultError> {
    if bytes.len() > MANIFEST_MAX {
        return Err(bad("its manifest is too large"));
    }
    let read = statement::read::<BackupManifest>(bytes).ok_or_else(|| bad("its manifest cannot be read"))?;
    if let Some(why) = read.body.fault() {
        return Err(bad(why));
    }
    let station = keys::public_from_hex(&read.body.station_key).map_err(|_| bad("its key is none"))?;
    if !read.verify(SCHEMA, &station) || read.certificate.vault != read.body.vault {
        return Err(bad("the signature of its manifest does not fit"));
    }
    Ok(read.body)
}

/// What was made, or checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupReport {
    /// The backup file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
    /// Files in it.
    pub files: usize,
    /// Records in it.
    pub records: usize,
    /// Files in the vault's folder that no vault has, and that were left out.
    pub foreign: usize,
    /// The vault's epoch.
    pub epoch: u64,
    /// Last record counter.
    pub counter: u64,
    /// Number of the last audit line.
    pub audit_seq: u64,
    /// SHA-256 of that line, hex.
    pub audit_head: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// True where it lies on the vault's own file system: it does not survive that disk.
    pub same_disk: bool,
    /// False when the vault's disk could not take the note for the audit.
    pub noted: bool,
}

impl BackupReport {
    fn new(m: &BackupManifest, file: &Path, bytes: u64, sha256: String, foreign: usize) -> Self {
        Self {
            file: file.to_owned(),
            bytes,
            sha256,
            files: m.files.len(),
            records: m.records(),
            foreign,
            epoch: m.epoch,
            counter: m.counter,
            audit_seq: m.audit_seq,
            audit_head: m.audit_head.clone(),
            made: m.made,
            same_disk: false,
            noted: false,
        }
    }
}

/// Writes a file piece by piece and takes its digest.
struct Piecewise<'a> {
    files: &'a dyn Files,
    path: &'a Path,
    buffer: Vec<u8>,
    hash: Sha256,
    written: u64,
}

impl Write for Piecewise<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files.append(self.path, &self.buffer)?;
        self.hash.update(&self.buffer);
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// Size and SHA-256 of what a reader gives.
pub(super) fn digest(mut reader: impl Read) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((size, hex::encode(hash.finalize()))),
            Ok(n) => {
                hash.update(&buffer[..n]);
                size += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

impl Outside {
    /// Makes a backup of the vault, which may be open elsewhere, for the recipient that a supervisor pinned.
    ///
    /// # Errors
    /// [`VaultError::BackupKey`] where none is pinned, [`VaultError::BackupFile`] where a file of this name exists,
    /// [`VaultError::DiskFull`] before anything is written where the room does not suffice, [`VaultError::ReadBack`],
    /// [`VaultError::FileLimit`], or the disks'. Nothing then has the backup's name.
    pub fn back_up(
        &self,
        target: &dyn Files,
        to: &Path,
        now: DateTime<Utc>,
    ) -> Result<BackupReport, VaultError> {
        let pinned = self.pins()?.value(PinKind::BackupRecipient);
        let pinned = pinned.ok_or(VaultError::BackupKey { why: "none is set" })?;
        let recipient = keys::parse_recipient(pinned)
            .map_err(|_| VaultError::BackupKey { why: "it is no age X25519 public key (age1…)" })?;
        if target.len(to).map_err(|e| VaultError::medium(WHAT, e))?.is_some() {
            let why = "a file of this name is there already; name a new one".to_owned();
            return Err(VaultError::BackupFile { why });
        }
        let snapshot = Snapshot::take(&self.files, &self.layout)?;
        let manifest = self.manifest_of(&snapshot, now)?;
        let needed = manifest.files.iter().map(|f| f.size + f.size / 2048 + 2048).sum::<u64>() + RESERVE;
        let free = target.free_bytes(folder_of(to)).map_err(|e| VaultError::medium(WHAT, e))?;
        if free < needed {
            return Err(VaultError::DiskFull { what: format!("a backup of about {needed} bytes") });
        }
        let temp = temp_of(to);
        let made = self.write_backup(target, &temp, &snapshot, &manifest, recipient).and_then(|made| {
            let io = |e| VaultError::medium(WHAT, e);
            target.sync_file(&temp).map_err(io)?;
            let found = target.reader(&temp, true).and_then(digest).map_err(io)?;
            if found != made {
                return Err(VaultError::ReadBack { what: WHAT.into() });
            }
            target.rename(&temp, to).and_then(|()| target.sync_folder(folder_of(to))).map_err(io)?;
            Ok(made)
        });
        let (bytes, sha256) = made.inspect_err(|_| drop(target.remove(&temp)))?;
        let mut report = BackupReport::new(&manifest, to, bytes, sha256, snapshot.foreign);
        report.same_disk = self.is_same_disk(target, folder_of(to)).unwrap_or(false);
        let details = [
            ("sha256", report.sha256.clone()),
            // The digest that `backup-key-set` has of the same key.
            ("recipient", sha256_hex(pinned.as_bytes())),
            ("records", report.records.to_string()),
            ("counter", report.counter.to_string()),
            ("seq", report.audit_seq.to_string()),
            ("same_disk", report.same_disk.to_string()),
        ];
        // The backup is whole whether or not the audit can be told of it.
        report.noted = self.leave("backup-made", &details, now).is_ok();
        Ok(report)
    }

    /// The signed manifest of the vault as it is now, without a backup.
    #[cfg(test)]
    pub(super) fn manifest_bytes(&self, now: DateTime<Utc>) -> Option<Vec<u8>> {
        let snapshot = Snapshot::take(&self.files, &self.layout).ok()?;
        statement::sign(SCHEMA, &self.manifest_of(&snapshot, now).ok()?, &self.sync)
    }

    fn manifest_of(&self, snapshot: &Snapshot, made: DateTime<Utc>) -> Result<BackupManifest, VaultError> {
        let layout = Layout::new(snapshot.folder());
        let (audit, _) = AuditLog::look(&*self.files, &layout.audit(), self.config.vault)?;
        let counter = read_counter(&*self.files, &layout)?;
        let mut files = Vec::with_capacity(snapshot.entries.len());
        for path in &snapshot.entries {
            let read = self.files.reader(&snapshot.path(path), false).and_then(digest);
            let (size, sha256) = read.map_err(|e| VaultError::io(path, e))?;
            files.push(BackupFile { path: path.clone(), size, sha256 });
        }
        Ok(BackupManifest {
            schema: SCHEMA.to_owned(),
            vault: self.config.vault,
            station: self.config.station.clone(),
            station_key: self.config.station_key.clone(),
            environment: self.config.environment,
            epoch: self.config.epoch,
            counter: counter.unwrap_or(0),
            audit_seq: audit.seq(),
            audit_head: audit.head().to_owned(),
            made,
            files,
        })
    }

    fn write_backup(
        &self,
        target: &dyn Files,
        temp: &Path,
        snapshot: &Snapshot,
        manifest: &BackupManifest,
        recipient: age::x25519::Recipient,
    ) -> Result<(u64, String), VaultError> {
        let io = |e| VaultError::medium(WHAT, e);
        target.remove(temp).map_err(io)?;
        let signed = statement::sign(SCHEMA, manifest, &self.sync)
            .ok_or_else(|| VaultError::corrupt("backup manifest", "it has no canonical form"))?;
        // What no restore would take is not written.
        read_manifest(&signed)?;
        let out = Piecewise {
            files: target,
            path: temp,
            buffer: Vec::with_capacity(2 * PIECE),
            hash: Sha256::new(),
            written: 0,
        };
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .map_err(|_| VaultError::BackupKey { why: "it cannot be used" })?;
        let mut tar = tar::Builder::new(encryptor.wrap_output(out).map_err(io)?);
        let mtime = u64::try_from(manifest.made.timestamp()).unwrap_or(0);
        let head = |size: u64| {
            let mut head = tar::Header::new_gnu();
            head.set_size(size);
            head.set_mode(0o600);
            head.set_mtime(mtime);
            head
        };
        tar.append_data(&mut head(signed.len() as u64), MANIFEST_NAME, signed.as_slice()).map_err(io)?;
        for file in &manifest.files {
            let reader = self.files.reader(&snapshot.path(&file.path), false);
            let reader = reader.map_err(|e| VaultError::io(&file.path, e))?;
            tar.append_data(&mut head(file.size), &file.path, reader.take(file.size)).map_err(io)?;
        }
        let mut out = tar.into_inner().and_then(|stream| stream.finish()).map_err(io)?;
        out.flush().map_err(io)?;
        Ok((out.written, hex::encode(out.hash.finalize())))
    }
}

/// What reads a file of a backup: gets its entry in the manifest and its bytes.
pub(super) type Sink<'a> = dyn FnMut(&BackupFile, Vec<u8>) -> Result<(), VaultError> + 'a;

/// Decrypts a backup and hands every file on, checked against the manifest; `begin` sees the manifest first. The whole
/// stream is read to its authenticated end.
///
/// # Errors
/// [`VaultError::BackupIdentity`], [`VaultError::BackupFile`], those of `begin` and `each`, or the disk's.
pub(super) fn unpack(
    files: &dyn Files,
    from: &Path,
    identity: &str,
    begin: &mut dyn FnMut(&BackupManifest) -> Result<(), VaultError>,
    each: &mut Sink<'_>,
) -> Result<BackupManifest, VaultError> {
    let identity = keys::parse_identity(identity).map_err(|_| VaultError::BackupIdentity)?;
    let file = files.reader(from, false).map_err(|e| VaultError::medium(WHAT, e))?;
    let decryptor = age::Decryptor::new(file).map_err(|_| bad("it is no age file"))?;
    let stream =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|e| match e {
            age::DecryptError::NoMatchingKeys => VaultError::BackupIdentity,
            _ => bad("its head was changed"),
        })?;
    let torn = |_| bad("it is cut or was changed");
    let mut tar = tar::Archive::new(stream);
    let mut entries = tar.entries().map_err(torn)?;
    let first = entries.next().ok_or_else(|| bad("it is empty"))?.map_err(torn)?;
    let (name, bytes) = read_entry(first, MANIFEST_MAX as u64)?;
    if name != MANIFEST_NAME {
        return Err(bad("it does not begin with its manifest"));
    }
    let manifest = read_manifest(&bytes)?;
    begin(&manifest)?;
    let mut expected = manifest.files.iter();
    for entry in entries {
        let file = expected.next().ok_or_else(|| bad("it holds more files than its manifest names"))?;
        let (name, bytes) = read_entry(entry.map_err(torn)?, file.size)?;
        let fits = name == file.path && bytes.len() as u64 == file.size && sha256_hex(&bytes) == file.sha256;
        if !fits {
            return Err(bad(format!("{} is not what its manifest says", file.path)));
        }
        each(file, bytes)?;
    }
    if expected.next().is_some() {
        return Err(bad("files are missing at its end"));
    }
    // Only the last piece of the stream proves that nothing was cut.
    let rest = io::copy(&mut tar.into_inner().take(PIECE as u64), &mut io::sink()).map_err(torn)?;
    if rest >= PIECE as u64 { Err(bad("there is more behind its end")) } else { Ok(manifest) }
}

fn read_entry<R: Read>(mut entry: tar::Entry<'_, R>, most: u64) -> Result<(String, Vec<u8>), VaultError> {
    let torn = |_| bad("it is cut or was changed");
    if !entry.header().entry_type().is_file() || entry.size() > most {
        return Err(bad("it holds something that no backup holds"));
    }
    let name = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| bad("a name is not UTF-8"))?;
    let mut bytes = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or(0).min(64 * PIECE));
    entry.read_to_end(&mut bytes).map_err(torn)?;
    Ok((name, bytes))
}

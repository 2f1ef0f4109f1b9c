//! Carrying records by USB stick where there is no network: sealed files and a signed manifest.
//!
//! `<folder>/rekam-<station>/` gets `<id>.rekam` and `<id>.json` of every record that has no receipt yet, each under a
//! temporary name first, synced, renamed, read back past the cache and compared; then [`MANIFEST_NAME`], a statement
//! signed by the sync key. A record counts as carried only when that manifest was read back. Run again after anything
//! went wrong, the same command goes on: what is there and right is not copied again. What else is on the stick is left
//! alone and told. No officer is needed, as everything is sealed for the centre.
//!
//! A folder on the vault's own file system is refused unless it is asked for: it is what an unmounted stick leaves, and
//! copies there are lost with the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use ed25519_dalek::VerifyingKey;
use record::header::{Header, check_station};
use record::schema::{Environment, RecordState};
use record::{canonical, keys};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::AuditLog;
use super::audit_walk::HeldHead;
use super::crypto::sha256_hex;
use super::error::VaultError;
use super::extract::{LOCAL_MAX, LocalHead};
use super::files::{Files, TEMP_SUFFIX, temp_of};
use super::layout::PAYLOAD_MAX;
use super::outside::Outside;
use super::save::{SAVE_MARKER, read_counter};
use super::statement;
use super::states::stage;

/// Value of [`CarryManifest::schema`], also the domain of its signature.
pub const SCHEMA: &str = "rekam-carry/1";
/// Name of the manifest.
pub const MANIFEST_NAME: &str = "manifest.json";
/// Largest manifest, in bytes.
pub const MANIFEST_MAX: usize = 64 * 1024 * 1024;
/// Most records of a manifest.
const RECORDS_MAX: usize = 100_000;
/// Room that the manifest is given, in bytes, and bytes of it for each record.
const MANIFEST_ROOM: u64 = 64 * 1024;
const ENTRY_ROOM: u64 = 600;
const HEADER_MAX: u64 = record::header::MAX_BYTES as u64;

/// One record of a carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarryRecord {
    /// Record id.
    pub id: Uuid,
    /// Epoch and counter of its header.
    pub epoch: u64,
    /// Counter of its header.
    pub counter: u64,
    /// Size of `<id>.rekam` in bytes.
    pub payload_size: u64,
    /// SHA-256 of `<id>.rekam`, hex.
    pub payload_sha256: String,
    /// Size of `<id>.json` in bytes.
    pub header_size: u64,
    /// SHA-256 of `<id>.json`, hex.
    pub header_sha256: String,
    /// The header's number of the last audit line.
    pub audit_seq: u64,
    /// The header's audit head, hex.
    pub audit_head: String,
}

/// What a carry says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarryManifest {
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
    /// The vault's epoch.
    pub epoch: u64,
    /// Last record counter.
    pub counter: u64,
    /// Number of the last audit line.
    pub audit_seq: u64,
    /// SHA-256 of that line, hex.
    pub audit_head: String,
    /// When it was written.
    pub made: DateTime<Utc>,
    /// The records that lie beside it, by epoch and counter.
    pub records: Vec<CarryRecord>,
}

impl CarryManifest {
    fn fits(&self) -> bool {
        let ids: BTreeSet<Uuid> = self.records.iter().map(|r| r.id).collect();
        self.schema == SCHEMA
            && check_station(&self.station)
            && canonical::is_hex(&self.audit_head, 32)
            && self.records.len() <= RECORDS_MAX
            && ids.len() == self.records.len()
            && self.records.iter().all(|r| {
                canonical::is_hex(&r.payload_sha256, 32)
                    && canonical::is_hex(&r.header_sha256, 32)
                    && canonical::is_hex(&r.audit_head, 32)
                    && r.payload_size <= PAYLOAD_MAX
                    && r.header_size <= HEADER_MAX
            })
    }
}

/// Reads a manifest and checks its form and its signatures, by the station's key that it names itself unless `station`
/// is given. None when anything does not fit.
#[must_use]
pub fn read_manifest(bytes: &[u8], station: Option<&VerifyingKey>) -> Option<CarryManifest> {
    if bytes.len() > MANIFEST_MAX {
        return None;
    }
    let read = statement::read::<CarryManifest>(bytes).filter(|read| read.body.fits())?;
    let named = keys::public_from_hex(&read.body.station_key).ok()?;
    let fits = station.is_none_or(|station| *station == named)
        && read.verify(SCHEMA, &named)
        && read.certificate.vault == read.body.vault;
    fits.then_some(read.body)
}

/// Heads of the audit that a manifest of this station holds.
pub(super) fn heads_of_manifest(bytes: &[u8], source: &str, station: &VerifyingKey) -> Option<Vec<HeldHead>> {
    let manifest = read_manifest(bytes, Some(station))?;
    let records = manifest.records.iter().map(|r| HeldHead {
        source: format!("{source}, record {}", r.id),
        seq: Some(r.audit_seq),
        head: r.audit_head.clone(),
        sealed: Some((r.epoch, r.counter)),
    });
    let own = HeldHead {
        source: source.to_owned(),
        seq: Some(manifest.audit_seq),
        head: manifest.audit_head.clone(),
        sealed: Some((manifest.epoch, manifest.counter)),
    };
    Some(std::iter::once(own).chain(records).collect())
}

/// A record that could not be taken along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordFault {
    /// Record id.
    pub record: Uuid,
    /// What is wrong and what to do.
    pub what: String,
}

/// What is carried, and where to it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CarryOptions {
    /// Records that have a receipt too.
    pub all: bool,
    /// At most so many records, oldest first.
    pub limit: Option<usize>,
    /// A folder on the vault's own file system is taken too.
    pub same_disk: bool,
}

/// What a carry did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CarryReport {
    /// Folder on the medium.
    pub folder: PathBuf,
    /// True where the folder is on the vault's own file system, which was asked for.
    pub same_disk: bool,
    /// Records that are on it and counted as carried.
    pub carried: usize,
    /// Of these, copied this time.
    pub copied: usize,
    /// Bytes that were copied.
    pub copied_bytes: u64,
    /// Records that are left for another medium, as this one is full, or beyond the limit.
    pub left: usize,
    /// True when the medium was full.
    pub full: bool,
    /// Records that are damaged here.
    pub faults: Vec<RecordFault>,
    /// Names in the folder that are no carried record's: left alone.
    pub foreign: Vec<String>,
    /// True when a manifest was there that could not be read, and was written anew.
    pub manifest_was_torn: bool,
    /// SHA-256 of the manifest, hex; empty when there was nothing to carry.
    pub manifest_sha256: String,
    /// Number of the audit's last line, and its SHA-256, as the manifest holds them; empty like the digest.
    pub audit_seq: u64,
    /// See [`CarryReport::audit_seq`].
    pub audit_head: String,
}

/// `carry/<id>.json`: what was carried, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// When the manifest was read back.
    pub at: DateTime<Utc>,
    /// SHA-256 of the manifest, hex.
    pub manifest_sha256: String,
    /// Records.
    pub records: Vec<Uuid>,
}

/// A record that is to be carried.
struct Wanted {
    header: Header,
    header_bytes: Vec<u8>,
}

impl Wanted {
    fn entry(&self) -> CarryRecord {
        let h = &self.header;
        CarryRecord {
            id: h.id,
            epoch: h.epoch,
            counter: h.counter,
            payload_size: h.payload_size,
            payload_sha256: h.payload_sha256.clone(),
            header_size: self.header_bytes.len() as u64,
            header_sha256: sha256_hex(&self.header_bytes),
            audit_seq: h.audit_seq,
            audit_head: h.audit_head.clone(),
        }
    }
}

/// What is on the medium.
struct Medium<'a> {
    files: &'a dyn Files,
    folder: PathBuf,
    /// Entries of an older manifest of this vault.
    before: Vec<CarryRecord>,
}

fn gone(e: std::io::Error) -> VaultError {
    VaultError::medium("medium", e)
}

impl Outside {
    /// Carries records to a folder on a medium.
    ///
    /// # Errors
    /// [`VaultError::SameDisk`], [`VaultError::CarryFolder`], [`VaultError::MediumGone`], [`VaultError::ReadOnly`], [`VaultError::ReadBack`], or
    /// the disks': nothing is then counted as carried that was not before. A full medium is no error.
    pub fn carry(
        &self,
        files: &dyn Files,
        to: &Path,
        options: CarryOptions,
        now: DateTime<Utc>,
    ) -> Result<CarryReport, VaultError> {
        let mut report = CarryReport::default();
        let (mut wanted, waiting) = self.wanted(options.all, options.limit, &mut report)?;
        report.left = waiting;
        let medium = self.medium(files, to, &mut report)?;
        report.same_disk = self.is_same_disk(files, to)?;
        if report.same_disk && !options.same_disk {
            return Err(VaultError::SameDisk { folder: to.display().to_string() });
        }
        if wanted.is_empty() {
            return Ok(report);
        }
        files.make_folder(&medium.folder).and_then(|()| files.sync_folder(to)).map_err(gone)?;
        let mut done = Vec::new();
        while let Some(record) = wanted.pop() {
            match self.put(&medium, &record, done.len(), &mut report) {
                Ok(true) => done.push(record.entry()),
                Ok(false) => {}
                Err(VaultError::DiskFull { .. }) => {
                    report.full = true;
                    report.left += wanted.len() + 1;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if done.is_empty() {
            return Ok(report);
        }
        report.carried = done.len();
        let records = done.iter().map(|r| r.id).collect();
        self.put_manifest(&medium, done, &mut report, now)?;
        self.note_carried(&report, records, now)?;
        Ok(report)
    }

    /// The records to be carried, the oldest last, and how many are beyond the limit.
    fn wanted(
        &self,
        all: bool,
        limit: Option<usize>,
        report: &mut CarryReport,
    ) -> Result<(Vec<Wanted>, usize), VaultError> {
        let io = |e| VaultError::io("records", e);
        let station = self.config.station_verifying_key()?;
        let mut wanted = Vec::new();
        for entry in self.files.list(&self.layout.records()).map_err(io)? {
            let id = entry.name.strip_suffix(".json").and_then(|id| Uuid::parse_str(id).ok());
            let Some(id) = id else { continue };
            let mut fault =
                |what: &str| report.faults.push(RecordFault { record: id, what: what.to_owned() });
            // A record whose save is under way is not there yet; a change of its state does not concern the copy.
            match self.files.read(&self.layout.pending_of(id), LOCAL_MAX) {
                Ok(marker) if marker.starts_with(SAVE_MARKER) => {
                    fault(
                        "its save is not finished; let the station finish it, or open the station, and give this command again",
                    );
                    continue;
                }
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    fault(&format!("whether its save is finished cannot be read ({e})"));
                    continue;
                }
                _ => {}
            }
            // A payload that was deleted by the rules of keeping is with the centre: there is nothing to carry.
            let len = |path: std::path::PathBuf| self.files.len(&path).map_err(io);
            if len(self.layout.gone(id))?.is_some() && len(self.layout.payload(id))?.is_none() {
                continue;
            }
            let local = self.files.read(&self.layout.local(id), LOCAL_MAX).ok();
            let state = local.and_then(|bytes| LocalHead::parse(&bytes).ok()).map(|head| head.state);
            // A record whose extract is damaged is carried: too often is better than never.
            let sent = state.is_some_and(|state| stage(state) >= stage(RecordState::SentForEnrollment));
            if sent && !all {
                continue;
            }
            let header_bytes = match self.files.read(&self.layout.header(id), HEADER_MAX) {
                Ok(bytes) => bytes,
                // Undone meanwhile.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => {
                    fault(&format!("its header cannot be read ({e}); run `rekam vault check`"));
                    continue;
                }
            };
            let header = Header::parse(&header_bytes).ok();
            match header.filter(|h| h.id == id && h.verify(Some(&station)).is_ok()) {
                Some(header) => wanted.push(Wanted { header, header_bytes }),
                None => fault("its header is damaged; run `rekam vault check`"),
            }
        }
        wanted.sort_by_key(|w| std::cmp::Reverse((w.header.epoch, w.header.counter)));
        let beyond = wanted.len().saturating_sub(limit.unwrap_or(usize::MAX));
        wanted.drain(..beyond);
        Ok((wanted, beyond))
    }

    /// Looks at what is on the medium.
    fn medium<'a>(
        &self,
        files: &'a dyn Files,
        to: &Path,
        report: &mut CarryReport,
    ) -> Result<Medium<'a>, VaultError> {
        let name = format!("rekam-{}", self.config.station);
        let folder = to.join(&name);
        report.folder.clone_from(&folder);
        let mut medium = Medium { files, folder, before: Vec::new() };
        let listed = files.list(to).map_err(|e| VaultError::medium(&to.display().to_string(), e))?;
        let there = listed.into_iter().find(|l| l.name == name);
        match there {
            None => return Ok(medium),
            // A link would lead the copies elsewhere.
            Some(entry) if !entry.folder => {
                return Err(VaultError::CarryFolder { why: format!("{name} on it is no folder; remove it") });
            }
            Some(_) => {}
        }
        for entry in files.list(&medium.folder).map_err(gone)? {
            let stem = entry.name.rsplit_once('.').filter(|(_, end)| ["json", "rekam"].contains(end));
            let known = entry.name == MANIFEST_NAME
                || entry.name.ends_with(".receipt.json")
                || stem.is_some_and(|(id, _)| Uuid::parse_str(id).is_ok());
            let temporary = entry.name.ends_with(TEMP_SUFFIX);
            if !temporary && (entry.folder || !known) {
                report.foreign.push(entry.name);
            }
        }
        let bytes = match files.read(&medium.folder.join(MANIFEST_NAME), MANIFEST_MAX as u64) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(medium),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => Vec::new(),
            other => other.map_err(gone)?,
        };
        match read_manifest(&bytes, None) {
            None => report.manifest_was_torn = true,
            Some(m) if m.vault == self.config.vault && m.station_key == self.config.station_key => {
                medium.before = m.records;
            }
            Some(_) => {
                let why =
                    format!("{name} on it holds records of another vault of this name; use another medium");
                return Err(VaultError::CarryFolder { why });
            }
        }
        Ok(medium)
    }

    /// Puts one record on the medium. False when it is damaged here.
    fn put(
        &self,
        medium: &Medium<'_>,
        w: &Wanted,
        done: usize,
        report: &mut CarryReport,
    ) -> Result<bool, VaultError> {
        let id = w.header.id;
        let payload = self.files.read(&self.layout.payload(id), PAYLOAD_MAX);
        let payload = payload
            .ok()
            .filter(|payload| record::verify::verify(&w.header_bytes, payload.as_slice(), None).is_ok());
        let Some(payload) = payload else {
            let what = "its payload is missing or damaged; run `rekam vault check`".to_owned();
            report.faults.push(RecordFault { record: id, what });
            return Ok(false);
        };
        let mut fresh = false;
        for (ending, bytes) in [("rekam", payload.as_slice()), ("json", w.header_bytes.as_slice())] {
            if medium.copy(&format!("{id}.{ending}"), bytes, done)? {
                fresh = true;
                report.copied_bytes += bytes.len() as u64;
            }
        }
        report.copied += usize::from(fresh);
        Ok(true)
    }

    fn put_manifest(
        &self,
        medium: &Medium<'_>,
        mut records: Vec<CarryRecord>,
        report: &mut CarryReport,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let new: BTreeSet<Uuid> = records.iter().map(|r| r.id).collect();
        for old in medium.before.iter().filter(|old| !new.contains(&old.id)) {
            if medium.still_has(old)? {
                records.push(old.clone());
            }
        }
        records.sort_by_key(|r| (r.epoch, r.counter));
        let (audit, _) = AuditLog::look(&*self.files, &self.layout.audit(), self.config.vault)?;
        let manifest = CarryManifest {
            schema: SCHEMA.to_owned(),
            vault: self.config.vault,
            station: self.config.station.clone(),
            station_key: self.config.station_key.clone(),
            environment: self.config.environment,
            epoch: self.config.epoch,
            counter: read_counter(&*self.files, &self.layout)?.unwrap_or(0),
            audit_seq: audit.seq(),
            audit_head: audit.head().to_owned(),
            made: now,
            records,
        };
        let bytes = statement::sign(SCHEMA, &manifest, &self.sync)
            .ok_or_else(|| VaultError::corrupt("manifest", "it has no canonical form"))?;
        let path = medium.folder.join(MANIFEST_NAME);
        medium.files.remove(&temp_of(&path)).map_err(gone)?;
        medium.files.write_durable(&path, &bytes).map_err(gone)?;
        let back = medium.files.read_back(&path, MANIFEST_MAX as u64).map_err(gone)?;
        if back != bytes {
            return Err(VaultError::ReadBack { what: MANIFEST_NAME.into() });
        }
        report.manifest_sha256 = sha256_hex(&bytes);
        (report.audit_seq, report.audit_head) = (manifest.audit_seq, manifest.audit_head);
        Ok(())
    }

    fn note_carried(
        &self,
        report: &CarryReport,
        records: Vec<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let carried = Carried { at: now, manifest_sha256: report.manifest_sha256.clone(), records };
        let bytes = serde_json::to_vec(&carried).map_err(|e| VaultError::corrupt("carry", e.to_string()))?;
        let path = self.layout.carry().join(format!("{}.json", Uuid::now_v7()));
        self.files
            .make_folder_durable(&self.layout.carry())
            .and_then(|()| self.files.write_durable(&path, &bytes))
            .map_err(|e| VaultError::io("carry", e))?;
        let details = [
            ("records", report.carried.to_string()),
            ("copied", report.copied.to_string()),
            ("sha256", report.manifest_sha256.clone()),
            ("same_disk", report.same_disk.to_string()),
        ];
        self.leave("records-carried", &details, now)
    }
}

impl Medium<'_> {
    /// Copies one file so that it is on the medium, not only in memory; `done` records are there already. False when it
    /// was there and right.
    fn copy(&self, name: &str, bytes: &[u8], done: usize) -> Result<bool, VaultError> {
        let path = self.folder.join(name);
        let most = bytes.len() as u64 + 1;
        if self.files.len(&path).map_err(gone)? == Some(bytes.len() as u64)
            && self.files.read_back(&path, most).is_ok_and(|found| found == bytes)
        {
            return Ok(false);
        }
        // The manifest must still fit when this one is there.
        let room = self.files.free_bytes(&self.folder).map_err(gone)?;
        let kept = MANIFEST_ROOM + (self.before.len() + done + 1) as u64 * ENTRY_ROOM;
        if room < bytes.len() as u64 + kept {
            return Err(VaultError::DiskFull { what: name.to_owned() });
        }
        // A link of this name that somebody put there is removed, not followed.
        self.files.remove(&temp_of(&path)).map_err(gone)?;
        self.files.write_durable(&path, bytes).map_err(gone)?;
        let back = self.files.read_back(&path, most).map_err(gone)?;
        if back == bytes { Ok(true) } else { Err(VaultError::ReadBack { what: name.to_owned() }) }
    }

    /// True when both files of an older entry are there with their sizes.
    fn still_has(&self, old: &CarryRecord) -> Result<bool, VaultError> {
        let len =
            |ending: &str| self.files.len(&self.folder.join(format!("{}.{ending}", old.id))).map_err(gone);
        Ok(len("rekam")? == Some(old.payload_size) && len("json")? == Some(old.header_size))
    }
}

impl super::Vault {
    /// When each record was carried last.
    ///
    /// # Errors
    /// The disk's.
    pub fn carried(&self) -> Result<BTreeMap<Uuid, DateTime<Utc>>, VaultError> {
        let io = |e| VaultError::io("carry", e);
        let listed = match self.files().list(&self.layout.carry()) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            other => other.map_err(io)?,
        };
        let mut found: BTreeMap<Uuid, DateTime<Utc>> = BTreeMap::new();
        for entry in listed.into_iter().filter(|l| l.name.ends_with(".json")) {
            let path = self.layout.carry().join(entry.name);
            let bytes = self.files().read(&path, MANIFEST_MAX as u64).map_err(io)?;
            // One that was torn tells nothing: those records count as not carried.
            let Ok(carried) = serde_json::from_slice::<Carried>(&bytes) else { continue };
            for id in carried.records {
                let last = found.entry(id).or_insert(carried.at);
                *last = carried.at.max(*last);
            }
        }
        Ok(found)
    }
}

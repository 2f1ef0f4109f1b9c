//! Restoring a backup, and proving that one could be restored.
//!
//! The backup is unpacked beside the target, opened, signed in to and checked as a whole; only then it is renamed into
//! place. What stood there is kept aside under a name that is told. A restored vault begins a new epoch with a new sync
//! key, so that no record of it has epoch and counter of one that was sealed after the backup.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use record::receipt::Receipt;
use record::{keys, verify};
use serde::Serialize;
use uuid::Uuid;

use super::archive::{self, Stub};
use super::audit::AuditEvent;
use super::audit_walk::{Chain, Expectations, HeldHead};
use super::backup::{BackupManifest, unpack};
use super::error::VaultError;
use super::files::{Files, folder_of, remove_tree};
use super::gone::Tombstone;
use super::layout::{Layout, key_from_hex};
use super::officers::OfficerKeys;
use super::pins::PinKind;
use super::witness::{Witness, path_of};
use super::{OpenOptions, Vault};

/// Event of a restore.
pub(super) const RESTORED_EVENT: &str = "restored";
const WHAT: &str = "restored vault";
/// What is added to the name of a vault that a restore kept aside; its time follows.
pub(super) const KEPT_ASIDE: &str = ".before-restore-";
/// Room that is left on the disk, in bytes.
const RESERVE: u64 = 64 * 1024 * 1024;

/// What is to be restored, and who does it.
pub struct RestoreOptions<'a> {
    /// The backup.
    pub from: &'a Path,
    /// Text of the identity file of the office's backup key.
    pub identity: &'a str,
    /// The vault's folder; a new one, or see [`RestoreOptions::replace`].
    pub to: &'a Path,
    /// Account id or name of the officer who signs in to the restored vault.
    pub officer: &'a str,
    /// That officer's passphrase.
    pub passphrase: &'a str,
    /// A vault that stands there is kept aside instead of refused.
    pub replace: bool,
    /// A vault that was damaged when it was backed up is restored as it was.
    pub accept_damage: bool,
    /// Folder of this computer's witnesses.
    pub witness: Option<PathBuf>,
    /// Receipts of the hub: they tell records that the backup does not have.
    pub receipts: &'a [Receipt],
    /// The hub's key, 32 bytes in hex, where the backup has none pinned or an older one.
    pub hub_key: Option<&'a str>,
}

impl std::fmt::Debug for RestoreOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RestoreOptions({})", self.to.display())
    }
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// The vault's folder.
    pub folder: PathBuf,
    /// Where what stood there is now.
    pub kept_aside: Option<PathBuf>,
    /// Station id.
    pub station: String,
    /// When the backup was made.
    pub made: DateTime<Utc>,
    /// Epoch of the backup.
    pub old_epoch: u64,
    /// Epoch from now on.
    pub epoch: u64,
    /// Records that are there.
    pub records: usize,
    /// Open sessions that are there.
    pub drafts: usize,
    /// What the check found, where damage was accepted.
    pub problems: Vec<String>,
    /// Records that this computer's witness counted after the backup; none without a witness.
    pub sealed_since: Option<u64>,
    /// Records with a receipt that are not there.
    pub missing: Vec<Uuid>,
    /// Receipts that were not counted: of another station, or not signed by the hub that is known.
    pub receipts_ignored: usize,
    /// This computer's witness could not be read: what was sealed after the backup is not known by it.
    pub witness_unread: bool,
    /// Why the vault does not open where it stands now.
    pub does_not_open: Option<String>,
}

/// What a drill found: the backup's contents, restored to nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrillReport {
    /// Station id.
    pub station: String,
    /// When the backup was made.
    pub made: DateTime<Utc>,
    /// Epoch.
    pub epoch: u64,
    /// Last record counter.
    pub counter: u64,
    /// Files whose digests fit.
    pub files: usize,
    /// Records whose header, digest and signature fit.
    pub records: usize,
    /// Lines of the audit that were walked.
    pub audit_lines: u64,
    /// What does not fit.
    pub problems: Vec<String>,
}

/// What a drill keeps between files.
#[derive(Default)]
struct Drill {
    station: Option<ed25519_dalek::VerifyingKey>,
    headers: BTreeMap<String, Vec<u8>>,
    /// Tombstones of payloads that were deleted by the rules of keeping.
    tombstones: BTreeMap<String, Vec<u8>>,
    segments: BTreeMap<u64, Vec<u8>>,
    /// What was under way when the backup was made: opening the vault finishes or undoes it.
    pending: BTreeSet<String>,
    stub: Option<Vec<u8>>,
    records: usize,
    problems: Vec<String>,
}

impl Drill {
    fn take(&mut self, path: &str, bytes: Vec<u8>) {
        if let Some(id) = path.strip_prefix("pending/") {
            self.pending.insert(id.to_owned());
        } else if let Some(name) = path.strip_prefix("records/") {
            self.take_record(name, bytes);
        } else if path == format!("audit/{}", archive::STUB) {
            self.stub = Some(bytes);
        } else if let Some(number) =
            path.strip_prefix("audit/").and_then(|n| n.strip_suffix(".jsonl")?.parse().ok())
        {
            self.segments.insert(number, bytes);
        }
    }

    fn take_record(&mut self, name: &str, bytes: Vec<u8>) {
        // Sorted as they are, a header comes before its payload.
        if let Some(id) = name.strip_suffix(".gone") {
            self.tombstones.insert(id.to_owned(), bytes);
        } else if let Some(id) = name.strip_suffix(".json") {
            self.headers.insert(id.to_owned(), bytes);
        } else if let Some(id) = name.strip_suffix(".rekam") {
            let header = self.headers.remove(id).unwrap_or_default();
            match verify::verify(&header, bytes.as_slice(), self.station.as_ref()) {
                Ok(_) => self.records += 1,
                Err(e) => self.problems.push(format!("records/{name}: {e}")),
            }
        }
    }

    fn walk_audit(&mut self, manifest: &BackupManifest) -> u64 {
        let held = [head_of(manifest)];
        let expected = Expectations { simulated: true, station: self.station, held: &held, archives: &[] };
        let mut chain = Chain::new(manifest.vault, &expected);
        let stub = self.stub.take().map(|bytes| serde_json::from_slice::<Stub>(&bytes).ok());
        match stub {
            Some(Some(stub)) if self.station.is_some_and(|key| stub.is_signed_by(&key)) => chain.skip(&stub),
            Some(_) => self.problems.push(format!("audit/{}: not signed by the station", archive::STUB)),
            None => {}
        }
        for (number, bytes) in &self.segments {
            if *number > chain.report.archived && !chain.segment(*number, bytes) {
                break;
            }
        }
        let (report, _) = chain.finish();
        if let Some(broken) = &report.broken {
            self.problems.push(format!("audit/{} line {}: {}", broken.segment, broken.line, broken.why));
        }
        if !report.unfit.is_empty() {
            self.problems.push("audit: it does not end where the manifest says".to_owned());
        }
        let missing: Vec<&String> = {
            let whole = |id: &&String| !self.pending.contains(*id) && !self.was_deleted(id);
            self.headers.keys().filter(whole).collect()
        };
        let missing: Vec<String> =
            missing.into_iter().map(|id| format!("records/{id}.rekam: missing")).collect();
        self.problems.extend(missing);
        report.lines
    }

    /// The station itself says that this payload was deleted by the rules of keeping.
    fn was_deleted(&self, id: &str) -> bool {
        let header = self.headers.get(id).and_then(|bytes| record::header::Header::parse(bytes).ok());
        let stone = self.tombstones.get(id).zip(self.station.as_ref());
        let stone = stone.and_then(|(bytes, station)| Tombstone::parse(bytes, station));
        stone.zip(header).is_some_and(|(s, h)| s.id == h.id && s.sha256 == h.payload_sha256)
    }
}

fn head_of(manifest: &BackupManifest) -> HeldHead {
    HeldHead {
        source: "backup".to_owned(),
        seq: Some(manifest.audit_seq),
        head: manifest.audit_head.clone(),
        sealed: None,
    }
}

/// Reads a whole backup and checks digests, records and the audit; writes nothing. The audit is held in memory.
///
/// # Errors
/// [`VaultError::BackupIdentity`], [`VaultError::BackupFile`] or the disk's.
pub fn drill(files: &dyn Files, from: &Path, identity: &str) -> Result<DrillReport, VaultError> {
    let drill = std::cell::RefCell::new(Drill::default());
    let mut begin = |manifest: &BackupManifest| {
        drill.borrow_mut().station = key_from_hex(&manifest.station_key);
        Ok(())
    };
    let manifest = unpack(files, from, identity, &mut begin, &mut |file, bytes| {
        drill.borrow_mut().take(&file.path, bytes);
        Ok(())
    })?;
    let mut drill = drill.into_inner();
    let audit_lines = drill.walk_audit(&manifest);
    Ok(DrillReport {
        station: manifest.station,
        made: manifest.made,
        epoch: manifest.epoch,
        counter: manifest.counter,
        files: manifest.files.len(),
        records: drill.records,
        audit_lines,
        problems: drill.problems,
    })
}

fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    folder_of(folder).join(format!("{name}{suffix}"))
}

fn io(e: std::io::Error) -> VaultError {
    VaultError::io(WHAT, e)
}

/// Restores a backup. See the module.
///
/// # Errors
/// [`VaultError::NotEmpty`] where something stands at the target and may not be kept aside, [`VaultError::InUse`],
/// [`VaultError::BackupIdentity`], [`VaultError::BackupFile`], [`VaultError::WrongSecret`],
/// [`VaultError::RestoreCheck`], or the disk's. The target is then as it was.
pub fn restore(
    files: &Arc<dyn Files>,
    options: &RestoreOptions<'_>,
    now: DateTime<Utc>,
) -> Result<RestoreReport, VaultError> {
    let occupied = check_target(&**files, options)?;
    let staging = beside(options.to, ".restoring");
    remove_tree(&**files, &staging).map_err(io)?;
    let done = put_beside(files, options, &staging, now)
        .and_then(|report| put_in_place(&**files, options, &staging, occupied.is_some(), report, now));
    if done.is_err() {
        // Best effort: a later restore begins by removing it.
        remove_tree(&**files, &staging).ok();
    }
    let mut report = done?;
    drop(occupied);
    // Opened once where it stands now, so that it is known to open, and the witness learns of the epoch.
    let open = OpenOptions { witness: options.witness.clone(), ..OpenOptions::default() };
    match Vault::open(Arc::clone(files), options.to, &open, now) {
        Ok(vault) => vault.tell_witness(),
        Err(error) => report.does_not_open = Some(error.to_string()),
    }
    Ok(report)
}

/// What stands at the target: its lock, held, so that nobody opens it meanwhile.
fn check_target(
    files: &dyn Files,
    options: &RestoreOptions<'_>,
) -> Result<Option<Box<dyn super::files::LockGuard>>, VaultError> {
    let listed = match files.list(options.to) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(VaultError::NotEmpty { folder: options.to.display().to_string() });
        }
        other => other.map_err(io)?,
    };
    if listed.is_empty() {
        files.remove_folder(options.to).map_err(io)?;
        return Ok(None);
    }
    if !options.replace {
        return Err(VaultError::NotEmpty { folder: options.to.display().to_string() });
    }
    super::take_lock(files, &Layout::new(options.to)).map(Some)
}

/// Unpacks, opens and checks the vault in the staging folder.
fn put_beside(
    files: &Arc<dyn Files>,
    options: &RestoreOptions<'_>,
    staging: &Path,
    now: DateTime<Utc>,
) -> Result<RestoreReport, VaultError> {
    let layout = Layout::new(staging);
    let mut begin = |manifest: &BackupManifest| {
        let needed = manifest.files.iter().fold(RESERVE, |sum, file| sum.saturating_add(file.size));
        if files.free_bytes(folder_of(options.to)).map_err(io)? < needed {
            return Err(VaultError::DiskFull { what: format!("a vault of about {needed} bytes") });
        }
        files.make_folder(staging).map_err(io)?;
        layout.folders().iter().try_for_each(|folder| files.make_folder(folder)).map_err(io)
    };
    let manifest = unpack(&**files, options.from, options.identity, &mut begin, &mut |file, bytes| {
        let path = staging.join(&file.path);
        files
            .make_folder(folder_of(&path))
            .and_then(|()| files.write(&path, &bytes))
            .and_then(|()| files.sync_file(&path))
            .map_err(io)
    })?;
    sync_tree(&**files, staging).map_err(io)?;
    let mut vault = Vault::open(Arc::clone(files), staging, &OpenOptions::default(), now)?;
    let fits = vault.config.vault == manifest.vault && vault.config.station_key == manifest.station_key;
    if !fits {
        return Err(VaultError::RestoreCheck { why: "its manifest is of another vault".into() });
    }
    let officer = vault
        .officers()
        .into_iter()
        .find(|o| o.name == options.officer || Uuid::parse_str(options.officer).is_ok_and(|id| id == o.id));
    let by = vault.unlock(officer.ok_or(VaultError::WrongSecret)?.id, options.passphrase, now)?;
    let problems = problems_of(&vault, &manifest)?;
    if let Some(first) = problems.first().filter(|_| !options.accept_damage) {
        return Err(VaultError::RestoreCheck { why: format!("{} findings, first: {first}", problems.len()) });
    }
    let witness = options.witness.as_ref().map(|folder| path_of(folder, manifest.vault));
    // A witness that cannot be read must not keep an office from its records.
    let witness = witness.map(|path| Witness::load(&**files, &path, manifest.vault));
    let witness_unread = matches!(witness, Some(Err(_)));
    let witness = witness.and_then(Result::ok).flatten();
    let ours = ours_of(&vault, &manifest, options)?;
    let receipts_ignored = options.receipts.len() - ours.len();
    let known = witness.iter().flat_map(|w| w.counters.keys().copied().chain([w.last.epoch]));
    let known = known.chain(ours.iter().map(|r| r.epoch)).fold(manifest.epoch, u64::max);
    let epoch = known
        .checked_add(1)
        .ok_or_else(|| VaultError::RestoreCheck { why: "its epoch is the last that there can be".into() })?;
    let sealed_since = witness
        .map(|w| w.counters.range(manifest.epoch..).map(|(_, c)| *c).max())
        .map(|most| most.unwrap_or(0).saturating_sub(manifest.counter));
    let mut missing = Vec::new();
    for receipt in ours {
        if vault.find(receipt.record)?.is_none() {
            missing.push(receipt.record);
        }
    }
    vault.begin_epoch(epoch, &manifest, &by, now)?;
    Ok(RestoreReport {
        folder: options.to.to_owned(),
        kept_aside: None,
        station: manifest.station.clone(),
        made: manifest.made,
        old_epoch: manifest.epoch,
        epoch,
        records: vault.queue_len(),
        drafts: vault.drafts()?.len(),
        problems,
        sealed_since,
        missing,
        receipts_ignored,
        witness_unread,
        does_not_open: None,
    })
}

/// The receipts that count: of this station, by the hub that is pinned in the backup or was given. Anybody could write
/// others, and an epoch is not given back.
fn ours_of<'a>(
    vault: &Vault,
    manifest: &BackupManifest,
    options: &RestoreOptions<'a>,
) -> Result<Vec<&'a Receipt>, VaultError> {
    let pins = vault.pins().unwrap_or_default();
    let known = options.hub_key.or(pins.value(PinKind::HubKey));
    let hub = known.and_then(|key| keys::public_from_hex(key).ok());
    let by_hub = |r: &&Receipt| hub.as_ref().is_some_and(|hub| r.check_signature(hub).is_ok());
    let ours: Vec<&Receipt> =
        options.receipts.iter().filter(|r| r.station_key == manifest.station_key).filter(by_hub).collect();
    if ours.is_empty() && !options.receipts.is_empty() {
        let why = "none of the receipts is of this station and of the hub that the backup knows; \
                   give the hub's key (--hub-key), or leave the receipts out";
        return Err(VaultError::RestoreCheck { why: why.into() });
    }
    Ok(ours)
}

fn problems_of(vault: &Vault, manifest: &BackupManifest) -> Result<Vec<String>, VaultError> {
    let check = vault.check()?;
    let mut problems: Vec<String> =
        check.problems.iter().map(|p| format!("{:?} {} {}", p.kind, p.subject, p.detail)).collect();
    let audit = vault.verify_audit_against(vec![head_of(manifest)], &[])?;
    problems.extend(audit.broken.map(|b| format!("audit {} line {}: {}", b.segment, b.line, b.why)));
    problems.extend(audit.unfit.iter().map(|held| format!("audit against {}: {}", held.source, held.why)));
    Ok(problems)
}

/// Renames what was checked into place.
fn put_in_place(
    files: &dyn Files,
    options: &RestoreOptions<'_>,
    staging: &Path,
    occupied: bool,
    mut report: RestoreReport,
    now: DateTime<Utc>,
) -> Result<RestoreReport, VaultError> {
    sync_tree(files, staging).map_err(io)?;
    let parent = folder_of(options.to);
    if occupied {
        let aside = beside(options.to, &format!("{KEPT_ASIDE}{}", now.timestamp_millis()));
        files.rename(options.to, &aside).map_err(io)?;
        report.kept_aside = Some(aside);
    }
    if let Err(error) = files.rename(staging, options.to) {
        if let Some(aside) = &report.kept_aside {
            files.rename(aside, options.to).map_err(io)?;
        }
        return Err(io(error));
    }
    files.sync_folder(parent).map_err(io)?;
    Ok(report)
}

/// Forces the names in a folder and in all folders below it to the disk.
fn sync_tree(files: &dyn Files, folder: &Path) -> std::io::Result<()> {
    for entry in files.list(folder)?.into_iter().filter(|l| l.folder) {
        sync_tree(files, &folder.join(entry.name))?;
    }
    files.sync_folder(folder)
}

impl Vault {
    /// Begins the epoch after a restore: the configuration signed anew, another sync key, a line in the audit.
    fn begin_epoch(
        &mut self,
        epoch: u64,
        backup: &BackupManifest,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let from = self.config.epoch;
        let mut config = self.config.clone();
        config.epoch = epoch;
        let bytes = config.signed(&self.keys()?.station)?;
        self.files()
            .write_durable(&self.layout.config(), &bytes)
            .map_err(|e| VaultError::io("vault.toml", e))?;
        self.config = config;
        self.renew_sync_key(now)?;
        let event = AuditEvent::new(RESTORED_EVENT)
            .by(by.officer.id)
            .with("from-epoch", from)
            .with("to-epoch", epoch)
            .with("seq", backup.audit_seq)
            .with("head", &backup.audit_head)
            .with("counter", backup.counter)
            .with("made", backup.made.format("%Y-%m-%dT%H:%M:%SZ"));
        self.append_audit(&event, now)
    }
}

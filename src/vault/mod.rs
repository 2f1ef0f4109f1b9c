//! What the station keeps on disk: sealed records, drafts, officers' key slots, the audit chain and a sled index.
//!
//! Files are the truth, the index is a cache of them ([`Vault::rebuild`]). All access goes through [`files::Files`].
//! Open and locked, a vault shows its queue and can be checked; it gives personal data only while an officer is
//! signed in ([`Vault::unlock`], [`Vault::lock`]). See [`layout`] for the folder.

mod archive;
mod audit;
mod audit_walk;
pub mod backup;
mod card_proofs;
mod card_rows;
mod cards;
pub mod carry;
mod centre;
mod check;
mod clock;
mod crypto;
mod deletion_report;
mod deletions;
mod drafts;
mod error;
mod events;
mod extract;
mod fingers;
mod gone;
mod guarded;
mod hygiene;
mod index;
mod index_folder;
mod init;
mod modes;
mod notes;
mod officers;
mod outside;
mod passphrase;
mod pin;
mod pins;
mod queue;
mod receipts;
mod restore;
mod retention;
mod retire;
mod room;
mod save;
mod sign_in;
mod slots;
mod snapshot;
mod statement;
mod states;
mod sync;
mod trial;
mod unprinted;
mod witness;

#[doc(hidden)]
pub mod crowd;
pub mod files;
pub mod layout;
#[cfg(any(test, feature = "sabotage"))]
pub mod sabotage;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use ed25519_dalek::SigningKey;
use record::schema::Environment;

pub use archive::{ArchiveOptions, ArchiveReport};
pub use audit::{AuditEvent, AuditLine};
pub use audit_walk::{AuditBreak, AuditReport, HeldBreak, HeldHead, verify as verify_audit};
pub use backup::{BackupManifest, BackupReport};
pub use card_rows::{CARDS_MAX, CardMove, CardRow, CardSort, CardStock, NewCardRow};
pub use cards::{CardNote, CardOutcome};
pub use carry::{Carried, CarryOptions, CarryReport, RecordFault};
pub use centre::{CENTRE_WARN, supervisors_needed};
pub use check::{CheckReport, Problem, ProblemKind, RebuildReport};
pub use deletion_report::{Deletions, archivable_before};
pub use deletions::{RetentionPlan, RetentionReport};
pub use drafts::{DraftInfo, DraftSteps, STEP_MAX};
pub use error::VaultError;
pub use events::AUDIT_EVENTS;
pub use extract::{Extract, ExtractInput, FingerTemplate};
pub use fingers::{OFFICER_FINGERS_MAX, OfficerFingers};
pub use gone::Tombstone;
pub use index::{QueueFilter, QueueRow};
pub use index_folder::CompactReport;
pub use init::{InitOptions, InitReport, TRAINING_OFFICERS, TrainingLogin};
pub use layout::{Layout, VaultConfig};
pub use notes::Note;
pub use officers::{NewOfficer, Officer, OfficerKeys};
pub use outside::Outside;
pub use passphrase::{PASSPHRASE_MAX, PASSPHRASE_MIN, check_passphrase};
pub use pin::{PIN_DIGITS, PIN_TRIES, check_pin};
pub use pins::{Pin, PinKind, Pins};
pub use queue::span_of_days;
pub use receipts::{ReceiptFault, ReceiptsReport, read_receipts};
pub use restore::{DrillReport, RestoreOptions, RestoreReport, drill, restore};
pub use retention::{Deleted, Deletion, Held, RetentionTimes, draft_expires};
pub use room::{Room, Unsent};
pub use save::Saved;
pub use slots::{KdfCost, KdfParams};
pub use states::{STATES_MAX_BYTES, StateError, StateLine, StatesReport, may_follow, read_states};
pub use sync::{SyncCertificate, SyncKey};
pub use trial::TrialFault;
pub use unprinted::{DOCUMENT_MAX, UNPRINTED_MAX, UnprintedDocument};
pub use witness::held_heads;

use audit::AuditLog;
use centre::Centre;
use crypto::Key;
use files::{Files, LockGuard, TEMP_SUFFIX};
use guarded::GuardedFiles;
use index::Index;
use layout::SMALL_FILE_MAX;
use officers::Roster;
use pin::{BehindPin, PinKey};
use slots::Lockout;

/// What the opener expects of a vault.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Station id of the configuration; another one in the vault is refused.
    pub station: Option<String>,
    /// Environment that is wanted; another one is refused.
    pub environment: Option<Environment>,
    /// Times come from a script and do not bind the clock. Training only.
    pub simulated_clock: bool,
    /// Folder of this computer's witnesses, outside the vault; none: an old copy put back is not noticed here.
    pub witness: Option<PathBuf>,
}

/// Keys that are in memory while an officer is signed in; wiped when dropped.
struct Keys {
    vault: Key,
    draft: Key,
    local: Key,
    officer_fingers: Key,
    cards: Key,
    people: Key,
    unprinted: Key,
    pin: Key,
    station: SigningKey,
}

impl Keys {
    fn new(vault: Key, station: SigningKey) -> Self {
        Self {
            draft: vault.derive("rekam draft"),
            local: vault.derive("rekam local extract"),
            officer_fingers: vault.derive("rekam officer fingers"),
            cards: vault.derive("rekam card rows"),
            people: vault.derive("rekam people"),
            unprinted: vault.derive("rekam unprinted documents"),
            pin: vault.derive("rekam pin"),
            vault,
            station,
        }
    }

    fn nik_hash(&self, nik: &str) -> String {
        self.people.keyed_hash(&["nik", nik])
    }
    fn family_hash(&self, kk: &str, birth: NaiveDate) -> String {
        self.people.keyed_hash(&["family", kk, &birth.to_string()])
    }
    fn card_hash(&self, uid: &[u8]) -> String {
        self.people.keyed_hash(&["card", &hex::encode(uid)])
    }
    fn officer_hash(&self, nik: &str) -> String {
        officer_hash(&self.people, nik)
    }
}

fn officer_hash(people: &Key, nik: &str) -> String {
    people.keyed_hash(&["officer", nik])
}

/// An open vault. One process, one `Vault`; dropping it gives the lock back.
pub struct Vault {
    files: Arc<dyn Files>,
    layout: Layout,
    config: VaultConfig,
    roster: Roster,
    lockout: Lockout,
    audit: AuditLog,
    index: Index,
    keys: Option<Keys>,
    pin: Option<PinKey>,
    behind_pin: Option<BehindPin>,
    sync: Option<SyncKey>,
    centre: Centre,
    simulated_clock: bool,
    /// The audit says that the clock was set back.
    clock_back: bool,
    witness: Option<PathBuf>,
    /// The witness could not be read when the vault was opened: it is not written in this run.
    witness_unread: bool,
    /// Time of the last audit line when the vault was opened: what the clock is measured by.
    floor_at_open: Option<DateTime<Utc>>,
    /// [`Vault::hub_time`], asked with every line of the audit.
    hub_floor: Option<DateTime<Utc>>,
    notes: Vec<Note>,
    // Last, so that the index is closed before another process may come in.
    _lock: Box<dyn LockGuard>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = if self.keys.is_some() { "unlocked" } else { "locked" };
        write!(f, "Vault({}, {state}, {:?})", self.config.vault, self.index)
    }
}

fn read_config(files: &dyn Files, layout: &Layout) -> Result<VaultConfig, VaultError> {
    match files.read(&layout.config(), SMALL_FILE_MAX) {
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Err(VaultError::NotAVault { folder: layout.root().display().to_string() })
        }
        other => VaultConfig::parse(&other.map_err(|e| VaultError::io("vault.toml", e))?),
    }
}

fn expect(config: &VaultConfig, options: &OpenOptions) -> Result<(), VaultError> {
    if let Some(expected) = options.station.as_ref().filter(|s| **s != config.station) {
        return Err(VaultError::OtherStation { expected: expected.clone(), found: config.station.clone() });
    }
    let asked = if options.simulated_clock { Some(Environment::Training) } else { options.environment };
    match asked {
        Some(asked) if asked != config.environment => {
            Err(VaultError::WrongEnvironment { vault: config.environment, asked })
        }
        _ => Ok(()),
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.tell_witness();
    }
}

impl Vault {
    /// What a vault is, without opening it.
    ///
    /// # Errors
    /// [`VaultError::NotAVault`], [`VaultError::Version`], [`VaultError::Corrupt`] or the disk's.
    pub fn peek(files: &dyn Files, folder: &Path) -> Result<VaultConfig, VaultError> {
        read_config(files, &Layout::new(folder))
    }

    /// True while a station, or another program of ours, has the vault open.
    #[must_use]
    pub fn is_in_use(files: &dyn Files, folder: &Path) -> bool {
        let layout = Layout::new(folder);
        // Only a vault has a lock: elsewhere none is made.
        read_config(files, &layout).is_ok() && matches!(take_lock(files, &layout), Err(VaultError::InUse))
    }

    /// Opens a vault, locked: takes the lock file, sweeps what an interrupted save left, brings the index in step with
    /// the files. What was found and mended is in [`Vault::notes`].
    ///
    /// # Errors
    /// [`VaultError::NotAVault`], [`VaultError::OtherStation`], [`VaultError::WrongEnvironment`],
    /// [`VaultError::Exposed`], [`VaultError::InUse`], [`VaultError::Corrupt`] or the disk's.
    pub fn open(
        files: Arc<dyn Files>,
        folder: &Path,
        options: &OpenOptions,
        now: DateTime<Utc>,
    ) -> Result<Self, VaultError> {
        let layout = Layout::new(folder);
        let files: Arc<dyn Files> = Arc::new(GuardedFiles::new(files, layout.guard()));
        let config = read_config(&*files, &layout)?;
        expect(&config, options)?;
        modes::refuse_exposed(&*files, &layout)?;
        let lock = take_lock(&*files, &layout)?;
        let read =
            |path: &Path, what: &str| files.read(path, SMALL_FILE_MAX).map_err(|e| VaultError::io(what, e));
        let roster = Roster::parse(&read(&layout.officers(), "officers.json")?, &config)?;
        let lockout = match files.len(&layout.lockout()) {
            Ok(None) => Lockout::default(),
            Ok(Some(_)) => Lockout::parse(&read(&layout.lockout(), "lockout.json")?),
            Err(e) => return Err(VaultError::io("lockout.json", e)),
        };
        let (audit, cut) = AuditLog::open(&*files, &layout.audit(), config.vault)?;
        let (index, moved_to) = index_folder::open(&*files, &layout.index(), config.vault, now)?;
        let mut notes = Vec::new();
        let sync = SyncKey::load(&files, &layout, &config, &mut notes)?;
        let centre = Centre::load(&*files, &layout, &config, &roster, &mut notes)?;
        let mut vault = Self {
            files,
            layout,
            config,
            roster,
            lockout,
            floor_at_open: audit.floor(),
            hub_floor: None,
            audit,
            index,
            keys: None,
            pin: None,
            behind_pin: None,
            sync,
            centre,
            simulated_clock: options.simulated_clock,
            clock_back: false,
            // Only a vault that was compared with its witness may write it.
            witness: None,
            witness_unread: false,
            notes,
            _lock: lock,
        };
        vault.after_open(cut, moved_to, options.witness.as_ref(), now)?;
        Ok(vault)
    }

    fn after_open(
        &mut self,
        cut: u64,
        moved_to: Option<String>,
        witness: Option<&PathBuf>,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.sweep()?;
        snapshot::sweep(self.files(), &self.layout)?;
        // What cannot be read says nothing of the time, and keeps nobody out.
        self.hub_floor = self.hub_time().unwrap_or_default();
        if cut > 0 {
            self.notes.push(Note::AuditMended { bytes: cut });
            self.append_audit(&AuditEvent::new("audit-mended").with("bytes", cut), now)?;
        }
        self.sweep_slots(now)?;
        if let Err(VaultError::ClockBack { now, floor }) = self.check_clock(now) {
            self.notes.push(Note::ClockBack { now, floor });
            self.tell_clock(now)?;
        }
        self.recover_all(now)?;
        self.compare_witness(witness, now)?;
        self.take_inbox(now)?;
        match self.pins() {
            Ok(pins) if pins.get(PinKind::Retired).is_some() => self.notes.push(Note::Retired),
            Ok(_) => {}
            Err(_) => self.notes.push(Note::PinsUnfit),
        }
        let (added, removed) = self.bring_index_in_step()?;
        if let Some(moved_to) = moved_to {
            let rows = self.index.len();
            self.append_audit(&AuditEvent::new("index-rebuilt").with("rows", rows), now)?;
            self.notes.push(Note::IndexRebuilt { moved_to, rows });
        } else if added + removed > 0 {
            self.append_audit(
                &AuditEvent::new("index-mended").with("added", added).with("removed", removed),
                now,
            )?;
            self.notes.push(Note::IndexMended { added, removed });
        }
        // The index is a cache: one that stays large keeps nobody from working.
        if let Err(error) = self.compact_if_due(now) {
            tracing::warn!(code = error.code(), "the index was not compacted");
        }
        for note in &self.notes {
            tracing::warn!(note = note.message_id(), "found and dealt with");
        }
        Ok(())
    }

    /// Removes files whose writing was interrupted; none of them was ever acknowledged.
    fn sweep(&self) -> Result<(), VaultError> {
        let layout = &self.layout;
        let mut folders =
            vec![layout.root().to_owned(), layout.records(), layout.pending(), layout.keys(), layout.audit()];
        folders.push(layout.drafts());
        // Vaults from before the ledger have no such folder.
        let top = self.files.list(layout.root()).map_err(|e| VaultError::io("vault folder", e))?;
        folders.extend(top.iter().any(|l| l.folder && l.name == "cards").then(|| layout.cards()));
        for entry in self.files.list(&layout.drafts()).map_err(|e| VaultError::io("drafts", e))? {
            folders.extend(entry.folder.then(|| layout.drafts().join(entry.name)));
        }
        folders.extend(self.unprinted_folder()?);
        for folder in folders {
            for entry in self.files.list(&folder).map_err(|e| VaultError::io("vault folder", e))? {
                if entry.name.ends_with(TEMP_SUFFIX) {
                    self.files
                        .remove(&folder.join(entry.name))
                        .map_err(|e| VaultError::io("temporary file", e))?;
                }
            }
        }
        Ok(())
    }

    /// The folder of documents that are not printed, where there is one: vaults of an earlier rekam have none.
    fn unprinted_folder(&self) -> Result<Option<std::path::PathBuf>, VaultError> {
        match self.files.list(&self.layout.unprinted()) {
            Ok(_) => Ok(Some(self.layout.unprinted())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(VaultError::io("unprinted", e)),
        }
    }

    /// What was found and mended since the vault was opened.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
    /// What this vault is.
    #[must_use]
    pub const fn config(&self) -> &VaultConfig {
        &self.config
    }
    /// Where its files are.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }
    /// The accounts, for the sign-in list.
    #[must_use]
    pub fn officers(&self) -> Vec<Officer> {
        self.roster.list().cloned().collect()
    }
    /// True while an officer is signed in.
    #[must_use]
    pub const fn is_unlocked(&self) -> bool {
        self.keys.is_some()
    }
    /// Drops every key from memory, what a PIN would open too.
    pub fn lock(&mut self) {
        self.tell_witness();
        (self.keys, self.pin, self.behind_pin) = (None, None, None);
    }
    /// Bytes that may still be written on the vault's disk.
    ///
    /// # Errors
    /// The disk's.
    pub fn free_bytes(&self) -> Result<u64, VaultError> {
        self.files.free_bytes(self.layout.root()).map_err(|e| VaultError::io("vault folder", e))
    }

    fn files(&self) -> &dyn Files {
        &*self.files
    }
    fn keys(&self) -> Result<&Keys, VaultError> {
        self.keys.as_ref().ok_or(VaultError::Locked)
    }

    /// The station's signing key, while unlocked.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn station_key(&self) -> Result<&SigningKey, VaultError> {
        Ok(&self.keys()?.station)
    }

    /// Adds a line to the audit durably. A script's time is marked as such.
    ///
    /// # Errors
    /// [`VaultError::Name`] when the event carries anything but ids, codes, counts and digests, or the disk's.
    pub fn append_audit(&mut self, event: &AuditEvent, now: DateTime<Utc>) -> Result<(), VaultError> {
        let simulated = self.simulated_clock;
        self.tell_clock(now)?;
        match &self.keys {
            Some(keys) => self.audit.append_checked(&*self.files, event, now, simulated, &keys.station),
            None => self.audit.append(&*self.files, event, now, simulated),
        }
    }

    /// SHA-256 of the last audit line, hex.
    #[must_use]
    pub fn audit_head(&self) -> &str {
        self.audit.head()
    }

    /// Number of the last audit line.
    #[must_use]
    pub const fn audit_seq(&self) -> u64 {
        self.audit.seq()
    }
}

fn take_lock(files: &dyn Files, layout: &Layout) -> Result<Box<dyn LockGuard>, VaultError> {
    match files.lock(&layout.lock()) {
        Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Err(VaultError::InUse),
        other => other.map_err(|e| VaultError::io("lock", e)),
    }
}

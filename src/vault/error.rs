//! What can go wrong in the vault, each with a stable code and stable message ids.
//!
//! Codes are `VLT-nn`; the operator's words are in the Fluent catalogues under [`VaultError::message_id`]
//! (what happened) and [`VaultError::help_id`] (what to do). No variant carries personal data.

use std::io;

use chrono::{DateTime, Utc};
use record::schema::Environment;

/// An error of the vault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The folder holds no vault, or its making was interrupted.
    #[error("VLT-01 {folder} holds no vault; make one with `rekam init`, or name the right folder")]
    NotAVault {
        /// The folder.
        folder: String,
    },
    /// A vault is made in an empty folder only.
    #[error("VLT-02 {folder} is not empty; name an empty or new folder")]
    NotEmpty {
        /// The folder.
        folder: String,
    },
    /// Another process has this vault open.
    #[error("VLT-03 the vault is in use by another rekam; close it first")]
    InUse,
    /// Made by another rekam.
    #[error(
        "VLT-04 the vault has format version {found}, this rekam knows {known}; use the rekam that made it"
    )]
    Version {
        /// Version of the vault.
        found: u32,
        /// Latest version that is known here.
        known: u32,
    },
    /// Unknown officer, wrong passphrase or foreign slot: never told apart.
    #[error("VLT-05 officer and passphrase do not fit; try again")]
    WrongSecret,
    /// Too many wrong passphrases.
    #[error("VLT-06 too many wrong passphrases; wait until {until}")]
    LockedOut {
        /// From then on the next try is allowed.
        until: DateTime<Utc>,
    },
    /// The vault belongs to another station, or was copied.
    #[error("VLT-07 the vault belongs to station {found}, not {expected}; use that station's own vault")]
    OtherStation {
        /// Station id of the configuration.
        expected: String,
        /// Station id of the vault.
        found: String,
    },
    /// Training and production never mix.
    #[error("VLT-08 the vault is for {vault}, not {asked}; a vault's environment never changes")]
    WrongEnvironment {
        /// What the vault was made for.
        vault: Environment,
        /// What was asked for.
        asked: Environment,
    },
    /// No room on the disk.
    #[error("VLT-09 the disk is full while writing {what}; make room, then try again: nothing is lost")]
    DiskFull {
        /// File or kind of file.
        what: String,
    },
    /// The disk or the folder may not be written.
    #[error("VLT-10 {what} cannot be written: the vault is read-only; remount it or mend its permissions")]
    ReadOnly {
        /// File or kind of file.
        what: String,
    },
    /// Any other failure of the disk.
    #[error("VLT-11 reading or writing {what} failed ({source}); check the disk")]
    Io {
        /// File or kind of file.
        what: String,
        /// The system's error.
        source: io::Error,
    },
    /// A file of the vault is not what it should be.
    #[error("VLT-12 {what} is damaged ({why}); run `rekam vault check`")]
    Corrupt {
        /// File or kind of file.
        what: String,
        /// What does not fit.
        why: String,
    },
    /// The clock is behind the last audit line, or behind the hub.
    #[error(
        "VLT-13 the clock says {now}, but the vault has been used, or its hub was, at {floor}; set the clock right, or where it is right have a supervisor say so: rekam vault accept-clock"
    )]
    ClockBack {
        /// The clock.
        now: DateTime<Utc>,
        /// Time of the last audit line, or of the hub's latest receipt.
        floor: DateTime<Utc>,
    },
    /// The centre's list is refused.
    #[error(
        "VLT-14 the centre's list is refused ({why}); use the list that the centre signed for this office"
    )]
    Recipients {
        /// What is wrong.
        why: String,
    },
    /// The passphrase is too short or too long.
    #[error("VLT-15 the passphrase has {found} characters; {least} to {most} are allowed")]
    Passphrase {
        /// Characters that were given.
        found: usize,
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
    },
    /// The passphrase is among the first that anybody would try.
    #[error(
        "VLT-51 this passphrase is easily guessed ({why}); choose three or four words that have nothing to do with your name or the office"
    )]
    WeakPassphrase {
        /// What makes it so.
        why: &'static str,
    },
    /// One person, one account.
    #[error("VLT-16 this person already has an account; use that one")]
    OfficerExists,
    /// The act needs a supervisor.
    #[error("VLT-17 only a supervisor may do this; ask one to sign")]
    NotSupervisor,
    /// Nobody is signed in.
    #[error("VLT-18 the vault is locked; sign in first")]
    Locked,
    /// A name does not have the form that file names and audit lines need.
    #[error("VLT-19 {what} is not a valid name; use 1 to 64 of a-z 0-9 . _ : -")]
    Name {
        /// Which name.
        what: &'static str,
    },
    /// What was read back differs from what was written.
    #[error(
        "VLT-20 {what} read back from the disk differs from what was written; the disk may be failing, try again"
    )]
    ReadBack {
        /// File.
        what: String,
    },
    /// The record could not be sealed.
    #[error("VLT-21 the record cannot be sealed: {0}")]
    Seal(String),
    /// Other accounts of this computer could read the vault.
    #[error("VLT-22 others may read {file} (mode {mode:o}); run: chmod -R go-rwx {folder}")]
    Exposed {
        /// Its mode.
        mode: u32,
        /// File or folder.
        file: String,
        /// The vault's folder.
        folder: String,
    },
    /// The cheap key derivation is for training only, or the stored cost is out of bounds.
    #[error("VLT-23 the key derivation cost is not allowed here; use the standard cost")]
    KdfCost,
    /// Above a fixed limit.
    #[error("VLT-24 {what} has {found} bytes, more than the {most} that are allowed")]
    TooLarge {
        /// What.
        what: String,
        /// Size in bytes.
        found: u64,
        /// Limit in bytes.
        most: u64,
    },
    /// The index failed; it is a cache and can be made anew.
    #[error("VLT-25 the index failed ({0}); run `rekam vault rebuild`, nothing is lost")]
    Index(String),
    /// No record with this id.
    #[error("VLT-26 the vault holds no such record")]
    UnknownRecord,
    /// The draft is of another station or environment, or its operator is not on the roster.
    #[error("VLT-27 the session does not fit this vault ({why}); start it anew here")]
    Foreign {
        /// What does not fit.
        why: &'static str,
    },
    /// A row of the ledger of cards cannot be entered.
    #[error("VLT-28 the ledger of cards does not take this row: {why}")]
    CardRow {
        /// What does not fit.
        why: &'static str,
    },
    /// The record's state does not let its card leave the counter.
    #[error("VLT-29 the record is in state {state}; its card cannot be handed over now")]
    CardState {
        /// The state.
        state: record::schema::RecordState,
    },
    /// A card with this UID was handed over for another record.
    #[error("VLT-30 this card was handed over for record {record} before; check which card it is")]
    CardKnown {
        /// Short code of that record.
        record: String,
    },
    /// Nobody has signed in since the sync key was needed.
    #[error("VLT-31 the station has no sync key yet; sign in once, then try again")]
    NoSyncKey,
    /// A backup file is not whole, or not one.
    #[error("VLT-40 the backup file cannot be used: {why}")]
    BackupFile {
        /// What is wrong and what to do.
        why: String,
    },
    /// No usable recipient for backups.
    #[error("VLT-41 backup key: {why}; set the office's own with `rekam vault backup-key`")]
    BackupKey {
        /// What is wrong.
        why: &'static str,
    },
    /// The backup is encrypted to somebody else.
    #[error(
        "VLT-42 the backup does not open with this key; name the identity file of the office's backup key"
    )]
    BackupIdentity,
    /// The medium for a carry cannot be used as it is.
    #[error("VLT-43 the folder cannot take the records: {why}")]
    CarryFolder {
        /// What is wrong and what to do.
        why: String,
    },
    /// What should be a medium is a folder of the vault's own disk.
    #[error(
        "VLT-50 {folder} is on the station's own disk: what should be a stick is not mounted, and copies there are lost with the disk. Mount the stick and run the command again; only where the folder is meant, add --same-disk"
    )]
    SameDisk {
        /// The folder.
        folder: String,
    },
    /// The medium is gone.
    #[error("VLT-44 the medium is gone ({what}); put it back and run the same command again: it goes on")]
    MediumGone {
        /// File or folder.
        what: String,
    },
    /// A file is larger than the file system takes.
    #[error(
        "VLT-45 {what} is larger than this file system takes (FAT: 4 GiB); use a medium with exFAT or ext4"
    )]
    FileLimit {
        /// File.
        what: String,
    },
    /// No hub's key, or none that is one.
    #[error("VLT-46 the hub's key is not known here; set its 64 hex digits with `rekam vault hub-key`")]
    HubKey,
    /// The vault is retired.
    #[error("VLT-47 this vault is retired; record at the station that took its place")]
    Retired,
    /// What a restore would put in place is not whole.
    #[error("VLT-48 the restored vault is not whole ({why}); nothing was replaced, take another backup")]
    RestoreCheck {
        /// What the check found.
        why: String,
    },
    /// Something stands in the way of retiring a vault.
    #[error("VLT-49 the vault cannot be retired: {why}")]
    NotRetirable {
        /// What stands in the way and what to do.
        why: &'static str,
    },
    /// The new passphrase is the old one.
    #[error("VLT-32 the new passphrase is the old one; choose another")]
    SamePassphrase,
    /// Without a supervisor nobody could add accounts any more.
    #[error("VLT-33 this is the last supervisor; add another supervisor first")]
    LastSupervisor,
    /// The station has no list that records may be sealed by.
    #[error("VLT-34 no valid list of the centre ({why}); install one with: rekam centre install")]
    NoCentreList {
        /// What is missing.
        why: String,
    },
    /// A new PIN is not allowed.
    #[error("VLT-36 this PIN is not allowed; use 6 to 8 digits that are no row and no repetition")]
    Pin,
    /// The PIN does not open the lock.
    #[error("VLT-37 the PIN does not fit; {left} tries are left, then only the passphrase opens")]
    WrongPin {
        /// Tries that are left.
        left: u32,
    },
    /// Too few people stand behind an act.
    #[error("VLT-35 {needed} different supervisors must sign this; ask another supervisor")]
    Supervisors {
        /// How many.
        needed: usize,
    },
}

impl VaultError {
    /// Stable code, `VLT-nn`.
    #[must_use]
    pub fn code(&self) -> String {
        self.to_string().chars().take(6).collect()
    }

    /// Stable name, e.g. `disk-full`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::NotAVault { .. } => "not-a-vault",
            Self::NotEmpty { .. } => "not-empty",
            Self::InUse => "in-use",
            Self::Version { .. } => "version",
            Self::WrongSecret => "wrong-secret",
            Self::LockedOut { .. } => "locked-out",
            Self::OtherStation { .. } => "other-station",
            Self::WrongEnvironment { .. } => "wrong-environment",
            Self::DiskFull { .. } => "disk-full",
            Self::ReadOnly { .. } => "read-only",
            Self::Io { .. } => "io",
            Self::Corrupt { .. } => "corrupt",
            Self::ClockBack { .. } => "clock-back",
            Self::Recipients { .. } => "recipients",
            Self::Passphrase { .. } => "passphrase",
            Self::WeakPassphrase { .. } => "weak-passphrase",
            Self::OfficerExists => "officer-exists",
            Self::NotSupervisor => "not-supervisor",
            Self::Locked => "locked",
            Self::Name { .. } => "name",
            Self::ReadBack { .. } => "read-back",
            Self::Seal(_) => "seal",
            Self::Exposed { .. } => "exposed",
            Self::KdfCost => "kdf-cost",
            Self::TooLarge { .. } => "too-large",
            Self::Index(_) => "index",
            Self::UnknownRecord => "unknown-record",
            Self::Foreign { .. } => "foreign",
            Self::CardRow { .. } => "card-row",
            Self::CardState { .. } => "card-state",
            Self::CardKnown { .. } => "card-known",
            Self::NoSyncKey => "no-sync-key",
            Self::BackupFile { .. } => "backup-file",
            Self::BackupKey { .. } => "backup-key",
            Self::BackupIdentity => "backup-identity",
            Self::CarryFolder { .. } => "carry-folder",
            Self::SameDisk { .. } => "same-disk",
            Self::MediumGone { .. } => "medium-gone",
            Self::FileLimit { .. } => "file-limit",
            Self::HubKey => "hub-key",
            Self::Retired => "retired",
            Self::RestoreCheck { .. } => "restore-check",
            Self::NotRetirable { .. } => "not-retirable",
            Self::SamePassphrase => "same-passphrase",
            Self::LastSupervisor => "last-supervisor",
            Self::NoCentreList { .. } => "no-centre-list",
            Self::Pin => "pin",
            Self::WrongPin { .. } => "wrong-pin",
            Self::Supervisors { .. } => "supervisors",
        }
    }

    /// Fluent message that says what happened.
    #[must_use]
    pub fn message_id(&self) -> String {
        format!("vault-{}", self.id())
    }

    /// Fluent message that says what to do.
    #[must_use]
    pub fn help_id(&self) -> String {
        format!("vault-{}-do", self.id())
    }

    /// True where trying the same thing again can help once the person has acted (room, permissions, time).
    #[must_use]
    pub const fn can_be_mended(&self) -> bool {
        matches!(
            self,
            Self::DiskFull { .. }
                | Self::ReadOnly { .. }
                | Self::Io { .. }
                | Self::ReadBack { .. }
                | Self::ClockBack { .. }
                | Self::LockedOut { .. }
                | Self::Index(_)
                | Self::InUse
        )
    }

    /// Maps a disk error, naming the file or its kind.
    #[must_use]
    pub fn io(what: &str, source: io::Error) -> Self {
        let what = what.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { what },
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly { what },
            io::ErrorKind::FileTooLarge => Self::FileLimit { what },
            _ => Self::Io { what, source },
        }
    }

    /// As [`VaultError::io`], for media that can be pulled out.
    #[must_use]
    pub fn medium(what: &str, source: io::Error) -> Self {
        // ENOENT of a folder that was there, ENODEV and ENXIO: the device went away.
        let gone = source.kind() == io::ErrorKind::NotFound || matches!(source.raw_os_error(), Some(6 | 19));
        if gone { Self::MediumGone { what: what.to_owned() } } else { Self::io(what, source) }
    }

    pub(super) fn corrupt(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), why: why.into() }
    }
}

impl From<sled::Error> for VaultError {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(e) => Self::io("index", e),
            other => Self::Index(other.to_string()),
        }
    }
}

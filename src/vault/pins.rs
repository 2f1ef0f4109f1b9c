//! What supervisors pinned for this vault: the office's key for backups, the hub's key, and that the vault is retired.
//!
//! `pins.json` holds at most one pin of a kind, each signed by the supervisor who set it: Ed25519 over `rekam-pin/1\n`
//! and the canonical JSON of vault, kind, value, account and time.

use chrono::{DateTime, Utc};
use record::schema::Role;
use record::{canonical, keys};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::audit::AuditEvent;
use super::crypto::sha256_hex;
use super::error::VaultError;
use super::files::Files;
use super::layout::{Layout, SMALL_FILE_MAX, VaultConfig, key_from_hex};
use super::notes::Note;
use super::officers::Roster;
use super::{OfficerKeys, Vault};

const WHAT: &str = "pins.json";
const SIGNED_AS: &str = "rekam-pin/1";

/// What can be pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinKind {
    /// age X25519 public key that backups are encrypted to.
    BackupRecipient,
    /// The hub's Ed25519 public key, 32 bytes in hex.
    HubKey,
    /// The vault is retired; the value is the SHA-256 of its last backup, hex.
    Retired,
}

impl PinKind {
    pub(super) const ALL: [Self; 3] = [Self::BackupRecipient, Self::HubKey, Self::Retired];

    /// Event in the audit.
    pub(super) const fn event(self) -> &'static str {
        match self {
            Self::BackupRecipient => "backup-key-set",
            Self::HubKey => "hub-key-set",
            Self::Retired => "vault-retired",
        }
    }

    /// The kind whose setting is this event.
    pub(super) fn of_event(event: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.event() == event)
    }

    /// Stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::BackupRecipient => "backup-recipient",
            Self::HubKey => "hub-key",
            Self::Retired => "retired",
        }
    }

    fn check(self, value: &str) -> Result<(), VaultError> {
        match self {
            Self::BackupRecipient => keys::parse_recipient(value)
                .map(drop)
                .map_err(|_| VaultError::BackupKey { why: "it is no age X25519 public key (age1…)" }),
            Self::HubKey => keys::public_from_hex(value).map(drop).map_err(|_| VaultError::HubKey),
            Self::Retired if canonical::is_hex(value, 32) => Ok(()),
            Self::Retired => Err(VaultError::Name { what: "digest of the last backup" }),
        }
    }
}

/// A pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// What it pins.
    pub kind: PinKind,
    /// Its value.
    pub value: String,
    /// Account of the supervisor.
    pub by: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Ed25519 of the supervisor, 64 bytes in hex.
    signature: String,
}

impl Pin {
    fn signed_bytes(&self, vault: Uuid) -> Result<Vec<u8>, VaultError> {
        let body =
            json!({"vault": vault, "kind": self.kind, "value": self.value, "by": self.by, "at": self.at});
        canonical::to_bytes(SIGNED_AS, &body).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))
    }

    fn check(&self, vault: Uuid, roster: &Roster) -> Result<(), VaultError> {
        let bad = |why: &str| VaultError::corrupt(WHAT, why);
        // One whose account was closed since has signed rightly all the same.
        let by = roster.supervisor_at(self.by, self.at);
        let key = by.and_then(|officer| key_from_hex(&officer.public_key));
        let key = key.ok_or_else(|| bad("who signed is no supervisor of this vault"))?;
        if !keys::verify_hex(&key, &self.signed_bytes(vault)?, &self.signature).unwrap_or(false) {
            return Err(bad("a signature does not fit"));
        }
        self.kind.check(&self.value)
    }
}

/// Every pin of a vault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    pins: Vec<Pin>,
}

impl Pins {
    /// Reads the pins and checks every signature.
    pub(super) fn load(
        files: &dyn Files,
        layout: &Layout,
        config: &VaultConfig,
        roster: &Roster,
    ) -> Result<Self, VaultError> {
        match files.read(&layout.pins(), SMALL_FILE_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            other => Self::parse(&other.map_err(|e| VaultError::io(WHAT, e))?, config.vault, roster),
        }
    }

    fn parse(bytes: &[u8], vault: Uuid, roster: &Roster) -> Result<Self, VaultError> {
        let bad = |why: &str| VaultError::corrupt(WHAT, why);
        let pins: Self = serde_json::from_slice(bytes).map_err(|_| bad("not the expected JSON"))?;
        pins.pins.iter().try_for_each(|pin| pin.check(vault, roster))?;
        Ok(pins)
    }

    /// Those of a damaged file that a supervisor signed all the same.
    fn rest(
        files: &dyn Files,
        layout: &Layout,
        config: &VaultConfig,
        roster: &Roster,
    ) -> Result<Self, VaultError> {
        let bytes = files.read(&layout.pins(), SMALL_FILE_MAX).map_err(|e| VaultError::io(WHAT, e))?;
        let mut pins: Self = serde_json::from_slice(&bytes).unwrap_or_default();
        pins.pins.retain(|pin| pin.check(config.vault, roster).is_ok());
        Ok(pins)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Pin> {
        self.pins.iter()
    }

    /// The pin of a kind.
    #[must_use]
    pub fn get(&self, kind: PinKind) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.kind == kind)
    }

    /// The value of a pin.
    #[must_use]
    pub fn value(&self, kind: PinKind) -> Option<&str> {
        self.get(kind).map(|pin| pin.value.as_str())
    }
}

impl Vault {
    /// What supervisors pinned.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`] or the disk's.
    pub fn pins(&self) -> Result<Pins, VaultError> {
        Pins::load(self.files(), &self.layout, &self.config, &self.roster)
    }

    /// The hub's key; none where none is pinned, or the pins do not fit: then no receipt counts.
    pub(super) fn pinned_hub(&self) -> Result<Option<keys::VerifyingKey>, VaultError> {
        let pins = match self.pins() {
            Err(VaultError::Corrupt { .. }) => return Ok(None),
            other => other?,
        };
        Ok(pins.value(PinKind::HubKey).and_then(|key| keys::public_from_hex(key).ok()))
    }

    /// Pins a value, in place of an earlier one of its kind: durable, then a line in the audit.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`], [`VaultError::BackupKey`], [`VaultError::HubKey`], or
    /// the disk's.
    pub fn pin(
        &mut self,
        kind: PinKind,
        value: &str,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<Pin, VaultError> {
        self.keys()?;
        kind.check(value)?;
        let supervisor = self.roster.find(by.officer.id).filter(|o| o.role == Role::Supervisor);
        if supervisor.is_none_or(|o| o.public_key != by.officer.public_key) {
            return Err(VaultError::NotSupervisor);
        }
        let mut pin =
            Pin { kind, value: value.to_owned(), by: by.officer.id, at: now, signature: String::new() };
        pin.signature = keys::sign_hex(&by.signing, &pin.signed_bytes(self.config.vault)?);
        // What cannot be read any more is what a supervisor is asked to set again.
        let mut pins = match self.pins() {
            Err(VaultError::Corrupt { .. }) => {
                Pins::rest(self.files(), &self.layout, &self.config, &self.roster)?
            }
            other => other?,
        };
        pins.pins.retain(|p| p.kind != kind);
        pins.pins.push(pin.clone());
        let bytes = serde_json::to_vec_pretty(&pins).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
        self.files().write_durable(&self.layout.pins(), &bytes).map_err(|e| VaultError::io(WHAT, e))?;
        self.notes.retain(|note| !matches!(note, Note::PinsUnfit));
        if kind == PinKind::HubKey {
            // What another hub said of the time no longer counts.
            self.hub_floor = self.hub_time().unwrap_or_default();
        }
        let event = AuditEvent::new(kind.event());
        // A value may be longer than a detail; its digest says which it was.
        let event = event.by(by.officer.id).with("sha256", sha256_hex(value.as_bytes()));
        self.append_audit(&event, now)?;
        Ok(pin)
    }

    /// Refuses what makes new records in a vault that was retired.
    ///
    /// # Errors
    /// [`VaultError::Retired`].
    pub fn check_in_service(&self) -> Result<(), VaultError> {
        // Pins that cannot be read are told when the vault is opened; they must not cost a record.
        let retired = self.pins().is_ok_and(|pins| pins.get(PinKind::Retired).is_some());
        if retired { Err(VaultError::Retired) } else { Ok(()) }
    }
}

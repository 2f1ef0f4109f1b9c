//! A vault beside the process that has it open: what backups and carries need, without the vault's lock.
//!
//! It reads what never changes once it is there (sealed records, the accounts, pins) and leaves its line for the audit
//! in `inbox/`; the process that opens the vault, or has it open, takes the line over ([`Vault::take_inbox`]).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::AuditEvent;
use super::error::VaultError;
use super::events::AUDIT_EVENTS;
use super::files::Files;
use super::layout::{Layout, SMALL_FILE_MAX, VaultConfig};
use super::officers::Roster;
use super::pins::Pins;
use super::sync::SyncKey;
use super::{Vault, read_config};

const WHAT: &str = "inbox";
/// Events that may come in by the inbox: a file put there by hand must not pass for anything of weight.
const TAKEN: [&str; 2] = ["backup-made", "records-carried"];

/// A vault seen from outside.
pub struct Outside {
    pub(super) files: Arc<dyn Files>,
    pub(super) layout: Layout,
    pub(super) config: VaultConfig,
    pub(super) pins: Option<Pins>,
    pub(super) sync: SyncKey,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outside({})", self.config.vault)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Left {
    event: String,
    at: DateTime<Utc>,
    details: BTreeMap<String, String>,
}

impl Outside {
    /// Looks at a vault that may be open elsewhere.
    ///
    /// # Errors
    /// Those of [`Vault::peek`], [`VaultError::Exposed`], [`VaultError::NoSyncKey`] where nobody ever signed in,
    /// [`VaultError::Corrupt`] or the disk's.
    pub fn open(files: Arc<dyn Files>, folder: &Path) -> Result<Self, VaultError> {
        let layout = Layout::new(folder);
        let config = read_config(&*files, &layout)?;
        super::modes::refuse_exposed(&*files, &layout)?;
        let officers =
            files.read(&layout.officers(), SMALL_FILE_MAX).map_err(|e| VaultError::io("officers.json", e))?;
        let roster = Roster::parse(&officers, &config)?;
        // Carrying needs none: pins that do not fit must not keep records on a failing disk.
        let pins = Pins::load(&*files, &layout, &config, &roster).ok();
        let sync = SyncKey::load(&files, &layout, &config, &mut Vec::new())?.ok_or(VaultError::NoSyncKey)?;
        Ok(Self { files, layout, config, pins, sync })
    }

    /// What the vault is.
    #[must_use]
    pub const fn config(&self) -> &VaultConfig {
        &self.config
    }

    /// What supervisors pinned.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`] where it cannot be read or is not signed by one of them.
    pub fn pins(&self) -> Result<&Pins, VaultError> {
        self.pins.as_ref().ok_or_else(|| VaultError::corrupt("pins.json", "it is not signed by a supervisor"))
    }

    /// True where a path of `target` lies on the file system of the vault's records, links followed. Two partitions of
    /// one disk are two file systems: that they fail together shows nowhere here.
    ///
    /// # Errors
    /// The disks'.
    pub fn is_same_disk(&self, target: &dyn Files, path: &Path) -> Result<bool, VaultError> {
        let own = self.files.device(&self.layout.records()).map_err(|e| VaultError::io("records", e))?;
        let other = target.device(path).map_err(|e| VaultError::medium(&path.display().to_string(), e))?;
        Ok(own.is_some() && own == other)
    }

    /// Leaves a line for the audit, durably.
    pub(super) fn leave(
        &self,
        event: &str,
        details: &[(&str, String)],
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let details = details.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let left = Left { event: event.to_owned(), at: now, details };
        let bytes = serde_json::to_vec(&left).map_err(|e| VaultError::corrupt(WHAT, e.to_string()))?;
        let path = self.layout.inbox().join(format!("{}.json", Uuid::now_v7()));
        self.files
            .make_folder_durable(&self.layout.inbox())
            .and_then(|()| self.files.write_durable(&path, &bytes))
            .map_err(|e| VaultError::io(WHAT, e))
    }
}

/// True for what a backup or a carry leaves, with no details but its own.
fn is_known(left: &Left) -> bool {
    let own = AUDIT_EVENTS.iter().find(|(name, _)| *name == left.event && TAKEN.contains(name));
    own.is_some_and(|(_, details)| {
        left.details.keys().all(|key| details.split(' ').any(|known| known.trim_matches(['[', ']']) == key))
    })
}

impl Vault {
    /// Takes over the lines that backups and carries left, oldest first. A crash in between may enter a line twice: its
    /// detail `note` tells that it is the same.
    ///
    /// # Errors
    /// The disk's.
    pub fn take_inbox(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let io = |e| VaultError::io(WHAT, e);
        let mut listed = match self.files().list(&self.layout.inbox()) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(io)?,
        };
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in listed.into_iter().filter(|l| !l.folder) {
            let Some(note) = entry.name.strip_suffix(".json").and_then(|id| Uuid::parse_str(id).ok()) else {
                continue;
            };
            let path = self.layout.inbox().join(&entry.name);
            let bytes = self.files().read(&path, SMALL_FILE_MAX).ok();
            let left = bytes.and_then(|bytes| serde_json::from_slice::<Left>(&bytes).ok());
            // What cannot be read was not left by a backup or a carry: it is taken away and told as such.
            let event = match left.filter(is_known) {
                Some(left) => left
                    .details
                    .iter()
                    .fold(AuditEvent::new(&left.event), |e, (key, value)| e.with(key, value))
                    .with("at", left.at.format("%Y-%m-%dT%H:%M:%SZ")),
                None => AuditEvent::new("inbox-unreadable"),
            };
            match self.append_audit(&event.with("note", note), now) {
                Err(VaultError::Name { .. }) => {
                    self.append_audit(&AuditEvent::new("inbox-unreadable").with("note", note), now)?;
                }
                other => other?,
            }
            self.files().remove_durable(&path).map_err(io)?;
        }
        Ok(())
    }
}

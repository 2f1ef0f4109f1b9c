//! Drafts: every finished step of an open session, encrypted, so that a crash costs at most the step under way.
//!
//! `drafts/<session>/<step>.enc` is `RKD1`, the time it was kept (i64 milliseconds since 1970, little-endian), then
//! nonce, ciphertext and tag; vault, session, step and time are authenticated with it. A step is replaced by rename,
//! so its older version is there until the newer one is durable.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Vault;
use super::audit::AuditEvent;
use super::error::VaultError;
use super::files::TEMP_SUFFIX;
use super::layout::check_name;
use super::notes::Note;

const MAGIC: &[u8; 4] = b"RKD1";
const HEAD_LEN: usize = MAGIC.len() + 8;
const ENDING: &str = ".enc";
/// Largest step, in bytes.
pub const STEP_MAX: u64 = 256 * 1024 * 1024;
const WHAT: &str = "draft";
/// Beginning of the marker of a draft that is being removed; the id of its audit line follows.
pub(super) const DISCARD_MARKER: &[u8] = b"discard ";

/// An open session on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftInfo {
    /// Session id; the record will have the same.
    pub session: Uuid,
    /// Names of its kept steps, sorted.
    pub steps: Vec<String>,
    /// When the latest step was kept.
    pub updated: DateTime<Utc>,
}

/// Steps by name, wiped when dropped.
pub type DraftSteps = BTreeMap<String, Zeroizing<Vec<u8>>>;

fn context(vault: Uuid, session: Uuid, step: &str, head: &[u8]) -> Vec<u8> {
    let mut bytes = format!("rekam draft|{vault}|{session}|{step}|").into_bytes();
    bytes.extend_from_slice(head);
    bytes
}

fn time_of(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let millis = bytes.strip_prefix(MAGIC)?.get(..8)?.try_into().ok()?;
    DateTime::from_timestamp_millis(i64::from_le_bytes(millis))
}

impl Vault {
    /// Keeps a step durably, in place of an older version of the same step. `step` has the form of
    /// [`VaultError::Name`]; `bytes` are the caller's own encoding.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Name`], [`VaultError::TooLarge`], or the disk's: the older version is
    /// then still there.
    pub fn keep_step(
        &mut self,
        session: Uuid,
        step: &str,
        bytes: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        check_name("step", step)?;
        self.check_in_service()?;
        self.keys()?;
        if bytes.len() as u64 > STEP_MAX {
            return Err(VaultError::TooLarge {
                what: WHAT.into(),
                found: bytes.len() as u64,
                most: STEP_MAX,
            });
        }
        // A removal that failed half way is finished first: later it would take this step too.
        self.recover(session, false, now)?;
        let mut out = Vec::with_capacity(HEAD_LEN + bytes.len() + 64);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&now.timestamp_millis().to_le_bytes());
        let context = context(self.config().vault, session, step, &out);
        let sealed = self.keys()?.draft.encrypt(&context, bytes);
        out.extend_from_slice(&sealed.ok_or_else(|| VaultError::corrupt(WHAT, "it cannot be encrypted"))?);
        let folder = self.layout().draft(session);
        self.files()
            .make_folder_durable(&folder)
            .and_then(|()| self.files().write_durable(&self.layout().step(session, step), &out))
            .map_err(|e| VaultError::io(WHAT, e))
    }

    /// Open sessions, the latest first. Torn or foreign files in the folder are left out.
    ///
    /// # Errors
    /// The disk's.
    pub fn drafts(&self) -> Result<Vec<DraftInfo>, VaultError> {
        let mut found = Vec::new();
        for entry in self.files().list(&self.layout().drafts()).map_err(|e| VaultError::io(WHAT, e))? {
            let Some(session) = Uuid::parse_str(&entry.name).ok().filter(|_| entry.folder) else { continue };
            let mut steps = Vec::new();
            let mut updated = None;
            for step in self.steps_of(session)? {
                if let Some(time) = self.step_time(session, &step)? {
                    updated = updated.max(Some(time));
                    steps.push(step);
                }
            }
            steps.sort_unstable();
            found.extend(updated.map(|updated| DraftInfo { session, steps, updated }));
        }
        found.sort_by_key(|d| std::cmp::Reverse(d.updated));
        Ok(found)
    }

    /// Every kept step of a session. A step that does not decrypt here is left out and named in a [`Note`], as the
    /// session can go on without it; where none does, the note says that the session is of another station.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::UnknownRecord`] when nothing is kept of this session, or the disk's.
    pub fn load_draft(&self, session: Uuid) -> Result<(DraftSteps, Vec<Note>), VaultError> {
        let keys = self.keys()?;
        let mut steps = DraftSteps::new();
        let mut notes = Vec::new();
        for step in self.steps_of(session)? {
            let bytes = self.read_step(session, &step)?;
            let plain = bytes.split_at_checked(HEAD_LEN).filter(|_| time_of(&bytes).is_some()).and_then(
                |(head, sealed)| {
                    keys.draft.decrypt(&context(self.config().vault, session, &step, head), sealed)
                },
            );
            match plain {
                Some(plain) => drop(steps.insert(step, plain)),
                None => notes.push(Note::StepUnreadable { session, step }),
            }
        }
        match (steps.is_empty(), notes.is_empty()) {
            (true, true) => Err(VaultError::UnknownRecord),
            // Drafts are bound to the vault that keeps them: those of another station open nowhere else.
            (true, false) => Ok((steps, vec![Note::DraftForeign { session }])),
            (false, _) => Ok((steps, notes)),
        }
    }

    /// Gives up a session: a marker, an audit line with the stable `reason`, then the files go. Interrupted before the
    /// line the session is there, after it nothing of it is left: the marker says which to finish.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Name`], or the disk's.
    pub fn discard_draft(
        &mut self,
        session: Uuid,
        reason: &str,
        officer: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.keys()?;
        check_name("reason", reason)?;
        let change = Uuid::now_v7();
        let event = AuditEvent::new("draft-discarded").by(officer).in_session(session);
        let event = event.with("reason", reason).with("change", change);
        // What an earlier save of this session left to be undone.
        self.recover(session, false, now)?;
        let marker = [DISCARD_MARKER, change.to_string().as_bytes(), b"\n"].concat();
        self.files()
            .write_durable(&self.layout().pending_of(session), &marker)
            .map_err(|e| VaultError::io("marker", e))?;
        if let Err(error) = self.append_audit(&event, now) {
            // Best effort: what stays marked is undone at the next change or open.
            self.recover(session, false, now).ok();
            return Err(error);
        }
        self.remove_draft(session)?;
        self.remove_marker(session)
    }

    /// Deals with a removal that was under way: finished where the audit has its line, undone otherwise.
    pub(super) fn recover_discard(
        &self,
        session: Uuid,
        change: &[u8],
        audited: impl Fn(&str) -> bool,
    ) -> Result<(), VaultError> {
        if std::str::from_utf8(change).is_ok_and(|change| audited(change.trim_end())) {
            self.remove_draft(session)?;
        }
        self.remove_marker(session)
    }

    /// Removes a session's steps; missing ones are fine.
    pub(super) fn remove_draft(&self, session: Uuid) -> Result<(), VaultError> {
        let folder = self.layout().draft(session);
        let listed = match self.files().list(&folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        for entry in listed {
            self.files().remove(&folder.join(entry.name)).map_err(|e| VaultError::io(WHAT, e))?;
        }
        self.files()
            .sync_folder(&folder)
            .and_then(|()| self.files().remove_folder(&folder))
            .and_then(|()| self.files().sync_folder(&self.layout().drafts()))
            .map_err(|e| VaultError::io(WHAT, e))
    }

    pub(super) fn steps_of(&self, session: Uuid) -> Result<Vec<String>, VaultError> {
        let listed = match self.files().list(&self.layout().draft(session)) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        let steps =
            listed.into_iter().filter(|l| !l.folder && !l.name.ends_with(TEMP_SUFFIX)).filter_map(|l| {
                let step = l.name.strip_suffix(ENDING)?;
                check_name("step", step).ok().map(|()| step.to_owned())
            });
        Ok(steps.collect())
    }

    /// When a step was kept; none when its head cannot be read.
    pub(super) fn step_time(&self, session: Uuid, step: &str) -> Result<Option<DateTime<Utc>>, VaultError> {
        let head = self.files().read_head(&self.layout().step(session, step), HEAD_LEN);
        Ok(time_of(&head.map_err(|e| VaultError::io(WHAT, e))?))
    }

    fn read_step(&self, session: Uuid, step: &str) -> Result<Vec<u8>, VaultError> {
        // The limit leaves room for head, nonce and tag.
        self.files()
            .read(&self.layout().step(session, step), STEP_MAX + 4096)
            .map_err(|e| VaultError::io(WHAT, e))
    }
}

//! What is known of the audit outside the vault's folder: heads that records, receipts and manifests carry, and the
//! witness file of this computer, which shows when an old copy of the vault is put back.
//!
//! The witness `<folder>/<vault id>.json` holds how far the vault had come: epoch, highest counter of each epoch, last
//! audit line. It is written after each sign-in and save and when the vault is locked or closed. A vault that is behind it when
//! it is opened was put back or cut: that is told until a supervisor acknowledges it, and counters go on above the
//! witness's, so that no two records ever have the same epoch and counter. A station goes on working then: one that
//! tells is better than one that cannot record.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use record::header::Header;
use record::receipt::Receipt;
use record::schema::{Environment, Role};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::{AuditEvent, SEGMENT_LINES, SEGMENT_MAX, WHAT, segment_name, whole_lines};
use super::audit_walk::{AuditFacts, AuditReport, Expectations, HeldBreak, HeldHead, walk};
use super::crypto::sha256_hex;
use super::error::VaultError;
use super::files::{Files, folder_of};
use super::layout::SMALL_FILE_MAX;
use super::notes::Note;
use super::{OfficerKeys, Vault, carry};

/// Most earlier heads that a witness keeps.
const LOST_MAX: usize = 32;

/// How far a vault had come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    pub(super) epoch: u64,
    pub(super) counter: u64,
    pub(super) seq: u64,
    pub(super) head: String,
}

/// The witness file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Witness {
    vault: Uuid,
    pub(super) last: Mark,
    /// Highest counter of each epoch.
    pub(super) counters: BTreeMap<u64, u64>,
    /// What the vault had and has no more, until a supervisor acknowledges it.
    lost: Vec<Mark>,
}

impl Witness {
    /// Reads the witness of a vault; none where there is none, or none of this vault: it vouches for nothing then.
    ///
    /// # Errors
    /// The disk's: what cannot be read now must not be written over.
    pub(super) fn load(files: &dyn Files, path: &Path, vault: Uuid) -> std::io::Result<Option<Self>> {
        let bytes = match files.read(path, SMALL_FILE_MAX) {
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            other => other?,
        };
        Ok(serde_json::from_slice::<Self>(&bytes).ok().filter(|witness| witness.vault == vault))
    }

    fn store(&self, files: &dyn Files, path: &Path) -> std::io::Result<()> {
        files.make_folder(folder_of(path))?;
        files.write_durable(path, &serde_json::to_vec(self)?)
    }
}

/// Path of a vault's witness in the folder of witnesses.
pub(super) fn path_of(folder: &Path, vault: Uuid) -> PathBuf {
    folder.join(format!("{vault}.json"))
}

/// Heads that a file of somebody else's holds: an outer header, a receipt, or the manifest of a carry. None when it is
/// nothing of this station's; a receipt counts without the hub's key, as a false one can only accuse.
#[must_use]
pub fn held_heads(bytes: &[u8], source: &str, vault: &Vault) -> Option<Vec<HeldHead>> {
    let station = vault.config.station_verifying_key().ok()?;
    if let Ok(header) = Header::parse(bytes) {
        header.verify(Some(&station)).ok()?;
        return Some(vec![of_header(&header, source.to_owned())]);
    }
    if let Ok(receipt) = Receipt::parse(bytes) {
        let ours = receipt.station_key == vault.config.station_key;
        return ours.then(|| {
            vec![HeldHead {
                source: source.to_owned(),
                seq: Some(receipt.audit_seq),
                head: receipt.audit_head,
                sealed: Some((receipt.epoch, receipt.counter)),
            }]
        });
    }
    carry::heads_of_manifest(bytes, source, &station)
}

fn of_header(header: &Header, source: String) -> HeldHead {
    HeldHead {
        source,
        seq: Some(header.audit_seq),
        head: header.audit_head.clone(),
        sealed: Some((header.epoch, header.counter)),
    }
}

impl Vault {
    /// What a walk along this vault's audit expects.
    pub(super) fn expectations<'a>(
        &self,
        held: &'a [HeldHead],
        archives: &'a [PathBuf],
    ) -> Result<Expectations<'a>, VaultError> {
        Ok(Expectations {
            simulated: self.config.environment == Environment::Training,
            station: Some(self.config.station_verifying_key()?),
            held,
            archives,
        })
    }

    pub(super) fn walk_audit(&self) -> Result<(AuditReport, AuditFacts), VaultError> {
        walk(self.files(), &self.layout.audit(), self.config.vault, &self.expectations(&[], &[])?)
    }

    /// Checks the whole audit against itself.
    ///
    /// # Errors
    /// The disk's.
    pub fn verify_audit(&self) -> Result<AuditReport, VaultError> {
        self.walk_audit().map(|(report, _)| report)
    }

    /// Checks the whole audit, also against the heads in the vault's own records, in this computer's witness and those
    /// that are given; with folders of archived segments, those too.
    ///
    /// # Errors
    /// The disk's.
    pub fn verify_audit_against(
        &self,
        given: Vec<HeldHead>,
        archives: &[PathBuf],
    ) -> Result<AuditReport, VaultError> {
        let mut held = given;
        for id in self.header_ids()? {
            held.extend(self.read_header(id)?.map(|header| of_header(&header, format!("record {id}"))));
        }
        if let Some(witness) = self.load_witness()? {
            let lost = witness.lost.iter().map(|mark| (mark, "witness, before the vault was put back"));
            for (mark, source) in std::iter::once((&witness.last, "witness")).chain(lost) {
                held.push(HeldHead {
                    source: source.to_owned(),
                    seq: Some(mark.seq),
                    head: mark.head.clone(),
                    sealed: Some((mark.epoch, mark.counter)),
                });
            }
        }
        let expected = self.expectations(&held, archives)?;
        let (mut report, facts) = walk(self.files(), &self.layout.audit(), self.config.vault, &expected)?;
        // What a restore left behind is told apart: it is explained, by a line that the station signed.
        let explained = |broken: &HeldBreak| {
            let epoch = broken.sealed.map(|(epoch, _)| epoch);
            let mut left = facts.restored.iter().filter(|(_, from)| *from < self.config.epoch);
            let restored = left.find(|(_, from)| Some(*from) == epoch);
            restored.is_some_and(|(seq, _)| broken.seq.is_some_and(|at| at > *seq))
        };
        let unfit = std::mem::take(&mut report.unfit);
        (report.left_behind, report.unfit) = unfit.into_iter().partition(explained);
        let here = (self.config.epoch, self.last_counter()?);
        let ahead = held.iter().filter(|held| held.sealed.is_some_and(|sealed| sealed > here));
        for held in ahead {
            let known = report.unfit.iter().any(|broken| broken.source == held.source);
            if !known {
                let (source, seq, sealed) = (held.source.clone(), held.seq, held.sealed);
                report.unfit.push(HeldBreak { source, seq, sealed, why: "old-copy" });
            }
        }
        Ok(report)
    }

    fn witness_path(&self) -> Option<PathBuf> {
        self.witness.as_ref().map(|folder| path_of(folder, self.config.vault))
    }

    fn load_witness(&self) -> Result<Option<Witness>, VaultError> {
        let Some(path) = self.witness_path() else { return Ok(None) };
        Witness::load(self.files(), &path, self.config.vault).map_err(|e| VaultError::io("witness", e))
    }

    fn mark(&self) -> Result<Mark, VaultError> {
        Ok(Mark {
            epoch: self.config.epoch,
            counter: self.last_counter()?,
            seq: self.audit_seq(),
            head: self.audit_head().to_owned(),
        })
    }

    /// Lets the witness see how far the vault has come. Best effort: without it the records are as safe as before.
    pub(super) fn tell_witness(&self) {
        self.put_witness(|_| ()).ok();
    }

    /// Writes how far the vault has come; `change` is made to the earlier heads that are kept.
    fn put_witness(&self, change: impl FnOnce(&mut Vec<Mark>)) -> Result<(), VaultError> {
        let Some(path) = self.witness_path().filter(|_| !self.witness_unread) else { return Ok(()) };
        let known = self.load_witness()?;
        let (mut counters, mut lost) = known.map(|known| (known.counters, known.lost)).unwrap_or_default();
        change(&mut lost);
        let last = self.mark()?;
        let highest = counters.entry(last.epoch).or_default();
        *highest = last.counter.max(*highest);
        let witness = Witness { vault: self.config.vault, last, counters, lost };
        witness.store(self.files(), &path).map_err(|e| VaultError::io("witness", e))
    }

    /// Hash of the audit line of this number, where the vault's folder still has it.
    fn hash_of_line(&self, seq: u64) -> Result<Option<String>, VaultError> {
        let Some(before) = seq.checked_sub(1) else { return Ok(None) };
        let segment = self.layout.audit().join(segment_name(before / SEGMENT_LINES + 1));
        let bytes = match self.files().read(&segment, SEGMENT_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|e| VaultError::io(WHAT, e))?,
        };
        let (lines, _) = whole_lines(&bytes);
        let at = usize::try_from(before % SEGMENT_LINES).unwrap_or(usize::MAX);
        Ok(lines.get(at).map(|line| sha256_hex(line)))
    }

    /// Compares the vault with its witness, right after it was opened.
    pub(super) fn compare_witness(
        &mut self,
        folder: Option<&PathBuf>,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.witness = folder.cloned();
        let compared = self.compare_with_witness(now);
        if compared.is_err() {
            // It keeps what it saw: this vault, which does not open, must not write over it.
            self.witness = None;
        }
        compared
    }

    fn compare_with_witness(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let witness = match self.load_witness() {
            Ok(Some(witness)) => witness,
            Ok(None) => return Ok(()),
            Err(error) => {
                // Nobody is kept from the records by it, and it is not written over.
                tracing::warn!(code = error.code(), "the witness cannot be read");
                self.notes.push(Note::WitnessUnread);
                self.witness_unread = true;
                return Ok(());
            }
        };
        let (last, here) = (witness.last, self.mark()?);
        let floor = witness.counters.get(&here.epoch).copied().unwrap_or(0);
        if floor > here.counter {
            self.write_counter(floor)?;
        }
        // A vault that was restored since is ahead of its witness, wherever its audit stands.
        let behind = last.epoch > here.epoch
            || (last.epoch == here.epoch
                && (last.seq > here.seq
                    || last.counter > here.counter
                    || self.hash_of_line(last.seq)?.is_some_and(|hash| hash != last.head)));
        let mut lost = witness.lost;
        if behind {
            let event = AuditEvent::new("rollback-found").with("epoch", last.epoch).with("seq", last.seq);
            self.append_audit(&event.with("counter", last.counter).with("head", &last.head), now)?;
            lost.push(last);
            lost.drain(..lost.len().saturating_sub(LOST_MAX));
            self.put_witness(|kept| kept.clone_from(&lost))?;
        }
        if let Some(last) = lost.last() {
            self.notes.push(Note::PutBack { seq: last.seq, counter: last.counter });
        }
        Ok(())
    }

    /// A supervisor takes note that an old copy of the vault was put back, or that its audit was cut: it is told no more.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`] or the disk's.
    pub fn acknowledge_put_back(
        &mut self,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<usize, VaultError> {
        self.keys()?;
        if self.roster.find(by.officer.id).is_none_or(|officer| officer.role != Role::Supervisor) {
            return Err(VaultError::NotSupervisor);
        }
        let lost = self.load_witness()?.map(|witness| witness.lost).unwrap_or_default();
        let event = AuditEvent::new("rollback-acknowledged").by(by.officer.id).with("marks", lost.len());
        let last = lost.last();
        let event = last.into_iter().fold(event, |e, mark| e.with("seq", mark.seq).with("head", &mark.head));
        self.append_audit(&event, now)?;
        self.put_witness(Vec::clear)?;
        self.notes.retain(|note| !matches!(note, Note::PutBack { .. }));
        Ok(lost.len())
    }
}

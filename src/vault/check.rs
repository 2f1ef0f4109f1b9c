//! Checking a vault and making its index anew.

use std::collections::BTreeSet;

use serde::Serialize;
use uuid::Uuid;

use super::Vault;
use super::audit_walk::{AuditFacts, AuditReport};
use super::error::VaultError;
use super::extract::{self, LOCAL_MAX, LocalHead};
use super::layout::PAYLOAD_MAX;
use super::notes::Note;

/// What is wrong with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// Header, payload or extract of a record is missing.
    FileMissing,
    /// Header, digest or signature does not fit.
    RecordDamaged,
    /// The extract cannot be read (or, while unlocked, decrypted).
    ExtractDamaged,
    /// The row differs from the files: rebuild.
    RowDiffers,
    /// A record without an audit line, or with an audit head that the audit does not have: its tail was cut.
    NotInAudit,
    /// The audit has a sealed record that is not there.
    RecordMissing,
    /// A kept step cannot be read.
    StepUnreadable,
    /// A document that waits for the printer cannot be read.
    DocumentUnreadable,
    /// The ledger of cards does not fit: a row was changed, is missing, or has no line in the audit.
    CardLedger,
    /// What supervisors pinned is not what the audit says last: an old file was put back, or it was removed.
    OldPins,
    /// A file that does not belong there.
    ForeignFile,
    /// The roster of officers lacks a removal that the audit has: an old one was put back.
    OldRoster,
    /// The centre's list is older than the audit says, or does not fit.
    CentreList,
    /// Other accounts of this computer may read the file.
    Exposed,
}

impl ProblemKind {
    /// Fluent message that says what it is.
    #[must_use]
    pub const fn message_id(self) -> &'static str {
        match self {
            Self::FileMissing => "vault-problem-file-missing",
            Self::RecordDamaged => "vault-problem-record-damaged",
            Self::ExtractDamaged => "vault-problem-extract-damaged",
            Self::RowDiffers => "vault-problem-row-differs",
            Self::NotInAudit => "vault-problem-not-in-audit",
            Self::RecordMissing => "vault-problem-record-missing",
            Self::StepUnreadable => "vault-problem-step-unreadable",
            Self::DocumentUnreadable => "vault-problem-document-unreadable",
            Self::CardLedger => "vault-problem-card-ledger",
            Self::OldPins => "vault-problem-old-pins",
            Self::ForeignFile => "vault-problem-foreign-file",
            Self::OldRoster => "vault-problem-old-roster",
            Self::CentreList => "vault-problem-centre-list",
            Self::Exposed => "vault-problem-exposed",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// File, record id or session and step.
    pub subject: String,
    /// Stable detail, may be empty.
    pub detail: String,
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Records whose three files were looked at.
    pub records: usize,
    /// Open sessions.
    pub drafts: usize,
    /// True when extracts and steps were decrypted, which needs an officer signed in.
    pub decrypted: bool,
    /// The audit.
    pub audit: AuditReport,
    /// Findings; none and a whole audit: all is well.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    /// True when nothing is wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.problems.is_empty() && self.audit.broken.is_none()
    }
}

/// Result of making the index anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuildReport {
    /// Rows made.
    pub rows: usize,
    /// Rows of records with a missing or unfitting file.
    pub damaged: usize,
    /// Records whose header cannot be read: they have no row, their payload is left as it is.
    pub unreadable: usize,
    /// Rows that were missing or different before.
    pub mended: usize,
}

impl Vault {
    /// Ids of all records that have a header, by file name.
    pub(super) fn header_ids(&self) -> Result<BTreeSet<Uuid>, VaultError> {
        let listed = self.files().list(&self.layout().records()).map_err(|e| VaultError::io("records", e))?;
        Ok(listed.iter().filter_map(|l| Uuid::parse_str(l.name.strip_suffix(".json")?).ok()).collect())
    }

    /// Adds rows for records that have none and removes rows without a record; compares names only, so that opening
    /// stays fast with many records, and everything when a name does not fit. Returns how many were added (or made
    /// anew) and removed.
    pub(super) fn bring_index_in_step(&mut self) -> Result<(usize, usize), VaultError> {
        let on_disk = self.header_ids()?;
        let rows = self.index.ids()?;
        let (mut added, mut removed) = (0, 0);
        for id in on_disk.difference(&rows) {
            match self.row_from_files(*id)? {
                Some(row) => {
                    self.index.put(&row)?;
                    added += 1;
                }
                None => self.notes.push(Note::RecordUnreadable { record: *id }),
            }
        }
        for id in rows.difference(&on_disk) {
            self.index.remove(*id)?;
            removed += 1;
        }
        if added + removed > 0 {
            // An index that has lost something may hold older rows too.
            for id in rows.intersection(&on_disk) {
                let Some(row) = self.row_from_files(*id)? else { continue };
                if self.index.find(*id).ok().flatten().as_ref() != Some(&row) {
                    self.index.put(&row)?;
                    added += 1;
                }
            }
        }
        if added + removed > 0 {
            self.index.flush()?;
        }
        Ok((added, removed))
    }

    /// Reads and checks everything: each record's header, digest and signature, extracts, rows, the audit and its
    /// agreement with the records, drafts. Changes nothing.
    ///
    /// # Errors
    /// The disk's; what is wrong with the contents is in the report.
    pub fn check(&self) -> Result<CheckReport, VaultError> {
        let (audit, facts) = self.walk_audit()?;
        let mut problems = Vec::new();
        let ids = self.record_ids(&mut problems)?;
        for id in &ids {
            self.check_record(*id, &facts, &mut problems)?;
        }
        for id in &facts.sealed {
            if Uuid::parse_str(id).is_ok_and(|id| !ids.contains(&id)) {
                problems.push(Problem {
                    kind: ProblemKind::RecordMissing,
                    subject: id.clone(),
                    detail: String::new(),
                });
            }
        }
        self.check_cards(&facts, &mut problems)?;
        self.check_keys(&facts, &mut problems);
        self.check_modes(&mut problems)?;
        let drafts = self.check_drafts(&mut problems)?;
        self.check_unprinted(&mut problems)?;
        Ok(CheckReport { records: ids.len(), drafts, decrypted: self.is_unlocked(), audit, problems })
    }

    fn check_cards(&self, facts: &AuditFacts, problems: &mut Vec<Problem>) -> Result<(), VaultError> {
        let mut add = |subject: String, detail: &str| {
            let (kind, detail) = (ProblemKind::CardLedger, detail.to_owned());
            problems.push(Problem { kind, subject, detail });
        };
        let rows = match self.card_rows() {
            Err(VaultError::Corrupt { what, why }) => {
                add(what, &why);
                return Ok(());
            }
            other => other?,
        };
        let ids: BTreeSet<String> = rows.iter().map(|row| row.id.to_string()).collect();
        for row in rows.iter().filter(|row| !facts.cards.contains(&row.id.to_string())) {
            add(format!("cards/{:08}.row", row.number), "no line in the audit");
        }
        for id in facts.cards.difference(&ids) {
            add(id.clone(), "the row is missing");
        }
        let kept: BTreeSet<Uuid> = self.kept_proofs()?.into_iter().map(|(id, _)| id).collect();
        for row in rows.iter().filter(|row| row.record.is_some()) {
            let subject = format!("cards/{:08}.gone", row.number);
            match (facts.deleted.contains(&row.id.to_string()), kept.contains(&row.id)) {
                (true, true) => add(subject, "its proof was deleted and is there again"),
                (false, false) => add(subject, "no line in the audit"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Ids that any file in `records/` names.
    fn record_ids(&self, problems: &mut Vec<Problem>) -> Result<BTreeSet<Uuid>, VaultError> {
        let listed = self.files().list(&self.layout().records()).map_err(|e| VaultError::io("records", e))?;
        let mut ids = BTreeSet::new();
        for entry in listed {
            let id = entry
                .name
                .rsplit_once('.')
                .filter(|(_, ending)| ["json", "rekam", "local", "gone"].contains(ending))
                .and_then(|(stem, _)| Uuid::parse_str(stem).ok());
            match id {
                Some(id) => drop(ids.insert(id)),
                None => {
                    problems.push(Problem {
                        kind: ProblemKind::ForeignFile,
                        subject: format!("records/{}", entry.name),
                        detail: String::new(),
                    });
                }
            }
        }
        Ok(ids)
    }

    fn check_record(
        &self,
        id: Uuid,
        facts: &AuditFacts,
        problems: &mut Vec<Problem>,
    ) -> Result<(), VaultError> {
        let mut add = |kind, subject: String, detail: &str| {
            problems.push(Problem { kind, subject, detail: detail.to_owned() });
        };
        let header = self.read_optional(&self.layout().header(id), record::header::MAX_BYTES as u64)?;
        let payload = self.read_optional(&self.layout().payload(id), PAYLOAD_MAX)?;
        let local = self.read_optional(&self.layout().local(id), LOCAL_MAX)?;
        let gone = self.check_tombstone(id, header.as_deref(), payload.is_some(), facts, &mut add)?;
        for (ending, missing) in
            [("json", header.is_none()), ("rekam", payload.is_none() && !gone), ("local", local.is_none())]
        {
            if missing {
                add(ProblemKind::FileMissing, format!("records/{id}.{ending}"), "");
            }
        }
        if let (Some(header), Some(payload)) = (&header, &payload) {
            let station = self.config().station_verifying_key()?;
            match record::verify::verify(header, payload.as_slice(), Some(&station)) {
                Ok(verified) if verified.header.id != id => {
                    add(ProblemKind::RecordDamaged, format!("records/{id}.json"), "id");
                }
                Ok(_) => {}
                Err(e) => {
                    let code: String = e.to_string().chars().take_while(|c| !c.is_whitespace()).collect();
                    add(ProblemKind::RecordDamaged, format!("records/{id}.rekam"), &code);
                }
            }
        }
        let mut head_known = true;
        if let Some(local) = &local {
            let head = match &self.keys {
                Some(keys) => extract::decode(keys, self.config().vault, local).map(|(head, _)| head),
                None => LocalHead::parse(local),
            };
            match head {
                Ok(head) if head.id == id => head_known = facts.has_head(&head.audit_head),
                _ => add(ProblemKind::ExtractDamaged, format!("records/{id}.local"), ""),
            }
        }
        if !facts.sealed.contains(&id.to_string()) {
            add(ProblemKind::NotInAudit, id.to_string(), "line");
        } else if !head_known {
            add(ProblemKind::NotInAudit, id.to_string(), "head");
        }
        if self.index.find(id).ok().flatten() != self.row_from_files(id)? {
            add(ProblemKind::RowDiffers, id.to_string(), "");
        }
        Ok(())
    }

    /// Looks at a record's tombstone; true when there is one that fits the header.
    fn check_tombstone(
        &self,
        id: Uuid,
        header: Option<&[u8]>,
        has_payload: bool,
        facts: &AuditFacts,
        add: &mut impl FnMut(ProblemKind, String, &str),
    ) -> Result<bool, VaultError> {
        if self.read_tombstone(id)?.is_none() {
            return Ok(false);
        }
        let header = header.and_then(|bytes| record::header::Header::parse(bytes).ok());
        let stone = self.tombstone(id)?;
        let fits = stone.zip(header).is_some_and(|(stone, header)| {
            (&stone.sha256, stone.size) == (&header.payload_sha256, header.payload_size)
        });
        if !fits {
            add(ProblemKind::RecordDamaged, format!("records/{id}.gone"), "tombstone");
        } else if !facts.deleted.contains(&id.to_string()) {
            add(ProblemKind::NotInAudit, id.to_string(), "deletion");
        } else if has_payload {
            add(ProblemKind::ForeignFile, format!("records/{id}.rekam"), "deleted");
        }
        Ok(fits)
    }

    /// Whether a document opens can be known only while an officer is signed in.
    fn check_unprinted(&self, problems: &mut Vec<Problem>) -> Result<(), VaultError> {
        for id in self.unprinted_ids()?.into_iter().filter(|_| self.is_unlocked()) {
            if self.load_unprinted(id).is_err() {
                problems.push(Problem {
                    kind: ProblemKind::DocumentUnreadable,
                    subject: format!("unprinted/{id}.enc"),
                    detail: String::new(),
                });
            }
        }
        Ok(())
    }

    fn check_drafts(&self, problems: &mut Vec<Problem>) -> Result<usize, VaultError> {
        let drafts = self.drafts()?;
        for draft in &drafts {
            let readable: BTreeSet<String> = match self.is_unlocked() {
                true => self.load_draft(draft.session)?.0.into_keys().collect(),
                false => draft.steps.iter().cloned().collect(),
            };
            for step in self.steps_of(draft.session)? {
                if !readable.contains(&step) {
                    let subject = format!("{}/{step}", draft.session);
                    problems.push(Problem {
                        kind: ProblemKind::StepUnreadable,
                        subject,
                        detail: String::new(),
                    });
                }
            }
        }
        Ok(drafts.len())
    }
}

//! What was acknowledged, and whether a vault still has it.

use std::collections::{BTreeMap, BTreeSet};

use record::schema::RecordState;
use uuid::Uuid;

use super::Told;
use crate::vault::{Note, Vault, VaultError};

/// Everything that was acknowledged of one vault.
#[derive(Debug, Default)]
pub struct Acknowledged {
    /// Records with the SHA-256 of their payload.
    pub records: BTreeMap<Uuid, String>,
    /// Kept steps by session.
    pub steps: BTreeMap<Uuid, BTreeSet<String>>,
    /// Records whose state was changed.
    pub sent: BTreeSet<Uuid>,
}

impl Acknowledged {
    /// Takes a line over.
    pub fn take(&mut self, told: &Told) {
        match told {
            Told::Saved(record, sha256) => drop(self.records.insert(*record, sha256.clone())),
            Told::Kept(session, step) => drop(self.steps.entry(*session).or_default().insert(step.clone())),
            Told::Sent(record) => drop(self.sent.insert(*record)),
            _ => {}
        }
    }

    /// How many things were acknowledged.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len() + self.sent.len() + self.steps.values().map(BTreeSet::len).sum::<usize>()
    }

    /// True when nothing was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Compares with a vault that somebody is signed in to: what is not there, or not whole. A row or an audit line
    /// that had to be made anew counts as lost, as a save is acknowledged with both.
    ///
    /// # Errors
    /// Those of the vault.
    pub fn compare(&self, vault: &Vault) -> Result<Vec<String>, VaultError> {
        let mut lost = Vec::new();
        for note in vault.notes() {
            match note {
                Note::IndexMended { added, removed } if added + removed > 0 => {
                    lost.push(format!("index: {added} rows were missing, {removed} without a record"));
                }
                // An index that was damaged by the cut is made anew from the files: that is what it is for.
                _ => {}
            }
        }
        for (record, sha256) in &self.records {
            match vault.find(*record)? {
                None => lost.push(format!("record {record}: gone")),
                Some(row) if row.damaged || row.sha256 != *sha256 => {
                    lost.push(format!("record {record}: not the one that was acknowledged"));
                }
                Some(row) => {
                    if vault.extract(*record).is_err() {
                        lost.push(format!("record {record}: its extract cannot be read"));
                    }
                    if self.sent.contains(record) && row.state != RecordState::SentForEnrollment {
                        lost.push(format!("record {record}: its state went back to {}", row.state));
                    }
                }
            }
        }
        for (session, steps) in &self.steps {
            if self.records.contains_key(session) || vault.find(*session)?.is_some() {
                continue;
            }
            let found: BTreeSet<String> = match vault.load_draft(*session) {
                Ok((steps, _)) => steps.into_keys().collect(),
                Err(VaultError::UnknownRecord) => BTreeSet::new(),
                Err(e) => return Err(e),
            };
            for step in steps.difference(&found) {
                lost.push(format!("session {session}: step {step} was kept and is gone"));
            }
        }
        let report = vault.check()?;
        for problem in &report.problems {
            lost.push(format!("check: {:?} {} {}", problem.kind, problem.subject, problem.detail));
        }
        if let Some(broken) = &report.audit.broken {
            lost.push(format!("audit: {} at {} line {}", broken.why, broken.segment, broken.line));
        }
        Ok(lost)
    }
}

//! Documents that wait for the printer.

use chrono::Duration;

use super::{JobError, VaultWorker};
use crate::runtime::station::UnprintedLine;
use crate::runtime::vault_jobs::{PaperJob, VaultAnswer};

impl VaultWorker {
    pub(super) fn paper(&mut self, job: PaperJob) -> Result<VaultAnswer, JobError> {
        Ok(match job {
            PaperJob::Keep { id, document, days, now } => {
                self.vault.keep_unprinted(id, &document, now, now + Duration::days(i64::from(days)))?;
                VaultAnswer::PaperKept { id, lines: self.papers()? }
            }
            PaperJob::Printed { id, now } => {
                self.vault.printed(id, now)?;
                if self.vault.is_unlocked() { VaultAnswer::Papers(self.papers()?) } else { VaultAnswer::Done }
            }
            PaperJob::List => VaultAnswer::Papers(self.papers()?),
            PaperJob::Load { id } => {
                let (_, document) = self.vault.load_unprinted(id)?;
                VaultAnswer::PaperLoaded { id, document: Some(Box::new(document)) }
            }
        })
    }

    fn papers(&self) -> Result<Vec<UnprintedLine>, JobError> {
        let lines = self.vault.unprinted()?.into_iter().map(|(id, made, document)| UnprintedLine {
            id,
            kind: document.kind.clone(),
            session: document.session,
            name: document.name.clone(),
            made,
        });
        Ok(lines.collect())
    }
}

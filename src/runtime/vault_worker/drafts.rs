//! Open sessions on disk: listed, taken up, discarded.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use record::schema::StepId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{JobError, VaultWorker, note_notice, told, waiting_facts};
use crate::runtime::error;
use crate::runtime::station::{Notice, NoticeLevel, WaitingLine};
use crate::session::{Session, SessionContext};
use crate::vault::draft_expires;

impl VaultWorker {
    pub(super) fn discard_owed(&mut self, now: DateTime<Utc>) -> Result<(), JobError> {
        let officer = self.operator()?.officer.id;
        while let Some((session, reason)) = self.discards.last().cloned() {
            self.vault.discard_draft(session, &reason, officer, now)?;
            self.discards.pop();
        }
        Ok(())
    }

    pub(super) fn drafts(&mut self, ctx: &Arc<SessionContext>) -> Result<Vec<WaitingLine>, JobError> {
        let mut lines = Vec::new();
        for info in self.vault.drafts()? {
            let session = self.restore(info.session, ctx.clone());
            let (name, step, not_before) = match &session {
                Ok(s) => waiting_facts(s),
                // It is listed all the same, so that it can be discarded.
                Err(_) => (String::new(), StepId::Health, None),
            };
            lines.push(WaitingLine {
                id: info.session,
                name,
                step,
                touched: info.updated,
                not_before,
                parked: false,
                begun_by: session.as_ref().ok().and_then(|s| s.core.begun_by),
                expires: draft_expires(info.updated, ctx.policy.retention.draft_days),
            });
        }
        Ok(lines)
    }

    fn restore(&self, session: Uuid, ctx: Arc<SessionContext>) -> Result<Session, JobError> {
        let (steps, notes) = self.vault.load_draft(session)?;
        for note in notes {
            self.tell(note_notice(note.message_id()));
        }
        let kept: Vec<Zeroizing<Vec<u8>>> = steps.into_values().collect();
        let (session, errors) = Session::restore(ctx, kept.iter().map(|b| b.as_slice()))
            .map_err(|e| told("runtime-not-restored", e))?;
        for e in errors {
            let code: String = e.to_string().chars().take(6).collect();
            self.tell(Notice {
                level: NoticeLevel::Warning,
                message: "runtime-step-unreadable".into(),
                code,
            });
        }
        Ok(session)
    }

    pub(super) fn load(&mut self, session: Uuid, ctx: Arc<SessionContext>) -> Result<Session, JobError> {
        if self.discards.iter().any(|(id, _)| *id == session) {
            return Err(JobError::Told("runtime-no-session", error::NO_SESSION.to_owned()));
        }
        self.spare(session);
        self.restore(session, ctx)
    }
}

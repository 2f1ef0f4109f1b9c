//! Hands a session's effects to the workers. What a full worker cannot take fails at once, as an answer.

use biometrics::signature::Strokes;
use chrono::{DateTime, Utc};
use devices::vocabulary::Captured;
use devices::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind, RequestId};
use record::schema::StepId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Station;
use crate::runtime::analysis::Work;
use crate::runtime::device_host::{AnalysisJob, Order};
use crate::runtime::documents::{DocumentJob, Sheet, SheetJob};
use crate::runtime::error;
use crate::runtime::station::DocumentKind;
use crate::runtime::vault_jobs::{FingerQuestion, Question, VaultJob};
use crate::runtime::workers::{Answer, error_notice};
use crate::session::effect::Effect;
use crate::session::event::{CaptureOutcome, Target};

/// The window as a signature pad.
pub(super) fn window() -> DeviceInfo {
    DeviceInfo {
        id: DeviceId("window".into()),
        kind: DeviceKind::SignaturePad,
        driver: "window".into(),
        model: concat!("rekam ", env!("CARGO_PKG_VERSION")).into(),
        serial: String::new(),
        training_only: false,
    }
}

impl Station {
    pub(super) fn run(&mut self, session: Uuid, effect: Effect, now: DateTime<Utc>) {
        match effect {
            Effect::Capture { id, target, task, gallery, background, timeout_ms } => {
                self.capture(Box::new(Order { session, id, target, task, gallery, background, timeout_ms }));
            }
            Effect::AnalyseStrokes { id, strokes } => {
                self.device_used(DeviceKind::SignaturePad, session);
                self.analyse_strokes(session, id, strokes, now);
            }
            Effect::Disinfected(kind) => self.device_disinfected(kind),
            Effect::Recut { id, slap, gallery } => {
                let device = &slap.device;
                let job = AnalysisJob {
                    session,
                    id,
                    target: Target::Boxes(slap.slap),
                    gallery,
                    device: DeviceInfo {
                        id: DeviceId(device.driver.clone()),
                        kind: DeviceKind::Fingerprint,
                        driver: device.driver.clone(),
                        model: device.model.clone(),
                        serial: device.serial.clone(),
                        training_only: false,
                    },
                    at: device.at,
                    work: Work::Recut(slap),
                };
                if self.analysis.give(job).is_err() {
                    self.capture_failed(session, id);
                }
            }
            Effect::Cancel(id) => self.cancel_capture(session, id),
            Effect::LookUp { id, nik, no_kk } => {
                let today = self.local_date(now);
                let question = Question { id, nik: Zeroizing::new(nik), no_kk: Zeroizing::new(no_kk), today };
                self.give_vault(VaultJob::LookUp { session, question });
            }
            Effect::LookUpCard { id, uid } => {
                self.give_vault(VaultJob::LookUpCard { session, id, uid: Zeroizing::new(uid) });
            }
            Effect::SearchFingers { id, fingers } => {
                let search = FingerQuestion { id, fingers };
                self.give_vault(VaultJob::SearchFingers { session, search });
            }
            Effect::AskApproval(draft) => self.give_vault(VaultJob::Ask { session, draft, now }),
            Effect::KeepStep { step, bytes } => {
                self.give_vault(VaultJob::Keep { session, step, bytes: Zeroizing::new(bytes), now });
            }
            Effect::TryPart(step) => {
                if let Some(snapshot) = self.session_of(session).cloned() {
                    self.give_vault(VaultJob::TryPart { session: Box::new(snapshot), step, now });
                }
                if step == StepId::Biodata {
                    // Captures follow: what would keep their record from being sealed is told before them.
                    self.try_seal(session, now);
                }
            }
            Effect::Seal => {
                if let Some(snapshot) = self.session_of(session).cloned() {
                    self.give_vault(VaultJob::Seal { session: Box::new(snapshot), now });
                }
            }
            Effect::MakeProof(record) => self.make_proof(session, record, now),
            Effect::MakeSlip => self.make_document(session, Sheet::Slip, now),
            Effect::DiscardDraft(reason) => self.give_vault(VaultJob::Discard { session, reason, now }),
            Effect::Audit { event, details } => {
                self.give_vault(VaultJob::Audit { session, event, details, now });
            }
        }
    }

    /// Gives the vault a job; one that it cannot take has failed, and says so.
    pub(super) fn give_vault(&mut self, job: VaultJob) {
        if let Err((why, job)) = self.vault.give(job) {
            let code = why.code();
            self.notify(error_notice("runtime-worker-busy", code));
            self.stash.push_back(Answer::Vault(job.failure().with_code(code)));
        }
    }

    pub(super) fn capture_failed(&mut self, session: Uuid, id: RequestId) {
        let outcome = CaptureOutcome::Fault(DeviceFault::Busy);
        self.stash.push_back(Answer::Captured { session, id, outcome });
    }

    fn analyse_strokes(&mut self, session: Uuid, id: RequestId, strokes: Strokes, now: DateTime<Utc>) {
        let pending = self.session_of(session).and_then(|s| s.core.pending.as_ref());
        let Some(target) = pending.map(|p| p.target) else { return };
        let job = AnalysisJob {
            session,
            id,
            target,
            gallery: Vec::new(),
            device: window(),
            work: Captured::Signature(strokes).into(),
            at: now,
        };
        if self.analysis.give(job).is_err() {
            self.capture_failed(session, id);
        }
    }

    fn make_proof(&mut self, session: Uuid, record: Uuid, now: DateTime<Utc>) {
        match &self.sealed {
            Some(sealed) if sealed.record_id == record => {
                let sheet = Sheet::Proof { token: sealed.token, sealed_at: sealed.at };
                self.make_document(session, sheet, now);
            }
            // The record's token is known only to the run that sealed it.
            _ => self.document_failed(session, DocumentKind::Proof, error::NO_SESSION),
        }
    }

    fn make_document(&mut self, session: Uuid, sheet: Sheet, now: DateTime<Utc>) {
        let kind = sheet.kind();
        let Some(snapshot) = self.session_of(session).cloned() else { return };
        let officer = self.signed_in.as_ref().map(|s| s.line.name.clone()).unwrap_or_default();
        let job = DocumentJob::Session(SheetJob { session: Box::new(snapshot), officer, now, sheet });
        if let Err(code) = self.give_document(session, job) {
            self.document_failed(session, kind, code);
        }
    }

    /// Gives the maker of documents a job; the code says why it was not taken.
    pub(super) fn give_document(&mut self, session: Uuid, job: DocumentJob) -> Result<(), &'static str> {
        self.documents.give(job).map_err(|(why, _)| why.code())?;
        self.documents_due.insert(session);
        Ok(())
    }

    /// A document is being made: it has to reach the vault before that is locked.
    pub(super) fn makes_document(&self) -> bool {
        !self.documents_due.is_empty() && !self.documents.is_gone()
    }

    fn document_failed(&mut self, session: Uuid, kind: DocumentKind, code: &str) {
        let made = Err(code.to_owned());
        self.stash.push_back(Answer::Document { session, kind, name: String::new(), made });
    }
}

//! The documents worker: proofs of recording and redirect slips as PDF. In training they are written to the documents
//! folder; in production they stay in memory for the printer (`printing.rs`) and never lie on disk in clear.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

use biometrics::position::FingerPosition;
use chrono::{DateTime, Utc};
use record::schema::{Environment, ExceptionTerm, Outcome, RecordState};
use uuid::Uuid;

use super::error;
use super::station::DocumentKind;
use super::workers::{Answer, Made, Outbox};
use crate::documents::{
    self, DocumentError, NotRecorded, Office, Proof, ProofException, Receipt, Slip, SlipKind,
};
use crate::handover::parts::{self, ReceiverKind};
use crate::i18n::{Language, Words};
use crate::session::Session;

/// Note of a document that goes to the printer.
const AT_PRINTER: &str = "printer";

/// A document to be made.
pub(super) enum DocumentJob {
    Session(SheetJob),
    Receipt(Box<ReceiptJob>),
}

/// The receipt of a card.
pub(super) struct ReceiptJob {
    pub(super) handover: Uuid,
    pub(super) environment: Environment,
    pub(super) station: String,
    pub(super) utc_offset_s: i32,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) nik: String,
    pub(super) receiver: parts::Receiver,
    /// The finger that matched; none where a supervisor approved without.
    pub(super) finger: Option<FingerPosition>,
    pub(super) signed: bool,
    pub(super) at: DateTime<Utc>,
    pub(super) officer: String,
    pub(super) now: DateTime<Utc>,
}

/// A sheet of a session.
pub(super) struct SheetJob {
    pub(super) session: Box<Session>,
    /// Initials or account name of the officer.
    pub(super) officer: String,
    pub(super) now: DateTime<Utc>,
    pub(super) sheet: Sheet,
}

pub(super) enum Sheet {
    Proof { token: [u8; 16], sealed_at: DateTime<Utc> },
    Slip,
}

impl Sheet {
    pub(super) const fn kind(&self) -> DocumentKind {
        match self {
            Self::Proof { .. } => DocumentKind::Proof,
            Self::Slip => DocumentKind::Slip,
        }
    }
}

/// Where documents go and in which language they are.
pub(super) struct Documents {
    pub(super) folder: PathBuf,
    pub(super) language: Language,
    pub(super) office: Office,
}

impl Documents {
    /// Serves jobs until the shell is gone.
    pub(super) fn run(self, jobs: &Receiver<DocumentJob>, out: &Outbox) {
        // Fluent bundles are not made for other threads, so the words are built here.
        let words = Words::new(self.language);
        while let Ok(job) = jobs.recv() {
            let (session, kind, name) = match &job {
                DocumentJob::Session(job) => {
                    (job.session.core.id, job.sheet.kind(), &job.session.data.biodata.values.nama)
                }
                DocumentJob::Receipt(job) => (job.handover, DocumentKind::Receipt, &job.name),
            };
            let name = name.clone();
            let made = catch_unwind(AssertUnwindSafe(|| match &job {
                DocumentJob::Session(job) => self.make(&words, job),
                DocumentJob::Receipt(job) => self.make_receipt(&words, job),
            }));
            let made = made.unwrap_or_else(|_| Err(error::WORKER_CRASHED.to_owned()));
            if !out.send(Answer::Document { session, kind, name, made }) {
                return;
            }
        }
    }

    fn make_receipt(&self, words: &Words, job: &ReceiptJob) -> Result<Made, String> {
        let kind = job.receiver.kind.map_or("own", ReceiverKind::id);
        let receiver = match job.receiver.kind {
            Some(ReceiverKind::Family) => {
                let (name, relation) = (job.receiver.name.as_str(), job.receiver.relation.as_str());
                words.with("receipt-receiver-family", &[("name", name), ("relation", relation)])
            }
            Some(ReceiverKind::Authorised) => {
                words.with("receipt-receiver-authorised", &[("name", job.receiver.name.as_str())])
            }
            _ => words.get(&format!("receipt-receiver-{kind}")),
        };
        let verified = match job.finger {
            Some(finger) => {
                let name = words.get(&format!("finger-{}", finger.id()));
                words.with("receipt-finger", &[("finger", name)])
            }
            None => words.get("receipt-approved"),
        };
        let pdf = documents::receipt(
            words,
            &Receipt {
                office: &self.office,
                environment: job.environment,
                code: &job.code,
                name: &job.name,
                nik: &job.nik,
                receiver: &receiver,
                document: &job.receiver.document,
                verified: &verified,
                signed: &words.get(if job.signed { "receipt-signed" } else { "receipt-unsigned" }),
                at: job.at,
                printed_at: job.now,
                utc_offset_s: job.utc_offset_s,
                station: &job.station,
                officer: &job.officer,
            },
        );
        let path = self.folder.join(format!("serah-terima-{}.pdf", job.handover));
        Self::put(path, pdf, job.environment)
    }

    fn make(&self, words: &Words, job: &SheetJob) -> Result<Made, String> {
        let (kind, pdf) = match &job.sheet {
            Sheet::Proof { token, sealed_at } => ("bukti", self.proof(words, job, *token, *sealed_at)),
            Sheet::Slip => ("pengarahan", self.slip(words, job)),
        };
        let path = self.folder.join(format!("{kind}-{}.pdf", job.session.core.id));
        Self::put(path, pdf, job.session.ctx.environment)
    }

    /// In training the document is written; in production it stays in memory.
    fn put(
        path: PathBuf,
        pdf: Result<Vec<u8>, DocumentError>,
        environment: Environment,
    ) -> Result<Made, String> {
        let pdf = pdf.map_err(|e| e.to_string().chars().take(6).collect::<String>())?;
        if environment == Environment::Production {
            return Ok(Made { path, bytes: pdf.into(), place: AT_PRINTER.to_owned() });
        }
        if let Err(e) = write(&path, &pdf) {
            tracing::error!("document: {e}");
            return Err(error::DOCUMENT_WRITE.to_owned());
        }
        Ok(Made { place: path.display().to_string(), path, bytes: pdf.into() })
    }

    fn proof(
        &self,
        words: &Words,
        job: &SheetJob,
        tracking_token: [u8; 16],
        recorded_at: DateTime<Utc>,
    ) -> Result<Vec<u8>, DocumentError> {
        let s = &job.session;
        let count = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        let exceptions = exceptions(s);
        let proof = Proof {
            office: &self.office,
            environment: s.ctx.environment,
            record_id: s.core.sealed.as_ref().map_or(s.core.id, |r| r.record_id),
            state: RecordState::BioCaptured,
            name: &s.data.biodata.values.nama,
            nik: s.nik().unwrap_or_default(),
            recorded_at,
            printed_at: job.now,
            utc_offset_s: s.ctx.utc_offset_s,
            station: &s.ctx.station,
            officer: &job.officer,
            photo: s.data.photo.sample.is_some(),
            signature: s.data.signature.sample.is_some(),
            fingers: count(s.data.fingers.samples.len()),
            irises: count(s.data.irises.samples.len()),
            exceptions: &exceptions,
            print_not_before: s.data.urgency.decision.as_ref().and_then(|d| d.print_not_before),
            tracking_token,
        };
        documents::proof_of_recording(words, &proof)
    }

    fn slip(&self, words: &Words, job: &SheetJob) -> Result<Vec<u8>, DocumentError> {
        let s = &job.session;
        let (policy, closing) = (&s.ctx.policy, &s.core.closing);
        let language = self.language.tag();
        let rules: Vec<String> = closing.rules.iter().map(|rule| rule_words(words, rule)).collect();
        let channels: Vec<String> = closing
            .channels
            .iter()
            .filter_map(|id| policy.channel(id))
            .map(|c| c.words(language, None))
            .collect();
        let number = s.core.id.simple().to_string();
        let redirected = s.core.outcome == Outcome::Redirected;
        let slip = Slip {
            office: &self.office,
            environment: s.ctx.environment,
            kind: if redirected { SlipKind::Redirected } else { SlipKind::Refused },
            // The last digits of a version 7 UUID are random, the first are the time.
            number: number.get(number.len().saturating_sub(8)..).unwrap_or_default(),
            reason: rules.first().map_or("", String::as_str),
            rules: rules.get(1..).unwrap_or_default(),
            basis: policy.legal_basis.get(language),
            come_back: closing.come_back,
            channels: &channels,
            at: job.now,
            utc_offset_s: s.ctx.utc_offset_s,
            station: &s.ctx.station,
        };
        documents::slip(words, &slip)
    }
}

/// The words of a rule; its stable id where the catalogue has none, so that the office can still find it.
fn rule_words(words: &Words, rule: &str) -> String {
    let message = format!("rule-{rule}");
    if words.has(&message) { words.get(&message) } else { rule.to_owned() }
}

fn exceptions(s: &Session) -> Vec<ProofException> {
    let fingers = s.data.fingers.exceptions.iter().map(|(f, e)| (NotRecorded::Finger(*f), e.reason, e.term));
    let eyes = s.data.irises.exceptions.iter().map(|(i, e)| (NotRecorded::Eye(*i), e.reason, e.term));
    let unsigned =
        s.data.signature.cannot_sign.map(|reason| (NotRecorded::Signature, reason, ExceptionTerm::Permanent));
    fingers
        .chain(eyes)
        .chain(unsigned)
        .map(|(what, reason, term)| ProofException { what, reason, term })
        .collect()
}

/// Writes a document for training, readable by this account only.
fn write(path: &Path, pdf: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(pdf)
}

//! What the vault worker is asked, and what it answers.

use std::path::PathBuf;
use std::sync::Arc;

use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use chrono::{DateTime, NaiveDate, Utc};
use devices::vocabulary::RequestId;
use record::grant::{Grant, GrantRequest};
use record::schema::StepId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::lock::LockNote;
use super::station::{OfficerLine, QueueLine, UnprintedLine, WaitingLine};
use super::vault_cards::{CardsAnswer, CardsJob};
use super::vault_worker::Look;
use super::workers::error_notice;
use crate::session::effect::ApprovalDraft;
use crate::session::event::{CardAtStation, LookUpAnswer};
use crate::session::{Session, SessionContext};
use crate::vault::{FingerTemplate, RetentionReport, RetentionTimes, UnprintedDocument};

/// One decision of a second officer, on one request or on several that stand for the same cause.
pub(super) struct Decision {
    pub(super) requests: Vec<GrantRequest>,
    pub(super) nik: Zeroizing<String>,
    pub(super) officer: Uuid,
    pub(super) passphrase: Zeroizing<String>,
    pub(super) approve: bool,
    pub(super) note: String,
}

/// A question about a NIK.
pub(super) struct Question {
    pub(super) id: RequestId,
    pub(super) nik: Zeroizing<String>,
    pub(super) no_kk: Zeroizing<String>,
    pub(super) today: NaiveDate,
}

/// Fingers to be compared with those the station knows.
pub(super) struct FingerQuestion {
    pub(super) id: RequestId,
    pub(super) fingers: Vec<(FingerPosition, Template)>,
}

/// What is done with documents that wait for the printer.
pub(super) enum PaperJob {
    /// For so many days.
    Keep {
        id: Uuid,
        document: Box<UnprintedDocument>,
        days: u32,
        now: DateTime<Utc>,
    },
    Printed {
        id: Uuid,
        now: DateTime<Utc>,
    },
    List,
    Load {
        id: Uuid,
    },
}

/// What the vault worker does.
pub(super) enum VaultJob {
    SignIn {
        officer: Uuid,
        passphrase: Zeroizing<String>,
        now: DateTime<Utc>,
    },
    SignOut,
    /// The passphrase of the officer who is signed in, to open the lock.
    Unlock {
        officer: Uuid,
        passphrase: Zeroizing<String>,
        now: DateTime<Utc>,
    },
    /// The PIN of that officer.
    UnlockByPin {
        officer: Uuid,
        pin: Zeroizing<String>,
        now: DateTime<Utc>,
    },
    /// The keys leave the memory; what a PIN opens may stay.
    Lock {
        pin: bool,
    },
    /// An officer's own templates.
    FingersOf(Uuid),
    Keep {
        session: Uuid,
        step: StepId,
        bytes: Zeroizing<Vec<u8>>,
        now: DateTime<Utc>,
    },
    LookUp {
        session: Uuid,
        question: Question,
    },
    LookUpCard {
        session: Uuid,
        id: RequestId,
        uid: Zeroizing<Vec<u8>>,
    },
    SearchFingers {
        session: Uuid,
        search: FingerQuestion,
    },
    Ask {
        session: Uuid,
        draft: ApprovalDraft,
        now: DateTime<Utc>,
    },
    Decide {
        session: Uuid,
        decision: Decision,
        now: DateTime<Utc>,
    },
    Seal {
        session: Box<Session>,
        now: DateTime<Utc>,
    },
    Discard {
        session: Uuid,
        reason: String,
        now: DateTime<Utc>,
    },
    Audit {
        session: Uuid,
        event: &'static str,
        details: Vec<(&'static str, String)>,
        now: DateTime<Utc>,
    },
    /// What happens outside a session.
    AuditDesk {
        event: &'static str,
        details: Vec<(&'static str, String)>,
        now: DateTime<Utc>,
    },
    Page {
        page: usize,
        now: DateTime<Utc>,
    },
    /// `releases` is the capture that waits for the end of the writing.
    KeepHygiene {
        bytes: Vec<u8>,
        releases: Option<(Uuid, RequestId)>,
    },
    Drafts(Arc<SessionContext>),
    Load {
        session: Uuid,
        ctx: Arc<SessionContext>,
    },
    Paper(PaperJob),
    /// Looks at disk, queue and clock, with a trial seal where it is asked for; `session` is the one it is made for.
    Look {
        session: Option<Uuid>,
        trial: bool,
        now: DateTime<Utc>,
    },
    /// Puts together in trial what a finished step adds to the record.
    TryPart {
        session: Box<Session>,
        step: StepId,
        now: DateTime<Utc>,
    },
    /// Deletes what is due, between the jobs that follow.
    KeepHouse {
        times: Box<RetentionTimes>,
        in_use: Vec<Uuid>,
        now: DateTime<Utc>,
    },
    Cards {
        handover: Uuid,
        job: CardsJob,
        now: DateTime<Utc>,
    },
}

/// A record that is durable.
pub(super) struct SealedRecord {
    pub(super) record_id: Uuid,
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    pub(super) token: [u8; 16],
    pub(super) at: DateTime<Utc>,
}

/// What it answers. Errors are also told as notices.
pub(super) enum VaultAnswer {
    SignedIn {
        officer: OfficerLine,
        public_key: String,
        look: Look,
    },
    Looked {
        session: Option<Uuid>,
        look: Look,
    },
    PartTried {
        session: Uuid,
        step: StepId,
        result: Result<(), String>,
    },
    KeptHouse(Box<RetentionReport>),
    NotSignedIn,
    Unlocked(Result<(), LockNote>),
    /// The keys are gone; a PIN brings them back.
    Locked {
        pin: bool,
    },
    FingersOf(Uuid, Vec<FingerTemplate>),
    NotSearched {
        session: Uuid,
        id: RequestId,
        code: String,
    },
    SignedOut,
    Kept {
        session: Uuid,
        step: StepId,
        result: Result<(), String>,
    },
    LookedUp {
        session: Uuid,
        id: RequestId,
        answer: Option<LookUpAnswer>,
    },
    CardLookedUp {
        session: Uuid,
        id: RequestId,
        answer: CardAtStation,
    },
    Asked {
        session: Uuid,
        request: Box<GrantRequest>,
    },
    NotAsked {
        session: Uuid,
        step: StepId,
        reason: String,
    },
    Decided {
        session: Uuid,
        grants: Vec<Grant>,
    },
    Sealed {
        session: Uuid,
        result: Result<SealedRecord, String>,
    },
    Discarded(Uuid),
    Page {
        lines: Vec<QueueLine>,
        len: usize,
    },
    Drafts(Vec<WaitingLine>),
    Loaded {
        session: Uuid,
        taken: Option<Box<Session>>,
    },
    Papers(Vec<UnprintedLine>),
    PaperKept {
        id: Uuid,
        lines: Vec<UnprintedLine>,
    },
    PaperNotKept(String),
    HygieneKept {
        releases: Option<(Uuid, RequestId)>,
        kept: bool,
    },
    PaperLoaded {
        id: Uuid,
        document: Option<Box<UnprintedDocument>>,
    },
    Cards {
        handover: Uuid,
        answer: CardsAnswer,
    },
    Done,
}

impl VaultJob {
    /// The answer when the job could not be done; [`VaultAnswer::with_code`] says why.
    pub(super) fn failure(&self) -> VaultAnswer {
        let code = String::new;
        match self {
            Self::SignIn { .. } => VaultAnswer::NotSignedIn,
            Self::SignOut => VaultAnswer::SignedOut,
            Self::Lock { .. } => VaultAnswer::Locked { pin: false },
            Self::Unlock { .. } | Self::UnlockByPin { .. } => {
                VaultAnswer::Unlocked(Err(LockNote::NotChecked(error_notice("lock-not-checked", ""))))
            }
            Self::FingersOf(officer) => VaultAnswer::FingersOf(*officer, Vec::new()),
            Self::Keep { session, step, .. } => {
                VaultAnswer::Kept { session: *session, step: *step, result: Err(code()) }
            }
            Self::LookUp { session, question } => {
                VaultAnswer::LookedUp { session: *session, id: question.id, answer: None }
            }
            Self::LookUpCard { session, id, .. } => {
                VaultAnswer::CardLookedUp { session: *session, id: *id, answer: CardAtStation::Unanswered }
            }
            Self::SearchFingers { session, search } => {
                VaultAnswer::NotSearched { session: *session, id: search.id, code: code() }
            }
            Self::Ask { session, draft, .. } => {
                VaultAnswer::NotAsked { session: *session, step: draft.step, reason: draft.reason.clone() }
            }
            Self::Decide { session, .. } => VaultAnswer::Decided { session: *session, grants: Vec::new() },
            Self::Seal { session, .. } => {
                VaultAnswer::Sealed { session: session.core.id, result: Err(code()) }
            }
            Self::Cards { handover, job, .. } => {
                VaultAnswer::Cards { handover: *handover, answer: job.failure() }
            }
            Self::Load { session, .. } => VaultAnswer::Loaded { session: *session, taken: None },
            Self::Look { session, .. } => VaultAnswer::Looked { session: *session, look: Look::failed() },
            // A trial that crashed says nothing of the step: the seal itself will.
            Self::TryPart { session, step, .. } => {
                VaultAnswer::PartTried { session: session.core.id, step: *step, result: Ok(()) }
            }
            Self::KeepHygiene { releases, .. } => {
                VaultAnswer::HygieneKept { releases: *releases, kept: false }
            }
            Self::Paper(PaperJob::Keep { .. }) => VaultAnswer::PaperNotKept(code()),
            Self::Paper(PaperJob::Load { id }) => VaultAnswer::PaperLoaded { id: *id, document: None },
            Self::Discard { .. }
            | Self::Audit { .. }
            | Self::AuditDesk { .. }
            | Self::Page { .. }
            | Self::Drafts(_)
            | Self::KeepHouse { .. }
            | Self::Paper(_) => VaultAnswer::Done,
        }
    }
}

impl VaultAnswer {
    /// The same failure with its stable code.
    pub(super) fn with_code(mut self, code: &str) -> Self {
        match &mut self {
            Self::Kept { result: Err(slot), .. }
            | Self::Sealed { result: Err(slot), .. }
            | Self::PaperNotKept(slot)
            | Self::NotSearched { code: slot, .. } => {
                code.clone_into(slot);
            }
            Self::Unlocked(Err(LockNote::NotChecked(notice))) => code.clone_into(&mut notice.code),
            Self::Cards { answer, .. } => answer.set_code(code),
            _ => {}
        }
        self
    }
}

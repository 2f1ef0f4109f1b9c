//! What happens to a handover, and what it asks for.

use std::collections::BTreeSet;

use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use biometrics::signature::Strokes;
use devices::vocabulary::{CaptureTask, DeviceKind, RequestId};
use record::grant::{Grant, GrantRequest};
use uuid::Uuid;

use super::parts::{Candidate, Exempt, Leaving, Person, Proof, ReceiverKind, SavedCard};
use crate::session::event::{CaptureOutcome, Target};
use crate::session::sample::CardJudgement;

/// A typed field of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Name.
    Name,
    /// Relation within the family.
    Relation,
    /// No. KK.
    Kk,
    /// The document seen.
    Document,
}

/// What the operator does. Every command is harmless in every state.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Searches the list.
    Query(String),
    /// Reads the list anew.
    Refresh,
    /// Picks a record of the list.
    Pick(Uuid),
    /// NIK as printed on the card.
    Nik(String),
    /// Asks a device.
    Capture(Target),
    /// Takes strokes drawn in the window as the signature.
    Drawn(Strokes),
    /// Stops the running capture.
    CancelCapture,
    /// The fault page was read.
    DismissFault,
    /// Picture on the chip against the recorded one.
    Judge(CardJudgement),
    /// The owner is too young, and a document of marriage was shown; or it was not after all.
    Married(bool),
    /// That document.
    MarriageDocument(String),
    /// Who receives the card.
    Receiver(ReceiverKind),
    /// A field of the receiver.
    Field(Field, String),
    /// Leaves the finger to a supervisor, or takes that back.
    ExemptFinger(bool),
    /// The receiver cannot sign, or can after all.
    CannotSign(bool),
    /// On to the next page.
    Next,
    /// Back to the page before.
    Back,
    /// The card leaves the counter.
    Leave(Leaving),
    /// The receipt could not be made: once more.
    ReceiptAgain,
}

impl std::fmt::Debug for Command {
    // Commands carry NIK, names and strokes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command(..)")
    }
}

/// A number that the vault compares with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// NIK.
    Nik,
    /// No. KK.
    Kk,
    /// UID of a card in hex: true when it was handed over for another record.
    Card,
}

impl Number {
    /// Stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Nik => "nik",
            Self::Kk => "kk",
            Self::Card => "card",
        }
    }
}

/// Everything that can happen. Codes are stable and say why something failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The operator did something.
    Command(Command),
    /// A device request ended.
    Captured(RequestId, CaptureOutcome),
    /// Time passed.
    Tick,
    /// The list was read, the newest records first, and how many older ones are not on it.
    Listed(Result<(Vec<Candidate>, usize), String>),
    /// A record was opened.
    Opened(Uuid, Result<Box<Person>, String>),
    /// A number was compared; `None` where the record does not know it or the vault failed.
    Checked(RequestId, Number, Option<bool>),
    /// An approval request was made out.
    Asked(GrantRequest),
    /// It could not be made out; its reason.
    NotAsked(String),
    /// A supervisor decided.
    Decided(Grant),
    /// It is durable, or it is not.
    Saved(Result<SavedCard, String>),
    /// Where the receipt is.
    Receipt(Result<String, String>),
    /// Devices that must be disinfected before they are used here.
    Hygiene(BTreeSet<DeviceKind>),
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Id of the handover.
    pub id: Uuid,
    /// The record.
    pub record: Uuid,
    /// How the card leaves.
    pub leaving: Leaving,
    /// The proof; its card sample carries the UID, which is not serialised.
    pub proof: Proof,
}

/// One thing to do.
#[derive(Clone, PartialEq)]
pub enum Effect {
    /// Read the records whose card may be handed over.
    List,
    /// Open a record's extract.
    Open(Uuid),
    /// Compare a number with a record.
    Check {
        /// Answers carry it back.
        id: RequestId,
        /// The record.
        record: Uuid,
        /// Which number.
        number: Number,
        /// Its digits.
        value: String,
    },
    /// Ask a device, compare fingers with `gallery`.
    Capture {
        /// Answers carry it back.
        id: RequestId,
        /// What it is for.
        target: Target,
        /// What the device does.
        task: CaptureTask,
        /// The record's chip fingers.
        gallery: Vec<(FingerPosition, Template)>,
        /// How long the device may take.
        timeout_ms: u64,
    },
    /// Judge and draw strokes from the window.
    AnalyseStrokes {
        /// Answers carry it back.
        id: RequestId,
        /// The strokes.
        strokes: Strokes,
    },
    /// Stop a capture.
    Cancel(RequestId),
    /// Make out an approval request.
    Ask {
        /// What for.
        what: Exempt,
        /// Stable reason.
        reason: String,
        /// NIK that it is bound to.
        nik: String,
        /// SHA-256 of what is decided about, hex.
        evidence: String,
    },
    /// Keep how many comparisons of fingers have failed.
    Tried {
        /// The record.
        record: Uuid,
        /// All of today.
        failed: u32,
    },
    /// Write how the card left the counter.
    Save(Box<Report>),
    /// Make the receipt.
    Receipt,
    /// Write an audit line without personal data.
    Audit {
        /// Event name.
        event: &'static str,
        /// Details, `key=value`.
        details: Vec<(&'static str, String)>,
    },
}

impl std::fmt::Debug for Effect {
    // NIK, KK, templates and strokes: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::List => f.write_str("List"),
            Self::Open(id) => write!(f, "Open({id})"),
            Self::Check { id, number, .. } => write!(f, "Check({id:?}, {number:?})"),
            Self::Capture { id, target, .. } => write!(f, "Capture({id:?}, {target:?})"),
            Self::AnalyseStrokes { id, .. } => write!(f, "AnalyseStrokes({id:?})"),
            Self::Cancel(id) => write!(f, "Cancel({id:?})"),
            Self::Ask { what, .. } => write!(f, "Ask({what:?})"),
            Self::Tried { record, failed } => write!(f, "Tried({record}, {failed})"),
            Self::Save(report) => write!(f, "Save({report:?})"),
            Self::Receipt => f.write_str("Receipt"),
            Self::Audit { event, .. } => write!(f, "Audit({event})"),
        }
    }
}

/// Effects in order.
pub type Effects = Vec<Effect>;

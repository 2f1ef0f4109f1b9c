//! What a session asks the runtime to do. Effects are data; the reducer does nothing itself.

use biometrics::face::BackgroundColour;
use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use biometrics::signature::Strokes;
use devices::vocabulary::{CaptureTask, DeviceKind, RequestId};
use record::schema::{RequirementKind, StepId};
use uuid::Uuid;

use crate::session::event::Target;
use crate::session::sample::SlapSample;

/// Most effects that one event can cause.
pub const MAX_EFFECTS: usize = 32;

/// A request for an approval that the runtime makes out (adds nonce, salt, times).
#[derive(Clone, PartialEq, Eq)]
pub struct ApprovalDraft {
    /// Supervisor or second person.
    pub kind: RequirementKind,
    /// Step that needs it.
    pub step: StepId,
    /// Stable reason.
    pub reason: String,
    /// SHA-256 of the evidence, hex.
    pub evidence: Vec<String>,
    /// NIK that it is bound to (never leaves the station: the request carries an HMAC).
    pub nik: String,
}

impl std::fmt::Debug for ApprovalDraft {
    // NIK: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApprovalDraft({:?}, {:?})", self.kind, self.step)
    }
}

/// One thing to do.
#[derive(Clone, PartialEq)]
pub enum Effect {
    /// Ask a device, judge and encode what comes, compare fingers with `gallery`.
    Capture {
        /// Answers carry it back.
        id: RequestId,
        /// What it is for.
        target: Target,
        /// What the device does.
        task: CaptureTask,
        /// Fingers recorded so far. A captured finger is compared with the entry of its own position, with all
        /// entries of positions that are not in this capture, and with the other fingers of the capture.
        gallery: Vec<(FingerPosition, Template)>,
        /// The background that the rule asks for, where it asks for one (face only).
        background: Option<BackgroundColour>,
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
    /// Cut the fingers of a slap from these boxes, and judge them again.
    Recut {
        /// Answers carry it back.
        id: RequestId,
        /// The slap with the boxes wanted.
        slap: Box<SlapSample>,
        /// As for [`Effect::Capture`].
        gallery: Vec<(FingerPosition, Template)>,
    },
    /// Stop a capture.
    Cancel(RequestId),
    /// Ask queue and roster about a NIK.
    LookUp {
        /// Answers carry it back.
        id: RequestId,
        /// NIK.
        nik: String,
        /// No. KK, may be empty.
        no_kk: String,
    },
    /// Ask the ledger of cards whether this station handed a card out.
    LookUpCard {
        /// Answers carry it back.
        id: RequestId,
        /// The card's UID.
        uid: Vec<u8>,
    },
    /// Compare recorded fingers with the officers' own and with those of records still here.
    SearchFingers {
        /// Answers carry it back.
        id: RequestId,
        /// The fingers.
        fingers: Vec<(FingerPosition, Template)>,
    },
    /// Make out an approval request.
    AskApproval(ApprovalDraft),
    /// Write a step, encrypted, durably.
    KeepStep {
        /// Step (its file).
        step: StepId,
        /// CBOR of the step's data and the core.
        bytes: Vec<u8>,
    },
    /// Put together in trial what this finished step adds to the record.
    TryPart(StepId),
    /// Assemble, seal and save the record.
    Seal,
    /// Note for the station that a device was disinfected.
    Disinfected(DeviceKind),
    /// Make the proof of recording.
    MakeProof(Uuid),
    /// Make the slip for a refusal or redirection.
    MakeSlip,
    /// Remove the draft: the session ended without a record.
    DiscardDraft(String),
    /// Write an audit line: event name and details without personal data.
    Audit {
        /// Event name.
        event: &'static str,
        /// Details, `key=value`.
        details: Vec<(&'static str, String)>,
    },
}

impl std::fmt::Debug for Effect {
    // NIK, KK, UID, templates, strokes and kept steps: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Capture { id, target, .. } => write!(f, "Capture({id:?}, {target:?})"),
            Self::AnalyseStrokes { id, .. } => write!(f, "AnalyseStrokes({id:?})"),
            Self::Recut { id, .. } => write!(f, "Recut({id:?})"),
            Self::Cancel(id) => write!(f, "Cancel({id:?})"),
            Self::LookUp { id, .. } => write!(f, "LookUp({id:?})"),
            Self::LookUpCard { id, .. } => write!(f, "LookUpCard({id:?})"),
            Self::SearchFingers { id, .. } => write!(f, "SearchFingers({id:?})"),
            Self::AskApproval(draft) => write!(f, "AskApproval({draft:?})"),
            Self::KeepStep { step, .. } => write!(f, "KeepStep({step:?})"),
            Self::TryPart(step) => write!(f, "TryPart({step:?})"),
            Self::Seal => f.write_str("Seal"),
            Self::Disinfected(kind) => write!(f, "Disinfected({kind:?})"),
            Self::MakeProof(record) => write!(f, "MakeProof({record})"),
            Self::MakeSlip => f.write_str("MakeSlip"),
            Self::DiscardDraft(_) => f.write_str("DiscardDraft"),
            Self::Audit { event, .. } => write!(f, "Audit({event})"),
        }
    }
}

/// Effects in order.
pub type Effects = Vec<Effect>;

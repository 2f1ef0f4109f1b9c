//! What happens to a session: commands of the operator, answers of devices, of the store and of supervisors.

use std::collections::BTreeSet;

use biometrics::position::{Eye, FingerPosition, Slap};
use biometrics::signature::Strokes;
use chrono::{DateTime, NaiveDate, Utc};
use devices::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind, RequestId, Retry};
use record::grant::{Grant, GrantRequest};
use record::schema::{ExceptionReason, ExceptionTerm, StepId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::population::biodata::Biodata;
use crate::session::sample::{CardJudgement, Samples, SlapBox};

/// One of the two people whose health is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// The officer.
    Officer,
    /// The applicant.
    Applicant,
}

impl Person {
    /// Stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Applicant => "applicant",
        }
    }
}

/// A finger or an eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A finger.
    Finger(FingerPosition),
    /// An eye.
    Eye(Eye),
}

impl Subject {
    /// Stable name, `finger:right_index` or `eye:left`.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Finger(f) => format!("finger:{f}"),
            Self::Eye(e) => format!("eye:{e}"),
        }
    }
    /// The step that captures it.
    #[must_use]
    pub fn step(self) -> StepId {
        match self {
            Self::Finger(_) => StepId::Fingers,
            Self::Eye(_) => StepId::Irises,
        }
    }
}

/// What a capture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Temperature of one person.
    Temperature(Person),
    /// Face photo.
    Face,
    /// Signature for the card.
    CardSignature,
    /// A slap of the 4-4-2 sequence.
    Slap(Slap),
    /// A slap whose boxes the operator corrected: no device is asked.
    Boxes(Slap),
    /// The empty glass of the fingerprint reader, after it was disinfected.
    Platen,
    /// One finger (again, or with a single-finger reader).
    Finger(FingerPosition),
    /// Both irises (those without exception).
    Irises,
    /// A chip finger for the second time.
    Verify(FingerPosition),
    /// A recorded finger, to take up a parked session with the right person.
    Reverify(FingerPosition),
    /// Signature under the statement.
    StatementSignature,
    /// Picture of the person with the declared exceptions.
    ExceptionPhoto,
    /// Picture of the evidence for the urgency.
    EvidencePhoto,
    /// The card that the person holds, or that is handed over: UID and picture on the chip.
    Card,
}

impl Target {
    /// The step that a capture belongs to.
    #[must_use]
    pub fn step(self) -> StepId {
        match self {
            Self::Temperature(_) => StepId::Health,
            Self::Face => StepId::Photo,
            Self::CardSignature => StepId::Signature,
            Self::Slap(_)
            | Self::Boxes(_)
            | Self::Platen
            | Self::Finger(_)
            | Self::Reverify(_)
            | Self::ExceptionPhoto => StepId::Fingers,
            Self::Irises => StepId::Irises,
            Self::Verify(_) => StepId::Verification,
            Self::StatementSignature => StepId::Statement,
            Self::EvidencePhoto => StepId::Urgency,
            Self::Card => StepId::Identity,
        }
    }
    /// Stable name for the log, e.g. `slap:right_four`.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Temperature(p) => format!("temperature:{}", p.id()),
            Self::Face => "face".into(),
            Self::CardSignature => "card-signature".into(),
            Self::Slap(s) => format!("slap:{s}"),
            Self::Boxes(s) => format!("boxes:{s}"),
            Self::Platen => "platen".into(),
            Self::Finger(f) => format!("finger:{f}"),
            Self::Irises => "irises".into(),
            Self::Verify(f) => format!("verify:{f}"),
            Self::Reverify(f) => format!("reverify:{f}"),
            Self::StatementSignature => "statement-signature".into(),
            Self::ExceptionPhoto => "exception-photo".into(),
            Self::EvidencePhoto => "evidence-photo".into(),
            Self::Card => "card".into(),
        }
    }
}

/// What the operator does. Every command is harmless in every state: one that does not fit is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Shows a step that is open.
    Open(StepId),
    /// The primary action of the current step.
    Confirm,
    /// Asks a device.
    Capture(Target),
    /// Takes strokes drawn in the window as the capture.
    Drawn(Target, Strokes),
    /// Cuts the fingers of a captured slap from these boxes instead: `(finger, box)` for every finger expected.
    CorrectBoxes(Slap, Vec<SlapBox>),
    /// Stops the running capture.
    CancelCapture,
    /// Accepts the best of several weak captures of the current step, with a reason.
    AcceptBest(String),
    /// Venue of this session.
    Venue(String),
    /// Ticks or unticks an affirmation of the health checklist.
    Affirm(Person, String, bool),
    /// Answers the symptom question.
    Symptoms(Person, bool),
    /// A temperature read from a hand-held thermometer: tenths of a degree and place on the body.
    TemperatureTyped(Person, i32, String),
    /// Ticket of the door officer.
    DoorTicket(String),
    /// Name of the treating doctor.
    TreatingDoctor(String),
    /// Protective equipment is worn.
    ProtectiveEquipment(bool),
    /// One field of identity or biodata as typed (`nik`, `no_kk`, `nama`, ...).
    Field(String, String),
    /// Birth date as typed or chosen.
    BirthDate(Option<NaiveDate>),
    /// "Ever recorded before?"
    RecordedBefore(bool),
    /// The applicant says, or the operator suspects, that a card was issued.
    CardClaimed(bool),
    /// The operator compared the picture on the chip with the person.
    JudgeCard(CardJudgement),
    /// The operator's reason for going on despite a warning.
    AnswerWarning(String, String),
    /// Urgency class, or none.
    UrgencyClass(Option<String>),
    /// Asks the supervisor for a place although the daily quota is used up.
    AskQuotaJump(bool),
    /// Evidence seen or not.
    EvidenceSeen(String, bool),
    /// The document that a correction of biodata rests on.
    CorrectionDocument(String),
    /// The biodata were read aloud.
    ReadAloud(bool),
    /// The applicant confirmed (biodata or statement, by current step).
    ApplicantConfirms(bool),
    /// The applicant approved the photo, or wants another.
    ApprovePhoto(bool),
    /// Why the background does not have the rule's colour.
    BackgroundReason(String),
    /// The card gets the background that was made by software, or the camera's own.
    SoftwareBackground(bool),
    /// A finger or eye cannot be recorded.
    DeclareException(Subject, ExceptionReason, ExceptionTerm),
    /// Goes on without the device of the step on screen: what it has not recorded yet is declared as an exception.
    WithoutDevice,
    /// It can be recorded after all.
    WithdrawException(Subject),
    /// The applicant cannot sign.
    CannotSign(ExceptionReason),
    /// The applicant can sign after all.
    CanSign,
    /// Sends the applicant home to come back (temporary exception, no approval to be had).
    ComeBack,
    /// Tries again to keep what could not be written.
    RetryKeep,
    /// Makes a failed comparison of the fingers again.
    SearchAgain,
    /// Puts the session aside.
    Park,
    /// Gives the session up, with a reason.
    Abandon(String),
    /// The device was disinfected and is dry.
    Disinfected(DeviceKind),
    /// The fault page was read; go on with another device or by exception.
    DismissFault,
}

/// How a device request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureOutcome {
    /// Captured and judged.
    Samples(Samples),
    /// The person can mend it.
    Retry(Retry),
    /// The station must act.
    Fault(DeviceFault),
    /// Stopped by us.
    Cancelled,
}

/// What the queue and the roster know of a NIK.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookUpAnswer {
    /// Short id and state of a record of this NIK in the queue.
    pub in_queue: Option<(String, String)>,
    /// Biodata from the roster.
    pub roster: Option<Box<Biodata>>,
    /// Another person with the same KK and birth date is in queue or roster (twins).
    pub same_family_and_birth: bool,
    /// Sessions sealed today.
    pub sealed_today: u32,
}

/// What the station's ledger of cards says of a card that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardAtStation {
    /// Nobody has answered yet.
    #[default]
    Unasked,
    /// The vault did not answer.
    Unanswered,
    /// It was not handed out here.
    NotHanded,
    /// It was handed out here.
    Handed {
        /// Short code of the record.
        code: String,
        /// When.
        at: DateTime<Utc>,
    },
}

/// Whose finger it is that a recorded one is held to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FingerOwner {
    /// An officer of this station.
    Officer(Uuid),
    /// Another record that is still here, by its short id.
    Record(String),
}

/// A recorded finger that the station knows already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerHit {
    /// The recorded finger.
    pub finger: FingerPosition,
    /// Whose it is held to be.
    pub owner: FingerOwner,
    /// Matcher's score.
    pub score: u32,
    /// Score that was needed.
    pub threshold: u32,
}

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The operator did something.
    Command(Command),
    /// A device request ended.
    Captured(RequestId, CaptureOutcome),
    /// A device came.
    DeviceArrived(DeviceInfo),
    /// A device went.
    DeviceLeft(DeviceKind, DeviceId),
    /// What the station knows of disinfection, for this session.
    Hygiene {
        /// Devices that another applicant used last and nobody has disinfected since.
        locked: BTreeSet<DeviceKind>,
        /// The reader's empty glass should be looked at before the first finger, and the reader may be able to.
        platen_due: bool,
    },
    /// Time passed.
    Tick,
    /// The look-up ended.
    LookedUp(RequestId, LookUpAnswer),
    /// The ledger of cards answered.
    CardLookedUp(RequestId, CardAtStation),
    /// The search of the recorded fingers ended; the stable code says why it failed.
    FingersSearched(RequestId, Result<Vec<FingerHit>, String>),
    /// An approval request was made out (randomness comes from outside).
    ApprovalAsked(GrantRequest),
    /// A supervisor or second person decided.
    Decided(Grant),
    /// A step is on disk.
    StepKept(StepId),
    /// A step could not be written; the stable code says why.
    KeepFailed(StepId, String),
    /// What a finished step adds to the record was put together in trial; the stable code says why it cannot be.
    PartTried(StepId, Result<(), String>),
    /// The record is durable.
    Sealed {
        /// Record id.
        record_id: Uuid,
        /// File name of the payload.
        file: String,
        /// SHA-256 of the payload, hex.
        sha256: String,
    },
    /// Sealing or saving failed; the stable code says why. Nothing is lost: the draft stays.
    SealFailed(String),
    /// The proof was made; where it is, or the printer job.
    ProofReady(String),
    /// The proof could not be made or printed; the document can be made again.
    ProofFailed(String),
    /// A parked or interrupted session is taken up again.
    TakenUp,
}

//! The shell around the reducer: owns the running session and the parked ones, hands effects to workers, and
//! feeds their answers back as events. Both the window and the script runner drive the station through
//! [`Station::send`], [`Station::pump`] and the getters; neither touches vault or drivers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use devices::traits::PreviewFrame;
use devices::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind, PrintHitch};
use record::schema::{Environment, Outcome, RecordState, Role, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use super::audit_words::DISCARD_REASONS;
use super::clock::Clock;
pub use super::error::StationError;
pub use super::guidance::{Advice, Guidance};
pub use super::limits::{Finding, Level};
pub use super::lock::{FingerWay, LockNote, LockRules, LockView};
pub use super::shell::Station;
pub use super::vault_cards::Ledger;
use crate::gate::policy::Policy;
use crate::handover::Handover;
use crate::session::Session;
use crate::session::event::Command;
use crate::session::view::SessionView;
pub use crate::vault::{CardMove, CardRow, CardSort, CardStock, NewCardRow};

/// How a station is opened.
pub struct StationOptions {
    /// Vault folder.
    pub vault: PathBuf,
    /// Which driver serves which kind of device (TOML of `devices::setup`).
    pub device_setup: String,
    /// Policy files (name, text); empty = the bundled ones.
    pub policies: Vec<(String, String)>,
    /// Use this policy instead of the one in force on the day.
    pub policy_id: Option<String>,
    /// Roster file (CSV), where there is one.
    pub roster: Option<PathBuf>,
    /// The station's district (region code), empty where not set.
    pub district: String,
    /// Seconds east of UTC of local time (WIB 25200).
    pub utc_offset_s: i32,
    /// Statement text and its language.
    pub statement: (String, String),
    /// Folder for proofs and slips in training; production pipes them to the printer.
    pub documents: PathBuf,
    /// Folder of this computer's witnesses (`vault::OpenOptions`).
    pub witness: Option<PathBuf>,
    /// When the screen locks by itself; never where nobody sits at it (scripts).
    pub lock: Option<LockRules>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Called from workers when there is something to pump (the window repaints, a script wakes up).
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

/// What the operator does outside a session, and inside.
pub enum DeskCommand {
    /// Unlocks the vault as this officer.
    SignIn(Uuid, Zeroizing<String>),
    /// Locks it; the running session is parked, nothing is lost.
    SignOut,
    /// Somebody touched the station: the time until it locks by itself begins anew.
    Activity,
    /// Locks the screen; a capture under way is stopped. While it is locked only what opens it does anything.
    Lock,
    /// Opens the lock with the signed-in officer's passphrase.
    Unlock(Zeroizing<String>),
    /// The PIN of the officer who is signed in, to open the lock.
    UnlockByPin(Zeroizing<String>),
    /// Asks the fingerprint reader for the signed-in officer's finger, which opens the lock.
    UnlockByFinger,
    /// Stops waiting for that finger.
    StopFinger,
    /// Begins with the next applicant. A running session is parked first.
    NewSession,
    /// Takes up a parked or interrupted session.
    TakeUp(Uuid),
    /// Leaves a session that is over or parked: back to the start page.
    Leave,
    /// A command to the running session.
    Session(Command),
    /// A second officer decides an open request with their own secret.
    Decide {
        /// Nonce of the request; others of the same cause are decided with it.
        nonce: Uuid,
        /// The deciding officer.
        officer: Uuid,
        /// Their secret.
        passphrase: Zeroizing<String>,
        /// Approved or denied.
        approve: bool,
        /// Note, may be empty.
        note: String,
    },
    /// Discards an interrupted session with a reason, one of [`DISCARD_REASONS`].
    Discard(Uuid, String),
    /// Drops the driver of this kind and opens the device again.
    RestartDevice(DeviceKind),
    /// A device was disinfected, said outside a session or for one that waits.
    Disinfected(DeviceKind),
    /// Changes to another device of this kind, one of [`DeviceLine::others`].
    UseDevice(DeviceKind, DeviceId),
    /// Starts or stops the camera's live picture.
    Preview(bool),
    /// Asks for another page of the queue.
    QueuePage(usize),
    /// Prints a document again: the one on screen, or one of [`Desk::unprinted`].
    Reprint(Uuid),
    /// The officer saw a document come out of the printer that the printing system says nothing of: it waits no longer.
    CameOut(Uuid),
    /// Begins handing a card over, from the start page or after one that is over.
    OpenHandover,
    /// Back to the start page; what was not written is forgotten.
    CloseHandover,
    /// A command to the handover on screen.
    Handover(crate::handover::event::Command),
    /// Enters a row into the ledger of cards.
    EnterCards(NewCardRow),
    /// Takes a notice off the screen.
    DismissNotice(usize),
}

/// An officer, as sign-in and approval lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerLine {
    /// Account.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
}

/// A record in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueLine {
    /// Record id.
    pub id: Uuid,
    /// State.
    pub state: RecordState,
    /// When it was sealed.
    pub created: DateTime<Utc>,
    /// Applicant's name, while an officer is signed in and the extract has not expired.
    pub name: Option<String>,
    /// Size of the payload in bytes.
    pub size: u64,
}

/// A session that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingLine {
    /// Session id.
    pub id: Uuid,
    /// Applicant's name, empty before it is known.
    pub name: String,
    /// The step it stands at.
    pub step: StepId,
    /// When it was last touched.
    pub touched: DateTime<Utc>,
    /// Not to be taken up before (second reading).
    pub not_before: Option<DateTime<Utc>>,
    /// Parked in this run (true) or found on disk after an interruption (false).
    pub parked: bool,
    /// Officer who began it, where that is known.
    pub begun_by: Option<Uuid>,
    /// When it is discarded by the policy.
    pub expires: DateTime<Utc>,
}

/// What a device is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceState {
    /// There, idle.
    Ready,
    /// Capturing.
    Working,
    /// Being opened.
    Opening,
    /// Faulty; says how.
    Faulty(DeviceFault),
}

/// A device, as the device list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceLine {
    /// Kind.
    pub kind: DeviceKind,
    /// What is known of it.
    pub info: Option<DeviceInfo>,
    /// What it is doing.
    pub state: DeviceState,
    /// Other devices of the kind that are plugged in and may be changed to.
    pub others: Vec<DeviceInfo>,
}

/// How bad a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeLevel {
    /// For information.
    Info,
    /// The operator should look.
    Warning,
    /// Something did not work.
    Error,
}

/// Something the operator must be told. Words: `<message>` and `<message>-do` of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How bad.
    pub level: NoticeLevel,
    /// Message id.
    pub message: String,
    /// Stable code, e.g. `VLT-07`.
    pub code: String,
}

/// The kinds of document that applicants get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// Proof of recording.
    Proof,
    /// Slip of a refusal or redirection.
    Slip,
    /// Receipt of a card that was handed over.
    Receipt,
}

impl DocumentKind {
    /// Stable name; words are `document-<id>`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Proof => "proof",
            Self::Slip => "slip",
            Self::Receipt => "receipt",
        }
    }
    /// The kind of a stable name; a name of a later rekam counts as a slip.
    #[must_use]
    pub fn from_id(id: &str) -> Self {
        [Self::Proof, Self::Receipt].into_iter().find(|kind| kind.id() == id).unwrap_or(Self::Slip)
    }
    /// Title of the print job: anybody at the printer may read it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Proof => "rekam-bukti",
            Self::Slip => "rekam-pengarahan",
            Self::Receipt => "rekam-serah-terima",
        }
    }
}

/// How a document's printing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrintProgress {
    /// Others come first.
    Queued,
    /// On its way to the printer.
    Sending,
    /// The printer has it, and what it waits for if anything is wrong.
    Waiting(Option<PrintHitch>),
    /// Printed.
    Printed,
    /// The printing system took it and does not tell what became of it.
    Sent,
    /// Not printed; it is kept in the vault.
    NotPrinted(DeviceFault),
}

impl PrintProgress {
    /// True when nothing more will come.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Printed | Self::Sent | Self::NotPrinted(_))
    }
    /// Stable name; words are `printing-<id>`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Waiting(None) => "waiting",
            Self::Waiting(Some(_)) => "held-up",
            Self::Printed => "printed",
            Self::Sent => "sent",
            Self::NotPrinted(_) => "not-printed",
        }
    }
    /// What keeps it from being printed, where that is known.
    #[must_use]
    pub fn hitch(&self) -> Option<PrintHitch> {
        match self {
            Self::Waiting(hitch) => *hitch,
            Self::NotPrinted(DeviceFault::CannotPrint { detail }) => PrintHitch::from_id(detail),
            _ => None,
        }
    }
}

/// A document that is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct UnprintedLine {
    /// Document.
    pub id: Uuid,
    /// Kind, see [`DocumentKind::id`].
    pub kind: String,
    /// Session that it was made for.
    pub session: Uuid,
    /// Applicant's name, may be empty.
    pub name: String,
    /// When it was made.
    pub made: DateTime<Utc>,
}

impl std::fmt::Debug for UnprintedLine {
    // Names somebody.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UnprintedLine({}, {})", self.id, self.kind)
    }
}

/// What the window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Nobody is signed in.
    SignIn,
    /// The officer who is signed in is away: nothing of anybody is shown.
    Locked,
    /// Queue, waiting sessions, "new applicant".
    Start,
    /// A session.
    Session,
    /// A card on its way over the counter.
    Handover,
}

/// How a session ended, with what a script reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Session id.
    pub session: Uuid,
    /// Outcome.
    pub outcome: Outcome,
    /// Rules that decided.
    pub rules: Vec<String>,
    /// Payload file, where a record was sealed.
    pub file: Option<PathBuf>,
    /// SHA-256 of the payload, hex.
    pub sha256: Option<String>,
    /// Proof or slip.
    pub document: Option<PathBuf>,
}

/// The contract that the window and the script runner build on (implemented by [`Station`]).
pub trait Desk {
    /// What the window shows.
    fn screen(&self) -> Screen;
    /// Training or production.
    fn environment(&self) -> Environment;
    /// Station id.
    fn station_id(&self) -> &str;
    /// The policy in force.
    fn policy(&self) -> &Policy;
    /// Time, by the station's clock.
    fn now(&self) -> DateTime<Utc>;
    /// Seconds east of UTC of local time.
    fn utc_offset_s(&self) -> i32;
    /// Officers who may sign in or decide.
    fn officers(&self) -> &[OfficerLine];
    /// Who is signed in.
    fn signed_in(&self) -> Option<&OfficerLine>;
    /// A sign-in or decision is being checked (Argon2id takes a moment).
    fn checking_secret(&self) -> bool;
    /// The lock, while it is on.
    fn lock(&self) -> Option<LockView> {
        None
    }
    /// When the lock comes, or signs out, by itself, should nobody touch the station until then.
    fn lock_due(&self) -> Option<DateTime<Utc>> {
        None
    }
    /// Number of records in the queue.
    fn queue_len(&self) -> usize;
    /// The page of the queue that was asked for, newest first.
    fn queue(&self) -> &[QueueLine];
    /// Parked and interrupted sessions.
    fn waiting(&self) -> &[WaitingLine];
    /// Devices.
    fn devices(&self) -> &[DeviceLine];
    /// Contact devices that wait for disinfection after the last applicant.
    fn to_disinfect(&self) -> Vec<DeviceKind> {
        Vec::new()
    }
    /// What is known of the station: room, what is not sent, clock, power, and whether a record could be sealed.
    fn limits(&self) -> &[Finding] {
        &[]
    }
    /// Notices, oldest first.
    fn notices(&self) -> &[Notice];
    /// The running session as a screen may show it.
    fn session(&self) -> Option<SessionView<'_>>;
    /// The newest preview frame and its number; frames nobody takes are dropped.
    fn preview(&self) -> Option<(u64, Arc<PreviewFrame>)>;
    /// What to do now for a good photo, while the camera's live picture runs; `None` before the first verdict.
    fn guidance(&self) -> Option<Arc<Guidance>> {
        None
    }
    /// The handover on screen.
    fn handover(&self) -> Option<&Handover> {
        None
    }
    /// The ledger of cards, once it was read.
    fn ledger(&self) -> Option<&Ledger> {
        None
    }
    /// How the last row entered by hand ended; the code says why it was not taken.
    fn cards_entered(&self) -> Option<&Result<(), String>> {
        None
    }
    /// How the last session ended.
    fn ended(&self) -> Option<&Ended>;
    /// The last document (PDF) made for the session on screen.
    fn document(&self) -> Option<(&PathBuf, Arc<[u8]>)>;
    /// The document on screen and how its printing goes; `None` where nothing is printed (training without a printer).
    fn print_of_document(&self) -> Option<(Uuid, &PrintProgress)> {
        None
    }
    /// How the printing of a document goes; `None` when it was not sent to the printer in this run.
    fn print_progress(&self, document: Uuid) -> Option<&PrintProgress> {
        let _ = document;
        None
    }
    /// Documents that wait in the vault, oldest first; empty while nobody is signed in.
    fn unprinted(&self) -> &[UnprintedLine] {
        &[]
    }
    /// The vault keeps this document until it is printed. A document it could not keep is lost with the screen.
    fn is_kept(&self, document: Uuid) -> bool {
        let _ = document;
        true
    }
    /// A document is on its way to the printer.
    fn printing(&self) -> bool {
        false
    }
    /// Takes a command; never blocks.
    fn send(&mut self, command: DeskCommand);
    /// Drains the workers' answers and runs the reducer. Never blocks; true when something changed.
    fn pump(&mut self) -> bool;
    /// Waits until there is something to pump, or the time is over (scripts only).
    fn wait(&mut self, at_most: Duration);
}

/// Kept private to the runtime: sessions by id.
pub(crate) type Sessions = std::collections::BTreeMap<Uuid, Session>;

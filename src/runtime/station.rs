//! The shell around the reducer: owns the running session and the parked ones, hands effects to workers, and
//! feeds their answers back as events. Both the window and the script runner drive the station through
//! [`Station::send`], [`Station::pump`] and the getters; neither touches vault or drivers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use devices::traits::PreviewFrame;
use devices::vocabulary::{DeviceFault, DeviceId, DeviceInfo, DeviceKind};
use record::schema::{Environment, Outcome, RecordState, Role, StepId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::clock::Clock;
pub use super::error::StationError;
pub use super::guidance::{Advice, Guidance};
pub use super::shell::Station;
pub use super::vault_cards::Ledger;
use crate::gate::policy::Policy;
use crate::handover::Handover;
use crate::session::Session;
use crate::session::event::Command;
use crate::session::view::SessionView;
pub use crate::vault::{CardMove, CardRow, CardStock, NewCardRow};

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
        /// Nonce of the request.
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
    /// Discards an interrupted session with a reason.
    Discard(Uuid, String),
    /// Drops the driver of this kind and opens the device again.
    RestartDevice(DeviceKind),
    /// Changes to another device of this kind, one of [`DeviceLine::others`].
    UseDevice(DeviceKind, DeviceId),
    /// Starts or stops the camera's live picture.
    Preview(bool),
    /// Asks for another page of the queue.
    QueuePage(usize),
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

/// What the window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Nobody is signed in.
    SignIn,
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
    /// Number of records in the queue.
    fn queue_len(&self) -> usize;
    /// The page of the queue that was asked for, newest first.
    fn queue(&self) -> &[QueueLine];
    /// Parked and interrupted sessions.
    fn waiting(&self) -> &[WaitingLine];
    /// Devices.
    fn devices(&self) -> &[DeviceLine];
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
    /// Takes a command; never blocks.
    fn send(&mut self, command: DeskCommand);
    /// Drains the workers' answers and runs the reducer. Never blocks; true when something changed.
    fn pump(&mut self) -> bool;
    /// Waits until there is something to pump, or the time is over (scripts only).
    fn wait(&mut self, at_most: Duration);
}

/// Kept private to the runtime: sessions by id.
pub(crate) type Sessions = std::collections::BTreeMap<Uuid, Session>;

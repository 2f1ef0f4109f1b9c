//! Session scripts: a whole session as a TOML file, driven through the same [`Desk`](crate::runtime::station::Desk)
//! as the window, with a clock that stands still until the script moves it. For training vaults only.
//! The format is documented in `fixtures/sessions/README.md`.

mod answers;
mod parse;
mod places;
mod read;
mod report;
mod runner;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use biometrics::position::{Eye, FingerPosition};
use chrono::{DateTime, NaiveDate, Utc};
use devices::setup::Setup;
use record::schema::{ExceptionReason, ExceptionTerm, Outcome, StepId};

use crate::session::event::Subject;

pub use parse::{load, parse};
pub use places::{SAMPLES, real_devices, samples_root};
pub use report::{Answer, OfficerLine, StepReport};
pub use runner::{OpenDesk, RunError, run, run_script, run_watched};

/// One thing that is wrong in a script.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{line}: {code} `{key}`: {what}")]
pub struct ScriptError {
    /// File name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Dotted key, empty for a line that is no TOML.
    pub key: String,
    /// Stable code: `SCR-01` cannot be read, `SCR-02` no TOML, `SCR-03` unknown key, `SCR-04` missing key,
    /// `SCR-05` wrong value, `SCR-06` wrong device set-up, `SCR-07` contradiction.
    pub code: &'static str,
    /// What is wrong and what to write.
    pub what: String,
}

/// What one of the two people answers at the health check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonScript {
    /// Readings in order, tenths of a degree; none: the thermometer of `[devices]` is used.
    pub temperatures: Vec<i32>,
    /// Affirmations made; none: all that the policy asks for.
    pub affirm: Option<Vec<String>>,
    /// Answer to the symptom question.
    pub symptoms: bool,
}

/// How another officer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decides {
    /// Approves with the own secret.
    #[default]
    Approve,
    /// Denies with the own secret.
    Deny,
    /// Is not there: the request stays open.
    Absent,
}

/// Another officer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeciderScript {
    /// How.
    pub decides: Decides,
    /// Note of the decision.
    pub note: String,
}

/// A declared exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExceptionScript {
    /// Finger or eye.
    pub subject: Subject,
    /// Why.
    pub reason: ExceptionReason,
    /// For how long.
    pub term: ExceptionTerm,
}

/// What the script's author expects; reported beside what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Outcome.
    pub outcome: Outcome,
    /// Rules that must be among those that decided.
    pub rules: Vec<String>,
}

/// A session as data.
#[derive(Debug, Clone)]
pub struct Script {
    /// The clock at the beginning.
    pub start: DateTime<Utc>,
    /// Seconds east of UTC, from `start`.
    pub utc_offset_s: i32,
    /// Policy id; `None` = the one in force on the day.
    pub policy: Option<String>,
    /// Venue of the policy.
    pub venue: Option<String>,
    /// Roster file.
    pub roster: Option<PathBuf>,
    /// The station's district.
    pub district: String,
    /// Another script that is run first in the same vault.
    pub before: Option<PathBuf>,
    /// Which driver serves each kind of device.
    pub devices: Setup,
    /// The officer.
    pub officer: PersonScript,
    /// Name of the operator's training account.
    pub account: String,
    /// The applicant.
    pub applicant: PersonScript,
    /// NIK as the operator types it.
    pub nik: String,
    /// No. KK as the operator types it.
    pub no_kk: String,
    /// Door officer's ticket.
    pub door_ticket: Option<String>,
    /// Treating doctor.
    pub treating_doctor: Option<String>,
    /// Protective equipment is worn.
    pub protective_equipment: bool,
    /// "Ever recorded before?"
    pub recorded_before: bool,
    /// Reasons for warnings, by warning id; `any` answers the others.
    pub reasons: BTreeMap<String, String>,
    /// Urgency class; `None` = not urgent.
    pub class: Option<String>,
    /// Evidence seen.
    pub evidence: Vec<String>,
    /// Pictures taken of the evidence.
    pub evidence_photos: u32,
    /// The supervisor is asked for a place beyond the quota.
    pub quota_jump: bool,
    /// Biodata fields as typed from the KK (no roster, or corrections of it).
    pub biodata: BTreeMap<String, String>,
    /// Birth date as typed.
    pub birth_date: Option<NaiveDate>,
    /// Document that corrections rest on.
    pub correction_document: Option<String>,
    /// The applicant's answers to "is this photo good?", in order; the last one stays.
    pub approve_photo: Vec<bool>,
    /// The applicant confirms biodata and statement.
    pub confirms: bool,
    /// Exceptions.
    pub exceptions: Vec<ExceptionScript>,
    /// Sends the applicant home where a temporary exception allows it.
    pub come_back: bool,
    /// Why there is no signature.
    pub cannot_sign: Option<ExceptionReason>,
    /// Reason for taking the best of several weak captures.
    pub accept_best: Option<String>,
    /// Most captures of one target before the operator gives up and parks.
    pub max_tries: u32,
    /// Minutes that a parked session waits before it is taken up; 0 = it stays parked.
    pub wait_min: u32,
    /// The supervisor.
    pub supervisor: DeciderScript,
    /// The second person.
    pub second_person: DeciderScript,
    /// Steps at which the station is killed and opened again.
    pub interrupts: Vec<StepId>,
    /// Reason for giving the session up, and the step.
    pub abandon: Option<(StepId, String)>,
    /// What is expected.
    pub expect: Option<Expected>,
}

/// A finger or an eye by its stable name: `right_index`, `left_eye`.
fn subject(name: &str) -> Option<Subject> {
    let finger = FingerPosition::ALL.iter().find(|f| f.id() == name).map(|f| Subject::Finger(*f));
    finger.or_else(|| {
        let eye = name.strip_suffix("_eye")?;
        Eye::ALL.iter().find(|e| e.id() == eye).map(|e| Subject::Eye(*e))
    })
}

/// The folder of a file, for the paths in it.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

//! The one who is killed: works whole sessions through the desk and tells what the desk and the disk acknowledge.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use record::schema::{Outcome, StepId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{LabError, Told};
use crate::runtime::clock::FixedClock;
use crate::runtime::station::{Desk, Station, StationOptions};
use crate::script::{self, RunError, Script};
use crate::vault::files::{Files, RealFiles};
use crate::vault::sabotage::{HookedFiles, Sabotage};

/// Names the environment variable that carries [`Work`] as JSON.
pub const WORK: &str = "REKAM_LAB_WORK";
const SCRIPT: &str = include_str!("../../fixtures/sessions/clean.toml");
const ROSTER: &str = include_str!("../../fixtures/roster/training.csv");
/// The applicant of the script.
const NIK: &str = "3204371701019003";
/// Simulated devices that answer at once.
const DEVICES: &[&str] = &["camera", "fingerprint", "iris", "signature-pad", "thermometer", "card"];

/// What a child is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The vault.
    pub vault: PathBuf,
    /// Folder for the roster.
    pub folder: PathBuf,
    /// Number of the first new applicant, from 1.
    pub first_person: u32,
    /// Sessions to be worked, one after the other.
    pub sessions: u32,
    /// A session that an earlier child left, with its applicant: it comes first.
    pub take_up: Option<(Uuid, u32)>,
    /// Stable name of a [`Sabotage`].
    pub sabotage: Option<String>,
}

fn nik_of(person: u32) -> String {
    format!("{}{:04}", &NIK[..12], person % 10_000)
}
fn kk_of(person: u32) -> String {
    format!("320437120308{:04}", person % 10_000)
}

/// A roster of these people, all born on the day of the script's applicant, each of a family of their own.
fn roster(first: u32, count: u32) -> Option<String> {
    let mut lines = ROSTER.lines();
    let mut text = lines.next()?.to_owned();
    let pattern = lines.find(|line| line.starts_with(NIK))?;
    let rest = pattern.splitn(3, ';').nth(2)?;
    for person in first..first + count {
        write!(text, "\n{};{};{rest}", nik_of(person), kk_of(person)).ok()?;
    }
    text.push('\n');
    Some(text)
}

fn devices() -> String {
    DEVICES.iter().fold(String::new(), |mut text, kind| {
        // Writing into a text cannot fail.
        write!(text, "[{kind}]\ndriver = \"simulated\"\ncapture_ms = 1\n").ok();
        text
    })
}

fn script_of(person: u32, roster: &Path) -> Result<Script, LabError> {
    let folder = roster.parent().unwrap_or(Path::new("."));
    let mut script = script::parse("clean.toml", SCRIPT, folder).map_err(|e| LabError(format!("{e:?}")))?;
    script.nik = nik_of(person);
    script.no_kk = kk_of(person);
    script.roster = Some(roster.to_owned());
    Ok(script)
}

/// The disk, telling each step that is kept.
fn files(sabotage: Option<Sabotage>) -> Arc<dyn Files> {
    let told = Box::new(|path: &Path| {
        let step = path.extension().is_some_and(|e| e == "enc").then(|| path.file_stem()?.to_str()).flatten();
        let session = path.parent().and_then(|p| Uuid::parse_str(p.file_name()?.to_str()?).ok());
        if let (Some(session), Some(step)) = (session, step) {
            Told::Kept(session, step.to_owned()).tell();
        }
    });
    Arc::new(HookedFiles { inner: Arc::new(RealFiles), sabotage, told: Some(told) })
}

/// What was told of the session on screen.
#[derive(Default)]
struct Seen {
    begun: Option<Uuid>,
    step: Option<StepId>,
    saved: bool,
}

impl Seen {
    fn look(&mut self, desk: &dyn Desk, person: u32) {
        let Some(view) = desk.session() else { return };
        let core = &view.session.core;
        if self.begun != Some(core.id) {
            *self = Self { begun: Some(core.id), ..Self::default() };
            Told::Begun(core.id, person).tell();
        }
        if self.step != Some(core.current) {
            self.step = Some(core.current);
            Told::Step(core.current).tell();
        }
        // Here the screen says "tersimpan".
        if let (Outcome::Sealed, Some(note), false) = (core.outcome, &core.sealed, self.saved) {
            self.saved = true;
            Told::Saved(note.record_id, note.sha256.clone()).tell();
        }
    }
}

/// Works until all sessions are done, or somebody kills it.
///
/// # Errors
/// [`LabError`] when a session does not come to its end.
pub fn work(work: &Work) -> Result<(), LabError> {
    let sabotage = match &work.sabotage {
        None => None,
        Some(id) => Some(Sabotage::from_id(id).ok_or_else(|| LabError(format!("no sabotage {id}")))?),
    };
    let path = work.folder.join("roster.csv");
    let people = roster(1, 999).ok_or_else(|| LabError("the roster of the fixtures has changed".into()))?;
    std::fs::write(&path, people).map_err(LabError::at("writing the roster"))?;
    let new = (work.first_person..work.first_person + work.sessions).map(|person| (None, person));
    for (session, person) in work.take_up.map(|(id, person)| (Some(id), person)).into_iter().chain(new) {
        let script = script_of(person, &path)?;
        let mut open = |script: &Script, clock: Arc<FixedClock>| {
            let station = Station::open_on(options(script, work, clock), files(sabotage));
            Ok(Box::new(station.map_err(|e| RunError::Open(e.to_string()))?) as Box<dyn Desk>)
        };
        let mut seen = Seen::default();
        let answer = script::run_watched(&script, session, &mut open, &mut |desk| seen.look(desk, person));
        let answer = answer.map_err(LabError::at("a session"))?;
        if answer.outcome != Outcome::Sealed {
            let (outcome, rules) = (answer.outcome, answer.rules.join(" "));
            return Err(LabError(format!("person {person}: {outcome} {rules} {:?}", answer.notices)));
        }
    }
    Ok(())
}

fn options(script: &Script, work: &Work, clock: Arc<FixedClock>) -> StationOptions {
    StationOptions {
        vault: work.vault.clone(),
        device_setup: devices(),
        policies: Vec::new(),
        policy_id: script.policy.clone(),
        roster: script.roster.clone(),
        district: script.district.clone(),
        utc_offset_s: script.utc_offset_s,
        statement: ("Saya menyatakan bahwa data saya benar.".into(), "id".into()),
        documents: work.folder.join("documents"),
        witness: Some(work.folder.join("witness")),
        lock: None,
        clock,
        wake: Arc::new(|| ()),
    }
}

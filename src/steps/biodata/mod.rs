//! Step 5: biodata, read aloud and confirmed by the applicant. The station shows it; a change of roster data is a
//! correction that rests on a document and a second person.

#[cfg(feature = "gui")]
pub(crate) mod view;

use chrono::{DateTime, Utc};
use record::schema::{RequirementKind, StepId, StepState};
use serde::{Deserialize, Serialize};
use sha2::Digest;

use super::Step;
use crate::population::biodata::Biodata;
use crate::population::identity::{self, FIELDS, field_text};
use crate::session::Session;
use crate::session::effect::{Effect, Effects};
use crate::session::event::Command;
use crate::steps::identity::MAX_FIELD;

/// Reason of the requirement that corrections raise.
pub const CORRECTION: &str = "biodata-correction";

/// What the step knows.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BiodataData {
    /// As it stands now.
    pub values: Biodata,
    /// As the roster gave it.
    pub roster: Option<Biodata>,
    /// The document that corrections rest on.
    pub correction_document: String,
    /// The operator read it aloud.
    pub read_aloud: bool,
    /// The applicant confirmed it.
    pub applicant_confirms: bool,
    /// Digest of the values that were confirmed.
    pub confirmed: Option<String>,
}

impl std::fmt::Debug for BiodataData {
    // Personal data: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BiodataData(confirmed {})", self.confirmed.is_some())
    }
}

/// A field that differs from the roster.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Field name.
    pub field: String,
    /// Roster's value.
    pub old: String,
    /// Value now.
    pub new: String,
    /// Document it rests on.
    pub document: String,
}

/// Writes a text field, upper case as on the card. Unknown names, NIK, KK and dates are not written here.
pub fn set_field(b: &mut Biodata, name: &str, text: &str) {
    if matches!(name, "nik" | "no_kk") {
        return;
    }
    if let Some(slot) = identity::text_field(b, name) {
        *slot = text.to_uppercase();
    }
}

impl BiodataData {
    /// Fields that differ from the roster.
    #[must_use]
    pub fn corrections(&self) -> Vec<Correction> {
        let Some(roster) = &self.roster else { return Vec::new() };
        FIELDS
            .iter()
            .filter(|f| !matches!(**f, "nik" | "no_kk"))
            .filter_map(|f| {
                let (old, new) = (
                    field_text(roster, f).unwrap_or_default(),
                    field_text(&self.values, f).unwrap_or_default(),
                );
                (old != new).then(|| Correction {
                    field: (*f).to_owned(),
                    old,
                    new,
                    document: self.correction_document.clone(),
                })
            })
            .collect()
    }
    /// SHA-256 over all fields, hex: what the applicant confirmed and signed for.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hash = sha2::Sha256::new();
        for f in FIELDS {
            let value = field_text(&self.values, f).unwrap_or_default();
            hash.update((value.len() as u64).to_be_bytes());
            hash.update(value.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// The step.
pub struct BiodataStep;

impl Step for BiodataStep {
    fn id(&self) -> StepId {
        StepId::Biodata
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.biodata;
        if d.confirmed.as_deref() == Some(d.digest().as_str()) { StepState::Done } else { StepState::Empty }
    }

    fn blockers(&self, s: &Session, now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.biodata;
        let today = s.ctx.local_date(now);
        let mut out: Vec<String> = identity::check(&d.values, today)
            .into_iter()
            .filter(|i| i.hard)
            .map(|i| format!("field.{}", i.field))
            .collect();
        out.dedup();
        if !d.corrections().is_empty()
            && d.correction_document.trim().chars().count() < super::identity::MIN_REASON
        {
            out.push("correction-document".into());
        }
        if !d.read_aloud {
            out.push("read-aloud".into());
        }
        if !d.applicant_confirms {
            out.push("applicant-confirms".into());
        }
        out
    }

    fn inputs(&self, s: &Session, _now: DateTime<Utc>) -> Vec<String> {
        if locked(s) {
            return Vec::new();
        }
        let mut out: Vec<String> = FIELDS.iter().skip(2).map(|f| (*f).to_owned()).collect();
        if !s.data.biodata.corrections().is_empty() {
            out.push("correction-document".into());
        }
        out.extend(["read-aloud".to_owned(), "applicant-confirms".to_owned()]);
        out
    }

    fn command(&self, s: &mut Session, c: &Command, _now: DateTime<Utc>, _fx: &mut Effects) {
        if locked(s) {
            return;
        }
        let before = s.data.biodata.digest();
        match c {
            Command::Field(name, text) => {
                let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_FIELD).collect();
                set_field(&mut s.data.biodata.values, name, &text);
            }
            Command::BirthDate(Some(date)) => s.data.biodata.values.tanggal_lahir = Some(*date),
            Command::CorrectionDocument(text) => {
                s.data.biodata.correction_document =
                    text.chars().filter(|c| !c.is_control()).take(MAX_FIELD).collect();
            }
            Command::ReadAloud(on) => s.data.biodata.read_aloud = *on,
            Command::ApplicantConfirms(on) => s.data.biodata.applicant_confirms = *on,
            _ => {}
        }
        // What was read aloud and confirmed was the old text.
        if s.data.biodata.digest() != before {
            s.data.biodata.read_aloud = false;
            s.data.biodata.applicant_confirms = false;
            s.data.biodata.confirmed = None;
            s.core.dirty.insert(StepId::Biodata);
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        let d = &mut s.data.biodata;
        d.confirmed = Some(d.digest());
        let corrections = d.corrections();
        let corrected = !corrections.is_empty();
        if corrected {
            // Which fields, never what was in them or on the document.
            let fields: Vec<&str> = corrections.iter().map(|c| c.field.as_str()).collect();
            fx.push(Effect::Audit {
                event: "biodata-corrected",
                details: vec![("fields", fields.join(" "))],
            });
        }
        s.core.withdraw(StepId::Biodata, CORRECTION);
        if corrected {
            s.core.require(RequirementKind::SecondPerson, StepId::Biodata, CORRECTION);
        }
        s.advance(StepId::Biodata, now, fx);
    }
}

/// Once the statement is signed the biodata are what was signed for.
fn locked(s: &Session) -> bool {
    s.data.statement.signed(s.capture_rules())
}

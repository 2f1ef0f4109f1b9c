//! Step 2: NIK and No. KK, queue and roster, "ever recorded before?", warnings answered with a reason.

#[cfg(feature = "gui")]
pub(crate) mod view;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use record::schema::{Outcome, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::Step;
use crate::gate::facts::Marital;
use crate::population::identity;
use crate::population::kk::NoKk;
use crate::population::nik::{IdentityWarning, Nik};
use crate::population::values;
use crate::session::Session;
use crate::session::core::{Closing, LookUp};
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, LookUpAnswer};

/// Seconds after which a look-up that has not answered is asked again by the operator.
const LOOK_UP_S: i64 = 20;
/// Warning when someone else with the same KK and birth date is known.
pub const TWIN_WARNING: &str = "same-family-same-birth";
/// Fewest characters of a reason.
pub const MIN_REASON: usize = 3;
/// Most characters of any typed field.
pub const MAX_FIELD: usize = 120;

/// What the step knows.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentityData {
    /// NIK as typed.
    pub nik_text: String,
    /// No. KK as typed.
    pub kk_text: String,
    /// NIK, once well formed.
    pub nik: Option<String>,
    /// The look-up in queue and roster was answered for this NIK.
    pub looked_up: bool,
    /// The look-up did not answer.
    #[serde(skip)]
    pub look_up_failed: bool,
    /// Biodata came from the roster.
    pub from_roster: bool,
    /// "Ever recorded before?"
    pub recorded_before: Option<bool>,
    /// Someone else with the same KK and birth date is known.
    pub twin: bool,
    /// Sessions sealed today when it was looked up.
    pub sealed_today: u32,
    /// Reasons given for warnings.
    pub answers: BTreeMap<String, String>,
    /// Confirmed.
    pub confirmed: bool,
}

impl std::fmt::Debug for IdentityData {
    // NIK and KK: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentityData(looked_up {}, confirmed {})", self.looked_up, self.confirmed)
    }
}

/// Ids of the warnings that stand now, each needing a reason.
#[must_use]
pub fn warnings(s: &Session, today: NaiveDate) -> Vec<String> {
    let d = &s.data.identity;
    if !d.looked_up {
        return Vec::new();
    }
    let found = identity::warnings(&s.data.biodata.values, &s.ctx.district, &s.ctx.regions, today);
    let mut ids: Vec<String> =
        found.into_iter().filter(|w| w.needs_reason()).map(|w| w.id().to_owned()).collect();
    if d.twin {
        ids.push(TWIN_WARNING.into());
    }
    ids
}

/// True when the domicile lies outside the station's district (by KK or roster, never by the NIK's prefix).
#[must_use]
pub fn outside_domicile(s: &Session, today: NaiveDate) -> bool {
    identity::warnings(&s.data.biodata.values, &s.ctx.district, &s.ctx.regions, today)
        .contains(&IdentityWarning::OutsideDomicile)
}

/// The step.
pub struct Identity;

impl Step for Identity {
    fn id(&self) -> StepId {
        StepId::Identity
    }

    fn state(&self, s: &Session) -> StepState {
        let d = &s.data.identity;
        if d.confirmed && d.looked_up && d.nik.is_some() { StepState::Done } else { StepState::Empty }
    }

    fn blockers(&self, s: &Session, now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.identity;
        let mut out = Vec::new();
        if let Err(e) = Nik::parse(&d.nik_text) {
            out.push(format!("nik.{}", e.id()));
        }
        if let Err(e) = NoKk::parse(&d.kk_text) {
            out.push(format!("kk.{}", e.id()));
        }
        if !d.looked_up || !out.is_empty() {
            return out;
        }
        let b = &s.data.biodata.values;
        if b.nama.trim().is_empty() {
            out.push("nama".into());
        }
        if b.tanggal_lahir.is_none() {
            out.push("tanggal_lahir".into());
        }
        if values::Sex::parse(&b.jenis_kelamin).is_none() {
            out.push("jenis_kelamin".into());
        }
        if values::marital(&b.status_perkawinan).is_none() {
            out.push("status_perkawinan".into());
        }
        if d.recorded_before.is_none() {
            out.push("recorded-before".into());
        }
        let today = s.ctx.local_date(now);
        out.extend(
            warnings(s, today)
                .into_iter()
                .filter(|w| !d.answers.contains_key(w))
                .map(|w| format!("warning.{w}")),
        );
        out
    }

    fn inputs(&self, s: &Session, now: DateTime<Utc>) -> Vec<String> {
        let d = &s.data.identity;
        if bound(s) {
            return Vec::new();
        }
        let mut out = vec!["nik".to_owned(), "no_kk".to_owned()];
        if d.looked_up {
            if !d.from_roster {
                out.extend(
                    ["nama", "tanggal_lahir", "jenis_kelamin", "status_perkawinan"].map(ToOwned::to_owned),
                );
            }
            out.push("recorded-before".into());
            out.extend(warnings(s, s.ctx.local_date(now)).into_iter().map(|w| format!("warning.{w}")));
        }
        out
    }

    fn command(&self, s: &mut Session, c: &Command, now: DateTime<Utc>, _fx: &mut Effects) {
        if bound(s) {
            return;
        }
        let today = s.ctx.local_date(now);
        match c {
            Command::Field(field, text) => field_typed(s, field, text),
            Command::BirthDate(date) if s.data.identity.looked_up && !s.data.identity.from_roster => {
                s.data.biodata.values.tanggal_lahir = *date;
            }
            Command::RecordedBefore(yes) => s.data.identity.recorded_before = Some(*yes),
            Command::AnswerWarning(id, reason) if warnings(s, today).contains(id) => {
                let reason: String = reason.trim().chars().take(MAX_FIELD).collect();
                if reason.chars().count() >= MIN_REASON {
                    s.data.identity.answers.insert(id.clone(), reason);
                } else {
                    s.data.identity.answers.remove(id);
                }
            }
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        if s.data.identity.looked_up {
            s.data.identity.confirmed = true;
            s.core.dirty.insert(StepId::Biodata);
            s.advance(StepId::Identity, now, fx);
            return;
        }
        let (Ok(nik), Ok(kk)) =
            (Nik::parse(&s.data.identity.nik_text), NoKk::parse(&s.data.identity.kk_text))
        else {
            return;
        };
        let id = s.core.next_request();
        s.core.look_up = Some(LookUp { id, gives_up: now + Duration::seconds(LOOK_UP_S) });
        s.data.identity.look_up_failed = false;
        fx.push(Effect::LookUp { id, nik: nik.as_str().to_owned(), no_kk: kk.as_str().to_owned() });
    }
}

/// From the first biometric capture on the session belongs to one person: NIK and KK cannot change any more.
fn bound(s: &Session) -> bool {
    s.data.photo.sample.is_some()
        || s.data.signature.sample.is_some()
        || !s.data.fingers.samples.is_empty()
        || !s.data.irises.samples.is_empty()
}

fn field_typed(s: &mut Session, field: &str, text: &str) {
    let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_FIELD).collect();
    match field {
        "nik" if text != s.data.identity.nik_text => {
            s.data.identity.nik_text = text;
            forget(s);
        }
        "no_kk" if text != s.data.identity.kk_text => {
            s.data.identity.kk_text = text;
            forget(s);
        }
        "nama" | "jenis_kelamin" | "status_perkawinan"
            if s.data.identity.looked_up && !s.data.identity.from_roster =>
        {
            super::biodata::set_field(&mut s.data.biodata.values, field, &text);
        }
        _ => {}
    }
}

/// Another number is another person: what was looked up or answered for the old one does not stand.
fn forget(s: &mut Session) {
    let d = &mut s.data.identity;
    let (nik_text, kk_text) = (std::mem::take(&mut d.nik_text), std::mem::take(&mut d.kk_text));
    *d = IdentityData { nik_text, kk_text, ..IdentityData::default() };
    s.data.biodata = super::biodata::BiodataData::default();
    s.data.urgency = super::urgency::UrgencyData::default();
    s.core.requirements.clear();
}

/// Queue and roster answered.
pub(crate) fn looked_up(s: &mut Session, answer: LookUpAnswer, now: DateTime<Utc>, fx: &mut Effects) {
    let (Ok(nik), Ok(kk)) = (Nik::parse(&s.data.identity.nik_text), NoKk::parse(&s.data.identity.kk_text))
    else {
        return;
    };
    if let Some((short_id, state)) = answer.in_queue {
        fx.push(Effect::Audit {
            event: "nik-in-queue",
            details: vec![("record", short_id), ("state", state)],
        });
        let closing = Closing {
            rules: vec!["nik-in-queue".into()],
            channels: s.ctx.policy.refusal.correction_channels.clone(),
            ..Closing::default()
        };
        s.close(Outcome::Refused, closing, now, fx);
        return;
    }
    let d = &mut s.data.identity;
    d.nik = Some(nik.as_str().to_owned());
    d.looked_up = true;
    d.twin = answer.same_family_and_birth;
    d.sealed_today = answer.sealed_today;
    d.from_roster = answer.roster.is_some();
    if let Some(roster) = answer.roster {
        s.data.biodata.values = (*roster).clone();
        s.data.biodata.roster = Some(*roster);
    }
    let b = &mut s.data.biodata.values;
    nik.as_str().clone_into(&mut b.nik);
    kk.as_str().clone_into(&mut b.no_kk);
    s.core.dirty.extend([StepId::Identity, StepId::Biodata]);
}

/// Marital status for the age rule.
#[must_use]
pub fn marital(s: &Session) -> Marital {
    values::marital(&s.data.biodata.values.status_perkawinan).unwrap_or(Marital::Never)
}

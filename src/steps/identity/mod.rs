//! Step 2: NIK and No. KK, queue and roster, "ever recorded before?", warnings answered with a reason.

pub(crate) mod card;
#[cfg(feature = "gui")]
pub(crate) mod view;

pub use card::CardCheck;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use devices::vocabulary::Retry;
use record::schema::{Outcome, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::Step;
use crate::gate::facts::Marital;
use crate::population::identity;
use crate::population::kk::NoKk;
use crate::population::nik::{IdentityWarning, Nik};
use crate::population::values;
use crate::session::Session;
use crate::session::core::{Closing, LookUp, RetryNote};
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, LookUpAnswer, Target};
use crate::session::sample::{CardJudgement, Samples};

/// Seconds after which a look-up that has not answered is asked again by the operator.
const LOOK_UP_S: i64 = 20;
/// Warning when someone else with the same KK and birth date is known.
pub const TWIN_WARNING: &str = "same-family-same-birth";
/// Warning when a card is said to exist and none was looked at.
pub const CARD_UNCHECKED: &str = "card-unchecked";
/// Warning when the card is another person's.
pub const CARD_OF_OTHER: &str = "card-of-other";
/// Warning when the picture on the card's chip shows nothing.
pub const CARD_UNREADABLE: &str = "card-unreadable";
/// Warning when this station handed the card out.
pub const CARD_OF_STATION: &str = "card-of-station";
/// Warnings that the card check raises.
pub const CARD_WARNINGS: &[&str] = &[CARD_OF_STATION, CARD_UNCHECKED, CARD_OF_OTHER, CARD_UNREADABLE];
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
    /// The applicant says, or the operator suspects, that a card was issued.
    #[serde(default)]
    pub card_claimed: Option<bool>,
    /// The card that was read.
    #[serde(default)]
    pub card: Option<CardCheck>,
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
    if card::of_station(d) {
        ids.push(CARD_OF_STATION.into());
    }
    ids.extend(card_warning(d).map(ToOwned::to_owned));
    ids
}

/// What a card leaves open: it was not looked at though one is said to exist, it is another person's, or its picture
/// shows nothing.
fn card_warning(d: &IdentityData) -> Option<&'static str> {
    let judged = d.card.as_ref().filter(|c| c.sample.is_ktp).and_then(|c| c.judged);
    match judged {
        Some(CardJudgement::Same) => None,
        Some(CardJudgement::Other) => Some(CARD_OF_OTHER),
        Some(CardJudgement::Unreadable) => Some(CARD_UNREADABLE),
        None => (d.card_claimed == Some(true)).then_some(CARD_UNCHECKED),
    }
}

/// A KTP-el of the applicant's own was read: they were recorded before, whatever they say.
#[must_use]
pub fn holds_card(d: &IdentityData) -> bool {
    d.card.as_ref().is_some_and(|c| c.sample.is_ktp && c.judged == Some(CardJudgement::Same))
}

/// True while a picture on a chip waits to be compared with the person in front of the camera.
#[must_use]
pub fn wants_live_picture(s: &Session) -> bool {
    let waits = |c: &CardCheck| c.sample.photo.is_some() && c.judged.is_none();
    s.data.identity.card.as_ref().is_some_and(waits) && s.data.photo.sample.is_none()
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
        // A correction of the biodata can raise a warning later: it is answered before the session goes on.
        let open =
            || warnings(s, s.ctx.local_date(s.core.last_seen)).iter().any(|w| !d.answers.contains_key(w));
        if d.confirmed && d.looked_up && d.nik.is_some() && !open() {
            StepState::Done
        } else {
            StepState::Empty
        }
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
        if card::is_asked(d) {
            out.push("card-ledger".into());
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
        let answers = warnings(s, s.ctx.local_date(now)).into_iter().map(|w| format!("warning.{w}"));
        if bound(s) {
            return answers.collect();
        }
        let mut out = vec!["nik".to_owned(), "no_kk".to_owned()];
        if d.looked_up {
            if !d.from_roster {
                out.extend(
                    ["nama", "tanggal_lahir", "jenis_kelamin", "status_perkawinan"].map(ToOwned::to_owned),
                );
            }
            out.push("recorded-before".into());
            out.push("card-claimed".into());
            if d.card.as_ref().is_some_and(|c| c.sample.is_ktp) {
                out.push("judge-card".into());
            }
            out.extend(answers);
        }
        out
    }

    fn targets(&self, s: &Session, _now: DateTime<Utc>) -> Vec<Target> {
        if s.data.identity.looked_up && !bound(s) { vec![Target::Card] } else { Vec::new() }
    }

    // The card is looked at where one is said to exist; nothing waits for it.
    fn next_capture(&self, _s: &Session, _now: DateTime<Utc>) -> Option<Target> {
        None
    }

    fn command(&self, s: &mut Session, c: &Command, now: DateTime<Utc>, fx: &mut Effects) {
        let today = s.ctx.local_date(now);
        if bound(s) && !matches!(c, Command::AnswerWarning(..)) {
            return;
        }
        match c {
            Command::Field(field, text) => field_typed(s, field, text),
            Command::BirthDate(date) if s.data.identity.looked_up && !s.data.identity.from_roster => {
                s.data.biodata.values.tanggal_lahir = *date;
            }
            Command::RecordedBefore(yes) => {
                s.data.identity.recorded_before = Some(*yes || holds_card(&s.data.identity));
            }
            Command::CardClaimed(yes) if s.data.identity.looked_up => {
                s.data.identity.card_claimed = Some(*yes);
            }
            Command::JudgeCard(judgement) => judge_card(s, *judgement, now, fx),
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

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, fx: &mut Effects) {
        let Samples::Card(sample) = got else { return };
        s.core.attempt(t, now, "capture", None, None);
        fx.push(Effect::Audit {
            event: "card-read",
            details: vec![
                ("ktp", sample.is_ktp.to_string()),
                ("photo", sample.photo.is_some().to_string()),
                ("uid", sample.uid_hmac.clone()),
            ],
        });
        if !sample.is_ktp {
            let reason = Retry::NotKtp.id().to_owned();
            s.core.retry = Some(RetryNote { target: t, reason, found: None });
            // What was found on a KTP-el still stands: another card on the reader takes nothing away from it.
            if s.data.identity.card.as_ref().is_some_and(|c| c.sample.is_ktp) {
                return;
            }
        }
        card::read(s, *sample, now, fx);
    }
}

/// The operator says whose picture is on the chip. The applicant's own card means that they were recorded before: the
/// gate decides what follows.
fn judge_card(s: &mut Session, judgement: CardJudgement, now: DateTime<Utc>, fx: &mut Effects) {
    let Some(card) = s.data.identity.card.as_mut().filter(|c| c.sample.is_ktp) else { return };
    if card.sample.photo.is_none() && judgement != CardJudgement::Unreadable {
        return;
    }
    card.judged = Some(judgement);
    s.core.dirty.insert(StepId::Identity);
    s.core.note(now, "card-judged", StepId::Identity, "card".into(), Some(judgement.id().into()), None);
    fx.push(Effect::Audit { event: "card-judged", details: vec![("judgement", judgement.id().to_owned())] });
    if holds_card(&s.data.identity) && s.data.identity.recorded_before != Some(true) {
        s.data.identity.recorded_before = Some(true);
        // What the gate decided before rested on the applicant's own word.
        s.data.urgency.decision = None;
        s.core.dirty.insert(StepId::Urgency);
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

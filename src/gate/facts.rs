//! What the gate is told, and what it answers.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use record::schema::Role;
use serde::{Deserialize, Serialize};

/// One temperature reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Tenths of a degree Celsius (366 = 36.6).
    pub decidegrees_c: i32,
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// Place on the body: `forehead` or `wrist`.
    pub site: String,
    /// `typed`, or the driver and serial of the thermometer.
    pub device: String,
}

/// What is known of one person's health check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonFacts {
    /// Readings, oldest first.
    pub readings: Vec<Reading>,
    /// Ids of the affirmations that were ticked, each its own act (e.g. `mask`, `hands`).
    pub affirmed: BTreeSet<String>,
    /// Answer to the symptom question; `None` until answered.
    pub symptoms: Option<bool>,
    /// Ticket of a door officer whose reading was taken over, where the policy accepts it.
    pub door_ticket: Option<String>,
}

/// Facts for the health decision. Officer and applicant are both judged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthFacts {
    /// Venue id of the policy (`counter`, `van`, `school`, `home`, `hospital`, `prison`).
    pub venue: String,
    /// The officer's check (at shift start).
    pub officer: PersonFacts,
    /// The applicant's check.
    pub applicant: PersonFacts,
    /// Name of the treating doctor, where the venue's rule asks for it.
    pub treating_doctor: Option<String>,
    /// Protective equipment is worn, where the venue's rule asks for it.
    pub protective_equipment: bool,
    /// Seconds east of UTC of the station's clock (WIB 25200), for local dates.
    pub utc_offset_s: i32,
}

impl std::fmt::Debug for HealthFacts {
    // The doctor's name stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HealthFacts")
            .field("venue", &self.venue)
            .field("officer", &self.officer)
            .field("applicant", &self.applicant)
            .field("treating_doctor_named", &self.treating_doctor.is_some())
            .field("protective_equipment", &self.protective_equipment)
            .field("utc_offset_s", &self.utc_offset_s)
            .finish()
    }
}

/// Marital status, as far as the age rule needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marital {
    /// BELUM KAWIN.
    Never,
    /// KAWIN.
    Married,
    /// CERAI HIDUP or CERAI MATI.
    EverMarried,
}

/// Facts for the urgency decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// Venue id.
    pub venue: String,
    /// Urgency class id (`school`, `tni_polri`, `hospital`, `bpjs`, `first_time_voter`, `vulnerable`, `other`);
    /// `None` when the operator says that the case is not urgent.
    pub class: Option<String>,
    /// Ids of the evidence that the operator has seen.
    pub evidence_seen: BTreeSet<String>,
    /// Birth date.
    pub birth_date: NaiveDate,
    /// Marital status.
    pub marital: Marital,
    /// Local date of the session.
    pub today: NaiveDate,
    /// Sessions sealed today at this station.
    pub sealed_today: u32,
    /// The operator asks the supervisor for a place beyond a used-up quota.
    #[serde(default)]
    pub quota_jump_asked: bool,
    /// The applicant says they were recorded before.
    pub recorded_before: bool,
    /// The domicile is outside this station's district.
    pub outside_domicile: bool,
}

/// What the gate answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Go on.
    Pass,
    /// Facts are missing; ids of what is missing (e.g. `applicant.temperature`, `officer.mask`, `evidence.school_letter`).
    Incomplete {
        /// What is missing.
        missing: Vec<String>,
    },
    /// A second reading of this person is needed, not before this time. The session is parked.
    SecondReading {
        /// `officer` or `applicant`.
        person: String,
        /// Earliest time of the second reading.
        not_before: DateTime<Utc>,
    },
    /// Not today. Never a dead end: see `come_back` and `channels` of the decision.
    Refuse,
    /// Not urgent: another channel serves the applicant.
    Redirect,
}

impl Verdict {
    /// Stable name.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Incomplete { .. } => "incomplete",
            Self::SecondReading { .. } => "second-reading",
            Self::Refuse => "refuse",
            Self::Redirect => "redirect",
        }
    }
}

/// An approval that the decision asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalNeed {
    /// Who may approve.
    pub by: Role,
    /// Stable reason, e.g. `urgency-other`.
    pub reason: String,
}

/// A decision with the rules that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The answer.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Ids of the rules that made it, e.g. `applicant-temperature-above-limit`. Never empty.
    pub rules: Vec<String>,
    /// Approvals that are needed although the verdict is `Pass`. On a refusal: the approval that would lift it, once
    /// it is asked for (`quota-jump`).
    pub approvals: Vec<ApprovalNeed>,
    /// Ids of the redirect channels that the policy names (texts are in the policy file).
    pub channels: Vec<String>,
    /// The applicant may come back on or after this date.
    pub come_back: Option<NaiveDate>,
    /// The card may not be printed before this date (recorded at 16, prints at 17).
    pub print_not_before: Option<NaiveDate>,
    /// Ids of warnings that the operator sees.
    pub warnings: Vec<String>,
}

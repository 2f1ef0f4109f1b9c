//! The rules, one file each. A rule looks at facts and says what it finds; [`super::evaluate`] combines.
//!
//! Rule ids are stable: records carry them, and the catalogues have `rule-<id>` (what) and `rule-<id>-do` (what to
//! do) for each.

use chrono::{DateTime, NaiveDate, Utc};
use record::schema::Role;

use super::facts::ApprovalNeed;

pub mod affirmation;
pub mod age;
pub mod approval;
pub mod domicile;
pub mod evidence;
pub mod quota;
pub mod recorded_before;
pub mod symptoms;
pub mod temperature;
pub mod treating_doctor;
pub mod urgency;
pub mod venue;

/// Every rule id that a decision may name.
pub const RULE_IDS: &[&str] = &[
    "health-checked",
    "case-accepted",
    "venue-unknown",
    "officer-symptoms",
    "symptoms",
    "symptoms-unanswered",
    "temperature-missing",
    "temperature-implausible",
    "temperature-time-ahead",
    "temperature-low",
    "door-ticket-refused",
    "door-ticket-missing",
    "door-ticket-accepted",
    "officer-check-expired",
    "applicant-check-expired",
    "officer-temperature-above-limit",
    "applicant-temperature-above-limit",
    "second-reading-required",
    "second-reading-too-early",
    "second-reading-above-limit",
    "second-reading-passed",
    "hospital-fever-treating-doctor",
    "hospital-symptoms-treating-doctor",
    "affirmation-missing",
    "recorded-before",
    "birth-date-ahead",
    "age-17",
    "married-minor",
    "age-on-polling-day",
    "prerecord-16",
    "too-young",
    "not-urgent",
    "class-not-allowed",
    "polling-day-past",
    "quota-exhausted",
    "quota-jump",
    "evidence-missing",
    "approval-required",
    "outside-domicile",
];

/// Families of the ids in [`super::facts::Verdict::Incomplete`]; the catalogues have `missing-<family>` for each.
pub const MISSING_IDS: &[&str] = &[
    "venue",
    "temperature",
    "symptoms",
    "door-ticket",
    "affirmation",
    "treating-doctor",
    "protective-equipment",
    "birth-date",
    "evidence",
];

/// Ids of the warnings; the catalogues have `warning-<id>` for each.
pub const WARNING_IDS: &[&str] = &["temperature-low", "temperature-implausible", "outside-domicile"];

/// The family of a missing fact: `officer.temperature` is of `temperature`, `applicant.mask` of `affirmation`.
#[must_use]
pub fn missing_family(id: &str) -> &'static str {
    match id.split_once('.') {
        Some(("evidence", _)) => "evidence",
        Some((_, "temperature")) => "temperature",
        Some((_, "symptoms")) => "symptoms",
        Some((_, "door_ticket")) => "door-ticket",
        Some(_) => "affirmation",
        None => match id {
            "treating_doctor" => "treating-doctor",
            "protective_equipment" => "protective-equipment",
            "birth_date" => "birth-date",
            _ => "venue",
        },
    }
}

/// What a finding does to the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Speaks for going on.
    Pass,
    /// A fact of this id is missing.
    Missing(String),
    /// A second reading, not before this time.
    SecondReading(DateTime<Utc>),
    /// Not today.
    Refuse,
    /// Another channel.
    Redirect,
}

/// What one rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule id.
    pub rule: &'static str,
    /// Whom or what it is about: findings of one subject are named together.
    pub subject: &'static str,
    /// What it does.
    pub effect: Effect,
    /// Approvals it asks for.
    pub approvals: Vec<ApprovalNeed>,
    /// Channels it names.
    pub channels: Vec<String>,
    /// Date on or after which the applicant may come back.
    pub come_back: Option<NaiveDate>,
    /// Date before which the card may not be printed.
    pub print_not_before: Option<NaiveDate>,
    /// Warning it raises.
    pub warning: Option<&'static str>,
}

impl Finding {
    /// A finding that does this and nothing more.
    #[must_use]
    pub fn new(rule: &'static str, subject: &'static str, effect: Effect) -> Self {
        Self {
            rule,
            subject,
            effect,
            approvals: Vec::new(),
            channels: Vec::new(),
            come_back: None,
            print_not_before: None,
            warning: None,
        }
    }

    /// Not today: come back on this date, or take one of these channels.
    #[must_use]
    pub fn refuse(
        rule: &'static str,
        subject: &'static str,
        come_back: NaiveDate,
        channels: &[String],
    ) -> Self {
        Self {
            come_back: Some(come_back),
            channels: channels.to_vec(),
            ..Self::new(rule, subject, Effect::Refuse)
        }
    }

    /// Not here: one of these channels.
    #[must_use]
    pub fn redirect(rule: &'static str, subject: &'static str, channels: &[String]) -> Self {
        Self { channels: channels.to_vec(), ..Self::new(rule, subject, Effect::Redirect) }
    }

    /// With a supervisor's approval asked for this reason.
    #[must_use]
    pub fn with_approval(mut self, reason: impl Into<String>) -> Self {
        self.approvals.push(ApprovalNeed { by: Role::Supervisor, reason: reason.into() });
        self
    }

    /// With a warning.
    #[must_use]
    pub fn with_warning(mut self, id: &'static str) -> Self {
        self.warning = Some(id);
        self
    }
}

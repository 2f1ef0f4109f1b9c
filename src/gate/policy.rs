//! A policy, typed: what a file under `protocols/` says once it has been checked. [`super::parse`] fills it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use record::schema::StepId;
use serde::{Deserialize, Serialize};

use super::capture::CaptureRules;
use super::parse;
use super::upkeep::{RetentionRules, StationLimits};

/// Languages every text of a policy file must have.
pub const LANGUAGES: &[&str] = &["id", "en"];

/// One error in a policy or cases file. A station with such an error refuses to start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{code} {file}:{line}: {key}: {what}; {todo}")]
pub struct PolicyError {
    /// File, as it was named to the loader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Stable code, `POL-nn`.
    pub code: &'static str,
    /// Dotted key, list items by index from 0 (`class[2].evidence[0].id`).
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub todo: String,
}

/// Something in a policy file that works but that somebody should mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyWarning {
    /// Stable code, `POL-Wn`.
    pub code: String,
    /// File, as it was named to the loader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Dotted key.
    pub key: String,
    /// What was found.
    pub what: String,
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:{}: {}: {}", self.code, self.file, self.line, self.key, self.what)
    }
}

/// A text in every language of the file, by language code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Texts(pub BTreeMap<String, String>);

impl Texts {
    /// The text in `language`; a language that the file lacks falls back to Indonesian.
    #[must_use]
    pub fn get(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get("id")).map_or("", String::as_str)
    }
}

/// An id of the file with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Stable id, lower case.
    pub id: String,
    /// Words for people.
    pub text: Texts,
}

/// What a fever of the applicant leads to at a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeverRule {
    /// Second reading after the wait, then refusal.
    Refuse,
    /// The treating doctor is named and protective equipment is worn; no refusal.
    TreatingDoctor,
}

/// Where recording takes place, and what that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Venue {
    /// `counter`, `van`, `school`, `home`, `hospital`, `prison`.
    pub id: String,
    /// Words for people.
    pub text: Texts,
    /// What a fever of the applicant leads to.
    pub fever: FeverRule,
    /// A single-finger reader may take the place of the four-finger one.
    pub single_finger_reader: bool,
    /// The photo is accepted without the coloured background.
    pub no_background: bool,
}

/// Who may let something through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approver {
    /// Nobody needs to.
    None,
    /// A supervisor's signed approval.
    Supervisor,
}

/// A class of urgent cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// `school`, `tni_polri`, `hospital`, `bpjs`, `first_time_voter`, `vulnerable`, `other`.
    pub id: String,
    /// Words for people.
    pub text: Texts,
    /// Who must approve.
    pub approve: Approver,
    /// Venues where the class is served; empty: all of them.
    pub venues: Vec<String>,
    /// Polling day: age counts on that day, and the class ends with it. Only `first_time_voter` has one.
    pub polling_date: Option<NaiveDate>,
    /// Evidence that the operator must have seen, all of it.
    pub evidence: Vec<Item>,
}

/// Temperature rule of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Temperature {
    /// Limit in tenths of a degree Celsius; a reading **greater than** it is too high.
    pub limit_decidegrees: i32,
    /// Lowest reading that can be of a living person; anything lower is a measuring error.
    pub plausible_min_decidegrees: i32,
    /// Highest reading that can be of a living person.
    pub plausible_max_decidegrees: i32,
    /// A reading below this passes with a warning (forehead thermometers read low outdoors).
    pub low_warning_decidegrees: i32,
    /// Seconds between the first reading above the limit and the second that counts.
    pub second_reading_wait_s: u32,
}

/// Health check of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Temperature rule.
    pub temperature: Temperature,
    /// Affirmations, each its own act.
    pub affirmations: Vec<Item>,
    /// The symptom question.
    pub symptom_question: Texts,
    /// A reading taken by a door officer is accepted with its ticket.
    pub door_ticket_accepted: bool,
    /// Hours that a check stays valid. For the officer, whose check is made at shift start; for the applicant it
    /// keeps a parked session from being taken up on an old reading.
    pub check_valid_hours: u32,
}

/// Health rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The officer's check.
    pub officer: Subject,
    /// The applicant's check.
    pub applicant: Subject,
}

/// What is disinfected after each applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hygiene {
    /// Devices that must be disinfected, in the order they are shown.
    pub disinfect: Vec<Item>,
    /// Seconds that hands or device dry after sanitiser before a finger is laid on the glass.
    pub drying_time_s: u32,
}

/// Daily quota of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Sealed sessions a day; `None`: no quota.
    pub daily: Option<u32>,
    /// Applicants take a queue number.
    pub queue: bool,
    /// Who may let an applicant through when the quota is used up.
    pub jump: Approver,
}

/// Ways on for an applicant who is not recorded here today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Days after which somebody refused for health may come back.
    pub come_back_after_days: u32,
    /// Channels named on a refusal.
    pub channels: Vec<String>,
    /// Channels named to a case that is not urgent.
    pub redirect_channels: Vec<String>,
    /// Channels named to somebody who has been recorded before.
    pub correction_channels: Vec<String>,
}

/// Another way to be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Stable id, also the key of the office's address in the local configuration.
    pub id: String,
    /// Words for people; `{contact}` stands for the office's address or number.
    pub text: Texts,
    /// Words when the local configuration gives no contact.
    pub text_no_contact: Texts,
}

impl Channel {
    /// The words in `language`, with the contact of the local configuration filled in.
    #[must_use]
    pub fn words(&self, language: &str, contact: Option<&str>) -> String {
        match contact.map(str::trim).filter(|c| !c.is_empty()) {
            Some(contact) => self.text.get(language).replace("{contact}", contact),
            None => self.text_no_contact.get(language).to_owned(),
        }
    }
}

/// Age rules, in completed years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    /// From this age the card is issued (17: UU 24/2013 art. 63).
    pub card_from: u32,
    /// From this age recording is allowed; the card waits for `card_from`.
    pub prerecord_from: u32,
}

/// The decision letter of the head of office that puts the policy into force locally.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LocalDecision {
    /// Number; empty until the office fills it in.
    pub number: String,
    /// Date.
    pub date: Option<NaiveDate>,
}

/// A checked policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Stable id, equal to the file's name without `.toml`.
    pub id: String,
    /// Version of the file, from 1.
    pub version: u32,
    /// SHA-256 of the file's bytes, lower-case hex.
    pub digest: String,
    /// Name for lists.
    pub name: Texts,
    /// Legal basis.
    pub legal_basis: Texts,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force; `None`: no end.
    pub valid_to: Option<NaiveDate>,
    /// Local decision letter.
    pub local_decision: LocalDecision,
    /// Daily quota.
    pub quota: Quota,
    /// Venues.
    pub venues: Vec<Venue>,
    /// Urgency classes.
    pub classes: Vec<Class>,
    /// Health rules.
    pub health: Health,
    /// Disinfection.
    pub hygiene: Hygiene,
    /// Limits of captures.
    pub capture: CaptureRules,
    /// How far the station goes on by itself.
    pub limits: StationLimits,
    /// How long it keeps what it keeps.
    pub retention: RetentionRules,
    /// Ways on.
    pub refusal: Refusal,
    /// Channels, by the ids that `refusal` names.
    pub channels: Vec<Channel>,
    /// Age rules.
    pub ages: Ages,
    /// Who must approve an applicant whose domicile is elsewhere.
    pub outside_domicile: Approver,
    /// Order of the steps.
    pub step_order: Vec<StepId>,
    /// Warnings found while loading.
    pub warnings: Vec<PolicyWarning>,
}

impl Policy {
    /// Reads and checks one policy file. `file_name` is used in messages, and its stem must be the policy's id.
    ///
    /// # Errors
    /// Every error of the file at once, by line.
    pub fn load(file_name: &str, text: &str) -> Result<Self, Vec<PolicyError>> {
        parse::policy(file_name, text)
    }

    /// The venue of an id.
    #[must_use]
    pub fn venue(&self, id: &str) -> Option<&Venue> {
        self.venues.iter().find(|v| v.id == id)
    }

    /// The urgency class of an id.
    #[must_use]
    pub fn class(&self, id: &str) -> Option<&Class> {
        self.classes.iter().find(|c| c.id == id)
    }

    /// The channel of an id.
    #[must_use]
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|c| c.id == id)
    }

    /// True on the days from `valid_from` to `valid_to`, both included.
    #[must_use]
    pub fn is_in_force(&self, date: NaiveDate) -> bool {
        self.valid_from <= date && self.valid_to.is_none_or(|end| date <= end)
    }
}

/// All policies of a station.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicySet {
    policies: Vec<Policy>,
}

/// The policies that come with the program: file name, text, text of the cases.
pub const BUNDLED: &[(&str, &str, &str)] = &[
    (
        "443-2978-2020-03.toml",
        include_str!("../../protocols/443-2978-2020-03.toml"),
        include_str!("../../protocols/443-2978-2020-03.cases.toml"),
    ),
    (
        "443-2978-2020-06.toml",
        include_str!("../../protocols/443-2978-2020-06.toml"),
        include_str!("../../protocols/443-2978-2020-06.cases.toml"),
    ),
];

impl PolicySet {
    /// Reads and checks policy files, each a pair of name and text.
    ///
    /// # Errors
    /// Every error of every file at once; also two files with one id, and two that begin on the same day (which
    /// would leave open which one is in force).
    pub fn load(files: Vec<(String, String)>) -> Result<Self, Vec<PolicyError>> {
        let mut errors = Vec::new();
        let mut policies: Vec<Policy> = Vec::new();
        for (name, text) in &files {
            match Policy::load(name, text) {
                Ok(policy) => {
                    errors.extend(parse::clashes(name, text, &policy, &policies));
                    policies.push(policy);
                }
                Err(found) => errors.extend(found),
            }
        }
        if files.is_empty() {
            errors.push(parse::no_files());
        }
        if errors.is_empty() { Ok(Self { policies }) } else { Err(errors) }
    }

    /// The policies that come with the program.
    ///
    /// # Errors
    /// As [`Self::load`]; a test keeps the bundled files free of errors.
    pub fn bundled() -> Result<Self, Vec<PolicyError>> {
        Self::load(BUNDLED.iter().map(|(name, text, _)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// The policy in force on a local date: of those in force the one that began last.
    #[must_use]
    pub fn in_force(&self, date: NaiveDate) -> Option<&Policy> {
        self.policies.iter().filter(|p| p.is_in_force(date)).max_by_key(|p| p.valid_from)
    }

    /// The policy of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Policy> {
        self.policies.iter().find(|p| p.id == id)
    }

    /// All policies, in the order they were given.
    #[must_use]
    pub fn all(&self) -> &[Policy] {
        &self.policies
    }
}

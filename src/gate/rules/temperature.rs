//! Temperature: a reading greater than the limit asks for a second one after the wait; the second decides.
//!
//! A reading counts when it is plausible, not older than the check stays valid, and not ahead of the clock. Counted
//! readings are followed oldest first. After two above the limit the person is refused: a third reading changes
//! nothing, so nobody measures until the number fits.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Effect, Finding, treating_doctor};
use crate::gate::evaluate::HealthInput;
use crate::gate::facts::{PersonFacts, Reading};
use crate::gate::policy::{Subject, Temperature};

/// The officer's temperature. The applicant may be served the same day, by another officer.
#[must_use]
pub fn officer(input: &HealthInput<'_>) -> Vec<Finding> {
    judge(input, &OFFICER)
}

/// The applicant's temperature.
#[must_use]
pub fn applicant(input: &HealthInput<'_>) -> Vec<Finding> {
    judge(input, &APPLICANT)
}

/// What differs between the two people.
struct Person {
    id: &'static str,
    above: &'static str,
    expired: &'static str,
}

const OFFICER: Person =
    Person { id: "officer", above: "officer-temperature-above-limit", expired: "officer-check-expired" };
const APPLICANT: Person = Person {
    id: "applicant",
    above: "applicant-temperature-above-limit",
    expired: "applicant-check-expired",
};

impl Person {
    fn subject<'a>(&self, input: &HealthInput<'a>) -> &'a Subject {
        if self.id == OFFICER.id { &input.policy.health.officer } else { &input.policy.health.applicant }
    }

    fn facts<'a>(&self, input: &HealthInput<'a>) -> &'a PersonFacts {
        if self.id == OFFICER.id { &input.facts.officer } else { &input.facts.applicant }
    }
}

/// Where the counted readings lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Start,
    Normal,
    /// One above the limit, taken at this time.
    Above(DateTime<Utc>),
    /// The same, and another taken before the wait was over.
    TooEarly(DateTime<Utc>),
    SecondNormal,
    SecondAbove,
}

/// True when the applicant's readings show a fever that no second reading after the wait has cleared.
pub(super) fn applicant_has_fever(input: &HealthInput<'_>) -> bool {
    let (subject, facts) = (APPLICANT.subject(input), APPLICANT.facts(input));
    let course = follow(&subject.temperature, &counted(subject, facts, input.now));
    let fever = matches!(course, Course::Above(_) | Course::TooEarly(_) | Course::SecondAbove);
    fever && usable_ticket(subject, facts)
}

fn judge(input: &HealthInput<'_>, person: &Person) -> Vec<Finding> {
    let subject = person.subject(input);
    let facts = person.facts(input);
    let mut found = Vec::new();
    if let Some(ticket) = &facts.door_ticket {
        if !subject.door_ticket_accepted {
            return vec![missing("door-ticket-refused", person, "temperature")];
        }
        if ticket.trim().is_empty() {
            return vec![missing("door-ticket-missing", person, "door_ticket")];
        }
        found.push(Finding::new("door-ticket-accepted", person.id, Effect::Pass));
    }
    let readings = counted(subject, facts, input.now);
    if readings.is_empty() {
        found.push(missing(why_none(subject, facts, input.now, person), person, "temperature"));
        return found;
    }
    if facts.readings.iter().any(|r| !plausible(&subject.temperature, r)) {
        let rule = Finding::new("temperature-implausible", person.id, Effect::Pass);
        found.push(rule.with_warning("temperature-implausible"));
    }
    if readings.last().is_some_and(|r| r.decidegrees_c < subject.temperature.low_warning_decidegrees) {
        found.push(Finding::new("temperature-low", person.id, Effect::Pass).with_warning("temperature-low"));
    }
    found.extend(lead_to(input, person, follow(&subject.temperature, &readings)));
    found
}

/// The findings of a course.
fn lead_to(input: &HealthInput<'_>, person: &Person, course: Course) -> Vec<Finding> {
    let temperature = &person.subject(input).temperature;
    let hospital = person.id == APPLICANT.id && treating_doctor::applies(input);
    let refuse = |rule| {
        // Another officer can take over at once; the applicant has to wait.
        let date = if person.id == OFFICER.id { input.today() } else { input.come_back() };
        Finding::refuse(rule, person.id, date, &input.policy.refusal.channels)
    };
    let again =
        |rule, first| Finding::new(rule, person.id, Effect::SecondReading(after_wait(temperature, first)));
    match course {
        Course::Start | Course::Normal => Vec::new(),
        Course::Above(_) | Course::TooEarly(_) | Course::SecondAbove if hospital => Vec::new(),
        Course::Above(first) => vec![again(person.above, first), again("second-reading-required", first)],
        Course::TooEarly(first) => vec![again(person.above, first), again("second-reading-too-early", first)],
        Course::SecondNormal => vec![Finding::new("second-reading-passed", person.id, Effect::Pass)],
        Course::SecondAbove => vec![refuse(person.above), refuse("second-reading-above-limit")],
    }
}

/// Follows the counted readings.
fn follow(temperature: &Temperature, readings: &[&Reading]) -> Course {
    readings.iter().fold(Course::Start, |course, reading| {
        let above = reading.decidegrees_c > temperature.limit_decidegrees;
        match course {
            Course::SecondAbove => Course::SecondAbove,
            Course::Above(first) | Course::TooEarly(first) if reading.at < after_wait(temperature, first) => {
                Course::TooEarly(first)
            }
            Course::Above(_) | Course::TooEarly(_) if above => Course::SecondAbove,
            Course::Above(_) | Course::TooEarly(_) => Course::SecondNormal,
            Course::Start | Course::Normal | Course::SecondNormal if above => Course::Above(reading.at),
            Course::SecondNormal => Course::SecondNormal,
            Course::Start | Course::Normal => Course::Normal,
        }
    })
}

fn after_wait(temperature: &Temperature, first: DateTime<Utc>) -> DateTime<Utc> {
    let wait = TimeDelta::seconds(i64::from(temperature.second_reading_wait_s));
    first.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn missing(rule: &'static str, person: &Person, what: &str) -> Finding {
    Finding::new(rule, person.id, Effect::Missing(format!("{}.{what}", person.id)))
}

fn usable_ticket(subject: &Subject, facts: &PersonFacts) -> bool {
    facts.door_ticket.as_ref().is_none_or(|t| subject.door_ticket_accepted && !t.trim().is_empty())
}

fn plausible(temperature: &Temperature, reading: &Reading) -> bool {
    (temperature.plausible_min_decidegrees..=temperature.plausible_max_decidegrees)
        .contains(&reading.decidegrees_c)
}

fn expired(subject: &Subject, reading: &Reading, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(reading.at) > TimeDelta::hours(i64::from(subject.check_valid_hours))
}

/// Readings that count, oldest first.
fn counted<'a>(subject: &Subject, facts: &'a PersonFacts, now: DateTime<Utc>) -> Vec<&'a Reading> {
    let counts =
        |r: &&Reading| r.at <= now && !expired(subject, r, now) && plausible(&subject.temperature, r);
    let mut readings: Vec<&Reading> = facts.readings.iter().filter(counts).collect();
    readings.sort_by_key(|r| r.at);
    readings
}

/// Why no reading counts: the reason of the one given last.
fn why_none(subject: &Subject, facts: &PersonFacts, now: DateTime<Utc>, person: &Person) -> &'static str {
    match facts.readings.last() {
        None => "temperature-missing",
        Some(r) if !plausible(&subject.temperature, r) => "temperature-implausible",
        Some(r) if r.at > now => "temperature-time-ahead",
        Some(_) => person.expired,
    }
}

//! Runs the rules in their order and combines what they find into one decision.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};

use super::facts::{CaseFacts, Decision, HealthFacts, Verdict};
use super::policy::Policy;
use super::rules::{self, Effect, Finding};

/// What a health rule sees.
#[derive(Clone, Copy)]
pub struct HealthInput<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The facts.
    pub facts: &'a HealthFacts,
    /// Time of the decision.
    pub now: DateTime<Utc>,
}

impl HealthInput<'_> {
    /// The local date at the station.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        local_date(self.now, self.facts.utc_offset_s)
    }

    /// The day on which somebody refused for health may come back.
    #[must_use]
    pub fn come_back(&self) -> NaiveDate {
        days_after(self.today(), self.policy.refusal.come_back_after_days)
    }
}

/// What a case rule sees.
#[derive(Clone, Copy)]
pub struct CaseInput<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The facts.
    pub facts: &'a CaseFacts,
}

/// A health rule: what it finds, nothing when it has nothing to say.
pub type HealthRule = fn(&HealthInput<'_>) -> Vec<Finding>;
/// A case rule.
pub type CaseRule = fn(&CaseInput<'_>) -> Vec<Finding>;

/// Health rules in their order: the officer is judged before the applicant, because an unfit officer takes nobody's
/// temperature.
pub const HEALTH_RULES: &[HealthRule] = &[
    rules::venue::health,
    rules::symptoms::officer,
    rules::temperature::officer,
    rules::affirmation::officer,
    rules::symptoms::applicant,
    rules::temperature::applicant,
    rules::treating_doctor::applicant,
    rules::affirmation::applicant,
];

/// Case rules in their order. The first that ends the session decides alone: somebody recorded before is served by
/// the correction desk whatever the age, a child is told its date rather than a channel for adults.
pub const CASE_RULES: &[CaseRule] = &[
    rules::venue::case,
    rules::recorded_before::check,
    rules::age::check,
    rules::urgency::check,
    rules::quota::check,
    rules::evidence::check,
    rules::approval::check,
    rules::domicile::check,
];

/// Judges the health of officer and applicant.
#[must_use]
pub fn health(policy: &Policy, facts: &HealthFacts, now: DateTime<Utc>) -> Decision {
    let input = HealthInput { policy, facts, now };
    combine(HEALTH_RULES.iter().flat_map(|rule| rule(&input)).collect(), "health-checked")
}

/// Judges whether the case may be recorded here today.
#[must_use]
pub fn case(policy: &Policy, facts: &CaseFacts) -> Decision {
    let input = CaseInput { policy, facts };
    combine(CASE_RULES.iter().flat_map(|rule| rule(&input)).collect(), "case-accepted")
}

/// Strength of an effect: what ends a session beats what parks it, which beats what is missing.
fn strength(effect: &Effect) -> u8 {
    match effect {
        Effect::Pass => 0,
        Effect::Missing(_) => 1,
        Effect::SecondReading(_) => 2,
        Effect::Refuse | Effect::Redirect => 3,
    }
}

/// The strongest findings make the decision; of equal ones the first, together with those about the same subject.
fn combine(findings: Vec<Finding>, passed: &'static str) -> Decision {
    let top = findings.iter().map(|f| strength(&f.effect)).max().unwrap_or(0);
    let lead = findings.iter().find(|f| strength(&f.effect) == top).cloned();
    let together = |f: &&Finding| {
        strength(&f.effect) == top && (top < 2 || lead.as_ref().is_some_and(|l| l.subject == f.subject))
    };
    let chosen: Vec<&Finding> = findings.iter().filter(together).collect();
    let verdict = match lead.as_ref().map(|l| (&l.effect, l.subject)) {
        None | Some((Effect::Pass, _)) => Verdict::Pass,
        Some((Effect::Missing(_), _)) => Verdict::Incomplete { missing: missing(&chosen) },
        Some((Effect::SecondReading(not_before), subject)) => {
            Verdict::SecondReading { person: subject.to_owned(), not_before: *not_before }
        }
        Some((Effect::Refuse, _)) => Verdict::Refuse,
        Some((Effect::Redirect, _)) => Verdict::Redirect,
    };
    let mut rules = Vec::new();
    let mut channels = Vec::new();
    let mut approvals = Vec::new();
    for finding in &chosen {
        push_new(&mut rules, finding.rule.to_owned());
        finding.channels.iter().for_each(|c| push_new(&mut channels, c.clone()));
        finding.approvals.iter().for_each(|a| push_new(&mut approvals, a.clone()));
    }
    if verdict == Verdict::Pass {
        push_new(&mut rules, passed.to_owned());
    }
    let mut warnings = Vec::new();
    // Warnings matter whatever the verdict is: a misread thermometer explains the missing reading.
    findings.iter().filter_map(|f| f.warning).for_each(|w| push_new(&mut warnings, w.to_owned()));
    Decision {
        verdict,
        rules,
        approvals,
        channels,
        come_back: chosen.iter().filter_map(|f| f.come_back).max(),
        print_not_before: chosen.iter().filter_map(|f| f.print_not_before).max(),
        warnings,
    }
}

fn missing(chosen: &[&Finding]) -> Vec<String> {
    let mut ids = Vec::new();
    for finding in chosen {
        if let Effect::Missing(id) = &finding.effect {
            push_new(&mut ids, id.clone());
        }
    }
    ids
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// The date on the station's clock; an offset that no clock has counts as UTC.
fn local_date(now: DateTime<Utc>, utc_offset_s: i32) -> NaiveDate {
    let utc = now.naive_utc();
    FixedOffset::east_opt(utc_offset_s)
        .and_then(|offset| utc.checked_add_offset(offset))
        .unwrap_or(utc)
        .date()
}

/// `date` and so many days, stopping at the last date there is.
pub(crate) fn days_after(date: NaiveDate, days: u32) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
}

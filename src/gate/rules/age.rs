//! Age: from 17, or married or ever married (UU 23/2006 jo UU 24/2013 art. 63); recorded from 16 with a card that
//! waits for the 17th birthday; a first-time voter counts the age on polling day.
//!
//! Ages are completed years. Somebody born on 29 February completes a year, in a year without that day, on **1 March**.
//! Indonesian law names no day for it, so the convention is ours: the year is complete when the day after 28 February
//! begins, and of the two dates in question it is the one on which no reading of the law makes the person too young.

use chrono::{Datelike, NaiveDate};

use super::{Effect, Finding};
use crate::gate::evaluate::CaseInput;
use crate::gate::facts::Marital;

const SUBJECT: &str = "age";

/// The day on which somebody born on `birth` completes `years` years.
#[must_use]
pub fn birthday(birth: NaiveDate, years: u32) -> NaiveDate {
    let year = i32::try_from(years).ok().and_then(|y| birth.year().checked_add(y));
    let on = |year| {
        NaiveDate::from_ymd_opt(year, birth.month(), birth.day())
            .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
    };
    year.and_then(on).unwrap_or(NaiveDate::MAX)
}

/// The rule.
#[must_use]
pub fn check(input: &CaseInput<'_>) -> Vec<Finding> {
    let (facts, ages) = (input.facts, input.policy.ages);
    if facts.birth_date > facts.today {
        return vec![Finding::new("birth-date-ahead", SUBJECT, Effect::Missing("birth_date".into()))];
    }
    let card_from = birthday(facts.birth_date, ages.card_from);
    if facts.today >= card_from {
        return vec![pass("age-17")];
    }
    if facts.marital != Marital::Never {
        return vec![pass("married-minor")];
    }
    let waits = |rule| Finding { print_not_before: Some(card_from), ..pass(rule) };
    let polling_date =
        facts.class.as_deref().and_then(|id| input.policy.class(id)).and_then(|c| c.polling_date);
    if polling_date.is_some_and(|polling| card_from <= polling) {
        return vec![waits("age-on-polling-day")];
    }
    let prerecord_from = birthday(facts.birth_date, ages.prerecord_from);
    if facts.today >= prerecord_from {
        return vec![waits("prerecord-16")];
    }
    vec![Finding::refuse("too-young", SUBJECT, prerecord_from, &input.policy.refusal.channels)]
}

fn pass(rule: &'static str) -> Finding {
    Finding::new(rule, SUBJECT, Effect::Pass)
}

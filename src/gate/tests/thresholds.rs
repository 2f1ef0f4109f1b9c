//! Every numeric threshold at -1, 0 and +1.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use super::super::facts::{CaseFacts, Decision, HealthFacts, Marital, PersonFacts, Reading, Verdict};
use super::super::policy::{Approver, Policy, Subject};
use super::super::rules::age::birthday;
use super::super::{case, health};
use super::{NOW, date, june, march, reading, time};

fn healthy(policy: &Policy, now: DateTime<Utc>) -> HealthFacts {
    let person = |subject: &Subject| PersonFacts {
        readings: vec![reading(366, now)],
        affirmed: subject.affirmations.iter().map(|a| a.id.clone()).collect(),
        symptoms: Some(false),
        door_ticket: None,
    };
    HealthFacts {
        venue: "counter".into(),
        officer: person(&policy.health.officer),
        applicant: person(&policy.health.applicant),
        treating_doctor: None,
        protective_equipment: false,
        utc_offset_s: 25200,
    }
}

fn adult(class: &str, evidence: &[&str]) -> CaseFacts {
    CaseFacts {
        venue: "counter".into(),
        class: Some(class.into()),
        evidence_seen: evidence.iter().map(|e| (*e).to_owned()).collect(),
        birth_date: date("1990-01-01"),
        marital: Marital::Never,
        today: date("2020-07-01"),
        sealed_today: 0,
        quota_jump_asked: false,
        recorded_before: false,
        outside_domicile: false,
    }
}

fn word(decision: &Decision) -> &'static str {
    match decision.verdict {
        Verdict::Pass => "pass",
        Verdict::Incomplete { .. } => "incomplete",
        Verdict::SecondReading { .. } => "second_reading",
        Verdict::Refuse => "refuse",
        Verdict::Redirect => "redirect",
    }
}

/// The verdicts one below, at and one above a threshold.
fn around(threshold: i64, expected: [&str; 3], decide: impl Fn(i64) -> Decision) {
    for (step, expected) in (-1..=1).zip(expected) {
        let decision = decide(threshold + step);
        assert_eq!(word(&decision), expected, "{threshold}{step:+}: {decision:?}");
    }
}

#[test]
fn temperature_thresholds() {
    let now = time(NOW);
    for policy in [march(), june()] {
        for officer in [true, false] {
            let subject = if officer { &policy.health.officer } else { &policy.health.applicant };
            let with = |readings: Vec<Reading>, now| {
                let mut facts = healthy(&policy, now);
                if officer {
                    facts.officer.readings = readings
                } else {
                    facts.applicant.readings = readings
                }
                health(&policy, &facts, now)
            };
            let t = subject.temperature;
            let one = |value: i64| with(vec![reading(i32::try_from(value).unwrap(), now)], now);
            around(t.limit_decidegrees.into(), ["pass", "pass", "second_reading"], one);
            around(t.plausible_min_decidegrees.into(), ["incomplete", "pass", "pass"], one);
            around(
                t.plausible_max_decidegrees.into(),
                ["second_reading", "second_reading", "incomplete"],
                one,
            );
            let first = reading(t.limit_decidegrees + 1, now);
            let second = |value: i32, seconds: i64| {
                let at = now + TimeDelta::seconds(seconds);
                with(vec![first.clone(), reading(value, at)], at)
            };
            let wait = i64::from(t.second_reading_wait_s);
            around(wait, ["second_reading", "pass", "pass"], |s| second(366, s));
            around(wait, ["second_reading", "refuse", "refuse"], |s| second(t.limit_decidegrees + 1, s));
            around(t.limit_decidegrees.into(), ["pass", "pass", "refuse"], |v| {
                second(i32::try_from(v).unwrap(), wait)
            });
            let valid = i64::from(subject.check_valid_hours) * 3600;
            around(valid, ["pass", "pass", "incomplete"], |age| {
                with(vec![reading(366, now - TimeDelta::seconds(age))], now)
            });
            around(0, ["pass", "pass", "incomplete"], |ahead| {
                with(vec![reading(366, now + TimeDelta::seconds(ahead))], now)
            });
            let low = |value: i64| usize::from(!one(value).warnings.is_empty());
            let edge = i64::from(t.low_warning_decidegrees);
            assert_eq!([low(edge - 1), low(edge), low(edge + 1)], [1, 0, 0]);
        }
    }
}

#[test]
fn a_refusal_is_dated_on_the_stations_clock() {
    // 00:30 in Jayapura is still the day before in UTC.
    let (policy, now) = (june(), time("2020-07-01T00:30:00+09:00"));
    let mut facts = healthy(&policy, now);
    facts.applicant.symptoms = Some(true);
    for (offset, expected) in [(32400, "2020-07-15"), (0, "2020-07-14"), (999_999, "2020-07-14")] {
        facts.utc_offset_s = offset;
        assert_eq!(health(&policy, &facts, now).come_back, Some(date(expected)), "{offset}");
    }
}

#[test]
fn quota_threshold() {
    let policy = june();
    let limit = policy.quota.daily.unwrap();
    let facts = |sealed: i64, asked| CaseFacts {
        sealed_today: u32::try_from(sealed).unwrap(),
        quota_jump_asked: asked,
        ..adult("school", &["kk", "school_letter"])
    };
    around(limit.into(), ["pass", "refuse", "refuse"], |n| case(&policy, &facts(n, false)));
    around(limit.into(), ["pass", "pass", "pass"], |n| case(&policy, &facts(n, true)));
    let mut strict = policy.clone();
    strict.quota.jump = Approver::None;
    around(limit.into(), ["pass", "refuse", "refuse"], |n| case(&strict, &facts(n, true)));
    assert!(case(&strict, &facts(limit.into(), false)).approvals.is_empty());
}

#[test]
fn age_thresholds_for_every_birth_day_of_a_leap_year() {
    let policy = june();
    let mut birth = date("2004-01-01");
    while birth.year() == 2004 {
        for (years, rules) in
            [(16, ["too-young", "prerecord-16", "prerecord-16"]), (17, ["prerecord-16", "age-17", "age-17"])]
        {
            let day = birthday(birth, years);
            for (step, rule) in [day.pred_opt().unwrap(), day, day.succ_opt().unwrap()].into_iter().zip(rules)
            {
                let facts =
                    CaseFacts { birth_date: birth, today: step, ..adult("school", &["kk", "school_letter"]) };
                let decision = case(&policy, &facts);
                assert_eq!(decision.rules[0], rule, "{birth} on {step}");
                let prints = (rule == "prerecord-16").then(|| birthday(birth, 17));
                assert_eq!(decision.print_not_before, prints, "{birth} on {step}");
            }
        }
        birth = birth.succ_opt().unwrap();
    }
}

#[test]
fn birthdays_of_29_february() {
    let born = date("2004-02-29");
    for (years, expected) in [(16, "2020-02-29"), (17, "2021-03-01"), (20, "2024-02-29"), (96, "2100-03-01")]
    {
        assert_eq!(birthday(born, years), date(expected));
    }
}

#[test]
fn polling_day_thresholds() {
    let policy = june();
    let polling = policy.class("first_time_voter").unwrap().polling_date.unwrap();
    let birth = |step: i64| birthday_minus(polling, 17) + TimeDelta::days(step);
    let voter = |step, today: NaiveDate| {
        case(&policy, &CaseFacts { birth_date: birth(step), today, ..adult("first_time_voter", &["kk"]) })
    };
    let rules: Vec<String> = (-1..=1).map(|s| voter(s, date("2020-11-01")).rules[0].clone()).collect();
    assert_eq!(rules, ["age-on-polling-day", "age-on-polling-day", "prerecord-16"]);
    around(0, ["pass", "pass", "redirect"], |s| voter(-400, polling + TimeDelta::days(s)));
    // A polling day more than a year off lets a fifteen-year-old in who will be seventeen on it.
    let mut far = policy.clone();
    far.classes.iter_mut().for_each(|c| c.polling_date = c.polling_date.map(|_| date("2024-02-14")));
    let facts = CaseFacts {
        birth_date: date("2007-02-14"),
        today: date("2022-12-01"),
        ..adult("first_time_voter", &["kk"])
    };
    assert_eq!(case(&far, &facts).rules[0], "age-on-polling-day");
    let school = CaseFacts { class: Some("school".into()), ..facts };
    assert_eq!(case(&far, &school).rules, ["too-young"]);
}

fn birthday_minus(day: NaiveDate, years: i32) -> NaiveDate {
    day.with_year(day.year() - years).unwrap()
}

#[test]
fn the_order_in_which_readings_are_given_does_not_matter() {
    let (policy, now) = (june(), time(NOW));
    let early = reading(380, now - TimeDelta::seconds(600));
    let late = reading(366, now);
    let mut facts = healthy(&policy, now);
    for readings in [vec![early.clone(), late.clone()], vec![late, early]] {
        facts.applicant.readings = readings;
        assert_eq!(health(&policy, &facts, now).rules, ["second-reading-passed", "health-checked"]);
    }
}

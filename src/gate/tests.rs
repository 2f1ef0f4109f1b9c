#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;

use super::facts::{CaseFacts, Decision, HealthFacts, Marital, PersonFacts, Reading, Verdict};
use super::policy::{BUNDLED, Policy, PolicySet};
use super::rules::age::birthday;
use super::*;

const MARCH: &str = BUNDLED[0].1;
const JUNE: &str = BUNDLED[1].1;

fn june() -> Policy {
    PolicySet::bundled().unwrap().get("443-2978-2020-06").unwrap().clone()
}

fn march() -> Policy {
    PolicySet::bundled().unwrap().get("443-2978-2020-03").unwrap().clone()
}

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn bundled_files() -> Vec<(String, String)> {
    let pair = |(name, policy, cases): &(&str, &str, &str)| {
        let cases_name = name.replace(".toml", ".cases.toml");
        [((*name).to_owned(), (*policy).to_owned()), (cases_name, (*cases).to_owned())]
    };
    BUNDLED.iter().flat_map(pair).collect()
}

// --- the bundled files ---

#[test]
fn bundled_examples_hold_and_name_every_rule() {
    let report = check_files(&bundled_files());
    let errors: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
    assert!(report.is_ok(), "{}", errors.join("\n"));
    assert!(report.cases_run > 100, "{} cases", report.cases_run);
    let unnamed: Vec<_> = RULE_IDS.iter().filter(|r| !report.rules_covered.contains(**r)).collect();
    assert!(unnamed.is_empty(), "rules without an example: {unnamed:?}");
}

#[test]
fn each_bundled_policy_covers_its_own_rules() {
    for pair in bundled_files().chunks(2) {
        let covered = check_files(pair).rules_covered;
        let quota = Policy::load(&pair[0].0, &pair[0].1).unwrap().quota.daily.is_some();
        let needed = RULE_IDS.iter().filter(|r| quota || !r.starts_with("quota-"));
        let unnamed: Vec<_> = needed.filter(|r| !covered.contains(**r)).collect();
        assert!(unnamed.is_empty(), "{}: {unnamed:?}", pair[0].0);
    }
}

#[test]
fn an_empty_decision_letter_warns() {
    let policy = june();
    let keys: Vec<&str> = policy.warnings.iter().map(|w| w.key.as_str()).collect();
    assert_eq!(keys, ["local_decision.number", "local_decision.date"]);
    let line = JUNE.lines().position(|l| l.starts_with("number")).unwrap() + 1;
    assert_eq!(policy.warnings[0].line, line);
}

#[test]
fn in_force_by_date() {
    let set = PolicySet::bundled().unwrap();
    let check = |day: &str, expected: Option<&str>| {
        assert_eq!(set.in_force(date(day)).map(|p| p.id.as_str()), expected, "{day}");
    };
    check("2020-03-15", None);
    check("2020-03-16", Some("443-2978-2020-03"));
    check("2020-06-21", Some("443-2978-2020-03"));
    check("2020-06-22", Some("443-2978-2020-06"));
    check("2026-11-23", Some("443-2978-2020-06"));
    // The one that began last wins while two are in force.
    let endless = MARCH.replace("valid_to = 2020-06-21\n", "");
    let both = PolicySet::load(vec![
        ("443-2978-2020-06.toml".into(), JUNE.into()),
        ("443-2978-2020-03.toml".into(), endless),
    ]);
    let both = both.unwrap();
    assert_eq!(both.in_force(date("2020-06-22")).unwrap().id, "443-2978-2020-06");
    assert_eq!(both.in_force(date("2020-06-21")).unwrap().id, "443-2978-2020-03");
}

#[test]
fn the_digest_is_of_the_bytes() {
    use sha2::{Digest, Sha256};
    assert_eq!(june().digest, hex::encode(Sha256::digest(JUNE.as_bytes())));
    let other = Policy::load("443-2978-2020-06.toml", &format!("{JUNE}\n# a remark\n")).unwrap();
    assert_ne!(other.digest, june().digest);
}

#[test]
fn channels_fill_in_the_contact_or_do_without() {
    let policy = june();
    let phone = policy.channel("phone").unwrap();
    assert!(phone.words("id", Some("0000")).contains("0000"));
    for contact in [None, Some(" ")] {
        assert!(!phone.words("en", contact).contains('{'));
    }
    assert_eq!(phone.words("jv", None), phone.words("id", None));
}

#[test]
fn every_id_has_its_words_in_both_languages() {
    let catalogues = [include_str!("../i18n/id/gate.ftl"), include_str!("../i18n/en/gate.ftl")];
    let families = [("rule", RULE_IDS), ("missing", MISSING_IDS), ("warning", WARNING_IDS)];
    let wanted: BTreeSet<String> = families
        .iter()
        .flat_map(|(family, ids)| ids.iter().map(move |id| format!("{family}-{id}")))
        .flat_map(|id| [format!("{id}-do"), id])
        .collect();
    for text in catalogues {
        let resource = fluent::FluentResource::try_new(text.to_owned()).expect("Fluent syntax");
        let lines = text.lines().filter_map(|l| l.split_once(" = ")).map(|(id, _)| id.to_owned());
        let ids: Vec<String> = lines.collect();
        assert_eq!(resource.entries().count(), ids.len() + 1, "one message a line, and the remark");
        assert_eq!(ids.len(), wanted.len());
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), wanted);
    }
}

// --- thresholds at -1, 0, +1 ---

const NOW: &str = "2020-07-01T08:00:00+07:00";

fn reading(decidegrees_c: i32, at: DateTime<Utc>) -> Reading {
    Reading { decidegrees_c, at, site: "forehead".into(), device: "typed".into() }
}

fn healthy(policy: &Policy, now: DateTime<Utc>) -> HealthFacts {
    let person = |subject: &policy::Subject| PersonFacts {
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
    strict.quota.jump = policy::Approver::None;
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

// --- totality ---

fn any_id(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![9 => proptest::sample::select(known).prop_map(str::to_owned), 1 => "[a-z.]{0,6}"]
}

fn any_time() -> impl Strategy<Value = DateTime<Utc>> {
    let near = time(NOW).timestamp();
    let edges = vec![DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, time(NOW)];
    prop_oneof![
        8 => (near - 40_000..near + 2_000).prop_map(|s| DateTime::from_timestamp(s, 0).unwrap()),
        1 => proptest::sample::select(edges),
    ]
}

fn any_date() -> impl Strategy<Value = NaiveDate> {
    let edges = vec![NaiveDate::MIN, NaiveDate::MAX, date("2004-02-29"), date("2020-12-09")];
    prop_oneof![
        8 => (0u64..16_000).prop_map(|d| date("1985-01-01") + Days::new(d)),
        1 => proptest::sample::select(edges),
    ]
}

prop_compose! {
    fn any_reading()(
        decidegrees_c in prop_oneof![8 => 335..425, 1 => any::<i32>()],
        at in any_time(),
    ) -> Reading { reading(decidegrees_c, at) }
}

prop_compose! {
    fn any_person()(
        readings in proptest::collection::vec(any_reading(), 0..5),
        affirmed in proptest::collection::btree_set(any_id(&["mask", "gloves", "hands", "distance"]), 0..5),
        symptoms in any::<Option<bool>>(),
        door_ticket in proptest::option::of("[A-Z ]{0,3}"),
    ) -> PersonFacts { PersonFacts { readings, affirmed, symptoms, door_ticket } }
}

prop_compose! {
    fn any_health()(
        venue in any_id(parse::VENUE_IDS),
        officer in any_person(),
        applicant in any_person(),
        treating_doctor in proptest::option::of("[a-z ]{0,3}"),
        protective_equipment in any::<bool>(),
        utc_offset_s in prop_oneof![Just(25200), any::<i32>()],
    ) -> HealthFacts {
        HealthFacts { venue, officer, applicant, treating_doctor, protective_equipment, utc_offset_s }
    }
}

prop_compose! {
    fn any_case()(
        venue in any_id(parse::VENUE_IDS),
        class in proptest::option::of(any_id(parse::CLASS_IDS)),
        evidence_seen in proptest::collection::btree_set(any_id(&["kk", "school_letter", "urgency_proof"]), 0..4),
        birth_date in any_date(),
        marital in proptest::sample::select(vec![Marital::Never, Marital::Married, Marital::EverMarried]),
        today in any_date(),
        sealed_today in prop_oneof![Just(0u32), 20..30u32, any::<u32>()],
        flags in any::<[bool; 3]>(),
    ) -> CaseFacts {
        let [quota_jump_asked, recorded_before, outside_domicile] = flags;
        CaseFacts {
            venue, class, evidence_seen, birth_date, marital, today, sealed_today,
            quota_jump_asked, recorded_before, outside_domicile,
        }
    }
}

/// What holds for every decision.
fn sound(policy: &Policy, decision: &Decision) -> Result<(), TestCaseError> {
    prop_assert!(!decision.rules.is_empty());
    prop_assert!(decision.rules.iter().all(|r| RULE_IDS.contains(&r.as_str())), "{:?}", decision.rules);
    prop_assert!(
        decision.warnings.iter().all(|w| WARNING_IDS.contains(&w.as_str())),
        "{:?}",
        decision.warnings
    );
    prop_assert!(decision.channels.iter().all(|c| policy.channel(c).is_some()));
    match &decision.verdict {
        Verdict::Refuse => prop_assert!(decision.come_back.is_some() && !decision.channels.is_empty()),
        Verdict::Redirect => prop_assert!(!decision.channels.is_empty()),
        Verdict::Incomplete { missing } => {
            prop_assert!(!missing.is_empty());
            prop_assert!(missing.iter().all(|m| MISSING_IDS.contains(&missing_family(m))));
        }
        Verdict::SecondReading { person, .. } => {
            prop_assert!(["officer", "applicant"].contains(&person.as_str()))
        }
        Verdict::Pass => prop_assert!(decision.come_back.is_none() && decision.channels.is_empty()),
    }
    let json = serde_json::to_string(decision).unwrap();
    prop_assert_eq!(&serde_json::from_str::<Decision>(&json).unwrap(), decision);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_set_of_health_facts_gets_a_decision(facts in any_health(), now in any_time()) {
        for policy in [&*POLICIES.0, &*POLICIES.1] {
            let decision = health(policy, &facts, now);
            sound(policy, &decision)?;
            if decision.verdict == Verdict::Pass {
                let fever_venue = facts.venue == "hospital" && facts.protective_equipment;
                prop_assert_eq!(facts.officer.symptoms, Some(false));
                prop_assert!(facts.applicant.symptoms == Some(false) || fever_venue);
                prop_assert!(!facts.officer.readings.is_empty() && !facts.applicant.readings.is_empty());
            }
        }
    }

    #[test]
    fn every_set_of_case_facts_gets_a_decision(facts in any_case()) {
        for policy in [&*POLICIES.0, &*POLICIES.1] {
            let decision = case(policy, &facts);
            sound(policy, &decision)?;
            if decision.verdict == Verdict::Pass {
                prop_assert!(facts.class.is_some() && !facts.recorded_before);
                let young = facts.today < birthday(facts.birth_date, 17) && facts.marital == Marital::Never;
                prop_assert_eq!(decision.print_not_before.is_some(), young);
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}", cut in 0usize..9000, at in 0usize..9000) {
        let _ = Policy::load("x.toml", &text);
        let floor = |i: usize| (0..=i.min(JUNE.len())).rev().find(|i| JUNE.is_char_boundary(*i)).unwrap_or(0);
        let (head, tail) = (&JUNE[..floor(cut)], &JUNE[floor(at)..]);
        if let Err(errors) = Policy::load("443-2978-2020-06.toml", &format!("{head}{text}{tail}")) {
            prop_assert!(!errors.is_empty());
            prop_assert!(errors.iter().all(|e| e.line >= 1 && e.code.starts_with("POL-")));
        }
    }
}

static POLICIES: std::sync::LazyLock<(Box<Policy>, Box<Policy>)> =
    std::sync::LazyLock::new(|| (Box::new(march()), Box::new(june())));

// --- invalid files ---

/// `JUNE` with each `from` replaced by `to`, once. The errors must be exactly these: code, key, and the text that
/// stands on the line (empty: do not look).
fn invalid(mutations: &[(&str, &str)], expected: &[(&str, &str, &str)]) {
    let mut text = JUNE.to_owned();
    for (from, to) in mutations {
        assert!(text.contains(from), "the file no longer has {from:?}");
        text = text.replacen(from, to, 1);
    }
    let errors =
        Policy::load("443-2978-2020-06.toml", &text).expect_err(&format!("{mutations:?} was accepted"));
    let mut found: Vec<(&str, &str)> = errors.iter().map(|e| (e.code, e.key.as_str())).collect();
    let mut wanted: Vec<(&str, &str)> = expected.iter().map(|(code, key, _)| (*code, *key)).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{mutations:?}: {errors:?}");
    for (code, key, on_line) in expected {
        let error = errors.iter().find(|e| e.code == *code && e.key == *key).unwrap();
        let line = text.lines().nth(error.line - 1).unwrap_or_default();
        assert!(line.contains(on_line), "{code} {key}: line {} is {line:?}", error.line);
        assert!(!error.todo.is_empty() && !error.what.is_empty());
    }
}

#[test]
fn invalid_policies() {
    let officer = "health.officer.temperature";
    let limit = format!("{officer}.limit_decidegrees");
    let table: &[(&[(&str, &str)], &[(&str, &str, &str)])] = &[
        (&[("version = 1", "version = ")], &[("POL-01", "", "version = ")]),
        (&[("version = 1", "version = 1\nversion = 2")], &[("POL-01", "", "version = 2")]),
        (&[("valid_from = 2020-06-22", "valid_from = 2020-02-30")], &[("POL-01", "", "2020-02-30")]),
        (&[("version = 1", "version = 1\nverison = 1")], &[("POL-02", "verison", "verison")]),
        (&[("queue = true", "queue = true\nQueue = true")], &[("POL-02", "quota.Queue", "Queue")]),
        (&[("fever = \"refuse\"", "fever = \"refuse\"\nfear = 1")], &[("POL-02", "venue[0].fear", "fear")]),
        (&[("version = 1\n", "")], &[("POL-03", "version", "")]),
        (&[("queue = true\n", "")], &[("POL-03", "quota.queue", "[quota]")]),
        (&[("polling_date = 2020-12-09\n", "")], &[("POL-03", "class[4].polling_date", "[[class]]")]),
        (&[("version = 1", "version = \"1\"")], &[("POL-04", "version", "version")]),
        (&[("queue = true", "queue = 1")], &[("POL-04", "quota.queue", "queue")]),
        (&[("\"health\", \"identity\"", "\"health\", 7, \"identity\"")], &[("POL-04", "step_order[1]", "7")]),
        (&[("version = 1", "version = 0")], &[("POL-05", "version", "version")]),
        (&[("version = 1", "version = 99999999999999999999")], &[("POL-05", "version", "version")]),
        (&[("daily = 25", "daily = 0")], &[("POL-05", "quota.daily", "daily")]),
        (
            &[("come_back_after_days = 14", "come_back_after_days = -1")],
            &[("POL-05", "refusal.come_back_after_days", "-1")],
        ),
        (&[("limit_decidegrees = 373", "limit_decidegrees = 37")], &[("POL-05", &limit, "= 37")]),
        (&[("jump = \"supervisor\"", "jump = \"mayor\"")], &[("POL-06", "quota.jump", "mayor")]),
        (
            &[("id = \"prison\"", "id = \"market\"")],
            &[("POL-06", "venue[5].id", "market"), ("POL-07", "class[5].venues", "prison")],
        ),
        (&[("id = \"bpjs\"", "id = \"tourism\"")], &[("POL-06", "class[3].id", "tourism")]),
        (&[("id = \"iris\"", "id = \"toaster\"")], &[("POL-06", "hygiene.disinfect[1].id", "toaster")]),
        (&[("\"irises\"", "\"eyes\"")], &[("POL-06", "step_order", "eyes")]),
        (&[("venues = [\"home\"", "venues = [\"moon\"")], &[("POL-07", "class[5].venues", "moon")]),
        (&[("\"whatsapp\"]", "\"pigeon\"]")], &[("POL-07", "refusal.redirect_channels", "pigeon")]),
        (
            &[("valid_from = 2020-06-22", "valid_from = \"2020-06-22\"")],
            &[("POL-08", "valid_from", "valid_from")],
        ),
        (
            &[("valid_from = 2020-06-22", "valid_from = 2020-06-22T08:00:00")],
            &[("POL-08", "valid_from", "08:00")],
        ),
        (
            &[("valid_from = 2020-06-22", "valid_from = 2020-06-22\nvalid_to = 2020-06-21")],
            &[("POL-09", "valid_to", "valid_to")],
        ),
        (
            &[("id = \"van\"", "id = \"counter\"")],
            &[("POL-10", "venue[1].id", "counter"), ("POL-07", "class[5].venues", "")],
        ),
        (&[("id = \"gloves\"", "id = \"mask\"")], &[("POL-10", "health.officer.affirmation[1].id", "mask")]),
        (&[("id = \"school_letter\"", "id = \"kk\"")], &[("POL-10", "class[0].evidence[1].id", "kk")]),
        (&[(", en = \"Counter\"", "")], &[("POL-11", "venue[0].text.en", "Loket kantor")]),
        (&[("en = \"Counter\"", "en = \" \"")], &[("POL-11", "venue[0].text.en", "Loket kantor")]),
        (
            &[("id = \"gloves\"", "id = \"Sarung tangan\"")],
            &[("POL-12", "health.officer.affirmation[1].id", "Sarung")],
        ),
        (
            &[("id = \"gloves\"", "id = \"temperature\"")],
            &[("POL-12", "health.officer.affirmation[1].id", "temperature")],
        ),
        (&[("id = \"443-2978-2020-06\"", "id = \"june\"")], &[("POL-12", "id", "june")]),
        (&[("\"health\", \"identity\"", "\"identity\", \"health\"")], &[("POL-13", "step_order", "")]),
        (&[("\"seal\", \"proof\"", "\"proof\", \"seal\"")], &[("POL-13", "step_order", "")]),
        (&[("\"photo\", ", "")], &[("POL-13", "step_order", "")]),
        (&[("\"photo\", ", "\"photo\", \"photo\", ")], &[("POL-13", "step_order", "photo")]),
        (&[("limit_decidegrees = 373", "limit_decidegrees = 430")], &[("POL-14", &limit, "430")]),
    ];
    for (mutations, expected) in table {
        invalid(mutations, expected);
    }
    invalid(
        &[("low_warning_decidegrees = 355", "low_warning_decidegrees = 374")],
        &[("POL-14", &format!("{officer}.low_warning_decidegrees"), "374")],
    );
    invalid(
        &[
            ("second_reading_wait_s = 300", "second_reading_wait_s = 7200"),
            ("check_valid_hours = 8", "check_valid_hours = 2"),
        ],
        &[("POL-14", "health.officer.check_valid_hours", "= 2")],
    );
    invalid(&[("prerecord_from = 16", "prerecord_from = 18")], &[("POL-14", "ages.prerecord_from", "18")]);
    invalid(
        &[("redirect_channels = [\"online_request\", \"whatsapp\"]", "redirect_channels = []")],
        &[("POL-15", "refusal.redirect_channels", "redirect")],
    );
    invalid(&[("melalui {contact}", "melalui {alamat}")], &[("POL-16", "channel[0].text.id", "{alamat}")]);
    invalid(&[("Loket kantor", "Loket {contact}")], &[("POL-16", "venue[0].text.id", "{contact}")]);
    invalid(
        &[("id = \"bpjs\"", "id = \"bpjs\"\npolling_date = 2020-12-09")],
        &[("POL-18", "class[3].polling_date", "2020")],
    );
}

#[test]
fn all_errors_come_at_once_and_by_line() {
    let mutations = [
        ("version = 1", "version = \"one\""),
        ("valid_from = 2020-06-22", "valid_from = 2020-06-22\nvalid_to = 2019-01-01\nsurprise = true"),
        ("daily = 25", "daily = -5"),
        (", en = \"Counter\"", ""),
        ("correction_channels = [\"correction_desk\"", "correction_channels = [\"nowhere\""),
    ];
    let expected = [
        ("POL-04", "version", "one"),
        ("POL-09", "valid_to", "2019"),
        ("POL-02", "surprise", "surprise"),
        ("POL-05", "quota.daily", "-5"),
        ("POL-11", "venue[0].text.en", "Loket"),
        ("POL-07", "refusal.correction_channels", "nowhere"),
    ];
    invalid(&mutations, &expected);
    // A syntax error does not hide the others.
    invalid(
        &[("daily = 25", "daily = ???"), ("jump = \"supervisor\"", "jump = \"mayor\"")],
        &[("POL-01", "", "???"), ("POL-06", "quota.jump", "mayor")],
    );
    let errors = Policy::load("a/b.toml", "").unwrap_err();
    assert!(errors.len() >= 10 && errors.iter().all(|e| e.code == "POL-03"), "{errors:?}");
    assert!(errors[0].to_string().starts_with("POL-03 a/b.toml:1: "), "{}", errors[0]);
    assert_eq!(Policy::load("b.toml", &"#".repeat(300_000)).unwrap_err()[0].code, "POL-01");
}

#[test]
fn sets_refuse_clashes() {
    let check = |files: &[(&str, String)], expected: &[(&str, &str, &str)]| {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
        let errors = PolicySet::load(files).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.file.as_str(), e.code, e.key.as_str())).collect();
        assert_eq!(found, expected);
    };
    let june = || ("443-2978-2020-06.toml", JUNE.to_owned());
    check(&[], &[("protocols", "POL-17", "")]);
    check(
        &[june(), ("b/443-2978-2020-06.toml", JUNE.to_owned())],
        &[("b/443-2978-2020-06.toml", "POL-17", "id")],
    );
    let twin = JUNE.replacen("id = \"443-2978-2020-06\"", "id = \"twin\"", 1);
    check(&[june(), ("twin.toml", twin)], &[("twin.toml", "POL-17", "valid_from")]);
    let broken = MARCH.replacen("version = 1", "version = 0", 1);
    check(
        &[
            ("443-2978-2020-03.toml", broken),
            ("443-2978-2020-06.toml", JUNE.replacen("queue = true", "queue = 2", 1)),
        ],
        &[("443-2978-2020-03.toml", "POL-05", "version"), ("443-2978-2020-06.toml", "POL-04", "quota.queue")],
    );
}

#[test]
fn wrong_examples_are_named_with_their_line() {
    let cases = BUNDLED[1].2;
    let check = |from: &str, to: &str, expected: &[(&str, &str)]| {
        assert!(cases.contains(from), "the cases no longer have {from:?}");
        let text = cases.replacen(from, to, 1);
        let files = [
            ("443-2978-2020-06.toml".to_owned(), JUNE.to_owned()),
            ("x.cases.toml".to_owned(), text.clone()),
        ];
        let report = check_files(&files);
        let found: Vec<_> = report.errors.iter().map(|e| (e.code, e.key.as_str())).collect();
        assert_eq!(found, expected, "{from} -> {to}: {:?}", report.errors);
        for error in &report.errors {
            let at = text.lines().nth(error.line - 1).unwrap_or_default();
            assert!(error.line > 1 || error.key == "policy" || at.starts_with('#'), "{error}");
        }
    };
    check("rules = [\"health-checked\"]", "rules = [\"symptoms\"]", &[("POL-23", "health[0].expect")]);
    check(
        "rules = [\"health-checked\"]",
        "rules = [\"helth\"]",
        &[("POL-23", "health[0].expect"), ("POL-24", "health[0].expect")],
    );
    check("set = { venue = \"market\" }", "set = { venus = \"market\" }", &[("POL-02", "health[24].set")]);
    check("set = { venue = \"market\" }", "set = { venue = 7 }", &[("POL-22", "health[24].set")]);
    check(
        "unset = [\"class\"]",
        "unset = [\"clas\"]",
        &[("POL-22", "case[14].unset"), ("POL-23", "case[14].expect")],
    );
    check("policy = \"443-2978-2020-06\"", "policy = \"other\"", &[("POL-21", "policy")]);
    check("now = 2020-07-01T15:00:00+07:00", "now = 2020-07-01", &[("POL-08", "health[18].now")]);
}

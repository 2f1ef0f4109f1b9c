//! Every set of facts gets a decision, and no text makes the parser panic.

use chrono::{DateTime, Days, NaiveDate, Utc};
use proptest::prelude::*;

use super::super::facts::{CaseFacts, Decision, HealthFacts, Marital, PersonFacts, Reading, Verdict};
use super::super::policy::Policy;
use super::super::rules::age::birthday;
use super::super::{MISSING_IDS, RULE_IDS, WARNING_IDS, case, health, missing_family, parse};
use super::{JUNE, NOW, date, june, march, reading, time};

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

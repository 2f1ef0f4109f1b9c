//! The policies that come with the program, their examples and their words.

use std::collections::BTreeSet;

use super::super::policy::{Policy, PolicySet};
use super::super::{MISSING_IDS, RULE_IDS, WARNING_IDS, check_files};
use super::{JUNE, MARCH, bundled_files, date, june};

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
    let catalogues = [include_str!("../../i18n/id/gate.ftl"), include_str!("../../i18n/en/gate.ftl")];
    let families = [("rule", RULE_IDS), ("missing", MISSING_IDS), ("warning", WARNING_IDS)];
    let wanted: BTreeSet<String> = families
        .iter()
        .flat_map(|(family, ids)| ids.iter().map(move |id| format!("{family}-{id}")))
        .flat_map(|id| [format!("{id}-do"), id])
        .collect();
    for text in catalogues {
        let resource = fluent::FluentResource::try_new(text.to_owned()).expect("Fluent syntax");
        let messages = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(" = "));
        let ids: Vec<String> = messages.map(|(id, _)| id.to_owned()).collect();
        assert_eq!(resource.entries().count(), ids.len(), "one message a line");
        assert_eq!(ids.len(), wanted.len());
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), wanted);
    }
}

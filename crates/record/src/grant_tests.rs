#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::testing::{NIK, account, approval, complete_draft, key};

fn good() -> Grant {
    approval(&complete_draft(1), 1, StepId::Urgency, "urgency-other")
}

fn code(result: Result<(), GrantError>) -> String {
    result.map_or_else(|e| e.to_string()[..6].to_owned(), |()| "ok".to_owned())
}

/// One mutation of a good grant, signed again by the supervisor or not.
fn check(name: &str, resign: bool, mutate: impl FnOnce(&mut Grant), expected: &str) {
    let mut grant = good();
    mutate(&mut grant);
    if resign {
        grant.signature = keys::sign_hex(&key(1, "supervisor"), &grant.canonical_bytes().unwrap());
    }
    assert_eq!(code(grant.verify(grant.signed, account(1, "operator"))), expected, "{name}");
}

#[test]
fn grant_vectors() {
    check("good", false, |_| {}, "ok");
    check("approved flipped", false, |g| g.approved = false, "GRT-04");
    check("note changed", false, |g| g.note.push('!'), "GRT-04");
    check("reason changed", false, |g| g.request.reason = "other".into(), "GRT-04");
    check("kind changed", false, |g| g.request.kind = RequirementKind::SecondPerson, "GRT-04");
    check("evidence dropped", false, |g| g.request.evidence.clear(), "GRT-04");
    check("nonce changed", false, |g| g.request.nonce = account(9, "x"), "GRT-04");
    check("signature of another grant", false, |g| g.signature = good().signature, "GRT-04");
    check("signature cut", false, |g| g.signature.truncate(126), "GRT-06");
    check("signature in capitals", false, |g| g.signature = g.signature.to_uppercase() + "F", "GRT-06");
    check("key of small order", false, |g| g.supervisor_key = format!("01{}", "0".repeat(62)), "GRT-06");
    check(
        "key of another",
        true,
        |g| {
            g.supervisor_key = keys::public_to_hex(&key(2, "supervisor").verifying_key());
        },
        "GRT-04",
    );
    check("approves himself", true, |g| g.supervisor = g.request.operator, "GRT-01");
    check("signed after expiry", true, |g| g.signed = g.request.expires + Duration::seconds(1), "GRT-02");
    check(
        "signed before asked",
        true,
        |g| g.signed = g.request.asked - Duration::seconds(CLOCK_SKEW_S + 1),
        "GRT-03",
    );
    check("asked by another", true, |g| g.request.operator = account(5, "operator"), "GRT-05");
    check("valid for years", true, |g| g.request.expires = g.request.asked + Duration::days(900), "GRT-06");
    check("expires before asked", true, |g| g.request.expires = g.request.asked, "GRT-06");
    check("salt too short", true, |g| g.request.salt.truncate(30), "GRT-06");
    check("reason empty", true, |g| g.request.reason.clear(), "GRT-06");
    check("station with a path", true, |g| g.request.station = "../x".into(), "GRT-06");
    check("evidence is no digest", true, |g| g.request.evidence = vec!["letter".into()], "GRT-06");
    check("too much evidence", true, |g| g.request.evidence = vec!["0".repeat(64); 33], "GRT-06");
    check("note too long", true, |g| g.note = "x".repeat(MAX_NOTE + 1), "GRT-06");
}

#[test]
fn time_of_use_decides_about_expiry() {
    let grant = good();
    let operator = account(1, "operator");
    let cases = [
        (grant.request.expires, "ok"),
        (grant.request.expires + Duration::milliseconds(1), "GRT-02"),
        (grant.signed - Duration::seconds(CLOCK_SKEW_S), "ok"),
        (grant.signed - Duration::seconds(CLOCK_SKEW_S + 1), "GRT-03"),
    ];
    for (at, expected) in cases {
        assert_eq!(code(grant.verify(at, operator)), expected, "at {at}");
    }
}

#[test]
fn binds_the_person_without_naming_them() {
    let (a, b) = (good(), good());
    assert!(a.binds(NIK) && b.binds(NIK));
    assert!(!a.binds("3374015708030002") && !a.binds(""));
    assert_ne!(a.request.nik_hmac, b.request.nik_hmac, "salted");
    assert!(!format!("{a:?}").contains(NIK));
}

#[test]
fn refuses_to_sign_for_oneself() {
    let request = good().request;
    let operator = request.operator;
    let at = request.asked;
    assert_eq!(sign(request, true, "", &key(1, "operator"), operator, at), Err(GrantError::SelfApproval));
}

#[test]
fn canonical_bytes_do_not_depend_on_the_json_that_came_in() {
    let grant = good();
    let value = serde_json::to_value(&grant).unwrap();
    // Members in reverse order, with white space.
    let mut pairs: Vec<_> = value.as_object().unwrap().iter().collect();
    pairs.reverse();
    let text: Vec<String> = pairs.iter().map(|(k, v)| format!("  \"{k}\" : {v}")).collect();
    let again: Grant = serde_json::from_str(&format!("{{\n{}\n}}", text.join(",\n"))).unwrap();
    assert_eq!(again.canonical_bytes().unwrap(), grant.canonical_bytes().unwrap());
    let bytes = String::from_utf8(grant.canonical_bytes().unwrap()).unwrap();
    assert!(bytes.starts_with("rekam-grant/1\n{\"approved\":true,\"note\":\"seen\",\"request\":{\"asked\":"));
    assert!(!bytes.contains(&grant.signature));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use chrono::TimeZone;
use proptest::prelude::*;

use super::*;

fn day(n: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + chrono::Duration::days(n)
}

fn recipient() -> String {
    keys::generate_age_identity().recipient
}

fn entry(role: CentreRole, from: i64, until: i64) -> CentreEntry {
    CentreEntry {
        name: format!("Kunci {role}"),
        role,
        recipient: recipient(),
        valid_from: day(from),
        valid_until: day(until),
    }
}

fn root() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

use CentreRole::{Centre, Escrow};

fn list(entries: Vec<CentreEntry>) -> CentreList {
    CentreList {
        schema: SCHEMA.into(),
        environment: Environment::Production,
        serial: 1,
        issued: day(0),
        entries,
        root: String::new(),
        signature: String::new(),
    }
}

fn pair() -> Vec<CentreEntry> {
    vec![entry(Centre, 0, 100), entry(Escrow, -10, 200)]
}

/// Signs, and says how that ended.
fn check(change: impl FnOnce(&mut CentreList), expected: &str) {
    let mut made = list(pair());
    change(&mut made);
    let found = match made.sign(&root()) {
        Ok(()) => {
            made.verify(&root().verifying_key()).unwrap();
            let read = CentreList::parse(&serde_json::to_vec(&made).unwrap()).unwrap();
            assert_eq!(read, made);
            format!("until {}", (made.usable_until().unwrap() - day(0)).num_days())
        }
        Err(e) => e.to_string().chars().take(6).collect(),
    };
    assert_eq!(found, expected);
}

#[test]
fn a_list_has_a_centre_and_an_escrow_at_any_time() {
    check(|_| {}, "until 100");
    // A rotation: the next centre is valid before the last one ends.
    check(|l| l.entries.push(entry(Centre, 90, 150)), "until 150");
    check(|l| l.entries.push(entry(Centre, 100, 300)), "until 200");
    check(|l| l.entries.push(entry(Centre, 101, 300)), "CTR-05");
    check(|l| l.entries[0].role = Escrow, "CTR-05");
    check(|l| l.entries[1].role = Centre, "CTR-05");
    check(|l| l.entries[0].valid_from = day(1), "CTR-05");
    check(|l| l.entries[0].valid_until = day(0), "CTR-01");
    check(|l| l.issued = day(100), "CTR-05");
    check(|l| l.serial = 0, "CTR-01");
    check(|l| l.entries.truncate(1), "CTR-01");
    check(|l| l.entries[0].name.clear(), "CTR-01");
    check(|l| l.entries[0].name = "a\nb".into(), "CTR-01");
    check(|l| l.entries[1].recipient = l.entries[0].recipient.clone(), "CTR-04");
    check(|l| l.entries[1].recipient = format!(" {}", l.entries[0].recipient), "CTR-04");
    check(|l| l.entries[1].recipient = "age1nothing".into(), "CTR-04");
    check(|l| l.entries.extend((0..15).map(|_| entry(Centre, 0, 100))), "CTR-01");
}

#[test]
fn what_is_changed_after_signing_is_refused() {
    let mut signed = list(pair());
    signed.sign(&root()).unwrap();
    let check = |change: &dyn Fn(&mut CentreList), expected: &CentreError| {
        let mut other = signed.clone();
        change(&mut other);
        assert_eq!(&other.verify(&root().verifying_key()).unwrap_err(), expected);
    };
    check(&|l| l.entries.push(entry(Centre, 0, 100)), &CentreError::Signature);
    check(&|l| l.entries[0].recipient = recipient(), &CentreError::Signature);
    check(&|l| l.serial = 2, &CentreError::Signature);
    check(&|l| l.environment = Environment::Training, &CentreError::Signature);
    check(&|l| l.entries[0].valid_until = day(5000), &CentreError::Signature);
    check(&|l| l.signature.clear(), &CentreError::Signature);
    // Signed anew by somebody else.
    check(&|l| l.sign(&SigningKey::from_bytes(&[5; 32])).unwrap(), &CentreError::Root);
}

#[test]
fn records_go_to_all_that_are_valid_and_never_to_half_a_pair() {
    let mut made = list(pair());
    made.entries.push(entry(Centre, 90, 150));
    let names = |at: i64| made.recipients(day(at)).map(|r| r.len());
    assert_eq!(
        [-1, 0, 89, 90, 99, 100, 149, 150, 500].map(names),
        [None, Some(2), Some(2), Some(3), Some(3), Some(2), Some(2), None, None]
    );
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(CentreList::parse(&bytes).is_err());
    }

    #[test]
    fn the_end_is_the_first_moment_without_a_pair(spans in proptest::collection::vec((0i64..60, 1i64..40, any::<bool>()), 2..8)) {
        let of = |(from, len, centre): &(i64, i64, bool)| entry(if *centre { Centre } else { Escrow }, *from, from + len);
        let made = list(spans.iter().map(of).collect());
        // Day by day, the plain way.
        let first_without = (0..200).find(|n| made.recipients(day(*n)).is_none()).unwrap();
        match made.usable_until() {
            Ok(end) => prop_assert_eq!(end, day(first_without)),
            Err(_) => prop_assert_eq!(first_without, 0),
        }
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
use std::time::Instant;

use super::*;
use crate::open::open_with_header;
use crate::testing::{complete_draft, context, key, put, remove};
use crate::verify::verify;

fn centre() -> (keys::AgeKeyPair, keys::AgeKeyPair) {
    (keys::generate_age_identity(), keys::generate_age_identity())
}

fn check(
    name: &str,
    recipients: &[String],
    mutate: impl FnOnce(&mut Draft, &mut SealContext),
    expected: &str,
) {
    let (mut draft, mut context) = (complete_draft(4), context(7));
    mutate(&mut draft, &mut context);
    let (station, operator) = (key(4, "station"), key(4, "operator"));
    let found = seal(&draft, &context, &SealKeys { station: &station, operator: &operator, recipients });
    assert_eq!(found.map_or_else(|e| e.to_string()[..6].to_owned(), |_| "ok".to_owned()), expected, "{name}");
}

#[test]
fn what_is_not_sealed() {
    let (a, b) = centre();
    let (a, b) = (a.recipient, b.recipient);
    let two = [a.clone(), b.clone()];
    check("good", &two, |_, _| {}, "ok");
    check("incomplete", &two, |d, _| remove(d, entries::FACE_FAC), "SEA-01");
    check("no recipient", &[], |_, _| {}, "SEA-02");
    check("one recipient", &two[..1], |_, _| {}, "SEA-02");
    check("one recipient twice", &[a.clone(), a.clone()], |_, _| {}, "SEA-02");
    check("one recipient twice, with a space", &[a.clone(), format!(" {a}")], |_, _| {}, "SEA-02");
    check("one twice beside another", &[a.clone(), b.clone(), b.clone()], |_, _| {}, "SEA-02");
    let damaged = if b.ends_with('q') { b.replace('q', "p") } else { format!("{}q", &b[..b.len() - 1]) };
    check("recipient damaged", &[a.clone(), damaged], |_, _| {}, "SEA-03");
    check("secret instead of recipient", &[a.clone(), centre().0.identity.to_string()], |_, _| {}, "SEA-03");
    let many: Vec<String> = (0..17).map(|_| centre().0.recipient).collect();
    check("too many", &many, |_, _| {}, "SEA-02");
    check("operator unknown", &two, |d, _| d.officers[0].public_key = "0".repeat(64), "SEA-04");
    check("operator is only supporting", &two, |d, _| d.officers[0].role = Role::Supporting, "SEA-04");
    check("random id", &two, |d, _| d.id = crate::testing::account(1, "x"), "SEA-05");
    check("station with a path", &two, |d, _| d.station = "../1".into(), "SEA-05");
    check("audit head", &two, |_, c| c.audit_head.clear(), "SEA-05");
    check("manifest too large", &two, |d, _| d.policy.version = "x".repeat(5 << 20), "SEA-10");
    check("simulator in production", &two, |d, _| d.environment = Environment::Production, "SEA-06");
    let production = |d: &mut Draft| {
        d.environment = Environment::Production;
        d.captures.iter_mut().for_each(|c| c.driver = "sbi".into());
    };
    check("production", &two, |d, _| production(d), "ok");
    check(
        "replay in production",
        &two,
        |d, _| {
            production(d);
            d.identical_sample = true;
        },
        "SEA-07",
    );
    check("replay in training", &two, |d, _| d.identical_sample = true, "ok");
}

/// 1.5 MB, as a real record: ten fingers and two eyes of 100 kB, photo and records.
fn heavy(seed: u64) -> Draft {
    let mut draft = complete_draft(seed);
    let mut state = seed;
    let names: Vec<String> =
        draft.entries.iter().filter(|e| e.media_type == entries::JP2).map(|e| e.name.clone()).collect();
    for name in names {
        let noise: Vec<u8> = (0..107_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        put(&mut draft, &name, crate::testing::jp2(&noise));
    }
    draft
}

#[test]
fn sealing_twice_gives_one_manifest_and_two_payloads() {
    let (centre, escrow) = centre();
    let recipients = [centre.recipient, escrow.recipient];
    let (station, operator) = (key(5, "station"), key(5, "operator"));
    let keys = SealKeys { station: &station, operator: &operator, recipients: &recipients };
    let draft = heavy(5);
    let mut samples_ms = Vec::new();
    let mut once = || {
        let begin = Instant::now();
        let sealed = seal(&draft, &context(1), &keys).unwrap();
        samples_ms.push(begin.elapsed().as_secs_f64() * 1000.0);
        sealed
    };
    let (a, b) = (once(), once());
    for _ in 0..5 {
        once();
    }
    println!("seal of {} bytes, ms: {samples_ms:.1?}", a.payload.len());
    assert!(a.payload.len() > 1_400_000, "{}", a.payload.len());
    assert_ne!(a.payload, b.payload, "a fresh file key each time");
    assert_ne!(a.header.payload_sha256, b.header.payload_sha256);
    let mut opened = Vec::new();
    for sealed in [&a, &b] {
        for identity in [&centre.identity, &escrow.identity] {
            let expected = Some(station.verifying_key());
            let (header, open) =
                open_with_header(&sealed.header_bytes, &sealed.payload, identity, expected.as_ref()).unwrap();
            assert_eq!(header, sealed.header);
            assert_eq!(open.entries, draft.entries);
            assert_eq!(open.missing(), []);
            opened.push(open.manifest.to_bytes().unwrap());
        }
        let verified = verify(&sealed.header_bytes, &sealed.payload[..], None).unwrap();
        assert_eq!(verified.contents.to_string(), "unchecked");
    }
    assert!(opened.iter().all(|m| *m == opened[0]), "the same manifest bytes each time");
}

#[test]
fn the_header_holds_no_personal_data() {
    let (a, b) = centre();
    let (station, operator) = (key(4, "station"), key(4, "operator"));
    let keys = SealKeys { station: &station, operator: &operator, recipients: &[a.recipient, b.recipient] };
    let draft = complete_draft(4);
    let sealed = seal(&draft, &context(1), &keys).unwrap();
    let text = String::from_utf8(sealed.header_bytes).unwrap();
    for secret in [crate::testing::NIK, "CONTOH", "2003-08-17", &hex::encode(draft.tracking_token)] {
        assert!(!text.contains(secret));
        assert!(!sealed.payload.windows(secret.len()).any(|w| w == secret.as_bytes()));
    }
    for officer in &draft.officers {
        assert!(!text.contains(&officer.id.to_string()));
    }
}

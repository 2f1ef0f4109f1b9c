#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::drivers::sbi::tests::keys::{Signer, b64, keys};

fn trusted() -> Trust {
    Trust::Roots(vec![CertificateDer::from(keys().root.clone())])
}

fn payload() -> Value {
    json!({"a": 1})
}

#[track_caller]
fn check(token: &str, trust: &Trust, expected: Result<Assurance, &str>) {
    match (open("token", token, trust, Utc::now()), expected) {
        (Ok(opened), Ok(expected)) => {
            assert_eq!((opened.payload, opened.assurance), (payload(), expected));
        }
        (Err(fault), Err(words)) => {
            let told = fault.to_string();
            assert!(words.split('|').all(|word| told.contains(word)), "{words} in {told}");
        }
        (got, expected) => panic!("{got:?}, expected {expected:?}"),
    }
}

fn signed(signer: &Signer) -> String {
    signer.token(&payload())
}

#[test]
fn chains() {
    let (trust, keys) = (trusted(), keys());
    check(&signed(&keys.device()), &trust, Ok(Assurance::Trusted));
    check(&format!(" {}\n", signed(&keys.ftm())), &trust, Ok(Assurance::Trusted));
    check(&signed(&keys.foreign()), &trust, Err("DEV-12|no trusted root"));
    check(&signed(&keys.expired()), &trust, Err("DEV-12|expired"));
    check(&signed(&keys.as_authority()), &trust, Err("DEV-12|authority"));
    let (with, middle) = keys.below(true);
    check(&signed(&with), &trust, Ok(Assurance::Trusted));
    let (without, other) = keys.below(false);
    check(&signed(&without), &trust, Err("DEV-12|no trusted root"));
    let ca = |der: &Vec<u8>| CertificateDer::from(der.clone());
    check(&signed(&without), &Trust::Roots(vec![ca(&keys.root), ca(&other)]), Ok(Assurance::Trusted));
    check(&signed(&without), &Trust::Roots(vec![ca(&middle)]), Err("DEV-12"));
    check(&signed(&keys.device()), &Trust::Roots(vec![ca(&keys.old_root)]), Err("DEV-12|expired"));
    let both = Trust::Roots(vec![ca(&keys.old_root), ca(&keys.root)]);
    check(&signed(&keys.device()), &both, Ok(Assurance::Trusted));
    check(&signed(&keys.device()), &Trust::Roots(Vec::new()), Err("DEV-12"));
    // The signer itself is no authority and cannot be trusted as one, nor can another signer stand first.
    let mut turned = with;
    turned.chain.swap(0, 1);
    check(&signed(&turned), &trust, Err("DEV-12"));
}

#[test]
fn tokens() {
    let (trust, signer) = (trusted(), keys().device());
    let good = signed(&signer);
    let parts: Vec<&str> = good.split('.').collect();
    let x5c = json!([STANDARD.encode(&signer.chain[0])]);
    let header = |alg: &str| json!({"alg": alg, "typ": "JWT", "x5c": x5c});
    for wrong in ["none", "None", "HS256", "RS512", "PS256", "ES256", ""] {
        check(&signer.token_of(&header(wrong), &payload()), &trust, Err("DEV-12|RS256"));
        check(&signer.token_of(&header(wrong), &payload()), &Trust::Nothing, Err("DEV-12|RS256"));
    }
    check(&signer.token_of(&json!({"alg": "RS256"}), &payload()), &trust, Err("DEV-12|x5c"));
    check(&signer.token_of(&json!({"alg": "RS256", "x5c": ["*"]}), &payload()), &trust, Err("DEV-12|base64"));
    check(
        &signer.token_of(&json!({"alg": "RS256", "x5c": ["AAAA"]}), &payload()),
        &trust,
        Err("DEV-12|read"),
    );
    let many = json!({"alg": "RS256", "x5c": vec!["AAAA"; 9]});
    check(&signer.token_of(&many, &payload()), &trust, Err("DEV-12|more than 8"));
    let folded: Vec<String> = STANDARD
        .encode(&signer.chain[0])
        .as_bytes()
        .chunks(64)
        .map(|c| String::from_utf8_lossy(c).into_owned())
        .collect();
    let folded = json!({"alg": "RS256", "x5c": folded.join("\r\n")});
    check(&signer.token_of(&folded, &payload()), &trust, Ok(Assurance::Trusted));
    let changed = format!("{}.{}.{}", parts[0], b64(b"{\"a\":2}"), parts[2]);
    check(&changed, &trust, Err("DEV-12|signature"));
    check(&changed, &Trust::Nothing, Err("DEV-12|signature"));
    check(&format!("{}.{}.{}", parts[0], parts[1], b64(&[0; 256])), &trust, Err("DEV-12|signature"));
    check(&format!("{}.{}.", parts[0], parts[1]), &trust, Err("DEV-12|signature"));
    check(&format!("{good}="), &trust, Ok(Assurance::Trusted));
    check(parts[1], &trust, Err("DEV-12|not signed"));
    check(parts[1], &Trust::Nothing, Ok(Assurance::Unsigned));
    check(&good, &Trust::Nothing, Ok(Assurance::SelfMade));
    check(&signed(&keys().foreign()), &Trust::Nothing, Ok(Assurance::SelfMade));
    check("", &trust, Err("DEV-06|missing"));
    check("", &Trust::Nothing, Err("DEV-06|missing"));
    check("a.b", &trust, Err("DEV-06|three parts"));
    check("a.b.c.d", &trust, Err("DEV-06|three parts"));
    check("*.b.c", &trust, Err("DEV-06|base64url"));
    check(&format!("{}.b.c", b64(b"[]")), &trust, Err("DEV-06|object"));
    check(&format!("{}.b.c", b64(b"\xff")), &trust, Err("DEV-06|JSON"));
    check(&b64("[".repeat(5000).as_bytes()), &Trust::Nothing, Err("DEV-06|JSON"));
    check(&format!("{}.b.c", "A".repeat(HEADER_MAX_BYTES + 4)), &trust, Err("DEV-06|large"));
}

#[test]
fn roots_are_read_from_files_and_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let check = |name: &str, expected: Result<usize, &str>| match (read_roots(&path(name)), expected) {
        (Ok(roots), Ok(count)) => assert_eq!(roots.len(), count, "{name}"),
        (Err(fault), Err(words)) => {
            let told = fault.to_string();
            assert!(words.split('|').all(|word| told.contains(word)), "{words} in {told}");
            assert!(!told.contains(&folder.path().to_string_lossy().into_owned()), "{told}");
        }
        (got, expected) => panic!("{name}: {got:?}, expected {expected:?}"),
    };
    let pem = |der: &[u8]| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
    };
    check("nowhere", Err("DEV-07|nowhere|cannot be read"));
    std::fs::create_dir(path("roots")).unwrap();
    check("roots", Err("DEV-07|roots|no certificate"));
    std::fs::write(path("roots/a.DER"), &keys().root).unwrap();
    std::fs::write(path("roots/b.pem"), pem(&keys().root) + "words between\n" + &pem(&keys().old_root))
        .unwrap();
    std::fs::write(path("roots/notes.txt"), b"not a certificate").unwrap();
    check("roots", Ok(3));
    check("roots/b.pem", Ok(2));
    check("roots/notes.txt", Err("DEV-07|notes.txt|no certificate"));
    std::fs::write(path("roots/c.crt"), b"").unwrap();
    check("roots", Err("DEV-07|c.crt|no certificate"));
    std::fs::write(path("cut.pem"), &pem(&keys().root)[..200]).unwrap();
    check("cut.pem", Err("DEV-07|cut.pem"));
    std::fs::write(path("key.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        .unwrap();
    check("key.pem", Err("DEV-07|key.pem|no certificate"));
    std::fs::write(path("large.pem"), vec![b' '; HEADER_MAX_BYTES + 1]).unwrap();
    check("large.pem", Err("DEV-07|large.pem|more than"));
}

proptest! {
    #[test]
    fn any_text_is_refused(token in "[A-Za-z0-9_.=-]{0,200}") {
        prop_assert!(open("token", &token, &trusted(), Utc::now()).is_err());
        let _ = open("token", &token, &Trust::Nothing, Utc::now());
    }

    #[test]
    fn any_changed_character_is_noticed(at in 0usize..10_000, other in "[A-Za-z0-9_-]") {
        let good = signed(&keys().device());
        let at = at % good.len();
        let mut token = good.clone();
        token.replace_range(at..=at, &other);
        // The last character of a part holds bits that no byte takes; such a change changes nothing.
        if let Ok(opened) = open("token", &token, &trusted(), Utc::now()) {
            prop_assert_eq!(opened.payload, payload());
        }
    }
}

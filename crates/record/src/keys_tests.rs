#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;
use crate::canonical;
use crate::testing::key;

#[test]
fn keys_come_back_from_their_texts() {
    let made = generate_signing_key().unwrap();
    assert_ne!(made.to_bytes(), generate_signing_key().unwrap().to_bytes());
    assert_eq!(private_from_pem(&private_to_pem(&made).unwrap()).unwrap().to_bytes(), made.to_bytes());
    let public = made.verifying_key();
    assert_eq!(public_from_pem(&public_to_pem(&public).unwrap()).unwrap(), public);
    assert_eq!(public_from_hex(&public_to_hex(&public)).unwrap(), public);
    assert_eq!(public_fingerprint(&public).len(), 64);
    let pair = generate_age_identity();
    let file = format!("# created: today\n# public key: {}\n{}\n", pair.recipient, *pair.identity);
    assert_eq!(parse_identity(&file).unwrap().to_public().to_string(), pair.recipient);
    assert!(!format!("{pair:?}").contains("SECRET"));
}

/// RFC 8032, section 7.1, test 1: seed, public key and signature of the empty message.
#[test]
fn rfc_8032_vector() {
    let mut seed = [0u8; 32];
    hex::decode_to_slice("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", &mut seed)
        .unwrap();
    let key = SigningKey::from_bytes(&seed);
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
    assert_eq!(public_to_hex(&key.verifying_key()), public);
    assert_eq!(sign_hex(&key, b""), signature);
    assert_eq!(verify_hex(&public_from_hex(public).unwrap(), b"", signature), Ok(true));
    assert_eq!(verify_hex(&public_from_hex(public).unwrap(), b"x", signature), Ok(false));
}

#[test]
fn fingerprint_of_a_recipient_ignores_white_space_only() {
    let pair = generate_age_identity();
    let fingerprint = recipient_fingerprint(&pair.recipient).unwrap();
    assert_eq!(fingerprint, canonical::sha256_hex(pair.recipient.as_bytes())[..32]);
    assert_eq!(recipient_fingerprint(&format!(" {}\n", pair.recipient)).unwrap(), fingerprint);
}

#[test]
fn damaged_keys_are_refused() {
    let private = private_to_pem(&key(1, "station")).unwrap();
    let public = public_to_pem(&key(1, "station").verifying_key()).unwrap();
    for text in ["", "x", public.as_str(), &private[..40], &private.replace("PRIVATE KEY", "EC PRIVATE KEY")]
    {
        assert_eq!(private_from_pem(text).err(), Some(KeyError::PrivatePem), "{}", text.len());
    }
    for text in ["", "x", private.as_str(), &public[..40]] {
        assert_eq!(public_from_pem(text), Err(KeyError::PublicPem), "{}", text.len());
    }
    let hex_key = public_to_hex(&key(1, "station").verifying_key());
    for text in [
        "",
        &hex_key[..62],
        &hex_key.to_uppercase(),
        &format!("{hex_key}00"),
        &"0".repeat(64),
        &format!("01{}", "0".repeat(62)),
    ] {
        assert_eq!(public_from_hex(text), Err(KeyError::PublicHex), "{text}");
    }
    let pair = generate_age_identity();
    for text in ["", "age1", &pair.recipient[..60], pair.identity.as_str(), "age1pq1qqqq"] {
        assert_eq!(parse_recipient(text).err(), Some(KeyError::Recipient));
    }
    let two = format!("{}\n{}", *pair.identity, *pair.identity);
    for text in ["", "# only a comment", pair.recipient.as_str(), &two, &pair.identity[..70]] {
        assert_eq!(parse_identity(text).err(), Some(KeyError::Identity));
    }
}

#[test]
fn canonical_json() {
    let check = |input: &str, expected: Result<&str, canonical::CanonicalError>| {
        let value: serde_json::Value = serde_json::from_str(input).unwrap();
        let found = canonical::to_bytes("d", &value).map(|b| String::from_utf8(b).unwrap());
        assert_eq!(found, expected.map(|e| format!("d\n{e}")), "{input}");
    };
    check(r#" { "b" : 1 , "a" : [ true , null , "x" ] } "#, Ok(r#"{"a":[true,null,"x"],"b":1}"#));
    check(r#"{"aa":1,"a":{"z":0,"Z":-1}}"#, Ok(r#"{"a":{"Z":-1,"z":0},"aa":1}"#));
    check("\"\\u00e9\\n\\u001f\\/\"", Ok("\"é\\n\\u001f/\""));
    check("18446744073709551615", Ok("18446744073709551615"));
    check("1.0", Err(canonical::CanonicalError::Fraction));
    check("1e3", Err(canonical::CanonicalError::Fraction));
    check(r#"{"é":1}"#, Err(canonical::CanonicalError::Name));
    check(&format!("{}{}", "[".repeat(40), "]".repeat(40)), Err(canonical::CanonicalError::Depth));
}

proptest! {
    #[test]
    fn key_texts_never_panic(text in "\\PC{0,80}") {
        let _ = (private_from_pem(&text), public_from_pem(&text), public_from_hex(&text), parse_recipient(&text).is_ok());
        let _ = parse_identity(&text).is_ok();
    }

    #[test]
    fn canonical_bytes_are_json_of_the_same_value(pairs in proptest::collection::btree_map("[a-z]{1,6}", "\\PC{0,12}", 0..8)) {
        let bytes = canonical::to_bytes("x", &pairs).unwrap();
        let back: std::collections::BTreeMap<String, String> = serde_json::from_slice(&bytes[2..]).unwrap();
        prop_assert_eq!(back, pairs);
    }
}

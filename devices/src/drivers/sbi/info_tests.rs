#![allow(clippy::unwrap_used, clippy::expect_used)]
use rustls_pki_types::CertificateDer;
use serde_json::json;

use super::*;
use crate::drivers::sbi::tests::fake::Fake;
use crate::drivers::sbi::tests::keys::keys;

#[test]
fn callbacks() {
    let check = |callback: &str, expected: Option<u16>| {
        assert_eq!(callback_port(callback, 40_000, &(4501..=4600)).ok(), expected, "{callback}");
    };
    check("http://127.0.0.1:4501/", Some(4501));
    check("http://127.0.0.1:4600", Some(4600));
    check("HTTP://127.0.0.1:4501/", Some(4501));
    check("http://127.0.0.1:40000/", Some(40_000));
    for wrong in [
        "",
        "http://127.0.0.1:4500/",
        "http://127.0.0.1:4601/",
        "http://127.0.0.1:40001/",
        "http://127.0.0.1/",
        "http://127.0.0.1:/",
        "http://127.0.0.1:4501//",
        "http://127.0.0.1:4501/x/",
        "http://127.0.0.1:4501@10.0.0.1/",
        "http://127.0.0.1:+4501/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1.example:4501/",
        "http://127.0.0.2:4501/",
        "http://localhost:4501/",
        "http://[::1]:4501/",
        "https://127.0.0.1:4501/",
        "127.0.0.1:4501",
        "h\u{e4}tp://127.0.0.1:4501/",
    ] {
        check(wrong, None);
    }
}

#[test]
fn environments() {
    let check = |env: &str, training: bool, expected: Option<&str>| {
        assert_eq!(environment(env, training).ok().as_deref(), expected, "{env} {training}");
    };
    check("Production", false, Some("Production"));
    check("production", false, Some("Production"));
    for other in ["Staging", "Developer", "Pre-Production", "None", ""] {
        check(other, false, None);
    }
    check("Staging", true, Some("Staging"));
    check("None", true, Some("Developer"));
}

#[test]
fn elements_of_a_discovery() {
    let device = Fake::new(BioType::Finger);
    let (item, info) = (device.discovered(4501), device.told_info(4501));
    let found = Found::read(4501, &item, &[&info]).unwrap();
    assert_eq!((found.digital.serial.as_str(), found.status.as_str()), ("SN-1", "Ready"));
    assert!(found.is_same(&Found { arrival: 9, status: "Busy".to_owned(), ..found.clone() }));
    let check = |key: &str, value: Value, there: bool| {
        let mut item = item.clone();
        item[key] = value;
        assert_eq!(Found::read(4501, &item, &[&info]).is_some(), there, "{key}");
    };
    check("digitalId", json!(null), false);
    check("digitalId", json!("e30"), false);
    check("digitalId", json!("*"), false);
    check("deviceId", json!(null), true);
    // The info of the device among several, wherever it stands.
    let other = Fake { serial: "SN-2", ..Fake::new(BioType::Finger) }.told_info(4501);
    let found = Found::read(4501, &item, &[&other, &info]).unwrap();
    assert_eq!(found.info, info["deviceInfo"].as_str().unwrap());
    let policy = Policy {
        trust: Trust::Roots(vec![CertificateDer::from(keys().root.clone())]),
        training: false,
        ports: 4501..=4600,
    };
    let target = Target::verify(&found, &policy, Utc::now()).unwrap();
    assert_eq!((target.port, target.assurance, target.spec_version), (4501, Assurance::Trusted, "0.9.5"));
    assert_eq!(target.device_info().id.0, "sbi-fingerprint-SN-1");
    let coded = Found { device_code: "SN-9".to_owned(), ..found.clone() };
    let fault = Target::verify(&coded, &policy, Utc::now()).unwrap_err();
    assert!(matches!(&fault, DeviceFault::Untrusted { detail } if detail.contains("device code")), "{fault}");
    let uncoded = Found { device_code: String::new(), ..found.clone() };
    assert!(Target::verify(&uncoded, &policy, Utc::now()).is_ok());
    let without = Found { info: String::new(), info_error: "104".to_owned(), ..found.clone() };
    assert_eq!(Target::verify(&without, &policy, Utc::now()).err(), Some(reported("104")));
    // Signed info of another device that is as genuine.
    let swapped = Found { info: other["deviceInfo"].as_str().unwrap().to_owned(), ..found };
    let fault = Target::verify(&swapped, &policy, Utc::now()).unwrap_err();
    assert!(matches!(fault, DeviceFault::Untrusted { .. }), "{fault}");
}

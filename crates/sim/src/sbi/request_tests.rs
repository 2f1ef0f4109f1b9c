#![allow(clippy::unwrap_used)]
use biometrics::position::{Eye, FingerPosition as F};
use serde_json::json;

use super::*;

fn good(modality: &str, sub_id: &str, count: &str, exception: Value) -> Value {
    json!({
        "env": "Developer", "purpose": "Registration", "specVersion": "0.9.5", "timeout": "10000",
        "captureTime": "2026-01-02T03:04:05Z", "transactionId": "abcd-1234",
        "bio": [{
            "type": modality, "count": count, "bioSubType": [], "exception": exception,
            "requestedScore": "60", "deviceId": modality, "deviceSubId": sub_id, "previousHash": "",
        }],
        "customOpts": null,
    })
}

/// The ids of the devices are the names of what they take.
fn taken(request: &Value) -> Result<CaptureRequest, u16> {
    let find = |id: &str| Modality::ALL.iter().copied().find(|m| m.wire() == id);
    read(request.to_string().as_bytes(), find).map_err(|refusal| refusal.code)
}

#[test]
fn counts_add_up() {
    let check =
        |modality: &str, sub_id: &str, count: &str, exception: Value, expected: Result<usize, u16>| {
            let got = taken(&good(modality, sub_id, count, exception.clone())).map(|r| r.parts.len());
            assert_eq!(got, expected, "{modality} {sub_id} {count} {exception}");
        };
    check("Finger", "1", "4", json!([]), Ok(4));
    check("Finger", "2", "3", json!(["Right LittleFinger"]), Ok(3));
    check("Finger", "3", "2", json!(null), Ok(2));
    check("Finger", "3", "1", json!(["Left Thumb"]), Ok(1));
    check("Iris", "1", "1", json!([]), Ok(1));
    check("Iris", "3", "2", json!([]), Ok(2));
    check("Iris", "3", "1", json!(["Left"]), Ok(1));
    check("Face", "0", "1", json!([]), Ok(0));
    check("Face", "0", "1", json!(["Left Thumb", "Right"]), Ok(0));
    check("Face", "0", "1", json!(["UNKNOWN"]), Ok(0));
    check("Face", "0", "1", json!(["UNKNOWN", "Left Thumb"]), Ok(0));
    check("Face", "0", "1", json!(["UNKNOWN", "UNKNOWN"]), Err(117));
    check("Finger", "1", "3", json!(["UNKNOWN"]), Err(117));
    check("Iris", "3", "1", json!(["UNKNOWN"]), Err(117));
    check("Finger", "1", "3", json!([]), Err(109));
    check("Finger", "1", "4", json!(["Left Thumb"]), Err(122));
    check("Finger", "1", "0", json!([]), Err(109));
    check("Finger", "3", "0", json!(["Left Thumb", "Right Thumb"]), Err(109));
    check("Finger", "1", "many", json!([]), Err(116));
    check("Finger", "0", "4", json!([]), Err(118));
    check("Finger", "4", "4", json!([]), Err(118));
    check("Iris", "1", "1", json!(["Left"]), Err(122));
    check("Face", "0", "2", json!([]), Err(109));
    check("Face", "1", "1", json!([]), Err(118));
    check("Finger", "1", "3", json!(["Left Nose"]), Err(117));
    check("Finger", "1", "2", json!(["Left RingFinger", "Left RingFinger"]), Err(117));
    check("Finger", "1", "3", json!("Left RingFinger"), Err(123));
    check("Voice", "1", "1", json!([]), Err(114));
    check("finger", "1", "4", json!([]), Err(114));
}

#[test]
fn every_field_is_looked_at() {
    let check = |path: &str, value: Value, expected: u16| {
        let mut request = good("Finger", "1", "4", json!([]));
        let (parent, field) = path.rsplit_once('/').unwrap();
        let object = request.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value.as_str() {
            Some("(left out)") => object.remove(field),
            _ => object.insert(field.to_owned(), value.clone()),
        };
        assert_eq!(taken(&request).map(|_| 0).unwrap_or_else(|code| code), expected, "{path} {value}");
    };
    check("/transactionId", json!("(left out)"), 112);
    check("/transactionId", json!("abc"), 112);
    check("/transactionId", json!("a".repeat(51)), 112);
    check("/transactionId", json!("a".repeat(50)), 0);
    check("/transactionId", json!("with space"), 112);
    check("/transactionId", json!(12345), 112);
    check("/env", json!("Home"), 115);
    check("/env", json!(null), 115);
    check("/env", json!("Production"), 0);
    check("/purpose", json!("Auth"), 121);
    check("/purpose", json!("(left out)"), 121);
    check("/specVersion", json!("0.9.2"), 123);
    check("/specVersion", json!("1.0.0"), 0);
    check("/timeout", json!(10000), 123);
    check("/timeout", json!("0"), 123);
    check("/timeout", json!("+5"), 123);
    check("/timeout", json!("99999999999999999999"), 123);
    check("/captureTime", json!("2026-01-02T03:04:05"), 123);
    check("/captureTime", json!("2026-01-02T03:04:05+07:00"), 0);
    check("/customOpts", json!({}), 0);
    check("/customOpts", json!("(left out)"), 0);
    check("/customOpts", json!({"a": "b"}), 123);
    check("/customOpts", json!([]), 123);
    check("/extra", json!("x"), 123);
    check("/bio", json!([]), 123);
    check("/bio", json!([1]), 123);
    check("/bio", json!({}), 123);
    check("/bio/0/deviceId", json!(""), 704);
    check("/bio/0/deviceId", json!("(left out)"), 704);
    check("/bio/0/deviceId", json!("nobody"), 705);
    check("/bio/0/deviceId", json!("Iris"), 120);
    check("/bio/0/deviceSubId", json!(1), 123);
    check("/bio/0/count", json!(4), 123);
    check("/bio/0/bioSubType", json!("(left out)"), 123);
    check("/bio/0/bioSubType", json!(null), 123);
    check("/bio/0/bioSubType", json!([null]), 0);
    check("/bio/0/bioSubType", json!(["Left IndexFinger"]), 0);
    check("/bio/0/bioSubType", json!(["Right IndexFinger"]), 122);
    check("/bio/0/bioSubType", json!(["Thumb"]), 119);
    check("/bio/0/requestedScore", json!(60), 123);
    check("/bio/0/requestedScore", json!("100.0"), 0);
    check("/bio/0/requestedScore", json!("100.5"), 123);
    check("/bio/0/requestedScore", json!("-1"), 123);
    check("/bio/0/requestedScore", json!("5."), 123);
    check("/bio/0/previousHash", json!(null), 123);
    check("/bio/0/previousHash", json!("(left out)"), 123);
    check("/bio/0/previousHash", json!("xyz"), 710);
    check("/bio/0/previousHash", json!("ABCD"), 710);
    check("/bio/0/previousHash", json!("AB".repeat(32)), 0);
    check("/bio/0/more", json!("x"), 123);
}

#[test]
fn a_face_names_no_subtype_and_parts_are_in_order() {
    let mut face = good("Face", "0", "1", json!([]));
    face["bio"][0]["bioSubType"] = json!(["Left"]);
    assert_eq!(taken(&face).unwrap_err(), 122);
    let slap = taken(&good("Finger", "1", "3", json!(["Left MiddleFinger"]))).unwrap();
    let fingers = [F::LeftIndex, F::LeftRing, F::LeftLittle].map(Part::Finger);
    assert_eq!(slap.parts, fingers);
    let irises = taken(&good("Iris", "3", "2", json!([]))).unwrap();
    assert_eq!(irises.parts, [Part::Eye(Eye::Left), Part::Eye(Eye::Right)]);
}

#[test]
fn what_is_no_request_is_refused() {
    for bytes in ["", "nonsense", "[]", "null", "{", "{}"] {
        let found = read(bytes.as_bytes(), |_| None).map_err(|r| r.code);
        let expected = if bytes == "{}" { 112 } else { 123 };
        assert_eq!(found.map(|_| 0).unwrap_or_else(|code| code), expected, "{bytes}");
    }
}

mod random {
    use proptest::prelude::*;

    use super::super::{is_score, read, timeout};
    use crate::sbi::wire::Modality;

    proptest! {
        /// The schemas' pattern, written another way: up to two digits with decimals, or 100 with zeros.
        #[test]
        fn a_score_is_a_number_of_0_to_100(text in "[0-9.]{0,7}") {
            let number = text.parse::<f64>().ok().filter(|_| !text.starts_with('.') && !text.ends_with('.'));
            let whole = text.split('.').next().unwrap_or_default().len();
            let expected = number.is_some_and(|n| n <= 100.0) && (whole <= 2 || text.starts_with("100"));
            prop_assert_eq!(is_score(&text), expected);
        }

        #[test]
        fn bytes_of_any_kind_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&bytes, |_| Some(Modality::Finger)).is_err());
        }

        #[test]
        fn a_timeout_comes_back(ms in 1u64..=600_000) {
            prop_assert_eq!(timeout(&ms.to_string()).ok(), Some(ms));
        }
    }
}

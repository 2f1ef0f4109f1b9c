#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn values_of_any_type() {
    let check = |value: Value, expected: &str, list: &[&str]| {
        let object = json!({"k": value});
        assert_eq!(text(&object, "k"), expected, "{object}");
        assert_eq!(texts(&object, "k"), list, "{object}");
    };
    check(json!("a"), "a", &["a"]);
    check(json!(" a "), "a", &["a"]);
    check(json!(7), "7", &["7"]);
    check(json!(61.5), "61.5", &["61.5"]);
    check(json!(null), "", &[]);
    check(json!(true), "", &[]);
    check(json!({}), "", &[]);
    check(json!(["1", 2, null, ""]), "", &["1", "2"]);
    assert_eq!((text(&json!({}), "k"), texts(&json!([]), "k")), (String::new(), Vec::new()));
    assert_eq!(label(&json!({"k": format!("a\u{7}\n{}", "x".repeat(500))}), "k").len(), 200);
}

#[test]
fn error_codes() {
    let check = |value: Value, expected: Option<&str>| {
        assert_eq!(error_code(&value).as_deref(), expected, "{value}");
    };
    check(json!({"error": {"errorCode": "202", "errorInfo": "x"}}), Some("202"));
    check(json!({"errorCode": "202"}), Some("202"));
    check(json!({"errorCode": 0}), Some("0"));
    check(json!({"error": {"errorCode": null}}), Some("0"));
    check(json!({"error": {"errorCode": "<b>A\n1</b>"}}), Some("ba1b"));
    check(json!({"error": null}), None);
    check(json!({"error": "x"}), None);
    check(json!([]), None);
}

#[test]
fn moments() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(parse_moment(text).map(moment).as_deref(), expected, "{text}");
    };
    check("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05Z"));
    check("2026-01-02T03:04:05.678Z", Some("2026-01-02T03:04:05Z"));
    check("2026-01-02T10:04:05+07:00", Some("2026-01-02T03:04:05Z"));
    check("2026-01-02T03:04:05", Some("2026-01-02T03:04:05Z"));
    check("2026-01-02 03:04:05.5", Some("2026-01-02T03:04:05Z"));
    for wrong in ["", "now", "2026-13-02T03:04:05Z", "2026-01-02", "1767323045"] {
        check(wrong, None);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}") {
        let _ = parse_moment(&text);
        let value = json!({"errorCode": text});
        let code = error_code(&value).unwrap();
        prop_assert!(!code.is_empty() && code.len() <= 24);
    }
}

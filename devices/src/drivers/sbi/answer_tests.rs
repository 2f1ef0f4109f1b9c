#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The hash against values that were computed elsewhere, and the clock's limits; everything else of an answer is
//! tested from outside in `tests/hostile.rs`.

use chrono::TimeDelta;

use super::*;

/// Made with `sha256sum` and `xxd` from the rule on the protocol's page.
#[test]
fn hashes() {
    let check = |before: &str, record: &[u8], expected: Option<&str>| {
        assert_eq!(next_hash(before, record).as_deref(), expected);
    };
    let first = "ED2CFBB9622B52B0740E0368C488AF019261758E126E0A1EE9B141DAADFDAEDA";
    check("", b"record", Some(first));
    check(first, b"record", Some("D6DD2E2448A5597B24859548BD791B64C616705FB968DC0E27BE396753CCCD53"));
    check(
        &first.to_lowercase(),
        b"record",
        Some("D6DD2E2448A5597B24859548BD791B64C616705FB968DC0E27BE396753CCCD53"),
    );
    check("no hash", b"record", None);
}

#[test]
fn clocks() {
    let now = Utc::now();
    let check = |seconds: i64, expected: Option<i64>| {
        let told = wire::moment(now + TimeDelta::seconds(seconds));
        match (check_clock(&told, now), expected) {
            (Ok(()), None) => {}
            (Err(CaptureEnd::Fault(DeviceFault::ClockWrong { skew_s })), Some(skew)) => {
                assert!((skew_s - skew).abs() <= 1, "{skew_s}");
            }
            (got, _) => panic!("{seconds}: {got:?}"),
        }
    };
    for near in [0, 60, -60, 299, -299] {
        check(near, None);
    }
    for far in [302, -302, 86_400, -86_400, 25_200] {
        check(far, Some(far));
    }
    // A device that writes its local time and calls it UTC.
    assert!(check_clock("9999-12-31T23:59:59Z", now).is_err());
}

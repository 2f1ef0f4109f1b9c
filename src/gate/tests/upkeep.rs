#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[limits]` and `[retention]`: what is left out, each bound at its edges, numbers that contradict each other.

use super::{RetentionRules, StationLimits};
use crate::gate::policy::{BUNDLED, Policy};

const FILE: &str = "443-2978-2020-06.toml";

fn with(tables: &str) -> Result<Policy, Vec<(String, String)>> {
    let (_, text, _) = BUNDLED.iter().find(|(name, ..)| *name == FILE).unwrap();
    // The tables of the bundled file go, so that only those of the case are there.
    let own = |line: &&str| line.starts_with("[limits]") || line.starts_with("[retention]");
    let mut kept = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = own(&line);
        }
        if !inside {
            kept.push(line);
        }
    }
    let text = format!("{}\n{tables}\n", kept.join("\n"));
    Policy::load(FILE, &text).map_err(|e| e.into_iter().map(|e| (e.code.to_owned(), e.key)).collect())
}

#[track_caller]
fn check(tables: &str, expected: Result<(StationLimits, RetentionRules), (&str, &str)>) {
    let found = with(tables).map(|p| (p.limits, p.retention));
    let expected = expected.map_err(|(code, key)| vec![(code.to_owned(), key.to_owned())]);
    assert_eq!(found, expected, "{tables}");
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let (l, r) = (StationLimits::default(), RetentionRules::default());
    check("", Ok((l, r)));
    check("[limits]\n[retention]", Ok((l, r)));
    check("[limits]\nunsent_days = 5", Ok((StationLimits { unsent_days: 5, ..l }, r)));
    check("[limits]\nunsent_stops = false", Ok((StationLimits { unsent_stops: false, ..l }, r)));
    check("[retention]\nsent_days = 7", Ok((l, RetentionRules { sent_days: 7, ..r })));
    check("[retention]\nduplicate_days = 0", Ok((l, RetentionRules { duplicate_days: 0, ..r })));
}

#[test]
fn numbers_at_their_bounds() {
    for (table, key, least, most) in [
        ("limits", "unsent_days", 1, 60),
        ("limits", "unsent_records", 1, 100_000),
        ("limits", "disk_reserve_mb", 50, 10_000_000),
        ("limits", "warn_applicants", 1, 10_000),
        ("limits", "battery_warn_percent", 1, 95),
        ("limits", "clock_drift_s", 30, 86_400),
        ("retention", "health_days", 1, 90),
        ("retention", "draft_days", 2, 60),
        ("retention", "sent_days", 1, 3_650),
        ("retention", "extract_days", 1, 365),
        ("retention", "duplicate_days", 90, 3_650),
        ("retention", "unprinted_days", 1, 365),
        ("retention", "card_proof_days", 30, 3_650),
        ("retention", "audit_years", 1, 30),
    ] {
        let case = |value: i64| with(&format!("[{table}]\n{key} = {value}"));
        for fits in [least, most] {
            assert!(case(fits).is_ok(), "{key} = {fits}: {:?}", case(fits));
        }
        assert_eq!(case(-1).unwrap_err(), [("POL-05".to_owned(), format!("{table}.{key}"))], "{key}");
        let wide = ["extract_days"].contains(&key);
        let over = case(if wide { 3_651 } else { most + 1 }).unwrap_err();
        assert!(over.contains(&("POL-05".to_owned(), format!("{table}.{key}"))), "{key}: {over:?}");
    }
}

#[test]
fn mistakes_are_told() {
    check("[limits]\nunsend_days = 3", Err(("POL-02", "limits.unsend_days")));
    check("[limits]\nunsent_days = \"3\"", Err(("POL-04", "limits.unsent_days")));
    check("[limits]\nunsent_stops = 1", Err(("POL-04", "limits.unsent_stops")));
    check("[retention]\ndraft_days = 0", Err(("POL-05", "retention.draft_days")));
    check("[retention]\ndraft_days = 1", Err(("POL-14", "retention.draft_warn_hours")));
    check(
        "[retention]\ndraft_days = 2\ndraft_warn_hours = 48",
        Err(("POL-14", "retention.draft_warn_hours")),
    );
    check("[retention]\nduplicate_days = 89", Err(("POL-14", "retention.duplicate_days")));
    check("[retention]\nextract_days = 366", Err(("POL-14", "retention.duplicate_days")));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::finger::quality::names::NAMES;
use crate::finger::quality::tests::sample;

/// Features that NFIQ 2.3 itself measured on synthetic prints, and its scores.
const ROWS: &str = include_str!("rows.csv");

/// Score and sample of each row of a table whose header names the features; rows without values are left out.
fn rows(table: &str, score: &str) -> Vec<(u8, [f64; COUNT])> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').map(|h| h.trim_matches('"')).collect();
    let column = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let (score, places) = (column(score), NAMES.map(column));
    lines
        .filter_map(|line| {
            // An error text may hold a comma, but then the row has no values.
            let cells: Vec<&str> = line.split(',').collect();
            let value = |at: usize| cells.get(at)?.parse::<f64>().ok();
            let values: Vec<f64> = places.iter().filter_map(|at| value(*at)).collect();
            Some((value(score)? as u8, values.try_into().ok()?))
        })
        .collect()
}

#[test]
fn the_committed_forest_is_the_one_that_was_packed() {
    let digest: String = Sha256::digest(BYTES).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(digest, "0fe4ff39fa030cf332bf9e1ed57b3871d65e9dd79fda5270c3bf6cba93ed916b");
    assert_eq!(Forest::built_in().unwrap().trees.len(), 100);
}

#[test]
fn synthetic_prints_get_their_score() {
    let forest = Forest::built_in().unwrap();
    let rows = rows(ROWS, "score");
    assert_eq!(rows.len(), 6);
    for (score, sample) in rows {
        assert_eq!(forest.score(&sample), score);
    }
}

#[test]
fn nists_conformance_rows_get_their_score() {
    let Some(table) = sample("finger/nfiq2/conformance_expected_output-v2.3.0.csv") else { return };
    let forest = Forest::built_in().unwrap();
    let rows = rows(std::str::from_utf8(&table).unwrap(), "QualityScore");
    assert_eq!(rows.len(), 199);
    let off: Vec<u8> =
        rows.iter().map(|(score, s)| forest.score(s).abs_diff(*score)).filter(|d| *d > 0).collect();
    // The table's features are rounded, so a vote may fall on the other side.
    assert!(off.len() <= 2 && off.iter().all(|d| *d == 1), "{off:?}");
}

/// A forest of one tree: feature 1 at most 2.5 is good, else poor.
fn tiny() -> Vec<u8> {
    let mut bytes = b"RKF2".to_vec();
    bytes.extend_from_slice(&69u16.to_le_bytes());
    bytes.extend_from_slice(&1u16.to_le_bytes());
    bytes.extend_from_slice(&1u32.to_le_bytes());
    bytes.extend_from_slice(&2u32.to_le_bytes());
    bytes.extend_from_slice(&[1, GOOD, POOR]);
    bytes.extend_from_slice(&2.5f32.to_le_bytes());
    bytes
}

#[test]
fn a_tiny_forest_votes_by_its_threshold() {
    let bytes = tiny();
    let forest = Forest::parse(&bytes).unwrap();
    for (value, score) in [(2.5, 1), (2.50001, 0), (-1.0, 1), (f64::NAN, 0), (f64::INFINITY, 0)] {
        let mut sample = [0.0; COUNT];
        sample[1] = value;
        assert_eq!(forest.score(&sample), score, "{value}");
    }
}

#[test]
fn damaged_forests_are_refused() {
    let check = |change: &dyn Fn(&mut Vec<u8>), what: &str| {
        let mut bytes = tiny();
        change(&mut bytes);
        assert_eq!(Forest::parse(&bytes).unwrap_err().what, what);
    };
    check(&|b| b.truncate(10), "header");
    check(&|b| b[0] = b'X', "header");
    check(&|b| b[4] = 68, "number of features or trees");
    check(&|b| b[6] = 0, "number of features or trees");
    check(&|b| b[6] = 101, "number of features or trees");
    check(&|b| b[8..12].fill(0xFF), "size");
    check(&|b| b.push(0), "size");
    check(&|b| b[16] = 69, "feature of a split");
    check(&|b| b[17] = 1, "tree");
    check(&|b| b[16] = GOOD, "number of nodes");
}

proptest! {
    #[test]
    fn no_bytes_break_it(mut bytes in Just(tiny()), at in 0usize..23, value: u8, cut in 0usize..24) {
        bytes[at] = value;
        bytes.truncate(cut);
        if let Ok(forest) = Forest::parse(&bytes) {
            prop_assert!(forest.score(&[1.0; COUNT]) <= 100);
        }
    }
}

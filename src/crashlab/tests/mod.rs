#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The labs tested, and a small run of the kills in every `./dev test`. The child is this test program, started again.

use std::process::Command;

mod disk;

use super::child::{WORK, Work, work};
use super::kills::{Plan, Report, run};
use super::*;

/// Kills of a usual run.
const KILLS: u32 = 8;

fn kills(kills: u32, seed: u64, sabotage: Option<&str>) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let plan =
        Plan { kills, seed, sabotage: sabotage.map(ToOwned::to_owned), folder: folder.path().to_owned() };
    let spawn = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["crashlab::tests::the_child_of_the_kills", "--exact", "--nocapture"]);
        command.stderr(std::process::Stdio::null());
        command
    };
    run(&plan, &spawn, &mut |line| eprintln!("{line}")).unwrap()
}

/// Started by the tests below with work in its environment; alone it has none.
#[test]
fn the_child_of_the_kills() {
    if let Ok(json) = std::env::var(WORK) {
        let given: Work = serde_json::from_str(&json).unwrap();
        work(&given).unwrap();
    }
}

#[test]
fn killed_sessions_lose_nothing_that_was_acknowledged() {
    let report = kills(KILLS, 1, None);
    assert_eq!((report.kills, report.lost), (KILLS, 0), "{:?}", report.findings);
    // How many sessions fit between the kills is the machine's affair.
    assert!(report.acknowledged > 0 && report.in_seal > 0, "{report:?}");
}

#[test]
fn the_kills_notice_a_missing_row_and_a_missing_audit_line() {
    for (sabotage, word) in [("row", "rows were missing"), ("audit", "NotInAudit")] {
        let report = kills(1, 2, Some(sabotage));
        assert!(report.findings.iter().any(|f| f.contains(word)), "{sabotage}: {report:?}");
    }
}

#[test]
fn lines_are_read_whole_or_not_at_all() {
    let id = Uuid::from_u128(7);
    for told in [
        Told::Ready,
        Told::Begun(id, 3),
        Told::Step(StepId::Seal),
        Told::Kept(id, "photo".into()),
        Told::Saved(id, "ab".repeat(32)),
        Told::Sent(id),
        Told::Lost("record 7: gone".into()),
        Told::Compared(4),
    ] {
        let line = told.to_string();
        assert_eq!(Told::parse(&format!("test x ... {line}\r")), Some(told), "{line}");
        for cut in 0..line.len() {
            assert_eq!(Told::parse(&line[..cut]), None, "{line} cut at {cut}");
        }
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use chrono::{TimeDelta, TimeZone};

use super::*;
use crate::vault::audit_walk::{AuditReport, Expectations, walk};
use crate::vault::testing::{Fault, FaultyFiles};

const FOLDER: &str = "/audit";

fn vault() -> Uuid {
    Uuid::from_u128(7)
}

fn at(second: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 2, 0, 0).unwrap() + TimeDelta::seconds(second)
}

fn event(n: i64) -> AuditEvent {
    AuditEvent::new("capture").in_session(Uuid::from_u128(1)).with("score", n)
}

/// An audit of `lines` lines.
fn written(lines: i64) -> (FaultyFiles, AuditLog) {
    let disk = FaultyFiles::new(1);
    disk.make_folder_durable(Path::new(FOLDER)).unwrap();
    let (mut log, _) = AuditLog::open(&disk, Path::new(FOLDER), vault()).unwrap();
    for n in 0..lines {
        log.append(&disk, &event(n), at(n), false).unwrap();
    }
    (disk, log)
}

fn segment(number: u64) -> PathBuf {
    Path::new(FOLDER).join(segment_name(number))
}

fn report(disk: &FaultyFiles) -> AuditReport {
    walk(disk, Path::new(FOLDER), vault(), &Expectations::default()).unwrap().0
}

/// Tampers with the lines of an audit of ten and checks where the break is found.
#[test]
fn every_kind_of_tampering_is_found_and_placed() {
    type Tamper = fn(&mut Vec<String>);
    let table: [(&str, Tamper, Option<(u64, &str)>); 12] = [
        ("untouched", |_| {}, None),
        (
            "detail changed",
            |l| l[4] = l[4].replace("\"score\":\"4\"", "\"score\":\"9\""),
            Some((5, "changed")),
        ),
        (
            "officer added",
            |l| {
                l[4] =
                    l[4].replace("\"officer\":null", "\"officer\":\"00000000-0000-0000-0000-000000000009\"")
            },
            Some((5, "changed")),
        ),
        ("prev changed", |l| l[4] = l[4].replace("\"prev\":\"", "\"prev\":\"00"), Some((5, "changed"))),
        ("first changed", |l| l[0] = l[0].replace("capture", "captura"), Some((1, "changed"))),
        ("space added", |l| l[4].push(' '), Some((5, "changed"))),
        ("removed", |l| drop(l.remove(4)), Some((5, "sequence"))),
        ("first removed", |l| drop(l.remove(0)), Some((1, "sequence"))),
        ("reordered", |l| l.swap(4, 5), Some((5, "sequence"))),
        ("doubled", |l| l.insert(4, l[4].clone()), Some((6, "sequence"))),
        ("not JSON", |l| l[4] = "{}".into(), Some((5, "unreadable"))),
        ("unknown member", |l| l[4] = l[4].replace("{\"seq\"", "{\"x\":1,\"seq\""), Some((5, "unreadable"))),
    ];
    for (what, tamper, expected) in table {
        let (disk, _) = written(10);
        disk.tamper(&segment(1), |bytes| {
            let mut lines: Vec<String> =
                std::str::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
            tamper(&mut lines);
            *bytes = (lines.join("\n") + "\n").into_bytes();
        });
        let found = report(&disk).broken.map(|b| (b.line, b.why));
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn a_torn_line_is_named_and_mended_at_the_next_open() {
    let (disk, log) = written(10);
    disk.tamper(&segment(1), |bytes| bytes.extend_from_slice(b"{\"seq\":11,\"ti"));
    let broken = report(&disk).broken.unwrap();
    assert_eq!((broken.line, broken.why), (11, "truncated"));
    let (mut mended, cut) = AuditLog::open(&disk, Path::new(FOLDER), vault()).unwrap();
    assert_eq!((cut, mended.head()), (13, log.head()));
    mended.append(&disk, &event(11), at(11), false).unwrap();
    assert_eq!((report(&disk).broken, report(&disk).lines), (None, 11));
}

#[test]
fn segments_follow_each_other_and_a_missing_one_is_named() {
    let lines = i64::try_from(SEGMENT_LINES).unwrap() + 3;
    let (disk, log) = written(lines);
    let whole = report(&disk);
    assert_eq!((whole.segments, whole.broken, whole.head.as_str()), (2, None, log.head()));
    let (again, _) = AuditLog::open(&disk, Path::new(FOLDER), vault()).unwrap();
    assert_eq!((again.seq(), again.head()), (log.seq(), log.head()));
    disk.remove_durable(&segment(1)).unwrap();
    let broken = report(&disk).broken.unwrap();
    assert_eq!((broken.segment.as_str(), broken.why), ("000001.jsonl", "segment-missing"));
}

#[test]
fn another_vaults_audit_does_not_fit() {
    let (disk, _) = written(3);
    let (report, _) = walk(&disk, Path::new(FOLDER), Uuid::from_u128(8), &Expectations::default()).unwrap();
    assert_eq!(report.broken.map(|b| (b.line, b.why)), Some((1, "changed")));
}

#[test]
fn time_never_runs_back() {
    let (disk, mut log) = written(5);
    log.append(&disk, &event(5), at(-500), false).unwrap();
    assert_eq!(log.floor(), Some(at(4)));
    assert_eq!(report(&disk).broken, None);
    // A script's time in a production audit is a break.
    log.append(&disk, &event(6), at(9000), true).unwrap();
    assert_eq!(report(&disk).broken.map(|b| (b.line, b.why)), Some((7, "time")));
    assert_eq!(log.floor(), Some(at(4)));
}

#[test]
fn time_runs_back_only_where_the_station_signed_that_it_may() {
    let station = record::testing::key(1, "station");
    let check = |name: &str, signed: bool, expected: Option<&str>| {
        let (disk, mut log) = written(5);
        let event = AuditEvent::new(name);
        if signed {
            log.append_checked(&disk, &event, at(-500), false, &station).unwrap();
        } else {
            log.append(&disk, &event, at(-500), false).unwrap();
        }
        log.append(&disk, &AuditEvent::new("capture"), at(-400), false).unwrap();
        let expected_key = Expectations { station: Some(station.verifying_key()), ..Expectations::default() };
        let (report, _) = walk(&disk, Path::new(FOLDER), vault(), &expected_key).unwrap();
        assert_eq!(report.broken.map(|b| b.why), expected, "{name} {signed}");
        log.floor().unwrap()
    };
    assert_eq!(check(CLOCK_EVENT, true, None), at(-400));
    check(CLOCK_EVENT, false, Some("unsigned"));
    assert_eq!(check("capture", true, None), at(4), "any other line has the time of the one before");
}

#[test]
fn what_looks_like_personal_data_is_refused() {
    let (disk, mut log) = written(1);
    let mut refuse = |event: AuditEvent| {
        assert_eq!(log.append(&disk, &event, at(9), false).unwrap_err().id(), "name");
    };
    refuse(AuditEvent::new("capture").with("subject", "3374015708030001"));
    refuse(AuditEvent::new("capture").with("name", "CONTOH PEMOHON"));
    refuse(AuditEvent::new("capture").with("note", "x".repeat(129)));
    refuse(AuditEvent::new("Capture Made"));
    refuse(AuditEvent::new("capture").with("Key", "x"));
    assert_eq!(report(&disk).lines, 1);
}

/// Whatever fails while lines are added: those that were acknowledged are there after a power cut, in a whole chain.
#[test]
fn acknowledged_lines_survive_every_fault() {
    for fault in [Fault::PowerCut, Fault::Io, Fault::NoSpace] {
        for nth in 1..14 {
            let (disk, mut log) = written(2);
            disk.fail(nth, fault);
            let mut acknowledged = Vec::new();
            for n in 2..7 {
                if log.append(&disk, &event(n), at(n), false).is_ok() {
                    acknowledged.push(log.head().to_owned());
                }
            }
            disk.power_on();
            AuditLog::open(&disk, Path::new(FOLDER), vault()).unwrap();
            let (report, facts) = walk(&disk, Path::new(FOLDER), vault(), &Expectations::default()).unwrap();
            assert_eq!(report.broken, None, "{fault:?} at {nth}");
            assert!(acknowledged.iter().all(|head| facts.has_head(head)), "{fault:?} at {nth}");
        }
    }
}

//! The audit: any bytes as a segment, and edits of a whole one.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::DateTime;
use rekam::vault::files::Files;
use rekam::vault::testing::FaultyFiles;
use rekam::vault::{AuditLine, AuditReport, verify_audit};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const FOLDER: &str = "/audit";
const LINES: u64 = 12;

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A whole audit of one segment.
pub(crate) fn whole() -> Vec<u8> {
    let mut prev = sha256_hex(format!("rekam audit v1|{}", Uuid::nil()).as_bytes());
    let mut out = Vec::new();
    for seq in 1..=LINES {
        let line = AuditLine {
            seq,
            time: DateTime::from_timestamp(1_592_000_000 + seq as i64 * 60, 0).expect("a time of 2020"),
            simulated: false,
            event: if seq % 3 == 0 { "record-sealed" } else { "sign-in" }.to_owned(),
            officer: Some(Uuid::from_u128(u128::from(seq % 2))),
            session: None,
            details: BTreeMap::from([("record".to_owned(), Uuid::from_u128(u128::from(seq)).to_string())]),
            prev,
        };
        let bytes = serde_json::to_vec(&line).expect("a line can be written");
        prev = sha256_hex(&bytes);
        out.extend_from_slice(&bytes);
        out.push(b'\n');
    }
    out
}

fn report(segment: &[u8]) -> AuditReport {
    let files = FaultyFiles::new(0);
    files.make_folder_durable(Path::new(FOLDER)).expect("a folder in memory");
    files.tamper(&Path::new(FOLDER).join("000001.jsonl"), |bytes| *bytes = segment.to_vec());
    verify_audit(&files, Path::new(FOLDER), Uuid::nil(), false).expect("a disk in memory does not fail")
}

/// Any bytes: a report, never a panic; only nothing at all and whole lines are well.
pub(crate) fn any_segment(bytes: &[u8]) {
    let report = report(bytes);
    let lines = bytes.iter().filter(|b| **b == b'\n').count() as u64;
    assert!(report.lines <= lines);
    if report.broken.is_none() {
        assert!(bytes.is_empty() || bytes.ends_with(b"\n"));
        assert_eq!(report.lines, lines);
    }
}

/// Edits of a whole audit, eight bytes each (what, where, with what): whatever differs from it is told, either as a
/// break or by another head or number of lines, which heads held elsewhere show.
pub(crate) fn edited(edits: &[u8]) {
    let whole = whole();
    let mut bytes = whole.clone();
    for edit in edits.chunks_exact(8).take(16) {
        let number = |at: usize| usize::from(u16::from_le_bytes([edit[at], edit[at + 1]]));
        let (at, to) = (number(1) % (bytes.len() + 1), number(3) % (bytes.len() + 1));
        let lines: Vec<Vec<u8>> = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        match edit[0] % 6 {
            0 if at < bytes.len() => bytes[at] = edit[5],
            1 => bytes.truncate(at),
            2 if lines.len() > 1 => {
                let (mut lines, n) = (lines, number(1));
                let gone = n % lines.len();
                lines.remove(gone);
                bytes = lines.concat();
            }
            3 if lines.len() > 1 => {
                let mut lines = lines;
                let (a, b) = (number(1) % lines.len(), number(3) % lines.len());
                lines.swap(a, b);
                bytes = lines.concat();
            }
            4 if !lines.is_empty() => {
                let mut lines = lines;
                let (from, to) = (number(1) % lines.len(), number(3) % lines.len());
                let line = lines[from].clone();
                lines.insert(to, line);
                bytes = lines.concat();
            }
            _ => bytes.insert(to.min(bytes.len()), edit[6]),
        }
    }
    let (before, after) = (report(&whole), report(&bytes));
    assert!(before.broken.is_none() && before.lines == LINES);
    if bytes != whole {
        let told = after.broken.is_some() || after.head != before.head || after.lines != before.lines;
        assert!(told, "a changed audit is well");
    }
}

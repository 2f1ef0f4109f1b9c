#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && !name.contains("test") && name != "events.rs" {
            found.push(path);
        }
    }
}

/// Literals of the form of an event's name in a piece of code.
fn names(code: &str) -> impl Iterator<Item = &str> {
    let is_name = |text: &&str| {
        text.contains('-') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            || matches!(*text, "capture" | "reverified" | "disinfected" | "restored")
    };
    code.split('"').skip(1).step_by(2).filter(is_name)
}

/// What the code writes: the literal after each of these beginnings, or two of them where a condition chooses.
fn written() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut found = BTreeSet::new();
    for file in files {
        let code = std::fs::read_to_string(&file).unwrap();
        let after = |beginning: &'static str| {
            code.match_indices(beginning).map(|(at, _)| &code[at + beginning.len()..]).collect::<Vec<_>>()
        };
        for beginning in
            ["AuditEvent::new(\"", "event: \"", "audit_lock(\"", "audit_paper(id, \"", "self.leave(\""]
        {
            found.extend(after(beginning).into_iter().map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
        // A name that is a constant or chosen by a condition.
        for beginning in
            ["_EVENT: &str = ", "let event = if ", "AuditEvent::new(match ", "let event = match "]
        {
            for rest in after(beginning) {
                let statement = rest.split(';').next().unwrap();
                found.extend(names(statement).map(str::to_owned));
            }
        }
    }
    // The event of a kind of pin.
    found.extend(crate::vault::PinKind::ALL.iter().map(|kind| kind.event().to_owned()));
    // Made of a beginning and the kind of the row.
    found.remove("cards-");
    found.extend(crate::vault::CardMove::ALL.iter().map(|kind| format!("cards-{}", kind.id())));
    found
}

#[test]
fn every_event_that_the_code_writes_is_in_the_table_and_on_its_page() {
    let table: BTreeSet<String> = AUDIT_EVENTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(table.len(), AUDIT_EVENTS.len(), "a name is there twice");
    let written = written();
    let unknown: Vec<&String> = written.difference(&table).collect();
    assert!(unknown.is_empty(), "not in src/vault/events.rs: {unknown:?}");
    let unused: Vec<&String> = table.difference(&written).collect();
    assert!(unused.is_empty(), "nobody writes: {unused:?}");
    let page = std::fs::read_to_string(root().join("docs/audit.md")).unwrap();
    let rows: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "))
        .filter_map(|(name, rest)| Some((name, rest.rsplit_once(" | ")?.1)))
        .map(|(name, details)| (name, if details == "-" { "" } else { details }))
        .collect();
    assert_eq!(rows, AUDIT_EVENTS, "docs/audit.md");
}

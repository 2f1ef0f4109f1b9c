//! Every script of `fixtures/sessions`, in a fresh vault, by the real binary.

use std::sync::Mutex;

use serde_json::Value;

use crate::support::{run, session, strings, training};

/// Script, outcome, exit code, a rule that must be there, step with a reason that must be there (or empty).
const SCRIPTS: &[(&str, &str, i32, &str, &str)] = &[
    ("clean", "sealed", 0, "case-accepted", ""),
    ("fever-refused", "refused", 3, "second-reading-above-limit", ""),
    ("fever-parked", "parked", 0, "second-reading-required", ""),
    ("second-reading-passes", "sealed", 0, "second-reading-passed", ""),
    ("hospital-fever", "sealed", 0, "hospital-fever-treating-doctor", ""),
    ("redirect-not-urgent", "redirected", 3, "not-urgent", ""),
    ("supervisor-approves", "sealed", 0, "approval-required", ""),
    ("supervisor-denies", "refused", 3, "supervisor-denied", ""),
    ("supervisor-absent", "parked", 0, "", ""),
    ("missing-finger", "sealed", 0, "case-accepted", "fingers:missing permanent"),
    ("temporary-exception", "sealed", 0, "case-accepted", "fingers:bandaged temporary"),
    ("come-back", "refused", 3, "temporary-exception", ""),
    ("wrong-hand", "sealed", 0, "case-accepted", "fingers:wrong-hand"),
    ("other-hand", "sealed", 0, "case-accepted", "fingers:other-hand"),
    ("unplugged", "sealed", 0, "case-accepted", "fingers:DEV-03"),
    ("resume", "sealed", 0, "case-accepted", ""),
    ("too-young", "refused", 3, "too-young", ""),
    ("cannot-sign", "sealed", 0, "case-accepted", ""),
    ("nik-twice", "refused", 3, "nik-in-queue", ""),
    ("weak-fingers", "sealed", 0, "case-accepted", "fingers:too-dry"),
    ("abandoned", "abandoned", 1, "abandoned", ""),
    ("photo-declined", "sealed", 0, "case-accepted", ""),
    ("corrected-biodata", "sealed", 0, "case-accepted", ""),
    ("outside-domicile", "sealed", 0, "outside-domicile", ""),
];

fn check(&(name, outcome, code, rule, reason): &(&str, &str, i32, &str, &str)) -> Result<(), String> {
    let place = training();
    let told = run(&place.vault, &session(&format!("{name}.toml")));
    let j = &told.json;
    let fail = |what: &str| Err(format!("{name}: {what}: exit {} {j} {}", told.code, told.errors));
    if j["outcome"] != outcome || told.code != code {
        return fail("outcome");
    }
    let rules = strings(&j["rules"]);
    if !rule.is_empty() && !rules.iter().any(|r| r == rule) {
        return fail("rules");
    }
    if j["as_expected"] != Value::Bool(true) {
        return fail("the script's own expectation");
    }
    if let Some((step, reason)) = reason.split_once(':') {
        let steps = j["steps"].as_array().unwrap();
        let step = steps.iter().find(|s| s["name"] == step).unwrap();
        if !strings(&step["reasons"]).iter().any(|r| r == reason) {
            return fail("reasons");
        }
    }
    let sealed = outcome == "sealed";
    let file = j["file"].as_str().map(std::path::Path::new);
    if sealed != file.is_some_and(std::path::Path::is_file) {
        return fail("file");
    }
    let document = j["document"].as_str().map(std::path::Path::new);
    let due = matches!(outcome, "sealed" | "refused" | "redirected");
    if due && !document.is_some_and(std::path::Path::is_file) {
        return fail("document");
    }
    Ok(())
}

#[test]
fn every_script_ends_as_it_says() {
    let listed: Vec<&str> = SCRIPTS.iter().map(|s| s.0).chain(["real"]).collect();
    for entry in std::fs::read_dir(session(".")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_script = path.extension().is_some_and(|e| e == "toml");
        assert!(!is_script || listed.contains(&stem.as_str()), "{stem} is in no test");
    }
    let (next, failed) = (Mutex::new(SCRIPTS.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(script) = { next.lock().unwrap().next() } {
                    failed.lock().unwrap().extend(check(script).err());
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} scripts:\n{}", failed.len(), failed.join("\n"));
}

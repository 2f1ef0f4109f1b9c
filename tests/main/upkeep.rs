//! Limits and times of keeping, by the real binary.

use std::path::Path;

use serde_json::Value;

use crate::support::{Told, Training, rekam, root, run, session, told, training};

/// A configuration with the bundled June policy, its limits changed.
fn configured(place: &Training, change: &[(&str, &str)]) -> std::path::PathBuf {
    let folder = place.vault.parent().unwrap().join("policies");
    std::fs::create_dir_all(&folder).unwrap();
    let name = "443-2978-2020-06.toml";
    let mut text = std::fs::read_to_string(root().join("protocols").join(name)).unwrap();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    std::fs::write(folder.join(name), text).unwrap();
    let config = folder.join("rekam.toml");
    std::fs::write(&config, "policies = \".\"\n").unwrap();
    config
}

fn ask(place: &Training, config: Option<&Path>, args: &[&str]) -> Told {
    let mut command = rekam();
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    command.args(args).arg("--vault").arg(&place.vault).arg("--json");
    told(command.write_stdin("latihan-operator\n").output().unwrap())
}

fn retention(place: &Training, config: Option<&Path>, more: &[&str]) -> Told {
    let mut args = vec!["vault", "retention", "--officer", "Operator Latihan", "--passphrase-fd", "0"];
    args.extend(more);
    ask(place, config, &args)
}

#[test]
fn a_limit_refuses_the_next_session_with_its_reason_and_exit_3() {
    let place = training();
    let config = configured(&place, &[("unsent_records = 500", "unsent_records = 1")]);
    let script = session("clean.toml");
    let go = || {
        let mut command = rekam();
        command.arg("--config").arg(&config).args(["session", "run", "--json", "--vault"]);
        told(command.arg(&place.vault).arg(&script).output().unwrap())
    };
    let first = go();
    assert_eq!((first.code, &first.json["outcome"]), (0, &Value::from("sealed")), "{}", first.errors);
    let second = go();
    assert_eq!((second.code, &second.json["outcome"]), (3, &Value::from("refused")), "{}", second.errors);
    assert_eq!(second.json["code"], "LIM-04");
    assert_eq!(second.json["rules"], serde_json::json!(["limit-unsent-many"]));
    // The doctor says the same, and the queue marks what is not sent.
    let doctor = ask(&place, Some(&config), &["doctor"]);
    let checks = doctor.json["checks"].as_array().unwrap();
    let unsent = checks.iter().find(|c| c["name"] == "unsent").unwrap();
    assert_eq!((doctor.code, &unsent["ok"]), (1, &Value::from(false)));
    for name in ["disk", "clock"] {
        assert!(checks.iter().any(|c| c["name"] == name && c["ok"] == true), "{name}: {checks:?}");
    }
    let queue = ask(&place, None, &["queue", "list"]);
    assert!(queue.json["records"][0]["unsent_days"].as_i64().unwrap() > 0, "{}", queue.json);
    // A disk that the policy keeps for itself refuses too.
    let config = configured(&place, &[("disk_reserve_mb = 200", "disk_reserve_mb = 10000000")]);
    let mut command = rekam();
    command.arg("--config").arg(&config).args(["session", "run", "--json", "--vault"]);
    let full = told(command.arg(&place.vault).arg(&script).output().unwrap());
    assert_eq!((full.code, &full.json["code"]), (3, &Value::from("LIM-01")));
}

#[test]
fn what_is_due_is_shown_deleted_and_reported() {
    let place = training();
    assert_eq!(run(&place.vault, &session("clean.toml")).code, 0);
    // The script's record is of 2020: the extract's time is over, the record itself is with nobody.
    let plan = retention(&place, None, &["--dry-run"]);
    assert_eq!(plan.code, 0, "{}", plan.errors);
    let whats = |told: &Told, key: &str| -> Vec<String> {
        let list = told.json[key].as_array().unwrap();
        list.iter().map(|d| d["what"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(whats(&plan, "due"), ["extract", "duplicate-mark"]);
    assert_eq!(plan.json["held"], serde_json::json!({"not-safe": 1}));
    assert_eq!(ask(&place, None, &["vault", "deletions"]).json["count"], 0, "a dry run deletes nothing");
    let done = retention(&place, None, &[]);
    assert_eq!(
        (done.code, whats(&done, "deleted")),
        (0, vec!["extract".to_owned(), "duplicate-mark".to_owned()])
    );
    assert_eq!(done.json["failed"], serde_json::json!([]));
    assert_eq!(whats(&retention(&place, None, &[]), "deleted"), Vec::<String>::new(), "nothing twice");
    let told = ask(&place, None, &["vault", "deletions"]);
    assert_eq!((told.code, &told.json["count"]), (0, &Value::from(2)));
    assert_eq!(told.json["deletions"][0]["details"]["rule"], "extract_days");
    let none = ask(&place, None, &["vault", "deletions", "--to", "2020-01-01"]);
    assert_eq!(none.json["count"], 0);
    // The record is still there, whole.
    assert_eq!(ask(&place, None, &["vault", "check"]).json["ok"], true);
    assert_eq!(ask(&place, None, &["queue", "list"]).json["count"], 1);
}

#[test]
fn wrong_questions_are_refused() {
    let place = training();
    let swapped = ask(&place, None, &["vault", "deletions", "--from", "2026-02-01", "--to", "2026-01-01"]);
    assert_eq!(swapped.code, 2, "{}", swapped.errors);
    assert_eq!(ask(&place, None, &["vault", "deletions", "--from", "yesterday"]).code, 2);
    let nobody = ask(&place, None, &["vault", "retention", "--officer", "Nobody", "--passphrase-fd", "0"]);
    assert_eq!(nobody.code, 2, "{}", nobody.errors);
    let wrong = ["vault", "retention", "--officer", "Auditor Latihan", "--passphrase-fd", "0"];
    assert_eq!(ask(&place, None, &wrong).code, 1);
    let config = configured(&place, &[("unsent_days = 3", "unsent_days = 0")]);
    let bad = retention(&place, Some(&config), &[]);
    assert!(
        bad.code == 1 && bad.errors.contains("POL-05") && bad.errors.contains("limits.unsent_days"),
        "{}",
        bad.errors
    );
}

//! Commands, their exit codes and their JSON.

use serde_json::Value;

use crate::support::{rekam, root, run, session, told, training};

#[test]
fn a_record_from_session_to_opened_folder() {
    let place = training();
    let sealed = run(&place.vault, &session("clean.toml"));
    assert_eq!(sealed.code, 0, "{}", sealed.errors);
    let file = sealed.json["file"].as_str().unwrap();
    let list = told(rekam().args(["queue", "list", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    assert_eq!((list.code, &list.json["count"]), (0, &Value::from(1)));
    assert_eq!(list.json["records"][0]["sha256"], sealed.json["sha256"]);
    let verified = told(rekam().args(["record", "verify", "--json", file]).output().unwrap());
    assert_eq!((verified.code, &verified.json["contents"]), (0, &Value::from("unchecked")));
    let out = place.vault.with_file_name("out");
    let key = place.vault.join("training/centre.age-key");
    let opened = told(
        rekam()
            .args(["record", "open", "--json", file, "--identity"])
            .arg(&key)
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap(),
    );
    assert_eq!((opened.code, &opened.json["missing"]), (0, &Value::Array(Vec::new())), "{}", opened.errors);
    assert!(out.join("manifest.json").is_file());
    for command in [["vault", "check"], ["vault", "rebuild"], ["audit", "verify"]] {
        let found =
            told(rekam().args(command).args(["--json", "--vault"]).arg(&place.vault).output().unwrap());
        assert_eq!((found.code, &found.json["ok"]), (0, &Value::Bool(true)), "{command:?} {}", found.json);
    }
    // One byte changed: refused with its code.
    let mut bytes = std::fs::read(file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let changed = told(rekam().args(["record", "verify", file]).output().unwrap());
    assert_eq!(changed.code, 1);
    assert!(changed.errors.starts_with("VER-04"), "{}", changed.errors);
}

#[test]
fn usage_errors_are_2_and_help_is_0() {
    for (args, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["session", "run"], 2),
        (&["init", "--station", "A"], 2),
        (&["nothing"], 2),
        (&["record", "open", "x"], 2),
    ] {
        assert_eq!(rekam().args(args).output().unwrap().status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn policy_files_are_checked_with_their_examples() {
    let file = root().join("protocols/443-2978-2020-06.toml");
    let good = told(rekam().args(["policy", "check", "--json"]).arg(&file).output().unwrap());
    assert_eq!((good.code, &good.json["ok"]), (0, &Value::Bool(true)));
    assert!(good.json["cases_run"].as_u64().unwrap() > 20);
    let folder = tempfile::TempDir::new().unwrap();
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "id = 3\nversion = \"x\"\nfrog = 1\n").unwrap();
    let found = told(rekam().args(["policy", "check", "--json"]).arg(&bad).output().unwrap());
    assert_eq!(found.code, 1);
    assert!(found.json["errors"].as_array().unwrap().len() >= 3);
}

#[test]
fn devices_and_roster_template() {
    let place = training();
    let list =
        told(rekam().args(["devices", "list", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    assert_eq!((list.code, &list.json["training"]), (0, &Value::Bool(true)));
    let doctor = told(rekam().args(["doctor", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    assert_eq!((doctor.code, &doctor.json["ok"]), (0, &Value::Bool(true)), "{}", doctor.json);
    let check = |kind: &str| {
        let mut command = rekam();
        command.args(["devices", "check", kind, "--json", "--vault"]).arg(&place.vault);
        told(command.output().unwrap())
    };
    let good = check("thermometer");
    assert_eq!((good.code, &good.json["ok"]), (0, &Value::Bool(true)), "{}", good.json);
    assert!(good.json["checked"].as_u64().unwrap() > 8 && good.json["failures"] == Value::Array(vec![]));
    assert_eq!((check("printer").code, check("toaster").code), (2, 2));
    let template = rekam().args(["roster", "template"]).output().unwrap();
    assert!(String::from_utf8(template.stdout).unwrap().contains("no_kk"));
}

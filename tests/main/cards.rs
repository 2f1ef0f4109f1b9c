//! The ledger of cards and the import of states.

use std::io::Write;

use serde_json::Value;

use crate::support::{Told, rekam, run, session, told, training};

/// Runs a command as an officer who types the passphrase.
fn by(args: &[&str], vault: &std::path::Path, account: &str, secret: &str) -> Told {
    let mut command = rekam();
    command.args(args).args(["--by", account, "--passphrase-fd", "0", "--json", "--vault"]).arg(vault);
    told(command.write_stdin(format!("{secret}\n")).output().unwrap())
}

const OPERATOR: (&str, &str) = ("Operator Latihan", "latihan-operator");

#[test]
fn blanks_come_in_and_the_ledger_says_so() {
    let place = training();
    let enter = |args: &[&str]| {
        let all: Vec<&str> = ["cards", "enter"].iter().chain(args).copied().collect();
        by(&all, &place.vault, OPERATOR.0, OPERATOR.1)
    };
    let range = ["--kind", "received", "--count", "500", "--first", "AB-001", "--last", "AB-500"];
    let entered = enter(&range);
    assert_eq!((entered.code, &entered.json["balance"]), (0, &Value::from(500)), "{}", entered.errors);
    let spoiled = enter(&["--kind", "spoiled", "--count", "2", "--reason", "print-fault"]);
    assert_eq!((spoiled.code, &spoiled.json["balance"]), (0, &Value::from(498)), "{}", spoiled.errors);
    for (args, code, error) in [
        (&["--kind", "received", "--count", "0"][..], 1, "VLT-28"),
        (&["--kind", "spoiled", "--count", "1"], 1, "VLT-28"),
        (&["--kind", "received", "--count", "9", "--first", "A1", "--last", "A2"], 1, "VLT-28"),
        (&["--kind", "issued", "--count", "1"], 2, ""),
        (&["--kind", "received", "--count", "-1"], 2, ""),
        (&["--kind", "received", "--count", "1", "--first", "A1"], 2, ""),
    ] {
        let found = enter(args);
        assert_eq!(found.code, code, "{args:?} {}", found.errors);
        assert!(found.errors.contains(error), "{args:?} {}", found.errors);
    }
    let all = ["cards", "enter", "--kind", "received", "--count", "1"];
    assert!(by(&all, &place.vault, OPERATOR.0, "salah-sekali-ini").errors.starts_with("VLT-05"));
    assert!(by(&all, &place.vault, "Auditor Latihan", "latihan-auditor").errors.starts_with("CLI-11"));
    let ledger =
        told(rekam().args(["cards", "ledger", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    assert_eq!((ledger.code, &ledger.json["balance"]), (0, &Value::from(498)));
    assert_eq!(ledger.json["rows"].as_array().map(Vec::len), Some(2));
    let check =
        told(rekam().args(["vault", "check", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    assert_eq!((check.code, &check.json["ok"]), (0, &Value::Bool(true)), "{}", check.json);
}

#[test]
fn states_come_in_by_file() {
    let place = training();
    let sealed = run(&place.vault, &session("clean.toml"));
    assert_eq!(sealed.code, 0, "{}", sealed.errors);
    let list = told(rekam().args(["queue", "list", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    let id = list.json["records"][0]["id"].as_str().unwrap().to_owned();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "record_id;state;at").unwrap();
    writeln!(file, "{id};CARD_PRINTED;2025-01-02T09:00:00+07:00").unwrap();
    writeln!(file, "{id};SENT_FOR_DEDUP;2025-01-03T09:00:00+07:00").unwrap();
    writeln!(file, "not an id;CARD_PRINTED;2025-01-02T09:00:00+07:00").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let import = |path: &str| by(&["record", "states", "import", path], &place.vault, OPERATOR.0, OPERATOR.1);
    let found = import(&path);
    assert_eq!((found.code, &found.json["report"]["changed"]), (1, &Value::from(1)), "{}", found.errors);
    let codes: Vec<&str> = found.json["report"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["code"].as_str())
        .collect();
    assert_eq!(codes, ["STA-07", "STA-03"]);
    let list = told(rekam().args(["queue", "list", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    assert_eq!(list.json["records"][0]["state"], "CARD_PRINTED");
    assert!(import("/nonexistent.csv").errors.starts_with("CLI-02"));
}

//! The ledger of cards and the import of states.

use std::io::Write;
use std::sync::Arc;

use record::grant::{Ask, GrantRequest};
use record::schema::{RequirementKind, StepId};
use rekam::handover::parts::{Proof, Receiver, ReceiverKind};
use rekam::session::testing as samples;
use rekam::vault::files::{Files, RealFiles};
use rekam::vault::{CardMove, CardOutcome, OpenOptions, Vault};
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
    let range =
        ["--kind", "received", "--of", "blank", "--count", "500", "--first", "AB-001", "--last", "AB-500"];
    let entered = enter(&range);
    assert_eq!((entered.code, &entered.json["balance"]), (0, &Value::from(500)), "{}", entered.errors);
    let serials = ["--of", "blank", "--first", "AB-017", "--last", "AB-018"];
    let spoiled =
        enter(&[&["--kind", "spoiled", "--count", "2", "--reason", "print-fault"], &serials[..]].concat());
    assert_eq!((spoiled.code, &spoiled.json["balance"]), (0, &Value::from(498)), "{}", spoiled.errors);
    for (args, code, error) in [
        (&["--kind", "received", "--count", "0"][..], 1, "VLT-28"),
        (&["--kind", "spoiled", "--count", "1"], 1, "VLT-28"),
        (&["--kind", "received", "--count", "9", "--first", "A1", "--last", "A2"], 1, "VLT-28"),
        (&["--kind", "issued", "--count", "1"], 2, ""),
        (&["--kind", "received", "--of", "paper", "--count", "1"], 2, ""),
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
    assert_eq!(ledger.json["rows"][1]["serials"], serde_json::json!(["AB-017", "AB-018"]));
    assert_eq!(ledger.json["stock"]["spoiled_blank"], 2);
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

/// Hands a card of this record over, as the counter does, and gives the row's number.
fn handed_over(vault: &std::path::Path, record: uuid::Uuid) -> u64 {
    let now = chrono::Utc::now();
    let files: Arc<dyn Files> = Arc::new(RealFiles);
    let mut vault = Vault::open(files, vault, &OpenOptions::default(), now).unwrap();
    let operator = vault.officers().into_iter().find(|o| o.name == OPERATOR.0).unwrap().id;
    let keys = vault.unlock(operator, OPERATOR.1, now).unwrap();
    let ask = Ask {
        kind: RequirementKind::SupervisorApproval,
        step: StepId::Verification,
        reason: "handover-finger".into(),
        evidence: vec!["ab".repeat(32)],
        station: "TEST-01".into(),
        session: uuid::Uuid::from_u128(3),
        operator,
    };
    let request = GrantRequest::new(ask, samples::NIK, now, chrono::TimeDelta::hours(1)).unwrap();
    let receiver = Receiver {
        kind: Some(ReceiverKind::Family),
        name: "IBU CONTOH".into(),
        relation: "IBU".into(),
        document: "KTP-el 3204".into(),
    };
    let proof = Proof {
        form: "rekam-handover/1".into(),
        outcome: "issued".into(),
        reason: None,
        begun: now,
        at: now,
        station: "TEST-01".into(),
        operator,
        nik_fits: Some(true),
        card: Some(samples::card(true)),
        face: None,
        marriage: None,
        receiver,
        kk_fits: Some(true),
        matched: None,
        failed_tries: 0,
        signature: Some(samples::signature(7)),
        grants: vec![samples::decision(&request, true, now)],
    };
    let mut bytes = Vec::new();
    ciborium::into_writer(&proof, &mut bytes).unwrap();
    let outcome = CardOutcome {
        id: uuid::Uuid::from_u128(8),
        record,
        kind: CardMove::Issued,
        reason: None,
        uid: zeroize::Zeroizing::new(vec![4, 1, 2, 3]),
        proof: zeroize::Zeroizing::new(bytes),
    };
    vault.card_left(&outcome, &keys, now).unwrap().number
}

#[test]
fn a_proof_is_read_back_and_the_audit_says_by_whom() {
    let place = training();
    let sealed = run(&place.vault, &session("clean.toml"));
    assert_eq!(sealed.code, 0, "{}", sealed.errors);
    let list = told(rekam().args(["queue", "list", "--json", "--vault"]).arg(&place.vault).output().unwrap());
    let id = list.json["records"][0]["id"].as_str().unwrap().to_owned();
    let number = handed_over(&place.vault, id.parse().unwrap());
    let proof = |args: &[&str], account: &str, secret: &str| {
        let mut command = rekam();
        command.args(["cards", "proof"]).args(args).args(["--officer", account, "--passphrase-fd", "0"]);
        command.arg("--vault").arg(&place.vault);
        command.write_stdin(format!("{secret}\n")).output().unwrap()
    };
    let out = place._folder.path().join("tanda-tangan.png");
    let file = out.to_str().unwrap();
    // An auditor reads; the short code of the papers is enough.
    let code = &id[id.len() - 8..];
    let args = [code, "--out", file, "--json"];
    let found = told(proof(&args, "Auditor Latihan", "latihan-auditor"));
    assert_eq!(found.code, 0, "{}", found.errors);
    let card = &found.json["cards"][0];
    assert_eq!((&found.json["record"], &card["row"]), (&Value::from(id.as_str()), &Value::from(number)));
    assert_eq!(card["receiver"]["name"], "IBU CONTOH");
    assert_eq!(card["receiver"]["document"], "KTP-el 3204");
    assert_eq!(card["officer_name"], OPERATOR.0);
    assert_eq!(
        (&card["grants"][0]["for"], &card["grants"][0]["signature_fits"]),
        (&"finger".into(), &true.into())
    );
    assert_eq!(std::fs::read(&out).unwrap(), *samples::signature(7).png.bytes);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "a signature is its writer's");
    let text = String::from_utf8(proof(&[&id], OPERATOR.0, OPERATOR.1).stdout).unwrap();
    for expected in ["issued", "name IBU CONTOH, relation IBU", "document: KTP-el 3204", "finger: approved"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for (args, account, secret, error) in [
        (&[code][..], OPERATOR.0, "salah-sekali-ini", "VLT-05"),
        (&["00000000"], OPERATOR.0, OPERATOR.1, "CLI-16"),
        (&[code, "--out", "/nonexistent/here.png"], OPERATOR.0, OPERATOR.1, "CLI-03"),
    ] {
        let found = told(proof(args, account, secret));
        assert!(found.code == 1 && found.errors.starts_with(error), "{args:?} {}", found.errors);
    }
    let audit: String = std::fs::read_dir(place.vault.join("audit"))
        .unwrap()
        .filter_map(|e| std::fs::read_to_string(e.unwrap().path()).ok())
        .collect();
    assert_eq!(
        audit.matches("card-proof-read").count(),
        3,
        "each that was opened, also where no file came of it"
    );
    assert!(!audit.contains("IBU CONTOH"));
}

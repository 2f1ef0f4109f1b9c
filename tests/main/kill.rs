//! The process killed in the middle of a session, as by a power switch: nothing half-saved counts, and the vault
//! goes on.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{rekam, run, session, strings, told, training};

/// When the session is killed, in milliseconds after its start: at sign-in, among the steps, near the seal.
const KILLED_AFTER_MS: [u64; 5] = [150, 700, 1_500, 2_600, 4_200];

fn queue(vault: &std::path::Path) -> Vec<Value> {
    let output = rekam().args(["queue", "list", "--json", "--vault"]).arg(vault).output().unwrap();
    told(output).json["records"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_killed_session_leaves_a_whole_vault() {
    let training = training();
    let vault = training.vault.as_path();
    for after_ms in KILLED_AFTER_MS {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("rekam"))
            .args(["session", "run", "--json", "--vault"])
            .arg(vault)
            .arg(session("clean.toml"))
            .env("REKAM_CONFIG", "/nonexistent/rekam.toml")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(after_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        rekam().args(["vault", "check", "--vault"]).arg(vault).assert().success();
        rekam().args(["audit", "verify", "--vault"]).arg(vault).assert().success();
        for record in queue(vault) {
            let file = record["file"].as_str().unwrap();
            rekam().args(["record", "verify", file]).assert().success();
        }
    }
    let sealed_before = queue(vault).len();
    let told = run(vault, &session("clean.toml"));
    let outcome = told.json["outcome"].as_str().unwrap_or_default().to_owned();
    if sealed_before == 0 {
        assert_eq!(outcome, "sealed", "{}", told.errors);
    } else {
        assert!(strings(&told.json["rules"]).contains(&"nik-in-queue".to_owned()), "{outcome}");
    }
    assert_eq!(queue(vault).len(), 1);
}

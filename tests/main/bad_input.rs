//! Hostile and broken input: a clear code, nothing lost, no panic, nothing that only looks saved.

use std::path::Path;

use serde_json::Value;

use crate::support::{Told, rekam, run, session, told, training};

fn sound(told: &Told) {
    assert!(!told.errors.contains("panicked"), "{}", told.errors);
}

fn count(vault: &Path) -> u64 {
    let list = told(rekam().args(["queue", "list", "--json", "--vault"]).arg(vault).output().unwrap());
    list.json["count"].as_u64().unwrap()
}

#[test]
fn script_errors_come_all_at_once_with_lines() {
    let place = training();
    let script = place.vault.with_file_name("bad.toml");
    for (text, codes) in [
        ("start = \n", &["SCR-02"][..]),
        ("", &["SCR-04", "SCR-04"]),
        ("start = 3\nfrog = 1\n[applicant]\nnik = \"1\"\nno_kk = 2\n", &["SCR-05", "SCR-03", "SCR-05"]),
        (
            "start = \"2020-07-06T09:00:00+07:00\"\n[applicant]\nnik = \"1\"\nno_kk = \"2\"\n[devices.camera]\ndriver = \"nope\"\n",
            &["SCR-06"],
        ),
    ] {
        std::fs::write(&script, text).unwrap();
        let found = run(&place.vault, &script);
        sound(&found);
        assert_eq!(found.code, 1, "{text}");
        for code in codes {
            assert!(found.errors.contains(code), "{text}: {}", found.errors);
        }
        assert!(found.errors.lines().count() >= codes.len(), "{}", found.errors);
    }
    let gone = run(&place.vault, Path::new("/nonexistent.toml"));
    assert_eq!((gone.code, gone.errors.contains("SCR-01")), (1, true));
}

#[test]
fn no_vault_other_vaults_and_production() {
    let folder = tempfile::TempDir::new().unwrap();
    let none = run(&folder.path().join("none"), &session("clean.toml"));
    assert_eq!(none.code, 1);
    assert!(none.errors.starts_with("VLT-01"), "{}", none.errors);
    let root = record::keys::generate_signing_key().unwrap();
    let root = record::keys::public_to_hex(&root.verifying_key());
    let vault = folder.path().join("production");
    let mut init = rekam();
    init.args(["init", "--station", "P-1", "--supervisor", "Kepala", "--supervisor-nik", "3204370507809001"]);
    init.args(["--passphrase-fd", "0", "--centre-root", &root, "--vault"]).arg(&vault);
    let made = told(init.write_stdin("kalimat sandi yang panjang\n").output().unwrap());
    assert_eq!(made.code, 0, "{}", made.errors);
    let refused = run(&vault, &session("clean.toml"));
    assert_eq!(refused.code, 1);
    assert!(refused.errors.starts_with("SCR-10"), "{}", refused.errors);
    let again =
        told(rekam().args(["init", "--training", "--station", "A", "--vault"]).arg(&vault).output().unwrap());
    assert!(again.code == 1 && again.errors.starts_with("VLT-02"), "{}", again.errors);
}

/// Samples that no decoder may fall over: truncated, empty, huge claims.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 2, 0, 0, 0, 0, 0, 0, 0]);
    vec![
        ("empty", Vec::new()),
        ("png-huge", png),
        ("pgm-huge", b"P5 4294967295 4294967295 255\n".to_vec()),
        ("pgm-zero", b"P5 0 0 255\n".to_vec()),
        ("fir-truncated", b"FIR\x00020\0\0\0\xff\xff\xff\xff".to_vec()),
        ("jpeg-truncated", vec![0xff, 0xd8, 0xff, 0xe0, 0, 16]),
        ("noise", (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
    ]
}

#[test]
fn hostile_samples_park_the_session_and_say_why() {
    let base = std::fs::read_to_string(session("clean.toml")).unwrap();
    let place = training();
    let roster = session("../roster/training.csv");
    for (name, bytes) in hostile() {
        let face = place.vault.with_file_name(format!("{name}.png"));
        std::fs::write(&face, &bytes).unwrap();
        let text = base.replace("../roster/training.csv", roster.to_str().unwrap())
            + &format!("\n[devices.camera]\ndriver = \"file\"\npath = {:?}\n", face.to_str().unwrap());
        let script = place.vault.with_file_name("hostile.toml");
        std::fs::write(&script, format!("max_tries = 2\n{text}")).unwrap();
        let found = run(&place.vault, &script);
        sound(&found);
        assert_eq!(
            (found.code, &found.json["outcome"]),
            (0, &Value::from("parked")),
            "{name}: {} {}",
            found.json,
            found.errors
        );
        let photo = found.json["steps"].as_array().unwrap().iter().find(|s| s["name"] == "photo").unwrap();
        assert!(photo["reasons"].to_string().contains("DEV-07"), "{name}: {photo}");
        assert_eq!(count(&place.vault), 0);
    }
}

#[test]
fn a_full_disk_counts_nothing_as_saved_and_goes_on_with_room() {
    let place = training();
    // No file of the program may grow beyond this: writing the payload fails as on a full disk.
    let binary = assert_cmd::cargo::cargo_bin!("rekam");
    let line = format!(
        "trap '' XFSZ; ulimit -f 128; exec {:?} session run --json --vault {:?} {:?}",
        binary,
        place.vault,
        session("clean.toml")
    );
    let full = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
    let full = told(full);
    sound(&full);
    assert_ne!(full.json["outcome"], "sealed", "{} {}", full.json, full.errors);
    assert_eq!(count(&place.vault), 0);
    // With room again the same person is recorded in the same vault.
    let after = run(&place.vault, &session("clean.toml"));
    assert_eq!((after.code, count(&place.vault)), (0, 1), "{} {}", after.json, after.errors);
}

#[test]
fn a_wrong_identity_opens_nothing() {
    let place = training();
    let sealed = run(&place.vault, &session("clean.toml"));
    let file = sealed.json["file"].as_str().unwrap();
    let key = place.vault.with_file_name("other.key");
    std::fs::write(&key, record::keys::generate_age_identity().identity.as_str()).unwrap();
    let out = place.vault.with_file_name("out");
    let found = told(
        rekam()
            .args(["record", "open", file, "--identity"])
            .arg(&key)
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap(),
    );
    sound(&found);
    assert_eq!(found.code, 1);
    assert!(found.errors.starts_with("OPN-"), "{}", found.errors);
    assert!(!out.exists());
}

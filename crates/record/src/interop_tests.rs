//! Public tools read what we seal: age, unzip, sha256sum, openssl, xmllint. Skipped, saying so, where a tool is
//! missing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::manifest::Manifest;
use crate::seal::{SealKeys, seal};
use crate::testing::{complete_draft, context, key};
use crate::{entries, keys, open};

fn have(tool: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|d| d.join(tool).is_file()));
    if !found {
        println!("skipped: {tool} is not on PATH");
    }
    found
}

fn run(tool: &str, args: &[&str], dir: &Path) -> Output {
    Command::new(tool).args(args).current_dir(dir).output().unwrap()
}

fn succeeds(tool: &str, args: &[&str], dir: &Path) -> String {
    let out = run(tool, args, dir);
    assert!(out.status.success(), "{tool} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Seals a record into `dir`; returns the id.
fn seal_into(dir: &Path) -> String {
    let (centre, escrow) = (keys::generate_age_identity(), keys::generate_age_identity());
    let (station, operator) = (key(8, "station"), key(8, "operator"));
    let recipients = [centre.recipient, escrow.recipient];
    let draft = complete_draft(8);
    let sealed = seal(
        &draft,
        &context(3),
        &SealKeys { station: &station, operator: &operator, recipients: &recipients },
    )
    .unwrap();
    let id = draft.id.to_string();
    fs::write(dir.join(format!("{id}.rekam")), &sealed.payload).unwrap();
    fs::write(dir.join(format!("{id}.json")), &sealed.header_bytes).unwrap();
    fs::write(dir.join("centre.key"), centre.identity.as_bytes()).unwrap();
    fs::write(dir.join("escrow.key"), escrow.identity.as_bytes()).unwrap();
    for (name, key) in [("station", &station), ("operator", &operator)] {
        fs::write(dir.join(format!("{name}.pem")), keys::public_to_pem(&key.verifying_key()).unwrap())
            .unwrap();
        fs::write(dir.join(format!("{name}.private.pem")), keys::private_to_pem(key).unwrap().as_bytes())
            .unwrap();
    }
    id
}

#[test]
fn age_unzip_and_sha256sum_read_the_record() {
    if !(have("age") && have("unzip") && have("sha256sum")) {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let id = seal_into(dir);
    for who in ["centre.key", "escrow.key"] {
        succeeds("age", &["-d", "-i", who, "-o", "record.zip", &format!("{id}.rekam")], dir);
    }
    succeeds("unzip", &["-tqq", "record.zip"], dir);
    succeeds("unzip", &["-qq", "record.zip", "-d", "out"], dir);
    let out = dir.join("out");
    let manifest: Manifest = serde_json::from_slice(&fs::read(out.join(entries::MANIFEST)).unwrap()).unwrap();
    let sums: String = manifest.entries.iter().map(|e| format!("{}  {}\n", e.sha256, e.name)).collect();
    fs::write(out.join("SUMS"), &sums).unwrap();
    let checked = succeeds("sha256sum", &["-c", "--strict", "SUMS"], &out);
    assert_eq!(checked.lines().filter(|l| l.ends_with(": OK")).count(), manifest.entries.len());
    if have("xmllint") {
        succeeds("xmllint", &["--noout", entries::BIOMETRICS], &out);
    }
    if have("openssl") {
        for (pem, sig) in
            [("../station.pem", entries::MANIFEST_SIG), ("../operator.pem", entries::MANIFEST_OPERATOR_SIG)]
        {
            let args = [
                "pkeyutl",
                "-verify",
                "-rawin",
                "-pubin",
                "-inkey",
                pem,
                "-in",
                entries::MANIFEST,
                "-sigfile",
                sig,
            ];
            succeeds("openssl", &args, &out);
            let wrong =
                ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", pem, "-in", "SUMS", "-sigfile", sig];
            assert!(!run("openssl", &wrong, &out).status.success(), "openssl must refuse other bytes");
        }
    }
}

/// The other direction: a file that the age tool wrote around an archive is refused for its contents, not for age.
#[test]
fn reads_what_the_age_tool_writes() {
    if !have("age") {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let centre = keys::generate_age_identity();
    fs::write(dir.join("plain"), b"no archive").unwrap();
    succeeds("age", &["-r", &centre.recipient, "-o", "sealed", "plain"], dir);
    let error = open::open(&fs::read(dir.join("sealed")).unwrap(), &centre.identity, None).unwrap_err();
    assert!(error.to_string().starts_with("OPN-06"), "{error}");
}

#[test]
fn openssl_keys_and_ours_are_the_same() {
    if !have("openssl") {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    seal_into(dir);
    let public = succeeds("openssl", &["pkey", "-in", "station.private.pem", "-pubout"], dir);
    assert_eq!(public, fs::read_to_string(dir.join("station.pem")).unwrap());
    succeeds("openssl", &["genpkey", "-algorithm", "ed25519", "-out", "other.pem"], dir);
    let theirs = keys::private_from_pem(&fs::read_to_string(dir.join("other.pem")).unwrap()).unwrap();
    let public = succeeds("openssl", &["pkey", "-in", "other.pem", "-pubout"], dir);
    assert_eq!(public, keys::public_to_pem(&theirs.verifying_key()).unwrap());
}

//! `rekam sbi`: where there is no service, what it says and how it exits; with the simulated service, what it finds and
//! captures, with somebody to trust and without.

use std::path::Path;

use serde_json::{Value, json};
use sim::sbi::{KeySource, Options, Person, Service};

use crate::support::{Told, production, rekam, strings, told, training};

/// A port on which nothing listens: it was given back a moment ago.
fn unused_port() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port().to_string()
}

/// Exit code and words of a command line; `PORT` stands for a port without a service, `DIR` for an empty folder.
fn check(line: &str, code: i32, words: &str) {
    let (folder, port) = (tempfile::tempdir().unwrap(), unused_port());
    let dir = folder.path().to_string_lossy().into_owned();
    let args: Vec<String> =
        line.split(' ').map(|arg| arg.replace("PORT", &port).replace("DIR", &dir)).collect();
    let output = rekam().env("REKAM_VAULT", folder.path().join("none")).args(&args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = told(output);
    assert_eq!(told.code, code, "{line}: {text}{}", told.errors);
    for word in words.split('|') {
        assert!(text.contains(word) || told.errors.contains(word), "{line}: {word} in {text}{}", told.errors);
    }
    assert!(!told.errors.contains("panicked"), "{}", told.errors);
}

#[test]
fn without_a_service() {
    check("sbi discover --no-trust --ports PORT", 0, "no device service");
    check("sbi discover --no-trust --ports PORT --json", 0, "\"devices\":[]|\"faults\":[]");
    check("sbi discover --ports PORT", 0, "no device service");
    check("sbi discover --roots DIR --ports PORT", 1, "DEV-07|no certificate");
    check("sbi discover --roots /nonexistent/root.pem", 1, "DEV-07|root.pem");
    check("sbi discover --roots DIR --no-trust", 2, "cannot be used with");
    check("sbi discover --no-trust --ports 80", 1, "DEV-26|ports");
    check("sbi capture --kind finger --sub 1 --out DIR --no-trust --ports PORT", 1, "DEV-11|SBI");
    check("sbi capture --kind finger --out DIR --no-trust", 2, "--sub 1");
    check("sbi capture --kind finger --sub 1 --out DIR --ports PORT --json", 1, "DEV-11|SBI");
    check("sbi capture --kind face --sub 1 --out DIR --ports PORT", 1, "DEV-11|SBI");
    check("sbi capture --kind finger --sub 4 --out DIR --no-trust", 2, "--sub");
    check("sbi capture --kind ear --sub 1 --out DIR --no-trust", 2, "ear");
    check("sbi capture --kind finger --sub 1", 2, "--out");
}

/// `rekam sbi` with these words on the ports of a service, and with these roots.
fn sbi(service: &Service, vault: &Path, roots: Option<&Path>, words: &[&str]) -> Told {
    let mut command = rekam();
    command.arg("sbi").args(words).args(["--json", "--ports", &service.port().to_string()]);
    command.arg("--vault").arg(vault);
    if let Some(roots) = roots {
        command.arg("--roots").arg(roots);
    }
    told(command.timeout(std::time::Duration::from_secs(300)).output().unwrap())
}

fn service() -> Service {
    Service::start(Options { person: Person::new(7), ..Options::for_tests() }).unwrap()
}

#[test]
fn devices_are_found_whoever_is_trusted() {
    let (service, place) = (service(), training());
    let folder = place.vault.parent().unwrap();
    let roots = folder.join("root.pem");
    std::fs::write(&roots, service.root_pem()).unwrap();
    let foreign = folder.join("foreign.pem");
    let other = Options { keys: KeySource::Folder(folder.join("keys")), ..Options::for_tests() };
    std::fs::write(&foreign, Service::start(other).unwrap().root_pem()).unwrap();
    let none = folder.join("none");
    let production = production(folder);
    let check = |vault: &Path, roots: Option<&Path>, trust: &str, refused: bool| {
        let told = sbi(&service, vault, roots, &["discover"]);
        let devices = told.json["devices"].as_array().expect("a list");
        assert_eq!((told.code, devices.len()), (0, 3), "{}", told.errors);
        for device in devices {
            assert_eq!(device["trust"], json!(trust), "{device}");
            assert!(device["trust_told"].as_str().is_some_and(|words| words.len() > 20), "{device}");
            assert_eq!(device["refused"].is_string(), refused, "{device}");
        }
        assert_eq!(told.errors.contains("not checked"), roots.is_none(), "{}", told.errors);
    };
    check(&none, None, "unchecked", false);
    check(&place.vault, None, "unchecked", false);
    check(&place.vault, Some(&roots), "trusted", false);
    check(&place.vault, Some(&foreign), "refused", true);
    // A production station would not open what it lists.
    check(&production, None, "unchecked", true);
}

#[test]
fn every_kind_is_captured() {
    let (service, place) = (service(), training());
    let folder = place.vault.parent().unwrap();
    let roots = folder.join("root.pem");
    std::fs::write(&roots, service.root_pem()).unwrap();
    let check = |kind: &str, sub: &str, roots: Option<&Path>, parts: &[&str]| {
        let out = folder.join(format!("{kind}-{sub}-{}", roots.is_some()));
        let words = ["capture", "--kind", kind, "--sub", sub, "--out", out.to_str().unwrap()];
        let told = sbi(&service, &folder.join("none"), roots, &words);
        let trust = if roots.is_some() { "trusted" } else { "none" };
        assert_eq!((told.code, &told.json["trust"]), (0, &json!(trust)), "{} {}", told.json, told.errors);
        let says = |text: &str| text.contains("nothing of the device was checked");
        assert_eq!(says(&told.errors), roots.is_none(), "{}", told.errors);
        assert_eq!(says(told.json["trust_told"].as_str().unwrap()), roots.is_none(), "{}", told.json);
        let samples = told.json["samples"].as_array().unwrap();
        let names: Vec<&Value> = samples.iter().map(|sample| &sample["part"]).collect();
        assert_eq!(names, parts, "{kind} {sub}");
        for sample in samples {
            let files = strings(&json!([sample["record"], sample["picture"]]));
            assert!(files.iter().all(|file| out.join(file).is_file()), "{sample}");
        }
    };
    let left = ["left_little", "left_ring", "left_middle", "left_index"];
    check("finger", "1", None, &left);
    check("finger", "3", Some(&roots), &["left_thumb", "right_thumb"]);
    check("iris", "2", None, &["iris_right"]);
    check("iris", "3", Some(&roots), &["iris_right", "iris_left"]);
    check("face", "1", None, &["face"]);
    check("face", "3", Some(&roots), &["face"]);
    let out = folder.join("refused");
    let words = ["capture", "--kind", "finger", "--sub", "1", "--out", out.to_str().unwrap()];
    let refused = sbi(&service, &production(folder), None, &words);
    assert_eq!(refused.code, 1, "{}", refused.json);
    assert!(refused.errors.contains("DEV-12") && refused.errors.contains("--roots"), "{}", refused.errors);
    assert!(!out.exists());
}

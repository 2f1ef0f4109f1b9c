//! Whole sessions with fingerprint reader, iris camera and face camera behind a simulated SBI device service: real HTTP,
//! real tokens, the real binary.

use std::path::Path;

use serde_json::Value;
use sim::sbi::{Fault, Method, Modality, Options, Person, Plan, Service};

use crate::support::{Told, root, run, strings, training};

/// The set-up of one kind of device, as an office writes it.
fn device(kind: &str, service: &Service, trusted: &Path) -> String {
    format!(
        "[devices.{kind}]\ndriver = \"sbi\"\nports = \"{}\"\nroots = \"{}\"\n\n",
        service.port(),
        trusted.display()
    )
}

/// The session of `clean.toml` with the devices of a service.
fn session(service: &Service, outcome: &str) -> Told {
    let place = training();
    let folder = place.vault.parent().unwrap();
    let trusted = folder.join("root.pem");
    std::fs::write(&trusted, service.root_pem()).unwrap();
    let clean = std::fs::read_to_string(crate::support::session("clean.toml")).unwrap();
    let roster = root().join("fixtures/roster/training.csv");
    let clean = clean.replace("../roster/training.csv", &roster.display().to_string());
    let clean = clean.replace("outcome = \"sealed\"", &format!("outcome = \"{outcome}\""));
    let kinds = ["camera", "fingerprint", "iris"];
    let devices: String = kinds.iter().map(|kind| device(kind, service, &trusted)).collect();
    let script = folder.join("sbi.toml");
    std::fs::write(&script, format!("{clean}\n{devices}")).unwrap();
    run(&place.vault, &script)
}

fn service() -> Service {
    Service::start(Options { person: Person::new(7), ..Options::for_tests() }).unwrap()
}

fn captures(service: &Service, modality: Modality) -> usize {
    let captured = |c: &&sim::sbi::Call| c.method == Method::RCapture && c.modality == Some(modality);
    service.control().calls().iter().filter(captured).count()
}

fn reasons(told: &Told, step: &str) -> Vec<String> {
    let steps = told.json["steps"].as_array().unwrap();
    strings(&steps.iter().find(|s| s["name"] == step).unwrap()["reasons"])
}

#[test]
fn a_session_is_sealed() {
    let service = service();
    let told = session(&service, "sealed");
    assert_eq!(
        (told.code, &told.json["outcome"]),
        (0, &Value::from("sealed")),
        "{} {}",
        told.json,
        told.errors
    );
    assert_eq!(told.json["identical_sample"], Value::Bool(false), "the re-capture is another impression");
    // Three slaps and the verification; both eyes; the photo.
    assert!(captures(&service, Modality::Finger) >= 4);
    assert!(captures(&service, Modality::Iris) >= 1 && captures(&service, Modality::Face) >= 1);
}

/// A fault once, a retry, and the session goes on; the fault is the device's, with its code.
#[test]
fn faults_of_the_service_are_told_and_overcome() {
    for (plan, device, step, reason) in [
        (Plan::once(Fault::Missing), Modality::Finger, "fingers", "DEV-"),
        (Plan::once(Fault::TamperedSignature).on(&[Method::RCapture]), Modality::Finger, "fingers", "DEV-12"),
        (Plan::error(Method::RCapture, 102), Modality::Finger, "fingers", "DEV-10"),
        (Plan::once(Fault::WrongTransaction), Modality::Iris, "irises", "DEV-"),
    ] {
        let service = service();
        let name = plan.fault.wire();
        assert!(service.control().plan(plan.of(device)));
        let told = session(&service, "sealed");
        assert_eq!(told.json["outcome"], "sealed", "{name}: {} {}", told.json, told.errors);
        let found = reasons(&told, step);
        assert!(found.iter().any(|r| r.starts_with(reason)), "{name}: {found:?}");
    }
}

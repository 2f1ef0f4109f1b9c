//! Whole sessions with fingerprint reader, iris camera and face camera behind a simulated SBI device service: real HTTP,
//! real tokens, the real binary.

use std::path::Path;

use biometrics::position::{Eye, FingerPosition};
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

/// A session with camera, fingerprint reader and iris camera of a service; what the script sets for them is left out.
fn session_of(name: &str, service: &Service, outcome: &str, change: impl Fn(String) -> String) -> Told {
    let place = training();
    let folder = place.vault.parent().unwrap();
    let trusted = folder.join("root.pem");
    std::fs::write(&trusted, service.root_pem()).unwrap();
    let script = std::fs::read_to_string(crate::support::session(name)).unwrap();
    let script = script.split("[devices.").next().unwrap();
    let roster = root().join("fixtures/roster/training.csv");
    let script = script.replace("../roster/training.csv", &roster.display().to_string());
    let script = change(script.replace("outcome = \"sealed\"", &format!("outcome = \"{outcome}\"")));
    let kinds = ["camera", "fingerprint", "iris"];
    let devices: String = kinds.iter().map(|kind| device(kind, service, &trusted)).collect();
    let path = folder.join("sbi.toml");
    std::fs::write(&path, format!("{script}\n{devices}")).unwrap();
    run(&place.vault, &path)
}

/// The session of `clean.toml` with the devices of a service.
fn session(service: &Service, outcome: &str) -> Told {
    session_of("clean.toml", service, outcome, |script| script)
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

/// A finger and an eye that are not there, their exception photos and a photo of a document, all by the service.
#[test]
fn exceptions_are_photographed() {
    let mut person = Person::new(7);
    person.missing_fingers.push(FingerPosition::RightRing);
    person.missing_eyes.push(Eye::Left);
    let service = Service::start(Options { person, ..Options::for_tests() }).unwrap();
    let eye = "[[exception]]\nof = \"left_eye\"\nreason = \"missing\"\nterm = \"permanent\"\n";
    let told = session_of("missing-finger.toml", &service, "sealed", |script| {
        let script = script.replace("[urgency]\n", "[urgency]\nphotos = 1\n");
        format!("{script}\n{eye}")
    });
    assert_eq!(told.json["outcome"], "sealed", "{} {}", told.json, told.errors);
    // The photo of the document, that of the finger, that of the eye, and the portrait.
    assert!(captures(&service, Modality::Face) >= 4, "{:?}", service.control().calls());
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

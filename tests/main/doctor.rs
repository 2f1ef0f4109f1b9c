//! `rekam devices list` and `rekam doctor`: what is there and cannot be used is told with what to do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rekam::vault::files::RealFiles;
use rekam::vault::{OpenOptions, Vault};
use serde_json::{Value, json};

use crate::support::{Told, production, rekam, told, training};

/// A configuration with these devices.
fn config(folder: &Path, devices: &str) -> PathBuf {
    let path = folder.join("config.toml");
    std::fs::write(&path, devices).unwrap();
    path
}

fn run(words: &[&str], config: &Path, vault: &Path) -> Told {
    let mut command = rekam();
    // No pcscd and no CUPS of this machine.
    command.env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd").env("REKAM_CONFIG", config);
    command.args(words).arg("--json").arg("--vault").arg(vault);
    told(command.timeout(std::time::Duration::from_secs(300)).output().unwrap())
}

/// One line of the doctor.
fn look(doctor: &Told, name: &str) -> Value {
    let checks = doctor.json["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).cloned().unwrap_or(Value::Null)
}

#[test]
fn a_device_that_is_there_and_cannot_be_opened_is_told() {
    let place = training();
    let folder = place.vault.parent().unwrap();
    let port = folder.join("ttyUSB0");
    std::fs::write(&port, "").unwrap();
    let text = format!(
        "[devices.thermometer]\ndriver = \"serial\"\nport = \"{}\"\n\n[devices.iris]\ndriver = \"simulated\"\n",
        port.display()
    );
    let config = config(folder, &text);
    let list = run(&["devices", "list"], &config, &place.vault);
    let faulty = list.json["faulty"].as_array().expect("a list");
    assert_eq!((list.code, faulty.len()), (0, 1), "{} {}", list.json, list.errors);
    let thermometer = &faulty[0];
    assert_eq!((&thermometer["kind"], &thermometer["code"]), (&json!("thermometer"), &json!("DEV-06")));
    let says = |line: &Value, key: &str| line[key].as_str().is_some_and(|words| words.len() > 10);
    assert!(says(thermometer, "do") && says(thermometer, "told"), "{thermometer}");
    let missing = list.json["missing"].as_array().expect("a list");
    assert!(!missing.is_empty() && missing.iter().all(|line| says(line, "do")), "{missing:?}");
    let doctor = run(&["doctor"], &config, &place.vault);
    let (broken, fine) = (look(&doctor, "thermometer"), look(&doctor, "iris"));
    assert_eq!((&broken["ok"], &fine["ok"]), (&json!(false), &json!(true)), "{broken} {fine}");
    assert!(broken["told"].as_str().is_some_and(|told| told.contains("DEV-06")), "{broken}");
    // A station that runs has its devices: they are left alone.
    let held = Vault::open(Arc::new(RealFiles), &place.vault, &OpenOptions::default(), chrono::Utc::now());
    let held = held.unwrap();
    let list = run(&["devices", "list"], &config, &place.vault);
    assert_eq!((&list.json["tried"], &list.json["faulty"]), (&json!(false), &json!([])), "{}", list.json);
    let doctor = run(&["doctor"], &config, &place.vault);
    let told = look(&doctor, "thermometer");
    assert!(told["told"].as_str().is_some_and(|told| told.contains("not opened")), "{told}");
    drop(held);
    assert_eq!(run(&["devices", "list"], &config, &place.vault).json["tried"], json!(true));
}

#[test]
fn a_print_server_on_another_machine_is_told() {
    let place = training();
    let folder = place.vault.parent().unwrap();
    // No address of this machine by name, and nobody listens: asked, it refuses at once.
    let text = "[devices.printer]\ndriver = \"cups\"\nqueue = \"lab\"\nserver = \"0.0.0.0:1\"\n";
    let config = config(folder, text);
    let check = |vault: &Path, ok: bool, code: &str| {
        let doctor = run(&["doctor"], &config, vault);
        let (server, printer) = (look(&doctor, "print-server"), look(&doctor, "printer"));
        assert_eq!(server["ok"], json!(ok), "{server}");
        assert!(server["told"].as_str().is_some_and(|told| told.contains("0.0.0.0:1")), "{server}");
        assert!(printer["told"].as_str().is_some_and(|told| told.contains(code)), "{printer}");
        assert_eq!(look(&doctor, "spooler"), Value::Null, "nothing is printed by this machine's spooler");
    };
    check(&place.vault, true, "DEV-11");
    check(&production(folder), false, "DEV-16");
}

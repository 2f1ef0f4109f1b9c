#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;

/// Reads a set-up and compares code and key of every error, in any order.
fn check(toml: &str, expected: &[&str]) {
    let found = match Setup::from_toml(toml) {
        Ok(_) => Vec::new(),
        Err(SetupErrors(errors)) => errors
            .iter()
            .map(|e| format!("{} {}", &e.to_string()[..6], e.key()).trim_end().to_owned())
            .collect(),
    };
    let sorted = |list: Vec<String>| list.into_iter().collect::<std::collections::BTreeSet<_>>();
    let expected = expected.iter().map(|e| (*e).to_owned()).collect();
    assert_eq!(sorted(found), sorted(expected), "{toml}");
}

#[test]
fn sound_setups() {
    check("", &[]);
    check("[camera]\ndriver = \"file\"\npath = \"x.png\"\nevidence = \"y.png\"", &[]);
    check("[camera]\ndriver = \"simulated\"\nbackground = \"blue\"", &[]);
    check("[fingerprint]\ndriver = \"simulated\"\nperson_seed = 7\nmissing = [\"left_ring\"]", &[]);
    check("[thermometer]\ndriver = \"simulated\"\ncelsius = [38.1, 36]\ncapture_ms = 0", &[]);
    check("[card]\ndriver = \"simulated\"\nuid = \"04a1B2C3\"\npresent = false", &[]);
    check("[printer]\ndriver = \"simulated\"\nfolder = \"out\"", &[]);
}

#[test]
fn every_error_at_once() {
    let toml = r#"
        toaster = 1
        [camera]
        driver = "simulated"
        background = "green"
        colour = 1
        [fingerprint]
        driver = "simulatd"
        [iris]
        person_seed = 1
        [card]
        driver = "file"
        path = "x"
        [thermometer]
        driver = "simulated"
        celsius = [36.5, "warm", 400]
        replug_after_ms = -1
        [signature-pad]
        driver = "file"
        [printer]
        driver = "simulated"
        person_seed = 1.5
    "#;
    let expected = [
        "DEV-21 toaster",
        "DEV-26 camera.background",
        "DEV-24 camera.colour",
        "DEV-23 fingerprint.driver",
        "DEV-22 iris",
        "DEV-23 card.driver",
        "DEV-26 thermometer.celsius[1]",
        "DEV-26 thermometer.celsius[2]",
        "DEV-26 thermometer.replug_after_ms",
        "DEV-25 signature-pad.path",
        "DEV-26 printer.person_seed",
    ];
    check(toml, &expected);
}

#[test]
fn keys_of_other_kinds_and_drivers_are_unknown() {
    check("[iris]\ndriver = \"simulated\"\nbackground = \"red\"", &["DEV-24 iris.background"]);
    check("[camera]\ndriver = \"file\"\npath = \"x\"\nscript = []", &["DEV-24 camera.script"]);
    check("[card]\ndriver = \"simulated\"\nuid = \"04a\"", &["DEV-26 card.uid"]);
    check("[camera]\ndriver = \"file\"\npath = \"\"", &["DEV-26 camera.path"]);
    check("[camera]\ndriver = 3", &["DEV-22 camera"]);
    check("[thermometer]\ndriver = \"simulated\"\ncelsius = []", &["DEV-26 thermometer.celsius"]);
}

#[test]
fn a_syntax_error_tells_its_line() {
    let error = Setup::from_toml("[camera]\ndriver = ").unwrap_err().to_string();
    assert!(error.starts_with("DEV-20") && error.contains("line 2"), "{error}");
}

#[test]
fn goes_through_serde_and_back() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Script {
        devices: Setup,
    }
    let script = Script { devices: Setup::simulated(9) };
    let text = toml::to_string(&script).unwrap();
    assert_eq!(toml::from_str::<Script>(&text).unwrap(), script);
    let wrong = "[devices.camera]\ndriver = \"x\"\n[devices.iris]\ndriver = \"y\"";
    let error = toml::from_str::<Script>(wrong).unwrap_err().to_string();
    assert!(error.contains("camera.driver") && error.contains("iris.driver"), "{error}");
}

#[test]
fn relative_paths_are_taken_from_the_base() {
    let setup =
        Setup::from_toml("[camera]\ndriver = \"file\"\npath = \"a/b.png\"\nevidence = \"/c.png\"").unwrap();
    let setup = setup.rebased(Path::new("/base"));
    let parameters = &setup.driver(DeviceKind::Camera).unwrap().parameters;
    assert_eq!(parameters["path"].as_str(), Some("/base/a/b.png"));
    assert_eq!(parameters["evidence"].as_str(), Some("/c.png"));
}

#[test]
fn a_refused_swap_changes_nothing() {
    let mut setup = Setup::simulated(1);
    let before = setup.clone();
    let errors = setup.set(DeviceKind::Camera, "file", Table::new()).unwrap_err();
    assert_eq!(errors.0[0].key(), "camera.path");
    assert_eq!(setup, before);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        if let Err(errors) = Setup::from_toml(&text) {
            prop_assert!(!errors.0.is_empty());
        }
    }
}

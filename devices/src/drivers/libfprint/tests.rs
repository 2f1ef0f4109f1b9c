//! Parameters and offers, without the library.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::registry::Registry;
use crate::setup::{DriverParameters, Setup};

fn found(driver: &str, gives_pictures: bool) -> Found {
    Found {
        id: format!("libfprint-{driver}-1"),
        driver: driver.to_owned(),
        name: "Reader".to_owned(),
        gives_pictures,
        arrival: 1,
    }
}

#[test]
fn parameters_are_read_and_every_error_told() {
    let check = |text: &str, wrong: &[&str]| {
        let table: Table = text.parse().unwrap();
        let errors = (super::FAMILY.check)(DeviceKind::Fingerprint, &table);
        let keys: Vec<&str> = errors.iter().map(SetupError::key).collect();
        assert_eq!(keys, wrong, "{text}");
    };
    check("", &[]);
    check("reader = \"uru4000\"\nppi = 508\nturn = 180\ninverted = true", &[]);
    check("ppi = 0", &["fingerprint.ppi"]);
    check("ppi = 249\nturn = 45", &["fingerprint.ppi", "fingerprint.turn"]);
    check("turn = \"left\"\ninverted = 1", &["fingerprint.turn", "fingerprint.inverted"]);
    check("reader = \"\"\ncolour = 1", &["fingerprint.reader", "fingerprint.colour"]);
    let table: Table = "turn = 270".parse().unwrap();
    let read = FprintParameters::read(DeviceKind::Fingerprint, &table).unwrap();
    assert_eq!(read.mounting, Mounting { quarter_turns: 3, ..Mounting::default() });
}

#[test]
fn only_readers_with_pictures_are_offered_and_virtual_ones_in_training() {
    let check = |reader: Option<&str>, found: &Found, training: bool, expected: bool| {
        let reader = reader.map(ToOwned::to_owned);
        let parameters = FprintParameters { reader, mounting: Mounting::default() };
        assert_eq!(parameters.offers(found, training), expected, "{found:?} {training}");
    };
    check(None, &found("uru4000", true), false, true);
    check(None, &found("uru4000", true), true, true);
    check(None, &found("synaptics", false), true, false);
    check(None, &found("virtual_image", true), true, true);
    check(None, &found("virtual_image", true), false, false);
    check(Some("uru4000"), &found("uru4000", true), false, true);
    check(Some("upektc"), &found("uru4000", true), false, false);
    assert!(unusable(&found("synaptics", false)).contains("synaptics"));
    let unnamed = Found { name: String::new(), ..found("uru4000", true) };
    assert_eq!(unnamed.info().model, "fingerprint reader (uru4000)");
}

#[cfg(not(feature = "fprint"))]
#[test]
fn a_build_without_the_library_says_so() {
    let setup = Setup::from_toml("[fingerprint]\ndriver = \"libfprint\"").unwrap();
    let registry = Registry::new(true);
    assert!(registry.list(&setup).is_empty());
    let fault = registry.open_capture(DeviceKind::Fingerprint, &setup, None).map(|_| ()).unwrap_err();
    assert!(fault.to_string().contains("built without"), "{fault}");
    assert_eq!(fault.code(), "DEV-11");
    // Another driver of the set-up is used in its place.
    let both =
        Setup::from_toml("[[fingerprint]]\ndriver = \"libfprint\"\n[[fingerprint]]\ndriver = \"simulated\"");
    let opened = registry.open_capture(DeviceKind::Fingerprint, &both.unwrap(), None).unwrap();
    assert_eq!(opened.info().driver, "simulated");
    let told = crate::catalogue::catalogue(&registry, &setup, crate::catalogue::Trial::ListOnly);
    let family = told.families.iter().find(|f| f.driver == ID).unwrap();
    assert!(family.notes.iter().any(|n| n.contains("built without")), "{:?}", family.notes);
}

#[cfg(feature = "fprint")]
#[test]
fn a_set_up_without_the_library_does_not_start_it() {
    let registry = Registry::new(true);
    assert!(!registry.list(&Setup::simulated(1)).is_empty());
    assert!(format!("{registry:?}").contains("None"), "{registry:?}");
}

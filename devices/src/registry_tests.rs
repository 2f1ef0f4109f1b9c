#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::catalogue::{Trial, catalogue};

fn fault<T>(result: Result<T, DeviceFault>) -> Option<DeviceFault> {
    result.err()
}

#[test]
fn families_are_told_apart() {
    for (index, family) in FAMILIES.iter().enumerate() {
        assert!(FAMILIES[..index].iter().all(|other| other.id != family.id));
        assert!(!family.kinds.is_empty());
        assert!(super::family(family.id).is_some_and(|f| f.id == family.id));
    }
}

#[test]
fn production_refuses_simulated_and_file_devices() {
    let mut setup = Setup::simulated(1);
    let production = Registry::new(false);
    assert!(production.list(&setup).is_empty());
    assert_eq!(fault(production.open_camera(&setup, None)), Some(DeviceFault::TrainingOnly));
    assert_eq!(fault(production.open_card(&setup, None)), Some(DeviceFault::TrainingOnly));
    assert_eq!(fault(production.open_printer(&setup, None)), Some(DeviceFault::TrainingOnly));
    for kind in DeviceKind::ALL {
        assert_eq!(
            fault(production.open_capture(*kind, &setup, None)),
            Some(DeviceFault::TrainingOnly),
            "{kind:?}"
        );
    }
    let here = Table::from_iter([("path".to_owned(), toml::Value::String(".".to_owned()))]);
    setup.set(DeviceKind::Camera, "file", here).unwrap();
    assert_eq!(fault(production.open_camera(&setup, None)), Some(DeviceFault::TrainingOnly));
    let catalogue = catalogue(&production, &setup, Trial::Open);
    assert!(catalogue.families.iter().all(|f| !f.training_only || (!f.allowed && f.found.is_empty())));
    let why: Vec<_> = catalogue.missing.iter().map(|m| (m.kind, m.code)).collect();
    assert_eq!(why, DeviceKind::ALL.iter().map(|k| (*k, "DEV-09")).collect::<Vec<_>>());
}

#[test]
fn training_lists_and_opens_every_kind() {
    let (setup, registry) = (Setup::simulated(1), Registry::new(true));
    let listed: Vec<_> = registry.list(&setup).iter().map(|d| d.kind).collect();
    assert_eq!(listed, DeviceKind::ALL);
    assert!(registry.open_camera(&setup, None).is_ok());
    assert!(registry.open_card(&setup, None).is_ok());
    assert!(registry.open_printer(&setup, None).is_ok());
    let captures = [DeviceKind::Camera, DeviceKind::Fingerprint, DeviceKind::Iris];
    let others = [DeviceKind::SignaturePad, DeviceKind::Thermometer, DeviceKind::Card];
    for kind in captures.into_iter().chain(others) {
        assert_eq!(registry.open_capture(kind, &setup, None).unwrap().info().kind, kind);
    }
    assert_eq!(
        fault(registry.open_capture(DeviceKind::Printer, &setup, None)),
        Some(DeviceFault::Unsupported)
    );
    let catalogue = catalogue(&registry, &setup, Trial::Open);
    assert!(catalogue.missing.is_empty() && catalogue.faulty.is_empty(), "{:?}", catalogue.faulty);
    assert_eq!(
        catalogue.families.iter().map(|f| f.driver).collect::<Vec<_>>(),
        FAMILIES.iter().map(|f| f.id).collect::<Vec<_>>()
    );
}

#[test]
fn a_station_without_set_up_has_hardware_only() {
    let setup = Setup::hardware();
    assert!(setup.drivers().count() >= 1);
    for (kind, entry) in setup.drivers() {
        let family = super::family(&entry.driver).unwrap();
        assert!(!family.training_only && family.kinds.contains(&kind), "{kind:?}");
        assert!((family.check)(kind, &entry.parameters).is_empty(), "{kind:?}");
    }
}

/// A line whose file is there and which is no line that works: opened, it says so; listed only, it is left alone.
#[cfg(feature = "serial")]
#[test]
fn what_is_there_and_cannot_be_opened_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("ttyUSB0");
    std::fs::write(&port, "").unwrap();
    let text = format!("[thermometer]\ndriver = \"serial\"\nport = \"{}\"", port.display());
    let (registry, setup) = (Registry::new(false), Setup::from_toml(&text).unwrap());
    let check = |trial: Trial, expected: &[&str]| {
        let found = catalogue(&registry, &setup, trial);
        let faulty: Vec<_> = found.faulty.iter().map(|f| f.code).collect();
        assert_eq!((faulty.as_slice(), found.tried), (expected, trial == Trial::Open));
        assert!(found.missing.iter().all(|m| m.kind != DeviceKind::Thermometer), "{:?}", found.missing);
    };
    check(Trial::Open, &["DEV-06"]);
    check(Trial::ListOnly, &[]);
}

#[test]
fn a_kind_without_set_up_is_not_found() {
    let registry = Registry::new(true);
    let not_found = |kind: &str| Some(DeviceFault::NotFound { kind: kind.to_owned() });
    assert_eq!(fault(registry.open_capture(DeviceKind::Iris, &Setup::default(), None)), not_found("iris"));
    assert_eq!(fault(registry.open_printer(&Setup::default(), None)), not_found("printer"));
}

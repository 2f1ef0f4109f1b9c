#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::catalogue::catalogue;

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
    let catalogue = catalogue(&production, &setup);
    assert!(catalogue.families.iter().all(|f| !f.training_only || (!f.allowed && f.found.is_empty())));
    assert_eq!(catalogue.missing, DeviceKind::ALL);
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
    for kind in captures.into_iter().chain([DeviceKind::SignaturePad, DeviceKind::Thermometer]) {
        assert_eq!(registry.open_capture(kind, &setup, None).unwrap().info().kind, kind);
    }
    assert_eq!(fault(registry.open_capture(DeviceKind::Card, &setup, None)), Some(DeviceFault::Unsupported));
    assert_eq!(
        fault(registry.open_capture(DeviceKind::Printer, &setup, None)),
        Some(DeviceFault::Unsupported)
    );
    let catalogue = catalogue(&registry, &setup);
    assert!(catalogue.missing.is_empty());
    let for_training = catalogue.families.iter().filter(|f| f.training_only);
    assert_eq!(for_training.map(|f| f.driver).collect::<Vec<_>>(), ["simulated", "file"]);
}

#[test]
fn a_kind_without_set_up_is_not_found() {
    let registry = Registry::new(true);
    let not_found = |kind: &str| Some(DeviceFault::NotFound { kind: kind.to_owned() });
    assert_eq!(fault(registry.open_capture(DeviceKind::Iris, &Setup::default(), None)), not_found("iris"));
    assert_eq!(fault(registry.open_printer(&Setup::default(), None)), not_found("printer"));
}

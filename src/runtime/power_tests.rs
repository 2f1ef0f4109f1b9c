#![allow(clippy::unwrap_used)]
//! Computers as they are met: attributes as the kernel gives them, a supply a line.

use proptest::prelude::*;

use super::*;

fn supplies(text: &str) -> Vec<Supply> {
    let supply = |line: &str| {
        line.split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.replace('~', " ")))
            .collect()
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(supply).collect()
}

#[track_caller]
fn check(text: &str, mains: bool, percent: Option<u8>) {
    assert_eq!(judge(&supplies(text)), Power { mains, percent }, "{text}");
}

#[test]
fn desktops_laptops_and_vans() {
    // A desktop shows nothing, or a mouse.
    check("", true, None);
    check("type=Battery scope=Device capacity=40 status=Discharging", true, None);
    // A laptop on its charger, then off it.
    check("type=Mains online=1\ntype=Battery present=1 status=Charging capacity=63", true, Some(63));
    check("type=Mains online=0\ntype=Battery present=1 status=Discharging capacity=63", false, Some(63));
    // Two batteries of different size: by what they hold, not by the mean.
    check(
        "type=Mains online=0\n\
         type=Battery status=Discharging energy_now=10000 energy_full=20000 capacity=50\n\
         type=Battery status=Unknown energy_now=60000 energy_full=60000 capacity=100",
        false,
        Some(87),
    );
    // One of them tells percentages only.
    check(
        "type=Battery status=Discharging charge_now=1000 charge_full=4000 capacity=25\n\
         type=Battery status=Discharging capacity=75",
        false,
        Some(50),
    );
    // Charged by USB-C; an empty bay; a worn battery that says more than it holds.
    check("type=USB online=1\ntype=Battery status=Charging capacity=12", true, Some(12));
    check("type=USB_PD online=0\ntype=Battery status=Discharging capacity=12", false, Some(12));
    check("type=Mains online=1\ntype=Battery present=0 capacity=0", true, None);
    check("type=Mains online=0\ntype=Battery energy_now=50 energy_full=40", false, Some(100));
    // A UPS of a counter, without a line of its own.
    check("type=UPS status=Discharging capacity=30", false, Some(30));
    check("type=UPS status=Not~charging capacity=100", true, Some(100));
    // Numbers that are none.
    check("type=Battery status=Discharging capacity=viel", false, None);
    check("type=Battery status=Discharging energy_now=5 energy_full=0 capacity=300", false, Some(100));
    check("online=1", true, None);
}

#[test]
fn what_is_not_there_is_a_desktop() {
    assert_eq!(judge(&read(Path::new("no/such/folder"))), Power { mains: true, percent: None });
    let folder = tempfile::tempdir().unwrap();
    let battery = folder.path().join("BAT0");
    std::fs::create_dir(&battery).unwrap();
    for (name, value) in [("type", "Battery\n"), ("status", "Discharging\n"), ("capacity", "41\n")] {
        std::fs::write(battery.join(name), value).unwrap();
    }
    assert_eq!(judge(&read(folder.path())), Power { mains: false, percent: Some(41) });
}

proptest! {
    #[test]
    fn no_attributes_panic(pairs in proptest::collection::vec(("[a-z_]{1,12}", "[ -~]{0,24}"), 0..40)) {
        let mut all: Vec<Supply> = pairs.chunks(5).map(|chunk| chunk.iter().cloned().collect()).collect();
        for (at, supply) in all.iter_mut().enumerate() {
            supply.insert("type".into(), ["Battery", "Mains", "UPS"][at % 3].into());
        }
        let percent = judge(&all).percent;
        prop_assert!(percent.is_none_or(|p| p <= 100));
    }

    #[test]
    fn charges_of_any_size_stay_a_percentage(now in any::<u64>(), full in any::<u64>(), more in any::<u64>()) {
        let text = format!(
            "type=Battery energy_now={now} energy_full={full}\ntype=Battery energy_now={more} energy_full={more}"
        );
        prop_assert!(judge(&supplies(&text)).percent.is_none_or(|p| p <= 100));
    }
}

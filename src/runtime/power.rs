//! Mains and batteries, as Linux shows them under `/sys/class/power_supply`
//! (Documentation/ABI/testing/sysfs-class-power).

use std::collections::BTreeMap;
use std::path::Path;

/// Where Linux shows them.
pub const SUPPLIES: &str = "/sys/class/power_supply";
/// Most supplies that are looked at.
const SUPPLIES_MAX: usize = 16;
/// Attributes that say something here.
const ATTRIBUTES: [&str; 10] = [
    "type",
    "online",
    "present",
    "scope",
    "status",
    "capacity",
    "energy_now",
    "energy_full",
    "charge_now",
    "charge_full",
];

/// One supply: its attributes as read, trimmed.
pub type Supply = BTreeMap<String, String>;

/// How the computer is fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Power {
    /// It is fed from outside.
    pub mains: bool,
    /// Charge of all batteries together; none where there is none, or where none tells.
    pub percent: Option<u8>,
}

fn number(supply: &Supply, key: &str) -> Option<u64> {
    supply.get(key)?.parse().ok()
}

/// What a battery holds and could hold, in units of its own.
fn charge(battery: &Supply) -> Option<(u64, u64)> {
    for (now, full) in [("energy_now", "energy_full"), ("charge_now", "charge_full")] {
        if let (Some(now), Some(full @ 1..)) = (number(battery, now), number(battery, full)) {
            return Some((now.min(full), full));
        }
    }
    None
}

/// Charge of all of them: by what they hold where every one tells it, else the mean of their percentages.
fn percent(batteries: &[&Supply]) -> Option<u8> {
    let held: Option<Vec<(u64, u64)>> = batteries.iter().map(|b| charge(b)).collect();
    let percent = match held {
        Some(held) if !held.is_empty() => {
            let sum = |of: fn(&(u64, u64)) -> u64| held.iter().map(of).fold(0, u64::saturating_add);
            u128::from(sum(|h| h.0)) * 100 / u128::from(sum(|h| h.1).max(1))
        }
        _ => {
            let told: Vec<u64> = batteries.iter().filter_map(|b| number(b, "capacity")).collect();
            if told.is_empty() {
                return None;
            }
            u128::from(told.iter().map(|p| (*p).min(100)).sum::<u64>()) / told.len() as u128
        }
    };
    u8::try_from(percent.min(100)).ok()
}

/// How the computer is fed, from its supplies. Batteries of mice and pens (`scope` Device) and empty bays do not count.
#[must_use]
pub fn judge(supplies: &[Supply]) -> Power {
    let is = |supply: &Supply, key: &str, value: &str| supply.get(key).is_some_and(|v| v == value);
    let kind = |supply: &Supply| supply.get("type").cloned().unwrap_or_default();
    let batteries: Vec<&Supply> = supplies
        .iter()
        .filter(|s| matches!(kind(s).as_str(), "Battery" | "UPS"))
        .filter(|s| !is(s, "scope", "Device") && !is(s, "present", "0"))
        .collect();
    let lines: Vec<bool> = supplies
        .iter()
        .filter(|s| kind(s) == "Mains" || kind(s).starts_with("USB"))
        .filter(|s| !is(s, "scope", "Device"))
        .filter_map(|s| s.get("online").map(|online| online != "0"))
        .collect();
    let discharging = batteries.iter().any(|b| is(b, "status", "Discharging"));
    // A charger that is plugged in and too weak still lets the battery run down; one that says nothing is judged by it.
    let mains = if lines.is_empty() { !discharging } else { lines.contains(&true) };
    Power { mains, percent: percent(&batteries) }
}

/// Reads the supplies. What cannot be read is left out; a battery's driver may take its time, so this is for a thread
/// of its own.
#[must_use]
pub fn read(root: &Path) -> Vec<Supply> {
    let Ok(folder) = std::fs::read_dir(root) else { return Vec::new() };
    let supply = |path: &Path| -> Supply {
        let read = |name: &str| std::fs::read_to_string(path.join(name)).ok();
        ATTRIBUTES
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), read(name)?.trim().to_owned())))
            .collect()
    };
    folder.flatten().take(SUPPLIES_MAX).map(|entry| supply(&entry.path())).collect()
}

#[cfg(test)]
#[path = "power_tests.rs"]
mod tests;

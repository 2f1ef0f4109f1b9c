//! Files that an office gives to its station.

use std::path::Path;

use rekam::population::roster;

/// A policy is read, or every error names its place; what is read gives a decision to its own cases.
pub(crate) fn policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(errors) = rekam::gate::parse::policy("policy.toml", &text) {
        assert!(!errors.is_empty(), "refused without a reason");
    }
}

/// What is read of a roster and written again is read as the same people.
pub(crate) fn roster(bytes: &[u8]) {
    let (read, _) = roster::read(bytes);
    let people: Vec<_> = read.iter().map(|(_, person)| person.clone()).collect();
    let text = roster::write(&people).expect("people that were read can be written");
    let (again, errors) = roster::read(text.as_bytes());
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(again.len(), read.len());
    for (nik, person) in read.iter() {
        assert_eq!(again.get(nik), Some(person));
    }
}

/// A script is read, or every error names its place.
pub(crate) fn script(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // A folder that is not there: a script that names files must not reach any.
    if let Err(errors) = rekam::script::parse("script.toml", &text, Path::new("/nonexistent")) {
        assert!(!errors.is_empty(), "refused without a reason");
    }
}

/// Each line of a file of states is read or told once.
pub(crate) fn states(bytes: &[u8]) {
    let (lines, errors) = rekam::vault::read_states(bytes);
    let mut seen = std::collections::BTreeSet::new();
    for line in &lines {
        assert!(seen.insert(line.line), "line {} is read twice", line.line);
        assert!(errors.iter().all(|e| e.line != line.line), "line {} is read and refused", line.line);
    }
}

/// A configuration always gives a value.
pub(crate) fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (value, warnings) = rekam::config::parse("config.toml", &text, Path::new("/nonexistent"));
    assert!(!warnings.is_empty() || value.utc_offset_s.is_none_or(|s| (25_200..=32_400).contains(&s)));
    devices::setup::Setup::from_toml(&text).ok();
}

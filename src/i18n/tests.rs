#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use biometrics::position::{Eye, FingerPosition, Slap};
use chrono::NaiveDate;
use record::schema::{
    Environment, ExceptionReason, ExceptionTerm, Outcome, RecordState, RequirementKind, Role, StepId,
    StepState,
};

use super::format::{WIB_OFFSET_S, WIT_OFFSET_S, WITA_OFFSET_S, zone_name};
use super::*;
use crate::t;

/// Texts that are rightly the same in both languages.
const SAME: &[(&str, &str)] = &[
    ("app-name", "name of the program"),
    ("key-enter", "label on the key"),
    ("key-escape", "label on the key"),
    ("key-tab", "label on the key"),
    ("month-4", "same word"),
    ("month-9", "same word"),
    ("month-11", "same word"),
    ("fault-of-device", "variables only"),
    ("field-nik", "name of the number"),
    ("waiting-at", "variables only"),
    ("retry-of", "variables only"),
];

/// Id to its lines, from the file's text.
fn messages(text: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut last = None;
    for line in text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        match line.split_once(" = ").filter(|_| line.starts_with(|c: char| c.is_ascii_alphabetic())) {
            Some((id, value)) => {
                assert!(found.insert(id.to_owned(), value.to_owned()).is_none(), "{id} is defined twice");
                last = Some(id.to_owned());
            }
            None => {
                let id = last.as_ref().unwrap_or_else(|| panic!("stray line {line:?}"));
                found.get_mut(id).unwrap().push_str(line);
            }
        }
    }
    found
}

fn all(language: Language) -> BTreeMap<String, String> {
    CATALOGUES.iter().flat_map(|c| messages(c.text(language))).collect()
}

fn variables(text: &str) -> BTreeSet<&str> {
    text.split('$')
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap())
        .collect()
}

#[test]
fn catalogues_parse_and_agree() {
    for catalogue in CATALOGUES {
        for language in Language::ALL {
            let parsed = FluentResource::try_new(catalogue.text(*language).to_owned());
            let errors = parsed.err().map(|(_, e)| e);
            assert!(errors.is_none(), "{}/{}.ftl: {errors:?}", language.tag(), catalogue.name);
        }
        let (id, en) = (messages(catalogue.indonesian), messages(catalogue.english));
        let keys = |m: &BTreeMap<String, String>| m.keys().cloned().collect::<BTreeSet<_>>();
        let odd: Vec<_> = keys(&id).symmetric_difference(&keys(&en)).cloned().collect();
        assert!(odd.is_empty(), "{}: only in one language: {odd:?}", catalogue.name);
        for (key, text) in &id {
            assert_eq!(variables(text), variables(&en[key]), "variables of {key}");
        }
    }
    let count: usize = CATALOGUES.iter().map(|c| messages(c.indonesian).len()).sum();
    assert_eq!(all(Language::Indonesian).len(), count, "an id stands in two catalogues");
}

#[test]
fn no_language_leaks_into_the_other() {
    let english = all(Language::English);
    for (key, text) in all(Language::Indonesian) {
        let listed = SAME.iter().any(|(k, _)| *k == key);
        assert_eq!(english[&key] == text, listed, "{key}: {text:?} (allow-list says {listed})");
    }
}

#[test]
fn every_catalogue_file_is_in_the_table() {
    for language in Language::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/i18n").join(language.tag());
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|f| f.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let table: BTreeSet<String> = CATALOGUES.iter().map(|c| c.name.to_owned()).collect();
        assert_eq!(files, table, "{}", language.tag());
    }
}

#[test]
fn every_value_of_the_vocabulary_has_its_words() {
    let mut ids: Vec<String> = Vec::new();
    let mut family = |name: &str, values: Vec<&str>, with_do: bool| {
        for value in values {
            ids.push(format!("{name}-{value}"));
            if with_do {
                ids.push(format!("{name}-{value}-do"));
            }
        }
    };
    family("reason", QualityReason::ALL.iter().map(|v| v.id()).collect(), true);
    family("retry", Retry::ALL.iter().map(|v| v.id()).collect(), true);
    family("fault", faults().iter().map(DeviceFault::id).collect(), true);
    family("print-hitch", devices::vocabulary::PrintHitch::ALL.iter().map(|v| v.id()).collect(), false);
    family(
        "applicant-do",
        StepId::ALL.iter().filter(|s| **s != StepId::Proof).map(|v| v.id()).collect(),
        false,
    );
    family("step", StepId::ALL.iter().map(|v| v.id()).collect(), false);
    family("state", StepState::ALL.iter().map(|v| v.id()).collect(), false);
    family("record", RecordState::ALL.iter().map(|v| v.id()).collect(), true);
    family("outcome", Outcome::ALL.iter().map(|v| v.id()).collect(), false);
    family("exception", ExceptionReason::ALL.iter().map(|v| v.id()).collect(), false);
    family("term", ExceptionTerm::ALL.iter().map(|v| v.id()).collect(), true);
    family("requirement", RequirementKind::ALL.iter().map(|v| v.id()).collect(), false);
    family("role", Role::ALL.iter().map(|v| v.id()).collect(), false);
    family("environment", Environment::ALL.iter().map(|v| v.id()).collect(), false);
    family("finger", FingerPosition::ALL.iter().map(|v| v.id()).collect(), false);
    family("slap", Slap::ALL.iter().map(|v| v.id()).collect(), false);
    family("eye", Eye::ALL.iter().map(|v| v.id()).collect(), false);
    family("device", DeviceKind::ALL.iter().map(|v| v.id()).collect(), false);
    family("language", Language::ALL.iter().map(|v| v.tag()).collect(), false);
    family("month", ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"].to_vec(), false);
    for language in Language::ALL {
        let words = Words::new(*language);
        let missing: Vec<_> = ids.iter().filter(|id| !words.has(id)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", language.tag());
    }
}

fn faults() -> Vec<DeviceFault> {
    let detail = String::new;
    vec![
        DeviceFault::NotFound { kind: detail() },
        DeviceFault::Busy,
        DeviceFault::Unplugged,
        DeviceFault::Hung { after_ms: 1 },
        DeviceFault::Crashed,
        DeviceFault::Protocol { detail: detail() },
        DeviceFault::BadData { detail: detail() },
        DeviceFault::Unsupported,
        DeviceFault::TrainingOnly,
        DeviceFault::Reported { code: detail() },
        DeviceFault::ServiceMissing { service: detail() },
        DeviceFault::Untrusted { detail: detail() },
        DeviceFault::NotPermitted,
        DeviceFault::ClockWrong { skew_s: 400 },
        DeviceFault::CannotPrint { detail: detail() },
        DeviceFault::InClear,
    ]
}

#[test]
fn a_fault_blames_the_device() {
    let words = Words::new(Language::Indonesian);
    let told = words.fault(DeviceKind::Fingerprint, &DeviceFault::Hung { after_ms: 1 });
    assert_eq!(told.what, "Pemindai sidik jari: alat tidak menjawab");
    let stopped =
        DeviceFault::CannotPrint { detail: devices::vocabulary::PrintHitch::Stopped.id().to_owned() };
    let why = words.get("print-hitch-stopped");
    assert_eq!(words.fault(DeviceKind::Printer, &stopped).what, format!("Pencetak: {why}"));
    assert_eq!(told.code, "DEV-04");
    for language in Language::ALL {
        let words = Words::new(*language);
        for fault in faults() {
            let what = words.get(&format!("fault-{}", fault.id())).to_lowercase();
            for person in ["pemohon", "jari", "anda", "applicant", "finger", "you "] {
                assert!(!what.contains(person), "{what:?} names {person:?}");
            }
        }
    }
}

#[test]
fn every_code_of_a_device_service_has_its_words() {
    for language in Language::ALL {
        let words = Words::new(*language);
        let general = words.get("fault-reported");
        for code in devices::drivers::sbi::codes::CODES {
            let code = devices::drivers::sbi::codes::reported(&code.to_string());
            assert!(words.has(&format!("fault-reported-{code}")), "{} {code}", language.tag());
            let told = words.fault(DeviceKind::Fingerprint, &DeviceFault::Reported { code: code.clone() });
            assert!(!told.what.contains(&general) && !told.to_do.is_empty(), "{told:?}");
            assert_eq!(told.code, format!("DEV-10 {code}"));
        }
        let unknown = DeviceFault::Reported { code: "sbi-577".to_owned() };
        assert!(words.fault(DeviceKind::Fingerprint, &unknown).what.contains(&general));
    }
    // No words for codes that the driver does not know.
    let known = devices::drivers::sbi::codes::CODES.iter().map(|c| format!("sbi-{c}"));
    let known: BTreeSet<String> = known.collect();
    for id in all(Language::Indonesian).keys().filter_map(|id| id.strip_prefix("fault-reported-sbi-")) {
        assert!(known.contains(&format!("sbi-{}", id.trim_end_matches("-do"))), "{id}");
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_id_in_the_source_exists() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let known = all(Language::Indonesian);
    let mut seen = 0;
    for file in files.iter().filter(|f| !f.ends_with("i18n/tests.rs") && !f.ends_with("i18n/mod.rs")) {
        let text: String =
            std::fs::read_to_string(file).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for opening in ["words.get(\"", "words.get( \"", "words.with(\"", "words.with( \"", "t!(words, \""] {
            for rest in text.split(opening).skip(1) {
                let id = rest.split('"').next().unwrap();
                assert!(known.contains_key(id), "{}: no message {id:?}", file.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} ids were found: has the way of asking for words changed?");
}

#[test]
fn a_missing_message_is_seen() {
    for language in Language::ALL {
        assert_eq!(Words::new(*language).get("no-such"), "⟦no-such⟧");
    }
    // An Indonesian text stands in behind the mark.
    let mut english = Words::new(Language::English);
    english.own = FluentBundle::new_concurrent(vec!["en".parse().unwrap()]);
    assert_eq!(english.get("yes"), "⟦yes⟧ Ya");
}

#[test]
fn variables_and_plurals() {
    let words = Words::new(Language::English);
    assert_eq!(t!(words, "field-found", count = 1), "1 choice");
    assert_eq!(t!(words, "field-found", count = 3), "3 choices");
    assert_eq!(t!(words, "field-digits", count = 3, total = 16), "3 of 16 digits");
    assert_eq!(t!(words, "yes"), "Yes");
}

#[test]
fn numbers_dates_and_temperatures() {
    let (id, en) = (Words::new(Language::Indonesian), Words::new(Language::English));
    for (value, dot) in [(366, "36.6"), (0, "0.0"), (-5, "-0.5"), (1000, "100.0"), (7, "0.7")] {
        assert_eq!(en.tenths(value), dot);
        assert_eq!(id.tenths(value), dot.replace('.', ","));
    }
    assert_eq!(id.temperature(373), "37,3 °C");
    for (value, id_text) in
        [(0, "0"), (999, "999"), (1000, "1.000"), (10_000, "10.000"), (1_234_567, "1.234.567")]
    {
        assert_eq!(id.number(value), id_text);
        assert_eq!(en.number(value), id_text.replace('.', ","));
    }
    let day = NaiveDate::from_ymd_opt(2020, 3, 5).unwrap();
    assert_eq!((id.date(day), id.date_long(day)), ("05-03-2020".into(), "5 Maret 2020".into()));
    let late = "2020-03-05T17:30:00Z".parse().unwrap();
    assert_eq!(id.date_time(late, WIB_OFFSET_S), "06-03-2020 00.30 WIB");
    assert_eq!(en.date_time(late, WITA_OFFSET_S), "06-03-2020 01:30 WITA");
    assert_eq!(id.time(late, WIT_OFFSET_S), "02.30 WIT");
    assert_eq!(zone_name(-16200), "UTC-04:30");
    assert_eq!(id.time(late, i32::MAX), "17.30 UTC+00:00");
    assert_eq!(id.minutes(301), "5:01");
}

#[test]
fn tenths_are_read_strictly() {
    let good = [("36,6", 366), ("36.6", 366), (" 37 ", 370), ("0,5", 5)];
    let bad = ["", ",", "36,", ",5", "36,65", "3 6", "-1", "+1", "36,6,1", "1e3", "٣٦", "99999999", "36.6 C"];
    for (text, value) in good {
        assert_eq!(Words::parse_tenths(text), Some(value), "{text:?}");
    }
    for text in bad {
        assert_eq!(Words::parse_tenths(text), None, "{text:?}");
    }
}

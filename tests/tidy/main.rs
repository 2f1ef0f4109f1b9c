//! Rules of the house that a compiler does not check, read from the source tree: who may import whom, which rooms
//! are pure, that everything which has a registry is in it, sizes, and what must not be in the code.
//! Needs nothing but the standard library. Each exception below says why.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod source;

use std::collections::BTreeSet;
use std::fs;

use source::{
    code_only, files, folders, for_tests, lines_with, names, paths, read, root, rust_files, shipped,
};

/// Longest source file, in lines.
const LONGEST: usize = 600;

/// Files that may be longer, with the reason.
const LONG_FILES: &[(&str, &str)] =
    &[("crates/biometrics/src/iso/tests.rs", "tables of vectors for five formats through the same doors")];

/// Files that may hold `unwrap` or `expect` outside tests: file, how many, reason.
const MAY_UNWRAP: &[(&str, usize, &str)] =
    &[("crates/biometrics/src/synth/mod.rs", 1, "sizes of synthetic pictures are constants of the module")];

/// Modules of the station and the modules of the station that they may import.
const STATION: &[(&str, &[&str])] = &[
    ("session", &["session", "steps", "gate", "population"]),
    ("steps", &["steps", "session", "gate", "population"]),
    ("handover", &["handover", "session", "gate", "population"]),
    ("gate", &["gate"]),
    ("population", &["population", "gate"]),
    ("i18n", &["i18n"]),
    ("hardening", &["hardening"]),
    ("typeface", &["typeface"]),
    ("config", &["config", "gate", "i18n"]),
    ("documents", &["documents", "i18n", "typeface"]),
    ("vault", &["vault"]),
    ("sync", &["sync"]),
    // Only in tests and with the feature `sabotage`: drives the whole station, as scripts do.
    ("crashlab", &["crashlab", "runtime", "script", "vault"]),
    (
        "runtime",
        &[
            "runtime",
            "handover",
            "session",
            "steps",
            "gate",
            "population",
            "vault",
            "sync",
            "documents",
            "config",
            "i18n",
        ],
    ),
    (
        "ui",
        &[
            "ui",
            "runtime",
            "handover",
            "session",
            "steps",
            "gate",
            "population",
            "i18n",
            "typeface",
            "documents",
        ],
    ),
];

/// What a step's view may import besides what its step may.
const VIEWS: &[&str] = &["ui", "i18n", "t"];

/// Crates of the workspace: folder, and the workspace crates that it may name.
const CRATES: &[(&str, &[&str])] = &[
    ("crates/biometrics/", &["biometrics"]),
    ("crates/record/", &["record", "biometrics"]),
    ("crates/hub/", &["hub", "record", "biometrics"]),
    ("devices/", &["devices", "biometrics"]),
    ("crates/sim/", &["sim", "devices", "record", "biometrics"]),
    ("crates/fuzz/", &["fuzz", "rekam", "devices", "biometrics", "record"]),
];
const WORKSPACE_CRATES: &[&str] = &["rekam", "devices", "biometrics", "record", "hub", "sim", "fuzz"];

/// Paths that code under a folder may not name.
struct Never {
    under: &'static [&'static str],
    paths: &'static [&'static str],
    why: &'static str,
    /// Files that may, with the reason.
    except: &'static [(&'static str, &'static str)],
}

const NEVER: &[Never] = &[
    Never {
        under: &["src/session/", "src/steps/", "src/handover/", "src/gate/", "src/population/"],
        paths: &[
            "std::fs",
            "std::net",
            "std::process",
            "std::env",
            "std::thread",
            "std::time::Instant",
            "std::time::SystemTime",
            "SystemTime::now",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "Uuid::now_v7",
            "Uuid::new_v4",
            "rand",
            "sled",
            "tracing",
            "std::sync::mpsc",
        ],
        why: "pure rooms: time, chance, files and threads come in as events and go out as effects",
        except: &[],
    },
    Never {
        under: &[
            "src/session/",
            "src/handover/",
            "src/gate/",
            "src/population/",
            "src/vault/",
            "src/runtime/",
            "src/documents/",
        ],
        paths: &["eframe", "egui"],
        why: "the domain knows no screen",
        except: &[],
    },
    Never {
        under: &["src/session/", "src/steps/", "src/handover/", "src/gate/", "src/population/", "src/ui/"],
        paths: &["devices::drivers", "devices::registry", "devices::setup", "devices::hotplug"],
        why: "only the runtime opens devices; everyone else knows the vocabulary",
        except: &[],
    },
    Never {
        under: &["src/ui/"],
        paths: &["sled", "age", "argon2", "std::fs", "std::net", "std::process"],
        why: "the window touches no disk and no network",
        except: &[
            ("src/ui/app.rs", "saves pictures of its own screens when it is asked to (`--pictures`)"),
            ("src/ui/frames.rs", "writes the times of its frames for `rekam bench`"),
        ],
    },
    Never {
        under: &["src/", "crates/", "devices/"],
        paths: &["std::sync::mpsc::channel"],
        why: "channels are bounded (sync_channel): a worker that falls behind must be felt, not fill the memory",
        except: &[],
    },
    Never {
        under: &["src/"],
        paths: &["Utc::now", "Local::now", "SystemTime::now"],
        why: "one clock, so that scripts can fix it and time never runs back",
        except: &[("src/runtime/clock.rs", "it is that clock")],
    },
    Never {
        under: &["crates/record/", "crates/biometrics/"],
        paths: &["Utc::now", "Local::now", "SystemTime::now", "std::thread::spawn"],
        why: "time is given by the caller, threads are the runtime's",
        except: &[],
    },
];

/// The only folder or file where `unsafe` may stand.
const UNSAFE: &[(&str, &str)] = &[
    ("crates/biometrics/src/codec/jp2_stream.rs", "openjp2 takes streams as C callbacks only"),
    ("crates/biometrics/src/finger/nbis.rs", "NBIS is C"),
];

#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} fault(s):\n{}", faults.len(), faults.join("\n"));
}

// --- imports ----------------------------------------------------------------------------------------------------

#[test]
fn imports_run_one_way() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for file in files("src").into_iter().filter(|f| f.ends_with(".rs") && !for_tests(f)) {
        let room = file["src/".len()..].split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if matches!(room.as_str(), "lib" | "main" | "cli" | "script") {
            continue;
        }
        let Some((_, allowed)) = STATION.iter().find(|(name, _)| *name == room) else {
            // Rooms that only main uses may import everything but are named here on purpose, not by default.
            faults.push(format!("{file}: room {room} is not in STATION: say what it may import"));
            continue;
        };
        seen += 1;
        let is_view = room == "steps" && (file.ends_with("/view.rs") || file.contains("/view/"));
        for path in paths(&file, &shipped(&file)) {
            let mut parts = path.split("::");
            if parts.next() != Some("crate") {
                continue;
            }
            // A lower-case first part is a module (or the macro t!); others are re-exports of the crate's root.
            let Some(module) = parts.next().filter(|m| m.starts_with(char::is_lowercase)) else { continue };
            let free = module == "t" && matches!(room.as_str(), "ui" | "documents" | "i18n");
            let known = allowed.contains(&module) || free || (is_view && VIEWS.contains(&module));
            if !known {
                faults.push(format!("{file}: {room} may not import {path}"));
            }
        }
    }
    assert!(seen > 20, "the rooms of the station were not found");
    none(faults);
}

#[test]
fn crates_know_only_what_lies_below_them() {
    let mut faults = Vec::new();
    for (folder, allowed) in CRATES {
        for file in rust_files().into_iter().filter(|f| f.starts_with(folder)) {
            for path in paths(&file, &code_only(&read(&file))) {
                let first = path.split("::").next().unwrap();
                if WORKSPACE_CRATES.contains(&first) && !allowed.contains(&first) {
                    faults.push(format!("{file}: names {path}"));
                }
            }
        }
        if let Ok(manifest) = fs::read_to_string(root().join(folder).join("Cargo.toml")) {
            for name in dependencies(&manifest) {
                if WORKSPACE_CRATES.contains(&name.as_str()) && !allowed.contains(&name.as_str()) {
                    faults.push(format!("{folder}Cargo.toml: depends on {name}"));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn rooms_leave_alone_what_is_not_theirs() {
    let mut faults = Vec::new();
    for rule in NEVER {
        for file in rust_files() {
            let excused = rule.except.iter().any(|(f, _)| *f == file);
            if for_tests(&file) || excused || !rule.under.iter().any(|u| file.starts_with(u)) {
                continue;
            }
            for path in paths(&file, &shipped(&file)) {
                if rule.paths.iter().any(|p| names(&path, p)) {
                    faults.push(format!("{file}: {path} ({})", rule.why));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn unsafe_has_few_homes() {
    let faults = rust_files()
        .into_iter()
        .filter(|f| !for_tests(f) && !UNSAFE.iter().any(|(home, _)| f.starts_with(home)))
        .filter(|f| shipped(f).split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == "unsafe"))
        .collect();
    none(faults);
    for lib in ["src/lib.rs", "crates/record/src/lib.rs"] {
        assert!(code_only(&read(lib)).contains("#![forbid(unsafe_code)]"), "{lib} must forbid unsafe code");
    }
}

// --- registries -------------------------------------------------------------------------------------------------

#[test]
fn every_step_is_registered_and_drawn() {
    let registry = code_only(&read("src/steps/mod.rs"));
    let steps = folders("src/steps");
    assert!(steps.len() >= 13, "steps found: {steps:?}");
    let lines = registry.split("REGISTRY").nth(1).and_then(|r| r.split(';').next()).unwrap();
    let screens = root().join("src/ui/screens").is_dir();
    let mut faults = Vec::new();
    for step in &steps {
        if !lines.contains(&format!("&{step}::")) {
            faults.push(format!("src/steps/{step} is not in REGISTRY of src/steps/mod.rs"));
        }
        // Views came after the steps; since there are screens, a step without one could not be worked.
        if screens && !root().join(format!("src/steps/{step}/view.rs")).is_file() {
            faults.push(format!("src/steps/{step} has no view.rs"));
        }
    }
    none(faults);
}

#[test]
fn every_driver_is_registered() {
    let drivers = folders("devices/src/drivers");
    if drivers.is_empty() {
        assert!(!root().join("devices/src/registry.rs").exists(), "a registry without drivers");
        return;
    }
    let registry = code_only(&read("devices/src/registry.rs"));
    let families = registry.split("FAMILIES").nth(1).and_then(|r| r.split(';').next()).unwrap();
    let faults = drivers
        .iter()
        .filter(|d| !families.contains(&format!("{d}::FAMILY")))
        .map(|d| format!("devices/src/drivers/{d} is not in FAMILIES of devices/src/registry.rs"))
        .collect();
    none(faults);
}

#[test]
fn every_rule_is_registered() {
    let order = code_only(&read("src/gate/evaluate.rs"));
    let faults = files("src/gate/rules")
        .iter()
        .filter_map(|f| f.strip_prefix("src/gate/rules/")?.strip_suffix(".rs"))
        .filter(|name| *name != "mod" && !order.contains(&format!("rules::{name}::")))
        .map(|name| format!("src/gate/rules/{name}.rs: no line of src/gate/evaluate.rs runs it"))
        .collect();
    none(faults);
}

#[test]
fn every_policy_has_cases() {
    let (mut policies, mut cases) = (BTreeSet::new(), BTreeSet::new());
    for file in files("protocols").into_iter().filter(|f| f.ends_with(".toml")) {
        match file.strip_suffix(".cases.toml") {
            Some(stem) => cases.insert(stem.to_owned()),
            None => policies.insert(file.trim_end_matches(".toml").to_owned()),
        };
    }
    assert!(policies.len() >= 2, "policies found: {policies:?}");
    assert_eq!(policies, cases, "every policy has its cases beside it, and no cases are left over");
    for stem in policies {
        assert!(
            read(&format!("{stem}.cases.toml")).matches("[[case]]").count() >= 5,
            "{stem}: too few cases"
        );
    }
}

#[test]
fn every_language_has_every_catalogue() {
    let languages = folders("src/i18n");
    assert!(languages.len() >= 2, "languages found: {languages:?}");
    let catalogues = |language: &str| -> BTreeSet<String> {
        files(&format!("src/i18n/{language}"))
            .iter()
            .filter_map(|f| Some(f.rsplit('/').next()?.to_owned()))
            .collect()
    };
    let first = catalogues("id");
    for language in &languages {
        assert_eq!(catalogues(language), first, "catalogues of {language} and of id");
    }
    let registry = read("src/i18n/mod.rs");
    let faults = first
        .iter()
        .filter(|f| !registry.contains(&format!("catalogue!(\"{}\")", f.trim_end_matches(".ftl"))))
        .map(|f| format!("{f} is not in CATALOGUES of src/i18n/mod.rs"))
        .collect();
    none(faults);
}

// --- code -------------------------------------------------------------------------------------------------------

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for file in rust_files() {
        let lines = read(&file).lines().count();
        let excused = LONG_FILES.iter().any(|(f, reason)| *f == file && !reason.is_empty());
        if lines > LONGEST && !excused {
            faults.push(format!("{file}: {lines} lines, at most {LONGEST}"));
        }
        if lines <= LONGEST && excused {
            faults.push(format!("{file}: is short again, take it out of LONG_FILES"));
        }
    }
    none(faults);
}

#[test]
fn nothing_is_left_to_do() {
    let marks = ["todo!", "unimplemented!", "dbg!", "#[ignore"];
    let mut faults = Vec::new();
    for file in rust_files() {
        let code = code_only(&read(&file));
        for mark in marks {
            faults.extend(lines_with(&code, mark).map(|n| format!("{file}:{n}: {mark}")));
        }
    }
    none(faults);
}

#[test]
fn nothing_from_outside_is_unwrapped() {
    let mut faults = Vec::new();
    for file in rust_files().into_iter().filter(|f| !for_tests(f)) {
        let code = shipped(&file);
        let at: Vec<usize> = lines_with(&code, ".unwrap()").chain(lines_with(&code, ".expect(")).collect();
        let allowed = MAY_UNWRAP.iter().find(|(f, ..)| *f == file).map_or(0, |(_, n, _)| *n);
        if at.len() != allowed {
            faults.push(format!("{file}: {} unwrap or expect at lines {at:?}, {allowed} allowed", at.len()));
        }
    }
    none(faults);
}

/// An `allow` says why: in a comment on its line or on the line above, or by `reason = …`.
#[test]
fn every_allow_has_a_reason() {
    let mut faults = Vec::new();
    for file in rust_files().into_iter().filter(|f| !for_tests(f)) {
        let source = read(&file);
        let kept = shipped(&file);
        let lines: Vec<&str> = source.lines().collect();
        for n in lines_with(&kept, "[allow(").chain(lines_with(&kept, "[expect(")) {
            let line = lines[n - 1];
            let above = if n > 1 { lines[n - 2].trim_start() } else { "" };
            if !line.contains("//") && !line.contains("reason") && !above.starts_with("//") {
                faults.push(format!("{file}:{n}: {}", line.trim()));
            }
        }
    }
    none(faults);
}

#[test]
fn no_path_of_a_machine() {
    // Put together here, so that this file does not hold them.
    let machine = ["work", "root", "home", "Users"].map(|f| format!("/{f}/"));
    let kinds = ["rs", "toml", "ftl", "md", "sh", "py", "xml", "json", "csv"];
    let mut all: Vec<String> =
        ["src", "crates", "devices", "tests", "examples", "benches", "protocols", "fixtures"]
            .iter()
            .chain(&["tools", "docs"])
            .flat_map(|f| files(f))
            .filter(|f| kinds.iter().any(|k| f.ends_with(&format!(".{k}"))))
            .collect();
    all.extend(
        [
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "deny.toml",
            "clippy.toml",
            "dev",
        ]
        .map(str::to_owned),
    );
    let mut faults = Vec::new();
    for file in all {
        // Read as bytes: fixtures need not be UTF-8.
        let text = String::from_utf8_lossy(&fs::read(root().join(&file)).unwrap()).into_owned();
        for (n, line) in text.lines().enumerate() {
            // A host name before the path makes it an address, not a place on a machine.
            let found = machine.iter().filter_map(|m| line.find(m.as_str()));
            let local = |at: usize| {
                at == 0 || !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '}' || c == '.')
            };
            if found.into_iter().any(local) {
                faults.push(format!("{file}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    none(faults);
}

// --- papers -----------------------------------------------------------------------------------------------------

/// Names in the dependency sections of a manifest.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
        } else if inside && line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            names.push(line.split(['=', '.', ' ']).next().unwrap().to_owned());
        }
    }
    names
}

#[test]
fn papers_are_there() {
    for (paper, holds) in [
        ("README.md", "./dev test"),
        ("ARCHITECTURE.md", "## Dependencies"),
        ("CHANGELOG.md", "Unreleased"),
        ("CONTRIBUTING.md", "Add a driver"),
        ("LICENSE", "Apache License"),
        ("NOTICE", "rekam"),
        ("deny.toml", "[licenses]"),
    ] {
        assert!(read(paper).contains(holds), "{paper} should hold: {holds}");
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let map = read("ARCHITECTURE.md");
    let table = map.split("## Dependencies").nth(1).expect("the section");
    let named: BTreeSet<&str> = table
        .lines()
        .filter(|l| l.starts_with('|'))
        .filter_map(|l| l.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let mut used = BTreeSet::new();
    for manifest in ["Cargo.toml", "devices/Cargo.toml"]
        .map(str::to_owned)
        .into_iter()
        .chain(folders("crates").into_iter().map(|c| format!("crates/{c}/Cargo.toml")))
    {
        used.extend(dependencies(&read(&manifest)));
    }
    assert!(used.len() > 30, "dependencies found: {used:?}");
    let ours = |name: &str| WORKSPACE_CRATES.contains(&name);
    let missing = used.iter().filter(|d| !ours(d) && !named.contains(d.as_str()));
    let left = named.iter().filter(|d| !used.contains(**d));
    none(
        missing
            .map(|d| format!("{d}: no row in the table of ARCHITECTURE.md"))
            .chain(left.map(|d| format!("{d}: a row in ARCHITECTURE.md, but nobody depends on it")))
            .collect(),
    );
}

#[cfg(unix)]
#[test]
fn doors_can_be_opened() {
    use std::os::unix::fs::PermissionsExt;
    for door in ["dev", ".ci/run"] {
        let mode = fs::metadata(root().join(door)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{door} is executable");
        assert!(read(door).starts_with("#!/bin/sh\n"), "{door} is plain sh");
    }
}

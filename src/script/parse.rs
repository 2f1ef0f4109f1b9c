//! From TOML to a [`Script`], with every error at once.

use std::path::Path;

use chrono::{DateTime, Utc};
use devices::drivers::simulated;
use devices::setup::{Setup, SetupErrors};
use devices::vocabulary::DeviceKind;
use record::schema::{ExceptionReason, ExceptionTerm, Outcome, StepId};
use toml::Value;
use toml::de::DeTable;

use super::read::{Notes, Table};
use super::{
    DeciderScript, Decides, ExceptionScript, Expected, PersonScript, Script, ScriptError, folder_of,
    samples_root, subject,
};
use crate::vault::TRAINING_OFFICERS;

/// Longest script, in bytes.
const MAX_BYTES: u64 = 256 * 1024;
/// Person that the simulated devices show where the script names none.
const PERSON_SEED: i64 = 7;

/// Reads a script file. Paths in it are taken from its own folder.
///
/// # Errors
/// Every error of the file.
pub fn load(path: &Path) -> Result<Script, Vec<ScriptError>> {
    let name = path.display().to_string();
    let unread = |what: String| {
        vec![ScriptError { file: name.clone(), line: 0, key: String::new(), code: "SCR-01", what }]
    };
    let len = std::fs::metadata(path).map_err(|e| unread(format!("cannot be read ({e})")))?.len();
    if len > MAX_BYTES {
        return Err(unread(format!("has {len} bytes; a script has at most {MAX_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| unread(format!("cannot be read ({e})")))?;
    parse(&name, &text, folder_of(path))
}

/// Reads a script from its text.
///
/// # Errors
/// Every error of the text.
pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Script, Vec<ScriptError>> {
    let notes = Notes::new(name, text);
    let document = notes.parse(text);
    let root = Table::root(&notes, document.get_ref());
    let script = read(&root, text, folder);
    root.done();
    let errors = notes.take();
    match script {
        Some(script) if errors.is_empty() => Ok(script),
        _ => Err(errors),
    }
}

fn words<T: Copy>(all: &[T], id: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|t| id(*t)).collect()
}

fn read(root: &Table<'_, '_>, text: &str, folder: &Path) -> Option<Script> {
    let start = needed(root, "start", root.moment("start"));
    let devices = devices(root, text, folder);
    // Stands in for tables that are not there; what is missing in it is told by the missing table itself.
    let (unheard, empty) = (Notes::new("", ""), DeTable::new());
    let nobody = Table::root(&unheard, &empty);
    let applicant = needed(root, "applicant", root.table("applicant"));
    let a = applicant.as_ref().unwrap_or(&nobody);
    let nik = needed(a, "nik", a.text("nik"));
    let no_kk = needed(a, "no_kk", a.text("no_kk"));
    let urgency = root.table("urgency");
    let u = urgency.as_ref().unwrap_or(&nobody);
    let officer = root.table("officer");
    let o = officer.as_ref().unwrap_or(&nobody);
    let reasons = words(ExceptionReason::ALL, ExceptionReason::id);
    let script = Script {
        start: start.map_or(DateTime::<Utc>::MIN_UTC, |s| s.0),
        utc_offset_s: start.map_or(0, |s| s.1),
        policy: root.text("policy"),
        venue: root.text("venue"),
        roster: root.text("roster").map(|p| folder.join(p)),
        district: root.text("district").unwrap_or_default(),
        before: root.text("before").map(|p| folder.join(p)),
        devices: devices.unwrap_or_default(),
        officer: person(o),
        account: account(o),
        applicant: person(a),
        nik: nik.unwrap_or_default(),
        no_kk: no_kk.unwrap_or_default(),
        door_ticket: a.text("door_ticket"),
        treating_doctor: a.text("treating_doctor"),
        protective_equipment: a.truth("protective_equipment").unwrap_or(false),
        recorded_before: a.truth("recorded_before").unwrap_or(false),
        reasons: a.map("reasons"),
        class: u.text("class"),
        evidence: u.texts("evidence").unwrap_or_default(),
        evidence_photos: u.count("photos", 0, 5).unwrap_or(0),
        quota_jump: u.truth("quota_jump").unwrap_or(false),
        biodata: biodata(root),
        birth_date: a.date("birth_date"),
        correction_document: a.text("correction_document"),
        approve_photo: a.truths("approve_photo").unwrap_or_else(|| vec![true]),
        confirms: a.truth("confirms").unwrap_or(true),
        exceptions: exceptions(root, &reasons),
        come_back: a.truth("come_back").unwrap_or(false),
        cannot_sign: a.word("cannot_sign", &reasons, ExceptionReason::from_id),
        accept_best: root.text("accept_best"),
        max_tries: root.count("max_tries", 1, 50).unwrap_or(8),
        wait_min: root.count("wait_min", 0, 24 * 60).unwrap_or(0),
        supervisor: decider(root.table("supervisor")),
        second_person: decider(root.table("second_person")),
        interrupts: interrupts(root),
        abandon: abandon(root),
        expect: expected(root),
    };
    for known in [applicant, urgency, officer].into_iter().flatten() {
        known.done();
    }
    Some(script)
}

fn needed<T>(table: &Table<'_, '_>, key: &str, value: Option<T>) -> Option<T> {
    if value.is_none() && !table.has(key) {
        table.error(key, "SCR-04", format!("the key is missing; add `{key}`"));
    }
    value
}

fn person(table: &Table<'_, '_>) -> PersonScript {
    PersonScript {
        temperatures: table.temperatures("temperature").unwrap_or_default(),
        affirm: table.texts("affirm"),
        symptoms: table.truth("symptoms").unwrap_or(false),
    }
}

fn account(table: &Table<'_, '_>) -> String {
    let names: Vec<&str> = TRAINING_OFFICERS.iter().map(|(name, _, _)| *name).collect();
    let known = |name: &str| names.iter().find(|n| **n == name).map(|n| (*n).to_owned());
    table.word("account", &names, known).unwrap_or_else(|| "Operator Latihan".to_owned())
}

fn decider(table: Option<Table<'_, '_>>) -> DeciderScript {
    let Some(table) = table else { return DeciderScript::default() };
    let decides = table.word("decides", &["approve", "deny", "absent"], |word| match word {
        "approve" => Some(Decides::Approve),
        "deny" => Some(Decides::Deny),
        "absent" => Some(Decides::Absent),
        _ => None,
    });
    let note = table.text("note").unwrap_or_default();
    table.done();
    DeciderScript { decides: decides.unwrap_or_default(), note }
}

fn exceptions(root: &Table<'_, '_>, reasons: &[&str]) -> Vec<ExceptionScript> {
    let terms = words(ExceptionTerm::ALL, ExceptionTerm::id);
    let mut out: Vec<ExceptionScript> = Vec::new();
    for table in root.tables("exception") {
        let of = table.word("of", &["a finger like right_index", "left_eye", "right_eye"], subject);
        let reason = table.word("reason", reasons, ExceptionReason::from_id);
        let term = table.word("term", &terms, ExceptionTerm::from_id);
        for key in ["of", "reason", "term"] {
            needed(&table, key, table.has(key).then_some(()));
        }
        if let (Some(subject), Some(reason), Some(term)) = (of, reason, term) {
            if out.iter().any(|e| e.subject == subject) {
                table.error("of", "SCR-07", "this finger or eye has an exception already; leave one");
            }
            out.push(ExceptionScript { subject, reason, term });
        }
        table.done();
    }
    out
}

fn biodata(root: &Table<'_, '_>) -> std::collections::BTreeMap<String, String> {
    let fields = root.map("biodata");
    for key in fields.keys().filter(|k| !super::answers::is_field(k)) {
        let what = "this is no field; NIK, No. KK and birth_date belong to [applicant]";
        root.error_in("biodata", key, "SCR-03", what.to_owned());
    }
    fields
}

fn step(table: &Table<'_, '_>, key: &'static str) -> Option<StepId> {
    table.word(key, &words(StepId::ALL, StepId::id), StepId::from_id)
}

fn interrupts(root: &Table<'_, '_>) -> Vec<StepId> {
    let mut out = Vec::new();
    for table in root.tables("interrupt") {
        let at = step(&table, "at");
        if matches!(at, Some(StepId::Health | StepId::Seal | StepId::Proof)) {
            table.error(
                "at",
                "SCR-07",
                "before the first step and from sealing on there is nothing to take up",
            );
        }
        out.extend(needed(&table, "at", at));
        table.done();
    }
    out
}

fn abandon(root: &Table<'_, '_>) -> Option<(StepId, String)> {
    let table = root.table("abandon")?;
    let at = needed(&table, "at", step(&table, "at"));
    let reason = needed(&table, "reason", table.text("reason"));
    table.done();
    at.zip(reason)
}

fn expected(root: &Table<'_, '_>) -> Option<Expected> {
    let table = root.table("expect")?;
    let ends = [Outcome::Sealed, Outcome::Parked, Outcome::Refused, Outcome::Redirected, Outcome::Abandoned];
    let known = words(&ends, Outcome::id);
    let read = |word: &str| Outcome::from_id(word).filter(|o| ends.contains(o));
    let outcome = needed(&table, "outcome", table.word("outcome", &known, read));
    let rules = table.texts("rules").unwrap_or_default();
    table.done();
    outcome.map(|outcome| Expected { outcome, rules })
}

/// Kinds that `[devices]` does not name are simulated; all simulated ones show the same person.
fn devices(root: &Table<'_, '_>, text: &str, folder: &Path) -> Option<Setup> {
    let seed = root.count("person_seed", 0, i64::from(u32::MAX)).map_or(PERSON_SEED, i64::from);
    root.elsewhere("devices");
    let document: toml::Table = text.parse().ok()?;
    let mut named = match document.get("devices") {
        None => toml::Table::new(),
        Some(Value::Table(table)) => table.clone(),
        Some(_) => {
            root.error("devices", "SCR-05", "this does not fit; write a table for each kind of device");
            return None;
        }
    };
    let samples = samples_root(folder).to_string_lossy().into_owned();
    for kind in DeviceKind::ALL {
        let simulated = || Value::Table(toml::Table::from_iter([driver(simulated::ID)]));
        let entry = named.entry(kind.id()).or_insert_with(simulated);
        if let Value::Table(parameters) = entry {
            expand(parameters, &samples);
            if parameters.get("driver").and_then(Value::as_str) == Some(simulated::ID) {
                parameters.entry("person_seed").or_insert(Value::Integer(seed));
            }
        }
    }
    match Setup::try_from(named) {
        Ok(setup) => Some(setup.rebased(folder)),
        Err(SetupErrors(errors)) => {
            for error in errors {
                root.error_in("devices", error.key(), "SCR-06", error.to_string());
            }
            None
        }
    }
}

fn driver(id: &str) -> (String, Value) {
    ("driver".to_owned(), Value::String(id.to_owned()))
}

fn expand(table: &mut toml::Table, samples: &str) {
    for (_, value) in table.iter_mut() {
        if let Value::String(text) = value {
            *text = text.replace("${SAMPLES}", samples);
        }
    }
}

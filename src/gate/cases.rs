//! Examples beside a policy file: `<id>.cases.toml` holds facts and the decision they must give.
//!
//! ```toml
//! policy = "443-2978-2020-03"
//! now = 2020-04-01T08:00:00+07:00     # time of the health decisions, unless a case has its own
//! [base.health]                       # facts on which every [[health]] case rests, as `HealthFacts`
//! [base.case]                         # the same for [[case]], as `CaseFacts`
//!
//! [[health]]
//! name = "the applicant answers the symptom question with yes"
//! set = { applicant = { symptoms = true } }   # laid over the base
//! unset = ["applicant.door_ticket"]           # taken out of it
//! expect = { verdict = "refuse", rules = ["symptoms"], come_back = 2020-04-15 }
//! ```
//! `expect` names everything: what it leaves out must be empty in the decision; only `channels` may be left unsaid.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::facts::{CaseFacts, Decision, HealthFacts};
use super::parse;
use super::policy::{Policy, PolicyError, PolicyWarning};
use super::rules::RULE_IDS;
use super::spanned::{Errors, Node};
use super::{case, health};

/// What `rekam policy check` found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The policies that were read without an error.
    pub policies: Vec<Policy>,
    /// Examples that were run.
    pub cases_run: usize,
    /// Rule ids that the examples expect, over all files.
    pub rules_covered: BTreeSet<String>,
    /// Every error, by file and line.
    pub errors: Vec<PolicyError>,
}

impl Report {
    /// True when nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }

    /// The warnings of all policies.
    pub fn warnings(&self) -> impl Iterator<Item = &PolicyWarning> {
        self.policies.iter().flat_map(|p| &p.warnings)
    }
}

/// Checks policy files and runs the cases among them (`*.cases.toml`), each pair a name and a text. A cases file needs
/// its policy among the files.
#[must_use]
pub fn check_files(files: &[(String, String)]) -> Report {
    let mut report = Report::default();
    let (cases, policies): (Vec<_>, Vec<_>) =
        files.iter().partition(|(name, _)| name.ends_with(".cases.toml"));
    for (name, text) in policies {
        match Policy::load(name, text) {
            Ok(policy) => {
                report.errors.extend(parse::clashes(name, text, &policy, &report.policies));
                report.policies.push(policy);
            }
            Err(found) => report.errors.extend(found),
        }
    }
    for (name, text) in cases {
        run(name, text, &mut report);
    }
    report.errors.sort();
    report
}

fn run(name: &str, text: &str, report: &mut Report) {
    let mut errors = Errors::new(name, text);
    let document = errors.parse(text);
    let root = Node::root(&errors, document.get_ref());
    let id = root.string("policy");
    let policy = report.policies.iter().find(|p| p.id == id);
    if policy.is_none() && root.has("policy") {
        let what = format!("policy `{id}` is not among the files, or has errors");
        root.error("POL-21", "policy", what, "check it together with its cases");
    }
    let mut covered = BTreeSet::new();
    let now = time(&root, "now");
    let base = root.table("base");
    let mut count = 0;
    let health_base = base.as_ref().and_then(|b| base_facts::<HealthFacts>(b, "health"));
    let case_base = base.as_ref().and_then(|b| base_facts::<CaseFacts>(b, "case"));
    for node in root.tables_opt("health") {
        count += 1;
        let at = if node.has("now") { time(&node, "now") } else { now };
        let decide = |facts: &HealthFacts| at.zip(policy).map(|(at, p)| health(p, facts, at));
        example(node, health_base.as_ref(), decide, &mut covered);
    }
    for node in root.tables_opt("case") {
        count += 1;
        example(node, case_base.as_ref(), |facts: &CaseFacts| policy.map(|p| case(p, facts)), &mut covered);
    }
    if let Some(base) = base {
        base.done();
    }
    root.done();
    report.errors.extend(errors.take());
    report.rules_covered.append(&mut covered);
    report.cases_run += count;
}

fn time(node: &Node<'_, '_>, key: &'static str) -> Option<DateTime<Utc>> {
    node.known(key);
    let text = node.raw().get(key).and_then(|v| match v.get_ref() {
        DeValue::Datetime(d) => Some(d.to_string()),
        _ => None,
    });
    let time = text.and_then(|t| DateTime::parse_from_rfc3339(&t).ok());
    if time.is_none() {
        node.error(
            "POL-08",
            key,
            "a time is needed here",
            "write it with its zone, like 2020-04-01T08:00:00+07:00",
        );
    }
    time.map(|t| t.with_timezone(&Utc))
}

/// The facts that the examples of one kind rest on.
fn base_facts<T: Serialize + DeserializeOwned>(base: &Node<'_, '_>, key: &'static str) -> Option<Value> {
    let facts = Value::Object(object(base.table_opt(key)?.raw()));
    facts_of::<T>(base, key, facts.clone()).map(|_| facts)
}

/// Reads facts, and notes what cannot be read and what no fact is called.
fn facts_of<T: Serialize + DeserializeOwned>(
    node: &Node<'_, '_>,
    key: &'static str,
    value: Value,
) -> Option<T> {
    let facts: T = match serde_json::from_value(value.clone()) {
        Ok(facts) => facts,
        Err(error) => {
            node.error(
                "POL-22",
                key,
                format!("the facts cannot be read: {error}"),
                "write them as the format says",
            );
            return None;
        }
    };
    let known = serde_json::to_value(&facts).unwrap_or_default();
    let strangers = strangers(&value, &known, String::new());
    for stranger in &strangers {
        node.error("POL-02", key, format!("no fact is called `{stranger}`"), "take it out or mend the name");
    }
    strangers.is_empty().then_some(facts)
}

/// Keys of `given` that `known` does not have.
fn strangers(given: &Value, known: &Value, path: String) -> Vec<String> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            let below = |(key, value): (&String, &Value)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                known.get(key).map_or_else(|| vec![path.clone()], |k| strangers(value, k, path.clone()))
            };
            given.iter().flat_map(below).collect()
        }
        (Value::Array(given), Value::Array(known)) => {
            let pairs = given.iter().zip(known).enumerate();
            pairs.flat_map(|(index, (g, k))| strangers(g, k, format!("{path}[{index}]"))).collect()
        }
        _ => Vec::new(),
    }
}

/// Runs one example.
fn example<T: Serialize + DeserializeOwned>(
    node: Node<'_, '_>,
    base: Option<&Value>,
    decide: impl Fn(&T) -> Option<Decision>,
    covered: &mut BTreeSet<String>,
) {
    let name = node.string("name");
    let mut facts = base.cloned().unwrap_or(Value::Object(Map::new()));
    for (path, _) in node.strings_opt("unset") {
        if !remove(&mut facts, &path) {
            node.error(
                "POL-22",
                "unset",
                format!("the base has no `{path}`"),
                "take it out or mend the name",
            );
        }
    }
    if let Some(set) = node.table_opt("set") {
        lay_over(&mut facts, Value::Object(object(set.raw())));
    }
    let expected = node.table("expect").map(|e| Value::Object(object(e.raw())));
    if let Some(expected) = expected {
        for rule in strings(&expected, "rules") {
            if RULE_IDS.contains(&rule.as_str()) {
                covered.insert(rule);
            } else {
                node.error("POL-24", "expect", format!("no rule is called `{rule}`"), "mend the name");
            }
        }
        // Without a base every example would only repeat that facts are missing.
        let facts = base.and_then(|_| facts_of::<T>(&node, "set", facts));
        if let Some(decision) = facts.and_then(|f| decide(&f)) {
            let differences = differences(&decision, &expected);
            if !differences.is_empty() {
                let what = format!("{name}: {}", differences.join("; "));
                node.error("POL-23", "expect", what, "mend the policy or the example");
            }
        }
    }
    node.known("now");
    node.done();
}

/// Where the decision is not what the example expects.
fn differences(decision: &Decision, expected: &Value) -> Vec<String> {
    let mut found = serde_json::to_value(decision).unwrap_or_default();
    found["approvals"] = decision.approvals.iter().map(|a| Value::from(a.reason.clone())).collect();
    let empty = Map::new();
    let (found, expected) = (found.as_object().unwrap_or(&empty), expected.as_object().unwrap_or(&empty));
    let keys: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let mut all = Vec::new();
    for key in keys {
        let left_unsaid = key == "channels" && !expected.contains_key(key);
        let (is, wanted) =
            (found.get(key).unwrap_or(&Value::Null), expected.get(key).unwrap_or(&Value::Null));
        if !left_unsaid && !same(is, wanted) {
            all.push(format!("`{key}` is {is}, expected {wanted}"));
        }
    }
    all
}

/// Equality where an absent value equals an empty list, and times are compared as times.
fn same(is: &Value, wanted: &Value) -> bool {
    let empty = |v: &Value| v.is_null() || v.as_array().is_some_and(Vec::is_empty);
    let time = |v: &Value| v.as_str().and_then(|s| DateTime::parse_from_rfc3339(s).ok());
    is == wanted || (empty(is) && empty(wanted)) || time(is).is_some_and(|t| time(wanted) == Some(t))
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    let items = value.get(key).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Takes the value at a dotted path out; false when there is none.
fn remove(value: &mut Value, path: &str) -> bool {
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let mut place = Some(value);
    for part in parent.split('.').filter(|p| !p.is_empty()) {
        place = place.and_then(|v| v.get_mut(part));
    }
    place.and_then(Value::as_object_mut).is_some_and(|object| object.remove(key).is_some())
}

/// Lays `over` on `value`: tables are merged, everything else is replaced.
fn lay_over(value: &mut Value, over: Value) {
    match (value, over) {
        (Value::Object(value), Value::Object(over)) => {
            for (key, item) in over {
                lay_over(value.entry(key).or_insert(Value::Null), item);
            }
        }
        (value, over) => *value = over,
    }
}

fn object(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value))).collect()
}

/// A TOML value as JSON; dates and times as their text.
fn plain(value: &Spanned<DeValue<'_>>) -> Value {
    match value.get_ref() {
        DeValue::String(s) => Value::from(s.as_ref()),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).map_or(Value::Null, Value::from),
        DeValue::Float(n) => n.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(b) => Value::from(*b),
        DeValue::Datetime(d) => Value::from(d.to_string()),
        DeValue::Array(items) => items.iter().map(plain).collect(),
        DeValue::Table(table) => Value::Object(object(table)),
    }
}

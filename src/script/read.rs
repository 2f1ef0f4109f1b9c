//! Reads a TOML document key by key, notes every error with its line, and stops at none.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ScriptError;

/// Where errors of one file are collected.
pub(super) struct Notes {
    file: String,
    starts: Vec<usize>,
    found: RefCell<Vec<ScriptError>>,
}

impl Notes {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file: file.to_owned(), starts, found: RefCell::default() }
    }

    /// Notes an error at a byte of the file.
    pub(super) fn add(&self, at: usize, key: &str, code: &'static str, what: impl Into<String>) {
        let line = self.starts.partition_point(|start| *start <= at);
        let error =
            ScriptError { file: self.file.clone(), line, key: key.to_owned(), code, what: what.into() };
        self.found.borrow_mut().push(error);
    }

    /// The document; every syntax error is noted.
    pub(super) fn parse<'t>(&self, text: &'t str) -> Spanned<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            self.add(error.span().map_or(0, |s| s.start), "", "SCR-02", error.message());
        }
        table
    }

    /// All errors by line.
    pub(super) fn take(self) -> Vec<ScriptError> {
        let mut found = self.found.into_inner();
        // What follows from a line that is no TOML is not told as well.
        if found.iter().any(|e| e.code == "SCR-02") {
            found.retain(|e| e.code == "SCR-02");
        }
        found.sort();
        found
    }
}

/// One table, and which of its keys were asked for.
pub(super) struct Table<'c, 't> {
    notes: &'c Notes,
    table: &'c DeTable<'t>,
    path: String,
    at: usize,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'c, 't> Table<'c, 't> {
    /// The document itself.
    pub(super) fn root(notes: &'c Notes, table: &'c DeTable<'t>) -> Self {
        Self::new(notes, table, String::new(), 0)
    }

    fn new(notes: &'c Notes, table: &'c DeTable<'t>, path: String, at: usize) -> Self {
        Self { notes, table, path, at, asked: RefCell::default() }
    }

    /// Notes an error about a dotted key below the table at `key`, at the line of the nearest key that is there.
    pub(super) fn error_in(&self, key: &str, below: &str, code: &'static str, what: String) {
        let mut at = self.table.get(key).map_or(self.at, |v| v.span().start);
        let mut table = self.table.get(key).and_then(|v| v.get_ref().as_table());
        for part in below.split('.') {
            let name = part.split('[').next().unwrap_or(part);
            let Some(value) = table.and_then(|t| t.get(name)) else { break };
            at = value.span().start;
            table = value.get_ref().as_table();
        }
        self.notes.add(at, &format!("{key}.{below}"), code, what);
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes an error about a key.
    pub(super) fn error(&self, key: &str, code: &'static str, what: impl Into<String>) {
        let at = self.table.get(key).map_or(self.at, |v| v.span().start);
        self.notes.add(at, &self.path_of(key), code, what);
    }

    fn find(&self, key: &'static str) -> Option<&'c Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// True when the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of a key as `read` understands it; otherwise notes what was wanted.
    fn value<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        let value = self.find(key)?.get_ref();
        let out = read(value);
        if out.is_none() {
            self.error(key, "SCR-05", format!("this {} does not fit; write {wanted}", value.type_str()));
        }
        out
    }

    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.value(key, "a text of at most 1000 characters", |v| text_of(v))
    }

    pub(super) fn truth(&self, key: &'static str) -> Option<bool> {
        self.value(key, "true or false", |v| if let DeValue::Boolean(b) = v { Some(*b) } else { None })
    }

    pub(super) fn count(&self, key: &'static str, from: i64, to: i64) -> Option<u32> {
        self.value(key, &format!("a whole number from {from} to {to}"), |v| {
            let DeValue::Integer(n) = v else { return None };
            let n = i64::from_str_radix(n.as_str(), n.radix()).ok().filter(|n| (from..=to).contains(n))?;
            u32::try_from(n).ok()
        })
    }

    /// A date of birth.
    pub(super) fn date(&self, key: &'static str) -> Option<NaiveDate> {
        self.value(key, "a date like 2001-01-17", |v| {
            let text = match v {
                DeValue::Datetime(d) => d.to_string(),
                other => text_of(other)?,
            };
            text.parse().ok()
        })
    }

    /// A moment with its offset, and that offset in seconds east of UTC.
    pub(super) fn moment(&self, key: &'static str) -> Option<(DateTime<Utc>, i32)> {
        self.value(key, "a moment with its offset like 2020-07-06T09:00:00+07:00", |v| {
            let text = match v {
                DeValue::Datetime(d) => d.to_string(),
                other => text_of(other)?,
            };
            let moment = DateTime::parse_from_rfc3339(&text).ok()?;
            Some((moment.with_timezone(&Utc), moment.offset().local_minus_utc()))
        })
    }

    /// Degrees Celsius, one or a list, as tenths of a degree.
    pub(super) fn temperatures(&self, key: &'static str) -> Option<Vec<i32>> {
        self.value(key, "degrees Celsius from 0 to 100, one number or a list", |v| match v {
            DeValue::Array(items) if items.len() <= 16 => items.iter().map(|i| tenths(i.get_ref())).collect(),
            other => Some(vec![tenths(other)?]),
        })
    }

    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        self.value(key, "a list of texts", |v| {
            let DeValue::Array(items) = v else { return None };
            items.iter().take(100).map(|i| text_of(i.get_ref())).collect()
        })
    }

    pub(super) fn truths(&self, key: &'static str) -> Option<Vec<bool>> {
        self.value(key, "true, false or a list of them", |v| match v {
            DeValue::Boolean(b) => Some(vec![*b]),
            DeValue::Array(items) => items
                .iter()
                .take(100)
                .map(|i| if let DeValue::Boolean(b) = i.get_ref() { Some(*b) } else { None })
                .collect(),
            _ => None,
        })
    }

    /// A table of texts by free keys.
    pub(super) fn map(&self, key: &'static str) -> BTreeMap<String, String> {
        self.value(key, "a table of texts", |v| {
            let DeValue::Table(table) = v else { return None };
            table.iter().map(|(k, v)| Some((k.get_ref().to_string(), text_of(v.get_ref())?))).collect()
        })
        .unwrap_or_default()
    }

    /// One of the words that `read` knows.
    pub(super) fn word<T>(
        &self,
        key: &'static str,
        known: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.value(key, &format!("one of: {}", known.join(", ")), |v| read(&text_of(v)?))
    }

    /// A table that may be absent.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'c, 't>> {
        let value = self.find(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.error(key, "SCR-05", "this does not fit; write a table");
            return None;
        };
        Some(Self::new(self.notes, table, self.path_of(key), value.span().start))
    }

    /// A list of tables that may be absent.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'c, 't>> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.error(key, "SCR-05", "this does not fit; write a list of tables");
            return Vec::new();
        };
        let mut out = Vec::new();
        for (index, item) in items.iter().enumerate().take(100) {
            let path = format!("{}[{index}]", self.path_of(key));
            match item.get_ref() {
                DeValue::Table(table) => {
                    out.push(Self::new(self.notes, table, path, item.span().start));
                }
                _ => self.notes.add(item.span().start, &path, "SCR-05", "this does not fit; write a table"),
            }
        }
        out
    }

    /// Marks a key as known that is read elsewhere; gives the byte where its value begins.
    pub(super) fn elsewhere(&self, key: &'static str) -> usize {
        self.find(key).map_or(self.at, |v| v.span().start)
    }

    /// Notes every key that nobody asked for. Call it last.
    pub(super) fn done(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !asked.contains(name) {
                let known = asked.iter().copied().collect::<Vec<_>>().join(", ");
                let what = format!("the key is unknown; use one of: {known}");
                self.notes.add(key.span().start, &self.path_of(name), "SCR-03", what);
            }
        }
    }
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(s) if s.chars().count() <= 1000 => Some(s.to_string()),
        _ => None,
    }
}

/// Tenths of a degree from a TOML number; nothing finer than a tenth, as no clinical thermometer shows it.
fn tenths(value: &DeValue<'_>) -> Option<i32> {
    let text = match value {
        DeValue::Float(f) => f.as_str().to_owned(),
        DeValue::Integer(n) => n.as_str().to_owned(),
        _ => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let whole: i32 = whole.parse().ok().filter(|n| (0..=100).contains(n))?;
    let part: i32 = if part.len() == 1 { part.parse().ok()? } else { return None };
    Some(whole * 10 + part)
}

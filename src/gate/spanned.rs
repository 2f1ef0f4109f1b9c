//! Reads a TOML document with the place of every key, and collects all errors instead of stopping at the first.
//!
//! A getter that finds something wrong notes the error and gives a stand-in value; whoever reads a document throws the
//! result away when errors were noted, so no stand-in ever leaves this folder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::policy::{LANGUAGES, PolicyError, Texts};

/// Longest file that is read, in bytes.
pub(super) const MAX_FILE_BYTES: usize = 256 * 1024;

/// Errors that hold even when other lines of the file could not be read.
const CERTAIN: &[&str] = &["POL-02", "POL-04", "POL-05", "POL-06", "POL-08", "POL-10", "POL-12"];

/// The errors of one file.
pub(super) struct Errors {
    file: String,
    line_starts: Vec<usize>,
    syntax: bool,
    found: RefCell<Vec<PolicyError>>,
}

impl Errors {
    /// For a file of this text.
    pub(super) fn new(file: &str, text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self {
            file: file.to_owned(),
            line_starts: starts.collect(),
            syntax: false,
            found: RefCell::default(),
        }
    }

    /// Line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at)
    }

    /// Notes an error at a byte of the file.
    pub(super) fn add(&self, code: &'static str, at: usize, key: &str, what: String, todo: String) {
        let (file, line, key) = (self.file.clone(), self.line(at), key.to_owned());
        self.found.borrow_mut().push(PolicyError { file, line, code, key, what, todo });
    }

    /// Parses the text; notes every syntax error.
    pub(super) fn parse<'t>(&mut self, text: &'t str) -> Spanned<DeTable<'t>> {
        if text.len() > MAX_FILE_BYTES {
            let what = format!("the file has {} bytes", text.len());
            self.add("POL-01", 0, "", what, format!("keep it under {MAX_FILE_BYTES} bytes"));
            self.syntax = true;
            return Spanned::new(0..0, DeTable::new());
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().map_or(0, |s| s.start);
            self.add("POL-01", at, "", error.message().to_owned(), "write this line as TOML 1.0".to_owned());
            self.syntax = true;
        }
        table
    }

    /// The errors by line. After a syntax error the ones that may only follow from it are left out.
    pub(super) fn take(self) -> Vec<PolicyError> {
        let mut found = self.found.into_inner();
        if self.syntax {
            let broken: Vec<usize> = found.iter().filter(|e| e.code == "POL-01").map(|e| e.line).collect();
            let certain = |e: &PolicyError| CERTAIN.contains(&e.code) && !broken.contains(&e.line);
            found.retain(|e| e.code == "POL-01" || certain(e));
        }
        found.sort();
        found
    }
}

/// One table of the document.
pub(super) struct Node<'c, 't> {
    errors: &'c Errors,
    table: &'c DeTable<'t>,
    /// Dotted key of this table, empty for the document.
    path: String,
    /// Byte where the table begins.
    at: usize,
    asked: RefCell<Vec<&'static str>>,
}

type Value<'t> = DeValue<'t>;

impl<'c, 't> Node<'c, 't> {
    /// The document itself.
    pub(super) fn root(errors: &'c Errors, table: &'c DeTable<'t>) -> Self {
        Self { errors, table, path: String::new(), at: 0, asked: RefCell::default() }
    }

    /// Dotted key of `key` in this table.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Byte of `key`'s value, or where the table begins.
    pub(super) fn at(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |v| v.span().start)
    }

    /// Notes an error about `key`.
    pub(super) fn error(
        &self,
        code: &'static str,
        key: &str,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) {
        self.errors.add(code, self.at(key), &self.path_of(key), what.into(), todo.into());
    }

    /// Notes an error about one item of the list at `key`.
    pub(super) fn error_at(
        &self,
        code: &'static str,
        at: usize,
        key: &str,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) {
        self.errors.add(code, at, &self.path_of(key), what.into(), todo.into());
    }

    /// True when the key holds a whole number of `range`. Notes nothing.
    pub(super) fn is_integer_in(&self, key: &str, range: RangeInclusive<i64>) -> bool {
        let number = match self.table.get(key).map(Spanned::get_ref) {
            Some(Value::Integer(n)) => i64::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        number.is_some_and(|n| range.contains(&n))
    }

    /// The tables of a list that was read before, position by position. Notes nothing.
    pub(super) fn tables_again(&self, key: &str) -> Vec<Node<'c, 't>> {
        let Some(Value::Array(items)) = self.table.get(key).map(Spanned::get_ref) else { return Vec::new() };
        let numbered = items.iter().enumerate();
        let tables = numbered.filter_map(|(index, item)| match item.get_ref() {
            Value::Table(table) => {
                Some(self.child(table, format!("{}[{index}]", self.path_of(key)), item.span()))
            }
            _ => None,
        });
        tables.collect()
    }

    /// A table that was read before. Notes nothing.
    pub(super) fn table_again(&self, key: &str) -> Option<Node<'c, 't>> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            Value::Table(table) => Some(self.child(table, self.path_of(key), value.span())),
            _ => None,
        }
    }

    /// The strings of a list that was read before, with the byte of each. Notes nothing.
    pub(super) fn strings_again(&self, key: &str) -> Vec<(String, usize)> {
        let Some(Value::Array(items)) = self.table.get(key).map(Spanned::get_ref) else { return Vec::new() };
        let strings = items.iter().filter_map(|item| match item.get_ref() {
            Value::String(s) => Some((s.to_string(), item.span().start)),
            _ => None,
        });
        strings.collect()
    }

    /// Line of `key`.
    pub(super) fn line(&self, key: &str) -> usize {
        self.errors.line(self.at(key))
    }

    /// True when the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn find(&self, key: &'static str) -> Option<&'c Spanned<Value<'t>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    fn need(&self, key: &'static str) -> Option<&'c Spanned<Value<'t>>> {
        let found = self.find(key);
        if found.is_none() {
            let path = self.path_of(key);
            self.errors.add("POL-03", self.at, &path, "the key is missing".into(), format!("add `{key}`"));
        }
        found
    }

    fn wrong_type(&self, key: &str, value: &Value<'_>, wanted: &str) {
        self.error("POL-04", key, format!("this is a {}", value.type_str()), format!("write {wanted}"));
    }

    /// A string that must be there.
    pub(super) fn string(&self, key: &'static str) -> String {
        match self.need(key).map(Spanned::get_ref) {
            Some(Value::String(s)) => s.to_string(),
            Some(other) => {
                self.wrong_type(key, other, "a string");
                String::new()
            }
            None => String::new(),
        }
    }

    /// A stable id: lower-case letters, digits, `_` and `-`, at most 40.
    pub(super) fn id(&self, key: &'static str) -> String {
        let had = self.errors.found.borrow().len();
        let id = self.string(key);
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        let good = !id.is_empty() && id.len() <= 40 && id.chars().all(fine);
        if !good && self.errors.found.borrow().len() == had {
            self.error(
                "POL-12",
                key,
                format!("`{id}` is no id"),
                "use a-z, 0-9, _ and -, at most 40 characters",
            );
        }
        id
    }

    /// An integer within `range`.
    pub(super) fn integer(&self, key: &'static str, range: RangeInclusive<i64>) -> i64 {
        let Some(value) = self.need(key) else { return *range.start() };
        let Value::Integer(number) = value.get_ref() else {
            self.wrong_type(key, value.get_ref(), "a whole number");
            return *range.start();
        };
        match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(n) if range.contains(&n) => n,
            _ => {
                let todo = format!("write a number from {} to {}", range.start(), range.end());
                self.error("POL-05", key, format!("{} is out of range", number.as_str()), todo);
                *range.start()
            }
        }
    }

    /// The same as an unsigned number; `range` must lie in `u32`.
    pub(super) fn count(&self, key: &'static str, range: RangeInclusive<i64>) -> u32 {
        u32::try_from(self.integer(key, range)).unwrap_or_default()
    }

    /// The same where the key may be left out.
    pub(super) fn count_or(&self, key: &'static str, range: RangeInclusive<i64>, usual: u32) -> u32 {
        self.known(key);
        if self.has(key) { self.count(key, range) } else { usual }
    }

    /// A truth value that may be left out.
    pub(super) fn boolean_or(&self, key: &'static str, usual: bool) -> bool {
        self.known(key);
        if self.has(key) { self.boolean(key) } else { usual }
    }

    /// A truth value that must be there.
    pub(super) fn boolean(&self, key: &'static str) -> bool {
        match self.need(key).map(Spanned::get_ref) {
            Some(Value::Boolean(b)) => *b,
            Some(other) => {
                self.wrong_type(key, other, "true or false");
                false
            }
            None => false,
        }
    }

    /// A local date that must be there.
    pub(super) fn date(&self, key: &'static str) -> NaiveDate {
        let value = self.need(key);
        value.and_then(|v| self.as_date(key, v.get_ref())).unwrap_or(NaiveDate::MIN)
    }

    /// A local date that may be absent.
    pub(super) fn date_opt(&self, key: &'static str) -> Option<NaiveDate> {
        self.find(key).and_then(|v| self.as_date(key, v.get_ref()))
    }

    fn as_date(&self, key: &str, value: &Value<'_>) -> Option<NaiveDate> {
        let date = match value {
            Value::Datetime(d) if d.time.is_none() && d.offset.is_none() => {
                d.date.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()))
            }
            _ => None,
        };
        if date.is_none() {
            let what = format!("this {} is no date", value.type_str());
            self.error("POL-08", key, what, "write year-month-day without quotes, like 2020-03-16");
        }
        date
    }

    /// One of `words`.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let had = self.errors.found.borrow().len();
        let text = self.string(key);
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() && self.errors.found.borrow().len() == had {
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let what = format!("`{text}` is not known here");
            self.error("POL-06", key, what, format!("write one of: {}", all.join(", ")));
        }
        found
    }

    /// A list of strings with the byte of each.
    pub(super) fn strings(&self, key: &'static str) -> Vec<(String, usize)> {
        let Some(value) = self.need(key) else { return Vec::new() };
        let Value::Array(items) = value.get_ref() else {
            self.wrong_type(key, value.get_ref(), "a list of strings");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.get_ref() {
                Value::String(s) => found.push((s.to_string(), item.span().start)),
                other => {
                    let path = format!("{}[{index}]", self.path_of(key));
                    let what = format!("this is a {}", other.type_str());
                    self.errors.add("POL-04", item.span().start, &path, what, "write a string".into());
                }
            }
        }
        found
    }

    /// A list of strings that may be absent.
    pub(super) fn strings_opt(&self, key: &'static str) -> Vec<(String, usize)> {
        self.asked.borrow_mut().push(key);
        if self.has(key) { self.strings(key) } else { Vec::new() }
    }

    /// A table that must be there.
    pub(super) fn table(&self, key: &'static str) -> Option<Node<'c, 't>> {
        let value = self.need(key)?;
        let Value::Table(table) = value.get_ref() else {
            self.wrong_type(key, value.get_ref(), "a table");
            return None;
        };
        Some(self.child(table, self.path_of(key), value.span()))
    }

    /// A table that may be absent.
    pub(super) fn table_opt(&self, key: &'static str) -> Option<Node<'c, 't>> {
        self.asked.borrow_mut().push(key);
        if self.has(key) { self.table(key) } else { None }
    }

    /// A list of tables with at least one item.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Node<'c, 't>> {
        let Some(value) = self.need(key) else { return Vec::new() };
        let Value::Array(items) = value.get_ref() else {
            self.wrong_type(key, value.get_ref(), "a list of tables");
            return Vec::new();
        };
        if items.is_empty() {
            self.error("POL-15", key, "the list is empty", "give at least one item");
        }
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.path_of(key));
            match item.get_ref() {
                Value::Table(table) => found.push(self.child(table, path, item.span())),
                other => {
                    let what = format!("this is a {}", other.type_str());
                    self.errors.add("POL-04", item.span().start, &path, what, "write a table".into());
                }
            }
        }
        found
    }

    /// A list of tables that may be absent or empty.
    pub(super) fn tables_opt(&self, key: &'static str) -> Vec<Node<'c, 't>> {
        self.asked.borrow_mut().push(key);
        let empty =
            matches!(self.table.get(key).map(Spanned::get_ref), Some(Value::Array(a)) if a.is_empty());
        if self.has(key) && !empty { self.tables(key) } else { Vec::new() }
    }

    fn child(&self, table: &'c DeTable<'t>, path: String, span: Range<usize>) -> Node<'c, 't> {
        Node { errors: self.errors, table, path, at: span.start, asked: RefCell::default() }
    }

    /// A text in every language. `placeholder` is the one `{word}` that it may hold.
    pub(super) fn texts(&self, key: &'static str, placeholder: Option<&str>) -> Texts {
        let Some(node) = self.table(key) else { return Texts::default() };
        let mut texts = BTreeMap::new();
        for (language, value) in node.table {
            let code = language.get_ref().as_ref();
            let Value::String(text) = value.get_ref() else {
                node.wrong_type(code, value.get_ref(), "a string");
                continue;
            };
            if !(2..=3).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_lowercase()) {
                node.error(
                    "POL-02",
                    code,
                    "this is no language code",
                    "use a code of ISO 639, like id or en",
                );
            } else if text.trim().is_empty() {
                node.error("POL-11", code, "the text is empty", "write the text");
            } else if let Some(word) = foreign_placeholder(text, placeholder) {
                let what = format!("the text holds `{word}`, which nothing fills in");
                node.error("POL-16", code, what, "take it out");
            }
            texts.insert(code.to_owned(), text.to_string());
        }
        for language in LANGUAGES.iter().filter(|l| !node.has(l)) {
            let path = node.path_of(language);
            let what = format!("the text is missing in `{language}`");
            self.errors.add("POL-11", node.at, &path, what, format!("add `{language}`"));
        }
        Texts(texts)
    }

    /// The table as plain values, for serde.
    pub(super) fn raw(&self) -> &'c DeTable<'t> {
        self.table
    }

    /// Marks a key as known without reading it.
    pub(super) fn known(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
    }

    /// Notes every key that nobody asked for. Call it last.
    pub(super) fn done(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !asked.contains(&name) {
                let near = asked.iter().find(|k| near(k, name));
                let todo =
                    near.map_or_else(|| "take it out".to_owned(), |k| format!("perhaps `{k}` is meant"));
                let path = self.path_of(name);
                self.errors.add("POL-02", key.span().start, &path, "the key is unknown".into(), todo);
            }
        }
    }
}

/// The first `{...}` that is not `{allowed}`; a lone brace counts as one.
fn foreign_placeholder(text: &str, allowed: Option<&str>) -> Option<String> {
    let rest = allowed.map_or_else(|| text.to_owned(), |word| text.replace(&format!("{{{word}}}"), ""));
    let start = rest.find(['{', '}'])?;
    let tail = &rest[start..];
    Some(tail[..tail.find('}').map_or(1, |end| end + 1)].to_owned())
}

/// True when two keys differ by little: the same but for case and separators, or one edit apart.
fn near(a: &str, b: &str) -> bool {
    let plain = |s: &str| s.replace(['_', '-'], "").to_ascii_lowercase();
    let (a, b) = (plain(a), plain(b));
    let prefix = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let suffix = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
    let longer = a.len().max(b.len());
    a.len().abs_diff(b.len()) <= 1 && prefix + suffix + 1 >= longer
}

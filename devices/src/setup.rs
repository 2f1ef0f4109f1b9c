//! Which drivers serve each kind of device, and their parameters: one TOML table per kind, or a list of them.
//!
//! ```toml
//! [camera]
//! driver = "file"
//! path = "portrait.png"
//!
//! [fingerprint]
//! driver = "simulated"
//! person_seed = 7
//! script = ["ok", { on = "slap:left_four", do = "wrong-hand" }]
//! ```
//!
//! A kind may have several drivers, in the order in which they are tried; the others are there to be changed to:
//!
//! ```toml
//! [[camera]]
//! driver = "v4l2"
//! [[camera]]
//! driver = "sbi"
//! ```
//!
//! A [`Setup`] that exists is valid: kinds, drivers, keys and values have been checked by the driver
//! families, and everything that is wrong is reported at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::registry;
use crate::vocabulary::{DeviceFault, DeviceKind};

/// Keys whose values are files or folders, and which [`Setup::rebased`] makes absolute.
const PATH_KEYS: &[&str] = &["path", "folder", "evidence", "roots"];

/// One thing that is wrong in a set-up. `key` is dotted, e.g. `fingerprint.person_seed`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The text is not TOML.
    #[error("DEV-20 not valid TOML: {detail}")]
    Syntax {
        /// The parser's message with line and column.
        detail: String,
    },
    /// A table that names no kind of device.
    #[error("DEV-21 `{key}` is no kind of device; use one of: {known}")]
    UnknownKind {
        /// The table's name.
        key: String,
        /// The kinds there are.
        known: String,
    },
    /// A kind without a driver.
    #[error("DEV-22 `{key}` must be a table with a key `driver`; use one of: {known}")]
    DriverMissing {
        /// The table's name.
        key: String,
        /// The drivers that serve this kind.
        known: String,
    },
    /// A driver that is not there or does not serve this kind.
    #[error("DEV-23 `{key}`: no driver `{driver}` for this kind; use one of: {known}")]
    UnknownDriver {
        /// The key, e.g. `camera.driver`.
        key: String,
        /// The driver that was named.
        driver: String,
        /// The drivers that serve this kind.
        known: String,
    },
    /// A key that the driver does not know.
    #[error("DEV-24 `{key}` is not known; use one of: {known}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that the driver knows.
        known: String,
    },
    /// A key that the driver needs.
    #[error("DEV-25 `{key}` is missing: {expected}")]
    KeyMissing {
        /// The key.
        key: String,
        /// What it must hold.
        expected: String,
    },
    /// A value of the wrong type or out of range.
    #[error("DEV-26 `{key}`: expected {expected}")]
    Value {
        /// The key; for a list with the place, e.g. `camera.script[2]` (counted from 0).
        key: String,
        /// What it must hold.
        expected: String,
    },
}

impl SetupError {
    /// The key that is wrong; empty for a syntax error.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Syntax { .. } => "",
            Self::UnknownKind { key, .. }
            | Self::DriverMissing { key, .. }
            | Self::UnknownDriver { key, .. }
            | Self::UnknownKey { key, .. }
            | Self::KeyMissing { key, .. }
            | Self::Value { key, .. } => key,
        }
    }
}

/// Everything that is wrong in a set-up, in the order of the kinds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SetupErrors(pub Vec<SetupError>);

/// The driver of one kind and its parameters (without the key `driver`).
#[derive(Debug, Clone, PartialEq)]
pub struct DriverSetup {
    /// Identifier of the driver family.
    pub driver: String,
    /// Its parameters, already checked by the family.
    pub parameters: Table,
}

/// The devices of a station or of one session script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table", into = "Table")]
pub struct Setup {
    kinds: BTreeMap<DeviceKind, Vec<DriverSetup>>,
}

impl Setup {
    /// Reads a set-up from TOML text.
    ///
    /// # Errors
    /// [`SetupErrors`] with every error there is.
    pub fn from_toml(text: &str) -> Result<Self, SetupErrors> {
        let table: Table = text.parse().map_err(|e: toml::de::Error| {
            SetupErrors(vec![SetupError::Syntax { detail: e.to_string().trim_end().to_owned() }])
        })?;
        Self::try_from(table)
    }

    /// The preferred driver of one kind, if one is set up.
    #[must_use]
    pub fn driver(&self, kind: DeviceKind) -> Option<&DriverSetup> {
        self.drivers_of(kind).first()
    }

    /// The drivers of one kind, the preferred one first.
    #[must_use]
    pub fn drivers_of(&self, kind: DeviceKind) -> &[DriverSetup] {
        self.kinds.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The kinds that are set up.
    pub fn kinds(&self) -> impl Iterator<Item = DeviceKind> {
        self.kinds.keys().copied()
    }

    /// Every driver that is set up; a kind with several comes several times.
    pub fn drivers(&self) -> impl Iterator<Item = (DeviceKind, &DriverSetup)> {
        self.kinds.iter().flat_map(|(kind, list)| list.iter().map(|setup| (*kind, setup)))
    }

    /// Puts one driver in the place of all of one kind. On errors nothing changes.
    ///
    /// # Errors
    /// [`SetupErrors`] with every error there is.
    pub fn set(&mut self, kind: DeviceKind, driver: &str, parameters: Table) -> Result<(), SetupErrors> {
        let errors = check_driver(kind, driver, &parameters);
        if !errors.is_empty() {
            return Err(SetupErrors(errors));
        }
        self.kinds.insert(kind, vec![DriverSetup { driver: driver.to_owned(), parameters }]);
        Ok(())
    }

    /// What a station uses that names no devices: those that need no parameters (camera, card reader, printer), as far
    /// as their drivers are built in. Readers of fingers and eyes must be named, because they need roots to trust.
    #[must_use]
    pub fn hardware() -> Self {
        let mut setup = Self::default();
        let known = [(DeviceKind::Camera, "v4l2"), (DeviceKind::Card, "pcsc"), (DeviceKind::Printer, "cups")];
        for (kind, driver) in known.into_iter().filter(|(_, driver)| registry::family(driver).is_some()) {
            if let Err(errors) = setup.set(kind, driver, Table::new()) {
                tracing::error!(kind = kind.id(), driver, "{errors}");
            }
        }
        setup
    }

    /// Every kind served by the simulator with its defaults, all showing the person of `person_seed`.
    #[must_use]
    pub fn simulated(person_seed: u32) -> Self {
        let parameters =
            Table::from_iter([("person_seed".to_owned(), Value::Integer(i64::from(person_seed)))]);
        let entry = DriverSetup { driver: crate::drivers::simulated::ID.to_owned(), parameters };
        Self { kinds: DeviceKind::ALL.iter().map(|kind| (*kind, vec![entry.clone()])).collect() }
    }

    /// The same set-up with relative paths taken from `base` (the folder of the file it was read from).
    #[must_use]
    pub fn rebased(mut self, base: &Path) -> Self {
        for entry in self.kinds.values_mut().flatten() {
            for key in PATH_KEYS {
                if let Some(Value::String(path)) = entry.parameters.get_mut(*key) {
                    *path = base.join(&*path).to_string_lossy().into_owned();
                }
            }
        }
        self
    }
}

impl TryFrom<Table> for Setup {
    type Error = SetupErrors;

    fn try_from(table: Table) -> Result<Self, SetupErrors> {
        let mut errors = Vec::new();
        let mut kinds = BTreeMap::new();
        for (name, value) in table {
            let Some(kind) = DeviceKind::from_id(&name) else {
                let known = join(DeviceKind::ALL.iter().map(|k| k.id()));
                errors.push(SetupError::UnknownKind { key: name, known });
                continue;
            };
            let entries = match value {
                Value::Array(list) if !list.is_empty() => list,
                one => vec![one],
            };
            for entry in entries {
                match read_entry(kind, &name, entry) {
                    Ok(entry) => kinds.entry(kind).or_insert_with(Vec::new).push(entry),
                    Err(found) => errors.extend(found),
                }
            }
        }
        if errors.is_empty() { Ok(Self { kinds }) } else { Err(SetupErrors(errors)) }
    }
}

impl From<Setup> for Table {
    fn from(setup: Setup) -> Self {
        let entry = |entry: DriverSetup| {
            let mut table = entry.parameters;
            table.insert("driver".to_owned(), Value::String(entry.driver));
            Value::Table(table)
        };
        let kind = |(kind, mut list): (DeviceKind, Vec<DriverSetup>)| {
            let value = match list.len() {
                1 => entry(list.remove(0)),
                _ => Value::Array(list.into_iter().map(entry).collect()),
            };
            (kind.id().to_owned(), value)
        };
        setup.kinds.into_iter().map(kind).collect()
    }
}

/// One driver of a kind; `name` is the key as it was written.
fn read_entry(kind: DeviceKind, name: &str, value: Value) -> Result<DriverSetup, Vec<SetupError>> {
    let missing = || SetupError::DriverMissing { key: name.to_owned(), known: drivers_of(kind) };
    let Value::Table(mut parameters) = value else { return Err(vec![missing()]) };
    let Some(Value::String(driver)) = parameters.remove("driver") else { return Err(vec![missing()]) };
    let errors = check_driver(kind, &driver, &parameters);
    if errors.is_empty() { Ok(DriverSetup { driver, parameters }) } else { Err(errors) }
}

fn check_driver(kind: DeviceKind, driver: &str, parameters: &Table) -> Vec<SetupError> {
    match registry::family(driver).filter(|f| f.kinds.contains(&kind)) {
        Some(family) => (family.check)(kind, parameters),
        None => vec![SetupError::UnknownDriver {
            key: format!("{}.driver", kind.id()),
            driver: driver.to_owned(),
            known: drivers_of(kind),
        }],
    }
}

fn drivers_of(kind: DeviceKind) -> String {
    join(registry::FAMILIES.iter().filter(|f| f.kinds.contains(&kind)).map(|f| f.id))
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// What a driver says that is opened with parameters that do not fit.
impl From<SetupErrors> for DeviceFault {
    fn from(errors: SetupErrors) -> Self {
        Self::Protocol { detail: errors.to_string().replace('\n', "; ") }
    }
}

/// The parameters of a driver family.
pub trait DriverParameters<'a>: Sized {
    /// Reads the table of one kind.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read(kind: DeviceKind, table: &'a Table) -> Result<Self, Vec<SetupError>>;

    /// The same for opening a device, where wrong parameters are a fault of the set-up.
    ///
    /// # Errors
    /// [`DeviceFault::Protocol`] that names everything that is wrong.
    fn wanted(kind: DeviceKind, table: &'a Table) -> Result<Self, DeviceFault> {
        Self::read(kind, table).map_err(|errors| SetupErrors(errors).into())
    }
}

/// What is wrong with the parameters of one kind for a family.
pub(crate) fn errors_of<'a, P: DriverParameters<'a>>(kind: DeviceKind, table: &'a Table) -> Vec<SetupError> {
    P::read(kind, table).err().unwrap_or_default()
}

/// Reads a driver's parameters one key at a time and collects every error instead of stopping at the first.
#[derive(Debug)]
pub struct Parameters<'a> {
    kind: DeviceKind,
    table: &'a Table,
    known: Vec<&'static str>,
    errors: Vec<SetupError>,
}

impl<'a> Parameters<'a> {
    /// A reader of the parameters of one kind.
    #[must_use]
    pub fn new(kind: DeviceKind, table: &'a Table) -> Self {
        Self { kind, table, known: Vec::new(), errors: Vec::new() }
    }

    /// The raw value of a key; marks the key as known.
    pub fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.table.get(key)
    }

    /// Notes that the value of `key` (with a place in a list, where it is one) is wrong.
    pub fn wrong(&mut self, key: &str, expected: impl Into<String>) {
        let key = format!("{}.{key}", self.kind.id());
        self.errors.push(SetupError::Value { key, expected: expected.into() });
    }

    /// A whole number of `from..=to`; `None` when the key is missing or wrong.
    pub fn integer(&mut self, key: &'static str, from: i64, to: i64) -> Option<i64> {
        let value = self.value(key)?;
        let number = value.as_integer().filter(|n| (from..=to).contains(n));
        if number.is_none() {
            self.wrong(key, format!("a whole number from {from} to {to}"));
        }
        number
    }

    /// A text; `None` when the key is missing or wrong.
    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let value = self.value(key)?;
        let text = value.as_str().filter(|t| !t.is_empty());
        if text.is_none() {
            self.wrong(key, "a text");
        }
        text
    }

    /// True or false; `None` when the key is missing or wrong.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.wrong(key, "true or false");
        }
        flag
    }

    /// A list whose elements `read` understands; empty when the key is missing.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.wrong(key, format!("a list; each element {expected}"));
            return Vec::new();
        };
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match read(item) {
                Some(value) => out.push(value),
                None => self.wrong(&format!("{key}[{index}]"), expected),
            }
        }
        out
    }

    /// A file or folder that the driver cannot do without.
    pub fn needed_path(&mut self, key: &'static str, expected: &str) -> PathBuf {
        if self.table.contains_key(key) {
            return self.text(key).map(PathBuf::from).unwrap_or_default();
        }
        self.known.push(key);
        let key = format!("{}.{key}", self.kind.id());
        self.errors.push(SetupError::KeyMissing { key, expected: expected.to_owned() });
        PathBuf::new()
    }

    /// Ends the reading: `value` when nothing was wrong and no key was left over.
    ///
    /// # Errors
    /// Every error that was met, unknown keys last.
    pub fn finish<T>(mut self, value: T) -> Result<T, Vec<SetupError>> {
        for key in self.table.keys().filter(|k| !self.known.contains(&k.as_str())) {
            let key = format!("{}.{key}", self.kind.id());
            let known = join(self.known.iter().copied());
            self.errors.push(SetupError::UnknownKey { key, known });
        }
        if self.errors.is_empty() { Ok(value) } else { Err(self.errors) }
    }
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;

//! The script of a simulated device: what it does on which call.
//!
//! A script is a list. An element is a text (`"ok"`, `"retry:too-dry"`, `"slow:800"`) or a table
//! `{ do = "wrong-hand", on = "slap:right_four", times = 2, replug_after_ms = 300 }`. Each call takes the
//! first element bound to its task by `on`, else the next element without `on`, else does `ok`.
//!
//! Names for `on`, specific or general: `face`, `exception-photo`, `evidence-photo` (any of both), `slap:right_four` or `slap`,
//! `finger:left_index` or `finger` (first capture), `again:left_index` or `again` (re-capture), `irises`,
//! `signature`, `temperature`, and for what is no capture task `frame` (live picture of the camera, bound
//! elements only), `card` (a whole reading), `apdu` (one command of it, bound elements only) and `print`.

use biometrics::position::{FingerPosition, Slap};
use toml::Value;

use crate::setup::Parameters;
use crate::vocabulary::{CaptureTask, DeviceFault, DeviceKind, Retry};

/// Most elements of one script.
pub const ELEMENTS_MAX: usize = 1000;
/// Largest `times` of one element.
pub const TIMES_MAX: i64 = 1000;
/// Longest time in a script, in milliseconds.
pub const TIME_MAX_MS: u64 = 600_000;

/// What a simulated device does on one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Gives what was asked for.
    Ok,
    /// Ends with a reason that the person can mend.
    Retry(Retry),
    /// Waits this many milliseconds first; a fault when the deadline comes before.
    Slow(u64),
    /// Gives images of another finger of the same hand.
    WrongFinger,
    /// Gives images of the same fingers of the other hand.
    WrongHand,
    /// Gives a sample with nothing on it.
    Blank,
    /// Is unplugged now; back after this many milliseconds, or by a `replug` where there is no time.
    Unplug(Option<u64>),
    /// Is plugged in again; the call then goes on with the next element.
    Replug,
    /// Ignores deadline and cancel.
    Hang,
    /// Panics.
    Crash,
    /// Gives data that cannot be read.
    BadData,
    /// Ends with a fault: `fault:busy` or `fault:protocol`.
    Fault(DeviceFault),
}

/// One element of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// What is done.
    pub action: Action,
    /// The task it is bound to, if any.
    pub on: Option<String>,
    /// How many calls it serves.
    pub times: u32,
}

/// What is left of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    elements: Vec<Element>,
}

impl Script {
    /// A script of these elements.
    #[must_use]
    pub fn new(elements: Vec<Element>) -> Self {
        Self { elements }
    }

    /// Reads the key `script` of a device's parameters; errors go to the reader.
    pub fn read(parameters: &mut Parameters<'_>, kind: DeviceKind) -> Self {
        let Some(value) = parameters.value("script") else { return Self::default() };
        let Some(items) = value.as_array().filter(|items| items.len() <= ELEMENTS_MAX) else {
            parameters.wrong("script", format!("a list of at most {ELEMENTS_MAX} actions"));
            return Self::default();
        };
        let mut elements = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match element(item, kind) {
                Ok(element) => elements.push(element),
                Err((key, expected)) => parameters.wrong(&format!("script[{index}]{key}"), expected),
            }
        }
        Self { elements }
    }

    /// Takes the action for a call with these names (specific first), if one is left.
    pub fn take(&mut self, names: &[String]) -> Option<Action> {
        self.take_bound(names).or_else(|| self.take_at(self.elements.iter().position(|e| e.on.is_none())))
    }

    /// Takes an action bound to one of these names, if one is left.
    pub fn take_bound(&mut self, names: &[String]) -> Option<Action> {
        let bound = |e: &Element| e.on.as_ref().is_some_and(|on| names.contains(on));
        self.take_at(self.elements.iter().position(bound))
    }

    fn take_at(&mut self, index: Option<usize>) -> Option<Action> {
        let index = index?;
        let element = self.elements.get_mut(index)?;
        let action = element.action.clone();
        element.times = element.times.saturating_sub(1);
        if element.times == 0 {
            self.elements.remove(index);
        }
        Some(action)
    }
}

/// The names under which a script can bind to a task, specific first.
#[must_use]
pub fn names(task: &CaptureTask) -> Vec<String> {
    let pair = |general: &str, specific: &str| vec![format!("{general}:{specific}"), general.to_owned()];
    match task {
        CaptureTask::Face => vec!["face".to_owned()],
        CaptureTask::EvidencePhoto => vec!["evidence-photo".to_owned()],
        CaptureTask::ExceptionPhoto { .. } => vec!["exception-photo".to_owned(), "evidence-photo".to_owned()],
        CaptureTask::Slap { slap, .. } => pair("slap", slap.id()),
        CaptureTask::Finger { position, again: false } => pair("finger", position.id()),
        CaptureTask::Finger { position, again: true } => pair("again", position.id()),
        CaptureTask::Platen => vec!["platen".to_owned()],
        CaptureTask::Irises { .. } => vec!["irises".to_owned()],
        CaptureTask::Signature => vec!["signature".to_owned()],
        CaptureTask::Temperature => vec!["temperature".to_owned()],
        CaptureTask::Card { .. } => vec!["card".to_owned()],
    }
}

/// Every name that `on` may have for a kind of device.
fn names_of(kind: DeviceKind) -> Vec<String> {
    let words: &[&str] = match kind {
        DeviceKind::Camera => &["face", "exception-photo", "evidence-photo", "frame"],
        DeviceKind::Fingerprint => &["slap", "finger", "again", "platen"],
        DeviceKind::Iris => &["irises"],
        DeviceKind::Card => &["card", "apdu"],
        DeviceKind::SignaturePad => &["signature"],
        DeviceKind::Thermometer => &["temperature"],
        DeviceKind::Printer => &["print"],
    };
    let mut names: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
    if kind == DeviceKind::Fingerprint {
        names.extend(Slap::ALL.iter().map(|s| format!("slap:{s}")));
        names.extend(FingerPosition::ALL.iter().map(|p| format!("finger:{p}")));
        names.extend(FingerPosition::ALL.iter().map(|p| format!("again:{p}")));
    }
    names
}

/// Reads one element; an error is the part of the key behind the index, and what was expected there.
fn element(value: &Value, kind: DeviceKind) -> Result<Element, (String, String)> {
    let table = match value {
        Value::String(text) => {
            let action = action(text, kind).map_err(|e| (String::new(), e))?;
            return Ok(Element { action, on: None, times: 1 });
        }
        Value::Table(table) => table,
        _ => return Err((String::new(), "an action (text) or a table with `do`".to_owned())),
    };
    let text = table.get("do").and_then(Value::as_str);
    let text = text.ok_or_else(|| (".do".to_owned(), expected_actions(kind)))?;
    let mut action = action(text, kind).map_err(|e| (".do".to_owned(), e))?;
    let mut element = Element { action: Action::Ok, on: None, times: 1 };
    for (key, value) in table {
        let wrong = |expected: String| (format!(".{key}"), expected);
        match key.as_str() {
            "do" => {}
            "on" => {
                let names = names_of(kind);
                let name = value.as_str().filter(|n| names.iter().any(|known| known == n));
                let name = name.ok_or_else(|| wrong(format!("one of: {}", names.join(", "))))?;
                element.on = Some(name.to_owned());
            }
            "times" => {
                let times = value.as_integer().filter(|n| (1..=TIMES_MAX).contains(n));
                let times = times.ok_or_else(|| wrong(format!("a whole number from 1 to {TIMES_MAX}")))?;
                element.times = times as u32;
            }
            "replug_after_ms" => {
                let time =
                    value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= TIME_MAX_MS);
                let time = time.filter(|_| matches!(action, Action::Unplug(_)));
                let expected =
                    || wrong(format!("milliseconds up to {TIME_MAX_MS}, with `do = \"unplug\"` only"));
                action = Action::Unplug(Some(time.ok_or_else(expected)?));
            }
            _ => return Err(wrong("one of: do, on, times, replug_after_ms".to_owned())),
        }
    }
    Ok(Element { action, ..element })
}

/// Reads an action and checks that this kind of device can do it.
fn action(text: &str, kind: DeviceKind) -> Result<Action, String> {
    let (word, argument) = match text.split_once(':') {
        Some((word, argument)) => (word, Some(argument)),
        None => (text, None),
    };
    let captures = kind != DeviceKind::Printer;
    let action = match (word, argument) {
        ("ok", None) => Action::Ok,
        ("retry", Some(id)) if captures => {
            let known = || Retry::ALL.iter().map(|r| r.id()).collect::<Vec<_>>().join(", ");
            Action::Retry(Retry::from_id(id).ok_or_else(|| format!("`retry:` with one of: {}", known()))?)
        }
        ("slow", Some(ms)) => {
            let time = ms.parse().ok().filter(|n: &u64| *n <= TIME_MAX_MS);
            Action::Slow(time.ok_or_else(|| format!("`slow:` with milliseconds up to {TIME_MAX_MS}"))?)
        }
        ("wrong-finger", None) if kind == DeviceKind::Fingerprint => Action::WrongFinger,
        ("wrong-hand", None) if kind == DeviceKind::Fingerprint => Action::WrongHand,
        ("blank", None) if captures && !matches!(kind, DeviceKind::Thermometer | DeviceKind::Card) => {
            Action::Blank
        }
        ("unplug", None) => Action::Unplug(None),
        ("replug", None) => Action::Replug,
        ("hang", None) => Action::Hang,
        ("crash", None) => Action::Crash,
        ("bad-data", None) => Action::BadData,
        ("fault", Some(id)) => {
            let found = faults().into_iter().find(|f| f.id() == id);
            let known = || faults().iter().map(DeviceFault::id).collect::<Vec<_>>().join(", ");
            Action::Fault(found.ok_or_else(|| format!("`fault:` with one of: {}", known()))?)
        }
        _ => return Err(expected_actions(kind)),
    };
    Ok(action)
}

/// The faults that a script can name.
fn faults() -> Vec<DeviceFault> {
    let detail = || "by its script".to_owned();
    vec![
        DeviceFault::Busy,
        DeviceFault::Protocol { detail: detail() },
        DeviceFault::Unsupported,
        DeviceFault::Reported { code: "sbi-103".to_owned() },
        DeviceFault::ServiceMissing { service: "simulated".to_owned() },
        DeviceFault::Untrusted { detail: detail() },
        DeviceFault::NotPermitted,
        DeviceFault::ClockWrong { skew_s: 600 },
        DeviceFault::CannotPrint { detail: detail() },
        DeviceFault::InClear,
    ]
}

fn expected_actions(kind: DeviceKind) -> String {
    let mut words = vec!["ok", "slow:<ms>", "unplug", "replug", "hang", "crash", "bad-data"];
    words.push("fault:<name>");
    match kind {
        DeviceKind::Printer => {}
        DeviceKind::Card | DeviceKind::Thermometer => words.push("retry:<reason>"),
        DeviceKind::Fingerprint => words.extend(["retry:<reason>", "blank", "wrong-finger", "wrong-hand"]),
        _ => words.extend(["retry:<reason>", "blank"]),
    }
    format!("an action; one of: {}", words.join(", "))
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;

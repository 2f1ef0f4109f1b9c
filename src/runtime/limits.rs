//! The station's limits: facts in, findings out. Pure; the start page, the doctor and the refusal of a new session
//! all read the same findings.
//!
//! Room is reckoned in applicants. A session writes its draft and then its record, and the draft goes only when the
//! record is safe; so every open session counts with one record, and one more record must fit for the moment in which
//! draft and record are both there. A new session is refused where that sum does not fit beside the policy's reserve;
//! finishing is never refused.

use chrono::{DateTime, TimeDelta, Utc};

use super::power::Power;
use crate::gate::StationLimits;
use crate::i18n::{Told, Words};
use crate::vault::{Room, Unsent};

/// What a record takes at least, in bytes: the first one of a station has nothing to go by.
pub const RECORD_FLOOR_BYTES: u64 = 10_000_000;
/// Extract, header, audit lines and index of one record, in bytes.
const BESIDE_BYTES: u64 = 256 * 1024;
/// Files of one session: its steps, the record's three, marker and temporary ones.
const SESSION_FILES: u64 = 24;
/// Files that are left alone.
const RESERVE_FILES: u64 = 500;
/// Of a limit, the part from which on it is told: four fifths.
const TELL: (u64, u64) = (4, 5);

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All is well.
    Ok,
    /// Somebody should act soon.
    Warn,
    /// No new session may begin.
    Refuse,
}

impl Level {
    /// Stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Refuse => "refuse",
        }
    }
}

/// One finding. Words: `<message>` with its numbers, and `<message>-do` where something is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub level: Level,
    /// Message id.
    pub message: &'static str,
    /// Numbers of the message, by name.
    pub numbers: Vec<(&'static str, i64)>,
    /// Stable code, empty where all is well.
    pub code: String,
    /// Message id of the error behind it, where there is one.
    pub because: Option<String>,
}

/// An error as findings carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Message id.
    pub message: String,
    /// Stable code.
    pub code: String,
}

/// What the vault knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreFacts {
    /// The disk.
    pub room: Room,
    /// What is not sent.
    pub unsent: Unsent,
    /// Seconds that the clock is behind the last audit line or the hub, where that is too much.
    pub behind_s: Option<i64>,
    /// The clock is further ahead of the last use than any closed office explains.
    pub far_ahead: bool,
    /// The latest time that a hub is known to have had.
    pub hub: Option<DateTime<Utc>>,
    /// Old copies of the vault or its index that nobody removed.
    pub leftovers: usize,
}

/// Everything that is known of the station.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StationFacts {
    /// The vault's disk and queue; none before it was looked at.
    pub store: Option<Result<StoreFacts, Trouble>>,
    /// Mains and batteries; none before they were looked at.
    pub power: Option<Power>,
    /// Seconds that the clock jumped while the officer was signed in; 0: it did not.
    pub jumped_s: i64,
    /// A training station: the times of its records may be a script's, so their age stops nothing.
    pub training: bool,
    /// Sessions that are open in memory.
    pub open: usize,
    /// Open sessions that will be discarded soon: how many, and when the first.
    pub expiring: Option<(usize, DateTime<Utc>)>,
    /// The trial seal: none before the first, then what it told.
    pub trial: Option<Result<(), Trouble>>,
}

impl Finding {
    /// What it says and what to do.
    #[must_use]
    pub fn told(&self, words: &Words) -> Told {
        let mut what = words.with(self.message, &self.numbers);
        let mut to_do = match self.level {
            Level::Ok => String::new(),
            Level::Warn | Level::Refuse => words.get(&format!("{}-do", self.message)),
        };
        if let Some(because) = &self.because {
            let why = words.get(because);
            what = words.with("limit-because", &[("what", what.as_str()), ("why", why.as_str())]);
            // What mends the cause is nearer than what the limit itself could say.
            to_do = words.get(&format!("{because}-do"));
        }
        Told { what, to_do, code: self.code.clone() }
    }
}

/// How many more applicants the disk has room for, beside those whose sessions are open.
#[must_use]
pub fn applicants(room: &Room, open: usize, limits: &StationLimits) -> u64 {
    let open = open.max(room.drafts) as u64;
    let one = room.mean_bytes.max(RECORD_FLOOR_BYTES) + BESIDE_BYTES;
    let moment = room.largest_bytes.max(RECORD_FLOOR_BYTES);
    let reserve = u64::from(limits.disk_reserve_mb) * 1_000_000;
    let by_bytes = room.free_bytes.saturating_sub(reserve).saturating_sub(moment) / one;
    let by_files = room.free_files.map_or(u64::MAX, |n| n.saturating_sub(RESERVE_FILES) / SESSION_FILES);
    by_bytes.min(by_files).saturating_sub(open)
}

/// How many open sessions are discarded within `hours`, and when the first; `ends` are their ends.
#[must_use]
pub fn expiring_soon(
    ends: impl Iterator<Item = DateTime<Utc>>,
    hours: u32,
    now: DateTime<Utc>,
) -> Option<(usize, DateTime<Utc>)> {
    let soon: Vec<DateTime<Utc>> =
        ends.filter(|end| *end - now <= TimeDelta::hours(i64::from(hours))).collect();
    soon.iter().min().map(|first| (soon.len(), *first))
}

/// The findings, in the order in which they are shown.
#[must_use]
pub fn findings(facts: &StationFacts, limits: &StationLimits, now: DateTime<Utc>) -> Vec<Finding> {
    let mut list = Vec::new();
    match &facts.store {
        None => {}
        Some(Err(trouble)) => {
            let because = Some(trouble.message.clone());
            list.push(Finding {
                because,
                code: trouble.code.clone(),
                ..finding(Level::Refuse, "limit-store", &[], "")
            });
        }
        Some(Ok(store)) => {
            list.push(disk(&store.room, facts.open, limits));
            list.push(unsent(&store.unsent, facts.training, limits, now));
            list.push(clock(store, facts.jumped_s, limits, now));
            let count = [("count", whole(store.leftovers as u64))];
            let left =
                (store.leftovers > 0).then(|| finding(Level::Warn, "limit-leftovers", &count, "LIM-13"));
            list.extend(left);
        }
    }
    list.extend(facts.power.as_ref().and_then(|power| battery(power, limits)));
    list.extend(facts.expiring.map(|(count, first)| expiring(count, first, now)));
    list.extend(facts.trial.as_ref().map(trial));
    list
}

/// The finding that keeps a new session from being begun.
#[must_use]
pub fn refusal(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().find(|finding| finding.level == Level::Refuse)
}

fn finding(level: Level, message: &'static str, numbers: &[(&'static str, i64)], code: &str) -> Finding {
    Finding { level, message, numbers: numbers.to_vec(), code: code.to_owned(), because: None }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn disk(room: &Room, open: usize, limits: &StationLimits) -> Finding {
    let more = applicants(room, open, limits);
    let numbers = [("count", whole(more)), ("free_mb", whole(room.free_bytes / 1_000_000))];
    if more == 0 {
        finding(Level::Refuse, "limit-disk-full", &numbers, "LIM-01")
    } else if more <= u64::from(limits.warn_applicants) {
        finding(Level::Warn, "limit-disk-low", &numbers, "LIM-02")
    } else {
        finding(Level::Ok, "limit-disk-ok", &numbers, "")
    }
}

fn unsent(unsent: &Unsent, training: bool, limits: &StationLimits, now: DateTime<Utc>) -> Finding {
    let Some(oldest) = unsent.oldest.filter(|_| unsent.records > 0) else {
        return finding(Level::Ok, "limit-unsent-none", &[], "");
    };
    let age = (now - oldest).max(TimeDelta::zero());
    let most = TimeDelta::days(i64::from(limits.unsent_days));
    let (count, max_count) = (unsent.records as u64, u64::from(limits.unsent_records));
    let numbers = [
        ("count", whole(count)),
        ("days", age.num_days()),
        ("max_days", i64::from(limits.unsent_days)),
        ("max_count", i64::from(limits.unsent_records)),
        ("left_hours", (most - age).max(TimeDelta::zero()).num_hours()),
        ("left_count", whole(max_count.saturating_sub(count))),
    ];
    let over = if limits.unsent_stops { Level::Refuse } else { Level::Warn };
    let near =
        |found: i64, most: i64| found.saturating_mul(TELL.1 as i64) >= most.saturating_mul(TELL.0 as i64);
    // Where age only tells, it must not hide the number that stops.
    let (old, many) = (age >= most, count >= max_count);
    if old && !(training && many) {
        let over = if training { Level::Warn } else { over };
        finding(over, "limit-unsent-old", &numbers, "LIM-03")
    } else if many {
        finding(over, "limit-unsent-many", &numbers, "LIM-04")
    } else if near(age.num_seconds(), most.num_seconds()) || near(whole(count), whole(max_count)) {
        finding(Level::Warn, "limit-unsent-near", &numbers, "LIM-05")
    } else {
        finding(Level::Ok, "limit-unsent-ok", &numbers, "")
    }
}

fn clock(store: &StoreFacts, jumped_s: i64, limits: &StationLimits, now: DateTime<Utc>) -> Finding {
    let drift_s = i64::from(limits.clock_drift_s);
    let minutes = |seconds: i64| {
        let minutes = seconds.unsigned_abs().div_ceil(60) as i64;
        // From two hours and two days on the smaller unit says nothing: the words take the largest that is not 0.
        let from_two = |size: i64| if minutes >= 2 * size { minutes / size } else { 0 };
        [("minutes", minutes), ("hours", from_two(60)), ("days", from_two(1440))]
    };
    let behind_hub_s = store.hub.map_or(0, |hub| (hub - now).num_seconds());
    if let Some(behind_s) = store.behind_s.filter(|behind_s| *behind_s <= behind_hub_s) {
        finding(Level::Refuse, "limit-clock-hub-back", &minutes(behind_s), "LIM-06")
    } else if let Some(behind_s) = store.behind_s {
        finding(Level::Refuse, "limit-clock-back", &minutes(behind_s), "LIM-06")
    } else if behind_hub_s > drift_s {
        finding(Level::Warn, "limit-clock-hub", &minutes(behind_hub_s), "LIM-07")
    } else if jumped_s > 0 {
        finding(Level::Warn, "limit-clock-jumped-ahead", &minutes(jumped_s), "LIM-08")
    } else if jumped_s < 0 {
        finding(Level::Warn, "limit-clock-jumped-back", &minutes(jumped_s), "LIM-09")
    } else if store.far_ahead {
        finding(Level::Warn, "limit-clock-far", &[], "LIM-10")
    } else {
        finding(Level::Ok, "limit-clock-ok", &[], "")
    }
}

/// A computer without a battery has nothing to tell: when its power goes, it tells nothing either.
fn battery(power: &Power, limits: &StationLimits) -> Option<Finding> {
    let percent = power.percent?;
    let numbers = [("percent", i64::from(percent))];
    Some(if power.mains {
        finding(Level::Ok, "limit-power-mains", &numbers, "")
    } else if u32::from(percent) <= limits.battery_warn_percent {
        finding(Level::Warn, "limit-power-low", &numbers, "LIM-11")
    } else {
        finding(Level::Ok, "limit-power-battery", &numbers, "")
    })
}

fn expiring(count: usize, first: DateTime<Utc>, now: DateTime<Utc>) -> Finding {
    let hours = (first - now).max(TimeDelta::zero()).num_hours();
    finding(Level::Warn, "limit-drafts-expiring", &[("count", count as i64), ("hours", hours)], "LIM-12")
}

fn trial(trial: &Result<(), Trouble>) -> Finding {
    match trial {
        Ok(()) => finding(Level::Ok, "limit-trial-ok", &[], ""),
        Err(trouble) => Finding {
            because: Some(trouble.message.clone()),
            code: trouble.code.clone(),
            ..finding(Level::Refuse, "limit-trial-failed", &[], "")
        },
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;

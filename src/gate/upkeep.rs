//! What a policy says of the station itself: how far it goes on without sending, with how much room and power left,
//! and how long it keeps what it keeps.
//!
//! Both tables, `[limits]` and `[retention]`, and each of their keys may be left out: an office that changes one
//! number writes one line. `docs/limits-and-retention.md` says what each means.

use serde::{Deserialize, Serialize};

use super::spanned::Node;

/// How far a station may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationLimits {
    /// Days that a record may wait to be sent.
    pub unsent_days: u32,
    /// Records that may wait to be sent.
    pub unsent_records: u32,
    /// At either of these two limits no new session is begun; otherwise it is told only.
    pub unsent_stops: bool,
    /// Megabytes (10^6 bytes) of the disk that are left alone: for the system, and for finishing what is open.
    pub disk_reserve_mb: u32,
    /// From this many applicants on that the disk has room for, it is told.
    pub warn_applicants: u32,
    /// From this charge on, on battery, it is told.
    pub battery_warn_percent: u32,
    /// Seconds that the clock may jump or be behind the hub before it is told. Devices of the Secure Biometric
    /// Interface refuse a clock that is five minutes off.
    pub clock_drift_s: u32,
}

impl Default for StationLimits {
    /// The limits of a policy file without them.
    fn default() -> Self {
        Self {
            unsent_days: 3,
            unsent_records: 500,
            unsent_stops: true,
            disk_reserve_mb: 200,
            warn_applicants: 20,
            battery_warn_percent: 20,
            clock_drift_s: 300,
        }
    }
}

/// How long the station keeps what it keeps, in days where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRules {
    /// Health answers and readings of sessions that are not sealed, and slips that tell of a refusal.
    pub health_days: u32,
    /// Open sessions, from their last step on.
    pub draft_days: u32,
    /// Hours before an open session's end from which it is told.
    pub draft_warn_hours: u32,
    /// Sealed records, from the day on which they are known to be with the centre or in two stores.
    pub sent_days: u32,
    /// The named extract of a record, from its sealing on.
    pub extract_days: u32,
    /// The keyed hashes by which a second recording of the same person is found, from its sealing on.
    pub duplicate_days: u32,
    /// Documents that were not printed.
    pub unprinted_days: u32,
    /// Proofs of handovers: who received the card, and the signature.
    pub card_proof_days: u32,
    /// Years that the audit is never shortened.
    pub audit_years: u32,
}

impl Default for RetentionRules {
    /// The times of a policy file without them.
    fn default() -> Self {
        Self {
            health_days: 21,
            draft_days: 7,
            draft_warn_hours: 24,
            sent_days: 30,
            extract_days: 90,
            duplicate_days: 365,
            unprinted_days: 14,
            card_proof_days: 365,
            audit_years: 5,
        }
    }
}

/// Reads the table `[limits]`, which may be left out.
pub(super) fn limits(root: &Node<'_, '_>) -> StationLimits {
    let usual = StationLimits::default();
    let Some(node) = root.table_opt("limits") else { return usual };
    let limits = StationLimits {
        unsent_days: node.count_or("unsent_days", 1..=60, usual.unsent_days),
        unsent_records: node.count_or("unsent_records", 1..=100_000, usual.unsent_records),
        unsent_stops: node.boolean_or("unsent_stops", usual.unsent_stops),
        disk_reserve_mb: node.count_or("disk_reserve_mb", 50..=10_000_000, usual.disk_reserve_mb),
        warn_applicants: node.count_or("warn_applicants", 1..=10_000, usual.warn_applicants),
        battery_warn_percent: node.count_or("battery_warn_percent", 1..=95, usual.battery_warn_percent),
        clock_drift_s: node.count_or("clock_drift_s", 30..=86_400, usual.clock_drift_s),
    };
    node.done();
    limits
}

/// Reads the table `[retention]`, which may be left out.
pub(super) fn retention(root: &Node<'_, '_>) -> RetentionRules {
    let usual = RetentionRules::default();
    let Some(node) = root.table_opt("retention") else { return usual };
    let rules = RetentionRules {
        health_days: node.count_or("health_days", 1..=90, usual.health_days),
        draft_days: node.count_or("draft_days", 1..=60, usual.draft_days),
        draft_warn_hours: node.count_or("draft_warn_hours", 1..=720, usual.draft_warn_hours),
        sent_days: node.count_or("sent_days", 1..=3_650, usual.sent_days),
        extract_days: node.count_or("extract_days", 1..=3_650, usual.extract_days),
        duplicate_days: node.count_or("duplicate_days", 0..=3_650, usual.duplicate_days),
        unprinted_days: node.count_or("unprinted_days", 1..=365, usual.unprinted_days),
        card_proof_days: node.count_or("card_proof_days", 30..=3_650, usual.card_proof_days),
        audit_years: node.count_or("audit_years", 1..=30, usual.audit_years),
    };
    // A number that could not be read has had its own error; comparing its stand-in would add a false one.
    let read = |key: &str, range| !node.has(key) || node.is_integer_in(key, range);
    let drafts = read("draft_days", 1..=60) && read("draft_warn_hours", 1..=720);
    if drafts && rules.draft_warn_hours >= rules.draft_days * 24 {
        let what = "the warning would stand from the first hour on";
        node.error("POL-14", "draft_warn_hours", what, "write less than the hours of `draft_days`");
    }
    let people = read("duplicate_days", 0..=3_650) && read("extract_days", 1..=3_650);
    if people && rules.duplicate_days > 0 && rules.duplicate_days < rules.extract_days {
        let what = "the person could be recorded again while the station still knows the name";
        node.error("POL-14", "duplicate_days", what, "write 0, or at least `extract_days`");
    }
    node.done();
    rules
}

#[cfg(test)]
#[path = "tests/upkeep.rs"]
mod tests;

//! Looking after the station: what its limits say, and that what is due is deleted.
//!
//! Looks are asked of the vault's worker and of the power thread every few seconds; the answers become findings, which
//! the start page shows and a new session is refused by.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use record::schema::{Environment, Outcome};
use uuid::Uuid;

use super::Station;
use crate::runtime::clock::ClockWatch;
use crate::runtime::limits::{self, Finding, StationFacts};
use crate::runtime::lookout;
use crate::runtime::power::Power;
use crate::runtime::station::{Notice, NoticeLevel};
use crate::runtime::vault_jobs::VaultJob;
use crate::runtime::vault_worker::Look;
use crate::vault::RetentionReport;

/// Time between two looks at the vault.
const LOOK_S: i64 = 10;
/// Time between two looks at mains and batteries.
const POWER_S: i64 = 15;

/// What is known of the station.
#[derive(Default)]
pub(super) struct Upkeep {
    facts: StationFacts,
    findings: Vec<Finding>,
    /// When the last look was asked for, and that it has not been answered.
    looked: Option<DateTime<Utc>>,
    looking: bool,
    power: Option<DateTime<Utc>>,
    watch: ClockWatch,
    /// The day on which what is due was deleted last.
    kept_house: Option<NaiveDate>,
}

impl Upkeep {
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl Station {
    /// Looks again where that is due.
    pub(super) fn tick_upkeep(&mut self, now: DateTime<Utc>) {
        self.watch_clock(now);
        if self.signed_in.is_none() {
            return;
        }
        let due = |last: Option<DateTime<Utc>>, every: i64| {
            last.is_none_or(|last| (now - last).abs() >= TimeDelta::seconds(every))
        };
        if due(self.upkeep.power, POWER_S) && self.power.give(()).is_ok() {
            self.upkeep.power = Some(now);
        }
        if due(self.upkeep.looked, LOOK_S) && !self.upkeep.looking {
            // A trial that failed is made again, so that the office sees when it is mended.
            let again = self.upkeep.facts.trial.as_ref().is_some_and(Result::is_err);
            self.look(None, again, now);
        }
        if self.lock.is_none() && self.upkeep.kept_house != Some(self.local_date(now)) {
            self.keep_house(now);
        }
        self.refresh_findings(now);
    }

    /// Something changed that the limits count.
    pub(super) fn look_soon(&mut self) {
        self.upkeep.looked = None;
    }

    fn look(&mut self, session: Option<Uuid>, trial: bool, now: DateTime<Utc>) {
        (self.upkeep.looking, self.upkeep.looked) = (true, Some(now));
        self.give_vault(VaultJob::Look { session, trial, now });
    }

    /// Tries once more, for this session, what the last step will need.
    pub(super) fn try_seal(&mut self, session: Uuid, now: DateTime<Utc>) {
        self.look(Some(session), true, now);
    }

    /// The answer to a look.
    pub(super) fn looked(&mut self, session: Option<Uuid>, look: Look) {
        self.upkeep.looking = false;
        self.upkeep.facts.store = Some(look.store);
        let failed = look.trial.as_ref().is_some_and(Result::is_err);
        self.upkeep.facts.trial = look.trial.or(self.upkeep.facts.trial.take());
        self.refresh_findings(self.clock.now());
        if let Some(session) = session.filter(|_| failed) {
            self.trial_failed(session);
        }
    }

    /// A record could not be sealed now. A session in which nothing was recorded yet is not begun; one that goes on is
    /// told, and loses nothing.
    fn trial_failed(&mut self, session: Uuid) {
        let now = self.clock.now();
        let Some(Err(trouble)) = self.upkeep.facts.trial.clone() else { return };
        let details = vec![("code", trouble.code.clone())];
        self.give_vault(VaultJob::Audit { session, event: "trial-failed", details, now });
        let fresh = |s: &crate::session::Session| {
            s.core.id == session && s.core.revision == 0 && s.core.outcome == Outcome::Open
        };
        if self.active.as_ref().is_some_and(fresh) {
            self.stop_capture();
            self.active = None;
            self.refresh_waiting();
        }
        self.notify(Notice { level: NoticeLevel::Error, message: trouble.message, code: trouble.code });
    }

    pub(super) fn power_seen(&mut self, power: Power) {
        self.upkeep.facts.power = Some(power);
        self.refresh_findings(self.clock.now());
    }

    /// Somebody signed in: what the vault said then holds, and what is due is deleted.
    pub(super) fn begin_upkeep(&mut self, look: Look, now: DateTime<Utc>) {
        self.upkeep.looked = Some(now);
        self.looked(None, look);
        if self.lock.is_none() {
            self.keep_house(now);
        }
    }

    pub(super) fn end_upkeep(&mut self) {
        // A clock that jumped does not become right by a sign-out.
        let StationFacts { power, jumped_s, .. } = self.upkeep.facts;
        self.upkeep.facts = StationFacts { power, jumped_s, ..StationFacts::default() };
        self.upkeep.findings.clear();
        (self.upkeep.looked, self.upkeep.kept_house) = (None, None);
    }

    fn keep_house(&mut self, now: DateTime<Utc>) {
        self.upkeep.kept_house = Some(self.local_date(now));
        let valid = TimeDelta::hours(i64::from(self.policy.health.officer.check_valid_hours));
        // An officer's health check is kept no longer than it is valid.
        self.officer_checks.retain(|_, check| check.readings.iter().any(|reading| now - reading.at <= valid));
        // A clock that jumped while the station ran may be wrong: what it calls old may be of yesterday.
        if self.upkeep.facts.jumped_s != 0 {
            return;
        }
        let times = lookout::retention_times(&self.policy.retention);
        let in_use: Vec<Uuid> = self.active_id().into_iter().chain(self.parked.keys().copied()).collect();
        self.give_vault(VaultJob::KeepHouse { times: Box::new(times), in_use, now });
    }

    /// A run of deletions ended: lists that may show what is gone are read anew.
    pub(super) fn kept_house(&mut self, report: &RetentionReport) {
        if !report.deleted.is_empty() && self.signed_in.is_some() && self.lock.is_none() {
            self.show_lists();
        }
        if let Some((_, code)) = report.failed.first() {
            let message = "limit-not-deleted".to_owned();
            self.notify(Notice { level: NoticeLevel::Warning, message, code: code.clone() });
        }
    }

    fn watch_clock(&mut self, now: DateTime<Utc>) {
        let most = i64::from(self.policy.limits.clock_drift_s);
        let Some(jumped_s) = self.upkeep.watch.jump_s(now, self.clock.running(), most) else { return };
        // Set back to where it was, it is right again.
        let sum_s = self.upkeep.facts.jumped_s.saturating_add(jumped_s);
        self.upkeep.facts.jumped_s = if sum_s.abs() <= most { 0 } else { sum_s };
        let details = vec![("seconds", jumped_s.to_string())];
        self.give_vault(VaultJob::AuditDesk { event: "clock-jumped", details, now });
    }

    fn refresh_findings(&mut self, now: DateTime<Utc>) {
        let ends = self.waiting.iter().map(|line| line.expires);
        let expiring = limits::expiring_soon(ends, self.policy.retention.draft_warn_hours, now);
        let facts = &mut self.upkeep.facts;
        facts.training = self.environment == Environment::Training;
        facts.expiring = expiring;
        facts.open = self.parked.len() + usize::from(self.active.as_ref().is_some_and(|s| s.core.running()));
        self.upkeep.findings = limits::findings(facts, &self.policy.limits, now);
    }

    /// What keeps a new session from being begun; told and noted in the audit when somebody tries.
    pub(super) fn refuses_session(&mut self, now: DateTime<Utc>) -> bool {
        self.refresh_findings(now);
        let Some(why) = limits::refusal(&self.upkeep.findings) else { return false };
        let (message, code) = (why.message, why.code.clone());
        let details = vec![("limit", message.to_owned()), ("code", code.clone())];
        self.give_vault(VaultJob::AuditDesk { event: "session-refused", details, now });
        true
    }
}

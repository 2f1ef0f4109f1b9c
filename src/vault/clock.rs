//! The clock and the audit: time does not run back, unless a supervisor says that it was wrong before.

use chrono::{DateTime, TimeDelta, Utc};

use super::Vault;
use super::audit::{AuditEvent, CLOCK_EVENT};
use super::error::VaultError;
use super::officers::OfficerKeys;

/// How far the clock may be behind the last audit line: what a time server's correction may take back.
const CLOCK_TOLERANCE_S: i64 = 120;
/// No clock is right that shows an earlier time, e.g. that of a computer whose battery is empty: this program did not
/// exist. Seconds since 1970, 2026-01-01T00:00:00Z.
const EARLIEST_S: i64 = 1_767_225_600;
/// How far the clock may be behind the hub's: two computers never agree. That it drifts is told long before (LIM-07).
const HUB_TOLERANCE_S: i64 = 600;

impl Vault {
    /// Refuses a clock that is more than two minutes behind the last audit line, or more than ten behind the latest
    /// receipt of the pinned hub.
    ///
    /// # Errors
    /// [`VaultError::ClockBack`].
    pub fn check_clock(&self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let over = |floor: Option<DateTime<Utc>>, tolerance_s| {
            floor.filter(|floor| *floor - now > TimeDelta::seconds(tolerance_s))
        };
        let floor = over(self.audit.floor(), CLOCK_TOLERANCE_S).max(over(self.hub_floor, HUB_TOLERANCE_S));
        match floor {
            Some(floor) if !self.simulated_clock => Err(VaultError::ClockBack { now, floor }),
            _ => Ok(()),
        }
    }

    /// `now`, or the time of the last audit line where that is later: for work that began earlier and goes on between
    /// other jobs.
    #[must_use]
    pub fn not_before(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.audit.floor().filter(|_| !self.simulated_clock).map_or(now, |floor| floor.max(now))
    }

    /// A clock that was set back while the station runs has its line once, and again when it is right.
    pub(super) fn tell_clock(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let back = match self.check_clock(now) {
            Err(VaultError::ClockBack { floor, .. }) => Some((floor - now).num_seconds()),
            _ => None,
        };
        if back.is_some() == self.clock_back {
            return Ok(());
        }
        let event = match back {
            Some(behind_s) => AuditEvent::new("clock-back").with("behind_s", behind_s),
            None => AuditEvent::new("clock-right"),
        };
        self.audit.append(&*self.files, &event, now, self.simulated_clock)?;
        self.clock_back = back.is_some();
        Ok(())
    }

    /// Takes a clock for right that is behind the audit or the hub, for which an officer has seen that it is: it was
    /// ahead before, when lines were written, or the hub's is wrong. From then on it counts again; what was sealed
    /// meanwhile keeps its date, and the hub's time is forgotten until the next receipt. Gives the time that they had
    /// reached, none where the clock is not behind it.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`], [`VaultError::ClockBack`] for a time before
    /// this program was made, or the disk's.
    pub fn accept_clock(
        &mut self,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, VaultError> {
        self.keys()?;
        self.check_supervisor(by)?;
        let Err(VaultError::ClockBack { floor, .. }) = self.check_clock(now) else { return Ok(None) };
        if now.timestamp() < EARLIEST_S {
            let earliest = DateTime::from_timestamp(EARLIEST_S, 0).unwrap_or(floor);
            return Err(VaultError::ClockBack { now, floor: earliest });
        }
        let against = if self.hub_floor == Some(floor) { "hub" } else { "audit" };
        let event = AuditEvent::new(CLOCK_EVENT).by(by.officer.id).with("against", against);
        self.append_audit(&event.with("behind_s", (floor - now).num_seconds()), now)?;
        if self.check_clock(now).is_err() {
            self.forget_hub_time()?;
        }
        Ok(Some(floor))
    }
}

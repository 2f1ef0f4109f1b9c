//! Time comes in from outside: from the system, or from a script that fixes it.

use std::sync::Mutex;

use chrono::{DateTime, Duration, Utc};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
    /// Time since some moment, also while the computer sleeps, whatever the clock is set to; none for a clock that
    /// cannot be set.
    fn running(&self) -> Option<std::time::Duration> {
        None
    }
    /// True when it is not the system's: the audit then marks its times, and only a training vault takes it.
    fn is_simulated(&self) -> bool {
        false
    }
}

/// The system's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
    fn running(&self) -> Option<std::time::Duration> {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Some(std::time::Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
    }
}

/// Notices that the clock was set while the program ran.
#[derive(Debug, Default)]
pub struct ClockWatch {
    /// What both showed when they were compared first, or after the last jump.
    start: Option<(DateTime<Utc>, std::time::Duration)>,
}

impl ClockWatch {
    /// Seconds by which the clock went further than time did, once for each jump of more than `most`; negative: it was
    /// set back.
    pub fn jump_s(
        &mut self,
        now: DateTime<Utc>,
        running: Option<std::time::Duration>,
        most: i64,
    ) -> Option<i64> {
        let running = running?;
        let (then, since) = *self.start.get_or_insert((now, running));
        let passed = i64::try_from(running.saturating_sub(since).as_secs()).unwrap_or(i64::MAX);
        let jumped = (now - then).num_seconds().saturating_sub(passed);
        if jumped.abs() <= most {
            return None;
        }
        self.start = Some((now, running));
        Some(jumped)
    }
}

/// A clock that stands still until it is moved (scripts and tests).
#[derive(Debug)]
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self(Mutex::new(start))
    }
    /// Moves it forward; never back.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += by.max(Duration::zero());
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    fn is_simulated(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(steps: &[(i64, u64)], expected: &[Option<i64>]) {
        let mut watch = ClockWatch::default();
        let start = DateTime::from_timestamp(1_770_000_000, 0).unwrap_or_default();
        let seen: Vec<_> = steps
            .iter()
            .map(|(wall, run)| {
                let running = Some(std::time::Duration::from_secs(*run));
                watch.jump_s(start + Duration::seconds(*wall), running, 300)
            })
            .collect();
        assert_eq!(seen, expected, "{steps:?}");
    }

    #[test]
    fn a_clock_that_was_set_is_told_once() {
        check(&[(0, 50), (10, 60), (86_400, 86_450)], &[None, None, None]);
        check(&[(0, 0), (310, 10), (320, 20)], &[None, None, None]);
        check(&[(0, 0), (311, 10), (321, 20)], &[None, Some(301), None]);
        check(&[(0, 0), (-291, 10), (-281, 20), (319, 20)], &[None, Some(-301), None, Some(600)]);
        // A clock that cannot be set has no jumps.
        assert_eq!(ClockWatch::default().jump_s(DateTime::<Utc>::MAX_UTC, None, 300), None);
        // The system's own clocks agree.
        let (clock, mut watch) = (SystemClock, ClockWatch::default());
        for _ in 0..3 {
            assert_eq!(watch.jump_s(clock.now(), clock.running(), 300), None);
        }
    }
}

//! The idle lock: when it comes, what opens it, how long it may last. Pure: time and answers are given.
//!
//! With the lock the keys leave the memory, and with them everything of anybody; the running session is on the disk and
//! is taken up again. The passphrase of the officer who is signed in opens it, or that officer's PIN, for as long as the
//! lock may last; then the officer is signed out as by hand.
//!
//! A finger cannot unwrap keys. In training it may open all the same (`lock_finger`): then the vault stays open in memory
//! behind the lock, which only hides and blocks, and a finger of that officer, compared 1:1, opens it too.

use biometrics::iso::fmr::FmrRecord;
use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use chrono::{DateTime, TimeDelta, Utc};
use devices::vocabulary::{DeviceFault, RequestId, Retry};
use record::schema::Environment;
use uuid::Uuid;

use super::station::Notice;
use crate::session::event::CaptureOutcome;
use crate::session::sample::{FingerSample, Samples};
use crate::vault::FingerTemplate;

/// Fingers that may be refused before only the passphrase opens.
pub const FINGER_TRIES: u32 = 3;

/// When the station locks by itself, and when it signs the officer out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockRules {
    /// Time without input after which it locks.
    pub after: TimeDelta,
    /// Time that it stays locked before the officer is signed out.
    pub most: TimeDelta,
    /// The officer's finger opens, for which the keys stay in memory behind the lock.
    pub finger: bool,
}

impl LockRules {
    /// The rules as a vault of this environment allows them: in production no finger opens the lock.
    #[must_use]
    pub fn of(self, environment: Environment) -> Self {
        Self { finger: self.finger && environment == Environment::Training, ..self }
    }
}

impl Default for LockRules {
    fn default() -> Self {
        Self { after: TimeDelta::minutes(5), most: TimeDelta::minutes(30), finger: false }
    }
}

/// What the officer's finger can do for the lock now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FingerWay {
    /// The keys have left the memory: no finger brings them back.
    Off,
    /// The officer's fingers are being read.
    Reading,
    /// None of the officer's fingers is enrolled.
    NotEnrolled,
    /// No fingerprint reader is there.
    NoReader,
    /// Refused too often: only the passphrase opens.
    UsedUp,
    /// It can be asked for.
    Ready(FingerPosition),
    /// The reader waits for it.
    Waiting(FingerPosition),
}

/// How the last try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockNote {
    /// The finger is not this officer's; so many tries are left.
    NoMatch(u32),
    /// The officer can mend it; no try is used up.
    Retry(Retry),
    /// The device is to blame; no try is used up.
    Fault(DeviceFault),
    /// The passphrase did not open.
    Passphrase,
    /// The PIN did not open; so many tries are left.
    Pin(u32),
    /// Wrong passphrases came too often: none is checked before this time.
    LockedOut(DateTime<Utc>),
    /// The passphrase could not be checked: the vault or the station is to blame.
    NotChecked(Notice),
    /// It opened, and the machine went to sleep meanwhile: it is asked for again.
    Slept,
}

/// The lock as a screen may show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockView {
    /// When it locked.
    pub since: DateTime<Utc>,
    /// When the officer is signed out; never where that is not set.
    pub signs_out: Option<DateTime<Utc>>,
    /// What a finger can do.
    pub finger: FingerWay,
    /// The officer's PIN opens.
    pub pin: bool,
    /// How the last try ended.
    pub note: Option<LockNote>,
}

/// What an answer of the reader means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// It is the officer's finger, with this score.
    Yes(u32),
    /// It is not; with this best score.
    No(u32),
    /// Nothing was compared.
    Nothing,
}

/// Where the vault's keys are while it is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockKeys {
    /// In memory: the office wants the finger to open.
    Kept,
    /// In memory until what is being written is done.
    Leaving,
    /// The vault's worker was told to drop them.
    Told,
    /// Gone.
    Gone,
}

/// The lock that is on.
pub(super) struct Lock {
    /// Stands in the place of a session with the captures of this lock.
    pub(super) id: Uuid,
    pub(super) since: DateTime<Utc>,
    pub(super) note: Option<LockNote>,
    pub(super) keys: LockKeys,
    /// A PIN may open it: not after the machine slept.
    pub(super) pin_allowed: bool,
    /// What the PIN opens is in memory.
    pub(super) pin: bool,
    /// The session that was on screen and is taken up again.
    pub(super) resume: Option<Uuid>,
    /// The officer's fingers, once they were read.
    fingers: Option<Vec<(FingerPosition, Template)>>,
    refused: u32,
    asked: Option<(RequestId, FingerPosition)>,
    last_request: u64,
}

impl Lock {
    pub(super) fn new(id: Uuid, since: DateTime<Utc>, keys: LockKeys) -> Self {
        let pin_allowed = true;
        Self {
            id,
            since,
            note: None,
            keys,
            pin_allowed,
            pin: false,
            resume: None,
            fingers: None,
            refused: 0,
            asked: None,
            last_request: 0,
        }
    }

    /// Takes the officer's templates. Those of a form that is not read here are left out.
    pub(super) fn enrolled(&mut self, kept: &[FingerTemplate]) {
        let read = |t: &FingerTemplate| {
            let position = FingerPosition::from_code(t.finger)?;
            Some((position, FmrRecord::read(&t.bytes).ok()?.template(0)?))
        };
        self.fingers = Some(kept.iter().filter_map(read).collect());
    }

    /// No finger opens this lock any more, and one that is being compared opens nothing.
    pub(super) fn forget_fingers(&mut self) {
        (self.fingers, self.asked) = (None, None);
    }

    /// What a finger can do, with or without a reader.
    pub(super) fn finger(&self, reader: bool) -> FingerWay {
        if self.keys != LockKeys::Kept {
            return FingerWay::Off;
        }
        let first = self.fingers.as_ref().map(|list| list.first().map(|(position, _)| *position));
        match (self.asked, first) {
            (Some((_, position)), _) => FingerWay::Waiting(position),
            (None, _) if self.refused >= FINGER_TRIES => FingerWay::UsedUp,
            (None, None) => FingerWay::Reading,
            (None, Some(None)) => FingerWay::NotEnrolled,
            (None, Some(Some(_))) if !reader => FingerWay::NoReader,
            (None, Some(Some(position))) => FingerWay::Ready(position),
        }
    }

    /// Begins a try: id of the request, the finger to ask for, and what it is compared with.
    pub(super) fn ask(&mut self) -> Option<(RequestId, FingerPosition, Vec<(FingerPosition, Template)>)> {
        let FingerWay::Ready(position) = self.finger(true) else { return None };
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.asked = Some((id, position));
        self.note = None;
        Some((id, position, self.fingers.clone().unwrap_or_default()))
    }

    /// The request under way.
    pub(super) fn asked(&self) -> Option<RequestId> {
        self.asked.map(|(id, _)| id)
    }

    /// Takes the answer to a try. Stale ones change nothing.
    pub(super) fn answered(&mut self, id: RequestId, outcome: CaptureOutcome) -> Opened {
        if self.asked.take_if(|(asked, _)| *asked == id).is_none() {
            return Opened::Nothing;
        }
        let note = match outcome {
            CaptureOutcome::Samples(Samples::Fingers(list)) => {
                let score = list.iter().flat_map(best).max().unwrap_or(0);
                if list.iter().any(|f| best(f).is_some_and(|score| score >= f.threshold)) {
                    return Opened::Yes(score);
                }
                self.refused += 1;
                self.note = Some(LockNote::NoMatch(FINGER_TRIES.saturating_sub(self.refused)));
                return Opened::No(score);
            }
            CaptureOutcome::Samples(_) => Some(LockNote::Fault(DeviceFault::Protocol {
                detail: "something else than a finger".to_owned(),
            })),
            CaptureOutcome::Retry(retry) => Some(LockNote::Retry(retry)),
            CaptureOutcome::Fault(fault) => Some(LockNote::Fault(fault)),
            CaptureOutcome::Cancelled => None,
        };
        self.note = note;
        Opened::Nothing
    }
}

/// Best score of a captured finger against the officer's own; the gallery holds no other's.
fn best(finger: &FingerSample) -> Option<u32> {
    finger.matches.iter().map(|m| m.score).max()
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;

//! The lock of the stand-in desk.

use super::*;

/// The PIN of every officer.
pub(crate) const PIN: &str = "271828";

/// A lock that waits for the right index finger.
pub(super) fn locked(now: DateTime<Utc>) -> LockView {
    LockView {
        since: now,
        signs_out: Some(now + chrono::Duration::minutes(30)),
        finger: FingerWay::Ready(FingerPosition::RightIndex),
        pin: false,
        note: None,
    }
}

impl FakeDesk {
    pub(super) fn unlock(&mut self, command: &DeskCommand) {
        let mut control = self.control.borrow_mut();
        let (own, held) = (control.own_finger, control.hold);
        let Some(lock) = &mut control.lock else { return };
        let ready = FingerWay::Ready(FingerPosition::RightIndex);
        let opens = match command {
            DeskCommand::Unlock(secret) => {
                lock.note = Some(LockNote::Passphrase);
                **secret == *SECRET
            }
            DeskCommand::UnlockByPin(pin) => {
                lock.note = Some(LockNote::Pin(4));
                **pin == *PIN
            }
            DeskCommand::StopFinger => {
                lock.finger = ready;
                false
            }
            _ if held => {
                lock.finger = FingerWay::Waiting(FingerPosition::RightIndex);
                false
            }
            _ => {
                lock.note = Some(LockNote::NoMatch(2));
                own
            }
        };
        if opens {
            control.lock = None;
        }
    }
}

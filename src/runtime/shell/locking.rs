//! The idle lock of the station: it comes by itself or by command, hides everything, and is opened by the officer who
//! is signed in. A capture under way is stopped when the lock comes by command; by itself it comes only when nothing
//! is under way. What is being written is finished behind it; then the keys leave the memory with everything of anybody,
//! and the session is taken up from the disk when it is opened. Nothing of a session that was kept is lost.

use chrono::{DateTime, Utc};
use devices::vocabulary::{CaptureTask, DeviceFault, DeviceKind, RequestId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Station;
use crate::handover::event as counter;
use crate::runtime::device_host::{DeviceMessage, Order};
use crate::runtime::lock::{Lock, LockKeys, LockNote, LockView, Opened};
use crate::runtime::station::{DeskCommand, Notice, NoticeLevel, QueueLine};
use crate::runtime::vault_jobs::VaultJob;
use crate::session::event::{CaptureOutcome, Event, Target};
use crate::session::timeout_ms;
use crate::vault::FingerTemplate;

/// What may be done while the station is locked.
pub(super) fn allowed(command: &DeskCommand) -> bool {
    matches!(
        command,
        DeskCommand::Unlock(_)
            | DeskCommand::UnlockByPin(_)
            | DeskCommand::UnlockByFinger
            | DeskCommand::StopFinger
            | DeskCommand::SignOut
            | DeskCommand::Activity
            | DeskCommand::Preview(false)
            | DeskCommand::DismissNotice(_)
            | DeskCommand::RestartDevice(DeviceKind::Fingerprint)
            | DeskCommand::UseDevice(DeviceKind::Fingerprint, _)
    )
}

impl Station {
    /// Something is under way that somebody waits for: the time without input begins after it.
    fn under_way(&self) -> bool {
        let busy = self.active.as_ref().is_some_and(|s| s.busy() || s.data.proof.making.is_some())
            || self.handover.as_ref().is_some_and(|h| h.busy() || h.saving.is_some());
        self.checking || self.taking_up.is_some() || (busy && self.lock.is_none())
    }

    /// Locks when nobody touched the station for long enough, signs out when it was locked for long enough.
    pub(super) fn tick_lock(&mut self, now: DateTime<Utc>) {
        let Some(rules) = self.lock_rules.filter(|_| self.signed_in.is_some()) else { return };
        if self.under_way() || now < self.touched {
            self.touched = now;
        }
        if self.lock.is_none() && now - self.touched >= rules.after {
            self.lock(self.touched + rules.after, "idle", now);
        }
        let over = self.lock.as_ref().is_some_and(|lock| now - lock.since >= rules.most);
        if over && self.deferred.is_none() {
            self.audit_lock("station-lock-over", &[], now);
            self.command(DeskCommand::SignOut);
        }
    }

    /// When [`Station::tick_lock`] has something to do next.
    pub(super) fn lock_due(&self) -> Option<DateTime<Utc>> {
        let rules = self.lock_rules.filter(|_| self.signed_in.is_some())?;
        Some(self.lock.as_ref().map_or(self.touched + rules.after, |lock| lock.since + rules.most))
    }

    /// The lock comes. `since` is the time from which it counts.
    pub(super) fn lock(&mut self, since: DateTime<Utc>, why: &'static str, now: DateTime<Utc>) {
        self.lock_as(since, why, true, now);
    }

    fn lock_as(&mut self, since: DateTime<Utc>, why: &'static str, pin_allowed: bool, now: DateTime<Utc>) {
        if self.lock.is_some() {
            return;
        }
        let Some(officer) = self.signed_in.as_ref().map(|s| s.line.id) else { return };
        self.stop_capture();
        let finger = self.lock_rules.is_some_and(|rules| rules.finger);
        let keys = if finger { LockKeys::Kept } else { LockKeys::Leaving };
        let mut lock = Lock::new(Uuid::now_v7(), since, keys);
        lock.pin_allowed = pin_allowed;
        self.lock = Some(lock);
        self.guidance.board().watch(None);
        self.tell_devices(DeviceMessage::Preview(false));
        self.preview.clear();
        self.audit_lock("station-locked", &[("why", why.to_owned())], now);
        if finger {
            self.give_vault(VaultJob::FingersOf(officer));
        }
        self.drop_keys();
    }

    /// The machine goes to sleep or its lid is closed: the keys go, and only the passphrase brings them back.
    pub(super) fn lock_for_sleep(&mut self, why: &'static str, now: DateTime<Utc>) {
        self.stop_finger();
        if self.lock.is_none() {
            self.lock_as(now, why, false, now);
        }
        let Some(lock) = &mut self.lock else { return };
        lock.pin_allowed = false;
        lock.forget_fingers();
        // A lock whose keys stay for the finger gives them up too; one whose keys are going already goes on. Gone without
        // a PIN, nothing is left to go, unless a passphrase that is being checked brings them back.
        if lock.keys != LockKeys::Gone || lock.pin || self.checking {
            (lock.keys, lock.pin) = (LockKeys::Leaving, false);
        }
        self.drop_keys();
    }

    /// Lets the keys go once nothing is being written any more, and with them everything of anybody.
    pub(super) fn drop_keys(&mut self) {
        // A passphrase that is being checked brings the keys, and the lock may be over with it; sleep waits for nobody.
        let checked = self.checking && self.sleepers.is_empty();
        let waits = self.is_writing() || self.makes_document() || checked;
        let Some(lock) = self.lock.as_ref().filter(|lock| lock.keys == LockKeys::Leaving && !waits) else {
            return;
        };
        let (pin, resume) = (lock.pin_allowed, lock.resume);
        let running = self.active.as_ref().filter(|s| s.core.running()).map(|s| s.core.id);
        let at_counter = self.handover.as_ref().is_some_and(|h| h.person.is_some() && h.saved.is_none());
        self.forget_applicants();
        if at_counter {
            let message = "lock-handover-left".to_owned();
            self.notify(Notice { level: NoticeLevel::Warning, message, code: "RUN-26".to_owned() });
        }
        if let Some(lock) = &mut self.lock {
            lock.keys = LockKeys::Told;
            lock.resume = running.or(resume);
        }
        self.give_vault(VaultJob::Lock { pin });
    }

    pub(in crate::runtime) fn keys_are_gone(&self) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.keys == LockKeys::Gone)
    }

    /// Puts the session aside, leaves the counter, and forgets every name and document.
    pub(super) fn forget_applicants(&mut self) {
        self.set_aside();
        self.close_handover();
        self.taking_up = None;
        self.document = None;
        self.forget_lists();
        self.preview.clear();
        self.guidance.board().watch(None);
    }

    /// No list on the start page names anybody.
    fn forget_lists(&mut self) {
        (self.ledger, self.cards_entered) = (None, None);
        self.unprinted.clear();
        let unnamed = |line: QueueLine| QueueLine { name: None, ..line };
        self.queue = std::mem::take(&mut self.queue).into_iter().map(unnamed).collect();
    }

    /// The vault is locked: what is on disk leaves the memory; what could not be kept stays, so that nothing is lost.
    /// Lists that were asked for before the lock may have come since, so they are forgotten again.
    pub(super) fn leave_memory(&mut self) {
        self.parked.retain(|_, s| !s.core.unkept.is_empty());
        self.drafts.clear();
        self.forget_lists();
        self.refresh_waiting();
    }

    /// The vault's worker has dropped the keys; what is on the disk leaves the memory here too.
    pub(super) fn keys_dropped(&mut self, pin: bool) {
        // The answer to a lock that still allowed a PIN, before sleep forbade it: the one without follows.
        if pin && self.lock.as_ref().is_some_and(|lock| !lock.pin_allowed) {
            return;
        }
        self.leave_memory();
        if let Some(lock) = self.lock.as_mut().filter(|lock| lock.keys == LockKeys::Told) {
            (lock.keys, lock.pin) = (LockKeys::Gone, pin);
        }
        self.sleep_acknowledged();
    }

    /// Stops the capture of the running session or at the counter: it can be made again.
    pub(super) fn stop_capture(&mut self) {
        let running = self.active.as_ref().and_then(|s| Some((s.core.id, s.core.pending.as_ref()?.id)));
        if let Some((id, request)) = running {
            self.cancel_capture(id, request);
            self.feed(id, Event::Captured(request, CaptureOutcome::Cancelled));
        }
        let at_counter = self.handover.as_ref().and_then(|h| Some((h.id, h.pending.as_ref()?.id)));
        if let Some((id, request)) = at_counter {
            self.cancel_capture(id, request);
            self.feed_handover(counter::Event::Captured(request, CaptureOutcome::Cancelled));
        }
    }

    fn has_reader(&self) -> bool {
        self.lines.iter().any(|line| line.kind == DeviceKind::Fingerprint && line.info.is_some())
    }

    pub(super) fn lock_view(&self) -> Option<LockView> {
        let lock = self.lock.as_ref()?;
        Some(LockView {
            since: lock.since,
            signs_out: self.lock_rules.map(|rules| lock.since + rules.most),
            finger: lock.finger(self.has_reader()),
            pin: lock.pin,
            note: lock.note.clone(),
        })
    }

    pub(super) fn fingers_of(&mut self, officer: Uuid, templates: &[FingerTemplate]) {
        let own = self.signed_in.as_ref().is_some_and(|s| s.line.id == officer);
        if let Some(lock) = self.lock.as_mut().filter(|lock| own && lock.keys == LockKeys::Kept) {
            lock.enrolled(templates);
        }
    }

    /// Asks the reader for the officer's finger.
    pub(super) fn unlock_by_finger(&mut self) {
        if self.checking || !self.has_reader() {
            return;
        }
        let Some(lock) = &mut self.lock else { return };
        let Some((id, position, gallery)) = lock.ask() else { return };
        let order = Order {
            session: lock.id,
            id,
            target: Target::Reverify(position),
            task: CaptureTask::Finger { position, again: true },
            gallery,
            background: None,
            timeout_ms: timeout_ms(DeviceKind::Fingerprint),
        };
        if self.devices.give(DeviceMessage::Capture(Box::new(order))).is_err()
            && let Some(lock) = &mut self.lock
        {
            lock.answered(id, CaptureOutcome::Fault(DeviceFault::Busy));
        }
    }

    pub(super) fn stop_finger(&mut self) {
        let asked = self.lock.as_ref().and_then(|lock| Some((lock.id, lock.asked()?)));
        if let Some((lock, id)) = asked {
            self.devices.give(DeviceMessage::Cancel(lock, id)).ok();
        }
    }

    /// Takes a capture that belongs to the lock; gives back one that does not.
    pub(super) fn lock_captured(
        &mut self,
        session: Uuid,
        id: RequestId,
        outcome: CaptureOutcome,
    ) -> Option<CaptureOutcome> {
        let Some(lock) = self.lock.as_mut().filter(|lock| lock.id == session) else { return Some(outcome) };
        let opened = lock.answered(id, outcome);
        let now = self.clock.now();
        match opened {
            // Only while the keys stay for it.
            Opened::Yes(_) if self.lock.as_ref().is_some_and(|lock| lock.keys != LockKeys::Kept) => {}
            Opened::Yes(score) => {
                let details = [("way", "finger".to_owned()), ("score", score.to_string())];
                self.audit_lock("station-unlocked", &details, now);
                self.unlock(now);
            }
            Opened::No(score) => {
                let details = [("way", "finger".to_owned()), ("score", score.to_string())];
                self.audit_lock("station-unlock-refused", &details, now);
            }
            Opened::Nothing => {}
        }
        None
    }

    pub(super) fn unlock_by_passphrase(&mut self, passphrase: Zeroizing<String>) {
        let Some(officer) = self.signed_in.as_ref().map(|s| s.line.id) else { return };
        if self.checking || self.lock.is_none() {
            return;
        }
        self.checking = true;
        let now = self.clock.now();
        self.give_vault(VaultJob::Unlock { officer, passphrase, now });
    }

    pub(super) fn unlock_by_pin(&mut self, pin: Zeroizing<String>) {
        let Some(officer) = self.signed_in.as_ref().map(|s| s.line.id) else { return };
        if self.checking || !self.lock.as_ref().is_some_and(|lock| lock.pin) {
            return;
        }
        self.checking = true;
        let now = self.clock.now();
        self.give_vault(VaultJob::UnlockByPin { officer, pin, now });
    }

    pub(super) fn passphrase_checked(&mut self, checked: Result<(), LockNote>) {
        self.checking = false;
        let now = self.clock.now();
        match (checked, &mut self.lock) {
            // The machine went to sleep meanwhile, and the keys are told to go after this check: the lock stays.
            (Ok(()), Some(lock)) if lock.keys == LockKeys::Told || !self.sleepers.is_empty() => {
                lock.note = Some(LockNote::Slept);
                self.audit_lock("station-locked", &[("why", "sleep".to_owned())], now);
            }
            (Ok(()), _) => self.unlock(now),
            (Err(note), Some(lock)) => {
                // Whatever keeps the PIN from opening for good, the passphrase is asked for.
                let over = matches!(note, LockNote::Pin(0) | LockNote::NotChecked(_));
                lock.pin &= !over;
                lock.note = Some(note);
            }
            (Err(_), None) => {}
        }
        self.drop_keys();
    }

    /// Why an officer is signed out: by hand, by another officer at the lock, or because it was locked for too long.
    pub(super) fn why_signed_out(&self, now: DateTime<Utc>) -> &'static str {
        match (&self.lock, self.lock_rules) {
            (None, _) => "by-hand",
            (Some(lock), Some(rules)) if now - lock.since >= rules.most => "locked-too-long",
            (Some(_), _) => "at-the-lock",
        }
    }

    fn unlock(&mut self, now: DateTime<Utc>) {
        self.stop_finger();
        let lock = self.lock.take();
        self.touched = now;
        // The picture of the officer's finger.
        self.preview.clear();
        if let Some(lock) = lock.filter(|lock| matches!(lock.keys, LockKeys::Told | LockKeys::Gone)) {
            self.show_lists();
            self.resume(lock.resume);
        }
    }

    /// Takes up the session that was on screen when the lock came.
    fn resume(&mut self, session: Option<Uuid>) {
        let (Some(id), Some(ctx)) = (session, self.context()) else { return };
        if let Some(session) = self.parked.remove(&id) {
            self.activate(session);
            return;
        }
        self.taking_up = Some(id);
        self.give_vault(VaultJob::Load { session: id, ctx });
        let message = "lock-resumed".to_owned();
        self.notify(Notice { level: NoticeLevel::Info, message, code: "RUN-27".to_owned() });
    }

    fn audit_lock(&mut self, event: &'static str, details: &[(&'static str, String)], now: DateTime<Utc>) {
        self.give_vault(VaultJob::AuditDesk { event, details: details.to_vec(), now });
    }
}

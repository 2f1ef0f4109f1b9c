//! Disinfection between applicants: notes who used which device, keeps that through restarts, tells the sessions.

use chrono::TimeDelta;
use devices::vocabulary::{DeviceKind, RequestId};
use uuid::Uuid;

use super::Station;
use crate::runtime::device_host::{DeviceMessage, Order};
use crate::runtime::vault_jobs::VaultJob;
use crate::runtime::workers::Answer;
use crate::session::event::{CaptureOutcome, Event};
use crate::session::hygiene::is_contact_device;

/// Time until what could not be kept is written again.
const AGAIN: TimeDelta = TimeDelta::seconds(5);

impl Station {
    /// Asks a device for a capture. The first one of a session on a contact device waits until it is on the disk that
    /// the device is used: a power cut may not unlock it. Where the disk cannot be written the capture is made all the
    /// same (the vault has said what is wrong), and the writing is tried again until it is done.
    pub(super) fn capture(&mut self, order: Box<Order>) {
        let (session, id, kind) = (order.session, order.id, order.task.kind());
        if self.is_news(kind, session) {
            if let Some(Order { session, id, .. }) = self.held.replace(order).map(|o| *o) {
                self.stash.push_back(Answer::Captured { session, id, outcome: CaptureOutcome::Cancelled });
            }
            self.keep_hygiene(Some((session, id)));
        } else {
            self.ask_device(order);
        }
    }

    fn ask_device(&mut self, order: Box<Order>) {
        let (session, id) = (order.session, order.id);
        if self.devices.give(DeviceMessage::Capture(order)).is_err() {
            self.capture_failed(session, id);
        }
    }

    /// Cancels a capture, also one that the device was not asked for yet.
    pub(super) fn cancel_capture(&mut self, session: Uuid, id: RequestId) {
        if self.held.take_if(|order| order.session == session && order.id == id).is_some() {
            let outcome = CaptureOutcome::Cancelled;
            self.stash.push_back(Answer::Captured { session, id, outcome });
            return;
        }
        // A host that is gone has failed the capture already.
        self.devices.give(DeviceMessage::Cancel(session, id)).ok();
    }

    fn is_news(&mut self, kind: DeviceKind, session: Uuid) -> bool {
        is_contact_device(&self.policy, kind) && self.hygiene.use_by(kind, session)
    }

    fn keep_hygiene(&mut self, releases: Option<(Uuid, RequestId)>) {
        self.hygiene_again = None;
        self.give_vault(VaultJob::KeepHygiene { bytes: self.hygiene.to_kept(), releases });
    }

    /// The vault's answer.
    pub(super) fn hygiene_kept(&mut self, releases: Option<(Uuid, RequestId)>, kept: bool) {
        if !kept {
            self.hygiene_again = Some(self.clock.now() + AGAIN);
        }
        if let Some(order) = self.held.take_if(|order| Some((order.session, order.id)) == releases) {
            self.ask_device(order);
        }
    }

    /// Tries again to keep what could not be kept.
    pub(super) fn tick_hygiene(&mut self, now: chrono::DateTime<chrono::Utc>) {
        if self.hygiene_again.is_some_and(|at| now >= at || at - now > AGAIN) {
            self.keep_hygiene(None);
        }
    }

    /// The window was drawn on: it was touched already.
    pub(super) fn device_used(&mut self, kind: DeviceKind, session: Uuid) {
        if self.is_news(kind, session) {
            self.keep_hygiene(None);
        }
    }

    pub(super) fn device_disinfected(&mut self, kind: DeviceKind) {
        if self.hygiene.disinfected(kind) {
            self.keep_hygiene(None);
        }
    }

    /// Disinfection that was confirmed outside a running session.
    pub(super) fn confirm_disinfected(&mut self, kind: DeviceKind) {
        let Some(by) = self.hygiene.waiting(&self.policy).find(|(k, _)| *k == kind).map(|(_, by)| by) else {
            return;
        };
        if self.signed_in.is_none() {
            return;
        }
        let details = vec![("device", kind.id().to_owned())];
        let now = self.clock.now();
        self.give_vault(VaultJob::Audit { session: by, event: "disinfected", details, now });
        self.device_disinfected(kind);
        if let Some(id) = self.active_id() {
            self.tell_hygiene(id);
        }
    }

    /// Tells a session what is locked for it.
    pub(super) fn tell_hygiene(&mut self, session: Uuid) {
        let locked = self.hygiene.locked_for(&self.policy, session);
        let platen_due = self.platen_possible && is_contact_device(&self.policy, DeviceKind::Fingerprint);
        self.feed(session, Event::Hygiene { locked, platen_due });
    }
}

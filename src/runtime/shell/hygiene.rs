//! Disinfection between applicants: notes who used which device, keeps that through restarts, tells the sessions.

use devices::vocabulary::DeviceKind;
use uuid::Uuid;

use super::Station;
use crate::runtime::vault_jobs::VaultJob;
use crate::session::event::Event;
use crate::session::hygiene::is_contact_device;

impl Station {
    /// A session begins to use a device. Kept before the device is asked: a crash must not unlock it.
    pub(super) fn device_used(&mut self, kind: DeviceKind, session: Uuid) {
        if is_contact_device(&self.policy, kind) && self.hygiene.use_by(kind, session) {
            self.give_vault(VaultJob::KeepHygiene(self.hygiene.to_kept()));
        }
    }

    pub(super) fn device_disinfected(&mut self, kind: DeviceKind) {
        if self.hygiene.disinfected(kind) {
            self.give_vault(VaultJob::KeepHygiene(self.hygiene.to_kept()));
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

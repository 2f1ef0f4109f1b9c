//! Sleep of the machine: the keys leave the memory before it, and whoever holds it off is told.

use std::sync::mpsc::SyncSender;

use super::Station;
use crate::runtime::sleep::{self, SleepWatch};
use crate::runtime::station::{Notice, NoticeLevel};
use crate::runtime::vault_jobs::VaultJob;

impl Station {
    /// Begins to watch for sleep and lid. Where that cannot be done it is told: the officer then locks by hand.
    pub fn watch_sleep(&mut self) {
        if let Err(error) = sleep::start(&self.outbox) {
            self.sleep_watched(Err(error.to_string()));
        }
    }

    /// The watch has begun, could not begin, or has ended.
    pub(super) fn sleep_watched(&mut self, watch: Result<SleepWatch, String>) {
        self.sleep_watch = None;
        match watch {
            Ok(watch) => self.sleep_watch = Some(watch),
            Err(error) => {
                tracing::warn!(error, "sleep is not noticed");
                let message = "sleep-not-noticed".to_owned();
                self.notify(Notice { level: NoticeLevel::Warning, message, code: "RUN-28".to_owned() });
            }
        }
    }

    /// The machine goes to sleep. `ready` is told when the keys are gone, at once where nobody is signed in.
    pub(super) fn sleeps(&mut self, why: &'static str, ready: SyncSender<()>) {
        self.sleepers.push(ready);
        if self.signed_in.is_none() {
            // A sign-out may still wait in the vault's queue: what answers this comes after it.
            self.give_vault(VaultJob::Lock { pin: false });
            return;
        }
        let now = self.clock.now();
        self.lock_for_sleep(why, now);
        if self.keys_are_gone() {
            self.sleep_acknowledged();
        }
    }

    pub(super) fn sleep_acknowledged(&mut self) {
        for ready in self.sleepers.drain(..) {
            // Nobody waits any more when the machine slept all the same.
            ready.try_send(()).ok();
        }
    }
}

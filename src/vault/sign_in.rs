//! Signing in: an officer's passphrase, its lock-out, and the keys that it brings into memory.

use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::audit::{AuditEvent, SIGN_IN_EVENT};
use super::crypto::Key;
use super::error::VaultError;
use super::layout::SMALL_FILE_MAX;
use super::officers::{Officer, OfficerKeys};
use super::passphrase::check_passphrase;
use super::slots::{KdfCost, KdfParams, Opened, Slot};
use super::{Keys, Vault, init};

impl Vault {
    /// Signs an officer in: opens the slot, takes the vault's keys into memory. A try is counted on disk before it is
    /// made; from the third wrong one on, each doubles the wait.
    ///
    /// # Errors
    /// [`VaultError::LockedOut`], [`VaultError::WrongSecret`] (for an unknown officer too), [`VaultError::Corrupt`]
    /// when the station's key does not fit the vault, or the disk's.
    pub fn unlock(
        &mut self,
        officer: Uuid,
        passphrase: &str,
        now: DateTime<Utc>,
    ) -> Result<OfficerKeys, VaultError> {
        let (keys, opened) = self.try_secret(officer, passphrase, now)?;
        let station = self.open_station_key(&opened.vault_key)?;
        self.keys = Some(Keys::new(opened.vault_key, station));
        let signed_in = self.signed_in(officer, now);
        if signed_in.is_err() {
            // Who is told that it failed has no keys in memory.
            self.lock();
        }
        signed_in.map(|()| keys)
    }

    /// What is done with the keys before a sign-in counts.
    fn signed_in(&mut self, officer: Uuid, now: DateTime<Utc>) -> Result<(), VaultError> {
        self.behind_pin = None;
        self.load_pin(officer);
        self.ensure_sync_key(now)?;
        self.take_inbox(now)?;
        self.note_centre_list(now)?;
        self.forget_closed(officer, now)?;
        let event = AuditEvent::new(SIGN_IN_EVENT).by(officer).with("epoch", self.config.epoch);
        self.append_audit(&event, now)?;
        self.tell_witness();
        Ok(())
    }

    /// Checks a second officer's passphrase (a supervisor's approval, a second person) without changing who is signed
    /// in.
    ///
    /// # Errors
    /// [`VaultError::Locked`] and those of [`Vault::unlock`].
    pub fn authenticate(
        &mut self,
        officer: Uuid,
        passphrase: &str,
        now: DateTime<Utc>,
    ) -> Result<OfficerKeys, VaultError> {
        self.keys()?;
        let (keys, opened) = self.try_secret(officer, passphrase, now)?;
        if opened.vault_key.0 != self.keys()?.vault.0 {
            return Err(VaultError::WrongSecret);
        }
        self.append_audit(&AuditEvent::new("authenticated").by(officer), now)?;
        Ok(keys)
    }

    fn try_secret(
        &mut self,
        officer: Uuid,
        passphrase: &str,
        now: DateTime<Utc>,
    ) -> Result<(OfficerKeys, Opened), VaultError> {
        if self.lockout.not_ahead(officer, now) {
            self.write_lockout()?;
        }
        if let Some(until) = self.lockout.waits_until(officer, now) {
            return Err(VaultError::LockedOut { until });
        }
        let Some(account) = self.roster.find(officer).cloned() else {
            return Err(Slot::pretend(passphrase, self.usual_cost()));
        };
        self.lockout.count(officer, now);
        self.write_lockout()?;
        let opened = self.open_slot(&account, passphrase);
        if matches!(opened, Err(VaultError::WrongSecret)) {
            self.append_audit(&AuditEvent::new("sign-in-failed").by(officer), now)?;
        }
        let opened = opened?;
        self.lockout.clear(officer);
        self.write_lockout()?;
        self.strengthen(officer, passphrase, &opened, now)?;
        Ok((OfficerKeys { officer: account, signing: opened.signing.clone() }, opened))
    }

    /// Wraps a slot anew whose cost is below today's standard. It is as good as before when that fails, and the next
    /// sign-in tries again.
    fn strengthen(
        &mut self,
        officer: Uuid,
        passphrase: &str,
        opened: &Opened,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let today = opened.kdf.for_today(self.config.environment);
        if today == opened.kdf {
            return Ok(());
        }
        match self.write_slot(officer, passphrase, today, opened) {
            Ok(()) => {
                let event = AuditEvent::new("slot-strengthened").by(officer);
                let event = event.with("memory_kib", today.memory_kib).with("passes", today.passes);
                self.append_audit(&event, now)
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "a slot keeps its old cost");
                Ok(())
            }
        }
    }

    /// Puts a slot in the place of the officer's present one; whichever is there after a power cut opens.
    fn write_slot(
        &self,
        officer: Uuid,
        passphrase: &str,
        kdf: KdfParams,
        opened: &Opened,
    ) -> Result<(), VaultError> {
        let slot =
            Slot::wrap(self.config.vault, officer, passphrase, kdf, &opened.vault_key, &opened.signing)?;
        self.files
            .write_durable(&self.layout.slot(officer), &slot.to_json()?)
            .map_err(|e| VaultError::io("slot", e))
    }

    /// Changes an officer's own passphrase. Only the slot is wrapped anew: nothing else in the vault is under the
    /// passphrase. A copy of the old slot, e.g. in a backup, still opens with the old one.
    ///
    /// # Errors
    /// Those of [`Vault::unlock`], [`VaultError::Passphrase`], [`VaultError::WeakPassphrase`],
    /// [`VaultError::SamePassphrase`].
    pub fn change_passphrase(
        &mut self,
        officer: Uuid,
        old: &str,
        new: &str,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let name = self.roster.find(officer).map_or("", |officer| officer.name.as_str());
        if old != new {
            check_passphrase(new, &[name, &self.config.station])?;
        }
        let (_, opened) = self.try_secret(officer, old, now)?;
        if old == new {
            return Err(VaultError::SamePassphrase);
        }
        let kdf = opened.kdf.for_today(self.config.environment);
        self.write_slot(officer, new, kdf, &opened)?;
        self.append_audit(&AuditEvent::new("passphrase-changed").by(officer), now)
    }

    pub(super) fn write_lockout(&self) -> Result<(), VaultError> {
        self.files
            .write_durable(&self.layout.lockout(), &self.lockout.to_json())
            .map_err(|e| VaultError::io("lockout.json", e))
    }

    /// The cost that the slots here have, for pretending.
    pub(super) fn usual_cost(&self) -> KdfParams {
        self.roster
            .list()
            .next()
            .and_then(|o| self.files.read(&self.layout.slot(o.id), SMALL_FILE_MAX).ok())
            .and_then(|bytes| Slot::cost(&bytes))
            .unwrap_or_else(|| KdfCost::Standard.into())
    }

    fn open_slot(&self, account: &Officer, passphrase: &str) -> Result<Opened, VaultError> {
        let bytes = match self.files.read(&self.layout.slot(account.id), SMALL_FILE_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(Slot::pretend(passphrase, self.usual_cost()));
            }
            other => Zeroizing::new(other.map_err(|e| VaultError::io("slot", e))?),
        };
        let opened = Slot::open(&bytes, self.config.vault, account.id, passphrase)?;
        if hex::encode(opened.signing.verifying_key().to_bytes()) != account.public_key {
            return Err(VaultError::WrongSecret);
        }
        Ok(opened)
    }

    pub(super) fn open_station_key(&self, vault_key: &Key) -> Result<SigningKey, VaultError> {
        let sealed = self
            .files
            .read(&self.layout.station_key(), SMALL_FILE_MAX)
            .map_err(|e| VaultError::io("station.key", e))?;
        let seed = vault_key
            .derive("rekam station key")
            .decrypt_key(&init::station_context(self.config.vault), &sealed)
            .ok_or_else(|| VaultError::corrupt("station.key", "it does not open with the vault key"))?;
        let station = SigningKey::from_bytes(&seed.0);
        // vault.toml is signed by the key that it names; only here it shows that this is the vault's own key.
        if hex::encode(station.verifying_key().to_bytes()) != self.config.station_key {
            return Err(VaultError::corrupt("vault.toml", "it is signed by a foreign key"));
        }
        Ok(station)
    }
}

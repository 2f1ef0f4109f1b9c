//! Key slots: the vault key and an officer's own key under that officer's passphrase.
//!
//! The passphrase goes through Argon2id (RFC 9106) with the parameters stored in the slot; its 32 bytes give two
//! subkeys, one for the vault key and one for the seed of the officer's Ed25519 key. Both are bound to vault, officer
//! and slot version, so a slot put under another name or carried to another vault does not open.

use argon2::{Algorithm, Argon2, Params, Version};
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use record::schema::Environment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::crypto::{self, Key};
use super::error::VaultError;
use super::passphrase::check_length;

const SLOT_VERSION: u32 = 1;
const SALT_LEN: usize = 16;
/// Bounds of stored parameters: a hostile slot must not eat all memory or time.
const MEMORY_KIB: std::ops::RangeInclusive<u32> = 8..=1024 * 1024;
const PASSES: std::ops::RangeInclusive<u32> = 1..=16;
const LANES: std::ops::RangeInclusive<u32> = 1..=4;

/// How dear it is to try a passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KdfCost {
    /// 64 MiB, 3 passes: memory and passes of the second recommended option of RFC 9106 §4, with one lane.
    #[default]
    Standard,
    /// 8 KiB, 1 pass: for tests, refused for production vaults.
    Test,
}

/// Stored parameters of Argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfParams {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl From<KdfCost> for KdfParams {
    fn from(cost: KdfCost) -> Self {
        match cost {
            KdfCost::Standard => Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 },
            KdfCost::Test => Self { memory_kib: 8, passes: 1, lanes: 1 },
        }
    }
}

impl KdfParams {
    /// What a slot of these parameters should have today: at least the standard in every part. The cheap cost of
    /// tests stays where a training vault was made with it.
    #[must_use]
    pub fn for_today(self, environment: Environment) -> Self {
        let standard = Self::from(KdfCost::Standard);
        if environment == Environment::Training && self == KdfCost::Test.into() {
            return self;
        }
        if self.memory_kib >= standard.memory_kib && self.passes >= standard.passes { self } else { standard }
    }

    /// Runs Argon2id.
    pub(super) fn derive(self, passphrase: &str, salt: &[u8]) -> Result<Key, VaultError> {
        if !(MEMORY_KIB.contains(&self.memory_kib)
            && PASSES.contains(&self.passes)
            && LANES.contains(&self.lanes))
        {
            return Err(VaultError::KdfCost);
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| VaultError::KdfCost)?;
        let mut key = Key([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, &mut key.0)
            .map_err(|_| VaultError::KdfCost)?;
        Ok(key)
    }
}

/// One slot file (JSON).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    version: u32,
    vault: Uuid,
    officer: Uuid,
    kdf: KdfParams,
    #[serde(with = "hex::serde")]
    salt: [u8; SALT_LEN],
    #[serde(with = "hex::serde")]
    vault_key: Vec<u8>,
    #[serde(with = "hex::serde")]
    signing_key: Vec<u8>,
}

/// What a slot gives up to the right passphrase.
pub(super) struct Opened {
    pub(super) vault_key: Key,
    pub(super) signing: SigningKey,
    /// What the slot cost to open.
    pub(super) kdf: KdfParams,
}

fn context(vault: Uuid, officer: Uuid, part: &str) -> Vec<u8> {
    format!("rekam slot|{SLOT_VERSION}|{vault}|{officer}|{part}").into_bytes()
}

impl Slot {
    /// Wraps the keys. Only the length is checked: a slot of before the other rules is wrapped anew as it is.
    pub(super) fn wrap(
        vault: Uuid,
        officer: Uuid,
        passphrase: &str,
        kdf: KdfParams,
        vault_key: &Key,
        signing: &SigningKey,
    ) -> Result<Self, VaultError> {
        check_length(passphrase)?;
        let salt = crypto::random::<SALT_LEN>();
        let kek = kdf.derive(passphrase, &salt)?;
        let seed = Zeroizing::new(signing.to_bytes());
        let wrap = |purpose: &str, secret: &[u8]| {
            kek.derive(purpose)
                .encrypt(&context(vault, officer, purpose), secret)
                .ok_or_else(|| VaultError::corrupt("slot", "the keys cannot be wrapped"))
        };
        Ok(Self {
            version: SLOT_VERSION,
            vault,
            officer,
            kdf,
            salt,
            vault_key: wrap("vault key", &vault_key.0)?,
            signing_key: wrap("officer key", &*seed)?,
        })
    }

    /// Opens a slot file; every failure but a failing disk is [`VaultError::WrongSecret`].
    pub(super) fn open(
        bytes: &[u8],
        vault: Uuid,
        officer: Uuid,
        passphrase: &str,
    ) -> Result<Opened, VaultError> {
        let slot: Self = serde_json::from_slice(bytes).map_err(|_| VaultError::WrongSecret)?;
        if slot.version != SLOT_VERSION {
            return Err(VaultError::Version { found: slot.version, known: SLOT_VERSION });
        }
        let kek = slot.kdf.derive(passphrase, &slot.salt)?;
        let unwrap = |purpose: &str, sealed: &[u8]| {
            kek.derive(purpose)
                .decrypt_key(&context(vault, officer, purpose), sealed)
                .ok_or(VaultError::WrongSecret)
        };
        let vault_key = unwrap("vault key", &slot.vault_key)?;
        let seed = unwrap("officer key", &slot.signing_key)?;
        Ok(Opened { vault_key, signing: SigningKey::from_bytes(&seed.0), kdf: slot.kdf })
    }

    /// The same work as for a real slot, so that an unknown officer takes as long as a wrong passphrase.
    pub(super) fn pretend(passphrase: &str, kdf: KdfParams) -> VaultError {
        match kdf.derive(passphrase, &[0; SALT_LEN]) {
            Ok(_) => VaultError::WrongSecret,
            Err(error) => error,
        }
    }

    /// The cost in a slot file, where it can be read.
    pub(super) fn cost(bytes: &[u8]) -> Option<KdfParams> {
        serde_json::from_slice::<Self>(bytes).ok().map(|slot| slot.kdf)
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec_pretty(self).map_err(|e| VaultError::corrupt("slot", e.to_string()))
    }
}

/// Wrong passphrases that are free of a wait.
const FREE_TRIES: u32 = 3;
const FIRST_WAIT_S: i64 = 30;
const LONGEST_WAIT_S: i64 = 3600;

/// Wrong passphrases of one officer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failures {
    count: u32,
    last: DateTime<Utc>,
}

/// The growing wait after wrong passphrases, kept in `lockout.json` so that a restart does not shorten it.
/// A try is counted before it is made, so that pulling the plug gives no try back.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Lockout {
    officers: BTreeMap<Uuid, Failures>,
}

impl Lockout {
    /// Unreadable contents count as no failures: the file only ever delays, so damage must not lock everybody out.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }
    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// Until when the officer must wait.
    pub(super) fn waits_until(&self, officer: Uuid, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let failures = self.officers.get(&officer)?;
        let beyond = failures.count.checked_sub(FREE_TRIES)?;
        let wait_s = FIRST_WAIT_S.saturating_mul(1 << beyond.min(16)).min(LONGEST_WAIT_S);
        let until = failures.last + TimeDelta::seconds(wait_s);
        (until > now).then_some(until)
    }
    /// After a clock was set back the wait begins now: it is never longer than it is. True when that changed anything.
    pub(super) fn not_ahead(&mut self, officer: Uuid, now: DateTime<Utc>) -> bool {
        let Some(failures) = self.officers.get_mut(&officer).filter(|f| f.last > now) else { return false };
        failures.last = now;
        true
    }
    pub(super) fn count(&mut self, officer: Uuid, now: DateTime<Utc>) {
        let failures = self.officers.entry(officer).or_insert(Failures { count: 0, last: now });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }
    pub(super) fn clear(&mut self, officer: Uuid) -> bool {
        self.officers.remove(&officer).is_some()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const SECRET: &str = "kata sandi uji";

    fn slot() -> (serde_json::Value, Uuid, Uuid) {
        let (vault, officer) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let signing = SigningKey::from_bytes(&[5; 32]);
        let slot = Slot::wrap(vault, officer, SECRET, KdfCost::Test.into(), &Key([9; 32]), &signing).unwrap();
        (serde_json::to_value(&slot).unwrap(), vault, officer)
    }

    fn check(change: impl FnOnce(&mut serde_json::Value), secret: &str, expected: &str) {
        let (mut slot, vault, officer) = slot();
        change(&mut slot);
        let opened = Slot::open(&serde_json::to_vec(&slot).unwrap(), vault, officer, secret);
        let found = match opened {
            Ok(opened) => {
                assert_eq!((opened.vault_key.0, opened.signing.to_bytes()), ([9; 32], [5; 32]));
                "opened"
            }
            Err(error) => error.id(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_slot_opens_only_whole_in_its_place_and_within_bounds() {
        check(|_| {}, SECRET, "opened");
        check(|_| {}, "kata sandi ujI", "wrong-secret");
        check(|_| {}, "", "wrong-secret");
        check(|s| s["salt"] = "00".repeat(16).into(), SECRET, "wrong-secret");
        check(|s| s["salt"] = "00".into(), SECRET, "wrong-secret");
        check(|s| s["vault_key"] = s["signing_key"].clone(), SECRET, "wrong-secret");
        check(|s| s["signing_key"] = "00".into(), SECRET, "wrong-secret");
        check(|s| s["kdf"]["passes"] = 2.into(), SECRET, "wrong-secret");
        check(|s| s["kdf"]["memory_kib"] = u32::MAX.into(), SECRET, "kdf-cost");
        check(|s| s["kdf"]["memory_kib"] = 0.into(), SECRET, "kdf-cost");
        check(|s| s["kdf"]["passes"] = u32::MAX.into(), SECRET, "kdf-cost");
        check(|s| s["kdf"]["lanes"] = 0.into(), SECRET, "kdf-cost");
        check(|s| s["version"] = 2.into(), SECRET, "version");
        check(|s| s["more"] = 1.into(), SECRET, "wrong-secret");
        let (slot, vault, officer) = slot();
        let bytes = serde_json::to_vec(&slot).unwrap();
        assert!(Slot::open(&bytes, Uuid::nil(), officer, SECRET).is_err());
        assert!(Slot::open(&bytes, vault, Uuid::nil(), SECRET).is_err());
        assert!(Slot::open(&bytes[..bytes.len() / 2], vault, officer, SECRET).is_err());
    }
}

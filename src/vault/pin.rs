//! The PIN of the short lock.
//!
//! A PIN opens nothing on the disk. While an officer is signed in, the key that Argon2id makes of the PIN is in memory
//! beside the vault's keys. When the station locks, the vault key and the officer's key are wrapped under it and only
//! the wrapped form stays, for as long as the lock may last; five wrong PINs, the end of that time, sleep and a restart
//! wipe it, and then only the passphrase opens. `keys/<officer>.pin` keeps the key between sign-ins, encrypted under the
//! vault key, so that a stolen disk has nothing to try PINs on. Who can read the memory of the locked station could try
//! all PINs: what that costs is the Argon2id of each.

use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::audit::AuditEvent;
use super::crypto::{self, Key};
use super::error::VaultError;
use super::layout::SMALL_FILE_MAX;
use super::officers::OfficerKeys;
use super::slots::KdfParams;
use super::{Keys, Vault};

/// Fewest and most digits.
pub const PIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=8;
/// Wrong PINs before only the passphrase opens.
pub const PIN_TRIES: u32 = 5;
const SALT_LEN: usize = 16;
/// Memory, passes and lanes as little-endian u32, salt, key.
const FILE_LEN: usize = 12 + SALT_LEN + 32;

/// Checks a new PIN: its form, and that it is not among the first ones that anybody would try.
///
/// # Errors
/// [`VaultError::Pin`].
pub fn check_pin(pin: &str) -> Result<(), VaultError> {
    let digits = pin.as_bytes();
    let formed = PIN_DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let steps = |by: u8| digits.windows(2).all(|w| (w[0] - b'0' + by) % 10 == w[1] - b'0');
    // The same group again and again: 111111, 121212, 123123, 12341234.
    let repeats = (1..=digits.len() / 2)
        .any(|n| digits.len().is_multiple_of(n) && digits.chunks(n).all(|group| group == &digits[..n]));
    if formed && !steps(1) && !steps(9) && !repeats { Ok(()) } else { Err(VaultError::Pin) }
}

/// What Argon2id made of an officer's PIN.
pub(super) struct PinKey {
    officer: Uuid,
    kdf: KdfParams,
    salt: [u8; SALT_LEN],
    key: Key,
}

impl PinKey {
    fn new(officer: Uuid, pin: &str, kdf: KdfParams) -> Result<Self, VaultError> {
        let salt = crypto::random::<SALT_LEN>();
        Ok(Self { officer, kdf, salt, key: kdf.derive(pin, &salt)? })
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(FILE_LEN));
        for part in [self.kdf.memory_kib, self.kdf.passes, self.kdf.lanes] {
            out.extend_from_slice(&part.to_le_bytes());
        }
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.key.0);
        out
    }

    fn from_bytes(officer: Uuid, bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; FILE_LEN] = bytes.try_into().ok()?;
        let number = |at: usize| Some(u32::from_le_bytes(bytes[at..at + 4].try_into().ok()?));
        Some(Self {
            officer,
            kdf: KdfParams { memory_kib: number(0)?, passes: number(4)?, lanes: number(8)? },
            salt: bytes[12..12 + SALT_LEN].try_into().ok()?,
            key: Key(bytes[12 + SALT_LEN..].try_into().ok()?),
        })
    }
}

/// The keys as they stay in memory behind the lock.
pub(super) struct BehindPin {
    officer: Uuid,
    kdf: KdfParams,
    salt: [u8; SALT_LEN],
    vault_key: Vec<u8>,
    signing_key: Vec<u8>,
    tries: u32,
}

impl BehindPin {
    fn wrap(pin: &PinKey, keys: &Keys, officer: &OfficerKeys, vault: Uuid) -> Option<Self> {
        if pin.officer != officer.officer.id {
            return None;
        }
        let seed = Zeroizing::new(officer.signing.to_bytes());
        Some(Self {
            officer: pin.officer,
            kdf: pin.kdf,
            salt: pin.salt,
            vault_key: pin.key.derive("vault key").encrypt(&context(vault, pin.officer), &keys.vault.0)?,
            signing_key: pin.key.derive("officer key").encrypt(&context(vault, pin.officer), &*seed)?,
            tries: PIN_TRIES,
        })
    }
}

fn context(vault: Uuid, officer: Uuid) -> Vec<u8> {
    format!("rekam pin|{vault}|{officer}").into_bytes()
}

impl Vault {
    /// Sets or removes an officer's PIN; the officer has just given the passphrase.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Pin`], or the disk's.
    pub fn set_pin(
        &mut self,
        of: &OfficerKeys,
        pin: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        let id = of.officer.id;
        let path = self.layout.pin(id);
        let made = match pin {
            None => {
                self.files.remove_durable(&path).map_err(|e| VaultError::io("PIN", e))?;
                None
            }
            Some(pin) => {
                check_pin(pin)?;
                let made = PinKey::new(id, pin, self.pin_cost())?;
                let sealed = self
                    .keys()?
                    .pin
                    .encrypt(&context(self.config.vault, id), &made.to_bytes())
                    .ok_or_else(|| VaultError::corrupt("PIN", "it cannot be encrypted"))?;
                self.files.write_durable(&path, &sealed).map_err(|e| VaultError::io("PIN", e))?;
                Some(made)
            }
        };
        let event = if made.is_some() { "pin-set" } else { "pin-removed" };
        self.pin = made;
        self.append_audit(&AuditEvent::new(event).by(id), now)
    }

    /// Takes the signed-in officer's PIN key into memory. One that cannot be read is as good as none: the passphrase
    /// opens.
    pub(super) fn load_pin(&mut self, officer: Uuid) {
        let sealed = self.files.read(&self.layout.pin(officer), SMALL_FILE_MAX).ok();
        self.pin = sealed.zip(self.keys.as_ref()).and_then(|(sealed, keys)| {
            let plain = keys.pin.decrypt(&context(self.config.vault, officer), &sealed)?;
            PinKey::from_bytes(officer, &plain)
        });
    }

    /// Drops every key from memory; where the officer has a PIN, what it opens stays. True when it does.
    pub fn lock_behind_pin(&mut self, officer: &OfficerKeys) -> bool {
        let behind = match (&self.pin, &self.keys) {
            (Some(pin), Some(keys)) => BehindPin::wrap(pin, keys, officer, self.config.vault),
            _ => None,
        };
        self.lock();
        self.behind_pin = behind;
        self.behind_pin.is_some()
    }

    /// Opens what [`Vault::lock_behind_pin`] left. The try is counted first; the last wrong one wipes it.
    ///
    /// # Errors
    /// [`VaultError::WrongPin`] with the tries that are left, [`VaultError::Locked`] when only the passphrase opens,
    /// [`VaultError::Corrupt`] or the disk's.
    pub fn unlock_by_pin(
        &mut self,
        officer: Uuid,
        pin: &str,
        now: DateTime<Utc>,
    ) -> Result<OfficerKeys, VaultError> {
        let vault = self.config.vault;
        let account = self.roster.find(officer).cloned().ok_or(VaultError::Locked)?;
        let behind = self.behind_pin.as_mut().filter(|b| b.officer == officer).ok_or(VaultError::Locked)?;
        behind.tries = behind.tries.saturating_sub(1);
        let left = behind.tries;
        let key = behind.kdf.derive(pin, &behind.salt)?;
        let open =
            |purpose: &str, sealed: &[u8]| key.derive(purpose).decrypt_key(&context(vault, officer), sealed);
        let opened = open("vault key", &behind.vault_key).zip(open("officer key", &behind.signing_key));
        if opened.is_none() && left == 0 {
            self.behind_pin = None;
        }
        let Some((vault_key, seed)) = opened else {
            self.append_audit(&AuditEvent::new("pin-failed").by(officer).with("left", left), now)?;
            return Err(VaultError::WrongPin { left });
        };
        let station = self.open_station_key(&vault_key)?;
        self.keys = Some(Keys::new(vault_key, station));
        self.behind_pin = None;
        self.load_pin(officer);
        Ok(OfficerKeys { officer: account, signing: SigningKey::from_bytes(&seed.0) })
    }

    /// The cost of a PIN: never below today's standard but where the vault was made for tests.
    fn pin_cost(&self) -> KdfParams {
        self.usual_cost().for_today(self.config.environment)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::super::slots::KdfCost;
    use super::*;

    fn check(pin: &str, good: bool) {
        assert_eq!(check_pin(pin).is_ok(), good, "{pin}");
    }

    #[test]
    fn a_pin_has_six_to_eight_digits_and_is_not_the_first_that_anybody_tries() {
        for pin in ["", "12345", "123456789", "12345a", "１２３４５６", "abcdef"] {
            check(pin, false);
        }
        for pin in
            ["000000", "123456", "012345", "890123", "654321", "987654", "121212", "123123", "12341234"]
        {
            check(pin, false);
        }
        for pin in ["271828", "1357912", "80451937", "112358"] {
            check(pin, true);
        }
    }

    #[test]
    fn its_file_reads_back_and_no_other_does() {
        let made = PinKey::new(Uuid::nil(), "271828", KdfCost::Test.into()).unwrap();
        let bytes = made.to_bytes();
        let read = PinKey::from_bytes(Uuid::nil(), &bytes).unwrap();
        assert_eq!((read.kdf, read.salt, read.key.0), (made.kdf, made.salt, made.key.0));
        assert!(PinKey::from_bytes(Uuid::nil(), &bytes[1..]).is_none());
        assert!(PinKey::from_bytes(Uuid::nil(), &[&bytes[..], &[0]].concat()).is_none());
    }
}

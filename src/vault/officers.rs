//! Officers' accounts: `officers.json`, each account signed by a supervisor whose own account leads back to the first.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier};
use record::schema::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Vault;
use super::audit::AuditEvent;
use super::error::VaultError;
use super::init;
use super::layout::{VaultConfig, key_from_hex};
use super::slots::{KdfCost, check_passphrase};

/// Most accounts of one station.
const OFFICERS_MAX: usize = 1000;

/// One account. Officers' names are shown at sign-in and therefore lie in clear; the NIK only as a keyed hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Account id.
    pub id: Uuid,
    /// Name as shown at sign-in.
    pub name: String,
    /// What the officer may do.
    pub role: Role,
    /// HMAC-SHA-256 of the NIK under a subkey of the vault key, hex: one person, one account.
    pub nik_hash: String,
    /// Ed25519 public key, 32 bytes in hex.
    pub public_key: String,
    /// When the account was made.
    pub added: DateTime<Utc>,
}

impl std::fmt::Debug for Officer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Officer({}, {})", self.id, self.role)
    }
}

/// What a new account needs.
#[derive(Clone)]
pub struct NewOfficer {
    /// Name as shown at sign-in.
    pub name: String,
    /// What the officer may do.
    pub role: Role,
    /// The officer's own NIK, kept as a keyed hash only.
    pub nik: Zeroizing<String>,
    /// First passphrase.
    pub passphrase: Zeroizing<String>,
}

impl NewOfficer {
    /// Checks what can be checked before anything is written.
    pub(super) fn check(&self) -> Result<(), VaultError> {
        check_passphrase(&self.passphrase)?;
        let letters = self.name.chars().count();
        let named = (1..=100).contains(&letters) && !self.name.trim().is_empty();
        if named && !self.name.chars().any(char::is_control) {
            Ok(())
        } else {
            Err(VaultError::Name { what: "officer" })
        }
    }
}

impl std::fmt::Debug for NewOfficer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewOfficer({})", self.role)
    }
}

/// An officer who has given the right passphrase: the account and its signing key, wiped when dropped.
#[derive(Clone)]
pub struct OfficerKeys {
    /// The account.
    pub officer: Officer,
    /// The officer's own Ed25519 key.
    pub signing: SigningKey,
}

impl std::fmt::Debug for OfficerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OfficerKeys({:?})", self.officer)
    }
}

/// An account with the signature that vouches for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certified {
    pub(super) officer: Officer,
    /// Account of the supervisor who signed.
    pub(super) by: Uuid,
    #[serde(with = "hex::serde")]
    pub(super) signature: [u8; 64],
}

/// The roster of accounts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roster {
    officers: Vec<Certified>,
}

fn signed_bytes(vault: Uuid, officer: &Officer, by: Uuid) -> Vec<u8> {
    // Field order is fixed by the struct, so the JSON is the same wherever it is made.
    let body = serde_json::to_string(officer).unwrap_or_default();
    format!("rekam officer v1\n{vault}\n{by}\n{body}").into_bytes()
}

impl Roster {
    /// Adds an account signed by `by`.
    pub(super) fn add(
        &mut self,
        vault: Uuid,
        officer: Officer,
        by: Uuid,
        key: &SigningKey,
    ) -> Result<(), VaultError> {
        if self.officers.iter().any(|c| c.officer.nik_hash == officer.nik_hash) {
            return Err(VaultError::OfficerExists);
        }
        let most = OFFICERS_MAX as u64;
        if self.officers.len() >= OFFICERS_MAX {
            return Err(VaultError::TooLarge { what: "roster of officers".into(), found: most + 1, most });
        }
        let signature = key.sign(&signed_bytes(vault, &officer, by)).to_bytes();
        self.officers.push(Certified { officer, by, signature });
        Ok(())
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec_pretty(self).map_err(|e| VaultError::corrupt("officers.json", e.to_string()))
    }

    /// Reads a roster and follows every signature back to the first supervisor.
    pub(super) fn parse(bytes: &[u8], config: &VaultConfig) -> Result<Self, VaultError> {
        let bad = |why: &str| VaultError::corrupt("officers.json", why);
        let roster: Self = serde_json::from_slice(bytes).map_err(|_| bad("not the expected JSON"))?;
        let mut by_id = BTreeMap::new();
        let mut people = BTreeSet::new();
        for certified in &roster.officers {
            let twice = by_id.insert(certified.officer.id, certified).is_some();
            if twice || !people.insert(&certified.officer.nik_hash) {
                return Err(bad("an account is there twice"));
            }
        }
        let mut trusted: BTreeSet<Uuid> = BTreeSet::new();
        loop {
            let before = trusted.len();
            for certified in &roster.officers {
                let is_root = certified.by == certified.officer.id
                    && certified.officer.public_key == config.root_supervisor;
                let vouched = is_root || trusted.contains(&certified.by);
                let signer =
                    by_id.get(&certified.by).map(|s| &s.officer).filter(|s| s.role == Role::Supervisor);
                let Some(signer) = signer.filter(|_| vouched) else { continue };
                let key = key_from_hex(&signer.public_key).ok_or_else(|| bad("a public key is malformed"))?;
                let bytes = signed_bytes(config.vault, &certified.officer, certified.by);
                if key.verify(&bytes, &Signature::from_bytes(&certified.signature)).is_ok() {
                    trusted.insert(certified.officer.id);
                }
            }
            if trusted.len() == before {
                break;
            }
        }
        if trusted.len() == roster.officers.len() {
            Ok(roster)
        } else {
            Err(bad("an account's signature does not fit"))
        }
    }

    pub(super) fn list(&self) -> impl Iterator<Item = &Officer> {
        self.officers.iter().map(|c| &c.officer)
    }

    pub(super) fn find(&self, id: Uuid) -> Option<&Officer> {
        self.list().find(|o| o.id == id)
    }
}

impl Vault {
    /// Adds an account, signed by a supervisor who has just given the passphrase.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`], [`VaultError::OfficerExists`],
    /// [`VaultError::Passphrase`], [`VaultError::KdfCost`], or the disk's.
    pub fn add_officer(
        &mut self,
        new: &NewOfficer,
        by: &OfficerKeys,
        kdf: KdfCost,
        now: DateTime<Utc>,
    ) -> Result<Officer, VaultError> {
        new.check()?;
        init::check_cost(kdf, self.config.environment)?;
        let supervisor = self.roster.find(by.officer.id).filter(|o| o.role == Role::Supervisor);
        if supervisor.is_none_or(|o| o.public_key != by.officer.public_key) {
            return Err(VaultError::NotSupervisor);
        }
        let keys = self.keys()?;
        let (officer, slot) =
            init::make_officer(self.config.vault, new, &keys.vault, &keys.people, kdf, now)?;
        let mut roster = self.roster.clone();
        roster.add(self.config.vault, officer.clone(), by.officer.id, &by.signing)?;
        // The slot first: an account without a slot could not sign in, a slot without an account is nothing.
        self.files
            .write_durable(&self.layout.slot(officer.id), &slot.0.to_json()?)
            .map_err(|e| VaultError::io("slot", e))?;
        self.files
            .write_durable(&self.layout.officers(), &roster.to_json()?)
            .map_err(|e| VaultError::io("officers.json", e))?;
        self.roster = roster;
        let event = AuditEvent::new("officer-added").by(by.officer.id).with("officer", officer.id);
        self.append_audit(&event.with("role", officer.role), now)?;
        Ok(officer)
    }

    /// True when this NIK is that of the officer: nobody approves their own recording.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn is_nik_of(&self, officer: Uuid, nik: &str) -> Result<bool, VaultError> {
        let hash = self.keys()?.officer_hash(nik);
        Ok(self.roster.find(officer).is_some_and(|o| o.nik_hash == hash))
    }
}

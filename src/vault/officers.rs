//! Officers' accounts: `officers.json`, each account signed by a supervisor whose own account leads back to the first.

use std::collections::BTreeSet;

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
use super::passphrase::check_passphrase;
use super::slots::KdfCost;

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
    pub(super) fn check(&self, station: &str) -> Result<(), VaultError> {
        check_passphrase(&self.passphrase, &[&self.name, station])?;
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

/// An account that was closed: who closed it and when. The account stays in the roster, so that what its officer signed
/// before stays explicable; the id never opens again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    pub(super) officer: Uuid,
    pub(super) at: DateTime<Utc>,
    /// Account of the supervisor who signed.
    pub(super) by: Uuid,
    #[serde(with = "hex::serde")]
    signature: [u8; 64],
}

/// The roster of accounts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roster {
    officers: Vec<Certified>,
    #[serde(default)]
    removed: Vec<Removal>,
}

fn signed_bytes(vault: Uuid, officer: &Officer, by: Uuid) -> Vec<u8> {
    // Field order is fixed by the struct, so the JSON is the same wherever it is made.
    let body = serde_json::to_string(officer).unwrap_or_default();
    format!("rekam officer v1\n{vault}\n{by}\n{body}").into_bytes()
}

fn removal_bytes(vault: Uuid, officer: Uuid, at: DateTime<Utc>, by: Uuid) -> Vec<u8> {
    format!("rekam officer removed v1\n{vault}\n{by}\n{officer}\n{}", at.to_rfc3339()).into_bytes()
}

fn bad(why: &str) -> VaultError {
    VaultError::corrupt("officers.json", why)
}

/// True when the account's key made this signature.
fn signed_by(signer: &Officer, bytes: &[u8], signature: &[u8; 64]) -> Result<bool, VaultError> {
    let key = key_from_hex(&signer.public_key).ok_or_else(|| bad("a public key is malformed"))?;
    Ok(key.verify(bytes, &Signature::from_bytes(signature)).is_ok())
}

impl Roster {
    /// Adds an account signed by `by`. A person whose account was closed may get another one.
    pub(super) fn add(
        &mut self,
        vault: Uuid,
        officer: Officer,
        by: Uuid,
        key: &SigningKey,
    ) -> Result<(), VaultError> {
        if self.list().any(|o| o.nik_hash == officer.nik_hash) {
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

    /// Closes an account, signed by `by`.
    fn remove(&mut self, vault: Uuid, officer: Uuid, by: &OfficerKeys, at: DateTime<Utc>) {
        let id = by.officer.id;
        let signature = by.signing.sign(&removal_bytes(vault, officer, at, id)).to_bytes();
        self.removed.push(Removal { officer, at, by: id, signature });
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec_pretty(self).map_err(|e| VaultError::corrupt("officers.json", e.to_string()))
    }

    /// Reads a roster and follows every signature back to the first supervisor.
    pub(super) fn parse(bytes: &[u8], config: &VaultConfig) -> Result<Self, VaultError> {
        let roster: Self = serde_json::from_slice(bytes).map_err(|_| bad("not the expected JSON"))?;
        let mut ids = BTreeSet::new();
        if !roster.officers.iter().all(|c| ids.insert(c.officer.id)) {
            return Err(bad("an account is there twice"));
        }
        let mut people = BTreeSet::new();
        if !roster.list().all(|o| people.insert(&o.nik_hash)) {
            return Err(bad("a person has two accounts"));
        }
        let trusted = roster.trusted(config)?;
        if trusted.len() != roster.officers.len() {
            return Err(bad("an account's signature does not fit"));
        }
        roster.check_removals(config.vault)?;
        Ok(roster)
    }

    /// Accounts whose signatures lead back to the first supervisor.
    fn trusted(&self, config: &VaultConfig) -> Result<BTreeSet<Uuid>, VaultError> {
        let mut trusted: BTreeSet<Uuid> = BTreeSet::new();
        loop {
            let before = trusted.len();
            for certified in &self.officers {
                let is_root = certified.by == certified.officer.id
                    && certified.officer.public_key == config.root_supervisor;
                let vouched = is_root || trusted.contains(&certified.by);
                // Nobody adds accounts after their own was closed.
                let signer = self.supervisor_at(certified.by, certified.officer.added);
                let Some(signer) = signer.filter(|_| vouched) else { continue };
                let bytes = signed_bytes(config.vault, &certified.officer, certified.by);
                if signed_by(signer, &bytes, &certified.signature)? {
                    trusted.insert(certified.officer.id);
                }
            }
            if trusted.len() == before {
                return Ok(trusted);
            }
        }
    }

    fn check_removals(&self, vault: Uuid) -> Result<(), VaultError> {
        let mut ids = BTreeSet::new();
        for removal in &self.removed {
            let signer = self.supervisor_at(removal.by, removal.at);
            let bytes = removal_bytes(vault, removal.officer, removal.at, removal.by);
            let fits = match signer {
                Some(signer) => signed_by(signer, &bytes, &removal.signature)?,
                None => false,
            };
            if !fits || self.anyone(removal.officer).is_none() || !ids.insert(removal.officer) {
                return Err(bad("a removal's signature does not fit"));
            }
        }
        Ok(())
    }

    /// Accounts that may sign in.
    pub(super) fn list(&self) -> impl Iterator<Item = &Officer> {
        self.officers.iter().map(|c| &c.officer).filter(|o| self.removal(o.id).is_none())
    }

    /// An account that may sign in.
    pub(super) fn find(&self, id: Uuid) -> Option<&Officer> {
        self.list().find(|o| o.id == id)
    }

    /// An account, closed or not.
    pub(super) fn anyone(&self, id: Uuid) -> Option<&Officer> {
        self.officers.iter().map(|c| &c.officer).find(|o| o.id == id)
    }

    /// A supervisor whose account was not closed before `at`. The closing itself may be the supervisor's own.
    pub(super) fn supervisor_at(&self, id: Uuid, at: DateTime<Utc>) -> Option<&Officer> {
        let open = self.removal(id).is_none_or(|r| at <= r.at);
        self.anyone(id).filter(|o| open && o.role == Role::Supervisor)
    }

    fn removal(&self, id: Uuid) -> Option<&Removal> {
        self.removed.iter().find(|r| r.officer == id)
    }

    /// Accounts that were closed.
    pub(super) fn removed(&self) -> impl Iterator<Item = &Removal> {
        self.removed.iter()
    }
}

impl Vault {
    /// Adds an account, signed by a supervisor who has just given the passphrase.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::NotSupervisor`], [`VaultError::OfficerExists`],
    /// [`VaultError::Passphrase`], [`VaultError::WeakPassphrase`], [`VaultError::KdfCost`], or the disk's.
    pub fn add_officer(
        &mut self,
        new: &NewOfficer,
        by: &OfficerKeys,
        kdf: KdfCost,
        now: DateTime<Utc>,
    ) -> Result<Officer, VaultError> {
        new.check(&self.config.station)?;
        init::check_cost(kdf, self.config.environment)?;
        self.check_supervisor(by)?;
        let keys = self.keys()?;
        let (officer, slot) =
            init::make_officer(self.config.vault, new, &keys.vault, &keys.people, kdf, now)?;
        let mut roster = self.roster.clone();
        roster.add(self.config.vault, officer.clone(), by.officer.id, &by.signing)?;
        // The slot first: an account without a slot could not sign in, a slot without an account is nothing.
        self.files
            .write_durable(&self.layout.slot(officer.id), &slot.0.to_json()?)
            .map_err(|e| VaultError::io("slot", e))?;
        self.write_roster(roster)?;
        let event = AuditEvent::new("officer-added").by(by.officer.id).with("officer", officer.id);
        self.append_audit(&event.with("role", officer.role), now)?;
        Ok(officer)
    }

    /// Refuses keys that are not those of a supervisor of this station.
    pub(super) fn check_supervisor(&self, by: &OfficerKeys) -> Result<(), VaultError> {
        let supervisor = self.roster.find(by.officer.id).filter(|o| o.role == Role::Supervisor);
        if supervisor.is_none_or(|o| o.public_key != by.officer.public_key) {
            return Err(VaultError::NotSupervisor);
        }
        Ok(())
    }

    /// Closes an account, signed by a supervisor who has just given the passphrase: it never opens again, its slot and
    /// its officer's fingers are gone, and what the officer signed before stays explicable. Sessions of that officer
    /// stay and are taken up by others. The vault key stays the same: who copied it out of the memory while the
    /// account was open still has it.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::ClockBack`], [`VaultError::NotSupervisor`], [`VaultError::Name`] for an
    /// unknown account, [`VaultError::LastSupervisor`], or the disk's.
    pub fn remove_officer(
        &mut self,
        officer: Uuid,
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.keys()?;
        self.check_clock(now)?;
        self.check_supervisor(by)?;
        let account = self.roster.find(officer).ok_or(VaultError::Name { what: "officer" })?;
        let supervisors = self.roster.list().filter(|o| o.role == Role::Supervisor).count();
        if account.role == Role::Supervisor && supervisors < 2 {
            return Err(VaultError::LastSupervisor);
        }
        let mut roster = self.roster.clone();
        // A clock that was ahead dated what this officer signed: it stays signed before the closing.
        let at = self.last_signed_by(officer)?.map_or(now, |last| last.max(now));
        roster.remove(self.config.vault, officer, by, at);
        // The roster first: from then on the account does not open; a slot that is left is removed at the next open.
        self.write_roster(roster)?;
        let event = AuditEvent::new("officer-removed").by(by.officer.id).with("officer", officer);
        self.append_audit(&event, now)?;
        self.remove_slot(officer)?;
        self.forget_closed(by.officer.id, now)?;
        if self.lockout.clear(officer) {
            self.write_lockout()?;
        }
        Ok(())
    }

    /// Time of the latest thing in roster, centre's list and pins that this officer signed.
    fn last_signed_by(&self, officer: Uuid) -> Result<Option<DateTime<Utc>>, VaultError> {
        let accounts = self.roster.officers.iter().filter(|c| c.by == officer).map(|c| c.officer.added);
        let closings = self.roster.removed.iter().filter(|r| r.by == officer).map(|r| r.at);
        let lists = self.centre_approvals().filter(|(by, _)| *by == officer).map(|(_, at)| at);
        // Pins that do not fit are lost already.
        let pins = self.pins().unwrap_or_default();
        let pins = pins.iter().filter(|pin| pin.by == officer).map(|pin| pin.at);
        Ok(accounts.chain(closings).chain(lists).chain(pins).max())
    }

    /// Puts a roster into the place of the present one, once it reads as the next open will read it.
    fn write_roster(&mut self, roster: Roster) -> Result<(), VaultError> {
        let bytes = roster.to_json()?;
        Roster::parse(&bytes, &self.config)?;
        self.files
            .write_durable(&self.layout.officers(), &bytes)
            .map_err(|e| VaultError::io("officers.json", e))?;
        self.roster = roster;
        Ok(())
    }

    fn remove_slot(&self, officer: Uuid) -> Result<(), VaultError> {
        self.files.remove_durable(&self.layout.pin(officer)).map_err(|e| VaultError::io("PIN", e))?;
        self.files.remove_durable(&self.layout.slot(officer)).map_err(|e| VaultError::io("slot", e))
    }

    /// Ends removals that were interrupted: while the slot is there, the line in the audit may be missing.
    pub(super) fn sweep_slots(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let closed: Vec<(Uuid, Uuid)> = self.roster.removed().map(|r| (r.officer, r.by)).collect();
        for (officer, by) in closed {
            let slot = self.layout.slot(officer);
            if self.files.len(&slot).map_err(|e| VaultError::io("slot", e))?.is_some() {
                let event = AuditEvent::new("officer-removed").by(by).with("officer", officer);
                self.append_audit(&event, now)?;
                self.remove_slot(officer)?;
            }
        }
        Ok(())
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

//! The sync key: it signs what the station says of itself (the manifest of a carry, later its requests to the hub) while
//! no officer is signed in.
//!
//! It lies in `sync.key` beside the vault key's files, readable by the station's account alone, and opens nothing: who
//! steals it can speak as this station until it is renewed, and reads no record. The station's key, which only a
//! signed-in officer has, certifies it for one vault and one epoch; a restore renews it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use record::{canonical, keys};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::audit::AuditEvent;
use super::error::VaultError;
use super::files::Files;
use super::layout::{Layout, SMALL_FILE_MAX, VaultConfig};
use super::notes::Note;
use super::{Vault, crypto};

const SIGNED_AS: &str = "rekam-sync-key/1";

/// What the station says of its sync key, signed with the station's key. The signature is over `rekam-sync-key/1\n`
/// and the canonical JSON ([`record::canonical`]) of the other members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncCertificate {
    /// Vault that it speaks for.
    pub vault: Uuid,
    /// Station that it speaks for.
    pub station: String,
    /// Epoch of the vault: a restore makes another key.
    pub epoch: u64,
    /// Ed25519 public key, 32 bytes in lower-case hex.
    pub public_key: String,
    /// When it was certified.
    pub issued: DateTime<Utc>,
    /// Ed25519 signature of the station, 64 bytes in lower-case hex.
    pub signature: String,
}

impl SyncCertificate {
    fn signed_bytes(&self) -> Option<Vec<u8>> {
        canonical::unsigned_bytes(SIGNED_AS, self).ok()
    }

    /// Checks the station's signature and gives the sync key that it vouches for. Which vault, station and epoch are
    /// wanted is for the caller to compare.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`] when the signature does not fit or the key is none.
    pub fn verify(&self, station: &VerifyingKey) -> Result<VerifyingKey, VaultError> {
        let bad = |why: &str| VaultError::corrupt("sync key's certificate", why);
        let bytes = self.signed_bytes().ok_or_else(|| bad("it has no canonical form"))?;
        match keys::verify_hex(station, &bytes, &self.signature) {
            Ok(true) => keys::public_from_hex(&self.public_key).map_err(|_| bad("its key is malformed")),
            _ => Err(bad("the station's signature does not fit")),
        }
    }
}

/// The sync key with its certificate; wiped when dropped.
#[derive(Clone)]
pub struct SyncKey {
    signing: SigningKey,
    /// What the station says of it.
    pub certificate: SyncCertificate,
}

impl std::fmt::Debug for SyncKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SyncKey({})", self.certificate.public_key)
    }
}

/// `sync.key`: JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncFile {
    /// Secret seed, 32 bytes in hex.
    seed: String,
    certificate: SyncCertificate,
}

impl SyncKey {
    /// Signs bytes in the station's name.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        self.signing.sign(bytes)
    }

    /// A new key for this vault and epoch, certified by the station's key.
    fn make(config: &VaultConfig, station: &SigningKey, now: DateTime<Utc>) -> Result<Self, VaultError> {
        let signing = SigningKey::from_bytes(&Zeroizing::new(crypto::random::<32>()));
        let mut certificate = SyncCertificate {
            vault: config.vault,
            station: config.station.clone(),
            epoch: config.epoch,
            public_key: keys::public_to_hex(&signing.verifying_key()),
            issued: now,
            signature: String::new(),
        };
        let bytes = certificate
            .signed_bytes()
            .ok_or_else(|| VaultError::corrupt("sync.key", "its certificate has no canonical form"))?;
        certificate.signature = keys::sign_hex(station, &bytes);
        Ok(Self { signing, certificate })
    }

    /// Makes a key and writes it durably.
    pub(super) fn create(
        files: &dyn Files,
        layout: &Layout,
        config: &VaultConfig,
        station: &SigningKey,
        now: DateTime<Utc>,
    ) -> Result<Self, VaultError> {
        let made = Self::make(config, station, now)?;
        let seed = hex::encode(*Zeroizing::new(made.signing.to_bytes()));
        let mut file = SyncFile { seed, certificate: made.certificate.clone() };
        // Room for all of it, so that no copy is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
        let written = serde_json::to_writer_pretty(&mut *bytes, &file);
        file.seed.zeroize();
        written.map_err(|e| VaultError::corrupt("sync.key", e.to_string()))?;
        files.write_durable(&layout.sync_key(), &bytes).map_err(|e| VaultError::io("sync.key", e))?;
        Ok(made)
    }

    /// Reads a key file; none when it is not one of this vault, station and epoch.
    fn parse(bytes: &[u8], config: &VaultConfig) -> Option<Self> {
        let SyncFile { seed, certificate } = serde_json::from_slice(bytes).ok()?;
        let seed = Zeroizing::new(seed);
        let mut raw = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(seed.as_bytes(), &mut raw[..]).ok()?;
        let signing = SigningKey::from_bytes(&raw);
        let vouched = certificate.verify(&config.station_verifying_key().ok()?).ok()?;
        let ours = certificate.vault == config.vault
            && certificate.station == config.station
            && certificate.epoch == config.epoch
            && vouched == signing.verifying_key();
        ours.then_some(Self { signing, certificate })
    }

    /// Reads the vault's key. A missing or unfitting one must not keep anybody from the records: it is made anew when
    /// an officer signs in, and an unfitting one is told.
    pub(super) fn load(
        files: &Arc<dyn Files>,
        layout: &Layout,
        config: &VaultConfig,
        notes: &mut Vec<Note>,
    ) -> Result<Option<Self>, VaultError> {
        match files.len(&layout.sync_key()) {
            Ok(None) => return Ok(None),
            Ok(Some(_)) => {}
            Err(e) => return Err(VaultError::io("sync.key", e)),
        }
        let bytes = match files.read(&layout.sync_key(), SMALL_FILE_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => Zeroizing::default(),
            other => Zeroizing::new(other.map_err(|e| VaultError::io("sync.key", e))?),
        };
        let found = Self::parse(&bytes, config);
        if found.is_none() {
            notes.push(Note::SyncKeyUnfit);
        }
        Ok(found)
    }
}

impl Vault {
    /// The key that signs in the station's name without an officer.
    ///
    /// # Errors
    /// [`VaultError::NoSyncKey`] in a vault where nobody signed in since it is needed.
    pub fn sync_key(&self) -> Result<&SyncKey, VaultError> {
        self.sync.as_ref().ok_or(VaultError::NoSyncKey)
    }

    /// Makes the sync key where there is none.
    pub(super) fn ensure_sync_key(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        if self.sync.is_some() { Ok(()) } else { self.renew_sync_key(now) }
    }

    /// Makes another sync key for the vault's present epoch; the one before is overwritten. After a restore, or when
    /// the station's disk may have been copied.
    ///
    /// # Errors
    /// [`VaultError::Locked`] or the disk's.
    pub fn renew_sync_key(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let made = SyncKey::create(self.files(), &self.layout, &self.config, &self.keys()?.station, now)?;
        let event = AuditEvent::new("sync-key-made").with("key", &made.certificate.public_key);
        self.sync = Some(made);
        self.append_audit(&event.with("epoch", self.config.epoch), now)
    }
}

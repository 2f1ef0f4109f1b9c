//! Where everything lies in a vault's folder, and the vault's own configuration.
//!
//! ```text
//! vault.toml               what the vault is, signed by the station's key; written last when a vault is made
//! station.key              the station's signing key, encrypted under the vault key
//! sync.key                 the station's key for what it says without an officer; opens nothing
//! centre.json              the centre's list of recipients, signed by its root and the supervisors who installed it
//! lock                     held by the process that has the vault open
//! counter                  last record counter that was given out
//! lockout.json             wrong passphrases per officer
//! hub-time                 the receipt of the pinned hub with the latest time
//! officers.json            accounts, each signed by a supervisor
//! officer-fingers.enc      templates of the officers' own fingers, encrypted under the vault key
//! keys/<officer id>.slot   the vault key and the officer's own key, wrapped under the passphrase
//! keys/<officer id>.pin    what the PIN of the short lock is checked with, encrypted under the vault key
//! records/<id>.json        outer header     }
//! records/<id>.rekam       sealed payload   } the truth
//! records/<id>.local       local extract    }
//! records/<id>.gone        tombstone of a payload that was deleted by the rules of keeping
//! pending/<id>             a save, a change of state, a card's row or a deletion that is under way
//! hygiene.json             which devices wait for their disinfection
//! drafts/<session>/<step>.enc
//! unprinted/<id>.enc      documents that wait for the printer
//! cards/<n>.row            ledger of blanks and cards, and the proofs of what left the counter
//! cards/<n>.gone           tombstone of a proof that was deleted by the rules of keeping
//! audit/<n>.jsonl          hash-chained audit lines
//! index/                   sled, a cache of records/; index-new/ and index-old/ while it is written anew,
//!                          index-damaged-<ms>/ what could not be opened
//! pins.json                what supervisors pinned: the office's backup key, the hub's key; that the vault is retired
//! inbox/<id>.json          what a backup or a carry beside the station leaves for the audit
//! carry/<n>.json           what was carried away by USB stick, and when
//! guard, snapshots/        of backups under way: see `guarded` and `snapshot`
//! training/*.age-key       the training centre's and escrow's identities, training only
//! ```

use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use record::schema::Environment;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::VaultError;

/// Version of this layout.
pub const FORMAT_VERSION: u32 = 2;
/// Largest small file (configuration, slots, roster) that is read, in bytes.
pub(super) const SMALL_FILE_MAX: u64 = 1024 * 1024;
/// Largest payload, in bytes.
pub(super) const PAYLOAD_MAX: u64 = 512 * 1024 * 1024;
const SIGNATURE_LINE: &str = "signature = \"";
const SIGNED_AS: &[u8] = b"rekam vault.toml v2\n";

/// Names of files and folders in a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout below a vault's folder.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }
    /// The vault's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// `vault.toml`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("vault.toml")
    }
    pub(super) fn station_key(&self) -> PathBuf {
        self.root.join("station.key")
    }
    pub(super) fn centre(&self) -> PathBuf {
        self.root.join("centre.json")
    }
    pub(super) fn sync_key(&self) -> PathBuf {
        self.root.join("sync.key")
    }
    pub(super) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }
    pub(super) fn guard(&self) -> PathBuf {
        self.root.join("guard")
    }
    pub(super) fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }
    pub(super) fn inbox(&self) -> PathBuf {
        self.root.join("inbox")
    }
    pub(super) fn pins(&self) -> PathBuf {
        self.root.join("pins.json")
    }
    pub(super) fn carry(&self) -> PathBuf {
        self.root.join("carry")
    }
    pub(super) fn counter(&self) -> PathBuf {
        self.root.join("counter")
    }
    pub(super) fn hub_time(&self) -> PathBuf {
        self.root.join("hub-time")
    }
    pub(super) fn lockout(&self) -> PathBuf {
        self.root.join("lockout.json")
    }
    pub(super) fn officers(&self) -> PathBuf {
        self.root.join("officers.json")
    }
    pub(super) fn officer_fingers(&self) -> PathBuf {
        self.root.join("officer-fingers.enc")
    }
    pub(super) fn hygiene(&self) -> PathBuf {
        self.root.join("hygiene.json")
    }
    pub(super) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }
    pub(super) fn pin(&self, officer: Uuid) -> PathBuf {
        self.keys().join(format!("{officer}.pin"))
    }
    pub(super) fn slot(&self, officer: Uuid) -> PathBuf {
        self.keys().join(format!("{officer}.slot"))
    }
    /// Folder of the sealed records.
    #[must_use]
    pub fn records(&self) -> PathBuf {
        self.root.join("records")
    }
    /// Outer header of a record.
    #[must_use]
    pub fn header(&self, id: Uuid) -> PathBuf {
        self.records().join(format!("{id}.json"))
    }
    /// Sealed payload of a record.
    #[must_use]
    pub fn payload(&self, id: Uuid) -> PathBuf {
        self.records().join(format!("{id}.rekam"))
    }
    pub(super) fn local(&self, id: Uuid) -> PathBuf {
        self.records().join(format!("{id}.local"))
    }
    pub(super) fn gone(&self, id: Uuid) -> PathBuf {
        self.records().join(format!("{id}.gone"))
    }
    pub(super) fn pending(&self) -> PathBuf {
        self.root.join("pending")
    }
    pub(super) fn pending_of(&self, id: Uuid) -> PathBuf {
        self.pending().join(id.to_string())
    }
    pub(super) fn drafts(&self) -> PathBuf {
        self.root.join("drafts")
    }
    pub(super) fn draft(&self, session: Uuid) -> PathBuf {
        self.drafts().join(session.to_string())
    }
    pub(super) fn step(&self, session: Uuid, step: &str) -> PathBuf {
        self.draft(session).join(format!("{step}.enc"))
    }
    pub(super) fn unprinted(&self) -> PathBuf {
        self.root.join("unprinted")
    }
    pub(super) fn unprinted_of(&self, id: Uuid) -> PathBuf {
        self.unprinted().join(format!("{id}.enc"))
    }
    pub(super) fn cards(&self) -> PathBuf {
        self.root.join("cards")
    }
    /// Folder of the audit segments.
    #[must_use]
    pub fn audit(&self) -> PathBuf {
        self.root.join("audit")
    }
    /// Folder of the index.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }
    /// Folder of the training centre's keys.
    #[must_use]
    pub fn training(&self) -> PathBuf {
        self.root.join("training")
    }
    /// Every folder that a new vault has.
    pub(super) fn folders(&self) -> [PathBuf; 6] {
        [self.records(), self.pending(), self.drafts(), self.audit(), self.keys(), self.training()]
    }
}

/// Checks a name that goes into a file name or an audit line: 1 to 64 of `a-z 0-9 . _ : -`, not beginning with a dot.
pub(super) fn check_name(what: &'static str, name: &str) -> Result<(), VaultError> {
    let fits = (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._:-".contains(&b));
    if fits { Ok(()) } else { Err(VaultError::Name { what }) }
}

/// What a vault is, from `vault.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultConfig {
    /// [`FORMAT_VERSION`] of the rekam that made it.
    pub format_version: u32,
    /// Random id of this vault.
    pub vault: Uuid,
    /// Training or production, for good.
    pub environment: Environment,
    /// Station id.
    pub station: String,
    /// Counts restores, from 1.
    pub epoch: u64,
    /// Ed25519 public key of the root that signs the centre's lists, 32 bytes in hex: pinned for good.
    pub centre_root: String,
    /// Serial of the last list that was installed, 0 before the first: no older one is taken.
    pub centre_serial: u64,
    /// The station's Ed25519 public key, 32 bytes in hex.
    pub station_key: String,
    /// Public key of the first supervisor, 32 bytes in hex: every account's signature leads back to it.
    pub root_supervisor: String,
}

impl VaultConfig {
    /// The station's key.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`] when it is no Ed25519 key.
    pub fn station_verifying_key(&self) -> Result<VerifyingKey, VaultError> {
        key_from_hex(&self.station_key)
            .ok_or_else(|| VaultError::corrupt("vault.toml", "station_key is no key"))
    }

    /// The file's bytes: TOML, its last line the signature over all lines before it.
    pub(super) fn signed(&self, station: &SigningKey) -> Result<Vec<u8>, VaultError> {
        let mut text = toml::to_string(self).map_err(|e| VaultError::corrupt("vault.toml", e.to_string()))?;
        let signature = station.sign(&[SIGNED_AS, text.as_bytes()].concat());
        text.push_str(SIGNATURE_LINE);
        text.push_str(&hex::encode(signature.to_bytes()));
        text.push_str("\"\n");
        Ok(text.into_bytes())
    }

    /// Reads and checks a file: version first, then form, then signature. That the signing key is really this
    /// vault's is checked when it is unlocked.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let bad = |why: &str| VaultError::corrupt("vault.toml", why);
        let text = std::str::from_utf8(bytes).map_err(|_| bad("not UTF-8"))?;
        let (body, tail) = text.rsplit_once(SIGNATURE_LINE).ok_or_else(|| bad("no signature"))?;
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let version: Version = toml::from_str(body).map_err(|_| bad("no format_version"))?;
        if version.format_version != FORMAT_VERSION {
            return Err(VaultError::Version { found: version.format_version, known: FORMAT_VERSION });
        }
        let config: Self = toml::from_str(body).map_err(|e| bad(e.message()))?;
        let signature: [u8; 64] = tail
            .strip_suffix("\"\n")
            .and_then(|s| hex::decode(s).ok())
            .and_then(|s| s.try_into().ok())
            .ok_or_else(|| bad("the signature line is malformed"))?;
        config
            .station_verifying_key()?
            .verify(&[SIGNED_AS, body.as_bytes()].concat(), &Signature::from_bytes(&signature))
            .map_err(|_| bad("its signature does not fit"))?;
        Ok(config)
    }
}

pub(super) fn key_from_hex(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}

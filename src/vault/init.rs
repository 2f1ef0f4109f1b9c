//! Making a vault.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use record::schema::{Environment, Role};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::audit::{AuditEvent, AuditLog};
use super::crypto::{self, Key};
use super::error::VaultError;
use super::files::Files;
use super::layout::{FORMAT_VERSION, Layout, VaultConfig};
use super::officers::{NewOfficer, Officer, OfficerKeys, Roster};
use super::slots::{KdfCost, Slot};
use super::sync::SyncKey;
use super::{Vault, centre, take_lock};

/// Accounts that a training vault has from the start: name, role, passphrase (documented, worth nothing elsewhere).
pub const TRAINING_OFFICERS: [(&str, Role, &str); 4] = [
    ("Supervisor Latihan", Role::Supervisor, "latihan-supervisor"),
    ("Operator Latihan", Role::Operator, "latihan-operator"),
    ("Petugas Pendukung Latihan", Role::Supporting, "latihan-pendukung"),
    ("Auditor Latihan", Role::Auditor, "latihan-auditor"),
];

/// What a new vault is to be.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// Station id: 1 to 64 letters, digits, `-`, `_` or `.`.
    pub station: String,
    /// Training or production, for good.
    pub environment: Environment,
    /// Ed25519 public key in hex of the root that signs the centre's lists. Production needs it, and its first list is
    /// installed afterwards by two supervisors; training makes its own root and list.
    pub centre_root: Option<String>,
    /// The first supervisor. Training may leave it out and gets [`TRAINING_OFFICERS`].
    pub first_supervisor: Option<NewOfficer>,
    /// Further accounts, signed by the first supervisor.
    pub officers: Vec<NewOfficer>,
    /// Cost of a passphrase; the cheap one is refused for production.
    pub kdf: KdfCost,
    /// The time.
    pub now: DateTime<Utc>,
}

/// A training account with its passphrase.
#[derive(Debug, Clone)]
pub struct TrainingLogin {
    /// The account.
    pub officer: Officer,
    /// Its documented passphrase.
    pub passphrase: &'static str,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// The vault.
    pub config: VaultConfig,
    /// All accounts, the first supervisor first.
    pub officers: Vec<Officer>,
    /// Training accounts with their passphrases; empty where accounts were given.
    pub training: Vec<TrainingLogin>,
    /// age identities of the training centre and its escrow; empty in production.
    pub identities: Vec<PathBuf>,
}

pub(super) fn station_context(vault: Uuid) -> Vec<u8> {
    format!("rekam station key|{vault}").into_bytes()
}

pub(super) fn check_cost(kdf: KdfCost, environment: Environment) -> Result<(), VaultError> {
    match (kdf, environment) {
        (KdfCost::Test, Environment::Production) => Err(VaultError::KdfCost),
        _ => Ok(()),
    }
}

/// Where a new account's slot is to be written.
pub(super) struct NewSlot(pub(super) Slot, pub(super) SigningKey);

pub(super) fn make_officer(
    vault: Uuid,
    new: &NewOfficer,
    vault_key: &Key,
    people: &Key,
    kdf: KdfCost,
    now: DateTime<Utc>,
) -> Result<(Officer, NewSlot), VaultError> {
    let id = Uuid::now_v7();
    let seed = Zeroizing::new(crypto::random::<32>());
    let signing = SigningKey::from_bytes(&seed);
    let slot = Slot::wrap(vault, id, &new.passphrase, kdf.into(), vault_key, &signing)?;
    let officer = Officer {
        id,
        name: new.name.clone(),
        role: new.role,
        nik_hash: super::officer_hash(people, &new.nik),
        public_key: hex::encode(signing.verifying_key().to_bytes()),
        added: now,
    };
    Ok((officer, NewSlot(slot, signing)))
}

fn training_officers() -> Vec<NewOfficer> {
    let made = (1..).zip(TRAINING_OFFICERS).map(|(n, (name, role, passphrase))| NewOfficer {
        name: name.to_owned(),
        role,
        // No person has a NIK of district 00.
        nik: Zeroizing::new(format!("{n:016}")),
        passphrase: Zeroizing::new(passphrase.to_owned()),
    });
    made.collect()
}

/// The accounts to make, the first supervisor first; true when they are the training ones.
fn accounts(options: &InitOptions) -> Result<(Vec<NewOfficer>, bool), VaultError> {
    let (mut new, training) = match (&options.first_supervisor, options.environment) {
        (Some(first), _) => (vec![first.clone()], false),
        (None, Environment::Training) => (training_officers(), true),
        (None, Environment::Production) => return Err(VaultError::NotSupervisor),
    };
    new.extend(options.officers.iter().cloned());
    if new.first().is_none_or(|first| first.role != Role::Supervisor) {
        return Err(VaultError::NotSupervisor);
    }
    // The training passphrases are everybody's.
    let own = if training { TRAINING_OFFICERS.len() } else { 0 };
    for officer in new.iter().skip(own) {
        officer.check(&options.station)?;
    }
    Ok((new, training))
}

fn check_options(options: &InitOptions) -> Result<(), VaultError> {
    if !record::header::check_station(&options.station) {
        return Err(VaultError::Name { what: "station" });
    }
    check_cost(options.kdf, options.environment)?;
    let refuse = |why: &str| Err(VaultError::Recipients { why: why.into() });
    match (options.environment, &options.centre_root) {
        (Environment::Production, Some(root)) if record::keys::public_from_hex(root).is_ok() => Ok(()),
        (Environment::Production, Some(_)) => refuse("the root is no Ed25519 public key"),
        (Environment::Production, None) => refuse("production needs the public key of the centre's root"),
        // Training records must never be sealed to a real centre.
        (Environment::Training, Some(_)) => refuse("a training vault makes its own"),
        (Environment::Training, None) => Ok(()),
    }
}

fn check_empty(files: &dyn Files, folder: &Path) -> Result<(), VaultError> {
    match files.list(folder) {
        Ok(found) if found.is_empty() => Ok(()),
        Ok(_) => Err(VaultError::NotEmpty { folder: folder.display().to_string() }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
            Err(VaultError::NotEmpty { folder: folder.display().to_string() })
        }
        Err(e) => Err(VaultError::io("vault folder", e)),
    }
}

/// The training centre that a vault makes for itself.
struct TrainingCentre {
    root: SigningKey,
    /// Centre and escrow.
    recipients: [String; 2],
    identities: Vec<PathBuf>,
}

impl TrainingCentre {
    /// Makes the root's key, and the centre's and escrow's identities in the form of age-keygen.
    fn make(files: &dyn Files, layout: &Layout, options: &InitOptions) -> Result<Self, VaultError> {
        let write = |path: &Path, text: &str| {
            files.write_durable(path, text.as_bytes()).map_err(|e| VaultError::io("training key", e))
        };
        let made = |e: record::keys::KeyError| VaultError::corrupt("training key", e.to_string());
        let root = record::keys::generate_signing_key().map_err(made)?;
        let pem = record::keys::private_to_pem(&root).map_err(made)?;
        write(&layout.training().join("centre-root.pem"), &pem)?;
        let mut identities = Vec::new();
        let mut make = |name: &str| {
            let pair = record::keys::generate_age_identity();
            let text = Zeroizing::new(format!(
                "# training {name}, worth nothing in production\n# created: {}\n# public key: {}\n{}\n",
                options.now.format("%Y-%m-%dT%H:%M:%SZ"),
                pair.recipient,
                *pair.identity
            ));
            let path = layout.training().join(format!("{name}.age-key"));
            write(&path, &text)?;
            identities.push(path);
            Ok::<_, VaultError>(pair.recipient)
        };
        let recipients = [make("centre")?, make("escrow")?];
        Ok(Self { root, recipients, identities })
    }
}

impl Vault {
    /// Makes a vault in an empty or new folder. `vault.toml` is written last, so an interrupted making leaves no vault.
    ///
    /// # Errors
    /// [`VaultError::NotEmpty`], [`VaultError::Recipients`], [`VaultError::NotSupervisor`] when production has no first
    /// supervisor, [`VaultError::OfficerExists`], [`VaultError::Passphrase`], [`VaultError::WeakPassphrase`],
    /// [`VaultError::KdfCost`], [`VaultError::Name`], or the disk's.
    pub fn init(
        files: &Arc<dyn Files>,
        folder: &Path,
        options: &InitOptions,
    ) -> Result<InitReport, VaultError> {
        check_options(options)?;
        let (new_officers, is_training) = accounts(options)?;
        let files = &**files;
        check_empty(files, folder)?;
        let layout = Layout::new(folder);
        files.make_folder(folder).map_err(|e| VaultError::io("vault folder", e))?;
        for sub in layout.folders() {
            files.make_folder(&sub).map_err(|e| VaultError::io("vault folder", e))?;
        }
        let _lock = take_lock(files, &layout)?;
        let centre = match options.environment {
            Environment::Training => Some(TrainingCentre::make(files, &layout, options)?),
            Environment::Production => None,
        };
        let own_root = centre.as_ref().map(|c| record::keys::public_to_hex(&c.root.verifying_key()));
        let vault = Uuid::now_v7();
        let vault_key = Key::random();
        let station = SigningKey::from_bytes(&Zeroizing::new(crypto::random::<32>()));
        let (officers, first) = make_roster(files, &layout, vault, &vault_key, &new_officers, options)?;
        let config = VaultConfig {
            format_version: FORMAT_VERSION,
            vault,
            environment: options.environment,
            station: options.station.clone(),
            epoch: 1,
            centre_root: own_root.or_else(|| options.centre_root.clone()).unwrap_or_default(),
            centre_serial: u64::from(centre.is_some()),
            station_key: hex::encode(station.verifying_key().to_bytes()),
            root_supervisor: officers.first().map(|o| o.public_key.clone()).unwrap_or_default(),
        };
        let mut identities = Vec::new();
        if let Some(centre) = centre {
            let TrainingCentre { root, recipients, identities: made } = centre;
            centre::install_training_list(files, &layout, &config, &root, recipients, &first, options.now)?;
            identities = made;
        }
        finish(files, &layout, &config, &vault_key, &station, options)?;
        let training = officers
            .iter()
            .zip(TRAINING_OFFICERS)
            .filter(|_| is_training)
            .map(|(officer, (_, _, passphrase))| TrainingLogin { officer: officer.clone(), passphrase })
            .collect();
        Ok(InitReport { config, officers, training, identities })
    }
}

fn make_roster(
    files: &dyn Files,
    layout: &Layout,
    vault: Uuid,
    vault_key: &Key,
    new_officers: &[NewOfficer],
    options: &InitOptions,
) -> Result<(Vec<Officer>, OfficerKeys), VaultError> {
    let people = vault_key.derive("rekam people");
    let mut roster = Roster::default();
    let mut first: Option<OfficerKeys> = None;
    for new in new_officers {
        let (officer, NewSlot(slot, signing)) =
            make_officer(vault, new, vault_key, &people, options.kdf, options.now)?;
        files
            .write_durable(&layout.slot(officer.id), &slot.to_json()?)
            .map_err(|e| VaultError::io("slot", e))?;
        let by = first.get_or_insert_with(|| OfficerKeys { officer: officer.clone(), signing });
        roster.add(vault, officer, by.officer.id, &by.signing)?;
    }
    files
        .write_durable(&layout.officers(), &roster.to_json()?)
        .map_err(|e| VaultError::io("officers.json", e))?;
    Ok((roster.list().cloned().collect(), first.ok_or(VaultError::NotSupervisor)?))
}

fn finish(
    files: &dyn Files,
    layout: &Layout,
    config: &VaultConfig,
    vault_key: &Key,
    station: &SigningKey,
    options: &InitOptions,
) -> Result<(), VaultError> {
    let seed = Zeroizing::new(station.to_bytes());
    let sealed = vault_key
        .derive("rekam station key")
        .encrypt(&station_context(config.vault), &*seed)
        .ok_or_else(|| VaultError::corrupt("station.key", "it cannot be encrypted"))?;
    let write = |path: &Path, what: &str, bytes: &[u8]| {
        files.write_durable(path, bytes).map_err(|e| VaultError::io(what, e))
    };
    write(&layout.station_key(), "station.key", &sealed)?;
    write(&layout.counter(), "counter", b"0\n")?;
    let sync = SyncKey::create(files, layout, config, station, options.now)?;
    let (mut audit, _) = AuditLog::open(files, &layout.audit(), config.vault)?;
    let event =
        AuditEvent::new("vault-made").with("environment", config.environment).with("epoch", config.epoch);
    audit.append_checked(files, &event, options.now, false, station)?;
    let event = AuditEvent::new("sync-key-made").with("key", &sync.certificate.public_key);
    audit.append(files, &event.with("epoch", config.epoch), options.now, false)?;
    files.sync_folder(layout.root()).map_err(|e| VaultError::io("vault folder", e))?;
    write(&layout.config(), "vault.toml", &config.signed(station)?)?;
    files.sync_folder(super::files::folder_of(layout.root())).map_err(|e| VaultError::io("vault folder", e))
}

//! The centre's list in this vault: who records are sealed to.
//!
//! The root that signs lists is pinned in `vault.toml` when the vault is made. `centre.json` holds the list with the
//! signatures of the supervisors who installed it: two in production, one in training, where the vault makes its own
//! root. Root, supervisors and serial are checked whenever the vault is opened, and at each seal the recipients come
//! from this list by the date and from nowhere else: nobody at the station can add a recipient.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::{Signature, Signer, Verifier, VerifyingKey};
use record::centre::{CentreEntry, CentreList, CentreRole, MAX_BYTES, SCHEMA};
use record::keys;
use record::schema::Environment;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::AuditEvent;
use super::audit_walk::AuditFacts;
use super::check::{Problem, ProblemKind};
use super::error::VaultError;
use super::files::Files;
use super::layout::{Layout, VaultConfig, key_from_hex};
use super::notes::Note;
use super::officers::{OfficerKeys, Roster};
use super::pins::{Pin, PinKind};
use super::{Vault, crypto};

const FILE: &str = "centre.json";
/// Largest `centre.json`: the list and the supervisors' signatures.
const FILE_MAX: u64 = 2 * MAX_BYTES as u64;
/// How far a list may be dated ahead of the station's clock.
const AHEAD: TimeDelta = TimeDelta::days(1);
/// How long before its end a list is told to end.
pub const CENTRE_WARN: TimeDelta = TimeDelta::days(30);

/// A supervisor's word for a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    officer: Uuid,
    at: DateTime<Utc>,
    #[serde(with = "hex::serde")]
    signature: [u8; 64],
}

/// `centre.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Installed {
    list: CentreList,
    approvals: Vec<Approval>,
}

/// What the vault knows of its list.
#[derive(Debug)]
pub(super) enum Centre {
    /// None was installed yet.
    None,
    /// There is one, and it is not to be trusted.
    Unfit(String),
    Fit(Box<Installed>),
}

/// Supervisors who must install a list.
#[must_use]
pub const fn supervisors_needed(environment: Environment) -> usize {
    match environment {
        Environment::Production => 2,
        Environment::Training => 1,
    }
}

fn refused(why: impl ToString) -> VaultError {
    VaultError::Recipients { why: why.to_string() }
}

fn approval_bytes(vault: Uuid, officer: Uuid, list: &CentreList, at: DateTime<Utc>) -> Option<Vec<u8>> {
    let (serial, digest, at) = (list.serial, list.digest().ok()?, at.to_rfc3339());
    Some(format!("rekam centre list installed v1\n{vault}\n{officer}\n{serial}\n{digest}\n{at}").into_bytes())
}

/// Checks everything about a list but its supervisors and whether it is newer.
fn check_list(list: &CentreList, config: &VaultConfig) -> Result<(), VaultError> {
    let root = keys::public_from_hex(&config.centre_root)
        .map_err(|_| VaultError::corrupt("vault.toml", "centre_root is no key"))?;
    list.verify(&root).map_err(refused)?;
    if list.environment == config.environment {
        Ok(())
    } else {
        Err(VaultError::WrongEnvironment { vault: config.environment, asked: list.environment })
    }
}

impl Installed {
    /// Signs a list for installing.
    fn new(list: CentreList, by: &[OfficerKeys], vault: Uuid, at: DateTime<Utc>) -> Option<Self> {
        let sign = |keys: &OfficerKeys| {
            let officer = keys.officer.id;
            let signature = keys.signing.sign(&approval_bytes(vault, officer, &list, at)?).to_bytes();
            Some(Approval { officer, at, signature })
        };
        Some(Self { approvals: by.iter().map(sign).collect::<Option<_>>()?, list })
    }

    fn write(&self, files: &dyn Files, layout: &Layout) -> Result<(), VaultError> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|e| VaultError::corrupt(FILE, e.to_string()))?;
        files.write_durable(&layout.centre(), &bytes).map_err(|e| VaultError::io(FILE, e))
    }

    /// Everything that is checked when a vault is opened.
    fn check(&self, config: &VaultConfig, roster: &Roster) -> Result<(), VaultError> {
        check_list(&self.list, config)?;
        if self.list.serial < config.centre_serial {
            let (found, known) = (self.list.serial, config.centre_serial);
            return Err(refused(format!("list {found} was put back, {known} was installed")));
        }
        let mut people = BTreeSet::new();
        for approval in &self.approvals {
            let signer = roster.supervisor_at(approval.officer, approval.at);
            let key = signer.and_then(|o| key_from_hex(&o.public_key));
            let bytes = approval_bytes(config.vault, approval.officer, &self.list, approval.at);
            let fits = |key: &VerifyingKey, bytes: &[u8]| {
                key.verify(bytes, &Signature::from_bytes(&approval.signature)).is_ok()
            };
            match (signer, key, bytes) {
                (Some(o), Some(key), Some(bytes)) if fits(&key, &bytes) => {
                    people.insert(o.nik_hash.clone());
                }
                _ => return Err(refused("a supervisor's signature does not fit")),
            }
        }
        if people.len() < supervisors_needed(config.environment) {
            return Err(VaultError::Supervisors { needed: supervisors_needed(config.environment) });
        }
        Ok(())
    }
}

impl Centre {
    /// Reads and checks the list. One that does not fit must not keep anybody from the records: it is told, and
    /// nothing is sealed.
    pub(super) fn load(
        files: &dyn Files,
        layout: &Layout,
        config: &VaultConfig,
        roster: &Roster,
        notes: &mut Vec<Note>,
    ) -> Result<Self, VaultError> {
        let bytes = match files.read(&layout.centre(), FILE_MAX) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Self::None),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => Vec::new(),
            other => other.map_err(|e| VaultError::io(FILE, e))?,
        };
        let installed = serde_json::from_slice::<Installed>(&bytes)
            .map_err(|_| VaultError::corrupt(FILE, "it cannot be read"))
            .and_then(|installed| installed.check(config, roster).map(|()| installed));
        Ok(match installed {
            Ok(installed) => Self::Fit(Box::new(installed)),
            Err(error) => {
                notes.push(Note::CentreListUnfit);
                Self::Unfit(error.to_string())
            }
        })
    }
}

/// Makes the training root's list for the training centre's and escrow's keys and installs it in the name of the first
/// supervisor. Scripts choose their own time, so it is valid at any that they may choose.
pub(super) fn install_training_list(
    files: &dyn Files,
    layout: &Layout,
    config: &VaultConfig,
    root: &ed25519_dalek::SigningKey,
    recipients: [String; 2],
    first: &OfficerKeys,
    now: DateTime<Utc>,
) -> Result<(), VaultError> {
    let century = TimeDelta::days(36_525);
    let entries = CentreRole::ALL.into_iter().zip(recipients).map(|(role, recipient)| CentreEntry {
        name: format!("training {role}"),
        role,
        recipient,
        valid_from: now - century,
        valid_until: now + century,
    });
    let mut list = CentreList {
        schema: SCHEMA.to_owned(),
        environment: config.environment,
        serial: config.centre_serial,
        issued: now,
        entries: entries.collect(),
        root: String::new(),
        signature: String::new(),
    };
    list.sign(root).map_err(refused)?;
    Installed::new(list, std::slice::from_ref(first), config.vault, now)
        .ok_or_else(|| refused("it has no canonical form"))?
        .write(files, layout)
}

impl Vault {
    /// The installed list.
    ///
    /// # Errors
    /// [`VaultError::NoCentreList`] when there is none, or it is not to be trusted.
    pub fn centre_list(&self) -> Result<&CentreList, VaultError> {
        match &self.centre {
            Centre::Fit(installed) => Ok(&installed.list),
            Centre::Unfit(why) => Err(VaultError::NoCentreList { why: why.clone() }),
            Centre::None => Err(VaultError::NoCentreList { why: "none is installed".into() }),
        }
    }

    /// Who installed the list, and when.
    pub(super) fn centre_approvals(&self) -> impl Iterator<Item = (Uuid, DateTime<Utc>)> {
        let approvals = match &self.centre {
            Centre::Fit(installed) => installed.approvals.as_slice(),
            _ => &[],
        };
        approvals.iter().map(|a| (a.officer, a.at))
    }

    /// Accounts that installed the list.
    #[must_use]
    pub fn centre_list_by(&self) -> Vec<Uuid> {
        self.centre_approvals().map(|(officer, _)| officer).collect()
    }

    /// The age recipients that a record is sealed to at this moment.
    ///
    /// # Errors
    /// [`VaultError::NoCentreList`].
    pub fn recipients(&self, at: DateTime<Utc>) -> Result<Vec<String>, VaultError> {
        let list = self.centre_list()?;
        let why = || format!("list {} has no valid centre and escrow now", list.serial);
        list.recipients(at).ok_or_else(|| VaultError::NoCentreList { why: why() })
    }

    /// Until when records can be sealed; none when they cannot be now.
    #[must_use]
    pub fn centre_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.recipients(now).ok()?;
        self.centre_list().ok()?.usable_until().ok()
    }

    /// Reads a list and checks that it could be installed here and now, supervisors apart.
    ///
    /// # Errors
    /// [`VaultError::Recipients`] when it is refused, [`VaultError::WrongEnvironment`].
    pub fn check_centre_list(&self, bytes: &[u8], now: DateTime<Utc>) -> Result<CentreList, VaultError> {
        let list = CentreList::parse(bytes).map_err(refused)?;
        check_list(&list, &self.config)?;
        let known = self.centre_list().map_or(0, |l| l.serial).max(self.config.centre_serial);
        if list.serial <= known {
            return Err(refused(format!("it is list {}, and {known} was installed before", list.serial)));
        }
        if list.issued > now + AHEAD {
            return Err(refused("it is dated in the future; check the clock"));
        }
        if list.recipients(now).is_none() {
            return Err(refused("it has no valid centre and escrow at this time"));
        }
        Ok(list)
    }

    /// Installs a list, signed by supervisors who have just given their passphrases.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Supervisors`], [`VaultError::NotSupervisor`], those of
    /// [`Vault::check_centre_list`], or the disk's. Where the disk fails, the list before stays, or the new one is in
    /// use and the next sign-in ends its installation.
    pub fn install_centre_list(
        &mut self,
        bytes: &[u8],
        by: &[OfficerKeys],
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.keys()?;
        self.check_clock(now)?;
        let list = self.check_centre_list(bytes, now)?;
        for keys in by {
            self.check_supervisor(keys)?;
        }
        let installed = Installed::new(list, by, self.config.vault, now)
            .ok_or_else(|| refused("it has no canonical form"))?;
        installed.check(&self.config, &self.roster)?;
        // The list first: vault.toml with a serial that no list here has would leave the station without recipients.
        installed.write(self.files(), &self.layout)?;
        self.centre = Centre::Fit(Box::new(installed));
        self.note_centre_list(now)
    }

    /// Says in the audit who installed the list that is in use, and raises the serial in vault.toml to its own: what
    /// comes after the list is written, and what an interrupted installation left undone.
    pub(super) fn note_centre_list(&mut self, now: DateTime<Utc>) -> Result<(), VaultError> {
        let Centre::Fit(installed) = &self.centre else { return Ok(()) };
        let serial = installed.list.serial;
        if serial <= self.config.centre_serial {
            return Ok(());
        }
        let digest = installed.list.digest().map_err(refused)?;
        for officer in self.centre_list_by() {
            let event = AuditEvent::new("centre-list-installed").by(officer);
            self.append_audit(&event.with("serial", serial).with("sha256", &digest), now)?;
        }
        let config = VaultConfig { centre_serial: serial, ..self.config.clone() };
        let signed = config.signed(&self.keys()?.station)?;
        self.files()
            .write_durable(&self.layout.config(), &signed)
            .map_err(|e| VaultError::io("vault.toml", e))?;
        self.config = config;
        Ok(())
    }

    /// What the audit says of accounts and lists, against what is there.
    pub(super) fn check_keys(&self, facts: &AuditFacts, problems: &mut Vec<Problem>) {
        for id in &facts.removed {
            if !self.roster.removed().any(|r| r.officer.to_string() == *id) {
                let (kind, detail) = (ProblemKind::OldRoster, String::new());
                problems.push(Problem { kind, subject: id.clone(), detail });
            }
        }
        let pins = self.pins().unwrap_or_default();
        for (event, line) in &facts.pinned {
            let pin = PinKind::of_event(event).and_then(|kind| pins.get(kind));
            // A newer one is signed by a supervisor too; only the power failed before its line was written.
            let fits =
                |pin: &Pin| pin.at > line.at || crypto::sha256_hex(pin.value.as_bytes()) == line.sha256;
            if !pin.is_some_and(fits) {
                let (kind, subject, detail) =
                    (ProblemKind::OldPins, "pins.json".to_owned(), event.to_string());
                problems.push(Problem { kind, subject, detail });
            }
        }
        let installed = match self.centre_list() {
            Ok(list) if list.serial >= facts.centre_serial => return,
            Ok(list) => format!("list {} is older than list {}", list.serial, facts.centre_serial),
            Err(_) if matches!(self.centre, Centre::None) && facts.centre_serial == 0 => return,
            Err(error) => error.to_string(),
        };
        let (kind, subject) = (ProblemKind::CentreList, FILE.to_owned());
        problems.push(Problem { kind, subject, detail: installed });
    }
}

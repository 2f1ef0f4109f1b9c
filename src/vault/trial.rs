//! The early test-seal: everything that the last step of a session will need is tried before its first, so that the
//! last step does not fail for a reason that could have been known. Nothing of a person is in it.

use chrono::{DateTime, Utc};
use record::draft::{Draft, OfficerNote, SealContext};
use record::schema::Role;
use record::seal::{SealKeys, seal};
use uuid::Uuid;

use super::error::VaultError;
use super::files::TEMP_SUFFIX;
use super::{ExtractInput, OfficerKeys, Vault, extract};

/// Driver named by the captures of a trial.
const DRIVER: &str = "trial";
/// Seed of the invented person.
const SEED: u64 = 0;

/// What of the trial did not work.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct TrialFault {
    /// Stable name of the part: `clock`, `station-key`, `operator`, `folder`, `counter`, `recipients`, `seal`, `extract`.
    pub part: &'static str,
    /// What happened.
    #[source]
    pub error: VaultError,
}

impl Vault {
    /// Tries a seal as [`Vault::save`] will make it, and the files that it will write; nothing of it stays.
    ///
    /// # Errors
    /// [`TrialFault`]: the first part that does not work.
    pub fn trial(&self, operator: &OfficerKeys, now: DateTime<Utc>) -> Result<(), TrialFault> {
        let part = |part| move |error| TrialFault { part, error };
        self.check_clock(now).map_err(part("clock"))?;
        let keys = self.keys().map_err(part("station-key"))?;
        self.open_station_key(&keys.vault).map_err(part("station-key"))?;
        let draft = self.invented(operator, now);
        self.check_draft(&draft, operator).map_err(part("operator"))?;
        self.try_folders().map_err(part("folder"))?;
        self.try_counter().map_err(part("counter"))?;
        let recipients = self.recipients(now).map_err(part("recipients"))?;
        self.try_seal(&draft, operator, &recipients).map_err(part("seal"))?;
        self.try_extract(&draft, now).map_err(part("extract"))
    }

    /// A complete draft of nobody, of this station and this operator.
    fn invented(&self, operator: &OfficerKeys, now: DateTime<Utc>) -> Draft {
        let mut draft = record::testing::complete_draft(SEED);
        draft.id = Uuid::now_v7();
        draft.environment = self.config().environment;
        draft.station.clone_from(&self.config().station);
        draft.created = now;
        draft.officers = vec![OfficerNote {
            id: operator.officer.id,
            role: Role::Operator,
            public_key: operator.officer.public_key.clone(),
        }];
        for capture in &mut draft.captures {
            DRIVER.clone_into(&mut capture.driver);
            capture.captured = now;
        }
        draft
    }

    /// Writes, syncs and removes a file in each folder that a save writes to. One that is left behind is swept at the
    /// next open.
    fn try_folders(&self) -> Result<(), VaultError> {
        let layout = self.layout();
        for (folder, what) in [
            (layout.records(), "records"),
            (layout.pending(), "pending"),
            (layout.drafts(), "drafts"),
            (layout.audit(), "audit"),
            (layout.root().to_owned(), "vault folder"),
        ] {
            let probe = folder.join(format!("probe{TEMP_SUFFIX}"));
            let tried = self.files().write(&probe, b"probe\n").and_then(|()| self.files().sync_file(&probe));
            let removed = self.files().remove_durable(&probe);
            tried.and(removed).map_err(|e| VaultError::io(what, e))?;
        }
        Ok(())
    }

    /// Writes the counter anew as it is: none is used up.
    fn try_counter(&self) -> Result<(), VaultError> {
        let path = self.layout().counter();
        match self.read_optional(&path, 64)? {
            Some(bytes) => {
                self.files().write_durable(&path, &bytes).map_err(|e| VaultError::io("counter", e))
            }
            None => Ok(()),
        }
    }

    fn try_seal(
        &self,
        draft: &Draft,
        operator: &OfficerKeys,
        recipients: &[String],
    ) -> Result<(), VaultError> {
        let keys = self.keys()?;
        let context = SealContext {
            epoch: self.config().epoch,
            counter: u64::MAX,
            audit_head: self.audit_head().to_owned(),
            audit_seq: self.audit_seq(),
        };
        let seal_keys = SealKeys { station: &keys.station, operator: &operator.signing, recipients };
        let sealed = seal(draft, &context, &seal_keys).map_err(|e| VaultError::Seal(e.to_string()))?;
        let station = self.config().station_verifying_key()?;
        record::verify::verify(&sealed.header_bytes, sealed.payload.as_slice(), Some(&station))
            .map(|_| ())
            .map_err(|e| VaultError::Seal(e.to_string()))
    }

    fn try_extract(&self, draft: &Draft, now: DateTime<Utc>) -> Result<(), VaultError> {
        let input = ExtractInput {
            nik: record::testing::NIK.to_owned().into(),
            kk: String::new().into(),
            name: "PERCOBAAN".to_owned().into(),
            birth_date: now.date_naive(),
            templates: Vec::new(),
            photo_jpeg: Vec::new(),
            expires: now,
        };
        let keys = self.keys()?;
        let (head, kept) = extract::new(keys, &input, draft, self.audit_head());
        let bytes = extract::encode(keys, self.config().vault, &head, &kept)?;
        extract::decode(keys, self.config().vault, &bytes).map(|_| ())
    }
}

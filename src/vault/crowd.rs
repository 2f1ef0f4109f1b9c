//! Many records at once, for measurements: a vault as it is after months, written without a sync for each file.
//! Training vaults only.

use chrono::{DateTime, Utc};
use record::draft::{Draft, OfficerNote};
use record::schema::{Environment, RecordState, Role};
use record::seal::{SealKeys, seal};
use uuid::Uuid;

use super::{ExtractInput, OfficerKeys, Vault, VaultError, extract};

/// A complete draft of this operator; `seed` makes every one another person.
#[must_use]
pub fn draft(seed: u64, operator: &OfficerKeys) -> Draft {
    let mut draft = record::testing::complete_draft(seed);
    draft.id = Uuid::now_v7();
    draft.officers[0] = OfficerNote {
        id: operator.officer.id,
        role: Role::Operator,
        public_key: operator.officer.public_key.clone(),
    };
    draft
}

/// What the vault keeps of such a person.
#[must_use]
pub fn input(seed: u64, now: DateTime<Utc>) -> ExtractInput {
    ExtractInput {
        nik: format!("320412570190{:04}", seed % 10_000).into(),
        kk: "3204120101109001".to_owned().into(),
        name: format!("CONTOH {seed}").into(),
        birth_date: now.date_naive(),
        templates: Vec::new(),
        photo_jpeg: Vec::new(),
        expires: now + chrono::Duration::days(90),
    }
}

impl Vault {
    /// Adds `count` records without syncing them; the next open takes them into the index.
    ///
    /// # Errors
    /// [`VaultError`] as in a save; [`VaultError::WrongEnvironment`] outside training.
    pub fn crowd(
        &mut self,
        count: u64,
        operator: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.training_only()?;
        let (keys, config) = (self.keys()?, self.config());
        let recipients = self.recipients(now)?;
        let write = |path: &std::path::Path, bytes: &[u8]| {
            self.files.write(path, bytes).map_err(|e| VaultError::io("a record", e))
        };
        for seed in 0..count {
            let mut draft = draft(seed, operator);
            // Not of today: nobody is refused by the daily quota.
            draft.created = now - chrono::Duration::days(2) - chrono::Duration::minutes(seed as i64 % 10_000);
            let context = record::testing::context(1_000_000 + seed);
            let seal_keys =
                SealKeys { station: &keys.station, operator: &operator.signing, recipients: &recipients };
            let sealed = seal(&draft, &context, &seal_keys).map_err(|e| VaultError::Seal(e.to_string()))?;
            let (mut head, kept) = extract::new(keys, &input(seed, now), &draft, &context.audit_head);
            // A station goes on only where its records are sent.
            head.state = RecordState::ReceivedAtCentral;
            let local = extract::encode(keys, config.vault, &head, &kept)?;
            write(&self.layout.header(draft.id), &sealed.header_bytes)?;
            write(&self.layout.payload(draft.id), &sealed.payload)?;
            write(&self.layout.local(draft.id), &local)?;
        }
        Ok(())
    }

    /// Adds `count` records that are whole for the queue and empty for everybody else: payloads are holes of the right
    /// size, which takes seconds instead of many minutes for a hundred thousand. Not synced. One record in `sent` is in
    /// state `SENT_FOR_ENROLLMENT`; they lie `apart` from each other in time, the last at `now`.
    ///
    /// # Errors
    /// As [`Vault::crowd`].
    pub fn crowd_rows(
        &mut self,
        count: u64,
        sent: u64,
        apart: chrono::Duration,
        operator: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<(), VaultError> {
        self.training_only()?;
        let (keys, config) = (self.keys()?, self.config());
        let write = |path: &std::path::Path, bytes: &[u8]| {
            self.files.write(path, bytes).map_err(|e| VaultError::io("a record", e))
        };
        let draft = draft(0, operator);
        let context = record::testing::context(1_000_000);
        let recipients = self.recipients(now)?;
        let seal_keys =
            SealKeys { station: &keys.station, operator: &operator.signing, recipients: &recipients };
        let pattern = seal(&draft, &context, &seal_keys).map_err(|e| VaultError::Seal(e.to_string()))?;
        for seed in 0..count {
            let created = now - apart * i32::try_from(count - 1 - seed).unwrap_or(i32::MAX);
            let mut header = pattern.header.clone();
            (header.id, header.counter, header.created) = (Uuid::now_v7(), context.counter + seed, created);
            header.sign(&keys.station).map_err(|e| VaultError::Seal(e.to_string()))?;
            let bytes = header.to_bytes().map_err(|e| VaultError::Seal(e.to_string()))?;
            let (mut head, kept) = extract::new(keys, &input(seed, now), &draft, &context.audit_head);
            (head.id, head.created) = (header.id, created);
            if sent > 0 && seed.is_multiple_of(sent) {
                head.state = record::schema::RecordState::SentForEnrollment;
            }
            let local = extract::encode(keys, config.vault, &head, &kept)?;
            write(&self.layout.header(header.id), &bytes)?;
            write(&self.layout.local(header.id), &local)?;
            let payload = self.layout.payload(header.id);
            write(&payload, &[])?;
            self.files.truncate(&payload, header.payload_size).map_err(|e| VaultError::io("a record", e))?;
        }
        Ok(())
    }

    fn training_only(&self) -> Result<(), VaultError> {
        match self.config().environment {
            Environment::Training => Ok(()),
            vault => Err(VaultError::WrongEnvironment { vault, asked: Environment::Training }),
        }
    }
}

//! The index: small rows in sled, a cache of `records/`. Everything in it can be made anew from the files.
//!
//! Trees: `rows` (record id → row as JSON), `nik` and `family` (keyed hash, id → nothing), `created` (milliseconds
//! since 1970 big-endian, id → nothing), `meta`. Rows hold no personal data: NIK and family only as keyed hashes.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use record::schema::RecordState;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::VaultError;
use super::files::Files;

const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Changes with the form of the rows: an index of another form is made anew.
const FORM: &str = "rekam-index/1";

/// A record as the queue shows it; names are decrypted on demand with [`super::Vault::extract`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueRow {
    /// Record id.
    pub id: Uuid,
    /// Where the record is on its way.
    pub state: RecordState,
    /// When the session was finished.
    pub created: DateTime<Utc>,
    /// From then on the local extract may be deleted; none when the extract is missing.
    pub expires: Option<DateTime<Utc>>,
    /// Keyed hash of the NIK, hex; empty when the extract is missing.
    pub nik_hash: String,
    /// Keyed hash of No. KK and birth date, hex; may be empty.
    pub family_hash: String,
    /// SHA-256 of the payload file, hex.
    pub sha256: String,
    /// Size of the payload file in bytes.
    pub size: u64,
    /// Restores before this record was sealed, plus one.
    pub epoch: u64,
    /// Counter within the vault.
    pub counter: u64,
    /// True when one of the record's files is missing or does not fit: `vault check` says which.
    pub damaged: bool,
    /// When the payload was deleted by the rules of keeping: the row, header and tombstone stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<DateTime<Utc>>,
}

impl QueueRow {
    /// True while nobody but the station is known to have the record.
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        matches!(self.state, RecordState::BioCaptured | RecordState::Processing) && self.gone.is_none()
    }
}

/// Rows that are not sent: when sealed (milliseconds since 1970), id. None until somebody asks.
type UnsentRows = Mutex<Option<BTreeSet<(i64, Uuid)>>>;

/// The open index.
pub(super) struct Index {
    db: sled::Db,
    rows: sled::Tree,
    nik: sled::Tree,
    family: sled::Tree,
    created: sled::Tree,
    unsent: UnsentRows,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Index({} rows)", self.rows.len())
    }
}

fn created_key(row: &QueueRow) -> Vec<u8> {
    [created_bound(row.created).as_slice(), row.id.as_bytes()].concat()
}

fn unsent_key(row: &QueueRow) -> (i64, Uuid) {
    (row.created.timestamp_millis(), row.id)
}

fn created_bound(time: DateTime<Utc>) -> [u8; 8] {
    u64::try_from(time.timestamp_millis()).unwrap_or(0).to_be_bytes()
}

fn hash_key(hash: &str, id: Uuid) -> Vec<u8> {
    [hash.as_bytes(), id.as_bytes()].concat()
}

fn id_at_end(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(key.len().checked_sub(16)?..)?).ok()
}

impl Index {
    /// Opens or makes the index of a vault. A damaged one is moved aside and an empty one made; the name of the folder
    /// moved to is then returned.
    pub(super) fn open(
        files: &dyn Files,
        folder: &Path,
        vault: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<String>), VaultError> {
        let Some(native) = files.native(folder) else {
            return Ok((Self::start(sled::Config::new().temporary(true), vault)?, None));
        };
        // sled reports damage by errors and by panics alike; either way the index is only a cache.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let index = Self::start(sled::Config::new().path(&native), vault)?;
            index.walk()?;
            Ok::<_, VaultError>(index)
        }));
        match opened {
            Ok(Ok(index)) => return Ok((index, None)),
            Ok(Err(error @ (VaultError::DiskFull { .. } | VaultError::ReadOnly { .. }))) => {
                return Err(error);
            }
            Ok(Err(_)) | Err(_) => {}
        }
        let aside = free_name(files, folder, &format!("index-damaged-{}", now.timestamp_millis()))?;
        files
            .rename(folder, &folder.with_file_name(&aside))
            .and_then(|()| files.sync_folder(super::files::folder_of(folder)))
            .map_err(|e| VaultError::io("index", e))?;
        Ok((Self::start(sled::Config::new().path(&native), vault)?, Some(aside)))
    }

    fn start(config: sled::Config, vault: Uuid) -> Result<Self, VaultError> {
        let db = config.cache_capacity(CACHE_BYTES).flush_every_ms(None).open()?;
        let index = Self {
            rows: db.open_tree("rows")?,
            nik: db.open_tree("nik")?,
            family: db.open_tree("family")?,
            created: db.open_tree("created")?,
            unsent: UnsentRows::default(),
            db,
        };
        let meta = index.db.open_tree("meta")?;
        let form = format!("{FORM}|{vault}");
        if meta.get("form")?.is_none_or(|found| found != form.as_bytes()) {
            index.clear()?;
            meta.insert("form", form.as_bytes())?;
            index.flush()?;
        }
        Ok(index)
    }

    /// Touches every row once, so that damage shows when the index is opened and not in the middle of a day.
    fn walk(&self) -> Result<(), VaultError> {
        for tree in [&self.rows, &self.nik, &self.family, &self.created] {
            for entry in tree {
                entry?;
            }
        }
        if self.rows.len() == self.created.len() {
            return Ok(());
        }
        Err(VaultError::Index("rows and keys differ in number".into()))
    }

    pub(super) fn clear(&self) -> Result<(), VaultError> {
        for tree in [&self.rows, &self.nik, &self.family, &self.created] {
            tree.clear()?;
        }
        *self.unsent_rows() = None;
        Ok(())
    }

    fn unsent_rows(&self) -> MutexGuard<'_, Option<BTreeSet<(i64, Uuid)>>> {
        self.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many rows are not sent, and when the oldest of them was sealed. The first question reads every row, the
    /// next ones none: it is asked every few seconds.
    pub(super) fn unsent(&self) -> Result<(usize, Option<DateTime<Utc>>), VaultError> {
        let mut known = self.unsent_rows();
        let rows = match known.take() {
            Some(rows) => rows,
            None => self.all()?.iter().filter(|row| row.is_unsent()).map(unsent_key).collect(),
        };
        let oldest = rows.first().and_then(|(millis, _)| DateTime::from_timestamp_millis(*millis));
        let count = rows.len();
        *known = Some(rows);
        Ok((count, oldest))
    }

    /// Puts a row in place of an older one with the same id. Durable after [`Index::flush`].
    pub(super) fn put(&self, row: &QueueRow) -> Result<(), VaultError> {
        if let Some(old) = self.find(row.id)? {
            self.remove_keys(&old)?;
        }
        let bytes = serde_json::to_vec(row).map_err(|e| VaultError::Index(e.to_string()))?;
        if !row.nik_hash.is_empty() {
            self.nik.insert(hash_key(&row.nik_hash, row.id), &[])?;
        }
        if !row.family_hash.is_empty() {
            self.family.insert(hash_key(&row.family_hash, row.id), &[])?;
        }
        self.created.insert(created_key(row), &[])?;
        // Last, so that a row that is there always has its keys.
        self.rows.insert(row.id.as_bytes(), bytes)?;
        if let Some(unsent) = self.unsent_rows().as_mut().filter(|_| row.is_unsent()) {
            unsent.insert(unsent_key(row));
        }
        Ok(())
    }

    fn remove_keys(&self, row: &QueueRow) -> Result<(), VaultError> {
        self.nik.remove(hash_key(&row.nik_hash, row.id))?;
        self.family.remove(hash_key(&row.family_hash, row.id))?;
        self.created.remove(created_key(row))?;
        if let Some(unsent) = self.unsent_rows().as_mut() {
            unsent.remove(&unsent_key(row));
        }
        Ok(())
    }

    pub(super) fn remove(&self, id: Uuid) -> Result<(), VaultError> {
        if let Some(old) = self.find(id)? {
            self.remove_keys(&old)?;
        }
        self.rows.remove(id.as_bytes())?;
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), VaultError> {
        self.db.flush()?;
        Ok(())
    }

    pub(super) fn find(&self, id: Uuid) -> Result<Option<QueueRow>, VaultError> {
        match self.rows.get(id.as_bytes())? {
            None => Ok(None),
            Some(bytes) => Ok(Some(parse(&bytes)?)),
        }
    }

    pub(super) fn ids(&self) -> Result<BTreeSet<Uuid>, VaultError> {
        self.rows
            .iter()
            .keys()
            .map(|key| Uuid::from_slice(&key?).map_err(|e| VaultError::Index(e.to_string())))
            .collect()
    }

    pub(super) fn all(&self) -> Result<Vec<QueueRow>, VaultError> {
        self.rows.iter().values().map(|bytes| parse(&bytes?)).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.created.len()
    }

    pub(super) fn by_nik(&self, hash: &str) -> Result<Vec<QueueRow>, VaultError> {
        self.by_hash(&self.nik, hash)
    }

    pub(super) fn by_family(&self, hash: &str) -> Result<Vec<QueueRow>, VaultError> {
        self.by_hash(&self.family, hash)
    }

    fn by_hash(&self, tree: &sled::Tree, hash: &str) -> Result<Vec<QueueRow>, VaultError> {
        tree.scan_prefix(hash).keys().filter_map(|key| self.row_of(key).transpose()).collect()
    }

    fn row_of(&self, key: Result<sled::IVec, sled::Error>) -> Result<Option<QueueRow>, VaultError> {
        match id_at_end(&key?) {
            Some(id) => self.find(id),
            None => Ok(None),
        }
    }

    /// Rows created in `from..to`, oldest first.
    pub(super) fn between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<QueueRow>, VaultError> {
        let range = created_bound(from).to_vec()..created_bound(to).to_vec();
        self.created.range(range).keys().filter_map(|key| self.row_of(key).transpose()).collect()
    }

    /// Up to `limit` rows, newest first, beginning after `after`.
    pub(super) fn page(&self, after: Option<&QueueRow>, limit: usize) -> Result<Vec<QueueRow>, VaultError> {
        let end = after.map_or_else(|| vec![0xff; 25], created_key);
        self.created
            .range(..end)
            .keys()
            .rev()
            .filter_map(|key| self.row_of(key).transpose())
            .take(limit)
            .collect()
    }
}

/// `stem`, or `stem-2`, … : a name beside the folder that nothing has yet.
fn free_name(files: &dyn Files, folder: &Path, stem: &str) -> Result<String, VaultError> {
    let listed =
        files.list(super::files::folder_of(folder)).map_err(|e| VaultError::io("vault folder", e))?;
    let taken: BTreeSet<String> = listed.into_iter().map(|l| l.name).collect();
    let names = std::iter::once(stem.to_owned()).chain((2u32..).map(|n| format!("{stem}-{n}")));
    Ok(names.into_iter().find(|name| !taken.contains(name)).unwrap_or_else(|| stem.to_owned()))
}

fn parse(bytes: &[u8]) -> Result<QueueRow, VaultError> {
    serde_json::from_slice(bytes).map_err(|e| VaultError::Index(e.to_string()))
}

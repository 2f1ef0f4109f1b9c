//! The index: small rows in sled, a cache of `records/`. Everything in it can be made anew from the files.
//!
//! Trees: `rows` (record id → first 8 bytes of the SHA-256 of id and JSON, then the row as JSON), `nik` and `family`
//! (keyed hash, id → nothing), `created` (milliseconds since 1970 big-endian, id → nothing), `states` (state's number,
//! milliseconds, id → nothing), `meta`. Rows hold no personal data: NIK and family only as keyed hashes.
//!
//! Keys come before their row and go after it, so a row has all its keys whenever the process ends; a key without its
//! row is nothing. A row whose checksum does not fit is damage: all rows are made anew then.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use record::schema::RecordState;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::VaultError;

const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Changes with the form of the rows: an index of another form is made anew.
const FORM: &str = "rekam-index/2";
const CHECKSUM_LEN: usize = 8;

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

/// Which rows are wanted, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueFilter {
    /// In this state only.
    pub state: Option<RecordState>,
    /// Finished at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Finished before this time.
    pub to: Option<DateTime<Utc>>,
    /// Rows that are left out first.
    pub skip: usize,
    /// Most rows.
    pub limit: usize,
}

impl Default for QueueFilter {
    fn default() -> Self {
        Self { state: None, from: None, to: None, skip: 0, limit: usize::MAX }
    }
}

/// The open index.
pub(super) struct Index {
    db: sled::Db,
    rows: sled::Tree,
    nik: sled::Tree,
    family: sled::Tree,
    created: sled::Tree,
    unsent: UnsentRows,
    states: sled::Tree,
    /// Rows; sled would count them one by one.
    count: AtomicUsize,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Index({} rows)", self.len())
    }
}

fn millis(time: DateTime<Utc>) -> [u8; 8] {
    u64::try_from(time.timestamp_millis()).unwrap_or(0).to_be_bytes()
}

fn unsent_key(row: &QueueRow) -> (i64, Uuid) {
    (row.created.timestamp_millis(), row.id)
}

fn created_key(row: &QueueRow) -> Vec<u8> {
    [millis(row.created).as_slice(), row.id.as_bytes()].concat()
}

/// Numbers of states in keys; they change with [`FORM`] only.
fn state_number(state: RecordState) -> u8 {
    RecordState::ALL.iter().position(|s| *s == state).and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

fn state_key(row: &QueueRow) -> Vec<u8> {
    [&[state_number(row.state)], created_key(row).as_slice()].concat()
}

fn hash_key(hash: &str, id: Uuid) -> Vec<u8> {
    [hash.as_bytes(), id.as_bytes()].concat()
}

/// Bytes of a keyed hash by which [`Index::walk`] knows it.
const HASH_HEAD: usize = 16;

fn hash_head(bytes: &[u8]) -> Option<[u8; HASH_HEAD]> {
    bytes.get(..HASH_HEAD)?.try_into().ok()
}

fn id_at_end(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key.get(key.len().checked_sub(16)?..)?).ok()
}

impl Index {
    /// Opens or makes the index of a vault at the place that `config` names. `existing`: there are files; without a form
    /// in them they are not an index, though sled takes them.
    pub(super) fn start(config: sled::Config, vault: Uuid, existing: bool) -> Result<Self, VaultError> {
        let db = config.cache_capacity(CACHE_BYTES).flush_every_ms(None).open()?;
        let index = Self {
            rows: db.open_tree("rows")?,
            nik: db.open_tree("nik")?,
            family: db.open_tree("family")?,
            created: db.open_tree("created")?,
            unsent: UnsentRows::default(),
            states: db.open_tree("states")?,
            db,
            count: AtomicUsize::new(0),
        };
        let meta = index.db.open_tree("meta")?;
        let form = format!("{FORM}|{vault}");
        let found = meta.get("form")?;
        if existing && found.is_none() {
            return Err(VaultError::Index("the files hold no index".into()));
        }
        if found.is_none_or(|found| found != form.as_bytes()) {
            index.clear()?;
            meta.insert("form", form.as_bytes())?;
            index.flush()?;
        }
        Ok(index)
    }

    /// Touches every row once, so that damage shows when the index is opened and not in the middle of a day: checksums
    /// fit, and each row has all its keys. Keys that an interrupted change left behind are removed.
    pub(super) fn walk(&self) -> Result<(), VaultError> {
        let mut rows: HashMap<Uuid, Vec<u8>> = HashMap::new();
        // Of the keyed hashes their beginnings are enough to tell them apart, at a quarter of the memory.
        let mut hashes: HashMap<Uuid, [Option<[u8; HASH_HEAD]>; 2]> = HashMap::new();
        let mut hashed = [0, 0];
        for entry in &self.rows {
            let (key, value) = entry?;
            let row = parse(&key, &value)?;
            let heads = [&row.nik_hash, &row.family_hash].map(|hash| hash_head(hash.as_bytes()));
            for (count, head) in hashed.iter_mut().zip(heads) {
                *count += usize::from(head.is_some());
            }
            hashes.insert(row.id, heads);
            rows.insert(row.id, state_key(&row));
        }
        let mut keyed = [0, 0];
        for (tree, found, from) in [(&self.created, 0, 1), (&self.states, 1, 0)] {
            for key in tree.iter().keys() {
                let key = key?;
                let row = id_at_end(&key).and_then(|id| rows.get(&id));
                if row.is_some_and(|expected| expected.get(from..) == Some(&*key)) {
                    keyed[found] += 1;
                } else {
                    tree.remove(key)?;
                }
            }
        }
        for (tree, of) in [(&self.nik, 0), (&self.family, 1)] {
            for key in tree.iter().keys() {
                let key = key?;
                let head = id_at_end(&key).and_then(|id| hashes.get(&id)).and_then(|heads| heads[of]);
                if head.is_some() && head == hash_head(&key) {
                    hashed[of] -= usize::from(hashed[of] > 0);
                } else {
                    tree.remove(key)?;
                }
            }
        }
        self.count.store(rows.len(), Ordering::Relaxed);
        if keyed == [rows.len(); 2] && hashed == [0, 0] {
            return Ok(());
        }
        Err(VaultError::Index("rows without their keys".into()))
    }

    pub(super) fn clear(&self) -> Result<(), VaultError> {
        for tree in [&self.rows, &self.nik, &self.family, &self.created, &self.states] {
            tree.clear()?;
        }
        *self.unsent_rows() = None;
        self.count.store(0, Ordering::Relaxed);
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
            None => {
                let rows = self.iter().filter(|row| row.as_ref().map_or(true, QueueRow::is_unsent));
                rows.map(|row| row.map(|row| unsent_key(&row))).collect::<Result<_, _>>()?
            }
        };
        let oldest = rows.first().and_then(|(millis, _)| DateTime::from_timestamp_millis(*millis));
        let count = rows.len();
        *known = Some(rows);
        Ok((count, oldest))
    }

    /// Puts a row in place of an older one with the same id. Durable after [`Index::flush`].
    pub(super) fn put(&self, row: &QueueRow) -> Result<(), VaultError> {
        let old = self.find(row.id).unwrap_or_default();
        if old.as_ref() == Some(row) {
            return Ok(());
        }
        let keys = self.keys_of(row);
        for (tree, key) in &keys {
            // A key that is there already is not written again: each write makes the index grow.
            if !tree.contains_key(key)? {
                tree.insert(key, &[])?;
            }
        }
        if self.rows.insert(row.id.as_bytes(), encode(row)?)?.is_none() {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        for (tree, key) in old.iter().flat_map(|old| self.keys_of(old)) {
            if !keys.iter().any(|(_, kept)| *kept == key) {
                tree.remove(key)?;
            }
        }
        let mut unsent = self.unsent_rows();
        if let Some(unsent) = unsent.as_mut() {
            if let Some(old) = &old {
                unsent.remove(&unsent_key(old));
            }
            if row.is_unsent() {
                unsent.insert(unsent_key(row));
            }
        }
        Ok(())
    }

    fn keys_of(&self, row: &QueueRow) -> Vec<(&sled::Tree, Vec<u8>)> {
        let mut keys = vec![(&self.created, created_key(row)), (&self.states, state_key(row))];
        for (tree, hash) in [(&self.nik, &row.nik_hash), (&self.family, &row.family_hash)] {
            if !hash.is_empty() {
                keys.push((tree, hash_key(hash, row.id)));
            }
        }
        keys
    }

    pub(super) fn remove(&self, id: Uuid) -> Result<(), VaultError> {
        let old = self.find(id).unwrap_or_default();
        if self.rows.remove(id.as_bytes())?.is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        if let (Some(unsent), Some(old)) = (self.unsent_rows().as_mut(), &old) {
            unsent.remove(&unsent_key(old));
        }
        for (tree, key) in old.iter().flat_map(|old| self.keys_of(old)) {
            tree.remove(key)?;
        }
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), VaultError> {
        self.db.flush()?;
        Ok(())
    }

    /// Bytes of the index's files.
    pub(super) fn disk_bytes(&self) -> Result<u64, VaultError> {
        Ok(self.db.size_on_disk()?)
    }

    pub(super) fn find(&self, id: Uuid) -> Result<Option<QueueRow>, VaultError> {
        match self.rows.get(id.as_bytes())? {
            None => Ok(None),
            Some(bytes) => Ok(Some(parse(id.as_bytes(), &bytes)?)),
        }
    }

    pub(super) fn ids(&self) -> Result<BTreeSet<Uuid>, VaultError> {
        self.rows
            .iter()
            .keys()
            .map(|key| Uuid::from_slice(&key?).map_err(|e| VaultError::Index(e.to_string())))
            .collect()
    }

    /// Every row, in no order of meaning.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<QueueRow, VaultError>> {
        self.rows.iter().map(|entry| {
            let (key, value) = entry?;
            parse(&key, &value)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn by_nik(&self, hash: &str) -> Result<Vec<QueueRow>, VaultError> {
        self.by_hash(&self.nik, hash, |row| &row.nik_hash)
    }

    pub(super) fn by_family(&self, hash: &str) -> Result<Vec<QueueRow>, VaultError> {
        self.by_hash(&self.family, hash, |row| &row.family_hash)
    }

    fn by_hash(
        &self,
        tree: &sled::Tree,
        hash: &str,
        of: impl Fn(&QueueRow) -> &String,
    ) -> Result<Vec<QueueRow>, VaultError> {
        let rows = tree.scan_prefix(hash).keys().filter_map(|key| self.row_of(key).transpose());
        // A key that was left behind may point to a row that has another hash by now.
        rows.filter(|row| row.as_ref().map_or(true, |row| of(row) == hash)).collect()
    }

    fn row_of(&self, key: Result<sled::IVec, sled::Error>) -> Result<Option<QueueRow>, VaultError> {
        match id_at_end(&key?) {
            Some(id) => self.find(id),
            None => Ok(None),
        }
    }

    /// The rows of a filter, newest first. What is skipped is not read.
    pub(super) fn search(&self, filter: &QueueFilter) -> Result<Vec<QueueRow>, VaultError> {
        let (tree, prefix) = match filter.state {
            Some(state) => (&self.states, vec![state_number(state)]),
            None => (&self.created, Vec::new()),
        };
        let bound = |time: [u8; 8]| [prefix.as_slice(), &time].concat();
        let from = bound(filter.from.map_or([0; 8], millis));
        let to = bound(filter.to.map_or([0xff; 8], millis));
        if from > to {
            return Ok(Vec::new());
        }
        let keys = tree.range(from..to).keys().rev().skip(filter.skip);
        let rows = keys.filter_map(|key| self.row_of(key).transpose());
        rows.filter(|row| row.as_ref().map_or(true, |row| filter.state.is_none_or(|s| s == row.state)))
            .take(filter.limit)
            .collect()
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

fn checksum(key: &[u8], json: &[u8]) -> [u8; CHECKSUM_LEN] {
    let digest = Sha256::new().chain_update(key).chain_update(json).finalize();
    let mut sum = [0; CHECKSUM_LEN];
    sum.copy_from_slice(&digest[..CHECKSUM_LEN]);
    sum
}

fn encode(row: &QueueRow) -> Result<Vec<u8>, VaultError> {
    let json = serde_json::to_vec(row).map_err(|e| VaultError::Index(e.to_string()))?;
    Ok([checksum(row.id.as_bytes(), &json).as_slice(), &json].concat())
}

fn parse(key: &[u8], bytes: &[u8]) -> Result<QueueRow, VaultError> {
    let bad = || VaultError::Index("a row does not fit its checksum".into());
    let (sum, json) = bytes.split_at_checked(CHECKSUM_LEN).ok_or_else(bad)?;
    if sum != checksum(key, json) {
        return Err(bad());
    }
    let row: QueueRow = serde_json::from_slice(json).map_err(|e| VaultError::Index(e.to_string()))?;
    if row.id.as_bytes() == key { Ok(row) } else { Err(bad()) }
}

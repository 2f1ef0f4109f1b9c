//! Receipts that come back by file: the hub's signed statements that a record is durable there.
//!
//! Each is checked alone against the hub's pinned key and the record's own header; a bad one is told by its name and
//! changes nothing, the others count. A receipt about a record of this station that the vault does not have shows that
//! an old copy of the vault was put back, or that records were removed.

use std::path::Path;

use chrono::{DateTime, Utc};
use record::keys;
use record::receipt::{MAX_BYTES, Receipt};
use record::schema::RecordState;
use serde::Serialize;
use uuid::Uuid;

use super::audit::AuditEvent;
use super::error::VaultError;
use super::files::Files;
use super::states::stage;
use super::{OfficerKeys, Vault};

/// Ending of files with one receipt.
pub const ENDING: &str = ".receipt.json";
/// Largest file of receipts, in bytes.
const FILE_MAX: u64 = 64 * 1024 * 1024;

/// A receipt that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptFault {
    /// File, with the line where it has several receipts.
    pub name: String,
    /// `RCP-01` to `RCP-06` the receipt itself, `RCP-11` another station's record, `RCP-12` a record of this station
    /// that is not here, `RCP-13` it could not be kept.
    pub code: String,
    /// What is wrong and what to do.
    pub what: String,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ReceiptsReport {
    /// Records that are sent now.
    pub taken: usize,
    /// Receipts that were known.
    pub known: usize,
    /// Receipts that were not taken.
    pub faults: Vec<ReceiptFault>,
    /// Records of this station that the hub has and this vault does not: it was put back, or records were removed.
    pub not_here: Vec<Uuid>,
}

/// Reads receipts: a file with one or with one a line, or a folder with files ending in [`ENDING`]. Each with its name.
///
/// # Errors
/// The disk's.
pub fn read_receipts(files: &dyn Files, path: &Path) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
    let io = |e| VaultError::medium("receipts", e);
    let name_of =
        |path: &Path| path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let paths = match files.list(path) {
        Ok(listed) => {
            let mut names: Vec<String> = listed
                .into_iter()
                .filter(|l| !l.folder && l.name.ends_with(ENDING))
                .map(|l| l.name)
                .collect();
            names.sort();
            names.into_iter().map(|name| path.join(name)).collect()
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => vec![path.to_owned()],
        Err(e) => return Err(io(e)),
    };
    let mut found = Vec::new();
    for path in paths {
        let (name, bytes) = (name_of(&path), files.read(&path, FILE_MAX).map_err(io)?);
        // One JSON value is one receipt, however it is laid out: what is wrong with it is told once.
        let one = bytes.len() <= MAX_BYTES && serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
        if one || bytes.len() <= MAX_BYTES && !bytes.contains(&b'\n') {
            found.push((name, bytes));
            continue;
        }
        let lines =
            bytes.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
        found.extend(lines.map(|(at, line)| (format!("{name}:{}", at + 1), line.to_vec())));
    }
    Ok(found)
}

impl Vault {
    /// Takes receipts over: the record's state becomes [`RecordState::SentForEnrollment`] where it is not further, the
    /// receipt is kept in its extract. Each is durable with a line in the audit; the import has one more.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::HubKey`] where none is pinned, or the audit's own disk error. What is
    /// wrong with a receipt is in the report.
    pub fn import_receipts(
        &mut self,
        receipts: &[(String, Vec<u8>)],
        by: &OfficerKeys,
        now: DateTime<Utc>,
    ) -> Result<ReceiptsReport, VaultError> {
        self.keys()?;
        // Pins that do not fit are told as such, not as a missing key.
        self.pins()?;
        let hub = self.pinned_hub()?.ok_or(VaultError::HubKey)?;
        let mut report = ReceiptsReport::default();
        for (name, bytes) in receipts {
            match self.take_receipt(bytes, &hub, now) {
                Ok(true) => report.taken += 1,
                Ok(false) => report.known += 1,
                Err(Refused { code, what, not_here }) => {
                    report.not_here.extend(not_here);
                    report.faults.push(ReceiptFault { name: name.clone(), code, what });
                }
            }
        }
        let event = AuditEvent::new("receipts-imported")
            .by(by.officer.id)
            .with("taken", report.taken)
            .with("known", report.known)
            .with("refused", report.faults.len())
            .with("not-here", report.not_here.len());
        self.append_audit(&event, now)?;
        if let Err(error) = self.compact_if_due(now) {
            tracing::warn!(code = error.code(), "the index was not compacted");
        }
        Ok(report)
    }

    fn take_receipt(
        &mut self,
        bytes: &[u8],
        hub: &keys::VerifyingKey,
        now: DateTime<Utc>,
    ) -> Result<bool, Refused> {
        let receipt = Receipt::parse(bytes).map_err(|e| Refused::told(&e))?;
        receipt.check_signature(hub).map_err(|e| Refused::told(&e))?;
        let id = receipt.record;
        let Some(header) = self.read_header(id).map_err(|e| Refused::kept(&e))? else {
            return Err(self.unknown(&receipt));
        };
        receipt.verify(&header, hub).map_err(|e| Refused::told(&e))?;
        let (head, extract) = self.read_local(id).map_err(|e| Refused::kept(&e))?;
        let sent = stage(head.state) >= stage(RecordState::SentForEnrollment);
        // One that names more stores than the one before is worth more: by it the payload may go in time.
        let before = extract.receipt.as_deref().and_then(|bytes| Receipt::parse(bytes).ok());
        let before = before.filter(|before| before.verify(&header, hub).is_ok());
        let better = before.is_none_or(|before| receipt.replicas.len() > before.replicas.len());
        if sent && !better {
            return Ok(false);
        }
        let state = if sent { head.state } else { RecordState::SentForEnrollment };
        self.set_state(id, state, Some(bytes), now).map_err(|e| Refused::kept(&e))?;
        Ok(true)
    }

    fn unknown(&self, receipt: &Receipt) -> Refused {
        let ours = receipt.station_key == self.config.station_key;
        let (code, what) = if ours {
            ("RCP-12", "the hub has this station's record, this vault does not: was an old copy put back?")
        } else {
            ("RCP-11", "the receipt is for a record of another station; import it there")
        };
        let (code, what) = (code.to_owned(), what.to_owned());
        Refused { code, what, not_here: ours.then_some(receipt.record) }
    }
}

struct Refused {
    code: String,
    what: String,
    not_here: Option<Uuid>,
}

impl Refused {
    fn told(error: &record::receipt::ReceiptError) -> Self {
        let what = error.to_string();
        Self { code: what.chars().take(6).collect(), what, not_here: None }
    }
    fn kept(error: &VaultError) -> Self {
        Self { code: "RCP-13".to_owned(), what: error.to_string(), not_here: None }
    }
}

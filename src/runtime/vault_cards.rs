//! The vault worker's part of the counter: which cards may be handed over, what is compared with a record, how a card
//! left, and the ledger.

use biometrics::iso::fmr::FmrRecord;
use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use chrono::{DateTime, Utc};
use devices::vocabulary::RequestId;
use record::schema::RecordState;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::error;
use super::vault_worker::{JobError, VaultWorker};
use crate::handover::event::{Number, Report};
use crate::handover::parts::{Candidate, Leaving, Person, SavedCard};
use crate::session::event::CardAtStation;
use crate::session::sample::Media;
use crate::vault::{
    CardMove, CardOutcome, CardRow, CardStock, FingerTemplate, NewCardRow, QueueRow, VaultError,
};

/// Most records that the list of the counter holds.
const LIST_MAX: usize = 2_000;
/// Rows of the ledger that its page shows.
pub(super) const ROWS_SHOWN: usize = 50;
/// Longest proof, in bytes: signature, picture on the chip, grants.
const PROOF_MAX: usize = 1024 * 1024;

/// What the worker does for the counter.
pub(super) enum CardsJob {
    List,
    Open(Uuid),
    Check { id: RequestId, record: Uuid, number: Number, value: Zeroizing<String> },
    Tried { record: Uuid, failed: u32 },
    Save(Box<Report>),
    Ledger,
    Enter(Box<NewCardRow>),
}

/// The ledger, as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Sums.
    pub stock: CardStock,
    /// The newest rows, newest first.
    pub rows: Vec<CardRow>,
}

/// What it answers.
pub(super) enum CardsAnswer {
    Listed(Result<(Vec<Candidate>, usize), String>),
    Opened(Uuid, Result<Box<Person>, String>),
    Checked(RequestId, Number, Option<bool>),
    Tried,
    Saved(Result<SavedCard, String>),
    /// `entered` tells the answer to a row that was entered from one that was only asked for.
    Ledger {
        ledger: Option<Box<Ledger>>,
        entered: Option<Result<(), String>>,
    },
}

impl CardsJob {
    pub(super) fn failure(&self) -> CardsAnswer {
        match self {
            Self::List => CardsAnswer::Listed(Err(String::new())),
            Self::Open(id) => CardsAnswer::Opened(*id, Err(String::new())),
            Self::Check { id, number, .. } => CardsAnswer::Checked(*id, *number, None),
            Self::Tried { .. } => CardsAnswer::Tried,
            Self::Save(_) => CardsAnswer::Saved(Err(String::new())),
            Self::Ledger => CardsAnswer::Ledger { ledger: None, entered: None },
            Self::Enter(_) => CardsAnswer::Ledger { ledger: None, entered: Some(Err(String::new())) },
        }
    }
}

impl CardsAnswer {
    pub(super) fn set_code(&mut self, code: &str) {
        match self {
            Self::Listed(Err(slot))
            | Self::Opened(_, Err(slot))
            | Self::Saved(Err(slot))
            | Self::Ledger { entered: Some(Err(slot)), .. } => code.clone_into(slot),
            _ => {}
        }
    }
}

/// States in which a card may be at the counter: it is printed, or may have been while its state is on the way.
const fn at_counter(state: RecordState) -> bool {
    matches!(
        state,
        RecordState::PrintReadyRecord | RecordState::SentForCardPrinting | RecordState::CardPrinted
    )
}

impl VaultWorker {
    pub(super) fn cards(&mut self, job: CardsJob, now: DateTime<Utc>) -> Result<CardsAnswer, JobError> {
        // Nothing of the counter is for somebody who is not signed in.
        self.operator()?;
        Ok(match job {
            CardsJob::List => CardsAnswer::Listed(Ok(self.candidates(now)?)),
            CardsJob::Open(id) => CardsAnswer::Opened(id, Ok(Box::new(self.open_person(id, now)?))),
            CardsJob::Check { id, record, number, value } => {
                CardsAnswer::Checked(id, number, self.compare(record, number, &value)?)
            }
            CardsJob::Tried { record, failed } => {
                self.vault.note_tries(record, failed, now)?;
                CardsAnswer::Tried
            }
            CardsJob::Save(report) => CardsAnswer::Saved(Ok(self.card_leaves(*report, now)?)),
            CardsJob::Ledger => CardsAnswer::Ledger { ledger: Some(Box::new(self.ledger()?)), entered: None },
            CardsJob::Enter(row) => {
                let operator = self.operator.as_ref().ok_or(VaultError::Locked)?;
                self.vault.add_card_row(&row, operator, now)?;
                CardsAnswer::Ledger { ledger: Some(Box::new(self.ledger()?)), entered: Some(Ok(())) }
            }
        })
    }

    /// The newest records whose card may be here, and how many older ones are left out.
    fn candidates(&self, now: DateTime<Utc>) -> Result<(Vec<Candidate>, usize), JobError> {
        // What the station may not keep any longer is not shown either.
        let kept = |row: &QueueRow| row.expires.is_some_and(|at| at > now);
        let fits = |row: &QueueRow| at_counter(row.state) && !row.damaged && kept(row);
        let rows: Vec<_> = self.vault.queue()?.into_iter().filter(fits).collect();
        let cut = rows.len().saturating_sub(LIST_MAX);
        let mut list = Vec::new();
        for row in rows.into_iter().take(LIST_MAX) {
            // A damaged extract costs its own line only; `vault check` says what is wrong.
            let Ok(extract) = self.vault.extract(row.id) else { continue };
            list.push(Candidate {
                id: row.id,
                name: extract.name.clone(),
                nik_tail: extract.nik_tail.clone(),
                birth: extract.birth_date,
                state: row.state,
                created: row.created,
            });
        }
        Ok((list, cut))
    }

    fn open_person(&self, id: Uuid, now: DateTime<Utc>) -> Result<Person, JobError> {
        let row = self.vault.find(id)?.ok_or(VaultError::UnknownRecord)?;
        if !at_counter(row.state) {
            return Err(VaultError::CardState { state: row.state }.into());
        }
        // Nobody can be compared with what was forgotten.
        if row.expires.is_none() {
            return Err(VaultError::UnknownRecord.into());
        }
        let extract = self.vault.extract(id)?;
        let photo =
            (!extract.photo_jpeg.is_empty()).then(|| Media::new("image/jpeg", extract.photo_jpeg.clone()));
        let today = now.with_timezone(&self.office).date_naive();
        Ok(Person {
            id,
            handover: Uuid::now_v7(),
            name: extract.name.clone(),
            birth: extract.birth_date,
            state: row.state,
            photo,
            fingers: extract.templates.iter().filter_map(finger).collect(),
            earlier: extract.cards.len(),
            failed: extract.tries_on(today, self.office),
        })
    }

    fn compare(&self, record: Uuid, number: Number, value: &str) -> Result<Option<bool>, JobError> {
        Ok(match number {
            Number::Nik => Some(self.vault.is_nik_of_record(record, value)?),
            Number::Kk => self.vault.is_kk_of_record(record, value)?,
            Number::Card => {
                let uid = hex::decode(value).unwrap_or_default();
                Some(self.vault.card_owner(&uid)?.is_some_and(|owner| owner.record != record))
            }
        })
    }

    /// Whether a card that an applicant holds was handed out here: the record's short code and the day, nothing of the
    /// person.
    pub(super) fn card_at_station(&self, uid: &[u8]) -> Result<CardAtStation, JobError> {
        self.operator()?;
        Ok(match self.vault.card_owner(uid)? {
            Some(owner) => CardAtStation::Handed { code: owner.code, at: owner.at },
            None => CardAtStation::NotHanded,
        })
    }

    fn card_leaves(&mut self, report: Report, now: DateTime<Utc>) -> Result<SavedCard, JobError> {
        // What was seen and decided on the way is in the audit before the card is.
        self.write_owed()?;
        let kind = match report.leaving {
            Leaving::Issue => CardMove::Issued,
            Leaving::Return(_) => CardMove::Returned,
            Leaving::Spoil(_) => CardMove::Spoiled,
        };
        let mut proof = Zeroizing::new(Vec::new());
        ciborium::into_writer(&report.proof, &mut *proof)
            .map_err(|_| JobError::Told("runtime-not-assembled", error::INCOMPLETE.to_owned()))?;
        if proof.len() > PROOF_MAX {
            let (what, found) = ("proof of a handover".into(), proof.len() as u64);
            return Err(VaultError::TooLarge { what, found, most: PROOF_MAX as u64 }.into());
        }
        let outcome = CardOutcome {
            id: report.id,
            record: report.record,
            kind,
            reason: report.leaving.reason().map(ToOwned::to_owned),
            uid: Zeroizing::new(report.proof.card.map(|c| c.uid).unwrap_or_default()),
            proof,
        };
        let operator = self.operator.as_ref().ok_or(VaultError::Locked)?;
        let row = self.vault.card_left(&outcome, operator, now)?;
        Ok(SavedCard { outcome: row.kind.id().to_owned(), reason: row.reason, row: row.number, at: row.at })
    }

    fn ledger(&self) -> Result<Ledger, JobError> {
        let rows = self.vault.card_rows()?;
        let stock = CardStock::of(&rows);
        Ok(Ledger { stock, rows: rows.into_iter().rev().take(ROWS_SHOWN).collect() })
    }
}

/// A kept finger as the matcher takes it; none where it is of a form that is not read here.
fn finger(kept: &FingerTemplate) -> Option<(FingerPosition, Template)> {
    let position = FingerPosition::ALL.iter().copied().find(|f| f.code() == kept.finger)?;
    let template = FmrRecord::read(&kept.bytes).ok().and_then(|r| r.template(0))?;
    Some((position, template))
}

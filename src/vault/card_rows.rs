//! What a row of the ledger of cards says, what an officer may enter by hand, and the sums of the rows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::VaultError;
use super::layout::check_name;

/// Most cards in one row.
pub const CARDS_MAX: u32 = 100_000;

/// What happened to cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardMove {
    /// Blanks, or cards printed elsewhere, came in.
    Received,
    /// A card was handed over.
    Issued,
    /// Cards or blanks went back through the hierarchy.
    Returned,
    /// Cards or blanks are spoiled and kept for destruction.
    Spoiled,
}

impl CardMove {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Received, Self::Issued, Self::Returned, Self::Spoiled];
    /// Stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Issued => "issued",
            Self::Returned => "returned",
            Self::Spoiled => "spoiled",
        }
    }
    /// The value of a stable name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|m| m.id() == id)
    }
}

/// What a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardSort {
    /// Cards that nothing is printed on yet.
    Blank,
    /// Printed cards.
    Printed,
}

impl CardSort {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Blank, Self::Printed];
    /// Stable name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Printed => "printed",
        }
    }
    /// The value of a stable name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|sort| sort.id() == id)
    }
}

/// One row of the ledger: no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardRow {
    /// `rekam-card-row/1`.
    pub form: String,
    /// Number, from 1.
    pub number: u64,
    /// Random id; for a card at the counter that of its handover.
    pub id: Uuid,
    /// What happened.
    pub kind: CardMove,
    /// How many cards.
    pub count: u32,
    /// First and last serial number, where they are known.
    pub serials: Option<(String, String)>,
    /// Stable reason, e.g. `damaged-chip`.
    pub reason: Option<String>,
    /// Blanks or printed cards, where it was said; not in rows of older programs, nor of a card at the counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<CardSort>,
    /// The record whose card it was.
    pub record: Option<Uuid>,
    /// Keyed hash of the card's UID, hex.
    pub uid_hash: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Account of the officer.
    pub officer: Uuid,
    /// SHA-256 of the row before, hex; 64 zeros for the first.
    pub prev: String,
}

/// A row that an officer enters by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCardRow {
    /// What happened; never [`CardMove::Issued`], which only a handover makes.
    pub kind: CardMove,
    /// How many cards.
    pub count: u32,
    /// First and last serial number, both or none.
    pub serials: Option<(String, String)>,
    /// Stable reason; needed for what is spoiled or returned.
    pub reason: Option<String>,
    /// Blanks or printed cards, where it is known.
    pub of: Option<CardSort>,
}

impl CardRow {
    /// Blanks or printed cards, where that is known: what was at the counter was printed.
    #[must_use]
    pub fn sort(&self) -> Option<CardSort> {
        if self.record.is_some() { Some(CardSort::Printed) } else { self.of }
    }
}

/// Sums of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CardStock {
    /// Came in.
    pub received: u64,
    /// Handed over.
    pub issued: u64,
    /// Went back.
    pub returned: u64,
    /// Spoiled.
    pub spoiled: u64,
    /// Of those that came in: said to be blanks.
    pub received_blank: u64,
    /// Of those that went back: said to be blanks.
    pub returned_blank: u64,
    /// Of those that are spoiled: said to be blanks.
    pub spoiled_blank: u64,
}

impl CardStock {
    /// The sums of rows.
    #[must_use]
    pub fn of(rows: &[CardRow]) -> Self {
        let mut stock = Self::default();
        for row in rows {
            let (sum, blank) = match row.kind {
                CardMove::Received => (&mut stock.received, &mut stock.received_blank),
                CardMove::Issued => (&mut stock.issued, &mut 0),
                CardMove::Returned => (&mut stock.returned, &mut stock.returned_blank),
                CardMove::Spoiled => (&mut stock.spoiled, &mut stock.spoiled_blank),
            };
            *sum = sum.saturating_add(u64::from(row.count));
            if row.sort() == Some(CardSort::Blank) {
                *blank = blank.saturating_add(u64::from(row.count));
            }
        }
        stock
    }
    /// What should be in the drawer; below zero, a delivery was not entered.
    #[must_use]
    pub fn balance(&self) -> i64 {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        number(self.received)
            .saturating_sub(number(self.issued))
            .saturating_sub(number(self.returned))
            .saturating_sub(number(self.spoiled))
    }
}

fn serial_fits(serial: &str) -> bool {
    (1..=32).contains(&serial.len())
        && serial.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

/// Letters before the number, and the number at the end of a serial.
fn serial_parts(serial: &str) -> Option<(&str, u64)> {
    let digits = serial.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (head, tail) = serial.split_at_checked(serial.len().checked_sub(digits)?)?;
    Some((head, tail.parse().ok()?))
}

impl NewCardRow {
    /// Checks the row before anything is written.
    ///
    /// # Errors
    /// [`VaultError::CardRow`] naming what does not fit.
    pub fn check(&self) -> Result<(), VaultError> {
        let bad = |why| Err(VaultError::CardRow { why });
        if self.kind == CardMove::Issued {
            return bad("only a handover issues a card");
        }
        if !(1..=CARDS_MAX).contains(&self.count) {
            return bad("the count must be 1 to 100000");
        }
        if let Some((first, last)) = &self.serials {
            if !serial_fits(first) || !serial_fits(last) {
                return bad("a serial has 1 to 32 of A-Z, 0-9 and -");
            }
            let (Some((a, from)), Some((b, to))) = (serial_parts(first), serial_parts(last)) else {
                return bad("a serial must end with its number");
            };
            let range = to.checked_sub(from).and_then(|n| n.checked_add(1));
            if a != b || range != Some(u64::from(self.count)) {
                return bad("the range of serials does not have as many numbers as the count says");
            }
        }
        match &self.reason {
            Some(reason) if check_name("reason", reason).is_err() => bad("the reason is not a stable name"),
            None if self.kind != CardMove::Received => bad("say why they were returned or spoiled"),
            _ => Ok(()),
        }
    }
}

//! What the vault did by itself and should be told: shown on the start page and in the log.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

/// Something that was found and dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "note")]
#[non_exhaustive]
pub enum Note {
    /// The index was damaged: it was moved aside and made anew.
    IndexRebuilt {
        /// Folder that holds the damaged index.
        moved_to: String,
        /// Rows of the new one.
        rows: usize,
    },
    /// Rows of the index did not fit the files and were mended.
    IndexMended {
        /// Rows that were missing or older than their files.
        added: usize,
        /// Rows without a record.
        removed: usize,
    },
    /// A row differed from the files of its record and was mended.
    RowMended {
        /// Record id.
        record: Uuid,
    },
    /// A save had been interrupted after everything was durable: it was completed.
    SaveCompleted {
        /// Record id.
        record: Uuid,
    },
    /// A save had been interrupted before that: its parts were removed, the draft is still there.
    SaveUndone {
        /// Record id.
        record: Uuid,
    },
    /// Noting that a card left the counter had been interrupted: it was undone.
    CardUndone {
        /// Handover or row.
        handover: Uuid,
    },
    /// A change of a record's state had been interrupted: it was undone.
    StateUndone {
        /// Record id.
        record: Uuid,
    },
    /// A record's header cannot be read, so it has no row; its payload is left as it is.
    RecordUnreadable {
        /// Record id.
        record: Uuid,
    },
    /// The last audit line was torn by a crash and cut off.
    AuditMended {
        /// Bytes that were cut.
        bytes: u64,
    },
    /// The clock is behind the last audit line.
    ClockBack {
        /// The clock.
        now: DateTime<Utc>,
        /// Time of the last audit line.
        floor: DateTime<Utc>,
    },
    /// The vault is behind what this computer saw of it: an old copy was put back, or its audit was cut.
    PutBack {
        /// Number of the last audit line that is known.
        seq: u64,
        /// Last counter that is known.
        counter: u64,
    },
    /// This computer's witness cannot be read, so an old copy of the vault would not be noticed.
    WitnessUnread,
    /// The vault is retired: its records can be listed and carried, new ones are refused.
    Retired,
    /// What supervisors pinned cannot be read or is not signed by one of them.
    PinsUnfit,
    /// No step of an open session can be read here: it was kept by another station's vault, or is damaged.
    DraftForeign {
        /// Session id.
        session: Uuid,
    },
    /// A kept step cannot be read and must be done again.
    StepUnreadable {
        /// Session id.
        session: Uuid,
        /// Step's name.
        step: String,
    },
    /// The sync key does not fit this vault; another one is made at the next sign-in.
    SyncKeyUnfit,
    /// The centre's list is not to be trusted: nothing is sealed before a right one is installed.
    CentreListUnfit,
}

impl Note {
    /// Fluent message that says what happened, without details.
    #[must_use]
    pub const fn message_id(&self) -> &'static str {
        match self {
            Self::IndexRebuilt { .. } => "vault-note-index-rebuilt",
            Self::IndexMended { .. } => "vault-note-index-mended",
            Self::RowMended { .. } => "vault-note-row-mended",
            Self::SaveCompleted { .. } => "vault-note-save-completed",
            Self::SaveUndone { .. } => "vault-note-save-undone",
            Self::CardUndone { .. } => "vault-note-card-undone",
            Self::StateUndone { .. } => "vault-note-state-undone",
            Self::RecordUnreadable { .. } => "vault-note-record-unreadable",
            Self::AuditMended { .. } => "vault-note-audit-mended",
            Self::ClockBack { .. } => "vault-note-clock-back",
            Self::PutBack { .. } => "vault-note-put-back",
            Self::WitnessUnread => "vault-note-witness-unread",
            Self::PinsUnfit => "vault-note-pins-unfit",
            Self::Retired => "vault-note-retired",
            Self::DraftForeign { .. } => "vault-note-draft-foreign",
            Self::StepUnreadable { .. } => "vault-note-step-unreadable",
            Self::SyncKeyUnfit => "vault-note-sync-key-unfit",
            Self::CentreListUnfit => "vault-note-centre-list-unfit",
        }
    }
}

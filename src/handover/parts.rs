//! What a handover is made of.

use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use chrono::{DateTime, NaiveDate, Utc};
use record::grant::{Grant, GrantRequest};
use record::schema::{Environment, RecordState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::session::sample::{CardJudgement, CardSample, Media, SignatureSample};

macro_rules! ids {
    ($(#[$m:meta])* $name:ident { $($(#[$vm:meta])* $v:ident = $id:literal;)* }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vm])* #[serde(rename = $id)] $v),* }
        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$v),*];
            /// Stable name, used in audit lines and message ids.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => $id),* } }
        }
    };
}

ids! {
    /// The pages, in order.
    Page {
        /// Which record.
        Pick = "pick";
        /// The card itself.
        Card = "card";
        /// Who receives it.
        Receiver = "receiver";
        /// One chip finger.
        Finger = "finger";
        /// Signature and decision.
        Sign = "sign";
        /// It is written.
        Done = "done";
    }
}

ids! {
    /// Who receives the card.
    ReceiverKind {
        /// The person on the card.
        Own = "own";
        /// A member of the family on the same family card.
        Family = "family";
        /// Somebody with a written authority.
        Authorised = "authorised";
    }
}

ids! {
    /// What a supervisor's approval stands in for.
    Exempt {
        /// The age: the operator saw a document of the owner's marriage.
        Age = "age";
        /// The picture on the chip.
        Face = "face";
        /// The finger.
        Finger = "finger";
        /// The signature.
        Signature = "signature";
    }
}

ids! {
    /// Why a card goes back through the hierarchy.
    ReturnReason {
        /// No finger matched in all tries.
        FingerNoMatch = "finger-no-match";
        /// Another person's picture is on the chip.
        OtherFace = "other-face";
        /// The data printed on it are wrong.
        WrongData = "wrong-data";
        /// The chip does not answer or holds rubbish.
        DamagedChip = "damaged-chip";
    }
}

ids! {
    /// Why a card is spoiled.
    SpoilReason {
        /// Badly printed.
        PrintFault = "print-fault";
        /// Broken, bent or scratched.
        Broken = "broken";
    }
}

/// How a card leaves the counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// Handed over.
    Issue,
    /// Back through the hierarchy.
    Return(ReturnReason),
    /// Kept for destruction.
    Spoil(SpoilReason),
}

impl Leaving {
    /// Stable name: `issued`, `returned`, `spoiled`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Issue => "issued",
            Self::Return(_) => "returned",
            Self::Spoil(_) => "spoiled",
        }
    }
    /// Stable reason, where it was not handed over.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Issue => None,
            Self::Return(reason) => Some(reason.id()),
            Self::Spoil(reason) => Some(reason.id()),
        }
    }
}

/// What does not change during a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverContext {
    /// Training or production.
    pub environment: Environment,
    /// Station id.
    pub station: String,
    /// The signed-in operator's account.
    pub operator: Uuid,
    /// Seconds east of UTC of local time (WIB 25200).
    pub utc_offset_s: i32,
    /// From this age, in completed years, the card is handed over; married or ever married before
    /// (17: UU 23/2006 jo UU 24/2013 art. 63).
    pub card_from_age: u32,
}

/// A record whose card may be handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Record id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Last four digits of the NIK, empty where the extract has none.
    pub nik_tail: String,
    /// Birth date.
    pub birth: NaiveDate,
    /// State.
    pub state: RecordState,
    /// When it was recorded.
    pub created: DateTime<Utc>,
}

impl std::fmt::Debug for Candidate {
    // Personal data: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Candidate({}, {})", self.id, self.state)
    }
}

/// The picked record, as its local extract knows it.
#[derive(Clone, PartialEq)]
pub struct Person {
    /// Record id.
    pub id: Uuid,
    /// Id that the handover of this card gets.
    pub handover: Uuid,
    /// Name.
    pub name: String,
    /// Birth date.
    pub birth: NaiveDate,
    /// State.
    pub state: RecordState,
    /// Small portrait, JPEG.
    pub photo: Option<Media>,
    /// The chip fingers that can be compared.
    pub fingers: Vec<(FingerPosition, Template)>,
    /// Cards of this record that went back or were spoiled before.
    pub earlier: usize,
    /// Comparisons of fingers that failed today, before this visit.
    pub failed: u32,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({}, {}, {} fingers)", self.id, self.state, self.fingers.len())
    }
}

/// Who receives the card.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Receiver {
    /// Kind.
    pub kind: Option<ReceiverKind>,
    /// Name, where it is not the person on the card.
    pub name: String,
    /// Relation within the family.
    pub relation: String,
    /// The document that was seen: KK, identity card, letter of authority with its number.
    pub document: String,
}

impl std::fmt::Debug for Receiver {
    // Names: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receiver({:?})", self.kind)
    }
}

/// A finger that matched the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The recorded finger.
    pub position: FingerPosition,
    /// Matcher's score.
    pub score: u32,
    /// Score that was needed.
    pub threshold: u32,
    /// Name of the matcher.
    pub matcher: String,
}

/// A supervisor's approval, as it is asked for and given.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// What for.
    pub what: Exempt,
    /// The request, once it was made out.
    pub request: Option<GrantRequest>,
    /// It is being made out.
    pub asking: bool,
    /// It could not be made out: not before then again.
    pub again: Option<DateTime<Utc>>,
    /// The grant that met it.
    pub met: Option<Grant>,
    /// A supervisor said no.
    pub denied: bool,
}

impl Approval {
    pub(super) fn new(what: Exempt) -> Self {
        Self { what, request: None, asking: false, again: None, met: None, denied: false }
    }
    /// Reason in the request, e.g. `handover-finger`.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("handover-{}", self.what.id())
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCard {
    /// `issued`, `returned` or `spoiled`.
    pub outcome: String,
    /// Stable reason.
    pub reason: Option<String>,
    /// Number of the row in the ledger.
    pub row: u64,
    /// When.
    pub at: DateTime<Utc>,
}

impl SavedCard {
    /// True when the card was handed over.
    #[must_use]
    pub fn issued(&self) -> bool {
        self.outcome == Leaving::Issue.id()
    }
}

/// Everything that proves how a card left the counter; kept encrypted beside the ledger's row. Without the card's UID,
/// whose keyed hash the row has.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// `rekam-handover/1`.
    pub form: String,
    /// `issued`, `returned` or `spoiled`.
    pub outcome: String,
    /// Stable reason.
    pub reason: Option<String>,
    /// When it was begun and decided.
    pub begun: DateTime<Utc>,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// Station id.
    pub station: String,
    /// Operator's account.
    pub operator: Uuid,
    /// The NIK printed on the card is the record's.
    pub nik_fits: Option<bool>,
    /// The card as it was read.
    pub card: Option<CardSample>,
    /// Picture on the chip against the recorded one, by eye.
    pub face: Option<CardJudgement>,
    /// The document of marriage that was seen, where the owner is not of age yet.
    #[serde(default)]
    pub marriage: Option<String>,
    /// Who received it.
    pub receiver: Receiver,
    /// The family member's No. KK is the record's.
    pub kk_fits: Option<bool>,
    /// The finger that matched.
    pub matched: Option<Matched>,
    /// Comparisons that failed.
    pub failed_tries: u32,
    /// The receiver's signature.
    pub signature: Option<SignatureSample>,
    /// Supervisors' grants.
    pub grants: Vec<Grant>,
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proof({})", self.outcome)
    }
}

//! The words that records, scripts and screens share: step ids, environments, roles, states and reasons.
//! Finger codes and score ranges are those of [`biometrics::position`] and [`biometrics::quality`].

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$m:meta])* $name:ident { $($(#[$vm:meta])* $v:ident = $id:literal;)* }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vm])* #[serde(rename = $id)] $v),* }
        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$v),*];
            /// Stable name used in files, scripts and message ids.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => $id),* } }
            /// The value of a stable name.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> { Self::ALL.iter().copied().find(|v| v.id() == id) }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.id()) }
        }
    };
}

words! {
    /// The steps of a session, in the default order.
    StepId {
        /// Temperature and checklist of officer and applicant.
        Health = "health";
        /// NIK, No. KK, roster, "ever recorded before?".
        Identity = "identity";
        /// Is the case urgent under the policy?
        Urgency = "urgency";
        /// Supervisor's approval, where the policy asks for it.
        Approval = "approval";
        /// Biodata, read aloud and confirmed.
        Biodata = "biodata";
        /// Face photo, approved by the applicant.
        Photo = "photo";
        /// Signature for the card.
        Signature = "signature";
        /// Ten fingers, 4-4-2.
        Fingers = "fingers";
        /// Two irises.
        Irises = "irises";
        /// The two chip fingers again, 1:1 against the recorded ones.
        Verification = "verification";
        /// Review, statement read and signed.
        Statement = "statement";
        /// Sealing and durable save.
        Seal = "seal";
        /// Proof of recording, printed or kept.
        Proof = "proof";
    }
}

words! {
    /// The state of a step.
    StepState {
        /// Not begun.
        Empty = "empty";
        /// A device or a worker is at it.
        Busy = "busy";
        /// The person can fix it: see the reason.
        Retry = "retry";
        /// Finished, with its evidence.
        Done = "done";
        /// Finished by a declared exception.
        Excepted = "excepted";
        /// The station must act: see the fault.
        Failed = "failed";
    }
}

words! {
    /// What a vault, its keys and its records are for. Fixed when the vault is made.
    Environment {
        /// Exercises: simulated devices allowed, watermark on everything.
        Training = "training";
        /// Real recording.
        Production = "production";
    }
}

words! {
    /// What an officer may do.
    Role {
        /// Captures.
        Operator = "operator";
        /// Supporting officer: checks papers, second person.
        Supporting = "supporting";
        /// Approves exceptions and urgent cases.
        Supervisor = "supervisor";
        /// Reads the audit.
        Auditor = "auditor";
    }
}

words! {
    /// The state of a record, by the names that operators know.
    RecordState {
        /// Sealed and durable here, not yet sent.
        BioCaptured = "BIO_CAPTURED";
        /// Being uploaded.
        Processing = "PROCESSING";
        /// A verified receipt of the hub is here.
        SentForEnrollment = "SENT_FOR_ENROLLMENT";
        /// Arrived at the centre.
        ReceivedAtCentral = "RECEIVED_AT_CENTRAL";
        /// Biometrics incomplete or unreadable at the centre.
        EnrollFailureAtCentral = "ENROLL_FAILURE_AT_CENTRAL";
        /// The same, at the region.
        EnrollFailureAtRegional = "ENROLL_FAILURE_AT_REGIONAL";
        /// The 1:N search failed.
        SearchFailureAtCentral = "SEARCH_FAILURE_AT_CENTRAL";
        /// Waiting for 1:N.
        SentForDedup = "SENT_FOR_DEDUP";
        /// Similar prints: a person decides.
        AdjudicateRecord = "ADJUDICATE_RECORD";
        /// Sent back: data and picture disagree.
        RequestValidation = "REQUEST_VALIDATION";
        /// Another record has the same biometrics.
        DuplicateRecord = "DUPLICATE_RECORD";
        /// Unique, may be printed.
        PrintReadyRecord = "PRINT_READY_RECORD";
        /// Queued for print.
        SentForCardPrinting = "SENT_FOR_CARD_PRINTING";
        /// Printed.
        CardPrinted = "CARD_PRINTED";
        /// Handed over.
        CardIssued = "CARD_ISSUED";
    }
}

words! {
    /// How a session ended, or how it stands.
    Outcome {
        /// Sealed and durable.
        Sealed = "sealed";
        /// Waiting: second reading, approval.
        Parked = "parked";
        /// Not today, with reason and a way on.
        Refused = "refused";
        /// Not urgent: sent to another channel.
        Redirected = "redirected";
        /// Given up by the operator with a reason.
        Abandoned = "abandoned";
        /// Still going on.
        Open = "open";
    }
}

words! {
    /// Why a finger, an eye or a signature is not recorded.
    ExceptionReason {
        /// The finger or eye is not there.
        Missing = "missing";
        /// Bandaged or wounded.
        Bandaged = "bandaged";
        /// Deformed, cannot be laid on the glass.
        Deformed = "deformed";
        /// There, but the device cannot read it after the allowed tries.
        Unreadable = "unreadable";
        /// Cannot keep still or cannot co-operate.
        CannotCooperate = "cannot_cooperate";
        /// The station has no working device.
        NoDevice = "no_device";
    }
}

words! {
    /// Whether the reason stays.
    ExceptionTerm {
        /// For life.
        Permanent = "permanent";
        /// Heals or can be mended: the applicant is asked to come back unless a supervisor approves.
        Temporary = "temporary";
    }
}

words! {
    /// What a step may ask for before the record may be sealed.
    RequirementKind {
        /// A supervisor's signed approval.
        SupervisorApproval = "supervisor_approval";
        /// A second officer's confirmation.
        SecondPerson = "second_person";
        /// A document seen and noted.
        Evidence = "evidence";
        /// A picture of the evidence.
        EvidencePhoto = "evidence_photo";
    }
}

words! {
    /// What is missing or wrong in a record, so that the centre would refuse it.
    MissingCode {
        /// No face picture.
        Photo = "photo";
        /// No face record.
        FaceRecord = "face-record";
        /// Neither picture nor exception of a finger.
        Finger = "finger";
        /// No finger image record.
        FingerRecord = "finger-record";
        /// No finger minutiae record.
        FingerTemplate = "finger-template";
        /// Neither picture nor exception of an eye.
        Eye = "eye";
        /// No iris record.
        IrisRecord = "iris-record";
        /// An ISO record that does not hold a recorded finger or eye.
        RecordPosition = "record-position";
        /// No card signature, and no reason why.
        CardSignature = "card-signature";
        /// No statement text.
        StatementText = "statement-text";
        /// No signature under the statement, and no reason why.
        StatementSignature = "statement-signature";
        /// Two fingers were not verified, and no approval says why.
        Verification = "verification";
        /// No biodata.
        Biodata = "biodata";
        /// No NIK of 16 digits.
        Nik = "nik";
        /// No name.
        Name = "name";
        /// No birth date.
        BirthDate = "birth-date";
        /// No sex as the card prints it.
        Sex = "sex";
        /// No health facts of officer or applicant.
        Health = "health";
        /// No policy decision.
        Policy = "policy";
        /// No list of events.
        Events = "events";
        /// No CBEFF BIR.
        Bir = "bir";
        /// A requirement that is not met.
        Requirement = "requirement";
        /// A grant that does not hold.
        Grant = "grant";
        /// A grant about another person.
        GrantPerson = "grant-person";
        /// Exceptions without a photo of them.
        ExceptionPhoto = "exception-photo";
        /// Exceptions without reasons.
        ExceptionList = "exception-list";
        /// An exception of something that is no finger and no eye, or given twice.
        ExceptionUnknown = "exception-unknown";
        /// An exception of something that is recorded all the same.
        ExceptionContradicts = "exception-contradicts";
        /// Nothing says which device captured it.
        CaptureNote = "capture-note";
        /// A capture names an entry that is not there.
        CaptureEntry = "capture-entry";
        /// An entry that records do not have.
        UnknownEntry = "unknown-entry";
        /// Two entries of one name.
        DuplicateEntry = "duplicate-entry";
        /// An entry whose media type is not that of its name.
        MediaType = "media-type";
        /// An entry whose bytes are not what its media type says.
        Unreadable = "unreadable";
    }
}

/// The code that people say aloud, e.g. `C0FF-EE42`: the last eight hex digits of the id. The first ones of a UUIDv7 are its time
/// (RFC 9562, 5.7) and the same for all records of a minute.
#[must_use]
pub fn short_code(id: uuid::Uuid) -> String {
    let hex = id.simple().to_string().to_uppercase();
    let tail = hex.get(24..).unwrap_or_default();
    format!("{}-{}", tail.get(..4).unwrap_or_default(), tail.get(4..).unwrap_or_default())
}

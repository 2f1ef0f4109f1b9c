//! The completeness check: what the centre would refuse (ENROLL_FAILURE_AT_CENTRAL, biometrics incomplete or
//! unreadable) is found before sealing, while the applicant still sits there. Hub and centre can run the same
//! check on an opened record.

use std::fmt;

use biometrics::position::{Eye, FingerPosition};
use chrono::NaiveDate;
use serde_json::Value;
use uuid::Uuid;

use crate::canonical::is_hex;
use crate::draft::{CaptureNote, Draft, Entry, OfficerNote, PolicyNote, RequirementNote};
use crate::entries;
use crate::grant::{Grant, GrantError};
use crate::manifest::Manifest;
pub use crate::schema::MissingCode;
use crate::schema::{RequirementKind, Role, StepId};
use crate::sniff::{self, Iso};

/// Fingers that have to be verified 1:1.
pub const VERIFIED_FINGERS: usize = 2;
/// `jenis_kelamin` as the card prints it.
pub const SEXES: [&str; 2] = ["LAKI-LAKI", "PEREMPUAN"];

/// One thing that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Stable code.
    pub code: MissingCode,
    /// Which one, e.g. `right_index`, `fingers/fingers.fir`, `applicant`; may be empty. Never personal data.
    pub subject: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subject.is_empty() {
            write!(f, "{}", self.code)
        } else {
            write!(f, "{}:{}", self.code, self.subject)
        }
    }
}

/// The parts of a draft or of an opened record that are checked.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The files.
    pub entries: &'a [Entry],
    /// Officers.
    pub officers: &'a [OfficerNote],
    /// Captures.
    pub captures: &'a [CaptureNote],
    /// Policy decision.
    pub policy: &'a PolicyNote,
    /// Requirements.
    pub requirements: &'a [RequirementNote],
    /// Grants.
    pub grants: &'a [Grant],
    /// Exceptions.
    pub exceptions: &'a [String],
    /// Station id.
    pub station: &'a str,
}

impl<'a> Parts<'a> {
    /// The parts of a draft.
    #[must_use]
    pub fn of_draft(draft: &'a Draft) -> Self {
        Self {
            entries: &draft.entries,
            officers: &draft.officers,
            captures: &draft.captures,
            policy: &draft.policy,
            requirements: &draft.requirements,
            grants: &draft.grants,
            exceptions: &draft.exceptions,
            station: &draft.station,
        }
    }

    /// The parts of an opened record.
    #[must_use]
    pub fn of_opened(manifest: &'a Manifest, entries: &'a [Entry]) -> Self {
        Self {
            entries,
            officers: &manifest.officers,
            captures: &manifest.captures,
            policy: &manifest.policy,
            requirements: &manifest.requirements,
            grants: &manifest.grants,
            exceptions: &manifest.exceptions,
            station: &manifest.station,
        }
    }

    fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.entries.iter().find(|e| e.name == name).map(|e| &*e.bytes)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_slice(self.get(name)?).ok()
    }
}

/// What is missing in a draft; empty when it may be sealed. In the order of the steps.
#[must_use]
pub fn missing(draft: &Draft) -> Vec<Missing> {
    missing_in(&Parts::of_draft(draft))
}

/// What is missing in a draft or an opened record.
#[must_use]
pub fn missing_in(parts: &Parts<'_>) -> Vec<Missing> {
    let mut list = List(Vec::new());
    entries_readable(parts, &mut list);
    health_and_policy(parts, &mut list);
    biodata(parts, &mut list);
    face(parts, &mut list);
    exceptions(parts, &mut list);
    fingers(parts, &mut list);
    irises(parts, &mut list);
    verification(parts, &mut list);
    signatures(parts, &mut list);
    captures(parts, &mut list);
    requirements(parts, &mut list);
    list.0
}

struct List(Vec<Missing>);

impl List {
    fn need(&mut self, there: bool, code: MissingCode, subject: &str) {
        if !there {
            self.0.push(Missing { code, subject: subject.to_owned() });
        }
    }
}

fn entries_readable(parts: &Parts<'_>, list: &mut List) {
    for (i, entry) in parts.entries.iter().enumerate() {
        let Some(media_type) = entries::media_type(&entry.name) else {
            // Not the name itself: nobody knows what is in it.
            list.need(false, MissingCode::UnknownEntry, &format!("#{i}"));
            continue;
        };
        let twice = parts.entries[..i].iter().any(|e| e.name == entry.name);
        list.need(!twice, MissingCode::DuplicateEntry, &entry.name);
        list.need(entry.media_type == media_type, MissingCode::MediaType, &entry.name);
        list.need(sniff::matches(media_type, &entry.bytes), MissingCode::Unreadable, &entry.name);
    }
}

fn health_and_policy(parts: &Parts<'_>, list: &mut List) {
    let health = parts.json(entries::HEALTH).unwrap_or(Value::Null);
    for person in ["officer", "applicant"] {
        // Which facts a policy asks for is the gate's matter; here: that some were taken of both people.
        let facts = &health[person];
        let some = facts["readings"].as_array().is_some_and(|a| !a.is_empty())
            || facts["affirmed"].as_array().is_some_and(|a| !a.is_empty())
            || facts["door_ticket"].as_str().is_some_and(|t| !t.is_empty());
        list.need(some, MissingCode::Health, person);
    }
    let policy = parts.policy;
    let decided = !policy.id.is_empty()
        && !policy.version.is_empty()
        && is_hex(&policy.digest, 32)
        && !policy.rules.is_empty();
    list.need(decided && parts.has(entries::POLICY), MissingCode::Policy, "");
    list.need(parts.has(entries::EVENTS), MissingCode::Events, "");
    list.need(parts.has(entries::BIOMETRICS), MissingCode::Bir, "");
}

fn nik(parts: &Parts<'_>) -> Option<String> {
    let biodata = parts.json(entries::BIODATA)?;
    let nik = biodata["nik"].as_str()?;
    (nik.len() == 16 && nik.bytes().all(|b| b.is_ascii_digit())).then(|| nik.to_owned())
}

fn biodata(parts: &Parts<'_>, list: &mut List) {
    let Some(biodata) = parts.json(entries::BIODATA) else {
        list.need(false, MissingCode::Biodata, "");
        return;
    };
    let text = |name: &str| biodata[name].as_str().unwrap_or_default();
    list.need(nik(parts).is_some(), MissingCode::Nik, "");
    list.need(!text("nama").trim().is_empty(), MissingCode::Name, "");
    list.need(text("tanggal_lahir").parse::<NaiveDate>().is_ok(), MissingCode::BirthDate, "");
    list.need(SEXES.contains(&text("jenis_kelamin")), MissingCode::Sex, "");
}

fn face(parts: &Parts<'_>, list: &mut List) {
    list.need(parts.has(entries::FACE_JPEG) || parts.has(entries::FACE_JP2), MissingCode::Photo, "");
    list.need(parts.has(entries::FACE_FAC), MissingCode::FaceRecord, "");
}

fn excepted(parts: &Parts<'_>, kind: &str, id: &str) -> bool {
    parts.exceptions.iter().any(|e| e.split_once(':') == Some((kind, id)))
}

fn exceptions(parts: &Parts<'_>, list: &mut List) {
    for (i, exception) in parts.exceptions.iter().enumerate() {
        let known = match exception.split_once(':') {
            Some(("finger", id)) => FingerPosition::from_id(id).is_some(),
            Some(("eye", id)) => Eye::from_id(id).is_some(),
            _ => false,
        };
        let twice = parts.exceptions[..i].contains(exception);
        list.need(known && !twice, MissingCode::ExceptionUnknown, &format!("#{i}"));
    }
    if !parts.exceptions.is_empty() {
        let photo = (1..=entries::MAX_NUMBERED).any(|n| parts.has(&entries::exception_photo(n)));
        list.need(photo, MissingCode::ExceptionPhoto, "");
        list.need(parts.has(entries::EXCEPTIONS), MissingCode::ExceptionList, "");
    }
}

fn recorded_fingers(parts: &Parts<'_>) -> Vec<FingerPosition> {
    FingerPosition::ALL.iter().copied().filter(|p| parts.has(&entries::finger(*p))).collect()
}

fn fingers(parts: &Parts<'_>, list: &mut List) {
    let recorded = recorded_fingers(parts);
    for position in FingerPosition::ALL {
        let (there, not) = (recorded.contains(position), excepted(parts, "finger", position.id()));
        list.need(there || not, MissingCode::Finger, position.id());
        list.need(!(there && not), MissingCode::ExceptionContradicts, position.id());
    }
    if recorded.is_empty() {
        return;
    }
    for (name, iso, code) in [
        (entries::FINGERS_FIR, Iso::Finger, MissingCode::FingerRecord),
        (entries::FINGERS_FMR, Iso::Minutiae, MissingCode::FingerTemplate),
    ] {
        let Some(bytes) = parts.get(name) else {
            list.need(false, code, "");
            continue;
        };
        // Bytes that are no such record were reported already.
        let Some(positions) = iso.positions(bytes) else { continue };
        for finger in &recorded {
            // An image record may hold the whole slap instead of the finger cut from it.
            let slap = iso == Iso::Finger && positions.contains(&finger.slap().code());
            let held = slap || positions.contains(&finger.code());
            list.need(held, MissingCode::RecordPosition, &format!("{name}:{}", finger.id()));
        }
    }
}

fn irises(parts: &Parts<'_>, list: &mut List) {
    let mut recorded = Vec::new();
    for eye in Eye::ALL {
        let (there, not) = (parts.has(&entries::iris(*eye)), excepted(parts, "eye", eye.id()));
        list.need(there || not, MissingCode::Eye, eye.id());
        list.need(!(there && not), MissingCode::ExceptionContradicts, eye.id());
        if there {
            recorded.push(*eye);
        }
    }
    if recorded.is_empty() {
        return;
    }
    let Some(bytes) = parts.get(entries::IRISES_IIR) else {
        list.need(false, MissingCode::IrisRecord, "");
        return;
    };
    let Some(positions) = Iso::Iris.positions(bytes) else { return };
    for eye in recorded {
        let subject = format!("{}:{}", entries::IRISES_IIR, eye.id());
        list.need(positions.contains(&eye.code()), MissingCode::RecordPosition, &subject);
    }
}

/// `verification.json` says `{"fingers": [{"finger": "<id>", "matched": true, …}, …], …}`. A finger counts when it
/// matched, its picture is there and it is one of the recorded fingers.
fn verification(parts: &Parts<'_>, list: &mut List) {
    let results = parts.json(entries::VERIFICATION).unwrap_or(Value::Null);
    let matched = |position: &FingerPosition| {
        results["fingers"].as_array().is_some_and(|all| {
            all.iter()
                .any(|r| r["finger"].as_str() == Some(position.id()) && r["matched"] == Value::Bool(true))
        })
    };
    let verified = recorded_fingers(parts)
        .iter()
        .filter(|p| matched(p) && parts.has(&entries::verification(**p)))
        .count();
    let approved = parts.requirements.iter().any(|r| {
        r.step == StepId::Verification && r.kind == RequirementKind::SupervisorApproval && is_met(parts, r)
    });
    list.need(verified >= VERIFIED_FINGERS || approved, MissingCode::Verification, "");
}

fn signatures(parts: &Parts<'_>, list: &mut List) {
    let cannot = parts.has(entries::CANNOT_SIGN);
    let both = |strokes, png| parts.has(strokes) && parts.has(png);
    let card = both(entries::CARD_STROKES, entries::CARD_PNG);
    list.need(card || cannot, MissingCode::CardSignature, "");
    list.need(parts.has(entries::STATEMENT_TEXT), MissingCode::StatementText, "");
    let statement = both(entries::STATEMENT_STROKES, entries::STATEMENT_PNG);
    list.need(statement || cannot, MissingCode::StatementSignature, "");
}

fn captures(parts: &Parts<'_>, list: &mut List) {
    let noted = |step| parts.captures.iter().any(|c| c.step == step);
    let eyes = Eye::ALL.iter().any(|e| parts.has(&entries::iris(*e)));
    for (recorded, step) in [
        (true, StepId::Photo),
        (!recorded_fingers(parts).is_empty(), StepId::Fingers),
        (eyes, StepId::Irises),
        (parts.has(entries::CARD_STROKES), StepId::Signature),
    ] {
        list.need(!recorded || noted(step), MissingCode::CaptureNote, step.id());
    }
    for (i, capture) in parts.captures.iter().enumerate() {
        let there = capture.entry.as_deref().is_none_or(|name| parts.has(name));
        list.need(there, MissingCode::CaptureEntry, &format!("#{i}"));
    }
}

/// The approved grant that meets a requirement, where a grant does.
fn grant_of<'a>(parts: &Parts<'a>, requirement: &RequirementNote) -> Option<&'a Grant> {
    let nonce = requirement.met_by.parse::<Uuid>().ok()?;
    parts.grants.iter().find(|g| {
        g.request.nonce == nonce
            && g.approved
            && g.request.kind == requirement.kind
            && g.request.step == requirement.step
            && g.request.reason == requirement.reason
    })
}

fn is_met(parts: &Parts<'_>, requirement: &RequirementNote) -> bool {
    match requirement.kind {
        RequirementKind::SupervisorApproval => grant_of(parts, requirement).is_some(),
        RequirementKind::SecondPerson => {
            let officer = requirement.met_by.parse::<Uuid>().is_ok_and(|id| {
                // The one who asks is not the second person.
                parts.officers.iter().any(|o| o.id == id)
                    && !parts.officers.iter().any(|o| o.id == id && o.role == Role::Operator)
            });
            officer || grant_of(parts, requirement).is_some()
        }
        RequirementKind::Evidence => !requirement.met_by.trim().is_empty(),
        RequirementKind::EvidencePhoto => parts.has(&requirement.met_by),
    }
}

fn requirements(parts: &Parts<'_>, list: &mut List) {
    for requirement in parts.requirements {
        let subject = format!("{}:{}", requirement.step, requirement.kind);
        list.need(is_met(parts, requirement), MissingCode::Requirement, &subject);
    }
    let nik = nik(parts).unwrap_or_default();
    for (i, grant) in parts.grants.iter().enumerate() {
        let holds = check_grant(grant, parts.officers, parts.requirements, parts.station).is_ok();
        list.need(holds, MissingCode::Grant, &format!("#{i}"));
        list.need(grant.binds(&nik), MissingCode::GrantPerson, &format!("#{i}"));
    }
}

/// Checks a grant of a record from the record alone: asked by one of its operators, answered by none of them,
/// signature, form and dates at the moment when it met its requirement (without one: when it was signed).
///
/// # Errors
/// [`GrantError`].
pub fn check_grant(
    grant: &Grant,
    officers: &[OfficerNote],
    requirements: &[RequirementNote],
    station: &str,
) -> Result<(), GrantError> {
    let is_operator = |id: Uuid| officers.iter().any(|o| o.id == id && o.role == Role::Operator);
    if !is_operator(grant.request.operator) {
        return Err(GrantError::OtherOperator);
    }
    // Nor one who took the session over: the four eyes are those of two people, and two keys.
    let operators_key =
        officers.iter().any(|o| o.role == Role::Operator && o.public_key == grant.supervisor_key);
    if is_operator(grant.supervisor) || operators_key {
        return Err(GrantError::SelfApproval);
    }
    if grant.request.station != station {
        return Err(GrantError::Member { member: "station" });
    }
    let nonce = grant.request.nonce.to_string();
    let at = requirements.iter().find(|r| r.met_by == nonce).map_or(grant.signed, |r| r.met);
    grant.verify(at, grant.request.operator)
}

#[cfg(test)]
#[path = "complete_tests.rs"]
mod tests;

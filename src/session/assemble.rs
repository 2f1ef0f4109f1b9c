//! From a finished session to the draft of its record: every entry, the ISO records, the BIR, the notes.
//! Pure, but not quick (about a megabyte is written): the runtime calls it on a worker.

use std::sync::Arc;

use biometrics::iso::IsoError;
use biometrics::iso::incits378::IncitsRecord;
use biometrics::signature_bitmap::chip_bitmap;
use chrono::{DateTime, Utc};
use record::archive;
use record::complete;
use record::draft::{CaptureNote, Draft, Entry, OfficerNote, PolicyNote, RequirementNote};
use record::entries;
use record::schema::{MissingCode, RequirementKind, Role, StepId};
use serde_json::json;
use uuid::Uuid;

use super::Session;
use super::event::{Subject, Target};
use super::sample::{DeviceStamp, Media};
use crate::steps::verification::{chip_fingers, is_verified};

mod quality;
mod standard;

/// Why the record cannot be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// A standard record could not be written.
    #[error("SES-10 a standard record cannot be written: {0}")]
    Iso(#[from] IsoError),
    /// JSON could not be written.
    #[error("SES-11 an entry cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A size does not fit the standard's field.
    #[error("SES-12 {0} is too large for its standard record")]
    TooLarge(&'static str),
    /// The completeness check would refuse it.
    #[error("SES-14 the record would be refused: {0}")]
    Refused(String),
    /// A step is not finished.
    #[error("SES-13 step {0} is not finished")]
    Unfinished(StepId),
}

/// Officers besides the operator who took part: account and public key, from the grants.
fn officers(s: &Session) -> Vec<OfficerNote> {
    let mut out = vec![OfficerNote {
        id: s.ctx.operator,
        role: Role::Operator,
        public_key: s.ctx.operator_key.clone(),
    }];
    for g in &s.core.grants {
        let role = if g.request.kind == RequirementKind::SupervisorApproval {
            Role::Supervisor
        } else {
            Role::Supporting
        };
        if !out.iter().any(|o| o.id == g.supervisor && o.role == role) {
            out.push(OfficerNote { id: g.supervisor, role, public_key: g.supervisor_key.clone() });
        }
    }
    out
}

struct Entries(Vec<Entry>);

impl Entries {
    fn bytes(&mut self, name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) {
        let name = name.into();
        let media_type = entries::media_type(&name).unwrap_or("application/octet-stream").to_owned();
        self.0.push(Entry { name, media_type, bytes: bytes.into() });
    }
    /// An entry that says again what another one holds: where its format has no room for it (a pause of over a
    /// minute within a signature), the record goes without it rather than not at all.
    fn optional(&mut self, name: &str, bytes: Result<Vec<u8>, AssembleError>) {
        if let Ok(bytes) = bytes {
            self.bytes(name, bytes);
        }
    }
    fn media(&mut self, name: impl Into<String>, media: &Media) {
        self.bytes(name, media.bytes.clone());
    }
    fn json(&mut self, name: &str, value: &impl serde::Serialize) -> Result<(), AssembleError> {
        self.bytes(name, serde_json::to_vec_pretty(value)?);
        Ok(())
    }
}

/// The draft of a session whose steps up to the statement are finished.
///
/// `tracking_token` is random and comes from outside; `now` becomes the record's time.
///
/// # Errors
/// [`AssembleError`]; nothing is lost, the session stays as it is.
pub fn draft(s: &Session, tracking_token: [u8; 16], now: DateTime<Utc>) -> Result<Draft, AssembleError> {
    for id in s.ctx.policy.step_order.iter().take_while(|id| **id != StepId::Seal) {
        if !crate::steps::finished(s, *id) {
            return Err(AssembleError::Unfinished(*id));
        }
    }
    partial(s, tracking_token, now)
}

/// Puts together in trial what there is of a session, and checks what `step` has finished by the rules that the seal
/// goes by: an impossible value is told at its step, while the applicant is still there.
///
/// # Errors
/// [`AssembleError`].
pub fn trial(s: &Session, step: StepId, now: DateTime<Utc>) -> Result<(), AssembleError> {
    let draft = partial(s, [0; 16], now)?;
    let total: usize = draft.entries.iter().map(|e| e.bytes.len()).sum();
    let largest = draft.entries.iter().map(|e| e.bytes.len()).max().unwrap_or(0);
    if total > archive::MAX_TOTAL_BYTES || largest > archive::MAX_ENTRY_BYTES {
        return Err(AssembleError::TooLarge("the record"));
    }
    if draft.entries.len() + SEAL_ENTRIES > archive::MAX_ENTRIES {
        return Err(AssembleError::TooLarge("the number of entries"));
    }
    let refused = complete::missing(&draft).into_iter().find(|m| is_of(m.code, step));
    refused.map_or(Ok(()), |m| Err(AssembleError::Refused(m.to_string())))
}

/// Entries that the seal adds: the manifest and its two signatures.
const SEAL_ENTRIES: usize = 3;

/// True when a step that is finished can no longer have this missing. What is of no step is wrong at every one.
fn is_of(code: MissingCode, step: StepId) -> bool {
    use MissingCode as M;
    match code {
        M::UnknownEntry | M::DuplicateEntry | M::MediaType | M::Unreadable => true,
        M::RecordPosition | M::ExceptionUnknown | M::ExceptionContradicts => {
            matches!(step, StepId::Fingers | StepId::Irises)
        }
        M::Nik | M::Name | M::BirthDate | M::Sex | M::Biodata => step == StepId::Biodata,
        M::Health => step == StepId::Health,
        M::Photo | M::FaceRecord => step == StepId::Photo,
        M::Finger | M::FingerRecord | M::FingerTemplate => step == StepId::Fingers,
        M::Eye | M::IrisRecord => step == StepId::Irises,
        M::CardSignature => step == StepId::Signature,
        M::StatementText | M::StatementSignature => step == StepId::Statement,
        // Approvals may still be on their way; the rest is there from the beginning.
        _ => false,
    }
}

fn partial(s: &Session, tracking_token: [u8; 16], now: DateTime<Utc>) -> Result<Draft, AssembleError> {
    let mut out = Entries(Vec::new());
    people(s, &mut out)?;
    biometrics(s, &mut out)?;
    signatures(s, &mut out)?;
    pictures(s, &mut out)?;
    let decision = s.data.urgency.decision.as_ref();
    let rules = s.data.health.decision.iter().chain(decision).flat_map(|d| d.rules.clone()).collect();
    let facts = json!({
        "venue": s.data.health.venue,
        "class": s.data.urgency.class,
        "evidence_seen": s.data.urgency.evidence_seen,
        "print_not_before": decision.and_then(|d| d.print_not_before),
        "approvals": decision.map(|d| &d.approvals),
    });
    let policy = PolicyNote {
        id: s.ctx.policy.id.clone(),
        version: s.ctx.policy.version.to_string(),
        digest: s.ctx.policy.digest.clone(),
        rules,
        facts,
    };
    out.json(
        entries::POLICY,
        &json!({ "policy": policy, "health": s.data.health.decision, "case": decision }),
    )?;
    Ok(Draft {
        id: s.core.id,
        environment: s.ctx.environment,
        station: s.ctx.station.clone(),
        created: now,
        officers: officers(s),
        captures: captures(s),
        policy,
        requirements: requirements(s),
        grants: used_grants(s),
        exceptions: exceptions(s),
        identical_sample: s.core.identical_sample,
        tracking_token,
        entries: out.0,
    })
}

/// Denials stay in the log and the audit; the record carries the grants that let it through.
fn used_grants(s: &Session) -> Vec<record::grant::Grant> {
    s.core
        .grants
        .iter()
        .filter(|g| {
            g.approved && s.core.requirements.iter().any(|r| met_by(r) == g.request.nonce.to_string())
        })
        .cloned()
        .collect()
}

fn met_by(r: &super::core::Requirement) -> String {
    r.met.as_ref().map(|(by, _)| by.clone()).unwrap_or_default()
}

fn requirements(s: &Session) -> Vec<RequirementNote> {
    s.core
        .requirements
        .iter()
        .filter_map(|r| {
            let (by, when) = r.met.clone()?;
            Some(RequirementNote {
                kind: r.kind,
                step: r.step,
                reason: r.reason.clone(),
                met_by: by,
                met: when,
            })
        })
        .collect()
}

fn exceptions(s: &Session) -> Vec<String> {
    let fingers = s.data.fingers.exceptions.keys().map(|f| Subject::Finger(*f).id());
    fingers.chain(s.data.irises.exceptions.keys().map(|e| Subject::Eye(*e).id())).collect()
}

fn people(s: &Session, out: &mut Entries) -> Result<(), AssembleError> {
    out.json(entries::BIODATA, &s.data.biodata.values)?;
    // Health facts have an entry of their own: they live shorter than the rest.
    out.json(entries::HEALTH, &s.data.health.facts(s.ctx.utc_offset_s))?;
    let corrections = s.data.biodata.corrections();
    if !corrections.is_empty() || !s.data.identity.answers.is_empty() {
        out.json(
            entries::CORRECTIONS,
            &json!({ "corrections": corrections, "warnings_answered": s.data.identity.answers }),
        )?;
    }
    if let Some(card) = &s.data.identity.card {
        let sample = &card.sample;
        let judged = card.judged.map(super::sample::CardJudgement::id);
        out.json(
            entries::CARD,
            &json!({
                "claimed": s.data.identity.card_claimed, "is_ktp": sample.is_ktp, "card_type": sample.card_type,
                "uid_hmac": sample.uid_hmac, "salt": sample.salt, "judgement": judged,
            }),
        )?;
        if let Some(photo) = &sample.photo {
            out.media(entries::CARD_PHOTO, photo);
        }
    }
    let mut lines = Vec::new();
    for line in &s.core.log {
        serde_json::to_writer(&mut lines, line)?;
        lines.push(b'\n');
    }
    out.bytes(entries::EVENTS, lines);
    if !s.data.statement.text.is_empty() {
        out.bytes(entries::STATEMENT_TEXT, s.data.statement.text.clone().into_bytes());
    }
    Ok(())
}

fn biometrics(s: &Session, out: &mut Entries) -> Result<(), AssembleError> {
    if let Some(photo) = &s.data.photo.sample {
        out.media(entries::FACE_JPEG, crate::steps::photo::card(s).unwrap_or(&photo.jpeg));
        if let Some(jp2) = &photo.jp2 {
            out.media(entries::FACE_JP2, jp2);
        }
        out.json(entries::FACE_FACTS, &crate::steps::photo::facts(s))?;
    }
    for (position, finger) in &s.data.fingers.samples {
        out.media(entries::finger(*position), &finger.jp2);
    }
    for (eye, iris) in &s.data.irises.samples {
        out.media(entries::iris(*eye), &iris.jp2);
    }
    let records = standard::Records::of(s)?;
    if let Some(fac) = &records.face {
        out.bytes(entries::FACE_FAC, fac.clone());
    }
    if let Some((fir, fmr)) = &records.fingers {
        out.bytes(entries::FINGERS_FIR, fir.clone());
        out.bytes(entries::FINGERS_FMR, fmr.clone());
    }
    if let Some(iir) = &records.irises {
        out.bytes(entries::IRISES_IIR, iir.clone());
    }
    // A session that has captured nothing yet (in trial) has no blocks to put in.
    if records.face.is_some() || records.fingers.is_some() || records.irises.is_some() {
        out.bytes(entries::BIOMETRICS, records.bir(s)?);
    }
    out.json(entries::QUALITY, &quality::lines(s))?;
    for f in chip_fingers(s) {
        if let Some(finger) = s.data.fingers.samples.get(&f) {
            let score = finger.quality.score.unwrap_or(0);
            let template = IncitsRecord::for_chip(&finger.template, Some(f), score).write();
            out.optional(&entries::chip_finger(f), template.map_err(AssembleError::from));
        }
    }
    verification(s, out)
}

fn verification(s: &Session, out: &mut Entries) -> Result<(), AssembleError> {
    let mut fingers = Vec::new();
    for f in chip_fingers(s) {
        let Some(v) = s.data.verification.verified.get(&f) else { continue };
        out.media(entries::verification(f), &v.sample.jp2);
        fingers.push(json!({
            "finger": f.id(),
            "matched": is_verified(s, f),
            "score": v.score,
            "threshold": v.threshold,
            "matcher": v.sample.matcher,
            "identical_sample": v.identical,
        }));
    }
    let d = &s.data.verification;
    let failed: serde_json::Map<String, serde_json::Value> =
        d.failed.iter().map(|(f, n)| (f.id().to_owned(), json!(n))).collect();
    out.json(
        entries::VERIFICATION,
        &json!({ "fingers": fingers, "failed_tries": failed, "excepted": d.excepted }),
    )
}

fn signatures(s: &Session, out: &mut Entries) -> Result<(), AssembleError> {
    let (card, statement) = (&s.data.signature, &s.data.statement);
    if let Some(sample) = &card.sample {
        out.json(entries::CARD_STROKES, &sample.strokes)?;
        out.optional(entries::CARD_SDI, standard::signature(sample));
        out.bytes(entries::CHIP_SIGNATURE, chip_bitmap(&sample.strokes).as_bytes().to_vec());
        out.media(entries::CARD_PNG, &sample.png);
    }
    if let Some(sample) = &statement.sample {
        out.json(entries::STATEMENT_STROKES, &sample.strokes)?;
        out.optional(entries::STATEMENT_SDI, standard::signature(sample));
        out.media(entries::STATEMENT_PNG, &sample.png);
    }
    if card.cannot_sign.is_some() || statement.cannot_sign.is_some() {
        out.json(
            entries::CANNOT_SIGN,
            &json!({ "card": card.cannot_sign, "statement": statement.cannot_sign }),
        )?;
    }
    Ok(())
}

fn pictures(s: &Session, out: &mut Entries) -> Result<(), AssembleError> {
    for (n, photo) in (1..).zip(&s.data.urgency.photos) {
        out.media(entries::evidence(n), &photo.jpeg);
    }
    for (n, photo) in (1..).zip(&s.data.fingers.exception_photos) {
        out.media(entries::exception_photo(n), &photo.jpeg);
    }
    if !s.data.fingers.exceptions.is_empty() || !s.data.irises.exceptions.is_empty() {
        let fingers = s.data.fingers.exceptions.iter().map(|(f, e)| (Subject::Finger(*f).id(), e));
        let eyes = s.data.irises.exceptions.iter().map(|(e, x)| (Subject::Eye(*e).id(), x));
        let list: Vec<serde_json::Value> = fingers
            .chain(eyes)
            .map(|(subject, e)| json!({ "subject": subject, "reason": e.reason, "term": e.term }))
            .collect();
        out.json(entries::EXCEPTIONS, &list)?;
    }
    Ok(())
}

struct Notes<'a> {
    s: &'a Session,
    out: Vec<CaptureNote>,
}

impl Notes<'_> {
    fn add(
        &mut self,
        target: Target,
        subject: &str,
        entry: Option<String>,
        device: &DeviceStamp,
        quality: Option<&biometrics::quality::Quality>,
    ) {
        self.out.push(CaptureNote {
            step: target.step(),
            subject: subject.to_owned(),
            entry,
            driver: device.driver.clone(),
            model: device.model.clone(),
            serial: device.serial.clone(),
            captured: device.at,
            score: quality.and_then(|q| q.score),
            algorithm: quality.map(|q| q.algorithm.clone()),
            attempts: self.s.core.attempts_of(target).max(1),
        });
    }
}

fn captures(s: &Session) -> Vec<CaptureNote> {
    let mut notes = Notes { s, out: Vec::new() };
    if let Some(p) = &s.data.photo.sample {
        notes.add(Target::Face, "face", Some(entries::FACE_JPEG.into()), &p.device, Some(&p.quality));
    }
    if let Some(card) = &s.data.identity.card {
        notes.add(Target::Card, "card", Some(entries::CARD.into()), &card.sample.device, None);
    }
    for (target, name, sample) in [
        (Target::CardSignature, entries::CARD_PNG, &s.data.signature.sample),
        (Target::StatementSignature, entries::STATEMENT_PNG, &s.data.statement.sample),
    ] {
        if let Some(sample) = sample {
            notes.add(target, &target.id(), Some(name.into()), &sample.device, Some(&sample.quality));
        }
    }
    for (f, x) in &s.data.fingers.samples {
        notes.add(Target::Slap(f.slap()), f.id(), Some(entries::finger(*f)), &x.device, Some(&x.quality));
    }
    for (e, x) in &s.data.irises.samples {
        notes.add(Target::Irises, e.id(), Some(entries::iris(*e)), &x.device, Some(&x.quality));
    }
    for f in chip_fingers(s) {
        if let Some(v) = s.data.verification.verified.get(&f) {
            let target = Target::Verify(f);
            notes.add(
                target,
                &target.id(),
                Some(entries::verification(f)),
                &v.sample.device,
                Some(&v.sample.quality),
            );
        }
    }
    for (n, p) in (1..).zip(&s.data.urgency.photos) {
        notes.add(Target::EvidencePhoto, "evidence", Some(entries::evidence(n)), &p.device, Some(&p.quality));
    }
    for (n, p) in (1..).zip(&s.data.fingers.exception_photos) {
        notes.add(
            Target::ExceptionPhoto,
            "exceptions",
            Some(entries::exception_photo(n)),
            &p.device,
            Some(&p.quality),
        );
    }
    notes.out
}

/// Ids that are stable for one record: the BIR's blocks are named by record and part.
fn block_id(record: Uuid, part: u8) -> Uuid {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    hash.update(record.as_bytes());
    hash.update([part]);
    let digest = hash.finalize();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Version 8 (RFC 9562): made by our own rule.
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

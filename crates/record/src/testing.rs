//! Fixtures for tests of this crate and of others: complete drafts with tiny entries, made in code.
//! Every value is invented; nothing here is a person's.

use std::sync::Arc;

use biometrics::position::{Eye, FingerPosition};
use chrono::{DateTime, Duration, TimeZone, Utc};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::canonical::sha256_hex;
use crate::draft::{CaptureNote, Draft, Entry, OfficerNote, PolicyNote, RequirementNote, SealContext};
use crate::entries;
use crate::grant::{self, Ask, Grant, GrantRequest};
use crate::keys;
use crate::schema::{Environment, RequirementKind, Role, StepId};

/// NIK of the invented applicant.
pub const NIK: &str = "3374015708030001";
/// Station of the drafts.
pub const STATION: &str = "ST-TEST-01";

/// The signing key of a seed and a role, e.g. `station`, `operator`, `supervisor`. Known to everybody: tests only.
#[must_use]
pub fn key(seed: u64, role: &str) -> SigningKey {
    SigningKey::from_bytes(&Sha256::digest(format!("rekam test key {role} {seed}")).into())
}

/// The account of a seed and a role.
#[must_use]
pub fn account(seed: u64, role: &str) -> Uuid {
    let digest = Sha256::digest(format!("rekam test account {role} {seed}"));
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// When the drafts were finished.
#[must_use]
pub fn created(seed: u64) -> DateTime<Utc> {
    let base = Utc.timestamp_opt(1_591_000_000, 0).single().unwrap_or_default();
    base + Duration::seconds((seed % 1_000_000) as i64)
}

/// A seal context.
#[must_use]
pub fn context(counter: u64) -> SealContext {
    SealContext { epoch: 1, counter, audit_seq: 7, audit_head: sha256_hex(b"audit line") }
}

/// A well-formed JP2 without a picture; `fill` makes it differ and gives its size.
#[must_use]
pub fn jp2(fill: &[u8]) -> Vec<u8> {
    let mut out = b"\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 ".to_vec();
    out.extend_from_slice(&(8 + fill.len() as u32).to_be_bytes());
    out.extend_from_slice(b"jp2c");
    out.extend_from_slice(fill);
    out
}

/// JPEG markers around `fill`.
#[must_use]
pub fn jpeg(fill: &[u8]) -> Vec<u8> {
    [b"\xff\xd8\xff\xe0", fill, b"\xff\xd9"].concat()
}

/// A PNG of one black pixel.
#[must_use]
pub fn png() -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend_from_slice(
        b"\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55",
    );
    out.extend_from_slice(b"\x00\x00\x00\nIDAT\x78\x01\x63\x60\x00\x00\x00\x02\x00\x01\x73\x75\x01\x18");
    out.extend_from_slice(b"\x00\x00\x00\x00IEND\xaeB\x60\x82");
    out
}

/// A record of the 2011 editions: general header, then one representation for each position whose bytes before
/// the position are `skip` long after the (empty) quality blocks, and `tail` bytes after it.
fn iso_2011(magic: &[u8; 8], general: &[u8], skip: usize, tail: usize, positions: &[u8]) -> Vec<u8> {
    let mut reps = Vec::new();
    for position in positions {
        let length = 19 + skip + 1 + tail;
        reps.extend_from_slice(&(length as u32).to_be_bytes());
        reps.extend_from_slice(&[0; 15]);
        reps.extend(std::iter::repeat_n(0, skip));
        reps.push(*position);
        reps.extend(std::iter::repeat_n(0x5a, tail));
    }
    let total = 14 + general.len() + reps.len();
    let mut out = magic.to_vec();
    out.extend_from_slice(&(total as u32).to_be_bytes());
    out.extend_from_slice(&(positions.len() as u16).to_be_bytes());
    out.extend_from_slice(general);
    out.extend_from_slice(&reps);
    out
}

/// A finger image record with one representation for each position.
#[must_use]
pub fn fir(positions: &[u8]) -> Vec<u8> {
    iso_2011(b"FIR\x00020\x00", &[0, positions.len() as u8], 0, 24, positions)
}

/// An iris record with one representation for each eye.
#[must_use]
pub fn iir(eyes: &[u8]) -> Vec<u8> {
    iso_2011(b"IIR\x00020\x00", &[0, eyes.len() as u8], 2, 30, eyes)
}

/// A face record with one representation.
#[must_use]
pub fn fac() -> Vec<u8> {
    iso_2011(b"FAC\x00030\x00", &[0, 0, 0], 0, 40, &[0])
}

/// A minutiae record with one view of one minutia for each position.
#[must_use]
pub fn fmr(positions: &[u8]) -> Vec<u8> {
    let mut views = Vec::new();
    for position in positions {
        views.extend_from_slice(&[*position, 0, 80, 1, 0x40, 10, 0, 10, 64, 80, 0, 0]);
    }
    let mut out = b"FMR\x00 20\x00".to_vec();
    out.extend_from_slice(&((24 + views.len()) as u32).to_be_bytes());
    out.extend_from_slice(&[0, 0, 0, 100, 0, 100, 0, 197, 0, 197, positions.len() as u8, 0]);
    out.extend_from_slice(&views);
    out
}

/// An entry with the media type of its name.
#[must_use]
pub fn entry(name: &str, bytes: Vec<u8>) -> Entry {
    let media_type = entries::media_type(name).unwrap_or("application/octet-stream").to_owned();
    Entry { name: name.to_owned(), media_type, bytes: Arc::from(bytes) }
}

fn json_entry(name: &str, value: &Value) -> Entry {
    entry(name, value.to_string().into_bytes())
}

/// Replaces or adds an entry.
pub fn put(draft: &mut Draft, name: &str, bytes: Vec<u8>) {
    draft.entries.retain(|e| e.name != name);
    draft.entries.push(entry(name, bytes));
}

/// Removes an entry.
pub fn remove(draft: &mut Draft, name: &str) {
    draft.entries.retain(|e| e.name != name);
}

/// Declares a finger as exception: picture out, records made again without it, photo and list put in.
pub fn except_finger(draft: &mut Draft, finger: FingerPosition) {
    remove(draft, &entries::finger(finger));
    draft.exceptions.push(format!("finger:{}", finger.id()));
    let left: Vec<u8> = FingerPosition::ALL
        .iter()
        .filter(|p| draft.entries.iter().any(|e| e.name == entries::finger(**p)))
        .map(|p| p.code())
        .collect();
    put(draft, entries::FINGERS_FIR, fir(&left));
    put(draft, entries::FINGERS_FMR, fmr(&left));
    put(draft, &entries::exception_photo(1), jpeg(b"exception"));
    let list = json!([{ "what": finger.id(), "reason": "bandaged", "term": "temporary" }]);
    put(draft, entries::EXCEPTIONS, list.to_string().into_bytes());
}

/// An approved grant for `draft`, by the seed's supervisor.
///
/// # Panics
/// When the fixture itself is out of bounds, or without randomness.
#[must_use]
pub fn approval(draft: &Draft, seed: u64, step: StepId, reason: &str) -> Grant {
    let ask = Ask {
        kind: RequirementKind::SupervisorApproval,
        step,
        reason: reason.to_owned(),
        evidence: vec![sha256_hex(b"letter")],
        station: draft.station.clone(),
        session: draft.id,
        operator: account(seed, "operator"),
    };
    let asked = draft.created - Duration::minutes(20);
    let made = GrantRequest::new(ask, NIK, asked, Duration::hours(1)).and_then(|request| {
        let (key, by) = (key(seed, "supervisor"), account(seed, "supervisor"));
        grant::sign(request, true, "seen", &key, by, asked + Duration::minutes(1))
    });
    match made {
        Ok(grant) => grant,
        Err(e) => panic!("fixture grant: {e}"),
    }
}

/// The requirement that a grant meets.
#[must_use]
pub fn met_by(grant: &Grant) -> RequirementNote {
    RequirementNote {
        kind: grant.request.kind,
        step: grant.request.step,
        reason: grant.request.reason.clone(),
        met_by: grant.request.nonce.to_string(),
        met: grant.signed + Duration::minutes(1),
    }
}

fn officer(seed: u64, name: &str, role: Role) -> OfficerNote {
    let public_key = keys::public_to_hex(&key(seed, name).verifying_key());
    OfficerNote { id: account(seed, name), role, public_key }
}

fn capture(seed: u64, step: StepId, subject: &str, entry: Option<String>) -> CaptureNote {
    CaptureNote {
        step,
        subject: subject.to_owned(),
        entry,
        driver: "simulated".to_owned(),
        model: "Test".to_owned(),
        serial: "0001".to_owned(),
        captured: created(seed) - Duration::minutes(5),
        score: Some(80),
        algorithm: Some("rekam-test-1".to_owned()),
        attempts: 1,
    }
}

fn complete_entries(seed: u64) -> Vec<Entry> {
    let tag = |what: &str| format!("{what} {seed}").into_bytes();
    let codes: Vec<u8> = FingerPosition::ALL.iter().map(|p| p.code()).collect();
    let eyes: Vec<u8> = Eye::ALL.iter().map(|e| e.code()).collect();
    let person = json!({ "readings": [{ "decidegrees_c": 364, "at": created(seed), "site": "forehead",
        "device": "simulated" }], "affirmed": ["mask", "hands"], "symptoms": false, "door_ticket": null });
    let mut out = vec![
        json_entry(
            entries::BIODATA,
            &json!({ "nik": NIK, "no_kk": "3374010101200001", "nama": "CONTOH PEMOHON",
            "tempat_lahir": "SEMARANG", "tanggal_lahir": "2003-08-17", "jenis_kelamin": "PEREMPUAN" }),
        ),
        json_entry(entries::POLICY, &json!({ "verdict": "pass", "rules": ["class-school"] })),
        json_entry(
            entries::HEALTH,
            &json!({ "venue": "counter", "officer": person, "applicant": person,
            "treating_doctor": null, "protective_equipment": false, "utc_offset_s": 25200 }),
        ),
        entry(
            entries::EVENTS,
            format!("{{\"seed\":{seed},\"event\":\"opened\"}}\n{{\"event\":\"done\"}}\n").into_bytes(),
        ),
        entry(entries::BIOMETRICS, b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BIR/>\n".to_vec()),
        entry(entries::FACE_JPEG, jpeg(&tag("face"))),
        entry(entries::FACE_FAC, fac()),
    ];
    for position in FingerPosition::ALL {
        out.push(entry(&entries::finger(*position), jp2(&tag(position.id()))));
    }
    out.push(entry(entries::FINGERS_FIR, fir(&codes)));
    out.push(entry(entries::FINGERS_FMR, fmr(&codes)));
    for eye in Eye::ALL {
        out.push(entry(&entries::iris(*eye), jp2(&tag(eye.id()))));
    }
    out.push(entry(entries::IRISES_IIR, iir(&eyes)));
    let chip = [FingerPosition::RightIndex, FingerPosition::LeftIndex];
    for position in chip {
        out.push(entry(&entries::verification(position), jp2(&tag("verification"))));
    }
    let matched: Vec<Value> = chip.iter().map(|p| json!({ "finger": p.id(), "matched": true })).collect();
    out.push(json_entry(entries::VERIFICATION, &json!({ "fingers": matched })));
    let strokes = json!({ "width": 100, "height": 50, "scaled": true,
        "strokes": [[{ "x": 1, "y": 1, "t_ms": 0, "pressure": null }]] });
    for (json_name, png_name) in
        [(entries::CARD_STROKES, entries::CARD_PNG), (entries::STATEMENT_STROKES, entries::STATEMENT_PNG)]
    {
        out.push(json_entry(json_name, &strokes));
        out.push(entry(png_name, png()));
    }
    out.push(entry(entries::STATEMENT_TEXT, b"Saya menyatakan data di atas benar.\n".to_vec()));
    out
}

/// A draft that passes [`crate::complete::missing`], of a training station, sealed by `key(seed, "station")` and
/// `key(seed, "operator")`. The same seed gives the same draft.
#[must_use]
pub fn complete_draft(seed: u64) -> Draft {
    let millis = created(seed).timestamp_millis().unsigned_abs();
    let mut token = [0u8; 16];
    token.copy_from_slice(&Sha256::digest(format!("token {seed}"))[..16]);
    let mut random = [0u8; 10];
    random.copy_from_slice(&Sha256::digest(format!("id {seed}"))[..10]);
    Draft {
        id: uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
        environment: Environment::Training,
        station: STATION.to_owned(),
        created: created(seed),
        officers: vec![
            officer(seed, "operator", Role::Operator),
            officer(seed, "supporting", Role::Supporting),
            officer(seed, "supervisor", Role::Supervisor),
        ],
        captures: vec![
            capture(seed, StepId::Photo, "face", Some(entries::FACE_JPEG.to_owned())),
            capture(seed, StepId::Signature, "signature", Some(entries::CARD_STROKES.to_owned())),
            capture(seed, StepId::Fingers, "right_four", None),
            capture(seed, StepId::Irises, "right", Some(entries::iris(Eye::Right))),
        ],
        policy: PolicyNote {
            id: "test-policy".to_owned(),
            version: "1".to_owned(),
            digest: sha256_hex(b"policy file"),
            rules: vec!["class-school".to_owned()],
            facts: json!({ "venue": "counter", "class": "school" }),
        },
        requirements: Vec::new(),
        grants: Vec::new(),
        exceptions: Vec::new(),
        identical_sample: false,
        tracking_token: token,
        entries: complete_entries(seed),
    }
}

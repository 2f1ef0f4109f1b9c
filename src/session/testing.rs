//! An ideal world for tests: devices that always answer well, a store that always keeps, a supervisor who always
//! says yes, and an operator who does what the view offers. Used by the model tests, the screens' tests and nothing
//! that ships a record.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use biometrics::face::{BackgroundColour, ColourName};
use biometrics::minutiae::Template;
use biometrics::position::{Eye, FingerPosition};
use biometrics::quality::Quality;
use biometrics::signature::{Point, Strokes};
use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use devices::vocabulary::CardType;
use ed25519_dalek::SigningKey;
use record::grant::{Ask, Grant, GrantRequest};
use record::schema::{Environment, Outcome, StepId};
use uuid::Uuid;

use super::effect::{Effect, Effects};
use super::event::{CaptureOutcome, CardAtStation, Command, Event, LookUpAnswer, Person, Target};
use super::sample::{
    CardSample, DeviceStamp, FingerSample, Ground, IrisSample, Match, Media, PhotoSample, PlatenCheck,
    Replaced, Samples, SignatureSample, TemperatureSample,
};
use super::view::Action;
use super::{Session, SessionContext};
use crate::gate::policy::PolicySet;
use crate::population::biodata::Biodata;
use crate::population::regions::Regions;

pub const NIK: &str = "3204125701909001";
pub const NO_KK: &str = "3204120101109001";

#[must_use]
pub fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 7, 6, 2, 0, 0).unwrap()
}

#[must_use]
pub fn context(environment: Environment) -> Arc<SessionContext> {
    let policies = PolicySet::bundled().expect("bundled policies are valid");
    let day = start().date_naive();
    Arc::new(SessionContext {
        environment,
        station: "TEST-01".into(),
        district: "320412".into(),
        policy: Arc::new(policies.in_force(day).expect("a policy in force").clone()),
        regions: Arc::new(Regions::new()),
        operator: Uuid::from_u128(1),
        operator_key: hex::encode(SigningKey::from_bytes(&[1; 32]).verifying_key().as_bytes()),
        utc_offset_s: 25_200,
        statement_text: "Saya menyatakan bahwa data saya benar.".into(),
        statement_language: "id".into(),
    })
}

#[must_use]
pub fn session(environment: Environment) -> Session {
    Session::new(Uuid::from_u128(77), context(environment), None, start())
}

#[must_use]
pub fn biodata() -> Biodata {
    Biodata {
        nik: NIK.into(),
        no_kk: NO_KK.into(),
        nama: "CONTOH LATIHAN".into(),
        tempat_lahir: "BANDUNG".into(),
        tanggal_lahir: NaiveDate::from_ymd_opt(1990, 1, 17),
        jenis_kelamin: "PEREMPUAN".into(),
        golongan_darah: "O".into(),
        alamat: "JALAN CONTOH 1".into(),
        rt: "001".into(),
        rw: "002".into(),
        kelurahan: "CONTOH".into(),
        kecamatan: "BALEENDAH".into(),
        kabupaten: "KABUPATEN BANDUNG".into(),
        provinsi: "JAWA BARAT".into(),
        agama: "ISLAM".into(),
        status_perkawinan: "BELUM KAWIN".into(),
        pekerjaan: "PELAJAR/MAHASISWA".into(),
        kewarganegaraan: "WNI".into(),
    }
}

#[must_use]
pub fn device() -> DeviceStamp {
    DeviceStamp { driver: "test".into(), model: "Test".into(), serial: "1".into(), at: start() }
}

#[must_use]
pub fn quality(score: u8) -> Quality {
    let reasons = if score < 40 { vec![biometrics::quality::QualityReason::TooDry] } else { Vec::new() };
    Quality { score: Some(score), algorithm: "test".into(), reasons, validated: false }
}

/// A finger of the person; every call gives other pixels. `is` is the finger that is really there.
#[must_use]
pub fn finger(
    position: FingerPosition,
    is: FingerPosition,
    impression: u64,
    score: u8,
    gallery: &[FingerPosition],
) -> FingerSample {
    let pixels = format!("{is}-{impression}");
    let jp2 = Media::new("image/jp2", pixels.clone().into_bytes());
    let matches = gallery.iter().filter(|g| **g == is).map(|g| Match { position: *g, score: 90 }).collect();
    FingerSample {
        position,
        width: 4,
        height: 4,
        ppi: 500,
        pixels_sha256: jp2.sha256.clone(),
        jp2,
        quality: quality(score),
        template: Template { width: 4, height: 4, ppi: 500, minutiae: Vec::new() },
        matches,
        matcher: "test".into(),
        threshold: 40,
        device: device(),
        cut: None,
    }
}

#[must_use]
pub fn iris(eye: Eye, impression: u64, score: u8) -> IrisSample {
    let jp2 = Media::new("image/jp2", format!("{eye}-{impression}").into_bytes());
    IrisSample {
        eye,
        width: 640,
        height: 480,
        pixels_sha256: jp2.sha256.clone(),
        jp2,
        quality: quality(score),
        same_as: None,
        iris: Some((320, 240, 100)),
        device: device(),
    }
}

/// Behind the head: nothing measured, the rule's colour (the person was born in 1990), or others.
fn ground(impression: u64) -> Option<Ground> {
    let of = |rgb, colour, matches| Some(Ground { rgb, colour, matches, even: true });
    match impression % 4 {
        0 => None,
        1 => of([30, 76, 168], ColourName::Blue, Some(BackgroundColour::Blue)),
        2 => of([196, 32, 38], ColourName::Red, Some(BackgroundColour::Red)),
        _ => of([140, 140, 136], ColourName::Grey, None),
    }
}

fn replaced(impression: u64) -> Replaced {
    let jpeg = Media::new("image/jpeg", format!("replaced-{impression}").into_bytes());
    Replaced { colour: BackgroundColour::Blue, jpeg, algorithm: "test".into() }
}

#[must_use]
pub fn photo(impression: u64, score: u8) -> PhotoSample {
    let jpeg = Media::new("image/jpeg", format!("photo-{impression}").into_bytes());
    PhotoSample {
        width: 4,
        height: 6,
        pixels_sha256: jpeg.sha256.clone(),
        jp2: Some(Media::new("image/jp2", format!("photo-{impression}").into_bytes())),
        jpeg,
        full_size: (8, 8),
        ground: ground(impression),
        replaced: (impression % 4 == 2).then(|| replaced(impression)),
        chosen_of: 3,
        quality: quality(score),
        device: device(),
    }
}

#[must_use]
pub fn signature(impression: u64) -> SignatureSample {
    let x = i32::try_from(impression % 1000).unwrap();
    let strokes = vec![vec![
        Point { x, y: 1, t_ms: 0, pressure: None },
        Point { x: 90, y: 50, t_ms: 9, pressure: None },
    ]];
    SignatureSample {
        strokes: Strokes { width: 100, height: 60, scaled: false, strokes },
        png: Media::new("image/png", format!("signature-{impression}").into_bytes()),
        quality: quality(80),
        device: device(),
    }
}

/// A card on the reader.
#[must_use]
pub fn card(is_ktp: bool) -> CardSample {
    CardSample {
        uid: vec![4, 1, 2, 3, 4, 5, 6],
        uid_hmac: "ab".repeat(32),
        salt: "cd".repeat(16),
        card_type: CardType::A,
        is_ktp,
        photo: is_ktp.then(|| Media::new("image/jpeg", b"chip-photo".to_vec())),
        device: device(),
    }
}

/// What the ledger says of a card: of every second one that it was handed out here.
fn card_at_station(seed: u64) -> CardAtStation {
    if seed.is_multiple_of(2) {
        CardAtStation::Handed { code: "00000001".into(), at: start() }
    } else {
        CardAtStation::NotHanded
    }
}

/// What good devices bring for a request. `seed` makes every capture another one.
#[must_use]
pub fn good_samples(s: &Session, target: Target, gallery: &[FingerPosition], seed: u64) -> Samples {
    match target {
        Target::Temperature(_) => {
            Samples::Temperature(TemperatureSample { decidegrees_c: 365, device: device() })
        }
        Target::Face | Target::EvidencePhoto | Target::ExceptionPhoto => {
            Samples::Photo(Box::new(photo(seed, 80)))
        }
        Target::CardSignature | Target::StatementSignature => Samples::Signature(Box::new(signature(seed))),
        Target::Slap(slap) => {
            let there = slap.fingers().iter().filter(|f| !s.data.fingers.exceptions.contains_key(f));
            Samples::Fingers(there.map(|f| finger(*f, *f, seed, 80, gallery)).collect())
        }
        Target::Boxes(_) => Samples::Fingers(Vec::new()),
        Target::Platen => Samples::Platen(PlatenCheck { clean: true, reasons: Vec::new(), device: device() }),
        Target::Finger(f) | Target::Verify(f) | Target::Reverify(f) => {
            Samples::Fingers(vec![finger(f, f, seed, 80, gallery)])
        }
        Target::Card => Samples::Card(Box::new(card(true))),
        Target::Irises => {
            let there = Eye::ALL.iter().filter(|e| !s.data.irises.exceptions.contains_key(e));
            Samples::Irises(there.map(|e| iris(*e, seed, 80)).collect())
        }
    }
}

#[must_use]
pub fn supervisor_key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// The answer of another officer.
#[must_use]
pub fn decision(request: &GrantRequest, approve: bool, now: DateTime<Utc>) -> Grant {
    record::grant::sign(request.clone(), approve, "", &supervisor_key(), Uuid::from_u128(9), now)
        .expect("signs")
}

/// Answers one effect as a good world would; `None` where no answer belongs to it.
#[must_use]
pub fn answer(s: &Session, effect: &Effect, seed: u64, now: DateTime<Utc>) -> Option<Event> {
    Some(match effect {
        Effect::Capture { id, target, gallery, .. } => {
            let known: Vec<FingerPosition> = gallery.iter().map(|(p, _)| *p).collect();
            Event::Captured(*id, CaptureOutcome::Samples(good_samples(s, *target, &known, seed)))
        }
        Effect::AnalyseStrokes { id, .. } => {
            Event::Captured(*id, CaptureOutcome::Samples(Samples::Signature(Box::new(signature(seed)))))
        }
        Effect::LookUp { id, .. } => Event::LookedUp(
            *id,
            LookUpAnswer { roster: Some(Box::new(biodata())), ..LookUpAnswer::default() },
        ),
        Effect::LookUpCard { id, .. } => Event::CardLookedUp(*id, card_at_station(seed)),
        Effect::Recut { id, slap, gallery } => {
            let known: Vec<FingerPosition> = gallery.iter().map(|(p, _)| *p).collect();
            let cut = slap.boxes.iter().map(|b| finger(b.position, b.position, seed, 80, &known)).collect();
            Event::Captured(*id, CaptureOutcome::Samples(Samples::Slap(slap.clone(), cut)))
        }
        Effect::SearchFingers { id, .. } => Event::FingersSearched(*id, Ok(Vec::new())),
        Effect::AskApproval(d) => {
            let ask = Ask {
                kind: d.kind,
                step: d.step,
                reason: d.reason.clone(),
                evidence: d.evidence.clone(),
                station: s.ctx.station.clone(),
                session: s.core.id,
                operator: s.ctx.operator,
            };
            Event::ApprovalAsked(GrantRequest::new(ask, &d.nik, now, Duration::minutes(30)).expect("request"))
        }
        Effect::KeepStep { step, .. } => Event::StepKept(*step),
        Effect::TryPart(step) => Event::PartTried(*step, Ok(())),
        Effect::Seal => Event::Sealed { record_id: s.core.id, file: "x.rekam".into(), sha256: "00".into() },
        Effect::MakeProof(_) => Event::ProofReady("memory".into()),
        Effect::Disinfected(_)
        | Effect::Cancel(_)
        | Effect::MakeSlip
        | Effect::DiscardDraft(_)
        | Effect::Audit { .. } => return None,
    })
}

/// Gives an event and everything that follows in a good world. Every effect seen goes to `seen`.
pub fn settle(s: &mut Session, event: Event, now: DateTime<Utc>, seed: &mut u64, seen: &mut Effects) {
    let mut queue = std::collections::VecDeque::from([event]);
    while let Some(event) = queue.pop_front() {
        for effect in s.update(event, now) {
            *seed += 1;
            queue.extend(answer(s, &effect, *seed, now));
            seen.push(effect);
        }
    }
}

/// What an operator with nothing unusual to tell enters for a field or choice of the view.
#[must_use]
pub fn fill(s: &Session, input: &str) -> Option<Command> {
    let b = biodata();
    Some(match input {
        "nik" => Command::Field("nik".into(), NIK.into()),
        "no_kk" => Command::Field("no_kk".into(), NO_KK.into()),
        "tanggal_lahir" => Command::BirthDate(b.tanggal_lahir),
        "recorded-before" => Command::RecordedBefore(false),
        "urgency-class" => Command::UrgencyClass(s.ctx.policy.classes.first().map(|c| c.id.clone())),
        "read-aloud" => Command::ReadAloud(true),
        "applicant-confirms" | "statement-confirmed" => Command::ApplicantConfirms(true),
        "correction-document" => Command::CorrectionDocument("KK baru".into()),
        "approve-photo" => Command::ApprovePhoto(true),
        "background-reason" => Command::BackgroundReason("kain latar rusak".into()),
        "software-background" => Command::SoftwareBackground(true),
        "accept-best" => Command::AcceptBest("jari kasar petani".into()),
        "treating-doctor" => Command::TreatingDoctor("dr. Contoh".into()),
        "protective-equipment" => Command::ProtectiveEquipment(true),
        "quota-jump" => Command::AskQuotaJump(true),
        other => {
            if let Some(id) = other.strip_prefix("warning.") {
                return Some(Command::AnswerWarning(id.into(), "sesuai KK".into()));
            }
            if let Some(id) = other.strip_prefix("evidence.") {
                return Some(Command::EvidenceSeen(id.into(), true));
            }
            let person = [Person::Officer, Person::Applicant].into_iter().find_map(|p| {
                other.strip_prefix(p.id()).and_then(|rest| rest.strip_prefix('.')).map(|rest| (p, rest))
            });
            if let Some((p, what)) = person {
                return Some(match what {
                    "temperature" => Command::TemperatureTyped(p, 365, "forehead".into()),
                    "symptoms" => Command::Symptoms(p, false),
                    "door-ticket" => return None,
                    id => Command::Affirm(p, id.into(), true),
                });
            }
            let value = crate::population::identity::field_text(&b, other)?;
            Command::Field(other.into(), value)
        }
    })
}

/// True when the session has come to an end.
#[must_use]
pub fn ended(s: &Session) -> bool {
    match s.core.outcome {
        Outcome::Sealed => s.data.proof.place.is_some(),
        Outcome::Open | Outcome::Parked => false,
        _ => true,
    }
}

/// One act of an operator who only follows the view. True while there was something to do.
pub fn follow(s: &mut Session, now: &mut DateTime<Utc>, seed: &mut u64, seen: &mut Effects) -> bool {
    if ended(s) {
        return false;
    }
    *now += Duration::seconds(1);
    if s.core.outcome == Outcome::Parked {
        *now += Duration::minutes(6);
        settle(s, Event::TakenUp, *now, seed, seen);
        return true;
    }
    let view = s.view(*now);
    let requests: Vec<GrantRequest> = view.requirements().iter().filter_map(|r| r.request.clone()).collect();
    if let Some(request) = requests.first() {
        let grant = decision(request, true, *now);
        settle(s, Event::Decided(grant), *now, seed, seen);
        return true;
    }
    let primary = view.primary();
    if primary.enabled
        && let Action::Command(c) = primary.action
    {
        settle(s, Event::Command(c), *now, seed, seen);
        return true;
    }
    // The primary action waits for something: fill in what is asked for.
    let wanted = view.blockers();
    let inputs: Vec<String> = view
        .controls()
        .into_iter()
        .filter_map(|c| if let Action::Input(id) = c.action { Some(id) } else { None })
        .collect();
    let before = s.clone();
    for input in inputs {
        let useful = |c: &Command| {
            // Never toggles off what is done already, never lengthens the way.
            !matches!(c, Command::TemperatureTyped(..))
                || wanted.iter().any(|w| w.contains("temperature") || w.contains("second-reading"))
        };
        if let Some(c) = fill(s, &input).filter(useful) {
            settle(s, Event::Command(c), *now, seed, seen);
        }
    }
    if s.core.current == StepId::Seal {
        let unfinished = crate::steps::first_unfinished(s);
        settle(s, Event::Command(Command::Open(unfinished)), *now, seed, seen);
    }
    if before.data == s.data && before.core.current == s.core.current {
        // Nothing to fill in helped: time may (a second reading), else a device or the store owes an answer.
        *now += Duration::minutes(6);
        settle(s, Event::Tick, *now, seed, seen);
    }
    true
}

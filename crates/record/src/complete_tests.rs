#![allow(clippy::unwrap_used, clippy::expect_used)]
use chrono::Duration;

use super::*;
use crate::testing::{self, approval, complete_draft, entry, except_finger, met_by, put, remove};

/// One mutation of a complete draft, and all codes that it must give, in order.
fn check(name: &str, mutate: impl FnOnce(&mut Draft), expected: &[&str]) {
    let mut draft = complete_draft(3);
    mutate(&mut draft);
    let found: Vec<String> = missing(&draft).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{name}");
}

fn biodata_with(draft: &mut Draft, member: &str, value: &str) {
    let mut json: Value =
        serde_json::from_slice(&draft.entries.iter().find(|e| e.name == entries::BIODATA).unwrap().bytes)
            .unwrap();
    json[member] = value.into();
    put(draft, entries::BIODATA, json.to_string().into_bytes());
}

fn approve(draft: &mut Draft, step: StepId, reason: &str) {
    let grant = approval(draft, 3, step, reason);
    draft.requirements.push(met_by(&grant));
    draft.grants.push(grant);
}

#[test]
fn every_entry_that_is_needed() {
    check("complete", |_| {}, &[]);
    check(
        "no photo",
        |d| {
            remove(d, entries::FACE_JPEG);
            d.captures[0].entry = None;
        },
        &["photo"],
    );
    check(
        "JP2 instead of JPEG",
        |d| {
            remove(d, entries::FACE_JPEG);
            put(d, entries::FACE_JP2, testing::jp2(b"face"));
            d.captures[0].entry = Some(entries::FACE_JP2.into());
        },
        &[],
    );
    check("no face record", |d| remove(d, entries::FACE_FAC), &["face-record"]);
    check("a finger", |d| remove(d, "fingers/left_ring.jp2"), &["finger:left_ring"]);
    check("FIR", |d| remove(d, entries::FINGERS_FIR), &["finger-record"]);
    check("FMR", |d| remove(d, entries::FINGERS_FMR), &["finger-template"]);
    check("an eye", |d| remove(d, "irises/left.jp2"), &["eye:left"]);
    check("IIR", |d| remove(d, entries::IRISES_IIR), &["iris-record"]);
    check("picture of the signature", |d| remove(d, entries::CARD_PNG), &["card-signature"]);
    check("statement signature", |d| remove(d, entries::STATEMENT_STROKES), &["statement-signature"]);
}

#[test]
fn facts_and_papers_that_are_needed() {
    check("statement text", |d| remove(d, entries::STATEMENT_TEXT), &["statement-text"]);
    check("events", |d| remove(d, entries::EVENTS), &["events"]);
    check("BIR", |d| remove(d, entries::BIOMETRICS), &["bir"]);
    check("policy", |d| remove(d, entries::POLICY), &["policy"]);
    check("no rule decided", |d| d.policy.rules.clear(), &["policy"]);
    check("health", |d| remove(d, entries::HEALTH), &["health:officer", "health:applicant"]);
    check(
        "health of one",
        |d| {
            put(
                d,
                entries::HEALTH,
                br#"{"officer":{"affirmed":["mask"]},"applicant":{"readings":[]}}"#.to_vec(),
            );
        },
        &["health:applicant"],
    );
    check("biodata", |d| remove(d, entries::BIODATA), &["biodata"]);
    check("one picture of verification", |d| remove(d, "verification/left_index.jp2"), &["verification"]);
    check("verification file", |d| remove(d, entries::VERIFICATION), &["verification"]);
    check(
        "no match",
        |d| {
            put(d, entries::VERIFICATION, br#"{"fingers":[{"finger":"right_index","matched":true},{"finger":"left_index","matched":false}]}"#.to_vec());
        },
        &["verification"],
    );
    check(
        "one finger twice",
        |d| {
            put(d, entries::VERIFICATION, br#"{"fingers":[{"finger":"right_index","matched":true},{"finger":"right_index","matched":true}]}"#.to_vec());
        },
        &["verification"],
    );
    check(
        "no note of the camera",
        |d| {
            d.captures.remove(0);
        },
        &["capture-note:photo"],
    );
    check(
        "capture of nothing",
        |d| d.captures[0].entry = Some("face/other.jpg".into()),
        &["capture-entry:#0"],
    );
}

#[test]
fn biodata_values() {
    for (member, value, expected) in [
        ("nik", "337401570803000", "nik"),
        ("nik", "33740157080300012", "nik"),
        ("nik", "337401570803000a", "nik"),
        ("nama", "  ", "name"),
        ("tanggal_lahir", "2003-02-30", "birth-date"),
        ("tanggal_lahir", "", "birth-date"),
        ("jenis_kelamin", "P", "sex"),
    ] {
        check(&format!("{member}={value}"), |d| biodata_with(d, member, value), &[expected]);
    }
}

#[test]
fn exceptions_need_reason_and_photo() {
    use FingerPosition::LeftRing;
    check("declared", |d| except_finger(d, LeftRing), &[]);
    check(
        "no photo",
        |d| {
            except_finger(d, LeftRing);
            remove(d, "exceptions/photo-1.jpg");
        },
        &["exception-photo"],
    );
    check(
        "no list",
        |d| {
            except_finger(d, LeftRing);
            remove(d, entries::EXCEPTIONS);
        },
        &["exception-list"],
    );
    check(
        "twice",
        |d| {
            except_finger(d, LeftRing);
            d.exceptions.push("finger:left_ring".into());
        },
        &["exception-unknown:#1"],
    );
    check(
        "sixth finger",
        |d| {
            except_finger(d, LeftRing);
            d.exceptions.push("finger:left_sixth".into());
        },
        &["exception-unknown:#1"],
    );
    check(
        "recorded all the same",
        |d| {
            except_finger(d, LeftRing);
            put(d, "fingers/left_ring.jp2", testing::jp2(b"x"));
        },
        &[
            "exception-contradicts:left_ring",
            "record-position:fingers/fingers.fir:left_ring",
            "record-position:fingers/fingers.fmr:left_ring",
        ],
    );
}

#[test]
fn exceptions_that_stop_other_steps() {
    use FingerPosition::RightIndex;
    check("chip finger", |d| except_finger(d, RightIndex), &["verification"]);
    check(
        "chip finger, approved",
        |d| {
            except_finger(d, RightIndex);
            approve(d, StepId::Verification, "verification-exception");
        },
        &[],
    );
    check(
        "cannot sign",
        |d| {
            for name in
                [entries::CARD_STROKES, entries::CARD_PNG, entries::STATEMENT_STROKES, entries::STATEMENT_PNG]
            {
                remove(d, name);
            }
            d.captures.remove(1);
            put(d, entries::CANNOT_SIGN, b"{}".to_vec());
        },
        &[],
    );
    check(
        "no hands",
        |d| {
            for finger in FingerPosition::ALL {
                except_finger(d, *finger);
            }
            for name in [
                entries::FINGERS_FIR,
                entries::FINGERS_FMR,
                "verification/right_index.jp2",
                "verification/left_index.jp2",
                entries::VERIFICATION,
            ] {
                remove(d, name);
            }
            d.captures.remove(2);
            approve(d, StepId::Verification, "verification-exception");
        },
        &[],
    );
}

/// A requirement of the urgency step.
fn open(kind: RequirementKind, met_by: &str) -> RequirementNote {
    RequirementNote {
        kind,
        step: StepId::Urgency,
        reason: "urgency-other".into(),
        met_by: met_by.into(),
        met: testing::created(3),
    }
}

#[test]
fn approvals_that_meet_a_requirement() {
    use RequirementKind::SupervisorApproval;
    check("approved", |d| approve(d, StepId::Urgency, "urgency-other"), &[]);
    check(
        "no grant",
        |d| d.requirements.push(open(SupervisorApproval, "")),
        &["requirement:urgency:supervisor_approval"],
    );
    check(
        "grant of another step",
        |d| {
            approve(d, StepId::Approval, "urgency-other");
            d.requirements[0].step = StepId::Urgency;
        },
        &["requirement:urgency:supervisor_approval"],
    );
    check(
        "denied",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            d.grants[0].approved = false;
        },
        &["requirement:urgency:supervisor_approval", "grant:#0"],
    );
    check(
        "grant lost",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            d.grants.clear();
        },
        &["requirement:urgency:supervisor_approval"],
    );
    check(
        "used after expiry",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            d.requirements[0].met = d.grants[0].request.expires + Duration::seconds(1);
        },
        &["grant:#0"],
    );
}

#[test]
fn grants_that_do_not_hold() {
    check(
        "of another person",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            biodata_with(d, "nik", "3374015708030009");
        },
        &["grant-person:#0"],
    );
    check(
        "of another station",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            d.station = "ST-2".into();
        },
        &["grant:#0"],
    );
    check(
        "operator not of this session",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            d.officers[0].id = testing::account(8, "operator");
        },
        &["grant:#0"],
    );
    check(
        "supervisor took the session over as operator",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            d.officers[2].role = Role::Operator;
        },
        &["grant:#0"],
    );
    check(
        "operator's key under another account",
        |d| {
            approve(d, StepId::Urgency, "urgency-other");
            d.officers[0].public_key = d.officers[2].public_key.clone();
        },
        &["grant:#0"],
    );
}

#[test]
fn requirements_met_without_a_grant() {
    use RequirementKind::{Evidence, EvidencePhoto, SecondPerson};
    let officer = |role: &str| testing::account(3, role).to_string();
    check("second person", |d| d.requirements.push(open(SecondPerson, &officer("supporting"))), &[]);
    check(
        "second person is the first",
        |d| d.requirements.push(open(SecondPerson, &officer("operator"))),
        &["requirement:urgency:second_person"],
    );
    check(
        "second person is unknown",
        |d| d.requirements.push(open(SecondPerson, &officer("nobody"))),
        &["requirement:urgency:second_person"],
    );
    check("evidence", |d| d.requirements.push(open(Evidence, "letter of the school")), &[]);
    check("no evidence", |d| d.requirements.push(open(Evidence, " ")), &["requirement:urgency:evidence"]);
    check(
        "evidence photo",
        |d| {
            put(d, "evidence/1.jpg", testing::jpeg(b"x"));
            d.requirements.push(open(EvidencePhoto, "evidence/1.jpg"));
        },
        &[],
    );
    check(
        "no evidence photo",
        |d| d.requirements.push(open(EvidencePhoto, "evidence/1.jpg")),
        &["requirement:urgency:evidence_photo"],
    );
}

#[test]
fn bytes_are_what_they_say() {
    let cut = |name: &'static str| {
        move |d: &mut Draft| {
            let mut bytes = d.entries.iter().find(|e| e.name == name).unwrap().bytes.to_vec();
            bytes.pop();
            put(d, name, bytes);
        }
    };
    for name in
        [entries::FACE_JPEG, entries::FACE_FAC, "fingers/right_thumb.jp2", entries::CARD_PNG, entries::HEALTH]
    {
        let mut draft = complete_draft(3);
        cut(name)(&mut draft);
        let all = missing(&draft);
        assert!(
            all.iter().any(|m| m.code == MissingCode::Unreadable && m.subject == name),
            "{name}: {all:?}"
        );
    }
    check("FIR cut", cut(entries::FINGERS_FIR), &["unreadable:fingers/fingers.fir"]);
    check("FMR cut", cut(entries::FINGERS_FMR), &["unreadable:fingers/fingers.fmr"]);
    check("IIR cut", cut(entries::IRISES_IIR), &["unreadable:irises/irises.iir"]);
    check(
        "one byte too many",
        |d| {
            let mut b = testing::fac();
            b.push(0);
            put(d, entries::FACE_FAC, b);
        },
        &["unreadable:face/face.fac"],
    );
    check(
        "FIR without a finger",
        |d| put(d, entries::FINGERS_FIR, testing::fir(&[1, 2, 3, 4, 5, 6, 7, 8, 9])),
        &["record-position:fingers/fingers.fir:left_little"],
    );
    check("FIR of slaps", |d| put(d, entries::FINGERS_FIR, testing::fir(&[13, 14, 15])), &[]);
    check(
        "IIR of one eye",
        |d| put(d, entries::IRISES_IIR, testing::iir(&[1])),
        &["record-position:irises/irises.iir:left"],
    );
    check(
        "empty FIR",
        |d| put(d, entries::FINGERS_FIR, testing::fir(&[])),
        &["unreadable:fingers/fingers.fir"],
    );
    check("PNG named JPEG", |d| put(d, entries::FACE_JPEG, testing::png()), &["unreadable:face/photo.jpg"]);
    check(
        "wrong media type",
        |d| d.entries[0].media_type = "text/plain".into(),
        &["media-type:biodata.json"],
    );
    check("unknown entry", |d| d.entries.insert(0, entry("notes.txt", b"x".to_vec())), &["unknown-entry:#0"]);
    check(
        "manifest smuggled in",
        |d| d.entries.insert(0, entry("manifest.json", b"{}".to_vec())),
        &["unknown-entry:#0"],
    );
    check("entry twice", |d| d.entries.push(d.entries[0].clone()), &["duplicate-entry:biodata.json"]);
    check(
        "DTD",
        |d| put(d, entries::BIOMETRICS, b"<?xml version=\"1.0\"?><!DOCTYPE a><a/>".to_vec()),
        &["unreadable:biometrics.xml"],
    );
}

#[test]
fn personal_data_stays_out_of_the_list() {
    let mut draft = complete_draft(3);
    draft.entries.push(entry("budi-3374015708030001.txt", b"x".to_vec()));
    assert!(!format!("{:?}", missing(&draft)).contains("3374"));
    assert!(!format!("{:?}", missing(&draft)).contains("budi"));
}

proptest::proptest! {
    #[test]
    fn iso_walkers_never_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..120), kind in 0usize..4) {
        let magics: [(&[u8; 8], Iso); 4] = [(b"FIR\x00020\x00", Iso::Finger), (b"FAC\x00030\x00", Iso::Face), (b"FMR\x00 20\x00", Iso::Minutiae), (b"IIR\x00020\x00", Iso::Iris)];
        let (magic, iso) = magics[kind];
        let mut all = magic.to_vec();
        all.extend_from_slice(&((12 + bytes.len()) as u32).to_be_bytes());
        all.extend_from_slice(&bytes);
        let _ = iso.positions(&all);
        for media in [entries::JP2, entries::PNG, entries::JPEG, entries::FIR] {
            let _ = sniff::matches(media, &bytes);
        }
    }
}

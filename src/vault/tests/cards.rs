//! The ledger of cards, handovers cut at every write, states from files.

use proptest::prelude::*;

use super::*;
use crate::vault::states::stage;

const UID: [u8; 7] = [4, 1, 2, 3, 4, 5, 6];

fn received(count: u32) -> NewCardRow {
    NewCardRow { kind: CardMove::Received, count, serials: None, reason: None, of: None }
}

fn outcome(record: Uuid, kind: CardMove) -> CardOutcome {
    CardOutcome {
        id: Uuid::from_u128(0xCA4D),
        record,
        kind,
        reason: (kind != CardMove::Issued).then(|| "damaged-chip".into()),
        uid: Zeroizing::new(UID.to_vec()),
        proof: Zeroizing::new(b"PROOF-OF-THE-RECEIVER".to_vec()),
    }
}

/// A vault with one record that may be printed and ten blanks.
fn counter(world: &World) -> (Vault, OfficerKeys, Uuid) {
    let (mut vault, operator) = world.ready();
    let id = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap().record_id;
    vault.set_state(id, RecordState::PrintReadyRecord, None, now()).unwrap();
    vault.add_card_row(&received(10), &operator, now()).unwrap();
    (vault, operator, id)
}

#[test]
fn a_row_says_what_does_not_fit() {
    let check = |kind: CardMove,
                 count: u32,
                 serials: Option<(&str, &str)>,
                 reason: Option<&str>,
                 fits: bool| {
        let serials = serials.map(|(a, b)| (a.to_owned(), b.to_owned()));
        let row =
            NewCardRow { kind, count, serials: serials.clone(), reason: reason.map(Into::into), of: None };
        assert_eq!(row.check().is_ok(), fits, "{kind:?} {count} {serials:?} {reason:?}");
    };
    use CardMove as M;
    check(M::Received, 500, None, None, true);
    check(M::Received, 500, Some(("AB-000001", "AB-000500")), None, true);
    check(M::Received, 1, Some(("7", "7")), None, true);
    check(M::Spoiled, 1, None, Some("print-fault"), true);
    check(M::Returned, 3, None, Some("obsolete"), true);
    check(M::Received, 0, None, None, false);
    check(M::Received, CARDS_MAX + 1, None, None, false);
    check(M::Received, 500, Some(("AB-000001", "AB-000499")), None, false);
    check(M::Received, 500, Some(("AB-000500", "AB-000001")), None, false);
    check(M::Received, 500, Some(("AB-000001", "AC-000500")), None, false);
    check(M::Received, 1, Some(("AB", "AB")), None, false);
    check(M::Received, 1, Some(("", "")), None, false);
    check(M::Received, 1, Some(("ab1", "ab1")), None, false);
    check(M::Received, 1, Some(("NAMA ORANG 1", "NAMA ORANG 1")), None, false);
    check(M::Received, 1, Some(("99999999999999999999999", "99999999999999999999999")), None, false);
    check(M::Issued, 1, None, None, false);
    check(M::Spoiled, 1, None, None, false);
    check(M::Returned, 1, None, Some("Nama Orang"), false);
}

#[test]
fn a_card_is_issued_once_and_the_sums_follow() {
    let world = World::new(1);
    let (mut vault, operator, id) = counter(&world);
    let row = vault.card_left(&outcome(id, CardMove::Issued), &operator, now()).unwrap();
    assert_eq!((row.number, row.record, row.count), (2, Some(id), 1));
    assert_eq!(vault.find(id).unwrap().unwrap().state, RecordState::CardIssued);
    // The same answer again, not a second card.
    assert_eq!(vault.card_left(&outcome(id, CardMove::Issued), &operator, now()).unwrap(), row);
    let another = CardOutcome { id: Uuid::from_u128(5), ..outcome(id, CardMove::Issued) };
    assert_eq!(vault.card_left(&another, &operator, now()).unwrap_err().id(), "card-state");
    let spoiled = NewCardRow {
        kind: CardMove::Spoiled,
        count: 2,
        serials: Some(("AB-1".into(), "AB-2".into())),
        reason: Some("print-fault".into()),
        of: Some(CardSort::Blank),
    };
    vault.add_card_row(&spoiled, &operator, now()).unwrap();
    let stock = CardStock::of(&vault.card_rows().unwrap());
    assert_eq!((stock.received_blank, stock.spoiled_blank), (0, 2), "nobody said what the delivery was of");
    assert_eq!(row.sort(), Some(CardSort::Printed), "it was at the counter");
    assert_eq!((stock.received, stock.issued, stock.spoiled, stock.balance()), (10, 1, 2, 7));
    let owner = vault.card_owner(&UID).unwrap().unwrap();
    assert_eq!((owner.record, owner.at), (id, now()));
    assert_eq!(vault.card_owner(&[9; 7]).unwrap(), None);
    assert_eq!(&**vault.card_proof(2).unwrap(), b"PROOF-OF-THE-RECEIVER");
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
    // Nothing of the person or the card stands in clear.
    let clear = world.disk.read(&Path::new(ROOT).join("cards/00000002.row"), 1 << 20).unwrap();
    let has = |needle: &[u8]| clear.windows(needle.len()).any(|w| w == needle);
    assert!(!has(b"PROOF-OF") && !has(NAME.as_bytes()) && !has(hex::encode(UID).as_bytes()) && !has(&UID));
    drop(vault);
    let (vault, _) = world.ready();
    assert_eq!(vault.card_rows().unwrap().len(), 3);
    assert_eq!(vault.extract(id).unwrap().cards.len(), 1);
}

#[test]
fn a_card_that_goes_back_leaves_the_state_and_a_note() {
    let world = World::new(2);
    let (mut vault, operator, id) = counter(&world);
    vault.card_left(&outcome(id, CardMove::Returned), &operator, now()).unwrap();
    assert_eq!(vault.find(id).unwrap().unwrap().state, RecordState::PrintReadyRecord);
    let note = vault.extract(id).unwrap().cards[0].clone();
    assert_eq!((note.kind, note.reason.as_deref()), (CardMove::Returned, Some("damaged-chip")));
    // The next card of the same record can be handed over.
    let next = CardOutcome { id: Uuid::from_u128(6), ..outcome(id, CardMove::Issued) };
    vault.card_left(&next, &operator, now()).unwrap();
    assert_eq!(CardStock::of(&vault.card_rows().unwrap()).balance(), 8);
}

#[test]
fn one_handover_is_of_one_card() {
    let world = World::new(10);
    let (mut vault, operator, id) = counter(&world);
    let other =
        vault.save(&draft(2, &operator), &input("3374015708030002"), &operator, now()).unwrap().record_id;
    vault.set_state(other, RecordState::CardPrinted, None, now()).unwrap();
    vault.card_left(&outcome(id, CardMove::Returned), &operator, now()).unwrap();
    for wrong in [outcome(other, CardMove::Returned), outcome(id, CardMove::Spoiled)] {
        assert_eq!(vault.card_left(&wrong, &operator, now()).unwrap_err().id(), "card-row");
    }
    assert_eq!(vault.card_rows().unwrap().len(), 2);
}

#[test]
fn rows_of_older_programs_are_read_and_theirs_stay_as_they_are() {
    let row = |more: &str| {
        format!(
            r#"{{"form":"rekam-card-row/1","number":1,"id":"{0}","kind":"received","count":1,"serials":null,"reason":null{more},"record":null,"uid_hash":null,"at":"2020-07-06T02:00:00Z","officer":"{0}","prev":"00"}}"#,
            Uuid::from_u128(4)
        )
    };
    let check = |text: &str, expected: Option<CardSort>| {
        let read: CardRow = serde_json::from_str(text).unwrap();
        assert_eq!(read.sort(), expected);
        assert_eq!(serde_json::to_string(&read).unwrap(), text, "not a byte is another one");
    };
    check(&row(""), None);
    check(&row(r#","of":"blank""#), Some(CardSort::Blank));
    check(&row(r#","of":"printed""#), Some(CardSort::Printed));
    assert!(serde_json::from_str::<CardRow>(&row(r#","of":"other""#)).is_err());
}

#[test]
fn serials_that_look_like_a_nik_are_entered() {
    let world = World::new(11);
    let (mut vault, operator) = world.ready();
    let serials = Some((NIK.to_owned(), NIK.to_owned()));
    let row = NewCardRow { serials, ..received(1) };
    assert_eq!(vault.add_card_row(&row, &operator, now()).unwrap().serials, row.serials);
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
}

#[test]
fn tries_are_kept_for_the_day_and_until_the_card_leaves() {
    let world = World::new(12);
    let (mut vault, operator, id) = counter(&world);
    let office = FixedOffset::east_opt(7 * 3600).unwrap();
    let on = |vault: &Vault, days: i64| {
        let day = (now() + TimeDelta::days(days)).with_timezone(&office).date_naive();
        vault.extract(id).unwrap().tries_on(day, office)
    };
    assert_eq!(on(&vault, 0), 0);
    vault.note_tries(id, 3, now()).unwrap();
    drop(vault);
    let (mut vault, _) = world.ready();
    // A clock that is set back gives no new tries either.
    assert_eq!([on(&vault, 0), on(&vault, 1), on(&vault, -1)], [3, 0, 3]);
    vault.card_left(&outcome(id, CardMove::Returned), &operator, now()).unwrap();
    assert_eq!(on(&vault, 0), 0);
    assert!(vault.check().unwrap().is_well());
}

#[test]
fn what_was_left_of_a_card_is_undone_before_anything_newer() {
    type Act = fn(&mut Vault, &OfficerKeys, Uuid);
    let check = |act: Act, state: RecordState| {
        let world = World::new(13);
        let (mut vault, operator, id) = counter(&world);
        let before = world.disk.read(&vault.layout().local(id), 1 << 20).unwrap();
        // As a handover leaves it whose writing and whose undoing failed.
        let marker = [format!("card\n{id} 2\n").as_bytes(), &before].concat();
        let left = vault.layout().pending_of(Uuid::from_u128(0xDEAD));
        world.disk.write_durable(&left, &marker).unwrap();
        act(&mut vault, &operator, id);
        drop(vault);
        let (vault, _) = world.ready();
        assert_eq!(vault.find(id).unwrap().unwrap().state, state);
        assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
    };
    check(
        |vault, operator, id| {
            let text = format!("record_id,state,at\n{id},CARD_PRINTED,{}", now().to_rfc3339());
            let report = vault.import_states(read_states(text.as_bytes()), operator, now()).unwrap();
            assert_eq!(report.changed, 1, "{report:?}");
        },
        RecordState::CardPrinted,
    );
    check(
        |vault, operator, id| drop(vault.card_left(&outcome(id, CardMove::Issued), operator, now()).unwrap()),
        RecordState::CardIssued,
    );
    check(
        |vault, operator, _| drop(vault.add_card_row(&received(3), operator, now()).unwrap()),
        RecordState::PrintReadyRecord,
    );
}

#[test]
fn nobody_signed_in_no_card() {
    let world = World::new(3);
    let (mut vault, operator, id) = counter(&world);
    vault.lock();
    assert_eq!(vault.card_left(&outcome(id, CardMove::Issued), &operator, now()).unwrap_err().id(), "locked");
    assert_eq!(vault.add_card_row(&received(1), &operator, now()).unwrap_err().id(), "locked");
    assert_eq!(vault.card_rows().unwrap().len(), 1, "the ledger can be read by anybody");
}

/// Hands a card over with a fault at the `nth` operation; true when the handover was over before.
fn cut(seed: u64, nth: u64, kind: CardMove, fault: Fault) -> bool {
    let world = World::new(seed);
    let what = format!("seed {seed} operation {nth} {kind:?} {fault:?}");
    let (mut vault, operator, id) = counter(&world);
    world.disk.fail(nth, fault);
    let acknowledged = vault.card_left(&outcome(id, kind), &operator, now()).is_ok();
    let over = world.disk.forget();
    drop(vault);
    match fault {
        Fault::Kill => world.disk.restart(),
        _ => world.disk.power_on(),
    }
    let (mut vault, operator) = world.ready();
    let report = vault.check().unwrap();
    assert!(report.is_well(), "{what}: {report:?}");
    let rows = vault.card_rows().unwrap();
    let (row, extract) = (vault.find(id).unwrap().unwrap(), vault.extract(id).unwrap());
    let left = rows.len() == 2;
    assert!(left || !acknowledged, "{what}: acknowledged and gone");
    assert_eq!(extract.cards.len(), usize::from(left), "{what}: extract and ledger differ");
    let issued = left && kind == CardMove::Issued;
    assert_eq!(row.state == RecordState::CardIssued, issued, "{what}: state and ledger differ");
    // Whatever happened, the same handover can now be made, once.
    vault.card_left(&outcome(id, kind), &operator, now()).unwrap();
    assert_eq!(vault.card_rows().unwrap().len(), 2, "{what}");
    assert!(vault.check().unwrap().is_well(), "{what}");
    over
}

#[test]
fn a_handover_cut_at_any_write_is_whole_or_not_at_all() {
    for (fault, seeds) in [(Fault::PowerCut, 6), (Fault::Kill, 1), (Fault::Io, 3), (Fault::NoSpace, 2)] {
        for seed in 0..seeds {
            for kind in [CardMove::Issued, CardMove::Returned] {
                let last = (1..80).find(|nth| cut(seed, *nth, kind, fault)).unwrap();
                assert!(last > 10, "a handover has more operations than {last}");
            }
        }
    }
}

#[test]
fn a_row_by_hand_cut_at_any_write_is_whole_or_not_at_all() {
    for nth in 1..30 {
        let world = World::new(nth);
        let (mut vault, operator) = world.ready();
        world.disk.fail(nth, Fault::PowerCut);
        let entered = vault.add_card_row(&received(5), &operator, now()).is_ok();
        drop(vault);
        world.disk.power_on();
        let (vault, _) = world.ready();
        let rows = vault.card_rows().unwrap();
        assert!(rows.len() == 1 || (rows.is_empty() && !entered), "{nth}");
        assert!(vault.check().unwrap().is_well(), "{nth}: {:?}", vault.check());
    }
}

#[test]
fn a_changed_or_missing_row_is_found() {
    let check = |change: &dyn Fn(&World)| {
        let world = World::new(9);
        let (mut vault, operator, id) = counter(&world);
        vault.card_left(&outcome(id, CardMove::Issued), &operator, now()).unwrap();
        vault.add_card_row(&received(3), &operator, now()).unwrap();
        drop(vault);
        change(&world);
        let (mut vault, operator) = world.ready();
        let kinds: Vec<_> = vault.check().unwrap().problems.iter().map(|p| p.kind).collect();
        assert!(kinds.contains(&ProblemKind::CardLedger), "{kinds:?}");
        let again = vault.add_card_row(&received(1), &operator, now());
        (kinds.len(), again.is_ok())
    };
    let path = |n: u32| Path::new(ROOT).join(format!("cards/{n:08}.row"));
    let of = |n: u32, from: &'static str, to: &'static str| {
        move |w: &World| {
            w.disk.tamper(&path(n), |b| *b = String::from_utf8_lossy(b).replace(from, to).into_bytes());
        }
    };
    assert!(!check(&of(1, "\"count\":10", "\"count\":99")).1);
    assert!(!check(&|w| w.disk.tamper(&path(2), |b| b.truncate(20))).1);
    assert!(!check(&|w| w.disk.remove_durable(&path(2)).unwrap()).1);
    // The last row can be taken away without breaking the chain: the audit knows it.
    check(&|w| w.disk.remove_durable(&path(3)).unwrap());
}

// --- proofs ------------------------------------------------------------------------------------------------------

const ROW: &str = "cards/00000002.row";
const STONE: &str = "cards/00000002.gone";

fn year() -> DateTime<Utc> {
    now() + TimeDelta::days(365)
}

fn proofs_due(vault: &Vault, at: DateTime<Utc>) -> Vec<Deletion> {
    let due = vault.retention_plan(&super::retention::times(), &[], at).unwrap().due;
    due.into_iter().filter(|deletion| deletion.what == Deleted::CardProof).collect()
}

/// A vault whose only card was handed over.
fn handed_over(world: &World) -> (Vault, OfficerKeys, Uuid) {
    let (mut vault, operator, id) = counter(world);
    vault.card_left(&outcome(id, CardMove::Issued), &operator, now()).unwrap();
    (vault, operator, id)
}

#[test]
fn a_proof_goes_when_its_time_is_over_and_the_ledger_sums_up() {
    let world = World::new(20);
    let (mut vault, operator, id) = handed_over(&world);
    let row = Path::new(ROOT).join(ROW);
    let whole = world.disk.read(&row, 1 << 20).unwrap();
    let rows = vault.card_rows().unwrap();
    assert_eq!(proofs_due(&vault, year() - TimeDelta::seconds(1)), []);
    let due = proofs_due(&vault, year());
    assert_eq!(due.iter().map(|d| (d.id, d.since)).collect::<Vec<_>>(), [(rows[1].id, now())]);
    let report = vault.run_retention(due.clone(), 10, year());
    assert_eq!((report.deleted.len(), report.failed.len()), (1, 0), "{report:?}");
    let left = world.disk.read(&row, 1 << 20).unwrap();
    assert!(left.len() < whole.len() && left.iter().filter(|b| **b == b'\n').count() == 1);
    assert_eq!(vault.card_proof(2).unwrap_err().id(), "unknown-record");
    assert_eq!((vault.card_rows().unwrap(), proofs_due(&vault, year())), (rows, Vec::new()));
    assert_eq!(vault.delete(&due[0], year()).unwrap_err().id(), "unknown-record", "it is gone");
    // The ledger goes on behind it, and the card is still known.
    vault.add_card_row(&received(5), &operator, year()).unwrap();
    assert_eq!(CardStock::of(&vault.card_rows().unwrap()).balance(), 14);
    assert_eq!(vault.card_owner(&UID).unwrap().map(|owner| owner.record), Some(id));
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
    let told = vault.deletions(None, None, &[]).unwrap();
    assert_eq!((told.lines.len(), told.lines[0].details["number"].as_str()), (1, "2"));
    drop(vault);
    let vault = world.open();
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
    // What was deleted is put back, or its tombstone taken away or changed.
    let check = |problem: &str| {
        let report = vault.check().unwrap();
        assert!(report.problems.iter().any(|p| p.detail.contains(problem)), "{problem}: {report:?}");
    };
    world.disk.write_durable(&row, &whole).unwrap();
    check("is there again");
    world.disk.write_durable(&row, &left).unwrap();
    let stone = Path::new(ROOT).join(STONE);
    world.disk.tamper(&stone, |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replace("card_proof_days", "card_proof_dayz").into_bytes();
    });
    check("was cut off");
    world.disk.remove_durable(&stone).unwrap();
    check("was cut off");
}

/// Deletes a proof with a fault at the `nth` operation; true when it was over before.
fn cut_proof(seed: u64, nth: u64, fault: Fault) -> bool {
    let world = World::new(seed);
    let what = format!("seed {seed} operation {nth} {fault:?}");
    let (mut vault, _, _) = handed_over(&world);
    let due = proofs_due(&vault, year());
    world.disk.fail(nth, fault);
    let acknowledged = vault.run_retention(due, 1, year()).failed.is_empty();
    let over = world.disk.forget();
    drop(vault);
    match fault {
        Fault::Kill => world.disk.restart(),
        _ => world.disk.power_on(),
    }
    let (vault, _) = world.ready();
    let audit = world.disk.read(&Path::new(ROOT).join("audit/000001.jsonl"), 1 << 20).unwrap();
    let audited = String::from_utf8(audit).unwrap().contains("card-proof-expired");
    assert_eq!(vault.card_proof(2).is_err(), audited, "{what}: proof and audit differ");
    assert!(audited || !acknowledged, "{what}: acknowledged and there");
    assert!(vault.check().unwrap().is_well(), "{what}: {:?}", vault.check());
    assert_eq!(CardStock::of(&vault.card_rows().unwrap()).balance(), 9, "{what}");
    over
}

#[test]
fn a_proof_cut_at_any_write_goes_with_its_line_or_not_at_all() {
    for (fault, seeds) in [(Fault::PowerCut, 6), (Fault::Kill, 1), (Fault::Io, 3), (Fault::NoSpace, 2)] {
        for seed in 0..seeds {
            let last = (1..120).find(|nth| cut_proof(seed, *nth, fault)).unwrap();
            assert!(last > 6, "a deletion has more operations than {last}");
        }
    }
}

// --- states ------------------------------------------------------------------------------------------------------

#[test]
fn states_go_forward_only() {
    use RecordState as R;
    let check = |from: R, to: R, may: bool| assert_eq!(may_follow(from, to), may, "{from} to {to}");
    check(R::BioCaptured, R::PrintReadyRecord, true);
    check(R::SentForDedup, R::AdjudicateRecord, true);
    check(R::AdjudicateRecord, R::SentForDedup, true);
    check(R::DuplicateRecord, R::PrintReadyRecord, true);
    check(R::PrintReadyRecord, R::CardPrinted, true);
    check(R::CardPrinted, R::CardIssued, true);
    check(R::PrintReadyRecord, R::DuplicateRecord, false);
    check(R::CardIssued, R::CardPrinted, false);
    check(R::CardIssued, R::CardIssued, false);
    for a in R::ALL {
        for b in R::ALL {
            let both = may_follow(*a, *b) && may_follow(*b, *a);
            assert!(!both || (stage(*a) == 4 && stage(*b) == 4), "{a} {b}");
        }
    }
}

/// Changes a state with a fault at the `nth` operation; true when it was over before.
fn cut_state(seed: u64, nth: u64, fault: Fault) -> bool {
    let world = World::new(seed);
    let what = format!("seed {seed} operation {nth} {fault:?}");
    let (mut vault, _, id) = counter(&world);
    world.disk.fail(nth, fault);
    let acknowledged = vault.set_state(id, RecordState::CardPrinted, None, now()).is_ok();
    let over = world.disk.forget();
    drop(vault);
    match fault {
        Fault::Kill => world.disk.restart(),
        _ => world.disk.power_on(),
    }
    let (mut vault, _) = world.ready();
    let (row, extract) = (vault.find(id).unwrap().unwrap(), vault.extract(id).unwrap());
    let audit = world.disk.read(&Path::new(ROOT).join("audit/000001.jsonl"), 1 << 20).unwrap();
    let audited = String::from_utf8(audit).unwrap().contains("\"to\":\"CARD_PRINTED\"");
    assert_eq!(row.state == RecordState::CardPrinted, audited, "{what}: state and audit differ");
    assert!(audited || !acknowledged, "{what}: acknowledged and gone");
    let told_not_kept = !acknowledged && matches!(fault, Fault::Io | Fault::NoSpace);
    assert!(!(told_not_kept && audited), "{what}: told as not kept");
    assert_eq!(extract.name, NAME, "{what}");
    assert!(vault.check().unwrap().is_well(), "{what}");
    vault.set_state(id, RecordState::CardIssued, None, now()).unwrap();
    over
}

#[test]
fn a_state_cut_at_any_write_is_changed_with_its_line_or_not_at_all() {
    for (fault, seeds) in [(Fault::PowerCut, 6), (Fault::Kill, 1), (Fault::Io, 3), (Fault::NoSpace, 2)] {
        for seed in 0..seeds {
            let last = (1..80).find(|nth| cut_state(seed, *nth, fault)).unwrap();
            assert!(last > 6, "a change has more operations than {last}");
        }
    }
}

#[test]
fn bad_lines_are_told_by_number_and_the_others_count() {
    let check = |text: &str, good: usize, codes: &[(u64, &str)]| {
        let (lines, errors) = read_states(text.as_bytes());
        let found: Vec<(u64, &str)> = errors.iter().map(|e| (e.line, e.code)).collect();
        assert_eq!((lines.len(), found.as_slice()), (good, codes), "{text}");
    };
    let id = "0198f3a2-5a3c-7cc3-98c4-dc0c0c07398f";
    let line = |rest: &str| format!("record_id,state,at\n{id},{rest}\n");
    check(&line("CARD_PRINTED,2026-03-02T02:00:00Z"), 1, &[]);
    check(
        &format!("\u{feff}at;STATE;record_id;note\n2026-03-02T09:00:00+07:00; card_printed ;{id};x"),
        1,
        &[],
    );
    check("record_id,state,at\n", 0, &[]);
    check("", 0, &[(1, "STA-01")]);
    check("id,state,at\nx", 0, &[(1, "STA-01")]);
    check(&line("PRINTED,2026-03-02T02:00:00Z"), 0, &[(2, "STA-04")]);
    check(&line("BIO_CAPTURED,2026-03-02T02:00:00Z"), 0, &[(2, "STA-08")]);
    check(&line("SENT_FOR_ENROLLMENT,2026-03-02T02:00:00Z"), 0, &[(2, "STA-08")]);
    check(&line("CARD_PRINTED,02-03-2026"), 0, &[(2, "STA-05")]);
    check(&line("CARD_PRINTED,"), 0, &[(2, "STA-05")]);
    check(&line(""), 0, &[(2, "STA-04")]);
    check("record_id,state,at\n3374015708030001,CARD_PRINTED,2026-03-02T02:00:00Z", 0, &[(2, "STA-03")]);
    let bare = id.replace('-', "");
    check(&format!("record_id,state,at\n{bare},CARD_PRINTED,2026-03-02T02:00:00Z"), 0, &[(2, "STA-03")]);
    let mixed = format!("record_id,state,at\nx,y,z\n{id},CARD_PRINTED,2026-03-02T02:00:00Z\n\"{id}");
    check(&mixed, 1, &[(2, "STA-03"), (4, "STA-04")]);
    check(&mixed.replace('\n', "\r"), 1, &[(2, "STA-03"), (4, "STA-04")]);
    assert_eq!(read_states(b"record_id,state,at\n\xff\xfe").1[0].code, "STA-01");
    assert_eq!(read_states(&vec![b'a'; STATES_MAX_BYTES + 1]).1[0].code, "STA-01");
}

#[test]
fn an_import_changes_what_it_can_and_tells_the_rest() {
    let world = World::new(4);
    let (mut vault, operator) = world.ready();
    let id = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap().record_id;
    let at = (now() + TimeDelta::hours(1)).to_rfc3339();
    let mut import = |text: String, later: i64| {
        let lines = read_states(format!("record_id,state,at\n{text}").as_bytes());
        vault.import_states(lines, &operator, now() + TimeDelta::hours(later)).unwrap()
    };
    let report =
        import(format!("{id},PRINT_READY_RECORD,{at}\n{},CARD_PRINTED,{at}\nx,y,z", Uuid::from_u128(1)), 2);
    assert_eq!((report.changed, report.unchanged), (1, 0));
    let codes: Vec<_> = report.errors.iter().map(|e| (e.line, e.code)).collect();
    assert_eq!(codes, [(3, "STA-06"), (4, "STA-03")]);
    let again = import(format!("{id},PRINT_READY_RECORD,{at}"), 2);
    assert_eq!((again.changed, again.unchanged, again.errors.len()), (0, 1, 0));
    let refuse = |report: StatesReport, code: &str| {
        assert_eq!(report.errors.iter().map(|e| e.code).collect::<Vec<_>>(), [code], "{report:?}");
    };
    refuse(import(format!("{id},SENT_FOR_DEDUP,{at}"), 2), "STA-07");
    let (future, past) = (now() + TimeDelta::hours(9), now() - TimeDelta::days(99));
    refuse(import(format!("{id},CARD_PRINTED,{}", future.to_rfc3339()), 2), "STA-05");
    refuse(import(format!("{id},CARD_PRINTED,{}", past.to_rfc3339()), 2), "STA-05");
    refuse(import(format!("{id},CARD_PRINTED,{}", now().to_rfc3339()), 2), "STA-05");
    let both = import(format!("{id},CARD_PRINTED,{at}\n{id},CARD_ISSUED,{at}"), 3);
    assert_eq!((both.changed, both.errors.len()), (1, 0));
    assert_eq!(vault.find(id).unwrap().unwrap().state, RecordState::CardIssued);
    assert!(vault.check().unwrap().is_well());
}

proptest! {
    #[test]
    fn no_file_of_states_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let (lines, _) = read_states(&bytes);
        prop_assert!(lines.len() < 300);
        let mut named = b"record_id,state,at\n".to_vec();
        named.extend(&bytes);
        let (lines, _) = read_states(&named);
        prop_assert!(lines.is_empty());
    }
}

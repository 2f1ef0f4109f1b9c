//! Deleting on a disk: what stays of what was deleted, cuts at every operation, and what a foreign tombstone does.

use ed25519_dalek::SigningKey;
use record::receipt::Receipt;

use super::*;
use crate::vault::retention::{Deleted, Deletion, RetentionTimes};

pub(super) fn times() -> RetentionTimes {
    RetentionTimes {
        health_days: 2,
        draft_days: 7,
        sent_days: 30,
        extract_days: 90,
        duplicate_days: 365,
        unprinted_days: 14,
        card_proof_days: 365,
        audit_years: 5,
    }
}

fn hub() -> SigningKey {
    record::testing::key(1, "hub")
}

fn later(days: i64) -> DateTime<Utc> {
    now() + TimeDelta::days(days)
}

/// A sealed record that the centre has since now.
fn at_centre(vault: &mut Vault, operator: &OfficerKeys) -> Uuid {
    let mut draft = draft(1, operator);
    draft.created = now();
    let id = vault.save(&draft, &input(NIK), operator, now()).unwrap().record_id;
    let line = StateLine { line: 2, id, state: RecordState::ReceivedAtCentral, at: now() };
    let report = vault.import_states((vec![line], Vec::new()), operator, now()).unwrap();
    assert_eq!(report.changed, 1, "{report:?}");
    id
}

fn due(vault: &Vault, days: i64) -> Vec<Deletion> {
    vault.retention_plan(&times(), &[], later(days)).unwrap().due
}

fn whats(deletions: &[Deletion]) -> Vec<Deleted> {
    deletions.iter().map(|d| d.what).collect()
}

#[test]
fn a_record_leaves_header_row_and_tombstone_and_the_check_is_well() {
    let world = World::new(1);
    let (mut vault, operator) = world.ready();
    let id = at_centre(&mut vault, &operator);
    let before = vault.find(id).unwrap().unwrap();
    assert_eq!(due(&vault, 29), []);
    let plan = due(&vault, 30);
    assert_eq!(whats(&plan), [Deleted::Record, Deleted::Extract], "the extract of the test expires with it");
    let payload_only = plan.into_iter().filter(|d| d.what == Deleted::Record).collect();
    let report = vault.run_retention(payload_only, 10, later(30));
    assert_eq!((report.deleted.len(), report.failed.len(), report.left), (1, 0, 0));
    assert!(world.disk.read(&vault.layout().payload(id), u64::MAX).is_err());
    let stone = vault.tombstone(id).unwrap().unwrap();
    assert_eq!((&stone.sha256, stone.counter), (&before.sha256, before.counter));
    // The row, the name and the duplicate check outlive the payload.
    let row = vault.find(id).unwrap().unwrap();
    assert_eq!(row, QueueRow { gone: Some(later(30)), ..before });
    assert_eq!(vault.extract(id).unwrap().name, NAME);
    assert_eq!(vault.find_nik(NIK).unwrap().map(|r| r.id), Some(id));
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
    assert_eq!(vault.rebuild(later(30)).unwrap().damaged, 0);
    assert_eq!(vault.find(id).unwrap().unwrap(), row);
    // The same session saved again gives the record that was, not a second one.
    let mut again = draft(1, &operator);
    again.created = now();
    assert!(vault.save(&again, &input(NIK), &operator, later(30)).unwrap().already);
    drop(vault);
    let (vault, _) = world.ready();
    assert!(vault.check().unwrap().is_well());
    let told = vault.deletions(None, None, &[]).unwrap();
    assert_eq!(told.lines.len(), 1);
    assert_eq!(told.lines[0].details["reason"], "received-at-central");
    assert_eq!(told.lines[0].details["rule"], "sent_days");
    assert_eq!(told.lines[0].details["record"], id.to_string());
}

#[test]
fn an_extract_forgets_the_person_and_keeps_what_the_record_needs() {
    let world = World::new(2);
    let (mut vault, operator) = world.ready();
    let id = at_centre(&mut vault, &operator);
    let plan: Vec<_> = due(&vault, 30).into_iter().filter(|d| d.what == Deleted::Extract).collect();
    assert_eq!(vault.run_retention(plan, 10, later(30)).deleted.len(), 1);
    let extract = vault.extract(id).unwrap();
    assert!(extract.name.is_empty() && extract.templates.is_empty() && extract.photo_jpeg.is_empty());
    assert_eq!((extract.nik_tail.as_str(), extract.tracking_token), ("", [0; 16]));
    assert_eq!(extract.state_at, Some(now()));
    let row = vault.find(id).unwrap().unwrap();
    assert_eq!((row.expires, row.state), (None, RecordState::ReceivedAtCentral));
    assert_eq!(vault.is_kk_of_record(id, KK).unwrap(), None, "a forgotten birth date fits nobody");
    // A second recording is still found, until its own time is over.
    assert!(vault.find_nik(NIK).unwrap().is_some());
    let created = row.created;
    let over = created + TimeDelta::days(365);
    let plan = vault.retention_plan(&times(), &[], over - TimeDelta::seconds(1)).unwrap().due;
    assert_eq!(whats(&plan), [Deleted::Record]);
    let plan = vault.retention_plan(&times(), &[], over).unwrap().due;
    assert_eq!(whats(&plan), [Deleted::Record, Deleted::DuplicateMark]);
    assert_eq!(vault.run_retention(plan, 10, over).deleted.len(), 2);
    assert!(vault.find_nik(NIK).unwrap().is_none());
    // States still come in.
    let line = StateLine { line: 2, id, state: RecordState::CardPrinted, at: over };
    assert_eq!(vault.import_states((vec![line], Vec::new()), &operator, over).unwrap().changed, 1);
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
}

#[track_caller]
fn receipt(
    (pinned, replicas, key): (bool, &[&str], &SigningKey),
    of: impl Fn(&mut Receipt),
    state: RecordState,
    goes: bool,
) {
    let world = World::new(3);
    let (mut vault, operator) = if pinned { world.ready_with_hub() } else { world.ready() };
    let mut draft = draft(1, &operator);
    draft.created = now();
    let id = vault.save(&draft, &input(NIK), &operator, now()).unwrap().record_id;
    let header = world.disk.read(&vault.layout().header(id), u64::MAX).unwrap();
    let header = record::header::Header::parse(&header).unwrap();
    let names = replicas.iter().map(|r| (*r).to_owned()).collect();
    let mut receipt = Receipt::sign(&header, names, now(), key).unwrap();
    of(&mut receipt);
    let bytes = serde_json::to_vec(&receipt).unwrap();
    vault.set_state(id, state, Some(&bytes), now()).unwrap();
    let goes_now = whats(&due(&vault, 30)).contains(&Deleted::Record);
    assert_eq!(goes_now, goes, "{replicas:?} {state}");
    assert!(!whats(&due(&vault, 29)).contains(&Deleted::Record));
    let signed = receipt.check_signature(&hub().verifying_key()).is_ok();
    assert_eq!(vault.hub_time().unwrap(), (pinned && signed).then(now));
}

#[test]
fn only_a_verified_receipt_of_two_stores_counts() {
    let sent = RecordState::SentForEnrollment;
    receipt((true, &["hub-a", "hub-b"], &hub()), |_| {}, sent, true);
    receipt((false, &["hub-a", "hub-b"], &hub()), |_| {}, sent, false);
    receipt((true, &["hub-a"], &hub()), |_| {}, sent, false);
    receipt((true, &["hub-a", "hub-b"], &record::testing::key(2, "hub")), |_| {}, sent, false);
    receipt((true, &["hub-a", "hub-b"], &hub()), |r| r.counter += 1, sent, false);
    receipt((true, &["hub-a", "hub-b"], &hub()), |r| r.replicas.push("hub-c".into()), sent, false);
    receipt((true, &["hub-a", "hub-b"], &hub()), |_| {}, RecordState::Processing, false);
    receipt((true, &["hub-a", "hub-b"], &hub()), |_| {}, RecordState::DuplicateRecord, false);
}

#[test]
fn drafts_health_and_documents_go_each_by_its_time() {
    let world = World::new(4);
    let (mut vault, _) = world.ready();
    let (session, document) = (Uuid::now_v7(), Uuid::now_v7());
    kept(&mut vault, session);
    vault.keep_step(session, "health", b"36.5", now()).unwrap();
    let paper = UnprintedDocument { kind: "slip".into(), session, name: NAME.into(), pdf: b"%PDF".to_vec() };
    vault.keep_unprinted(document, &paper, now(), later(60)).unwrap();
    assert_eq!(due(&vault, 1), []);
    let plan = due(&vault, 2);
    assert_eq!(whats(&plan), [Deleted::Health]);
    assert_eq!(vault.run_retention(plan, 10, later(2)).deleted.len(), 1);
    let steps: Vec<_> = vault.load_draft(session).unwrap().0.into_keys().collect();
    assert_eq!(steps, ["biodata", "photo"]);
    let plan = due(&vault, 14);
    assert_eq!(whats(&plan), [Deleted::Draft, Deleted::Document]);
    // A session in use is left alone, whatever its age.
    let spared = vault.retention_plan(&times(), &[session], later(14)).unwrap().due;
    assert_eq!(whats(&spared), [Deleted::Document]);
    // A bounded run does what it may, and tells the rest.
    let report = vault.run_retention(plan, 1, later(14));
    assert_eq!((report.deleted.len(), report.left), (1, 1));
    assert_eq!(vault.run_retention(due(&vault, 14), 10, later(14)).deleted.len(), 1);
    assert!(vault.drafts().unwrap().is_empty() && vault.unprinted().unwrap().is_empty());
    assert_eq!(due(&vault, 14), []);
    let told = vault.deletions(Some(later(14)), Some(later(15)), &[]).unwrap();
    let events: Vec<_> = told.lines.iter().map(|l| l.event.as_str()).collect();
    assert_eq!(events, ["draft-expired", "document-expired"]);
    assert!(vault.check().unwrap().is_well());
}

/// Everything that can be due, in one vault.
fn full(world: &World) -> (Vault, Uuid, Uuid) {
    let (mut vault, operator) = world.ready();
    let id = at_centre(&mut vault, &operator);
    let session = Uuid::now_v7();
    kept(&mut vault, session);
    vault.keep_step(session, "health", b"36.5", now()).unwrap();
    let paper = UnprintedDocument { kind: "proof".into(), session, name: NAME.into(), pdf: b"%PDF".to_vec() };
    vault.keep_unprinted(session, &paper, now(), later(20)).unwrap();
    (vault, id, session)
}

/// What was deleted: by the audit, and by the files. Both must say the same.
fn deleted(vault: &Vault, id: Uuid, session: Uuid) -> [(bool, bool); 4] {
    let told = vault.deletions(None, None, &[]).unwrap();
    assert_eq!(told.broken, None);
    let has = |event: &str| told.lines.iter().any(|line| line.event == event);
    let row = vault.find(id).unwrap().unwrap();
    let payload = vault.files().len(&vault.layout().payload(id)).unwrap();
    assert_eq!(row.gone.is_some(), payload.is_none(), "row and payload");
    let draft = vault.files().list(&vault.layout().draft(session)).is_ok_and(|l| !l.is_empty());
    let document = vault.unprinted_ids().unwrap().contains(&session);
    let name = vault.extract(id).unwrap().name.is_empty();
    [
        (has("record-deleted"), payload.is_none()),
        (has("extract-expired"), name),
        (has("draft-expired"), !draft),
        (has("document-expired"), !document),
    ]
}

/// A run with a fault at the `nth` operation. True when the run was over before.
fn cut(seed: u64, nth: u64, fault: Fault) -> bool {
    let world = World::new(seed);
    let what = format!("seed {seed} operation {nth} {fault:?}");
    let (mut vault, id, session) = full(&world);
    let plan = due(&vault, 30);
    assert_eq!(plan.len(), 4);
    world.disk.fail(nth, fault);
    let report = vault.run_retention(plan, 10, later(30));
    let over = world.disk.forget();
    drop(vault);
    match fault {
        Fault::Kill => world.disk.restart(),
        _ => world.disk.power_on(),
    }
    let (mut vault, _) = world.ready();
    assert!(vault.check().unwrap().is_well(), "{what}: {:?}", vault.check());
    let found = deleted(&vault, id, session);
    for (event, (audited, gone)) in
        ["record-deleted", "extract-expired", "draft-expired", "document-expired"].iter().zip(found)
    {
        assert_eq!(audited, gone, "{what}: {event}");
        let told = report.deleted.iter().any(|d| d.what.event() == *event);
        assert!(!told || gone, "{what}: {event} was told as done");
    }
    // The next run does the rest.
    let rest = vault.run_retention(due(&vault, 30), 10, later(30));
    assert_eq!(rest.failed, [], "{what}");
    assert_eq!(deleted(&vault, id, session), [(true, true); 4], "{what}");
    assert!(vault.check().unwrap().is_well(), "{what}");
    over
}

#[test]
fn a_run_cut_at_any_operation() {
    for (fault, seeds) in [(Fault::PowerCut, 6), (Fault::Kill, 1), (Fault::Io, 3), (Fault::NoSpace, 1)] {
        for seed in 0..seeds {
            let last = (1..300).find(|nth| cut(seed, *nth, fault)).unwrap();
            assert!(last > 30, "a run has more operations than {last}");
        }
    }
}

#[test]
fn a_tombstone_that_the_station_did_not_sign_hides_nothing() {
    let world = World::new(5);
    let (mut vault, operator) = world.ready();
    let id = at_centre(&mut vault, &operator);
    let other = {
        let world = World::new(6);
        let (mut vault, operator) = world.ready();
        let id = at_centre(&mut vault, &operator);
        vault.run_retention(due(&vault, 30), 10, later(30));
        world.disk.read(&vault.layout().gone(id), u64::MAX).unwrap()
    };
    // Somebody removes the payload and lays a tombstone of another station's vault over it.
    world.disk.tamper(&vault.layout().gone(id), |bytes| *bytes = other);
    world.disk.remove_durable(&vault.layout().payload(id)).unwrap();
    let kinds: Vec<_> = vault.check().unwrap().problems.into_iter().map(|p| p.kind).collect();
    assert!(kinds.contains(&ProblemKind::RecordDamaged) && kinds.contains(&ProblemKind::FileMissing));
    vault.rebuild(now()).unwrap();
    assert!(vault.find(id).unwrap().unwrap().damaged);
}

#[test]
fn a_clock_that_is_not_believed_is_told() {
    let world = World::new(7);
    let vault = world.open();
    assert!(!vault.is_clock_far_ahead(later(179)));
    assert!(vault.is_clock_far_ahead(later(200)));
}

#[test]
fn segments_of_the_audit_may_be_moved_only_after_their_years() {
    let world = World::new(8);
    let (mut vault, _) = world.ready();
    let event = AuditEvent::new("test");
    for _ in 0..crate::vault::audit::SEGMENT_LINES + 10 {
        vault.append_audit(&event, now()).unwrap();
    }
    let years = TimeDelta::days(366 * 5);
    assert_eq!(vault.archivable_segments(&times(), now() + years).unwrap(), Vec::<String>::new());
    let over = now() + years + TimeDelta::seconds(1);
    assert_eq!(vault.archivable_segments(&times(), over).unwrap(), ["000001.jsonl"]);
}

#[test]
fn what_is_not_sent_is_counted_without_reading_every_row() {
    let world = World::new(9);
    let (mut vault, operator) = world.ready();
    assert_eq!(vault.unsent().unwrap(), Unsent::default());
    let mut ids = Vec::new();
    for seed in 1..=3 {
        let mut draft = draft(seed, &operator);
        draft.created = later(-(seed as i64));
        ids.push(vault.save(&draft, &input(NIK), &operator, now()).unwrap().record_id);
    }
    assert_eq!(vault.unsent().unwrap(), Unsent { records: 3, oldest: Some(later(-3)) });
    vault.set_state(ids[2], RecordState::SentForEnrollment, None, now()).unwrap();
    assert_eq!(vault.unsent().unwrap(), Unsent { records: 2, oldest: Some(later(-2)) });
    vault.rebuild(now()).unwrap();
    assert_eq!(vault.unsent().unwrap(), Unsent { records: 2, oldest: Some(later(-2)) });
    let room = vault.room().unwrap();
    assert!(room.mean_bytes > 0 && room.largest_bytes >= room.mean_bytes && room.drafts == 0);
}

#[test]
fn an_open_session_of_another_station_opens_nowhere_else_and_says_so() {
    let (here, there) = (World::new(10), World::new(11));
    let (mut other, _) = there.ready();
    let session = Uuid::now_v7();
    kept(&mut other, session);
    let (vault, operator) = here.ready();
    let layout = vault.layout().clone();
    here.disk.make_folder_durable(&layout.draft(session)).unwrap();
    for step in ["biodata", "photo"] {
        let bytes = there.disk.read(&layout.step(session, step), u64::MAX).unwrap();
        here.disk.tamper(&layout.step(session, step), |b| *b = bytes);
    }
    let (steps, notes) = vault.load_draft(session).unwrap();
    assert!(steps.is_empty());
    assert_eq!(notes, [Note::DraftForeign { session }]);
    // It is listed, and can be discarded with a reason.
    assert_eq!(vault.drafts().unwrap().len(), 1);
    let mut vault = vault;
    vault.discard_draft(session, "unreadable", operator.officer.id, now()).unwrap();
    assert!(vault.drafts().unwrap().is_empty());
}

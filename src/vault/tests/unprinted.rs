//! Documents that wait for the printer: they come back, lie encrypted, and go when they are printed or expired.

use super::*;

const PDF: &[u8] = b"%PDF-1.7 PROOF-OF-A-PERSON";

fn document(kind: &str) -> UnprintedDocument {
    UnprintedDocument { kind: kind.into(), session: Uuid::from_u128(7), name: NAME.into(), pdf: PDF.to_vec() }
}

fn path(id: Uuid) -> std::path::PathBuf {
    Path::new(ROOT).join(format!("unprinted/{id}.enc"))
}

fn events(world: &World) -> Vec<String> {
    let bytes = world.disk.read(&Path::new(ROOT).join("audit/000001.jsonl"), 1 << 20).unwrap();
    let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    lines.map(|l| serde_json::from_slice::<AuditLine>(l).unwrap().event).collect()
}

#[test]
fn they_come_back_and_lie_encrypted() {
    let world = World::new(41);
    let (mut vault, _) = world.ready();
    assert_eq!(vault.unprinted().unwrap(), []);
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let later = now() + TimeDelta::minutes(1);
    vault.keep_unprinted(two, &document("slip"), later, later + TimeDelta::days(7)).unwrap();
    vault.keep_unprinted(one, &document("proof"), now(), now() + TimeDelta::days(7)).unwrap();
    drop(vault);
    let (mut vault, _) = world.ready();
    let expected = vec![(one, now(), document("proof")), (two, later, document("slip"))];
    assert_eq!(vault.unprinted().unwrap(), expected, "oldest first, after a restart");
    let bytes = world.disk.read(&path(one), 1 << 20).unwrap();
    for secret in [PDF, NAME.as_bytes(), b"proof"] {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret), "in clear on disk");
    }
    assert!(vault.check().unwrap().is_well());

    vault.lock();
    assert_eq!(vault.unprinted().unwrap_err().id(), "locked");
    assert_eq!(vault.load_unprinted(one).unwrap_err().id(), "locked");
    assert_eq!(vault.keep_unprinted(one, &document("x"), now(), now()).unwrap_err().id(), "locked");
    // The printer was slow and the officer has gone.
    vault.printed(one, later).unwrap();
    vault.printed(one, later).unwrap();
    assert_eq!(events(&world).iter().filter(|e| *e == "document-printed").count(), 2);
    drop(vault);
    let (vault, _) = world.ready();
    assert_eq!(vault.unprinted().unwrap(), [(two, later, document("slip"))]);
    assert_eq!(vault.load_unprinted(one).unwrap_err().id(), "unknown-record");
}

#[test]
fn a_changed_file_is_no_document_and_is_named() {
    let world = World::new(42);
    let (mut vault, _) = world.ready();
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for id in [one, two] {
        vault.keep_unprinted(id, &document("proof"), now(), now() + TimeDelta::days(7)).unwrap();
    }
    let whole = world.disk.read(&path(one), 1 << 20).unwrap();
    let check = |vault: &Vault, what: &str, bytes: Vec<u8>| {
        world.disk.tamper(&path(one), |b| *b = bytes);
        assert_eq!(vault.load_unprinted(one).unwrap_err().id(), "corrupt", "{what}");
        assert_eq!(vault.unprinted().unwrap().len(), 1, "{what}: the other one is there");
        let problems = vault.check().unwrap().problems;
        assert_eq!(problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::DocumentUnreadable]);
    };
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    check(&vault, "empty", Vec::new());
    check(&vault, "cut", whole[..30].to_vec());
    check(&vault, "magic", changed(0));
    check(&vault, "time made", changed(5));
    check(&vault, "time of expiry", changed(13));
    check(&vault, "ciphertext", changed(60));
    let other = world.disk.read(&path(two), 1 << 20).unwrap();
    check(&vault, "another document's file", other);
    vault.lock();
    assert!(vault.check().unwrap().is_well(), "locked, nobody can say");
}

#[test]
fn they_expire_and_have_limits() {
    let world = World::new(43);
    let (mut vault, _) = world.ready();
    let day = TimeDelta::days(1);
    for (id, days) in [(1, 1), (2, 2), (3, 9)] {
        let expires = now() + day * days;
        vault.keep_unprinted(Uuid::from_u128(id), &document("proof"), now(), expires).unwrap();
    }
    let left =
        |vault: &Vault| vault.unprinted().unwrap().iter().map(|(id, ..)| id.as_u128()).collect::<Vec<_>>();
    let run = |vault: &mut Vault, at| {
        let due = vault.due_beside_records(&super::retention::times(), &[], at).unwrap();
        vault.run_retention(due, usize::MAX, at).deleted.len()
    };
    assert_eq!(run(&mut vault, now()), 0);
    assert_eq!(run(&mut vault, now() + day * 2), 2);
    assert_eq!(left(&vault), [3]);
    assert_eq!(events(&world).iter().filter(|e| *e == "document-expired").count(), 2);

    let mut large = document("proof");
    large.pdf = vec![0; DOCUMENT_MAX as usize + 1];
    let refused = vault.keep_unprinted(Uuid::from_u128(9), &large, now(), now());
    assert_eq!(refused.unwrap_err().id(), "too-large");
    for id in 0..UNPRINTED_MAX as u128 - 1 {
        vault.keep_unprinted(Uuid::from_u128(100 + id), &document("proof"), now(), now() + day).unwrap();
    }
    let one_more = vault.keep_unprinted(Uuid::from_u128(9), &document("proof"), now(), now() + day);
    assert_eq!(one_more.unwrap_err().id(), "too-large");
    vault.keep_unprinted(Uuid::from_u128(3), &document("slip"), now(), now() + day).unwrap();
}

#[test]
fn a_cut_of_power_leaves_a_whole_document_or_none() {
    for nth in 1..40 {
        let world = World::new(500 + nth);
        let (mut vault, _) = world.ready();
        world.disk.fail(nth, Fault::PowerCut);
        let id = Uuid::from_u128(1);
        let kept = vault.keep_unprinted(id, &document("proof"), now(), now() + TimeDelta::days(7));
        drop(vault);
        if world.disk.forget() {
            assert!(kept.is_ok() && nth > 3, "cut {nth}");
            return;
        }
        world.disk.power_on();
        let (vault, _) = world.ready();
        let found = vault.unprinted().unwrap();
        assert!(kept.is_err() || found.len() == 1, "cut {nth}: acknowledged and lost");
        assert!(vault.check().unwrap().is_well(), "cut {nth}");
    }
    panic!("the keeping never ended without a cut");
}

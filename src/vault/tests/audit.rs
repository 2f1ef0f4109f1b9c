//! The audit of a whole vault: signatures, heads that are held elsewhere, archives, old copies.

use super::*;
use crate::vault::audit::SEGMENT_LINES;

/// A vault whose audit has several segments, and its last line's number and hash.
fn busy(seed: u64, lines: u64) -> (World, u64, String) {
    let world = World::new(seed);
    let (mut vault, operator) = world.ready();
    vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    let discarded = AuditEvent::new("draft-discarded").with("reason", "left").with("change", Uuid::now_v7());
    vault.append_audit(&discarded, now()).unwrap();
    while vault.audit_seq() < lines {
        let event = AuditEvent::new("capture").with("score", vault.audit_seq());
        vault.append_audit(&event, now()).unwrap();
    }
    let (seq, head) = (vault.audit_seq(), vault.audit_head().to_owned());
    (world, seq, head)
}

fn segment(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:06}.jsonl"))
}

fn lines(world: &World, path: &Path) -> Vec<String> {
    let bytes = world.disk.read(path, u64::MAX).unwrap();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

fn put(world: &World, path: &Path, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    world.disk.write_durable(path, text.as_bytes()).unwrap();
}

/// Walks the chain without opening the vault, which would add lines.
fn verify(world: &World, held: &[HeldHead], archives: &[PathBuf]) -> AuditReport {
    let layout = Layout::new(Path::new(ROOT));
    let config = Vault::peek(&world.disk, Path::new(ROOT)).unwrap();
    let expected = crate::vault::audit_walk::Expectations {
        simulated: true,
        station: Some(config.station_verifying_key().unwrap()),
        held,
        archives,
    };
    crate::vault::audit_walk::walk(&world.disk, &layout.audit(), config.vault, &expected).unwrap().0
}

fn held(seq: u64, head: &str) -> Vec<HeldHead> {
    vec![HeldHead { source: "elsewhere".into(), seq: Some(seq), head: head.to_owned(), sealed: None }]
}

/// Every change, removal, swap and cut of a single line of these segments is found, and placed.
fn tamper_all(world: &World, folder: &Path, numbers: &[u64], held: &[HeldHead], archives: &[PathBuf]) {
    let last_number = *numbers.last().unwrap();
    for number in numbers {
        let path = segment(folder, *number);
        let whole = lines(world, &path);
        let is_end = |at: usize| *number == last_number && at + 1 == whole.len() && archives.is_empty();
        let check = |what: &str, at: usize, changed: &[String]| {
            put(world, &path, changed);
            let report = verify(world, held, archives);
            assert!(!report.is_well(), "{what} of line {at} of segment {number}");
            report
        };
        for at in 0..whole.len() {
            let place = (format!("{number:06}.jsonl"), at as u64 + 1);
            let placed = |report: &AuditReport| {
                report.broken.as_ref().map(|b| (b.segment.clone(), b.line)) == Some(place.clone())
            };
            for find in ["\"event\":\"", "\"details\":{", "\"time\":\"20", "\"seq\":"] {
                let from = whole[at].find(find).unwrap() + find.len();
                let mut changed = whole.clone();
                let letter = if changed[at].as_bytes()[from] == b'1' { "2" } else { "1" };
                changed[at].replace_range(from..=from, letter);
                let report = check("a change", at, &changed);
                let unsigned_end = is_end(at) && report.broken.is_none();
                assert!(placed(&report) || unsigned_end, "{find} in {place:?}: {report:?}");
            }
            let mut changed = whole.clone();
            changed.remove(at);
            let report = check("a removal", at, &changed);
            let at_end = at + 1 == whole.len();
            assert!(placed(&report) || at_end, "removal of {place:?}: {report:?}");
            if !at_end {
                let mut changed = whole.clone();
                changed.swap(at, at + 1);
                assert!(placed(&check("a swap", at, &changed)), "swap at {place:?}");
            }
            // Cut in the middle of the line, and behind the line before.
            let mut changed = whole.clone();
            changed.truncate(at);
            check("a cut", at, &changed);
            let torn = whole[at].get(..20).unwrap();
            let text = changed.iter().map(|l| format!("{l}\n")).collect::<String>() + torn;
            world.disk.write_durable(&path, text.as_bytes()).unwrap();
            assert!(!verify(world, held, archives).is_well(), "torn line {at} of segment {number}");
        }
        put(world, &path, &whole);
        assert!(verify(world, held, archives).is_well());
    }
}

#[test]
fn every_tampering_with_a_single_line_is_found_and_placed() {
    let (world, seq, head) = busy(1, 30);
    let report = verify(&world, &held(seq, &head), &[]);
    assert!(report.is_well() && report.signed_seq > 20, "{report:?}");
    tamper_all(&world, &Layout::new(Path::new(ROOT)).audit(), &[1, 2], &held(seq, &head), &[]);
}

/// Every segment but the last so many.
fn all_but(keep: u64) -> ArchiveOptions {
    ArchiveOptions { before: now() + TimeDelta::days(1), asked: true, keep }
}

#[test]
fn archived_segments_are_vouched_for_and_still_checked() {
    let (world, _, _) = busy(2, 3 * SEGMENT_LINES + 5);
    let archive = PathBuf::from("/disk/archive");
    world.disk.make_folder_durable(&archive).unwrap();
    let (mut vault, operator) = world.ready();
    let disk = world.disk.shared();
    let refused = vault.archive_audit(&disk, &archive, all_but(2), &operator, now()).unwrap_err();
    assert_eq!(refused.id(), "not-supervisor");
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    // What the policy keeps stays.
    let young = ArchiveOptions { before: now() - TimeDelta::days(5 * 366), asked: false, keep: 1 };
    let none = vault.archive_audit(&disk, &archive, young, &supervisor, now()).unwrap();
    assert_eq!((none.moved, none.archived), (0, 0));
    let done = vault.archive_audit(&disk, &archive, all_but(2), &supervisor, now()).unwrap();
    assert_eq!((done.moved, done.archived, done.seq), (2, 2, 2 * SEGMENT_LINES));
    let again = vault.archive_audit(&disk, &archive, all_but(2), &supervisor, now()).unwrap();
    assert_eq!((again.moved, again.archived), (0, 2));
    // The vault goes on: opening, saving, checking, recovery, another archive.
    vault.save(&draft(3, &operator), &input("3374015708030003"), &operator, now()).unwrap();
    assert!(vault.check().unwrap().is_well());
    let more = vault.archive_audit(&disk, &archive, all_but(1), &supervisor, now()).unwrap();
    assert_eq!((more.moved, more.archived), (1, 3));
    let (seq, head) = (vault.audit_seq(), vault.audit_head().to_owned());
    drop(vault);
    let vault = world.open();
    assert!(vault.check().unwrap().is_well());
    assert!(vault.verify_audit_against(Vec::new(), &[]).unwrap().is_well());
    assert!(vault.verify_audit_against(Vec::new(), std::slice::from_ref(&archive)).unwrap().is_well());
    let told = |archives: &[PathBuf]| {
        let told = vault.deletions(None, None, archives).unwrap();
        (told.lines.len(), told.archived, told.broken)
    };
    assert_eq!(told(&[]), (0, 3, None));
    assert_eq!(told(std::slice::from_ref(&archive)), (1, 0, None));
    drop(vault);
    let held = held(seq, &head);
    let folder = done.folder.clone();
    tamper_all(&world, &folder, &[1, 2, 3], &held, std::slice::from_ref(&archive));
    // A head within what is archived can be compared with the archive only.
    let wrong = self::held(7, &"0".repeat(64));
    let unread = verify(&world, &wrong, &[]);
    assert_eq!((unread.is_well(), unread.held, unread.unchecked), (true, 1, 1));
    let read = verify(&world, &wrong, std::slice::from_ref(&archive));
    assert_eq!((read.unfit[0].why, read.unchecked), ("rewritten", 0));
    let nameless = [HeldHead { seq: None, ..wrong[0].clone() }];
    assert_eq!(verify(&world, &nameless, &[]).unchecked, 1);
    assert_eq!(verify(&world, &nameless, std::slice::from_ref(&archive)).unfit[0].why, "unknown");
    assert_eq!(verify(&world, &held, &[]).unchecked, 0, "the last line is here");
    world.disk.remove_durable(&segment(&folder, 2)).unwrap();
    let broken = verify(&world, &held, std::slice::from_ref(&archive)).broken.unwrap();
    assert_eq!((broken.segment.as_str(), broken.why), ("000002.jsonl", "segment-missing"));
    let stub = Layout::new(Path::new(ROOT)).audit().join("archived.json");
    world.disk.tamper(&stub, |bytes| {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace("\"seq\":60", "\"seq\":61").into_bytes();
    });
    assert_eq!(verify(&world, &[], &[]).broken.unwrap().why, "signature");
}

#[test]
fn an_archive_cut_anywhere_is_done_again() {
    for fault in [Fault::PowerCut, Fault::Io, Fault::Kill] {
        for nth in 1..60 {
            let (world, _, _) = busy(nth, 2 * SEGMENT_LINES + 3);
            world.disk.make_folder_durable(Path::new("/disk/archive")).unwrap();
            let (mut vault, _) = world.ready();
            let supervisor = world.sign_in(&mut vault, Role::Supervisor);
            world.disk.fail(nth, fault);
            let archive = |vault: &mut Vault, by: &OfficerKeys| {
                vault.archive_audit(&world.disk.shared(), Path::new("/disk/archive"), all_but(1), by, now())
            };
            archive(&mut vault, &supervisor).ok();
            let over = world.disk.forget();
            drop(vault);
            world.disk.power_on();
            let (mut vault, _) = world.ready();
            let supervisor = world.sign_in(&mut vault, Role::Supervisor);
            let what = format!("{fault:?} at {nth}");
            assert!(vault.check().unwrap().is_well(), "{what}");
            archive(&mut vault, &supervisor).unwrap();
            let report = vault.verify_audit_against(Vec::new(), &[PathBuf::from("/disk/archive")]).unwrap();
            assert!(report.is_well() && report.archived == 0, "{what}: {report:?}");
            assert!(vault.check().unwrap().is_well(), "{what}");
            if over {
                break;
            }
        }
    }
}

#[test]
fn who_has_no_key_cannot_write_another_history() {
    let (world, _, _) = busy(3, 30);
    let layout = Layout::new(Path::new(ROOT));
    let config = Vault::peek(&world.disk, Path::new(ROOT)).unwrap();
    // The whole chain written anew, in order and with right hashes, one detail changed.
    let forge = |sign_ins: bool| {
        let mut prev = crate::vault::audit::genesis(config.vault);
        for number in 1..=2 {
            let path = segment(&layout.audit(), number);
            let mut forged = Vec::new();
            for line in lines(&world, &path) {
                let mut line: AuditLine = serde_json::from_str(&line).unwrap();
                line.prev = prev;
                line.details.remove("checkpoint");
                if !sign_ins && line.event == "sign-in" {
                    line.event = "capture".into();
                }
                if line.event == "capture" {
                    line.details.insert("score".into(), "99".into());
                }
                let text = serde_json::to_string(&line).unwrap();
                prev = crate::vault::crypto::sha256_hex(text.as_bytes());
                forged.push(text);
            }
            put(&world, &path, &forged);
        }
        verify(&world, &[], &[])
    };
    assert_eq!(forge(true).broken.unwrap().why, "unsigned");
    // Without a single sign-in it is whole by itself, but nothing of it is signed, and records hold other heads.
    assert_eq!(forge(false).signed_seq, 0);
    let report = world.open().verify_audit_against(Vec::new(), &[]).unwrap();
    assert_eq!(report.unfit.first().map(|held| held.why), Some("rewritten"));
}

/// A file in the inbox, and the event that the audit then has of it.
#[track_caller]
fn inbox(bytes: &str, event: &str) {
    let world = World::new(3);
    let mut vault = world.open();
    let folder = vault.layout().inbox();
    world.disk.make_folder_durable(&folder).unwrap();
    let path = folder.join(format!("{}.json", Uuid::now_v7()));
    world.disk.write_durable(&path, bytes.as_bytes()).unwrap();
    // Whatever was put there, an officer gets in.
    world.sign_in(&mut vault, Role::Operator);
    assert_eq!(world.disk.len(&path).unwrap(), None, "{bytes}");
    let last = lines(&world, &segment(&vault.layout().audit(), 1)).join("\n");
    let of = |name: &str| last.matches(&format!("\"event\":\"{name}\"")).count();
    for name in ["inbox-unreadable", "records-carried", "record-deleted"] {
        assert_eq!(of(name), usize::from(name == event), "{bytes}");
    }
    drop(vault);
    assert_eq!(verify(&world, &[], &[]).broken, None);
}

#[test]
fn what_was_put_into_the_inbox_passes_for_nothing_of_weight_and_keeps_nobody_out() {
    let left = |event: &str, details: &str| {
        format!(r#"{{"event":"{event}","at":"2026-03-02T01:00:00Z","details":{{{details}}}}}"#)
    };
    inbox(&left("records-carried", r#""records":"3""#), "records-carried");
    inbox("", "inbox-unreadable");
    inbox("{}", "inbox-unreadable");
    inbox(&left("record-deleted", ""), "inbox-unreadable");
    inbox(&left("records-carried", r#""name":"CONTOH PEMOHON""#), "inbox-unreadable");
    inbox(&left("records-carried", r#""checkpoint":"00""#), "inbox-unreadable");
    inbox(&left("records-carried", r#""Records":"3""#), "inbox-unreadable");
    inbox(&left("records-carried", r#""change":"00""#), "inbox-unreadable");
}

#[test]
fn an_old_copy_put_back_is_found_told_and_never_repeats_a_counter() {
    let world = World::new(4);
    let open = OpenOptions { witness: Some("/state/witness".into()), ..OpenOptions::default() };
    let opened = || {
        let mut vault = Vault::open(world.disk.shared(), Path::new(ROOT), &open, now()).unwrap();
        let operator = world.sign_in(&mut vault, Role::Operator);
        (vault, operator)
    };
    let copy = |from: &str, to: &str| {
        let mut folders = vec![PathBuf::from(from)];
        while let Some(folder) = folders.pop() {
            let into = Path::new(to).join(folder.strip_prefix(from).unwrap());
            world.disk.make_folder(&into).unwrap();
            for entry in world.disk.list(&folder).unwrap() {
                let path = folder.join(&entry.name);
                if entry.folder {
                    folders.push(path);
                } else {
                    let bytes = world.disk.read(&path, u64::MAX).unwrap();
                    world.disk.write_durable(&into.join(&entry.name), &bytes).unwrap();
                }
            }
        }
    };
    let (mut vault, operator) = opened();
    vault.save(&draft(1, &operator), &input("3374015708030001"), &operator, now()).unwrap();
    drop(vault);
    copy(ROOT, "/disk/copy");
    let (mut vault, operator) = opened();
    let gone = vault.save(&draft(2, &operator), &input("3374015708030002"), &operator, now()).unwrap();
    let manifest_heads = vault.verify_audit_against(Vec::new(), &[]).unwrap();
    assert!(manifest_heads.is_well() && manifest_heads.held == 3);
    vault.lock();
    drop(vault);
    // The old copy is put back.
    crate::vault::files::remove_tree(&world.disk, Path::new(ROOT)).unwrap();
    copy("/disk/copy", ROOT);
    let (mut vault, operator) = opened();
    assert!(vault.notes().iter().any(|n| matches!(n, Note::PutBack { .. })), "{:?}", vault.notes());
    let report = vault.verify_audit_against(Vec::new(), &[]).unwrap();
    assert!(report.broken.is_none() && !report.is_well(), "{report:?}");
    let saved = vault.save(&draft(3, &operator), &input("3374015708030003"), &operator, now()).unwrap();
    assert!(saved.counter > gone.counter);
    drop(vault);
    // Told until a supervisor takes note.
    let (mut vault, operator) = opened();
    assert!(vault.notes().iter().any(|n| matches!(n, Note::PutBack { .. })));
    assert_eq!(vault.acknowledge_put_back(&operator, now()).unwrap_err().id(), "not-supervisor");
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    assert_eq!(vault.acknowledge_put_back(&supervisor, now()).unwrap(), 1);
    drop(vault);
    let (vault, _) = opened();
    assert!(!vault.notes().iter().any(|n| matches!(n, Note::PutBack { .. })));
    assert!(vault.verify_audit_against(Vec::new(), &[]).unwrap().is_well());
    // One that cannot be read keeps nobody out, is told, and is not written over.
    let witness = Path::new("/state/witness").join(format!("{}.json", vault.config().vault));
    drop(vault);
    let unreadable = vec![b'x'; usize::try_from(super::super::layout::SMALL_FILE_MAX).unwrap() + 1];
    world.disk.write_durable(&witness, &unreadable).unwrap();
    let (vault, _) = opened();
    assert!(vault.notes().iter().any(|n| matches!(n, Note::WitnessUnread)), "{:?}", vault.notes());
    assert!(vault.verify_audit_against(Vec::new(), &[]).is_err(), "it is not passed over in silence");
    drop(vault);
    assert_eq!(world.disk.read(&witness, u64::MAX).unwrap(), unreadable);
}

#[test]
fn a_cut_behind_a_head_that_somebody_holds_is_found() {
    let (world, seq, head) = busy(5, 30);
    let mut vault = world.open();
    let check = |held: Vec<HeldHead>, vault: &Vault| {
        vault.verify_audit_against(held, &[]).unwrap().unfit.first().map(|h| h.why)
    };
    assert_eq!(check(held(seq, &head), &vault), None);
    assert_eq!(check(held(seq + 100, &head), &vault), Some("cut-off"));
    assert_eq!(check(held(seq, &"a".repeat(64)), &vault), Some("rewritten"));
    let unnumbered =
        |head: &str| vec![HeldHead { source: "note".into(), seq: None, head: head.to_owned(), sealed: None }];
    assert_eq!(check(unnumbered(&head), &vault), None);
    assert_eq!(check(unnumbered(&"a".repeat(64)), &vault), Some("unknown"));
    let mut ahead = held(seq, &head);
    ahead[0].sealed = Some((1, 99));
    assert_eq!(check(ahead, &vault), Some("old-copy"));
    world.sign_in(&mut vault, Role::Operator);
    assert!(vault.check().unwrap().is_well());
}

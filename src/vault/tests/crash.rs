//! Saves cut at every operation, full and read-only disks.

use super::*;

/// What must hold after any cut: an acknowledged record is there and whole; one that was not is there whole, or not at
/// all with its draft intact; never half.
fn check_model(world: &World, session: Uuid, acknowledged: bool, what: &str) {
    let (mut vault, operator) = world.ready();
    let report = vault.check().unwrap();
    assert!(report.is_well(), "{what}: {report:?}");
    let row = vault.find(session).unwrap();
    match row {
        Some(row) => {
            assert!(!row.damaged, "{what}");
            assert_eq!(vault.extract(session).unwrap().name, NAME, "{what}");
            assert_eq!(vault.find_nik(NIK).unwrap().map(|r| r.id), Some(session), "{what}");
        }
        None => {
            assert!(!acknowledged, "{what}: acknowledged and gone");
            let (steps, notes) = vault.load_draft(session).unwrap_or_else(|e| panic!("{what}: draft {e}"));
            assert_eq!((steps.len(), notes.len()), (2, 0), "{what}");
        }
    }
    // Whatever happened, the same session can now be saved, once.
    let saved = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    assert_eq!(saved.record_id, session, "{what}");
    assert_eq!(vault.queue_len(), 1, "{what}");
    assert!(vault.check().unwrap().is_well(), "{what}");
    assert!(vault.drafts().unwrap().is_empty(), "{what}");
}

/// Saves with a fault at the `nth` operation. True when the save was over before.
fn cut(seed: u64, nth: u64, fault: Fault) -> bool {
    let world = World::new(seed);
    let what = format!("seed {seed} operation {nth} {fault:?}");
    let (mut vault, operator) = world.ready();
    let session = draft(1, &operator).id;
    kept(&mut vault, session);
    world.disk.fail(nth, fault);
    let acknowledged = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).is_ok();
    let over = world.disk.forget();
    drop(vault);
    match fault {
        Fault::Kill => world.disk.restart(),
        _ => world.disk.power_on(),
    }
    check_model(&world, session, acknowledged, &what);
    over
}

fn sweep(fault: Fault, seeds: u64) {
    for seed in 0..seeds {
        let last = (1..200).find(|nth| cut(seed, *nth, fault)).unwrap();
        assert!(last > 25, "a save has more operations than {last}");
    }
}

#[test]
fn a_save_cut_by_power_loss_at_any_operation() {
    sweep(Fault::PowerCut, 10);
}

#[test]
fn a_save_killed_at_any_operation() {
    sweep(Fault::Kill, 1);
}

#[test]
fn a_save_with_an_input_output_error_at_any_operation_then_power_loss() {
    sweep(Fault::Io, 4);
}

#[test]
fn a_save_without_room_at_any_operation_then_power_loss() {
    sweep(Fault::NoSpace, 2);
}

#[test]
fn the_sweep_notices_a_save_that_does_not_sync() {
    // Sabotage: with syncs that do nothing, an acknowledged record must be lost for some seed.
    let lost = (0..20).any(|seed| {
        let world = World::new(seed);
        let (mut vault, operator) = world.ready();
        world.disk.skip_syncs(true);
        let saved = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
        drop(vault);
        world.disk.power_on();
        let vault = Vault::open(world.disk.shared(), Path::new(ROOT), &OpenOptions::default(), now());
        vault.map_or(true, |v| v.find(saved.record_id).unwrap().is_none_or(|r| r.damaged))
    });
    assert!(lost);
}

#[test]
fn recovery_cut_again_at_any_operation() {
    for first in [12, 16, 20, 24] {
        for second in 1..30 {
            let world = World::new(second);
            let (mut vault, operator) = world.ready();
            let session = draft(1, &operator).id;
            kept(&mut vault, session);
            world.disk.fail(first, Fault::Kill);
            let acknowledged = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).is_ok();
            drop(vault);
            world.disk.restart();
            world.disk.fail(second, Fault::PowerCut);
            Vault::open(world.disk.shared(), Path::new(ROOT), &OpenOptions::default(), now()).ok();
            world.disk.power_on();
            check_model(&world, session, acknowledged, &format!("cut {first}, then {second}"));
        }
    }
}

#[test]
fn a_full_disk_says_so_and_the_vault_goes_on_when_there_is_room() {
    let world = World::new(7);
    let (mut vault, operator) = world.ready();
    let session = draft(1, &operator).id;
    kept(&mut vault, session);
    let before = world.disk.used();
    for room in [0, 10, 200, 1500, 3000, 6000] {
        world.disk.set_room(Some(before + room));
        let error = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap_err();
        assert_eq!(error.id(), "disk-full", "{room}");
        assert!(vault.find(session).unwrap().is_none(), "{room}");
        let step = vault.keep_step(session, "photo", &[7; 8192], now()).unwrap_err();
        assert_eq!(step.id(), "disk-full", "{room}");
        assert_eq!(&**vault.load_draft(session).unwrap().0["photo"], b"photo of the session", "{room}");
    }
    world.disk.set_room(None);
    vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    assert!(vault.check().unwrap().is_well());
}

#[test]
fn a_read_only_disk_says_so_and_the_vault_goes_on_when_it_is_writable() {
    let world = World::new(8);
    let (mut vault, operator) = world.ready();
    let session = draft(1, &operator).id;
    kept(&mut vault, session);
    world.disk.set_read_only(true);
    let error = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap_err();
    assert_eq!((error.id(), error.can_be_mended()), ("read-only", true));
    assert_eq!(vault.keep_step(session, "photo", b"x", now()).unwrap_err().id(), "read-only");
    assert_eq!(vault.drafts().unwrap().len(), 1);
    world.disk.set_read_only(false);
    vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    assert!(vault.check().unwrap().is_well());
}

#[test]
fn a_state_change_cut_at_any_operation_leaves_row_and_files_agreeing() {
    for nth in 1..40 {
        let world = World::new(nth);
        let (mut vault, operator) = world.ready();
        let id = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap().record_id;
        world.disk.fail(nth, Fault::PowerCut);
        let changed = vault.set_state(id, RecordState::SentForEnrollment, Some(b"receipt"), now()).is_ok();
        drop(vault);
        world.disk.power_on();
        let (vault, _) = world.ready();
        assert!(vault.check().unwrap().is_well(), "{nth}: {:?}", vault.check());
        let (row, extract) = (vault.find(id).unwrap().unwrap(), vault.extract(id).unwrap());
        assert_eq!(row.state == RecordState::SentForEnrollment, extract.receipt.is_some(), "{nth}");
        assert!(!changed || extract.receipt.is_some(), "{nth}: acknowledged and lost");
    }
}

#[test]
fn a_step_cut_at_any_operation_is_the_old_or_the_new_one() {
    for seed in 0..4 {
        for nth in 1..8 {
            let world = World::new(seed);
            let (mut vault, _) = world.ready();
            let session = Uuid::now_v7();
            vault.keep_step(session, "photo", b"old", now()).unwrap();
            world.disk.fail(nth, Fault::PowerCut);
            let kept = vault.keep_step(session, "photo", b"new", now()).is_ok();
            drop(vault);
            world.disk.power_on();
            let (vault, _) = world.ready();
            let (steps, notes) = vault.load_draft(session).unwrap();
            assert_eq!(notes, [], "seed {seed} operation {nth}");
            let found: &[u8] = &steps["photo"];
            assert!(found == b"new" || (!kept && found == b"old"), "seed {seed} operation {nth}");
        }
    }
}

#[test]
fn an_interrupted_making_leaves_no_vault_or_a_whole_one() {
    let mut whole = 0;
    for nth in 1..90 {
        let disk = FaultyFiles::new(nth);
        disk.make_folder_durable(Path::new("/disk")).unwrap();
        disk.fail(nth, Fault::PowerCut);
        let made = Vault::init(&disk.shared(), Path::new(ROOT), &options(Environment::Training)).is_ok();
        disk.power_on();
        match Vault::open(disk.shared(), Path::new(ROOT), &OpenOptions::default(), now()) {
            Ok(vault) => {
                whole += 1;
                assert!(vault.check().unwrap().is_well(), "{nth}");
                assert_eq!(vault.officers().len(), 4, "{nth}");
            }
            Err(error) => {
                assert!(!made, "{nth}: made and gone");
                assert_eq!(error.id(), "not-a-vault", "{nth}");
            }
        }
    }
    assert!((1..89).contains(&whole));
}

//! A clock that was ahead for a while and was set right.

use super::*;

fn day(day: i64) -> DateTime<Utc> {
    now() + TimeDelta::days(day)
}

fn open_at(world: &World, at: DateTime<Utc>) -> Vault {
    Vault::open(world.disk.shared(), Path::new(ROOT), &OpenOptions::default(), at).unwrap()
}

fn sign_in_at(world: &World, vault: &mut Vault, role: Role, at: DateTime<Utc>) -> OfficerKeys {
    let (id, passphrase) = world.logins[&role];
    vault.unlock(id, passphrase, at).unwrap()
}

#[test]
fn a_supervisor_accepts_the_clock_and_recording_goes_on() {
    let world = World::new(1);
    let mut vault = open_at(&world, day(400));
    sign_in_at(&world, &mut vault, Role::Operator, day(400));
    drop(vault);
    // Set right: nothing can be recorded.
    let mut vault = open_at(&world, day(1));
    assert!(vault.notes().iter().any(|n| matches!(n, Note::ClockBack { .. })), "{:?}", vault.notes());
    let operator = sign_in_at(&world, &mut vault, Role::Operator, day(1));
    let save = |vault: &mut Vault, at: DateTime<Utc>| {
        let mut draft = draft(1, &operator);
        draft.created = at;
        vault.save(&draft, &input(NIK), &operator, at).map(|saved| saved.record_id)
    };
    assert_eq!(save(&mut vault, day(1)).unwrap_err().id(), "clock-back");
    assert_eq!(vault.accept_clock(&operator, day(1)).unwrap_err().id(), "not-supervisor");
    let supervisor = sign_in_at(&world, &mut vault, Role::Supervisor, day(1));
    let empty_battery = DateTime::from_timestamp(86_400, 0).unwrap();
    assert_eq!(vault.accept_clock(&supervisor, empty_battery).unwrap_err().id(), "clock-back");
    assert_eq!(vault.accept_clock(&supervisor, day(1)).unwrap(), Some(day(400)));
    assert_eq!(vault.accept_clock(&supervisor, day(1)).unwrap(), None, "it is right now");
    save(&mut vault, day(1)).unwrap();
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
    drop(vault);
    // It holds over a restart, and the clock may not run back again.
    let vault = open_at(&world, day(2));
    assert!(!vault.notes().iter().any(|n| matches!(n, Note::ClockBack { .. })), "{:?}", vault.notes());
    assert_eq!(vault.check_clock(day(0)).unwrap_err().id(), "clock-back");
    assert!(vault.verify_audit_against(Vec::new(), &[]).unwrap().is_well());
}

/// Puts a record into a state with a receipt of this time.
fn told_by(vault: &mut Vault, id: Uuid, time: DateTime<Utc>, key: &SigningKey) {
    let header = vault.read_header(id).unwrap().unwrap();
    let receipt = record::receipt::Receipt::sign(&header, vec!["hub-a".into()], time, key).unwrap();
    let bytes = serde_json::to_vec(&receipt).unwrap();
    vault.set_state(id, RecordState::SentForEnrollment, Some(&bytes), now()).unwrap();
}

#[test]
fn the_hubs_time_is_a_floor_and_a_supervisor_gets_out_of_a_wrong_one() {
    let world = World::new(4);
    let (mut vault, operator) = world.ready_with_hub();
    let save = |vault: &mut Vault, n: u64| {
        let mut draft = draft(n, &operator);
        draft.created = now();
        vault.save(&draft, &input(&format!("337401570803{n:04}")), &operator, now()).map(|s| s.record_id)
    };
    let id = save(&mut vault, 1).unwrap();
    let hub = record::testing::key(1, "hub");
    // Who is not the pinned hub says nothing of the time.
    told_by(&mut vault, id, day(9), &record::testing::key(2, "hub"));
    assert_eq!((vault.hub_time().unwrap(), vault.check_clock(now()).is_ok()), (None, true));
    // Two clocks differ a little.
    let near = now() + TimeDelta::minutes(9);
    told_by(&mut vault, id, near, &hub);
    assert_eq!(vault.hub_time().unwrap(), Some(near));
    save(&mut vault, 2).unwrap();
    told_by(&mut vault, id, day(1), &hub);
    assert_eq!(save(&mut vault, 3).unwrap_err().id(), "clock-back");
    drop(vault);
    let mut vault = world.open();
    assert!(vault.notes().iter().any(|n| matches!(n, Note::ClockBack { floor, .. } if *floor == day(1))));
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    assert_eq!(vault.accept_clock(&operator, now()).unwrap_err().id(), "not-supervisor");
    assert_eq!(vault.accept_clock(&supervisor, now()).unwrap(), Some(day(1)));
    assert_eq!((vault.hub_time().unwrap(), vault.check_clock(now()).is_ok()), (None, true));
    save(&mut vault, 3).unwrap();
    drop(vault);
    let mut vault = world.open();
    assert!(!vault.notes().iter().any(|n| matches!(n, Note::ClockBack { .. })), "{:?}", vault.notes());
    // A file that somebody wrote, and another hub's key.
    told_by_nobody(&world, &vault);
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    told_by(&mut vault, id, near, &hub);
    assert_eq!(vault.hub_time().unwrap(), Some(near));
    let other = record::keys::public_to_hex(&record::testing::key(2, "hub").verifying_key());
    vault.pin(PinKind::HubKey, &other, &supervisor, now()).unwrap();
    assert_eq!(vault.hub_time().unwrap(), None);
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
}

/// A time put into the folder by hand is none.
fn told_by_nobody(world: &World, vault: &Vault) {
    for forged in ["2030-01-01T00:00:00Z\n".to_owned(), "x".repeat(99_999)] {
        world.disk.write_durable(&vault.layout().hub_time(), forged.as_bytes()).unwrap();
        assert_eq!(vault.hub_time().unwrap(), None);
    }
}

#[test]
fn a_locked_vault_accepts_no_clock() {
    let world = World::new(2);
    let mut vault = world.open();
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    vault.lock();
    assert_eq!(vault.accept_clock(&supervisor, day(-1)).unwrap_err().id(), "locked");
}

/// A supervisor who signed a list, a pin and an account while the clock was ahead is closed after it was set right.
#[test]
fn what_was_signed_ahead_holds_after_its_signer_was_closed() {
    let world = World::new(3);
    let mut vault = open_at(&world, day(10));
    let first = sign_in_at(&world, &mut vault, Role::Supervisor, day(10));
    let second = person("CONTOH PENYELIA", Role::Supervisor, "3374015708030003");
    let second = vault.add_officer(&second, &first, KdfCost::Test, day(10)).unwrap();
    let second = vault.unlock(second.id, "kata sandi uji", day(10)).unwrap();
    let operator = person("CONTOH BARU", Role::Operator, "3374015708030002");
    let operator = vault.add_officer(&operator, &second, KdfCost::Test, day(10)).unwrap();
    let hub = record::keys::public_to_hex(&record::testing::key(1, "hub").verifying_key());
    vault.pin(PinKind::HubKey, &hub, &second, day(10)).unwrap();
    drop(vault);
    let mut vault = open_at(&world, day(1));
    let first = sign_in_at(&world, &mut vault, Role::Supervisor, day(1));
    assert_eq!(vault.remove_officer(second.officer.id, &first, day(1)).unwrap_err().id(), "clock-back");
    vault.accept_clock(&first, day(1)).unwrap();
    vault.remove_officer(second.officer.id, &first, day(1)).unwrap();
    drop(vault);
    let vault = open_at(&world, day(2));
    assert!(vault.officers().iter().any(|o| o.id == operator.id));
    assert!(!vault.officers().iter().any(|o| o.id == second.officer.id));
    assert_eq!(vault.pins().unwrap().value(PinKind::HubKey), Some(hub.as_str()));
    assert!(vault.check().unwrap().is_well(), "{:?}", vault.check());
}

#[test]
fn a_lock_out_of_a_time_to_come_begins_now() {
    let world = World::new(4);
    let (operator, passphrase) = world.logins[&Role::Operator];
    let mut vault = open_at(&world, day(400));
    for _ in 0..4 {
        vault.unlock(operator, "salah", day(400)).unwrap_err();
    }
    drop(vault);
    let mut vault = open_at(&world, day(1));
    let Err(VaultError::LockedOut { until }) = vault.unlock(operator, passphrase, day(1)) else {
        panic!("it is locked out");
    };
    assert!(until - day(1) <= TimeDelta::hours(1), "{until}");
    // The wait goes on; it does not begin again with every look at it.
    let Err(VaultError::LockedOut { until: still }) =
        vault.unlock(operator, passphrase, until - TimeDelta::seconds(1))
    else {
        panic!("it is still locked out");
    };
    assert_eq!(still, until);
    vault.unlock(operator, passphrase, until + TimeDelta::seconds(1)).unwrap();
}

#[test]
fn states_of_a_record_that_was_dated_ahead_are_taken() {
    let world = World::new(5);
    let mut vault = open_at(&world, day(30));
    let operator = sign_in_at(&world, &mut vault, Role::Operator, day(30));
    let mut ahead = draft(1, &operator);
    ahead.created = day(30);
    let id = vault.save(&ahead, &input(NIK), &operator, day(30)).unwrap().record_id;
    drop(vault);
    let mut vault = open_at(&world, day(1));
    let supervisor = sign_in_at(&world, &mut vault, Role::Supervisor, day(1));
    vault.accept_clock(&supervisor, day(1)).unwrap();
    let operator = sign_in_at(&world, &mut vault, Role::Operator, day(1));
    let line = |at| StateLine { line: 2, id, state: RecordState::ReceivedAtCentral, at };
    let report = vault.import_states((vec![line(day(1))], Vec::new()), &operator, day(1)).unwrap();
    assert_eq!(report.changed, 1, "{report:?}");
}

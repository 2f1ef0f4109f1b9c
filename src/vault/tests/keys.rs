//! The sync key, slots and their passphrases, accounts that are removed.

use ed25519_dalek::Verifier;

use super::*;

fn sync_file(world: &World) -> Vec<u8> {
    world.disk.read(&Layout::new(Path::new(ROOT)).sync_key(), SMALL_FILE_MAX).unwrap()
}

#[test]
fn the_sync_key_signs_without_an_officer_and_is_vouched_for() {
    let world = World::new(40);
    let vault = world.open();
    assert!(!vault.is_unlocked());
    let key = vault.sync_key().unwrap();
    let station = vault.config().station_verifying_key().unwrap();
    let vouched = key.certificate.verify(&station).unwrap();
    vouched.verify(b"a manifest", &key.sign(b"a manifest")).unwrap();
    let of = &key.certificate;
    assert_eq!(
        (of.vault, of.station.as_str(), of.epoch),
        (vault.config().vault, record::testing::STATION, 1)
    );
    // Whatever is changed in it, the station does not vouch for it.
    let changes: [fn(&mut SyncCertificate); 5] = [
        |c| c.vault = Uuid::nil(),
        |c| c.station.push('x'),
        |c| c.epoch += 1,
        |c| c.issued += TimeDelta::seconds(1),
        |c| c.public_key = "11".repeat(32),
    ];
    for change in changes {
        let mut other = key.certificate.clone();
        change(&mut other);
        assert_eq!(other.verify(&station).unwrap_err().id(), "corrupt");
    }
    let foreign = SigningKey::from_bytes(&[9; 32]).verifying_key();
    assert_eq!(key.certificate.verify(&foreign).unwrap_err().id(), "corrupt");
    assert!(!format!("{key:?}").contains(&String::from_utf8(sync_file(&world)).unwrap()[12..40]));
}

#[test]
fn a_missing_or_foreign_sync_key_is_made_anew_at_sign_in_and_bars_nobody() {
    let world = World::new(41);
    let path = Layout::new(Path::new(ROOT)).sync_key();
    let first = world.open().sync_key().unwrap().certificate.public_key.clone();
    let other = sync_file(&World::new(42));
    let check = |bytes: Option<&[u8]>, told: bool| {
        match bytes {
            Some(bytes) => world.disk.tamper(&path, |b| *b = bytes.to_vec()),
            None => world.disk.remove_durable(&path).unwrap(),
        }
        let mut vault = world.open();
        assert_eq!(vault.notes().contains(&Note::SyncKeyUnfit), told);
        assert_eq!(vault.sync_key().unwrap_err().id(), "no-sync-key");
        world.sign_in(&mut vault, Role::Operator);
        let made = vault.sync_key().unwrap().certificate.clone();
        assert_ne!(made.public_key, first);
        drop(vault);
        // It is on the disk, and signing in again makes no other.
        let (vault, _) = world.ready();
        assert_eq!(vault.sync_key().unwrap().certificate, made);
        assert!(vault.verify_audit().unwrap().broken.is_none());
    };
    check(None, false);
    check(Some(b"{}"), true);
    check(Some(&other), true);
    let own = sync_file(&world);
    check(Some(&own[..own.len() / 2]), true);
}

/// The slot file of an officer with other parameters, wrapped for the same keys.
fn weaken(world: &World, vault: &mut Vault, kdf: KdfParams) -> Uuid {
    let (officer, passphrase) = world.logins[&Role::Operator];
    let keys = vault.unlock(officer, passphrase, now()).unwrap();
    let vault_key = &vault.keys().unwrap().vault;
    let slot = Slot::wrap(vault.config().vault, officer, passphrase, kdf, vault_key, &keys.signing).unwrap();
    world.disk.tamper(&vault.layout().slot(officer), |b| *b = slot.to_json().unwrap());
    officer
}

#[test]
fn a_slot_below_todays_cost_is_wrapped_anew_at_sign_in() {
    let standard = KdfParams::from(KdfCost::Standard);
    let world = World::new(43);
    let mut vault = world.open();
    let cost = |vault: &Vault, id| {
        Slot::cost(&world.disk.read(&vault.layout().slot(id), SMALL_FILE_MAX).unwrap()).unwrap()
    };
    let weak = KdfParams { memory_kib: 16, passes: 1, lanes: 1 };
    let officer = weaken(&world, &mut vault, weak);
    let before = vault.audit_seq();
    // A disk that cannot be written keeps nobody out, and costs the officer nothing. (The try itself is counted.)
    world.disk.fail(3, Fault::NoSpace);
    vault.unlock(officer, world.logins[&Role::Operator].1, now()).ok();
    assert!(!world.disk.forget(), "the disk was full once");
    vault.unlock(officer, world.logins[&Role::Operator].1, now()).unwrap();
    assert_eq!(cost(&vault, officer), standard);
    assert!(vault.audit_seq() > before + 1);
    drop(vault);
    let mut vault = world.open();
    world.sign_in(&mut vault, Role::Operator);
    assert_eq!(cost(&vault, officer), standard, "once is enough");

    let check = |stored: KdfParams, environment, expected: KdfParams| {
        assert_eq!(stored.for_today(environment), expected, "{stored:?} {environment}");
    };
    let (training, production) = (Environment::Training, Environment::Production);
    check(KdfCost::Test.into(), training, KdfCost::Test.into());
    check(KdfCost::Test.into(), production, standard);
    check(standard, production, standard);
    let dear = KdfParams { memory_kib: 256 * 1024, passes: 4, lanes: 1 };
    check(dear, production, dear);
    check(KdfParams { passes: 2, ..dear }, production, standard);
    check(KdfParams { memory_kib: 32 * 1024, passes: 16, lanes: 1 }, training, standard);
}

#[test]
fn an_officer_changes_the_own_passphrase_and_nothing_else_changes() {
    let world = World::new(44);
    let (mut vault, operator) = world.ready();
    let session = draft(1, &operator).id;
    kept(&mut vault, session);
    vault.lock();
    let (id, old) = world.logins[&Role::Operator];
    let new = "kalimat baru yang panjang";
    let change = |vault: &mut Vault, old: &str, new: &str| {
        vault.change_passphrase(id, old, new, now()).map_err(|e| e.id())
    };
    assert_eq!(change(&mut vault, old, "pendek"), Err("passphrase"));
    assert_eq!(change(&mut vault, "salah sama sekali", new), Err("wrong-secret"));
    assert_eq!(change(&mut vault, old, old), Err("same-passphrase"));
    assert_eq!(change(&mut vault, old, new), Ok(()));
    drop(vault);
    let mut vault = world.open();
    assert_eq!(vault.unlock(id, old, now()).unwrap_err().id(), "wrong-secret");
    let keys = vault.unlock(id, new, now()).unwrap();
    assert_eq!(keys.officer.public_key, operator.officer.public_key);
    assert_eq!(vault.load_draft(session).unwrap().0.len(), 2, "it opens what was kept before");
    let (supervisor, secret) = world.logins[&Role::Supervisor];
    vault.unlock(supervisor, secret, now()).unwrap();
    // Cut anywhere, one of the two passphrases opens.
    for nth in 1..30 {
        world.disk.fail(nth, Fault::PowerCut);
        let (from, to) = if nth % 2 == 1 { (new, old) } else { (old, new) };
        let done = change(&mut vault, from, to).is_ok();
        let over = world.disk.forget();
        drop(vault);
        world.disk.power_on();
        vault = world.open();
        let opens = |vault: &mut Vault, secret| vault.unlock(id, secret, now()).is_ok();
        assert!(opens(&mut vault, to) || (!done && opens(&mut vault, from)), "cut at {nth}");
        if over {
            return;
        }
        // The next turn begins with what this one should have made.
        change(&mut vault, from, to).ok();
    }
    panic!("no end of operations");
}

#[test]
fn a_closed_account_never_opens_again_and_its_signatures_stay_explicable() {
    let world = World::new(45);
    let (mut vault, operator) = world.ready();
    let (id, _) = world.logins[&Role::Operator];
    let session = draft(1, &operator).id;
    kept(&mut vault, session);
    let sealed = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap().record_id;
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    let finger = FingerTemplate { finger: 2, format: "test".into(), bytes: b"OWN".to_vec() };
    vault.set_officer_fingers(id, vec![finger], &supervisor, now()).unwrap();
    let slot = vault.layout().slot(id);
    let old_slot = world.disk.read(&slot, SMALL_FILE_MAX).unwrap();
    let roster = vault.layout().officers();
    let old_roster = world.disk.read(&roster, SMALL_FILE_MAX).unwrap();

    let refused =
        |vault: &mut Vault, id, by: &OfficerKeys| vault.remove_officer(id, by, now()).unwrap_err().id();
    assert_eq!(refused(&mut vault, id, &operator), "not-supervisor");
    assert_eq!(refused(&mut vault, supervisor.officer.id, &supervisor), "last-supervisor");
    assert_eq!(refused(&mut vault, Uuid::nil(), &supervisor), "name");
    vault.remove_officer(id, &supervisor, now()).unwrap();
    assert!(vault.officers().iter().all(|o| o.id != id));
    assert!(vault.officer_fingers().unwrap().iter().next().is_none());
    assert_eq!(refused(&mut vault, id, &supervisor), "name", "it is closed already");
    // What the officer recorded stays whole, and the keys that were out seal nothing more.
    assert!(vault.check().unwrap().is_well() && vault.extract(sealed).is_ok());
    assert_eq!(vault.save(&draft(2, &operator), &input(KK), &operator, now()).unwrap_err().id(), "foreign");
    // The person may come back, with another account.
    let again = person("Petugas", Role::Operator, "0000000000000002");
    let added = vault.add_officer(&again, &supervisor, KdfCost::Test, now()).unwrap();
    assert_ne!(added.id, id);
    drop(vault);

    // A slot that is put back opens nothing and is swept away.
    world.disk.tamper(&slot, |b| b.clone_from(&old_slot));
    let mut vault = world.open();
    assert_eq!(world.disk.len(&slot).unwrap(), None);
    assert_eq!(vault.unlock(id, world.logins[&Role::Operator].1, now()).unwrap_err().id(), "wrong-secret");
    drop(vault);
    // The old roster put back is found by the check; a removal taken out or forged is refused.
    let new_roster = world.disk.read(&roster, SMALL_FILE_MAX).unwrap();
    world.disk.tamper(&roster, |b| b.clone_from(&old_roster));
    let problems = world.open().check().unwrap().problems;
    assert!(problems.iter().any(|p| p.kind == ProblemKind::OldRoster), "{problems:?}");
    let forged = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value: serde_json::Value = serde_json::from_slice(&new_roster).unwrap();
        change(&mut value);
        world.disk.tamper(&roster, |b| *b = serde_json::to_vec(&value).unwrap());
        Vault::open(world.disk.shared(), Path::new(ROOT), &OpenOptions::default(), now()).map(drop)
    };
    assert!(forged(&|_| {}).is_ok());
    let other = world.logins[&Role::Auditor].0.to_string();
    assert_eq!(forged(&|v| v["removed"][0]["officer"] = other.clone().into()).unwrap_err().id(), "corrupt");
    assert_eq!(
        forged(&|v| v["removed"][0]["at"] = "2020-01-01T00:00:00Z".into()).unwrap_err().id(),
        "corrupt"
    );
    assert_eq!(
        forged(&|v| v["removed"] = serde_json::json!([])).unwrap_err().id(),
        "corrupt",
        "two accounts"
    );
}

#[test]
fn a_supervisor_leaves_once_another_is_there() {
    let world = World::new(46);
    let mut vault = world.open();
    let first = world.sign_in(&mut vault, Role::Supervisor);
    let new = person("Wakil", Role::Supervisor, "9999000000000001");
    let second = vault.add_officer(&new, &first, KdfCost::Test, now()).unwrap();
    vault.remove_officer(first.officer.id, &first, now() + TimeDelta::minutes(1)).unwrap();
    let error =
        vault.add_officer(&person("X", Role::Operator, "9"), &first, KdfCost::Test, now()).unwrap_err();
    assert_eq!(error.id(), "not-supervisor");
    drop(vault);
    // The one who is left was added by the one who is gone, and that stays good.
    let mut vault = world.open();
    let second = vault.unlock(second.id, "kata sandi uji", now()).unwrap();
    vault.add_officer(&person("Y", Role::Operator, "9"), &second, KdfCost::Test, now()).unwrap();
    drop(vault);
    assert_eq!(world.open().officers().len(), 5);
}

#[test]
fn a_pin_opens_only_what_is_in_memory_and_only_five_times() {
    let world = World::new(47);
    let (mut vault, operator) = world.ready();
    let id = operator.officer.id;
    let pin = "271828";
    assert_eq!(vault.set_pin(&operator, Some("123456"), now()).unwrap_err().id(), "pin");
    assert!(!vault.lock_behind_pin(&operator), "without a PIN nothing stays");
    assert_eq!(vault.unlock_by_pin(id, pin, now()).unwrap_err().id(), "locked");
    let operator = world.sign_in(&mut vault, Role::Operator);
    vault.set_pin(&operator, Some(pin), now()).unwrap();
    // It is there at the next sign-in, and for nobody else.
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    assert!(!vault.lock_behind_pin(&supervisor));
    let operator = world.sign_in(&mut vault, Role::Operator);
    assert!(vault.lock_behind_pin(&operator));
    assert!(!vault.is_unlocked() && vault.extract(Uuid::nil()).unwrap_err().id() == "locked");
    assert_eq!(vault.unlock_by_pin(supervisor.officer.id, pin, now()).unwrap_err().id(), "locked");
    assert!(matches!(vault.unlock_by_pin(id, "271829", now()), Err(VaultError::WrongPin { left: 4 })));
    let again = vault.unlock_by_pin(id, pin, now()).unwrap();
    assert_eq!(again.signing.to_bytes(), operator.signing.to_bytes());
    vault.save(&draft(1, &again), &input(NIK), &again, now()).unwrap();
    // Each lock has five tries; then only the passphrase opens.
    assert!(vault.lock_behind_pin(&again));
    for left in [4, 3, 2, 1, 0] {
        let error = vault.unlock_by_pin(id, "000000", now()).unwrap_err();
        assert!(matches!(error, VaultError::WrongPin { left: found } if found == left), "{error}");
    }
    assert_eq!(vault.unlock_by_pin(id, pin, now()).unwrap_err().id(), "locked");
    let operator = world.sign_in(&mut vault, Role::Operator);
    // A restart, and a lock for good, leave nothing that a PIN opens.
    assert!(vault.lock_behind_pin(&operator));
    vault.lock();
    assert_eq!(vault.unlock_by_pin(id, pin, now()).unwrap_err().id(), "locked");
    drop(vault);
    assert_eq!(world.open().unlock_by_pin(id, pin, now()).unwrap_err().id(), "locked");
    let mut vault = world.open();
    let operator = world.sign_in(&mut vault, Role::Operator);
    vault.set_pin(&operator, None, now()).unwrap();
    assert!(!vault.lock_behind_pin(&operator));
}

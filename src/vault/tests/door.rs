//! Making, opening, secrets, officers, drafts; nothing in clear.

use super::*;

proptest::proptest! {
    #[test]
    fn hostile_files_are_refused_without_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        proptest::prop_assert!(VaultConfig::parse(&bytes).is_err());
        proptest::prop_assert!(extract::LocalHead::parse(&bytes).is_err());
        proptest::prop_assert!(Slot::open(&bytes, Uuid::nil(), Uuid::nil(), "kata sandi uji").is_err());
        let world = FaultyFiles::new(1);
        world.make_folder_durable(Path::new("/a")).unwrap();
        world.tamper(Path::new("/a/000001.jsonl"), |b| b.clone_from(&bytes));
        let expected = audit_walk::Expectations { simulated: true, ..Default::default() };
        let (report, _) = audit_walk::walk(&world, Path::new("/a"), Uuid::nil(), &expected).unwrap();
        proptest::prop_assert_eq!(report.broken.is_none(), bytes.is_empty());
    }

    #[test]
    fn one_changed_byte_of_a_configuration_is_noticed(at in 0usize..400, bit in 0u8..8) {
        let key = SigningKey::from_bytes(&[3; 32]);
        let config = VaultConfig {
            format_version: layout::FORMAT_VERSION,
            vault: Uuid::from_u128(1),
            environment: Environment::Production,
            station: "ST-01".into(),
            epoch: 1,
            centre_root: "11".repeat(32),
            centre_serial: 1,
            station_key: hex::encode(key.verifying_key().to_bytes()),
            root_supervisor: "00".repeat(32),
        };
        let mut bytes = config.signed(&key).unwrap();
        proptest::prop_assert_eq!(VaultConfig::parse(&bytes).unwrap(), config);
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        // The hex of the signature reads the same in capitals; everything else must be refused.
        let case_only = bytes[at].is_ascii_alphabetic() && bit == 5;
        proptest::prop_assert!(VaultConfig::parse(&bytes).is_err() || case_only);
    }
}

#[test]
fn secrets() {
    let world = World::new(4);
    let mut vault = world.open();
    let (operator, passphrase) = world.logins[&Role::Operator];
    assert_eq!(vault.unlock(operator, "something else", now()).unwrap_err().id(), "wrong-secret");
    assert_eq!(vault.unlock(Uuid::nil(), passphrase, now()).unwrap_err().id(), "wrong-secret");
    assert_eq!(vault.extract(Uuid::nil()).unwrap_err().id(), "locked");
    let keys = vault.unlock(operator, passphrase, now()).unwrap();
    assert_eq!(hex::encode(keys.signing.verifying_key().to_bytes()), keys.officer.public_key);
    assert_eq!(format!("{keys:?}"), format!("OfficerKeys(Officer({operator}, operator))"));
    let (supervisor, secret) = world.logins[&Role::Supervisor];
    let second = vault.authenticate(supervisor, secret, now()).unwrap();
    assert_eq!(second.officer.role, Role::Supervisor);
    vault.lock();
    assert_eq!(vault.authenticate(supervisor, secret, now()).unwrap_err().id(), "locked");
}

#[test]
fn the_lock_out_grows_and_survives_a_restart() {
    let world = World::new(5);
    let (operator, passphrase) = world.logins[&Role::Operator];
    let mut at = now();
    let mut waits_s = Vec::new();
    for _ in 0..3 {
        assert_eq!(world.open().unlock(operator, "wrong one", at).unwrap_err().id(), "wrong-secret");
    }
    for _ in 0..9 {
        let VaultError::LockedOut { until } = world.open().unlock(operator, passphrase, at).unwrap_err()
        else {
            panic!("not locked out")
        };
        waits_s.push((until - at).num_seconds());
        at = until;
        assert_eq!(world.open().unlock(operator, "wrong one", at).unwrap_err().id(), "wrong-secret");
    }
    assert_eq!(waits_s, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    // Another officer is not kept out, and the right passphrase ends it.
    let (supervisor, secret) = world.logins[&Role::Supervisor];
    world.open().unlock(supervisor, secret, at).unwrap();
    at += TimeDelta::hours(1);
    world.open().unlock(operator, passphrase, at).unwrap();
    assert_eq!(world.open().unlock(operator, "wrong one", at).unwrap_err().id(), "wrong-secret");
    world.open().unlock(operator, passphrase, at).unwrap();
}

#[test]
fn officers_are_added_by_supervisors_only() {
    let world = World::new(6);
    let (mut vault, operator) = world.ready();
    let new = person("Petugas Baru", Role::Operator, "9999000000000001");
    let add = |vault: &mut Vault, new: &NewOfficer, by| vault.add_officer(new, by, KdfCost::Test, now());
    assert_eq!(add(&mut vault, &new, &operator).unwrap_err().id(), "not-supervisor");
    let (supervisor, secret) = world.logins[&Role::Supervisor];
    let by = vault.authenticate(supervisor, secret, now()).unwrap();
    let mut short = new.clone();
    short.passphrase = Zeroizing::new("pendek".into());
    assert_eq!(add(&mut vault, &short, &by).unwrap_err().id(), "passphrase");
    let added = add(&mut vault, &new, &by).unwrap();
    assert_eq!(add(&mut vault, &new, &by).unwrap_err().id(), "officer-exists");
    assert!(vault.is_nik_of(added.id, "9999000000000001").unwrap());
    assert!(!vault.is_nik_of(added.id, NIK).unwrap());
    drop(vault);
    let mut vault = world.open();
    assert_eq!(vault.officers().len(), 5);
    vault.unlock(added.id, "kata sandi uji", now()).unwrap();
    drop(vault);
    // A role changed in the file breaks the supervisor's signature.
    world.disk.tamper(&Layout::new(Path::new(ROOT)).officers(), |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replacen("\"operator\"", "\"supervisor\"", 1).into_bytes();
    });
    let error =
        Vault::open(world.disk.shared(), Path::new(ROOT), &OpenOptions::default(), now()).unwrap_err();
    assert_eq!(error.id(), "corrupt");
}

#[test]
fn drafts_are_bound_to_vault_session_and_step() {
    let world = World::new(10);
    let (mut vault, _) = world.ready();
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    kept(&mut vault, one);
    vault.keep_step(one, "biodata", b"second version", now() + TimeDelta::minutes(1)).unwrap();
    vault.keep_step(two, "biodata", b"of another", now()).unwrap();
    let drafts = vault.drafts().unwrap();
    assert_eq!(drafts[0].session, one);
    assert_eq!(drafts[0].steps, ["biodata", "photo"]);
    assert_eq!(&**vault.load_draft(one).unwrap().0["biodata"], b"second version");
    for name in ["", "../x", ".hidden", "UPPER", "a/b"] {
        assert_eq!(vault.keep_step(one, name, b"", now()).unwrap_err().id(), "name", "{name}");
    }
    let moved = |vault: &Vault, from: PathBuf, to: PathBuf, session: Uuid, step: &str| {
        let bytes = world.disk.read(&from, u64::MAX).unwrap();
        world.disk.tamper(&to, |b| *b = bytes);
        let (steps, notes) = vault.load_draft(session).unwrap();
        assert!(!steps.contains_key(step), "{step}");
        assert_eq!(notes, [Note::StepUnreadable { session, step: step.into() }]);
        world.disk.remove_durable(&to).unwrap();
    };
    let layout = vault.layout().clone();
    moved(&vault, layout.step(one, "photo"), layout.step(two, "photo"), two, "photo");
    moved(&vault, layout.step(one, "photo"), layout.step(one, "signature"), one, "signature");
    // A torn one is left out too, and the rest is there.
    world.disk.tamper(&layout.step(one, "photo"), |b| b.truncate(20));
    assert_eq!(vault.load_draft(one).unwrap().0.len(), 1);
    vault.discard_draft(one, "applicant-left", world.logins[&Role::Operator].0, now()).unwrap();
    assert_eq!(vault.load_draft(one).unwrap_err().id(), "unknown-record");
    assert_eq!(vault.drafts().unwrap().len(), 1);
    vault.lock();
    assert_eq!(vault.keep_step(two, "photo", b"x", now()).unwrap_err().id(), "locked");
    drop(vault);
    // The same session and step from another vault.
    let foreign = World::new(11);
    let (mut other, _) = foreign.ready();
    kept(&mut other, two);
    let bytes = foreign.disk.read(&layout.step(two, "photo"), u64::MAX).unwrap();
    let (vault, _) = world.ready();
    world.disk.tamper(&layout.step(two, "photo"), |b| *b = bytes);
    assert!(!vault.load_draft(two).unwrap().0.contains_key("photo"));
}

#[test]
fn a_vault_is_made_only_as_it_should_be() {
    let check = |change: &dyn Fn(&mut InitOptions), expected: &str| {
        let disk = FaultyFiles::new(1);
        disk.make_folder_durable(Path::new("/disk")).unwrap();
        let mut options = options(Environment::Production);
        options.kdf = KdfCost::Standard;
        options.centre_root = Some(hex::encode(SigningKey::from_bytes(&[4; 32]).verifying_key().to_bytes()));
        options.first_supervisor = Some(person("Kepala", Role::Supervisor, "9999000000000001"));
        change(&mut options);
        let made = Vault::init(&disk.shared(), Path::new(ROOT), &options);
        assert_eq!(made.unwrap_err().id(), expected);
        let peeked = Vault::peek(&disk, Path::new(ROOT));
        assert_eq!(peeked.unwrap_err().id(), "not-a-vault");
    };
    check(&|o| o.centre_root = None, "recipients");
    check(&|o| o.centre_root = Some("00".repeat(32)), "recipients");
    check(&|o| o.centre_root = Some("age1nothing".into()), "recipients");
    check(&|o| o.first_supervisor = None, "not-supervisor");
    check(&|o| o.first_supervisor = Some(person("A", Role::Operator, "1")), "not-supervisor");
    check(&|o| o.officers.push(person("B", Role::Operator, "9999000000000001")), "officer-exists");
    check(&|o| o.kdf = KdfCost::Test, "kdf-cost");
    check(&|o| o.station = "no spaces".into(), "name");
    check(&|o| o.environment = Environment::Training, "recipients");
    let world = World::new(1);
    let again = Vault::init(&world.disk.shared(), Path::new(ROOT), &options(Environment::Training));
    assert_eq!(again.unwrap_err().id(), "not-empty");
}

#[test]
fn a_vault_opens_only_where_it_belongs() {
    let world = World::new(12);
    let open =
        |options: &OpenOptions, at| Vault::open(world.disk.shared(), Path::new(ROOT), options, at).map(drop);
    let fail = |options: OpenOptions, expected: &str| {
        assert_eq!(open(&options, now()).unwrap_err().id(), expected);
    };
    fail(OpenOptions { station: Some("ST-OTHER".into()), ..Default::default() }, "other-station");
    fail(
        OpenOptions { environment: Some(Environment::Production), ..Default::default() },
        "wrong-environment",
    );
    let held = world.open();
    fail(OpenOptions::default(), "in-use");
    drop(held);
    let config = Layout::new(Path::new(ROOT)).config();
    let original = world.disk.read(&config, u64::MAX).unwrap();
    let tampered = |from: &str, to: &str, expected: &str| {
        let text = String::from_utf8(original.clone()).unwrap();
        assert!(text.contains(from));
        world.disk.tamper(&config, |b| *b = text.replacen(from, to, 1).into_bytes());
        fail(OpenOptions::default(), expected);
        world.disk.tamper(&config, |b| b.clone_from(&original));
    };
    tampered("training", "production", "corrupt");
    tampered("epoch = 1", "epoch = 2", "corrupt");
    tampered("format_version = 2", "format_version = 1", "version");
    tampered("signature = \"", "signature = \"00", "corrupt");
    // Signed anew by a foreign key, it opens; nobody can sign in.
    let mut foreign = VaultConfig::parse(&original).unwrap();
    let key = SigningKey::from_bytes(&[7; 32]);
    foreign.station_key = hex::encode(key.verifying_key().to_bytes());
    world.disk.tamper(&config, |b| *b = foreign.signed(&key).unwrap());
    let (operator, passphrase) = world.logins[&Role::Operator];
    assert_eq!(world.open().unlock(operator, passphrase, now()).unwrap_err().id(), "corrupt");
}

#[test]
fn the_clock_does_not_run_back() {
    let world = World::new(13);
    drop(world.ready());
    let earlier = now() - TimeDelta::hours(1);
    let mut vault =
        Vault::open(world.disk.shared(), Path::new(ROOT), &OpenOptions::default(), earlier).unwrap();
    assert_eq!(vault.notes(), [Note::ClockBack { now: earlier, floor: now() }]);
    let (id, passphrase) = world.logins[&Role::Operator];
    let operator = vault.unlock(id, passphrase, earlier).unwrap();
    let session = draft(1, &operator).id;
    vault.keep_step(session, "photo", b"kept all the same", earlier).unwrap();
    let error = vault.save(&draft(1, &operator), &input(NIK), &operator, earlier).unwrap_err();
    assert_eq!(error.id(), "clock-back");
    assert_eq!(vault.load_draft(session).unwrap().0.len(), 1);
    vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap();
    assert!(vault.verify_audit().unwrap().broken.is_none());
    drop(vault);
    // A script's clock in training neither is bound nor binds.
    let scripted = OpenOptions { simulated_clock: true, ..Default::default() };
    let then = now() + TimeDelta::days(4000);
    drop(
        Vault::open(world.disk.shared(), Path::new(ROOT), &scripted, then)
            .unwrap()
            .unlock(id, passphrase, then),
    );
    let vault = world.open();
    assert!(!vault.notes().iter().any(|n| matches!(n, Note::ClockBack { .. })));
    assert!(vault.verify_audit().unwrap().broken.is_none());
}

#[test]
fn a_second_process_and_open_permissions_are_refused_on_a_real_disk() {
    use std::os::unix::fs::PermissionsExt;
    let real: Arc<dyn Files> = Arc::new(RealFiles);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("vault");
    Vault::init(&real, &dir, &options(Environment::Training)).unwrap();
    let open = || Vault::open(Arc::clone(&real), &dir, &OpenOptions::default(), now());
    let held = open().unwrap();
    // Room is asked of the disk itself, through whatever the vault wraps around it.
    let room = held.room().unwrap();
    assert!(room.free_bytes > 0 && room.free_files.is_some_and(|n| n > 0), "{room:?}");
    // The lock is the file's, so a second descriptor stands for a second process.
    assert_eq!(open().unwrap_err().id(), "in-use");
    drop(held);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let meta = entry.unwrap().metadata().unwrap();
        if meta.is_file() {
            assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        }
    }
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(open().unwrap_err().id(), "exposed");
    assert_eq!(Vault::peek(&*real, folder.path()).unwrap_err().id(), "not-a-vault");
}

#[test]
fn nothing_on_disk_is_personal_data_in_clear() {
    let world = World::new(14);
    let (mut vault, operator) = world.ready();
    let session = Uuid::now_v7();
    vault.keep_step(session, "biodata", format!("{NAME} {NIK} {KK}").as_bytes(), now()).unwrap();
    let id = vault.save(&draft(1, &operator), &input(NIK), &operator, now()).unwrap().record_id;
    let planted = [NAME, NIK, KK, "TEMPLATE-BYTES", "SMALL-PHOTO-BYTES"];
    let mut folders = vec![PathBuf::from(ROOT)];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in world.disk.list(&folder).unwrap() {
            let path = folder.join(entry.name);
            if entry.folder {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = world.disk.read(&path, u64::MAX).unwrap();
            for word in planted {
                let found = bytes.windows(word.len()).any(|w| w == word.as_bytes());
                assert!(!found, "{} holds {word}", path.display());
            }
        }
    }
    assert!(files > 10);
    // The control: the extract does hold them, encrypted.
    let extract = vault.extract(id).unwrap();
    assert_eq!((extract.name.as_str(), extract.photo_jpeg.as_slice()), (NAME, &b"SMALL-PHOTO-BYTES"[..]));
}

#[test]
fn every_error_and_note_has_its_words_in_both_languages() {
    // One line per error: its code is said here, so that codes never change and may have gaps.
    let errors: Vec<(u32, VaultError)> = vec![
        (1, VaultError::NotAVault { folder: "f".into() }),
        (2, VaultError::NotEmpty { folder: "f".into() }),
        (3, VaultError::InUse),
        (4, VaultError::Version { found: 2, known: 1 }),
        (5, VaultError::WrongSecret),
        (6, VaultError::LockedOut { until: now() }),
        (7, VaultError::OtherStation { expected: "a".into(), found: "b".into() }),
        (8, VaultError::WrongEnvironment { vault: Environment::Training, asked: Environment::Production }),
        (9, VaultError::DiskFull { what: "w".into() }),
        (10, VaultError::ReadOnly { what: "w".into() }),
        (11, VaultError::Io { what: "w".into(), source: std::io::ErrorKind::Other.into() }),
        (12, VaultError::corrupt("w", "y")),
        (13, VaultError::ClockBack { now: now(), floor: now() }),
        (14, VaultError::Recipients { why: "w".into() }),
        (15, VaultError::Passphrase { found: 1, least: 8, most: 256 }),
        (50, VaultError::SameDisk { folder: String::new() }),
        (51, VaultError::WeakPassphrase { why: "" }),
        (16, VaultError::OfficerExists),
        (17, VaultError::NotSupervisor),
        (18, VaultError::Locked),
        (19, VaultError::Name { what: "w" }),
        (20, VaultError::ReadBack { what: "w".into() }),
        (21, VaultError::Seal("s".into())),
        (22, VaultError::Exposed { mode: 0o755, file: "f".into(), folder: "f".into() }),
        (23, VaultError::KdfCost),
        (24, VaultError::TooLarge { what: "w".into(), found: 2, most: 1 }),
        (25, VaultError::Index("i".into())),
        (26, VaultError::UnknownRecord),
        (27, VaultError::Foreign { why: "w" }),
        (28, VaultError::CardRow { why: "w" }),
        (29, VaultError::CardState { state: RecordState::CardIssued }),
        (30, VaultError::CardKnown { record: "r".into() }),
        (31, VaultError::NoSyncKey),
        (40, VaultError::BackupFile { why: "w".into() }),
        (41, VaultError::BackupKey { why: "w" }),
        (42, VaultError::BackupIdentity),
        (43, VaultError::CarryFolder { why: "w".into() }),
        (44, VaultError::MediumGone { what: "w".into() }),
        (45, VaultError::FileLimit { what: "w".into() }),
        (46, VaultError::HubKey),
        (47, VaultError::Retired),
        (48, VaultError::RestoreCheck { why: "w".into() }),
        (49, VaultError::NotRetirable { why: "w" }),
        (32, VaultError::SamePassphrase),
        (33, VaultError::LastSupervisor),
        (34, VaultError::NoCentreList { why: "w".into() }),
        (35, VaultError::Supervisors { needed: 2 }),
        (36, VaultError::Pin),
        (37, VaultError::WrongPin { left: 1 }),
    ];
    let notes = [
        "index-rebuilt",
        "index-mended",
        "save-completed",
        "save-undone",
        "audit-mended",
        "record-unreadable",
        "clock-back",
        "step-unreadable",
        "sync-key-unfit",
        "put-back",
        "retired",
        "pins-unfit",
        "centre-list-unfit",
    ];
    for language in crate::i18n::Language::ALL {
        let words = crate::i18n::Words::new(*language);
        let has = |id: &str| words.has(id);
        for (n, error) in &errors {
            assert_eq!(error.code(), format!("VLT-{n:02}"));
            assert!(has(&error.message_id()) && has(&error.help_id()), "{}", error.id());
        }
        for note in notes {
            assert!(has(&format!("vault-note-{note}")), "{note}");
        }
    }
}

#[test]
fn a_vault_may_be_given_to_a_worker_thread() {
    fn sendable<T: Send + 'static>(value: T) -> T {
        value
    }
    let world = World::new(16);
    let vault = sendable(world.open());
    let elsewhere = std::thread::Builder::new().spawn(move || assert!(vault.check().unwrap().is_well()));
    elsewhere.unwrap().join().unwrap();
}

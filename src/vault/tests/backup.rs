//! Backups, restores, the vault that is retired.

use proptest::prelude::*;
use record::keys::{AgeKeyPair, generate_age_identity};

use super::*;
use crate::vault::backup::{MANIFEST_MAX, read_manifest};
use crate::vault::files::temp_of;

const BACKUP: &str = "/stick/cadangan.rekam-backup";
const NEW: &str = "/disk/new";

/// A vault with records and an open session, the office's key, and an empty medium.
struct Office {
    world: World,
    stick: FaultyFiles,
    key: AgeKeyPair,
    records: Vec<Uuid>,
}

fn stick(seed: u64) -> FaultyFiles {
    let stick = FaultyFiles::new(seed);
    stick.make_folder_durable(Path::new("/stick")).unwrap();
    stick
}

impl Office {
    fn new(seed: u64) -> Self {
        let world = World::new(seed);
        let (mut vault, operator) = world.ready_with_hub();
        let save = |n: u64, vault: &mut Vault| {
            let nik = format!("337401570803{n:04}");
            vault.save(&draft(n, &operator), &input(&nik), &operator, now()).unwrap().record_id
        };
        let records = (1..4).map(|n| save(n, &mut vault)).collect();
        kept(&mut vault, Uuid::now_v7());
        let key = generate_age_identity();
        let supervisor = world.sign_in(&mut vault, Role::Supervisor);
        vault.pin(PinKind::BackupRecipient, &key.recipient, &supervisor, now()).unwrap();
        drop(vault);
        Self { world, stick: stick(seed), key, records }
    }

    fn back_up(&self) -> Result<BackupReport, VaultError> {
        let outside = Outside::open(self.world.disk.shared(), Path::new(ROOT)).unwrap();
        outside.back_up(&self.stick, Path::new(BACKUP), now())
    }

    /// Restores from the vault's own disk: a restore reads and writes one file system.
    fn restore(&self, to: &str, replace: bool) -> Result<RestoreReport, VaultError> {
        let (id, passphrase) = self.world.logins[&Role::Operator];
        let options = RestoreOptions {
            from: Path::new("/disk/backup"),
            identity: &self.key.identity,
            to: Path::new(to),
            officer: &id.to_string(),
            passphrase,
            replace,
            accept_damage: false,
            witness: None,
            receipts: &[],
            hub_key: None,
        };
        restore(&self.world.disk.shared(), &options, now())
    }

    fn bring_backup(&self) {
        let bytes = self.stick.read(Path::new(BACKUP), u64::MAX).unwrap();
        self.world.disk.write_durable(Path::new("/disk/backup"), &bytes).unwrap();
    }

    fn open(&self, folder: &str) -> Result<Vault, VaultError> {
        Vault::open(self.world.disk.shared(), Path::new(folder), &OpenOptions::default(), now())
    }

    fn check_restored(&self, folder: &str, what: &str) {
        let mut vault = self.open(folder).unwrap();
        let operator = self.world.sign_in(&mut vault, Role::Operator);
        assert!(vault.check().unwrap().is_well(), "{what}");
        let found: BTreeMap<Uuid, u64> = vault.queue().unwrap().iter().map(|r| (r.id, r.counter)).collect();
        assert!(self.records.iter().all(|id| found.contains_key(id)), "{what}");
        assert_eq!(vault.drafts().unwrap().len(), 1, "{what}");
        let saved = vault.save(&draft(9, &operator), &input("3374015708039999"), &operator, now()).unwrap();
        let row = vault.find(saved.record_id).unwrap().unwrap();
        assert_eq!((row.epoch, row.counter), (2, found.values().max().unwrap() + 1), "{what}");
    }
}

#[test]
fn a_restored_vault_is_whole_and_begins_a_new_epoch() {
    let office = Office::new(1);
    let made = office.back_up().unwrap();
    assert_eq!((made.records, made.epoch, made.counter, made.foreign), (3, 1, 3, 0));
    let drilled = drill(&office.stick, Path::new(BACKUP), &office.key.identity).unwrap();
    assert_eq!((drilled.problems.as_slice(), drilled.records, drilled.files), (&[][..], 3, made.files));
    office.bring_backup();
    let old_sync = office.open(ROOT).unwrap().sync_key().unwrap().certificate.clone();
    let report = office.restore(NEW, false).unwrap();
    assert_eq!((report.old_epoch, report.epoch, report.records, report.drafts), (1, 2, 3, 1));
    let vault = office.open(NEW).unwrap();
    let sync = vault.sync_key().unwrap().certificate.clone();
    assert_ne!(sync.public_key, old_sync.public_key);
    assert_eq!(sync.epoch, 2);
    drop(vault);
    office.check_restored(NEW, "restored");
    // What was there is not touched, and what the restore wrote for itself is gone.
    let names: Vec<String> =
        office.world.disk.list(Path::new("/disk")).unwrap().into_iter().map(|l| l.name).collect();
    assert_eq!(names, ["backup", "new", "vault"]);
    assert_eq!(office.restore(NEW, false).unwrap_err().id(), "not-empty");
}

#[test]
fn a_vault_that_is_replaced_is_kept_aside() {
    let office = Office::new(2);
    office.back_up().unwrap();
    office.bring_backup();
    let (mut vault, operator) = office.world.ready();
    let later = vault.save(&draft(7, &operator), &input(NIK), &operator, now()).unwrap().record_id;
    assert_eq!(office.restore(ROOT, true).unwrap_err().id(), "in-use");
    drop(vault);
    let report = office.restore(ROOT, true).unwrap();
    let aside = report.kept_aside.unwrap();
    assert!(office.open(aside.to_str().unwrap()).unwrap().find(later).unwrap().is_some());
    assert!(office.open(ROOT).unwrap().find(later).unwrap().is_none());
    office.check_restored(ROOT, "replaced");
}

#[test]
fn a_backup_that_was_changed_anywhere_is_refused() {
    let office = Office::new(3);
    office.back_up().unwrap();
    let bytes = office.stick.read(Path::new(BACKUP), u64::MAX).unwrap();
    let path = Path::new("/stick/changed");
    let tried = |bytes: &[u8]| {
        office.stick.write_durable(path, bytes).unwrap();
        drill(&office.stick, path, &office.key.identity).err().map(|e| e.id())
    };
    assert_eq!(tried(&bytes), None);
    for at in (0..bytes.len()).step_by(bytes.len() / 60) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        // A changed stanza of the head is one for nobody.
        assert!(matches!(tried(&changed), Some("backup-file" | "backup-identity")), "byte {at}");
        assert!(tried(&bytes[..at]).is_some(), "cut at {at}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert_eq!(tried(&longer), Some("backup-file"));
    let other = generate_age_identity().identity;
    let refused = drill(&office.stick, Path::new(BACKUP), &other).unwrap_err();
    assert_eq!(refused.id(), "backup-identity");
}

/// A backup under a fault: its name stands for a whole one, or for nothing.
#[test]
fn a_backup_cut_anywhere_leaves_no_half_one() {
    for (fault, on_stick) in
        [(Fault::Io, true), (Fault::NoSpace, true), (Fault::PowerCut, true), (Fault::Kill, false)]
    {
        for nth in 1.. {
            let office = Office::new(nth);
            let disk = if on_stick { &office.stick } else { &office.world.disk };
            disk.fail(nth, fault);
            let done = office.back_up();
            let over = disk.forget();
            disk.power_on();
            let there = office.stick.len(Path::new(BACKUP)).unwrap().is_some();
            assert!(there || done.is_err(), "{fault:?} at {nth}: acknowledged and gone");
            if there {
                let drilled = drill(&office.stick, Path::new(BACKUP), &office.key.identity).unwrap();
                assert!(drilled.problems.is_empty(), "{fault:?} at {nth}");
            } else {
                office.back_up().unwrap();
            }
            let vault = office.open(ROOT).unwrap();
            assert!(vault.check().unwrap().is_well(), "{fault:?} at {nth}");
            // A backup that failed early has not made the folder.
            let snapshots = office.world.disk.list(&vault.layout().snapshots()).unwrap_or_default();
            assert!(snapshots.is_empty(), "{fault:?} at {nth}");
            if over {
                break;
            }
        }
    }
}

#[test]
fn a_restore_cut_anywhere_leaves_the_old_vault_or_the_new_one() {
    let probe = Office::new(4);
    probe.back_up().unwrap();
    probe.bring_backup();
    let before = probe.world.disk.ops();
    probe.restore(ROOT, true).unwrap();
    let operations = probe.world.disk.ops() - before;
    for (fault, step) in [(Fault::PowerCut, 9), (Fault::Io, 17), (Fault::NoSpace, 23)] {
        let ends = operations.saturating_sub(12)..=operations;
        for nth in (1..operations).step_by(step).chain(ends) {
            let office = Office::new(nth);
            office.back_up().unwrap();
            office.bring_backup();
            office.world.disk.fail(nth, fault);
            let done = office.restore(ROOT, true);
            let _ = office.world.disk.forget();
            office.world.disk.power_on();
            let what = format!("{fault:?} at {nth} of {operations}: {done:?}");
            let listed = office.world.disk.list(Path::new("/disk")).unwrap();
            let aside = listed.iter().find(|l| l.name.starts_with("vault.before-restore-"));
            let Ok(vault) = office.open(ROOT) else {
                // Cut between the two renames: the old one is whole under the other name, and the command goes on.
                let aside = aside.unwrap_or_else(|| panic!("{what}: neither is there"));
                let aside = format!("/disk/{}", aside.name);
                assert_eq!(office.open(&aside).unwrap().config().epoch, 1, "{what}");
                office.restore(ROOT, true).unwrap();
                office.check_restored(ROOT, &what);
                continue;
            };
            let epoch = vault.config().epoch;
            assert!(epoch == 2 || done.is_err(), "{what}");
            assert_eq!(vault.leftovers().len(), usize::from(aside.is_some()), "{what}");
            assert!(vault.check().unwrap().is_well(), "{what}");
            assert_eq!(vault.queue_len(), 3, "{what}");
            drop(vault);
            if epoch == 1 {
                assert!(aside.is_none(), "{what}");
                office.restore(ROOT, true).unwrap();
            }
            office.check_restored(ROOT, &what);
        }
    }
}

#[test]
fn a_restore_tells_what_was_sealed_after_the_backup() {
    let office = Office::new(5);
    let witness = Some(PathBuf::from("/disk/witness"));
    let open = OpenOptions { witness: witness.clone(), ..OpenOptions::default() };
    office.back_up().unwrap();
    office.bring_backup();
    let mut vault = Vault::open(office.world.disk.shared(), Path::new(ROOT), &open, now()).unwrap();
    let operator = office.world.sign_in(&mut vault, Role::Operator);
    let saved = vault.save(&draft(7, &operator), &input(NIK), &operator, now()).unwrap();
    let header = office.world.disk.read(&vault.layout().header(saved.record_id), 99_999).unwrap();
    let header = record::header::Header::parse(&header).unwrap();
    let hub = record::testing::key(1, "hub");
    let receipt = record::receipt::Receipt::sign(&header, vec!["hub".into()], now(), &hub).unwrap();
    // What another says to have of a record counts for nothing.
    let (other, stranger) =
        (record::header::Header { id: Uuid::now_v7(), ..header }, record::testing::key(2, "hub"));
    let foreign = record::receipt::Receipt::sign(&other, vec!["hub".into()], now(), &stranger).unwrap();
    let receipts = [receipt.clone(), foreign];
    drop(vault);
    let (id, passphrase) = office.world.logins[&Role::Operator];
    let options = RestoreOptions {
        from: Path::new("/disk/backup"),
        identity: &office.key.identity,
        to: Path::new(ROOT),
        officer: &id.to_string(),
        passphrase,
        replace: true,
        accept_damage: false,
        witness,
        receipts: &receipts,
        hub_key: None,
    };
    let report = restore(&office.world.disk.shared(), &options, now()).unwrap();
    assert_eq!((report.sealed_since, report.missing), (Some(1), vec![saved.record_id]));
    // The new epoch explains the heads that were left behind; nobody is told that the vault was put back.
    let vault = Vault::open(office.world.disk.shared(), Path::new(ROOT), &open, now()).unwrap();
    assert!(vault.notes().iter().all(|n| !matches!(n, Note::PutBack { .. })), "{:?}", vault.notes());
    let bytes = serde_json::to_vec(&receipt).unwrap();
    let held = held_heads(&bytes, "receipt", &vault).unwrap();
    let audit = vault.verify_audit_against(held, &[]).unwrap();
    assert!(audit.is_well(), "{audit:?}");
    assert_eq!(audit.left_behind.len(), 1);
}

#[test]
fn a_damaged_vault_is_restored_only_when_that_is_wanted() {
    let office = Office::new(6);
    let layout = Layout::new(Path::new(ROOT));
    office.world.disk.tamper(&layout.payload(office.records[0]), |bytes| bytes[500] ^= 1);
    office.back_up().unwrap();
    office.bring_backup();
    let drilled = drill(&office.stick, Path::new(BACKUP), &office.key.identity).unwrap();
    assert_eq!(drilled.problems.len(), 1, "{:?}", drilled.problems);
    assert_eq!(office.restore(NEW, false).unwrap_err().id(), "restore-check");
    assert!(office.open(NEW).is_err());
}

#[test]
fn a_retired_vault_shows_and_carries_but_takes_nothing_new() {
    let office = Office::new(8);
    let disk = &office.world.disk;
    let outside = Outside::open(disk.shared(), Path::new(ROOT)).unwrap();
    let to = Path::new(BACKUP);
    let (mut vault, operator) = office.world.ready();
    let supervisor = office.world.sign_in(&mut vault, Role::Supervisor);
    let retire = |by: &OfficerKeys, vault: &mut Vault| {
        vault.retire(&outside, &office.stick, to, by, now()).map(drop).map_err(|e| e.id())
    };
    assert_eq!(retire(&operator, &mut vault), Err("not-supervisor"));
    assert_eq!(retire(&supervisor, &mut vault), Err("not-retirable"));
    let open = vault.drafts().unwrap()[0].session;
    vault.discard_draft(open, "moved", supervisor.officer.id, now()).unwrap();
    assert_eq!(retire(&supervisor, &mut vault), Ok(()));
    assert_eq!(retire(&supervisor, &mut vault), Err("retired"));
    drop(vault);
    let (mut vault, operator) = office.world.ready();
    assert!(vault.notes().contains(&Note::Retired));
    let refused = vault.save(&draft(9, &operator), &input(NIK), &operator, now()).unwrap_err();
    assert_eq!(refused.id(), "retired");
    assert_eq!(vault.keep_step(Uuid::now_v7(), "photo", b"x", now()).unwrap_err().id(), "retired");
    assert_eq!(vault.queue_len(), 3);
    assert!(vault.check().unwrap().is_well());
    let carried = Outside::open(disk.shared(), Path::new(ROOT)).unwrap();
    let report = carried.carry(&office.stick, Path::new("/stick"), CarryOptions::default(), now()).unwrap();
    assert_eq!(report.carried, 3);
}

#[test]
fn a_backup_needs_a_key_that_a_supervisor_set() {
    let world = World::new(10);
    let (mut vault, operator) = world.ready();
    let key = generate_age_identity().recipient;
    let pin = |vault: &mut Vault, by: &OfficerKeys, value: &str| {
        vault.pin(PinKind::BackupRecipient, value, by, now()).map(drop).map_err(|e| e.id())
    };
    assert_eq!(pin(&mut vault, &operator, &key), Err("not-supervisor"));
    let supervisor = world.sign_in(&mut vault, Role::Supervisor);
    assert_eq!(pin(&mut vault, &supervisor, "age1nonsense"), Err("backup-key"));
    let stick = stick(10);
    let back_up = || {
        let outside = Outside::open(world.disk.shared(), Path::new(ROOT)).unwrap();
        outside.back_up(&stick, Path::new(BACKUP), now()).map(drop).map_err(|e| e.id())
    };
    assert_eq!(back_up(), Err("backup-key"));
    assert_eq!(pin(&mut vault, &supervisor, &key), Ok(()));
    stick.set_room(Some(1000));
    assert_eq!(back_up(), Err("disk-full"));
    assert_eq!(stick.len(&temp_of(Path::new(BACKUP))).unwrap(), None);
    stick.set_room(None);
    // While the vault is open and an officer is signed in.
    assert_eq!(back_up(), Ok(()));
    assert_eq!(back_up(), Err("backup-file"));
    let before = vault.audit_seq();
    vault.take_inbox(now()).unwrap();
    assert_eq!(vault.audit_seq(), before + 1);
    let mut told = BTreeMap::new();
    crate::vault::audit::each_segment(&world.disk, &vault.layout().audit(), |_, lines| {
        let read = lines.iter().map(|line| serde_json::from_slice::<AuditLine>(line).unwrap());
        told.extend(read.map(|line| (line.event, line.details)));
    })
    .unwrap();
    assert_eq!(told["backup-made"]["recipient"], told["backup-key-set"]["sha256"]);
    // A key that was put there behind the supervisor's back counts for nothing.
    let other = generate_age_identity().recipient;
    world.disk.tamper(&vault.layout().pins(), |bytes| {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace(&key, &other).into_bytes();
    });
    let outside = Outside::open(world.disk.shared(), Path::new(ROOT)).unwrap();
    assert_eq!(outside.pins().unwrap_err().id(), "corrupt");
    stick.remove_durable(Path::new(BACKUP)).unwrap();
    assert_eq!(back_up(), Err("corrupt"));
    // What the note asks for: a supervisor sets it again.
    assert_eq!(pin(&mut vault, &supervisor, &key), Ok(()));
    assert_eq!(back_up(), Ok(()));
}

/// On the real file system, with hard links and a real index: backups while records are being saved.
#[test]
fn backups_taken_while_the_station_works_are_each_a_whole_vault() {
    let real: Arc<dyn Files> = Arc::new(RealFiles);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("vault");
    let report = Vault::init(&real, &dir, &options(Environment::Training)).unwrap();
    let login = &report.training[1];
    let key = generate_age_identity();
    let mut vault = Vault::open(Arc::clone(&real), &dir, &OpenOptions::default(), now()).unwrap();
    let supervisor = report.training.iter().find(|l| l.officer.role == Role::Supervisor).unwrap();
    let signer = vault.unlock(supervisor.officer.id, supervisor.passphrase, now()).unwrap();
    vault.pin(PinKind::BackupRecipient, &key.recipient, &signer, now()).unwrap();
    let operator = vault.unlock(login.officer.id, login.passphrase, now()).unwrap();
    let backups = std::thread::Builder::new().spawn({
        let (real, dir, to) = (Arc::clone(&real), dir.clone(), folder.path().to_owned());
        move || {
            let outside = Outside::open(real, &dir).unwrap();
            let back_up = |n: u32| {
                let to = to.join(format!("backup-{n}"));
                outside.back_up(&RealFiles, &to, now()).unwrap()
            };
            (0..4).map(back_up).collect::<Vec<_>>()
        }
    });
    let backups = backups.unwrap();
    let mut seed = 0;
    while !backups.is_finished() || seed < 3 {
        seed += 1;
        kept(&mut vault, draft(seed, &operator).id);
        vault.save(&draft(seed, &operator), &input(NIK), &operator, now()).unwrap();
    }
    let backups = backups.join().unwrap();
    drop(vault);
    let mut records = Vec::new();
    for (n, backup) in backups.iter().enumerate() {
        let to = folder.path().join(format!("restored-{n}"));
        let options = RestoreOptions {
            from: &backup.file,
            identity: &key.identity,
            to: &to,
            officer: &login.officer.name,
            passphrase: login.passphrase,
            replace: false,
            accept_damage: false,
            witness: None,
            receipts: &[],
            hub_key: None,
        };
        let report = restore(&real, &options, now()).unwrap();
        assert!(report.records as u64 <= seed && report.epoch == 2);
        records.push(report.records);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&to).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }
    assert!(records.is_sorted(), "{records:?}");
    assert_eq!(std::fs::read_dir(dir.join("snapshots")).unwrap().count(), 0);
    let vault = Vault::open(real, &dir, &OpenOptions::default(), now()).unwrap();
    assert!(vault.check().unwrap().is_well());
}

fn manifest() -> (Vec<u8>, serde_json::Value) {
    let office = Office::new(11);
    office.back_up().unwrap();
    let outside = Outside::open(office.world.disk.shared(), Path::new(ROOT)).unwrap();
    let bytes = outside.manifest_bytes(now()).unwrap();
    let value = serde_json::from_slice(&bytes).unwrap();
    (bytes, value)
}

#[test]
fn a_manifest_of_another_form_is_refused() {
    let (good, value) = manifest();
    assert!(read_manifest(&good).is_ok());
    let check = |what: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed = value.clone();
        change(&mut changed);
        let refused = read_manifest(&serde_json::to_vec(&changed).unwrap()).unwrap_err();
        assert_eq!(refused.id(), "backup-file", "{what}");
    };
    check("version", &|v| v["body"]["schema"] = "rekam-backup/2".into());
    check("counter", &|v| v["body"]["counter"] = 99.into());
    check("path above", &|v| v["body"]["files"][0]["path"] = "../vault.toml".into());
    check("absolute path", &|v| v["body"]["files"][0]["path"] = "/etc/passwd".into());
    check("lock", &|v| v["body"]["files"][0]["path"] = "lock".into());
    check("twice", &|v| v["body"]["files"][1] = v["body"]["files"][0].clone());
    check("unknown member", &|v| v["body"]["more"] = 1.into());
    check("no signature", &|v| v["signature"] = "".into());
    check("other vault", &|v| v["body"]["vault"] = Uuid::nil().to_string().into());
    assert!(read_manifest(&vec![b' '; MANIFEST_MAX + 1]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_bytes_bring_the_parser_of_manifests_down(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read_manifest(&bytes).is_err());
        prop_assert!(crate::vault::carry::read_manifest(&bytes, None).is_none());
    }
}

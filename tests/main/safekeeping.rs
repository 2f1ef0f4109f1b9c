//! Backup, restore, carry and audit as a user does them: with the program, on real files.

use std::fs;
use std::path::Path;

use super::support::{Told, rekam, run, session, told, training};

const SUPERVISOR: (&str, &str) = ("Supervisor Latihan", "latihan-supervisor");
const OPERATOR: (&str, &str) = ("Operator Latihan", "latihan-operator");

/// A command with the passphrase on stdin, and a folder of witnesses of its own.
fn with_passphrase(args: &[&str], state: &Path, passphrase: &str) -> Told {
    let mut command = rekam();
    command.args(args).args(["--passphrase-fd", "0", "--json"]).env("XDG_STATE_HOME", state);
    told(command.write_stdin(format!("{passphrase}\n")).output().unwrap())
}

fn plain(args: &[&str], state: &Path) -> Told {
    told(rekam().args(args).arg("--json").env("XDG_STATE_HOME", state).output().unwrap())
}

#[test]
fn a_day_with_backup_stick_receipts_and_a_restore() {
    let made = training();
    let vault = made.vault.to_str().unwrap().to_owned();
    let folder = made.vault.parent().unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let state = folder.join("state");
    let sealed = run(&made.vault, &session("clean.toml"));
    assert_eq!(sealed.code, 0, "{}", sealed.errors);

    let (key, backup) = (at("office.age-key"), at("day.rekam-backup"));
    let (name, passphrase) = SUPERVISOR;
    let args = ["vault", "backup", "--vault", &vault, "--to", &backup];
    let refused = plain(&args, &state);
    assert!(refused.code == 1 && refused.errors.starts_with("VLT-41"), "{}", refused.errors);
    let args = ["vault", "backup-key", "--vault", &vault, "--new", &key, "--by", name];
    let wrong = with_passphrase(&args, &state, "salah sekali");
    assert!(wrong.code == 1 && wrong.errors.starts_with("VLT-05"), "{}", wrong.errors);
    assert!(!Path::new(&key).exists());
    assert_eq!(with_passphrase(&args, &state, passphrase).code, 0);
    let again = with_passphrase(&args, &state, passphrase);
    assert!(again.code == 1 && again.errors.starts_with("CLI-03"), "{}", again.errors);
    let backed_up = plain(&["vault", "backup", "--vault", &vault, "--to", &backup], &state);
    assert_eq!((backed_up.code, backed_up.json["report"]["records"].as_u64()), (0, Some(1)));
    assert!(backed_up.errors.starts_with("WARNING"), "{}", backed_up.errors);
    let drilled = plain(&["vault", "backup", "--verify", &backup, "--identity", &key], &state);
    assert_eq!((drilled.code, drilled.json["report"]["records"].as_u64()), (0, Some(1)));

    // The stick, and the hub's receipts.
    let stick = at("stick");
    let missing = plain(&["queue", "export", "--vault", &vault, "--to", &stick], &state);
    assert!(missing.code == 1 && missing.errors.starts_with("VLT-44"), "{}", missing.errors);
    fs::create_dir(&stick).unwrap();
    // The stick is not mounted: its folder, or a link to it, is on the vault's own disk.
    let link = at("link");
    std::os::unix::fs::symlink(&stick, &link).unwrap();
    for to in [&stick, &link] {
        let refused = plain(&["queue", "export", "--vault", &vault, "--to", to], &state);
        assert!(refused.code == 1 && refused.errors.starts_with("VLT-50"), "{}", refused.errors);
    }
    assert_eq!(fs::read_dir(&stick).unwrap().count(), 0);
    let carried = plain(&["queue", "export", "--vault", &vault, "--to", &stick, "--same-disk"], &state);
    assert_eq!((carried.code, carried.json["report"]["carried"].as_u64()), (0, Some(1)));
    let records = carried.json["report"]["folder"].as_str().unwrap().to_owned();
    let hub = receipts(Path::new(&records), folder);
    let import = ["queue", "import-receipts", &records, "--vault", &vault, "--officer", OPERATOR.0];
    let early = with_passphrase(&import, &state, OPERATOR.1);
    assert!(early.code == 1 && early.errors.starts_with("VLT-46"), "{}", early.errors);
    let pin = ["vault", "hub-key", "--vault", &vault, "--set", &hub, "--by", name];
    assert_eq!(with_passphrase(&pin, &state, passphrase).code, 0);
    let imported = with_passphrase(&import, &state, OPERATOR.1);
    assert_eq!((imported.code, imported.json["report"]["taken"].as_u64()), (0, Some(1)));
    let listed = plain(&["queue", "list", "--vault", &vault], &state);
    assert_eq!(listed.json["records"][0]["state"], "SENT_FOR_ENROLLMENT");
    assert!(listed.json["records"][0]["carried"].is_string());

    // The audit, against what others hold.
    let verify = ["audit", "verify", "--vault", &vault, "--receipts", &records];
    let whole = plain(&verify, &state);
    assert_eq!((whole.code, whole.json["ok"].as_bool()), (0, Some(true)), "{}", whole.json);
    assert!(whole.json["report"]["signed_seq"].as_u64() > Some(0));
    let wrong = format!("5:{}", "0".repeat(64));
    let found = plain(&["audit", "verify", "--vault", &vault, "--head", &wrong], &state);
    assert_eq!((found.code, found.json["report"]["unfit"][0]["why"].as_str()), (1, Some("rewritten")));
    assert_eq!(plain(&["audit", "verify", "--vault", &vault, "--head", "nonsense"], &state).code, 2);

    // The old backup comes back: its record has no receipt yet, and this computer knows better.
    let restore = ["vault", "restore", "--from", &backup, "--identity", &key, "--to", &vault, "--officer"];
    let kept = with_passphrase(&[&restore[..], &[OPERATOR.0]].concat(), &state, OPERATOR.1);
    assert!(kept.code == 1 && kept.errors.starts_with("VLT-02"), "{}", kept.errors);
    let args = [&restore[..], &[OPERATOR.0, "--replace", "--receipts", &records]].concat();
    // The hub's key was pinned after the backup: nothing is passed over in silence.
    let unknown = with_passphrase(&args, &state, OPERATOR.1);
    assert!(unknown.code == 1 && unknown.errors.starts_with("VLT-48"), "{}", unknown.errors);
    let args = [&args[..], &["--hub-key", &hub]].concat();
    let restored = with_passphrase(&args, &state, OPERATOR.1);
    assert_eq!(
        (restored.code, restored.json["report"]["epoch"].as_u64()),
        (0, Some(2)),
        "{}",
        restored.errors
    );
    assert!(Path::new(restored.json["report"]["kept_aside"].as_str().unwrap()).join("vault.toml").exists());
    let told = plain(&["doctor", "--vault", &vault], &state).json["checks"].to_string();
    assert!(told.contains("leftover") && told.contains(".before-restore-"), "{told}");
    assert_eq!(restored.json["report"]["missing"].as_array().map(Vec::len), Some(0));
    let checked = plain(&["vault", "check", "--vault", &vault], &state);
    assert_eq!(checked.json["ok"].as_bool(), Some(true), "{}", checked.json);
    let whole = plain(&verify, &state);
    assert_eq!(whole.code, 0, "{}", whole.json);

    let last = at("last.rekam-backup");
    let retire = ["vault", "retire", "--vault", &vault, "--to", &last, "--by", name];
    assert_eq!(with_passphrase(&retire, &state, passphrase).code, 0);
    let refused = run(&made.vault, &session("clean.toml"));
    assert!(refused.code == 1 && refused.errors.starts_with("VLT-47"), "{}", refused.errors);
}

/// The station moves: the last backup is restored at the other computer, which records on; the old one does not.
#[test]
fn a_station_moves_to_another_computer() {
    let made = training();
    let old = made.vault.to_str().unwrap().to_owned();
    let folder = made.vault.parent().unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    // Each computer has its own memory of what it saw.
    let (state, other_state) = (folder.join("state"), folder.join("other-state"));
    let (name, passphrase) = SUPERVISOR;
    let first = run(&made.vault, &session("clean.toml"));
    assert_eq!(first.code, 0, "{}", first.errors);
    let (key, last, new) = (at("office.age-key"), at("last.rekam-backup"), at("other/vault"));
    let pin = ["vault", "backup-key", "--vault", &old, "--new", &key, "--by", name];
    assert_eq!(with_passphrase(&pin, &state, passphrase).code, 0);
    let retire = ["vault", "retire", "--vault", &old, "--to", &last, "--by"];
    let refused = with_passphrase(&[&retire[..], &[OPERATOR.0]].concat(), &state, OPERATOR.1);
    assert!(refused.code == 1 && refused.errors.starts_with("VLT-17"), "{}", refused.errors);
    let retired = with_passphrase(&[&retire[..], &[name]].concat(), &state, passphrase);
    assert_eq!(
        (retired.code, retired.json["report"]["records"].as_u64()),
        (0, Some(1)),
        "{}",
        retired.errors
    );

    fs::create_dir(folder.join("other")).unwrap();
    let restore =
        ["vault", "restore", "--from", &last, "--identity", &key, "--to", &new, "--officer", OPERATOR.0];
    let restored = with_passphrase(&restore, &other_state, OPERATOR.1);
    let report = &restored.json["report"];
    assert_eq!((restored.code, report["epoch"].as_u64()), (0, Some(2)), "{}", restored.errors);
    assert_eq!((report["records"].as_u64(), report["sealed_since"].is_null()), (Some(1), true), "{report}");
    let well = |vault: &str, state: &Path| {
        let checked = plain(&["vault", "check", "--vault", vault], state);
        assert_eq!(checked.json["ok"].as_bool(), Some(true), "{}", checked.json);
        let audit = plain(&["audit", "verify", "--vault", vault], state);
        assert_eq!(audit.code, 0, "{}", audit.json);
    };
    well(&new, &other_state);

    // The new one records on, with counters of its own epoch; the old one does not.
    let on = run(Path::new(&new), &session("outside-domicile.toml"));
    assert_eq!(on.code, 0, "{}", on.errors);
    let refused = run(&made.vault, &session("outside-domicile.toml"));
    assert!(refused.code == 1 && refused.errors.starts_with("VLT-47"), "{}", refused.errors);
    for (vault, state, count) in [(&new, &other_state, 2), (&old, &state, 1)] {
        let listed = plain(&["queue", "list", "--vault", vault], state);
        assert_eq!(listed.json["records"].as_array().map(Vec::len), Some(count), "{}", listed.json);
        well(vault, state);
        // What is there can still be carried from either.
        let stick = folder.join(format!("stick-{count}"));
        fs::create_dir(&stick).unwrap();
        let to = stick.to_str().unwrap();
        let carried = plain(&["queue", "export", "--vault", vault, "--same-disk", "--to", to], state);
        let found = carried.json["report"]["carried"].as_u64();
        assert_eq!((carried.code, found), (0, Some(count as u64)), "{}", carried.errors);
    }
    let headers = Path::new(&new).join("records");
    let headers = fs::read_dir(headers).unwrap().map(|entry| entry.unwrap().path());
    let headers = headers.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let mut sealed: Vec<(u64, u64)> = headers
        .map(|path| record::header::Header::parse(&fs::read(path).unwrap()).unwrap())
        .map(|header| (header.epoch, header.counter))
        .collect();
    sealed.sort_unstable();
    assert_eq!(sealed, [(1, 1), (2, 2)]);
}

/// Signs receipts as a hub does; returns the hub's public key.
fn receipts(records: &Path, folder: &Path) -> String {
    let arguments = sim_receipts(records, folder);
    sim::receipts::run(&arguments).unwrap();
    let pem = fs::read_to_string(folder.join("hub.pem")).unwrap();
    record::keys::public_to_hex(&record::keys::private_from_pem(&pem).unwrap().verifying_key())
}

fn sim_receipts(records: &Path, folder: &Path) -> sim::receipts::Arguments {
    sim::receipts::Arguments::new(records.to_owned(), folder.join("hub.pem"))
}

/// The window, or a script, has the vault open: a backup and a carry work beside it.
#[test]
fn a_backup_and_a_carry_work_while_the_vault_is_open_elsewhere() {
    let made = training();
    let vault = made.vault.to_str().unwrap().to_owned();
    let folder = made.vault.parent().unwrap();
    let state = folder.join("state");
    assert_eq!(run(&made.vault, &session("clean.toml")).code, 0);
    let recipient = record::keys::generate_age_identity().recipient;
    let pin = ["vault", "backup-key", "--vault", &vault, "--set", &recipient, "--by", SUPERVISOR.0];
    assert_eq!(with_passphrase(&pin, &state, SUPERVISOR.1).code, 0);
    // As another program would, this one holds the vault's lock.
    let lock = fs::OpenOptions::new().write(true).open(made.vault.join("lock")).unwrap();
    lock.try_lock().unwrap();
    let in_use = plain(&["queue", "list", "--vault", &vault], &state);
    assert!(in_use.errors.starts_with("VLT-03"), "{}", in_use.errors);
    let to = folder.join("beside.rekam-backup");
    let args = ["vault", "backup", "--vault", &vault, "--to", to.to_str().unwrap()];
    let backed_up = plain(&args, &state);
    assert_eq!(
        (backed_up.code, backed_up.json["report"]["records"].as_u64()),
        (0, Some(1)),
        "{}",
        backed_up.errors
    );
    let to = folder.to_str().unwrap();
    let carried = plain(&["queue", "export", "--vault", &vault, "--same-disk", "--to", to], &state);
    assert_eq!(
        (carried.code, carried.json["report"]["carried"].as_u64()),
        (0, Some(1)),
        "{}",
        carried.errors
    );
    drop(lock);
    // The next who opens it takes both lines into the audit.
    assert_eq!(plain(&["vault", "check", "--vault", &vault], &state).json["ok"].as_bool(), Some(true));
    let audit = fs::read_to_string(made.vault.join("audit/000001.jsonl")).unwrap();
    for event in ["backup-made", "records-carried"] {
        assert_eq!(audit.matches(&format!("\"event\":\"{event}\"")).count(), 1, "{event}");
    }
}

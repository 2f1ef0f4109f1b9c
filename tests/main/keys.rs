//! Keys by the real binary: passphrases, PIN, accounts that are closed, the centre's list in a production vault.

use std::path::{Path, PathBuf};

use record::keys;
use serde_json::{Value, json};

use crate::support::{Told, rekam, told, training};

fn call(args: &[&str], vault: &Path, lines: &str) -> Told {
    let mut command = rekam();
    command.args(args).arg("--vault").arg(vault);
    told(command.write_stdin(lines.to_owned()).output().unwrap())
}

fn check(args: &[&str], vault: &Path, lines: &str, code: i32, says: &str) -> Value {
    let found = call(args, vault, lines);
    assert_eq!(found.code, code, "{args:?}: {}", found.errors);
    assert!(found.errors.starts_with(says), "{args:?}: {}", found.errors);
    assert!(!found.errors.contains("latihan-operator"), "a passphrase is told");
    found.json
}

#[test]
fn passphrase_pin_and_removal() {
    let place = training();
    let vault = &place.vault;
    let of = ["--of", "Operator Latihan", "--passphrase-fd", "0"];
    let passphrase = [&["officer", "passphrase"][..], &of].concat();
    check(&passphrase, vault, "latihan-operator\nbaru dan panjang\nbaru dan pendek\n", 1, "CLI-10");
    check(&passphrase, vault, "latihan-operator\npendek\npendek\n", 1, "VLT-15");
    check(&passphrase, vault, "latihan-operator\n12345678\n12345678\n", 1, "VLT-51");
    check(&passphrase, vault, "latihan-operator\noperator2026\noperator2026\n", 1, "VLT-51");
    check(&passphrase, vault, "salah sekali\nbaru dan panjang\nbaru dan panjang\n", 1, "VLT-05");
    check(&passphrase, vault, "latihan-operator\nbaru dan panjang\nbaru dan panjang\n", 0, "");
    let pin = [&["officer", "pin"][..], &of].concat();
    check(&pin, vault, "latihan-operator\n271828\n271828\n", 1, "VLT-05");
    check(&pin, vault, "baru dan panjang\n123456\n123456\n", 1, "VLT-36");
    check(&pin, vault, "baru dan panjang\n271828\n271829\n", 1, "CLI-10");
    check(&pin, vault, "baru dan panjang\n271828\n271828\n", 0, "");
    let remove = |of: &str, lines: &str, code, says: &str| {
        let args = ["officer", "remove", "--of", of, "--by", "Supervisor Latihan", "--passphrase-fd", "0"];
        check(&args, vault, lines, code, says);
    };
    remove("Supervisor Latihan", "latihan-supervisor\n", 1, "VLT-33");
    remove("Operator Latihan", "latihan-operator\n", 1, "VLT-05");
    remove("Operator Latihan", "latihan-supervisor\n", 0, "");
    check(&pin, vault, "baru dan panjang\n271828\n271828\n", 2, "error: no account");
    let list = check(&["officer", "list", "--json"], vault, "", 0, "");
    assert_eq!(list["officers"].as_array().unwrap().len(), 3);
    let report = check(&["vault", "check", "--json"], vault, "", 0, "");
    assert_eq!(report["ok"], true, "{report}");
}

/// A centre's root key and lists, as files.
struct Centre {
    folder: PathBuf,
    key: PathBuf,
    public: PathBuf,
}

impl Centre {
    fn new(folder: &Path) -> Self {
        let root = keys::generate_signing_key().unwrap();
        let (key, public) = (folder.join("root.pem"), folder.join("root.pub.pem"));
        std::fs::write(&key, keys::private_to_pem(&root).unwrap().as_bytes()).unwrap();
        std::fs::write(&public, keys::public_to_pem(&root.verifying_key()).unwrap()).unwrap();
        Self { folder: folder.to_owned(), key, public }
    }

    /// Signs a list with the program itself.
    fn list(&self, name: &str, serial: u64) -> PathBuf {
        let entry = |role: &str| {
            let recipient = keys::generate_age_identity().recipient;
            json!({"name": role, "role": role, "recipient": recipient,
                "valid_from": "2020-01-01T00:00:00Z", "valid_until": "2190-01-01T00:00:00Z"})
        };
        let list = json!({"schema": "rekam-centre-list/1", "environment": "production", "serial": serial,
            "issued": "2021-01-01T00:00:00Z", "entries": [entry("centre"), entry("escrow")]});
        let (draft, out) = (self.folder.join(format!("{name}.draft")), self.folder.join(name));
        std::fs::write(&draft, list.to_string()).unwrap();
        let mut sign = rekam();
        sign.args(["centre", "sign"]).arg(&draft).arg("--key").arg(&self.key).arg("--out").arg(&out);
        sign.assert().success();
        out
    }
}

#[test]
fn a_production_station_gets_its_recipients_from_two_supervisors() {
    let folder = tempfile::TempDir::new().unwrap();
    let centre = Centre::new(folder.path());
    let vault = folder.path().join("vault");
    let root = centre.public.to_str().unwrap();
    let init = ["init", "--station", "P-1", "--supervisor", "Kepala", "--supervisor-nik", "3204370507809001"];
    let init = [&init[..], &["--passphrase-fd", "0", "--centre-root"]].concat();
    check(&[&init[..], &["/nonexistent"]].concat(), &vault, "kalimat kepala\n", 1, "CLI-02");
    check(&[&init[..], &[root]].concat(), &vault, "kalimat kepala\n", 0, "");
    check(&["centre", "show"], &vault, "", 1, "VLT-34");
    let add = ["officer", "add", "--name", "Wakil", "--role", "supervisor", "--by", "Kepala"];
    let add = [&add[..], &["--passphrase-fd", "0"]].concat();
    check(&add, &vault, "kalimat kepala\n3204370507809002\nkalimat wakil\n", 0, "");

    let list = centre.list("list-2", 2);
    let list = list.to_str().unwrap();
    let install = |list: &str, by: &[&str], lines: &str, code, says: &str| {
        let args = [&["centre", "install", list, "--json", "--passphrase-fd", "0"][..], by].concat();
        check(&args, &vault, lines, code, says)
    };
    check(&["centre", "verify", list], &vault, "", 0, "");
    install(list, &["--by", "Kepala"], "kalimat kepala\n", 2, "error: 2 supervisors");
    let both = ["--by", "Kepala", "--and", "Wakil"];
    let twice = ["--by", "Kepala", "--and", "Kepala"];
    install(list, &twice, "kalimat kepala\nkalimat kepala\n", 1, "VLT-35");
    install(list, &both, "kalimat kepala\nkalimat kepala\n", 1, "VLT-05");
    let text = std::fs::read_to_string(list).unwrap();
    let changed = folder.path().join("changed");
    std::fs::write(&changed, text.replace("2190", "2191")).unwrap();
    install(changed.to_str().unwrap(), &both, "", 1, "VLT-14");
    std::fs::write(&changed, "{").unwrap();
    install(changed.to_str().unwrap(), &both, "", 1, "VLT-14");
    install(list, &both, "kalimat kepala\nkalimat wakil\n", 0, "");
    let shown = check(&["centre", "show", "--json"], &vault, "", 0, "");
    assert_eq!(shown["list"]["serial"], 2);
    assert_eq!(shown["installed_by"].as_array().unwrap().len(), 2);
    let older = centre.list("list-1", 1);
    install(older.to_str().unwrap(), &both, "kalimat kepala\nkalimat wakil\n", 1, "VLT-14");
    let report = check(&["vault", "check", "--json"], &vault, "", 0, "");
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn the_doctor_looks_at_the_computer() {
    let place = training();
    let found = call(&["doctor", "--json"], &place.vault, "");
    let checks = found.json["checks"].as_array().unwrap();
    let told = |name: &str| {
        let look = checks.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("{name}: {checks:?}"));
        look["told"].as_str().unwrap().to_owned()
    };
    for name in ["centre-list", "disk-encryption", "swap", "hibernation", "memory-lock", "sleep"] {
        assert!(!told(name).is_empty(), "{name}");
    }
    assert!(told("core-dumps").starts_with("of rekam: limit 0, dumpable no;"), "{}", told("core-dumps"));
}

//! `rekam card`: with the simulated reader, and with no card service at all.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Told, rekam, told};

/// A folder with a configuration of the simulated reader with these further lines.
fn place(lines: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, format!("[devices.card]\ndriver = \"simulated\"\ncapture_ms = 0\n{lines}"))
        .unwrap();
    (folder, config)
}

fn card(config: &Path, folder: &Path, words: &[&str]) -> Told {
    let mut command = rekam();
    // No pcscd, whatever this machine runs.
    command.env("PCSCLITE_CSOCK_NAME", folder.join("no-service")).env("XDG_DATA_HOME", folder);
    command.env("REKAM_CONFIG", config).arg("card").args(words);
    told(command.timeout(std::time::Duration::from_secs(120)).output().unwrap())
}

#[test]
fn a_card_is_read_and_its_photo_kept_private() {
    let (folder, config) = place("uid = \"04010203040506\"");
    let photo = folder.path().join("photo.jpg");
    let read = card(&config, folder.path(), &["read", "--json", "--photo", photo.to_str().unwrap()]);
    assert_eq!(read.code, 0, "{}", read.errors);
    assert_eq!(read.json["uid"], "**********0506");
    assert_eq!((&read.json["card_type"], &read.json["is_ktp"]), (&json!("a"), &json!(true)));
    assert_eq!(read.json["photo_media_type"], "image/jpeg");
    let bytes = std::fs::read(&photo).unwrap();
    assert_eq!(read.json["photo_bytes"], json!(bytes.len()));
    assert!(biometrics::codec::decode_rgb(&bytes).is_ok());
    assert_eq!(std::fs::metadata(&photo).unwrap().permissions().mode() & 0o777, 0o600);
    let whole = card(&config, folder.path(), &["read", "--json", "--uid"]);
    assert_eq!((&whole.json["uid"], &whole.json["photo_bytes"]), (&json!("04010203040506"), &Value::Null));
    let words = card(&config, folder.path(), &["read"]);
    assert_eq!((words.code, words.json), (0, Value::Null));
    let watched = card(&config, folder.path(), &["watch", "--json", "--for-s", "1"]);
    assert_eq!((watched.code, &watched.json["uid"]), (0, &json!("**********0506")), "{}", watched.errors);
}

#[test]
fn the_protected_part_needs_the_secret_of_the_sam() {
    use devices::ktp::simulation::{Secrets, person};
    let (folder, config) = place("person_seed = 5");
    let (secret, out) = (folder.path().join("secret"), folder.path().join("out.json"));
    let (secret_arg, out_arg) = (secret.to_str().unwrap(), out.to_str().unwrap());
    let words = ["read", "--json", "--sam-secret", secret_arg, "--protected", out_arg];
    std::fs::write(&secret, hex::encode(Secrets::from_seed(5).opening().expose())).unwrap();
    let read = card(&config, folder.path(), &words);
    assert_eq!((read.code, &read.json["protected"]["genuine"]), (0, &json!(true)), "{}", read.errors);
    let told: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(told["biodata"]["name"], json!(person(5).name));
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!read.json.to_string().contains(&person(5).nik), "personal data go to the file only");
    for (text, expected) in [("00".repeat(32), "DEV-12"), ("abc".to_owned(), "64 hexadecimal digits")] {
        std::fs::write(&secret, text).unwrap();
        let refused = card(&config, folder.path(), &words);
        assert!(refused.code == 1 && refused.errors.contains(expected), "{}", refused.errors);
    }
    std::fs::remove_file(&secret).unwrap();
    let refused = card(&config, folder.path(), &words);
    assert!(refused.code == 1 && refused.errors.starts_with("CLI-03"), "{}", refused.errors);
}

#[test]
fn what_can_go_wrong_is_told() {
    let check = |lines: &str, words: &[&str], code: i32, expected: &str| {
        let (folder, config) = place(lines);
        let found = card(&config, folder.path(), words);
        assert_eq!(found.code, code, "{words:?}: {}", found.errors);
        assert!(found.errors.contains(expected), "{words:?}: {}", found.errors);
    };
    let read = &["read", "--wait-s", "1"][..];
    check("present = false", read, 1, "no card; lay a card");
    check("script = [\"retry:card-removed\"]", read, 1, "taken off too early");
    check("script = [\"retry:several-cards\"]", read, 1, "one KTP-el only");
    check("script = [\"unplug\"]", read, 1, "DEV-03");
    check("script = [\"fault:busy\"]", read, 1, "DEV-02");
    check("script = [{ on = \"apdu\", do = \"fault:protocol\" }]", read, 1, "DEV-06");
    check("", &["read", "--photo", "/nonexistent/folder/photo.jpg"], 1, "CLI-03");
    check("", &["read", "--wait-s", "0"], 2, "wait-s");
    check("", &["read", "--protected", "x"], 2, "--sam-secret");
    check("", &["read", "--reader", "anything", "--wait-s", "1"], 1, "DEV-11");
    check("", &["watch", "--reader", "anything", "--for-s", "1"], 0, "");
}

#![allow(clippy::unwrap_used)]
use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn kept_keys_are_private_and_stay() {
    let folder = tempfile::TempDir::new().unwrap();
    let keys = folder.path().join("keys");
    let first = Keys::open(&KeySource::Folder(keys.clone())).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&keys), 0o700);
    let files: Vec<_> = fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 4);
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let second = Keys::open(&KeySource::Folder(keys.clone())).unwrap();
    assert_eq!(first.root_pem(), second.root_pem());
    let process = Keys::open(&KeySource::Process).unwrap();
    assert!(process.root_pem() != first.root_pem());

    // A damaged file is named and not replaced.
    fs::write(keys.join("device.key.pem"), "no key").unwrap();
    let error = Keys::open(&KeySource::Folder(keys.clone())).unwrap_err().to_string();
    assert!(error.contains("SIM-03") && error.contains("device.key.pem"), "{error}");
    assert_eq!(fs::read_to_string(keys.join("device.key.pem")).unwrap(), "no key");
    fs::remove_file(keys.join("ftm.key.pem")).unwrap();
    let error = Keys::open(&KeySource::Folder(keys)).unwrap_err().to_string();
    assert!(error.contains("SIM-02") && error.contains("ftm.key.pem"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Keys::open(&KeySource::Folder(file.path().join("keys"))).unwrap_err().to_string();
    assert!(error.starts_with("SIM-02"), "{error}");
}

//! What a station says of itself outside its vault: manifests of backups and carries.

use std::path::Path;

use chrono::DateTime;
use record::schema::Environment;
use rekam::vault::files::Files;
use rekam::vault::testing::FaultyFiles;
use rekam::vault::{CarryOptions, InitOptions, KdfCost, OpenOptions, Outside, Vault, backup, carry};

/// A carry's manifest is refused, or of one station with each record once.
pub(crate) fn carry(bytes: &[u8]) {
    if let Some(manifest) = carry::read_manifest(bytes, None) {
        let ids: std::collections::BTreeSet<_> = manifest.records.iter().map(|r| r.id).collect();
        assert_eq!(ids.len(), manifest.records.len());
        assert!(record::header::check_station(&manifest.station));
    }
}

/// A backup's manifest is refused, or names files that stay within a vault.
pub(crate) fn backup(bytes: &[u8]) {
    if let Ok(manifest) = backup::read_manifest(bytes) {
        for file in &manifest.files {
            assert!(Path::new(&file.path).is_relative() && !file.path.contains(".."));
        }
    }
}

/// The manifest of a carry of two records, made by a vault in memory.
pub(crate) fn manifest() -> Vec<u8> {
    let disk = FaultyFiles::new(0);
    let now = DateTime::from_timestamp(1_592_000_000, 0).expect("a time of 2020");
    for folder in ["/disk", "/stick"] {
        disk.make_folder_durable(Path::new(folder)).expect("a folder in memory");
    }
    let options = InitOptions {
        station: "FUZZ-01".to_owned(),
        environment: Environment::Training,
        centre_root: None,
        first_supervisor: None,
        officers: Vec::new(),
        kdf: KdfCost::Test,
        now,
    };
    let folder = Path::new("/disk/vault");
    let made = Vault::init(&disk.shared(), folder, &options).expect("a vault in memory");
    let mut vault =
        Vault::open(disk.shared(), folder, &OpenOptions::default(), now).expect("a vault in memory");
    let login = &made.training[1];
    let operator = vault.unlock(login.officer.id, login.passphrase, now).expect("the right passphrase");
    vault.crowd(2, &operator, now).expect("records in memory");
    let outside = Outside::open(disk.shared(), folder).expect("a vault in memory");
    // Everything in memory is one disk.
    let options = CarryOptions { all: true, same_disk: true, ..CarryOptions::default() };
    let report = outside.carry(&disk, Path::new("/stick"), options, now).expect("a stick in memory");
    let path = report.folder.join(carry::MANIFEST_NAME);
    disk.read(&path, u64::MAX).expect("the manifest that was written")
}

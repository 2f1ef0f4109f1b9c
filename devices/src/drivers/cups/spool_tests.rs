#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn what_is_kept() {
    let check = |conf: &str, expected: Option<Option<u64>>| {
        let found = keeps_files(conf).map(|f| match f {
            SpoolFinding::KeepsFiles { seconds } => seconds,
            other => panic!("{other:?}"),
        });
        assert_eq!(found, expected, "{conf:?}");
    };
    check("", Some(Some(86_400)));
    check("# PreserveJobFiles No\n", Some(Some(86_400)));
    check("PreserveJobFiles No\n", None);
    check("  preservejobfiles\tOff  \n", None);
    check("PreserveJobFiles 0\n", None);
    check("PreserveJobFiles Yes\n", Some(None));
    check("PreserveJobFiles 300\n", Some(Some(300)));
    check("PreserveJobFiles 5m\n", Some(Some(300)));
    check("PreserveJobFiles 1d\n", Some(Some(86_400)));
    check("PreserveJobFiles 99999999999999999999d\n", Some(None));
    check("PreserveJobFiles Yes\nPreserveJobFiles No\n", None);
    check("PreserveJobHistory No\n", None);
    check("PreserveJobHistory Yes\nPreserveJobFiles No\n", None);
    check("PreserveJobFiles\n", Some(Some(86_400)));
}

#[test]
fn a_folder_of_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    fs::create_dir(&spool).unwrap();
    let check = |conf: &str, mode: u32, expected: &[&str]| {
        fs::write(folder.path().join("cupsd.conf"), conf).unwrap();
        fs::write(folder.path().join("cups-files.conf"), format!("RequestRoot {}\n", spool.display()))
            .unwrap();
        fs::set_permissions(&spool, fs::Permissions::from_mode(mode)).unwrap();
        let told: Vec<String> = look(folder.path()).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, part) in told.iter().zip(expected) {
            assert!(told.contains(part), "{told}: {part}");
        }
    };
    check("PreserveJobFiles No\n", 0o710, &[]);
    check("PreserveJobFiles No\n", 0o755, &["mode 755"]);
    check("PreserveJobFiles Yes\n", 0o730, &["PreserveJobFiles No", "chmod 710"]);
    check("", 0o700, &["for 86400 s"]);
    // A folder where the file should be cannot be read by anybody.
    fs::remove_file(folder.path().join("cupsd.conf")).unwrap();
    fs::create_dir(folder.path().join("cupsd.conf")).unwrap();
    let told = look(folder.path());
    assert!(matches!(told.as_slice(), [SpoolFinding::NotChecked { .. }]), "{told:?}");
}

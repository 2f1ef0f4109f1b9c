#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::super::tests::{fir, gray};
use super::*;

fn check(stem: &str, expected: Option<u8>) {
    assert_eq!(finger_of_name(stem).map(FingerPosition::code), expected, "{stem}");
}

#[test]
fn fingers_by_name() {
    for (name, code) in [
        ("Left_Index", 7),
        ("left_index", 7),
        ("LEFT-INDEX", 7),
        ("LeftIndex", 7),
        ("leftindex", 7),
        ("index left", 7),
        ("finger-left-index-1", 7),
        ("telunjuk_kiri", 7),
        ("Ibu Jari Kanan", 1),
        ("jempol kanan", 1),
        ("jari tengah kanan", 3),
        ("manis.kanan", 4),
        ("kelingking kiri", 10),
        ("Right pinky", 5),
        ("7", 7),
        ("07", 7),
        ("10", 10),
    ] {
        check(name, Some(code));
    }
    for name in
        ["", "0", "11", "256", "left", "index", "left right index", "left index ring", "leftover", "p1_1"]
    {
        check(name, None);
    }
}

#[test]
fn eyes_by_name() {
    for (name, eye) in
        [("Left_Iris", Eye::Left), ("right", Eye::Right), ("mata kiri", Eye::Left), ("rightEye", Eye::Right)]
    {
        assert_eq!(eye_of_name(name), Some(eye), "{name}");
    }
    assert_eq!(eye_of_name("iris"), None);
    assert_eq!(eye_of_name("left and right"), None);
}

fn detail<T: std::fmt::Debug>(result: Result<T, DeviceFault>) -> String {
    match result {
        Err(DeviceFault::BadData { detail }) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn folders_must_be_unambiguous() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("7.png", b"");
    put(".hidden", b"");
    assert_eq!(fingers(folder.path()).unwrap().len(), 1);
    put("Left_Index.iso", b"");
    let twice = detail(fingers(folder.path()));
    assert!(twice.contains("left_index") && twice.contains("7.png"), "{twice}");
    assert!(detail(fingers(&folder.path().join("7.png"))).contains("not a folder"));
    assert!(detail(fingers(&folder.path().join("none"))).contains("not found"));
}

#[test]
fn a_folder_of_faces_must_hold_one() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    assert!(detail(face(folder.path())).contains("no picture"));
    put("notes.txt", b"notes");
    put("b", b"\x89PNG\r\n\x1A\n");
    assert_eq!(face(folder.path()).unwrap(), folder.path().join("b"));
    put("z", b"\xFF\xD8\xFF\xE0");
    put("a.iso", b"FAC\x00030\x00");
    put("damaged.jpg", b"");
    assert!(detail(face(folder.path())).contains("4 faces"));
    let names: Vec<_> =
        faces(folder.path()).unwrap().iter().map(|p| p.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["z", "b", "a.iso", "damaged.jpg"]);
}

#[test]
fn too_many_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..=MAX_ENTRIES {
        std::fs::write(folder.path().join(format!("f{n}")), b"").unwrap();
    }
    assert!(detail(fingers(folder.path())).contains("more than"));
}

#[test]
fn the_check_names_everything_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let position = FingerPosition::LeftRing;
    let record = fir(biometrics::iso::fir::Position::Finger(position), &gray(1));
    std::fs::write(folder.path().join("unnamed.iso"), record).unwrap();
    std::fs::write(folder.path().join("1.iso"), b"x").unwrap();
    let detail = detail(check_folder(DeviceKind::Fingerprint, folder.path()));
    assert!(detail.contains("1.iso: is neither"), "{detail}");
    let missing = FingerPosition::ALL.iter().filter(|p| detail.contains(&format!("{p}: no file"))).count();
    assert_eq!(missing, 8, "{detail}");
    assert!(!detail.contains("left_ring"));
    assert_eq!(check_folder(DeviceKind::Card, folder.path()), Err(DeviceFault::Unsupported));
}

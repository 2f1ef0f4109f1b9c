#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;

fn good() -> Vec<u8> {
    pack(&[("manifest.json", b"{}"), ("fingers/a.jp2", b"picture"), ("empty.txt", b"")]).unwrap()
}

fn code<T>(result: Result<T, ArchiveError>) -> String {
    result.map_or_else(|e| e.to_string()[..6].to_owned(), |_| "ok".to_owned())
}

fn find(bytes: &[u8], what: &[u8], nth: usize) -> usize {
    bytes.windows(what.len()).enumerate().filter(|(_, w)| *w == what).nth(nth).unwrap().0
}

fn check(name: &str, mutate: impl FnOnce(&mut Vec<u8>), expected: &[&str]) {
    let mut bytes = good();
    mutate(&mut bytes);
    let found = code(unpack(&bytes));
    assert!(expected.contains(&found.as_str()), "{name}: {found}, not {expected:?}");
}

#[test]
fn archive_vectors() {
    const LOCAL: &[u8] = b"PK\x03\x04";
    const CENTRAL: &[u8] = b"PK\x01\x02";
    check("good", |_| {}, &["ok"]);
    check("empty file", Vec::clear, &["ZIP-01"]);
    check("cut", |b| b.truncate(b.len() - 1), &["ZIP-01"]);
    check("a byte behind", |b| b.push(0), &["ZIP-01"]);
    check("a byte before", |b| b.insert(0, 0), &["ZIP-07"]);
    check(
        "comment announced",
        |b| {
            let n = b.len();
            b[n - 2] = 1;
        },
        &["ZIP-07"],
    );
    check(
        "two disks",
        |b| {
            let n = b.len();
            b[n - 18] = 1;
        },
        &["ZIP-07"],
    );
    check(
        "more entries than are there",
        |b| {
            let n = b.len();
            b[n - 12] = 4;
            b[n - 14] = 4;
        },
        &["ZIP-01", "ZIP-03"],
    );
    check(
        "fewer entries than are there",
        |b| {
            let n = b.len();
            b[n - 12] = 2;
            b[n - 14] = 2;
        },
        &["ZIP-01", "ZIP-07"],
    );
    check(
        "too many entries",
        |b| {
            let n = b.len();
            b[n - 12] = 200;
            b[n - 14] = 200;
        },
        &["ZIP-04"],
    );
    check(
        "data changed",
        |b| {
            let at = find(b, b"picture", 0);
            b[at] ^= 1;
        },
        &["ZIP-08"],
    );
    check(
        "local name differs",
        |b| {
            let at = find(b, b"fingers/a", 0);
            b[at] = b'x';
        },
        &["ZIP-07"],
    );
    check(
        "central name differs",
        |b| {
            let at = find(b, b"fingers/a", 1);
            b[at] = b'x';
        },
        &["ZIP-07"],
    );
    check(
        "duplicate name",
        |b| {
            let other = pack(&[("a.txt", b"1"), ("b.txt", b"2")]).unwrap();
            *b = other;
            for nth in 0..2 {
                let at = find(b, b"b.txt", 0);
                b[at] = b'a';
                let _ = nth;
            }
        },
        &["ZIP-03"],
    );
    check(
        "parent folder",
        |b| {
            for _ in 0..2 {
                let at = find(b, b"fingers/", 0);
                b[at..at + 8].copy_from_slice(b"../../x/");
            }
        },
        &["ZIP-02"],
    );
    check(
        "absolute",
        |b| {
            for _ in 0..2 {
                let at = find(b, b"fingers/", 0);
                b[at] = b'/';
            }
        },
        &["ZIP-02"],
    );
    check(
        "capital letter",
        |b| {
            for _ in 0..2 {
                let at = find(b, b"fingers/", 0);
                b[at] = b'F';
            }
        },
        &["ZIP-02"],
    );
    check(
        "back-slash",
        |b| {
            for _ in 0..2 {
                let at = find(b, b"fingers/", 0);
                b[at + 7] = b'\\';
            }
        },
        &["ZIP-02"],
    );
    check(
        "compressed, says the directory",
        |b| {
            let at = find(b, CENTRAL, 1);
            b[at + 10] = 8;
        },
        &["ZIP-06"],
    );
    check(
        "compressed, says the local header",
        |b| {
            let at = find(b, LOCAL, 1);
            b[at + 8] = 8;
        },
        &["ZIP-06"],
    );
    check(
        "encrypted, says the local header",
        |b| {
            let at = find(b, LOCAL, 1);
            b[at + 6] |= 1;
        },
        &["ZIP-06"],
    );
    check(
        "encrypted, says the directory",
        |b| {
            let at = find(b, CENTRAL, 1);
            b[at + 8] |= 1;
        },
        &["ZIP-06"],
    );
    check(
        "data descriptor",
        |b| {
            let at = find(b, LOCAL, 1);
            b[at + 6] |= 8;
        },
        &["ZIP-06"],
    );
    check(
        "symbolic link",
        |b| {
            let at = find(b, CENTRAL, 1);
            b[at + 40..at + 42].copy_from_slice(&0o120_777u16.to_le_bytes());
        },
        &["ZIP-06"],
    );
    check(
        "size claims 4 GB",
        |b| {
            let at = find(b, CENTRAL, 1);
            b[at + 20..at + 28].fill(0xfe);
        },
        &["ZIP-05", "ZIP-01"],
    );
    check(
        "uncompressed size claims more",
        |b| {
            let at = find(b, CENTRAL, 1);
            b[at + 24] += 1;
        },
        &["ZIP-06"],
    );
    check(
        "overlap: second entry points at the first",
        |b| {
            let at = find(b, CENTRAL, 1);
            b[at + 42..at + 46].fill(0);
        },
        &["ZIP-07"],
    );
    check(
        "local size differs",
        |b| {
            let at = find(b, LOCAL, 1);
            b[at + 22] += 1;
        },
        &["ZIP-07"],
    );
}

#[test]
fn hidden_bytes_between_entries_are_found() {
    let bytes = good();
    let at = find(&bytes, b"PK\x01\x02", 0);
    let mut longer = bytes[..at].to_vec();
    longer.extend_from_slice(b"hidden");
    longer.extend_from_slice(&bytes[at..]);
    let n = longer.len();
    let start = u32::from_le_bytes(longer[n - 6..n - 2].try_into().unwrap()) + 6;
    longer[n - 6..n - 2].copy_from_slice(&start.to_le_bytes());
    assert_eq!(code(unpack(&longer)), "ZIP-07");
}

#[test]
fn writing_is_bounded_and_always_the_same() {
    let long = "a".repeat(97);
    let cases: &[(&[(&str, &[u8])], &str)] = &[
        (&[("a", b""), ("a", b"")], "ZIP-03"),
        (&[("../a", b"")], "ZIP-02"),
        (&[("a/", b"")], "ZIP-02"),
        (&[("a//b", b"")], "ZIP-02"),
        (&[("/a", b"")], "ZIP-02"),
        (&[("a\\b", b"")], "ZIP-02"),
        (&[("C:", b"")], "ZIP-02"),
        (&[(".a", b"")], "ZIP-02"),
        (&[("a.", b"")], "ZIP-02"),
        (&[("", b"")], "ZIP-02"),
        (&[("a\0b", b"")], "ZIP-02"),
        (&[("é", b"")], "ZIP-02"),
        (&[("a/b/c/d/e", b"")], "ZIP-02"),
        (&[(&long, b"")], "ZIP-02"),
    ];
    for (entries, expected) in cases {
        assert_eq!(code(pack(entries)), *expected, "{entries:?}");
    }
    let names: Vec<String> = (0..=MAX_ENTRIES).map(|i| format!("e{i}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b""[..])).collect();
    assert_eq!(code(pack(&many)), "ZIP-04");
    assert_eq!(code(pack(&[("a", &vec![0; MAX_ENTRY_BYTES + 1])])), "ZIP-05");
    assert_eq!(good(), good());
    assert_eq!(unpack(&pack(&many[..MAX_ENTRIES]).unwrap()).unwrap().len(), MAX_ENTRIES);
}

proptest! {
    #[test]
    fn unpack_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = unpack(&bytes);
    }

    /// A changed byte is found, or it changed nothing that any reader of ours looks at.
    #[test]
    fn a_changed_byte_never_changes_the_contents(at in 0usize..400, to in any::<u8>()) {
        let mut bytes = good();
        let at = at % bytes.len();
        bytes[at] = to;
        if let Ok(files) = unpack(&bytes) {
            prop_assert_eq!(files, unpack(&good()).unwrap());
        }
    }
}

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

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const NAME: &[u8] = b"fingers/";

/// Where bytes are overwritten: the n-th place of a marker, and an offset from it.
struct At(&'static [u8], usize, usize);

fn check(name: &str, patches: &[At], to: &[u8], expected: &[&str]) {
    let mut bytes = good();
    // Found before any is written, as one patch may destroy the marker of the next.
    let places: Vec<usize> =
        patches.iter().map(|At(marker, nth, offset)| find(&bytes, marker, *nth) + offset).collect();
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    let found = code(unpack(&bytes));
    assert!(expected.contains(&found.as_str()), "{name}: {found}, not {expected:?}");
}

#[test]
fn end_record_vectors() {
    check("good", &[], b"", &["ok"]);
    check("two disks", &[At(END, 0, 4)], &[1], &["ZIP-07"]);
    check("directory on another disk", &[At(END, 0, 6)], &[1], &["ZIP-07"]);
    check("counts differ", &[At(END, 0, 8)], &[2], &["ZIP-07"]);
    check("more entries than are there", &[At(END, 0, 8), At(END, 0, 10)], &[4], &["ZIP-01", "ZIP-03"]);
    check("fewer entries than are there", &[At(END, 0, 8), At(END, 0, 10)], &[2], &["ZIP-01", "ZIP-07"]);
    check("too many entries", &[At(END, 0, 8), At(END, 0, 10)], &[200], &["ZIP-04"]);
    check("directory size", &[At(END, 0, 12)], &[0], &["ZIP-07"]);
    check("directory beyond the end", &[At(END, 0, 16)], &[0xff; 4], &["ZIP-07"]);
    check("comment announced", &[At(END, 0, 20)], &[1], &["ZIP-07"]);
    check("no end record", &[At(END, 0, 0)], b"PK\x05\x07", &["ZIP-01"]);
}

#[test]
fn entry_vectors() {
    let both = |offset| [At(NAME, 0, offset), At(NAME, 1, offset)];
    check("parent folder", &both(0), b"../../x/", &["ZIP-02"]);
    check("absolute", &both(0), b"/", &["ZIP-02"]);
    check("capital letter", &both(0), b"F", &["ZIP-02"]);
    check("back-slash", &both(7), b"\\", &["ZIP-02"]);
    check("NUL in a name", &both(7), b"\0", &["ZIP-02"]);
    check("no UTF-8 in a name", &both(7), b"\xff", &["ZIP-02"]);
    check("local name differs", &[At(NAME, 0, 0)], b"x", &["ZIP-07"]);
    check("central name differs", &[At(NAME, 1, 0)], b"x", &["ZIP-07"]);
    check("data changed", &[At(b"picture", 0, 0)], b"x", &["ZIP-08"]);
    check("encrypted, says the local header", &[At(LOCAL, 1, 6)], &[1], &["ZIP-06"]);
    check("data descriptor", &[At(LOCAL, 1, 6)], &[8], &["ZIP-06"]);
    check("compressed, says the local header", &[At(LOCAL, 1, 8)], &[8], &["ZIP-06"]);
    check("local CRC differs", &[At(LOCAL, 1, 14)], &[0; 4], &["ZIP-07"]);
    check("local size differs", &[At(LOCAL, 1, 22)], &[8], &["ZIP-07"]);
    check("local extra field", &[At(LOCAL, 1, 28)], &[4], &["ZIP-07"]);
    check("encrypted, says the directory", &[At(CENTRAL, 1, 8)], &[1], &["ZIP-06"]);
    check("compressed, says the directory", &[At(CENTRAL, 1, 10)], &[8], &["ZIP-06"]);
    check("both sizes claim 4 GB", &[At(CENTRAL, 1, 20)], &[0xfe; 8], &["ZIP-05", "ZIP-01"]);
    check("size claims a bomb", &[At(CENTRAL, 1, 24)], &[0, 0, 0, 0x40], &["ZIP-06"]);
    check("symbolic link", &[At(CENTRAL, 1, 40)], &0o120_777u16.to_le_bytes(), &["ZIP-06"]);
    check("second entry points at the first", &[At(CENTRAL, 1, 42)], &[0; 4], &["ZIP-07"]);
}

#[test]
fn damaged_files() {
    type Mutation = fn(&mut Vec<u8>);
    let cases: [(&str, Mutation, &str); 5] = [
        ("empty file", Vec::clear, "ZIP-01"),
        ("cut", |b| b.truncate(b.len() - 1), "ZIP-01"),
        ("a byte behind", |b| b.push(0), "ZIP-01"),
        ("a byte before", |b| b.insert(0, 0), "ZIP-07"),
        ("larger than any record", |b| b.resize(MAX_ZIP_BYTES + 1, 0), "ZIP-05"),
    ];
    for (name, mutate, expected) in cases {
        let mut bytes = good();
        mutate(&mut bytes);
        assert_eq!(code(unpack(&bytes)), expected, "{name}");
    }
}

#[test]
fn two_entries_of_one_name_are_found() {
    let mut bytes = pack(&[("a.txt", b"1"), ("b.txt", b"2")]).unwrap();
    for at in 0..bytes.len() - 5 {
        if &bytes[at..at + 5] == b"b.txt" {
            bytes[at] = b'a';
        }
    }
    assert_eq!(code(unpack(&bytes)), "ZIP-03");
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
    type Case<'a> = (&'a [(&'a str, &'a [u8])], &'a str);
    let cases: &[Case<'_>] = &[
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

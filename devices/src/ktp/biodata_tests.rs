#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::*;
use crate::ktp::simulation::person;

fn check(content: &[u8], expected: &str) {
    let found = Biodata::read(content).map_or_else(|e| e.to_string(), |b| format!("{}|{}", b.nik, b.name));
    assert_eq!(found, expected);
}

/// Fields that are their own numbers.
fn fields(count: usize) -> String {
    let fields: Vec<String> = (0..count).map(|n| format!("\"f{n}\"")).collect();
    fields.join(",")
}

#[test]
fn files() {
    let good = fields(21);
    check(good.as_bytes(), "f0|f13");
    check(format!("{good}\0\0\0\0").as_bytes(), "f0|f13");
    check(format!(" {good}\r\n").as_bytes(), "f0|f13");
    check(good.replace("f13", "O'NEIL \"X\", ÉA").as_bytes(), "f0|O'NEIL \"X\", ÉA");
    check(good.replace("f13", "").as_bytes(), "f0|");
    check(fields(20).as_bytes(), "biodata with 20 fields, not 21");
    check(fields(22).as_bytes(), "biodata with 22 fields, not 21");
    check(b"\"\"", "biodata with 1 fields, not 21");
    check(b"", "biodata are not in quotation marks");
    check(b"\"", "biodata are not in quotation marks");
    check(&good.as_bytes()[1..], "biodata are not in quotation marks");
    check(&good.as_bytes()[..good.len() - 1], "biodata are not in quotation marks");
    check(&[0; 64], "biodata are not in quotation marks");
    check(b"\"a\xFF\"", "biodata are not UTF-8 at byte 2");
    check(good.replace("f5", "a\nb").as_bytes(), "field 5 of the biodata cannot be read");
    check(good.replace("f20", &"x".repeat(513)).as_bytes(), "field 20 of the biodata cannot be read");
}

#[test]
fn each_field_in_its_place() {
    let read = Biodata::read(fields(21).as_bytes()).unwrap();
    assert_eq!((read.address.as_str(), read.birth_place.as_str(), read.sex.as_str()), ("f1", "f4", "f8"));
    assert_eq!((read.birth_date.as_str(), read.province.as_str()), ("f14", "f15"));
    assert_eq!(read.citizenship, "f19");
    assert_eq!(read.unexplained, ["f16", "f17", "f18", "f20"]);
    assert_eq!(read.write(), fields(21).as_bytes());
}

proptest! {
    #[test]
    fn what_is_written_is_read(seed in any::<u64>()) {
        let person = person(seed);
        prop_assert_eq!(Biodata::read(&person.write()), Ok(person.clone()));
        prop_assert!(person.nik.len() == 16 && person.nik.bytes().all(|b| b.is_ascii_digit()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(content in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(read) = Biodata::read(&content) {
            prop_assert_eq!(Biodata::read(&read.write()), Ok(read.clone()));
        }
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::path::Path;

use proptest::prelude::*;

use super::*;

const HEADER: &str = "nik;no_kk;nama;tanggal_lahir;jenis_kelamin";
const GOOD: &str = "3204150912839001;3204151203089123;Contoh Satu;09-12-1983;L";
const GOOD_2: &str = "3204154912839002;3204151203089123;Contoh Dua;1983-12-09;P";

/// Errors as `line:column:what`, and how many people are usable.
fn check(text: &str, people: usize, expected: &[&str]) {
    let (roster, errors) = read(text.as_bytes());
    assert!(errors.iter().all(|e| super::super::MESSAGE_IDS.contains(&e.what)));
    let got: Vec<String> = errors.iter().map(|e| format!("{}:{}:{}", e.line, e.column, e.what)).collect();
    assert_eq!(got, expected, "{text:.200}");
    assert_eq!(roster.len(), people, "{text:.200}");
}

#[test]
fn files_table() {
    check(&format!("{HEADER}\n{GOOD}\n{GOOD_2}\n"), 2, &[]);
    check(&format!("\u{FEFF}{HEADER}\r\n{GOOD}\r\n"), 1, &[]);
    check(&format!("{HEADER}\n{GOOD}\n{GOOD_2}").replace(';', ","), 2, &[]);
    check(&format!("NIK;No. KK;Nama;Tanggal Lahir;Jenis-Kelamin\n{GOOD}"), 1, &[]);
    check(&format!("{HEADER}\n{GOOD}\n;;;;\n\n"), 1, &[]);
    check(&format!("{HEADER};catatan\n{GOOD};x\n"), 1, &["1:6:roster-column-unknown"]);
    // Ends of line of old Macs: the lines are counted all the same.
    check(&format!("{HEADER}\r{GOOD}\rx\r{GOOD_2}\r"), 2, &["3::roster-line-fields"]);
    check("", 0, &["0::roster-empty"]);
    check("\n\n", 0, &["0::roster-empty"]);
    check(GOOD, 0, &["1::roster-header-missing"]);
    check("nik;nik;nama\n", 0, &["1:nik:roster-column-twice"]);
    check(
        "nik;nama\n3204150912839001;A\n",
        0,
        &[
            "1:no_kk:roster-column-missing",
            "1:tanggal_lahir:roster-column-missing",
            "1:jenis_kelamin:roster-column-missing",
        ],
    );
    check(&";".repeat(100), 0, &["1::roster-header-missing"]);
    check(&template(), 0, &[]);
}

#[test]
fn lines_table() {
    // Each bad line stands between two good ones, which stay usable.
    let table = [
        ("3204150912839003;3204151203089123;X;09-12-1983", "::roster-line-fields"),
        ("3204150912839003;3204151203089123;X;09-12-1983;L;more", "::roster-line-fields"),
        (";3204151203089123;X;09-12-1983;L", ":nik:field-empty"),
        ("3,20415E+15;3204151203089123;X;09-12-1983;L", ":nik:nik-scientific"),
        ("3204150912839003;3.20415E+15;X;09-12-1983;L", ":no_kk:nik-scientific"),
        ("320415091283900;3204151203089123;X;09-12-1983;L", ":nik:nik-length"),
        ("3204153212839003;3204151203089123;X;09-12-1983;L", ":nik:nik-day"),
        ("3204150912839003;99;X;09-12-1983;L", ":no_kk:kk-length"),
        ("3204150912839003;3204151203089123;-;09-12-1983;L", ":nama:name-empty"),
        ("3204150912839003;3204151203089123;X;31-04-1983;L", ":tanggal_lahir:date-unreadable"),
        ("3204150912839003;3204151203089123;X;09-12-83;L", ":tanggal_lahir:date-unreadable"),
        ("3204150912839003;3204151203089123;X;09-12-1983;X", ":jenis_kelamin:value-not-in-list"),
        ("3204150912839003;3204151203089123;X\u{0}Y;09-12-1983;L", ":nama:field-control-character"),
    ];
    for (line, expected) in table {
        check(&format!("{HEADER}\n{GOOD}\n{line}\n{GOOD_2}\n"), 2, &[&format!("3{expected}")]);
    }
    let long = format!("3204150912839003;3204151203089123;{};09-12-1983;L", "X".repeat(201));
    check(&format!("{HEADER}\n{long}\n{GOOD}\n"), 1, &["2:nama:field-too-long"]);
}

#[test]
fn all_errors_of_a_line_at_once() {
    check(
        &format!("{HEADER}\n1;2;3;4;5\n"),
        0,
        &[
            "2:nik:nik-length",
            "2:no_kk:kk-length",
            "2:nama:name-empty",
            "2:tanggal_lahir:date-unreadable",
            "2:jenis_kelamin:value-not-in-list",
        ],
    );
}

#[test]
fn a_nik_on_two_lines_serves_nobody() {
    check(
        &format!("{HEADER}\n{GOOD}\n{GOOD_2}\n{GOOD}\n{GOOD}\n"),
        1,
        &["2:nik:nik-twice", "4:nik:nik-twice", "5:nik:nik-twice"],
    );
}

#[test]
fn encodings_are_named() {
    let table: [(&[u8], u64, &str); 4] = [
        (b"\xFF\xFEn\0i\0k\0", 0, "roster-encoding-utf16"),
        (b"\xFE\xFF\0n\0i\0k", 0, "roster-encoding-utf16"),
        (b"nik;nama\n1;Jos\xE9\n", 2, "roster-encoding"),
        (b"\xE9", 1, "roster-encoding"),
    ];
    for (bytes, line, what) in table {
        let (roster, errors) = read(bytes);
        assert!(roster.is_empty());
        assert_eq!(errors.iter().map(|e| (e.line, e.what)).collect::<Vec<_>>(), [(line, what)]);
    }
}

#[test]
fn limits_hold() {
    let (_, errors) = read(&vec![b'a'; MAX_BYTES + 1]);
    assert_eq!(errors[0].what, "roster-too-large");
    let bad = format!("{HEADER}\n{}", "1;2;3;4;5\n".repeat(1_000));
    let (_, errors) = read(bad.as_bytes());
    assert_eq!((errors.len(), errors[MAX_ERRORS - 1].what), (MAX_ERRORS, "too-many-errors"));
    let many = format!("{HEADER}\n{}", ";;;;\n".repeat(MAX_ROWS + 1));
    let (_, errors) = read(many.as_bytes());
    assert_eq!(errors.iter().map(|e| e.what).collect::<Vec<_>>(), ["roster-too-many-rows"]);
}

#[test]
fn errors_hold_no_value_of_the_file() {
    let (roster, errors) = read(format!("{HEADER}\nRAHASIA;RAHASIA;-;RAHASIA;RAHASIA\n{GOOD}").as_bytes());
    assert_eq!(errors.len(), 5);
    let shown = format!("{errors:?} {roster:?} {}", errors[0]);
    assert!(!shown.contains("RAHASIA") && !shown.contains("3204"), "{shown}");
    assert!(errors[0].to_string().starts_with("POP-02"));
}

#[test]
fn values_take_the_form_of_the_card() {
    let text = "nik,no_kk,nama,tanggal_lahir,jenis_kelamin,rt,rw,agama,golongan_darah,kewarganegaraan,alamat\n\
        \"3204.15.091283.9001\",3204151203089123,\"  contoh,  s.h. \",9/12/1983,laki-laki,1,-,buddha,0,indonesia,\"jl. a\"\n";
    let (roster, errors) = read(text.as_bytes());
    assert_eq!(errors, []);
    let person = roster.get(&Nik::parse("3204150912839001").unwrap()).unwrap();
    assert_eq!(person.nama, "CONTOH, S.H.");
    assert_eq!((person.rt.as_str(), person.rw.as_str()), ("001", "000"));
    assert_eq!((person.agama.as_str(), person.golongan_darah.as_str()), ("BUDHA", "O"));
    assert_eq!((person.kewarganegaraan.as_str(), person.alamat.as_str()), ("WNI", "JL. A"));
    assert_eq!(person.pekerjaan, "", "optional columns may be missing");
}

#[test]
fn dates_table() {
    let table = [
        ("09-12-2003", Some("2003-12-09")),
        ("9/2/2004", Some("2004-02-09")),
        ("29.02.2004", Some("2004-02-29")),
        ("2004-02-29", Some("2004-02-29")),
        ("29-02-2003", None),
        ("31-06-2003", None),
        ("09-12-03", None),
        ("09-12-1799", None),
        ("12-2003", None),
        ("09-Des-2003", None),
        ("+9-12-2003", None),
        ("", None),
        ("09-12-2003-", None),
    ];
    for (text, expected) in table {
        assert_eq!(read_date(text).map(|d| d.to_string()).as_deref(), expected, "{text}");
    }
}

#[test]
fn the_training_roster_is_good_and_reads_back() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/roster/training.csv");
    let (roster, errors) = read(&std::fs::read(path).unwrap());
    assert_eq!(errors, []);
    assert_eq!(roster.len(), 13);
    let today = read_date("2020-12-09").unwrap();
    let regions = super::super::regions::Regions::new();
    let mut outside = 0;
    for (nik, person) in roster.iter() {
        assert_eq!(super::super::identity::check(person, today), [], "{nik}");
        let warned = super::super::identity::warnings(person, "KABUPATEN BANDUNG", &regions, today);
        let expected: &[_] = match person.kabupaten.as_str() {
            "KABUPATEN BANDUNG" => &[],
            _ => &[super::super::nik::IdentityWarning::OutsideDomicile],
        };
        assert_eq!(warned, expected, "{nik}");
        outside += warned.len();
        assert!(nik.serial() >= 9000, "{nik}: invented people have serials from 9000");
    }
    assert_eq!(outside, 1);
    let twins = roster.iter().filter(|(_, p)| roster.same_family_same_birth(p).count() == 1).count();
    assert_eq!(twins, 2);
    let ages = |wanted| {
        roster
            .iter()
            .filter(|(_, p)| super::super::age_years(p.tanggal_lahir.unwrap(), today) == Some(wanted))
            .count()
    };
    assert_eq!((ages(16), ages(103)), (3, 1));
    assert!(roster.iter().any(|(_, p)| p.tanggal_lahir == read_date("2003-12-09")), "17 on that day");

    let (again, errors) = read(write(roster.iter().map(|(_, p)| p)).unwrap().as_bytes());
    assert_eq!(errors, []);
    assert!(again.iter().eq(roster.iter()));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_lines_under_a_good_header_are_read_without_panic(lines in "[0-9;,\"\\n\\r A-Za-z-]{0,300}") {
        let (_, errors) = read(format!("{HEADER}\n{lines}").as_bytes());
        prop_assert!(errors.iter().all(|e| super::super::MESSAGE_IDS.contains(&e.what)));
    }

    #[test]
    fn dates_read_back(days in 0..80_000_i64) {
        let date = read_date("1850-01-01").unwrap() + chrono::Duration::days(days);
        prop_assert_eq!(read_date(&date.format("%d-%m-%Y").to_string()), Some(date));
        prop_assert_eq!(read_date(&date.to_string()), Some(date));
    }
}

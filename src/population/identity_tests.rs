#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::super::nik::IdentityWarning as W;
use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn person() -> Biodata {
    Biodata {
        nik: "3204150912839001".into(),
        no_kk: "3204151203089123".into(),
        nama: "CONTOH SATU".into(),
        tempat_lahir: "BANDUNG".into(),
        tanggal_lahir: Some(day("1983-12-09")),
        jenis_kelamin: "LAKI-LAKI".into(),
        golongan_darah: "TIDAK TAHU".into(),
        alamat: "JL. CONTOH NO. 1".into(),
        rt: "001".into(),
        rw: "002".into(),
        kelurahan: "CONTOH".into(),
        kecamatan: "CONTOH".into(),
        kabupaten: "KABUPATEN BANDUNG".into(),
        provinsi: "JAWA BARAT".into(),
        agama: "ISLAM".into(),
        status_perkawinan: "KAWIN".into(),
        pekerjaan: "KARYAWAN SWASTA".into(),
        kewarganegaraan: "WNI".into(),
    }
}

fn with(field: &str, value: &str) -> Biodata {
    let mut p = person();
    if field == "tanggal_lahir" {
        p.tanggal_lahir = value.parse().ok();
    } else {
        *text_field(&mut p, field).unwrap() = value.into();
    }
    p
}

#[test]
fn check_table() {
    assert_eq!(check(&person(), day("2020-12-09")), []);
    let table = [
        ("nik", "3204150912830000", "nik-serial", true),
        ("nik", "320415091283", "nik-length", true),
        ("no_kk", "1", "kk-length", true),
        ("nama", "", "name-empty", true),
        ("nama", "CONT0H", "name-digits", false),
        ("tempat_lahir", " ", "field-empty", true),
        ("alamat", "JL.\u{7}", "field-control-character", true),
        ("tanggal_lahir", "", "field-empty", true),
        ("tanggal_lahir", "2020-12-10", "birth-date-in-future", true),
        ("tanggal_lahir", "1909-12-09", "age-over-110", false),
        ("jenis_kelamin", "L", "value-not-in-list", true),
        ("golongan_darah", "C", "value-not-in-list", true),
        ("agama", "KATHOLIK", "value-not-in-list", true),
        ("status_perkawinan", "KAWIN TERCATAT", "value-not-in-list", true),
        ("pekerjaan", "ASTRONAUT", "value-not-in-list", true),
        ("kewarganegaraan", "WNA", "value-not-in-list", true),
        ("kewarganegaraan", "wni", "value-not-in-list", true),
        ("rt", "1", "rt-rw-three-digits", true),
        ("rw", "0A1", "rt-rw-three-digits", true),
    ];
    for (field, value, id, hard) in table {
        let got = check(&with(field, value), day("2020-12-09"));
        assert_eq!(got, [FieldIssue { field, id, hard }], "{field} = {value:?}");
        assert!(super::super::MESSAGE_IDS.contains(&id), "{id}");
    }
    assert_eq!(
        check(&with("alamat", &"X".repeat(201)), day("2020-12-09")).first().map(|i| i.id),
        Some("field-too-long")
    );
}

#[test]
fn an_empty_biodata_misses_every_field() {
    let issues = check(&Biodata::default(), day("2020-12-09"));
    assert_eq!(issues.iter().map(|i| i.field).collect::<Vec<_>>(), FIELDS);
    assert!(issues.iter().all(|i| i.hard));
}

#[test]
fn twins_table() {
    let base = person();
    let other = with("nik", "3204150912839002");
    assert!(same_family_same_birth(&base, &other));
    assert!(!same_family_same_birth(&base, &base), "the same person is no twin");
    let spaced = Biodata { no_kk: "320415 120308 9123".into(), ..other.clone() };
    assert!(same_family_same_birth(&base, &spaced), "spacing does not matter");
    let another_family = Biodata { no_kk: "3204151203089124".into(), ..other.clone() };
    assert!(!same_family_same_birth(&base, &another_family));
    let another_day = Biodata { tanggal_lahir: Some(day("1983-12-10")), ..other.clone() };
    assert!(!same_family_same_birth(&base, &another_day));
    let unknown = Biodata { tanggal_lahir: None, no_kk: String::new(), ..other };
    assert!(!same_family_same_birth(&unknown, &unknown), "nothing known is nothing equal");
}

#[test]
fn warnings_of_a_biodata() {
    let regions = Regions::new();
    let today = day("2020-12-09");
    let table: &[(&str, &str, &[W])] = &[
        ("nama", "CONTOH", &[]),
        ("kabupaten", "KOTA BANDUNG", &[W::OutsideDomicile]),
        ("kabupaten", "", &[]),
        ("jenis_kelamin", "PEREMPUAN", &[W::NikSexMismatch]),
        ("tanggal_lahir", "1983-12-08", &[W::NikBirthDateMismatch]),
        ("no_kk", "3204150912839001", &[W::NikEqualsNoKk]),
        ("nik", "unreadable", &[]),
    ];
    for (field, value, expected) in table {
        assert_eq!(warnings(&with(field, value), "KAB. BANDUNG", &regions, today), *expected, "{field}");
    }
}

#[test]
fn three_digits_table() {
    let table = [
        ("1", Some("001")),
        (" 12 ", Some("012")),
        ("007", Some("007")),
        ("-", Some("000")),
        ("", None),
        ("1234", None),
        ("A", None),
        ("١", None),
    ];
    for (text, expected) in table {
        assert_eq!(three_digits(text).as_deref(), expected, "{text:?}");
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use proptest::prelude::*;

use super::IdentityWarning as W;
use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn nik(text: &str) -> Nik {
    Nik::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn parse_table() {
    let table: &[(&str, Result<&str, &str>)] = &[
        ("3204150912039001", Ok("3204150912039001")),
        (" 32 04 15 091203 9001 ", Ok("3204150912039001")),
        ("3204.15.091203.9001", Ok("3204150912039001")),
        ("320415-091203-9001", Ok("3204150912039001")),
        ("320415\u{2013}091203\u{A0}9001", Ok("3204150912039001")),
        ("3204154912039001", Ok("3204154912039001")), // woman, day 09
        ("3204157101039001", Ok("3204157101039001")), // woman, day 31
        ("5404150912669001", Ok("5404150912669001")), // East Timor
        ("9999150912039001", Err("nik-province")),
        ("0004150912039001", Err("nik-province")),
        ("3299990912039001", Ok("3299990912039001")), // unknown regency is no error
        ("", Err("nik-length")),
        ("-", Err("nik-length")),
        ("320415091203900", Err("nik-length")),
        ("32041509120390011", Err("nik-length")),
        ("320415091203900l", Err("nik-character")),
        ("320415O912039001", Err("nik-character")),
        ("٣٢٠٤١٥٠٩١٢٠٣٩٠٠١", Err("nik-character")),
        ("3204/150912039001", Err("nik-character")),
        ("3204150012039001", Err("nik-day")),
        ("3204153212039001", Err("nik-day")),
        ("3204154012039001", Err("nik-day")),
        ("3204157212039001", Err("nik-day")),
        ("3204159912039001", Err("nik-day")),
        ("3204150900039001", Err("nik-month")),
        ("3204150913039001", Err("nik-month")),
        ("3204153104039001", Err("nik-date")), // 31 April
        ("3204157104039001", Err("nik-date")), // the same, a woman
        ("3204153002049001", Err("nik-date")), // 30 February
        ("3204152902039001", Err("nik-date")), // 29 February, no leap year in any century
        ("3204152902049001", Ok("3204152902049001")),
        ("3204152902009001", Ok("3204152902009001")), // 2000 was a leap year, 1900 was not
        ("3204150912030000", Err("nik-serial")),
        ("3204150912030001", Ok("3204150912030001")),
    ];
    for (text, expected) in table {
        let got = Nik::parse(text).map_err(NikError::id);
        assert!(got.as_ref().err().is_none_or(|id| super::super::MESSAGE_IDS.contains(id)));
        assert_eq!(got.as_ref().map(Nik::as_str).map_err(|e| *e), *expected, "{text}");
    }
}

#[test]
fn errors_carry_code_and_nothing_personal() {
    let text = "3204150912030000";
    let error = Nik::parse(text).unwrap_err();
    assert!(error.to_string().starts_with(error.code()));
    assert!(!format!("{error} {error:?}").contains("320415"));
    assert_eq!(Nik::parse(&"1".repeat(100_000)), Err(NikError::Length { found: 65 }), "counting is bounded");
    assert_eq!(Nik::parse("3204x"), Err(NikError::Character { position: 5 }));
}

#[test]
fn fields() {
    let n = nik("3204156902849012");
    assert_eq!((n.province(), n.regency(), n.district()), ("32", "3204", "320415"));
    assert_eq!((n.day(), n.month(), n.year2(), n.serial()), (29, 2, 84, 9012));
    assert_eq!((n.is_female(), n.sex()), (true, Sex::Female));
    assert_eq!(n.date_candidates(), [Some(day("1984-02-29")), Some(day("2084-02-29"))]);
    assert_eq!(format!("{n} {n:?}"), "************9012 Nik(************9012)");
    assert!(serde_json::from_str::<Nik>("\"3204150912030000\"").is_err(), "invalid ones stay outside");
}

#[test]
fn century_table() {
    let today = day("2020-12-09");
    let table: &[(&str, &[&str])] = &[
        ("3204150912039001", &["1903-12-09", "2003-12-09"]),
        ("3204150912209001", &["1920-12-09", "2020-12-09"]), // born today
        ("3204151012209001", &["1920-12-10"]),               // 2020-12-10 lies ahead
        ("3204152902009001", &["2000-02-29"]),
        ("3204150912849001", &["1984-12-09"]),
    ];
    for (text, expected) in table {
        let expected: Vec<_> = expected.iter().map(|d| day(d)).collect();
        assert_eq!(nik(text).possible_birth_dates(today), expected, "{text}");
    }
    assert!(nik("3204150912039001").matches_birth_date(day("1903-12-09")));
    assert!(nik("3204150912039001").matches_birth_date(day("2003-12-09")));
    assert!(!nik("3204150912039001").matches_birth_date(day("2003-12-10")));
}

/// One row of the warnings table; the station is Kab. Bandung (3204), the day 2020-12-09.
struct Row {
    nik: &'static str,
    birth: Option<&'static str>,
    sex: Option<Sex>,
    no_kk: Option<&'static str>,
    domicile: Option<&'static str>,
}

const PLAIN: Row = Row {
    nik: "3204150912839001",
    birth: Some("1983-12-09"),
    sex: Some(Sex::Male),
    no_kk: Some("3204151203089123"),
    domicile: Some("KABUPATEN BANDUNG"),
};

fn check(name: &str, row: Row, expected: &[W]) {
    let kk = row.no_kk.map(|k| NoKk::parse(k).unwrap());
    let regions = Regions::new();
    let context = NikContext {
        birth_date: row.birth.map(day),
        sex: row.sex,
        no_kk: kk.as_ref(),
        station_district: "3204",
        domicile_district: row.domicile,
        today: day("2020-12-09"),
        regions: &regions,
    };
    assert_eq!(warnings(&nik(row.nik), &context), expected, "{name}");
}

#[test]
fn warnings_table() {
    check("plain", PLAIN, &[]);
    check("another day", Row { birth: Some("1983-12-08"), ..PLAIN }, &[W::NikBirthDateMismatch]);
    check("another century is no mismatch", Row { birth: Some("1883-12-09"), ..PLAIN }, &[W::AgeOver110]);
    check("sex", Row { sex: Some(Sex::Female), ..PLAIN }, &[W::NikSexMismatch]);
    check("nothing known", Row { birth: None, sex: None, no_kk: None, domicile: None, ..PLAIN }, &[]);
    check("prefix from elsewhere is no domicile", Row { nik: "1105070912839001", ..PLAIN }, &[]);
    check("lives elsewhere", Row { domicile: Some("KOTA BANDUNG"), ..PLAIN }, &[W::OutsideDomicile]);
    check("domicile by code", Row { domicile: Some("32.04.99"), ..PLAIN }, &[]);
    check("unknown district", Row { nik: "3204990912839001", ..PLAIN }, &[W::NikDistrictUnknown]);
    check("East Timor", Row { nik: "5404150912839001", ..PLAIN }, &[W::NikProvinceHistoric]);
    check(
        "born 1917, recorded late",
        Row { nik: "3204150912179001", birth: Some("1917-12-09"), ..PLAIN },
        &[],
    );
    check(
        "110 exactly is no warning",
        Row { nik: "3204150912109001", birth: Some("1910-12-09"), ..PLAIN },
        &[],
    );
    check("111", Row { nik: "3204150912099001", birth: Some("1909-12-09"), ..PLAIN }, &[W::AgeOver110]);
    check(
        "born tomorrow",
        Row { nik: "3204151012209001", birth: Some("2020-12-10"), ..PLAIN },
        &[W::BirthDateInFuture],
    );
    check(
        "KK number in the NIK box, same number",
        Row { nik: "3204151203089123", ..PLAIN },
        &[W::NikBirthDateMismatch, W::NikEqualsNoKk],
    );
    check(
        "another KK number in the NIK box",
        Row { nik: "3204150507109123", ..PLAIN },
        &[W::NikBirthDateMismatch, W::NikLooksLikeNoKk],
    );
    check(
        "KK number, birth date not known yet",
        Row { nik: "3204150507109123", birth: None, ..PLAIN },
        &[W::NikLooksLikeNoKk],
    );
    check(
        "sixteen today by the number, birth date not known",
        Row { nik: "3204150912049123", birth: None, ..PLAIN },
        &[],
    );
    check(
        "one day under sixteen by the number",
        Row { nik: "3204151012049123", birth: None, ..PLAIN },
        &[W::NikLooksLikeNoKk],
    );
    check("NIK in the KK box", Row { no_kk: Some("3204154912839002"), ..PLAIN }, &[W::KkLooksLikeNik]);
    check("KK from the future", Row { no_kk: Some("3204151012209002"), ..PLAIN }, &[W::KkDateImplausible]);
}

#[test]
fn a_clock_set_far_back_is_seen() {
    let regions = Regions::new();
    let context = NikContext {
        birth_date: None,
        sex: None,
        no_kk: None,
        station_district: "",
        domicile_district: Some("KOTA BANDUNG"),
        today: day("1970-01-01"),
        regions: &regions,
    };
    assert_eq!(warnings(&nik(PLAIN.nik), &context), [W::BirthDateInFuture]);
}

#[test]
fn warning_ids_are_stable_and_round_trip() {
    for warning in W::ALL {
        assert_eq!(W::from_id(warning.id()), Some(warning));
        assert_eq!(serde_json::to_value(warning).unwrap(), warning.id());
        assert!(warning.needs_reason());
    }
    assert_eq!(W::from_id("no-such-warning"), None);
    assert_eq!(W::NikSexMismatch.strength(), Strength::Strong);
    assert_eq!(W::NikBirthDateMismatch.strength(), Strength::Soft);
}

proptest! {
    #[test]
    fn parse_never_panics(text in "\\PC{0,40}") {
        let _ = Nik::parse(&text);
        let _ = NoKk::parse(&text);
    }

    #[test]
    fn sixteen_digits_parse_or_name_a_field(text in "[0-9]{16}") {
        match Nik::parse(&text) {
            Ok(n) => prop_assert!(n.date_candidates().iter().any(Option::is_some)),
            Err(e) => prop_assert!(e.id() != "nik-length" && e.id() != "nik-character"),
        }
    }

    #[test]
    fn a_number_made_from_a_birth_reads_back(
        province in 0..regions::PROVINCES.len(),
        rest in 0..10_000_u32,
        days in 0..44_000_i64,
        female: bool,
        serial in 1..10_000_u16,
        dots: bool,
    ) {
        let birth = day("1900-01-01") + chrono::Duration::days(days);
        let shift = if female { 40 } else { 0 };
        let separator = if dots { "." } else { "" };
        let text = format!(
            "{}{rest:04}{separator}{:02}{:02}{:02}{separator}{serial:04}",
            regions::PROVINCES[province].code,
            birth.day() + shift,
            birth.month(),
            birth.year() % 100,
        );
        let n = Nik::parse(&text).unwrap();
        prop_assert_eq!(n.as_str(), text.replace('.', ""));
        prop_assert!(n.matches_birth_date(birth));
        prop_assert!(n.date_candidates().contains(&Some(birth)));
        prop_assert_eq!((n.is_female(), n.serial()), (female, serial));
        let json = serde_json::to_string(&n).unwrap();
        prop_assert_eq!(serde_json::from_str::<Nik>(&json).unwrap(), n);
    }
}

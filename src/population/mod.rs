//! Population data: NIK, No. KK, value lists of the card, biodata, the roster. Pure.

pub mod biodata;
pub mod identity;
pub mod kk;
pub mod names;
pub mod nik;
pub mod regions;
pub mod roster;
pub mod values;

/// Every id that this module's errors, warnings and issues carry. For each, the catalogues hold
/// `warn-<id>` (what happened) and `warn-<id>-do` (what to do).
pub const MESSAGE_IDS: [&str; 49] = [
    "nik-length",
    "nik-character",
    "nik-province",
    "nik-day",
    "nik-month",
    "nik-date",
    "nik-serial",
    "kk-length",
    "kk-character",
    "kk-province",
    "nik-birth-date-mismatch",
    "nik-sex-mismatch",
    "nik-equals-no-kk",
    "nik-looks-like-no-kk",
    "nik-district-unknown",
    "nik-province-historic",
    "outside-domicile",
    "age-over-110",
    "birth-date-in-future",
    "kk-date-implausible",
    "kk-looks-like-nik",
    "same-family-same-birth",
    "field-empty",
    "field-too-long",
    "field-control-character",
    "value-not-in-list",
    "rt-rw-three-digits",
    "name-empty",
    "name-control-character",
    "name-too-long",
    "name-long",
    "name-digits",
    "name-not-latin",
    "name-symbols",
    "roster-too-large",
    "roster-encoding",
    "roster-encoding-utf16",
    "roster-empty",
    "roster-header-missing",
    "roster-column-missing",
    "roster-column-unknown",
    "roster-column-twice",
    "roster-too-many-rows",
    "roster-line-fields",
    "roster-line-unreadable",
    "nik-twice",
    "nik-scientific",
    "date-unreadable",
    "too-many-errors",
];

/// Why a 16-digit number could not be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DigitsError {
    /// Number of digits found (counting stops at 64).
    Length(usize),
    /// 1-based position of the first character that is neither digit nor separator.
    Character(usize),
}

/// Reads 16 ASCII digits, skipping what operators type between groups: white space, dots, hyphens and dashes.
pub(crate) fn sixteen_digits(text: &str) -> Result<String, DigitsError> {
    let mut digits = String::with_capacity(16);
    let mut found = 0_usize;
    for (index, c) in text.chars().enumerate() {
        if c.is_ascii_digit() {
            found += 1;
            if found > 64 {
                return Err(DigitsError::Length(found));
            }
            if found <= 16 {
                digits.push(c);
            }
        } else if !(c.is_whitespace() || c == '.' || c == '-' || matches!(c, '\u{2010}'..='\u{2015}')) {
            return Err(DigitsError::Character(index + 1));
        }
    }
    if found == 16 { Ok(digits) } else { Err(DigitsError::Length(found)) }
}

/// Two decimal digits at `at`; the text holds ASCII digits only.
pub(crate) fn two_digits(digits: &str, at: usize) -> u8 {
    digits.as_bytes()[at..at + 2].iter().fold(0, |n, d| n * 10 + (d - b'0'))
}

/// Full years from `birth` to `on`; `None` when `birth` is later. Somebody born on 29 February
/// completes a year on 1 March where the year has no such day.
#[must_use]
pub fn age_years(birth: chrono::NaiveDate, on: chrono::NaiveDate) -> Option<u32> {
    on.years_since(birth)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::collections::BTreeSet;

    use fluent::FluentResource;

    use super::*;

    const CATALOGUES: [&str; 2] =
        [include_str!("../i18n/id/population.ftl"), include_str!("../i18n/en/population.ftl")];

    /// Keys of a catalogue; it must be valid Fluent without a key twice.
    fn keys(catalogue: &str) -> BTreeSet<String> {
        FluentResource::try_new(catalogue.to_owned()).map_err(|(_, e)| e).expect("valid Fluent");
        let lines = catalogue.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()));
        let keys: Vec<String> =
            lines.map(|l| l.split_once(" = ").expect("key = text").0.to_owned()).collect();
        let set: BTreeSet<String> = keys.iter().cloned().collect();
        assert_eq!(set.len(), keys.len(), "a key stands twice");
        set
    }

    #[test]
    fn every_id_has_its_words_in_both_languages() {
        let [indonesian, english] = CATALOGUES.map(keys);
        assert_eq!(indonesian, english);
        for id in MESSAGE_IDS {
            assert!(indonesian.contains(&format!("warn-{id}")), "warn-{id}");
            assert!(indonesian.contains(&format!("warn-{id}-do")), "warn-{id}-do");
        }
        for field in identity::FIELDS {
            assert!(indonesian.contains(&format!("field-{field}")), "field-{field}");
        }
        let warnings = indonesian.iter().filter(|k| k.starts_with("warn-")).count();
        assert_eq!(warnings, 2 * MESSAGE_IDS.len(), "words for ids that do not exist");
    }

    #[test]
    fn every_warning_is_a_message_id() {
        for warning in nik::IdentityWarning::ALL {
            assert!(MESSAGE_IDS.contains(&warning.id()), "{}", warning.id());
        }
    }

    #[test]
    fn age_table() {
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let table = [
            ("2003-12-09", "2020-12-09", Some(17)),
            ("2003-12-10", "2020-12-09", Some(16)),
            ("2004-02-29", "2021-02-28", Some(16)),
            ("2004-02-29", "2021-03-01", Some(17)),
            ("2004-02-29", "2024-02-29", Some(20)),
            ("2020-12-09", "2020-12-09", Some(0)),
            ("2020-12-10", "2020-12-09", None),
        ];
        for (birth, on, expected) in table {
            assert_eq!(age_years(day(birth), day(on)), expected, "{birth} on {on}");
        }
    }
}

//! Population data: NIK, No. KK, value lists of the card, biodata, the roster. Pure.

pub mod biodata;
pub mod identity;
pub mod kk;
pub mod names;
pub mod nik;
pub mod regions;
pub mod roster;
pub mod values;

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

/// Full years from `birth` to `on`; `None` when `birth` is later. Born on 29 February, a person
/// completes a year on 1 March in common years: the day after the last day of the period, as
/// `chrono` counts it.
#[must_use]
pub fn age_years(birth: chrono::NaiveDate, on: chrono::NaiveDate) -> Option<u32> {
    on.years_since(birth)
}

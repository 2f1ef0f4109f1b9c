//! No. KK (number of the family card): six digits of the region of issue, the date of recording
//! as `ddmmyy` (no 40 is added), four digits of serial.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::nik::IdentityWarning;
use super::{DigitsError, regions, sixteen_digits, two_digits};

/// Why a text is no No. KK. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KkError {
    /// Not 16 digits.
    #[error("POP-11 a No. KK has 16 digits, {found} found; compare it with the KK")]
    Length {
        /// Digits found.
        found: usize,
    },
    /// Something other than digits and separators.
    #[error("POP-12 character {position} of the No. KK is no digit; type digits only")]
    Character {
        /// 1-based position.
        position: usize,
    },
    /// The first two digits were never a province.
    #[error("POP-13 the No. KK's first two digits are no province, present or past; compare it with the KK")]
    Province,
}

impl KkError {
    /// Stable id for catalogues and schemas.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Length { .. } => "kk-length",
            Self::Character { .. } => "kk-character",
            Self::Province => "kk-province",
        }
    }

    /// Stable code, the first word of the message.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Length { .. } => "POP-11",
            Self::Character { .. } => "POP-12",
            Self::Province => "POP-13",
        }
    }
}

/// A No. KK. `Debug` and `Display` show the last four digits only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoKk(String);

impl NoKk {
    /// Reads a No. KK; spaces, dots and dashes between groups are skipped.
    ///
    /// # Errors
    /// [`KkError`]. An odd date is no error: see [`NoKk::warnings`].
    pub fn parse(text: &str) -> Result<Self, KkError> {
        let digits = sixteen_digits(text).map_err(|e| match e {
            DigitsError::Length(found) => KkError::Length { found },
            DigitsError::Character(position) => KkError::Character { position },
        })?;
        if regions::is_province(&digits[..2]) { Ok(Self(digits)) } else { Err(KkError::Province) }
    }

    /// The 16 digits. Personal data: never for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Six-digit code of the region of issue.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.0[..6]
    }

    /// Date of recording in 20yy; `None` where there is no such date.
    #[must_use]
    pub fn issue_date(&self) -> Option<NaiveDate> {
        let [day, month, year] = [6, 8, 10].map(|at| two_digits(&self.0, at));
        NaiveDate::from_ymd_opt(2000 + i32::from(year), month.into(), day.into())
    }

    /// Serial of the family, 0 to 9999.
    #[must_use]
    pub fn serial(&self) -> u16 {
        u16::from(two_digits(&self.0, 12)) * 100 + u16::from(two_digits(&self.0, 14))
    }

    /// What is odd about this number.
    #[must_use]
    pub fn warnings(&self, today: NaiveDate) -> Vec<IdentityWarning> {
        if matches!(two_digits(&self.0, 6), 41..=71) {
            vec![IdentityWarning::KkLooksLikeNik]
        } else if self.issue_date().is_none_or(|d| d > today) {
            vec![IdentityWarning::KkDateImplausible]
        } else {
            Vec::new()
        }
    }

    /// The number with all but the last four digits hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("************{}", &self.0[12..])
    }
}

impl std::fmt::Debug for NoKk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoKk({})", self.masked())
    }
}

impl std::fmt::Display for NoKk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl TryFrom<String> for NoKk {
    type Error = KkError;
    fn try_from(text: String) -> Result<Self, KkError> {
        Self::parse(&text)
    }
}

impl From<NoKk> for String {
    fn from(no_kk: NoKk) -> Self {
        no_kk.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn parse_table() {
        let table: &[(&str, Result<&str, &str>)] = &[
            ("3204151203080123", Ok("3204151203080123")),
            (" 320415 120308-0123", Ok("3204151203080123")),
            ("3204.15.12.03.08.0123", Ok("3204151203080123")),
            ("", Err("kk-length")),
            ("320415120308012", Err("kk-length")),
            ("32041512030801234", Err("kk-length")),
            ("32041512O3080123", Err("kk-character")),
            ("0004151203080123", Err("kk-province")),
            ("9904151203080123", Err("kk-province")),
            ("5404151203980123", Ok("5404151203980123")),
        ];
        for (text, expected) in table {
            let got = NoKk::parse(text).map_err(KkError::id);
            assert_eq!(got.as_ref().map(NoKk::as_str).map_err(|e| *e), *expected, "{text}");
        }
    }

    #[test]
    fn fields_and_warnings() {
        let table: &[(&str, Option<&str>, &[IdentityWarning])] = &[
            ("3204151203080123", Some("2008-03-12"), &[]),
            ("3204150912200001", Some("2020-12-09"), &[]),
            ("3204151012200001", Some("2020-12-10"), &[IdentityWarning::KkDateImplausible]),
            ("3204153002080123", None, &[IdentityWarning::KkDateImplausible]),
            ("3204150013080123", None, &[IdentityWarning::KkDateImplausible]),
            ("3204155203080123", None, &[IdentityWarning::KkLooksLikeNik]),
        ];
        for (text, date, expected) in table {
            let kk = NoKk::parse(text).unwrap();
            assert_eq!(kk.issue_date(), date.map(day), "{text}");
            assert_eq!(kk.warnings(day("2020-12-09")), *expected, "{text}");
            assert_eq!(kk.region(), "320415");
        }
    }

    #[test]
    fn shows_only_the_last_four_digits() {
        let kk = NoKk::parse("3204151203080123").unwrap();
        assert_eq!(format!("{kk} {kk:?}"), "************0123 NoKk(************0123)");
        assert_eq!(kk.serial(), 123);
    }
}

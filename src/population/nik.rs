//! NIK (Nomor Induk Kependudukan): `PP KK CC DDMMYY SSSS`.
//!
//! Province, regency and district of *first registration* (never the domicile: PP 40/2019
//! art. 30(2), the number does not change on moving), date of birth with 40 added to the day for
//! women, a serial from 0001. There is no check digit, so a slip gives another valid number: the
//! name is always compared aloud. Only what is impossible is an error; what is merely odd is an
//! [`IdentityWarning`] that the operator answers with a reason.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::kk::NoKk;
use super::regions::{self, Regions};
use super::values::Sex;
use super::{DigitsError, age_years, sixteen_digits, two_digits};

/// Age above which the station asks whether the date is right.
pub const OLDEST_USUAL_AGE_YEARS: u32 = 110;
/// First date at which a family card with a number of this form can have been recorded: SIAK's
/// national roll-out began in 2004 (Keppres 88/2004).
const FIRST_KK_YEAR: i32 = 2004;
/// Youngest age at which anyone is recorded.
const YOUNGEST_RECORDING_AGE_YEARS: u32 = 16;

/// Why a text is no NIK. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NikError {
    /// Not 16 digits.
    #[error("POP-01 a NIK has 16 digits, {found} found; compare it with the KK")]
    Length {
        /// Digits found.
        found: usize,
    },
    /// Something other than digits and separators.
    #[error("POP-02 character {position} of the NIK is no digit; type digits only")]
    Character {
        /// 1-based position.
        position: usize,
    },
    /// The first two digits were never a province.
    #[error("POP-03 the NIK's first two digits are no province, present or past; compare it with the KK")]
    Province,
    /// The day is 00, 32-40 or above 71.
    #[error("POP-04 the NIK's day (digits 7 and 8) is impossible; compare it with the KK")]
    Day,
    /// The month is 00 or above 12.
    #[error("POP-05 the NIK's month (digits 9 and 10) is impossible; compare it with the KK")]
    Month,
    /// The date exists neither in 19yy nor in 20yy.
    #[error("POP-06 the NIK's date (digits 7 to 12) exists in no century; compare it with the KK")]
    Date,
    /// The serial is 0000.
    #[error("POP-07 the NIK's serial (last four digits) is 0000; compare it with the KK")]
    Serial,
}

impl NikError {
    /// Stable id for catalogues and schemas.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Length { .. } => "nik-length",
            Self::Character { .. } => "nik-character",
            Self::Province => "nik-province",
            Self::Day => "nik-day",
            Self::Month => "nik-month",
            Self::Date => "nik-date",
            Self::Serial => "nik-serial",
        }
    }

    /// Stable code, the first word of the message.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Length { .. } => "POP-01",
            Self::Character { .. } => "POP-02",
            Self::Province => "POP-03",
            Self::Day => "POP-04",
            Self::Month => "POP-05",
            Self::Date => "POP-06",
            Self::Serial => "POP-07",
        }
    }
}

/// A NIK that is possible. `Debug` and `Display` show the last four digits only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nik(String);

impl Nik {
    /// Reads a NIK as operators type it: spaces, dots and dashes between groups are skipped.
    ///
    /// # Errors
    /// [`NikError`], only for what is impossible.
    pub fn parse(text: &str) -> Result<Self, NikError> {
        let digits = sixteen_digits(text).map_err(|e| match e {
            DigitsError::Length(found) => NikError::Length { found },
            DigitsError::Character(position) => NikError::Character { position },
        })?;
        if !regions::is_province(&digits[..2]) {
            return Err(NikError::Province);
        }
        let day = two_digits(&digits, 6);
        if !matches!(day, 1..=31 | 41..=71) {
            return Err(NikError::Day);
        }
        if !matches!(two_digits(&digits, 8), 1..=12) {
            return Err(NikError::Month);
        }
        if &digits[12..] == "0000" {
            return Err(NikError::Serial);
        }
        let nik = Self(digits);
        if nik.date_candidates().iter().all(Option::is_none) {
            return Err(NikError::Date);
        }
        Ok(nik)
    }

    /// The 16 digits. Personal data: never for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two-digit province code of first registration.
    #[must_use]
    pub fn province(&self) -> &str {
        &self.0[..2]
    }

    /// Four-digit kabupaten or kota code of first registration, with the province.
    #[must_use]
    pub fn regency(&self) -> &str {
        &self.0[..4]
    }

    /// Six-digit kecamatan code of first registration, with province and regency.
    #[must_use]
    pub fn district(&self) -> &str {
        &self.0[..6]
    }

    /// Day of the month, 1 to 31, without the 40 of women.
    #[must_use]
    pub fn day(&self) -> u8 {
        two_digits(&self.0, 6) % 40
    }

    /// The day carries the 40 that marks a woman.
    #[must_use]
    pub fn is_female(&self) -> bool {
        two_digits(&self.0, 6) > 40
    }

    /// Sex by the number.
    #[must_use]
    pub fn sex(&self) -> Sex {
        if self.is_female() { Sex::Female } else { Sex::Male }
    }

    /// Month, 1 to 12.
    #[must_use]
    pub fn month(&self) -> u8 {
        two_digits(&self.0, 8)
    }

    /// Last two digits of the year, 0 to 99.
    #[must_use]
    pub fn year2(&self) -> u8 {
        two_digits(&self.0, 10)
    }

    /// Serial, 1 to 9999.
    #[must_use]
    pub fn serial(&self) -> u16 {
        u16::from(two_digits(&self.0, 12)) * 100 + u16::from(two_digits(&self.0, 14))
    }

    /// The date in 19yy and in 20yy, each where it exists. At least one does.
    #[must_use]
    pub fn date_candidates(&self) -> [Option<NaiveDate>; 2] {
        [1900, 2000].map(|century| {
            NaiveDate::from_ymd_opt(century + i32::from(self.year2()), self.month().into(), self.day().into())
        })
    }

    /// The candidates that are not after `today`, older first. More than one: the century is
    /// ambiguous and the birth date must come from the KK or SIAK.
    #[must_use]
    pub fn possible_birth_dates(&self, today: NaiveDate) -> Vec<NaiveDate> {
        self.date_candidates().into_iter().flatten().filter(|d| *d <= today).collect()
    }

    /// Whether the number's day, month and two-digit year are those of `birth_date`, in any century.
    #[must_use]
    pub fn matches_birth_date(&self, birth_date: NaiveDate) -> bool {
        birth_date.day() == u32::from(self.day())
            && birth_date.month() == u32::from(self.month())
            && birth_date.year().rem_euclid(100) == i32::from(self.year2())
    }

    /// The number with all but the last four digits hidden, for screens that others can see.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("************{}", &self.0[12..])
    }
}

impl std::fmt::Debug for Nik {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nik({})", self.masked())
    }
}

impl std::fmt::Display for Nik {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl TryFrom<String> for Nik {
    type Error = NikError;
    fn try_from(text: String) -> Result<Self, NikError> {
        Self::parse(&text)
    }
}

impl From<Nik> for String {
    fn from(nik: Nik) -> Self {
        nik.0
    }
}

/// How much a warning weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// Odd, but often right.
    Soft,
    /// Likely wrong, or certain to be questioned by the centre.
    Strong,
}

/// Something odd about an identity. Each needs the operator's reason before the session goes on;
/// none of them blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityWarning {
    /// The number's date is not the birth date. The number stays as it is (it never changes).
    NikBirthDateMismatch,
    /// The number's sex is not the biodata's: the centre bounces it as `REQUEST_VALIDATION`.
    NikSexMismatch,
    /// NIK and No. KK are the same number.
    NikEqualsNoKk,
    /// The number's date fits the recording of a family card better than a birth.
    NikLooksLikeNoKk,
    /// The district is not in the current list (lists go stale; old prefixes are kept for life).
    NikDistrictUnknown,
    /// The province is one of the past.
    NikProvinceHistoric,
    /// The current domicile lies outside the station's kabupaten or kota.
    OutsideDomicile,
    #[serde(rename = "age-over-110")]
    /// Older than [`OLDEST_USUAL_AGE_YEARS`].
    AgeOver110,
    /// The birth date lies after today: a typing slip, or the station's clock is wrong.
    BirthDateInFuture,
    /// The No. KK's date of recording does not exist or lies ahead.
    KkDateImplausible,
    /// The No. KK carries a woman's day (+40): it is likely a NIK.
    KkLooksLikeNik,
    /// Same No. KK and birth date as another person known here: twins, or one person twice.
    SameFamilySameBirth,
}

impl IdentityWarning {
    /// Every warning.
    pub const ALL: [Self; 12] = [
        Self::NikBirthDateMismatch,
        Self::NikSexMismatch,
        Self::NikEqualsNoKk,
        Self::NikLooksLikeNoKk,
        Self::NikDistrictUnknown,
        Self::NikProvinceHistoric,
        Self::OutsideDomicile,
        Self::AgeOver110,
        Self::BirthDateInFuture,
        Self::KkDateImplausible,
        Self::KkLooksLikeNik,
        Self::SameFamilySameBirth,
    ];

    /// Stable id, kebab-case; catalogues hold `warn-<id>` and `warn-<id>-do`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::NikBirthDateMismatch => "nik-birth-date-mismatch",
            Self::NikSexMismatch => "nik-sex-mismatch",
            Self::NikEqualsNoKk => "nik-equals-no-kk",
            Self::NikLooksLikeNoKk => "nik-looks-like-no-kk",
            Self::NikDistrictUnknown => "nik-district-unknown",
            Self::NikProvinceHistoric => "nik-province-historic",
            Self::OutsideDomicile => "outside-domicile",
            Self::AgeOver110 => "age-over-110",
            Self::BirthDateInFuture => "birth-date-in-future",
            Self::KkDateImplausible => "kk-date-implausible",
            Self::KkLooksLikeNik => "kk-looks-like-nik",
            Self::SameFamilySameBirth => "same-family-same-birth",
        }
    }

    /// The warning with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.id() == id)
    }

    /// How much it weighs.
    #[must_use]
    pub fn strength(self) -> Strength {
        match self {
            Self::NikSexMismatch
            | Self::NikEqualsNoKk
            | Self::NikLooksLikeNoKk
            | Self::BirthDateInFuture
            | Self::SameFamilySameBirth => Strength::Strong,
            _ => Strength::Soft,
        }
    }

    /// Every identity warning needs a reason by the operator.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        true
    }
}

/// What is known beside the number.
#[derive(Clone)]
pub struct NikContext<'a> {
    /// Birth date of KK, roster or SIAK.
    pub birth_date: Option<NaiveDate>,
    /// Sex of KK, roster or SIAK.
    pub sex: Option<Sex>,
    /// No. KK.
    pub no_kk: Option<&'a NoKk>,
    /// The station's kabupaten or kota: code (4 or 6 digits) or name. Empty where not configured.
    pub station_district: &'a str,
    /// The applicant's current kabupaten or kota by SIAK or KK: code or name.
    pub domicile_district: Option<&'a str>,
    /// Local date.
    pub today: NaiveDate,
    /// Region names.
    pub regions: &'a Regions,
}

/// What is odd about this number, in the order of [`IdentityWarning::ALL`].
#[must_use]
pub fn warnings(nik: &Nik, context: &NikContext<'_>) -> Vec<IdentityWarning> {
    use IdentityWarning as W;
    let mut found = Vec::new();
    let mut note = |is: bool, warning: W| {
        if is {
            found.push(warning);
        }
    };
    let equals_kk = context.no_kk.is_some_and(|kk| kk.as_str() == nik.as_str());
    note(context.birth_date.is_some_and(|d| !nik.matches_birth_date(d)), W::NikBirthDateMismatch);
    note(context.sex.is_some_and(|s| s != nik.sex()), W::NikSexMismatch);
    note(equals_kk, W::NikEqualsNoKk);
    note(!equals_kk && looks_like_no_kk(nik, context), W::NikLooksLikeNoKk);
    let historic = regions::province(nik.province()).is_some_and(|p| p.historic);
    note(!historic && context.regions.district_name(nik.district()).is_none(), W::NikDistrictUnknown);
    note(historic, W::NikProvinceHistoric);
    note(is_outside_domicile(context), W::OutsideDomicile);
    let age = context.birth_date.and_then(|d| age_years(d, context.today));
    note(age.is_some_and(|a| a > OLDEST_USUAL_AGE_YEARS), W::AgeOver110);
    let in_future = match context.birth_date {
        Some(date) => date > context.today,
        None => nik.possible_birth_dates(context.today).is_empty(),
    };
    note(in_future, W::BirthDateInFuture);
    if let Some(kk) = context.no_kk.filter(|_| !equals_kk) {
        found.extend(kk.warnings(context.today));
    }
    found
}

/// No woman's day, the date in 20yy lies between the first family cards of this form and today,
/// and it is not the known birth date; with none known, nobody of recording age was born then.
fn looks_like_no_kk(nik: &Nik, context: &NikContext<'_>) -> bool {
    let Some(issued) = nik.date_candidates()[1] else { return false };
    if nik.is_female() || issued.year() < FIRST_KK_YEAR || issued > context.today {
        return false;
    }
    match context.birth_date {
        Some(birth) => !nik.matches_birth_date(birth),
        None => age_years(issued, context.today).is_some_and(|a| a < YOUNGEST_RECORDING_AGE_YEARS),
    }
}

/// The domicile differs from the station's kabupaten or kota. The number's prefix says nothing on it.
fn is_outside_domicile(context: &NikContext<'_>) -> bool {
    context
        .domicile_district
        .and_then(|d| context.regions.same_regency(d, context.station_district))
        .is_some_and(|same| !same)
}

#[cfg(test)]
#[path = "nik_tests.rs"]
mod tests;

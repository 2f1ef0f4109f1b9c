//! Checks of a whole [`Biodata`], and the question of twins.

use chrono::NaiveDate;
use serde::Serialize;

use super::age_years;
use super::biodata::Biodata;
use super::kk::{KkError, NoKk};
use super::names;
use super::nik::{Nik, NikContext, NikError, OLDEST_USUAL_AGE_YEARS};
use super::regions::Regions;
use super::values::{self, Sex};

/// Something about one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FieldIssue {
    /// Name of the field of [`Biodata`].
    pub field: &'static str,
    /// Stable id, kebab-case; catalogues hold `warn-<id>` and `warn-<id>-do`.
    pub id: &'static str,
    /// The record cannot be sealed with it.
    pub hard: bool,
}

/// Fields of [`Biodata`] in the order of the card, which are also the roster's columns.
pub const FIELDS: [&str; 18] = [
    "nik",
    "no_kk",
    "nama",
    "tempat_lahir",
    "tanggal_lahir",
    "jenis_kelamin",
    "golongan_darah",
    "alamat",
    "rt",
    "rw",
    "kelurahan",
    "kecamatan",
    "kabupaten",
    "provinsi",
    "agama",
    "status_perkawinan",
    "pekerjaan",
    "kewarganegaraan",
];

/// Longest value of an address field, in characters.
pub const LONGEST_FIELD_CHARS: usize = 200;

/// The text of a field by its name, dates as `dd-mm-yyyy`; `None` for a name that is no field.
#[must_use]
pub fn field_text(biodata: &Biodata, field: &str) -> Option<String> {
    if field == "tanggal_lahir" {
        let text = biodata.tanggal_lahir.map(|d| d.format("%d-%m-%Y").to_string());
        return Some(text.unwrap_or_default());
    }
    let mut copy = biodata.clone();
    text_field(&mut copy, field).map(std::mem::take)
}

/// The text field with this name (every field but `tanggal_lahir`).
pub(crate) fn text_field<'a>(biodata: &'a mut Biodata, field: &str) -> Option<&'a mut String> {
    Some(match field {
        "nik" => &mut biodata.nik,
        "no_kk" => &mut biodata.no_kk,
        "nama" => &mut biodata.nama,
        "tempat_lahir" => &mut biodata.tempat_lahir,
        "jenis_kelamin" => &mut biodata.jenis_kelamin,
        "golongan_darah" => &mut biodata.golongan_darah,
        "alamat" => &mut biodata.alamat,
        "rt" => &mut biodata.rt,
        "rw" => &mut biodata.rw,
        "kelurahan" => &mut biodata.kelurahan,
        "kecamatan" => &mut biodata.kecamatan,
        "kabupaten" => &mut biodata.kabupaten,
        "provinsi" => &mut biodata.provinsi,
        "agama" => &mut biodata.agama,
        "status_perkawinan" => &mut biodata.status_perkawinan,
        "pekerjaan" => &mut biodata.pekerjaan,
        "kewarganegaraan" => &mut biodata.kewarganegaraan,
        _ => return None,
    })
}

/// Completeness and validity, in the order of [`FIELDS`]. A hard issue keeps the record from
/// being sealed: a field of the card is empty or not in its list, or a value is impossible. What
/// compares NIK, No. KK and biodata with each other is in [`super::nik::warnings`].
#[must_use]
pub fn check(biodata: &Biodata, today: NaiveDate) -> Vec<FieldIssue> {
    let mut issues = Vec::new();
    for field in FIELDS {
        let mut note = |id, hard| issues.push(FieldIssue { field, id, hard });
        let text = field_text(biodata, field).unwrap_or_default();
        match field {
            "tanggal_lahir" => check_birth_date(biodata.tanggal_lahir, today, note),
            "nama" => names::check(&text).into_iter().for_each(|i| note(i.id, i.hard)),
            _ if text.trim().is_empty() => note("field-empty", true),
            "nik" => Nik::parse(&text).map_err(NikError::id).err().into_iter().for_each(|id| note(id, true)),
            "no_kk" => {
                NoKk::parse(&text).map_err(KkError::id).err().into_iter().for_each(|id| note(id, true));
            }
            "rt" | "rw" => check_rt_rw(&text, note),
            "kewarganegaraan" if values::citizenship(&text).as_deref() != Some(text.as_str()) => {
                note("value-not-in-list", true);
            }
            _ => match values::list_of(field) {
                Some(list) if !list.texts().any(|t| t == text) => note("value-not-in-list", true),
                Some(_) => {}
                None => check_free_text(&text, note),
            },
        }
    }
    issues
}

fn check_birth_date(date: Option<NaiveDate>, today: NaiveDate, mut note: impl FnMut(&'static str, bool)) {
    match date {
        None => note("field-empty", true),
        Some(date) if date > today => note("birth-date-in-future", true),
        Some(date) if age_years(date, today).is_some_and(|a| a > OLDEST_USUAL_AGE_YEARS) => {
            note("age-over-110", false);
        }
        Some(_) => {}
    }
}

/// RT and RW are three digits; 000 stands where a village has none.
fn check_rt_rw(text: &str, mut note: impl FnMut(&'static str, bool)) {
    if text.len() != 3 || !text.bytes().all(|b| b.is_ascii_digit()) {
        note("rt-rw-three-digits", true);
    }
}

fn check_free_text(text: &str, mut note: impl FnMut(&'static str, bool)) {
    if text.chars().any(names::is_invisible) {
        note("field-control-character", true);
    }
    if text.chars().count() > LONGEST_FIELD_CHARS {
        note("field-too-long", true);
    }
}

/// RT or RW as three digits (`1` becomes `001`, `-` becomes `000`); `None` for anything
/// that is not one to three digits.
#[must_use]
pub fn three_digits(text: &str) -> Option<String> {
    let text = text.trim();
    let text = if text == "-" { "0" } else { text };
    (matches!(text.len(), 1..=3) && text.bytes().all(|b| b.is_ascii_digit())).then(|| format!("{text:0>3}"))
}

/// Same family card and same birth date, but another NIK: twins, or one person registered twice.
/// The operator answers [`super::nik::IdentityWarning::SameFamilySameBirth`] with a reason.
#[must_use]
pub fn same_family_same_birth(a: &Biodata, b: &Biodata) -> bool {
    let digits = |text: &str| NoKk::parse(text).ok();
    let family = digits(&a.no_kk).is_some() && digits(&a.no_kk) == digits(&b.no_kk);
    let birth = a.tanggal_lahir.is_some() && a.tanggal_lahir == b.tanggal_lahir;
    family && birth && Nik::parse(&a.nik).ok() != Nik::parse(&b.nik).ok()
}

/// The warnings of [`super::nik::warnings`] for a biodata and the station's kabupaten or kota
/// (code or name). Empty where the NIK cannot be read: [`check`] says so.
#[must_use]
pub fn warnings(
    biodata: &Biodata,
    station_district: &str,
    regions: &Regions,
    today: NaiveDate,
) -> Vec<super::nik::IdentityWarning> {
    let Ok(nik) = Nik::parse(&biodata.nik) else { return Vec::new() };
    let no_kk = NoKk::parse(&biodata.no_kk).ok();
    let domicile = Some(biodata.kabupaten.as_str()).filter(|k| !k.is_empty());
    let context = NikContext {
        birth_date: biodata.tanggal_lahir,
        sex: Sex::parse(&biodata.jenis_kelamin),
        no_kk: no_kk.as_ref(),
        station_district,
        domicile_district: domicile,
        today,
        regions,
    };
    super::nik::warnings(&nik, &context)
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;

//! Biodata of one applicant as it stands on KK and card. The station shows it; SIAK authors it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Biodata. Values of closed lists are the codes of [`super`]'s lists, upper case as on the card.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Biodata {
    /// NIK, 16 digits.
    pub nik: String,
    /// No. KK, 16 digits.
    pub no_kk: String,
    /// Full name.
    pub nama: String,
    /// Place of birth.
    pub tempat_lahir: String,
    /// Date of birth; `None` while it is being typed.
    pub tanggal_lahir: Option<NaiveDate>,
    /// `LAKI-LAKI` or `PEREMPUAN`.
    pub jenis_kelamin: String,
    /// Blood group, `TIDAK TAHU` where unknown.
    pub golongan_darah: String,
    /// Address.
    pub alamat: String,
    /// RT, three digits.
    pub rt: String,
    /// RW, three digits.
    pub rw: String,
    /// Kelurahan or desa.
    pub kelurahan: String,
    /// Kecamatan.
    pub kecamatan: String,
    /// Kabupaten or kota.
    pub kabupaten: String,
    /// Province.
    pub provinsi: String,
    /// Religion or belief.
    pub agama: String,
    /// Marital status.
    pub status_perkawinan: String,
    /// Occupation.
    pub pekerjaan: String,
    /// `WNI`, or the country for foreigners.
    pub kewarganegaraan: String,
}

impl std::fmt::Debug for Biodata {
    // Personal data: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Biodata(..)")
    }
}

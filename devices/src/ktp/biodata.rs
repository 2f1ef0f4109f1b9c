//! The biodata file of the chip: 21 texts in quotation marks, separated by commas.
//!
//! Order and number are those that public readers of the card use; four of the fields are not explained there.

use serde::Serialize;

/// Fields of the file.
pub const FIELDS: usize = 21;
/// Longest field, in characters. The whole chip has 8 KB.
pub const FIELD_MAX_CHARS: usize = 512;

/// Why a file is no biodata. Says places and numbers, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BiodataError {
    /// The bytes are no UTF-8.
    #[error("biodata are not UTF-8 at byte {at}")]
    Encoding {
        /// Byte offset.
        at: usize,
    },
    /// A quotation mark is missing at the beginning or the end.
    #[error("biodata are not in quotation marks")]
    Quotes,
    /// Too few or too many fields.
    #[error("biodata with {found} fields, not {FIELDS}")]
    Fields {
        /// Fields that were there.
        found: usize,
    },
    /// A field is too long or holds control characters.
    #[error("field {number} of the biodata cannot be read")]
    Field {
        /// Number of the field, from 0.
        number: usize,
    },
}

/// What the chip says of its holder, as it is written there.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Biodata {
    /// Field 0.
    pub nik: String,
    /// Field 1: alamat.
    pub address: String,
    /// Field 2.
    pub rt: String,
    /// Field 3.
    pub rw: String,
    /// Field 4: tempat lahir.
    pub birth_place: String,
    /// Field 5: kecamatan.
    pub district: String,
    /// Field 6: kelurahan or desa.
    pub village: String,
    /// Field 7: kabupaten or kota.
    pub regency: String,
    /// Field 8: jenis kelamin.
    pub sex: String,
    /// Field 9: golongan darah.
    pub blood_group: String,
    /// Field 10: agama.
    pub religion: String,
    /// Field 11: status perkawinan.
    pub marital_status: String,
    /// Field 12: pekerjaan.
    pub occupation: String,
    /// Field 13: nama.
    pub name: String,
    /// Field 14: tanggal lahir, as written.
    pub birth_date: String,
    /// Field 15: provinsi.
    pub province: String,
    /// Field 19: kewarganegaraan.
    pub citizenship: String,
    /// Fields 16, 17, 18 and 20, whose meaning is not public.
    pub unexplained: [String; 4],
}

impl std::fmt::Debug for Biodata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Biodata(..)")
    }
}

impl Biodata {
    /// Reads the content of the file (without its length). Zero bytes and blanks behind the last field are padding.
    ///
    /// # Errors
    /// [`BiodataError`].
    pub fn read(content: &[u8]) -> Result<Self, BiodataError> {
        let text =
            std::str::from_utf8(content).map_err(|e| BiodataError::Encoding { at: e.valid_up_to() })?;
        let text = text.trim_end_matches('\0').trim();
        let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).ok_or(BiodataError::Quotes)?;
        let fields: Vec<&str> = inner.split("\",\"").collect();
        let bad =
            |field: &&str| field.chars().count() > FIELD_MAX_CHARS || field.chars().any(char::is_control);
        let fields: [&str; FIELDS] =
            fields.try_into().map_err(|all: Vec<&str>| BiodataError::Fields { found: all.len() })?;
        if let Some(number) = fields.iter().position(bad) {
            return Err(BiodataError::Field { number });
        }
        let [
            nik,
            address,
            rt,
            rw,
            birth_place,
            district,
            village,
            regency,
            sex,
            blood_group,
            religion,
            rest @ ..,
        ] = fields.map(str::to_owned);
        let [marital_status, occupation, name, birth_date, province, a, b, c, citizenship, d] = rest;
        Ok(Self {
            nik,
            address,
            rt,
            rw,
            birth_place,
            district,
            village,
            regency,
            sex,
            blood_group,
            religion,
            marital_status,
            occupation,
            name,
            birth_date,
            province,
            citizenship,
            unexplained: [a, b, c, d],
        })
    }

    /// Writes the content of the file, for simulated cards.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let [a, b, c, d] = &self.unexplained;
        let fields: [&str; FIELDS] = [
            &self.nik,
            &self.address,
            &self.rt,
            &self.rw,
            &self.birth_place,
            &self.district,
            &self.village,
            &self.regency,
            &self.sex,
            &self.blood_group,
            &self.religion,
            &self.marital_status,
            &self.occupation,
            &self.name,
            &self.birth_date,
            &self.province,
            a,
            b,
            c,
            &self.citizenship,
            d,
        ];
        format!("\"{}\"", fields.join("\",\"")).into_bytes()
    }
}

#[cfg(test)]
#[path = "biodata_tests.rs"]
mod tests;

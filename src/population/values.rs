//! The closed lists of the card: codes as in SIAK exports, texts as printed, spelling variants as
//! operators and older systems write them.

use serde::{Deserialize, Serialize};

use crate::gate::facts::Marital;

/// Sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// LAKI-LAKI.
    Male,
    /// PEREMPUAN.
    Female,
}

impl Sex {
    /// From the card's text or a usual variant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match SEX.parse(text)? {
            "LAKI-LAKI" => Some(Self::Male),
            _ => Some(Self::Female),
        }
    }

    /// The card's text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Male => "LAKI-LAKI",
            Self::Female => "PEREMPUAN",
        }
    }
}

/// One value of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Code in SIAK exports.
    pub code: u8,
    /// Text of the card; what [`super::biodata::Biodata`] holds.
    pub text: &'static str,
    /// Other spellings, each in any case and with any punctuation.
    pub variants: &'static [&'static str],
}

/// A closed list.
#[derive(Debug, Clone, Copy)]
pub struct ValueList {
    /// Stable id, the name of the biodata field.
    pub id: &'static str,
    /// Values in the order of their codes.
    pub entries: &'static [Entry],
}

impl ValueList {
    /// The card's text for a text, one of its variants, or its code. Case, spaces and punctuation
    /// do not matter; `+` and `-` do in the list of blood groups.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<&'static str> {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.len() > 200 {
            return None;
        }
        if let Some(entry) = self.entries.iter().find(|e| e.text == trimmed || e.variants.contains(&trimmed))
        {
            return Some(entry.text);
        }
        if let Ok(code) = trimmed.parse::<u8>() {
            return self.entries.iter().find(|e| e.code == code).map(|e| e.text);
        }
        let wanted = self.key(trimmed);
        self.entries
            .iter()
            .find(|e| {
                !wanted.is_empty()
                    && std::iter::once(&e.text).chain(e.variants).any(|t| self.key(t) == wanted)
            })
            .map(|e| e.text)
    }

    /// Texts in order, for pickers.
    pub fn texts(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.entries.iter().map(|e| e.text)
    }

    fn key(&self, text: &str) -> String {
        let signs = self.id == BLOOD_GROUP.id;
        text.chars()
            .filter(|c| c.is_alphanumeric() || signs && matches!(c, '+' | '-'))
            .flat_map(char::to_uppercase)
            .collect()
    }
}

const fn e(code: u8, text: &'static str, variants: &'static [&'static str]) -> Entry {
    Entry { code, text, variants }
}

/// Sex.
pub const SEX: ValueList = ValueList {
    id: "jenis_kelamin",
    entries: &[
        e(1, "LAKI-LAKI", &["L", "LK", "LAKI", "PRIA", "MALE", "M"]),
        e(2, "PEREMPUAN", &["P", "PR", "WANITA", "FEMALE", "F"]),
    ],
};

/// Blood group; the card prints `-` for `TIDAK TAHU`.
pub const BLOOD_GROUP: ValueList = ValueList {
    id: "golongan_darah",
    entries: &[
        e(1, "A", &[]),
        e(2, "B", &[]),
        e(3, "AB", &[]),
        e(4, "O", &["0"]),
        e(5, "A+", &[]),
        e(6, "A-", &[]),
        e(7, "B+", &[]),
        e(8, "B-", &[]),
        e(9, "AB+", &[]),
        e(10, "AB-", &[]),
        e(11, "O+", &["0+"]),
        e(12, "O-", &["0-"]),
        e(13, "TIDAK TAHU", &["-", "TDK TAHU", "TIDAK DIKETAHUI", "UNKNOWN"]),
    ],
};

/// Religion, or belief (Constitutional Court 97/PUU-XIV/2016, Permendagri 118/2017).
pub const RELIGION: ValueList = ValueList {
    id: "agama",
    entries: &[
        e(1, "ISLAM", &["MUSLIM"]),
        e(2, "KRISTEN", &["PROTESTAN", "KRISTEN PROTESTAN"]),
        e(3, "KATOLIK", &["KATHOLIK", "KATHOLIC", "KRISTEN KATOLIK", "KATHOLIK ROMA", "KATOLIK ROMA"]),
        e(4, "HINDU", &[]),
        e(5, "BUDHA", &["BUDDHA", "BUDA"]),
        e(6, "KHONGHUCU", &["KONGHUCU", "CONFUCIUS"]),
        e(
            7,
            "KEPERCAYAAN TERHADAP TUHAN YME",
            &[
                "KEPERCAYAAN",
                "KEPERCAYAAN TERHADAP TUHAN YANG MAHA ESA",
                "PENGHAYAT KEPERCAYAAN",
                "ALIRAN KEPERCAYAAN",
                "KEPERCAYAAN TERHADAP TUHAN YME / LAINNYA",
                "LAINNYA",
            ],
        ),
    ],
};

/// Marital status. The KK's `KAWIN TERCATAT` and `KAWIN BELUM TERCATAT` are `KAWIN` on the card.
pub const MARITAL_STATUS: ValueList = ValueList {
    id: "status_perkawinan",
    entries: &[
        e(1, "BELUM KAWIN", &["BELUM MENIKAH", "BK", "LAJANG"]),
        e(2, "KAWIN", &["MENIKAH", "KAWIN TERCATAT", "KAWIN BELUM TERCATAT", "K"]),
        e(3, "CERAI HIDUP", &["CH", "CERAI HIDUP TERCATAT", "CERAI HIDUP BELUM TERCATAT"]),
        e(4, "CERAI MATI", &["CM", "JANDA MATI", "DUDA MATI"]),
    ],
};

/// What the age rule needs of a marital status; `None` for a text that is not in the list.
#[must_use]
pub fn marital(text: &str) -> Option<Marital> {
    match MARITAL_STATUS.parse(text)? {
        "BELUM KAWIN" => Some(Marital::Never),
        "KAWIN" => Some(Marital::Married),
        _ => Some(Marital::EverMarried),
    }
}

/// Occupation. In lists before the present one 89 was `LAINNYA`, which is 99 now.
pub const OCCUPATION: ValueList = ValueList {
    id: "pekerjaan",
    entries: &[
        e(1, "BELUM/TIDAK BEKERJA", &["BELUM BEKERJA", "TIDAK BEKERJA"]),
        e(2, "MENGURUS RUMAH TANGGA", &["IBU RUMAH TANGGA", "IRT"]),
        e(3, "PELAJAR/MAHASISWA", &["PELAJAR", "MAHASISWA", "SISWA"]),
        e(4, "PENSIUNAN", &["PURNAWIRAWAN"]),
        e(5, "PEGAWAI NEGERI SIPIL", &["PNS", "ASN", "PNS/ASN", "PEGAWAI NEGERI SIPIL (PNS)"]),
        e(6, "TENTARA NASIONAL INDONESIA", &["TNI", "TENTARA NASIONAL INDONESIA (TNI)"]),
        e(7, "KEPOLISIAN RI", &["POLRI", "POLISI", "KEPOLISIAN RI (POLRI)"]),
        e(8, "PERDAGANGAN", &[]),
        e(9, "PETANI/PEKEBUN", &["PETANI", "PEKEBUN"]),
        e(10, "PETERNAK", &[]),
        e(11, "NELAYAN/PERIKANAN", &["NELAYAN"]),
        e(12, "INDUSTRI", &[]),
        e(13, "KONSTRUKSI", &[]),
        e(14, "TRANSPORTASI", &[]),
        e(15, "KARYAWAN SWASTA", &["SWASTA", "PEGAWAI SWASTA"]),
        e(16, "KARYAWAN BUMN", &["BUMN", "PEGAWAI BUMN"]),
        e(17, "KARYAWAN BUMD", &["BUMD", "PEGAWAI BUMD"]),
        e(18, "KARYAWAN HONORER", &["HONORER"]),
        e(19, "BURUH HARIAN LEPAS", &["BURUH"]),
        e(20, "BURUH TANI/PERKEBUNAN", &["BURUH TANI"]),
        e(21, "BURUH NELAYAN/PERIKANAN", &["BURUH NELAYAN"]),
        e(22, "BURUH PETERNAKAN", &[]),
        e(23, "PEMBANTU RUMAH TANGGA", &["ASISTEN RUMAH TANGGA"]),
        e(24, "TUKANG CUKUR", &[]),
        e(25, "TUKANG LISTRIK", &[]),
        e(26, "TUKANG BATU", &[]),
        e(27, "TUKANG KAYU", &[]),
        e(28, "TUKANG SOL SEPATU", &[]),
        e(29, "TUKANG LAS/PANDAI BESI", &["TUKANG LAS", "PANDAI BESI"]),
        e(30, "TUKANG JAHIT", &["PENJAHIT"]),
        e(31, "TUKANG GIGI", &[]),
        e(32, "PENATA RIAS", &[]),
        e(33, "PENATA BUSANA", &[]),
        e(34, "PENATA RAMBUT", &[]),
        e(35, "MEKANIK", &[]),
        e(36, "SENIMAN", &[]),
        e(37, "TABIB", &[]),
        e(38, "PARAJI", &[]),
        e(39, "PERANCANG BUSANA", &[]),
        e(40, "PENTERJEMAH", &["PENERJEMAH"]),
        e(41, "IMAM MASJID", &["IMAM MESJID"]),
        e(42, "PENDETA", &[]),
        e(43, "PASTOR", &[]),
        e(44, "WARTAWAN", &[]),
        e(45, "USTADZ/MUBALIGH", &["USTADZ", "MUBALIGH", "USTAZ"]),
        e(46, "JURU MASAK", &[]),
        e(47, "PROMOTOR ACARA", &[]),
        e(48, "ANGGOTA DPR-RI", &[]),
        e(49, "ANGGOTA DPD", &[]),
        e(50, "ANGGOTA BPK", &[]),
        e(51, "PRESIDEN", &[]),
        e(52, "WAKIL PRESIDEN", &[]),
        e(53, "ANGGOTA MAHKAMAH KONSTITUSI", &[]),
        e(54, "ANGGOTA KABINET/KEMENTERIAN", &["ANGGOTA KABINET"]),
        e(55, "DUTA BESAR", &[]),
        e(56, "GUBERNUR", &[]),
        e(57, "WAKIL GUBERNUR", &[]),
        e(58, "BUPATI", &[]),
        e(59, "WAKIL BUPATI", &[]),
        e(60, "WALIKOTA", &[]),
        e(61, "WAKIL WALIKOTA", &[]),
        e(62, "ANGGOTA DPRD PROVINSI", &["ANGGOTA DPRD PROP", "ANGGOTA DPRD PROPINSI"]),
        e(63, "ANGGOTA DPRD KABUPATEN/KOTA", &["ANGGOTA DPRD KAB/KOTA", "ANGGOTA DPRD KAB"]),
        e(64, "DOSEN", &[]),
        e(65, "GURU", &[]),
        e(66, "PILOT", &[]),
        e(67, "PENGACARA", &["ADVOKAT"]),
        e(68, "NOTARIS", &[]),
        e(69, "ARSITEK", &[]),
        e(70, "AKUNTAN", &[]),
        e(71, "KONSULTAN", &[]),
        e(72, "DOKTER", &[]),
        e(73, "BIDAN", &[]),
        e(74, "PERAWAT", &[]),
        e(75, "APOTEKER", &[]),
        e(76, "PSIKIATER/PSIKOLOG", &["PSIKIATER", "PSIKOLOG"]),
        e(77, "PENYIAR TELEVISI", &[]),
        e(78, "PENYIAR RADIO", &[]),
        e(79, "PELAUT", &[]),
        e(80, "PENELITI", &[]),
        e(81, "SOPIR", &["SUPIR", "PENGEMUDI"]),
        e(82, "PIALANG", &[]),
        e(83, "PARANORMAL", &[]),
        e(84, "PEDAGANG", &[]),
        e(85, "PERANGKAT DESA", &[]),
        e(86, "KEPALA DESA", &[]),
        e(87, "BIARAWATI", &["BIARAWAN/BIARAWATI"]),
        e(88, "WIRASWASTA", &["WIRAUSAHA"]),
        e(89, "ANGGOTA LEMBAGA TINGGI LAINNYA", &[]),
        e(90, "ARTIS", &[]),
        e(91, "ATLIT", &["ATLET"]),
        e(92, "CHEF", &[]),
        e(93, "MANAJER", &[]),
        e(94, "TENAGA TATA USAHA", &[]),
        e(95, "OPERATOR", &[]),
        e(96, "PEKERJA PENGOLAHAN/KERAJINAN", &[]),
        e(97, "TEKNISI", &[]),
        e(98, "ASISTEN AHLI", &[]),
        e(99, "LAINNYA", &["PEKERJAAN LAINNYA"]),
    ],
};

/// Every closed list.
pub const LISTS: [&ValueList; 5] = [&SEX, &BLOOD_GROUP, &RELIGION, &MARITAL_STATUS, &OCCUPATION];

/// The list behind a biodata field, by the field's name.
#[must_use]
pub fn list_of(field: &str) -> Option<&'static ValueList> {
    LISTS.into_iter().find(|list| list.id == field)
}

/// Citizenship of Indonesians.
pub const WNI: &str = "WNI";

/// What a citizenship picker offers first; other countries are typed.
pub const CITIZENSHIPS: [&str; 27] = [
    WNI,
    "AFGANISTAN",
    "AMERIKA SERIKAT",
    "ARAB SAUDI",
    "AUSTRALIA",
    "BANGLADESH",
    "BELANDA",
    "BRUNEI DARUSSALAM",
    "FILIPINA",
    "INDIA",
    "INGGRIS",
    "JEPANG",
    "JERMAN",
    "KAMBOJA",
    "KOREA SELATAN",
    "LAOS",
    "MALAYSIA",
    "MYANMAR",
    "PAKISTAN",
    "PERANCIS",
    "SINGAPURA",
    "SRI LANKA",
    "TAIWAN",
    "THAILAND",
    "TIMOR LESTE",
    "TIONGKOK",
    "VIETNAM",
];

/// `WNI`, or the country of a foreigner in upper case; `None` for `WNA` without a country and for
/// texts that are no name of a country (2 to 60 letters, spaces and `.'-()`).
#[must_use]
pub fn citizenship(text: &str) -> Option<String> {
    let upper = text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    match upper.as_str() {
        "WNI" | "INDONESIA" | "WARGA NEGARA INDONESIA" | "INDONESIAN" => return Some(WNI.to_owned()),
        "WNA" | "ASING" | "WARGA NEGARA ASING" => return None,
        _ => {}
    }
    let letters = upper.chars().filter(|c| c.is_alphabetic()).count();
    let fits = upper.chars().all(|c| c.is_alphabetic() || " .'-()".contains(c));
    (letters >= 2 && upper.chars().count() <= 60 && fits).then_some(upper)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn lists_are_consistent() {
        for list in LISTS {
            let mut keys = BTreeSet::new();
            for (index, entry) in list.entries.iter().enumerate() {
                assert_eq!(usize::from(entry.code), index + 1, "{}: {}", list.id, entry.text);
                for text in std::iter::once(&entry.text).chain(entry.variants) {
                    assert!(keys.insert(list.key(text)), "{}: {text} twice", list.id);
                    assert_eq!(list.parse(text), Some(entry.text), "{}: {text}", list.id);
                    assert_eq!(list.parse(&format!(" {} ", text.to_lowercase())), Some(entry.text));
                }
                assert_eq!(list.parse(&entry.code.to_string()), Some(entry.text));
            }
            assert_eq!(list.texts().count(), list.entries.len());
            assert_eq!(list_of(list.id).map(|l| l.id), Some(list.id));
        }
        assert_eq!(OCCUPATION.entries.len(), 99);
    }

    #[test]
    fn parse_table() {
        let table = [
            (&SEX, "laki - laki", Some("LAKI-LAKI")),
            (&SEX, "Perempuan", Some("PEREMPUAN")),
            (&SEX, "X", None),
            (&SEX, "3", None),
            (&BLOOD_GROUP, "a+", Some("A+")),
            (&BLOOD_GROUP, "A", Some("A")),
            (&BLOOD_GROUP, "ab -", Some("AB-")),
            (&BLOOD_GROUP, "0", Some("O")),
            (&BLOOD_GROUP, "-", Some("TIDAK TAHU")),
            (&BLOOD_GROUP, "C", None),
            (&RELIGION, "katholik", Some("KATOLIK")),
            (&RELIGION, "Buddha", Some("BUDHA")),
            (&RELIGION, "Konghucu", Some("KHONGHUCU")),
            (&RELIGION, "Kepercayaan terhadap Tuhan YME", Some("KEPERCAYAAN TERHADAP TUHAN YME")),
            (&RELIGION, "", None),
            (&MARITAL_STATUS, "Kawin Tercatat", Some("KAWIN")),
            (&MARITAL_STATUS, "CERAI", None),
            (&OCCUPATION, "pelajar / mahasiswa", Some("PELAJAR/MAHASISWA")),
            (&OCCUPATION, "100", None),
            (&OCCUPATION, "/", None),
        ];
        for (list, text, expected) in table {
            assert_eq!(list.parse(text), expected, "{}: {text}", list.id);
        }
    }

    #[test]
    fn marital_and_citizenship() {
        let marital_table = [
            ("BELUM KAWIN", Some(Marital::Never)),
            ("kawin belum tercatat", Some(Marital::Married)),
            ("CERAI HIDUP", Some(Marital::EverMarried)),
            ("CERAI MATI", Some(Marital::EverMarried)),
            ("?", None),
        ];
        for (text, expected) in marital_table {
            assert_eq!(marital(text), expected, "{text}");
        }
        let citizen_table = [
            ("wni", Some("WNI")),
            (" Indonesia ", Some("WNI")),
            ("timor  leste", Some("TIMOR LESTE")),
            ("WNA", None),
            ("", None),
            ("M4LAYSIA", None),
            ("X", None),
        ];
        for (text, expected) in citizen_table {
            assert_eq!(citizenship(text).as_deref(), expected, "{text}");
        }
        assert!(CITIZENSHIPS.iter().all(|c| citizenship(c).as_deref() == Some(*c)));
        assert!(CITIZENSHIPS[1..].is_sorted());
    }
}

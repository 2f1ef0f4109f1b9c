//! Provinces (facts, present and past) and the names of kabupaten, kota and kecamatan (hints).
//!
//! Province codes are those of the Ministry of Home Affairs. New provinces took districts from
//! older ones, but a NIK keeps its prefix for life, so codes of parents and of provinces that are
//! no more stay acceptable, and nothing is ever refused on a kabupaten or kecamatan. Origin of
//! the lower levels: `data/README.md`.

use std::sync::OnceLock;

/// A province.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Province {
    /// Two digits.
    pub code: &'static str,
    /// Name in Indonesian.
    pub name: &'static str,
    /// Code of the province it was split from, and the year of the law, for those since 1999.
    pub split_from: Option<(&'static str, u16)>,
    /// No longer a province of Indonesia; numbers with its code live on.
    pub historic: bool,
}

const fn now(code: &'static str, name: &'static str) -> Province {
    Province { code, name, split_from: None, historic: false }
}

const fn split(code: &'static str, name: &'static str, parent: &'static str, year: u16) -> Province {
    Province { code, name, split_from: Some((parent, year)), historic: false }
}

/// All provinces, sorted by code. Years are those of the founding laws: UU 45/1999 and 46/1999,
/// 23, 27 and 38/2000, 25/2002, 26/2004, 20/2012, 14, 15, 16 and 29/2022.
pub const PROVINCES: [Province; 39] = [
    now("11", "ACEH"),
    now("12", "SUMATERA UTARA"),
    now("13", "SUMATERA BARAT"),
    now("14", "RIAU"),
    now("15", "JAMBI"),
    now("16", "SUMATERA SELATAN"),
    now("17", "BENGKULU"),
    now("18", "LAMPUNG"),
    split("19", "KEPULAUAN BANGKA BELITUNG", "16", 2000),
    split("21", "KEPULAUAN RIAU", "14", 2002),
    now("31", "DKI JAKARTA"),
    now("32", "JAWA BARAT"),
    now("33", "JAWA TENGAH"),
    now("34", "DI YOGYAKARTA"),
    now("35", "JAWA TIMUR"),
    split("36", "BANTEN", "32", 2000),
    now("51", "BALI"),
    now("52", "NUSA TENGGARA BARAT"),
    now("53", "NUSA TENGGARA TIMUR"),
    Province { code: "54", name: "TIMOR TIMUR", split_from: None, historic: true },
    now("61", "KALIMANTAN BARAT"),
    now("62", "KALIMANTAN TENGAH"),
    now("63", "KALIMANTAN SELATAN"),
    now("64", "KALIMANTAN TIMUR"),
    split("65", "KALIMANTAN UTARA", "64", 2012),
    now("71", "SULAWESI UTARA"),
    now("72", "SULAWESI TENGAH"),
    now("73", "SULAWESI SELATAN"),
    now("74", "SULAWESI TENGGARA"),
    split("75", "GORONTALO", "71", 2000),
    split("76", "SULAWESI BARAT", "73", 2004),
    now("81", "MALUKU"),
    split("82", "MALUKU UTARA", "81", 1999),
    now("91", "PAPUA"),
    split("92", "PAPUA BARAT", "91", 1999),
    split("93", "PAPUA SELATAN", "91", 2022),
    split("94", "PAPUA TENGAH", "91", 2022),
    split("95", "PAPUA PEGUNUNGAN", "91", 2022),
    split("96", "PAPUA BARAT DAYA", "92", 2022),
];

/// The province with this two-digit code.
#[must_use]
pub fn province(code2: &str) -> Option<&'static Province> {
    PROVINCES.binary_search_by(|p| p.code.cmp(code2)).ok().map(|i| &PROVINCES[i])
}

/// Whether a two-digit code is or was a province.
#[must_use]
pub fn is_province(code2: &str) -> bool {
    province(code2).is_some()
}

/// `code;name` a line, sorted by code; made by `fixtures/regions/build.py`.
static DATA: &str = include_str!("data/regions.csv");

/// Names by region code. Cheap to make: the table is read at the first lookup.
#[derive(Default)]
pub struct Regions {
    table: OnceLock<Vec<(&'static str, &'static str)>>,
}

impl std::fmt::Debug for Regions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Regions(..)")
    }
}

impl Regions {
    /// An unread table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn table(&self) -> &[(&'static str, &'static str)] {
        self.table.get_or_init(|| DATA.lines().filter_map(|line| line.split_once(';')).collect())
    }

    fn name(&self, code: &str, digits: usize) -> Option<&'static str> {
        if code.len() != digits {
            return None;
        }
        let table = self.table();
        table.binary_search_by(|(c, _)| (*c).cmp(code)).ok().map(|i| table[i].1)
    }

    /// Name of a kecamatan by its six digits; `None` where the list does not have it (a hint only).
    #[must_use]
    pub fn district_name(&self, code6: &str) -> Option<&'static str> {
        self.name(code6, 6)
    }

    /// Name of a kabupaten or kota by its four digits, e.g. `KAB. BANDUNG`, `KOTA BANDUNG`.
    #[must_use]
    pub fn regency_name(&self, code4: &str) -> Option<&'static str> {
        self.name(code4, 4)
    }

    /// Name of a province by its two digits.
    #[must_use]
    pub fn province_name(&self, code2: &str) -> Option<&'static str> {
        province(code2).map(|p| p.name)
    }

    /// Kabupaten and kota of a province, by code, for pickers.
    pub fn regencies_of(&self, code2: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.children_of(code2, 4)
    }

    /// Kecamatan of a kabupaten or kota, by code, for pickers.
    pub fn districts_of(&self, code4: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.children_of(code4, 6)
    }

    fn children_of(
        &self,
        parent: &str,
        digits: usize,
    ) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let table = self.table();
        let from = table.partition_point(|(c, _)| *c < parent);
        let children: Vec<_> = table[from..]
            .iter()
            .take_while(|(c, _)| c.starts_with(parent))
            .filter(|(c, _)| c.len() == digits && parent.len() + 2 == digits)
            .copied()
            .collect();
        children.into_iter()
    }

    /// Whether two texts mean the same kabupaten or kota. Each is a code (four or six digits,
    /// dots allowed) or a name (`KABUPATEN BANDUNG`, `Kab. Bandung`, `KOTA BANDUNG`, `BANDUNG`).
    /// A name without `KABUPATEN` or `KOTA` equals either. `None` where it cannot be told.
    #[must_use]
    pub fn same_regency(&self, a: &str, b: &str) -> Option<bool> {
        match (Place::read(a)?, Place::read(b)?) {
            (Place::Code(a), Place::Code(b)) => Some(a == b),
            (Place::Code(code), name) | (name, Place::Code(code)) => {
                Some(Place::read(self.regency_name(&code)?)?.equals(&name))
            }
            (a, b) => Some(a.equals(&b)),
        }
    }
}

/// A kabupaten or kota as somebody wrote it.
enum Place {
    /// Four digits.
    Code(String),
    /// Kind (`true`: kota) where written, and the letters of the name, upper case.
    Name(Option<bool>, String),
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let bare: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        if !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit()) {
            return matches!(bare.len(), 4 | 6).then(|| Self::Code(bare[..4].to_owned()));
        }
        let upper = text.to_uppercase();
        let mut words = upper.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).peekable();
        let kind = match words.peek() {
            Some(&("KABUPATEN" | "KAB")) => Some(false),
            Some(&"KOTA") => Some(true),
            _ => None,
        };
        if kind.is_some() {
            words.next();
            words.next_if(|w| matches!(*w, "ADM" | "ADMINISTRASI" | "ADMINISTRATIF"));
        }
        let name: String = words.collect();
        (!name.is_empty()).then_some(Self::Name(kind, name))
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(kind_a, a), Self::Name(kind_b, b)) => {
                a == b && (kind_a == kind_b || kind_a.is_none() || kind_b.is_none())
            }
            (Self::Code(a), Self::Code(b)) => a == b,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn provinces_are_sorted_and_parents_exist() {
        assert!(PROVINCES.windows(2).all(|w| w[0].code < w[1].code));
        assert_eq!(PROVINCES.iter().filter(|p| !p.historic).count(), 38);
        for p in PROVINCES {
            assert!(p.split_from.is_none_or(|(parent, _)| is_province(parent)), "{}", p.code);
        }
        for code in ["", "0", "00", "10", "20", "22", "55", "66", "77", "83", "90", "97", "99", "111"] {
            assert!(!is_province(code), "{code}");
        }
    }

    #[test]
    fn the_table_is_whole_and_sorted() {
        let regions = Regions::new();
        let table = regions.table();
        assert_eq!(table.len(), DATA.lines().count(), "every line is read");
        assert!(table.windows(2).all(|w| w[0].0 < w[1].0), "sorted, no code twice");
        let count = |digits| table.iter().filter(|(c, _)| c.len() == digits).count();
        assert_eq!((count(2), count(4), count(6)), (0, 514, 7277));
        for (code, name) in table {
            assert!(code.bytes().all(|b| b.is_ascii_digit()) && !name.trim().is_empty(), "{code}");
            assert!(is_province(&code[..2]), "{code}");
            assert!(code.len() == 4 || regions.regency_name(&code[..4]).is_some(), "{code}");
        }
    }

    #[test]
    fn names_by_code() {
        let regions = Regions::new();
        assert_eq!(regions.province_name("32"), Some("JAWA BARAT"));
        assert_eq!(regions.regency_name("3273"), Some("KOTA BANDUNG"));
        assert_eq!(regions.district_name("317407"), Some("KEBAYORAN BARU"));
        for code in ["", "3", "32", "32730", "327301x", "000000", "９９９９"] {
            assert_eq!(regions.district_name(code), None, "{code}");
        }
        assert!(regions.regencies_of("34").any(|(c, n)| (c, n) == ("3471", "KOTA YOGYAKARTA")));
        assert_eq!(regions.regencies_of("34").count(), 5);
        assert!(regions.districts_of("3174").all(|(c, _)| c.len() == 6 && c.starts_with("3174")));
        assert_eq!(regions.districts_of("").count(), 0);
    }

    #[test]
    fn same_regency_table() {
        let regions = Regions::new();
        let table = [
            ("3273", "KOTA BANDUNG", Some(true)),
            ("32.73.01", "3273", Some(true)),
            ("327301", "327302", Some(true)),
            ("3273", "3204", Some(false)),
            ("KABUPATEN BANDUNG", "Kab. Bandung", Some(true)),
            ("KABUPATEN BANDUNG", "KOTA BANDUNG", Some(false)),
            ("BANDUNG", "KOTA BANDUNG", Some(true)),
            ("KOTA ADM. JAKARTA SELATAN", "Kota Jakarta Selatan", Some(true)),
            ("KOTA JAKARTA SELATAN", "3174", Some(true)),
            ("KABUPATEN SLEMAN", "3471", Some(false)),
            ("", "3273", None),
            ("KABUPATEN", "3273", None),
            ("32", "3273", None),
            ("KOTA BANDUNG", "3299", None),
        ];
        for (a, b, expected) in table {
            assert_eq!(regions.same_regency(a, b), expected, "{a} / {b}");
            assert_eq!(regions.same_regency(b, a), expected, "{b} / {a}");
        }
    }
}

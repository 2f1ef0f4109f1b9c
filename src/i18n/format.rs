//! Numbers, dates and temperatures as each language writes them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};

use super::{Language, Words};

/// Seconds east of UTC of Waktu Indonesia Barat.
pub const WIB_OFFSET_S: i32 = 7 * 3600;
/// Seconds east of UTC of Waktu Indonesia Tengah.
pub const WITA_OFFSET_S: i32 = 8 * 3600;
/// Seconds east of UTC of Waktu Indonesia Timur.
pub const WIT_OFFSET_S: i32 = 9 * 3600;

/// The zone's name: WIB, WITA or WIT (Keppres 41/1987), else `UTC+hh:mm`.
#[must_use]
pub fn zone_name(offset_s: i32) -> String {
    match offset_s {
        WIB_OFFSET_S => "WIB".to_owned(),
        WITA_OFFSET_S => "WITA".to_owned(),
        WIT_OFFSET_S => "WIT".to_owned(),
        _ => {
            let (sign, s) = (if offset_s < 0 { '-' } else { '+' }, offset_s.unsigned_abs());
            format!("UTC{sign}{:02}:{:02}", s / 3600, s / 60 % 60)
        }
    }
}

impl Words {
    /// A date as on the card: `23-11-2026`, in every language.
    #[must_use]
    pub fn date(&self, date: NaiveDate) -> String {
        date.format("%d-%m-%Y").to_string()
    }

    /// A date with the month's name: `23 November 2026`.
    #[must_use]
    pub fn date_long(&self, date: NaiveDate) -> String {
        format!("{} {} {}", date.day(), self.get(&format!("month-{}", date.month())), date.year())
    }

    /// The local clock time with its zone: `14.05 WIB`, in English `14:05 WIB`. An offset of a day or more, which
    /// no zone has, is taken as UTC.
    #[must_use]
    pub fn time(&self, at: DateTime<Utc>, offset_s: i32) -> String {
        let (local, offset_s) = local(at, offset_s);
        let dots = match self.language() {
            Language::Indonesian => "%H.%M",
            Language::English => "%H:%M",
        };
        format!("{} {}", local.format(dots), zone_name(offset_s))
    }

    /// Local date and time with the zone: `23-11-2026 14.05 WIB`.
    #[must_use]
    pub fn date_time(&self, at: DateTime<Utc>, offset_s: i32) -> String {
        format!("{} {}", self.date(local(at, offset_s).0.date_naive()), self.time(at, offset_s))
    }

    /// Tenths of a degree Celsius: 366 is `36,6 °C`, in English `36.6 °C`.
    #[must_use]
    pub fn temperature(&self, decidegrees_c: i32) -> String {
        format!("{} °C", self.tenths(decidegrees_c))
    }

    /// A number given in tenths, with the language's decimal sign: 366 is `36,6`.
    #[must_use]
    pub fn tenths(&self, tenths: i32) -> String {
        let sign = if tenths < 0 { "-" } else { "" };
        format!("{sign}{}{}{}", tenths.unsigned_abs() / 10, self.decimal_sign(), tenths.unsigned_abs() % 10)
    }

    /// Reads a number with at most one decimal into tenths. Comma and point are both taken as the decimal sign, as
    /// keyboards differ; anything else gives `None`.
    #[must_use]
    pub fn parse_tenths(text: &str) -> Option<i32> {
        let text = text.trim();
        let (whole, tenth) = text.split_once([',', '.']).unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(tenth) || tenth.len() > 1 || whole.len() > 6 {
            return None;
        }
        Some(whole.parse::<i32>().ok()? * 10 + tenth.parse::<i32>().ok()?)
    }

    /// A whole number with groups of three: `10.000`, in English `10,000`.
    #[must_use]
    pub fn number(&self, number: u64) -> String {
        let group = match self.language() {
            Language::Indonesian => '.',
            Language::English => ',',
        };
        let digits = number.to_string();
        let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
        }
        out
    }

    /// Minutes and seconds of a wait, rounded up to whole seconds: `4:59`.
    #[must_use]
    pub fn minutes(&self, seconds: u64) -> String {
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }

    /// The language's decimal sign.
    #[must_use]
    pub fn decimal_sign(&self) -> char {
        match self.language() {
            Language::Indonesian => ',',
            Language::English => '.',
        }
    }
}

fn local(at: DateTime<Utc>, offset_s: i32) -> (DateTime<FixedOffset>, i32) {
    match FixedOffset::east_opt(offset_s) {
        Some(zone) => (at.with_timezone(&zone), offset_s),
        None => (at.fixed_offset(), 0),
    }
}

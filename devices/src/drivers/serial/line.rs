//! The line format of thermometers on a serial line (ours; see `docs/devices/thermometer.md`).
//!
//! ```text
//! line     = ( reading / failure / comment ) ( CR / LF )
//! reading  = "T=" value unit [ ";S=" sequence ] [ "*" checksum ]     T=36.62C;S=17*56
//! failure  = "E=" code       [ ";S=" sequence ] [ "*" checksum ]     E=SENSOR
//! comment  = "#" anything
//! value    = [ "-" ] 1-3 digits "." 1-2 digits
//! unit     = "C" / "F"
//! sequence = 0 to 65535; the next measurement has another one
//! code     = 1 to 16 of A-Z 0-9 "-"
//! checksum = two hex digits: all bytes before the "*" XORed, as in NMEA 0183
//! ```

/// Longest line in bytes, without its end.
pub const LINE_MAX: usize = 80;
/// What an infrared sensor for people and rooms can measure at all, in hundredths of a degree Celsius.
const MEASURABLE_CENTIDEGREES_C: std::ops::RangeInclusive<i32> = -7_000..=38_000;

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A measurement.
    Reading {
        /// Hundredths of a degree Celsius.
        centidegrees_c: i32,
        /// Number of the measurement, where the device counts them.
        sequence: Option<u16>,
    },
    /// The device works and its sensor does not; a code of its own.
    Failure(String),
    /// Nothing that concerns the station.
    Comment,
}

/// Why a line is not understood. Says what the bridge sends wrongly, never what was in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Bytes outside printable ASCII.
    #[error("bytes that are no text; check the baud rate")]
    NotText,
    /// No end of line within [`LINE_MAX`].
    #[error("a line longer than {LINE_MAX} characters; check the baud rate")]
    TooLong,
    /// Not of the documented form.
    #[error("a line of another form than T=36.6C")]
    Form,
    /// A unit other than C and F.
    #[error("a unit that is not supported; set the device to C or F")]
    Unit,
    /// The checksum does not fit.
    #[error("a wrong checksum; check the cable")]
    Checksum,
    /// The set-up asks for checksums and the line has none.
    #[error("no checksum, but the set-up asks for one")]
    NoChecksum,
    /// A number that no such sensor gives.
    #[error("a temperature that no thermometer measures")]
    Absurd,
}

/// Reads one line without its end. `checksum`: a line without one is refused.
///
/// # Errors
/// [`LineError`].
pub fn parse(line: &[u8], checksum: bool) -> Result<Line, LineError> {
    if line.len() > LINE_MAX {
        return Err(LineError::TooLong);
    }
    if !line.iter().all(|b| (0x20..0x7F).contains(b)) {
        return Err(LineError::NotText);
    }
    let text = std::str::from_utf8(line).map_err(|_| LineError::NotText)?;
    if text.starts_with('#') {
        return Ok(Line::Comment);
    }
    let body = match text.rsplit_once('*') {
        Some((body, sum)) => {
            let digits = sum.len() == 2 && sum.bytes().all(|b| b.is_ascii_hexdigit());
            let told = u8::from_str_radix(sum, 16).ok().filter(|_| digits).ok_or(LineError::Form)?;
            let is = body.bytes().fold(0, |sum, b| sum ^ b);
            if told == is { body } else { return Err(LineError::Checksum) }
        }
        None if checksum => return Err(LineError::NoChecksum),
        None => text,
    };
    let (body, sequence) = match body.split_once(';') {
        Some((body, counted)) => {
            let number = counted.strip_prefix("S=").and_then(|n| plain(n, 5)?.parse::<u16>().ok());
            (body, Some(number.ok_or(LineError::Form)?))
        }
        None => (body, None),
    };
    if let Some(code) = body.strip_prefix("E=") {
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=16).contains(&code.len()) && code.bytes().all(plain);
        return if fits { Ok(Line::Failure(code.to_owned())) } else { Err(LineError::Form) };
    }
    let value = body.strip_prefix("T=").ok_or(LineError::Form)?;
    Ok(Line::Reading { centidegrees_c: celsius(value)?, sequence })
}

/// A value with its unit in hundredths of a degree Celsius.
fn celsius(text: &str) -> Result<i32, LineError> {
    let end = text.len().checked_sub(1).ok_or(LineError::Form)?;
    let (number, unit) = text.split_at_checked(end).ok_or(LineError::Form)?;
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').ok_or(LineError::Form)?;
    let whole: i32 = plain(whole, 3).and_then(|w| w.parse().ok()).ok_or(LineError::Form)?;
    let scale = if part.len() == 1 { 10 } else { 1 };
    let part: i32 = plain(part, 2).and_then(|p| p.parse().ok()).ok_or(LineError::Form)?;
    let hundredths = sign * (whole * 100 + part * scale);
    let celsius = match unit {
        "C" => hundredths,
        "F" => ((hundredths - 3_200) * 10 / 9 + if hundredths < 3_200 { -1 } else { 1 }) / 2,
        u if u.bytes().all(|b| b.is_ascii_alphabetic()) => return Err(LineError::Unit),
        _ => return Err(LineError::Form),
    };
    if MEASURABLE_CENTIDEGREES_C.contains(&celsius) { Ok(celsius) } else { Err(LineError::Absurd) }
}

/// Digits only, 1 to `most` of them (`parse` alone would take a sign).
fn plain(text: &str, most: usize) -> Option<&str> {
    ((1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// Cuts a stream of bytes into lines, whatever it begins with. Holds at most one line.
#[derive(Debug, Default)]
pub struct LineReader {
    line: Vec<u8>,
    /// The rest of this line is of no use.
    skipping: bool,
}

impl LineReader {
    /// Takes a byte; a line that it ends comes back. Empty lines (of CR LF) do not.
    pub fn push(&mut self, byte: u8) -> Option<Result<Vec<u8>, LineError>> {
        if matches!(byte, b'\n' | b'\r') {
            let skipped = std::mem::take(&mut self.skipping);
            let line = std::mem::take(&mut self.line);
            return (!skipped && !line.is_empty()).then_some(Ok(line));
        }
        if self.skipping {
            return None;
        }
        if self.line.len() >= LINE_MAX {
            self.skip();
            return Some(Err(LineError::TooLong));
        }
        self.line.push(byte);
        None
    }

    /// Drops the line that has begun and not ended, if there is one.
    pub fn forget_begun(&mut self) {
        if !self.line.is_empty() {
            self.skip();
        }
    }

    fn skip(&mut self) {
        self.line.clear();
        self.skipping = true;
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;

//! The roster: biodata by NIK without a network, from a CSV file (RFC 4180, UTF-8, `;` or `,`).
//!
//! The first line names the columns, which are the fields of [`Biodata`] in any order and case.
//! Dates are `dd-mm-yyyy` (as on the card) or `yyyy-mm-dd`. A line with an error is skipped and
//! reported; the other lines are usable.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::biodata::Biodata;
use super::identity::{FIELDS, LONGEST_FIELD_CHARS, field_text, text_field, three_digits};
use super::kk::{KkError, NoKk};
use super::names;
use super::nik::{Nik, NikError};
use super::values;

/// Largest roster file, in bytes.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most lines of data.
pub const MAX_ROWS: usize = 200_000;
/// Most errors that are kept; the last one then says `too-many-errors`.
pub const MAX_ERRORS: usize = 1_000;
/// Most columns of the header.
const MAX_COLUMNS: usize = 64;
/// Columns without which a roster serves nobody.
pub const REQUIRED: [&str; 5] = ["nik", "no_kk", "nama", "tanggal_lahir", "jenis_kelamin"];

/// One thing that is wrong with a roster. Holds no value of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code} roster line {line}, column {column}: {what}")]
pub struct RosterError {
    /// 1-based line of the file; 0 for the file as a whole.
    pub line: u64,
    /// Name of the column; its 1-based number where the name is none of ours; empty for the line.
    pub column: String,
    /// Stable id, kebab-case; catalogues hold `warn-<what>` and `warn-<what>-do`.
    pub what: &'static str,
    /// Stable code, `POP-2x` to `POP-4x`.
    pub code: &'static str,
}

/// Code of each roster error by its id; ids of NIK, No. KK and names keep theirs.
fn code_of(what: &'static str) -> &'static str {
    match what {
        "roster-too-large" => "POP-20",
        "roster-encoding" => "POP-21",
        "roster-encoding-utf16" => "POP-22",
        "roster-empty" => "POP-23",
        "roster-header-missing" => "POP-24",
        "roster-column-missing" => "POP-25",
        "roster-column-unknown" => "POP-26",
        "roster-column-twice" => "POP-27",
        "roster-too-many-rows" => "POP-28",
        "roster-line-fields" => "POP-29",
        "roster-line-unreadable" => "POP-30",
        "nik-twice" => "POP-31",
        "nik-scientific" => "POP-32",
        "date-unreadable" => "POP-33",
        "value-not-in-list" => "POP-34",
        "rt-rw-three-digits" => "POP-35",
        "field-empty" => "POP-36",
        "field-too-long" => "POP-37",
        "field-control-character" => "POP-38",
        "too-many-errors" => "POP-39",
        _ => "POP-40",
    }
}

/// Biodata by NIK.
#[derive(Clone, Default)]
pub struct Roster {
    people: BTreeMap<Nik, Biodata>,
}

impl std::fmt::Debug for Roster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Roster({} people)", self.people.len())
    }
}

impl Roster {
    /// Number of people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Biodata of one person.
    #[must_use]
    pub fn get(&self, nik: &Nik) -> Option<&Biodata> {
        self.people.get(nik)
    }

    /// Everybody, by NIK.
    pub fn iter(&self) -> impl Iterator<Item = (&Nik, &Biodata)> {
        self.people.iter()
    }

    /// People with the same family card and birth date, but another NIK (twins, or one person twice).
    pub fn same_family_same_birth<'a>(&'a self, person: &'a Biodata) -> impl Iterator<Item = &'a Biodata> {
        self.people.values().filter(move |p| super::identity::same_family_same_birth(p, person))
    }
}

/// Reads a roster. Every error is reported, at most [`MAX_ERRORS`]; people on good lines are in
/// the roster whatever the other lines hold. Of a NIK that stands on several lines none is
/// taken, since it cannot be known which is right.
#[must_use]
pub fn read(bytes: &[u8]) -> (Roster, Vec<RosterError>) {
    let mut errors = Errors::default();
    let roster = read_into(bytes, &mut errors).unwrap_or_default();
    (roster, errors.found)
}

#[derive(Default)]
struct Errors {
    found: Vec<RosterError>,
}

impl Errors {
    fn add(&mut self, line: u64, column: &str, what: &'static str) {
        self.add_with(line, column, what, code_of(what));
    }

    /// Keeps the error; in the last place, says that there are more than are kept.
    fn add_with(&mut self, line: u64, column: &str, what: &'static str, code: &'static str) {
        let (what, code) = match (self.found.len() + 1).cmp(&MAX_ERRORS) {
            std::cmp::Ordering::Less => (what, code),
            std::cmp::Ordering::Equal => ("too-many-errors", code_of("too-many-errors")),
            std::cmp::Ordering::Greater => return,
        };
        self.found.push(RosterError { line, column: column.to_owned(), what, code });
    }
}

fn read_into(bytes: &[u8], errors: &mut Errors) -> Option<Roster> {
    // The reader takes a lone carriage return for an end of line, but does not count it as one.
    let text = decode(bytes, errors)?.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    if !matches!(reader.read_record(&mut record), Ok(true)) {
        errors.add(0, "", "roster-empty");
        return None;
    }
    let columns = read_header(&record, errors)?;
    let mut people: BTreeMap<Nik, (u64, Option<Biodata>)> = BTreeMap::new();
    let mut rows = 0_usize;
    loop {
        let before = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Err(_) => errors.add(before, "", "roster-line-unreadable"),
            Ok(true) => {
                rows += 1;
                let line = record.position().map_or(before, csv::Position::line);
                if rows > MAX_ROWS {
                    errors.add(line, "", "roster-too-many-rows");
                    break;
                }
                if let Some((nik, biodata)) = read_line(&record, &columns, line, errors) {
                    keep(&mut people, nik, biodata, line, errors);
                }
            }
        }
    }
    let people = people.into_iter().filter_map(|(nik, (_, person))| Some((nik, person?))).collect();
    Some(Roster { people })
}

/// Keeps a person; on a second line with the same NIK drops the first and reports both lines.
fn keep(
    people: &mut BTreeMap<Nik, (u64, Option<Biodata>)>,
    nik: Nik,
    biodata: Biodata,
    line: u64,
    errors: &mut Errors,
) {
    match people.get_mut(&nik) {
        None => {
            people.insert(nik, (line, Some(biodata)));
        }
        Some((first, person)) => {
            if person.take().is_some() {
                errors.add(*first, "nik", "nik-twice");
            }
            errors.add(line, "nik", "nik-twice");
        }
    }
}

fn decode<'a>(bytes: &'a [u8], errors: &mut Errors) -> Option<&'a str> {
    if bytes.len() > MAX_BYTES {
        errors.add(0, "", "roster-too-large");
        return None;
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        errors.add(0, "", "roster-encoding-utf16");
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
            errors.add(line as u64, "", "roster-encoding");
            None
        }
    }
}

/// The separator that the first line holds more of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let count = |c| header.matches(c).count();
    if count(';') > count(',') { b';' } else { b',' }
}

/// Field of each column; `None` for columns that are not ours, which are reported and left out.
fn read_header(record: &csv::StringRecord, errors: &mut Errors) -> Option<Vec<Option<&'static str>>> {
    let line = record.position().map_or(1, csv::Position::line);
    if record.len() > MAX_COLUMNS {
        errors.add(line, "", "roster-header-missing");
        return None;
    }
    let wanted: Vec<String> = record
        .iter()
        .map(|name| name.trim().to_lowercase().replace([' ', '-'], "_").replace('.', ""))
        .collect();
    if !wanted.iter().any(|name| FIELDS.contains(&name.as_str())) {
        errors.add(line, "", "roster-header-missing");
        return None;
    }
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    for (index, name) in wanted.iter().enumerate() {
        let field = FIELDS.into_iter().find(|f| f == name);
        // A first line of data, by mistake, must not reach the report: unknown names go by number.
        match field {
            None => errors.add(line, &(index + 1).to_string(), "roster-column-unknown"),
            Some(field) if columns.contains(&Some(field)) => {
                errors.add(line, field, "roster-column-twice");
                return None;
            }
            Some(_) => {}
        }
        columns.push(field);
    }
    let missing: Vec<_> = REQUIRED.into_iter().filter(|r| !columns.contains(&Some(r))).collect();
    for field in &missing {
        errors.add(line, field, "roster-column-missing");
    }
    missing.is_empty().then_some(columns)
}

fn read_line(
    record: &csv::StringRecord,
    columns: &[Option<&'static str>],
    line: u64,
    errors: &mut Errors,
) -> Option<(Nik, Biodata)> {
    if record.iter().all(|cell| cell.trim().is_empty()) {
        return None; // spreadsheets leave lines of separators at the end
    }
    if record.len() != columns.len() {
        errors.add(line, "", "roster-line-fields");
        return None;
    }
    let mut biodata = Biodata::default();
    let mut nik = None;
    let mut good = true;
    for (cell, field) in record.iter().zip(columns) {
        let Some(field) = *field else { continue };
        match read_cell(field, cell.trim(), &mut biodata) {
            Ok(found) => nik = found.or(nik),
            Err(Fault { what, code }) => {
                good = false;
                errors.add_with(line, field, what, code.unwrap_or_else(|| code_of(what)));
            }
        }
    }
    nik.filter(|_| good).map(|nik| (nik, biodata))
}

/// What is wrong with a cell, and its code where it has one of its own.
struct Fault {
    what: &'static str,
    code: Option<&'static str>,
}

impl From<&'static str> for Fault {
    fn from(what: &'static str) -> Self {
        Self { what, code: None }
    }
}

impl From<NikError> for Fault {
    fn from(error: NikError) -> Self {
        Self { what: error.id(), code: Some(error.code()) }
    }
}

impl From<KkError> for Fault {
    fn from(error: KkError) -> Self {
        Self { what: error.id(), code: Some(error.code()) }
    }
}

/// Puts one cell into the biodata, in the card's form; gives the NIK when it is that field.
fn read_cell(field: &'static str, cell: &str, biodata: &mut Biodata) -> Result<Option<Nik>, Fault> {
    if cell.is_empty() {
        // Optional fields may wait for the KK; the biodata step asks for them.
        return if REQUIRED.contains(&field) { Err("field-empty".into()) } else { Ok(None) };
    }
    if cell.chars().count() > LONGEST_FIELD_CHARS {
        return Err("field-too-long".into());
    }
    if cell.chars().any(names::is_invisible) {
        return Err("field-control-character".into());
    }
    if field == "tanggal_lahir" {
        biodata.tanggal_lahir = Some(read_date(cell).ok_or(Fault::from("date-unreadable"))?);
        return Ok(None);
    }
    let mut nik = None;
    let value = match field {
        "nik" | "no_kk" if is_scientific(cell) => return Err("nik-scientific".into()),
        "nik" => {
            let parsed = Nik::parse(cell)?;
            let digits = parsed.as_str().to_owned();
            nik = Some(parsed);
            digits
        }
        "no_kk" => NoKk::parse(cell)?.as_str().to_owned(),
        "nama" => {
            if let Some(issue) = names::check(cell).into_iter().find(|i| i.hard) {
                return Err(issue.id.into());
            }
            names::normalise(cell)
        }
        "rt" | "rw" => three_digits(cell).ok_or(Fault::from("rt-rw-three-digits"))?,
        "kewarganegaraan" => values::citizenship(cell).ok_or(Fault::from("value-not-in-list"))?,
        _ => match values::list_of(field) {
            Some(list) => list.parse(cell).ok_or(Fault::from("value-not-in-list"))?.to_owned(),
            None => names::normalise(cell),
        },
    };
    if let Some(target) = text_field(biodata, field) {
        *target = value;
    }
    Ok(nik)
}

/// Spreadsheets turn long numbers into `3,20415E+15` and lose digits for good.
fn is_scientific(cell: &str) -> bool {
    cell.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        let number = |s: &str| s.chars().any(|c| c.is_ascii_digit());
        number(mantissa)
            && mantissa.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
            && number(exponent)
            && exponent.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-'))
    })
}

/// `dd-mm-yyyy` (also with `/` or `.`) or `yyyy-mm-dd`; the year always has four digits.
#[must_use]
pub fn read_date(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.trim().split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    if [a, b, c].iter().any(|p| p.is_empty() || !p.bytes().all(|d| d.is_ascii_digit())) {
        return None;
    }
    let (year, month, day) = match (a.len(), b.len(), c.len()) {
        (4, 1..=2, 1..=2) => (a, b, c),
        (1..=2, 1..=2, 4) => (c, b, a),
        _ => return None,
    };
    let year = year.parse().ok().filter(|y| *y >= 1800)?;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// An empty roster: the header, every field a column, `;` between them (what spreadsheets with an
/// Indonesian locale open as columns), with the byte order mark that they need to see UTF-8.
#[must_use]
pub fn template() -> String {
    format!("\u{FEFF}{}\r\n", FIELDS.join(";"))
}

/// A roster as CSV text in the form of [`template`], which [`read`] reads back unchanged.
///
/// # Errors
/// Those of the CSV writer, which do not occur in memory.
pub fn write<'a>(people: impl IntoIterator<Item = &'a Biodata>) -> Result<String, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for person in people {
        writer.write_record(FIELDS.map(|f| field_text(person, f).unwrap_or_default()))?;
    }
    let bytes = writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))?;
    Ok(template() + &String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;

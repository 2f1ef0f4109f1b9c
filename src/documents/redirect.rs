//! The slip for an applicant who is not recorded today: never a dead end.

use chrono::{DateTime, NaiveDate, Utc};
use record::schema::Environment;

use super::layout::{BLUE, BODY, COLUMN, Face, Flow, MARGIN, STRONG, Style, TITLE};
use super::{DocumentError, Office};
use crate::i18n::Words;

/// Which slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlipKind {
    /// Not today: health, quota, age.
    Refused,
    /// Not urgent: another channel serves the applicant.
    Redirected,
}

/// What a slip says. It names no person, as it may be left behind at the counter. Texts come from the policy in the
/// language of `words`.
#[derive(Debug, Clone)]
pub struct Slip<'a> {
    /// The office in the header.
    pub office: &'a Office,
    /// Training lays a watermark over every page.
    pub environment: Environment,
    /// Which slip.
    pub kind: SlipKind,
    /// Number of the slip, by which the office finds the decision again.
    pub number: &'a str,
    /// The reason, in one sentence.
    pub reason: &'a str,
    /// Texts of the rules that decided.
    pub rules: &'a [String],
    /// Legal basis of the policy.
    pub basis: &'a str,
    /// The applicant may come back from this date on.
    pub come_back: Option<NaiveDate>,
    /// Texts of the channels that serve meanwhile.
    pub channels: &'a [String],
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// Seconds east of UTC of the station's clock.
    pub utc_offset_s: i32,
    /// Station id.
    pub station: &'a str,
}

/// A slip on A4, as the bytes of a PDF.
///
/// # Errors
/// [`DocumentError`] when the PDF cannot be written.
pub fn slip(words: &Words, slip: &Slip<'_>) -> Result<Vec<u8>, DocumentError> {
    let (title, intro) = match slip.kind {
        SlipKind::Refused => ("slip-title-refused", "slip-intro-refused"),
        SlipKind::Redirected => ("slip-title-redirected", "slip-intro-redirected"),
    };
    let mut flow = Flow::new(words)?;
    flow.letterhead(slip.office);
    flow.centred(TITLE, &words.get(title));
    flow.y += 8.0;
    flow.row(COLUMN, &words.get("slip-number"), slip.number);
    flow.y += 4.0;
    flow.paragraph(MARGIN, COLUMN, BODY, &words.get(intro));
    flow.heading(&words.get("slip-why"));
    flow.paragraph(MARGIN, COLUMN, STRONG, slip.reason);
    if !slip.rules.is_empty() {
        flow.heading(&words.get("slip-rules"));
        flow.list(slip.rules);
    }
    if !slip.basis.is_empty() {
        flow.paragraph(MARGIN, COLUMN, BODY, &words.with("slip-basis", &[("basis", slip.basis)]));
    }
    if let Some(date) = slip.come_back {
        flow.heading(&words.get("slip-come-back"));
        let date = words.date_long(date);
        let style = Style { face: Face::Bold, size: 15.0, colour: BLUE };
        flow.band(style, &words.with("slip-come-back-on", &[("date", date.as_str())]));
    }
    if !slip.channels.is_empty() {
        flow.heading(&words.get("slip-channels"));
        flow.list(slip.channels);
    }
    flow.y += 8.0;
    flow.list(&slip.office.contact);
    flow.y += 8.0;
    let free = Style { face: Face::Bold, size: 13.0, colour: BLUE };
    flow.band(free, &words.get("doc-free"));
    let at = words.date_time(slip.at, slip.utc_offset_s);
    let foot = words.with("doc-printed", &[("at", at.as_str()), ("station", slip.station)]);
    flow.finish(&words.get(title), &foot, slip.environment == Environment::Training)
}

//! The receipt of a card that was handed over.

use chrono::{DateTime, Utc};
use record::schema::Environment;

use super::layout::{BLUE, BODY, COLUMN, Face, Flow, MARGIN, SMALL, Style, TITLE};
use super::{DocumentError, Office};
use crate::i18n::Words;

/// What a receipt says.
#[derive(Clone)]
pub struct Receipt<'a> {
    /// The office in the header.
    pub office: &'a Office,
    /// Training lays a watermark over every page.
    pub environment: Environment,
    /// Short code of the record.
    pub code: &'a str,
    /// Name on the card.
    pub name: &'a str,
    /// NIK; its last four digits are printed.
    pub nik: &'a str,
    /// Who received the card, in words.
    pub receiver: &'a str,
    /// The document that the receiver showed; empty for the person themselves.
    pub document: &'a str,
    /// How the person was verified, in words.
    pub verified: &'a str,
    /// How the receipt was confirmed, in words.
    pub signed: &'a str,
    /// When it was handed over.
    pub at: DateTime<Utc>,
    /// When this sheet was made.
    pub printed_at: DateTime<Utc>,
    /// Seconds east of UTC of the station's clock.
    pub utc_offset_s: i32,
    /// Station id.
    pub station: &'a str,
    /// Officer.
    pub officer: &'a str,
}

impl std::fmt::Debug for Receipt<'_> {
    // Personal data: never in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receipt({})", self.code)
    }
}

/// A receipt on A4, as the bytes of a PDF.
///
/// # Errors
/// [`DocumentError`] when the PDF cannot be written.
pub fn receipt(words: &Words, r: &Receipt<'_>) -> Result<Vec<u8>, DocumentError> {
    let mut flow = Flow::new(words)?;
    flow.letterhead(r.office);
    flow.centred(TITLE, &words.get("receipt-title"));
    flow.y += 6.0;
    let free = Style { face: Face::Bold, size: 15.0, colour: BLUE };
    flow.band(free, &words.get("doc-free"));
    flow.y += 8.0;
    flow.row(COLUMN, &words.get("proof-code"), r.code);
    flow.row(COLUMN, &words.get("proof-name"), r.name);
    flow.row(COLUMN, &words.get("proof-nik"), &super::proof::masked(r.nik));
    flow.row(COLUMN, &words.get("receipt-time"), &words.date_time(r.at, r.utc_offset_s));
    flow.row(COLUMN, &words.get("proof-station"), r.station);
    flow.row(COLUMN, &words.get("proof-officer"), r.officer);
    flow.heading(&words.get("receipt-receiver"));
    flow.paragraph(MARGIN, COLUMN, BODY, r.receiver);
    if !r.document.is_empty() {
        flow.row(COLUMN, &words.get("receipt-document"), r.document);
    }
    flow.heading(&words.get("receipt-verified"));
    flow.paragraph(MARGIN, COLUMN, BODY, r.verified);
    flow.paragraph(MARGIN, COLUMN, BODY, r.signed);
    flow.y += 8.0;
    flow.paragraph(MARGIN, COLUMN, BODY, &words.get("receipt-keep"));
    flow.paragraph(MARGIN, COLUMN, SMALL, &words.get("proof-mask"));
    let at = words.date_time(r.printed_at, r.utc_offset_s);
    let foot = words.with("doc-printed", &[("at", at.as_str()), ("station", r.station)]);
    flow.finish(&words.get("receipt-title"), &foot, r.environment == Environment::Training)
}

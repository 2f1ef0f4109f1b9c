//! Proof of recording (bukti perekaman): what the applicant takes home.
//!
//! It names the person in full, as a proof must, but only the last four digits of the NIK: a sheet that is lost or
//! photographed must not give the number away, and together with the name four digits are enough at the counter.

use biometrics::position::{Eye, FingerPosition};
use chrono::{DateTime, NaiveDate, Utc};
use qrcode::{Color, EcLevel, QrCode};
pub use record::schema::short_code;
use record::schema::{Environment, ExceptionReason, ExceptionTerm, RecordState};
use uuid::Uuid;

use super::layout::{BLUE, BODY, COLUMN, Face, Flow, MARGIN, SMALL, Style, TITLE};
use super::{DocumentError, Office};
use crate::i18n::Words;

/// Side of the QR code with its quiet zone: 42 mm.
const QR_SIDE: f32 = 119.0;

/// What was declared as an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRecorded {
    /// A finger.
    Finger(FingerPosition),
    /// An eye.
    Eye(Eye),
    /// The signature.
    Signature,
}

/// One declared exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofException {
    /// What is not in the record.
    pub what: NotRecorded,
    /// Why.
    pub reason: ExceptionReason,
    /// For how long.
    pub term: ExceptionTerm,
}

/// What a proof of recording says.
#[derive(Clone)]
pub struct Proof<'a> {
    /// The office in the header.
    pub office: &'a Office,
    /// Training lays a watermark over every page.
    pub environment: Environment,
    /// The record's id; its last eight hex digits are the code that people say (see [`short_code`]).
    pub record_id: Uuid,
    /// State of the record when the proof is printed.
    pub state: RecordState,
    /// Full name.
    pub name: &'a str,
    /// NIK, 16 digits; printed masked.
    pub nik: &'a str,
    /// When the record was sealed.
    pub recorded_at: DateTime<Utc>,
    /// When this sheet is printed; later than the record for a second copy.
    pub printed_at: DateTime<Utc>,
    /// Seconds east of UTC of the station's clock.
    pub utc_offset_s: i32,
    /// Station id.
    pub station: &'a str,
    /// Initials or account name of the officer; never the NIK.
    pub officer: &'a str,
    /// A face photo is in the record.
    pub photo: bool,
    /// A signature is in the record.
    pub signature: bool,
    /// Number of fingers in the record.
    pub fingers: u8,
    /// Number of irises in the record.
    pub irises: u8,
    /// Declared exceptions.
    pub exceptions: &'a [ProofException],
    /// The card is not printed before this date.
    pub print_not_before: Option<NaiveDate>,
    /// Random token for the applicant's tracking page.
    pub tracking_token: [u8; 16],
}

impl std::fmt::Debug for Proof<'_> {
    // Personal data and the token stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proof({})", self.record_id)
    }
}

/// The QR code's content: the office's prefix, or `rekam:`, and the token in lower-case hex.
#[must_use]
pub fn tracking_url(office: &Office, token: &[u8; 16]) -> String {
    let prefix = if office.qr_prefix.is_empty() { "rekam:" } else { &office.qr_prefix };
    format!("{prefix}{}", hex::encode(token))
}

/// A proof of recording on A4, as the bytes of a PDF.
///
/// # Errors
/// [`DocumentError`] when the QR content is too long or the PDF cannot be written.
pub fn proof_of_recording(words: &Words, proof: &Proof<'_>) -> Result<Vec<u8>, DocumentError> {
    let mut flow = Flow::new(words)?;
    flow.letterhead(proof.office);
    flow.centred(TITLE, &words.get("proof-title"));
    flow.y += 6.0;
    let free = Style { face: Face::Bold, size: 15.0, colour: BLUE };
    flow.band(free, &words.get("doc-free"));
    let code = short_code(proof.record_id);
    facts(&mut flow, proof, &code)?;
    recorded(&mut flow, proof);
    if let Some(date) = proof.print_not_before {
        flow.y += 8.0;
        let date = words.date_long(date);
        let style = Style { face: Face::Bold, size: 12.0, ..BODY };
        flow.band(style, &words.with("proof-not-before", &[("date", date.as_str())]));
    }
    flow.heading(&words.get("proof-ask"));
    flow.paragraph(MARGIN, COLUMN, BODY, &words.with("proof-ask-qr", &[("code", code.as_str())]));
    flow.y += 3.0;
    flow.list(&proof.office.contact);
    flow.y += 8.0;
    flow.paragraph(MARGIN, COLUMN, BODY, &words.get("proof-keep"));
    flow.paragraph(MARGIN, COLUMN, SMALL, &words.get("proof-mask"));
    let at = words.date_time(proof.printed_at, proof.utc_offset_s);
    let foot = words.with("doc-printed", &[("at", at.as_str()), ("station", proof.station)]);
    flow.finish(&words.get("proof-title"), &foot, proof.environment == Environment::Training)
}

/// Sixteen places, of which the last four are shown.
pub(super) fn masked(nik: &str) -> String {
    let from = nik.char_indices().rev().nth(3).map_or(nik.len(), |(at, _)| at);
    format!("{}{}", "*".repeat(12), nik.get(from..).unwrap_or_default())
}

fn facts(flow: &mut Flow<'_>, proof: &Proof<'_>, code: &str) -> Result<(), DocumentError> {
    let words = flow.words;
    let content = tracking_url(proof.office, &proof.tracking_token);
    let qr = QrCode::with_error_correction_level(content.as_bytes(), EcLevel::M)
        .map_err(|_| DocumentError::QrTooLong { bytes: content.len() })?;
    let dark: Vec<bool> = qr.to_colors().into_iter().map(|c| c == Color::Dark).collect();
    let top = flow.y;
    flow.modules(MARGIN + COLUMN - QR_SIDE, top, QR_SIDE, &dark, qr.width());
    flow.y += 8.0;
    let width = COLUMN - QR_SIDE - 12.0;
    let state = words.get(&format!("record-{}", proof.state.id()));
    flow.row(width, &words.get("proof-code"), code);
    flow.row(width, &words.get("proof-name"), proof.name);
    flow.row(width, &words.get("proof-nik"), &masked(proof.nik));
    flow.row(width, &words.get("proof-time"), &words.date_time(proof.recorded_at, proof.utc_offset_s));
    flow.row(width, &words.get("proof-station"), proof.station);
    flow.row(width, &words.get("proof-officer"), proof.officer);
    flow.row(width, &words.get("proof-state"), &format!("{} ({state})", proof.state.id()));
    flow.y = flow.y.max(top + QR_SIDE);
    Ok(())
}

fn recorded(flow: &mut Flow<'_>, proof: &Proof<'_>) {
    let words = flow.words;
    flow.heading(&words.get("proof-recorded"));
    let mut items = Vec::new();
    if proof.photo {
        items.push(words.get("proof-photo"));
    }
    if proof.signature {
        items.push(words.get("proof-signature"));
    }
    if proof.fingers > 0 {
        items.push(words.with("proof-fingers", &[("count", proof.fingers)]));
    }
    if proof.irises > 0 {
        items.push(words.with("proof-irises", &[("count", proof.irises)]));
    }
    flow.paragraph(MARGIN, COLUMN, BODY, &items.join(" · "));
    if proof.exceptions.is_empty() {
        return;
    }
    flow.heading(&words.get("proof-exceptions"));
    let lines: Vec<String> = proof.exceptions.iter().map(|e| exception(words, e)).collect();
    flow.list(&lines);
}

fn exception(words: &Words, e: &ProofException) -> String {
    let what = match e.what {
        NotRecorded::Finger(finger) => words.get(&format!("finger-{}", finger.id())),
        NotRecorded::Eye(eye) => words.get(&format!("eye-{}", eye.id())),
        NotRecorded::Signature => words.get("proof-exception-signature"),
    };
    let reason = words.get(&format!("exception-{}", e.reason.id()));
    let term = words.get(&format!("term-{}", e.term.id())).to_lowercase();
    words.with("proof-exception", &[("what", what), ("reason", reason), ("term", term)])
}

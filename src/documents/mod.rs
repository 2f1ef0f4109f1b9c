//! Sheets of paper: pure functions from what is to be said to the bytes of a PDF.

mod layout;
mod proof;
mod receipt;
mod redirect;
#[cfg(test)]
mod tests;

pub use proof::{NotRecorded, Proof, ProofException, proof_of_recording, short_code, tracking_url};
pub use receipt::{Receipt, receipt};
pub use redirect::{Slip, SlipKind, slip};
use serde::{Deserialize, Serialize};

/// The office in the header of every sheet; from the station's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Office {
    /// Government, e.g. `PEMERINTAH KABUPATEN BANYUMAS`.
    pub government: String,
    /// Office, e.g. `DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL`.
    pub name: String,
    /// Address in one line.
    pub address: String,
    /// Ways to ask about a recording, a line each (telephone, WhatsApp, website, counter hours).
    pub contact: Vec<String>,
    /// What stands before the token in the QR code, e.g. a tracking page's address; `rekam:` when empty.
    pub qr_prefix: String,
}

/// Why a sheet could not be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DocumentError {
    /// The built-in typeface cannot be read.
    #[error("DOC-01 the built-in typeface cannot be read; install the program again")]
    Typeface,
    /// The QR prefix is too long.
    #[error(
        "DOC-02 the QR content of {bytes} bytes is too long; shorten qr_prefix in the office configuration"
    )]
    QrTooLong {
        /// Length of the content.
        bytes: usize,
    },
    /// The PDF writer refused.
    #[error("DOC-03 the PDF cannot be written: {0}; report this with the station's version")]
    Pdf(String),
}

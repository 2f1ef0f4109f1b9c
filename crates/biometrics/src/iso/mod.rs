//! Standard biometric records: strict readers and writers.
//!
//! | module | record | standard |
//! |---|---|---|
//! | [`fir`] | finger images | ISO/IEC 19794-4:2011, version `020` |
//! | [`fac`] | face images | ISO/IEC 19794-5:2011, version `030` |
//! | [`iir`] | iris images | ISO/IEC 19794-6:2011, version `020` |
//! | [`fmr`] | finger minutiae | ISO/IEC 19794-2:2005, version ` 20` |
//! | [`incits378`] | finger minutiae (KTP-el chip) | ANSI INCITS 378-2004, version ` 20` |
//! | [`sdi`] | signature time series | ISO/IEC 19794-7:2014, version `020`, and 2007, version ` 10` |
//! | [`cbeff`] | BIR in XML | ISO/IEC 19785-3 XML patron format |
//!
//! [`sniff`] tells what bytes are, [`describe`] what a record holds, [`images`] takes the pictures out of it,
//! and [`interchange`] chooses the writers.
//!
//! A reader takes a whole record or refuses it: lengths must agree with each other and with the bytes, codes
//! must be those of the standard, image data must begin as the record says that they are encoded, and nothing
//! may follow. `write(read(bytes)) == bytes` for everything that is read from a binary record.
//!
//! Bounds: counts are checked against the bytes that are left before room is made for them, so what a reader
//! allocates is at most sixteen times the length of a binary record (the worst are views without minutiae),
//! and at most four times that of an XML document, which may have 128 MiB, plus 16,384 elements.
//!
//! Quality scores of this station carry vendor 0 and algorithm 0 ("unreported"): it has no registered
//! algorithm id and never uses one of others.

mod bytes;
pub mod cbeff;
mod common;
mod describe;
mod embedded;
pub mod fac;
pub mod fir;
pub mod fmr;
pub mod iir;
pub mod incits378;
pub mod interchange;
mod kind;
pub mod sdi;
pub mod sdi_channels;
mod sdi_strokes;
#[cfg(test)]
mod tests;
mod xml_tree;

pub use common::{CaptureTime, Certification, DeviceId, QualityBlock};
pub use describe::{BlockDescription, Description, RepresentationDescription, describe};
pub use embedded::{EmbeddedImage, Part, images};
pub use kind::{RecordKind, sniff};

use crate::codec::CodecError;
use crate::image::ImageError;

/// Why a record was refused. `format` is `FIR`, `FAC`, `IIR`, `FMR` or `BIR`; `offset` counts bytes from the
/// begin of the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IsoError {
    /// The first four bytes are not those of the format.
    #[error("BIO-41 {format}: not such a record (wrong format identifier)")]
    Magic {
        /// Format that was asked for.
        format: &'static str,
    },
    /// The record is of another edition of the standard.
    #[error("BIO-42 {format}: version {found} is not supported, only {expected}")]
    Version {
        /// Format.
        format: &'static str,
        /// Version in the record, escaped.
        found: String,
        /// Version that is read here.
        expected: &'static str,
    },
    /// The bytes end before the field does.
    #[error("BIO-43 {format}: {field} at byte {offset} needs {needed} bytes, {left} are left")]
    Truncated {
        /// Format.
        format: &'static str,
        /// Field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// Bytes that it needs.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// A length field does not agree with the bytes or with other fields.
    #[error("BIO-44 {format}: {field} at byte {offset} says {claimed}, the data say {actual}")]
    Length {
        /// Format.
        format: &'static str,
        /// Field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// What it says.
        claimed: u64,
        /// What the rest of the record says.
        actual: u64,
    },
    /// A count is zero, or more than the bytes can hold.
    #[error("BIO-45 {format}: {field} at byte {offset} cannot be {claimed}")]
    Count {
        /// Format.
        format: &'static str,
        /// Field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// What it says.
        claimed: u64,
    },
    /// A code is reserved or a value out of the range of the standard (or of what this station reads).
    #[error("BIO-46 {format}: {field} at byte {offset} has the value {value}, which is not allowed")]
    Value {
        /// Format.
        format: &'static str,
        /// Field.
        field: &'static str,
        /// Where the field begins.
        offset: usize,
        /// The value.
        value: u32,
    },
    /// Bytes follow the record.
    #[error("BIO-47 {format}: {count} bytes follow the record that ends at byte {offset}")]
    Trailing {
        /// Format.
        format: &'static str,
        /// Where the record ends.
        offset: usize,
        /// Bytes behind it.
        count: usize,
    },
    /// The claimed image size is refused.
    #[error("BIO-48 {format}: image size at byte {offset}: {source}")]
    Size {
        /// Format.
        format: &'static str,
        /// Where the size stands.
        offset: usize,
        /// Why.
        source: ImageError,
    },
    /// What is to be written does not fit the format.
    #[error("BIO-49 {format}: {field} does not fit the record")]
    Unwritable {
        /// Format.
        format: &'static str,
        /// Field.
        field: &'static str,
    },
    /// The image in a record could not be decoded.
    #[error("BIO-50 {format}: image: {source}")]
    Codec {
        /// Format.
        format: &'static str,
        /// Why.
        source: CodecError,
    },
    /// The image in a record has another size than the record says.
    #[error("BIO-51 {format}: the image has another size than the record says")]
    SizeMismatch {
        /// Format.
        format: &'static str,
    },
    /// The image in a record is not encoded as the record says.
    #[error("BIO-53 {format}: the image data at byte {offset} are not encoded as the record says")]
    Encoding {
        /// Format.
        format: &'static str,
        /// Where the image data begin.
        offset: usize,
    },
    /// The bytes are those of no record that is known here.
    #[error("BIO-54 not a biometric record that is known here")]
    UnknownRecord,
    /// The XML is not well formed, or not of the schema.
    #[error("BIO-52 BIR: {what} at byte {offset} of the XML")]
    Xml {
        /// What is wrong: a stable phrase, never content of the document.
        what: &'static str,
        /// Where the reader stood.
        offset: u64,
    },
}

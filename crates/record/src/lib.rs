//! The format of the enrolment record: draft, manifest, seal, open, verify; grants and receipts.
//! Knows no device and no disk layout.

pub mod draft;
pub mod grant;
pub mod schema;

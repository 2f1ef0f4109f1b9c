//! The format of the enrolment record: draft, manifest, seal, open, verify; grants and receipts.
//! Knows no device and no disk layout.
//!
//! A record is two files. `<id>.rekam` is the payload: an age v1 file around a stored ZIP ([`archive`]) that
//! holds [`manifest::Manifest`], its two signatures and the entries ([`entries`]). `<id>.json` is the outer
//! [`header::Header`] without personal data. [`seal::seal`] makes both, [`open::open`] needs the centre's key,
//! [`verify::verify`] needs none.
#![forbid(unsafe_code)]

pub mod archive;
pub mod canonical;
pub mod centre;
pub mod complete;
pub mod draft;
pub mod entries;
pub mod grant;
pub mod header;
pub mod keys;
pub mod manifest;
pub mod open;
pub mod receipt;
pub mod schema;
pub mod seal;
pub mod sniff;
#[doc(hidden)]
pub mod testing;
pub mod verify;

#[cfg(test)]
#[path = "interop_tests.rs"]
mod interop;

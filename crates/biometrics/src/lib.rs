//! Enrolment biometrics: pure image science and standard formats for face, finger, iris and signature.
//!
//! Data in, data out: no device, no disk, no clock, no globals. Hostile input gives an error, never a panic,
//! and never allocates past the limits in [`image`].

#![deny(unsafe_code)]

pub mod codec;
pub mod face;
pub mod finger;
pub mod image;
pub mod iris;
pub mod iso;
pub mod minutiae;
pub mod position;
pub mod quality;
pub mod signature;
pub mod signature_analysis;
pub mod signature_bitmap;
pub mod synth;

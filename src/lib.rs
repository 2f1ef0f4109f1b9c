//! rekam, the KTP-el biometric enrolment station.
//!
//! ARCHITECTURE.md is the map; `session` is the heart.
#![forbid(unsafe_code)]

pub mod gate;
pub mod population;
pub mod vault;

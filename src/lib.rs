//! rekam, the KTP-el biometric enrolment station.
//!
//! ARCHITECTURE.md is the map; `session` is the heart.
#![forbid(unsafe_code)]

pub mod config;
#[cfg(any(test, feature = "sabotage"))]
#[doc(hidden)]
pub mod crashlab;
pub mod documents;
pub mod gate;
pub mod handover;
pub mod hardening;
pub mod i18n;
pub mod population;
pub mod runtime;
pub mod script;
pub mod session;
pub mod steps;
pub mod typeface;
#[cfg(feature = "gui")]
pub mod ui;
pub mod vault;

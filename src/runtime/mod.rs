//! Runs effects: named worker threads, bounded channels, the clock, the waker, the panic guard.
//!
//! [`station::Station`] is the shell around the reducer. It lives on the caller's thread (the window's, or a
//! script's) and does nothing slow there: the vault, every device, analysis and documents have threads of their own.

pub mod clock;
pub mod station;

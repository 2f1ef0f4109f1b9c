//! Runs effects: named worker threads, bounded channels, the clock, the waker, the panic guard.
//!
//! [`station::Station`] is the shell around the reducer. It lives on the caller's thread (the window's, or a
//! script's) and does nothing slow there: the vault, every device, analysis and documents have threads of their own.

pub mod analysis;
mod audit_words;
mod cards;
pub mod clock;
mod device_host;
mod device_thread;
mod documents;
pub mod error;
mod finger_search;
mod guidance;
pub mod limits;
pub mod lock;
pub mod lookout;
mod portrait;
pub mod power;
mod preview;
mod printing;
mod shell;
pub mod sleep;
pub mod station;
mod vault_cards;
mod vault_jobs;
mod vault_worker;
mod workers;

#[cfg(test)]
mod tests;

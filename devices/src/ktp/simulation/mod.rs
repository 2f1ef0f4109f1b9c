//! A simulated KTP-el and a simulated SAM, as APDUs: for training, tests and `rekam-sim card`.
//!
//! **Not the real algorithm.** The real card and SAM use 3-key 3DES, SHA-256 and ECDSA in a way that is not public.
//! What stands here has the same commands and lengths, with cryptography of our own (HMAC-SHA-256) in their place, and
//! keys that the caller makes from a seed or by chance: nothing here opens a real card, and nothing real opens these.

mod card;
mod contents;
mod crypto;
mod faults;
mod sam;

pub use card::SimulatedCard;
pub use contents::{Contents, SerialCommand, person};
pub use crypto::Secrets;
pub use faults::{CardFault, FaultyCard, Reply};
pub use sam::SimulatedSam;

use crate::ktp::apdu::status;

/// Data and status word as bytes.
fn answer(data: &[u8], word: u16) -> Vec<u8> {
    [data, &word.to_be_bytes()].concat()
}

/// The answer to what is no command.
fn no_command() -> Vec<u8> {
    answer(&[], status::WRONG_LENGTH)
}

#[cfg(test)]
mod tests;

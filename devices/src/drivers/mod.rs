//! One folder per driver family. A new one is a folder here and a line in [`crate::registry::FAMILIES`].

pub mod cups;
pub mod file;
#[cfg(feature = "serial")]
pub mod serial;
pub mod simulated;

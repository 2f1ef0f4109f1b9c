//! One folder per driver family. A new one is a folder here and a line in [`crate::registry::FAMILIES`].

pub mod file;
pub mod libfprint;
pub mod simulated;

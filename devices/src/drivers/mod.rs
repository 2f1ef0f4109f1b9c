//! One folder per driver family. A new one is a folder here and a line in [`crate::registry::FAMILIES`].

pub mod cups;
pub mod file;
pub mod libfprint;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod sbi;
#[cfg(feature = "serial")]
pub mod serial;
pub mod simulated;
#[cfg(feature = "camera")]
pub mod v4l2;

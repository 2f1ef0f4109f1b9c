//! The devices of an enrolment station: vocabulary, traits, registry, drivers and simulators.
//!
//! Imports nothing of the station. A driver is one folder under `drivers/` and one line in
//! [`registry::FAMILIES`]. Devices are opened through [`registry::Registry`] from a
//! [`setup::Setup`]; what comes and goes is told by [`hotplug::HotPlugMonitor`].

pub mod burst;
pub mod catalogue;
pub mod conformance;
pub mod drivers;
pub mod hotplug;
pub mod ktp;
pub mod pace;
pub mod registry;
pub mod setup;
pub mod traits;
pub mod vocabulary;

pub use catalogue::catalogue;

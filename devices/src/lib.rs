//! The devices of an enrolment station: vocabulary, traits, registry, drivers and simulators.
//!
//! Imports nothing of the station. A driver is one folder under `drivers/` and one line in the registry.

pub mod traits;
pub mod vocabulary;

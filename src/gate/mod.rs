//! The urgency and health gate: policy files to rules, facts to a decision that names the rules which made it.
//! Pure: data in, data out.
//!
//! - [`policy`]: a policy, typed; [`parse`] reads it from TOML and gives every error at once.
//! - [`facts`]: what the gate is told, and what it answers.
//! - [`evaluate`]: runs the rules of [`rules`] (one file each) in their order and combines what they find.
//! - [`capture`]: the limits of captures.
//! - [`upkeep`]: the limits of the station, and how long it keeps what it keeps.
//! - [`cases`]: examples beside a policy file, run by tests and by `rekam policy check`.

pub mod capture;
pub mod cases;
pub mod evaluate;
pub mod facts;
pub mod parse;
pub mod policy;
pub mod rules;
mod spanned;
pub mod upkeep;

pub use capture::CaptureRules;
pub use cases::{Report, check_files};
pub use evaluate::{case, health};
pub use policy::{Policy, PolicyError, PolicySet, PolicyWarning};
pub use rules::{MISSING_IDS, RULE_IDS, WARNING_IDS, missing_family};
pub use upkeep::{RetentionRules, StationLimits};

#[cfg(test)]
mod tests;

//! The urgency and health gate: policy files to rules, facts to a decision that names the rules which made it.
//! Pure: data in, data out.

pub mod facts;

//! The venue must be one of the policy's: every later rule asks what the venue changes.

use super::{Effect, Finding};
use crate::gate::evaluate::{CaseInput, HealthInput};
use crate::gate::policy::Policy;

/// Health decision.
#[must_use]
pub fn health(input: &HealthInput<'_>) -> Vec<Finding> {
    known(input.policy, &input.facts.venue)
}

/// Case decision.
#[must_use]
pub fn case(input: &CaseInput<'_>) -> Vec<Finding> {
    known(input.policy, &input.facts.venue)
}

fn known(policy: &Policy, venue: &str) -> Vec<Finding> {
    match policy.venue(venue) {
        Some(_) => Vec::new(),
        None => vec![Finding::new("venue-unknown", "venue", Effect::Missing("venue".into()))],
    }
}

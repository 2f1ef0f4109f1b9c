//! Somebody who says that they were recorded before is served by the correction desk: a second record would be found
//! as a duplicate and hold up both.

use super::Finding;
use crate::gate::evaluate::CaseInput;

/// The rule.
#[must_use]
pub fn check(input: &CaseInput<'_>) -> Vec<Finding> {
    if input.facts.recorded_before {
        let channels = &input.policy.refusal.correction_channels;
        return vec![Finding::redirect("recorded-before", "recorded-before", channels)];
    }
    Vec::new()
}

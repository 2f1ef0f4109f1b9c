//! The evidence that the class needs, each item seen by the operator.

use super::{Effect, Finding};
use crate::gate::evaluate::CaseInput;

/// The rule.
#[must_use]
pub fn check(input: &CaseInput<'_>) -> Vec<Finding> {
    let class = input.facts.class.as_deref().and_then(|id| input.policy.class(id));
    let needed = class.map_or(&[][..], |c| &c.evidence);
    let absent = needed.iter().filter(|e| !input.facts.evidence_seen.contains(&e.id));
    absent
        .map(|e| Finding::new("evidence-missing", "evidence", Effect::Missing(format!("evidence.{}", e.id))))
        .collect()
}

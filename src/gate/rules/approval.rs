//! Classes that a supervisor must approve.

use super::{Effect, Finding};
use crate::gate::evaluate::CaseInput;
use crate::gate::policy::Approver;

/// The rule. The reason of the approval is `urgency-<class>`.
#[must_use]
pub fn check(input: &CaseInput<'_>) -> Vec<Finding> {
    let class = input.facts.class.as_deref().and_then(|id| input.policy.class(id));
    let asks = class.filter(|c| c.approve == Approver::Supervisor);
    asks.map(|c| {
        Finding::new("approval-required", "approval", Effect::Pass).with_approval(format!("urgency-{}", c.id))
    })
    .into_iter()
    .collect()
}

//! The daily quota. When it is used up the applicant comes back the next day, unless a supervisor lets them through.

use super::{Effect, Finding};
use crate::gate::evaluate::{CaseInput, days_after};
use crate::gate::policy::Approver;

const SUBJECT: &str = "quota";
/// Reason of the approval that lifts a used-up quota.
pub const JUMP: &str = "quota-jump";

/// The rule.
#[must_use]
pub fn check(input: &CaseInput<'_>) -> Vec<Finding> {
    let quota = input.policy.quota;
    if quota.daily.is_none_or(|daily| input.facts.sealed_today < daily) {
        return Vec::new();
    }
    let may_jump = quota.jump == Approver::Supervisor;
    if may_jump && input.facts.quota_jump_asked {
        return vec![Finding::new("quota-jump", SUBJECT, Effect::Pass).with_approval(JUMP)];
    }
    let tomorrow = days_after(input.facts.today, 1);
    let refusal = Finding::refuse("quota-exhausted", SUBJECT, tomorrow, &input.policy.refusal.channels);
    vec![if may_jump { refusal.with_approval(JUMP) } else { refusal }]
}

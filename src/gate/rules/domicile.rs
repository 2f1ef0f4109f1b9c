//! A domicile outside the station's district does not bar a first recording (Permendagri 8/2016 bars changes of data);
//! the operator is warned, and the policy may ask for a supervisor.

use super::{Effect, Finding};
use crate::gate::evaluate::CaseInput;
use crate::gate::policy::Approver;

/// The rule. The reason of the approval is the rule's id.
#[must_use]
pub fn check(input: &CaseInput<'_>) -> Vec<Finding> {
    if !input.facts.outside_domicile {
        return Vec::new();
    }
    let found = Finding::new("outside-domicile", "domicile", Effect::Pass).with_warning("outside-domicile");
    vec![match input.policy.outside_domicile {
        Approver::Supervisor => found.with_approval("outside-domicile"),
        Approver::None => found,
    }]
}

//! A patient with fever or symptoms, at a venue whose rule is the treating doctor: no refusal and no second reading
//! (a longer stay protects nobody), but the doctor is named and protective equipment is worn.

use super::{Effect, Finding, temperature};
use crate::gate::evaluate::HealthInput;
use crate::gate::policy::FeverRule;

/// True at venues with this rule.
pub(super) fn applies(input: &HealthInput<'_>) -> bool {
    input.policy.venue(&input.facts.venue).is_some_and(|v| v.fever == FeverRule::TreatingDoctor)
}

/// The applicant.
#[must_use]
pub fn applicant(input: &HealthInput<'_>) -> Vec<Finding> {
    if !applies(input) {
        return Vec::new();
    }
    let reasons = [
        ("hospital-fever-treating-doctor", temperature::applicant_has_fever(input)),
        ("hospital-symptoms-treating-doctor", input.facts.applicant.symptoms == Some(true)),
    ];
    let doctor = input.facts.treating_doctor.as_ref().is_some_and(|d| !d.trim().is_empty());
    let mut found = Vec::new();
    for (rule, _) in reasons.into_iter().filter(|(_, holds)| *holds) {
        if !doctor {
            found.push(Finding::new(rule, "applicant", Effect::Missing("treating_doctor".into())));
        }
        if !input.facts.protective_equipment {
            found.push(Finding::new(rule, "applicant", Effect::Missing("protective_equipment".into())));
        }
        if doctor && input.facts.protective_equipment {
            found.push(Finding::new(rule, "applicant", Effect::Pass));
        }
    }
    found
}

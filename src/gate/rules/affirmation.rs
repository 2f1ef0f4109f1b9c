//! Affirmations of the policy (mask, gloves, hands, distance), each its own act.

use super::{Effect, Finding};
use crate::gate::evaluate::HealthInput;
use crate::gate::facts::PersonFacts;
use crate::gate::policy::Subject;

/// The officer's affirmations.
#[must_use]
pub fn officer(input: &HealthInput<'_>) -> Vec<Finding> {
    missing("officer", &input.policy.health.officer, &input.facts.officer)
}

/// The applicant's affirmations.
#[must_use]
pub fn applicant(input: &HealthInput<'_>) -> Vec<Finding> {
    missing("applicant", &input.policy.health.applicant, &input.facts.applicant)
}

fn missing(person: &'static str, subject: &Subject, facts: &PersonFacts) -> Vec<Finding> {
    let absent = subject.affirmations.iter().filter(|a| !facts.affirmed.contains(&a.id));
    absent
        .map(|a| Finding::new("affirmation-missing", person, Effect::Missing(format!("{person}.{}", a.id))))
        .collect()
}

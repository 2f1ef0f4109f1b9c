//! The symptom question. A yes of the officer sends the officer away, a yes of the applicant the applicant; where the
//! venue's rule is the treating doctor, a patient's symptoms are expected and [`super::treating_doctor`] takes over.

use super::{Effect, Finding, treating_doctor};
use crate::gate::evaluate::HealthInput;

/// The officer's answer. The applicant may be served the same day, by another officer.
#[must_use]
pub fn officer(input: &HealthInput<'_>) -> Vec<Finding> {
    match input.facts.officer.symptoms {
        None => vec![unanswered("officer")],
        Some(true) => {
            vec![Finding::refuse(
                "officer-symptoms",
                "officer",
                input.today(),
                &input.policy.refusal.channels,
            )]
        }
        Some(false) => Vec::new(),
    }
}

/// The applicant's answer.
#[must_use]
pub fn applicant(input: &HealthInput<'_>) -> Vec<Finding> {
    match input.facts.applicant.symptoms {
        None => vec![unanswered("applicant")],
        Some(true) if !treating_doctor::applies(input) => {
            vec![Finding::refuse("symptoms", "applicant", input.come_back(), &input.policy.refusal.channels)]
        }
        Some(_) => Vec::new(),
    }
}

fn unanswered(person: &'static str) -> Finding {
    Finding::new("symptoms-unanswered", person, Effect::Missing(format!("{person}.symptoms")))
}

//! The case must be urgent, and of a class that the policy serves at this venue on this day.

use super::Finding;
use crate::gate::evaluate::CaseInput;

const SUBJECT: &str = "urgency";

/// The rule.
#[must_use]
pub fn check(input: &CaseInput<'_>) -> Vec<Finding> {
    let channels = &input.policy.refusal.redirect_channels;
    let Some(id) = input.facts.class.as_deref() else {
        return vec![Finding::redirect("not-urgent", SUBJECT, channels)];
    };
    let served = |venues: &[String]| venues.is_empty() || venues.contains(&input.facts.venue);
    let Some(class) = input.policy.class(id).filter(|c| served(&c.venues)) else {
        return vec![Finding::redirect("class-not-allowed", SUBJECT, channels)];
    };
    if class.polling_date.is_some_and(|polling| input.facts.today > polling) {
        return vec![Finding::redirect("polling-day-past", SUBJECT, channels)];
    }
    Vec::new()
}

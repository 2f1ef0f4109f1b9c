//! Step 1: temperature, checklist and symptoms of officer and applicant. Nothing else opens before it passes.

#[cfg(feature = "gui")]
pub(crate) mod view;

use chrono::{DateTime, Utc};
use record::schema::{Outcome, StepId, StepState};
use serde::{Deserialize, Serialize};

use super::Step;
use crate::gate::{
    evaluate,
    facts::{Decision, HealthFacts, PersonFacts, Reading, Verdict},
    policy::FeverRule,
};
use crate::session::Session;
use crate::session::core::Closing;
use crate::session::effect::{Effect, Effects};
use crate::session::event::{Command, Person, Target};
use crate::session::sample::Samples;

/// Most readings kept for one person.
const MAX_READINGS: usize = 16;
/// Longest free text, in characters.
const MAX_TEXT: usize = 120;

/// The affirmation that hands were washed or sanitised (the bundled policies' id).
const HANDS: &str = "hands";

/// What the step knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HealthData {
    /// Venue id of the policy.
    pub venue: String,
    /// The officer's check.
    pub officer: PersonFacts,
    /// The applicant's check.
    pub applicant: PersonFacts,
    /// Treating doctor, where the venue asks for one.
    pub treating_doctor: Option<String>,
    /// Protective equipment is worn.
    pub protective_equipment: bool,
    /// When the applicant's clean hands were affirmed: from then on they dry.
    #[serde(default)]
    pub hands_clean_since: Option<DateTime<Utc>>,
    /// The decision that passed.
    pub decision: Option<Decision>,
}

impl HealthData {
    /// The facts of one person.
    #[must_use]
    pub fn person(&self, person: Person) -> &PersonFacts {
        match person {
            Person::Officer => &self.officer,
            Person::Applicant => &self.applicant,
        }
    }
    fn person_mut(&mut self, person: Person) -> &mut PersonFacts {
        match person {
            Person::Officer => &mut self.officer,
            Person::Applicant => &mut self.applicant,
        }
    }
    /// The facts as the gate takes them.
    #[must_use]
    pub fn facts(&self, utc_offset_s: i32) -> HealthFacts {
        HealthFacts {
            venue: self.venue.clone(),
            officer: self.officer.clone(),
            applicant: self.applicant.clone(),
            treating_doctor: self.treating_doctor.clone().filter(|d| !d.trim().is_empty()),
            protective_equipment: self.protective_equipment,
            utc_offset_s,
        }
    }
}

/// The step.
pub struct Health;

fn decide(s: &Session, now: DateTime<Utc>) -> Decision {
    evaluate::health(&s.ctx.policy, &s.data.health.facts(s.ctx.utc_offset_s), now)
}

impl Step for Health {
    fn id(&self) -> StepId {
        StepId::Health
    }

    fn state(&self, s: &Session) -> StepState {
        match s.data.health.decision.as_ref().map(|d| &d.verdict) {
            Some(Verdict::Pass) => StepState::Done,
            _ => StepState::Empty,
        }
    }

    fn blockers(&self, s: &Session, now: DateTime<Utc>) -> Vec<String> {
        match decide(s, now).verdict {
            Verdict::Incomplete { missing } => missing,
            Verdict::SecondReading { person, not_before }
                if s.data
                    .health
                    .decision
                    .as_ref()
                    .is_some_and(|d| matches!(d.verdict, Verdict::SecondReading { .. })) =>
            {
                // The wait was announced already: what is missing now is the reading itself.
                vec![if now < not_before {
                    format!("{person}.second-reading-wait")
                } else {
                    format!("{person}.second-reading")
                }]
            }
            _ => Vec::new(),
        }
    }

    fn inputs(&self, s: &Session, now: DateTime<Utc>) -> Vec<String> {
        if self.state(s) == StepState::Done {
            return Vec::new();
        }
        let mut out = vec!["venue".to_owned()];
        let health = &s.ctx.policy.health;
        for (person, subject) in [(Person::Officer, &health.officer), (Person::Applicant, &health.applicant)]
        {
            if !waits(s, person, now) {
                out.push(format!("{}.temperature", person.id()));
            }
            out.push(format!("{}.symptoms", person.id()));
            out.extend(subject.affirmations.iter().map(|a| format!("{}.{}", person.id(), a.id)));
        }
        if health.applicant.door_ticket_accepted {
            out.push("applicant.door-ticket".to_owned());
        }
        let fever = s.ctx.policy.venue(&s.data.health.venue).map(|v| v.fever);
        if fever == Some(FeverRule::TreatingDoctor) {
            out.extend(["treating-doctor".to_owned(), "protective-equipment".to_owned()]);
        }
        out
    }

    fn targets(&self, s: &Session, now: DateTime<Utc>) -> Vec<Target> {
        if self.state(s) == StepState::Done {
            return Vec::new();
        }
        [Person::Applicant, Person::Officer]
            .into_iter()
            .filter(|p| !waits(s, *p, now))
            .map(Target::Temperature)
            .collect()
    }

    fn next_capture(&self, _s: &Session, _now: DateTime<Utc>) -> Option<Target> {
        None
    }

    fn command(&self, s: &mut Session, c: &Command, now: DateTime<Utc>, _fx: &mut Effects) {
        if self.state(s) == StepState::Done {
            return;
        }
        let affirmation_known = |person: Person, id: &str| {
            let h = &s.ctx.policy.health;
            let subject = if person == Person::Officer { &h.officer } else { &h.applicant };
            subject.affirmations.iter().any(|a| a.id == id)
        };
        match c {
            Command::Venue(v) if s.ctx.policy.venue(v).is_some() => s.data.health.venue.clone_from(v),
            Command::Affirm(person, id, on) if affirmation_known(*person, id) => {
                if *person == Person::Applicant && id == HANDS {
                    s.data.health.hands_clean_since = on.then_some(now);
                }
                let affirmed = &mut s.data.health.person_mut(*person).affirmed;
                if *on {
                    affirmed.insert(id.clone());
                } else {
                    affirmed.remove(id);
                }
            }
            Command::Symptoms(person, yes) => s.data.health.person_mut(*person).symptoms = Some(*yes),
            Command::TemperatureTyped(person, decidegrees_c, site) if !waits(s, *person, now) => {
                let reading = Reading {
                    decidegrees_c: *decidegrees_c,
                    at: now,
                    site: site.chars().take(20).collect(),
                    device: "typed".into(),
                };
                add_reading(s, *person, reading);
            }
            Command::DoorTicket(ticket) if s.ctx.policy.health.applicant.door_ticket_accepted => {
                s.data.health.applicant.door_ticket =
                    Some(ticket.chars().take(MAX_TEXT).collect::<String>()).filter(|t| !t.trim().is_empty());
            }
            Command::TreatingDoctor(name) => {
                s.data.health.treating_doctor = Some(name.chars().take(MAX_TEXT).collect());
            }
            Command::ProtectiveEquipment(on) => s.data.health.protective_equipment = *on,
            _ => {}
        }
    }

    fn confirm(&self, s: &mut Session, now: DateTime<Utc>, fx: &mut Effects) {
        if self.state(s) == StepState::Done {
            s.advance(StepId::Health, now, fx);
            return;
        }
        let decision = decide(s, now);
        fx.push(Effect::Audit {
            event: "health-decision",
            details: vec![
                ("verdict", decision.verdict.id().to_owned()),
                ("rules", decision.rules.join(" ")),
                ("policy", s.ctx.policy.id.clone()),
            ],
        });
        let closing = Closing {
            rules: decision.rules.clone(),
            come_back: decision.come_back,
            not_before: None,
            channels: decision.channels.clone(),
        };
        s.data.health.decision = Some(decision.clone());
        s.core.dirty.insert(StepId::Health);
        match decision.verdict {
            Verdict::Pass => s.advance(StepId::Health, now, fx),
            Verdict::SecondReading { not_before, .. } => {
                s.park_until(Closing { not_before: Some(not_before), ..closing }, now, fx);
            }
            Verdict::Refuse => s.close(Outcome::Refused, closing, now, fx),
            Verdict::Redirect => s.close(Outcome::Redirected, closing, now, fx),
            Verdict::Incomplete { .. } => {}
        }
    }

    fn samples(&self, s: &mut Session, t: Target, got: Samples, now: DateTime<Utc>, _fx: &mut Effects) {
        let (Target::Temperature(person), Samples::Temperature(sample)) = (t, got) else { return };
        s.core.attempt(t, now, "capture", None, None);
        let reading = Reading {
            decidegrees_c: sample.decidegrees_c,
            at: now,
            site: "forehead".into(),
            device: format!("{} {}", sample.device.driver, sample.device.serial).trim().to_owned(),
        };
        add_reading(s, person, reading);
    }
}

/// A typed reading may be corrected until Confirm has judged it; a judged one stays and the next is a second one.
fn add_reading(s: &mut Session, person: Person, reading: Reading) {
    let judged = s.data.health.decision.is_some();
    let facts = s.data.health.person_mut(person);
    if !judged && facts.readings.last().is_some_and(|r| r.device == reading.device) {
        facts.readings.pop();
    }
    if facts.readings.len() >= MAX_READINGS {
        facts.readings.remove(0);
    }
    facts.readings.push(reading);
}

/// True while the wait for this person's second reading is on: a reading now would not count.
#[must_use]
pub fn waits(s: &Session, who: Person, now: DateTime<Utc>) -> bool {
    match s.data.health.decision.as_ref().map(|d| &d.verdict) {
        Some(Verdict::SecondReading { person, not_before }) => person == who.id() && now < *not_before,
        _ => false,
    }
}

//! The card that the applicant holds: whether this station handed it out. The vault's worker looks the UID up by its
//! keyed hash; what that means is decided here. Of the person it was handed out for nothing is told but the record's
//! short code and the day.

use chrono::{DateTime, Duration, Utc};
use devices::vocabulary::RequestId;
use record::schema::StepId;
use serde::{Deserialize, Serialize};

use super::{IdentityData, LOOK_UP_S};
use crate::session::Session;
use crate::session::core::LookUp;
use crate::session::effect::{Effect, Effects};
use crate::session::event::CardAtStation;
use crate::session::sample::{CardJudgement, CardSample};

/// A card that was read, and what the operator and the station say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CardCheck {
    /// What was read.
    pub sample: CardSample,
    /// The operator's judgement by eye.
    pub judged: Option<CardJudgement>,
    /// What the station's ledger of cards says.
    #[serde(default)]
    pub at_station: CardAtStation,
    /// The question to the ledger under way.
    #[serde(skip)]
    pub asked: Option<LookUp>,
}

/// Takes a card that was read and asks the ledger about it.
pub(super) fn read(s: &mut Session, sample: CardSample, now: DateTime<Utc>, fx: &mut Effects) {
    let judged = (sample.is_ktp && sample.photo.is_none()).then_some(CardJudgement::Unreadable);
    let mut asked = None;
    if sample.is_ktp && !sample.uid.is_empty() {
        let id = s.core.next_request();
        asked = Some(LookUp { id, gives_up: now + Duration::seconds(LOOK_UP_S) });
        fx.push(Effect::LookUpCard { id, uid: sample.uid.clone() });
    }
    let at_station = CardAtStation::default();
    s.data.identity.card = Some(CardCheck { sample, judged, at_station, asked });
}

/// The ledger answered.
pub(crate) fn looked_up(s: &mut Session, id: RequestId, answer: CardAtStation, fx: &mut Effects) {
    let Some(card) = s.data.identity.card.as_mut() else { return };
    if card.asked.take_if(|asked| asked.id == id).is_none() {
        return;
    }
    if let CardAtStation::Handed { code, .. } = &answer {
        fx.push(Effect::Audit { event: "card-of-station", details: vec![("record", code.clone())] });
    }
    card.at_station = answer;
    s.core.dirty.insert(StepId::Identity);
}

/// An answer that does not come is not waited for for ever.
pub(crate) fn tick(s: &mut Session, now: DateTime<Utc>) {
    let Some(card) = s.data.identity.card.as_mut() else { return };
    if card.asked.take_if(|asked| now >= asked.gives_up).is_some() {
        card.at_station = CardAtStation::Unanswered;
    }
}

/// The ledger is being asked.
pub(super) fn is_asked(d: &IdentityData) -> bool {
    d.card.as_ref().is_some_and(|c| c.asked.is_some())
}

/// A card that this station handed out is in the applicant's hand, and nobody said yet that it is theirs: then the gate
/// decides about a second recording, and there is nothing left to explain.
pub(super) fn of_station(d: &IdentityData) -> bool {
    d.card.as_ref().is_some_and(|c| {
        matches!(c.at_station, CardAtStation::Handed { .. }) && c.judged != Some(CardJudgement::Same)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use record::schema::Environment;

    use super::super::{CARD_OF_OTHER, CARD_OF_STATION};
    use super::*;
    use crate::session::event::{CaptureOutcome, Command, Event, Target};
    use crate::session::sample::Samples;
    use crate::session::testing as t;

    /// A session at the identity step, the numbers looked up, and the card on the reader.
    fn with_card(is_ktp: bool) -> (Session, Effects, DateTime<Utc>) {
        let (mut s, mut now, mut seed) = (t::session(Environment::Training), t::start(), 0);
        let mut seen = Effects::new();
        while !s.data.identity.looked_up {
            assert!(t::follow(&mut s, &mut now, &mut seed, &mut seen));
        }
        let fx = s.update(Event::Command(Command::Capture(Target::Card)), now);
        let asked = fx.iter().find_map(|e| match e {
            Effect::Capture { id, .. } => Some(*id),
            _ => None,
        });
        let sample = Samples::Card(Box::new(t::card(is_ktp)));
        let fx = s.update(Event::Captured(asked.unwrap(), CaptureOutcome::Samples(sample)), now);
        (s, fx, now)
    }

    fn question(fx: &Effects) -> Option<(RequestId, Vec<u8>)> {
        fx.iter().find_map(|e| match e {
            Effect::LookUpCard { id, uid } => Some((*id, uid.clone())),
            _ => None,
        })
    }

    fn handed() -> CardAtStation {
        CardAtStation::Handed { code: "0C07398F".into(), at: t::start() }
    }

    fn waits(s: &Session, now: DateTime<Utc>) -> bool {
        s.view(now).blockers().iter().any(|b| b == "card-ledger")
    }

    #[test]
    fn only_a_ktp_el_is_looked_up_and_the_step_waits_for_the_answer() {
        let (s, fx, now) = with_card(false);
        assert!(question(&fx).is_none() && !waits(&s, now));
        let (mut s, fx, now) = with_card(true);
        let (id, uid) = question(&fx).unwrap();
        assert_eq!(uid, t::card(true).uid);
        assert!(!format!("{fx:?}").contains("4, 1, 2, 3"), "a UID is in no log: {fx:?}");
        assert!(waits(&s, now));
        // An answer to an earlier question says nothing of this card.
        s.update(Event::CardLookedUp(RequestId(id.0 + 1), handed()), now);
        assert!(waits(&s, now));
        s.update(Event::CardLookedUp(id, CardAtStation::NotHanded), now);
        assert!(!waits(&s, now));
        s.update(Event::CardLookedUp(id, handed()), now);
        assert_eq!(s.data.identity.card.unwrap().at_station, CardAtStation::NotHanded, "answered already");
    }

    #[test]
    fn a_card_of_this_station_is_a_warning_until_it_is_the_applicants_own() {
        let (mut s, fx, now) = with_card(true);
        let (id, _) = question(&fx).unwrap();
        let fx = s.update(Event::CardLookedUp(id, handed()), now);
        let audited = |e: &Effect| matches!(e, Effect::Audit { event: "card-of-station", .. });
        assert!(fx.iter().any(audited), "{fx:?}");
        let check = |s: &mut Session, judgement, expected: &[&str]| {
            s.update(Event::Command(Command::JudgeCard(judgement)), now);
            let found = super::super::warnings(s, s.ctx.local_date(now));
            let found: Vec<&str> =
                found.iter().map(String::as_str).filter(|w| w.starts_with("card")).collect();
            assert_eq!(found, expected, "{judgement:?}");
        };
        check(&mut s, CardJudgement::Other, &[CARD_OF_STATION, CARD_OF_OTHER]);
        // Their own: recorded before, and the gate's rule decides.
        check(&mut s, CardJudgement::Same, &[]);
        assert_eq!(s.data.identity.recorded_before, Some(true));
    }

    #[test]
    fn a_ledger_that_does_not_answer_keeps_nobody() {
        let (mut s, fx, now) = with_card(true);
        let (id, _) = question(&fx).unwrap();
        let later = now + Duration::seconds(LOOK_UP_S);
        s.update(Event::Tick, later);
        assert!(!waits(&s, later));
        assert_eq!(s.data.identity.card.as_ref().unwrap().at_station, CardAtStation::Unanswered);
        s.update(Event::CardLookedUp(id, handed()), later);
        assert_eq!(s.data.identity.card.unwrap().at_station, CardAtStation::Unanswered, "too late");
    }
}

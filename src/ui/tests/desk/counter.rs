//! The counter of the desk in memory: one printed card, and a vault that takes everything.

use std::collections::VecDeque;

use chrono::TimeDelta;
use devices::vocabulary::CardType;
use record::schema::{RequirementKind, StepId};

use super::super::rekam::handover::Handover;
use super::super::rekam::handover::event::{Command, Effect, Event, Number};
use super::super::rekam::handover::parts::{Candidate, HandoverContext, Person, SavedCard};
use super::super::rekam::runtime::station::{CardMove, CardRow, CardStock, NewCardRow};
use super::super::rekam::session::sample::CardSample;
use super::*;
use crate::session::event::Target;
use crate::ui::demo::DemoPerson;

/// Name on the card.
pub(crate) const OWNER: &str = "SARI CONTOH LESTARI";
/// A birth date whose owner is not seventeen yet.
const YOUNG: chrono::NaiveDate = chrono::NaiveDate::from_ymd_opt(2003, 9, 3).unwrap();
/// Chip fingers of the record.
const CHIP: [FingerPosition; 2] = [FingerPosition::RightIndex, FingerPosition::LeftIndex];

fn candidate(now: DateTime<Utc>, young: bool) -> Candidate {
    Candidate {
        id: Uuid::from_u128(0x0198_F3A2_5A3C_7CC3_98C4_DC0C_0C07_398F),
        name: OWNER.into(),
        nik_tail: "0002".into(),
        birth: if young { YOUNG } else { DemoPerson::default().born },
        state: RecordState::CardPrinted,
        created: now - TimeDelta::days(20),
    }
}

/// A KTP-el with a picture.
pub(crate) fn card(now: DateTime<Utc>) -> CardSample {
    CardSample {
        uid: vec![4, 1, 2, 3, 4, 5, 6],
        uid_hmac: "ab".repeat(32),
        salt: "cd".repeat(16),
        card_type: CardType::A,
        is_ktp: true,
        photo: Some(photo(3, now).jpeg),
        device: stamp(now),
    }
}

impl FakeDesk {
    pub(super) fn open_handover(&mut self) {
        let now = self.control.borrow().now;
        let Some(operator) = self.signed_in.as_ref().map(|o| o.id) else { return };
        let environment = Environment::Training;
        let (station, utc_offset_s, card_from_age) = ("LATIH-01".into(), 25_200, 17);
        let ctx = HandoverContext { environment, station, operator, utc_offset_s, card_from_age };
        self.captures += 1;
        let id = Uuid::from_u128(u128::from(self.captures) << 64);
        let (handover, effects) = Handover::new(id, Arc::new(ctx), now);
        (self.handover, self.document) = (Some(handover), None);
        let events = effects.into_iter().filter_map(|e| self.answer_handover(e, now)).collect();
        self.feed_handover(events);
        self.tell_hygiene();
    }

    pub(super) fn tell_hygiene(&mut self) {
        let locked = self.control.borrow().locked.clone();
        self.feed_handover(VecDeque::from([Event::Hygiene(locked)]));
    }

    pub(super) fn handover_command(&mut self, command: Command) {
        self.feed_handover(VecDeque::from([Event::Command(command)]));
    }

    pub(super) fn feed_handover(&mut self, mut events: VecDeque<Event>) {
        let now = self.control.borrow().now;
        while let Some(event) = events.pop_front() {
            let Some(handover) = &mut self.handover else { return };
            for effect in handover.update(event, now) {
                events.extend(self.answer_handover(effect, now));
            }
        }
    }

    fn answer_handover(&mut self, effect: Effect, now: DateTime<Utc>) -> Option<Event> {
        let c = candidate(now, self.control.borrow().young);
        Some(match effect {
            Effect::List => Event::Listed(Ok((vec![c], 0))),
            Effect::Open(id) => {
                let template = || Template { width: 64, height: 72, ppi: 500, minutiae: Vec::new() };
                let person = Person {
                    id,
                    handover: Uuid::from_u128(0xCA4D),
                    name: c.name,
                    birth: c.birth,
                    state: c.state,
                    photo: Some(photo(3, now).jpeg),
                    fingers: CHIP.map(|f| (f, template())).into(),
                    earlier: 1,
                    failed: 0,
                };
                Event::Opened(id, Ok(Box::new(person)))
            }
            Effect::Check { id, number, value, .. } => {
                let person = DemoPerson::default();
                let fits = match number {
                    Number::Nik => value == person.nik,
                    Number::Kk => value == person.no_kk,
                    Number::Card => false,
                };
                Event::Checked(id, number, Some(fits))
            }
            Effect::Capture { id, target, task, gallery, .. } => {
                let mut control = self.control.borrow_mut();
                if control.hold {
                    return None;
                }
                let planned = control.outcomes.get_mut(&target.id()).and_then(VecDeque::pop_front);
                drop(control);
                Event::Captured(id, planned.unwrap_or_else(|| self.samples(&task, &gallery, now)))
            }
            Effect::AnalyseStrokes { id, strokes } => {
                let sample = Samples::Signature(Box::new(signature(strokes, now)));
                Event::Captured(id, CaptureOutcome::Samples(sample))
            }
            Effect::Cancel(id) => Event::Captured(id, CaptureOutcome::Cancelled),
            Effect::Ask { reason, nik, evidence, .. } => {
                let handover = self.handover.as_ref()?;
                let ask = Ask {
                    kind: RequirementKind::SupervisorApproval,
                    step: StepId::Verification,
                    reason,
                    evidence: vec![evidence],
                    station: handover.ctx.station.clone(),
                    session: handover.id,
                    operator: handover.ctx.operator,
                };
                Event::Asked(GrantRequest::new(ask, &nik, now, TimeDelta::hours(8)).unwrap())
            }
            Effect::Save(report) => {
                let kind = CardMove::from_id(report.leaving.id()).unwrap();
                self.add_row(&NewCardRow { kind, count: 1, serials: None, reason: None, of: None }, now);
                Event::Saved(Ok(SavedCard {
                    outcome: report.leaving.id().into(),
                    reason: report.leaving.reason().map(Into::into),
                    row: self.ledger.rows.len() as u64,
                    at: now,
                }))
            }
            Effect::Receipt if self.control.borrow().receipt_fails => Event::Receipt(Err("RUN-07".into())),
            Effect::Receipt => {
                self.document = Some((PathBuf::from("serah-terima.pdf"), Arc::from(vec![0; 12_000])));
                Event::Receipt(Ok("serah-terima.pdf".into()))
            }
            Effect::Tried { .. } | Effect::Audit { .. } => return None,
        })
    }

    fn add_row(&mut self, new: &NewCardRow, now: DateTime<Utc>) {
        let row = CardRow {
            form: "rekam-card-row/1".into(),
            number: self.ledger.rows.len() as u64 + 1,
            id: Uuid::from_u128(1),
            kind: new.kind,
            count: new.count,
            serials: new.serials.clone(),
            reason: new.reason.clone(),
            of: new.of,
            record: None,
            uid_hash: None,
            at: now,
            officer: Uuid::from_u128(1),
            prev: "0".repeat(64),
        };
        self.ledger.rows.insert(0, row);
        self.ledger.stock = CardStock::of(&self.ledger.rows);
    }

    pub(super) fn enter_cards(&mut self, row: &NewCardRow) {
        let now = self.control.borrow().now;
        self.entered = Some(row.check().map_err(|e| e.code()));
        if self.entered == Some(Ok(())) {
            self.add_row(row, now);
        }
    }

    /// A supervisor decides an open request of the handover.
    pub(super) fn decide_handover(&mut self, nonce: Uuid, officer: Uuid, approve: bool, note: &str) {
        let now = self.control.borrow().now;
        let open = self.handover.iter().flat_map(|h| h.approvals.values());
        let Some(request) = open.filter_map(|a| a.request.clone()).find(|q| q.nonce == nonce) else { return };
        let key = record::keys::generate_signing_key().unwrap();
        let grant = sign(request, approve, note, &key, officer, now).unwrap();
        self.feed_handover(VecDeque::from([Event::Decided(grant)]));
    }
}

/// The finger that the counter asks for first.
pub(crate) fn first_finger() -> Target {
    Target::Verify(CHIP[0])
}

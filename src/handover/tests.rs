//! The flow by tables; `guards`: what must not slip through; `walks`: random events against its promises.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod age;
mod guards;
mod walks;

use biometrics::minutiae::Template;
use biometrics::position::FingerPosition;
use chrono::{Duration, NaiveDate};
use devices::vocabulary::Retry;
use record::grant::{Ask, GrantRequest};
use record::schema::{Environment, RecordState, RequirementKind, StepId};

use super::event::{Command, Field, Report};
use super::parts::{Proof, ReceiverKind, ReturnReason, SpoilReason};
use super::view::Primary;
use super::*;
use crate::session::sample::{Match, Media, Samples};
use crate::session::testing as t;

const KK: &str = t::NO_KK;
const RECORD: Uuid = Uuid::from_u128(77);
const HANDOVER: Uuid = Uuid::from_u128(6);
const CHIP: [FingerPosition; 2] = [FingerPosition::RightIndex, FingerPosition::LeftIndex];

fn context(environment: Environment) -> Arc<HandoverContext> {
    let operator = Uuid::from_u128(1);
    let (station, utc_offset_s, card_from_age) = ("TEST-01".into(), 25_200, 17);
    Arc::new(HandoverContext { environment, station, operator, utc_offset_s, card_from_age })
}

fn candidate() -> Candidate {
    Candidate {
        id: RECORD,
        name: "CONTOH LATIHAN".into(),
        nik_tail: "9001".into(),
        birth: NaiveDate::from_ymd_opt(1990, 1, 17).unwrap(),
        state: RecordState::CardPrinted,
        created: t::start(),
    }
}

fn person(fingers: bool) -> Person {
    let template = || Template { width: 4, height: 4, ppi: 500, minutiae: Vec::new() };
    let c = candidate();
    Person {
        id: RECORD,
        handover: HANDOVER,
        name: c.name,
        birth: c.birth,
        state: c.state,
        photo: Some(Media::new("image/jpeg", b"small".to_vec())),
        fingers: if fingers { CHIP.map(|f| (f, template())).into() } else { Vec::new() },
        earlier: 0,
        failed: 0,
    }
}

/// A finger whose score against the first chip finger is this.
fn print(position: FingerPosition, score: u32) -> Samples {
    let mut finger = t::finger(position, position, 1, 80, &[]);
    finger.matches = vec![Match { position: CHIP[0], score }];
    Samples::Fingers(vec![finger])
}

/// The world outside one handover.
struct World {
    h: Handover,
    now: DateTime<Utc>,
    owed: Vec<Effect>,
    fingers: bool,
    known_card: bool,
    reports: Vec<Report>,
    supervisor_says: bool,
    failed: u32,
    birth: NaiveDate,
}

impl World {
    fn new() -> Self {
        Self::in_environment(Environment::Training)
    }

    fn in_environment(environment: Environment) -> Self {
        let now = t::start();
        let (h, owed) = Handover::new(Uuid::from_u128(5), context(environment), now);
        let (fingers, known_card) = (true, false);
        let mut world = Self {
            h,
            now,
            owed,
            fingers,
            known_card,
            reports: Vec::new(),
            supervisor_says: true,
            failed: 0,
            birth: candidate().birth,
        };
        world.settle();
        world
    }

    fn give(&mut self, event: Event) {
        self.now += Duration::seconds(1);
        let fx = self.h.update(event, self.now);
        assert!(fx.len() <= MAX_EFFECTS);
        for effect in &fx {
            if let Effect::Save(report) = effect {
                self.reports.push((**report).clone());
            }
        }
        self.owed.extend(fx);
        self.check();
    }

    fn tell(&mut self, command: Command) {
        self.give(Event::Command(command));
        self.settle();
    }

    /// What must hold in every state.
    fn check(&self) {
        let h = &self.h;
        assert!(h.saved.is_none() || !self.reports.is_empty(), "done without a save");
        assert_eq!(h.page == Page::Done, h.saved.is_some());
        assert!(h.failed <= TRIES);
        for report in self.reports.iter().filter(|r| r.leaving == Leaving::Issue) {
            let p = &report.proof;
            let granted = |what: Exempt| {
                let reason = format!("handover-{}", what.id());
                p.grants.iter().any(|g| g.approved && g.request.reason == reason)
            };
            assert!(p.card.as_ref().is_some_and(|c| c.is_ktp), "issued without a card");
            assert_eq!(p.nik_fits, Some(true), "issued to an unknown NIK");
            let same = p.face == Some(CardJudgement::Same);
            assert!(same || (p.face == Some(CardJudgement::Unreadable) && granted(Exempt::Face)));
            let matched = p.matched.as_ref().is_some_and(|m| m.score >= m.threshold);
            let own = p.receiver.kind == Some(ReceiverKind::Own);
            assert!((matched && own) || granted(Exempt::Finger), "issued without finger or grant");
            assert!(p.signature.is_some() || granted(Exempt::Signature));
            let stated = p.marriage.as_ref().is_some_and(|m| m.trim().len() >= MIN_FIELD);
            assert!(h.waits_until().is_none() || (granted(Exempt::Age) && stated), "issued too early");
            assert!(p.grants.iter().all(|g| g.request.evidence == [self.evidence_of(p, &g.request.reason)]));
        }
        // There is always a way on: the primary action, back, or the way out of the page.
        let primary = h.primary();
        let waits = matches!(primary, Primary::Wait | Primary::Cancel);
        assert!(waits || h.page == Page::Pick || h.page == Page::Done || !h.return_reasons().is_empty());
    }

    /// What a grant must have been about, from the proof alone.
    fn evidence_of(&self, proof: &Proof, reason: &str) -> String {
        let what = Exempt::ALL.iter().find(|w| reason == format!("handover-{}", w.id())).unwrap();
        let (card, receiver) = (proof.card.clone(), proof.receiver.clone());
        let marriage = proof.marriage.clone().unwrap_or_default();
        let seen = Handover { card, receiver, marriage, ..self.h.clone() };
        seen.evidence(*what)
    }

    fn settle(&mut self) {
        while !self.owed.is_empty() {
            for effect in std::mem::take(&mut self.owed) {
                if let Some(event) = self.answer(effect) {
                    self.give(event);
                }
            }
        }
    }

    fn answer(&self, effect: Effect) -> Option<Event> {
        Some(match effect {
            Effect::List => Event::Listed(Ok((vec![candidate()], 0))),
            Effect::Open(id) => {
                let person = Person { failed: self.failed, birth: self.birth, ..person(self.fingers) };
                Event::Opened(id, Ok(Box::new(person)))
            }
            Effect::Check { id, number, value, record } => {
                assert_eq!(record, RECORD);
                let fits = match number {
                    Number::Nik => value == t::NIK,
                    Number::Kk => value == KK,
                    Number::Card => self.known_card,
                };
                Event::Checked(id, number, Some(fits))
            }
            Effect::Capture { id, target, gallery, .. } => {
                let samples = match target {
                    Target::Card => Samples::Card(Box::new(t::card(true))),
                    Target::Verify(f) => {
                        assert_eq!(gallery.len(), 2);
                        print(f, 90)
                    }
                    _ => Samples::Signature(Box::new(t::signature(1))),
                };
                Event::Captured(id, CaptureOutcome::Samples(samples))
            }
            Effect::AnalyseStrokes { id, .. } => {
                let sample = Samples::Signature(Box::new(t::signature(2)));
                Event::Captured(id, CaptureOutcome::Samples(sample))
            }
            Effect::Cancel(id) => Event::Captured(id, CaptureOutcome::Cancelled),
            Effect::Ask { reason, nik, evidence, .. } => Event::Asked(self.request(&reason, &nik, evidence)),
            Effect::Save(report) => Event::Saved(Ok(SavedCard {
                outcome: report.leaving.id().into(),
                reason: report.leaving.reason().map(Into::into),
                row: 1,
                at: self.now,
            })),
            Effect::Tried { .. } => return None,
            Effect::Receipt => Event::Receipt(Ok("memory".into())),
            Effect::Audit { event, details } => {
                assert!(event.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
                let clear = [t::NIK, KK, "CONTOH", "04010203040506"];
                for (_, value) in details {
                    assert!(!clear.iter().any(|c| value.contains(c)), "{event}: {value}");
                }
                return None;
            }
        })
    }

    fn request(&self, reason: &str, nik: &str, evidence: String) -> GrantRequest {
        let ask = Ask {
            kind: RequirementKind::SupervisorApproval,
            step: StepId::Verification,
            reason: reason.into(),
            evidence: vec![evidence],
            station: "TEST-01".into(),
            session: self.h.id,
            operator: self.h.ctx.operator,
        };
        GrantRequest::new(ask, nik, self.now, Duration::minutes(30)).unwrap()
    }

    /// The next capture brings this.
    fn capture(&mut self, target: Target, outcome: CaptureOutcome) {
        self.give(Event::Command(Command::Capture(target)));
        let asked = self.owed.iter().position(|e| matches!(e, Effect::Capture { .. }));
        let Effect::Capture { id, .. } = self.owed.remove(asked.expect("a capture")) else { unreachable!() };
        self.give(Event::Captured(id, outcome));
        self.settle();
    }

    fn decide(&mut self) {
        let open = self.h.approvals.values().filter(|a| a.met.is_none()).find_map(|a| a.request.clone());
        let Some(request) = open else { return };
        self.give(Event::Decided(t::decision(&request, self.supervisor_says, self.now)));
        self.settle();
    }

    fn at_card(&mut self) {
        self.tell(Command::Pick(RECORD));
        assert_eq!(self.h.page, Page::Card);
    }

    fn at_receiver(&mut self) {
        self.at_card();
        if self.h.waits_until().is_some() {
            self.tell(Command::Married(true));
            self.tell(Command::MarriageDocument("Akta perkawinan 12/2020".into()));
        }
        self.tell(Command::Nik(t::NIK.into()));
        self.tell(Command::Capture(Target::Card));
        self.tell(Command::Judge(CardJudgement::Same));
        self.tell(Command::Next);
        assert_eq!(self.h.page, Page::Receiver);
    }

    fn at_finger(&mut self) {
        self.at_receiver();
        self.tell(Command::Receiver(ReceiverKind::Own));
        self.tell(Command::Next);
        assert_eq!(self.h.page, Page::Finger);
    }
}

#[test]
fn a_card_is_handed_to_its_owner() {
    let mut w = World::new();
    w.at_finger();
    assert_eq!(w.h.primary(), Primary::Capture(Target::Verify(CHIP[0])));
    w.tell(Command::Capture(Target::Verify(CHIP[0])));
    w.tell(Command::Next);
    w.tell(Command::Capture(Target::StatementSignature));
    assert_eq!(w.h.primary(), Primary::Issue(true));
    w.tell(Command::Leave(Leaving::Issue));
    assert!(w.h.saved.as_ref().is_some_and(SavedCard::issued));
    assert_eq!(w.h.receipt, Some(Ok("memory".into())));
    assert_eq!(w.reports.len(), 1);
    assert!(w.reports[0].proof.card.as_ref().is_some_and(|c| !c.uid.is_empty()));
    // It is over: nothing more can be done to it.
    w.tell(Command::Leave(Leaving::Spoil(SpoilReason::Broken)));
    w.tell(Command::Back);
    assert_eq!((w.h.page, w.reports.len()), (Page::Done, 1));
}

#[test]
fn what_is_missing_is_named_on_each_page() {
    let mut w = World::new();
    let check = |w: &World, expected: &[&str]| assert_eq!(w.h.blockers(), expected, "{:?}", w.h.page);
    check(&w, &["pick"]);
    w.tell(Command::Pick(Uuid::from_u128(9)));
    assert_eq!(w.h.page, Page::Pick, "only what is on the list");
    w.at_card();
    check(&w, &["nik", "card"]);
    w.tell(Command::Nik("3204125701909002".into()));
    check(&w, &["nik-differs", "card"]);
    w.tell(Command::Nik(format!("{}99", t::NIK)));
    check(&w, &["card"]);
    w.capture(Target::Card, CaptureOutcome::Samples(Samples::Card(Box::new(t::card(false)))));
    check(&w, &["card"]);
    assert_eq!(w.h.retry, Some((Target::Card, "not-ktp".into())));
    w.tell(Command::Capture(Target::Card));
    check(&w, &["face"]);
    w.tell(Command::Judge(CardJudgement::Other));
    check(&w, &["face-other"]);
    w.tell(Command::Next);
    assert_eq!(w.h.page, Page::Card);
    w.tell(Command::Judge(CardJudgement::Same));
    w.tell(Command::Next);
    check(&w, &["receiver"]);
    w.tell(Command::Receiver(ReceiverKind::Family));
    check(&w, &["name", "document", "relation", "kk"]);
    w.tell(Command::Field(Field::Name, "ibu contoh".into()));
    w.tell(Command::Field(Field::Document, "KTP-el".into()));
    w.tell(Command::Field(Field::Relation, "ibu".into()));
    w.tell(Command::Field(Field::Kk, "3204120101109002".into()));
    check(&w, &["kk-differs"]);
    w.tell(Command::Field(Field::Kk, KK.into()));
    check(&w, &[]);
    assert_eq!(w.h.receiver.name, "IBU CONTOH");
    w.tell(Command::Next);
    check(&w, &["finger"]);
    assert!(w.h.targets().is_empty(), "somebody else's finger says nothing");
}

#[test]
fn a_family_member_needs_a_supervisor() {
    let mut w = World::new();
    w.at_receiver();
    for command in [
        Command::Receiver(ReceiverKind::Authorised),
        Command::Field(Field::Name, "TETANGGA CONTOH".into()),
        Command::Field(Field::Document, "Surat kuasa 12/2026".into()),
        Command::Next,
        Command::ExemptFinger(true),
        Command::Next,
        Command::Capture(Target::StatementSignature),
    ] {
        w.tell(command);
    }
    assert_eq!(w.h.blockers(), ["approval"]);
    w.tell(Command::Leave(Leaving::Issue));
    assert!(w.reports.is_empty(), "no card without the decision");
    w.supervisor_says = false;
    w.decide();
    assert!(w.h.approvals[&Exempt::Finger].denied);
    w.settle();
    w.supervisor_says = true;
    w.give(Event::Tick);
    w.settle();
    w.decide();
    assert_eq!(w.h.blockers(), [""; 0]);
    w.tell(Command::Leave(Leaving::Issue));
    assert_eq!(w.reports[0].proof.grants.len(), 1);
}

#[test]
fn a_forged_or_foreign_grant_is_not_believed() {
    let mut w = World::new();
    w.at_receiver();
    w.tell(Command::Receiver(ReceiverKind::Own));
    w.tell(Command::Next);
    w.capture(Target::Verify(CHIP[0]), CaptureOutcome::Fault(DeviceFault::Unplugged));
    w.tell(Command::DismissFault);
    w.tell(Command::ExemptFinger(true));
    let request = w.h.approvals[&Exempt::Finger].request.clone().unwrap();
    let mut forged = t::decision(&request, false, w.now);
    forged.approved = true;
    w.give(Event::Decided(forged));
    let other = w.request("handover-finger", t::NIK, w.h.evidence(Exempt::Finger));
    w.give(Event::Decided(t::decision(&other, true, w.now)));
    let own = record::grant::sign(request.clone(), true, "", &t::supervisor_key(), w.h.ctx.operator, w.now);
    if let Ok(own) = own {
        w.give(Event::Decided(own));
    }
    assert!(w.h.approvals[&Exempt::Finger].met.is_none());
    w.decide();
    assert!(w.h.approvals[&Exempt::Finger].met.is_some());
}

#[test]
fn four_tries_in_all_and_then_the_card_goes_back() {
    let mut w = World::new();
    w.at_finger();
    let miss = |f| CaptureOutcome::Samples(print(f, 12));
    let finger_reason = Leaving::Return(ReturnReason::FingerNoMatch);
    for n in 0..TRIES {
        assert!(!w.h.may_leave(finger_reason) && !w.h.may_exempt_finger(), "{n}");
        // What the device itself could not take is no try.
        w.capture(Target::Verify(CHIP[0]), CaptureOutcome::Retry(Retry::TooDry));
        assert_eq!(w.h.failed, n);
        w.capture(Target::Verify(CHIP[n as usize % 2]), miss(CHIP[n as usize % 2]));
    }
    assert!(w.h.targets().is_empty());
    w.give(Event::Command(Command::Capture(Target::Verify(CHIP[0]))));
    assert!(w.h.pending.is_none(), "no fifth try");
    assert!(w.h.may_exempt_finger());
    w.tell(Command::Leave(finger_reason));
    let saved = w.h.saved.clone().unwrap();
    assert_eq!((saved.outcome.as_str(), saved.reason.as_deref()), ("returned", Some("finger-no-match")));
    assert_eq!(w.reports[0].proof.failed_tries, TRIES);
    assert!(w.reports[0].proof.receiver.kind.is_none(), "who wanted it is not kept");
}

#[test]
fn either_chip_finger_will_do() {
    let mut w = World::new();
    w.at_finger();
    // The left one was asked for and the right one laid on the glass: it is the same person.
    w.capture(Target::Verify(CHIP[1]), CaptureOutcome::Samples(print(CHIP[1], 70)));
    assert_eq!(w.h.matched.as_ref().map(|m| m.position), Some(CHIP[0]));
}

#[test]
fn a_record_without_fingers_and_a_chip_without_a_picture_are_for_the_supervisor() {
    let mut w = World { fingers: false, ..World::new() };
    w.at_card();
    w.tell(Command::Nik(t::NIK.into()));
    let blank = crate::session::sample::CardSample { photo: None, ..t::card(true) };
    w.capture(Target::Card, CaptureOutcome::Samples(Samples::Card(Box::new(blank))));
    assert_eq!(w.h.face, Some(CardJudgement::Unreadable));
    w.tell(Command::Judge(CardJudgement::Same));
    assert_eq!(w.h.face, Some(CardJudgement::Unreadable), "nobody compares a picture that is not there");
    for command in [
        Command::Next,
        Command::Receiver(ReceiverKind::Own),
        Command::Next,
        Command::ExemptFinger(true),
        Command::Next,
        Command::CannotSign(true),
    ] {
        w.tell(command);
    }
    assert_eq!(w.h.exempted(), [Exempt::Face, Exempt::Finger, Exempt::Signature]);
    for _ in 0..3 {
        assert_eq!(w.h.primary(), Primary::Issue(false));
        w.decide();
    }
    w.tell(Command::Leave(Leaving::Issue));
    assert_eq!(w.reports[0].proof.grants.len(), 3);
}

#[test]
fn a_card_of_another_record_is_refused_in_production() {
    for (environment, refused) in [(Environment::Production, true), (Environment::Training, false)] {
        let mut w = World { known_card: true, ..World::in_environment(environment) };
        w.at_card();
        w.tell(Command::Nik(t::NIK.into()));
        w.tell(Command::Capture(Target::Card));
        w.tell(Command::Judge(CardJudgement::Same));
        assert_eq!(w.h.blockers().contains(&"card-known"), refused);
    }
}

#[test]
fn the_card_can_go_back_for_what_was_found_only() {
    let mut w = World::new();
    assert!(!w.h.may_leave(Leaving::Return(ReturnReason::DamagedChip)), "nobody is chosen");
    w.at_card();
    let may = |w: &World, r| w.h.may_leave(Leaving::Return(r));
    assert!(may(&w, ReturnReason::DamagedChip) && may(&w, ReturnReason::WrongData));
    assert!(!may(&w, ReturnReason::OtherFace) && !may(&w, ReturnReason::FingerNoMatch));
    w.tell(Command::Capture(Target::Card));
    w.tell(Command::Judge(CardJudgement::Other));
    assert!(may(&w, ReturnReason::OtherFace));
    w.tell(Command::Leave(Leaving::Return(ReturnReason::OtherFace)));
    assert_eq!(w.h.saved.as_ref().map(|s| s.outcome.as_str()), Some("returned"));
}

#[test]
fn a_save_that_fails_is_said_and_can_be_made_again() {
    let mut w = World::new();
    w.at_card();
    let spoil = Leaving::Spoil(SpoilReason::PrintFault);
    w.give(Event::Command(Command::Leave(spoil)));
    w.owed.clear();
    w.give(Event::Saved(Err("VLT-09".into())));
    assert_eq!((w.h.page, w.h.save_failed.as_deref()), (Page::Card, Some("VLT-09")));
    w.give(Event::Command(Command::Leave(spoil)));
    w.owed.clear();
    w.now += Duration::seconds(SAVE_S + 1);
    w.give(Event::Tick);
    assert_eq!(w.h.save_failed.as_deref(), Some("save-timeout"));
    // Nobody knows whether the card has left: nothing else may be done with it, only the same again.
    let other = Leaving::Return(ReturnReason::DamagedChip);
    assert_eq!((w.h.primary(), w.h.may_leave(other)), (Primary::SaveAgain(spoil), false));
    for command in [Command::Back, Command::Leave(other), Command::Capture(Target::Card)] {
        w.give(Event::Command(command));
        assert!(w.owed.is_empty() && w.h.person.is_some() && w.h.unanswered == Some((spoil, 1)));
    }
    w.give(Event::Command(Command::Leave(spoil)));
    assert!(matches!(w.owed.as_slice(), [Effect::Save(_)]));
    w.owed.clear();
    // The first order failed late; the second decides.
    w.give(Event::Saved(Err("VLT-09".into())));
    assert_eq!((w.h.unanswered, w.h.save_failed.as_deref()), (Some((spoil, 1)), None));
    // A late answer still counts: it is durable.
    let at = w.now;
    let saved = SavedCard { outcome: "spoiled".into(), reason: None, row: 3, at };
    w.give(Event::Saved(Ok(saved)));
    assert_eq!(w.h.page, Page::Done);
}

#[test]
fn nothing_waits_for_ever() {
    let mut w = World::new();
    w.give(Event::Command(Command::Pick(RECORD)));
    w.now += Duration::seconds(ANSWER_S + 1);
    w.give(Event::Tick);
    assert!(w.h.opening.is_none() && w.h.list_failed.is_some());
    w.owed.clear();
    w.tell(Command::Refresh);
    w.at_card();
    w.give(Event::Command(Command::Nik(t::NIK.into())));
    w.give(Event::Command(Command::Capture(Target::Card)));
    w.owed.clear();
    w.now += Duration::seconds(600);
    w.give(Event::Tick);
    assert!(w.h.pending.is_none() && w.h.nik.unknown);
    assert!(w.h.fault.as_ref().is_some_and(|f| matches!(f.fault, DeviceFault::Hung { .. })));
}

#[test]
fn leaving_a_record_forgets_everything_of_it() {
    let mut w = World::new();
    w.at_finger();
    for _ in 0..3 {
        w.tell(Command::Back);
    }
    assert_eq!(w.h.page, Page::Pick);
    assert!(w.h.person.is_none() && w.h.card.is_none() && w.h.nik.text.is_empty() && w.h.list.is_some());
    assert!(w.h.receiver.kind.is_none() && w.h.approvals.is_empty());
}

#[test]
fn the_list_is_searched_by_name_and_tail() {
    let mut w = World::new();
    let check = |w: &mut World, query: &str, found: usize| {
        w.tell(Command::Query(query.into()));
        assert_eq!(w.h.found().1, found, "{query:?}");
    };
    check(&mut w, "", 1);
    check(&mut w, "latihan con", 1);
    check(&mut w, "9001", 1);
    check(&mut w, t::NIK, 1);
    check(&mut w, "01", 1);
    check(&mut w, "9002", 0);
    check(&mut w, "budi", 0);
    check(&mut w, "  ", 1);
}

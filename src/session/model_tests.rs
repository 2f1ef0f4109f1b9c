//! Random events against the promises of the reducer, and a plain operator who must always get to an end.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use biometrics::position::{Eye, FingerPosition, Slap};
use chrono::{DateTime, Duration, Utc};
use devices::vocabulary::{DeviceFault, RequestId, Retry};
use proptest::prelude::*;
use record::schema::{Environment, ExceptionReason, ExceptionTerm, Outcome, StepId, StepState};

use super::Session;
use super::effect::{Effect, Effects, MAX_EFFECTS};
use super::event::{
    CaptureOutcome, Command, Event, FingerHit, FingerOwner, LookUpAnswer, Person, Subject, Target,
};
use super::sample::{CardJudgement, Match, Samples};
use super::testing as t;
use super::view::Action;
use crate::steps;

/// What a random world can do next.
#[derive(Debug, Clone)]
enum Op {
    Command(Command),
    Primary,
    Control(usize),
    AnswerWell,
    AnswerRetry(Retry),
    AnswerFault,
    AnswerWrongFinger,
    AnswerWeak,
    AnswerFewer,
    Stale(u64),
    Wait(i64),
    LookUpFound,
    SearchHits { officer: bool },
    SearchFails,
    Decide(bool),
    ForgedGrant,
    KeepFails(StepId),
    SealFails,
    TakenUp,
    KillAndRestore,
    SealedOutOfTheBlue,
}

fn any_finger() -> impl Strategy<Value = FingerPosition> {
    (0..FingerPosition::ALL.len()).prop_map(|i| FingerPosition::ALL[i])
}

fn any_target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Face),
        Just(Target::CardSignature),
        Just(Target::StatementSignature),
        Just(Target::Irises),
        Just(Target::ExceptionPhoto),
        Just(Target::EvidencePhoto),
        Just(Target::Card),
        Just(Target::Temperature(Person::Applicant)),
        (0..Slap::ALL.len()).prop_map(|i| Target::Slap(Slap::ALL[i])),
        any_finger().prop_map(Target::Finger),
        any_finger().prop_map(Target::Verify),
    ]
}

fn any_subject() -> impl Strategy<Value = Subject> {
    prop_oneof![any_finger().prop_map(Subject::Finger), (0..2usize).prop_map(|i| Subject::Eye(Eye::ALL[i]))]
}

fn any_step() -> impl Strategy<Value = StepId> {
    (0..StepId::ALL.len()).prop_map(|i| StepId::ALL[i])
}

fn any_command() -> impl Strategy<Value = Command> {
    let term = prop_oneof![Just(ExceptionTerm::Permanent), Just(ExceptionTerm::Temporary)];
    let person = prop_oneof![Just(Person::Officer), Just(Person::Applicant)];
    prop_oneof![
        4 => Just(Command::Confirm),
        4 => any_target().prop_map(Command::Capture),
        2 => any_step().prop_map(Command::Open),
        1 => Just(Command::CancelCapture),
        1 => Just(Command::Park),
        1 => Just(Command::ComeBack),
        1 => Just(Command::DismissFault),
        1 => Just(Command::RetryKeep),
        1 => "[a-z ]{0,12}".prop_map(Command::AcceptBest),
        1 => "\\PC{0,20}".prop_map(|s| Command::Field("nik".into(), s)),
        1 => ("[a-z_]{0,12}", "\\PC{0,20}").prop_map(|(f, s)| Command::Field(f, s)),
        1 => (person.clone(), 300i32..420).prop_map(|(p, c)| Command::TemperatureTyped(p, c, "wrist".into())),
        1 => (person, any::<bool>()).prop_map(|(p, yes)| Command::Symptoms(p, yes)),
        1 => any::<bool>().prop_map(Command::ApprovePhoto),
        1 => any::<bool>().prop_map(Command::SoftwareBackground),
        1 => "[a-z ]{0,12}".prop_map(Command::BackgroundReason),
        1 => any::<bool>().prop_map(Command::ApplicantConfirms),
        1 => any::<bool>().prop_map(Command::RecordedBefore),
        1 => any::<bool>().prop_map(Command::CardClaimed),
        1 => (0..CardJudgement::ALL.len()).prop_map(|i| Command::JudgeCard(CardJudgement::ALL[i])),
        2 => (any_subject(), term).prop_map(|(s, t)| Command::DeclareException(s, ExceptionReason::Bandaged, t)),
        2 => any_subject().prop_map(Command::WithdrawException),
        1 => Just(Command::CannotSign(ExceptionReason::Missing)),
        1 => Just(Command::CanSign),
        1 => Just(Command::UrgencyClass(None)),
        1 => Just(Command::UrgencyClass(Some("other".into()))),
        1 => Just(Command::BirthDate(chrono::NaiveDate::from_ymd_opt(2010, 1, 1))),
    ]
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => any_command().prop_map(Op::Command),
        10 => Just(Op::Primary),
        12 => (0usize..40).prop_map(Op::Control),
        12 => Just(Op::AnswerWell),
        2 => (0..Retry::ALL.len()).prop_map(|i| Op::AnswerRetry(Retry::ALL[i])),
        2 => Just(Op::AnswerFault),
        2 => Just(Op::AnswerWrongFinger),
        2 => Just(Op::AnswerWeak),
        1 => Just(Op::AnswerFewer),
        1 => (0u64..50).prop_map(Op::Stale),
        2 => (0i64..400).prop_map(Op::Wait),
        1 => Just(Op::LookUpFound),
        1 => any::<bool>().prop_map(|officer| Op::SearchHits { officer }),
        1 => Just(Op::SearchFails),
        3 => any::<bool>().prop_map(Op::Decide),
        1 => Just(Op::ForgedGrant),
        1 => any_step().prop_map(Op::KeepFails),
        1 => Just(Op::SealFails),
        3 => Just(Op::TakenUp),
        1 => Just(Op::KillAndRestore),
        1 => Just(Op::SealedOutOfTheBlue),
    ]
}

/// The world outside: what is owed, and the model of what was promised.
struct World {
    s: Session,
    now: DateTime<Utc>,
    seed: u64,
    owed: Vec<Effect>,
    device: Option<RequestId>,
    seal_ordered: bool,
    kept: BTreeMap<StepId, Vec<u8>>,
}

impl World {
    fn new() -> Self {
        Self {
            s: t::session(Environment::Training),
            now: t::start(),
            seed: 0,
            owed: Vec::new(),
            device: None,
            seal_ordered: false,
            kept: BTreeMap::new(),
        }
    }

    /// Walks as a plain operator would until `step` is on screen.
    fn at(step: StepId) -> Self {
        let mut world = Self::new();
        let mut seen = Effects::new();
        for _ in 0..200 {
            // Approval is passed by when nothing asks for one.
            if world.s.core.current == step || step == StepId::Approval {
                break;
            }
            t::follow(&mut world.s, &mut world.now, &mut world.seed, &mut seen);
        }
        assert!(world.s.core.current == step || step == StepId::Approval);
        world.check_effects(&seen.into_iter().filter(|e| matches!(e, Effect::KeepStep { .. })).collect());
        world
    }

    fn give(&mut self, event: Event) {
        if let Event::Captured(id, _) = &event
            && self.device == Some(*id)
        {
            self.device = None;
        }
        let fx = self.s.update(event, self.now);
        assert!(fx.len() <= MAX_EFFECTS, "{} effects", fx.len());
        self.check_effects(&fx);
        self.owed.extend(fx);
        self.check_state();
    }

    fn check_effects(&mut self, fx: &Effects) {
        for effect in fx {
            match effect {
                Effect::Capture { id, .. } | Effect::AnalyseStrokes { id, .. } => {
                    assert_eq!(self.device, None, "two device requests at once");
                    self.device = Some(*id);
                }
                // A request that the session gave up on is cancelled in the same breath.
                Effect::Cancel(id) if self.s.core.pending.as_ref().is_none_or(|p| p.id != *id) => {
                    self.device = None
                }
                Effect::Seal => {
                    assert_eq!(self.s.core.open_requirements().count(), 0, "sealed with an open requirement");
                    for id in self.s.ctx.policy.step_order.iter().take_while(|id| **id != StepId::Seal) {
                        assert!(steps::finished(&self.s, *id), "sealed with {id} unfinished");
                    }
                    self.seal_ordered = true;
                }
                Effect::KeepStep { step, bytes } => {
                    self.kept.insert(*step, bytes.clone());
                }
                Effect::DiscardDraft(_) => self.kept.clear(),
                _ => {}
            }
        }
    }

    fn check_state(&self) {
        let s = &self.s;
        let controls = s.view(self.now).controls();
        assert!(
            controls.iter().any(|c| c.enabled && c.leads_on && !c.id.is_empty()),
            "no way on at {} ({:?}): {controls:?}",
            s.core.current,
            s.core.outcome
        );
        assert!(s.core.outcome != Outcome::Sealed || self.seal_ordered, "sealed without a seal");
        for id in StepId::ALL {
            if steps::step(*id).state(s) == StepState::Done {
                assert!(has_evidence(s, *id), "{id} is Done without its evidence");
            }
        }
        let digests: BTreeSet<&str> =
            s.data.fingers.samples.values().map(|f| f.pixels_sha256.as_str()).collect();
        assert_eq!(digests.len(), s.data.fingers.samples.len(), "one print under two positions");
    }

    fn request(&self) -> Option<Effect> {
        let asked = self.device?;
        let is = |e: &&Effect| matches!(e, Effect::Capture { id, .. } | Effect::AnalyseStrokes { id, .. } if *id == asked);
        self.owed.iter().find(is).cloned()
    }

    /// Answers the running request with something that is not as it should be.
    fn bend(&mut self, change: impl Fn(&mut Samples)) {
        let Some(request) = self.request() else { return };
        self.seed += 1;
        if let Some(Event::Captured(id, CaptureOutcome::Samples(mut got))) =
            t::answer(&self.s, &request, self.seed, self.now)
        {
            change(&mut got);
            self.give(Event::Captured(id, CaptureOutcome::Samples(got)));
        }
    }

    fn decide(&mut self, approve: bool, forged: bool) {
        let Some(request) = self.s.core.open_requirements().find_map(|r| r.request.clone()) else { return };
        let open = self.s.core.open_requirements().count();
        let mut grant = t::decision(&request, approve, self.now);
        if forged {
            grant.approved = !grant.approved;
        }
        self.give(Event::Decided(grant));
        if forged {
            assert_eq!(open, self.s.core.open_requirements().count(), "a forged grant was believed");
        }
    }

    fn answer_all(&mut self) {
        for effect in std::mem::take(&mut self.owed) {
            self.seed += 1;
            if let Some(e) = t::answer(&self.s, &effect, self.seed, self.now) {
                self.give(e);
            }
        }
    }

    fn use_control(&mut self, i: usize) {
        let controls = self.s.view(self.now).controls();
        match controls[i % controls.len()].action.clone() {
            Action::Command(c) => self.give(Event::Command(c)),
            Action::Input(id) => {
                if let Some(c) = t::fill(&self.s, &id) {
                    self.give(Event::Command(c));
                }
            }
            Action::Leave => {}
        }
    }

    fn stale(&mut self, id: RequestId) {
        if self.device == Some(id) || self.s.core.pending.as_ref().is_some_and(|p| p.id == id) {
            return;
        }
        let before = (self.s.data.clone(), self.s.core.pending.clone());
        let photo = Samples::Photo(Box::new(t::photo(9999, 90)));
        self.give(Event::Captured(id, CaptureOutcome::Samples(photo)));
        assert!(
            before == (self.s.data.clone(), self.s.core.pending.clone()),
            "a stale answer changed something"
        );
    }

    fn run(&mut self, op: Op) {
        self.now += Duration::seconds(1);
        match op {
            Op::Command(c) => self.give(Event::Command(c)),
            Op::Primary => self.use_control(0),
            Op::Control(i) => self.use_control(i),
            Op::AnswerWell => self.answer_all(),
            Op::AnswerRetry(r) => self
                .device
                .into_iter()
                .for_each(|id| self.give(Event::Captured(id, CaptureOutcome::Retry(r)))),
            Op::AnswerFault => {
                let fault = CaptureOutcome::Fault(DeviceFault::Unplugged);
                self.device.into_iter().for_each(|id| self.give(Event::Captured(id, fault.clone())));
            }
            Op::AnswerWrongFinger => self.bend(|got| {
                if let Samples::Fingers(list) = got {
                    list.iter_mut().for_each(|f| {
                        *f = t::finger(f.position, f.position.mirrored(), 0, 80, FingerPosition::ALL)
                    });
                }
            }),
            Op::AnswerWeak => self.bend(weaken),
            Op::AnswerFewer => self.bend(|got| {
                if let Samples::Fingers(list) = got {
                    list.pop();
                }
            }),
            Op::Stale(id) => self.stale(RequestId(id)),
            Op::Wait(s) => {
                self.now += Duration::seconds(s);
                self.give(Event::Tick);
            }
            Op::SearchHits { officer } => {
                let finger = self.s.data.fingers.samples.keys().next().copied();
                if let (Some(search), Some(finger)) = (self.s.data.fingers.search.clone(), finger) {
                    let owner = match officer {
                        true => FingerOwner::Officer(uuid::Uuid::from_u128(5)),
                        false => FingerOwner::Record("C0FF-EE42".into()),
                    };
                    let hit = FingerHit { finger, owner, score: 99, threshold: 60 };
                    self.give(Event::FingersSearched(search.id, Ok(vec![hit])));
                }
            }
            Op::SearchFails => {
                if let Some(search) = self.s.data.fingers.search.clone() {
                    self.give(Event::FingersSearched(search.id, Err("RUN-24".into())));
                }
            }
            Op::LookUpFound => {
                if let Some(l) = self.s.core.look_up.clone() {
                    let in_queue = Some(("0000".to_owned(), "BIO_CAPTURED".to_owned()));
                    self.give(Event::LookedUp(l.id, LookUpAnswer { in_queue, ..LookUpAnswer::default() }));
                }
            }
            Op::Decide(approve) => self.decide(approve, false),
            Op::ForgedGrant => self.decide(false, true),
            Op::KeepFails(step) => self.give(Event::KeepFailed(step, "VLT-01".into())),
            Op::SealFails => self.give(Event::SealFailed("VLT-01".into())),
            Op::TakenUp if self.s.core.outcome == Outcome::Parked && self.device.is_none() => {
                self.give(Event::TakenUp)
            }
            Op::TakenUp => {}
            Op::KillAndRestore => self.kill(),
            Op::SealedOutOfTheBlue if !self.seal_ordered => {
                let record_id = self.s.core.id;
                self.give(Event::Sealed { record_id, file: String::new(), sha256: String::new() });
            }
            Op::SealedOutOfTheBlue => {}
        }
    }

    fn kill(&mut self) {
        if !matches!(self.s.core.outcome, Outcome::Open | Outcome::Parked) || self.kept.is_empty() {
            return;
        }
        let (s, errors) =
            Session::restore(self.s.ctx.clone(), self.kept.values().map(Vec::as_slice)).unwrap();
        assert!(errors.is_empty());
        // Captures that were finished are all there: the step under way is the most that a kill costs.
        assert_eq!(s.data.fingers.samples, self.s.data.fingers.samples);
        assert_eq!(s.data.irises.samples, self.s.data.irises.samples);
        assert_eq!(s.data.photo.sample, self.s.data.photo.sample);
        self.s = s;
        self.device = None;
        self.owed.clear();
        self.give(Event::TakenUp);
    }

    /// From here a plain operator in a good world gets to an end.
    fn walk_to_the_end(&mut self) {
        let mut seen = Effects::new();
        for effect in std::mem::take(&mut self.owed) {
            self.seed += 1;
            if let Some(e) = t::answer(&self.s, &effect, self.seed, self.now) {
                t::settle(&mut self.s, e, self.now, &mut self.seed, &mut seen);
            }
        }
        for _ in 0..400 {
            if !t::follow(&mut self.s, &mut self.now, &mut self.seed, &mut seen) {
                return;
            }
        }
        let view = self.s.view(self.now);
        let ids: Vec<String> = view
            .controls()
            .into_iter()
            .map(|c| format!("{}{}", c.id, if c.enabled { "" } else { "(off)" }))
            .collect();
        panic!(
            "stuck at {}: {:?} blockers {:?}, controls {ids:?}",
            view.current(),
            self.s.core.outcome,
            view.blockers()
        );
    }
}

fn weaken(got: &mut Samples) {
    match got {
        Samples::Fingers(list) | Samples::Slap(_, list) => {
            list.iter_mut().for_each(|f| f.quality = t::quality(5));
        }
        Samples::Platen(check) => check.clean = false,
        Samples::Irises(list) => list.iter_mut().for_each(|f| f.quality = t::quality(5)),
        Samples::Photo(p) => p.quality = t::quality(5),
        Samples::Signature(p) => p.quality = t::quality(5),
        Samples::Temperature(temperature) => temperature.decidegrees_c = 391,
        Samples::Card(card) => card.photo = None,
    }
}

fn wrong_background(s: &Session) -> bool {
    steps::photo::background(s) == steps::photo::Background::Wrong
}

fn has_evidence(s: &Session, id: StepId) -> bool {
    let d = &s.data;
    match id {
        StepId::Health => {
            let checked = |p: Person| {
                !d.health.person(p).affirmed.is_empty() && d.health.person(p).symptoms == Some(false)
            };
            checked(Person::Officer) && checked(Person::Applicant) && s.has_reading(Person::Applicant)
        }
        StepId::Identity => d.identity.nik.is_some() && d.identity.looked_up,
        StepId::Urgency => d.urgency.decision.as_ref().is_some_and(|x| !x.rules.is_empty()),
        StepId::Approval => !s.core.open_requirements().any(|r| r.step == StepId::Urgency),
        StepId::Biodata => d.biodata.confirmed.as_deref() == Some(d.biodata.digest().as_str()),
        StepId::Photo => steps::photo::approved(s) && d.photo.sample.is_some() && !wrong_background(s),
        StepId::Signature => d.signature.sample.is_some(),
        StepId::Fingers => FingerPosition::ALL.iter().all(|f| d.fingers.samples.contains_key(f)),
        StepId::Irises => Eye::ALL.iter().all(|e| d.irises.samples.contains_key(e)),
        StepId::Verification => !d.verification.verified.is_empty(),
        StepId::Statement => d.statement.sample.is_some() && !d.statement.text.is_empty(),
        StepId::Seal => s.core.sealed.is_some(),
        StepId::Proof => d.proof.place.is_some(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 3000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_events_keep_every_promise(ops in prop::collection::vec(any_op(), 1..160), from in 0..StepId::ALL.len() - 1) {
        let mut world = World::at(StepId::ALL[from]);
        for op in ops {
            world.run(op);
        }
        world.walk_to_the_end();
    }
}

/// Walks to a step, does something unusual there, and walks to the end.
fn check(at: StepId, ops: Vec<Op>, expected: Outcome, rule: &str) {
    let mut world = World::at(at);
    for op in ops {
        world.run(op);
    }
    world.walk_to_the_end();
    let rules = &world.s.core.closing.rules;
    assert_eq!(world.s.core.outcome, expected, "rules {rules:?}");
    assert!(rule.is_empty() || rules.iter().any(|r| r == rule), "rules {rules:?}");
}

fn declare(subject: Subject, term: ExceptionTerm) -> Op {
    Op::Command(Command::DeclareException(subject, ExceptionReason::Bandaged, term))
}

#[test]
fn sessions_end_as_they_should() {
    let index = Subject::Finger(FingerPosition::RightIndex);
    let type_nik = || {
        vec![
            Op::Command(Command::Field("nik".into(), t::NIK.into())),
            Op::Command(Command::Field("no_kk".into(), t::NO_KK.into())),
            Op::Primary,
        ]
    };
    check(StepId::Health, vec![], Outcome::Sealed, "");
    let found = type_nik().into_iter().chain([Op::LookUpFound]).collect();
    check(StepId::Identity, found, Outcome::Refused, "nik-in-queue");
    check(
        StepId::Urgency,
        vec![Op::Command(Command::UrgencyClass(None)), Op::Command(Command::Confirm)],
        Outcome::Redirected,
        "not-urgent",
    );
    check(
        StepId::Signature,
        vec![Op::Command(Command::CannotSign(ExceptionReason::Deformed))],
        Outcome::Sealed,
        "",
    );
    check(StepId::Fingers, vec![declare(index, ExceptionTerm::Permanent)], Outcome::Sealed, "");
    check(StepId::Fingers, vec![declare(index, ExceptionTerm::Temporary)], Outcome::Sealed, "");
    let back = vec![declare(index, ExceptionTerm::Temporary), Op::Command(Command::ComeBack)];
    check(StepId::Fingers, back, Outcome::Refused, "temporary-exception");
    check(
        StepId::Irises,
        vec![declare(Subject::Eye(Eye::Left), ExceptionTerm::Permanent)],
        Outcome::Sealed,
        "",
    );
    let all =
        FingerPosition::ALL.iter().map(|f| declare(Subject::Finger(*f), ExceptionTerm::Permanent)).collect();
    check(StepId::Fingers, all, Outcome::Sealed, "");
    check(StepId::Irises, vec![Op::KillAndRestore], Outcome::Sealed, "");
    let weak = || vec![Op::Command(Command::Capture(Target::Slap(Slap::RightFour))), Op::AnswerWeak];
    check(StepId::Fingers, [weak(), weak(), weak()].concat(), Outcome::Sealed, "");
}

#[test]
fn the_left_hand_given_for_the_right_is_found_and_mended() {
    let mut world = World::at(StepId::Fingers);
    // The left hand lies on the glass for the right slap: nothing to compare with yet.
    world.run(Op::Command(Command::Capture(Target::Slap(Slap::RightFour))));
    world.bend(|got| {
        if let Samples::Fingers(list) = got {
            list.iter_mut().for_each(|f| *f = t::finger(f.position, f.position.mirrored(), 3, 80, &[]));
        }
    });
    assert_eq!(world.s.data.fingers.samples.len(), 4);
    // The left hand again, for the left slap: it is the one recorded as right.
    world.run(Op::Command(Command::Capture(Target::Slap(Slap::LeftFour))));
    world.bend(|got| {
        if let Samples::Fingers(list) = got {
            list.iter_mut()
                .for_each(|f| f.matches = vec![Match { position: f.position.mirrored(), score: 90 }]);
        }
    });
    assert_eq!(world.s.core.retry.as_ref().map(|r| r.reason.as_str()), Some("wrong-hand"));
    assert_eq!(world.s.data.fingers.conflict, Some((Slap::RightFour, Slap::LeftFour)));
    assert!(
        world.s.view(world.now).targets().contains(&Target::Slap(Slap::RightFour)),
        "the wrong one can be captured again"
    );
    world.walk_to_the_end();
    assert_eq!(world.s.core.outcome, Outcome::Sealed);
}

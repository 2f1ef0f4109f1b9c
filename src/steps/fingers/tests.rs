//! Fingers through the reducer: slaps by their pictures, corrected boxes, the search, the choice for the chip.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use biometrics::image::GrayImage;
use biometrics::quality::QualityReason;
use chrono::Duration;
use record::schema::{Environment, StepId, StepState};
use uuid::Uuid;

use super::*;
use crate::session::effect::Effect;
use crate::session::event::{CaptureOutcome, Event, FingerHit, FingerOwner};
use crate::session::sample::{PlatenCheck, SlapBox, SlapNote, SlapSample};
use crate::session::testing as t;
use crate::steps::verification::{Replaced, chip_fingers, replaced};

/// A session whose next step is the fingers.
struct At {
    s: Session,
    now: DateTime<Utc>,
    seed: u64,
    seen: Effects,
    /// The newest search that was asked for.
    search: devices::vocabulary::RequestId,
}

fn at_fingers(environment: Environment) -> At {
    let mut at = At {
        s: t::session(environment),
        now: t::start(),
        seed: 0,
        seen: Vec::new(),
        search: Default::default(),
    };
    for _ in 0..200 {
        if at.s.core.current == StepId::Fingers {
            at.seen.clear();
            return at;
        }
        t::follow(&mut at.s, &mut at.now, &mut at.seed, &mut at.seen);
    }
    panic!("the fingers were not reached: {:?}", at.s.core.current);
}

fn slap_sample(slap: Slap, missing: &[FingerPosition], notes: &[&str]) -> SlapSample {
    let there = slap.fingers().iter().filter(|f| !missing.contains(f));
    let boxes = (0..).zip(there).map(|(i, f)| SlapBox {
        position: *f,
        centre_x: 200 + 380 * i,
        centre_y: 400,
        width: 300,
        height: 400,
        angle_decidegrees: 0,
        confidence: 80,
        corrected: false,
    });
    SlapSample {
        slap,
        image: Some(GrayImage::new(1600, 1000, Some(500), vec![255; 1_600_000]).unwrap().into()),
        pixels_sha256: "00".into(),
        width: 1600,
        height: 1000,
        boxes: boxes.collect(),
        notes: notes.iter().map(|n| SlapNote { id: (*n).to_owned(), finger: None }).collect(),
        algorithm: "test".into(),
        device: t::device(),
    }
}

impl At {
    fn send(&mut self, event: Event) -> Effects {
        self.now += Duration::seconds(1);
        let effects = self.s.update(event, self.now);
        for effect in &effects {
            if let Effect::SearchFingers { id, fingers } = effect {
                assert_eq!(fingers.len(), self.s.data.fingers.samples.len());
                self.search = *id;
            }
        }
        effects
    }

    /// Asks for a capture and gives this as its answer.
    fn capture(&mut self, target: Target, samples: Samples) {
        let effects = self.send(Event::Command(Command::Capture(target)));
        let id = effects.iter().find_map(|e| match e {
            Effect::Capture { id, .. } => Some(*id),
            _ => None,
        });
        let id = id.unwrap_or_else(|| panic!("{target:?} was not asked for"));
        self.send(Event::Captured(id, CaptureOutcome::Samples(samples)));
    }

    fn fingers(&mut self, list: &[FingerPosition], score: u8) -> Vec<FingerSample> {
        self.seed += 1;
        let gallery: Vec<FingerPosition> = self.s.data.fingers.samples.keys().copied().collect();
        list.iter().map(|f| t::finger(*f, *f, self.seed, score, &gallery)).collect()
    }

    /// A slap that shows these notes; its fingers have this score.
    fn slap(&mut self, slap: Slap, notes: &[&str], score: u8) {
        let fingers = self.fingers(slap.fingers(), score);
        let sample = slap_sample(slap, &[], notes);
        self.capture(Target::Slap(slap), Samples::Slap(Box::new(sample), fingers));
    }

    fn all(&mut self, score: u8) {
        for slap in SLAPS {
            self.slap(slap, &[], score);
        }
    }

    fn retry(&self) -> Option<&str> {
        self.s.core.retry.as_ref().map(|r| r.reason.as_str())
    }

    fn confirm(&mut self) -> Effects {
        self.send(Event::Command(Command::Confirm))
    }
}

#[test]
fn what_a_slaps_picture_says() {
    let check = |notes: &[&str], expected: Option<&str>| {
        let mut at = at_fingers(Environment::Production);
        at.slap(Slap::RightFour, notes, 80);
        assert_eq!(at.retry(), expected, "{notes:?}");
        let d = &at.s.data.fingers;
        assert_eq!(d.samples.len(), if expected.is_none() { 4 } else { 0 }, "{notes:?}");
        assert!(
            d.slaps.contains_key(&Slap::RightFour),
            "the picture is shown whatever comes of it: {notes:?}"
        );
    };
    check(&[], None);
    check(&["touching"], None);
    check(&["cut-off", "partial", "ambiguous", "rotated"], None);
    check(&["blank"], Some("nothing-presented"));
    check(&["wrong-hand"], Some("other-hand"));
    check(&["too-few-fingers"], Some("too-few-fingers"));
    check(&["too-many-fingers", "touching"], Some("too-many-fingers"));
    check(&["missing-disagrees"], Some("missing-disagrees"));
}

#[test]
fn the_officer_is_believed_about_the_hand_once_the_tries_are_used_up() {
    let mut at = at_fingers(Environment::Production);
    let tries = at.s.capture_rules().tries;
    for n in 0..tries {
        at.slap(Slap::RightFour, &["wrong-hand"], 80);
        assert_eq!(at.retry(), Some("other-hand"), "try {n}");
    }
    at.slap(Slap::RightFour, &["wrong-hand"], 80);
    assert_eq!((at.retry(), at.s.data.fingers.samples.len()), (None, 4));
}

#[test]
fn corrected_boxes_are_cut_and_replace_what_was_cut_before() {
    let mut at = at_fingers(Environment::Production);
    at.slap(Slap::RightFour, &["touching"], 60);
    let mut boxes = at.s.data.fingers.slaps[&Slap::RightFour].boxes.clone();
    boxes[1].centre_x += 20;
    let effects = at.send(Event::Command(Command::CorrectBoxes(Slap::RightFour, boxes.clone())));
    let Some(Effect::Recut { id, slap, gallery }) =
        effects.iter().find(|e| matches!(e, Effect::Recut { .. })).cloned()
    else {
        panic!("{effects:?}");
    };
    assert_eq!(slap.boxes.iter().map(|b| b.corrected).collect::<Vec<_>>(), [false, true, false, false]);
    assert_eq!(gallery.len(), 4);
    assert_eq!(at.s.core.attempts_of(Target::Slap(Slap::RightFour)), 1);
    // Weaker than before, and taken all the same: the operator said that the box was wrong.
    let fingers = at.fingers(Slap::RightFour.fingers(), 50);
    at.send(Event::Captured(id, CaptureOutcome::Samples(Samples::Slap(slap, fingers))));
    let d = &at.s.data.fingers;
    assert!(d.samples.values().all(|f| f.quality.score == Some(50)));
    assert!(d.slaps[&Slap::RightFour].boxes[1].corrected);
    assert!(at.s.core.log.iter().any(|l| l.event == "box-corrected" && l.target == "right_middle"));
    assert_eq!(at.s.core.attempts_of(Target::Slap(Slap::RightFour)), 1, "no device was asked");
    // Boxes that do not fit ask for nothing.
    boxes[0].width = 0;
    assert!(at.send(Event::Command(Command::CorrectBoxes(Slap::RightFour, boxes))).is_empty());
    assert!(at.send(Event::Command(Command::CorrectBoxes(Slap::LeftFour, Vec::new()))).is_empty());
}

#[test]
fn a_slap_with_too_few_boxes_is_mended_by_the_operator() {
    let mut at = at_fingers(Environment::Production);
    let mut sample = slap_sample(Slap::LeftFour, &[], &["too-few-fingers"]);
    let wanted = sample.boxes.clone();
    sample.boxes.remove(2);
    at.capture(Target::Slap(Slap::LeftFour), Samples::Slap(Box::new(sample), Vec::new()));
    assert_eq!(at.retry(), Some("too-few-fingers"));
    let effects = at.send(Event::Command(Command::CorrectBoxes(Slap::LeftFour, wanted)));
    let Some(Effect::Recut { id, slap, .. }) =
        effects.into_iter().find(|e| matches!(e, Effect::Recut { .. }))
    else {
        panic!("not cut");
    };
    assert_eq!(slap.boxes.iter().filter(|b| b.corrected).count(), 1);
    let fingers = at.fingers(Slap::LeftFour.fingers(), 80);
    at.send(Event::Captured(id, CaptureOutcome::Samples(Samples::Slap(slap, fingers))));
    assert_eq!((at.retry(), at.s.data.fingers.samples.len()), (None, 4));
}

#[test]
fn an_exact_limit_passes_and_every_score_is_logged() {
    let min = at_fingers(Environment::Training).s.capture_rules().finger_min;
    let check = |score: u8, settled: bool| {
        let mut at = at_fingers(Environment::Training);
        at.slap(Slap::Thumbs, &[], score);
        let rules = *at.s.capture_rules();
        assert_eq!(at.s.data.fingers.slap_settled(Slap::Thumbs, &rules), settled, "{score}");
        let logged = at.s.core.log.iter().filter(|l| l.event == "finger" && l.score == Some(score)).count();
        assert_eq!(logged, 2, "{score}");
    };
    check(min - 1, false);
    check(min, true);
    check(min + 1, true);
}

#[test]
fn the_best_of_the_attempts_stays_and_may_be_accepted_when_the_tries_are_used_up() {
    let mut at = at_fingers(Environment::Training);
    let tries = at.s.capture_rules().tries;
    for (n, score) in (1..=tries).zip([12, 25, 8].into_iter().cycle()) {
        let offered = Fingers.inputs(&at.s, at.now).iter().any(|i| i == "accept-best");
        assert!(!offered, "before try {n}");
        at.slap(Slap::RightFour, &[], score);
    }
    assert!(at.s.data.fingers.samples.values().all(|f| f.quality.score == Some(25)), "the best stays");
    assert!(Fingers.inputs(&at.s, at.now).iter().any(|i| i == "accept-best"));
    at.send(Event::Command(Command::AcceptBest("jari kasar petani".into())));
    let rules = *at.s.capture_rules();
    assert!(at.s.data.fingers.slap_settled(Slap::RightFour, &rules));
    assert_eq!(at.s.data.fingers.accepted_low.len(), 4);
}

#[test]
fn an_officers_finger_is_thrown_out_and_asked_for_again() {
    let mut at = at_fingers(Environment::Production);
    at.all(80);
    at.confirm();
    let id = at.search;
    assert_ne!(at.s.core.current, StepId::Fingers);
    let hit = FingerHit {
        finger: FingerPosition::LeftIndex,
        owner: FingerOwner::Officer(Uuid::from_u128(5)),
        score: 90,
        threshold: 40,
    };
    at.send(Event::FingersSearched(id, Ok(vec![hit.clone()])));
    assert_eq!(at.s.core.current, StepId::Fingers);
    assert_eq!(at.retry(), Some("officer-finger"));
    assert!(!at.s.data.fingers.samples.contains_key(&FingerPosition::LeftIndex));
    assert_eq!(Fingers.state(&at.s), StepState::Empty);
    // The same answer again, or a foreign one, does nothing.
    let before = at.s.data.clone();
    at.send(Event::FingersSearched(id, Ok(vec![hit])));
    assert_eq!(at.s.data, before);
    at.slap(Slap::LeftFour, &[], 80);
    assert_ne!(at.search, id, "another search");
}

#[test]
fn another_records_finger_needs_a_supervisor_before_sealing() {
    let mut at = at_fingers(Environment::Production);
    at.all(80);
    at.confirm();
    let id = at.search;
    assert!(search::waits(&at.s, at.now));
    let hit = FingerHit {
        finger: FingerPosition::RightIndex,
        owner: FingerOwner::Record("C0FF-EE42".into()),
        score: 90,
        threshold: 40,
    };
    at.send(Event::FingersSearched(id, Ok(vec![hit])));
    assert!(!search::waits(&at.s, at.now));
    let open: Vec<&str> = at.s.core.open_requirements().map(|r| r.reason.as_str()).collect();
    assert_eq!(open, ["same-finger:C0FF-EE42"]);
    assert!(at.s.data.fingers.samples.contains_key(&FingerPosition::RightIndex), "nothing is thrown away");
    // The simulated reader has one person only: noted, not more.
    let mut at = at_fingers(Environment::Training);
    at.all(80);
    at.s.data.fingers.samples.get_mut(&FingerPosition::RightIndex).unwrap().device.driver =
        "simulated".into();
    at.confirm();
    let id = at.search;
    let hit = FingerHit {
        finger: FingerPosition::RightIndex,
        owner: FingerOwner::Record("C0FF-EE42".into()),
        score: 90,
        threshold: 40,
    };
    at.send(Event::FingersSearched(id, Ok(vec![hit])));
    assert_eq!(at.s.core.open_requirements().count(), 0);
}

#[test]
fn a_search_that_fails_or_never_answers_holds_nobody_up() {
    let mut at = at_fingers(Environment::Production);
    at.all(80);
    at.confirm();
    let id = at.search;
    at.now += Duration::seconds(search::GIVES_UP_S);
    assert!(!search::waits(&at.s, at.now));
    at.send(Event::FingersSearched(id, Err("VLT-09".into())));
    assert_eq!(at.s.data.fingers.search.as_ref().unwrap().failed.as_deref(), Some("VLT-09"));
    assert_eq!(at.s.core.open_requirements().count(), 0);
}

#[test]
fn the_fingers_for_the_chip() {
    use FingerPosition as F;
    type Change = fn(&mut Session);
    let score = |s: &mut Session, f: F, score: u8| {
        s.data.fingers.samples.get_mut(&f).unwrap().quality.score = Some(score);
    };
    let check = |change: &dyn Fn(&mut Session), chip: &[F], stand_ins: &[(F, F, Replaced)]| {
        let mut at = at_fingers(Environment::Training);
        at.all(80);
        change(&mut at.s);
        assert_eq!((chip_fingers(&at.s), replaced(&at.s)), (chip.to_vec(), stand_ins.to_vec()));
    };
    let min = at_fingers(Environment::Training).s.capture_rules().chip_finger_min;
    let after = at_fingers(Environment::Training).s.capture_rules().another_finger_after.unwrap();
    let nothing: Change = |_| {};
    check(&nothing, &[F::RightIndex, F::LeftIndex], &[]);
    check(&|s| score(s, F::RightIndex, min), &[F::RightIndex, F::LeftIndex], &[]);
    check(
        &|s| score(s, F::RightIndex, min - 1),
        &[F::RightThumb, F::LeftIndex],
        &[(F::RightIndex, F::RightThumb, Replaced::Weak)],
    );
    check(&|s| F::ALL.iter().for_each(|f| score(s, *f, min - 1)), &[F::RightIndex, F::LeftIndex], &[]);
    check(
        &|s| {
            s.data.verification.failed.insert(F::LeftIndex, after - 1);
        },
        &[F::RightIndex, F::LeftIndex],
        &[],
    );
    check(
        &|s| {
            s.data.verification.failed.insert(F::LeftIndex, after);
        },
        &[F::RightIndex, F::LeftThumb],
        &[(F::LeftIndex, F::LeftThumb, Replaced::NotMatching)],
    );
    check(
        &|s| F::ALL[5..].iter().for_each(|f| drop(s.data.fingers.samples.remove(f))),
        &[F::RightIndex, F::RightThumb],
        &[],
    );
}

#[test]
fn the_empty_glass() {
    let check = |clean: bool, reasons: &[QualityReason], expected: Option<&str>| {
        let mut at = at_fingers(Environment::Training);
        let platen = PlatenCheck { clean, reasons: reasons.to_vec(), device: t::device() };
        at.capture(Target::Platen, Samples::Platen(platen));
        assert_eq!(at.retry(), expected);
        // It is an offer, not a hurdle.
        at.slap(Slap::RightFour, &[], 80);
        assert_eq!((at.retry(), at.s.data.fingers.samples.len()), (None, 4));
    };
    check(true, &[], None);
    check(false, &[], Some("platen-dirty"));
    check(false, &[QualityReason::Smudged], Some("smudged"));
}

fn officer_hit(finger: FingerPosition) -> FingerHit {
    FingerHit { finger, owner: FingerOwner::Officer(Uuid::from_u128(5)), score: 90, threshold: 60 }
}

#[test]
fn a_search_is_made_without_confirming_and_again_when_a_finger_changes() {
    let mut at = at_fingers(Environment::Production);
    at.slap(Slap::RightFour, &[], 80);
    assert!(at.s.data.fingers.search.is_none(), "not before the fingers are finished");
    at.slap(Slap::LeftFour, &[], 80);
    at.slap(Slap::Thumbs, &[], 80);
    let first = at.search;
    assert!(search::waits(&at.s, at.now));
    at.slap(Slap::Thumbs, &[], 90);
    assert_ne!(at.search, first, "other thumbs");
    // The late answer to the first one is about thumbs that are gone.
    at.send(Event::FingersSearched(first, Ok(vec![officer_hit(FingerPosition::LeftThumb)])));
    assert_eq!(at.s.data.fingers.samples.len(), 10);
    at.send(Event::FingersSearched(at.search, Ok(Vec::new())));
    let seen = at.search;
    at.confirm();
    assert_eq!(at.search, seen, "nothing changed, nothing is searched");
}

#[test]
fn a_finger_that_stays_an_officers_goes_to_a_supervisor() {
    let mut at = at_fingers(Environment::Production);
    at.all(80);
    let tries = at.s.capture_rules().tries;
    for n in 1..=tries {
        at.send(Event::FingersSearched(at.search, Ok(vec![officer_hit(FingerPosition::LeftThumb)])));
        let there = at.s.data.fingers.samples.contains_key(&FingerPosition::LeftThumb);
        assert_eq!(there, n == tries, "try {n}");
        if !there {
            at.slap(Slap::Thumbs, &[], 80);
        }
    }
    let open: Vec<&str> = at.s.core.open_requirements().map(|r| r.reason.as_str()).collect();
    assert_eq!(open, [search::OFFICER_FINGER]);
}

#[test]
fn sealing_waits_for_the_answer_and_goes_on_by_itself() {
    let check = |answer: Option<Vec<FingerHit>>, expected: bool| {
        let mut at = at_fingers(Environment::Production);
        at.all(80);
        let id = at.search;
        // Everything up to sealing is done while the search is under way.
        for _ in 0..200 {
            if at.s.core.current == StepId::Seal {
                break;
            }
            at.now -= Duration::milliseconds(900);
            let mut seen = Vec::new();
            t::follow(&mut at.s, &mut at.now, &mut at.seed, &mut seen);
        }
        at.s.data.fingers.search.as_mut().unwrap().asked = at.now;
        let sealed = |effects: &Effects| effects.iter().any(|e| matches!(e, Effect::Seal));
        assert!(!sealed(&at.confirm()) && at.s.data.seal.held && at.s.busy());
        let effects = match answer {
            Some(hits) => at.send(Event::FingersSearched(id, Ok(hits))),
            None => {
                at.now += Duration::seconds(search::GIVES_UP_S);
                at.send(Event::Tick)
            }
        };
        assert_eq!(sealed(&effects), expected);
        assert!(!at.s.data.seal.held);
    };
    check(Some(Vec::new()), true);
    check(None, true);
    check(Some(vec![officer_hit(FingerPosition::RightRing)]), false);
    let owner = FingerOwner::Record("C0FF-EE42".into());
    check(Some(vec![FingerHit { owner, ..officer_hit(FingerPosition::RightIndex) }]), false);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use chrono::NaiveDate;
use record::schema::Environment;

use BackgroundColour::{Blue, Red};
use biometrics::face::ColourName;

use super::*;
use crate::session::event::{CaptureOutcome, Event};
use crate::session::sample::Ground;
use crate::session::testing as t;

/// A session with the photo step on screen, of a person born in this year, at this venue.
fn session(born: i32, venue: &str) -> Session {
    let mut s = t::session(Environment::Training);
    let (mut now, mut seed, mut seen) = (t::start(), 0, Effects::new());
    while s.core.current != StepId::Photo {
        assert!(t::follow(&mut s, &mut now, &mut seed, &mut seen));
    }
    s.data.biodata.values.tanggal_lahir = NaiveDate::from_ymd_opt(born, 1, 17);
    venue.clone_into(&mut s.data.health.venue);
    s
}

fn photo(score: u8, ground: Option<BackgroundColour>, made: Option<BackgroundColour>) -> PhotoSample {
    // One that has both.
    let third = t::photo(2, score);
    PhotoSample {
        ground: ground.map(|colour| Ground { matches: Some(colour), ..third.ground.unwrap() }),
        replaced: made.map(|colour| Replaced { colour, ..third.replaced.clone().unwrap() }),
        ..third
    }
}

fn take(s: &mut Session, photo: PhotoSample) {
    let mut fx = Effects::new();
    Photo.samples(s, Target::Face, Samples::Photo(Box::new(photo)), t::start(), &mut fx);
}

fn command(s: &mut Session, c: &Command) {
    Photo.command(s, c, t::start(), &mut Effects::new());
}

#[test]
fn the_background_is_held_against_the_rule() {
    let check = |born: i32, venue: &str, ground: Option<BackgroundColour>, expected: Background| {
        let mut s = session(born, venue);
        take(&mut s, photo(80, ground, None));
        assert_eq!(background(&s), expected, "{born} {venue} {ground:?}");
        let blocked = Photo.blockers(&s, t::start()) == ["photo-background"];
        assert_eq!(blocked, expected == Background::Wrong, "{born} {venue} {ground:?}");
    };
    check(1990, "counter", Some(Blue), Background::Right);
    check(1990, "counter", Some(Red), Background::Wrong);
    check(1991, "counter", Some(Red), Background::Right);
    check(1991, "counter", Some(Blue), Background::Wrong);
    check(2000, "counter", Some(Blue), Background::Right);
    check(1990, "counter", None, Background::Unknown);
    check(1990, "hospital", Some(Red), Background::Free);
    check(1990, "hospital", None, Background::Free);
    // Where none is asked for one can be made all the same.
    let mut s = session(1990, "hospital");
    take(&mut s, photo(80, None, Some(Blue)));
    assert_eq!(Photo.inputs(&s, t::start()), ["software-background", "approve-photo"]);
    command(&mut s, &Command::SoftwareBackground(true));
    assert_eq!(background(&s), Background::Replaced);
    // Another colour altogether.
    let mut s = session(1990, "counter");
    let grey = Ground { rgb: [128; 3], colour: ColourName::Grey, matches: None, even: true };
    take(&mut s, PhotoSample { ground: Some(grey), ..photo(80, None, None) });
    assert_eq!(background(&s), Background::Wrong);
}

#[test]
fn a_wrong_background_needs_a_reason_or_another_one() {
    let wrong = |made| {
        let mut s = session(1990, "counter");
        take(&mut s, photo(80, Some(Red), made));
        s
    };
    let blockers = |s: &Session| Photo.blockers(s, t::start());
    let inputs = |s: &Session| Photo.inputs(s, t::start());

    let mut s = wrong(None);
    assert_eq!(inputs(&s), ["background-reason"]);
    command(&mut s, &Command::ApprovePhoto(true));
    assert!(!approved(&s), "nothing to approve yet");
    command(&mut s, &Command::SoftwareBackground(true));
    assert_eq!(background(&s), Background::Wrong, "none was made");
    command(&mut s, &Command::BackgroundReason("  x ".into()));
    assert_eq!(blockers(&s), ["photo-background"], "too short");
    command(&mut s, &Command::BackgroundReason("kain rusak".into()));
    assert_eq!((background(&s), blockers(&s)), (Background::Excepted, vec!["photo-approval".into()]));
    assert_eq!(facts(&s)["background"]["reason"], "kain rusak");
    assert_eq!(facts(&s)["background"]["agrees"], false);
    command(&mut s, &Command::ApprovePhoto(true));
    assert_eq!(Photo.state(&s), StepState::Done);
    command(&mut s, &Command::BackgroundReason(String::new()));
    assert_eq!(Photo.state(&s), StepState::Empty, "the reason was taken back");

    let mut s = wrong(Some(Blue));
    let original = card(&s).unwrap().clone();
    command(&mut s, &Command::SoftwareBackground(true));
    assert_eq!(background(&s), Background::Replaced);
    assert_ne!(card(&s), Some(&original));
    assert_eq!(facts(&s)["background"]["replaced_by_software"]["colour"], "blue");
    command(&mut s, &Command::ApprovePhoto(true));
    assert_eq!(Photo.state(&s), StepState::Done);
    command(&mut s, &Command::SoftwareBackground(false));
    assert_eq!(card(&s), Some(&original));
    assert!(!approved(&s), "another picture is approved anew");
    assert!(facts(&s)["background"]["replaced_by_software"].is_null());

    // The birth date is corrected afterwards: what was made has the wrong colour now, the photo the right one.
    command(&mut s, &Command::SoftwareBackground(true));
    s.data.biodata.values.tanggal_lahir = NaiveDate::from_ymd_opt(1991, 1, 17);
    assert_eq!((background(&s), replacement(&s)), (Background::Right, None));
}

#[test]
fn the_card_gets_what_the_record_says() {
    let mut s = session(1990, "counter");
    take(&mut s, photo(80, Some(Red), Some(Blue)));
    command(&mut s, &Command::SoftwareBackground(true));
    command(&mut s, &Command::ApprovePhoto(true));
    assert!(approved(&s));
    s.data.biodata.values.tanggal_lahir = NaiveDate::from_ymd_opt(1991, 1, 17);
    assert!(!approved(&s), "not this picture");
    // The software background is no longer the rule's: card and record go back to the camera's own together.
    assert_eq!(card(&s), Some(&s.data.photo.sample.as_ref().unwrap().jpeg));
    assert!(facts(&s)["background"]["replaced_by_software"].is_null());
}

#[test]
fn the_best_attempt_is_kept_and_the_threshold_itself_passes() {
    let kept = |scores: &[u8]| {
        let mut s = session(1990, "counter");
        for score in scores {
            take(&mut s, photo(*score, Some(Blue), None));
        }
        let weak = Photo.blockers(&s, t::start()) == ["photo-quality"];
        let lines: Vec<Option<u8>> =
            s.core.log.iter().filter(|l| l.target == "face").map(|l| l.score).collect();
        assert_eq!(lines, scores.iter().copied().map(Some).collect::<Vec<_>>(), "every attempt is logged");
        (s.data.photo.sample.as_ref().unwrap().quality.score.unwrap(), weak)
    };
    let min = session(1990, "counter").capture_rules().face_min;
    assert_eq!(kept(&[min]), (min, false));
    assert_eq!(kept(&[min - 1]), (min - 1, true));
    assert_eq!(kept(&[20, 35, 30]), (35, true));
    assert_eq!(kept(&[20, 20]), (20, true));
    assert_eq!(kept(&[80, 10]), (80, false));
    // A good one that was taken again is what the officer wants.
    assert_eq!(kept(&[80, 60]), (60, false));
}

#[test]
fn the_rule_goes_with_the_request() {
    let mut s = session(1990, "counter");
    let fx = s.update(Event::Command(Command::Capture(Target::Face)), t::start());
    let asked = |e: &Effect| matches!(e, Effect::Capture { background: Some(Blue), .. });
    assert!(fx.iter().any(asked), "{fx:?}");
    let check = |born, venue, colour, needed| {
        let s = session(born, venue);
        assert_eq!((rule(&s), required(&s)), (Some(colour), needed), "{born} {venue}");
    };
    check(1991, "counter", Red, Some(Red));
    check(1992, "van", Blue, Some(Blue));
    check(1991, "hospital", Red, None);
}

#[test]
fn confirming_notes_how_the_background_came() {
    let check = |c: Command, expected: &str| {
        let mut s = session(1990, "counter");
        let id = match s.update(Event::Command(Command::Capture(Target::Face)), t::start()).first() {
            Some(Effect::Capture { id, .. }) => *id,
            other => panic!("{other:?}"),
        };
        let sample = Samples::Photo(Box::new(photo(80, Some(Red), Some(Blue))));
        s.update(Event::Captured(id, CaptureOutcome::Samples(sample)), t::start());
        for c in [c, Command::ApprovePhoto(true), Command::Confirm] {
            s.update(Event::Command(c), t::start());
        }
        assert_ne!(s.core.current, StepId::Photo);
        assert!(s.core.log.iter().any(|l| l.event == expected), "{expected}");
    };
    check(Command::BackgroundReason("kain rusak".into()), "background-excepted");
    check(Command::SoftwareBackground(true), "background-replaced");
}

#![allow(clippy::unwrap_used)]
//! What a step adds to the record is tried when the step is done: what cannot go into a record is told at that step.

use record::schema::{Environment, Outcome, StepId};

use super::assemble;
use super::effect::{Effect, Effects};
use super::event::{Command, Event};
use super::sample::Media;
use super::testing as t;
use crate::session::Session;
use crate::steps;

/// A session with an operator who follows the view, up to `step`.
fn at(step: StepId) -> (Session, chrono::DateTime<chrono::Utc>, u64) {
    let (mut s, mut now, mut seed) = (t::session(Environment::Training), t::start(), 1);
    while s.core.current != step {
        assert!(t::follow(&mut s, &mut now, &mut seed, &mut Effects::new()), "no way to {step}");
    }
    (s, now, seed)
}

#[test]
fn every_step_is_tried_and_those_without_captures_pass() {
    let (mut s, mut now, mut seed) = (t::session(Environment::Training), t::start(), 1);
    let mut tried = Vec::new();
    loop {
        let mut seen = Effects::new();
        if !t::follow(&mut s, &mut now, &mut seed, &mut seen) {
            break;
        }
        for step in seen.iter().filter_map(|e| if let Effect::TryPart(step) = e { Some(*step) } else { None })
        {
            // The captures of the test's world have no bytes; those of the simulated devices are tried by the
            // runtime's tests.
            let found = assemble::trial(&s, step, now);
            assert!(found.is_ok() || s.data.photo.sample.is_some(), "{step}: {found:?}");
            tried.push(step);
        }
    }
    assert_eq!(s.core.outcome, Outcome::Sealed);
    // Where nothing has to be approved, that step is passed over.
    let order = s.ctx.policy.step_order.iter().take_while(|step| **step != StepId::Seal);
    let order = order.filter(|step| **step != StepId::Approval);
    let untried: Vec<_> = order.filter(|step| !tried.contains(step)).collect();
    assert_eq!(untried, Vec::<&StepId>::new());
}

/// Spoils a session that stands at `next`; the trial of `step` must refuse it with this code.
#[track_caller]
fn refused(next: StepId, step: StepId, spoil: impl FnOnce(&mut Session), code: &str) {
    let (mut s, now, _) = at(next);
    spoil(&mut s);
    let error = assemble::trial(&s, step, now).unwrap_err().to_string();
    assert!(error.starts_with(code), "{error}");
}

#[test]
fn impossible_values_are_found_at_their_step() {
    let (s, now, _) = at(StepId::Photo);
    assert!(assemble::trial(&s, StepId::Biodata, now).is_ok());
    refused(StepId::Photo, StepId::Biodata, |s| s.data.biodata.values.jenis_kelamin = "?".into(), "SES-14");
    refused(StepId::Photo, StepId::Biodata, |s| s.data.biodata.values.tanggal_lahir = None, "SES-14");
    refused(StepId::Photo, StepId::Biodata, |s| s.data.biodata.values.nama = " ".into(), "SES-14");
    // A picture that is none, of impossible size, larger than any entry.
    refused(StepId::Signature, StepId::Photo, |_| {}, "SES-10");
    let picture = |bytes: Vec<u8>, width: u32| {
        move |s: &mut Session| {
            let photo = s.data.photo.sample.as_mut().unwrap();
            photo.jpeg = Media::new("image/jpeg", bytes);
            (photo.jp2, photo.width) = (None, width);
        }
    };
    let good = record::testing::jpeg(b"face");
    refused(StepId::Signature, StepId::Photo, picture(good, 70_000), "SES-12");
    let huge = record::testing::jpeg(&vec![0; record::archive::MAX_ENTRY_BYTES]);
    refused(StepId::Signature, StepId::Photo, picture(huge, 400), "SES-1");
    refused(StepId::Signature, StepId::Photo, picture(b"no picture".to_vec(), 400), "SES-10");
}

#[test]
fn a_refused_step_is_done_again_before_anything_else() {
    let (mut s, mut now, mut seed) = at(StepId::Fingers);
    let fx = s.update(Event::PartTried(StepId::Photo, Err("SES-12".into())), now);
    assert!(fx.iter().any(|e| matches!(e, Effect::Audit { event: "part-refused", .. })), "{fx:?}");
    assert!(fx.iter().any(|e| matches!(e, Effect::KeepStep { step: StepId::Photo, .. })), "{fx:?}");
    assert_eq!(s.core.current, StepId::Photo, "the operator is brought back");
    assert!(!steps::finished(&s, StepId::Photo));
    assert_eq!(steps::state(&s, StepId::Photo), record::schema::StepState::Failed);
    assert!(assemble::draft(&s, [0; 16], now).is_err());
    // It is kept: after a crash the step is still to be done again.
    let kept = s.step_bytes(StepId::Photo).unwrap();
    let (restored, errors) = Session::restore(s.ctx.clone(), [kept.as_slice()]).unwrap();
    assert!(errors.is_empty() && restored.core.part_faults.contains_key(&StepId::Photo));
    // Done again and put together, the session goes on to its end.
    let fx = s.update(Event::Command(Command::Confirm), now);
    assert!(fx.iter().any(|e| matches!(e, Effect::TryPart(StepId::Photo))), "{fx:?}");
    s.update(Event::PartTried(StepId::Photo, Ok(())), now);
    assert!(steps::finished(&s, StepId::Photo));
    while t::follow(&mut s, &mut now, &mut seed, &mut Effects::new()) {}
    assert_eq!(s.core.outcome, Outcome::Sealed);
}

#[test]
fn a_late_or_foreign_answer_changes_nothing() {
    let (mut s, now, _) = at(StepId::Photo);
    let before = s.core.part_faults.clone();
    // A step that is not finished (any more) has nothing that could be refused.
    s.update(Event::PartTried(StepId::Irises, Err("SES-12".into())), now);
    assert_eq!(s.core.part_faults, before);
    s.update(Event::PartTried(StepId::Irises, Ok(())), now);
    assert_eq!(s.core.part_faults, before);
}

//! A whole slap: what its segmentation says of the capture, and boxes that the operator corrects.

use std::collections::BTreeSet;

use biometrics::position::{FingerPosition, Slap};
use record::schema::StepId;

use super::FingersData;
use crate::session::Session;
use crate::session::core::RetryNote;
use crate::session::event::{Subject, Target};
use crate::session::sample::{SlapBox, SlapSample};

/// Smallest side of a box in pixels at 500 ppi: 3 mm.
pub const MIN_SIDE_PX: u32 = 60;
/// Furthest a finger may be turned from upright, in tenths of a degree.
pub const MAX_TURN_DECIDEGREES: u32 = 450;

/// Fingers that a slap is to hold: those without an exception.
#[must_use]
pub fn expected(d: &FingersData, slap: Slap) -> BTreeSet<FingerPosition> {
    slap.fingers().iter().copied().filter(|f| !d.exceptions.contains_key(f)).collect()
}

/// The slap with the operator's boxes instead of its own; `None` when there is no such slap in memory or the boxes
/// are not one for each expected finger, inside the picture, of a possible size and apart from each other.
#[must_use]
pub fn corrected(d: &FingersData, slap: Slap, mut boxes: Vec<SlapBox>) -> Option<SlapSample> {
    let kept = d.slaps.get(&slap).filter(|s| s.image.is_some())?;
    let named: BTreeSet<FingerPosition> = boxes.iter().map(|b| b.position).collect();
    if named != expected(d, slap) || named.len() != boxes.len() {
        return None;
    }
    if !boxes.iter().all(|b| fits(b, kept.width, kept.height)) || overlap(&boxes) {
        return None;
    }
    for b in &mut boxes {
        let same = |old: &&SlapBox| {
            SlapBox { confidence: 0, corrected: false, ..**old }
                == SlapBox { confidence: 0, corrected: false, ..*b }
        };
        match kept.boxes.iter().find(same) {
            Some(old) => *b = *old,
            None => (b.confidence, b.corrected) = (100, true),
        }
    }
    boxes.sort_by_key(|b| b.centre_x);
    Some(SlapSample { boxes, ..kept.clone() })
}

/// True for a box whose middle lies in the picture and whose sides and turn a finger can have.
#[must_use]
pub fn fits(b: &SlapBox, width: u32, height: u32) -> bool {
    let inside = |at: i32, side: u32| u32::try_from(at).is_ok_and(|at| at < side);
    inside(b.centre_x, width)
        && inside(b.centre_y, height)
        && (MIN_SIDE_PX..=width.max(MIN_SIDE_PX)).contains(&b.width)
        && (MIN_SIDE_PX..=height.max(MIN_SIDE_PX)).contains(&b.height)
        && b.angle_decidegrees.unsigned_abs() <= MAX_TURN_DECIDEGREES
}

/// True when the middle of one box lies deep in another: both would hold the same finger.
#[must_use]
pub fn overlap(boxes: &[SlapBox]) -> bool {
    let deep = |a: &SlapBox, b: &SlapBox| {
        let (dx, dy) = ((a.centre_x - b.centre_x).unsigned_abs(), (a.centre_y - b.centre_y).unsigned_abs());
        // Under half of the smaller side in both directions.
        dx * 2 < a.width.min(b.width) && dy * 2 < a.height.min(b.height)
    };
    boxes.iter().enumerate().any(|(i, a)| boxes[i + 1..].iter().any(|b| deep(a, b)))
}

/// What keeps a slap from being taken, by its own picture. Corrected boxes have no notes but that of the hand. The
/// operator is believed about the hand once the tries are used up: geometry can be wrong, a queue must not stand still.
pub(super) fn refused(s: &Session, t: Target, sample: &SlapSample) -> Option<RetryNote> {
    let (Target::Slap(slap) | Target::Boxes(slap)) = t else { return None };
    let has = |id: &str| sample.notes.iter().find(|n| n.id == id);
    let retry = |reason: &str, finger: Option<FingerPosition>| {
        Some(RetryNote { target: t, reason: reason.to_owned(), found: finger.map(Subject::Finger) })
    };
    if has("blank").is_some() {
        return retry("nothing-presented", None);
    }
    let tries = s.core.attempts_of(Target::Slap(slap));
    if has("wrong-hand").is_some() && tries < s.capture_rules().tries {
        return retry("other-hand", None);
    }
    if let Some(count) = ["too-few-fingers", "too-many-fingers"].into_iter().find(|id| has(id).is_some()) {
        return retry(count, None);
    }
    if let Some(note) = has("missing-disagrees") {
        return retry("missing-disagrees", note.finger);
    }
    None
}

/// Logs the boxes that the operator set.
pub(super) fn note_corrected(s: &mut Session, sample: &SlapSample, now: chrono::DateTime<chrono::Utc>) {
    for b in sample.boxes.iter().filter(|b| b.corrected) {
        s.core.note(now, "box-corrected", StepId::Fingers, b.position.id().to_owned(), None, None);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use biometrics::image::GrayImage;

    use super::*;
    use crate::session::testing as t;

    fn slap() -> SlapSample {
        let boxes = Slap::LeftFour.fingers().iter().enumerate();
        let boxes = boxes.map(|(i, f)| SlapBox {
            position: *f,
            centre_x: 200 + 380 * i32::try_from(i).unwrap(),
            centre_y: 400,
            width: 300,
            height: 400,
            angle_decidegrees: 0,
            confidence: 80,
            corrected: false,
        });
        SlapSample {
            slap: Slap::LeftFour,
            image: Some(GrayImage::new(1600, 1000, Some(500), vec![255; 1_600_000]).unwrap().into()),
            pixels_sha256: String::new(),
            width: 1600,
            height: 1000,
            boxes: boxes.collect(),
            notes: Vec::new(),
            algorithm: "test".into(),
            device: t::device(),
        }
    }

    #[test]
    fn boxes_that_are_taken_and_not() {
        type Change = fn(&mut Vec<SlapBox>);
        let check = |change: Change, expected: Option<usize>| {
            let mut d = FingersData::default();
            d.slaps.insert(Slap::LeftFour, slap());
            let mut boxes = slap().boxes;
            change(&mut boxes);
            let got = corrected(&d, Slap::LeftFour, boxes.clone());
            assert_eq!(got.map(|s| s.boxes.iter().filter(|b| b.corrected).count()), expected, "{boxes:?}");
        };
        check(|_| {}, Some(0));
        check(|b| b[0].centre_x += 5, Some(1));
        check(|b| b[3].angle_decidegrees = -450, Some(1));
        check(|b| b.reverse(), Some(0));
        check(|b| b[0].angle_decidegrees = 451, None);
        check(|b| b[1].width = MIN_SIDE_PX, Some(1));
        check(|b| b[1].width = MIN_SIDE_PX - 1, None);
        check(|b| b[1].width = 1601, None);
        check(|b| b[2].centre_x = -1, None);
        check(|b| b[2].centre_x = 1600, None);
        check(|b| b[2].centre_y = 999, Some(1));
        check(|b| b[2].centre_y = i32::MIN, None);
        check(|b| b[2].height = u32::MAX, None);
        check(|b| b[1].centre_x = b[0].centre_x + 100, None);
        check(|b| b[1].position = b[0].position, None);
        check(|b| b.truncate(3), None);
        check(|b| b[0].position = FingerPosition::RightIndex, None);
    }
}

//! A single-finger reader in the place of the four-finger one, where the policy's venue lets it: the reader refuses the
//! slap, and from then on the fingers are asked for one by one, in the order of the slaps.

use biometrics::position::FingerPosition;
use chrono::{DateTime, Utc};
use record::schema::StepId;

use super::{FingersData, SLAPS};
use crate::gate::CaptureRules;
use crate::session::Session;
use crate::session::effect::{Effect, Effects};
use crate::session::event::Target;

/// True when a reader that cannot do this capture may go on finger by finger at this session's venue.
#[must_use]
pub fn takes_over(s: &Session, refused: Target) -> bool {
    let here = s.ctx.policy.venue(&s.data.health.venue);
    matches!(refused, Target::Slap(_)) && here.is_some_and(|v| v.single_finger_reader)
}

/// Goes on finger by finger; gives the capture that comes in the place of the refused one.
pub(crate) fn begin(
    s: &mut Session,
    refused: Target,
    now: DateTime<Utc>,
    fx: &mut Effects,
) -> Option<Target> {
    // Of two slaps that hold the same hand nobody knows which is right: single fingers are recorded anew.
    if let Some((a, b)) = s.data.fingers.conflict.take() {
        s.data.fingers.samples.retain(|f, _| f.slap() != a && f.slap() != b);
    }
    if !s.data.fingers.single {
        s.data.fingers.single = true;
        s.core.note(now, "single-finger-reader", StepId::Fingers, refused.id(), None, None);
        fx.push(Effect::Audit { event: "single-finger-reader", details: vec![("target", refused.id())] });
    }
    s.core.dirty.insert(StepId::Fingers);
    let Target::Slap(slap) = refused else { return None };
    let rules = *s.capture_rules();
    let open = |f: &FingerPosition| !s.data.fingers.settled(*f, &rules);
    // Of the slap that was asked for, or one of it again, as the slap would have been.
    let of_slap = slap.fingers().iter().copied().filter(|f| !s.data.fingers.exceptions.contains_key(f));
    let wanted = of_slap.clone().find(open).or_else(|| of_slap.clone().next());
    wanted.map(Target::Finger)
}

/// Every finger in the order of the slaps.
fn in_order() -> impl Iterator<Item = FingerPosition> {
    SLAPS.into_iter().flat_map(|slap| slap.fingers().iter().copied())
}

/// The finger to capture next.
#[must_use]
pub fn next(d: &FingersData, rules: &CaptureRules) -> Option<FingerPosition> {
    in_order().find(|f| !d.settled(*f, rules))
}

/// The fingers that can be captured, those that are still missing first.
pub(super) fn targets(d: &FingersData, rules: &CaptureRules) -> Vec<Target> {
    let there = in_order().filter(|f| !d.exceptions.contains_key(f));
    let (done, open): (Vec<_>, Vec<_>) = there.partition(|f| d.settled(*f, rules));
    open.into_iter().chain(done).map(Target::Finger).collect()
}

#[cfg(test)]
#[path = "single_tests.rs"]
mod tests;

//! Names for the fingers found, and what is wrong with the slap.

use super::finger::{Base, Finger};
use super::geometry::FingerBox;
use super::grid::{CELLS_PER_MM, Grid};
use super::hand::{self, CLEAR, Seen};
use super::{ALGORITHM, MAX_TURN_DEG, Segment, Segmentation, SlapProblem};
use crate::position::{FingerPosition, Hand, Slap};

/// Most fingers that are weighed; more than these on one platen is rubbish.
const MAX_FINGERS: usize = 8;
/// What a declaration of missing fingers is worth, as a log-likelihood: about 20 to 1.
const DECLARED: f64 = 3.0;

/// What the model of the hand sees of a box in cells.
fn seen(bounds: &FingerBox, turn_deg: f32, tip_cut: bool) -> Seen {
    let frame = FingerBox { centre_x: 0.0, centre_y: 0.0, width: 1.0, height: 1.0, angle_deg: turn_deg };
    let (x, y) = bounds.point(0.0, -bounds.height / 2.0);
    let (_, tip) = frame.inside_out(x, y);
    let (across, _) = frame.inside_out(bounds.centre_x, bounds.centre_y);
    let mm = |cells: f32| f64::from(cells / CELLS_PER_MM);
    Seen { across: mm(across), tip: mm(tip), width: mm(bounds.width), tip_cut }
}

/// The hand of a four-finger slap.
pub(super) fn asked_hand(slap: Slap) -> Option<Hand> {
    match slap {
        Slap::RightFour => Some(Hand::Right),
        Slap::LeftFour => Some(Hand::Left),
        Slap::Thumbs => None,
    }
}

fn other(hand: Hand) -> Hand {
    if hand == Hand::Right { Hand::Left } else { Hand::Right }
}

/// Names the fingers found, from left to right, and says what is wrong.
pub(super) fn name(
    grid: &Grid,
    mut fingers: Vec<Finger>,
    slap: Slap,
    missing: &[FingerPosition],
    turn_deg: f32,
) -> Segmentation {
    let positions = slap.fingers();
    let missing: Vec<FingerPosition> = positions.iter().copied().filter(|p| missing.contains(p)).collect();
    let found = fingers.len();
    keep_best(&mut fingers, slap, turn_deg);
    let expected: Vec<usize> =
        (0..positions.len()).filter(|slot| !missing.contains(&positions[*slot])).collect();
    let views: Vec<Seen> = fingers.iter().map(|f| seen(&f.bounds, turn_deg, f.border.tip > 0.3)).collect();
    let named = match asked_hand(slap) {
        Some(hand) => name_four(&views, &expected, hand),
        None => name_thumbs(grid, &fingers, &expected),
    };
    let hand = asked_hand(slap).and_then(|hand| hand_of(&views, &named.slots, hand));
    let sure = if named.lead.is_finite() { 1.0 - (-named.lead.max(0.0)).exp() * 0.6 } else { 1.0 };
    let segments = fingers
        .iter()
        .zip(&named.slots)
        .map(|(f, slot)| Segment {
            position: positions[*slot],
            bounds: f.bounds.scaled(grid.scale),
            confidence: confidence(f, sure as f32),
            touches_border: f.border.tip > 0.0 || f.border.sides > 0.0 || f.border.base > 0.0,
            crease_seen: f.base == Base::Crease,
            corrected: false,
        })
        .collect();
    let mut s = Segmentation {
        slap,
        missing,
        segments,
        hand,
        turn_deg,
        problems: Vec::new(),
        algorithm: ALGORITHM.to_owned(),
    };
    s.problems = problems(&s, found, named.ambiguous, |i| state(&fingers[i]), |i| joined(&fingers, i));
    s
}

/// Slots for the fingers, how clearly, and whether the geometry leaves another reading open.
struct Named {
    slots: Vec<usize>,
    lead: f64,
    ambiguous: bool,
}

fn name_four(views: &[Seen], expected: &[usize], hand: Hand) -> Named {
    let n = views.len();
    if n == 4 || n == 0 {
        return Named { slots: (0..n).collect(), lead: f64::INFINITY, ambiguous: false };
    }
    let within = |slots: &[usize]| slots.iter().all(|s| expected.contains(s));
    let holds = |slots: &[usize]| expected.iter().all(|s| slots.contains(s));
    let bonus = |slots: &[usize]| if within(slots) || holds(slots) { DECLARED } else { 0.0 };
    let best = hand::best(views, hand, bonus);
    if n == expected.len() {
        // The declaration stands unless the geometry is clearly against it.
        let agrees = best.slots == expected;
        let plain = hand::best(views, hand, |_| 0.0);
        let contested = !agrees || plain.slots != expected && plain.lead > 1.0;
        return Named { slots: best.slots, lead: best.lead, ambiguous: contested && best.lead < CLEAR };
    }
    Named { slots: best.slots, lead: best.lead, ambiguous: best.lead < CLEAR }
}

/// Two thumbs are left and right; one is the one that was not said to be missing, else the side it lies on.
fn name_thumbs(grid: &Grid, fingers: &[Finger], expected: &[usize]) -> Named {
    match (fingers, expected) {
        ([_], [slot]) => Named { slots: vec![*slot], lead: f64::INFINITY, ambiguous: false },
        ([one], _) => {
            let slot = usize::from(one.bounds.centre_x > grid.width as f32 / 2.0);
            Named { slots: vec![slot], lead: 0.5, ambiguous: true }
        }
        _ => Named { slots: (0..fingers.len()).collect(), lead: f64::INFINITY, ambiguous: false },
    }
}

/// The hand that the geometry says, when it says so clearly. With fewer than three fingers it does not.
fn hand_of(views: &[Seen], slots: &[usize], asked: Hand) -> Option<Hand> {
    if views.len() < 3 {
        return None;
    }
    let as_asked = hand::fit(views, slots, asked);
    let as_other = hand::best(views, other(asked), |_| 0.0).fit;
    match as_asked - as_other {
        d if d > CLEAR => Some(asked),
        d if d < -CLEAR => Some(other(asked)),
        _ => None,
    }
}

/// Leaves the most likely fingers when there are more than the slap has.
fn keep_best(fingers: &mut Vec<Finger>, slap: Slap, turn_deg: f32) {
    let most = slap.fingers().len();
    if fingers.len() <= most {
        return;
    }
    let weight = |f: &Finger| f.bounds.area() * f.ridged;
    while fingers.len() > MAX_FINGERS || (asked_hand(slap).is_none() && fingers.len() > most) {
        let Some(least) =
            (0..fingers.len()).min_by(|a, b| weight(&fingers[*a]).total_cmp(&weight(&fingers[*b])))
        else {
            return;
        };
        fingers.remove(least);
    }
    while fingers.len() > most {
        let largest = fingers.iter().map(weight).fold(1.0, f32::max);
        let without = |i: usize| {
            let rest: Vec<Seen> = fingers
                .iter()
                .enumerate()
                .filter(|(j, _)| *j != i)
                .map(|(_, f)| seen(&f.bounds, turn_deg, f.border.tip > 0.3))
                .collect();
            let four = &rest[..rest.len().min(4)];
            let slots: Vec<usize> = (0..four.len()).collect();
            let shape = [Hand::Right, Hand::Left].map(|h| hand::fit(four, &slots, h));
            shape[0].max(shape[1]) - 4.0 * f64::from(weight(&fingers[i]) / largest)
        };
        let Some(worst) = (0..fingers.len()).max_by(|a, b| without(*a).total_cmp(&without(*b))) else {
            return;
        };
        fingers.remove(worst);
    }
}

/// What the judge needs to know of a finger besides its box.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) cut_off: bool,
    pub(super) partial: bool,
}

fn state(f: &Finger) -> State {
    let aspect = f.bounds.height / f.bounds.width.max(1.0);
    // The base may run off the platen once the distal phalanx is there.
    let cut_off = f.border.tip > 0.2 || f.border.sides > 0.25 || (f.border.base > 0.4 && aspect < 1.15);
    State { cut_off, partial: !cut_off && aspect < 0.85 }
}

/// Whether a finger and the next one come from one piece of print and their boxes meet.
fn joined(fingers: &[Finger], i: usize) -> bool {
    let (Some(a), Some(b)) = (fingers.get(i), fingers.get(i + 1)) else { return false };
    let wide = |f: &FingerBox| FingerBox { width: f.width + 4.0, height: f.height, ..*f };
    a.component == b.component && wide(&a.bounds).overlap(&wide(&b.bounds)) > 0.0
}

/// How sure a finger is, 0 to 100.
fn confidence(f: &Finger, sure: f32) -> u8 {
    let ridges = (f.ridged / 0.7).clamp(0.0, 1.0);
    let aspect = f.bounds.height / f.bounds.width.max(1.0);
    let shape = if (1.0..=2.0).contains(&aspect) { 1.0 } else { 0.75 };
    let size = if (8.5..=22.0).contains(&(f.bounds.width / CELLS_PER_MM)) { 1.0 } else { 0.7 };
    let base = if f.base == Base::Guessed { 0.8 } else { 1.0 };
    let whole = if state(f).cut_off { 0.7 } else { 1.0 };
    (100.0 * ridges * shape * size * base * whole * sure).clamp(0.0, 100.0) as u8
}

/// What is wrong, gravest first.
pub(super) fn problems(
    s: &Segmentation,
    found: usize,
    ambiguous: bool,
    state: impl Fn(usize) -> State,
    joined: impl Fn(usize) -> bool,
) -> Vec<SlapProblem> {
    let mut list = Vec::new();
    if found == 0 {
        let all_missing = s.missing.len() == s.slap.fingers().len();
        return if all_missing { list } else { vec![SlapProblem::Blank] };
    }
    if let (Some(hand), Some(asked)) = (s.hand, asked_hand(s.slap))
        && hand != asked
    {
        list.push(SlapProblem::WrongHand { found: hand });
    }
    let expected = s.slap.fingers().len() - s.missing.len();
    let (e, f) = (expected as u8, found.min(255) as u8);
    if found < expected {
        list.push(SlapProblem::TooFewFingers { expected: e, found: f });
    }
    if found > expected {
        list.push(SlapProblem::TooManyFingers { expected: e, found: f });
    }
    for position in s.slap.fingers() {
        let there = s.segments.iter().any(|g| g.position == *position);
        let declared = s.missing.contains(position);
        // With fingers missing from the count, which ones is told only when it is clear.
        if there && declared || !there && !declared && !ambiguous {
            list.push(SlapProblem::MissingDisagrees { position: *position, seen: there });
        }
    }
    if ambiguous {
        list.push(SlapProblem::Ambiguous);
    }
    if s.turn_deg.abs() > MAX_TURN_DEG {
        list.push(SlapProblem::Rotated { turn_deg: s.turn_deg.round() as i16 });
    }
    for (i, segment) in s.segments.iter().enumerate() {
        let position = segment.position;
        let State { cut_off, partial } = state(i);
        if cut_off {
            list.push(SlapProblem::CutOff { position });
        }
        if partial {
            list.push(SlapProblem::Partial { position });
        }
        if let Some(next) = s.segments.get(i + 1)
            && joined(i)
        {
            list.push(SlapProblem::Touching { a: position, b: next.position });
        }
    }
    list
}

/// A segmentation judged again after the operator drew a box: names stay, the rest is measured.
pub(super) fn again(grid: &Grid, mut s: Segmentation) -> Segmentation {
    let in_cells = |b: &FingerBox| b.scaled(1.0 / grid.scale);
    let borders: Vec<_> =
        s.segments.iter().map(|g| super::finger::border(grid, &in_cells(&g.bounds))).collect();
    let views: Vec<Seen> = s
        .segments
        .iter()
        .zip(&borders)
        .map(|(g, b)| seen(&in_cells(&g.bounds), s.turn_deg, b.tip > 0.3))
        .collect();
    let positions = s.slap.fingers();
    let slots: Vec<usize> =
        s.segments.iter().filter_map(|g| positions.iter().position(|p| *p == g.position)).collect();
    s.hand = asked_hand(s.slap).and_then(|hand| hand_of(&views, &slots, hand));
    for (segment, b) in s.segments.iter_mut().zip(&borders) {
        segment.touches_border = b.tip > 0.0 || b.sides > 0.0 || b.base > 0.0;
    }
    let states: Vec<State> = s
        .segments
        .iter()
        .zip(&borders)
        .map(|(g, b)| {
            let aspect = g.bounds.height / g.bounds.width.max(1.0);
            let cut_off = b.tip > 0.2 || b.sides > 0.25 || (b.base > 0.4 && aspect < 1.15);
            State { cut_off, partial: !cut_off && aspect < 0.85 }
        })
        .collect();
    let meet = |i: usize| match (s.segments.get(i), s.segments.get(i + 1)) {
        (Some(a), Some(b)) => a.bounds.overlap(&b.bounds) > 0.0,
        _ => false,
    };
    let problems = problems(&s, s.segments.len(), false, |i| states[i], meet);
    s.problems = problems;
    s
}

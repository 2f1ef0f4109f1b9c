#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::f32::consts::PI;

use proptest::prelude::*;

use super::*;
use crate::finger::matcher::FingerError;
use crate::minutiae::{Minutia, MinutiaKind, Template};
use crate::synth::rng::Rng;

fn compare(probe: &Template, gallery: &Template) -> Result<u32, FingerError> {
    let (probe, gallery) = (Prepared::new(probe)?, Prepared::new(gallery)?);
    Ok(score(&probe, &Edges::new(&probe), &gallery, &mut Scratch::default()))
}

fn template(minutiae: Vec<Minutia>) -> Template {
    Template { width: 500, height: 500, ppi: 500, minutiae }
}

fn minutia(x: f32, y: f32, angle: f32) -> Minutia {
    Minutia {
        x: x.round() as u16,
        y: y.round() as u16,
        angle: (angle * 128.0 / PI).round() as i32 as u8,
        kind: MinutiaKind::Ending,
        quality: 70,
    }
}

/// Places and directions at random, 12 pixels apart at least.
fn random(seed: u64, number: usize) -> Vec<(f32, f32, f32)> {
    let mut r = Rng::new(seed, 1);
    let mut found: Vec<(f32, f32, f32)> = Vec::new();
    while found.len() < number {
        let p = (r.range(120.0, 380.0), r.range(120.0, 380.0), r.range(0.0, 2.0 * PI));
        if found.iter().all(|q| (q.0 - p.0).hypot(q.1 - p.1) > 12.0) {
            found.push(p);
        }
    }
    found
}

/// Turned about the middle (counter-clockwise), shifted, each place and angle a little off.
fn moved(points: &[(f32, f32, f32)], turn: f32, shift: (f32, f32), off_px: f32) -> Template {
    let mut r = Rng::new(9, 2);
    let (sin, cos) = turn.sin_cos();
    let each = |(x, y, angle): &(f32, f32, f32)| {
        let (dx, dy) = (x - 250.0, y - 250.0);
        minutia(
            250.0 + dx * cos + dy * sin + shift.0 + off_px * r.normal(),
            250.0 - dx * sin + dy * cos + shift.1 + off_px * r.normal(),
            angle + turn + 0.05 * off_px * r.normal(),
        )
    };
    template(points.iter().map(each).collect())
}

#[test]
fn any_turn_and_shift_is_the_same_print() {
    let points = random(1, 45);
    let still = moved(&points, 0.0, (0.0, 0.0), 0.0);
    let same = compare(&still, &still).unwrap();
    assert!(same > 400, "{same}");
    for step in 0..16 {
        let turn = step as f32 * PI / 8.0;
        for (shift, off_px, least) in [((0.0, 0.0), 0.0, 0.9), ((40.0, -60.0), 1.0, 0.7)] {
            let score = compare(&still, &moved(&points, turn, shift, off_px)).unwrap();
            assert!(score as f32 > least * same as f32, "turn {turn} off {off_px}: {score} of {same}");
        }
    }
}

#[test]
fn a_part_with_strangers_matches_and_a_stranger_does_not() {
    let points = random(2, 50);
    let whole = moved(&points, 0.0, (0.0, 0.0), 0.0);
    // Half of the print, and ten minutiae that are not in it.
    let mut part: Vec<_> = points.iter().filter(|p| p.0 < 250.0).copied().collect();
    part.extend(random(77, 10));
    let part = moved(&part, 1.0, (5.0, 9.0), 1.0);
    let stranger = moved(&random(3, 50), 0.0, (0.0, 0.0), 0.0);
    let (own, other) = (compare(&part, &whole).unwrap(), compare(&part, &stranger).unwrap());
    assert!(own >= 90 && other < 45, "{own} and {other}");
}

#[test]
fn other_resolutions_are_brought_to_500() {
    let points = random(4, 40);
    let at_500 = moved(&points, 0.0, (0.0, 0.0), 0.0);
    let mut doubled = at_500.clone();
    doubled.ppi = 1000;
    doubled.minutiae.iter_mut().for_each(|m| (m.x, m.y) = (m.x * 2, m.y * 2));
    assert_eq!(compare(&at_500, &doubled), compare(&at_500, &at_500));
}

#[test]
fn odd_templates_get_an_answer() {
    let one = minutia(9.0, 9.0, 0.0);
    let copies = |n: usize, m: &Minutia, ppi| Template { ppi, ..template(vec![m.clone(); n]) };
    let far = Minutia { x: u16::MAX, ..one.clone() };
    let check = |a: Template, b: Template, expected: Result<u32, FingerError>| {
        assert_eq!(compare(&a, &b), expected);
        assert_eq!(compare(&b, &a), expected);
    };
    let error = |what| Err(FingerError::Template { what });
    check(copies(0, &one, 500), copies(0, &one, 500), Ok(0));
    check(copies(1, &one, 500), copies(90, &one, 500), Ok(0));
    check(copies(300, &one, 500), copies(300, &one, 500), Ok(0));
    check(copies(20, &far, 500), copies(20, &one, 500), error("coordinate"));
    check(copies(20, &far, 1), copies(20, &one, 500), error("coordinate"));
    check(copies(20, &one, 0), copies(20, &one, 500), error("resolution"));
    // Of more minutiae than are compared, the best are taken.
    let mut many: Vec<Minutia> = random(5, 60).iter().map(|p| minutia(p.0, p.1, p.2)).collect();
    let few = template(many.clone());
    many.extend(
        (0..2000)
            .map(|i| Minutia { quality: 1, ..minutia((i % 50 * 9) as f32, (i / 50 * 9) as f32, i as f32) }),
    );
    let many = Prepared::new(&template(many)).unwrap();
    assert_eq!(many.len(), MAX_COMPARED);
    let few = Prepared::new(&few).unwrap();
    let score = score(&few, &Edges::new(&few), &many, &mut Scratch::default());
    assert!(score > 200, "{score}");
}

/// Templates made to agree with themselves everywhere: the bounds on tries and pairs end the work.
#[test]
fn crafted_templates_end() {
    let lattice = |step: usize, angle: fn(usize) -> f32| {
        template(
            (0..255).map(|i| minutia((i % 16 * step) as f32, (i / 16 * step) as f32, angle(i))).collect(),
        )
    };
    for step in [3, 8, 16, 30] {
        for angle in [|_| 0.0, |i| i as f32, |i| (i % 2) as f32 * PI] {
            let t = lattice(step, angle);
            assert!(compare(&t, &t).is_ok());
        }
    }
}

fn any_template() -> impl Strategy<Value = Template> {
    let minutia = (0u16..900, 0u16..900, any::<u8>(), any::<u8>())
        .prop_map(|(x, y, angle, quality)| Minutia { x, y, angle, kind: MinutiaKind::Other, quality });
    (proptest::collection::vec(minutia, 0..270), prop_oneof![Just(500u16), 250..1300u16])
        .prop_map(|(minutiae, ppi)| Template { width: 900, height: 900, ppi, minutiae })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_two_templates_are_compared(a in any_template(), b in any_template()) {
        let score = compare(&a, &b).unwrap();
        // Strangers by construction, and twice the same answer.
        prop_assert!(score < 60, "{}", score);
        prop_assert_eq!(compare(&a, &b).unwrap(), score);
    }

    #[test]
    fn any_bytes_are_refused_or_compared(
        minutiae in proptest::collection::vec(any::<(u16, u16, u8, u8)>(), 0..300),
        ppi: u16,
    ) {
        let minutiae: Vec<Minutia> = minutiae
            .into_iter()
            .map(|(x, y, angle, quality)| Minutia { x, y, angle, kind: MinutiaKind::Other, quality })
            .collect();
        let far = minutiae.iter().any(|m| u32::from(m.x.max(m.y)) * 500 > 0x3FFF * u32::from(ppi));
        let t = Template { width: 1, height: 1, ppi, minutiae };
        prop_assert_eq!(compare(&t, &t).is_err(), ppi == 0 || far);
    }
}

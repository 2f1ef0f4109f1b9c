#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::finger::{FingerMatcher, MinutiaeMatcher};
use crate::minutiae::{Minutia, MinutiaKind};
use crate::position::FingerPosition;
use crate::synth::finger::{FingerSpec, Impression, Master};
use crate::synth::rng::Rng;

/// Minutiae at random: nobody's finger.
fn stranger(seed: u64) -> Template {
    let mut r = Rng::new(seed, 4);
    let minutiae = (0..60)
        .map(|_| Minutia {
            x: r.range(60.0, 350.0) as u16,
            y: r.range(60.0, 500.0) as u16,
            angle: r.range(0.0, 256.0) as u8,
            kind: MinutiaKind::Ending,
            quality: 60,
        })
        .collect();
    Template { width: 416, height: 560, ppi: 500, minutiae }
}

#[test]
fn a_finger_is_found_among_many() {
    let matcher = MinutiaeMatcher::new();
    let touches: Vec<[Template; 2]> = (0..3)
        .map(|p| {
            let position = FingerPosition::from_code(2 + p).unwrap();
            let finger = Master::new(&FingerSpec { person_seed: 50, position });
            [1, 2].map(|s| matcher.extract(&finger.impression(&Impression::ordinary(s))).unwrap())
        })
        .collect();
    let mut index = Index::<u64>::new();
    assert!(index.is_empty() && index.search(&touches[0][0], 2, 5).unwrap().is_empty());
    // More strangers than are compared in full, so that the votes have to choose.
    (0..1500).for_each(|i| index.insert(1000 + i, &stranger(i)).unwrap());
    for (p, t) in touches.iter().enumerate() {
        index.insert(p as u64, &t[0]).unwrap();
    }
    assert_eq!(index.len(), 1503);
    for (p, t) in touches.iter().enumerate() {
        let found = index.search(&t[1], 1, 4).unwrap();
        assert_eq!(found[0].id, p as u64);
        assert_eq!(found[0].score, matcher.compare(&t[1], &t[0]).unwrap());
        assert!(found[0].score >= matcher.threshold() && found.len() <= 4);
        assert!(found[1..].iter().all(|c| c.score < matcher.threshold()));
        for threads in [0, 2, 3, 1000] {
            assert_eq!(index.search(&t[1], threads, 4).unwrap(), found, "{threads} threads");
        }
        assert_eq!(index.search_exhaustive(&t[1], 2, 1).unwrap(), found[..1]);
    }
    assert_eq!((index.remove(1), index.remove(1), index.len()), (1, 0, 1502));
    assert!(index.search(&touches[1][1], 2, 1).unwrap().iter().all(|c| c.id != 1));
}

#[test]
fn templates_out_of_bounds_are_refused() {
    let mut index = Index::<&str>::new();
    let broken = Template { ppi: 0, ..stranger(1) };
    let expected = Err(FingerError::Template { what: "resolution" });
    assert_eq!(index.insert("a", &broken), expected);
    assert!(index.is_empty());
    assert_eq!(index.search(&broken, 1, 1).map(|_| ()), expected);
}

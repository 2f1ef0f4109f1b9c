//! Guidance on a preview and the best frame. Time is a number that the test gives.

use image::imageops::blur;

use super::portraits::scene;
use super::*;

const RED: [u8; 3] = [196, 32, 38];

fn verdict(t_ms: u64, fitness: f32, reasons: &[QualityReason]) -> FrameVerdict {
    FrameVerdict {
        t_ms,
        reasons: reasons.to_vec(),
        score: 80,
        face: Some(FaceBox { x: 0, y: 0, width: 9, height: 9, score: 0.9 }),
        points: None,
        pose: None,
        others: 0,
        fresh: true,
        stable: true,
        fitness,
    }
}

#[test]
fn the_best_usable_frame_of_the_window() {
    type Offer<'a> = (u64, f32, &'a [QualityReason]);
    let check = |offers: &[Offer<'_>], now: u64, expected: Option<u64>| {
        let mut best = BestFrame::new(1000);
        for (t, fitness, reasons) in offers {
            best.offer(*t, &verdict(*t, *fitness, reasons));
        }
        assert_eq!(best.best(now).map(|k| k.frame), expected, "{offers:?} at {now}");
        assert_eq!(best.take(now).map(|k| k.frame), expected);
        assert_eq!(best.take(now), None);
    };
    use QualityReason as R;
    check(&[], 0, None);
    check(&[(0, 0.5, &[]), (100, 0.9, &[]), (200, 0.7, &[])], 200, Some(100));
    check(&[(0, 0.5, &[]), (100, 0.9, &[R::EyesClosed]), (200, 0.4, &[])], 200, Some(0));
    check(&[(0, 0.5, &[]), (100, 0.9, &[R::MaskSuspected, R::BackgroundColour])], 200, Some(100));
    check(&[(0, 0.9, &[]), (900, 0.7, &[]), (1500, 0.2, &[])], 1500, Some(900)); // the first is too old
    check(&[(0, 0.9, &[])], 5000, None);
    check(&[(5000, 0.9, &[]), (100, 0.3, &[])], 100, Some(100)); // the clock went back
    check(&[(0, f32::NAN, &[])], 0, None);
    check(&[(0, 0.5, &[R::SeveralFaces]), (1, 0.5, &[R::NoFace]), (2, 0.5, &[R::Blurred])], 2, None);
    let many: Vec<Offer<'_>> = (0..500).map(|t| (t, 1.0 - t as f32 / 1000.0, [].as_slice())).collect();
    check(&many, 500, Some(0));
}

#[test]
fn a_preview_becomes_stable_and_names_what_happens() {
    let mut guidance = Guidance::new(analyser(), Some(BackgroundColour::Red));
    let still = ours(&scene(&[(2.2, 130, 30)], RED));
    let mut last = None;
    for number in 0..18u64 {
        let verdict = guidance.guide(&still, number * 33);
        assert_eq!(verdict.stable, number * 33 >= 400, "{number}: {verdict:?}");
        assert_eq!(verdict.fresh, number % 2 == 0, "{number}");
        last = Some(verdict);
    }
    let last = last.unwrap();
    assert!(last.reasons.is_empty() && last.usable() && last.score > 80 && last.fitness > 0.3, "{last:?}");
    assert!(last.points.is_some() && last.pose.is_some() && last.others == 0);

    // Somebody steps in: named at once or within a round of the search, and remembered.
    let two = ours(&scene(&[(1.3, 20, 20), (1.3, 560, 20)], RED));
    let seen = (0..4).map(|n| guidance.guide(&two, 700 + n * 33)).last().unwrap();
    assert_eq!(seen.reasons.first(), Some(&QualityReason::SeveralFaces), "{seen:?}");
    assert!(!seen.stable && !seen.usable());

    // All leave.
    let empty = ours(&scene(&[], RED));
    let nobody = guidance.guide(&empty, 900);
    assert_eq!((nobody.reasons.as_slice(), nobody.score), ([QualityReason::NoFace].as_slice(), 0));
    assert!(nobody.face.is_none() && !nobody.usable());
}

#[test]
fn movement_and_blur_do_not_pass() {
    let mut guidance = Guidance::new(analyser(), None);
    let mut best = BestFrame::new(2000);
    let frames: Vec<RgbImage> = (0..8).map(|n| ours(&scene(&[(2.2, 100 + n * 12, 30)], RED))).collect();
    for (number, frame) in frames.iter().enumerate() {
        let verdict = guidance.guide(frame, number as u64 * 33);
        if number == 6 {
            assert!(verdict.reasons.contains(&QualityReason::FaceMoving), "{verdict:?}");
        }
        assert!(!verdict.stable);
    }
    // A soft frame and a sharp one: the sharp one is picked.
    let sharp = scene(&[(2.2, 130, 30)], RED);
    let soft = ours(&blur(&sharp, 2.5));
    let sharp = ours(&sharp);
    let mut guidance = Guidance::new(analyser(), None);
    for (number, frame) in [&soft, &soft, &sharp, &sharp, &soft, &soft].into_iter().enumerate() {
        let t = number as u64 * 33;
        best.offer(number, &guidance.guide(frame, t));
    }
    assert_eq!(best.best(200).map(|k| k.frame), Some(2));
}

#[test]
fn frames_of_changing_size_are_survived() {
    let mut guidance = Guidance::new(analyser(), Some(BackgroundColour::Blue));
    let small = ours(&astronaut());
    let large = ours(&scene(&[(2.2, 130, 30)], RED));
    let tiny = RgbImage::new(1, 1, vec![9; 3]).unwrap();
    for (number, frame) in [&small, &large, &tiny, &small, &large, &large].into_iter().enumerate() {
        let verdict = guidance.guide(frame, 40 * number as u64);
        assert_eq!(verdict.face.is_some(), frame.width() > 1, "{number}");
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

fn steps(min: (u32, u32), max: (u32, u32), step: (u32, u32)) -> Stepwise {
    Stepwise {
        min_width: min.0,
        max_width: max.0,
        step_width: step.0,
        min_height: min.1,
        max_height: max.1,
        step_height: step.1,
    }
}

#[test]
fn sizes_of_a_camera_that_can_do_any() {
    let check = |range: Stepwise, expected: (u32, u32)| assert_eq!(fit(&range, 1280, 720), expected);
    check(steps((160, 120), (1920, 1080), (1, 1)), (1280, 720));
    check(steps((160, 120), (800, 600), (16, 8)), (800, 600));
    check(steps((160, 120), (1920, 1080), (100, 100)), (1260, 720));
    check(steps((1600, 1200), (3200, 2400), (2, 2)), (1600, 1200));
    // What no driver should say.
    check(steps((160, 120), (1920, 1080), (0, 0)), (1280, 720));
    check(steps((1920, 1080), (160, 120), (1, 1)), (1920, 1080));
    check(steps((0, 0), (u32::MAX, u32::MAX), (u32::MAX, u32::MAX)), (0, 0));
}

#[test]
fn rates_of_a_camera() {
    let fraction = |n, d| Fraction::new(n, d);
    let check = |interval: FrameIntervalEnum, expected: Option<(u32, u32)>| {
        assert_eq!(rate_of(&interval).map(|r| (r.numerator, r.denominator)), expected, "{interval:?}");
    };
    check(FrameIntervalEnum::Discrete(fraction(1, 25)), Some((1, 25)));
    check(FrameIntervalEnum::Discrete(fraction(0, 25)), None);
    check(FrameIntervalEnum::Discrete(fraction(1, 0)), None);
    let stepwise = |min, max| {
        FrameIntervalEnum::Stepwise(v4l::frameinterval::Stepwise { min, max, step: fraction(1, 1) })
    };
    check(stepwise(fraction(1, 1000), fraction(1, 1)), Some((1, 30)));
    check(stepwise(fraction(1, 10), fraction(1, 1)), Some((1, 10)));
    check(stepwise(fraction(0, 0), fraction(1, 1)), None);
}

//! A photo as the best of several pictures: a camera takes a few in a row and offers each of them, so that a blink or
//! a movement in one of them does no harm. Which one is kept is the station's choice.

use std::time::{Duration, Instant};

use biometrics::image::RgbImage;

use crate::pace::{self, Waited};
use crate::traits::CaptureWatch;
use crate::vocabulary::{CaptureEnd, DeviceFault};

/// How many pictures are taken, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// Pictures, at least one.
    pub pictures: u32,
    /// Time from one picture to the next. A blink takes 100 to 400 ms, so a burst should last longer.
    pub every: Duration,
}

impl Burst {
    /// Eight pictures within 0.7 s, for cameras.
    pub const CAMERA: Self = Self { pictures: 8, every: Duration::from_millis(100) };
}

/// Takes the pictures by `take` (number from 0, the watch with its deadline and cancel), offers all but the last to the
/// watch and gives the last. A burst that the deadline cuts short ends with what there is by then.
///
/// # Errors
/// The end of the first picture that cannot be taken; [`CaptureEnd::Cancelled`]; what [`pace::check`] says when the
/// deadline has passed before the first picture.
pub fn take<E: Into<CaptureEnd>>(
    burst: Burst,
    watch: &mut dyn CaptureWatch,
    mut take: impl FnMut(u32, &dyn CaptureWatch) -> Result<RgbImage, E>,
) -> Result<RgbImage, CaptureEnd> {
    pace::check(watch)?;
    let mut last = take(0, watch).map_err(Into::into)?;
    for number in 1..burst.pictures {
        match pace::wait(burst.every, watch, || false) {
            Waited::Done | Waited::Stopped => {}
            Waited::Cancelled => return Err(CaptureEnd::Cancelled),
            Waited::Deadline => break,
        }
        let next = match take(number, watch).map_err(Into::into) {
            Ok(next) => next,
            // Out of time, not out of order: the pictures so far are good.
            Err(CaptureEnd::Fault(DeviceFault::Hung { .. })) if Instant::now() >= watch.deadline() => break,
            Err(end) => return Err(end),
        };
        watch.candidate(std::mem::replace(&mut last, next));
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::conformance::TestWatch;

    fn picture(level: u8) -> RgbImage {
        RgbImage::new(2, 2, vec![level; 12]).unwrap()
    }

    #[test]
    fn all_but_the_last_are_offered() {
        let check = |pictures: u32, offered: usize, last: u8| {
            let mut watch = TestWatch::within_ms(10_000);
            let burst = Burst { pictures, every: Duration::ZERO };
            let got =
                take(burst, &mut watch, |number, _| Ok::<_, CaptureEnd>(picture(number as u8))).unwrap();
            assert_eq!((watch.previews, got.pixels()[0]), (offered, last), "{pictures}");
        };
        check(0, 0, 0);
        check(1, 0, 0);
        check(4, 3, 3);
    }

    #[test]
    fn cancel_deadline_and_fault_end_a_burst() {
        let slow = Burst { pictures: 50, every: Duration::from_millis(40) };
        let run = |watch: &mut TestWatch, fault_at: u32| {
            take(slow, watch, |number, _| match number {
                n if n == fault_at => Err(DeviceFault::Unplugged),
                n => Ok(picture(n as u8)),
            })
        };
        let cancelled = run(&mut TestWatch::cancelled_after(Duration::from_millis(60)), 99);
        assert_eq!(cancelled, Err(CaptureEnd::Cancelled));
        assert!(run(&mut TestWatch::within_ms(1_000), 99).is_ok(), "what there was by then");
        let fault = run(&mut TestWatch::within_ms(10_000), 2);
        assert_eq!(fault, Err(CaptureEnd::Fault(DeviceFault::Unplugged)));
        assert!(run(&mut TestWatch::within_ms(0), 99).is_err(), "no time for even one");
    }
}

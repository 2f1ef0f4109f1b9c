//! Live pictures on their way from a device to the window and to guidance, and the pictures of a photo that were
//! offered beside the last one. Nothing here queues: a slot holds one frame, a choice holds three pictures.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use biometrics::image::RgbImage;
use devices::traits::PreviewFrame;

/// Most pictures of one photo that are kept to choose from.
pub(super) const CANDIDATES_MAX: usize = 3;
/// Every so many pixels are looked at to compare sharpness.
const STRIDE_PX: usize = 3;

/// A live picture, its number, and when it came.
#[derive(Clone)]
pub(super) struct Numbered {
    pub(super) number: u64,
    pub(super) frame: Arc<PreviewFrame>,
    pub(super) came: Instant,
}

#[derive(Default)]
struct Slot {
    newest: Option<Numbered>,
    closed: bool,
}

/// Holds the newest live picture; older ones are dropped.
#[derive(Default)]
pub(super) struct PreviewSlot {
    slot: Mutex<Slot>,
    arrived: Condvar,
    count: AtomicU64,
}

impl PreviewSlot {
    pub(super) fn put(&self, frame: Arc<PreviewFrame>) {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let newest = Numbered { number, frame, came: Instant::now() };
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).newest = Some(newest);
        self.arrived.notify_all();
    }

    pub(super) fn newest(&self) -> Option<(u64, Arc<PreviewFrame>)> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.newest.as_ref().map(|n| (n.number, n.frame.clone()))
    }

    pub(super) fn clear(&self) {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).newest = None;
    }

    /// Nobody waits any longer.
    pub(super) fn close(&self) {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.arrived.notify_all();
    }

    /// Waits for a picture with a number above `last`, which is the newest one at that moment.
    pub(super) fn wait_after(&self, last: u64, at_most: Duration) -> Next {
        let until = Instant::now() + at_most;
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if slot.closed {
                return Next::Closed;
            }
            if let Some(newest) = slot.newest.as_ref().filter(|n| n.number > last) {
                return Next::Frame(newest.clone());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::Nothing;
            }
            let waited = self.arrived.wait_timeout(slot, left);
            slot = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What waiting for a picture brought.
pub(super) enum Next {
    Frame(Numbered),
    Nothing,
    Closed,
}

/// The sharpest of the pictures that were offered for one photo.
#[derive(Default)]
pub(super) struct Candidates(Vec<(u64, Arc<PreviewFrame>)>);

impl Candidates {
    /// Takes a picture if it is sharper than one of those that are kept.
    pub(super) fn offer(&mut self, picture: Arc<PreviewFrame>) {
        let PreviewFrame::Rgb(image) = &*picture else { return };
        let sharpness = sharpness(image);
        let place = self.0.partition_point(|(kept, _)| *kept >= sharpness);
        if place < CANDIDATES_MAX {
            self.0.insert(place, (sharpness, picture));
            self.0.truncate(CANDIDATES_MAX);
        }
    }

    /// What is kept, the sharpest first.
    pub(super) fn into_pictures(self) -> Vec<Arc<PreviewFrame>> {
        self.0.into_iter().map(|(_, picture)| picture).collect()
    }
}

/// Sum of the steps of the green channel in the middle of the picture, where the face is. Comparable between pictures
/// of one size and scene only; under a millisecond for 1280x720.
fn sharpness(image: &RgbImage) -> u64 {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut sum = 0;
    for y in (height / 5..height * 4 / 5).step_by(STRIDE_PX) {
        let row = image.pixels().get(y * width * 3..(y + 1) * width * 3).unwrap_or_default();
        let middle = row.chunks_exact(3).take(width * 3 / 4).skip(width / 4);
        let greens = middle.map(|p| i32::from(p[1])).step_by(STRIDE_PX);
        let next = greens.clone().skip(1);
        sum += greens.zip(next).map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
    }
    sum
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// Stripes of this contrast; the first pixel names the picture.
    fn picture(name: u8, contrast: u8) -> Arc<PreviewFrame> {
        let mut pixels: Vec<u8> = (0..64 * 64)
            .flat_map(|i| [0, if (i / STRIDE_PX).is_multiple_of(2) { contrast } else { 0 }, 0])
            .collect();
        pixels[0] = name;
        Arc::new(PreviewFrame::Rgb(RgbImage::new(64, 64, pixels).unwrap()))
    }

    fn name(frame: &PreviewFrame) -> u8 {
        match frame {
            PreviewFrame::Rgb(image) => image.pixels()[0],
            PreviewFrame::Gray(image) => image.pixels()[0],
        }
    }

    #[test]
    fn the_sharpest_are_kept_and_the_first_of_equals() {
        let check = |contrasts: &[u8], expected: &[u8]| {
            let mut candidates = Candidates::default();
            for (number, contrast) in (1..).zip(contrasts) {
                candidates.offer(picture(number, *contrast));
                assert!(candidates.0.len() <= CANDIDATES_MAX);
            }
            let kept: Vec<u8> = candidates.into_pictures().iter().map(|p| name(p)).collect();
            assert_eq!(kept, expected, "{contrasts:?}");
        };
        check(&[], &[]);
        check(&[50], &[1]);
        check(&[50, 90], &[2, 1]);
        check(&[50, 90, 20, 70, 10], &[2, 4, 1]);
        check(&[60, 60, 60, 60], &[1, 2, 3]);
        check(&[10, 20, 30, 40, 50, 60], &[6, 5, 4]);
    }

    #[test]
    fn the_slot_holds_the_newest_only() {
        let slot = PreviewSlot::default();
        let no_time = Duration::ZERO;
        assert!(matches!(slot.wait_after(0, no_time), Next::Nothing));
        for number in 1..=5 {
            slot.put(picture(number, 1));
        }
        let Next::Frame(got) = slot.wait_after(0, no_time) else { panic!("no frame") };
        assert_eq!((got.number, name(&got.frame)), (5, 5));
        assert!(matches!(slot.wait_after(5, no_time), Next::Nothing), "each is given once");
        slot.clear();
        assert!(slot.newest().is_none());
        slot.put(picture(6, 1));
        assert_eq!(slot.newest().unwrap().0, 6);
        slot.close();
        assert!(matches!(slot.wait_after(0, no_time), Next::Closed));
    }
}

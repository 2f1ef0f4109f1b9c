#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use QualityReason as R;

use super::*;

const ON: Option<Watching> = Some(Watching { background: None });

fn picture(name: u8) -> Arc<PreviewFrame> {
    Arc::new(PreviewFrame::Rgb(RgbImage::new(1, 1, vec![name, 0, 0]).unwrap()))
}

#[test]
fn one_thing_is_said_and_the_most_important() {
    let check = |reasons: &[R], stable: bool, expected: Advice| {
        let judged = Judged { reasons: reasons.to_vec(), stable, ..Judged::default() };
        assert_eq!(advice(&judged), expected, "{reasons:?}");
    };
    check(&[], false, Advice::Hold);
    check(&[], true, Advice::Take);
    check(&[R::Blurred, R::FaceTooFar], false, Advice::Mend(R::FaceTooFar));
    check(&[R::Blurred, R::FaceTooFar, R::TooDark], true, Advice::Mend(R::TooDark));
    check(&[R::NoFace, R::TooDark], false, Advice::Mend(R::NoFace));
    check(&[R::BackgroundUneven, R::OffCentre], false, Advice::Mend(R::OffCentre));
    check(&[R::BackgroundUneven], true, Advice::Mend(R::BackgroundUneven));
    // A suspicion is for the officer's eyes and never before what can be mended.
    check(&[R::MaskSuspected], true, Advice::Look(R::MaskSuspected));
    check(&[R::GlareSuspected, R::EyesClosed], true, Advice::Mend(R::EyesClosed));
}

#[test]
fn a_sentence_stays_until_it_is_read_and_another_is_meant() {
    const A: Advice = Advice::Mend(R::FaceTooFar);
    const B: Advice = Advice::Mend(R::TooDark);
    const C: Advice = Advice::Take;
    let check = |given: &[(u64, Advice)], shown: &[Advice]| {
        let mut steady = Steady::default();
        let got: Vec<Advice> = given.iter().map(|(t, a)| steady.next(*a, *t)).collect();
        assert_eq!(got, shown, "{given:?}");
    };
    check(&[(0, A)], &[A]);
    // The first stays for its time, whatever comes.
    check(&[(0, A), (100, B), (600, B), (699, B), (700, B)], &[A, A, A, A, B]);
    // One picture that differs changes nothing.
    check(&[(0, A), (800, B), (866, A), (1000, A)], &[A, A, A, A]);
    // Meant for long enough it does.
    check(&[(0, A), (800, B), (949, B), (950, B)], &[A, A, A, B]);
    // Two that alternate do not flicker.
    check(&[(0, A), (800, B), (866, C), (932, B), (998, C), (1064, B)], &[A, A, A, A, A, A]);
    // Time that stands still or runs back harms nothing.
    check(&[(900, A), (100, B), (50, B)], &[A, A, A]);
}

/// Says which picture it judges and waits for leave to go on.
struct Gated {
    seen: SyncSender<u8>,
    leave: Receiver<()>,
}

impl Judge for Gated {
    fn judge(&mut self, picture: &RgbImage, _t_ms: u64) -> Judged {
        self.seen.send(picture.pixels()[0]).unwrap();
        self.leave.recv().ok();
        Judged { score: Some(picture.pixels()[0]), ..Judged::default() }
    }
}

struct Bench {
    slot: Arc<PreviewSlot>,
    seen: Receiver<u8>,
    leave: SyncSender<()>,
    woken: Receiver<()>,
    // Last: it waits for the judge, who waits for leave.
    worker: GuidanceWorker,
}

fn bench() -> Bench {
    let slot = Arc::new(PreviewSlot::default());
    let (seen_in, seen) = sync_channel(8);
    let (leave, leave_out) = sync_channel(8);
    let (woken_in, woken) = sync_channel(8);
    let mut gated = Some(Gated { seen: seen_in, leave: leave_out });
    let make: MakeJudge = Box::new(move |_| gated.take().map(|g| Box::new(g) as Box<dyn Judge>));
    let wake = Arc::new(move || woken_in.send(()).unwrap_or_default());
    let worker = GuidanceWorker::start(slot.clone(), make, wake).unwrap();
    Bench { slot, seen, leave, woken, worker }
}

#[test]
fn pictures_that_come_meanwhile_are_dropped_and_nobody_waits() {
    let b = bench();
    b.worker.board().watch(ON);
    b.slot.put(picture(1));
    assert_eq!(b.seen.recv(), Ok(1));
    // The judge is at work and does not come back; whoever puts pictures or reads verdicts goes on all the same.
    for name in 2..=200 {
        b.slot.put(picture(name));
        assert!(b.worker.board().newest().is_none());
    }
    b.leave.send(()).unwrap();
    b.woken.recv().unwrap();
    assert_eq!(b.seen.recv(), Ok(200), "only the newest is judged");
    b.leave.send(()).unwrap();
    b.woken.recv().unwrap();
    let newest = b.worker.board().newest().unwrap();
    assert_eq!((newest.frame, newest.score), (200, Some(200)));
    assert!(b.seen.try_recv().is_err(), "nothing was queued");
}

#[test]
fn nothing_is_judged_or_shown_while_nobody_watches() {
    let b = bench();
    b.slot.put(picture(1));
    b.worker.board().watch(ON);
    b.slot.put(picture(2));
    // The first may have come before anybody watched; the second is judged in any case.
    let first = b.seen.recv().unwrap();
    b.leave.send(()).unwrap();
    if first == 1 {
        assert_eq!(b.seen.recv(), Ok(2));
        b.leave.send(()).unwrap();
    }
    b.slot.put(picture(3));
    assert_eq!(b.seen.recv(), Ok(3));
    b.worker.board().watch(None);
    b.leave.send(()).unwrap();
    b.slot.put(picture(4));
    drop(b.worker);
    assert!(b.seen.try_recv().is_err(), "a picture was judged unwatched");
}

#[test]
fn a_verdict_that_comes_too_late_is_dropped() {
    let board = Board::default();
    let guidance = || Guidance { frame: 1, face: None, advice: Advice::Hold, score: None, behind_ms: 0 };
    assert!(!board.publish(Some(guidance())));
    board.watch(ON);
    assert!(!board.publish(None), "nothing new");
    assert!(board.publish(Some(guidance())));
    assert!(board.newest().is_some());
    board.watch(None);
    assert!(board.newest().is_none());
    assert!(!board.publish(Some(guidance())) && board.newest().is_none());
}

struct Crashing;

impl Judge for Crashing {
    fn judge(&mut self, _picture: &RgbImage, _t_ms: u64) -> Judged {
        std::panic::panic_any("a judge that crashes")
    }
}

#[test]
fn a_judge_that_crashes_harms_nobody() {
    let slot = Arc::new(PreviewSlot::default());
    let (made_in, made) = sync_channel(1);
    let make: MakeJudge = Box::new(move |_| {
        made_in.send(()).ok();
        Some(Box::new(Crashing) as Box<dyn Judge>)
    });
    let worker = GuidanceWorker::start(slot.clone(), make, Arc::new(|| {})).unwrap();
    worker.board().watch(ON);
    slot.put(picture(1));
    made.recv().unwrap();
    slot.put(picture(2));
    assert!(worker.board().newest().is_none());
}

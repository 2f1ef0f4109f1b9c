//! Live guidance for the face photo: a worker judges the newest picture, and what to do now is one steady sentence.
//!
//! Pictures that come while one is judged are dropped, never queued; the device and the window never wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use biometrics::face::BackgroundColour;
use biometrics::image::RgbImage;
use biometrics::quality::QualityReason;
use devices::traits::PreviewFrame;

use super::preview::{Next, Numbered, PreviewSlot};
use crate::steps::photo::is_suspicion;

/// A sentence stays at least this long: it has to be read, and said to the applicant.
const HOLD_MS: u64 = 700;
/// Another sentence must be meant for this long before it is shown.
const MEANT_MS: u64 = 150;
/// Without a new picture for this long there is nothing to say.
const STILL: Duration = Duration::from_millis(1_500);
/// After a crash of the analysis pictures are left alone for this long.
const CRASH_PAUSE: Duration = Duration::from_secs(2);

/// What the operator does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// All is well: take the photo.
    Take,
    /// Nearly: all is well in this picture, the next ones must confirm it.
    Hold,
    /// Something is to be mended first.
    Mend(QualityReason),
    /// Something may be wrong that only a person can tell; nothing is held back for it.
    Look(QualityReason),
}

/// The verdict on one live picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Guidance {
    /// Number of the picture, as [`super::station::Desk::preview`] gives it.
    pub frame: u64,
    /// The largest face: left, top, width, height as shares of the picture.
    pub face: Option<[f32; 4]>,
    /// The steady advice.
    pub advice: Advice,
    /// Score of this picture.
    pub score: Option<u8>,
    /// Time from the picture's coming to this verdict, in milliseconds.
    pub behind_ms: u32,
}

/// What a judge says of one picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Judged {
    /// Why it is not better.
    pub(super) reasons: Vec<QualityReason>,
    /// The largest face, in shares of the picture.
    pub(super) face: Option<[f32; 4]>,
    /// Score.
    pub(super) score: Option<u8>,
    /// It has been well for some time.
    pub(super) stable: bool,
}

/// Judges pictures one after another; knows the ones before.
pub(super) trait Judge {
    /// The verdict on a picture that came at `t_ms`.
    fn judge(&mut self, picture: &RgbImage, t_ms: u64) -> Judged;
}

/// Makes a judge when the live picture starts, for the background that the rule asks for; it goes when the live
/// picture ends.
pub(super) type MakeJudge = Box<dyn FnMut(Option<BackgroundColour>) -> Option<Box<dyn Judge>> + Send>;

/// What must be mended first comes first: without a face nothing else can be said, and light goes before sharpness.
/// Reasons that are not listed come after these, in the judge's order.
const ORDER: &[QualityReason] = &[
    QualityReason::SeveralFaces,
    QualityReason::NoFace,
    QualityReason::TooDark,
    QualityReason::TooBright,
    QualityReason::FaceTooFar,
    QualityReason::FaceTooNear,
    QualityReason::HeadCutOff,
    QualityReason::OffCentre,
    QualityReason::HeadTurned,
    QualityReason::HeadTilted,
    QualityReason::ChinUp,
    QualityReason::ChinDown,
    QualityReason::EyesClosed,
    QualityReason::MouthOpen,
    QualityReason::FaceMoving,
    QualityReason::Blurred,
    QualityReason::ShadowOnFace,
    QualityReason::LowContrast,
    QualityReason::UnnaturalColour,
    QualityReason::BackgroundColour,
    QualityReason::BackgroundUneven,
    QualityReason::TooSmall,
];

fn rank(reason: QualityReason) -> usize {
    ORDER.iter().position(|r| *r == reason).unwrap_or(ORDER.len())
}

/// The one thing to say about a picture.
fn advice(judged: &Judged) -> Advice {
    let (look, mend): (Vec<_>, Vec<_>) = judged.reasons.iter().copied().partition(|r| is_suspicion(*r));
    // The first of equals stays first: the judge has them by weight.
    match (mend.into_iter().min_by_key(|r| rank(*r)), look.first(), judged.stable) {
        (Some(reason), _, _) => Advice::Mend(reason),
        (None, Some(reason), _) => Advice::Look(*reason),
        (None, None, true) => Advice::Take,
        (None, None, false) => Advice::Hold,
    }
}

/// Keeps a sentence on the screen until it has been read and another one is meant for good.
#[derive(Debug, Default)]
struct Steady {
    shown: Option<(Advice, u64)>,
    meant: Option<(Advice, u64)>,
}

impl Steady {
    fn next(&mut self, advice: Advice, t_ms: u64) -> Advice {
        let since = match self.meant {
            Some((meant, since)) if meant == advice => since,
            _ => t_ms,
        };
        self.meant = Some((advice, since));
        match self.shown {
            Some((shown, at))
                if shown == advice
                    || t_ms.saturating_sub(at) < HOLD_MS
                    || t_ms.saturating_sub(since) < MEANT_MS =>
            {
                shown
            }
            _ => {
                self.shown = Some((advice, t_ms));
                advice
            }
        }
    }
}

/// What the live picture is watched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watching {
    /// The background that the rule asks for.
    pub(super) background: Option<BackgroundColour>,
}

#[derive(Default)]
struct State {
    watching: Option<Watching>,
    newest: Option<Arc<Guidance>>,
}

/// Where the newest verdict stands.
#[derive(Default)]
pub(super) struct Board(Mutex<State>);

impl Board {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Starts or stops judging; a verdict that is under way as it stops is dropped.
    pub(super) fn watch(&self, watching: Option<Watching>) {
        *self.state() = State { watching, newest: None };
    }
    pub(super) fn newest(&self) -> Option<Arc<Guidance>> {
        self.state().newest.clone()
    }
    fn watching(&self) -> Option<Watching> {
        self.state().watching
    }
    /// True when something is shown that was not shown before.
    fn publish(&self, guidance: Option<Guidance>) -> bool {
        let mut state = self.state();
        if state.watching.is_none() || (guidance.is_none() && state.newest.is_none()) {
            return false;
        }
        state.newest = guidance.map(Arc::new);
        true
    }
}

/// The guidance worker; it ends when this value is dropped.
pub(super) struct GuidanceWorker {
    frames: Arc<PreviewSlot>,
    board: Arc<Board>,
    thread: Option<JoinHandle<()>>,
}

impl GuidanceWorker {
    /// Starts the thread. `make` is called on it.
    pub(super) fn start(
        frames: Arc<PreviewSlot>,
        make: MakeJudge,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> std::io::Result<Self> {
        let board = Arc::new(Board::default());
        let mut run = Run { frames: frames.clone(), board: board.clone(), make, wake, begun: Instant::now() };
        let thread = std::thread::Builder::new().name("guidance".to_owned()).spawn(move || run.run())?;
        Ok(Self { frames, board, thread: Some(thread) })
    }

    pub(super) fn board(&self) -> &Board {
        &self.board
    }
}

impl Drop for GuidanceWorker {
    fn drop(&mut self) {
        self.board.watch(None);
        self.frames.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("guidance ended by a panic");
        }
    }
}

struct Run {
    frames: Arc<PreviewSlot>,
    board: Arc<Board>,
    make: MakeJudge,
    wake: Arc<dyn Fn() + Send + Sync>,
    begun: Instant,
}

impl Run {
    fn run(&mut self) {
        let mut last = 0;
        let mut judge: Option<Box<dyn Judge>> = None;
        // The background that the judge was made for: another applicant may have another one.
        let mut made_for = None;
        let mut steady = Steady::default();
        loop {
            match self.frames.wait_after(last, STILL) {
                Next::Closed => return,
                Next::Nothing => {
                    steady = Steady::default();
                    if self.board.watching().is_none() {
                        judge = None;
                    }
                    self.tell(None);
                }
                Next::Frame(frame) => {
                    last = frame.number;
                    let Some(watching) = self.board.watching() else {
                        (judge, steady) = (None, Steady::default());
                        continue;
                    };
                    if made_for != Some(watching.background) {
                        (judge, steady) = (None, Steady::default());
                        made_for = Some(watching.background);
                    }
                    judge = judge.or_else(|| {
                        catch_unwind(AssertUnwindSafe(|| (self.make)(watching.background))).ok().flatten()
                    });
                    let able = judge.as_mut();
                    if !able.is_some_and(|able| self.look(able.as_mut(), &mut steady, &frame)) {
                        tracing::error!("no live analysis of this picture; it is tried again");
                        judge = None;
                        self.tell(None);
                        if matches!(self.frames.wait_after(u64::MAX, CRASH_PAUSE), Next::Closed) {
                            return;
                        }
                    }
                }
            }
        }
    }

    fn tell(&self, guidance: Option<Guidance>) {
        if self.board.publish(guidance) {
            (self.wake)();
        }
    }

    /// Judges a picture. False when the judge crashed.
    fn look(&self, judge: &mut dyn Judge, steady: &mut Steady, frame: &Numbered) -> bool {
        // Grey pictures come from finger and iris devices.
        let PreviewFrame::Rgb(picture) = &*frame.frame else { return true };
        let since_begun = frame.came.saturating_duration_since(self.begun);
        let t_ms = u64::try_from(since_begun.as_millis()).unwrap_or(u64::MAX);
        let work = AssertUnwindSafe(|| judge.judge(picture, t_ms));
        let Ok(judged) = catch_unwind(work) else { return false };
        let advice = steady.next(advice(&judged), t_ms);
        self.tell(Some(Guidance {
            frame: frame.number,
            face: judged.face,
            advice,
            score: judged.score,
            behind_ms: u32::try_from(frame.came.elapsed().as_millis()).unwrap_or(u32::MAX),
        }));
        true
    }
}

#[cfg(test)]
#[path = "guidance_tests.rs"]
mod tests;

//! Guidance while the camera runs: a verdict on every frame, at a cost that keeps a preview fluent.
//!
//! Every frame is searched as a whole. Even frames get the mesh and the measures; odd frames search one part of the
//! picture for small faces (other people), and now and then look at the background.

use std::collections::VecDeque;
use std::sync::Arc;

use super::analyser::FaceAnalyser;
use super::background::{BackgroundColour, BackgroundReport};
use super::detect::{Detection, regions};
use super::judge::{SEVERAL_FACES_MAX, Study, light_without_face};
use super::mesh::KeyPoints;
use super::ofiq::Measure;
use super::pose::HeadPose;
use super::sample::Region;
use super::{FaceBox, FaceError};
use crate::image::RgbImage;
use crate::quality::QualityReason;

/// Frames between two looks at the background.
const BACKGROUND_EVERY: u64 = 16;
/// How long another face is remembered after it was last seen.
const OTHER_FACE_MS: u64 = 900;
/// Time that the face has to be still.
const STILL_MS: u64 = 400;
/// Movement, in eye distances, up to which a face is still over that time.
const STILL_EYES: f32 = 0.06;
/// Speed in eye distances a second from which a photo would be smeared.
const MOVING_EYES_PER_S: f32 = 1.5;
/// Places that are remembered.
const TRACK: usize = 32;
/// Width of a face against the picture's longer side below which the next frame is searched around it, too.
const SMALL_FACE: f32 = 0.15;

/// What is to be said about a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameVerdict {
    /// Time of the frame, as it was given.
    pub t_ms: u64,
    /// What is not right, most important first.
    pub reasons: Vec<QualityReason>,
    /// 0 to 100.
    pub score: u8,
    /// The largest face.
    pub face: Option<FaceBox>,
    /// Places in it.
    pub points: Option<KeyPoints>,
    /// How the head is turned.
    pub pose: Option<HeadPose>,
    /// Other faces.
    pub others: usize,
    /// True when the mesh was made from this very frame; else it is that of the frame before, moved along.
    pub fresh: bool,
    /// True when the face has been still for 0.4 s.
    pub stable: bool,
    /// Eyes open, sharp and frontal together, 0 to 1; only for comparing frames of one applicant.
    pub fitness: f32,
}

impl FrameVerdict {
    /// Whether a photo taken of this frame would serve: one face, seen well, eyes open. Suspicions, the background
    /// and a smile do not stand against it.
    #[must_use]
    pub fn usable(&self) -> bool {
        use QualityReason as R;
        let harmless = |r: &R| {
            matches!(
                r,
                R::MaskSuspected
                    | R::GlareSuspected
                    | R::BackgroundUneven
                    | R::BackgroundColour
                    | R::ShadowOnFace
                    | R::UnnaturalColour
                    | R::LowContrast
                    | R::OffCentre
                    | R::TooSmall
                    | R::MouthOpen
            )
        };
        self.face.is_some() && self.reasons.iter().all(harmless)
    }
}

/// The last mesh with everything that was measured on it.
#[derive(Debug)]
struct Seen {
    study: Study,
    /// Middle of the detector's box then.
    at: [f32; 2],
    size: (u32, u32),
}

/// Looks at the frames of a preview, one after the other.
#[derive(Debug)]
pub struct Guidance {
    analyser: Arc<FaceAnalyser>,
    expected: Option<BackgroundColour>,
    frames: u64,
    seen: Option<Seen>,
    focus: Option<Region>,
    others: Option<(u64, usize)>,
    ground: Option<BackgroundReport>,
    track: VecDeque<(u64, [f32; 2], f32)>,
}

impl Guidance {
    /// Guidance with an analyser; with `expected` the colour of the background is watched, too.
    #[must_use]
    pub fn new(analyser: Arc<FaceAnalyser>, expected: Option<BackgroundColour>) -> Self {
        Self {
            analyser,
            expected,
            frames: 0,
            seen: None,
            focus: None,
            others: None,
            ground: None,
            track: VecDeque::new(),
        }
    }

    /// The verdict on a frame; `t_ms` is its time on any clock that does not go back. A frame on which a network
    /// fails is one without a face.
    pub fn guide(&mut self, frame: &RgbImage, t_ms: u64) -> FrameVerdict {
        let number = self.frames;
        self.frames = self.frames.wrapping_add(1);
        let even = number.is_multiple_of(2);
        let found = self.search(frame, number, even).unwrap_or_default();
        let Some(first) = found.first().copied() else { return self.nobody(frame, t_ms) };
        self.focus = (first.width < SMALL_FACE * frame.width().max(frame.height()) as f32).then(|| Region {
            x: first.x,
            y: first.y,
            side: first.width.max(first.height) * 4.0,
            angle: 0.0,
        });
        let near = |o: &&Detection| o.width >= 0.3 * first.width;
        let others = found.iter().skip(1).filter(near).count();
        if others > 0 {
            self.others = Some((t_ms, others));
        }
        let size = (frame.width(), frame.height());
        let stale = self.seen.as_ref().is_none_or(|s| s.size != size || moved(s, &first) > 0.25);
        let fresh = even || stale;
        if fresh {
            let mesh = self.analyser.mesh(frame, &first.mesh_region()).ok().flatten();
            let study = mesh.and_then(|mesh| Study::new(frame, &mesh, first.score));
            let Some(study) = study else { return self.nobody(frame, t_ms) };
            self.seen = Some(Seen { study, at: [first.x, first.y], size });
        } else if number % BACKGROUND_EVERY == 1 {
            self.ground = self.analyser.ground(frame, self.expected.unwrap_or(BackgroundColour::Red));
        }
        self.verdict(frame, t_ms, &first, fresh)
    }

    fn search(&self, frame: &RgbImage, number: u64, even: bool) -> Result<Vec<Detection>, FaceError> {
        let all = regions(frame, true);
        let mut chosen: Vec<Region> = all.first().copied().into_iter().collect();
        chosen.extend(self.focus);
        // Without a face there is no mesh to pay for: every frame can look at a part.
        if !even || self.seen.is_none() {
            let part = if self.seen.is_some() { number / 2 } else { number };
            let parts = all.get(1..).unwrap_or_default();
            chosen.extend(parts.get(part as usize % parts.len().max(1)));
        }
        self.analyser.find_in(frame, &chosen)
    }

    fn nobody(&mut self, frame: &RgbImage, t_ms: u64) -> FrameVerdict {
        self.seen = None;
        self.track.clear();
        let mut reasons = vec![QualityReason::NoFace];
        reasons.extend(light_without_face(frame));
        FrameVerdict {
            t_ms,
            reasons,
            score: 0,
            face: None,
            points: None,
            pose: None,
            others: 0,
            fresh: true,
            stable: false,
            fitness: 0.0,
        }
    }

    /// Still for long enough, and the speed in eye distances a second.
    fn follow(&mut self, t_ms: u64, at: [f32; 2], eyes: f32) -> (bool, f32) {
        if self.track.back().is_some_and(|(t, ..)| *t > t_ms) {
            self.track.clear(); // the clock went back: begin again
        }
        let reach = |p: &[f32; 2]| (p[0] - at[0]).hypot(p[1] - at[1]) / eyes.max(1.0);
        let speed = self
            .track
            .back()
            .map_or(0.0, |(t, p, _)| reach(p) * 1000.0 / (t_ms.saturating_sub(*t)).max(1) as f32);
        self.track.push_back((t_ms, at, eyes));
        while self.track.len() > TRACK {
            self.track.pop_front();
        }
        let from = t_ms.saturating_sub(STILL_MS);
        let long = self.track.front().is_some_and(|(t, ..)| t_ms.saturating_sub(*t) >= STILL_MS);
        let still = self.track.iter().filter(|(t, ..)| *t >= from).all(|(_, p, _)| reach(p) <= STILL_EYES);
        (long && still, speed)
    }

    fn verdict(&mut self, frame: &RgbImage, t_ms: u64, first: &Detection, fresh: bool) -> FrameVerdict {
        let Some(seen) = &self.seen else { return self.nobody(frame, t_ms) };
        let shift = [first.x - seen.at[0], first.y - seen.at[1]];
        let (mut score, mut reasons) =
            seen.study.verdict(frame.height() as f32, self.ground.as_ref(), self.expected.is_some());
        let points = moved_points(&seen.study.points, shift);
        let mut face = seen.study.face;
        face.x += shift[0].round() as i32;
        face.y += shift[1].round() as i32;
        let frontal = f64::from(seen.study.pose.yaw.hypot(seen.study.pose.pitch)).to_radians().cos() as f32;
        let fitness = seen.study.scalar(Measure::EyesOpen)
            * (0.2 + 0.8 * sharp(&seen.study))
            * frontal.max(0.0).powi(4);
        let pose = seen.study.pose;
        let eyes = points.eye_distance_px();
        // Only places of the mesh are exact enough for speed.
        let (stable, speed) =
            if fresh { self.follow(t_ms, points.eyes_middle(), eyes) } else { (self.is_still(t_ms), 0.0) };
        if speed > MOVING_EYES_PER_S {
            reasons.insert(0, QualityReason::FaceMoving);
            score = score.min(50);
        }
        let others = self.others.filter(|(t, _)| t_ms.saturating_sub(*t) < OTHER_FACE_MS).map_or(0, |o| o.1);
        if others > 0 {
            reasons.insert(0, QualityReason::SeveralFaces);
            score = score.min(SEVERAL_FACES_MAX);
        }
        FrameVerdict {
            t_ms,
            reasons,
            score,
            face: Some(face),
            points: Some(points),
            pose: Some(pose),
            others,
            fresh,
            stable: stable && others == 0,
            fitness,
        }
    }

    /// Stillness by what is already known.
    fn is_still(&self, t_ms: u64) -> bool {
        let from = t_ms.saturating_sub(STILL_MS);
        let Some((_, at, eyes)) = self.track.back().copied() else { return false };
        let near = |p: &[f32; 2]| (p[0] - at[0]).hypot(p[1] - at[1]) <= STILL_EYES * eyes.max(1.0);
        self.track.front().is_some_and(|(t, ..)| t_ms.saturating_sub(*t) >= STILL_MS)
            && self.track.iter().filter(|(t, ..)| *t >= from).all(|(_, p, _)| near(p))
    }
}

/// Sharpness without a ceiling that is soon reached: frames of one camera have to be told apart.
fn sharp(study: &Study) -> f32 {
    let native = study.native(Measure::Sharpness);
    native / (native + 25.0)
}

/// Movement of the box since the mesh, against its width.
fn moved(seen: &Seen, first: &Detection) -> f32 {
    (first.x - seen.at[0]).hypot(first.y - seen.at[1]) / first.width.max(1.0)
}

fn moved_points(points: &KeyPoints, [dx, dy]: [f32; 2]) -> KeyPoints {
    let by = |p: [f32; 2]| [p[0] + dx, p[1] + dy];
    KeyPoints {
        right_eye: by(points.right_eye),
        left_eye: by(points.left_eye),
        nose: by(points.nose),
        mouth: points.mouth.map(by),
        chin: by(points.chin),
    }
}
